/* SPDX-License-Identifier: MIT */
/* Goal: no wake is lost, and the poll after a wake sees what the waker wrote, in whatever state the
 * wake finds the task: fresh, queued, polled, deferred, going idle, idle, done. */
#include "world.h"

static edo_atomic_u32 go;
static edo_task *task;

static void wake(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static void wake_against_settle(void) {
    world_begin();
    task = spawn_gate(&go);
    edo_waker_ref(&task->waker);
    edoi_model_start(wake, NULL);
    MODEL_CHECK(edo_task_join(task) == 7);
    edoi_model_wait();
    edo_waker_unref(&task->waker);
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        { "wake_against_settle", wake_against_settle, 0, NULL },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
