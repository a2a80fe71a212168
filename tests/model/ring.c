/* SPDX-License-Identifier: MIT */
/* Goal: the ring that owner and thieves take from, and the inbox. Each task is taken once, whole,
 * by one of them, also where the ring wraps around, is full, or is nearly empty. (Here it has 4
 * places and a batch is 2.) */
#include "model.h"

#include "runtime/task/inbox.h"
#include "runtime/task/ring.h"
#include "runtime/task/task.h"

#define TASKS 8u

static edoi_ring ring, own_ring; /* the second: of a worker that evens out */
static edoi_inbox inbox;
static edo_task tasks[TASKS];
static unsigned taken_n[TASKS];

static uint32_t number_of(const edo_task *t) {
    return (uint32_t)(t - tasks);
}

/* The holder writes the plain fields: two holders are a race. */
static void hold(edo_task *t) {
    MODEL_CHECK(t->born_tenths == number_of(t) + 1); // written by the thread that pushed it
    taken_n[number_of(t)]++;
}

static bool push(uint32_t n) {
    tasks[n].born_tenths = n + 1;
    return edoi_ring_push(&ring, &tasks[n]);
}

static uint32_t take(uint32_t most) {
    edo_task *batch[EDOI_RING_SIZE];
    uint32_t n = edoi_ring_take(&ring, batch, most);
    for (uint32_t i = 0; i < n; i++) hold(batch[i]);
    return n;
}

static void thief(void *arg) {
    (void)arg;
    (void)take(EDOI_RING_BATCH);
}

/* The first `n` tasks were each taken once. */
static void all_were_taken(uint32_t n) {
    edoi_model_wait();
    while (take(EDOI_RING_BATCH) > 0) {
    }
    for (uint32_t i = 0; i < n; i++) MODEL_CHECK(taken_n[i] == 1);
}

static void thief_against_owner(void) {
    MODEL_CHECK(push(0) && push(1) && push(2));
    edoi_model_start(thief, NULL);
    (void)take(EDOI_RING_BATCH);
    all_were_taken(3);
}

static void thief_against_push(void) {
    edoi_model_start(thief, NULL);
    MODEL_CHECK(push(0) && push(1));
    all_were_taken(2);
}

static void two_thieves(void) {
    MODEL_CHECK(push(0) && push(1) && push(2));
    edoi_model_start(thief, NULL);
    edoi_model_start(thief, NULL);
    MODEL_CHECK(push(3));
    all_were_taken(4);
}

/* A thread that sees the moved head sees the places that it has moved over. */
static void two_thieves_of_one(void) {
    edoi_model_start(thief, NULL);
    edoi_model_start(thief, NULL);
    MODEL_CHECK(push(0));
    all_were_taken(1);
}

/* Places are used again while a thief still looks at them. */
static void thief_against_wrap(void) {
    MODEL_CHECK(push(0) && push(1) && push(2) && push(3));
    edoi_model_start(thief, NULL);
    uint32_t pushed = 4;
    (void)take(EDOI_RING_BATCH);
    while (pushed < TASKS && push(pushed)) pushed++;
    (void)take(EDOI_RING_BATCH);
    while (pushed < TASKS && push(pushed)) pushed++;
    all_were_taken(pushed);
}

static void full_against_thief(void) {
    MODEL_CHECK(push(0) && push(1) && push(2) && push(3));
    edoi_model_start(thief, NULL);
    uint32_t pushed = push(4) ? 5 : 4;
    if (pushed == 4) (void)take(EDOI_RING_SIZE / 2); // overflow
    all_were_taken(pushed);
}

/* Passes on what it took, by its own ring. */
static void evens_out(void *arg) {
    edo_task *some[EDOI_RING_BATCH];
    uint32_t n = edoi_ring_take(&ring, some, EDOI_RING_BATCH);
    (void)arg;
    for (uint32_t i = 0; i < n; i++) {
        some[i]->slot = 1;
        MODEL_CHECK(edoi_ring_push(&own_ring, some[i]));
    }
}

/* The task went through two rings, and the thread that takes it sees both holders' writes. */
static void hold_passed_on(void) {
    edo_task *t;
    if (edoi_ring_take(&own_ring, &t, 1) == 0) return;
    MODEL_CHECK(t->slot == 1);
    hold(t);
}

static void passed_on_against_thief(void) {
    MODEL_CHECK(push(0) && push(1));
    edoi_model_start(evens_out, NULL);
    hold_passed_on();
    (void)take(EDOI_RING_BATCH);
    edoi_model_wait();
    for (uint32_t i = 0; i < EDOI_RING_BATCH; i++) hold_passed_on();
    all_were_taken(2);
}

/* ---- The inbox ------------------------------------------------------------------------------- */

static edo_atomic_u32 kicked;

static void send_to_inbox(void *arg) {
    edo_task *t = arg;
    t->born_tenths = number_of(t) + 1;
    if (edoi_inbox_push(&inbox, t)) (void)edoi_add_rlx_u32(&kicked, 1);
}

static void take_inbox(void) {
    for (edo_task *t = edoi_inbox_take(&inbox), *next; t; t = next) {
        next = t->next;
        hold(t);
    }
}

static void inbox_against_sleep(void) {
    edoi_model_start(send_to_inbox, &tasks[0]);
    edoi_model_start(send_to_inbox, &tasks[1]);
    bool sleeps = edoi_inbox_sleep(&inbox);
    if (sleeps) edoi_inbox_wake(&inbox);
    take_inbox();
    edoi_model_wait();
    take_inbox();
    MODEL_CHECK(taken_n[0] == 1 && taken_n[1] == 1);
    MODEL_CHECK(edoi_load_rlx_u32(&kicked) <= (sleeps ? 1u : 0u));
}

/* A thread that finds the worker asleep kicks it: the worker waits for no other reason. */
static void inbox_kick(void *arg) {
    edo_task *t = arg;
    t->born_tenths = number_of(t) + 1;
    if (edoi_inbox_push(&inbox, t)) edoi_store_rlx_u32(&kicked, 1);
}

static void inbox_wakes(void) {
    edoi_model_start(inbox_kick, &tasks[0]);
    if (edoi_inbox_sleep(&inbox)) {
        while (!edoi_load_rlx_u32(&kicked)) EDOI_CPU_RELAX();
        edoi_inbox_wake(&inbox);
    }
    take_inbox();
    MODEL_CHECK(taken_n[0] == 1);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(thief_against_owner),
        MODEL(thief_against_push),
        MODEL(two_thieves),
        MODEL(two_thieves_of_one),
        MODEL(thief_against_wrap),
        { .name = "full_against_thief", .fn = full_against_thief, .later_loads = true },
        MODEL(passed_on_against_thief),
        MODEL(inbox_against_sleep),
        MODEL(inbox_wakes),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
