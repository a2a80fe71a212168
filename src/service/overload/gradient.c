/* SPDX-License-Identifier: MIT */
/* service/overload/gradient.c: the rule of an adaptive limit. */
#include "service/overload/gradient.h"

#include "driver/clock.h"

#define WINDOW_NS   INT64_C(1000000000)
#define SAMPLES_MIN 10u
#define SHORTEST_NS INT64_C(100000)
#define WARM_UP     10u  /* windows of which the average is a plain mean */
#define AVERAGED    600  /* windows */
#define FALL        0.95 /* of the average, when it is more than twice what is measured */
#define QUEUE       4.0  /* calls that may wait in the service */
#define TOLERANCE   1.5
#define SMOOTHING   0.2

static double between(double least, double x, double most) {
    return x < least ? least : x > most ? most : x;
}

void edoi_gradient_init(edoi_gradient *g, uint32_t limit, uint32_t min, uint32_t max) {
    *g = (edoi_gradient){ .limit = limit, .min = min, .max = max };
}

/* Called with the lock held: a window is over, whose calls took `now_ns` on average. */
static void gradient_update(edoi_gradient *g, double now_ns) {
    if (g->windows_n < WARM_UP) {
        g->windows_n++;
        g->usual_ns += (now_ns - g->usual_ns) / g->windows_n;
    } else {
        g->usual_ns += (now_ns - g->usual_ns) * 2 / (AVERAGED + 1);
    }
    if (g->usual_ns > 2 * now_ns) g->usual_ns *= FALL;
    if (g->most_at_once < g->limit / 2) return; // it is not what holds calls back
    double gradient = between(0.5, TOLERANCE * g->usual_ns / now_ns, 1);
    double wanted = g->limit * gradient + QUEUE;
    g->limit = between(g->min, (1 - SMOOTHING) * g->limit + SMOOTHING * wanted, g->max);
}

/* Called with the lock held; true: a window has ended. */
static bool gradient_note(edoi_gradient *g, int64_t now_ns, int64_t took_ns, uint32_t at_once) {
    g->samples_n++;
    g->sum_ns += took_ns;
    if (at_once > g->most_at_once) g->most_at_once = at_once;
    if (now_ns < g->ends_ns || g->samples_n < SAMPLES_MIN) return false;
    gradient_update(g, (double)g->sum_ns / g->samples_n);
    g->samples_n = g->most_at_once = 0;
    g->sum_ns = 0;
    g->ends_ns = edoi_time_after(now_ns, WINDOW_NS);
    return true;
}

uint32_t edoi_gradient_sample(edoi_gradient *g, int64_t now_ns, int64_t took_ns, uint32_t at_once) {
    if (took_ns < SHORTEST_NS) return 0;
    edoi_lock_acquire(&g->lock);
    bool has_ended = gradient_note(g, now_ns, took_ns, at_once);
    uint32_t limit = has_ended ? (uint32_t)g->limit : 0;
    edoi_lock_release(&g->lock);
    return limit;
}
