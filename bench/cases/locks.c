/* SPDX-License-Identifier: MIT */
/* Question: what does a lock cost that nobody wants, and one that a thousand tasks wait for?
 * Guards: the uncontended locks (two read-modify-writes each) and the direct hand-over, which on
 * several workers may not wake another worker each time. */
#include "cases/bench.h"

#include <edo/mutex.h>
#include <edo/rwlock.h>
#include <edo/sem.h>

#define TASKS   UINT64_C(1000)
#define PERMITS 10

/* ---- mutex_uncontended ----------------------------------------------------------------------- */

EDO_ASYNC(uncontended, bench *b; edo_mutex mutex; uint64_t value; edo_mutex_lock_future lock;) {
    EDO_BEGIN;
    bench_start(self->b);
    while (self->value < self->b->n) {
        EDO_TRY_AWAIT(edo_mutex_lock_init(&self->lock, &self->mutex));
        self->value++;
        edo_mutex_unlock(&self->mutex);
    }
    bench_stop(self->b, self->value);
    EDO_END;
}
BENCH_STATE(mutex_uncontended, uncontended, .mutex = EDO_MUTEX_INIT)

int mutex_uncontended_fiber(void *arg) {
    bench *b = arg;
    edo_mutex mutex = EDO_MUTEX_INIT;
    uint64_t value = 0;
    bench_start(b);
    while (value < b->n) {
        bench_must(edo_mutex_lock(&mutex));
        value++;
        edo_mutex_unlock(&mutex);
    }
    bench_stop(b, value);
    return 0;
}

/* ---- rwlock_uncontended: as a reader --------------------------------------------------------- */

EDO_ASYNC(reader, bench *b; edo_rwlock rwlock; uint64_t times; edo_rwlock_read_future read;) {
    EDO_BEGIN;
    bench_start(self->b);
    while (self->times < self->b->n) {
        EDO_TRY_AWAIT(edo_rwlock_read_init(&self->read, &self->rwlock));
        self->times++;
        edo_rwlock_unlock(&self->rwlock);
    }
    bench_stop(self->b, self->times);
    EDO_END;
}
BENCH_STATE(rwlock_uncontended, reader, .rwlock = EDO_RWLOCK_INIT)

int rwlock_uncontended_fiber(void *arg) {
    bench *b = arg;
    edo_rwlock rwlock = EDO_RWLOCK_INIT;
    uint64_t times = 0;
    bench_start(b);
    while (times < b->n) {
        bench_must(edo_rwlock_read(&rwlock));
        times++;
        edo_rwlock_unlock(&rwlock);
    }
    bench_stop(b, times);
    return 0;
}

/* ---- mutex_1000, sem_1000: hold it over a yield ---------------------------------------------- */

/* What the tasks share. */
typedef struct contest {
    edo_mutex mutex;
    edo_sem sem;
    uint64_t each;
    uint64_t value; /* lock: mutex */
} contest;

static contest *contest_new(const bench *b) {
    contest *c = bench_array(1, sizeof *c);
    *c = (contest){ EDO_MUTEX_INIT, EDO_SEM_INIT(PERMITS), bench_each(b->n, TASKS), 0 };
    return c;
}

EDO_ASYNC(locker, contest *c; uint64_t i;
          EDO_ONE_OF(edo_mutex_lock_future lock; edo_yield_future yield;);) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->c->each; self->i++) {
        EDO_TRY_AWAIT(edo_mutex_lock_init(&self->lock, &self->c->mutex));
        EDO_AWAIT(edo_yield_init(&self->yield));
        self->c->value++;
        edo_mutex_unlock(&self->c->mutex);
    }
    EDO_END;
}

static edo_task *spawn_locker(contest *c) {
    locker one;
    one.c = c;
    return bench_spawned(edo_spawn_future(locker_init(&one)));
}

EDO_ASYNC(acquirer, contest *c; uint64_t i;
          EDO_ONE_OF(edo_sem_acquire_future acquire; edo_yield_future yield;);) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->c->each; self->i++) {
        EDO_TRY_AWAIT(edo_sem_acquire_init(&self->acquire, &self->c->sem, 1));
        EDO_AWAIT(edo_yield_init(&self->yield));
        edo_sem_release(&self->c->sem, 1);
    }
    EDO_END;
}

static edo_task *spawn_acquirer(contest *c) {
    acquirer one;
    one.c = c;
    return bench_spawned(edo_spawn_future(acquirer_init(&one)));
}

EDO_ASYNC(contested, bench *b; edo_task * (*spawn)(contest *); contest * c; edo_task * *tasks;
          uint64_t i; edo_task_join_future join;) {
    EDO_BEGIN;
    self->tasks = bench_array(TASKS, sizeof *self->tasks);
    self->c = contest_new(self->b);
    bench_start(self->b);
    for (self->i = 0; self->i < TASKS; self->i++) self->tasks[self->i] = self->spawn(self->c);
    for (self->i = 0; self->i < TASKS; self->i++)
        EDO_TRY_AWAIT(edo_task_join_init(&self->join, self->tasks[self->i]));
    bench_stop(self->b, self->c->each * TASKS);
    EDO_CLEANUP;
    free(self->c);
    free(self->tasks);
    EDO_END;
}
BENCH_STATE(mutex_1000, contested, .spawn = spawn_locker)
BENCH_STATE(sem_1000, contested, .spawn = spawn_acquirer)

static int locker_fiber(void *arg) {
    contest *c = arg;
    for (uint64_t i = 0; i < c->each; i++) {
        bench_must(edo_mutex_lock(&c->mutex));
        bench_must(edo_yield());
        c->value++;
        edo_mutex_unlock(&c->mutex);
    }
    return 0;
}

static int acquirer_fiber(void *arg) {
    contest *c = arg;
    for (uint64_t i = 0; i < c->each; i++) {
        bench_must(edo_sem_acquire(&c->sem, 1));
        bench_must(edo_yield());
        edo_sem_release(&c->sem, 1);
    }
    return 0;
}

static int contested_fiber(bench *b, edo_task_fn *fn) {
    edo_task **tasks = bench_array(TASKS, sizeof *tasks);
    contest *c = contest_new(b);
    bench_start(b);
    for (uint64_t i = 0; i < TASKS; i++) tasks[i] = edo_spawn(fn, c);
    for (uint64_t i = 0; i < TASKS; i++) bench_must(edo_task_join(tasks[i]));
    bench_stop(b, c->each * TASKS);
    free(c);
    free(tasks);
    return 0;
}

int mutex_1000_fiber(void *arg) {
    return contested_fiber(arg, locker_fiber);
}

int sem_1000_fiber(void *arg) {
    return contested_fiber(arg, acquirer_fiber);
}
