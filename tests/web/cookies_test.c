/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/cookies.h: a response says what has changed and nothing else, and what
 * a handler gets is what it has set.
 * Method: handlers that are asked by clients which send cookies. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/cookies.h>

static edo_cookie_keys *keys; /* NULL: built without libcrypto */

static void make_keys(void) {
    static char secret[64];
    memset(secret, 7, sizeof secret);
    int err =
        edo_cookie_keys_new(&keys, &(edo_cookie_key){ .secret = { secret, sizeof secret } }, 1);
    if (err < 0) keys = NULL;
    CHECK(err == 0 || err == -ENOTSUP);
}

static int says(edo_web *w, const char *name) {
    edo_str v = edo_cookies_get(w, name);
    char text[128];
    (void)snprintf(text, sizeof text, "%s=%.*s", v.ptr ? name : "none", (int)v.len,
                   v.ptr ? v.ptr : "");
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int reads(edo_web *w) {
    return says(w, "a");
}

static int sets(edo_web *w) {
    EDO_TEST_OK(edo_cookies_set(w, "a", EDO_STR("first"), NULL));
    EDO_TEST_OK(edo_cookies_set(w, "b", EDO_STR("2"), &(edo_cookie_opts){ .path = "/b" }));
    EDO_TEST_OK(edo_web_set_header(w, "x-own", "1"));
    EDO_TEST_OK(edo_cookies_set(
        w, "a", EDO_STR("second"),
        &(edo_cookie_opts){ .max_age = edo_ms(1500), .same_site = EDO_SAME_SITE_STRICT }));
    EDO_TEST_OK(edo_cookies_set(w, "__Host-c", EDO_STR(""), NULL));
    EDO_TEST_OK(edo_cookies_set(
        w, "d", EDO_STR("4"),
        &(edo_cookie_opts){ .domain = ".x.org", .for_scripts = true, .plain_http = true }));
    return says(w, "a");
}

static int removes(edo_web *w) {
    EDO_TEST_OK(edo_cookies_remove(w, "a", NULL));
    EDO_TEST_OK(edo_cookies_set(w, "b", EDO_STR("2"), NULL));
    EDO_TEST_OK(edo_cookies_remove(w, "b", NULL)); // nothing is left of it
    return says(w, "a");
}

static int refuses(edo_web *w) {
    static char long_value[EDO_COOKIE_BYTES_MAX + 1];
    memset(long_value, 'x', sizeof long_value);
    CHECK_EQ(edo_cookies_set(w, "a b", EDO_STR("1"), NULL), -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1;domain=evil"), NULL), -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1\r\nx-own: 1"), NULL), -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1"), &(edo_cookie_opts){ .path = "/;x" }), -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1"), &(edo_cookie_opts){ .path = "x" }), -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1"), &(edo_cookie_opts){ .max_age = { -1 } }),
             -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1"), &(edo_cookie_opts){ .reserved = { 1 } }),
             -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", EDO_STR("1"), &(edo_cookie_opts){ .same_site = 3 }), -EINVAL);
    CHECK_EQ(
        edo_cookies_set(w, "a", EDO_STR("1"),
                        &(edo_cookie_opts){ .same_site = EDO_SAME_SITE_NONE, .plain_http = true }),
        -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "__Host-a", EDO_STR("1"), &(edo_cookie_opts){ .path = "/x" }),
             -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "__Host-a", EDO_STR("1"), &(edo_cookie_opts){ .domain = "x.org" }),
             -EINVAL);
    CHECK_EQ(
        edo_cookies_set(w, "__Secure-a", EDO_STR("1"), &(edo_cookie_opts){ .plain_http = true }),
        -EINVAL);
    CHECK_EQ(edo_cookies_set(w, "a", (edo_str){ long_value, sizeof long_value }, NULL), -EMSGSIZE);
    return says(w, "a");
}

static int signs(edo_web *w) {
    EDO_TEST_OK(edo_cookies_set_signed(w, keys, "a", EDO_STR("17"), NULL));
    EDO_TEST_OK(edo_cookies_set_private(w, keys, "b", EDO_STR("any; \xff"), NULL));
    edo_str a = { 0 }, b = { 0 };
    EDO_TEST_OK(edo_cookies_get_signed(w, keys, "a", &a));
    EDO_TEST_OK(edo_cookies_get_private(w, keys, "b", &b));
    CHECK(edo_str_equal(a, EDO_STR("17")) && edo_str_equal(b, EDO_STR("any; \xff")));
    return says(w, "none");
}

static int verifies(edo_web *w) {
    edo_str a = { 0 }, b = { 0 };
    int signed_ = edo_cookies_get_signed(w, keys, "a", &a);
    int private_ = edo_cookies_get_private(w, keys, "b", &b);
    if (signed_ == -ENOMEM || private_ == -ENOMEM) return -ENOMEM;
    char text[128];
    (void)snprintf(text, sizeof text, "%s %.*s, %s %.*s", edo_strerror(signed_), (int)a.len,
                   a.ptr ? a.ptr : "", edo_strerror(private_), (int)b.len, b.ptr ? b.ptr : "");
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static edo_router *router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/read", reads);
    edo_router_get(r, "/set", sets);
    edo_router_get(r, "/remove", removes);
    edo_router_get(r, "/refuse", refuses);
    edo_router_get(r, "/sign", signs);
    edo_router_get(r, "/verify", verifies);
    return r;
}

static void get(web_served *s, heard *h, const char *path, const char *fields) {
    char request[4096];
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s\r\n", path, fields);
    ask(&s->http, h, request);
}

static int plain(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    web_begin(&s, router());
    get(&s, &h, "/read", "");
    CHECK_EQ(strcmp(web_body(&h), "none="), 0);
    get(&s, &h, "/read", "cookie: b=1; a=2; a=3\r\ncookie: a=4\r\n");
    CHECK_EQ(strcmp(web_body(&h), "a=2"), 0);
    CHECK(!has(&h, "set-cookie"));
    get(&s, &h, "/set", "cookie: a=0; z=1\r\n");
    CHECK_EQ(strcmp(web_body(&h), "a=second"), 0);
    CHECK_EQ(times(&h, "set-cookie: "), 4);
    CHECK(
        has(&h, "set-cookie: a=second; Path=/; Max-Age=2; SameSite=Strict; Secure; HttpOnly\r\n"));
    CHECK(has(&h, "set-cookie: b=2; Path=/b; SameSite=Lax; Secure; HttpOnly\r\n"));
    CHECK(has(&h, "set-cookie: __Host-c=; Path=/; SameSite=Lax; Secure; HttpOnly\r\n"));
    CHECK(has(&h, "set-cookie: d=4; Path=/; Domain=x.org; SameSite=Lax\r\n"));
    CHECK(has(&h, "x-own: 1\r\n"));
    get(&s, &h, "/remove", "cookie: a=1\r\n");
    CHECK_EQ(strcmp(web_body(&h), "none="), 0);
    CHECK_EQ(times(&h, "set-cookie: "), 1);
    CHECK(has(&h, "set-cookie: a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; "));
    get(&s, &h, "/remove", "");
    CHECK(!has(&h, "set-cookie"));
    get(&s, &h, "/refuse", "");
    CHECK_EQ(strcmp(web_body(&h), "none="), 0);
    CHECK(!has(&h, "set-cookie"));
    return web_end(&s);
}

static void response_says_what_has_changed_and_nothing_else(void **state) {
    (void)state;
    assert_int_equal(inside(plain, NULL), 0);
}

/* Copies "name=value" of a field that sets it. */
static void pair_of(const heard *h, const char *name, char out[512]) {
    char begin[32];
    (void)snprintf(begin, sizeof begin, "set-cookie: %s=", name);
    const char *at = strstr(h->text, begin);
    CHECK(at != NULL);
    at += strlen("set-cookie: ");
    (void)snprintf(out, 512, "%.*s", (int)strcspn(at, ";"), at);
}

static int secret(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char a[512], b[512], fields[2048];
    (void)arg;
    web_begin(&s, router());
    get(&s, &h, "/sign", "");
    pair_of(&h, "a", a);
    pair_of(&h, "b", b);
    CHECK(strstr(a, "17") && !strstr(b, "any"));
    (void)snprintf(fields, sizeof fields, "cookie: a=forged; %s; b=forged; %s\r\n", a, b);
    get(&s, &h, "/verify", fields);
    CHECK(has(&h, " 17, ") && has(&h, " any; \xff"));
    (void)snprintf(fields, sizeof fields, "cookie: a=%s; b=%s\r\n", b + 2, a + 2); // moved
    get(&s, &h, "/verify", fields);
    CHECK_EQ(times(&h, edo_strerror(-EBADMSG)), 2);
    get(&s, &h, "/verify", "");
    CHECK_EQ(times(&h, edo_strerror(-ENOENT)), 2);
    for (unsigned forged = EDO_COOKIE_TRIES_MAX - 1; forged <= EDO_COOKIE_TRIES_MAX; forged++) {
        int n = snprintf(fields, sizeof fields, "cookie: ");
        for (unsigned i = 0; i < forged; i++)
            n += snprintf(fields + n, sizeof fields - (size_t)n, "a=forged; b=forged; ");
        (void)snprintf(fields + n, sizeof fields - (size_t)n, "%s; %s\r\n", a, b);
        get(&s, &h, "/verify", fields);
        CHECK_EQ(times(&h, edo_strerror(-EBADMSG)), forged < EDO_COOKIE_TRIES_MAX ? 0 : 2);
    }
    return web_end(&s);
}

static void signed_and_private_cookies_come_back(void **state) {
    (void)state;
    if (!keys) {
        print_message("built without libcrypto: not tested\n");
        skip();
    }
    assert_int_equal(inside(secret, NULL), 0);
}

static int without_memory(void *arg) {
    static const char *const paths[] = { "/read", "/verify" };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(paths) - (keys ? 0 : 1); i++) {
        for (int k = 1, has_failed = 1; has_failed; k++) {
            edo_stream *c = client_of(&s.http);
            CHECK_EQ(edo_yield(), 0);
            h = (heard){ 0 };
            char request[256];
            (void)snprintf(request, sizeof request,
                           "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: a=1; b=2\r\n"
                           "\r\n",
                           paths[i]);
            fail_alloc_in = k;
            say(c, request);
            (void)hear_until(c, &h, NULL);
            has_failed = fail_alloc_in == 0;
            fail_alloc_in = 0;
            CHECK(has(&h, " 200 ") || has_no_memory(&h));
            edo_close(c);
        }
        CHECK(has(&h, " 200 "));
    }
    return web_end(&s);
}

static void end_of_memory_is_a_500(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    make_keys();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_says_what_has_changed_and_nothing_else),
        cmocka_unit_test(signed_and_private_cookies_come_back),
        cmocka_unit_test(end_of_memory_is_a_500),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    edo_cookie_keys_unref(keys);
    return failed;
}
