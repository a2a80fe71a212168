/* SPDX-License-Identifier: MIT */
/* base/memory/cache_test.c: small objects are reused, bounded per thread, and may change threads.
 *
 * Tests that read the lists are left out with the sanitizers, where everything goes to malloc. */
#include "base/memory/cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OBJECTS 20000

static void *objects[OBJECTS];

static void every_size_is_aligned_and_writable(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes <= 600; bytes++) {
        unsigned char *ptr = edoi_cache_get(bytes);
        assert_non_null(ptr);
        assert_int_equal((uintptr_t)ptr % EDOI_CACHE_STEP, 0);
        memset(ptr, 0xa5, bytes);
        edoi_cache_put(ptr, bytes);
    }
    edoi_cache_put(NULL, 16);
    edoi_cache_put(NULL, 600);
}

static void objects_in_use_are_distinct(void **state) {
    (void)state;
    for (size_t i = 0; i < OBJECTS; i++) {
        size_t *ptr = edoi_cache_get(48);
        assert_non_null(ptr);
        *ptr = i;
        objects[i] = ptr;
    }
    for (size_t i = 0; i < OBJECTS; i++) assert_int_equal(*(size_t *)objects[i], i);
    for (size_t i = 0; i < OBJECTS; i++) edoi_cache_put(objects[i], 48);
}

static void a_planned_failure_hits_every_path(void **state) {
    (void)state;
    const size_t sizes[] = { 16, 512, 513 };
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        for (int warm = 0; warm < 2; warm++) {
            if (warm) edoi_cache_put(edoi_cache_get(sizes[i]), sizes[i]);
            edoi_alloc_fail_at(1);
            assert_null(edoi_cache_get(sizes[i]));
            assert_true(edoi_alloc_fail_fired());
            void *ptr = edoi_cache_get(sizes[i]);
            assert_non_null(ptr);
            edoi_cache_put(ptr, sizes[i]);
        }
    }
}

#define ROUNDS 20

static pthread_barrier_t meet;

static void *put_what_the_other_got(void *arg) {
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&meet);
        for (size_t i = 0; i < OBJECTS; i++) edoi_cache_put(objects[i], 64);
        pthread_barrier_wait(&meet);
    }
    return NULL;
}

static void objects_may_be_put_on_another_thread(void **state) {
    (void)state;
    pthread_t other;
    assert_int_equal(pthread_barrier_init(&meet, NULL, 2), 0);
    assert_int_equal(pthread_create(&other, NULL, put_what_the_other_got, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < OBJECTS; i++) {
            objects[i] = edoi_cache_get(64);
            if (objects[i]) memset(objects[i], round, 64);
        }
        pthread_barrier_wait(&meet);
        pthread_barrier_wait(&meet);
    }
    pthread_join(other, NULL);
    pthread_barrier_destroy(&meet);
}

static pthread_key_t late_key;

/* Runs as a destructor of the thread, in the first and the second round. */
static void use_cache_late(void *arg) {
    edoi_cache_put(edoi_cache_get(32), 32);
    if (arg == &objects[0]) pthread_setspecific(late_key, &objects[1]);
}

static void *end_with_a_late_user(void *arg) {
    (void)arg;
    pthread_setspecific(late_key, &objects[0]);
    edoi_cache_put(edoi_cache_get(32), 32);
    return NULL;
}

static void a_thread_may_use_it_while_it_ends(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_key_create(&late_key, use_cache_late), 0);
    assert_int_equal(pthread_create(&thread, NULL, end_with_a_late_user, NULL), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(late_key);
}

#if !defined(EDOI_ASAN) && !defined(EDOI_TSAN)

static size_t listed(size_t c) {
    size_t n = 0;
    for (edoi_block *object = edoi_cache_here()->list[c]; object; object = object->next) n++;
    return n;
}

static void object_put_last_is_got_first(void **state) {
    (void)state;
    void *a = edoi_cache_get(100), *b = edoi_cache_get(100);
    edoi_cache_put(a, 100);
    edoi_cache_put(b, 100);
    assert_ptr_equal(edoi_cache_get(112), b); // 97 to 112 bytes are one class
    assert_ptr_equal(edoi_cache_get(97), a);
    edoi_cache_put(a, 100);
    edoi_cache_put(b, 100);
}

static void a_thread_keeps_no_more_than_its_bound(void **state) {
    (void)state;
    for (size_t bytes = 16; bytes <= 512; bytes += 16) {
        size_t c = edoi_cache_class(bytes);
        size_t bound = EDOI_CACHE_KEEP_MAX / bytes;
        for (size_t i = 0; i < OBJECTS; i++) objects[i] = edoi_cache_get(bytes);
        for (size_t i = 0; i < OBJECTS; i++) {
            edoi_cache_put(objects[i], bytes);
            if (i % 997 == 0 || i == OBJECTS - 1) {
                assert_int_equal(listed(c) + edoi_cache_here()->room[c], bound); // inv. 1
            }
        }
    }
}

static void *leave_many(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 200; i++) objects[i] = edoi_cache_get(496);
    for (size_t i = 0; i < 100; i++) edoi_cache_put(objects[i], 496);
    for (size_t i = 100; i < 200; i++) edoi_cache_put(objects[i], 496);
    return NULL;
}

static void *count_refills(void *arg) {
    size_t *n = arg;
    edoi_cache_put(edoi_cache_get(496), 496);
    *n = listed(edoi_cache_class(496));
    return NULL;
}

static void memory_of_an_ended_thread_serves_the_next(void **state) {
    (void)state;
    pthread_t thread;
    size_t n = 0;
    assert_int_equal(pthread_create(&thread, NULL, leave_many, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(pthread_create(&thread, NULL, count_refills, &n), 0);
    pthread_join(thread, NULL);
    assert_int_equal(n, EDOI_CACHE_KEEP_MAX / 496 / 2);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planned_failure_hits_every_path),
        cmocka_unit_test(every_size_is_aligned_and_writable),
        cmocka_unit_test(objects_in_use_are_distinct),
        cmocka_unit_test(objects_may_be_put_on_another_thread),
        cmocka_unit_test(a_thread_may_use_it_while_it_ends),
#if !defined(EDOI_ASAN) && !defined(EDOI_TSAN)
        cmocka_unit_test(object_put_last_is_got_first),
        cmocka_unit_test(a_thread_keeps_no_more_than_its_bound),
        cmocka_unit_test(memory_of_an_ended_thread_serves_the_next),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
