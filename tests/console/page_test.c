/* SPDX-License-Identifier: MIT */
/* Goal: the routes of edo/console_page.h: everybody gets the page, and nobody what it asks for but
 * those on this machine, without a proxy between, and those with the token.
 * Method: requests by edo/test_web.h, from addresses of a table. Stacks of no task are asked for:
 * 400 says that the request has come to the service. */
#include "inside.h"

#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/http_fields.h>
#include <edo/test_web.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <string.h>

#define STACKS "/console/edo.console.v1.Look/Stacks"
#define TOKEN  "open-sesame"

static const edo_console_page_opts always = { .always = true, .ignore_env = true };
static const edo_console_page_opts with_token = { .always = true,
                                                  .ignore_env = true,
                                                  .token = TOKEN };

static edo_router *router_with(const edo_console_page_opts *opts) {
    edo_router *r = edo_router_new();
    edo_console_routes(r, opts);
    return r;
}

static void field(edo_headers *h, const char *name, const char *value) {
    if (value) EDO_TEST_OK(edo_headers_append_named(h, edo_str_of(name), edo_str_of(value)));
}

/* ---- Who may ask ----------------------------------------------------------------------------- */

typedef struct row {
    const char *from; /* NULL: a peer without an address */
    const char *host, *bearer, *field, *value;
    unsigned status;
} row;

static unsigned status_of(edo_router *r, const row *a) {
    edo_headers h;
    edo_oneshot got;
    edo_addr from;
    char bearer[128];
    edo_headers_init(&h);
    field(&h, "host", a->host ? a->host : "127.0.0.1:8080");
    field(&h, "content-type", "application/json");
    (void)snprintf(bearer, sizeof bearer, "Bearer %s", a->bearer ? a->bearer : "");
    field(&h, "authorization", a->bearer ? bearer : NULL);
    if (a->field) field(&h, a->field, a->value);
    const edo_http_request req = {
        .method = EDO_METHOD_POST, .target = EDO_STR(STACKS), .headers = &h, .data = EDO_STR("{}")
    };
    if (a->from) EDO_TEST_OK(edo_addr_parse(&from, a->from));
    EDO_TEST_OK(a->from ? edo_web_oneshot_from(&got, r, &req, NULL, &from)
                        : edo_web_oneshot(&got, r, &req, NULL));
    const unsigned status = got.status;
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&h);
    return status;
}

static void check_rows(edo_router *r, const row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned status = status_of(r, &rows[i]);
        if (status != rows[i].status)
            (void)fprintf(stderr, "row %zu, from %s: %u\n", i,
                          rows[i].from ? rows[i].from : "nowhere", status);
        CHECK_EQ(status, rows[i].status);
    }
    edo_router_free(r);
}

EDO_TEST(loopback_needs_no_token_if_no_proxy_is_between, ) {
    char path[EDO_CONSOLE_PATH_BYTES];
    EDO_TEST_OK(edo_console_path(path, &always));
    CHECK(strncmp(path, "/console/#token=", 16) == 0);
    CHECK_EQ(strlen(path), 16 + 32);
    const char *token = path + 16;
    const row rows[] = {
        { "127.0.0.1:4321", .status = 400 },
        { "127.9.9.9:4321", .status = 400 },
        { "[::1]:4321", "[::1]:8080", .status = 400 },
        { "[::ffff:127.0.0.1]:4321", "localhost:8080", .status = 400 },
        { "127.0.0.1:4321", "LocalHost", .status = 400 },
        // others
        { "192.0.2.7:4321", .status = 401 },
        { "[2001:db8::7]:4321", .status = 401 },
        { NULL, .status = 401 },
        { "192.0.2.7:4321", NULL, token, .status = 400 },
        { NULL, "shop.example", token, .status = 400 },
        { "192.0.2.7:4321", NULL, "0123456789abcdef0123456789abcdef", .status = 401 },
        // a page of a stranger, whose name has this machine's address
        { "127.0.0.1:4321", "evil.example:8080", .status = 401 },
        { "127.0.0.1:4321", "localhost.evil.example", .status = 401 },
        { "127.0.0.1:4321", "192.0.2.7:8080", .status = 401 },
        // a proxy
        { "127.0.0.1:4321", NULL, NULL, "x-forwarded-for", "127.0.0.1", 401 },
        { "127.0.0.1:4321", NULL, NULL, "forwarded", "for=127.0.0.1", 401 },
        { "127.0.0.1:4321", NULL, NULL, "via", "1.1 front", 401 },
        { "127.0.0.1:4321", NULL, NULL, "x-real-ip", "", 401 },
        { "127.0.0.1:4321", NULL, NULL, "x-forwarded-host", "shop.example", 401 },
        { "127.0.0.1:4321", NULL, NULL, "x-forwarded-proto", "https", 401 },
        { "127.0.0.1:4321", NULL, token, "x-forwarded-for", "192.0.2.7", 400 },
        // a page of another origin
        { "127.0.0.1:4321", NULL, NULL, "origin", "http://evil.example", 403 },
        { "127.0.0.1:4321", NULL, NULL, "sec-fetch-site", "cross-site", 403 },
        { "127.0.0.1:4321", NULL, NULL, "sec-fetch-site", "same-origin", 400 },
    };
    check_rows(router_with(&always), rows, EDO_COUNT(rows));
}

EDO_TEST(token_of_the_program_is_needed_by_all, ) {
    static const row rows[] = {
        { "127.0.0.1:4321", .status = 401 },
        { "127.0.0.1:4321", NULL, TOKEN, .status = 400 },
        { "192.0.2.7:4321", NULL, TOKEN, .status = 400 },
        { "127.0.0.1:4321", NULL, "open-sesam", .status = 401 },
        { "127.0.0.1:4321", NULL, "open-sesame-", .status = 401 },
        { "127.0.0.1:4321", NULL, "open-sesamE", .status = 401 },
        { "127.0.0.1:4321", NULL, TOKEN TOKEN, .status = 401 },
        { "127.0.0.1:4321", NULL, NULL, "authorization", TOKEN, 401 },
        { "127.0.0.1:4321", NULL, NULL, "authorization", "Basic b3Blbi1zZXNhbWU6", 401 },
        { "127.0.0.1:4321", NULL, NULL, "authorization", "bearer " TOKEN, 400 },
        { "127.0.0.1:4321", NULL, TOKEN, "authorization", "Bearer " TOKEN, 401 }, // two of them
    };
    char path[EDO_CONSOLE_PATH_BYTES];
    EDO_TEST_OK(edo_console_path(path, &with_token));
    CHECK_EQ(strcmp(path, "/console/"), 0); // it is nobody else's to print
    check_rows(router_with(&with_token), rows, EDO_COUNT(rows));
}

/* The client that a layer finds behind a proxy counts, and the proxy's field in any case. */
EDO_TEST(client_behind_a_proxy_that_is_believed_is_not_local, ) {
    static const char *const proxies[] = { "127.0.0.0/8" };
    static const row rows[] = {
        { "127.0.0.1:4321", NULL, NULL, "x-forwarded-for", "192.0.2.7", 401 },
        { "127.0.0.1:4321", NULL, NULL, "x-forwarded-for", "127.0.0.1", 401 },
        { "127.0.0.1:4321", .status = 400 },
    };
    edo_router *r = router_with(&always);
    edo_router_wrap_all(
        r, edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = proxies, .proxies_n = 1 }));
    check_rows(r, rows, EDO_COUNT(rows));
}

/* ---- The page -------------------------------------------------------------------------------- */

typedef struct asked {
    edo_method method;
    const char *target;
    unsigned status;
} asked;

static void ask(edo_oneshot *got, edo_router *r, const asked *a) {
    const edo_http_request req = { .method = a->method, .target = edo_str_of(a->target) };
    EDO_TEST_OK(edo_web_oneshot(got, r, &req, NULL));
    if (got->status != a->status) (void)fprintf(stderr, "%s: %d\n", a->target, (int)got->status);
    CHECK_EQ(got->status, a->status);
}

EDO_TEST(everybody_gets_the_page_and_no_more, ) {
    static const asked rows[] = {
        { EDO_METHOD_GET, "/console/", 200 },
        { EDO_METHOD_HEAD, "/console/", 200 },
        { EDO_METHOD_GET, "/console", 308 },
        { EDO_METHOD_POST, "/console/", 405 },
        { EDO_METHOD_GET, "/console/page.js", 404 },
        { EDO_METHOD_POST, STACKS, 401 },
        { EDO_METHOD_GET, STACKS "?connect=v1&encoding=json&message=%7B%7D", 401 },
        { EDO_METHOD_GET, "/", 404 },
    };
    edo_router *r = router_with(&with_token);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_oneshot got;
        ask(&got, r, &rows[i]);
        edo_oneshot_deinit(&got);
    }
    edo_router_free(r);
}

static bool has_field(const edo_oneshot *got, const char *name, const char *begins_with) {
    const edo_str value = edo_headers_get_named(&got->headers, edo_str_of(name));
    return value.ptr && value.len >= strlen(begins_with) &&
           memcmp(value.ptr, begins_with, strlen(begins_with)) == 0;
}

/* Also inside a layer that says something else for the program's own pages. */
EDO_TEST(page_has_a_policy_of_its_own, ) {
    edo_router *r = router_with(&always);
    edo_router_wrap_all(r, edo_security_headers_layer(NULL));
    edo_oneshot got;
    ask(&got, r, &(asked){ EDO_METHOD_GET, "/console/", 200 });
    CHECK(has_field(&got, "content-security-policy", "default-src 'none'; style-src 'sha256-"));
    CHECK(has_field(&got, "content-type", "text/html"));
    CHECK(has_field(&got, "cache-control", "no-store"));
    CHECK(has_field(&got, "referrer-policy", "no-referrer"));
    CHECK(has_field(&got, "x-content-type-options", "nosniff"));
    CHECK(memmem(got.body.ptr, got.body.len, "edo console", 11));
    edo_oneshot_deinit(&got);
    ask(&got, r, &(asked){ EDO_METHOD_GET, "/console", 308 });
    CHECK(has_field(&got, "location", "console/"));
    edo_oneshot_deinit(&got);
    edo_router_free(r);
}

/* ---- Whether there is one -------------------------------------------------------------------- */

EDO_TEST(there_is_no_page_unless_it_is_wanted, ) {
    static const edo_console_page_opts not_wanted = { .ignore_env = true };
    char path[EDO_CONSOLE_PATH_BYTES];
    edo_oneshot got;
    edo_router *r = router_with(&not_wanted);
    ask(&got, r, &(asked){ EDO_METHOD_GET, "/console/", 404 });
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    CHECK_EQ(edo_console_path(path, &not_wanted), -ENOENT);
}

EDO_TEST(variables_go_before_the_options, ) {
    char path[EDO_CONSOLE_PATH_BYTES];
    CHECK_EQ(setenv("EDO_CONSOLE", "0", 1), 0);
    CHECK_EQ(edo_console_path(path, &(edo_console_page_opts){ .always = true }), -ENOENT);
    CHECK_EQ(setenv("EDO_CONSOLE", "1", 1), 0);
    EDO_TEST_OK(edo_console_path(path, NULL));
    CHECK(strstr(path, "#token="));
    CHECK_EQ(setenv("EDO_CONSOLE_TOKEN", "of-the-variable", 1), 0);
    const row rows[] = { { "127.0.0.1:4321", NULL, "of-the-variable", .status = 400 },
                         { "127.0.0.1:4321", NULL, TOKEN, .status = 401 } };
    check_rows(router_with(&(edo_console_page_opts){ .token = TOKEN }), rows, EDO_COUNT(rows));
    CHECK_EQ(unsetenv("EDO_CONSOLE_TOKEN"), 0);
    CHECK_EQ(unsetenv("EDO_CONSOLE"), 0);
}

EDO_TEST(bad_options_fail_the_router, ) {
    static const edo_console_page_opts bad[] = {
        { .always = true, .ignore_env = true, .token = "" },
        { .always = true, .ignore_env = true, .token = "open sesame" },
        { .always = true, .ignore_env = true, .token = "a\nb" },
        { .always = true,
          .ignore_env = true,
          .token = "0123456789012345678901234567890123456789012345678901234567890"
                   "123456789012345678901234567890123456789012345678901234567890" },
        { .always = true, .ignore_env = true, .reserved = { 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        char path[EDO_CONSOLE_PATH_BYTES];
        edo_router *r = router_with(&bad[i]);
        CHECK_EQ(edo_router_build(r), -EINVAL);
        CHECK_EQ(edo_console_path(path, &bad[i]), -EINVAL);
        edo_router_free(r);
        edo_trail_clear();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_needs_no_token_if_no_proxy_is_between),
        cmocka_unit_test(token_of_the_program_is_needed_by_all),
        cmocka_unit_test(client_behind_a_proxy_that_is_believed_is_not_local),
        cmocka_unit_test(everybody_gets_the_page_and_no_more),
        cmocka_unit_test(page_has_a_policy_of_its_own),
        cmocka_unit_test(there_is_no_page_unless_it_is_wanted),
        cmocka_unit_test(variables_go_before_the_options),
        cmocka_unit_test(bad_options_fail_the_router),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
