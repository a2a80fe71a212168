/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/retry.h: how long pauses are, when retrying ends, and what the trail
 * tells. Method: pauses against the formulas, written anew; edo_retry() in virtual time, where the
 * instants of attempts are exact. */
#include <edo/edo.h>
#include <edo/retry.h>

#include "inside.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define SEED UINT64_C(0x1234567890abcdef)

/* ---- Pauses ---------------------------------------------------------------------------------- */

typedef struct bad_row {
    const char *name;
    edo_backoff_opts opts;
} bad_row;

static void bad_options_are_refused(void **state) {
    (void)state;
    static const bad_row rows[] = {
        { "no such kind", { .kind = (edo_backoff_kind)5 } },
        { "negative pause", { .pause_min = EDO_MS(-1) } },
        { "shortest above longest", { .pause_min = EDO_MS(3), .pause_max = EDO_MS(2) } },
        { "default above longest", { .pause_max = EDO_MS(49) } },
        { "negative jitter", { .jitter = -0.1 } },
        { "too much jitter", { .jitter = 100.1 } },
        { "no number", { .jitter = NAN } },
        { "reserved", { .reserved = { 0, 0, 0, 1 } } },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_backoff b;
        if (edo_backoff_init(&b, &rows[i].opts) != -EINVAL) fail_msg("%s", rows[i].name);
    }
}

/* The bounds of the n-th pause, from 0 on, by the formulas. `last` is the pause before, in ns. */
static void bounds(double *low, double *high, const edo_backoff_opts *o, int n, double last) {
    double min = (double)o->pause_min.ns,
           max = o->pause_max.ns > 0 ? (double)o->pause_max.ns : 9e18;
    double base = fmin(min * pow(2, n), max);
    *low = *high = base;
    switch (o->kind) {
    case EDO_BACKOFF_EXPONENTIAL:
        *high = fmin(base + base * (o->no_jitter ? 0 : o->jitter > 0 ? o->jitter : 0.99), max);
        break;
    case EDO_BACKOFF_FIXED: *low = *high = min; break;
    case EDO_BACKOFF_FULL: *low = 0; break;
    case EDO_BACKOFF_EQUAL: *low = base / 2; break;
    case EDO_BACKOFF_DECORRELATED:
        *low = min;
        *high = fmin(n == 0 ? 3 * min : 3 * last, max);
        break;
    }
}

static void pauses_are_within_the_formula_and_fill_its_range(void **state) {
    (void)state;
    static const edo_backoff_opts rows[] = {
        { .kind = EDO_BACKOFF_EXPONENTIAL, .pause_min = EDO_MS(10) },
        { .kind = EDO_BACKOFF_EXPONENTIAL, .pause_min = EDO_MS(10), .pause_max = EDO_MS(500) },
        { .kind = EDO_BACKOFF_EXPONENTIAL, .pause_min = EDO_MS(10), .jitter = 3 },
        { .kind = EDO_BACKOFF_EXPONENTIAL, .pause_min = EDO_MS(10), .no_jitter = true },
        { .kind = EDO_BACKOFF_FIXED, .pause_min = EDO_MS(10) },
        { .kind = EDO_BACKOFF_FULL, .pause_min = EDO_MS(10), .pause_max = EDO_S(1) },
        { .kind = EDO_BACKOFF_EQUAL, .pause_min = EDO_MS(10), .pause_max = EDO_S(1) },
        { .kind = EDO_BACKOFF_DECORRELATED, .pause_min = EDO_MS(10), .pause_max = EDO_S(1) },
    };
    enum { PAUSES = 10, RUNS = 2000 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        double least[PAUSES] = { 0 }, most[PAUSES] = { 0 }; /* where in the range, 0 to 1 */
        for (uint64_t seed = 1; seed <= RUNS; seed++) {
            edo_backoff_opts opts = rows[i];
            edo_backoff b;
            double last = 0, low = 0, high = 0;
            opts.seed = seed;
            assert_int_equal(edo_backoff_init(&b, &opts), 0);
            for (int n = 0; n < PAUSES; n++) {
                double pause = (double)edo_backoff_next(&b).ns;
                bounds(&low, &high, &opts, n, last);
                assert_true(pause >= low - 1 && pause <= high + 1);
                double at = high > low ? (pause - low) / (high - low) : 0;
                if (seed == 1) least[n] = most[n] = at;
                least[n] = fmin(least[n], at);
                most[n] = fmax(most[n], at);
                last = pause;
            }
        }
        double low = 0, high = 0;
        bounds(&low, &high, &rows[i], 0, 0);
        for (int n = 0; n < 5 && high > low; n++) assert_true(least[n] < 0.01 && most[n] > 0.99);
    }
}

/* Without a bound pauses end at the end of time, and do not overflow. */
static void pauses_grow_to_the_end_of_time(void **state) {
    (void)state;
    for (int kind = EDO_BACKOFF_EXPONENTIAL; kind <= EDO_BACKOFF_DECORRELATED; kind++) {
        edo_backoff b;
        assert_int_equal(edo_backoff_init(&b, &(edo_backoff_opts){ .kind = (edo_backoff_kind)kind,
                                                                   .pause_min = edo_hours(1),
                                                                   .jitter = 100,
                                                                   .seed = SEED }),
                         0);
        for (int i = 0; i < 1000; i++) assert_true(edo_backoff_next(&b).ns >= 0);
    }
}

static void reset_begins_with_the_least_pause(void **state) {
    (void)state;
    edo_backoff b;
    assert_int_equal(edo_backoff_init(&b, &(edo_backoff_opts){ .no_jitter = true }), 0);
    assert_int_equal(edo_backoff_next(&b).ns, edo_ms(50).ns); // the defaults
    assert_int_equal(edo_backoff_next(&b).ns, edo_ms(100).ns);
    assert_int_equal(edo_backoff_next(&b).ns, edo_ms(200).ns);
    edo_backoff_reset(&b);
    assert_int_equal(edo_backoff_next(&b).ns, edo_ms(50).ns);
}

static int third_pause(void *arg) {
    edo_backoff b;
    CHECK_EQ(edo_backoff_init(&b, NULL), 0);
    for (int i = 0; i < 2; i++) (void)edo_backoff_next(&b);
    *(int64_t *)arg = edo_backoff_next(&b).ns;
    return 0;
}

static void pauses_follow_from_the_runtimes_seed(void **state) {
    (void)state;
    int64_t pauses[3];
    const uint64_t seeds[] = { 7, 7, 8 };
    for (int i = 0; i < 3; i++) {
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .seed = seeds[i] };
        assert_int_equal(inside_with(third_pause, &pauses[i], &opts), 0);
    }
    assert_true(pauses[0] == pauses[1] && pauses[0] != pauses[2]);
}

/* A thousand clients fail together. With full jitter no two percent of the time of their third
 * attempts has more than a tenth of them. */
static void clients_that_failed_together_spread(void **state) {
    (void)state;
    enum { CLIENTS = 1000, SLOTS = 50 };
    int in_slot[SLOTS + 1] = { 0 };
    for (int c = 0; c < CLIENTS; c++) {
        edo_backoff b;
        const edo_backoff_opts opts = { .kind = EDO_BACKOFF_FULL, .pause_min = edo_ms(100) };
        assert_int_equal(edo_backoff_init(&b, &opts), 0); // seeded as on any plain thread
        int64_t at_ns = edo_backoff_next(&b).ns;
        at_ns += edo_backoff_next(&b).ns;
        in_slot[at_ns * SLOTS / edo_ms(300).ns]++;
    }
    for (int i = 0; i < SLOTS; i++) assert_true(in_slot[i] < CLIENTS / 10);
}

/* ---- Retrying -------------------------------------------------------------------------------- */

enum { CALLS_MAX = 16 };

typedef struct partner {
    const int *results; /* of each call; the last one stays */
    int results_n, calls;
    int64_t call_ms; /* how long a call takes */
    edo_instant start;
    int64_t at_ms[CALLS_MAX]; /* when the calls began */
    const char *context;      /* added to errors, with the number of the call; NULL: nothing */
    int64_t asked_ms;         /* retry_if: pause that the partner asks for; 0: none */
    int fatal;                /* retry_if: this error is not repeated */
} partner;

static int call(void *arg) {
    partner *p = arg;
    CHECK(p->calls < CALLS_MAX);
    p->at_ms[p->calls] = ms_since(p->start);
    int result = p->results[p->calls < p->results_n ? p->calls : p->results_n - 1];
    p->calls++;
    int err = p->call_ms > 0 ? edo_sleep(edo_ms(p->call_ms)) : 0;
    if (err < 0) return err;
    return p->context ? edo_fail(result, "%s %d", p->context, p->calls) : result;
}

static bool worth_it(void *arg, int err, edo_duration *pause) {
    partner *p = arg;
    if (p->asked_ms > 0) *pause = edo_ms(p->asked_ms);
    return err != p->fatal;
}

static void expect_calls(const partner *p, int n, const int64_t *at_ms) {
    CHECK_EQ(p->calls, n);
    for (int i = 0; i < n; i++) CHECK_EQ(p->at_ms[i], at_ms[i]);
}

static void expect_trail(int err, const char *wanted) {
    char text[1024];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    if (strcmp(text, wanted) != 0) edo_test_fail("trail: %s", text);
}

#define DOUBLING .backoff = { .pause_min = EDO_MS(100), .no_jitter = true }

static int succeeds(void *arg) {
    static const int results[] = { -EIO, -ECONNREFUSED, 7 };
    partner p = { .results = results, .results_n = 3, .call_ms = 10, .start = edo_now() };
    (void)arg;
    p.context = "call";
    (void)edo_fail(-EIO, "before");
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 5, DOUBLING }), 7);
    expect_calls(&p, 3, (const int64_t[]){ 0, 110, 320 });
    expect_trail(-ECONNREFUSED, "Connection refused (-ECONNREFUSED)"); // nothing is left
    expect_trail(-EIO, "before: Input/output error (-EIO)");
    return 0;
}

static int fails_to_the_end(void *arg) {
    static const int results[] = { -EIO, -ECONNREFUSED, -ECONNREFUSED };
    partner p = { .results = results, .results_n = 3, .start = edo_now(), .context = "call" };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 3, DOUBLING }), -ECONNREFUSED);
    expect_calls(&p, 3, (const int64_t[]){ 0, 100, 300 }); // no pause after the last
    CHECK_EQ(ms_since(p.start), 300);
    expect_trail(-ECONNREFUSED, "attempt 1: call 1: Input/output error (-EIO): "
                                "attempt 2: call 2: Connection refused (-ECONNREFUSED): "
                                "attempt 3, the last: call 3: Connection refused (-ECONNREFUSED)");
    return 0;
}

static int many_attempts(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 12, DOUBLING }), -EIO);
    CHECK_EQ(p.calls, 12);
    char text[1024];
    (void)edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE);
    CHECK(strstr(text, "attempt 1: ") && strstr(text, "attempt 11: "));
    CHECK(strstr(text, "attempt 12, the last: ") && !strstr(text, "attempt 2: "));
    return 0;
}

static int one_attempt(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 1 }), -EIO);
    CHECK_EQ(p.calls, 1);
    CHECK_EQ(ms_since(p.start), 0);
    return 0;
}

static int none_or_bad(void *arg) {
    static const int results[] = { 0 };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ 0 }), -EINVAL);
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = -1 }), -EINVAL);
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 1, .reserved = { 1 } }), -EINVAL);
    const edo_retry_opts bad = { .attempts = 1, .backoff = { .jitter = -1 } };
    CHECK_EQ(edo_retry(call, &p, &bad), -EINVAL);
    CHECK_EQ(p.calls, 0);
    return 0;
}

static int defaults_are_three(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, NULL), -EIO);
    CHECK_EQ(p.calls, 3);
    CHECK(p.at_ms[1] >= 50 && p.at_ms[1] <= 100); // 50 ms and up to 99 % more, rounded up
    return 0;
}

static int chosen_errors(void *arg) {
    static const int results[] = { -EIO, -EAGAIN, -EACCES, 0 };
    partner p = { .results = results, .results_n = 4, .start = edo_now(), .fatal = -EACCES };
    (void)arg;
    edo_retry_opts opts = { .attempts = 9, .retry_if = worth_it, DOUBLING };
    CHECK_EQ(edo_retry(call, &p, &opts), -EACCES);
    expect_calls(&p, 3, (const int64_t[]){ 0, 100, 300 });
    p = (partner){ .results = results, .results_n = 4, .start = edo_now(), .asked_ms = 7 };
    CHECK_EQ(edo_retry(call, &p, &opts), 0);
    expect_calls(&p, 4, (const int64_t[]){ 0, 7, 14, 21 }); // the pauses that it asked for
    return 0;
}

static int never_repeated(void *arg) {
    static const int canceled[] = { -ECANCELED };
    partner p = { .results = canceled, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 9 }), -ECANCELED);
    CHECK_EQ(p.calls, 1);
    return 0;
}

/* The third attempt could begin at 300 ms, which is the limit: it is given up at 100 ms. */
static int ends_before_the_deadline(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(300));
    int err = edo_retry(call, &p, &(edo_retry_opts){ .attempts = 9, DOUBLING });
    CHECK_EQ(edo_deadline_end(&d, err), -EIO); // what went wrong, not that time was short
    CHECK_EQ(ms_since(p.start), 100);
    expect_trail(-EIO, "attempt 1: Input/output error (-EIO): "
                       "attempt 2, the last before the deadline: Input/output error (-EIO)");
    return 0;
}

/* A cleanup that tries again while an error of the same code is on its way up. */
static int has_its_own_story(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_fail(-EIO, "reading a"), -EIO);
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 2, DOUBLING }), -EIO);
    expect_trail(-EIO, "attempt 1: Input/output error (-EIO): "
                       "attempt 2, the last: Input/output error (-EIO)");
    edo_trail_clear();
    return 0;
}

/* A code that nobody has named is told by its number. */
static int has_no_name(void *arg) {
    static const int results[] = { -5000 };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    CHECK_EQ(edo_retry(call, &p, &(edo_retry_opts){ .attempts = 2, DOUBLING }), -5000);
    expect_trail(-5000, "attempt 1: unknown error (-5000): "
                        "attempt 2, the last: unknown error (-5000)");
    return 0;
}

/* The deadline passes during an attempt. */
static int attempt_is_cut_short(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now(), .call_ms = 50 };
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(170));
    int err = edo_retry(call, &p, &(edo_retry_opts){ .attempts = 9, DOUBLING });
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    expect_calls(&p, 2, (const int64_t[]){ 0, 150 });
    CHECK_EQ(ms_since(p.start), 170);
    return 0;
}

static int retry_as_task(void *arg) {
    return edo_retry(call, arg, &(edo_retry_opts){ .attempts = 9, DOUBLING });
}

static int cancelled_in_a_pause(void *arg) {
    static const int results[] = { -EIO };
    partner p = { .results = results, .results_n = 1, .start = edo_now() };
    (void)arg;
    edo_task *t = edo_spawn(retry_as_task, &p);
    CHECK_EQ(edo_sleep(edo_ms(150)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(p.calls, 2);
    CHECK_EQ(ms_since(p.start), 150);
    expect_trail(-ECANCELED, "attempt 1: Input/output error (-EIO): "
                             "attempt 2: Input/output error (-EIO): "
                             "Operation canceled (-ECANCELED)");
    return 0;
}

#define IN_VIRTUAL_TIME(promise, body)                                                             \
    static void promise(void **state) {                                                            \
        (void)state;                                                                               \
        assert_int_equal(inside(body, NULL), 0);                                                   \
    }
IN_VIRTUAL_TIME(first_success_is_the_result_and_leaves_the_trail_as_it_was, succeeds)
IN_VIRTUAL_TIME(last_error_is_the_result_and_the_trail_has_each, fails_to_the_end)
IN_VIRTUAL_TIME(of_many_attempts_the_trail_has_the_first_and_the_newest, many_attempts)
IN_VIRTUAL_TIME(one_attempt_has_no_pause, one_attempt)
IN_VIRTUAL_TIME(less_than_one_attempt_is_refused, none_or_bad)
IN_VIRTUAL_TIME(no_options_are_three_attempts, defaults_are_three)
IN_VIRTUAL_TIME(retry_if_chooses_the_errors_and_the_pauses, chosen_errors)
IN_VIRTUAL_TIME(a_cancelled_attempt_is_not_repeated, never_repeated)
IN_VIRTUAL_TIME(no_pause_begins_that_the_deadline_would_cut, ends_before_the_deadline)
IN_VIRTUAL_TIME(an_attempt_without_lines_does_not_tell_the_callers_story, has_its_own_story)
IN_VIRTUAL_TIME(a_code_without_a_name_is_told_by_its_number, has_no_name)
IN_VIRTUAL_TIME(deadline_in_an_attempt_ends_it, attempt_is_cut_short)
IN_VIRTUAL_TIME(cancellation_ends_a_pause, cancelled_in_a_pause)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(pauses_are_within_the_formula_and_fill_its_range),
        cmocka_unit_test(pauses_grow_to_the_end_of_time),
        cmocka_unit_test(reset_begins_with_the_least_pause),
        cmocka_unit_test(pauses_follow_from_the_runtimes_seed),
        cmocka_unit_test(clients_that_failed_together_spread),
        cmocka_unit_test(first_success_is_the_result_and_leaves_the_trail_as_it_was),
        cmocka_unit_test(last_error_is_the_result_and_the_trail_has_each),
        cmocka_unit_test(of_many_attempts_the_trail_has_the_first_and_the_newest),
        cmocka_unit_test(one_attempt_has_no_pause),
        cmocka_unit_test(less_than_one_attempt_is_refused),
        cmocka_unit_test(no_options_are_three_attempts),
        cmocka_unit_test(retry_if_chooses_the_errors_and_the_pauses),
        cmocka_unit_test(a_cancelled_attempt_is_not_repeated),
        cmocka_unit_test(no_pause_begins_that_the_deadline_would_cut),
        cmocka_unit_test(an_attempt_without_lines_does_not_tell_the_callers_story),
        cmocka_unit_test(a_code_without_a_name_is_told_by_its_number),
        cmocka_unit_test(deadline_in_an_attempt_ends_it),
        cmocka_unit_test(cancellation_ends_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
