/* SPDX-License-Identifier: MIT */
/* Goal: a number that only grows is told once, quickly or slowly, also under a load that varies by
 * the day and the minute; a load that grows, that comes and goes, or that comes each day is not;
 * what is open no more is forgotten; more kinds than are remembered do no harm.
 * Method: tables made by hand, one for each minute of days. */
#include "runtime/look/growth.h"

#include "inside.h"

#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/test_log.h>

#include <stdlib.h>
#include <string.h>

static edoi_growth growth;
static edoi_open_table table;
static int told_n;
static uint64_t told_from, told_to, told_looks;
static bool told_values;

static void note(void *arg, const edoi_growth_tale *tale) {
    (void)arg;
    told_n++;
    told_from = tale->from;
    told_to = tale->to;
    told_looks = tale->looks;
    told_values = tale->is_values;
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
    uint64_t i = 0;
    for (; i < 79; i++) look(20 + i, 0);
    assert_int_equal(told_n, 0);
    for (; i < 80; i++) look(20 + i, 0);
    assert_int_equal(told_n, 1);
    assert_int_equal(told_from, 20);
    assert_int_equal(told_to, 90);
    assert_int_equal(told_looks, 70);
    assert_false(told_values);
    for (; i < 1000; i++) look(20 + i, 0);
    assert_int_equal(told_n, 1);
}

static void what_stays_and_grows_again_is_told_again(void **state) {
    (void)state;
    uint64_t n = 20;
    for (int i = 0; i < 100; i++) look(n++, 0);
    for (int i = 0; i < 30; i++) look(n, 0);
    assert_int_equal(told_n, 1);
    for (int i = 0; i < 100; i++) look(n += 3, 0);
    assert_int_equal(told_n, 2);
}

static void values_of_channels_are_numbers_of_their_own(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 80; i++) look(1, i * 100);
    assert_int_equal(told_n, 1);
    assert_true(told_values);
}

static void little_is_not_told(void **state) {
    for (uint64_t i = 0; i < 90; i++) look(1 + i / 10, 0);
    assert_int_equal(told_n, 0);
    (void)begin(state);
    for (uint64_t i = 0; i < 300; i++) look(100000 + i, 0);
    assert_int_equal(told_n, 0);
}

static void load_that_grows_for_an_hour_is_not_told(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 60; i++) look(10 + 100 * i, 0);
    for (uint64_t i = 0; i < 1000; i++) look(6010, 0);
    assert_int_equal(told_n, 0);
}

static void saw_is_not_told(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 5000; i++) look(10 + 37 * (i % 45), 0);
    for (uint64_t i = 0; i < 5000; i++) look(1 + i % 7, i % 10 == 9 ? 0 : i);
    assert_int_equal(told_n, 0);
}

/* ---- Days of minutes ------------------------------------------------------------------------- */

#define DAY 1440u

/* Tasks of a day's load at a minute of it: 100 at night, from six to noon ten times as many. */
static uint64_t load_at(uint64_t minute) {
    const uint64_t of_day = minute % DAY,
                   noise = minute * 2654435761u % 4294967296u >> 27; // 0 to 31
    uint64_t n = 100;
    if (of_day >= 360 && of_day < 720) n += (of_day - 360) * (of_day - 360) / 144; // to 1000
    if (of_day >= 720 && of_day < 1080) n += 900;
    if (of_day >= 1080 && of_day < 1320) n += 900 - (of_day - 1080) * 900 / 240;
    return n + n * noise / 100;
}

static void load_of_each_day_is_not_told(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 30 * DAY; i++) look(load_at(i), 0);
    assert_int_equal(told_n, 0);
}

/* From 100 to 20,000 in two hours: no rule knows on the first day that it will stop. */
static void steep_morning_is_told_once_at_most(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10 * DAY; i++) {
        const uint64_t of_day = i % DAY;
        const uint64_t at = of_day < 480    ? 0
                            : of_day < 600  ? of_day - 480
                            : of_day < 1080 ? 120
                                            : 0;
        look(100 + at * at * 199 / 144, 0);
    }
    assert_in_range(told_n, 0, 1);
}

static void leak_under_a_days_load_is_told(void **state) {
    (void)state;
    uint64_t i = 0;
    for (; i < 10 * DAY && told_n == 0; i++) look(load_at(i) + i / 60, 0); // one in an hour
    assert_int_equal(told_n, 1);
    assert_in_range(i, 3 * DAY, 5 * DAY);
    assert_int_equal(told_looks, 3 * DAY);
}

static void quick_leak_under_a_days_load_is_told_on_the_first_day(void **state) {
    (void)state;
    uint64_t i = 0;
    for (; i < 10 * DAY && told_n == 0; i++) look(load_at(i) + 5 * i, 0);
    assert_int_equal(told_n, 1);
    assert_in_range(i, 60, DAY);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void what_is_open_no_more_is_forgotten(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 75; i++) look(1 + i, 0);
    look(0, 0);
    assert_int_equal(growth.n, 0);
    for (uint64_t i = 0; i < 79; i++) look(100 + 10 * i, 0);
    assert_int_equal(told_n, 0);
    look(1000, 0);
    assert_int_equal(told_n, 1);
}

#define MPSC_ROWS (EDOI_OPEN_SHARED + EDOI_OPEN_OWN)

static void more_kinds_than_are_remembered_do_no_harm(void **state) {
    (void)state;
    for (uint64_t round = 10; round <= 89; round++) {
        memset(&table, 0, sizeof table);
        for (int i = 0; i < 300; i++) {
            edoi_open_row row = { .kind = "mpsc", .n = round, .values = round };
            edoi_open_text(&row, "channel %d", i);
            edoi_open_add(&table, &row);
        }
        assert_int_equal(table.rows_n, MPSC_ROWS);
        assert_int_equal(table.rest_n, (300 - MPSC_ROWS) * round);
        edoi_growth_compare(&growth, &table, note, NULL);
    }
    assert_int_equal(growth.n, 2 * MPSC_ROWS);
    assert_int_equal(told_n, 2 * MPSC_ROWS);
}

static void one_kind_leaves_rows_for_others(void **state) {
    (void)state;
    static const char *const others[] = { "a", "b", "c", "d", "e", "f", "g", "h",
                                          "i", "j", "k", "l", "m", "n", "o" };
    memset(&table, 0, sizeof table);
    for (int i = 0; i < 1000; i++) {
        edoi_open_row row = { .kind = "mpsc", .n = 1 };
        edoi_open_text(&row, "channel %d", i);
        edoi_open_add(&table, &row);
    }
    assert_int_equal(table.rows_n, MPSC_ROWS);
    for (uint32_t k = 0; k < 15; k++)
        for (uint32_t i = 0; i < EDOI_OPEN_OWN; i++) {
            edoi_open_row row = { .kind = others[k], .n = 1 };
            edoi_open_text(&row, "%u", (unsigned)i);
            edoi_open_add(&table, &row);
        }
    assert_int_equal(table.rows_n, EDOI_OPEN_ROWS);
    assert_int_equal(table.rest_n, 1000 - MPSC_ROWS);
    edoi_open_add(&table, &(edoi_open_row){ .kind = "a seventeenth", .n = 3 });
    assert_int_equal(table.rest_n, 1003 - MPSC_ROWS);
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
    for (int i = 0; i < 85; i++) {
        CHECK_EQ(edo_spawn_detached(left_behind, NULL), 0);
        CHECK_EQ(edo_yield(), 0);
        edoi_growth_look();
    }
    CHECK_EQ(edoi_load_rlx_u64(&edoi_growth_told_n), before + 1);
    CHECK_EQ(edo_test_log_count(log, NULL), 1);
    const edo_test_event *e =
        EDO_TEST_LOGGED(log, "WARN growth: only grows kind=\"task\" name=\"left_behind at ");
    CHECK(strstr(e->line, " what=\"objects\" from=1 to=71 looks=70"));
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
    edoi_growth_every_min_ns = 1; // a program waits for a second
    EDO_TEST_OK(edo_dump_growth(edo_ms(1)));
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
    edoi_growth_every_min_ns = EDOI_GROWTH_EVERY_MIN_NS;
    assert_int_equal(edo_dump_growth(edo_ms(1)), 0);
    assert_int_equal(edoi_growth_every_ns(), 1000000000);
    assert_int_equal(edo_dump_growth(edo_ns(0)), 0);
    assert_int_equal(setenv("EDO_GROWTH", "0", 1), 0);
    assert_int_equal(edoi_growth_every_ns(), EDOI_GROWTH_EVERY_NS); // it is read once
    edoi_growth_read_environment();
    assert_int_equal(edoi_growth_every_ns(), -1);
    assert_int_equal(unsetenv("EDO_GROWTH"), 0);
    edoi_growth_read_environment();
    assert_int_equal(edo_dump_growth(edo_ns(-1)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_only_grows_is_told_once, begin),
        cmocka_unit_test_setup(values_of_channels_are_numbers_of_their_own, begin),
        cmocka_unit_test_setup(what_stays_and_grows_again_is_told_again, begin),
        cmocka_unit_test_setup(little_is_not_told, begin),
        cmocka_unit_test_setup(load_that_grows_for_an_hour_is_not_told, begin),
        cmocka_unit_test_setup(saw_is_not_told, begin),
        cmocka_unit_test_setup(load_of_each_day_is_not_told, begin),
        cmocka_unit_test_setup(steep_morning_is_told_once_at_most, begin),
        cmocka_unit_test_setup(leak_under_a_days_load_is_told, begin),
        cmocka_unit_test_setup(quick_leak_under_a_days_load_is_told_on_the_first_day, begin),
        cmocka_unit_test_setup(what_is_open_no_more_is_forgotten, begin),
        cmocka_unit_test_setup(more_kinds_than_are_remembered_do_no_harm, begin),
        cmocka_unit_test(one_kind_leaves_rows_for_others),
        cmocka_unit_test(tasks_that_are_left_behind_are_told_by_where_they_were_spawned),
        cmocka_unit_test(thread_of_dumps_looks_as_often_as_it_is_told),
        cmocka_unit_test(environment_switches_it_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
