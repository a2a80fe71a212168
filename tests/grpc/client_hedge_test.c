/* SPDX-License-Identifier: MIT */
/* Goal: by hedgingPolicy attempts of a unary call go side by side, each some time behind the former
 * one or as soon as that has failed; the first that has something is the call, and the others are
 * cancelled. A status that is fatal, the server and the throttle end them; streams have one.
 * Method: edo's own server over memory with a clock that jumps; what a call finds there is told by
 * its number. */
#include "fail_alloc.h"
#include "grpc_site.h"

#include <edo/grpc_layers.h>
#include <edo/layers.h>
#include <edo/metrics.h>

static int calls_n;             /* that have come */
static int cut_n;               /* of them that were cancelled */
static int previous;            /* grpc-previous-rpc-attempts of the last one; -1: none */
static int64_t came_ms[8];      /* when each has come */
static edo_instant begun;       /* of the test's call */
static edo_duration takes[8];   /* how long each takes */
static edo_grpc_status ends[8]; /* how each ends */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_str n = edo_headers_get_named(&edo_grpc_request(call)->headers,
                                            EDO_STR("grpc-previous-rpc-attempts"));
    const int i = calls_n++ % (int)EDO_COUNT(takes);
    (void)in;
    previous = n.ptr ? n.ptr[0] - '0' : -1;
    came_ms[i] = edo_instant_since(edo_now(), begun).ns / 1000000;
    int err = edo_sleep(takes[i]);
    cut_n += err == -ECANCELED;
    if (err < 0) return err;
    if (ends[i] != EDO_GRPC_OK) return edo_grpc_fail(call, ends[i], "attempt %d", i + 1);
    out->text = edo_arena_print(edo_grpc_arena(call), "attempt %d", i + 1);
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    (void)in;
    calls_n++;
    int err = edo_sleep(edo_s(5));
    return err < 0 ? err
                   : hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = EDO_STR("1") });
}

static const char *pushback;

/* Fails at once with the pause that is asked for, but the second time. */
static int pushes_back(edo_web *w) {
    edo_response *res = edo_web_response(w);
    edo_stream *out = NULL;
    const bool is_good = calls_n++ > 0;
    int err = edo_response_data(res, EDO_STATUS_OK, EDO_STR("application/grpc"), EDO_STR(""));
    if (is_good) {
        if (err == 0) err = edo_response_stream(res, &out, -1);
        if (err == 0) err = edo_write_all(out, "\0\0\0\0\0", 5);
        return err < 0 ? err
                       : edo_headers_append_named(edo_response_trailers(res),
                                                  EDO_STR("grpc-status"), EDO_STR("0"));
    }
    if (err == 0)
        err = edo_headers_append_named(&res->headers, EDO_STR("grpc-status"), EDO_STR("14"));
    const edo_str name = EDO_STR("grpc-retry-pushback-ms");
    return err < 0 ? err : edo_headers_append_named(&res->headers, name, edo_str_of(pushback));
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count };

#define HEDGING(delay)                                                                             \
    "\"hedgingPolicy\": { \"maxAttempts\": 3, \"hedgingDelay\": \"" delay "\","                    \
    " \"nonFatalStatusCodes\": [ \"UNAVAILABLE\", \"ABORTED\" ] }"
#define CONFIG(policy)                                                                             \
    "{ \"methodConfig\": [ { \"name\": [ { \"service\": \"hello.v1.Greeter\" },"                   \
    " { \"service\": \"odd\" } ], " policy " } ]"

static void anew(void) {
    calls_n = cut_n = 0;
    memset(takes, 0, sizeof takes);
    memset(ends, 0, sizeof ends);
}

static void begin(grpc_site *t, const char *config) {
    anew();
    t->opts.service_config = edo_str_of(config);
    grpc_site_begin(t, &greeter, pushes_back);
}

/* Makes a call. Returns how many ms it has taken. */
static int64_t asks(grpc_site *t, edo_grpc_status status, const char *text, edo_duration timeout) {
    asked a = { .name = "Ann", .opts = { .timeout = timeout } };
    begun = edo_now();
    CHECK_EQ(greet_of(t, &a), edo_grpc_error_of(status));
    CHECK(a.call && edo_grpc_get_status(a.call) == status);
    const edo_str said = status == EDO_GRPC_OK ? a.reply.text : edo_grpc_get_message(a.call);
    if (text) CHECK(edo_str_equal(said, edo_str_of(text)));
    asked_deinit(&a);
    const int64_t ms = edo_instant_since(edo_now(), begun).ns / 1000000;
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // the server hears of those that were cancelled
    return ms;
}

static int hedges(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 1", edo_s(0)), 0);
    CHECK(calls_n == 1 && previous == -1);
    anew();
    takes[0] = edo_s(5);
    takes[1] = edo_ms(100);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 2", edo_s(0)), 600);
    CHECK(calls_n == 2 && previous == 1 && cut_n == 1 && came_ms[1] == 500);
    anew(); // the first may win, too
    takes[0] = edo_ms(1200);
    takes[1] = takes[2] = edo_s(5);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 1", edo_s(0)), 1200);
    CHECK(calls_n == 3 && previous == 2 && cut_n == 2 && came_ms[2] == 1000);
    return grpc_site_end(t);
}

static void attempt_that_is_slow_gets_another_one_beside_it(void **state) {
    (void)state;
    in_memory(hedges);
}

static int goes_on(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    takes[0] = edo_ms(100);
    ends[0] = EDO_GRPC_UNAVAILABLE;
    takes[1] = edo_s(5);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 3", edo_s(0)), 600);
    CHECK(came_ms[1] == 100 && came_ms[2] == 600 && cut_n == 1); // at once, then by the delay
    anew();
    ends[0] = ends[1] = EDO_GRPC_UNAVAILABLE;
    ends[2] = EDO_GRPC_ABORTED;
    CHECK_EQ(asks(t, EDO_GRPC_ABORTED, "attempt 3", edo_s(0)), 0);
    CHECK_EQ(calls_n, 3);
    anew();
    takes[0] = edo_s(5);
    ends[1] = EDO_GRPC_NOT_FOUND; // nobody needs to ask again
    CHECK_EQ(asks(t, EDO_GRPC_NOT_FOUND, "attempt 2", edo_s(0)), 500);
    CHECK(calls_n == 2 && cut_n == 1);
    CHECK(trail_has(-ENOENT, "/hello.v1.Greeter/Greet: attempt 2: NOT_FOUND (-ENOENT)"));
    return grpc_site_end(t);
}

static void status_sends_the_next_one_or_ends_them_all(void **state) {
    (void)state;
    in_memory(goes_on);
}

static int all_at_once(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG("\"hedgingPolicy\": { \"maxAttempts\": 9 }") "}"); // five are the most
    for (int i = 0; i < 5; i++) takes[i] = edo_ms(i == 3 ? 10 : 100);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 4", edo_s(0)), 10);
    CHECK(calls_n == 5 && cut_n == 4);
    return grpc_site_end(t);
}

static void attempts_without_a_delay_are_made_at_once(void **state) {
    (void)state;
    in_memory(all_at_once);
}

static int is_pushed_back(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    asked a = { .name = "Ann", .path = "/odd/push" };
    pushback = "7000";
    begun = edo_now();
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(calls_n == 2 && edo_instant_since(edo_now(), begun).ns == edo_s(7).ns);
    asked_deinit(&a);
    asked b = { .name = "Ann", .path = "/odd/push" };
    calls_n = 0;
    pushback = "-1";
    CHECK_EQ(greet_of(t, &b), -EAGAIN);
    CHECK_EQ(calls_n, 1);
    asked_deinit(&b);
    return grpc_site_end(t);
}

static void server_says_when_the_next_one_comes_or_that_none_does(void **state) {
    (void)state;
    in_memory(is_pushed_back);
}

static int is_throttled(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING(
                 "0.5s")) ", \"retryThrottling\": { \"maxTokens\": 4, \"tokenRatio\": 1 } }");
    for (int i = 0; i < 3; i++) ends[i] = EDO_GRPC_UNAVAILABLE;
    CHECK_EQ(asks(t, EDO_GRPC_UNAVAILABLE, "attempt 2", edo_s(0)), 0);
    CHECK_EQ(calls_n, 2); // half of the tokens are gone
    anew();
    takes[0] = edo_s(2); // so none comes to help
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 1", edo_s(0)), 2000);
    CHECK_EQ(calls_n, 1);
    anew(); // a success has brought one back
    takes[0] = edo_s(2);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 2", edo_s(0)), 500);
    CHECK_EQ(calls_n, 2);
    return grpc_site_end(t);
}

static void many_failures_stop_the_hedges(void **state) {
    (void)state;
    in_memory(is_throttled);
}

static int has_a_time(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    for (int i = 0; i < 3; i++) takes[i] = edo_s(60);
    const int64_t ms = asks(t, EDO_GRPC_DEADLINE_EXCEEDED, NULL, edo_ms(700));
    CHECK(ms >= 700 && ms <= 701);
    CHECK(calls_n == 2 && cut_n == 2);
    return grpc_site_end(t);
}

static void all_attempts_have_the_time_of_the_call(void **state) {
    (void)state;
    in_memory(has_a_time);
}

static int asks_for_ever(void *arg) {
    asked a = { .name = "Ann" };
    int err = greet_of(arg, &a);
    CHECK(err != -ECANCELED || (a.call && edo_grpc_get_status(a.call) == EDO_GRPC_CANCELLED));
    asked_deinit(&a);
    return err;
}

static int is_cancelled(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    for (int i = 0; i < 3; i++) takes[i] = edo_s(60);
    edo_task *task = edo_spawn(asks_for_ever, t);
    CHECK_EQ(edo_sleep(edo_ms(700)), 0);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ECANCELED);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(calls_n == 2 && cut_n == 2);
    return grpc_site_end(t);
}

static void cancellation_ends_all_attempts(void **state) {
    (void)state;
    in_memory(is_cancelled);
}

static char large[300 << 10];

static int has_one(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    edo_grpc_call_free(call);
    CHECK_EQ(calls_n, 1);
    anew();
    takes[0] = edo_s(5);
    edo_arena arena = { 0 };
    CHECK_EQ(hello_v1_greeter_greet(t->ch, &reply,
                                    &(hello_v1_person){ .name = { large, sizeof large } }, &arena,
                                    NULL),
             0);
    CHECK_EQ(calls_n, 1);
    edo_arena_deinit(&arena);
    return grpc_site_end(t);
}

static void streams_and_long_messages_are_not_hedged(void **state) {
    (void)state;
    in_memory(has_one);
}

static int is_inside_layers(void *arg) {
    grpc_site *t = arg;
    edo_stack stack;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_concurrency_layer(1)); // one call, whatever its attempts
    t->opts.layers = &stack;
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    takes[0] = edo_s(5);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 2", edo_s(0)), 500);
    edo_stack_deinit(&stack);
    return grpc_site_end(t);
}

static void hedges_are_inside_of_layers(void **state) {
    (void)state;
    in_memory(is_inside_layers);
}

static int is_counted(void *arg) {
    grpc_site *t = arg;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_metrics_new(&t->opts.metrics, NULL));
    begin(t, CONFIG(HEDGING("0.5s")) "}");
    takes[0] = edo_s(5);
    CHECK_EQ(asks(t, EDO_GRPC_OK, "attempt 2", edo_s(0)), 500);
    CHECK_EQ(edo_metrics_print(t->opts.metrics, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    const char *counted = strstr(text.ptr, "rpc_client_call_duration_seconds_count{");
    CHECK(counted && !strstr(counted + 1, "rpc_client_call_duration_seconds_count{"));
    const char *sum = strstr(text.ptr, "rpc_client_call_duration_seconds_sum{");
    CHECK(sum && strstr(sum, "} 0.5\n") == strchr(sum, '}'));
    edo_buf_deinit(&text);
    CHECK_EQ(grpc_site_end(t), 0);
    edo_metrics_free(t->opts.metrics);
    return 0;
}

static void call_is_counted_once_from_its_begin(void **state) {
    (void)state;
    in_memory(is_counted);
}

/* The server has no memory either: so a call may end with any status, but not without a reason. */
static int fails_at_each(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG("\"hedgingPolicy\": { \"maxAttempts\": 2 }") "}");
    (void)asks(t, EDO_GRPC_OK, NULL, edo_s(0));
    int good_n = 0;
    for (int k = 1, is_fired = 1; is_fired; k++) {
        asked a = { .name = "Ann", .opts = { .wait_for_ready = true, .timeout = edo_minutes(5) } };
        fail_alloc_in = k;
        int err = greet_of(t, &a);
        is_fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == 0 || is_fired);
        good_n += err == 0;
        asked_deinit(&a);
    }
    CHECK(good_n > 3); // one attempt goes on without the other
    (void)asks(t, EDO_GRPC_OK, NULL, edo_s(0));
    edo_grpc_channel_unref(t->ch);
    int ended = serve_end(&t->s); // of a connection that had no memory
    CHECK(ended == 0 || ended == -ENOMEM);
    edo_router_free(t->s.arg);
    return 0;
}

static void attempt_without_memory_leaves_the_other_one(void **state) {
    (void)state;
    in_memory(fails_at_each);
}

static void configs_are_checked(void **state) {
    static const char *const bad[] = {
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"hedgingPolicy\": { \"maxAttempts\": 1 } } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"hedgingPolicy\": { } } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"hedgingPolicy\": { \"maxAttempts\": 2,"
        " \"hedgingDelay\": \"soon\" } } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"hedgingPolicy\": { \"maxAttempts\": 2,"
        " \"nonFatalStatusCodes\": [ \"ODD\" ] } } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"hedgingPolicy\": { \"maxAttempts\": 2 },"
        " \"retryPolicy\": { \"maxAttempts\": 2, \"initialBackoff\": \"1s\","
        " \"maxBackoff\": \"1s\", \"backoffMultiplier\": 1,"
        " \"retryableStatusCodes\": [ \"UNAVAILABLE\" ] } } ] }"
    };
    edo_grpc_channel *ch;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        const edo_grpc_channel_opts opts = { .service_config = edo_str_of(bad[i]) };
        assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &opts), -EINVAL);
    }
    edo_trail_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempt_that_is_slow_gets_another_one_beside_it),
        cmocka_unit_test(status_sends_the_next_one_or_ends_them_all),
        cmocka_unit_test(attempts_without_a_delay_are_made_at_once),
        cmocka_unit_test(server_says_when_the_next_one_comes_or_that_none_does),
        cmocka_unit_test(many_failures_stop_the_hedges),
        cmocka_unit_test(all_attempts_have_the_time_of_the_call),
        cmocka_unit_test(cancellation_ends_all_attempts),
        cmocka_unit_test(streams_and_long_messages_are_not_hedged),
        cmocka_unit_test(hedges_are_inside_of_layers),
        cmocka_unit_test(call_is_counted_once_from_its_begin),
        cmocka_unit_test(attempt_without_memory_leaves_the_other_one),
        cmocka_unit_test(configs_are_checked),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
