/* SPDX-License-Identifier: MIT */
/* edo/runtime.h: what runs tasks. Programs use edo_main(); tests and embedders make their own.
 *
 * A program may fork at any time, also in a task. The child has the thread that forked and no
 * other, so the parent's runtimes do not run there: every call on them, and on streams and
 * listeners that the parent made, returns -EDO_EFORKED at once (a spawn returns NULL, and joining
 * that says so); what gives a handle back works and touches nothing of the parent's. Brackets of
 * the parent's can be ended, and its sleeps, joins, jobs and I/O be dropped; its scopes and tokens,
 * fired or not, cut nothing short in the child. A runtime that the child makes works as any. An
 * await outside of its tasks, by a thread that forked in a task or inside a runtime, returns
 * -EDO_EFORKED until there is such a runtime, and then waits as that of any plain thread.
 * A task, poll or job that forked must not return in the child: end it by exec or _exit(), else the
 * child ends with status 1. Numbers about a pool of the parent's are zero. Channels, locks and
 * slabs of the parent, and futures that wait for them, are not for the child: another thread may
 * have held their lock. */
#ifndef EDO_RUNTIME_H
#define EDO_RUNTIME_H

#include <edo/task.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_runtime edo_runtime;

/* Kinds of runtime. */
typedef enum edo_runtime_flavor {
    EDO_RUNTIME_CURRENT = 1, /* all tasks on the one thread that drives it, in edo_block_on() */
    EDO_RUNTIME_MULTI = 2,   /* tasks on all cores, by threads of its own: they run at once */
} edo_runtime_flavor;

/* How the buckets of a histogram lie. */
typedef enum edo_hist_kind {
    EDO_HIST_OFF,    /* it is not kept */
    EDO_HIST_LINEAR, /* all of one width */
    EDO_HIST_LOG,    /* of one width within an octave, which doubles from one to the next */
} edo_hist_kind;

/* A histogram of times that the runtime keeps about itself, see edo/stats.h; all zero is none. */
typedef struct edo_runtime_hist_opts {
    edo_hist_kind kind;
    uint32_t buckets;   /* linear: how many, at most 4,096; 0: 10 */
    edo_duration width; /* linear: of one; 0: 100 us */
    uint32_t precision; /* log: an octave has 2^precision buckets, at most 6; 0: 2, off by 25 % */
    edo_duration min;   /* log: what is shorter counts as one, about; 0: 100 ns */
    edo_duration max;   /* log: what is longer counts as one, about; 0: 60 s */
} edo_runtime_hist_opts;

/* Options; all zero is the default. */
typedef struct edo_runtime_opts {
    edo_runtime_flavor flavor; /* 0: EDO_RUNTIME_MULTI; with start_paused EDO_RUNTIME_CURRENT */
    uint32_t workers;          /* of a multi-thread runtime, at most 256; 0: EDO_WORKERS, else the
                                  usable cores, by CPU set and quota of the control groups */
    size_t fiber_stack; /* address space of a fiber, guard included, at most 1 GiB; 0: 256 KiB */
    uint32_t event_interval;     /* polls between two looks at the driver; 0: 61 */
    uint32_t events_max;         /* events taken at once, at most 65,536; 0: 1024 */
    uint64_t seed;               /* of select's random start; 0: EDO_SEED, else the system's */
    edo_duration shutdown;       /* bound of edo_runtime_free() and edo_main(); 0: 5 s */
    bool start_paused;           /* the clock is virtual from the start, see edo_time_pause(); not
                                    with EDO_RUNTIME_MULTI: one clock, one thread */
    bool no_lifo;                /* a woken task goes to the back of the queue, not to its front */
    bool task_monitors;          /* tasks may be counted by group, see edo/task_monitor.h: the clock
                                    is read at each poll and each wake; those that are not
                                    counted show no age in dumps */
    const char *name;            /* a string literal, for reports; NULL: "edo" */
    uint32_t blocking_max;       /* threads for edo_blocking(), beside the workers; 0: 512 */
    uint32_t blocking_queue_max; /* jobs that wait while all of them are busy; 0: no bound */
    edo_duration blocking_keep_alive; /* an idle one ends after this; 0: 10 s; negative: never */
    edo_duration watchdog;            /* a task that keeps its worker longer is named on standard
                                         error; 0: 10 ms in debug builds (not under sanitizers or
                                         Valgrind), else never; negative: never */
    edo_runtime_hist_opts poll_hist;  /* how long polls take */
    edo_runtime_hist_opts sched_hist; /* how long tasks wait from wake to poll; no ages in dumps */
    uint64_t reserved[3];             /* must be 0 */
} edo_runtime_opts;

/**
 * Runs a whole program: makes a runtime on all cores, runs `root(arg)` as its first task, and
 * returns the exit status for main().
 *
 * Returns when the root ends; tasks still alive are then cancelled and awaited for as long as the
 * `shutdown` option says (5 s if it is 0). The status
 * is the root's result if that is 0 to 255 (so end a root with 0, not with a count); a negative one
 * prints its trail to standard error and gives 1; -ECANCELED after a signal gives 0. A signal
 * begins one bound for all, of the length of the `shutdown` option: the root, and then the tasks,
 * blocking jobs and computations that are left, end within it, or are given up by name and the
 * status is 3. So it is if one of edo's threads hangs in a destructor of its thread-specific data.
 * A root that blocks its thread (in a system call, or in a loop without an await) is given up in a
 * multi-thread runtime only: in a current-thread one no thread is left to do that, and the second
 * signal ends the program.
 *
 * For the program edo_main() also ignores SIGPIPE, raises the soft descriptor limit to the hard
 * one, reports stack overflows by task name, and on SIGINT or SIGTERM cancels the root once (a
 * second one kills), unless the program listens to that signal itself.
 *
 * Owns:    borrows `arg` until return.
 * Threads: the main thread, outside any runtime.   Waits: for the root.   Since: 0.1
 */
EDO_API int edo_main(edo_task_fn *root, void *arg);

/* As edo_main(), with options for the runtime (NULL: all defaults). */
EDO_API int edo_main_with(edo_task_fn *root, void *arg, const edo_runtime_opts *opts);

/**
 * Makes a runtime. It changes no signal disposition and no limit of the process. A multi-thread one
 * starts its threads here; it ends them in the shutdown.
 *
 * All options zero, or NULL, make a multi-thread runtime on all usable cores. With `start_paused`
 * and no flavor it is a current-thread one, since a clock that jumps when nothing can run
 * belongs to one thread.
 *
 * Owns:    returns new in `*out`: edo_runtime_free() or _unref(). Copies `opts` (NULL: all
 *          defaults).
 * Errors:  -ENOMEM; -EMFILE  no descriptors left; -EAGAIN  no threads left
 *          -EINVAL  bad options, or EDO_RUNTIME_MULTI with `start_paused`
 * Threads: any.   Waits: for no task; for a dump that is being written.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_runtime_new(edo_runtime **out, const edo_runtime_opts *opts);

/**
 * Shuts the runtime down within its `shutdown` option, and gives the reference back. NULL is
 * allowed.
 *
 * When it returns the runtime's threads have ended, destructors of their thread-specific data
 * included: the workers, those of blocking jobs and, with the last runtime of the process, those
 * that compute. A runtime that was freed counts no more, also if other references keep its memory.
 * A thread that does not end within the bound, or a second after it, is named on standard error and
 * left; all of them together get that second. The same holds if several threads free the
 * runtime, or free it and shut it down, at once: each waits for the one that came first, within its
 * own bound.
 *
 * If another thread drives a current-thread runtime, the tasks end there, since fibers stay on
 * their thread: that thread cancels them, goes on with what it awaits, drives until they have ended
 * or the bound is reached, and leaves. This call waits for that thread to leave. A thread that does
 * not leave within the bound, or a second after it, is named on standard error, and the runtime
 * with its tasks is left as it is. If no thread drives it, the tasks end on the calling thread.
 *
 * Inside a task or a job of `rt`, or a task of another runtime (misuse), the call only gives the
 * reference back, as edo_runtime_unref() does.
 *
 * Owns:    takes `rt`.
 * Threads: any, outside tasks of any runtime.   Waits: for its tasks, bounded; and for a dump that is
 *          being written, and its own lines on standard error, without a bound.   Since: 0.1
 */
EDO_API void edo_runtime_free(edo_runtime *rt);

/**
 * Ends all tasks: spawns fail from now on, every task is cancelled and awaited for at most `within`
 * (negative: for ever); those that do not end are abandoned: never resumed, their memory left, each
 * named on standard error. Fibers bound to a thread that no longer drives are abandoned at once.
 * Then blocking jobs that are queued are refused, and those that have begun awaited, within the
 * same bound. A poll that does not return is given a second more; then its thread is left behind
 * with it, and the tasks are named. Those that wait, or lie in a queue for any worker, are
 * abandoned at once. The task of that poll, and what lies in that thread's own queue, stay
 * unfinished, and a join of them goes on, until the poll returns: the thread then ends, and what it
 * has not run to its end is abandoned. What was given up once is not waited for again.
 *
 * Owns:    borrows `rt`.
 * Errors:  the number of tasks and blocking jobs that were abandoned;
 *          -EDO_EMISUSE  called in a task, or in one of its blocking jobs
 *          -EBUSY        another thread drives it, or shuts it down; nothing was done
 * Threads: any, outside tasks of any runtime.   Waits: bounded by `within`, but for what is being
 *          written, as edo_runtime_free().   Since: 0.1
 */
EDO_API int edo_runtime_shutdown(edo_runtime *rt, edo_duration within);

/**
 * Runs `f` to its end on this thread. A current-thread runtime's tasks are driven meanwhile; if
 * another thread drives it, this one waits, and takes over when that one leaves. The tasks of a
 * multi-thread runtime run on its workers, beside `f`.
 *
 * A fiber that has run stays on the thread that drove it: while such fibers of a current-thread
 * runtime live only that thread drives, others wait for it. If it ends before them another takes
 * over, and says so. Without memory, or a free key for thread-specific data, the end of a thread is
 * not heard: such a thread keeps fibers to itself only while it drives.
 *
 * Owns:    consumes `f`, as edo_await().
 * Errors:  those of `f`; -EDO_EMISUSE  inside a task or a poll
 * Cancel:  deadlines of this thread apply.   Threads: any outside a runtime's tasks.
 * Waits:   for `f`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_block_on(edo_runtime *rt, edo_future *f);

/**
 * Runs `fn(arg)` as a task of `rt` and waits for it, as edo_block_on() would. A macro over
 * edo_run_at().
 *
 * Owns:    borrows `arg` until return.
 * Errors:  those of `fn`; -ENOMEM; -EDO_ECLOSED
 * Cancel:  deadlines of this thread apply.   Threads: any outside a runtime's tasks.
 * Waits:   for `fn`.   Since: 0.1
 */
#define edo_run(rt, fn, ...) edo_run_at((rt), (fn), (__VA_ARGS__), EDOI_SITE(fn))
EDO_API EDO_MUST_USE int edo_run_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site);

/**
 * Starts `fn(arg)` on the runtime `rt`, from any thread; else as edo_spawn().
 *
 * A thread that is in no runtime waits for the task with edo_task_join() all the same: that parks
 * the thread. It drives nothing: a task of a current-thread runtime ends only while another thread
 * drives that one, as by edo_block_on().
 *
 * Owns:    as edo_spawn(); borrows `rt`.
 * Errors:  as edo_spawn().
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
#define edo_spawn_on(rt, fn, ...) edo_spawn_on_at((rt), (fn), (__VA_ARGS__), EDOI_SITE(fn))
EDO_API EDO_MUST_USE edo_task *edo_spawn_on_at(edo_runtime *rt, edo_task_fn *fn, void *arg,
                                               const char *site);

/**
 * Starts the future `f` on the runtime `rt`, from any thread; else as edo_spawn_future().
 *
 * Owns:    as edo_spawn_future(); borrows `rt`.
 * Errors:  as edo_spawn_future().
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
#define edo_spawn_future_on(rt, f) edo_spawn_future_on_at((rt), (f), EDOI_SITE(f))
EDO_API EDO_MUST_USE edo_task *edo_spawn_future_on_at(edo_runtime *rt, edo_future *f,
                                                      const char *site);

/**
 * The runtime this thread is in: of the running task, or entered; NULL for none.
 *
 * Owns:    borrows; edo_runtime_ref() to keep it.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API edo_runtime *edo_runtime_current(void);

/**
 * Makes `rt` this thread's runtime until edo_runtime_leave(), so that it can spawn and await there.
 * The thread is no task of `rt`: its awaits park it, and meanwhile it drives `rt` if that is a
 * current-thread one; no abort and no shutdown ends them. After a shutdown its spawns fail with
 * -EDO_ECLOSED. Entering nests; leave in reverse order.
 *
 * Owns:    shares `rt` until left.
 * Errors:  -EDO_EMISUSE  inside a task; -ENOMEM
 * Threads: any that is not inside a task.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_runtime_enter(edo_runtime *rt);
EDO_API void edo_runtime_leave(edo_runtime *rt);

/**
 * Shares the runtime, and gives a share back; unref allows NULL.
 *
 * The last unref ends the runtime without waiting for it: a thread made for that does what
 * edo_runtime_free() does, in the background, and what does not end is named. No task runs on the
 * calling thread. Those of a current-thread runtime are cancelled and end on the thread that drives
 * it, or if none does on the thread made for that, beside what the program does; its fibers that
 * have run belong to the thread that drove them, and are abandoned. If no thread can be made the
 * runtime is left behind as it is, by name: its workers run on, the tasks of a current-thread
 * runtime never again. A program whose tasks share data with the thread that drives them, or that
 * wants to know that all has ended, calls edo_runtime_free().
 *
 * Owns:    shares `rt`; unref takes one back.
 * Threads: any, at once; also in tasks, in jobs and in callbacks.   Waits: never.   Since: 0.1
 */
EDO_API edo_runtime *edo_runtime_ref(edo_runtime *rt);
EDO_API void edo_runtime_unref(edo_runtime *rt);

/**
 * A number that no other runtime of this process has or had.
 *
 * Owns:    borrows `rt`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API uint64_t edo_runtime_id(const edo_runtime *rt);
EDO_API edo_runtime_flavor edo_runtime_get_flavor(const edo_runtime *rt);

EDO_END_DECLS

#endif
