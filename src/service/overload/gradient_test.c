/* SPDX-License-Identifier: MIT */
/* Goal: an adaptive limit follows the rule of edo/adaptive.h, for any calls.
 * Method: random calls; beside them the rule, written again as plainly as it can be: from the
 * lengths of all calls so far, window by window. 100,000 calls in `make check`. */
#include "service/overload/gradient.h"

#include "inside.h"
#include "rounds.h"
#include "seed.h"

#include <math.h>

enum { CALLS = 5000, WINDOWS_MAX = 500 };

static uint32_t random_state;

static uint32_t random_below(uint32_t n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* One window that has ended. */
typedef struct window {
    double mean_ns;
    uint32_t most_at_once;
} window;

typedef struct plain {
    window windows[WINDOWS_MAX];
    int windows_n;
    double lengths_ns[CALLS];
    int lengths_n; /* in the window that has not ended */
    uint32_t most_at_once;
    int64_t ends_ns;
} plain;

/* The limit after all windows so far. */
static double plain_limit(const plain *p, double limit, double min, double max) {
    double usual_ns = 0;
    for (int i = 0; i < p->windows_n; i++) {
        double now_ns = p->windows[i].mean_ns, wanted, gradient;
        usual_ns = i < 10 ? usual_ns + (now_ns - usual_ns) / (i + 1)
                          : usual_ns * (1 - 2.0 / 601) + now_ns * 2.0 / 601;
        if (usual_ns / now_ns > 2) usual_ns *= 0.95;
        if (p->windows[i].most_at_once < limit / 2) continue;
        gradient = fmax(0.5, fmin(1, 1.5 * usual_ns / now_ns));
        wanted = limit * gradient + 4;
        limit = fmax(min, fmin(max, 0.8 * limit + 0.2 * wanted));
    }
    return limit;
}

/* Returns whether a window has ended. */
static bool plain_sees(plain *p, int64_t now_ns, int64_t took_ns, uint32_t at_once) {
    double sum_ns = 0;
    if (took_ns < 100000) return false;
    p->lengths_ns[p->lengths_n++] = (double)took_ns;
    if (at_once > p->most_at_once) p->most_at_once = at_once;
    if (now_ns < p->ends_ns || p->lengths_n < 10) return false;
    for (int i = 0; i < p->lengths_n; i++) sum_ns += p->lengths_ns[i];
    p->windows[p->windows_n++] = (window){ sum_ns / p->lengths_n, p->most_at_once };
    p->lengths_n = 0;
    p->most_at_once = 0;
    p->ends_ns = now_ns + 1000000000;
    return true;
}

static void run(int *moved) {
    static plain p;
    edoi_gradient g;
    uint32_t min = 1 + random_below(20), max = min + random_below(200);
    uint32_t start = min + random_below(max - min + 1);
    int64_t now_ns = 1, usual_ns = 1000000;
    p = (plain){ .windows_n = 0 };
    edoi_gradient_init(&g, start, min, max);
    for (int i = 0; i < CALLS && p.windows_n < WINDOWS_MAX; i++) {
        if (random_below(200) == 0) usual_ns = 50000 + 1000 * (int64_t)random_below(20000);
        now_ns += random_below(30) * INT64_C(10000000);
        int64_t took_ns = usual_ns / 2 + random_below((uint32_t)usual_ns);
        uint32_t at_once = random_below(2) ? 1 + random_below(max) : 1;
        uint32_t limit = edoi_gradient_sample(&g, now_ns, took_ns, at_once);
        bool has_ended = plain_sees(&p, now_ns, took_ns, at_once);
        double wanted = plain_limit(&p, start, min, max);
        assert_int_equal(limit != 0, has_ended);
        assert_true(fabs(g.limit - wanted) < 1e-6 * wanted);
        *moved += has_ended && limit != start;
    }
}

static void a_limit_follows_its_rule(void **state) {
    uint32_t rounds = test_rounds(2, 20);
    int moved = 0;
    (void)state;
    random_state = (uint32_t)test_seed(31);
    for (uint32_t i = 0; i < rounds; i++) run(&moved);
    assert_true(moved > 100 * (int)rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_follows_its_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
