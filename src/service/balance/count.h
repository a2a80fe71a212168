/* SPDX-License-Identifier: MIT */
/* service/balance/count.h: the metrics of a balance. Without a registry each call is a branch. */
#ifndef EDOI_SERVICE_BALANCE_COUNT_H
#define EDOI_SERVICE_BALANCE_COUNT_H

#include "service/balance/record.h"

#include <edo/metrics.h>

/* Endpoints by what they are to a pick. */
typedef enum edoi_endpoint_part {
    EDOI_ENDPOINT_READY,
    EDOI_ENDPOINT_EJECTED, /* connected or not */
    EDOI_ENDPOINT_AWAY,    /* not connected */
    EDOI_ENDPOINT_PARTS,
} edoi_endpoint_part;

/* All NULL without a registry. */
typedef struct edoi_balance_counts {
    edo_metrics *registry; /* shared */
    edo_up_down *endpoints[EDOI_ENDPOINT_PARTS];
    edo_counter *ejections[EDOI_EJECT_WHYS];
    int64_t told[EDOI_ENDPOINT_PARTS]; /* lock: set->lock; what `endpoints` have of this balance */
} edoi_balance_counts;

/* `m` may be NULL. Returns as edo_metrics_counter(); edoi_balance_counts_deinit() in any case. */
EDO_MUST_USE int edoi_balance_counts_init(edoi_balance_counts *self, edo_metrics *m,
                                          const char *name);
void edoi_balance_counts_deinit(edoi_balance_counts *self);

/* Sets the present numbers of endpoints. Takes no lock. */
void edoi_balance_count_endpoints(edoi_balance_counts *self, const size_t now[EDOI_ENDPOINT_PARTS]);

/* Takes no lock. */
void edoi_balance_count_ejection(edoi_balance_counts *self, edoi_eject_why why);

#endif
