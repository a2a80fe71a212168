/* SPDX-License-Identifier: MIT */
/* sim/faults.c: see faults.h. */
#include "faults.h"
#include "inside.h"

#include <edo/fs.h>

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

edo_duration chance_between(uint64_t *state, edo_duration least, edo_duration most) {
    int64_t steps = (most.ns - least.ns) / 1000000;
    return edo_ns(least.ns + (int64_t)chance_below(state, (uint32_t)steps + 1) * 1000000);
}

/* ---- Plans ----------------------------------------------------------------------------------- */

static const char *const kinds_of_fault[] = {
    "partition", "cut", "hold", "reset", "pause", "crash"
};

static fault next_fault(uint64_t *state, const fault_field *field) {
    fault f = { .kind = (fault_kind)chance_below(state, FAULT_KINDS_N),
                .at = chance_between(state, field->from, field->until) };
    // some are over before anybody can notice, and some not before all have given up
    const uint32_t length = chance_below(state, 6);
    f.within = length < 2   ? chance_between(state, edo_ms(1), edo_ms(300))
               : length < 5 ? chance_between(state, edo_ms(300), edo_s(8))
                            : chance_between(state, edo_s(8), edo_s(40));
    if (f.kind == FAULT_RESET) f.within = edo_ns(0);
    if (f.kind == FAULT_PAUSE || f.kind == FAULT_CRASH) {
        f.a = field->hosts[chance_below(state, (uint32_t)field->hosts_n)];
        return f;
    }
    const fault_way *way = &field->ways[chance_below(state, (uint32_t)field->ways_n)];
    const bool is_back = chance_below(state, 2) == 1;
    f.a = is_back ? way->b : way->a;
    f.b = is_back ? way->a : way->b;
    return f;
}

void fault_plan_make(fault_plan *out, uint64_t seed, const fault_field *field) {
    static const double losses[] = { 0, 0, 0.005, 0.02 };
    uint64_t state = chance_seed(seed);
    *out = (fault_plan){ .n = 3 + (int)chance_below(&state, FAULTS_MAX - 2) };
    out->loss = losses[chance_below(&state, EDO_COUNT(losses))];
    for (int i = 0; i < out->n; i++) {
        fault f = next_fault(&state, field);
        out->all[i] = f;
        if (f.at.ns + f.within.ns > out->over.ns) out->over = edo_ns(f.at.ns + f.within.ns);
    }
}

static int fault_enter(const fault *f, edo_sim *sim) {
    switch (f->kind) {
    case FAULT_PARTITION: return edo_sim_partition(sim, f->a, f->b, f->at, f->within);
    case FAULT_CUT: return edo_sim_cut(sim, f->a, f->b, f->at, f->within);
    case FAULT_HOLD: return edo_sim_hold(sim, f->a, f->b, f->at, f->within);
    case FAULT_RESET: return edo_sim_reset(sim, f->a, f->b, f->at);
    case FAULT_PAUSE: return edo_sim_pause(sim, f->a, f->at, f->within);
    case FAULT_CRASH: {
        int err = edo_sim_crash(sim, f->a, f->at);
        return err < 0 ? err : edo_sim_restart(sim, f->a, edo_ns(f->at.ns + f->within.ns));
    }
    case FAULT_KINDS_N: break;
    }
    return -EINVAL;
}

int fault_plan_enter(const fault_plan *p, edo_sim *sim) {
    int err = 0;
    for (int i = 0; i < p->n && err == 0; i++) err = fault_enter(&p->all[i], sim);
    return err;
}

bool fault_plan_meets(const fault_plan *p, const char *host, edo_duration from, edo_duration to) {
    for (int i = 0; i < p->n; i++) {
        const fault *f = &p->all[i];
        if (strcmp(f->a, host) != 0 && (!f->b || strcmp(f->b, host) != 0)) continue;
        if (f->at.ns <= to.ns && f->at.ns + f->within.ns >= from.ns) return true;
    }
    return false;
}

static void fault_plan_print(const fault_plan *p) {
    (void)fprintf(stderr, "    loss %g\n", p->loss);
    for (int i = 0; i < p->n; i++) {
        const fault *f = &p->all[i];
        (void)fprintf(stderr, "    %6.3f s for %.3f s: %s %s%s%s\n", (double)f->at.ns / 1e9,
                      (double)f->within.ns / 1e9, kinds_of_fault[f->kind], f->a, f->b ? " > " : "",
                      f->b ? f->b : "");
    }
}

/* ---- Runs ------------------------------------------------------------------------------------ */

void verdict_add(verdict *v, const char *format, ...) {
    va_list args;
    if (v->why[0]) return;
    va_start(args, format);
    (void)vsnprintf(v->why, sizeof v->why, format, args);
    va_end(args);
}

int run_seeds(seed_fn *fn, uint64_t n) {
    uint64_t first = 1, last = n;
    int failed_n = 0;
    const char *text = getenv("EDO_SIM_SEEDS");
    if (text) {
        char *end;
        first = last = strtoull(text, &end, 10);
        if (strncmp(end, "..", 2) == 0) last = strtoull(end + 2, NULL, 10);
    }
    for (uint64_t seed = first; seed <= last; seed++) {
        fault_plan plan = { .n = 0 };
        verdict v = { "" };
        fn(seed, &plan, &v);
        if (!v.why[0]) continue;
        (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, v.why);
        fault_plan_print(&plan);
        failed_n++;
    }
    return failed_n;
}

void files_make(char folder[64]) {
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, 64, "%s/edo-sim-XXXXXX", where);
    assert_non_null(mkdtemp(folder));
}

void files_free(const char *folder) {
    assert_int_equal(edo_fs_remove_dir_all(folder), 0);
}
