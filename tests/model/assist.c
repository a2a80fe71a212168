/* SPDX-License-Identifier: MIT */
/* Goal: a sibling fires the timers of another worker's wheel while their tasks cancel them, end, or
 * file them anew: each timer wakes once or not at all, and no thread touches a timer that is gone.
 * And of a worker that begins to work and one that goes to sleep for good, at least one sees the
 * other.
 * Method: two workers driven by hand; the clock stands, and the thread that fires gets a later
 * time. */
#include "world.h"

#include "driver/clock.h"
#include "driver/wheel.h"
#include "runtime/scheduler/assist.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#define LATER_NS INT64_C(100000000)

static edo_atomic_u32 go;
static edo_task *task;

static edoi_worker *become(uint32_t index) {
    edoi_worker_set_here(rt->workers[index]);
    return rt->workers[index];
}

static void crew_begin_of(uint32_t workers) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_MULTI, .workers = workers, .events_max = 1, .seed = 1
    };
    edoi_model_hold_threads();
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
}

static void crew_begin(void) {
    crew_begin_of(2);
}

static void run_as(uint32_t index) {
    edoi_worker *w = become(index);
    edoi_run_queue_take(w);
    edoi_scheduler_run(w);
    edoi_run_queue_settle(w);
    edoi_worker_set_here(NULL);
}

/* ---- Timers ---------------------------------------------------------------------------------- */

/* A gate with a limit: ready with 7 when `go` is set, with 8 when its time is over; then its sleep
 * is dropped, and the memory goes with the task. */
typedef struct limited {
    edo_future base;
    edo_sleep_future sleep;
    uint32_t polls_n;
} limited;

static edo_polled limited_poll(edo_future *f, edo_cx *cx) {
    limited *self = (limited *)(void *)f;
    self->polls_n++;
    bool over = edo_poll(&self->sleep.base, cx) == EDO_READY;
    if (!over && edoi_load_rlx_u32(&go) == 0) return EDO_PENDING;
    MODEL_CHECK(self->polls_n <= 3); // at first, for the gate, for the timer
    edo_drop(&self->sleep.base);
    return edo_future_finish(f, over ? 8 : 7);
}

static void limited_drop(edo_future *f) {
    limited *self = (limited *)(void *)f;
    edo_drop(&self->sleep.base);
    edo_future_retire(f);
}

static const edo_future_ops limited_ops = {
    .poll = limited_poll, .drop = limited_drop, .name = "limited", .size = sizeof(limited)
};

static edo_task *spawn_limited(void) {
    limited f = { .polls_n = 0 };
    (void)edo_sleep_init(&f.sleep, edo_ms(1));
    edo_task *t = edo_spawn_future(edo_future_init(&f.base, &limited_ops));
    MODEL_CHECK(t);
    return t;
}

/* The second worker, idle: helps the first, as an idle worker does. */
static void fire_as_second(void *arg) {
    (void)arg;
    edoi_worker *w = become(1);
    int64_t later_ns = edoi_clock_now(&w->clock) + LATER_NS;
    (void)edoi_wheel_try_advance(rt->workers[0]->wheel, later_ns);
    run_as(1);
}

static void run_rest(void) {
    edoi_model_wait();
    for (uint32_t i = 0; i < 4; i++) run_as(i % 2);
}

/* The task waits, idle, with its timer in the first worker's wheel. */
static void limited_begin(void) {
    crew_begin();
    (void)become(0);
    task = spawn_limited();
    run_as(0);
}

static void expiry_by_a_sibling_against_cancel(void) {
    limited_begin();
    edoi_model_start(fire_as_second, NULL);
    edoi_store_rlx_u32(&go, 1);
    (void)become(0);
    edo_waker_wake(&task->waker);
    run_as(0);
    run_rest();
    MODEL_CHECK(edo_task_is_finished(task));
}

static void expiry_by_a_sibling_against_abort(void) {
    limited_begin();
    edoi_model_start(fire_as_second, NULL);
    edo_task_cancel(task);
    run_as(0);
    run_rest();
    MODEL_CHECK(edo_task_is_finished(task));
}

/* The worker comes back from its long poll just then. */
static void expiry_by_both(void) {
    limited_begin();
    edoi_model_start(fire_as_second, NULL);
    edoi_worker *w = become(0);
    (void)edoi_wheel_advance(w->wheel, edoi_clock_now(&w->clock) + LATER_NS);
    run_as(0);
    run_rest();
    MODEL_CHECK(edo_task_is_finished(task) && edoi_wheel_armed_n(rt->workers[0]->wheel) == 0);
}

/* The first poll, which arms, beside the sibling's look: early, or in time. */
static void expiry_by_a_sibling_against_arming(void) {
    crew_begin();
    edoi_worker *w = become(0);
    task = spawn_limited();
    edoi_model_start(fire_as_second, NULL);
    run_as(0);
    edoi_model_wait();
    bool armed = edoi_wheel_armed_n(w->wheel) != 0;
    MODEL_CHECK(armed || edoi_run_queue_has_work(w) || edo_task_is_finished(task));
    (void)become(0);
    (void)edoi_wheel_advance(w->wheel, edoi_clock_now(&w->clock) + LATER_NS);
    run_rest();
    MODEL_CHECK(edo_task_is_finished(task));
}

/* ---- Who watches ----------------------------------------------------------------------------- */

static bool is_bounded;

/* It has watched, and goes on sleeping; all has been quiet for a long time. */
static void sleep_on(void *arg) {
    edoi_worker *w = arg;
    is_bounded = edoi_assist_watch(w, edoi_clock_now(&w->clock) + LATER_NS);
}

static void begin_both_asleep(void) {
    crew_begin();
    (void)become(0);
    edo_task_detach(spawn_gate(&go)); // the first has something to run
    for (uint32_t i = 0; i < 2; i++) edoi_idle_enter(&rt->idle, i);
}

/* The first wakes, with work. */
static void work(void) {
    edoi_worker *w = rt->workers[0];
    (void)edoi_idle_leave(&rt->idle, 0);
    w->lookout.rested = true;
    edoi_assist_turned(w, edoi_clock_now(&w->clock));
}

static bool is_called(void) {
    return edoi_idle_leave(&rt->idle, 1);
}

static void work_against_going_deep(void) {
    begin_both_asleep();
    edoi_worker *second = rt->workers[1];
    second->lookout.watches = true;
    edoi_store_rlx_u64(&rt->assist.watchers[0], 2);
    edoi_model_start(sleep_on, second);
    work();
    edoi_model_wait();
    MODEL_CHECK(is_bounded || is_called());
}

static void sleep_at_first(void *arg) {
    edoi_idle_enter(&rt->idle, 1);
    sleep_on(arg);
}

static void work_against_going_to_sleep(void) {
    begin_both_asleep();
    (void)edoi_idle_leave(&rt->idle, 1);
    edoi_model_start(sleep_at_first, rt->workers[1]);
    work();
    edoi_model_wait();
    MODEL_CHECK(is_bounded || is_called());
}

/* The first is seen among the sleepers, and does not sleep: it has found work there. */
static void work_without_sleep_against_going_deep(void) {
    crew_begin();
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task_detach(spawn_gate(&go));
    edo_runtime_leave(rt);
    edoi_worker *second = rt->workers[1];
    edoi_idle_enter(&rt->idle, 1);
    second->lookout.watches = true;
    edoi_store_rlx_u64(&rt->assist.watchers[0], 2);
    edoi_model_start(sleep_on, second);
    edoi_scheduler_turn(become(0));
    edoi_worker_set_here(NULL);
    edoi_model_wait();
    MODEL_CHECK(is_bounded || is_called());
}

/* Its search, which others rely on, and then work, twice. */
static void search_and_work(void *arg) {
    edoi_worker *w = arg;
    for (uint32_t i = 0; i < 2; i++) {
        if (edoi_search_begin(&rt->idle)) (void)edoi_search_end(&rt->idle);
        w->lookout.expects = true;
        edoi_assist_turned(w, edoi_clock_now(&w->clock));
    }
}

/* Two work, and each may leave it to the other to wake the worker that sleeps without a bound,
 * since the other searches just then. */
static void work_of_two_against_one_asleep(void) {
    crew_begin_of(3);
    edoi_idle_enter(&rt->idle, 1);
    for (uint32_t i = 0; i < 3; i += 2) rt->workers[i]->lookout.rested = true;
    edoi_model_start(search_and_work, rt->workers[2]);
    search_and_work(rt->workers[0]);
    edoi_model_wait();
    MODEL_CHECK(is_called());
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(expiry_by_a_sibling_against_cancel),
        MODEL(expiry_by_a_sibling_against_abort),
        MODEL(expiry_by_both),
        MODEL(expiry_by_a_sibling_against_arming),
        MODEL(work_against_going_deep),
        MODEL(work_against_going_to_sleep),
        MODEL(work_without_sleep_against_going_deep),
        MODEL(work_of_two_against_one_asleep),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
