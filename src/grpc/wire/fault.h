/* SPDX-License-Identifier: MIT */
/* grpc/wire/fault.h: how a call has ended, where that is said by HTTP and JSON. */
#ifndef EDOI_GRPC_WIRE_FAULT_H
#define EDOI_GRPC_WIRE_FAULT_H

#include "grpc/wire/details.h"

#include <edo/headers.h>
#include <edo/http.h>

/* How a call has ended. */
typedef struct edoi_grpc_fault {
    edo_grpc_status status;
    edo_str message;                 /* may be empty */
    const edo_grpc_failure *details; /* NULL: none */
} edoi_grpc_fault;

/* The status of HTTP that stands for one of gRPC, by Connect's table; OK is 200. */
edo_status edoi_grpc_http_of(edo_grpc_status status);

/* Append {"code":"not_found","message":…,"details":[…]}; and what ends a stream of Connect:
 * {"error":{…},"metadata":{"name":["value"]}}, without an error after OK. A message that is not
 * UTF-8 is left out. Return 0 or -ENOMEM; then a part may be written. */
EDO_MUST_USE int edoi_grpc_connect_error(edo_buf *out, const edoi_grpc_fault *f);
EDO_MUST_USE int edoi_grpc_connect_end(edo_buf *out, const edoi_grpc_fault *f,
                                       const edo_headers *trailers);

/* Appends a google.rpc.Status in JSON: {"code":5,"message":…,"details":[{"@type":…}]}. Details that
 * are none of the ten in edo/grpc_details.h are left out, with all others. Returns 0 or -ENOMEM. */
EDO_MUST_USE int edoi_grpc_json_status(edo_buf *out, const edoi_grpc_fault *f);

#endif
