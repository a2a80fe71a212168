/* SPDX-License-Identifier: MIT */
/* io/copy/pump.c: see pump.h. */
#include "io/copy/pump.h"

#include "base/assert.h"

#include "base/memory/alloc.h"
#include "io/buffered/buf_reader.h"
#include "io/copy/splice.h"
#include "io/op.h"
#include "io/source_io.h"
#include "io/view.h"

#include <errno.h>
#include <stddef.h>

#define BUF_SMALL (8u * 1024u)
#define BUF_LARGE (64u * 1024u) /* for input that comes in bulk */

void edoi_pump_init(edoi_pump *p, edo_stream *to, edo_stream *from) {
    EDOI_ENTERS(EDOI_STREAM, to);
    EDOI_ENTERS(EDOI_STREAM, from);
    *p = (edoi_pump){ .from = from, .to = to, .reader = from ? edoi_buf_reader_of(from) : NULL };
}

edo_stream *edoi_pump_source(const edoi_pump *p) {
    return p->reader ? p->reader->view.below : p->from;
}

edo_stream *edoi_pump_sink(const edoi_pump *p) {
    edo_buf_reader *r = edoi_buf_reader_of(p->to);
    return r ? r->view.below : p->to;
}

/* What the reader holds that the pump reads from. */
static uint32_t held_by_reader(const edoi_pump *p) {
    return p->reader ? edoi_buf_held(p->reader) : 0;
}

uint32_t edoi_pump_unwritten(const edoi_pump *p) {
    uint32_t own = p->end - p->begin;
    return own > 0 ? own : held_by_reader(p);
}

void edoi_pump_hold(edoi_pump *p) {
    edoi_stream_hold(p->from);
    edoi_stream_hold(p->to);
}

static void pump_release_buf(edoi_pump *p) {
    edoi_free(p->buf);
    p->buf = NULL;
    p->bytes = p->begin = p->end = 0;
}

void edoi_pump_deinit(edoi_pump *p, bool is_held) {
    pump_release_buf(p);
    edoi_splice_deinit(p);
    if (!is_held) return;
    p->from->ops->unwait(p->from, &p->in);
    p->to->ops->unwait(p->to, &p->out);
    edoi_stream_let_go(p->from);
    edoi_stream_let_go(p->to);
}

/* Makes room for input. False: there is none until something was written. */
static bool pump_make_room(edoi_pump *p, int *result) {
    *result = 0;
    bool is_empty = p->begin == p->end;
    uint32_t least = edoi_least_room(edoi_pump_source(p));
    bool is_small = p->bytes < least || (p->roomy && p->bytes == BUF_SMALL);
    if (is_empty && is_small) pump_release_buf(p); // for a larger one
    if (p->bytes - p->end >= least) return true;
    if (!is_empty) return false;
    uint32_t bytes = p->roomy || least > BUF_SMALL ? BUF_LARGE : BUF_SMALL;
    p->buf = (char *)edoi_alloc(bytes);
    if (!p->buf) *result = -ENOMEM;
    if (p->buf) p->bytes = bytes;
    return p->buf != NULL;
}

/* Reads once, if there is room. Pending: nothing was read. */
static edo_polled pump_take_in(edoi_pump *p, edo_cx *cx, int *result) {
    EDO_INV("pump inv. 1", p->begin <= p->end && p->end <= p->bytes);
    *result = 0;
    if (held_by_reader(p) > 0) return EDO_PENDING; // written first, from there
    if (!pump_make_room(p, result)) return *result < 0 ? EDO_READY : EDO_PENDING;
    if (!edoi_pump_take(p, cx)) return EDO_PENDING;
    struct iovec to = { .iov_base = p->buf + p->end, .iov_len = p->bytes - p->end };
    if (p->from->ops->poll_read(p->from, cx, &p->in, &to, 1, 0, result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (*result > 0) {
        p->roomy = (size_t)*result == to.iov_len;
        p->end += (uint32_t)*result;
    } else {
        p->failure = *result;
        p->stage = EDOI_PUMP_EMPTIES;
    }
    *result = 0;
    return EDO_READY;
}

/* Writes once; there is something to write. Pending: nothing was written. */
static edo_polled pump_put_out(edoi_pump *p, edo_cx *cx, int *result) {
    if (!edoi_pump_take(p, cx)) return EDO_PENDING;
    bool is_own = p->begin < p->end;
    struct iovec from = { .iov_base =
                              is_own ? p->buf + p->begin : p->reader->buf + p->reader->begin,
                          .iov_len = edoi_pump_unwritten(p) };
    if (p->to->ops->poll_write(p->to, cx, &p->out, &from, 1, result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (*result == 0) *result = -EIO; // no progress, but no error
    if (*result < 0) return EDO_READY;
    if (is_own) {
        p->begin += (uint32_t)*result;
    } else {
        edoi_buf_take(p->reader, (uint32_t)*result);
    }
    p->copied += (uint32_t)*result;
    p->unflushed = true;
    if (p->begin == p->end) p->begin = p->end = 0;
    return EDO_READY;
}

/* The input pauses, or has ended, and all is written. */
static edo_polled pump_flush(edoi_pump *p, edo_cx *cx, int *result) {
    *result = 0;
    pump_release_buf(p);
    if (!p->unflushed) return EDO_READY;
    edo_polled polled = edoi_stream_poll_flush(p->to, cx, &p->out, result);
    if (polled == EDO_READY) p->unflushed = false;
    return polled;
}

/* Reads and writes until both have to wait, or the end of the input was written. */
static edo_polled pump_move(edoi_pump *p, edo_cx *cx, int *result) {
    for (;;) {
        bool moved = false;
        if (p->stage == EDOI_PUMP_COPIES && p->roomy && edoi_pump_unwritten(p) == 0) {
            edoi_splice_begin(p, cx);
            if (p->stage == EDOI_PUMP_SPLICES) pump_release_buf(p); // inv. 2
        }
        if (p->stage == EDOI_PUMP_SPLICES) {
            EDO_INV("pump inv. 2", !p->buf);
            if (edoi_splice_poll(p, cx, result) == EDO_PENDING) return EDO_PENDING;
            if (*result < 0) return EDO_READY;
            if (p->failure < 0) p->stage = EDOI_PUMP_EMPTIES;
        }
        if (p->stage == EDOI_PUMP_COPIES && pump_take_in(p, cx, result) == EDO_READY) {
            if (*result < 0) return EDO_READY;
            moved = true;
        }
        if (edoi_pump_unwritten(p) > 0 && pump_put_out(p, cx, result) == EDO_READY) {
            if (*result < 0) return EDO_READY;
            moved = true;
        }
        if (edoi_pump_unwritten(p) == 0 && p->stage != EDOI_PUMP_COPIES) return EDO_READY;
        if (moved) continue;
        if (edoi_pump_unwritten(p) > 0) return EDO_PENDING;
        return pump_flush(p, cx, result) == EDO_READY && *result < 0 ? EDO_READY : EDO_PENDING;
    }
}

edo_polled edoi_pump_poll(edoi_pump *p, edo_cx *cx, bool shuts, int *result) {
    *result = 0;
    p->spent = false;
    if (p->stage <= EDOI_PUMP_EMPTIES) {
        if (pump_move(p, cx, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY;
        if (pump_flush(p, cx, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == 0) *result = p->failure;
        if (*result < 0) return EDO_READY;
        p->stage = shuts ? EDOI_PUMP_SHUTS : EDOI_PUMP_DONE;
    }
    if (p->stage == EDOI_PUMP_SHUTS) {
        if (p->to->ops->poll_shutdown(p->to, cx, &p->out, result) == EDO_PENDING)
            return EDO_PENDING;
        p->stage = EDOI_PUMP_DONE;
    }
    return EDO_READY;
}
