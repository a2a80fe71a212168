/* SPDX-License-Identifier: MIT */
/* Goal: options that cannot be met are refused at once, not found out by a task that never runs. */
#include <edo/runtime.h>

#include "inside.h"

#include <errno.h>

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int spawn_with_two_gib(void *arg) {
    (void)arg;
    edo_spawn_opts opts = { .stack = (size_t)2 << 30 };
    edo_task *t = edo_spawn_with(nothing, NULL, &opts);
    CHECK(!t);
    return edo_task_join(t);
}

static void stack_above_the_largest_is_refused_by_spawn(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    assert_int_equal(edo_run(rt, spawn_with_two_gib, NULL), -EINVAL);
    edo_runtime_free(rt);
}

static void stack_above_the_largest_is_refused_by_the_runtime(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_runtime_opts opts = { .fiber_stack = (size_t)2 << 30 };
    assert_int_equal(edo_runtime_new(&rt, &opts), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stack_above_the_largest_is_refused_by_spawn),
        cmocka_unit_test(stack_above_the_largest_is_refused_by_the_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
