/* SPDX-License-Identifier: MIT */
/* Question: what does a decision of a rate limiter cost: alone, with reading the clock, and for one
 * of ten thousand keys?
 * Guards: one compare-and-swap for a decision; a key costs its hash, a lock of a shard, and no
 * memory once it is known. */
#include "cases/bench.h"

#include <edo/limiter.h>

#include <stdio.h>

#define KEYS      10000u
#define KEY_BYTES 16

static const edo_limiter_opts ample = { .num = 1000000000, .burst = 1000000000 };

static void check(bench *b) {
    edo_limiter l;
    bench_must(edo_limiter_init(&l, &ample));
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) bench_must(edo_limiter_check(&l, NULL, 1));
    bench_stop(b, b->n);
}

static void check_at(bench *b) {
    edo_limiter l;
    edo_instant now = edo_now();
    bench_must(edo_limiter_init(&l, &ample));
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        now.ns += 10;
        bench_must(edo_limiter_check_at(&l, NULL, 1, now));
    }
    bench_stop(b, b->n);
}

static void check_key(bench *b) {
    edo_keyed_limiter *k;
    char(*keys)[KEY_BYTES] = bench_array(KEYS, sizeof *keys);
    bench_must(edo_keyed_limiter_new(&k, &(edo_keyed_limiter_opts){ .limit = ample }));
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(keys[i], KEY_BYTES, "10.0.%u.%u", i / 250, i % 250);
    uint64_t seed = BENCH_SEED;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        const char *key = keys[bench_random(&seed, 0, KEYS - 1)];
        bench_must(edo_keyed_limiter_check(k, NULL, (edo_str){ key, KEY_BYTES }, 1));
    }
    bench_stop(b, b->n);
    edo_keyed_limiter_free(k);
    free(keys);
}

EDO_ASYNC(limiter_user, bench *b; void (*body)(bench *b);) {
    EDO_BEGIN;
    self->body(self->b);
    EDO_END;
}
BENCH_STATE(limiter_check, limiter_user, .body = check)
BENCH_STATE(limiter_check_at, limiter_user, .body = check_at)
BENCH_STATE(limiter_check_key, limiter_user, .body = check_key)

int limiter_check_fiber(void *arg) {
    check(arg);
    return 0;
}

int limiter_check_at_fiber(void *arg) {
    check_at(arg);
    return 0;
}

int limiter_check_key_fiber(void *arg) {
    check_key(arg);
    return 0;
}
