/* SPDX-License-Identifier: MIT */
/* web/ws/receive.c: frames that come in, and the messages that they make. */
#include "web/ws/ws.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

#define MESSAGE_MAX ((size_t)16 << 20)
#define KEPT_BYTES  ((size_t)16 << 10) /* of memory for messages, between them */
#define STEP_BYTES  ((size_t)64 << 10) /* taken at once for what a frame only announces */

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Tells the peer why the conversation ends, and returns `err`. */
static int fail(edo_ws *ws, int err, uint16_t code, const char *why) {
    ws->has_failed = true;
    edoi_ws_note_end(ws, code, edo_str_of(why));
    (void)edoi_ws_send_close(ws, code, edo_str_of(why));
    return err;
}

static int break_rule(edo_ws *ws, const char *why) {
    return fail(ws, -EPROTO, EDO_WS_CLOSE_PROTOCOL, why);
}

/* What a wait or read has returned. */
static int end_of_input(edo_ws *ws, int err) {
    if (err == -EDO_ECLOSED) {
        ws->has_drained = true;
        edoi_ws_note_end(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
        (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
        return err;
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
        code = (uint16_t)((unsigned char)payload.ptr[0] << 8 | (unsigned char)payload.ptr[1]);
        reason = (edo_str){ payload.ptr + 2, payload.len - 2 };
        if (!edoi_ws_code_is_valid(code)) return break_rule(ws, "a code that is none");
    }
    if (!edoi_utf8_continue(&state, reason.ptr, reason.len) || state.left > 0)
        return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "a reason that is no UTF-8");
    memcpy(ws->in->reason, reason.ptr, reason.len);
    edoi_ws_note_end(ws, code, (edo_str){ ws->in->reason, reason.len });
    (void)edoi_ws_send_close(ws, code, EDO_STR("")); // if ours was sent before, this was its answer
    return -EDO_ECLOSED;
}

/* Is a frame there as a whole behind the next `skip` bytes? Then what is sent now may wait, and
 * leaves in one write with what is sent after it. */
static bool has_more(const edo_ws *ws, size_t skip) {
    const edoi_ws_reading *in = ws->in;
    size_t n = edoi_ws_available(ws) - skip;
    return n > 0 && edoi_ws_frame_is_whole(in->input + in->begin + skip, n);
}

/* Takes a control frame in, which is there as a whole. A ping stays there until its pong was sent:
 * the next receive sends it if this one is cut short. Pongs of pings that came together leave
 * together. */
static int take_control(edo_ws *ws) {
    edoi_ws_reading *in = ws->in;
    char bytes[EDOI_WS_CONTROL_MAX];
    edo_str payload = { bytes, (size_t)in->frame.length };
    memcpy(bytes, in->input + in->begin, payload.len);
    edoi_ws_mask(bytes, payload.len, in->frame.mask, 0);
    if (in->frame.opcode == EDOI_WS_PING) {
        edoi_store_rlx_u32(&ws->gathers, has_more(ws, payload.len)); // relaxed: only a hint
        int err = edoi_ws_send_frame(ws, EDOI_WS_PONG, payload);
        // after our close there is no pong: the peer's close is waited for
        if (err < 0 && err != -EDO_ECLOSED) return end_of_input(ws, err);
    }
    in->begin += (uint32_t)payload.len;
    in->in_frame = false;
    in->is_timed = in->in_message;
    return in->frame.opcode == EDOI_WS_CLOSE ? take_close(ws, payload) : 0;
}

/* ---- Data frames ----------------------------------------------------------------------------- */

static size_t message_max(const edo_ws *ws) {
    return ws->opts->message_max > 0 ? ws->opts->message_max : MESSAGE_MAX;
}

static int check_frame(edo_ws *ws) {
    edoi_ws_reading *in = ws->in;
    const edoi_ws_head *f = &in->frame;
    if (f->is_masked == (ws->masks != NULL))
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

/* The limit of a message that is received whole, or is compressed. */
static int check_length(edo_ws *ws) {
    const edoi_ws_reading *in = ws->in;
    if (in->frame.length - in->taken <= message_max(ws) - in->message.len) return 0;
    return fail(ws, -EMSGSIZE, EDO_WS_CLOSE_TOO_BIG, "the message is too long");
}

/* A head is there, of `n` bytes. */
static int take_head(edo_ws *ws, uint32_t n) {
    edoi_ws_reading *in = ws->in;
    in->begin += n;
    in->in_frame = true;
    in->taken = 0;
    if (in->frame.opcode >= EDOI_WS_CLOSE) edoi_ws_begin_waiting(ws);
    return check_frame(ws);
}

/* Reads the head of the next frame. A peer whose frames came together leaves other tasks their
 * turns between them. */
static int begin_frame(edo_ws *ws) {
    for (;;) {
        const char *why = NULL;
        edoi_ws_reading *in = ws->in;
        uint32_t here = edoi_ws_available(ws);
        int err = here > 0 ? edo_budget_consume() : 0;
        if (err < 0) return end_of_input(ws, err);
        int n = here > 0 ? edoi_ws_head_parse(&in->frame, in->input + in->begin, here, &why) : 0;
        if (n != 0) return n < 0 ? break_rule(ws, why) : take_head(ws, (uint32_t)n);
        if (here > 0) edoi_ws_begin_waiting(ws);
        err = edoi_ws_read_more(ws, EDOI_WS_HEAD_MAX);
        if (err < 0) return end_of_input(ws, err);
    }
}

/* Unmasks `n` bytes of the frame, and looks whether they are text if they have to be. */
static int take_bytes(edo_ws *ws, char *bytes, size_t n) {
    edoi_ws_reading *in = ws->in;
    edoi_ws_mask(bytes, n, in->frame.mask, in->taken);
    in->taken += n;
    edoi_ws_pay(ws, n);
    if (in->kind != EDO_WS_TEXT || in->is_deflated || edoi_utf8_continue(&in->utf8, bytes, n))
        return 0;
    return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that is no UTF-8");
}

/* Expands a message, and looks whether it is text if it has to be. */
static int expand(edo_ws *ws, edo_str *data) {
    edoi_ws_reading *in = ws->in;
    int err = edoi_ws_expand(ws->deflate, *data, message_max(ws), &in->expanded);
    if (err == -EMSGSIZE)
        return fail(ws, err, EDO_WS_CLOSE_TOO_BIG,
                    in->expanded.len > message_max(ws) ? "the message is too long"
                                                       : "the message expands too much");
    if (err == -EILSEQ) return fail(ws, err, EDO_WS_CLOSE_INVALID_DATA, "badly compressed data");
    if (err < 0) return err;
    *data = (edo_str){ in->expanded.ptr, in->expanded.len };
    if (in->kind != EDO_WS_TEXT || edoi_utf8_continue(&in->utf8, data->ptr, data->len)) return 0;
    return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that is no UTF-8");
}

static int end_message(edo_ws *ws, edo_ws_message *m, edo_str data) {
    edoi_ws_reading *in = ws->in;
    in->in_message = in->in_frame = in->is_timed = false;
    edoi_store_rlx_u32(&ws->gathers, has_more(ws, 0)); // relaxed: only a hint
    if (in->is_deflated) {
        int err = expand(ws, &data);
        if (err < 0) return err;
    }
    if (in->kind == EDO_WS_TEXT && in->utf8.left > 0)
        return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that ends within a character");
    *m = (edo_ws_message){ .kind = (edo_ws_kind)in->kind, .data = data };
    return 1;
}

/* A message in one frame that is there as a whole stays where it is. */
static int take_whole(edo_ws *ws, edo_ws_message *m) {
    edoi_ws_reading *in = ws->in;
    char *bytes = in->input + in->begin;
    size_t n = (size_t)in->frame.length;
    int err = take_bytes(ws, bytes, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    return end_message(ws, m, (edo_str){ bytes, n });
}

/* Moves what has arrived of the frame to the message. */
static int take_arrived(edo_ws *ws, size_t n) {
    edoi_ws_reading *in = ws->in;
    int err = edo_buf_append(&in->message, in->input + in->begin, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    return take_bytes(ws, in->message.ptr + in->message.len - n, n);
}

/* Reads a part of the frame to where it belongs. */
static int take_from_stream(edo_ws *ws, uint64_t left) {
    edoi_ws_reading *in = ws->in;
    size_t n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
    int err = edo_buf_reserve(&in->message, n);
    if (err < 0) return err;
    char *to = in->message.ptr + in->message.len;
    int got = edoi_ws_read_into(ws, to, n);
    if (got < 0) return end_of_input(ws, got);
    in->message.len += (size_t)got;
    return take_bytes(ws, to, (size_t)got);
}

/* Takes a data frame in. Returns 1: a message is whole. */
static int take_data(edo_ws *ws, edo_ws_message *m) {
    edoi_ws_reading *in = ws->in;
    int err = check_length(ws);
    if (err < 0) return err;
    bool is_fresh = in->message.len == 0 && in->taken == 0 && in->frame.is_final;
    if (is_fresh && in->frame.length <= edoi_ws_available(ws)) return take_whole(ws, m);
    while (in->taken < in->frame.length) {
        uint64_t left = in->frame.length - in->taken;
        size_t here = edoi_ws_available(ws) < left ? edoi_ws_available(ws) : (size_t)left;
        err = here > 0 ? take_arrived(ws, here) : take_from_stream(ws, left);
        if (err < 0) return err;
    }
    in->in_frame = false;
    if (!in->frame.is_final) return 0;
    in->is_lent = true;
    return end_message(ws, m, (edo_str){ in->message.ptr, in->message.len });
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* The last message is the caller's no more. */
static void forget_message(edoi_ws_reading *in) {
    in->expanded.len = 0;
    if (in->expanded.cap > KEPT_BYTES) edo_buf_deinit(&in->expanded);
    if (!in->is_lent) return;
    in->is_lent = false;
    in->message.len = 0;
    if (in->message.cap > KEPT_BYTES) edo_buf_deinit(&in->message);
}

/* A control frame comes in one piece. */
static int gather_control(edo_ws *ws) {
    uint32_t n = (uint32_t)ws->in->frame.length;
    while (edoi_ws_available(ws) < n) {
        int err = edoi_ws_read_more(ws, n);
        if (err < 0) return end_of_input(ws, err);
    }
    return take_control(ws);
}

int edoi_ws_receive(edo_ws *ws, edo_ws_message *m) {
    if (ws->in) forget_message(ws->in);
    for (;;) {
        int err = ws->in && ws->in->in_frame ? 0 : begin_frame(ws);
        if (err < 0) return err;
        err = ws->in->frame.opcode >= EDOI_WS_CLOSE ? gather_control(ws) : take_data(ws, m);
        if (err != 0) return err < 0 ? err : 0;
    }
}

/* A message has come behind our close, which another task has sent. While that is queued the peer
 * has its time to read; then it has to close. */
static int end_behind_close(edo_ws *ws) {
    if (edoi_load_rlx_u32(&ws->close_sent) == EDOI_WS_CLOSE_QUEUED) return 0; // relaxed: in time
    int err = edoi_ws_await_close(ws);
    return err < 0 ? end_of_input(ws, err) : -EDO_ECLOSED;
}

/* Looks whether a receive may begin, which leave() ends. */
static int enter(edo_ws *ws) {
    if (ws->code != 0) return -EDO_ECLOSED;
    if (EDO_MISUSE(edoi_ws_is_detached(ws),
                   "a socket of an edo_ws_handler gives its messages to on_message") ||
        EDO_MISUSE(edoi_load_rlx_u16(&ws->is_receiving), "two tasks receive from one WebSocket"))
        return -EDO_EMISUSE;
    edoi_store_rlx_u16(&ws->is_receiving, 1); // relaxed: it orders nothing
    return 0;
}

static int leave(edo_ws *ws, int result) {
    edoi_store_rlx_u16(&ws->is_receiving, 0); // relaxed: it orders nothing
    return result;
}

int edo_ws_recv(edo_ws *ws, edo_ws_message *m) {
    int err = enter(ws);
    if (err < 0) return err;
    while ((err = edoi_ws_receive(ws, m)) == 0 && edoi_ws_is_after_close(ws))
        if ((err = end_behind_close(ws)) < 0) break;
    return leave(ws, err);
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Takes what has arrived of the frame. Returns 1: a piece is there. */
static int take_piece(edo_ws *ws, edo_ws_message *m, bool *is_last) {
    edoi_ws_reading *in = ws->in;
    uint64_t left = in->frame.length - in->taken;
    while (left > 0 && edoi_ws_available(ws) == 0) {
        int err = edoi_ws_read_more(ws, 1);
        if (err < 0) return end_of_input(ws, err);
    }
    size_t n = edoi_ws_available(ws) < left ? edoi_ws_available(ws) : (size_t)left;
    char *bytes = in->input + in->begin;
    int err = take_bytes(ws, bytes, n);
    if (err < 0) return err;
    in->begin += (uint32_t)n;
    in->in_frame = n < left;
    *is_last = !in->in_frame && in->frame.is_final;
    if (*is_last) return end_message(ws, m, (edo_str){ bytes, n });
    *m = (edo_ws_message){ .kind = (edo_ws_kind)in->kind, .data = { bytes, n } };
    return n > 0; // an empty fragment is none
}

/* The part of a message that a cut receive has kept is its first piece. */
static bool take_kept(edo_ws *ws, edo_ws_message *m, bool *is_last) {
    edoi_ws_reading *in = ws->in;
    if (!in || in->message.len == 0 || in->is_deflated) return false;
    in->is_lent = true;
    *is_last = false;
    *m = (edo_ws_message){ (edo_ws_kind)in->kind, { in->message.ptr, in->message.len } };
    return true;
}

static int receive_piece(edo_ws *ws, edo_ws_message *m, bool *is_last) {
    if (ws->in) forget_message(ws->in);
    if (take_kept(ws, m, is_last)) return 0;
    for (;;) {
        int err = ws->in && ws->in->in_frame ? 0 : begin_frame(ws);
        if (err < 0) return err;
        if (ws->in->frame.opcode >= EDOI_WS_CLOSE) {
            err = gather_control(ws);
        } else if (ws->in->is_deflated) { // it comes whole
            *is_last = true;
            err = take_data(ws, m);
        } else {
            err = take_piece(ws, m, is_last);
        }
        if (err != 0) return err < 0 ? err : 0;
    }
}

int edo_ws_recv_piece(edo_ws *ws, edo_ws_message *piece, bool *is_last) {
    int err = enter(ws);
    if (err < 0) return err;
    while ((err = receive_piece(ws, piece, is_last)) == 0 && edoi_ws_is_after_close(ws))
        if ((err = end_behind_close(ws)) < 0) break;
    return leave(ws, err);
}

int edoi_ws_drop_messages(edo_ws *ws) {
    edo_ws_message dropped;
    bool is_last;
    int err;
    while ((err = receive_piece(ws, &dropped, &is_last)) == 0) continue; // which holds nothing
    return err == -EDO_ECLOSED ? 0 : err;
}
