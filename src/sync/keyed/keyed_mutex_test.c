/* SPDX-License-Identifier: MIT */
/* Goal: one task at a time has the mutex of a key, whatever those of other keys do; a key is
 *       forgotten with its last holder or waiter, whoever leaves how; its deadlocks are reported as
 *       a mutex's are; without memory nothing changes.
 * Method: the generic leaf tests; fibers in virtual time that are cut short; each request for
 * memory fails in turn; tasks of several workers that count what they hold. */
#include <edo/locks.h>
#include <edo/mutex.h>
#include <edo/scope.h>

#include "inside.h"
#include "leaf.h"
#include "rounds.h"

static const edo_str a = { "a", 1 }, b = { "b", 1 };

/* ---- Leaves ---------------------------------------------------------------------------------- */

typedef struct lock_env {
    edo_keyed_mutex *k;
    edo_keyed_lock *holder, *lock;
    edo_keyed_mutex_lock_future f;
} lock_env;

static int lock_make(void *arg, edo_future **f) {
    lock_env *env = arg;
    int err = edo_keyed_mutex_new(&env->k);
    if (err == 0) err = edo_keyed_mutex_try_lock(env->k, &env->holder, a);
    if (err < 0) {
        edo_keyed_mutex_free(env->k);
        return err;
    }
    *f = edo_keyed_mutex_lock_init(&env->f, env->k, &env->lock, a);
    return 0;
}

static void lock_poke(void *arg) {
    lock_env *env = arg;
    edo_keyed_mutex_unlock(env->k, env->holder);
}

static void lock_undo(void *arg) {
    lock_env *env = arg;
    edo_keyed_mutex_unlock(env->k, env->lock);
    env->lock = NULL;
}

static void lock_intact(void *arg) {
    lock_env *env = arg;
    assert_null(env->lock); // written on success only
    assert_int_equal(edo_keyed_mutex_len(env->k), 0);
}

static void lock_cleanup(void *arg) {
    edo_keyed_mutex_free(((lock_env *)arg)->k);
}

static void lock_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_keyed_mutex_lock",
                      .env_bytes = sizeof(lock_env),
                      .make = lock_make,
                      .poke = lock_poke,
                      .undo = lock_undo,
                      .intact = lock_intact,
                      .cleanup = lock_cleanup });
}

static edo_polled poll_with(edo_future *f, uint32_t budget) {
    edo_cx cx = { .waker = edo_waker_noop(), .budget = budget };
    return edo_poll(f, &cx);
}

/* The key's memory may be gone after the first poll, also if that had no budget. */
static void key_is_copied_by_a_poll_without_budget(void **state) {
    (void)state;
    for (int is_dropped = 0; is_dropped < 2; is_dropped++) {
        char key[] = "a";
        edo_keyed_mutex_lock_future f;
        edo_keyed_lock *lock = NULL, *none;
        edo_keyed_mutex *k;
        assert_int_equal(edo_keyed_mutex_new(&k), 0);
        edo_future *wait = edo_keyed_mutex_lock_init(&f, k, &lock, (edo_str){ key, 1 });
        assert_int_equal(poll_with(wait, 0), EDO_PENDING);
        key[0] = 'b';
        if (!is_dropped) {
            assert_int_equal(poll_with(wait, 1), EDO_READY);
            assert_int_equal(edo_keyed_mutex_try_lock(k, &none, a), -EAGAIN);
            edo_keyed_mutex_unlock(k, lock);
        }
        edo_drop(wait);
        assert_int_equal(edo_keyed_mutex_len(k), 0);
        edo_keyed_mutex_free(k);
    }
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void keys_have_mutexes_of_their_own(void **state) {
    (void)state;
    static const edo_str keys[] = { { "a", 1 }, { "a\0", 2 }, { "", 0 }, { NULL, 0 }, { "b", 1 } };
    static const size_t own[] = { 0, 1, 2, 4 }; // no bytes are one key, wherever they are
    edo_keyed_lock *held[5], *more = NULL;
    edo_keyed_mutex *k;
    assert_int_equal(edo_keyed_mutex_new(&k), 0);
    for (size_t i = 0; i < EDO_COUNT(own); i++)
        assert_int_equal(edo_keyed_mutex_try_lock(k, &held[own[i]], keys[own[i]]), 0);
    for (size_t i = 0; i < EDO_COUNT(keys); i++)
        assert_int_equal(edo_keyed_mutex_try_lock(k, &more, keys[i]), -EAGAIN);
    assert_null(more);
    assert_int_equal(edo_keyed_mutex_len(k), 4);
    edo_keyed_mutex_unlock(k, held[0]);
    assert_int_equal(edo_keyed_mutex_len(k), 3);
    assert_int_equal(edo_keyed_mutex_try_lock(k, &held[0], a), 0);
    edo_keyed_mutex_unlock(k, NULL);
    for (size_t i = 0; i < EDO_COUNT(own); i++) edo_keyed_mutex_unlock(k, held[own[i]]);
    assert_int_equal(edo_keyed_mutex_len(k), 0);
    edo_keyed_mutex_free(k);
    edo_keyed_mutex_free(NULL);
}

/* Keys above 512 bytes, which come from no cache. */
static void key_without_memory_is_refused(void **state) {
    (void)state;
    static char key[600];
    edo_keyed_mutex *k = NULL;
    edo_keyed_lock *l = NULL;
    for (uint64_t n = 1, fired = 1; fired; n++) {
        edoi_alloc_fail_at(n);
        int err = edo_keyed_mutex_new(&k);
        bool is_made = err == 0;
        if (is_made) err = edo_keyed_mutex_try_lock(k, &l, (edo_str){ key, sizeof key });
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        if (!is_made) continue;
        assert_int_equal(edo_keyed_mutex_len(k), fired ? 0 : 1);
        if (!fired) edo_keyed_mutex_unlock(k, l);
        edo_keyed_mutex_free(k);
    }
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

typedef struct visitor {
    edo_keyed_mutex *k;
    edo_str key;
    int limit_ms, result;
    int *inside_n;
} visitor;

static int order[8], order_n;

static int visit(void *arg) {
    visitor *self = arg;
    edo_keyed_lock *lock = NULL;
    EDO_DEADLINE(d, edo_ms(self->limit_ms));
    int err = edo_deadline_end(&d, edo_keyed_mutex_lock(self->k, &lock, self->key));
    CHECK((lock != NULL) == (err == 0));
    if (err < 0) return err;
    CHECK_EQ((*self->inside_n)++, 0);
    order[order_n++] = self->result;
    err = edo_sleep(edo_ms(10));
    --*self->inside_n;
    edo_keyed_mutex_unlock(self->k, lock);
    return err < 0 ? err : self->result;
}

static int visit_in_order(void *arg) {
    (void)arg;
    static const int limits_ms[] = { 1000, 1000, 5, 1000, 1000 };
    enum { N = 5 };
    int of_a = 0, of_b = 0;
    edo_task *tasks[N];
    visitor all[N];
    edo_keyed_mutex *k;
    order_n = 0;
    CHECK_EQ(edo_keyed_mutex_new(&k), 0);
    for (int i = 0; i < N; i++) {
        bool is_b = i == 3;
        all[i] = (visitor){ k, is_b ? b : a, limits_ms[i], i, is_b ? &of_b : &of_a };
        tasks[i] = edo_spawn(visit, &all[i]);
        CHECK(tasks[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ((int)edo_keyed_mutex_len(k), 2);
    for (int i = 0; i < N; i++) CHECK_EQ(edo_task_join(tasks[i]), i == 2 ? -ETIMEDOUT : i);
    CHECK_EQ(order_n, N - 1);
    CHECK_EQ(order[0] == 0 && order[1] == 3 && order[2] == 1 && order[3] == 4, true);
    CHECK_EQ((int)edo_keyed_mutex_len(k), 0);
    edo_keyed_mutex_free(k);
    return 0;
}

static void those_of_one_key_come_in_order_and_one_that_gives_up_is_passed(void **state) {
    (void)state;
    assert_int_equal(inside(visit_in_order, NULL), 0);
}

/* ---- Deadlocks ------------------------------------------------------------------------------- */

typedef struct transfer {
    edo_keyed_mutex *k;
    edo_str from, to;
} transfer;

static int move_money(void *arg) {
    transfer *self = arg;
    edo_keyed_lock *from, *to = NULL;
    int err = edo_keyed_mutex_lock(self->k, &from, self->from);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(1));
    if (err == 0) err = edo_keyed_mutex_lock(self->k, &to, self->to);
    if (err == 0) edo_keyed_mutex_unlock(self->k, to);
    edo_keyed_mutex_unlock(self->k, from);
    return err;
}

static int move_both_ways(void *arg) {
    edo_keyed_mutex *k;
    (void)arg;
    CHECK_EQ(edo_keyed_mutex_new(&k), 0);
    transfer there = { k, a, b }, back = { k, b, a };
    edo_task *first = edo_spawn(move_money, &there), *second = edo_spawn(move_money, &back);
    int one = edo_task_join(first), other = edo_task_join(second);
    CHECK_EQ(one == 0 ? other : one, -EDEADLK);
    CHECK_EQ(one == 0 || other == 0, true); // the other one goes on
    CHECK_EQ((int)edo_keyed_mutex_len(k), 0);
    edo_keyed_mutex_free(k);
    return 0;
}

static void deadlock_is_found_as_that_of_two_mutexes(void **state) {
    (void)state;
    edo_locks_stats before, after;
    assert_int_equal(edo_locks_watch(&(edo_locks_opts){ .fails = true, .any_order = true }), 0);
    edo_locks_get_stats(&before);
    assert_int_equal(inside(move_both_ways, NULL), 0);
    edo_locks_get_stats(&after);
    assert_int_equal(after.deadlocks - before.deadlocks, 1);
    assert_int_equal(edo_locks_watch(NULL), 0);
}

/* ---- Holders that end ------------------------------------------------------------------------ */

typedef struct owner {
    edo_keyed_mutex *k;
    edo_keyed_lock *lock;
    bool gives, frees;
} owner;

static int lock_and_end(void *arg) {
    owner *self = arg;
    int err = edo_keyed_mutex_lock(self->k, &self->lock, a);
    if (err == 0 && self->gives) edo_keyed_mutex_given(self->k, self->lock);
    if (err == 0 && self->frees) edo_keyed_mutex_free(self->k);
    return err;
}

static int end_as_owner(void *arg) {
    owner *self = arg;
    CHECK_EQ(edo_keyed_mutex_new(&self->k), 0);
    CHECK_EQ(edo_task_join(edo_spawn(lock_and_end, self)), 0);
    if (self->frees) return 0;
    edo_keyed_mutex_unlock(self->k, self->lock);
    CHECK_EQ((int)edo_keyed_mutex_len(self->k), 0);
    edo_keyed_mutex_free(self->k);
    return 0;
}

static void task_that_ends_with_a_lock_is_reported_unless_it_was_given_or_freed(void **state) {
    (void)state;
    static const owner rows[] = { { .frees = false }, { .gives = true }, { .frees = true } };
    assert_int_equal(edo_locks_watch(NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_locks_stats before, after;
        owner one = rows[i];
        edo_locks_get_stats(&before);
        assert_int_equal(inside(end_as_owner, &one), 0);
        edo_locks_get_stats(&after);
        assert_int_equal(after.abandoned - before.abandoned, i == 0 ? 1 : 0);
    }
}

/* ---- On several workers ---------------------------------------------------------------------- */

enum { TASKS = 8, TASK_KEYS = 3 };

typedef struct shared {
    edo_keyed_mutex *k;
    int rounds;
    int counted[TASK_KEYS]; /* plain: the mutexes order them */
} shared;

static int count_under_locks(void *arg) {
    shared *all = arg;
    for (int i = 0; i < all->rounds; i++) {
        char key = (char)(i % TASK_KEYS);
        edo_keyed_lock *l = NULL;
        int err = i % 2 ? edo_keyed_mutex_try_lock(all->k, &l, (edo_str){ &key, 1 }) : -EAGAIN;
        if (err == -EAGAIN) err = edo_keyed_mutex_lock(all->k, &l, (edo_str){ &key, 1 });
        if (err < 0) return err;
        int before = all->counted[i % TASK_KEYS];
        if (i % 16 == 0) err = edo_yield();
        all->counted[i % TASK_KEYS] = before + 1;
        edo_keyed_mutex_unlock(all->k, l);
        if (err < 0) return err;
    }
    return 0;
}

static int count_on_all_workers(void *arg) {
    shared *all = arg;
    *all = (shared){ .rounds = (int)test_rounds(200, 20000) * TASK_KEYS };
    CHECK_EQ(edo_keyed_mutex_new(&all->k), 0);
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < TASKS; i++) CHECK_EQ(edo_scope_spawn(&s, count_under_locks, all), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    for (int i = 0; i < TASK_KEYS; i++) CHECK_EQ(all->counted[i], TASKS * all->rounds / TASK_KEYS);
    CHECK_EQ((int)edo_keyed_mutex_len(all->k), 0);
    edo_keyed_mutex_free(all->k);
    return 0;
}

static void tasks_have_a_key_one_at_a_time(void **state) {
    (void)state;
    shared all;
    assert_int_equal(inside_each(count_on_all_workers, &all), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_is_a_good_leaf),
        cmocka_unit_test(key_is_copied_by_a_poll_without_budget),
        cmocka_unit_test(keys_have_mutexes_of_their_own),
        cmocka_unit_test(key_without_memory_is_refused),
        cmocka_unit_test(those_of_one_key_come_in_order_and_one_that_gives_up_is_passed),
        cmocka_unit_test(deadlock_is_found_as_that_of_two_mutexes),
        cmocka_unit_test(task_that_ends_with_a_lock_is_reported_unless_it_was_given_or_freed),
        cmocka_unit_test(tasks_have_a_key_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
