/* SPDX-License-Identifier: MIT */
/* edo-chat: a chat server for lines of text, and a tour of edo.
 *
 *     main.c        options, the log, edo_main_with()
 *     server.c      the accept loop and the orderly stop
 *     client.c      one connection: a fiber that reads and a fiber that writes
 *     command.c     what its lines do
 *     directory.c   which clients and rooms there are
 *     room.c        a broadcast channel and the last messages
 *     message.c     messages, and the mailbox of a client
 *     line.c        what a line says
 *     options.c     the command line */
#include "options.h"
#include "server.h"

#include <edo/dump.h>
#include <edo/runtime.h>
#include <edo/trace.h>

#include <signal.h>
#include <stdio.h>

int main(int argc, char **argv) {
    options o;
    char fault[160];
    switch (options_parse(&o, argc, (const char *const *)argv, fault, sizeof fault)) {
    case OPTIONS_HELP: return fputs(options_help, stdout) < 0;
    case OPTIONS_WRONG: fprintf(stderr, "edo-chat: %s\n", fault); return 2;
    case OPTIONS_RUN: break;
    }
    const edo_trace_opts log = { .filter = o.log ? o.log : "warn", .ignore_env = o.log != NULL };
    if (edo_trace_start(&log) < 0) return 2;
    (void)edo_dump_on_signal(SIGQUIT); // the chat runs without it as well
    // One thread needs none of what several cost.
    const edo_runtime_opts runtime = {
        .flavor = o.threads == 1 ? EDO_RUNTIME_CURRENT : EDO_RUNTIME_MULTI,
        .workers = o.threads,
    };
    return edo_main_with(server_run, &o, &runtime);
}
