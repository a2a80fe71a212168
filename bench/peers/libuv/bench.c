/* SPDX-License-Identifier: MIT */
/* peer-libuv <bench> [-t 1] [-n N]: the lines of edo's bench table that libuv has, one line of
 * JSON.
 *
 * libuv has no tasks and no channels: a yield is an idle callback, a timer is a uv_timer_t. It has
 * one thread a loop, so any other -t exits 3, as does a bench it does not have. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

typedef struct outcome {
    uint64_t n;
    double ns;
    long rss_kb;      /* 0: report the peak */
    char extras[160]; /* ready-made JSON members, each with a leading comma */
} outcome;

typedef struct bench {
    const char *name;
    uint64_t n;
    int warm; /* a tenth of the operations runs before the clock starts */
    void (*body)(uint64_t n, outcome *out);
} bench;

static double clock_ns(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double wall_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

static long status_kb(const char *key) {
    FILE *f = fopen("/proc/self/status", "r");
    if (!f) return 0;
    char line[256];
    long kb = 0;
    size_t len = strlen(key);
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, key, len)) kb = strtol(line + len, NULL, 10);
    fclose(f);
    return kb;
}

/* The same sequence of pseudo-random numbers in every peer (xorshift64). */
static uint64_t random_between(uint64_t *state, uint64_t low, uint64_t high) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return low + x % (high - low + 1);
}

static const uint64_t seed = 0x9e3779b97f4a7c15;

static void *array(uint64_t n, size_t size) {
    void *p = calloc(n, size);
    if (!p) {
        fprintf(stderr, "peer-libuv: out of memory\n");
        exit(1);
    }
    return p;
}

/* Two idle handles; each callback is one yield. */
static void on_idle(uv_idle_t *idle) {
    uint64_t *left = idle->data;
    if (--*left == 0) uv_idle_stop(idle);
}

static void yield_2(uint64_t n, outcome *out) {
    uv_loop_t *loop = uv_default_loop();
    uint64_t left[2] = { (n + 1) / 2, (n + 1) / 2 };
    uv_idle_t idle[2];
    for (int i = 0; i < 2; i++) {
        uv_idle_init(loop, &idle[i]);
        idle[i].data = &left[i];
        uv_idle_start(&idle[i], on_idle);
    }
    out->n = left[0] * 2;
    double start = wall_ns();
    uv_run(loop, UV_RUN_DEFAULT);
    out->ns = wall_ns() - start;
    for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&idle[i], NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

static void on_nothing(uv_timer_t *timer) {
    (void)timer;
}

static void on_closed_free(uv_handle_t *handle) {
    free(handle);
}

/* A timer is made, started and closed; the loop turns once a hundred, which frees them. */
static void timer_churn(uint64_t n, outcome *out) {
    uv_loop_t *loop = uv_default_loop();
    uint64_t state = seed;
    uv_timer_t ticker;
    uv_timer_init(loop, &ticker);
    uv_timer_start(&ticker, on_nothing, 50, 50);
    double start = wall_ns();
    for (uint64_t i = 0; i < n; i++) {
        uv_timer_t *timer = array(1, sizeof *timer);
        uv_timer_init(loop, timer);
        uv_timer_start(timer, on_nothing, random_between(&state, 1000, 60000), 0);
        uv_close((uv_handle_t *)timer, on_closed_free);
        if (i % 100 == 99) uv_run(loop, UV_RUN_NOWAIT);
    }
    out->n = n;
    out->ns = wall_ns() - start;
    uv_close((uv_handle_t *)&ticker, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

enum { STRIDE = 7919 }; /* no common factor with the usual counts */

static void timer_insert_cancel(uint64_t n, outcome *out) {
    uv_loop_t *loop = uv_default_loop();
    uint64_t state = seed;
    long before = status_kb("VmRSS:");
    double start = wall_ns();
    uv_timer_t *timers = array(n, sizeof *timers);
    for (uint64_t i = 0; i < n; i++) {
        uv_timer_init(loop, &timers[i]);
        uv_timer_start(&timers[i], on_nothing, random_between(&state, 1000, 60000), 0);
    }
    double inserted = wall_ns() - start;
    out->rss_kb = status_kb("VmRSS:") - before;
    double cancel = wall_ns();
    uint64_t at = 0;
    for (uint64_t i = 0; i < n; i++) {
        at = (at + STRIDE) % n;
        uv_timer_stop(&timers[at]);
    }
    out->n = n;
    out->ns = inserted + (wall_ns() - cancel);
    snprintf(out->extras, sizeof out->extras, ",\"insert_ns\":%.3f,\"bytes_per\":%.1f",
             inserted / (double)n, (double)out->rss_kb * 1024.0 / (double)n);
}

static struct { double sum, worst; } late;

typedef struct fired {
    uv_timer_t timer;
    double due_ns;
} fired;

static void on_fire(uv_timer_t *timer) {
    const fired *f = timer->data;
    double by = wall_ns() - f->due_ns;
    if (by < 0) by = 0;
    late.sum += by;
    if (by > late.worst) late.worst = by;
}

static void timer_fire(uint64_t n, outcome *out) {
    uv_loop_t *loop = uv_default_loop();
    uint64_t state = seed;
    double wall = wall_ns(), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    fired *all = array(n, sizeof *all);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t ms = random_between(&state, 1, 100);
        uv_timer_init(loop, &all[i].timer);
        all[i].timer.data = &all[i];
        all[i].due_ns = wall_ns() + (double)ms * 1e6;
        uv_timer_start(&all[i].timer, on_fire, ms, 0);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    out->n = n;
    out->ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    snprintf(out->extras, sizeof out->extras,
             ",\"wall_ms\":%.3f,\"late_mean_us\":%.3f,\"late_max_us\":%.3f",
             (wall_ns() - wall) / 1e6, late.sum / (double)n / 1e3, late.worst / 1e3);
}

static const bench benches[] = {
    { "yield_2", 5000000, 1, yield_2 },
    { "timer_churn", 1000000, 1, timer_churn },
    { "timer_insert_cancel", 1000000, 0, timer_insert_cancel },
    { "timer_fire", 100000, 0, timer_fire },
};

static const bench *bench_find(const char *name) {
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        if (!strcmp(benches[i].name, name)) return &benches[i];
    return NULL;
}

static void usage(void) {
    fprintf(stderr, "usage: peer-libuv <bench> [-t 1] [-n N] | --list\n");
    exit(2);
}

static uint64_t number(int argc, char **argv, int at) {
    uint64_t v = at < argc ? strtoull(argv[at], NULL, 10) : 0;
    if (v == 0) usage();
    return v;
}

int main(int argc, char **argv) {
    const char *name = NULL;
    uint64_t threads = 1, n = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--list")) {
            for (size_t b = 0; b < sizeof benches / sizeof benches[0]; b++) puts(benches[b].name);
            return 0;
        }
        if (!strcmp(argv[i], "-t"))
            threads = number(argc, argv, ++i);
        else if (!strcmp(argv[i], "-n"))
            n = number(argc, argv, ++i);
        else if (argv[i][0] == '-' || name)
            usage();
        else
            name = argv[i];
    }
    if (!name) usage();
    const bench *b = bench_find(name);
    if (!b || threads != 1) return 3;
    if (n == 0) n = b->n;

    outcome out = { 0 };
    if (b->warm) b->body(n / 10 + 1, &out);
    out = (outcome){ 0 };
    b->body(n, &out);
    printf("{\"peer\":\"libuv\",\"bench\":\"%s\",\"threads\":1,\"n\":%llu,\"ns_per_op\":%.3f,"
           "\"rss_kb\":%ld%s}\n",
           b->name, (unsigned long long)out.n, out.ns / (double)out.n,
           out.rss_kb ? out.rss_kb : status_kb("VmHWM:"), out.extras);
    return 0;
}
