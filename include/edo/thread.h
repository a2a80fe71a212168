/* SPDX-License-Identifier: MIT */
/* edo/thread.h: a thread of its own for work that never ends, and would keep a thread of a pool for
 * good: a loop over a device, or a library that blocks or wants one thread for all calls.
 *
 *     static int serve(void *arg) {
 *         store *s = arg;
 *         query q;
 *         while (edo_mpsc_recv(s->inbox, &q) == 0) answer(s->db, &q); // parks this thread
 *         while (edo_mpsc_try_recv(s->inbox, &q) == 0) answer(s->db, &q); // stopped: the rest
 *         return 0;
 *     }
 *
 *     int err = edo_thread_start(&t, serve, &s, &(edo_thread_opts){ .name = "store" });
 *     …
 *     edo_thread_stop(t);
 *     err = edo_thread_join(t);
 *
 * The thread belongs to the runtime in which it was started, which is entered in it: it may spawn,
 * send, and await. An await parks the thread, and never drives the runtime, nor does edo_block_on()
 * or edo_run(): somebody else has to, if it is a current-thread runtime. Its time is that of the
 * kernel, on both clocks: a paused clock of the runtime is not its own, does not wait for it, and
 * is not moved by it (edo_time_pause() and its like return -EBUSY).
 *
 * It has a stop token. When that fires, by edo_thread_stop() or the runtime's end, each await of
 * the thread returns -ECANCELED, except in a shield. Code that does not await looks at the token,
 * or sets a hook on it: edo_thread_token().
 *
 * The runtime's end joins all its threads, those with a handle, too: see edo_runtime_shutdown().
 * It fires their stop tokens when all tasks have ended, so that tasks may use a thread in their
 * cleanup, and what they have sent to it is in its channel. A thread that has not ended one second
 * after the bound is named on standard error and left behind, with the runtime, of which then
 * nothing is freed: what the thread uses has to be there as long as the process.
 *
 * In a child of fork() the thread that forked is a plain one, and must not return from its
 * function; handles of the parent's threads may be joined, which returns -EDO_EFORKED for those
 * that had not ended.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_THREAD_H
#define EDO_THREAD_H

#include <edo/cancel.h>
#include <edo/runtime.h>

EDO_BEGIN_DECLS

typedef struct edo_thread edo_thread;

/* Options; all zero is the default. */
typedef struct edo_thread_opts {
    const char *name;     /* a string literal: the thread's, of which the kernel keeps 15 bytes, and
                             that in reports; NULL: "edo-thread" */
    uint64_t reserved[2]; /* must be 0 */
} edo_thread_opts;

/** Starts a thread that runs `fn(arg)`, and belongs to the runtime that the caller is in.
 *
 * `fn` runs exactly once if the start succeeds. There is no bound of their number but the system's.
 * Owns:    returns new in `*out`, on success only: give it to edo_thread_join(). `out` may be NULL:
 *          then nobody learns the result, and the runtime's end stops the thread. `fn` takes `arg`
 *          on success; on failure it stays the caller's. Copies `opts` (NULL: all defaults).
 * Errors:  -EDO_ENORUNTIME; -EDO_EFORKED  the caller's runtime belongs to the process that forked
 *          -EDO_ECLOSED  the runtime shuts down; -ENOMEM; -EAGAIN  the system has no thread left
 *          -EINVAL  bad options
 * Threads: any that is in a runtime, tasks too. */
EDO_MUST_USE EDO_API int edo_thread_start(edo_thread **out, edo_task_fn *fn, void *arg,
                                          const edo_thread_opts *opts);

/** Fires the stop token of `t`, with EDO_CANCEL_ASKED. A second call does nothing, nor does one in
 * a child of fork().
 * Owns:    borrows `t`. */
EDO_API void edo_thread_stop(edo_thread *t);

/** Waits until the function of `t` has returned, and returns its result, with its trail. It does
 * not stop the thread.
 *
 * After the runtime's end it returns at once, except for a thread that was left behind: for that it
 * waits on.
 * Owns:    takes `t`, also when the wait is cancelled: the thread then goes on, and its result is
 *          lost. NULL is allowed, and returns 0. A second join of a handle is undefined; debug
 *          builds report it.
 * Errors:  those of the function, -ECANCELED if it was stopped in an await and returns that
 *          -ECANCELED    this task was cancelled or a deadline around it passed
 *          -EDO_EFORKED  `t` belongs to the process that forked, and had not ended there
 * Cancel:  safe, but the handle is gone.
 * Threads: any but `t` itself, which would wait until it is stopped; tasks, too.
 * Waits:   for the function. */
EDO_MUST_USE EDO_API int edo_thread_join(edo_thread *t);

/** Returns the stop token of the thread that calls, for loops that do not await
 * (edo_cancel_is_set()) and for calls that have to be interrupted (edo_cancel_hook_set()); NULL on
 * threads that edo_thread_start() did not start, and in tasks.
 * Owns:    borrows; valid until the thread's function returns, edo_cancel_ref() to keep it. */
EDO_API edo_cancel_token *edo_thread_token(void);

EDO_END_DECLS

#endif
