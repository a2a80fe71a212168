/* SPDX-License-Identifier: MIT */
/* Question: what does an object of a pool cost, got and put again at once, and what the same from
 * malloc() and free()?
 * Guards: the fast paths of edo_slab: no lock, no read-modify-write, no allocation. */
#include "cases/bench.h"

#include <edo/slab.h>

#define OBJECT_BYTES 64

/* The compiler would take away a malloc() and free() that nobody uses. */
static void touch(void *object) {
    if (!object) abort();
    *(volatile char *)object = 1;
}

static void get_and_put(bench *b, size_t bytes) {
    edo_slab *s;
    bench_must(edo_slab_new(&s, bytes, NULL));
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        void *object = edo_slab_get(s);
        touch(object);
        edo_slab_put(s, object);
    }
    bench_stop(b, b->n);
    edo_slab_free(s);
}

static void allocate_and_free(bench *b, size_t bytes) {
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        void *object = malloc(bytes);
        touch(object);
        free(object);
    }
    bench_stop(b, b->n);
}

EDO_ASYNC(slab_user, bench *b; size_t bytes;) {
    EDO_BEGIN;
    get_and_put(self->b, self->bytes);
    EDO_END;
}
BENCH_STATE(slab_get_put, slab_user, .bytes = OBJECT_BYTES)

int slab_get_put_fiber(void *arg) {
    get_and_put(arg, OBJECT_BYTES);
    return 0;
}

EDO_ASYNC(malloc_user, bench *b; size_t bytes;) {
    EDO_BEGIN;
    allocate_and_free(self->b, self->bytes);
    EDO_END;
}
BENCH_STATE(malloc_free, malloc_user, .bytes = OBJECT_BYTES)

int malloc_free_fiber(void *arg) {
    allocate_and_free(arg, OBJECT_BYTES);
    return 0;
}
