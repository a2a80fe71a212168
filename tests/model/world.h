/* SPDX-License-Identifier: MIT */
/* world.h: a runtime, and futures to run on it, for models. Thread 0 makes it and drives it. */
#ifndef EDOI_MODEL_WORLD_H
#define EDOI_MODEL_WORLD_H

#include "model.h"

#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/ctx.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"
#include "runtime/worker/run_queue_ops.h"

#include <edo/edo.h>

static edo_runtime *rt;

/* A future that is ready with 7 when `go` is set. It gets no other notice of `go`: only the wake
 * after `go` makes it look again, and only what the wake orders lets it see the new value. */
typedef struct gate {
    edo_future base;
    edo_atomic_u32 *go;
} gate;

static edo_polled gate_poll(edo_future *f, edo_cx *cx) {
    (void)edo_cx_waker(cx);
    bool open = edoi_load_rlx_u32(((gate *)(void *)f)->go) != 0;
    return open ? edo_future_finish(f, 7) : EDO_PENDING;
}

static const edo_future_ops gate_ops = { .poll = gate_poll, .name = "gate", .size = sizeof(gate) };

EDOI_INLINE edo_future *gate_init(gate *f, edo_atomic_u32 *go) {
    f->go = go;
    return edo_future_init(&f->base, &gate_ops);
}

/* A future that writes `*to` and is ready with 7 at its first poll. */
typedef struct writer {
    edo_future base;
    int *to;
} writer;

static edo_polled writer_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    *((writer *)(void *)f)->to = 1;
    return edo_future_finish(f, 7);
}

static const edo_future_ops writer_ops = { .poll = writer_poll,
                                           .name = "writer",
                                           .size = sizeof(writer) };

EDOI_INLINE edo_future *writer_init(writer *f, int *to) {
    f->to = to;
    return edo_future_init(&f->base, &writer_ops);
}

/* ---- The runtime ----------------------------------------------------------------------------- */

EDOI_INLINE void world_begin(void) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .events_max = 1, .seed = 1 };
    int err = edo_runtime_new(&rt, &opts);
    MODEL_CHECK(err == 0);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
}

EDOI_INLINE void world_end(void) {
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* Becomes the driving thread without a loop around it: the model calls the scheduler itself. */
EDOI_INLINE void world_drive(void) {
    MODEL_CHECK(edoi_drive_begin(rt, edoi_thread_parker(edoi_thread_here()), NULL));
}

/* Runs what can run now, then lets all waiting tasks go idle; does not wait for more. */
EDOI_INLINE void world_run(void) {
    edoi_run_queue_take(rt->worker);
    edoi_scheduler_run(rt->worker);
    edoi_run_queue_settle(rt->worker);
}

EDOI_INLINE void world_drive_once(void) {
    world_drive();
    world_run();
    edoi_drive_end(rt);
}

/* Waits for the end of a task, and drives the runtime meanwhile. */
EDOI_INLINE int world_join(edo_task *t) {
    edo_task_join_future f;
    return edo_block_on(rt, edo_task_join_init(&f, t));
}

EDOI_INLINE edo_task *spawn_writer(int *to) {
    writer f;
    edo_task *t = edo_spawn_future(writer_init(&f, to));
    MODEL_CHECK(t);
    return t;
}

EDOI_INLINE edo_task *spawn_gate(edo_atomic_u32 *go) {
    gate f;
    edo_task *t = edo_spawn_future(gate_init(&f, go));
    MODEL_CHECK(t);
    return t;
}

#endif
