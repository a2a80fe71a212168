/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web.h: a request finds its handler through its layers, what it lacks is
 * answered with the status that the header says, and what fails inside is not told.
 * Method: a server on one thread, clients that send bytes. */
#include "web_server.h"

#include <edo/breaker.h>
#include <edo/http_metrics.h>
#include <edo/layers.h>

typedef struct user {
    int64_t id;
    edo_str name, email;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id, .min = 1, .max = 1000),
             EDO_FIELD(user, name, .min_len = 1, .max_len = 8),
             EDO_FIELD(user, email, .optional = true))

typedef struct page {
    int64_t number;
    edo_str sort;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, number, .preset = "1"), EDO_FIELD(page, sort, .optional = true))

typedef struct key {
    int64_t id;
    edo_str name;
} key;
EDO_DESCRIBE(key, EDO_FIELD(key, id), EDO_FIELD(key, name, .optional = true))

/* ---- Where requests lead --------------------------------------------------------------------- */

/* Says what it was called with: the route, the captures "a" and "b", and the query. */
static int says_route(edo_web *w) {
    char text[256];
    edo_str route = edo_web_matched_path(w), a = edo_web_param(w, "a"), b = edo_web_param(w, "b");
    edo_str path = edo_web_path(w), query = edo_web_query_text(w);
    (void)snprintf(text, sizeof text, "[%.*s] a=%.*s b=%.*s %.*s?%.*s", (int)route.len, route.ptr,
                   (int)a.len, a.ptr, (int)b.len, b.ptr, (int)path.len, path.ptr, (int)query.len,
                   query.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int says_fallback(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_NOT_FOUND, "outer");
}

static int says_inner(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_NOT_FOUND, "inner");
}

static int says_head(edo_web *w) {
    EDO_TEST_OK(edo_web_set_header(w, "x-own", "head"));
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static edo_router *inner_router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/{b}", says_route);
    edo_router_fallback(r, says_inner);
    return r;
}

static int routes(void *arg) {
    static const struct {
        const char *line, *wanted;
    } cases[] = {
        { "GET /?x=1", "[/] a= b= /?x=1" },
        { "GET http://x/u/1?q", "[/u/{a}] a=1 b= /u/1?q" },
        { "GET http://x", "[/] a= b= /?" },
        { "GET /u/%C3%A9%2F1", "[/u/{a}] a=\xc3\xa9/1 b= /u/%C3%A9%2F1?" },
        { "PUT /u/1", "[/u/{a}] a=1 b= /u/1?" },
        { "BREW /any", "[/any] a= b= /any?" },
        { "DELETE /any", "[/any] a= b= /any?" },
        { "GET /in/5/7", "[/in/{a}/{b}] a=5 b=7 /in/5/7?" },
        { "GET /in/5/7/8", "inner" },
        { "GET /in/5", "inner" },
        { "GET /in", "outer" },
        { "GET /nowhere", "outer" },
        { "OPTIONS *", "outer" },
    };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", says_route);
    edo_router_get(r, "/u/{a}", says_route);
    edo_router_put(r, "/u/{a}", says_route);
    edo_router_any(r, "/any", says_route);
    edo_router_get(r, "/head", says_route);
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_HEAD), "/head", says_head);
    edo_router_nest(r, "/in/{a}", inner_router());
    edo_router_fallback(r, says_fallback);
    web_begin(&s, r);
    heard h;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        web_ask(&s, &h, cases[i].line, NULL, NULL);
        if (strcmp(web_body(&h), cases[i].wanted) != 0)
            (void)fprintf(stderr, "%s:\n", cases[i].line);
        CHECK_EQ(strcmp(web_body(&h), cases[i].wanted), 0);
    }
    web_ask(&s, &h, "HEAD /u/1", NULL, NULL); // as GET
    CHECK(has(&h, " 200 ") && has(&h, "content-length: 21\r\n") && *web_body(&h) == 0);
    web_ask(&s, &h, "HEAD /head", NULL, NULL); // its own
    CHECK(has(&h, " 204 ") && has(&h, "x-own: head\r\n"));
    web_ask(&s, &h, "POST /u/1", NULL, NULL);
    CHECK(has(&h, " 405 ") && has(&h, "allow: GET, HEAD, PUT\r\n"));
    CHECK(has(&h, "application/problem+json") && has(&h, "\"status\":405"));
    web_ask(&s, &h, "GET /u/%ff", NULL, NULL);
    CHECK(has(&h, " 400 ") && has(&h, "the path is badly encoded"));
    web_ask(&s, &h, "GET /u/%zz", NULL, NULL);
    CHECK(has(&h, " 400 "));
    return web_end(&s);
}

static void request_finds_its_route(void **state) {
    (void)state;
    assert_int_equal(inside(routes, NULL), 0);
}

/* ---- What a request lacks -------------------------------------------------------------------- */

static int takes_user(edo_web *w) {
    user u;
    int err = edo_web_json(w, &u, &user_desc);
    if (err < 0) return err;
    u.id++;
    return edo_web_reply_json(w, EDO_STATUS_CREATED, &u, &user_desc);
}

static int takes_form(edo_web *w) {
    user u;
    int err = edo_web_form(w, &u, &user_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &u, &user_desc);
}

static int takes_page(edo_web *w) {
    page p;
    int err = edo_web_query(w, &p, &page_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &p, &page_desc);
}

static int takes_key(edo_web *w) {
    key k;
    int err = edo_web_params(w, &k, &key_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &k, &key_desc);
}

static int ignores_refusal(edo_web *w) {
    user u;
    if (edo_web_json(w, &u, &user_desc) < 0) return edo_web_reply_text(w, EDO_STATUS_OK, "fine");
    return 0;
}

static int extractors(void *arg) {
    static const char json[] = "application/json", form[] = "application/x-www-form-urlencoded";
    static const struct {
        const char *line, *type, *body, *status, *wanted;
    } cases[] = {
        { "POST /u", json, "{\"id\":1,\"name\":\"Ann\"}", " 201 ", "{\"id\":2,\"name\":\"Ann\"" },
        { "POST /u", "Application/JSON; charset=utf-8", "{\"id\":1,\"name\":\"A\"}", " 201 ", "" },
        { "POST /u", "application/vnd.x+json", "{\"id\":1,\"name\":\"A\"}", " 201 ", "" },
        { "POST /u", "+json", "{\"id\":1,\"name\":\"A\"}", " 415 ", "not application/json" },
        { "POST /u", "text/plain", "{}", " 415 ", "not application/json" },
        { "POST /u", NULL, "{}", " 415 ", "not application/json" },
        { "POST /u", json, "{\"id\":1,", " 400 ", "application/problem+json" },
        { "POST /u", json, "", " 400 ", "" },
        { "POST /u", json, "{\"id\":1}", " 422 ", "name" },
        { "POST /u", json, "{\"id\":0,\"name\":\"A\"}", " 422 ", "id" },
        { "POST /u", json, "{\"id\":1,\"name\":\"123456789\"}", " 422 ", "name" },
        { "POST /u", json, "[]", " 422 ", "" },
        { "POST /u", json,
          "{\"id\":1,\"name\":\"A\",\"email\":\"................................."
          "........................................................\"}",
          " 413 ", "too long" },
        { "POST /form", form, "id=7&name=A+%42", " 200 ", "{\"id\":7,\"name\":\"A B\"" },
        { "POST /form", form, "id=x&name=A", " 422 ", "id" },
        { "POST /form", json, "{}", " 415 ", "" },
        { "GET /form?id=7&name=A", NULL, NULL, " 200 ", "\"name\":\"A\"" },
        { "GET /form?id=x", NULL, NULL, " 400 ", "id" },
        { "GET /page?number=3&sort=up", NULL, NULL, " 200 ", "{\"number\":3,\"sort\":\"up\"}" },
        { "GET /page", NULL, NULL, " 200 ", "\"number\":1" },
        { "GET /page?number=x", NULL, NULL, " 400 ", "number" },
        { "GET /page?number=3&sort=up&utm_content=50%off", NULL, NULL, " 200 ",
          "{\"number\":3,\"sort\":\"up\"}" },
        { "GET /page?%f0=1&x%f0%9f%98=%", NULL, NULL, " 200 ", "\"number\":1" },
        { "GET /page?number=1&number=2", NULL, NULL, " 400 ", "number" },
        { "GET /key/5/a%20b", NULL, NULL, " 200 ", "{\"id\":5,\"name\":\"a b\"}" },
        { "GET /key/five/x", NULL, NULL, " 400 ", "id" },
        { "POST /ignore", "x/y", "", " 200 ", "fine" },
    };
    web_served s = { .opts = { .body_max = 100 } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_post(r, "/u", takes_user);
    edo_router_any(r, "/form", takes_form);
    edo_router_get(r, "/page", takes_page);
    edo_router_get(r, "/key/{id}/{name}", takes_key);
    edo_router_post(r, "/ignore", ignores_refusal);
    web_begin(&s, r);
    heard h;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        web_ask(&s, &h, cases[i].line, cases[i].type, cases[i].body);
        bool good = has(&h, cases[i].status) && has(&h, cases[i].wanted);
        if (!good) (void)fprintf(stderr, "%s %s:\n%s\n", cases[i].line, cases[i].body, h.text);
        CHECK(good);
    }
    return web_end(&s);
}

static void what_a_request_lacks_is_answered_with_its_status(void **state) {
    (void)state;
    assert_int_equal(inside(extractors, NULL), 0);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static int mark(edo_web *w, edo_next *next, const char *name) {
    EDO_TEST_OK(edo_headers_append_named(&edo_web_response(w)->headers, EDO_STR("x-way"),
                                         edo_str_of(name)));
    return edo_next_call(next, w);
}

static int marks_a(edo_web *w, edo_next *next) {
    return mark(w, next, "a");
}

static int marks_b(edo_web *w, edo_next *next) {
    return mark(w, next, "b");
}

static int marks_all(edo_web *w, edo_next *next) {
    return mark(w, next, "all");
}

static int guards(edo_web *w, edo_next *next) {
    if (edo_str_equal(edo_web_query_text(w), EDO_STR("key"))) return edo_next_call(next, w);
    return edo_web_reply_problem(w, EDO_STATUS_UNAUTHORIZED, "a key is needed, not %d \xff", 7);
}

/* The marks in their order, as "a b". */
static void way_of(const heard *h, char *to) {
    size_t len = 0;
    for (const char *at = h->text; (at = strstr(at, "x-way: ")); at++) {
        size_t n = strcspn(at + 7, "\r");
        memcpy(to + len, at + 7, n);
        to[len + n] = ' ';
        len += n + 1;
    }
    to[len] = 0;
}

static int layered(void *arg) {
    static const struct {
        const char *line, *status, *way;
    } cases[] = {
        { "GET /early?key", " 200 ", "all a b " }, { "GET /early", " 401 ", "all a b " },
        { "POST /early", " 405 ", "all a b " },    { "GET /none", " 404 ", "all a b " },
        { "GET /late", " 200 ", "all " },          { "GET /in/1", " 200 ", "all b " },
        { "GET /in/1/2", " 404 ", "all b " },
    };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new(), *in = inner_router();
    (void)arg;
    edo_router_get(r, "/early", says_route);
    edo_router_wrap_routes(r, edo_web_around(guards));
    edo_router_wrap(r, edo_web_around(marks_a), edo_web_around(marks_b));
    edo_router_wrap_all(in, edo_web_around(marks_b));
    edo_router_nest(r, "/in", in);
    edo_router_wrap_all(r, edo_web_around(marks_all));
    edo_router_get(r, "/late", says_route);
    web_begin(&s, r);
    heard h;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char way[64];
        web_ask(&s, &h, cases[i].line, NULL, NULL);
        way_of(&h, way);
        if (strcmp(way, cases[i].way) != 0) (void)fprintf(stderr, "%s:\n", cases[i].line);
        CHECK_EQ(strcmp(way, cases[i].way), 0);
        CHECK(has(&h, cases[i].status));
    }
    return web_end(&s);
}

static void layers_are_around_what_was_added_before_or_around_all(void **state) {
    (void)state;
    assert_int_equal(inside(layered, NULL), 0);
}

static int late_fallback(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_router_get(r, "/early", says_route);
    edo_router_wrap(r, edo_web_around(marks_a));
    edo_router_fallback(r, says_fallback);
    edo_router_wrap_all(r, edo_web_around(marks_all));
    web_begin(&s, r);
    web_ask(&s, &h, "GET /none", NULL, NULL);
    CHECK(has(&h, "outer") && has(&h, "x-way: all") && !has(&h, "x-way: a\r"));
    return web_end(&s);
}

static void fallback_that_is_added_later_is_not_wrapped(void **state) {
    (void)state;
    assert_int_equal(inside(late_fallback, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int fails(edo_web *w) {
    int code = *(int *)edo_web_state(w);
    return edo_fail(code, "the password of the database is wrong");
}

static int sleeps(edo_web *w) {
    (void)w;
    return edo_sleep(edo_s(60));
}

static int fails_never(void *arg) {
    (void)arg;
    return 0;
}

/* A partner whose circuit opens for 8.5 s. */
static int asks_a_partner(edo_web *w) {
    edo_breaker *b = edo_web_state(w);
    int err = edo_breaker_force(b, EDO_BREAKER_OPEN);
    return err < 0 ? err : edo_breaker_run(b, fails_never, NULL);
}

static int open_circuit(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    edo_breaker *b;
    heard h;
    (void)arg;
    EDO_TEST_OK(edo_breaker_new(&b, &(edo_breaker_opts){ .open_for = edo_ms(8500) }));
    s.opts.state = b;
    edo_router_get(r, "/partner", asks_a_partner);
    web_begin(&s, r);
    web_ask(&s, &h, "GET /partner", NULL, NULL);
    CHECK(has(&h, " 503 ") && has(&h, "retry-after: 9\r\n"));
    int err = web_end(&s);
    edo_breaker_unref(b);
    return err;
}

static void failure_of_an_open_circuit_says_when_to_ask_again(void **state) {
    (void)state;
    assert_int_equal(inside(open_circuit, NULL), 0);
}

static int says_not_allowed(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_METHOD_NOT_ALLOWED, "not so");
}

static int failures(void *arg) {
    static const struct {
        int code;
        const char *status;
    } cases[] = { { -EIO, " 500 " },       { -EMSGSIZE, " 413 " },
                  { -EBADMSG, " 400 " },   { -EDO_ERATELIMITED, " 429 " },
                  { -ETIMEDOUT, " 503 " }, { -EDO_EOVERLOADED, " 503 " },
                  { -ENOMEM, " 500 " },    { -EDO_ECIRCUITOPEN, " 503 " } };
    int code = 0;
    web_served s = { .opts = { .state = &code } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/fails", fails);
    edo_router_get(r, "/sleeps", sleeps);
    edo_router_not_allowed(r, says_not_allowed);
    edo_router_wrap(r, edo_timeout_layer(edo_s(2)));
    web_begin(&s, r);
    heard h;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        code = cases[i].code;
        web_ask(&s, &h, "GET /fails", NULL, NULL);
        CHECK(has(&h, cases[i].status) && !has(&h, "password"));
    }
    web_ask(&s, &h, "GET /sleeps", NULL, NULL);
    CHECK(has(&h, " 503 "));
    web_ask(&s, &h, "PUT /sleeps", NULL, NULL);
    CHECK(has(&h, " 405 ") && has(&h, "not so") && has(&h, "allow: GET, HEAD\r\n"));
    return web_end(&s);
}

static void failure_of_a_handler_has_its_status_and_no_detail(void **state) {
    (void)state;
    assert_int_equal(inside(failures, NULL), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

static int redirects(edo_web *w) {
    CHECK_EQ(edo_web_reply_redirect(w, EDO_STATUS_OK, EDO_STR("/x")), -EINVAL);
    CHECK_EQ(edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/x\r\ny: z")), -EINVAL);
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/x?a=b"));
}

static int replies_html(edo_web *w) {
    EDO_TEST_OK(edo_web_reply_text(w, EDO_STATUS_OK, "first"));
    return edo_web_reply_html(w, EDO_STATUS_CREATED, "<p>second");
}

static int replies_bytes(edo_web *w) {
    CHECK(edo_web_request(w)->method == EDO_METHOD_GET);
    CHECK_EQ(edo_web_set_header(w, "bad name", "x"), -EINVAL);
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "x/y", EDO_STR("a\0b"));
}

static int replies_buf(edo_web *w) {
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_buf_printf(&text, "%d of a buffer", 7));
    const char *bytes = text.ptr;
    EDO_TEST_OK(edo_web_reply_buf(w, EDO_STATUS_OK, "x/y", &text));
    CHECK(text.ptr == NULL && text.len == 0);
    EDO_TEST_OK(edo_buf_append(&text, "a", 1)); // it is as one that was just made
    CHECK(text.ptr != bytes);                   // which the response has
    return edo_web_reply_buf(w, EDO_STATUS_ACCEPTED, "x/z", &text);
}

/* The head was sent already: the bytes are taken in that case, too. */
static int replies_buf_late(edo_web *w) {
    edo_buf text = { 0 };
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, 0));
    EDO_TEST_OK(edo_buf_append(&text, "late", 4));
    CHECK_EQ(edo_web_reply_buf(w, EDO_STATUS_OK, "x/y", &text), -EBUSY);
    CHECK(text.ptr == NULL);
    return 0;
}

static int replies(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_router_get(r, "/redirect", redirects);
    edo_router_get(r, "/html", replies_html);
    edo_router_get(r, "/bytes", replies_bytes);
    edo_router_get(r, "/buf", replies_buf);
    edo_router_get(r, "/late", replies_buf_late);
    web_begin(&s, r);
    web_ask(&s, &h, "GET /redirect", NULL, NULL);
    CHECK(has(&h, " 303 ") && has(&h, "location: /x?a=b\r\n") && !has(&h, "\r\ncontent-type"));
    web_ask(&s, &h, "GET /html", NULL, NULL);
    CHECK(has(&h, " 201 ") && has(&h, "text/html; charset=utf-8") && !has(&h, "first"));
    CHECK_EQ(strcmp(web_body(&h), "<p>second"), 0);
    web_ask(&s, &h, "GET /bytes", NULL, NULL);
    CHECK(has(&h, "content-type: x/y\r\n") && has(&h, "content-length: 3\r\n"));
    web_ask(&s, &h, "GET /buf", NULL, NULL);
    CHECK(has(&h, " 202 ") && has(&h, "content-type: x/z\r\n"));
    CHECK_EQ(strcmp(web_body(&h), "a"), 0);
    web_ask(&s, &h, "GET /late", NULL, NULL);
    CHECK(has(&h, " 200 ") && has(&h, "content-length: 0\r\n"));
    return web_end(&s);
}

static void response_is_what_the_handler_made_last(void **state) {
    (void)state;
    assert_int_equal(inside(replies, NULL), 0);
}

/* Is `text` among the metrics? */
static bool has_metric(edo_metrics *m, const char *text) {
    edo_buf all = { 0 };
    EDO_TEST_OK(edo_metrics_print(m, &all, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&all, "", 1));
    bool found = strstr(all.ptr, text);
    edo_buf_deinit(&all);
    return found;
}

#define COUNT(method, route, status)                                                               \
    "http_server_request_duration_seconds_count{http_request_method=\"" method                     \
    "\",http_route=\"" route "\",http_response_status_code=\"" status "\","

static int measured(void *arg) {
    (void)arg;
    edo_metrics *m;
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_http_metrics_new(&s.http.opts.metrics, m));
    edo_router_nest(r, "/in/{a}", inner_router());
    web_begin(&s, r);
    web_ask(&s, &h, "GET /in/5/7", NULL, NULL);
    web_ask(&s, &h, "PUT /in/5/8", NULL, NULL);
    web_ask(&s, &h, "GET /elsewhere", NULL, NULL);
    CHECK(has_metric(m, COUNT("GET", "/in/{a}/{b}", "200")));
    CHECK(has_metric(m, COUNT("PUT", "/in/{a}/{b}", "405")));
    CHECK(has_metric(m, COUNT("GET", "", "404")));
    CHECK(!has_metric(m, "/5"));
    edo_http_metrics_unref(s.http.opts.metrics);
    int result = web_end(&s);
    edo_metrics_free(m);
    return result;
}

static void metrics_tell_the_route_of_a_request(void **state) {
    (void)state;
    assert_int_equal(inside(measured, NULL), 0);
}

static int bad_router(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/a", says_route);
    edo_router_get(r, "/a", says_route);
    CHECK_EQ(edo_web_serve(r, &(edo_web_opts){ .listen = "127.0.0.1:0" }), -EDO_EROUTECONFLICT);
    const edo_trail_entry *entry = edo_trail_find(-EDO_EROUTECONFLICT);
    CHECK(entry && strstr(entry->text, "GET /a and GET /a"));
    r = edo_router_new();
    edo_router_get(r, "/a", says_route);
    edo_router_wrap(r, edo_concurrency_layer_with(&(edo_concurrency_opts){ .reserved = { 1 } }));
    CHECK_EQ(edo_web_serve(r, &(edo_web_opts){ .listen = "127.0.0.1:0" }), -EINVAL);
    CHECK_EQ(edo_web_serve(NULL, &(edo_web_opts){ .listen = "127.0.0.1:0" }), -ENOMEM);
    CHECK_EQ(edo_web_serve(edo_router_new(), &(edo_web_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_web_serve(edo_router_new(), &(edo_web_opts){ .state = NULL }), -EINVAL);
    return 0;
}

static void bad_router_is_not_served(void **state) {
    (void)state;
    assert_int_equal(inside(bad_router, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_finds_its_route),
        cmocka_unit_test(what_a_request_lacks_is_answered_with_its_status),
        cmocka_unit_test(layers_are_around_what_was_added_before_or_around_all),
        cmocka_unit_test(fallback_that_is_added_later_is_not_wrapped),
        cmocka_unit_test(failure_of_a_handler_has_its_status_and_no_detail),
        cmocka_unit_test(failure_of_an_open_circuit_says_when_to_ask_again),
        cmocka_unit_test(response_is_what_the_handler_made_last),
        cmocka_unit_test(metrics_tell_the_route_of_a_request),
        cmocka_unit_test(bad_router_is_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
