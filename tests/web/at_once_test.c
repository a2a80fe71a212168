/* SPDX-License-Identifier: MIT */
/* Goal: what a handler is told at once, since the whole body has come, and a client, whose URL is
 * none, takes from the task's budget and sees a limit.
 * Method: support/at_once.h; handlers of requests in memory. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/http_server.h>
#include <edo/test_web.h>
#include <edo/web.h>
#include <edo/ws_client.h>

#include "at_once.h"

typedef struct word {
    edo_str text;
} word;
EDO_DESCRIBE(word, EDO_FIELD(word, text))

typedef struct put_word {
    word body;
} put_word;
EDO_DESCRIBE(put_word, EDO_FIELD_OF(put_word, body, word_desc, .in = EDO_IN_BODY))

static edo_web *now;

static int body(void) {
    edo_str text;
    return edo_web_body(now, &text);
}

static int text(void) {
    edo_str is;
    return edo_web_text(now, &is);
}

static int json(void) {
    word is;
    return edo_web_json(now, &is, &word_desc);
}

static int form(void) {
    word is;
    return edo_web_form(now, &is, &word_desc);
}

static int protobuf(void) {
    word is;
    return edo_web_protobuf(now, &is, &word_desc);
}

static int extract(void) {
    put_word is;
    return edo_web_extract(now, &is, &put_word_desc);
}

static int collect(void) {
    edo_str is;
    return edo_request_collect(edo_web_request(now), &is, 100);
}

static const at_once_row rows[] = {
    { "edo_web_body", "it has come", NULL, body, NULL },
    { "edo_web_text", "it has come", NULL, text, NULL },
    { "edo_web_json", "it has come", NULL, json, NULL },
    { "edo_web_form", "it is none", NULL, form, NULL },
    { "edo_web_protobuf", "it is none", NULL, protobuf, NULL },
    { "edo_web_extract", "it has come", NULL, extract, NULL },
    { "edo_request_collect", "it has come", NULL, collect, NULL },
};
static size_t tried_n;

static int tries(edo_web *w) {
    now = w;
    at_once_try(&rows[tried_n]);
    tried_n++;
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static int ask_each(void *arg) {
    (void)arg;
    edo_router *r = edo_router_new();
    CHECK(r != NULL);
    edo_router_post(r, "/", tries);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_oneshot out;
        edo_headers headers;
        edo_headers_init(&headers);
        CHECK_EQ(edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/json")),
                 0);
        const edo_http_request req = { .method = EDO_METHOD_POST,
                                       .target = EDO_STR("/"),
                                       .headers = &headers,
                                       .data = EDO_STR("{\"text\": \"said\"}") };
        CHECK_EQ(edo_web_oneshot(&out, r, &req, NULL), 0);
        CHECK_EQ(out.status, EDO_STATUS_NO_CONTENT);
        edo_oneshot_deinit(&out);
        edo_headers_deinit(&headers);
    }
    edo_router_free(r);
    return 0;
}

/* ---- Clients --------------------------------------------------------------------------------- */

static int fetch_nothing(void) {
    edo_http_response *res;
    return edo_fetch(&res, EDO_STR("http://["), NULL);
}

static int fetch_refused(void) {
    edo_http_response *res;
    return edo_fetch(&res, EDO_STR("http://a"), &(edo_fetch_opts){ .reserved = { 1 } });
}

static int ws_connect_to_nothing(void) {
    edo_ws *ws;
    return edo_ws_connect(&ws, EDO_STR("ws://["), NULL);
}

static void each_call_of_a_client_takes_from_the_budget_and_sees_a_limit(void **state) {
    (void)state;
    static const at_once_row of_clients[] = {
        { "edo_fetch", "a URL that is none", NULL, fetch_nothing, NULL },
        { "edo_fetch", "options that it refuses", NULL, fetch_refused, NULL },
        { "edo_ws_connect", "a URL that is none", NULL, ws_connect_to_nothing, NULL },
    };
    at_once_check(of_clients, EDO_COUNT(of_clients));
}

static void each_call_of_a_handler_takes_from_the_budget_and_sees_a_limit(void **state) {
    (void)state;
    assert_int_equal(inside_real(ask_each, NULL), 0);
    assert_int_equal(tried_n, EDO_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_of_a_client_takes_from_the_budget_and_sees_a_limit),
        cmocka_unit_test(each_call_of_a_handler_takes_from_the_budget_and_sees_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
