/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to find the route of a path among 500?
 * Guards: a look-up compares no text byte by byte, and allocates nothing.
 *     edo-bench-web-routes [-n OPERATIONS]
 * 100 resources with five paths each, of which two have one capture and two have two; the paths are
 * asked for in an order that no predictor knows. Under callgrind the instructions between two
 * values of -n are those of the operations. */
#include "web/router/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESOURCES 100
#define PATHS     5

static const char *const routes[PATHS] = { "/api/v1/%s", "/api/v1/%s/{id}", "/api/v1/%s/{id}/items",
                                           "/api/v1/%s/{id}/items/{item}",
                                           "/api/v1/%s/{id}/items/{item}/history" };
static const char *const asked[PATHS] = { "/api/v1/%s", "/api/v1/%s/4711", "/api/v1/%s/4711/items",
                                          "/api/v1/%s/4711/items/17",
                                          "/api/v1/%s/4711/items/17/history" };

static int handler(edo_web *w) {
    (void)w;
    return 0;
}

static void print(char *to, size_t room, const char *format, int resource) {
    static const char *const words[] = { "users",   "orders", "invoices", "teams",   "repositories",
                                         "tickets", "events", "notes",    "devices", "payments" };
    char name[40];
    (void)snprintf(name, sizeof name, "%s-%d", words[resource % 10], resource);
    const char *mark = strstr(format, "%s");
    (void)snprintf(to, room, "%.*s%s%s", (int)(mark - format), format, name, mark + 2);
}

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static size_t look_up(const edo_router *r, char paths[][80], long n) {
    uint32_t random = 12345;
    size_t captures = 0;
    for (long i = 0; i < n; i++) {
        random = random * 1664525u + 1013904223u;
        const char *path = paths[(random >> 8) % (RESOURCES * PATHS)];
        edoi_match m;
        if (!edoi_tree_find(&r->root, (edo_str){ path + 1, (unsigned char)path[0] }, &m)) abort();
        captures += m.n;
    }
    return captures;
}

int main(int argc, char **argv) {
    static char paths[RESOURCES * PATHS][80]; /* the length, then the path */
    long n = argc > 2 && strcmp(argv[1], "-n") == 0 ? strtol(argv[2], NULL, 10) : 1000000;
    edo_router *r = edo_router_new();
    for (int i = 0; i < RESOURCES * PATHS; i++) {
        char route[80];
        print(route, sizeof route, routes[i % PATHS], i / PATHS);
        edo_router_get(r, route, handler);
        print(paths[i] + 1, sizeof paths[i] - 1, asked[i % PATHS], i / PATHS);
        paths[i][0] = (char)strlen(paths[i] + 1);
    }
    if (edo_router_build(r) < 0) return 1;
    int64_t begin = now_ns();
    size_t captures = look_up(r, paths, n);
    double ns = (double)(now_ns() - begin) / (double)n;
    edo_router_free(r);
    return printf("%.1f ns a look-up among %d routes, %.2f captures\n", ns, RESOURCES * PATHS,
                  (double)captures / (double)n) < 0;
}
