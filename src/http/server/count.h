/* SPDX-License-Identifier: MIT */
/* http/server/count.h: what a server counts if its options ask for metrics. Without them each call
 * is one branch. */
#ifndef EDOI_HTTP_SERVER_COUNT_H
#define EDOI_HTTP_SERVER_COUNT_H

#include "http/server/exchange/exchange.h"

#include <edo/http_metrics.h>

/* The state in which a connection is counted. Its state machine sets it. */
typedef enum edoi_http_counted {
    EDOI_HTTP_COUNTED_NOT,
    EDOI_HTTP_COUNTED_IDLE,
    EDOI_HTTP_COUNTED_ACTIVE,
} edoi_http_counted;

/* The slow paths, called if there are metrics. */
void edoi_http_count_conn_as(edoi_http_conn *c, edoi_http_counted as);
void edoi_http_count_begin_slowly(edoi_http_exchange *x);
void edoi_http_count_end_slowly(edoi_http_exchange *x);
void edoi_http_count_refused_as(edoi_http_exchange *x, edo_status status);

/* Called at the end of a drain, if there are metrics. */
void edoi_http_count_drain(edoi_http_server *s, edo_duration took);

EDOI_INLINE void edoi_http_count_conn(edoi_http_conn *c, edoi_http_counted as) {
    if (EDOI_UNLIKELY(c->server->opts.metrics)) edoi_http_count_conn_as(c, as);
}

/* Called before and after each request. */
EDOI_INLINE void edoi_http_count_begin(edoi_http_exchange *x) {
    if (EDOI_UNLIKELY(x->server->opts.metrics)) edoi_http_count_begin_slowly(x);
}
EDOI_INLINE void edoi_http_count_end(edoi_http_exchange *x) {
    if (EDOI_UNLIKELY(x->server->opts.metrics)) edoi_http_count_end_slowly(x);
}

EDOI_INLINE void edoi_http_count_refused(edoi_http_exchange *x, edo_status status) {
    if (EDOI_UNLIKELY(x->server->opts.metrics)) edoi_http_count_refused_as(x, status);
}

/* What the guard of HTTP/2 makes of requests that are taken back before their handlers begin. */
typedef enum edoi_http2_verdict {
    EDOI_HTTP2_LATE,   /* its client may have waited */
    EDOI_HTTP2_WASTED, /* one of `resets_max` */
    EDOI_HTTP2_SHED,   /* another request, refused since more than those are owed */
} edoi_http2_verdict;

#define EDOI_HTTP2_VERDICTS 3

/* Counts one, if there are metrics. */
EDO_API void edoi_http_count_http2_reset(edoi_http_server *s, edoi_http2_verdict verdict);

/* Counts a connection that the server has ended for what its client did, if there are metrics.
 * `reason` is static. */
EDO_API void edoi_http_count_http2_ended(edoi_http_server *s, const char *reason);

#endif
