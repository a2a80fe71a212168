/* SPDX-License-Identifier: MIT */
/* Goal: slots come and go on any thread, also while a walk stands before them.
 * Method: a slab without a runtime; the steps of the other thread are taken in between by hand. */
#include "runtime/slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static edo_task *new_task(edoi_slab *s, size_t bytes) {
    edo_task *t = edoi_slab_get(s, bytes);
    assert_non_null(t);
    edoi_task_init(t, 1, "test", OWNER_NONE, 0);
    return t;
}

static void count_one(void *arg, edo_task *t) {
    (void)t;
    ++*(uint32_t *)arg;
}

static uint32_t in_use(edoi_slab *s) {
    uint32_t n = 0;
    edoi_slab_each(s, count_one, &n);
    return n;
}

/* The walk of the shutdown found the slot in use; then another thread gave the last handle back. */
static void slot_freed_by_another_thread_cannot_be_cancelled_any_more(void **state) {
    (void)state;
    edoi_slab s = { 0 };
    edo_task *t = new_task(&s, sizeof *t), *other = new_task(&s, sizeof *t);
    assert_int_equal(in_use(&s), 2);
    edoi_slab_put_foreign(NULL, t);
    assert_null(edoi_task_mark_cancel(t, EDO_CANCEL_SHUTDOWN));
    assert_true(edoi_task_is_done(t));
    assert_int_equal(in_use(&s), 1);
    edoi_slab_put(&s, other);
    assert_int_equal(in_use(&s), 0);
    edoi_slab_deinit(&s);
}

static void large_page_freed_by_another_thread_goes_with_the_next_large_task(void **state) {
    (void)state;
    edoi_slab s = { 0 };
    const size_t large = SLAB_BYTES_MAX + 1;
    edo_task *kept = new_task(&s, large), *freed = new_task(&s, large);
    edoi_slab_put_foreign(NULL, freed);
    edo_task *next = new_task(&s, large);
    assert_int_equal(in_use(&s), 2);
    edoi_slab_put(&s, next);
    edoi_slab_put(&s, kept);
    assert_null(s.pages);
    edoi_slab_deinit(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slot_freed_by_another_thread_cannot_be_cancelled_any_more),
        cmocka_unit_test(large_page_freed_by_another_thread_goes_with_the_next_large_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
