/* SPDX-License-Identifier: MIT */
/* http2/guard.c: see h2.h. */
#include "http2/h2.h"

#define EDO_TARGET "http"
#include <edo/trace.h>

#define TOKEN        1000 /* thousandths */
#define FRAMES_MAX   1000 /* that carry nothing, at once */
#define FRAMES_PER_S 100
#define HEADS_MAX    ((size_t)1 << 20) /* bytes of fields of all requests of a connection */

/* ---- Tokens ---------------------------------------------------------------------------------- */

static void bucket_put(edoi_h2_bucket *b, int64_t thousandths, uint32_t most) {
    int64_t full = (int64_t)most * TOKEN;
    b->left = full - b->left < thousandths ? full : b->left + thousandths;
}

/* Puts in what the time since the last filling has brought. */
static void bucket_fill(edoi_h2_bucket *b, uint32_t per_s, uint32_t most) {
    int64_t now_ns = edo_now().ns, ms = (now_ns - b->filled_ns) / 1000000;
    if (ms <= 0) return;
    int64_t full_ms = (int64_t)most * TOKEN / per_s + 1;
    bucket_put(b, (ms < full_ms ? ms : full_ms) * per_s, most);
    b->filled_ns = now_ns;
}

/* Returns false if there is none, also after a look at the clock. */
static bool bucket_take(edoi_h2_bucket *b, uint32_t per_s, uint32_t most) {
    if (b->left < TOKEN) bucket_fill(b, per_s, most);
    if (b->left < TOKEN) return false;
    b->left -= TOKEN;
    return true;
}

/* ---- The guard ------------------------------------------------------------------------------- */

void edoi_h2_guard_begin(edoi_h2_conn *h2) {
    int64_t now_ns = edo_now().ns;
    h2->guard.resets = (edoi_h2_bucket){ (int64_t)h2->shared->opts.resets_max * TOKEN, now_ns };
    h2->guard.frames = (edoi_h2_bucket){ FRAMES_MAX * TOKEN, now_ns };
}

void edoi_h2_calm(edoi_h2_conn *h2, const char *reason) {
    if (h2->guard.reason) return;
    h2->guard.reason = reason;
    edo_debug("a connection of HTTP/2 ends: %s", reason);
    edoi_http_count_http2_ended(h2->conn->server, reason);
    (void)nghttp2_session_terminate_session(h2->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void edoi_h2_guard_reset(edoi_h2_conn *h2) {
    uint32_t most = h2->shared->opts.resets_max;
    if (!bucket_take(&h2->guard.resets, most, most)) edoi_h2_calm(h2, "too many resets");
}

static bool guard_is_idle_frame(const nghttp2_frame_hd *hd) {
    switch (hd->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_GOAWAY: return false;
    case NGHTTP2_DATA: return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
    default: return true;
    }
}

int edoi_h2_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg) {
    edoi_h2_conn *h2 = arg;
    (void)session;
    if (hd->type == NGHTTP2_RST_STREAM) edoi_h2_guard_reset(h2);
    if (guard_is_idle_frame(hd) && !bucket_take(&h2->guard.frames, FRAMES_PER_S, FRAMES_MAX))
        edoi_h2_calm(h2, "too many frames that carry nothing");
    return 0;
}

void edoi_h2_guard_buy(edoi_h2_conn *h2, uint32_t n) {
    bucket_put(&h2->guard.frames, (int64_t)n * TOKEN, FRAMES_MAX);
}

bool edoi_h2_guard_has_room(const edoi_h2_conn *h2) {
    return !h2->guard.reason && h2->guard.forsaken_n < h2->shared->opts.streams_max &&
           h2->guard.heads <= HEADS_MAX;
}
