/* SPDX-License-Identifier: MIT */
/* Goal: each key has its permits, whatever the others do, and one that has none in use is
 * forgotten; those that wait for one key are served in order, whoever gives up; without memory
 * nothing changes.
 * Method: tables; long runs beside a naive count of each key; the generic leaf tests; fibers in
 * virtual time; threads, and tasks of several workers, that count what they hold; each request for
 * memory fails in turn. */
#include <edo/scope.h>
#include <edo/sem.h>

#include "inside.h"
#include "leaf.h"
#include "rounds.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

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

/* ---- Waiting --------------------------------------------------------------------------------- */

static const edo_str one_key = { "a", 1 };

typedef struct acquire_env {
    edo_keyed_sem *k;
    edo_keyed_permit *in_use, *permit;
    edo_keyed_sem_acquire_future f;
} acquire_env;

static int acquire_make(void *arg, edo_future **f) {
    acquire_env *env = arg;
    int err = edo_keyed_sem_new(&env->k, 1);
    if (err == 0) err = edo_keyed_sem_try_acquire(env->k, &env->in_use, one_key);
    if (err < 0) {
        edo_keyed_sem_free(env->k);
        return err;
    }
    *f = edo_keyed_sem_acquire_init(&env->f, env->k, &env->permit, one_key);
    return 0;
}

static void acquire_poke(void *arg) {
    acquire_env *env = arg;
    edo_keyed_sem_release(env->k, env->in_use);
}

static void acquire_undo(void *arg) {
    acquire_env *env = arg;
    edo_keyed_sem_release(env->k, env->permit);
    env->permit = NULL;
}

static void acquire_intact(void *arg) {
    acquire_env *env = arg;
    assert_null(env->permit); // written on success only
    assert_int_equal(edo_keyed_sem_len(env->k), 0);
}

static void acquire_cleanup(void *arg) {
    edo_keyed_sem_free(((acquire_env *)arg)->k);
}

static void acquire_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_keyed_sem_acquire",
                      .env_bytes = sizeof(acquire_env),
                      .make = acquire_make,
                      .poke = acquire_poke,
                      .undo = acquire_undo,
                      .intact = acquire_intact,
                      .cleanup = acquire_cleanup });
}

static edo_polled poll_with(edo_future *f, uint32_t budget) {
    edo_cx cx = { .waker = edo_waker_noop(), .budget = budget };
    return edo_poll(f, &cx);
}

/* The key's memory may be gone after the first poll, also if that had no budget. */
static void key_is_copied_by_a_poll_without_budget(void **state) {
    (void)state;
    for (int in_use = 0; in_use < 2; in_use++) {
        char key[] = "a";
        edo_keyed_permit *first = NULL, *permit = NULL, *none;
        edo_keyed_sem_acquire_future f;
        edo_keyed_sem *k;
        assert_int_equal(edo_keyed_sem_new(&k, 1), 0);
        if (in_use) assert_int_equal(edo_keyed_sem_try_acquire(k, &first, one_key), 0);
        edo_future *wait = edo_keyed_sem_acquire_init(&f, k, &permit, (edo_str){ key, 1 });
        assert_int_equal(poll_with(wait, 0), EDO_PENDING);
        key[0] = 'b';
        edo_keyed_sem_release(k, first);
        assert_int_equal(poll_with(wait, 0), EDO_PENDING);
        assert_null(permit);
        assert_int_equal(poll_with(wait, 1), EDO_READY);
        assert_int_equal(edo_keyed_sem_try_acquire(k, &none, one_key), -EAGAIN);
        edo_keyed_sem_release(k, permit);
        assert_int_equal(edo_keyed_sem_len(k), 0);
        edo_keyed_sem_free(k);
    }
}

static void permit_that_a_poll_without_budget_got_goes_back(void **state) {
    (void)state;
    edo_keyed_permit *permit = NULL;
    edo_keyed_sem_acquire_future f;
    edo_keyed_sem *k;
    assert_int_equal(edo_keyed_sem_new(&k, 1), 0);
    edo_future *wait = edo_keyed_sem_acquire_init(&f, k, &permit, one_key);
    assert_int_equal(poll_with(wait, 0), EDO_PENDING);
    assert_int_equal(edo_keyed_sem_len(k), 1);
    edo_drop(wait);
    assert_null(permit);
    assert_int_equal(edo_keyed_sem_len(k), 0);
    edo_keyed_sem_free(k);
}

typedef struct visitor {
    edo_keyed_sem *k;
    int i, limit_ms;
} visitor;

static int order[8], order_n;

static int visit(void *arg) {
    visitor *self = arg;
    edo_keyed_permit *permit = NULL;
    EDO_DEADLINE(d, edo_ms(self->limit_ms));
    int err = edo_deadline_end(&d, edo_keyed_sem_acquire(self->k, &permit, one_key));
    if (err < 0) return err;
    order[order_n++] = self->i;
    err = edo_sleep(edo_ms(10));
    edo_keyed_sem_release(self->k, permit);
    return err;
}

/* Two permits, five tasks, of which the fourth gives up before it is its turn; one that only tries
 * passes nobody. */
static int visit_in_order(void *arg) {
    (void)arg;
    enum { N = 5 };
    edo_keyed_permit *none;
    edo_task *tasks[N];
    visitor all[N];
    edo_keyed_sem *k;
    order_n = 0;
    CHECK_EQ(edo_keyed_sem_new(&k, 2), 0);
    for (int i = 0; i < N; i++) {
        all[i] = (visitor){ k, i, i == 3 ? 5 : 1000 };
        tasks[i] = edo_spawn(visit, &all[i]);
        CHECK(tasks[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_keyed_sem_try_acquire(k, &none, one_key), -EAGAIN);
    for (int i = 0; i < N; i++) CHECK_EQ(edo_task_join(tasks[i]), i == 3 ? -ETIMEDOUT : 0);
    CHECK_EQ(order_n, N - 1);
    for (int i = 0; i < N - 1; i++) CHECK_EQ(order[i], i < 3 ? i : 4);
    CHECK_EQ((int)edo_keyed_sem_len(k), 0);
    edo_keyed_sem_free(k);
    return 0;
}

static void those_of_one_key_come_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(visit_in_order, NULL), 0);
}

enum { TASKS = 8, TASK_MOST = 2 };

static int take_and_wait(void *arg) {
    shared *all = arg;
    for (uint32_t i = 0; i < test_rounds(500, 50000); i++) {
        edo_keyed_permit *p;
        char key = (char)(i % THREAD_KEYS);
        int err = edo_keyed_sem_acquire(all->k, &p, (edo_str){ &key, 1 });
        if (err < 0) return err;
        if (atomic_fetch_add(&all->in_use[i % THREAD_KEYS], 1) >= TASK_MOST)
            atomic_fetch_add(&all->wrong_n, 1);
        if (i % 8 == 0) err = edo_yield();
        atomic_fetch_sub(&all->in_use[i % THREAD_KEYS], 1);
        edo_keyed_sem_release(all->k, p);
        if (err < 0) return err;
    }
    return 0;
}

static int take_on_all_workers(void *arg) {
    (void)arg;
    shared all = { .k = NULL };
    CHECK_EQ(edo_keyed_sem_new(&all.k, TASK_MOST), 0);
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < TASKS; i++) CHECK_EQ(edo_scope_spawn(&s, take_and_wait, &all), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(atomic_load(&all.wrong_n), 0);
    CHECK_EQ((int)edo_keyed_sem_len(all.k), 0);
    edo_keyed_sem_free(all.k);
    return 0;
}

static void tasks_never_hold_more_than_there_are(void **state) {
    (void)state;
    assert_int_equal(inside_each(take_on_all_workers, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_has_so_many_permits_and_others_have_their_own),
        cmocka_unit_test(many_keys_that_come_and_go_are_counted_as_each_alone),
        cmocka_unit_test(threads_never_hold_more_than_there_are),
        cmocka_unit_test(making_one_without_memory_fails_and_leaks_nothing),
        cmocka_unit_test(key_without_memory_is_refused_and_a_small_table_serves),
        cmocka_unit_test(acquire_is_a_good_leaf),
        cmocka_unit_test(key_is_copied_by_a_poll_without_budget),
        cmocka_unit_test(permit_that_a_poll_without_budget_got_goes_back),
        cmocka_unit_test(those_of_one_key_come_in_order),
        cmocka_unit_test(tasks_never_hold_more_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
