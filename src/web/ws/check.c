/* SPDX-License-Identifier: MIT */
/* web/ws/check.c: walks a WebSocket, and asserts that its parts fit together. Debug builds do it
 * behind each receive and each run, and at the end. */
#include "base/assert.h"
#include "web/ws/ws.h"

#ifdef EDO_DEBUG

static void ws_check_reader(const edo_ws *ws) {
    const edoi_ws_reader *r = &ws->reader;
    const edoi_ws_reading *in = r->in;
    EDO_INV("ws inv. 6", r->code != 0 || (!r->has_failed && !r->has_drained && !r->is_telling &&
                                          r->reason_n == 0));
    EDO_INV("ws inv. 6", r->reason_n <= EDOI_WS_CONTROL_MAX - 2);
    if (!in) return;
    EDO_INV("ws inv. 6", in->begin <= in->end && in->end <= in->cap);
    EDO_INV("ws inv. 6", !in->in_frame || in->taken <= in->frame.length);
    EDO_INV("ws inv. 6", !in->expansion.machine || ws->deflate);
}

static void check_writer(const edoi_ws_writer *w) {
    const edoi_ws_gathered *out = w->out;
    EDO_INV("ws inv. 7", edoi_load_rlx_u16(&w->has_out) == (out != NULL));
    EDO_INV("ws inv. 3", !out || (out->begin < out->n && out->n <= EDOI_WS_OUT_BYTES));
    EDO_INV("ws inv. 7", edoi_load_rlx_u16(&w->close_sent) <= EDOI_WS_CLOSE_WRITTEN);
    EDO_INV("ws inv. 7",
            w->piece_kind == 0 || w->piece_kind == EDO_WS_TEXT || w->piece_kind == EDO_WS_BINARY);
}

static void ws_check_queue(const edoi_post_queue *q, const edoi_ws_writer *w) {
    const edoi_post_ring *ring = q->ring;
    edoi_posts_check(q);
    if (!ring) return;
    EDO_INV("ws inv. 5", ring->n == 0 || ring->is_flushing || w->piece_kind != 0);
}

void edoi_ws_check(edo_ws *ws) {
    ws_check_reader(ws);
    check_writer(&ws->writer);
    pthread_mutex_lock(&ws->queue.lock);
    ws_check_queue(&ws->queue, &ws->writer);
    pthread_mutex_unlock(&ws->queue.lock);
}

void edoi_ws_check_received(edo_ws *ws) {
    if (edo_mutex_try_lock(&ws->writer.sending) < 0) {
        ws_check_reader(ws);
        return;
    }
    edoi_ws_check(ws);
    edo_mutex_unlock(&ws->writer.sending);
}

#endif
