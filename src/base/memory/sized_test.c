/* SPDX-License-Identifier: MIT */
/* base/memory/sized_test.c: memory that knows its size, of sizes that the cache has and others. */
#include "base/memory/sized.h"

#include "base/memory/alloc.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool is_full_of(const char *text, size_t n, char c) {
    for (size_t i = 0; i < n; i++)
        if (text[i] != c) return false;
    return true;
}

static void every_size_is_aligned_and_comes_back(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes <= 600; bytes++) {
        char *text = edoi_sized_alloc(bytes);
        assert_non_null(text);
        assert_int_equal((uintptr_t)text % alignof(max_align_t), 0);
        memset(text, 'x', bytes);
        edoi_sized_free(text);
        text = edoi_sized_calloc(bytes, 1);
        assert_true(is_full_of(text, bytes, 0));
        edoi_sized_free(text);
    }
    edoi_sized_free(NULL);
}

static void what_grows_or_shrinks_keeps_its_bytes(void **state) {
    (void)state;
    char *text = edoi_sized_realloc(NULL, 10);
    memset(text, 'x', 10);
    text = edoi_sized_realloc(text, 1000);
    assert_true(is_full_of(text, 10, 'x'));
    memset(text, 'y', 1000);
    text = edoi_sized_realloc(text, 20);
    assert_true(is_full_of(text, 20, 'y'));
    edoi_sized_free(text);
}

static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    char *text = edoi_sized_alloc(1);
    *text = 'x';
    edoi_alloc_fail_from(1);
    assert_null(edoi_sized_alloc(1));
    assert_null(edoi_sized_calloc(1, 1));
    assert_null(edoi_sized_realloc(text, 1000));
    edoi_alloc_fail_at(0);
    assert_int_equal(*text, 'x');
    assert_null(edoi_sized_alloc(SIZE_MAX));
    assert_null(edoi_sized_calloc(SIZE_MAX / 2, 3));
    edoi_sized_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_aligned_and_comes_back),
        cmocka_unit_test(what_grows_or_shrinks_keeps_its_bytes),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
