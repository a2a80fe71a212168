/* SPDX-License-Identifier: MIT */
/* service/balance/record.h: what is known of the calls of an endpoint, and why it was ejected. */
#ifndef EDOI_SERVICE_BALANCE_RECORD_H
#define EDOI_SERVICE_BALANCE_RECORD_H

#include <edo/balance.h>

/* Why an endpoint was ejected. */
typedef enum edoi_eject_why {
    EDOI_EJECT_FAILURES, /* in a row */
    EDOI_EJECT_RATE,     /* its share of successes is far below the others' */
    EDOI_EJECT_SHARE,    /* its share of failures is too large */
    EDOI_EJECT_WHYS,
} edoi_eject_why;

/* What is known of the calls of an endpoint. lock: set->lock */
typedef struct edoi_record {
    uint64_t calls, failures; /* since the last look */
    uint32_t in_a_row;        /* failures */
    uint32_t times;           /* ejected; one less for each interval without */
    int err;                  /* of the last failure; -ETIMEDOUT of one that a limit has ended: a
                                 pick that returns it was not cancelled */
    uint32_t checks;          /* in a row that say otherwise than `is_ill` */
    bool is_ill;              /* by the checks of the program */
    bool is_out;              /* is ejected, until: */
    bool was_out;             /* since the last look */
    edo_instant until;
} edoi_record;

/* Gets it no calls, but in a panic? */
EDOI_INLINE bool edoi_record_is_shut(const edoi_record *record) {
    return record->is_out || record->is_ill;
}

/* Is there a rule? */
EDOI_INLINE bool edoi_outlier_is_on(const edo_outlier_opts *o) {
    return o->failures > 0 || o->deviations > 0 || o->failure_share > 0;
}

#endif
