/* SPDX-License-Identifier: MIT */
/* Goal: messages are compressed where both sides have said so, each by itself, and limits hold
 * behind that.
 * Method: as server_test.c; with messages that zlib has compressed. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/http2.h>
#include <edo/web.h>
#include <edo/web_compress.h>

#define GREET "/hello.v1.Greeter/Greet"
#define COUNT "/hello.v1.Greeter/Count"

static h2_peer peer;

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    out->text = edo_arena_print(edo_grpc_arena(call), "%d %0*d", (int)edo_grpc_was_compressed(call),
                                (int)in->name.len, 0);
    return 0;
}

/* Every second message is not compressed. */
static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int err = 0;
    for (int i = 0; i < 3 && err == 0; i++) {
        edo_grpc_compress(call, i % 2 == 0);
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = in->name });
    }
    return err;
}

static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count };

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void begin(served *s, const edo_grpc_opts *opts) {
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, opts);
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

/* Persons whose names have so many letters, as deflate. */
static const char person_500[] =
    "\x01\x00\x00\x00\x10\x78\xda\xe3\xfa\xc2\x5c\x31\x0a\x46\x1c\x00\x00\x5e\x6d\xeb\x62";
static const char person_10000[] =
    "\x01\x00\x00\x00\x26\x78\xda\xed\xc1\x41\x11\x00\x00\x08\x03\xa0\xbf\xe1\x96\xc7\x18\x46\xb6"
    "\xc7\x0e\x98\xcb\x02\x00\x00\x00\x00\x00\x00\x00\x00\x40\x81\x07\x6b\x1d\x51\x77";

static void put_bytes(bytes *b, const char *from, size_t n) {
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

/* The length of the message that begins at `at`, and whether it is compressed. */
static size_t length_at(const h2_answer *a, size_t at, bool *is_compressed) {
    const unsigned char *head = (const unsigned char *)a->body + at;
    *is_compressed = head[0] == 1;
    return (size_t)head[3] << 8 | head[4];
}

static int both_ways(void *arg) {
    served s;
    bytes b = { .n = 0 };
    bool is_compressed;
    (void)arg;
    begin(&s, &(edo_grpc_opts){ .send_codings = EDO_CODING_DEFLATE,
                                .accept_codings = EDO_CODING_DEFLATE });
    put_bytes(&b, person_500, sizeof person_500 - 1);
    h2_answer *a = grpc_ask_with(&peer, GREET,
                                 "grpc-encoding: deflate\ngrpc-accept-encoding: identity,deflate\n",
                                 &b, false);
    h2_await(&peer, a);
    CHECK(has_status(a, 0) && h2_has(a, "grpc-encoding: deflate\n"));
    CHECK(h2_has(a, "grpc-accept-encoding: identity,deflate\n"));
    CHECK_EQ(length_at(a, 0, &is_compressed), a->body_n - 5);
    CHECK(is_compressed && a->body_n < 100);
    h2_answer *c = grpc_ask_with(&peer, GREET, "grpc-encoding: deflate\n", &b, false);
    h2_await(&peer, c); // it takes none
    CHECK(has_status(c, 0) && !h2_has(c, "grpc-encoding") && c->body_n > 500);
    CHECK(c->body[0] == 0 && memcmp(c->body + 8, "1 000", 5) == 0);
    h2_answer *d = grpc_ask_with(
        &peer, COUNT, "grpc-encoding: deflate\ngrpc-accept-encoding: deflate\n", &b, false);
    h2_await(&peer, d);
    size_t first = length_at(d, 0, &is_compressed);
    CHECK(has_status(d, 0) && is_compressed && first < 100);
    CHECK(length_at(d, first + 5, &is_compressed) == 503 && !is_compressed);
    CHECK_EQ(d->body_n, 2 * (first + 5) + 508);
    h2_answer *e = grpc_ask(&peer, GREET, "grpc-accept-encoding: deflate\n", "x");
    h2_await(&peer, e); // shorter as it is
    CHECK(has_status(e, 0) && e->body[0] == 0 && memcmp(e->body + 7, "0 0", 3) == 0);
    return end(&s);
}

static void messages_are_compressed_both_ways(void **state) {
    (void)state;
    if (!(edo_web_codings() & EDO_CODING_DEFLATE)) {
        print_message("skipped: this build has no deflate\n");
        skip();
    }
    assert_int_equal(inside(both_ways, NULL), 0);
}

static int is_refused(void *arg) {
    served s;
    bytes b = { .n = 0 }, bomb = { .n = 0 };
    (void)arg;
    begin(&s, &(edo_grpc_opts){ .recv_max = 1000, .accept_codings = EDO_CODING_DEFLATE });
    put_bytes(&b, person_500, sizeof person_500 - 1);
    put_bytes(&bomb, person_10000, sizeof person_10000 - 1);
    static const char *const bad[] = { "grpc-encoding: gzip\n", "grpc-encoding: br\n",
                                       "grpc-encoding: \n" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        h2_answer *a = grpc_ask_with(&peer, GREET, bad[i], &b, false);
        h2_await(&peer, a);
        CHECK(has_status(a, 12) && h2_has(a, "grpc-accept-encoding: identity,deflate\n"));
    }
    h2_answer *c = grpc_ask_with(&peer, GREET, "grpc-encoding: identity\n", &b, false);
    h2_answer *d = grpc_ask_with(&peer, GREET, "grpc-encoding: deflate\n", &bomb, false);
    h2_await(&peer, c);
    h2_await(&peer, d);
    CHECK(has_status(c, 13) && has_status(d, 8));
    b.at[20] ^= 1;
    h2_answer *e = grpc_ask_with(&peer, GREET, "grpc-encoding: deflate\n", &b, false);
    h2_await(&peer, e);
    CHECK(has_status(e, 13) && h2_has(e, "grpc-message: a message cannot be decompressed\n"));
    return end(&s);
}

static void unknown_codings_bombs_and_broken_messages_are_refused(void **state) {
    (void)state;
    if (!(edo_web_codings() & EDO_CODING_DEFLATE)) {
        print_message("skipped: this build has no deflate\n");
        skip();
    }
    assert_int_equal(inside(is_refused, NULL), 0);
}

static int is_off(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    put_bytes(&b, person_500, sizeof person_500 - 1);
    h2_answer *a = grpc_ask_with(&peer, GREET, "grpc-encoding: gzip\n", &b, false);
    h2_answer *c = grpc_ask(&peer, GREET, "grpc-accept-encoding: gzip, deflate\n", "x");
    h2_await(&peer, a);
    h2_await(&peer, c);
    CHECK(has_status(a, 12) && h2_has(a, "grpc-accept-encoding: identity\n"));
    CHECK(has_status(c, 0) && !h2_has(c, "grpc-encoding") && !h2_has(c, "grpc-accept-encoding"));
    return end(&s);
}

static void compression_is_off_by_default(void **state) {
    (void)state;
    assert_int_equal(inside(is_off, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_compressed_both_ways),
        cmocka_unit_test(unknown_codings_bombs_and_broken_messages_are_refused),
        cmocka_unit_test(compression_is_off_by_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
