/* SPDX-License-Identifier: MIT */
/* runtime/task/fiber_task.c: see fiber_task.h. */
#include "runtime/task/fiber_task.h"

#include "runtime/task/task.h"

static void fiber_drop(edo_future *f) {
    // Only the end of the runtime gets here, for an abandoned fiber: its stack is never resumed.
    edo_future_retire(f);
}

const edo_future_ops edoi_fiber_ops = { .drop = fiber_drop,
                                        .name = "fiber",
                                        .size = sizeof(edoi_fiber_task) };

void edoi_fiber_task_init(edoi_fiber_task *self, edo_task_fn *fn, void *arg) {
    (void)edo_future_init(&self->base, &edoi_fiber_ops);
    self->fn = fn;
    self->arg = arg;
    self->ctx = NULL;
    self->awaiting = NULL; // without a trail
    self->stack_bytes = 0;
    self->parked_tenths = EDOI_NOT_PARKED;
    self->is_noted = false;
    self->locks = 0;
    self->kind = 0;
}

void edoi_task_release(edo_task *t) {
    edoi_trail **trail = edoi_task_trail(t);
    if (EDOI_LIKELY(!*trail)) return;
    edoi_trail_free(*trail);
    *trail = NULL;
}

void edoi_task_move_trail(edo_task *t) {
    edoi_trail **trail = edoi_task_trail(t);
    if (*trail == &edoi_trail_moved) return;
    // a failure without a trail does not continue an old one
    if (!*trail) edoi_trail_drop(edoi_task_future(t)->result);
    edoi_trail_give(*trail);
    *trail = &edoi_trail_moved;
}
