/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to find the route of a path among 500, 100 or 10?
 * Guards: a look-up compares no text byte by byte, and allocates nothing.
 *     edo-bench-web-routes [-r ROUTES] [-n OPERATIONS]
 * Resources with five paths each, of which two have one capture and two have two; the paths are
 * asked for in an order that no predictor knows. bench/peers/go/router has the same for its peers.
 * Under callgrind the instructions between two values of -n are those of the operations. */
#include "web/router/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUTES_MAX 500
#define PATHS      5

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

static size_t look_up(const edo_router *r, char paths[][80], uint32_t routes_n, long n) {
    uint32_t random = 12345;
    size_t captures = 0;
    for (long i = 0; i < n; i++) {
        random = random * 1664525u + 1013904223u;
        const char *path = paths[(random >> 8) % routes_n];
        edoi_match m;
        if (!edoi_tree_find(&r->root, (edo_str){ path + 1, (unsigned char)path[0] }, &m)) abort();
        captures += m.n;
    }
    return captures;
}

int main(int argc, char **argv) {
    static char paths[ROUTES_MAX][80]; /* the length, then the path */
    long n = 1000000, routes_n = ROUTES_MAX;
    for (int c; (c = getopt(argc, argv, "n:r:")) != -1;)
        *(c == 'n' ? &n : &routes_n) = strtol(optarg, NULL, 10);
    if (n < 1 || routes_n < 1 || routes_n > ROUTES_MAX) return 2;
    edo_router *r = edo_router_new();
    for (int i = 0; i < routes_n; i++) {
        char route[80];
        print(route, sizeof route, routes[i % PATHS], i / PATHS);
        edo_router_get(r, route, handler);
        print(paths[i] + 1, sizeof paths[i] - 1, asked[i % PATHS], i / PATHS);
        paths[i][0] = (char)strlen(paths[i] + 1);
    }
    if (edo_router_build(r) < 0) return 1;
    int64_t begin = now_ns();
    size_t captures = look_up(r, paths, (uint32_t)routes_n, n);
    double ns = (double)(now_ns() - begin) / (double)n;
    edo_router_free(r);
    return printf("%.1f ns a look-up among %ld routes, %.2f captures\n", ns, routes_n,
                  (double)captures / (double)n) < 0;
}
