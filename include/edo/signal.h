/* SPDX-License-Identifier: MIT */
/* edo/signal.h: signals as awaits.
 *
 * The first listener of a signal installs a handler for the whole process, and it stays: the
 * default action comes back only by edo_signal_restore(), not when the last listener closes. A
 * child made by fork() treats each signal as before the first listener, until it listens itself.
 * Each signal reaches all of its listeners, in any runtime. Signals that arrive faster than they
 * are received count as one. A handler that the program sets later takes the signal from all
 * listeners, until the next edo_signal_listen() for it. A signal that shows all tasks is
 * edo_dump_on_signal() of edo/runtime.h: SIGQUIT is one in each program of edo_main().
 *
 * The names of signals, SIGTERM and the others, are the program's to bring: it includes <signal.h>,
 * which brings much else. edo_signal_recv() returns 0: a listener hears one signal, that of
 * edo_signal_listen(). edo_signal_recv_info() writes its number, and where it came from.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: for the signal.   Since: 0.1 */
#ifndef EDO_SIGNAL_H
#define EDO_SIGNAL_H

#include <edo/io.h>

#include <sys/types.h>

EDO_BEGIN_DECLS

typedef struct edo_signal edo_signal;

/** Listens to the signal `signo` (SIGTERM, SIGHUP, …) from now on.
 * Owns:    returns new in `*out`: edo_signal_close().
 * Errors:  -EINVAL  not a signal, or one that cannot be awaited (KILL, STOP, ILL, FPE, SEGV, BUS)
 *          -ENOMEM; -EMFILE
 * Threads: any, at once; needs no runtime.   Waits: never. */
EDO_MUST_USE EDO_API int edo_signal_listen(edo_signal **out, int signo);

/** Stops listening. Waiting receives return -EDO_ECLOSED. NULL is allowed.
 * Owns: takes `self`.   Threads: any; no receive may begin afterwards.   Waits: never. */
EDO_API void edo_signal_close(edo_signal *self);

/* Where a signal came from, as siginfo_t has it. */
typedef struct edo_signal_info {
    int signo;
    int code;      /* SI_USER, SI_QUEUE, CLD_EXITED, … */
    pid_t pid;     /* the process that sent it; of SIGCHLD the child */
    uid_t uid;     /* its user */
    int64_t value; /* given to sigqueue(), as an integer or a pointer */
} edo_signal_info;

/* Future behind edo_signal_recv() and edo_signal_recv_info(). */
typedef struct edo_signal_recv_future {
    edo_future base;
    edo_signal *signal;
    edo_signal_info *out;
    edo_io_wait wait;
} edo_signal_recv_future;

typedef edo_signal_recv_future edo_signal_recv_info_future;

/** Waits for the signal, unless it has come since the last receive. Returns 0.
 * Errors:  -EDO_ECLOSED  closed meanwhile; -ECANCELED; -EDO_ENORUNTIME
 * Cancel:  safe: the signal can still be received.
 * Threads: any, at once; one of several receives gets it.   Waits: for the signal. */
EDO_MUST_USE EDO_API int edo_signal_recv(edo_signal *self);
EDO_MUST_USE EDO_API edo_future *edo_signal_recv_init(edo_signal_recv_future *f, edo_signal *self);

/** As edo_signal_recv(), and writes which signal it was, and where it came from. If it came several
 * times since the last receive, or comes again just now, `*out` is that of the newest.
 * Errors: as edo_signal_recv()   Cancel: safe: the signal can still be received.
 * Threads: any, at once; one of several receives gets it.   Waits: for the signal. */
EDO_MUST_USE EDO_API int edo_signal_recv_info(edo_signal *self, edo_signal_info *out);
EDO_MUST_USE EDO_API edo_future *edo_signal_recv_info_init(edo_signal_recv_info_future *f,
                                                           edo_signal *self, edo_signal_info *out);

/** Gives `signo` back to the program: what it did with the signal before the first listener, mostly
 * the default action, or a dump (edo/dump.h), holds again. Its listeners stay and receive nothing
 * until the next edo_signal_listen() for it. A server that shuts down orderly restores SIGTERM
 * first, so that a second one ends it at once. A handler that the program has set since stays.
 * Errors: -EINVAL  not a signal that can be awaited   Threads: any, at once; needs no runtime.
 * Waits:   never. */
EDO_API int edo_signal_restore(int signo);

/* Future behind edo_ctrl_c(). */
typedef struct edo_ctrl_c_future {
    edo_future base;
    edo_signal_recv_future recv;
} edo_ctrl_c_future;

/** Waits for SIGINT (Ctrl-C); a future is ready (0) when one comes after its first poll. A SIGINT
 * between two calls is lost: to get every one keep a listener of edo_signal_listen().
 * Owns: nothing.   Errors: as edo_signal_listen() and edo_signal_recv().   Cancel: safe.
 * Threads: any, at once.   Waits: for SIGINT. */
EDO_MUST_USE EDO_API int edo_ctrl_c(void);
EDO_MUST_USE EDO_API edo_future *edo_ctrl_c_init(edo_ctrl_c_future *f);

EDO_END_DECLS

#endif
