/* SPDX-License-Identifier: MIT */
/* Goal: no child outlives its scope or is forgotten by it, in any order of events: a child is made
 * while its scope stops, the last child ends while the owner begins to wait for it, one fails while
 * its siblings run or begin, the owner is cancelled, or waits for a free place, and another task
 * spawns meanwhile.
 * Method: workers by hand. The owner is a thread outside, or a fiber; the scope lies on the heap,
 * so that a child that touches it too late is found. */
#define STACKS      4
#define STACK_BYTES ((size_t)32 * 1024)

#include "runtime/task/task.h"
#include "runtime/worker/wake.h"
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>

static edo_atomic_u32 never; /* a gate that is never opened: only a cancellation ends the wait */
static edo_scope *scope;
static edo_task *owner;
static edo_atomic_u32 alive_n, ended_n; /* children whose function runs, or has returned */

static void child_begins(void) {
    (void)edoi_add_rlx_u32(&alive_n, 1);
}

static int child_ends(int result) {
    (void)edoi_sub_rlx_u32(&alive_n, 1);
    (void)edoi_add_rlx_u32(&ended_n, 1);
    return result;
}

static int quick_child(void *arg) {
    (void)arg;
    child_begins();
    return child_ends(0);
}

static int failing_child(void *arg) {
    (void)arg;
    child_begins();
    return child_ends(-EIO);
}

static int waiting_child(void *arg) {
    (void)arg;
    gate f;
    child_begins();
    return child_ends(edo_await(gate_init(&f, &never)));
}

static void open_scope(const edo_scope_opts *opts) {
    scope = malloc(sizeof *scope);
    edo_scope_begin(scope, opts);
}

static int close_scope(void) {
    int result = edo_scope_end(scope, 0);
    MODEL_CHECK(!scope->children && scope->alive_n == 0);
    free(scope);
    return result;
}

/* ---- The owner is a thread outside ----------------------------------------------------------- */

static void begin(uint32_t workers) {
    hands_begin_with_stacks(workers);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
}

static void end(uint32_t children_n) {
    edo_runtime_leave(rt);
    MODEL_CHECK(edoi_load_rlx_u32(&alive_n) == 0);
    MODEL_CHECK(edoi_load_rlx_u32(&ended_n) == children_n);
}

static void run_until_all_have_ended(uint32_t index, uint32_t children_n) {
    while (edoi_load_rlx_u32(&ended_n) < children_n) {
        hands_run(index);
        MODEL_AROUND();
    }
}

static void run_one_as_first(void *arg) {
    (void)arg;
    run_until_all_have_ended(0, 1);
}

static void run_two_as_first(void *arg) {
    (void)arg;
    run_until_all_have_ended(0, 2);
}

static void cancel_scope(void *arg) {
    (void)arg;
    edo_scope_cancel(scope);
}

/* The spawn is refused, or the child receives the cancellation. */
static void spawn_against_stop(void) {
    begin(1);
    open_scope(NULL);
    edoi_model_start(cancel_scope, NULL);
    int err = edo_scope_spawn_at(scope, waiting_child, NULL, "child");
    edoi_model_wait();
    MODEL_CHECK(err == 0 || err == -ECANCELED);
    hands_run(0);
    MODEL_CHECK(scope->alive_n == 0);
    MODEL_CHECK(close_scope() == 0);
    end(err == 0 ? 1 : 0);
}

/* The spawn races with a failing sibling, which stops the scope on a worker. */
static void spawn_against_failure(void) {
    begin(1);
    open_scope(NULL);
    MODEL_CHECK(edo_scope_spawn_at(scope, failing_child, NULL, "failing") == 0);
    edoi_model_start(run_one_as_first, NULL);
    int err = edo_scope_spawn_at(scope, waiting_child, NULL, "child");
    edoi_model_wait();
    MODEL_CHECK(err == 0 || err == -ECANCELED);
    hands_run(0);
    MODEL_CHECK(scope->alive_n == 0);
    MODEL_CHECK(close_scope() == -EIO);
    end(err == 0 ? 2 : 1);
}

static void end_against_last_child(void) {
    begin(1);
    open_scope(NULL);
    MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
    edoi_model_start(run_one_as_first, NULL);
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(1);
}

/* A child that the scope does not wait for is done, for all that have its handle. */
static void end_against_child_with_handle(void) {
    begin(1);
    open_scope(NULL);
    edo_task *child = edo_scope_spawn_handle_at(scope, quick_child, NULL, "child");
    MODEL_CHECK(child);
    edoi_model_start(run_one_as_first, NULL);
    MODEL_CHECK(close_scope() == 0);
    MODEL_CHECK(edo_task_is_finished(child));
    edo_task_unref(child);
    edoi_model_wait();
    end(1);
}

/* The handle goes while the child ends. */
static void unref_against_end_of_child(void) {
    begin(1);
    open_scope(NULL);
    edo_task *child = edo_scope_spawn_handle_at(scope, quick_child, NULL, "child");
    MODEL_CHECK(child);
    edoi_model_start(run_one_as_first, NULL);
    edo_task_unref(child);
    edo_scope_cancel(scope);
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(1);
}

static void run_as(void *arg) {
    hands_run(*(const uint32_t *)arg);
}

/* Each worker has one: they end at once, and one of them is the last. */
static void end_against_two_last_children(void) {
    static uint32_t first = 0, second = 1;
    static const edo_scope_opts spread = { .spread = true };
    begin(2);
    open_scope(&spread);
    for (int i = 0; i < 2; i++)
        MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
    edoi_model_start(run_as, &first);
    edoi_model_start(run_as, &second);
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(2);
}

static void stop_against_end_of_child(void) {
    begin(1);
    open_scope(NULL);
    MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
    edoi_model_start(run_one_as_first, NULL);
    edo_scope_cancel(scope);
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(1);
}

/* One fails while the other begins, waits, or has not begun, on another worker. */
static void failure_against_sibling(void) {
    static uint32_t first = 0, second = 1;
    static const edo_scope_opts spread = { .spread = true };
    begin(2);
    open_scope(&spread);
    MODEL_CHECK(edo_scope_spawn_at(scope, failing_child, NULL, "failing") == 0);
    MODEL_CHECK(edo_scope_spawn_at(scope, waiting_child, NULL, "waiting") == 0);
    edoi_model_start(run_as, &first);
    edoi_model_start(run_as, &second);
    edoi_model_wait();
    for (uint32_t i = 0; i < 2; i++) hands_run(i);
    MODEL_CHECK(scope->alive_n == 0);
    MODEL_CHECK(close_scope() == -EIO);
    end(2);
}

static void wait_for_place_against_end_of_child(void) {
    static const edo_scope_opts one_at_once = { .at_once = 1 };
    begin(1);
    open_scope(&one_at_once);
    edoi_model_start(run_two_as_first, NULL);
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
        MODEL_CHECK(edoi_load_rlx_u32(&alive_n) <= 1);
    }
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(2);
}

/* ---- Another task spawns, too ---------------------------------------------------------------- */

static edo_atomic_u32 guests_n; /* guests that have had their answer */
static int guests_result;

static int guest(void *arg) {
    (void)arg;
    guests_result = edo_scope_spawn_at(scope, quick_child, NULL, "guest's child");
    (void)edoi_add_rlx_u32(&guests_n, 1);
    return 0;
}

static void begin_with_guest(const edo_scope_opts *opts) {
    begin(1);
    edoi_store_rlx_u32(&guests_n, 0);
    open_scope(opts);
    MODEL_CHECK(edo_spawn_detached_at(guest, NULL, "guest") == 0);
}

static void run_guest_and_all_as_first(void *arg) {
    while (edoi_load_rlx_u32(&guests_n) == 0) {
        hands_run(0);
        MODEL_AROUND();
    }
    run_until_all_have_ended(0, *(const uint32_t *)arg);
}

static const edo_scope_opts single = { .at_once = 1 };

/* Both want the one place. */
static void place_of_owner_against_guest(void) {
    static uint32_t both = 2;
    begin_with_guest(&single);
    edoi_model_start(run_guest_and_all_as_first, &both);
    MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
    edoi_model_wait();
    MODEL_CHECK(guests_result == 0);
    MODEL_CHECK(close_scope() == 0);
    end(2);
}

/* The guest has the place, or is refused in line, or before. */
static void stop_against_guest(void) {
    static uint32_t owns = 1;
    begin_with_guest(&single);
    MODEL_CHECK(edo_scope_spawn_at(scope, quick_child, NULL, "child") == 0);
    edoi_model_start(run_guest_and_all_as_first, &owns);
    edo_scope_cancel(scope);
    edoi_model_wait();
    MODEL_CHECK(guests_result == 0 || guests_result == -ECANCELED);
    hands_run(0);
    MODEL_CHECK(scope->alive_n == 0);
    MODEL_CHECK(close_scope() == 0);
    end(guests_result == 0 ? 2 : 1);
}

static int child_spawns(void *arg) {
    child_begins();
    (void)guest(arg);
    return child_ends(guests_result);
}

/* The owner's wait for the end is its own, whoever spawns meanwhile. */
static void end_against_spawn_of_child(void) {
    begin(1);
    open_scope(NULL);
    MODEL_CHECK(edo_scope_spawn_at(scope, child_spawns, NULL, "child") == 0);
    edoi_model_start(run_two_as_first, NULL);
    MODEL_CHECK(close_scope() == 0);
    edoi_model_wait();
    end(2);
}

/* ---- The owner is a fiber -------------------------------------------------------------------- */

static edo_task_fn *child_fn;
static int owner_result;

static int own(void *arg) {
    static const edo_scope_opts spread = { .spread = true };
    open_scope(&spread);
    MODEL_CHECK(edo_scope_spawn_at(scope, child_fn, NULL, "child") == 0);
    if (arg) {
        gate f;
        int err = edo_await(gate_init(&f, arg)); // a failure cuts it short
        MODEL_CHECK(err == -ECANCELED);
    }
    owner_result = close_scope();
    return owner_result;
}

/* It runs on the first worker and waits, for the end or for `waits_for`; the child is on its way to
 * the second. */
static void begin_as_fiber(edo_task_fn *child, void *waits_for) {
    hands_begin_with_stacks(2);
    child_fn = child;
    (void)hands_become(0);
    owner = edo_spawn_at(own, waits_for, "owner");
    MODEL_CHECK(owner);
    edoi_worker_set_here(NULL);
    hands_run(0);
}

static void end_as_fiber(void) {
    hands_run_rest(owner);
    MODEL_CHECK(edoi_task_future(owner)->result == owner_result);
    MODEL_CHECK(edoi_load_rlx_u32(&alive_n) == 0 && edoi_load_rlx_u32(&ended_n) == 1);
}

static void abort_owner(void *arg) {
    (void)arg;
    edo_task_cancel(owner);
}

/* The child ends only if the cancellation is passed on, in whatever state it is found. */
static void cancel_of_owner_against_child(void) {
    begin_as_fiber(waiting_child, NULL);
    edoi_model_start(hands_run_second, NULL);
    abort_owner(NULL);
    hands_run(0);
    end_as_fiber();
    MODEL_CHECK(owner_result == -ECANCELED);
}

static void cancel_of_owner_against_end_of_child(void) {
    begin_as_fiber(quick_child, NULL);
    edoi_model_start(hands_run_second, NULL);
    abort_owner(NULL);
    hands_run(0);
    end_as_fiber();
    MODEL_CHECK(owner_result == 0 || owner_result == -ECANCELED);
}

static void owner_is_cut_short_by_failure(void) {
    begin_as_fiber(failing_child, &never);
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    end_as_fiber();
    MODEL_CHECK(owner_result == -EIO);
}

#define LIMIT_NS 10000000

/* Ends as the limit that it has inherited passes. */
static int child_at_limit(void *arg) {
    (void)arg;
    child_begins();
    edoi_model_set_clock(LIMIT_NS);
    return child_ends(-ECANCELED);
}

static int own_with_limit(void *arg) {
    (void)arg;
    static const edo_scope_opts spread = { .spread = true };
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(LIMIT_NS));
    open_scope(&spread);
    MODEL_CHECK(edo_scope_spawn_at(scope, child_at_limit, NULL, "child") == 0);
    owner_result = edo_deadline_end(&d, close_scope());
    return owner_result;
}

static void end_against_limit(void) {
    edoi_model_set_clock(0);
    hands_begin_with_stacks(2);
    (void)hands_become(0);
    owner = edo_spawn_at(own_with_limit, NULL, "owner");
    MODEL_CHECK(owner);
    edoi_worker_set_here(NULL);
    edoi_model_start(hands_run_second, NULL);
    hands_run(0);
    end_as_fiber();
    edoi_model_set_clock(0);
    MODEL_CHECK(owner_result == -ETIMEDOUT);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(spawn_against_stop),
        MODEL(spawn_against_failure),
        MODEL(end_against_last_child),
        MODEL(end_against_two_last_children),
        MODEL(end_against_child_with_handle),
        MODEL(unref_against_end_of_child),
        MODEL(stop_against_end_of_child),
        MODEL(failure_against_sibling),
        MODEL(wait_for_place_against_end_of_child),
        MODEL(place_of_owner_against_guest),
        MODEL(stop_against_guest),
        MODEL(end_against_spawn_of_child),
        MODEL(cancel_of_owner_against_child),
        MODEL(cancel_of_owner_against_end_of_child),
        MODEL(owner_is_cut_short_by_failure),
        MODEL(end_against_limit),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
