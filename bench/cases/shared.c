/* SPDX-License-Identifier: MIT */
/* Question: what does a reader of a snapshot pay, on each of the workers at once, beside a mutex of
 * threads around the same reference; a lock by key that nobody else wants; and a meeting of ten
 * tasks at a barrier?
 * Guards: a get is four atomic operations and no lock; a key's entry comes from a cache; a barrier
 * wakes all of its waiters in one walk. */
#include "cases/bench.h"

#include <edo/barrier.h>
#include <edo/mutex.h>
#include <edo/scope.h>
#include <edo/snapshot.h>

#include <pthread.h>
#include <stdio.h>

#define KEYS      1000
#define KEY_BYTES 16
#define MEMBERS   10

/* The fiber form of a case, as a state machine that waits for it. */
EDO_ASYNC(fiber_user, bench *b; edo_task_fn * fn; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(self->fn, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}

/* Runs `fn` on each worker at once. */
static void on_each_worker(edo_task_fn *fn, void *arg) {
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (unsigned i = 0; i < bench_threads; i++)
        bench_must(edo_scope_spawn_with(&scope, fn, arg, &(edo_spawn_opts){ .spread = true }));
    bench_must(edo_scope_end(&scope, 0));
}

/* ---- snapshot_get ---------------------------------------------------------------------------- */

typedef struct settings {
    edo_snapshot snapshot;
    pthread_mutex_t mutex;
    uint64_t *value; /* lock: mutex */
    uint64_t n;      /* of each task */
} settings;

static int snapshot_reader(void *arg) {
    settings *s = arg;
    for (uint64_t i = 0; i < s->n; i++) {
        uint64_t *value = edo_snapshot_get(&s->snapshot);
        bench_must(*value == 7 ? 0 : -1);
        edo_rc_unref(value);
    }
    return 0;
}

static int mutex_reader(void *arg) {
    settings *s = arg;
    for (uint64_t i = 0; i < s->n; i++) {
        (void)pthread_mutex_lock(&s->mutex);
        uint64_t *value = edo_rc_ref(s->value);
        (void)pthread_mutex_unlock(&s->mutex);
        bench_must(*value == 7 ? 0 : -1);
        edo_rc_unref(value);
    }
    return 0;
}

int snapshot_get_fiber(void *arg) {
    static settings s = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    bench *b = arg;
    s.n = b->n;
    s.value = edo_rc_new(sizeof *s.value, NULL);
    bench_must(s.value ? 0 : -1);
    *s.value = 7;
    edo_snapshot_set(&s.snapshot, edo_rc_ref(s.value));
    int64_t began_ns = bench_wall_ns();
    on_each_worker(mutex_reader, &s);
    double mutex_ns = (double)(bench_wall_ns() - began_ns) / (double)s.n;
    bench_start(b);
    on_each_worker(snapshot_reader, &s);
    bench_stop(b, s.n);
    bench_add_extra(b, "mutex_ns", mutex_ns);
    edo_snapshot_set(&s.snapshot, NULL);
    edo_rc_unref(s.value);
    return 0;
}
BENCH_STATE(snapshot_get, fiber_user, .fn = snapshot_get_fiber)

/* ---- keyed_mutex ----------------------------------------------------------------------------- */

int keyed_mutex_fiber(void *arg) {
    static char keys[KEYS][KEY_BYTES + 1];
    bench *b = arg;
    uint64_t random = BENCH_SEED;
    edo_keyed_mutex *k;
    bench_must(edo_keyed_mutex_new(&k));
    for (int i = 0; i < KEYS; i++) (void)snprintf(keys[i], sizeof keys[i], "user/%011d", i);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        edo_keyed_lock *lock;
        edo_str key = { keys[bench_random(&random, 0, KEYS - 1)], KEY_BYTES };
        bench_must(edo_keyed_mutex_lock(k, &lock, key));
        edo_keyed_mutex_unlock(k, lock);
    }
    bench_stop(b, b->n);
    edo_keyed_mutex_free(k);
    return 0;
}
BENCH_STATE(keyed_mutex, fiber_user, .fn = keyed_mutex_fiber)

/* ---- barrier_10 ------------------------------------------------------------------------------ */

typedef struct team {
    edo_barrier barrier;
    uint64_t rounds;
} team;

EDO_ASYNC(member, team *t; uint64_t i; edo_barrier_wait_future wait;) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->t->rounds; self->i++)
        EDO_TRY_AWAIT(edo_barrier_wait_init(&self->wait, &self->t->barrier));
    EDO_END;
}

EDO_ASYNC(meeting, bench *b; team t; edo_task * tasks[MEMBERS]; int i; edo_task_join_future join;) {
    EDO_BEGIN;
    self->t = (team){ EDO_BARRIER_INIT(MEMBERS), bench_each(self->b->n, MEMBERS) };
    bench_start(self->b);
    for (self->i = 0; self->i < MEMBERS; self->i++) {
        member one;
        one.t = &self->t;
        self->tasks[self->i] = bench_spawned(edo_spawn_future(member_init(&one)));
    }
    for (self->i = 0; self->i < MEMBERS; self->i++)
        EDO_TRY_AWAIT(edo_task_join_init(&self->join, self->tasks[self->i]));
    bench_stop(self->b, self->t.rounds * MEMBERS);
    EDO_END;
}
BENCH_STATE(barrier_10, meeting, .i = 0)

static int member_fiber(void *arg) {
    team *t = arg;
    for (uint64_t i = 0; i < t->rounds; i++) {
        int leads = edo_barrier_wait(&t->barrier);
        bench_must(leads < 0 ? leads : 0);
    }
    return 0;
}

int barrier_10_fiber(void *arg) {
    bench *b = arg;
    team t = { EDO_BARRIER_INIT(MEMBERS), bench_each(b->n, MEMBERS) };
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    bench_start(b);
    for (int i = 0; i < MEMBERS; i++) bench_must(edo_scope_spawn(&scope, member_fiber, &t));
    bench_must(edo_scope_end(&scope, 0));
    bench_stop(b, t.rounds * MEMBERS);
    return 0;
}
