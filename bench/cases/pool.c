/* SPDX-License-Identifier: MIT */
/* Question: what does the use of a connection pay for the pool that lends it: a get and a put of
 * one task alone, and of 64 tasks that share 8 objects, each held over one yield?
 * Guards: a get takes the pool's lock once, a put once. */
#include "cases/bench.h"

#include <edo/pool.h>
#include <edo/scope.h>

#define OBJECTS 8
#define CALLERS 64

static int makes(void *arg, void **object) {
    *object = arg;
    return 0;
}

static void ends(void *arg, void *object) {
    (void)arg, (void)object;
}

static edo_pool *pool_of_8(bench *b) {
    static const edo_pool_ops ops = { .make = makes, .end = ends };
    edo_pool *pool;
    bench_must(edo_pool_new(&pool, &ops, b, &(edo_pool_opts){ .max = OBJECTS }));
    return pool;
}

int pool_get_fiber(void *arg) {
    bench *b = arg;
    edo_pool *pool = pool_of_8(b);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        edo_pool_lease lease;
        bench_must(edo_pool_get(pool, &lease));
        edo_pool_put(&lease);
    }
    bench_stop(b, b->n);
    edo_pool_unref(pool);
    return 0;
}

typedef struct crowd {
    edo_pool *pool;
    uint64_t n;
} crowd;

static int crowd_caller(void *arg) {
    const crowd *c = arg;
    for (uint64_t i = 0; i < c->n; i++) {
        edo_pool_lease lease;
        bench_must(edo_pool_get(c->pool, &lease));
        bench_must(edo_yield());
        edo_pool_put(&lease);
    }
    return 0;
}

int pool_crowd_fiber(void *arg) {
    bench *b = arg;
    crowd c = { .pool = pool_of_8(b), .n = b->n / CALLERS };
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    bench_start(b);
    for (int i = 0; i < CALLERS; i++) bench_must(edo_scope_spawn(&scope, crowd_caller, &c));
    bench_must(edo_scope_end(&scope, 0));
    bench_stop(b, c.n * CALLERS);
    edo_pool_unref(c.pool);
    return 0;
}

/* A pool is for fibers: the state machines wait for one. */
EDO_ASYNC(pool_user, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(pool_get_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(pool_get, pool_user, .join = { .keep = false })

EDO_ASYNC(pool_users, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(pool_crowd_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(pool_crowd, pool_users, .join = { .keep = false })
