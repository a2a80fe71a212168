/* SPDX-License-Identifier: MIT */
/* Goal: a task that another thread queues is run, also when the worker is about to sleep; a kick is
 * never lost; a thread that parks is woken; and the runtime is there until the queueing has
 * ended. */
#include "runtime/scheduler/scheduler.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"
#include "world.h"

#include <edo/oneshot.h>

static edo_atomic_u32 go;
static edo_task *task;
static int written;

/* Opens the gate from inside the runtime. */
static edo_polled opener_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
    return edo_future_finish(f, 0);
}

static void spawn_opener(void *arg) {
    static const edo_future_ops ops = { .poll = opener_poll,
                                        .name = "opener",
                                        .size = sizeof(edo_future) };
    (void)arg;
    edo_future f;
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
    edo_runtime_leave(rt);
}

/* A spawn wakes the sleeping worker; without the wake the gate would never be opened. */
static void spawn_against_sleep(void) {
    world_begin();
    task = spawn_gate(&go);
    (void)edo_task_ref(task);
    edoi_model_start(spawn_opener, NULL);
    MODEL_CHECK(world_join(task) == 7);
    edoi_model_wait();
    edo_task_detach(task);
    world_end();
}

static void paused_world_begin(void) {
    const edo_runtime_opts opts = { .events_max = 1, .seed = 1, .start_paused = true };
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    task = spawn_gate(&go);
    (void)edo_task_ref(task);
}

static void paused_world_end(void) {
    edo_task_detach(task);
    world_end();
}

/* With a clock that stands still the worker looks at its driver once more, which may take the
 * kick. */
static void spawn_against_paused_sleep(void) {
    paused_world_begin();
    edoi_model_start(spawn_opener, NULL);
    MODEL_CHECK(world_join(task) == 7);
    edoi_model_wait();
    paused_world_end();
}

/* The first may be run before its kick comes, which then finds nothing to run: it must not be taken
 * for the second's kick, whose thread sees no sleeping worker. */
static void spawn_writer_and_opener(void *arg) {
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    writer f;
    MODEL_CHECK(edo_spawn_future_detached(writer_init(&f, &written)) == 0);
    edo_runtime_leave(rt);
    spawn_opener(arg);
}

static void two_spawns_against_paused_sleep(void) {
    paused_world_begin();
    edoi_model_start(spawn_writer_and_opener, NULL);
    world_drive();
    // More turns would spin while a spawn is half done.
    for (int i = 0; i < 2 && !edo_task_is_finished(task); i++) {
        edoi_scheduler_turn(rt->worker);
        edoi_scheduler_run(rt->worker);
    }
    edoi_drive_end(rt);
    edoi_model_wait();
    MODEL_CHECK(world_join(task) == 7);
    paused_world_end();
}

/* A value for the thread that drives: its own waker, which kicks the driver. */
static edo_oneshot_tx *tx;
static edo_oneshot_rx *rx;

static void send_one(void *arg) {
    (void)arg;
    written = 1;
    int value = 7;
    MODEL_CHECK(edo_oneshot_send(tx, &value) == 0);
}

static void receive(void) {
    edo_oneshot_recv_future f;
    int value = 0;
    MODEL_CHECK(edo_block_on(rt, edo_oneshot_recv_init(&f, rx, &value)) == 0);
    MODEL_CHECK(value == 7 && written == 1);
    edo_oneshot_rx_free(rx);
}

static void value_for_a_driving_thread(void) {
    world_begin();
    MODEL_CHECK(edo_oneshot_new(&tx, &rx, sizeof(int), NULL) == 0);
    edoi_model_start(send_one, NULL);
    receive();
    edoi_model_wait();
    world_end();
}

/* A value for a thread that is in no runtime, and parks. */
static void value_for_a_parked_thread(void) {
    MODEL_CHECK(edo_oneshot_new(&tx, &rx, sizeof(int), NULL) == 0);
    edoi_model_start(send_one, NULL);
    int value = 0;
    MODEL_CHECK(edo_oneshot_recv(rx, &value) == 0);
    MODEL_CHECK(value == 7 && written == 1);
    edo_oneshot_rx_free(rx);
    edoi_model_wait();
}

/* Two values in a row: the notification of the first may come late, and meet the second wait. */
static void send_two(void *arg) {
    edo_notify *n = arg;
    written = 1;
    edo_notify_one(n);
    edo_notify_one(n);
}

static void parks_again(void) {
    static edo_notify notify = EDO_NOTIFY_INIT;
    edoi_model_start(send_two, &notify);
    MODEL_CHECK(edo_notify_wait(&notify) == 0);
    MODEL_CHECK(written == 1);
    edoi_model_wait();
}

/* A wake from outside against the end of the runtime: the runtime is there until the task is
 * queued, and the task until its last reference is gone. */
static void wake_and_unref(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
    edo_waker_unref(&task->waker);
}

static void deliver_against_shutdown(void) {
    world_begin();
    task = spawn_gate(&go);
    world_drive_once(); // it is idle
    edoi_model_start(wake_and_unref, NULL);
    world_end();
    edoi_model_wait();
}

static void spawn_against_shutdown_fails(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    writer f;
    (void)edo_spawn_future_detached(writer_init(&f, &written));
    edo_runtime_leave(rt);
    edo_runtime_unref(rt);
}

static void spawn_against_shutdown(void) {
    world_begin();
    (void)edo_runtime_ref(rt);
    edoi_model_start(spawn_against_shutdown_fails, NULL);
    world_end();
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(spawn_against_sleep),
        MODEL(spawn_against_paused_sleep),
        MODEL(two_spawns_against_paused_sleep),
        MODEL(value_for_a_driving_thread),
        MODEL(value_for_a_parked_thread),
        MODEL(parks_again),
        MODEL(deliver_against_shutdown),
        MODEL(spawn_against_shutdown),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
