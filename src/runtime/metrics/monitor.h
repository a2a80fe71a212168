/* SPDX-License-Identifier: MIT */
/* runtime/metrics/monitor.h: tasks that are counted by group.
 *
 * A task that has a monitor keeps a record of itself in its slot: a fiber behind what is its own, a
 * state machine in the future around it. The worker's tally tells when polls begin and end, and
 * when tasks were woken.
 *
 * inv. 1: the record belongs to the task's holder; it is written at the begin of a poll, at its end
 *         if the task is then deferred, and so still held, and at the task's end.
 * inv. 2: the monitor of a record has a reference until the task has ended; that of a tally until
 *         the poll that it times has ended, when the task may be gone. */
#ifndef EDOI_RUNTIME_METRICS_MONITOR_H
#define EDOI_RUNTIME_METRICS_MONITOR_H

#include "runtime/scope/scope.h"

#include <edo/runtime.h>
#include <edo/task_monitor.h>

typedef enum edoi_phase {
    EDOI_PHASE_FRESH,  /* spawned, and not polled yet */
    EDOI_PHASE_ACTIVE, /* polled, or to be polled again at once */
    EDOI_PHASE_IDLE,   /* waits, or has been woken */
} edoi_phase;

typedef struct edoi_monitored {
    edo_task_monitor *monitor; /* NULL once it has ended */
    int64_t since_ns;          /* fresh: its spawn; idle: the end of its poll */
    edoi_phase phase;
    uint32_t born_s; /* const: monotonic clock at its spawn, s; the task's own is a stamp */
} edoi_monitored;

typedef struct edoi_monitored_fiber {
    edoi_fiber_task fiber; /* first */
    edoi_monitored monitored;
} edoi_monitored_fiber;

typedef struct edoi_monitored_child {
    edoi_child child; /* first */
    edoi_monitored monitored;
} edoi_monitored_child;

/* Of a task that was spawned with a future. */
typedef struct edoi_monitored_future {
    edo_future base;
    edoi_monitored monitored;
    edo_future *inner; /* `moved`, or a box; itself once it is over */
    EDOI_ALIGNED(16) char moved[];
} edoi_monitored_future;

/* ---- Spawn ----------------------------------------------------------------------------------- */

/* Whether a task of `rt` may have `m`, which may be NULL. Errors: -ENOTSUP. */
EDO_MUST_USE int edoi_monitor_check(const edo_task_monitor *m, const edo_runtime *rt);

/* A fresh fiber, with room behind it as its kind has it, is counted by `m`. */
void edoi_monitor_fiber(edoi_fiber_task *fiber, edo_task_monitor *m);

/* The future of a task is counted; the caller fills in what is inside. */
void edoi_monitored_future_init(edoi_monitored_future *self, edo_task_monitor *m);

/* ---- The worker's thread --------------------------------------------------------------------- */

/* The record of a task that is held; NULL: it is not counted. */
edoi_monitored *edoi_monitored_of(edo_task *t);

/* A poll begins at `now_ns`, `waited_ns` after the last wake. Returns the monitor, shared, for the
 * end. */
EDO_MUST_USE edo_task_monitor *edoi_monitored_begin(edoi_monitored *self, uint64_t waited_ns,
                                                    int64_t now_ns);

/* The poll has ended, and the task waits from now on. */
void edoi_monitored_idle(edoi_monitored *self, int64_t now_ns);

/* A poll that took so long has ended. Takes the reference. */
void edoi_monitor_polled(edo_task_monitor *m, uint64_t ns);

/* The task has ended. */
void edoi_monitored_end(edoi_monitored *self);

/* A fiber that is counted has got its stack, in its first poll that counts. */
void edoi_monitored_fiber_began(edoi_fiber_task *fiber, struct edoi_worker *w);

/* And its end. */
void edoi_monitored_fiber_end(edoi_fiber_task *fiber);

/* The shutdown gives a task up. */
void edoi_monitored_abandoned(edo_task *t);

/* What the future of a task runs under its monitor; itself if it has none. */
edo_future *edoi_monitored_future_inner(edo_future *f);

/* The same without its guard too, for who tells of it. */
const edo_future *edoi_monitored_inner(const edo_future *f);

#endif
