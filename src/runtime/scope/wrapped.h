/* SPDX-License-Identifier: MIT */
/* runtime/scope/wrapped.h: the future of a task that was spawned with a boxed future, a monitor or
 * a cancel token, or that inherits values: it polls the program's future, and ends what belongs to
 * the task. */
#ifndef EDOI_RUNTIME_SCOPE_WRAPPED_H
#define EDOI_RUNTIME_SCOPE_WRAPPED_H

#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/values.h"
#include "runtime/task/task.h"

typedef struct edoi_wrapped_future {
    edo_future base;
    edo_future *inner;        /* `moved`, or a box; points to the wrapper itself once it is over */
    bool is_whole;            /* const; false: a box, and the rest is absent */
    edoi_monitored monitored; /* its monitor is NULL: none, or over */
    edoi_guard guard;         /* its token is NULL: none, or over */
    edoi_values *values;      /* inherited; NULL: none, or over */
    bool ends_span;           /* const; the span of `values` ends with the task */
    EDOI_ALIGNED(16) char moved[];
} edoi_wrapped_future;

extern const edo_future_ops edoi_wrapped_ops;

/* What a task may have beside its future. */
typedef struct edoi_wraps {
    edo_task_monitor *monitor; /* NULL: none, as the next two */
    edo_cancel_token *cancel;
    edoi_values *values;
    bool ends_span; /* of `values` */
} edoi_wraps;

/* Does the spawn of `f` with these need a wrapper? */
bool edoi_wrapped_is_needed(const edo_future *f, const edoi_wraps *with);

/* Bytes of the wrapper of `f`, with what it takes in. */
size_t edoi_wrapped_bytes(const edo_future *f, const edoi_wraps *with);

/* Makes the future of `t`, which is not queued yet, from `f`: moves it, or refers to its box. Takes
 * the reference of the values. */
void edoi_wrapped_init(edo_task *t, edo_future *f, const edoi_wraps *with);

/* The task of a whole wrapper is over: it lets go of its values. */
void edoi_wrapped_end_values(edoi_wrapped_future *self, int result);

/* The wrapper, with all its fields, that `f` is; NULL: it is none, or a box alone. */
edoi_wrapped_future *edoi_wrapped_of(edo_future *f);

/* The record of a task that the caller holds; NULL: it has no monitor. */
edoi_monitored *edoi_monitored_of(edo_task *t);

/* The shutdown abandons `t`, which leaves its token and its monitor, and has no values any more. */
void edoi_task_records_abandoned(edo_task *t);

/* The program's future of a task whose future is `f`; a wrapper that is over is returned itself. */
const edo_future *edoi_wrapped_inner(const edo_future *f);

#endif
