/* SPDX-License-Identifier: MIT */
/* Goal: a bracket that is begun as a guard ends when its block is left, in whichever way, once:
 * scopes cancel their children and wait, limits turn nothing into another code, errors keep their
 * trails. Method: programs in virtual time; plain threads; a spawn without memory. */
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

static int alive_n; // children that have begun and not ended

static int run_long(void *arg) {
    alive_n++;
    int err = edo_sleep(edo_s(100));
    *(edo_cancel_cause *)arg = edo_cancel_reason();
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(5));
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // so that it takes a while to end
    alive_n--;
    return edo_shield_end(&sh, edo_fail(err < 0 ? err : -EIO, "child"));
}

/* ---- Ways out of a block --------------------------------------------------------------------- */

typedef enum way { RETURN, BREAK, CONTINUE, GOTO, FALL_OFF, END, WAYS_N } way;

/* Leaves a scope, in which two children sleep, by `how`. */
static int leave_scope(way how, edo_scope_policy policy, edo_cancel_cause *causes) {
    for (int round = 0; round < 1; round++) {
        EDO_SCOPE(s, &(edo_scope_opts){ .policy = policy, .at_once = 2 });
        for (int i = 0; i < 2; i++) CHECK_EQ(edo_scope_spawn(&s, run_long, &causes[i]), 0);
        CHECK_EQ(edo_yield(), 0);
        CHECK_EQ(alive_n, 2);
        if (how == RETURN) return edo_fail(-ENOENT, "owner");
        if (how == BREAK) break;
        if (how == CONTINUE) continue;
        if (how == GOTO) goto out;
        if (how == END) return edo_scope_end(&s, -ENOENT);
    }
out:
    return 0;
}

static int scopes(void *arg) {
    (void)arg;
    for (way how = RETURN; how < WAYS_N; how++) {
        for (int policy = EDO_SCOPE_FAIL_FAST; policy <= (int)EDO_SCOPE_ALL; policy++) {
            if (how == END && policy == (int)EDO_SCOPE_ALL) continue; // waits for the children
            edo_cancel_cause causes[2] = { EDO_CANCEL_NONE, EDO_CANCEL_NONE };
            int err = leave_scope(how, (edo_scope_policy)policy, causes);
            CHECK_EQ(alive_n, 0);
            CHECK_EQ(err, how == RETURN || how == END ? -ENOENT : 0);
            CHECK_EQ(causes[0], EDO_CANCEL_SIBLING);
            CHECK_EQ(causes[1], EDO_CANCEL_SIBLING);
            CHECK_EQ(edo_sleep(edo_ms(1)), 0); // no bracket is left
            const edo_trail_entry *e = edo_trail_find(-ENOENT);
            if (how == RETURN) CHECK(e && strcmp(e->text, "owner") == 0);
            CHECK(!edo_trail_find(-ECANCELED)); // of the children
            edo_trail_clear();
        }
    }
    return 0;
}

static void a_scope_that_is_left_cancels_its_children_and_waits(void **state) {
    (void)state;
    assert_int_equal(inside(scopes, NULL), 0);
}

static int sleep_past(edo_duration limit, bool ends) {
    EDO_DEADLINE(d, limit);
    int err = edo_sleep(edo_s(1));
    return ends ? edo_deadline_end(&d, err) : err;
}

static int limits(void *arg) {
    (void)arg;
    CHECK_EQ(sleep_past(edo_ms(5), false), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(sleep_past(edo_ms(5), true), -ETIMEDOUT);
    CHECK_EQ(sleep_past(edo_s(5), false), 0);
    CHECK_EQ(edo_deadline_left().ns < 0, true);
    for (int i = 0; i < 3; i++) {
        EDO_DEADLINE(d, edo_ms(20));
        if (i == 1) continue;
        CHECK_EQ(edo_deadline_left().ns, edo_ms(20).ns);
        if (i == 2) break;
    }
    CHECK_EQ(edo_deadline_left().ns < 0, true);
    return 0;
}

static void a_limit_that_is_left_turns_nothing_into_a_timeout(void **state) {
    (void)state;
    assert_int_equal(inside(limits, NULL), 0);
}

/* ---- Guards in guards ------------------------------------------------------------------------ */

/* All are left by one return; some have been ended before. */
static int leave_all(edo_cancel_token *token, unsigned ended, edo_cancel_cause *cause) {
    EDO_CANCEL(b, token);
    EDO_DEADLINE(d, edo_s(50));
    EDO_SHIELD(sh, edo_s(60));
    EDO_SCOPE(s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_long, cause), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // shielded from the token
    if (ended > 0) CHECK_EQ(edo_scope_end(&s, -EIO), -EIO);
    if (ended > 1) CHECK_EQ(edo_shield_end(&sh, 3), 3);
    if (ended > 2) CHECK_EQ(edo_deadline_end(&d, 4), 4);
    if (ended > 3) CHECK_EQ(edo_cancel_end(&b, 5), 5);
    return edo_sleep(edo_ms(1));
}

static int nests(void *arg) {
    (void)arg;
    edo_cancel_token *token;
    CHECK_EQ(edo_cancel_new(&token), 0);
    edo_cancel(token, EDO_CANCEL_USER);
    for (unsigned ended = 0; ended <= 4; ended++) {
        edo_cancel_cause cause = EDO_CANCEL_NONE;
        bool is_cut = ended == 2 || ended == 3; // in the token's block, outside the shield
        CHECK_EQ(leave_all(token, ended, &cause), is_cut ? -ECANCELED : 0);
        CHECK_EQ(alive_n, 0);
        CHECK_EQ(cause, EDO_CANCEL_SIBLING);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        CHECK_EQ(edo_deadline_left().ns < 0, true);
    }
    edo_cancel_unref(token);
    return 0;
}

static void guards_nest_and_each_ends_once(void **state) {
    (void)state;
    assert_int_equal(inside(nests, NULL), 0);
}

/* A task that was cancelled cleans up: guards inside the shield wait, and none after it. */
static int clean_up(void *arg) {
    edo_cancel_cause *cause = arg;
    int err = edo_sleep(edo_s(100));
    {
        EDO_SHIELD(sh, edo_s(5));
        EDO_SCOPE(s, NULL);
        EDO_DEADLINE(d, edo_ms(30));
        CHECK_EQ(edo_scope_spawn(&s, run_long, cause), 0);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    }
    CHECK_EQ(alive_n, 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_ASKED);
    return err;
}

static int cancelled(void *arg) {
    (void)arg;
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    edo_task *t = edo_spawn(clean_up, &cause);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(cause, EDO_CANCEL_SIBLING);
    return 0;
}

static void guards_in_a_shield_wait_for_their_ends(void **state) {
    (void)state;
    assert_int_equal(inside(cancelled, NULL), 0);
}

/* A scope that is left because its owner was cut short tells the children why. */
static int leave_when_cut(edo_cancel_cause *cause) {
    EDO_SCOPE(s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_long, cause), 0);
    return edo_sleep(edo_s(100));
}

static int fire(void *token) {
    int err = edo_sleep(edo_ms(10));
    edo_cancel(token, EDO_CANCEL_USER + 1);
    return err;
}

static int cut_owner(void *arg) {
    (void)arg;
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    edo_cancel_token *token;
    CHECK_EQ(edo_cancel_new(&token), 0);
    edo_task *shooter = edo_spawn(fire, token);
    {
        EDO_CANCEL(b, token);
        CHECK_EQ(leave_when_cut(&cause), -ECANCELED);
    }
    CHECK_EQ(cause, EDO_CANCEL_USER + 1);
    CHECK_EQ(alive_n, 0);
    edo_cancel_unref(token);
    return edo_task_join(shooter);
}

static void the_reason_comes_to_the_children(void **state) {
    (void)state;
    assert_int_equal(inside(cut_owner, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int spawn_some(edo_cancel_cause *causes) {
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 3; i++) {
        int err = edo_scope_spawn(&s, run_long, &causes[i]);
        if (err < 0) return err;
    }
    return -EPERM;
}

static int without_memory(void *arg) {
    edo_cancel_cause causes[3];
    fail_alloc_in = *(int *)arg;
    int err = spawn_some(causes);
    bool has_fired = fail_alloc_in == 0;
    fail_alloc_in = 0;
    CHECK_EQ(alive_n, 0);
    CHECK(err == -EPERM || (err == -ENOMEM && has_fired));
    return has_fired;
}

static void a_spawn_that_fails_leaves_a_scope_in_order(void **state) {
    (void)state;
    for (int k = 1, has_fired = 1; has_fired; k++) has_fired = inside(without_memory, &k);
}

/* ---- On a plain thread ----------------------------------------------------------------------- */

static int on_thread(edo_cancel_token *token, edo_cancel_cause *cause) {
    EDO_CANCEL(b, token);
    EDO_SHIELD(sh, edo_s(60));
    EDO_DEADLINE(d, edo_ms(20));
    EDO_SCOPE(s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_long, cause), 0);
    return edo_sleep(edo_s(1));
}

static void plain_threads_have_guards(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_cancel_token *token;
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_cancel_new(&token), 0);
    edo_cancel(token, EDO_CANCEL_USER);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(on_thread(token, &cause), -ECANCELED);
    assert_int_equal(cause, EDO_CANCEL_DEADLINE);
    assert_int_equal(alive_n, 0);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    edo_runtime_leave(rt);
    edo_cancel_unref(token);
    edo_runtime_free(rt);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_that_is_left_cancels_its_children_and_waits),
        cmocka_unit_test(a_limit_that_is_left_turns_nothing_into_a_timeout),
        cmocka_unit_test(guards_nest_and_each_ends_once),
        cmocka_unit_test(guards_in_a_shield_wait_for_their_ends),
        cmocka_unit_test(the_reason_comes_to_the_children),
        cmocka_unit_test(a_spawn_that_fails_leaves_a_scope_in_order),
        cmocka_unit_test(plain_threads_have_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
