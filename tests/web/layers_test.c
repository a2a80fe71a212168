/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_layers.h: what other origins may read, and what the heads of
 * responses say, whoever makes them.
 * Method: a server on one thread, clients that send bytes. */
#include "web_server.h"

#include <edo/web_layers.h>

/* Asks with more fields, each with its end of line. */
static void ask_with(web_served *s, heard *h, const char *line, const char *fields) {
    static char request[16384]; // tests are single-threaded
    (void)snprintf(request, sizeof request, "%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s\r\n",
                   line, fields);
    ask(&s->http, h, request);
}

static int says_ok(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

static int fails(edo_web *w) {
    (void)w;
    return -EPIPE;
}

static int streams(edo_web *w) {
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    return edo_write_all(out, "ok", 2) < 0 ? -EIO : 0;
}

/* ---- CORS ------------------------------------------------------------------------------------ */

static bool is_of_example(void *arg, edo_web *w, edo_str origin) {
    (void)w;
    CHECK_EQ(*(int *)arg, 7);
    return origin.len > 8 && memcmp(origin.ptr + origin.len - 8, ".example", 8) == 0;
}

#define PREFLIGHT                                                                                  \
    "origin: http://a.example\r\naccess-control-request-method: PUT\r\n"                           \
    "access-control-request-headers: x-own\r\naccess-control-request-private-network: true\r\n"

typedef struct cors_case {
    const char *name;
    edo_cors_opts opts;
    const char *line, *fields;
    const char *wanted[6]; /* what the response has; "!x": it has no x */
} cors_case;

static int seven = 7;
static const char *const a_and_b[] = { "http://a.example", "https://b.example:8443" };

static const cors_case cors_cases[] = {
    { "any",
      { .any_origin = true, .expose = "x-own" },
      "GET /",
      "origin: http://a.example\r\n",
      { "allow-origin: *\r\n", "!vary", "expose-headers: x-own\r\n", "!credentials" } },
    { "without an origin",
      { .origins = a_and_b, .origins_n = 2 },
      "GET /",
      "",
      { " 200 ", "!allow-origin", "vary: origin\r\n" } },
    { "of the list",
      { .origins = a_and_b, .origins_n = 2, .credentials = true },
      "GET /",
      "origin: https://b.example:8443\r\n",
      { "allow-origin: https://b.example:8443\r\n", "vary: origin\r\n",
        "allow-credentials: true\r\n" } },
    { "not of the list",
      { .origins = a_and_b, .origins_n = 2 },
      "GET /",
      "origin: http://a.example.evil\r\n",
      { " 200 ", "!allow-origin", "vary: origin\r\n" } },
    { "several origins",
      { .mirror_origin = true, .credentials = true },
      "GET /",
      "origin: http://a.example\r\norigin: http://b.example\r\n",
      { " 200 ", "!allow-origin", "vary: origin\r\n" } },
    { "several origins, any allowed",
      { .any_origin = true },
      "OPTIONS /",
      "origin: http://a.example\r\norigin: http://a.example\r\n"
      "access-control-request-method: PUT\r\n",
      { " 204 ", "allow-origin: *\r\n" } },
    { "by a function",
      { .origin = is_of_example, .arg = &seven },
      "GET /",
      "origin: http://c.example\r\n",
      { "allow-origin: http://c.example\r\n" } },
    { "mirrored",
      { .mirror_origin = true, .credentials = true },
      "GET /",
      "origin: null\r\n",
      { "allow-origin: null\r\n", "vary: origin\r\n" } },
    { "failure",
      { .any_origin = true },
      "GET /fails",
      "origin: http://a.example\r\n",
      { " 500 ", "allow-origin: *\r\n" } },
    { "stream",
      { .any_origin = true },
      "GET /streams",
      "origin: http://a.example\r\n",
      { " 200 ", "allow-origin: *\r\n" } },
    { "404",
      { .any_origin = true },
      "GET /nowhere",
      "origin: http://a.example\r\n",
      { " 404 ", "allow-origin: *\r\n" } },
    { "preflight",
      { .any_origin = true, .headers = "x-own", .max_age = { 5000000000 } },
      "OPTIONS /",
      PREFLIGHT,
      { " 204 ", "allow-origin: *\r\n", "allow-methods: GET, HEAD, POST\r\n",
        "allow-headers: x-own\r\n", "max-age: 5\r\n", "!private" } },
    { "preflight of a path that is not there",
      { .any_origin = true, .methods = "*" },
      "OPTIONS /nowhere",
      PREFLIGHT,
      { " 204 ", "allow-methods: *\r\n", "!\r\nallow: ", "!allow-headers" } },
    { "preflight, mirrored",
      { .mirror_origin = true,
        .mirror_methods = true,
        .mirror_headers = true,
        .private_network = true },
      "OPTIONS /",
      PREFLIGHT,
      { " 204 ", "allow-methods: PUT\r\n", "allow-headers: x-own\r\n",
        "vary: access-control-request-headers\r\n", "allow-private-network: true\r\n" } },
    { "preflight of another origin",
      { .origins = a_and_b + 1, .origins_n = 1, .private_network = true },
      "OPTIONS /",
      PREFLIGHT,
      { " 204 ", "!allow-origin", "!allow-methods", "!private", "vary: origin\r\n" } },
    { "OPTIONS that is none",
      { .any_origin = true },
      "OPTIONS /any",
      "origin: http://a.example\r\n",
      { " 200 ", "allow-origin: *\r\n", "!allow-methods" } },
};

static void check_has(const char *name, const heard *h, const char *wanted) {
    bool is_there = has(h, wanted + (*wanted == '!'));
    if (is_there == (*wanted == '!')) (void)fprintf(stderr, "%s: %s\n%s\n", name, wanted, h->text);
    CHECK(is_there != (*wanted == '!'));
}

static int cors_case_of(void *arg) {
    const cors_case *c = arg;
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_get(r, "/fails", fails);
    edo_router_get(r, "/streams", streams);
    edo_router_any(r, "/any", says_ok);
    edo_router_wrap_all(r, edo_cors_layer(&c->opts));
    web_begin(&s, r);
    ask_with(&s, &h, c->line, c->fields);
    for (size_t i = 0; i < EDO_COUNT(c->wanted) && c->wanted[i]; i++)
        check_has(c->name, &h, c->wanted[i]);
    return web_end(&s);
}

static void origins_may_read_what_the_options_say(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cors_cases); i++) {
        cors_case c = cors_cases[i];
        assert_int_equal(inside(cors_case_of, &c), 0);
    }
}

/* Asks somebody else, which takes time. */
static bool asks_elsewhere(void *arg, edo_web *w, edo_str origin) {
    (void)w;
    *(int *)arg += edo_sleep(edo_ms(50)) == 0;
    return edo_str_equal(origin, EDO_STR("http://a.example"));
}

static int waiting_origins(void *arg) {
    int asked = 0;
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", says_ok);
    edo_router_wrap_all(
        r, edo_cors_layer(&(edo_cors_opts){ .origin = asks_elsewhere, .arg = &asked }));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /", "origin: http://a.example\r\n");
    CHECK(has(&h, " 200 ") && has(&h, "allow-origin: http://a.example\r\n"));
    ask_with(&s, &h, "OPTIONS /",
             "origin: http://b.example\r\naccess-control-request-method: PUT\r\n");
    CHECK(has(&h, " 204 ") && !has(&h, "allow-origin"));
    CHECK_EQ(asked, 2);
    return web_end(&s);
}

static void origin_is_asked_for_by_a_function_that_waits(void **state) {
    (void)state;
    assert_int_equal(inside(waiting_origins, NULL), 0);
}

/* The mirrored list is bounded, so that a preflight cannot make the head too long. */
static int long_preflight(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char fields[9000];
    (void)arg;
    int n = snprintf(fields, sizeof fields,
                     "origin: http://a\r\naccess-control-request-method: "
                     "PUT\r\naccess-control-request-headers: ");
    memset(fields + n, 'x', 8500);
    memcpy(fields + n + 8500, "\r\n", 3);
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(r,
                    edo_cors_layer(&(edo_cors_opts){ .any_origin = true, .mirror_headers = true }));
    web_begin(&s, r);
    ask_with(&s, &h, "OPTIONS /", fields);
    CHECK(has(&h, " 204 ") && has(&h, "allow-methods") && !has(&h, "allow-headers"));
    return web_end(&s);
}

static void long_preflight_is_not_mirrored(void **state) {
    (void)state;
    assert_int_equal(inside(long_preflight, NULL), 0);
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int set_own(edo_web *w) {
    EDO_TEST_OK(edo_web_set_header(w, "x-frame-options", "SAMEORIGIN"));
    EDO_TEST_OK(edo_web_set_header(w, "x-set", "own"));
    EDO_TEST_OK(edo_web_set_header(w, "x-added", "own"));
    EDO_TEST_OK(edo_web_set_header(w, "x-absent", "own"));
    EDO_TEST_OK(edo_web_set_header(w, "set-cookie", "a=b"));
    edo_str came = edo_headers_get_named(&edo_web_request(w)->headers, EDO_STR("x-in"));
    CHECK(edo_str_equal(came, EDO_STR("set")));
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

/* The value is made of the request's target; none for "/none". */
static int value_of_target(void *arg, edo_request *req, edo_response *res, edo_buf *out) {
    CHECK(arg == &seven && res);
    if (edo_str_equal(req->target, EDO_STR("/none"))) return -ENOENT;
    if (edo_str_equal(req->target, EDO_STR("/bad"))) return edo_buf_append(out, "a\r\nx: y", 7);
    return edo_buf_append(out, req->target.ptr, req->target.len);
}

static int fields(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_get(r, "/own", set_own);
    edo_router_get(r, "/none", says_ok);
    edo_router_get(r, "/bad", says_ok);
    edo_router_wrap_all(
        r,
        edo_security_headers_layer(
            &(edo_security_headers_opts){ .hsts = edo_s(60), .opener = "", .permissions = "a=()" }),
        edo_set_header_layer(&(edo_set_header_opts){ .name = "x-set", .value = "layer" }),
        edo_set_header_layer(&(edo_set_header_opts){
            .name = "x-added", .value = "layer", .how = EDO_HEADER_APPEND }),
        edo_set_header_layer(&(edo_set_header_opts){
            .name = "x-absent", .value = "layer", .how = EDO_HEADER_IF_ABSENT }),
        edo_set_header_layer(
            &(edo_set_header_opts){ .name = "x-in", .value = "set", .of_request = true }),
        edo_set_header_layer(
            &(edo_set_header_opts){ .name = "x-made", .fn = value_of_target, .arg = &seven }),
        edo_propagate_header_layer("x-pass"));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /", "x-pass: 1\r\nx-pass: 2\r\n");
    static const char *const wanted[] = {
        " 200 ",
        "x-content-type-options: nosniff\r\n",
        "content-security-policy: default-src ",
        "x-frame-options: DENY\r\n",
        "referrer-policy: strict-",
        "permissions-policy: a=()\r\n",
        "strict-transport-security: max-age=60; includeSubDomains\r\n",
        "!opener",
        "cross-origin-resource-policy: same-origin\r\n",
        "x-set: layer\r\n",
        "x-added: layer\r\n",
        "x-absent: layer\r\n",
        "x-made: /\r\n",
        "x-pass: 1\r\nx-pass: 2\r\n"
    };
    for (size_t i = 0; i < EDO_COUNT(wanted); i++) check_has("layers", &h, wanted[i]);
    ask_with(&s, &h, "GET /own", "");
    static const char *const own[] = { "x-frame-options: SAMEORIGIN\r\n",
                                       "!DENY",
                                       "x-set: layer",
                                       "x-added: own\r\n",
                                       "x-added: layer\r\n",
                                       "x-absent: own\r\n",
                                       "!x-pass" };
    for (size_t i = 0; i < EDO_COUNT(own); i++) check_has("own", &h, own[i]);
    ask_with(&s, &h, "GET /none", "");
    CHECK(has(&h, " 200 ") && !has(&h, "x-made"));
    ask_with(&s, &h, "GET /bad", ""); // no field is injected
    CHECK(has(&h, " 500 ") && !has(&h, "x: y"));
    ask_with(&s, &h, "GET /nowhere", "");
    CHECK(has(&h, " 404 ") && has(&h, "nosniff") && has(&h, "x-made: /nowhere\r\n"));
    return web_end(&s);
}

static void each_head_has_the_fields_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(fields, NULL), 0);
}

/* A layer outside of the marks prints what it sees. */
static char printed[512];

static int prints(edo_web *w, edo_next *next) {
    edo_buf text = { 0 };
    int err = edo_next_call(next, w);
    EDO_TEST_OK(edo_headers_print(&edo_web_request(w)->headers, &text));
    (void)snprintf(printed, sizeof printed, "%.*s", (int)text.len, text.ptr);
    edo_buf_deinit(&text);
    return err;
}

static int sensitive(void *arg) {
    static const char *const names[] = { "x-key" };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(
        r, edo_web_around(prints), edo_sensitive_headers_layer(NULL),
        edo_sensitive_headers_layer(&(edo_sensitive_headers_opts){ .names = names, .names_n = 1 }));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /", "cookie: a=b\r\nx-key: secret\r\nx-other: c\r\n");
    CHECK(strstr(printed, "cookie: Sensitive") && strstr(printed, "x-key: Sensitive"));
    CHECK(strstr(printed, "x-other: c") && !strstr(printed, "secret"));
    return web_end(&s);
}

static void sensitive_fields_are_not_printed(void **state) {
    (void)state;
    assert_int_equal(inside(sensitive, NULL), 0);
}

/* ---- Ids ------------------------------------------------------------------------------------- */

static int says_id(edo_web *w) {
    edo_str id = edo_request_id(edo_web_request(w));
    edo_str field = edo_headers_get(&edo_web_request(w)->headers, EDO_HEADER_X_REQUEST_ID);
    CHECK(edo_str_equal(id, field));
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", id);
}

static int ids(void *arg) {
    edo_request_id_opts *o = arg;
    web_served s = { .opts = { .state = NULL } };
    heard h, again;
    char line[200];
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_id);
    edo_router_wrap_all(r, edo_request_id_layer(o));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /", "");
    const char *id = web_body(&h);
    CHECK_EQ(strlen(id), 36);
    CHECK(id[8] == '-' && id[14] == (o->random ? '4' : '7') && strchr("89ab", id[19]));
    (void)snprintf(line, sizeof line, "x-request-id: %s\r\n", id);
    CHECK(has(&h, line));
    ask_with(&s, &again, "GET /", "");
    CHECK(strcmp(web_body(&again), id) != 0);
    if (!o->random) CHECK(strncmp(id, web_body(&again), 8) <= 0); // the time, about
    ask_with(&s, &h, "GET /", "x-request-id: abc.1\r\n");
    CHECK_EQ(strcmp(web_body(&h), "abc.1") == 0, o->trusted);
    ask_with(&s, &h, "GET /", "x-request-id: a b;c\r\n"); // never passed on
    CHECK_EQ(strlen(web_body(&h)), 36);
    ask_with(&s, &h, "GET /nowhere", "");
    CHECK(has(&h, "x-request-id: "));
    return web_end(&s);
}

static void each_request_has_an_id(void **state) {
    (void)state;
    edo_request_id_opts opts[] = { { .random = false }, { .random = true }, { .trusted = true } };
    for (size_t i = 0; i < EDO_COUNT(opts); i++) assert_int_equal(inside(ids, &opts[i]), 0);
}

/* ---- Traces ---------------------------------------------------------------------------------- */

static int says_step(edo_web *w) {
    const edo_headers *h = &edo_web_request(w)->headers;
    char text[200];
    edo_str parent = edo_headers_get(h, EDO_HEADER_TRACEPARENT);
    edo_str state = edo_headers_get(h, EDO_HEADER_TRACESTATE);
    (void)snprintf(text, sizeof text, "%.*s %.*s", (int)parent.len, parent.ptr, (int)state.len,
                   state.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define STEP  "00f067aa0ba902b7"

static int steps(void *arg) {
    static const struct {
        const char *parent;
        bool goes_on, is_sampled;
    } cases[] = {
        { "00-" TRACE "-" STEP "-01", true, true },
        { "00-" TRACE "-" STEP "-02", true, false },
        { "cc-" TRACE "-" STEP "-01-more", true, true },
        { "00-" TRACE "-" STEP "-01-more", false, true },
        { "ff-" TRACE "-" STEP "-01", false, true },
        { "00-00000000000000000000000000000000-" STEP "-01", false, true },
        { "00-" TRACE "-0000000000000000-01", false, true },
        { "00-4BF92F3577B34DA6A3CE929D0E0E4736-" STEP "-01", false, true },
        { "00-" TRACE "-" STEP, false, true },
        { "00-" TRACE "-" STEP "-01\r\ntraceparent: 00-" TRACE "-" STEP "-01", false, true },
        { "x", false, true },
    };
    const edo_traceparent_opts *o = arg;
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_step);
    edo_router_wrap(r, edo_traceparent_layer(o));
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char line[300];
        (void)snprintf(line, sizeof line, "traceparent: %s\r\ntracestate: a=b\r\n",
                       cases[i].parent);
        ask_with(&s, &h, "GET /", line);
        const char *made = web_body(&h);
        bool goes_on = cases[i].goes_on && !o->untrusted;
        CHECK(strlen(made) >= 55 && strncmp(made, "00-", 3) == 0 && !strstr(made, STEP));
        CHECK_EQ(strncmp(made + 3, TRACE, 32) == 0, goes_on);
        CHECK_EQ(strstr(made, " a=b") != NULL, goes_on);
        bool is_sampled = goes_on ? cases[i].is_sampled : !o->unsampled;
        CHECK(made[53] == '0' && made[54] == (is_sampled ? '1' : '0'));
    }
    return web_end(&s);
}

static void request_is_a_step_of_a_trace(void **state) {
    edo_traceparent_opts opts[] = { { .untrusted = false },
                                    { .untrusted = true },
                                    { .unsampled = true } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(opts); i++) assert_int_equal(inside(steps, &opts[i]), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

static int in_brackets(void *arg, edo_response *res, edo_str body, edo_buf *out) {
    CHECK(arg == &seven && res);
    if (edo_str_equal(body, EDO_STR("leave"))) return -ENOENT;
    if (edo_str_equal(body, EDO_STR("fail"))) return -EPERM;
    int err = edo_buf_append(out, "[", 1);
    if (err == 0) err = edo_buf_append(out, body.ptr, body.len);
    return err < 0 ? err : edo_buf_append(out, "]", 1);
}

static int says_rest(edo_web *w) {
    edo_str rest = edo_web_param(w, "rest");
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", rest);
}

static int waits(edo_web *w) {
    int err = edo_sleep(edo_ms(20));
    return err < 0 ? err : says_ok(w);
}

static int changed(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/is/{rest}", says_rest);
    edo_router_get(r, "/streams", streams);
    edo_router_get(r, "/waits", waits);
    edo_router_get(r, "/fails", fails);
    edo_router_wrap(r, edo_set_status_layer(EDO_STATUS_ACCEPTED), edo_server_timing_layer("all"),
                    edo_map_body_layer(in_brackets, &seven), edo_server_timing_layer("app"));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /is/x", "");
    CHECK(has(&h, " 202 ") && has(&h, "content-length: 3\r\n") && has(&h, "\r\n\r\n[x]"));
    ask_with(&s, &h, "HEAD /is/x", "");
    CHECK(has(&h, "content-length: 3\r\n"));
    ask_with(&s, &h, "GET /is/leave", "");
    CHECK(has(&h, "\r\n\r\nleave"));
    ask_with(&s, &h, "GET /is/fail", "");
    CHECK(has(&h, " 500 "));
    ask_with(&s, &h, "GET /streams", "");
    CHECK(has(&h, " 202 ") && has(&h, "2\r\nok\r\n"));
    ask_with(&s, &h, "GET /waits", "");
    CHECK(has(&h, "server-timing: app;dur=20.") && has(&h, "server-timing: all;dur=20."));
    CHECK(strstr(h.text, "app;dur") < strstr(h.text, "all;dur"));
    ask_with(&s, &h, "GET /fails", "");
    CHECK(has(&h, " 500 "));
    return web_end(&s);
}

static void layers_change_responses(void **state) {
    (void)state;
    assert_int_equal(inside(changed, NULL), 0);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static int says_path(edo_web *w) {
    edo_str path = edo_web_path(w);
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", path);
}

static int slashes(void *arg) {
    static const struct {
        const char *target, *found[3]; /* by edo_path_slash; NULL: 404 */
    } cases[] = {
        { "/", { "/", "/", "/" } },      { "/a", { "/a", "/a", NULL } },
        { "/a/", { NULL, "/a", NULL } }, { "/a//", { NULL, "/a", NULL } },
        { "/b", { NULL, NULL, "/b/" } }, { "/b/?q=/", { "/b/", NULL, "/b/" } },
        { "//", { NULL, "/", NULL } },
    };
    size_t how = *(size_t *)arg;
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_path);
    edo_router_get(r, "/a", says_path);
    edo_router_get(r, "/b/", says_path);
    edo_router_normalize_path(r, (edo_path_slash)how);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char line[40];
        (void)snprintf(line, sizeof line, "GET %s", cases[i].target);
        ask_with(&s, &h, line, "");
        const char *found = cases[i].found[how];
        CHECK(found ? strcmp(web_body(&h), found) == 0 : has(&h, " 404 "));
    }
    return web_end(&s);
}

static void end_of_a_path_is_as_the_router_says(void **state) {
    (void)state;
    for (size_t how = 0; how < 3; how++) assert_int_equal(inside(slashes, &how), 0);
    edo_router *r = edo_router_new();
    edo_router_normalize_path(r, (edo_path_slash)4);
    assert_int_equal(edo_router_build(r), -EINVAL);
    edo_router_free(r);
}

/* ---- Options --------------------------------------------------------------------------------- */

static void wrong_options_are_refused(void **state) {
    (void)state;
    static const char *const bad_origin[] = { "a.example" };
    static const char *const bad_name[] = { "a b" };
    const edo_layer layers[] = {
        edo_cors_layer(NULL),
        edo_cors_layer(&(edo_cors_opts){ .any_origin = true, .mirror_origin = true }),
        edo_cors_layer(&(edo_cors_opts){ .any_origin = true, .credentials = true }),
        edo_cors_layer(
            &(edo_cors_opts){ .mirror_origin = true, .credentials = true, .headers = "a, *" }),
        edo_cors_layer(&(edo_cors_opts){ .any_origin = true, .methods = "GET\r\nx: y" }),
        edo_cors_layer(&(edo_cors_opts){ .origins = bad_origin, .origins_n = 1 }),
        edo_cors_layer(&(edo_cors_opts){ .any_origin = true, .reserved = { 1 } }),
        edo_security_headers_layer(&(edo_security_headers_opts){ .policy = "a\n" }),
        edo_security_headers_layer(&(edo_security_headers_opts){ .hsts = { -1 } }),
        edo_set_header_layer(NULL),
        edo_set_header_layer(&(edo_set_header_opts){ .name = "a b", .value = "c" }),
        edo_set_header_layer(&(edo_set_header_opts){ .name = "a" }),
        edo_propagate_header_layer(NULL),
        edo_sensitive_headers_layer(
            &(edo_sensitive_headers_opts){ .names = bad_name, .names_n = 1 }),
        edo_request_id_layer(&(edo_request_id_opts){ .header = "a:b" }),
        edo_traceparent_layer(&(edo_traceparent_opts){ .reserved = { 1 } }),
        edo_set_status_layer(EDO_STATUS_CONTINUE),
        edo_map_body_layer(NULL, NULL),
        edo_server_timing_layer("a b"),
    };
    for (size_t i = 0; i < EDO_COUNT(layers); i++) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", says_ok);
        edo_router_wrap(r, layers[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        char why[256]; // names the layer
        (void)edo_trail_print_text(why, sizeof why, -EINVAL, EDO_TRAIL_LINE);
        assert_non_null(strstr(why, "_layer"));
        edo_trail_clear();
        edo_router_free(r);
    }
}

/* ---- Ids of one's own ------------------------------------------------------------------------ */

static int makes_id(void *arg, edo_web *w, edo_buf *out) {
    int *n = arg;
    (void)w;
    if (*n == 1) return edo_buf_append(out, "a b\r\n", 5);
    char text[32];
    int len = snprintf(text, sizeof text, "req-%d", ++*n);
    return edo_buf_append(out, text, (size_t)len);
}

static int own_ids(void *arg) {
    int n = 41;
    const edo_request_id_opts opts = { .make = makes_id, .arg = &n, .trusted = true };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", says_ok);
    edo_router_wrap_all(r, edo_request_id_layer(&opts));
    web_begin(&s, r);
    ask_with(&s, &h, "GET /", "");
    CHECK(has(&h, " 200 ") && has(&h, "x-request-id: req-42\r\n"));
    ask_with(&s, &h, "GET /", "x-request-id: theirs\r\n");
    CHECK(has(&h, "x-request-id: theirs\r\n") && n == 42);
    n = 1;
    ask_with(&s, &h, "GET /", "");
    CHECK(has(&h, " 500 ") && !has(&h, "x-request-id"));
    return web_end(&s);
}

static void own_ids_are_given_and_bad_ones_refused(void **state) {
    (void)state;
    assert_int_equal(inside(own_ids, NULL), 0);
}

/* ---- To HTTPS -------------------------------------------------------------------------------- */

static const struct {
    const char *asked, *location; /* NULL: 400 */
} https_cases[] = {
    { "GET / HTTP/1.1\r\nhost: a.example\r\n", "https://a.example/" },
    { "POST /a%2Fb//c?d=e&f HTTP/1.1\r\nhost: a.example:80\r\n",
      "https://a.example/a%2Fb//c?d=e&f" },
    { "HEAD //other.example/ HTTP/1.1\r\nhost: [::1]:8080\r\n", "https://[::1]//other.example/" },
    { "GET http://b.example/x?\"y\" HTTP/1.1\r\nhost: a.example\r\n",
      "https://b.example/x?%22y%22" },
    { "GET /a[0]|?b[]=%5B|&c=50%off HTTP/1.1\r\nhost: a.example\r\n",
      "https://a.example/a%5B0%5D%7C?b%5B%5D=%5B%7C&c=50%25off" },
    { "OPTIONS * HTTP/1.1\r\nhost: a.example\r\n", "https://a.example/" },
    { "GET /x HTTP/1.0\r\n", NULL },
};

static int to_https(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_fallback(r, edo_web_redirect_https);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(https_cases); i++) {
        char request[256], field[256];
        heard h;
        (void)snprintf(request, sizeof request, "%sconnection: close\r\n\r\n",
                       https_cases[i].asked);
        ask(&s.http, &h, request);
        const char *to = https_cases[i].location;
        (void)snprintf(field, sizeof field, "location: %s\r\n", to ? to : "");
        if (to ? !has(&h, " 308 ") || !has(&h, field) : !has(&h, " 400 "))
            CHECK_EQ((int)i, -1); // which case it is
    }
    return web_end(&s);
}

static void clients_are_sent_to_https(void **state) {
    (void)state;
    assert_int_equal(inside(to_https, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_sent_to_https),
        cmocka_unit_test(origins_may_read_what_the_options_say),
        cmocka_unit_test(origin_is_asked_for_by_a_function_that_waits),
        cmocka_unit_test(own_ids_are_given_and_bad_ones_refused),
        cmocka_unit_test(long_preflight_is_not_mirrored),
        cmocka_unit_test(each_head_has_the_fields_of_layers),
        cmocka_unit_test(sensitive_fields_are_not_printed),
        cmocka_unit_test(each_request_has_an_id),
        cmocka_unit_test(request_is_a_step_of_a_trace),
        cmocka_unit_test(layers_change_responses),
        cmocka_unit_test(end_of_a_path_is_as_the_router_says),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
