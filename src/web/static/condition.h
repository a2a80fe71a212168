/* SPDX-License-Identifier: MIT */
/* web/static/condition.h: the conditions in the If-… fields of a request. */
#ifndef EDOI_WEB_STATIC_CONDITION_H
#define EDOI_WEB_STATIC_CONDITION_H

#include <edo/http_fields.h>
#include <edo/http_server.h>

/* The version that would be sent. */
typedef struct edoi_static_version {
    edo_etag tag;       /* no bytes: it has none */
    int64_t modified_s; /* seconds since 1970; negative: unknown */
} edoi_static_version;

/* Returns EDO_STATUS_OK if the conditions hold, else the status of the response: 412 or 304. `now`
 * is in seconds since 1970. Spec: RFC 9110 section 13.2.2. */
edo_status edoi_static_condition(const edo_headers *h, const edoi_static_version *v, int64_t now);

/* Does If-Range allow a range? */
bool edoi_static_range_holds(const edo_headers *h, const edoi_static_version *v, int64_t now);

#endif
