/* SPDX-License-Identifier: MIT */
/* Counted memory: freed once, by the last owner, on any thread. */
#include "base/memory/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static edo_atomic_u32 ended;

static void count_end(void *self) {
    (void)self;
    (void)edoi_add_rlx_u32(&ended, 1);
}

static void the_last_owner_frees(void **state) {
    (void)state;
    edoi_store_rlx_u32(&ended, 0);
    char *text = edo_rc_new(100, count_end);
    assert_non_null(text);
    memset(text, 'x', 100);
    assert_ptr_equal(edo_rc_ref(text), text);
    edo_rc_unref(text);
    assert_int_equal(edoi_load_rlx_u32(&ended), 0);
    assert_int_equal(text[99], 'x');
    edo_rc_unref(text);
    assert_int_equal(edoi_load_rlx_u32(&ended), 1);
}

static void the_memory_suits_any_type(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes < 64; bytes++) {
        void *self = edo_rc_new(bytes, NULL);
        assert_int_equal((uintptr_t)self % alignof(max_align_t), 0);
        edo_rc_unref(self);
    }
    edo_rc_unref(NULL);
}

static void new_without_memory_returns_null(void **state) {
    (void)state;
    assert_null(edo_rc_new(SIZE_MAX, NULL));
    edoi_alloc_fail_at(1);
    assert_null(edo_rc_new(1, NULL));
    edoi_alloc_fail_at(0);
}

static void *share_and_give_back(void *self) {
    for (int i = 0; i < 10000; i++) {
        edo_rc_ref(self);
        edo_rc_unref(self);
    }
    edo_rc_unref(self);
    return NULL;
}

static void owners_on_several_threads_free_it_once(void **state) {
    (void)state;
    edoi_store_rlx_u32(&ended, 0);
    int *self = edo_rc_new(sizeof *self, count_end);
    assert_non_null(self);
    pthread_t threads[4];
    for (size_t i = 0; i < EDO_COUNT(threads); i++) {
        edo_rc_ref(self);
        assert_int_equal(pthread_create(&threads[i], NULL, share_and_give_back, self), 0);
    }
    edo_rc_unref(self);
    for (size_t i = 0; i < EDO_COUNT(threads); i++) pthread_join(threads[i], NULL);
    assert_int_equal(edoi_load_rlx_u32(&ended), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_owner_frees),
        cmocka_unit_test(the_memory_suits_any_type),
        cmocka_unit_test(new_without_memory_returns_null),
        cmocka_unit_test(owners_on_several_threads_free_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
