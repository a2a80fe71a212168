/* SPDX-License-Identifier: MIT */
/* Goal: a host that never waits does not hold up the world for ever: the run fails, and says which
 * one it is.
 * Method: hosts that spin in several ways, in a world with low limits. */
#include "inside.h"
#include "sim/world/world.h"

#include <edo/error.h>
#include <edo/sim.h>

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define TURNS_MOST 2000
#define LOOKS_MOST 100000

static bool nobody_sets_it;

static int yield_for_ever(void *arg) {
    const bool *is_set = arg;
    int err = 0;
    while (!*is_set && err == 0) err = edo_yield();
    return err;
}

static int look_at_the_clock(void *arg) {
    edo_instant until = edo_instant_add(edo_now(), edo_s(1));
    (void)arg;
    while (edo_now().ns < until.ns) {
    }
    return 0;
}

static int look_at_the_calendar(void *arg) {
    time_t until = time(NULL) + 2;
    (void)arg;
    while (time(NULL) < until) {
    }
    return 0;
}

static void expect_spinning(edo_task_fn *fn) {
    char why[512];
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    sim->turns_max = TURNS_MOST;
    sim->looks_max = LOOKS_MOST;
    assert_int_equal(edo_sim_host(sim, "restless", fn, &nobody_sets_it), 0);
    int err = edo_sim_run(sim, edo_minutes(1));
    assert_int_equal(err, -EBUSY);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(why, "restless does not wait"));
    edo_trail_clear();
    edo_sim_free(sim);
}

static void host_that_does_not_wait_fails_the_run(void **state) {
    (void)state;
    expect_spinning(yield_for_ever);
    expect_spinning(look_at_the_clock);
    expect_spinning(look_at_the_calendar);
}

/* Half of what is allowed, at each of several times. */
static int work_in_steps(void *arg) {
    int err = 0;
    (void)arg;
    for (int step = 0; step < 4 && err == 0; step++) {
        for (int i = 0; i < TURNS_MOST / 2 && err == 0; i++) err = edo_yield();
        for (int i = 0; i < LOOKS_MOST / 2; i++) (void)edo_now();
        if (err == 0) err = edo_sleep(edo_ns(1));
    }
    return err;
}

static void what_it_does_at_another_time_counts_anew(void **state) {
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    sim->turns_max = TURNS_MOST;
    sim->looks_max = LOOKS_MOST;
    assert_int_equal(edo_sim_client(sim, "busy", work_in_steps, NULL), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_that_does_not_wait_fails_the_run),
        cmocka_unit_test(what_it_does_at_another_time_counts_anew),
    };
    return cmocka_run_group_tests_name("sim_turns", tests, NULL, NULL);
}
