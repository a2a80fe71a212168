/* SPDX-License-Identifier: MIT */
/* web/proxy/respond.c: what the client gets: the response of the server behind, the connection
 * itself after an upgrade, or a failure. */
#include "base/assert.h"
#include "base/text/ascii.h"
#include "http/server/exchange/exchange.h"
#include "service/outcome.h"
#include "web/proxy/proxy.h"
#include "web/request/web.h"
#include "web/serve/guards.h"
#include "web/ws/open/accept.h"

#include <edo/cancel.h>
#include <edo/copy.h>

#define EDO_TARGET "web.proxy"
#include <edo/log.h>

#include <errno.h>

/* A body of so many bytes that has come with its head is sent with that, too, in one write. */
#define WHOLE_MAX 4096

/* ---- The response ---------------------------------------------------------------------------- */

/* The status and fields of `got`. */
static int respond_take_head(edoi_proxied *p) {
    const edo_http_response *got = p->got;
    p->res->status = got->status;
    edoi_guards_leave_fields(p->res);
    if (edo_status_reason_is_valid(got->reason)) p->res->reason = got->reason;
    return edoi_proxy_take_fields(p, &got->headers);
}

/* Trailers of a response may not be announced: over HTTP/2 they need no announcement. */
static int respond_take_trailers(edoi_proxied *p) {
    const edo_headers *from = edo_http_response_trailers(p->got);
    int err = 0;
    for (size_t i = 0; from && err == 0 && i < edo_headers_count(from); i++)
        err = edo_headers_add(edo_response_trailers(p->res), edo_headers_at(from, i));
    return err;
}

/* The first bytes of the body, as far as they are there. */
typedef struct first_bytes {
    char *at;
    size_t n;
} first_bytes;

static int respond_read_first(edoi_proxied *p, first_bytes *first) {
    size_t length = (size_t)p->got->length;
    EDO_ASSERT(p->got->length > 0 && p->got->length <= WHOLE_MAX);
    first->at = edo_arena_alloc(p->req->arena, length);
    if (!first->at) return -ENOMEM;
    while (first->n < length) {
        int n = edo_try_read(p->got->body, first->at + first->n, length - first->n);
        if (n == -EAGAIN) return 0;
        if (n <= 0) return n < 0 ? n : -EDO_EEOF;
        first->n += (size_t)n;
    }
    return 0;
}

static int respond_whole(edoi_proxied *p, edo_str body) {
    int err = edo_response_data(p->res, p->got->status, EDO_STR("x"), body);
    (void)edo_headers_remove(&p->res->headers, EDO_HEADER_CONTENT_TYPE); // the server's, if any
    return err < 0 ? err : respond_take_head(p);
}

static int respond_send_first(const edoi_proxied *p, edo_stream *out, const first_bytes *first) {
    edo_writev_future f;
    if (first->n == 0) return 0;
    return edoi_proxy_beside_upload(p, edo_write_all_init(&f, out, first->at, first->n));
}

static int respond_copy(const edoi_proxied *p, edo_stream *out) {
    edo_copy_future f;
    return edoi_proxy_beside_upload(p, edo_copy_init(&f, out, p->got->body, NULL));
}

/* Only HTTP/2 has trailers that are not announced. Those that are there already may be none. */
static bool respond_may_trail(const edoi_proxied *p) {
    const edo_headers *tail = edo_http_response_trailers(p->got);
    return p->got->version == EDO_HTTP_2 && (!tail || edo_headers_count(tail) > 0);
}

/* What has no end of its own would hold the drain of the server to its end: it ends when that
 * begins. */
typedef struct until_drain {
    edo_cancel_token *drain; /* NULL: it may stay */
    edo_cancel_block block;
} until_drain;

/* `ends`: NULL: it has an end of its own. */
static void until_drain_begin(until_drain *u, const edoi_proxied *p, edo_cancel_token *ends) {
    u->drain = p->proxy->upgrades_stay ? NULL : ends;
    if (u->drain) edo_cancel_begin(&u->block, u->drain);
}

/* Returns `result`: -ECANCELED if the drain has ended it. */
static int until_drain_end(until_drain *u, int result) {
    return u->drain ? edo_cancel_end(&u->block, result) : result;
}

static bool until_drain_has_cut(const until_drain *u, int result) {
    return result == -ECANCELED && u->drain && edo_cancel_is_set(u->drain);
}

/* Which token ends the response; NULL: it has an end of its own. Events are read until they end,
 * and their readers come back. A call of gRPC may be a stream without an end, or about to end: it
 * gets a moment. What is left of either must not look whole: so the response is broken off. */
static edo_cancel_token *respond_ends_by(const edoi_proxied *p) {
    const edo_str type = edo_headers_get(&p->got->headers, EDO_HEADER_CONTENT_TYPE);
    if (p->got->length >= 0) return NULL;
    if (edoi_begins_nocase(type, EDO_STR("text/event-stream"))) return edo_request_drain(p->req);
    return edoi_begins_nocase(type, EDO_STR("application/grpc")) ? edoi_request_late(p->req) : NULL;
}

static int respond_stream(edoi_proxied *p, const first_bytes *first) {
    edo_stream *out = NULL;
    until_drain u;
    int err = respond_take_head(p);
    if (respond_may_trail(p)) (void)edo_response_trailers(p->res);
    if (err == 0) err = edo_response_stream(p->res, &out, p->got->length);
    if (err < 0) return err;
    until_drain_begin(&u, p, respond_ends_by(p));
    err = respond_send_first(p, out, first);
    if (err == 0) err = respond_copy(p, out);
    err = until_drain_end(&u, err);
    return err < 0 ? err : respond_take_trailers(p);
}

static bool respond_is_small(const edoi_proxied *p) {
    edo_status s = p->got->status;
    if (p->got->version == EDO_HTTP_2) return false; // trailers may follow, or a reset
    return p->got->length > 0 && p->got->length <= WHOLE_MAX && p->req->method != EDO_METHOD_HEAD &&
           s != EDO_STATUS_NO_CONTENT && s != EDO_STATUS_RESET_CONTENT &&
           s != EDO_STATUS_NOT_MODIFIED;
}

/* ---- An upgrade ------------------------------------------------------------------------------ */

/* The end of a tunnel is no failure of ours, however it comes. */
static int respond_tunnel_end(int err) {
    if (err < 0 && err != -ECANCELED) edo_debug("an upgraded connection: %s", edo_strerror(err));
    return err == -ECANCELED ? err : 0;
}

/* What the server behind has accepted by a tunnel of HTTP/2, where the client speaks HTTP/1.1: the
 * proof that its key was seen is ours. */
static int respond_accept(edoi_proxied *p) {
    char *accept = edo_arena_text(p->req->arena, EDOI_WS_ACCEPT_BYTES);
    if (!accept) return -ENOMEM;
    edoi_ws_accept_of(accept, edo_headers_get(&p->req->headers, EDO_HEADER_SEC_WEBSOCKET_KEY));
    int err = edo_headers_append(&p->res->headers, EDO_HEADER_UPGRADE, p->upgrade);
    if (err < 0) return err;
    return edo_headers_append(&p->res->headers, EDO_HEADER_SEC_WEBSOCKET_ACCEPT,
                              (edo_str){ accept, EDOI_WS_ACCEPT_BYTES });
}

static int respond_upgrade(edoi_proxied *p) {
    edo_stream *out = NULL;
    edo_str to = edo_headers_get(&p->got->headers, EDO_HEADER_UPGRADE),
            key = edo_headers_get(&p->req->headers, EDO_HEADER_SEC_WEBSOCKET_KEY);
    bool accepts = p->got->version == EDO_HTTP_2 && p->req->version != EDO_HTTP_2;
    if (accepts && key.len != EDOI_WS_KEY_BYTES)
        return edo_web_reject(p->w, -EINVAL, EDO_STATUS_BAD_REQUEST, "Sec-WebSocket-Key");
    int err = edoi_proxy_take_fields(p, &p->got->headers);
    if (err == 0 && accepts) err = respond_accept(p);
    if (err == 0 && to.len > 0) err = edo_headers_append(&p->res->headers, EDO_HEADER_UPGRADE, to);
    if (err == 0) err = edo_upgrade(p->req, p->res, &out);
    if (err < 0) return err;
    until_drain u;
    until_drain_begin(&u, p, edo_request_drain(p->req));
    err = until_drain_end(&u, edo_copy_both(out, p->got->body, NULL));
    return until_drain_has_cut(&u, err) ? 0 : respond_tunnel_end(err);
}

int edoi_proxy_respond(edoi_proxied *p) {
    first_bytes first = { NULL, 0 };
    if (p->got->is_upgraded) return respond_upgrade(p);
    int err = respond_is_small(p) ? respond_read_first(p, &first) : 0;
    if (err < 0) return edoi_proxy_respond_failure(p, err);
    if (first.n > 0 && first.n == (size_t)p->got->length)
        return respond_whole(p, (edo_str){ first.at, first.n });
    return respond_stream(p, &first);
}

/* ---- A failure ------------------------------------------------------------------------------- */

/* A refusal is meant, and a client may send heads that are too long: a warning for each would be as
 * many as there are requests. */
static void failure_tell(const edoi_proxied *p, int err) {
    char why[512];
    const edo_str m = p->req->method_name, at = edo_web_matched_path(p->w);
    p->res->is_told = true;
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (edoi_outcome_is_refusal(err) || err == -EMSGSIZE)
        edo_debug("%.*s %.*s is refused: %s", (int)m.len, m.ptr, (int)at.len, at.ptr, why);
    else
        edo_warn("%.*s %.*s has no response from behind: %s", (int)m.len, m.ptr, (int)at.len,
                 at.ptr, why);
}

static edo_status failure_status(int err) {
    if (edoi_outcome_is_refusal(err)) return EDO_STATUS_SERVICE_UNAVAILABLE;
    if (err == -EMSGSIZE) return EDO_STATUS_HEADERS_TOO_LARGE;
    return err == -ETIMEDOUT ? EDO_STATUS_GATEWAY_TIMEOUT : EDO_STATUS_BAD_GATEWAY;
}

/* Is it the client that has failed, or a limit for its body? The framework knows what to say. */
static bool failure_is_of_client(const edoi_proxied *p, int err) {
    return err == -ECANCELED || p->body.failure < 0 || edo_request_is_lost(p->req);
}

int edoi_proxy_respond_failure(edoi_proxied *p, int err) {
    if (p->body.relay.has_timed_out)
        return edoi_web_turn_away(p->w, -ETIMEDOUT, EDO_STATUS_REQUEST_TIMEOUT,
                                  "the body came too slowly");
    if (failure_is_of_client(p, err)) return err;
    failure_tell(p, err);
    if (edoi_outcome_is_refusal(err)) {
        int set = edo_web_set_retry_after(p->w, edoi_web_retry_after(err));
        if (set < 0) return set;
    }
    return edoi_web_turn_away(p->w, err, failure_status(err), NULL);
}
