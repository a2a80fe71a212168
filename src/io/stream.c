/* SPDX-License-Identifier: MIT */
/* io/stream.c: the stream's references, reads, and the end of writing. Writing is in write.c. */
#include "base/atomic.h"
#include "base/held.h"
#include "driver/driver.h"
#include "io/op.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void edoi_stream_hold(edo_stream *s) {
    uint32_t old = edoi_add_rlx_u32(&s->refs, 1); // relaxed: the caller holds one
    EDO_ASSERT(old > 0);
    (void)old;
}

void edoi_stream_let_go(edo_stream *s) {
    edoi_held_check("a stream's reference is given back");
    // IO1: pairs with IO1: other owners' accesses happen before the end
    uint32_t old = edoi_sub_acqrel_u32(&s->refs, 1);
    EDO_ASSERT(old > 0);
    if (old == 1) s->ops->free(s);
}

EDOI_COLD bool edoi_io_tell_null(const edo_future *f) {
    char text[80];
    (void)snprintf(text, sizeof text, "future %s uses a stream that is NULL", f->ops->name);
    return EDO_MISUSE(true, text);
}

EDOI_COLD bool edoi_io_tell_null_handle(const edo_future *f) {
    char text[80];
    (void)snprintf(text, sizeof text, "future %s uses a handle that is NULL", f->ops->name);
    return EDO_MISUSE(true, text);
}

void edoi_io_hold(edo_future *f) {
    edo_stream *s;
    memcpy(&s, f + 1, sizeof s);
    if (s) (void)edoi_io_pend(f, s); // the first poll reports a NULL
}

// Out of line, so that a future that never waited saves no registers for it.
EDOI_NOINLINE void edoi_io_end_wait(edo_stream *s, edo_io_wait *wait) {
    EDO_INV("op inv. 1", edoi_load_rlx_u32(&s->refs) > 0); // relaxed: one is the future's
    s->ops->unwait(s, wait);
    edoi_stream_let_go(s);
}

edo_stream *edo_stream_ref(edo_stream *s) {
    if (edoi_stream_misused(s)) return NULL;
    edoi_handle_shared(EDOI_STREAM, s);
    edoi_stream_hold(s);
    return s;
}

void edo_stream_unref(edo_stream *s) {
    if (!s) return;
    edoi_handle_given_up(EDOI_STREAM, s, EDOI_CALLER());
    edoi_stream_let_go(s);
}

void edo_close(edo_stream *s) {
    if (!s) return;
    edoi_handle_given_up(EDOI_STREAM, s, EDOI_CALLER());
    // relaxed: if this is the only reference no thread can add one; otherwise the close is only
    // extra work
    bool is_shared = edoi_load_rlx_u32(&s->refs) > 1;
    if (is_shared || s->ops->flags & EDO_STREAM_OVER) s->ops->close(s);
    edoi_stream_let_go(s);
}

int edo_stream_fd(edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    int fd = s->ops->fd(s);
    if (fd >= 0) edoi_source_lend();
    return fd;
}

/* The flags of the stream that the writes of `s` reach as they are. */
static uint32_t written_flags(const edo_stream *s) {
    while (s->ops->flags & EDOI_STREAM_PASSES) s = ((const edoi_adapter *)(const void *)s)->below;
    return s->ops->flags;
}

bool edo_stream_is_vectored(edo_stream *s) {
    if (edoi_stream_misused(s)) return false;
    return (written_flags(s) & EDO_STREAM_VECTORED) != 0;
}

bool edoi_stream_sends_empty(const edo_stream *s) {
    return (written_flags(s) & EDO_STREAM_MESSAGES) != 0;
}

/* ---- Read, peek ------------------------------------------------------------------------------ */

static edo_polled stream_read_some(edo_read_future *f, edo_cx *cx, uint32_t flags) {
    edo_future *base = &f->base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, f->stream);
    struct iovec to = { .iov_base = f->buf, .iov_len = base->own };
    if (to.iov_len == 0) return edoi_io_end(base, f->stream, &f->wait, 0); // needs no input
    int result;
    if (f->stream->ops->poll_read(f->stream, cx, &f->wait, &to, 1, flags, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, f->stream);
    }
    return edoi_io_end(base, f->stream, &f->wait, result);
}

static edo_polled read_poll(edo_future *base, edo_cx *cx) {
    return stream_read_some((edo_read_future *)(void *)base, cx, 0);
}

static edo_polled stream_peek_poll(edo_future *base, edo_cx *cx) {
    return stream_read_some((edo_read_future *)(void *)base, cx, EDO_IO_PEEK);
}

static void read_drop(edo_future *base) {
    edo_read_future *f = (edo_read_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops read_ops = { .poll = read_poll,
                                         .drop = read_drop,
                                         .name = "edo_read",
                                         .size = sizeof(edo_read_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                         .hold = edoi_io_hold };
static const edo_future_ops peek_ops = { .poll = stream_peek_poll,
                                         .drop = read_drop,
                                         .name = "edo_peek",
                                         .size = sizeof(edo_read_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                         .hold = edoi_io_hold };

static edo_future *read_init(edo_read_future *f, edo_stream *s, void *buf, size_t n,
                             const edo_future_ops *ops) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, ops);
    base->own = n < INT_MAX ? (uint32_t)n : INT_MAX;
    return base;
}

edo_future *edo_read_init(edo_read_future *f, edo_stream *s, void *buf, size_t n) {
    return read_init(f, s, buf, n, &read_ops);
}

int edo_read(edo_stream *s, void *buf, size_t n) {
    edo_read_future f;
    return edo_await(edo_read_init(&f, s, buf, n));
}

edo_future *edo_peek_init(edo_read_future *f, edo_stream *s, void *buf, size_t n) {
    return read_init(f, s, buf, n, &peek_ops);
}

int edo_peek(edo_stream *s, void *buf, size_t n) {
    edo_read_future f;
    return edo_await(edo_peek_init(&f, s, buf, n));
}

int edo_try_read(edo_stream *s, void *buf, size_t n) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (n == 0) return 0; // needs no input
    struct iovec to = { .iov_base = buf, .iov_len = n < INT_MAX ? n : INT_MAX };
    int result;
    (void)s->ops->poll_read(s, NULL, NULL, &to, 1, 0, &result);
    return result;
}

int edo_read_available(edo_stream *s, void *buf, size_t n) {
    char *to = buf;
    int room = n < INT_MAX ? (int)n : INT_MAX;
    int got = edo_read(s, to, (size_t)room);
    int more = edoi_stream_sends_empty(s) ? 0 : got; // two messages are not one
    while (more > 0 && got < room) {
        more = edo_try_read(s, to + got, (size_t)(room - got));
        if (more > 0) got += more;
    }
    return got; // an end or a failure comes again
}

/* ---- Read exactly ---------------------------------------------------------------------------- */

static edo_polled read_exact_poll(edo_future *base, edo_cx *cx) {
    edo_read_exact_future *f = (edo_read_exact_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (f->n > INT_MAX) return edoi_io_end(base, s, &f->wait, -EINVAL);
    if (f->n == 0) return edoi_io_idle(base, s, &f->wait, cx);
    while (f->done < f->n) {
        if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
        struct iovec to = { .iov_base = f->buf + f->done, .iov_len = f->n - f->done };
        int result;
        if (s->ops->poll_read(s, cx, &f->wait, &to, 1, 0, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            return edoi_io_pend(base, s);
        }
        if (result == 0) result = -EDO_EEOF;
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
        f->done += (size_t)result;
    }
    return edoi_io_end(base, s, &f->wait, 0);
}

static void read_exact_drop(edo_future *base) {
    edo_read_exact_future *f = (edo_read_exact_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops read_exact_ops = { .poll = read_exact_poll,
                                               .drop = read_exact_drop,
                                               .name = "edo_read_exact",
                                               .size = sizeof(edo_read_exact_future),
                                               .flags = EDO_FUTURE_NOT_CANCEL_SAFE |
                                                        EDOI_FUTURE_OF(EDOI_STREAM),
                                               .hold = edoi_io_hold };

edo_future *edo_read_exact_init(edo_read_exact_future *f, edo_stream *s, void *buf, size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = (char *)buf;
    f->n = n;
    f->done = 0;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &read_exact_ops);
}

int edo_read_exact(edo_stream *s, void *buf, size_t n) {
    edo_read_exact_future f;
    return edo_await(edo_read_exact_init(&f, s, buf, n));
}

/* ---- Shutdown, flush ------------------------------------------------------------------------- */

/* poll_shutdown or poll_flush of a stream. */
typedef edo_polled poll_end(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);

static edo_polled shutdown_end_poll(edo_shutdown_future *f, edo_cx *cx, poll_end *poll) {
    edo_future *base = &f->base;
    if (!edo_budget_take(cx)) return edoi_io_pend(base, f->stream);
    int result;
    if (poll(f->stream, cx, &f->wait, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, f->stream);
    }
    return edoi_io_end(base, f->stream, &f->wait, result);
}

static edo_polled stream_shutdown_poll(edo_future *base, edo_cx *cx) {
    edo_shutdown_future *f = (edo_shutdown_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    return shutdown_end_poll(f, cx, f->stream->ops->poll_shutdown);
}

/* The flush of a kind of stream that keeps nothing back. It takes its turn like any other. */
static edo_polled stream_flush_nothing(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static edo_polled flush_poll(edo_future *base, edo_cx *cx) {
    edo_flush_future *f = (edo_flush_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    poll_end *flush = f->stream->ops->poll_flush;
    return shutdown_end_poll(f, cx, flush ? flush : stream_flush_nothing);
}

static void end_drop(edo_future *base) {
    edo_shutdown_future *f = (edo_shutdown_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops shutdown_ops = { .poll = stream_shutdown_poll,
                                             .drop = end_drop,
                                             .name = "edo_shutdown",
                                             .size = sizeof(edo_shutdown_future),
                                             .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                             .hold = edoi_io_hold };
static const edo_future_ops flush_ops = { .poll = flush_poll,
                                          .drop = end_drop,
                                          .name = "edo_flush",
                                          .size = sizeof(edo_flush_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                          .hold = edoi_io_hold };

static edo_future *end_init(edo_shutdown_future *f, edo_stream *s, const edo_future_ops *ops) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, ops);
}

edo_future *edo_shutdown_init(edo_shutdown_future *f, edo_stream *s) {
    return end_init(f, s, &shutdown_ops);
}

int edo_shutdown(edo_stream *s) {
    edo_shutdown_future f;
    return edo_await(edo_shutdown_init(&f, s));
}

edo_future *edo_flush_init(edo_flush_future *f, edo_stream *s) {
    return end_init(f, s, &flush_ops);
}

int edo_flush(edo_stream *s) {
    edo_flush_future f;
    return edo_await(edo_flush_init(&f, s));
}
