/* SPDX-License-Identifier: MIT */
/* Goal: an event that finds no place for its line counts as dropped, for each that wanted it.
 * Method: the test has all places. */
#define EDO_TARGET "shop"
#include "log/scratch.h"

#include <edo/receiver.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int told_n;

static void on_event(void *arg, const edo_event *e) {
    (void)arg, (void)e;
    told_n++;
    edo_error("of its own doing"); // nobody is told of it: that is no loss
}

static void what_finds_no_place_is_counted(void **state) {
    static const edo_receiver_ops counts = { .event = on_event };
    edoi_log_scratch *places[128];
    size_t n = 0;
    int ends[2];
    edo_receiver *r[3];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(edo_log_add(&r[0], &counts, NULL, NULL), 0);
    assert_int_equal(
        edo_log_add(&r[1], &counts, NULL, &(edo_receiver_opts){ .level = EDO_LEVEL_ERROR }), 0);
    assert_int_equal(edo_log_add_lines(&r[2], &(edo_log_opts){ .fd = ends[1] }), 0);
    while ((places[n] = edoi_log_scratch_take()) != NULL) n++;
    uint64_t before = edo_log_dropped();
    edo_info("to two of three");
    assert_int_equal(edo_log_dropped(), before + 2);
    edoi_log_scratch_give(places[--n]);
    edo_info("the receivers' place is there, that of a line is not");
    assert_int_equal(told_n, 1);
    assert_int_equal(edo_log_dropped(), before + 3);
    edoi_log_scratch_give(places[--n]);
    edo_info("all are");
    assert_int_equal(told_n, 2);
    assert_int_equal(edo_log_dropped(), before + 3);
    while (n > 0) edoi_log_scratch_give(places[--n]);
    for (size_t i = 0; i < EDO_COUNT(r); i++) edo_log_remove(r[i]);
    (void)close(ends[0]), (void)close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_finds_no_place_is_counted) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
