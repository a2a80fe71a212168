/* SPDX-License-Identifier: MIT */
/* Question: what does a hit in a cache of 1,000 entries pay, keys of 16 bytes at random, on each of
 * the workers at once: the value got, and given back?
 * Guards: a hit takes one lock, of one of 16 parts, and asks for no memory. Goals: 60 ns on one
 * thread, 120 on two. */
#include "cases/bench.h"

#include <edo/cache.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdio.h>

#define KEYS      1000
#define KEY_BYTES 16

typedef struct hits {
    edo_cache *cache;
    char keys[KEYS][KEY_BYTES + 1];
    uint64_t n; /* of each task */
} hits;

static int loads(void **value, edo_str key, void *arg) {
    (void)key, (void)arg;
    *value = edo_rc_new(64, NULL);
    return *value ? 0 : -ENOMEM;
}

static int reader(void *arg) {
    const hits *h = arg;
    uint64_t random = BENCH_SEED ^ (uintptr_t)edo_task_current_id();
    for (uint64_t i = 0; i < h->n; i++) {
        void *value;
        edo_str key = { h->keys[bench_random(&random, 0, KEYS - 1)], KEY_BYTES };
        bench_must(edo_cache_get_or_load(h->cache, &value, key, loads, NULL));
        edo_rc_unref(value);
    }
    return 0;
}

static void fill(hits *h) {
    bench_must(edo_cache_new(&h->cache, NULL));
    for (int i = 0; i < KEYS; i++) {
        void *value;
        (void)snprintf(h->keys[i], sizeof h->keys[i], "user/%011d", i);
        edo_str key = { h->keys[i], KEY_BYTES };
        bench_must(edo_cache_get_or_load(h->cache, &value, key, loads, NULL));
        edo_rc_unref(value);
    }
}

int cache_hit_fiber(void *arg) {
    static hits h;
    bench *b = arg;
    edo_scope scope;
    fill(&h);
    h.n = b->n;
    edo_scope_begin(&scope, NULL);
    bench_start(b);
    for (unsigned i = 0; i < bench_threads; i++)
        bench_must(edo_scope_spawn_with(&scope, reader, &h, &(edo_spawn_opts){ .spread = true }));
    bench_must(edo_scope_end(&scope, 0));
    bench_stop(b, h.n);
    edo_cache_unref(h.cache);
    return 0;
}

/* A cache is for fibers: the state machine waits for one. */
EDO_ASYNC(cache_user, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(cache_hit_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(cache_hit, cache_user, .join = { .keep = false })
