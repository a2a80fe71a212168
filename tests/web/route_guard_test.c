/* SPDX-License-Identifier: MIT */
/* Goal: routes with a guard serve the requests that the guard lets pass, and are not there for
 * others: by host, field, port, scheme and function, with their layers, fallbacks and methods.
 * Method: tables of requests to a router; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_asked.h"
#include "web_server.h"

#include <edo/error.h>
#include <edo/openapi.h>
#include <edo/proxy_header.h>
#include <edo/web_layers.h>
#include <edo/web_routes.h>

/* Says the argument of its route, and the capture. */
static int says(edo_web *w) {
    char text[64];
    edo_str id = edo_web_param(w, "id");
    (void)snprintf(text, sizeof text, "%s %.*s", (const char *)edo_web_route_arg(w),
                   id.ptr ? (int)id.len : 1, id.ptr ? id.ptr : "-");
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static void get(edo_router *r, const char *path, const char *what) {
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), path, says, (void *)(uintptr_t)what,
                        NULL);
}

static void post(edo_router *r, const char *path, const char *what) {
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_POST), path, says, (void *)(uintptr_t)what,
                        NULL);
}

static edo_router *guarded(const edo_route_guard *guard) {
    edo_router *r = edo_router_new();
    edo_router_guard(r, guard);
    return r;
}

typedef struct table {
    edo_router *(*make)(void);
    const web_asking *cases;
    size_t n;
} table;

static int each_case(void *arg) {
    const table *t = arg;
    edo_router *r = t->make();
    web_asking_each(r, t->cases, t->n);
    edo_router_free(r);
    return 0;
}

static void check_table(edo_router *(*make)(void), const web_asking *cases, size_t n) {
    table t = { .make = make, .cases = cases, .n = n };
    assert_int_equal(inside(each_case, &t), 0);
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

static edo_router *hosts(void) {
    edo_router *r = edo_router_new();
    edo_router *a = guarded(&(edo_route_guard){ .host = "A.example" });
    edo_router *any = guarded(&(edo_route_guard){ .host = "*.a.example" });
    edo_router *six = guarded(&(edo_route_guard){ .host = "[::1]" });
    get(r, "/all", "all");
    get(r, "/both", "other");
    get(a, "/users", "a users");
    get(a, "/both", "a");
    get(any, "/{id}", "any");
    get(six, "/both", "six");
    edo_router_merge(r, a);
    edo_router_merge(r, any);
    edo_router_merge(r, six);
    return r;
}

static void host_chooses_the_route(void **state) {
    static const web_asking cases[] = {
        { .target = "/both", .fields = "host: a.example\n", .status = 200, .body = "a -" },
        { .target = "/both", .fields = "host: A.EXAMPLE:81\n", .status = 200, .body = "a -" },
        { .target = "/both", .fields = "host: b.example\n", .status = 200, .body = "other -" },
        { .target = "/both", .fields = "host: aa.example\n", .status = 200, .body = "other -" },
        { .target = "/both", .fields = "host: a.example.b\n", .status = 200, .body = "other -" },
        { .target = "/both", .fields = "host: [::1]:80\n", .status = 200, .body = "six -" },
        { .target = "/both", .fields = "host:\n", .status = 200, .body = "other -" },
        { .target = "/users", .fields = "host: a.example\n", .status = 200, .body = "a users -" },
        { .target = "/users", .fields = "host: b.example\n", .status = 404 },
        // another host's static path does not hide the capture of this one
        { .target = "/users", .fields = "host: x.a.example\n", .status = 200, .body = "any users" },
        { .target = "/7", .fields = "host: x.y.a.example\n", .status = 200, .body = "any 7" },
        { .target = "/7", .fields = "host: .a.example\n", .status = 404 },
        { .target = "/all", .fields = "host: a.example\n", .status = 200, .body = "all -" },
        { .target = "http://a.example/both", .fields = "host: a.example\n", 200, "a -" },
        { EDO_METHOD_PUT, "/users", "host: a.example\n", 405, NULL, "allow", "GET, HEAD" },
        { EDO_METHOD_PUT, "/users", "host: b.example\n", 404, NULL, "allow", NULL },
        { EDO_METHOD_HEAD, "/users", "host: a.example\n", 200, "", NULL, NULL },
    };
    (void)state;
    check_table(hosts, cases, EDO_COUNT(cases));
}

static int says_host(edo_web *w) {
    edo_str host = edo_web_host(w);
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", host);
}

static edo_router *one_route(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_host);
    return r;
}

static void host_is_what_the_client_asks(void **state) {
    static const web_asking cases[] = {
        { .target = "/", .fields = "host: A.example:81\n", .status = 200, .body = "A.example" },
        { .target = "/", .fields = "host: [::1]\n", .status = 200, .body = "[::1]" },
        { .target = "/", .fields = "host:\n", .status = 200, .body = "" },
        { .target = "http://b.example:1/", .fields = "host: b.example:1\n", 200, "b.example" },
    };
    (void)state;
    check_table(one_route, cases, EDO_COUNT(cases));
}

/* ---- Fields, functions, methods -------------------------------------------------------------- */

static bool is_short(void *arg, edo_request *req) {
    return req->target.len <= (uintptr_t)arg;
}

static edo_router *versions(void) {
    edo_router *r = edo_router_new();
    edo_router *two = guarded(&(edo_route_guard){ .header = "X-Version", .value = "2" });
    edo_router *keyed = guarded(&(edo_route_guard){ .header = "x-key" });
    edo_router *small =
        guarded(&(edo_route_guard){ .fn = is_short, .arg = (void *)(uintptr_t)sizeof "/s" });
    get(r, "/", "one");
    post(r, "/", "one post");
    get(two, "/", "two");
    edo_router_guard(keyed, &(edo_route_guard){ .header = "x-version" });
    get(keyed, "/keyed/{id}", "keyed");
    get(small, "/s", "small");
    get(small, "/{id}/", "small");
    edo_router_merge(r, two);
    edo_router_nest(r, "/in", keyed);
    edo_router_merge(r, small);
    edo_router_normalize_path(r, EDO_PATH_SLASH_REDIRECTED);
    return r;
}

static void field_or_function_chooses_the_route(void **state) {
    static const web_asking cases[] = {
        { .target = "/", .status = 200, .body = "one -" },
        { .target = "/", .fields = "x-version: 2\n", .status = 200, .body = "two -" },
        { .target = "/", .fields = "x-version: 1\nx-version: 2\n", .status = 200, .body = "two -" },
        { .target = "/", .fields = "x-version: 22\n", .status = 200, .body = "one -" },
        // behind the guard the path has no POST, but it has one without the guard
        { EDO_METHOD_POST, "/", "x-version: 2\n", 200, "one post -", NULL, NULL },
        { EDO_METHOD_PUT, "/", "x-version: 2\n", 405, NULL, "allow", "GET, HEAD, POST" },
        { EDO_METHOD_PUT, "/", NULL, 405, NULL, "allow", "GET, HEAD, POST" },
        // two guards: both count, also in a prefix
        { .target = "/in/keyed/7", .fields = "x-key: a\nx-version: 1\n", 200, "keyed 7" },
        { .target = "/in/keyed/7", .fields = "x-key: a\n", .status = 404 },
        { .target = "/in/keyed/7", .fields = "x-version: 1\n", .status = 404 },
        { .target = "/s", .status = 200, .body = "small -" },
        { .target = "/s?long", .status = 404 },
        // a redirection leads only where the request will be served
        { .target = "/a", .status = 308, .header = "location", .text = "/a/" },
        { .target = "/aaa", .status = 404, .header = "location" },
    };
    (void)state;
    check_table(versions, cases, EDO_COUNT(cases));
}

/* ---- Methods --------------------------------------------------------------------------------- */

static int says_options(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "own options");
}

/* Says which capture of the route it met. */
static int marks_id(edo_web *w, edo_next *next) {
    edo_str id = edo_web_param(w, "id");
    edo_headers *to = &edo_web_response(w)->headers;
    int err = id.ptr ? edo_headers_set_named(to, EDO_STR("x-id"), id) : 0;
    return err < 0 ? err : edo_next_call(next, w);
}

static void named(edo_router *r, const char *method, const char *path) {
    edo_router_method(r, method, path, says_options);
}

/* One path in four trees, by captures of two names. */
static edo_router *methods(void) {
    edo_router *r = edo_router_new();
    edo_router *a = guarded(&(edo_route_guard){ .host = "a.example" });
    edo_router *key = guarded(&(edo_route_guard){ .header = "x-key" });
    edo_router *never = guarded(&(edo_route_guard){ .host = "never.example" });
    get(a, "/{id}", "a");
    named(a, "PURGE", "/{id}");
    edo_router_wrap_all(a, edo_web_around(marks_id));
    post(key, "/{name}", "key");
    named(key, "PURGE", "/{name}");
    named(key, "LINK", "/{name}");
    edo_router_delete(never, "/{id}", says);
    edo_router_put(r, "/{name}", says);
    edo_router_put(r, "/text", says);
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_OPTIONS), "/own", says_options);
    edo_router_merge(r, a);
    edo_router_merge(r, key);
    edo_router_merge(r, never);
    edo_router_answer_options(r);
    return r;
}

#define A   "host: a.example\n"
#define KEY "x-key: 1\n"

static void allow_has_the_methods_of_all_routes_for_the_request(void **state) {
    static const char both[] = "GET, HEAD, OPTIONS, PURGE, POST, LINK, PUT";
    static const web_asking cases[] = {
        { EDO_METHOD_PATCH, "/7", NULL, 405, NULL, "allow", "PUT, OPTIONS" },
        { EDO_METHOD_PATCH, "/7", KEY, 405, NULL, "allow", "POST, OPTIONS, LINK, PURGE, PUT" },
        { EDO_METHOD_PATCH, "/7", A KEY, 405, NULL, "allow", both },
        { EDO_METHOD_OPTIONS, "/7", NULL, 204, "", "allow", "PUT, OPTIONS" },
        { EDO_METHOD_OPTIONS, "/7", A KEY, 204, "", "allow", both },
        // the layers and the captures are those of the first
        { EDO_METHOD_OPTIONS, "/7", A KEY, 204, "", "x-id", "7" },
        { EDO_METHOD_OPTIONS, "/text", A KEY, 204, "", "x-id", "text" },
        { EDO_METHOD_OPTIONS, "/7", KEY, 204, "", "x-id", NULL },
        { EDO_METHOD_OPTIONS, "/own", A KEY, 200, "own options", "allow", NULL },
        { EDO_METHOD_GET, "/own", A KEY, 200, "a own", NULL, NULL },
        { EDO_METHOD_PATCH, "/", A KEY, 404, NULL, "allow", NULL },
    };
    (void)state;
    check_table(methods, cases, EDO_COUNT(cases));
}

static int asks_methods_without_memory(void *arg) {
    static const web_asking refused = { EDO_METHOD_PATCH, "/7", A KEY, 405, NULL, "allow", NULL };
    edo_router *r = methods();
    web_asking a = refused;
    a.text = "GET, HEAD, OPTIONS, PURGE, POST, LINK, PUT";
    web_asking_without_memory(r, &a);
    (void)arg;
    edo_router_free(r);
    return 0;
}

static void allow_without_memory_is_a_failure_of_the_request(void **state) {
    (void)state;
    assert_int_equal(inside(asks_methods_without_memory, NULL), 0);
}

/* ---- Fallbacks, layers ----------------------------------------------------------------------- */

static int falls_a(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "fallback a");
}
static int falls_b(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "fallback b");
}
static int falls(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "fallback");
}

static int marks(edo_web *w, edo_next *next) {
    int err = edo_web_set_header(w, "x-layer", "met");
    return err < 0 ? err : edo_next_call(next, w);
}

static edo_router *fallbacks(void) {
    edo_router *r = edo_router_new();
    edo_router *a = guarded(&(edo_route_guard){ .host = "a.example" });
    edo_router *b = guarded(&(edo_route_guard){ .host = "b.example" });
    edo_router *in = guarded(&(edo_route_guard){ .host = "in.example" });
    get(a, "/a", "a");
    get(b, "/b", "b");
    get(in, "/c", "c");
    edo_router_fallback(a, falls_a);
    edo_router_wrap_all(a, edo_web_around(marks));
    edo_router_fallback(b, falls_b);
    edo_router_fallback(in, falls_a);
    edo_router_fallback(r, falls);
    edo_router_merge(r, a);
    edo_router_merge(r, b);
    edo_router_nest(r, "/in", in);
    return r;
}

static edo_router *only_one_host(void) {
    edo_router *r = fallbacks();
    edo_router_guard(r, &(edo_route_guard){ .header = "x-front" });
    return r;
}

static void fallback_and_layers_go_with_their_guard(void **state) {
    static const web_asking cases[] = {
        { .target = "/a", .fields = "host: a.example\n", 200, "a -", "x-layer", "met" },
        { .target = "/b", .fields = "host: a.example\n", 200, "fallback a", "x-layer", "met" },
        { .target = "/a", .fields = "host: b.example\n", 200, "fallback b", "x-layer", NULL },
        { .target = "/a", .fields = "host: c.example\n", 200, "fallback", "x-layer", NULL },
        { .target = "/in/c", .fields = "host: in.example\n", 200, "c -" },
        { .target = "/in/x", .fields = "host: in.example\n", 200, "fallback a" },
        { .target = "/in/c", .fields = "host: c.example\n", 200, "fallback" },
    };
    static const web_asking front[] = {
        { .target = "/a", .fields = "host: a.example\nx-front: 1\n", 200, "a -" },
        { .target = "/x", .fields = "host: c.example\nx-front: 1\n", 200, "fallback" },
        { .target = "/a", .fields = "host: a.example\n", 404, NULL, "x-layer", NULL },
        { .target = "/x", .fields = "host: c.example\n", 404 },
    };
    (void)state;
    check_table(fallbacks, cases, EDO_COUNT(cases));
    check_table(only_one_host, front, EDO_COUNT(front));
}

/* ---- Ports ----------------------------------------------------------------------------------- */

/* Serves with a guard of the listener's port, or of the next one. */
static int ports(void *arg) {
    const bool fits = *(bool *)arg;
    web_served s = { .opts = { .http = NULL } };
    heard h;
    EDO_TEST_OK(edo_tcp_listen(&s.http.listener, "127.0.0.1:0", NULL));
    uint16_t port = edo_listener_port(s.http.listener);
    edo_router *r = edo_router_new();
    edo_router *here = guarded(&(edo_route_guard){ .port = fits ? port : (uint16_t)(port ^ 1) });
    get(r, "/", "any");
    get(here, "/", "here");
    edo_router_merge(r, here);
    web_begin_at(&s, r);
    web_ask(&s, &h, "GET /", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), fits ? "here -" : "any -"), 0);
    return web_end(&s);
}

static void port_chooses_the_route(void **state) {
    (void)state;
    assert_int_equal(inside_real(ports, &(bool){ true }), 0);
    assert_int_equal(inside_real(ports, &(bool){ false }), 0);
}

/* ---- Schemes --------------------------------------------------------------------------------- */

/* Asks as a proxy whose client has come by TLS, or not. */
static void ask_by_proxy(web_served *s, heard *h, bool by_tls) {
    static const char tlv[] = "\x20\x00\x05\x01\x00\x00\x00\x00"; // type, length, flags, verify
    static const char request[] = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    edo_proxy_header header = { .tlvs = tlv, .tlvs_n = by_tls ? 8 : 0 };
    char bytes[EDO_PROXY_HEADER_MAX];
    EDO_TEST_OK(edo_addr_parse(&header.source, "192.0.2.7:5678"));
    EDO_TEST_OK(edo_addr_parse(&header.dest, "192.0.2.1:80"));
    int n = edo_proxy_header_print(&header, bytes, sizeof bytes);
    CHECK(n > 0);
    edo_stream *c = client_of(&s->http);
    CHECK_EQ(edo_write_all(c, bytes, (size_t)n), 0);
    say(c, request);
    h->len = 0;
    CHECK(hear_until(c, h, NULL));
    edo_close(c);
}

static int schemes(void *arg) {
    web_served s = { .http = { .opts = { .proxy = EDO_HTTP_PROXY_REQUIRED } } };
    heard h = { 0 };
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router *https = guarded(&(edo_route_guard){ .scheme = "https" });
    edo_router *http = guarded(&(edo_route_guard){ .scheme = "http" });
    get(https, "/", "secure");
    get(http, "/", "open");
    edo_router_merge(r, https);
    edo_router_merge(r, http);
    web_begin(&s, r);
    ask_by_proxy(&s, &h, true);
    CHECK_EQ(strcmp(web_body(&h), "secure -"), 0);
    ask_by_proxy(&s, &h, false);
    CHECK_EQ(strcmp(web_body(&h), "open -"), 0);
    return web_end(&s);
}

static void scheme_chooses_the_route(void **state) {
    (void)state;
    assert_int_equal(inside_each(schemes, NULL), 0);
}

/* ---- Building -------------------------------------------------------------------------------- */

static void bad_guard_is_refused_when_the_router_is_built(void **state) {
    static const edo_route_guard cases[] = {
        { .host = NULL },
        { .host = "" },
        { .host = "*" },
        { .host = "*." },
        { .host = "a.*.example" },
        { .host = "a.example:80" },
        { .host = "u@a.example" },
        { .host = "a b" },
        { .header = "a b" },
        { .header = "" },
        { .header = "a", .value = "b\r\nc" },
        { .value = "b" },
        { .scheme = "ws" },
        { .host = "a.example", .reserved = { 1 } },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_router *r = guarded(&cases[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
    edo_router_guard(NULL, &(edo_route_guard){ .host = "a" }); // a router without memory
}

static edo_router *twins(const edo_route_guard *a, const edo_route_guard *b) {
    edo_router *r = edo_router_new(), *first = guarded(a), *second = guarded(b);
    get(first, "/", "first");
    get(second, "/", "second");
    edo_router_merge(r, first);
    edo_router_merge(r, second);
    return r;
}

static void routes_contradict_each_other_only_behind_one_guard(void **state) {
    static const struct {
        edo_route_guard a, b;
        int err;
    } cases[] = {
        { { .host = "a" }, { .host = "b" }, 0 },
        { { .host = "a" }, { .host = "A" }, -EDO_EROUTECONFLICT },
        { { .header = "a" }, { .header = "a", .value = "" }, 0 },
        { { .header = "a", .value = "1" }, { .header = "A", .value = "1" }, -EDO_EROUTECONFLICT },
        { { .header = "a", .value = "1" }, { .header = "a", .value = "2" }, 0 },
        { { .port = 1 }, { .port = 2 }, 0 },
        { { .scheme = "http" }, { .scheme = "https" }, 0 },
        { { .scheme = "https" }, { .scheme = "https" }, -EDO_EROUTECONFLICT },
        { { .host = "a" }, { .host = "a", .port = 2 }, 0 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_router *r = twins(&cases[i].a, &cases[i].b);
        assert_int_equal(edo_router_build(r), cases[i].err);
        edo_router_free(r);
    }
}

/* Two routers with two guards each, in another order. */
static edo_router *turned(const char *second) {
    static const edo_route_guard host = { .host = "a.example" }, key = { .header = "x-key" };
    edo_router *r = edo_router_new(), *a = guarded(&host), *b = guarded(&key);
    edo_router_guard(a, &key);
    edo_router_guard(b, &host);
    edo_router_guard(b, &key); // once more
    get(a, "/{id}", "capture");
    get(b, second, "second");
    edo_router_merge(r, a);
    edo_router_merge(r, b);
    return r;
}

static edo_router *turned_users(void) {
    return turned("/users");
}

static void guards_in_another_order_are_the_same_guards(void **state) {
    static const web_asking cases[] = {
        { .target = "/users", .fields = A KEY, .status = 200, .body = "second -" },
        { .target = "/7", .fields = A KEY, .status = 200, .body = "capture 7" },
        { .target = "/users", .fields = A, .status = 404 },
        { .target = "/users", .fields = KEY, .status = 404 },
        { EDO_METHOD_PUT, "/users", A KEY, 405, NULL, "allow", "GET, HEAD" },
    };
    (void)state;
    check_table(turned_users, cases, EDO_COUNT(cases));
    edo_router *r = turned("/{id}");
    assert_int_equal(edo_router_build(r), -EDO_EROUTECONFLICT);
    edo_router_free(r);
}

static void document_tells_a_method_of_a_path_once(void **state) {
    edo_buf text = { 0 };
    (void)state;
    edo_router *r = twins(&(edo_route_guard){ .host = "a" }, &(edo_route_guard){ .host = "b" });
    assert_int_equal(edo_router_build(r), 0);
    assert_int_equal(edo_openapi_print(r, NULL, &text), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    const char *first = strstr(text.ptr, "\"get\":");
    assert_true(first && !strstr(first + 1, "\"get\":"));
    edo_buf_deinit(&text);
    edo_router_free(r);
}

static edo_router *guards_within_guards(void) {
    edo_router *r = edo_router_new();
    edo_router_guard(r, &(edo_route_guard){ .header = "x", .value = "y" });
    edo_router *in = guarded(&(edo_route_guard){ .host = "a.example" });
    edo_router_get(in, "/a", says);
    edo_router_fallback(in, falls);
    edo_router_fallback(r, falls);
    edo_router_merge(r, in);
    return r;
}

static void router_without_memory_says_so(void **state) {
    (void)state;
    web_router_without_memory(guards_within_guards);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_chooses_the_route),
        cmocka_unit_test(host_is_what_the_client_asks),
        cmocka_unit_test(field_or_function_chooses_the_route),
        cmocka_unit_test(allow_has_the_methods_of_all_routes_for_the_request),
        cmocka_unit_test(allow_without_memory_is_a_failure_of_the_request),
        cmocka_unit_test(guards_in_another_order_are_the_same_guards),
        cmocka_unit_test(fallback_and_layers_go_with_their_guard),
        cmocka_unit_test(port_chooses_the_route),
        cmocka_unit_test(scheme_chooses_the_route),
        cmocka_unit_test(bad_guard_is_refused_when_the_router_is_built),
        cmocka_unit_test(routes_contradict_each_other_only_behind_one_guard),
        cmocka_unit_test(document_tells_a_method_of_a_path_once),
        cmocka_unit_test(router_without_memory_says_so),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
