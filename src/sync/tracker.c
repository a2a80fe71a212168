/* SPDX-License-Identifier: MIT */
/* sync/tracker.c: a count of tasks under a short lock, and waiters for its end.
 *
 * A spawned function runs inside a wrapper, which decrements the count when it has returned. The
 * function runs exactly once if the spawn succeeds, so the count is decremented also if its task is
 * cancelled; but not for a task abandoned by the end of its runtime.
 *
 * inv. 1: while the tracker is closed and its count is 0, there are no waiters, except those about
 *         to be woken by the thread that made it so.
 * inv. 2: the thread that wakes the last waiter does not touch the tracker after that: the waiter
 *         may free it. A waiter checks whether it was woken only under the lock, so after that
 *         thread has released it.
 * inv. 2 is not asserted: memory that may be gone cannot be looked at. */
#include <edo/tracker.h>

#include "base/memory/cache.h"
#include "future/fate.h"

#include <errno.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u /* the node was linked */

void edo_tracker_init(edo_tracker *self) {
    *self = (edo_tracker){ .len = 0 };
}

/* ---- Counting -------------------------------------------------------------------------------- */

static bool tracker_is_unmade(const edo_tracker *t) {
    return EDO_MISUSE(edoi_lock_is_unmade(t ? &t->lock : NULL),
                      "an edo_tracker is used that is NULL or no edo_tracker_init() has made");
}

static bool tracker_is_over(const edo_tracker *t) {
    return t->closed && t->len == 0;
}

/* Called with the lock held after a change; releases it. Wakes all waiters if the tracker is
 * over. */
static void wake_and_leave(edo_tracker *t) {
    if (t->waiters.first && tracker_is_over(t)) {
        edoi_wait_wake_all_and_leave(&t->lock, &t->waiters, edoi_granted_set);
    } else {
        edoi_lock_release(&t->lock);
    }
}

void edo_tracker_add(edo_tracker *self) {
    if (tracker_is_unmade(self)) return;
    edoi_lock_acquire(&self->lock);
    EDO_INV("tracker inv. 1", !tracker_is_over(self) || !self->waiters.first);
    self->len++;
    edoi_lock_release(&self->lock);
}

void edo_tracker_done(edo_tracker *self) {
    if (tracker_is_unmade(self)) return;
    edoi_lock_acquire(&self->lock);
    bool surplus = self->len == 0;
    if (!surplus) self->len--;
    if (surplus) {
        edoi_lock_release(&self->lock);
    } else {
        wake_and_leave(self);
    }
    (void)EDO_MISUSE(surplus, "edo_tracker_done without edo_tracker_add");
}

bool edo_tracker_close(edo_tracker *self) {
    if (tracker_is_unmade(self)) return false;
    edoi_lock_acquire(&self->lock);
    bool was_open = !self->closed;
    self->closed = 1;
    wake_and_leave(self);
    return was_open;
}

bool edo_tracker_reopen(edo_tracker *self) {
    if (tracker_is_unmade(self)) return false;
    edoi_lock_acquire(&self->lock);
    EDO_INV("tracker inv. 1", !tracker_is_over(self) || !self->waiters.first);
    bool was_closed = self->closed != 0;
    self->closed = 0;
    edoi_lock_release(&self->lock);
    return was_closed;
}

uint64_t edo_tracker_len(edo_tracker *self) {
    if (tracker_is_unmade(self)) return 0;
    edoi_lock_acquire(&self->lock);
    uint64_t len = self->len;
    edoi_lock_release(&self->lock);
    return len;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* What a tracked task carries. */
typedef struct errand {
    edo_tracker *tracker;
    edo_task_fn *fn;
    void *arg;
} errand;

static int run_counted(void *arg) {
    errand e = *(errand *)arg;
    edoi_cache_put(arg, sizeof e);
    int result = e.fn(e.arg);
    edo_tracker_done(e.tracker);
    return result;
}

int edo_tracker_spawn_with_at(edo_tracker *self, edo_task_fn *fn, void *arg,
                              const edo_spawn_opts *opts, const char *site) {
    if (tracker_is_unmade(self)) return -EDO_EMISUSE;
    errand *e = edoi_cache_get(sizeof *e);
    if (!e) return -ENOMEM;
    *e = (errand){ self, fn, arg };
    edo_tracker_add(self);
    int err = edo_spawn_detached_with_at(run_counted, e, opts, site);
    if (err < 0) {
        edoi_cache_put(e, sizeof *e);
        edo_tracker_done(self);
    }
    return err;
}

int edo_tracker_spawn_at(edo_tracker *self, edo_task_fn *fn, void *arg, const char *site) {
    return edo_tracker_spawn_with_at(self, fn, arg, NULL, site);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Called with the lock held: is the wait over? If not, the future is linked afterwards. */
static bool tracker_wait_look(edo_tracker_wait_future *f, edo_waker *waker) {
    edo_tracker *t = f->tracker;
    if (edo_future_step(&f->base) == FRESH) {
        if (tracker_is_over(t)) return true;
        edoi_wait_push(&t->waiters, &f->node, waker);
        edo_future_next_step(&f->base, WAITING);
        return false;
    }
    if (edoi_granted(&f->node)) return true;
    edoi_wait_renew(&f->node, waker);
    return false;
}

static edo_polled tracker_wait_poll(edo_future *base, edo_cx *cx) {
    edo_tracker_wait_future *f = (edo_tracker_wait_future *)(void *)base;
    edo_tracker *t = f->tracker;
    if (tracker_is_unmade(t)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    edoi_lock_acquire(&t->lock);
    bool over = tracker_wait_look(f, edo_cx_waker(cx));
    edoi_lock_release(&t->lock);
    if (over) return edo_future_finish(base, 0);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void tracker_wait_drop(edo_future *base) {
    edo_tracker_wait_future *f = (edo_tracker_wait_future *)(void *)base;
    if (edo_future_is_over(base)) return; // the tracker may be gone
    if (edo_future_step(base) == WAITING) {
        edo_tracker *t = f->tracker;
        edoi_lock_acquire(&t->lock);
        if (edoi_granted(&f->node)) {
            edoi_lock_release(&t->lock);
        } else {
            edoi_wait_leave(&t->lock, &t->waiters, &f->node);
        }
    }
    edo_future_retire(base);
}

edo_future *edo_tracker_wait_init(edo_tracker_wait_future *f, edo_tracker *self) {
    static const edo_future_ops ops = { .poll = tracker_wait_poll,
                                        .drop = tracker_wait_drop,
                                        .name = "edo_tracker_wait",
                                        .size = sizeof(edo_tracker_wait_future) };
    f->tracker = self;
    return edo_future_init(&f->base, &ops);
}

int edo_tracker_wait(edo_tracker *self) {
    edo_tracker_wait_future f;
    return edo_await(edo_tracker_wait_init(&f, self));
}
