/* SPDX-License-Identifier: MIT */
/* Goal: a start belongs to the crash before it in time, and the end of a pause to the program that
 * stood still, in whichever order they were asked for.
 * Method: two crashes and two starts, asked for in all orders; a crash that is left out takes its
 * start with it, and no other. */
#include "inside.h"

#include <edo/sim.h>
#include <edo/time.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVES_MAX 8
#define ASKS      4

typedef struct lives {
    edo_instant first;
    int64_t begins_s[LIVES_MAX]; /* of each life, since the first one */
    int n;
    int seconds_n; /* of all */
} lives;

static int live_seconds(void *arg) {
    lives *l = arg;
    edo_instant now = edo_now();
    int err;
    if (l->n == 0) l->first = now;
    if (l->n < LIVES_MAX) l->begins_s[l->n++] = (now.ns - l->first.ns) / edo_s(1).ns;
    while ((err = edo_sleep(edo_s(1))) == 0) l->seconds_n++;
    return err;
}

typedef struct ask {
    bool is_start;
    int at_s;
} ask;

static const ask asks[ASKS] = { { false, 5 }, { true, 6 }, { false, 20 }, { true, 21 } };

/* Runs the world with the asks in that order; `report` has what was done then. */
static void run_in_order(const int order[ASKS], const char *skip, lives *l, char report[1024]) {
    char path[] = "/tmp/edo-sim-starts-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(setenv("EDO_SIM_REPORT", path, 1), 0);
    assert_int_equal(setenv("EDO_SIM_SKIP", skip, 1), 0);
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    *l = (lives){ 0 };
    assert_int_equal(edo_sim_host(sim, "lives", live_seconds, l), 0);
    for (int i = 0; i < ASKS; i++) {
        const ask *a = &asks[order[i]];
        int err = a->is_start ? edo_sim_restart(sim, "lives", edo_s(a->at_s))
                              : edo_sim_crash(sim, "lives", edo_s(a->at_s));
        assert_int_equal(err, 0);
    }
    assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
    edo_sim_free(sim);
    assert_int_equal(unsetenv("EDO_SIM_REPORT"), 0);
    assert_int_equal(unsetenv("EDO_SIM_SKIP"), 0);
    ssize_t n = read(fd, report, 1023);
    assert_true(n > 0);
    report[n] = '\0';
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

/* The number of the fault of that time. */
static uint64_t fault_at(const char *report, int at_s) {
    char words[32];
    (void)snprintf(words, sizeof words, " after %d.000 s: ", at_s);
    const char *found = strstr(report, words);
    if (!found) fail_msg("nothing after %d s:\n%s", at_s, report);
    while (found > report && found[-1] != ' ') found--;
    return strtoull(found, NULL, 10);
}

static void see_order(const int order[ASKS]) {
    char report[1024], skip[32];
    lives l;
    run_in_order(order, "", &l, report);
    assert_int_equal(l.n, 3);
    uint64_t first = fault_at(report, 5), second = fault_at(report, 20);
    assert_int_not_equal(first, second);
    assert_int_equal(fault_at(report, 6), first);
    assert_int_equal(fault_at(report, 21), second);
    (void)snprintf(skip, sizeof skip, "%" PRIu64, first);
    run_in_order(order, skip, &l, report);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.begins_s[1], 21);
    assert_int_equal(fault_at(report, 21), second);
    (void)snprintf(skip, sizeof skip, "%" PRIu64, second);
    run_in_order(order, skip, &l, report);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.begins_s[1], 6);
    run_in_order(order, "1-9", &l, report);
    assert_int_equal(l.n, 1);
}

static void start_belongs_to_the_crash_before_it_in_time(void **state) {
    (void)state;
    for (int nth = 0; nth < ASKS * ASKS * ASKS * ASKS; nth++) {
        const int order[ASKS] = { nth % ASKS, nth / ASKS % ASKS, nth / (ASKS * ASKS) % ASKS,
                                  nth / (ASKS * ASKS * ASKS) };
        unsigned seen = 0;
        for (int i = 0; i < ASKS; i++) seen |= 1u << order[i];
        if (seen == (1u << ASKS) - 1) see_order(order);
    }
}

/* Of two crashes before one start either makes it needed. */
static void start_behind_two_crashes_is_left_out_with_both(void **state) {
    const char *const skips[] = { "", "1", "2", "1-2" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(skips); i++) {
        lives l = { 0 };
        assert_int_equal(setenv("EDO_SIM_SKIP", skips[i], 1), 0);
        edo_sim *sim = edo_sim_new(NULL);
        assert_non_null(sim);
        assert_int_equal(edo_sim_host(sim, "lives", live_seconds, &l), 0);
        assert_int_equal(edo_sim_crash(sim, "lives", edo_s(5)), 0);
        assert_int_equal(edo_sim_crash(sim, "lives", edo_s(10)), 0);
        assert_int_equal(edo_sim_restart(sim, "lives", edo_s(15)), 0);
        assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
        edo_sim_free(sim);
        assert_int_equal(l.n, i == 3 ? 1 : 2);
    }
    assert_int_equal(unsetenv("EDO_SIM_SKIP"), 0);
}

static void start_without_a_crash_is_a_fault_by_itself(void **state) {
    const char *const skips[] = { "", "1" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(skips); i++) {
        lives l = { 0 };
        assert_int_equal(setenv("EDO_SIM_SKIP", skips[i], 1), 0);
        edo_sim *sim = edo_sim_new(NULL);
        assert_non_null(sim);
        assert_int_equal(edo_sim_host(sim, "lives", live_seconds, &l), 0);
        assert_int_equal(edo_sim_restart(sim, "lives", edo_s(5)), 0);
        assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
        edo_sim_free(sim);
        assert_int_equal(l.n, 2 - (int)i);
    }
    assert_int_equal(unsetenv("EDO_SIM_SKIP"), 0);
}

/* The first pause ends with the program that stood still: the second one has its whole time. */
static void end_of_a_pause_is_of_the_program_that_stood_still(void **state) {
    lives l = { 0 };
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "lives", live_seconds, &l), 0);
    assert_int_equal(edo_sim_pause(sim, "lives", edo_s(10), edo_s(20)), 0);
    assert_int_equal(edo_sim_crash(sim, "lives", edo_s(15)), 0);
    assert_int_equal(edo_sim_restart(sim, "lives", edo_s(16)), 0);
    assert_int_equal(edo_sim_pause(sim, "lives", edo_ms(20500), edo_s(20)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    int before_n = l.seconds_n;
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_in_range(l.seconds_n, before_n, before_n + 1);
    assert_int_equal(edo_sim_run(sim, edo_s(10)), 0);
    assert_true(l.seconds_n > before_n + 5);
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_belongs_to_the_crash_before_it_in_time),
        cmocka_unit_test(start_behind_two_crashes_is_left_out_with_both),
        cmocka_unit_test(start_without_a_crash_is_a_fault_by_itself),
        cmocka_unit_test(end_of_a_pause_is_of_the_program_that_stood_still),
    };
    return cmocka_run_group_tests_name("sim_starts", tests, NULL, NULL);
}
