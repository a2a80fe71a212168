/* SPDX-License-Identifier: MIT */
/* edo/future.h: futures, wakers, and the combinators that need no runtime.
 *
 * A future is an operation that is polled. It is lazy: nothing happens before the first poll. A
 * poll returns EDO_READY once, with the result in the future, or EDO_PENDING after it has stored
 * the waker of its context where the event will find it. Dropping a future cancels it and releases
 * what it holds. Waiting allocates nothing: the future lies where the caller placed it, and must
 * not move between its first poll and its end (before the first poll it may be copied freely).
 *
 * Every future struct begins with its `base`, so a pointer to it is a pointer to a future, and
 * every `_init` function returns that pointer. Fields are edo's unless a comment says otherwise.
 *
 * A call that waits, edo_x(), and the edo_x_init() below it have one contract, which the reference
 * shows with this part:
 * Future:  what edo_x_init() makes is ready with what edo_x() returns, but for the -ECANCELED of
 *          the task that awaits it. Where it needs a runtime and has none it is ready with
 *          -EDO_ENORUNTIME. One task at a time polls it. It borrows what it is given until it is
 *          ready or dropped, but streams, listeners, descriptors, programs and signals only until
 *          its first poll, or until it is in an edo_future_set or spawned: from then on it holds a
 *          reference, and a close ends it. A close before that is misuse if the future is polled:
 *          debug builds report it; release builds do not see it, and the handle's memory may be
 *          another's. edo_future_hold() takes the reference early.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_FUTURE_H
#define EDO_FUTURE_H

#include <edo/error.h>

EDO_BEGIN_DECLS

typedef struct edo_future edo_future;
typedef struct edo_waker edo_waker;
typedef struct edo_cx edo_cx;

/* What a poll returns. */
typedef enum edo_polled { EDO_PENDING = 0, EDO_READY = 1 } edo_polled;

/* ---- Wakers ---------------------------------------------------------------------------------- */

/* The operations of one kind of waker. Waking has two halves because the waker is only borrowed:
 * `mark` runs with the wait list's lock held and claims the wake by a read-modify-write or a lock,
 * even if it is claimed already; `deliver` runs after the unlock on what `mark` returned. */
typedef struct edo_waker_ops {
    edo_waker *(*mark)(edo_waker *self); /* returns the waker to deliver, or NULL */
    void (*deliver)(edo_waker *self);
    void (*ref)(edo_waker *self);
    void (*unref)(edo_waker *self);
} edo_waker_ops;

/* First member of anything that can be woken: a task, a thread's parker, your own executor's slot.
 * No reference is held between mark and deliver. So either `mark` does all the work and returns
 * NULL, or the waker it returns cannot end before the deliver (a claimed task, a static waker). */
struct edo_waker {
    const edo_waker_ops *ops;
};

/** Claims the wake of `w`; call it while the list that holds `w` is locked.
 * Owns:    borrows `w`. The returned waker stays valid until edo_waker_deliver(); NULL: nothing is
 *          left to do.
 * Threads: any, at once. */
EDOI_FRAMED edo_waker *edo_waker_mark(edo_waker *w) {
    return w->ops->mark(w);
}

/* Behind edo_waker_deliver(), debug builds only: reports a delivery while one of edo's own locks is
 * held. */
EDO_API void edoi_deliver_check(void);

/** Queues the waker that edo_waker_mark() returned; call it after the unlock. NULL is allowed.
 * Owns: takes the claim.   Threads: any, at once. */
EDOI_FRAMED void edo_waker_deliver(edo_waker *marked) {
#ifdef EDO_DEBUG
    if (marked) edoi_deliver_check();
#endif
    if (marked) marked->ops->deliver(marked);
}

/** Wakes `w`: mark and deliver in one call, for a waker that is certainly alive (your own, or one
 * that you hold a reference to).
 * Threads: any, at once, any number of times, also after the task has ended. */
EDOI_FRAMED void edo_waker_wake(edo_waker *w) {
    edo_waker_deliver(edo_waker_mark(w));
}

/** Takes a reference, which keeps `w` alive beyond the poll that lent it; edo_waker_unref() gives
 * it back.
 * Owns: shares `w`.   Threads: any, at once. */
EDOI_FRAMED edo_waker *edo_waker_ref(edo_waker *w) {
    w->ops->ref(w);
    return w;
}

/** Gives back a reference of edo_waker_ref(). NULL is allowed.
 * Owns: takes the reference.   Threads: any, at once. */
EDOI_FRAMED void edo_waker_unref(edo_waker *w) {
    if (w) w->ops->unref(w);
}

/** Returns whether waking `a` and waking `b` have one effect, so that a stored waker need not be
 * replaced.
 * Threads: any, at once. */
EDOI_INLINE bool edo_waker_same(const edo_waker *a, const edo_waker *b) {
    return a == b;
}

/** Returns a waker that does nothing, for polls that only test a future.
 * Owns: static.   Threads: any, at once. */
EDO_API edo_waker *edo_waker_noop(void);

/* A place in a list of waiters; part of a leaf future. lock: the list's. */
typedef struct edo_wait_node {
    struct edo_wait_node *next;
    union {
        struct edo_wait_node *prev; /* in the list */
        uintptr_t fate;             /* out of it, once it was in: why */
    };
    edo_waker *waker; /* borrowed while in the list */
} edo_wait_node;

/* Waiters in order of arrival. All zero is empty. lock: the owner's. */
typedef struct edo_wait_list {
    edo_wait_node *first, *last;
} edo_wait_list;

/* Waiters of a list that later arrivals may have overtaken. All zero: none. lock: the list's. */
typedef struct edo_wait_passed {
    edo_wait_node *last; /* the overtaken waiters: from the first in line up to this one */
    uint32_t since_us;
    uint16_t times;
    edo_atomic_u16 number; /* atomic, relaxed: of the lock, where it was watched (edo/locks.h) */
} edo_wait_passed;

/* A place in a list that nearly always holds one waiter; part of an I/O future. lock: the
 * list's. */
typedef struct edo_wait_link {
    edo_atomic_ptr next;        /* atomic; NULL: in no list */
    struct edo_wait_link *prev; /* valid while the list holds more than one */
    uintptr_t who; /* the waker, borrowed while in the list; bit 0: the event it waits for */
} edo_wait_link;

#define EDOI_WAIT_LIST_INIT                                                                        \
    { NULL, NULL }
#define EDOI_WAIT_PASSED_INIT                                                                      \
    { NULL, 0, 0, EDOI_ATOMIC_INIT(0) }

/* ---- The context of a poll ------------------------------------------------------------------- */

struct edoi_worker;

#define EDO_BUDGET 128u /* operations a task may do in one poll before it must yield */

#define EDOI_AFTER_AGAIN    1u  /* the task asked to be polled again */
#define EDOI_AFTER_TRAIL    2u  /* the task may have added lines to its trail */
#define EDOI_AFTER_NO_STACK 4u  /* the fiber got no stack */
#define EDOI_AFTER_SPENT    8u  /* beside AGAIN: because it had spent its budget */
#define EDOI_AFTER_LEAVE    16u /* it has ended, and leaves its scope when it is done */

/* Edo's: the task that a worker is polling. */
typedef struct edoi_polled_now {
    edo_waker *waker; /* the task's; NULL between polls */
    uint32_t after;   /* EDOI_AFTER_… flags: work due after the poll; 0: none */
    uint64_t spent_n; /* polls that ended because the budget was spent, in total */
} edoi_polled_now;

/* The context of a poll. Any executor can make one: set `waker` and `budget`, leave the rest
 * zero. */
struct edo_cx {
    edo_waker *waker;           /* read it with edo_cx_waker() only */
    struct edoi_worker *worker; /* NULL: no runtime here; a leaf that needs one then fails */
    uint32_t budget;            /* operations left, see edo_budget_take() */
    uint32_t asked;             /* edo's: the waker was asked for in this poll */
    uint64_t random;            /* any seed; select chooses its first branch by it */
    edoi_polled_now *now;       /* edo's; NULL in other executors */
    void *thread;               /* edo's: the plain thread that polls; NULL on a worker */
};

/** Returns the waker to store before a poll returns EDO_PENDING.
 * Owns:    borrows: valid while the future is pending and not dropped; see edo_waker_ref().
 * Threads: inside poll only. */
EDOI_INLINE edo_waker *edo_cx_waker(edo_cx *cx) {
    if (EDOI_UNLIKELY(!cx->asked)) cx->asked = 1; // the test saves a store except in debug builds
    return cx->waker;
}

/* Behind edo_budget_take(): wakes the task. Out of line, so that a leaf's fast path saves no
 * registers for it. */
EDO_API void edoi_budget_spent(edo_cx *cx);

/** Wakes the task that is polling, so that it is polled again after the tasks now queued have run.
 * Threads: inside poll only. */
EDOI_FRAMED void edo_cx_wake(edo_cx *cx) {
    edo_waker *w = edo_cx_waker(cx);
    if (cx->now && cx->now->waker == w) {
        cx->now->after |= EDOI_AFTER_AGAIN;
    } else {
        edo_waker_wake(w);
    }
}

/** Takes one operation from the budget. Returns false if the budget is spent: the task has then
 * been woken, and the poll must return EDO_PENDING.
 *
 * Every leaf calls it before its work, so that a task whose leaves are always ready still yields.
 * Threads: inside poll only. */
EDOI_FRAMED bool edo_budget_take(edo_cx *cx) {
    uint32_t left = cx->budget - 1;
    if (EDOI_UNLIKELY(left == UINT32_MAX)) {
        edoi_budget_spent(cx);
        return false;
    }
    cx->budget = left;
    return true;
}

/** Gives back the operation of edo_budget_take(), for a leaf that turned out to be pending.
 * Threads: inside poll only. */
EDOI_INLINE void edo_budget_refund(edo_cx *cx) {
    cx->budget++;
}

/* ---- The future ------------------------------------------------------------------------------ */

/* Flags of edo_future_ops. */
/* The future loses progress if it is dropped half way. */
#define EDO_FUTURE_NOT_CANCEL_SAFE 1u
/* The future frees itself in its drop, so the awaiting code must drop it even when it is done. */
#define EDO_FUTURE_BOXED 2u
/* Edo's own: a future whose step is 1 waits for what its first member after `base` points to, and
 * for nothing else: until a lock is given back, a task ends, a scope has no children. */
#define EDOI_FUTURE_WAITS_LOCK  4u
#define EDOI_FUTURE_WAITS_TASK  8u
#define EDOI_FUTURE_WAITS_SCOPE 16u
/* Likewise, until one of those who have permits, or use the other end, goes on; as far as is
 * known. */
#define EDOI_FUTURE_WAITS_PERMITS 32u
#define EDOI_FUTURE_WAITS_ROOM    64u
#define EDOI_FUTURE_WAITS_VALUE   128u
#define EDOI_FUTURE_WAITS         252u /* each of these */
/* Likewise, from this bit on: 1 + the kind of a handle, which that member points to. Debug builds
 * check at the first poll that it was not given up. */
#define EDOI_FUTURE_HANDLE_SHIFT 16u
#define EDOI_STEP_WAITING        1u
#define EDOI_STEP_BEHIND         2u /* of a lock: for reading, behind one that waits so */
#define EDOI_STEP_READING        3u /* of a lock: for reading, for the one that writes */

/* What a dump is about to say of a future; passed to a `describe` and its calls. */
typedef struct edo_description edo_description;

/* The operations of one kind of future. Const and static. `poll` and `name` are always there, and
 * `size` unless it is EDO_FUTURE_BOXED. In C initialise it by the names of its members; C++17 has
 * no such initialisers and wants all seven in order. */
typedef struct edo_future_ops {
    edo_polled (*poll)(edo_future *self, edo_cx *cx);
    void (*drop)(edo_future *self); /* in any state, also twice; NULL: it never holds anything */
    const char *name;
    uint32_t size; /* of the whole struct, so that it can be moved and boxed */
    uint32_t flags;
    /* Adds to the name what a pending future waits for, with edo_describe_text() and
     * edo_describe_future(); NULL: the name says all. Called by edo_dump_tasks() on any thread,
     * while the task is not polled: it may read what only that task's polls write, and by atomics
     * what other threads write. It must not wait, take locks, allocate, or change anything. */
    void (*describe)(const edo_future *self, edo_description *to);
    /* Takes the references that the first poll would take, so that what the future borrows until
     * then may be closed; `drop` gives them back. A future around another one passes it on, by
     * edo_future_hold(). Called while the future stays where it is, as a rule before its first
     * poll, also twice, and never after its end. NULL: there is nothing to take. */
    void (*hold)(edo_future *self);
} edo_future_ops;

/** Adds text to what a dump says of a future. What does not fit is dropped.
 *
 * Params:  to  as passed to the `describe` that calls it; format and values as for printf()
 * Threads: the one that `describe` is called on. */
EDO_API void edo_describe_text(edo_description *to, const char *format, ...) EDO_PRINTF(2, 3);

/** Adds the name of the pending future `f`, which the described future awaits, and what its own
 * `describe` says; below four levels the name alone.
 *
 * Params:  to  as passed to the `describe` that calls it; f  borrowed, not NULL
 * Threads: the one that `describe` is called on. */
EDO_API void edo_describe_future(edo_description *to, const edo_future *f);

/* First member of every future: its operations, its result, and its state. */
struct edo_future {
    const edo_future_ops *ops;
    union {
        int32_t result; /* once ready: a count, 0 or a negative code */
        uint32_t own;   /* until then: of its kind, for what it likes */
    };
    uint32_t state; /* bits 0-1: life; 2-15: the future's own step; 16-31: debug's address tag */
};

#define EDOI_LIFE_FRESH   0u
#define EDOI_LIFE_POLLED  1u /* kept by debug builds only */
#define EDOI_LIFE_DONE    2u
#define EDOI_LIFE_DROPPED 3u
#define EDOI_LIFE_OVER    2u /* the bit set in both done and dropped */
#define EDOI_LIFE_MASK    3u
#define EDOI_STEP_SHIFT   2u
#define EDOI_STEP_MASK    0xfffcu
#define EDO_STEP_MAX      0x3fffu

/* For writers of futures: fills in the base; every `_init` begins with it. */
EDOI_INLINE edo_future *edo_future_init(edo_future *f, const edo_future_ops *ops) {
    f->ops = ops;
    f->result = 0;
    f->state = 0;
    return f;
}

/* For writers of futures: returns the future's own step number; 0 at first. */
EDOI_INLINE uint32_t edo_future_step(const edo_future *f) {
    return (f->state & EDOI_STEP_MASK) >> EDOI_STEP_SHIFT;
}

/* For writers of futures: sets what edo_future_step() returns, EDO_STEP_MAX at most. */
EDOI_INLINE void edo_future_next_step(edo_future *f, uint32_t step) {
#ifdef EDO_DEBUG
    f->state = (f->state & ~EDOI_STEP_MASK) | step << EDOI_STEP_SHIFT;
#else
    f->state = step << EDOI_STEP_SHIFT; // release builds keep no life and no tag before the end
#endif
}

/* For writers of futures: `return edo_future_finish(f, result);` ends the last poll. The future
 * must hold nothing any more. */
EDOI_INLINE edo_polled edo_future_finish(edo_future *f, int result) {
    f->result = result;
    f->state = EDOI_LIFE_DONE;
    return EDO_READY;
}

/* For writers of futures: ends a drop; a later poll of the future is reported as misuse. */
EDOI_INLINE void edo_future_retire(edo_future *f) {
    f->state = EDOI_LIFE_DROPPED;
}

/* For writers of futures: returns whether it is finished or dropped. */
EDOI_INLINE bool edo_future_is_over(const edo_future *f) {
    return (f->state & EDOI_LIFE_OVER) != 0;
}

/* Behind edo_poll(): the poll of a future that is done or dropped; and the poll with the checks of
 * debug builds. */
EDO_API edo_polled edoi_poll_over(edo_future *f);
EDO_API edo_polled edoi_poll_checked(edo_future *f, edo_cx *cx);

/* Debug builds, before a future is used: returns true, or aborts, if no `_init` has made it. */
EDO_API bool edoi_future_is_unmade(const edo_future *f);

/* As edoi_future_is_unmade(), before `caller` drops it; for a boxed future `caller` is recorded. */
EDO_API bool edoi_drop_is_misuse(const edo_future *f, const void *caller);

/** Polls `f` once.
 *
 * Debug builds (EDO_DEBUG) report a future that no `_init` has made (all zero), that was moved
 * after its first poll, is polled after it was ready, returns pending without having asked for the
 * waker, or is ready without edo_future_finish().
 * Errors:  polling a finished future is misuse: release returns ready with -EDO_EMISUSE.
 * Threads: one at a time for one future. */
EDOI_FRAMED edo_polled edo_poll(edo_future *f, edo_cx *cx) {
#ifdef EDO_DEBUG
    return edoi_poll_checked(f, cx);
#else
    if (EDOI_UNLIKELY(edo_future_is_over(f))) return edoi_poll_over(f);
    return f->ops->poll(f, cx);
#endif
}

/** Drops `f`: cancels it if it is pending, and releases what it holds. NULL, fresh, finished and
 * dropped futures are allowed; but a boxed one is freed, and must not be dropped again.
 * Threads: one at a time for one future. */
EDOI_FRAMED void edo_drop(edo_future *f) {
#ifdef EDO_DEBUG
    if (f && edoi_drop_is_misuse(f, EDOI_CALLER())) return;
#endif
    if (f && f->ops->drop) f->ops->drop(f);
}

/* Debug builds, before `f` is held: reports what edo_future_hold() does, or aborts. */
EDO_API void edoi_hold_check(const edo_future *f);

/** For what keeps futures that are not polled yet, and for futures around others: `f` takes the
 * references now that its first poll would take. From now on it must not move, and has to be polled
 * to its end or dropped. edo_future_set_push() and edo_spawn_future() call it.
 *
 * Debug builds report a future that no `_init` has made, and one whose handle was given up.
 * Threads: one at a time for one future. */
EDOI_FRAMED void edo_future_hold(edo_future *f) {
#ifdef EDO_DEBUG
    edoi_hold_check(f);
#endif
    if (f->ops->hold && !edo_future_is_over(f)) f->ops->hold(f);
}

/* The result of a finished future, given a pointer to any future struct. */
#define edo_result(f) ((f)->base.result)

/* Behind edo_future_result(): the future has no result. */
EDO_API int edoi_result_missing(const edo_future *f);

/** Returns the result of a finished future of any kind: of a branch of edo_select_array(), for
 * example, or of a future that was polled by hand.
 * Errors:  a future that is not finished, or was dropped before its end, is misuse: release returns
 *          -EDO_EMISUSE.
 * Threads: one at a time for one future. */
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

/** A future that is ready at its first poll, with `value`.
 * Cancel:  safe. */
EDO_MUST_USE EDO_API edo_future *edo_ready_init(edo_ready_future *f, int value);

/* Future made by edo_pending_init(). */
typedef struct edo_pending_future {
    edo_future base;
} edo_pending_future;

/** A future that is never ready. It asks for the waker, so that debug builds do not report it.
 * Cancel: safe.   Waits: until dropped. */
EDO_MUST_USE EDO_API edo_future *edo_pending_init(edo_pending_future *f);

/* Returns EDO_PENDING, or EDO_READY with `*result` set. */
typedef edo_polled edo_poll_fn(void *arg, edo_cx *cx, int *result);

/* Future made by edo_poll_fn_init(). */
typedef struct edo_poll_fn_future {
    edo_future base;
    edo_poll_fn *fn;
    void *arg;
} edo_poll_fn_future;

/** A future whose poll is `fn(arg, cx, &result)`.
 * Owns: borrows `arg` until the future is ready or dropped.   Cancel: safe as far as `fn` is.
 * Waits:   as `fn` says. */
EDO_MUST_USE EDO_API edo_future *edo_poll_fn_init(edo_poll_fn_future *f, edo_poll_fn *fn,
                                                  void *arg);

/* Future made by edo_yield_init(), and behind edo_yield(). */
typedef struct edo_yield_future {
    edo_future base;
} edo_yield_future;

/** A future that is pending once, so that other tasks run, as edo_yield() does; also in the root of
 * edo_block_on(), which then waits behind the queued tasks of a current-thread runtime.
 * Cancel: safe.   Waits: for other tasks. */
EDO_MUST_USE EDO_API edo_future *edo_yield_init(edo_yield_future *f);

/* Future made by edo_budget_consume_init(), and behind edo_budget_consume(). */
typedef struct edo_budget_consume_future {
    edo_future base;
} edo_budget_consume_future;

/** A future that takes one operation from the budget of the task that polls it. It is ready (0) at
 * once, or, if the budget was spent, after tasks that have not spent theirs have had a turn. For
 * computing loops in a state machine.
 * Cancel: safe.   Waits: for other tasks. */
EDO_MUST_USE EDO_API edo_future *edo_budget_consume_init(edo_budget_consume_future *f);

/* ---- Boxes ----------------------------------------------------------------------------------- */

/** Moves `f`, which must not have been polled, to the heap, so that it can be stored, returned or
 * passed on.
 * Owns:    takes `f` on success (its old place is empty), leaves it alone on failure. Returns new:
 *          edo_drop() frees it; edo_await() drops it, and edo_select() drops a losing one.
 * Errors: NULL without memory.   Threads: any. */
EDO_MUST_USE EDO_API edo_future *edo_boxed_new(edo_future *f);

/* ---- Several at once ------------------------------------------------------------------------- */

#define EDO_FUTURES_MAX 64 /* of one select or join; any number: edo/future_set.h */

#define EDO_SELECT_BIASED                                                                          \
    1u                     /* poll from the first on, not from a random start: order is priority */
#define EDO_SELECT_KEEP 2u /* the losers stay armed and are the caller's to drop */
#define EDO_SELECT_NOWAIT                                                                          \
    4u /* one poll (a turn later if the budget is spent): -EAGAIN if none is ready */
#define EDO_SELECT_OK 8u /* the first success wins; if all fail: the code of the last failure */

/* Future made by edo_select_init(). */
typedef struct edo_select_future {
    edo_future base;
    edo_future **futures; /* borrowed; a NULL entry is a disabled branch */
    uint32_t n, flags;
    uint64_t over; /* branches that failed, under EDO_SELECT_OK */
} edo_select_future;

/** A future that is ready with the index of the first of `futures` to be ready; the losers are
 * dropped.
 *
 * A poll starts at a random branch, so that no ready branch starves another; see EDO_SELECT_BIASED.
 * A NULL entry is a branch that is disabled this time. With a spent budget no branch is polled, not
 * even one that takes no budget: the task yields first. If no branch took an operation from the
 * budget, the select takes one when a branch is ready, so that a loop of such selects yields too.
 * Owns:    borrows the array until ready or dropped; drops the losers, or all branches if it is
 *          dropped itself.
 * Errors:  -EDO_ENOBRANCH  every entry is NULL
 *          -EINVAL         more than EDO_FUTURES_MAX; no future is polled or dropped: all, boxes
 *                          included, stay the caller's
 *          -EAGAIN         with EDO_SELECT_NOWAIT: none is ready
 * Cancel:  safe if all branches are; debug builds report a branch that is not, but not with
 *          EDO_SELECT_KEEP.
 * Waits:   for the first. */
EDO_MUST_USE EDO_API edo_future *edo_select_init(edo_select_future *f, edo_future **futures,
                                                 size_t n, uint32_t flags);

#define EDO_JOIN_FAIL_FAST 1u /* the first failure ends the join; all branches are dropped */
#define EDO_JOIN_BIASED    2u /* poll from the first on at each wake, not in rotation */

/* Future made by edo_join_init(). */
typedef struct edo_join_future {
    edo_future base;
    edo_future **futures; /* borrowed; NULL entries are skipped */
    uint32_t n, flags;
    uint64_t left; /* branches not yet ready */
    uint32_t turn; /* where the next poll starts */
} edo_join_future;

/** A future that is ready when all `futures` are. They run concurrently in this task, not in
 * parallel.
 *
 * Each future keeps its own result. The result of the join is 0, or the first failure in array
 * order (with EDO_JOIN_FAIL_FAST: the first in time). Every wake polls every pending branch; from
 * some 30 branches on an edo_future_set costs less. The join itself takes nothing from the budget.
 * Owns:    borrows the array until ready or dropped. If it ends early or is dropped it drops all
 *          branches, also finished ones: boxes among them are freed. Otherwise boxes stay the
 *          caller's.
 * Errors:  -EINVAL  more than EDO_FUTURES_MAX; no future is polled or dropped: all, boxes included,
 *                   stay the caller's
 * Cancel: safe if all branches are.   Waits: for the last. */
EDO_MUST_USE EDO_API edo_future *edo_join_init(edo_join_future *f, edo_future **futures, size_t n,
                                               uint32_t flags);

EDO_END_DECLS

#endif
