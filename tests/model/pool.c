/* SPDX-License-Identifier: MIT */
/* Goal: the compute pool. A fork is seen by who falls asleep just then, and so is the end of a stolen
 * one by its owner who waits; what was computed is seen; it is started once.
 * Method: the real file, with its statics; the model's threads are the pool's. */
#include "compute/pool.c"

#include "model.h"

typedef struct work {
    edoi_fork fork;
    edo_atomic_u32 begun;
    unsigned from, result; /* plain */
    bool stolen;
} work;

static void compute(edoi_fork *fork, bool stolen) {
    work *self = (work *)(void *)fork;
    edoi_store_rlx_u32(&self->begun, 1);
    self->result = self->from * self->from;
    self->stolen = stolen;
}

static edoi_computer *begin(void) {
    pool.threads = edoi_calloc(3, sizeof(edoi_computer));
    edoi_store_rlx_u32(&pool.threads_n, 3);
    for (uint32_t i = 0; i < 3; i++) pool.threads[i].index = i;
    return &pool.threads[0];
}

static void work_for_others(void *arg) {
    edoi_computer *me = &pool.threads[*(uint32_t *)arg];
    for (;;) {
        if (!help(me)) sleep_until(me, NULL);
        MODEL_AROUND();
    }
}

static uint32_t numbers[] = { 0, 1, 2 };
static work w, one, two; /* not on the stack: there some compilers leave plain accesses unseen */

static void fork_off(edoi_computer *me, work *fresh, unsigned from) {
    *fresh = (work){ .fork.run = compute, .from = from };
    edoi_fork_begin(me, &fresh->fork);
}

/* The owner goes on only when another has begun: that one may not sleep. */
static void fork_against_sleep(void) {
    edoi_computer *me = begin();
    edoi_model_start(work_for_others, &numbers[1]);
    fork_off(me, &w, 7);
    while (!edoi_load_rlx_u32(&w.begun)) EDOI_CPU_RELAX();
    edoi_fork_end(me, &w.fork);
    MODEL_CHECK(w.result == 49 && w.stolen);
    edoi_model_wait_asleep();
}

/* The owner takes it back, or waits, and may fall asleep. */
static void end_against_sleep(void) {
    edoi_computer *me = begin();
    edoi_model_start(work_for_others, &numbers[1]);
    fork_off(me, &w, 7);
    edoi_fork_end(me, &w.fork);
    MODEL_CHECK(w.result == 49);
    edoi_model_wait_asleep();
}

static void two_forks_against_sleep(void) {
    edoi_computer *me = begin();
    edoi_model_start(work_for_others, &numbers[1]);
    fork_off(me, &one, 7);
    fork_off(me, &two, 5);
    edoi_fork_end(me, &two.fork);
    edoi_fork_end(me, &one.fork);
    MODEL_CHECK(one.result == 49 && two.result == 25);
    edoi_model_wait_asleep();
}

static void fork_against_two_sleepers(void) {
    edoi_computer *me = begin();
    edoi_model_start(work_for_others, &numbers[1]);
    edoi_model_start(work_for_others, &numbers[2]);
    fork_off(me, &w, 7);
    while (!edoi_load_rlx_u32(&w.begun)) EDOI_CPU_RELAX();
    edoi_fork_end(me, &w.fork);
    MODEL_CHECK(w.result == 49 && w.stolen);
    edoi_model_wait_asleep();
}

/* Who is told that there are threads sees them. */
static void start_and_look(void *arg) {
    (void)arg;
    MODEL_CHECK(edoi_compute_start() == 2);
    MODEL_CHECK(pool.threads[1].index == 1);
}

static void start_against_start(void) {
    edoi_model_hold_threads();
    edoi_model_start(start_and_look, NULL);
    start_and_look(NULL);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    (void)setenv("EDO_COMPUTE_THREADS", "2", 1);
    static const edoi_model models[] = {
        MODEL(start_against_start),
        MODEL(fork_against_sleep),
        MODEL(end_against_sleep),
        MODEL(two_forks_against_sleep),
        { .name = "fork_against_two_sleepers", .fn = fork_against_two_sleepers, .turns_max = 2 },
    };
    return edoi_model_main(argc, argv, models, EDO_COUNT(models));
}
