/* SPDX-License-Identifier: MIT */
/* runtime/scope/wrapped.c: see wrapped.h. */
#include "runtime/scope/wrapped.h"

#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/task/task.h"

#include <stddef.h>
#include <string.h>

/* The program's future is over. */
static void end_inner(edoi_wrapped_future *self) {
    self->inner = &self->base;
    if (!self->is_whole) return;
    edoi_guard_end(&self->guard);
    if (self->monitored.monitor) edoi_monitored_end(&self->monitored);
}

static edo_polled wrapped_poll(edo_future *f, edo_cx *cx) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    if (edo_poll(self->inner, cx) == EDO_PENDING) return EDO_PENDING;
    int result = self->inner->result;
    if (self->inner->ops->flags & EDO_FUTURE_BOXED) edo_drop(self->inner);
    end_inner(self);
    return edo_future_finish(f, result);
}

static void wrapped_drop(edo_future *f) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    if (!edo_future_is_over(f)) {
        edo_drop(self->inner);
        end_inner(self);
    }
    edo_future_retire(f);
}

const edo_future_ops edoi_wrapped_ops = { .poll = wrapped_poll,
                                          .drop = wrapped_drop,
                                          .name = "edo_wrapped",
                                          .size = sizeof(edoi_wrapped_future) };

static bool is_boxed(const edo_future *f) {
    return f->ops->flags & EDO_FUTURE_BOXED;
}

static bool spawn_is_whole(const edo_spawn_opts *opts) {
    return opts->monitor || opts->cancel;
}

bool edoi_wrapped_is_needed(const edo_future *f, const edo_spawn_opts *opts) {
    return is_boxed(f) || spawn_is_whole(opts);
}

size_t edoi_wrapped_bytes(const edo_future *f, const edo_spawn_opts *opts) {
    if (!spawn_is_whole(opts)) return offsetof(edoi_wrapped_future, monitored);
    return sizeof(edoi_wrapped_future) + (is_boxed(f) ? 0 : f->ops->size);
}

void edoi_wrapped_init(edo_task *t, edo_future *f, const edo_spawn_opts *opts) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)edoi_task_future(t);
    (void)edo_future_init(&self->base, &edoi_wrapped_ops);
    self->inner = f;
    self->is_whole = spawn_is_whole(opts);
    if (!self->is_whole) return;
    if (!is_boxed(f)) self->inner = memcpy(self->moved, f, f->ops->size);
    self->monitored.monitor = NULL;
    self->guard.token = NULL;
    if (opts->monitor) edoi_monitored_begin_life(&self->monitored, opts->monitor);
    if (opts->cancel) edoi_guard_begin(&self->guard, t, opts->cancel);
}

edoi_wrapped_future *edoi_wrapped_of(edo_future *f) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    return f->ops == &edoi_wrapped_ops && self->is_whole ? self : NULL;
}

const edo_future *edoi_wrapped_inner(const edo_future *f) {
    return f->ops == &edoi_wrapped_ops ? ((const edoi_wrapped_future *)(const void *)f)->inner : f;
}
