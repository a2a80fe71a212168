/* SPDX-License-Identifier: MIT */
/* seq/sources.c: sequences that await nothing by themselves: an array, copies of an item,
 * functions, a failure. */
#include "base/memory/cache.h"
#include "seq/seq.h"

/* ---- Array ----------------------------------------------------------------------------------- */

typedef struct array {
    edo_seq base;
    const unsigned char *at; /* the next item */
    size_t left;
} array;

static edo_polled array_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    array *self = (array *)(void *)s;
    (void)cx;
    *result = self->left > 0;
    if (self->left == 0) return EDO_READY;
    edoi_seq_copy(item, self->at, s->item_size);
    self->at += s->item_size;
    self->left--;
    return EDO_READY;
}

static void array_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(array));
}

static edo_seq_size array_size(const edo_seq *s) {
    uint64_t left = ((const array *)(const void *)s)->left;
    return (edo_seq_size){ left, left };
}

edo_seq *edo_seq_array(const void *items, size_t n, size_t item_size) {
    static const edo_seq_ops ops = {
        .poll_next = array_poll, .drop = array_drop, .name = "edo_seq_array", .size = array_size
    };
    array *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = (array){ .at = items, .left = n };
    return edo_seq_init(&self->base, &ops, item_size);
}

/* ---- Copies of one item ---------------------------------------------------------------------- */

typedef struct copies {
    edo_seq base;
    uint64_t left; /* UINT64_MAX: without end */
    size_t bytes;  /* of all of this. const */
    EDOI_ALIGNED(16) unsigned char item[];
} copies;

static edo_polled copies_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    copies *self = (copies *)(void *)s;
    (void)cx;
    *result = self->left > 0;
    if (self->left == 0) return EDO_READY;
    edoi_seq_copy(item, self->item, s->item_size);
    if (self->left != UINT64_MAX) self->left--;
    return EDO_READY;
}

static void copies_drop(edo_seq *s) {
    edoi_cache_put(s, ((copies *)(void *)s)->bytes);
}

static edo_seq_size copies_size(const edo_seq *s) {
    uint64_t left = ((const copies *)(const void *)s)->left;
    return (edo_seq_size){ left, left };
}

static edo_seq *copies_new(const void *item, size_t item_size, uint64_t n) {
    static const edo_seq_ops ops = {
        .poll_next = copies_poll, .drop = copies_drop, .name = "edo_seq_repeat", .size = copies_size
    };
    size_t bytes = sizeof(copies) + (n > 0 ? item_size : 0);
    copies *self = bytes >= sizeof(copies) ? edoi_cache_get(bytes) : NULL;
    if (!self) return NULL;
    self->left = n;
    self->bytes = bytes;
    if (n > 0) edoi_seq_copy(self->item, item, item_size);
    return edo_seq_init(&self->base, &ops, item_size);
}

edo_seq *edo_seq_empty(size_t item_size) {
    return copies_new(NULL, item_size, 0);
}

edo_seq *edo_seq_once(const void *item, size_t item_size) {
    return copies_new(item, item_size, 1);
}

edo_seq *edo_seq_repeat(const void *item, size_t item_size) {
    return copies_new(item, item_size, UINT64_MAX);
}

/* ---- Function -------------------------------------------------------------------------------- */

typedef struct from_fn {
    edo_seq base;
    edo_seq_poll_fn *fn;
    void *arg;
} from_fn;

static edo_polled fn_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_fn *self = (from_fn *)(void *)s;
    return self->fn(self->arg, cx, item, result);
}

static void fn_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(from_fn));
}

edo_seq *edo_seq_from_fn(size_t item_size, edo_seq_poll_fn *fn, void *arg) {
    static const edo_seq_ops ops = { .poll_next = fn_poll,
                                     .drop = fn_drop,
                                     .name = "edo_seq_from_fn" };
    from_fn *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = (from_fn){ .fn = fn, .arg = arg };
    return edo_seq_init(&self->base, &ops, item_size);
}

/* ---- State ----------------------------------------------------------------------------------- */

typedef struct unfold {
    edo_seq base;
    edo_seq_step_fn *fn;
    void *state;
} unfold;

static edo_polled unfold_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    unfold *self = (unfold *)(void *)s;
    (void)cx;
    *result = self->fn(self->state, item);
    return EDO_READY;
}

static void unfold_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(unfold));
}

edo_seq *edo_seq_unfold(size_t item_size, edo_seq_step_fn *fn, void *state) {
    static const edo_seq_ops ops = { .poll_next = unfold_poll,
                                     .drop = unfold_drop,
                                     .name = "edo_seq_unfold" };
    unfold *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = (unfold){ .fn = fn, .state = state };
    return edo_seq_init(&self->base, &ops, item_size);
}

/* ---- Failure --------------------------------------------------------------------------------- */

typedef struct failed {
    edo_seq base;
    int err; /* 0: it was told */
} failed;

static edo_polled failed_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    failed *self = (failed *)(void *)s;
    (void)cx;
    (void)item;
    *result = self->err;
    self->err = 0;
    return EDO_READY;
}

static void failed_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(failed));
}

edo_seq *edoi_seq_failed(int err, size_t item_size) {
    static const edo_seq_ops ops = { .poll_next = failed_poll,
                                     .drop = failed_drop,
                                     .name = "edo_seq that could not be made" };
    failed *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = (failed){ .err = err };
    return edo_seq_init(&self->base, &ops, item_size);
}
