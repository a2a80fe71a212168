/* SPDX-License-Identifier: MIT */
/* redis/link/count.h: how long commands take: a metric, and a line for those that are slow. */
#ifndef EDOI_REDIS_LINK_COUNT_H
#define EDOI_REDIS_LINK_COUNT_H

#include <edo/metrics.h>
#include <edo/redis.h>

/* Of all connections to a place. const */
typedef struct edoi_redis_counts {
    edo_duration slow;    /* a command that takes longer gets a line; EDO_FOREVER_NS: none does */
    edo_metrics *metrics; /* borrowed; NULL: none, as the next two are then */
    edo_metric *duration;
    edo_hist *succeeded;
} edoi_redis_counts;

/* Adds the metric to the registry `metrics`, if there is one. Errors: as edo_metrics_hist(). */
EDO_MUST_USE int edoi_redis_counts_init(edoi_redis_counts *c, edo_metrics *metrics,
                                        edo_duration slow);

/* May be called for one that is all zero. */
void edoi_redis_counts_deinit(edoi_redis_counts *c);

/* The begin of a command, for the next function. */
static inline edo_instant edoi_redis_count_begin(const edoi_redis_counts *c) {
    return c->duration ? edo_now() : edo_now_coarse();
}

/* A command has ended: with `err`, or, if that is 0, with `reply`, if that is not NULL. `name` has
 * no arguments. `is_patient`: it waits for others, and is never slow. */
void edoi_redis_count(const edoi_redis_counts *c, edo_instant since, const char *name, int err,
                      const edo_redis_reply *reply, bool is_patient);

#endif
