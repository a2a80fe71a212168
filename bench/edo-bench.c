/* SPDX-License-Identifier: MIT */
/* edo-bench <bench> [-t threads] [-n N] [--fiber] [--mt] | --list: one bench, one line of JSON.
 *
 * The body runs inside a spawned task: a state machine, or with --fiber a fiber; on a multi-thread
 * runtime with as many workers as are usual. -t says how many; -t 1 is the current-thread runtime,
 * but with --mt a multi-thread one with one worker. A bench that there is not: exit 3 without a
 * line. */
#include "cases/bench.h"

#include <edo/runtime.h>
#include <edo/stats.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2, EXIT_ABSENT = 3 };

#define WORKERS_MAX 256u

typedef struct bench_case {
    const char *name;
    uint64_t n, fibers_n;
    bool warm;
    edo_future *(*state)(bench *b);
    edo_task_fn *fiber;
} bench_case;

#define ROW(name, n, fibers_n, warm) { #name, n, fibers_n, warm, name##_state, name##_fiber },
static const bench_case cases[] = { BENCH_CASES(ROW) };

/* ---- For the cases --------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t id) {
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t bench_wall_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t bench_cpu_ns(void) {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void bench_start(bench *b) {
    b->start_ns = bench_wall_ns();
}

void bench_stop(bench *b, uint64_t done) {
    b->ns = (double)(bench_wall_ns() - b->start_ns);
    b->done = done;
}

void bench_add_extra(bench *b, const char *name, double value) {
    if (b->extras_n < BENCH_EXTRAS_MAX) b->extras[b->extras_n++] = (bench_extra){ name, value };
}

static int64_t status_kb(const char *key) {
    FILE *f = fopen("/proc/self/status", "r");
    if (!f) return 0;
    char line[256];
    int64_t kb = 0;
    size_t len = strlen(key);
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, key, len)) kb = strtoll(line + len, NULL, 10);
    (void)fclose(f);
    return kb;
}

int64_t bench_rss_kb(void) {
    return status_kb("VmRSS:");
}

unsigned bench_threads;

static EDOI_NORETURN void give_up(const char *why) {
    (void)fprintf(stderr, "edo-bench: %s\n", why);
    exit(1);
}

void *bench_array(uint64_t n, size_t bytes) {
    void *p = calloc(n, bytes);
    if (!p) give_up("out of memory");
    return p;
}

void bench_must(int result) {
    if (result < 0) give_up(edo_strerror(result));
}

edo_task *bench_spawned(edo_task *t) {
    if (!t) give_up("cannot spawn");
    return t;
}

uint64_t bench_random(uint64_t *state, uint64_t low, uint64_t high) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return low + x % (high - low + 1);
}

/* ---- The program ----------------------------------------------------------------------------- */

typedef struct options {
    const bench_case *which;
    uint64_t n;
    unsigned threads; /* 0: not said */
    bool fiber, mt;
    bench b;
} options;

static int run_once(const options *o, bench *b) {
    edo_task *t = o->fiber ? edo_spawn(o->which->fiber, b) : edo_spawn_future(o->which->state(b));
    return edo_task_join(t);
}

static int run(void *arg) {
    options *o = arg;
    if (o->which->warm) {
        bench warm = { .n = bench_each(o->n, 10), .rss_kb = -1 };
        int err = run_once(o, &warm);
        if (err < 0) return err;
    }
    o->b = (bench){ .n = o->n, .rss_kb = -1 };
    return run_once(o, &o->b);
}

static void print_line(const options *o) {
    const bench *b = &o->b;
    int64_t rss_kb = b->rss_kb >= 0 ? b->rss_kb : status_kb("VmHWM:");
    (void)printf("{\"peer\":\"%s\",\"bench\":\"%s\",\"threads\":%u,\"n\":%" PRIu64,
                 o->fiber ? "edo-fiber" : "edo", o->which->name, o->threads, b->done);
    (void)printf(",\"ns_per_op\":%.3f,\"rss_kb\":%" PRId64, b->ns / (double)b->done, rss_kb);
    for (size_t i = 0; i < b->extras_n; i++)
        (void)printf(",\"%s\":%.3f", b->extras[i].name, b->extras[i].value);
    (void)puts("}");
}

static EDOI_NORETURN void usage(void) {
    (void)fputs("usage: edo-bench <bench> [-t threads] [-n N] [--fiber] [--mt] | --list\n", stderr);
    exit(EXIT_USAGE);
}

static uint64_t number(const char *text) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || errno != 0 || end == text || *end || value == 0) usage();
    return value;
}

static const bench_case *find(const char *name) {
    for (size_t i = 0; i < EDO_COUNT(cases); i++)
        if (!strcmp(cases[i].name, name)) return &cases[i];
    exit(EXIT_ABSENT);
}

static void list(void) {
    for (size_t i = 0; i < EDO_COUNT(cases); i++) (void)puts(cases[i].name);
    exit(0);
}

static options parse(char **argv) {
    options o = { 0 };
    const char *name = NULL;
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "--list")) list();
        if (!strcmp(*at, "--fiber")) {
            o.fiber = true;
        } else if (!strcmp(*at, "--mt")) {
            o.mt = true;
        } else if (!strcmp(*at, "-t") || !strcmp(*at, "-n")) {
            uint64_t value = number(at[1]);
            if ((*at)[1] == 'n') {
                o.n = value;
            } else {
                o.threads = value > WORKERS_MAX ? WORKERS_MAX : (unsigned)value;
            }
            at++;
        } else if ((*at)[0] == '-' || name) {
            usage();
        } else {
            name = *at;
        }
    }
    if (!name) usage();
    o.which = find(name);
    if (o.n == 0) o.n = o.fiber ? o.which->fibers_n : o.which->n;
    return o;
}

int main(int argc, char **argv) {
    (void)argc;
    options o = parse(argv);
    bool multi = o.threads != 1 || o.mt;
    const edo_runtime_opts opts = { .flavor = multi ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = o.threads };
    edo_runtime *rt;
    bench_must(edo_runtime_new(&rt, &opts));
    edo_runtime_stats stats = { 0 };
    edo_runtime_get_stats(rt, &stats);
    bench_threads = o.threads = stats.workers;
    bench_must(edo_run(rt, run, &o));
    edo_runtime_free(rt);
    print_line(&o);
    return 0;
}
