/* SPDX-License-Identifier: MIT */
/* seq/adapters.c: sequences made of one other: map, filter, filter_map, take, skip, take_while,
 * skip_while, enumerate, inspect. */
#include "base/memory/cache.h"
#include "seq/seq.h"

typedef struct adapter {
    edo_seq base;
    edo_seq *source; /* owned */
    edo_seq_map_fn *map;
    edo_seq_test_fn *test;
    edo_seq_inspect_fn *look;
    void *arg; /* of the function */
    /* Of a take or skip; of an enumerate: the next number; of a skip_while: 1 until its first
     * item. */
    uint64_t left;
    size_t bytes;                        /* of all of this. const */
    EDOI_ALIGNED(16) unsigned char in[]; /* an item of the source that is not yet the reader's */
} adapter;

static adapter *adapter_of(edo_seq *s) {
    return (adapter *)(void *)s;
}

static const adapter *adapter_const(const edo_seq *s) {
    return (const adapter *)(const void *)s;
}

/* NULL without memory or source: the source has been freed. */
static adapter *adapter_new(edo_seq *source, const edo_seq_ops *ops, size_t item_size,
                            size_t in_bytes) {
    if (!source) return NULL;
    size_t bytes = sizeof(adapter) + in_bytes;
    adapter *self = bytes > in_bytes ? edoi_cache_get(bytes) : NULL;
    if (!self) {
        edo_seq_free(source);
        return NULL;
    }
    *self = (adapter){ .source = source, .bytes = bytes };
    (void)edo_seq_init(&self->base, ops, item_size);
    return self;
}

static void adapter_leave(edo_seq *s) {
    edo_seq_leave(adapter_of(s)->source);
}

static edo_polled adapter_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(adapter_of(s)->source, cx);
}

static void adapter_drop(edo_seq *s) {
    edo_seq_free(adapter_of(s)->source);
    edoi_cache_put(s, adapter_of(s)->bytes);
}

static edo_seq_size size_of_source(const edo_seq *s) {
    return edo_seq_size_hint(adapter_const(s)->source);
}

/* ---- Map ------------------------------------------------------------------------------------- */

static edo_polled map_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING) return EDO_PENDING;
    if (*result == 1) {
        int err = self->map(self->arg, self->in, item);
        if (err < 0) *result = err;
    }
    return EDO_READY;
}

edo_seq *edo_seq_map(edo_seq *s, edo_seq_map_fn *fn, void *arg, size_t out_size) {
    static const edo_seq_ops ops = { .poll_next = map_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_map",
                                     .size = size_of_source };
    adapter *self = adapter_new(s, &ops, out_size, s ? s->item_size : 0);
    if (!self) return NULL;
    self->map = fn;
    self->arg = arg;
    return &self->base;
}

/* ---- Filter ---------------------------------------------------------------------------------- */

/* Ends also without a match: each item of the source takes from the budget. */
static edo_polled filter_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    for (;;) {
        if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING)
            return EDO_PENDING;
        if (*result != 1) return EDO_READY;
        *result = self->test(self->arg, self->in);
        if (*result < 0) return EDO_READY;
        if (*result == 0) continue;
        edoi_seq_copy(item, self->in, s->item_size);
        *result = 1;
        return EDO_READY;
    }
}

static edo_seq_size filter_size(const edo_seq *s) {
    return (edo_seq_size){ 0, size_of_source(s).most };
}

edo_seq *edo_seq_filter(edo_seq *s, edo_seq_test_fn *fn, void *arg) {
    static const edo_seq_ops ops = { .poll_next = filter_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_filter",
                                     .size = filter_size };
    size_t bytes = s ? s->item_size : 0;
    adapter *self = adapter_new(s, &ops, bytes, bytes);
    if (!self) return NULL;
    self->test = fn;
    self->arg = arg;
    return &self->base;
}

/* ---- Filter and map -------------------------------------------------------------------------- */

static edo_polled filter_map_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    do {
        if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING)
            return EDO_PENDING;
        if (*result != 1) return EDO_READY;
        *result = self->map(self->arg, self->in, item);
    } while (*result == 0);
    if (*result > 0) *result = 1;
    return EDO_READY;
}

edo_seq *edo_seq_filter_map(edo_seq *s, edo_seq_filter_map_fn *fn, void *arg, size_t out_size) {
    static const edo_seq_ops ops = { .poll_next = filter_map_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_filter_map",
                                     .size = filter_size };
    adapter *self = adapter_new(s, &ops, out_size, s ? s->item_size : 0);
    if (!self) return NULL;
    self->map = fn;
    self->arg = arg;
    return &self->base;
}

/* ---- Take ------------------------------------------------------------------------------------ */

static edo_polled take_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    *result = 0;
    if (self->left == 0) return EDO_READY;
    if (edo_seq_poll_next(self->source, cx, item, result) == EDO_PENDING) return EDO_PENDING;
    if (*result == 1) self->left--;
    return EDO_READY;
}

static uint64_t at_most(uint64_t n, uint64_t most) {
    return n < most ? n : most;
}

static edo_seq_size adapters_take_size(const edo_seq *s) {
    edo_seq_size size = size_of_source(s);
    uint64_t left = adapter_const(s)->left;
    return (edo_seq_size){ at_most(size.least, left), at_most(size.most, left) };
}

edo_seq *edo_seq_take(edo_seq *s, uint64_t n) {
    static const edo_seq_ops ops = { .poll_next = take_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_take",
                                     .size = adapters_take_size };
    adapter *self = adapter_new(s, &ops, s ? s->item_size : 0, 0);
    if (!self) return NULL;
    self->left = n;
    return &self->base;
}

/* ---- Skip ------------------------------------------------------------------------------------ */

static edo_polled skip_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    while (self->left > 0) {
        if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING)
            return EDO_PENDING;
        if (*result != 1) return EDO_READY;
        self->left--;
    }
    return edo_seq_poll_next(self->source, cx, item, result);
}

static uint64_t without(uint64_t n, uint64_t less) {
    return n == UINT64_MAX ? n : n - at_most(less, n);
}

static edo_seq_size skip_size(const edo_seq *s) {
    edo_seq_size size = size_of_source(s);
    uint64_t left = adapter_const(s)->left;
    return (edo_seq_size){ without(size.least, left), without(size.most, left) };
}

edo_seq *edo_seq_skip(edo_seq *s, uint64_t n) {
    static const edo_seq_ops ops = { .poll_next = skip_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_skip",
                                     .size = skip_size };
    size_t bytes = s ? s->item_size : 0;
    adapter *self = adapter_new(s, &ops, bytes, bytes);
    if (!self) return NULL;
    self->left = n;
    return &self->base;
}

/* ---- Take while ------------------------------------------------------------------------------ */

static edo_polled take_while_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING) return EDO_PENDING;
    if (*result != 1) return EDO_READY;
    *result = self->test(self->arg, self->in);
    if (*result <= 0) return EDO_READY;
    edoi_seq_copy(item, self->in, s->item_size);
    *result = 1;
    return EDO_READY;
}

edo_seq *edo_seq_take_while(edo_seq *s, edo_seq_test_fn *fn, void *arg) {
    static const edo_seq_ops ops = { .poll_next = take_while_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_take_while",
                                     .size = filter_size };
    size_t bytes = s ? s->item_size : 0;
    adapter *self = adapter_new(s, &ops, bytes, bytes);
    if (!self) return NULL;
    self->test = fn;
    self->arg = arg;
    return &self->base;
}

/* ---- Skip while ------------------------------------------------------------------------------ */

static edo_polled skip_while_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    if (self->left == 0) return edo_seq_poll_next(self->source, cx, item, result);
    do {
        if (edo_seq_poll_next(self->source, cx, self->in, result) == EDO_PENDING)
            return EDO_PENDING;
        if (*result != 1) return EDO_READY;
        *result = self->test(self->arg, self->in);
        if (*result < 0) return EDO_READY;
    } while (*result > 0);
    self->left = 0;
    edoi_seq_copy(item, self->in, s->item_size);
    *result = 1;
    return EDO_READY;
}

static edo_seq_size skip_while_size(const edo_seq *s) {
    return adapter_const(s)->left == 0 ? size_of_source(s) : filter_size(s);
}

edo_seq *edo_seq_skip_while(edo_seq *s, edo_seq_test_fn *fn, void *arg) {
    static const edo_seq_ops ops = { .poll_next = skip_while_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_skip_while",
                                     .size = skip_while_size };
    size_t bytes = s ? s->item_size : 0;
    adapter *self = adapter_new(s, &ops, bytes, bytes);
    if (!self) return NULL;
    self->test = fn;
    self->arg = arg;
    self->left = 1;
    return &self->base;
}

/* ---- Enumerate ------------------------------------------------------------------------------- */

static edo_polled enumerate_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    unsigned char *place = (unsigned char *)item + sizeof self->left;
    if (edo_seq_poll_next(self->source, cx, place, result) == EDO_PENDING) return EDO_PENDING;
    if (*result == 1) edoi_seq_copy(item, &self->left, sizeof self->left);
    self->left += *result == 1;
    return EDO_READY;
}

edo_seq *edo_seq_enumerate(edo_seq *s) {
    static const edo_seq_ops ops = { .poll_next = enumerate_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_enumerate",
                                     .size = size_of_source };
    adapter *self = adapter_new(s, &ops, sizeof(uint64_t) + (s ? s->item_size : 0), 0);
    return self ? &self->base : NULL;
}

/* ---- Inspect --------------------------------------------------------------------------------- */

static edo_polled inspect_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    adapter *self = adapter_of(s);
    if (edo_seq_poll_next(self->source, cx, item, result) == EDO_PENDING) return EDO_PENDING;
    self->look(self->arg, *result, *result == 1 ? item : NULL);
    return EDO_READY;
}

edo_seq *edo_seq_inspect(edo_seq *s, edo_seq_inspect_fn *fn, void *arg) {
    static const edo_seq_ops ops = { .poll_next = inspect_poll,
                                     .leave = adapter_leave,
                                     .drop = adapter_drop,
                                     .stop = adapter_stop,
                                     .name = "edo_seq_inspect",
                                     .size = size_of_source };
    adapter *self = adapter_new(s, &ops, s ? s->item_size : 0, 0);
    if (!self) return NULL;
    self->look = fn;
    self->arg = arg;
    return &self->base;
}
