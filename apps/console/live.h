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
    FILE *file;   /* of the recording; NULL: none */
    bool is_once; /* gives up at the first failure */
    int err;      /* why it gave up */
} live;

/* Errors: as edo_grpc_channel_new(); -EINVAL  a token is too long. */
int live_init(live *l, const options *opts, app *a, live_changed_fn *changed, void *arg);
void live_deinit(live *l);

/* A task: watches until it is cancelled; connects again after a failure, unless it is for once. */
int live_run(void *self);

/* Begins to record to `path`, or ends it. Errors: those of fopen(). */
int live_record(live *l, const char *path);

/* For the app; `arg` is the live. Both ask in a task of their own, in `scope`. */
void live_ask_stacks(void *arg, uint64_t task, edo_str site);
void live_ask_faults(void *arg);

#endif
