/* SPDX-License-Identifier: MIT */
/* service/pool/line.c: what a pool has and who waits for it, under the pool's lock.
 *
 * Each call that sets something free sets at most one thing free, an object or the right to make
 * one, and ends by line_release(), which gives it to one task in line. So the lock is taken once,
 * and a pool that may have ended is not touched after that. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "future/fate.h"
#include "locks/tenths.h"
#include "service/pool/sweeper.h"
#include "sync/handoff.h"

#include <errno.h>
#include <stdio.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

#define GRANTS 32 /* by a greater limit in one hold of the lock */

/* Of an object that the pool itself has. */
static const edoi_pool_user nobody = { .taker = { .who = EDOI_PERMITS_OWN } };

static edoi_pool_line_future *line_waiter_of(edo_wait_node *node) {
    return EDO_CONTAINER_OF(node, edoi_pool_line_future, node);
}

/* May one more be made? */
static bool line_has_room(const edo_pool *p) {
    uint32_t makes_max = p->room == EDOI_POOL_FULL        ? 0
                         : p->room == EDOI_POOL_FULL_ONCE ? 1
                                                          : p->opts.makes_max;
    return p->size < p->max && p->making_n < makes_max;
}

/* Called with the lock held, before it is released. */
static void line_check(const edo_pool *p) {
    EDO_INV("pool inv. 1", !p->waiters.first || (p->idle_n == 0 && !line_has_room(p)));
    EDO_INV("pool inv. 2", p->size >= p->idle_n + p->making_n);
    EDO_INV("pool inv. 3", !p->is_closed || (p->idle_n == 0 && !p->waiters.first));
    EDO_INV("pool inv. 2", !p->idle_n == TAILQ_EMPTY(&p->idle));
}

/* ---- Places, for the search for deadlocked tasks; called with the lock held ------------------ */

/* Something of the pool is lent to `user`, or it may make an object. A get that began before waits
 * were watched is not noted, nor is its end. */
EDOI_INLINE void place_taken(edo_pool *p, const edoi_pool_user *user) {
    if (EDOI_LIKELY(!EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)) || user->taker.who == 0) return;
    const edoi_permit_holder h = {
        .by = user->taker, .n = 1, .since = edoi_tenths(user->since.ns), .site = user->place
    };
    edoi_permits_lend(p, &p->number, p->opts.name, &h);
}

/* A place that is about to be free. */
typedef struct place_end {
    edoi_permit_taker taker;
    const char *place;
    bool is_proof; /* the task of the get has given it back, not edo in its stead */
} place_end;

EDOI_INLINE place_end place_end_of(const edoi_pool_user *user, bool is_proof) {
    return (place_end){ .taker = user->taker, .place = user->place, .is_proof = is_proof };
}

EDOI_INLINE place_end place_end_of_object(const edoi_pool_object *o) {
    return place_end_of(&o->user, o->is_given_back);
}

/* The place is free. This is noted after the new state of the object is: else a search for
 * deadlocks in between could find that the waiting tasks have all places. */
EDOI_INLINE void place_left(edo_pool *p, const place_end *left) {
    if (EDOI_LIKELY(!EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN))) return;
    if (left->taker.who != 0)
        edoi_permits_return(p, &p->number, &left->taker, left->place, left->is_proof);
}

/* Others than its users may end a wait in line. */
EDOI_INLINE void places_are_unknown(edo_pool *p) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN)))
        edoi_permits_lose(p, &p->number);
}

/* Somebody is about to wait in line. */
EDOI_INLINE void places_are_awaited(edo_pool *p) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)))
        edoi_permits_expect(p, &p->number, p->size - p->idle_n);
}

/* ---- Objects --------------------------------------------------------------------------------- */

static void line_lend(edo_pool *p, edoi_pool_object *o, const edoi_pool_user *user) {
    o->user = *user;
    o->is_given_back = false;
    p->counts.gets_n += user->place != NULL;
    TAILQ_INSERT_TAIL(&p->lent, o, next);
}

/* An object that was lent is idle now. Returns whether the caller has to begin the sweeper. */
static bool line_rest(edo_pool *p, edoi_pool_object *o) {
    TAILQ_REMOVE(&p->lent, o, next);
    TAILQ_INSERT_HEAD(&p->idle, o, next);
    p->idle_n++;
    bool sweeps = !p->is_swept && p->sweeps && !p->waiters.first; // else it is not idle for long
    if (sweeps) p->is_swept = true;
    return sweeps;
}

static edoi_pool_object *line_take_idle(edo_pool *p, edoi_pool_object *o) {
    TAILQ_REMOVE(&p->idle, o, next);
    p->idle_n--;
    return o;
}

/* Called with the lock held: edoi_pool_take_now(). */
static int line_take(edo_pool *p, const edoi_pool_user *user, edoi_pool_object **out) {
    if (p->is_closed) return -EDO_ECLOSED;
    *out = NULL;
    if (p->idle_n > 0) {
        bool newest = p->opts.order == EDO_POOL_LIFO;
        *out = newest ? TAILQ_FIRST(&p->idle) : TAILQ_LAST(&p->idle, edoi_pool_objects);
        line_lend(p, line_take_idle(p, *out), user);
        place_taken(p, user);
        return 0;
    }
    if (!line_has_room(p)) return -EAGAIN;
    p->size++;
    p->making_n++;
    place_taken(p, user);
    return 0;
}

static bool line_may_pass(edo_wait_node *node) {
    return !line_waiter_of(node)->is_first;
}

static void line_unlink(edo_pool *p, edo_wait_node *node) {
    edoi_handoff_unlink(&p->waiters, &p->passed, node);
    p->waiting_n--;
}

/* Is a task in line, and something free for it? */
static bool line_may_grant(const edo_pool *p) {
    return p->waiters.first && (p->idle_n > 0 || line_has_room(p));
}

/* Called with the lock held: grants what is free to one task in line. Its waker is to be delivered
 * if it is not NULL. */
static edo_waker *line_grant(edo_pool *p) {
    if (!line_may_grant(p)) return NULL;
    edo_wait_node *node = p->waiters.first;
    if (edoi_siblings_exist() && line_may_pass(node))
        node = edoi_handoff_next(&p->waiters, &p->passed, line_may_pass);
    edoi_pool_line_future *f = line_waiter_of(node);
    f->user.since = edo_now_coarse();
    int err = line_take(p, &f->user, &f->object);
    EDO_INV("pool inv. 3", err == 0);
    (void)err;
    line_unlink(p, node);
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Called with the lock held; releases it. `left`: the place that the caller has set free, or
 * NULL. */
static void line_release(edo_pool *p, const place_end *left) {
    edo_waker *marked = line_grant(p);
    if (left) place_left(p, left);
    bool is_over = p->handles == 0 && p->size == 0 && !p->is_swept && p->room != EDOI_POOL_FULL;
    line_check(p);
    edoi_lock_release(&p->lock);
    edo_waker_deliver(marked);
    if (is_over) edoi_pool_free(p);
}

int edoi_pool_take_now(edo_pool *p, const edoi_pool_user *user, edoi_pool_object **out) {
    edoi_lock_acquire(&p->lock);
    int err = line_take(p, user, out);
    line_check(p);
    edoi_lock_release(&p->lock);
    return err;
}

edoi_pool_kept edoi_pool_keep(edoi_pool_object *o) {
    edo_pool *p = o->pool;
    edoi_lock_acquire(&p->lock);
    const place_end left = place_end_of_object(o);
    if (p->is_closed || p->size > p->max) {
        TAILQ_REMOVE(&p->lent, o, next);
        line_lend(p, o, &nobody);
        place_taken(p, &nobody);
        place_left(p, &left);
        edoi_lock_release(&p->lock);
        return EDOI_POOL_NOT_KEPT;
    }
    bool sweeps = line_rest(p, o);
    line_release(p, &left);
    return sweeps ? EDOI_POOL_KEPT_AND_SWEEP : EDOI_POOL_KEPT;
}

void edoi_pool_leave(edoi_pool_object *o) {
    edo_pool *p = o->pool;
    edoi_lock_acquire(&p->lock);
    const place_end left = place_end_of_object(o);
    TAILQ_REMOVE(&p->lent, o, next);
    p->size--;
    line_release(p, &left);
    edoi_free(o);
}

int edoi_pool_exchange(edoi_pool_object *o, const edoi_pool_user *user, edoi_pool_object **out) {
    edo_pool *p = o->pool;
    edoi_lock_acquire(&p->lock);
    const place_end left = place_end_of_object(o);
    TAILQ_REMOVE(&p->lent, o, next);
    p->size--;
    p->counts.unfit_n++;
    p->counts.gets_n -= o->user.place != NULL; // as line_lend() has counted
    int err = line_take(p, user, out);
    line_release(p, &left);
    edoi_free(o);
    return err;
}

void edoi_pool_let_go(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    p->handles--;
    line_release(p, NULL);
}

void edoi_pool_unswept_now(edo_pool *p) {
    p->is_swept = false;
    line_release(p, NULL);
}

void edoi_pool_unswept(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    edoi_pool_unswept_now(p);
}

/* The last make has not failed for lack of room. Several may be made at once again when no task
 * waits in line: inv. 1. Called with the lock held. */
static void line_is_not_full(edo_pool *p) {
    p->full_why[0] = '\0';
    if (p->room == EDOI_POOL_FULL_ONCE && !p->waiters.first) p->room = EDOI_POOL_ROOM;
}

void edoi_pool_made(edoi_pool_object *o, const edoi_pool_user *user) {
    edo_pool *p = o->pool;
    edoi_lock_acquire(&p->lock);
    p->making_n--;
    p->counts.made_n++;
    line_is_not_full(p);
    line_lend(p, o, user);
    line_release(p, NULL);
}

/* Called with the lock held: the right to make one is not used. */
static place_end line_unmake(edo_pool *p, const edoi_pool_user *user) {
    p->making_n--;
    p->size--;
    return place_end_of(user, false);
}

/* Called with the lock held. */
static place_end line_make_none(edo_pool *p, const edoi_pool_user *user) {
    p->counts.make_failures_n++;
    return line_unmake(p, user);
}

void edoi_pool_not_made(edo_pool *p, const edoi_pool_user *user, bool is_peers) {
    edoi_lock_acquire(&p->lock);
    const place_end left = line_make_none(p, user);
    if (is_peers) line_is_not_full(p);
    line_release(p, &left);
}

bool edoi_pool_not_made_full(edo_pool *p, const edoi_pool_user *user, const char *why) {
    edoi_lock_acquire(&p->lock);
    const place_end left = line_make_none(p, user);
    places_are_unknown(p);
    bool begins = p->room != EDOI_POOL_FULL;
    p->room = EDOI_POOL_FULL;
    (void)snprintf(p->full_why, sizeof p->full_why, "%s", why);
    line_release(p, &left);
    return begins;
}

void edoi_pool_not_full(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    p->room = EDOI_POOL_FULL_ONCE;
    line_release(p, NULL);
}

/* Called with the lock held: edoi_pool_take_idle(). */
static edoi_pool_object *line_chain_idle(edo_pool *p, edoi_pool_wants_fn *wants, void *arg) {
    edoi_pool_object *all = NULL, **at = &all, *o, *before;
    for (o = TAILQ_LAST(&p->idle, edoi_pool_objects); o; o = before) {
        before = TAILQ_PREV(o, edoi_pool_objects, next);
        if (wants && !wants(o, arg)) continue;
        line_lend(p, line_take_idle(p, o), &nobody);
        place_taken(p, &nobody);
        o->chained = NULL;
        *at = o;
        at = &o->chained;
    }
    return all;
}

edoi_pool_object *edoi_pool_take_idle(edo_pool *p, edoi_pool_wants_fn *wants, void *arg) {
    edoi_lock_acquire(&p->lock);
    edoi_pool_object *all = line_chain_idle(p, wants, arg);
    edoi_lock_release(&p->lock);
    return all;
}

/* Is the object one too many? Counts it then. */
static bool line_is_excess(const edoi_pool_object *o, void *excess) {
    (void)o;
    uint32_t *n = excess;
    if (*n == 0) return false;
    --*n;
    return true;
}

/* Called with the lock held: grants up to GRANTS tasks in line what is free, and returns how many
 * wakers in `marked` are to be delivered. */
static size_t line_grant_some(edo_pool *p, edo_waker *marked[GRANTS]) {
    size_t marked_n = 0;
    for (int i = 0; i < GRANTS && line_may_grant(p); i++) {
        edo_waker *w = line_grant(p);
        if (w) marked[marked_n++] = w;
    }
    return marked_n;
}

edoi_pool_object *edoi_pool_limit(edo_pool *p, uint32_t max) {
    edo_waker *marked[GRANTS];
    edoi_pool_object *excess = NULL;
    for (bool more = true; more;) {
        edoi_lock_acquire(&p->lock);
        if (max > p->max && p->waiters.first) places_are_unknown(p);
        p->max = max;
        size_t marked_n = line_grant_some(p, marked);
        more = line_may_grant(p);
        uint32_t excess_n = p->size > max ? p->size - max : 0;
        if (more) p->max = p->size; // what is left is for the line: a newcomer does not pass it
        if (excess_n > 0) excess = line_chain_idle(p, line_is_excess, &excess_n);
        line_check(p);
        edoi_lock_release(&p->lock);
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
    }
    return excess;
}

edoi_pool_object *edoi_pool_shut(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    edoi_pool_object *all = line_chain_idle(p, NULL, NULL);
    p->is_closed = true;
    p->passed.last = NULL; // its waiters leave
    p->waiting_n = 0;
    edoi_wait_wake_all_and_leave(&p->lock, &p->waiters, edoi_woken_set); // releases the lock
    return all;
}

/* ---- The future ------------------------------------------------------------------------------ */

/* Called with the lock held. A task that goes before all others had an object, which was unfit. */
static void line_push(edo_pool *p, edoi_pool_line_future *f, edo_waker *waker) {
    p->waiting_n++;
    places_are_awaited(p);
    if (!f->is_first) {
        p->counts.waits_n++;
        edoi_wait_push(&p->waiters, &f->node, waker);
        return;
    }
    edoi_wait_push_first(&p->waiters, &f->node, waker);
    p->passed.last = NULL; // handoff inv. 1: this one was not examined
}

static edo_polled line_poll(edo_future *base, edo_cx *cx) {
    edoi_pool_line_future *f = (edoi_pool_line_future *)(void *)base;
    edo_pool *p = f->pool;
    int err = -EAGAIN;
    if (!edo_budget_take(cx)) return EDO_PENDING;

    edoi_lock_acquire(&p->lock);
    if (edo_future_step(base) == FRESH) {
        err = line_take(p, &f->user, &f->object);
        if (err == -EAGAIN) line_push(p, f, edo_cx_waker(cx));
    } else if (edoi_still_linked(&f->node)) {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    } else {
        err = edoi_granted(&f->node) ? 0 : -EDO_ECLOSED;
    }
    line_check(p);
    edoi_lock_release(&p->lock);

    if (err != -EAGAIN) return edo_future_finish(base, err);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

/* Called with the lock held; releases it. The task goes, and what it was granted goes on. */
static void line_return(edo_pool *p, const edoi_pool_line_future *f) {
    edoi_pool_object *o = f->object;
    bool sweeps = false;
    if (o && p->is_closed) {
        edoi_lock_release(&p->lock);
        edoi_pool_end_object(o);
        return;
    }
    const place_end left = o ? place_end_of_object(o) : line_unmake(p, &f->user);
    if (o) sweeps = line_rest(p, o);
    line_release(p, &left);
    if (sweeps) edoi_pool_sweeper_begin(p);
}

static void line_drop(edo_future *base) {
    edoi_pool_line_future *f = (edoi_pool_line_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edo_pool *p = f->pool;
        edoi_lock_acquire(&p->lock);
        if (edoi_still_linked(&f->node) && !p->is_closed) {
            line_unlink(p, &f->node);
            line_release(p, NULL);
        } else if (edoi_still_linked(&f->node)) {
            edoi_wait_leave(&p->lock, &p->waiters, &f->node); // releases the lock
        } else if (!edoi_granted(&f->node)) {
            edoi_lock_release(&p->lock);
        } else {
            line_return(p, f); // releases the lock
        }
    }
    edo_future_retire(base);
}

static void line_describe(const edo_future *base, edo_description *to) {
    const edoi_pool_line_future *f = (const edoi_pool_line_future *)(const void *)base;
    edo_describe_text(to, " of pool %s", f->pool->opts.name);
}

static const edo_future_ops line_ops = { .poll = line_poll,
                                         .drop = line_drop,
                                         .name = "edo_pool_get",
                                         .size = sizeof(edoi_pool_line_future),
                                         .flags = EDOI_FUTURE_WAITS_PERMITS,
                                         .describe = line_describe };

edo_future *edoi_pool_line_init(edoi_pool_line_future *f, edo_pool *p, const edoi_pool_user *user,
                                bool is_first) {
    f->pool = p;
    f->user = *user;
    f->object = NULL;
    f->is_first = is_first;
    return edo_future_init(&f->base, &line_ops);
}
