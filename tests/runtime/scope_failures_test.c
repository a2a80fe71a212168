/* SPDX-License-Identifier: MIT */
/* Goal: a scope keeps all of its failures: the first is returned, the others stand beside it, are
 * told one by one and printed, and go where the trail goes; memory is bounded, and without memory
 * the first one is returned all the same. Method: children that fail in an order, in virtual
 * time. */
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

/* A child that fails after `ms`, with a line if it has words. */
typedef struct child {
    int64_t ms;
    int code;
    const char *words;
} child;

static int run_child(void *arg) {
    const child *c = arg;
    int err = edo_sleep(edo_ms(c->ms));
    if (err < 0 && c->code == 0) return err;
    return c->words ? edo_fail(c->code, "%s", c->words) : c->code;
}

static const edo_scope_opts all = { .policy = EDO_SCOPE_ALL };

static int fail_all(child children[], size_t n, int own) {
    edo_scope s;
    edo_scope_begin(&s, &all);
    for (size_t i = 0; i < n; i++) (void)edo_scope_spawn(&s, run_child, &children[i]);
    return edo_scope_end(&s, own);
}

/* What edo_trail_each_failure() tells: "line;line;", each with its trail. */
typedef struct told {
    char text[4096];
    int n, tasks_n;
    int stop_at; /* returns 7 there; 0: nowhere */
} told;

static int tell(void *arg, const edo_trail_failure *f) {
    told *t = arg;
    size_t n = strlen(t->text);
    n += edo_trail_print_text(t->text + n, sizeof t->text - n, f->code, EDO_TRAIL_LINE);
    CHECK(n + 2 < sizeof t->text);
    t->text[n] = ';';
    t->text[n + 1] = '\0';
    t->tasks_n += f->task && strstr(f->task, "scope_failures_test.c:");
    return ++t->n == t->stop_at ? 7 : 0;
}

static void check_text(const char *text, const char *want) {
    if (strcmp(text, want) != 0) edo_test_fail("\"%s\" is not\n\"%s\"", text, want);
}

static void check_line(int err, const char *want) {
    char text[4096];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    check_text(text, want);
}

#define IO    "Input/output error (-EIO)"
#define NOENT "No such file or directory (-ENOENT)"
#define PERM  "Operation not permitted (-EPERM)"

/* ---- Told ------------------------------------------------------------------------------------ */

static int three_fail(void *arg) {
    (void)arg;
    child c[] = { { 30, -EIO, "third" }, { 10, -EIO, "first" }, { 20, -ENOENT, "second" } };
    told t = { .n = 0 };
    CHECK_EQ(fail_all(c, 3, 0), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), 3);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell, &t), 0);
    CHECK_EQ(t.n, 3);
    CHECK_EQ(t.tasks_n, 3);
    check_text(t.text, "first: " IO ";second: " NOENT ";third: " IO ";");
    CHECK_EQ(edo_fail(-EIO, "all of it"), -EIO); // the trail is as it was before the walk
    check_line(-EIO, "all of it: first: " IO "; also second: " NOENT "; also third: " IO);
    return 0;
}

static void each_failure_is_told_with_its_own_lines(void **state) {
    (void)state;
    assert_int_equal(inside(three_fail, NULL), 0);
}

static int without_lines(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, NULL }, { 20, -ENOENT, "second" }, { 30, -EPERM, NULL } };
    told t = { .n = 0 };
    CHECK_EQ(fail_all(c, 3, 0), -EIO);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell, &t), 0);
    check_text(t.text, IO ";second: " NOENT ";" PERM ";");
    check_line(-EIO, IO "; also second: " NOENT "; also " PERM);
    CHECK(!edo_trail_find(-EIO)); // there is no line
    edo_trail_clear();
    CHECK_EQ(edo_trail_failures_n(-EIO), 1);
    return 0;
}

static void failures_without_lines_are_kept_as_well(void **state) {
    (void)state;
    assert_int_equal(inside(without_lines, NULL), 0);
}

static int nothing_to_tell(void *arg) {
    (void)arg;
    told t = { .n = 0 };
    CHECK_EQ(edo_trail_failures_n(0), 0);
    CHECK_EQ(edo_trail_failures_n(3), 0);
    CHECK_EQ(edo_trail_each_failure(0, tell, &t), 0);
    CHECK_EQ(t.n, 0);
    CHECK_EQ(edo_trail_failures_n(-EIO), 1);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell, &t), 0); // without a trail it is itself
    check_text(t.text, IO ";");
    return 0;
}

static void an_error_alone_is_one_failure_and_success_is_none(void **state) {
    (void)state;
    assert_int_equal(inside(nothing_to_tell, NULL), 0);
}

/* Awaits, and fails, in the walk. */
static int tell_and_fail(void *arg, const edo_trail_failure *f) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    (void)edo_fail(-EBUSY, "in the walk");
    (void)edo_fail(f->code, "also in it");
    CHECK_EQ(tell(arg, f), 0);
    edo_trail_clear();
    return ((told *)arg)->n == 2 ? 7 : 0;
}

static int walk_is_left(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "first" }, { 20, -ENOENT, "second" }, { 30, -EPERM, "third" } };
    told t = { .n = 0 };
    (void)edo_fail(-EBUSY, "before");
    CHECK_EQ(fail_all(c, 3, 0), -EIO);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell_and_fail, &t), 7);
    CHECK_EQ(t.n, 2);
    check_line(-EIO, "first: " IO "; also second: " NOENT "; also third: " PERM);
    CHECK(strcmp(edo_trail_find(-EBUSY)->text, "before") == 0);
    return 0;
}

static void what_a_walk_does_leaves_the_trail_as_it_was(void **state) {
    (void)state;
    assert_int_equal(inside(walk_is_left, NULL), 0);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

#define MANY 20

static int many_fail(void *arg) {
    (void)arg;
    static char words[MANY][12];
    child c[MANY];
    told t = { .n = 0 };
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(words[i], sizeof words[i], "%d", i);
        c[i] = (child){ 10 * i + 10, i % 2 ? -ENOENT : -EIO, words[i] };
    }
    CHECK_EQ(fail_all(c, MANY, 0), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), MANY);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell, &t), 0);
    CHECK_EQ(t.n, 1 + EDO_TRAIL_FAILURES_MAX);
    check_text(t.text, "0: " IO ";12: " IO ";13: " NOENT ";14: " IO ";15: " NOENT ";16: " IO
                       ";17: " NOENT ";18: " IO ";19: " NOENT ";");
    char text[4096];
    (void)edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE);
    CHECK(strstr(text, "; also 19: " NOENT "; and 11 more"));
    return 0;
}

static void of_many_failures_the_first_and_the_last_eight_stay(void **state) {
    (void)state;
    assert_int_equal(inside(many_fail, NULL), 0);
}

/* ---- Printed --------------------------------------------------------------------------------- */

static int fail_at_a_place(void *arg) {
    const child *c = arg;
    int err = edo_sleep(edo_ms(c->ms));
    return err < 0 ? err : edo_fail_at(c->code, "a.c", 7, NULL, 0, "%s", c->words);
}

static int print_forms(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "one" }, { 20, -ENOENT, "two" } };
    char text[4096];
    edo_scope s;
    edo_scope_begin(&s, &all);
    const edo_spawn_opts names[] = { { .name = "a" }, { .name = "b" } };
    for (int i = 0; i < 2; i++) (void)edo_scope_spawn_with(&s, fail_at_a_place, &c[i], &names[i]);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    (void)edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LIST);
    check_text(text, IO "\n  one (a.c:7, task a)\nalso " NOENT ", task b\n  two (a.c:7, task b)");
    (void)edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_JSON);
    check_text(text,
               "[{\"code\":-5,\"name\":\"EIO\",\"text\":\"one\",\"file\":\"a.c\",\"line\":7,"
               "\"task\":\"a\"},{\"code\":-5,\"name\":\"EIO\",\"text\":\"Input/output error\","
               "\"also\":[[{\"code\":-2,\"name\":\"ENOENT\",\"text\":\"two\",\"file\":\"a.c\","
               "\"line\":7,\"task\":\"b\"},{\"code\":-2,\"name\":\"ENOENT\","
               "\"text\":\"No such file or directory\",\"task\":\"b\"}]]}]");
    return 0;
}

static void all_forms_of_a_trail_have_the_failures_beside_it(void **state) {
    (void)state;
    assert_int_equal(inside(print_forms, NULL), 0);
}

/* ---- Whose they are -------------------------------------------------------------------------- */

static int inner(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "in a" }, { 20, -ENOENT, "in b" } };
    int err = edo_sleep(edo_ms(10));
    if (err == 0) err = fail_all(c, 2, 0);
    return edo_fail(err, "inner");
}

static int nest(void *arg) {
    (void)arg;
    child c[] = { { 5, -EPERM, "out a" }, { 100, -EPERM, "out b" } };
    told t = { .n = 0 };
    edo_scope s;
    edo_scope_begin(&s, &all);
    (void)edo_scope_spawn(&s, run_child, &c[0]);
    (void)edo_scope_spawn(&s, inner, NULL);
    (void)edo_scope_spawn(&s, run_child, &c[1]);
    CHECK_EQ(edo_scope_end(&s, 0), -EPERM);
    CHECK_EQ(edo_trail_failures_n(-EPERM), 4);
    CHECK_EQ(edo_trail_each_failure(-EPERM, tell, &t), 0);
    CHECK_EQ(t.tasks_n, 4);
    check_text(t.text, "out a: " PERM ";in b: " NOENT ";inner: in a: " IO ";out b: " PERM ";");
    return 0;
}

static int join_nested(void *arg) {
    int err = edo_task_join(edo_spawn(inner, arg));
    check_line(err, "inner: in a: " IO "; also in b: " NOENT);
    return err == -EIO ? 0 : -EINVAL;
}

static void failures_of_inner_scopes_move_outwards_and_to_a_joiner(void **state) {
    (void)state;
    assert_int_equal(inside(nest, NULL), 0);
    assert_int_equal(inside(join_nested, NULL), 0);
}

static int owner_fails_too(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "a child" } };
    edo_scope s;
    edo_scope_begin(&s, &all);
    (void)edo_scope_spawn(&s, run_child, &c[0]);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(edo_scope_end(&s, edo_fail(-ENOENT, "the owner")), -EIO);
    check_line(-EIO, "a child: " IO "; also the owner: " NOENT);
    check_line(-ENOENT, NOENT); // it has moved
    edo_trail_clear();
    CHECK_EQ(fail_all(c, 1, edo_fail(-ENOENT, "the owner")), -ENOENT); // before the child
    check_line(-ENOENT, "the owner: " NOENT "; also a child: " IO);
    edo_trail_clear();
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, run_child, &c[0]);
    int err = edo_sleep(edo_s(1));
    CHECK_EQ(edo_scope_end(&s, edo_fail(err, "told by the child")), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), 1); // -ECANCELED came from it
    return 0;
}

static void failure_of_the_owner_stands_beside_that_of_a_child(void **state) {
    (void)state;
    assert_int_equal(inside(owner_fails_too, NULL), 0);
}

static int with_handles(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "first" }, { 20, -ENOENT, "second" } };
    edo_scope s;
    edo_scope_begin(&s, &all);
    (void)edo_scope_spawn(&s, run_child, &c[0]);
    edo_task *second = edo_scope_spawn_handle(&s, run_child, &c[1]);
    CHECK_EQ(edo_task_join(second), -ENOENT);
    check_line(-ENOENT, "second: " NOENT); // the joiner has the lines
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    check_line(-EIO, "first: " IO "; also " NOENT);
    return 0;
}

static void lines_of_a_child_with_a_handle_go_to_its_joiner(void **state) {
    (void)state;
    assert_int_equal(inside(with_handles, NULL), 0);
}

/* The owner returns what it has joined: that is one failure, with the lines that it was given. */
static int returned_by_the_owner(void *arg) {
    (void)arg;
    child c[] = { { 10, -EIO, "first" }, { 20, -ENOENT, "second" }, { 30, -EPERM, NULL } };
    told t = { .n = 0 };
    edo_scope s;
    edo_scope_begin(&s, &all);
    (void)edo_scope_spawn(&s, run_child, &c[0]);
    (void)edo_scope_spawn(&s, run_child, &c[2]);
    int err = edo_task_join(edo_scope_spawn_handle(&s, run_child, &c[1]));
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(edo_scope_end(&s, edo_fail(err, "joined")), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), 3);
    CHECK_EQ(edo_trail_each_failure(-EIO, tell, &t), 0);
    check_text(t.text, "first: " IO ";" PERM ";joined: second: " NOENT ";");
    CHECK_EQ(t.tasks_n, 3);
    return 0;
}

static void failure_that_the_owner_has_joined_and_returns_counts_once(void **state) {
    (void)state;
    assert_int_equal(inside(returned_by_the_owner, NULL), 0);
}

/* A cleanup that fails after a sibling has. */
static int fail_when_told(void *arg) {
    int err = edo_sleep(edo_s(1));
    return err == -ECANCELED && arg ? edo_fail(-EPERM, "cleaning up") : err;
}

static int told_ones(void *arg) {
    (void)arg;
    child c = { 10, -EIO, "first" };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, fail_when_told, NULL);
    (void)edo_scope_spawn(&s, fail_when_told, &c);
    (void)edo_scope_spawn(&s, run_child, &c);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    check_line(-EIO, "first: " IO "; also cleaning up: " PERM); // who obeyed has not failed
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    (void)edo_scope_spawn(&s, run_child, &c);
    (void)edo_scope_spawn(&s, run_child, &(child){ 20, -ENOENT, "second" });
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    check_line(-EIO, "first: " IO "; also second: " NOENT);
    edo_trail_clear();
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    (void)edo_scope_spawn(&s, run_child, &c);
    (void)edo_scope_spawn(&s, run_child, &(child){ 30, 5, NULL });
    CHECK_EQ(edo_scope_end(&s, 0), 5); // a success: nothing is kept
    check_line(-EIO, IO);
    return 0;
}

static void what_obeys_a_cancellation_is_no_failure(void **state) {
    (void)state;
    assert_int_equal(inside(told_ones, NULL), 0);
}

/* What docs/compat.md says of "all until a test says so". */
typedef struct quorum {
    edo_scope *s;
    int n, asked_n;
} quorum;

static int answer_late(void *arg) {
    quorum *q = arg;
    int err = edo_sleep(edo_ms(10 * ++q->asked_n));
    if (err < 0) return err;
    if (++q->n == 2) edo_scope_cancel(q->s);
    return 0;
}

static int until_enough(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_scope s;
    quorum q = { .s = &s };
    edo_scope_begin(&s, &all);
    for (int i = 0; i < 5; i++) (void)edo_scope_spawn(&s, answer_late, &q);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(q.n, 2);
    CHECK_EQ(ms_since(start), 20);
    return 0;
}

static void child_ends_its_scope_when_enough_have_answered(void **state) {
    (void)state;
    assert_int_equal(inside(until_enough, NULL), 0);
}

static int limit_over_it(void *arg) {
    (void)arg;
    child c[] = { { 10, -ECANCELED, "as if cut" }, { 20, -EIO, "other" } };
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(30));
    int err = fail_all(c, 2, 0);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    char text[4096]; // perhaps with the place of the wait
    (void)edo_trail_print_text(text, sizeof text, -ETIMEDOUT, EDO_TRAIL_LINE);
    CHECK(strstr(text, "as if cut: limit of 30 ms passed in edo_sleep") == text);
    CHECK(strstr(text, "; also other: " IO));
    return 0;
}

static void limit_that_takes_a_trail_over_keeps_what_is_beside_it(void **state) {
    (void)state;
    assert_int_equal(inside(limit_over_it, NULL), 0);
}

/* ---- Many workers, no memory ----------------------------------------------------------------- */

static int fail_at_once(void *arg) {
    (void)arg;
    child c = { 0, -EIO, "x" };
    edo_scope s;
    edo_scope_begin(&s, &all);
    for (int i = 0; i < 200; i++) (void)edo_scope_spawn(&s, run_child, &c);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), 200);
    return 0;
}

static void none_is_lost_when_children_fail_at_once(void **state) {
    (void)state;
    assert_int_equal(inside_each(fail_at_once, NULL), 0);
}

static int fail_without_memory(void *arg) {
    const int *k = arg;
    child c[] = { { 10, -EIO, NULL }, { 20, -ENOENT, "second" }, { 30, -EPERM, NULL } };
    edo_scope s;
    edo_scope_begin(&s, &all);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_scope_spawn(&s, run_child, &c[i]), 0);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // all have begun
    fail_alloc_in = *k;
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    bool fired = fail_alloc_in == 0;
    fail_alloc_in = 0;
    size_t n = edo_trail_failures_n(-EIO);
    CHECK(n >= 1 && n <= 3);
    if (!fired) CHECK_EQ(n, 3);
    return fired;
}

static void without_memory_the_first_failure_is_returned(void **state) {
    (void)state;
    int k = 1;
    while (inside(fail_without_memory, &k) == 1) k++;
    assert_true(k > 1); // one at least had its turn
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_the_first_failure_is_returned), // no memory is kept yet
        cmocka_unit_test(each_failure_is_told_with_its_own_lines),
        cmocka_unit_test(failures_without_lines_are_kept_as_well),
        cmocka_unit_test(an_error_alone_is_one_failure_and_success_is_none),
        cmocka_unit_test(what_a_walk_does_leaves_the_trail_as_it_was),
        cmocka_unit_test(of_many_failures_the_first_and_the_last_eight_stay),
        cmocka_unit_test(all_forms_of_a_trail_have_the_failures_beside_it),
        cmocka_unit_test(failures_of_inner_scopes_move_outwards_and_to_a_joiner),
        cmocka_unit_test(failure_of_the_owner_stands_beside_that_of_a_child),
        cmocka_unit_test(lines_of_a_child_with_a_handle_go_to_its_joiner),
        cmocka_unit_test(failure_that_the_owner_has_joined_and_returns_counts_once),
        cmocka_unit_test(what_obeys_a_cancellation_is_no_failure),
        cmocka_unit_test(child_ends_its_scope_when_enough_have_answered),
        cmocka_unit_test(limit_that_takes_a_trail_over_keeps_what_is_beside_it),
        cmocka_unit_test(none_is_lost_when_children_fail_at_once),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
