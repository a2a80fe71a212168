/* SPDX-License-Identifier: MIT */
/* edo/process.h: other programs: start them, speak with them, wait for their end.
 *
 *     const char *const argv[] = { "sort", "-n", NULL };
 *     edo_process *sort;
 *     int err = edo_process_spawn(&sort, argv, &(edo_process_opts){ .in = EDO_STDIO_PIPE,
 *                                                                   .out = EDO_STDIO_PIPE });
 *
 * If a program cannot be started, the call that starts it returns the error; there is no status for
 * it. No program that has ended stays a zombie, however its handle was given up. This needs no
 * SIGCHLD handler and touches no other child of the process. It needs Linux 5.4: earlier kernels
 * cannot wait for the descriptor of a process (pidfd). There every start returns -ENOSYS, and
 * starts nothing.
 *
 * A program that ignores SIGCHLD, or waits for any child by itself, takes the statuses from edo:
 * then a wait returns -ECHILD.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_PROCESS_H
#define EDO_PROCESS_H

#include <edo/bytes.h>
#include <edo/io.h>
#include <edo/time.h>

#include <stdint.h>
#include <sys/types.h>

EDO_BEGIN_DECLS

typedef struct edo_process edo_process;

/* What a standard stream of the program is. */
typedef enum edo_stdio {
    EDO_STDIO_INHERIT, /* that of this process */
    EDO_STDIO_NULL,    /* /dev/null */
    EDO_STDIO_PIPE,    /* a pipe, whose other end is edo_process_stdin(), _stdout() or _stderr() */
    EDO_STDIO_FD,      /* `in_fd`, `out_fd` or `err_fd` of the options */
    EDO_STDIO_OUT,     /* of `err` only: where its output goes */
} edo_stdio;

/* The user that a program runs as; needs the privilege. */
typedef struct edo_process_user {
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* the supplementary groups; may be NULL */
    size_t groups_n;
} edo_process_user;

#define EDO_PROCESS_UNLIMITED UINT64_MAX

/* A limit of setrlimit(2) that a program begins with. Its units are those of the resource, such as
 * bytes of RLIMIT_AS, seconds of RLIMIT_CPU, a number of RLIMIT_NOFILE. */
typedef struct edo_process_limit {
    int resource;        /* RLIMIT_NOFILE and so on, of <sys/resource.h> */
    uint64_t soft, hard; /* or EDO_PROCESS_UNLIMITED. To raise `hard` needs the privilege */
} edo_process_limit;

/* Options of a program; all zero is the default. All is borrowed until the program has started. */
typedef struct edo_process_opts {
    const char *program;           /* file to run; NULL: argv[0]. Without a slash it is searched in
                                      the PATH of this process */
    const char *const *env;        /* the whole environment, "NAME=value", NULL at the end; NULL:
                                      this process' */
    const char *const *env_change; /* "NAME=value" sets, "NAME" removes; NULL at the end */
    const char *dir;               /* working directory; NULL: this process' */
    edo_stdio in, out, err;
    int in_fd, out_fd, err_fd;       /* with EDO_STDIO_FD, else 0 or negative; they stay the
                                        caller's. The program gets the same open file: if that is
                                        non-blocking, as the one below a stream, its reads and
                                        writes fail with EAGAIN, which few programs expect;
                                        edo_stream_release_fd() gives one that blocks */
    const edo_process_user *user;    /* NULL: this process' */
    const edo_process_limit *limits; /* set in this order, before the user; others stay */
    size_t limits_n;
    const char *cgroup;             /* directory of the control group that it starts in, such as
                                       "/sys/fs/cgroup/jobs"; NULL: this process'. It must be there
                                       and writable here. The kernel takes some milliseconds */
    bool group;                     /* a process group of its own: edo_process_signal(), _kill() and
                                      _stop() reach all of it */
    bool session;                   /* a session of its own, without a terminal; also a group */
    bool pty;                       /* a terminal of its own, the controlling one of its session, as
                                      its three standard streams: edo_process_pty() */
    uint16_t pty_rows, pty_columns; /* 0: 24, 80 */
    bool kill_on_unref;             /* edo_process_unref() kills a program that runs */
    int (*before_exec)(void *arg);  /* called in the new process, last; may be NULL. It shares the
                                      memory of this one, whose thread waits: only system calls are
                                      allowed. A negative code ends it, and is returned */
    void *before_exec_arg;
    edo_duration held_max; /* of edo_process_output(): how long after the end of the program others
                              that it has started may hold its outputs; then what has come is all.
                              0: until they end, which may be never */
    uint64_t reserved[3];  /* must be 0 */
} edo_process_opts;

/* A status: 0 to 255 is what the program returned; from here on a signal ended it: status -
 * EDO_PROCESS_SIGNALLED. */
#define EDO_PROCESS_SIGNALLED 256

/** Starts a program with the arguments `argv` (NULL at the end). `opts` may be NULL. Signals that
 * this process ignores stay ignored, but for SIGPIPE; all others have their default action. Those
 * that this thread blocks are blocked. The limits are those of this process; of descriptors, which
 * edo_main() raises, that from before, unless this process has set another one since.
 *
 * The thread waits until the program has replaced the new process: typically for less than a
 * millisecond.
 * Owns:    borrows all arguments until return. Returns new in `*out`: edo_process_unref().
 * Errors:  -ENOENT, -EACCES, -ENOEXEC, …  the program cannot be started
 *          -EINVAL  options, no argv[0], a limit whose soft value is above the hard one
 *          -EMFILE; -ENFILE; -EAGAIN; -ENOMEM; -EPERM; -ENAMETOOLONG
 *          -ENOSYS  the kernel is older than Linux 5.4: nothing was started
 *          -ENOTSUP  at a host of a simulated world (edo/sim.h), whose run fails
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_process_spawn(edo_process **out, const char *const *argv,
                                           const edo_process_opts *opts);

/** Gives the handle up. A program that runs goes on, unless `kill_on_unref` was set, and leaves no
 * zombie when it ends. Pipes that were not taken are closed. NULL is allowed.
 * Owns:    takes `self`. Waiting operations hold references of their own.
 * Threads: any; no operation may begin afterwards. */
EDO_API void edo_process_unref(edo_process *self);

/** Returns the process ID, also once the process has ended: another one may have that number
 * then. */
EDO_API pid_t edo_process_get_id(const edo_process *self);

/** Take our ends of the program's pipes: the writing end of its standard input, the reading ends of
 * its output and error output; or its terminal, which is both read and written. NULL if there is
 * none, or it was taken already.
 * Owns:    return new: edo_close(). */
EDO_API edo_stream *edo_process_stdin(edo_process *self);
EDO_API edo_stream *edo_process_stdout(edo_process *self);
EDO_API edo_stream *edo_process_stderr(edo_process *self);
EDO_API edo_stream *edo_process_pty(edo_process *self);

/* Future behind edo_process_wait(). */
typedef struct edo_process_wait_future {
    edo_future base;
    edo_process *process;
    edo_io_wait wait;
} edo_process_wait_future;

/** Waits for the end of the program, and returns its status. A standard input that was not taken is
 * closed first, as the program may wait for the end of it.
 * Errors:  -ECHILD  something else took the status;  -EDO_ENORUNTIME; -ECANCELED; -ENOMEM; -ENOSPC
 * Cancel:  safe: the program goes on, and the status stays for other waits, any number of them.
 * Waits:   for the end of the program. */
EDO_MUST_USE EDO_API int edo_process_wait(edo_process *self);
EDO_MUST_USE EDO_API edo_future *edo_process_wait_init(edo_process_wait_future *f,
                                                       edo_process *self);

/** Returns the status of the program if it has ended.
 * Errors:  -EAGAIN  it runs;  -ECHILD */
EDO_MUST_USE EDO_API int edo_process_try_wait(edo_process *self);

/** Sends a signal to the program, or to its group if it has one of its own. It never reaches
 * another process, even if the number was reused; so once something else took the status, it
 * reaches none.
 * Errors:  -ESRCH  it has ended, and edo or other code took its status;  -EINVAL; -EPERM */
EDO_API int edo_process_signal(edo_process *self, int signo);

/** As edo_process_signal() with SIGKILL, and waits for the end: returns the status.
 * Errors: as edo_process_wait()   Cancel: safe: it is killed anyway.
 * Waits:   for the end of the program. */
EDO_API int edo_process_kill(edo_process *self);

/** Asks the program to end by SIGTERM, kills it if it has not ended after `grace`, and returns its
 * status. What is left of its own group when it ends is killed.
 * Errors: as edo_process_wait()   Cancel: not safe: it was asked, but not killed.
 * Threads: any, at once, in a task.   Waits: for the end of the program. */
EDO_API int edo_process_stop(edo_process *self, edo_duration grace);

/** Starts a program, waits for its end, and returns its status. If the wait is cut short the
 * program is killed.
 * Owns:    borrows all arguments until return.
 * Errors:  as edo_process_spawn() and edo_process_wait(); -EINVAL  a pipe or `pty` in the options
 * Cancel: not safe: the program is killed.   Waits: for the end of the program. */
EDO_MUST_USE EDO_API int edo_process_run(const char *const *argv, const edo_process_opts *opts);

/* What edo_process_output() collects; all that has come, also when it fails. */
typedef struct edo_process_result {
    edo_bytes out, err; /* yours: edo_bytes_unref() each */
} edo_process_result;

#define EDO_PROCESS_OUTPUT_MAX (1u << 20) /* the default limit */

/** Runs a program, gives it `input`, collects its output and its error output, at most `max` bytes
 * of each (0: EDO_PROCESS_OUTPUT_MAX), and returns its status. The standard input is a pipe with
 * `input`, or /dev/null if that is empty, and both outputs are pipes: `in`, `out` and `err` of the
 * options must be 0, or EDO_STDIO_OUT for `err`.
 *
 * It also waits until both outputs have ended. So it waits for other programs that this one has
 * started, as a daemon, and that still hold its outputs: `held_max` of the options bounds that.
 * Owns:    borrows all arguments until return; returns new in `*result`, also on failure: what had
 *          come until then, nothing if the program did not start.
 * Errors:  -EDO_ETOOLONG  more than `max` bytes, of which the first `max` are there: the program
 *                         was killed
 *          else as edo_process_run()
 * Cancel: not safe: the program is killed.   Threads: any, at once, in a task.
 * Waits:   for the end of the program. */
EDO_MUST_USE EDO_API int edo_process_output(edo_process_result *result, const char *const *argv,
                                            const edo_process_opts *opts, edo_str input,
                                            size_t max);

EDO_END_DECLS

#endif
