/* SPDX-License-Identifier: MIT */
/* sim/seeds.c: see seeds.h. */
#include "seeds.h"

#include "inside.h"

#include <string.h>
#include <unistd.h>

/* ---- Chance ---------------------------------------------------------------------------------- */

uint64_t chance_seed(uint64_t seed) { // splitmix64, of which seeds that are near are far apart
    uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x632be59bd9b4e019);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ? z : 1;
}

uint64_t chance_next(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t chance_below(uint64_t *state, uint32_t n) {
    return (uint32_t)((chance_next(state) >> 33) % n);
}

double chance_loss(uint64_t *state) {
    static const double losses[] = { 0, 0, 0.005, 0.02 };
    return losses[chance_below(state, EDO_COUNT(losses))];
}

edo_duration chance_between(uint64_t *state, edo_duration least, edo_duration most) {
    int64_t steps = (most.ns - least.ns) / 1000000;
    return edo_ns(least.ns + (int64_t)chance_below(state, (uint32_t)steps + 1) * 1000000);
}

/* ---- Runs ------------------------------------------------------------------------------------ */

void verdict_add(verdict *v, const char *format, ...) {
    va_list args;
    if (v->why[0]) return;
    va_start(args, format);
    (void)vsnprintf(v->why, sizeof v->why, format, args);
    va_end(args);
}

/* Those of the environment, as "17" or "1..2000". */
static void take_seeds(uint64_t *first, uint64_t *last) {
    const char *one = getenv("EDO_SIM_SEED"), *many = getenv("EDO_SIM_SEEDS");
    char *end;
    if (!one && !many) return;
    *first = *last = strtoull(one ? one : many, &end, 10);
    if (strncmp(end, "..", 2) == 0) *last = strtoull(end + 2, NULL, 10);
}

bool seeds_are_said(void) {
    return getenv("EDO_SIM_SEED") || getenv("EDO_SIM_SEEDS");
}

bool seed_is_for(unsigned nth, unsigned n) {
    const char *one = getenv("EDO_SIM_SEED");
    return !one || strtoull(one, NULL, 10) % n == nth;
}

int run_seeds(seed_fn *fn, uint64_t n) {
    uint64_t first = 1, last = n;
    int failed_n = 0;
    take_seeds(&first, &last);
    for (uint64_t seed = first; seed <= last; seed++) {
        verdict v = { "" };
        fn(seed, &v);
        if (!v.why[0]) continue;
        (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, v.why);
        failed_n++;
    }
    return failed_n;
}
