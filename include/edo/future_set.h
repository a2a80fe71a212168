/* SPDX-License-Identifier: MIT */
/* edo/future_set.h: any number of futures in one task, given back one by one as they finish.
 *
 *     edo_future_set set = EDO_FUTURE_SET_INIT;
 *     for (size_t i = 0; err == 0 && i < n; i++)
 *         err = edo_future_set_push(&set, fetch_init(&pages[i].fetch, pages[i].name));
 *     edo_future *done;
 *     while (err >= 0 && (err = edo_future_set_done_next(&set, &done)) > 0)
 *         use(EDO_CONTAINER_OF(done, page, fetch.base));   // then 0: that was the last
 *     edo_future_set_deinit(&set);                         // drops what is left, if anything
 *
 * As with edo_select() and edo_join() the futures run in the waiting task, concurrently and not in
 * parallel, and make progress only while a task waits in edo_future_set_done_next(): a future that
 * was given a permit or a lock holds it until then. Unlike there, each future has a waker of its
 * own: only futures that were woken are polled, however many are in the set.
 *
 * A child made by fork() may use a set of its parent: the first call there makes it the child's
 * own, and the next edo_future_set_done_next() polls all its futures again.
 *
 * Unless a function says otherwise:
 * Waits: never.   Since: 0.1 */
#ifndef EDO_FUTURE_SET_H
#define EDO_FUTURE_SET_H

#include <edo/future.h>

EDO_BEGIN_DECLS

struct edoi_set_child;
struct edoi_treap;

/* A set of futures. You place it; it must not move or end while futures are in it. Fields are
 * edo's. */
typedef struct edo_future_set {
    edoi_lock lock;                      /* a leaf */
    edo_atomic_u32 forks;                /* shows a child of fork() that the set is its parent's */
    bool polling;                        /* one of the futures is polled. polling thread only */
    bool in_order;                       /* const; of edo_task_set */
    const edo_future *waiter;            /* the waiting next future. polling thread only */
    edo_waker *waker;                    /* its waker, borrowed. lock: lock */
    struct edoi_set_child *first, *last; /* all, in the order of pushes. lock: lock */
    struct edoi_set_child *ready_first,
        *ready_last;                /* to be polled, in the order of wakes. lock: lock */
    size_t len;                     /* of all. lock: lock; atomic, relaxed, for dumps */
    struct edoi_set_child *indexed; /* last one in the tree. owner only, as the tree */
    struct edoi_treap *root;        /* of the tree. owner: polls, removes or clears */
} edo_future_set;

/* Static initialiser; all zero is an empty set too. */
#define EDO_FUTURE_SET_INIT                                                                        \
    {                                                                                              \
        EDOI_LOCK_INIT, EDOI_ATOMIC_INIT(0), false, false, NULL, NULL, NULL, NULL, NULL, NULL, 0,  \
            NULL, NULL                                                                             \
    }

/** Makes an empty set at run time, as EDO_FUTURE_SET_INIT does.
 * Owns: borrows the memory of `set` until edo_future_set_deinit().   Threads: any. */
EDO_API void edo_future_set_init(edo_future_set *set);

/** Ends a set: drops the futures that are left, as edo_future_set_clear(). The set may be used
 * again afterwards.
 * Owns:    gives the memory of `set` back. No edo_future_set_done_next() may be waiting.
 * Threads: one at a time. */
EDO_API void edo_future_set_deinit(edo_future_set *set);

/** Puts `f` in the set. Its first poll comes with the next edo_future_set_done_next(), or with one
 * that waits already.
 *
 * From now on `f` holds a reference to the streams, listeners, descriptors, programs or signals it
 * is over, as if it had been polled: if they are closed before its first poll it ends as one that
 * waits, most with -EDO_ECLOSED. A future of your own does so if its operations have a `hold`.
 * Owns:    takes `f` on success, until edo_future_set_done_next() gives it back, or it is dropped
 *          with the set. A future that you placed must stay there until then; box a future that has no
 *          place of its own. On failure `f` is still the caller's.
 * Errors:  -ENOMEM  no memory for its waker
 * Cancel:  a future that is not cancel-safe loses its progress if it is dropped with the set.
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_future_set_push(edo_future_set *set, edo_future *f);

/* Future behind edo_future_set_done_next(). */
typedef struct edo_future_set_done_next_future {
    edo_future base;
    edo_future_set *set; /* borrowed */
    edo_future **done;   /* written once, on success */
} edo_future_set_done_next_future;

/** Waits until one of the futures is finished, and gives it back: returns 1, and `**done` has its
 * result; or 0: the set is empty.
 *
 * Futures come back in the order in which they were found finished, which is about the order of
 * their ends. One turn polls each woken future once, at most EDO_BUDGET futures, and fewer if two
 * of them wake themselves; then other tasks run. A finished future takes at least one operation
 * from the budget.
 * Owns:    borrows `set`; `*done` is the caller's again: drop a box with edo_drop().
 * Errors:  -ECANCELED    this task was cancelled
 *          -EDO_EMISUSE  another edo_future_set_done_next() waits on this set, or this call is
 *                        inside one of its futures
 * Cancel:  safe: all futures stay in the set, also woken ones.
 * Threads: any, one at a time for one set.   Waits: for the first to finish. */
EDO_MUST_USE EDO_API int edo_future_set_done_next(edo_future_set *set, edo_future **done);
EDO_MUST_USE EDO_API edo_future *edo_future_set_done_next_init(edo_future_set_done_next_future *f,
                                                               edo_future_set *set,
                                                               edo_future **done);

/** Returns how many futures are in the set: pushed and not given back.
 * Threads: any, at once. */
EDO_API size_t edo_future_set_len(edo_future_set *set);

/** Takes `f` out of the set before it is finished, and drops it: the one future whose answer is no
 * longer wanted, or whose memory is about to end. A box is freed. A waiting
 * edo_future_set_done_next() goes on with the others, and returns 0 if there are none.
 *
 * Returns whether the set had polled it: 1, or 0 if its first poll had not come, so that nothing of
 * it had begun. What it is over may have been closed meanwhile.
 *
 * It costs the logarithm of the number of futures. The first call for a set also puts each of them
 * in an index, a later one those that were pushed since: for 200,000 that takes some 10 ms of the
 * caller's time. Wakes and pushes do not wait for it.
 *
 * A call inside a poll of one of the futures is misuse.
 * Owns:    on success a future that you placed is yours again, dropped.
 * Errors:  -ENOENT       it is not in the set: edo_future_set_done_next() gave it back, or it was
 *                        dropped with the set or removed before; it is as it was
 *          -EDO_EMISUSE  inside a poll of one of the futures
 * Cancel:  a future that is not cancel-safe loses its progress.
 * Threads: one at a time, and not while a next future of the set is polled. */
EDO_API int edo_future_set_remove(edo_future_set *set, edo_future *f);

/** Drops the futures that are in the set now, in the order in which they were pushed; boxes are
 * freed. A waiting edo_future_set_done_next() is woken, and returns 0 if the set is then
 * empty.
 *
 * A call inside a poll of one of the futures is misuse: a release build then drops none. Exception:
 * a child made by fork() in such a poll may call it, if that poll does not return in the child.
 * Owns:    futures that you placed are yours again, dropped.
 * Threads: one at a time, and not while a next future of the set is polled. */
EDO_API void edo_future_set_clear(edo_future_set *set);

EDO_END_DECLS

#endif
