/* SPDX-License-Identifier: MIT */
/* Goal: children are started again as their policies say, after pauses, never twice at once, and
 * not more often than allowed; a stop reaches all of them, in reverse order and within bounds,
 * whatever they are at.
 * Method: children that follow a script in paused time. Two or three of them with each script,
 * policy and group, stopped at each millisecond, against rules that hold always. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/supervise.h>
#include <edo/test_log.h>

#include <errno.h>
#include <string.h>

#define PAUSE_MS 10
#define KIDS_MAX 3

/* What a start comes to. */
typedef struct act {
    int lasts_ms; /* 0: until it is stopped */
    int result;
    int stops_ms; /* how long it takes to stop */
} act;

typedef struct family family;

typedef struct kid {
    family *of;
    act does;
    int first_n; /* of the starts that do so; the next ones last. 0: all */
    int starts, ends, failures;
    bool runs, ends_well; /* when it is stopped it returns 0 */
    edo_instant ended;
} kid;

struct family {
    kid kids[KIDS_MAX];
    edo_supervised as[KIDS_MAX];
    edo_supervise_opts opts;
    size_t n;
    edo_instant start;
    char told[1024]; /* starts, ends and stops, with the milliseconds; "" if nobody reads it */
    size_t told_n;
    bool tells;
};

static void family_tell(family *f, const kid *k, char what) {
    if (!f->tells) return;
    int n =
        snprintf(f->told + f->told_n, sizeof f->told - f->told_n, "%s%c%c@%d", f->told_n ? " " : "",
                 (char)('a' + (k - f->kids)), what, (int)ms_since(f->start));
    f->told_n += (size_t)n;
    CHECK(f->told_n < sizeof f->told);
}

/* No child behind it runs: when it starts with its group, and when it is told to stop. */
static void check_none_behind(const family *f, const kid *k) {
    for (const kid *other = k + 1; other < f->kids + f->n; other++) CHECK(!other->runs);
}

static int kid_run(void *arg) {
    kid *k = arg;
    family *f = k->of;
    CHECK(!k->runs); // never twice
    if (k->starts > 0) CHECK(edo_instant_since(edo_now(), k->ended).ns >= edo_ms(PAUSE_MS).ns);
    if (f->opts.group != EDO_RESTART_ONE) check_none_behind(f, k);
    k->runs = true;
    k->starts++;
    CHECK_EQ(edo_supervised_starts(), (uint32_t)k->starts);
    family_tell(f, k, '+');
    bool ends = k->does.lasts_ms > 0 && (k->first_n == 0 || k->starts <= k->first_n);
    int err = edo_sleep(ends ? edo_ms(k->does.lasts_ms) : edo_hours(1000));
    if (err == 0) err = k->does.result;
    if (err == -ECANCELED) {
        family_tell(f, k, '!');
        check_none_behind(f, k);
        EDO_SHIELD(sh, edo_s(-1));
        if (k->does.stops_ms) (void)edo_sleep(edo_ms(k->does.stops_ms));
        (void)edo_shield_end(&sh, 0);
    }
    family_tell(f, k, '-');
    k->runs = false;
    k->ends++;
    k->failures += err < 0 && err != -ECANCELED;
    k->ended = edo_now();
    if (k->ends_well && err == -ECANCELED) return 0;
    return err < 0 && err != -ECANCELED ? edo_fail(err, "it broke") : err;
}

static const edo_backoff_opts even = { .kind = EDO_BACKOFF_FIXED, .pause_min = EDO_MS(PAUSE_MS) };

static void family_init(family *f, size_t n) {
    static const char *const names[KIDS_MAX] = { "a", "b", "c" };
    *f = (family){ .n = n, .start = edo_now(), .tells = true };
    f->opts = (edo_supervise_opts){ .name = "family", .restarts_max = -1, .backoff = even };
    for (size_t i = 0; i < n; i++) {
        f->kids[i].of = f;
        f->as[i] = (edo_supervised){ .name = names[i], .run = kid_run, .arg = &f->kids[i] };
    }
}

static int family_run(void *arg) {
    family *f = arg;
    return edo_supervise(f->as, f->n, &f->opts);
}

/* Runs it, and cancels it after `ms`; 0: never. All that run are over then. */
static int family_drive(family *f, int ms) {
    f->start = edo_now();
    edo_task *t = edo_spawn(family_run, f);
    if (ms > 0) EDO_TEST_OK(edo_sleep_at(edo_instant_add(f->start, edo_ms(ms))));
    if (ms > 0) edo_task_cancel(t);
    return edo_task_join(t);
}

static void check_told(const family *f, const char *wanted) {
    if (strcmp(f->told, wanted) != 0)
        (void)fprintf(stderr, "told:   %s\nwanted: %s\n", f->told, wanted);
    CHECK_EQ(strcmp(f->told, wanted), 0);
}

/* ---- Restarts -------------------------------------------------------------------------------- */

static int policies(void *arg) {
    static const struct {
        edo_restart restart;
        int result, starts;
    } rows[] = {
        { EDO_RESTART_FAILED, 0, 1 },    { EDO_RESTART_FAILED, 3, 1 },
        { EDO_RESTART_FAILED, -EIO, 4 }, { EDO_RESTART_ALWAYS, 0, 4 },
        { EDO_RESTART_ALWAYS, -EIO, 4 }, { EDO_RESTART_NEVER, 0, 1 },
        { EDO_RESTART_NEVER, -EIO, 1 },  { EDO_RESTART_FAILED, -EDO_ENOBRANCH, 4 },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        family f;
        family_init(&f, 1);
        f.as[0].restart = rows[i].restart;
        f.kids[0].does = (act){ .lasts_ms = 5, .result = rows[i].result };
        int err = family_drive(&f, 50); // starts at 0, 15, 30, 45
        CHECK_EQ(f.kids[0].starts, rows[i].starts);
        CHECK_EQ(err, rows[i].starts == 1 ? 0 : -ECANCELED);
    }
    return 0;
}

static void a_child_is_started_again_as_its_policy_says(void **state) {
    (void)state;
    assert_int_equal(inside(policies, NULL), 0);
}

static int one(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 3);
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    f.kids[1].first_n = 2;
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    check_told(&f, "a+@0 b+@0 c+@0 b-@5 b+@15 b-@20 b+@30 c!@100 c-@100 b!@100 b-@100 a!@100 "
                   "a-@100");
    return 0;
}

static void of_one_the_others_go_on(void **state) {
    (void)state;
    assert_int_equal(inside(one, NULL), 0);
}

static int all(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 3);
    f.opts.group = EDO_RESTART_ALL;
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    f.kids[1].first_n = 1;
    f.kids[2].does.stops_ms = 4; // the pause begins when all are stopped
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    check_told(&f, "a+@0 b+@0 c+@0 b-@5 c!@5 c-@9 a!@9 a-@9 a+@19 b+@19 c+@19 c!@100 c-@104 b!@104 "
                   "b-@104 a!@104 a-@104");
    return 0;
}

static void of_all_the_others_are_stopped_in_reverse_order_and_started_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(all, NULL), 0);
}

static int rest(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 3);
    f.opts.group = EDO_RESTART_REST;
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    f.kids[1].first_n = 1;
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    check_told(&f, "a+@0 b+@0 c+@0 b-@5 c!@5 c-@5 b+@15 c+@15 c!@100 c-@100 b!@100 b-@100 a!@100 "
                   "a-@100");
    return 0;
}

static void of_the_rest_those_in_front_go_on(void **state) {
    (void)state;
    assert_int_equal(inside(rest, NULL), 0);
}

static int over_for_good(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 3);
    f.opts.group = EDO_RESTART_ALL;
    f.kids[0].does = (act){ .lasts_ms = 2 }; // has done all
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    f.kids[1].first_n = 1;
    f.as[2].restart = EDO_RESTART_NEVER; // is stopped with its group, for good
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    check_told(&f, "a+@0 b+@0 c+@0 a-@2 b-@5 c!@5 c-@5 b+@15 b!@100 b-@100");
    return 0;
}

static int over_when_stopped(void *arg) {
    (void)arg;
    for (int always = 0; always < 2; always++) {
        family f;
        family_init(&f, 2);
        f.opts.group = EDO_RESTART_ALL;
        f.kids[0].ends_well = true;
        f.as[0].restart = always ? EDO_RESTART_ALWAYS : EDO_RESTART_FAILED;
        f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
        f.kids[1].first_n = 1;
        CHECK_EQ(family_drive(&f, 100), -ECANCELED);
        CHECK_EQ(f.kids[0].starts, always ? 2 : 1);
        CHECK_EQ(f.kids[1].starts, 2);
    }
    return 0;
}

static void a_child_that_returns_0_when_it_is_stopped_has_done_all(void **state) {
    (void)state;
    assert_int_equal(inside(over_when_stopped, NULL), 0);
}

static void a_child_that_is_over_for_good_stays_so(void **state) {
    (void)state;
    assert_int_equal(inside(over_for_good, NULL), 0);
}

static int growing(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 1);
    f.opts.backoff = (edo_backoff_opts){ .pause_min = edo_ms(PAUSE_MS), .no_jitter = true };
    f.opts.within = edo_ms(50);
    f.kids[0].does = (act){ .lasts_ms = 5, .result = -EIO };
    CHECK_EQ(family_drive(&f, 200), -ECANCELED);
    check_told(&f, "a+@0 a-@5 a+@15 a-@20 a+@40 a-@45 a+@85 a-@90 a+@170 a-@175");
    family_init(&f, 1);
    f.opts.backoff = (edo_backoff_opts){ .pause_min = edo_ms(PAUSE_MS), .no_jitter = true };
    f.opts.within = edo_ms(50);
    f.kids[0].does = (act){ .lasts_ms = 50, .result = -EIO };
    CHECK_EQ(family_drive(&f, 200), -ECANCELED);
    check_told(&f, "a+@0 a-@50 a+@60 a-@110 a+@120 a-@170 a+@180 a!@200 a-@200");
    return 0;
}

static void pauses_grow_until_a_child_has_run_for_long(void **state) {
    (void)state;
    assert_int_equal(inside(growing, NULL), 0);
}

/* ---- Too many -------------------------------------------------------------------------------- */

static int too_many(void *arg) {
    family f;
    char text[2048];
    edo_test_log *log;
    (void)arg;
    EDO_TEST_OK(edo_test_log_new(&log, NULL));
    family_init(&f, 2);
    f.opts.restarts_max = 0; // five
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    CHECK_EQ(family_drive(&f, 0), -EIO);
    CHECK_EQ(f.kids[1].starts, 6);
    CHECK_EQ(f.kids[0].ends, 1);
    (void)edo_trail_print_text(text, sizeof text, -EIO, 0);
    CHECK(strstr(text, "supervisor \"family\": more than 5 restarts within 30000 ms: b, start ") ==
          text);
    CHECK(strstr(text, "b, start 4: it broke") != NULL);
    CHECK(strstr(text, "b, start 5: it broke") != NULL);
    CHECK(strstr(text, "b, start 6: it broke: Input/output error (-EIO)") != NULL);
    CHECK_EQ(edo_test_log_count(log, "WARN supervise: a child has failed"), 6);
    CHECK_EQ(edo_test_log_count(log, "INFO supervise: a child is started again"), 5);
    CHECK_EQ(edo_test_log_count(log, "ERROR supervise: too many restarts"), 1);
    edo_test_log_free(log);
    edo_trail_clear();
    return 0;
}

static void too_many_restarts_end_all_with_the_last_failures(void **state) {
    (void)state;
    assert_int_equal(inside(too_many, NULL), 0);
}

static int too_many_successes(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 1);
    f.opts.restarts_max = 2;
    f.as[0].restart = EDO_RESTART_ALWAYS;
    f.kids[0].does = (act){ .lasts_ms = 5 };
    CHECK_EQ(family_drive(&f, 0), -EDO_ECLOSED);
    CHECK_EQ(f.kids[0].starts, 3);
    edo_trail_clear();
    return 0;
}

static void a_child_that_ends_too_often_without_a_failure_is_one(void **state) {
    (void)state;
    assert_int_equal(inside(too_many_successes, NULL), 0);
}

/* A restart each 15 ms: more than 3 within 44 ms, not more within 43. */
static int within(void *arg) {
    (void)arg;
    for (int ms = 40; ms < 50; ms++) {
        family f;
        family_init(&f, 1);
        f.tells = false;
        f.opts.restarts_max = 3;
        f.opts.within = edo_ms(ms);
        f.kids[0].does = (act){ .lasts_ms = 5, .result = -EIO };
        CHECK_EQ(family_drive(&f, 2000), ms < 45 ? -ECANCELED : -EIO);
        CHECK_EQ(f.kids[0].starts, ms < 45 ? 134 : 4);
        edo_trail_clear();
    }
    return 0;
}

static void restarts_count_within_their_time(void **state) {
    (void)state;
    assert_int_equal(inside(within, NULL), 0);
}

/* ---- Stops ----------------------------------------------------------------------------------- */

static int left_alone(void *arg) {
    static family f;
    (void)arg;
    family_init(&f, 1);
    f.as[0].stop_max = edo_ms(20);
    f.kids[0].does.stops_ms = 30;
    CHECK_EQ(family_drive(&f, 100), -ETIMEDOUT);
    check_told(&f, "a+@0 a!@100");
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK(!f.kids[0].runs);
    edo_trail_clear();
    family_init(&f, 1);
    f.as[0].stop_max = edo_s(-1);
    f.kids[0].does.stops_ms = 3600000;
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    CHECK(!f.kids[0].runs);
    return 0;
}

static void a_child_that_does_not_stop_is_left_behind(void **state) {
    (void)state;
    assert_int_equal(inside(left_alone, NULL), 0);
}

/* In a restart: nothing is started beside a child that still runs. */
static int left_in_restart(void *arg) {
    static family f;
    (void)arg;
    family_init(&f, 2);
    f.opts.group = EDO_RESTART_ALL;
    f.as[0].stop_max = edo_ms(20);
    f.kids[0].does.stops_ms = 200;
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    CHECK_EQ(family_drive(&f, 0), -ETIMEDOUT);
    check_told(&f, "a+@0 b+@0 b-@5 a!@5");
    char text[512];
    (void)edo_trail_print_text(text, sizeof text, -ETIMEDOUT, EDO_TRAIL_LINE);
    CHECK(strstr(text, "the child \"a\" did not stop") != NULL);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    edo_trail_clear();
    return 0;
}

static void a_restart_that_cannot_stop_a_child_ends_the_supervisor(void **state) {
    (void)state;
    assert_int_equal(inside(left_in_restart, NULL), 0);
}

static int limited(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 1);
    EDO_DEADLINE(d, edo_ms(100));
    int err = edo_deadline_end(&d, edo_supervise(f.as, f.n, &f.opts));
    CHECK_EQ(err, -ETIMEDOUT);
    CHECK(!f.kids[0].runs);
    edo_trail_clear();
    return 0;
}

static void a_deadline_stops_all(void **state) {
    (void)state;
    assert_int_equal(inside(limited, NULL), 0);
}

/* ---- All ways -------------------------------------------------------------------------------- */

/* Each child does one of these, by one of three policies. */
static const act acts[] = {
    { .lasts_ms = 0 },                 // runs
    { .lasts_ms = 5 },                 // has done all
    { .lasts_ms = 5, .result = -EIO }, // fails at the time of others
    { .lasts_ms = 12, .result = -EIO, .stops_ms = 7 },
    { .lasts_ms = 0, .stops_ms = 7 },
};
#define WAYS (EDO_COUNT(acts) * 3)

/* How many starts a child has that no other one touches, stopped at `ms`. */
static int starts_of_one(const family *f, size_t i, int ms) {
    const act *a = &f->kids[i].does;
    edo_restart restart = f->as[i].restart;
    bool again = a->lasts_ms > 0 && (restart == EDO_RESTART_ALWAYS ||
                                     (restart == EDO_RESTART_FAILED && a->result < 0));
    return again ? 1 + (ms - 1) / (a->lasts_ms + PAUSE_MS) : 1;
}

static void try_one_way(size_t n, edo_restart_group group, size_t way, int ms) {
    family f;
    family_init(&f, n);
    f.tells = false;
    f.opts.group = group;
    for (size_t i = 0; i < n; i++, way /= WAYS) {
        f.kids[i].does = acts[way % WAYS / 3];
        f.as[i].restart = (edo_restart)(way % 3);
    }
    int err = family_drive(&f, ms);
    bool all_over = true;
    for (size_t i = 0; i < n; i++) {
        const kid *k = &f.kids[i];
        CHECK(!k->runs);
        CHECK_EQ(k->starts, k->ends);
        CHECK(k->starts >= 1);
        if (f.as[i].restart == EDO_RESTART_NEVER) CHECK_EQ(k->starts, 1);
        // what falls on the moment of the stop may come before it or not
        bool is_sharp = ms % (k->does.lasts_ms + PAUSE_MS) != 0;
        if (group == EDO_RESTART_ONE && is_sharp) CHECK_EQ(k->starts, starts_of_one(&f, i, ms));
        bool ends = k->does.lasts_ms > 0 && k->does.lasts_ms < ms;
        all_over &= ends && starts_of_one(&f, i, 1000) == 1;
    }
    if (all_over && group == EDO_RESTART_ONE) CHECK_EQ(err, 0);
    CHECK(err == 0 || err == -ECANCELED);
}

static int all_ways(void *arg) {
    (void)arg;
    for (int group = EDO_RESTART_ONE; group <= EDO_RESTART_REST; group++)
        for (size_t way = 0; way < WAYS * WAYS; way++)
            for (int ms = 1; ms <= 40; ms++) try_one_way(2, (edo_restart_group)group, way, ms);
    return 0;
}

static int all_ways_of_three(void *arg) {
    (void)arg;
    for (int group = EDO_RESTART_ONE; group <= EDO_RESTART_REST; group++)
        for (size_t way = 0; way < WAYS * WAYS * WAYS; way++)
            try_one_way(3, (edo_restart_group)group, way, 1 + (int)(way % 37));
    return 0;
}

static void two_children_restart_against_a_stop_at_each_moment(void **state) {
    (void)state;
    assert_int_equal(inside(all_ways, NULL), 0);
}

static void three_children_restart_against_a_stop(void **state) {
    (void)state;
    assert_int_equal(inside(all_ways_of_three, NULL), 0);
}

/* ---- Beside ---------------------------------------------------------------------------------- */

static int count_there(void *arg) {
    *(uint32_t *)arg = edo_supervised_starts();
    return 0;
}

/* Fails once; the second time it asks in a task of its own. */
static int asks_in_a_task(void *arg) {
    if (edo_supervised_starts() == 1) return -EAGAIN;
    edo_task *t = edo_spawn(count_there, arg);
    return edo_task_join(t);
}

static int inherits(void *arg) {
    uint32_t seen = 0;
    const edo_supervised children[] = { { .run = asks_in_a_task, .arg = &seen } };
    (void)arg;
    CHECK_EQ(edo_supervised_starts(), 0);
    EDO_TEST_OK(edo_supervise(children, 1, NULL));
    CHECK_EQ(seen, 2);
    CHECK_EQ(edo_supervised_starts(), 0);
    return 0;
}

static void tasks_of_a_child_know_its_number(void **state) {
    (void)state;
    assert_int_equal(inside_each(inherits, NULL), 0);
}

static int counted(void *arg) {
    family f;
    edo_metrics *m;
    edo_buf text = { 0 };
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    family_init(&f, 2);
    f.opts.metrics = m;
    f.kids[1].does = (act){ .lasts_ms = 5, .result = -EIO };
    f.kids[1].first_n = 3;
    CHECK_EQ(family_drive(&f, 100), -ECANCELED);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    const char *all = (const char *)text.ptr;
    CHECK(strstr(all, "edo_supervised_starts_total{supervisor=\"family\",child=\"a\"} 1\n"));
    CHECK(strstr(all, "edo_supervised_starts_total{supervisor=\"family\",child=\"b\"} 4\n"));
    CHECK(strstr(all, "edo_supervised_failures_total{supervisor=\"family\",child=\"a\"} 0\n"));
    CHECK(strstr(all, "edo_supervised_failures_total{supervisor=\"family\",child=\"b\"} 3\n"));
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return 0;
}

static void starts_and_failures_are_counted(void **state) {
    (void)state;
    assert_int_equal(inside(counted, NULL), 0);
}

static int refused(void *arg) {
    family f;
    (void)arg;
    family_init(&f, 1);
    CHECK_EQ(edo_supervise(f.as, 0, NULL), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, EDO_SUPERVISED_MAX + 1, NULL), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, 1, &(edo_supervise_opts){ .restarts_max = 1001 }), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, 1, &(edo_supervise_opts){ .within = edo_s(-1) }), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, 1, &(edo_supervise_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, 1, &(edo_supervise_opts){ .backoff = { .jitter = -1 } }), -EINVAL);
    CHECK_EQ(edo_supervise(f.as, 1, &(edo_supervise_opts){ .group = (edo_restart_group)3 }),
             -EINVAL);
    f.as[0].reserved[1] = 1;
    CHECK_EQ(edo_supervise(f.as, 1, NULL), -EINVAL);
    f.as[0].reserved[1] = 0;
    f.as[0].restart = (edo_restart)7;
    CHECK_EQ(edo_supervise(f.as, 1, NULL), -EINVAL);
    f.as[0] = (edo_supervised){ .run = NULL };
    CHECK_EQ(edo_supervise(f.as, 1, NULL), -EINVAL);
    return 0;
}

static void bad_options_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_started_again_as_its_policy_says),
        cmocka_unit_test(of_one_the_others_go_on),
        cmocka_unit_test(of_all_the_others_are_stopped_in_reverse_order_and_started_in_order),
        cmocka_unit_test(of_the_rest_those_in_front_go_on),
        cmocka_unit_test(a_child_that_is_over_for_good_stays_so),
        cmocka_unit_test(a_child_that_returns_0_when_it_is_stopped_has_done_all),
        cmocka_unit_test(pauses_grow_until_a_child_has_run_for_long),
        cmocka_unit_test(too_many_restarts_end_all_with_the_last_failures),
        cmocka_unit_test(a_child_that_ends_too_often_without_a_failure_is_one),
        cmocka_unit_test(restarts_count_within_their_time),
        cmocka_unit_test(a_child_that_does_not_stop_is_left_behind),
        cmocka_unit_test(a_restart_that_cannot_stop_a_child_ends_the_supervisor),
        cmocka_unit_test(a_deadline_stops_all),
        cmocka_unit_test(two_children_restart_against_a_stop_at_each_moment),
        cmocka_unit_test(three_children_restart_against_a_stop),
        cmocka_unit_test(tasks_of_a_child_know_its_number),
        cmocka_unit_test(starts_and_failures_are_counted),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
