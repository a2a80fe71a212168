/* SPDX-License-Identifier: MIT */
/* future/future_set.c: futures polled only when woken.
 *
 * Each future in a set has a child, the waker that it is polled with. Waking a child appends it to
 * the set's ready list and marks the waker of a waiting next, if any. The poll of a next takes
 * children off that list until one is finished or the list is empty; only then does it store its
 * own waker in the set, so a child woken meanwhile costs no wake of the task.
 *
 * A wake may come long after the child's future is finished, or the set is gone, by a kept waker
 * (edo_waker_ref()). So a child is reference-counted, and a lock of its own guards its pointer to
 * the set.
 *
 * Locks: the child's `own`, then the set's `lock`, then the locks taken by the mark of the next's
 * waker. Nothing is polled, dropped or delivered with these locks held.
 *
 * inv. 1: a child with a `set` is in that set's list of all, and its future is neither finished nor
 *         dropped, except the one being polled. Without a set its wakes have no effect.
 * inv. 2: a child is `queued` exactly while it is in the ready list.
 * inv. 3: `waker` is set only while a next is pending and found no child to poll: the thread that
 *         then adds one takes the waker and marks it.
 * inv. 4: a set holds one of the `refs` of each of its children.
 * inv. 5: with `in_order` only the first of all children is polled, once it is queued.
 * inv. 6: the tree has the children from the first up to `indexed`, and no others. It is its
 *         owner's: the thread that removes, polls or clears, one at a time. Without the lock that
 *         thread may read the links of all children but the last, since a push changes only those
 *         of the last. Only a set of edo_future_set_push() has one: its children are `pushed`. */
#include "future/future_set.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/cache.h"
#include "future/budget.h"
#include "future/treap.h"

#include <errno.h>
#include <stddef.h>

#define HASTY_MAX  2u  /* children that woke themselves, after which the task yields */
#define LATEST_MAX 64u /* children that a push is compared with */

typedef edoi_set_child child;

/* A child of edo_future_set_push(): it may be searched for. */
typedef struct pushed {
    child child;     /* first */
    edoi_treap node; /* inv. 6 */
} pushed;

static child *of_waker(edo_waker *w) {
    return (child *)(void *)w;
}

/* Its place in the tree is that of its future's address. */
static uint64_t address_of(const edoi_treap *n) {
    const char *p = (const char *)n - offsetof(pushed, node);
    return (uint64_t)(uintptr_t)((const pushed *)(const void *)p)->child.future;
}

static edoi_treap *child_node(child *c) {
    return &((pushed *)(void *)c)->node;
}

/* ---- The lists: set->lock held --------------------------------------------------------------- */

/* Relaxed: only a dump reads the length without the lock. */
static void len_add(edo_future_set *set, size_t n) {
    EDOI_ATOMIC_STORE(&set->len, set->len + n, EDOI_RELAXED);
}

static void all_push(edo_future_set *set, child *c) {
    c->prev = set->last;
    *(set->last ? &set->last->next : &set->first) = c;
    set->last = c;
    len_add(set, 1);
}

static void all_remove(edo_future_set *set, child *c) {
    EDO_INV("future_set inv. 1", set->len > 0);
    *(c->prev ? &c->prev->next : &set->first) = c->next;
    *(c->next ? &c->next->prev : &set->last) = c->prev;
    len_add(set, (size_t)-1);
}

static void ready_push(edo_future_set *set, child *c) {
    if (c->queued) return;
    c->queued = true;
    c->ready_next = NULL;
    c->ready_prev = set->ready_last;
    *(set->ready_last ? &set->ready_last->ready_next : &set->ready_first) = c;
    set->ready_last = c;
}

static void ready_remove(edo_future_set *set, child *c) {
    if (!c->queued) return;
    c->queued = false;
    *(c->ready_prev ? &c->ready_prev->ready_next : &set->ready_first) = c->ready_next;
    *(c->ready_next ? &c->ready_next->ready_prev : &set->ready_last) = c->ready_prev;
}

/* The child that the next may poll; NULL: none. */
static child *future_set_due(const edo_future_set *set) {
    if (EDOI_LIKELY(!set->in_order)) return set->ready_first;
    return set->first && set->first->queued ? set->first : NULL; // inv. 5
}

/* Marks the waker of a waiting next, if any: inv. 3. */
static edo_waker *waiter_mark(edo_future_set *set) {
    edo_waker *w = set->waker;
    set->waker = NULL;
    return w ? edo_waker_mark(w) : NULL;
}

static size_t future_set_check_ready(const edo_future_set *set) {
    const child *prev = NULL;
    size_t n = 0;
    for (const child *c = set->ready_first; c; c = c->ready_next, n++) {
        EDO_INV("future_set inv. 2", c->queued && c->ready_prev == prev);
        prev = c;
    }
    EDO_INV("future_set inv. 2", n == 0 || set->ready_last == prev);
    return n;
}

void edoi_set_check(const edo_future_set *set) {
    const child *prev = NULL;
    size_t n = 0, queued_n = 0;
    bool indexed = set->indexed != NULL;
    for (const child *c = set->first; c; c = c->next, n++) {
        EDO_INV("future_set inv. 1", c->set == set && c->prev == prev);
        EDO_INV("future_set inv. 4", edoi_load_rlx_u32(&c->refs) > 0);
        EDO_INV("future_set inv. 6", c->in_tree == indexed);
        if (c == set->indexed) indexed = false;
        queued_n += c->queued;
        prev = c;
    }
    EDO_INV("future_set inv. 1", n == set->len);
    EDO_INV("future_set inv. 2", future_set_check_ready(set) == queued_n);
    EDO_INV("future_set inv. 3", !set->waker || !future_set_due(set));
}

/* ---- A child as a waker ---------------------------------------------------------------------- */

/* Returns the claim on the task of the waiting next: that is delivered. */
static edo_waker *child_mark(edo_waker *w) {
    child *c = of_waker(w);
    edo_waker *marked = NULL;
    edoi_lock_acquire(&c->own);
    edo_future_set *set = c->set;
    if (set) {
        edoi_lock_acquire(&set->lock);
        ready_push(set, c);
        if (EDOI_LIKELY(!set->in_order) || set->first == c) marked = waiter_mark(set);
        edoi_lock_release(&set->lock);
    }
    edoi_lock_release(&c->own);
    return marked;
}

static void child_deliver(edo_waker *w) {
    (void)w;
    (void)EDO_NEVER(true); // a mark never returns a child
}

static void child_ref(edo_waker *w) {
    (void)edoi_add_rlx_u32(&of_waker(w)->refs, 1); // relaxed: the caller's reference keeps it alive
}

/* Gives a reference back; true: it was the last. */
EDOI_INLINE bool is_last(child *c) {
    // FS1: pairs with FS1: the last reference frees after all other accesses
    return edoi_sub_acqrel_u32(&c->refs, 1) == 1;
}

static void child_unref(edo_waker *w) {
    child *c = of_waker(w);
    if (is_last(c)) edoi_cache_put(c, sizeof(pushed));
}

static const edo_waker_ops child_ops = { child_mark, child_deliver, child_ref, child_unref };

/* As child_unref(), of a child of edoi_set_child_init(), which is part of a larger object. */
static void place_unref(edo_waker *w) {
    child *c = of_waker(w);
    if (is_last(c)) edoi_cache_put(c, c->bytes);
}

static const edo_waker_ops place_ops = { child_mark, child_deliver, child_ref, place_unref };

/* ---- The tree: inv. 6; no lock held, so that no wake waits for its size ---------------------- */

static void tree_add(edo_future_set *set, child *c) {
    edoi_treap_add(&set->root, child_node(c), address_of);
    c->in_tree = true;
    set->indexed = c;
}

static void tree_remove(edo_future_set *set, child *c) {
    edoi_treap_remove(&set->root, child_node(c), address_of);
    c->in_tree = false;
    if (set->indexed == c) set->indexed = c->prev;
}

/* Returns a child of `f`; NULL: it is not in the set. */
static child *future_set_find(edo_future_set *set, const edo_future *f) {
    edoi_lock_acquire(&set->lock);
    child *c = set->indexed ? set->indexed->next : set->first, *last = set->last;
    edoi_lock_release(&set->lock);
    for (; c; c = c == last ? NULL : c->next) tree_add(set, c);
    edoi_treap *found = edoi_treap_find(set->root, (uint64_t)(uintptr_t)f, address_of);
    return found ? &EDO_CONTAINER_OF(found, pushed, node)->child : NULL;
}

/* Removes a child from its set: from now on its wakes have no effect. */
static void child_leave(edo_future_set *set, child *c) {
    edoi_lock_acquire(&c->own);
    c->set = NULL;
    edoi_lock_release(&c->own);
    if (EDOI_UNLIKELY(c->in_tree)) tree_remove(set, c);
    edoi_lock_acquire(&set->lock);
    ready_remove(set, c);
    all_remove(set, c);
    edoi_lock_release(&set->lock);
}

/* ---- The set --------------------------------------------------------------------------------- */

void edo_future_set_init(edo_future_set *set) {
    *set = (edo_future_set)EDO_FUTURE_SET_INIT;
}

/* ---- In a child of fork ---------------------------------------------------------------------- */

static edoi_lock inheriting; /* held while a set is taken over; no other lock is taken under it */

EDOI_ON_FORK(.lock = &inheriting);

/* Another thread of the parent may have held the set's lock, or a child's, in the middle of a wake
 * or a push; and a waiting or polling next may have belonged to a thread that does not exist here.
 * So all futures are polled again. */
static void renew(edo_future_set *set) {
    set->lock = (edoi_lock)EDOI_LOCK_INIT;
    set->polling = false;
    set->waiter = NULL;
    set->waker = NULL;
    set->ready_first = set->ready_last = set->last = set->indexed = NULL;
    set->root = NULL;
    set->len = 0;
    for (child *c = set->first; c; c = c->next) {
        c->own = (edoi_lock)EDOI_LOCK_INIT;
        c->queued = c->in_tree = false;
        c->prev = set->last;
        set->last = c;
        set->len++;
        ready_push(set, c);
    }
}

static EDOI_NOINLINE void future_set_take_over(edo_future_set *set) {
    uint32_t own = edoi_forks() + 1, none = 0;
    if (edoi_cas_rlx_u32(&set->forks, &none, own)) return; // relaxed: the set is unchanged
    edoi_lock_acquire(&inheriting);
    if (edoi_load_rlx_u32(&set->forks) != own) { // relaxed: others stored under this lock
        renew(set);
        edoi_store_rel_u32(&set->forks, own); // FS2: pairs with FS2
    }
    edoi_lock_release(&inheriting);
}

/* The first step of each call: an inherited set becomes this process's before it is used. */
EDOI_INLINE void take_over_if_inherited(edo_future_set *set) {
    edoi_set_enters(set);
    uint32_t forks = edoi_load_acq_u32(&set->forks); // FS2: pairs with FS2: its locks are new
    if (EDOI_UNLIKELY(forks != edoi_forks() + 1)) future_set_take_over(set);
}

/* ---- Pushing and dropping -------------------------------------------------------------------- */

/* Was `f` pushed already? Only the latest children are compared. Debug builds only. */
static bool future_set_is_in(const edo_future_set *set, const edo_future *f) {
#ifdef EDO_DEBUG
    uint32_t n = 0;
    for (const child *c = set->last; c && n < LATEST_MAX; c = c->prev, n++)
        if (c->future == f) return true;
#else
    (void)set;
    (void)f;
#endif
    return false;
}

EDOI_INLINE void child_init(child *c, const edo_waker_ops *ops, edo_future *f, uint32_t refs) {
    *c = (child){ .base.ops = ops, .future = f };
    edoi_store_rlx_u32(&c->refs, refs); // relaxed: no other thread counts them yet
}

void edoi_set_child_init(edoi_set_child *c, edo_future *f, uint32_t bytes, uint32_t refs) {
    child_init(c, &place_ops, f, refs);
    c->bytes = bytes;
}

/* As edoi_set_add(); inline, so that a push pays nothing for what others need. */
EDOI_INLINE void add(edo_future_set *set, child *c, edoi_set_due_fn *is_due, void *arg) {
    take_over_if_inherited(set);
    if (is_due) edoi_lock_acquire(&c->own); // else no other thread can wake it yet
    edoi_lock_acquire(&set->lock);
    c->set = set; // the event of a wake that came before this is seen by `is_due`
    bool twice = future_set_is_in(set, c->future);
    all_push(set, c);
    if (!is_due || is_due(arg, c->future)) ready_push(set, c);
    bool is_next = c->queued && (EDOI_LIKELY(!set->in_order) || set->first == c);
    edo_waker *marked = is_next ? waiter_mark(set) : NULL;
    edoi_lock_release(&set->lock);
    if (is_due) edoi_lock_release(&c->own);
    (void)EDO_MISUSE(twice, "one future is pushed twice into an edo_future_set");
    edo_waker_deliver(marked);
}

void edoi_set_add(edo_future_set *set, edoi_set_child *c, edoi_set_due_fn *is_due, void *arg) {
    add(set, c, is_due, arg);
}

int edo_future_set_push(edo_future_set *set, edo_future *f) {
    child *c = edoi_cache_get(sizeof(pushed));
    if (!c) return -ENOMEM;
    edo_future_hold(f); // before another thread may poll it
    child_init(c, &child_ops, f, 1);
    add(set, c, NULL, NULL);
    return 0;
}

void edoi_set_acquire(edo_future_set *set) {
    take_over_if_inherited(set);
    edoi_lock_acquire(&set->lock);
}

size_t edo_future_set_len(edo_future_set *set) {
    take_over_if_inherited(set);
    edoi_lock_acquire(&set->lock);
    size_t len = set->len;
    edoi_lock_release(&set->lock);
    return len;
}

void edoi_set_clear(edo_future_set *set, edoi_set_release_fn *release) {
    // Not the futures that a release pushes: that could go on for ever.
    size_t n = edo_future_set_len(set);
    edoi_lock_acquire(&set->lock);
    EDO_CHECK(edoi_set_check(set));
    edoi_lock_release(&set->lock);
    for (; n > 0; n--) {
        edoi_lock_acquire(&set->lock);
        child *c = set->first;
        edoi_lock_release(&set->lock);
        child_leave(set, c);
        release(c);
    }
    edoi_lock_acquire(&set->lock);
    edo_waker *marked = waiter_mark(set);
    edoi_lock_release(&set->lock);
    edo_waker_deliver(marked);
}

void edoi_set_each(edo_future_set *set, void (*visit)(void *arg, edo_future *f), void *arg) {
    take_over_if_inherited(set);
    edoi_lock_acquire(&set->lock);
    for (child *c = set->first; c; c = c->next) visit(arg, c->future);
    edoi_lock_release(&set->lock);
}

static void drop_child(child *c) {
    edo_drop(c->future);
    child_unref(&c->base);
}

void edo_future_set_clear(edo_future_set *set) {
    take_over_if_inherited(set);
    if (EDO_MISUSE(set->polling, "edo_future_set_clear inside a poll of one of the set's futures"))
        return;
    edoi_set_clear(set, drop_child);
}

int edo_future_set_remove(edo_future_set *set, edo_future *f) {
    take_over_if_inherited(set);
    if (EDO_MISUSE(set->polling, "edo_future_set_remove inside a poll of one of the set's futures"))
        return -EDO_EMISUSE;
    child *c = future_set_find(set, f);
    if (!c) return -ENOENT;
    child_leave(set, c);
    bool polled = c->polled;
    drop_child(c);
    edoi_lock_acquire(&set->lock);
    edo_waker *marked = set->len == 0 ? waiter_mark(set) : NULL;
    edoi_lock_release(&set->lock);
    edo_waker_deliver(marked);
    return polled;
}

void edo_future_set_deinit(edo_future_set *set) {
    edo_future_set_clear(set);
}

/* ---- Waiting for the next -------------------------------------------------------------------- */

/* The progress of one poll of next. */
typedef struct turn {
    child *last;    /* polled last, and pending; NULL: none */
    size_t polls;   /* of children */
    size_t most;    /* limit of `polls` in this turn */
    uint32_t hasty; /* those of them that woke themselves */
    size_t len;     /* of the set, when last read */
    bool over;      /* ready children have to wait for the next turn */
} turn;

/* Takes the child to be polled. NULL: none is ready, and the set has the waker of `cx`; or the turn
 * is over. */
static child *future_set_take_ready(edo_future_set *set, turn *t, edo_cx *cx) {
    edoi_lock_acquire(&set->lock);
    t->len = set->len;
    if (t->polls == 0) t->most = t->len < EDO_BUDGET ? t->len : EDO_BUDGET;
    if (t->last && t->last->queued) t->hasty++;
    child *c = future_set_due(set);
    t->over = c && (t->polls == t->most || t->hasty == HASTY_MAX || edoi_budget_is_spent(cx));
    if (t->over) c = NULL;
    EDO_INV("future_set inv. 5", !c || !set->in_order || (c == set->first && c->queued));
    if (c) ready_remove(set, c);
    bool waits = !c && !t->over && t->len > 0;
    set->waker = waits ? edo_cx_waker(cx) : NULL; // inv. 3; an old waker may be gone by now
    edoi_lock_release(&set->lock);
    return c;
}

/* Polls a child's future with the child as waker and the rest of the budget. */
static edo_polled child_poll(edo_future_set *set, child *c, edo_cx *cx) {
    edo_cx inner = *cx;
    inner.waker = &c->base;
    set->polling = c->polled = true;
    edo_polled polled = edo_poll(c->future, &inner);
    set->polling = false;
    bool is_free = polled == EDO_READY && inner.budget == cx->budget;
    cx->budget =
        inner.budget - is_free; // so that a loop over futures that debit nothing yields too
    cx->random = inner.random;
    return polled;
}

static edo_polled next_finish(edo_future_set_done_next_future *f, int result) {
    f->set->waiter = NULL;
    return edo_future_finish(&f->base, result);
}

/* No child can be polled now. */
static edo_polled next_rest(edo_future_set_done_next_future *f, const turn *t, edo_cx *cx) {
    bool is_empty = t->len == 0;
    if (is_empty && !edoi_budget_is_spent(cx)) {
        edoi_budget_debit(cx);
        return next_finish(f, 0);
    }
    if (is_empty || (t->over && edoi_budget_is_spent(cx))) return edoi_budget_wait(cx);
    if (t->over) edo_cx_wake(cx);
    return EDO_PENDING;
}

static edo_polled future_set_next_poll(edo_future *base, edo_cx *cx) {
    edo_future_set_done_next_future *f = (edo_future_set_done_next_future *)(void *)base;
    edo_future_set *set = f->set;
    take_over_if_inherited(set);
    bool other = set->polling || (set->waiter && set->waiter != base);
    if (EDO_MISUSE(other, "two waits for the next of one edo_future_set or edo_task_set"))
        return edo_future_finish(base, -EDO_EMISUSE);
    set->waiter = base;
    turn t = { .polls = 0 };
    child *c;
    while ((c = future_set_take_ready(set, &t, cx)) != NULL) {
        if (child_poll(set, c, cx) == EDO_READY) {
            edo_future *done = c->future;
            child_leave(set, c);
            child_unref(&c->base); // not the last reference of a place
            *f->done = done;
            return next_finish(f, 1);
        }
        t.last = c;
        t.polls++;
    }
    return next_rest(f, &t, cx);
}

static void future_set_next_drop(edo_future *base) {
    edo_future_set_done_next_future *f = (edo_future_set_done_next_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_future_set *set = f->set;
    take_over_if_inherited(set);
    if (set->waiter == base) {
        set->waiter = NULL;
        edoi_lock_acquire(&set->lock);
        set->waker = NULL;
        edoi_lock_release(&set->lock);
    }
    edo_future_retire(base);
}

static void future_set_next_describe(const edo_future *base, edo_description *to) {
    const edo_future_set *set = ((const edo_future_set_done_next_future *)(const void *)base)->set;
    // relaxed: another thread may add one meanwhile
    edo_describe_text(to, " of %zu", EDOI_ATOMIC_LOAD(&set->len, EDOI_RELAXED));
}

edo_future *edo_future_set_done_next_init(edo_future_set_done_next_future *f, edo_future_set *set,
                                          edo_future **done) {
    static const edo_future_ops ops = { .poll = future_set_next_poll,
                                        .drop = future_set_next_drop,
                                        .name = "edo_future_set_done_next",
                                        .size = sizeof(edo_future_set_done_next_future),
                                        .describe = future_set_next_describe };
    f->set = set;
    f->done = done;
    return edo_future_init(&f->base, &ops);
}
