/* SPDX-License-Identifier: MIT */
/* Goal: a thread that holds an idle task sees what its last poll left and is seen by the next poll,
 * and no wake is lost, whether it comes before, during or after the hold. Method: a look from a
 * thread of its own, against polls, a wake, another look, and the end. */
#include "runtime/worker/pin.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"

#include "world.h"

static edo_atomic_u32 go;
static edo_task *task;
static int polls_n;

/* A gate whose polls leave something plain behind. */
static edo_polled counting_poll(edo_future *f, edo_cx *cx) {
    polls_n++;
    return gate_poll(f, cx);
}

static void spawn_counting(void) {
    static const edo_future_ops ops = { .poll = counting_poll,
                                        .name = "counting",
                                        .size = sizeof(gate) };
    gate f;
    f.go = &go;
    polls_n = 0;
    task = edo_spawn_future(edo_future_init(&f.base, &ops));
    MODEL_CHECK(task);
    (void)edo_waker_ref(&task->waker);
}

static void look(void *arg) {
    (void)arg;
    if (!edoi_task_pin(task)) return;
    MODEL_CHECK(polls_n == 1);
    polls_n += 10; // so that a poll that does not see us is a race
    polls_n -= 10;
    edoi_task_unpin(rt, task);
}

static void open_gate(void *arg) {
    edoi_store_rlx_u32(arg, 1);
    edo_waker_wake(&task->waker);
}

/* All threads are through: a woken task is queued, and one look is enough. */
static void run_and_end(void) {
    edoi_model_wait();
    world_run();
    MODEL_CHECK(edo_task_is_finished(task) && polls_n == 2);
    edoi_drive_end(rt);
    edo_task_detach(task);
    edo_waker_unref(&task->waker);
    world_end();
}

static void look_against_settle_and_wake(void) {
    world_begin();
    spawn_counting();
    world_drive();
    edoi_model_start(look, NULL);
    world_run();
    open_gate(&go);
    run_and_end();
}

static void look_against_foreign_wake(void) {
    world_begin();
    spawn_counting();
    world_drive();
    world_run();
    edoi_model_start(look, NULL);
    edoi_model_start(open_gate, &go);
    run_and_end();
}

static void two_looks_against_wake(void) {
    world_begin();
    spawn_counting();
    world_drive();
    world_run();
    edoi_model_start(look, NULL);
    edoi_model_start(look, NULL);
    open_gate(&go);
    run_and_end();
}

/* With the real loop, which sleeps: the holder that lets go of a woken task calls it. */
static void look_against_sleep(void) {
    world_begin();
    spawn_counting();
    edoi_model_start(look, NULL);
    edoi_model_start(open_gate, &go);
    MODEL_CHECK(world_join(task) == 7);
    edoi_model_wait();
    edo_waker_unref(&task->waker);
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(look_against_settle_and_wake),
        MODEL(look_against_foreign_wake),
        MODEL(two_looks_against_wake),
        MODEL(look_against_sleep),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
