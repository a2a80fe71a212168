/* SPDX-License-Identifier: MIT */
/* edo/signal.h: signals as awaits.
 *
 * The first listener of a signal installs a handler for the whole process, which stays: the default
 * action never comes back, also when nobody listens any more. In a child made by fork() each signal
 * is treated as before the first listener, until the child listens itself. Any number of listeners
 * hear of each signal, in any runtime. Signals that come faster than they are received count as
 * one. A handler that the program sets later takes the signal from all listeners, until somebody
 * listens to it anew. */
#ifndef EDO_SIGNAL_H
#define EDO_SIGNAL_H

#include <edo/io.h>

EDO_BEGIN_DECLS

typedef struct edo_signal edo_signal;

/**
 * Listens to the signal `signo` (SIGTERM, SIGHUP, …) from now on.
 *
 * Owns:    returns new in `*out`: edo_signal_close().
 * Errors:  -EINVAL  no signal, or one that cannot be awaited (KILL, STOP, ILL, FPE, SEGV, BUS)
 *          -ENOMEM; -EMFILE
 * Threads: any, at once; needs no runtime.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_signal_listen(edo_signal **out, int signo);

/**
 * Stops listening. A task that waits on it gets -EDO_ECLOSED. NULL is allowed.
 *
 * Owns:    takes `self`.
 * Threads: any; nobody may begin to receive afterwards.   Waits: never.   Since: 0.1
 */
EDO_API void edo_signal_close(edo_signal *self);

/* Future behind edo_signal_recv(). */
typedef struct edo_signal_recv_future {
    edo_future base;
    edo_signal *signal;
    edo_io_wait wait;
} edo_signal_recv_future;

/**
 * A future that is ready with the signal's number once it came since the last receive.
 *
 * Owns:    borrows `self` until its first poll (it holds a reference while it waits).
 * Errors:  -EDO_ECLOSED  closed meanwhile; -EDO_ENORUNTIME  it had to wait, without a runtime
 * Cancel:  safe: the signal stays to be received.
 * Threads: one at a time.   Waits: for the signal.   Since: 0.1
 */
EDO_API edo_future *edo_signal_recv_init(edo_signal_recv_future *f, edo_signal *self);

/**
 * Waits for the signal, if none came since the last receive: returns its number.
 *
 * Owns:    borrows `self` until return.
 * Errors:  -EDO_ECLOSED; -ECANCELED; -EDO_ENORUNTIME
 * Cancel:  safe: the signal stays to be received.
 * Threads: any, at once; one of several receivers gets it.   Waits: for the signal.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_signal_recv(edo_signal *self);

/* Future behind edo_ctrl_c(). */
typedef struct edo_ctrl_c_future {
    edo_future base;
    edo_signal_recv_future recv;
} edo_ctrl_c_future;

/**
 * A future that is ready (0) when SIGINT comes after its first poll.
 *
 * Owns:    nothing of yours.
 * Errors:  as edo_signal_listen() and edo_signal_recv().
 * Cancel:  safe.   Threads: one at a time.   Waits: for SIGINT.   Since: 0.1
 */
EDO_API edo_future *edo_ctrl_c_init(edo_ctrl_c_future *f);

/**
 * Waits for SIGINT (Ctrl-C). Between two calls it is swallowed: for every one, keep a listener.
 *
 * Owns:    nothing of yours.
 * Errors:  as edo_signal_listen() and edo_signal_recv().
 * Cancel:  safe.   Threads: any, at once.   Waits: for SIGINT.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_ctrl_c(void);

EDO_END_DECLS

#endif
