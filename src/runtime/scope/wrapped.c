/* SPDX-License-Identifier: MIT */
/* runtime/scope/wrapped.c: see wrapped.h. */
#include "runtime/scope/wrapped.h"

#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/task/task.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static bool is_boxed(const edo_future *f) {
    return f->ops->flags & EDO_FUTURE_BOXED;
}

void edoi_wrapped_end_values(edoi_wrapped_future *self, int result) {
    if (self->values) edoi_values_end(self->values, self->ends_span, result);
    self->values = NULL;
}

/* The program's future is over. */
static void end_inner(edoi_wrapped_future *self, int result) {
    self->inner = &self->base;
    if (!self->is_whole) return;
    edoi_guard_end(&self->guard);
    if (self->monitored.monitor) edoi_monitored_end(&self->monitored);
    edoi_wrapped_end_values(self, result);
}

static edoi_values *values_of(const edoi_wrapped_future *self) {
    return self->is_whole ? self->values : NULL;
}

static edo_polled wrapped_poll(edo_future *f, edo_cx *cx) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    edo_context_block *before = edoi_values_enter(values_of(self));
    edo_polled polled = edo_poll(self->inner, cx);
    int result = polled == EDO_READY ? self->inner->result : 0;
    if (polled == EDO_READY && is_boxed(self->inner)) edo_drop(self->inner);
    edoi_values_leave(before);
    if (polled == EDO_PENDING) return EDO_PENDING;
    end_inner(self, result);
    return edo_future_finish(f, result);
}

static void wrapped_drop(edo_future *f) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    if (!edo_future_is_over(f)) {
        edo_context_block *before = edoi_values_enter(values_of(self));
        edo_drop(self->inner);
        edoi_values_leave(before);
        end_inner(self, -ECANCELED);
    }
    edo_future_retire(f);
}

static void wrapped_hold(edo_future *f) {
    edo_future_hold(((edoi_wrapped_future *)(void *)f)->inner);
}

const edo_future_ops edoi_wrapped_ops = { .poll = wrapped_poll,
                                          .drop = wrapped_drop,
                                          .name = "edo_wrapped",
                                          .size = sizeof(edoi_wrapped_future),
                                          .hold = wrapped_hold };

static bool is_whole(const edoi_wraps *with) {
    return with->monitor || with->cancel || with->values;
}

bool edoi_wrapped_is_needed(const edo_future *f, const edoi_wraps *with) {
    return is_boxed(f) || is_whole(with);
}

size_t edoi_wrapped_bytes(const edo_future *f, const edoi_wraps *with) {
    if (!is_whole(with)) return offsetof(edoi_wrapped_future, monitored);
    return sizeof(edoi_wrapped_future) + (is_boxed(f) ? 0 : f->ops->size);
}

void edoi_wrapped_init(edo_task *t, edo_future *f, const edoi_wraps *with) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)edoi_task_future(t);
    (void)edo_future_init(&self->base, &edoi_wrapped_ops);
    self->inner = f;
    self->is_whole = is_whole(with);
    if (!self->is_whole) return;
    if (!is_boxed(f)) self->inner = memcpy(self->moved, f, f->ops->size);
    self->monitored.monitor = NULL;
    self->guard.token = NULL;
    self->values = with->values;
    self->ends_span = with->ends_span;
    if (with->monitor) edoi_monitored_begin_life(&self->monitored, with->monitor);
    if (with->cancel) edoi_guard_begin(&self->guard, t, with->cancel);
}

edoi_wrapped_future *edoi_wrapped_of(edo_future *f) {
    edoi_wrapped_future *self = (edoi_wrapped_future *)(void *)f;
    return f->ops == &edoi_wrapped_ops && self->is_whole ? self : NULL;
}

edoi_monitored *edoi_monitored_of(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    if (edoi_is_fiber_task(f)) return edoi_monitored_of_fiber((edoi_fiber_task *)(void *)f);
    edoi_wrapped_future *wrapped = edoi_wrapped_of(f);
    return wrapped && wrapped->monitored.monitor ? &wrapped->monitored : NULL;
}

static void fiber_abandoned(edoi_fiber_task *fiber) {
    if (fiber->kind & EDOI_FIBER_GUARDED) edoi_guard_fiber_end(fiber);
    if (fiber->kind & EDOI_FIBER_BOUND)
        edoi_values_end(edoi_fiber_values(fiber), fiber->kind & EDOI_FIBER_SPAN, -ECANCELED);
    if (fiber->kind & EDOI_FIBER_MONITORED) edoi_monitored_fiber_end(fiber);
}

static void wrapped_abandoned(edoi_wrapped_future *self) {
    edoi_guard_end(&self->guard);
    edoi_wrapped_end_values(self, -ECANCELED);
    if (self->monitored.monitor) edoi_monitored_end(&self->monitored);
}

void edoi_task_records_abandoned(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    edoi_wrapped_future *wrapped = edoi_wrapped_of(f);
    if (edoi_is_fiber_task(f)) fiber_abandoned((edoi_fiber_task *)(void *)f);
    if (wrapped) wrapped_abandoned(wrapped);
}

const edo_future *edoi_wrapped_inner(const edo_future *f) {
    return f->ops == &edoi_wrapped_ops ? ((const edoi_wrapped_future *)(const void *)f)->inner : f;
}
