/* SPDX-License-Identifier: MIT */
/* runtime/scope/parker.c: parks a plain thread.
 *
 *              running     notified    parked
 *   wake       notified    -           notified, deliver
 *   park       parked      running     (never) */
#include "runtime/scope/parker.h"

#include "base/assert.h"
#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "driver/driver.h"

enum { RUNNING, NOTIFIED, PARKED };

static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards `pool` */
static edoi_parker *pool;

/* Another thread may have held the mutex of any parker: all are left alone. */
static void parker_begin_child(void) {
    pool_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool = NULL;
}

EDOI_ON_FORK(.child = parker_begin_child);

static edo_waker *parker_mark(edo_waker *w) {
    edoi_parker *p = (edoi_parker *)(void *)w;
    uint32_t old = edoi_swap_acqrel_u32(&p->state, NOTIFIED); // PK1: pairs with PK2
    return old == PARKED ? w : NULL;
}

static void parker_deliver(edo_waker *w) {
    edoi_parker *p = (edoi_parker *)(void *)w;
    if (edoi_is_inherited(p->forks)) return; // of a thread of the parent process
    edoi_mutex_acquire(&p->mutex);
    if (p->driver) {
        edoi_driver_kick(p->driver); // under the mutex, so that the driver still exists
    } else {
        (void)pthread_cond_signal(&p->cond);
    }
    edoi_mutex_release(&p->mutex);
}

static void parker_nothing(edo_waker *w) {
    (void)w; // never unmapped: needs no references
}

static edoi_parker *parker_new(void) {
    static const edo_waker_ops ops = { parker_mark, parker_deliver, parker_nothing,
                                       parker_nothing };
    edoi_parker *p = edoi_calloc(1, sizeof *p);
    if (!p) return NULL;
    p->waker.ops = &ops;
    p->forks = edoi_forks();
    edoi_cond_init(&p->cond);
    (void)pthread_mutex_init(&p->mutex, NULL);
    return p;
}

edoi_parker *edoi_parker_get(void) {
    edoi_mutex_acquire(&pool_mutex);
    edoi_parker *p = pool;
    if (p) pool = p->next_free;
    edoi_mutex_release(&pool_mutex);
    return p ? p : parker_new();
}

void edoi_parker_put(edoi_parker *p) {
    edoi_mutex_acquire(&pool_mutex);
    p->next_free = pool;
    pool = p;
    edoi_mutex_release(&pool_mutex);
}

bool edoi_parker_is_notified(const edoi_parker *p) {
    return edoi_load_rlx_u32(&p->state) == NOTIFIED; // relaxed: the take orders
}

bool edoi_parker_take(edoi_parker *p) {
    if (edoi_load_rlx_u32(&p->state) != NOTIFIED) return false;
    // PK2: pairs with PK1: what the waker wrote is seen
    return edoi_swap_acqrel_u32(&p->state, RUNNING) == NOTIFIED;
}

void edoi_parker_park(edoi_parker *p, int64_t at_ns) {
    uint32_t want = RUNNING;
    edoi_mutex_acquire(&p->mutex);
    if (edoi_cas_rlx_u32(&p->state, &want, PARKED)) { // relaxed: the swap below orders
        bool in_time = true;
        while (edoi_load_rlx_u32(&p->state) == PARKED && in_time) // relaxed: as above
            in_time = edoi_cond_wait(&p->cond, &p->mutex, at_ns);
    }
    edoi_mutex_release(&p->mutex);
    (void)edoi_swap_acqrel_u32(&p->state, RUNNING); // PK2: pairs with PK1
}

void edoi_parker_drive(edoi_parker *p, edoi_driver *d) {
    edoi_mutex_acquire(&p->mutex);
    p->driver = d;
    edoi_mutex_release(&p->mutex);
}

bool edoi_parker_before_wait(edoi_parker *p) {
    uint32_t want = RUNNING;
    return edoi_cas_rlx_u32(&p->state, &want, PARKED); // relaxed: the take orders
}

void edoi_parker_after_wait(edoi_parker *p) {
    uint32_t want = PARKED;
    (void)edoi_cas_rlx_u32(&p->state, &want, RUNNING); // relaxed: a notified parker stays notified
}
