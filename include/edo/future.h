/* SPDX-License-Identifier: MIT */
/* edo/future.h: futures, wakers, and the combinators that need no runtime.
 *
 * A future is something that can be polled. It is lazy: nothing happens before the first poll. A
 * poll returns EDO_READY once, with the result in the future, or EDO_PENDING after it has stored
 * the waker of its context where the event will find it. Dropping a future cancels it and releases
 * what it holds. Nothing is allocated to wait: the future lies where its maker placed it, and must
 * not move between its first poll and its end (before the first poll it may be copied freely).
 *
 * Every future struct begins with its `base`, so a pointer to it is a pointer to a future, and
 * every `_init` function returns that pointer. Fields are edo's unless a comment says otherwise. */
#ifndef EDO_FUTURE_H
#define EDO_FUTURE_H

#include <edo/error.h>

EDO_BEGIN_DECLS

typedef struct edo_future edo_future;
typedef struct edo_waker edo_waker;
typedef struct edo_cx edo_cx;

/* The two answers of a poll. */
typedef enum edo_polled { EDO_PENDING = 0, EDO_READY = 1 } edo_polled;

/* ---- Wakers ---------------------------------------------------------------------------------- */

/* How a kind of waker does its work. Waking has two halves because the waker is only borrowed:
 * `mark` runs under the lock of the wait list and claims what is to be woken; `deliver` runs after
 * the unlock on what mark returned, and queues it. */
typedef struct edo_waker_ops {
    edo_waker *(*mark)(edo_waker *self); /* returns who must be delivered, or NULL */
    void (*deliver)(edo_waker *self);
    void (*ref)(edo_waker *self);
    void (*unref)(edo_waker *self);
} edo_waker_ops;

/* First member of whatever can be woken: a task, a thread's parker, your own executor's slot.
 * Between mark and deliver nobody but who marked keeps it alive: either mark does all the work and
 * returns NULL, or what it returns cannot end before the deliver, as a claimed task or a static
 * waker. */
struct edo_waker {
    const edo_waker_ops *ops;
};

/**
 * Claims what `w` stands for, to be called while the list that holds `w` is locked.
 *
 * Owns:    borrows `w`. The answer stays valid until edo_waker_deliver(); NULL: nothing is left to
 *          do.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED edo_waker *edo_waker_mark(edo_waker *w) {
    return w->ops->mark(w);
}

/* Behind edo_waker_deliver(): names a delivery under a lock of edo's own. Debug builds only. */
EDO_API void edoi_deliver_check(void);

/**
 * Queues what edo_waker_mark() returned; call it after the unlock. NULL is allowed.
 *
 * Owns:    takes the claim.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED void edo_waker_deliver(edo_waker *marked) {
#ifdef EDO_DEBUG
    if (marked) edoi_deliver_check();
#endif
    if (marked) marked->ops->deliver(marked);
}

/**
 * Wakes: mark and deliver at once, for a waker that is surely alive (your own, or one you hold).
 *
 * Owns:    borrows `w`.
 * Threads: any, at once, any number of times, also after the task has ended.   Waits: never.
 * Since:   0.1
 */
EDOI_FRAMED void edo_waker_wake(edo_waker *w) {
    edo_waker_deliver(edo_waker_mark(w));
}

/**
 * Keeps `w` alive beyond the poll that lent it; give it back with edo_waker_unref().
 *
 * Owns:    shares `w`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED edo_waker *edo_waker_ref(edo_waker *w) {
    w->ops->ref(w);
    return w;
}

/**
 * Gives back what edo_waker_ref() took. NULL is allowed.
 *
 * Owns:    takes the reference.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED void edo_waker_unref(edo_waker *w) {
    if (w) w->ops->unref(w);
}

/**
 * Returns whether waking `a` and waking `b` is the same, so that a stored waker need not be
 * replaced.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDOI_INLINE bool edo_waker_same(const edo_waker *a, const edo_waker *b) {
    return a == b;
}

/**
 * Returns a waker that does nothing, for polls that only look.
 *
 * Owns:    static.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_waker *edo_waker_noop(void);

/* A place in a list of waiters; part of a leaf future. lock: the list's. */
typedef struct edo_wait_node {
    struct edo_wait_node *next, *prev;
    edo_waker *waker; /* borrowed while in the list */
} edo_wait_node;

/* Waiters in order of arrival. All zero is empty. lock: the owner's. */
typedef struct edo_wait_list {
    edo_wait_node *first, *last;
} edo_wait_list;

/* The waiters of a list that later ones may have passed. All zero: none. lock: the list's. */
typedef struct edo_wait_passed {
    edo_wait_node *last; /* from the first in line up to this one */
    uint32_t since_us;
    uint32_t times;
} edo_wait_passed;

/* A place in a list that nearly always holds one; part of an I/O future. lock: the list's. */
typedef struct edo_wait_link {
    edo_atomic_ptr next;        /* atomic; NULL: in no list */
    struct edo_wait_link *prev; /* of one that is not alone */
    uintptr_t who; /* the waker, borrowed while in the list, and in bit 0 what it waits for */
} edo_wait_link;

#define EDOI_WAIT_LIST_INIT                                                                        \
    { NULL, NULL }
#define EDOI_WAIT_PASSED_INIT                                                                      \
    { NULL, 0, 0 }

/* ---- The context of a poll ------------------------------------------------------------------- */

struct edoi_worker;

#define EDO_BUDGET 128u /* operations of one poll of a task before it must yield */

#define EDOI_AFTER_AGAIN    1u /* it asked to be polled again */
#define EDOI_AFTER_STORY    2u /* it may have told what led to a failure */
#define EDOI_AFTER_NO_STACK 4u /* a fiber that got no stack */

/* Edo's: the task that a worker polls now. */
typedef struct edoi_polled_now {
    edo_waker *waker; /* the task's; NULL between polls */
    uint32_t after;   /* what is to be seen to after the poll; 0: nothing but what it returns */
    uint64_t spent_n; /* polls that ended because the budget was spent, ever */
} edoi_polled_now;

/* What a poll is given. Any executor can make one: set `waker` and `budget`, leave the rest
 * zero. */
struct edo_cx {
    edo_waker *waker;           /* read it with edo_cx_waker() only */
    struct edoi_worker *worker; /* NULL: no runtime here; leaves that need one say so */
    uint32_t budget;            /* operations left, see edo_budget_take() */
    uint32_t asked;             /* edo's: somebody asked for the waker */
    uint64_t random;            /* any seed; where select starts */
    edoi_polled_now *now;       /* edo's; NULL in other executors */
    void *thread;               /* edo's: the plain thread that polls; NULL on a worker */
};

/**
 * Returns the waker to store before a poll returns EDO_PENDING.
 *
 * Owns:    borrows: valid while the future is pending and not dropped; see edo_waker_ref().
 * Threads: inside poll only.   Waits: never.   Since: 0.1
 */
EDOI_INLINE edo_waker *edo_cx_waker(edo_cx *cx) {
    if (EDOI_UNLIKELY(!cx->asked)) cx->asked = 1; // a store less, but for debug's edo_poll()
    return cx->waker;
}

/* Behind edo_budget_take(): wakes the task. Out of line, so that a leaf keeps nothing for it on its
 * short way. */
EDO_API void edoi_budget_spent(edo_cx *cx);

/**
 * Wakes the task that polls, so that it is polled again after those that are queued had their turn.
 *
 * Threads: inside poll only.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED void edo_cx_wake(edo_cx *cx) {
    edo_waker *w = edo_cx_waker(cx);
    if (cx->now && cx->now->waker == w) {
        cx->now->after |= EDOI_AFTER_AGAIN;
    } else {
        edo_waker_wake(w);
    }
}

/**
 * Takes one operation from the budget. False: it is spent; the task has been woken, answer pending.
 *
 * Every leaf calls it before it does its work, so that a task that is always ready still yields.
 *
 * Threads: inside poll only.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED bool edo_budget_take(edo_cx *cx) {
    uint32_t left = cx->budget - 1;
    if (EDOI_UNLIKELY(left == UINT32_MAX)) {
        edoi_budget_spent(cx);
        return false;
    }
    cx->budget = left;
    return true;
}

/**
 * Gives back the operation of edo_budget_take(), for a leaf that turned out to be pending.
 *
 * Threads: inside poll only.   Waits: never.   Since: 0.1
 */
EDOI_INLINE void edo_budget_refund(edo_cx *cx) {
    cx->budget++;
}

/* ---- The future ------------------------------------------------------------------------------ */

/* Set in edo_future_ops.flags of a future that loses progress when it is dropped half way. */
#define EDO_FUTURE_NOT_CANCEL_SAFE 1u
/* Set for a future that must be dropped by who awaited it although it is done: it frees itself. */
#define EDO_FUTURE_BOXED 2u
/* Of a body of EDO_ASYNC: reports read the line at which it waits. */
#define EDO_FUTURE_ASYNC 4u

/* What a kind of future does. Const and static. */
typedef struct edo_future_ops {
    edo_polled (*poll)(edo_future *self, edo_cx *cx);
    void (*drop)(edo_future *self); /* in any state, again too; NULL: it never holds anything */
    const char *name;
    uint32_t size; /* of the whole struct, so that it can be moved and boxed */
    uint32_t flags;
} edo_future_ops;

/* First member of every future: what it can do, its result, and where in its life it is. */
struct edo_future {
    const edo_future_ops *ops;
    int32_t result; /* valid once ready: a count, 0 or a negative code */
    uint32_t state; /* bits 0-1 life, 2-15 the future's own step, 16-31 debug's address tag */
};

#define EDOI_LIFE_FRESH   0u
#define EDOI_LIFE_POLLED  1u /* kept by debug builds only */
#define EDOI_LIFE_DONE    2u
#define EDOI_LIFE_DROPPED 3u
#define EDOI_LIFE_OVER    2u /* the bit that done and dropped share */
#define EDOI_LIFE_MASK    3u
#define EDOI_STEP_SHIFT   2u
#define EDOI_STEP_MASK    0xfffcu
#define EDO_STEP_MAX      0x3fffu

/* For writers of futures: fills in the base; the first thing an `_init` does. */
EDOI_INLINE edo_future *edo_future_init(edo_future *f, const edo_future_ops *ops) {
    f->ops = ops;
    f->result = 0;
    f->state = 0;
    return f;
}

/* For writers of futures: where in its life the future is, a number of its own; 0 at first. */
EDOI_INLINE uint32_t edo_future_step(const edo_future *f) {
    return (f->state & EDOI_STEP_MASK) >> EDOI_STEP_SHIFT;
}

/* For writers of futures: sets what edo_future_step() returns, EDO_STEP_MAX at most. */
EDOI_INLINE void edo_future_next_step(edo_future *f, uint32_t step) {
#ifdef EDO_DEBUG
    f->state = (f->state & ~EDOI_STEP_MASK) | step << EDOI_STEP_SHIFT;
#else
    f->state = step << EDOI_STEP_SHIFT; // life and tag are debug's until the end
#endif
}

/* For writers of futures: `return edo_future_finish(f, result);` ends a poll. Nothing may be
 * held. */
EDOI_INLINE edo_polled edo_future_finish(edo_future *f, int result) {
    f->result = result;
    f->state = EDOI_LIFE_DONE;
    return EDO_READY;
}

/* For writers of futures: the end of a drop; whoever polls it afterwards is told. */
EDOI_INLINE void edo_future_retire(edo_future *f) {
    f->state = EDOI_LIFE_DROPPED;
}

/* For writers of futures: returns whether it is finished or dropped. */
EDOI_INLINE bool edo_future_is_over(const edo_future *f) {
    return (f->state & EDOI_LIFE_OVER) != 0;
}

/* Behind edo_poll(): the answer for a future that is done or dropped; the poll with debug's
 * checks. */
EDO_API edo_polled edoi_poll_over(edo_future *f);
EDO_API edo_polled edoi_poll_checked(edo_future *f, edo_cx *cx);

/* Debug's check of a future that is about to be used: true, or an abort, if no `_init` has made
 * it. */
EDO_API bool edoi_future_is_unmade(const edo_future *f);

/* The same where `caller` drops it, which is remembered of a boxed one. */
EDO_API bool edoi_drop_is_misuse(const edo_future *f, const void *caller);

/**
 * Polls `f` once.
 *
 * Debug builds (EDO_DEBUG) name a future that no `_init` has made (all zero), was moved after its
 * first poll, is polled after it was ready, returns pending without having asked for the waker, or
 * is ready without edo_future_finish().
 *
 * Errors:  polling a finished future is misuse: release returns ready with -EDO_EMISUSE.
 * Threads: one at a time for one future.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED edo_polled edo_poll(edo_future *f, edo_cx *cx) {
#ifdef EDO_DEBUG
    return edoi_poll_checked(f, cx);
#else
    if (EDOI_UNLIKELY(edo_future_is_over(f))) return edoi_poll_over(f);
    return f->ops->poll(f, cx);
#endif
}

/**
 * Drops `f`: cancels what is pending and releases what it holds. NULL, fresh, finished and dropped
 * futures are allowed (a boxed one is freed, once).
 *
 * Threads: one at a time for one future.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED void edo_drop(edo_future *f) {
#ifdef EDO_DEBUG
    if (f && edoi_drop_is_misuse(f, EDOI_CALLER())) return;
#endif
    if (f && f->ops->drop) f->ops->drop(f);
}

/* The result of a finished future, given a pointer to any future struct. */
#define edo_result(f) ((f)->base.result)

/* Behind edo_future_result(): the future has no result. */
EDO_API int edoi_result_missing(const edo_future *f);

/**
 * The result of a finished future of any kind: of a branch of edo_select_array(), for example, or
 * of a future that was polled by hand.
 *
 * Owns:    borrows `f`.
 * Errors:  asking a future that is not finished, or was dropped before its end, is misuse: release
 *          returns -EDO_EMISUSE.
 * Threads: one at a time for one future.   Waits: never.   Since: 0.1
 */
EDOI_FRAMED int edo_future_result(const edo_future *f) {
    bool done = (f->state & EDOI_LIFE_MASK) == EDOI_LIFE_DONE;
    return EDOI_LIKELY(done) ? f->result : edoi_result_missing(f);
}

/* ---- Futures from values and functions ------------------------------------------------------- */

/* Future made by edo_ready_init(). */
typedef struct edo_ready_future {
    edo_future base;
    int value;
} edo_ready_future;

/**
 * A future that is ready at its first poll, with `value`.
 *
 * Cancel:  safe.   Threads: one at a time.   Waits: never.   Since: 0.1
 */
EDO_API edo_future *edo_ready_init(edo_ready_future *f, int value);

/* Future made by edo_pending_init(). */
typedef struct edo_pending_future {
    edo_future base;
} edo_pending_future;

/**
 * A future that is never ready. It asks for the waker, so that debug builds take it for what it is.
 *
 * Cancel:  safe.   Threads: one at a time.   Waits: until dropped.   Since: 0.1
 */
EDO_API edo_future *edo_pending_init(edo_pending_future *f);

/* Returns EDO_PENDING, or EDO_READY with `*result` set. */
typedef edo_polled edo_poll_fn(void *arg, edo_cx *cx, int *result);

/* Future made by edo_poll_fn_init(). */
typedef struct edo_poll_fn_future {
    edo_future base;
    edo_poll_fn *fn;
    void *arg;
} edo_poll_fn_future;

/**
 * A future whose poll is `fn(arg, cx, &result)`.
 *
 * Owns:    borrows `arg` until the future is ready or dropped.
 * Cancel:  safe as far as `fn` is.   Threads: one at a time.   Waits: as `fn` says.   Since: 0.1
 */
EDO_API edo_future *edo_poll_fn_init(edo_poll_fn_future *f, edo_poll_fn *fn, void *arg);

/* Future made by edo_yield_init(), and behind edo_yield(). */
typedef struct edo_yield_future {
    edo_future base;
} edo_yield_future;

/**
 * A future that is pending once, so that others run: as edo_yield().
 *
 * Cancel:  safe.   Threads: one at a time.   Waits: for others.   Since: 0.1
 */
EDO_API edo_future *edo_yield_init(edo_yield_future *f);

/* Future made by edo_budget_consume_init(), and behind edo_budget_consume(). */
typedef struct edo_budget_consume_future {
    edo_future base;
} edo_budget_consume_future;

/**
 * A future that takes one operation from the budget of the task that polls it: ready (0) at once,
 * or after the others had their turn if the budget was spent. For loops that compute in a state
 * machine.
 *
 * Cancel:  safe.   Threads: one at a time.   Waits: at most for one turn.   Since: 0.1
 */
EDO_API edo_future *edo_budget_consume_init(edo_budget_consume_future *f);

/* ---- Boxes ----------------------------------------------------------------------------------- */

/**
 * Moves the not yet polled `f` to the heap, so that it can be stored, returned or sent on.
 *
 * Owns:    takes `f` on success (its old place is empty), leaves it alone on failure. Returns new:
 *          freed by edo_drop(), which edo_await() and a losing branch of edo_select() call.
 * Errors:  NULL without memory.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE edo_future *edo_boxed_new(edo_future *f);

/* ---- Several at once ------------------------------------------------------------------------- */

#define EDO_FUTURES_MAX 64 /* of one select or join; any number: edo/future_set.h */

#define EDO_SELECT_BIASED                                                                          \
    1u                     /* poll from the first on, not from a random start: order is priority */
#define EDO_SELECT_KEEP 2u /* the losers stay armed and are the caller's to drop */
#define EDO_SELECT_NOWAIT                                                                          \
    4u /* one poll (a turn later if the budget is spent): -EAGAIN if none is ready */
#define EDO_SELECT_OK 8u /* first success wins; if all fail, the last failure's code */

/* Future made by edo_select_init(). */
typedef struct edo_select_future {
    edo_future base;
    edo_future **futures; /* borrowed; a NULL entry is a disabled branch */
    uint32_t n, flags;
    uint64_t over; /* branches that failed, under EDO_SELECT_OK */
} edo_select_future;

/**
 * A future that is ready with the index of the first of `futures` to be ready; the others are
 * dropped.
 *
 * A poll starts at a random branch, so that no ready branch starves another; see EDO_SELECT_BIASED.
 * A NULL entry is a branch that is disabled this time. With a spent budget all branches are
 * pending, also those that debit nothing, and none is polled: the task yields first. A select whose
 * branches debited nothing debits one operation when one is ready, so that a loop of such selects
 * yields too.
 *
 * Owns:    borrows the array until ready or dropped; drops the losers, and all if it is dropped
 *          itself.
 * Errors:  -EDO_ENOBRANCH  every entry is NULL
 *          -EINVAL         more than EDO_FUTURES_MAX: none is polled or dropped, also no box, and
 *          all
 *                          stay the caller's
 *          -EAGAIN         with EDO_SELECT_NOWAIT: none is ready
 * Cancel:  safe if all branches are; debug builds refuse one that is not.
 * Threads: one at a time.   Waits: for the first.   Since: 0.1
 */
EDO_API edo_future *edo_select_init(edo_select_future *f, edo_future **futures, size_t n,
                                    uint32_t flags);

#define EDO_JOIN_FAIL_FAST 1u /* the first failure ends it; the others are dropped */
#define EDO_JOIN_BIASED    2u /* poll from the first on at each wake, not in rotation */

/* Future made by edo_join_init(). */
typedef struct edo_join_future {
    edo_future base;
    edo_future **futures; /* borrowed; NULL entries are skipped */
    uint32_t n, flags;
    uint64_t left; /* branches not yet ready */
    uint32_t turn; /* where the next poll starts */
} edo_join_future;

/**
 * A future that is ready when all `futures` are: concurrent on this task, not parallel.
 *
 * Each future keeps its own result. The join's is 0, or the first failure in order of the array
 * (with EDO_JOIN_FAIL_FAST: the first in time). Every wake polls every pending branch, which costs
 * more than an edo_future_set from some 30 branches on. The budget is each branch's own matter.
 *
 * Owns:    borrows the array until ready or dropped. Ended early or dropped, it has dropped all
 *          branches, also those that were ready: boxes among them are gone. Else boxes are the
 *          caller's.
 * Errors:  -EINVAL  more than EDO_FUTURES_MAX: none is polled or dropped, also no box, and all stay
 *          the
 *                   caller's
 * Cancel:  safe if all branches are.
 * Threads: one at a time.   Waits: for the last.   Since: 0.1
 */
EDO_API edo_future *edo_join_init(edo_join_future *f, edo_future **futures, size_t n,
                                  uint32_t flags);

EDO_END_DECLS

#endif
