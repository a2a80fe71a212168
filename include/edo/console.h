/* SPDX-License-Identifier: MIT */
/* edo/console.h: shows what the tasks of the running program do, and what they wait for. In
 * libedo-console (pkg-config edo-console), over libedo-grpc.
 *
 *     static int app(void *arg) {
 *         int err = edo_console_start(NULL);
 *         if (err == -EADDRINUSE) edo_warn("the console does not listen: its address is taken");
 *         else if (err < 0) return err;
 *         return serve(arg);
 *     }
 *
 * All programs of a machine have one usual address: so one that finds it taken goes on without a
 * console.
 *
 * Started as `EDO_CONSOLE=1 ./shop` it listens; then `tokio-console` or `edo console` in another
 * terminal shows it.
 *
 * Without EDO_CONSOLE=1, or `always`, the call does nothing, and costs nothing: so a program has
 * the line in any case, and whoever runs it decides. The variables go before the options:
 *
 *     EDO_CONSOLE=1          listens; 0, or anything else: does not, whatever the options say
 *     EDO_CONSOLE_BIND       where: "127.0.0.1:6669", which is the default, or "unix:PATH"
 *     EDO_CONSOLE_TOKEN      the token that clients must have
 *
 * A set-uid program does not read them.
 *
 * The server is one of gRPC, on a thread and a runtime of its own: so it also shows a program whose
 * workers are all stuck.
 *
 * While a client of tokio-console is there the flight recorder (edo/recorder.h) is on at
 * EDO_RECORDER_ALL, whatever depth the program sets, which counts again when the last one has gone.
 * If the program has not started it, its memory is that of the default options from the first
 * client on, and it writes no reports until the program starts it.
 *
 * A child of fork() has no console, and records as the program has set it. It may start one of its
 * own, at another address.
 *
 * A client sees names of tasks and places in the source. So the server listens on loopback, unless
 * there is a token, which clients send as "authorization: Bearer TOKEN" in their metadata; it goes
 * over the network as it is. A name of the abstract space ("unix:@NAME") needs one, too: any user
 * of the machine may connect to it. A path does not: its permissions say who may. Without a token
 * requests over TCP are refused whose host (`:authority` or `Host`) is neither "localhost" nor an
 * address of loopback: a page of a stranger could have a browser of this machine send them (DNS
 * rebinding). So are those that a proxy has sent, as far as its fields tell, as in
 * edo/console_page.h.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Since: 0.1 */
#ifndef EDO_CONSOLE_H
#define EDO_CONSOLE_H

#include <edo/net.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* All zero is the default; see the variables above, which go before these. */
typedef struct edo_console_opts {
    bool always;       /* listens also without EDO_CONSOLE=1 */
    bool ignore_env;   /* the variables say nothing */
    const char *bind;  /* HOST:PORT or "unix:PATH", as edo_tcp_listen() and edo_unix_listen() take
                          it; NULL: "127.0.0.1:6669" */
    const char *token; /* clients must have it; NULL: no client needs one, and only loopback and
                          paths of Unix sockets will do */
    edo_duration publish; /* between two updates of a client; 0: 1 s; at least 10 ms */
    uint32_t tasks_max;   /* that are followed; of more some are; at most 8,192; 0: 8,192 */
    uint64_t reserved[5]; /* must be 0 */
} edo_console_opts;

/** Starts to listen, if the environment or the options want it. A process has one console: while
 * there is one a further call fails. The file of a Unix socket is removed at the end; one that a
 * process of the same user has left, and where nobody listens, is replaced.
 * Owns:    copies `opts` (NULL: all defaults).
 * Errors:  -EINVAL  an address, or an option; a token that is empty, has more than 120 bytes, or
 *                   other characters than letters, digits and -._~+/=
 *          -EACCES  the address is neither one of loopback nor a path, and there is no token
 *          -EADDRINUSE  somebody listens there, or a path is no socket that the user has left
 *          -EBUSY   there is a console already
 *          -ENOMEM; -EAGAIN  no thread;  as edo_tcp_listen() and edo_unix_listen()
 * Waits:   until its thread listens: some milliseconds, or a second where it asks whether somebody
 *          listens at a path; and for another thread that starts or ends it. */
EDO_MUST_USE EDO_API int edo_console_start(const edo_console_opts *opts);

/** Writes where the console listens to `*out`, with the port that the kernel has chosen for 0.
 * Errors:  -ENOENT  there is no console
 * Waits:   never. */
EDO_MUST_USE EDO_API int edo_console_addr(edo_addr *out);

/** Ends the console: clients are told that it has gone. Without one it does nothing. exit() calls
 * it, too.
 * Waits:   for its thread: a second at most, or four if a client takes nothing or a look does not
 *          end; and for another thread that starts or ends it. */
EDO_API void edo_console_stop(void);

EDO_END_DECLS

#endif
