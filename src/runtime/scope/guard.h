/* SPDX-License-Identifier: MIT */
/* runtime/scope/guard.h: tasks spawned with a cancel token, which cancels them when it fires.
 *
 * The guard lies in the task's slot: behind a fiber's own data, or in the future that wraps a state
 * machine (inside a monitor's). It is one of the token's waiters, with a waker of its own whose
 * mark cancels the task.
 *
 * inv. 1: the guard leaves the token before the task is done, or when it was abandoned, which
 *         leaves it mapped; so the mark, made under the token's lock, finds the task.
 * inv. 2: the guard holds a reference to the token until it leaves. */
#ifndef EDOI_RUNTIME_SCOPE_GUARD_H
#define EDOI_RUNTIME_SCOPE_GUARD_H

#include "runtime/task/fiber_task.h"

#include <edo/cancel.h>

typedef struct edoi_guard {
    edo_waker waker;         /* first: what the token marks */
    edo_wait_node node;      /* among the token's waiters; lock: the token's */
    edo_cancel_token *token; /* shared; NULL: the guard has left */
    edo_task *task;          /* const */
} edoi_guard;

struct edoi_values;

/* Bytes of a fiber of this kind, with everything that follows it. */
size_t edoi_fiber_bytes(uint8_t kind);

/* What a fiber has inherited; NULL: nothing. */
struct edoi_values *edoi_fiber_values(edoi_fiber_task *fiber);

/* Makes a fresh fiber of kind EDOI_FIBER_BOUND, not queued yet, inherit `v`, whose reference it
 * takes. */
void edoi_fiber_bind(edoi_fiber_task *fiber, struct edoi_values *v);

/* Makes a fresh fiber of kind EDOI_FIBER_GUARDED, not queued yet, obey `token`. */
void edoi_guard_fiber(edoi_fiber_task *fiber, edo_cancel_token *token);

/* The fiber has ended. */
void edoi_guard_fiber_end(edoi_fiber_task *fiber);

/* Has the fiber's token fired? False without a token. Call before edoi_guard_fiber_end(). */
bool edoi_guard_has_fired(edoi_fiber_task *fiber);

/* Makes a task that is not queued yet obey `token`. */
void edoi_guard_begin(edoi_guard *g, edo_task *t, edo_cancel_token *token);

/* The task is about to be done: the guard leaves the token, unless it has left. */
void edoi_guard_end(edoi_guard *g);

#endif
