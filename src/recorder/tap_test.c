/* SPDX-License-Identifier: MIT */
/* Goal: a tap tells each event once, in order, from where it was made on, and how many it has lost.
 * Method: events of this thread, which are few, and then more than a ring keeps. */
#include "recorder/tap.h"

#include "leftovers.h"
#include "recorder/clock.h"
#include "recorder/note.h"

#include <edo/recorder.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static edoi_recorder_tap *tap;

static void put(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++) edoi_recorder_note(EDOI_REC_NUMBER, NULL, 7, i);
}

/* Reads the events of one turn, which are `from` to `to`. */
static void are_told(uint64_t from, uint64_t to) {
    edoi_recorder_tapped e;
    int64_t last_ns = 0;
    edoi_recorder_tap_turn(tap);
    for (uint64_t i = from; i < to; i++) {
        assert_true(edoi_recorder_tap_next(tap, &e));
        assert_int_equal(e.kind, EDOI_REC_NUMBER);
        assert_int_equal(e.small, 7);
        assert_int_equal(e.arg, i);
        assert_true(e.ns >= last_ns);
        last_ns = e.ns;
    }
    assert_false(edoi_recorder_tap_next(tap, &e));
}

static void events_are_told_once_and_lost_ones_counted(void **state) {
    (void)state;
    assert_int_equal(edoi_recorder_tap_new(&tap, 0), -ENODATA);
    const edo_recorder_opts opts = { .depth = EDO_RECORDER_ALL,
                                     .no_reports = true,
                                     .events = 1024 };
    assert_int_equal(edo_recorder_start(&opts), 0);
    may_leave(LEFT_MAPPINGS, 1u << 12, "the recorder keeps its memory");
    put(0, 10);
    assert_int_equal(edoi_recorder_tap_new(&tap, 0), 0);
    are_told(0, 0); // from here on
    put(10, 800);
    are_told(10, 800);
    put(800, 1300); // beyond the ring's end
    are_told(800, 1300);
    assert_int_equal(edoi_recorder_tap_lost(tap), 0);

    const uint64_t room = edoi_recorder_tap_room(), end = 1300 + room + 100;
    assert_int_equal(room, 1024);
    put(1300, end);
    are_told(end - room + 1, end); // the oldest one may be overwritten at any time
    assert_int_equal(edoi_recorder_tap_lost(tap), 101);
    edoi_recorder_tap_free(tap);
    assert_int_equal(edo_recorder_set(EDO_RECORDER_OFF), 0);
}

/* An event keeps 56 bits of its ticks, which run around after some months. */
static void times_are_right_also_when_ticks_have_run_around(void **state) {
    const int64_t around = INT64_C(1) << 56, from_ns = (int64_t)edoi_recorder_clock_ns();
    edoi_recorder_tapped e;
    (void)state;
    assert_int_equal(edo_recorder_set(EDO_RECORDER_ALL), 0);
    assert_int_equal(edoi_recorder_tap_new(&tap, 0), 0);
    const uint64_t at = edoi_recorder_clock_of.ticks_at;
    edoi_recorder_clock_of.ticks_at = at + edoi_recorder_now() - (uint64_t)around + 1;
    put(0, 1); // perhaps still before
    while (edoi_recorder_now() < (uint64_t)around) continue;
    put(1, 10);
    edoi_recorder_tap_turn(tap);
    for (uint64_t i = 0; i < 10; i++) {
        assert_true(edoi_recorder_tap_next(tap, &e));
        assert_int_equal(e.arg, i);
        assert_true(e.ns >= from_ns - 1000000 && e.ns <= (int64_t)edoi_recorder_clock_ns());
    }
    edoi_recorder_tap_free(tap);
    edoi_recorder_clock_of.ticks_at = at;
    assert_int_equal(edo_recorder_set(EDO_RECORDER_OFF), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_told_once_and_lost_ones_counted),
        cmocka_unit_test(times_are_right_also_when_ticks_have_run_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
