/* SPDX-License-Identifier: MIT */
/* web/ws/post.c: frames that are sent without waiting: encoded once, shared by all that they go to,
 * and queued, up to a bound, where the peer does not read. */
#include "web/ws/ws.h"

#include <errno.h>

#define QUEUE_MAX       256u
#define QUEUE_BYTES_MAX ((size_t)1 << 20)
#define QUEUE_FIRST     8u
#define DEFLATE_MAX     ((size_t)64 << 10) /* bytes of a message that is compressed when it is posted */

/* ---- Frames ---------------------------------------------------------------------------------- */

static bool is_close(const edo_ws_frame *f) {
    return f->opcode == EDOI_WS_CLOSE;
}

static void frame_deinit(void *self) {
    edo_ws_frame *f = self;
    for (size_t i = 0; i < EDO_COUNT(f->deflated); i++) {
        edo_ws_frame *deflated = edoi_load_rlx_ptr(&f->deflated[i]); // relaxed: the last reference
        if (deflated != f) edo_rc_unref(deflated);
    }
}

static int frame_new(edo_ws_frame **out, unsigned opcode, edo_str payload) {
    char head[EDOI_WS_HEAD_MAX];
    size_t head_n = edoi_ws_head_print(head, opcode, true, payload.len, NULL);
    edo_ws_frame *f = edo_rc_new(sizeof *f + head_n + payload.len, frame_deinit);
    if (!f) return -ENOMEM;
    *f = (edo_ws_frame){ .n = head_n + payload.len,
                         .opcode = (uint8_t)opcode,
                         .head_n = (uint8_t)head_n };
    memcpy(f->bytes, head, head_n);
    if (payload.len > 0) memcpy(f->bytes + head_n, payload.ptr, payload.len);
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

/* Returns the frame compressed, which is new, or `f` itself if that is not smaller. NULL: no
 * memory. */
static edo_ws_frame *compress(edo_ws *ws, edo_ws_frame *f) {
    edo_buf small = { 0 };
    edo_ws_frame *made = NULL;
    edo_str payload = { f->bytes + f->head_n, f->n - f->head_n };
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
 * first one, since all can expand it. What is large is not compressed here, where nothing waits. */
static bool shares_deflated(const edo_ws *ws, const edo_ws_frame *f) {
    const edoi_ws_deflate *d = ws->deflate;
    size_t n = f->n - f->head_n;
    return d && !d->agreed.our_context && f->opcode < EDOI_WS_CLOSE && n >= EDOI_WS_DEFLATE_MIN &&
           n <= DEFLATE_MAX;
}

/* Returns the frame as this socket gets it. Borrows from `f`. */
static edo_ws_frame *form_for(edo_ws *ws, edo_ws_frame *f) {
    if (!shares_deflated(ws, f)) return f;
    edo_atomic_ptr *at = &f->deflated[ws->deflate->agreed.our_bits - EDOI_WS_BITS_MIN];
    edo_ws_frame *deflated = edoi_load_acq_ptr(at); // WF1: pairs with WF2
    if (deflated) return deflated;
    edo_ws_frame *made = compress(ws, f);
    if (!made) return f;
    void *before = NULL;
    if (edoi_cas_acqrel_ptr(at, &before, made)) return made; // WF2: pairs with WF1
    if (made != f) edo_rc_unref(made);                       // another task was faster
    return before;
}

/* ---- The queue ------------------------------------------------------------------------------- */

/* With `lock` held, and something queued. */
static edo_ws_frame *pop(edoi_ws_queue *q) {
    edo_ws_frame *f = q->ring[q->first];
    q->first = (q->first + 1) % q->cap;
    q->n--;
    q->bytes -= f->n;
    return f;
}

/* With `lock` held: makes room for one more. */
static bool grow(edo_ws *ws) {
    edoi_ws_queue *old = ws->queue;
    if (old && old->n < old->cap) return true;
    uint32_t cap = old ? 2 * old->cap : QUEUE_FIRST;
    edoi_ws_queue *q = edo_rc_new(sizeof *q + cap * sizeof(edo_ws_frame *), NULL);
    if (!q) return false;
    *q = (edoi_ws_queue){ .cap = cap };
    if (old) {
        q->bytes = old->bytes;
        for (; q->n < old->n; q->n++) q->ring[q->n] = old->ring[(old->first + q->n) % old->cap];
    }
    edo_rc_unref(old);
    ws->queue = q;
    return true;
}

/* May a frame of the queue go now? Not within a message that is sent in pieces, unless a close is
 * queued: then the message is never ended. With `lock` held, as a close is queued with it. */
static bool may_go(const edo_ws *ws) {
    return ws->piece_kind == 0 || edoi_ws_is_after_close(ws);
}

static edo_ws_frame *take_oldest(edo_ws *ws, bool drops) {
    edo_ws_frame *f = NULL;
    pthread_mutex_lock(&ws->lock);
    bool is_empty = !ws->queue || ws->queue->n == 0;
    if (!is_empty && (drops || may_go(ws))) {
        f = pop(ws->queue);
    } else {
        ws->is_flushing = false;
    }
    if (is_empty) {
        edo_rc_unref(ws->queue);
        ws->queue = NULL;
    }
    pthread_mutex_unlock(&ws->lock);
    return f;
}

edo_ws_frame *edoi_ws_next_frame(edo_ws *ws) {
    // relaxed: `sending` is held
    if (edoi_load_rlx_u32(&ws->close_sent) == EDOI_WS_CLOSE_WRITTEN) edoi_ws_drop_queue(ws);
    edo_ws_frame *f = take_oldest(ws, false);
    while (f && ws->piece_kind && !is_close(f)) { // of a message in pieces a close alone is the end
        edo_rc_unref(f);
        f = take_oldest(ws, false);
    }
    return f;
}

void edoi_ws_resume_queue(edo_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    bool has_to = ws->queue && ws->queue->n > 0 && !ws->is_flushing;
    if (has_to) ws->is_flushing = true;
    pthread_mutex_unlock(&ws->lock);
    if (has_to && edoi_ws_start_flusher(ws) < 0) edo_close(edo_stream_ref(ws->stream));
}

void edoi_ws_drop_queue(edo_ws *ws) {
    edo_ws_frame *f;
    while ((f = take_oldest(ws, true))) edo_rc_unref(f);
}

/* With `lock` held: is there a place for `f`? With `drop_oldest` there is, for a frame that is not
 * larger than the queue may be. */
static bool has_place(edo_ws *ws, const edo_ws_frame *f) {
    const edo_ws_opts *o = ws->opts;
    edoi_ws_queue *q = ws->queue;
    uint32_t most = o->queue_max > 0 ? o->queue_max : QUEUE_MAX;
    size_t bytes_max = o->queue_bytes_max > 0 ? o->queue_bytes_max : QUEUE_BYTES_MAX;
    if (f->n > bytes_max) return false;
    while (q && (q->n >= most || q->bytes + f->n > bytes_max)) {
        if (!o->drop_oldest) return false;
        edo_rc_unref(pop(q));
        edo_counter_add(o->dropped, 1);
    }
    return true;
}

/* With `lock` held: the first close is queued. Relaxed: a close that is written meanwhile drops the
 * queue (edoi_ws_next_frame()). */
static bool note_close(edo_ws *ws) {
    uint32_t state = EDOI_WS_NO_CLOSE;
    return edoi_cas_rlx_u32(&ws->close_sent, &state, EDOI_WS_CLOSE_QUEUED);
}

/* With `lock` held: 1: a flusher has to be started. */
static int push(edo_ws *ws, edo_ws_frame *f) {
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED; // and nothing of the queue makes room
    if (!is_close(f) && !has_place(ws, f)) {             // the bound is not for a close
        edo_counter_add(ws->opts->dropped, 1);
        return -ENOBUFS;
    }
    if (!grow(ws)) return -ENOMEM;
    if (is_close(f) && !note_close(ws)) return -EDO_ECLOSED;
    edoi_ws_queue *q = ws->queue;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): grow() has set `cap`
    q->ring[(q->first + q->n++) % q->cap] = edo_rc_ref(f);
    q->bytes += f->n;
    bool is_first = !ws->is_flushing;
    ws->is_flushing = true;
    return is_first;
}

static int enqueue(edo_ws *ws, edo_ws_frame *f) {
    pthread_mutex_lock(&ws->lock);
    int err = push(ws, f);
    pthread_mutex_unlock(&ws->lock);
    if (err == -EDO_ECLOSED) return err;
    if (err == 1) err = edoi_ws_start_flusher(ws);
    if (err < 0) edo_close(edo_stream_ref(ws->stream)); // it has lost a frame, so it ends
    return err;
}

/* ---- Posting --------------------------------------------------------------------------------- */

static bool is_queued(edo_ws *ws) {
    pthread_mutex_lock(&ws->lock);
    bool is = ws->queue && ws->queue->n > 0;
    pthread_mutex_unlock(&ws->lock);
    return is;
}

/* With `sending` held: writes what the socket has room for. Returns how many bytes, -EAGAIN: the
 * frame is to be queued, or a code. */
static int write_now(edo_ws *ws, const edo_ws_frame *f) {
    edo_str bytes = { f->bytes, f->n };
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED;
    if (edoi_ws_broken(ws) < 0) return edoi_ws_broken(ws);
    if (ws->piece_kind || is_queued(ws)) return -EAGAIN;
    if (edoi_ws_gather(ws, bytes, EDO_STR(""))) return (int)bytes.len;
    if (ws->out) return -EAGAIN;
    int n = edo_try_write(ws->stream, bytes.ptr, bytes.len);
    if (n < 0 && n != -EAGAIN) edoi_ws_break(ws, -EPIPE);
    return n;
}

/* Takes `sending`. As write_now(), of the frame or none of it. */
static int begin(edo_ws *ws, edo_ws_frame *f) {
    int n = write_now(ws, f);
    if (n >= 0 && is_close(f)) edoi_store_rlx_u32(&ws->close_sent, EDOI_WS_CLOSE_WRITTEN);
    if (n >= 0 && (size_t)n < f->n) {
        n = edoi_ws_start_rest(ws, f, (size_t)n);
        if (n == 0) return 0;
        edoi_ws_break(ws, -EPIPE);
        edo_close(edo_stream_ref(ws->stream)); // the receiver hears of it
    }
    if (n >= 0 && is_close(f)) edoi_ws_begin_farewell(ws);
    edo_mutex_unlock(&ws->sending);
    return n < 0 ? n : 0;
}

static int post(edo_ws *ws, edo_ws_frame *f) {
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED;
    int err = edo_mutex_try_lock(&ws->sending) == 0 ? begin(ws, f) : -EAGAIN;
    return err == -EAGAIN ? enqueue(ws, f) : err;
}

int edo_ws_post(edo_ws *ws, edo_ws_frame *f) {
    if (ws->masks) return -ENOTSUP;
    return post(ws, form_for(ws, f));
}

size_t edo_ws_broadcast(edo_ws *const *sockets, size_t n, edo_ws_frame *f) {
    size_t done = 0;
    for (size_t i = 0; i < n; i++) done += edo_ws_post(sockets[i], f) == 0;
    return done;
}

int edo_ws_close(edo_ws *ws, uint16_t code, const char *reason) {
    edo_str text = reason ? edo_str_of(reason) : EDO_STR("");
    char payload[EDOI_WS_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    edo_ws_frame *f;
    if (ws->masks) return -ENOTSUP;
    if (!edoi_ws_is_end(code, text)) return -EINVAL;
    if (text.len > 0) memcpy(payload + 2, text.ptr, text.len);
    int err = frame_new(&f, EDOI_WS_CLOSE, (edo_str){ payload, 2 + text.len });
    if (err < 0) return err;
    err = post(ws, f);
    edo_rc_unref(f);
    return err;
}

/* ---- Sharing --------------------------------------------------------------------------------- */

edo_ws *edo_ws_ref(edo_ws *ws) {
    return edo_rc_ref(ws);
}

void edo_ws_unref(edo_ws *ws) {
    edo_rc_unref(ws);
}
