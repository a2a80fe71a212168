/* SPDX-License-Identifier: MIT */
/* grpc/server/reply.c: the response of a call: its metadata, its messages, and its status, which
 * comes in the trailers or, if there was nothing before it, in the head. */
#include "base/assert.h"
#include "base/error/away.h"
#include "grpc/server/server.h"
#include "grpc/wire/metadata.h"
#include "grpc/wire/status.h"
#include "grpc/wire/timeout.h"
#include "http/headers/map.h"
#include "http/server/exchange/exchange.h"

#define EDO_TARGET "grpc"
#include <edo/log.h>

#include <edo/scope.h>

#include <errno.h>
#include <stdarg.h>

#define TRAILERS_MAX 8000u /* of the 8,192 bytes that a server sends by default */

/* ---- Messages -------------------------------------------------------------------------------- */

int edoi_grpc_reply_codings(edoi_grpc_server_call *c, edo_headers *h) {
    const uint32_t accepted = c->route->opts.accept_codings;
    const edoi_coding sent = c->call.coding_out;
    char names[EDOI_GRPC_CODINGS_TEXT];
    int err = 0;
    if (accepted != 0 || c->has_bad_coding)
        err = edo_headers_append_named(h, edo_str_of(c->dialect->accept_encoding),
                                       (edo_str){ names, edoi_grpc_coding_names(names, accepted) });
    if (err == 0 && sent != EDOI_CODING_NONE)
        err = edo_headers_append_named(h, edo_str_of(c->dialect->encoding),
                                       edoi_grpc_coding_name(sent));
    return err;
}

int edoi_grpc_reply_open(edo_grpc_call *call) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    const edo_header type = { .name = EDO_STR("content-type"),
                              .value = c->type.text,
                              .id = EDO_HEADER_CONTENT_TYPE };
    int err = edo_headers_add(call->first, &type);
    if (err == 0) err = edoi_grpc_reply_codings(c, call->first);
    if (err == 0) err = edo_response_stream(edo_web_response(c->web), &c->out, -1);
    if (!c->out) (void)edo_headers_truncate(call->first, c->layers_n);
    return err;
}

/* A cut that has sent nothing leaves the call whole, and one that has sent a part owes the client
 * the rest: behind either the status follows. */
static int reply_write_piece(edoi_grpc_server_call *c, edo_str piece) {
    bool is_torn;
    int err = edoi_response_write_piece(edo_web_response(c->web), c->out, piece, &is_torn);
    c->is_torn |= is_torn;
    return err;
}

static int reply_write_text(edoi_grpc_server_call *c, edo_str frame) {
    edo_buf text = { 0 };
    int err = edo_base64_encode(frame, &text);
    if (err == 0) err = reply_write_piece(c, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

int edoi_grpc_reply_write(edo_grpc_call *call, edo_str frame) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    if (!c->out) return -EDO_ECLOSED;
    if (c->is_torn) return -EPIPE; // nothing can follow a part
    return c->type.form == EDOI_GRPC_WEB_TEXT ? reply_write_text(c, frame)
                                              : reply_write_piece(c, frame);
}

/* ---- The status ------------------------------------------------------------------------------ */

static size_t reply_bytes_of(const edo_headers *h) {
    size_t bytes = 0;
    for (size_t i = 0; i < edo_headers_count(h); i++) {
        const edo_header *f = edo_headers_at(h, i);
        bytes += f->name.len + f->value.len + 4;
    }
    return bytes;
}

/* Puts grpc-message, as much of it as there is room for. */
static int reply_put_message(edo_headers *h, edo_str message) {
    const size_t bytes = reply_bytes_of(h);
    edo_buf text = { 0 };
    if (message.len == 0 || bytes >= TRAILERS_MAX) return 0;
    int err = edoi_grpc_message_encode(&text, message, TRAILERS_MAX - bytes);
    if (err == 0 && text.len > 0)
        err = edo_headers_append_named(h, EDO_STR("grpc-message"), (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

/* Puts the details, if there is room for all of them. */
static int reply_put_details(edo_headers *h, const edo_grpc_failure *d) {
    const size_t n = edo_headers_count(h);
    edo_buf bytes = { 0 };
    int err = edo_protobuf_encode(&bytes, d, &edo_grpc_failure_desc);
    if (err == 0)
        err = edoi_grpc_metadata_add_bytes(h, EDO_STR("grpc-status-details-bin"),
                                           (edo_str){ bytes.ptr, bytes.len });
    if (reply_bytes_of(h) > TRAILERS_MAX) (void)edo_headers_truncate(h, n);
    edo_buf_deinit(&bytes);
    return err;
}

/* A status always arrives: what is beside it is left out if there is no memory. `d` may be NULL. */
static int reply_put_status(edo_headers *h, edo_grpc_status status, edo_str message,
                            edo_grpc_failure *d) {
    const edo_header field = { .name = EDO_STR("grpc-status"),
                               .value = edoi_grpc_status_text(status) };
    int err = edo_headers_add(h, &field);
    if (err < 0) return err;
    (void)reply_put_message(h, message);
    if (status == EDO_GRPC_OK || !d || d->details_n == 0) return 0;
    d->code = (int32_t)status;
    d->message = message;
    (void)reply_put_details(h, d);
    return 0;
}

int edoi_grpc_refuse(edo_web *w, const edoi_grpc_type *type, edo_grpc_status status,
                     edo_str message) {
    const edoi_grpc_fault how = { status, message, NULL };
    edo_response *res = edo_web_response(w);
    if (edoi_grpc_type_is_connect(type)) return edoi_grpc_connect_refuse(w, type, &how);
    if (!edoi_grpc_type_is_grpc(type)) return edoi_grpc_transcode_refuse(w, &how);
    int err = edo_response_data(res, EDO_STATUS_OK, type->text, EDO_STR(""));
    return err < 0 ? err : reply_put_status(&res->headers, status, message, NULL);
}

/* ---- The end of a call ----------------------------------------------------------------------- */

/* Tells the log of a failure that the client is told no more of than a number. */
static void reply_tell(const edoi_grpc_server_call *c, edo_grpc_status status, int code,
                       bool is_lost) {
    char why[512];
    bool is_ours = !is_lost && code != c->call.failed && code != -ECANCELED && code != -ETIMEDOUT;
    edo_level level = is_ours ? EDO_LEVEL_WARN : EDO_LEVEL_DEBUG;
    if (!edo_log_enabled(level, EDO_TARGET)) return;
    const edo_str path = edo_grpc_path(&c->call);
    (void)edo_trail_print_text(why, sizeof why, code, EDO_TRAIL_LINE);
    if (is_ours)
        edo_warn("%.*s: %s: %s", (int)path.len, path.ptr, edo_grpc_status_name(status), why);
    else
        edo_debug("%.*s: %s: %s", (int)path.len, path.ptr, edo_grpc_status_name(status), why);
}

/* The status in the head, without a body. */
static int reply_only_status(edoi_grpc_server_call *c, edo_grpc_status status, edo_str message) {
    edo_response *res = edo_web_response(c->web);
    int err = edo_response_data(res, EDO_STATUS_OK, c->type.text, EDO_STR(""));
    if (err == 0) (void)edoi_headers_append_all(&res->headers, c->call.last);
    if (err == 0 && c->has_bad_coding) (void)edoi_grpc_reply_codings(c, &res->headers);
    return err < 0 ? err : reply_put_status(&res->headers, status, message, &c->call.details);
}

/* Writes the trailers of gRPC-Web, which a page could not read otherwise, as the last frame. */
static int reply_write_trailers(edoi_grpc_server_call *c) {
    edo_buf frame = { 0 };
    int err = edo_buf_append(&frame, "\0\0\0\0", EDOI_GRPC_HEAD_BYTES);
    for (size_t i = 0; err == 0 && i < edo_headers_count(c->call.last); i++) {
        const edo_header *f = edo_headers_at(c->call.last, i);
        err = edo_buf_printf(&frame, "%.*s: %.*s\r\n", (int)f->name.len, f->name.ptr,
                             (int)f->value.len, f->value.ptr);
    }
    if (err == 0) {
        edoi_grpc_head_print(frame.ptr, EDOI_GRPC_TRAILERS, frame.len - EDOI_GRPC_HEAD_BYTES);
        err = edoi_grpc_reply_write(&c->call, (edo_str){ frame.ptr, frame.len });
    }
    edo_buf_deinit(&frame);
    return err;
}

static int reply_end(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    edo_grpc_call *call = &c->call;
    const bool is_ok = how->status == EDO_GRPC_OK;
    if (!c->out && (is_ok || call->first_bytes > 0)) (void)edoi_grpc_open(call);
    if (!c->out) return reply_only_status(c, how->status, how->message);
    int err = reply_put_status(call->last, how->status, how->message, &call->details);
    return err < 0 || c->type.form == EDOI_GRPC_PLAIN ? err : reply_write_trailers(c);
}

const edoi_grpc_dialect edoi_grpc_own_dialect = {
    .side = { .open = edoi_grpc_reply_open,
              .write = edoi_grpc_reply_write,
              .invalid = EDO_GRPC_INTERNAL },
    .timeout = "grpc-timeout",
    .timeout_parse = edoi_grpc_timeout_parse,
    .encoding = "grpc-encoding",
    .accept_encoding = "grpc-accept-encoding",
    .end = reply_end,
};

/* Has the server ended the handler: as it ends, or since the connection is too old? That is no
 * wish of the client's, and it may try again. */
static bool reply_is_cut_short(const edo_grpc_call *call, int code) {
    const edo_cancel_cause why = edo_cancel_reason();
    const bool is_asked =
        why == EDO_CANCEL_ASKED || why == EDO_CANCEL_SHUTDOWN || why == EDO_CANCEL_SIGNAL;
    return code == -ECANCELED && code != call->failed && is_asked;
}

/* The end of a call whose task was cancelled still goes out. */
static int reply_end_in_time(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    if (EDOI_LIKELY(!edoi_http_is_cut())) return c->dialect->end(c, how);
    EDO_SHIELD(last, edo_s(EDOI_HTTP_LAST_S));
    return c->dialect->end(c, how);
}

int edoi_grpc_reply(edoi_grpc_server_call *c, int code) {
    edo_grpc_call *call = &c->call;
    edoi_grpc_fault how = { .status = edo_grpc_status_of(code), .details = &call->details };
    EDO_CHECK(edoi_grpc_server_check(c));
    if (code < 0 && code == call->failed) {
        how.status = call->status;
        how.message = call->message;
    } else if (code < 0 && edoi_trail_tells_away(code)) {
        how.status = EDO_GRPC_UNAVAILABLE;
    } else if (reply_is_cut_short(call, code)) {
        how.status = EDO_GRPC_UNAVAILABLE;
        how.message = EDO_STR("the server has ended the call");
    }
    const bool is_lost = code < 0 && edo_request_is_lost(edo_web_request(c->web));
    if (code < 0) reply_tell(c, how.status, code, is_lost);
    c->told = is_lost || c->is_torn ? EDO_GRPC_CANCELLED : how.status;
    if (is_lost) return code;
    if (c->is_torn) return -ECANCELED; // a status behind a part of a message would be no status
    return reply_end_in_time(c, &how);
}

int edo_grpc_reject(edo_web *w, edo_grpc_status status, const char *format, ...) {
    char text[EDOI_GRPC_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    size_t len = edoi_grpc_message_print(text, format, args);
    va_end(args);
    const edoi_grpc_type type = edoi_grpc_request_type(w);
    return edoi_grpc_refuse(w, &type, edoi_grpc_status_failed(status), (edo_str){ text, len });
}
