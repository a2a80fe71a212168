/* SPDX-License-Identifier: MIT */
/* Goal: each key has its permits, whatever the others do, and one that has none in use is
 * forgotten; without memory nothing changes.
 * Method: tables; long runs beside a naive count of each key; threads that count what they hold;
 * each request for memory fails in turn. */
#include "base/memory/alloc.h"

#include <edo/sem.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void key_has_so_many_permits_and_others_have_their_own(void **state) {
    (void)state;
    static const edo_str keys[] = { { "a", 1 }, { "a\0", 2 }, { "", 0 }, { NULL, 0 }, { "b", 1 } };
    enum { MOST = 3 };
    edo_keyed_permit *held[4][MOST], *more = NULL;
    edo_keyed_sem *k;
    assert_int_equal(edo_keyed_sem_new(&k, 0), -EINVAL);
    assert_int_equal(edo_keyed_sem_new(&k, MOST), 0);
    static const size_t own[] = { 0, 1, 2, 4 }; // no bytes are one key, wherever they are
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 0; n < MOST; n++)
            assert_int_equal(edo_keyed_sem_try_acquire(k, &held[i][n], keys[own[i]]), 0);
        assert_int_equal(edo_keyed_sem_try_acquire(k, &more, keys[own[i]]), -EAGAIN);
    }
    assert_int_equal(edo_keyed_sem_try_acquire(k, &more, keys[3]), -EAGAIN);
    assert_null(more);
    assert_int_equal(edo_keyed_sem_len(k), 4);
    edo_keyed_sem_release(k, held[1][0]);
    assert_int_equal(edo_keyed_sem_try_acquire(k, &held[1][0], keys[1]), 0);
    for (size_t n = 0; n < MOST; n++) edo_keyed_sem_release(k, held[0][n]);
    assert_int_equal(edo_keyed_sem_len(k), 3);
    edo_keyed_sem_release(k, NULL);
    edo_keyed_sem_free(k); // with permits in use
    edo_keyed_sem_free(NULL);
}

static void many_keys_that_come_and_go_are_counted_as_each_alone(void **state) {
    (void)state;
    enum { KEYS = 500, MOST = 4, STEPS = 50000 };
    static edo_keyed_permit *held[KEYS][MOST];
    size_t in_use[KEYS] = { 0 }, keys_n = 0;
    uint64_t random = 1;
    edo_keyed_sem *k;
    assert_int_equal(edo_keyed_sem_new(&k, MOST), 0);
    for (int step = 0; step < STEPS; step++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        uint32_t i = (uint32_t)(random >> 33) % KEYS;
        edo_str key = { (const char *)&i, sizeof i };
        if (random >> 63) {
            int err = edo_keyed_sem_try_acquire(k, &held[i][in_use[i] % MOST], key);
            assert_int_equal(err, in_use[i] < MOST ? 0 : -EAGAIN);
            keys_n += err == 0 && in_use[i] == 0;
            in_use[i] += err == 0;
        } else if (in_use[i] > 0) {
            edo_keyed_sem_release(k, held[i][--in_use[i]]);
            keys_n -= in_use[i] == 0;
        }
        assert_int_equal(edo_keyed_sem_len(k), keys_n);
    }
    edo_keyed_sem_free(k);
}

enum { THREAD_KEYS = 3, THREAD_MOST = 2 };

typedef struct shared {
    edo_keyed_sem *k;
    atomic_int in_use[THREAD_KEYS], wrong_n;
} shared;

static void *take_and_give(void *arg) {
    shared *all = arg;
    for (int i = 0; i < 20000; i++) {
        edo_keyed_permit *p;
        char key = (char)(i % THREAD_KEYS);
        if (edo_keyed_sem_try_acquire(all->k, &p, (edo_str){ &key, 1 }) < 0) continue;
        int others = atomic_fetch_add(&all->in_use[i % THREAD_KEYS], 1);
        if (others >= THREAD_MOST) atomic_fetch_add(&all->wrong_n, 1);
        atomic_fetch_sub(&all->in_use[i % THREAD_KEYS], 1);
        edo_keyed_sem_release(all->k, p);
    }
    return NULL;
}

static void threads_never_hold_more_than_there_are(void **state) {
    (void)state;
    shared all = { .k = NULL };
    pthread_t threads[4];
    assert_int_equal(edo_keyed_sem_new(&all.k, THREAD_MOST), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &all), 0);
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&all.wrong_n), 0);
    assert_int_equal(edo_keyed_sem_len(all.k), 0);
    edo_keyed_sem_free(all.k);
}

static void making_one_without_memory_fails_and_leaks_nothing(void **state) {
    (void)state;
    for (uint64_t n = 1, fired = 1; fired; n++) {
        edo_keyed_sem *k = NULL;
        edoi_alloc_fail_at(n);
        int err = edo_keyed_sem_new(&k, 1);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        assert_true((k != NULL) == (err == 0));
        edo_keyed_sem_free(k);
    }
}

/* Keys above 512 bytes, which come from no cache. */
static void key_without_memory_is_refused_and_a_small_table_serves(void **state) {
    (void)state;
    static char key[600];
    edo_keyed_permit *p, *again;
    edo_keyed_sem *k;
    size_t keys_n = 0;
    assert_int_equal(edo_keyed_sem_new(&k, 1), 0);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        edoi_alloc_fail_at(i % 2 ? 1 : 2); // the key's memory, or that of a larger table
        int err = edo_keyed_sem_try_acquire(k, &p, (edo_str){ key, sizeof key });
        edoi_alloc_fail_at(0);
        assert_int_equal(err, i % 2 ? -ENOMEM : 0);
        keys_n += err == 0;
        int busy = edo_keyed_sem_try_acquire(k, &again, (edo_str){ key, sizeof key });
        assert_int_equal(busy, err == 0 ? -EAGAIN : 0);
        keys_n += busy == 0;
    }
    assert_int_equal(edo_keyed_sem_len(k), keys_n);
    edo_keyed_sem_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_has_so_many_permits_and_others_have_their_own),
        cmocka_unit_test(many_keys_that_come_and_go_are_counted_as_each_alone),
        cmocka_unit_test(threads_never_hold_more_than_there_are),
        cmocka_unit_test(making_one_without_memory_fails_and_leaks_nothing),
        cmocka_unit_test(key_without_memory_is_refused_and_a_small_table_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
