/* SPDX-License-Identifier: MIT */
/* Goal: a set finds exactly the sources added and not removed, in order, for all indices; no guest
 * is accepted once the set is left; without memory nothing changes.
 * Method: long random runs against a plain array; the k-th allocation fails. */
#include "driver/source_set.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LAST ((1u << 24) - 1) /* about the highest index of a source */

/* At the edges of words, leaves and branches. */
static const uint32_t places[] = { 0,      1,      63,     64,     2047,   2048,    4095, 4096,
                                   262143, 262144, 262145, 300000, 524287, 1000000, LAST };

static bool is_in[EDO_COUNT(places)], is_guest[EDO_COUNT(places)];

static void check(edoi_source_set *set, const bool *are,
                  uint32_t (*next)(edoi_source_set *set, uint32_t index)) {
    uint32_t at = 0;
    for (size_t i = 0; i < EDO_COUNT(places); i++) {
        if (!are[i]) continue;
        at = next(set, at);
        assert_int_equal(at, places[i]);
        assert_int_equal(next(set, at), at);
        at++;
    }
    assert_int_equal(next(set, at), EDOI_SOURCE_NONE);
}

static void set_finds_added_sources_until_they_are_removed(void **state) {
    (void)state;
    edoi_source_set set = { .is_left = false };
    uint32_t random = 1;
    memset(is_in, 0, sizeof is_in);
    memset(is_guest, 0, sizeof is_guest);
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525u + 1013904223u;
        size_t i = (random >> 16) % EDO_COUNT(places);
        if (!is_in[i]) {
            assert_int_equal(edoi_source_set_reserve(&set, places[i]), 0);
            edoi_source_set_add(&set, places[i]);
            is_in[i] = true;
        } else if (!is_guest[i] && random & 1u) {
            assert_true(edoi_source_set_let_in(&set, places[i]));
            assert_true(edoi_source_set_let_in(&set, places[i])); // registered already
            is_guest[i] = true;
        } else {
            edoi_source_set_let_out(&set, places[i]);
            edoi_source_set_let_out(&set, places[i]);
            is_guest[i] = false;
            if (random & 2u) continue;
            edoi_source_set_remove(&set, places[i]);
            is_in[i] = false;
        }
        check(&set, is_in, edoi_source_set_next);
        check(&set, is_guest, edoi_source_set_next_guest);
    }
    for (size_t i = 0; i < EDO_COUNT(places); i++) {
        if (!is_in[i]) continue;
        edoi_source_set_let_out(&set, places[i]);
        edoi_source_set_remove(&set, places[i]);
    }
    edoi_source_set_deinit(&set);
}

static void no_guest_is_let_in_once_the_driver_is_left(void **state) {
    (void)state;
    edoi_source_set set = { .is_left = false };
    assert_int_equal(edoi_source_set_reserve(&set, 7), 0);
    edoi_source_set_add(&set, 7);
    assert_false(edoi_source_set_leave(&set));
    assert_false(edoi_source_set_let_in(&set, 7));
    edoi_source_set_enter(&set);
    assert_true(edoi_source_set_let_in(&set, 7));
    assert_true(edoi_source_set_leave(&set));
    assert_int_equal(edoi_source_set_next_guest(&set, 0), 7);
    edoi_source_set_let_out(&set, 7);
    assert_false(edoi_source_set_leave(&set));
    edoi_source_set_remove(&set, 7);
    edoi_source_set_deinit(&set);
}

static void place_without_memory_is_refused(void **state) {
    (void)state;
    edoi_source_set set = { .is_left = false };
    for (uint64_t k = 1; k <= 2; k++) { // branch, leaf
        edoi_alloc_fail_at(k);
        assert_int_equal(edoi_source_set_reserve(&set, LAST), -ENOMEM);
        edoi_alloc_fail_at(0);
        assert_int_equal(edoi_source_set_next(&set, 0), EDOI_SOURCE_NONE);
        if (k == 1) continue;
        assert_int_equal(edoi_source_set_reserve(&set, LAST), 0);
    }
    edoi_source_set_deinit(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_finds_added_sources_until_they_are_removed),
        cmocka_unit_test(no_guest_is_let_in_once_the_driver_is_left),
        cmocka_unit_test(place_without_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
