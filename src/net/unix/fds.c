/* SPDX-License-Identifier: MIT */
/* net/unix/fds.c: passes descriptors with bytes (SCM_RIGHTS, unix(7)).
 *
 * inv. 1: a receive has room for as many descriptors as one message can have, so that all that the
 *         kernel has opened for it are seen: those the caller has no room for are closed here. */
#include "io/op.h"
#include "net/unix/unix.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define FDS_BYTES CMSG_SPACE(sizeof(int) * EDO_UNIX_FDS_MAX)
#define FDS_MOST  253 /* SCM_MAX_FD of the kernel */

_Static_assert(EDO_UNIX_FDS_MAX >= FDS_MOST, "fds inv. 1");

/* ---- Sending --------------------------------------------------------------------------------- */

static ssize_t fds_transmit(int fd, void *op) {
    const edo_unix_send_fds_future *f = op;
    _Alignas(struct cmsghdr) char control[FDS_BYTES];
    struct iovec vec = { .iov_base = (void *)(uintptr_t)f->buf, .iov_len = f->n };
    struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };
    size_t bytes = sizeof(int) * f->fds_n;
    if (bytes > 0) {
        memset(control, 0, CMSG_SPACE(bytes)); // the kernel gets the gap at the end, too
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS,
                               .cmsg_len = CMSG_LEN(bytes) };
        memcpy(CMSG_DATA(c), f->fds, bytes);
    }
    return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static int check_send(const edo_stream *s, size_t n, size_t fds_n) {
    if (!edoi_is_unix(s)) return -ENOTSUP;
    return n == 0 || fds_n > EDO_UNIX_FDS_MAX ? -EINVAL : 0; // without bytes a stream sends nothing
}

static edo_polled send_fds_poll(edo_future *base, edo_cx *cx) {
    edo_unix_send_fds_future *f = (edo_unix_send_fds_future *)(void *)base;
    int err = check_send(f->stream, f->n, f->fds_n);
    if (err < 0) return edoi_io_end(base, f->stream, &f->wait, err);
    return edoi_socket_poll(base, cx, f->stream, EDOI_WRITE, &f->wait, fds_transmit, f);
}

static void send_fds_drop(edo_future *base) {
    edo_unix_send_fds_future *f = (edo_unix_send_fds_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops send_fds_ops = { .poll = send_fds_poll,
                                             .drop = send_fds_drop,
                                             .name = "edo_unix_send_fds",
                                             .size = sizeof(edo_unix_send_fds_future),
                                             .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                             .hold = edoi_io_hold };

edo_future *edo_unix_send_fds_init(edo_unix_send_fds_future *f, edo_stream *s, const void *buf,
                                   size_t n, const int *fds, size_t fds_n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->n = n < INT_MAX ? n : INT_MAX;
    f->fds = fds;
    f->fds_n = fds_n;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &send_fds_ops);
}

int edo_unix_send_fds(edo_stream *s, const void *buf, size_t n, const int *fds, size_t fds_n) {
    edo_unix_send_fds_future f;
    return edo_await(edo_unix_send_fds_init(&f, s, buf, n, fds, fds_n));
}

int edo_unix_try_send_fds(edo_stream *s, const void *buf, size_t n, const int *fds, size_t fds_n) {
    edo_unix_send_fds_future f = {
        .buf = buf, .n = n < INT_MAX ? n : INT_MAX, .fds = fds, .fds_n = fds_n
    };
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    int err = check_send(s, n, fds_n);
    return err < 0 ? err : edoi_socket_now(s, EDOI_WRITE, fds_transmit, &f);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Hands over the descriptors of one control message; closes those without room. */
static void unix_fds_take_over(edo_unix_fds *to, const struct cmsghdr *c) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) return;
    size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        if (to->n < to->max) {
            to->fds[to->n++] = fd;
        } else {
            (void)close(fd);
            to->lost = true;
        }
    }
}

static ssize_t fds_receive(int fd, void *op) {
    const edo_unix_recv_fds_future *f = op;
    // beside the descriptors, what the program may have enabled: credentials, a time stamp
    _Alignas(struct cmsghdr) char control[FDS_BYTES + 256];
    struct iovec vec = { .iov_base = f->buf, .iov_len = f->n };
    struct msghdr msg = {
        .msg_iov = &vec, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    if (got < 0) return got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        unix_fds_take_over(f->fds, c);
    if (msg.msg_flags & MSG_CTRUNC) f->fds->lost = true; // this process has too many open
    if (!(msg.msg_flags & MSG_TRUNC)) return got;
    errno = EMSGSIZE;
    return -1;
}

static edo_polled recv_fds_poll(edo_future *base, edo_cx *cx) {
    edo_unix_recv_fds_future *f = (edo_unix_recv_fds_future *)(void *)base;
    if (!edoi_is_unix(f->stream)) return edoi_io_end(base, f->stream, &f->wait, -ENOTSUP);
    return edoi_socket_poll(base, cx, f->stream, EDOI_READ, &f->wait, fds_receive, f);
}

static void recv_fds_drop(edo_future *base) {
    edo_unix_recv_fds_future *f = (edo_unix_recv_fds_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops recv_fds_ops = { .poll = recv_fds_poll,
                                             .drop = recv_fds_drop,
                                             .name = "edo_unix_recv_fds",
                                             .size = sizeof(edo_unix_recv_fds_future),
                                             .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                             .hold = edoi_io_hold };

edo_future *edo_unix_recv_fds_init(edo_unix_recv_fds_future *f, edo_stream *s, void *buf, size_t n,
                                   edo_unix_fds *fds) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->n = n < INT_MAX ? n : INT_MAX;
    f->fds = fds;
    fds->n = 0;
    fds->lost = false;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &recv_fds_ops);
}

int edo_unix_recv_fds(edo_stream *s, void *buf, size_t n, edo_unix_fds *fds) {
    edo_unix_recv_fds_future f;
    return edo_await(edo_unix_recv_fds_init(&f, s, buf, n, fds));
}

int edo_unix_try_recv_fds(edo_stream *s, void *buf, size_t n, edo_unix_fds *fds) {
    edo_unix_recv_fds_future f = { .buf = buf, .n = n < INT_MAX ? n : INT_MAX, .fds = fds };
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    fds->n = 0;
    fds->lost = false;
    return edoi_is_unix(s) ? edoi_socket_now(s, EDOI_READ, fds_receive, &f) : -ENOTSUP;
}
