/* SPDX-License-Identifier: MIT */
/* net/tcp/taken.c: see taken.h. */
#include "net/tcp/taken.h"

#include "net/socket.h"

#include <edo/scope.h>

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h> /* glibc's has no tcpi_bytes_acked */
#include <sys/ioctl.h>

enum { CLOSED = 7 }; /* TCP_CLOSE of glibc's netinet/tcp.h, which is not included beside Linux's */

/* The descriptor of a TCP stream, or of the one that a stream lies over: that has a reference to
 * it, so its descriptor stays. */
static int tcp_fd_behind(edo_stream *s) {
    const edo_stream_ops *kind = NULL;
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    if (fd != -ENOTSUP || !(s->ops->flags & EDO_STREAM_OVER) || s->ops->fd(s) < 0) return fd;
    fd = s->ops->fd(s);
    return edoi_socket_kind(&kind, fd) == 0 && kind == &edoi_tcp_ops ? fd : -ENOTSUP;
}

int edo_tcp_get_taken(edo_stream *s, edo_tcp_taken *out) {
    struct tcp_info info = { 0 };
    socklen_t info_bytes = sizeof info;
    int left = 0, fd = tcp_fd_behind(s);
    if (fd < 0) return fd;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_bytes) < 0) return edoi_errno();
    // what a connection that was reset has not sent stays in its queue
    if (ioctl(fd, SIOCOUTQ, &left) < 0) return edoi_errno();
    *out = (edo_tcp_taken){ .bytes = info.tcpi_bytes_acked,
                            .left = left > 0 ? (uint32_t)left : 0,
                            .is_gone = info.tcpi_state == CLOSED };
    return 0;
}

int edo_tcp_end(edo_stream *s, edo_duration limit) {
    EDO_DEADLINE(d, limit);
    int err = edo_shutdown(s);
    if (err == 0) err = edoi_tcp_await_taken(s);
    err = edo_deadline_end(&d, err);
    if (err == -ETIMEDOUT) edoi_tcp_discard(s);
    edo_close(s);
    return err == -ENOTSUP || err == -ENOTCONN ? 0 : err; // another stream; it was over before
}
