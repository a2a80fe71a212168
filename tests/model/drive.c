/* SPDX-License-Identifier: MIT */
/* Goal: driving a runtime. Driving is passed on from thread to thread, and no waiting thread is
 * left behind; a kick publishes what its caller wrote; and a joiner learns that a shutdown has
 * given up its task. */
#include "runtime/thread/drive.h"
#include "bell.h"
#include "driver/driver.h"
#include "runtime/task/task.h"
#include "world.h"

#include <errno.h>

static edo_atomic_u32 go, go_too;
static edo_task *first, *second;

static void open_first(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&first->waker);
    edo_waker_unref(&first->waker);
}

/* Waits in the runtime too: parks while the other drives, and drives when the other has left. */
static void join_second(void *arg) {
    (void)arg;
    MODEL_CHECK(world_join(second) == 7);
    edo_runtime_unref(rt);
}

static void take_over(void) {
    static int written;
    world_begin();
    (void)edo_runtime_ref(rt);
    first = spawn_writer(&written);
    second = spawn_writer(&written);
    edoi_model_start(join_second, NULL);
    MODEL_CHECK(world_join(first) == 7);
    edoi_model_wait();
    world_end();
}

/* The last to be woken waits for a thread that does not drive. */
static void take_over_and_wake(void) {
    world_begin();
    (void)edo_runtime_ref(rt);
    first = spawn_gate(&go);
    (void)edo_waker_ref(&first->waker);
    second = first;
    edoi_model_start(join_second, NULL);
    edoi_model_start(open_first, NULL);
    edoi_model_wait();
    world_end();
}

static void open_second(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&second->waker);
    edo_waker_unref(&second->waker);
}

/* A wake comes while the worker changes hands: between the last look of the thread that leaves and
 * the first look of the thread that comes. */
static void take_over_against_wake(void) {
    world_begin();
    (void)edo_runtime_ref(rt);
    second = spawn_gate(&go);
    (void)edo_waker_ref(&second->waker);
    world_drive();
    world_run(); // it waits
    edoi_model_start(join_second, NULL);
    edoi_model_start(open_second, NULL);
    edoi_drive_end(rt);
    edoi_model_wait();
    world_end();
}

/* ---- Kicks ----------------------------------------------------------------------------------- */

static edoi_driver *driver;

static void kick_for(void *arg) {
    edoi_store_rlx_u32(arg, 1);
    edoi_driver_kick(driver);
}

/* Two threads kick; many kicks may count as one: after the turn both are seen, or another turn
 * comes. */
static void kicks_publish_earlier_writes(void) {
    MODEL_CHECK(edoi_driver_new(&driver, 1) == 0);
    edoi_model_start(kick_for, &go);
    edoi_model_start(kick_for, &go_too);
    do {
        (void)edoi_driver_turn(driver, -1);
    } while (!edoi_load_rlx_u32(&go) || !edoi_load_rlx_u32(&go_too));
    edoi_model_wait();
    edoi_driver_free(driver);
}

/* ---- Giving up ------------------------------------------------------------------------------- */

static void join_by_hand(void *arg) {
    (void)arg;
    edo_task_join_future f;
    if (bell_poll_and_drop(edo_task_join_init(&f, first), false))
        MODEL_CHECK(f.base.result == -ECANCELED);
}

static void abandon_against(edoi_model_thread_fn *fn) {
    world_begin();
    first = spawn_gate(&go);
    (void)edo_task_ref(first);
    world_drive();
    edoi_model_start(fn, NULL);
    world_run();
    edoi_task_abandon(first);
    edoi_task_wake_abandoned_joiner(first);
    edoi_model_wait();
    MODEL_CHECK(edo_task_is_finished(first));
}

static void abandon_against_join(void) {
    abandon_against(join_by_hand);
}

static void abandon_against_wake(void) {
    abandon_against(open_first);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(take_over),
        MODEL(take_over_and_wake),
        MODEL(take_over_against_wake),
        MODEL(kicks_publish_earlier_writes),
        MODEL(abandon_against_join),
        MODEL(abandon_against_wake),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
