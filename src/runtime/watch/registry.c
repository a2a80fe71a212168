/* SPDX-License-Identifier: MIT */
/* runtime/watch/registry.c: see registry.h. */
#include "runtime/watch/registry.h"

#include "base/backoff.h"
#include "base/fork.h"
#include "base/held.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/places.h"

/* ---- The list, and the ids ------------------------------------------------------------------- */

#define WORKERS_MAX 65535u

edo_runtime *edoi_runtimes;

static pthread_mutex_t ids_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next three */
static uint64_t worker_ids[(WORKERS_MAX + 63) / 64];
static uint64_t runtimes_n;

static edo_runtime *forked; /* runtimes of parent processes: for the leak checker */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The parent's runtimes are not used any more. In the child neither the thread that held the lock
 * nor any runtime exists; fork() does not wait for that lock: a report may take long. */
static void registry_begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    edo_runtime **last = &edoi_runtimes;
    while (*last) last = &(*last)->listed.next;
    *last = forked;
    forked = edoi_runtimes;
    edoi_runtimes = NULL;
}

EDOI_ON_FORK(.mutex = &ids_mutex, .child = registry_begin_child);

_Static_assert(EDO_COUNT(worker_ids) * 64 - 1 == EDOI_PLACES_OUTSIDE, "the last bit is OUTSIDE");

uint16_t edoi_worker_id_get(void) {
    uint16_t id = OWNER_NONE;
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[0] |= 1;                                         // OWNER_NONE
    worker_ids[EDO_COUNT(worker_ids) - 1] |= UINT64_C(1) << 63; // EDOI_PLACES_OUTSIDE
    for (uint32_t i = 0; i < EDO_COUNT(worker_ids) && id == OWNER_NONE; i++) {
        if (worker_ids[i] == UINT64_MAX) continue;
        uint32_t bit = (uint32_t)EDOI_CTZ64(~worker_ids[i]);
        worker_ids[i] |= UINT64_C(1) << bit;
        id = (uint16_t)(i * 64 + bit);
    }
    edoi_mutex_release(&ids_mutex);
    return id;
}

void edoi_worker_id_put(uint16_t id) {
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[id / 64] &= ~(UINT64_C(1) << (id % 64));
    edoi_mutex_release(&ids_mutex);
}

void edoi_runtime_enlist(edo_runtime *rt) {
    edoi_mutex_acquire(&ids_mutex);
    rt->id = ++runtimes_n;
    rt->forks = edoi_forks();
    rt->listed.next = edoi_runtimes;
    if (rt->listed.next) rt->listed.next->listed.prev = rt;
    edoi_runtimes = rt;
    edoi_mutex_release(&ids_mutex);
}

void edoi_runtime_strike(edo_runtime *rt) {
    edoi_registry_acquire();
    edoi_mutex_acquire(&ids_mutex);
    *(rt->listed.prev ? &rt->listed.prev->listed.next : &edoi_runtimes) = rt->listed.next;
    if (rt->listed.next) rt->listed.next->listed.prev = rt->listed.prev;
    edoi_mutex_release(&ids_mutex);
    edoi_registry_release();
}

edo_runtime *edoi_runtime_newest(void) {
    edoi_mutex_acquire(&ids_mutex);
    edo_runtime *rt = edoi_runtimes;
    edoi_mutex_release(&ids_mutex);
    return rt;
}

bool edoi_runtime_none_lives(void) {
    edoi_mutex_acquire(&ids_mutex);
    const edo_runtime *rt = edoi_runtimes;
    // relaxed: flags, no data; if two threads set one and check, the second sees both
    while (rt && (edoi_runtime_is_left(rt) || edoi_load_rlx_u32(&rt->end.is_over)))
        rt = rt->listed.next;
    edoi_mutex_release(&ids_mutex);
    return !rt;
}

/* ---- The lock -------------------------------------------------------------------------------- */

void edoi_registry_acquire(void) {
    edoi_mutex_acquire(&mutex);
}

#if EDOI_REMEMBERS
bool edoi_registry_acquire_soon(void) {
    for (int tries = 100; pthread_mutex_trylock(&mutex) != 0; tries--) {
        if (tries == 0) return false;
        edoi_nap(1000000);
    }
    edoi_held_add(1);
    return true;
}
#endif

void edoi_registry_release(void) {
    edoi_mutex_release(&mutex);
}

edo_runtime *edoi_registry_next(edo_runtime *rt) {
    rt = rt ? rt->listed.next : edoi_runtime_newest();
    while (rt && !rt->listed.is_whole) rt = rt->listed.next;
    return rt;
}
