/* SPDX-License-Identifier: MIT */
/* fuzz/web_router.c: routes, and paths that are looked up, as lines; those of routes begin with
 * '+'. Properties: a look-up finds the route that a search through all of them finds; the route
 * with what its captures stand for is the path again; a path that is refused has a reason. */
#include "fuzz.h"

#include "route_oracle.h"

#include <edo/error.h>
#include <edo/test.h>

#include <errno.h>
#include <stdlib.h>

#define ROUTES_MAX 12u
#define LINE_MAX   200u

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("+/users\n+/users/{id}\n+/users/{id}/items\n/users/7/items\n/users/\n/users/7"),
    FUZZ_SEED("+/img-{n}.png\n+/img-{n}\n+/{all}\n+/{*rest}\n/img-1.png\n/img-\n/a/b\n/"),
    FUZZ_SEED("+/api/v1/a\n+/api/v1/{x}/b\n+/api/v1/a/{y}/c\n/api/v1/a/b\n/api/v1/a/q/c\n/api"),
    FUZZ_SEED("+/a{{b}}\n+/long-static-part-of-a-path/{x}\n/a{b}\n/long-static-part-of-a-path/1"),
    FUZZ_SEED("+/{a}/x\n+/b/{c}\n+/b/{c}/{*d}\n/b/x\n/q/x\n/b/1/2/3\n+/:old\n+x\n+/{a\n+/{*r}/s"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static int handler(edo_web *w) {
    (void)w;
    return 0;
}

/* The routes so far, and `path` if that is not NULL, in a router of their own. */
static edo_router *router_of(char routes[][LINE_MAX + 1], size_t n, int *err) {
    edo_router *r = edo_router_new();
    for (size_t i = 0; i < n; i++) edo_router_get(r, routes[i], handler);
    *err = edo_router_build(r);
    if (*err < 0) EDO_TEST_TRUE(*err == -EINVAL || *err == -EDO_EROUTECONFLICT);
    if (*err < 0) EDO_TEST_TRUE(edo_trail_find(*err) != NULL);
    edo_trail_clear();
    return r;
}

/* Keeps a route that contradicts none before it. */
static size_t add_route(char routes[][LINE_MAX + 1], size_t n, edo_str line) {
    int err;
    memcpy(routes[n], line.ptr, line.len);
    routes[n][line.len] = '\0';
    edo_router_free(router_of(routes, n + 1, &err));
    return err < 0 ? n : n + 1;
}

/* The pattern with the values is the path. */
static void check_captures(const edoi_match *m, edo_str path) {
    char text[2 * LINE_MAX + 2 * EDOI_SEGMENTS_MAX];
    size_t at = 0, value = 0;
    for (uint32_t i = 0; i < m->leaf->pattern->n; i++) {
        const edoi_segment *s = &m->leaf->pattern->segments[i];
        bool is_static = s->kind == EDOI_SEGMENT_STATIC;
        const edo_str none = { "", 0 };
        const edo_str parts[] = { is_static ? s->text : s->prefix,
                                  is_static ? none : m->values[value++],
                                  is_static ? none : s->suffix };
        text[at++] = '/';
        for (size_t k = 0; k < EDO_COUNT(parts); k++) {
            if (parts[k].len > 0) memcpy(text + at, parts[k].ptr, parts[k].len);
            at += parts[k].len;
        }
    }
    EDO_TEST_EQ(value, m->n);
    EDO_TEST_TRUE(edo_str_equal((edo_str){ text, at }, path));
}

/* In memory of its own, so that a read beyond its end is seen. */
static void look_up(const edo_router *r, edo_str line) {
    edoi_match m;
    char *copy = malloc(line.len + 1);
    if (!copy) return;
    copy[0] = '/';
    memcpy(copy + 1, line.ptr, line.len);
    edo_str path = { copy, line.len + 1 };
    if (line.len > 0 && line.ptr[0] == '/') path.ptr++, path.len--;
    const edoi_pattern *wanted = best_route(r, path);
    bool is_found = edoi_tree_find(&r->root, path, &m);
    EDO_TEST_EQ(is_found, wanted != NULL);
    if (is_found && wanted) EDO_TEST_TRUE(edo_str_equal(m.leaf->pattern->text, wanted->text));
    if (is_found) check_captures(&m, path);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static char routes[ROUTES_MAX][LINE_MAX + 1];
    size_t routes_n = 0;
    for (int pass = 0; pass < 2; pass++) { // first all routes
        int err = 0;
        edo_router *r = pass == 0 ? NULL : router_of(routes, routes_n, &err);
        EDO_TEST_EQ(err, 0);
        for (edo_str left = { (const char *)data, n }; left.len > 0;) {
            const char *end = memchr(left.ptr, '\n', left.len);
            edo_str line = { left.ptr, end ? (size_t)(end - left.ptr) : left.len };
            left = (edo_str){ line.ptr + line.len + (end != NULL),
                              left.len - line.len - (end != NULL) };
            if (line.len > LINE_MAX) line.len = LINE_MAX;
            bool is_route = line.len > 0 && line.ptr[0] == '+';
            if (is_route && pass == 0 && routes_n < ROUTES_MAX)
                routes_n = add_route(routes, routes_n, (edo_str){ line.ptr + 1, line.len - 1 });
            if (!is_route && pass == 1) look_up(r, line);
        }
        edo_router_free(r);
    }
    return 0;
}
