/* SPDX-License-Identifier: MIT */
/* grpc/server/plain.c: calls of one message and one reply, which are the bodies of the request and
 * of the response, without frames. The response is made at the end, by how the call has ended. */
#include "grpc/server/server.h"

#include <edo/error.h>

/* ---- In -------------------------------------------------------------------------------------- */

int edoi_grpc_plain_take(edo_grpc_call *call, const edoi_grpc_want *want, edo_str message) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    c->has_read = true;
    call->reader.from = NULL;
    if (call->coding_in != EDOI_CODING_NONE && message.len > 0) {
        int err = edoi_grpc_call_expand(call, &message);
        if (err < 0) return err;
    }
    if (!want->bytes) return edoi_grpc_decode(call, want, message, true);
    *want->bytes = message;
    return 1;
}

int edoi_grpc_plain_recv(edo_grpc_call *call, const edoi_grpc_want *want) {
    const size_t most = call->reader.message_max;
    edo_str body;
    if (edoi_grpc_server_of(call)->has_read) return 0;
    int err = edo_request_collect(edo_grpc_request(call), &body, most);
    if (err == -EMSGSIZE)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "the message is longer than %zu",
                             most);
    return err < 0 ? err : edoi_grpc_plain_take(call, want, body);
}

/* ---- Out ------------------------------------------------------------------------------------- */

int edoi_grpc_plain_open(edo_grpc_call *call) {
    (void)call;
    return 0;
}

int edoi_grpc_plain_write(edo_grpc_call *call, edo_str frame) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    const edo_str message = { frame.ptr + EDOI_GRPC_HEAD_BYTES, frame.len - EDOI_GRPC_HEAD_BYTES };
    if (c->has_written) return edo_fail(-EPROTO, "there is more than one reply");
    const char *copy = edo_arena_copy(call->arena, message.ptr, message.len);
    if (!copy) return -ENOMEM;
    c->has_written = true;
    c->is_coded = frame.ptr[0] == (char)EDOI_GRPC_COMPRESSED;
    c->written = (edo_str){ copy, message.len };
    return 0;
}

int edoi_grpc_plain_end(edoi_grpc_server_call *c) {
    edo_response *res = edo_web_response(c->web);
    if (!c->is_coded) c->call.coding_out = EDOI_CODING_NONE;
    int err = edo_response_data(res, EDO_STATUS_OK, c->type.text, c->written);
    return err < 0 ? err : edoi_grpc_reply_codings(c, &res->headers);
}
