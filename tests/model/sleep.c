/* SPDX-License-Identifier: MIT */
/* Goal: no thread sleeps for ever because another took the event meant to end its sleep: a kick
 * that comes late, when its task has been run, a kick that meets a sibling, a notification that was
 * taken in another turn.
 * Method: each event comes twice, since the first may leave behind the state that the second relies
 * on. */
#include "hands.h"

#include "driver/driver.h"
#include "runtime/blocking/blocking.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/task/task.h"
#include "runtime/thread/thread_driver.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

#include <edo/notify.h>
#include <edo/time.h>

static edo_atomic_u32 go, go_too;
static edo_task *first, *second;
static int written;

static bool both_have_ended(void) {
    return edo_task_is_finished(first) && edo_task_is_finished(second);
}

static void wake(edo_task *t, edo_atomic_u32 *of) {
    edoi_store_rlx_u32(of, 1);
    edo_waker_wake(&t->waker);
}

static void wake_both(void *arg) {
    (void)arg;
    wake(first, &go);
    wake(second, &go_too);
}

static void wake_either_first(void *arg) {
    if (MODEL_CHOOSE(2) == 0) {
        wake_both(arg);
    } else {
        wake(second, &go_too);
        wake(first, &go);
    }
}

static void wake_first_late(void *arg) {
    (void)arg;
    wake(first, &go);
    edo_waker_unref(&first->waker);
}

/* The first worker has run both, and they wait. */
static void two_that_wait(uint32_t workers) {
    hands_begin(workers);
    (void)hands_become(0);
    first = spawn_gate(&go);
    second = spawn_gate(&go_too);
    hands_run(0);
}

static void run_until_both_have_ended(edoi_worker *w) {
    for (;;) {
        edoi_scheduler_run(w);
        if (both_have_ended()) break;
        edoi_scheduler_turn(w);
    }
    edoi_worker_set_here(NULL);
}

/* ---- A worker with a thread of its own ------------------------------------------------------- */

static void two_wakes_against_sleep(void) {
    two_that_wait(1);
    edoi_model_start(wake_both, NULL);
    run_until_both_have_ended(hands_become(0));
    edoi_model_wait();
}

/* They live there: the second finds the inbox empty, and its worker perhaps awake for the first. */
static void two_to_the_inbox_against_sleep(void) {
    two_that_wait(2);
    edoi_store_rlx_u16(&first->home, 1);
    edoi_store_rlx_u16(&second->home, 1);
    edoi_model_start(wake_both, NULL);
    run_until_both_have_ended(hands_become(0));
    edoi_model_wait();
}

/* One lives there, the other may be run by any worker. */
static void inbox_and_injection_against_sleep(void) {
    two_that_wait(2);
    edoi_store_rlx_u16(&first->home, 1);
    edoi_model_start(wake_either_first, NULL);
    run_until_both_have_ended(hands_become(0));
    edoi_model_wait();
}

/* ---- Kicks ----------------------------------------------------------------------------------- */

static edoi_driver *driver;

static void kick_twice(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edoi_driver_kick(driver);
    edoi_store_rlx_u32(&go_too, 1);
    edoi_driver_kick(driver);
}

static void harvest(void *arg) {
    (void)arg;
    (void)edoi_driver_harvest(driver);
}

/* A sibling takes the edge of one or the other. */
static void two_kicks_against_a_harvest(void) {
    MODEL_CHECK(edoi_driver_new(&driver, 1) == 0);
    edoi_model_start(kick_twice, NULL);
    edoi_model_start(harvest, NULL);
    while (!edoi_load_rlx_u32(&go) || !edoi_load_rlx_u32(&go_too))
        (void)edoi_driver_turn(driver, -1);
    edoi_model_wait();
    edoi_driver_free(driver);
}

/* ---- Threads that wait ----------------------------------------------------------------------- */

static edo_notify one = EDO_NOTIFY_INIT, other = EDO_NOTIFY_INIT;

static void notify_one(void *arg) {
    edo_notify_one(arg);
}

static void notify_both(void *arg) {
    (void)arg;
    edo_notify_one(&one);
    edo_notify_one(&other);
}

static void wait_for_both(void) {
    edo_notify_wait_future f;
    MODEL_CHECK(edo_block_on(rt, edo_notify_wait_init(&f, &one)) == 0);
    MODEL_CHECK(edo_block_on(rt, edo_notify_wait_init(&f, &other)) == 0);
}

static void drive_twice(void) {
    world_begin();
    edoi_model_start(notify_both, NULL);
    wait_for_both();
    edoi_model_wait();
    world_end();
}

static void paused_begin(void) {
    const edo_runtime_opts opts = { .events_max = 1, .seed = 1, .start_paused = true };
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
}

static void drive_twice_paused(void) {
    paused_begin();
    edoi_model_start(notify_both, NULL);
    wait_for_both();
    edoi_model_wait();
    world_end();
}

/* Each in its own time, while the driver is looked at once more before the sleep. */
static void join_of_two_paused(void) {
    edo_notify_wait_future f, g;
    edo_join_future both;
    paused_begin();
    edoi_model_start(notify_one, &one);
    edoi_model_start(notify_one, &other);
    edo_future *futures[] = { edo_notify_wait_init(&f, &one), edo_notify_wait_init(&g, &other) };
    MODEL_CHECK(edo_block_on(rt, edo_join_init(&both, futures, 2, 0)) == 0);
    edoi_model_wait();
    world_end();
}

/* A thread with a driver of its own. */
static void wake_parker_twice(void *arg) {
    edo_waker *w = arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(w);
    edoi_store_rlx_u32(&go_too, 1);
    edo_waker_wake(w);
}

static void two_wakes_against_one_alone(void) {
    edoi_thread_driver *l = edoi_thread_driver_new();
    edoi_parker *p = edoi_thread_parker(edoi_thread_here());
    MODEL_CHECK(l && p);
    edoi_model_start(wake_parker_twice, &p->waker);
    while (!edoi_load_rlx_u32(&go) || !edoi_load_rlx_u32(&go_too))
        edoi_thread_driver_wait(l, p, INT64_MAX);
    edoi_model_wait();
    edoi_thread_driver_free(l);
}

/* The clock stands for a job, and the worker sleeps; then no future waits for the job any more. */
static void await_no_more(void *arg) {
    (void)arg;
    edoi_blocking_await_end(rt->blocking);
}

static void paused_clock_goes_on(void) {
    edo_sleep_future f;
    paused_begin();
    edoi_blocking_await_begin(rt->blocking);
    edoi_model_start(await_no_more, NULL);
    MODEL_CHECK(edo_block_on(rt, edo_sleep_init(&f, edo_hours(1))) == 0);
    edoi_model_wait();
    world_end();
}

/* ---- Who drives ------------------------------------------------------------------------------ */

static void join_second(void *arg) {
    (void)arg;
    MODEL_CHECK(world_join(second) == 7);
    edo_runtime_unref(rt);
}

/* The runtime is handed over and comes back: the first drives, or parks, twice. */
static void take_over_twice(void) {
    world_begin();
    (void)edo_runtime_ref(rt);
    first = spawn_writer(&written);
    second = spawn_writer(&written);
    edo_task *third = spawn_writer(&written);
    edoi_model_start(join_second, NULL);
    MODEL_CHECK(world_join(first) == 7);
    MODEL_CHECK(world_join(third) == 7);
    edoi_model_wait();
    world_end();
}

/* The wake comes while one thread leaves and the other begins, or parks. */
static void take_over_twice_against_wake(void) {
    world_begin();
    (void)edo_runtime_ref(rt);
    first = spawn_gate(&go);
    (void)edo_waker_ref(&first->waker);
    second = spawn_writer(&written);
    edoi_model_start(join_second, NULL);
    edoi_model_start(wake_first_late, NULL);
    MODEL_CHECK(world_join(first) == 7);
    edoi_model_wait();
    world_end();
}

#define TURNS(f, n)                                                                                \
    { .name = #f, .fn = f, .turns_max = (n) }

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        TURNS(two_wakes_against_sleep, 3),
        TURNS(two_to_the_inbox_against_sleep, 3),
        TURNS(inbox_and_injection_against_sleep, 2),
        MODEL(two_kicks_against_a_harvest),
        MODEL(drive_twice),
        MODEL(drive_twice_paused),
        MODEL(join_of_two_paused),
        MODEL(two_wakes_against_one_alone),
        MODEL(paused_clock_goes_on),
        TURNS(take_over_twice, 2),
        TURNS(take_over_twice_against_wake, 2),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
