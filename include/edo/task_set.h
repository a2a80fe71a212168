/* SPDX-License-Identifier: MIT */
/* edo/task_set.h: any number of tasks whose results are wanted, given back one by one as they end.
 *
 *     edo_task_set set;
 *     edo_task_set_init(&set, NULL);
 *     for (size_t i = 0; err == 0 && i < n; i++)
 *         err = edo_task_set_spawn(&set, fetch, &pages[i]);
 *     edo_task_ended done;
 *     while (err >= 0 && (err = edo_task_set_join_next(&set, &done)) > 0)
 *         use(done.arg, done.result);          // then 0: that was the last
 *     (void)edo_task_set_shutdown(&set);       // stops those that are left, and waits for their end
 *     edo_task_set_deinit(&set);
 *
 * The results come in the order in which the tasks end; with `ordered` in the order in which they
 * were spawned. The tasks run in parallel with each other and with the owner of the set, also while
 * it waits for something else.
 *
 * A set keeps a task that has ended until its result is taken: where no results are wanted use an
 * edo_tracker. A scope (edo/scope.h) is for tasks that end before a block does; the tasks of a set
 * may outlive the block, so they must not use its locals unless edo_task_set_shutdown() has
 * returned 0 before the block ends, or edo_task_set_join_all() anything but -ECANCELED. A block
 * that may be cancelled calls the shutdown inside edo_shield_begin().
 *
 * A task may have a key, a number or a pointer as one: edo_task_set_spawn_keyed(). Then a set has
 * one task of each key at a time, which can be asked for and cancelled by the key; one that comes
 * under a key in use takes the place of the other, which is cancelled.
 *
 * A child made by fork() may use a set of its parent: each task is given back with -EDO_EFORKED,
 * unless it had ended; no key of the parent's is in use there.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, one at a time for one set.   Waits: never.   Since: 0.1 */
#ifndef EDO_TASK_SET_H
#define EDO_TASK_SET_H

#include <edo/future_set.h>
#include <edo/task.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     43 __FILE__
#endif

EDO_BEGIN_DECLS

/* Options of a set; all zero is the default. */
typedef struct edo_task_set_opts {
    bool ordered;         /* results come in the order of the spawns */
    uint64_t reserved[3]; /* must be 0 */
} edo_task_set_opts;

struct edoi_treap;

/* A set of tasks. You place it; it must not move or end while tasks are in it. All zero is an empty
 * set without options. Fields are edo's. */
typedef struct edo_task_set {
    edo_future_set waits;    /* for the ends of the tasks */
    int failure;             /* const after init; of bad options, returned by each spawn */
    edo_atomic_u32 stopping; /* atomic; not 0: a new task is cancelled at once */
    struct edoi_treap *keys; /* the tasks that have one. lock: that of `waits` */
    size_t replaced_n;       /* tasks whose key another one has now. lock: that of `waits` */
    uint32_t keys_forks; /* shows a child of fork() that `keys` is its parent's. lock: as that */
} edo_task_set;

/* A task of a set that has ended. */
typedef struct edo_task_ended {
    void *arg;                /* as given to the spawn */
    uint64_t id;              /* as edo_task_id() returned it for the handle */
    int result;               /* of the function; -ECANCELED if the runtime abandoned the task */
    edo_task_outcome outcome; /* how it ended */
    uint64_t key;             /* as given to edo_task_set_spawn_keyed(); else 0 */
} edo_task_ended;

/** Makes an empty set.
 * Owns:    borrows the memory of `set` until edo_task_set_deinit(); copies `opts` (NULL: all
 *          defaults).
 * Errors:  none here; -EINVAL from each spawn for `reserved` that is not 0.
 * Threads: one, before other threads use it. */
EDO_API void edo_task_set_init(edo_task_set *set, const edo_task_set_opts *opts);

/** Ends a set: cancels the tasks that are left and lets go of them, without waiting. The set may be
 * used again afterwards.
 *
 * A task that has not ended by then goes on by itself until it returns: its next await fails with
 * -ECANCELED. So it must not use memory that you now release; to wait for its end call
 * edo_task_set_shutdown() before.
 * Owns:    gives the memory of `set` back; results that were not taken are lost. No
 *          edo_task_set_join_next() may be waiting.
 * Threads: one at a time. */
EDO_API void edo_task_set_deinit(edo_task_set *set);

/** Starts `fn(arg)` as a task of the set, as edo_spawn() does. Returns 0 or a negative code. A
 * macro over edo_task_set_spawn_at().
 * Owns:    `fn` takes `arg` on success; on failure it stays the caller's.
 * Errors:  -ENOMEM; -EDO_ECLOSED; -EDO_ENORUNTIME; the set is unchanged
 * Threads: any that is in a runtime, at once, also tasks of the set. */
#define edo_task_set_spawn(set, fn, ...)                                                           \
    edo_task_set_spawn_at((set), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/* edo_task_set_spawn_with(set, fn, arg, opts): as edo_task_set_spawn(), with options of
 * edo_spawn_with(); NULL means all defaults. */
#define edo_task_set_spawn_with(set, fn, ...)                                                      \
    edo_task_set_spawn_with_at((set), (fn), __VA_ARGS__, EDOI_SITE(fn))

/** As edo_task_set_spawn(), but returns a handle of the task, by which it can be cancelled alone,
 * and asked for its id. To join it is misuse: the set does. A macro over
 * edo_task_set_spawn_handle_at().
 * Owns:    returns new: give the handle to edo_task_unref(). `fn` takes `arg` on success; on
 *          failure it stays the caller's.
 * Errors:  NULL; edo_task_join(NULL) returns the code.
 * Threads: any that is in a runtime, at once. */
#define edo_task_set_spawn_handle(set, fn, ...)                                                    \
    edo_task_set_spawn_handle_at((set), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** As edo_task_set_spawn(), under a key: what edo_task_set_has() and edo_task_set_cancel() find it
 * by, and edo_task_set_join_next() tells. A pointer is a key as `(uint64_t)(uintptr_t)p`.
 *
 * If the set has a task of that key, running or ended, the new one takes its place: the old one is
 * cancelled, and its result is lost. It may go on for a while beside the new one, until it has seen
 * that; edo_task_set_shutdown() and edo_task_set_join_all() wait for it, too, and in an ordered set
 * so do those that were spawned after it. To keep the old one instead ask edo_task_set_has() first.
 * What the old one takes of memory goes when edo_task_set_join_next(), or another function that
 * takes results, comes upon it: a set that is never asked for results grows.
 * A macro over edo_task_set_spawn_keyed_at().
 * Errors:  as edo_task_set_spawn(); the task that has the key is then as it was
 * Threads: any that is in a runtime, at once, also tasks of the set. */
#define edo_task_set_spawn_keyed(set, key, fn, ...)                                                \
    edo_task_set_spawn_keyed_at((set), (key), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** Runs `fn(arg)` on a thread of the runtime's blocking pool, as edo_blocking() in a task of the
 * set. A macro over edo_task_set_spawn_blocking_at().
 *
 * A job that waits for a thread is withdrawn when its task is cancelled. One that has begun is
 * waited for, and its result told; it may ask edo_blocking_cancelled().
 * Owns:    `fn` borrows `arg` until its task has ended, also if the set has let go of that. It may
 *          not have run then, so it releases nothing.
 * Errors:  as edo_task_set_spawn(). Of the result: as edo_blocking()
 * Threads: any that is in a runtime, at once. */
#define edo_task_set_spawn_blocking(set, fn, ...)                                                  \
    edo_task_set_spawn_blocking_at((set), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 * Owns:    as the macros.
 * Errors:  as the macros; -EINVAL  bad options
 *          -ENOTSUP  a monitor, and the runtime was made without `task_monitors`
 * Threads: any that is in a runtime, at once. */
EDO_MUST_USE EDO_API int edo_task_set_spawn_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                                               const char *site);
EDO_MUST_USE EDO_API int edo_task_set_spawn_with_at(edo_task_set *set, edo_task_fn *fn, void *arg,
                                                    const edo_spawn_opts *opts, const char *site);
EDO_MUST_USE EDO_API edo_task *edo_task_set_spawn_handle_at(edo_task_set *set, edo_task_fn *fn,
                                                            void *arg, const char *site);
EDO_MUST_USE EDO_API int edo_task_set_spawn_keyed_at(edo_task_set *set, uint64_t key,
                                                     edo_task_fn *fn, void *arg, const char *site);
EDO_MUST_USE EDO_API int edo_task_set_spawn_blocking_at(edo_task_set *set, edo_task_fn *fn,
                                                        void *arg, const char *site);

/** Returns whether a task of that key is in the set: spawned, not replaced, and its result not
 * taken. It may have ended.
 * Threads: any, at once. */
EDO_API bool edo_task_set_has(edo_task_set *set, uint64_t key);

/** Cancels the task of that key, as edo_task_cancel(), and returns whether there is one. It stays
 * in the set: edo_task_set_join_next() gives it back.
 * Threads: any, at once. */
EDO_API bool edo_task_set_cancel(edo_task_set *set, uint64_t key);

/* Future behind edo_task_set_join_next(). */
typedef struct edo_task_set_join_next_future {
    edo_future base;
    edo_future_set_done_next_future inner;
    edo_future *done;
    edo_task_ended *ended; /* written once, on success */
} edo_task_set_join_next_future;

/** Waits until one of the tasks has ended (with `ordered`: the one spawned first), takes it out of
 * the set, and writes `*ended`. The trail of a failure moves to the caller, as with
 * edo_task_join(). A task that was replaced is never given back; a set that has no other one is
 * empty when those have ended.
 * Returns: 1: `*ended` is written; 0: the set is empty
 * Errors:  -ECANCELED    this task was cancelled
 *          -EDO_EMISUSE  another edo_task_set_join_next() waits on this set
 * Cancel: safe: all tasks stay in the set and go on.   Waits: for the end of a task. */
EDO_MUST_USE EDO_API int edo_task_set_join_next(edo_task_set *set, edo_task_ended *ended);
EDO_MUST_USE EDO_API edo_future *edo_task_set_join_next_init(edo_task_set_join_next_future *f,
                                                             edo_task_set *set,
                                                             edo_task_ended *ended);

/** As edo_task_set_join_next(), but does not wait.
 * Errors:  -EAGAIN       no task has ended (with `ordered`: the one spawned first has not)
 *          -EDO_EMISUSE  an edo_task_set_join_next() waits on this set */
EDO_MUST_USE EDO_API int edo_task_set_try_join_next(edo_task_set *set, edo_task_ended *ended);

/** Waits until all tasks have ended, takes them out of the set, and returns the first failure that
 * it took, else 0. The trail of that failure moves to the caller. A failure does not stop the other
 * tasks: see edo_task_set_cancel_all(), and edo/scope.h.
 * Errors:  the first failure of a task, once all have ended
 *          -ECANCELED    this task was cancelled; tasks that have not ended are still in the set,
 *                        and the results that were taken are lost
 *          -EDO_EMISUSE  an edo_task_set_join_next() waits on this set
 * Cancel:  safe: the tasks that have not been taken stay in the set and go on.
 * Waits:   for the end of all tasks. */
EDO_MUST_USE EDO_API int edo_task_set_join_all(edo_task_set *set);

/** Cancels all tasks that are in the set, as edo_task_cancel(). They stay in it: take their results
 * with edo_task_set_join_next().
 * Threads: any, at once. */
EDO_API void edo_task_set_cancel_all(edo_task_set *set);

/** Cancels all tasks of the set and waits until all have ended. Their results are lost, and so are
 * the trails of their failures: the caller's own trail stays. A task that is spawned into the set
 * meanwhile is cancelled, too.
 *
 * A cancelled caller that must have seen the end of the tasks calls it inside edo_shield_begin().
 * Errors:  -ECANCELED    this task was cancelled; tasks that have not ended are still in the set
 *          -EDO_EMISUSE  an edo_task_set_join_next() waits on this set
 * Cancel: safe: all tasks have been cancelled.   Waits: for the end of all tasks. */
EDO_MUST_USE EDO_API int edo_task_set_shutdown(edo_task_set *set);

/** Lets go of all tasks that are in the set, without cancelling them: they go on, and their results
 * are lost. A waiting edo_task_set_join_next() is woken, and returns 0.
 * Owns:    the tasks are detached.
 * Threads: one at a time, and not while a next future of the set is polled. */
EDO_API void edo_task_set_detach_all(edo_task_set *set);

/** Returns how many tasks are in the set: spawned, not replaced, and their results not taken. Tasks
 * that have ended count too.
 * Threads: any, at once. */
EDO_API size_t edo_task_set_len(edo_task_set *set);

EDO_END_DECLS

#endif
