/* SPDX-License-Identifier: MIT */
/* stats.c: a task that reads the runtime's numbers, and finds who keeps the others waiting. */
#include <edo/edo.h>
#include <edo/stats.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Computes for 100 ms of the processor's time, without a look at the others. */
static int greedy(void *arg) {
    clock_t start = clock();
    (void)arg;
    while (clock() - start < CLOCKS_PER_SEC / 10) {
    }
    return 0;
}

/* Does 1,000 small pieces of work, and takes each from its budget. */
static int fair(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < 1000 && err == 0; i++) err = edo_budget_consume();
    return err;
}

static int work(void) {
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 4; i++) edo_scope_spawn(&s, fair, NULL);
    edo_scope_spawn(&s, greedy, NULL);
    return edo_scope_end(&s, 0);
}

static void print_long_polls(edo_runtime *rt) {
    uint64_t counts[64], longer = 0;
    uint32_t n = edo_runtime_get_hist(rt, counts, 64, EDO_RUNTIME_HIST_POLL, EDO_WORKER_ALL);
    for (uint32_t i = 0; i < n; i++) {
        edo_hist_range r = edo_runtime_hist_range(rt, EDO_RUNTIME_HIST_POLL, i);
        if (r.from.ns >= edo_ms(50).ns) longer += counts[i];
    }
    printf("polls of 50 ms and more: %s\n", longer > 0 ? "there are some" : "none");
}

static int root(void *arg) {
    edo_runtime *rt = edo_runtime_current();
    edo_runtime_stats before = { 0 }, now = { 0 }, since = { 0 };
    (void)arg;
    edo_runtime_get_stats(rt, &before);
    int err = work();
    if (err == 0) err = edo_sleep(edo_ms(1)); // a worker shows its numbers before it sleeps
    edo_runtime_get_stats(rt, &now);
    edo_runtime_stats_delta(&since, &before, &now);
    printf("%" PRIu64 " tasks spawned, %" PRIu64 " alive\n", since.tasks_spawned,
           since.tasks_alive);
    printf("%" PRIu64 " times a task had to let others run\n", since.forced_yields);
    printf("the longest poll: %s\n", since.longest_site);
    print_long_polls(rt);
    return err;
}

int main(void) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_CURRENT,
        .watchdog = EDO_OFF, // else a debug build names the culprit by itself
        .poll_hist = { .kind = EDO_HIST_LINEAR, .width = edo_ms(1), .buckets = 64 },
    };
    return edo_main_with(root, NULL, &opts);
}
