/* SPDX-License-Identifier: MIT */
/* grpc/client/end.c: how a call has ended: a status that the server has sent, or one that stands
 * for what has happened in its place. */
#include "base/error/trail.h"
#include "grpc/client/client.h"
#include "grpc/wire/status.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- The end --------------------------------------------------------------------------------- */

int edoi_grpc_client_tell_end(const edoi_grpc_client_call *c) {
    const edo_str message = c->call.message.ptr ? c->call.message : EDO_STR("");
    int err = edoi_trail_begin(c->code, edo_grpc_status_name(c->call.status));
    if (message.len > 0) err = edo_fail(err, "%.*s", (int)message.len, message.ptr);
    return edo_fail(err, "%.*s", (int)c->call.path.len, c->call.path.ptr);
}

/* call->status and call->message say how. */
static int client_end(edoi_grpc_client_call *c) {
    edo_grpc_call *call = &c->call;
    if (call->status == EDO_GRPC_CANCELLED && edoi_grpc_client_is_late(c))
        call->status = EDO_GRPC_DEADLINE_EXCEEDED;
    c->is_over = true;
    c->code = edo_grpc_error_of(call->status);
    if (c->channel->way->counts.registry) c->ended_at = edo_now();
    if (c->res) edo_close(edo_stream_ref(c->res->body));    // what is under way is taken back
    edo_balance_done(&c->lease, c->has_head ? 0 : c->code); // a status that was sent is a success
    if (c->code == 0) edoi_grpc_client_end_budget(c);
    return edoi_grpc_client_tell_end(c);
}

int edoi_grpc_client_end(edoi_grpc_client_call *c, edo_grpc_status status, const char *format,
                         ...) {
    char text[EDOI_GRPC_MESSAGE_MAX];
    va_list args;
    if (c->is_over) return c->code;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    c->call.status = status;
    c->call.message = (edo_str){ edo_arena_copy(&c->arena, text, len), len };
    return client_end(c);
}

int edoi_grpc_client_end_failed(edoi_grpc_client_call *c) {
    return c->is_over ? c->code : client_end(c);
}

/* ---- By the server --------------------------------------------------------------------------- */

int edoi_grpc_client_end_by(edoi_grpc_client_call *c, const edo_headers *fields) {
    edo_grpc_call *call = &c->call;
    if (c->is_over) return c->code;
    const edo_str status = edo_headers_get_named(fields, EDO_STR("grpc-status"));
    const edo_str message = edo_headers_get_named(fields, EDO_STR("grpc-message"));
    c->last = fields;
    if (!status.ptr)
        return edoi_grpc_client_end(c, EDO_GRPC_UNKNOWN, "the server has sent no status");
    char *text = edo_arena_copy(&c->arena, message.ptr ? message.ptr : "", message.len);
    call->status = edoi_grpc_status_parse(status);
    call->message = (edo_str){ text, text ? edoi_grpc_message_decode(text, message.len) : 0 };
    return client_end(c);
}

/* ---- By what has happened -------------------------------------------------------------------- */

static int client_end_reset(edoi_grpc_client_call *c, int code) {
    return edoi_grpc_client_end(c, edoi_grpc_status_of_reset((uint32_t)code),
                                "the server has reset the stream, with error %d", code);
}

int edoi_grpc_client_end_broken(edoi_grpc_client_call *c, int err) {
    char why[512];
    if (c->is_over) return c->code;
    if (edoi_grpc_client_is_cut(c))
        return edoi_grpc_client_end(c, EDO_GRPC_CANCELLED, "cancelled by this program");
    if (err == -ECANCELED) return err; // of this task
    int code = c->res ? edo_http2_error(c->res) : -EAGAIN;
    if (err == -ECONNRESET && code >= 0) return client_end_reset(c, code);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    switch (err) {
    case -ENOMEM:
    case -EDO_ETOOLONG: return edoi_grpc_client_end(c, EDO_GRPC_RESOURCE_EXHAUSTED, "%s", why);
    case -EPROTO: return edoi_grpc_client_end(c, EDO_GRPC_INTERNAL, "%s", why);
    default: return edoi_grpc_client_end(c, EDO_GRPC_UNAVAILABLE, "%s", why);
    }
}

/* ---- Time ------------------------------------------------------------------------------------ */

bool edoi_grpc_client_is_late(const edoi_grpc_client_call *c) {
    return c->deadline.ns != EDO_FOREVER_NS && edo_instant_since(edo_now(), c->deadline).ns >= 0;
}

int edoi_grpc_client_end_late(edoi_grpc_client_call *c) {
    return edoi_grpc_client_end(c, EDO_GRPC_DEADLINE_EXCEEDED, "the time of the call is over");
}

void edoi_grpc_client_limit_begin(edo_deadline *limit, const edoi_grpc_client_call *c) {
    edo_duration left = edo_ns(EDO_FOREVER_NS);
    if (c->deadline.ns != EDO_FOREVER_NS) left = edo_instant_since(c->deadline, edo_now());
    edo_deadline_begin(limit, left.ns > 0 ? left : edo_ns(0));
}

int edoi_grpc_client_limit_end(edo_deadline *limit, edoi_grpc_client_call *c, int result) {
    int code = edo_deadline_end(limit, result);
    if (c->is_over) return result < 0 ? c->code : result;
    if (result != -ECANCELED || code != -ETIMEDOUT) return code;
    return edoi_grpc_client_end_late(c);
}
