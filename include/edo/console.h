/* SPDX-License-Identifier: MIT */
/* edo/console.h: shows what the tasks of the running program do, and what they wait for. In
 * libedo-console (pkg-config edo-console), over libedo-grpc.
 *
 *     static int app(void *arg) {
 *         int err = edo_console_start(NULL);
 *         return err < 0 ? err : serve(arg);
 *     }
 *
 * Started as `EDO_CONSOLE=1 ./shop` it listens; then `tokio-console` or `edo-console` in another
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
 * While a client is there the flight recorder (edo/recorder.h) is on at EDO_RECORDER_ALL, and as it
 * was before when the last one has gone. If the program has not started it, its memory is that of
 * the default options from the first client on, and it writes no reports.
 *
 * A client sees names of tasks and places in the source. So the server listens on loopback, unless
 * there is a token, which clients send as "authorization: Bearer TOKEN" in their metadata; it goes
 * over the network as it is. Without a token requests over TCP are refused whose host (`:authority`
 * or `Host`) is neither "localhost" nor an address of loopback: a page of a stranger could have a
 * browser of this machine send them (DNS rebinding). So are those that a proxy has sent, as far as
 * its fields tell, as in edo/console_page.h.
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
                          Unix sockets will do */
    edo_duration publish; /* between two updates of a client; 0: 1 s; at least 10 ms */
    uint32_t tasks_max;   /* that are followed; of more some are; at most 8,192; 0: 8,192 */
    uint64_t reserved[5]; /* must be 0 */
} edo_console_opts;

/** Starts to listen, if the environment or the options want it. A process has one console: while
 * there is one a further call fails.
 * Owns:    copies `opts` (NULL: all defaults).
 * Errors:  -EINVAL  an address, or an option; a token that is empty, or has other characters than
 *                   letters, digits and -._~+/=
 *          -EACCES  the address is not one of loopback, and there is no token
 *          -EBUSY   there is a console already
 *          -ENOMEM; -EAGAIN  no thread;  as edo_tcp_listen() and edo_unix_listen()
 * Waits:   until its thread listens: some milliseconds. */
EDO_MUST_USE EDO_API int edo_console_start(const edo_console_opts *opts);

/** Writes where the console listens to `*out`, with the port that the kernel has chosen for 0.
 * Errors:  -ENOENT  there is no console
 * Waits:   never. */
EDO_MUST_USE EDO_API int edo_console_addr(edo_addr *out);

/** Ends the console: clients are told that it has gone. Without one it does nothing. exit() calls
 * it, too.
 * Waits:   for its thread: a second at most, or two if a client takes nothing. */
EDO_API void edo_console_stop(void);

EDO_END_DECLS

#endif
