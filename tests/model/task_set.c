/* SPDX-License-Identifier: MIT */
/* Goal: the end of a task of a set is neither lost nor told twice, whether the set's owner spawns,
 * waits, leaves, aborts or lets go at the same time; nothing of the set is touched after its end.
 * So it is with a task whose key another one takes, or that is cancelled by its key.
 * Method: a worker by hand runs the tasks; the owner is a thread outside. */
#define STACKS      2
#define STACK_BYTES ((size_t)32 * 1024)

#include "bell.h"
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>

static edo_task_set *set;      // on the heap, so that a thread that touches it too late is found
static edo_atomic_u32 never;   /* a gate that is never opened: only a cancellation ends the wait */
static edo_atomic_u32 ended_n; /* tasks whose function has returned */
static int written;

static int returns(int result) {
    (void)edoi_add_rlx_u32(&ended_n, 1);
    return result;
}

static int write_once(void *arg) {
    *(int *)arg = 1;
    return returns(7);
}

static int wait_at_gate(void *arg) {
    gate f;
    (void)arg;
    return returns(edo_await(gate_init(&f, &never)));
}

static void spawn(edo_task_fn *fn) {
    MODEL_CHECK(edo_task_set_spawn_at(set, fn, &written, "task") == 0);
}

/* A task that puts another one into its set. */
static int spawn_another(void *arg) {
    spawn(write_once);
    (void)arg;
    return returns(7);
}

static void begin(bool ordered) {
    hands_begin_with_stacks(1);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    set = malloc(sizeof *set);
    edo_task_set_init(set, &(edo_task_set_opts){ .ordered = ordered });
}

static void run_until(uint32_t tasks_n) {
    while (edoi_load_rlx_u32(&ended_n) < tasks_n) {
        hands_run(0);
        MODEL_AROUND();
    }
}

static void run_one(void *arg) {
    (void)arg;
    run_until(1);
}

static void run_two(void *arg) {
    (void)arg;
    run_until(2);
}

static void free_set(void) {
    edo_task_set_deinit(set);
    free(set);
}

static void end(void) {
    MODEL_CHECK(edo_task_set_len(set) == 0);
    free_set();
    edoi_model_wait();
    edo_runtime_leave(rt);
}

static void next(void) {
    edo_task_ended done;
    MODEL_CHECK(edo_task_set_join_next(set, &done) == 1);
    MODEL_CHECK(done.arg == &written && done.result == 7 && done.outcome == EDO_OUTCOME_RETURNED);
}

static void ends_while_the_next_is_awaited(void) {
    begin(false);
    spawn(write_once);
    edoi_model_start(run_one, NULL);
    next();
    MODEL_CHECK(written == 1);
    end();
}

static void ends_while_it_is_spawned(void) {
    begin(false);
    edoi_model_start(run_one, NULL);
    spawn(write_once);
    next();
    end();
}

static void two_end(void) {
    begin(false);
    spawn(write_once);
    spawn(write_once);
    edoi_model_start(run_two, NULL);
    next();
    next();
    end();
}

static void two_end_in_order(void) {
    begin(true);
    spawn(write_once);
    spawn(write_once);
    edoi_model_start(run_two, NULL);
    next();
    next();
    end();
}

static void spawned_by_a_task_of_the_set(void) {
    begin(false);
    spawn(spawn_another);
    edoi_model_start(run_two, NULL);
    next();
    next();
    end();
}

/* A next that waits with one bell, then with another, and goes: no bell is rung after its end. */
static void next_leaves_as_the_task_ends(void) {
    edo_task_set_join_next_future f;
    edo_task_ended done;
    begin(false);
    spawn(write_once);
    edoi_model_start(run_one, NULL);
    bool ready = bell_poll_and_drop(edo_task_set_join_next_init(&f, set, &done), true);
    if (!ready) next();
    end();
}

/* The first task stays; the second one's end must not be taken for it. */
static void aborted_as_another_ends(void) {
    edo_task_ended done[2];
    begin(false);
    spawn(wait_at_gate);
    spawn(write_once);
    edoi_model_start(run_two, NULL);
    edo_task_set_cancel_all(set);
    for (int i = 0; i < 2; i++) MODEL_CHECK(edo_task_set_join_next(set, &done[i]) == 1);
    MODEL_CHECK(done[0].result + done[1].result == 7 - ECANCELED);
    end();
}

static void shut_down_as_it_begins(void) {
    begin(false);
    spawn(wait_at_gate);
    edoi_model_start(run_one, NULL);
    MODEL_CHECK(edo_task_set_shutdown(set) == 0);
    MODEL_CHECK(edoi_load_rlx_u32(&ended_n) == 1);
    end();
}

static void let_go_as_it_ends(void) {
    begin(false);
    spawn(write_once);
    edoi_model_start(run_one, NULL);
    edo_task_set_detach_all(set);
    end();
}

static void set_goes_as_the_task_ends(void) {
    edo_task_set_join_next_future f;
    edo_task_ended done;
    begin(false);
    spawn(write_once);
    edoi_model_start(run_one, NULL);
    (void)bell_poll_and_drop(edo_task_set_join_next_init(&f, set, &done), false);
    free_set();
    edoi_model_wait();
    edo_runtime_leave(rt);
}

static void spawn_keyed(edo_task_fn *fn) {
    MODEL_CHECK(edo_task_set_spawn_keyed_at(set, 1, fn, &written, "task") == 0);
}

/* Of the first nothing is told, whether it has ended or is cancelled. */
static void replaced_as_it_ends(void) {
    edo_task_ended done;
    begin(false);
    spawn_keyed(write_once);
    edoi_model_start(run_one, NULL);
    spawn_keyed(write_once);
    edoi_model_wait();
    run_until(2);
    MODEL_CHECK(edo_task_set_len(set) == 1);
    MODEL_CHECK(edo_task_set_try_join_next(set, &done) == 1 && done.result == 7);
    MODEL_CHECK(edo_task_set_try_join_next(set, &done) == 0 && !set->keys);
    end();
}

static void spawn_second(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    spawn_keyed(write_once);
    edo_runtime_leave(rt);
}

/* The owner takes the end of the first, or comes too late. */
static void replaced_as_it_is_taken(void) {
    edo_task_ended done;
    begin(false);
    spawn_keyed(write_once);
    edoi_model_start(run_one, NULL);
    edoi_model_wait();
    edoi_model_start(spawn_second, NULL);
    int rc = edo_task_set_try_join_next(set, &done);
    MODEL_CHECK(rc == 1 || rc == -EAGAIN);
    edoi_model_wait();
    run_until(2);
    MODEL_CHECK(edo_task_set_try_join_next(set, &done) == 1 && done.result == 7);
    MODEL_CHECK(edo_task_set_try_join_next(set, &done) == 0);
    MODEL_CHECK(!set->keys && set->replaced_n == 0);
    end();
}

static void cancelled_by_its_key_as_it_ends(void) {
    edo_task_ended done;
    begin(false);
    spawn_keyed(write_once);
    edoi_model_start(run_one, NULL);
    MODEL_CHECK(edo_task_set_cancel(set, 1));
    MODEL_CHECK(edo_task_set_join_next(set, &done) == 1 && done.key == 1);
    MODEL_CHECK(!edo_task_set_cancel(set, 1) && !edo_task_set_has(set, 1));
    end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(ends_while_the_next_is_awaited),
        MODEL(ends_while_it_is_spawned),
        MODEL(two_end),
        MODEL(two_end_in_order),
        MODEL(spawned_by_a_task_of_the_set),
        MODEL(next_leaves_as_the_task_ends),
        MODEL(aborted_as_another_ends),
        MODEL(shut_down_as_it_begins),
        MODEL(let_go_as_it_ends),
        MODEL(set_goes_as_the_task_ends),
        MODEL(replaced_as_it_ends),
        MODEL(replaced_as_it_is_taken),
        MODEL(cancelled_by_its_key_as_it_ends),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
