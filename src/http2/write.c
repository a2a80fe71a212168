/* SPDX-License-Identifier: MIT */
/* http2/write.c: what the session has to say, gathered so that one turn is one write; see out.h
 * (inv. 3). */
#include "http2/h2.h"

#include <errno.h>

#define USEFUL_MIN 512u /* of a piece that buys the client frames in any case */
#define TURNS_MAX  4    /* writes in one poll */

int edoi_h2_on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                         size_t n, nghttp2_data_source *source, void *h2) {
    edoi_h2_out *o = edoi_h2_out_here();
    edoi_h2_stream *s = source->ptr;
    (void)session, (void)frame;
    if (edoi_h2_out_is_full(o)) return NGHTTP2_ERR_WOULDBLOCK;
    edo_str piece = { edoi_h2_piece(s).ptr, n };
    if (edoi_h2_out_data(o, head, piece, s)) s->pins++;
    edoi_h2_advance(s, n, &o->spent);
    // an update of a window, and one more or a PING: gRPC's clients send both for each frame. Small
    // pieces of what waits the client makes, by its windows
    if (n >= USEFUL_MIN || edoi_h2_piece(s).len == 0) edoi_h2_guard_buy(h2, 2);
    return 0;
}

/* Lets go what only the write has kept. Called with the lock held. */
static void write_let_go(edoi_h2_out *o) {
    for (size_t i = 0; i < o->pinned_n; i++) {
        edoi_h2_stream *s = o->pinned[i];
        s->pins--;
        edoi_h2_stream_end(s);
    }
    edoi_h2_chunks_free(o->spent);
}

/* One write. Returns as edoi_h2_sink_rest(), and 2 if there was nothing to write. */
static int write_turn(edoi_h2_conn *h2, edo_cx *cx) {
    edoi_h2_out *o = edoi_h2_out_here();
    int rc = edoi_h2_sink_rest(&h2->sink, cx);
    if (rc <= 0) return rc;
    edoi_h2_out_begin(o);
    edoi_h2_lock(h2);
    int err = edoi_h2_out_gather(o, h2->session);
    edoi_h2_unlock(h2);
    if (err == 0 && o->vecs_n > 0) rc = edoi_h2_sink_write(&h2->sink, cx, o);
    edoi_h2_lock(h2);
    write_let_go(o);
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    if (err < 0) return err;
    return rc == 1 && o->vecs_n == 0 ? 2 : rc;
}

void edoi_h2_write(edoi_h2_conn *h2, edo_cx *cx) {
    int rc = 1;
    for (int i = 0; i < TURNS_MAX && rc == 1; i++) rc = write_turn(h2, cx);
    edoi_h2_free_ended(h2);
    if (rc < 0) h2->is_failed = true;
    if (rc == 1) edo_cx_wake(cx); // there is more
}
