/* SPDX-License-Identifier: MIT */
/* edo/runtime.h: the runtime, which runs tasks. Programs use edo_main(); tests and embedders make
 * runtimes of their own.
 *
 * A program may fork at any time, also in a task. The child has only the thread that forked, so the
 * parent's runtimes do not run in the child.
 *
 * - Every call on them, and on streams and listeners that the parent made, returns -EDO_EFORKED at
 *   once (a spawn returns NULL, and joining NULL returns the code). Calls that give a handle back
 *   work, and touch nothing of the parent's.
 *
 * - Scopes, deadlines, shields and token blocks that the parent began can be ended; its sleeps,
 *   joins, jobs and I/O can be dropped. Its scopes and tokens, fired or not, cut no await of the
 *   child short.
 *
 * - A runtime that the child makes works normally. If the thread forked in a task or inside a
 *   runtime, its awaits outside the tasks of such a runtime return -EDO_EFORKED until the child has
 *   made one, and then wait as on any plain thread.
 *
 * - A task, poll or job that forked must not return in the child: end it by exec or _exit().
 *   Otherwise the child ends with status 1.
 *
 * - Numbers about a pool of the parent are zero.
 *
 * - The parent's channels, locks and slabs, and futures that wait for them, must not be used in the
 *   child: another thread may have held their lock.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_RUNTIME_H
#define EDO_RUNTIME_H

#include <edo/task.h>
#include <edo/time.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     40 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_runtime edo_runtime;

/* Kinds of runtime. */
typedef enum edo_runtime_flavor {
    EDO_RUNTIME_CURRENT = 1, /* all tasks run on the one thread that drives it in edo_block_on() */
    EDO_RUNTIME_MULTI = 2,   /* tasks run on all cores, on the runtime's own threads, at once */
} edo_runtime_flavor;

/* How wide the buckets of a histogram are. */
typedef enum edo_hist_kind {
    EDO_HIST_OFF,    /* no histogram is kept */
    EDO_HIST_LINEAR, /* all buckets have one width */
    EDO_HIST_LOG,    /* one width within an octave; it doubles with each octave */
} edo_hist_kind;

/* A histogram of times of the runtime, see edo/stats.h; all zero: none. The rest needs a `kind`. */
typedef struct edo_runtime_hist_opts {
    edo_hist_kind kind;
    uint32_t buckets;   /* linear: number of buckets, at most 4,096; 0: 10 */
    edo_duration width; /* linear: of one bucket; 0: 100 us */
    uint32_t precision; /* log: 2^precision buckets per octave, at most 6; 0: 2, off by 25 % */
    edo_duration min;   /* log: shorter times share a bucket, to within an octave; 0: 100 ns */
    edo_duration max;   /* log: longer times share a bucket, to within an octave; 0: 60 s */
} edo_runtime_hist_opts;

/* Options; all zero is the default. */
typedef struct edo_runtime_opts {
    edo_runtime_flavor flavor; /* 0: EDO_RUNTIME_MULTI; with start_paused EDO_RUNTIME_CURRENT */
    uint32_t workers;   /* of a multi-thread runtime, at most 256; 0: the environment variable
                           EDO_WORKERS, or if that is not set the number of usable cores, by
                           CPU set and control-group quota */
    size_t fiber_stack; /* address space of a fiber, guard included, at most 1 GiB; 0: 256 KiB */
    uint32_t event_interval;     /* polls between two checks of the driver, and between two of tasks
                                    that have spent their budget while others can run; fewer if
                                    that many take more than 1 ms; 0: 61 */
    uint32_t events_max;         /* events taken in one check, at most 65,536; 0: 1024 */
    uint64_t seed;               /* of select's random start; 0: the environment variable EDO_SEED,
                                    or if that is not set one from the system */
    edo_duration shutdown;       /* bound of edo_runtime_free() and edo_main(); 0: 5 s, or more if a
                                    server asks for it: edo_runtime_extend_shutdown() */
    bool start_paused;           /* the clock is virtual from the start, see edo_time_pause(); not
                                    with EDO_RUNTIME_MULTI: a virtual clock belongs to one thread */
    bool no_lifo;                /* a woken task goes to the back of the queue, not to its front */
    bool task_monitors;          /* tasks may be counted by group, see edo/task_monitor.h: reads the
                                    clock at each poll and each wake; tasks that are not counted
                                    show no age in dumps */
    const char *name;            /* a string literal, for reports; NULL: "edo" */
    uint32_t blocking_max;       /* threads for edo_blocking(), beside the workers; 0: 512 */
    uint32_t blocking_queue_max; /* jobs queued while all these threads are busy; 0: no bound */
    edo_duration blocking_keep_alive; /* an idle thread of them ends after this time; 0: 10 s;
                                         negative: never */
    edo_duration watchdog;            /* a task that keeps its worker longer is named on standard
                                         error; 0: 10 ms in debug builds (never under sanitizers or
                                         Valgrind, or in release builds); negative: never */
    edo_runtime_hist_opts poll_hist;  /* how long polls take */
    edo_runtime_hist_opts sched_hist; /* how long tasks wait from wake to poll; dumps then show no
                                         ages */
    bool no_sigquit_dump;             /* edo_main() leaves SIGQUIT as it is, which ends the program,
                                         instead of showing all tasks on standard error */
    uint64_t reserved[2];             /* must be 0 */
} edo_runtime_opts;

/** Runs a whole program: makes a runtime on all cores, runs `root(arg)` as its first task, and
 * returns the exit status for main().
 *
 * Returns when the root ends. Tasks still alive are then cancelled and awaited for at most the
 * `shutdown` option (if it is 0: 5 s, or as long as a server needs to drain, see
 * edo_runtime_extend_shutdown()).
 *
 * The exit status is the root's result if that is 0 to 255 (so return 0 from a root, not a count).
 * A negative result prints its trail to standard error and gives 1; -ECANCELED after a signal gives
 * 0. A signal starts one bound, as long as the `shutdown` option: the root, and then the remaining
 * tasks, blocking jobs and computations, must end within it. Those that do not are abandoned and
 * named, and the status is 3. The calling thread hears the signal too, so that the bound holds when
 * no worker returns from its poll. Where no thread comes to this end (a root that blocks the thread
 * of a current-thread runtime, one of edo's threads that hangs in a destructor of its
 * thread-specific data, or a report for which standard error has no room), the process ends itself
 * with status 3, 3 s after the bound, by _exit(). It does so too if it is still there after
 * edo_main() has returned 3: exit() may wait for a stream that an abandoned task holds. A timer of
 * the kernel does that: a process that is given none (RLIMIT_SIGPENDING is used up, or a filter of
 * system calls refuses timer_create()) does not end itself in these cases.
 *
 * edo_main() also sets up the process: it ignores SIGPIPE, raises the soft descriptor limit to the
 * hard one (edo_process_spawn() gives programs both as they were), reports stack overflows by task
 * name, opens /dev/null for standard input, output and error if they are closed, and starts the log
 * (edo/log.h) at the level WARN, or as EDO_LOG says, unless the program has started or stopped
 * it. The first SIGINT or SIGTERM cancels the root and the second one kills the process, unless the
 * program listens to that signal itself. SIGQUIT (Ctrl-\ in a terminal) makes a thread write
 * edo_dump_tasks() (edo/dump.h) to standard error, and the program goes on, unless it has a handler
 * of its own for that signal, or was started with the signal ignored: see edo_dump_on_signal().
 * Threads: the main thread, outside any runtime.   Waits: for the root. */
EDO_API int edo_main(edo_task_fn *root, void *arg);

/* As edo_main(), with options for the runtime (NULL: all defaults). */
EDO_API int edo_main_with(edo_task_fn *root, void *arg, const edo_runtime_opts *opts);

/** Makes a separate thread write edo_dump_tasks() (edo/dump.h) to standard error when `signo`
 * arrives, until the process ends. SIGQUIT is customary: a terminal sends it for Ctrl-\. edo_main()
 * does this for SIGQUIT, until it returns, if the signal would end the program otherwise, and
 * `no_sigquit_dump` of edo_runtime_opts is not set.
 *
 * The kernel delivers the signal to one thread, mostly the main thread, and interrupts a system
 * call of that thread (SA_RESTART); the dump itself interrupts none. Signals that come during a
 * dump make one more. The thread waits for the reader of a pipe or terminal no longer than the log
 * does (edo/log.h); it then leaves out the rest of the dump, and says so. A signal has one
 * handler: a handler set later, by the program or by edo_signal_listen(), replaces this one, and
 * another call installs it again. A child made by fork() treats the signal as before the first
 * call.
 * Errors:  -EINVAL  no such signal, or one that cannot be caught; -EAGAIN  no thread */
EDO_MUST_USE EDO_API int edo_dump_on_signal(int signo);

/** Makes a runtime. It changes no signal disposition and no limit of the process. A multi-thread
 * runtime starts its threads here, and ends them in the shutdown.
 *
 * If all options are zero, or `opts` is NULL, it is a multi-thread runtime on all usable cores.
 * With `start_paused` and no flavor it is a current-thread runtime, since a clock that jumps when
 * nothing can run belongs to one thread.
 * Owns:    returns new in `*out`: give it to edo_runtime_free() or _unref(). Copies `opts` (NULL:
 *          all defaults).
 * Errors:  -ENOMEM; -EMFILE  no descriptors left; -EAGAIN  no threads left
 *          -EINVAL  bad options, or EDO_RUNTIME_MULTI with `start_paused`
 * Threads: any.   Waits: for no task; for a dump that is being written. */
EDO_MUST_USE EDO_API int edo_runtime_new(edo_runtime **out, const edo_runtime_opts *opts);

/** Shuts the runtime down, bounded by its `shutdown` option, and gives the reference back. NULL is
 * allowed.
 *
 * When it returns the runtime's threads have ended, destructors of their thread-specific data
 * included: the workers, those of edo/thread.h and of blocking jobs and, with the last runtime of
 * the process, the compute threads. A runtime that was freed no longer counts for that, even if
 * other references keep its memory. A thread that is in a poll one second after the bound, or in a
 * job, or one of edo/thread.h that has not ended then, is named on standard error and left behind;
 * a destructor is waited for without a bound. Where the kernel has yet to end what an abandoned
 * task has asked of a file, as on a disk that hangs, the workers' threads end by themselves later.
 * If several threads free the runtime, or free it and shut it down, at once, each waits for the
 * first one, within its own bound.
 *
 * If another thread drives a current-thread runtime, the tasks end on that thread, since fibers
 * stay on their thread. It cancels them, goes on with its own await, drives until they have ended
 * or the bound is reached, and leaves; this call waits for it to leave. If it has not left one
 * second after the bound it is named on standard error, and the runtime with its tasks is left as
 * it is. If no thread drives the runtime, the tasks end on the calling thread.
 *
 * Inside a task, job or thread of `rt`, or a task of another runtime (misuse), the call only gives
 * the reference back, as edo_runtime_unref() does.
 * Owns: takes `rt`.   Threads: any, outside tasks of any runtime.
 * Waits:   for its tasks, bounded; for a reader of its lines on standard error as the log does, a
 *          second in all; for destructors and a dump that is being written, without a bound. */
EDO_API void edo_runtime_free(edo_runtime *rt);

/** Ends all tasks, blocking jobs and threads of the runtime.
 *
 * Spawns fail from now on. Every task is cancelled and awaited, for at most `within` (negative: for
 * ever). A task that does not end is abandoned: it is never resumed, its memory is left, and it is
 * named on standard error. Fibers bound to a thread that no longer drives are abandoned at once.
 * Then the threads of edo/thread.h are told to stop, and awaited, a second longer than the bound if
 * need be; queued blocking jobs are refused, and running ones awaited, within the bound.
 *
 * A poll that does not return gets one second more; then its thread is left behind, and the tasks
 * that have not ended are named, 64 at most. They stay unfinished, and a join of them keeps
 * waiting, until that poll returns: its thread then ends, and they are abandoned. A later shutdown
 * does not wait for any of them again.
 * Errors:  returns the number of tasks and blocking jobs that were abandoned or left behind
 *          -ETIMEDOUT    a thread of edo/thread.h did not end: it is named on standard error and
 *                        left behind, and nothing of the runtime is ever freed
 *          -EDO_EMISUSE  called in a task, or in one of the runtime's blocking jobs or threads
 *          -EBUSY        another thread drives it, shuts it down, or abandons what was left by a
 *                        poll that has returned late; nothing was done
 * Threads: any, outside tasks of any runtime.
 * Waits:   at most `within`; for a reader of standard error, destructors and dumps as
 *          edo_runtime_free(). */
EDO_API int edo_runtime_shutdown(edo_runtime *rt, edo_duration within);

/** Makes the bound of `rt`'s shutdown at least `within` (negative: none), if its `shutdown` option
 * is 0. For what needs longer than 5 s to end in order: edo_http_serve() calls it with the time
 * that its drain may take. The bound does not get shorter again, unless edo_drain_run() sets one
 * for the whole program: then such calls do not count.
 * Owns:    borrows `rt`; NULL is allowed. */
EDO_API void edo_runtime_extend_shutdown(edo_runtime *rt, edo_duration within);

/** Runs `f` to its end on this thread. The thread drives the tasks of a current-thread runtime
 * meanwhile; if another thread drives that runtime, this thread waits, and takes over when the
 * driving thread leaves. The tasks of a multi-thread runtime run on its workers, beside `f`.
 *
 * A fiber that has run stays on the thread that drove it. While such fibers of a current-thread
 * runtime live, only their thread drives, and other threads wait for it. If that thread ends before
 * its fibers, another thread takes over; a line on standard error says so. If the end of a thread
 * cannot be detected (no memory, or no free key for thread-specific data), its fibers are bound to
 * it only while it drives.
 * Owns: consumes `f`, as edo_await().   Errors: those of `f`; -EDO_EMISUSE  inside a task or a poll
 * Cancel: deadlines of this thread apply.   Threads: any outside a runtime's tasks.
 * Waits:   for `f`; as edo_runtime_unref(), if `rt` had no other reference at the end. */
EDO_MUST_USE EDO_API int edo_block_on(edo_runtime *rt, edo_future *f);

/** Runs `fn(arg)` as a task of `rt` and waits for it, as edo_block_on() would. A macro over
 * edo_run_at().
 * Errors: those of `fn`; -ENOMEM; -EDO_ECLOSED   Cancel: deadlines of this thread apply.
 * Threads: any outside a runtime's tasks.   Waits: for `fn`. */
#define edo_run(rt, fn, ...) edo_run_at((rt), (fn), (__VA_ARGS__), EDOI_SITE(fn))
EDO_MUST_USE EDO_API int edo_run_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site);

/* ---- Inside a foreign loop -------------------------------------------------------------------
 *
 * A program with an event loop of its own (GLib's, libuv's, one over poll()) runs edo's tasks in
 * it, on the loop's thread: the loop watches edo_runtime_fd() for reading, keeps one timer at
 * edo_runtime_next_deadline(), and when either is due calls edo_runtime_turn() and sets the timer
 * again. Between two turns nothing of edo runs on the thread.
 *
 * The first call of edo_runtime_fd() or edo_runtime_turn() binds the runtime to the calling thread,
 * for as long as the thread lives. There edo_block_on() may be called too, between turns; it stops
 * the loop until its future has ended. Other threads may spawn and wake tasks, and wait for them;
 * they never drive the runtime. Free the runtime on the loop's thread, after the loop has stopped
 * watching the descriptor: on another thread edo_runtime_free() abandons fibers. */

/** Returns a descriptor that is readable while a turn has something to do, except for a timer that
 * has become due: an event of a socket, a wake or a spawn by any thread, a blocking job that has
 * ended, tasks that the last turn has left. Watch it for reading, level-triggered (as poll() does);
 * do not read or close it.
 * Owns:    the runtime keeps the descriptor, which stays the same and is open until the runtime is
 *          freed.
 * Errors:  -EINVAL       a multi-thread runtime, which its own threads drive
 *          -EDO_ECLOSED  another thread shuts the runtime down
 *          -EDO_EMISUSE  not on the loop's thread, or inside a task or a poll
 * Threads: the loop's. */
EDO_MUST_USE EDO_API int edo_runtime_fd(edo_runtime *rt);

/** Does what there is to do, once: takes events and the tasks that other threads have woken, fires
 * timers, and polls tasks, at most `event_interval` times (61 if that option is 0), and once more
 * for a task that has spent its budget. If no task can run it first waits until one can, at most
 * `timeout` (0: not at all, as a loop wants it; negative: for ever); it may return sooner. A paused
 * clock jumps if no task can run.
 * Errors:  returns 1 if tasks are left that can run (the descriptor is readable then), 0 if not, or
 *          -EINVAL       a multi-thread runtime, which its own threads drive
 *          -EDO_ECLOSED  another thread shuts the runtime down
 *          -EDO_EMISUSE  not on the loop's thread, or inside a task or a poll
 * Threads: the loop's.   Waits: at most `timeout`, and while tasks block the thread. */
EDO_MUST_USE EDO_API int edo_runtime_turn(edo_runtime *rt, edo_duration timeout);

/** Returns when the next turn is due even if the descriptor is not readable, on the monotonic clock
 * (that of edo_now() outside tasks, of g_get_monotonic_time() and of uv_hrtime()): the deadline of
 * the first timer, or somewhat earlier; an instant that has passed if that is due, or if a paused
 * clock can jump to it; INT64_MAX ns if there is none, or while another thread shuts the runtime
 * down. Only a turn, or edo_block_on() on this
 * thread, changes it.
 * Threads: the loop's (misuse on another: returns 0 ns). */
EDO_API edo_instant edo_runtime_next_deadline(edo_runtime *rt);

/** Returns how long a loop may wait until the next turn is due by edo_runtime_next_deadline(), as
 * poll(), epoll_wait() and timers of milliseconds take it: rounded up; -1: for ever.
 * Threads: the loop's (misuse on another: returns 0). */
EDO_API int edo_runtime_timeout_ms(edo_runtime *rt);

/* ---- Spawning on a runtime ------------------------------------------------------------------- */

/** Starts `fn(arg)` on the runtime `rt`, from any thread; otherwise as edo_spawn().
 *
 * A thread that is in no runtime may also wait for the task with edo_task_join(), which parks the
 * thread. It drives nothing: a task of a current-thread runtime ends only while another thread
 * drives that runtime, for example in edo_block_on().
 * Owns: as edo_spawn(); borrows `rt`.   Errors: as edo_spawn(). */
#define edo_spawn_on(rt, fn, ...) edo_spawn_on_at((rt), (fn), (__VA_ARGS__), EDOI_SITE(fn))
EDO_MUST_USE EDO_API edo_task *edo_spawn_on_at(edo_runtime *rt, edo_task_fn *fn, void *arg,
                                               const char *site);

/** As edo_spawn_on(), without a handle: 0 or a negative code.
 * Owns: as edo_spawn(); borrows `rt`.   Errors: as edo_spawn_detached(). */
#define edo_spawn_detached_on(rt, fn, ...)                                                         \
    edo_spawn_detached_on_at((rt), (fn), (__VA_ARGS__), EDOI_SITE(fn))
EDO_MUST_USE EDO_API int edo_spawn_detached_on_at(edo_runtime *rt, edo_task_fn *fn, void *arg,
                                                  const char *site);

/** Starts the future `f` on the runtime `rt`, from any thread; otherwise as edo_spawn_future().
 * Owns: as edo_spawn_future(); borrows `rt`.   Errors: as edo_spawn_future(). */
#define edo_spawn_future_on(rt, f) edo_spawn_future_on_at((rt), (f), EDOI_SITE(f))
EDO_MUST_USE EDO_API edo_task *edo_spawn_future_on_at(edo_runtime *rt, edo_future *f,
                                                      const char *site);

/** Returns the runtime that this thread is in: that of the running task, or the one it entered;
 * NULL if there is none.
 * Owns: borrows; edo_runtime_ref() to keep it.   Threads: any. */
EDO_API edo_runtime *edo_runtime_current(void);

/** Makes `rt` this thread's runtime until edo_runtime_leave(), so that the thread can spawn and
 * await there. The thread is no task of `rt`: its awaits park it (and drive `rt` meanwhile if that
 * is a current-thread runtime), and no cancellation or shutdown cuts them short. After a shutdown
 * its spawns fail with -EDO_ECLOSED. Entering nests; leave in reverse order.
 * Owns: shares `rt` until left.   Errors: -EDO_EMISUSE  inside a task; -ENOMEM
 * Threads: any that is not inside a task.
 * Waits:   leave, as edo_runtime_unref(), if it gives the last reference back. */
EDO_MUST_USE EDO_API int edo_runtime_enter(edo_runtime *rt);
EDO_API void edo_runtime_leave(edo_runtime *rt);

/** Take and give back a reference of the runtime; unref allows NULL.
 *
 * The last unref of a runtime that was not freed ends it, as edo_runtime_free() does. In a task, or
 * in a job or thread of the runtime, it cannot wait for that: the runtime is then left behind as it
 * is, and named on standard error.
 * Owns:    shares `rt`; unref takes one reference back.
 * Threads: any, at once; also in tasks, in jobs and in callbacks.
 * Waits:   the last unref of a runtime that was not freed, as edo_runtime_free(). */
EDO_API edo_runtime *edo_runtime_ref(edo_runtime *rt);
EDO_API void edo_runtime_unref(edo_runtime *rt);

/* A call at the end of a runtime. You place it, with `fn` and `arg` set. */
typedef struct edo_runtime_ending {
    void (*fn)(void *arg);
    void *arg;
    struct edo_runtime_ending *next; /* edo's */
} edo_runtime_ending;

/** Has `ending->fn(arg)` called once all tasks of `rt` have ended, by the thread that ends `rt` and
 * the newest first: for what belongs to a runtime, such as connections that are kept. Of a runtime
 * of which a task or a job does not end nothing is called. In a function of these nothing awaits.
 * Owns:    borrows `ending` until its call.
 * Threads: any, at once; a task of `rt`, or while another handle keeps `rt` from its end. */
EDO_API void edo_runtime_at_end(edo_runtime *rt, edo_runtime_ending *ending);

/** Return a number that no other runtime of this process has or had, and the flavor of `rt`. */
EDO_API uint64_t edo_runtime_id(const edo_runtime *rt);
EDO_API edo_runtime_flavor edo_runtime_get_flavor(const edo_runtime *rt);

EDO_END_DECLS

#endif
