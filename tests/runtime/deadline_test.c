/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/scope.h for deadlines and shields: they nest, the earliest cuts, only
 * the deadline that fired returns -ETIMEDOUT, shields let awaits work. Method: programs in virtual
 * time. */
#include <edo/edo.h>

#include "aborts.h"
#include "inside.h"
#include "patience.h"

#include <errno.h>
#include <string.h>

static int one_deadline(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(30));
    int err = edo_sleep(edo_s(100));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_DEADLINE);
    CHECK_EQ(ms_since(start), 30);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED); // and every later one
    CHECK_EQ(edo_yield(), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    const edo_trail_entry *e = edo_trail_find(-ETIMEDOUT);
    CHECK(e && strncmp(e->text, "limit of 30 ms passed", 21) == 0); // the length is in the trail
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(ms_since(start), 31);
    return 0;
}

static void a_deadline_cuts_every_await_until_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(one_deadline, NULL), 0);
}

static int ask_how_long(void *arg) {
    (void)arg;
    CHECK(edo_deadline_left().ns < 0);
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(30));
    CHECK_EQ(edo_deadline_left().ns, edo_ms(30).ns);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    edo_deadline later;
    edo_deadline_begin(&later, edo_ms(25)); // the earliest counts
    CHECK_EQ(edo_deadline_left().ns, edo_ms(20).ns);
    CHECK_EQ(edo_deadline_end(&later, 0), 0);
    edo_deadline again;
    edo_deadline_begin(&again, edo_deadline_left());
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    CHECK_EQ(edo_deadline_left().ns, 0);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(2));
    CHECK_EQ(edo_deadline_left().ns, edo_s(2).ns);
    (void)edo_shield_end(&sh, 0);
    CHECK_EQ(edo_deadline_end(&again, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(edo_deadline_end(&outer, 0), 0);
    edo_deadline over;
    edo_deadline_begin(&over, edo_s(0));
    CHECK_EQ(edo_deadline_left().ns, 0);
    CHECK_EQ(edo_deadline_end(&over, 0), 0);
    CHECK(edo_deadline_left().ns < 0);
    return 0;
}

static void what_is_left_of_the_earliest_limit_is_told(void **state) {
    (void)state;
    assert_int_equal(inside(ask_how_long, NULL), 0);
}

static int read_header(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_sleep(edo_s(1));
    if (err < 0) err = edo_fail(err, "reading the header of %s", "x.dat");
    err = edo_deadline_end(&d, err);
    char told[128];
    (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
    CHECK(strncmp(told, "reading the header of x.dat: limit of 20 ms passed in edo_sleep", 63) ==
          0);
    CHECK(strstr(told, " (-ETIMEDOUT)"));
    return 0;
}

static void trail_of_a_deadline_names_the_step_that_was_cut(void **state) {
    (void)state;
    assert_int_equal(inside(read_header, NULL), 0);
}

static edo_mutex held = EDO_MUTEX_INIT;

enum { LOCK_LINE = __LINE__ + 2 };
EDOI_OPAQUE static int lock_it(void) {
    int err = edo_mutex_lock(&held);
    EDOI_COMPILER_BARRIER(); // the call is none in place of a return
    return err;
}

static const char *limit_text(edo_deadline *d, int err) {
    CHECK_EQ(edo_deadline_end(d, err), -ETIMEDOUT);
    const edo_trail_entry *e = edo_trail_find(-ETIMEDOUT);
    return e ? e->text : "";
}

/* Checks that the text has "in `what`", and if this build finds places, that it has this line. */
static void check_place(const char *text, const char *what, int line) {
    char in[64];
    (void)snprintf(in, sizeof in, "limit of 20 ms passed in %s", what);
    CHECK(strncmp(text, in, strlen(in)) == 0);
#ifdef EDO_FIBER_PORTABLE
    (void)line; // it shows no stacks
#else
    char at[64];
    (void)snprintf(at, sizeof at, "deadline_test.c:%d", line);
    const char *place = text + strlen(in);
    CHECK(strncmp(place, " at ", 4) == 0);
    CHECK(strstr(place, at) || !strstr(place, ".c:")); // without libdw there are no lines
#endif
}

static const char *cut_lock(void) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = lock_it();
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED); // the first await that was cut counts
    return limit_text(&d, err);
}

enum { SLEEP_LINE = __LINE__ + 5 };
static const char *cut_sleep(void) {
    edo_deadline outer, inner;
    edo_deadline_begin(&outer, edo_ms(20));
    edo_deadline_begin(&inner, edo_ms(50));
    int err = edo_sleep(edo_ms(100));
    CHECK_EQ(edo_deadline_end(&inner, err), -ECANCELED);
    return limit_text(&outer, err);
}

/* What `cut` tells when the place is known, which edo's thread looks for meanwhile. */
static const char *told_in_the_end(const char *(*cut)(void)) {
    const char *text = cut();
#ifndef EDO_FIBER_PORTABLE
    for (int64_t since_s = patience_now_s(); strstr(text, " in ") && !strstr(text, " at ");
         text = cut())
        patience_check(since_s, "the place is known", __FILE__, __LINE__);
#endif
    return text;
}

static int wait_for_lock(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_try_lock(&held), 0);
    check_place(told_in_the_end(cut_lock), "edo_mutex_lock", LOCK_LINE);
    check_place(told_in_the_end(cut_sleep), "edo_sleep", SLEEP_LINE);
    edo_deadline at_once;
    edo_deadline_begin(&at_once, edo_ms(0)); // no await has waited
    CHECK(strcmp(limit_text(&at_once, lock_it()), "limit of 0 ms passed") == 0);
    edo_mutex_unlock(&held);
    return 0;
}

static void trail_of_a_deadline_names_the_await_that_was_cut(void **state) {
    (void)state;
    assert_int_equal(inside(wait_for_lock, NULL), 0);
}

/* The cleanup after a cut waits too: for a limit of its own, then for that of its shield. */
static const char *cut_lock_and_cleanup(void) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = lock_it();
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(20));
    edo_deadline within;
    edo_deadline_begin(&within, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&within, edo_sleep(edo_s(1))), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    (void)edo_shield_end(&sh, 0);
    return limit_text(&d, err);
}

static int clean_up_after_a_cut(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_try_lock(&held), 0);
    check_place(told_in_the_end(cut_lock_and_cleanup), "edo_mutex_lock", LOCK_LINE);
    edo_mutex_unlock(&held);
    return 0;
}

static void cut_in_a_shield_leaves_the_one_before_told(void **state) {
    (void)state;
    assert_int_equal(inside(clean_up_after_a_cut, NULL), 0);
}

static int cut_often(void *arg) {
    (void)arg;
    for (int i = 0; i < 300; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        CHECK(strstr(limit_text(&d, edo_sleep(edo_s(1))), "passed in edo_sleep"));
        edo_trail_clear();
    }
    return 0;
}

/* Their places are not looked for, as that would take most of the time. */
static void limits_that_pass_all_the_time_have_the_name_alone(void **state) {
    (void)state;
    assert_int_equal(inside(cut_often, NULL), 0);
}

static int in_time(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(30));
    int err = edo_sleep(edo_ms(29));
    CHECK_EQ(err, 0);
    CHECK_EQ(edo_deadline_end(&d, 5), 5);
    edo_deadline_begin(&d, edo_ms(30));
    CHECK_EQ(edo_deadline_end(&d, -EIO), -EIO);
    edo_deadline_begin(&d, edo_ms(30));
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ECANCELED); // another bracket's
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_duration off = EDO_OFF;
    edo_deadline_begin(&d, off); // never
    CHECK_EQ(edo_sleep(edo_hours(1000)), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    return 0;
}

static void a_deadline_that_did_not_fire_changes_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(in_time, NULL), 0);
}

static int nested(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    // The inner one fires: the outer one goes on.
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(100));
    edo_deadline inner;
    edo_deadline_begin(&inner, edo_ms(10));
    int err = edo_deadline_end(&inner, edo_sleep(edo_s(1)));
    CHECK_EQ(err, -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(edo_deadline_end(&outer, 0), 0);
    // The outer one fires inside the inner one, which does not claim it.
    start = edo_now();
    edo_deadline_begin(&outer, edo_ms(10));
    edo_deadline_begin(&inner, edo_ms(100));
    err = edo_deadline_end(&inner, edo_sleep(edo_s(1)));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&outer, err), -ETIMEDOUT);
    // The inner one fires and is swallowed; the outer one sees only its own cut.
    edo_deadline_begin(&outer, edo_ms(20));
    edo_deadline_begin(&inner, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&inner, edo_sleep(edo_s(1))), -ETIMEDOUT);
    CHECK_EQ(edo_deadline_end(&outer, edo_sleep(edo_s(1))), -ETIMEDOUT);
    return 0;
}

static void earliest_of_nested_deadlines_cuts_and_returns_timedout(void **state) {
    (void)state;
    assert_int_equal(inside(nested, NULL), 0);
}

/* A future that counts its polls and is ready at once. */
static edo_polled count_poll(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    ++*(int *)arg;
    *result = 3;
    return EDO_READY;
}

static int over_at_once(void *arg) {
    (void)arg;
    int polls = 0;
    edo_poll_fn_future f;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(0));
    CHECK_EQ(edo_await(edo_poll_fn_init(&f, count_poll, &polls)), -ECANCELED);
    CHECK_EQ(polls, 0); // a refused await does not poll
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(edo_await(edo_poll_fn_init(&f, count_poll, &polls)), 3);
    CHECK_EQ(polls, 1);
    return 0;
}

static void a_deadline_of_0_is_over_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(over_at_once, NULL), 0);
}

/* Ready with its second poll, whenever that comes. */
static edo_polled second_poll(void *arg, edo_cx *cx, int *result) {
    (void)edo_cx_waker(cx);
    *result = 9;
    return ++*(int *)arg == 2 ? EDO_READY : EDO_PENDING;
}

static int last_poll(void *arg) {
    (void)arg;
    int polls = 0;
    edo_poll_fn_future f;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    int got = edo_await(edo_poll_fn_init(&f, second_poll, &polls));
    CHECK_EQ(got, 9);
    CHECK_EQ(edo_deadline_end(&d, got), 9);
    return 0;
}

static void await_that_is_cut_short_polls_once_more(void **state) {
    (void)state;
    assert_int_equal(inside(last_poll, NULL), 0);
}

static int wait_long(void *arg) {
    edo_cancel_cause *cause = arg;
    int err = edo_sleep(edo_s(1));
    *cause = edo_cancel_reason();
    return err;
}

static int children_inherit(void *arg) {
    (void)arg;
    edo_cancel_cause cause = EDO_CANCEL_NONE, spawned = EDO_CANCEL_NONE;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    (void)edo_scope_spawn(&s, wait_long, &cause);
    edo_task *t = edo_spawn(wait_long, &spawned); // not a child: has no limit
    int err = edo_deadline_end(&d, edo_scope_end(&s, 0));
    CHECK_EQ(err, -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 20);
    CHECK_EQ(cause, EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(ms_since(start), 1000);
    return 0;
}

static void children_of_a_scope_inherit_the_deadline_and_spawned_tasks_do_not(void **state) {
    (void)state;
    assert_int_equal(inside(children_inherit, NULL), 0);
}

/* A child's own limit is its own error, and fails the scope as such. */
static int limit_the_end(void *arg) {
    (void)arg;
    edo_scope s;
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    edo_instant start = edo_now();
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, wait_long, &cause), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, 0)), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(cause, EDO_CANCEL_DEADLINE);
    return edo_sleep(edo_ms(20)); // nothing of the limit is left
}

static void a_limit_begun_in_a_scope_may_limit_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(limit_the_end, NULL), 0);
}

static int limited_child(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(7));
    return edo_deadline_end(&d, edo_sleep(edo_s(1)));
}

static int child_times_out(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, limited_child, NULL);
    int err = edo_sleep(edo_ms(50));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_SIBLING);
    CHECK_EQ(edo_scope_end(&s, 0), -ETIMEDOUT);
    CHECK_EQ(edo_deadline_end(&d, err), -ECANCELED); // not this limit
    return 0;
}

static void a_childs_own_limit_is_not_the_owners(void **state) {
    (void)state;
    assert_int_equal(inside(child_times_out, NULL), 0);
}

/* ---- Shields --------------------------------------------------------------------------------- */

typedef struct cleaner {
    int cut, cleaned, after;
    int64_t ms;
} cleaner;

static int clean_up(void *arg) {
    cleaner *c = arg;
    c->cut = edo_sleep(edo_s(100));
    edo_instant start = edo_now();
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(0));
    c->cleaned = edo_sleep(edo_s(2));
    if (c->cleaned == 0) c->cleaned = edo_sleep(edo_s(10)); // beyond the default of 5 s
    (void)edo_shield_end(&sh, 0);
    c->ms = ms_since(start);
    c->after = edo_yield();
    return c->cut;
}

static int shields(void *arg) {
    (void)arg;
    cleaner c = { 0 };
    edo_task *t = edo_spawn(clean_up, &c);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(c.cut, -ECANCELED);
    CHECK_EQ(c.cleaned, -ECANCELED); // after 5 s
    CHECK_EQ(c.ms, 5000);
    CHECK_EQ(c.after, -ECANCELED); // cancelled as before
    return 0;
}

static void in_a_shield_awaits_work_for_five_seconds(void **state) {
    (void)state;
    assert_int_equal(inside(shields, NULL), 0);
}

static int shield_and_deadline(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_duration off = EDO_OFF;
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(10));
    edo_shield sh;
    edo_shield_begin(&sh, off);
    CHECK_EQ(edo_sleep(edo_s(60)), 0); // the limit outside does not count
    edo_deadline inner;
    edo_deadline_begin(&inner, edo_ms(5));
    CHECK_EQ(edo_deadline_end(&inner, edo_sleep(edo_s(1))), -ETIMEDOUT); // one inside does
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    (void)edo_scope_spawn(&s, wait_long, &cause);
    CHECK_EQ(edo_scope_end(&s, 0), 0); // a scope inside is not cut either
    (void)edo_shield_end(&sh, 0);
    CHECK_EQ(ms_since(start), 61005);
    int err = edo_yield();
    CHECK_EQ(err, -ECANCELED); // now the cut arrives
    CHECK_EQ(edo_deadline_end(&outer, err), -ETIMEDOUT);
    return 0;
}

/* The cleanup fails like what it cleans up after, by a limit of its own and by a task's failure. */
static int fail_in_a_shield(void *arg) {
    char told[200];
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(30));
    int err = edo_fail(edo_deadline_end(&d, edo_sleep(edo_s(10))), "working");
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(10));
    edo_deadline_begin(&d, edo_ms(70));
    CHECK_EQ(edo_fail(edo_deadline_end(&d, edo_sleep(edo_s(10))), "cleaning"), -ETIMEDOUT);
    (void)edo_fail(-EIO, "flushing");
    (void)edo_shield_end(&sh, 0);
    err = edo_fail(err, "serving");
    (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
    static const char begin[] = "serving: working: limit of 30 ms passed in edo_sleep";
    CHECK(strncmp(told, begin, sizeof begin - 1) == 0);
    return 0;
}

static void a_cleanup_that_fails_leaves_the_trail_of_the_error_before(void **state) {
    (void)state;
    assert_int_equal(inside(fail_in_a_shield, NULL), 0);
}

static void a_shield_keeps_deadlines_outside(void **state) {
    (void)state;
    assert_int_equal(inside(shield_and_deadline, NULL), 0);
}

static int fail_soon(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(5));
    return err < 0 ? err : -EIO;
}

static int shield_in_a_failed_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, fail_soon, NULL);
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(0));
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    (void)edo_shield_end(&sh, 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    return 0;
}

static void a_shield_keeps_a_failed_scope_outside(void **state) {
    (void)state;
    assert_int_equal(inside(shield_in_a_failed_scope, NULL), 0);
}

/* ---- Threads, loops, misuse ------------------------------------------------------------------ */

static void a_plain_thread_has_deadlines_too_on(const edo_runtime_opts *kind) {
    edo_pending_future f;
    edo_deadline d;
    edo_instant start = edo_now();
    edo_deadline_begin(&d, edo_ms(20));
    assert_int_equal(edo_deadline_end(&d, edo_await(edo_pending_init(&f))), -ETIMEDOUT);
    assert_true(ms_since(start) >= 20);
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    edo_sleep_future nap;
    start = edo_now();
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_block_on(rt, edo_sleep_init(&nap, edo_s(100)));
    assert_int_equal(edo_deadline_end(&d, err), -ETIMEDOUT);
    assert_true(ms_since(start) >= 20);
    edo_deadline_begin(&d, edo_ms(0));
    err = edo_block_on(rt, edo_sleep_init(&nap, edo_s(100)));
    assert_int_equal(edo_deadline_end(&d, err), -ETIMEDOUT);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_plain_thread_has_deadlines_too)

/* Ignores its cancellation; the others must get their turn nevertheless. */
static int ignore(void *arg) {
    int *stop = arg;
    while (!*stop) (void)edo_sleep(edo_s(1));
    return 0;
}

static int ignore_root(void *arg) {
    (void)arg;
    int stop = 0;
    edo_task *t = edo_spawn(ignore, &stop);
    edo_task_cancel(t);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_yield(), 0);
    stop = 1;
    CHECK_EQ(edo_task_join(t), 0);
    return 0;
}

static void task_that_ignores_its_cancellation_lets_the_others_run(void **state) {
    (void)state;
    assert_int_equal(inside(ignore_root, NULL), 0);
}

static int leave_a_deadline(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    (void)d;
    return 0;
}

static int leave_a_shield(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    (void)sh;
    return 0;
}

static int end_in_wrong_order(void *arg) {
    (void)arg;
    edo_deadline a, b;
    edo_deadline_begin(&a, edo_s(1));
    edo_deadline_begin(&b, edo_s(1));
    CHECK_EQ(edo_deadline_end(&a, 0), -EDO_EMISUSE);
    CHECK_EQ(edo_deadline_end(&b, 0), 0);
    CHECK_EQ(edo_deadline_end(&a, 0), 0);
    return 0;
}

static int await_between(void *arg) {
    (void)arg;
    edo_no_await_begin();
    edo_no_await_begin();
    edo_no_await_end();
    CHECK_EQ(edo_yield(), -EDO_EMISUSE);
    CHECK_EQ(edo_sleep(edo_ms(1)), -EDO_EMISUSE);
    edo_no_await_end();
    return edo_sleep(edo_ms(1));
}

static int await_between_on_a_thread(void *arg) {
    (void)arg;
    edo_no_await_begin();
    CHECK_EQ(edo_yield(), -EDO_EMISUSE);
    CHECK_EQ(edo_sleep(edo_ms(1)), -EDO_EMISUSE);
    edo_no_await_end();
    return edo_yield();
}

static edo_polled await_in_poll_fn(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    *result = edo_sleep(edo_ms(1)) == -EDO_EMISUSE ? 0 : 1;
    return EDO_READY;
}

static int await_in_poll(void *arg) {
    (void)arg;
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, await_in_poll_fn, NULL));
}

static int await_in_machine(void *arg) {
    (void)arg;
    edo_poll_fn_future f;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, await_in_poll_fn, NULL)));
}

static edo_task_fn *misused;

static void misuse(void) {
    if (inside(misused, NULL) != 0) _exit(1);
}

static void misuse_on_a_thread(void) {
    if (await_between_on_a_thread(NULL) != 0) _exit(1);
}

static void debug_aborts_on_misuse_and_release_returns_an_error(void **state) {
    (void)state;
    static edo_task_fn *const answered[] = { end_in_wrong_order, await_between, await_in_poll,
                                             await_in_machine };
    static edo_task_fn *const named[] = { leave_a_deadline, leave_a_shield };
#ifdef EDO_DEBUG
    bool is_debug = true;
#else
    bool is_debug = false;
#endif
    for (size_t i = 0; i < EDO_COUNT(answered); i++) {
        misused = answered[i];
        assert_int_equal(aborts(misuse), is_debug);
    }
    assert_int_equal(aborts(misuse_on_a_thread), is_debug);
    for (size_t i = 0; is_debug && i < EDO_COUNT(named); i++) {
        misused = named[i];
        assert_true(aborts(misuse));
    }
}

int main(void) {
    // First those that fork: a fork beside fibers confuses the thread sanitizer.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_aborts_on_misuse_and_release_returns_an_error),
        cmocka_unit_test(a_deadline_cuts_every_await_until_its_end),
        cmocka_unit_test(what_is_left_of_the_earliest_limit_is_told),
        cmocka_unit_test(trail_of_a_deadline_names_the_step_that_was_cut),
        cmocka_unit_test(trail_of_a_deadline_names_the_await_that_was_cut),
        cmocka_unit_test(cut_in_a_shield_leaves_the_one_before_told),
        cmocka_unit_test(limits_that_pass_all_the_time_have_the_name_alone),
        cmocka_unit_test(a_deadline_that_did_not_fire_changes_nothing),
        cmocka_unit_test(earliest_of_nested_deadlines_cuts_and_returns_timedout),
        cmocka_unit_test(a_deadline_of_0_is_over_at_once),
        cmocka_unit_test(await_that_is_cut_short_polls_once_more),
        cmocka_unit_test(children_of_a_scope_inherit_the_deadline_and_spawned_tasks_do_not),
        cmocka_unit_test(a_limit_begun_in_a_scope_may_limit_its_end),
        cmocka_unit_test(a_childs_own_limit_is_not_the_owners),
        cmocka_unit_test(in_a_shield_awaits_work_for_five_seconds),
        cmocka_unit_test(a_cleanup_that_fails_leaves_the_trail_of_the_error_before),
        cmocka_unit_test(a_shield_keeps_deadlines_outside),
        cmocka_unit_test(a_shield_keeps_a_failed_scope_outside),
        cmocka_unit_test(a_plain_thread_has_deadlines_too),
        cmocka_unit_test(task_that_ignores_its_cancellation_lets_the_others_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
