/* SPDX-License-Identifier: MIT */
/* grpc/server/connect.c: the Connect protocol (connectrpc.com/docs/protocol). A call of one message
 * is a request of HTTP like any other: the message is its body, and the status that of HTTP.
 * Streams have gRPC's frames, and a last one with JSON that says how the call has ended. */
#include "grpc/server/server.h"
#include "grpc/wire/timeout.h"

#define END_STREAM 2u /* flag of the last frame */

edo_status edoi_grpc_connect_refusal(const edoi_grpc_route *route, edoi_grpc_form form,
                                     edo_http_version version) {
    const edo_grpc_method *m = route->method;
    const bool is_framed = form == EDOI_GRPC_CONNECT_STREAM;
    if (!route->opts.connect) return EDO_STATUS_UNSUPPORTED_MEDIA_TYPE;
    if (m && (m->streams_in || m->streams_out) != is_framed)
        return EDO_STATUS_UNSUPPORTED_MEDIA_TYPE;
    return m && m->streams_in && m->streams_out && version < EDO_HTTP_2
               ? EDO_STATUS_VERSION_NOT_SUPPORTED
               : (edo_status)0;
}

const char *edoi_grpc_connect_fault(edo_web *w, const edoi_grpc_type *type) {
    if (!edoi_grpc_type_is_connect(type)) return NULL;
    const bool is_get = type->form == EDOI_GRPC_CONNECT_GET;
    const edo_str version =
        is_get ? edoi_grpc_connect_get_version(w) : edo_web_header(w, "connect-protocol-version");
    const edo_str known = is_get ? EDO_STR("v1") : EDO_STR("1");
    if (!version.ptr || edo_str_equal(version, known)) return NULL;
    return is_get ? "connect must be v1" : "connect-protocol-version is not 1";
}

/* ---- Failures -------------------------------------------------------------------------------- */

/* Makes JSON of a failure, in the arena. */
static int connect_print(edo_arena *arena, edo_str *out, const edoi_grpc_fault *how) {
    edo_buf text = { 0 };
    int err = edoi_grpc_connect_error(&text, how);
    const char *copy = err == 0 ? edo_arena_copy(arena, text.ptr, text.len) : NULL;
    *out = (edo_str){ copy, text.len };
    if (err == 0 && !copy) err = -ENOMEM;
    edo_buf_deinit(&text);
    return err;
}

static int connect_fail(edo_web *w, const edoi_grpc_fault *how) {
    edo_str body;
    int err = connect_print(edo_web_request(w)->arena, &body, how);
    return err < 0 ? err
                   : edo_response_data(edo_web_response(w), edoi_grpc_http_of(how->status),
                                       EDO_STR("application/json"), body);
}

/* ---- One message ----------------------------------------------------------------------------- */

int edoi_grpc_connect_end_plain(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    static const edoi_grpc_fault nothing = { .status = EDO_GRPC_UNIMPLEMENTED,
                                             .message = { "there was no reply", 18 } };
    int err = 0;
    if (how->status == EDO_GRPC_OK && !c->has_written) how = &nothing;
    if (how->status == EDO_GRPC_OK)
        err = edoi_grpc_plain_end(c);
    else
        err = connect_fail(c->web, how);
    return err < 0 ? err : edoi_grpc_plain_trailers(c);
}

const edoi_grpc_dialect edoi_grpc_connect_dialect = {
    .side = { .open = edoi_grpc_plain_open,
              .write = edoi_grpc_plain_write,
              .recv = edoi_grpc_plain_recv,
              .invalid = EDO_GRPC_INVALID_ARGUMENT },
    .timeout = "connect-timeout-ms",
    .timeout_parse = edoi_grpc_timeout_ms_parse,
    .encoding = "content-encoding",
    .accept_encoding = "accept-encoding",
    .end = edoi_grpc_connect_end_plain,
};

/* ---- Streams --------------------------------------------------------------------------------- */

static int connect_print_end(edo_buf *out, const edoi_grpc_fault *how, const edo_headers *last) {
    int err = edo_buf_append(out, "\0\0\0\0", EDOI_GRPC_HEAD_BYTES);
    if (err == 0) err = edoi_grpc_connect_end(out, how, last);
    if (err == 0) edoi_grpc_head_print(out->ptr, END_STREAM, out->len - EDOI_GRPC_HEAD_BYTES);
    return err;
}

/* The last frame alone, as the whole response. */
static int connect_only_end(edo_web *w, edo_str type, const edo_buf *frame) {
    const char *copy = edo_arena_copy(edo_web_request(w)->arena, frame->ptr, frame->len);
    return copy ? edo_response_data(edo_web_response(w), EDO_STATUS_OK, type,
                                    (edo_str){ copy, frame->len })
                : -ENOMEM;
}

static int connect_end_stream(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    edo_buf frame = { 0 };
    int err = connect_print_end(&frame, how, c->call.last);
    if (err == 0 && !c->out) (void)edoi_grpc_open(&c->call);
    if (err == 0)
        err = c->out ? edoi_grpc_reply_write(&c->call, (edo_str){ frame.ptr, frame.len })
                     : connect_only_end(c->web, c->type.text, &frame);
    edo_buf_deinit(&frame);
    return err;
}

const edoi_grpc_dialect edoi_grpc_connect_stream_dialect = {
    .side = { .open = edoi_grpc_reply_open,
              .write = edoi_grpc_reply_write,
              .invalid = EDO_GRPC_INVALID_ARGUMENT },
    .timeout = "connect-timeout-ms",
    .timeout_parse = edoi_grpc_timeout_ms_parse,
    .encoding = "connect-content-encoding",
    .accept_encoding = "connect-accept-encoding",
    .end = connect_end_stream,
};

/* ---- Without a call -------------------------------------------------------------------------- */

int edoi_grpc_connect_refuse(edo_web *w, const edoi_grpc_type *type, const edoi_grpc_fault *how) {
    const edo_headers none = { 0 };
    edo_buf frame = { 0 };
    if (type->form != EDOI_GRPC_CONNECT_STREAM) return connect_fail(w, how);
    int err = connect_print_end(&frame, how, &none);
    if (err == 0) err = connect_only_end(w, type->text, &frame);
    edo_buf_deinit(&frame);
    return err;
}
