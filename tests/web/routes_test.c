/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_routes.h: a resource has the routes that it says and no other; a
 * path whose other end has routes leads there, never to another host; and the fallback of a nested
 * router has all below its prefix that no nearer route has.
 * Method: tables of requests to a router; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_asked.h"

#include <edo/error.h>
#include <edo/web_layers.h>
#include <edo/web_routes.h>

static int reply(edo_web *w, const char *what) {
    char text[128];
    edo_str id = edo_web_param_at(w, edo_web_params_count(w) - 1, NULL);
    bool has_id = edo_web_params_count(w) > 0;
    (void)snprintf(text, sizeof text, "%s %.*s", what, has_id ? (int)id.len : 1,
                   has_id ? id.ptr : "-");
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int lists(edo_web *w) {
    return reply(w, "index");
}
static int creates(edo_web *w) {
    return reply(w, "create");
}
static int shows(edo_web *w) {
    return reply(w, "show");
}
static int replaces(edo_web *w) {
    return reply(w, "replace");
}
static int updates(edo_web *w) {
    return reply(w, "update");
}
static int removes(edo_web *w) {
    return reply(w, "remove");
}

/* Builds a router that `add` has filled, asks, and frees it. */
typedef struct table {
    void (*add)(edo_router *r);
    const web_asking *cases;
    size_t n;
} table;

static int each_case(void *arg) {
    const table *t = arg;
    edo_router *r = edo_router_new();
    t->add(r);
    web_asking_each(r, t->cases, t->n);
    edo_router_free(r);
    return 0;
}

static void check_table(void (*add)(edo_router *r), const web_asking *cases, size_t n) {
    table t = { .add = add, .cases = cases, .n = n };
    assert_int_equal(inside(each_case, &t), 0);
}

/* ---- Resources ------------------------------------------------------------------------------- */

static const edo_resource all = { .index = lists,
                                  .create = creates,
                                  .show = shows,
                                  .replace = replaces,
                                  .update = updates,
                                  .remove = removes };

static void add_resources(edo_router *r) {
    edo_router *nested = edo_router_new();
    edo_router_resource(nested, "/", &all);
    edo_router_resource(r, "/users", &all);
    edo_router_resource(r, "/users/{id}/photos", &(edo_resource){ .show = shows, .id = "photo" });
    edo_router_resource(r, "/logs", &(edo_resource){ .index = lists });
    edo_router_nest(r, "/teams", nested);
}

static void resource_has_the_routes_that_it_says(void **state) {
    static const web_asking cases[] = {
        { .target = "/users", .status = 200, .body = "index -" },
        { EDO_METHOD_POST, "/users", .status = 200, .body = "create -" },
        { .target = "/users/7", .status = 200, .body = "show 7" },
        { EDO_METHOD_PUT, "/users/7", .status = 200, .body = "replace 7" },
        { EDO_METHOD_PATCH, "/users/7", .status = 200, .body = "update 7" },
        { EDO_METHOD_DELETE, "/users/7", .status = 200, .body = "remove 7" },
        { EDO_METHOD_HEAD, "/users/7", .status = 200, .body = "" },
        { EDO_METHOD_DELETE, "/users", NULL, 405, NULL, "allow", "GET, HEAD, POST" },
        { EDO_METHOD_POST, "/users/7", NULL, 405, NULL, "allow", "GET, HEAD, PUT, DELETE, PATCH" },
        { .target = "/users/", .status = 404 },
        { .target = "/users/7/photos/a", .status = 200, .body = "show a" },
        { .target = "/users/7/photos", .status = 404 },
        { EDO_METHOD_PUT, "/users/7/photos/a", NULL, 405, NULL, "allow", "GET, HEAD" },
        { .target = "/logs", .status = 200, .body = "index -" },
        { .target = "/logs/1", .status = 404 },
        { .target = "/teams", .status = 200, .body = "index -" },
        { .target = "/teams/8", .status = 200, .body = "show 8" },
    };
    (void)state;
    check_table(add_resources, cases, EDO_COUNT(cases));
}

static void bad_resource_is_refused_when_the_router_is_built(void **state) {
    static const struct {
        const char *path;
        edo_resource of;
        int err;
    } cases[] = {
        { "/a", { .index = NULL }, -EINVAL },
        { "/a/", { .index = lists }, -EINVAL },
        { "", { .index = lists }, -EINVAL },
        { "a", { .index = lists }, -EINVAL },
        { "/a", { .show = shows, .id = "" }, -EINVAL },
        { "/a", { .show = shows, .id = "a}{b" }, -EINVAL },
        { "/a/{id}", { .show = shows }, -EINVAL },
        { "/a", { .index = lists, .reserved = { 0, 1 } }, -EINVAL },
        { "/there", { .index = lists }, -EDO_EROUTECONFLICT },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/there", lists);
        edo_router_resource(r, cases[i].path, &cases[i].of);
        assert_int_equal(edo_router_build(r), cases[i].err);
        edo_router_free(r);
    }
    edo_router_resource(NULL, "/a", &all); // a router without memory
}

/* ---- Slashes --------------------------------------------------------------------------------- */

static int says_other(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "fallback");
}

static int marks(edo_web *w, edo_next *next) {
    int err = edo_web_set_header(w, "x-layer", "met");
    return err < 0 ? err : edo_next_call(next, w);
}

static void add_ends(edo_router *r) {
    edo_router_get(r, "/", lists);
    edo_router_get(r, "/a", lists);
    edo_router_post(r, "/b/", lists);
    edo_router_get(r, "/c", lists);
    edo_router_get(r, "/c/", creates);
    edo_router_get(r, "/d/{id}/", shows);
    edo_router_get(r, "/e/{name}", shows);
    edo_router_get(r, "/f/{*rest}", shows);
    edo_router_get(r, "//evil", lists);
    edo_router_fallback(r, says_other);
    edo_router_normalize_path(r, EDO_PATH_SLASH_REDIRECTED);
    edo_router_wrap_all(r, edo_web_around(marks));
}

/* A route that has one end only. */
static const web_asking redirected = { EDO_METHOD_POST, "/b?x=1&y=/", NULL, 308, "",
                                       "location",      "/b/?x=1&y=/" };

static void path_leads_to_its_other_end(void **state) {
    static const web_asking cases[] = {
        { .target = "/", .status = 200, .body = "index -" },
        { .target = "/a", .status = 200, .body = "index -", .header = "location" },
        { .target = "/a/", .status = 308, .header = "location", .text = "/a" },
        { .target = "/a/?", .status = 308, .header = "location", .text = "/a" },
        { .target = "/a/?q=%2F", .status = 308, .header = "location", .text = "/a?q=%2F" },
        { .target = "/a/?q[]=|%",
          .status = 308,
          .header = "location",
          .text = "/a?q%5B%5D=%7C%25" },
        { .target = "/a/", .status = 308, .header = "x-layer", .text = "met" },
        { .target = "http://h.example/a/?q", .status = 308, .header = "location", .text = "/a?q" },
        { .target = "/a//", .status = 200, .body = "fallback" },
        { .target = "/c", .status = 200, .body = "index -" },
        { .target = "/c/", .status = 200, .body = "create -" },
        { .target = "/d/7", .status = 308, .header = "location", .text = "/d/7/" },
        { .target = "/d/%2e", .status = 308, .header = "location", .text = "/d/%2e/" },
        { .target = "/e/x/", .status = 308, .header = "location", .text = "/e/x" },
        { .target = "/e/", .status = 200, .body = "fallback" },
        { .target = "/f/", .status = 200, .body = "fallback" },
        { .target = "/f/a/", .status = 200, .body = "show a/" },
        { .target = "//evil", .status = 200, .body = "index -" },
        { .target = "//evil/", .status = 200, .body = "fallback", .header = "location" },
        { .target = "/none/", .status = 200, .body = "fallback" },
        { EDO_METHOD_OPTIONS, "*", NULL, 200, "fallback", NULL, NULL },
    };
    (void)state;
    check_table(add_ends, cases, EDO_COUNT(cases));
    check_table(add_ends, &redirected, 1);
}

static int says_any(edo_web *w) {
    return reply(w, "any");
}

static void add_backslash(edo_router *r) {
    edo_router_get(r, "/{name}", says_any);
    edo_router_normalize_path(r, EDO_PATH_SLASH_REDIRECTED);
}

static void redirection_leads_to_no_other_host(void **state) {
    static const web_asking cases[] = {
        { .target = "/evil.example/",
          .status = 308,
          .header = "location",
          .text = "/evil.example" },
        { .target = "/\\evil.example/", .status = 404, .header = "location" },
        { .target = "//evil.example/", .status = 404, .header = "location" },
        { .target = "http://evil.example//evil.example/", .status = 404, .header = "location" },
    };
    (void)state;
    check_table(add_backslash, cases, EDO_COUNT(cases));
}

/* ---- Fallbacks of routers in routers --------------------------------------------------------- */

static int says_below(edo_web *w) {
    return reply(w, "below");
}

static edo_router *with_fallback(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/known", lists);
    edo_router_get(r, "/known/", creates);
    edo_router_fallback(r, says_below);
    return r;
}

/* Captures of the outer router that match what lies below the prefixes. */
static void add_below(edo_router *r) {
    edo_router_get(r, "/{a}", shows);
    edo_router_get(r, "/{a}/{b}", shows);
    edo_router_get(r, "/{a}/{b}/{c}", shows);
    edo_router_get(r, "/all/{*rest}", shows);
    edo_router_get(r, "/api/exact/x", replaces);
    edo_router_get(r, "/api/{mine}/x/y", updates);
    edo_router_nest(r, "/api", with_fallback());
    edo_router_nest(r, "/v-{version}", with_fallback());
    edo_router_nest(r, "/all/{tenant}/in", with_fallback());
    edo_router_fallback(r, says_other);
    edo_router_normalize_path(r, EDO_PATH_SLASH_REDIRECTED);
}

static void fallback_of_a_nested_router_goes_before_captures_around_it(void **state) {
    static const web_asking cases[] = {
        { .target = "/api/known", .status = 200, .body = "index -" },
        { .target = "/api/other", .status = 200, .body = "below -" },
        { .method = EDO_METHOD_POST, .target = "/api/other", .status = 200, .body = "below -" },
        { .target = "/api/other/more", .status = 200, .body = "below -" },
        { .target = "/api", .status = 200, .body = "below -" },
        { .target = "/api/exact/x", .status = 200, .body = "replace -" },
        { .target = "/api/any/x/y", .status = 200, .body = "update any" },
        { .method = EDO_METHOD_POST, .target = "/api/known", .status = 405 },
        { .target = "/apis/other", .status = 200, .body = "show other" },
        { .target = "/v-2/other", .status = 200, .body = "below 2" },
        { .target = "/v-%2e/other", .status = 200, .body = "below ." },
        { .target = "/v-%ff/other", .status = 400 },
        { .target = "/v-/other", .status = 200, .body = "show other" },
        { .target = "/all/t/in/x", .status = 200, .body = "below t" },
        { .target = "/all/t/out/x", .status = 200, .body = "show t/out/x" },
        { .target = "/a/b/c/d", .status = 200, .body = "fallback" },
    };
    (void)state;
    check_table(add_below, cases, EDO_COUNT(cases));
}

/* ---- Other methods of one path --------------------------------------------------------------- */

static int says_use_post(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_METHOD_NOT_ALLOWED, "use POST");
}

static void add_posts(edo_router *r) {
    edo_router_post(r, "/a/{id}", creates);
    edo_router_put(r, "/a/{id}", replaces);
    edo_router_post(r, "/b", creates);
    edo_router_not_allowed_at(r, "/a/{id}", says_use_post);
}

static void one_path_has_a_function_for_its_other_methods(void **state) {
    static const web_asking cases[] = {
        { .target = "/a/1",
          .status = 405,
          .body = "use POST",
          .header = "allow",
          .text = "POST, PUT" },
        { EDO_METHOD_POST, "/a/1", NULL, 200, "create 1", NULL, NULL },
        { .target = "/b",
          .status = 405,
          .header = "content-type",
          .text = "application/problem+json" },
    };
    (void)state;
    check_table(add_posts, cases, EDO_COUNT(cases));
    edo_router *r = edo_router_new();
    edo_router_get(r, "/a", lists);
    edo_router_not_allowed_at(r, "/b", says_use_post);
    assert_int_equal(edo_router_build(r), -EINVAL);
    edo_router_free(r);
    edo_router_not_allowed_at(NULL, "/b", says_use_post);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static int without_memory(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    add_ends(r);
    web_asking_without_memory(r, &redirected);
    edo_router_free(r);
    return 0;
}

static void without_memory_nothing_else_is_sent(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

static edo_router *resources(void) {
    edo_router *r = edo_router_new();
    if (r) add_resources(r);
    return r;
}

static void router_without_memory_says_so(void **state) {
    (void)state;
    web_router_without_memory(resources);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resource_has_the_routes_that_it_says),
        cmocka_unit_test(bad_resource_is_refused_when_the_router_is_built),
        cmocka_unit_test(path_leads_to_its_other_end),
        cmocka_unit_test(redirection_leads_to_no_other_host),
        cmocka_unit_test(fallback_of_a_nested_router_goes_before_captures_around_it),
        cmocka_unit_test(one_path_has_a_function_for_its_other_methods),
        cmocka_unit_test(without_memory_nothing_else_is_sent),
        cmocka_unit_test(router_without_memory_says_so),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
