/* SPDX-License-Identifier: MIT */
/* serve.h: the chat as a server, as a function that returns: main() runs it as the root of the
 * program, and tests as that of a host in a world (edo/sim.h). */
#ifndef CHAT_SERVE_H
#define CHAT_SERVE_H

#include "options.h"
#include "store/store.h"

typedef struct serving {
    const options *options;
    store *store;    /* in the place of the one that the options name; serve_run() takes it; NULL:
                        that one */
    bool is_quiet;   /* where it listens is not said on standard output */
    bool is_to_exit; /* set: something goes on that can neither be ended nor have its memory taken:
                        the process is to end at once, by _Exit() */
} serving;

/* Serves until its task is cancelled, and then ends in order. `arg` is a serving, whose options
 * outlive it; a task's function, whose root is cancelled by SIGINT or SIGTERM.
 * Returns 0; the exit status of a failure that it has told; or a negative code. */
int serve_run(void *arg);

#endif
