/* SPDX-License-Identifier: MIT */
/* runtime/task/guard.h: tasks that were spawned with a cancel token, which cancels them when it
 * fires.
 *
 * The task keeps a guard in its slot: a fiber behind all that is its own, a state machine in the
 * future around it (inside that of a monitor). The guard hangs among the token's waiters with a
 * waker of its own, whose mark cancels the task.
 *
 * inv. 1: the guard leaves the token before the task is done; so the mark, under the token's lock,
 *         finds the task alive.
 * inv. 2: the token has a reference for as long. */
#ifndef EDOI_RUNTIME_TASK_GUARD_H
#define EDOI_RUNTIME_TASK_GUARD_H

#include "runtime/fiber/fiber_task.h"

#include <edo/cancel.h>

typedef struct edoi_guard {
    edo_waker waker;         /* first: what the token marks */
    edo_wait_node node;      /* among the token's waiters; lock: the token's */
    edo_cancel_token *token; /* shared; NULL: it has been left */
    edo_task *task;          /* const */
} edoi_guard;

/* Of a task that was spawned with a future. */
typedef struct edoi_guarded_future {
    edo_future base;
    edoi_guard guard;
    edo_future *inner; /* `moved`, or a box; itself once it is over */
    EDOI_ALIGNED(16) char moved[];
} edoi_guarded_future;

/* Bytes of a fiber of this kind, with what follows it. */
size_t edoi_fiber_bytes(uint8_t kind);

/* A fresh fiber of kind EDOI_FIBER_GUARDED, which nobody has queued yet, obeys `token`. */
void edoi_guard_fiber(edoi_fiber_task *fiber, edo_cancel_token *token);

/* The fiber has ended. */
void edoi_guard_fiber_end(edoi_fiber_task *fiber);

/* Whether the token of a fiber has fired; false without one. Before edoi_guard_fiber_end(). */
bool edoi_guard_has_fired(edoi_fiber_task *fiber);

/* The future of a task that nobody has queued yet obeys `token`; the caller fills in what is
 * inside. */
void edoi_guarded_future_init(edoi_guarded_future *self, edo_task *t, edo_cancel_token *token);

/* The shutdown gives a task up. */
void edoi_guard_abandoned(edo_task *t);

/* What `f` runs beside its guard; itself if it has none. */
const edo_future *edoi_guarded_inner(const edo_future *f);

#endif
