/* SPDX-License-Identifier: MIT */
/* tls/stream/count.h: what a configuration counts: its handshakes. */
#ifndef EDOI_TLS_STREAM_COUNT_H
#define EDOI_TLS_STREAM_COUNT_H

#include "tls/stream/tls.h"

#include <edo/metrics.h>
#include <edo/time.h>

#define EDOI_TLS_VERSIONS 2u /* 1.2 and 1.3 */

/* All zero: nothing is counted. const once it was made. */
typedef struct edoi_tls_counts {
    edo_metrics *metrics; /* shared */
    edo_metric *duration;
    edo_str side;                         /* a literal */
    edo_hist *done[EDOI_TLS_VERSIONS][2]; /* by version, and whether a session was resumed */
} edoi_tls_counts;

/* `side` is "server" or "client"; `metrics` may be NULL. Errors: as edo_metrics_hist(). */
EDO_MUST_USE int edoi_tls_counts_init(edoi_tls_counts *c, edo_str side, edo_metrics *metrics);
void edoi_tls_counts_deinit(edoi_tls_counts *c);

/* When a handshake begins. */
EDOI_INLINE edo_instant edoi_tls_counts_begin(const edoi_tls_counts *c) {
    return c->metrics ? edo_now() : (edo_instant){ 0 };
}

/* It has ended with `err`; if that is 0 by the stream of `ssl`, which no other task has yet. */
void edoi_tls_counts_end(const edoi_tls_counts *c, edo_instant begun, const SSL *ssl, int err);

#endif
