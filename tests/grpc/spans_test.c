/* SPDX-License-Identifier: MIT */
/* Goal: a call of gRPC is a span on either side, the server's within the client's, and all that the
 * handler does within the server's. It ends with the call's status, that of a stream with the
 * stream; attempts are spans in it. Nothing of it needs memory that a call could not do without.
 * Method: edo's own server over memory with a clock that jumps; a receiver writes down the spans
 * that end. */
#include "fail_alloc.h"
#include "grpc_site.h"
#include "span_ends.h"

#include <edo/grpc_layers.h>
#include <edo/hedge_layer.h>
#include <edo/retry_layer.h>
#include <edo/span.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

static edo_grpc_status failure;                /* of Greet, but the last of its calls */
static int fails_n;                            /* how many */
static int calls_n;                            /* of it */
static edo_duration takes;                     /* it */
static char came[EDO_TRACEPARENT_BYTES];       /* what the last one has come with */
static char came_first[EDO_TRACEPARENT_BYTES]; /* what the first one has come with */
static char came_state[32];                    /* likewise */
static char handled[EDO_TRACEPARENT_BYTES];    /* the span that it was handled in */

static void keep(char *to, size_t most, edo_str text) {
    (void)snprintf(to, most, "%.*s", (int)text.len, text.len > 0 ? text.ptr : "");
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_headers *h = &edo_grpc_request(call)->headers;
    keep(came, sizeof came, edo_headers_get_named(h, EDO_STR("traceparent")));
    if (calls_n == 0) memcpy(came_first, came, sizeof came);
    keep(came_state, sizeof came_state, edo_headers_get_named(h, EDO_STR("tracestate")));
    handled[edo_span_traceparent(edo_span_current(), handled)] = 0;
    edo_span_block inner;
    (void)in;
    edo_span_begin(&inner, edo_span_new(EDO_LEVEL_INFO, "test", edo_span_current(), (), "inner"));
    int err = edo_span_end(&inner, edo_sleep(takes));
    if (err < 0) return err;
    if (calls_n++ < fails_n) return edo_grpc_fail(call, failure, "not now");
    out->text = EDO_STR("Hello");
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    (void)in;
    int err = 0;
    for (int i = 0; i < 3 && err == 0; i++)
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = EDO_STR("one") });
    return err;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        int err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (err < 0) return err;
    }
    return got;
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got;
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1) {
    }
    out->text = EDO_STR("all");
    return got;
}

static const hello_v1_greeter_ops greeter = {
    .greet = greet, .count = count, .greet_all = greet_all, .chat = chat
};

static edo_receiver *begin(grpc_site *t, const char *filter) {
    fails_n = calls_n = 0;
    takes = edo_ns(0);
    failure = EDO_GRPC_UNAVAILABLE;
    came[0] = handled[0] = came_state[0] = 0;
    grpc_site_begin(t, &greeter, NULL);
    return span_ends_begin(filter);
}

static int end(grpc_site *t, edo_receiver *r) {
    edo_log_remove(r);
    return grpc_site_end(t);
}

/* Makes a unary call, which ends with that. */
static void asks(grpc_site *t, int code) {
    asked a = { .name = "Ann" };
    span_ends_clear();
    CHECK_EQ(greet_of(t, &a), code);
    asked_deinit(&a);
}

#define CLIENT "otel.kind=client rpc.system=grpc rpc.service=hello.v1.Greeter rpc.method="
#define SERVER "otel.kind=server rpc.system=grpc rpc.service=hello.v1.Greeter rpc.method="
#define PLACE                                                                                      \
    " server.address=greeter server.port=1 network.peer.address=greeter network.peer.port=1"

/* ---- Unary ----------------------------------------------------------------------------------- */

static int is_one_trace(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, "grpc=info,test=info");
    edo_span_block outer;
    edo_span_begin(&outer, edo_span_new(EDO_LEVEL_INFO, "test", NULL, (EDO_KV("a", 1)), "outer"));
    asks(t, 0);
    CHECK_EQ(edo_span_end(&outer, 0), 0);
    CHECK(span_ended("call in none: " SERVER "Greet rpc.grpc.status_code=0 -> 0;"));
    CHECK(span_ended("call in outer: " CLIENT "Greet" PLACE " rpc.grpc.status_code=0 -> 0;"));
    CHECK(strncmp(came, span_step("outer"), 35) == 0); // its trace
    CHECK(strcmp(came, span_step("outer")) != 0);
    CHECK(strcmp(came, span_step("call")) == 0); // the client's ends last
    CHECK(strncmp(handled, came, 35) == 0 && strcmp(handled, came) != 0);
    return end(t, r);
}

static void call_is_one_trace_over_both_sides(void **state) {
    (void)state;
    in_memory(is_one_trace);
}

/* A call that has no span notes nothing in that around it. */
static int leaves_others(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, "test=info");
    edo_span_block outer;
    edo_span_begin(&outer, edo_span_new(EDO_LEVEL_INFO, "test", NULL, (EDO_KV("a", 1)), "outer"));
    asks(t, 0);
    CHECK_EQ(edo_span_end(&outer, 0), 0);
    CHECK(span_ended("outer in none: a=1 -> 0;"));
    return end(t, r);
}

static void spans_of_the_program_stay_as_they_are(void **state) {
    (void)state;
    in_memory(leaves_others);
}

static int tells_status(void *arg) {
    static const struct {
        edo_grpc_status status;
        const char *server, *client;
    } rows[] = {
        { EDO_GRPC_NOT_FOUND, "rpc.grpc.status_code=5 -> 0;",
          "rpc.grpc.status_code=5 error.type=NOT_FOUND -> " },
        { EDO_GRPC_INTERNAL, "Greet rpc.grpc.status_code=13 error.type=INTERNAL -> 0;",
          "1 rpc.grpc.status_code=13 error.type=INTERNAL -> -" },
        { EDO_GRPC_RESOURCE_EXHAUSTED, "rpc.grpc.status_code=8 -> 0;",
          "rpc.grpc.status_code=8 error.type=RESOURCE_EXHAUSTED -> " },
    };
    grpc_site *t = arg;
    edo_receiver *r = begin(t, NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        calls_n = 0;
        fails_n = 1;
        failure = rows[i].status;
        asks(t, edo_grpc_error_of(failure));
        CHECK(span_ended(rows[i].server) && span_ended(rows[i].client));
    }
    t->opts.timeout = edo_ns(0);
    asked late = { .name = "Ann", .opts = { .timeout = edo_ms(10) } };
    takes = edo_s(1);
    span_ends_clear();
    CHECK_EQ(greet_of(t, &late), -ETIMEDOUT);
    asked_deinit(&late);
    CHECK(span_ended("1 rpc.grpc.status_code=4 error.type=DEADLINE_EXCEEDED -> -110;"));
    return end(t, r);
}

static void statuses_are_errors_of_the_side_that_they_are_for(void **state) {
    (void)state;
    in_memory(tells_status);
}

static int unknown(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, NULL);
    asked a = { .name = "Ann", .path = "/hello.v1.Greeter/Nothing" };
    CHECK_EQ(greet_of(t, &a), -ENOTSUP);
    asked_deinit(&a);
    CHECK(span_ended(SERVER "Nothing rpc.grpc.status_code=12 error.type=UNIMPLEMENTED -> 0;"));
    return end(t, r);
}

static void method_that_is_not_there_is_a_span(void **state) {
    (void)state;
    in_memory(unknown);
}

static int are_off(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, "warn");
    asks(t, 0);
    CHECK(span_ends[0] == 0 && came[0] == 0 && handled[0] == 0);
    return end(t, r);
}

static void without_spans_nothing_goes_along(void **state) {
    (void)state;
    in_memory(are_off);
}

/* ---- Beside the layer ------------------------------------------------------------------------ */

static int lies_in_request(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, NULL);
    edo_grpc_channel_unref(t->ch);
    CHECK_EQ(serve_end(&t->s), 0);
    edo_router *router = edo_router_new();
    hello_v1_greeter_routes(router, &greeter, t, NULL);
    edo_router_wrap(router, edo_traceparent_layer(NULL));
    CHECK_EQ(edo_router_build(router), 0);
    edo_router_free(t->s.arg);
    t->s.arg = router;
    serve_begin(&t->s);
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &t->opts), 0);
    const edo_grpc_entry state = { "tracestate", EDO_STR("a=b") };
    asked a = { .name = "Ann", .opts = { .metadata = &state, .metadata_n = 1 } };
    CHECK_EQ(greet_of(t, &a), 0);
    asked_deinit(&a);
    CHECK(span_ended("call in request: " SERVER "Greet rpc.grpc.status_code=0 -> 0;"));
    CHECK(span_ended("request in none: otel.kind=server http.request.method=POST "
                     "http.route=/hello.v1.Greeter/Greet url.path=/hello.v1.Greeter/Greet"));
    CHECK(strcmp(came, span_step("request")) == 0);
    CHECK(strncmp(came, span_step("call"), 35) == 0);
    CHECK(strcmp(came_state, "a=b") == 0);
    return end(t, r);
}

static void call_lies_in_the_span_of_its_request(void **state) {
    (void)state;
    in_memory(lies_in_request);
}

/* The server's own span is left out, and there is no layer. */
static int left_out(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, "grpc.client=info,test=info");
    asks(t, 0);
    CHECK(strcmp(came, span_step("call")) == 0 && strcmp(handled, came) == 0);
    CHECK(strncmp(came, span_step("inner"), 35) == 0);
    CHECK(span_ended("inner in none: ")); // of this program
    return end(t, r);
}

static void what_a_call_does_is_of_its_trace_though_its_own_span_is_left_out(void **state) {
    (void)state;
    in_memory(left_out);
}

/* ---- Streams --------------------------------------------------------------------------------- */

/* Sends a message, and gets it back. */
static void says(edo_grpc_call *call, hello_v1_reply *reply) {
    CHECK_EQ(
        edo_grpc_send(call, &(hello_v1_person){ .name = EDO_STR("Ann") }, &hello_v1_person_desc),
        0);
    CHECK_EQ(edo_grpc_recv(call, reply, &hello_v1_reply_desc), 1);
}

static void chats(grpc_site *t, int n, const char *place) {
    char wanted[400];
    edo_grpc_call *call;
    hello_v1_reply reply;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    CHECK(!edo_span_current()); // what follows is none of it
    for (int i = 0; i < n; i++) says(call, &reply);
    CHECK_EQ(edo_grpc_close_send(call), 0);
    CHECK(!strstr(span_ends, CLIENT)); // it is open
    CHECK_EQ(edo_grpc_recv(call, &reply, &hello_v1_reply_desc), 0);
    (void)snprintf(wanted, sizeof wanted,
                   "call in none: " CLIENT "Chat%s rpc.grpc.status_code=0 "
                   "rpc.messages.received=%d rpc.messages.sent=%d -> 0;",
                   place, n, n);
    CHECK(span_ended(wanted));
    edo_grpc_call_free(call);
    (void)snprintf(wanted, sizeof wanted,
                   SERVER "Chat rpc.grpc.status_code=0 rpc.messages.received=%d "
                          "rpc.messages.sent=%d -> 0;",
                   n, n);
    CHECK(span_ended(wanted));
}

static int streams(void *arg) {
    grpc_site *t = arg;
    hello_v1_reply reply;
    edo_receiver *r = begin(t, NULL);
    edo_grpc_call *call;
    chats(t, 5, PLACE);
    span_ends_clear();
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    while (edo_grpc_recv(call, &reply, &hello_v1_reply_desc) == 1) {
    }
    edo_grpc_call_free(call);
    CHECK(span_ended(CLIENT "Count" PLACE " rpc.grpc.status_code=0 rpc.messages.received=3 "
                            "rpc.messages.sent=1 -> 0;"));
    span_ends_clear();
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    CHECK_EQ(
        edo_grpc_send(call, &(hello_v1_person){ .name = EDO_STR("Ann") }, &hello_v1_person_desc),
        0);
    CHECK_EQ(edo_grpc_finish(call, &reply, &hello_v1_reply_desc), 0);
    CHECK(span_ended(CLIENT "GreetAll" PLACE " rpc.grpc.status_code=0 rpc.messages.received=1 "
                            "rpc.messages.sent=1 -> 0;"));
    edo_grpc_call_free(call);
    return end(t, r);
}

static void stream_has_its_span_until_its_status(void **state) {
    (void)state;
    in_memory(streams);
}

static int gives_up(void *arg) {
    grpc_site *t = arg;
    hello_v1_reply reply;
    edo_receiver *r = begin(t, NULL);
    edo_grpc_call *call;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    edo_grpc_call_free(call);
    CHECK(span_ended("rpc.grpc.status_code=1 error.type=CANCELLED rpc.messages.received=0 "
                     "rpc.messages.sent=0 -> -125;"));
    span_ends_clear();
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    says(call, &reply);
    edo_grpc_cancel(call);
    CHECK_EQ(edo_grpc_recv(call, &reply, &hello_v1_reply_desc), -ECANCELED);
    CHECK(span_ended("1 rpc.grpc.status_code=1 error.type=CANCELLED"));
    edo_grpc_call_free(call);
    WAIT_FOR(strstr(span_ends, SERVER "Chat rpc.grpc.status_code=1 rpc.messages.received=1 "));
    span_ends_clear();
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, &(edo_grpc_call_opts){ .timeout = edo_ms(10) }),
             0);
    CHECK_EQ(edo_grpc_recv(call, &reply, &hello_v1_reply_desc), -ETIMEDOUT);
    CHECK(span_ended("rpc.grpc.status_code=4 error.type=DEADLINE_EXCEEDED"));
    edo_grpc_call_free(call);
    return end(t, r);
}

static void stream_that_is_given_up_has_ended(void **state) {
    (void)state;
    in_memory(gives_up);
}

/* ---- Attempts -------------------------------------------------------------------------------- */

#define CONFIG(policy)                                                                             \
    "{ \"methodConfig\": [ { \"name\": [ { \"service\": \"hello.v1.Greeter\" } ], " policy " } ] " \
    "}"
#define RETRIES                                                                                    \
    "\"retryPolicy\": { \"maxAttempts\": 3, \"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\","   \
    " \"backoffMultiplier\": 1, \"retryableStatusCodes\": [ \"UNAVAILABLE\" ] }"
#define HEDGES                                                                                     \
    "\"hedgingPolicy\": { \"maxAttempts\": 2, \"hedgingDelay\": \"1s\","                           \
    " \"nonFatalStatusCodes\": [ \"UNAVAILABLE\" ] }"
#define DEBUGGED "retry=debug,hedge=debug,grpc=info"

static int retries(void *arg) {
    grpc_site *t = arg;
    t->opts.service_config = EDO_STR(CONFIG(RETRIES));
    edo_receiver *r = begin(t, DEBUGGED);
    fails_n = 1;
    asks(t, 0);
    CHECK(span_ended("try in call: try=1 rpc.grpc.status_code=14 error.type=UNAVAILABLE -> -11;"));
    CHECK(span_ended("try in call: try=2 rpc.grpc.status_code=0 -> 0;"));
    CHECK(strcmp(came, span_step("try")) == 0); // each carries its own
    CHECK(strncmp(came, span_step("call"), 35) == 0 && strncmp(came, came_first, 35) == 0);
    CHECK(strcmp(came, came_first) != 0);
    return end(t, r);
}

static int hedges(void *arg) {
    grpc_site *t = arg;
    t->opts.service_config = EDO_STR(CONFIG(HEDGES));
    edo_receiver *r = begin(t, DEBUGGED);
    fails_n = 1;
    asks(t, 0);
    CHECK(
        span_ended("try in call: try=1 network.peer.address=greeter network.peer.port=1 -> -11;"));
    CHECK(span_ended("try in call: try=2 network.peer.address=greeter network.peer.port=1 -> 0;"));
    CHECK(strcmp(came, span_step("try")) == 0);
    return end(t, r);
}

static void each_attempt_of_the_service_config_is_a_span(void **state) {
    (void)state;
    in_memory(retries);
    in_memory(hedges);
}

static int is_layered(void *arg) {
    grpc_site *t = arg;
    edo_stack stack;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_retry_layer(&(edo_retry_layer_opts){ .attempts = 2 }));
    t->opts.layers = &stack;
    edo_receiver *r = begin(t, DEBUGGED);
    edo_stack_deinit(&stack);
    fails_n = 1;
    asks(t, 0);
    CHECK(span_ended("try in call: try=2 network.peer.address=greeter network.peer.port=1 -> 0;"));
    CHECK(span_ended("call in none: " CLIENT
                     "Greet server.address=greeter server.port=1 rpc.grpc.status_code=0 -> 0;"));
    CHECK(strcmp(came, span_step("try")) == 0);
    span_ends_clear();
    chats(t, 1, " server.address=greeter server.port=1");
    return end(t, r);
}

static void call_through_layers_is_one_span_around_them(void **state) {
    (void)state;
    in_memory(is_layered);
}

/* ---- The log --------------------------------------------------------------------------------- */

static edo_grpc_status failed_with; /* of the call that the server's layer told of last */

static void on_failure(void *arg, const edo_request *req, const edo_response *res,
                       const edo_response_end *e, edo_duration took) {
    (void)arg, (void)req, (void)res, (void)e, (void)took;
    failed_with = failure;
}

static void serve_traced(grpc_site *t) {
    edo_router *router = edo_router_new();
    hello_v1_greeter_routes(router, &greeter, t, NULL);
    edo_router_wrap(router, edo_trace_layer_with(&(edo_trace_layer_opts){
                                .is_failure = edo_grpc_trace_failure, .on_failure = on_failure }));
    CHECK_EQ(edo_router_build(router), 0);
    CHECK_EQ(serve_end(&t->s), 0);
    edo_router_free(t->s.arg);
    t->s.arg = router;
    serve_begin(&t->s);
}

static int logs(void *arg) {
    static const edo_grpc_status statuses[] = { EDO_GRPC_NOT_FOUND, EDO_GRPC_INTERNAL };
    grpc_site *t = arg;
    edo_stack stack;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_call_log_layer(&(edo_call_log_opts){ .fields = edo_grpc_call_fields,
                                                                    .outcome = edo_grpc_outcome }));
    t->opts.layers = &stack;
    edo_receiver *r = begin(t, "call=warn");
    serve_traced(t);
    edo_stack_deinit(&stack);
    for (size_t i = 0; i < EDO_COUNT(statuses); i++) {
        failure = statuses[i];
        calls_n = 0;
        fails_n = 1;
        failed_with = EDO_GRPC_OK;
        asked a = { .name = "Ann", .opts = { .wait_for_ready = true } };
        span_ends_clear();
        CHECK_EQ(greet_of(t, &a), edo_grpc_error_of(failure));
        asked_deinit(&a);
        bool is_fault = failure == EDO_GRPC_INTERNAL;
        if (is_fault)
            CHECK(span_ended("call failed in none: rpc.service=hello.v1.Greeter "
                             "rpc.method=Greet status=INTERNAL error="));
        else
            CHECK(span_ends[0] == 0);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        CHECK_EQ(failed_with, is_fault ? EDO_GRPC_INTERNAL : EDO_GRPC_OK);
    }
    return end(t, r);
}

static void failures_are_logged_by_their_status(void **state) {
    (void)state;
    in_memory(logs);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* As in client_layers_test.c: the server has none either. */
static int fails_at_each(void *arg) {
    grpc_site *t = arg;
    edo_receiver *r = begin(t, NULL);
    const edo_grpc_call_opts waits = { .wait_for_ready = true, .timeout = edo_minutes(5) };
    asks(t, 0);
    for (int k = 1, is_fired = 1; is_fired; k++) {
        asked a = { .name = "Ann", .opts = waits };
        span_ends_clear();
        fail_alloc_in = k;
        int err = greet_of(t, &a);
        is_fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == 0 || is_fired);
        asked_deinit(&a);
    }
    for (int k = 1, is_fired = 1; is_fired; k++) {
        edo_grpc_call *call;
        hello_v1_reply reply;
        span_ends_clear();
        fail_alloc_in = k;
        int err = hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, &waits);
        while (err == 0 && edo_grpc_recv(call, &reply, &hello_v1_reply_desc) == 1) {
        }
        is_fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        if (err == 0) edo_grpc_call_free(call);
        CHECK(err == 0 || is_fired);
    }
    asks(t, 0);
    edo_log_remove(r);
    edo_grpc_channel_unref(t->ch);
    int ended = serve_end(&t->s); // of a connection that had no memory
    CHECK(ended == 0 || ended == -ENOMEM);
    edo_router_free(t->s.arg);
    return 0;
}

static void without_memory_a_call_ends_as_it_would_without_spans(void **state) {
    (void)state;
    in_memory(fails_at_each);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_is_one_trace_over_both_sides),
        cmocka_unit_test(spans_of_the_program_stay_as_they_are),
        cmocka_unit_test(statuses_are_errors_of_the_side_that_they_are_for),
        cmocka_unit_test(method_that_is_not_there_is_a_span),
        cmocka_unit_test(without_spans_nothing_goes_along),
        cmocka_unit_test(call_lies_in_the_span_of_its_request),
        cmocka_unit_test(what_a_call_does_is_of_its_trace_though_its_own_span_is_left_out),
        cmocka_unit_test(stream_has_its_span_until_its_status),
        cmocka_unit_test(stream_that_is_given_up_has_ended),
        cmocka_unit_test(each_attempt_of_the_service_config_is_a_span),
        cmocka_unit_test(call_through_layers_is_one_span_around_them),
        cmocka_unit_test(failures_are_logged_by_their_status),
        cmocka_unit_test(without_memory_a_call_ends_as_it_would_without_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
