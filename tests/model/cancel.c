/* SPDX-License-Identifier: MIT */
/* Goal: a cancellation reaches its task in whatever state it finds it, once, with its cause; beside
 * a wake, beside another cancellation, and against the end. */
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "world.h"

#include <errno.h>

static edo_atomic_u32 go;
static edo_task *task;
static unsigned drops_n;

/* A gate that records at its drop the reason for which it was cut. */
static void stuck_drop(edo_future *f) {
    if (edo_future_is_over(f)) return;
    drops_n++;
    MODEL_CHECK(edoi_load_rlx_u16(&task->cause) == EDO_CANCEL_ASKED);
    edo_future_retire(f);
}

static const edo_future_ops stuck_ops = {
    .poll = gate_poll, .drop = stuck_drop, .name = "stuck", .size = sizeof(gate)
};

static void spawn_stuck(void) {
    gate f;
    (void)gate_init(&f, &go);
    f.base.ops = &stuck_ops;
    task = edo_spawn_future(&f.base);
    MODEL_CHECK(task);
}

static void abort_it(void *arg) {
    (void)arg;
    edo_task_cancel(task);
}

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static edo_polled abort_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edo_task_cancel(task);
    return edo_future_finish(f, 0);
}

/* On the worker's own thread. */
static void spawn_aborter(void) {
    static const edo_future_ops ops = { .poll = abort_poll,
                                        .name = "aborter",
                                        .size = sizeof(edo_future) };
    edo_future f;
    edo_task_detach(edo_spawn_future(edo_future_init(&f, &ops)));
}

/* All threads are through: the task has ended, or ends now. */
static void run_and_end(bool may_return) {
    edoi_model_wait();
    world_run();
    edo_task_outcome outcome = edo_task_get_outcome(task);
    MODEL_CHECK(outcome == EDO_OUTCOME_CANCELED || (may_return && outcome == EDO_OUTCOME_RETURNED));
    MODEL_CHECK(drops_n == (outcome == EDO_OUTCOME_CANCELED));
    edoi_drive_end(rt);
    edo_task_detach(task);
    world_end();
}

static void cancel_against_settle(void) {
    world_begin();
    spawn_stuck();
    world_drive();
    edoi_model_start(abort_it, NULL);
    world_run();
    run_and_end(false);
}

static void two_cancel(void) {
    world_begin();
    spawn_stuck();
    world_drive();
    edoi_model_start(abort_it, NULL);
    edoi_model_start(abort_it, NULL);
    world_run();
    run_and_end(false);
}

static void cancel_beside_wake(void) {
    world_begin();
    spawn_stuck();
    world_drive();
    edoi_model_start(abort_it, NULL);
    edoi_model_start(open_gate, NULL);
    world_run();
    run_and_end(true);
}

/* Two from one thread, so that the second finds the first's wake. */
static void wake_then_cancel(void *arg) {
    open_gate(arg);
    abort_it(arg);
}

static void cancel_after_wake(void) {
    world_begin();
    spawn_stuck();
    world_drive();
    edoi_model_start(wake_then_cancel, NULL);
    world_run();
    run_and_end(true);
}

static void own_cancel_beside_wake(void) {
    world_begin();
    spawn_stuck();
    spawn_aborter();
    world_drive();
    edoi_model_start(open_gate, NULL);
    world_run();
    run_and_end(true);
}

static void own_cancel_beside_another(void) {
    world_begin();
    spawn_stuck();
    spawn_aborter();
    world_drive();
    edoi_model_start(abort_it, NULL);
    world_run();
    run_and_end(false);
}

/* The abort comes while a thread joins, in the real loop. */
static void cancel_against_sleep(void) {
    world_begin();
    spawn_stuck();
    (void)edo_task_ref(task);
    edoi_model_start(abort_it, NULL);
    MODEL_CHECK(world_join(task) == -ECANCELED);
    edoi_model_wait();
    edo_task_detach(task);
    world_end();
}

/* ---- By a token ------------------------------------------------------------------------------ */

static edo_cancel_token *token;
static int written;

static void fire_it(void *arg) {
    (void)arg;
    written = 1;
    edo_cancel(token, EDO_CANCEL_ASKED);
}

static void spawn_guarded(void) {
    gate f;
    (void)gate_init(&f, &go);
    f.base.ops = &stuck_ops;
    task = edo_spawn_future_with(&f.base, &(edo_spawn_opts){ .cancel = token });
    MODEL_CHECK(task);
}

static void world_begin_with_token(void) {
    world_begin();
    MODEL_CHECK(edo_cancel_new(&token) == 0);
}

static void token_against_settle(void) {
    world_begin_with_token();
    spawn_guarded();
    world_drive();
    edoi_model_start(fire_it, NULL);
    world_run();
    run_and_end(false);
    edo_cancel_unref(token); // no waiter is left there
}

static void token_against_spawn(void) {
    world_begin_with_token();
    edoi_model_start(fire_it, NULL);
    spawn_guarded();
    world_drive();
    world_run();
    run_and_end(false);
    edo_cancel_unref(token);
}

/* The task ends, its memory goes, and it has left the token before. */
static void token_against_end(void) {
    world_begin_with_token();
    edoi_store_rlx_u32(&go, 1);
    gate f;
    int err =
        edo_spawn_future_detached_with(gate_init(&f, &go), &(edo_spawn_opts){ .cancel = token });
    MODEL_CHECK(err == 0);
    edoi_model_start(fire_it, NULL);
    world_drive_once();
    edoi_model_wait();
    edo_cancel_unref(token);
    world_end();
}

/* A thread waits in a block of the token; it sees the writes made before the token fired. */
static void token_against_await(void) {
    world_begin_with_token();
    edoi_model_start(fire_it, NULL);
    edo_cancel_block b;
    edo_cancel_begin(&b, token);
    edo_pending_future never;
    int err = edo_block_on(rt, edo_pending_init(&never));
    MODEL_CHECK(edo_cancel_end(&b, err) == -ECANCELED);
    MODEL_CHECK(written == 1);
    edoi_model_wait();
    edo_cancel_unref(token);
    world_end();
}

/* It leaves the block while the token fires. */
static void token_against_leaving(void) {
    world_begin_with_token();
    edoi_model_start(fire_it, NULL);
    edo_cancel_block b;
    edo_cancel_begin(&b, token);
    (void)edo_cancel_end(&b, 0);
    edoi_model_wait();
    edo_cancel_unref(token);
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(cancel_against_settle),  MODEL(two_cancel),
        MODEL(cancel_beside_wake),     MODEL(cancel_after_wake),
        MODEL(own_cancel_beside_wake), MODEL(own_cancel_beside_another),
        MODEL(cancel_against_sleep),   MODEL(token_against_settle),
        MODEL(token_against_spawn),    MODEL(token_against_end),
        MODEL(token_against_await),    MODEL(token_against_leaving),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
