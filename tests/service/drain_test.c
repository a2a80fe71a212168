/* SPDX-License-Identifier: MIT */
/* Goal: parts start in order and stop in reverse order, each within its bound, whatever they do;
 * and all of it is told.
 * Method: parts that note when they begin and end, in paused time; the trace of the phases as one
 * line, with the milliseconds. */
#include "inside.h"

#include <edo/drain.h>
#include <edo/edo.h>

#include <errno.h>
#include <string.h>

typedef struct story {
    char text[1024];
    size_t len;
    edo_instant start;
} story;

static void note(story *s, const char *what, const char *name) {
    int n = snprintf(s->text + s->len, sizeof s->text - s->len, "%s%s%s%s@%d", s->len ? " " : "",
                     what, name ? ":" : "", name ? name : "", (int)ms_since(s->start));
    s->len += (size_t)n;
    CHECK(s->len < sizeof s->text);
}

static void on_phase(void *arg, edo_drain_phase phase, const char *name) {
    static const char *const names[] = {
        "running", "begun", "stopping", "stopped", "left", "over"
    };
    note(arg, names[phase], name);
}

/* A part: what it is called, and what it does when it is told to stop. */
typedef struct part {
    story *told;
    const char *name;
    int takes_ms;   /* to stop */
    int returns;    /* then */
    int lasts_ms;   /* ends by itself after this; 0: never */
    int end_result; /* of its end */
} part;

static int run(void *arg) {
    part *p = arg;
    note(p->told, "run", p->name);
    int err = edo_sleep(p->lasts_ms ? edo_ms(p->lasts_ms) : edo_s(1000));
    if (p->takes_ms) {
        edo_shield shield;
        edo_shield_begin(&shield, edo_s(-1));
        (void)edo_sleep(edo_ms(p->takes_ms));
        (void)edo_shield_end(&shield, 0);
    }
    note(p->told, "returns", p->name);
    return p->returns ? p->returns : err;
}

static int end(void *arg) {
    part *p = arg;
    note(p->told, "end", p->name);
    return p->end_result;
}

#define RUN(p)                                                                                     \
    { .name = (p).name, .run = run, .arg = &(p), .max = edo_s(10) }
#define END(p)                                                                                     \
    { .name = (p).name, .end = end, .arg = &(p) }
#define RUN_END(p)                                                                                 \
    { .name = (p).name, .run = run, .end = end, .arg = &(p), .max = edo_s(10) }

typedef struct run_args {
    const edo_drain_part *parts;
    size_t n;
    edo_drain_opts opts;
} run_args;

static int drain_task(void *arg) {
    run_args *a = arg;
    return edo_drain_run(a->parts, a->n, &a->opts);
}

/* Runs the parts, and cancels them after 100 ms if `cancels`. Returns what came of it. */
static int drive(story *told, const edo_drain_part *parts, size_t n, int pre_stop_ms,
                 bool cancels) {
    run_args a = { parts,
                   n,
                   { .pre_stop = edo_ms(pre_stop_ms), .on_phase = on_phase, .arg = told } };
    told->start = edo_now();
    edo_task *t = edo_spawn(drain_task, &a);
    if (cancels) {
        EDO_TEST_OK(edo_sleep(edo_ms(100)));
        edo_task_cancel(t);
    }
    return edo_task_join(t);
}

static void check_told(const story *told, const char *wanted) {
    if (strcmp(told->text, wanted) != 0)
        (void)fprintf(stderr, "told:   %s\nwanted: %s\n", told->text, wanted);
    CHECK_EQ(strcmp(told->text, wanted), 0);
}

static int in_order(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db" };
    part probes = { .told = &told, .name = "probes" };
    part api = { .told = &told, .name = "api", .takes_ms = 30 };
    const edo_drain_part parts[] = { END(db), RUN(probes), RUN_END(api) };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 3, 5000, true), 0);
    check_told(&told,
               "running@0 run:probes@0 run:api@0 begun@100 stopping:api@5100 returns:api@5130 "
               "end:api@5130 stopped:api@5130 stopping:probes@5130 returns:probes@5130 "
               "stopped:probes@5130 stopping:db@5130 end:db@5130 stopped:db@5130 over@5130");
    return 0;
}

static void parts_stop_in_reverse_order_after_pre_stop(void **state) {
    (void)state;
    assert_int_equal(inside(in_order, NULL), 0);
}

static int left_behind(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db" };
    part jobs = { .told = &told, .name = "jobs" };
    part api = { .told = &told, .name = "api", .takes_ms = 20000 };
    const edo_drain_part parts[] = { END(db), RUN_END(jobs), RUN_END(api) };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 3, 0, true), -ETIMEDOUT);
    check_told(&told, "running@0 run:jobs@0 run:api@0 begun@100 stopping:api@100 left:api@10100 "
                      "stopping:jobs@10100 returns:jobs@10100 stopped:jobs@10100 over@10100");
    EDO_TEST_OK(edo_sleep(edo_s(20))); // it does end
    CHECK(strstr(told.text, "returns:api@20100") != NULL);
    return 0;
}

static void part_that_does_not_stop_is_left_and_nothing_it_may_use_is_ended(void **state) {
    (void)state;
    assert_int_equal(inside(left_behind, NULL), 0);
}

/* Of a bound that is short each step that is to come is kept a share. */
static int one_bound(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db" };
    part jobs = { .told = &told, .name = "jobs", .takes_ms = 20000 };
    part api = { .told = &told, .name = "api", .takes_ms = 20000 };
    const edo_drain_part parts[] = { END(db), RUN(jobs), RUN(api) };
    run_args a = { parts, 3, { .max = edo_ms(640), .on_phase = on_phase, .arg = &told } };
    (void)arg;
    told.start = edo_now();
    edo_task *t = edo_spawn(drain_task, &a);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ETIMEDOUT);
    check_told(&told, "running@0 run:jobs@0 run:api@0 begun@100 stopping:api@100 left:api@420 "
                      "stopping:jobs@420 left:jobs@580 over@580");
    EDO_TEST_OK(edo_sleep(edo_s(30)));
    return 0;
}

/* What ends in time leaves its share to the next ones. */
static int share_of_the_quick(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db", .takes_ms = 20000 };
    part api = { .told = &told, .name = "api", .takes_ms = 30 };
    const edo_drain_part parts[] = { RUN(db), RUN(api) };
    run_args a = { parts, 2, { .max = edo_ms(320), .on_phase = on_phase, .arg = &told } };
    (void)arg;
    told.start = edo_now();
    edo_task *t = edo_spawn(drain_task, &a);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ETIMEDOUT);
    check_told(&told, "running@0 run:db@0 run:api@0 begun@100 stopping:api@100 returns:api@130 "
                      "stopped:api@130 stopping:db@130 left:db@420 over@420");
    EDO_TEST_OK(edo_sleep(edo_s(30)));
    return 0;
}

/* A step that is to come has a second, or what its part says, whatever hangs before it. */
static int behind_one_that_hangs(void *arg) {
    story told = { .len = 0 };
    part jobs = { .told = &told, .name = "jobs", .takes_ms = 900 };
    part mail = { .told = &told, .name = "mail", .takes_ms = 4900 };
    part api = { .told = &told, .name = "api", .takes_ms = 90000 };
    const edo_drain_part parts[] = {
        { .name = "jobs", .run = run, .end = end, .arg = &jobs },
        { .name = "mail", .run = run, .arg = &mail, .max = edo_s(5) },
        { .name = "api", .run = run, .arg = &api },
    };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 3, 2000, true), -ETIMEDOUT);
    check_told(&told, "running@0 run:jobs@0 run:mail@0 run:api@0 begun@100 stopping:api@2100 "
                      "left:api@28100 stopping:mail@28100 returns:mail@33000 stopped:mail@33000 "
                      "stopping:jobs@33000 returns:jobs@33900 stopped:jobs@33900 over@33900");
    EDO_TEST_OK(edo_sleep(edo_s(90)));
    return 0;
}

static void parts_that_do_not_stop_share_one_bound(void **state) {
    (void)state;
    assert_int_equal(inside(behind_one_that_hangs, NULL), 0);
    assert_int_equal(inside(one_bound, NULL), 0);
    assert_int_equal(inside(share_of_the_quick, NULL), 0);
}

static int handlers_left(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db" };
    part api = { .told = &told, .name = "api", .takes_ms = 30, .returns = -ETIMEDOUT };
    const edo_drain_part parts[] = { END(db), RUN_END(api) };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 2, 0, true), -ETIMEDOUT);
    check_told(&told, "running@0 run:api@0 begun@100 stopping:api@100 returns:api@130 "
                      "left:api@130 over@130");
    return 0;
}

static void server_whose_handlers_go_on_is_left_and_nothing_they_may_use_is_ended(void **state) {
    (void)state;
    assert_int_equal(inside(handlers_left, NULL), 0);
}

static int failing(void *arg) {
    story told = { .len = 0 };
    part db = { .told = &told, .name = "db" };
    part jobs = { .told = &told, .name = "jobs" };
    part api = { .told = &told, .name = "api", .lasts_ms = 50, .returns = -EADDRINUSE };
    const edo_drain_part parts[] = { END(db), RUN(jobs), RUN(api) };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 3, 5000, false), -EADDRINUSE);
    check_told(&told, "running@0 run:jobs@0 run:api@0 returns:api@50 begun@50 stopping:jobs@50 "
                      "returns:jobs@50 stopped:jobs@50 stopping:db@50 end:db@50 stopped:db@50 "
                      "over@50");
    return 0;
}

/* After a failure `pre_stop` is not waited for, however long; its sum with the bounds must not
 * overflow, which the sanitizers tell. */
static int failing_with_endless_pre_stop(void *arg) {
    story told = { .len = 0 };
    part api = { .told = &told, .name = "api", .lasts_ms = 50, .returns = -EADDRINUSE };
    const edo_drain_part parts[] = { RUN(api) };
    (void)arg;
    told.start = edo_now();
    CHECK_EQ(edo_drain_run(parts, 1, &(edo_drain_opts){ .pre_stop = edo_ns(EDO_FOREVER_NS) }),
             -EADDRINUSE);
    check_told(&told, "run:api@0 returns:api@50");
    return 0;
}

static int listens(void *arg) {
    (void)arg;
    return edo_fail(-EADDRINUSE, "listening on %s", "a port");
}

/* The part that is stopped meanwhile has a failure of its own, -ECANCELED. */
static int failing_with_a_reason(void *arg) {
    char why[256];
    part jobs = { .told = arg, .name = "jobs" };
    const edo_drain_part parts[] = { RUN(jobs), { .name = "api", .run = listens } };
    CHECK_EQ(edo_drain_run(parts, 2, NULL), -EADDRINUSE);
    (void)edo_trail_print_text(why, sizeof why, -EADDRINUSE, EDO_TRAIL_LINE);
    CHECK(strstr(why, "the part \"api\": listening on a port"));
    edo_trail_clear();
    return 0;
}

static void failure_of_a_part_keeps_its_reason_and_names_the_part(void **state) {
    story told = { .len = 0 };
    (void)state;
    assert_int_equal(inside(failing_with_a_reason, &told), 0);
}

static void failure_of_a_part_ends_the_others_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(failing, NULL), 0);
    assert_int_equal(inside(failing_with_endless_pre_stop, NULL), 0);
}

static int all_done(void *arg) {
    story told = { .len = 0 };
    part a = { .told = &told, .name = "a", .lasts_ms = 10 };
    part b = { .told = &told, .name = "b", .lasts_ms = 20, .end_result = -EIO };
    const edo_drain_part parts[] = { RUN(a), RUN_END(b) };
    (void)arg;
    CHECK_EQ(drive(&told, parts, 2, 0, false), -EIO); // the failure of an end counts, too
    check_told(&told, "running@0 run:a@0 run:b@0 returns:a@10 returns:b@20 begun@20 stopping:b@20 "
                      "end:b@20 stopped:b@20 over@20");
    return 0;
}

static void parts_that_all_return_end_the_program(void **state) {
    (void)state;
    assert_int_equal(inside(all_done, NULL), 0);
}

static int bad_options(void *arg) {
    const edo_drain_part none[EDO_DRAIN_PARTS_MAX + 1] = { { .name = "x" } };
    const edo_drain_part odd[] = { { .name = "x", .reserved = { 1 } } };
    (void)arg;
    CHECK_EQ(edo_drain_run(none, 0, NULL), -EINVAL);
    CHECK_EQ(edo_drain_run(none, EDO_DRAIN_PARTS_MAX + 1, NULL), -EINVAL);
    CHECK_EQ(edo_drain_run(odd, 1, NULL), -EINVAL);
    CHECK_EQ(edo_drain_run(none, 1, &(edo_drain_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_drain_run(none, 1, NULL), 0); // a part that does nothing
    return 0;
}

static void bad_options_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(bad_options, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_stop_in_reverse_order_after_pre_stop),
        cmocka_unit_test(part_that_does_not_stop_is_left_and_nothing_it_may_use_is_ended),
        cmocka_unit_test(parts_that_do_not_stop_share_one_bound),
        cmocka_unit_test(server_whose_handlers_go_on_is_left_and_nothing_they_may_use_is_ended),
        cmocka_unit_test(failure_of_a_part_keeps_its_reason_and_names_the_part),
        cmocka_unit_test(failure_of_a_part_ends_the_others_at_once),
        cmocka_unit_test(parts_that_all_return_end_the_program),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
