/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_guard.h: forged requests, wrong credentials, spoofed addresses and
 * too many requests stay outside, and others come in.
 * Method: a server on one thread with time that waits for it, clients that send bytes. */
#include "web_server.h"

#include <edo/test_log.h>
#include <edo/test_web.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>

static int calls; /* of the handler; tests are single-threaded */

static int says_ok(edo_web *w) {
    calls++;
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

typedef struct guard_case {
    const char *line, *fields; /* each field with its end of line */
    const char *wanted, *more;
} guard_case;

typedef struct guard_table {
    edo_layer layers[2];
    size_t layers_n;
    edo_web_fn *fn;
    const guard_case *cases;
    size_t cases_n;
    edo_web_guards guards; /* of the server; tables of layers have none */
} guard_table;

static void ask_with(web_served *s, heard *h, const guard_case *c) {
    char request[1024];
    (void)snprintf(request, sizeof request,
                   "%s HTTP/1.1\r\nhost: x.example\r\nconnection: close\r\n%s\r\n", c->line,
                   c->fields);
    ask(&s->http, h, request);
}

static int each_case(void *arg) {
    const guard_table *t = arg;
    web_served s = { .opts = { .guards = t->guards } };
    heard h;
    edo_router *r = edo_router_new();
    edo_router_any(r, "/", t->fn);
    edo_router_any(r, "/hook", t->fn);
    if (t->layers_n > 0) edo_router_wrap_with(r, EDO_WRAP_SO_FAR, t->layers, t->layers_n);
    web_begin(&s, r);
    for (size_t i = 0; i < t->cases_n; i++) {
        const guard_case *c = &t->cases[i];
        calls = 0;
        ask_with(&s, &h, c);
        bool is_right = has(&h, c->wanted) && (!c->more || has(&h, c->more));
        if (!is_right) (void)fprintf(stderr, "%s\n%s\n%s\n", c->line, c->fields, h.text);
        CHECK(is_right);
        CHECK_EQ(calls > 0, has(&h, " 200 "));
        CHECK_EQ(!t->guards.no_headers, has(&h, "\r\nx-content-type-options: nosniff"));
    }
    return web_end(&s);
}

#define TABLE(fn, cases, ...)                                                                      \
    {                                                                                              \
        { __VA_ARGS__ }, sizeof((edo_layer[]){ __VA_ARGS__ }) / sizeof(edo_layer), fn, cases,      \
            EDO_COUNT(cases), {                                                                    \
            .no_csrf = true, .no_headers = true                                                    \
        }                                                                                          \
    }

/* ---- CSRF ------------------------------------------------------------------------------------ */

static bool is_hook(void *arg, edo_web *w) {
    CHECK(arg == &calls);
    return edo_str_equal(edo_web_path(w), EDO_STR("/hook"));
}

static void forged_request_is_refused(void **state) {
    static const guard_case cases[] = {
        { "GET /", "sec-fetch-site: cross-site\r\norigin: http://evil\r\n", " 200 ", NULL },
        { "HEAD /", "sec-fetch-site: cross-site\r\n", " 200 ", NULL },
        { "POST /", "", " 200 ", NULL },
        { "POST /", "sec-fetch-site: same-origin\r\n", " 200 ", NULL },
        { "POST /", "sec-fetch-site: none\r\n", " 200 ", NULL },
        { "POST /", "sec-fetch-site: cross-site\r\n", " 403 ", "another origin" },
        { "POST /", "sec-fetch-site: same-site\r\n", " 403 ", NULL },
        { "POST /", "sec-fetch-site: same-site\r\norigin: http://x.example\r\n", " 403 ", NULL },
        { "POST /", "sec-fetch-site: SAME-ORIGIN\r\n", " 403 ", NULL },
        { "DELETE /", "origin: http://evil\r\n", " 403 ", NULL },
        { "POST /", "origin: null\r\n", " 403 ", NULL },
        { "POST /", "origin: http://x.example\r\n", " 200 ", NULL },
        { "POST /", "origin: https://X.example\r\n", " 200 ", NULL },
        { "POST /", "origin: http://x.example:81\r\n", " 403 ", NULL },
        { "POST /", "origin: http://x.example.evil\r\n", " 403 ", NULL },
        { "BREW /", "origin: http://evil\r\n", " 403 ", NULL },
        { "POST /", "origin: http://x.example:80\r\n", " 200 ", NULL },
        { "POST /", "origin: https://x.example:443\r\n", " 200 ", NULL },
        { "POST /", "origin: https://x.example:80\r\n", " 403 ", NULL },
        { "POST http://x.example:80/", "origin: http://x.example\r\n", " 200 ", NULL },
        { "POST http://y.example/", "origin: http://y.example\r\n", " 200 ", NULL },
        { "POST http://y.example/", "origin: http://x.example\r\n", " 403 ", NULL },
        { "POST /", "origin: http://x.example\r\norigin: http://x.example\r\n", " 403 ", NULL },
        { "POST /", "origin: https://ok.example\r\norigin: http://evil\r\n", " 403 ", NULL },
        { "POST /", "origin: https://ok.example\r\nsec-fetch-site: cross-site\r\n", " 200 ", NULL },
        { "POST /hook", "origin: http://evil\r\nsec-fetch-site: cross-site\r\n", " 200 ", NULL },
        { "POST /", "origin: http://evil\r\nauthorization: Bearer x\r\n", " 200 ", NULL },
        { "POST /", "origin: http://evil\r\nauthorization: Bearer x\r\ncookie: a=b\r\n", " 403 ",
          NULL },
        { "POST /", "origin: http://evil\r\nauthorization: Basic eDp5\r\n", " 403 ", NULL },
        { "POST /", "origin: http://evil\r\nauthorization: NEGOTIATE x\r\n", " 403 ", NULL },
        { "POST /", "origin: http://evil\r\nauthorization:\r\n", " 403 ", NULL },
    };
    static const char *const origins[] = { "https://ok.example" };
    const edo_csrf_opts csrf = {
        .origins = origins, .origins_n = 1, .bypass = is_hook, .arg = &calls
    };
    guard_table by_layer = TABLE(says_ok, cases, edo_csrf_layer(&csrf));
    guard_table by_server = {
        .fn = says_ok, .cases = cases, .cases_n = EDO_COUNT(cases), .guards = { .csrf = &csrf }
    };
    (void)state;
    assert_int_equal(inside(each_case, &by_layer), 0);
    assert_int_equal(inside(each_case, &by_server), 0);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static int says_client(edo_web *w) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    calls++;
    EDO_TEST_OK(edo_request_client(edo_web_request(w), &addr));
    CHECK(edo_addr_print(&addr, text, sizeof text) > 0);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static void spoofed_address_is_not_believed(void **state) {
    static const guard_case believed[] = {
        { "GET /", "x-forwarded-for: 6.6.6.6, 1.2.3.4\r\n", "\n1.2.3.4:0", NULL },
        { "GET /", "forwarded: for=1.2.3.4\r\n", "\n127.0.0.1:", NULL },
        { "GET /", "", "\n127.0.0.1:", NULL },
    };
    static const guard_case not_believed[] = {
        { "GET /", "x-forwarded-for: 1.2.3.4\r\n", "\n127.0.0.1:", NULL },
    };
    static const char *const here[] = { "127.0.0.0/8" }, *const there[] = { "10.0.0.0/8" };
    guard_table t =
        TABLE(says_client, believed,
              edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1 }));
    guard_table u =
        TABLE(says_client, not_believed,
              edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = there, .proxies_n = 1 }));
    (void)state;
    assert_int_equal(inside_real(each_case, &t), 0);
    assert_int_equal(inside_real(each_case, &u), 0);
}

static int says_scheme(edo_web *w) {
    edo_str scheme = edo_web_scheme(w);
    char text[16];
    calls++;
    (void)snprintf(text, sizeof text, "[%.*s]", (int)scheme.len, scheme.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static void scheme_is_what_proxies_say(void **state) {
    static const guard_case of_forwarded[] = {
        { "GET /", "", "[http]", NULL },
        { "GET /", "forwarded: for=1.2.3.4;proto=https\r\n", "[https]", NULL },
        { "GET /", "forwarded: for=1.2.3.4;proto=HTTPS, for=127.0.0.2\r\n", "[https]", NULL },
        { "GET /", "forwarded: for=_hidden;proto=https\r\n", "[https]", NULL },
        { "GET /", "forwarded: for=6.6.6.6;proto=https, for=1.2.3.4;proto=http\r\n", "[http]",
          NULL },
        { "GET /", "forwarded: for=6.6.6.6;proto=https, for=1.2.3.4\r\n", "[http]", NULL },
        { "GET /", "x-forwarded-proto: https\r\n", "[http]", NULL },
        { "GET https://x/", "", "[http]", NULL },
    };
    static const guard_case of_field[] = {
        { "GET /", "x-forwarded-proto: https\r\n", "[https]", NULL },
        { "GET /", "x-forwarded-proto: https\r\nx-forwarded-for: 1.2.3.4\r\n", "[https]", NULL },
        { "GET /", "x-forwarded-proto: https, http\r\nx-forwarded-for: 1.2.3.4\r\n", "[http]",
          NULL },
        { "GET /",
          "x-forwarded-proto: http, https, http\r\nx-forwarded-for: 1.2.3.4, 127.0.0.9\r\n",
          "[https]", NULL },
        { "GET /", "x-forwarded-proto: https\r\nx-forwarded-for: 1.2.3.4, 127.0.0.9\r\n", "[https]",
          NULL },
        { "GET /", "forwarded: for=1.2.3.4;proto=https\r\n", "[http]", NULL },
    };
    static const guard_case of_none[] = {
        { "GET /", "x-forwarded-proto: https\r\nx-forwarded-for: 1.2.3.4\r\n", "[http]", NULL },
    };
    static const char *const here[] = { "127.0.0.0/8" }, *const there[] = { "10.0.0.0/8" };
    guard_table forwarded =
        TABLE(says_scheme, of_forwarded,
              edo_real_ip_layer(&(edo_real_ip_opts){
                  .proxies = here, .proxies_n = 1, .from = EDO_FROM_FORWARDED }));
    guard_table field = TABLE(
        says_scheme, of_field,
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1, .proto = true }));
    guard_table not_said =
        TABLE(says_scheme, of_none,
              edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1 }));
    guard_table not_believed = TABLE(
        says_scheme, of_none,
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = there, .proxies_n = 1, .proto = true }));
    (void)state;
    assert_int_equal(inside_real(each_case, &forwarded), 0);
    assert_int_equal(inside_real(each_case, &field), 0);
    assert_int_equal(inside_real(each_case, &not_said), 0);
    assert_int_equal(inside_real(each_case, &not_believed), 0);
}

/* ---- Credentials ----------------------------------------------------------------------------- */

static int says_user(edo_web *w) {
    edo_str user = edo_request_user(edo_web_request(w));
    const edo_header *f =
        edo_headers_next(&edo_web_request(w)->headers, NULL, EDO_HEADER_AUTHORIZATION);
    calls++;
    CHECK(f && f->flags & EDO_HEADER_SENSITIVE);
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", user);
}

static int ask_basic(void *arg, edo_web *w, edo_str user, edo_str password) {
    CHECK(arg == &calls);
    int err = edo_sleep(edo_ms(5)); // it may wait
    if (err < 0) return err;
    if (edo_str_equal(user, EDO_STR("down"))) return -EIO;
    if (edo_str_equal(user, EDO_STR("alias")))
        return edo_request_set_user(edo_web_request(w), EDO_STR("real"));
    return edo_str_equal(user, password) ? 0 : -EACCES;
}

static int ask_bearer(void *arg, edo_web *w, edo_str token) {
    CHECK(arg == &calls);
    if (!edo_str_equal(token, EDO_STR("good"))) return -EACCES;
    return edo_request_set_user(edo_web_request(w), EDO_STR("bearer"));
}

static void only_right_credentials_come_in(void **state) {
    static const guard_case cases[] = {
        { "GET /", "", " 401 ", "www-authenticate: Basic realm=\"here\", charset=\"UTF-8\"\r\n" },
        { "GET /", "", " 401 ", "www-authenticate: Bearer realm=\"here\"\r\n" },
        { "GET /", "authorization: Basic YWRhOnNlY3JldA==\r\n", " 200 ", "\nada" },
        { "GET /", "authorization: basic YWRhOnNlY3JldA==\r\n", " 200 ", "\nada" },
        { "GET /", "authorization: Basic YWRhOnNlY3JlCg==\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic YWRhOg==\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic YWRhOnNlY3JldHNlY3JldA==\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic !!!\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic\r\n", " 401 ", NULL },
        { "GET /", "authorization: Digest a=b\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic YTph\r\n", " 200 ", "\na" },
        { "GET /", "authorization: Basic YTpi\r\n", " 401 ", NULL },
        { "GET /", "authorization: Basic YWxpYXM6eA==\r\n", " 200 ", "\nreal" },
        { "GET /", "authorization: Basic ZG93bjp4\r\n", " 500 ", NULL },
        { "GET /", "authorization: Bearer t0ken\r\n", " 200 ", NULL },
        { "GET /", "authorization: Bearer good\r\n", " 200 ", "\nbearer" },
        { "GET /", "authorization: Bearer t0kem\r\n", " 401 ", NULL },
        { "GET /", "authorization: Bearer t0ke\r\n", " 401 ", NULL },
        { "GET /", "authorization: Bearer a=\"b\", c=d\r\n", " 401 ", NULL },
        { "GET /", "authorization: Bearer good\r\nauthorization: Bearer good\r\n", " 401 ", NULL },
    };
    static const edo_auth_user users[] = { { "ada", "secret" }, { "bob", "" } };
    static const char *const tokens[] = { "t0ken", "other" };
    const edo_auth_opts opts = { .users = users,
                                 .users_n = 2,
                                 .basic = ask_basic,
                                 .tokens = tokens,
                                 .tokens_n = 2,
                                 .bearer = ask_bearer,
                                 .arg = &calls,
                                 .realm = "here" };
    guard_table t = TABLE(says_user, cases, edo_auth_layer(&opts));
    (void)state;
    assert_int_equal(inside(each_case, &t), 0);
}

/* ---- What is needed -------------------------------------------------------------------------- */

static void request_has_what_it_must_have(void **state) {
    static const guard_case cases[] = {
        { "GET /", "x-key: 1\r\n", " 200 ", NULL },
        { "GET /", "x-key: 2\r\nx-key: 1\r\n", " 200 ", NULL },
        { "GET /", "x-key: 2\r\n", " 400 ", "the field x-key is needed" },
        { "GET /", "", " 400 ", NULL },
        { "GET /", "x-key: 1\r\naccept: text/html\r\n", " 406 ", "only application/json is here" },
        { "GET /", "x-key: 1\r\naccept: text/html\r\naccept: */*;q=0.1\r\n", " 200 ", NULL },
        { "GET /", "x-key: 1\r\naccept: application/*\r\n", " 200 ", NULL },
        { "GET /", "x-key: 1\r\naccept:\r\n", " 200 ", NULL },
        { "GET /", "x-key: 1\r\naccept: application/json;q=0\r\naccept: */*\r\n", " 406 ", NULL },
        { "GET /", "x-key: 1\r\naccept: application/json;q=0, */*\r\n", " 406 ", NULL },
    };
    guard_table t =
        TABLE(says_ok, cases,
              edo_require_header_layer(&(edo_require_header_opts){ .name = "x-key", .value = "1" }),
              edo_require_accept_layer("application/json"));
    (void)state;
    assert_int_equal(inside(each_case, &t), 0);
}

/* ---- How many -------------------------------------------------------------------------------- */

static void hit(web_served *s, heard *h, const char *from) {
    char fields[100];
    (void)snprintf(fields, sizeof fields, "x-forwarded-for: %s\r\n", from);
    ask_with(s, h, &(guard_case){ .line = "GET /", .fields = fields });
}

static int rates(void *arg) {
    static const char *const here[] = { "127.0.0.1" };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(r, edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1 }),
                    edo_http_rate_layer(&(edo_http_rate_opts){
                        .limit = { .num = 6, .per = edo_s(60), .burst = 2 } }));
    web_begin(&s, r);
    for (int i = 0; i < 2; i++) {
        hit(&s, &h, "1.2.3.4");
        CHECK(has(&h, " 200 ") && has(&h, "ratelimit-policy: \"default\";q=6;w=60\r\n"));
        CHECK(
            has(&h, i == 0 ? "ratelimit: \"default\";r=1\r\n" : "ratelimit: \"default\";r=0\r\n"));
    }
    hit(&s, &h, "1.2.3.4");
    CHECK(has(&h, " 429 ") && has(&h, "retry-after: 10\r\n"));
    CHECK(has(&h, "ratelimit: \"default\";r=0;t=10\r\n") && has(&h, "ratelimit-policy"));
    hit(&s, &h, "1.2.3.5"); // another client
    CHECK(has(&h, " 200 "));
    EDO_TEST_OK(edo_time_advance(edo_s(10)));
    hit(&s, &h, "1.2.3.4");
    CHECK(has(&h, " 200 "));
    hit(&s, &h, "2001:db8::1");
    hit(&s, &h, "2001:db8::ffff:2"); // of the same /64
    hit(&s, &h, "2001:db8::3");
    CHECK(has(&h, " 429 "));
    hit(&s, &h, "2001:db8:0:1::1"); // of another
    CHECK(has(&h, " 200 "));
    hit(&s, &h, "9.9.9.9");
    hit(&s, &h, "::ffff:9.9.9.9"); // one client in two forms
    hit(&s, &h, "9.9.9.9");
    CHECK(has(&h, " 429 "));
    return web_end(&s);
}

/* A limit for all, and one for a few routes: a response says that which it has met last, and a
 * refusal its own. */
static int nested_rates(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(
        r, edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 3, .per = edo_s(60) } }),
        edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 1, .per = edo_s(10) } }));
    web_begin(&s, r);
    for (int i = 0; i < 4; i++) {
        hit(&s, &h, "1.2.3.4");
        bool is_outer = i == 3;
        CHECK(has(&h, i == 0 ? ";r=0\r\n" : ";r=0;t=")); // once, and of the inner one as above
        CHECK_EQ(has(&h, " 200 "), i == 0);
        CHECK_EQ(has(&h, "ratelimit-policy: \"default\";q=1;w=10\r\n"), !is_outer);
        CHECK_EQ(has(&h, "ratelimit-policy: \"default\";q=3;w=60\r\n"), is_outer);
    }
    return web_end(&s);
}

static int key_of_target(void *arg, edo_web *w, edo_buf *out) {
    CHECK(arg == &calls);
    edo_str query = edo_web_query_text(w);
    if (edo_str_equal(query, EDO_STR("fail"))) return -EPERM;
    return edo_buf_append(out, query.ptr, query.len);
}

/* Keys by the hundred: each has its own limit, though the table has no room for all. */
static int crowd(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(
        r, edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 1, .per = edo_s(3600) },
                                                      .keys_max = 16,
                                                      .key = key_of_target,
                                                      .arg = &calls,
                                                      .no_fields = true }));
    web_begin(&s, r);
    for (int i = 0; i < 200; i++) {
        char line[32];
        (void)snprintf(line, sizeof line, "GET /?%d", i);
        ask_with(&s, &h, &(guard_case){ .line = line, .fields = "" });
        CHECK(!has(&h, "ratelimit"));
        CHECK(has(&h, " 200 "));
        ask_with(&s, &h, &(guard_case){ .line = line, .fields = "" });
        CHECK(has(&h, " 429 "));
    }
    ask_with(&s, &h, &(guard_case){ .line = "GET /?fail", .fields = "" });
    CHECK(has(&h, " 500 "));
    return web_end(&s);
}

/* Requests that come through a pipe in memory: all are of one client, which is no proxy. */
static int pipes(void *arg) {
    static const char *const everywhere[] = { "0.0.0.0/0", "::/0" };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(r,
                    edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = everywhere, .proxies_n = 2 }),
                    edo_http_rate_layer(&(edo_http_rate_opts){
                        .limit = { .num = 2, .per = edo_s(60), .burst = 2 } }));
    for (int i = 0; i < 3; i++) {
        edo_oneshot got;
        char address[24];
        edo_headers headers;
        edo_headers_init(&headers);
        (void)snprintf(address, sizeof address, "1.2.3.%d", i);
        EDO_TEST_OK(edo_headers_append(&headers, EDO_HEADER_X_FORWARDED_FOR, edo_str_of(address)));
        EDO_TEST_OK(edo_web_oneshot(
            &got, r, &(edo_http_request){ .target = EDO_STR("/"), .headers = &headers }, NULL));
        CHECK_EQ(got.status, i < 2 ? EDO_STATUS_OK : EDO_STATUS_TOO_MANY_REQUESTS);
        edo_oneshot_deinit(&got);
        edo_headers_deinit(&headers);
    }
    edo_router_free(r);
    return 0;
}

static void clients_without_an_address_are_one(void **state) {
    (void)state;
    assert_int_equal(inside(pipes, NULL), 0);
}

static void client_that_asks_too_often_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(rates, NULL), 0);
    assert_int_equal(inside(nested_rates, NULL), 0);
    assert_int_equal(inside(crowd, NULL), 0);
}

/* ---- At once --------------------------------------------------------------------------------- */

static int streams(edo_web *w) {
    edo_stream *out;
    calls++;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    int err = edo_sleep(edo_s(1));
    if (err < 0) return err;
    return edo_write_all(out, "ok", 2) < 0 ? -EIO : 0;
}

static int at_once(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h, first = { 0 };
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", streams);
    edo_router_wrap(r, edo_load_shed_layer(),
                    edo_concurrency_layer_with(
                        &(edo_concurrency_opts){ .calls_max = 1, .hold = edo_web_hold }));
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &first, "\r\n\r\n"));
    ask_with(&s, &h, &(guard_case){ .line = "GET /", .fields = "" });
    CHECK(has(&h, " 503 ") && has(&h, "retry-after: 1\r\n"));
    CHECK(hear_until(c, &first, NULL));
    edo_close(c);
    ask_with(&s, &h, &(guard_case){ .line = "GET /", .fields = "" });
    CHECK(has(&h, " 200 "));
    return web_end(&s);
}

static void place_is_kept_until_the_response_is_sent(void **state) {
    (void)state;
    assert_int_equal(inside(at_once, NULL), 0);
}

/* ---- What a server guards by itself ---------------------------------------------------------- */

/* A response of the type that the path has behind "/of/". */
static int says_of_type(edo_web *w) {
    char type[64];
    edo_str path = edo_web_path(w);
    (void)snprintf(type, sizeof type, "%.*s", (int)path.len - 4, path.ptr + 4);
    return edo_web_reply_bytes(w, EDO_STATUS_OK, type, EDO_STR("<p>"));
}

#define POLICY "content-security-policy: default-src 'self'"

static int guards_by_itself(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_any(r, "/", says_ok);
    edo_router_get(r, "/of/{*type}", says_of_type);
    web_begin(&s, r);
    web_ask(&s, &h, "GET /", NULL, NULL);
    CHECK(has(&h, " 200 ") && has(&h, "x-content-type-options: nosniff") && !has(&h, "policy"));
    static const char *const documents[] = { "text/html",       "TEXT/HTML;charset=utf-8",
                                             "application/pdf", "image/svg+xml",
                                             "application/xml", "application/atom+xml",
                                             "text/xml",        "application/xhtml+xml",
                                             "text/xsl",        "multipart/x-mixed-replace" };
    static const char *const others[] = { "text/plain", "application/json", "image/png",
                                          "text/htmlx", "a/b+xmlx" };
    char line[80];
    for (size_t i = 0; i < EDO_COUNT(documents); i++) {
        (void)snprintf(line, sizeof line, "GET /of/%s", documents[i]);
        web_ask(&s, &h, line, NULL, NULL);
        CHECK(has(&h, "nosniff") && has(&h, POLICY) && has(&h, "x-frame-options: DENY"));
    }
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        (void)snprintf(line, sizeof line, "GET /of/%s", others[i]);
        web_ask(&s, &h, line, NULL, NULL);
        CHECK(has(&h, "nosniff") && !has(&h, "content-security-policy"));
    }
    web_ask(&s, &h, "GET /none", NULL, NULL);
    CHECK(has(&h, " 404 ") && has(&h, "nosniff"));
    ask_with(&s, &h, &(guard_case){ .line = "POST /", .fields = "sec-fetch-site: cross-site\r\n" });
    CHECK(has(&h, " 403 ") && has(&h, "nosniff") && !has(&h, "no_csrf"));
    return web_end(&s);
}

static void server_guards_by_itself_and_the_log_says_how_not_to(void **state) {
    edo_test_log *log;
    (void)state;
    assert_int_equal(edo_test_log_new(&log, NULL), 0);
    assert_int_equal(inside(guards_by_itself, NULL), 0);
    assert_int_equal(edo_test_log_count(log, "POST / was refused: a page of another origin"), 1);
    assert_int_equal(edo_test_log_count(log, ".no_csrf lets all pass"), 1);
    edo_test_log_free(log);
}

static void each_guard_is_off_by_its_name(void **state) {
    static const guard_case off[] = {
        { "POST /", "sec-fetch-site: cross-site\r\n", " 200 ", "\r\n\r\nok" },
    };
    guard_table t = { .fn = says_ok,
                      .cases = off,
                      .cases_n = EDO_COUNT(off),
                      .guards = { .no_csrf = true, .no_headers = true } };
    (void)state;
    assert_int_equal(inside(each_case, &t), 0);
}

/* The host of each case is that of its target, a whole URI; else "x.example". */
static void hosts_that_are_named_are_served_alone(void **state) {
    static const char *const hosts[] = { "x.example", "*.y.example", "z.example." };
    static const guard_case cases[] = {
        { "GET /", "", " 200 ", NULL },
        { "GET http://X.example.:8080/", "", " 200 ", NULL },
        { "GET http://a.b.y.example/", "", " 200 ", NULL },
        { "GET http://10.1.2.3/", "", " 200 ", NULL },
        { "GET http://[::1]:8080/", "", " 200 ", NULL },
        { "GET http://localhost:8080/", "", " 200 ", NULL },
        { "GET http://z.example/", "", " 200 ", NULL },
        { "GET http://localhost.evil/", "", " 421 ", NULL },
        { "GET http://y.example/", "", " 421 ", "not served here" },
        { "GET http://evil/", "", " 421 ", NULL },
        { "GET http://x.example.evil/", "", " 421 ", NULL },
        { "GET http://10.1.2.3.evil/", "", " 421 ", NULL },
        { "OPTIONS http://evil/", "", " 421 ", NULL },
    };
    guard_table t = { .fn = says_ok,
                      .cases = cases,
                      .cases_n = EDO_COUNT(cases),
                      .guards = { .hosts = hosts, .hosts_n = EDO_COUNT(hosts) } };
    (void)state;
    assert_int_equal(inside(each_case, &t), 0);
}

static int serves_with_wrong_guards(void *arg) {
    static const char *const bad[] = { "https://a.example", NULL };
    const edo_web_guards wrong[] = {
        { .hosts = bad, .hosts_n = 1 },
        { .hosts = bad + 1, .hosts_n = 1 },
        { .hosts = NULL, .hosts_n = 1 },
        { .hosts = bad, .hosts_n = 0 },
        { .no_csrf = true, .csrf = &(edo_csrf_opts){ .origins_n = 0 } },
        { .no_headers = true, .headers = &(edo_security_headers_opts){ .policy = NULL } },
        { .csrf = &(edo_csrf_opts){ .reserved = { 1 } } },
        { .headers = &(edo_security_headers_opts){ .policy = "\n" } },
        { .reserved = { 1 } },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", says_ok);
        edo_web_opts opts = { .listen = "127.0.0.1:0", .guards = wrong[i] };
        CHECK_EQ(edo_web_serve(r, &opts), -EINVAL);
        CHECK(edo_trail_find(-EINVAL) != NULL);
        edo_trail_clear();
    }
    return 0;
}

static void guards_that_contradict_each_other_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(serves_with_wrong_guards, NULL), 0);
}

/* ---- Options --------------------------------------------------------------------------------- */

static void wrong_options_are_refused(void **state) {
    static const char *const bad[] = { "nowhere" };
    static const edo_auth_user users[] = { { "a", "b" } };
    const edo_layer layers[] = {
        edo_csrf_layer(&(edo_csrf_opts){ .origins = bad, .origins_n = 1 }),
        edo_csrf_layer(&(edo_csrf_opts){ .reserved = { 1 } }),
        edo_real_ip_layer(NULL),
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = bad, .proxies_n = 1 }),
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = bad, .proxies_n = 65 }),
        edo_auth_layer(NULL),
        edo_auth_layer(&(edo_auth_opts){ .users = users, .users_n = 1, .realm = "a\"b" }),
        edo_require_accept_layer("json"),
        edo_require_accept_layer(NULL),
        edo_require_header_layer(NULL),
        edo_require_header_layer(&(edo_require_header_opts){ .name = "a", .status = 200 }),
        edo_http_rate_layer(NULL),
        edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 1 }, .reserved = { 1 } }),
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(layers); i++) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", says_ok);
        edo_router_wrap(r, layers[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_guards_by_itself_and_the_log_says_how_not_to), // its first line
        cmocka_unit_test(forged_request_is_refused),
        cmocka_unit_test(spoofed_address_is_not_believed),
        cmocka_unit_test(scheme_is_what_proxies_say),
        cmocka_unit_test(only_right_credentials_come_in),
        cmocka_unit_test(request_has_what_it_must_have),
        cmocka_unit_test(client_that_asks_too_often_is_refused),
        cmocka_unit_test(clients_without_an_address_are_one),
        cmocka_unit_test(place_is_kept_until_the_response_is_sent),
        cmocka_unit_test(each_guard_is_off_by_its_name),
        cmocka_unit_test(hosts_that_are_named_are_served_alone),
        cmocka_unit_test(guards_that_contradict_each_other_are_refused),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
