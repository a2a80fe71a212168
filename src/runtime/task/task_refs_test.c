/* SPDX-License-Identifier: MIT */
/* Goal: a task's count of references, which has 24 bits, never wraps: a task with too many of them
 * is kept for ever.
 * Method: a task whose count a test moves near each of the two limits; kept wakers are the
 *         references. */
#include "runtime/task/task.h"
#include "runtime/worker/wake.h"

#include <edo/edo.h>

#include "leftovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint32_t refs_of(const edo_task *t) {
    return TASK_REFS(edoi_load_rlx_u32(&t->word));
}

static void set_refs(edo_task *t, uint32_t refs) {
    edoi_store_rlx_u32(&t->word, edoi_load_rlx_u32(&t->word) % TASK_REF + refs * TASK_REF);
}

static int nothing(void *arg) {
    (void)arg;
    return 3;
}

static void references_are_counted_up_to_the_mark_and_no_further(void **state) {
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "the tests share a runtime");
    edo_task *t = edo_spawn_on(*state, nothing, NULL);
    assert_non_null(t);
    uint32_t before = refs_of(t);
    set_refs(t, TASK_REFS_FULL - 2);
    for (int i = 0; i < 5; i++) (void)edo_task_ref(t);
    (void)edo_waker_ref(&t->waker);
    assert_int_equal(refs_of(t), TASK_REFS_FULL);
    set_refs(t, before);
    assert_int_equal(edo_block_on(*state, edo_task_join_init(&(edo_task_join_future){ 0 }, t)), 3);
}

static void a_task_with_too_many_references_is_never_freed(void **state) {
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "the tests share a runtime");
    edo_task *t = edo_spawn_on(*state, nothing, NULL);
    assert_non_null(t);
    set_refs(t, TASK_REFS_FULL);
    assert_int_equal(edo_block_on(*state, edo_task_wait_init(&(edo_task_join_future){ 0 }, t)), 3);
    for (uint32_t i = 0; i < 100; i++) edoi_task_unref(t); // not of handles that were handed out
    // The runner releases its reference without checking the limit.
    assert_int_equal(refs_of(t), TASK_REFS_FULL - 1);
    assert_true(edo_task_is_finished(t));
    set_refs(t, 1); // so that the leak checker finds nothing
    edo_task_unref(t);
}

static int begin(void **state) {
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };
    return edo_runtime_new((edo_runtime **)state, &one_thread);
}

static int end(void **state) {
    edo_runtime_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_counted_up_to_the_mark_and_no_further),
        cmocka_unit_test(a_task_with_too_many_references_is_never_freed),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
