/* SPDX-License-Identifier: MIT */
/* Goal: what a router says for all its routes counts for those, and for routers in it: state,
 * limits of bodies, responses of rejections and failures; routes of other methods, with arguments
 * and to services are found.
 * Method: a server on one thread, clients that send bytes. */
#include "web_server.h"

#include <edo/error.h>
#include <edo/layers.h>
#include <edo/web_guard.h>
#include <edo/web_limits.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id, .min = 1), EDO_FIELD(item, name, .max_len = 8))

/* Asks; the response has to have all the texts, which "|" separates. */
static void expect(web_served *s, const char *line, const char *body, const char *texts) {
    heard h;
    char one[160];
    web_ask(s, &h, line, body ? "application/json" : NULL, body);
    for (const char *at = texts; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        (void)snprintf(one, sizeof one, "%.*s", (int)strcspn(at, "|"), at);
        bool good = *one == '!' ? !has(&h, one + 1) : has(&h, one);
        if (!good) (void)fprintf(stderr, "%s %s: no \"%s\" in\n%s\n", line, body, one, h.text);
        CHECK(good);
    }
}

static int says_state(edo_web *w) {
    edo_str path = edo_web_nested_path(w);
    char text[128];
    (void)snprintf(text, sizeof text, "%s %.*s", (const char *)edo_web_state(w), (int)path.len,
                   path.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int takes_item(edo_web *w) {
    item it;
    int err = edo_web_json(w, &it, &item_desc);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static int takes_item_or_says_why(edo_web *w) {
    item it;
    if (!edo_web_has_body(w)) return edo_web_reply_text(w, EDO_STATUS_OK, "nothing");
    CHECK(!edo_web_get_rejection(w));
    if (edo_web_json(w, &it, &item_desc) == 0) return edo_web_reply_text(w, EDO_STATUS_OK, "item");
    const edo_web_rejection *why = edo_web_get_rejection(w);
    char text[256];
    (void)snprintf(text, sizeof text, "%d %zu %.*s", why->status, why->faults_n,
                   (int)why->detail.len, why->detail.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* An extractor of one's own, used as those of edo/web.h. */
static int tenant_of(edo_web *w, edo_str *out) {
    *out = edo_headers_get_named(&edo_web_request(w)->headers, EDO_STR("x-tenant"));
    return out->len > 0 ? 0 : edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "no %s", "tenant");
}

static int needs_tenant(edo_web *w) {
    edo_str tenant;
    int err = tenant_of(w, &tenant);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static int fails_with_headers(edo_web *w) {
    EDO_TEST_OK(edo_web_set_header(w, "cache-control", "max-age=600"));
    EDO_TEST_OK(edo_web_set_header(w, "x-own", "1"));
    return edo_fail(-EIO, "the disk is full");
}

static int is_overloaded(edo_web *w) {
    (void)w;
    return -EDO_EOVERLOADED;
}

static int says_teapot(edo_web *w, int code) {
    if (code == -EDO_EOVERLOADED) return -1; // the usual one
    const edo_trail_entry *entry = edo_trail_find(code);
    return edo_web_reply_text(w, EDO_STATUS_IM_A_TEAPOT, entry ? entry->text : "?");
}

static int rejects_in_text(edo_web *w, const edo_web_rejection *why) {
    char text[128];
    if (why->status == EDO_STATUS_UNSUPPORTED_MEDIA_TYPE) return -1;
    (void)snprintf(text, sizeof text, "refused: %zu", why->faults_n);
    return edo_web_reply_text(w, why->status, text);
}

static int sets_type(edo_web *w) {
    edo_str path = edo_web_path(w);
    EDO_TEST_OK(edo_web_set_header(w, "Content-Type", "text/csv"));
    if (edo_str_equal(path, EDO_STR("/type/text"))) return edo_web_reply_text(w, 200, "a,b");
    if (edo_str_equal(path, EDO_STR("/type/bytes")))
        return edo_web_reply_bytes(w, 200, "text/plain", EDO_STR("a,b"));
    if (edo_str_equal(path, EDO_STR("/type/status"))) return edo_web_reply_status(w, 200);
    if (edo_str_equal(path, EDO_STR("/type/problem")))
        return edo_web_reply_problem(w, EDO_STATUS_GONE, NULL);
    if (edo_str_equal(path, EDO_STR("/type/refused")))
        return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "no");
    if (edo_str_equal(path, EDO_STR("/type/fails"))) return -EIO;
    const item it = { .id = 1 };
    return edo_web_reply_json(w, EDO_STATUS_OK, &it, &item_desc);
}

static int sets_id(edo_web *w, edo_next *next) {
    EDO_TEST_OK(edo_web_set_header(w, "x-request-id", "77"));
    return edo_next_call(next, w);
}

static int says_no_room(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_NOT_FOUND, edo_web_state(w));
}

static edo_router *inner_router(void) {
    static char state[] = "inner";
    edo_router *r = edo_router_new();
    edo_router_get(r, "/{id}", says_state);
    edo_router_post(r, "/items", takes_item);
    edo_router_fallback(r, says_no_room);
    edo_router_state(r, state);
    edo_router_body_max(r, 8);
    edo_router_on_reject(r, rejects_in_text);
    return r;
}

static edo_router *outer_router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/state", says_state);
    edo_router_post(r, "/items", takes_item);
    edo_router_post(r, "/maybe", takes_item_or_says_why);
    edo_router_get(r, "/tenant", needs_tenant);
    edo_router_get(r, "/fails", fails_with_headers);
    edo_router_get(r, "/busy", is_overloaded);
    edo_router_nest(r, "/in/{a}", inner_router());
    edo_router_wrap(r, edo_web_around(sets_id));
    return r;
}

static int said_of_routers(void *arg) {
    static char state[] = "outer";
    static const char good[] = "{\"id\":1,\"name\":\"a\"}",
                      bad[] = "{\"id\":0,\"name\":\"123456789\"}";
    web_served s = { .opts = { .state = state } };
    edo_router *r = outer_router();
    (void)arg;
    web_begin(&s, r);
    expect(&s, "GET /state", NULL, " 200 |outer /state");
    expect(&s, "GET /in/x/7?q", NULL, " 200 |inner /7");
    expect(&s, "GET /in/x/7/8", NULL, " 404 |inner");
    expect(&s, "POST /items", good, " 204 ");
    expect(&s, "POST /in/x/items", good, " 413 |refused: 0");
    expect(&s, "POST /in/x/items", "{}", " 422 |refused: 2|!problem");
    expect(&s, "POST /in/x/items", NULL, " 415 |problem+json"); // the hook has left it
    expect(&s, "POST /items", bad,
           " 422 |\"errors\":[{\"pointer\":\"#/id\",\"detail\":\"must be at least 1\"},"
           "{\"pointer\":\"#/name\",\"detail\":\"must have at most 8 bytes\"}]");
    expect(&s, "POST /items", "{", " 400 |!errors");
    expect(&s, "POST /maybe", NULL, " 200 |nothing");
    expect(&s, "POST /maybe", good, " 200 |item");
    expect(&s, "POST /maybe", bad, " 200 |422 2 line 1");
    expect(&s, "GET /tenant", NULL, " 400 |\"detail\":\"no tenant\"");
    expect(&s, "GET /fails", NULL, " 500 |x-request-id: 77|!cache-control|!x-own|!disk");
    expect(&s, "GET /busy", NULL, " 503 |retry-after: 1");
    return web_end(&s);
}

static void what_a_router_says_counts_for_its_routes(void **state) {
    (void)state;
    assert_int_equal(inside(said_of_routers, NULL), 0);
}

static int own_failures(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = outer_router();
    (void)arg;
    edo_router_on_error(r, says_teapot);
    web_begin(&s, r);
    expect(&s, "GET /fails", NULL, " 418 |the disk is full|!x-own");
    expect(&s, "GET /busy", NULL, " 503 |problem+json");
    return web_end(&s);
}

static void failures_have_the_response_of_the_routers_function(void **state) {
    (void)state;
    assert_int_equal(inside(own_failures, NULL), 0);
}

/* ---- Refusals of all kinds ------------------------------------------------------------------- */

static int rejects_with_code(edo_web *w, const edo_web_rejection *why) {
    char text[160];
    (void)snprintf(text, sizeof text, "own %d: %s: %.*s", (int)why->status,
                   edo_error_name(why->code), (int)why->detail.len, why->detail.ptr);
    return edo_web_reply_text(w, why->status, text);
}

/* A router with the layer; GET and POST of "/" would reach it. */
static edo_router *behind(const char *path, edo_layer layer) {
    edo_router *r = edo_router_new();
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_GET) | EDO_METHOD_BIT(EDO_METHOD_POST), path,
                   takes_item);
    edo_router_wrap_with(r, EDO_WRAP_SO_FAR, &layer, 1);
    return r;
}

static int all_refusals(void *arg) {
    static const char *const tokens[] = { "secret" };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_merge(
        r, behind("/auth", edo_auth_layer(&(edo_auth_opts){ .tokens = tokens, .tokens_n = 1 })));
    edo_router_merge(r, behind("/accept", edo_require_accept_layer("text/csv")));
    edo_router_merge(r, behind("/needs", edo_require_header_layer(
                                             &(edo_require_header_opts){ .name = "x-needed" })));
    edo_router_merge(r, behind("/limit", edo_body_limit_layer(2)));
    edo_router_on_reject(r, rejects_with_code);
    web_begin(&s, r);
    expect(&s, "GET /nowhere", NULL, " 404 |own 404: ENOENT: |!problem");
    expect(&s, "PUT /limit", NULL, " 405 |allow: GET, HEAD, POST\r\n|own 405: EOPNOTSUPP");
    expect(&s, "GET /auth", NULL, " 401 |www-authenticate: Bearer|own 401: EACCES: ");
    expect(&s, "GET /needs", NULL, " 400 |own 400: EINVAL: the field x-needed is needed");
    expect(&s, "POST /limit", "{\"id\":1}", " 413 |own 413: EMSGSIZE: the body is too long");
    return web_end(&s);
}

static void refusals_of_layers_and_of_the_router_have_the_routers_function(void **state) {
    (void)state;
    assert_int_equal(inside(all_refusals, NULL), 0);
}

/* ---- Members that nobody knows --------------------------------------------------------------- */

typedef struct put_item {
    item body;
} put_item;
EDO_DESCRIBE(put_item, EDO_FIELD_OF(put_item, body, item_desc, .in = EDO_IN_BODY))

static int extracts_item(edo_web *w) {
    put_item p;
    int err = edo_web_extract(w, &p, &put_item_desc);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static edo_router *item_routes(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/json", takes_item);
    edo_router_post(r, "/extract", extracts_item);
    return r;
}

static int unknown_members(void *arg) {
    static const char more[] = "{\"id\":1,\"name\":\"a\",\"admin\":true}";
    static const char told[] = " 422 |{\"pointer\":\"#/admin\",\"detail\":\"is not known\"}";
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new(), *strict = edo_router_new();
    (void)arg;
    edo_router_nest(strict, "/in", item_routes()); // has what the outer one says
    edo_router_refuse_unknown(strict);
    edo_router_merge(r, strict);
    edo_router_merge(r, item_routes());
    web_begin(&s, r);
    expect(&s, "POST /json", more, " 204 ");
    expect(&s, "POST /extract", more, " 204 ");
    expect(&s, "POST /in/json", more, told);
    expect(&s, "POST /in/extract", more, told);
    expect(&s, "POST /in/json", "{\"id\":1,\"name\":\"a\"}", " 204 ");
    return web_end(&s);
}

static void unknown_members_are_refused_where_the_router_says_so(void **state) {
    (void)state;
    assert_int_equal(inside(unknown_members, NULL), 0);
}

/* ---- The type of a response ------------------------------------------------------------------ */

static int own_types(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/type/{how}", sets_type);
    web_begin(&s, r);
    expect(&s, "GET /type/text", NULL, " 200 |content-type: text/csv\r\n|!text/plain");
    expect(&s, "GET /type/bytes", NULL, " 200 |content-type: text/csv\r\n|!text/plain");
    expect(&s, "GET /type/status", NULL, " 200 |content-type: text/csv\r\n");
    expect(&s, "GET /type/json", NULL, " 200 |content-type: text/csv\r\n|!application/json");
    expect(&s, "GET /type/problem", NULL, " 410 |application/problem+json|!csv");
    expect(&s, "GET /type/refused", NULL, " 400 |application/problem+json|!csv");
    expect(&s, "GET /type/fails", NULL, " 500 |application/problem+json|!csv");
    return web_end(&s);
}

static void type_that_was_set_goes_before_the_usual_one(void **state) {
    (void)state;
    assert_int_equal(inside(own_types, NULL), 0);
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static int dropped;

static void count_drop(void *arg) {
    dropped += *(int *)arg;
}

static int says_arg(edo_web *w) {
    char text[16];
    (void)snprintf(text, sizeof text, "arg %d", *(int *)edo_web_route_arg(w));
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int serves(void *arg, void *request, void *response) {
    CHECK(request == response);
    return edo_web_reply_text(request, EDO_STATUS_OK, arg);
}

static int purges(edo_web *w) {
    CHECK(!edo_web_route_arg(w));
    return edo_web_reply_text(w, EDO_STATUS_OK, "purged");
}

static int odd_routes(void *arg) {
    static int one = 1, two = 2;
    static char name[] = "service";
    web_served s = { .opts = { .state = NULL } };
    edo_service *service;
    edo_router *r = edo_router_new(), *bad = edo_router_new();
    (void)arg;
    EDO_TEST_OK(edo_service_from_fn(&service, serves, name, NULL));
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), "/one", says_arg, &one, count_drop);
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), "/two", says_arg, &two, NULL);
    edo_router_add_with(NULL, EDO_METHODS_ANY, "/", says_arg, &two, count_drop);
    CHECK_EQ(dropped, 2);
    edo_router_service(r, "/svc/{*rest}", service);
    edo_router_method(r, "PURGE", "/one", purges);
    edo_router_method(r, "BAN", "/one", purges);
    edo_router_method(r, "PUT", "/one", purges);
    edo_router_method(r, "PURGE", "/any", purges);
    edo_router_any(r, "/any", says_state);
    edo_router_answer_options(r);
    static char state[] = "state";
    edo_router_state(r, state);
    web_begin(&s, r);
    expect(&s, "GET /one", NULL, " 200 |arg 1");
    expect(&s, "GET /two", NULL, " 200 |arg 2");
    expect(&s, "PUT /svc/a/b", NULL, " 200 |service");
    expect(&s, "PURGE /one", NULL, " 200 |purged");
    expect(&s, "BAN /one", NULL, " 200 |purged");
    expect(&s, "PURGED /one", NULL, " 405 |allow: GET, HEAD, PUT, OPTIONS, BAN, PURGE\r\n");
    expect(&s, "OPTIONS /one", NULL, " 204 |allow: GET, HEAD, PUT, OPTIONS, BAN, PURGE\r\n");
    expect(&s, "PURGE /any", NULL, " 200 |purged");
    expect(&s, "OPTIONS /any", NULL, " 200 |state /any"); // it has a route
    CHECK_EQ(web_end(&s), 0);
    CHECK_EQ(dropped, 3);
    edo_router_method(bad, "A B", "/", purges);
    CHECK_EQ(edo_router_build(bad), -EINVAL);
    edo_router_free(bad);
    bad = edo_router_new();
    edo_router_method(bad, "BAN", "/", purges);
    edo_router_method(bad, "BAN", "/", purges);
    CHECK_EQ(edo_router_build(bad), -EDO_EROUTECONFLICT);
    edo_router_free(bad);
    return 0;
}

static void routes_have_arguments_services_and_any_method(void **state) {
    (void)state;
    assert_int_equal(inside(odd_routes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_router_says_counts_for_its_routes),
        cmocka_unit_test(refusals_of_layers_and_of_the_router_have_the_routers_function),
        cmocka_unit_test(unknown_members_are_refused_where_the_router_says_so),
        cmocka_unit_test(type_that_was_set_goes_before_the_usual_one),
        cmocka_unit_test(failures_have_the_response_of_the_routers_function),
        cmocka_unit_test(routes_have_arguments_services_and_any_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
