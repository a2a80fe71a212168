/* SPDX-License-Identifier: MIT */
/* Goal: a runtime that a foreign loop turns loses no wake: not in a turn, not between the end of a
 * turn and the loop's wait, not in that wait. The wait on the driver's descriptor is a turn of the
 * driver here, which ends when the descriptor would be readable. */
#include "driver/driver.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"
#include "world.h"

static edo_atomic_u32 go;
static edo_task *task;

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
    edo_waker_unref(&task->waker);
}

static void turn(void) {
    MODEL_CHECK(edo_runtime_turn(rt, edo_ns(0)) >= 0);
}

static void wake_against_turns(void) {
    world_begin();
    task = spawn_gate(&go);
    (void)edo_waker_ref(&task->waker);
    turn(); // it waits
    edoi_model_start(open_gate, NULL);
    for (turn(); !edo_task_is_finished(task); turn())
        (void)edoi_driver_turn(rt->worker->driver, -1);
    edoi_model_wait();
    edo_task_detach(task);
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = { MODEL(wake_against_turns) };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
