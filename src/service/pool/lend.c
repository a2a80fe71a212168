/* SPDX-License-Identifier: MIT */
/* service/pool/lend.c: a get, and what it does with objects. It holds no lock. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "driver/clock.h"
#include "service/pool/pool.h"
#include "service/pool/sweeper.h"
#include "time/random.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/span.h>
#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- Waiting in line ------------------------------------------------------------------------- */

/* What a failure reports of a pool's use. */
typedef struct lend_report {
    edoi_pool_user longest;
    uint32_t lent_n, max, making_n;
    char full_why[EDO_TRAIL_TEXT_MAX]; /* empty: more can be made */
} lend_report;

static lend_report lend_report_of(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    const edoi_pool_object *o = TAILQ_FIRST(&p->lent);
    while (o && !o->user.place) o = TAILQ_NEXT(o, next);
    lend_report r = { .max = p->max,
                      .lent_n = p->size - p->idle_n - p->making_n,
                      .making_n = p->making_n };
    if (o) r.longest = o->user;
    memcpy(r.full_why, p->full_why, sizeof r.full_why);
    edoi_lock_release(&p->lock);
    return r;
}

/* Adds to the trail why a wait in line was in vain. */
static int lend_fail(edo_pool *p, int err) {
    lend_report r = lend_report_of(p);
    if (*r.full_why) err = edo_fail(err, "%s", r.full_why);
    if (!r.longest.place)
        return edo_fail(err, "pool %s: %u of %u are lent, %u being made", p->opts.name, r.lent_n,
                        r.max, r.making_n);
    double s = (double)edo_instant_since(edo_now(), r.longest.since).ns / 1e9;
    bool is_own = r.longest.task != 0 && r.longest.task == edo_task_current_id();
    return edo_fail(err,
                    "pool %s: %u of %u are lent, for longest (%.1f s) by task %" PRIu64 "%s at %s",
                    p->opts.name, r.lent_n, r.max, s, r.longest.task, is_own ? " (this one)" : "",
                    r.longest.place);
}

/* Has the last make failed since no more can be made? */
static bool lend_is_full(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    bool is_full = *p->full_why != '\0';
    edoi_lock_release(&p->lock);
    return is_full;
}

/* Counts a wait that has ended, and logs a long one. */
static void lend_waited(edo_pool *p, int err, edo_instant since) {
    edo_duration d = edo_instant_since(edo_now_coarse(), since);
    if (err == -ETIMEDOUT) {
        edoi_lock_acquire(&p->lock);
        p->counts.timeouts_n++;
        edoi_lock_release(&p->lock);
    } else if (p->opts.slow.ns != EDO_FOREVER_NS && d.ns >= p->opts.slow.ns) {
        lend_report r = lend_report_of(p);
        edo_warn("pool %s: a get waited for %.1f s; %u of %u are lent", p->opts.name,
                 (double)d.ns / 1e9, r.lent_n, r.max);
    }
}

/* One get. */
typedef struct lend_get {
    edo_pool *pool;
    edoi_pool_user user;
    edo_instant until; /* of the waits in line; 0: it has not waited yet */
} lend_get;

static EDOI_NOINLINE int lend_wait(lend_get *g, bool is_first, edoi_pool_object **out) {
    edo_pool *p = g->pool;
    EDO_SPAN(span, edo_span_new(EDO_LEVEL_DEBUG, "pool", edo_span_current(),
                                (EDO_KV("db.client.connection.pool.name", p->opts.name)), "wait"));
    edoi_pool_line_future line;
    edo_timeout_future timeout;
    edo_instant began = edo_now_coarse();
    bool limited = p->opts.wait_timeout.ns != EDO_FOREVER_NS;
    edo_future *f = edoi_pool_line_init(&line, p, &g->user, is_first);
    if (!g->until.ns) g->until = edo_instant_add(began, p->opts.wait_timeout);
    if (limited) f = edo_timeout_init(&timeout, f, edo_instant_since(g->until, began));
    int err = edo_await(f);
    lend_waited(p, err, began);
    // a limit of the caller's passes without a word, but where the pool is full, which nobody sees
    if (err == -ETIMEDOUT || (err == -ECANCELED && lend_is_full(p))) err = lend_fail(p, err);
    if (err >= 0) *out = line.object;
    return edo_span_end(&span, err);
}

static int lend_take(lend_get *g, edoi_pool_object **out) {
    int err = edoi_pool_take_now(g->pool, &g->user, out);
    return EDOI_LIKELY(err != -EAGAIN) ? err : lend_wait(g, false, out);
}

/* ---- Objects --------------------------------------------------------------------------------- */

static void object_end(const edoi_pool_object *o) {
    edo_no_await_begin();
    o->pool->ops->end(o->pool->arg, o->made);
    edo_no_await_end();
}

void edoi_pool_end_object(edoi_pool_object *o) {
    object_end(o);
    edoi_pool_leave(o);
}

static bool object_may_be_lent(const edo_pool *p, const edoi_pool_object *o) {
    if (!p->ops->check) return true;
    edo_no_await_begin();
    bool may = p->ops->check(p->arg, o->made, &o->info);
    edo_no_await_end();
    return may;
}

edo_instant edoi_pool_due(const edoi_pool_object *o) {
    edo_instant by_age = edo_instant_add(o->info.made_at, o->age_max);
    edo_instant by_rest = edo_instant_add(o->info.kept_at, o->pool->opts.idle_max);
    return by_age.ns < by_rest.ns ? by_age : by_rest;
}

/* Objects that were made at once do not end at once. */
static edo_duration object_age_max(const edo_pool *p) {
    int64_t ns = p->opts.age_max.ns, tenth = ns / 10;
    if (ns == EDO_FOREVER_NS) return p->opts.age_max;
    uint64_t random = edoi_random();
    return edo_ns(edoi_time_after(ns - tenth, edoi_random_to(&random, 2 * tenth)));
}

/* Ends the limit `d` over a function of the program, and says whose limit it was. */
static int object_limit_end(const edo_pool *p, edo_deadline *d, int err, const char *what) {
    bool was_cut = err == -ECANCELED;
    err = edo_deadline_end(d, err);
    return was_cut && err == -ETIMEDOUT ? edo_fail(err, "pool %s: %s", p->opts.name, what) : err;
}

static int object_reset(edo_pool *p, edoi_pool_object *o) {
    if (p->opts.reset_timeout.ns == EDO_FOREVER_NS) return p->ops->reset(p->arg, o->made);
    edo_deadline d;
    edo_deadline_begin(&d, p->opts.reset_timeout);
    return object_limit_end(p, &d, p->ops->reset(p->arg, o->made), "resetting an object");
}

/* Makes an idle object fit to be lent. Returns 0, or 1: it is unfit; -ECANCELED: the get is cut
 * short, and the object's state is not known. */
static int object_fit(edo_pool *p, edoi_pool_object *o, edo_instant now) {
    if (edoi_pool_due(o).ns <= now.ns) return 1;
    if (!object_may_be_lent(p, o)) return 1;
    if (!p->ops->reset) return 0;
    edoi_trail_kept kept = edoi_trail_keep(); // the failure of a reset is not reported
    int err = object_reset(p, o);
    return edoi_trail_kept_end(kept, err >= 0 ? 0 : err == -ECANCELED ? err : 1);
}

static int object_make(edo_pool *p, void **made) {
    int err;
    *made = NULL;
    if (p->opts.make_timeout.ns == EDO_FOREVER_NS) {
        err = p->ops->make(p->arg, made);
    } else {
        edo_deadline d;
        edo_deadline_begin(&d, p->opts.make_timeout);
        err = object_limit_end(p, &d, p->ops->make(p->arg, made), "making an object");
    }
    if (EDO_MISUSE(err >= 0 && !*made, "make of an edo_pool returned 0 without an object"))
        return -EDO_EMISUSE;
    return err < 0 ? err : 0;
}

/* Has `make` failed with `err` because there can be no more for now? */
static bool pool_may_be_full(const edo_pool *p, int err) {
    if (!p->ops->is_full) return false;
    edo_no_await_begin();
    bool is_full = p->ops->is_full(p->arg, err);
    edo_no_await_end();
    return is_full;
}

/* No object was made. Returns 1 if the get had better wait, else `err`. */
static int lend_make_failed(lend_get *g, int err) {
    edo_pool *p = g->pool;
    if (!pool_may_be_full(p, err)) {
        edoi_pool_not_made(p, &g->user, err != -ECANCELED && err != -ENOMEM);
        return err;
    }
    const edo_trail_entry *why = edo_trail_find(err);
    bool begins = edoi_pool_not_made_full(p, &g->user, why ? why->text : edo_strerror(err));
    return !begins || edoi_pool_full_begin(p) ? 1 : err;
}

/* Makes one; the caller has the right to it. 1: the pool is full. */
static int lend_make(lend_get *g, edoi_pool_object **out) {
    edo_pool *p = g->pool;
    edo_instant began = p->times.create ? edo_now() : (edo_instant){ 0 };
    edoi_pool_object *o = edoi_calloc(1, sizeof *o);
    edoi_trail_kept kept = edoi_trail_keep(); // of a make that is made up for nothing is told
    int err = o ? object_make(p, &o->made) : -ENOMEM;
    if (err < 0) {
        edoi_free(o);
        return edoi_trail_kept_end(kept, lend_make_failed(g, err));
    }
    (void)edoi_trail_kept_end(kept, 0);
    o->pool = p;
    o->info.made_at = edo_now();
    edo_hist_record_time(p->times.create, edo_instant_since(o->info.made_at, began));
    o->age_max = object_age_max(p);
    edoi_pool_made(o, &g->user);
    *out = o;
    return 0;
}

/* An idle object is unfit: ends it, and takes another one, or the right to make one, instead. */
static int lend_again(lend_get *g, edoi_pool_object **o) {
    object_end(*o);
    int err = edoi_pool_exchange(*o, &g->user, o);
    return EDOI_LIKELY(err != -EAGAIN) ? err : lend_wait(g, true, o);
}

void edoi_pool_give_back(edoi_pool_object *o, bool stays) {
    edo_pool *p = o->pool;
    switch (stays ? edoi_pool_keep(o) : EDOI_POOL_NOT_KEPT) {
    case EDOI_POOL_KEPT: break;
    case EDOI_POOL_KEPT_AND_SWEEP: edoi_pool_sweeper_begin(p); break;
    case EDOI_POOL_NOT_KEPT: edoi_pool_end_object(o); break;
    }
}

/* ---- Public ---------------------------------------------------------------------------------- */

/* Lends the object `*o`, or another if it is unfit; makes one if it is NULL. 1: the pool is full.
 */
static int lend_fit_or_make(lend_get *g, edoi_pool_object **o) {
    int err = 0;
    while (err == 0 && *o && (err = object_fit(g->pool, *o, g->user.since)) == 1)
        err = lend_again(g, o);
    if (err == 0 && !*o) return lend_make(g, o);
    if (err == -ECANCELED && *o) edoi_pool_end_object(*o);
    return err;
}

/* Waits, as others do, where no more can be made. */
static int lend_where_full(lend_get *g, edoi_pool_object **o) {
    int err = 1;
    while (err == 1) {
        err = lend_wait(g, true, o); // what is told at last is told by lend_fail()
        if (err == 0) err = lend_fit_or_make(g, o);
    }
    return err;
}

/* Counts a get that began at `began`, which is 0 where times are not counted. */
static void lend_count(edo_pool *p, edoi_pool_object *o, edo_instant began) {
    if (EDOI_LIKELY(!p->times.wait)) return;
    o->lent_at = edo_now();
    edo_hist_record_time(p->times.wait, edo_instant_since(o->lent_at, began));
}

int edo_pool_get_at(edo_pool *p, edo_pool_lease *lease, const char *place) {
    lend_get g = { .pool = p,
                   .user = { .place = place,
                             .task = edo_task_current_id(),
                             .name = edo_task_current_name(),
                             .since = edo_now_coarse() } };
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS))) g.user.taker = edoi_permit_taker_here();
    edoi_pool_object *o = NULL;
    edo_instant began = EDOI_UNLIKELY(p->times.wait) ? edo_now() : (edo_instant){ 0 };
    *lease = (edo_pool_lease){ .object = NULL };
    int err = edo_budget_consume();
    if (err == 0) err = lend_take(&g, &o);
    if (err == 0) err = lend_fit_or_make(&g, &o);
    if (EDOI_UNLIKELY(err == 1)) err = lend_where_full(&g, &o);
    if (err < 0) return err;
    lend_count(p, o, began);
    lease->object = o->made;
    lease->of = o;
    return 0;
}

/* If another task than the one of the get gives the lease back, leases change hands: from now on
 * the pool's users are unknown. */
static EDOI_NOINLINE void lease_note_end(edoi_pool_object *o) {
    const edoi_permit_taker here = edoi_permit_taker_here();
    o->is_given_back = edoi_permit_takers_equal(&here, &o->user.taker);
    if (!o->is_given_back && o->user.taker.who != 0) edoi_permits_lose(o->pool, &o->pool->number);
}

/* Takes the lease; NULL: it was given back already. */
static edoi_pool_object *lease_take(edo_pool_lease *lease) {
    edoi_pool_object *o = lease->of;
    if (EDO_MISUSE(!o, "a lease of an edo_pool is given back twice, or was never got")) return NULL;
    *lease = (edo_pool_lease){ .object = NULL };
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN))) lease_note_end(o);
    edo_hist *use = o->pool->times.use;
    if (EDOI_UNLIKELY(use)) edo_hist_record_time(use, edo_instant_since(edo_now(), o->lent_at));
    return o;
}

void edo_pool_put(edo_pool_lease *lease) {
    edoi_pool_object *o = lease_take(lease);
    if (!o) return;
    o->info.kept_at = edo_now_coarse();
    o->info.gets_n++;
    bool is_old = edo_instant_since(o->info.kept_at, o->info.made_at).ns >= o->age_max.ns;
    edoi_pool_give_back(o, !is_old);
}

void edo_pool_drop(edo_pool_lease *lease) {
    edoi_pool_object *o = lease_take(lease);
    if (o) edoi_pool_end_object(o);
}

void *edo_pool_take(edo_pool_lease *lease) {
    void *made = lease->object;
    edoi_pool_object *o = lease_take(lease);
    if (o) edoi_pool_leave(o);
    return made;
}

int edo_pool_run_at(edo_pool *p, edo_pool_run_fn *fn, void *arg, const char *place) {
    edo_pool_lease lease;
    int err = edo_pool_get_at(p, &lease, place);
    if (err < 0) return err;
    err = fn(&lease, arg);
    if (lease.of) edo_pool_put(&lease);
    return err;
}

edo_pool_info edo_pool_get_info(const edo_pool_lease *lease) {
    return lease->of->info;
}
