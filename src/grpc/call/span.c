/* SPDX-License-Identifier: MIT */
/* grpc/call/span.c: see span.h. */
#include "grpc/call/span.h"

#include "grpc/call/count.h"

#include <string.h>

/* The last slash; NULL: there is none. */
static const char *path_slash(edo_str path) {
    return path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;
}

edo_kv edoi_grpc_kv_service(edo_str path) {
    const char *end = path_slash(path);
    if (!end || *path.ptr != '/' || end == path.ptr) return edoi_kv_none();
    return EDO_KV_STR("rpc.service", path.ptr + 1, (size_t)(end - path.ptr) - 1);
}

edo_kv edoi_grpc_kv_method(edo_str path) {
    const char *end = path_slash(path);
    if (!end) return edoi_kv_some("rpc.method", path);
    return edoi_kv_some("rpc.method",
                        (edo_str){ end + 1, path.len - (size_t)(end + 1 - path.ptr) });
}

void edoi_grpc_span_tell(edo_span *s, edo_grpc_status status, bool is_server,
                         const edo_grpc_call *stream) {
    const bool is_error = edoi_grpc_count_is_error(is_server, status);
    const edo_kv fields[] = {
        EDO_KV("rpc.grpc.status_code", (int)status),
        is_error ? EDO_KV("error.type", edo_grpc_status_name(status)) : edoi_kv_none(),
        stream ? EDO_KV("rpc.messages.received", edoi_load_rlx_u64(&stream->received_n))
               : edoi_kv_none(),
        stream ? EDO_KV("rpc.messages.sent", edoi_load_rlx_u64(&stream->sent_n)) : edoi_kv_none(),
    };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
}
