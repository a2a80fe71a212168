/* SPDX-License-Identifier: MIT */
/* Goal: the state word and the list of a mutex agree at all times, through every lock, leave and
 *       unlock.
 * Method: the generic leaf tests; every order of few operations compared with a queue kept by the
 * test. */
#include <edo/mutex.h>

#include "aborts.h"
#include "leaf.h"

#define HELD  1u
#define CROWD 2u

/* The leaf waits behind a holder; the poke unlocks. */
typedef struct lock_env {
    edo_mutex mutex;
    edo_mutex_lock_future f;
} lock_env;

static int lock_make(void *arg, edo_future **f) {
    lock_env *env = arg;
    assert_int_equal(edo_mutex_try_lock(&env->mutex), 0);
    *f = edo_mutex_lock_init(&env->f, &env->mutex);
    return 0;
}

static void lock_unlock(void *arg) {
    edo_mutex_unlock(&((lock_env *)arg)->mutex);
}

static void lock_is_free(void *arg) {
    lock_env *env = arg;
    assert_int_equal(env->mutex.state.edoi_value, 0);
    assert_null(env->mutex.waiters.first);
    assert_int_equal(edo_mutex_try_lock(&env->mutex), 0);
}

static void lock_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_mutex_lock",
                      .env_bytes = sizeof(lock_env),
                      .make = lock_make,
                      .poke = lock_unlock,
                      .undo = lock_unlock,
                      .intact = lock_is_free });
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N  3
#define DEPTH    6
#define NOBODY   -1
#define STRANGER TASKS_N /* holds it by try_lock */

typedef enum stage { AWAY, FRESH, QUEUED } stage;

/* The mutex, and its expected state. */
typedef struct model {
    edo_mutex mutex;
    edo_mutex_lock_future f[TASKS_N];
    hand_waker w[TASKS_N];
    stage stage[TASKS_N];
    int line[TASKS_N]; /* waiters in order; the first may have been handed it: then holder */
    int line_n, holder;
} model;

static void line_remove(model *m, int task) {
    int kept = 0;
    for (int i = 0; i < m->line_n; i++)
        if (m->line[i] != task) m->line[kept++] = m->line[i];
    m->line_n = kept;
}

static void model_pass_on(model *m) {
    m->holder = m->line_n ? m->line[0] : NOBODY;
    if (m->line_n) {
        line_remove(m, m->holder);
        assert_int_equal(hand_woken(&m->w[m->holder]), 1);
    }
}

static void model_poll(model *m, int t) {
    if (m->stage[t] == AWAY) {
        if (m->holder == t) return;
        (void)edo_mutex_lock_init(&m->f[t], &m->mutex);
        m->stage[t] = FRESH;
    }
    bool free = m->stage[t] == FRESH && m->holder == NOBODY;
    edo_polled polled = hand_poll(&m->f[t].base, &m->w[t]);
    if (free) m->holder = t;
    assert_int_equal(polled, m->holder == t ? EDO_READY : EDO_PENDING);
    if (polled == EDO_PENDING && m->stage[t] == FRESH) {
        m->line[m->line_n++] = t;
        hand_reset(&m->w[t]);
    }
    m->stage[t] = polled == EDO_READY ? AWAY : QUEUED;
}

static void model_drop(model *m, int t) {
    if (m->stage[t] == AWAY) return;
    edo_drop(&m->f[t].base);
    line_remove(m, t);
    if (m->holder == t) model_pass_on(m);
    m->stage[t] = AWAY;
}

/* One of: poll t, drop t, unlock, try. */
static void model_step(model *m, int op) {
    if (op < TASKS_N) {
        model_poll(m, op);
    } else if (op < 2 * TASKS_N) {
        model_drop(m, op - TASKS_N);
    } else if (op == 2 * TASKS_N) {
        // a holder that was handed it and has not seen that does not unlock
        if (m->holder == NOBODY || (m->holder < TASKS_N && m->stage[m->holder] == QUEUED)) return;
        edo_mutex_unlock(&m->mutex);
        model_pass_on(m);
    } else {
        int err = edo_mutex_try_lock(&m->mutex);
        assert_int_equal(err, m->holder == NOBODY ? 0 : -EAGAIN);
        if (err == 0) m->holder = STRANGER;
    }
    uint32_t word = m->holder == NOBODY ? 0 : m->line_n ? HELD | CROWD : HELD;
    assert_int_equal(m->mutex.state.edoi_value, word);
    assert_int_equal(m->mutex.waiters.first == NULL, m->line_n == 0);
}

#define OPS_N (2 * TASKS_N + 2)

static void every_short_order_keeps_the_line(void **state) {
    (void)state;
    long orders = 1;
    for (int i = 0; i < DEPTH; i++) orders *= OPS_N;
    for (long order = 0; order < orders; order++) {
        model m = { .holder = NOBODY };
        for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
        long rest = order;
        for (int i = 0; i < DEPTH; i++, rest /= OPS_N) model_step(&m, (int)(rest % OPS_N));
        for (int t = 0; t < TASKS_N; t++) model_drop(&m, t);
    }
}

static void long_random_runs_keep_the_line(void **state) {
    (void)state;
    uint64_t random = 88172645463325252u;
    model m = { .holder = NOBODY };
    for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        model_step(&m, (int)(random % OPS_N));
    }
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void unlock_a_free_one(void) {
    edo_mutex m = EDO_MUTEX_INIT;
    edo_mutex_unlock(&m);
    if (edo_mutex_try_lock(&m) != 0) _exit(1);
}

static void unlocking_a_free_mutex_is_named_in_debug_and_harmless_in_release(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(unlock_a_free_one));
#else
    assert_false(aborts(unlock_a_free_one));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_is_a_good_leaf),
        cmocka_unit_test(every_short_order_keeps_the_line),
        cmocka_unit_test(long_random_runs_keep_the_line),
        cmocka_unit_test(unlocking_a_free_mutex_is_named_in_debug_and_harmless_in_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
