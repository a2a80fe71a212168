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
 * inv. 2: a member has two references: the set's, and that of the thread that takes it out; one of
 *         a blocking job a third, its task's until that begins.
 * inv. 3: a member with a key comes into the set and into the tree of keys under one hold of the
 *         set's lock. It leaves the tree when another one takes its key, and is `is_replaced` from
 *         then on; or else when it is taken out, before its handle is given back. So a task that
 *         is found in the tree is alive, and the tree has one of each key.
 *
 * In a child of fork the tree is the parent's, perhaps in the middle of a change: it is forgotten
 * there at the first use, and members that were in it do not leave it. */
#include <edo/task_set.h>

#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "future/budget.h"
#include "future/future_set.h"
#include "future/treap.h"
#include "runtime/scope/ctx.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/task.h"
#include "runtime/worker/wake.h"

#include <edo/blocking.h>

#include <errno.h>
#include <stddef.h>

typedef struct member {
    edoi_set_child place; /* first */
    edo_task_join_future wait;
    edo_task *task; /* inv. 1 */
    void *arg;
    edo_task_fn *job;    /* const; of a blocking job, else NULL */
    edo_task_set *keyed; /* const; the set, of a member with a key, else NULL */
    uint64_t key;        /* const */
    edoi_treap node;     /* in the tree of keys. lock: the set's */
    uint32_t forks;      /* of the tree that it is in, as `keys_forks`; 0: none. lock: the set's */
    bool is_replaced;    /* inv. 3. lock: the set's */
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

/* ---- Keys: the set's lock held --------------------------------------------------------------- */

static uint64_t member_key_of(const edoi_treap *n) {
    const char *m = (const char *)n - offsetof(member, node);
    return ((const member *)(const void *)m)->key;
}

/* The tree, which is empty in a child of fork that has added nothing: `waits` is its own by now. */
static edoi_treap **task_set_keys(edo_task_set *set) {
    uint32_t own = edoi_load_rlx_u32(&set->waits.forks); // relaxed: stored before we had the lock
    if (EDOI_UNLIKELY(set->keys_forks != own)) {
        set->keys = NULL;
        set->keys_forks = own;
    }
    return &set->keys;
}

/* The member that has `key`; NULL: there is none. */
static member *task_set_find(edo_task_set *set, uint64_t key) {
    edoi_treap *n = edoi_treap_find(*task_set_keys(set), key, member_key_of);
    return n ? EDO_CONTAINER_OF(n, member, node) : NULL;
}

static void member_leave_keys(member *m) {
    edo_task_set *set = m->keyed;
    edoi_treap **root = task_set_keys(set);
    if (m->forks == set->keys_forks) edoi_treap_remove(root, &m->node, member_key_of);
    m->forks = 0;
}

/* Gives `m` its key; returns the claim on the task that had it, which is cancelled. */
static edo_waker *member_take_key(member *m) {
    edo_task_set *set = m->keyed;
    edo_waker *claimed = NULL;
    member *old = task_set_find(set, m->key);
    if (old) {
        member_leave_keys(old);
        old->is_replaced = true;
        set->replaced_n++;
        claimed = edoi_task_mark_cancel(old->task, EDO_CANCEL_ASKED); // inv. 3: it is alive
    }
    edoi_treap_add(task_set_keys(set), &m->node, member_key_of);
    m->forks = set->keys_forks;
    EDO_INV("task_set inv. 3", task_set_find(set, m->key) == m);
    return claimed;
}

/* Takes the lock. Called for each member that has a key and has left the set; true: another one has
 * taken its place. */
static bool member_give_up_key(member *m) {
    edo_task_set *set = m->keyed;
    edoi_set_acquire(&set->waits);
    EDO_INV("task_set inv. 3", !m->is_replaced || m->forks == 0);
    bool is_replaced = m->is_replaced;
    if (is_replaced)
        set->replaced_n--;
    else
        member_leave_keys(m);
    edoi_lock_release(&set->waits.lock);
    return is_replaced;
}

/* Takes the lock. */
bool edo_task_set_has(edo_task_set *set, uint64_t key) {
    edoi_set_acquire(&set->waits);
    bool has = task_set_find(set, key) != NULL;
    edoi_lock_release(&set->waits.lock);
    return has;
}

/* Takes the lock. */
bool edo_task_set_cancel(edo_task_set *set, uint64_t key) {
    edoi_set_acquire(&set->waits);
    member *m = task_set_find(set, key);
    edo_waker *claimed = m ? edoi_task_mark_cancel(m->task, EDO_CANCEL_ASKED) : NULL;
    edoi_lock_release(&set->waits.lock);
    edo_waker_deliver(claimed);
    return m != NULL;
}

/* ---- Spawning -------------------------------------------------------------------------------- */

/* A member that comes into the set. */
typedef struct arrival {
    const edo_task_set *set;
    edo_waker *claimed;  /* of a task that was cancelled at once; NULL: nothing to deliver */
    edo_waker *replaced; /* likewise, of the one whose key it has taken */
} arrival;

/* Called with the set's lock held: has the task ended? While the set is being stopped the task is
 * cancelled. */
static bool task_set_arrive(void *arg, edo_future *wait) {
    arrival *a = arg;
    member *m = task_set_member_of(wait);
    if (m->keyed) a->replaced = member_take_key(m);
    // Relaxed: a stop stores 1 before it takes the set's lock to cancel the members. It sees this
    // one there, or released the lock before.
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&a->set->stopping)))
        a->claimed = edoi_task_mark_cancel(m->task, EDO_CANCEL_ASKED); // inv. 1
    return edoi_task_is_done(m->task);
}

/* The task of a blocking job. If the runtime abandons it before it begins, the member's memory
 * stays, too. */
static int member_run_job(void *arg) {
    member *m = arg;
    edo_task_fn *job = m->job;
    void *job_arg = m->arg;
    edo_waker_unref(&m->place.base);
    return edo_blocking(job, job_arg);
}

/* What a spawn is asked for. */
typedef struct wish {
    edo_task_fn *fn;
    void *arg;
    const edo_spawn_opts *opts;
    const char *site;
    uint64_t key;
    bool has_key;
    bool is_job;     /* `fn` runs on the blocking pool */
    bool has_handle; /* the caller gets one */
} wish;

/* Returns the task, alive as long as the caller has a handle or it is in the set; NULL: `*err` is
 * set. */
static edo_task *task_set_spawn(edo_task_set *set, const wish *w, int *err) {
    edoi_set_enters(set ? &set->waits : NULL);
    *err = set->failure;
    if (*err < 0) return NULL;
    member *m = edoi_cache_get(sizeof *m);
    *err = -ENOMEM;
    if (!m) return NULL;
    m->arg = w->arg;
    m->job = w->is_job ? w->fn : NULL;
    m->keyed = w->has_key ? set : NULL;
    m->key = w->key;
    m->forks = 0;
    m->is_replaced = false;
    // Before the spawn: the task of a job may begin at once, and gives its reference back.
    edoi_set_child_init(&m->place, &m->wait.base, sizeof *m, w->is_job ? 3 : 2);
    edo_task *t = w->is_job ? edo_spawn_with_at(member_run_job, m, w->opts, w->site)
                            : edo_spawn_with_at(w->fn, w->arg, w->opts, w->site);
    if (!t) {
        *err = edo_task_join(NULL);
        edoi_cache_put(m, sizeof *m);
        return NULL;
    }
    if (w->has_handle) (void)edo_task_ref(t);
    m->task = t;
    (void)edo_task_wait_init(&m->wait, t);
    (void)edoi_task_join_begin(&m->wait, &m->place.base); // false: task_set_arrive() says so, too
    arrival a = { set, NULL, NULL };
    edoi_set_add(&set->waits, &m->place, task_set_arrive, &a);
    edo_waker_deliver(a.claimed);
    edo_waker_deliver(a.replaced);
    return t;
}

static int task_set_spawn_only(edo_task_set *set, const wish *w) {
    int err;
    return task_set_spawn(set, w, &err) ? 0 : err;
}

int edo_task_set_spawn_at(edo_task_set *set, edo_task_fn *fn, void *arg, const char *site) {
    return task_set_spawn_only(set, &(wish){ .fn = fn, .arg = arg, .site = site });
}

int edo_task_set_spawn_with_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                               const edo_spawn_opts *opts, const char *site) {
    return task_set_spawn_only(set, &(wish){ .fn = fn, .arg = arg, .opts = opts, .site = site });
}

edo_task *edo_task_set_spawn_handle_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                                       const char *site) {
    int err;
    const wish w = { .fn = fn, .arg = arg, .site = site, .has_handle = true };
    edo_task *t = task_set_spawn(set, &w, &err);
    if (!t) edoi_ctx_here()->spawn_error = err;
    return t;
}

int edo_task_set_spawn_keyed_at(edo_task_set *set, uint64_t key, edo_task_fn *fn, void *arg,
                                const char *site) {
    const wish w = { .fn = fn, .arg = arg, .site = site, .key = key, .has_key = true };
    return task_set_spawn_only(set, &w);
}

int edo_task_set_spawn_blocking_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                                   const char *site) {
    return task_set_spawn_only(set, &(wish){ .fn = fn, .arg = arg, .site = site, .is_job = true });
}

/* ---- The next -------------------------------------------------------------------------------- */

/* Takes from the member what the set's owner wants to know; false: nothing, as another one has
 * taken its place. */
static bool task_ended_take(edo_task_ended *ended, edo_future *wait) {
    member *m = task_set_member_of(wait);
    bool is_wanted = !m->keyed || !member_give_up_key(m);
    if (is_wanted) {
        ended->arg = m->arg;
        ended->id = edo_task_id(m->task);
        ended->result = edo_result(&m->wait);
        ended->outcome = edo_task_get_outcome(m->task);
        ended->key = m->key;
    } else if (edo_result(&m->wait) < 0) {
        edoi_trail_drop(edo_result(&m->wait));
    }
    member_let_go(m);
    return is_wanted;
}

static edo_polled task_set_next_poll(edo_future *base, edo_cx *cx) {
    edo_task_set_join_next_future *f = (edo_task_set_join_next_future *)(void *)base;
    for (;;) {
        if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
        if (edo_poll(&f->inner.base, cx) == EDO_PENDING) return EDO_PENDING;
        int rc = edo_result(&f->inner);
        if (rc <= 0 || task_ended_take(f->ended, f->done)) return edo_future_finish(base, rc);
        (void)edo_future_set_done_next_init(&f->inner, f->inner.set, &f->done);
    }
}

static void task_set_next_drop(edo_future *base) {
    edo_task_set_join_next_future *f = (edo_task_set_join_next_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(&f->inner.base);
    edo_future_retire(base);
}

static void task_set_next_describe(const edo_future *base, edo_description *to) {
    const edo_future *inner =
        &((const edo_task_set_join_next_future *)(const void *)base)->inner.base;
    inner->ops->describe(inner, to);
}

edo_future *edo_task_set_join_next_init(edo_task_set_join_next_future *f, edo_task_set *set,
                                        edo_task_ended *ended) {
    static const edo_future_ops ops = { .poll = task_set_next_poll,
                                        .drop = task_set_next_drop,
                                        .name = "edo_task_set_join_next",
                                        .size = sizeof(edo_task_set_join_next_future),
                                        .describe = task_set_next_describe };
    (void)edo_future_set_done_next_init(&f->inner, &set->waits, &f->done);
    f->ended = ended;
    return edo_future_init(&f->base, &ops);
}

int edo_task_set_join_next(edo_task_set *set, edo_task_ended *ended) {
    edo_task_set_join_next_future f;
    return edo_await(edo_task_set_join_next_init(&f, set, ended));
}

int edo_task_set_try_join_next(edo_task_set *set, edo_task_ended *ended) {
    edo_task_set_join_next_future f;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = EDO_BUDGET }; // a try takes no budget
    edo_future *next = edo_task_set_join_next_init(&f, set, ended);
    edo_polled polled = edo_poll(next, &cx);
    while (polled == EDO_PENDING && cx.budget == 0) { // it was spent on tasks that were replaced
        cx.budget = EDO_BUDGET;
        polled = edo_poll(next, &cx);
    }
    edo_drop(next);
    return polled == EDO_READY ? edo_result(&f) : -EAGAIN;
}

/* ---- All ------------------------------------------------------------------------------------- */

int edo_task_set_join_all(edo_task_set *set) {
    edo_task_ended ended;
    edoi_trail *trail = NULL;
    int err, failure = 0;
    edoi_trail_kept kept = edoi_trail_keep();
    while ((err = edo_task_set_join_next(set, &ended)) > 0) {
        if (ended.result >= 0 || failure < 0) continue;
        failure = ended.result;
        trail = edoi_trail_take(failure);
    }
    if (err < 0) { // tasks are left
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
    while ((err = edo_task_set_join_next(set, &ended)) > 0) continue;
    edoi_store_rlx_u32(&set->stopping,
                       0); // relaxed: as in task_set_arrive(), but no spawn depends on it
    return edoi_trail_kept_end(kept, err);
}

static void set_child_detach(edoi_set_child *place) {
    member *m = (member *)(void *)place;
    if (m->keyed) (void)member_give_up_key(m);
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
    edoi_set_acquire(&set->waits);
    size_t len = set->waits.len, replaced_n = set->replaced_n;
    edoi_lock_release(&set->waits.lock);
    // One that is being taken by another thread may still count as replaced.
    return len > replaced_n ? len - replaced_n : 0;
}
