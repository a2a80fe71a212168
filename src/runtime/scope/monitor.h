/* SPDX-License-Identifier: MIT */
/* runtime/scope/monitor.h: statistics of groups of tasks.
 *
 * A task with a monitor has a record in its slot: behind a fiber's own data, or in the future that
 * wraps a state machine. The worker's tally shows when polls begin and end, and when tasks were
 * woken.
 *
 * inv. 1: the record belongs to the task's holder; it is written when a poll begins, when a poll
 *         ends if the task is then deferred and so still held, and when the task ends.
 * inv. 2: a record holds a reference to its monitor until the task has ended; a tally holds one
 *         until the timed poll has ended, when the task may be gone. */
#ifndef EDOI_RUNTIME_SCOPE_MONITOR_H
#define EDOI_RUNTIME_SCOPE_MONITOR_H

#include "runtime/scope/scope.h"
#include "runtime/task/fiber_task.h"
#include "runtime/worker/here.h"

#include <edo/runtime.h>
#include <edo/task_monitor.h>

typedef enum edoi_phase {
    EDOI_PHASE_FRESH,  /* spawned, and not polled yet */
    EDOI_PHASE_ACTIVE, /* polled, or to be polled again at once */
    EDOI_PHASE_IDLE,   /* waits, or has been woken */
} edoi_phase;

typedef struct edoi_monitored {
    edo_task_monitor *monitor; /* NULL once the task has ended */
    int64_t since_ns;          /* fresh: its spawn; idle: the end of its poll */
    edoi_phase phase;
    /* const: monotonic clock at its spawn, tenths of a second; the task's own field is a stamp */
    uint32_t born_tenths;
} edoi_monitored;

typedef struct edoi_monitored_fiber {
    edoi_fiber_task fiber; /* first */
    edoi_monitored monitored;
} edoi_monitored_fiber;

typedef struct edoi_monitored_child {
    edoi_child child; /* first */
    edoi_monitored monitored;
} edoi_monitored_child;

/* ---- Spawn ----------------------------------------------------------------------------------- */

/* May a task of `rt` use `m`, which may be NULL? Errors: -ENOTSUP. */
EDO_MUST_USE int edoi_monitor_check(const edo_task_monitor *m, const edo_runtime *rt);

/* Makes `m` count a fresh fiber, whose kind has room for a record. */
void edoi_monitor_fiber(edoi_fiber_task *fiber, edo_task_monitor *m);

/* Makes `m` count a task, whose record this is. */
void edoi_monitored_begin_life(edoi_monitored *self, edo_task_monitor *m);

/* ---- The worker's thread --------------------------------------------------------------------- */

/* The record of a fiber that the caller holds; NULL: it has no monitor. */
edoi_monitored *edoi_monitored_of_fiber(edoi_fiber_task *fiber);

/* A poll begins at `now_ns`, `waited_ns` after the last wake. Returns the monitor with a reference,
 * for the end of the poll. */
EDO_MUST_USE edo_task_monitor *edoi_monitored_begin(edoi_monitored *self, uint64_t waited_ns,
                                                    int64_t now_ns);

/* The poll has ended, and the task waits from now on. */
void edoi_monitored_idle(edoi_monitored *self, int64_t now_ns);

/* A poll of `ns` has ended. Consumes the reference. */
void edoi_monitor_polled(edo_task_monitor *m, uint64_t ns);

/* The task has ended. */
void edoi_monitored_end(edoi_monitored *self);

/* As edoi_monitored_begin(), for a fiber that has got its stack: the first poll that counts. */
EDO_MUST_USE edo_task_monitor *edoi_monitored_fiber_began(edoi_fiber_task *fiber, int64_t now_ns);

/* A fiber with a monitor has ended. */
void edoi_monitored_fiber_end(edoi_fiber_task *fiber);

#endif
