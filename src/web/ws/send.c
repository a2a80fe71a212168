/* SPDX-License-Identifier: MIT */
/* web/ws/send.c: frames that go out, one after the other.
 *
 * A frame is written at once, with what has gathered before it. While the receiver has more
 * messages at hand, small frames gather instead (inv. 3 of ws.h): replies to messages that came
 * together leave together. */
#include "web/ws/ws.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <sys/random.h>

#define MORE     0x100u /* with an opcode: more of the message follows */
#define FINISH_S 1      /* that the rest of a control frame may take after a cancellation */

/* The bytes to write, in this order. */
typedef struct pieces {
    edo_str part[3]; /* what has gathered, head, payload */
} pieces;

/* Writes what there is room for. Returns how many bytes, -EAGAIN: none, or a code. */
static int try_write(edo_ws *ws, const struct iovec *vecs, size_t n) {
    edo_io_wait none = { 0 };
    int done = edo_budget_consume();
    if (done < 0) return -EAGAIN; // the wait says why
    return ws->stream->ops->poll_write(ws->stream, NULL, &none, vecs, n, &done) == EDO_READY
               ? done
               : -EAGAIN;
}

/* Writes some bytes. A control frame that has begun goes on although its receive was cut short. */
static int write_some(edo_ws *ws, const struct iovec *vecs, size_t n, bool goes_on) {
    int done = try_write(ws, vecs, n);
    if (done != -EAGAIN) return done;
    edo_deadline d = edo_deadline_begin(edoi_ws_write_timeout(ws));
    done = edo_deadline_end(&d, edo_writev(ws->stream, vecs, n));
    if (done != -ECANCELED || !goes_on) return done;
    edo_shield shield = edo_shield_begin(edo_s(FINISH_S));
    done = edo_writev(ws->stream, vecs, n);
    edo_shield_end(&shield);
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

/* `*done` counts bytes, on failure, too. */
static int write_pieces(edo_ws *ws, const pieces *p, bool is_control, size_t *done) {
    struct iovec vecs[3];
    size_t n;
    while ((n = vecs_after(p, *done, vecs)) > 0) {
        int some = write_some(ws, vecs, n, is_control && *done > p->part[0].len);
        if (some < 0) return some;
        *done += (size_t)some;
    }
    return 0;
}

void edoi_ws_drop_out(edo_ws *ws) {
    edo_rc_unref(ws->out);
    ws->out = NULL;
    ws->out_begin = ws->out_n = 0;
    edoi_store_rlx_u32(&ws->has_out, 0); // relaxed: `sending` orders what gathers
}

void edoi_ws_break(edo_ws *ws, int err) {
    edoi_store_rlx_u32(&ws->broken, err == -ETIMEDOUT ? ETIMEDOUT : EPIPE); // relaxed: `sending`
}

/* With `sending` held: a frame was cut short by `err`, or what has gathered was not read in time:
 * nothing can follow. The receiver hears of it at once, by the end of the connection, which a peer
 * that has left has ended before. */
static void break_off(edo_ws *ws, int err) {
    if (edoi_ws_broken(ws) < 0) return;
    edoi_ws_break(ws, err);
    if (err != -EPIPE && err != -ECONNRESET) edo_close(edo_stream_ref(ws->stream));
}

/* With `sending` held: writes what has gathered, and the frame behind it, of which all together
 * `done` bytes are written. */
static int write_rest(edo_ws *ws, const pieces *p, size_t done, bool is_control) {
    size_t gathered = p->part[0].len;
    int err = write_pieces(ws, p, is_control, &done);
    ws->out_begin += (uint32_t)(done < gathered ? done : gathered);
    if (err == -ETIMEDOUT || (err < 0 && done > gathered)) break_off(ws, err);
    if (ws->out && ws->out_begin == ws->out_n) edoi_ws_drop_out(ws);
    return err;
}

static int write_behind(edo_ws *ws, edo_str head, edo_str payload, bool is_control) {
    pieces p = { { { ws->out + ws->out_begin, ws->out_n - ws->out_begin }, head, payload } };
    return write_rest(ws, &p, 0, is_control);
}

#define FEW 512u /* bytes of payload that are copied, since one buffer is written faster than two */

/* With `sending` held, and nothing gathered: writes a small frame as one piece. */
static int write_small(edo_ws *ws, edo_str head, edo_str payload, bool is_control) {
    char frame[EDOI_WS_HEAD_MAX + FEW];
    memcpy(frame, head.ptr, head.len);
    memcpy(frame + head.len, payload.ptr, payload.len);
    struct iovec whole = { frame, head.len + payload.len };
    int done = try_write(ws, &whole, 1);
    if (done == (int)whole.iov_len) return 0;
    if (done < 0 && done != -EAGAIN) return done;
    pieces p = { { [1] = { frame, whole.iov_len } } };
    return write_rest(ws, &p, done > 0 ? (size_t)done : 0, is_control);
}

bool edoi_ws_gather(edo_ws *ws, edo_str head, edo_str payload) {
    if (!edoi_load_rlx_u32(&ws->gathers)) return false; // relaxed: a hint of the receiver
    if (ws->out_n + head.len + payload.len > EDOI_WS_OUT_BYTES) return false;
    if (!ws->out) {
        ws->out = edo_rc_new(EDOI_WS_OUT_BYTES, NULL);
        if (!ws->out) return false;
        if (edoi_ws_start_flusher(ws) < 0) {
            edoi_ws_drop_out(ws);
            return false;
        }
        edoi_store_rlx_u32(&ws->has_out, 1); // relaxed: as in edoi_ws_drop_out()
    }
    memcpy(ws->out + ws->out_n, head.ptr, head.len);
    if (payload.len > 0) memcpy(ws->out + ws->out_n + head.len, payload.ptr, payload.len);
    ws->out_n += (uint32_t)(head.len + payload.len);
    return true;
}

/* ---- Masks ----------------------------------------------------------------------------------- */

#define CHUNK ((size_t)64 << 10) /* masked at once */

/* Takes a mask that nobody can guess (RFC 6455 section 10.3). */
static int take_mask(edoi_ws_masks *m, unsigned char mask[4]) {
    if (m->left == 0) {
        if (getrandom(m->bytes, sizeof m->bytes, 0) != (ssize_t)sizeof m->bytes) return -EIO;
        m->left = sizeof m->bytes;
    }
    m->left -= 4;
    memcpy(mask, m->bytes + m->left, 4);
    return 0;
}

static int write_chunks(edo_ws *ws, char *buf, size_t head_n, edo_str payload,
                        const unsigned char mask[4], bool is_control) {
    size_t at = 0;
    do {
        size_t n = payload.len - at < CHUNK ? payload.len - at : CHUNK;
        if (n > 0) memcpy(buf + head_n, payload.ptr + at, n);
        edoi_ws_mask(buf + head_n, n, mask, at);
        int err = write_behind(ws, (edo_str){ buf, head_n + n }, EDO_STR(""), is_control);
        if (err < 0 && at > 0) break_off(ws, err);
        if (err < 0) return err;
        at += n;
        head_n = 0;
    } while (at < payload.len);
    return 0;
}

/* A client's frame: a copy of it is masked. */
static int write_masked(edo_ws *ws, unsigned opcode, edo_str payload, bool is_control) {
    unsigned char mask[4];
    char small[EDOI_WS_HEAD_MAX + FEW];
    int err = take_mask(ws->masks, mask);
    if (err < 0) return err;
    char *buf = small;
    if (payload.len > FEW)
        buf = edo_rc_new(EDOI_WS_HEAD_MAX + (payload.len < CHUNK ? payload.len : CHUNK), NULL);
    if (!buf) return -ENOMEM;
    size_t head_n = edoi_ws_head_print(buf, opcode & ~MORE, !(opcode & MORE), payload.len, mask);
    err = write_chunks(ws, buf, head_n, payload, mask, is_control);
    if (buf != small) edo_rc_unref(buf);
    return err;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static int write_frame(edo_ws *ws, unsigned opcode, edo_str payload) {
    bool is_control = (opcode & 0x0fu) >= EDOI_WS_CLOSE;
    if (ws->masks) return write_masked(ws, opcode, payload, is_control);
    char bytes[EDOI_WS_HEAD_MAX];
    edo_str head = { bytes, edoi_ws_head_print(bytes, opcode & ~MORE, !(opcode & MORE), payload.len,
                                               NULL) };
    if (opcode != EDOI_WS_CLOSE && edoi_ws_gather(ws, head, payload)) return 0;
    if (!ws->out && payload.len > 0 && payload.len <= FEW)
        return write_small(ws, head, payload, is_control);
    return write_behind(ws, head, payload, is_control);
}

/* Compresses the message, if that makes it smaller. One with a context has to be sent as it is. */
static int write_deflated(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    edo_buf small = { 0 };
    int err = edoi_ws_compress(ws->deflate, payload, &small);
    edo_str bytes = { small.ptr, small.len };
    if (err == 0 && !ws->deflate->agreed.our_context && small.len >= payload.len) {
        err = write_frame(ws, opcode, payload);
    } else if (err == 0) {
        err = write_frame(ws, opcode | EDOI_WS_RSV1, bytes);
        if (err < 0 && ws->deflate->agreed.our_context) break_off(ws, err);
    }
    edo_buf_deinit(&small);
    return err;
}

static int write_any(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    bool deflates = ws->deflate && opcode < EDOI_WS_CLOSE && payload.len >= EDOI_WS_DEFLATE_MIN;
    return deflates ? write_deflated(ws, opcode, payload) : write_frame(ws, opcode, payload);
}

/* With `sending` held: the message may begin, or go on. */
static int check_piece(edo_ws *ws, const edo_ws_message *m, bool is_last) {
    if (ws->piece_kind && ws->piece_kind != (uint8_t)m->kind) return -EINVAL;
    edoi_utf8_state state = ws->piece_kind ? ws->piece_utf8 : (edoi_utf8_state){ 0 };
    if (m->kind == EDO_WS_TEXT &&
        (!edoi_utf8_continue(&state, m->data.ptr, m->data.len) || (is_last && state.left > 0)))
        return -EILSEQ;
    ws->piece_utf8 = state;
    return 0;
}

/* With `sending` held. */
static int write_piece(edo_ws *ws, const edo_ws_message *m, bool is_last) {
    int err = check_piece(ws, m, is_last);
    if (err < 0) return err;
    unsigned opcode = ws->piece_kind ? EDOI_WS_CONTINUATION : (unsigned)m->kind;
    err = write_frame(ws, is_last ? opcode : opcode | MORE, m->data);
    if (err == 0) {
        ws->piece_kind = is_last ? 0 : (uint8_t)m->kind;
    } else if (ws->piece_kind) {
        break_off(ws, err); // the message cannot be ended any more in the right order
    }
    return err;
}

/* Is it too late for a frame? The peer's close has its answer, whatever close of ours is queued.
 * Frames of that kind are the receiver's, as `code` is. */
static bool is_late(const edo_ws *ws, edoi_ws_opcode opcode) {
    bool answers = opcode == EDOI_WS_CLOSE && ws->code != 0 && !ws->has_drained;
    uint32_t state = edoi_load_rlx_u32(&ws->close_sent); // relaxed: locks order frames
    return answers ? state == EDOI_WS_CLOSE_WRITTEN : state != EDOI_WS_NO_CLOSE;
}

/* Locks `sending`, which is free in most cases. */
static int lock_sending(edo_ws *ws) {
    return edo_mutex_try_lock(&ws->sending) == 0 ? 0 : edo_mutex_lock(&ws->sending);
}

int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    if (is_late(ws, opcode)) return -EDO_ECLOSED;
    int err = lock_sending(ws);
    if (err < 0) return err;
    if (is_late(ws, opcode)) {
        err = -EDO_ECLOSED;
    } else if (edoi_ws_broken(ws) < 0) {
        err = edoi_ws_broken(ws);
    } else if (ws->piece_kind && opcode < EDOI_WS_CLOSE) {
        err = -EBUSY;
    } else {
        err = write_any(ws, opcode, payload);
        if (opcode == EDOI_WS_CLOSE && err == 0)
            edoi_store_rlx_u32(&ws->close_sent, EDOI_WS_CLOSE_WRITTEN);
    }
    edo_mutex_unlock(&ws->sending);
    return err;
}

int edoi_ws_flush(edo_ws *ws) {
    int err = lock_sending(ws);
    if (err < 0) return err;
    if (edoi_ws_broken(ws) < 0) {
        err = edoi_ws_broken(ws);
    } else if (ws->out) {
        err = write_behind(ws, EDO_STR(""), EDO_STR(""), false);
    }
    edo_mutex_unlock(&ws->sending);
    return err;
}

void edoi_ws_retire(edo_ws *ws) {
    if (edo_mutex_try_lock(&ws->sending) < 0) {
        edo_close(edo_stream_ref(ws->stream));
        if (edo_mutex_lock(&ws->sending) < 0) return;
    }
    edoi_ws_break(ws, -EPIPE);
    edoi_store_rlx_u32(&ws->close_sent, EDOI_WS_CLOSE_WRITTEN);
    edoi_ws_drop_out(ws);
    edo_mutex_unlock(&ws->sending);
}

int edoi_ws_send_close(edo_ws *ws, uint16_t code, edo_str reason) {
    char text[EDOI_WS_CONTROL_MAX] = { (char)(code >> 8), (char)code };
    if (code == EDO_WS_CLOSE_NO_CODE) return edoi_ws_send_frame(ws, EDOI_WS_CLOSE, EDO_STR(""));
    if (reason.len > 0) memcpy(text + 2, reason.ptr, reason.len);
    return edoi_ws_send_frame(ws, EDOI_WS_CLOSE, (edo_str){ text, 2 + reason.len });
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

int edo_ws_send_piece(edo_ws *ws, const edo_ws_message *piece, bool is_last) {
    if (edoi_ws_is_after_close(ws)) return -EDO_ECLOSED;
    int err = lock_sending(ws);
    if (err < 0) return err;
    if (edoi_ws_is_after_close(ws)) {
        err = -EDO_ECLOSED;
    } else {
        err = edoi_ws_broken(ws) < 0 ? edoi_ws_broken(ws) : write_piece(ws, piece, is_last);
    }
    bool is_over = ws->piece_kind == 0;
    edo_mutex_unlock(&ws->sending);
    if (is_over) edoi_ws_resume_queue(ws);
    return err;
}
