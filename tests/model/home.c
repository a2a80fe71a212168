/* SPDX-License-Identifier: MIT */
/* Goal: a fiber that was never run has no home, and lies where any worker may take it; its first
 * run gives it a home, or its spawn does, if it is spread. A cancellation or a wake that comes just
 * then finds it at home or still free, and it is run to its end, on one worker. A fiber that may
 * migrate has no home, and is run to its end on any worker.
 * Method: two workers by hand; small stacks, as many as there are fibers. */
#define STACKS      2
#define STACK_BYTES ((size_t)32 * 1024)

#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"
#include "stacks.h"

#include <errno.h>

static edo_atomic_u32 go;
static edo_task *task;
static unsigned begun_n, ended_n;

static void begin(void) {
    hands_begin_with_stacks(STACKS);
}

static int wait_at_the_gate(void *arg) {
    (void)arg;
    const edoi_worker *home = edoi_worker_here();
    gate f;
    begun_n++;
    int result = edo_await(gate_init(&f, &go));
    MODEL_CHECK(edoi_worker_here() == home);
    ended_n++;
    return result;
}

static void spawn_waiting(void) {
    task = edo_spawn_at(wait_at_the_gate, NULL, "waiting");
    MODEL_CHECK(task);
}

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static void abort_it(void *arg) {
    (void)arg;
    edo_task_cancel(task);
}

static void abort_elsewhere(void *arg) {
    (void)hands_become(1);
    abort_it(arg);
    hands_run(1);
}

static void check_end(int result) {
    hands_run_rest(task);
    MODEL_CHECK(begun_n == 1 && ended_n == 1);
    MODEL_CHECK(edoi_task_future(task)->result == result);
}

static void spawn_in_ring(void) {
    begin();
    (void)hands_become(0);
    spawn_waiting();
    edoi_worker_set_here(NULL);
}

/* In the ring of one worker: the other takes it. */
static void first_run_against_cancel(void) {
    spawn_in_ring();
    edoi_model_start(hands_run_second, NULL);
    abort_it(NULL);
    check_end(-ECANCELED);
}

/* The worker that cancels takes it, or it has become the other's. */
static void first_run_against_cancel_by_a_worker(void) {
    spawn_in_ring();
    edoi_model_start(abort_elsewhere, NULL);
    hands_run(0);
    check_end(-ECANCELED);
}

/* Either worker may take it while it is cancelled. */
static void two_first_runs_against_cancel(void) {
    spawn_in_ring();
    edoi_model_start(hands_run_second, NULL);
    edoi_model_start(abort_it, NULL);
    hands_run(0);
    check_end(-ECANCELED);
}

static void first_run_against_wake(void) {
    spawn_in_ring();
    edoi_model_start(hands_run_second, NULL);
    open_gate(NULL);
    hands_run(0);
    check_end(7);
}

/* From a thread that is no worker: it lies among the injected. */
static void first_run_of_injected_against_cancel(void) {
    begin();
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edoi_model_start(hands_run_second, NULL);
    spawn_waiting();
    abort_it(NULL);
    edo_runtime_leave(rt);
    check_end(-ECANCELED);
}

/* ---- With a home before the first run -------------------------------------------------------- */

static void spawn_placed(void) {
    static const edo_spawn_opts opts = { .spread = true };
    task = edo_spawn_with_at(wait_at_the_gate, NULL, &opts, "placed");
    MODEL_CHECK(task);
}

static void run_both(void *arg) {
    hands_run_second(arg);
    hands_run_second(arg);
}

static void check_placed(int result) {
    check_end(result);
    MODEL_CHECK(edoi_load_rlx_u16(&task->home) == 2);
}

/* It goes to the other worker's inbox. */
static void placed_against_cancel(void) {
    begin();
    (void)hands_become(0);
    edoi_model_start(run_both, NULL);
    spawn_placed();
    abort_it(NULL);
    edoi_worker_set_here(NULL);
    check_placed(-ECANCELED);
}

static void placed_against_wake(void) {
    begin();
    (void)hands_become(0);
    edoi_model_start(run_both, NULL);
    spawn_placed();
    open_gate(NULL);
    edoi_worker_set_here(NULL);
    check_placed(7);
}

/* Cancelled by a third thread, and a wake comes too. */
static void placed_against_wake_and_cancel(void) {
    begin();
    (void)hands_become(0);
    spawn_placed();
    edoi_worker_set_here(NULL);
    edoi_model_start(hands_run_second, NULL);
    edoi_model_start(abort_it, NULL);
    open_gate(NULL);
    edoi_model_wait();
    hands_run(1);
    MODEL_CHECK(begun_n == 1 && ended_n == 1 && edo_task_is_finished(task));
}

static void placed_from_outside_against_cancel(void) {
    begin();
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edoi_model_start(run_both, NULL);
    spawn_placed();
    abort_it(NULL);
    edo_runtime_leave(rt);
    check_placed(-ECANCELED);
}

/* ---- Without a home -------------------------------------------------------------------------- */

static int wait_anywhere(void *arg) {
    (void)arg;
    gate f;
    begun_n++;
    int result = edo_await(gate_init(&f, &go));
    ended_n++;
    return result;
}

static void spawn_migrating(void) {
    static const edo_spawn_opts opts = { .migrate = true };
    begin();
    (void)hands_become(0);
    task = edo_spawn_with_at(wait_anywhere, NULL, &opts, "migrating");
    MODEL_CHECK(task);
    edoi_worker_set_here(NULL);
}

/* It begins on either worker and continues on either. */
static void migrating_against_wake(void) {
    spawn_migrating();
    edoi_model_start(hands_run_second, NULL);
    open_gate(NULL);
    hands_run(0);
    check_end(7);
}

static void migrating_against_cancel(void) {
    spawn_migrating();
    edoi_model_start(run_both, NULL);
    abort_it(NULL);
    check_end(-ECANCELED);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(first_run_against_cancel),
        MODEL(first_run_against_cancel_by_a_worker),
        MODEL(two_first_runs_against_cancel),
        MODEL(first_run_against_wake),
        MODEL(first_run_of_injected_against_cancel),
        MODEL(placed_against_cancel),
        MODEL(placed_against_wake),
        MODEL(placed_against_wake_and_cancel),
        MODEL(placed_from_outside_against_cancel),
        MODEL(migrating_against_wake),
        MODEL(migrating_against_cancel),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
