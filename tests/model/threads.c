/* SPDX-License-Identifier: MIT */
/* Goal: a runtime with two workers of its own, from its making to its end: no worker sleeps while
 * there is work, none waits for ever, nothing is used after it was freed. */
#include "runtime/task/task.h"
#include "world.h"

#define RUNS 500

static int written;

static void crew_begin(uint32_t workers) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_MULTI, .workers = workers, .events_max = 1, .seed = 1
    };
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
}

static void crew_end(void) {
    edo_runtime_free(rt);
    edoi_model_wait();
}

static void begin_and_end(void) {
    crew_begin(1);
    crew_end();
}

static void spawn_and_join(void) {
    crew_begin(1);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task *t = spawn_writer(&written);
    MODEL_CHECK(edo_task_join(t) == 7);
    MODEL_CHECK(written == 1);
    edo_runtime_leave(rt);
    edoi_model_wait_asleep();
}

static void two_begin_and_end(void) {
    crew_begin(2);
    crew_end();
}

/* Both come to rest, whichever worker runs them. */
static void two_spawn_and_sleep(void) {
    crew_begin(2);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task_detach(spawn_writer(&written));
    edo_runtime_leave(rt);
    edoi_model_wait_asleep();
    MODEL_CHECK(written == 1);
}

/* A task that waits for another, each on either worker, and a wake from outside. */
static edo_atomic_u32 go;
static edo_task *waits;

static edo_polled opener_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&waits->waker);
    edo_waker_unref(&waits->waker);
    return edo_future_finish(f, 0);
}

static void spawn_opener(void) {
    static const edo_future_ops ops = { .poll = opener_poll,
                                        .name = "opener",
                                        .size = sizeof(edo_future) };
    edo_future f;
    MODEL_CHECK(edo_spawn_future_detached(edo_future_init(&f, &ops)) == 0);
}

static void two_spawn_and_join(void) {
    crew_begin(2);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    waits = spawn_gate(&go);
    (void)edo_task_ref(waits);
    spawn_opener();
    edo_task_detach(spawn_writer(&written));
    MODEL_CHECK(edo_task_join(waits) == 7);
    edo_runtime_leave(rt);
    crew_end();
}

/* Tasks spawned by a task: the other worker steals them. */
static edo_polled parent_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    for (int i = 0; i < 6; i++) edo_task_detach(spawn_gate(&go));
    spawn_opener();
    return edo_future_finish(f, 7);
}

static void two_share_children(void) {
    static const edo_future_ops ops = { .poll = parent_poll,
                                        .name = "parent",
                                        .size = sizeof(edo_future) };
    crew_begin(2);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    waits = spawn_gate(&go);
    (void)edo_task_ref(waits);
    edo_future f;
    edo_task *parent = edo_spawn_future(edo_future_init(&f, &ops));
    MODEL_CHECK(edo_task_join(parent) == 7);
    MODEL_CHECK(edo_task_join(waits) == 7);
    edo_runtime_leave(rt);
    crew_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(begin_and_end),
        MODEL(spawn_and_join),
        { .name = "two_spawn_and_sleep", .fn = two_spawn_and_sleep, .turns_max = 2 },
        { .name = "two_begin_and_end", .fn = two_begin_and_end, .turns_max = 1 },
        { .name = "two_spawn_and_join", .fn = two_spawn_and_join, .turns_max = 1 },
        { .name = "two_spawn_and_join_at_random", .fn = two_spawn_and_join, .random_n = RUNS },
        { .name = "two_share_children", .fn = two_share_children, .turns_max = 1 },
        { .name = "two_share_children_at_random", .fn = two_share_children, .random_n = RUNS },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
