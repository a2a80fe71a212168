/* SPDX-License-Identifier: MIT */
/* io/over/timeouts.c: limits how long operations on a stream wait.
 *
 * The timer of an operation is begun only when it has to wait, and polled with the waker of the
 * operation. A limit of idleness moves whenever bytes move: a timer that is over too soon is begun
 * again. */
#include "base/opts.h"
#include "io/over/hop.h"
#include "io/view.h"
#include "records/handles.h"

#include <edo/streams.h>

typedef struct timed {
    edoi_adapter base;
    edo_stream_timeouts_opts opts; /* const */
    edo_atomic_u64 moved_at_ns;    /* atomic, relaxed: a time; when bytes moved last */
} timed;

/* A pending operation. */
typedef struct timed_wait {
    edoi_hop hop;           /* first */
    edo_instant began;      /* to wait; 0: it has not */
    edo_instant until;      /* the limit of this operation */
    edo_sleep_future timer; /* while `has_timer` */
    bool has_timer;
} timed_wait;

static timed *timed_of(edo_stream *s) {
    return (timed *)(void *)s;
}

static timed_wait *timed_wait_of(edoi_hop *hop) {
    return (timed_wait *)(void *)hop;
}

static void timed_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_hop *hop = edoi_hop_of(wait);
    (void)s;
    if (hop && timed_wait_of(hop)->has_timer) edo_drop(&timed_wait_of(hop)->timer.base);
    edoi_hop_free(wait);
}

/* When the operation has waited too long, as things are. Idleness begins with the wait, not before
 * it. */
static edo_instant timed_end_of(const timed *self, const timed_wait *w) {
    if (self->opts.idle.ns <= 0) return w->until;
    // relaxed: see its declaration
    edo_instant from = { (int64_t)edoi_load_rlx_u64(&self->moved_at_ns) };
    if (from.ns < w->began.ns) from = w->began;
    edo_instant idle_at = edo_instant_add(from, self->opts.idle);
    return idle_at.ns < w->until.ns ? idle_at : w->until;
}

/* The operation waits at the stream. Pending; or ready with -ETIMEDOUT, or the timer's error. */
static edo_polled timed_wait_on(timed *self, timed_wait *w, const edo_cx *cx, int *result) {
    for (;;) {
        edo_instant until = timed_end_of(self, w);
        if (until.ns == INT64_MAX) return EDO_PENDING;
        if (!w->has_timer) (void)edo_sleep_at_init(&w->timer, until);
        w->has_timer = true;
        edo_cx own = *cx;
        own.budget = 1; // the operation's budget is its caller's business
        if (edo_poll(&w->timer.base, &own) == EDO_PENDING) return EDO_PENDING;
        w->has_timer = false;
        *result = w->timer.base.result;
        if (*result < 0) return EDO_READY;
        *result = -ETIMEDOUT;
        if (timed_end_of(self, w).ns <= edo_now().ns) return EDO_READY;
    }
}

static bool timed_begin(timed *self, edoi_hop **hop, edo_io_wait *wait, const edo_cx *cx,
                        int *result) {
    *result = edoi_hop_begin(hop, wait, cx, self->base.below, sizeof(timed_wait));
    return *result == 0;
}

/* Ends an operation that was polled at the stream. `limit`: of its kind. */
static edo_polled timed_end(timed *self, edo_cx *cx, edo_io_wait *wait, edo_duration limit,
                            edo_polled polled, int *result) {
    if (polled == EDO_PENDING) {
        timed_wait *w = timed_wait_of(edoi_hop_of(wait));
        if (w->began.ns == 0) {
            w->began = edo_now();
            w->until = limit.ns > 0 ? edo_instant_add(w->began, limit) : (edo_instant){ INT64_MAX };
        }
        if (timed_wait_on(self, w, cx, result) == EDO_PENDING) return EDO_PENDING;
    }
    if (cx) timed_unwait(&self->base.base, wait);
    return EDO_READY;
}

/* As timed_end() of a read or a write. */
static edo_polled end_moving(timed *self, edo_cx *cx, edo_io_wait *wait, edo_duration limit,
                             edo_polled polled, int *result) {
    if (polled == EDO_READY && *result > 0 &&
        self->opts.idle.ns > 0) // relaxed: see its declaration
        edoi_store_rlx_u64(&self->moved_at_ns, (uint64_t)edo_now().ns);
    return timed_end(self, cx, wait, limit, polled, result);
}

static edo_polled timed_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    timed *self = timed_of(s);
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!timed_begin(self, &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_read(at, cx, edoi_hop_wait(hop), to, n, flags, result);
    if (flags & EDO_IO_PEEK) return timed_end(self, cx, wait, self->opts.read, polled, result);
    return end_moving(self, cx, wait, self->opts.read, polled, result);
}

static edo_polled timed_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    timed *self = timed_of(s);
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!timed_begin(self, &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_write(at, cx, edoi_hop_wait(hop), from, n, result);
    return end_moving(self, cx, wait, self->opts.write, polled, result);
}

static edo_polled timed_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    timed *self = timed_of(s);
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!timed_begin(self, &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_shutdown(at, cx, edoi_hop_wait(hop), result);
    return timed_end(self, cx, wait, self->opts.write, polled, result);
}

static edo_polled timed_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    timed *self = timed_of(s);
    edoi_hop *hop;
    if (!timed_begin(self, &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = edoi_stream_poll_flush(edoi_below(s), cx, edoi_hop_wait(hop), result);
    return timed_end(self, cx, wait, self->opts.write, polled, result);
}

static edo_polled timed_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    timed *self = timed_of(s);
    edoi_hop *hop;
    if (!timed_begin(self, &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = edoi_stream_poll_ready(edoi_below(s), cx, edoi_hop_wait(hop), what, result);
    edo_duration limit = what == EDO_IO_READ ? self->opts.read : self->opts.write;
    return timed_end(self, cx, wait, limit, polled, result);
}

static void timed_free(edo_stream *s) {
    edoi_adapter_free(s, sizeof(timed));
}

static const edo_stream_ops timed_ops = { .name = "edo_stream_timeouts",
                                          .flags = EDOI_STREAM_PASSES | EDO_STREAM_OVER,
                                          .poll_read = timed_read,
                                          .poll_write = timed_write,
                                          .poll_shutdown = timed_shutdown,
                                          .poll_ready = timed_ready,
                                          .unwait = timed_unwait,
                                          .close = edoi_adapter_close,
                                          .free = timed_free,
                                          .fd = edoi_adapter_fd,
                                          .poll_flush = timed_flush };

int edo_stream_timeouts(edo_stream **out, edo_stream *s, const edo_stream_timeouts_opts *opts) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    timed *self = (timed *)edoi_adapter_new(&timed_ops, sizeof *self, s, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->opts = *opts;
    *out = &self->base.base;
    return 0;
}
