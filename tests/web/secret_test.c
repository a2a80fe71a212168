/* SPDX-License-Identifier: MIT */
/* Goal: a secret is read from each format, and no response made of a description has it, unless it
 * is one that a response is to have; what the program keeps and sends to others has it.
 * Method: one struct with a secret in each place there is, through a router in this process. */
#include "inside.h"

#include <edo/json.h>
#include <edo/openapi.h>
#include <edo/sse.h>
#include <edo/test_web.h>
#include <edo/web_call.h>

#include <string.h>

typedef struct account {
    edo_str name, hash, token;
} account;
EDO_DESCRIBE(account, EDO_FIELD(account, name), EDO_FIELD(account, hash, .secret = true),
             EDO_FIELD(account, token, .secret = true, .reply = true))

typedef struct pins {
    edo_str pin, code;
} pins;
EDO_DESCRIBE(pins, EDO_FIELD(pins, pin, .secret = true, .preset = "pr3set"),
             EDO_FIELD(pins, code, .secret = true, .reply = true, .preset = "pr3set"))

typedef struct access {
    int by;
    union {
        edo_str key;
        int64_t port;
    } u;
} access_way;
EDO_DESCRIBE_UNION(access_way, by,
                   EDO_FIELD(access_way, u.key, EDO_AS("key"), .tag = 1, .secret = true),
                   EDO_FIELD(access_way, u.port, EDO_AS("port"), .tag = 2))

typedef struct setting {
    edo_str name, value;
} setting;
EDO_DESCRIBE(setting, EDO_FIELD(setting, name), EDO_FIELD(setting, value, .secret = true))

typedef struct whole {
    account owner;
    access_way way;
    setting *settings;
    size_t settings_n;
    access_way ways[2];
    account hidden;
    edo_str *keys;
    size_t keys_n;
} whole;
EDO_DESCRIBE(whole, EDO_FIELD_OF(whole, owner, account_desc),
             EDO_FIELD_OF(whole, way, access_way_desc),
             EDO_FIELD_LIST_OF(whole, settings, settings_n, setting_desc, .map = true),
             EDO_FIELD_FIXED_OF(whole, ways, access_way_desc),
             EDO_FIELD_OF(whole, hidden, account_desc, .secret = true),
             EDO_FIELD_LIST(whole, keys, keys_n, .secret = true))

static whole example(void) {
    static setting one = { { "a", 1 }, { "s3cret", 6 } };
    static edo_str key = { "s3cret", 6 };
    const account owner = { EDO_STR("ann"), EDO_STR("s3cret"), EDO_STR("t0ken") };
    return (whole){ .owner = owner,
                    .way = { 1, { .key = EDO_STR("s3cret") } },
                    .settings = &one,
                    .settings_n = 1,
                    .ways = { { 1, { .key = EDO_STR("s3cret") } }, { 2, { .port = 7 } } },
                    .hidden = owner,
                    .keys = &key,
                    .keys_n = 1 };
}

#define SHOWN                                                                                      \
    "{\"owner\":{\"name\":\"ann\",\"token\":\"t0ken\"},\"settings\":{},\"ways\":[{\"port\":7}]}"

static int replies_json(edo_web *w) {
    const whole all = example();
    return edo_web_reply_json(w, EDO_STATUS_OK, &all, &whole_desc);
}

static int replies_line(edo_web *w) {
    const whole all = example();
    edo_stream *out;
    int err = edo_web_reply_json_lines(w, &out);
    return err < 0 ? err : edo_web_send_json_line(out, &all, &whole_desc);
}

static int replies_event(edo_web *w) {
    const whole all = example();
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    if (err == 0) err = edo_sse_send(&sse, &(edo_sse_event){ .value = &all, .desc = &whole_desc });
    return edo_sse_end(&sse, err);
}

/* A body that is kept. */
static int replies_kept(edo_web *w) {
    const whole all = example();
    edo_buf kept = { 0 };
    int err = edo_json_encode_reply(&kept, &all, &whole_desc);
    if (err == 0) err = edo_web_reply_buf(w, EDO_STATUS_OK, "application/json", &kept);
    edo_buf_deinit(&kept);
    return err;
}

static int replies_form(edo_web *w) {
    const whole all = example();
    return edo_web_reply_form(w, EDO_STATUS_OK, &all.owner, &account_desc);
}

/* What came with the request goes back: so it was read. */
static int takes_account(edo_web *w, const void *in, void *out) {
    const account *a = in;
    account *back = out;
    (void)w;
    *back = (account){ a->hash, a->hash, a->token };
    return 0;
}

static const struct {
    edo_method method;
    const char *path, *wants;
} rows[] = {
    { EDO_METHOD_GET, "/json", SHOWN },
    { EDO_METHOD_GET, "/kept", SHOWN },
    { EDO_METHOD_GET, "/lines", SHOWN "\n" },
    { EDO_METHOD_GET, "/events", "data: " SHOWN "\n\n" },
    { EDO_METHOD_GET, "/form", "name=ann&token=t0ken" },
    { EDO_METHOD_POST, "/account", "{\"name\":\"s3cret\",\"token\":\"t\"}" },
};

static void ask(edo_router *r, edo_method method, const char *path, const char *wants) {
    static const edo_str body = { "{\"name\":\"n\",\"hash\":\"s3cret\",\"token\":\"t\"}", 40 };
    edo_http_request req = { .method = method, .target = edo_str_of(path) };
    edo_oneshot got;
    edo_headers h = { 0 };
    if (method == EDO_METHOD_POST) {
        EDO_TEST_OK(
            edo_headers_append_named(&h, EDO_STR("content-type"), EDO_STR("application/json")));
        req.headers = &h;
        req.data = body;
    }
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, NULL));
    if (!strstr(got.body.ptr, wants)) (void)fprintf(stderr, "%s: %s\n", path, got.body.ptr);
    CHECK(strstr(got.body.ptr, wants));
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&h);
}

EDO_TEST(a_secret_is_read_everywhere_and_in_no_response, .workers = 1) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/json", replies_json);
    edo_router_get(r, "/kept", replies_kept);
    edo_router_get(r, "/lines", replies_line);
    edo_router_get(r, "/events", replies_event);
    edo_router_get(r, "/form", replies_form);
    edo_router_call(r, EDO_METHOD_POST, "/account", takes_account,
                    &(edo_route_doc){ .body = &account_desc, .reply = &account_desc });
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        ask(r, rows[i].method, rows[i].path, rows[i].wants);
    edo_router_free(r);
}

#define STRING "{\"type\":\"string\""
#define TOKEN  "\"token\":" STRING ",\"format\":\"password\"}}"

EDO_TEST(the_document_has_secrets_in_requests_and_no_preset_of_them, .workers = 1) {
    static const char *const parts[] = {
        "\"account\":{\"type\":\"object\",\"properties\":{\"name\":" STRING "},\"hash\":" STRING
        ",\"format\":\"password\",\"writeOnly\":true}," TOKEN
        ",\"required\":[\"name\",\"hash\",\"token\"]}",
        "\"account_reply\":{\"type\":\"object\",\"properties\":{\"name\":" STRING "}," TOKEN
        ",\"required\":[\"name\",\"token\"]}",
        "\"required\":[\"owner\",\"settings\",\"ways\"]", // what a way may be is withheld
        "\"access_way_reply\":{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"port\":",
        "\"pin\"",
        "\"code\"",
    };
    edo_router *r = edo_router_new();
    edo_buf text = { 0 };
    edo_router_call(r, EDO_METHOD_POST, "/account", takes_account,
                    &(edo_route_doc){ .body = &account_desc, .reply = &account_desc });
    edo_router_get(r, "/json", replies_json);
    edo_router_doc(r, &(edo_route_doc){ .query = &pins_desc, .reply = &whole_desc });
    EDO_TEST_OK(edo_openapi_print(r, NULL, &text));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    for (size_t i = 0; i < EDO_COUNT(parts); i++) {
        if (!strstr(text.ptr, parts[i])) (void)fprintf(stderr, "%s: %s\n", parts[i], text.ptr);
        CHECK(strstr(text.ptr, parts[i]));
    }
    CHECK(!strstr(text.ptr, "pr3set"));
    edo_buf_deinit(&text);
    edo_router_free(r);
}

static void what_a_program_keeps_has_its_secrets(void **state) {
    const whole all = example();
    edo_buf text = { 0 };
    whole back;
    (void)state;
    assert_int_equal(edo_json_encode(&text, &all, &whole_desc), 0);
    assert_int_equal(edo_json_decode(&back, &whole_desc, (edo_str){ text.ptr, text.len }), 0);
    assert_true(edo_str_equal(back.owner.hash, all.owner.hash) && back.keys_n == 1);
    assert_true(edo_str_equal(back.settings[0].value, all.settings[0].value));
    edo_value_deinit(&back, &whole_desc);
    edo_buf_deinit(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_read_everywhere_and_in_no_response),
        cmocka_unit_test(the_document_has_secrets_in_requests_and_no_preset_of_them),
        cmocka_unit_test(what_a_program_keeps_has_its_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
