/* SPDX-License-Identifier: MIT */
/* Goal: what edo_scope_end() makes of the result of the owner: a failure counts as a child's, by
 * its place in time, in every policy; a count stays where nothing failed; a cancellation from
 * outside comes to the children with its reason; the trail is that of the failure returned.
 * Method: rows of who ends when, in virtual time. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

#define REASON (EDO_CANCEL_USER + 3)

/* Sleeps, then ends with `result`, also if the sleep was cut short and `own` is set. */
typedef struct part {
    int64_t ms; /* 0: there is no such part */
    int result;
    bool own;
} part;

#define AT(ms, result)                                                                             \
    { ms, result, false }
#define OWN(ms, result)                                                                            \
    { ms, result, true }
#define NONE                                                                                       \
    { 0, 0, false }

typedef struct child {
    part part;
    edo_cancel_cause cause; /* why its sleep was cut short */
} child;

static int go(const part *p) {
    int err = edo_sleep(edo_ms(p->ms));
    return err < 0 && !p->own ? err : p->result;
}

static int run_child(void *arg) {
    child *c = arg;
    int result = go(&c->part);
    c->cause = edo_cancel_reason();
    return result;
}

/* ---- When who fails -------------------------------------------------------------------------- */

#define FAST EDO_SCOPE_FAIL_FAST
#define ANY  EDO_SCOPE_ANY
#define ALL  EDO_SCOPE_ALL

static const struct row {
    const char *name;
    edo_scope_policy policy;
    part owner, children[2];
    int want;
    int64_t want_ms; /* when the scope has ended */
} rows[] = {
    { "fast: owner alone", FAST, AT(5, -EPERM), { NONE, NONE }, -EPERM, 5 },
    { "fast: owner first", FAST, AT(5, -EPERM), { AT(20, -EIO), AT(30, 0) }, -EPERM, 5 },
    { "fast: child first", FAST, AT(30, -EPERM), { AT(20, -EIO), AT(90, 0) }, -EIO, 20 },
    { "fast: child first, owner by itself", FAST, OWN(30, -EPERM), { AT(20, -EIO) }, -EIO, 20 },
    { "fast: children done", FAST, AT(30, -EPERM), { AT(10, 0), AT(20, 4) }, -EPERM, 30 },
    { "fast: a child fails as it is cancelled", FAST, AT(5, -EPERM), { OWN(9, -EIO) }, -EPERM, 5 },
    { "fast: count", FAST, AT(5, 7), { AT(10, 0), AT(20, 4) }, 7, 20 },
    { "fast: count, a child fails", FAST, AT(5, 7), { AT(10, -EIO), AT(90, 4) }, -EIO, 10 },
    { "any: owner alone", ANY, AT(5, -EPERM), { NONE, NONE }, -EPERM, 5 },
    { "any: owner first", ANY, AT(5, -EPERM), { AT(20, 17), AT(30, -EIO) }, -EPERM, 5 },
    { "any: child won", ANY, AT(20, -EPERM), { AT(5, 17), AT(90, 3) }, 17, 20 },
    { "any: child failed first", ANY, AT(20, -EPERM), { AT(5, -EIO), AT(90, 17) }, -EIO, 20 },
    { "any: owner between failures",
      ANY,
      AT(20, -EPERM),
      { AT(5, -EIO), AT(40, -ENOENT) },
      -EIO,
      20 },
    { "any: count, child wins", ANY, AT(5, 7), { AT(20, 17), AT(90, 3) }, 17, 20 },
    { "any: count, none wins", ANY, AT(5, 7), { AT(20, -EIO), AT(30, -EPERM) }, -EIO, 30 },
    { "any: count, no children", ANY, AT(5, 7), { NONE, NONE }, 7, 5 },
    { "all: owner first", ALL, AT(5, -EPERM), { AT(20, 0), AT(30, -EIO) }, -EPERM, 30 },
    { "all: child first", ALL, AT(25, -EPERM), { AT(20, -EIO), AT(30, 0) }, -EIO, 30 },
    { "all: children done", ALL, AT(40, -EPERM), { AT(20, 0), AT(30, 4) }, -EPERM, 40 },
    { "all: count", ALL, AT(5, 7), { AT(20, 0), AT(30, 4) }, 7, 30 },
    { "all: count, a child fails", ALL, AT(5, 7), { AT(20, -EIO), AT(30, 4) }, -EIO, 30 },
};

static int run_row(void *arg) {
    const struct row *row = arg;
    child c[2] = { { .part = row->children[0] }, { .part = row->children[1] } };
    edo_instant start = edo_now();
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = row->policy });
    for (int i = 0; i < 2; i++)
        if (c[i].part.ms > 0) CHECK_EQ(edo_scope_spawn(&s, run_child, &c[i]), 0);
    int got = edo_scope_end(&s, go(&row->owner));
    if (got != row->want || ms_since(start) != row->want_ms)
        (void)fprintf(stderr, "%s: %d after %d ms\n", row->name, got, (int)ms_since(start));
    CHECK_EQ(got, row->want);
    CHECK_EQ(ms_since(start), row->want_ms);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // nothing is cut short behind it
    return 0;
}

static void the_first_failure_counts_be_it_a_childs_or_the_owners(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(run_row, (void *)(uintptr_t)&rows[i]), 0);
}

/* ---- Why the children are cancelled ---------------------------------------------------------- */

static int fails_beside(edo_scope_policy policy, int result) {
    child c = { .part = AT(90, 0) };
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = policy });
    CHECK_EQ(edo_scope_spawn(&s, run_child, &c), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // it sleeps by now
    CHECK_EQ(edo_scope_end(&s, result), result);
    return (int)c.cause;
}

static int own_failures(void *arg) {
    (void)arg;
    CHECK_EQ(fails_beside(FAST, -EIO), EDO_CANCEL_SIBLING);
    CHECK_EQ(fails_beside(ANY, -EIO), EDO_CANCEL_SIBLING);
    CHECK_EQ(fails_beside(FAST, -ECANCELED), EDO_CANCEL_SIBLING); // of a task that it joined, say
    CHECK_EQ(fails_beside(ALL, -EIO), EDO_CANCEL_NONE);
    return 0;
}

static int fire(void *token) {
    int err = edo_sleep(edo_ms(10));
    edo_cancel(token, REASON);
    return err;
}

/* A token around the scope cuts its owner short. */
static int cut_from_outside(edo_scope_policy policy) {
    edo_cancel_token *token;
    CHECK_EQ(edo_cancel_new(&token), 0);
    edo_task *shooter = edo_spawn(fire, token);
    child c = { .part = AT(90, 0) };
    edo_instant start = edo_now();
    edo_cancel_block b;
    edo_scope s;
    edo_cancel_begin(&b, token);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = policy });
    CHECK_EQ(edo_scope_spawn(&s, run_child, &c), 0);
    int err = edo_scope_end(&s, edo_sleep(edo_s(1)));
    CHECK_EQ(edo_cancel_end(&b, err), -ECANCELED);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(c.cause, REASON);
    CHECK_EQ(edo_task_join(shooter), 0);
    edo_cancel_unref(token);
    return 0;
}

static int limited_from_outside(void *arg) {
    (void)arg;
    child c = { .part = OWN(90, -EIO) }; // fails when it is cancelled, and later than the owner
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &c), 0);
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(5)); // the owner's own limit comes first
    int err = edo_shield_end(&sh, edo_sleep(edo_s(1)));
    CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, err)), -ECANCELED);
    CHECK_EQ(c.cause, EDO_CANCEL_SIBLING);
    edo_deadline_begin(&d, edo_ms(10));
    edo_scope_begin(&s, NULL);
    err = edo_sleep(edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, err)), -ETIMEDOUT);
    return 0;
}

static int cut_in_each_policy(void *arg) {
    (void)arg;
    return cut_from_outside(FAST) + cut_from_outside(ANY) + cut_from_outside(ALL);
}

static void children_hear_why_the_owner_failed(void **state) {
    (void)state;
    assert_int_equal(inside(own_failures, NULL), 0);
    assert_int_equal(inside(limited_from_outside, NULL), 0);
    assert_int_equal(inside(cut_in_each_policy, NULL), 0);
}

/* A scope whose owner has no failure, cancelled while it waits, returns no count. */
static int count_and_cut(void *arg) {
    (void)arg;
    child c = { .part = AT(90, 0) };
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &c), 0);
    CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, 7)), -ETIMEDOUT);
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, run_child, &c), 0);
    edo_scope_cancel(&s); // by hand: no failure
    CHECK_EQ(edo_scope_end(&s, 7), 7);
    edo_scope_begin(&s, NULL);
    edo_scope_cancel(&s);
    CHECK_EQ(edo_scope_end(&s, -ECANCELED), -ECANCELED); // the owner's own
    return 0;
}

static void a_count_stays_where_nothing_failed(void **state) {
    (void)state;
    assert_int_equal(inside(count_and_cut, NULL), 0);
}

/* ---- Trails ---------------------------------------------------------------------------------- */

static int fail_when_cancelled(void *arg) {
    const part *p = arg;
    (void)edo_sleep(edo_ms(p->ms));
    return edo_fail(p->result, "child");
}

/* The trail of the failure that `owner` and a child bring about. */
static const char *trail_of(edo_scope_policy policy, part owner, part of_child) {
    static char text[256];
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = policy });
    CHECK_EQ(edo_scope_spawn(&s, fail_when_cancelled, &of_child), 0);
    int err = go(&owner);
    if (err < 0) err = edo_fail(err, "owner");
    err = edo_fail(edo_scope_end(&s, err), "both");
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return text;
}

static void check_text(const char *got, const char *want) {
    if (strncmp(got, want, strlen(want)) == 0) return;
    (void)fprintf(stderr, "want %s, got %s\n", want, got);
    CHECK_EQ(strcmp(got, want), 0);
}

static int trails(void *arg) {
    (void)arg;
    const part late = AT(30, -EPERM), soon = AT(5, -EPERM), bad = AT(20, -EIO), fine = AT(5, 7);
    check_text(trail_of(FAST, soon, bad), "both: owner: Operation not permitted");
    check_text(trail_of(FAST, late, bad), "both: child: Input/output error");
    check_text(trail_of(FAST, fine, bad), "both: child: Input/output error");
    check_text(trail_of(ALL, soon, bad), "both: owner: Operation not permitted");
    check_text(trail_of(ALL, late, bad), "both: child: Input/output error");
    check_text(trail_of(ANY, soon, bad), "both: owner: Operation not permitted");
    const part same = AT(5, -EIO);
    check_text(trail_of(FAST, same, bad), "both: owner: Input/output error");
    return 0;
}

static void the_trail_is_that_of_the_failure(void **state) {
    (void)state;
    assert_int_equal(inside(trails, NULL), 0);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static void on_a_plain_thread_the_owner_counts_too(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    child c = { .part = AT(90, 0) };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    assert_int_equal(edo_scope_spawn(&s, run_child, &c), 0);
    assert_int_equal(edo_scope_end(&s, -EPERM), -EPERM);
    edo_scope_begin(&s, NULL);
    assert_int_equal(edo_scope_spawn(&s, run_child, &c), 0);
    assert_int_equal(edo_scope_end(&s, 7), 7);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* The owner fails while its children do, on other workers: one of the failures is returned, and all
 * children have ended. */
static int fail_at_once(void *arg) {
    (void)arg;
    return -EIO;
}

static int fail_together(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) {
        edo_scope s;
        edo_scope_begin(&s, &(edo_scope_opts){ .spread = true });
        for (int k = 0; k < 4; k++) (void)edo_scope_spawn(&s, fail_at_once, NULL);
        int err = edo_scope_end(&s, -EPERM);
        CHECK(err == -EIO || err == -EPERM);
    }
    return 0;
}

static void failures_at_one_time_are_one(void **state) {
    (void)state;
    assert_int_equal(inside_each(fail_together, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_counts_be_it_a_childs_or_the_owners),
        cmocka_unit_test(children_hear_why_the_owner_failed),
        cmocka_unit_test(a_count_stays_where_nothing_failed),
        cmocka_unit_test(the_trail_is_that_of_the_failure),
        cmocka_unit_test(on_a_plain_thread_the_owner_counts_too),
        cmocka_unit_test(failures_at_one_time_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
