/* SPDX-License-Identifier: MIT */
/* base/memory/alloc_test.c: a planned failure hits the k-th request, once, and nothing else. */
#include "base/memory/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void without_a_plan_memory_is_given(void **state) {
    (void)state;
    uint32_t *zeroed = edoi_calloc(4, sizeof *zeroed);
    assert_non_null(zeroed);
    for (size_t i = 0; i < 4; i++) assert_int_equal(zeroed[i], 0);
    zeroed[3] = 7;
    zeroed = edoi_realloc(zeroed, 100 * sizeof *zeroed);
    assert_non_null(zeroed);
    assert_int_equal(zeroed[3], 7);
    edoi_free(zeroed);
    edoi_free(NULL);
    assert_false(edoi_alloc_fail_fired());
}

static void calloc_refuses_a_product_that_overflows(void **state) {
    (void)state;
    volatile size_t n = SIZE_MAX / 2;
    assert_null(edoi_calloc(n, 3));
}

static void the_kth_request_fails_once(void **state) {
    (void)state;
    for (uint64_t k = 1; k <= 4; k++) {
        edoi_alloc_fail_at(k);
        for (uint64_t i = 1; i <= 5; i++) {
            assert_int_equal(edoi_alloc_fail_fired(), i > k);
            void *ptr = i % 2 ? edoi_alloc(8) : edoi_calloc(1, 8);
            assert_int_equal(ptr == NULL, i == k);
            edoi_free(ptr);
        }
    }
}

static void a_realloc_that_fails_keeps_the_block(void **state) {
    (void)state;
    char *text = edoi_alloc(6);
    assert_non_null(text);
    memcpy(text, "hello", 6);
    edoi_alloc_fail_at(1);
    assert_null(edoi_realloc(text, 600));
    assert_string_equal(text, "hello");
    edoi_free(text);
}

static void a_plan_can_be_called_off(void **state) {
    (void)state;
    edoi_alloc_fail_at(1);
    edoi_alloc_fail_at(0);
    void *ptr = edoi_alloc(1);
    assert_non_null(ptr);
    assert_false(edoi_alloc_fail_fired());
    edoi_free(ptr);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_plan_memory_is_given),
        cmocka_unit_test(calloc_refuses_a_product_that_overflows),
        cmocka_unit_test(the_kth_request_fails_once),
        cmocka_unit_test(a_realloc_that_fails_keeps_the_block),
        cmocka_unit_test(a_plan_can_be_called_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
