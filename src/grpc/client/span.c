/* SPDX-License-Identifier: MIT */
/* grpc/client/span.c: the span of a call. A unary call is in it until it returns; one with streams
 * while it begins, and has it then, until its status is known. */
#define EDO_TARGET "grpc.client"
#include "grpc/client/client.h"

#include "grpc/call/span.h"
#include "http/headers/ids.h"
#include "http/uri/place.h"

/* The first endpoint of a channel, taken apart once a field asks for it. */
typedef struct span_target {
    edo_grpc_channel *channel;
    edo_uri uri;
    bool is_read;
} span_target;

static const edo_uri *target_uri(span_target *t) {
    const edo_str authority = edo_str_of(t->channel->way->target.authority);
    edo_uri uri;
    if (!t->is_read && edo_uri_parse_authority(&uri, authority) == 0) t->uri = uri;
    t->is_read = true;
    return &t->uri;
}

edo_span *edoi_grpc_client_span(edo_grpc_channel *ch, const char *path) {
    span_target t = { .channel = ch };
    return edo_info_span("call", EDO_KV("otel.kind", "client"), EDO_KV("rpc.system", "grpc"),
                         edoi_grpc_kv_service(edo_str_of(path)),
                         edoi_grpc_kv_method(edo_str_of(path)), edoi_uri_kv_address(target_uri(&t)),
                         edoi_uri_kv_port(target_uri(&t)));
}

int edoi_grpc_client_span_end(edo_span_block *block, int err) {
    if (block->span) edoi_grpc_span_tell(block->span, edo_grpc_status_of(err), false, NULL);
    return edo_span_end(block, err);
}

/* Ends a span that is open nowhere any more. */
static void span_finish(edo_span *s, edo_grpc_status status, int code,
                        const edo_grpc_call *stream) {
    edo_span_block last;
    edoi_grpc_span_tell(s, status, false, stream);
    edo_span_begin(&last, s);
    (void)edo_span_end(&last, code);
}

void edoi_grpc_client_span_give(edo_grpc_call *call, edo_span *s, int err) {
    if (!s) return;
    if (err < 0)
        span_finish(s, edo_grpc_status_of(err), err, NULL);
    else
        edoi_grpc_client_of(call)->opened = s;
}

void edoi_grpc_client_span_close(edoi_grpc_client_call *c, bool is_given_up) {
    edo_span *s = c->opened;
    if (EDOI_LIKELY(!s) || (!c->is_over && !is_given_up)) return;
    c->opened = NULL;
    const edo_grpc_status status = edo_grpc_get_status(&c->call);
    span_finish(s, status, edo_grpc_error_of(status), &c->call);
}

int edoi_grpc_client_try_begin(edoi_grpc_client_call *c) {
    edo_span *within = c->opened;
    if (!c->policy || c->policy->attempts < 2) return 0;
    c->tried = edo_span_new(EDO_LEVEL_DEBUG, "retry", within ? within : edo_span_current(),
                            (EDO_KV("try", c->attempts)), "try");
    return c->has_step ? edoi_ids_set_step(&c->fields, c->tried) : 0;
}

void edoi_grpc_client_try_end(edoi_grpc_client_call *c, bool is_given_up) {
    edo_span *s = c->tried;
    if (EDOI_LIKELY(!s) || (!c->is_over && !c->has_head && !is_given_up)) return;
    c->tried = NULL;
    const edo_grpc_status status = c->is_over    ? c->call.status
                                   : is_given_up ? EDO_GRPC_CANCELLED
                                                 : EDO_GRPC_OK;
    span_finish(s, status, edo_grpc_error_of(status), NULL);
}

static bool span_is_try(const edo_span *s) {
    return edoi_span_is_of(s, "retry") || edoi_span_is_of(s, "hedge");
}

void edoi_grpc_client_span_picked(const edoi_grpc_client_call *c) {
    edo_span *s = edoi_span_to_note();
    if (!s || !(edoi_span_is_of(s, "grpc.client") ? c->attempts < 2 : span_is_try(s))) return;
    const edo_str address = edo_str_of(c->lease.to->address);
    edo_uri uri = { .host = address };
    (void)edo_uri_parse_authority(&uri, address); // else it is a socket's path
    const edo_kv fields[] = { edoi_kv_some("network.peer.address", uri.host),
                              edoi_kv_above_0("network.peer.port", edo_uri_port(&uri)) };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
}
