/* SPDX-License-Identifier: MIT */
/* Goal: all go on when all have come, one of them leads, also if they come again at once, and one
 * that gives up meanwhile either has not come, or has and leaves nothing behind. */
#include "bell.h"

#include <edo/barrier.h>

static edo_barrier barrier;
static int leaders[2], written[2][2]; /* of each thread; in each round */

static void meet_in(int round, int self) {
    written[round][self] = 1;
    int leads = edo_barrier_wait(&barrier);
    MODEL_CHECK(leads >= 0 && written[round][1 - self] == 1); // and no race
    leaders[self] += leads;
}

static void meet(void *arg) {
    meet_in(0, *(int *)arg);
}

static int first = 0, second = 1;

static void two_meet(void) {
    barrier = (edo_barrier)EDO_BARRIER_INIT(2);
    edoi_model_start(meet, &first);
    meet(&second);
    edoi_model_wait();
    MODEL_CHECK(leaders[0] + leaders[1] == 1);
}

static void meet_twice(void *arg) {
    for (int round = 0; round < 2; round++) meet_in(round, *(int *)arg);
}

static void two_meet_twice(void) {
    barrier = (edo_barrier)EDO_BARRIER_INIT(2);
    edoi_model_start(meet_twice, &first);
    meet_twice(&second);
    edoi_model_wait();
    MODEL_CHECK(leaders[0] + leaders[1] == 2 && barrier.come == 0);
}

/* Returns whether it was ready. */
static bool come_and_give_up(bool replace) {
    edo_barrier_wait_future f;
    return bell_poll_and_drop(edo_barrier_wait_init(&f, &barrier), replace);
}

static void give_up(void *arg) {
    (void)arg;
    (void)come_and_give_up(true);
}

/* Both may give up before the other comes: then nobody has come. */
static void both_give_up(void) {
    barrier = (edo_barrier)EDO_BARRIER_INIT(2);
    edoi_model_start(give_up, NULL);
    (void)come_and_give_up(true);
    edoi_model_wait();
    MODEL_CHECK(barrier.come == 0 && !barrier.waiters.first);
}

/* Of three, two of whom wait while the third comes: the chain of wakes has two. */
static void one_of_three_gives_up(void) {
    edo_barrier_wait_future f;
    barrier = (edo_barrier)EDO_BARRIER_INIT(3);
    bell *b = bell_new();
    MODEL_CHECK(!bell_poll(edo_barrier_wait_init(&f, &barrier), b));
    edoi_model_start(give_up, NULL);
    edoi_model_start(give_up, NULL);
    bool is_ready = bell_poll(&f.base, b);
    edo_drop(&f.base);
    free(b);
    edoi_model_wait();
    MODEL_CHECK(!is_ready || f.base.result == 0);
    MODEL_CHECK(barrier.come == 0 && !barrier.waiters.first);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(two_meet),
        MODEL(two_meet_twice),
        MODEL(both_give_up),
        MODEL(one_of_three_gives_up),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
