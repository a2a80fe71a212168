/* SPDX-License-Identifier: MIT */
/* otlp/counts.c: see counts.h. */
#include "otlp/counts.h"

static int otlp_series(edo_counter **out, edo_metrics *m, const char *name, const char *help,
                       edo_otlp_kind kind) {
    static const char *const kinds[EDO_OTLP_KINDS] = { "traces", "logs", "metrics" };
    const edo_str value = edo_str_of(kinds[kind]);
    edo_metric *metric;
    int err =
        edo_metrics_counter(&metric, m, name, &(edo_metric_opts){ .help = help, .labels = "kind" });
    return err < 0 ? err : edo_counter_series(out, metric, &value);
}

int edoi_otlp_counts_open(edoi_otlp_counts *c, edo_metrics *m, edo_otlp_kind kind) {
    if (!m) return 0;
    int err = otlp_series(&c->sent_counter, m, "edo.otlp.sent",
                          "Spans, events and metrics that the collector has taken.", kind);
    if (err < 0) return err;
    return otlp_series(&c->dropped_counter, m, "edo.otlp.dropped",
                       "Spans, events and metrics that the collector has not taken.", kind);
}

void edoi_otlp_count_sent(edoi_otlp_counts *c, uint64_t n) {
    (void)edoi_add_rlx_u64(&c->sent, n);
    edo_counter_add(c->sent_counter, n);
}

void edoi_otlp_count_rejected(edoi_otlp_counts *c, uint64_t n) {
    (void)edoi_add_rlx_u64(&c->rejected, n);
    edo_counter_add(c->dropped_counter, n);
}

void edoi_otlp_count_dropped(edoi_otlp_counts *c, uint64_t n) {
    (void)edoi_add_rlx_u64(&c->dropped, n);
    edo_counter_add(c->dropped_counter, n);
}

uint64_t edoi_otlp_count_lost(const edoi_otlp_counts *c) {
    return edoi_load_rlx_u64(&c->rejected) + edoi_load_rlx_u64(&c->dropped);
}
