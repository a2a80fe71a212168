/* SPDX-License-Identifier: MIT */
/* cmocka.h: a stand-in for cross builds, where the distribution has no cmocka for the target.
 *
 * It has the names that our tests use and runs each test in order; a failed assertion ends the
 * whole program with its place and values, which is enough to know that something is wrong over
 * there. */
#ifndef EDO_TESTS_CROSS_CMOCKA_H
#define EDO_TESTS_CROSS_CMOCKA_H

#include <inttypes.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

#define cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, state)                        \
    { #f, f, setup, teardown, state }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, NULL)
#define cmocka_unit_test_setup(f, setup)       cmocka_unit_test_setup_teardown(f, setup, NULL)
#define cmocka_unit_test_teardown(f, teardown) cmocka_unit_test_setup_teardown(f, NULL, teardown)
#define cmocka_unit_test(f)                    cmocka_unit_test_setup_teardown(f, NULL, NULL)
#define cmocka_unit_test_prestate(f, state)                                                        \
    cmocka_unit_test_prestate_setup_teardown(f, NULL, NULL, state)

#define print_message(...) ((void)fprintf(stdout, __VA_ARGS__))
#define print_error(...)   ((void)fprintf(stderr, __VA_ARGS__))

/* Where skip() goes; NULL outside a test. */
static jmp_buf *cross_skip __attribute__((unused));

#define skip() longjmp(*cross_skip, 1)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("%s:%d: ", __FILE__, __LINE__);                                                \
        print_error(__VA_ARGS__);                                                                  \
        print_error("\n");                                                                         \
        exit(1);                                                                                   \
    } while (0)
#define fail() fail_msg("failed")

/* Numbers and pointers are compared as 64 bits, as cmocka does. */
#define CROSS_WIDE(x) ((uintmax_t)(x))
#define CROSS_WORD(x) ((uintmax_t)(uintptr_t)(x))
#define CROSS_COMPARE(wide, a, op, b)                                                              \
    do {                                                                                           \
        uintmax_t left_ = wide(a), right_ = wide(b);                                               \
        if (!(left_ op right_))                                                                    \
            fail_msg("%s %s %s: 0x%" PRIxMAX ", 0x%" PRIxMAX, #a, #op, #b, left_, right_);         \
    } while (0)
#define CROSS_BYTES(a, b, n, op)                                                                   \
    do {                                                                                           \
        if (!(memcmp(a, b, n) op 0)) fail_msg("%s, %s: not %s", #a, #b, #op);                      \
    } while (0)

#define assert_true(cond)                                                                          \
    do {                                                                                           \
        if (!(cond)) fail_msg("not true: %s", #cond);                                              \
    } while (0)
#define assert_false(cond)         assert_true(!(cond))
#define assert_null(ptr)           CROSS_COMPARE(CROSS_WORD, ptr, ==, NULL)
#define assert_non_null(ptr)       CROSS_COMPARE(CROSS_WORD, ptr, !=, NULL)
#define assert_ptr_equal(a, b)     CROSS_COMPARE(CROSS_WORD, a, ==, b)
#define assert_ptr_not_equal(a, b) CROSS_COMPARE(CROSS_WORD, a, !=, b)
#define assert_int_equal(a, b)     CROSS_COMPARE(CROSS_WIDE, a, ==, b)
#define assert_int_not_equal(a, b) CROSS_COMPARE(CROSS_WIDE, a, !=, b)
/* One comparison, which 0 as the low end does not make trivial. */
#define assert_in_range(x, low, high)                                                              \
    assert_true((uintmax_t)(x) - (uintmax_t)(low) <= (uintmax_t)(high) - (uintmax_t)(low))
#define assert_memory_equal(a, b, n) CROSS_BYTES(a, b, n, ==)
#define assert_string_equal(a, b)                                                                  \
    do {                                                                                           \
        const char *left_ = (a), *right_ = (b);                                                    \
        if (strcmp(left_, right_) != 0) fail_msg("%s: '%s', not '%s'", #a, left_, right_);         \
    } while (0)
#define assert_string_not_equal(a, b)    assert_true(strcmp(a, b) != 0)
#define assert_memory_not_equal(a, b, n) CROSS_BYTES(a, b, n, !=)
#define assert_return_code(rc, error)    assert_true((rc) >= 0)

static inline int cross_run(const char *group, const struct CMUnitTest *tests, size_t n,
                            CMFixtureFunction setup, CMFixtureFunction teardown) {
    void *group_state = NULL;
    if (setup && setup(&group_state) != 0) fail_msg("%s: setup", group);
    for (size_t i = 0; i < n; i++) {
        void *state = tests[i].initial_state ? tests[i].initial_state : group_state;
        if (tests[i].setup_func && tests[i].setup_func(&state) != 0) fail_msg("%s", tests[i].name);
        jmp_buf back;
        cross_skip = &back;
        if (setjmp(back) == 0) {
            tests[i].test_func(&state);
            print_message("[       OK ] %s\n", tests[i].name);
        } else {
            print_message("[  SKIPPED ] %s\n", tests[i].name);
        }
        cross_skip = NULL;
        if (tests[i].teardown_func && tests[i].teardown_func(&state) != 0) fail_msg("%s", group);
    }
    if (teardown && teardown(&group_state) != 0) fail_msg("%s: teardown", group);
    return 0;
}

#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cross_run(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cmocka_run_group_tests_name(#tests, tests, setup, teardown)

#endif
