/* SPDX-License-Identifier: MIT */
/* http2/guard.c: see h2.h. */
#include "http2/h2.h"

#define EDO_TARGET "http"
#include <edo/binary.h>
#include <edo/log.h>

#define FRAMES_MAX   1000 /* that carry nothing, at once */
#define FRAMES_PER_S 100
#define STRIKES_MAX  2 /* PINGs that come too early and are forgiven */
#define PINGS_TEXT   "too_many_pings"
#define HEADS_MAX    ((size_t)1 << 20) /* bytes of fields of all requests of a connection */
#define WAITING_MAX  1000u             /* frames that wait to be sent, but for those of streams */
#define STREAM_MAX   4u                /* those of a stream: head, trailers, a window, a reset */
#define CALLS_PER_S  50u   /* that a client with a place gives up: none waits less than 20 ms */
#define PLACES_MAX   1000u /* of streams_max, that count for these */
#define CALL_BYTES   2048u /* of fields that such a call may have */

/* ---- The guard ------------------------------------------------------------------------------- */

void edoi_h2_guard_begin(edoi_h2_conn *h2) {
    int64_t now_ns = edo_now().ns;
    edoi_h2_bucket_begin(&h2->guard.resets, h2->shared->opts.resets_max, now_ns);
    edoi_h2_bucket_begin(&h2->guard.late, 0, now_ns);
    edoi_h2_bucket_begin(&h2->guard.frames, FRAMES_MAX, now_ns);
    h2->guard.last_id = -1;
}

/* Ends the connection with a GOAWAY. */
static void guard_end(edoi_h2_conn *h2, const char *reason, uint32_t error) {
    if (h2->guard.reason) return;
    h2->guard.reason = reason;
    edo_debug("a connection of HTTP/2 ends: %s", reason);
    edoi_http_count_http2_ended(h2->conn->server, reason);
    (void)nghttp2_session_terminate_session(h2->session, error);
}

void edoi_h2_calm(edoi_h2_conn *h2, const char *reason) {
    guard_end(h2, reason, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* ---- PINGs ----------------------------------------------------------------------------------- */

/* The client pings too often. It is told so in words, which clients of gRPC know (its A8), in front
 * of the GOAWAY that ends the session. */
static void guard_end_pings(edoi_h2_conn *h2) {
    if (h2->guard.reason) return;
    (void)nghttp2_submit_goaway(
        h2->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h2->session),
        NGHTTP2_ENHANCE_YOUR_CALM, (const uint8_t *)PINGS_TEXT, sizeof PINGS_TEXT - 1);
    edoi_h2_calm(h2, "too many PINGs");
}

static void guard_ping(edoi_h2_conn *h2) {
    edoi_h2_guard *g = &h2->guard;
    const edo_duration least = h2->shared->opts.ping_min;
    if (least.ns <= 0) return;
    const edo_instant now = edo_now();
    if (g->pinged_at.ns != 0 && edo_instant_since(now, g->pinged_at).ns < least.ns) g->strikes_n++;
    g->pinged_at = now;
    if (g->strikes_n > STRIKES_MAX) guard_end_pings(h2);
}

void edoi_h2_guard_forgive(edoi_h2_conn *h2) {
    h2->guard.pinged_at = (edo_instant){ 0 };
    h2->guard.strikes_n = 0;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

void edoi_h2_guard_reset(edoi_h2_conn *h2) {
    const uint32_t most = h2->shared->opts.resets_max;
    if (!edoi_h2_bucket_take(&h2->guard.resets, most, most)) edoi_h2_calm(h2, "too many resets");
}

/* A request was taken back before its handler has begun. */
static void guard_waste(edoi_h2_conn *h2) {
    const uint32_t most = h2->shared->opts.resets_max;
    edoi_h2_bucket *b = &h2->guard.resets;
    edoi_http_count_http2_reset(h2->conn->server, EDOI_HTTP2_WASTED);
    if (edoi_h2_bucket_take(b, most, most)) return;
    if (!edoi_h2_bucket_owe(b, most)) edoi_h2_calm(h2, "too many resets");
}

/* May the client have waited for its response before it has taken the request back? The server
 * cannot see when a frame has come, nor may it count how late it is itself: a head and its reset
 * are read together where it is busy. What it knows is how many calls a client can give up that
 * keeps to `streams_max` and waits a little for each: more in the time that has passed no client
 * makes that wants responses. A head of which a few bytes make many counts as several calls. */
static bool guard_may_be_late(edoi_h2_conn *h2, uint32_t bytes) {
    const uint32_t streams = h2->shared->opts.streams_max;
    const uint32_t per_s = CALLS_PER_S * (streams < PLACES_MAX ? streams : PLACES_MAX);
    const uint32_t cost = 1 + bytes / CALL_BYTES;
    return edoi_h2_bucket_take_n(&h2->guard.late, cost, per_s, per_s);
}

static void guard_take_frame(edoi_h2_conn *h2) {
    if (!edoi_h2_bucket_take(&h2->guard.frames, FRAMES_PER_S, FRAMES_MAX))
        edoi_h2_calm(h2, "too many frames that carry nothing");
}

/* The client takes a request back. Where its handler has begun, `forsaken_n` limits the handlers.
 * Where it has not, that is a waste; but calls that end by cancel or by their time are what clients
 * make, the more the busier the server is. */
static void guard_take_back(edoi_h2_conn *h2, nghttp2_session *session, int32_t id) {
    const edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    if (s && edoi_h2_fiber_has_begun(&s->fiber)) return;
    const bool is_late = guard_may_be_late(h2, s ? s->in.counted : 0);
    if (s && is_late)
        edoi_http_count_http2_reset(h2->conn->server, EDOI_HTTP2_LATE);
    else if (s)
        guard_waste(h2);
    else if (!is_late)
        guard_take_frame(h2); // it has crossed with the end of the response
}

bool edoi_h2_guard_drops_reset(edoi_h2_conn *h2, edo_str frame) {
    const uint32_t id = edo_load_u32be(frame.ptr + 5);
    const int32_t stream = (int32_t)(id & INT32_MAX); // the highest bit means nothing
    if (!h2->has_grpc || stream % 2 == 0 || stream <= h2->guard.last_id) return false;
    if (!guard_may_be_late(h2, 0)) guard_take_frame(h2);
    return true;
}

/* ---- Heads of streams that are over, or were left out (RFC 9113, 5.1 and 5.1.1) -------------- */

void edoi_h2_guard_opened(edoi_h2_conn *h2, int32_t id) {
    edoi_h2_guard *g = &h2->guard;
    if (id > g->last_id + 2) {
        g->gap_from = g->last_id + 2;
        g->gap_to = id - 2;
    }
    g->last_id = id;
}

void edoi_h2_guard_cut(edoi_h2_conn *h2, int32_t id) {
    edoi_h2_cuts *c = &h2->guard.cuts;
    int32_t *at = &c->ids[c->n++ % EDOI_H2_CUTS_MAX];
    if (*at > c->lost_max) c->lost_max = *at;
    *at = id;
}

int edoi_h2_on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                             void *h2) {
    (void)session;
    if (error == NGHTTP2_ERR_REFUSED_STREAM && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        edoi_h2_guard_cut(h2, frame->hd.stream_id);
    return 0;
}

/* May trailers of this stream have crossed a reset of ours? They come once. */
static bool guard_take_cut(edoi_h2_cuts *c, int32_t id) {
    for (size_t i = 0; i < EDOI_H2_CUTS_MAX; i++) {
        if (c->ids[i] != id) continue;
        c->ids[i] = 0;
        return true;
    }
    return id % 2 == 1 && id <= c->lost_max;
}

/* nghttp2 passes such heads over, since it forgets streams. */
static void guard_head(edoi_h2_conn *h2, nghttp2_session *session, int32_t id) {
    edoi_h2_guard *g = &h2->guard;
    if (id > nghttp2_session_get_last_proc_stream_id(session)) return;
    if (nghttp2_session_get_stream_user_data(session, id)) return;
    bool was_open = id % 2 == 1 && !(id >= g->gap_from && id <= g->gap_to);
    if (guard_take_cut(&g->cuts, id))
        guard_take_frame(h2);
    else
        guard_end(h2, "a head of a stream that is over, or was left out",
                  was_open ? NGHTTP2_STREAM_CLOSED : NGHTTP2_PROTOCOL_ERROR);
}

static bool guard_is_idle_frame(const nghttp2_frame_hd *hd) {
    switch (hd->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM: return false;
    case NGHTTP2_DATA: return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
    default: return true;
    }
}

int edoi_h2_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg) {
    edoi_h2_conn *h2 = arg;
    if (hd->type == NGHTTP2_RST_STREAM) guard_take_back(h2, session, hd->stream_id);
    if (hd->type == NGHTTP2_PING && !(hd->flags & NGHTTP2_FLAG_ACK)) guard_ping(h2);
    if (hd->type == NGHTTP2_HEADERS) guard_head(h2, session, hd->stream_id);
    if (guard_is_idle_frame(hd)) guard_take_frame(h2);
    return 0;
}

void edoi_h2_guard_data(edoi_h2_conn *h2, const nghttp2_data *data) {
    bool is_padding = data->hd.length > 0 && data->hd.length == data->padlen;
    if (is_padding && !(data->hd.flags & NGHTTP2_FLAG_END_STREAM)) guard_take_frame(h2);
}

void edoi_h2_guard_buy(edoi_h2_conn *h2, uint32_t n) {
    edoi_h2_bucket_put(&h2->guard.frames, n, FRAMES_MAX);
}

void edoi_h2_guard_buy_reset(edoi_h2_conn *h2) {
    edoi_h2_bucket_put(&h2->guard.resets, 1, h2->shared->opts.resets_max);
}

bool edoi_h2_guard_is_clogged(const edoi_h2_conn *h2) {
    size_t most = WAITING_MAX + (size_t)STREAM_MAX * h2->shared->opts.streams_max;
    return nghttp2_session_get_outbound_queue_size(h2->session) > most;
}

bool edoi_h2_guard_has_room(edoi_h2_conn *h2) {
    const uint32_t most = h2->shared->opts.resets_max;
    if (!h2->guard.reason && edoi_h2_bucket_owes(&h2->guard.resets, most, most)) {
        edoi_http_count_http2_reset(h2->conn->server, EDOI_HTTP2_SHED);
        return false;
    }
    return !h2->guard.reason && h2->guard.forsaken_n < h2->shared->opts.streams_max &&
           h2->guard.heads <= HEADS_MAX;
}
