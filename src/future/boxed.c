/* SPDX-License-Identifier: MIT */
/* future/boxed.c: a future on the heap, moved there before its first poll. */
#include "records/handles.h"

#include <edo/future.h>

#include <stddef.h>
#include <string.h>

typedef struct boxed {
    edo_future base;
    max_align_t inner[]; /* the moved future */
} boxed;

static edo_future *inner_of(edo_future *f) {
    return (edo_future *)(void *)((boxed *)(void *)f)->inner;
}

static edo_polled boxed_poll(edo_future *f, edo_cx *cx) {
    edo_future *inner = inner_of(f);
    if (edo_poll(inner, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, inner->result);
}

static void boxed_drop(edo_future *f) {
    edoi_handle_given_up(EDOI_BOXED, f, NULL); // edo_drop() recorded where
    size_t bytes = sizeof(boxed) + inner_of(f)->ops->size;
    edo_drop(inner_of(f));
#if EDOI_REMEMBERS
    edo_future_retire(f); // kept retired, so that a late poll is reported too
#endif
    edoi_handle_free(EDOI_BOXED, f, f, bytes);
}

bool edoi_drop_is_misuse(const edo_future *f, const void *caller) {
    if (edoi_future_is_unmade(f)) return true;
    if (f->ops->flags & EDO_FUTURE_BOXED) edoi_handle_note_caller(EDOI_BOXED, f, caller);
    return false;
}

static void boxed_hold(edo_future *f) {
    edo_future_hold(inner_of(f));
}

static void boxed_describe(const edo_future *f, edo_description *to) {
    edo_describe_text(to, " of ");
    edo_describe_future(to, inner_of((edo_future *)(uintptr_t)f));
}

static const edo_future_ops boxed_ops = { .poll = boxed_poll,
                                          .drop = boxed_drop,
                                          .name = "edo_boxed",
                                          .flags = EDO_FUTURE_BOXED,
                                          .describe = boxed_describe,
                                          .hold = boxed_hold };

edo_future *edo_boxed_new(edo_future *f) {
    if (edoi_future_is_unmade(f)) return NULL;
    if (f->ops->flags & EDO_FUTURE_BOXED) return f; // it is where it belongs
    if (EDO_MISUSE(f->state != 0, "only a future that has not been polled can be boxed"))
        return NULL;
    boxed *self = edoi_alloc(sizeof *self + f->ops->size);
    if (!self) return NULL;
    memcpy(self->inner, f, f->ops->size);
    return edo_future_init(edoi_handle_made_here(EDOI_BOXED, &self->base, EDOI_CALLER()),
                           &boxed_ops);
}
