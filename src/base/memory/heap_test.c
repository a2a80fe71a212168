/* SPDX-License-Identifier: MIT */
/* Goal: memory that was freed is given back when it is much, and was free at two looks; what is in
 * use stays, and a process that has not grown is left alone. Method: many blocks with one that
 * lives on behind each, so that libc gives none of them back by itself; the kernel's count; heap.c
 * is included, and its calls of malloc_trim() are counted. */
#include <malloc.h>

static unsigned trims_n;

__attribute__((__unused__)) static int trim(size_t pad) {
    trims_n++;
    return malloc_trim(pad);
}

#define malloc_trim trim
#include "base/memory/heap.c"
#undef malloc_trim

#include <edo/compiler.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if HAS_NUMBERS

#    define BLOCKS      4096
#    define BLOCK_BYTES 20000 /* below what libc maps for itself: 80 MB in all */
#    define ALL_BYTES   ((size_t)BLOCKS * BLOCK_BYTES)

static void *large[BLOCKS], *small[BLOCKS];
static void take(void) {
    for (size_t i = 0; i < BLOCKS; i++) {
        large[i] = malloc(BLOCK_BYTES);
        small[i] = malloc(64);
        assert_non_null(large[i]);
        assert_non_null(small[i]);
        memset(large[i], 1, BLOCK_BYTES);
    }
}

static void give(void **blocks) {
    for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
}

static void peak(void) {
    edoi_heap_look_now(); // nothing is known of before
    size_t before = resident();
    take();
    edoi_heap_look_now();
    edoi_heap_look_now();
    assert_true(resident() - before > ALL_BYTES / 2); // it is in use
    give(large);
    assert_true(resident() - before > ALL_BYTES / 2); // libc keeps it
    edoi_heap_look_now();
    assert_true(resident() - before > ALL_BYTES / 2); // free for the first time
    edoi_heap_look_now();
    assert_true(resident() < before + ALL_BYTES / 4);
    give(small);
}

static void memory_is_given_back_after_each_peak(void **state) {
    (void)state;
    peak();
    peak();
}

/* Much is free each time, but all pages of it have been given back. */
static void process_that_has_not_grown_since_is_left_alone(void **state) {
    (void)state;
    take();
    give(large);
    for (int i = 0; i < 3; i++) edoi_heap_look_now();
    assert_true(mallinfo2().fordblks > ALL_BYTES / 2);
    unsigned before_n = trims_n;
    for (int i = 0; i < 3; i++) edoi_heap_look_now();
    assert_int_equal(trims_n, before_n);
    give(small);
}

static void looks_are_as_far_from_each_other_as_is_said(void **state) {
    (void)state;
    assert_true(edoi_heap_look());
    assert_false(edoi_heap_look());
    int64_t now = now_ns();
    assert_true(heap.next_ns > now + (EDOI_HEAP_LOOK_S - 10) * INT64_C(1000000000));
    heap.next_ns = now;
    assert_true(edoi_heap_look());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_given_back_after_each_peak),
        cmocka_unit_test(process_that_has_not_grown_since_is_left_alone),
        cmocka_unit_test(looks_are_as_far_from_each_other_as_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    puts("skipped: malloc() is not that of glibc here");
    return 77;
}

#endif
