/* SPDX-License-Identifier: MIT */
/* Goal: paths lead to the routes that edo/web.h says, and contradictions are named.
 * Method: tables; and random routes and paths against a search through all routes. */
#include "broken.h"
#include "route_oracle.h"
#include "seed.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int handler(edo_web *w) {
    (void)w;
    return 0;
}

static edo_router *router_of(const char *const *paths, size_t n) {
    edo_router *r = edo_router_new();
    for (size_t i = 0; i < n; i++) edo_router_get(r, paths[i], handler);
    return r;
}

/* The route of a path and its captures: "/a/{x} x=1", or "none". */
static void print_match(char *to, size_t room, const edo_router *r, const char *path) {
    edoi_match m;
    (void)snprintf(to, room, "none");
    if (!edoi_tree_find(&r->root, edo_str_of(path), &m)) return;
    const edoi_pattern *p = m.leaf->pattern;
    size_t at = (size_t)snprintf(to, room, "%.*s", (int)p->text.len, p->text.ptr);
    assert_int_equal(m.n, p->captures_n);
    for (uint32_t i = 0; i < m.n; i++) {
        edo_str name = p->names[i];
        at += (size_t)snprintf(to + at, room - at, " %.*s=%.*s", (int)name.len, name.ptr,
                               (int)m.values[i].len, m.values[i].ptr);
    }
}

static void path_leads_to_the_better_route(void **state) {
    static const char *const paths[] = {
        "/",
        "/users",
        "/users/",
        "/users/{id}",
        "/users/me",
        "/img-{n}",
        "/img-{n}.png",
        "/{page}",
        "/x/{*k}",
        "/a/b/c",
        "/a/{y}/d",
        "/{z}/b/e",
        "/q{{x}}",
        "/long/segment-that-has-many-bytes/end",
        "/files/{*p}",
        "/files/{name}/raw",
    };
    static const char *const found[][2] = {
        { "/", "/" },
        { "/users", "/users" },
        { "/users/", "/users/" },
        { "/users/7", "/users/{id} id=7" },
        { "/users/me", "/users/me" },
        { "/users/mee", "/users/{id} id=mee" },
        { "/users/7/", "none" },
        { "/img-7.png", "/img-{n}.png n=7" },
        { "/img-.png", "/img-{n} n=.png" },
        { "/img-7", "/img-{n} n=7" },
        { "/img-", "/{page} page=img-" },
        { "/x/1", "/x/{*k} k=1" },
        { "/x/1/2/", "/x/{*k} k=1/2/" },
        { "/x/", "none" },
        { "/x", "/{page} page=x" },
        { "/a/b/c", "/a/b/c" },
        { "/a/b/d", "/a/{y}/d y=b" },
        { "/a/b/e", "/{z}/b/e z=a" },
        { "/q{x}", "/q{{x}}" },
        { "//", "none" },
        { "/%2F", "/{page} page=%2F" },
        { "/long/segment-that-has-many-bytes/end", "/long/segment-that-has-many-bytes/end" },
        { "/long/segment-that-has-manx-bytes/end", "none" },
        { "/files/a/raw", "/files/{name}/raw name=a" },
        { "/files/a/b/raw", "/files/{*p} p=a/b/raw" },
        { "/files/a/raw/", "/files/{*p} p=a/raw/" },
    };
    edo_router *r = router_of(paths, EDO_COUNT(paths));
    (void)state;
    assert_int_equal(edo_router_build(r), 0);
    for (size_t i = 0; i < EDO_COUNT(found); i++) {
        char text[256];
        print_match(text, sizeof text, r, found[i][0]);
        assert_string_equal(text, found[i][1]);
    }
    edo_router_free(r);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static void check_failure(const char *const *paths, size_t n, int err, const char *why) {
    edo_router *r = router_of(paths, n);
    assert_int_equal(edo_router_build(r), err);
    if (!strstr(r->why, why)) fail_msg("\"%s\" is not in \"%s\"", why, r->why);
    edo_router_free(r);
}

static void routes_in_conflict_are_named(void **state) {
    static const char *const pairs[][2] = {
        { "/a", "/a" },
        { "/{id}", "/{name}" },
        { "/x/{id}/y", "/x/{name}/y" },
        { "/img-{x}", "/{y}.png" },
        { "/{y}.png", "/img-{x}" },
        { "/a/{*rest}", "/a/{x}.png" },
        { "/a/{x}.png/b", "/a/{*rest}" },
        { "/{*a}", "/{*b}" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(pairs); i++)
        for (size_t k = 0; k < 2; k++) check_failure(pairs[i], 2, -EDO_EROUTECONFLICT, pairs[i][k]);
}

static void routes_that_differ_deeper_may_name_captures_as_they_like(void **state) {
    static const char *const paths[] = { "/{id}/a", "/{name}/b", "/img-{x}.png", "/img-{y}" };
    edo_router *r = router_of(paths, EDO_COUNT(paths));
    char text[64];
    (void)state;
    assert_int_equal(edo_router_build(r), 0);
    print_match(text, sizeof text, r, "/1/b");
    assert_string_equal(text, "/{name}/b name=1");
    edo_router_free(r);
}

static void bad_path_is_refused_with_a_reason(void **state) {
    static const char *const bad[][2] = {
        { "users", "begin with '/'" },
        { "", "begin with '/'" },
        { "/:id", "write a capture as" },
        { "/*rest", "write a capture as" },
        { "/{id", "without its '}'" },
        { "/id}", "without its '{'" },
        { "/{}", "without a name" },
        { "/{*}", "without a name" },
        { "/{*a}/b", "behind {*rest}" },
        { "/x{*a}", "a segment of its own" },
        { "/{a}{b}", "two captures in one" },
        { "/{a}/{a}", "two captures of one name" },
        { "/{a{b}", "the name of a capture" },
        { "/{id:int}", "the name of a capture" },
        { "/{path...}", "the name of a capture" },
        { "/<id>", "a character that no path has" },
        { "/a?b={c}", "a character that no path has" },
        { "/\xc3\xa4", "a character that no path has" },
        { "/a b", "a character that no path has" },
        { "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}", "more than 16" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) check_failure(&bad[i][0], 1, -EINVAL, bad[i][1]);
    char deep[200] = { 0 };
    memset(deep, '/', 65);
    const char *path = deep;
    check_failure(&path, 1, -EINVAL, "more than 64 segments");
}

static void route_without_a_function_is_refused(void **state) {
    edo_router *r = edo_router_new();
    (void)state;
    edo_router_get(r, "/a", NULL);
    assert_int_equal(edo_router_build(r), -EINVAL);
    assert_non_null(strstr(r->why, "/a: no function"));
    edo_router_free(r);
}

static void reason_of_a_conflict_is_told(void **state) {
    static const char *const twice[] = { "/a", "/a" }, *const names[] = { "/{id}", "/{name}" },
                             *const doubt[] = { "/img-{x}", "/{y}.png" };
    (void)state;
    check_failure(twice, 2, -EDO_EROUTECONFLICT, "GET /a and GET /a");
    check_failure(names, 2, -EDO_EROUTECONFLICT, "the same names");
    check_failure(doubt, 2, -EDO_EROUTECONFLICT, "neither is more exact");
}

static void first_failure_is_kept(void **state) {
    edo_router *r = edo_router_new();
    (void)state;
    edo_router_get(r, "bad", handler);
    edo_router_get(r, "/a", handler);
    edo_router_get(r, "/a", handler);
    assert_int_equal(edo_router_build(r), -EINVAL);
    assert_int_equal(edo_router_build(r), -EINVAL);
    edo_router_free(r);
    edo_router_get(NULL, "/a", handler);
    edo_router_merge(NULL, NULL);
    assert_int_equal(edo_router_build(NULL), -ENOMEM);
    edo_router_free(NULL);
}

/* ---- Against all routes ---------------------------------------------------------------------- */

static void make_path(char *to, size_t room, unsigned *random, const char *const *parts, size_t n) {
    size_t at = 0, segments = 1 + (size_t)rand_r(random) % 4;
    for (size_t i = 0; i < segments; i++)
        at += (size_t)snprintf(to + at, room - at, "/%s", parts[(size_t)rand_r(random) % n]);
}

static void look_up_finds_what_a_search_through_all_routes_finds(void **state) {
    static const char *const of_routes[] = { "a",     "b",      "ab", "{x1}",
                                             "a{x2}", "ab{x3}", "",   "long-static-part",
                                             "a{x4}b" };
    static const char *const of_paths[] = {
        "a", "b", "ab", "abb", "ac", "acb", "", "c", "long-static-part", "long-static-parT"
    };
    unsigned random = (unsigned)test_seed(12);
    (void)state;
    for (int run = 0; run < 200; run++) {
        edo_router *r = edo_router_new();
        for (int i = 0; i < 12; i++) {
            char path[200], more[220];
            make_path(path, sizeof path, &random, of_routes, EDO_COUNT(of_routes));
            edo_router *one = edo_router_new(); // routes that do not fit are left out
            for (const edoi_route *route = r->first; route; route = route->next)
                edo_router_get(one, route->pattern.text.ptr, handler);
            (void)snprintf(more, sizeof more, "%s%s", path, rand_r(&random) % 6 ? "" : "/{*r}");
            edo_router_get(one, more, handler);
            if (edo_router_build(one) == 0) edo_router_get(r, more, handler);
            edo_router_free(one);
        }
        assert_int_equal(edo_router_build(r), 0);
        for (int i = 0; i < 200; i++) {
            char path[200];
            edoi_match m;
            make_path(path, sizeof path, &random, of_paths, EDO_COUNT(of_paths));
            const edoi_pattern *wanted = best_route(r, edo_str_of(path));
            bool found = edoi_tree_find(&r->root, edo_str_of(path), &m);
            const edoi_pattern *got = found ? m.leaf->pattern : NULL;
            if (got != wanted)
                fail_msg("%s: %s, not %s", path, got ? got->text.ptr : "none",
                         wanted ? wanted->text.ptr : "none");
        }
        edo_router_free(r);
    }
}

/* ---- Routers in routers ---------------------------------------------------------------------- */

static void nested_routes_stand_behind_their_prefix(void **state) {
    static const char *const found[][2] = {
        { "/api", "/api" },
        { "/api/", "none" },
        { "/api/users/1", "/api/users/{id} id=1" },
        { "/v/2/users/1", "/v/{version}/users/{id} version=2 id=1" },
        { "/v/2/", "/v/{version}/ version=2" },
        { "/v/2", "none" },
        { "/merged", "/merged" },
    };
    static const char *const inner[] = { "/", "/users/{id}" }, *const merged[] = { "/merged" };
    edo_router *r = edo_router_new();
    (void)state;
    edo_router_nest(r, "/api", router_of(inner, 2));
    edo_router_nest(r, "/v/{version}/", router_of(inner, 2));
    edo_router_merge(r, router_of(merged, 1));
    assert_int_equal(edo_router_build(r), 0);
    for (size_t i = 0; i < EDO_COUNT(found); i++) {
        char text[256];
        print_match(text, sizeof text, r, found[i][0]);
        assert_string_equal(text, found[i][1]);
    }
    edo_router_free(r);
}

static void bad_nesting_is_refused(void **state) {
    static const char *const routes[] = { "/a" }, *const bad[] = { "bad" };
    static const char *const prefixes[] = { "/", "/{*rest}", "x", "/{a" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(prefixes); i++) {
        edo_router *r = edo_router_new();
        edo_router_nest(r, prefixes[i], router_of(routes, 1));
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
    edo_router *r = edo_router_new();
    edo_router_nest(r, "/x", router_of(bad, 1)); // the failure of the inner one
    assert_int_equal(edo_router_build(r), -EINVAL);
    edo_router_free(r);
    r = router_of(routes, 1);
    edo_router_merge(r, router_of(routes, 1));
    assert_int_equal(edo_router_build(r), -EDO_EROUTECONFLICT);
    edo_router_free(r);
    r = edo_router_new();
    edo_router_nest(r, "/x", NULL);
    assert_int_equal(edo_router_build(r), -ENOMEM);
    edo_router_free(r);
    r = edo_router_new();
    edo_router *other = edo_router_new();
    edo_router_fallback(r, handler);
    edo_router_fallback(other, handler);
    edo_router_merge(r, other);
    assert_int_equal(edo_router_build(r), -EDO_EROUTECONFLICT);
    edo_router_free(r);
    r = router_of(routes, 1);
    edo_router_merge(r, r);
    edo_router_nest(r, "/x", r);
    assert_int_equal(edo_router_build(r), -EINVAL);
    edo_router_free(r);
}

/* ---- The walker ------------------------------------------------------------------------------ */

typedef struct harm {
    const char *name;
    void (*fn)(edoi_node *root);
} harm;

static int walk_after(void *arg) {
    static const char *const paths[] = { "/a",      "/b",         "/c/d/e",  "/c/d/f",
                                         "/v-{id}", "/ver-{x}-y", "/{any}/z" };
    edo_router *r = router_of(paths, EDO_COUNT(paths));
    assert_int_equal(edo_router_build(r), 0);
    edoi_tree_check(&r->root);
    ((harm *)arg)->fn(&r->root);
    edoi_tree_check(&r->root);
    return 0;
}

static void move_a_child(edoi_node *root) {
    uint32_t used = 0, empty = 0;
    for (uint32_t i = 0; i <= root->mask; i++) *(root->statics[i].node ? &used : &empty) = i;
    root->statics[used].key.last ^= 1; // it is searched elsewhere now
    root->statics[empty] = root->statics[used];
    root->statics[used] = (edoi_static_child){ 0 };
}

static void lose_a_child(edoi_node *root) {
    root->statics_n--;
}

static void turn_the_affixes(edoi_node *root) {
    edoi_affix *longest = root->affixes, *next = longest->next;
    assert_non_null(next);
    longest->next = next->next;
    next->next = longest;
    root->affixes = next;
}

static void deny_the_fork(edoi_node *root) {
    root->forks = false;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "tree inv. 1: ", move_a_child },
        { "tree inv. 1: ", lose_a_child },
        { "tree inv. 2: ", turn_the_affixes },
        { "tree inv. 3: ", deny_the_fork },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(path_leads_to_the_better_route),
        cmocka_unit_test(routes_in_conflict_are_named),
        cmocka_unit_test(routes_that_differ_deeper_may_name_captures_as_they_like),
        cmocka_unit_test(bad_path_is_refused_with_a_reason),
        cmocka_unit_test(route_without_a_function_is_refused),
        cmocka_unit_test(reason_of_a_conflict_is_told),
        cmocka_unit_test(first_failure_is_kept),
        cmocka_unit_test(look_up_finds_what_a_search_through_all_routes_finds),
        cmocka_unit_test(nested_routes_stand_behind_their_prefix),
        cmocka_unit_test(bad_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
