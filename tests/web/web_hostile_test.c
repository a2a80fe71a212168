/* SPDX-License-Identifier: MIT */
/* Goal: whatever a client sends, it is told what is wrong, and never that the server has failed; a
 * router outlives its handlers.
 * Method: requests that are wrong in many ways; a handler that ignores its end. */
#include "web_server.h"

#include <edo/scope.h>

typedef struct item {
    int64_t number;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, number, .min = 0), EDO_FIELD(item, name, .max_len = 400))

static int takes_json(edo_web *w) {
    item it;
    int err = edo_web_json(w, &it, &item_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &it, &item_desc);
}

static edo_router *item_router(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/json", takes_json);
    return r;
}

/* Asks, and checks that the response is 200 or says what is wrong. */
static void ask_about(web_served *s, const char *body) {
    heard h;
    web_ask(s, &h, "POST /json", "application/json", body);
    bool is_told = has(&h, " 200 ") || has(&h, " 400 ") || has(&h, " 422 ");
    if (!is_told) (void)fprintf(stderr, "%s\n%s\n", body, h.text);
    CHECK(is_told);
}

static int deep(void *arg) {
    static char nested[3000];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    web_begin(&s, item_router());
    static const char *const bodies[] = { "",
                                          " ",
                                          "nul",
                                          "null",
                                          "1e999",
                                          "{\"number\":1e999,\"name\":\"a\"}",
                                          "{\"number\":99999999999999999999,\"name\":\"a\"}",
                                          "{\"number\":1,\"number\":2,\"name\":\"a\"}",
                                          "\xef\xbb\xbf{}",
                                          "{\"number\":1.5,\"name\":\"a\"}",
                                          "{\"name\":\"\\ud800\",\"number\":1}",
                                          "{\"number\":1,\"name\":\"\\u0000\"}",
                                          "{\"number\":1,\"name\":\"a\"}x",
                                          "{\"number\":1,\"name\":\"a\"}{}",
                                          "[[[[",
                                          "\"\xff\"",
                                          "{\"\xff\":1}",
                                          "{\"a\xff\":1,\"number\":1,\"name\":\"\"}" };
    for (size_t i = 0; i < EDO_COUNT(bodies); i++) ask_about(&s, bodies[i]);
    memset(nested, '[', sizeof nested - 1);
    ask_about(&s, nested);
    (void)snprintf(nested, 20, "{\"number\":1,\"x\":");
    memset(nested + strlen(nested), '[', 100);
    ask_about(&s, nested);
    return web_end(&s);
}

static void json_of_any_shape_is_told(void **state) {
    (void)state;
    assert_int_equal(inside(deep, NULL), 0);
}

/* ---- What a handler tells -------------------------------------------------------------------- */

/* Tells of a name that is longer than a detail may be: of characters, or of what is none. */
static int tells(edo_web *w) {
    edo_str how = edo_web_query_text(w);
    const char *part = edo_str_equal(how, EDO_STR("bad")) ? "\xff" : "\xc3\xa9 \xe2\x82\xac";
    char name[1201] = "";
    for (size_t at = 0; at < sizeof name - 1; at += strlen(part))
        memcpy(name + at, part, strlen(part));
    return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "%.*sno user %s", (int)how.len, how.ptr,
                                 name);
}

static int details(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_router_get(r, "/", tells);
    web_begin(&s, r);
    static const char *const lines[] = { "GET /",      "GET /?1",     "GET /?12", "GET /?123",
                                         "GET /?1234", "GET /?12345", "GET /?bad" };
    for (size_t i = 0; i < EDO_COUNT(lines); i++) {
        web_ask(&s, &h, lines[i], NULL, NULL);
        if (!has(&h, " 404 ")) (void)fprintf(stderr, "%s: %s\n", lines[i], h.text);
        CHECK(has(&h, " 404 ") && has(&h, "no user"));
    }
    return web_end(&s);
}

static void long_detail_is_cut_between_characters(void **state) {
    (void)state;
    assert_int_equal(inside(details, NULL), 0);
}

static int slow(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    web_begin(&s, item_router());
    edo_stream *c = client_of(&s.http);
    say(c, "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
           "9\r\n\r\n{");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, " 408 ") && has(&h, "too slowly"));
    edo_close(c);
    return web_end(&s);
}

static void body_that_comes_too_slowly_is_a_408(void **state) {
    (void)state;
    assert_int_equal(inside(slow, NULL), 0);
}

/* ---- The life of a router -------------------------------------------------------------------- */

static bool is_deaf, may_deaf_end, is_deaf_over;

static int deaf(edo_web *w) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(100));
    is_deaf = true;
    WAIT_FOR(may_deaf_end);
    (void)edo_shield_end(&shield, 0);
    CHECK(edo_str_equal(edo_web_matched_path(w), EDO_STR("/deaf")));
    is_deaf_over = true;
    return 0;
}

static int closed_listener(void *arg) {
    web_served s = { .http.opts = { .drain_max = edo_ms(50), .cancel_max = edo_ms(50) } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/deaf", deaf);
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    say(c, "GET /deaf HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(is_deaf);
    edo_listener_close(s.http.listener);
    int err = edo_task_join(s.http.task);
    CHECK_EQ(err, -ETIMEDOUT);
    may_deaf_end = true;
    WAIT_FOR(is_deaf_over);
    edo_close(c); // the router was freed when the handler had returned
    return 0;
}

static void router_outlives_handlers_although_a_listener_has_failed(void **state) {
    (void)state;
    assert_int_equal(inside_real(closed_listener, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_any_shape_is_told),
        cmocka_unit_test(long_detail_is_cut_between_characters),
        cmocka_unit_test(body_that_comes_too_slowly_is_a_408),
        cmocka_unit_test(router_outlives_handlers_although_a_listener_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
