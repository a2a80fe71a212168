/* SPDX-License-Identifier: MIT */
/* Goal: what could not be sent for lack of memory is sent again after a pause, as after other
 * failures; nothing of it is lost but what is counted.
 * Method: each allocation fails in turn. The pauses are those of the exporter, so it takes
 * seconds. */
#define EDO_TARGET "shop"
#include "lacking.h"

static int told_again(void *arg) {
    (void)arg;
    lacking_tell(edo_ns(0));
    return 0;
}

static void what_was_without_memory_is_sent_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(told_again, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_without_memory_is_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
