/* SPDX-License-Identifier: MIT */
/* apps/console/live.h: looks of a running program, by gRPC. */
#ifndef CONSOLE_LIVE_H
#define CONSOLE_LIVE_H

#include "app.h"
#include "options.h"

#include <edo/grpc.h>
#include <edo/scope.h>

/* Is called after something has changed that is shown. */
typedef void live_changed_fn(void *arg);

typedef struct live {
    const options *opts;
    app *app;
    live_changed_fn *changed;
    void *arg;
    edo_scope *scope; /* of what is asked for; NULL: nothing is */
    edo_grpc_channel *channel;
    edo_grpc_entry token;
    char bearer[512];
    FILE *file;         /* of the recording; NULL: none */
    bool is_tokio;      /* it has told, or we were told, that it is a program of Tokio */
    bool has_come;      /* a look, since it was asked last */
    bool is_once;       /* gives up at the first failure */
    bool is_unseen;     /* the app is not shown: failures are told on stderr. A failure of the
                           recording ends it, as it does with `is_once` */
    int err;            /* why it gave up */
    int record_err;     /* the failure of a recording that has ended live_run() */
    edo_instant looked; /* when the last look came */
    char told[sizeof((app *)0)->status];
} live;

/* Errors: as edo_grpc_channel_new(); -EINVAL  a token is too long. */
int live_init(live *l, const options *opts, app *a, live_changed_fn *changed, void *arg);
void live_deinit(live *l);

/* A task: watches until it is cancelled; connects again after a failure, unless it is for once. */
int live_run(void *self);

/* Begins to record to `file`, which it takes, or ends it if that is NULL. Errors: as file_put();
 * the caller ends it then. */
int live_record(live *l, FILE *file);

/* How many seconds ago the last look came if the next one is late; else 0. */
uint32_t live_silent_s(const live *l);

/* For the app; `arg` is the live. Both ask in a task of their own, in `scope`. */
void live_ask_stacks(void *arg, uint64_t task, edo_str site);
void live_ask_faults(void *arg);

#endif
