/* SPDX-License-Identifier: MIT */
/* fd/from_fd.c: descriptors become streams, and streams descriptors. */
#include "base/atomic.h"
#include "fd/fd_stream.h"
#include "io/op.h"
#include "io/source_io.h"
#include "net/socket.h"
#include "records/handles.h"

#include <edo/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The kind of a socket that does not listen; NULL: no socket. Errors: -ENOTSUP. */
static int socket_kind(const edo_stream_ops **out, int fd, const struct stat *st) {
    int listens = 0;
    socklen_t bytes = sizeof listens;
    *out = NULL;
    if (!S_ISSOCK(st->st_mode)) return 0;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) < 0) return -errno;
    return listens ? -ENOTSUP : edoi_socket_kind(out, fd);
}

static int from_fd_set_flags(int fd) {
    int status = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);
    if (status < 0 || own < 0) return -errno;
    if (!(status & O_NONBLOCK) && fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) return -errno;
    return !(own & FD_CLOEXEC) && fcntl(fd, F_SETFD, own | FD_CLOEXEC) < 0 ? -errno : 0;
}

int edo_stream_from_fd(edo_stream **out, int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    const edo_stream_ops *kind;
    int err = socket_kind(&kind, fd, &st);
    if (err == 0) err = edoi_fd_check_pollable(fd);
    if (err == 0) err = from_fd_set_flags(fd);
    if (err < 0) return err;
    if (!kind) return edoi_fd_stream_new(out, fd, EDOI_CALLER());
    return edoi_socket_wrap(out, kind, fd);
}

int edo_stream_release_fd(edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (!(s->ops->flags & (EDOI_STREAM_IS_SOURCE | EDOI_STREAM_IS_SOCKET))) return -ENOTSUP;
    edoi_source *src = edoi_source_behind(s);
    if (edoi_source_is_closed(src)) return edoi_source_closed_error(src);
    if (edoi_load_rlx_u32(&s->refs) > 1) return -EBUSY; // relaxed: a count, no data
    edoi_source_lend();                                 // free() deregisters
    int fd = fcntl(edoi_source_fd(src), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int status = fcntl(fd, F_GETFL);
    if (status >= 0) (void)fcntl(fd, F_SETFL, status & ~O_NONBLOCK);
    edo_stream_unref(s);
    return fd;
}
