/* SPDX-License-Identifier: MIT */
/* web/ws/out/send.c: sends frames one after the other.
 *
 * A frame is written at once, with the gathered bytes before it. While the receiver has more
 * messages at hand, small frames gather instead (inv. 3 of ws.h): replies to messages that came
 * together leave together. */
#include "base/assert.h"
#include "net/tcp/taken.h"
#include "web/ws/ws.h"

#include <edo/random.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

#define MORE     0x100u /* with an opcode: more of the message follows */
#define FINISH_S 1      /* s: the time for the rest of a frame after a cancellation */
#define SOON_MS  100

/* The bytes to write, in this order. */
typedef struct pieces {
    edo_str part[3]; /* the gathered bytes, the head, the payload */
} pieces;

/* Writes as much as there is room for. Returns how many bytes, -EAGAIN for none, or a code. */
static int try_write(edo_ws *ws, const struct iovec *vecs, size_t n) {
    edo_io_wait none = { 0 };
    EDO_INV("ws inv. 1", edoi_ws_is_sending(ws));
    int done = edo_budget_consume();
    if (done < 0) return -EAGAIN; // the code comes from the wait
    if (ws->stream->ops->poll_write(ws->stream, NULL, &none, vecs, n, &done) == EDO_PENDING)
        return -EAGAIN;
    if (done > 0) edoi_ws_note_write(ws);
    return done;
}

/* Writes some bytes. */
static int ws_write_some(edo_ws *ws, const struct iovec *vecs, size_t n) {
    int done = try_write(ws, vecs, n);
    if (done != -EAGAIN) return done;
    edo_deadline d;
    edo_deadline_begin(&d, edoi_ws_write_timeout(ws));
    done = edo_deadline_end(&d, edo_writev(ws->stream, vecs, n));
    if (done > 0) edoi_ws_note_write(ws);
    return done;
}

/* Returns how many buffers are left behind the first `done` bytes. */
static size_t vecs_after(const pieces *p, size_t done, struct iovec vecs[3]) {
    size_t n = 0;
    for (size_t i = 0; i < EDO_COUNT(p->part); i++) {
        size_t skip = done < p->part[i].len ? done : p->part[i].len;
        done -= skip;
        if (skip == p->part[i].len) continue;
        vecs[n++] =
            (struct iovec){ (char *)(uintptr_t)p->part[i].ptr + skip, p->part[i].len - skip };
    }
    return n;
}

/* Writes all pieces. `*done` counts bytes, on failure, too. */
static int write_pieces(edo_ws *ws, const pieces *p, size_t *done) {
    struct iovec vecs[3];
    size_t n;
    while ((n = vecs_after(p, *done, vecs)) > 0) {
        int some = ws_write_some(ws, vecs, n);
        if (some < 0) return some;
        *done += (size_t)some;
    }
    return 0;
}

/* Where the writer of a frame is. All zero: it begins. */
typedef struct frame_way {
    bool has_begun;      /* some of its bytes were written */
    edo_instant ends_at; /* the writer was cut short: the time for the rest; 0: it was not */
} frame_way;

/* Writes all pieces. A frame that has begun goes on although its writer was cut short: nothing can
 * follow a part of one, not even the close. All of its parts have one time for that. */
static int write_frame_pieces(edo_ws *ws, const pieces *p, size_t *done, frame_way *way) {
    int err = write_pieces(ws, p, done);
    way->has_begun |= *done > p->part[0].len;
    if (err != -ECANCELED || !way->has_begun) return err;
    const edo_instant now = edo_now();
    if (way->ends_at.ns == 0) way->ends_at = edo_instant_add(now, edo_s(FINISH_S));
    if (way->ends_at.ns <= now.ns) return err;
    EDO_SHIELD(shield, edo_instant_since(way->ends_at, now));
    return write_pieces(ws, p, done);
}

edoi_post *edoi_ws_take_gathered(edo_ws *ws) {
    edoi_ws_gathered *out = ws->writer.out;
    ws->writer.out = NULL;
    edoi_store_rlx_u16(&ws->writer.has_out, 0); // relaxed: `sending` orders what gathers
    return out ? &out->post : NULL;
}

void edoi_ws_drop_out(edo_ws *ws) {
    edo_rc_unref(edoi_ws_take_gathered(ws));
}

edo_str edoi_ws_gathered_of(const edo_ws *ws) {
    const edoi_ws_gathered *out = ws->writer.out;
    return out ? (edo_str){ out->bytes + out->begin, out->n - out->begin } : EDO_STR("");
}

void edoi_ws_count_gathered(edo_ws *ws, size_t n) {
    edoi_ws_gathered *out = ws->writer.out;
    if (!out) return;
    out->begin += (uint32_t)n;
    if (out->begin == out->n) edoi_ws_drop_out(ws);
}

void edoi_ws_break(edo_ws *ws, int err) {
    edoi_store_rlx_u16(&ws->writer.broken,
                       err == -ETIMEDOUT ? ETIMEDOUT : EPIPE); // relaxed: `sending`
}

/* Ends all sending: a frame was cut short by `err`, or the gathered bytes were not read in time, so
 * nothing can follow. The connection is ended, so that the receiver notices at once; a peer that
 * has left has ended it before. Called with `sending` held. */
static void ws_break_off(edo_ws *ws, int err) {
    if (edoi_ws_send_error(ws) < 0) return;
    edoi_ws_break(ws, err);
    if (err != -EPIPE && err != -ECONNRESET) edoi_tcp_break_off(ws->stream);
}

/* Writes the rest of the gathered bytes and of the frame behind them, of which `done` bytes in all
 * are written. Called with `sending` held. */
static int write_rest(edo_ws *ws, const pieces *p, size_t done, frame_way *way) {
    size_t gathered = p->part[0].len;
    int err = write_frame_pieces(ws, p, &done, way);
    edoi_ws_count_gathered(ws, done < gathered ? done : gathered);
    if (err == -ETIMEDOUT || (err < 0 && done > gathered)) ws_break_off(ws, err);
    return err;
}

static int write_behind(edo_ws *ws, edo_str head, edo_str payload, frame_way *way) {
    pieces p = { { edoi_ws_gathered_of(ws), head, payload } };
    return write_rest(ws, &p, 0, way);
}

#define FEW 512u /* bytes of payload that are copied: one buffer is faster than two */

/* Writes a small frame as one piece, while nothing has gathered. Called with `sending` held. */
static int write_small(edo_ws *ws, edo_str head, edo_str payload) {
    char frame[EDOI_WS_HEAD_MAX + FEW];
    memcpy(frame, head.ptr, head.len);
    memcpy(frame + head.len, payload.ptr, payload.len);
    struct iovec whole = { frame, head.len + payload.len };
    int done = try_write(ws, &whole, 1);
    if (done == (int)whole.iov_len) return 0;
    if (done < 0 && done != -EAGAIN) return done;
    pieces p = { { [1] = { frame, whole.iov_len } } };
    return write_rest(ws, &p, done > 0 ? (size_t)done : 0, &(frame_way){ 0 });
}

/* Makes `out`, and starts a flusher. Returns whether there is one. Called with `sending` held. */
static EDOI_NOINLINE bool begin_gathering(edo_ws *ws) {
    edoi_ws_gathered *out = edo_rc_new(sizeof *out, NULL);
    if (!out) return false;
    out->post = (edoi_post){ 0 };
    out->begin = out->n = 0;
    ws->writer.out = out;
    if (edoi_ws_start_flusher(ws) < 0) {
        edoi_ws_drop_out(ws);
        return false;
    }
    edoi_store_rlx_u16(&ws->writer.has_out, 1); // relaxed: as in edoi_ws_drop_out()
    return true;
}

bool edoi_ws_gather(edo_ws *ws, edo_str head, edo_str payload) {
    edoi_ws_writer *w = &ws->writer;
    if (!edoi_load_rlx_u16(&w->gathers)) return false; // relaxed: a hint of the receiver
    size_t held = w->out ? w->out->n : 0;
    if (held + head.len + payload.len > EDOI_WS_OUT_BYTES) return false;
    if (!w->out && !begin_gathering(ws)) return false;
    memcpy(w->out->bytes + held, head.ptr, head.len);
    if (payload.len > 0) memcpy(w->out->bytes + held + head.len, payload.ptr, payload.len);
    w->out->n += (uint32_t)(head.len + payload.len);
    return true;
}

/* ---- Masks ----------------------------------------------------------------------------------- */

#define CHUNK ((size_t)64 << 10) /* masked at once */

/* Makes a mask that cannot be guessed (RFC 6455 section 10.3). */
static int take_mask(edoi_ws_masks *m, unsigned char mask[4]) {
    if (m->left == 0) {
        int err = edo_random(m->bytes, sizeof m->bytes);
        if (err < 0) return err;
        m->left = sizeof m->bytes;
    }
    m->left -= 4;
    memcpy(mask, m->bytes + m->left, 4);
    return 0;
}

static int write_chunks(edo_ws *ws, char *buf, size_t head_n, edo_str payload,
                        const unsigned char mask[4]) {
    size_t at = 0;
    frame_way way = { 0 };
    do {
        size_t n = payload.len - at < CHUNK ? payload.len - at : CHUNK;
        if (n > 0) memcpy(buf + head_n, payload.ptr + at, n);
        edoi_ws_mask(buf + head_n, n, mask, at);
        int err = write_behind(ws, (edo_str){ buf, head_n + n }, EDO_STR(""), &way);
        if (err < 0 && at > 0) ws_break_off(ws, err);
        if (err < 0) return err;
        at += n;
        head_n = 0;
    } while (at < payload.len);
    return 0;
}

/* Masks a copy of a client's frame, and writes it. */
static int write_masked(edo_ws *ws, unsigned opcode, edo_str payload) {
    unsigned char mask[4];
    char small[EDOI_WS_HEAD_MAX + FEW];
    int err = take_mask(ws->writer.masks, mask);
    if (err < 0) return err;
    char *buf = small;
    if (payload.len > FEW)
        buf = edo_rc_new(EDOI_WS_HEAD_MAX + (payload.len < CHUNK ? payload.len : CHUNK), NULL);
    if (!buf) return -ENOMEM;
    size_t head_n = edoi_ws_head_print(buf, opcode & ~MORE, !(opcode & MORE), payload.len, mask);
    err = write_chunks(ws, buf, head_n, payload, mask);
    if (buf != small) edo_rc_unref(buf);
    return err;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static int write_frame(edo_ws *ws, unsigned opcode, edo_str payload) {
    if (ws->writer.masks) return write_masked(ws, opcode, payload);
    char bytes[EDOI_WS_HEAD_MAX];
    edo_str head = { bytes, edoi_ws_head_print(bytes, opcode & ~MORE, !(opcode & MORE), payload.len,
                                               NULL) };
    if (opcode != EDOI_WS_CLOSE && edoi_ws_gather(ws, head, payload)) return 0;
    if (!ws->writer.out && payload.len > 0 && payload.len <= FEW)
        return write_small(ws, head, payload);
    return write_behind(ws, head, payload, &(frame_way){ 0 });
}

/* Compresses the message, if that makes it smaller. A message with a context is sent compressed in
 * any case. */
static int write_deflated(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    edo_buf small = { 0 };
    int err = edoi_ws_compress(ws->deflate, payload, &small);
    edo_str bytes = { small.ptr, small.len };
    if (err == 0 && !ws->deflate->agreed.our_context && small.len >= payload.len) {
        err = write_frame(ws, opcode, payload);
    } else if (err == 0) {
        err = write_frame(ws, opcode | EDOI_WS_RSV1, bytes);
        if (err < 0 && ws->deflate->agreed.our_context) ws_break_off(ws, err);
    }
    edo_buf_deinit(&small);
    return err;
}

static int write_any(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    bool deflates = ws->deflate && opcode < EDOI_WS_CLOSE && payload.len >= EDOI_WS_DEFLATE_MIN;
    return deflates ? write_deflated(ws, opcode, payload) : write_frame(ws, opcode, payload);
}

/* Looks whether the message may begin, or go on. Called with `sending` held. */
static int check_piece(edo_ws *ws, const edo_ws_message *m, bool is_last) {
    if (ws->writer.piece_kind && ws->writer.piece_kind != (uint8_t)m->kind) return -EINVAL;
    edoi_utf8_state state = ws->writer.piece_kind ? ws->writer.piece_utf8 : (edoi_utf8_state){ 0 };
    if (m->kind == EDO_WS_TEXT &&
        (!edoi_utf8_continue(&state, m->data.ptr, m->data.len) || (is_last && state.left > 0)))
        return -EILSEQ;
    ws->writer.piece_utf8 = state;
    return 0;
}

/* Called with `sending` held. */
static int write_piece(edo_ws *ws, const edo_ws_message *m, bool is_last) {
    int err = check_piece(ws, m, is_last);
    if (err < 0) return err;
    unsigned opcode = ws->writer.piece_kind ? EDOI_WS_CONTINUATION : (unsigned)m->kind;
    err = write_frame(ws, is_last ? opcode : opcode | MORE, m->data);
    if (err == 0) {
        ws->writer.piece_kind = is_last ? 0 : (uint8_t)m->kind;
    } else if (ws->writer.piece_kind) {
        ws_break_off(ws, err); // nothing can follow the message that was not ended
    }
    return err;
}

/* Is it too late for a frame? A close that responds to the peer's may be sent until a close is
 * written, even if one is queued; other frames only before any close. Only the receiver sends such
 * a response, as only it sets `code`. */
static bool is_late(const edo_ws *ws, edoi_ws_opcode opcode) {
    bool answers = opcode == EDOI_WS_CLOSE && ws->reader.code != 0 && !ws->reader.has_drained;
    uint32_t state = edoi_load_rlx_u16(&ws->writer.close_sent); // relaxed: locks order frames
    return answers ? state == EDOI_WS_CLOSE_WRITTEN : state != EDOI_WS_NO_CLOSE;
}

/* Locks `sending`, which is free in most cases. */
static int lock_sending(edo_ws *ws) {
    return edo_mutex_try_lock(&ws->writer.sending) == 0 ? 0 : edo_mutex_lock(&ws->writer.sending);
}

/* A send behind the close takes from the budget, too, as those that write do. */
static int send_refuse(void) {
    int err = edo_budget_consume();
    return err < 0 ? err : -EDO_ECLOSED;
}

int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    if (is_late(ws, opcode)) return send_refuse();
    int err = lock_sending(ws);
    if (err < 0) return err;
    if (is_late(ws, opcode)) {
        err = -EDO_ECLOSED;
    } else if (edoi_ws_send_error(ws) < 0) {
        err = edoi_ws_send_error(ws);
    } else if (ws->writer.piece_kind && opcode < EDOI_WS_CLOSE) {
        err = -EBUSY;
    } else {
        err = write_any(ws, opcode, payload);
        if (opcode == EDOI_WS_CLOSE && err == 0)
            edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
    }
    edo_mutex_unlock(&ws->writer.sending);
    return err;
}

/* ---- Without waiting, for the receiver ------------------------------------------------------- */

/* Locks `sending`, without waiting. */
static int lock_at_once(edo_ws *ws) {
    return edo_mutex_try_lock(&ws->writer.sending) == 0 ? 0 : ws->driver->await_lock(ws);
}

/* Writes as much as there is room for of the gathered bytes, and of `frame` behind them. Returns
 * how many bytes of `frame`, or a code. Called with `sending` held. */
static int write_at_once(edo_ws *ws, edo_str frame) {
    edo_io_wait none = { 0 };
    pieces p = { { edoi_ws_gathered_of(ws), frame } };
    size_t gathered = p.part[0].len;
    struct iovec vecs[3];
    int done;
    EDO_INV("ws inv. 1", edoi_ws_is_sending(ws));
    if (ws->stream->ops->poll_write(ws->stream, NULL, &none, vecs, vecs_after(&p, 0, vecs),
                                    &done) == EDO_PENDING ||
        done == -EAGAIN)
        return 0;
    if (done < 0) return done;
    edoi_ws_note_write(ws);
    edoi_ws_count_gathered(ws, (size_t)done < gathered ? (size_t)done : gathered);
    return (size_t)done > gathered ? (int)((size_t)done - gathered) : 0;
}

/* Hands `sending` to a flusher, which sends the gathered bytes, and the rest of a control frame
 * behind them. Returns 0, or a code: the caller then keeps `sending`. Called with `sending`
 * held. */
static int ws_hand_over(edo_ws *ws, edoi_ws_opcode opcode, edo_str frame, size_t at) {
    edo_ws_frame *rest;
    bool is_cut = at > 0;
    int err = edoi_ws_frame_of(&rest, opcode, edoi_ws_gathered_of(ws), frame);
    if (err == 0) {
        is_cut |= ws->writer.out != NULL;
        edoi_ws_drop_out(ws); // first: the flusher has `sending`
        err = edoi_ws_start_rest(ws, rest, at);
        edo_rc_unref(rest);
    }
    if (err < 0 && is_cut) ws_break_off(ws, err);
    return err;
}

/* Notes that a close is written, and returns the state before. Relaxed: `sending` is held; only
 * note_close() of post.c changes it without, and not from this state. */
static uint16_t note_close_written(edo_ws *ws) {
    return edoi_swap_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
}

/* Sends a frame without waiting. Called with `sending` held; it, or a flusher, releases it. */
static int send_at_once(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    char bytes[EDOI_WS_HEAD_MAX + EDOI_WS_CONTROL_MAX];
    unsigned char mask[4];
    int n = ws->writer.masks ? take_mask(ws->writer.masks, mask) : 0;
    if (n == 0) {
        size_t head_n =
            edoi_ws_head_print(bytes, opcode, true, payload.len, ws->writer.masks ? mask : NULL);
        if (payload.len > 0) memcpy(bytes + head_n, payload.ptr, payload.len);
        if (ws->writer.masks) edoi_ws_mask(bytes + head_n, payload.len, mask, 0);
        edo_str frame = { bytes, head_n + payload.len };
        bool gathers = opcode != EDOI_WS_CLOSE && edoi_ws_gather(ws, frame, EDO_STR(""));
        n = gathers ? (int)frame.len : write_at_once(ws, frame);
        bool is_close = n >= 0 && opcode == EDOI_WS_CLOSE;
        uint16_t before =
            is_close ? note_close_written(ws) : 0; // first: nothing is queued behind it
        if (n >= 0 && (size_t)n < frame.len &&
            (n = ws_hand_over(ws, opcode, frame, (size_t)n)) == 0)
            return 0;
        if (is_close && n < 0 && edoi_ws_send_error(ws) == 0) // nothing of it was written
            edoi_store_rlx_u16(&ws->writer.close_sent, before);
    }
    edo_mutex_unlock(&ws->writer.sending);
    return n < 0 ? n : 0;
}

int edoi_ws_send_control(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    if (is_late(ws, opcode)) return -EDO_ECLOSED;
    int err = lock_at_once(ws);
    if (err < 0) return err;
    err = is_late(ws, opcode) ? -EDO_ECLOSED : edoi_ws_send_error(ws);
    if (err == 0) return send_at_once(ws, opcode, payload);
    edo_mutex_unlock(&ws->writer.sending);
    return err;
}

void edoi_ws_await_senders(edo_ws *ws) {
    if (lock_sending(ws) == 0) edo_mutex_unlock(&ws->writer.sending);
}

void edoi_ws_flush(edo_ws *ws) {
    if (edo_mutex_try_lock(&ws->writer.sending) < 0) return; // that task, or a flusher, sends it
    if (ws->writer.out && edoi_ws_send_error(ws) == 0) (void)write_at_once(ws, EDO_STR(""));
    edo_mutex_unlock(&ws->writer.sending);
}

/* ---- The public sends ------------------------------------------------------------------------ */

/* Locks `sending` from a task that lets go of it soon, as one does that has just found that nothing
 * is left to send. */
static int lock_soon(edo_ws *ws) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(SOON_MS));
    return edo_deadline_end(&d, edo_mutex_lock(&ws->writer.sending));
}

void edoi_ws_retire(edo_ws *ws) {
    if (edo_mutex_try_lock(&ws->writer.sending) < 0 && lock_soon(ws) < 0) {
        edoi_tcp_break_off(ws->stream); // wakes the sender, which waits for the peer
        // no deadlock: the sender waits for the peer alone, which is gone for it
        if (edo_mutex_lock(&ws->writer.sending) < 0) return;
    }
    edoi_ws_break(ws, -EPIPE);
    edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
    edoi_ws_drop_out(ws);
    edo_mutex_unlock(&ws->writer.sending);
}

typedef int send_fn(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload);

static int send_close(edo_ws *ws, uint16_t code, edo_str reason, send_fn *send) {
    char text[EDOI_WS_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    if (code == EDO_WS_CLOSE_NO_CODE) return send(ws, EDOI_WS_CLOSE, EDO_STR(""));
    if (reason.len > 0) memcpy(text + 2, reason.ptr, reason.len);
    return send(ws, EDOI_WS_CLOSE, (edo_str){ text, 2 + reason.len });
}

int edoi_ws_send_close(edo_ws *ws, uint16_t code, edo_str reason) {
    return send_close(ws, code, reason, edoi_ws_send_frame);
}

int edoi_ws_tell_close(edo_ws *ws, uint16_t code, edo_str reason) {
    return send_close(ws, code, reason, edoi_ws_send_control);
}

int edo_ws_send_binary(edo_ws *ws, edo_str bytes) {
    return edoi_ws_send_frame(ws, EDOI_WS_BINARY, bytes);
}

int edo_ws_send_text(edo_ws *ws, edo_str text) {
    edoi_utf8_state state = { 0 };
    if (!edoi_utf8_continue(&state, text.ptr, text.len) || state.left > 0) return -EILSEQ;
    return edoi_ws_send_frame(ws, EDOI_WS_TEXT, text);
}

int edo_ws_send(edo_ws *ws, const edo_ws_message *m) {
    return m->kind == EDO_WS_TEXT ? edo_ws_send_text(ws, m->data) : edo_ws_send_binary(ws, m->data);
}

int edo_ws_ping(edo_ws *ws, edo_str payload) {
    if (payload.len > EDOI_WS_CONTROL_MAX) return -EINVAL;
    return edoi_ws_send_frame(ws, EDOI_WS_PING, payload);
}

int edo_ws_send_piece(edo_ws *ws, const edo_ws_message *piece, bool is_last) {
    if (edoi_ws_is_after_close(ws)) return send_refuse();
    int err = lock_sending(ws);
    if (err < 0) return err;
    if (edoi_ws_is_after_close(ws)) {
        err = -EDO_ECLOSED;
    } else {
        err = edoi_ws_send_error(ws) < 0 ? edoi_ws_send_error(ws) : write_piece(ws, piece, is_last);
    }
    bool is_over = ws->writer.piece_kind == 0;
    edo_mutex_unlock(&ws->writer.sending);
    if (is_over) edoi_ws_resume_queue(ws);
    return err;
}
