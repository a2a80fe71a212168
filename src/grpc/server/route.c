/* SPDX-License-Identifier: MIT */
/* grpc/server/route.c: a call from its head to its handler. */
#include "base/assert.h"
#include "grpc/call/span.h"
#include "grpc/server/server.h"
#include "grpc/wire/text.h"
#include "runtime/spawn/span.h"
#include "web/request/web.h"

#include <edo/cancel.h>
#include <edo/http_upgrade.h>
#include <edo/scope.h>
#include <edo/value.h>

#include <string.h>

/* ---- The messages of a method ---------------------------------------------------------------- */

static void *route_struct(edo_grpc_call *call, const edo_desc *desc) {
    void *memory = edo_arena_alloc(call->arena, desc->size);
    if (memory) memset(memory, 0, desc->size);
    return memory;
}

/* Receives the one message of a method that takes one. */
static int route_recv_only(edo_grpc_call *call, void *in, const edo_desc *desc) {
    int got = edoi_grpc_recv_into(call, in, desc, call->arena);
    if (got < 0) return got;
    if (got == 0) return edo_grpc_fail(call, EDO_GRPC_UNIMPLEMENTED, "there was no message");
    got = edoi_grpc_reader_end(&call->reader);
    if (got <= 0) return got;
    return edo_grpc_fail(call, EDO_GRPC_UNIMPLEMENTED, "there was more than one message");
}

static int route_call_method(edoi_grpc_server_call *c) {
    const edo_grpc_method *m = c->route->method;
    edo_grpc_call *call = &c->call;
    void *in = m->streams_in ? NULL : route_struct(call, m->in);
    void *out = m->streams_out ? NULL : route_struct(call, m->out);
    if ((!in && !m->streams_in) || (!out && !m->streams_out)) return -ENOMEM;
    int code = in ? route_recv_only(call, in, m->in) : 0;
    if (code == 0) code = m->serve(c->route->ops, call, out, in);
    return code < 0 || !out ? code : edo_grpc_send(call, out, m->out);
}

/* Reads a request of grpc-web-text, whole. */
static int route_read_text(edoi_grpc_server_call *c) {
    edoi_grpc_reader *in = &c->call.reader;
    const size_t max = in->message_max < SIZE_MAX / 2 ? in->message_max : SIZE_MAX / 2;
    edo_str text;
    int err = edo_request_collect(edo_grpc_request(&c->call), &text, max + max / 2 + 1024);
    in->from = NULL;
    if (err == 0) err = edoi_grpc_text_decode(&in->buf, text);
    if (err == -EMSGSIZE)
        return edo_grpc_fail(&c->call, EDO_GRPC_RESOURCE_EXHAUSTED, "the request is too long");
    if (err == -EINVAL) return edo_grpc_fail(&c->call, EDO_GRPC_INTERNAL, "this is no base64");
    return err;
}

static int route_call_fn(edoi_grpc_server_call *c) {
    return c->route->method ? route_call_method(c) : c->route->fn(&c->call);
}

static int route_fail_drain(edoi_grpc_server_call *c) {
    return edo_grpc_fail(&c->call, EDO_GRPC_UNAVAILABLE, "the server ends");
}

/* Both sides of a stream may be silent, for as long as they like: so it would hold the drain of the
 * server to its end. A client that had sent it before it knew of the drain may begin it elsewhere:
 * nothing of it was done. */
static int route_call_stream(edoi_grpc_server_call *c) {
    edo_request *req = edo_grpc_request(&c->call);
    edo_cancel_token *drain = edo_request_drain(req);
    edo_cancel_block block;
    edo_request_lift_limits(req);
    if (c->route->opts.streams_stay) return route_call_fn(c);
    if (edo_cancel_is_set(drain)) return route_fail_drain(c);
    edo_cancel_begin(&block, drain);
    int code = edo_cancel_end(&block, route_call_fn(c));
    bool is_cut = code == -ECANCELED && code != c->call.failed && edo_cancel_is_set(drain);
    return is_cut ? route_fail_drain(c) : code;
}

static bool route_is_stream(const edoi_grpc_route *route) {
    const edo_grpc_method *m = route->method;
    return !m || m->streams_in || m->streams_out;
}

static int route_call_handler(edoi_grpc_server_call *c) {
    int err = c->type.form == EDOI_GRPC_WEB_TEXT ? route_read_text(c) : 0;
    if (err < 0) return err;
    return route_is_stream(c->route) ? route_call_stream(c) : route_call_fn(c);
}

/* ---- The time of a call ---------------------------------------------------------------------- */

/* Reads how long the call may take; EDO_FOREVER_NS: as long as it likes. Returns 0 or a code. */
static int route_time(edoi_grpc_server_call *c, edo_duration *out) {
    const edoi_grpc_dialect *d = c->dialect;
    const edo_str text = edo_headers_get_named(c->call.received, edo_str_of(d->timeout));
    const edo_duration own = c->route->opts.timeout;
    *out = (edo_duration){ EDO_FOREVER_NS };
    if (text.ptr && d->timeout_parse(text, out) < 0)
        return edo_grpc_fail(&c->call, d->side.invalid, "%s is not valid", d->timeout);
    if (own.ns > 0 && own.ns < out->ns) *out = own;
    return out->ns > 0 ? 0 : -ETIMEDOUT;
}

/* Says which limit has passed, also to a client whose own it is not. */
static int route_is_late(edoi_grpc_server_call *c, edo_duration time) {
    char text[EDO_DURATION_TEXT_MAX];
    const bool is_own = time.ns == c->route->opts.timeout.ns;
    (void)edo_duration_print(text, time);
    return edo_grpc_fail(&c->call, EDO_GRPC_DEADLINE_EXCEEDED, "the %s limit of %s has passed",
                         is_own ? "route's" : "call's", text);
}

static int route_call(edoi_grpc_server_call *c) {
    edo_duration time;
    if (c->has_bad_coding)
        return edo_grpc_fail(&c->call, EDO_GRPC_UNIMPLEMENTED, "no such %s is taken",
                             c->dialect->encoding);
    int code = route_time(c, &time);
    if (code == -ETIMEDOUT) return route_is_late(c, time);
    if (code < 0) return code;
    if (time.ns == EDO_FOREVER_NS) return route_call_handler(c);
    EDO_DEADLINE(limit, time);
    const int said = route_call_handler(c);
    code = edo_deadline_end(&limit, said);
    if (said == c->call.failed) return said; // the handler has told what it is
    return said == -ECANCELED && code == -ETIMEDOUT ? route_is_late(c, time) : code;
}

/* ---- The request ----------------------------------------------------------------------------- */

/* Chooses by which codings messages come and go. */
static void route_choose_codings(edoi_grpc_server_call *c) {
    const edo_grpc_opts *opts = &c->route->opts;
    edo_grpc_call *call = &c->call;
    const edo_str accepts = edo_str_of(c->dialect->accept_encoding);
    const edo_str encoding =
        c->type.form == EDOI_GRPC_CONNECT_GET
            ? edoi_grpc_connect_get_coding(c->web)
            : edo_headers_get_named(call->received, edo_str_of(c->dialect->encoding));
    const int coding = edoi_grpc_coding_of(encoding, opts->accept_codings);
    c->has_bad_coding = coding < 0;
    call->coding_in = coding < 0 ? EDOI_CODING_NONE : (edoi_coding)coding;
    if (c->type.form != EDOI_GRPC_TRANSCODED_LINES) // its lines are no messages by themselves
        call->coding_out = edoi_grpc_coding_agree(call->received, accepts, opts->send_codings);
}

/* The map for what goes with the status; NULL without memory. */
static edo_headers *route_last(edo_web *w, const edoi_grpc_type *type) {
    if (type->form == EDOI_GRPC_PLAIN) return edo_response_trailers(edo_web_response(w));
    edo_headers *last = edo_arena_alloc(edo_web_request(w)->arena, sizeof *last);
    if (last) edo_headers_init(last);
    return last;
}

static const edoi_grpc_dialect *route_dialect(edoi_grpc_form form) {
    switch (form) {
    case EDOI_GRPC_CONNECT: return &edoi_grpc_connect_dialect;
    case EDOI_GRPC_CONNECT_GET: return &edoi_grpc_connect_get_dialect;
    case EDOI_GRPC_CONNECT_STREAM: return &edoi_grpc_connect_stream_dialect;
    case EDOI_GRPC_TRANSCODED: return &edoi_grpc_transcode_dialect;
    case EDOI_GRPC_TRANSCODED_LINES: return &edoi_grpc_transcode_lines_dialect;
    case EDOI_GRPC_NOT:
    case EDOI_GRPC_PLAIN:
    case EDOI_GRPC_WEB:
    case EDOI_GRPC_WEB_TEXT: break;
    }
    return &edoi_grpc_own_dialect;
}

static edoi_grpc_server_call *route_begin(edo_web *w, const edoi_grpc_route *route,
                                          const edoi_grpc_type *type) {
    edo_request *req = edo_web_request(w);
    edoi_grpc_server_call *c = edo_arena_alloc(req->arena, sizeof *c);
    edo_headers *last = route_last(w, type);
    if (!c || !last) return NULL;
    *c = (edoi_grpc_server_call){
        .web = w, .route = route, .dialect = route_dialect(type->form), .type = *type
    };
    edo_grpc_call *call = &c->call;
    call->side = &c->dialect->side;
    call->arena = req->arena;
    call->received = &req->headers;
    call->codec = type->codec;
    call->reader.from = edo_web_body_stream(w);
    call->reader.message_max = c->route->opts.recv_max;
    call->send_max = c->route->opts.send_max;
    call->first = &edo_web_response(w)->headers;
    call->last = last;
    c->layers_n = edo_headers_count(call->first);
    route_choose_codings(c);
    edoi_grpc_call_begin(call);
    return c;
}

static void route_end(edoi_grpc_server_call *c) {
    EDO_CHECK(edoi_grpc_server_check(c));
    if (c->type.form != EDOI_GRPC_PLAIN) edo_headers_deinit(c->call.last);
    edoi_grpc_call_end(&c->call);
}

/* Is the request one of gRPC that this route can serve? Else makes the response. */
static bool route_accepts(edo_web *w, const edoi_grpc_route *route, const edoi_grpc_type *type,
                          int *code) {
    const edo_http_version version = edo_web_request(w)->version;
    const bool is_plain = type->form == EDOI_GRPC_PLAIN;
    edo_status refusal = (edo_status)0;
    if (edoi_grpc_type_is_connect(type))
        refusal = edoi_grpc_connect_refusal(route, type->form, version);
    else if (type->form == EDOI_GRPC_NOT || (!is_plain && !route->opts.web) ||
             (route->service && !type->has_codec))
        refusal = EDO_STATUS_UNSUPPORTED_MEDIA_TYPE;
    else if (is_plain && version < EDO_HTTP_2)
        refusal = EDO_STATUS_VERSION_NOT_SUPPORTED;
    if (refusal != 0) *code = edo_web_reply_status(w, refusal);
    return refusal == 0;
}

/* How a call has ended. */
typedef struct route_told {
    edo_grpc_status status;
    const edo_grpc_call *stream; /* in the request's arena; NULL: it had none */
} route_told;

/* Returns what the handler of HTTP is to return. */
static int route_serve(edo_web *w, const edoi_grpc_route *route, const edoi_grpc_type *type,
                       route_told *told) {
    edoi_grpc_server_call *c = route_begin(w, route, type);
    told->status = EDO_GRPC_RESOURCE_EXHAUSTED;
    if (!c) return -ENOMEM;
    int code = edoi_grpc_reply(c, route_call(c));
    told->status = c->told;
    if (route_is_stream(route)) told->stream = &c->call;
    route_end(c);
    return code;
}

/* As route_serve(), for any request that gRPC has a response to. */
static int route_respond(edo_web *w, const edoi_grpc_route *route, const edoi_grpc_type *type,
                         route_told *told) {
    const char *fault = edoi_grpc_connect_fault(w, type);
    told->status = EDO_GRPC_INVALID_ARGUMENT;
    if (fault) return edoi_grpc_refuse(w, type, told->status, edo_str_of(fault));
    if (route->method || route->fn) return route_serve(w, route, type, told);
    told->status = EDO_GRPC_UNIMPLEMENTED;
    return edoi_grpc_refuse(w, type, told->status, EDO_STR(""));
}

/* In no span of its own, but in that of the caller, if there is one: what it does is in that
 * trace. */
static int route_respond_within(edo_span *from, edo_web *w, const edoi_grpc_route *route,
                                const edoi_grpc_type *type, route_told *told) {
    edo_context_block bound;
    if (EDOI_LIKELY(!from)) return route_respond(w, route, type, told);
    edoi_span_enter(&bound, from);
    return edo_context_end(&bound, route_respond(w, route, type, told));
}

static int route_respond_in(edo_span *s, edo_web *w, const edoi_grpc_route *route,
                            const edoi_grpc_type *type, route_told *told) {
    edo_span_block span;
    edo_span_begin(&span, s);
    int code = route_respond(w, route, type, told);
    edoi_grpc_span_tell(s, told->status, true, told->stream);
    return edo_span_end(&span, code);
}

int edoi_grpc_serve_as(edo_web *w, edoi_grpc_route *route, const edoi_grpc_type *type) {
    const bool counts = route->counts.registry != NULL;
    const edo_instant begun_at = counts ? edo_now() : (edo_instant){ 0 };
    route_told told = { .status = EDO_GRPC_UNKNOWN };
    edo_span *from = edoi_grpc_server_caller(w), *s = edoi_grpc_server_span(w, route, from);
    int code = EDOI_UNLIKELY(s) ? route_respond_in(s, w, route, type, &told)
                                : route_respond_within(from, w, route, type, &told);
    edo_span_unref(from);
    if (counts)
        edoi_grpc_count(&route->counts, &route->series, route->name, told.status,
                        edo_instant_since(edo_now(), begun_at));
    return code;
}

edoi_grpc_type edoi_grpc_request_type(edo_web *w) {
    const bool is_post = edo_web_request(w)->method == EDO_METHOD_POST; // else GET or HEAD
    if (w->to.fn == edoi_grpc_transcode_serve) return (edoi_grpc_type){ .form = EDOI_GRPC_NOT };
    return is_post || w->to.fn != edoi_grpc_serve
               ? edoi_grpc_type_of(edo_web_header(w, "content-type"))
               : edoi_grpc_type_of_query(edo_web_query_text(w));
}

int edoi_grpc_serve(edo_web *w) {
    edoi_grpc_route *route = edo_web_route_arg(w);
    const edoi_grpc_type type = edoi_grpc_request_type(w);
    int code = 0;
    if (route_accepts(w, route, &type, &code)) code = edoi_grpc_serve_as(w, route, &type);
    return code;
}

/* ---- What a handler asks --------------------------------------------------------------------- */

void *edo_grpc_arg(const edo_grpc_call *call) {
    return edoi_grpc_server_of(call)->route->arg;
}

edo_str edo_grpc_path(const edo_grpc_call *call) {
    return call->path.ptr ? call->path : edo_web_path(edoi_grpc_server_of(call)->web);
}

edo_request *edo_grpc_request(edo_grpc_call *call) {
    return edo_web_request(edoi_grpc_server_of(call)->web);
}
