/* SPDX-License-Identifier: MIT */
/* Goal: while an idle worker takes the tasks that a sibling in a long poll keeps to itself, that
 * poll may do all that a poll does: nothing is lost, nothing runs twice, and no plain memory is
 * touched by both.
 * Method: the first worker runs an actor, a task whose poll does something to other tasks; the
 * second takes over, at any moment, and runs the tasks it got. Each event comes twice where a
 * second one could be lost. */
#include "runtime/scheduler/takeover.h"
#include "hands.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

static edo_atomic_u32 go;
static edo_task *task;
static int written;

/* A future that calls `act` in its first poll, and is ready in the poll where that returns true. */
typedef struct actor {
    edo_future base;
    bool (*act)(struct actor *self, edo_cx *cx);
    edo_task_join_future join;
    uint32_t polls_n;
} actor;

static edo_polled actor_poll(edo_future *f, edo_cx *cx) {
    actor *self = (actor *)(void *)f;
    self->polls_n++;
    return self->act(self, cx) ? edo_future_finish(f, 7) : EDO_PENDING;
}

static const edo_future_ops actor_ops = { .poll = actor_poll,
                                          .name = "actor",
                                          .size = sizeof(actor) };

static edo_task *spawn_actor(bool (*act)(actor *self, edo_cx *cx)) {
    actor f = { .act = act };
    edo_task *t = edo_spawn_future(edo_future_init(&f.base, &actor_ops));
    MODEL_CHECK(t);
    return t;
}

/* ---- The helper ------------------------------------------------------------------------------ */

static void take_over_as(uint32_t index) {
    (void)edoi_takeover(hands_become(index), rt->workers[0]);
    edoi_worker_set_here(NULL);
}

static void take_over(void *arg) {
    (void)arg;
    take_over_as(1);
}

static void take_over_twice(void *arg) {
    take_over(arg);
    take_over(arg);
}

/* The first worker, with two tasks in its batch at most. */
static void begin(void) {
    hands_begin(2);
    hands_keep(2);
    (void)hands_become(0);
}

/* A gate that waits, deferred at the first worker. */
static void begin_with_deferred(void) {
    begin();
    task = spawn_gate(&go);
    edoi_scheduler_run(rt->workers[0]);
    MODEL_CHECK(task->own == OWN_DEFERRED);
}

/* Runs the tasks queued at the first worker beside the helper, then all that are left. */
static void run_beside(edoi_model_thread_fn *helper, const edo_task *until) {
    edoi_model_start(helper, NULL);
    edoi_worker *w = hands_become(0);
    edoi_scheduler_run(w);
    edoi_run_queue_settle(w);
    edoi_worker_set_here(NULL);
    hands_run_rest(until);
}

/* ---- What a poll does meanwhile -------------------------------------------------------------- */

static bool do_nothing(actor *self, edo_cx *cx) {
    (void)self;
    (void)cx;
    return true;
}

/* A task queued behind the poll runs once: here or there. */
static void end_of_the_poll(void) {
    begin();
    edo_task *a = spawn_actor(do_nothing);
    edo_task_detach(a);
    task = spawn_writer(&written);
    run_beside(take_over, task);
    MODEL_CHECK(written == 1);
}

static void open_gate(void) {
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static bool wake_twice(actor *self, edo_cx *cx) {
    (void)self;
    (void)cx;
    edo_waker_wake(&task->waker);
    open_gate();
    return true;
}

static void wake_of_a_deferred_task(void) {
    begin_with_deferred();
    edo_task_detach(spawn_actor(wake_twice));
    run_beside(take_over, task);
}

static bool abort_it(actor *self, edo_cx *cx) {
    (void)self;
    (void)cx;
    edo_task_cancel(task);
    return true;
}

static void cancel_of_a_deferred_task(void) {
    begin_with_deferred();
    edo_task_detach(spawn_actor(abort_it));
    run_beside(take_over, task);
    MODEL_CHECK(edo_task_get_outcome(task) == EDO_OUTCOME_CANCELED);
}

static void cancel_of_a_queued_task(void) {
    begin();
    edo_task_detach(spawn_actor(abort_it));
    task = spawn_gate(&go);
    run_beside(take_over, task);
    MODEL_CHECK(edo_task_get_outcome(task) == EDO_OUTCOME_CANCELED);
}

/* Joins `task`, which is queued at this worker. */
static bool join_it(actor *self, edo_cx *cx) {
    if (self->polls_n == 1) (void)edo_task_join_init(&self->join, task);
    return edo_poll(&self->join.base, cx) == EDO_READY;
}

static void join_of_a_queued_task(void) {
    begin();
    edo_task *joiner = spawn_actor(join_it);
    task = spawn_writer(&written);
    run_beside(take_over, joiner);
    MODEL_CHECK(written == 1);
}

static bool join_and_leave(actor *self, edo_cx *cx) {
    bool ready = join_it(self, cx);
    edo_task_ref(task); // the join gives one back
    edo_drop(&self->join.base);
    (void)ready;
    return true;
}

static void leave_of_a_queued_task(void) {
    begin();
    edo_task_detach(spawn_actor(join_and_leave));
    task = spawn_writer(&written);
    (void)edo_task_ref(task);
    run_beside(take_over, task);
    MODEL_CHECK(written == 1);
}

static bool spawn_two(actor *self, edo_cx *cx) {
    static int other;
    (void)self;
    (void)cx;
    edo_task_detach(spawn_writer(&other));
    task = spawn_writer(&written);
    return true;
}

static void spawn_in_the_poll(void) {
    begin();
    edo_task *a = spawn_actor(spawn_two);
    run_beside(take_over, a);
    for (uint32_t i = 0; i < 2; i++) hands_run(i);
    MODEL_CHECK(edo_task_is_finished(task) && written == 1);
}

/* Is polled once more for each wake of its own; no other wakes it. */
static bool wake_itself_twice(actor *self, edo_cx *cx) {
    if (self->polls_n <= 2) edo_waker_wake(edo_cx_waker(cx));
    return self->polls_n == 3;
}

static void wake_of_the_task_that_runs(void) {
    begin();
    task = spawn_actor(wake_itself_twice);
    run_beside(take_over_twice, task);
}

/* The poll after a revoked one keeps the tasks that it queues, until they are taken too. */
static bool spawn_in_both(actor *self, edo_cx *cx) {
    edo_task_detach(spawn_writer(&written));
    return wake_itself_twice(self, cx);
}

static void two_polls_one_after_the_other(void) {
    begin();
    task = spawn_actor(spawn_in_both);
    run_beside(take_over_twice, task);
}

static bool give_all(actor *self, edo_cx *cx) {
    (void)self;
    (void)cx;
    edoi_run_queue_give_all(edoi_worker_here());
    return true;
}

static void giving_all_away(void) {
    begin_with_deferred();
    edo_task_detach(spawn_actor(give_all));
    edo_task *w = spawn_writer(&written);
    edoi_store_rlx_u32(&go, 1);
    run_beside(take_over, w);
    MODEL_CHECK(written == 1);
}

/* ---- Others ---------------------------------------------------------------------------------- */

static void open_elsewhere(void *arg) {
    (void)arg;
    open_gate();
}

/* A plain thread wakes tasks that lie deferred, while the helper settles them. */
static void wake_by_a_plain_thread(void) {
    begin_with_deferred();
    edo_task_detach(spawn_actor(do_nothing));
    edoi_model_start(open_elsewhere, NULL);
    run_beside(take_over, task);
}

static void take_over_as_third(void *arg) {
    (void)arg;
    take_over_as(2);
}

static void two_helpers(void) {
    hands_begin(3);
    hands_keep(2);
    (void)hands_become(0);
    edo_task_detach(spawn_actor(do_nothing));
    task = spawn_writer(&written);
    edoi_model_start(take_over_as_third, NULL);
    run_beside(take_over, task);
    MODEL_CHECK(written == 1);
}

/* Where the kernel has no barrier for all threads each side makes a fence of its own. */
static void without_the_barrier(void) {
    begin_with_deferred();
    edoi_store_rlx_u32(&rt->workers[0]->places.taken, EDOI_PLACES_FENCED);
    edo_task_detach(spawn_actor(wake_twice));
    run_beside(take_over, task);
}

/* Too many interleavings for a complete search. */
#define SOME(f, n)                                                                                 \
    { .name = #f, .fn = f, .turns_max = (n) }

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(end_of_the_poll),
        MODEL(wake_of_a_deferred_task),
        MODEL(cancel_of_a_deferred_task),
        MODEL(cancel_of_a_queued_task),
        MODEL(join_of_a_queued_task),
        MODEL(leave_of_a_queued_task),
        MODEL(spawn_in_the_poll),
        SOME(wake_of_the_task_that_runs, 2),
        SOME(two_polls_one_after_the_other, 2),
        SOME(giving_all_away, 2),
        SOME(wake_by_a_plain_thread, 2),
        SOME(two_helpers, 2),
        MODEL(without_the_barrier),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
