/* SPDX-License-Identifier: MIT */
/* Goal: firing reaches exactly the tokens below, in trees of any shape, and every token is freed
 * once. Method: the generic leaf tests; deep and wide trees; threads that make, fire and free
 * tokens of one tree at once (the sanitizers watch the memory). */
#include <edo/cancel.h>
#include <edo/notify.h>

#include "leaf.h"

#include <pthread.h>

/* ---- Leaves ---------------------------------------------------------------------------------- */

/* The leaf waits on a child; the poke fires the root, to which no other handle is left. */
typedef struct wait_env {
    edo_cancel_token *root, *child;
    edo_cancel_wait_future f;
} wait_env;

static int wait_make(void *arg, edo_future **f) {
    wait_env *env = arg;
    int err = edo_cancel_new(&env->root);
    if (err < 0) return err;
    err = edo_cancel_child(&env->child, env->root);
    if (err < 0) {
        edo_cancel_unref(env->root);
        return err;
    }
    *f = edo_cancel_wait_init(&env->f, env->child);
    return 0;
}

static void wait_fire(void *arg) {
    edo_cancel(((wait_env *)arg)->root, EDO_CANCEL_SHUTDOWN);
}

static void wait_fired(void *arg) {
    assert_int_equal(edo_cancel_get_reason(((wait_env *)arg)->child), EDO_CANCEL_SHUTDOWN);
}

static void wait_cleanup(void *arg) {
    wait_env *env = arg;
    edo_cancel_unref(env->root);
    edo_cancel_unref(env->child);
}

static void wait_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_cancel_wait",
                      .env_bytes = sizeof(wait_env),
                      .make = wait_make,
                      .poke = wait_fire,
                      .intact = wait_fired,
                      .cleanup = wait_cleanup });
}

/* The run waits for a notification; the poke is the notification or the token. */
typedef struct run_env {
    edo_cancel_token *token;
    edo_notify notify;
    edo_notify_wait_future inner;
    edo_cancel_run_future f;
} run_env;

static int run_make(void *arg, edo_future **f) {
    run_env *env = arg;
    int err = edo_cancel_new(&env->token);
    if (err < 0) return err;
    *f = edo_cancel_run_init(&env->f, env->token, edo_notify_wait_init(&env->inner, &env->notify));
    return 0;
}

static void run_notify(void *arg) {
    edo_notify_one(&((run_env *)arg)->notify);
}

static void run_fire(void *arg) {
    edo_cancel(((run_env *)arg)->token, EDO_CANCEL_USER + 1);
}

static void run_notification_is_stored(void *arg) {
    run_env *env = arg;
    hand_waker w = HAND_WAKER;
    assert_null(env->notify.waiters.first);
    assert_int_equal(hand_poll(edo_notify_wait_init(&env->inner, &env->notify), &w), EDO_READY);
}

static void run_nobody_waits(void *arg) {
    assert_null(((run_env *)arg)->notify.waiters.first);
}

static void run_cleanup(void *arg) {
    edo_cancel_unref(((run_env *)arg)->token);
}

static void run_is_a_good_leaf(void **state) {
    (void)state;
    leaf l = { .env_bytes = sizeof(run_env), .make = run_make, .cleanup = run_cleanup };
    l.name = "edo_cancel_run, ready";
    l.poke = l.undo = run_notify;
    l.intact = run_notification_is_stored;
    l.no_budget = true; // both futures below it ask whether the budget is spent
    leaf_run(&l);
    l.name = "edo_cancel_run, fired";
    l.poke = run_fire;
    l.undo = NULL;
    l.intact = run_nobody_waits;
    l.result = -ECANCELED;
    leaf_run(&l);
}

static void run_begins_nothing_once_the_token_has_fired(void **state) {
    (void)state;
    run_env env = { .notify = EDO_NOTIFY_INIT };
    edo_future *f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(run_make(&env, &f), 0);
    edo_notify_one(&env.notify);
    run_fire(&env);
    edo_cx spent = hand_cx(&w, 0);
    assert_int_equal(edo_poll(f, &spent), EDO_PENDING);
    assert_int_equal(hand_poll(f, &w), EDO_READY);
    assert_int_equal(f->result, -ECANCELED);
    run_notification_is_stored(&env);
    run_cleanup(&env);
}

static void run_prefers_a_result_that_came_with_the_firing(void **state) {
    (void)state;
    run_env env = { .notify = EDO_NOTIFY_INIT };
    edo_future *f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(run_make(&env, &f), 0);
    assert_int_equal(hand_poll(f, &w), EDO_PENDING);
    run_fire(&env);
    edo_notify_one(&env.notify);
    assert_int_equal(hand_poll(f, &w), EDO_READY);
    assert_int_equal(f->result, 0);
    run_cleanup(&env);
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

static edo_cancel_token *child_of(edo_cancel_token *parent) {
    edo_cancel_token *t;
    assert_int_equal(parent ? edo_cancel_child(&t, parent) : edo_cancel_new(&t), 0);
    return t;
}

static void a_deep_tree_fires_and_is_freed_without_recursion(void **state) {
    (void)state;
    edo_cancel_token *root = child_of(NULL), *last = edo_cancel_ref(root);
    for (int i = 0; i < 200000; i++) {
        edo_cancel_token *next = child_of(last);
        edo_cancel_unref(last); // the tree keeps it alive
        last = next;
    }
    edo_cancel(root, EDO_CANCEL_DEADLINE);
    assert_int_equal(edo_cancel_get_reason(last), EDO_CANCEL_DEADLINE);
    edo_cancel_unref(root);
    edo_cancel_unref(last);
}

static void a_wide_tree_fires_all_its_children(void **state) {
    (void)state;
    enum { WIDE = 1000 };
    edo_cancel_token *root = child_of(NULL), *children[WIDE];
    edo_cancel_wait_future f[WIDE];
    hand_waker w = HAND_WAKER;
    for (int i = 0; i < WIDE; i++) {
        children[i] = child_of(root);
        assert_int_equal(hand_poll(edo_cancel_wait_init(&f[i], children[i]), &w), EDO_PENDING);
    }
    for (int i = 0; i < WIDE; i += 3) { // these waiters leave before
        edo_drop(&f[i].base);
        edo_cancel_unref(children[i]);
    }
    edo_cancel(children[1], EDO_CANCEL_USER);
    edo_cancel(root, EDO_CANCEL_ASKED);
    for (int i = 0; i < WIDE; i++) {
        if (i % 3 == 0) continue;
        int reason = i == 1 ? EDO_CANCEL_USER : EDO_CANCEL_ASKED;
        assert_int_equal(edo_cancel_get_reason(children[i]), reason);
        assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
        edo_cancel_unref(children[i]);
    }
    edo_cancel_unref(root);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define TREES     300
#define SHOOTS    20

/* One tree after another: all threads add and free children, one fires the root. */
typedef struct forest {
    edo_cancel_token *root;
    pthread_barrier_t sown, felled;
    edo_atomic_u32 unfired;
} forest;

typedef struct forester {
    forest *forest;
    pthread_t thread;
    uint32_t number;
} forester;

static void forester_tend(forester *self) {
    forest *woods = self->forest;
    edo_cancel_token *kept[SHOOTS];
    edo_cancel_wait_future f[SHOOTS];
    hand_waker w = HAND_WAKER;
    for (uint32_t i = 0; i < SHOOTS; i++) {
        edo_cancel_token *parent = i % 4 == 3 ? kept[i - 1] : woods->root;
        kept[i] = child_of(parent);
        (void)edo_cancel_wait_init(&f[i], kept[i]);
        bool waits = hand_poll(&f[i].base, &w) == EDO_PENDING;
        if (i % 3 == 1) {
            edo_drop(&f[i].base);
            edo_cancel_token *brief = child_of(kept[i]);
            edo_cancel_unref(brief);
        } else if (!waits) {
            assert_true(edo_cancel_is_set(kept[i]));
        }
        if (self->number == 0 && i == SHOOTS / 2) edo_cancel(woods->root, EDO_CANCEL_SIGNAL);
        if (self->number == 1 && i == SHOOTS / 2) edo_cancel(kept[i], EDO_CANCEL_USER);
    }
    pthread_barrier_wait(&woods->felled);
    for (uint32_t i = 0; i < SHOOTS; i++) {
        if (!edo_cancel_is_set(kept[i]))
            (void)EDOI_ATOMIC_FETCH_ADD(&woods->unfired.edoi_value, 1u, EDOI_RELAXED);
        if (!edo_future_is_over(&f[i].base) && hand_poll(&f[i].base, &w) != EDO_READY)
            (void)EDOI_ATOMIC_FETCH_ADD(&woods->unfired.edoi_value, 1u, EDOI_RELAXED);
        edo_cancel_unref(kept[i]);
    }
}

static void *forester_work(void *arg) {
    forester *self = arg;
    forest *woods = self->forest;
    for (int i = 0; i < TREES; i++) {
        if (self->number == 0) woods->root = child_of(NULL);
        pthread_barrier_wait(&woods->sown);
        forester_tend(self);
        pthread_barrier_wait(&woods->sown);
        if (self->number == 0) edo_cancel_unref(woods->root);
    }
    return NULL;
}

static void threads_fire_a_tree_that_grows_and_dies(void **state) {
    (void)state;
    static forest the_forest;
    static forester foresters[THREADS_N];
    pthread_barrier_init(&the_forest.sown, NULL, THREADS_N);
    pthread_barrier_init(&the_forest.felled, NULL, THREADS_N);
    for (uint32_t i = 0; i < THREADS_N; i++) {
        forester *who = &foresters[i];
        who->forest = &the_forest;
        who->number = i;
        assert_int_equal(pthread_create(&who->thread, NULL, forester_work, who), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(foresters[i].thread, NULL);
    assert_int_equal(the_forest.unfired.edoi_value, 0);
    pthread_barrier_destroy(&the_forest.sown);
    pthread_barrier_destroy(&the_forest.felled);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_is_a_good_leaf),
        cmocka_unit_test(run_is_a_good_leaf),
        cmocka_unit_test(run_begins_nothing_once_the_token_has_fired),
        cmocka_unit_test(run_prefers_a_result_that_came_with_the_firing),
        cmocka_unit_test(a_deep_tree_fires_and_is_freed_without_recursion),
        cmocka_unit_test(a_wide_tree_fires_all_its_children),
        cmocka_unit_test(threads_fire_a_tree_that_grows_and_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
