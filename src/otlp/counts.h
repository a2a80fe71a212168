/* SPDX-License-Identifier: MIT */
/* otlp/counts.h: what has become of what is exported, of one kind: for edo_otlp_get_stats(), and as
 * metrics in the registry of the program, if it has one. */
#ifndef EDOI_OTLP_COUNTS_H
#define EDOI_OTLP_COUNTS_H

#include "base/atomic.h"

#include <edo/metrics.h>
#include <edo/otlp.h>

typedef struct edoi_otlp_counts {
    edo_atomic_u64 sent, rejected, dropped, requests, failures; /* atomic, relaxed: numbers */
    edo_counter *sent_counter;    /* const; of the registry; NULL: there is none */
    edo_counter *dropped_counter; /* const, as above: rejected ones, too */
} edoi_otlp_counts;

/* Finds the metrics. `m` may be NULL. Errors: as edo_metrics_counter(). */
EDO_MUST_USE int edoi_otlp_counts_open(edoi_otlp_counts *c, edo_metrics *m, edo_otlp_kind kind);

void edoi_otlp_count_sent(edoi_otlp_counts *c, uint64_t n);
void edoi_otlp_count_rejected(edoi_otlp_counts *c, uint64_t n);
void edoi_otlp_count_dropped(edoi_otlp_counts *c, uint64_t n);

/* Rejected and dropped items. Items that found the queue full are counted in the queue. */
uint64_t edoi_otlp_count_lost(const edoi_otlp_counts *c);

#endif
