/* SPDX-License-Identifier: MIT */
/* Goal: the holders and the line of a read-write lock are right at all times, through every lock,
 *       leave, downgrade and unlock.
 * Method: the generic leaf tests; every order of few operations, and long random runs, compared
 * with a line kept by the test; more readers than are woken at once; the bound on readers. */
#include <edo/rwlock.h>

#include "aborts.h"
#include "leaf.h"

/* ---- Leaves ---------------------------------------------------------------------------------- */

/* The leaf waits behind a holder; the poke unlocks. */
typedef struct enter_env {
    edo_rwlock rwlock;
    edo_rwlock_write_future f;
} enter_env;

static int read_make(void *arg, edo_future **f) {
    enter_env *env = arg;
    assert_int_equal(edo_rwlock_try_write(&env->rwlock), 0);
    *f = edo_rwlock_read_init(&env->f, &env->rwlock);
    return 0;
}

static int write_make(void *arg, edo_future **f) {
    enter_env *env = arg;
    assert_int_equal(edo_rwlock_try_read(&env->rwlock), 0);
    *f = edo_rwlock_write_init(&env->f, &env->rwlock);
    return 0;
}

/* Full of readers. */
static int read_full_make(void *arg, edo_future **f) {
    enter_env *env = arg;
    env->rwlock = (edo_rwlock)EDO_RWLOCK_INIT_MAX(1);
    assert_int_equal(edo_rwlock_try_read(&env->rwlock), 0);
    *f = edo_rwlock_read_init(&env->f, &env->rwlock);
    return 0;
}

static void enter_unlock(void *arg) {
    edo_rwlock_unlock(&((enter_env *)arg)->rwlock);
}

static void enter_is_free(void *arg) {
    enter_env *env = arg;
    assert_int_equal(env->rwlock.holders, 0);
    assert_null(env->rwlock.waiters.first);
    assert_int_equal(edo_rwlock_try_write(&env->rwlock), 0);
}

static void read_and_write_are_good_leaves(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_rwlock_read",
                      .env_bytes = sizeof(enter_env),
                      .make = read_make,
                      .poke = enter_unlock,
                      .undo = enter_unlock,
                      .intact = enter_is_free });
    leaf_run(&(leaf){ .name = "edo_rwlock_write",
                      .env_bytes = sizeof(enter_env),
                      .make = write_make,
                      .poke = enter_unlock,
                      .undo = enter_unlock,
                      .intact = enter_is_free });
    leaf_run(&(leaf){ .name = "edo_rwlock_read, full",
                      .env_bytes = sizeof(enter_env),
                      .make = read_full_make,
                      .poke = enter_unlock,
                      .undo = enter_unlock,
                      .intact = enter_is_free });
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N 3
#define DEPTH   5

typedef enum stage { AWAY, QUEUED, GRANTED } stage;

/* The lock, and its expected state. A hold that its task has seen has no owner any more, as a
 * program may unlock in any task. */
typedef struct model {
    edo_rwlock rwlock;
    edo_rwlock_read_future f[TASKS_N];
    hand_waker w[TASKS_N];
    stage stage[TASKS_N];
    bool writes[TASKS_N];
    int line[TASKS_N];
    int line_n;
    uint32_t readers, readers_max, seen_n; /* `seen_n`: holds that may be unlocked */
    bool written;
} model;

static model model_of(uint32_t readers_max) {
    model m = { .rwlock = EDO_RWLOCK_INIT_MAX(readers_max), .readers_max = readers_max };
    for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
    return m;
}

static bool model_may(const model *m, bool writes) {
    if (m->written || (writes && m->readers > 0)) return false;
    return writes || m->readers_max == 0 || m->readers < m->readers_max;
}

static void model_enter(model *m, bool writes) {
    m->written = writes;
    if (!writes) m->readers++;
}

static void model_leave(model *m) {
    if (!m->written) m->readers--;
    m->written = false;
}

static void line_remove(model *m, int task) {
    int kept = 0;
    for (int i = 0; i < m->line_n; i++)
        if (m->line[i] != task) m->line[kept++] = m->line[i];
    m->line_n = kept;
}

static void model_admit(model *m) {
    while (m->line_n > 0 && model_may(m, m->writes[m->line[0]])) {
        int t = m->line[0];
        model_enter(m, m->writes[t]);
        line_remove(m, t);
        m->stage[t] = GRANTED;
    }
    for (int t = 0; t < TASKS_N; t++)
        if (m->stage[t] != AWAY)
            assert_int_equal(hand_woken(&m->w[t]), m->stage[t] == GRANTED ? 1 : 0);
}

static void model_poll(model *m, int t, bool writes) {
    if (m->stage[t] == AWAY) {
        m->writes[t] = writes;
        if (writes) {
            (void)edo_rwlock_write_init(&m->f[t], &m->rwlock);
        } else {
            (void)edo_rwlock_read_init(&m->f[t], &m->rwlock);
        }
        hand_reset(&m->w[t]);
        m->stage[t] = m->line_n == 0 && model_may(m, writes) ? GRANTED : QUEUED;
        if (m->stage[t] == GRANTED) {
            model_enter(m, writes);
        } else {
            m->line[m->line_n++] = t;
        }
    }
    edo_polled polled = hand_poll(&m->f[t].base, &m->w[t]);
    assert_int_equal(polled, m->stage[t] == GRANTED ? EDO_READY : EDO_PENDING);
    if (polled == EDO_PENDING) return;
    assert_int_equal(edo_result(&m->f[t]), 0);
    m->stage[t] = AWAY;
    m->seen_n++;
}

static void model_drop(model *m, int t) {
    if (m->stage[t] == AWAY) return;
    edo_drop(&m->f[t].base);
    if (m->stage[t] == GRANTED) model_leave(m);
    line_remove(m, t);
    m->stage[t] = AWAY;
    model_admit(m);
}

static void model_try(model *m, bool writes) {
    bool may = m->line_n == 0 && model_may(m, writes);
    int err = writes ? edo_rwlock_try_write(&m->rwlock) : edo_rwlock_try_read(&m->rwlock);
    assert_int_equal(err, may ? 0 : -EAGAIN);
    if (!may) return;
    model_enter(m, writes);
    m->seen_n++;
}

static void model_unlock(model *m) {
    if (m->seen_n == 0) return;
    m->seen_n--;
    edo_rwlock_unlock(&m->rwlock);
    model_leave(m);
    model_admit(m);
}

static void model_downgrade(model *m) {
    if (!m->written || m->seen_n == 0) return;
    edo_rwlock_downgrade(&m->rwlock);
    model_leave(m);
    model_enter(m, false);
    model_admit(m);
}

#define OPS_N (3 * TASKS_N + 4)

static void model_step(model *m, int op) {
    if (op < 2 * TASKS_N) {
        model_poll(m, op / 2, op % 2);
    } else if (op < 3 * TASKS_N) {
        model_drop(m, op - 2 * TASKS_N);
    } else {
        switch (op - 3 * TASKS_N) {
        case 0: model_unlock(m); break;
        case 1: model_downgrade(m); break;
        case 2: model_try(m, false); break;
        default: model_try(m, true); break;
        }
    }
    assert_int_equal(m->rwlock.holders, m->written ? UINT32_MAX : m->readers);
    assert_int_equal(m->rwlock.waiters.first == NULL, m->line_n == 0);
}

static void every_short_order_keeps_the_line(void **state) {
    (void)state;
    long orders = 1;
    for (int i = 0; i < DEPTH; i++) orders *= OPS_N;
    for (long order = 0; order < orders; order++) {
        model m = model_of(order % 2 ? 0 : 2);
        long rest = order;
        for (int i = 0; i < DEPTH; i++, rest /= OPS_N) model_step(&m, (int)(rest % OPS_N));
        for (int t = 0; t < TASKS_N; t++) model_drop(&m, t);
    }
}

static void long_random_runs_keep_the_line(void **state) {
    (void)state;
    uint64_t random = 88172645463325252u;
    for (uint32_t readers_max = 0; readers_max < 4; readers_max++) {
        model m = model_of(readers_max);
        for (int i = 0; i < 200000; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            model_step(&m, (int)(random % OPS_N));
        }
        for (int t = 0; t < TASKS_N; t++) model_drop(&m, t);
    }
}

/* ---- Many ------------------------------------------------------------------------------------ */

/* More readers than are woken at once wait behind a writer, and a writer behind them. */
static void crowd_enters_together(void (*let_in)(edo_rwlock *)) {
    enum { CROWD = 100 };
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_read_future f[CROWD];
    edo_rwlock_write_future last;
    hand_waker w = HAND_WAKER, writer = HAND_WAKER;
    assert_int_equal(edo_rwlock_try_write(&l), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(hand_poll(edo_rwlock_read_init(&f[i], &l), &w), EDO_PENDING);
    assert_int_equal(hand_poll(edo_rwlock_write_init(&last, &l), &writer), EDO_PENDING);
    let_in(&l);
    assert_int_equal(hand_woken(&w), CROWD);
    for (size_t i = 0; i < CROWD; i += 2) assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
    for (size_t i = 1; i < CROWD; i += 2) edo_drop(&f[i].base);
    for (uint32_t left = l.holders; left > 0; left--) {
        assert_int_equal(hand_woken(&writer), 0);
        edo_rwlock_unlock(&l);
    }
    assert_int_equal(hand_woken(&writer), 1);
    edo_drop(&last.base);
    assert_int_equal(l.holders, 0);
}

static void more_readers_enter_than_are_woken_at_once(void **state) {
    (void)state;
    crowd_enters_together(edo_rwlock_unlock);
    crowd_enters_together(edo_rwlock_downgrade);
}

/* ---- Leaving while another thread wakes ------------------------------------------------------ */

/* A waker whose first delivery, between two batches of a walk, leaves the lock or the line, as
 * another thread might. */
typedef struct leaver {
    edo_waker base;
    edo_rwlock *lock;
    edo_future *leaves; /* a future in line; NULL: a reader that was admitted unlocks */
    uint32_t marked_n, delivered_n;
    uint32_t marked_by_it; /* how many waiters the one that left has admitted */
} leaver;

static edo_waker *leaver_mark(edo_waker *self) {
    ((leaver *)(void *)self)->marked_n++;
    return self;
}

static void leaver_deliver(edo_waker *self) {
    leaver *w = (leaver *)(void *)self;
    if (w->delivered_n++ > 0) return;
    uint32_t before = w->marked_n;
    if (w->leaves) {
        edo_drop(w->leaves);
    } else {
        edo_rwlock_unlock(w->lock);
    }
    w->marked_by_it = w->marked_n - before;
}

/* `leaves`: which future leaves the line; `CROWD`: the first that was admitted unlocks. */
static void one_leaves_a_walk(size_t leaves) {
    enum { CROWD = 100 };
    static const edo_waker_ops ops = { .mark = leaver_mark, .deliver = leaver_deliver };
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_read_future f[CROWD];
    bool in_line = leaves < CROWD;
    leaver w = { .base = { &ops }, .lock = &l, .leaves = in_line ? &f[leaves].base : NULL };
    edo_cx cx = { .waker = &w.base, .budget = UINT32_MAX };
    assert_int_equal(edo_rwlock_try_write(&l), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(edo_poll(edo_rwlock_read_init(&f[i], &l), &cx), EDO_PENDING);
    edo_rwlock_unlock(&l);
    assert_int_equal(w.marked_by_it, 0);
    assert_int_equal(w.marked_n, in_line ? CROWD - 1 : CROWD);
    assert_int_equal(w.delivered_n, w.marked_n);
    assert_int_equal(l.holders, CROWD - 1);
    if (!in_line) assert_int_equal(edo_poll(&f[0].base, &cx), EDO_READY); // it has unlocked
    for (size_t i = in_line ? 0 : 1; i < CROWD; i++) edo_drop(&f[i].base);
    assert_int_equal(l.holders, 0);
    assert_null(l.waiters.first);
}

static void a_thread_that_leaves_admits_nobody_for_the_one_that_wakes(void **state) {
    (void)state;
    one_leaves_a_walk(32); // the first in line then
    one_leaves_a_walk(99);
    one_leaves_a_walk(100);
}

static void readers_beyond_the_largest_number_wait(void **state) {
    (void)state;
    edo_rwlock l = EDO_RWLOCK_INIT;
    l.holders = EDO_RWLOCK_READERS_MAX - 1;
    assert_int_equal(edo_rwlock_try_read(&l), 0);
    assert_int_equal(edo_rwlock_try_read(&l), -EAGAIN);
    edo_rwlock_read_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(hand_poll(edo_rwlock_read_init(&f, &l), &w), EDO_PENDING);
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(l.holders, EDO_RWLOCK_READERS_MAX);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void unlock_a_free_one(void) {
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_unlock(&l);
    if (edo_rwlock_try_write(&l) != 0) _exit(1);
}

static void downgrade_a_read_one(void) {
    edo_rwlock l = EDO_RWLOCK_INIT;
    if (edo_rwlock_try_read(&l) != 0) _exit(1);
    edo_rwlock_downgrade(&l);
    edo_rwlock_unlock(&l);
    if (edo_rwlock_try_write(&l) != 0) _exit(1);
}

static void misuse_is_named_in_debug_and_harmless_in_release(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(unlock_a_free_one));
    assert_true(aborts(downgrade_a_read_one));
#else
    assert_false(aborts(unlock_a_free_one));
    assert_false(aborts(downgrade_a_read_one));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_is_named_in_debug_and_harmless_in_release), // forks: no threads yet
        cmocka_unit_test(read_and_write_are_good_leaves),
        cmocka_unit_test(every_short_order_keeps_the_line),
        cmocka_unit_test(long_random_runs_keep_the_line),
        cmocka_unit_test(more_readers_enter_than_are_woken_at_once),
        cmocka_unit_test(a_thread_that_leaves_admits_nobody_for_the_one_that_wakes),
        cmocka_unit_test(readers_beyond_the_largest_number_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
