/* SPDX-License-Identifier: MIT */
/* Goal: no wake is lost, and the poll after a wake sees what the waker wrote, in whatever state the
 * wake finds the task: fresh, queued, polled, deferred, going idle, idle, done. Section by section:
 * wake against settle; two wakers against settle; wake while queued or deferred; wake by its own
 * worker beside another's. */
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "world.h"

static edo_atomic_u32 go, go_too;
static edo_task *task;

static void open_gate(void *arg) {
    edoi_store_rlx_u32(arg, 1);
    edo_waker_wake(&task->waker);
}

static void with_waker(void) {
    (void)edo_waker_ref(&task->waker);
}

/* All wakers are through: a woken task is queued now, and one look is enough. */
static void run_and_end(void) {
    edoi_model_wait();
    world_run();
    MODEL_CHECK(edo_task_is_finished(task));
    edoi_drive_end(rt);
    edo_task_detach(task);
    edo_waker_unref(&task->waker);
    world_end();
}

static void wake_against_settle(void) {
    world_begin();
    task = spawn_gate(&go);
    with_waker();
    world_drive();
    edoi_model_start(open_gate, &go);
    world_run();
    run_and_end();
}

/* The above with the real loop, which sleeps. */
static void wake_against_sleep(void) {
    world_begin();
    task = spawn_gate(&go);
    with_waker();
    edoi_model_start(open_gate, &go);
    MODEL_CHECK(world_join(task) == 7);
    edoi_model_wait();
    edo_waker_unref(&task->waker);
    world_end();
}

/* A future that is ready when both gates are open. */
typedef struct both {
    edo_future base;
} both;

static edo_polled both_poll(edo_future *f, edo_cx *cx) {
    (void)edo_cx_waker(cx);
    bool open = edoi_load_rlx_u32(&go) != 0 && edoi_load_rlx_u32(&go_too) != 0;
    return open ? edo_future_finish(f, 7) : EDO_PENDING;
}

static edo_task *spawn_both(void) {
    static const edo_future_ops ops = { .poll = both_poll, .name = "both", .size = sizeof(both) };
    both f;
    edo_task *t = edo_spawn_future(edo_future_init(&f.base, &ops));
    MODEL_CHECK(t);
    return t;
}

static void two_wakers_against_settle(void) {
    world_begin();
    task = spawn_both();
    with_waker();
    world_drive();
    edoi_model_start(open_gate, &go);
    edoi_model_start(open_gate, &go_too);
    world_run();
    run_and_end();
}

/* Another goes pending after it, and displaces it where few are deferred; a third is polled
 * last. */
static void wake_while_queued_and_deferred(void) {
    static int written;
    world_begin();
    task = spawn_gate(&go);
    with_waker();
    edo_task *other = spawn_gate(&go_too), *last = spawn_writer(&written);
    world_drive();
    edoi_model_start(open_gate, &go);
    world_run();
    edo_task_cancel(other);
    edo_task_detach(other);
    edo_task_detach(last);
    run_and_end();
}

/* Opens the second gate from the worker's own thread. */
static edo_polled own_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edoi_store_rlx_u32(&go_too, 1);
    edo_waker_wake(&task->waker);
    return edo_future_finish(f, 7);
}

static void own_wake_beside_another(void) {
    static const edo_future_ops ops = { .poll = own_poll,
                                        .name = "own",
                                        .size = sizeof(edo_future) };
    world_begin();
    task = spawn_both();
    with_waker();
    edo_future f;
    edo_task_detach(edo_spawn_future(edo_future_init(&f, &ops)));
    world_drive();
    edoi_model_start(open_gate, &go);
    world_run();
    run_and_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(wake_against_settle),       MODEL(wake_against_sleep),
        MODEL(two_wakers_against_settle), MODEL(wake_while_queued_and_deferred),
        MODEL(own_wake_beside_another),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
