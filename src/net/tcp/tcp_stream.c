/* SPDX-License-Identifier: MIT */
/* net/tcp/tcp_stream.c: a connection as a stream: recv, sendmsg and readiness. For TCP and Unix.
 *
 * A short write shows that the kernel's buffer is full, and a short read from TCP that it is empty,
 * which saves the system call that would return EAGAIN; after a hang-up it shows nothing, since the
 * end is still to be read. A read from a Unix socket also stops behind bytes with which descriptors
 * or other credentials came, so there a short one shows nothing.
 *
 * A stream is the head of its source: a connection is one object. */
#include "io/source_io.h"
#include "net/raw_socket.h"
#include "net/socket.h"
#include "net/socket_ops.h"

#include <errno.h>

static EDOI_NOINLINE size_t bytes_of_all(const struct iovec *vecs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += vecs[i].iov_len;
    return bytes;
}

EDOI_INLINE size_t bytes_of(const struct iovec *vecs, size_t n) {
    return EDOI_LIKELY(n == 1) ? vecs->iov_len : bytes_of_all(vecs, n);
}

static EDOI_NOINLINE ssize_t receive_into_all(int fd, const struct iovec *to, size_t n, int flags) {
    struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)to, .msg_iovlen = n };
    return recvmsg(fd, &msg, flags);
}

static EDOI_NOINLINE ssize_t send_all(int fd, const struct iovec *from, size_t n) {
    struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)from, .msg_iovlen = n };
    return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

/* What a read returns for which the kernel has no bytes and never will. */
static EDOI_NOINLINE int tcp_stream_end_of_input(edo_stream *s) {
    edoi_source *src = edoi_source_behind(s);
    if (edoi_source_is_closed(src)) return edoi_source_closed_error(src);
    return edoi_stream_end_of_input(s);
}

EDOI_INLINE edo_polled read_some(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *to, size_t n, uint32_t flags, bool is_tcp,
                                 int *result) {
    edoi_source *src = edoi_source_behind(s);
    int peek = flags & EDO_IO_PEEK ? MSG_PEEK : 0;
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_READ, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        int fd = edoi_source_fd(src);
        ssize_t got = EDOI_LIKELY(n == 1) ? edoi_recv(fd, to->iov_base, to->iov_len, peek)
                                          : receive_into_all(fd, to, n, peek);
        if (EDOI_LIKELY(got > 0)) {
            if (is_tcp && !peek && (size_t)got < bytes_of(to, n))
                edoi_source_drained(src, EDOI_READ, tick);
            *result = (int)got;
            return EDO_READY;
        }
        if (got == 0) {
            *result = tcp_stream_end_of_input(s);
            return EDO_READY;
        }
        if (!edoi_try_is_over(src, EDOI_READ, cx, tick, result)) continue;
        edoi_stream_note_lost(s, *result);
        return EDO_READY;
    }
}

static edo_polled tcp_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    return read_some(s, cx, wait, to, n, flags, true, result);
}

static edo_polled unix_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    return read_some(s, cx, wait, to, n, flags, false, result);
}

static edo_polled stream_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    edoi_source *src = edoi_source_behind(s);
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_WRITE, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        int fd = edoi_source_fd(src);
        ssize_t put = EDOI_LIKELY(n == 1)
                          ? edoi_send(fd, from->iov_base, from->iov_len, MSG_NOSIGNAL)
                          : send_all(fd, from, n);
        if (EDOI_LIKELY(put >= 0)) {
            if ((size_t)put < bytes_of(from, n)) edoi_source_drained(src, EDOI_WRITE, tick);
            *result = (int)put;
            return EDO_READY;
        }
        if (!edoi_try_is_over(src, EDOI_WRITE, cx, tick, result)) continue;
        edoi_stream_note_lost(s, *result);
        return EDO_READY;
    }
}

const edo_stream_ops edoi_tcp_ops = { .name = "tcp",
                                      .flags = EDO_STREAM_VECTORED | EDO_STREAM_TELLS_END |
                                               EDOI_STREAM_IS_SOURCE | EDOI_STREAM_IS_SOCKET |
                                               EDOI_STREAM_SENDS,
                                      .poll_read = tcp_read,
                                      .poll_write = stream_write,
                                      EDOI_SOCKET_OPS };

const edo_stream_ops edoi_vsock_ops = { .name = "vsock",
                                        .flags = EDO_STREAM_VECTORED | EDO_STREAM_TELLS_END |
                                                 EDOI_STREAM_IS_SOURCE | EDOI_STREAM_IS_SOCKET |
                                                 EDOI_STREAM_SENDS,
                                        .poll_read = unix_read,
                                        .poll_write = stream_write,
                                        EDOI_SOCKET_OPS };

const edo_stream_ops edoi_unix_ops = { .name = "unix",
                                       .flags = EDO_STREAM_VECTORED | EDO_STREAM_TELLS_END |
                                                EDOI_STREAM_IS_SOURCE | EDOI_STREAM_IS_SOCKET |
                                                EDOI_STREAM_SENDS,
                                       .poll_read = unix_read,
                                       .poll_write = stream_write,
                                       EDOI_SOCKET_OPS };
