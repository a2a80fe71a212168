/* SPDX-License-Identifier: MIT */
/* grpc/server/plain.c: calls of one message and one reply, which are the bodies of the request and
 * of the response, without frames. The response is made at the end, by how the call has ended. */
#include "grpc/server/server.h"

#include <edo/error.h>

/* ---- In -------------------------------------------------------------------------------------- */

/* Decompresses a message, if the call has a coding. Returns 0 or a code. */
static int plain_expand(edo_grpc_call *call, edo_str *message) {
    if (call->coding_in == EDOI_CODING_NONE || message->len == 0) return 0;
    int err = edoi_grpc_call_expand(call, message);
    return err < 0 ? err : 0;
}

int edoi_grpc_plain_take(edo_grpc_call *call, const edoi_grpc_want *want, edo_str message) {
    edoi_grpc_server_of(call)->has_read = true;
    call->reader.from = NULL;
    int err = plain_expand(call, &message);
    if (err < 0) return err;
    if (!want->bytes) return edoi_grpc_decode(call, want, message, true);
    *want->bytes = message;
    return 1;
}

/* Reads the body as it was sent. */
static int plain_collect(edo_grpc_call *call, edo_str *out) {
    const size_t most = call->reader.message_max;
    int err = edo_request_collect(edo_grpc_request(call), out, most);
    if (err == -EMSGSIZE)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "the message is longer than %zu",
                             most);
    return err;
}

int edoi_grpc_plain_body(edo_grpc_call *call, edo_str *out) {
    int err = plain_collect(call, out);
    return err < 0 ? err : plain_expand(call, out);
}

int edoi_grpc_plain_recv(edo_grpc_call *call, const edoi_grpc_want *want) {
    edo_str body;
    if (edoi_grpc_server_of(call)->has_read) return 0;
    int err = plain_collect(call, &body);
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
    if (err == 0 && c->route->opts.send_codings != 0) // caches keep what GET brings
        err = edo_headers_append(&res->headers, EDO_HEADER_VARY, EDO_STR("accept-encoding"));
    return err < 0 ? err : edoi_grpc_reply_codings(c, &res->headers);
}

int edoi_grpc_plain_trailers(edoi_grpc_server_call *c) {
    edo_headers *to = &edo_web_response(c->web)->headers;
    int err = 0;
    for (size_t i = 0; err == 0 && i < edo_headers_count(c->call.last); i++) {
        const edo_header *f = edo_headers_at(c->call.last, i);
        const edo_str name =
            edo_arena_print(c->call.arena, "trailer-%.*s", (int)f->name.len, f->name.ptr);
        err = name.ptr ? edo_headers_append_named(to, name, f->value) : -ENOMEM;
    }
    return err;
}
