/* SPDX-License-Identifier: MIT */
/* grpc/call/count.h: what servers and clients count if their options have a registry, by
 * OpenTelemetry's names. */
#ifndef EDOI_GRPC_CALL_COUNT_H
#define EDOI_GRPC_CALL_COUNT_H

#include "base/atomic.h"

#include <edo/grpc.h>
#include <edo/metrics.h>

#define EDOI_GRPC_STATUSES 17u

/* The durations of the calls of a server or client. Const; all NULL without a registry. */
typedef struct edoi_grpc_counts {
    edo_metrics *registry; /* shared */
    edo_metric *duration;
    bool is_server;
} edoi_grpc_counts;

/* The series of one method, which are looked up once. All zero at first. */
typedef struct edoi_grpc_series {
    edo_atomic_ptr of[EDOI_GRPC_STATUSES]; /* atomic: GM1; edo_hist, by status */
} edoi_grpc_series;

/* `m` may be NULL. Returns as edo_metrics_hist(); edoi_grpc_counts_deinit() in any case. */
int edoi_grpc_counts_init(edoi_grpc_counts *self, edo_metrics *m, bool is_server);
void edoi_grpc_counts_deinit(edoi_grpc_counts *self);

/* Is the status an error, by OpenTelemetry's conventions? To a client each is but OK. */
bool edoi_grpc_count_is_error(bool is_server, edo_grpc_status status);

/* A call of "/service/method" has ended. `known` may be NULL: then it is looked up. */
void edoi_grpc_count(const edoi_grpc_counts *self, edoi_grpc_series *known, edo_str path,
                     edo_grpc_status status, edo_duration took);

#endif
