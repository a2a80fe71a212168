/* SPDX-License-Identifier: MIT */
/* console/live/rows.h: the rows of live.h, and who hears of them.
 *
 * inv. 1: the table has the rows of all tasks that are followed and have not ended.
 *
 * A row stays until each watcher has seen its end; in a full table rows of ended tasks make room
 * before that. */
#ifndef EDOI_CONSOLE_LIVE_ROWS_H
#define EDOI_CONSOLE_LIVE_ROWS_H

#include "base/table.h"
#include "console/live/histogram.h"
#include "recorder/tap.h"

#include <edo/notify.h>
#include <edo/runtime.h>

#include <sys/queue.h>

/* How long the polls of a task took, and how long it had waited for them. */
typedef struct edoi_live_times {
    uint32_t watchers_n;
    edoi_histogram polls, waits;
} edoi_live_times;

/* A task. Times are of CLOCK_MONOTONIC, ns; 0: not yet. */
typedef struct edoi_live_task {
    edoi_table_link link; /* first; by address */
    uint64_t id;          /* 0: the row is free */
    uint64_t address;
    const char *site; /* a text of the recorder's table; NULL: there was no room for it */
    int64_t born_ns, ended_ns, first_poll_ns, woken_ns, began_ns, paused_ns;
    int64_t ready_ns; /* since when it waits for its poll */
    int64_t busy_ns, waited_ns;
    uint64_t polls_n, wakes_n, self_wakes_n;
    uint64_t made_at, changed_at; /* of edoi_live.version */
    uint64_t seen_at;             /* the number of the look */
    bool is_found;                /* by a look, before an event of it */
    bool is_site_raw;             /* `site` is not in the recorder's table yet */
    bool is_what_raw;             /* nor is `what` */
    bool is_woken;                /* since its poll began */
    const char *what;             /* that it waits for; NULL: it does not, or it is not known */
    int64_t wait_ns;              /* since when */
    struct edoi_live_op *op;      /* that wait, if clients hear of it */
    edoi_live_times *times;       /* NULL: no client asks */
} edoi_live_task;

/* A kind of things that tasks wait for: what is waited for by one call. */
typedef struct edoi_live_resource {
    const char *what; /* NULL: the row is free, as are all behind it */
    uint64_t id;
    int64_t born_ns;    /* when it was met first */
    uint64_t waiting_n; /* waits that clients hear of */
    uint64_t made_at, changed_at;
} edoi_live_resource;

/* A wait of a task. */
typedef struct edoi_live_op {
    uint64_t id; /* 0: the row is free */
    uint64_t task_id;
    edoi_live_resource *resource;
    int64_t born_ns, ended_ns;
    uint64_t made_at, changed_at;
} edoi_live_op;

#define EDOI_LIVE_RESOURCES 128u /* kinds; waits of others are not told */

/* A client that hears what has changed. */
typedef struct edoi_live_watcher {
    LIST_ENTRY(edoi_live_watcher) next;
    uint64_t from;      /* versions below it were sent */
    uint64_t dropped_n; /* of edoi_live.dropped_n, that were sent */
} edoi_live_watcher;

typedef struct edoi_live {
    uint32_t tasks_max;
    const edo_runtime *own; /* whose tasks are not shown */
    edoi_recorder_tap *tap;
    edoi_table table; /* inv. 1 */
    edoi_table_link **chains;
    edoi_live_task *tasks;
    edoi_live_op *ops; /* of `tasks_max` */
    uint32_t op_free_at, ops_n;
    edoi_live_resource *resources; /* of EDOI_LIVE_RESOURCES */
    uint32_t free_at;              /* where to look for a free row */
    uint32_t used_n;               /* rows that are not free */
    uint32_t ended_n;              /* of those, of tasks that have ended */
    uint64_t version;              /* grows with each update */
    uint64_t last_id;
    uint64_t looks_n;
    uint64_t dropped_n;                  /* events lost, and tasks that are not followed */
    uint64_t lost_n;                     /* of those, what the tap has lost */
    uint64_t passed_n;                   /* and tasks that the last look has passed over */
    uint64_t left_out_n;                 /* and tasks that had no row, or not long enough */
    bool has_said;                       /* in the log: tasks are left out */
    int64_t wall_ns;                     /* CLOCK_REALTIME less CLOCK_MONOTONIC */
    int64_t now_ns;                      /* of the last turn */
    int64_t look_due_ns, rests_until_ns; /* when all tasks are looked at again; not before that */
    LIST_HEAD(edoi_live_watchers, edoi_live_watcher) watchers;
    uint32_t watchers_n;
    bool is_read;      /* a task reads the rings */
    bool is_paused;    /* nothing is sent meanwhile */
    edo_notify paused; /* that has changed */
} edoi_live;

/* What all watchers were told, and what any of them was told: versions below it. */
uint64_t edoi_live_told_all(const edoi_live *l);
uint64_t edoi_live_told_any(const edoi_live *l);

#endif
