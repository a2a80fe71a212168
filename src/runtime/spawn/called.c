/* SPDX-License-Identifier: MIT */
/* runtime/spawn/called.c: see called.h. */
#include "runtime/spawn/called.h"

#include "runtime/task/fiber_task.h"
#include "runtime/worker/here.h"

void edoi_called_begin(edoi_called *self, const char *what, const char *whom) {
    edoi_fiber_task *fiber;
    uint32_t tenths;
    (void)edoi_task_look_here(&fiber, &tenths);
    *self = (edoi_called){ .what = what, .whom = whom, .since = tenths };
    if (!fiber || !edoi_fiber_here()) return;
    self->fiber = fiber->ctx;
    self->outer = fiber->ctx->called;
    fiber->ctx->called = self;
}

void edoi_called_end(edoi_called *self) {
    if (self->fiber) self->fiber->called = self->outer;
}
