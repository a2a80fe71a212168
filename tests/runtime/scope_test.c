/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/scope.h for scopes: children end before the block, policies, bounded
 * children, the owner's cancellation passed on, trails. Method: programs in virtual time. */
#include <edo/edo.h>

#include "aborts.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

/* A child: sleeps, then returns; records the result of its sleep. */
typedef struct child {
    int64_t ms;
    int result;
    int slept; /* 1: not yet */
    edo_cancel_cause cause;
    int *alive, *peak;
} child;

static int run_child(void *arg) {
    child *c = arg;
    c->slept = 1;
    if (c->alive && ++*c->alive > *c->peak) *c->peak = *c->alive;
    c->slept = edo_sleep(edo_ms(c->ms));
    c->cause = edo_cancel_reason();
    if (c->alive) --*c->alive;
    return c->slept < 0 ? c->slept : c->result;
}

static int empty_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static int borrow_locals(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_scope s;
    edo_scope_begin(&s, NULL);
    {
        child c[5]; // dead soon after, but not before the scope has ended
        for (int i = 0; i < 5; i++) {
            c[i] = (child){ .ms = 10 * i };
            CHECK_EQ(edo_scope_spawn(&s, run_child, &c[i]), 0);
        }
        CHECK_EQ(edo_scope_end(&s, 0), 0);
        for (int i = 0; i < 5; i++) CHECK_EQ(c[i].slept, 0);
    }
    CHECK_EQ(ms_since(start), 40);
    return 0;
}

static void a_scope_ends_after_its_last_child(void **state) {
    (void)state;
    assert_int_equal(inside(empty_scope, NULL), 0);
    assert_int_equal(inside(borrow_locals, NULL), 0);
}

/* ---- Policies -------------------------------------------------------------------------------- */

static int fail_fast(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    child slow = { .ms = 1000 }, bad = { .ms = 20, .result = -EIO }, good = { .ms = 5 };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, run_child, &slow);
    (void)edo_scope_spawn(&s, run_child, &bad);
    (void)edo_scope_spawn(&s, run_child, &good);
    CHECK_EQ(edo_sleep(edo_s(60)), -ECANCELED); // the owner's await is cut short too
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_SIBLING);
    CHECK_EQ(ms_since(start), 20);
    CHECK_EQ(edo_sleep(edo_s(60)), -ECANCELED); // and every one until the end
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // but none after it
    CHECK_EQ(ms_since(start), 21);
    CHECK_EQ(good.slept, 0);
    CHECK_EQ(slow.slept, -ECANCELED);
    CHECK_EQ(slow.cause, EDO_CANCEL_SIBLING);
    return 0;
}

static void the_first_failure_cancels_the_others_and_the_owner(void **state) {
    (void)state;
    assert_int_equal(inside(fail_fast, NULL), 0);
}

static int first_failure_counts(void *arg) {
    (void)arg;
    child one = { .ms = 10, .result = -EIO }, two = { .ms = 10, .result = -EPERM };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, run_child, &two);
    (void)edo_scope_spawn(&s, run_child, &one);
    int err = edo_scope_end(&s, 0);
    CHECK(err == -EIO || err == -EPERM);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    one.ms = 30;
    (void)edo_scope_spawn(&s, run_child, &one);
    (void)edo_scope_spawn(&s, run_child, &two);
    child last = { .ms = 50 };
    (void)edo_scope_spawn(&s, run_child, &last);
    CHECK_EQ(edo_sleep(edo_ms(40)), 0); // no child is cut short
    CHECK_EQ(edo_scope_end(&s, 0), -EPERM);
    CHECK_EQ(last.slept, 0);
    return 0;
}

static void policy_all_lets_every_child_run_to_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(first_failure_counts, NULL), 0);
}

static int any_wins(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    child bad = { .ms = 5, .result = -EIO }, good = { .ms = 20, .result = 17 },
          slow = { .ms = 900 };
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    (void)edo_scope_spawn(&s, run_child, &bad);
    (void)edo_scope_spawn(&s, run_child, &slow);
    (void)edo_scope_spawn(&s, run_child, &good);
    CHECK_EQ(edo_scope_end(&s, 0), 17);
    CHECK_EQ(ms_since(start), 20);
    CHECK_EQ(slow.cause, EDO_CANCEL_SIBLING);
    CHECK_EQ(slow.slept, -ECANCELED);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    child worse = { .ms = 9, .result = -EPERM };
    (void)edo_scope_spawn(&s, run_child, &worse);
    (void)edo_scope_spawn(&s, run_child, &bad);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO); // no child succeeded: the first failure
    return 0;
}

static void under_any_the_first_success_cancels_the_others(void **state) {
    (void)state;
    assert_int_equal(inside(any_wins, NULL), 0);
}

static int spawn_too_late(void *arg) {
    (void)arg;
    child bad = { .ms = 1, .result = -EIO }, late = { .slept = 7 };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, run_child, &bad);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &late), -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    CHECK_EQ(late.slept, 7); // never ran: its argument is ours
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    child good = { .ms = 1, .result = 2 };
    (void)edo_scope_spawn(&s, run_child, &good);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // a success does not cut the owner
    CHECK_EQ(edo_scope_spawn(&s, run_child, &late), -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), 2);
    edo_scope_begin(&s, NULL);
    edo_scope_cancel(&s);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &late), -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(late.slept, 7);
    return 0;
}

static void a_decided_scope_takes_no_more_children(void **state) {
    (void)state;
    assert_int_equal(inside(spawn_too_late, NULL), 0);
}

/* ---- Bounded children ------------------------------------------------------------------------ */

static int at_once(void *arg) {
    (void)arg;
    enum { N = 50 };
    static child c[N];
    int alive = 0, peak = 0;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 7 });
    for (int i = 0; i < N; i++) {
        c[i] = (child){ .ms = 1 + i % 5, .alive = &alive, .peak = &peak };
        CHECK_EQ(edo_scope_spawn(&s, run_child, &c[i]), 0);
    }
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(peak, 7);
    CHECK_EQ(alive, 0);
    for (int i = 0; i < N; i++) CHECK_EQ(c[i].slept, 0);
    return 0;
}

static void at_once_bounds_how_many_children_live(void **state) {
    (void)state;
    assert_int_equal(inside(at_once, NULL), 0);
}

static int at_once_fails(void *arg) {
    (void)arg;
    child bad = { .ms = 10, .result = -EIO }, never = { .slept = 7 };
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 1 });
    CHECK_EQ(edo_scope_spawn(&s, run_child, &bad), 0);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &never), -ECANCELED); // waited, and was cut
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    CHECK_EQ(never.slept, 7);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 1 });
    child slow = { .ms = 50 };
    CHECK_EQ(edo_scope_spawn(&s, run_child, &slow), 0);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &never), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, 0)), -ETIMEDOUT);
    CHECK_EQ(slow.cause, EDO_CANCEL_DEADLINE);
    CHECK_EQ(never.slept, 7);
    return 0;
}

static void a_spawn_that_waits_for_a_place_can_be_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(at_once_fails, NULL), 0);
}

/* ---- The owner is cancelled ------------------------------------------------------------------ */

typedef struct owned {
    child c[3];
    int end, after;
} owned;

static int own_children(void *arg) {
    owned *o = arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) (void)edo_scope_spawn(&s, run_child, &o->c[i]);
    o->end = edo_scope_end(&s, 0);
    o->after = edo_yield();
    return o->end;
}

static int cancel_owner(void *arg) {
    (void)arg;
    owned o = { .c = { { .ms = 1000 }, { .ms = 2000 }, { .ms = 1 } } };
    edo_instant start = edo_now();
    edo_task *t = edo_spawn(own_children, &o);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_wait(t), -ECANCELED);
    CHECK_EQ(edo_task_get_outcome(t), EDO_OUTCOME_CANCELED);
    edo_task_detach(t);
    CHECK_EQ(ms_since(start), 50);
    CHECK_EQ(o.end, -ECANCELED);
    CHECK_EQ(o.after, -ECANCELED);
    CHECK_EQ(o.c[0].slept, -ECANCELED);
    CHECK_EQ(o.c[0].cause, EDO_CANCEL_ASKED);
    CHECK_EQ(o.c[1].slept, -ECANCELED);
    CHECK_EQ(o.c[2].slept, 0);
    return 0;
}

static void cancelled_owner_cancels_its_children_and_still_waits(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_owner, NULL), 0);
}

/* A child that takes its time to clean up. */
static int slow_to_go(void *arg) {
    int *gone = arg;
    int err = edo_sleep(edo_s(100));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    CHECK_EQ(edo_sleep(edo_ms(30)), 0);
    (void)edo_shield_end(&sh, 0);
    *gone = 1;
    return err;
}

static int wait_for_cleanup(void *arg) {
    (void)arg;
    int gone = 0;
    edo_instant start = edo_now();
    edo_scope s;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, slow_to_go, &gone);
    int err = edo_scope_end(&s, 0);
    CHECK_EQ(gone, 1);
    CHECK_EQ(ms_since(start), 40);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    return 0;
}

static void a_scope_waits_for_children_that_clean_up(void **state) {
    (void)state;
    assert_int_equal(inside(wait_for_cleanup, NULL), 0);
}

static int cancel_scope(void *arg) {
    (void)arg;
    child c[2] = { { .ms = 100 }, { .ms = 100 } };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 2; i++) (void)edo_scope_spawn(&s, run_child, &c[i]);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_scope_cancel(&s);
    edo_scope_cancel(&s);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // the owner itself is not cut
    CHECK_EQ(c[0].slept, -ECANCELED);
    CHECK_EQ(c[1].cause, EDO_CANCEL_ASKED);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static void a_scope_may_be_cancelled_by_hand(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_scope, NULL), 0);
}

/* ---- Nesting --------------------------------------------------------------------------------- */

typedef struct tree {
    int depth;
    int *leaves, *bad;
} tree;

static int grow(void *arg) {
    const tree *self = arg;
    if (self->depth == 0) {
        int err = edo_sleep(edo_ms(++*self->leaves == 20 && *self->bad ? 5 : 100));
        if (err == 0 && *self->bad) return -EIO;
        return err;
    }
    tree below[3];
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) {
        below[i] = (tree){ self->depth - 1, self->leaves, self->bad };
        (void)edo_scope_spawn(&s, grow, &below[i]);
    }
    return edo_scope_end(&s, 0);
}

static int trees(void *arg) {
    (void)arg;
    int leaves = 0, bad = 0;
    tree top = { 4, &leaves, &bad };
    edo_instant start = edo_now();
    CHECK_EQ(grow(&top), 0);
    CHECK_EQ(leaves, 81);
    CHECK_EQ(ms_since(start), 100);
    leaves = 0;
    bad = 1;
    CHECK_EQ(grow(&top), -EIO); // one leaf in the depth brings all down
    CHECK_EQ(ms_since(start), 105);
    return 0;
}

static void nested_scopes_fail_from_the_leaf_to_the_root(void **state) {
    (void)state;
    assert_int_equal(inside(trees, NULL), 0);
}

static int inner_failure(void *arg) {
    (void)arg;
    child bad = { .ms = 1, .result = -EIO }, fine = { .ms = 50 };
    edo_scope outer, inner;
    edo_scope_begin(&outer, NULL);
    (void)edo_scope_spawn(&outer, run_child, &fine);
    edo_scope_begin(&inner, NULL);
    (void)edo_scope_spawn(&inner, run_child, &bad);
    CHECK_EQ(edo_scope_end(&inner, 0), -EIO);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // the outer one is not concerned
    CHECK_EQ(edo_scope_end(&outer, 0), 0);
    CHECK_EQ(fine.slept, 0);
    // The other direction: a failure outside cuts the inner scope.
    edo_scope_begin(&outer, NULL);
    bad.ms = 10;
    (void)edo_scope_spawn(&outer, run_child, &bad);
    edo_scope_begin(&inner, NULL);
    fine.ms = 100;
    (void)edo_scope_spawn(&inner, run_child, &fine);
    CHECK_EQ(edo_scope_end(&inner, 0), -ECANCELED);
    CHECK_EQ(fine.slept, -ECANCELED);
    CHECK_EQ(edo_scope_end(&outer, 0), -EIO);
    return 0;
}

static void a_failure_reaches_inwards_and_not_outwards(void **state) {
    (void)state;
    assert_int_equal(inside(inner_failure, NULL), 0);
}

/* ---- Trails ---------------------------------------------------------------------------------- */

static int fail_deep(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return edo_fail(-ENOENT, "opening %s", "x.conf");
}

static int fail_through_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, fail_deep, NULL);
    return edo_fail(edo_scope_end(&s, 0), "loading");
}

static int count_line(void *arg, const edo_trail_entry *entry) {
    CHECK_EQ(entry->code, -ENOENT);
    ++*(int *)arg;
    return 0;
}

static int trails(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(fail_through_scope, NULL);
    int err = edo_fail(edo_task_join(t), "starting");
    CHECK_EQ(err, -ENOENT);
    int lines = 0;
    CHECK_EQ(edo_trail_each(count_line, &lines), 0);
    CHECK_EQ(lines, 3);
    const edo_trail_entry *newest = edo_trail_find(-ENOENT);
    CHECK(newest && strcmp(newest->text, "starting") == 0);
    edo_trail_clear();
    t = edo_spawn(fail_deep, NULL); // finished before it is joined
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    CHECK_EQ(edo_task_join(t), -ENOENT);
    newest = edo_trail_find(-ENOENT);
    CHECK(newest && strcmp(newest->text, "opening x.conf") == 0);
    CHECK(newest->task && strstr(newest->task, "fail_deep"));
    return 0;
}

static void the_trail_crosses_scope_and_join(void **state) {
    (void)state;
    assert_int_equal(inside(trails, NULL), 0);
}

/* ---- Race ------------------------------------------------------------------------------------ */

static int races(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    child c[3] = { { .ms = 50 }, { .ms = 5, .result = -EIO }, { .ms = 20, .result = 33 } };
    edo_race_entry e[] = { { run_child, &c[0] }, { run_child, &c[1] }, { run_child, &c[2] } };
    int result = 0;
    CHECK_EQ(edo_race(&result, e, 3), 2);
    CHECK_EQ(result, 33);
    CHECK_EQ(ms_since(start), 20);
    CHECK_EQ(c[0].slept, -ECANCELED); // it was cancelled, and has ended
    CHECK_EQ(edo_race(&result, e, 0), -EINVAL);
    CHECK_EQ(edo_race(NULL, &e[1], 1), -EIO);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(3));
    CHECK_EQ(edo_deadline_end(&d, edo_race(&result, e, 3)), -ETIMEDOUT);
    CHECK_EQ(result, 33); // untouched
    return 0;
}

static void race_returns_its_first_success_after_all_have_ended(void **state) {
    (void)state;
    assert_int_equal(inside(races, NULL), 0);
}

/* ---- On a plain thread, and misuse ----------------------------------------------------------- */

static void a_plain_thread_may_own_a_scope(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    edo_scope s;
    child c[2] = { { .ms = 10 }, { .ms = 5, .result = -EIO } };
    edo_scope_begin(&s, NULL);
    assert_int_equal(edo_scope_spawn(&s, run_child, &c[0]), -EDO_ENORUNTIME);
    assert_int_equal(edo_scope_end(&s, 0), -EDO_ENORUNTIME); // a spawn that failed is a failure
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_scope_begin(&s, NULL);
    assert_int_equal(edo_scope_spawn(&s, run_child, &c[0]), 0);
    assert_int_equal(edo_scope_spawn(&s, run_child, &c[1]), 0);
    assert_int_equal(edo_scope_end(&s, 0), -EIO);
    assert_int_equal(c[0].slept, -ECANCELED);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static int leave_a_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    return 0;
}

static void leave_a_scope_open(void) {
    (void)inside(leave_a_scope, NULL);
}

static void open_one(void) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
}

static int await_after_a_scope_was_left(void *arg) {
    (void)arg;
    void (*volatile open)(void) = open_one; // a frame of its own
    open();
    (void)edo_yield();
    _exit(0); // not at the fiber's end only
}

static void await_with_a_dead_scope(void) {
    (void)inside(await_after_a_scope_was_left, NULL);
}

static int end_in_wrong_order(void *arg) {
    (void)arg;
    edo_scope a, b;
    edo_scope_begin(&a, NULL);
    edo_scope_begin(&b, NULL);
    CHECK_EQ(edo_scope_end(&a, 0), -EDO_EMISUSE);
    CHECK_EQ(edo_scope_end(&b, 0), 0);
    CHECK_EQ(edo_scope_end(&a, 0), 0);
    return 0;
}

static void end_scopes_in_wrong_order(void) {
    if (inside(end_in_wrong_order, NULL) != 0) _exit(1);
}

static int note_end(void *arg) {
    int err = edo_sleep(edo_ms(5));
    *(bool *)arg = true;
    return err;
}

static int end_inside_a_bracket(void *arg) {
    (void)arg;
    bool ended = false;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, note_end, &ended), 0);
    edo_no_await_begin();
    CHECK_EQ(edo_scope_end(&s, 0), 0); // the child uses this frame: it is awaited nevertheless
    edo_no_await_end();
    CHECK(ended);
    return 0;
}

static void end_a_scope_inside_a_bracket(void) {
    if (inside(end_inside_a_bracket, NULL) != 0) _exit(1);
}

static void debug_names_scopes_left_open(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(leave_a_scope_open));
    assert_true(aborts(await_with_a_dead_scope));
    assert_true(aborts(end_scopes_in_wrong_order));
    assert_true(aborts(end_a_scope_inside_a_bracket));
#else
    (void)leave_a_scope_open;
    (void)await_with_a_dead_scope;
    assert_false(aborts(end_scopes_in_wrong_order));
    assert_false(aborts(end_a_scope_inside_a_bracket));
#endif
}

int main(void) {
    // First those that fork: a fork beside fibers confuses the thread sanitizer.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_names_scopes_left_open),
        cmocka_unit_test(a_scope_ends_after_its_last_child),
        cmocka_unit_test(the_first_failure_cancels_the_others_and_the_owner),
        cmocka_unit_test(policy_all_lets_every_child_run_to_its_end),
        cmocka_unit_test(under_any_the_first_success_cancels_the_others),
        cmocka_unit_test(a_decided_scope_takes_no_more_children),
        cmocka_unit_test(at_once_bounds_how_many_children_live),
        cmocka_unit_test(a_spawn_that_waits_for_a_place_can_be_cut_short),
        cmocka_unit_test(cancelled_owner_cancels_its_children_and_still_waits),
        cmocka_unit_test(a_scope_waits_for_children_that_clean_up),
        cmocka_unit_test(a_scope_may_be_cancelled_by_hand),
        cmocka_unit_test(nested_scopes_fail_from_the_leaf_to_the_root),
        cmocka_unit_test(a_failure_reaches_inwards_and_not_outwards),
        cmocka_unit_test(the_trail_crosses_scope_and_join),
        cmocka_unit_test(race_returns_its_first_success_after_all_have_ended),
        cmocka_unit_test(a_plain_thread_may_own_a_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
