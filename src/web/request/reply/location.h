/* SPDX-License-Identifier: MIT */
/* web/request/reply/location.h: parts of a request's target in a Location. */
#ifndef EDOI_WEB_REQUEST_REPLY_LOCATION_H
#define EDOI_WEB_REQUEST_REPLY_LOCATION_H

#include <edo/bytes.h>

/* Appends a path or a query as a URI may have it (RFC 3986 sections 3.3 and 3.4): browsers send
 * bytes such as "[" and "|" as they are, which are encoded here. Returns 0 or -ENOMEM. */
int edoi_location_append(edo_buf *out, edo_str part);

/* As edoi_location_append(), with "?" in front unless the query is empty. */
int edoi_location_append_query(edo_buf *out, edo_str query);

#endif
