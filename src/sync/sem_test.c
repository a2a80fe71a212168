/* SPDX-License-Identifier: MIT */
/* Goal: no permit is lost or invented, and the line keeps its order, through every leave, release
 * and close. Method: the generic leaf tests; long random runs compared with a line kept by the
 * test; more waiters than are woken at once. */
#include <edo/sem.h>

#include "aborts.h"
#include "leaf.h"

/* The leaf wants 3 and finds 2; the poke releases 1. */
typedef struct acquire_env {
    edo_sem sem;
    edo_sem_acquire_future f;
} acquire_env;

static int acquire_make(void *arg, edo_future **f) {
    acquire_env *env = arg;
    env->sem = (edo_sem)EDO_SEM_INIT(2);
    *f = edo_sem_acquire_init(&env->f, &env->sem, 3);
    return 0;
}

static void acquire_release_one(void *arg) {
    edo_sem_release(&((acquire_env *)arg)->sem, 1);
}

static void acquire_release_three(void *arg) {
    edo_sem_release(&((acquire_env *)arg)->sem, 3);
}

static void acquire_all_are_free(void *arg) {
    assert_int_equal(edo_sem_available(&((acquire_env *)arg)->sem), 3);
}

static void acquire_close(void *arg) {
    edo_sem_close(&((acquire_env *)arg)->sem);
}

static void acquire_two_are_free(void *arg) {
    assert_int_equal(edo_sem_available(&((acquire_env *)arg)->sem), 2);
}

static void acquire_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_sem_acquire",
                      .env_bytes = sizeof(acquire_env),
                      .make = acquire_make,
                      .poke = acquire_release_one,
                      .undo = acquire_release_three,
                      .intact = acquire_all_are_free });
    leaf_run(&(leaf){ .name = "edo_sem_acquire, closed",
                      .env_bytes = sizeof(acquire_env),
                      .make = acquire_make,
                      .poke = acquire_close,
                      .intact = acquire_two_are_free,
                      .result = -EDO_ECLOSED });
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N 5

typedef struct task {
    edo_sem_acquire_future f;
    hand_waker w;
    bool waiting, granted;
    uint32_t want, have;
} task;

/* The semaphore, and its expected state: `line` waits for permits, `free` is left. */
typedef struct model {
    edo_sem sem;
    task tasks[TASKS_N];
    task *line[TASKS_N];
    size_t line_n;
    uint64_t free, out; /* `out`: acquired and not yet released */
} model;

static void model_give(model *m, uint64_t n) {
    m->free += n;
    while (m->line_n > 0 && m->free > 0) {
        task *head = m->line[0];
        uint32_t missing = head->want - head->have;
        uint32_t given = m->free < missing ? (uint32_t)m->free : missing;
        head->have += given;
        m->free -= given;
        if (head->have < head->want) return;
        head->granted = true;
        assert_int_equal(hand_woken(&head->w), 1);
        for (size_t i = 1; i < m->line_n; i++) m->line[i - 1] = m->line[i];
        m->line_n--;
    }
}

static void model_poll(model *m, task *t, uint32_t want) {
    bool fresh = !t->waiting;
    if (fresh) {
        t->want = want;
        t->have = 0;
        t->granted = m->free >= want && (m->line_n == 0 || want == 0);
        if (t->granted) m->free -= want;
        hand_reset(&t->w);
        (void)edo_sem_acquire_init(&t->f, &m->sem, want);
    }
    edo_polled polled = hand_poll(&t->f.base, &t->w);
    assert_int_equal(polled, t->granted ? EDO_READY : EDO_PENDING);
    t->waiting = polled == EDO_PENDING;
    if (!t->waiting) {
        m->out += t->want;
    } else if (fresh) {
        m->line[m->line_n++] = t;
        if (m->line_n == 1) model_give(m, 0);
    }
}

static void model_drop(model *m, task *t) {
    if (!t->waiting) return;
    t->waiting = false;
    size_t kept = 0;
    for (size_t i = 0; i < m->line_n; i++)
        if (m->line[i] != t) m->line[kept++] = m->line[i];
    m->line_n = kept;
    edo_drop(&t->f.base);
    model_give(m, t->have);
}

static void random_runs_keep_permits_and_line(void **state) {
    (void)state;
    model m = { .free = 4 };
    edo_sem_init(&m.sem, m.free);
    for (size_t i = 0; i < TASKS_N; i++) m.tasks[i].w = (hand_waker)HAND_WAKER;
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 300000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        task *t = &m.tasks[(random >> 8) % TASKS_N];
        uint32_t n = (uint32_t)(random >> 16) % 6;
        switch (random % 4) {
        case 0: model_drop(&m, t); break;
        case 1:
            if (n > m.out) n = (uint32_t)m.out;
            m.out -= n;
            edo_sem_release(&m.sem, n);
            model_give(&m, n);
            break;
        case 2:
            if (n == 0 || n > m.free) {
                assert_int_equal(edo_sem_try_acquire(&m.sem, n), n == 0 ? 0 : -EAGAIN);
            } else {
                assert_int_equal(edo_sem_try_acquire(&m.sem, n), 0);
                m.free -= n;
                m.out += n;
            }
            break;
        default: model_poll(&m, t, n); break;
        }
        assert_int_equal(edo_sem_available(&m.sem), m.free);
        assert_int_equal(m.sem.waiters.first == NULL, m.line_n == 0);
    }
}

static void one_release_serves_more_than_are_woken_at_once(void **state) {
    (void)state;
    enum { CROWD = 100 };
    edo_sem sem = EDO_SEM_INIT(0);
    edo_sem_acquire_future f[CROWD];
    hand_waker w = HAND_WAKER;
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(hand_poll(edo_sem_acquire_init(&f[i], &sem, 2), &w), EDO_PENDING);
    edo_sem_release(&sem, 2 * CROWD - 1);
    assert_int_equal(hand_woken(&w), CROWD - 1);
    assert_int_equal(edo_sem_available(&sem), 0);
    edo_drop(&f[CROWD - 1].base);
    assert_int_equal(edo_sem_available(&sem), 1);
    for (size_t i = 0; i < CROWD - 1; i++) edo_drop(&f[i].base);
    assert_int_equal(edo_sem_available(&sem), 2 * CROWD - 1);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void release_too_many(void) {
    edo_sem sem = EDO_SEM_INIT(7);
    edo_sem_release(&sem, UINT64_MAX);
    if (edo_sem_available(&sem) != EDO_SEM_PERMITS_MAX) _exit(1);
}

static void releasing_too_many_is_named_in_debug_and_cut_in_release(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(release_too_many));
#else
    assert_false(aborts(release_too_many));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acquire_is_a_good_leaf),
        cmocka_unit_test(random_runs_keep_permits_and_line),
        cmocka_unit_test(one_release_serves_more_than_are_woken_at_once),
        cmocka_unit_test(releasing_too_many_is_named_in_debug_and_cut_in_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
