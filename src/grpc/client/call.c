/* SPDX-License-Identifier: MIT */
/* grpc/client/call.c: how a call of a client begins, and how it is freed. */
#include "base/assert.h"
#include "base/atomic.h"
#include "base/opts.h"
#include "grpc/client/client.h"
#include "grpc/client/layers.h"
#include "grpc/wire/metadata.h"
#include "grpc/wire/timeout.h"
#include "http/headers/baggage.h"
#include "http/headers/ids.h"
#include "runtime/spawn/span.h"

#include <edo/error.h>
#include <edo/grpc_details.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STALE_NS INT64_C(5000000) /* by which the time that is told may be too long */

static int client_open_none(edo_grpc_call *call) {
    (void)call;
    return 0; // the metadata went with the request
}

static int client_write_only(edo_grpc_call *call, edo_str frame) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (c->is_shut) return -EPIPE;
    c->is_shut = true;
    return edoi_grpc_client_start(c, frame, false);
}

const edoi_grpc_side edoi_grpc_server_stream_side = { .open = client_open_none,
                                                      .write = client_write_only,
                                                      .invalid = EDO_GRPC_INTERNAL,
                                                      .recv = edoi_grpc_client_recv };
const edoi_grpc_side edoi_grpc_stream_side = { .open = client_open_none,
                                               .write = edoi_grpc_client_write,
                                               .invalid = EDO_GRPC_INTERNAL,
                                               .recv = edoi_grpc_client_recv };

/* ---- The request ----------------------------------------------------------------------------- */

static int client_put_timeout(edoi_grpc_client_call *c, edo_duration left) {
    char text[EDOI_GRPC_TIMEOUT_TEXT];
    if (c->deadline.ns == EDO_FOREVER_NS) return 0;
    c->told = left;
    size_t n = edoi_grpc_timeout_print(text, left);
    return edo_headers_set_named(&c->fields, EDO_STR("grpc-timeout"), (edo_str){ text, n });
}

int edoi_grpc_client_set_timeout(edoi_grpc_client_call *c) {
    if (c->deadline.ns == EDO_FOREVER_NS) return 0;
    const edo_duration left = edo_instant_since(c->deadline, edo_now());
    if (c->told.ns - left.ns < STALE_NS) return 0;
    return client_put_timeout(c, left.ns > 0 ? left : edo_ns(0));
}

static int client_add_field(edoi_grpc_client_call *c, edo_header_id id, edo_str value) {
    const edo_header field = { .name = edo_header_name(id), .value = value, .id = (uint16_t)id };
    return edo_headers_add(&c->fields, &field);
}

static int client_add_codings(edoi_grpc_client_call *c) {
    const edoi_grpc_way *way = c->channel->way;
    int err = 0;
    c->call.coding_out = way->send_coding;
    c->call.coding_in = EDOI_CODING_NONE;
    if (way->send_coding != EDOI_CODING_NONE)
        err = edo_headers_append_named(&c->fields, EDO_STR("grpc-encoding"),
                                       edoi_grpc_coding_name(way->send_coding));
    if (err == 0 && way->accept.len > 0)
        err = edo_headers_append_named(&c->fields, EDO_STR("grpc-accept-encoding"), way->accept);
    return err;
}

/* Names the codec in the content type. Returns 0, -EINVAL or -ENOMEM. */
static int client_add_type(edoi_grpc_client_call *c, const char *codec) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    if (!codec) return client_add_field(c, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/grpc"));
    if (codec[0] == 0 || codec[strspn(codec, letters)] != 0) return edo_fail(-EINVAL, "codec");
    const edo_str type = edo_arena_print(&c->arena, "application/grpc+%s", codec);
    if (strcmp(codec, "json") == 0) c->call.codec = EDOI_GRPC_JSON;
    return type.ptr ? client_add_field(c, EDO_HEADER_CONTENT_TYPE, type) : -ENOMEM;
}

/* The time comes first (gRPC's PROTOCOL-HTTP2.md). */
static int client_add_fields(edoi_grpc_client_call *c, edo_duration left, const char *codec) {
    int err = client_put_timeout(c, left);
    if (err == 0) err = client_add_field(c, EDO_HEADER_TE, EDO_STR("trailers"));
    if (err == 0) err = client_add_type(c, codec);
    if (err == 0) err = client_add_codings(c);
    if (err == 0) err = client_add_field(c, EDO_HEADER_USER_AGENT, c->channel->way->user_agent);
    return err;
}

static int client_add_metadata(edoi_grpc_client_call *c, const edo_grpc_call_opts *o) {
    for (size_t i = 0; i < o->metadata_n; i++) {
        int err = edo_grpc_add_metadata(&c->call, o->metadata[i].key, o->metadata[i].value);
        if (err < 0) return edo_fail(err, "metadata \"%s\"", o->metadata[i].key);
    }
    return 0;
}

/* ---- Time ------------------------------------------------------------------------------------ */

/* The earlier one; negative: none. */
static edo_duration client_earlier(edo_duration a, edo_duration b) {
    if (a.ns < 0 || b.ns < 0) return a.ns < 0 ? b : a;
    return a.ns < b.ns ? a : b;
}

edo_duration edoi_grpc_client_time(const edo_grpc_channel *ch, edo_str path,
                                   const edo_grpc_call_opts *opts) {
    const edoi_grpc_policy *policy = edoi_grpc_config_find(&ch->way->config, path);
    edo_duration own = opts->timeout.ns == 0 ? ch->way->opts.timeout : opts->timeout;
    if (own.ns == 0) own = edo_ns(-1);
    if (policy) own = client_earlier(own, policy->timeout);
    return client_earlier(own, edo_deadline_left());
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static int client_fill_in(edoi_grpc_client_call *c, edo_str path, const edo_grpc_call_opts *o) {
    const edoi_grpc_way *way = c->channel->way;
    const char *copy = edo_arena_copy(&c->arena, path.ptr, path.len);
    c->call.path = (edo_str){ copy, path.len };
    c->policy = edoi_grpc_config_find(&way->config, path);
    const edo_duration left = edoi_grpc_client_time(c->channel, path, o);
    c->deadline = left.ns < 0 ? (edo_instant){ EDO_FOREVER_NS } : edo_instant_add(edo_now(), left);
    c->wait_for_ready = o->wait_for_ready || (c->policy && c->policy->wait_for_ready);
    c->call.sends_plain = o->no_compress;
    c->call.send_max = way->opts.send_max;
    c->call.reader.message_max = o->recv_max > 0 ? o->recv_max : way->opts.recv_max;
    if (!copy) return -ENOMEM;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    int err = client_add_fields(c, left, o->codec);
    if (err == 0) err = client_add_metadata(c, o);
    c->has_step = !way->opts.no_context && !edoi_headers_has(&c->fields, EDO_HEADER_TRACEPARENT);
    if (err == 0 && !way->opts.no_context) err = edoi_ids_pass_here(&c->fields);
    if (err == 0 && way->opts.baggage) err = edoi_baggage_pass_here(&c->fields, SIZE_MAX);
    c->call.is_open = true;
    return err;
}

int edoi_grpc_client_new(edoi_grpc_client_call **out, const edoi_grpc_side *side,
                         edo_grpc_channel *ch, edo_str path, const edo_grpc_call_opts *opts) {
    static const edo_grpc_call_opts none = { .wait_for_ready = false };
    edoi_grpc_client_call *c = malloc(sizeof *c);
    if (!c) return -ENOMEM;
    *c = (edoi_grpc_client_call){ .channel = ch };
    edoi_grpc_channel_enter(ch);
    c->arena.chunk_bytes = 512;
    c->call.side = side;
    c->call.arena = &c->arena;
    c->call.received = edoi_grpc_client_nothing();
    (void)pthread_mutex_init(&c->lock, NULL); // this never fails without attributes
    c->call.first = &c->fields;
    c->call.status = EDO_GRPC_CANCELLED;
    edo_headers_init(&c->fields);
    edoi_headers_lend(&c->fields, &c->room);
    edoi_grpc_call_begin(&c->call);
    int err = client_fill_in(c, path, opts ? opts : &none);
    c->is_counted = err == 0 && ch->way->counts.registry;
    if (c->is_counted) c->begun_at = edo_now();
    if (err < 0) {
        edo_grpc_call_free(&c->call);
        return err;
    }
    *out = c;
    return 0;
}

static void client_count(const edoi_grpc_client_call *c) {
    if (!c->is_counted) return;
    const edo_instant end = c->is_over ? c->ended_at : edo_now();
    edoi_grpc_count(&c->channel->way->counts, NULL, c->call.path, edo_grpc_get_status(&c->call),
                    edo_instant_since(end, c->begun_at));
}

void edo_grpc_call_free(edo_grpc_call *call) {
    if (!call) return;
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    EDO_CHECK(edoi_grpc_client_check(c));
    EDO_CHECK(edoi_grpc_client_check_kept(c));
    edoi_grpc_client_end_budget(c);
    client_count(c);
    edoi_grpc_client_try_end(c, true);
    edoi_grpc_client_span_close(c, true);
    (void)pthread_mutex_destroy(&c->lock);
    edo_http_response_free(c->res);
    edo_balance_done(&c->lease, c->has_head ? 0 : -ECANCELED); // it was given up
    edoi_grpc_client_keep_end(c);
    edoi_grpc_call_end(call);
    edo_headers_deinit(&c->fields);
    edo_arena_deinit(&c->arena);
    edoi_grpc_channel_leave(c->channel);
    free(c);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Makes a call with one message, which is sent. On failure there may be one in `*out`, too. */
static int client_send_only(edoi_grpc_client_call **out, const edoi_grpc_ask *ask) {
    edoi_grpc_client_call *c;
    int err = edoi_grpc_client_new(&c, &edoi_grpc_server_stream_side, ask->channel,
                                   edo_str_of(ask->path), ask->opts);
    if (err < 0) return err;
    *out = c;
    return edo_grpc_send(&c->call, ask->in, ask->in_desc);
}

/* Through layers: the begin of a call with a stream. One that responded has no stream. */
static int client_begin_layered(edo_grpc_call **out, const edoi_grpc_ask *ask) {
    edo_grpc_client_response res;
    int err = edoi_grpc_layers_run(&res, ask, NULL);
    if (err < 0) return err;
    *out = res.call;
    res.call = NULL;
    edo_grpc_discard(NULL, &res);
    return *out ? 0 : edo_fail(-ENOTSUP, "%s: a layer has responded to a stream", ask->path);
}

/* What a layer has given in the place of a call. */
static int client_decode_made(const edoi_grpc_want *want, edo_str message,
                              const edo_grpc_call_opts *o) {
    const char *codec = o ? o->codec : NULL;
    const edo_protobuf_json_opts json = { .ignores_unknown = true };
    return codec && strcmp(codec, "json") == 0
               ? edo_protobuf_json_decode(want->out, want->desc, message, want->arena, &json)
               : edo_protobuf_decode(want->out, want->desc, message, want->arena);
}

/* Through layers: a unary call. */
static int client_ask_layered(const edoi_grpc_want *want, edo_grpc_call **kept,
                              const edoi_grpc_ask *ask) {
    edo_grpc_client_response res;
    if (kept) *kept = NULL;
    int err = edoi_grpc_layers_run(&res, ask, kept);
    if (err < 0) return err;
    edo_grpc_call *call = res.call;
    if (call)
        err = edoi_grpc_client_decode_only(edoi_grpc_client_of(call), want->out, want->desc,
                                           want->arena);
    else
        err = client_decode_made(want, res.message, ask->opts);
    if (kept) {
        *kept = call;
        res.call = NULL;
    }
    edo_grpc_discard(NULL, &res);
    return err;
}

/* A call whose replies are a stream, or, without `ask->in`, whose messages are. */
static int client_begin_call(edo_grpc_call **out, const edoi_grpc_ask *ask) {
    edoi_grpc_client_call *c = NULL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (ask->channel->layers) return client_begin_layered(out, ask);
    if (ask->in) {
        err = client_send_only(&c, ask);
    } else {
        err = edoi_grpc_client_new(&c, &edoi_grpc_stream_side, ask->channel, edo_str_of(ask->path),
                                   ask->opts);
        if (err == 0) err = edoi_grpc_client_start(c, EDO_STR(""), true);
    }
    if (err == 0)
        *out = &c->call;
    else if (c)
        edo_grpc_call_free(&c->call);
    return err;
}

/* In the span of the call, which has it then. */
static int client_begin_stream(edo_grpc_call **out, const edoi_grpc_ask *ask) {
    edo_context_block in;
    edo_span *s = edoi_grpc_client_span(ask->channel, ask->path);
    edo_grpc_call *call = NULL;
    edoi_span_enter(&in, s);
    int err = client_begin_call(&call, ask);
    edoi_context_leave(&in);
    edoi_grpc_client_span_give(call, s, err);
    if (err == 0) *out = call;
    return err;
}

int edo_grpc_server_stream(edo_grpc_channel *ch, edo_grpc_call **out, const char *path,
                           const void *in, const edo_desc *in_desc,
                           const edo_grpc_call_opts *opts) {
    return client_begin_stream(out, &(edoi_grpc_ask){ ch, path, opts, in, in_desc, true });
}

int edo_grpc_stream(edo_grpc_channel *ch, edo_grpc_call **out, const char *path,
                    const edo_grpc_call_opts *opts) {
    return client_begin_stream(out, &(edoi_grpc_ask){ ch, path, opts, .streams_out = true });
}

/* A unary call. */
static int client_ask_for(const edoi_grpc_want *want, edo_grpc_call **kept,
                          const edoi_grpc_ask *ask) {
    edoi_grpc_client_call *c = NULL;
    if (ask->channel->layers) return client_ask_layered(want, kept, ask);
    int err = edo_budget_consume();
    if (err == 0) err = client_send_only(&c, ask);
    if (err == 0) err = edoi_grpc_client_finish(c, want->out, want->desc, want->arena);
    if (kept) *kept = c ? &c->call : NULL;
    if (!kept && c) edo_grpc_call_free(&c->call);
    return err;
}

int edo_grpc_unary(edo_grpc_channel *ch, const char *path, void *out, const edo_desc *out_desc,
                   const void *in, const edo_desc *in_desc, edo_arena *arena,
                   const edo_grpc_call_opts *opts) {
    const edoi_grpc_want want = { out, out_desc, arena, NULL };
    edo_span_block span;
    edo_span_begin(&span, edoi_grpc_client_span(ch, path));
    int err = client_ask_for(&want, opts ? opts->kept : NULL,
                             &(edoi_grpc_ask){ ch, path, opts, in, in_desc, false });
    return edoi_grpc_client_span_end(&span, err);
}

/* ---- What a program asks --------------------------------------------------------------------- */

edo_grpc_status edo_grpc_get_status(const edo_grpc_call *call) {
    return edoi_grpc_client_of(call)->is_over ? call->status : EDO_GRPC_CANCELLED;
}

edo_str edo_grpc_get_message(const edo_grpc_call *call) {
    bool has = edoi_grpc_client_of(call)->is_over && call->message.ptr;
    return has ? call->message : EDO_STR("");
}

const edo_headers *edo_grpc_trailers(const edo_grpc_call *call) {
    const edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (!c->is_over) return NULL;
    return c->last ? c->last : edoi_grpc_client_nothing();
}

edo_str edo_grpc_trailer(edo_grpc_call *call, const char *key, size_t i) {
    const edo_headers *h = edo_grpc_trailers(call);
    return h ? edoi_grpc_metadata_get(h, edo_str_of(key), i, call->arena) : (edo_str){ NULL, 0 };
}

int edo_grpc_get_detail(edo_grpc_call *call, const char *type, void *out, const edo_desc *desc) {
    const edo_str bytes = edo_grpc_trailer(call, "grpc-status-details-bin", 0);
    return bytes.ptr ? edoi_grpc_details_find(bytes, type, out, desc, call->arena) : -ENOENT;
}

int edo_grpc_get_failure(edo_grpc_call *call, edo_grpc_failure *out) {
    const edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    edo_grpc_failure sent = { .details = NULL };
    if (!c->is_over || c->code == 0) return -ENOENT;
    const edo_str bytes = edo_grpc_trailer(call, "grpc-status-details-bin", 0);
    int err =
        bytes.ptr ? edo_protobuf_decode(&sent, &edo_grpc_failure_desc, bytes, call->arena) : 0;
    if (err < 0) return err;
    sent.code = (int32_t)call->status;
    sent.message = edo_grpc_get_message(call);
    *out = sent;
    return 0;
}

void edo_grpc_cancel(edo_grpc_call *call) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    (void)pthread_mutex_lock(&c->lock);
    edo_stream *body = c->res ? edo_stream_ref(c->res->body) : NULL;
    edo_cancel_token *cut = c->cut ? edo_cancel_ref(c->cut) : NULL;
    edoi_store_rlx_u32(&c->is_cut,
                       1); // the receiver sees it behind a lock: the stream's, or `lock`
    (void)pthread_mutex_unlock(&c->lock);
    if (body) edo_close(body);
    if (cut) edo_cancel(cut, EDO_CANCEL_ASKED);
    edo_cancel_unref(cut);
}

bool edoi_grpc_client_is_cut(const edoi_grpc_client_call *c) {
    return edoi_load_rlx_u32(&c->is_cut) != 0;
}

const edo_headers *edoi_grpc_client_nothing(void) {
    static const edo_headers nothing;
    return &nothing;
}
