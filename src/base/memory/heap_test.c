/* SPDX-License-Identifier: MIT */
/* Goal: memory that was freed is given back when it is much, and was free at two looks; what is in
 * use stays, and a process that has not grown is left alone. Method: many blocks with one that
 * lives on behind each, so that libc gives none of them back by itself; the kernel's count; heap.c
 * is included, and its calls of malloc_trim() are counted. */
#include <malloc.h>
#include <unistd.h>

static unsigned trims_n;

__attribute__((__unused__)) static int trim(size_t pad) {
    trims_n++;
    return malloc_trim(pad);
}

static unsigned nap_ms; /* how much longer a walk takes */

#if __GLIBC_PREREQ(2, 33)
__attribute__((__unused__)) static struct mallinfo2 walk(void) {
    (void)usleep(nap_ms * 1000);
    return mallinfo2();
}
#    define mallinfo2() walk()
#endif

#define malloc_trim trim
#include "base/memory/heap.c"
#undef malloc_trim
#undef mallinfo2

#include <edo/compiler.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    heap.next_ns = 0;
    assert_true(edoi_heap_look());
    assert_false(edoi_heap_look());
    int64_t now = now_ns();
    assert_true(heap.next_ns > now + (EDOI_HEAP_LOOK_S - 5) * INT64_C(1000000000));
    heap.next_ns = now;
    assert_true(edoi_heap_look());
}

/* Asserts that the look that has just been made since `before_ns` is followed by the next one after
 * at most `pauses` times its length, and no later than heap.h promises. */
static void assert_next_within(int64_t before_ns, int64_t pauses) {
    int64_t after_ns = now_ns(), most_ns = (after_ns - before_ns) * pauses;
    if (most_ns > PAUSE_S_MAX * SECOND_NS) most_ns = PAUSE_S_MAX * SECOND_NS;
    assert_true(heap.next_ns <= after_ns + EDOI_HEAP_LOOK_S * SECOND_NS + most_ns);
    assert_false(edoi_heap_is_due());
    heap.next_ns = after_ns;
    assert_true(edoi_heap_is_due());
}

/* The walk over all free blocks takes long. */
static void peak_is_given_back_soon_however_long_a_look_takes(void **state) {
    (void)state;
    edoi_heap_look_now();
    size_t before = resident();
    heap.next_ns = now_ns();
    take();
    nap_ms = 20;
    int64_t at_ns = now_ns();
    assert_true(edoi_heap_look());
    assert_next_within(at_ns, PAUSES_IN_VAIN);
    give(large);
    at_ns = now_ns();
    assert_true(edoi_heap_look());
    assert_next_within(at_ns, PAUSES); // it has found something
    assert_true(edoi_heap_look());
    nap_ms = 0;
    assert_true(resident() < before + ALL_BYTES / 4);
    give(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_given_back_after_each_peak),
        cmocka_unit_test(process_that_has_not_grown_since_is_left_alone),
        cmocka_unit_test(peak_is_given_back_soon_however_long_a_look_takes),
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
