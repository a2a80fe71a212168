/* SPDX-License-Identifier: MIT */
/* Goal: the end of a runtime. Handles are given back on any thread, and the last one ends the
 * runtime, once; a wake under way keeps the memory, whichever other threads have done with it; and
 * no wake is delivered under a lock (debug builds assert it).
 * Method: a runtime that this thread drives; its last handle goes beside wakes, and beside another
 * one. */
#include "runtime/end/lifetime.h"
#include "base/backoff.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#include "world.h"

#include <errno.h>

static edo_atomic_u32 go;
static edo_task *task;
static int written;

/* The thread in the second half of the wake may be the last that is done with the runtime. */
static void wake(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
    edo_waker_unref(&task->waker);
}

static void begin_with_idle_task(void) {
    world_begin();
    task = spawn_gate(&go);
    world_drive_once();
    edo_runtime_leave(rt);
}

static void wake_against_free(void) {
    begin_with_idle_task();
    edoi_model_start(wake, NULL);
    edo_runtime_free(rt);
    edoi_model_wait();
}

static void give_back(void *arg) {
    edoi_worker *w = rt->worker;
    w->now_tenths = *(uint32_t *)arg; // plain: the thread that ends it sees what a holder wrote
    edo_runtime_unref(rt);
}

static void unref_against_free(void) {
    static uint32_t value = 7;
    world_begin();
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    (void)edo_runtime_ref(rt);
    edoi_model_start(give_back, &value);
    edo_runtime_unref(rt);
    edo_runtime_unref(rt);
    edoi_model_wait();
}

/* Two free it at once: the second waits, and finds all ended as the first does. The value is
 * written by the end of a task, plainly. */
static int ended;

static void note_end(edo_future *f) {
    (void)f;
    ended = 1;
}

static edo_polled wait_for_ever(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void free_and_look(void *arg) {
    (void)arg;
    edo_runtime_free(rt);
    MODEL_CHECK(ended == 1);
}

static void free_it(void *arg) {
    (void)arg;
    edo_runtime_free(rt);
}

static void free_against_free(void) {
    static const edo_future_ops ops = {
        .poll = wait_for_ever, .drop = note_end, .name = "waits", .size = sizeof(edo_future)
    };
    edo_future f;
    ended = 0;
    world_begin();
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    edoi_model_start(free_and_look, NULL);
    free_and_look(NULL);
    edoi_model_wait();
}

/* Another thread drives: it ends the task, or the thread that frees does. */
static void join_and_leave(void *arg) {
    (void)arg;
    MODEL_CHECK(world_join(task) == -ECANCELED);
    edo_runtime_unref(rt);
}

static void begin_joined(void) {
    static const edo_future_ops ops = {
        .poll = wait_for_ever, .drop = note_end, .name = "waits", .size = sizeof(edo_future)
    };
    edo_future f;
    ended = 0;
    world_begin();
    task = edo_spawn_future(edo_future_init(&f, &ops));
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    edoi_model_start(join_and_leave, NULL);
}

static void free_against_drive(void) {
    begin_joined();
    free_and_look(NULL);
    edoi_model_wait();
}

/* Common threads have ended when the free returns, though the other thread has a handle. */
static edo_atomic_u32 common_ended;

static bool end_common(int64_t until_ns) {
    (void)until_ns;
    edoi_store_rlx_u32(&common_ended, 1); // relaxed: both may come here
    return true;
}

static void last_end_against_drive(void) {
    edoi_store_rlx_u32(&common_ended, 0);
    edoi_runtime_on_last_end(end_common);
    begin_joined();
    edo_runtime_free(rt);
    MODEL_CHECK(edoi_load_rlx_u32(&common_ended));
    edoi_model_wait();
}

/* Another thread would drive once the driving one was asked to leave, and waits until after the
 * end: it does not drive before the thread that frees has ended. */
static edo_notify after_free = EDO_NOTIFY_INIT;

static void free_and_tell(void *arg) {
    (void)arg;
    edo_runtime_free(rt);
    MODEL_CHECK(!edoi_runtime_is_left(rt));
    edo_notify_one(&after_free);
}

static void wait_to_drive(void *arg) {
    (void)arg;
    edo_notify_wait_future f;
    MODEL_CHECK(edo_block_on(rt, edo_notify_wait_init(&f, &after_free)) == 0);
}

static void free_against_a_thread_that_waits_to_drive(void) {
    world_begin();
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    world_drive();
    edoi_model_start(free_and_tell, NULL);
    edoi_backoff b = { 0 };
    while (!edoi_load_rlx_u32(&rt->drive.asked)) edoi_backoff_wait(&b); // relaxed: a lock follows
    edoi_model_start(wait_to_drive, NULL);
    edoi_drive_end(rt);
    edoi_model_wait();
    edo_runtime_free(rt);
}

/* A thread that is asked to leave as it leaves, and to which fibers bind the runtime, ends the
 * fibers: no other thread could. */
static void free_against_leaving(void) {
    static const edo_future_ops ops = {
        .poll = wait_for_ever, .drop = note_end, .name = "waits", .size = sizeof(edo_future)
    };
    edo_future f;
    ended = 0;
    world_begin();
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    world_drive();
    world_run();
    rt->worker->placement.fibers_n++; // as if it were one
    edoi_model_start(free_it, NULL);
    edoi_drive_end(rt);
    // of a thread that was not asked before it left nothing is known
    MODEL_CHECK(!rt->drive.has_cancelled || ended == 1);
    edoi_model_wait();
    rt->worker->placement.fibers_n = 0;
    edo_runtime_free(rt);
}

/* A joiner on another thread learns that the task was abandoned, was cancelled, or has ended. */
static void join_by_hand(void *arg) {
    (void)arg;
    edo_task_join_future f;
    int result = edo_await(edo_task_join_init(&f, task));
    MODEL_CHECK(result == 7 || result == -ECANCELED);
}

static void join_against_free(void) {
    begin_with_idle_task();
    edoi_model_start(join_by_hand, NULL);
    edo_runtime_free(rt);
    edoi_model_wait();
}

/* A spawn from outside against the end: it fails, or the task ends. */
static void spawn_late(void *arg) {
    (void)arg;
    writer f;
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    (void)edo_spawn_future_detached(writer_init(&f, &written));
    edo_runtime_leave(rt);
    edo_runtime_unref(rt);
}

static void spawn_against_unref(void) {
    world_begin();
    edo_runtime_leave(rt);
    (void)edo_runtime_ref(rt);
    edoi_model_start(spawn_late, NULL);
    edo_runtime_unref(rt);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(wake_against_free),
        MODEL(unref_against_free),
        MODEL(free_against_free),
        MODEL(free_against_drive),
        MODEL(free_against_leaving),
        { .name = "last_end_against_drive", .fn = last_end_against_drive, .turns_max = 2 },
        { .name = "free_against_a_thread_that_waits_to_drive",
          .fn = free_against_a_thread_that_waits_to_drive,
          .turns_max = 2 },
        MODEL(join_against_free),
        MODEL(spawn_against_unref),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
