/* SPDX-License-Identifier: MIT */
/* records/misuse_test.c: broken contracts and invariants are reported, in a child that may
 * abort. */
#include "base/assert.h"

#include "base/error/trail.h"

#include <string.h>

#include "last_words.h"

static const char *name_of_task(void) {
    return "main at x.c:1";
}

static int break_contract(void *arg) {
    (void)arg;
    edoi_task_hooks_set(NULL, name_of_task);
    return EDO_MISUSE(1 + 1 == 2, "two is given") ? 7 : 8;
}

static int break_invariant(void *arg) {
    (void)arg;
    edoi_assert_failed("some.c", 12, "count", "n > 0");
}

static int break_number(void *arg) {
    int n = *(int *)arg;
    EDO_INV("some inv. 3", n > 1);
    return 0;
}

static void a_kept_contract_is_no_misuse(void **state) {
    (void)state;
    assert_false(EDO_MISUSE(1 + 1 == 3, "never said"));
    EDO_ASSERT(1 + 1 == 2);
    assert_false(EDO_NEVER(1 + 1 == 3));
}

static void misuse_aborts_by_name_in_debug_and_returns_in_release(void **state) {
    (void)state;
    char said[8192];
    int status = last_words(break_contract, NULL, said, sizeof said);
#ifdef EDO_DEBUG
    assert_true(is_abort(status));
    assert_non_null(strstr(said, "edo: misuse in break_contract ("));
    assert_non_null(strstr(said, "misuse_test.c:19): two is given [task main at x.c:1]\n"));
#else
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_string_equal(said, "");
#endif
}

static void a_broken_invariant_is_named(void **state) {
    (void)state;
    char said[512];
    int status = last_words(break_invariant, NULL, said, sizeof said);
    assert_true(is_abort(status));
    assert_string_equal(said, "edo: broken invariant in count (some.c:12): n > 0\n");
}

static void an_invariant_with_a_number_is_named_by_it(void **state) {
    (void)state;
    int good = 2, bad = 1;
    char said[512];
    assert_int_equal(last_words(break_number, &good, said, sizeof said), 0);
    int status = last_words(break_number, &bad, said, sizeof said);
#ifdef EDO_DEBUG
    assert_true(is_abort(status));
    assert_non_null(strstr(said, "edo: broken invariant in break_number ("));
    assert_non_null(strstr(said, "): some inv. 3: n > 1\n"));
#else
    assert_int_equal(status, 0);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_contract_is_no_misuse),
        cmocka_unit_test(misuse_aborts_by_name_in_debug_and_returns_in_release),
        cmocka_unit_test(a_broken_invariant_is_named),
        cmocka_unit_test(an_invariant_with_a_number_is_named_by_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
