/* SPDX-License-Identifier: MIT */
/* fd/from_fd.c: descriptors become streams, and streams descriptors. */
#include "base/atomic.h"
#include "base/memory/handles.h"
#include "fd/fd_stream.h"
#include "fd/pollable.h"
#include "io/source_io.h"
#include "net/tcp.h"

#include <edo/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Is it a socket of bytes that does not listen? 1, 0 no socket, or -ENOTSUP. */
static int is_stream_socket(int fd, const struct stat *st) {
    int type, listens;
    socklen_t type_n = sizeof type, listens_n = sizeof listens;
    if (!S_ISSOCK(st->st_mode)) return 0;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_n) < 0) return -errno;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_n) < 0) return -errno;
    return type == SOCK_STREAM && !listens ? 1 : -ENOTSUP;
}

static int set_flags(int fd) {
    int status = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);
    if (status < 0 || own < 0) return -errno;
    if (!(status & O_NONBLOCK) && fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) return -errno;
    return !(own & FD_CLOEXEC) && fcntl(fd, F_SETFD, own | FD_CLOEXEC) < 0 ? -errno : 0;
}

int edo_stream_from_fd(edo_stream **out, int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    int is_socket = is_stream_socket(fd, &st);
    if (is_socket < 0) return is_socket;
    int err = edoi_fd_check_pollable(fd);
    if (err == 0) err = set_flags(fd);
    if (err < 0) return err;
    if (!is_socket) return edoi_fd_stream_new(out, fd, EDOI_CALLER());
    err = edoi_tcp_new(out);
    if (err == 0) edoi_tcp_adopt(*out, fd);
    return err;
}

int edo_stream_release_fd(edo_stream *s) {
    if (edoi_handle_misused(EDOI_STREAM, s)) return -EDO_EMISUSE;
    if (!(s->ops->flags & EDOI_STREAM_IS_SOURCE)) return -ENOTSUP;
    edoi_source *src = edoi_source_behind(s);
    if (edoi_source_is_closed(src)) return edoi_source_closed_error(src);
    if (edoi_load_rlx_u32(&s->refs) > 1) return -EBUSY;           // relaxed: a count, no data
    int fd = fcntl(edoi_source_lend_fd(src), F_DUPFD_CLOEXEC, 0); // lent: free() deregisters
    if (fd < 0) return -errno;
    int status = fcntl(fd, F_GETFL);
    if (status >= 0) (void)fcntl(fd, F_SETFL, status & ~O_NONBLOCK);
    edo_stream_unref(s);
    return fd;
}
