/* SPDX-License-Identifier: MIT */
/* service/pool/sweeper.c: a state machine, since a fiber's stack for a sleep would be more than
 * most of what it is to free.
 *
 * `is_swept` is true from before the task begins until it has found nothing idle, or is cut short:
 * so at most one looks at the pool, and the pool stays. */
#include "service/pool/sweeper.h"
#include "records/unfinished.h"

#include <edo/async.h>

static bool object_is_over(const edoi_pool_object *o, void *now) {
    return edoi_pool_due(o).ns <= ((const edo_instant *)now)->ns;
}

/* Returns when the next idle object is over; 0: none is idle, and the pool may be gone. */
static edo_instant sweeper_due(edo_pool *p) {
    edo_instant first = { 0 };
    const edoi_pool_object *o;
    edoi_lock_acquire(&p->lock);
    TAILQ_FOREACH(o, &p->idle, next) {
        edo_instant due = edoi_pool_due(o);
        if (!first.ns || due.ns < first.ns) first = due;
    }
    if (first.ns) {
        edoi_lock_release(&p->lock);
    } else {
        edoi_pool_unswept_now(p); // releases the lock
    }
    return first;
}

/* Ends what is over. Returns when the next one is; 0: nothing is idle, and the pool may be gone. */
static edo_instant idle_sweep(edo_pool *p) {
    edo_instant now = edo_now();
    edoi_pool_object *o = edoi_pool_take_idle(p, object_is_over, &now), *next;
    for (; o; o = next) {
        next = o->chained;
        edoi_pool_end_object(o);
    }
    return sweeper_due(p);
}

EDO_ASYNC(idle_sweeper, edo_pool *pool; edo_instant due; edo_sleep_future nap;) {
    EDO_BEGIN;
    while ((self->due = idle_sweep(self->pool)).ns)
        EDO_AWAIT(edo_sleep_at_init(&self->nap, self->due));
    self->pool = NULL;
    EDO_CLEANUP;
    if (self->pool) edoi_pool_unswept(self->pool);
    EDO_END;
}

void edoi_pool_sweeper_begin(edo_pool *p) {
    idle_sweeper f = { .pool = p };
    edo_spawn_opts opts = { .name = EDOI_OWN_TASK "ends idle objects of a pool",
                            .no_context = true,
                            .cancel = p->closing };
    // The task may have ended the pool when the spawn returns 0.
    if (edo_spawn_future_detached_with(idle_sweeper_init(&f), &opts) < 0) edoi_pool_unswept(p);
}
