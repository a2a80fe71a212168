/* SPDX-License-Identifier: MIT */
/* Goal: layers around a channel see each call as those around a client of HTTP do: a breaker opens
 * by what the service cannot do and by nothing else, a hedge and a retry make calls of their own,
 * equal calls are one, and a layer adds metadata or responds by itself. What a call has come to
 * reaches the program as without layers, and nothing is left behind.
 * Method: edo's own server over memory with a clock that jumps; its handler does what the name
 * says, and counts. */
#include "fail_alloc.h"
#include "grpc_site.h"

#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/fallback.h>
#include <edo/grpc_layers.h>
#include <edo/hedge_layer.h>
#include <edo/http_client.h>
#include <edo/http_coalesce.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/test_web.h>
#include <edo/web_layers.h>

static int calls_n; /* that have come to the server */
static int fails_n; /* how many of them fail with `failure` */
static edo_grpc_status failure;
static edo_duration slow; /* how long each call takes, but not the second one of a hedge */
static bool only_first_is_slow;

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const int n = ++calls_n;
    const edo_str trace = edo_grpc_metadata(call, "traceparent");
    int err = only_first_is_slow && n > 1 ? 0 : edo_sleep(slow);
    if (err < 0) return err;
    if (n <= fails_n) return edo_grpc_fail(call, failure, "not now");
    out->text = trace.ptr ? trace
                          : edo_arena_print(edo_grpc_arena(call), "%.*s %d", (int)in->name.len,
                                            in->name.len > 0 ? in->name.ptr : "", n);
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    (void)in;
    calls_n++;
    return hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = EDO_STR("one") });
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    calls_n++;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        int err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (err < 0) return err;
    }
    return got;
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count, .chat = chat };

static void begin_with(grpc_site *t, const edo_layer *layers, size_t n) {
    edo_stack stack;
    calls_n = fails_n = 0;
    failure = EDO_GRPC_UNAVAILABLE;
    slow = edo_ns(0);
    only_first_is_slow = false;
    edo_stack_init(&stack);
    for (size_t i = 0; i < n; i++) edo_stack_push(&stack, layers[i]);
    t->opts.layers = &stack;
    grpc_site_begin(t, &greeter, NULL);
    t->opts.layers = NULL;
    edo_stack_deinit(&stack); // the channel has its own
}

#define BEGIN(t, ...)                                                                              \
    begin_with(t, (const edo_layer[]){ __VA_ARGS__ },                                              \
               sizeof((const edo_layer[]){ __VA_ARGS__ }) / sizeof(edo_layer))

/* Makes a call, which ends with the code, and has the reply if that is 0. */
static void asks(grpc_site *t, const char *name, int code, const char *reply) {
    asked a = { .name = name };
    CHECK_EQ(greet_of(t, &a), code);
    if (reply) CHECK(edo_str_equal(a.reply.text, edo_str_of(reply)));
    asked_deinit(&a);
}

/* ---- A breaker ------------------------------------------------------------------------------- */

static edo_breaker *breaker_new(void) {
    edo_breaker *b;
    EDO_TEST_OK(edo_breaker_new(&b, &(edo_breaker_opts){ .window_calls = 4,
                                                         .calls_min = 4,
                                                         .open_for = edo_s(10),
                                                         .trials = 1,
                                                         .outcome = edo_grpc_outcome }));
    return b;
}

static int breaks(void *arg) {
    grpc_site *t = arg;
    edo_breaker *b = breaker_new();
    BEGIN(t, edo_breaker_layer(b));
    fails_n = 8;
    failure = EDO_GRPC_NOT_FOUND; // the service works
    for (int i = 0; i < 8; i++) asks(t, "Ann", -ENOENT, NULL);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    calls_n = 0;
    failure = EDO_GRPC_UNAVAILABLE;
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), -EAGAIN);
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_UNAVAILABLE);
    CHECK(edo_str_equal(edo_grpc_get_message(a.call), EDO_STR("not now")));
    CHECK(trail_has(-EAGAIN, "/hello.v1.Greeter/Greet: not now: UNAVAILABLE (-EAGAIN)"));
    asked_deinit(&a);
    asks(t, "Ann", -EAGAIN, NULL);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_OPEN); // two of four
    calls_n = 0;
    asked refused = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &refused), -EDO_ECIRCUITOPEN);
    CHECK(!refused.call);
    CHECK_EQ(edo_grpc_status_of(-EDO_ECIRCUITOPEN), EDO_GRPC_UNAVAILABLE);
    asked_deinit(&refused);
    edo_grpc_call *call;
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL),
             -EDO_ECIRCUITOPEN);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), -EDO_ECIRCUITOPEN);
    CHECK_EQ(calls_n, 0);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    fails_n = 0;
    asks(t, "Ann", 0, "Ann 1");
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    edo_breaker_unref(b);
    return grpc_site_end(t);
}

static void breaker_opens_by_what_the_service_cannot_do(void **state) {
    (void)state;
    in_memory(breaks);
}

/* The time of the call is around the layers, and yet a slow service is one that fails. */
static int breaks_slowly(void *arg) {
    grpc_site *t = arg;
    edo_breaker *b = breaker_new();
    t->opts.timeout = edo_ms(100);
    BEGIN(t, edo_breaker_layer(b));
    slow = edo_s(5);
    const edo_instant before = edo_now();
    for (int i = 0; i < 4; i++) asks(t, "Ann", -ETIMEDOUT, NULL);
    const int64_t ms = edo_instant_since(edo_now(), before).ns / 1000000;
    CHECK(ms >= 400 && ms < 420);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_OPEN);
    edo_breaker_unref(b);
    t->opts.timeout = edo_ns(0);
    return grpc_site_end(t);
}

static void service_that_is_too_slow_for_the_calls_opens_the_breaker(void **state) {
    (void)state;
    in_memory(breaks_slowly);
}

static void outcomes_are_those_of_the_service(void **state) {
    static const struct {
        int result;
        edo_call_outcome outcome;
    } rows[] = {
        { 0, EDO_CALL_SUCCEEDED },
        { -ENOENT, EDO_CALL_SUCCEEDED },
        { -EACCES, EDO_CALL_SUCCEEDED },
        { -ENOTSUP, EDO_CALL_SUCCEEDED },
        { -EAGAIN, EDO_CALL_FAILED },
        { -ECONNREFUSED, EDO_CALL_FAILED },
        { -ETIMEDOUT, EDO_CALL_FAILED },
        { -EPROTO, EDO_CALL_FAILED },
        { -EDQUOT, EDO_CALL_FAILED },
        { -EIO, EDO_CALL_FAILED },
        { -ECANCELED, EDO_CALL_IGNORED },
        { -EDO_ECIRCUITOPEN, EDO_CALL_IGNORED },
        { -EINVAL, EDO_CALL_IGNORED },
        { -EDO_EOVERLOADED, EDO_CALL_IGNORED },
        { -EDO_ERATELIMITED, EDO_CALL_IGNORED },
        { -EBADMSG, EDO_CALL_FAILED },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(edo_grpc_outcome(NULL, NULL, NULL, rows[i].result), rows[i].outcome);
}

/* ---- More than one attempt ------------------------------------------------------------------- */

static int retries(void *arg) {
    grpc_site *t = arg;
    BEGIN(t, edo_retry_layer(&(edo_retry_layer_opts){
                 .attempts = 3, .backoff = { .pause_min = edo_s(1), .pause_max = edo_s(1) } }));
    fails_n = 2;
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, EDO_STR("Ann 3")));
    CHECK_EQ(edo_grpc_get_status(a.call), EDO_GRPC_OK);
    asked_deinit(&a);
    calls_n = 0;
    fails_n = 9;
    asked b = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &b), -EAGAIN);
    CHECK(calls_n == 3 && edo_grpc_get_status(b.call) == EDO_GRPC_UNAVAILABLE);
    asked_deinit(&b);
    calls_n = 0; // a pause that would be too long is not begun
    asked c = { .name = "Ann", .opts = { .timeout = edo_ms(200) } };
    const edo_instant before = edo_now();
    CHECK_EQ(greet_of(t, &c), -EAGAIN);
    CHECK(calls_n == 1 && edo_instant_since(edo_now(), before).ns < edo_ms(220).ns);
    asked_deinit(&c);
    return grpc_site_end(t);
}

static void retry_makes_calls_of_its_own_within_the_time_of_the_call(void **state) {
    (void)state;
    in_memory(retries);
}

static int hedges(void *arg) {
    grpc_site *t = arg;
    BEGIN(t, edo_hedge_layer(&(edo_hedge_opts){ .response_bytes = sizeof(edo_grpc_client_response),
                                                .points_min = 4,
                                                .period = edo_s(1),
                                                .discard = edo_grpc_discard }));
    slow = edo_ms(10);
    for (int i = 0; i < 8; i++) asks(t, "Ann", 0, NULL);
    CHECK_EQ(edo_sleep(edo_ms(1000)), 0); // now it knows
    calls_n = 0;
    slow = edo_ms(500);
    only_first_is_slow = true;
    const edo_instant before = edo_now();
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, EDO_STR("Ann 2")));
    CHECK(a.call && calls_n == 2 && edo_instant_since(edo_now(), before).ns < edo_ms(400).ns);
    asked_deinit(&a);
    calls_n = 0; // of two that fail the last one is kept
    fails_n = 2;
    asked b = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &b), -EAGAIN);
    CHECK(calls_n == 2 && b.call);
    asked_deinit(&b);
    return grpc_site_end(t);
}

static void hedge_has_the_reply_that_comes_first(void **state) {
    (void)state;
    in_memory(hedges);
}

/* ---- One call for several -------------------------------------------------------------------- */

static edo_str greet_key(void *arg, const void *request) {
    const edo_grpc_client_request *r = request;
    (void)arg;
    return edo_str_equal(r->path, EDO_STR("/hello.v1.Greeter/Greet")) ? r->key
                                                                      : (edo_str){ NULL, 0 };
}

static int asks_slowly(void *arg) {
    asks(arg, "Ann", 0, "Ann 1");
    return 0;
}

static int coalesces(void *arg) {
    grpc_site *t = arg;
    edo_cache *cache;
    edo_scope scope;
    EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .ttl = edo_s(60),
                                                         .no_jitter = true,
                                                         .bytes_of = edo_grpc_coalesce_bytes }));
    BEGIN(t, edo_coalesce_layer(&(edo_coalesce_opts){ .key = greet_key,
                                                      .share = edo_grpc_coalesce_share,
                                                      .fill = edo_grpc_coalesce_fill,
                                                      .cache = cache }));
    slow = edo_ms(10);
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 5; i++) edo_scope_spawn(&scope, asks_slowly, t);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(calls_n, 1);
    asked kept = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &kept), 0);
    CHECK(!kept.call && edo_str_equal(kept.reply.text, EDO_STR("Ann 1")));
    asked_deinit(&kept);
    asks(t, "Ben", 0, "Ben 2");
    const edo_grpc_entry own = { "x-own", EDO_STR("1") };
    asked a = { .name = "Ann", .opts = { .metadata = &own, .metadata_n = 1 } };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(a.call && calls_n == 3);
    asked_deinit(&a);
    CHECK_EQ(edo_sleep(edo_s(60)), 0);
    asks(t, "Ann", 0, "Ann 4");
    edo_cache_unref(cache);
    return grpc_site_end(t);
}

static void equal_calls_are_one_and_are_kept(void **state) {
    (void)state;
    in_memory(coalesces);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* The server has none either: so a call may end with any status, but not without a reason. */
static int fails_at_each(void *arg) {
    grpc_site *t = arg;
    edo_breaker *b = breaker_new();
    EDO_TEST_OK(edo_breaker_force(b, EDO_BREAKER_METRICS_ONLY));
    BEGIN(t, edo_retry_layer(&(edo_retry_layer_opts){ .attempts = 2 }), edo_breaker_layer(b));
    asks(t, "Ann", 0, NULL);
    int failed_n = 0;
    for (int k = 1, is_fired = 1; is_fired; k++) {
        asked a = { .name = "Ann", .opts = { .wait_for_ready = true, .timeout = edo_minutes(5) } };
        fail_alloc_in = k;
        int err = greet_of(t, &a);
        is_fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == 0 || is_fired);
        CHECK(!a.call || edo_grpc_error_of(edo_grpc_get_status(a.call)) == err);
        failed_n += err < 0;
        asked_deinit(&a);
    }
    CHECK(failed_n > 0); // what a second attempt does not mend
    asks(t, "Ann", 0, NULL);
    edo_breaker_unref(b);
    edo_grpc_channel_unref(t->ch);
    int ended = serve_end(&t->s); // of a connection that had no memory
    CHECK(ended == 0 || ended == -ENOMEM);
    edo_router_free(t->s.arg);
    return 0;
}

static void call_without_memory_fails_and_loses_nothing(void **state) {
    (void)state;
    in_memory(fails_at_each);
}

/* ---- A layer of the program ------------------------------------------------------------------ */

static edo_str seen;
static bool had_message, had_stream;

static int traces(void *arg, edo_next *next, void *request, void *response) {
    edo_grpc_client_request req = *(const edo_grpc_client_request *)request;
    const edo_grpc_entry trace = { "traceparent", edo_str_of(arg) };
    edo_grpc_call_opts opts = *req.opts;
    seen = req.path;
    had_message = req.message.ptr != NULL;
    had_stream = req.streams_out;
    opts.metadata = &trace;
    opts.metadata_n = 1;
    req.opts = &opts;
    return edo_layer_next(next, &req, response);
}

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-"

/* A handler of a web server that calls the greeter, which says what trace it is in. */
static int call_on(edo_web *w) {
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(edo_web_state(w), &a), 0);
    CHECK(a.reply.text.len == 55 && strncmp(a.reply.text.ptr, TRACE, strlen(TRACE)) == 0);
    CHECK(strncmp(a.reply.text.ptr + 36, "00f067aa0ba902b7", 16) != 0); // the handler's step is
    asked_deinit(&a);
    return edo_web_reply_text(w, 200, "");
}

/* What is bound where a call is made goes along. */
static int has_bound_ids(void *arg) {
    grpc_site *t = arg;
    edo_oneshot got;
    edo_headers came;
    edo_router *r = edo_router_new();
    begin_with(t, NULL, 0);
    edo_router_get(r, "/", call_on);
    edo_router_wrap(r, edo_traceparent_layer(NULL));
    edo_headers_init(&came);
    EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("traceparent"),
                                         EDO_STR(TRACE "00f067aa0ba902b7-01")));
    EDO_TEST_OK(edo_web_oneshot(&got, r, &(edo_http_request){ .headers = &came },
                                &(edo_web_opts){ .state = t }));
    CHECK_EQ(got.status, 200);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&came);
    edo_router_free(r);
    return grpc_site_end(t);
}

static void ids_that_are_bound_go_along(void **state) {
    (void)state;
    on_both(has_bound_ids);
}

static int is_traced(void *arg) {
    static char parent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    BEGIN(t, edo_layer_from_fn(traces, parent));
    asks(t, "Ann", 0, parent);
    CHECK(edo_str_equal(seen, EDO_STR("/hello.v1.Greeter/Greet")) && had_message && !had_stream);
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    CHECK(had_message && had_stream);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 0);
    edo_grpc_call_free(call);
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    CHECK(!had_message && had_stream);
    CHECK_EQ(hello_v1_greeter_chat_client_send(call, &(hello_v1_person){ .name = EDO_STR("Ben") }),
             0);
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 1);
    CHECK(edo_str_equal(reply.text, EDO_STR("Ben")));
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void layer_sees_each_call_and_adds_metadata(void **state) {
    (void)state;
    on_both(is_traced);
}

static int responds(void *arg, void *request, void *response, int result) {
    (void)arg, (void)request, (void)result;
    *(edo_grpc_client_response *)response =
        (edo_grpc_client_response){ .message = EDO_STR("\x0a\x04None") };
    return 0;
}

static int falls_back(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    BEGIN(t,
          edo_fallback_layer(&(edo_fallback_opts){
              .fn = responds, .outcome = edo_grpc_outcome, .reset = edo_grpc_discard }),
          edo_concurrency_layer_with(&(edo_concurrency_opts){ .calls_max = 1, .refuse = true }));
    asks(t, "Ann", 0, "Ann 1");
    fails_n = 9;
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(!a.call && edo_str_equal(a.reply.text, EDO_STR("None")));
    asked_deinit(&a);
    failure = EDO_GRPC_NOT_FOUND;
    asks(t, "Ann", -ENOENT, NULL);
    edo_grpc_channel_close(t->ch); // a stream has no such response
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), -ENOTSUP);
    return grpc_site_end(t);
}

static void layer_responds_in_the_place_of_the_server(void **state) {
    (void)state;
    in_memory(falls_back);
}

static void layers_for_other_requests_are_refused(void **state) {
    edo_grpc_channel *ch;
    edo_stack stack;
    (void)state;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_http_coalesce_layer(NULL));
    const edo_grpc_channel_opts opts = { .layers = &stack };
    assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &opts), -EINVAL);
    assert_true(trail_has(-EINVAL, "edo_http_request"));
    edo_trail_clear();
    edo_stack_deinit(&stack);

    // and a client of HTTP refuses what looks into calls
    edo_http_client *c;
    edo_stack_init(&stack);
    edo_stack_push(&stack,
                   edo_coalesce_layer(&(edo_coalesce_opts){ .key = greet_key,
                                                            .share = edo_grpc_coalesce_share,
                                                            .fill = edo_grpc_coalesce_fill }));
    assert_int_equal(edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &stack }), -EINVAL);
    assert_true(trail_has(-EINVAL, "edo_http_request"));
    edo_trail_clear();
    edo_stack_deinit(&stack);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaker_opens_by_what_the_service_cannot_do),
        cmocka_unit_test(service_that_is_too_slow_for_the_calls_opens_the_breaker),
        cmocka_unit_test(outcomes_are_those_of_the_service),
        cmocka_unit_test(retry_makes_calls_of_its_own_within_the_time_of_the_call),
        cmocka_unit_test(hedge_has_the_reply_that_comes_first),
        cmocka_unit_test(equal_calls_are_one_and_are_kept),
        cmocka_unit_test(call_without_memory_fails_and_loses_nothing),
        cmocka_unit_test(ids_that_are_bound_go_along),
        cmocka_unit_test(layer_sees_each_call_and_adds_metadata),
        cmocka_unit_test(layer_responds_in_the_place_of_the_server),
        cmocka_unit_test(layers_for_other_requests_are_refused),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
