/* SPDX-License-Identifier: MIT */
/* Goal: the memory of tasks goes back, whichever thread gives it back, before, while, and after the
 * runtime leaves it: each slot once, each page once, and none stays.
 * Method: handles and wakers that other threads let go of, against the end of the runtime; and the
 * slab alone, with all slots of a page in use, so that its owner has to take slots that other
 * threads gave back. */
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "world.h"

#define SLOT_BYTES 1000u /* 64 in a page */
#define LARGE      2000u /* a page each */

static edo_task *tasks[2];
static int written;

/* ---- Against the end ------------------------------------------------------------------------- */

static void let_go_of(void *arg) {
    edo_task_detach(arg);
}

static void let_go_of_waker(void *arg) {
    edo_waker_unref(&((edo_task *)arg)->waker);
}

/* `n` tasks that have ended, with a handle each. */
static void begin_with(unsigned n) {
    world_begin();
    for (unsigned i = 0; i < n; i++) tasks[i] = spawn_writer(&written);
    world_drive_once();
}

static void end_and_count(void) {
    world_end();
    edoi_model_wait();
    MODEL_CHECK(edoi_model_mappings() == 0);
}

static void last_handle_against_the_end(void) {
    begin_with(1);
    edoi_model_start(let_go_of, tasks[0]);
    end_and_count();
}

static void last_waker_against_the_end(void) {
    begin_with(1);
    (void)edo_waker_ref(&tasks[0]->waker);
    edoi_model_start(let_go_of_waker, tasks[0]);
    edo_task_detach(tasks[0]);
    end_and_count();
}

/* Both in one page: the last of the three unmaps it. */
static void two_handles_against_the_end(void) {
    begin_with(2);
    edoi_model_start(let_go_of, tasks[0]);
    edoi_model_start(let_go_of, tasks[1]);
    end_and_count();
}

/* Two let go of one task. */
static void handle_and_waker_against_the_end(void) {
    begin_with(1);
    (void)edo_waker_ref(&tasks[0]->waker);
    edoi_model_start(let_go_of, tasks[0]);
    edoi_model_start(let_go_of_waker, tasks[0]);
    end_and_count();
}

/* ---- The slab alone -------------------------------------------------------------------------- */

static edoi_task_slab slab;

static edo_task *get(size_t bytes) {
    static const edo_future_ops ops = { .name = "none", .size = sizeof(edo_future) };
    edo_task *t = edoi_task_slab_get(&slab, bytes);
    MODEL_CHECK(t);
    edoi_task_init(t, 1, "slab", OWNER_NONE, 0);
    (void)edo_future_init(edoi_task_future(t), &ops);
    return t;
}

static void give_back(void *arg) {
    edoi_task_slab_put_foreign(NULL, arg);
}

/* The slab has no free slot; two of those in use are `tasks`. */
static void fill(size_t bytes) {
    for (unsigned i = 0; i < 2; i++) tasks[i] = get(bytes);
    for (unsigned n = 2; bytes <= SLAB_BYTES_MAX && n < 65536 / (bytes + 16); n++)
        MODEL_CHECK(edoi_task_slab_get(&slab, bytes));
    MODEL_CHECK(bytes > SLAB_BYTES_MAX || !edoi_task_slab_get_used(&slab, bytes));
}

/* A slot that was given back is there for the next, or a new page is. */
static void given_back_against_get(void) {
    fill(SLOT_BYTES);
    edoi_model_start(give_back, tasks[0]);
    edo_task *next = get(SLOT_BYTES);
    edoi_model_wait();
    MODEL_CHECK(edoi_model_mappings() == (next == tasks[0] ? 1 : 2));
}

static void two_given_back_against_get(void) {
    fill(SLOT_BYTES);
    edoi_model_start(give_back, tasks[0]);
    edoi_model_start(give_back, tasks[1]);
    edo_task *one = get(SLOT_BYTES), *two = get(SLOT_BYTES);
    edoi_model_wait();
    MODEL_CHECK(one != two);
    bool old = one == tasks[0] || one == tasks[1];
    MODEL_CHECK(edoi_model_mappings() == (old && (two == tasks[0] || two == tasks[1]) ? 1 : 2));
}

static void large_given_back_against_get(void) {
    fill(LARGE);
    edoi_model_start(give_back, tasks[0]);
    edoi_model_start(give_back, tasks[1]);
    (void)get(LARGE);
    edoi_model_wait();
    edoi_task_slab_put(&slab, get(LARGE)); // looks once more at the slots that were given back
    MODEL_CHECK(edoi_model_mappings() == 1);
}

static void large_given_back_against_the_end(void) {
    fill(LARGE);
    edoi_model_start(give_back, tasks[0]);
    edoi_model_start(give_back, tasks[1]);
    edoi_task_slab_deinit(&slab);
    edoi_model_wait();
    MODEL_CHECK(edoi_model_mappings() == 0);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(last_handle_against_the_end),  MODEL(last_waker_against_the_end),
        MODEL(two_handles_against_the_end),  MODEL(handle_and_waker_against_the_end),
        MODEL(given_back_against_get),       MODEL(two_given_back_against_get),
        MODEL(large_given_back_against_get), MODEL(large_given_back_against_the_end),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
