/* SPDX-License-Identifier: MIT */
/* grpc/server/span.c: the span of a call: within that of its request (edo_traceparent_layer()), or,
 * without that layer, within what the client tells. */
#include "grpc/call/span.h"
#include "grpc/server/server.h"
#include "grpc/wire/status.h"

#include <edo/grpc_layers.h>

edo_span *edoi_grpc_server_caller(edo_web *w) {
    if (!EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO) || edo_span_current()) return NULL;
    return edo_span_remote(edo_web_header(w, "traceparent"));
}

edo_span *edoi_grpc_server_span(edo_web *w, const edoi_grpc_route *route, edo_span *from) {
    if (!EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) return NULL;
    const edo_str path = route->method ? route->name : edo_web_path(w);
    return edo_span_new(EDO_LEVEL_INFO, "grpc.server", from ? from : edo_span_current(),
                        (EDO_KV("otel.kind", "server"), EDO_KV("rpc.system", "grpc"),
                         edoi_grpc_kv_service(path), edoi_grpc_kv_method(path)),
                        "call");
}

/* In the trailers, or, of a call without messages, in the head. */
static edo_str span_status_of(edo_response *res) {
    const edo_str name = EDO_STR("grpc-status");
    const edo_str in_head = edo_headers_get_named(&res->headers, name);
    const edo_headers *last = in_head.ptr ? NULL : edo_response_trailers(res);
    return last ? edo_headers_get_named(last, name) : in_head;
}

bool edo_grpc_trace_failure(void *arg, const edo_request *req, edo_response *res) {
    const edo_str status = span_status_of(res);
    (void)arg, (void)req;
    if (!status.ptr) return res->status >= EDO_STATUS_INTERNAL_SERVER_ERROR;
    return edoi_grpc_count_is_error(true, edoi_grpc_status_parse(status));
}
