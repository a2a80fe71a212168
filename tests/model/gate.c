/* SPDX-License-Identifier: MIT */
/* Goal: a place of a gate has one user, and is not lost, whoever waits for it, gives up, gives it
 * back, or changes their number at that moment. */
#include "bell.h"

#include "service/overload/gate.h"

#include <edo/task.h>
#include <edo/time.h>

#define IN_ORDER EDO_FOREVER_NS
#define LAST_IN  0

static edoi_gate gate;
static int uses_n; // plain: the checker reports a race if two have the place at a time

static void begin(uint32_t max, int64_t busy_after_ns) {
    edoi_gate_init(&gate, max, busy_after_ns);
}

static void over(void) {
    MODEL_CHECK(gate.taken == 0 && gate.waiting_n == 0 && !gate.waiters.first);
}

static void enter(void) {
    edoi_gate_future f;
    MODEL_CHECK(edo_await(edoi_gate_wait_init(&f, &gate, 1)) == 0);
}

static void use(void *arg) {
    (void)arg;
    enter();
    uses_n++;
    edoi_gate_give(&gate);
}

static void wait_and_give_up(void *replaces_waker) {
    edoi_gate_future f;
    edo_future *wait = edoi_gate_wait_init(&f, &gate, 1);
    if (bell_poll_and_drop(wait, replaces_waker != NULL)) edoi_gate_give(&gate);
}

static void one_place_has_one_user(void) {
    begin(1, IN_ORDER);
    edoi_model_start(use, NULL);
    use(NULL);
    edoi_model_wait();
    MODEL_CHECK(uses_n == 2);
    over();
}

static void place_is_not_lost_by_who_gives_up(void) {
    begin(1, LAST_IN);
    enter();
    edoi_model_start(wait_and_give_up, &gate);
    edoi_model_start(use, NULL);
    uses_n++;
    edoi_gate_give(&gate);
    edoi_model_wait();
    MODEL_CHECK(uses_n == 2);
    over();
}

static void use_beside_others(void *arg) {
    (void)arg;
    enter();
    edoi_gate_give(&gate);
}

/* A caller that waits gets the place that is made, though none is given back. */
static void new_place_goes_to_who_waits(void) {
    begin(1, IN_ORDER);
    enter();
    edoi_model_start(use_beside_others, NULL);
    edoi_gate_resize(&gate, 2);
    edoi_model_wait();
    edoi_gate_give(&gate);
    over();
}

static void give(void *arg) {
    (void)arg;
    edoi_gate_give(&gate);
}

/* Of two places one is given back and one taken away: the waiter gets the one that is left. */
static void place_taken_away_is_not_given(void) {
    begin(2, IN_ORDER);
    enter();
    enter();
    edoi_model_start(give, NULL);
    edoi_model_start(wait_and_give_up, NULL);
    edoi_gate_resize(&gate, 1);
    edoi_model_wait();
    MODEL_CHECK(gate.max == 1 && gate.taken == 1);
    edoi_gate_give(&gate);
    over();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(one_place_has_one_user),
        MODEL(place_is_not_lost_by_who_gives_up),
        MODEL(new_place_goes_to_who_waits),
        MODEL(place_taken_away_is_not_given),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
