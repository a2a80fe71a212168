/* SPDX-License-Identifier: MIT */
/* client/pool/count.h: what a client counts if its options have a registry, by OpenTelemetry's
 * names. Without one each call is a branch or two. */
#ifndef EDOI_CLIENT_POOL_COUNT_H
#define EDOI_CLIENT_POOL_COUNT_H

#include "base/atomic.h"

#include <edo/http_message.h>
#include <edo/metrics.h>
#include <edo/uri.h>

/* The metrics of a client. Const; all NULL without a registry. */
typedef struct edoi_client_counts {
    edo_metrics *registry; /* shared */
    edo_metric *duration, *request_bytes, *response_bytes, *active, *connections, *connected;
} edoi_client_counts;

/* `m` may be NULL. Returns as edo_metrics_counter(); edoi_client_counts_deinit() in any case. */
int edoi_client_counts_init(edoi_client_counts *self, edo_metrics *m);
void edoi_client_counts_deinit(edoi_client_counts *self);

/* ---- A connection ---------------------------------------------------------------------------- */

/* The series of a connection; NULL: not counted. */
typedef struct edoi_conn_count {
    edo_up_down *active, *idle;
    edo_hist *connected;
} edoi_conn_count;

/* A connection to `name` was made, which is active. Takes a lock of the registry. */
void edoi_conn_count_begin(edoi_conn_count *self, const edoi_client_counts *counts,
                           const char *name, uint16_t port);

/* Never waits, and takes no lock. */
EDOI_INLINE void edoi_conn_count_keep(const edoi_conn_count *self, bool is_kept) {
    edo_up_down_add(self->active, is_kept ? -1 : 1);
    edo_up_down_add(self->idle, is_kept ? 1 : -1);
}

/* The connection, which is not kept, has ended after `length`. */
EDOI_INLINE void edoi_conn_count_end(const edoi_conn_count *self, edo_duration length) {
    edo_up_down_add(self->active, -1);
    edo_hist_record_time(self->connected, length);
}

/* ---- A request ------------------------------------------------------------------------------- */

/* The series that requests to one host count in, which are looked up once. All zero at first; lives
 * no longer than the registry. */
typedef struct edoi_kept_series {
    edo_atomic_ptr first; /* atomic: CM1; a list that is only added to */
} edoi_kept_series;

void edoi_kept_series_deinit(edoi_kept_series *self);

/* A request that is under way. */
typedef struct edoi_request_count {
    const edoi_client_counts *counts; /* NULL: it is not counted */
    edoi_kept_series *kept;           /* borrowed; NULL: all is looked up */
    edo_up_down *active;
    edo_method method;
    uint32_t key; /* what is known of its series at the beginning */
    edo_instant begun;
    int64_t request_bytes; /* -1: not known */
} edoi_request_count;

/* How it ended. */
typedef struct edoi_request_outcome {
    edo_status status; /* 0: there was no response */
    edo_http_version version;
    int err; /* of the request, or of reads of the body */
    uint64_t response_bytes;
} edoi_request_outcome;

/* A request to `uri` begins. `kept` belongs to its host, which lives until the request ends; NULL:
 * the host is not the host of `uri`, but a proxy. The first request of a kind takes a lock of the
 * registry. */
void edoi_request_count_begin(edoi_request_count *self, const edoi_client_counts *counts,
                              edoi_kept_series *kept, const edo_http_request *req,
                              const edo_uri *uri);

/* The request ends; `url` is what its `uri` was read from. As edoi_request_count_begin(); one that
 * has failed takes the lock, too. */
void edoi_request_count_end(edoi_request_count *self, edo_str url,
                            const edoi_request_outcome *outcome);

/* The request was not made after all. */
void edoi_request_count_drop(edoi_request_count *self);

#endif
