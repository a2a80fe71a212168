/* SPDX-License-Identifier: MIT */
/* Goal: timeout, load shed, retry, edo_retry(), reconnect and the keyed limiter do what the rules
 * of their headers say, for any sequence of events. (Concurrency, rate and budgets: layers_test.c,
 * rate_test.c, retry_layer_test.c.)
 * Method: random events under a paused clock; beside each its rules, written again as plainly as
 * they can be: results, numbers of calls and instants must agree. */
#include <edo/layers.h>
#include <edo/reconnect.h>
#include <edo/retry_layer.h>
#include <edo/scope.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>

static uint32_t random_state;

static int random_below(int n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((random_state >> 8) % (uint32_t)n);
}

static void seed(uint64_t own) {
    random_state = (uint32_t)test_seed(own);
}

/* ---- Timeouts in timeouts -------------------------------------------------------------------- */

static int naps(void *arg, void *request, void *response) {
    (void)arg, (void)response;
    int err = edo_sleep(edo_ms(*(int *)request));
    return err < 0 ? err : 7;
}

EDO_TEST(the_earliest_of_nested_timeouts_ends_a_call_that_takes_longer, .paused = true) {
    seed(1);
    for (int run = 0; run < 100; run++) {
        edo_service *svc;
        int nap_ms = 1 + 2 * random_below(30), least_ms = 1000; // odd; limits are even
        CHECK_EQ(edo_service_from_fn(&svc, naps, NULL, NULL), 0);
        for (int i = random_below(4); i > 0; i--) {
            int limit_ms = 2 + 2 * random_below(30);
            edo_layer layer = edo_timeout_layer(edo_ms(limit_ms));
            CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
            if (limit_ms < least_ms) least_ms = limit_ms;
        }
        edo_instant start = edo_now();
        CHECK_EQ(edo_service_oneshot(svc, &nap_ms, NULL), nap_ms < least_ms ? 7 : -ETIMEDOUT);
        CHECK_EQ(ms_since(start), nap_ms < least_ms ? nap_ms : least_ms);
        edo_service_unref(svc);
    }
}

/* ---- Load shed around a limit ---------------------------------------------------------------- */

static int returns_3(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 3;
}

EDO_TEST(a_call_is_shed_if_no_place_was_free_at_its_ready, .paused = true) {
    enum { PLACES = 3, PERMITS = 7 };
    edo_service *svc;
    edo_stack stack;
    edo_permit permits[PERMITS] = { EDO_PERMIT_INIT };
    bool held[PERMITS] = { false }, placed[PERMITS] = { false };
    int free_places = PLACES, shed_n = 0;
    seed(2);
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_load_shed_layer());
    edo_stack_push(&stack, edo_concurrency_layer(PLACES));
    CHECK_EQ(edo_service_from_fn(&svc, returns_3, NULL, NULL), 0);
    CHECK_EQ(edo_stack_build(&svc, &stack, svc), 0);
    edo_stack_deinit(&stack);
    for (int i = 0; i < 2000; i++) {
        int at = random_below(PERMITS);
        if (!held[at]) {
            CHECK_EQ(edo_service_ready(svc, &permits[at]), 0);
            held[at] = true;
            placed[at] = free_places > 0;
            free_places -= placed[at];
            continue;
        }
        int wanted = placed[at] ? 3 : -EDO_EOVERLOADED;
        shed_n += !placed[at];
        if (random_below(3)) {
            CHECK_EQ(edo_service_call(svc, &permits[at], NULL, NULL), wanted);
        } else {
            edo_permit_release(&permits[at]);
        }
        held[at] = false;
        free_places += placed[at];
    }
    CHECK(shed_n > 100);
    for (size_t i = 0; i < PERMITS; i++) edo_permit_release(&permits[i]);
    edo_service_unref(svc);
}

/* ---- Retries --------------------------------------------------------------------------------- */

enum { ATTEMPTS_MAX = 6, PAUSE_MS = 10, TOLD_MS = 30 };

/* One call: what its attempts return, and what limits them. */
typedef struct script {
    int codes[ATTEMPTS_MAX]; /* 0; -EIO; -EBUSY: after TOLD_MS; -EACCES: no retry; -ECANCELED */
    int attempts, deadline_ms, copies;
    int calls, clones, drops; /* what happened */
} script;

static script random_script(void) {
    static const int codes[] = { 0, -EIO, -EIO, -EIO, -EBUSY, -EACCES, -EIO, -ECANCELED };
    script s = { .attempts = 1 + random_below(ATTEMPTS_MAX),
                 .deadline_ms = random_below(2) ? 5 + 10 * random_below(12) : 0,
                 .copies = random_below(3) ? ATTEMPTS_MAX : random_below(ATTEMPTS_MAX) };
    for (size_t i = 0; i < ATTEMPTS_MAX; i++) s.codes[i] = codes[random_below(8)];
    return s;
}

/* gRPC's throttle, in thousandths. */
typedef struct tokens {
    int left, most;
} tokens;

typedef struct outcome {
    int calls, result, took_ms;
} outcome;

static bool is_retryable(int code) {
    return code == -EIO || code == -EBUSY;
}

/* What a budget learns of an attempt; `may` : another one was possible. */
static void note(tokens *t, int code, bool may) {
    if (!t) return;
    bool is_worth_one = may ? is_retryable(code) : code < 0 && code != -ECANCELED;
    if (code == 0) t->left = t->left + 100 > t->most ? t->most : t->left + 100;
    if (is_worth_one) t->left = t->left < 1000 ? 0 : t->left - 1000;
}

/* The rules of edo/retry_layer.h and edo/retry.h. */
static outcome rules_of_retries(const script *s, tokens *t) {
    outcome o = { 0 };
    for (;;) {
        int code = s->codes[o.calls++];
        bool may = o.calls < s->attempts && o.calls <= s->copies;
        int pause_ms = code == -EBUSY ? TOLD_MS : PAUSE_MS;
        o.result = code;
        note(t, code, may);
        if (!may || !is_retryable(code)) return o;
        if (s->deadline_ms > 0 && o.took_ms + pause_ms >= s->deadline_ms) return o;
        if (t && t->left <= t->most / 2) return o;
        o.took_ms += pause_ms;
    }
}

static int follows_script(void *arg, void *request, void *response) {
    script *s = arg;
    (void)request, (void)response;
    return s->codes[s->calls++];
}

static int clones(void *ctx, void **copy, const void *request) {
    script *s = ctx;
    (void)request;
    if (s->clones < s->copies) *copy = &s->codes[s->clones++];
    return 0;
}

static void drops(void *ctx, void *copy) {
    (void)copy;
    ((script *)ctx)->drops++;
}

static bool decides(void *ctx, edo_retry_attempt *a) {
    (void)ctx;
    if (a->result == -EBUSY) a->pause = edo_ms(TOLD_MS);
    return is_retryable(a->result);
}

static const edo_backoff_opts tens = { .kind = EDO_BACKOFF_FIXED, .pause_min = EDO_MS(PAUSE_MS) };

static void compare(const script *s, const outcome *wanted, int result, edo_instant start) {
    if (result == wanted->result && s->calls == wanted->calls &&
        ms_since(start) == wanted->took_ms && s->drops == s->clones)
        return;
    edo_test_fail("result %d, not %d; %d calls, not %d; %d ms, not %d; %d of %d copies dropped",
                  result, wanted->result, s->calls, wanted->calls, (int)ms_since(start),
                  wanted->took_ms, s->drops, s->clones);
}

static int call_through_layer(script *s, edo_retry_budget *budget) {
    static const edo_retry_policy_ops ops = { .clone = clones, .drop = drops, .decide = decides };
    edo_service *svc;
    const edo_layer layer =
        edo_retry_layer(&(edo_retry_layer_opts){ .policy = &ops,
                                                 .ctx = s,
                                                 .budget = budget,
                                                 .attempts = (uint32_t)s->attempts,
                                                 .backoff = tens });
    CHECK_EQ(edo_service_from_fn(&svc, follows_script, s, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    int result = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    return result;
}

EDO_TEST(a_retry_layer_makes_the_attempts_that_its_rules_say, .paused = true) {
    edo_retry_budget *budget;
    tokens t = { 10000, 10000 };
    const edo_retry_budget_opts opts = { .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 10 };
    CHECK_EQ(edo_retry_budget_new(&budget, &opts), 0);
    seed(3);
    for (int run = 0; run < 500; run++) {
        script s = random_script();
        bool has_budget = random_below(2);
        outcome wanted = rules_of_retries(&s, has_budget ? &t : NULL);
        edo_instant start = edo_now();
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(s.deadline_ms ? s.deadline_ms : 100000));
        int result = call_through_layer(&s, has_budget ? budget : NULL);
        CHECK_EQ(edo_deadline_end(&d, result), result);
        compare(&s, &wanted, result, start);
    }
    edo_retry_budget_unref(budget);
}

static int attempt(void *arg) {
    return follows_script(arg, NULL, NULL);
}

static bool retry_if(void *arg, int err, edo_duration *pause) {
    (void)arg;
    if (err == -EBUSY) *pause = edo_ms(TOLD_MS);
    return is_retryable(err);
}

EDO_TEST(a_retried_function_is_called_as_often_as_its_rules_say, .paused = true) {
    seed(4);
    for (int run = 0; run < 500; run++) {
        script s = random_script();
        s.copies = ATTEMPTS_MAX;
        outcome wanted = rules_of_retries(&s, NULL);
        edo_instant start = edo_now();
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(s.deadline_ms ? s.deadline_ms : 100000));
        int result = edo_retry(
            attempt, &s,
            &(edo_retry_opts){ .attempts = s.attempts, .backoff = tens, .retry_if = retry_if });
        CHECK_EQ(edo_deadline_end(&d, result), result);
        compare(&s, &wanted, result, start);
    }
}

/* ---- Reconnect ------------------------------------------------------------------------------- */

enum { CONNECT_MS = 5, BACKOFF_MS = 100 };

static struct {
    bool is_down, is_broken;
    int made;
} target;

static int connection_ready(edo_service *base, edo_permit *permit) {
    (void)base, (void)permit;
    return target.is_broken ? -ECONNRESET : 0;
}

static int connection_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    (void)base, (void)permit, (void)request, (void)response;
    return target.made;
}

static int connects(void *arg, edo_service **svc, const void *where) {
    static const edo_service_ops ops = { .name = "connection",
                                         .ready = connection_ready,
                                         .call = connection_call };
    (void)arg, (void)where;
    int err = edo_sleep(edo_ms(CONNECT_MS));
    if (err == 0 && target.is_down) err = -ECONNREFUSED;
    if (err < 0) return err;
    target.made++;
    target.is_broken = false;
    return edo_service_new(svc, sizeof(edo_service), &ops, NULL);
}

/* The table of edo/reconnect.h, for one caller. */
typedef struct link_rules {
    bool is_connected;
    int failed_in_a_row, made;
} link_rules;

static outcome rules_of_reconnect(link_rules *r) {
    outcome o = { 0 };
    if (r->is_connected && target.is_broken) r->is_connected = false; // silently
    if (!r->is_connected) {
        o.took_ms = CONNECT_MS + (r->failed_in_a_row > 0 ? BACKOFF_MS : 0);
        if (target.is_down) {
            r->failed_in_a_row++;
            o.result = -ECONNREFUSED;
            return o;
        }
        r->is_connected = true;
        r->made++;
    }
    r->failed_in_a_row = 0;
    o.result = r->made;
    return o;
}

EDO_TEST(a_reconnecting_service_connects_when_its_table_says, .paused = true) {
    edo_service *svc;
    link_rules r = { 0 };
    int refused = 0;
    seed(5);
    target.is_down = target.is_broken = false;
    target.made = 0;
    const edo_reconnect_opts opts = { .backoff = { .kind = EDO_BACKOFF_FIXED,
                                                   .pause_min = EDO_MS(BACKOFF_MS) } };
    CHECK_EQ(edo_reconnect_new(&svc, connects, NULL, NULL, &opts), 0);
    for (int i = 0; i < 500; i++) {
        target.is_down = random_below(3) == 0;
        if (random_below(2)) target.is_broken = true;
        edo_instant start = edo_now();
        outcome wanted = rules_of_reconnect(&r);
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), wanted.result);
        CHECK_EQ(ms_since(start), wanted.took_ms);
        refused += wanted.result < 0;
        EDO_TEST_OK(edo_sleep(edo_ms(random_below(300))));
    }
    CHECK(refused > 50 && r.made > 50);
    edo_service_unref(svc);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

EDO_TEST(each_key_has_a_theoretical_arrival_time_of_its_own, .paused = true) {
    enum { KEYS = 12, INTERVAL_MS = 10, BURST = 3 };
    int64_t tat_ns[KEYS] = { 0 };
    edo_keyed_limiter *keyed;
    int refused = 0;
    seed(6);
    const edo_limiter_opts limit = { .num = 1, .per = edo_ms(INTERVAL_MS), .burst = BURST };
    const int64_t interval_ns = edo_ms(INTERVAL_MS).ns;
    CHECK_EQ(edo_keyed_limiter_new(&keyed, &(edo_keyed_limiter_opts){ .limit = limit }), 0);
    for (int i = 0; i < 5000; i++) {
        int which = random_below(KEYS), n = random_below(BURST + 1);
        char key = (char)('a' + which);
        int64_t now_ns = edo_now().ns, *tat = &tat_ns[which];
        edo_instant next = { 0 };
        int64_t turn_ns = *tat + n * interval_ns - BURST * interval_ns;
        bool passes = n == 0 || turn_ns <= now_ns;
        CHECK_EQ(edo_keyed_limiter_check(keyed, &next, (edo_str){ &key, 1 }, (uint64_t)n),
                 passes ? 0 : -EDO_ERATELIMITED);
        if (!passes) CHECK_EQ(next.ns, turn_ns);
        if (passes && n > 0) *tat = (*tat > now_ns ? *tat : now_ns) + n * interval_ns;
        refused += !passes;
        if (random_below(4) == 0) EDO_TEST_OK(edo_time_advance(edo_us(random_below(40000))));
        if (random_below(200) == 0) (void)edo_keyed_limiter_retain_recent(keyed);
    }
    CHECK(refused > 100);
    edo_keyed_limiter_free(keyed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_of_nested_timeouts_ends_a_call_that_takes_longer),
        cmocka_unit_test(a_call_is_shed_if_no_place_was_free_at_its_ready),
        cmocka_unit_test(a_retry_layer_makes_the_attempts_that_its_rules_say),
        cmocka_unit_test(a_retried_function_is_called_as_often_as_its_rules_say),
        cmocka_unit_test(a_reconnecting_service_connects_when_its_table_says),
        cmocka_unit_test(each_key_has_a_theoretical_arrival_time_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
