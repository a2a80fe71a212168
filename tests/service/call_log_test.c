/* SPDX-License-Identifier: MIT */
/* Goal: the log has a line of each call that has failed, and of the others where it is wanted, with
 * the fields that the program says; a function may be told instead.
 * Method: a service that fails as told; a receiver writes down what is said. */
#include <edo/layers.h>
#include <edo/log.h>

#include "fail_alloc.h"
#include "inside.h"
#include "span_ends.h"

#include <errno.h>

static int serve(void *arg, void *request, void *response) {
    (void)arg, (void)response;
    return *(const int *)request;
}

static size_t fields(void *arg, const void *request, const void *response, int result, edo_kv *to,
                     size_t most) {
    (void)arg, (void)response, (void)result;
    CHECK(most >= 1);
    to[0] = EDO_KV("asked", *(const int *)request);
    return 1;
}

static edo_call_outcome outcome(void *arg, const void *request, const void *response, int result) {
    (void)arg, (void)request, (void)response;
    return result == 7 ? EDO_CALL_FAILED : edo_outcome_of(result);
}

static int calls(const edo_call_log_opts *opts, int result) {
    edo_service *svc;
    edo_stack stack;
    int request = result, response = 0;
    EDO_TEST_OK(edo_service_from_fn(&svc, serve, NULL, NULL));
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_call_log_layer(opts));
    EDO_TEST_OK(edo_stack_build(&svc, &stack, svc));
    edo_stack_deinit(&stack);
    span_ends_clear();
    int got = edo_service_oneshot(svc, &request, &response);
    edo_service_unref(svc);
    return got;
}

static int logs(void *arg) {
    const edo_call_log_opts o = { .name = "shop", .fields = fields, .outcome = outcome };
    (void)arg;
    edo_receiver *r = span_ends_begin("call=warn");
    CHECK_EQ(calls(&o, -EIO), -EIO);
    CHECK(span_ended("call failed in none: service=shop asked=-5 error=EIO took_ms="));
    CHECK_EQ(calls(&o, 7), 7);
    CHECK(span_ended("call failed in none: service=shop asked=7 took_ms="));
    CHECK_EQ(calls(&o, 0), 0);
    CHECK_EQ(calls(&o, -EINVAL), -EINVAL); // the caller's own doing
    CHECK(span_ends[0] == 0);
    edo_log_remove(r);
    r = span_ends_begin("call=debug");
    CHECK_EQ(calls(&o, 0), 0);
    CHECK(span_ended("call in none: service=shop asked=0 took_ms="));
    CHECK_EQ(calls(NULL, -EIO), -EIO);
    CHECK(span_ended("call failed in none: error=EIO took_ms="));
    edo_log_remove(r);
    return 0;
}

static void log_has_the_calls_that_have_failed(void **state) {
    (void)state;
    assert_int_equal(inside(logs, NULL), 0);
}

static void note_end(void *arg, const void *request, const void *response, int result,
                     edo_call_outcome how, edo_duration took) {
    CHECK(request && response && took.ns >= 0 && how == EDO_CALL_FAILED);
    *(int *)arg = result;
}

static int tells(void *arg) {
    int told = 0;
    (void)arg;
    edo_receiver *r = span_ends_begin("call=debug");
    CHECK_EQ(calls(&(edo_call_log_opts){ .on_end = note_end, .arg = &told }, -EIO), -EIO);
    CHECK(told == -EIO && span_ends[0] == 0);
    edo_log_remove(r);
    return 0;
}

static void function_is_told_instead(void **state) {
    (void)state;
    assert_int_equal(inside(tells, NULL), 0);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    edo_service *svc;
    edo_stack stack;
    for (int i = 0; i < 2; i++) {
        const edo_call_log_opts o = { .reserved = { i == 0 } };
        EDO_TEST_OK(edo_service_from_fn(&svc, serve, NULL, NULL));
        edo_stack_init(&stack);
        edo_stack_push(&stack, edo_call_log_layer(&o));
        fail_alloc_in = i;
        assert_int_equal(edo_stack_build(&svc, &stack, svc), i == 0 ? -EINVAL : -ENOMEM);
        fail_alloc_in = 0;
        edo_stack_deinit(&stack);
        edo_trail_clear();
    }
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_has_the_calls_that_have_failed),
        cmocka_unit_test(function_is_told_instead),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
