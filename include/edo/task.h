/* SPDX-License-Identifier: MIT */
/* edo/task.h: tasks: start a function, wait for it, cancel it; and awaiting in general.
 *
 * A function given to edo_spawn() runs in a fiber: plain C with locals, loops and returns, whose
 * awaits suspend it while its thread runs other tasks. A future given to edo_spawn_future() runs
 * without a stack, in about a hundred bytes.
 *
 * Every function here that waits works in a fiber (which it suspends) and on a plain thread (which
 * it parks). Inside a poll function it is misuse.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_TASK_H
#define EDO_TASK_H

#include <edo/future.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     22 __FILE__
#endif

EDO_BEGIN_DECLS

/* A handle: one reference to a task. Join, detach or unref gives it back. */
typedef struct edo_task edo_task;

/* Counts a group of tasks: edo/task_monitor.h. */
typedef struct edo_task_monitor edo_task_monitor;

/* One node of a tree of stop signals: edo/cancel.h. */
typedef struct edo_cancel_token edo_cancel_token;

/* The function of a task; it returns a count, 0, or a negative code. */
typedef int edo_task_fn(void *arg);

/* Why an await was cut short, or a token fired. */
typedef enum edo_cancel_cause {
    EDO_CANCEL_NONE,     /* it was not */
    EDO_CANCEL_DEADLINE, /* a deadline around it passed */
    EDO_CANCEL_ASKED,    /* edo_task_cancel(), edo_scope_cancel(), or a token's owner */
    EDO_CANCEL_SIBLING,  /* another child or the owner of the scope failed, or a child succeeded
                            under EDO_SCOPE_ANY */
    EDO_CANCEL_SHUTDOWN, /* the runtime ends */
    EDO_CANCEL_SIGNAL,   /* SIGINT or SIGTERM, in edo_main() */

    EDO_CANCEL_USER = 256,        /* first reason of the program's own, see edo_cancel() */
    EDO_CANCEL_REASON_MAX = 65535 /* the last one */
} edo_cancel_cause;

/* Edo's: the common part of a scope and of a token's block; both nest. */
typedef struct edoi_bracket {
    const edo_atomic_u32 *cut;       /* const after begin; not 0: awaits inside fail: the cause */
    uint32_t shields_n, deadlines_n; /* const after begin: open around it */
    bool of_token;                   /* const after begin; false: of a scope */
    uint32_t forks;                  /* const after begin: forks before it; shows a child of fork()
                                        that the bracket is its parent's */
    struct edoi_bracket *outer;      /* const after begin */
} edoi_bracket;

/* ---- Awaiting -------------------------------------------------------------------------------- */

/** Waits for `f` and returns its result.
 * Owns:    consumes `f`: it has been dropped when the call returns, and a boxed future freed.
 * Errors:  those of `f`
 *          -ECANCELED    this task was cancelled or a deadline around it passed; `f` was dropped
 *          -EDO_EMISUSE  inside a poll function
 * Cancel:  as safe as `f`. A wait that is cut short polls `f` once more; if that is ready its
 *          result is returned.
 * Waits:   for `f`. */
EDO_MUST_USE EDO_API int edo_await(edo_future *f);

/** Polls `f` once in the current task or thread, without asking for a wake: returns EDO_READY or
 * EDO_PENDING, and leaves `f` armed. Also allowed inside a poll function.
 * Cancel: nothing is waited for.   Threads: any; one at a time for one future. */
EDO_API edo_polled edo_poll_once(edo_future *f);

/** Waits for the first of `n` futures and returns its index; see edo_select_init() for flags and
 * ownership. Read the winner's result with edo_result(); the losers have been dropped.
 * Errors:  -EDO_ENOBRANCH; -EAGAIN with EDO_SELECT_NOWAIT; -ECANCELED (all were dropped); -EINVAL
 *          (more than EDO_FUTURES_MAX, none was dropped)
 * Cancel:  safe if all branches are; debug builds report a branch that is not, but not with
 *          EDO_SELECT_KEEP.
 * Waits:   for the first. */
EDO_MUST_USE EDO_API int edo_select_array(edo_future **futures, size_t n, uint32_t flags);

/** Waits for all of `n` futures; see edo_join_init() for flags and ownership.
 * Errors:  the first failure; -ECANCELED (all were dropped); -EINVAL (more than EDO_FUTURES_MAX,
 *          none was dropped)
 * Cancel: safe if all branches are.   Waits: for the last. */
EDO_MUST_USE EDO_API int edo_join_array(edo_future **futures, size_t n, uint32_t flags);

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
/* edo_select_with(flags, a, b, …), edo_join_with(flags, a, b, …): with EDO_SELECT_… or EDO_JOIN_…
 * flags. */
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
/* edo_select_with(flags, a, b, …), edo_join_with(flags, a, b, …): with EDO_SELECT_… or EDO_JOIN_…
 * flags. */
#    define edo_select_with(flags, ...)                                                            \
        edo_select_array((edo_future *[]){ __VA_ARGS__ },                                          \
                         EDO_COUNT(((edo_future *[]){ __VA_ARGS__ })), (flags))
#    define edo_join_with(flags, ...)                                                              \
        edo_join_array((edo_future *[]){ __VA_ARGS__ },                                            \
                       EDO_COUNT(((edo_future *[]){ __VA_ARGS__ })), (flags))
#endif

/** Yields: this task goes to the back of the queue, and goes on when each task queued before it has
 * had a turn. A task of a multi-thread runtime may go on on another worker, unless it is a fiber
 * without the `migrate` option.
 * Errors: -ECANCELED  this task was cancelled or a deadline around it passed   Cancel: safe.
 * Threads: any. A plain thread in a current-thread runtime drives its tasks until each that is
 *          queued has had a turn, if it may drive; any other plain thread calls sched_yield() and
 *          returns 0.
 * Waits:   for other tasks. */
EDO_MUST_USE EDO_API int edo_yield(void);

/** An await that has nothing to wait for: fails if the calling task is cancelled or a deadline
 * around it has passed, else takes one operation from its budget; if the budget is spent the tasks
 * run first that have not spent theirs, up to a bound. For loops that compute, and for calls of
 * your own that wait in some cases only: at their begin, so that a loop of them ends and lets
 * others run.
 * Errors: -ECANCELED  this task was cancelled or a deadline around it passed   Cancel: safe.
 * Threads: any; a plain thread has no budget.   Waits: for other tasks. */
EDO_MUST_USE EDO_API int edo_budget_consume(void);

/** Returns the number of operations that this task may still do before it must yield; UINT32_MAX on
 * a plain thread. */
EDO_API uint32_t edo_budget_left(void);

/** Begin and end code in which this task must not await, for example around a library that keeps
 * per-thread state between its calls. An await in between is misuse, and so is the end of a state
 * machine's poll. Pairs nest. */
EDO_API void edo_no_await_begin(void);
EDO_API void edo_no_await_end(void);

/* ---- Spawning -------------------------------------------------------------------------------- */

/* Options of edo_spawn_with() and edo_spawn_future_with(); all zero is the default. */
typedef struct edo_spawn_opts {
    const char *name; /* a string literal, for dumps and reports; NULL: "function at file:line" */
    size_t stack;     /* bytes of address space, guard included, at most 1 GiB; 0: the
                         runtime's fiber_stack */
    bool spread;      /* for a long-lived task, such as a connection: places it at once on
                         the worker with the fewest fibers, not on the spawning one */
    bool migrate;     /* the task may change workers: it must keep no thread-local address
                         across an await; not together with `spread` */
    edo_task_monitor *monitor; /* counts the task; shared until the task ends. Needs the runtime's
                                  option `task_monitors`. NULL: none */
    edo_cancel_token *cancel;  /* cancels the task, with the token's reason, when it fires; shared
                                  until the task ends. NULL: none */
    bool no_context;           /* inherits no value of edo/context.h */
    struct edo_span *span; /* the span of the task, which ends with it (edo/span.h); shared; NULL:
                                  that of the spawner */
    uint64_t reserved[2];  /* must be 0 */
} edo_spawn_opts;

#define EDOI_SITE(what) #what " at " EDOI_PLACE

/** Starts `fn(arg)` as a task of the current runtime, in a fiber. The task is queued at once.
 *
 * If the spawn succeeds `fn` runs exactly once, even if the task is cancelled before it starts: its
 * awaits then fail, and it releases what `arg` owns. The macros here call edo_spawn_at() and its
 * siblings, and add the place of the call.
 *
 * The fiber gets its stack when it first runs. If there is no memory for the stack the task waits
 * until there is, and the runtime says so on standard error; the spawn no longer fails for that. If
 * the task that holds the memory waits for this task, both wait for ever.
 * Owns:    returns new: give the handle to edo_task_join(), _detach() or _unref(). `fn` takes `arg`
 *          on success; on failure it stays the caller's.
 * Errors:  NULL without memory, while the runtime shuts down, or outside a runtime;
 *          edo_task_join(NULL) returns the code.
 * Threads: any that is in a runtime.   Waits: never. */
#define edo_spawn(fn, ...) edo_spawn_at((fn), (__VA_ARGS__), EDOI_SITE(fn))

/* edo_spawn_with(fn, arg, opts): as edo_spawn(), with options; NULL means all defaults. Variadic,
 * so that `opts` may be `&(edo_spawn_opts){ .name = "x", .spread = true }`, with its commas. */
#define edo_spawn_with(fn, ...) edo_spawn_with_at((fn), __VA_ARGS__, EDOI_SITE(fn))

/* As edo_spawn(), without a handle: 0 or a negative code. */
#define edo_spawn_detached(fn, ...) edo_spawn_detached_at((fn), (__VA_ARGS__), EDOI_SITE(fn))

/* As edo_spawn_with(), without a handle: 0 or a negative code. */
#define edo_spawn_detached_with(fn, ...)                                                           \
    edo_spawn_detached_with_at((fn), __VA_ARGS__, EDOI_SITE(fn))

/* Starts `f`, which must not have been polled, as a task without a stack. On success `f` is moved
 * into the task (and dropped there if the task is cancelled), and holds what it is over as if it
 * had been polled (edo_future_hold()); on failure it is left alone. */
#define edo_spawn_future(f) edo_spawn_future_at((f), EDOI_SITE(f))

/* As edo_spawn_future(), without a handle: 0 or a negative code. */
#define edo_spawn_future_detached(f) edo_spawn_future_detached_at((f), EDOI_SITE(f))

/* edo_spawn_future_with(f, opts): as edo_spawn_future(), with options; `stack`, `spread` and
 * `migrate` are not for futures. */
#define edo_spawn_future_with(f, ...) edo_spawn_future_with_at((f), (__VA_ARGS__), EDOI_SITE(f))

/* As edo_spawn_future_with(), without a handle: 0 or a negative code. */
#define edo_spawn_future_detached_with(f, ...)                                                     \
    edo_spawn_future_detached_with_at((f), (__VA_ARGS__), EDOI_SITE(f))

/** The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 * Owns:    as edo_spawn().
 * Errors:  -ENOMEM; -EDO_ECLOSED  the runtime shuts down; -EDO_ENORUNTIME; -EINVAL  bad options
 *          -ENOTSUP  a monitor, and the runtime was made without `task_monitors`
 * Threads: any that is in a runtime. */
EDO_MUST_USE EDO_API edo_task *edo_spawn_at(edo_task_fn *fn, void *arg, const char *site);
EDO_MUST_USE EDO_API edo_task *edo_spawn_with_at(edo_task_fn *fn, void *arg,
                                                 const edo_spawn_opts *opts, const char *site);
EDO_MUST_USE EDO_API int edo_spawn_detached_at(edo_task_fn *fn, void *arg, const char *site);
EDO_MUST_USE EDO_API int edo_spawn_detached_with_at(edo_task_fn *fn, void *arg,
                                                    const edo_spawn_opts *opts, const char *site);
EDO_MUST_USE EDO_API edo_task *edo_spawn_future_at(edo_future *f, const char *site);
EDO_MUST_USE EDO_API int edo_spawn_future_detached_at(edo_future *f, const char *site);
EDO_MUST_USE EDO_API edo_task *edo_spawn_future_with_at(edo_future *f, const edo_spawn_opts *opts,
                                                        const char *site);
EDO_MUST_USE EDO_API int
edo_spawn_future_detached_with_at(edo_future *f, const edo_spawn_opts *opts, const char *site);

/* ---- The handle ------------------------------------------------------------------------------ */

/** Waits for the end of `t` and returns its result. The trail of a failure moves to the caller, but
 * the trail of a scope's first failure goes to edo_scope_end().
 *
 * Any thread, also one in no runtime, may wait for a task of any runtime: it parks. (A thread that
 * is in a current-thread runtime drives its own runtime meanwhile.)
 * Owns:    takes `t`, also when the wait is cancelled: the task then goes on, detached. NULL is
 *          allowed, and returns the code of the last failed spawn of this fiber or thread. If none
 *          has failed: -EDO_EMISUSE in a fiber, -EDO_ENORUNTIME on a plain thread.
 *          A second join of a handle is undefined. Debug builds report it; others return
 *          -EDO_EMISUSE until a new task reuses the memory of `t`, and may then join that task.
 * Errors:  the task's own; -ECANCELED  it was cancelled, or the caller was cancelled
 * Cancel:  safe, but the handle is gone; edo_task_wait() keeps it.
 * Threads: any; one joiner of a task at a time.   Waits: for the task. */
EDO_MUST_USE EDO_API int edo_task_join(edo_task *t);

/** Waits for the end of `t` and returns its result, keeping the handle.
 * Errors: as edo_task_join(); -EDO_EMISUSE  another fiber or thread waits for `t`   Cancel: safe.
 * Threads: any; one joiner of a task at a time.   Waits: for the task. */
EDO_MUST_USE EDO_API int edo_task_wait(edo_task *t);

/* Future behind edo_task_join() and edo_task_wait(). */
typedef struct edo_task_join_future {
    edo_future base;
    edo_task *task;
    edo_waker *waker;
    bool keep;
} edo_task_join_future;

/** Futures that are ready with the result of `t`. The join future consumes the handle, also when it
 * is dropped; the wait future borrows it.
 * Errors: as edo_task_join() and edo_task_wait().   Cancel: safe.   Threads: one at a time.
 * Waits:   for the task. */
EDO_MUST_USE EDO_API edo_future *edo_task_join_init(edo_task_join_future *f, edo_task *t);
EDO_MUST_USE EDO_API edo_future *edo_task_wait_init(edo_task_join_future *f, edo_task *t);

/** Cancels `t`. In a fiber the current await and every later one return -ECANCELED; a future is
 * dropped at its next turn. A task that has ended is not affected, and a task that ends by itself
 * first keeps its result.
 * Owns: borrows `t`. NULL is allowed.   Threads: any, at once. */
EDO_API void edo_task_cancel(edo_task *t);

/** Gives the handle back; the task goes on.
 * Owns:    takes `t`. NULL is allowed. */
EDO_API void edo_task_detach(edo_task *t);

/** Takes one more handle of `t`, for cancellations and queries; edo_task_unref() (equal to
 * edo_task_detach()) gives one back.
 * Owns: shares `t`.   Threads: any, at once. */
EDO_API edo_task *edo_task_ref(edo_task *t);
EDO_API void edo_task_unref(edo_task *t);

/** Returns whether `t` has ended.
 * Threads: any, at once. */
EDO_API bool edo_task_is_finished(const edo_task *t);

/* How a task ended. */
typedef enum edo_task_outcome {
    EDO_OUTCOME_RUNNING,   /* it has not ended */
    EDO_OUTCOME_RETURNED,  /* it returned 0 or more */
    EDO_OUTCOME_FAILED,    /* it returned a negative code of its own */
    EDO_OUTCOME_CANCELED,  /* it was cancelled and returned -ECANCELED, or was dropped */
    EDO_OUTCOME_ABANDONED, /* the runtime's shutdown abandoned it */
} edo_task_outcome;

/** Returns how `t` ended.
 * Threads: any, at once. */
EDO_API edo_task_outcome edo_task_get_outcome(const edo_task *t);

/** Returns a number that no other living task has; it may be used again after the last handle is
 * gone.
 * Threads: any, at once. */
EDO_API uint64_t edo_task_id(const edo_task *t);

/** Returns the number of the running task; 0 outside a task. */
EDO_API uint64_t edo_task_current_id(void);

/** Returns the name of the running task, or "function at file:line"; NULL outside a task. While a
 * router's handler runs (edo/web.h) it is the route, as "GET /todos/{id}", also in dumps, log lines
 * and trails.
 * Owns:    a string that lives as long as the program. */
EDO_API const char *edo_task_current_name(void);

EDO_END_DECLS

#endif
