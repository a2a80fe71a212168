/* SPDX-License-Identifier: MIT */
/* Goal: however calls come and go at once, a breaker that is half open has no more trials under way
 * than it permits, and is never stuck there: a trial that was given back can be taken again, and
 * the last result decides. A late result changes nothing, and a breaker opens once. */
#include "model.h"

#include "service/breaker/circuit.h"

#include <edo/edo.h>

#define OPEN_NS 10

static edoi_circuit circuit;
static uint8_t marks[2];
static edo_atomic_u32 under_way; // trials
static int moves_n;              // plain: written by the thread that has brought one about

static void begin(uint32_t trials) {
    const edoi_circuit_rules rules = { .calls_min = 2,
                                       .failures_ppm = 500000,
                                       .slow_ppm = 1000000,
                                       .trials = trials,
                                       .open_ns = OPEN_NS,
                                       .half_open_ns = EDO_FOREVER_NS };
    edoi_window_init(&circuit.window, marks, sizeof marks, false);
    edoi_circuit_init(&circuit, &rules);
}

static edo_breaker_state state(void) {
    uint64_t word;
    (void)edoi_circuit_passes(&circuit, &word);
    return edoi_circuit_state_of(word);
}

static void open_it(void) {
    edoi_circuit_news news;
    edoi_circuit_force(&circuit, EDO_BREAKER_OPEN, 0, &news);
}

/* One call at the time when a trial is due; returns whether it passed. */
static bool tries(edo_call_outcome outcome, uint32_t most) {
    edoi_circuit_news news = { .has_moved = false };
    edo_duration left;
    uint64_t word = edoi_circuit_enter(&circuit, OPEN_NS, &left, &news);
    if (word == 0) return false;
    bool is_trial = edoi_circuit_state_of(word) == EDO_BREAKER_HALF_OPEN;
    if (is_trial) MODEL_CHECK(edoi_add_rlx_u32(&under_way, 1) < most);
    if (is_trial) edoi_sub_rlx_u32(&under_way, 1); // before it is given back
    edoi_circuit_leave(&circuit, word, OPEN_NS, outcome, false, &news);
    return true;
}

/* A call passes, or one that is under way decides: here none is. */
static void is_not_stuck(uint32_t trials) {
    edoi_circuit_check(&circuit);
    for (uint32_t i = 0; i < trials && state() == EDO_BREAKER_HALF_OPEN; i++)
        MODEL_CHECK(tries(EDO_CALL_SUCCEEDED, trials));
    MODEL_CHECK(state() == EDO_BREAKER_CLOSED);
}

static void succeeds(void *arg) {
    (void)tries(EDO_CALL_SUCCEEDED, *(uint32_t *)arg);
}

static void is_cancelled(void *arg) {
    (void)tries(EDO_CALL_IGNORED, *(uint32_t *)arg);
}

static void three_calls_for_two_trials(void) {
    static uint32_t two = 2;
    begin(two);
    open_it();
    edoi_model_start(succeeds, &two);
    edoi_model_start(succeeds, &two);
    succeeds(&two);
    edoi_model_wait();
    is_not_stuck(two);
}

static void a_cancelled_trial_is_there_again(void) {
    static uint32_t one = 1;
    begin(one);
    open_it();
    edoi_model_start(is_cancelled, &one);
    edoi_model_start(is_cancelled, &one);
    succeeds(&one);
    edoi_model_wait();
    is_not_stuck(one);
}

static void fails_closed(void *arg) {
    uint64_t word;
    edoi_circuit_news news = { .has_moved = false };
    (void)arg;
    if (!edoi_circuit_passes(&circuit, &word)) return;
    (void)edoi_circuit_leave(&circuit, word, 1, EDO_CALL_FAILED, false, &news);
    if (news.has_moved) moves_n++;
}

static void three_failures_open_it_once(void) {
    begin(1);
    edoi_model_start(fails_closed, NULL);
    edoi_model_start(fails_closed, NULL);
    fails_closed(NULL);
    edoi_model_wait();
    MODEL_CHECK(state() == EDO_BREAKER_OPEN && moves_n == 1);
    MODEL_CHECK(circuit.totals.opened == 1);
    MODEL_CHECK(circuit.totals.failed == 2 && circuit.totals.late <= 1);
}

/* A call that began while it was closed ends while a trial is under way, or after it. */
static void a_late_failure_does_not_open_what_a_trial_closes(void) {
    static uint32_t one = 1;
    uint64_t word;
    edoi_circuit_news news = { .has_moved = false };
    begin(one);
    MODEL_CHECK(edoi_circuit_passes(&circuit, &word));
    open_it();
    edoi_model_start(succeeds, &one);
    MODEL_CHECK(edoi_circuit_leave(&circuit, word, OPEN_NS, EDO_CALL_FAILED, false, &news) ==
                EDOI_CIRCUIT_LATE);
    edoi_model_wait();
    MODEL_CHECK(state() == EDO_BREAKER_CLOSED && circuit.totals.failed == 0);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(three_calls_for_two_trials),
        MODEL(a_cancelled_trial_is_there_again),
        MODEL(three_failures_open_it_once),
        MODEL(a_late_failure_does_not_open_what_a_trial_closes),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
