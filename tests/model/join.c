/* SPDX-License-Identifier: MIT */
/* Goal: the end of a task against its handle: register, replace, leave, ask, drop. Who joins sees the
 * result and what the task wrote; the joiner's waker is not touched once the joiner has let go of it;
 * the task's memory goes once, after all have done with it. */
#include "world.h"

#include <errno.h>
#include <stdlib.h>

static edo_task *task;
static int written;

/* A waker that may be freed as soon as nobody has been told of it. */
typedef struct bell {
    edo_waker waker;
    int rung;
} bell;

static edo_waker *bell_mark(edo_waker *w) {
    ((bell *)(void *)w)->rung++;
    return NULL;
}
static void bell_nothing(edo_waker *w) {
    (void)w;
}

static bell *bell_new(void) {
    static const edo_waker_ops ops = { bell_mark, bell_nothing, bell_nothing, bell_nothing };
    bell *b = malloc(sizeof *b);
    *b = (bell){ .waker = { &ops } };
    return b;
}

static bool poll_with(edo_task_join_future *f, bell *b) {
    edo_cx cx = { .waker = &b->waker, .budget = 2 };
    if (edo_poll(&f->base, &cx) == EDO_PENDING) return false;
    MODEL_CHECK(f->base.result == 7 && written == 1);
    return true;
}

static void join(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_task_join(task) == 7);
    MODEL_CHECK(written == 1);
}

static void replace_and_leave(void *arg) {
    (void)arg;
    edo_task_join_future f;
    (void)edo_task_join_init(&f, task);
    bell *first = bell_new(), *second = bell_new();
    if (!poll_with(&f, first)) (void)poll_with(&f, second);
    free(first);
    edo_drop(&f.base);
    free(second);
}

static void leave(void *arg) {
    (void)arg;
    edo_task_join_future f;
    (void)edo_task_join_init(&f, task);
    bell *b = bell_new();
    (void)poll_with(&f, b);
    edo_drop(&f.base);
    free(b);
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
        { "finish_against_join", finish_against_join, 0, NULL },
        { "finish_against_replace", finish_against_replace, 0, NULL },
        { "finish_against_leave", finish_against_leave, 0, NULL },
        { "finish_against_ask", finish_against_ask, 0, NULL },
        { "finish_against_detach", finish_against_detach, 0, NULL },
        { "finish_against_two_handles", finish_against_two_handles, 0, NULL },
        { "slot_used_again", slot_used_again, 0, NULL },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
