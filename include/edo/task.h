/* SPDX-License-Identifier: MIT */
/* edo/task.h: tasks: start a function, wait for it, cancel it; and awaiting in general.
 *
 * A function given to edo_spawn() runs in a fiber: plain C with locals, loops and returns, whose
 * awaits suspend it while its thread runs something else. A future given to edo_spawn_future() runs
 * without a stack, in about a hundred bytes.
 *
 * Everything here that waits works in a fiber (which it suspends) and on a plain thread (which it
 * parks). Inside a poll function it is misuse. */
#ifndef EDO_TASK_H
#define EDO_TASK_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* A handle: one reference to a task. Freed by join, detach or unref. */
typedef struct edo_task edo_task;

/* Counts a group of tasks: edo/task_monitor.h. */
typedef struct edo_task_monitor edo_task_monitor;

/* One node of a tree of stop signals: edo/cancel.h. */
typedef struct edo_cancel_token edo_cancel_token;

/* What a task runs; its result is a count, 0, or a negative code. */
typedef int edo_task_fn(void *arg);

/* Why an await was cut short, or a token fired. */
typedef enum edo_cancel_cause {
    EDO_CANCEL_NONE,     /* nobody did */
    EDO_CANCEL_DEADLINE, /* a time limit around it passed */
    EDO_CANCEL_ABORT,    /* edo_task_abort(), or a token's owner */
    EDO_CANCEL_SIBLING,  /* another child of the scope decided it */
    EDO_CANCEL_SHUTDOWN, /* the runtime ends */
    EDO_CANCEL_SIGNAL,   /* SIGINT or SIGTERM, in edo_main() */

    EDO_CANCEL_USER = 256,        /* first reason of the program's own, see edo_cancel() */
    EDO_CANCEL_REASON_MAX = 65535 /* the last one */
} edo_cancel_cause;

/* Edo's: what a scope and the block of a token have in common; both nest. */
typedef struct edoi_bracket {
    const edo_atomic_u32 *cut;       /* const after begin; not 0: awaits inside fail, and why */
    uint32_t shields_n, deadlines_n; /* const after begin: open around it */
    bool of_token;                   /* const after begin; else of a scope */
    uint32_t forks;                  /* const after begin: tells a child that it is its parent's */
    struct edoi_bracket *outer;      /* const after begin */
} edoi_bracket;

/* ---- Awaiting -------------------------------------------------------------------------------- */

/**
 * Waits for `f` and returns its result.
 *
 * Owns:    consumes `f`: it is dropped when the call returns, a boxed future is freed.
 * Errors:  those of `f`
 *          -ECANCELED    this task was cancelled or a deadline around it passed; `f` was dropped
 *          -EDO_EMISUSE  inside a poll function
 * Cancel:  as safe as `f`: cut short while it waits, `f` is polled once more, and ready wins.
 * Threads: any.   Waits: for `f`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_await(edo_future *f);

/**
 * Polls `f` once, as part of whatever runs here, without interest in a wake: returns EDO_READY or
 * EDO_PENDING and leaves it armed. Allowed in a poll too.
 *
 * Owns:    borrows `f`.
 * Cancel:  nothing is waited for.   Threads: any; one at a time for one future.   Waits: never.
 * Since:   0.1
 */
EDO_API edo_polled edo_poll_once(edo_future *f);

/**
 * Waits for the first of `n` futures and returns its index; see edo_select_init() for flags and
 * ownership. The winner's result is read with edo_result(); the losers were dropped.
 *
 * Errors:  -EDO_ENOBRANCH; -EAGAIN with EDO_SELECT_NOWAIT; -ECANCELED (all were dropped); -EINVAL
 *          (more than EDO_FUTURES_MAX, none was dropped)
 * Cancel:  safe if all branches are; debug builds refuse one that is not.
 * Threads: any.   Waits: for the first.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_select_array(edo_future **futures, size_t n, uint32_t flags);

/**
 * Waits for all of `n` futures; see edo_join_init() for flags and ownership.
 *
 * Errors:  the first failure; -ECANCELED (all were dropped); -EINVAL (more than EDO_FUTURES_MAX,
 *          none was dropped)
 * Cancel:  safe if all branches are.
 * Threads: any.   Waits: for the last.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_join_array(edo_future **futures, size_t n, uint32_t flags);

#ifdef __cplusplus
EDO_END_DECLS
/* edo_select(a, b, …): waits for the first of its futures, fairly. */
template <typename... Futures> EDO_MUST_USE EDOI_FRAMED int edo_select(Futures... futures) {
    edo_future *array[] = { futures... };
    return edo_select_array(array, sizeof...(futures), 0);
}
/* edo_join(a, b, …): waits for all of its futures. */
template <typename... Futures> EDO_MUST_USE EDOI_FRAMED int edo_join(Futures... futures) {
    edo_future *array[] = { futures... };
    return edo_join_array(array, sizeof...(futures), 0);
}
/* edo_select_with(flags, a, b, …), edo_join_with(flags, a, b, …): the same with EDO_SELECT_… and
 * EDO_JOIN_… flags. */
template <typename... Futures>
EDO_MUST_USE EDOI_FRAMED int edo_select_with(uint32_t flags, Futures... futures) {
    edo_future *array[] = { futures... };
    return edo_select_array(array, sizeof...(futures), flags);
}
template <typename... Futures>
EDO_MUST_USE EDOI_FRAMED int edo_join_with(uint32_t flags, Futures... futures) {
    edo_future *array[] = { futures... };
    return edo_join_array(array, sizeof...(futures), flags);
}
EDO_BEGIN_DECLS
#else
/* edo_select(a, b, …): waits for the first of its futures, fairly. */
#    define edo_select(...) edo_select_with(0, __VA_ARGS__)
/* edo_join(a, b, …): waits for all of its futures. */
#    define edo_join(...)   edo_join_with(0, __VA_ARGS__)
/* edo_select_with(flags, a, b, …), edo_join_with(flags, a, b, …): the same with EDO_SELECT_… and
 * EDO_JOIN_… flags. */
#    define edo_select_with(flags, ...)                                                            \
        edo_select_array((edo_future *[]){ __VA_ARGS__ },                                          \
                         EDO_COUNT(((edo_future *[]){ __VA_ARGS__ })), (flags))
#    define edo_join_with(flags, ...)                                                              \
        edo_join_array((edo_future *[]){ __VA_ARGS__ },                                            \
                       EDO_COUNT(((edo_future *[]){ __VA_ARGS__ })), (flags))
#endif

/**
 * Lets others run: this task goes to the back of the queue, and goes on when each task that was
 * queued there has had a turn. A task of a multi-thread runtime may go on elsewhere, unless it is a
 * fiber that stays.
 *
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed
 * Cancel:  safe.   Threads: any; a plain thread in a current-thread runtime drives its tasks for one round if it
 *          may, any other gives its time slice away and returns 0.   Waits: for others.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_yield(void);

/**
 * Takes one operation from this task's budget; when that is spent it goes to the back of the queue,
 * as by any other operation: for loops that compute.
 *
 * Errors:  -ECANCELED  as edo_yield(), but only when it had to yield
 * Cancel:  safe.   Threads: any; nothing happens on a plain thread.   Waits: at most for one turn.
 * Since:   0.1
 */
EDO_API EDO_MUST_USE int edo_budget_consume(void);

/**
 * Operations that this task may still do before it must yield; UINT32_MAX on a plain thread.
 *
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API uint32_t edo_budget_left(void);

/**
 * Brackets code during which this task must not await, as around a library that keeps state per
 * thread between its calls. An await in between is misuse, and so is the end of a state machine's
 * poll. Brackets nest.
 *
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API void edo_no_await_begin(void);
EDO_API void edo_no_await_end(void);

/* ---- Spawning -------------------------------------------------------------------------------- */

/* Options of edo_spawn_with() and edo_spawn_future_with(); all zero is the default. */
typedef struct edo_spawn_opts {
    const char *name; /* a string literal, for dumps and reports; NULL: function and place */
    size_t stack;     /* bytes of address space, guard included, at most 1 GiB; 0: the
                                  runtime's fiber_stack */
    bool spread;      /* lives long, as a connection does: placed at once on the worker with
                                  the fewest fibers, not where it was spawned */
    bool migrate;     /* may change workers: keeps no thread-local address across an await;
                                  not together with `spread` */
    edo_task_monitor *monitor; /* counts it, and is shared until its end; the runtime has the option
                                  `task_monitors`; NULL: none does */
    edo_cancel_token *cancel;  /* cancels it when it fires, with its reason, and is shared until
                                  its end; NULL: none does */
    uint64_t reserved[2];      /* must be 0 */
} edo_spawn_opts;

#define EDOI_SITE(what) #what " at " EDOI_PLACE

/**
 * Starts `fn(arg)` as a task of the current runtime, in a fiber; queued at once.
 *
 * `fn` runs exactly once if this succeeds, even when it is cancelled before it starts: its awaits
 * then fail and it releases what `arg` owns. Macros over edo_spawn_at() and its like, which also
 * take the place of the call.
 *
 * Its stack is taken when it first runs. Without memory for that it waits until there is some, and
 * the runtime says so on standard error; it cannot fail any more. If who has the memory waits for
 * it, both wait for ever.
 *
 * Owns:    returns new: give the handle to edo_task_join(), _detach() or _unref(). `fn` takes `arg`
 *          on success; on failure it stays the caller's.
 * Errors:  NULL without memory, while the runtime shuts down, or without one; edo_task_join(NULL)
 *          returns the code.
 * Threads: any that is in a runtime.   Waits: never.   Since: 0.1
 */
#define edo_spawn(fn, ...) edo_spawn_at((fn), (__VA_ARGS__), EDOI_SITE(fn))

/* As edo_spawn(), with options, edo_spawn_with(fn, arg, opts); NULL means all defaults. Variadic so
 * that `&(edo_spawn_opts){ .name = "x", .spread = true }` may stand there, commas and all. */
#define edo_spawn_with(fn, arg, ...) edo_spawn_with_at((fn), (arg), (__VA_ARGS__), EDOI_SITE(fn))

/* As edo_spawn(), without a handle: 0 or a negative code. */
#define edo_spawn_detached(fn, ...) edo_spawn_detached_at((fn), (__VA_ARGS__), EDOI_SITE(fn))

/* As edo_spawn_with(), without a handle: 0 or a negative code. */
#define edo_spawn_detached_with(fn, arg, ...)                                                      \
    edo_spawn_detached_with_at((fn), (arg), (__VA_ARGS__), EDOI_SITE(fn))

/* Starts a future that has not been polled as a task of its own, without a stack: it is moved into
 * the task on success (and dropped there if it is cancelled), left alone on failure. */
#define edo_spawn_future(f) edo_spawn_future_at((f), EDOI_SITE(f))

/* As edo_spawn_future(), without a handle: 0 or a negative code. */
#define edo_spawn_future_detached(f) edo_spawn_future_detached_at((f), EDOI_SITE(f))

/* As edo_spawn_future(), with options, edo_spawn_future_with(f, opts), of which `stack`, `spread`
 * and `migrate` are not for futures. */
#define edo_spawn_future_with(f, ...) edo_spawn_future_with_at((f), (__VA_ARGS__), EDOI_SITE(f))

/* As edo_spawn_future_with(), without a handle: 0 or a negative code. */
#define edo_spawn_future_detached_with(f, ...)                                                     \
    edo_spawn_future_detached_with_at((f), (__VA_ARGS__), EDOI_SITE(f))

/**
 * The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 *
 * Owns:    as edo_spawn().
 * Errors:  -ENOMEM; -EDO_ECLOSED  the runtime shuts down; -EDO_ENORUNTIME; -EINVAL  bad options
 *          -ENOTSUP  a monitor, and the runtime was made without `task_monitors`
 * Threads: any that is in a runtime.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE edo_task *edo_spawn_at(edo_task_fn *fn, void *arg, const char *site);
EDO_API EDO_MUST_USE edo_task *edo_spawn_with_at(edo_task_fn *fn, void *arg,
                                                 const edo_spawn_opts *opts, const char *site);
EDO_API EDO_MUST_USE int edo_spawn_detached_at(edo_task_fn *fn, void *arg, const char *site);
EDO_API EDO_MUST_USE int edo_spawn_detached_with_at(edo_task_fn *fn, void *arg,
                                                    const edo_spawn_opts *opts, const char *site);
EDO_API EDO_MUST_USE edo_task *edo_spawn_future_at(edo_future *f, const char *site);
EDO_API EDO_MUST_USE int edo_spawn_future_detached_at(edo_future *f, const char *site);
EDO_API EDO_MUST_USE edo_task *edo_spawn_future_with_at(edo_future *f, const edo_spawn_opts *opts,
                                                        const char *site);
EDO_API EDO_MUST_USE int
edo_spawn_future_detached_with_at(edo_future *f, const edo_spawn_opts *opts, const char *site);

/* ---- The handle ------------------------------------------------------------------------------ */

/**
 * Waits for the end of `t` and returns its result. The trail of a failure moves to the caller; but
 * that of a scope's first failure goes to edo_scope_end().
 *
 * Any thread may wait, also one that is in no runtime, for a task of any runtime: it parks. (A
 * thread that is in a current-thread runtime drives that one meanwhile.)
 *
 * Owns:    takes `t`, also when the wait is cancelled: the task then goes on, detached. NULL is
 *          allowed and returns why the spawn of this fiber or thread that failed last did so. If
 *          none has failed: -EDO_EMISUSE in a fiber, -EDO_ENORUNTIME on a plain thread.
 *          A second join of a handle is undefined. Debug builds name it; others return -EDO_EMISUSE
 *          only while no new task has the place of `t`, and later may join that one.
 * Errors:  the task's own; -ECANCELED  it was aborted, or the caller was cancelled
 * Cancel:  safe, but the handle is gone; edo_task_wait() keeps it.
 * Threads: any; one joiner of a task at a time.   Waits: for the task.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_task_join(edo_task *t);

/**
 * Waits for the end of `t` and returns its result, keeping the handle.
 *
 * Owns:    borrows `t`.
 * Errors:  as edo_task_join(); -EDO_EMISUSE  somebody else waits for `t`
 * Cancel:  safe.   Threads: any; one joiner of a task at a time.   Waits: for the task.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_task_wait(edo_task *t);

/* Future behind edo_task_join() and edo_task_wait(). */
typedef struct edo_task_join_future {
    edo_future base;
    edo_task *task;
    edo_waker *waker;
    bool keep;
} edo_task_join_future;

/**
 * Futures that are ready with the result of `t`; join consumes the handle (also when dropped), wait
 * borrows it.
 *
 * Errors:  as edo_task_join() and edo_task_wait().
 * Cancel:  safe.   Threads: one at a time.   Waits: for the task.   Since: 0.1
 */
EDO_API edo_future *edo_task_join_init(edo_task_join_future *f, edo_task *t);
EDO_API edo_future *edo_task_wait_init(edo_task_join_future *f, edo_task *t);

/**
 * Cancels `t`: in a fiber the await it sits in, and every later one, returns -ECANCELED; a future
 * is dropped at its next turn. A task that has ended is not affected, and one that ends by itself
 * first keeps its result.
 *
 * Owns:    borrows `t`. NULL is allowed.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_task_abort(edo_task *t);

/**
 * Gives the handle up; the task goes on.
 *
 * Owns:    takes `t`. NULL is allowed.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API void edo_task_detach(edo_task *t);

/**
 * Shares the handle: both may abort and ask; edo_task_unref() (the same as detach) gives one back.
 *
 * Owns:    shares `t`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_task *edo_task_ref(edo_task *t);
EDO_API void edo_task_unref(edo_task *t);

/**
 * Returns whether `t` has ended.
 *
 * Owns:    borrows `t`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_task_is_finished(const edo_task *t);

/* How a task ended. */
typedef enum edo_task_outcome {
    EDO_OUTCOME_RUNNING,   /* it has not */
    EDO_OUTCOME_RETURNED,  /* with 0 or more */
    EDO_OUTCOME_FAILED,    /* with a negative code of its own */
    EDO_OUTCOME_CANCELED,  /* it was cancelled and returned -ECANCELED, or was dropped */
    EDO_OUTCOME_ABANDONED, /* the runtime's shutdown gave it up */
} edo_task_outcome;

/**
 * Returns how `t` ended.
 *
 * Owns:    borrows `t`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_task_outcome edo_task_get_outcome(const edo_task *t);

/**
 * A number that no other living task has; it may be used again after the last handle is gone.
 *
 * Owns:    borrows `t`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API uint64_t edo_task_id(const edo_task *t);

/**
 * The number of the running task; 0 outside one.
 *
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API uint64_t edo_task_current_id(void);

/**
 * The name, or "function at file:line", of the running task; NULL outside one.
 *
 * Owns:    a string literal of the spawner's.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API const char *edo_task_current_name(void);

EDO_END_DECLS

#endif
