/* SPDX-License-Identifier: MIT */
/* edo-bench-metrics BENCH [-t THREADS] [-n N]: prints one line of JSON. --list names the benches.
 *
 *     counter          each of THREADS workers adds 1 to one counter, N times
 *     hist             likewise, and records durations in one histogram of 14 bounds
 *     counter_threads  as counter, on threads that are no workers
 *     text             the text of 1,000 series of a counter with two labels, N times
 *
 * ns_per_op is the time of one addition of one thread, or of one text.
 *
 * Question: what does counting cost where all cores count the same, and what a scrape?
 * Guards: workers share no cache line when they count. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERIES 1000

enum { EXIT_USAGE = 2, EXIT_NO_SUCH_BENCH = 3, THREADS_MAX = 64 };

typedef struct run {
    const struct metrics_bench *bench;
    uint32_t threads;
    uint64_t n;
    edo_metrics *m;
    edo_counter *counter;
    edo_hist *hist;
    atomic_uint ready; /* threads that have begun */
    double ns[THREADS_MAX];
} run;

typedef struct part {
    run *of;
    uint32_t index;
} part;

typedef struct metrics_bench {
    const char *name;
    uint64_t n;
    void (*one)(run *r, uint64_t i); /* NULL: the text */
    bool on_threads;
} metrics_bench;

static double wall_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int err) {
    if (err >= 0) return;
    fprintf(stderr, "edo-bench-metrics: %s\n", edo_strerror(err));
    exit(1);
}

/* ---- Benches --------------------------------------------------------------------------------- */

static void count(run *r, uint64_t i) {
    (void)i;
    edo_counter_add(r->counter, 1);
}

static void record(run *r, uint64_t i) {
    edo_hist_record(r->hist, 0.001 * (double)(1 + i % 9) * (double)(1u << (i % 10)));
}

static const metrics_bench benches[] = {
    { "counter", 50000000, count, false },
    { "hist", 20000000, record, false },
    { "counter_threads", 20000000, count, true },
    { "text", 500, NULL, false },
};

/* One thread's part, once all have begun. */
static void do_part(part *p, int (*wait)(void)) {
    run *r = p->of;
    (void)atomic_fetch_add(&r->ready, 1);
    while (atomic_load(&r->ready) < r->threads) (void)wait();
    double start_ns = wall_ns();
    for (uint64_t i = 0; i < r->n; i++) r->bench->one(r, i);
    r->ns[p->index] = wall_ns() - start_ns;
}

static int part_of_task(void *arg) {
    do_part(arg, edo_yield);
    return 0;
}

static int go_on(void) {
    return 0;
}

static void *part_of_thread(void *arg) {
    do_part(arg, go_on);
    return NULL;
}

static void in_tasks(run *r) {
    part parts[THREADS_MAX];
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (uint32_t i = 0; i < r->threads; i++) {
        parts[i] = (part){ r, i };
        edo_scope_spawn(&s, part_of_task, &parts[i]);
    }
    must(edo_scope_end(&s, 0));
}

static void in_threads(run *r) {
    part parts[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    for (uint32_t i = 0; i < r->threads; i++) {
        parts[i] = (part){ r, i };
        must(-pthread_create(&threads[i], NULL, part_of_thread, &parts[i]));
    }
    for (uint32_t i = 0; i < r->threads; i++) (void)pthread_join(threads[i], NULL);
}

static size_t texts(run *r) {
    edo_metric *metric;
    edo_buf text = { 0 };
    size_t bytes = 0;
    must(edo_metrics_counter(&metric, r->m, "requests",
                             &(edo_metric_opts){ .help = "Requests.", .labels = "method route" }));
    for (int i = 0; i < SERIES; i++) {
        char route[32];
        edo_counter *c;
        int len = snprintf(route, sizeof route, "/route/%d", i);
        const edo_str values[] = { EDO_STR("GET"), { route, (size_t)len } };
        must(edo_counter_series(&c, metric, values));
        edo_counter_add(c, (uint64_t)i * 1000);
    }
    double start_ns = wall_ns();
    for (uint64_t i = 0; i < r->n; i++) {
        edo_buf_deinit(&text);
        must(edo_metrics_print(r->m, &text, EDO_METRICS_PROMETHEUS));
        bytes = text.len;
    }
    r->ns[0] = wall_ns() - start_ns;
    edo_buf_deinit(&text);
    return bytes;
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static int root(void *arg) {
    run *r = arg;
    edo_metric *metric;
    size_t bytes = 0;
    must(edo_metrics_new(&r->m, NULL));
    if (!r->bench->one) {
        bytes = texts(r);
    } else {
        must(edo_metrics_counter(&metric, r->m, "requests", NULL));
        must(edo_counter_series(&r->counter, metric, NULL));
        must(edo_metrics_hist(&metric, r->m, "duration", NULL, NULL));
        must(edo_hist_series(&r->hist, metric, NULL));
        (r->bench->on_threads ? in_threads : in_tasks)(r);
        uint64_t counted = edo_counter_read(r->counter) + edo_hist_read(r->hist, NULL);
        if (counted != r->n * r->threads) abort();
    }
    double ns = 0;
    for (uint32_t i = 0; i < r->threads; i++) ns = r->ns[i] > ns ? r->ns[i] : ns;
    printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"threads\":%u,\"n\":%" PRIu64
           ",\"bytes\":%zu,\"ns_per_op\":%.2f}\n",
           r->bench->name, r->threads, r->n, bytes, ns / (double)r->n);
    edo_metrics_free(r->m);
    return 0;
}

static EDOI_NORETURN void usage(void) {
    fprintf(stderr, "usage: edo-bench-metrics BENCH [-t THREADS] [-n N] | --list\n");
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    static run r = { .threads = 1 };
    if (argc < 2) usage();
    for (size_t i = 0; i < EDO_COUNT(benches); i++) {
        if (!strcmp(argv[1], "--list")) puts(benches[i].name);
        if (!strcmp(argv[1], benches[i].name)) r.bench = &benches[i];
    }
    if (!strcmp(argv[1], "--list")) return 0;
    if (!r.bench) return EXIT_NO_SUCH_BENCH;
    r.n = r.bench->n;
    for (int i = 2; i < argc; i += 2) {
        uint64_t value = i + 1 < argc ? strtoull(argv[i + 1], NULL, 10) : 0;
        if (value == 0) usage();
        if (!strcmp(argv[i], "-t")) {
            r.threads = value > THREADS_MAX ? THREADS_MAX : (uint32_t)value;
        } else if (!strcmp(argv[i], "-n")) {
            r.n = value;
        } else {
            usage();
        }
    }
    return edo_main_with(root, &r,
                         &(edo_runtime_opts){ .flavor = EDO_RUNTIME_MULTI, .workers = r.threads });
}
