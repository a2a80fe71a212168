/* SPDX-License-Identifier: MIT */
/* Goal: the Connect protocol is served on the routes of a service, calls of one message as plain
 * HTTP, and streams in frames; what is not as it says is a failure that clients can read.
 * Method: requests as curl makes them, by edo/test_web.h over HTTP/1.1, and by nghttp2 where both
 * sides stream. */
#include "grpc_peer.h"
#include "hello.edo.h"
#include "json_site.h"
#include "library.edo.h"

#include <edo/grpc_details.h>
#include <edo/http2.h>
#include <edo/web_compress.h>

#define GREET     "/hello.v1.Greeter/Greet"
#define COUNT     "/hello.v1.Greeter/Count"
#define GREET_ALL "/hello.v1.Greeter/GreetAll"
#define CHAT      "/hello.v1.Greeter/Chat"
#define GET_BOOK  "/library.v1.Library/GetBook"
#define JSON      "application/json"
#define PROTO     "application/proto"

/* ---- The services ---------------------------------------------------------------------------- */

static int fails(edo_grpc_call *call) {
    edo_grpc_field_violation wrong = { EDO_STR("name"), EDO_STR("must not be bad") };
    const edo_grpc_bad_request bad = { &wrong, 1 };
    int err = edo_grpc_detail(call, EDO_GRPC_BAD_REQUEST, &bad, &edo_grpc_bad_request_desc);
    return err < 0 ? err : edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no \"%s\" here", "bad");
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    int err = edo_grpc_add_metadata(call, "x-first", EDO_STR("1"));
    if (err == 0) err = edo_grpc_add_trailer(call, "x-last", edo_grpc_metadata(call, "x-mine"));
    if (err == 0) err = edo_grpc_add_trailer(call, "x-raw-bin", EDO_STR("\0\1"));
    if (err < 0) return err;
    if (edo_str_equal(in->name, EDO_STR("bad"))) return fails(call);
    if (edo_str_equal(in->name, EDO_STR("slow"))) return edo_sleep(edo_s(100));
    if (edo_str_equal(in->name, EDO_STR("broken"))) return -EBADMSG;
    out->text = edo_arena_print(edo_grpc_arena(call), "%d %.*s", edo_grpc_was_compressed(call),
                                (int)in->name.len, in->name.ptr);
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int err = edo_grpc_add_metadata(call, "x-first", EDO_STR("1"));
    for (int i = 0; i < 2 && err == 0; i++)
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = in->name });
    if (err == 0) err = edo_grpc_add_trailer(call, "x-last", EDO_STR("a"));
    if (err == 0) err = edo_grpc_add_trailer(call, "x-last", EDO_STR("b"));
    return err < 0 ? err : edo_str_equal(in->name, EDO_STR("bad")) ? fails(call) : 0;
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    hello_v1_person person;
    int got, n = 0;
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1) n++;
    out->text = edo_arena_print(edo_grpc_arena(call), "%d", n);
    return got;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person;
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        got = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (got < 0) return got;
    }
    return got;
}

static int get_book(edo_grpc_call *call, library_v1_book *out,
                    const library_v1_get_book_request *in) {
    (void)call;
    out->name = in->name;
    out->pages = 7;
    return 0;
}

static const hello_v1_greeter_ops greeter = {
    .greet = greet, .count = count, .greet_all = greet_all, .chat = chat
};
static const library_v1_library_ops library = { .get_book = get_book };

/* A proxy that is its own other side. */
static int passes(edo_grpc_call *call) {
    edo_str message;
    int got = 0;
    while ((got = edo_grpc_recv_bytes(call, &message)) == 1) {
        got = edo_grpc_send_bytes(call, message);
        if (got < 0 || edo_str_equal(message, EDO_STR("twice")))
            return got < 0 ? got : edo_grpc_send_bytes(call, message);
    }
    return got;
}

static int check(edo_web *w, edo_next *next) {
    if (edo_web_header(w, "x-stranger").ptr)
        return edo_grpc_reject(w, EDO_GRPC_UNAUTHENTICATED, "who are you?");
    return edo_next_call(next, w);
}

static edo_router *site(void) {
    const edo_grpc_opts opts = { .connect = true,
                                 .recv_max = 1000,
                                 .send_codings = EDO_CODING_DEFLATE,
                                 .accept_codings = EDO_CODING_DEFLATE };
    static const hello_v1_greeter_ops less = { .greet = greet };
    edo_router *r = edo_router_new(), *off = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, &opts);
    library_v1_library_routes(r, &library, NULL, &opts);
    hello_v1_greeter_routes(off, &less, NULL, NULL);
    edo_grpc_route(r, "/pass/{method}", passes, NULL, &opts);
    edo_router_nest(r, "/off", off);
    edo_router_wrap(r, edo_web_around(check));
    return r;
}

/* Runs a test with the routes. */
static void with_site(int (*fn)(void *)) {
    edo_router *r = site();
    assert_int_equal(inside(fn, r), 0);
    edo_router_free(r);
}

/* ---- One message ----------------------------------------------------------------------------- */

static int is_http(void *r) {
    edo_oneshot got;
    ask_site(&got, r,
             &(asking){ .method = EDO_METHOD_POST,
                        .target = GREET,
                        .fields = "content-type: application/json; charset=utf-8\nx-mine: 5\n"
                                  "connect-protocol-version: 1\nconnect-timeout-ms: 5000\n",
                        .body = EDO_STR("{\"name\":\"Ann\"}") });
    CHECK(has_body(&got, EDO_STATUS_OK, EDO_STR("{\"text\":\"0 Ann\"}")));
    CHECK(edo_str_equal(field_of(&got, "content-type"), EDO_STR(JSON)));
    CHECK(edo_str_equal(field_of(&got, "x-first"), EDO_STR("1")));
    CHECK(edo_str_equal(field_of(&got, "trailer-x-last"), EDO_STR("5")));
    CHECK(edo_str_equal(field_of(&got, "trailer-x-raw-bin"), EDO_STR("AAE")));
    CHECK(!field_of(&got, "grpc-status").ptr);
    edo_oneshot_deinit(&got);
    ask_site_as(&got, r, GREET, PROTO, EDO_STR("\n\3Ann"));
    CHECK(has_body(&got, EDO_STATUS_OK,
                   EDO_STR("\n\5"
                           "0 Ann")));
    CHECK(edo_str_equal(field_of(&got, "content-type"), EDO_STR(PROTO)));
    edo_oneshot_deinit(&got);
    ask_site_as(&got, r, GREET, PROTO, EDO_STR("")); // a message of zeros
    CHECK(has_body(&got, EDO_STATUS_OK,
                   EDO_STR("\n\2"
                           "0 ")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void one_message_is_the_body(void **state) {
    (void)state;
    with_site(is_http);
}

static int is_told(void *r) {
    static const char bad[] =
        "{\"code\":\"not_found\",\"message\":\"no \\\"bad\\\" here\",\"details\":"
        "[{\"type\":\"google.rpc.BadRequest\","
        "\"value\":\"ChcKBG5hbWUSD211c3Qgbm90IGJlIGJhZA\"}]}";
    edo_oneshot got;
    ask_site_as(&got, r, GREET, PROTO, EDO_STR("\n\3bad"));
    CHECK(has_body(&got, EDO_STATUS_NOT_FOUND, edo_str_of(bad)));
    CHECK(edo_str_equal(field_of(&got, "content-type"), EDO_STR(JSON)));
    CHECK(edo_str_equal(field_of(&got, "trailer-x-raw-bin"), EDO_STR("AAE")));
    edo_oneshot_deinit(&got);
    ask_site_as(&got, r, GREET, JSON,
                EDO_STR("{\"name\":\"broken\"}")); // nothing of the inside is told
    CHECK(has_body(&got, EDO_STATUS_INTERNAL_SERVER_ERROR, EDO_STR("{\"code\":\"data_loss\"}")));
    edo_oneshot_deinit(&got);
    ask_site(&got, r,
             &(asking){ .method = EDO_METHOD_POST,
                        .target = GREET,
                        .fields = "content-type: application/json\nx-stranger: 1\n",
                        .body = EDO_STR("{}") });
    CHECK(has_body(&got, EDO_STATUS_UNAUTHORIZED,
                   EDO_STR("{\"code\":\"unauthenticated\",\"message\":\"who are you?\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void failure_is_a_status_of_http_and_json(void **state) {
    (void)state;
    with_site(is_told);
}

static int is_cut(void *r) {
    edo_oneshot got;
    const edo_instant begin = edo_now();
    ask_site(&got, r,
             &(asking){ .method = EDO_METHOD_POST,
                        .target = GREET,
                        .fields = "content-type: application/json\nconnect-timeout-ms: 1500\n",
                        .body = EDO_STR("{\"name\":\"slow\"}") });
    CHECK(has_body(&got, EDO_STATUS_GATEWAY_TIMEOUT,
                   EDO_STR("{\"code\":\"deadline_exceeded\","
                           "\"message\":\"the call's limit of 1s500ms has passed\"}")));
    CHECK_EQ(edo_instant_since(edo_now(), begin).ns, edo_ms(1500).ns);
    edo_oneshot_deinit(&got);
    return 0;
}

static void client_says_how_long_it_waits(void **state) {
    (void)state;
    with_site(is_cut);
}

/* A Person whose name has 500 letters, and one whose name has 10,000, as deflate. */
static const char person_500[] = "\x78\xda\xe3\xfa\xc2\x5c\x31\x0a\x46\x1c\x00\x00\x5e\x6d\xeb\x62";
static const char person_10000[] =
    "\x78\xda\xed\xc1\x41\x11\x00\x00\x08\x03\xa0\xbf\xe1\x96\xc7\x18\x46\xb6"
    "\xc7\x0e\x98\xcb\x02\x00\x00\x00\x00\x00\x00\x00\x00\x40\x81\x07\x6b\x1d\x51\x77";

#define DEFLATED "content-type: application/proto\ncontent-encoding: deflate\n"

static void ask_deflated(edo_oneshot *got, edo_router *r, edo_str body) {
    ask_site(got, r,
             &(asking){ .method = EDO_METHOD_POST,
                        .target = GREET,
                        .fields = DEFLATED "accept-encoding: gzip, deflate\n",
                        .body = body });
}

/* Accept-Encoding is HTTP's own: it has weights, and may be there twice. */
static void ask_by_weight(edo_router *r) {
    static const struct {
        const char *fields;
        bool is_deflated;
    } rows[] = {
        { DEFLATED "accept-encoding: deflate ;q=0\n", false },
        { DEFLATED "accept-encoding: identity, deflate;q=0.5\n", false },
        { DEFLATED "accept-encoding: br;q=1.0, Deflate;q=0.5\n", true },
        { DEFLATED "accept-encoding: gzip\naccept-encoding: deflate\n", true },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_oneshot got;
        ask_site(&got, r,
                 &(asking){ .method = EDO_METHOD_POST,
                            .target = GREET,
                            .fields = rows[i].fields,
                            .body = { person_500, sizeof person_500 - 1 } });
        CHECK_EQ(got.status, EDO_STATUS_OK);
        if (field_of(&got, "content-encoding").ptr ? !rows[i].is_deflated : rows[i].is_deflated)
            edo_test_fail("%s", rows[i].fields);
        edo_oneshot_deinit(&got);
    }
}

static int is_compressed(void *r) {
    edo_oneshot got;
    ask_deflated(&got, r, (edo_str){ person_500, sizeof person_500 - 1 });
    CHECK(got.status == EDO_STATUS_OK && got.body.len < 100);
    CHECK(edo_str_equal(field_of(&got, "content-encoding"), EDO_STR("deflate")));
    CHECK(edo_str_equal(field_of(&got, "accept-encoding"), EDO_STR("identity,deflate")));
    edo_oneshot_deinit(&got);
    ask_by_weight(r);
    ask_deflated(&got, r, EDO_STR("")); // nothing to decompress, and too short to compress
    CHECK(has_body(&got, EDO_STATUS_OK,
                   EDO_STR("\n\2"
                           "0 ")));
    CHECK(!field_of(&got, "content-encoding").ptr);
    edo_oneshot_deinit(&got);
    ask_deflated(&got, r, (edo_str){ person_10000, sizeof person_10000 - 1 });
    CHECK_EQ(got.status, EDO_STATUS_TOO_MANY_REQUESTS);
    edo_oneshot_deinit(&got);
    ask_deflated(&got, r, EDO_STR("\n\3Ann"));
    CHECK(has_body(&got, EDO_STATUS_BAD_REQUEST,
                   EDO_STR("{\"code\":\"invalid_argument\","
                           "\"message\":\"a message cannot be decompressed\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void bodies_are_compressed_both_ways(void **state) {
    (void)state;
    with_site(is_compressed);
}

/* Bad requests: what they have, and what they get. */
typedef struct bad {
    const char *target, *fields, *body;
    edo_status status;
    const char *code; /* "": the body is not Connect's */
} bad;

static const bad bads[] = {
    { GREET, "content-type: application/json\n", "{\"name\":", 400, "invalid_argument" },
    { GREET, "content-type: application/json\n", "{\"name\":5}", 400, "invalid_argument" },
    { GREET, "content-type: application/json\n", "[]", 400, "invalid_argument" },
    { GREET, "content-type: application/json\n", "", 400, "invalid_argument" },
    { GREET, "content-type: application/proto\n",
      "\n\x09"
      "Ann",
      400, "invalid_argument" },
    { GREET, "content-type: application/json\nconnect-protocol-version: 2\n", "{}", 400,
      "invalid_argument" },
    { GREET, "content-type: application/json\nconnect-timeout-ms: 1s\n", "{}", 400,
      "invalid_argument" },
    { GREET, "content-type: application/json\nconnect-timeout-ms: 12345678901\n", "{}", 400,
      "invalid_argument" },
    { GREET, "content-type: application/json\nconnect-timeout-ms: 0\n", "{}", 504,
      "deadline_exceeded" },
    { GREET, "content-type: application/json\ncontent-encoding: br\n", "{}", 501, "unimplemented" },
    { "/hello.v1.Greeter/None", "content-type: application/json\n", "{}", 501, "unimplemented" },
    { "/hello.v1.None/Greet", "content-type: application/json\n", "{}", 404, "" },
    { GREET, "content-type: application/xml\n", "{}", 415, "" },
    { GREET, "content-type: application/jsonp\n", "{}", 415, "" },
    { GREET, "content-type: application/connect+json\n", "", 415, "" },
    { COUNT, "content-type: application/json\n", "{}", 415, "" },
    { CHAT, "content-type: application/connect+json\n", "", 505, "" },
    { "/off" GREET, "content-type: application/json\n", "{}", 415, "" },
};

static int is_refused(void *r) {
    for (size_t i = 0; i < EDO_COUNT(bads); i++) {
        const bad *b = &bads[i];
        char code[64];
        edo_oneshot got;
        ask_site(&got, r,
                 &(asking){ .method = EDO_METHOD_POST,
                            .target = b->target,
                            .fields = b->fields,
                            .body = edo_str_of(b->body) });
        (void)snprintf(code, sizeof code, "{\"code\":\"%s\"", b->code);
        const bool has_code = got.body.len > 0 && strncmp(got.body.ptr, code, strlen(code)) == 0;
        if (got.status != b->status || has_code != (b->code[0] != '\0'))
            (void)fprintf(stderr, "%zu: %d %.*s\n", i, (int)got.status, (int)got.body.len,
                          got.body.ptr);
        CHECK(got.status == b->status && has_code == (b->code[0] != '\0'));
        edo_oneshot_deinit(&got);
    }
    return 0;
}

static void what_is_not_connect_is_refused(void **state) {
    (void)state;
    with_site(is_refused);
}

static int is_long(void *r) {
    char text[1200];
    edo_oneshot got;
    memset(text, ' ', sizeof text);
    ask_site_as(&got, r, GREET, JSON, (edo_str){ text, sizeof text });
    CHECK(has_body(&got, EDO_STATUS_TOO_MANY_REQUESTS,
                   EDO_STR("{\"code\":\"resource_exhausted\","
                           "\"message\":\"the message is longer than 1000\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void body_has_a_limit(void **state) {
    (void)state;
    with_site(is_long);
}

static int is_passed(void *r) {
    edo_oneshot got;
    ask_site_as(&got, r, "/pass/x", PROTO, EDO_STR("\0\xff"));
    CHECK(has_body(&got, EDO_STATUS_OK, EDO_STR("\0\xff")));
    CHECK(edo_str_equal(field_of(&got, "vary"), EDO_STR("accept-encoding")));
    edo_oneshot_deinit(&got);
    ask_site_as(&got, r, "/pass/x", JSON, EDO_STR("twice")); // a body is one message
    CHECK(has_body(&got, EDO_STATUS_INTERNAL_SERVER_ERROR, EDO_STR("{\"code\":\"internal\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void bytes_pass_as_they_are(void **state) {
    (void)state;
    with_site(is_passed);
}

/* ---- GET ------------------------------------------------------------------------------------- */

static const struct {
    const char *target;
    edo_status status;
    const char *body; /* NULL: any */
} gets[] = {
    { GET_BOOK "?connect=v1&encoding=json&message=%7B%22name%22%3A%22a+b%22%7D", 200,
      "{\"name\":\"a b\",\"pages\":\"7\"}" },
    { GET_BOOK "?message=eyJuYW1lIjoiYS_Dvz8ifQ&base64=1&encoding=json&other=1", 200,
      "{\"name\":\"a/\xc3\xbf?\",\"pages\":\"7\"}" },
    { GET_BOOK "?encoding=proto&base64=1&message=CgFh", 200, "\n\1a\x18\7" },
    { GET_BOOK "?encoding=proto&base64=1&message=CgFh&compression=identity", 200, "\n\1a\x18\7" },
    { GET_BOOK "?encoding=proto&message=", 200, "\x18\7" },
    { GET_BOOK "?encoding=proto&base64=1&message=CgFh&compression=br", 501, NULL },
    { GET_BOOK "?encoding=proto&base64=1&message=C*gFh", 400, NULL },
    { GET_BOOK "?encoding=json&message=%7", 400, NULL },
    { GET_BOOK "?encoding=json", 400, NULL },
    { GET_BOOK "?connect=v2&encoding=json&message=%7B%7D", 400,
      "{\"code\":\"invalid_argument\",\"message\":\"connect must be v1\"}" },
    { GET_BOOK "?connect=&encoding=json&message=%7B%7D", 400, NULL },
    { GET_BOOK "?encoding=xml&message=1", 415, NULL },
    { GET_BOOK, 415, NULL },
    { GREET "?encoding=json&message=%7B%7D", 405, NULL }, // it may have side effects
};

static int is_got(void *r) {
    for (size_t i = 0; i < EDO_COUNT(gets); i++) {
        edo_oneshot got;
        ask_site(&got, r, &(asking){ .method = EDO_METHOD_GET, .target = gets[i].target });
        if (got.status != gets[i].status) (void)fprintf(stderr, "%s:\n", gets[i].target);
        CHECK(has_body(&got, gets[i].status,
                       gets[i].body ? edo_str_of(gets[i].body)
                                    : (edo_str){ got.body.ptr, got.body.len }));
        edo_oneshot_deinit(&got);
    }
    edo_oneshot got;
    ask_site(&got, r,
             &(asking){
                 .method = EDO_METHOD_GET, .target = gets[0].target, .fields = "x-stranger: 1\n" });
    CHECK(has_body(&got, EDO_STATUS_UNAUTHORIZED,
                   EDO_STR("{\"code\":\"unauthenticated\",\"message\":\"who are you?\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void safe_methods_have_get(void **state) {
    (void)state;
    with_site(is_got);
}

/* ---- Streams --------------------------------------------------------------------------------- */

/* Appends a frame. */
static void put_frame(bytes *b, uint8_t flags, edo_str text) {
    CHECK(text.len < 256 && b->n + text.len + 5 <= sizeof b->at);
    memcpy(b->at + b->n, (const char[]){ (char)flags, 0, 0, 0, (char)text.len }, 5);
    memcpy(b->at + b->n + 5, text.ptr, text.len);
    b->n += text.len + 5;
}

static edo_str all_of(const bytes *b) {
    return (edo_str){ b->at, b->n };
}

static int is_streamed(void *r) {
    bytes in = { .n = 0 }, out = { .n = 0 };
    edo_oneshot got;
    put_frame(&in, 0, EDO_STR("{\"name\":\"Ann\"}"));
    ask_site_as(&got, r, COUNT, "application/connect+json", all_of(&in));
    put_frame(&out, 0, EDO_STR("{\"text\":\"Ann\"}"));
    put_frame(&out, 0, EDO_STR("{\"text\":\"Ann\"}"));
    put_frame(&out, 2, EDO_STR("{\"metadata\":{\"x-last\":[\"a\",\"b\"]}}"));
    CHECK(has_body(&got, EDO_STATUS_OK, all_of(&out)));
    CHECK(edo_str_equal(field_of(&got, "content-type"), EDO_STR("application/connect+json")));
    CHECK(edo_str_equal(field_of(&got, "x-first"), EDO_STR("1")));
    CHECK(edo_str_equal(field_of(&got, "connect-accept-encoding"), EDO_STR("identity,deflate")));
    edo_oneshot_deinit(&got);
    in.n = out.n = 0;
    put_message(&in, "a");
    put_message(&in, "b");
    ask_site_as(&got, r, GREET_ALL, "application/connect+proto", all_of(&in));
    put_message(&out, "2");
    put_frame(&out, 2, EDO_STR("{}"));
    CHECK(has_body(&got, EDO_STATUS_OK, all_of(&out)));
    edo_oneshot_deinit(&got);
    return 0;
}

static void streams_are_frames_and_an_end(void **state) {
    (void)state;
    with_site(is_streamed);
}

/* Is the last frame, which ends the body, one of an end with that error? */
static bool ends_with(const edo_oneshot *o, const char *code) {
    char text[64];
    (void)snprintf(text, sizeof text, "{\"error\":{\"code\":\"%s\"", code);
    const size_t n = strlen(text);
    for (size_t at = 0; at + 5 + n <= o->body.len; at++)
        if (o->body.ptr[at] == 2 && memcmp(o->body.ptr + at + 5, text, n) == 0)
            return at + 5 + (unsigned char)o->body.ptr[at + 4] == o->body.len;
    (void)fprintf(stderr, "got %d: %.*s\n", (int)o->status, (int)o->body.len, o->body.ptr);
    return false;
}

static const struct {
    edo_str frames;
    const char *code;
} bad_frames[] = {
    { { "\0\0\0\0\5\n\3bad", 10 }, "not_found" },
    { { "", 0 }, "unimplemented" },                      // no message
    { { "\0\0\0\0\0\0\0\0\0\0", 10 }, "unimplemented" }, // two of them
    { { "\2\0\0\0\0", 5 }, "invalid_argument" },         // the flag of an end
    { { "\x80\0\0\0\0", 5 }, "invalid_argument" },       // that of gRPC-Web
    { { "\1\0\0\0\5\n\3Ann", 10 }, "invalid_argument" }, // compressed, but how?
    { { "\0\0\0\0\5\n\3An", 9 }, "invalid_argument" },   // cut off
    { { "\0\0\0", 3 }, "invalid_argument" },             // in its head
    { { "\0\0\0\0\5\n\x09"
        "Ann",
        10 },
      "invalid_argument" },                                // no such message
    { { "\0\0\0\x10\0", 5 }, "resource_exhausted" },       // 4 KiB
    { { "\0\xff\xff\xff\xff", 5 }, "resource_exhausted" }, // 4 GiB
};

static int is_bad(void *r) {
    edo_oneshot got;
    for (size_t i = 0; i < EDO_COUNT(bad_frames); i++) {
        ask_site_as(&got, r, COUNT, "application/connect+proto", bad_frames[i].frames);
        CHECK(got.status == EDO_STATUS_OK && ends_with(&got, bad_frames[i].code));
        edo_oneshot_deinit(&got);
    }
    ask_site(&got, r,
             &(asking){ .method = EDO_METHOD_POST,
                        .target = COUNT,
                        .fields = "content-type: application/connect+proto\nx-stranger: 1\n" });
    CHECK(got.status == EDO_STATUS_OK && ends_with(&got, "unauthenticated"));
    edo_oneshot_deinit(&got);
    return 0;
}

static void failed_stream_ends_with_its_error(void **state) {
    (void)state;
    with_site(is_bad);
}

static h2_peer peer;

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static int is_both(void *r) {
    served s = { .arg = r, .serve_one = serve_one };
    bytes in = { .n = 0 }, out = { .n = 0 };
    CHECK_EQ(edo_router_build(r), 0);
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
    put_message(&in, "a");
    h2_answer *a =
        h2_post(&peer, CHAT, "content-type: application/connect+proto\n", in.at, in.n, true);
    H2_UNTIL(&peer, a->body_n == in.n); // it comes back before the client has ended
    put_message(&in, "b");
    h2_say(&peer, a, in.at + in.n / 2, in.n / 2, false);
    h2_await(&peer, a);
    put_message(&out, "a");
    put_message(&out, "b");
    put_frame(&out, 2, EDO_STR("{}"));
    CHECK(a->status == 200 && a->body_n == out.n && memcmp(a->body, out.at, out.n) == 0);
    CHECK_EQ(serve_end(&s), 0);
    h2_end(&peer);
    return 0;
}

static void both_sides_stream_over_http2(void **state) {
    (void)state;
    with_site(is_both);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_message_is_the_body),
        cmocka_unit_test(failure_is_a_status_of_http_and_json),
        cmocka_unit_test(client_says_how_long_it_waits),
        cmocka_unit_test(bodies_are_compressed_both_ways),
        cmocka_unit_test(what_is_not_connect_is_refused),
        cmocka_unit_test(body_has_a_limit),
        cmocka_unit_test(bytes_pass_as_they_are),
        cmocka_unit_test(safe_methods_have_get),
        cmocka_unit_test(streams_are_frames_and_an_end),
        cmocka_unit_test(failed_stream_ends_with_its_error),
        cmocka_unit_test(both_sides_stream_over_http2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
