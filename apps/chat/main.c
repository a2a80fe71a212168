/* SPDX-License-Identifier: MIT */
/* edo-chat: a chat server for browsers and for lines of text, and a tour of edo.
 *
 *     main.c        the log, edo_main_with()
 *     options.c     the command line
 *     fault.c       why it could not start
 *     server.c      the accept loop and the orderly stop
 *     client.c      one connection: a fiber that reads and a fiber that writes
 *     command.c     what its lines do
 *     directory.c   which clients and rooms there are
 *     room.c        a broadcast channel, the pages that listen, and the last messages
 *     message.c     messages: what was said, as a line and as a frame
 *     web.c         the page, its routes, and what happens there by itself
 *     guard.c       which requests the web takes: names, origins, proxies
 *     page.c        one connection of a page
 *     request.c     what its messages do
 *     user.c        a person on a page; sessions.c: all of them, by their tokens
 *     token.c       the hash of a token, which is all that is stored of it
 *     wire.c        how a page is reached
 *     past.c        what was said, as JSON
 *     api.c         the JSON API; numbers.c: /metrics
 *     talk.c        how one person is told something
 *     storage.c     the queue before the store
 *     store.c       where what was said is kept
 *     text.c        what a line and a name may consist of
 *     terminal.c    --connect: the line client; edit.c, screen.c: its line and its screen;
 *                   unsure.c: lines that may not have come */
#include "options.h"
#include "server.h"
#include "terminal.h"

#include <edo/dump.h>
#include <edo/runtime.h>
#include <edo/trace.h>

#include <signal.h>

int main(int argc, char **argv) {
    options o;
    int status = options_parse(&o, argc, argv);
    if (status >= 0) return status;
    const edo_trace_opts log = { .filter = o.log ? o.log : "warn", .ignore_env = o.log != NULL };
    if (edo_trace_start(&log) < 0) return options_free(&o), 2;
    (void)edo_dump_on_signal(SIGQUIT); // the chat runs without it as well
    // One thread needs none of what several cost.
    const edo_runtime_opts runtime = {
        .flavor = o.threads == 1 || o.connect ? EDO_RUNTIME_CURRENT : EDO_RUNTIME_MULTI,
        .workers = o.threads,
        .watchdog = edo_ns(o.connect ? -1 : 0), // off: the screen of a terminal is its user's
        .shutdown = edo_ns(edo_s(10).ns + o.pre_stop.ns), // the server ends sooner by itself
    };
    status = edo_main_with(o.connect ? terminal_run : server_run, &o, &runtime);
    options_free(&o);
    return status;
}
