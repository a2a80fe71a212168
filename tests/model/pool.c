/* SPDX-License-Identifier: MIT */
/* Goal: the compute pool. A thread that falls asleep just then sees a fork, and an owner that waits
 * sees the end of its stolen one; what was computed is seen; the pool is started once; a job that
 * comes while the threads are asked to end is run.
 * Method: the real file, with its statics; the model's threads are the pool's. */
#include "compute/pool.c"

#include "model.h"
#include "runtime/blocking/job.h"

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

static edoi_squad *squad; /* the first one */
static edoi_job root;     /* what the forks are parts of: it has inherited nothing */

static edoi_computer *begin_with(uint32_t n) {
    squad = edoi_calloc(1, sizeof *squad + n * sizeof(edoi_computer));
    edoi_store_rlx_u32(&squad->threads_n, n);
    edoi_store_rlx_u32(&pool.threads_n, n);
    squad->alive_n = n;
    for (uint32_t i = 0; i < n; i++) {
        squad->threads[i].squad = squad;
        squad->threads[i].index = i;
        squad->threads[i].root = &root;
    }
    pool.squad = squad;
    return &squad->threads[0];
}

static edoi_computer *begin(void) {
    return begin_with(3);
}

static void work_for_others(void *arg) {
    edoi_computer *me = &squad->threads[*(uint32_t *)arg];
    for (;;) {
        if (!help(me)) computer_sleep_until(me, NULL);
        MODEL_AROUND();
    }
}

static uint32_t numbers[] = { 0, 1, 2 };
static work w, one, two; /* not on the stack: there some compilers leave plain accesses unseen */

static void fork_off(edoi_computer *me, work *fresh, unsigned from) {
    *fresh = (work){ .fork.run = compute, .from = from };
    edoi_fork_begin(me, &fresh->fork);
}

/* The owner goes on only when another thread has begun, which therefore may not sleep. */
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

/* ---- A job beside a fork --------------------------------------------------------------------- */

static edo_atomic_u32 job_ran;
static work waited_for; /* by the second thread */

static int note_job(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&job_ran, 1);
    return 0;
}

static void wait_for_job(edoi_fork *fork, bool stolen) {
    (void)stolen;
    while (!edoi_load_rlx_u32(&job_ran)) EDOI_CPU_RELAX();
    work *self = (work *)(void *)fork;
    self->result = 1;
}

static void work_and_wait(void *arg) {
    (void)arg;
    computer_sleep_until(&squad->threads[2], &waited_for.fork);
    (void)help(&squad->threads[2]);
    computer_sleep_until(&squad->threads[2], &waited_for.fork);
}

static void be_a_thread(void *arg) {
    (void)pool_thread_main(&squad->threads[*(uint32_t *)arg]);
}

/* Two are woken: one that takes jobs, and one that does not. The first may not take the fork
 * instead: a third sleeps, and the job would wait for as long as the fork takes. */
static void job_and_fork_against_sleepers(void) {
    edoi_computer *me = begin();
    edoi_job *j = edoi_job_new(note_job, NULL, NULL, NULL);
    edoi_model_start(be_a_thread, &numbers[1]);
    edoi_model_start(work_and_wait, NULL);
    while (edoi_load_rlx_u32(&squad->sleepers_n) < 2) EDOI_CPU_RELAX();
    edoi_compute_submit(j);
    w = (work){ .fork.run = wait_for_job };
    edoi_fork_begin(me, &w.fork);
    edoi_fork_end(me, &w.fork);
    MODEL_CHECK(w.result == 1);
    edoi_model_wait_asleep();
}

static void wait_for_end(void *arg) {
    (void)arg;
    computer_wait_for(&squad->threads[2], &waited_for.fork);
}

/* The second is woken for the fork, and goes on with the work it has waited for: then the first is
 * to take the fork. */
static void fork_against_end(void) {
    edoi_computer *me = begin();
    edoi_model_start(be_a_thread, &numbers[1]);
    edoi_model_start(wait_for_end, NULL);
    while (edoi_load_rlx_u32(&squad->sleepers_n) < 2) EDOI_CPU_RELAX();
    fork_off(me, &w, 7);
    edoi_store_seq_u32(&waited_for.fork.ended, 1);
    if (edoi_load_seq_u32(&squad->threads[2].asleep)) computer_wake(&squad->threads[2]);
    while (!edoi_load_rlx_u32(&w.begun)) EDOI_CPU_RELAX();
    edoi_fork_end(me, &w.fork);
    MODEL_CHECK(w.result == 49);
    edoi_model_wait_asleep();
}

/* ---- Begin and end --------------------------------------------------------------------------- */

/* A thread that submits a job, while another retires the squad: a thread of the old squad runs it,
 * or one of a new squad. */
static void retire_it(void *arg) {
    (void)arg;
    edoi_mutex_acquire(&pool.mutex);
    MODEL_CHECK(pool_retire() == squad);
    edoi_mutex_release(&pool.mutex);
}

static void job_against_retirement(void) {
    (void)begin_with(1);
    edoi_job *j = edoi_job_new(note_job, NULL, NULL, NULL);
    edoi_model_start(be_a_thread, &numbers[0]);
    edoi_model_start(retire_it, NULL);
    edoi_compute_submit(j);
    while (!edoi_load_rlx_u32(&job_ran)) EDOI_CPU_RELAX();
    edoi_model_wait_asleep();
    edoi_mutex_acquire(&pool.mutex);
    MODEL_CHECK(squad->alive_n == 0 && !pool.jobs.first);
    edoi_mutex_release(&pool.mutex);
}

/* There is one squad. */
static void start_and_look(void *arg) {
    (void)arg;
    MODEL_CHECK(edoi_compute_start() == 1);
    edoi_mutex_acquire(&pool.mutex);
    if (!squad) squad = pool.squad;
    MODEL_CHECK(squad && squad == pool.squad);
    edoi_mutex_release(&pool.mutex);
}

static void start_against_start(void) {
    edoi_model_hold_threads();
    edoi_model_start(start_and_look, NULL);
    start_and_look(NULL);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    (void)setenv("EDO_COMPUTE_THREADS", "1", 1);
    static const edoi_model models[] = {
        MODEL(start_against_start),
        { .name = "job_against_retirement", .fn = job_against_retirement, .turns_max = 2 },
        MODEL(fork_against_sleep),
        MODEL(end_against_sleep),
        MODEL(two_forks_against_sleep),
        { .name = "job_and_fork_against_sleepers",
          .fn = job_and_fork_against_sleepers,
          .turns_max = 2 },
        { .name = "fork_against_end", .fn = fork_against_end, .turns_max = 2 },
        { .name = "fork_against_two_sleepers", .fn = fork_against_two_sleepers, .turns_max = 2 },
    };
    return edoi_model_main(argc, argv, models, EDO_COUNT(models));
}
