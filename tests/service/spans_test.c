/* SPDX-License-Identifier: MIT */
/* Goal: what a call goes through is told where it is wanted: each attempt of retries and hedges is
 * a span, a breaker says when it changes and on whose calls it refuses, a cache what became of a
 * question.
 * Method: services that fail as told, under a paused clock; a receiver writes down what ends. */
#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/hedge_layer.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/span.h>

#include "inside.h"
#include "span_ends.h"

#include <errno.h>

static int fails_n, calls_n;
static edo_duration first_takes;

static int serve(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    int n = ++calls_n;
    int err = n == 1 ? edo_sleep(first_takes) : 0;
    return err < 0 ? err : n <= fails_n ? -EIO : 0;
}

static edo_service *layered(edo_layer layer) {
    edo_service *svc;
    edo_stack stack;
    fails_n = calls_n = 0;
    first_takes = edo_ns(0);
    EDO_TEST_OK(edo_service_from_fn(&svc, serve, NULL, NULL));
    edo_stack_init(&stack);
    edo_stack_push(&stack, layer);
    EDO_TEST_OK(edo_stack_build(&svc, &stack, svc));
    edo_stack_deinit(&stack);
    return svc;
}

static int call(edo_service *svc) {
    int request = 0, response = 0;
    edo_span_block b;
    edo_span_begin(&b, edo_span_new(EDO_LEVEL_INFO, "test", NULL, (EDO_KV("a", 1)), "outer"));
    return edo_span_end(&b, edo_service_oneshot(svc, &request, &response));
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static int retries(void *arg) {
    static const edo_retry_policy_ops policy = { .clone = NULL };
    (void)arg;
    edo_receiver *r = span_ends_begin("retry=debug,test=info");
    for (int with_policy = 0; with_policy < 2; with_policy++) {
        edo_service *svc = layered(
            edo_retry_layer(&(edo_retry_layer_opts){ .policy = with_policy ? &policy : NULL }));
        fails_n = 2;
        span_ends_clear();
        CHECK_EQ(call(svc), 0);
        CHECK(strcmp(span_ends, "try in outer: try=1 -> -5;try in outer: try=2 -> -5;"
                                "try in outer: try=3 -> 0;outer in none: a=1 -> 0;") == 0);
        edo_service_unref(svc);
    }
    edo_log_remove(r);
    r = span_ends_begin("test=info");
    edo_service *svc = layered(edo_retry_layer(NULL));
    CHECK_EQ(call(svc), 0);
    CHECK(strcmp(span_ends, "outer in none: a=1 -> 0;") == 0);
    edo_service_unref(svc);
    edo_log_remove(r);
    return 0;
}

static void each_attempt_of_a_retry_is_a_span(void **state) {
    (void)state;
    assert_int_equal(inside(retries, NULL), 0);
}

static int hedges(void *arg) {
    (void)arg;
    edo_receiver *r = span_ends_begin("hedge=debug,test=info");
    edo_service *svc = layered(edo_hedge_layer(
        &(edo_hedge_opts){ .response_bytes = sizeof(int), .points_min = 1, .period = edo_s(1) }));
    for (int i = 0; i < 8; i++) CHECK_EQ(call(svc), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // now it knows
    calls_n = 0;
    first_takes = edo_s(5);
    span_ends_clear();
    CHECK_EQ(call(svc), 0);
    CHECK(span_ended("try in outer: try=2 -> 0;try in outer: try=1 -> -125;outer in none:"));
    edo_service_unref(svc);
    edo_log_remove(r);
    return 0;
}

static void each_attempt_of_a_hedge_is_a_span(void **state) {
    (void)state;
    assert_int_equal(inside(hedges, NULL), 0);
}

/* ---- A breaker ------------------------------------------------------------------------------- */

static int breaks(void *arg) {
    edo_breaker *b;
    (void)arg;
    edo_receiver *r = span_ends_begin("breaker=info,test=info");
    EDO_TEST_OK(edo_breaker_new(&b, &(edo_breaker_opts){ .name = "shop",
                                                         .window_calls = 2,
                                                         .calls_min = 2,
                                                         .trials = 1,
                                                         .open_for = edo_s(1) }));
    edo_service *svc = layered(edo_breaker_layer(b));
    fails_n = 2;
    CHECK_EQ(call(svc), -EIO);
    CHECK_EQ(call(svc), -EIO);
    CHECK(span_ended("a circuit has changed in outer: breaker=shop from=closed to=open;"));
    span_ends_clear();
    CHECK_EQ(call(svc), -EDO_ECIRCUITOPEN);
    CHECK(span_ended("outer in none: a=1 breaker.refused=shop -> "));
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(call(svc), 0);
    CHECK(span_ended("breaker=shop from=open to=half_open;"));
    CHECK(span_ended("breaker=shop from=half_open to=closed;"));
    edo_service_unref(svc);
    edo_breaker_unref(b);
    edo_log_remove(r);
    return 0;
}

static void breaker_says_when_it_changes_and_whom_it_refuses(void **state) {
    (void)state;
    assert_int_equal(inside(breaks, NULL), 0);
}

/* ---- A cache --------------------------------------------------------------------------------- */

static int load(void **value, edo_str key, void *arg) {
    (void)key, (void)arg;
    int err = edo_sleep(edo_ms(10));
    *value = err < 0 ? NULL : edo_rc_new(1, NULL);
    return err;
}

static int asks(void *arg) {
    void *value;
    int err = edo_cache_get_or_load(arg, &value, EDO_STR("a"), load, NULL);
    if (err >= 0) edo_rc_unref(value);
    return err < 0 ? err : 0;
}

static int caches(void *arg) {
    edo_cache *c;
    edo_scope scope;
    void *value;
    (void)arg;
    edo_receiver *r = span_ends_begin("cache=debug");
    EDO_TEST_OK(edo_cache_new(&c, &(edo_cache_opts){ .name = "shop", .ttl = edo_s(60) }));
    CHECK_EQ(edo_cache_get(c, &value, EDO_STR("a")), -ENOENT);
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 2; i++) edo_scope_spawn(&scope, asks, c);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(asks(c), 0);
#define ASKED(result) "asked in none: cache=shop result=" result ";"
    CHECK(strcmp(span_ends, ASKED("miss") ASKED("miss") ASKED("waited") ASKED("hit")) == 0);
    edo_cache_unref(c);
    edo_log_remove(r);
    return 0;
}

static void cache_tells_what_became_of_a_question(void **state) {
    (void)state;
    assert_int_equal(inside(caches, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attempt_of_a_retry_is_a_span),
        cmocka_unit_test(each_attempt_of_a_hedge_is_a_span),
        cmocka_unit_test(breaker_says_when_it_changes_and_whom_it_refuses),
        cmocka_unit_test(cache_tells_what_became_of_a_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
