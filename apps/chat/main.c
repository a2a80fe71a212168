/* SPDX-License-Identifier: MIT */
/* edo-chat: a chat server for lines of text, and a tour of edo.
 *
 *     main.c      options, the log, edo_main()
 *     server.c    the accept loop and the orderly stop
 *     client.c    one connection: a fiber and a select
 *     ear.c       its input, and when something came last
 *     actions.c   what its lines do
 *     room.c      a broadcast channel and what was said
 *     hall.c      who is there, and where
 *
 * The rest has no edo in it: command.c, text.c, limiter.c, outbox.c, table.c, options.c. */
#include "options.h"
#include "server.h"

#include <edo/runtime.h>
#include <edo/trace.h>

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
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };
    return edo_main_with(server_run, &o, &one_thread);
}
