/* SPDX-License-Identifier: MIT */
/* monitor.c: two groups of tasks, counted apart: who is slow, and who has to wait for it. */
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include <inttypes.h>
#include <stdio.h>

/* Three short pieces of work, with a look at the others in between. */
static int page(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < 3 && err == 0; i++) err = edo_yield();
    return err;
}

/* Computes without a look at the others. */
static int report(void *arg) {
    edo_instant start = edo_now();
    (void)arg;
    while (edo_instant_since(edo_now(), start).ns < edo_ms(60).ns) {
    }
    return 0;
}

static int work(edo_task_monitor *pages, edo_task_monitor *reports) {
    EDO_SCOPE(s, &(edo_scope_opts){ .monitor = pages });
    for (int i = 0; i < 20; i++) edo_scope_spawn(&s, page, NULL);
    edo_task *t = edo_spawn_with(report, NULL, &(edo_spawn_opts){ .monitor = reports });
    return edo_scope_end(&s, edo_task_join(t));
}

static void print(const char *name, const edo_task_monitor *m) {
    edo_task_monitor_stats s;
    edo_task_monitor_get_stats(m, &s);
    printf("%s: %" PRIu64 " tasks, %" PRIu64 " polls\n", name, s.ended, s.polls);
    printf("    polls that took long: %s\n", s.slow_poll_ratio > 0.9 ? "all" : "few");
    printf("    turns that came late: %s\n", s.long_delay_ratio > 0.3 ? "one in three" : "few");
}

static int root(void *arg) {
    const edo_task_monitor_opts opts = { .slow_poll = edo_ms(50), .long_delay = edo_ms(50) };
    edo_task_monitor *pages = NULL, *reports = NULL;
    (void)arg;
    int err = edo_task_monitor_new(&pages, &opts);
    if (err == 0) err = edo_task_monitor_new(&reports, &opts);
    if (err == 0) err = work(pages, reports);
    if (err == 0) print("pages", pages);
    if (err == 0) print("reports", reports);
    edo_task_monitor_unref(pages);
    edo_task_monitor_unref(reports);
    return err;
}

int main(void) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_CURRENT,
        .watchdog = EDO_OFF, // else a debug build names the culprit by itself
        .task_monitors = true,
    };
    return edo_main_with(root, NULL, &opts);
}
