/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/cancel.h: firing goes down the tree and never up, once, with the first
 * reason.
 * Method: small trees, polls by hand; then threads that park until the tree is fired. */
#include <edo/cancel.h>

#include "parker.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A grandparent, a parent and two children of it. */
typedef struct family {
    edo_cancel_token *old, *parent, *first, *second;
} family;

static family family_made(void) {
    family f;
    assert_int_equal(edo_cancel_new(&f.old), 0);
    assert_int_equal(edo_cancel_child(&f.parent, f.old), 0);
    assert_int_equal(edo_cancel_child(&f.first, f.parent), 0);
    assert_int_equal(edo_cancel_child(&f.second, f.parent), 0);
    return f;
}

static void family_gone(family *f) {
    edo_cancel_unref(f->second);
    edo_cancel_unref(f->parent);
    edo_cancel_unref(f->old);
    edo_cancel_unref(f->first);
}

static void firing_reaches_down_and_never_up(void **state) {
    (void)state;
    family f = family_made();
    edo_cancel(f.first, EDO_CANCEL_SIBLING);
    assert_true(edo_cancel_is_set(f.first));
    assert_false(edo_cancel_is_set(f.second));
    assert_false(edo_cancel_is_set(f.parent));
    edo_cancel(f.parent, EDO_CANCEL_DEADLINE);
    assert_true(edo_cancel_is_set(f.second));
    assert_false(edo_cancel_is_set(f.old));
    family_gone(&f);
}

static void the_first_reason_stays(void **state) {
    (void)state;
    family f = family_made();
    assert_int_equal(edo_cancel_get_reason(f.first), EDO_CANCEL_NONE);
    edo_cancel(f.first, EDO_CANCEL_USER + 7);
    edo_cancel(f.old, EDO_CANCEL_SHUTDOWN);
    edo_cancel(f.old, EDO_CANCEL_SIGNAL);
    assert_int_equal(edo_cancel_get_reason(f.first), EDO_CANCEL_USER + 7);
    assert_int_equal(edo_cancel_get_reason(f.second), EDO_CANCEL_SHUTDOWN);
    assert_int_equal(edo_cancel_get_reason(f.old), EDO_CANCEL_SHUTDOWN);
    family_gone(&f);
}

static void no_reason_counts_as_abort(void **state) {
    (void)state;
    edo_cancel_token *t;
    assert_int_equal(edo_cancel_new(&t), 0);
    edo_cancel(t, EDO_CANCEL_NONE);
    assert_int_equal(edo_cancel_get_reason(t), EDO_CANCEL_ASKED);
    edo_cancel_unref(t);
}

static void the_child_of_a_fired_token_is_born_fired(void **state) {
    (void)state;
    edo_cancel_token *t, *child;
    edo_cancel_wait_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_cancel_new(&t), 0);
    edo_cancel(t, EDO_CANCEL_SIGNAL);
    assert_int_equal(edo_cancel_child(&child, t), 0);
    edo_cancel_unref(t);
    assert_int_equal(edo_cancel_get_reason(child), EDO_CANCEL_SIGNAL);
    assert_int_equal(hand_poll(edo_cancel_wait_init(&f, child), &w), EDO_READY);
    edo_cancel_unref(child);
}

static void a_tree_stays_whole_when_its_middle_is_given_up(void **state) {
    (void)state;
    family f = family_made();
    edo_cancel_unref(f.parent);
    edo_cancel(f.old, EDO_CANCEL_ASKED);
    assert_true(edo_cancel_is_set(f.first));
    edo_cancel_unref(f.first);
    edo_cancel_unref(f.second);
    edo_cancel_unref(f.old);
}

static void giving_up_the_last_reference_fires_nothing(void **state) {
    (void)state;
    edo_cancel_token *t, *child;
    edo_cancel_wait_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_cancel_new(&t), 0);
    assert_int_equal(edo_cancel_child(&child, t), 0);
    assert_int_equal(hand_poll(edo_cancel_wait_init(&f, child), &w), EDO_PENDING);
    edo_cancel_unref(edo_cancel_ref(t));
    edo_cancel_unref(t);
    edo_cancel_unref(NULL);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 0);
    edo_drop(&f.base);
    edo_cancel_unref(child);
}

static void any_number_may_wait_on_one_token(void **state) {
    (void)state;
    edo_cancel_token *t;
    edo_cancel_wait_future f[100];
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_cancel_new(&t), 0);
    for (size_t i = 0; i < EDO_COUNT(f); i++)
        assert_int_equal(hand_poll(edo_cancel_wait_init(&f[i], t), &w), EDO_PENDING);
    edo_drop(&f[50].base);
    edo_cancel(t, EDO_CANCEL_ASKED);
    assert_int_equal(hand_woken(&w), EDO_COUNT(f) - 1);
    for (size_t i = 0; i < EDO_COUNT(f); i++)
        if (i != 50) assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
    edo_cancel_unref(t);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define TREES     500

typedef struct sleeper {
    edo_cancel_token *token;
    parker parker;
    pthread_t thread;
} sleeper;

static void *sleeper_sleep(void *arg) {
    sleeper *self = arg;
    edo_cancel_wait_future f;
    (void)parker_await(&self->parker, edo_cancel_wait_init(&f, self->token));
    edo_cancel_unref(self->token);
    return NULL;
}

static void sleeping_threads_wake_and_free_their_tokens(void **state) {
    (void)state;
    static sleeper sleepers[THREADS_N];
    for (size_t i = 0; i < THREADS_N; i++) parker_init(&sleepers[i].parker);
    for (int tree = 0; tree < TREES / THREADS_N; tree++) {
        edo_cancel_token *root;
        assert_int_equal(edo_cancel_new(&root), 0);
        for (size_t i = 0; i < THREADS_N; i++) {
            sleeper *s = &sleepers[i];
            assert_int_equal(edo_cancel_child(&s->token, root), 0);
            assert_int_equal(pthread_create(&s->thread, NULL, sleeper_sleep, s), 0);
        }
        edo_cancel(root, EDO_CANCEL_SHUTDOWN);
        edo_cancel_unref(root);
        for (size_t i = 0; i < THREADS_N; i++) pthread_join(sleepers[i].thread, NULL);
    }
    for (size_t i = 0; i < THREADS_N; i++) parker_deinit(&sleepers[i].parker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firing_reaches_down_and_never_up),
        cmocka_unit_test(the_first_reason_stays),
        cmocka_unit_test(no_reason_counts_as_abort),
        cmocka_unit_test(the_child_of_a_fired_token_is_born_fired),
        cmocka_unit_test(a_tree_stays_whole_when_its_middle_is_given_up),
        cmocka_unit_test(giving_up_the_last_reference_fires_nothing),
        cmocka_unit_test(any_number_may_wait_on_one_token),
        cmocka_unit_test(sleeping_threads_wake_and_free_their_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
