/* SPDX-License-Identifier: MIT */
/* Goal: a router, its requests and its WebSockets meet the end of memory without a loss.
 * Method: the first allocation fails, then the second, until all goes well; what a test needs for
 * itself it has before. */
#include "fail_alloc.h"
#include "ws_client.h"

#include <edo/web_layers.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name))

static int echoes_item(edo_web *w) {
    item it;
    int err = edo_web_json(w, &it, &item_desc);
    if (err == 0) err = edo_web_set_header(w, "x-own", "some value");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &it, &item_desc);
}

static int says_name(edo_web *w) {
    item it;
    int err = edo_web_params(w, &it, &item_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &it, &item_desc);
}

static bool has_fiber; /* the socket: otherwise it is functions */

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static const edo_ws_handler functions = { .on_message = say_again };

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    if (!has_fiber) return edo_ws_handle(w, &functions, NULL, NULL);
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int goes_on(edo_web *w, edo_next *next) {
    return edo_next_call(next, w);
}

static edo_router *large_router(void) {
    edo_router *r = edo_router_new(), *inner = edo_router_new(), *other = edo_router_new();
    edo_router_get(inner, "/", says_name);
    edo_router_get(inner, "/{id}/{name}", says_name);
    edo_router_get(inner, "/a/long/way/to/{id}", says_name);
    edo_router_fallback(inner, says_name);
    edo_router_wrap_all(inner, edo_web_around(goes_on));
    edo_router_post(other, "/items", echoes_item);
    edo_router_get(other, "/echo", echo);
    edo_router_get(other, "/img-{name}.png", says_name);
    edo_router_get(other, "/files/{*name}", says_name);
    edo_router_wrap(other, edo_web_around(goes_on));
    edo_router_nest(r, "/in", inner);
    edo_router_merge(r, other);
    edo_router_wrap_routes(r, edo_web_around(goes_on), edo_web_around(goes_on));
    return r;
}

static void router_without_memory_says_so(void **state) {
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        fail_alloc_in = k;
        edo_router *r = large_router();
        err = edo_router_build(r);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_router_free(r);
    }
    assert_true(k > 10);
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* Asks while one allocation fails; returns whether there was one. */
static bool ask_without(web_served *s, int k, heard *h, const char *request) {
    *h = (heard){ 0 };
    edo_stream *c = client_of(&s->http);
    CHECK_EQ(edo_yield(), 0);
    fail_alloc_in = k;
    say(c, request);
    (void)hear_until(c, h, NULL);
    bool has_failed = fail_alloc_in == 0;
    fail_alloc_in = 0;
    edo_close(c);
    return has_failed;
}

static int requests(void *arg) {
    static const char *const cases[][2] = {
        { "POST /items HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: "
          "application/json\r\n"
          "content-length: 26\r\n\r\n{\"id\":7,\"name\":\"a\\n\\tb c\"}",
          "{\"id\":7,\"name\":\"a\\n\\tb c\"}" },
        { "GET /in/7/%41n HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
          "{\"id\":7,\"name\":\"An\"}" },
        { "GET /in/x/y HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", " 400 " },
        { "PUT /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", " 405 " },
        { "GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", " 404 " },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    web_begin(&s, large_router());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        for (int k = 1; ask_without(&s, k, &h, cases[i][0]); k++) {
            bool is_fine = has(&h, cases[i][1]) || has_no_memory(&h);
            if (!is_fine) (void)fprintf(stderr, "%s%d: %s\n", cases[i][0], k, h.text);
            CHECK(is_fine);
        }
        CHECK(has(&h, cases[i][1]));
    }
    return web_end(&s);
}

static void request_without_memory_has_its_response_or_a_500(void **state) {
    (void)state;
    assert_int_equal(inside(requests, NULL), 0);
}

/* The path is copied before a route, and so what it says, is known. */
static int long_paths(void *arg) {
    static char request[6000] = "GET /";
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = large_router();
    heard h;
    bool has_failed = true;
    (void)arg;
    memset(request + 5, 'a', 5000);
    (void)snprintf(request + 5005, sizeof request - 5005,
                   " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    edo_router_normalize_path(r, EDO_PATH_SLASH_APPENDED);
    web_begin(&s, r);
    for (int k = 1; has_failed; k++) {
        has_failed = ask_without(&s, k, &h, request);
        CHECK(has(&h, " 404 ") || has_no_memory(&h));
    }
    CHECK(has(&h, " 404 "));
    return web_end(&s);
}

static void path_without_memory_is_a_500(void **state) {
    (void)state;
    assert_int_equal(inside(long_paths, NULL), 0);
}

/* ---- WebSockets ------------------------------------------------------------------------------ */

#define HALF_HEAD 3 /* bytes */

static char long_text[10000];

/* Speaks with the server while one allocation fails. Returns whether there was one. */
static bool speak_without(web_served *s, int k, bool *is_whole) {
    heard h = { 0 };
    edo_stream *c = client_of(&s->http);
    CHECK_EQ(edo_yield(), 0);
    fail_alloc_in = k;
    say(c, HELLO "\r\n");
    if (hear_until(c, &h, "\r\n\r\n") && has(&h, " 101 ")) {
        char got[sizeof long_text];
        size_t n = print_frame(wire, 0x01, long_text, sizeof long_text / 2), got_n;
        n += print_frame(wire + n, PING, "p", 1);
        n += print_frame(wire + n, 0x80, long_text, sizeof long_text / 2);
        n += print_frame(wire + n, CLOSE_, "\x03\xe8", 2);
        CHECK_EQ(edo_write_all(c, wire, HALF_HEAD), 0); // which waits for the rest
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        (void)edo_write_all(c, wire + HALF_HEAD, n - HALF_HEAD); // it may have been closed
        unsigned first = hear_frame(c, got, &got_n);
        if (first == PONG) first = hear_frame(c, got, &got_n);
        *is_whole = first == TEXT && got_n == sizeof long_text;
        if (!*is_whole) CHECK_EQ(first, CLOSE_);
    }
    bool has_failed = fail_alloc_in == 0;
    fail_alloc_in = 0;
    edo_close(c);
    return has_failed;
}

static int sockets(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    bool is_whole = false;
    (void)arg;
    memset(long_text, 'x', sizeof long_text);
    web_begin(&s, large_router());
    for (int fiber = 0; fiber < 2; fiber++) {
        has_fiber = fiber;
        for (int k = 1; speak_without(&s, k, &is_whole); k++) continue;
        CHECK(is_whole);
    }
    return web_end(&s);
}

static void socket_without_memory_ends_with_a_close(void **state) {
    (void)state;
    assert_int_equal(inside(sockets, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(router_without_memory_says_so),
        cmocka_unit_test(request_without_memory_has_its_response_or_a_500),
        cmocka_unit_test(path_without_memory_is_a_500),
        cmocka_unit_test(socket_without_memory_ends_with_a_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
