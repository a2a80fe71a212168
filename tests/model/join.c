/* SPDX-License-Identifier: MIT */
/* Goal: the end of a task against its handle: register, replace, leave, ask, drop. A joiner sees
 * the result and what the task wrote; the joiner's waker is not touched once the joiner has let go
 * of it; the task's memory goes once, after all have done with it. */
#include "bell.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "world.h"

static edo_task *task;
static int written;

/* Waits by hand for a moment, with one waker or two, and gives up. */
static void wait_by_hand(bool replace) {
    edo_task_join_future f;
    if (bell_poll_and_drop(edo_task_join_init(&f, task), replace))
        MODEL_CHECK(f.base.result == 7 && written == 1);
}

static void join(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_task_join(task) == 7);
    MODEL_CHECK(written == 1);
}

static void replace_and_leave(void *arg) {
    (void)arg;
    wait_by_hand(true);
}

static void leave(void *arg) {
    (void)arg;
    wait_by_hand(false);
}

static void ask(void *arg) {
    (void)arg;
    if (edo_task_is_finished(task)) MODEL_CHECK(written == 1);
    if (edo_task_get_outcome(task) == EDO_OUTCOME_RETURNED) MODEL_CHECK(written == 1);
    edo_task_detach(task);
}

static void detach(void *arg) {
    (void)arg;
    edo_task_detach(task);
}

static void finish_against(edoi_model_thread_fn *fn) {
    world_begin();
    task = spawn_writer(&written);
    edoi_model_start(fn, NULL);
    world_drive_once();
    edoi_model_wait();
    world_end();
}

static void finish_against_join(void) {
    finish_against(join);
}
static void finish_against_replace(void) {
    finish_against(replace_and_leave);
}
static void finish_against_leave(void) {
    finish_against(leave);
}
static void finish_against_ask(void) {
    finish_against(ask);
}
static void finish_against_detach(void) {
    finish_against(detach);
}

/* ---- Joined where the task is held, which is plain; what follows comes from elsewhere -------- */

static edo_task_join_future joined;
static bell *first_bell;

static void drop_joined(void *arg) {
    (void)arg;
    edo_drop(&joined.base);
    free(first_bell);
}

static void poll_joined(void *arg) {
    bell *second = bell_new();
    if (bell_poll(&joined.base, second)) MODEL_CHECK(joined.base.result == 7 && written == 1);
    drop_joined(arg);
    free(second);
}

/* Polled again with the first waker: only looks. */
static void poll_joined_again(void *arg) {
    if (bell_poll(&joined.base, first_bell)) MODEL_CHECK(joined.base.result == 7 && written == 1);
    drop_joined(arg);
}

static void plain_join_then(edoi_model_thread_fn *fn, bool idle) {
    static edo_atomic_u32 go;
    world_begin();
    task = idle ? spawn_gate(&go) : spawn_writer(&written);
    (void)edo_task_join_init(&joined, task);
    first_bell = bell_new();
    world_drive();
    MODEL_CHECK(!bell_poll(&joined.base, first_bell)); // the task is queued here
    if (idle) {
        written = 1;
        (void)edo_task_ref(task);
        world_run();
    }
    edoi_model_start(fn, NULL);
    if (idle) {
        edoi_store_rlx_u32(&go, 1);
        edo_waker_wake(&task->waker);
        edo_task_detach(task);
    }
    world_run();
    edoi_drive_end(rt);
    edoi_model_wait();
    world_end();
}

static void plain_join_dropped(void) {
    plain_join_then(drop_joined, false);
}
static void plain_join_replaced(void) {
    plain_join_then(poll_joined, false);
}
static void plain_join_polled_again(void) {
    plain_join_then(poll_joined_again, false);
}
static void plain_join_of_idle_dropped(void) {
    plain_join_then(drop_joined, true);
}
static void plain_join_of_idle_replaced(void) {
    plain_join_then(poll_joined, true);
}

/* Two handles, given up by two threads, and the end: one of the three frees. */
static void finish_against_two_handles(void) {
    world_begin();
    task = spawn_writer(&written);
    (void)edo_task_ref(task);
    edoi_model_start(ask, NULL);
    edoi_model_start(detach, NULL);
    world_drive_once();
    edoi_model_wait();
    world_end();
}

/* A slot that another thread gave back is used again. */
static void slot_used_again(void) {
    world_begin();
    task = spawn_writer(&written);
    edoi_model_start(ask, NULL);
    world_drive_once();
    for (size_t i = 0; i < 17; i++) // more than are carved at once
        edo_task_detach(spawn_writer(&written));
    edoi_model_wait();
    world_drive_once();
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(finish_against_join),        MODEL(finish_against_replace),
        MODEL(finish_against_leave),       MODEL(finish_against_ask),
        MODEL(finish_against_detach),      MODEL(plain_join_dropped),
        MODEL(plain_join_replaced),        MODEL(plain_join_polled_again),
        MODEL(plain_join_of_idle_dropped), MODEL(plain_join_of_idle_replaced),
        MODEL(finish_against_two_handles), MODEL(slot_used_again),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
