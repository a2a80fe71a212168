/* SPDX-License-Identifier: MIT */
/* grpc/wire/query.h: the query of a URL, pair by pair: "a=1&b=two+words". */
#ifndef EDOI_GRPC_WIRE_QUERY_H
#define EDOI_GRPC_WIRE_QUERY_H

#include <edo/bytes.h>

/* Takes the next pair off a query; both parts are still encoded. Empty pairs are passed over.
 * Returns false at the end. */
bool edoi_grpc_query_next(edo_str *query, edo_str *name, edo_str *value);

/* Appends what a part stands for: '+' is a blank, and a '%' without two digits itself. Returns 0 or
 * -ENOMEM. */
EDO_MUST_USE int edoi_grpc_query_decode(edo_buf *out, edo_str part);

#endif
