/* SPDX-License-Identifier: MIT */
/* web/ws/out/flush.c: sends the gathered bytes while the task that would send them waits for
 * something else, and the queue. A flusher does it, which begins when the first frame gathers, or
 * when a posted frame does not fit into the socket. In most cases the gathered bytes have left
 * before it runs. */
#include "base/assert.h"
#include "web/posts/flusher.h"
#include "web/ws/ws.h"

#include <errno.h>

/* Takes what is to be written next: the gathered bytes go before the queue. The task that has ended
 * all sending has seen to the connection. */
static int ws_next(void *owner, edoi_post **post, edo_str *bytes) {
    edo_ws *ws = owner;
    if (edoi_ws_send_error(ws) < 0) {
        edoi_ws_drop_queue(ws);
        return 0;
    }
    *bytes = edoi_ws_gathered_of(ws);
    if ((*post = edoi_ws_take_gathered(ws))) return 1;
    edo_ws_frame *f = edoi_ws_next_frame(ws);
    if (!f) return 0;
    *post = &f->post;
    *bytes = (edo_str){ f->bytes, f->post.n };
    return 1;
}

static void ws_wrote(void *owner) {
    EDO_INV("ws inv. 1", edoi_ws_is_sending(owner));
    edoi_ws_note_write(owner);
}

static void ws_ended(void *owner, int err) {
    edo_ws *ws = owner;
    if (err < 0) {
        if (edoi_ws_send_error(ws) == 0) edoi_ws_break(ws, err);
        edoi_ws_drop_queue(ws);
    } else { // relaxed: `sending` is held
        edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
        edoi_ws_begin_farewell(ws);
    }
}

static int flush_start(edo_ws *ws, edoi_post *post, edo_str rest) {
    static const edoi_flusher_ops ops = { .next = ws_next, .wrote = ws_wrote, .ended = ws_ended };
    edoi_flush f = { .ops = &ops,
                     .owner = ws,
                     .stream = ws->stream,
                     .sending = &ws->writer.sending,
                     .limit = edoi_ws_write_timeout(ws) };
    return edoi_flusher_start(&f, post, rest);
}

int edoi_ws_start_flusher(edo_ws *ws) {
    return flush_start(ws, NULL, EDO_STR(""));
}

int edoi_ws_start_rest(edo_ws *ws, edo_ws_frame *frame, size_t at) {
    return flush_start(ws, &frame->post, (edo_str){ frame->bytes + at, frame->post.n - at });
}
