/* SPDX-License-Identifier: MIT */
/* tls/stream/count.c: see count.h. */
#include "tls/stream/count.h"

/* The series of a handshake; of one that has failed nothing is known but why. */
static int counts_series(edo_hist **out, const edoi_tls_counts *c, const char *version,
                         const char *resumed, const char *failure) {
    const edo_str values[] = { c->side, edo_str_of(version), edo_str_of(resumed),
                               edo_str_of(failure) };
    return edo_hist_series(out, c->duration, values);
}

static int counts_add_done(edoi_tls_counts *c) {
    static const char *const versions[EDOI_TLS_VERSIONS] = { "1.2", "1.3" };
    int err = 0;
    for (size_t v = 0; v < EDOI_TLS_VERSIONS; v++)
        for (size_t r = 0; r < 2 && err == 0; r++)
            err = counts_series(&c->done[v][r], c, versions[v], r ? "true" : "false", "");
    return err;
}

int edoi_tls_counts_init(edoi_tls_counts *c, edo_str side, edo_metrics *metrics) {
    const edo_metric_opts opts = { .help = "Duration of TLS handshakes.",
                                   .unit = "s",
                                   .labels = "side tls_protocol_version tls_resumed error_type" };
    *c = (edoi_tls_counts){ .side = side };
    if (!metrics) return 0;
    int err = edo_metrics_hist(&c->duration, metrics, "edo.tls.handshake.duration", NULL, &opts);
    if (err == 0) err = counts_add_done(c);
    if (err < 0) return err;
    c->metrics = metrics;
    edoi_metrics_ref(metrics);
    return 0;
}

void edoi_tls_counts_deinit(edoi_tls_counts *c) {
    edoi_metrics_unref(c->metrics);
}

void edoi_tls_counts_end(const edoi_tls_counts *c, edo_instant begun, const SSL *ssl, int err) {
    edo_hist *h = NULL;
    if (!c->metrics) return;
    if (err == 0)
        h = c->done[SSL_version(ssl) == TLS1_3_VERSION][SSL_session_reused(ssl) == 1];
    else if (counts_series(&h, c, "", "", edo_error_name(err)) < 0)
        return;
    edo_hist_record_time(h, edo_instant_since(edo_now(), begun));
}
