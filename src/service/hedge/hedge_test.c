/* SPDX-License-Identifier: MIT */
/* Goal: a second attempt is sent when it is due and allowed, the first success wins, the other is
 * cancelled, and no copy, response or permit of the budget is lost, whoever fails or gives up when.
 * Method: a service whose attempts are scripted, under a paused clock; 100,000 random calls against
 * the rules written again plainly. */
#include "service/hedge/hedge.h"

#include "inside.h"
#include "seed.h"

#include <edo/layers.h>
#include <edo/test_layer.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { USUAL_MS = 20 }; // what calls take that are learnt from

/* What an attempt does. */
typedef struct script {
    int ms, result;
} script;

typedef struct request {
    struct world *w;
    bool is_copy;
} request;

typedef struct response {
    int attempt; /* 1 or 2 */
    int kept;    /* by the caller */
} response;

typedef struct world {
    edo_service *svc;
    edo_retry_budget *budget;
    script attempts[2];
    int attempts_n; /* of the call */
    int inside_n, cut_n;
    int copies_n, clones_n;
    int held_n; /* responses that somebody has */
    bool no_copy, may_not;
    int may_result;
    int64_t begun_ns[2]; /* since the call began */
    edo_instant began;
} world;

static int answers(void *arg, void *rq, void *rs) {
    world *w = arg;
    response *r = rs;
    int which = w->attempts_n++;
    CHECK(which < 2);
    CHECK_EQ(r->kept, 77);
    w->begun_ns[which] = edo_instant_since(edo_now(), w->began).ns;
    w->inside_n++;
    const script *s = &w->attempts[which];
    CHECK(((request *)rq)->is_copy == (which == 1 && w->clones_n > 0));
    int err = s->ms ? edo_sleep(edo_ms(s->ms)) : 0;
    w->inside_n--;
    if (err < 0) w->cut_n++;
    if (err < 0 || s->result < 0) return err < 0 ? err : s->result;
    r->attempt = which + 1;
    w->held_n++;
    return s->result;
}

static int clones(void *ctx, void **copy, const void *rq) {
    static request copies[4];
    world *w = ctx;
    if (w->no_copy) return 0;
    request *mine = &copies[w->copies_n++];
    *mine = *(const request *)rq;
    mine->is_copy = true;
    w->clones_n++;
    *copy = mine;
    return 0;
}

static void drops(void *ctx, void *copy) {
    (void)copy;
    ((world *)ctx)->copies_n--;
}

static void discards(void *ctx, void *rs) {
    CHECK(((response *)rs)->attempt > 0);
    ((world *)ctx)->held_n--;
}

static bool may(void *ctx, const void *rq, int result) {
    world *w = ctx;
    CHECK(((const request *)rq)->is_copy == (w->clones_n > 0));
    w->may_result = result;
    return !w->may_not;
}

static edoi_hedge *hedge_of(const world *w) {
    return (edoi_hedge *)(void *)w->svc;
}

/* One call; returns its result, and `*ms` is how long it took. */
static int call_once(world *w, script first, script second, int limit_ms, int *ms) {
    request rq = { .w = w };
    response rs = { .kept = 77 };
    w->attempts[0] = first;
    w->attempts[1] = second;
    w->attempts_n = w->clones_n = w->cut_n = 0;
    w->may_result = 1;
    w->began = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, limit_ms ? edo_ms(limit_ms) : edo_hours(1));
    int result = edo_deadline_end(&d, edo_service_oneshot(w->svc, &rq, &rs));
    *ms = (int)ms_since(w->began);
    CHECK_EQ(w->inside_n, 0); // none is left behind
    CHECK_EQ(w->copies_n, 0);
    CHECK_EQ(w->held_n, result >= 0);
    CHECK_EQ(rs.kept, 77);
    if (result >= 0) CHECK_EQ(result, 10 + rs.attempt);
    w->held_n = 0;
    return result;
}

static int took(world *w, script first, script second, int result) {
    int ms;
    CHECK_EQ(call_once(w, first, second, 0, &ms), result);
    return ms;
}

static void world_begin(world *w, edo_hedge_opts opts) {
    static const edo_retry_policy_ops policy = { .clone = clones, .drop = drops };
    opts.policy = &policy;
    opts.ctx = w;
    opts.may = may;
    opts.discard = discards;
    opts.response_bytes = sizeof(response);
    edo_layer layer = edo_hedge_layer(&opts);
    CHECK_EQ(edo_service_from_fn(&w->svc, answers, w, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&w->svc, &layer, w->svc), 0);
}

/* Learns USUAL_MS, and learns nothing more. */
static void world_learn(world *w) {
    for (int i = 0; i < 100; i++)
        CHECK_EQ(took(w, (script){ USUAL_MS, 11 }, (script){ 0 }, 11), USUAL_MS);
    edoi_latency *l = &hedge_of(w)->latency;
    CHECK_EQ(edo_time_advance(edo_ns(l->ends_ns - edo_now().ns)), 0);
    int64_t ns;
    CHECK_EQ(edoi_latency_read(l, edo_now().ns, &ns), 100);
    l->ends_ns = INT64_MAX;
}

static void world_end(world *w) {
    edo_service_unref(w->svc);
}

/* ---- When it is sent ------------------------------------------------------------------------- */

EDO_TEST(none_is_sent_before_enough_was_learnt, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .points_min = 50 });
    for (int i = 0; i < 49; i++)
        CHECK_EQ(took(&w, (script){ USUAL_MS, 11 }, (script){ 0 }, 11), USUAL_MS);
    CHECK_EQ(edo_sleep(edo_ms(9100)), 0);
    CHECK_EQ(took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 11), 500);
    for (int i = 0; i < 50; i++)
        CHECK_EQ(took(&w, (script){ USUAL_MS, 11 }, (script){ 0 }, 11), USUAL_MS);
    CHECK_EQ(took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 11), 500); // the period is not over
    CHECK_EQ(edo_sleep(edo_ms(8100)), 0);
    int ms = took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 12);
    CHECK(ms >= USUAL_MS && ms <= USUAL_MS + 1);
    world_end(&w);
}

EDO_TEST(failures_are_not_learnt_from, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .points_min = 50 });
    for (int i = 0; i < 100; i++) (void)took(&w, (script){ 1, -EIO }, (script){ 0 }, -EIO);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    CHECK_EQ(took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 11), 500);
    world_end(&w);
}

EDO_TEST(a_slow_first_attempt_is_joined_by_a_second_and_cancelled, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9 });
    world_learn(&w);
    int ms = took(&w, (script){ 500, 11 }, (script){ 30, 12 }, 12);
    CHECK(ms >= 50 && ms <= 51);
    CHECK(w.attempts_n == 2 && w.cut_n == 1 && w.may_result == 0);
    CHECK_EQ(took(&w, (script){ 35, 11 }, (script){ 30, 12 }, 11), 35); // the first wins after all
    CHECK(w.attempts_n == 2 && w.cut_n == 1);
    CHECK_EQ(took(&w, (script){ 19, 11 }, (script){ 0, 12 }, 11), 19);
    CHECK_EQ(w.attempts_n, 1);
    world_end(&w);
}

EDO_TEST(a_failed_first_attempt_sends_the_second_at_once, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9 });
    world_learn(&w);
    CHECK_EQ(took(&w, (script){ 5, -EIO }, (script){ 7, 12 }, 12), 12);
    CHECK_EQ(w.may_result, -EIO);
    CHECK_EQ(took(&w, (script){ 5, -EIO }, (script){ 7, -EBUSY }, -EBUSY), 12);
    int ms = took(&w, (script){ 50, -EIO }, (script){ 7, -EBUSY }, -EIO); // the last to fail
    CHECK_EQ(ms, 50);
    CHECK_EQ(took(&w, (script){ 5, -EDO_EMISUSE }, (script){ 7, 12 }, 12), 12); // `may` said so
    world_end(&w);
}

EDO_TEST(no_second_without_a_copy_or_leave, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9 });
    world_learn(&w);
    w.no_copy = true;
    CHECK_EQ(took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 11), 500);
    w.no_copy = false;
    w.may_not = true;
    CHECK_EQ(took(&w, (script){ 500, 11 }, (script){ 0, 12 }, 11), 500);
    CHECK_EQ(took(&w, (script){ 5, -EIO }, (script){ 0, 12 }, -EIO), 5);
    world_end(&w);
}

EDO_TEST(the_budget_bounds_second_attempts, .paused = true) {
    world w = { 0 };
    const edo_retry_budget_opts few = { .retries_min = 1, .ttl = edo_s(2), .no_share = true };
    EDO_TEST_OK(edo_retry_budget_new(&w.budget, &few));
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9, .budget = w.budget });
    edo_retry_budget_unref(w.budget);
    world_learn(&w);
    int hedged = 0;
    for (int i = 0; i < 10; i++) {
        int ms;
        hedged += call_once(&w, (script){ 100, 11 }, (script){ 0, 12 }, 0, &ms) == 12;
    }
    CHECK_EQ(hedged, 2);
    world_end(&w);
}

EDO_TEST(a_concurrent_budget_gets_each_attempt_back, .paused = true) {
    world w = { 0 };
    const edo_retry_budget_opts one = { .kind = EDO_RETRY_BUDGET_CONCURRENT,
                                        .retries_min = 1,
                                        .no_share = true };
    EDO_TEST_OK(edo_retry_budget_new(&w.budget, &one));
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9, .budget = w.budget });
    world_learn(&w);
    for (int i = 0; i < 5; i++) {
        (void)took(&w, (script){ 500, 11 }, (script){ 30, 12 }, 12);
        (void)took(&w, (script){ 40, 11 }, (script){ 30, 12 }, 11);
        (void)took(&w, (script){ 1, -EIO }, (script){ 1, -EIO }, -EIO);
    }
    CHECK(edo_retry_budget_withdraw(w.budget));
    CHECK(!edo_retry_budget_withdraw(w.budget));
    edo_retry_budget_unref(w.budget);
    world_end(&w);
}

/* ---- Counted --------------------------------------------------------------------------------- */

static bool metrics_have(edo_metrics *m, const char *second, int n) {
    edo_buf text = { 0 };
    char line[80];
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    (void)snprintf(line, sizeof line, "edo_hedge_calls_total{hedge=\"shop\",second=\"%s\"} %d\n",
                   second, n);
    bool has = strstr((const char *)text.ptr, line) != NULL;
    edo_buf_deinit(&text);
    return has;
}

EDO_TEST(what_became_of_second_attempts_is_counted, .paused = true) {
    world w = { 0 };
    edo_metrics *m;
    int ms;
    const edo_retry_budget_opts few = { .retries_min = 2, .ttl = edo_s(2), .no_share = true };
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_retry_budget_new(&w.budget, &few));
    world_begin(
        &w, (edo_hedge_opts){ .quantile = 0.9, .budget = w.budget, .name = "shop", .metrics = m });
    edo_retry_budget_unref(w.budget);
    world_learn(&w);
    CHECK_EQ(call_once(&w, (script){ 500, 11 }, (script){ 30, 12 }, 0, &ms), 12);
    CHECK_EQ(call_once(&w, (script){ 35, 11 }, (script){ 30, 12 }, 0, &ms), 11);
    CHECK_EQ(call_once(&w, (script){ 5, -EIO }, (script){ 5, -EIO }, 0, &ms), -EIO);
    CHECK_EQ(call_once(&w, (script){ 500, 11 }, (script){ 500, 12 }, 40, &ms), -ETIMEDOUT);
    CHECK_EQ(call_once(&w, (script){ 35, 11 }, (script){ 0, 12 }, 0, &ms), 11); // nothing is left
    CHECK(metrics_have(m, "won", 1) && metrics_have(m, "lost", 1));
    CHECK(metrics_have(m, "failed", 1) && metrics_have(m, "refused", 1));
    world_end(&w);
    edo_metrics_free(m);
}

/* ---- Cancelled ------------------------------------------------------------------------------- */

EDO_TEST(both_attempts_end_with_a_call_that_is_cut_short_at_any_time, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9 });
    world_learn(&w);
    for (int limit_ms = 1; limit_ms < 60; limit_ms++) {
        int ms;
        CHECK_EQ(call_once(&w, (script){ 500, 11 }, (script){ 500, 12 }, limit_ms, &ms),
                 -ETIMEDOUT);
        CHECK_EQ(ms, limit_ms);
        CHECK_EQ(w.cut_n, w.attempts_n);
        CHECK(limit_ms == USUAL_MS || limit_ms == USUAL_MS + 1 ||
              w.attempts_n == (limit_ms > USUAL_MS ? 2 : 1));
    }
    world_end(&w);
}

/* ---- Against a reference --------------------------------------------------------------------- */

static uint64_t random_state;

static int random_below(int n) {
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* Times never meet: a first attempt ends at 5, 15, …, a second one lasts 10, 20, …, from 20 or 21
 * on or from such an end, and limits are 8, 18, … */
static script random_script(int offset) {
    static const int results[] = { 0, 0, -EIO, -EBUSY };
    int result = results[random_below(4)];
    return (script){ 10 * random_below(8) + offset, result };
}

/* What the call comes to, and when. */
static int expected(script a, script b, int limit_ms, bool may_second, int *ms, bool *second) {
    bool early = a.ms < USUAL_MS, first_ok = a.result >= 0;
    *second = may_second && !(early && first_ok);
    int at = early ? a.ms : USUAL_MS, b_ends = at + b.ms, ends = a.ms, result = a.result;
    if (*second) {
        bool b_ok = b.result >= 0, b_first = b_ends < a.ms;
        bool b_counts = first_ok && b_ok ? b_first : first_ok ? false : b_ok || !b_first;
        ends = b_counts ? b_ends : a.ms;
        result = b_counts ? b.result : a.result;
    }
    if (*second && at > limit_ms) *second = false;
    if (ends > limit_ms) result = -ETIMEDOUT;
    *ms = ends > limit_ms ? limit_ms : ends;
    return result;
}

EDO_TEST(calls_are_as_the_reference, .paused = true) {
    world w = { 0 };
    int hedged = 0;
    random_state = test_seed(11);
    world_begin(&w, (edo_hedge_opts){ .quantile = 0.9 });
    world_learn(&w);
    for (int i = 0; i < 100000; i++) {
        script a = random_script(5), b = random_script(0);
        int limit_ms = random_below(3) ? 1000 : 10 * random_below(9) + 8, ms, expected_ms;
        bool second;
        w.may_not = random_below(4) == 0;
        int result = expected(a, b, limit_ms, !w.may_not, &expected_ms, &second);
        if (a.result >= 0) a.result = 11;
        if (b.result >= 0) b.result = 12;
        int got = call_once(&w, a, b, limit_ms, &ms);
        CHECK_EQ(got < 0 ? got : 0, result);
        CHECK(ms >= expected_ms && ms <= expected_ms + 1);
        CHECK_EQ(w.attempts_n, second ? 2 : 1);
        hedged += second;
    }
    CHECK(hedged > 25000 && hedged < 90000);
    world_end(&w);
}

/* ---- Rules ----------------------------------------------------------------------------------- */

EDO_TEST(it_keeps_the_rules_of_layers, .paused = true) {
    edo_layer layer = edo_hedge_layer(&(edo_hedge_opts){ .response_bytes = 1 });
    CHECK_EQ(edo_test_layer_suite(&layer, NULL), 0);
}

EDO_TEST(bad_options_are_refused, .paused = true) {
    static const edo_hedge_opts bad[] = {
        { .quantile = 0.5 },
        { .response_bytes = 1, .quantile = 1 },
        { .response_bytes = 1, .quantile = -0.5 },
        { .response_bytes = 1, .period = { -1 } },
        { .response_bytes = SIZE_MAX },
        { .response_bytes = 1, .reserved = { 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_service *svc;
        edo_layer layer = edo_hedge_layer(&bad[i]);
        CHECK_EQ(edo_service_from_fn(&svc, answers, NULL, NULL), 0);
        CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), -EINVAL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_sent_before_enough_was_learnt),
        cmocka_unit_test(failures_are_not_learnt_from),
        cmocka_unit_test(a_slow_first_attempt_is_joined_by_a_second_and_cancelled),
        cmocka_unit_test(a_failed_first_attempt_sends_the_second_at_once),
        cmocka_unit_test(no_second_without_a_copy_or_leave),
        cmocka_unit_test(the_budget_bounds_second_attempts),
        cmocka_unit_test(a_concurrent_budget_gets_each_attempt_back),
        cmocka_unit_test(what_became_of_second_attempts_is_counted),
        cmocka_unit_test(both_attempts_end_with_a_call_that_is_cut_short_at_any_time),
        cmocka_unit_test(calls_are_as_the_reference),
        cmocka_unit_test(it_keeps_the_rules_of_layers),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
