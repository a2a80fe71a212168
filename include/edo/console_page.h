/* SPDX-License-Identifier: MIT */
/* edo/console_page.h: the console as a page of a program that serves others by HTTP: its tasks,
 * locks, workers, channels and connections in a browser. In libedo-console (pkg-config
 * edo console).
 *
 *     edo_console_routes(r, NULL);
 *
 * Started as `EDO_CONSOLE=1 ./shop` it has the page, here at http://127.0.0.1:8080/console/.
 *
 * Without EDO_CONSOLE=1, or `always`, the call adds nothing: so a program has the line in any case,
 * and who runs it decides. The variables go before the options:
 *
 *     EDO_CONSOLE=1          there is a page; 0, or anything else: there is none, whatever the
 *                            options say
 *     EDO_CONSOLE_TOKEN      the token that all must have
 *
 * A set-uid program does not read them.
 *
 * A client sees names of tasks and places in the source. So without a token of its own the page
 * works for requests from loopback alone, whose `Host` is "localhost" or an address of loopback,
 * and which no proxy has sent, as far as Forwarded, Via, X-Forwarded-For, -Host and -Proto, and
 * X-Real-IP tell: a proxy on the same machine that writes none of them would open the page to
 * all of its clients. Others need a token that edo chooses for the process at random; the program
 * prints it at its start, in a link (edo_console_path()). If the variable or the option has a
 * token, loopback needs it, too. The file of the page has nothing of the program in it, and is sent
 * to everybody.
 *
 * The page is served by the program's own workers: one whose workers are all stuck shows nothing.
 * edo_console_start() has a thread of its own.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CONSOLE_PAGE_H
#define EDO_CONSOLE_PAGE_H

#include <edo/web.h>

EDO_BEGIN_DECLS

#define EDO_CONSOLE_TOKEN_MAX  120u                          /* bytes */
#define EDO_CONSOLE_PATH_BYTES (EDO_CONSOLE_TOKEN_MAX + 33u) /* of edo_console_path() */

/* All zero is the default; see the variables above, which go before these. */
typedef struct edo_console_page_opts {
    bool always;       /* there is a page also without EDO_CONSOLE=1 */
    bool ignore_env;   /* the variables say nothing */
    const char *token; /* all must have it: 1 to 120 of the letters, digits and signs -._~+/= that
                             a token of RFC 6750 has; NULL: see above */
    uint64_t reserved[4]; /* must be 0 */
} edo_console_page_opts;

/** Adds the page at "/console/", if the environment or the options want it, with what it asks for
 * below that: the service edo.console.v1.Look, by gRPC and Connect. Layers that are put around the
 * router are around it, too: one that refuses bodies or streams refuses the page's.
 * Owns:    copies `opts` (NULL: all defaults).
 * Errors:  kept for the call that takes the router: -EINVAL  a token, or an option
 *          -ENOMEM;  those of getrandom(2);  as edo_router_add()
 * Threads: one at a time. */
EDO_API void edo_console_routes(edo_router *r, const edo_console_page_opts *opts);

/** Writes the path of the page that edo_console_routes() adds with these options, for a line that
 * the program prints at its start: "/console/", or with the token that edo has chosen
 * "/console/#token=1f…". Nothing behind "#" is sent to a server, nor written to its log.
 * A token of the program's own is not printed.
 * Owns:    writes `out`, which has EDO_CONSOLE_PATH_BYTES.
 * Errors:  -ENOENT  there is no page;  -EINVAL  a token, or an option;  those of getrandom(2) */
EDO_MUST_USE EDO_API int edo_console_path(char out[EDO_CONSOLE_PATH_BYTES],
                                          const edo_console_page_opts *opts);

EDO_END_DECLS

#endif
