/* SPDX-License-Identifier: MIT */
/* web/ws/out/post.c: sends without waiting. A frame is encoded once, shared by all sockets that it
 * goes to, and queued, up to a bound, where the peer does not read. */
#include "base/assert.h"
#include "net/tcp/taken.h"
#include "web/ws/ws.h"
#include <edo/json.h>

#include <errno.h>

#define DEFLATE_MAX ((size_t)64 << 10) /* bytes of a message that is compressed when it is posted */

/* ---- Frames ---------------------------------------------------------------------------------- */

static void post_frame_deinit(void *self) {
    edo_ws_frame *f = self;
    for (size_t i = 0; i < EDO_COUNT(f->deflated); i++) {
        edo_ws_frame *deflated = edoi_load_rlx_ptr(&f->deflated[i]); // relaxed: the last reference
        if (deflated != f) edo_rc_unref(deflated);
    }
}

static int frame_new(edo_ws_frame **out, unsigned opcode, edo_str payload) {
    char head[EDOI_WS_HEAD_MAX];
    size_t head_n = edoi_ws_head_print(head, opcode, true, payload.len, NULL);
    edo_ws_frame *f = edo_rc_new(sizeof *f + head_n + payload.len, post_frame_deinit);
    if (!f) return -ENOMEM;
    *f = (edo_ws_frame){ .post = { head_n + payload.len, opcode == EDOI_WS_CLOSE },
                         .opcode = (uint8_t)opcode,
                         .head_n = (uint8_t)head_n };
    memcpy(f->bytes, head, head_n);
    if (payload.len > 0) memcpy(f->bytes + head_n, payload.ptr, payload.len);
    *out = f;
    return 0;
}

int edoi_ws_frame_of(edo_ws_frame **out, edoi_ws_opcode opcode, edo_str gathered, edo_str frame) {
    size_t n = gathered.len + frame.len;
    edo_ws_frame *f = edo_rc_new(sizeof *f + n, post_frame_deinit);
    if (!f) return -ENOMEM;
    *f = (edo_ws_frame){ .post = { n, opcode == EDOI_WS_CLOSE }, .opcode = (uint8_t)opcode };
    if (gathered.len > 0) memcpy(f->bytes, gathered.ptr, gathered.len);
    memcpy(f->bytes + gathered.len, frame.ptr, frame.len);
    *out = f;
    return 0;
}

int edo_ws_frame_new(edo_ws_frame **out, const edo_ws_message *m) {
    if (m->kind == EDO_WS_TEXT && !edo_str_is_utf8(m->data)) return -EILSEQ;
    return frame_new(out, m->kind == EDO_WS_TEXT ? EDOI_WS_TEXT : EDOI_WS_BINARY, m->data);
}

edo_ws_frame *edo_ws_frame_ref(edo_ws_frame *f) {
    return edo_rc_ref(f);
}

void edo_ws_frame_unref(edo_ws_frame *f) {
    edo_rc_unref(f);
}

/* Compresses the frame. Returns a new one, or `f` itself if that is not smaller, or NULL without
 * memory. */
static edo_ws_frame *ws_compress(edo_ws *ws, edo_ws_frame *f) {
    edo_buf small = { 0 };
    edo_ws_frame *made = NULL;
    edo_str payload = { f->bytes + f->head_n, f->post.n - f->head_n };
    int err = edoi_ws_compress(ws->deflate, payload, &small);
    if (err == 0 && small.len >= payload.len) {
        made = f;
    } else if (err == 0) {
        (void)frame_new(&made, f->opcode | EDOI_WS_RSV1, (edo_str){ small.ptr, small.len });
    }
    edo_buf_deinit(&small);
    return made;
}

/* Is there a compressed form that all sockets with this window share? Its level is that of the
 * first socket, since all can expand it. A large frame is not compressed here, where no task may
 * wait. */
static bool shares_deflated(const edo_ws *ws, const edo_ws_frame *f) {
    const edoi_ws_deflate *d = ws->deflate;
    size_t n = f->post.n - f->head_n;
    return d && !d->agreed.our_context && f->opcode < EDOI_WS_CLOSE && n >= EDOI_WS_DEFLATE_MIN &&
           n <= DEFLATE_MAX;
}

/* Returns the frame in the form for this socket. Borrows from `f`. */
static edo_ws_frame *form_for(edo_ws *ws, edo_ws_frame *f) {
    if (!shares_deflated(ws, f)) return f;
    edo_atomic_ptr *at = &f->deflated[ws->deflate->agreed.our_bits - EDOI_WS_BITS_MIN];
    edo_ws_frame *deflated = edoi_load_acq_ptr(at); // WF1: pairs with WF2
    if (deflated) return deflated;
    edo_ws_frame *made = ws_compress(ws, f);
    if (!made) return f;
    void *before = NULL;
    if (edoi_cas_acqrel_ptr(at, &before, made)) return made; // WF2: pairs with WF1
    if (made != f) edo_rc_unref(made);                       // another thread was faster
    return before;
}

/* ---- The queue ------------------------------------------------------------------------------- */

/* May a frame of the queue be sent now? Not within a message in pieces, unless a close is queued:
 * then the message is never ended. Called with `lock` held, under which closes are queued. */
static bool ws_may_go(const edo_ws *ws) {
    return ws->writer.piece_kind == 0 || edoi_ws_is_after_close(ws);
}

static edo_ws_frame *ws_take_oldest(edo_ws *ws) {
    edoi_posts_gone gone = { .n = 0 };
    edoi_post *p = NULL;
    pthread_mutex_lock(&ws->queue.lock);
    if (edoi_posts_count(&ws->queue) == 0 || ws_may_go(ws)) {
        p = edoi_posts_take(&ws->queue, &gone);
    } else {
        ws->queue.ring->is_flushing = false;
    }
    pthread_mutex_unlock(&ws->queue.lock);
    edoi_posts_give_back(&gone);
    return (edo_ws_frame *)(void *)p;
}

edo_ws_frame *edoi_ws_next_frame(edo_ws *ws) {
    // relaxed: `sending` is held
    if (edoi_load_rlx_u16(&ws->writer.close_sent) == EDOI_WS_CLOSE_WRITTEN) edoi_ws_drop_queue(ws);
    edo_ws_frame *f = ws_take_oldest(ws);
    while (f && ws->writer.piece_kind &&
           !f->post.is_last) { // after a message in pieces only a close is sent
        edo_rc_unref(f);
        f = ws_take_oldest(ws);
    }
    return f;
}

void edoi_ws_resume_queue(edo_ws *ws) {
    pthread_mutex_lock(&ws->queue.lock);
    bool has_to = edoi_posts_count(&ws->queue) > 0 && !ws->queue.ring->is_flushing;
    if (has_to) ws->queue.ring->is_flushing = true;
    pthread_mutex_unlock(&ws->queue.lock);
    if (has_to && edoi_ws_start_flusher(ws) < 0) edoi_tcp_break_off(ws->stream);
}

void edoi_ws_drop_queue(edo_ws *ws) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&ws->queue.lock);
    edoi_posts_drop(&ws->queue, &gone);
    pthread_mutex_unlock(&ws->queue.lock);
    edoi_posts_give_back(&gone);
}

/* Notes that a close is queued. Returns false if one was before. Called with `lock` held. Relaxed:
 * a close that is written meanwhile drops the queue (edoi_ws_next_frame()). */
static bool note_close(edo_ws *ws) {
    uint16_t state = EDOI_WS_NO_CLOSE;
    return edoi_cas_rlx_u16(&ws->writer.close_sent, &state, EDOI_WS_CLOSE_QUEUED);
}

/* Queues the frame; a close has no bound. Returns as edoi_posts_push(), or -EDO_ECLOSED. Called
 * with `lock` held. */
static int ws_push(edo_ws *ws, edo_ws_frame *f, edoi_posts_gone *gone) {
    const edo_ws_opts *o = ws->opts;
    const edoi_post_bounds bounds = { .posts_max = o->queue_max,
                                      .bytes_max = o->queue_bytes_max,
                                      .drop_oldest = o->drop_oldest,
                                      .dropped = o->dropped };
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED; // first: no queued frame is dropped for it
    if (!f->post.is_last) return edoi_posts_push(&ws->queue, &f->post, &bounds, gone);
    return note_close(ws) ? edoi_posts_push(&ws->queue, &f->post, NULL, gone) : -EDO_ECLOSED;
}

static int ws_try_push(edo_ws *ws, edo_ws_frame *f) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&ws->queue.lock);
    int err = ws_push(ws, f, &gone);
    pthread_mutex_unlock(&ws->queue.lock);
    edoi_posts_give_back(&gone);
    return err;
}

static int enqueue(edo_ws *ws, edo_ws_frame *f) {
    int err;
    while ((err = ws_try_push(ws, f)) == -EAGAIN) continue; // some of the oldest are left out
    if (err == -EDO_ECLOSED) return err;
    if (err == 1) err = edoi_ws_start_flusher(ws);
    if (err < 0) edoi_tcp_break_off(ws->stream); // a socket that has lost a frame ends
    return err;
}

/* ---- Posting --------------------------------------------------------------------------------- */

static bool is_queued(edo_ws *ws) {
    pthread_mutex_lock(&ws->queue.lock);
    bool is = edoi_posts_count(&ws->queue) > 0;
    pthread_mutex_unlock(&ws->queue.lock);
    return is;
}

/* Is the frame to be written now? 1: it is; 0: it has gathered; -EAGAIN: it is to be queued; or a
 * code. Called with `sending` held. */
static int ws_offer(edo_ws *ws, const edo_ws_frame *f) {
    EDO_INV("ws inv. 1", edoi_ws_is_sending(ws));
    edo_str bytes = { f->bytes, f->post.n };
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED;
    if (edoi_ws_send_error(ws) < 0) return edoi_ws_send_error(ws);
    if (ws->writer.piece_kind || is_queued(ws)) return -EAGAIN;
    if (edoi_ws_gather(ws, bytes, EDO_STR(""))) return 0;
    return ws->writer.out ? -EAGAIN : 1;
}

/* `n` bytes of the frame were written, or a code: its rest goes by a flusher. Called with `sending`
 * held, which it or the flusher releases. Returns 0, or a code if none of the frame was written. */
static int ws_settle(edo_ws *ws, edo_ws_frame *f, int n) {
    if (n >= 0 && f->post.is_last)
        edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
    if (n >= 0 && (size_t)n < f->post.n) {
        n = edoi_ws_start_rest(ws, f, (size_t)n);
        if (n == 0) return 0;
        edoi_ws_break(ws, -EPIPE);
        edoi_tcp_break_off(ws->stream); // the receiver notices it
    }
    if (n >= 0 && f->post.is_last) edoi_ws_begin_farewell(ws);
    edo_mutex_unlock(&ws->writer.sending);
    return n < 0 ? n : 0;
}

/* As ws_settle(), of what a write has returned; what there was no room for is queued. */
static int ws_note_written(edo_ws *ws, edo_ws_frame *f, int n) {
    if (n < 0 && n != -EAGAIN) edoi_ws_break(ws, -EPIPE);
    if (n > 0) edoi_ws_note_write(ws);
    int err = ws_settle(ws, f, n);
    return err == -EAGAIN ? enqueue(ws, f) : err;
}

/* Likewise, of a frame that is not to be written, as ws_offer() has said. */
static int ws_take_offer(edo_ws *ws, edo_ws_frame *f, int offered) {
    int err = ws_settle(ws, f, offered == 0 ? (int)f->post.n : offered);
    return err == -EAGAIN ? enqueue(ws, f) : err;
}

/* Returns 1 with `sending` held: the frame is to be written now. Else what has become of it. */
static int ws_begin(edo_ws *ws, edo_ws_frame *f) {
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED;
    if (edo_mutex_try_lock(&ws->writer.sending) < 0) return enqueue(ws, f);
    int offered = ws_offer(ws, f);
    return offered == 1 ? 1 : ws_take_offer(ws, f, offered);
}

static int out_post(edo_ws *ws, edo_ws_frame *f) {
    int begun = ws_begin(ws, f);
    return begun == 1 ? ws_note_written(ws, f, edo_try_write(ws->stream, f->bytes, f->post.n))
                      : begun;
}

int edo_ws_post(edo_ws *ws, edo_ws_frame *f) {
    if (ws->writer.masks) return -ENOTSUP;
    return out_post(ws, form_for(ws, f));
}

int edo_ws_post_json(edo_ws *ws, const void *value, const edo_desc *desc) {
    edo_buf text = { 0 };
    edo_ws_frame *f = NULL;
    int err = edo_json_encode_reply(&text, value, desc);
    if (err >= 0) err = frame_new(&f, EDOI_WS_TEXT, (edo_str){ text.ptr, text.len });
    if (err >= 0) err = edo_ws_post(ws, f);
    edo_rc_unref(f);
    edo_buf_deinit(&text);
    return err;
}

int edo_ws_close(edo_ws *ws, uint16_t code, edo_str reason) {
    char payload[EDOI_WS_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    edo_ws_frame *f;
    if (ws->writer.masks) return -ENOTSUP;
    if (!edoi_ws_is_end(code, reason)) return -EINVAL;
    if (reason.len > 0) memcpy(payload + 2, reason.ptr, reason.len);
    int err = frame_new(&f, EDOI_WS_CLOSE, (edo_str){ payload, 2 + reason.len });
    if (err < 0) return err;
    err = out_post(ws, f);
    edo_rc_unref(f);
    return err;
}

/* ---- To many --------------------------------------------------------------------------------- */

#define WS_MANY 32 /* posts whose writes go together */

/* Posts whose frames are to be written: `sending` of each socket is held. */
typedef struct ws_posts {
    size_t n;
    edo_ws_posting *of[WS_MANY];
    edo_ws_frame *forms[WS_MANY];
    edo_write_to writes[WS_MANY];
} ws_posts;

static void ws_posts_add(ws_posts *p, edo_ws_posting *one) {
    edo_ws *ws = one->ws;
    edo_ws_frame *f = ws->writer.masks ? NULL : form_for(ws, one->frame);
    one->result = f ? ws_begin(ws, f) : -ENOTSUP;
    if (one->result != 1) return;
    p->of[p->n] = one;
    p->forms[p->n] = f;
    p->writes[p->n++] = (edo_write_to){ .to = ws->stream, .buf = f->bytes, .n = f->post.n };
}

static void ws_posts_write(ws_posts *p) {
    edo_try_write_many(p->writes, p->n);
    for (size_t i = 0; i < p->n; i++)
        p->of[i]->result = ws_note_written(p->of[i]->ws, p->forms[i], p->writes[i].result);
    p->n = 0;
}

void edo_ws_post_many(edo_ws_posting *all, size_t n) {
    ws_posts p;
    p.n = 0;
    for (size_t i = 0; i < n; i++) {
        ws_posts_add(&p, &all[i]);
        if (p.n == WS_MANY) ws_posts_write(&p);
    }
    if (p.n > 0) ws_posts_write(&p);
}

size_t edo_ws_broadcast(edo_ws *const *sockets, size_t n, edo_ws_frame *f) {
    edo_ws_posting some[WS_MANY];
    size_t done = 0;
    for (size_t at = 0; at < n; at += WS_MANY) {
        size_t some_n = n - at < WS_MANY ? n - at : WS_MANY;
        for (size_t i = 0; i < some_n; i++) some[i] = (edo_ws_posting){ sockets[at + i], f, 0 };
        edo_ws_post_many(some, some_n);
        for (size_t i = 0; i < some_n; i++) done += some[i].result == 0;
    }
    return done;
}

/* ---- Sharing --------------------------------------------------------------------------------- */

edo_ws *edo_ws_ref(edo_ws *ws) {
    return edo_rc_ref(ws);
}

void edo_ws_unref(edo_ws *ws) {
    edo_rc_unref(ws);
}
