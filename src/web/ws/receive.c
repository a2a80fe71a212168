/* SPDX-License-Identifier: MIT */
/* web/ws/receive.c: frames that come in, and the messages that they make. */
#include "web/ws/ws.h"

#include <edo/cancel.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

#define KEPT_BYTES   ((size_t)16 << 10) /* of memory for messages, between them */
#define STEP_BYTES   ((size_t)64 << 10) /* taken at once for what a frame only announces */
#define CLOSE_S      5                  /* that a close may take */
#define CANCELLED_S  3 /* after a handler that was cancelled, which servers give 5 s in all */
#define LINGER_S     2
#define LINGER_BYTES ((size_t)1 << 20)

/* ---- Input ----------------------------------------------------------------------------------- */

static uint32_t available(const edo_ws *ws) {
    return ws->end - ws->begin;
}

static void give_input_back(edo_ws *ws) {
    edo_rc_unref(ws->input);
    ws->input = NULL;
    ws->begin = ws->end = 0;
}

/* Waits for input: 0; -EDO_ECLOSED: the server drains; or a code. */
static int wait_ready(edo_ws *ws) {
    edo_io_ready_future ready;
    edo_cancel_wait_future drain;
    if (ws->is_closing) return edo_io_ready(ws->stream, EDO_IO_READ);
    int first =
        edo_select_with(EDO_SELECT_BIASED, edo_io_ready_init(&ready, ws->stream, EDO_IO_READ),
                        edo_cancel_wait_init(&drain, ws->drain));
    if (first < 0) return first;
    if (first == 1) return -EDO_ECLOSED;
    int what = edo_result(&ready);
    return what < 0 ? what : 0;
}

/* As wait_ready(), until the peer has been silent for too long: -ETIMEDOUT. A receive that is cut
 * short and called again goes on with the same silence. */
static int wait_silently(edo_ws *ws) {
    edo_duration limit = ws->was_pinged ? ws->opts.ping_timeout : ws->opts.ping_interval;
    edo_instant begun = edo_now();
    if (limit.ns >= 0) limit.ns = limit.ns > ws->silent_ns ? limit.ns - ws->silent_ns : 1;
    edo_deadline d = edo_deadline_begin(limit);
    int err = edo_deadline_end(&d, wait_ready(ws));
    ws->silent_ns += edo_instant_since(edo_now(), begun).ns;
    return err;
}

/* Waits for input, and pings a peer that is silent. */
static int wait_for_input(edo_ws *ws) {
    for (;;) {
        int err = wait_silently(ws);
        if (err != -ETIMEDOUT || ws->was_pinged) return err;
        err = edoi_ws_send_frame(ws, EDOI_WS_PING, EDO_STR(""));
        if (err < 0 && err != -EDO_ECLOSED) return err;
        ws->was_pinged = true;
        ws->silent_ns = 0;
    }
}

/* Gets memory for input, which there is none of. */
static int take_input(edo_ws *ws) {
    int err = wait_for_input(ws);
    if (err < 0) return err;
    ws->input = edo_rc_new(EDOI_WS_INPUT_BYTES, NULL);
    return ws->input ? 0 : -ENOMEM;
}

/* Reads what is there, or -EAGAIN. A peer whose input never ends leaves other tasks their turns,
 * and does not hide the drain. */
static int read_now(edo_ws *ws, char *to, size_t room) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (!ws->is_closing && edo_cancel_is_set(ws->drain)) return -EDO_ECLOSED;
    int n = edo_try_read(ws->stream, to, room);
    if (n > 0) {
        ws->was_pinged = false;
        ws->silent_ns = 0;
    }
    return n == 0 ? -EDO_EEOF : n;
}

static int read_into(edo_ws *ws, char *to, size_t room) {
    for (;;) {
        int n = read_now(ws, to, room);
        if (n != -EAGAIN) return n;
        n = wait_for_input(ws);
        if (n < 0) return n;
    }
}

/* Reads more input behind what there is, of which `wanted` bytes are to be in one piece. */
static int read_more(edo_ws *ws, uint32_t wanted) {
    if (ws->input && available(ws) == 0) give_input_back(ws); // the next one may be long in coming
    int err = ws->input ? 0 : take_input(ws);
    if (err < 0) return err;
    if (EDOI_WS_INPUT_BYTES - ws->begin < wanted) {
        memmove(ws->input, ws->input + ws->begin, available(ws));
        ws->end -= ws->begin;
        ws->begin = 0;
    }
    int n = read_into(ws, ws->input + ws->end, EDOI_WS_INPUT_BYTES - ws->end);
    if (n < 0) return n;
    ws->end += (uint32_t)n;
    return 0;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void note_end(edo_ws *ws, uint16_t code, edo_str reason) {
    if (ws->code != 0) return;
    ws->code = code;
    ws->reason_n = (uint8_t)reason.len;
    if (reason.len > 0) memcpy(ws->reason, reason.ptr, reason.len);
}

/* Tells the peer why the conversation ends, and returns `err`. */
static int fail(edo_ws *ws, int err, uint16_t code, const char *why) {
    ws->has_failed = true;
    note_end(ws, code, edo_str_of(why));
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
        note_end(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
        (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
        return err;
    }
    if (err != -ECANCELED && err != -ENOMEM) note_end(ws, EDO_WS_CLOSE_ABNORMAL, EDO_STR(""));
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
    note_end(ws, code, reason);
    (void)edoi_ws_send_close(ws, code, EDO_STR("")); // if ours was sent before, this was its answer
    return -EDO_ECLOSED;
}

/* Takes a control frame in, which is there as a whole. A ping stays there until its pong was sent:
 * the next receive sends it if this one is cut short. */
static int take_control(edo_ws *ws) {
    char bytes[EDOI_WS_CONTROL_MAX];
    edo_str payload = { bytes, (size_t)ws->frame.length };
    memcpy(bytes, ws->input + ws->begin, payload.len);
    edoi_ws_mask(bytes, payload.len, ws->frame.mask, 0);
    if (ws->frame.opcode == EDOI_WS_PING) {
        int err = edoi_ws_send_frame(ws, EDOI_WS_PONG, payload);
        // after our close there is no pong: the peer's close is waited for
        if (err < 0 && err != -EDO_ECLOSED) return end_of_input(ws, err);
    }
    ws->begin += (uint32_t)payload.len;
    ws->in_frame = false;
    return ws->frame.opcode == EDOI_WS_CLOSE ? take_close(ws, payload) : 0;
}

/* ---- Data frames ----------------------------------------------------------------------------- */

static int check_frame(edo_ws *ws) {
    const edoi_ws_head *f = &ws->frame;
    if (!f->is_masked) return break_rule(ws, "a frame without a mask");
    if (f->opcode >= EDOI_WS_CLOSE) return 0;
    bool goes_on = f->opcode == EDOI_WS_CONTINUATION;
    if (goes_on && !ws->in_message) return break_rule(ws, "a continuation of nothing");
    if (!goes_on && ws->in_message) return break_rule(ws, "a message within another");
    if (f->length > ws->opts.message_max - ws->message.len)
        return fail(ws, -EMSGSIZE, EDO_WS_CLOSE_TOO_BIG, "the message is too long");
    if (!goes_on) {
        ws->kind = f->opcode;
        ws->utf8 = (edoi_utf8_state){ 0 };
        ws->in_message = true;
    }
    return 0;
}

/* Reads the head of the next frame. */
static int begin_frame(edo_ws *ws) {
    for (;;) {
        const char *why = NULL;
        int n = ws->input
                    ? edoi_ws_head_parse(&ws->frame, ws->input + ws->begin, available(ws), &why)
                    : 0;
        if (n < 0) return break_rule(ws, why);
        if (n > 0) {
            ws->begin += (uint32_t)n;
            ws->in_frame = true;
            ws->taken = 0;
            return check_frame(ws);
        }
        int err = read_more(ws, EDOI_WS_HEAD_MAX);
        if (err < 0) return end_of_input(ws, err);
    }
}

/* Unmasks `n` bytes of the frame, and looks whether they are text if they have to be. */
static int take_bytes(edo_ws *ws, char *bytes, size_t n) {
    edoi_ws_mask(bytes, n, ws->frame.mask, ws->taken);
    ws->taken += n;
    if (ws->kind != EDO_WS_TEXT || edoi_utf8_continue(&ws->utf8, bytes, n)) return 0;
    return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that is no UTF-8");
}

static int end_message(edo_ws *ws, edo_ws_message *m, edo_str data) {
    ws->in_message = ws->in_frame = false;
    if (ws->kind == EDO_WS_TEXT && ws->utf8.left > 0)
        return fail(ws, -EILSEQ, EDO_WS_CLOSE_INVALID_DATA, "text that ends within a character");
    *m = (edo_ws_message){ .kind = (edo_ws_kind)ws->kind, .data = data };
    return 1;
}

/* A message in one frame that is there as a whole stays where it is. */
static int take_whole(edo_ws *ws, edo_ws_message *m) {
    char *bytes = ws->input + ws->begin;
    size_t n = (size_t)ws->frame.length;
    int err = take_bytes(ws, bytes, n);
    if (err < 0) return err;
    ws->begin += (uint32_t)n;
    return end_message(ws, m, (edo_str){ bytes, n });
}

/* Moves what has arrived of the frame to the message. */
static int take_arrived(edo_ws *ws, size_t n) {
    int err = edo_buf_append(&ws->message, ws->input + ws->begin, n);
    if (err < 0) return err;
    ws->begin += (uint32_t)n;
    return take_bytes(ws, ws->message.ptr + ws->message.len - n, n);
}

/* Reads a part of the frame to where it belongs. */
static int take_from_stream(edo_ws *ws, uint64_t left) {
    size_t n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
    int err = edo_buf_reserve(&ws->message, n);
    if (err < 0) return err;
    char *to = ws->message.ptr + ws->message.len;
    int got = read_into(ws, to, n);
    if (got < 0) return end_of_input(ws, got);
    ws->message.len += (size_t)got;
    return take_bytes(ws, to, (size_t)got);
}

/* Takes a data frame in. Returns 1: a message is whole. */
static int take_data(edo_ws *ws, edo_ws_message *m) {
    bool is_fresh = ws->message.len == 0 && ws->taken == 0 && ws->frame.is_final;
    if (is_fresh && ws->frame.length <= available(ws)) return take_whole(ws, m);
    while (ws->taken < ws->frame.length) {
        uint64_t left = ws->frame.length - ws->taken;
        size_t here = available(ws) < left ? available(ws) : (size_t)left;
        int err = here > 0 ? take_arrived(ws, here) : take_from_stream(ws, left);
        if (err < 0) return err;
    }
    ws->in_frame = false;
    if (!ws->frame.is_final) return 0;
    ws->is_lent = true;
    return end_message(ws, m, (edo_str){ ws->message.ptr, ws->message.len });
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* The last message is the caller's no more. */
static void forget_message(edo_ws *ws) {
    if (!ws->is_lent) return;
    ws->is_lent = false;
    ws->message.len = 0;
    if (ws->message.cap > KEPT_BYTES) edo_buf_deinit(&ws->message);
}

/* A control frame comes in one piece. */
static int gather_control(edo_ws *ws) {
    uint32_t n = (uint32_t)ws->frame.length;
    while (available(ws) < n) {
        int err = read_more(ws, n);
        if (err < 0) return end_of_input(ws, err);
    }
    return take_control(ws);
}

static int receive(edo_ws *ws, edo_ws_message *m) {
    forget_message(ws);
    for (;;) {
        int err = ws->in_frame ? 0 : begin_frame(ws);
        if (err < 0) return err;
        err = ws->frame.opcode >= EDOI_WS_CLOSE ? gather_control(ws) : take_data(ws, m);
        if (err != 0) return err < 0 ? err : 0;
    }
}

int edo_ws_recv(edo_ws *ws, edo_ws_message *m) {
    return ws->code != 0 ? -EDO_ECLOSED : receive(ws, m);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Waits for the peer's close, and drops what comes before it. */
static int wait_for_close(edo_ws *ws) {
    edo_ws_message dropped;
    int err;
    ws->is_closing = true;
    while ((err = receive(ws, &dropped)) == 0) continue;
    return err == -EDO_ECLOSED ? 0 : err;
}

int edo_ws_shutdown(edo_ws *ws, uint16_t code, const char *reason) {
    edo_str text = reason ? edo_str_of(reason) : EDO_STR("");
    if (!edoi_ws_code_is_valid(code) || text.len > EDOI_WS_CONTROL_MAX - 2 ||
        !edo_str_is_utf8(text))
        return -EINVAL;
    edo_deadline d = edo_deadline_begin(edo_s(CLOSE_S));
    int err = edoi_ws_send_close(ws, code, text);
    if (err == 0) err = wait_for_close(ws);
    return edo_deadline_end(&d, err);
}

/* A peer that broke the protocol has been told. What it still sends is read for a while, since a
 * close with unread input would reset the connection, and lose what it was told. */
static void linger(edo_ws *ws) {
    char dropped[512];
    if (edo_shutdown(ws->stream) < 0) return;
    edo_deadline d = edo_deadline_begin(edo_s(LINGER_S));
    size_t total = 0;
    int n;
    while (total < LINGER_BYTES && (n = edo_read(ws->stream, dropped, sizeof dropped)) > 0)
        total += (size_t)n;
    (void)edo_deadline_end(&d, 0);
}

static uint16_t code_after(const edo_ws *ws, int code) {
    bool is_fine = code >= 0 || code == -ECANCELED;
    if (is_fine && edo_cancel_is_set(ws->drain)) return EDO_WS_CLOSE_AWAY;
    return code < 0 ? EDO_WS_CLOSE_ERROR : EDO_WS_CLOSE_NORMAL;
}

void edoi_ws_end(edo_ws *ws, int code) {
    edo_shield shield = edo_shield_begin(edo_s(code == -ECANCELED ? CANCELLED_S : CLOSE_S));
    if (ws->code == 0)
        (void)edo_ws_shutdown(ws, code_after(ws, code), NULL);
    else if (ws->code != EDO_WS_CLOSE_ABNORMAL)
        (void)edoi_ws_send_close(ws, ws->code, EDO_STR("")); // if a receive was cut short at it
    if (ws->has_drained && !ws->is_closing) (void)wait_for_close(ws);
    if (ws->has_failed) linger(ws);
    edo_shield_end(&shield);
    give_input_back(ws);
    edo_buf_deinit(&ws->message);
}

uint16_t edo_ws_close_code(const edo_ws *ws) {
    return ws->code;
}

edo_str edo_ws_close_reason(const edo_ws *ws) {
    return (edo_str){ ws->reason, ws->reason_n };
}
