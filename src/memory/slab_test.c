/* SPDX-License-Identifier: MIT */
/* memory/slab_test.c: a pool without memory, a debug build's reports of misuse, and the
 * address-sanitizer's view of the objects. */
#include <edo/slab.h>

#include "base/memory/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "last_words.h"

#ifdef EDOI_ASAN
#    include <sanitizer/asan_interface.h>
#    include <sanitizer/lsan_interface.h>
#endif

static edo_slab *slab_of(size_t bytes, const edo_slab_opts *opts) {
    edo_slab *s = NULL;
    assert_int_equal(edo_slab_new(&s, bytes, opts), 0);
    return s;
}

static void a_slab_without_memory_is_not_made(void **state) {
    (void)state;
    edo_slab *s = NULL;
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_slab_new(&s, 8, NULL), -ENOMEM);
    assert_null(s);
}

static void a_planned_failure_hits_kept_objects_too(void **state) {
    (void)state;
    edo_slab *s = slab_of(64, NULL);
    edo_slab_put(s, edo_slab_get(s));
    edoi_alloc_fail_at(1);
    assert_null(edo_slab_get(s));
    assert_true(edoi_alloc_fail_fired());
    void *object = edo_slab_get(s);
    assert_non_null(object);
    edo_slab_put(s, object);
    edo_slab_free(s);
}

static void *get_and_put(void *arg) {
    edo_slab *s = arg;
    void *some[3];
    for (size_t i = 0; i < EDO_COUNT(some); i++) some[i] = edo_slab_get(s);
    for (size_t i = 0; i < EDO_COUNT(some); i++) edo_slab_put(s, some[i]);
    return NULL;
}

/* Tables, shelves and objects are allocated in turn; a thread without a shelf works without one. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    for (uint64_t k = 1;; k++) {
        edo_slab *s = slab_of(32, NULL);
        pthread_t thread;
        edoi_alloc_fail_at(k);
        assert_int_equal(pthread_create(&thread, NULL, get_and_put, s), 0);
        pthread_join(thread, NULL);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        edo_slab_stats now;
        edo_slab_get_stats(s, &now);
        assert_int_equal(now.in_use, 0);
        edo_slab_free(s);
        if (!fired) break;
    }
}

static void a_put_that_finds_no_memory_for_a_shelf_frees(void **state) {
    (void)state;
    edo_slab *s = slab_of(32, NULL);
    edoi_alloc_fail_at(1); // the table has rows: the shelf fails
    void *object = edo_slab_get(s);
    assert_non_null(object);
    edoi_alloc_fail_at(1);
    edo_slab_put(s, object);
    assert_true(edoi_alloc_fail_fired());
    edo_slab_stats now;
    edo_slab_get_stats(s, &now);
    assert_int_equal(now.bytes, 0);
    edo_slab_free(s);
}

static void a_new_thread_takes_over_the_shelf_of_an_ended_one(void **state) {
    (void)state;
    edo_slab *s = slab_of(32, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        edoi_alloc_fail_at(i ? 6 : 0); // a table of two parts, and three objects on the shelf
        assert_int_equal(pthread_create(&thread, NULL, get_and_put, s), 0);
        pthread_join(thread, NULL);
        assert_false(edoi_alloc_fail_fired());
    }
    edoi_alloc_fail_at(0);
    edo_slab_free(s);
}

#ifdef EDO_DEBUG

static void ignore(void *arg, void *object) {
    (void)arg;
    (void)object;
}

static int construct_first_byte(void *arg, void *object) {
    (void)arg;
    *(char *)object = 1;
    return 0;
}

/* Leaves memory to malloc() that is not all of one byte. */
static void soil_memory(size_t bytes) {
    unsigned char *memory = malloc(bytes);
    assert_non_null(memory);
    for (size_t i = 0; i < bytes; i++) memory[i] = (unsigned char)(i * 7 + i / 256);
    free(memory);
}

static void what_construct_leaves_alone_is_filled(void **state) {
    (void)state;
    enum { BYTES = 3000 };
    for (size_t head = 0; head < 256; head += sizeof(void *)) soil_memory(BYTES + head);
    edo_slab *s = slab_of(BYTES, &(edo_slab_opts){ .construct = construct_first_byte });
    const char *object = edo_slab_get(s);
    assert_int_equal(object[0], 1);
    for (size_t i = 2; i < BYTES; i++) assert_int_equal(object[i], object[1]);
    edo_slab_put(s, (void *)(uintptr_t)object);
    edo_slab_free(s);
}

static void put_twice(edo_slab *s) {
    char *object = edo_slab_get(s);
    edo_slab_put(s, object);
    edo_slab_put(s, object);
}

/* The last byte of an object whose size is not a multiple of a word. */
static void write_last_byte_late(edo_slab *s) {
    static const edo_slab_opts odd = { .name = "conn", .reset = ignore };
    edo_slab_free(s);
    s = slab_of(29, &odd);
    char *object = edo_slab_get(s);
    memset(object, 7, 29);
    edo_slab_put(s, object);
    object[28] = 6;
    (void)edo_slab_trim(s);
}

static void leave_one_out(edo_slab *s) {
    void *object = edo_slab_get(s);
    edo_slab_put(s, edo_slab_get(s));
    assert_non_null(object);
    edo_slab_free(s);
}

static int break_fresh(void *breach) {
    (*(void (**)(edo_slab *))breach)(slab_of(24, &(edo_slab_opts){ .name = "conn" }));
    return 0;
}

/* What `breach` printed before the misuse report, which ends the process. */
static void hear(void (*breach)(edo_slab *s), char *said, size_t bytes) {
    assert_true(is_abort(last_words(break_fresh, &breach, said, bytes)));
    char *report = strstr(said, "edo: misuse in ");
    assert_non_null(report);
    *report = '\0';
}

static size_t times(const char *text, const char *part) {
    size_t n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void breach_is_reported_with_its_places(void **state) {
    (void)state;
    char said[8192];
    hear(put_twice, said, sizeof said);
    assert_int_equal(times(said, "edo: slab conn, object "), 1);
    assert_int_equal(times(said, "slab_test.c:"), 3); // got, put, put again
    hear(write_last_byte_late, said, sizeof said);
    assert_int_equal(times(said, "slab_test.c:"), 2); // got, put
    hear(leave_one_out, said, sizeof said);
    assert_int_equal(times(said, "edo: slab conn, object "), 1); // the other object is back
    assert_int_equal(times(said, "slab_test.c:"), 1);
    assert_int_equal(times(said, "last put at no place"), 1);
}

#endif

#ifdef EDOI_ASAN

static void free_objects_are_poisoned(void **state) {
    (void)state;
    edo_slab *s = slab_of(48, NULL);
    char *object = edo_slab_get(s);
    assert_null(__asan_region_is_poisoned(object, 48));
    assert_true(__asan_address_is_poisoned(object + 48)); // the block ends with the object
    edo_slab_put(s, object);
    for (size_t i = 0; i < 48; i++) assert_true(__asan_address_is_poisoned(object + i));
    assert_ptr_equal(edo_slab_get(s), object);
    assert_null(__asan_region_is_poisoned(object, 48));
    edo_slab_put(s, object);
    edo_slab_free(s);
}

static uintptr_t hidden;

/* In a thread of its own, whose stack is gone afterwards. */
static void *lose_one(void *arg) {
    hidden = ~(uintptr_t)edo_slab_get((edo_slab *)arg);
    return NULL;
}

static void an_object_that_was_lost_is_a_leak(void **state) {
    (void)state;
    edo_slab *s = slab_of(1000, &(edo_slab_opts){ .name = "lost" });
    pthread_t thread;
    if (__lsan_do_recoverable_leak_check()) {
        print_message("skipped: another leak, reported at the end\n");
        skip();
    }
    assert_int_equal(pthread_create(&thread, NULL, lose_one, s), 0);
    pthread_join(thread, NULL);
    assert_true(__lsan_do_recoverable_leak_check()); // reports it on standard error
    edo_slab_put(s, (void *)~hidden);
    assert_false(__lsan_do_recoverable_leak_check()); // a kept object is not a leak
    edo_slab_free(s);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slab_without_memory_is_not_made),
        cmocka_unit_test(a_planned_failure_hits_kept_objects_too),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_put_that_finds_no_memory_for_a_shelf_frees),
        cmocka_unit_test(a_new_thread_takes_over_the_shelf_of_an_ended_one),
#ifdef EDO_DEBUG
        cmocka_unit_test(breach_is_reported_with_its_places),
        cmocka_unit_test(what_construct_leaves_alone_is_filled),
#endif
#ifdef EDOI_ASAN
        cmocka_unit_test(free_objects_are_poisoned),
        cmocka_unit_test(an_object_that_was_lost_is_a_leak),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
