/* SPDX-License-Identifier: MIT */
/* Goal: what has only grown from look to look is told; what was away at one of them, or has grown
 * by a few, is not.
 * Method: a thing in the list of what is open, whose number the test sets before each look. */
#include "runtime/faults/faults.h"

#include "runtime/watch/open.h"
#include "runtime/watch/registry.h"
#include "stacks/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t number; /* of the row; 0: it is away */

static void add_row(edoi_open_thing *self, edoi_open_table *to) {
    (void)self;
    if (number > 0) edoi_open_add(to, &(edoi_open_row){ .kind = "bowl", .name = "x", .n = number });
}

/* How many faults are told when the number is each of these at a look. */
static uint32_t told_of(const uint64_t at[EDOI_FAULTS_LOOKS + 1]) {
    static char said[4096];
    edoi_open_thing thing = { .look = NULL };
    edoi_faults f = { .out = fmemopen(said, sizeof said, "w"), .now_ns = 1000000000 };
    assert_non_null(f.out);
    edoi_open_enlist(&thing, add_row, NULL);
    for (uint32_t i = 0; i <= EDOI_FAULTS_LOOKS; i++) {
        number = at[i];
        edoi_registry_acquire();
        if (i == 0) edoi_fault_growth_begin();
        edoi_fault_growth_look();
        edoi_registry_release();
    }
    edoi_frames_begin();
    edoi_fault_growth_tell(&f);
    edoi_frames_end();
    edoi_open_strike(&thing);
    assert_int_equal(fclose(f.out), 0);
    return f.told_n;
}

static void what_was_away_or_grows_by_a_few_is_not_told(void **state) {
    static const struct {
        uint64_t at[EDOI_FAULTS_LOOKS + 1];
        uint32_t told_n;
    } rows[] = {
        { { 1, 3, 5, 7, 9, 11, 13, 15, 17 }, 1 }, { { 1, 1, 1, 1, 1, 5, 10, 15, 20 }, 1 },
        { { 1, 3, 5, 0, 9, 11, 13, 15, 17 }, 0 }, // away once
        { { 1, 3, 5, 7, 9, 11, 13, 15, 0 }, 0 },  { { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 0 },
        { { 1, 3, 5, 7, 6, 11, 13, 15, 17 }, 0 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(told_of(rows[i].at), rows[i].told_n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_away_or_grows_by_a_few_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
