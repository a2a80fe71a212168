/* SPDX-License-Identifier: MIT */
/* Goal: metadata come and go where they belong, layers see and reject calls, and bytes pass as they
 * are.
 * Method: as server_test.c. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/grpc_details.h>
#include <edo/http2.h>
#include <edo/web.h>

#define GREET     "/hello.v1.Greeter/Greet"
#define GREET_ALL "/hello.v1.Greeter/GreetAll"

static h2_peer peer;
static bool has_peer;

/* ---- Handlers -------------------------------------------------------------------------------- */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const edo_str one = edo_grpc_metadata(call, "x-text"),
                  two = edo_grpc_metadata_at(call, "x-text", 1);
    const edo_str raw = edo_grpc_metadata_at(call, "x-raw-bin", 1);
    CHECK(!edo_grpc_metadata(call, "x-none").ptr && !edo_grpc_metadata_at(call, "x-text", 2).ptr);
    CHECK(edo_str_equal(edo_grpc_path(call), EDO_STR(GREET)));
    if (one.ptr) CHECK_EQ(edo_grpc_add_metadata(call, "x-one", one), 0);
    if (two.ptr) CHECK_EQ(edo_grpc_add_trailer(call, "x-two", two), 0);
    if (raw.ptr) CHECK_EQ(edo_grpc_add_trailer(call, "x-raw-bin", raw), 0);
    CHECK_EQ(edo_grpc_add_metadata(call, "grpc-mine", EDO_STR("x")), -EINVAL);
    CHECK_EQ(edo_grpc_add_trailer(call, "X-Capital", EDO_STR("x")), -EINVAL);
    CHECK_EQ(edo_grpc_add_trailer(call, "x-line", EDO_STR("a\nb")), -EINVAL);
    out->text = in->name;
    edo_grpc_field_violation wrong = { EDO_STR("name"), EDO_STR("odd") };
    const edo_grpc_bad_request bad = { &wrong, 1 };
    CHECK_EQ(edo_grpc_detail(call, EDO_GRPC_BAD_REQUEST, &bad, &edo_grpc_bad_request_desc), 0);
    if (edo_str_equal(in->name, EDO_STR("fail")))
        return edo_grpc_fail(call, EDO_GRPC_ABORTED, "no");
    return 0;
}

/* Sends its metadata before there is a message. */
static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got;
    CHECK_EQ(edo_grpc_add_metadata(call, "x-early", EDO_STR("1")), 0);
    CHECK_EQ(edo_grpc_send_metadata(call), 0);
    CHECK_EQ(edo_grpc_send_metadata(call), -EBUSY);
    CHECK_EQ(edo_grpc_add_metadata(call, "x-late", EDO_STR("1")), -EBUSY);
    CHECK_EQ(edo_grpc_add_trailer(call, "x-late", EDO_STR("2")), 0);
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1) {
    }
    out->text = EDO_STR("x");
    return got;
}

/* Fills the trailers up. */
static int count(edo_grpc_call *call, const hello_v1_person *in) {
    static char text[1000];
    int n = 0, err;
    (void)in;
    memset(text, 'x', sizeof text);
    do err = edo_grpc_add_trailer(call, "x-long", (edo_str){ text, sizeof text });
    while (err == 0 && n++ < 100);
    CHECK_EQ(err, -EMSGSIZE);
    CHECK_EQ(n, 5);
    memset(text, '%', sizeof text); // each of them is three bytes
    return edo_grpc_fail(call, EDO_GRPC_ABORTED, "%.*s", (int)sizeof text, text);
}

static const hello_v1_greeter_ops greeter = { .greet = greet,
                                              .greet_all = greet_all,
                                              .count = count };

/* A proxy that is its own other side: each message comes back. */
static int passes(edo_grpc_call *call) {
    edo_str message;
    int got = 0;
    while ((got = edo_grpc_recv_bytes(call, &message)) == 1) {
        got = edo_grpc_send_bytes(call, message);
        if (got < 0) break;
    }
    return got;
}

static int check(edo_web *w, edo_next *next) {
    edo_addr addr;
    has_peer = edo_request_peer(edo_web_request(w), &addr) != 0; // a pipe in memory has none
    if (edo_str_equal(edo_web_header(w, "authorization"), EDO_STR("Bearer bad")))
        return edo_grpc_reject(w, EDO_GRPC_UNAUTHENTICATED, "who are %s?", "you");
    return edo_next_call(next, w);
}

/* ---- The server ------------------------------------------------------------------------------ */

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void begin(served *s) {
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, NULL);
    edo_grpc_route(r, "/pass.{service}/{method}", passes, NULL, NULL);
    edo_router_wrap(r, edo_web_around(check));
    CHECK_EQ(edo_router_build(r), 0);
    *s = (served){ .arg = r, .serve_one = serve_one };
    serve_begin(s);
    h2_begin(&peer, client_of(s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
}

static int end(served *s) {
    CHECK_EQ(serve_end(s), 0);
    h2_end(&peer);
    edo_router_free(s->arg);
    return 0;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int echoes(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    const char *fields = "x-text: a, b\nx-text: c\nx-raw-bin: AAE=,/w\n";
    h2_answer *a = grpc_ask(&peer, GREET, fields, "ann"),
              *b = grpc_ask(&peer, GREET, fields, "fail");
    h2_await(&peer, a);
    h2_await(&peer, b);
    CHECK(has_status(a, 0) && has_status(b, 10));
    h2_answer *both[] = { a, b };
    for (int i = 0; i < 2; i++) {
        const char *head = both[i]->head, *status = strstr(head, "grpc-status");
        CHECK(strstr(head, "x-one: a, b\n") && strstr(head, "x-one") < status);
        CHECK(strstr(head, "content-type") < strstr(head, "x-two: c\n")); // of the trailers
        CHECK(strstr(head, "x-raw-bin: /w\n"));
    }
    CHECK(a->body_n > 0 && b->body_n == 0);
    CHECK(!h2_has(a, "grpc-status-details-bin") && h2_has(b, "grpc-status-details-bin: CAoSAm5v"));
    return end(&s);
}

static void metadata_come_back_in_head_and_trailers(void **state) {
    (void)state;
    assert_int_equal(inside(echoes, NULL), 0);
}

static int is_early(void *arg) {
    served s;
    bytes none = { .n = 0 };
    (void)arg;
    begin(&s);
    h2_answer *a = grpc_ask_with(&peer, GREET_ALL, NULL, &none, true);
    H2_UNTIL(&peer, a->status == 200);
    CHECK(h2_has(a, "x-early: 1\n") && !a->ended && a->body_n == 0);
    h2_say(&peer, a, none.at, 0, false);
    h2_await(&peer, a);
    CHECK(has_status(a, 0) && has_message(a, "x") && h2_has(a, "x-late: 2\n"));
    return end(&s);
}

static void metadata_can_be_sent_before_a_message(void **state) {
    (void)state;
    assert_int_equal(inside(is_early, NULL), 0);
}

static int is_full(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = grpc_ask(&peer, "/hello.v1.Greeter/Count", NULL, "x");
    h2_await(&peer, a);

    CHECK(a->status == 200 && a->ended && a->error == 0);
    return end(&s);
}

static void status_comes_whatever_goes_with_it(void **state) {
    (void)state;
    assert_int_equal(inside(is_full, NULL), 0);
}

static int is_rejected(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    has_peer = false;
    h2_answer *a = grpc_ask(&peer, GREET, "authorization: Bearer bad\n", "ann");
    h2_answer *b = grpc_ask(&peer, GREET, "authorization: Bearer good\n", "ann");
    h2_await(&peer, a);
    h2_await(&peer, b);
    CHECK(has_status(a, 16) && h2_has(a, "grpc-message: who are you?\n") && a->body_n == 0);
    CHECK(has_status(b, 0) && has_peer);
    return end(&s);
}

static void layer_rejects_by_metadata(void **state) {
    (void)state;
    assert_int_equal(inside(is_rejected, NULL), 0);
}

static int pass_through(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s);
    memcpy(b.at, "\0\0\0\0\3\xff\0\xfe\0\0\0\0\0", 13); // no protobuf, and a message without bytes
    b.n = 13;
    h2_answer *a = h2_post(&peer, "/pass.any.Service/Method",
                           "content-type: application/grpc+own\n", b.at, b.n, false);
    h2_await(&peer, a);
    CHECK(has_status(a, 0) && a->body_n == b.n && memcmp(a->body, b.at, b.n) == 0);
    CHECK(h2_has(a, "content-type: application/grpc+own\n"));
    return end(&s);
}

static void bytes_of_any_codec_pass(void **state) {
    (void)state;
    assert_int_equal(inside(pass_through, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_come_back_in_head_and_trailers),
        cmocka_unit_test(metadata_can_be_sent_before_a_message),
        cmocka_unit_test(status_comes_whatever_goes_with_it),
        cmocka_unit_test(layer_rejects_by_metadata),
        cmocka_unit_test(bytes_of_any_codec_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
