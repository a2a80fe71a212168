/* SPDX-License-Identifier: MIT */
/* sync/task_set.c: a set of futures that wait for the ends of tasks (contract: edo/task_set.h).
 *
 * A task in a set has a member: its place in the set of futures, and the wait for its end. The
 * wait is registered with the task before the member is put into the set, and the set polls it only
 * when the task has ended: once, whatever else is in the set.
 *
 * inv. 1: a member that is in the set has a handle of its task, which is given back by the thread
 *         that takes the member out. So under the set's lock each task is alive.
 *         A claimed task is held by the thread that has claimed it until that delivers it.
 * inv. 2: a member has two references: the set's, and that of the thread that takes it out. */
#include <edo/task_set.h>

#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "future/budget.h"
#include "future/future_set.h"
#include "runtime/scope/ctx.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/task.h"
#include "runtime/worker/wake.h"

#include <errno.h>

typedef struct member {
    edoi_set_child place; /* first */
    edo_task_join_future wait;
    edo_task *task; /* inv. 1 */
    void *arg;
} member;

static member *task_set_member_of(edo_future *wait) {
    return EDO_CONTAINER_OF(wait, member, wait.base);
}

/* Gives back what the member holds, and the reference of the thread that has taken it out. */
static void member_let_go(member *m) {
    EDO_INV("task_set inv. 2", edoi_load_rlx_u32(&m->place.refs) > 0);
    edo_task_unref(m->task);
    edo_waker_unref(&m->place.base);
}

void edo_task_set_init(edo_task_set *set, const edo_task_set_opts *opts) {
    *set = (edo_task_set){ .waits = EDO_FUTURE_SET_INIT };
    if (!opts) return;
    set->waits.in_order = opts->ordered;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) set->failure = -EINVAL;
}

/* ---- Spawning -------------------------------------------------------------------------------- */

/* A member that comes into the set. */
typedef struct arrival {
    const edo_task_set *set;
    edo_waker *claimed; /* of a task that was cancelled at once; NULL: nothing to deliver */
} arrival;

/* Called with the set's lock held: has the task ended? While the set is being stopped the task is
 * cancelled. */
static bool task_set_arrive(void *arg, edo_future *wait) {
    arrival *a = arg;
    edo_task *t = task_set_member_of(wait)->task;
    // Relaxed: a stop stores 1 before it takes the set's lock to cancel the members. It sees this
    // one there, or released the lock before.
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&a->set->stopping)))
        a->claimed = edoi_task_mark_cancel(t, EDO_CANCEL_ASKED); // inv. 1
    return edoi_task_is_done(t);
}

/* Returns the task, alive as long as the caller has a handle or it is in the set; NULL: `*err` is
 * set. `wanted`: the caller gets a handle. */
static edo_task *task_set_spawn(edo_task_set *set, edo_task_fn *fn, void *arg,
                                const edo_spawn_opts *opts, const char *site, bool wanted,
                                int *err) {
    edoi_set_enters(set ? &set->waits : NULL);
    *err = set->failure;
    if (*err < 0) return NULL;
    member *m = edoi_cache_get(sizeof *m);
    *err = -ENOMEM;
    if (!m) return NULL;
    edo_task *t = edo_spawn_with_at(fn, arg, opts, site);
    if (!t) {
        *err = edo_task_join(NULL);
        edoi_cache_put(m, sizeof *m);
        return NULL;
    }
    if (wanted) (void)edo_task_ref(t);
    m->task = t;
    m->arg = arg;
    edoi_set_child_init(&m->place, edo_task_wait_init(&m->wait, t), sizeof *m, 2);
    (void)edoi_task_join_begin(&m->wait, &m->place.base); // false: task_set_arrive() says so, too
    arrival a = { set, NULL };
    edoi_set_add(&set->waits, &m->place, task_set_arrive, &a);
    edo_waker_deliver(a.claimed);
    return t;
}

int edo_task_set_spawn_at(edo_task_set *set, edo_task_fn *fn, void *arg, const char *site) {
    int err;
    return task_set_spawn(set, fn, arg, NULL, site, false, &err) ? 0 : err;
}

int edo_task_set_spawn_with_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                               const edo_spawn_opts *opts, const char *site) {
    int err;
    return task_set_spawn(set, fn, arg, opts, site, false, &err) ? 0 : err;
}

edo_task *edo_task_set_spawn_handle_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                                       const char *site) {
    int err;
    edo_task *t = task_set_spawn(set, fn, arg, NULL, site, true, &err);
    if (!t) edoi_ctx_here()->spawn_error = err;
    return t;
}

/* ---- The next -------------------------------------------------------------------------------- */

/* Takes from the member what the set's owner wants to know. */
static void task_ended_take(edo_task_ended *ended, edo_future *wait) {
    member *m = task_set_member_of(wait);
    ended->arg = m->arg;
    ended->id = edo_task_id(m->task);
    ended->result = edo_result(&m->wait);
    ended->outcome = edo_task_get_outcome(m->task);
    member_let_go(m);
}

static edo_polled task_set_next_poll(edo_future *base, edo_cx *cx) {
    edo_task_set_next_future *f = (edo_task_set_next_future *)(void *)base;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    if (edo_poll(&f->inner.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = edo_result(&f->inner);
    if (err == 0) task_ended_take(f->ended, f->done);
    return edo_future_finish(base, err);
}

static void task_set_next_drop(edo_future *base) {
    edo_task_set_next_future *f = (edo_task_set_next_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(&f->inner.base);
    edo_future_retire(base);
}

static void task_set_next_describe(const edo_future *base, edo_description *to) {
    const edo_future *inner = &((const edo_task_set_next_future *)(const void *)base)->inner.base;
    inner->ops->describe(inner, to);
}

edo_future *edo_task_set_next_init(edo_task_set_next_future *f, edo_task_set *set,
                                   edo_task_ended *ended) {
    static const edo_future_ops ops = { .poll = task_set_next_poll,
                                        .drop = task_set_next_drop,
                                        .name = "edo_task_set_next",
                                        .size = sizeof(edo_task_set_next_future),
                                        .describe = task_set_next_describe };
    (void)edo_future_set_next_init(&f->inner, &set->waits, &f->done);
    f->ended = ended;
    return edo_future_init(&f->base, &ops);
}

int edo_task_set_next(edo_task_set *set, edo_task_ended *ended) {
    edo_task_set_next_future f;
    return edo_await(edo_task_set_next_init(&f, set, ended));
}

int edo_task_set_try_next(edo_task_set *set, edo_task_ended *ended) {
    edo_task_set_next_future f;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = EDO_BUDGET }; // a try takes no budget
    edo_polled polled = edo_poll(edo_task_set_next_init(&f, set, ended), &cx);
    edo_drop(&f.base);
    return polled == EDO_READY ? edo_result(&f) : -EAGAIN;
}

/* ---- All ------------------------------------------------------------------------------------- */

int edo_task_set_join_all(edo_task_set *set) {
    edo_task_ended ended;
    edoi_trail *trail = NULL;
    int err, failure = 0;
    edoi_trail_kept kept = edoi_trail_keep();
    while ((err = edo_task_set_next(set, &ended)) == 0) {
        if (ended.result >= 0 || failure < 0) continue;
        failure = ended.result;
        trail = edoi_trail_take(failure);
    }
    if (err != -EDO_ENOBRANCH) { // tasks are left
        edoi_trail_free(trail);
        return edoi_trail_kept_end(kept, err);
    }
    (void)edoi_trail_kept_end(kept, 0); // a later failure's
    edoi_trail_give(trail);
    return failure;
}

static void task_set_mark(void *claimed, edo_future *wait) {
    edo_task **first = claimed;
    edo_task *t = task_set_member_of(wait)->task;
    EDO_INV("task_set inv. 1", TASK_REFS(edoi_load_rlx_u32(&t->word)) > 0);
    edo_waker *w = edoi_task_mark_cancel(t, EDO_CANCEL_ASKED);
    if (!w) return;
    edoi_task_of(w)->next = *first; // a claimed task is held by this thread
    *first = edoi_task_of(w);
}

void edo_task_set_cancel_all(edo_task_set *set) {
    edo_task *claimed = NULL;
    edoi_set_each(&set->waits, task_set_mark, &claimed);
    while (claimed) {
        edo_task *next = claimed->next;
        edo_waker_deliver(&claimed->waker);
        claimed = next;
    }
}

/* Cancels the members, and those that come until `stopping` is 0 again. */
static void task_set_stop(edo_task_set *set) {
    edoi_store_rlx_u32(&set->stopping, 1); // relaxed: see task_set_arrive()
    edo_task_set_cancel_all(set);
}

int edo_task_set_shutdown(edo_task_set *set) {
    edo_task_ended ended;
    edoi_trail_kept kept = edoi_trail_keep();
    task_set_stop(set);
    int err;
    while ((err = edo_task_set_next(set, &ended)) == 0) continue;
    edoi_store_rlx_u32(&set->stopping,
                       0); // relaxed: as in task_set_arrive(), but no spawn depends on it
    return edoi_trail_kept_end(kept, err == -EDO_ENOBRANCH ? 0 : err);
}

static void set_child_detach(edoi_set_child *place) {
    member *m = (member *)(void *)place;
    edo_drop(&m->wait.base);
    edo_waker_unref(&place->base); // the set's
    member_let_go(m);
}

void edo_task_set_detach_all(edo_task_set *set) {
    edoi_set_clear(&set->waits, set_child_detach);
}

void edo_task_set_deinit(edo_task_set *set) {
    task_set_stop(set);
    edo_task_set_detach_all(set);
    edoi_store_rlx_u32(&set->stopping, 0); // relaxed: no other thread uses the set
}

size_t edo_task_set_len(edo_task_set *set) {
    return edo_future_set_len(&set->waits);
}
