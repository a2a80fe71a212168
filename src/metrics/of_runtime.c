/* SPDX-License-Identifier: MIT */
/* metrics/of_runtime.c: the numbers of a runtime as metrics. Each metric reads the runtime's
 * numbers for itself: that takes a microsecond, and a scrape comes every few seconds. */
#include "base/memory/alloc.h"
#include "metrics/print.h"

#include <edo/stats.h>

#include <errno.h>
#include <stdio.h>

/* ---- Which numbers --------------------------------------------------------------------------- */

typedef enum width { WIDTH_32, WIDTH_64, WIDTH_TIME } width;

typedef struct number {
    edoi_metric_type type;
    width width;
    size_t offset; /* in the stats, or in those of a worker */
    const char *name, *unit, *help;
} number;

#define OF_ALL(field, type, width, name, unit, help)                                               \
    { type, width, offsetof(edo_runtime_stats, field), "edo.runtime." name, unit, help }
#define OF_WORKER(field, type, width, name, unit, help)                                            \
    { type, width, offsetof(edo_worker_stats, field), "edo.runtime.worker." name, unit, help }

static const number of_all[] = {
    OF_ALL(workers, EDOI_GAUGE, WIDTH_32, "workers", NULL, "Workers of the runtime."),
    OF_ALL(tasks_alive, EDOI_GAUGE, WIDTH_64, "tasks", NULL, "Tasks that have not ended."),
    OF_ALL(tasks_spawned, EDOI_COUNTER, WIDTH_64, "tasks_spawned", NULL, "Tasks spawned."),
    OF_ALL(global_depth, EDOI_GAUGE, WIDTH_64, "queue", NULL,
           "Runnable tasks in the queue for any worker."),
    OF_ALL(remote_sched, EDOI_COUNTER, WIDTH_64, "remote_schedules", NULL,
           "Tasks spawned or woken by threads that are no workers."),
    OF_ALL(forced_yields, EDOI_COUNTER, WIDTH_64, "forced_yields", NULL,
           "Polls that ended because the budget was spent."),
    OF_ALL(blk_threads, EDOI_GAUGE, WIDTH_32, "blocking.threads", NULL,
           "Threads for blocking calls."),
    OF_ALL(blk_idle, EDOI_GAUGE, WIDTH_32, "blocking.idle_threads", NULL,
           "Threads for blocking calls that have no job."),
    OF_ALL(blk_queue, EDOI_GAUGE, WIDTH_32, "blocking.queue", NULL,
           "Blocking calls that wait for a thread."),
    OF_ALL(fd_reg, EDOI_COUNTER, WIDTH_64, "fds_registered", NULL,
           "Descriptors registered with the drivers."),
    OF_ALL(fd_dereg, EDOI_COUNTER, WIDTH_64, "fds_deregistered", NULL,
           "Descriptors removed from the drivers."),
    OF_ALL(io_ready, EDOI_COUNTER, WIDTH_64, "io_events", NULL, "Events that the drivers took."),
    OF_ALL(ring_ops, EDOI_COUNTER, WIDTH_64, "ring_operations", NULL,
           "Operations on files that ended in an io_uring."),
    OF_ALL(timers, EDOI_GAUGE, WIDTH_32, "timers", NULL, "Armed timers."),
    OF_ALL(stack_bytes, EDOI_GAUGE, WIDTH_64, "stack", "By",
           "Address space of all stacks of fibers, of the whole process."),
    OF_ALL(stack_high, EDOI_GAUGE, WIDTH_64, "stack_high", "By",
           "Deepest use of a stack that was seen, of the whole process."),
    OF_ALL(stack_pages_back, EDOI_COUNTER, WIDTH_64, "stack_pages_returned", NULL,
           "Pages of stacks given back to the system, of the whole process."),
};

/* Measured by runtimes that have a histogram of polls; for others it would be 0 for ever. */
static const number of_polls[] = {
    OF_ALL(longest_poll, EDOI_GAUGE, WIDTH_TIME, "longest_poll", "s", "Longest poll."),
};

static const number of_worker[] = {
    OF_WORKER(depth, EDOI_GAUGE, WIDTH_64, "queue", NULL, "Tasks in the worker's queue."),
    OF_WORKER(fibers, EDOI_GAUGE, WIDTH_64, "fibers", NULL,
              "Fibers that have begun and not ended."),
    OF_WORKER(mean_poll, EDOI_GAUGE, WIDTH_TIME, "mean_poll", "s", "Mean of recent polls."),
    OF_WORKER(polls, EDOI_COUNTER, WIDTH_64, "polls", NULL, "Polls of tasks."),
    OF_WORKER(busy_ns, EDOI_COUNTER, WIDTH_TIME, "busy", "s", "Time not asleep in the driver."),
    OF_WORKER(parks, EDOI_COUNTER, WIDTH_64, "parks", NULL, "Times that it went to sleep."),
    OF_WORKER(noops, EDOI_COUNTER, WIDTH_64, "noops", NULL,
              "Times that it woke, had no task to run, and slept again."),
    OF_WORKER(local_sched, EDOI_COUNTER, WIDTH_64, "local_schedules", NULL,
              "Tasks that its own thread queued here."),
    OF_WORKER(sent, EDOI_COUNTER, WIDTH_64, "sent", NULL,
              "Tasks that it woke and that live on another worker."),
    OF_WORKER(overflows, EDOI_COUNTER, WIDTH_64, "overflows", NULL,
              "Times that its queue was full."),
    OF_WORKER(steals, EDOI_COUNTER, WIDTH_64, "steals", NULL,
              "Steals from other workers that got a task."),
    OF_WORKER(stolen, EDOI_COUNTER, WIDTH_64, "stolen", NULL, "Tasks that these steals got."),
};

static double of_runtime_value_of(const number *n, const void *stats) {
    const char *at = (const char *)stats + n->offset;
    uint32_t narrow = 0;
    uint64_t wide = 0;
    if (n->width == WIDTH_32) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return n->width == WIDTH_TIME ? (double)wide * 1e-9 : (double)wide;
}

/* ---- Asked ----------------------------------------------------------------------------------- */

struct seen_runtime;

/* The argument of one source. */
typedef struct seen_number {
    const struct seen_runtime *of;
    const number *number;
} seen_number;

typedef struct seen_hist {
    const struct seen_runtime *of;
    edo_runtime_hist which;
} seen_hist;

typedef struct seen_runtime {
    edoi_kept kept; /* first */
    edo_runtime *rt;
    seen_number all[EDO_COUNT(of_all)];
    seen_number polls[EDO_COUNT(of_polls)];
    seen_number workers[EDO_COUNT(of_worker)];
    seen_hist hists[2];
    size_t name_bytes;
    char name[];
} seen_runtime;

static edo_str seen_runtime_name_of(const seen_runtime *r) {
    return (edo_str){ r->name, r->name_bytes };
}

static void ask_all(void *arg, edo_metrics_sink *to) {
    const seen_number *self = (const seen_number *)arg;
    edo_runtime_stats stats = { 0 };
    edo_runtime_get_stats(self->of->rt, &stats);
    edo_metrics_emit(to, of_runtime_value_of(self->number, &stats),
                     (const edo_str[]){ seen_runtime_name_of(self->of) });
}

static void ask_workers(void *arg, edo_metrics_sink *to) {
    const seen_number *self = (const seen_number *)arg;
    edo_runtime_stats stats = { 0 };
    edo_runtime_get_stats(self->of->rt, &stats);
    stats.w = edoi_calloc(stats.workers, sizeof *stats.w);
    if (!stats.w) {
        to->err = -ENOMEM;
        return;
    }
    stats.w_max = stats.workers;
    edo_runtime_get_stats(self->of->rt, &stats);
    for (uint32_t i = 0; i < stats.workers; i++) {
        char index[16];
        int n = snprintf(index, sizeof index, "%u", (unsigned)i);
        edo_metrics_emit(to, of_runtime_value_of(self->number, &stats.w[i]),
                         (const edo_str[]){ seen_runtime_name_of(self->of), { index, (size_t)n } });
    }
    edoi_free(stats.w);
}

/* The sum is not counted: a value counts as the middle of its bucket, or the begin of the last. */
static double estimated_sum(const seen_hist *self, const uint64_t *counts, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        edo_hist_range r = edo_runtime_hist_range(self->of->rt, self->which, i);
        double from = (double)r.from.ns, to = i + 1 < n ? (double)r.to.ns : from;
        sum += (double)counts[i] * (from + to) / 2 * 1e-9;
    }
    return sum;
}

static void ask_hist(void *arg, edo_metrics_sink *to) {
    const seen_hist *self = (const seen_hist *)arg;
    const edoi_bounds *bounds = &to->metric->bounds;
    const edo_str name = seen_runtime_name_of(self->of);
    size_t values_n = edoi_labels_write(NULL, to->metric, &name);
    uint64_t *counts = edoi_calloc(bounds->n + (size_t)1, sizeof *counts);
    char *values = edoi_alloc(values_n);
    if (counts && values) {
        (void)edoi_labels_write(values, to->metric, &name);
        uint32_t n =
            edo_runtime_get_hist(self->of->rt, counts, bounds->n + 1, self->which, EDO_WORKER_ALL);
        edoi_sink_hist(to, (edo_str){ values, values_n }, bounds, counts,
                       estimated_sum(self, counts, n), NULL);
    } else {
        to->err = -ENOMEM;
    }
    edoi_free(values);
    edoi_free(counts);
}

/* ---- Added ----------------------------------------------------------------------------------- */

static int add_numbers(edo_metrics *m, seen_runtime *r, seen_number *seen, const number *numbers,
                       size_t n) {
    bool of_workers = numbers == of_worker;
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        seen[i] = (seen_number){ r, &numbers[i] };
        const edo_metric_opts opts = { .help = numbers[i].help,
                                       .unit = numbers[i].unit,
                                       .labels = of_workers ? "runtime worker" : "runtime" };
        const edoi_metric_wanted wanted = {
            .type = numbers[i].type, .is_asked = true, .name = numbers[i].name, .opts = &opts
        };
        err = edoi_metric_ask(m, &wanted, of_workers ? ask_workers : ask_all, &seen[i]);
    }
    return err;
}

/* The bounds of a runtime's histogram in seconds; new memory. */
static int bounds_of(edoi_bounds *out, edo_runtime *rt, edo_runtime_hist which, uint32_t n) {
    double *bounds = edoi_alloc(n * sizeof *bounds);
    if (!bounds) return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        bounds[i] = (double)edo_runtime_hist_range(rt, which, i).to.ns * 1e-9;
    int err = edoi_bounds_init(out, &(edo_hist_opts){ .bounds = bounds, .bounds_n = n });
    edoi_free(bounds);
    return err;
}

static int metrics_add_hist(edo_metrics *m, seen_runtime *r, edo_runtime_hist which,
                            const char *name, const char *help) {
    uint32_t n = edo_runtime_hist_len(r->rt, which);
    if (n < 2) return 0; // it is off, or has no bound
    edoi_bounds bounds;
    int err = bounds_of(&bounds, r->rt, which, n - 1);
    if (err < 0) return err;
    const edo_metric_opts opts = { .help = help, .unit = "s", .labels = "runtime" };
    const edoi_metric_wanted wanted = {
        .type = EDOI_HIST, .is_asked = true, .name = name, .opts = &opts, .bounds = &bounds
    };
    edo_metric *metric = NULL;
    bool is_new = false;
    err = edoi_metric_add(&metric, m, &wanted, &is_new);
    if (!is_new) edoi_bounds_deinit(&bounds);
    if (err < 0) return err;
    r->hists[which] = (seen_hist){ r, which };
    const edoi_metric_wanted known = {
        .type = EDOI_HIST, .is_asked = true, .name = name, .opts = &opts, .bounds = &metric->bounds
    };
    return edoi_metric_ask(m, &known, ask_hist, &r->hists[which]);
}

static void of_runtime_give_back(edoi_kept *kept) {
    seen_runtime *r = (seen_runtime *)(void *)kept;
    edo_runtime_unref(r->rt);
    edoi_free(r);
}

int edo_metrics_add_runtime(edo_metrics *m, edo_runtime *rt, const char *name) {
    edo_str text = edo_str_of(name);
    if (text.len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
    if (!edo_str_is_utf8(text)) return -EILSEQ;
    seen_runtime *r = edoi_calloc(1, sizeof *r + text.len);
    if (!r) return -ENOMEM;
    r->kept.give_back = of_runtime_give_back;
    r->rt = edo_runtime_ref(rt);
    r->name_bytes = text.len;
    memcpy(r->name, text.ptr, text.len);
    edoi_metrics_keep(m, &r->kept); // before the sources that point to it, which stay on failure
    int err = add_numbers(m, r, r->all, of_all, EDO_COUNT(of_all));
    if (err == 0) err = add_numbers(m, r, r->workers, of_worker, EDO_COUNT(of_worker));
    if (err == 0 && edo_runtime_hist_len(rt, EDO_RUNTIME_HIST_POLL) > 0)
        err = add_numbers(m, r, r->polls, of_polls, EDO_COUNT(of_polls));
    if (err == 0)
        err = metrics_add_hist(m, r, EDO_RUNTIME_HIST_POLL, "edo.runtime.poll",
                               "How long polls took.");
    if (err == 0)
        err = metrics_add_hist(m, r, EDO_RUNTIME_HIST_SCHED, "edo.runtime.schedule_delay",
                               "How long tasks waited, from their wake or spawn to their poll.");
    return err;
}
