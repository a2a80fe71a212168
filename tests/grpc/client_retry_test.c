/* SPDX-License-Identifier: MIT */
/* Goal: a call is tried again where nothing of it can have been done twice: when the server has not
 * looked at it, at once; by the service config, after a pause, as long as the budget and the time
 * of the call allow. Interceptors see each call before.
 * Method: edo's own server, whose handler fails some times; over memory with a clock that jumps. */
#include "grpc_site.h"

#include <stdatomic.h>

static atomic_int calls_n; /* calls that have come */
static int fails_n;        /* how many of them fail */
static const char *pushback;
static edo_grpc_status failure;
static int previous; /* grpc-previous-rpc-attempts of the last call; -1: none */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_str n = edo_headers_get_named(&edo_grpc_request(call)->headers,
                                            EDO_STR("grpc-previous-rpc-attempts"));
    previous = n.ptr ? n.ptr[0] - '0' : -1;
    (void)in;
    if (calls_n++ >= fails_n) {
        const edo_str token = edo_grpc_metadata(call, "x-token");
        out->text = token.ptr ? token : EDO_STR("at last");
        return 0;
    }
    return edo_grpc_fail(call, failure, "not now");
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    (void)in;
    calls_n++;
    int err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = EDO_STR("one") });
    return err < 0 ? err : edo_grpc_fail(call, EDO_GRPC_UNAVAILABLE, "not now");
}

/* Fails as Greet does, with a pause of the server's, which is no key of a handler. */
static int pushes_back(edo_web *w) {
    edo_response *res = edo_web_response(w);
    edo_headers *h = &res->headers;
    edo_stream *out = NULL;
    bool is_good = calls_n++ >= fails_n;
    int err = edo_response_data(res, EDO_STATUS_OK, EDO_STR("application/grpc"), EDO_STR(""));
    if (is_good) {
        if (err == 0) err = edo_response_stream(res, &out, -1);
        if (err == 0) err = edo_write_all(out, "\0\0\0\0\0", 5);
        h = edo_response_trailers(res);
    }
    if (err == 0)
        err = edo_headers_append_named(h, EDO_STR("grpc-status"),
                                       is_good ? EDO_STR("0") : EDO_STR("14"));
    const edo_str name = EDO_STR("grpc-retry-pushback-ms");
    return err < 0 ? err : edo_headers_append_named(h, name, edo_str_of(pushback));
}

static edo_sem gate; /* of a stream that fails: it waits for it */
static bool is_gated, has_begun;

/* The streams fail before their metadata, once they have got as many messages as `takes_n`. */
static int takes_n;

static int fails_behind(edo_grpc_call *call, int got_n) {
    if (calls_n > fails_n || got_n < takes_n) return 0;
    if (has_begun && edo_grpc_send_metadata(call) < 0) return -EPROTO;
    int err = is_gated ? edo_sem_acquire(&gate, 1) : 0;
    return err < 0 ? err : edo_grpc_fail(call, failure, "not now");
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got, n = 0, err = 0;
    calls_n++;
    while (err == 0 && (got = hello_v1_greeter_greet_all_recv(call, &person)) == 1)
        err = fails_behind(call, ++n);
    out->text = edo_arena_print(edo_grpc_arena(call), "%d", n);
    return err;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int n = 0, err = 0;
    calls_n++;
    while (err == 0 && hello_v1_greeter_chat_recv(call, &person) == 1) {
        err = fails_behind(call, ++n);
        if (err == 0 && calls_n > fails_n)
            err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
    }
    return err;
}

static const hello_v1_greeter_ops greeter = {
    .greet = greet, .count = count, .greet_all = greet_all, .chat = chat
};

#define POLICY_FROM(pause)                                                                         \
    "\"retryPolicy\": { \"maxAttempts\": 4, \"initialBackoff\": \"" pause                          \
    "\", \"maxBackoff\": \"10s\", \"backoffMultiplier\": 2,"                                       \
    " \"retryableStatusCodes\": [ \"UNAVAILABLE\", \"ABORTED\" ] }"
#define CONFIG_FROM(pause)                                                                         \
    "{ \"methodConfig\": [ { \"name\": [ { \"service\": \"hello.v1.Greeter\" },"                   \
    " { \"service\": \"odd\" } ], " POLICY_FROM(pause) " } ]"
#define POLICY POLICY_FROM("1s")
#define CONFIG CONFIG_FROM("1s")

static void begin(grpc_site *t, const char *config, int fails) {
    calls_n = 0;
    fails_n = fails;
    pushback = NULL;
    takes_n = 1;
    is_gated = has_begun = false;
    edo_sem_init(&gate, 0);
    failure = EDO_GRPC_UNAVAILABLE;
    t->opts.service_config = edo_str_of(config);
    grpc_site_begin(t, &greeter, pushes_back);
}

/* Makes a call. Returns how many ms it has taken. */
static int64_t ask_ms(grpc_site *t, edo_grpc_status status, edo_duration timeout) {
    asked a = { .name = "Ann", .opts = { .timeout = timeout } };
    if (pushback) a.path = "/odd/push";
    edo_instant before = edo_now();
    CHECK_EQ(greet_of(t, &a), edo_grpc_error_of(status));
    CHECK_EQ(edo_grpc_get_status(a.call), status);
    asked_deinit(&a);
    return edo_instant_since(edo_now(), before).ns / 1000000;
}

static int retries(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG "}", 2);
    int64_t ms = ask_ms(t, EDO_GRPC_OK, edo_s(0));
    CHECK(calls_n == 3 && previous == 2);
    CHECK(ms >= 2400 && ms <= 3600); // 1 s and 2 s, a fifth more or less
    calls_n = 0;
    fails_n = 9;
    ms = ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0));
    CHECK(calls_n == 4 && ms >= 5600 && ms <= 8400);
    calls_n = 0;
    CHECK(ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(2)) < 2000); // no pause that would be too long
    CHECK_EQ(calls_n, 2);
    calls_n = 0;
    failure = EDO_GRPC_NOT_FOUND;
    CHECK_EQ(ask_ms(t, EDO_GRPC_NOT_FOUND, edo_s(0)), 0);
    CHECK(calls_n == 1 && previous == -1);
    return grpc_site_end(t);
}

static void failure_of_the_config_is_tried_again(void **state) {
    (void)state;
    in_memory(retries);
}

/* A second server, which fails each call. */
static grpc_site sick;

static int greet_never(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    (void)out, (void)in;
    return edo_grpc_fail(call, EDO_GRPC_UNAVAILABLE, "not here");
}

static const hello_v1_greeter_ops sick_greeter = { .greet = greet_never };

static int connect_both(void *arg, edo_stream **out, const char *address) {
    grpc_site *t = arg;
    return connect_if_served(address[strlen(address) - 1] == '2' ? &sick.s : &t->s, out);
}

/* The attempt that follows goes elsewhere. */
static int goes_elsewhere(void *arg) {
    grpc_site *t = arg;
    int again_n = 0;
    begin(t, CONFIG "}", 0);
    memset(&sick, 0, sizeof sick);
    grpc_site_serve(&sick, &sick_greeter, NULL);
    edo_grpc_channel_unref(t->ch);
    t->opts.connect = connect_both;
    t->opts.arg = t;
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("static:a:1,b:2"), &t->opts), 0);
    CHECK_EQ(edo_grpc_channel_connect(t->ch), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // both are there
    for (int i = 0; i < 60; i++) {
        (void)ask_ms(t, EDO_GRPC_OK, edo_s(0));
        CHECK(previous <= 1);
        again_n += previous == 1;
    }
    CHECK(again_n > 0);
    CHECK_EQ(grpc_site_end(t), 0);
    CHECK_EQ(serve_end(&sick.s), 0);
    edo_router_free(sick.s.arg);
    return 0;
}

static void another_attempt_goes_to_another_server(void **state) {
    (void)state;
    in_memory(goes_elsewhere);
}

static int is_pushed_back(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG "}", 1);
    pushback = "7000";
    CHECK_EQ(ask_ms(t, EDO_GRPC_OK, edo_s(0)), 7000);
    calls_n = 0;
    pushback = "-1";
    CHECK_EQ(ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0)), 0);
    CHECK_EQ(calls_n, 1);
    return grpc_site_end(t);
}

static void server_says_when_or_that_none_follows(void **state) {
    (void)state;
    in_memory(is_pushed_back);
}

static int cancels_later(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    edo_grpc_cancel(arg);
    return 0;
}

static int is_cancelled(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    begin(t, CONFIG "}", 9);
    edo_instant before = edo_now();
    CHECK_EQ(edo_grpc_server_stream(t->ch, &call, "/hello.v1.Greeter/Greet",
                                    &(hello_v1_person){ .name = { 0 } }, &hello_v1_person_desc,
                                    NULL),
             0);
    edo_task *other = edo_spawn(cancels_later, call);
    CHECK_EQ(edo_grpc_finish(call, &reply, &hello_v1_reply_desc), -ECANCELED);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_CANCELLED);
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, edo_ms(50).ns);
    CHECK_EQ(edo_task_join(other), 0);
    CHECK_EQ(calls_n, 1);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void pause_ends_with_the_call(void **state) {
    (void)state;
    in_memory(is_cancelled);
}

static bool is_down;
static edo_stream *last_conn;

static int connects_or_not(void *arg, edo_stream **out, const char *address) {
    grpc_site *t = arg;
    (void)address;
    if (is_down) return -ECONNREFUSED;
    int err = connect_if_served(&t->s, out);
    if (err == 0) last_conn = edo_stream_ref(*out);
    return err;
}

static int loses_and_cancels(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(50)), 0); // in the pause
    is_down = true;
    edo_close(last_conn);
    CHECK_EQ(edo_sleep(edo_s(20)), 0); // no connection for the second attempt
    edo_grpc_cancel(arg);
    return 0;
}

static int is_cancelled_without_connection(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    const edo_grpc_call_opts opts = { .wait_for_ready = true, .timeout = edo_s(60) };
    begin(t, CONFIG "}", 9);
    is_down = false;
    edo_grpc_channel_unref(t->ch);
    t->opts.connect = connects_or_not;
    t->opts.arg = t;
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &t->opts), 0);
    edo_instant before = edo_now();
    CHECK_EQ(edo_grpc_server_stream(t->ch, &call, "/hello.v1.Greeter/Greet",
                                    &(hello_v1_person){ .name = { 0 } }, &hello_v1_person_desc,
                                    &opts),
             0);
    edo_task *other = edo_spawn(loses_and_cancels, call);
    CHECK_EQ(edo_grpc_finish(call, &reply, &hello_v1_reply_desc), -ECANCELED);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_CANCELLED);
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, edo_ms(20050).ns);
    CHECK_EQ(edo_task_join(other), 0);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void wait_for_another_connection_ends_with_the_call(void **state) {
    (void)state;
    in_memory(is_cancelled_without_connection);
}

static int is_throttled(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG ", \"retryThrottling\": { \"maxTokens\": 4, \"tokenRatio\": 0.5 } }", 100);
    (void)ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0));
    CHECK_EQ(calls_n, 2); // the second failure has left half of the tokens
    (void)ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0));
    CHECK_EQ(calls_n, 3);
    fails_n = 0;
    for (int i = 0; i < 8; i++) (void)ask_ms(t, EDO_GRPC_OK, edo_s(0));
    fails_n = 100;
    calls_n = 0;
    (void)ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0));
    CHECK_EQ(calls_n, 2);
    return grpc_site_end(t);
}

static void many_failures_stop_the_retries(void **state) {
    (void)state;
    in_memory(is_throttled);
}

static int is_committed(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    begin(t, CONFIG "}", 0);
    CHECK_EQ(hello_v1_greeter_count(t->ch, &call, &(hello_v1_person){ .name = { 0 } }, NULL), 0);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), 1);
    CHECK_EQ(hello_v1_greeter_count_recv(call, &reply), -EAGAIN);
    CHECK_EQ(calls_n, 1);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void call_that_has_got_something_is_not_tried_again(void **state) {
    (void)state;
    in_memory(is_committed);
}

/* ---- Streams --------------------------------------------------------------------------------- */

static char piece[60 << 10];

/* Sends `n` messages. Returns the call. */
static edo_grpc_call *sends_all(grpc_site *t, int n, size_t bytes) {
    edo_grpc_call *call;
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    for (int i = 0; i < n; i++)
        CHECK_EQ(
            hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { piece, bytes } }),
            0);
    return call;
}

/* Its reply is how many messages have come. */
static void finishes(edo_grpc_call *call, int code, const char *text) {
    hello_v1_reply reply = { .text = EDO_STR("") };
    CHECK_EQ(hello_v1_greeter_greet_all_finish(call, &reply), code);
    if (text) CHECK(edo_str_equal(reply.text, edo_str_of(text)));
    edo_grpc_call_free(call);
}

static int sends_again(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG "}", 2);
    takes_n = 2;
    finishes(sends_all(t, 3, 100), 0, "3");
    CHECK_EQ(calls_n, 3);
    calls_n = 0; // what comes before the first attempt has failed, and behind it
    edo_grpc_call *call = sends_all(t, 2, 100);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(hello_v1_greeter_greet_all_send(call, &(hello_v1_person){ .name = { 0 } }), 0);
    finishes(call, 0, "6");
    CHECK_EQ(calls_n, 3);
    return grpc_site_end(t);
}

static void stream_of_requests_is_sent_again(void **state) {
    (void)state;
    in_memory(sends_again);
}

#define EVEN (1024u - 5 - 3) /* bytes of a name whose message divides all windows and buffers */

/* A send waits behind messages that fill all there is, and is cut before its first byte. */
static int is_cut(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    char text[12];
    int err = 0, n = 0;
    t->server.http2 = &(edo_http2_opts){ .stream_window = 65536 };
    begin(t, CONFIG "}", 1);
    is_gated = true;
    CHECK_EQ(hello_v1_greeter_greet_all(t->ch, &call, NULL), 0);
    for (; err == 0; n++) {
        EDO_DEADLINE(limit, edo_s(1));
        err = edo_deadline_end(&limit, hello_v1_greeter_greet_all_send(
                                           call, &(hello_v1_person){ .name = { piece, EVEN } }));
    }
    CHECK_EQ(err, -ETIMEDOUT);
    edo_sem_release(&gate, 1);
    (void)snprintf(text, sizeof text, "%d", n - 1);
    finishes(call, 0, text);
    CHECK_EQ(calls_n, 2);
    return grpc_site_end(t);
}

static void message_whose_send_was_cut_is_not_sent_again(void **state) {
    (void)state;
    in_memory(is_cut);
}

#define SPOKEN 40

static int speaks(void *arg) {
    char text[12];
    int err = 0;
    for (int i = 0; i < SPOKEN && err == 0; i++) {
        int n = snprintf(text, sizeof text, "%d", i);
        err = hello_v1_greeter_chat_client_send(arg,
                                                &(hello_v1_person){ .name = { text, (size_t)n } });
        if (err == 0 && i % 3 == 0) err = edo_sleep(edo_ms(2));
    }
    return err < 0 ? err : edo_grpc_close_send(arg);
}

static int talks_again(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *call;
    hello_v1_reply reply;
    char text[12];
    begin(t, CONFIG_FROM("0.02s") "}", 3); // over sockets the pauses pass
    takes_n = 5;
    CHECK_EQ(hello_v1_greeter_chat(t->ch, &call, NULL), 0);
    edo_task *speaker = edo_spawn(speaks, call);
    for (int i = 0; i < SPOKEN; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 1);
        CHECK(edo_str_equal(reply.text, edo_str_of(text)));
    }
    CHECK_EQ(hello_v1_greeter_chat_client_recv(call, &reply), 0);
    CHECK_EQ(edo_task_join(speaker), 0);
    CHECK_EQ(calls_n, 4);
    edo_grpc_call_free(call);
    return grpc_site_end(t);
}

static void stream_that_is_sent_beside_is_sent_again_in_its_order(void **state) {
    (void)state;
    on_both(talks_again);
}

static int is_too_much(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG "}", 1);
    takes_n = 4;
    finishes(sends_all(t, 4, sizeof piece), 0, "4");
    CHECK_EQ(calls_n, 2);
    calls_n = 0;
    takes_n = 5; // 300 KiB
    finishes(sends_all(t, 5, sizeof piece), -EAGAIN, NULL);
    CHECK_EQ(calls_n, 1);
    calls_n = 0;
    takes_n = 1;
    has_begun = true; // its metadata come
    finishes(sends_all(t, 1, 1), -EAGAIN, NULL);
    CHECK_EQ(calls_n, 1);
    return grpc_site_end(t);
}

static void stream_that_is_long_or_has_metadata_is_not_sent_again(void **state) {
    (void)state;
    in_memory(is_too_much);
}

#define CROWD 70
#define KEPT  68 /* of them have room for their 240 KiB within 16 MiB */

static int is_too_much_for_all(void *arg) {
    grpc_site *t = arg;
    edo_grpc_call *calls[CROWD];
    begin(t, CONFIG "}", CROWD);
    takes_n = 4;
    is_gated = true;
    for (int round = 0; round < 2; round++) { // in the second one there is room again
        calls_n = 0;
        for (int i = 0; i < CROWD; i++) calls[i] = sends_all(t, 4, sizeof piece);
        edo_sem_release(&gate, CROWD);
        for (int i = 0; i < CROWD; i++) finishes(calls[i], i < KEPT ? 0 : -EAGAIN, NULL);
        CHECK_EQ(calls_n, CROWD + KEPT);
    }
    return grpc_site_end(t);
}

static void all_streams_of_a_channel_keep_16_mib(void **state) {
    (void)state;
    in_memory(is_too_much_for_all);
}

static int awaits_metadata(void *arg) {
    return edo_grpc_recv_metadata(arg);
}

static int is_resumed(void *arg) {
    grpc_site *t = arg;
    begin(t, CONFIG "}", 1);
    edo_grpc_call *call = sends_all(t, 1, 1);
    edo_task *waiter = edo_spawn(awaits_metadata, call);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0); // in the pause
    edo_task_cancel(waiter);
    CHECK_EQ(edo_task_join(waiter), -ECANCELED);
    finishes(call, 0, "1");
    CHECK_EQ(calls_n, 2);
    return grpc_site_end(t);
}

static void wait_that_was_cut_short_in_a_pause_may_be_repeated(void **state) {
    (void)state;
    in_memory(is_resumed);
}

static int has_a_time(void *arg) {
    grpc_site *t = arg;
    // A third call is at 0.8 + 1.6 s at the earliest, the second at 1.2 s at the latest.
    begin(t, "{ \"methodConfig\": [ { \"name\": [ {} ], \"timeout\": \"2.3s\", " POLICY " } ] }",
          9);
    CHECK(ask_ms(t, EDO_GRPC_UNAVAILABLE, edo_s(0)) < 2300);
    CHECK_EQ(calls_n, 2);
    return grpc_site_end(t);
}

static void config_has_a_time(void **state) {
    (void)state;
    in_memory(has_a_time);
}

static void configs_are_checked(void **state) {
    static const char odd_code[] =
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"retryPolicy\": { \"maxAttempts\": 2, "
        "\"initialBackoff\": \"1s\", \"maxBackoff\": \"1s\", \"backoffMultiplier\": 1, "
        "\"retryableStatusCodes\": [ \"ODD\" ] } } ] }";
    static const char *const bad[] = {
        "{",
        "[]",
        "{ \"methodConfig\": [ { \"name\": [ { \"method\": \"x\" } ] } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"timeout\": \"1m\" } ] }",
        "{ \"methodConfig\": [ { \"name\": [ {} ], \"retryPolicy\": { \"maxAttempts\": 1 } } ] }",
        odd_code,
        "{ \"retryThrottling\": { \"maxTokens\": 0, \"tokenRatio\": 1 } }",
        "{ \"loadBalancingConfig\": [ { \"grpclb\": {} }, { \"xds\": {} } ] }",
        "{ \"loadBalancingConfig\": { \"round_robin\": {} } }"
    };
    edo_grpc_channel *ch;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        const edo_grpc_channel_opts opts = { .service_config = edo_str_of(bad[i]) };
        assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &opts), -EINVAL);
    }
    edo_trail_clear();
    const edo_grpc_channel_opts good = { .service_config = EDO_STR("{ \"other\": 1 }") };
    assert_int_equal(edo_grpc_channel_new(&ch, EDO_STR("greeter:1"), &good), 0);
    edo_grpc_channel_unref(ch);
}

/* ---- Interceptors ---------------------------------------------------------------------------- */

static int adds_token(void *arg, edo_grpc_call *call) {
    int err = edo_sleep(edo_ms(5)); // as for a token that is asked for
    CHECK(edo_str_equal(edo_grpc_path(call), EDO_STR("/hello.v1.Greeter/Greet")));
    return err < 0 ? err : edo_grpc_add_metadata(call, "x-token", edo_str_of(arg));
}

static int refuses(void *arg, edo_grpc_call *call) {
    (void)arg;
    return edo_grpc_fail(call, EDO_GRPC_PERMISSION_DENIED, "not from here");
}

static int is_intercepted(void *arg) {
    static char token[] = "open sesame";
    edo_grpc_interceptor all[] = { { .fn = adds_token, .arg = token }, { .fn = refuses } };
    grpc_site *t = arg;
    t->opts.interceptors = all;
    t->opts.interceptors_n = 1;
    begin(t, "", 0);
    asked a = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &a), 0);
    CHECK(edo_str_equal(a.reply.text, EDO_STR("open sesame")));
    asked_deinit(&a);
    CHECK_EQ(grpc_site_end(t), 0);
    t->opts.interceptors_n = 2;
    begin(t, "", 0);
    asked b = { .name = "Ann" };
    CHECK_EQ(greet_of(t, &b), -EACCES);
    CHECK(edo_str_equal(edo_grpc_get_message(b.call), EDO_STR("not from here")));
    asked_deinit(&b);
    CHECK_EQ(calls_n, 0);
    CHECK_EQ(grpc_site_end(t), 0);
    all[0].is_secret = true;
    t->opts.interceptors_n = 1;
    begin(t, "", 0);
    (void)ask_ms(t, EDO_GRPC_UNAUTHENTICATED, edo_s(0));
    CHECK_EQ(calls_n, 0);
    CHECK_EQ(grpc_site_end(t), 0);
    all[0].dangerous_clear = true;
    begin(t, "", 0);
    (void)ask_ms(t, EDO_GRPC_OK, edo_s(0));
    return grpc_site_end(t);
}

static void interceptors_add_metadata_or_end_the_call(void **state) {
    (void)state;
    in_memory(is_intercepted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_of_the_config_is_tried_again),
        cmocka_unit_test(another_attempt_goes_to_another_server),
        cmocka_unit_test(server_says_when_or_that_none_follows),
        cmocka_unit_test(pause_ends_with_the_call),
        cmocka_unit_test(wait_for_another_connection_ends_with_the_call),
        cmocka_unit_test(many_failures_stop_the_retries),
        cmocka_unit_test(call_that_has_got_something_is_not_tried_again),
        cmocka_unit_test(stream_of_requests_is_sent_again),
        cmocka_unit_test(message_whose_send_was_cut_is_not_sent_again),
        cmocka_unit_test(stream_that_is_sent_beside_is_sent_again_in_its_order),
        cmocka_unit_test(stream_that_is_long_or_has_metadata_is_not_sent_again),
        cmocka_unit_test(all_streams_of_a_channel_keep_16_mib),
        cmocka_unit_test(wait_that_was_cut_short_in_a_pause_may_be_repeated),
        cmocka_unit_test(config_has_a_time),
        cmocka_unit_test(configs_are_checked),
        cmocka_unit_test(interceptors_add_metadata_or_end_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
