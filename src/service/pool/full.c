/* SPDX-License-Identifier: MIT */
/* service/pool/full.c: a pool whose peer has no room for another object, as `is_full` of its ops
 * says. Tasks that want an object wait in line for one that is given back. The task here lets the
 * first of them try to make one after a while, since other programs may have given theirs back.
 *
 * The pool is EDOI_POOL_FULL from before the task begins until it ends: so at most one counts the
 * time, and the pool stays. */
#include "records/unfinished.h"
#include "service/pool/pool.h"

#include <edo/async.h>

#define FULL_MS 250

EDO_ASYNC(full_waiter, edo_pool *pool; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(FULL_MS)));
    EDO_CLEANUP;
    edoi_pool_not_full(self->pool);
    EDO_END;
}

bool edoi_pool_full_begin(edo_pool *p) {
    full_waiter f = { .pool = p };
    edo_spawn_opts opts = { .name = EDOI_OWN_TASK "waits for room of a pool",
                            .no_context = true,
                            .cancel = p->closing };
    if (edo_spawn_future_detached_with(full_waiter_init(&f), &opts) == 0) return true;
    edoi_pool_not_full(p);
    return false;
}
