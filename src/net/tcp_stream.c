/* SPDX-License-Identifier: MIT */
/* net/tcp_stream.c: a connection as a stream: recv, sendmsg and readiness.
 *
 * A short read or write shows that the kernel's buffer is empty or full, which saves the system
 * call that would return EAGAIN; after a hang-up it shows nothing, since the end is still to be
 * read.
 *
 * A stream is the head of its source: a connection is one object. */
#include "net/tcp.h"

#include "base/memory/handles.h"
#include "io/source_io.h"
#include "net/raw_socket.h"

#include <errno.h>

static edoi_source *source_of(edo_stream *s) {
    return edoi_source_behind(s);
}

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

/* What a read returns for which the kernel has no bytes and never will. The kernel tells of a reset
 * once: if a write was told, the read that comes after it would look like the end. */
static EDOI_NOINLINE int end_of_input(edo_stream *s) {
    edoi_source *src = source_of(s);
    if (edoi_source_is_closed(src)) return edoi_source_closed_error(src);
    return edoi_load_rlx_u32(&s->is_reset) ? -ECONNRESET : 0; // relaxed: a flag, no data
}

static edo_polled tcp_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    edoi_source *src = source_of(s);
    int peek = flags & EDO_IO_PEEK ? MSG_PEEK : 0;
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_READ, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        int fd = edoi_source_fd(src);
        ssize_t got = EDOI_LIKELY(n == 1) ? edoi_recv(fd, to->iov_base, to->iov_len, peek)
                                          : receive_into_all(fd, to, n, peek);
        if (EDOI_LIKELY(got > 0)) {
            if (!peek && (size_t)got < bytes_of(to, n)) edoi_source_drained(src, EDOI_READ, tick);
            *result = (int)got;
            return EDO_READY;
        }
        if (got == 0) {
            *result = end_of_input(s);
            return EDO_READY;
        }
        if (edoi_try_is_over(src, EDOI_READ, cx, tick, result)) return EDO_READY;
    }
}

static edo_polled tcp_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                            size_t n, int *result) {
    edoi_source *src = source_of(s);
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
        if (edoi_try_is_over(src, EDOI_WRITE, cx, tick, result)) {
            // relaxed: a flag, no data
            if (*result == -ECONNRESET) edoi_store_rlx_u32(&s->is_reset, 1);
            return EDO_READY;
        }
    }
}

static edo_polled tcp_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx;
    (void)wait;
    edoi_source *src = source_of(s);
    *result = 0;
    if (edoi_source_is_closed(src)) {
        *result = edoi_source_closed_error(src);
    } else if (shutdown(edoi_source_fd(src), SHUT_WR) < 0) {
        *result = edoi_errno();
    }
    return EDO_READY;
}

static edo_polled tcp_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            int *result) {
    uint32_t tick;
    edoi_dir dir = what == EDO_IO_READ ? EDOI_READ : EDOI_WRITE;
    int waits = edoi_may_try(source_of(s), dir, cx, wait, &tick);
    if (waits > 0) return EDO_PENDING;
    *result = waits < 0 ? waits : (int)what;
    return EDO_READY;
}

static void tcp_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_source_unwait(source_of(s), wait);
}

static void tcp_close(edo_stream *s) {
    edoi_source_close(source_of(s));
}

static void tcp_free(edo_stream *s) {
    edoi_source_free(source_of(s));
}

static int tcp_fd(edo_stream *s) {
    return edoi_source_lend_fd(source_of(s));
}

static const edo_stream_ops tcp_ops = { .name = "tcp",
                                        .flags = EDO_STREAM_VECTORED | EDOI_STREAM_IS_SOURCE,
                                        .poll_read = tcp_read,
                                        .poll_write = tcp_write,
                                        .poll_shutdown = tcp_shutdown,
                                        .poll_ready = tcp_ready,
                                        .unwait = tcp_unwait,
                                        .close = tcp_close,
                                        .free = tcp_free,
                                        .fd = tcp_fd };

int edoi_tcp_new(edo_stream **out) {
    edoi_source *src;
    int err = edoi_source_reserve(&src);
    if (err < 0) return err;
    edo_stream *s = (edo_stream *)edoi_source_head(src);
    *s = (edo_stream){ .ops = &tcp_ops, .refs = { 1 } };
    *out = s;
    return 0;
}

void edoi_tcp_adopt(edo_stream *s, int fd) {
    edoi_source_open(source_of(s), fd);
    edoi_handle_made_here(EDOI_STREAM, s, NULL); // made in a poll: the caller is unknown here
}

int edoi_tcp_open_fd(edo_stream *s) {
    if (edoi_handle_misused(EDOI_STREAM, s)) return -EDO_EMISUSE;
    if (s->ops != &tcp_ops) return -ENOTSUP;
    edoi_source *src = source_of(s);
    return edoi_source_is_closed(src) ? edoi_source_closed_error(src) : edoi_source_fd(src);
}
