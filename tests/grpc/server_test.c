/* SPDX-License-Identifier: MIT */
/* Goal: a service is served as gRPC wants it: the four kinds of calls, how many messages each has,
 * statuses that always come, content types, limits, metadata.
 * Method: a client by nghttp2 over memory that makes the messages by hand. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/http2.h>
#include <edo/web.h>

static h2_peer peer;

#define GREET     "/hello.v1.Greeter/Greet"
#define COUNT     "/hello.v1.Greeter/Count"
#define GREET_ALL "/hello.v1.Greeter/GreetAll"
#define CHAT      "/hello.v1.Greeter/Chat"

/* ---- Handlers -------------------------------------------------------------------------------- */

/* What Greet does is told by the name. */
static int greets_oddly(edo_grpc_call *call, hello_v1_reply *out, edo_str name) {
    if (edo_str_equal(name, EDO_STR("fail")))
        return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no %s%%\n", "h\xc3\xa9");
    static const char mark[12] = "away for now"; // as the libraries of databases mark a line
    if (edo_str_equal(name, EDO_STR("away"))) return edo_fail_with(-EBUSY, &mark, "a secret");
    if (edo_str_equal(name, EDO_STR("busy"))) return edo_fail(-EBUSY, "a secret");
    if (edo_str_equal(name, EDO_STR("refused"))) return edo_fail(-ECONNREFUSED, "a secret");
    if (edo_str_equal(name, EDO_STR("broken"))) return edo_fail(-EPIPE, "a secret");
    if (edo_str_equal(name, EDO_STR("known"))) return -ENOENT;
    if (edo_str_equal(name, EDO_STR("again"))) {
        (void)edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "a detour");
        return edo_str_equal(out->text, EDO_STR("")) ? 0 : -EIO;
    }
    if (edo_str_equal(name, EDO_STR("other"))) {
        (void)edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "a detour");
        return -EEXIST;
    }
    if (edo_str_equal(name, EDO_STR("no utf-8"))) out->text = EDO_STR("\xff");
    if (edo_str_equal(name, EDO_STR("ok is no failure")))
        return edo_grpc_fail(call, EDO_GRPC_OK, "really");
    return 0;
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    if (in->name.len > 0 && in->name.ptr[0] >= 'a') return greets_oddly(call, out, in->name);
    out->text = edo_arena_print(edo_grpc_arena(call), "Hello, %.*s!", (int)in->name.len,
                                in->name.len > 0 ? in->name.ptr : "");
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int n = (int)in->name.len, err = 0;
    for (int i = 0; i < n && err == 0; i++) {
        const hello_v1_reply reply = { .text = { in->name.ptr + i, 1 } };
        err = hello_v1_greeter_count_send(call, &reply);
    }
    return err < 0 || n > 0 ? err : edo_grpc_fail(call, EDO_GRPC_OUT_OF_RANGE, "none");
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got, n = 0;
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1) {
        if (edo_str_equal(person.name, EDO_STR("enough"))) break;
        n++;
    }
    out->text = edo_arena_print(edo_grpc_arena(call), "%d of %s", n,
                                edo_grpc_arg(call) ? (char *)edo_grpc_arg(call) : "none");
    return got < 0 ? got : 0;
}

static const hello_v1_greeter_ops greeter = { .greet = greet,
                                              .count = count,
                                              .greet_all = greet_all };

/* ---- The server ------------------------------------------------------------------------------ */

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "a page");
}

static void begin(served *s, const edo_grpc_opts *opts) {
    static char arg[] = "us";
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, arg, opts);
    edo_router_get(r, "/", hello);
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

/* ---- Calls ----------------------------------------------------------------------------------- */

static int calls(void *arg) {
    served s;
    (void)arg;
    begin(&s, NULL);
    h2_answer *a = grpc_ask(&peer, GREET, NULL, "Ann"), *b = grpc_ask(&peer, COUNT, NULL, "abc");
    h2_await(&peer, a);
    h2_await(&peer, b);
    CHECK(has_status(a, 0) && has_message(a, "Hello, Ann!"));
    CHECK(h2_has(a, "content-type: application/grpc\n") && !h2_has(a, "grpc-message"));
    CHECK(!h2_has(a, "trailer: "));
    CHECK(strstr(a->head, "content-type") < strstr(a->head, "grpc-status"));
    CHECK(has_status(b, 0) && b->body_n == 24 && a->error == 0);
    bytes all = { .n = 0 };
    put_message(&all, "Ben");
    put_message(&all, "");
    put_message(&all, "Ann");
    h2_answer *c = grpc_ask_with(&peer, GREET_ALL, NULL, &all, false);
    h2_await(&peer, c);
    CHECK(has_status(c, 0) && has_message(c, "3 of us"));
    all.n = 0;
    h2_answer *d = grpc_ask_with(&peer, GREET_ALL, NULL, &all, false); // no message is fine here
    h2_await(&peer, d);
    CHECK(has_status(d, 0) && has_message(d, "0 of us"));
    return end(&s);
}

static void calls_of_each_kind_end_with_ok(void **state) {
    (void)state;
    assert_int_equal(inside(calls, NULL), 0);
}

static int fails(void *arg) {
    served s;
    (void)arg;
    static const struct {
        const char *name, *line;
        int status;
    } rows[] = {
        { "fail", "grpc-message: no h%C3%A9%25%0A\n", 5 },
        { "broken", NULL, 2 },
        { "away", NULL, EDO_GRPC_UNAVAILABLE },
        { "busy", NULL, EDO_GRPC_FAILED_PRECONDITION },
        { "refused", NULL, EDO_GRPC_UNAVAILABLE },
        { "known", NULL, 5 },
        { "other", NULL, 6 },
        { "no utf-8", NULL, 13 },
        { "ok is no failure", "grpc-message: really\n", 2 },
    };
    begin(&s, NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        h2_answer *a = grpc_ask(&peer, GREET, NULL, rows[i].name);
        h2_await(&peer, a);
        CHECK(has_status(a, rows[i].status) && a->body_n == 0);
        if (rows[i].line) CHECK(h2_has(a, rows[i].line));
        CHECK(h2_has(a, "grpc-message") == (rows[i].line != NULL));
        CHECK(!strstr(a->head, "secret"));
        CHECK(h2_has(a, "content-type: application/grpc\n"));
    }
    h2_answer *a = grpc_ask(&peer, GREET, NULL, "again"); // it was told, and did not count
    h2_await(&peer, a);
    CHECK(has_status(a, 0));
    h2_answer *b = grpc_ask(&peer, COUNT, NULL, "");
    h2_await(&peer, b);
    CHECK(has_status(b, 11) && h2_has(b, "grpc-message: none\n"));
    return end(&s);
}

static void failures_are_told_by_status_alone_unless_the_handler_says_more(void **state) {
    (void)state;
    assert_int_equal(inside(fails, NULL), 0);
}

static int is_missing(void *arg) {
    served s;
    (void)arg;
    begin(&s, NULL);
    static const char *const paths[] = { CHAT, "/hello.v1.Greeter/Nothing", "/hello.v1.Other/Greet",
                                         "/", "/hello.v1.Greeter/a/b" };
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        h2_answer *a = grpc_ask(&peer, paths[i], NULL, "x");
        h2_await(&peer, a);
        CHECK(has_status(a, 12) || (i == 3 && a->status == 405));
        CHECK(a->body_n == 0 || i == 3);
    }
    h2_answer *b =
        h2_post(&peer, "/hello.v1.Other/Greet", "content-type: text/plain\n", "x", 1, false);
    h2_answer *c = h2_ask(&peer, "GET", GREET, NULL), *d = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, b);
    h2_await(&peer, c);
    h2_await(&peer, d);
    CHECK(b->status == 404 && c->status == 405 && d->status == 200);
    return end(&s);
}

static void what_is_not_there_is_unimplemented(void **state) {
    (void)state;
    assert_int_equal(inside(is_missing, NULL), 0);
}

static int has_types(void *arg) {
    served s;
    (void)arg;
    static const struct {
        const char *type;
        int status;
    } rows[] = {
        { "content-type: application/grpc+proto\n", 200 },
        { "content-type: Application/GRPC; charset=utf-8\n", 200 },
        { "content-type: application/grpc+thrift\n", 415 },
        { "content-type: application/grpcx\n", 415 },
        { "content-type: application/json\n", 415 },
        { "content-type: application/grpc-web\n", 415 },
        { "content-type: application/grpc-web-text+proto\n", 415 },
        { "", 415 },
    };
    bytes b = { .n = 0 };
    begin(&s, NULL);
    put_message(&b, "Ann");
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        h2_answer *a = h2_post(&peer, GREET, rows[i].type, b.at, b.n, false);
        h2_await(&peer, a);
        CHECK_EQ(a->status, rows[i].status);
        if (i == 0) CHECK(h2_has(a, "content-type: application/grpc+proto\n"));
        if (rows[i].status == 200) CHECK(has_status(a, 0));
    }
    b.n = (size_t)snprintf(b.at, sizeof b.at, "%c%c%c%c%c%s", 0, 0, 0, 0, 14, "{\"name\":\"Ann\"}");
    h2_answer *j = h2_post(&peer, GREET, "content-type: application/grpc+json\n", b.at, b.n, false);
    h2_await(&peer, j);
    CHECK(has_status(j, 0) && memcmp(j->body + 5, "{\"text\":\"Hello, Ann!\"}", 22) == 0);
    return end(&s);
}

static void content_types_choose_the_codec_or_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(has_types, NULL), 0);
}

static int counts_messages(void *arg) {
    served s;
    (void)arg;
    bytes none = { .n = 0 }, two = { .n = 0 };
    begin(&s, NULL);
    put_message(&two, "Ann");
    put_message(&two, "Ben");
    for (int i = 0; i < 2; i++) {
        h2_answer *a = grpc_ask_with(&peer, i == 0 ? GREET : COUNT, NULL, &none, false);
        h2_answer *b = grpc_ask_with(&peer, i == 0 ? GREET : COUNT, NULL, &two, false);
        h2_await(&peer, a);
        h2_await(&peer, b);
        CHECK(has_status(a, 12) && has_status(b, 12) && a->body_n == 0 && b->body_n == 0);
    }
    return end(&s);
}

static void none_or_two_messages_where_there_is_one_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(counts_messages, NULL), 0);
}

static int checks_messages(void *arg) {
    served s;
    (void)arg;
    static const struct {
        const char *bytes;
        size_t n;
        int status;
    } rows[] = {
        { "\0\0\0\0\5\n\3An", 9, 13 },   // cut off
        { "\0\0\0", 3, 13 },             // within its head
        { "\1\0\0\0\5\n\3Ann", 10, 13 }, // compressed, without a coding
        { "\2\0\0\0\5\n\3Ann", 10, 13 }, // flags that nobody knows
        { "\0\0\0\0\5\n\4Ann", 10, 13 }, // no protobuf
        { "\0\0\0\0\3\n\1\xff", 8, 13 }, // no UTF-8
        { "\0\0\0\0\x0b\n\x09"
          "123456789",
          16, 8 }, // longer than 10
        { "\0\xff\xff\xff\xff", 5, 8 },
        { "\0\0\0\0\x0a\n\x08"
          "12345678",
          15, 0 },
    };
    begin(&s, &(edo_grpc_opts){ .recv_max = 10 });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        h2_answer *a = h2_post(&peer, GREET, GRPC_FIELDS, rows[i].bytes, rows[i].n, false);
        h2_answer *b = h2_post(&peer, GREET_ALL, GRPC_FIELDS, rows[i].bytes, rows[i].n, false);
        h2_await(&peer, a);
        h2_await(&peer, b);
        CHECK(has_status(a, rows[i].status) && has_status(b, rows[i].status));
        CHECK(h2_has(a, "grpc-message: ") == (rows[i].status != 0));
    }
    return end(&s);
}

static void bad_and_long_messages_have_their_status(void **state) {
    (void)state;
    assert_int_equal(inside(checks_messages, NULL), 0);
}

static int has_default_limit(void *arg) {
    served s;
    static char big[EDO_GRPC_RECV_MAX + 16];
    (void)arg;
    begin(&s, NULL);
    for (int over = 0; over < 2; over++) {
        uint32_t n = EDO_GRPC_RECV_MAX + (uint32_t)over, text = n - 5;
        memset(big, 'A', sizeof big);
        memcpy(big, "\0", 1);
        for (int i = 0; i < 4; i++) big[1 + i] = (char)(n >> (24 - 8 * i));
        big[5] = '\n';
        for (int i = 0; i < 4; i++)
            big[6 + i] = (char)((text >> (7 * i) & 127) | (i < 3 ? 128 : 0));
        h2_answer *a = h2_post(&peer, GREET, GRPC_FIELDS, big, n + 5, false);
        h2_await(&peer, a);
        CHECK(has_status(a, over ? 8 : 0) && (a->body_n == 0) == (over == 1));
    }
    return end(&s);
}

static void messages_of_four_mib_are_the_longest(void **state) {
    (void)state;
    assert_int_equal(inside(has_default_limit, NULL), 0);
}

static int limits_sent(void *arg) {
    served s;
    (void)arg;
    begin(&s, &(edo_grpc_opts){ .send_max = 11 });
    h2_answer *a = grpc_ask(&peer, GREET, NULL, "A"), *b = grpc_ask(&peer, GREET, NULL, "AB");
    h2_await(&peer, a);
    h2_await(&peer, b);
    CHECK(has_status(a, 0) && has_status(b, 8) && b->body_n == 0);
    return end(&s);
}

static void long_replies_are_not_sent(void **state) {
    (void)state;
    assert_int_equal(inside(limits_sent, NULL), 0);
}

static int ends_early(void *arg) {
    served s;
    bytes b = { .n = 0 };
    (void)arg;
    begin(&s, NULL);
    put_message(&b, "enough");
    h2_answer *a = grpc_ask_with(&peer, GREET_ALL, NULL, &b, true); // it would go on
    h2_answer *c = grpc_ask_with(&peer, "/hello.v1.Greeter/Nothing", NULL, &b, true);
    H2_UNTIL(&peer, a->closed && c->closed);
    CHECK(has_status(a, 0) && a->error == NGHTTP2_NO_ERROR && has_message(a, "0 of us"));
    CHECK(has_status(c, 12) && c->error == NGHTTP2_NO_ERROR);
    return end(&s);
}

static void status_comes_also_while_the_client_still_sends(void **state) {
    (void)state;
    assert_int_equal(inside(ends_early, NULL), 0);
}

/* What a header that protoc-gen-edo made before `file` came leaves in the table of today: the bytes
 * of its files and their number stand there one member too early. */
static void table_of_an_older_generator_is_refused(void **state) {
    static const unsigned char files[] = { 10, 0 };
    const void *set = files;
    edo_grpc_service old = { .name = "old.v1.None", .file = set };
    const uintptr_t files_n = sizeof files;
    memcpy(&old.bindings, &files_n, sizeof files_n);
    edo_router *r = edo_router_new();
    (void)state;
    edo_grpc_routes(r, &old, NULL, NULL, NULL);
    assert_int_equal(edo_router_build(r), -EINVAL);
    const edo_trail_entry *e = edo_trail_find(-EINVAL);
    assert_non_null(e);
    assert_non_null(strstr(e->text, "old.v1.None is of an older protoc-gen-edo"));
    edo_router_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_each_kind_end_with_ok),
        cmocka_unit_test(failures_are_told_by_status_alone_unless_the_handler_says_more),
        cmocka_unit_test(what_is_not_there_is_unimplemented),
        cmocka_unit_test(content_types_choose_the_codec_or_are_refused),
        cmocka_unit_test(none_or_two_messages_where_there_is_one_are_refused),
        cmocka_unit_test(bad_and_long_messages_have_their_status),
        cmocka_unit_test(messages_of_four_mib_are_the_longest),
        cmocka_unit_test(long_replies_are_not_sent),
        cmocka_unit_test(status_comes_also_while_the_client_still_sends),
        cmocka_unit_test(table_of_an_older_generator_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
