/* SPDX-License-Identifier: MIT */
/* Goal: a number that has grown at each of ten looks, and by a half in all, is told once, with what
 * it was and is; one that falls or stays begins anew; what is open no more is forgotten; more kinds
 * than are remembered do no harm.
 * Method: tables made by hand. */
#include "runtime/watch/growth.h"

#include "inside.h"

#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/test_log.h>

#include <stdlib.h>
#include <string.h>

static edoi_growth growth;
static edoi_open_table table;
static int told_n;
static uint64_t told_from, told_to;
static bool told_values;

static void note(void *arg, const edoi_open_row *row, const edoi_grown *g) {
    (void)arg, (void)row;
    told_n++;
    told_from = g->from;
    told_to = g->now;
    told_values = g->is_values;
}

static int begin(void **state) {
    (void)state;
    memset(&growth, 0, sizeof growth);
    told_n = 0;
    return 0;
}

static void look(uint64_t n, uint64_t values) {
    memset(&table, 0, sizeof table);
    const edoi_open_row row = { .kind = "mpsc", .name = "jobs", .n = n, .values = values };
    if (n > 0) edoi_open_add(&table, &row);
    edoi_growth_compare(&growth, &table, note, NULL);
}

static void what_only_grows_is_told_once(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10; i++) look(20 + i, 0);
    assert_int_equal(told_n, 0);
    look(30, 0);
    assert_int_equal(told_n, 1);
    assert_int_equal(told_from, 20);
    assert_int_equal(told_to, 30);
    assert_false(told_values);
    for (uint64_t i = 0; i < 50; i++) look(31 + i, 0);
    assert_int_equal(told_n, 1);
    look(80, 0);
    for (uint64_t i = 0; i < 40; i++) look(81 + i, 0);
    assert_int_equal(told_n, 2);
}

static void values_of_channels_are_numbers_of_their_own(void **state) {
    (void)state;
    for (uint64_t i = 0; i <= 11; i++) look(1, i * 100);
    assert_int_equal(told_n, 1);
    assert_true(told_values);
}

static void what_falls_or_stays_once_is_not_told(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 100; i++) look(10 + i - (i % 10 == 9 ? 2 : 0), 0);
    for (uint64_t i = 0; i < 100; i++) look(1000 + i - i % 8 / 7, 0);
    assert_int_equal(told_n, 0);
}

static void what_grows_by_little_is_not_told_before_it_is_much(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 500; i++) look(1000 + i, 0);
    assert_int_equal(told_n, 0);
    look(1500, 0);
    assert_int_equal(told_n, 1);
}

static void what_is_open_no_more_is_forgotten(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10; i++) look(1 + i, 0);
    look(0, 0);
    assert_int_equal(growth.n, 0);
    for (uint64_t i = 0; i < 10; i++) look(100 + 10 * i, 0);
    assert_int_equal(told_n, 0);
    look(200, 0);
    assert_int_equal(told_n, 1);
}

static void more_kinds_than_are_remembered_do_no_harm(void **state) {
    (void)state;
    for (uint64_t round = 1; round <= 20; round++) {
        memset(&table, 0, sizeof table);
        for (int i = 0; i < 300; i++) {
            edoi_open_row row = { .kind = "mpsc", .n = round, .values = round };
            edoi_open_text(&row, "channel %d", i);
            edoi_open_add(&table, &row);
        }
        assert_int_equal(table.rows_n, EDOI_OPEN_ROWS);
        assert_int_equal(table.rest_n, (300 - EDOI_OPEN_ROWS) * round);
        edoi_growth_compare(&growth, &table, note, NULL);
    }
    assert_int_equal(growth.n, EDOI_GROWTH_MAX);
    assert_int_equal(told_n, EDOI_GROWTH_MAX);
}

/* ---- This process ---------------------------------------------------------------------------- */

static edo_notify over = EDO_NOTIFY_INIT;

static int left_behind(void *arg) {
    (void)arg;
    return edo_notify_wait(&over);
}

static int leave_behind(void *arg) {
    edo_test_log *log;
    const uint64_t before = edoi_load_rlx_u64(&edoi_growth_told_n);
    (void)arg;
    EDO_TEST_OK(edo_test_log_new(&log, NULL));
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_spawn_detached(left_behind, NULL), 0);
        CHECK_EQ(edo_yield(), 0);
        edoi_growth_look();
    }
    CHECK_EQ(edoi_load_rlx_u64(&edoi_growth_told_n), before + 1);
    CHECK_EQ(edo_test_log_count(log, NULL), 1);
    const edo_test_event *e =
        EDO_TEST_LOGGED(log, "WARN growth: only grows kind=\"task\" name=\"left_behind at ");
    CHECK(strstr(e->line, " what=\"objects\" from=1 to=11 looks=10"));
    edo_test_log_free(log);
    edo_notify_all(&over);
    return 0;
}

static void tasks_that_are_left_behind_are_told_by_where_they_were_spawned(void **state) {
    (void)state;
    assert_int_equal(inside(leave_behind, NULL), 0);
}

static int leave_behind_for_the_thread(void *arg) {
    const uint64_t told_before = edoi_load_rlx_u64(&edoi_growth_told_n);
    (void)arg;
    EDO_TEST_OK(edo_dump_growth(edo_ms(3)));
    while (edoi_load_rlx_u64(&edoi_growth_told_n) == told_before) {
        uint64_t looks_n = edoi_load_rlx_u64(&edoi_growth_looks_n);
        CHECK_EQ(edo_spawn_detached(left_behind, NULL), 0);
        while (edoi_load_rlx_u64(&edoi_growth_looks_n) == looks_n) CHECK_EQ(edo_yield(), 0);
    }
    EDO_TEST_OK(edo_dump_growth(edo_ns(-1)));
    edo_notify_all(&over);
    return 0;
}

static void thread_of_dumps_looks_as_often_as_it_is_told(void **state) {
    (void)state;
    assert_int_equal(inside(leave_behind_for_the_thread, NULL), 0);
    assert_int_equal(edoi_growth_every_ns(), -1);
}

static void environment_switches_it_off(void **state) {
    (void)state;
    assert_int_equal(edo_dump_growth(edo_ns(0)), 0);
    assert_int_equal(edoi_growth_every_ns(), EDOI_GROWTH_EVERY_NS);
    assert_int_equal(setenv("EDO_GROWTH", "0", 1), 0);
    assert_int_equal(edoi_growth_every_ns(), -1);
    assert_int_equal(unsetenv("EDO_GROWTH"), 0);
    assert_int_equal(edo_dump_growth(edo_ns(-1)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_only_grows_is_told_once, begin),
        cmocka_unit_test_setup(values_of_channels_are_numbers_of_their_own, begin),
        cmocka_unit_test_setup(what_falls_or_stays_once_is_not_told, begin),
        cmocka_unit_test_setup(what_grows_by_little_is_not_told_before_it_is_much, begin),
        cmocka_unit_test_setup(what_is_open_no_more_is_forgotten, begin),
        cmocka_unit_test_setup(more_kinds_than_are_remembered_do_no_harm, begin),
        cmocka_unit_test(tasks_that_are_left_behind_are_told_by_where_they_were_spawned),
        cmocka_unit_test(thread_of_dumps_looks_as_often_as_it_is_told),
        cmocka_unit_test(environment_switches_it_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
