/* SPDX-License-Identifier: MIT */
/* edo/test.h: for tests of asynchronous code, with any test framework or none.
 *
 *     edo_mpsc_recv_future recv;
 *     edo_test_task t;
 *     edo_test_task_init(&t, edo_mpsc_recv_init(&recv, rx, &message));
 *     EDO_TEST_PENDING(&t);                                // polled by hand, no runtime needed
 *     EDO_TEST_EQ(edo_mpsc_try_send(tx, &hello), 0);
 *     EDO_TEST_EQ(edo_test_task_woken(&t), 1);
 *     EDO_TEST_READY(&t, 0);
 *
 * A check that fails prints its place, the values, and the name of the task, and aborts. That works
 * everywhere: in a plain main(), in fibers, in polls, and on other threads. Where the stack may be
 * left by a longjmp(), edo_test_on_failure() lets the framework end only the test that failed.
 *
 * Not in edo/edo.h: programs do not need it. A program that calls nothing of it links nothing of it
 * from libedo.a.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TEST_H
#define EDO_TEST_H

#include <edo/future.h>
#include <edo/io.h>
#include <edo/notify.h>
#include <edo/time.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     33 __FILE__
#endif

EDO_BEGIN_DECLS

/* ---- Failures -------------------------------------------------------------------------------- */

/* Is told of a failed check; `text` is the whole message, with its place. */
typedef void edo_test_fail_fn(const char *file, int line, const char *text);

/** Sets what this thread does when a check fails on it; NULL: prints and aborts, as at first. `fn`
 * may leave by longjmp(), as frameworks do; if it returns, the program aborts. With cmocka:
 *
 *     static void to_cmocka(const char *file, int line, const char *text) {
 *         print_error("%s\n", text);
 *         _fail(file, line);
 *     }
 *
 * `fn` is called only where this thread runs no task and awaits nothing: a fiber's stack must not
 * be left, nor that of a loop that polls. There, and on other threads, a failed check aborts.
 * Threads: any, each for itself. */
EDO_API void edo_test_on_failure(edo_test_fail_fn *fn);

/** Fails: prints the text, as printf(), with the place, and aborts, or calls what
 * edo_test_on_failure() has set. A macro over edo_test_fail_at().
 * Owns: borrows what it prints.   Threads: any. */
#define edo_test_fail(...) edo_test_fail_at(__FILE__, __LINE__, __VA_ARGS__)
EDO_API EDOI_NORETURN void edo_test_fail_at(const char *file, int line, const char *format, ...)
    EDO_PRINTF(3, 4);

/* Checks that `cond` is true. */
#define EDO_TEST_TRUE(cond)                                                                        \
    ((cond) ? (void)0 : edo_test_fail_at(__FILE__, __LINE__, "not so: %s", #cond))

/* Checks that the number `is` equals `want`. A negative code is printed with its name. */
#define EDO_TEST_EQ(is, want) edoi_test_eq((int64_t)(is), (int64_t)(want), #is, __FILE__, __LINE__)

/* Checks that `result`, of a call, is a count or 0. */
#define EDO_TEST_OK(result) edoi_test_ok((int64_t)(result), #result, __FILE__, __LINE__)

/* Checks that the time since the instant `start` is the edo_duration `want`, or less than 1 ms more
 * or less: timers have a resolution of 1 ms. */
#define EDO_TEST_ELAPSED(start, want) edoi_test_elapsed((start), (want), __FILE__, __LINE__)

/* Behind the macros above. */
EDO_API void edoi_test_eq(int64_t is, int64_t want, const char *what, const char *file, int line);
EDO_API void edoi_test_ok(int64_t result, const char *what, const char *file, int line);
EDO_API void edoi_test_elapsed(edo_instant start, edo_duration want, const char *file, int line);

/* ---- Tests as tasks -------------------------------------------------------------------------- */

/* Options of a test; all zero is the default: one thread, and the real clock. */
typedef struct edo_test_opts {
    bool paused;          /* the clock is virtual, and jumps when nothing can run; one thread */
    uint32_t workers;     /* of a multi-thread runtime; 0: one thread */
    uint64_t reserved[2]; /* must be 0 */
} edo_test_opts;

/* EDO_TEST(name, options) { … }: defines the function `name(void **)`, a test whose body runs in a
 * task of a runtime of its own, made with these options and ended after it. Without options:
 * EDO_TEST(name, ). In C only.
 *
 *     EDO_TEST(an_hour_passes_at_once, .paused = true) {
 *         EDO_TEST_OK(edo_sleep(edo_hours(1)));
 *     }
 *
 * The function has the form that cmocka_unit_test() takes; elsewhere call name(NULL). A check that
 * fails in the body aborts, as in every task. Options that no runtime can be made with, and tasks
 * that do not end within 5 s after the body, are failures too. */
#define EDO_TEST(name, ...)                                                                        \
    static void edoi_body_of_##name(void);                                                         \
    static void name(void **edoi_state) {                                                          \
        const edo_test_opts edoi_opts = { .reserved = { 0 }, __VA_ARGS__ };                        \
        (void)edoi_state;                                                                          \
        edo_test_run_at(__FILE__, __LINE__, edoi_body_of_##name, &edoi_opts);                      \
    }                                                                                              \
    static void edoi_body_of_##name(void)

/** The function behind EDO_TEST(): runs `body` in a task of a runtime made with `opts`.
 * Owns: borrows its arguments until return.   Threads: any outside a runtime's tasks.
 * Waits:   for `body`, and for tasks that it leaves. */
EDO_API void edo_test_run_at(const char *file, int line, void (*body)(void),
                             const edo_test_opts *opts);

/* ---- Wakers that count ----------------------------------------------------------------------- */

/* A waker that only counts, for tests of executors and of futures that are polled with a context of
 * the test's own: `edo_cx cx = { .waker = &w.base, .budget = 5 };`. You place it; it must not move
 * or end while a future holds it. Fields are edo's. */
typedef struct edo_test_waker {
    edo_waker base;
    edo_atomic_u32 woken; /* atomic: TE1, TE2 */
    edo_atomic_u32 refs;  /* atomic: TE3 */
} edo_test_waker;

EDO_API extern const edo_waker_ops edoi_test_waker_ops;

/* Static initialiser. */
#define EDO_TEST_WAKER_INIT                                                                        \
    { { &edoi_test_waker_ops }, EDOI_ATOMIC_INIT(0), EDOI_ATOMIC_INIT(0) }

/** Returns how often `w` was woken since it was made or edo_test_waker_reset(). What the waking
 * thread wrote before a wake that is counted can be read. */
EDO_API uint32_t edo_test_waker_woken(const edo_test_waker *w);

/** Returns how many references of edo_waker_ref() are held on `w`. A future that is over holds
 * none; a leaf that only borrows its waker, as edo's do, holds none at any time. */
EDO_API uint32_t edo_test_waker_refs(const edo_test_waker *w);

/** Counts wakes from 0 again. */
EDO_API void edo_test_waker_reset(edo_test_waker *w);

/** Returns a waker that must not be woken: a wake is a failure, and aborts the program in the
 * thread that wakes, so that a debugger shows which. References may be taken.
 * Owns:    static. */
EDO_API edo_waker *edo_test_waker_forbidden(void);

/* ---- Futures polled by hand ------------------------------------------------------------------ */

/* A future that the test polls itself, and its waker. You place it; it must not move or end before
 * its future is ready or dropped. Two of these with one future poll it with two wakers. Fields are
 * edo's. */
typedef struct edo_test_task {
    edo_test_waker waker;
    edo_future *future; /* borrowed */
} edo_test_task;

/** Starts a test task for `f`, which is not polled yet.
 * Owns: borrows `f`; drop it with edo_drop() if it is not ready at the end.   Threads: any. */
EDO_API void edo_test_task_init(edo_test_task *t, edo_future *f);

/** Polls the future once, with a full budget, and counts its wakes from 0 again. Usually
 * EDO_TEST_PENDING() and EDO_TEST_READY() do it.
 *
 * In a fiber, or on a thread that awaits in a current-thread runtime, the future uses that
 * runtime's timers and driver; elsewhere there is no runtime, and futures that need one are ready
 * with -EDO_ENORUNTIME.
 * Threads: one at a time. */
EDO_API edo_polled edo_test_task_poll(edo_test_task *t);

/** Returns how often the waker was woken since the last poll began; 0: it was not. */
EDO_API uint32_t edo_test_task_woken(const edo_test_task *t);

/** Returns how many references to the waker are held: see edo_test_waker_refs(). */
EDO_API uint32_t edo_test_task_waker_refs(const edo_test_task *t);

/* Polls the future of the edo_test_task `t` once, and checks that it is pending. */
#define EDO_TEST_PENDING(t) edoi_test_pending((t), __FILE__, __LINE__)

/* Polls the future of the edo_test_task `t` once, and checks that it is ready with the result
 * `want`. */
#define EDO_TEST_READY(t, want) edoi_test_ready((t), (int64_t)(want), __FILE__, __LINE__)

/* Polls the future of the edo_test_task `t` once, and checks that it is ready with a count or 0,
 * which it returns. */
#define EDO_TEST_READY_OK(t) edoi_test_ready_ok((t), __FILE__, __LINE__)

/* Behind the macros above. */
EDO_API void edoi_test_pending(edo_test_task *t, const char *file, int line);
EDO_API void edoi_test_ready(edo_test_task *t, int64_t want, const char *file, int line);
EDO_API int edoi_test_ready_ok(edo_test_task *t, const char *file, int line);

/* ---- Waiting until nothing runs -------------------------------------------------------------- */

/** Waits until every other task of this current-thread runtime is parked: none is runnable, no
 * timer is due, no event of a descriptor is there, and no blocking job runs. So a test need not
 * sleep until "they must be done":
 *
 *     edo_task *t = edo_spawn(serve, &requests);
 *     EDO_TEST_EQ(edo_test_settle(), -EDEADLK);   // it waits for a request, and nothing else
 *     EDO_TEST_EQ(edo_mpsc_try_send(tx, &request), 0);
 *
 * No time passes for it: a paused clock does not jump while it waits. If the clock runs, or sockets
 * are used, the next timer or event may come at any moment after it has returned.
 *
 * A descriptor that is registered counts as one that may have an event, even if no task waits for
 * it; so does the caller's own deadline as a timer. Threads that are not edo's are not seen, nor
 * are computations (edo/compute.h) that no task awaits. Several tasks that wait here are told one
 * after the other; in between each may make tasks runnable.
 * Errors:  -EDEADLK         they are parked, and stay so unless the caller, or another thread, wakes
 *                           one: no timer is armed and no descriptor is registered. Before a test
 *                           wakes them itself this is what it expects; elsewhere it is a deadlock
 *          -ENOTSUP         the runtime has several workers, which are not stopped to be looked at
 *          -ECANCELED       this task was cancelled
 *          -EBUSY           this thread only entered the runtime, and another thread drives it
 *          -EDO_ENORUNTIME  not in a runtime; -EDO_EFORKED  in that of a parent process
 * Cancel:  safe.   Threads: inside the runtime.   Waits: for the other tasks. */
EDO_MUST_USE EDO_API int edo_test_settle(void);

/* ---- Order of tasks -------------------------------------------------------------------------- */

/* Turns 0, 1, 2, …, which tasks take in this order, whatever the scheduler does. You place it; it
 * must not end while a task waits. Fields are edo's.
 *
 *     EDO_TEST_OK(edo_test_sequencer_wait(&seq, 1));  // in one task
 *     read_it();
 *     edo_test_sequencer_next(&seq);                  // lets the task go on that waits for 2
 */
typedef struct edo_test_sequencer {
    edoi_lock lock;     /* a leaf */
    uint32_t turn;      /* the turn that is on, or comes next. lock: lock */
    bool is_on;         /* a task has the turn. lock: lock */
    bool is_broken;     /* a task gave up. lock: lock */
    edo_notify changed; /* the fields above */
} edo_test_sequencer;

/* Static initialiser; all zero is a fresh sequencer too. */
#define EDO_TEST_SEQUENCER_INIT                                                                    \
    { EDOI_LOCK_INIT, 0, false, false, EDO_NOTIFY_INIT }

/** Waits for turn `n`, which begins when turn n - 1 has ended; turn 0 begins at once. The turn
 * lasts until edo_test_sequencer_next().
 * Errors:  -EALREADY     the turn is over, or another task has it
 *          -EDO_ECLOSED  another task gave up its wait, so that this turn may never come
 *          -ECANCELED    this task was cancelled; from then on all waits fail
 * Cancel: ends the sequence.   Waits: for the turn. */
EDO_MUST_USE EDO_API int edo_test_sequencer_wait(edo_test_sequencer *seq, uint32_t n);

/** Ends the turn, so that the next one begins. Outside a turn it is a failure.
 * Threads: any; by the task that has the turn, or for it. */
EDO_API void edo_test_sequencer_next(edo_test_sequencer *seq);

/* Executes the statement, in a fiber, and checks that it has suspended the fiber: other tasks had a
 * turn meanwhile. The other macro checks that it has not. A spent budget suspends, too.
 *
 *     EDO_TEST_SUSPENDS(n = edo_read(s, buf, sizeof buf));
 */
#define EDO_TEST_SUSPENDS(...)         EDOI_TEST_SUSPENDED(true, #__VA_ARGS__, __VA_ARGS__)
#define EDO_TEST_DOES_NOT_SUSPEND(...) EDOI_TEST_SUSPENDED(false, #__VA_ARGS__, __VA_ARGS__)

/* Behind the macros above. */
#define EDOI_TEST_SUSPENDED(want, what, ...)                                                       \
    do {                                                                                           \
        uint64_t edoi_polls = edoi_test_polls(__FILE__, __LINE__);                                 \
        __VA_ARGS__;                                                                               \
        edoi_test_suspended(edoi_polls, (want), what, __FILE__, __LINE__);                         \
    } while (0)
EDO_API uint64_t edoi_test_polls(const char *file, int line);
EDO_API void edoi_test_suspended(uint64_t polls, bool want, const char *what, const char *file,
                                 int line);

/* ---- Scripted streams ------------------------------------------------------------------------ */

/* The other end of a stream, played by a script: what reads get, and what writes must be. The
 * stream is an ordinary edo_stream, without a descriptor.
 *
 *     edo_test_script *peer;
 *     edo_stream *s;
 *     EDO_TEST_OK(edo_test_script_new(&peer, &s, "server"));
 *     edo_test_script_write(peer, EDO_TEST_TEXT("PING\r\n"));  // it expects this
 *     edo_test_script_read(peer, EDO_TEST_TEXT("+PONG\r\n"));  // and then sends this
 *     edo_test_script_close(peer);                            // nothing more will come
 *     EDO_TEST_EQ(ping(s), 0);                                // the tested function
 *     edo_close(s);                                           // fails if steps are left
 *
 * Steps are taken in order. A read does not pass a write that is expected before it; a write passes
 * reads that were not taken yet, as one can write while a peer sends. One operation takes at most
 * one step, and leaves the rest of a step that it takes in part: so the lengths of steps are the
 * shortest reads and writes that a test wants to see.
 *
 * A failure names the call that added the step, the offset, and both texts. Without memory for a
 * step, the operation that comes there returns -ENOMEM. */
typedef struct edo_test_script edo_test_script;

/* Two arguments, the bytes of a string literal and their number. */
#define EDO_TEST_TEXT(literal) ("" literal), (sizeof(literal) - 1)

/** Makes a script without steps and its stream. Failures call it `name`, of at most 31 bytes
 * ("script" if NULL). A macro over edo_test_script_new_at().
 * Owns:    returns new: `*script`, end it with edo_test_script_close(), before or after the stream;
 *          `*stream`, end it with edo_close().
 * Errors: -ENOMEM   Threads: any. */
#define edo_test_script_new(script, stream, name)                                                  \
    edo_test_script_new_at((script), (stream), (name), __FILE__, __LINE__)
EDO_MUST_USE EDO_API int edo_test_script_new_at(edo_test_script **script, edo_stream **stream,
                                                const char *name, const char *file, int line);

/** Adds a step: reads get these bytes. With n 0 one read gets the end of the input, and the script
 * goes on. A macro over edo_test_script_read_at(); EDO_TEST_TEXT() may stand for `data` and `n`.
 * Owns:    copies the bytes. */
#define edo_test_script_read(script, ...)                                                          \
    edo_test_script_read_at((script), __VA_ARGS__, __FILE__, __LINE__)
EDO_API void edo_test_script_read_at(edo_test_script *script, const void *data, size_t n,
                                     const char *file, int line);

/** Adds a step: these bytes must be written. Other bytes are a failure, at once. A macro over
 * edo_test_script_write_at(); EDO_TEST_TEXT() may stand for `data` and `n`.
 * Owns:    copies the bytes. */
#define edo_test_script_write(script, ...)                                                         \
    edo_test_script_write_at((script), __VA_ARGS__, __FILE__, __LINE__)
EDO_API void edo_test_script_write_at(edo_test_script *script, const void *data, size_t n,
                                      const char *file, int line);

/** Adds a step: for `d` nothing is read or written, counted from the first operation that comes to
 * the step. Best with a paused clock. Operations that wait there need a runtime. A macro over
 * edo_test_script_wait_at(). */
#define edo_test_script_wait(script, d) edo_test_script_wait_at((script), (d), __FILE__, __LINE__)
EDO_API void edo_test_script_wait_at(edo_test_script *script, edo_duration d, const char *file,
                                     int line);

/** Adds a step: one read (`what` is EDO_IO_READ) or one write (EDO_IO_WRITE) fails with `code`, as
 * -ECONNRESET. The script goes on. A macro over edo_test_script_error_at(). */
#define edo_test_script_error(script, what, code)                                                  \
    edo_test_script_error_at((script), (what), (code), __FILE__, __LINE__)
EDO_API void edo_test_script_error_at(edo_test_script *script, uint32_t what, int code,
                                      const char *file, int line);

/** Ends the script: after its last step reads get the end of the input, and a write is a failure.
 * Until then they wait there for further steps. If the stream was closed with steps left, or they
 * were added after that, it is a failure: here, or in the close of the stream if that comes later.
 * Waits that are left are no failure by themselves. NULL is allowed.
 * Owns: takes `script`.   Threads: any, once. */
EDO_API void edo_test_script_close(edo_test_script *script);

/* ---- What every stream must do --------------------------------------------------------------- */

/* Makes two connected streams, in a task of a runtime; returns 0 or a code. */
typedef int edo_test_pair_fn(edo_stream **a, edo_stream **b, void *arg);

/* What a kind of stream does not promise; all zero: it promises all. */
typedef struct edo_test_suite_opts {
    bool no_half_close;    /* edo_shutdown() ends both directions, or is not supported */
    bool no_back_pressure; /* writes never wait */
    bool no_ready;         /* edo_io_ready() is not supported */
    bool no_peek;          /* edo_peek() is not supported */
    bool one_way;          /* only `a` is written, only `b` is read */
    bool is_lent;          /* closed, but not ended by their last reference: a view */
    uint64_t reserved[4];  /* must be 0 */
} edo_test_suite_opts;

/** Runs a kind of stream, the program's own too, through the rules of edo/io.h: bytes arrive in
 * order however they are cut, in both directions at once; ends, half-close and closing; what fails
 * after them; cancelled reads and writes, which lose nothing; operations that do not wait;
 * readiness; empty buffers; references. A rule that does not hold fails, as
 * edo_test_fail() does, with its name. Each rule has a pair of its own.
 * Owns:    closes the streams. Borrows `arg` and `opts` (may be NULL) until return.
 * Errors:  -EINVAL  options;  what `make` returns
 * Threads: in a task, on any runtime; with a paused clock it takes no time.
 * Waits:   for the rules; on a running clock half a second. */
EDO_MUST_USE EDO_API int edo_test_stream_suite(edo_test_pair_fn *make, void *arg,
                                               const edo_test_suite_opts *opts);

/* ---- Disturbances ---------------------------------------------------------------------------- */

/* Future made by edo_test_interleave_init(). */
typedef struct edo_test_interleave_future {
    edo_future base;
    edo_future *inner; /* borrowed */
} edo_test_interleave_future;

/** A future that is ready with the result of `inner`, and pending on every other poll, from the
 * first on: it then wakes its task and does not poll `inner`. Code that awaits a future which is
 * ready at once in tests, and seldom at once elsewhere, can be tested with both.
 * Owns: borrows `inner` until ready; drops it when dropped itself.   Errors: those of `inner`
 * Cancel: as safe as `inner`.   Threads: one at a time.   Waits: for `inner`. */
EDO_MUST_USE EDO_API edo_future *edo_test_interleave_init(edo_test_interleave_future *f,
                                                          edo_future *inner);

/** Makes a stream over `inner` of which one operation moves at most `n` bytes. With 1 it finds code
 * that takes what one read returned for a whole message, or ignores that a write was short. It has
 * no descriptor, and uses one buffer of several.
 * Owns:    takes `inner` on success: it ends with the new stream. Returns new: edo_close().
 * Errors: -EINVAL  n is 0; -ENOMEM   Threads: any. */
EDO_MUST_USE EDO_API int edo_test_limit_new(edo_stream **stream, edo_stream *inner, size_t n);

EDO_END_DECLS

#endif
