/* SPDX-License-Identifier: MIT */
/* Goal: a handle is misused from its last share on, until its address is another's; memory rests, a
 * bounded number of blocks, oldest first; a report says who made it and where it was given up.
 * Method: handles that are nothing but addresses. */
#include "base/handles.h"

#include <string.h>

#include "last_words.h"

#if EDOI_REMEMBERS

static char places[EDOI_GONE_MAX + 2][16] EDOI_ALIGNED(16);
static uint32_t given_back_n;
static void *given_back;

static void take_back(void *memory, size_t bytes) {
    assert_int_equal(bytes, 7);
    given_back = memory;
    given_back_n++;
}

static void give_up(void *at) {
    edoi_handle_given_up(EDOI_STREAM, at, EDOI_CALLER());
}

static void a_handle_is_good_until_its_last_share_goes(void **state) {
    (void)state;
    char *at = places[0];
    assert_false(edoi_handle_misused(EDOI_STREAM, at)); // not known
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    assert_ptr_equal(edoi_handle_shared(EDOI_STREAM, at), at);
    give_up(at);
    assert_false(edoi_handle_misused(EDOI_STREAM, at));
    assert_false(edoi_handle_keep(EDOI_STREAM, at, at, 7, take_back)); // still open
    give_up(at);
    assert_false(edoi_handle_misused(EDOI_LISTENER, at)); // another kind
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    assert_false(edoi_handle_misused(EDOI_STREAM, at));
    give_up(at);
}

static void memory_rests_until_as_many_others_went_or_all_is_let_go(void **state) {
    (void)state;
    edoi_handles_let_go();
    given_back_n = 0;
    for (uint32_t i = 0; i < EDO_COUNT(places); i++) {
        edoi_handle_made(EDOI_TASK, places[i], "me", NULL);
        edoi_handle_given_up(EDOI_TASK, places[i], NULL);
        assert_true(edoi_handle_keep(EDOI_TASK, places[i], places[i], 7, take_back));
    }
    assert_in_range(given_back_n, 1, 3); // of those that went first
    assert_in_range((uintptr_t)given_back, (uintptr_t)places[0], (uintptr_t)places[2]);
    edoi_handles_let_go();
    assert_int_equal(given_back_n, EDO_COUNT(places));
    assert_false(edoi_handle_misused(EDOI_TASK, places[9])); // may be another's by now
}

static int use_late(void *arg) {
    (void)arg;
    edoi_handle_made(EDOI_SIGNAL, places[0], "the maker", NULL);
    edoi_handle_given_up(EDOI_SIGNAL, places[0], NULL);
    return edoi_handle_misused(EDOI_SIGNAL, places[0]);
}

static int use_after_give_up(void *arg) {
    (void)arg;
    edoi_handle_made(EDOI_STREAM, places[0], NULL, NULL);
    give_up(places[0]);
    return edoi_handle_misused(EDOI_STREAM, places[0]);
}

static void a_report_names_maker_and_place(void **state) {
    (void)state;
    char said[8192];
    assert_true(is_abort(last_words(use_late, NULL, said, sizeof said)));
    assert_non_null(strstr(
        said, "edo: the signal of the maker was given up at an unknown place\nedo: misuse in "));
    assert_true(is_abort(last_words(use_after_give_up, NULL, said, sizeof said)));
    assert_non_null(strstr(said, "edo: the stream of no task was given up at "));
    assert_non_null(strstr(said, "src/base/handles_test.c:"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_names_maker_and_place), // first: it forks
        cmocka_unit_test(a_handle_is_good_until_its_last_share_goes),
        cmocka_unit_test(memory_rests_until_as_many_others_went_or_all_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0; // nothing is remembered
}

#endif
