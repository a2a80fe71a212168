/* SPDX-License-Identifier: MIT */
/* metrics_text.c: a service that counts what it does, and the text that it gives to Prometheus.
 * With an argument the numbers of the runtime and the process are in it, too; with --openmetrics it
 * is in that form. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include <stdio.h>
#include <string.h>

typedef struct numbers {
    edo_metrics *registry;
    edo_metric *requests; /* by method and status */
    edo_up_down *active;
    edo_hist *duration;
} numbers;

/* Made once, at the start. */
static int numbers_init(numbers *n) {
    int err = edo_metrics_new(&n->registry, NULL);
    if (err < 0) return err;
    err = edo_metrics_counter(
        &n->requests, n->registry, "shop.requests",
        &(edo_metric_opts){ .help = "Requests that were answered.", .labels = "method status" });
    if (err < 0) return err;
    err = edo_up_down_new(&n->active, n->registry, "shop.active_requests",
                          &(edo_metric_opts){ .help = "Requests that are worked on." });
    if (err < 0) return err;
    const edo_hist_opts buckets = { .bounds = (const double[]){ 0.01, 0.1, 1 }, .bounds_n = 3 };
    return edo_hist_new(
        &n->duration, n->registry, "shop.request.duration", &buckets,
        &(edo_metric_opts){ .help = "How long requests took.", .unit = "s", .exemplars = true });
}

typedef struct request {
    numbers *n;
    const char *method, *status;
    int64_t ms;
    const char *trace_id; /* of a request that is traced; else NULL */
} request;

static int handle(void *arg) {
    const request *r = arg;
    edo_up_down_add(r->n->active, 1);
    edo_instant start = edo_now();
    int err = edo_sleep(edo_ms(r->ms)); // the work
    edo_duration took = edo_instant_since(edo_now(), start);
    if (r->trace_id) { // a chart of slow requests then leads to the trace of one
        const edo_exemplar of = { .trace_id = edo_str_of(r->trace_id) };
        edo_hist_record_exemplar(r->n->duration, (double)took.ns * 1e-9, &of);
    } else {
        edo_hist_record_time(r->n->duration, took);
    }
    edo_up_down_add(r->n->active, -1);
    edo_counter *answered;
    const edo_str labels[] = { edo_str_of(r->method), edo_str_of(r->status) };
    if (edo_counter_series(&answered, r->n->requests, labels) == 0) edo_counter_add(answered, 1);
    return err;
}

static int print(numbers *n, edo_metrics_form form) {
    edo_buf text = { 0 };
    int err = edo_metrics_print(n->registry, &text, form);
    if (err == 0) (void)fwrite(text.ptr, 1, text.len, stdout);
    edo_buf_deinit(&text);
    return err;
}

static int serve(numbers *n) {
    request requests[] = { { n, "GET", "200", 5, NULL },
                           { n, "GET", "200", 50, NULL },
                           { n, "GET", "404", 1, NULL },
                           { n, "POST", "200", 2000, "4bf92f3577b34da6a3ce929d0e0e4736" } };
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(requests); i++) edo_scope_spawn(&s, handle, &requests[i]);
    return edo_scope_end(&s, 0);
}

static int root(void *arg) {
    const char *option = arg;
    numbers n = { 0 };
    int err = numbers_init(&n);
    if (err == 0 && option) {
        err = edo_metrics_add_runtime(n.registry, edo_runtime_current(), "main");
        if (err == 0) err = edo_metrics_add_process(n.registry);
    }
    if (err == 0) err = serve(&n);
    bool open = option && !strcmp(option, "--openmetrics");
    if (err == 0) err = print(&n, open ? EDO_METRICS_OPENMETRICS : EDO_METRICS_PROMETHEUS);
    edo_metrics_free(n.registry);
    return err;
}

int main(int argc, char **argv) {
    const edo_runtime_opts opts = { .start_paused = true, .poll_hist = { .kind = EDO_HIST_LOG } };
    return edo_main_with(root, argc > 1 ? argv[1] : NULL, &opts);
}
