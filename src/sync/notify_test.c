/* SPDX-License-Identifier: MIT */
/* Goal: no notification is lost or doubled, whichever future is dropped at any time.
 * Method: the generic leaf tests for each way to notify; every order of few operations, then long
 * random runs, compared with a line kept by the test; deliveries that call the notify again while
 * notify_all is half done. */
#include <edo/notify.h>

#include "leaf.h"

typedef struct wait_env {
    edo_notify notify;
    edo_notify_wait_future f;
} wait_env;

static int wait_make(void *arg, edo_future **f) {
    wait_env *env = arg;
    *f = edo_notify_wait_init(&env->f, &env->notify);
    return 0;
}

static int wait_make_enabled(void *arg, edo_future **f) {
    wait_env *env = arg;
    *f = edo_notify_wait_init(&env->f, &env->notify);
    assert_false(edo_notify_wait_enable(&env->f));
    assert_false(edo_notify_wait_enable(&env->f));
    return 0;
}

static void wait_one(void *arg) {
    edo_notify_one(&((wait_env *)arg)->notify);
}

static void wait_last(void *arg) {
    edo_notify_last(&((wait_env *)arg)->notify);
}

static void wait_all(void *arg) {
    edo_notify_all(&((wait_env *)arg)->notify);
}

/* What the next wait finds: a stored permit, once. */
static void wait_is_stored(void *arg) {
    wait_env *env = arg;
    hand_waker w = HAND_WAKER;
    edo_notify_wait_future next;
    assert_null(env->notify.waiters.first);
    assert_int_equal(hand_poll(edo_notify_wait_init(&next, &env->notify), &w), EDO_READY);
    assert_int_equal(hand_poll(edo_notify_wait_init(&next, &env->notify), &w), EDO_PENDING);
    edo_drop(&next.base);
}

static void wait_is_not_stored(void *arg) {
    wait_env *env = arg;
    hand_waker w = HAND_WAKER;
    edo_notify_wait_future next;
    assert_null(env->notify.waiters.first);
    assert_int_equal(hand_poll(edo_notify_wait_init(&next, &env->notify), &w), EDO_PENDING);
    edo_drop(&next.base);
    assert_null(env->notify.waiters.first);
}

static void wait_is_a_good_leaf(void **state) {
    (void)state;
    leaf l = { .env_bytes = sizeof(wait_env), .make = wait_make };
    l.name = "edo_notify_wait, one";
    l.poke = l.undo = wait_one;
    l.intact = wait_is_stored;
    leaf_run(&l);
    l.name = "edo_notify_wait, last";
    l.poke = l.undo = wait_last;
    leaf_run(&l);
    l.name = "edo_notify_wait, all";
    l.poke = wait_all;
    l.undo = NULL;
    l.intact = wait_is_not_stored;
    leaf_run(&l);
}

static void an_enabled_wait_is_a_good_leaf(void **state) {
    (void)state;
    leaf l = { .env_bytes = sizeof(wait_env), .make = wait_make_enabled };
    l.name = "edo_notify_wait enabled, one";
    l.poke = l.undo = wait_one;
    l.intact = wait_is_stored;
    leaf_run(&l);
    l.name = "edo_notify_wait enabled, all";
    l.poke = wait_all;
    l.undo = NULL;
    l.intact = wait_is_not_stored;
    leaf_run(&l);
}

/* ---- In the middle of notify_all ------------------------------------------------------------- */

#define CROWD 80

/* A waker whose first delivery uses the notify, as another thread might do at that moment. */
typedef struct meddler {
    edo_waker base;
    edo_notify *notify;
    edo_notify_wait_future *f, late;
    hand_waker late_waker;
    int delivered;
} meddler;

static edo_waker *meddler_mark(edo_waker *w) {
    return w;
}

static void meddler_deliver(edo_waker *base) {
    meddler *m = (meddler *)(void *)base;
    if (m->delivered++ > 0) return;
    hand_waker w = HAND_WAKER;
    // A future made now is not notified, though it waits while others have yet to be woken.
    (void)edo_notify_wait_init(&m->late, m->notify);
    assert_int_equal(hand_poll(&m->late.base, &m->late_waker), EDO_PENDING);
    // notify_one and notify_last wake this one, not the crowd, which is notified already.
    edo_notify_one(m->notify);
    assert_int_equal(hand_woken(&m->late_waker), 1);
    assert_int_equal(hand_poll(&m->late.base, &m->late_waker), EDO_READY);
    (void)edo_notify_wait_init(&m->late, m->notify);
    assert_int_equal(hand_poll(&m->late.base, &m->late_waker), EDO_PENDING);
    edo_notify_last(m->notify);
    assert_int_equal(hand_woken(&m->late_waker), 2);
    assert_int_equal(hand_poll(&m->late.base, &m->late_waker), EDO_READY);
    (void)edo_notify_wait_init(&m->late, m->notify);
    assert_int_equal(hand_poll(&m->late.base, &m->late_waker), EDO_PENDING);
    // Members of the crowd that are still linked may leave, or see that they are notified.
    edo_drop(&m->f[CROWD - 1].base);
    edo_drop(&m->f[CROWD / 2].base);
    assert_int_equal(hand_poll(&m->f[CROWD - 2].base, &w), EDO_READY);
    assert_true(edo_notify_wait_enable(&m->f[CROWD - 3]));
}

static const edo_waker_ops meddler_ops = { .mark = meddler_mark, .deliver = meddler_deliver };

static void notify_all_wakes_present_waiters_and_no_others(void **state) {
    (void)state;
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_notify_wait_future f[CROWD];
    meddler m = { .base.ops = &meddler_ops, .notify = &notify, .f = f, .late_waker = HAND_WAKER };
    edo_cx cx = { .waker = &m.base, .budget = CROWD };
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(edo_poll(edo_notify_wait_init(&f[i], &notify), &cx), EDO_PENDING);
    edo_notify_all(&notify);
    // two were dropped, two had seen it themselves
    assert_int_equal(m.delivered, CROWD - 4);
    assert_ptr_equal(notify.waiters.first, &m.late.node);
    assert_ptr_equal(notify.waiters.last, &m.late.node);
    for (size_t i = 0; i < CROWD; i++)
        if (!edo_future_is_over(&f[i].base)) assert_int_equal(edo_poll(&f[i].base, &cx), EDO_READY);
    edo_drop(&m.late.base);
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N 3
#define DEPTH   5

typedef enum stage { AWAY, MADE, CALLED, LINED_UP, BY_ONE, BY_LAST, BY_ALL, TAKEN } stage;

/* The notify, and its expected state. CALLED: made, and notify_all was called since. */
typedef struct model {
    edo_notify notify;
    edo_notify_wait_future f[TASKS_N];
    hand_waker w[TASKS_N];
    stage stage[TASKS_N];
    int line[TASKS_N], line_n;
    bool permit;
} model;

static void line_remove(model *m, int task) {
    int kept = 0;
    for (int i = 0; i < m->line_n; i++)
        if (m->line[i] != task) m->line[kept++] = m->line[i];
    m->line_n = kept;
}

static void model_give(model *m, stage by) {
    if (m->line_n == 0) {
        m->permit = true;
        return;
    }
    int t = m->line[by == BY_ONE ? 0 : m->line_n - 1];
    line_remove(m, t);
    m->stage[t] = by;
}

/* True: `t` is notified, or takes the permit; otherwise it is in the line afterwards. */
static bool model_arrive(model *m, int t) {
    if (m->stage[t] >= BY_ONE) return true;
    if (m->stage[t] == LINED_UP) return false;
    if (m->stage[t] == CALLED) return true; // the permit stays for another
    if (m->permit) {
        m->permit = false;
        return true;
    }
    m->line[m->line_n++] = t;
    m->stage[t] = LINED_UP;
    return false;
}

static void model_drop(model *m, int t) {
    stage was = m->stage[t];
    if (was == AWAY) return;
    edo_drop(&m->f[t].base);
    line_remove(m, t);
    m->stage[t] = AWAY;
    if (was == BY_ONE || was == BY_LAST) model_give(m, was);
}

static void model_all(model *m) {
    edo_notify_all(&m->notify);
    for (int t = 0; t < TASKS_N; t++) {
        if (m->stage[t] == LINED_UP) m->stage[t] = BY_ALL;
        if (m->stage[t] == MADE) m->stage[t] = CALLED;
    }
    m->line_n = 0;
}

#define EACH_N 4 /* operations on one task */
#define OPS_N  (EACH_N * TASKS_N + 3)

static void model_step(model *m, int op) {
    int t = op % TASKS_N;
    bool ready;
    switch (op / TASKS_N) {
    case 0: // make it, or leave it unchanged
        if (m->stage[t] != AWAY) return;
        (void)edo_notify_wait_init(&m->f[t], &m->notify);
        m->stage[t] = MADE;
        break;
    case 1:
        if (m->stage[t] == AWAY) return;
        ready = model_arrive(m, t);
        assert_int_equal(hand_poll(&m->f[t].base, &m->w[t]), ready ? EDO_READY : EDO_PENDING);
        if (ready) m->stage[t] = AWAY;
        break;
    case 2:
        if (m->stage[t] == AWAY) return;
        ready = model_arrive(m, t);
        assert_int_equal(edo_notify_wait_enable(&m->f[t]), ready);
        if (ready) m->stage[t] = TAKEN;
        break;
    case 3: model_drop(m, t); break;
    default:
        if (t == 0) {
            edo_notify_one(&m->notify);
            model_give(m, BY_ONE);
        } else if (t == 1) {
            edo_notify_last(&m->notify);
            model_give(m, BY_LAST);
        } else {
            model_all(m);
        }
        break;
    }
    assert_int_equal(m->notify.state.edoi_value & 1, m->permit);
    assert_int_equal(m->notify.waiters.first == NULL, m->line_n == 0);
}

static void every_short_order_notifies_the_right_ones(void **state) {
    (void)state;
    long orders = 1;
    for (int i = 0; i < DEPTH; i++) orders *= OPS_N;
    for (long order = 0; order < orders; order++) {
        model m = { .permit = false };
        for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
        long rest = order;
        for (int i = 0; i < DEPTH; i++, rest /= OPS_N) model_step(&m, (int)(rest % OPS_N));
        for (int t = 0; t < TASKS_N; t++) model_drop(&m, t);
    }
}

static void long_random_runs_notify_the_right_ones(void **state) {
    (void)state;
    uint64_t random = 88172645463325252u;
    model m = { .permit = false };
    for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
    for (int i = 0; i < 300000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        model_step(&m, (int)(random % OPS_N));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_is_a_good_leaf),
        cmocka_unit_test(an_enabled_wait_is_a_good_leaf),
        cmocka_unit_test(notify_all_wakes_present_waiters_and_no_others),
        cmocka_unit_test(every_short_order_notifies_the_right_ones),
        cmocka_unit_test(long_random_runs_notify_the_right_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
