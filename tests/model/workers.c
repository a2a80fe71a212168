/* SPDX-License-Identifier: MIT */
/* Goal: two workers of one runtime, driven by hand: stealing against everything that can happen to
 * a task meanwhile, and work from elsewhere against sleep. */
#include "driver/driver.h"
#include "hands.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scheduler/steal.h"
#include "runtime/task/ring.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

static edo_atomic_u32 go, stop;
static edo_task *task;
static int written;

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static edo_polled opener_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    open_gate(NULL);
    return edo_future_finish(f, 0);
}

static void spawn_opener(void) {
    static const edo_future_ops ops = { .poll = opener_poll,
                                        .name = "opener",
                                        .size = sizeof(edo_future) };
    edo_future f;
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
}

/* The task and its waker's task lie in one ring: each runs on either worker. */
static void steal_against_wake(void) {
    hands_begin(2);
    (void)hands_become(0);
    task = spawn_gate(&go);
    spawn_opener();
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    hands_run_rest(task);
}

static void steal_against_foreign_wake(void) {
    hands_begin(2);
    (void)hands_become(0);
    task = spawn_gate(&go);
    edoi_model_start(hands_run_second, NULL);
    open_gate(NULL);
    hands_run(0);
    hands_run_rest(task);
}

static void wake_elsewhere(void *arg) {
    (void)hands_become(1);
    open_gate(arg);
    hands_run(1);
}

/* A worker wakes a task that the other holds, defers, or lets go. */
static void wake_by_the_other_worker(void) {
    hands_begin(2);
    (void)hands_become(0);
    task = spawn_gate(&go);
    edoi_model_start(wake_elsewhere, NULL);
    hands_run(0);
    hands_run_rest(task);
}

/* A worker wakes a task that the other has in its batch. */
static void wake_of_a_kept_task(void) {
    hands_begin(2);
    hands_keep(1);
    (void)hands_become(0);
    task = spawn_gate(&go);
    edoi_model_start(wake_elsewhere, NULL);
    hands_run(0);
    hands_run_rest(task);
}

static void abort_it(void *arg) {
    (void)arg;
    edo_task_cancel(task);
}

static void steal_against_cancel(void) {
    hands_begin(2);
    (void)hands_become(0);
    task = spawn_gate(&go);
    edoi_worker_set_here(NULL);
    edoi_model_start(hands_run_second, NULL);
    abort_it(NULL);
    hands_run_rest(task);
    MODEL_CHECK(edo_task_get_outcome(task) == EDO_OUTCOME_CANCELED);
}

static edo_task *spawn_yielder(void) {
    edo_yield_future f;
    edo_task *t = edo_spawn_future(edo_yield_init(&f));
    MODEL_CHECK(t);
    return t;
}

/* A task that has yielded lies in the batch, where others wake and cancel it. */
static void yield_against_cancel(void) {
    hands_begin(2);
    hands_keep(2);
    (void)hands_become(0);
    task = spawn_yielder();
    edoi_model_start(abort_it, NULL);
    hands_run(0);
    hands_run_rest(task);
}

/* A task that has yielded goes to the ring, from where the other takes it. */
static void yield_against_steal(void) {
    hands_begin(2);
    (void)hands_become(0);
    task = spawn_yielder();
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    hands_run_rest(task);
    MODEL_CHECK(edo_task_get_outcome(task) == EDO_OUTCOME_RETURNED);
}

static edo_polled giver_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edoi_run_queue_give_all(edoi_worker_here());
    return edo_future_finish(f, 0);
}

/* It stays at first, and another task gives the batch away, as a call that blocks does. */
static void yield_given_away(void) {
    static const edo_future_ops ops = { .poll = giver_poll,
                                        .name = "giver",
                                        .size = sizeof(edo_future) };
    edo_future f;
    hands_begin(2);
    hands_keep(2);
    (void)hands_become(0);
    task = spawn_yielder();
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    hands_run_rest(task);
}

/* Joined where it was made, and run where it was stolen to. */
static void steal_against_join(void) {
    hands_begin(2);
    edoi_worker *w = hands_become(0);
    task = spawn_writer(&written);
    edoi_model_start(hands_run_second, NULL);
    edo_task_join_future f;
    (void)edo_task_join_init(&f, task);
    edo_cx cx = { .waker = edo_waker_noop(), .worker = w, .budget = 2 };
    if (edo_poll(&f.base, &cx) == EDO_READY) MODEL_CHECK(f.base.result == 7 && written == 1);
    edo_drop(&f.base);
    edoi_model_wait();
    hands_run(0);
    hands_run(1);
    MODEL_CHECK(written == 1);
}

/* Takes once, from one or the other, and runs the tasks later. */
static void take_as_second(void *arg) {
    (void)arg;
    edoi_steal_search(hands_become(1));
    edoi_worker_set_here(NULL);
}

/* A full ring gives half of its tasks away; the other worker takes of both. */
static void overflow_against_second(void) {
    hands_begin(2);
    (void)hands_become(0);
    for (uint32_t i = 0; i < EDOI_RING_SIZE; i++) edo_task_detach(spawn_gate(&go));
    edoi_model_start(take_as_second, NULL);
    task = spawn_writer(&written);
    edoi_worker_set_here(NULL);
    edoi_model_wait();
    for (uint32_t i = 0; i < 3; i++) hands_run(i % 2);
    MODEL_CHECK(edo_task_is_finished(task) && written == 1);
}

/* ---- Sleep ----------------------------------------------------------------------------------- */

static edo_polled stopper_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edoi_store_rlx_u32(&stop, 1);
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_driver_kick(rt->workers[i]->driver);
    return edo_future_finish(f, 0);
}

static void run_until_stopped(void *arg) {
    edoi_worker *w = hands_become(*(uint32_t *)arg);
    while (!edoi_load_rlx_u32(&stop)) {
        edoi_scheduler_run(w);
        edoi_scheduler_turn(w);
    }
}

static void inject_stopper(void) {
    static const edo_future_ops ops = { .poll = stopper_poll,
                                        .name = "stopper",
                                        .size = sizeof(edo_future) };
    edo_future f;
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
    edo_runtime_leave(rt);
}

static uint32_t indexes[] = { 0, 1 };

static void injection_against_one_sleeper(void) {
    hands_begin(1);
    edoi_model_start(run_until_stopped, &indexes[0]);
    inject_stopper();
    edoi_model_wait();
}

static bool awake[2];

/* A turn without work: it sleeps, or has seen that it may not. */
static void turn_once(void *arg) {
    edoi_scheduler_turn(hands_become(*(uint32_t *)arg));
    awake[*(uint32_t *)arg] = true;
}

/* The part of such a turn that matters: the rest of two turns, once the workers are up, would meet
 * in too many ways. */
static void sleep_once(void *arg) {
    uint32_t index = *(uint32_t *)arg;
    edoi_worker *w = hands_become(index);
    edoi_idle_enter(&rt->idle, index);
    if (edoi_load_seq_u32(&rt->inject.n) == 0) (void)edoi_driver_turn(w->driver, -1);
    awake[index] = true;
}

/* They may not both sleep while it lies there. */
static void injection_against_two_sleepers(void) {
    hands_begin(2);
    edoi_model_start(turn_once, &indexes[0]);
    edoi_model_start(sleep_once, &indexes[1]);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task_detach(spawn_writer(&written));
    edo_runtime_leave(rt);
    edoi_model_wait_asleep();
    MODEL_CHECK(awake[0] || awake[1]);
}

/* ---- Who searches, who sleeps: the set alone ------------------------------------------------- */

static edoi_idle idle = { .workers_n = 2 };
static edo_atomic_u32 injected; /* seq_cst as the scheduler's: WK1, WK2 */
static uint32_t picked[2];
static bool is_up;

static uint32_t inject_one(void) {
    (void)edoi_add_seq_u32(&injected, 1);
    return edoi_idle_pick(&idle);
}

/* The last searcher finds nothing, and goes to sleep. */
static void search_and_sleep(void *arg) {
    (void)arg;
    bool found = edoi_load_rlx_u32(&injected) != 0;
    if (edoi_search_end(&idle) && found) picked[1] = edoi_idle_pick(&idle);
    edoi_idle_enter(&idle, 0);
    is_up = found || edoi_load_seq_u32(&injected) != 0;
}

/* Another sleeps all the time; an injecting thread relies on the searcher, or picks a sleeper. */
static void injection_against_last_searcher(void) {
    picked[0] = picked[1] = EDOI_NOBODY;
    edoi_idle_enter(&idle, 1);
    MODEL_CHECK(edoi_search_begin(&idle));
    edoi_model_start(search_and_sleep, NULL);
    picked[0] = inject_one();
    edoi_model_wait();
    MODEL_CHECK(is_up || picked[0] != EDOI_NOBODY || picked[1] != EDOI_NOBODY);
}

static void begin_search_and_sleep(void *arg) {
    if (edoi_search_begin(&idle)) search_and_sleep(arg);
}

static void injection_against_short_search(void) {
    picked[0] = picked[1] = EDOI_NOBODY;
    edoi_idle_enter(&idle, 1);
    edoi_model_start(begin_search_and_sleep, NULL);
    picked[0] = inject_one();
    edoi_model_wait();
    MODEL_CHECK(is_up || picked[0] != EDOI_NOBODY || picked[1] != EDOI_NOBODY);
}

static void search_once(void *arg) {
    (void)arg;
    edoi_worker *w = hands_become(0);
    w->searching = true;
    edoi_steal_search(w);
    edoi_worker_set_here(NULL);
}

static int written_first;

/* The last searcher has found a task, and may run it for a long time: a thread that injects another
 * wakes the sleeper, or the searcher does. */
static void injection_against_busy_searcher(void) {
    hands_begin(2);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task_detach(spawn_writer(&written_first));
    edoi_idle_enter(&rt->idle, 1);
    MODEL_CHECK(edoi_search_begin(&rt->idle));
    edoi_model_start(search_once, NULL);
    edo_task_detach(spawn_writer(&written));
    edo_runtime_leave(rt);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u64(&rt->idle.sleepers[0]) == 0);
}

/* Of three workers the first searches, the second sleeps, and in the third's ring lies a task. */
static void begin_search_beside_a_ring(void) {
    hands_begin(3);
    (void)hands_become(2);
    task = spawn_writer(&written_first);
    edoi_worker_set_here(NULL);
    edoi_idle_enter(&rt->idle, 1);
    MODEL_CHECK(edoi_search_begin(&rt->idle));
}

/* It has stolen a batch, and may run that for a long time: a thread that injects a task wakes the
 * sleeper, or it does. */
static void injection_against_searcher_that_steals(void) {
    begin_search_beside_a_ring();
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edoi_model_start(search_once, NULL);
    edo_task_detach(spawn_writer(&written));
    edo_runtime_leave(rt);
    edoi_model_wait();
    bool has_stolen = edoi_ring_is_empty_now(&rt->workers[2]->ring);
    MODEL_CHECK(!has_stolen || edoi_load_rlx_u64(&rt->idle.sleepers[0]) == 0);
}

static void inject_second(void *arg) {
    (void)arg;
    picked[1] = inject_one();
}

/* It leaves, takes the tasks it sees, and sleeps again, while two inject: each may rely on the
 * other. */
static void sleep_again(void *arg) {
    (void)arg;
    bool searches = edoi_idle_leave(&idle, 0);
    uint32_t taken = edoi_load_rlx_u32(&injected);
    if (searches) (void)edoi_search_end(&idle);
    edoi_idle_enter(&idle, 0);
    is_up = edoi_load_seq_u32(&injected) != taken || taken == 2;
}

static void two_injections_against_sleep(void) {
    picked[0] = picked[1] = EDOI_NOBODY;
    edoi_idle_enter(&idle, 0);
    edoi_model_start(sleep_again, NULL);
    edoi_model_start(inject_second, NULL);
    picked[0] = inject_one();
    edoi_model_wait();
    MODEL_CHECK(is_up || picked[0] != EDOI_NOBODY || picked[1] != EDOI_NOBODY);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(steal_against_wake),
        MODEL(steal_against_foreign_wake),
        MODEL(wake_by_the_other_worker),
        MODEL(wake_of_a_kept_task),
        MODEL(steal_against_cancel),
        MODEL(yield_against_cancel),
        MODEL(yield_against_steal),
        MODEL(yield_given_away),
        MODEL(steal_against_join),
        MODEL(overflow_against_second),
        MODEL(injection_against_last_searcher),
        MODEL(injection_against_short_search),
        MODEL(injection_against_busy_searcher),
        MODEL(injection_against_searcher_that_steals),
        MODEL(two_injections_against_sleep),
        MODEL(injection_against_one_sleeper),
        MODEL(injection_against_two_sleepers),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
