/* SPDX-License-Identifier: MIT */
/* runtime/spawn/span.c: spans that are open for a block or a future: values that are bound. */
#include "runtime/spawn/span.h"

#include "log/span/span.h"
#include "log/start.h"

#include "runtime/scope/values.h"

#include <errno.h>

edo_span *edo_span_current(void) {
    return (edo_span *)(uintptr_t)edo_context_get(&edoi_span_key);
}

/* ---- For a block ----------------------------------------------------------------------------- */

/* Takes `s`, which is not NULL. */
static void span_bind(edo_context_block *b, edo_span *s, const void *caller) {
    edoi_span_here_by(edo_span_current);
    edoi_values_begin(b, &edoi_span_key, s, caller);
}

void edoi_span_silence(edo_context_block *b, edo_span *silent) {
    span_bind(b, edo_span_ref(silent), EDOI_CALLER());
}

void edo_span_begin(edo_span_block *b, edo_span *s) {
    b->span = s;
    b->bound.key = NULL;
    if (s) span_bind(&b->bound, s, EDOI_CALLER());
}

/* Without a result: how it ended is not known. */
static int span_leave(edo_span_block *b, int result) {
    edo_span *s = b->span;
    if (!s) return result;
    b->span = NULL;
    edoi_span_close(s, result);
    return edo_context_end(&b->bound, result);
}

int edo_span_end(edo_span_block *b, int result) {
    return span_leave(b, result);
}

void edoi_span_leave(edo_span_block *b) {
    (void)span_leave(b, 0);
}

/* ---- One that goes on ------------------------------------------------------------------------ */

void edoi_span_enter(edo_context_block *b, edo_span *s) {
    b->key = NULL;
    if (s) span_bind(b, edo_span_ref(s), EDOI_CALLER());
}

void edoi_span_end_taken(edo_span *s, int result) {
    if (!s) return;
    edoi_span_close(s, result);
    edo_span_unref(s);
}

edo_span *edoi_span_or_here(edo_span *of) {
    edo_span *here = edo_span_current();
    const edo_span *around = of;
    while (around && around != here) around = around->parent;
    return of && around == here ? of : here;
}

/* ---- For dumps ------------------------------------------------------------------------------- */

static void span_tell(edoi_text *out, const edo_span *s, uint32_t depth) {
    if (!s->name || depth == EDOI_SPAN_DEPTH_MAX) return;
    if (s->parent) span_tell(out, s->parent, depth + 1);
    edoi_text_add(out, "%s%s", s->parent && s->parent->name ? ":" : "", s->name);
}

void edoi_span_tell(edoi_text *out, const edo_context_block *chain) {
    const edo_span *s = edoi_values_span(chain);
    if (!s) return;
    edoi_text_add(out, ", in ");
    span_tell(out, s, 0);
}

/* ---- For a future ---------------------------------------------------------------------------- */

/* The span's end, once. */
static void instrument_end(edo_instrument_future *f, int result) {
    edo_span *s = f->span;
    f->span = NULL;
    edoi_span_end_taken(s, result);
}

static edo_polled instrument_poll(edo_future *base, edo_cx *cx) {
    edo_instrument_future *f = (edo_instrument_future *)(void *)base;
    edo_span_block open;
    open.span = NULL;
    if (f->span) span_bind(&open.bound, edo_span_ref(f->span), EDOI_CALLER());
    edo_polled polled = edo_poll(f->inner, cx);
    if (f->span) (void)edo_context_end(&open.bound, 0);
    if (polled == EDO_PENDING) return EDO_PENDING;
    instrument_end(f, f->inner->result);
    return edo_future_finish(base, f->inner->result);
}

static void instrument_drop(edo_future *base) {
    edo_instrument_future *f = (edo_instrument_future *)(void *)base;
    if (!edo_future_is_over(base)) {
        edo_drop(f->inner);
        instrument_end(f, -ECANCELED);
    }
    edo_future_retire(base);
}

static void instrument_hold(edo_future *f) {
    edo_future_hold(((edo_instrument_future *)(void *)f)->inner);
}

static const edo_future_ops instrument_ops = { .poll = instrument_poll,
                                               .drop = instrument_drop,
                                               .name = "edo_instrument",
                                               .size = sizeof(edo_instrument_future),
                                               .hold = instrument_hold };

edo_future *edo_instrument_init(edo_instrument_future *f, edo_future *inner, edo_span *s) {
    f->inner = inner;
    f->span = s;
    return edo_future_init(&f->base, &instrument_ops);
}
