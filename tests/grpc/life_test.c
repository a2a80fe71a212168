/* SPDX-License-Identifier: MIT */
/* Goal: a call lives as long as its deadline and its client allow: time and resets cancel the
 * handler, whoever does not read stops the other, silence ends nothing.
 * Method: as server_test.c; the clock jumps. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/http2.h>
#include <edo/web.h>

#define GREET     "/hello.v1.Greeter/Greet"
#define COUNT     "/hello.v1.Greeter/Count"
#define GREET_ALL "/hello.v1.Greeter/GreetAll"
#define CHAT      "/hello.v1.Greeter/Chat"

static h2_peer peer;
static int begun_n, running, result, sent; /* begun_n: of handlers of streams */
static int64_t left_ms;

/* ---- Handlers -------------------------------------------------------------------------------- */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_duration left = edo_grpc_deadline(call);
    left_ms = left.ns < 0 ? -1 : left.ns / 1000000;
    out->text = in->name;
    running++;
    result = in->name.len > 0 ? edo_sleep(edo_ms(10)) : edo_sleep(edo_hours(2));
    running--;
    return result;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    static char page[1000];
    memset(page, '.', sizeof page);
    const hello_v1_reply reply = { .text = { page, sizeof page } };
    (void)in;
    begun_n++;
    running++;
    for (result = 0; result == 0; sent++) result = hello_v1_greeter_count_send(call, &reply);
    running--;
    return result;
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    begun_n++;
    running++;
    while ((result = hello_v1_greeter_greet_all_recv(call, &person)) == 1) {
    }
    running--;
    out->text = EDO_STR("all");
    return result;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    begun_n++;
    running++;
    while ((result = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        result = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (result < 0) break;
    }
    running--;
    return result;
}

static const hello_v1_greeter_ops greeter = {
    .greet = greet, .count = count, .greet_all = greet_all, .chat = chat
};

/* ---- The server ------------------------------------------------------------------------------ */

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void begin_with(served *s, const edo_grpc_opts *opts, uint32_t window) {
    const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window } };
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, opts);
    CHECK_EQ(edo_router_build(r), 0);
    begun_n = running = result = sent = 0;
    *s = (served){ .arg = r, .serve_one = serve_one };
    serve_begin(s);
    if (window > 0)
        h2_begin_holding(&peer, client_of(s), settings, 1);
    else
        h2_begin(&peer, client_of(s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
}

static void begin(served *s, const edo_grpc_opts *opts) {
    begin_with(s, opts, 0);
}

static int end(served *s) {
    CHECK_EQ(serve_end(s), 0);
    h2_end(&peer);
    edo_router_free(s->arg);
    return 0;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int is_timed(void *arg) {
    served s;
    static const struct {
        const char *name, *fields;
        int status;
        int64_t left_ms;
    } rows[] = {
        { "x", NULL, 0, 1000 },
        { "x", "grpc-timeout: 5S\n", 0, 1000 },
        { "x", "grpc-timeout: 500m\n", 0, 500 },
        { "x", "grpc-timeout: 5m\n", 4, 5 },
        { "", NULL, 4, 1000 },
        { "", "grpc-timeout: 50000u\n", 4, 50 },
        { "x", "grpc-timeout: 0n\n", 4, 0 },
        { "x", "grpc-timeout: 5s\n", 13, 0 },
        { "x", "grpc-timeout: 123456789n\n", 13, 0 },
    };
    (void)arg;
    begin(&s, &(edo_grpc_opts){ .timeout = edo_s(1) });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        left_ms = 0;
        result = 0;
        h2_answer *a = grpc_ask(&peer, GREET, rows[i].fields, rows[i].name);
        h2_await(&peer, a);
        CHECK(has_status(a, rows[i].status) && running == 0);
        CHECK_EQ(left_ms, rows[i].left_ms);
        CHECK_EQ(result, rows[i].status == 4 && left_ms > 0 ? -ECANCELED : 0);
    }
    return end(&s);
}

static void smaller_deadline_of_both_sides_cancels_the_handler(void **state) {
    (void)state;
    assert_int_equal(inside(is_timed, NULL), 0);
}

static int waits_for_a_message(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    put_message(&b, "x");
    h2_answer *a = grpc_ask_with(&peer, GREET_ALL, "grpc-timeout: 1S\n", &b, true);
    h2_answer *c = grpc_ask_with(&peer, GREET, "grpc-timeout: 1S\n", &b, true); // does not end
    h2_await(&peer, a);
    h2_await(&peer, c);
    CHECK(has_status(a, 4) && has_status(c, 4) && running == 0);
    return end(&s);
}

static void deadline_ends_a_wait_for_messages(void **state) {
    (void)state;
    assert_int_equal(inside(waits_for_a_message, NULL), 0);
}

static int is_silent(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    h2_answer *a = grpc_ask_with(&peer, CHAT, NULL, &b, true);
    h2_send(&peer);
    put_message(&b, "x");
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(edo_sleep(edo_hours(1)), 0);
        h2_say(&peer, a, b.at, b.n, i < 3);
        H2_UNTIL(&peer, a->body_n == (size_t)i * b.n);
    }
    h2_await(&peer, a);
    CHECK(has_status(a, 0));
    return end(&s);
}

static void streams_may_be_silent_for_hours(void **state) {
    (void)state;
    assert_int_equal(inside(is_silent, NULL), 0);
}

/* ---- The client ------------------------------------------------------------------------------ */

static int leaves(void *arg) {
    served s;
    static const char *const paths[] = { GREET, GREET_ALL, CHAT, COUNT };
    (void)arg;
    begin_with(&s, NULL, 1000);
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        bytes b = { .n = 0 };
        put_message(&b, "");
        h2_answer *a = grpc_ask_with(&peer, paths[i], NULL, &b, i == 1 || i == 2);
        h2_send(&peer);
        WAIT_FOR(running == 1);
        CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
        h2_send(&peer);
        WAIT_FOR(running == 0);
        CHECK(result == -ECANCELED || (i == 3 && result == -ECONNRESET));
    }
    return end(&s);
}

static void reset_cancels_the_handler_of_each_kind(void **state) {
    (void)state;
    assert_int_equal(inside(leaves, NULL), 0);
}

static int does_not_read(void *arg) {
    served s;
    (void)arg;
    begin_with(&s, NULL, 20000);
    h2_answer *a = grpc_ask(&peer, COUNT, NULL, "x");
    H2_UNTIL(&peer, a->body_n == 20000);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    const int before = sent;
    CHECK(before >= 20 && before <= 20 + 66); // what was read, and 64 KiB of `send_buf`
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK(sent == before && running == 1);
    for (int n = 40000; n <= 60000; n += 20000) { // it reads, until half of `send_buf` is free
        CHECK_EQ(nghttp2_session_consume(peer.session, a->id, 20000), 0);
        H2_UNTIL(&peer, a->body_n == (size_t)n);
    }
    WAIT_FOR(sent > before);
    CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
    h2_send(&peer);
    WAIT_FOR(running == 0);
    return end(&s);
}

static void sends_wait_for_a_client_that_does_not_read(void **state) {
    (void)state;
    assert_int_equal(inside(does_not_read, NULL), 0);
}

/* The client reads on: what has come by now, and what comes, each time after a nap. */
static void reads_on(h2_answer *a, edo_duration nap) {
    for (size_t read = 0; !a->ended && !a->closed;) {
        const size_t n = a->body_n - read;
        if (n > 0) CHECK_EQ(nghttp2_session_consume(peer.session, a->id, n), 0);
        read += n;
        CHECK_EQ(edo_sleep(nap), 0);
        CHECK(h2_turn(&peer));
    }
}

#define COUNTED (1000u + 3 + 5) /* bytes of a message of count(), the last of which is refused */

/* The time passes while a message waits for room: behind the queued ones, or amid its bytes. */
static int is_cut(void *arg) {
    static const uint32_t windows[] = { 20000, 50 * COUNTED, 3000 };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(windows); i++) {
        served s;
        begin_with(&s, NULL, windows[i]);
        h2_answer *a = grpc_ask(&peer, COUNT, "grpc-timeout: 5S\n", "x");
        H2_UNTIL(&peer, a->body_n == windows[i]);
        CHECK_EQ(edo_sleep(edo_s(6)), 0);
        CHECK(running == 0 && result == -ECANCELED);
        reads_on(a, edo_ms(0));
        CHECK(has_status(a, 4) && a->body_n == (size_t)(sent - 1) * COUNTED);
        CHECK_EQ(end(&s), 0);
    }
    return 0;
}

static void deadline_amid_a_message_lets_its_rest_and_the_status_through(void **state) {
    (void)state;
    assert_int_equal(inside(is_cut, NULL), 0);
}

/* The handler has ended amid a message, and the client reads what it has left, a window after each
 * nap: for longer than `write_timeout`, within which it has to take something. */
static h2_answer *reads_the_rest(served *s, uint32_t window, edo_duration nap) {
    begin_with(s, NULL, window);
    h2_answer *a = grpc_ask(&peer, COUNT, "grpc-timeout: 2S\n", "x");
    H2_UNTIL(&peer, a->body_n == window);
    WAIT_FOR(running == 0 && begun_n == 1);
    const edo_instant begun = edo_now();
    reads_on(a, nap);
    CHECK(edo_instant_since(edo_now(), begun).ns >= edo_s(30).ns);
    return a;
}

static int is_read_slowly(void *arg) {
    served s;
    (void)arg;
    h2_answer *a = reads_the_rest(&s, 5000, edo_s(10));
    CHECK(has_status(a, 4) && a->body_n == (size_t)(sent - 1) * COUNTED);
    return end(&s);
}

static void rest_has_time_while_the_client_reads(void **state) {
    (void)state;
    assert_int_equal(inside(is_read_slowly, NULL), 0);
}

/* The client takes much, so that the least rate leaves it time, and then nothing: the time counts
 * from what it took last. */
static int is_left_unread(void *arg) {
    served s;
    (void)arg;
    begin_with(&s, NULL, 20000);
    h2_answer *a = grpc_ask(&peer, COUNT, "grpc-timeout: 2S\n", "x");
    H2_UNTIL(&peer, a->body_n == 20000);
    WAIT_FOR(running == 0 && begun_n == 1);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    CHECK_EQ(nghttp2_session_consume(peer.session, a->id, 20000), 0);
    H2_UNTIL(&peer, a->body_n == 40000);
    const edo_instant taken = edo_now();
    H2_UNTIL(&peer, a->closed);
    const int64_t after = edo_instant_since(edo_now(), taken).ns;
    CHECK(!a->ended && a->error == NGHTTP2_CANCEL);
    CHECK(after > edo_s(29).ns && after < edo_s(31).ns);
    return end(&s);
}

static void rest_that_is_left_unread_has_its_time_once(void **state) {
    (void)state;
    assert_int_equal(inside(is_left_unread, NULL), 0);
}

/* Something at each nap, and 100 bytes a second in all. */
static int is_read_too_slowly(void *arg) {
    served s;
    (void)arg;
    h2_answer *a = reads_the_rest(&s, 1000, edo_s(10));
    CHECK(!a->ended && a->error == NGHTTP2_CANCEL && a->body_n < 10000);
    return end(&s);
}

static void rest_that_is_read_slower_than_the_least_rate_is_reset(void **state) {
    (void)state;
    assert_int_equal(inside(is_read_too_slowly, NULL), 0);
}

/* A limit of the routes' own, and a client that reads all the time. */
static int is_limited(void *arg) {
    served s;
    (void)arg;
    begin_with(&s, &(edo_grpc_opts){ .timeout = edo_ms(50) }, 20000);
    h2_answer *a = grpc_ask(&peer, COUNT, NULL, "x");
    reads_on(a, edo_ms(1));
    CHECK(has_status(a, 4) && a->body_n == (size_t)(sent - 1) * COUNTED && sent > 0);
    return end(&s);
}

static void limit_of_a_route_ends_a_busy_stream_with_deadline_exceeded(void **state) {
    (void)state;
    assert_int_equal(inside(is_limited, NULL), 0);
}

/* ---- The end of the server ------------------------------------------------------------------- */

/* A call with a stream, of which one message has come back. */
static h2_answer *converses(bytes *b) {
    put_message(b, "x");
    h2_answer *a = grpc_ask_with(&peer, CHAT, NULL, b, true);
    H2_UNTIL(&peer, a->body_n == b->n);
    return a;
}

static int hears_the_end(served *s) {
    while (h2_turn(&peer)) {
    }
    return end(s);
}

static int is_drained(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    h2_answer *talk = converses(&b), *one = grpc_ask(&peer, GREET, NULL, "x");
    h2_send(&peer);
    WAIT_FOR(running == 2);
    const edo_instant begun = edo_now();
    edo_task_cancel(s.task);
    h2_await(&peer, talk);
    CHECK(has_status(talk, 14) && h2_has(talk, "grpc-message: the server ends"));
    CHECK(edo_instant_since(edo_now(), begun).ns < edo_ms(10).ns);
    h2_await(&peer, one);
    CHECK(has_status(one, 0)); // it has an end of its own
    return hears_the_end(&s);
}

static void streams_end_with_unavailable_when_the_drain_begins(void **state) {
    (void)state;
    assert_int_equal(inside(is_drained, NULL), 0);
}

/* The server drains, and the client, which has not read that yet, begins a stream of each kind. */
static int is_late(void *arg) {
    static const char *const paths[] = { COUNT, GREET_ALL, CHAT };
    h2_answer *late[EDO_COUNT(paths)];
    char notice[1000];
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    put_message(&b, "x");
    edo_task_cancel(s.task);
    const int n = edo_read(peer.stream, notice, sizeof notice);
    CHECK(n > 0);
    for (size_t i = 0; i < EDO_COUNT(paths); i++)
        late[i] = grpc_ask_with(&peer, paths[i], NULL, &b, i > 0);
    h2_answer *one = grpc_ask(&peer, GREET, NULL, "x");
    h2_send(&peer);
    CHECK_EQ(nghttp2_session_mem_recv(peer.session, (uint8_t *)notice, (size_t)n), n);
    CHECK_EQ(peer.goaway_first, INT32_MAX);
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        h2_await(&peer, late[i]);
        CHECK(has_status(late[i], 14) && h2_has(late[i], "grpc-message: the server ends"));
    }
    h2_await(&peer, one);
    CHECK(has_status(one, 0));
    CHECK_EQ(begun_n, 0);
    return hears_the_end(&s);
}

static void stream_that_comes_while_the_server_drains_does_not_begin(void **state) {
    (void)state;
    assert_int_equal(inside(is_late, NULL), 0);
}

/* The server drains while a message waits for room. */
static h2_answer *drains_amid_a_send(served *s) {
    begin_with(s, NULL, 5000);
    h2_answer *a = grpc_ask(&peer, COUNT, NULL, "x");
    H2_UNTIL(&peer, a->body_n == 5000);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_task_cancel(s->task);
    WAIT_FOR(running == 0);
    CHECK_EQ(result, -ECANCELED);
    return a;
}

static int is_drained_amid_a_send(void *arg) {
    served s;
    (void)arg;
    h2_answer *a = drains_amid_a_send(&s);
    reads_on(a, edo_ms(0));
    CHECK(has_status(a, 14) && h2_has(a, "grpc-message: the server ends"));
    CHECK(a->body_n == (size_t)(sent - 1) * COUNTED);
    return hears_the_end(&s);
}

static void drain_amid_a_message_lets_its_rest_and_the_status_through(void **state) {
    (void)state;
    assert_int_equal(inside(is_drained_amid_a_send, NULL), 0);
}

/* The handler has ended long before the drain, whose five seconds are the client's, and begin anew
 * while it reads. */
static int is_drained_later(void *arg) {
    served s;
    (void)arg;
    begin_with(&s, NULL, 5000);
    h2_answer *a = grpc_ask(&peer, COUNT, "grpc-timeout: 2S\n", "x");
    H2_UNTIL(&peer, a->body_n == 5000);
    CHECK_EQ(edo_sleep(edo_s(12)), 0);
    CHECK(running == 0 && result == -ECANCELED);
    edo_task_cancel(s.task);
    reads_on(a, edo_s(1));
    CHECK(has_status(a, 4) && a->body_n == (size_t)(sent - 1) * COUNTED);
    return hears_the_end(&s);
}

static void rest_of_a_stream_that_has_ended_before_the_drain_goes_out(void **state) {
    (void)state;
    assert_int_equal(inside(is_drained_later, NULL), 0);
}

/* The client does not read, so it gets no status. */
static int is_drained_unread(void *arg) {
    served s;
    (void)arg;
    h2_answer *a = drains_amid_a_send(&s);
    const edo_instant begun = edo_now();
    H2_UNTIL(&peer, a->closed);
    CHECK(!a->ended && a->error != NGHTTP2_NO_ERROR);
    CHECK(edo_instant_since(edo_now(), begun).ns <= edo_s(5).ns);
    return hears_the_end(&s);
}

static void stream_that_waits_to_send_holds_no_drain(void **state) {
    (void)state;
    assert_int_equal(inside(is_drained_unread, NULL), 0);
}

static int goes_on(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, &(edo_grpc_opts){ .streams_stay = true });
    h2_answer *a = converses(&b);
    edo_task_cancel(s.task);
    H2_UNTIL(&peer, peer.goaways > 0);
    h2_say(&peer, a, b.at, b.n, false);
    h2_await(&peer, a);
    CHECK(has_status(a, 0) && a->body_n == 2 * b.n);
    return hears_the_end(&s);
}

static void streams_stay_by_option(void **state) {
    (void)state;
    assert_int_equal(inside(goes_on, NULL), 0);
}

/* The handler is cancelled at the end of the drain, and its task with it: its status still goes
 * out, of gRPC-Web as the last frame of the body. */
static int is_killed(void *arg) {
    served s;
    static const char *const types[] = { "application/grpc", "application/grpc-web" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        char fields[200];
        bytes b = { .n = 0 };
        begin(&s, &(edo_grpc_opts){ .streams_stay = true, .web = true });
        put_message(&b, "x");
        (void)snprintf(fields, sizeof fields,
                       ":method: POST\n:scheme: http\n:path: " CHAT
                       "\n:authority: x\ncontent-type: %s\n",
                       types[i]);
        h2_answer *a = h2_ask_raw(&peer, fields, false);
        h2_say(&peer, a, b.at, b.n, true);
        H2_UNTIL(&peer, a->body_n == b.n);
        edo_task_cancel(s.task); // and 20 s later the handlers
        h2_await(&peer, a);
        CHECK(a->ended && result == -ECANCELED);
        const char *last = i == 0 ? a->head : a->body + b.n + 5;
        CHECK(strstr(last, "grpc-status: 14"));
        CHECK_EQ(hears_the_end(&s), 0);
    }
    return 0;
}

static void handlers_that_are_cancelled_have_their_status(void **state) {
    (void)state;
    assert_int_equal(inside(is_killed, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smaller_deadline_of_both_sides_cancels_the_handler),
        cmocka_unit_test(deadline_ends_a_wait_for_messages),
        cmocka_unit_test(streams_may_be_silent_for_hours),
        cmocka_unit_test(reset_cancels_the_handler_of_each_kind),
        cmocka_unit_test(sends_wait_for_a_client_that_does_not_read),
        cmocka_unit_test(deadline_amid_a_message_lets_its_rest_and_the_status_through),
        cmocka_unit_test(rest_has_time_while_the_client_reads),
        cmocka_unit_test(rest_that_is_left_unread_has_its_time_once),
        cmocka_unit_test(rest_that_is_read_slower_than_the_least_rate_is_reset),
        cmocka_unit_test(limit_of_a_route_ends_a_busy_stream_with_deadline_exceeded),
        cmocka_unit_test(streams_end_with_unavailable_when_the_drain_begins),
        cmocka_unit_test(stream_that_comes_while_the_server_drains_does_not_begin),
        cmocka_unit_test(drain_amid_a_message_lets_its_rest_and_the_status_through),
        cmocka_unit_test(rest_of_a_stream_that_has_ended_before_the_drain_goes_out),
        cmocka_unit_test(stream_that_waits_to_send_holds_no_drain),
        cmocka_unit_test(streams_stay_by_option),
        cmocka_unit_test(handlers_that_are_cancelled_have_their_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
