/* SPDX-License-Identifier: MIT */
/* grpc/call/span.h: spans of calls, of either side, by OpenTelemetry's names. */
#ifndef EDOI_GRPC_CALL_SPAN_H
#define EDOI_GRPC_CALL_SPAN_H

#include "grpc/call/call.h"
#include "log/span/note.h"

/* Fields of the call "/service/method". */
edo_kv edoi_grpc_kv_service(edo_str path);
edo_kv edoi_grpc_kv_method(edo_str path);

/* Tells a span, which is not NULL, how its call has ended. `stream` is the call if it had streams:
 * then the span learns how many messages there were; else NULL. */
void edoi_grpc_span_tell(edo_span *s, edo_grpc_status status, bool is_server,
                         const edo_grpc_call *stream);

#endif
