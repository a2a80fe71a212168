/* SPDX-License-Identifier: MIT */
/* client/pool/sweeper.c: closes what was kept for too long, by a state machine: a fiber's stack
 * for a sleep would be more than most of what it is to free.
 *
 * inv. 1: `is_swept` is true from the begin of the task until it has found nothing that is kept, or
 *         is dropped; so at most one looks at the pool. Its handle goes in the same step.
 * inv. 1 is not asserted: one that has found nothing may still be there when the next begins. */
#include "client/pool/pool.h"
#include "records/unfinished.h"

#include <edo/async.h>
#include <edo/task.h>

/* Takes the handle from the pool; NULL: it is not there. Called with `mu` held. */
static edo_task *sweeper_take(edoi_client_pool *pool) {
    edo_task *task = pool->sweeper;
    pool->sweeper = NULL;
    return task;
}

/* Closes what is over. Returns whether more is kept, of which the next is over at `*due`. */
static bool sweeper_step(edoi_client_pool *pool, edo_instant *due) {
    edo_task *own = NULL;
    edoi_client_pool_sweep_kept(pool);
    (void)pthread_mutex_lock(&pool->mu);
    const edoi_client_pool_conn *oldest = TAILQ_LAST(&pool->kept, edoi_client_pool_conns);
    if (oldest) {
        *due = edo_instant_add(oldest->kept_at, pool->idle_timeout);
        due->ns++; // it is over when the limit has passed
    } else {
        pool->is_swept = false;
        own = sweeper_take(pool);
    }
    (void)pthread_mutex_unlock(&pool->mu);
    edo_task_detach(own);
    return oldest != NULL;
}

static void sweeper_dropped(edoi_client_pool *pool) {
    (void)pthread_mutex_lock(&pool->mu);
    pool->is_swept = false;
    edo_task *own = sweeper_take(pool);
    (void)pthread_mutex_unlock(&pool->mu);
    edo_task_detach(own);
}

EDO_ASYNC(pool_sweeper, edoi_client_pool *pool; bool has_ended; edo_instant due;
          edo_sleep_future nap;) {
    EDO_BEGIN;
    while (sweeper_step(self->pool, &self->due))
        EDO_AWAIT(edo_sleep_at_init(&self->nap, self->due));
    self->has_ended = true;
    EDO_CLEANUP;
    if (!self->has_ended) sweeper_dropped(self->pool);
    edo_rc_unref(self->pool);
    EDO_END;
}

void edoi_client_sweeper_end(edoi_client_pool *pool) {
    (void)pthread_mutex_lock(&pool->mu);
    edo_task *task = sweeper_take(pool);
    (void)pthread_mutex_unlock(&pool->mu);
    if (task) edo_task_cancel(task);
    edo_task_detach(task);
}

/* Keeps the handle of the `n`th task, unless that has ended meanwhile. */
static void sweeper_keep(edoi_client_pool *pool, edo_task *task, uint64_t n) {
    (void)pthread_mutex_lock(&pool->mu);
    bool is_kept = pool->is_swept && pool->sweepers_n == n, is_closed = pool->is_closed;
    if (is_kept) pool->sweeper = task;
    (void)pthread_mutex_unlock(&pool->mu);
    if (!is_kept) edo_task_detach(task);
    if (is_closed) edoi_client_sweeper_end(pool);
}

void edoi_client_sweeper_begin(edoi_client_pool *pool) {
    (void)pthread_mutex_lock(&pool->mu);
    bool begins = edoi_client_pool_wants_sweeper(pool);
    if (begins) pool->is_swept = true;
    uint64_t n = begins ? ++pool->sweepers_n : 0;
    (void)pthread_mutex_unlock(&pool->mu);
    if (!begins) return;
    pool_sweeper f = { .pool = edo_rc_ref(pool) };
    static const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "closes idle connections",
                                         .no_context = true };
    edo_task *task = edo_spawn_future_with(pool_sweeper_init(&f), &opts);
    if (task) {
        sweeper_keep(pool, task, n);
        return;
    }
    sweeper_dropped(pool);
    edo_rc_unref(pool);
}
