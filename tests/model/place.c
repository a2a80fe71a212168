/* SPDX-License-Identifier: MIT */
/* Goal: a worker that blocks in the middle of a poll has given away all that others can run; a
 * wake that comes just then, from the blocking call, from the other worker or from outside, is
 * not lost. */
#include "hands.h"
#include "runtime/scheduler/steal.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/wake.h"

#include <edo/blocking.h>

static edo_atomic_u32 go;
static edo_task *task, *blocker;
static int written;

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static int block(void *arg) {
    (void)arg;
    return 5;
}

static int block_and_wake(void *arg) {
    open_gate(arg);
    return 5;
}

typedef struct blocking {
    edo_future base;
    edo_task_fn *fn;
} blocking;

static edo_polled blocking_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    const edoi_worker *w = edoi_worker_here();
    int result = edo_block_in_place(((blocking *)(void *)f)->fn, NULL);
    MODEL_CHECK(result == 5 && edoi_worker_here() == w);
    return edo_future_finish(f, 0);
}

/* Of the first worker: a task that waits, one that can run, and one that blocks. */
static void begin_keeping(uint32_t n, edo_task_fn *fn) {
    static const edo_future_ops ops = { .poll = blocking_poll,
                                        .name = "blocking",
                                        .size = sizeof(blocking) };
    hands_begin(2);
    hands_keep(n);
    (void)hands_become(0);
    task = spawn_gate(&go);
    hands_run(0);
    (void)hands_become(0);
    blocking f = { .fn = fn };
    blocker = edo_spawn_future(edo_future_init(&f.base, &ops));
    edo_task_detach(spawn_writer(&written));
    edoi_worker_set_here(NULL);
}

static void begin(edo_task_fn *fn) {
    begin_keeping(0, fn);
}

static void end(void) {
    hands_run_rest(task);
    MODEL_CHECK(edo_task_is_finished(blocker) && written == 1);
}

static void wakes_in_place(void) {
    begin(block_and_wake);
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    end();
}

static void in_place_against_wake(void) {
    begin(block);
    edoi_model_start(open_gate, NULL);
    hands_run(0);
    end();
}

static void wake_elsewhere(void *arg) {
    (void)hands_become(1);
    open_gate(arg);
    hands_run(1);
}

static void in_place_against_the_other_worker(void) {
    begin(block);
    edoi_model_start(wake_elsewhere, NULL);
    hands_run(0);
    end();
}

/* ---- A sibling that sleeps ------------------------------------------------------------------- */

static bool finds_work, is_called;

static void fall_asleep(void *arg) {
    (void)arg;
    edoi_idle_enter(&rt->idle, 1);
    finds_work = edoi_steal_is_there(rt->workers[1]);
}

/* The call ends only when the sibling has run the other tasks, so the sibling must come: the worker
 * has kept them to itself, since they were not worth a wake. */
static int block_until_the_sibling_is_down(void *arg) {
    (void)arg;
    edoi_model_wait();
    is_called = edoi_idle_leave(&rt->idle, 1);
    return 5;
}

static void in_place_against_going_to_sleep(void) {
    begin_keeping(2, block_until_the_sibling_is_down);
    edoi_model_start(fall_asleep, NULL);
    hands_run(0);
    MODEL_CHECK(finds_work || is_called);
    open_gate(NULL);
    end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(wakes_in_place),
        MODEL(in_place_against_wake),
        MODEL(in_place_against_the_other_worker),
        MODEL(in_place_against_going_to_sleep),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
