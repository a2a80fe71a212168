/* SPDX-License-Identifier: MIT */
/* web/layers/watch/access_log.h: a line of an access log. */
#ifndef EDOI_WEB_LAYERS_WATCH_ACCESS_LOG_H
#define EDOI_WEB_LAYERS_WATCH_ACCESS_LOG_H

#include <edo/web_guard.h>

/* The values of a line. Texts of clients are as they came. */
typedef struct edoi_access {
    edo_str client, user, method, target, protocol, route, referer, agent, id;
    const char *error; /* NULL: none */
    int status;
    uint64_t bytes;
    int64_t duration_ns;
    int64_t seconds, nanoseconds; /* the time since 1970 at which it ended */
} edoi_access;

/* The address of edo_request_client() without its port, in `text`; no bytes: there is none. */
edo_str edoi_access_client(edo_request *req, char text[EDO_ADDR_TEXT_MAX]);

/* Append a line, with its end, to `out`. Return 0 or -ENOMEM. */
int edoi_access_print_combined(const edoi_access *a, edo_buf *out);
int edoi_access_print_json(const edoi_access *a, edo_buf *out);

#endif
