/* SPDX-License-Identifier: MIT */
/* web/ws/in/receive.c: frames that arrive, and the messages that they make. */
#include "web/ws/ws.h"

#include <edo/binary.h>
#include <edo/task.h>

#include <errno.h>

#define MESSAGE_MAX ((size_t)16 << 20)
#define KEPT_BYTES  ((size_t)16 << 10) /* of memory for messages, kept between them */
#define STEP_BYTES  ((size_t)64 << 10) /* taken at once for bytes that a frame only announces */

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Tells the peer of the end that was noted, unless another task's close was sent meanwhile. Returns
 * `err`, or -EAGAIN: the next call goes on. */
static int ws_tell_end(edo_ws *ws, int err) {
    bool is_ours =
        ws->reader.has_failed || ws->reader.has_drained; // else it responds to the peer's close
    edo_str reason = is_ours ? edo_ws_close_reason(ws) : EDO_STR("");
    ws->reader.is_telling = edoi_ws_tell_close(ws, ws->reader.code, reason) == -EAGAIN;
    return ws->reader.is_telling ? -EAGAIN : err;
}

int edoi_ws_recv_error(const edo_ws *ws) {
    if (!ws->reader.has_failed) return -EDO_ECLOSED;
    if (ws->reader.code == EDO_WS_CLOSE_PROTOCOL) return -EPROTO;
    return ws->reader.code == EDO_WS_CLOSE_TOO_BIG ? -EMSGSIZE : -EILSEQ;
}

/* Notes why the conversation ends, and tells the peer, which may take its time: no memory of what
 * it sent is kept till then. Returns `err`, or -EAGAIN. */
static int ws_fail(edo_ws *ws, int err, uint16_t code, const char *why) {
    ws->reader.has_failed = true;
    edo_buf_deinit(&ws->reader.in->message);
    edo_buf_deinit(&ws->reader.in->expanded);
    edoi_ws_note_end(ws, code, edo_str_of(why));
    return ws_tell_end(ws, err);
}

static int break_rule(edo_ws *ws, const char *why) {
    return ws_fail(ws, -EPROTO, EDO_WS_CLOSE_PROTOCOL, why);
}

int edoi_ws_end_of_input(edo_ws *ws, int err) {
    if (err == -EDO_ECLOSED) {
        ws->reader.has_drained = true;
        edoi_ws_note_end(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
        return ws_tell_end(ws, err);
    }
    if (err != -ECANCELED && err != -ENOMEM && err != -EAGAIN)
        edoi_ws_note_end(ws, EDO_WS_CLOSE_ABNORMAL, EDO_STR(""));
    return err;
}

/* ---- Control frames -------------------------------------------------------------------------- */

static int take_close(edo_ws *ws, edo_str payload) {
    edoi_utf8_state state = { 0 };
    uint16_t code = EDO_WS_CLOSE_NO_CODE;
    edo_str reason = EDO_STR("");
    if (payload.len == 1) return break_rule(ws, "half a code");
    if (payload.len > 1) {
        code = edo_load_u16be(payload.ptr);
        reason = (edo_str){ payload.ptr + 2, payload.len - 2 };
        if (!edoi_ws_code_is_valid(code)) return break_rule(ws, "a code that is none");
    }
    if (!edoi_utf8_continue(&state, reason.ptr, reason.len) || state.left > 0)
        return ws_fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "a reason that is no UTF-8");
    memcpy(ws->reader.in->reason, reason.ptr, reason.len);
    edoi_ws_note_end(ws, code, (edo_str){ ws->reader.in->reason, reason.len });
    return ws_tell_end(ws, -EDO_ECLOSED); // a response to our close, if that was sent
}

/* Is a whole frame there behind the next `skip` bytes? Then a frame that is sent now may gather,
 * and leave in one write with the frames after it. */
static bool has_more(const edo_ws *ws, size_t skip) {
    const edoi_ws_reading *in = ws->reader.in;
    size_t n = edoi_ws_available(ws) - skip;
    return n > 0 && edoi_ws_frame_is_whole(in->input + in->begin + skip, n);
}

/* Handles a control frame that is there as a whole. A ping stays until its pong was sent, so a
 * receive that is cut short leaves the pong to the next one. Pongs of pings that came together
 * leave together. */
static int take_control(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    char bytes[EDOI_WS_CONTROL_MAX];
    edo_str payload = { bytes, (size_t)in->frame.length };
    memcpy(bytes, in->input + in->begin, payload.len);
    edoi_ws_mask(bytes, payload.len, in->frame.mask, 0);
    if (in->frame.opcode == EDOI_WS_PING) {
        edoi_store_rlx_u16(&ws->writer.gathers, has_more(ws, payload.len)); // relaxed: only a hint
        int err = edoi_ws_send_control(ws, EDOI_WS_PONG, payload);
        // no pong follows our close; the peer's close is waited for
        if (err < 0 && err != -EDO_ECLOSED) return edoi_ws_end_of_input(ws, err);
    }
    in->begin += (uint32_t)payload.len;
    in->in_frame = false;
    in->is_timed = in->in_message;
    if (in->frame.opcode == EDOI_WS_PONG && ws->opts->on_pong && !edoi_ws_is_after_close(ws))
        ws->opts->on_pong(ws, payload, ws->opts->pong_arg);
    return in->frame.opcode == EDOI_WS_CLOSE ? take_close(ws, payload) : 0;
}

/* ---- Data frames ----------------------------------------------------------------------------- */

static size_t message_max(const edo_ws *ws) {
    return ws->opts->message_max > 0 ? ws->opts->message_max : MESSAGE_MAX;
}

static int check_frame(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    const edoi_ws_head *f = &in->frame;
    if (f->is_masked == (ws->writer.masks != NULL))
        return break_rule(ws, f->is_masked ? "a frame with a mask" : "a frame without a mask");
    bool may_deflate = ws->deflate && (f->opcode == EDOI_WS_TEXT || f->opcode == EDOI_WS_BINARY);
    if (f->is_deflated && !may_deflate) return break_rule(ws, "a reserved bit is set");
    if (f->opcode >= EDOI_WS_CLOSE) return 0;
    bool goes_on = f->opcode == EDOI_WS_CONTINUATION;
    if (goes_on && !in->in_message) return break_rule(ws, "a continuation of nothing");
    if (!goes_on && in->in_message) return break_rule(ws, "a message within another");
    if (f->length > edoi_ws_available(ws)) edoi_ws_expect(ws, f->length + EDOI_WS_HEAD_MAX);
    bool is_whole = f->is_final && f->length <= edoi_ws_available(ws);
    if (!is_whole) edoi_ws_begin_waiting(ws);
    if (!goes_on) {
        in->kind = f->opcode;
        in->is_deflated = f->is_deflated;
        in->utf8 = (edoi_utf8_state){ 0 };
        in->in_message = true;
    }
    return 0;
}

/* Checks the limit for a message that is received whole, or is compressed. */
static int check_length(edo_ws *ws) {
    const edoi_ws_reading *in = ws->reader.in;
    if (in->frame.length - in->taken <= message_max(ws) - in->message.len) return 0;
    return ws_fail(ws, -EMSGSIZE, EDO_WS_CLOSE_TOO_BIG, "the message is too long");
}

/* Takes in the head of a frame, of `n` bytes. */
static int take_head(edo_ws *ws, uint32_t n) {
    edoi_ws_reading *in = ws->reader.in;
    in->begin += n;
    in->in_frame = true;
    in->taken = 0;
    if (in->frame.opcode >= EDOI_WS_CLOSE) edoi_ws_begin_waiting(ws);
    return check_frame(ws);
}

/* Reads the head of the next frame. A peer whose frames came together does not starve other
 * tasks. */
static int begin_frame(edo_ws *ws, edo_cx *cx) {
    for (bool has_read = false;; has_read = true) { // each read has taken from the budget
        const char *why = NULL;
        edoi_ws_reading *in = ws->reader.in;
        uint32_t here = edoi_ws_available(ws);
        int err = here > 0 && !has_read ? edoi_ws_take_turn(cx) : 0;
        if (err < 0) return edoi_ws_end_of_input(ws, err);
        int n = here > 0 ? edoi_ws_head_parse(&in->frame, in->input + in->begin, here, &why) : 0;
        if (n != 0) return n < 0 ? break_rule(ws, why) : take_head(ws, (uint32_t)n);
        if (here > 0) edoi_ws_begin_waiting(ws);
        err = edoi_ws_read_more(ws, cx, EDOI_WS_HEAD_MAX);
        if (err < 0) return edoi_ws_end_of_input(ws, err);
    }
}

/* Unmasks `n` bytes of the frame, and checks that they are UTF-8 if the message is text. */
static int ws_take_bytes(edo_ws *ws, char *bytes, size_t n) {
    edoi_ws_reading *in = ws->reader.in;
    edoi_ws_mask(bytes, n, in->frame.mask, in->taken);
    in->taken += n;
    edoi_ws_pay(ws, n);
    if (in->kind != EDO_WS_TEXT || in->is_deflated || edoi_utf8_continue(&in->utf8, bytes, n))
        return 0;
    return ws_fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that is no UTF-8");
}

/* Expands a message, or goes on with that, and checks that it is UTF-8 if it is text. */
static int expand(edo_ws *ws, edo_cx *cx, edo_str *data) {
    edoi_ws_reading *in = ws->reader.in;
    int err;
    while ((err = edoi_ws_expand(ws->deflate, &in->expansion, *data, message_max(ws),
                                 &in->expanded)) == 1) {
        if (cx) {
            edo_cx_wake(cx);
            return -EAGAIN;
        }
        (void)edo_yield(); // the next wait notices a cancellation
    }
    if (err == -EMSGSIZE)
        return ws_fail(ws, err, EDO_WS_CLOSE_TOO_BIG,
                       in->expanded.len > message_max(ws) ? "the message is too long"
                                                          : "the message expands too much");
    if (err == -EILSEQ) return ws_fail(ws, err, EDO_WS_CLOSE_INVALID_DATA, "badly compressed data");
    if (err < 0) return err;
    *data = (edo_str){ in->expanded.ptr, in->expanded.len };
    if (in->kind != EDO_WS_TEXT || edoi_utf8_continue(&in->utf8, data->ptr, data->len)) return 0;
    return ws_fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that is no UTF-8");
}

/* Hands out a message, whose bytes are there as they were sent. */
static int give_message(edo_ws *ws, edo_cx *cx, edo_ws_message *m, edo_str data) {
    edoi_ws_reading *in = ws->reader.in;
    int err = in->is_deflated ? expand(ws, cx, &data) : 0;
    if (err < 0) return err;
    if (in->kind == EDO_WS_TEXT && in->utf8.left > 0)
        return ws_fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that ends within a character");
    *m = (edo_ws_message){ .kind = (edo_ws_kind)in->kind, .data = data };
    return 1;
}

static int end_message(edo_ws *ws, edo_cx *cx, edo_ws_message *m, edo_str data) {
    edoi_ws_reading *in = ws->reader.in;
    in->in_message = in->in_frame = in->is_timed = false;
    edoi_store_rlx_u16(&ws->writer.gathers, has_more(ws, 0)); // relaxed: only a hint
    return give_message(ws, cx, m, data);
}

/* Hands out a message in one frame that is there as a whole; it stays where it lies. */
static int take_whole(edo_ws *ws, edo_cx *cx, edo_ws_message *m) {
    edoi_ws_reading *in = ws->reader.in;
    char *bytes = in->input + in->begin;
    size_t n = (size_t)in->frame.length;
    int err = ws_take_bytes(ws, bytes, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    return end_message(ws, cx, m, (edo_str){ bytes, n });
}

/* Moves the bytes of the frame that have arrived to the message. */
static int take_arrived(edo_ws *ws, size_t n) {
    edoi_ws_reading *in = ws->reader.in;
    int err = edo_buf_append(&in->message, in->input + in->begin, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    return ws_take_bytes(ws, in->message.ptr + in->message.len - n, n);
}

/* Reads a part of the frame straight into the message. */
static int take_from_stream(edo_ws *ws, edo_cx *cx, uint64_t left) {
    edoi_ws_reading *in = ws->reader.in;
    size_t n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
    int err = edo_buf_reserve(&in->message, n);
    if (err < 0) return err;
    char *to = in->message.ptr + in->message.len;
    int got = edoi_ws_read_into(ws, cx, to, n);
    if (got < 0) return edoi_ws_end_of_input(ws, got);
    in->message.len += (size_t)got;
    return ws_take_bytes(ws, to, (size_t)got);
}

/* Takes in a part of a data frame. Returns 1 once a message is whole. */
static int take_data(edo_ws *ws, edo_cx *cx, edo_ws_message *m) {
    edoi_ws_reading *in = ws->reader.in;
    int err = check_length(ws);
    if (err < 0) return err;
    bool is_fresh = in->message.len == 0 && in->taken == 0 && in->frame.is_final;
    if (is_fresh && in->frame.length <= edoi_ws_available(ws)) return take_whole(ws, cx, m);
    while (in->taken < in->frame.length) {
        uint64_t left = in->frame.length - in->taken;
        size_t here = edoi_ws_available(ws) < left ? edoi_ws_available(ws) : (size_t)left;
        err = here > 0 ? take_arrived(ws, here) : take_from_stream(ws, cx, left);
        if (err < 0) return err;
    }
    in->in_frame = false;
    if (!in->frame.is_final) return 0;
    in->is_lent = true;
    return end_message(ws, cx, m, (edo_str){ in->message.ptr, in->message.len });
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Forgets the last message, which the caller may not use any more. */
static void forget_message(edoi_ws_reading *in) {
    in->expanded.len = 0;
    if (in->expanded.cap > KEPT_BYTES) edo_buf_deinit(&in->expanded);
    if (!in->is_lent) return;
    in->is_lent = false;
    in->message.len = 0;
    if (in->message.cap > KEPT_BYTES) edo_buf_deinit(&in->message);
}

/* Goes on with what the last poll has left. Returns 0 if there is nothing, 1 if a message is whole,
 * or a code. */
static int resume(edo_ws *ws, edo_cx *cx, edo_ws_message *m) {
    if (EDOI_UNLIKELY(ws->reader.is_telling)) return ws_tell_end(ws, edoi_ws_recv_error(ws));
    bool expands = ws->reader.in && ws->reader.in->expansion.machine;
    return EDOI_UNLIKELY(expands) ? give_message(ws, cx, m, EDO_STR("")) : 0;
}

/* Waits until a control frame is there as a whole. */
static int gather_control(edo_ws *ws, edo_cx *cx) {
    uint32_t n = (uint32_t)ws->reader.in->frame.length;
    while (edoi_ws_available(ws) < n) {
        int err = edoi_ws_read_more(ws, cx, n);
        if (err < 0) return edoi_ws_end_of_input(ws, err);
    }
    return take_control(ws);
}

int edoi_ws_receive(edo_ws *ws, edo_cx *cx, edo_ws_message *m) {
    int err = resume(ws, cx, m);
    if (err != 0) return err < 0 ? err : 0;
    if (ws->reader.in) forget_message(ws->reader.in);
    for (;;) {
        err = ws->reader.in && ws->reader.in->in_frame ? 0 : begin_frame(ws, cx);
        if (err < 0) return err;
        err = ws->reader.in->frame.opcode >= EDOI_WS_CLOSE ? gather_control(ws, cx)
                                                           : take_data(ws, cx, m);
        if (err != 0) return err < 0 ? err : 0;
    }
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Hands out the bytes of the frame that have arrived. Returns 1 if there is a piece. */
static int ws_take_piece(edo_ws *ws, edo_cx *cx, edo_ws_message *m, bool *is_last) {
    edoi_ws_reading *in = ws->reader.in;
    uint64_t left = in->frame.length - in->taken;
    while (left > 0 && edoi_ws_available(ws) == 0) {
        int err = edoi_ws_read_more(ws, cx, 1);
        if (err < 0) return edoi_ws_end_of_input(ws, err);
    }
    size_t n = edoi_ws_available(ws) < left ? edoi_ws_available(ws) : (size_t)left;
    char *bytes = in->input + in->begin;
    int err = ws_take_bytes(ws, bytes, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    in->in_frame = n < left;
    *is_last = !in->in_frame && in->frame.is_final;
    if (*is_last) return end_message(ws, cx, m, (edo_str){ bytes, n });
    *m = (edo_ws_message){ .kind = (edo_ws_kind)in->kind, .data = { bytes, n } };
    return n > 0; // an empty fragment is no piece
}

/* Hands out the part of a message that a cut receive has kept, as its first piece. */
static bool ws_take_kept(edo_ws *ws, edo_ws_message *m, bool *is_last) {
    edoi_ws_reading *in = ws->reader.in;
    if (!in || in->message.len == 0 || in->is_deflated) return false;
    in->is_lent = true;
    *is_last = false;
    *m = (edo_ws_message){ (edo_ws_kind)in->kind, { in->message.ptr, in->message.len } };
    return true;
}

int edoi_ws_receive_piece(edo_ws *ws, edo_cx *cx, edo_ws_message *m, bool *is_last) {
    int err = resume(ws, cx, m);
    *is_last = true;
    if (err != 0) return err < 0 ? err : 0;
    if (ws->reader.in) forget_message(ws->reader.in);
    if (ws_take_kept(ws, m, is_last)) return 0;
    for (;;) {
        err = ws->reader.in && ws->reader.in->in_frame ? 0 : begin_frame(ws, cx);
        if (err < 0) return err;
        if (ws->reader.in->frame.opcode >= EDOI_WS_CLOSE) {
            err = gather_control(ws, cx);
        } else if (ws->reader.in->is_deflated) { // it is handed out whole
            *is_last = true;
            err = take_data(ws, cx, m);
        } else {
            err = ws_take_piece(ws, cx, m, is_last);
        }
        if (err != 0) return err < 0 ? err : 0;
    }
}
