/* SPDX-License-Identifier: MIT */
/* Goal: an arena hands out memory that does not overlap, asks for memory seldom, and keeps its
 * limit; a refused request changes nothing. */
#include "base/memory/alloc.h"
#include "base/memory/arena.h"

#include <edo/arena.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_aligned_and_does_not_overlap(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    unsigned char *pieces[300];
    for (size_t i = 0; i < EDO_COUNT(pieces); i++) {
        pieces[i] = edo_arena_alloc(&arena, i * 7);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i * 7);
        char *text = edo_arena_text(&arena, 3);
        assert_non_null(text);
        memset(text, 'x', 3);
    }
    for (size_t i = 0; i < EDO_COUNT(pieces); i++) {
        for (size_t at = 0; at < i * 7; at++) assert_int_equal(pieces[i][at], (unsigned char)i);
    }
    edo_arena_deinit(&arena);
}

static void copy_ends_with_a_nul(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    assert_string_equal(edo_arena_copy(&arena, "abcdef", 3), "abc");
    assert_string_equal(edo_arena_copy(&arena, NULL, 0), "");
    assert_null(edo_arena_copy(&arena, "", SIZE_MAX));
    assert_null(edo_arena_alloc(&arena, SIZE_MAX - 8));
    edo_arena_deinit(&arena);
}

static void text_is_printed_and_ends_with_a_nul(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edo_str text = edo_arena_print(&arena, "%s %d", "no", 7);
    assert_int_equal(text.len, 4);
    assert_string_equal(text.ptr, "no 7");
    assert_string_equal(edo_arena_print(&arena, "%s", "").ptr, "");
    edo_arena_deinit(&arena);
    arena.bytes_max = 100;
    text = edo_arena_print(&arena, "%0200d", 7);
    assert_null(text.ptr);
    assert_int_equal(text.len, 0);
    edo_arena_deinit(&arena);
}

static void reset_keeps_the_first_chunk_and_asks_for_no_memory(void **state) {
    (void)state;
    edo_arena arena = { .chunk_bytes = 1024 };
    char *first = edo_arena_alloc(&arena, 100);
    assert_non_null(first);
    assert_non_null(edo_arena_alloc(&arena, 5000));
    edoi_alloc_fail_from(1);
    edo_arena_reset(&arena);
    for (int round = 0; round < 5; round++) {
        assert_ptr_equal(edo_arena_alloc(&arena, 100), first);
        assert_non_null(edo_arena_alloc(&arena, 800));
        edo_arena_reset(&arena);
    }
    assert_int_equal(edoi_alloc_refused_n(), 0);
    assert_null(edo_arena_alloc(&arena, 2000));
    assert_int_equal(edoi_alloc_refused_n(), 1);
    edoi_alloc_fail_at(0);
    assert_ptr_equal(edo_arena_alloc(&arena, 100), first); // the refused request changed nothing
    edo_arena_deinit(&arena);
    edo_arena_deinit(&arena);
}

static void limit_bounds_the_memory_and_is_used_in_full(void **state) {
    (void)state;
    edo_arena arena = { .bytes_max = 10000 };
    size_t got = 0;
    while (edo_arena_text(&arena, 10)) got += 10;
    assert_in_range(got, 9500, 10000);
    assert_true(arena.bytes <= 10000);
    edo_arena_reset(&arena);
    assert_non_null(edo_arena_text(&arena, 5000));
    assert_null(edo_arena_text(&arena, 9000));
    edo_arena_deinit(&arena);
}

/* ---- Arrays that grow ------------------------------------------------------------------------ */

static uint32_t *extended(edo_arena *arena, uint32_t *old, size_t n, size_t room) {
    uint32_t *all = edoi_arena_extend(arena, old, n * sizeof *all, room * sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < n; i++) assert_int_equal(all[i], i);
    for (size_t i = n; i < room; i++) all[i] = (uint32_t)i;
    return all;
}

static void array_that_doubles_takes_what_it_is_at_the_end(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    uint32_t *all = NULL;
    for (size_t n = 0, room = 4; room <= 1u << 20; n = room, room *= 2)
        all = extended(&arena, all, n, room);
    assert_true(arena.bytes < (1u << 20) * sizeof *all + 131072);
    char *behind = edo_arena_alloc(&arena, 8); // from now on it is not the last one
    assert_non_null(behind);
    memset(behind, 'x', 8);
    (void)extended(&arena, all, 1u << 20, 1u << 21);
    assert_memory_equal(behind, "xxxxxxxx", 8);
    edo_arena_reset(&arena);
    assert_int_equal(arena.bytes, 4096); // the first chunk did not grow
    edo_arena_deinit(&arena);
}

static void array_beyond_the_limit_stays_as_it_was_and_the_arena_says_so(void **state) {
    (void)state;
    edo_arena arena = { .bytes_max = 300000 };
    uint32_t *all = NULL;
    size_t n = 0, room = 4;
    for (; room * sizeof *all < 200000; n = room, room *= 2) all = extended(&arena, all, n, room);
    assert_false(arena.is_full);
    void *more = edoi_arena_extend(&arena, all, n * sizeof *all, 400000);
    assert_null(more);
    assert_true(arena.is_full);
    for (size_t i = 0; i < n; i++) assert_int_equal(all[i], i);
    edo_arena_reset(&arena);
    assert_false(arena.is_full);
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_does_not_overlap),
        cmocka_unit_test(copy_ends_with_a_nul),
        cmocka_unit_test(text_is_printed_and_ends_with_a_nul),
        cmocka_unit_test(reset_keeps_the_first_chunk_and_asks_for_no_memory),
        cmocka_unit_test(limit_bounds_the_memory_and_is_used_in_full),
        cmocka_unit_test(array_that_doubles_takes_what_it_is_at_the_end),
        cmocka_unit_test(array_beyond_the_limit_stays_as_it_was_and_the_arena_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
