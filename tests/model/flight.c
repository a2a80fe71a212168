/* SPDX-License-Identifier: MIT */
/* Goal: of callers with one key one leads at a time, each of the others gets its result or leads in
 * its place, whoever gives up when, and a run and its value end once. */
#include "bell.h"

#include "service/cache/flight.h"

#include <edo/task.h>

static edo_flight *flight;
static int made_n, leads_n; // plain: the checker reports a race if two lead at a time
static edo_atomic_u32 ended_n, got_n;

static void value_end(void *value) {
    (void)value;
    (void)edoi_add_rlx_u32(&ended_n, 1);
}

static int *value_new(void) {
    int *value = edo_rc_new(sizeof *value, value_end);
    MODEL_CHECK(value != NULL);
    *value = 7;
    made_n++;
    return value;
}

static void begin(void) {
    MODEL_CHECK(edo_flight_new(&flight, NULL) == 0);
}

static void over(void) {
    edo_flight_stats s = edo_flight_get_stats(flight);
    MODEL_CHECK(s.running == 0 && s.waiting == 0);
    edo_flight_unref(flight);
    MODEL_CHECK(made_n == (int)edoi_load_rlx_u32(&ended_n));
}

/* What a caller does with what it has got. */
static void use(const edoi_flight_ask_future *f) {
    MODEL_CHECK(f->result == 3 && *(int *)f->value == 7);
    edo_rc_unref(f->value);
    (void)edoi_add_rlx_u32(&got_n, 1);
}

static void lead(edoi_flight_run *run, bool gives_up) {
    leads_n++;
    if (gives_up) {
        edoi_flight_pass_on(run);
        return;
    }
    int *value = value_new();
    edoi_flight_end(run, 3, value);
    edo_rc_unref(value);
    (void)edoi_add_rlx_u32(&got_n, 1);
}

static void ask(void *gives_up) {
    edoi_flight_ask_future f;
    int got = edo_await(edoi_flight_ask_init(&f, flight, EDO_STR("k"), NULL, NULL));
    if (got == EDOI_FLIGHT_LEADS) lead(f.run, gives_up != NULL);
    if (got == EDOI_FLIGHT_SHARED) use(&f);
    MODEL_CHECK(got >= 0);
}

/* Asks, and gives up when it would have to wait. */
static void ask_and_give_up(void *arg) {
    edoi_flight_ask_future f;
    edo_future *wait = edoi_flight_ask_init(&f, flight, EDO_STR("k"), NULL, NULL);
    if (!bell_poll_and_drop(wait, arg != NULL)) return;
    if (wait->result == EDOI_FLIGHT_LEADS) lead(f.run, false);
    if (wait->result == EDOI_FLIGHT_SHARED) use(&f);
}

static void two_callers_get_one_value_each(void) {
    begin();
    edoi_model_start(ask, NULL);
    ask(NULL);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&got_n) == 2 && leads_n == made_n);
    over();
}

/* The leader is cancelled. */
static void waiter_leads_after_it(void) {
    begin();
    edoi_model_start(ask, NULL);
    ask(flight);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&got_n) >= 1);
    over();
}

static edoi_flight_run *led_here(void) {
    edoi_flight_ask_future f;
    int got = edo_await(edoi_flight_ask_init(&f, flight, EDO_STR("k"), NULL, NULL));
    MODEL_CHECK(got == EDOI_FLIGHT_LEADS);
    return f.run;
}

/* A waiter that gives up while it is told of the result, or of its turn to lead. */
static void result_against_giving_up(void) {
    begin();
    edoi_flight_run *run = led_here();
    edoi_model_start(ask_and_give_up, NULL);
    edoi_model_start(ask_and_give_up, flight);
    lead(run, false);
    edoi_model_wait();
    over();
}

static void lead_is_not_lost(void) {
    begin();
    edoi_flight_run *run = led_here();
    edoi_model_start(ask_and_give_up, flight);
    lead(run, true);
    edoi_model_wait();
    over();
}

static void forget(void *arg) {
    (void)arg;
    (void)edo_flight_forget(flight, EDO_STR("k"));
}

static void forgotten_run_ends(void) {
    begin();
    edoi_flight_run *run = led_here();
    edoi_model_start(forget, NULL);
    lead(run, false);
    edoi_model_wait();
    over();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(two_callers_get_one_value_each),
        MODEL(waiter_leads_after_it),
        MODEL(result_against_giving_up),
        MODEL(lead_is_not_lost),
        MODEL(forgotten_run_ends),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
