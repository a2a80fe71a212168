/* SPDX-License-Identifier: MIT */
/* io/over/split.c: two halves of one stream, each with a life of its own.
 *
 * A close of a half must wake what waits on it although the stream goes on: so a half lists its
 * waiting operations, which are linked at the stream, too.
 *
 * inv. 1: the node of a pending operation is in its half's list, or a close has woken it. */
#include "future/wait_list.h"
#include "io/over/hop.h"
#include "io/view.h"
#include "records/handles.h"

#include <edo/streams.h>

typedef struct split_half {
    edoi_adapter base;
    edoi_lock mu;             /* guards `waiting`, and the lists in it */
    edo_wait_list waiting;    /* nodes of half_wait */
    edo_atomic_u32 is_closed; /* atomic, relaxed: a flag; before a wait it is read under `mu` */
} split_half;

/* A pending operation. */
typedef struct half_wait {
    edoi_hop hop; /* first */
    edo_wait_node node;
    bool is_listed; /* lock: mu */
} half_wait;

static split_half *half_of(edo_stream *s) {
    return (split_half *)(void *)s;
}

static half_wait *split_wait_of(edoi_hop *hop) {
    return (half_wait *)(void *)hop;
}

static void note_woken(edo_wait_node *node) {
    ((half_wait *)(void *)((char *)node - offsetof(half_wait, node)))->is_listed = false;
}

static void half_unwait(edo_stream *s, edo_io_wait *wait) {
    split_half *self = half_of(s);
    edoi_hop *hop = edoi_hop_of(wait);
    if (!hop) return;
    edoi_lock_acquire(&self->mu);
    if (split_wait_of(hop)->is_listed) edoi_wait_remove(&self->waiting, &split_wait_of(hop)->node);
    edoi_lock_release(&self->mu);
    edoi_hop_free(wait);
}

/* Begins an operation; false: it has its result. */
static bool split_half_begin(split_half *self, edoi_hop **hop, edo_io_wait *wait, const edo_cx *cx,
                             int *result) {
    *result = -EDO_ECLOSED;
    if (edoi_load_rlx_u32(&self->is_closed)) return false; // relaxed: see its declaration
    *result = edoi_hop_begin(hop, wait, cx, self->base.below, sizeof(half_wait));
    return *result == 0;
}

/* Ends one that was polled at the stream: if it is pending a close wakes it from now on. */
static edo_polled split_half_end(split_half *self, edo_cx *cx, edo_io_wait *wait, edo_polled polled,
                                 int *result) {
    if (polled == EDO_PENDING) {
        half_wait *w = split_wait_of(edoi_hop_of(wait));
        edo_waker *waker = edo_cx_waker(cx);
        edoi_lock_acquire(&self->mu);
        bool is_closed = edoi_load_rlx_u32(&self->is_closed) != 0; // relaxed: the lock orders
        EDO_INV("split inv. 1", !w->is_listed || self->waiting.first);
        if (!is_closed && w->is_listed) edoi_wait_renew(&w->node, waker);
        if (!is_closed && !w->is_listed) edoi_wait_push(&self->waiting, &w->node, waker);
        w->is_listed = !is_closed;
        edoi_lock_release(&self->mu);
        if (!is_closed) return EDO_PENDING;
        *result = -EDO_ECLOSED;
    }
    if (cx) half_unwait(&self->base.base, wait);
    return EDO_READY;
}

static edo_polled half_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!split_half_begin(half_of(s), &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_read(at, cx, edoi_hop_wait(hop), to, n, flags, result);
    return split_half_end(half_of(s), cx, wait, polled, result);
}

static edo_polled half_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!split_half_begin(half_of(s), &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_write(at, cx, edoi_hop_wait(hop), from, n, result);
    return split_half_end(half_of(s), cx, wait, polled, result);
}

static edo_polled half_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *at = edoi_below(s);
    edoi_hop *hop;
    if (!split_half_begin(half_of(s), &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = at->ops->poll_shutdown(at, cx, edoi_hop_wait(hop), result);
    return split_half_end(half_of(s), cx, wait, polled, result);
}

static edo_polled half_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_hop *hop;
    if (!split_half_begin(half_of(s), &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = edoi_stream_poll_flush(edoi_below(s), cx, edoi_hop_wait(hop), result);
    return split_half_end(half_of(s), cx, wait, polled, result);
}

static edo_polled ready_for(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            uint32_t has, int *result) {
    edoi_hop *hop;
    if (!split_half_begin(half_of(s), &hop, wait, cx, result)) return EDO_READY;
    edo_polled polled = EDO_READY;
    *result = -ENOTSUP;
    if (what == has)
        polled = edoi_stream_poll_ready(edoi_below(s), cx, edoi_hop_wait(hop), what, result);
    return split_half_end(half_of(s), cx, wait, polled, result);
}

static edo_polled reader_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                               int *result) {
    return ready_for(s, cx, wait, what, EDO_IO_READ, result);
}

static edo_polled writer_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                               int *result) {
    return ready_for(s, cx, wait, what, EDO_IO_WRITE, result);
}

static edo_polled split_refuse_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                     const struct iovec *from, size_t n, int *result) {
    (void)s;
    (void)cx;
    (void)wait;
    (void)from;
    (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled refuse_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return split_refuse_write(s, cx, wait, NULL, 0, result);
}

static edo_polled split_refuse_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *to, size_t n, uint32_t flags, int *result) {
    (void)flags;
    return split_refuse_write(s, cx, wait, to, n, result);
}

/* Wakes all that waits. */
static void half_close(edo_stream *s) {
    split_half *self = half_of(s);
    edoi_lock_acquire(&self->mu);
    edoi_store_rlx_u32(&self->is_closed, 1); // relaxed: see its declaration
    edoi_wait_wake_all(&self->mu, &self->waiting, note_woken);
    edoi_lock_release(&self->mu);
}

static void reader_free(edo_stream *s) {
    edoi_adapter_free(s, sizeof(split_half));
}

/* The stream may go on being read, so only writing ends. That waits for the last reference: until
 * then another thread may be inside a write at the stream, and a stream such as an edo_buf_writer
 * takes one at a time. */
static void writer_free(edo_stream *s) {
    edo_stream *at = edoi_below(s);
    int result;
    (void)at->ops->poll_shutdown(at, NULL, NULL, &result);
    edoi_adapter_free(s, sizeof(split_half));
}

static const edo_stream_ops reader_ops = { .name = "edo_stream_split: reader",
                                           .flags = EDO_STREAM_OVER,
                                           .poll_read = half_read,
                                           .poll_write = split_refuse_write,
                                           .poll_shutdown = refuse_shutdown,
                                           .poll_ready = reader_ready,
                                           .unwait = half_unwait,
                                           .close = half_close,
                                           .free = reader_free,
                                           .fd = edoi_adapter_fd };
static const edo_stream_ops writer_ops = { .name = "edo_stream_split: writer",
                                           .flags = EDOI_STREAM_PASSES | EDO_STREAM_OVER,
                                           .poll_read = split_refuse_read,
                                           .poll_write = half_write,
                                           .poll_shutdown = half_shutdown,
                                           .poll_ready = writer_ready,
                                           .unwait = half_unwait,
                                           .close = half_close,
                                           .free = writer_free,
                                           .fd = edoi_adapter_fd,
                                           .poll_flush = half_flush };

int edo_stream_split(edo_stream **reader, edo_stream **writer, edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    split_half *in = (split_half *)edoi_adapter_new(&reader_ops, sizeof *in, s, EDOI_CALLER());
    if (!in) return -ENOMEM;
    split_half *out = (split_half *)edoi_adapter_new(&writer_ops, sizeof *out, s, EDOI_CALLER());
    if (!out) {
        (void)edo_stream_ref(s); // the half gives one back, and the stream stays the caller's
        edo_stream_unref(&in->base.base);
        return -ENOMEM;
    }
    (void)edo_stream_ref(s); // one for each half
    *reader = &in->base.base;
    *writer = &out->base.base;
    return 0;
}
