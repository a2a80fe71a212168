/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/told.h: what a program of Tokio has told of itself. Its console-subscriber
 * says what has changed since its last update: so all of it is kept here. One thread. */
#ifndef CONSOLE_TOKIO_TOLD_H
#define CONSOLE_TOKIO_TOLD_H

#include "console/made/rs/tokio/console/instrument.edo.h"

#include <edo/map.h>

#define TOLD_NAME_MAX 160u
#define TOLD_MAX      100000u /* of each; of more is not told */

/* Times in ns since 1970; 0: not yet, or not told. */
typedef struct told_task {
    uint64_t id;
    char name[TOLD_NAME_MAX]; /* "name at file:line" */
    int64_t born_ns, ended_ns, woken_ns, began_ns, paused_ns;
    uint64_t op; /* that it polled last; 0: none */
} told_task;

/* A lock, a channel, a timer. */
typedef struct told_resource {
    char type[48];
    char place[TOLD_NAME_MAX]; /* "file:line" */
    int64_t born_ns;
    bool is_over;
} told_resource;

/* A call that waits for a resource. */
typedef struct told_op {
    char source[64];
    uint64_t task, resource;
    int64_t born_ns;
    bool is_over;
} told_op;

/* Zero-initialised it has been told nothing. The maps go from an id to the types above. */
typedef struct told {
    edo_map tasks, resources, ops;
    int64_t now_ns;    /* of the last update */
    uint64_t missed_n; /* events that the program has not told, for want of room there or here */
} told;

/* Takes an update in. What was over before it is forgotten: so its last state can be seen once.
 * Errors:  -ENOMEM  the next updates may lack what this one had */
int told_take(told *t, const rs_tokio_console_instrument_update *u);
void told_deinit(told *t);

#endif
