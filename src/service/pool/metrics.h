/* SPDX-License-Identifier: MIT */
/* service/pool/metrics.h: the numbers of a pool as metrics. */
#ifndef EDOI_SERVICE_POOL_METRICS_H
#define EDOI_SERVICE_POOL_METRICS_H

#include <edo/metrics.h>
#include <edo/pool.h>

/* What a registry has of a pool. Both own it. */
typedef struct edoi_pool_view edoi_pool_view;

/* What times of a pool are counted in; all NULL: nothing is. */
typedef struct edoi_pool_times {
    edo_hist *create, *wait, *use;
} edoi_pool_times;

/* Adds the metrics of a pool to a registry. Returns 0 or a code; then there is no view. */
EDO_MUST_USE int edoi_pool_view_new(edoi_pool_view **out, edoi_pool_times *times, edo_metrics *m,
                                    edo_pool *pool, const char *name);

/* The pool ends: from now on the registry has nothing of it but the times, and the pool no
 * registry. NULL is allowed. */
void edoi_pool_view_end(edoi_pool_view *view);

#endif
