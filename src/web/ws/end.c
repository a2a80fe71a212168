/* SPDX-License-Identifier: MIT */
/* web/ws/end.c: how a conversation ends. */
#include "web/ws/waiting.h"

#include <edo/scope.h>
#include <edo/time.h>

#define EDO_TARGET "web"
#include <edo/log.h>

#include <errno.h>

#define CANCELLED_S  3 /* after a handler that was cancelled: the server gives 5 s in all */
#define LINGER_S     2
#define LINGER_BYTES ((size_t)1 << 20)

void edoi_ws_note_end(edo_ws *ws, uint16_t code, edo_str reason) {
    if (ws->reader.code != 0) return;
    ws->reader.code = code;
    ws->reader.reason = reason.ptr;
    ws->reader.reason_n = (uint8_t)reason.len;
}

/* Waits for the peer's close, and drops the messages before it. Ours has been told. */
static int wait_for_close(edo_ws *ws) {
    ws->reader.is_closing = true;
    ws->reader.is_telling = false;
    return edoi_ws_drop_messages(ws);
}

bool edoi_ws_is_end(uint16_t code, edo_str reason) {
    return edoi_ws_code_is_valid(code) && reason.len <= EDOI_WS_CONTROL_MAX - 2 &&
           edo_str_is_utf8(reason);
}

int edo_ws_shutdown(edo_ws *ws, uint16_t code, edo_str reason) {
    return edoi_ws_is_end(code, reason) ? ws->driver->shutdown(ws, code, reason) : -EINVAL;
}

int edoi_ws_shut(edo_ws *ws, uint16_t code, edo_str reason) {
    if (EDO_MISUSE(edoi_load_rlx_u16(&edoi_ws_waiting_of(ws)->is_receiving),
                   "a shutdown of a WebSocket from which another task receives"))
        return -EDO_EMISUSE;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(EDOI_WS_CLOSE_S));
    int err = edoi_ws_send_close(ws, code, reason);
    if (err == 0) err = wait_for_close(ws);
    return edo_deadline_end(&d, err);
}

/* Reads for a while what a peer still sends that broke the protocol and was told so: a close with
 * unread input would reset the connection, and the peer would lose our close. */
void edoi_ws_linger(edo_ws *ws) {
    char dropped[1024];
    if (edo_shutdown(ws->stream) < 0) return;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(LINGER_S));
    size_t total = 0;
    int n;
    while (total < LINGER_BYTES && (n = edo_read(ws->stream, dropped, sizeof dropped)) > 0)
        total += (size_t)n;
    (void)edo_deadline_end(&d, 0);
}

/* Leaves the connection. A client lets the server close first (RFC 6455 section 7.1.1), and closes
 * in any case. Of a stream of HTTP/2 a close drops what has not left: from a connection that is
 * lost, or cannot be sent to any more, nobody takes it. */
static void end_leave(edo_ws *ws) {
    char dropped[512];
    bool is_lost = ws->reader.code == EDO_WS_CLOSE_ABNORMAL;
    if (ws->reader.code != 0 && !is_lost && !ws->reader.has_failed)
        while (edo_read(ws->stream, dropped, sizeof dropped) > 0) continue;
    if (!is_lost && edoi_ws_send_error(ws) == 0) (void)edo_flush(ws->stream);
    edo_close(edo_stream_ref(ws->stream));
}

static uint16_t code_after(edo_ws *ws, int code) {
    bool is_fine = code >= 0 || code == -ECANCELED;
    edo_cancel_token *drain = edoi_ws_waiting_of(ws)->drain;
    if (is_fine && drain && edo_cancel_is_set(drain)) return EDO_WS_CLOSE_AWAY;
    return code < 0 ? EDO_WS_CLOSE_ERROR : EDO_WS_CLOSE_NORMAL;
}

/* Sends a close and waits for the peer's. After edo_ws_close() another task sends it, and this one
 * waits all the same. */
static void ws_say_goodbye(edo_ws *ws, uint16_t code) {
    if (edo_ws_shutdown(ws, code, EDO_STR("")) == -EDO_ECLOSED && !ws->reader.is_closing)
        (void)wait_for_close(ws);
}

void edoi_ws_tell_failure(edo_ws *ws, const edo_str *route, int code) {
    char why[512];
    const edo_str at = route ? *route : EDO_STR("");
    bool has_gone = code == -ECONNRESET || code == -EPIPE || edoi_ws_send_error(ws) < 0;
    if (!edo_log_enabled(has_gone ? EDO_LEVEL_DEBUG : EDO_LEVEL_WARN, EDO_TARGET)) return;
    (void)edo_trail_print_text(why, sizeof why, code, EDO_TRAIL_LINE);
    if (has_gone)
        edo_debug("the peer of a WebSocket has gone: %s", why);
    else
        edo_warn("the handler of the WebSocket%s%.*s failed: %s", at.len > 0 ? " " : "",
                 (int)at.len, at.ptr, why);
}

void edoi_ws_give_to_request(edo_ws *ws) {
    edoi_ws_waiting_of(ws)->is_owned = true;
}

void edoi_ws_end(edo_ws *ws, const edo_str *route, int code) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    (void)EDO_MISUSE(edoi_load_rlx_u16(&w->is_receiving),
                     "a WebSocket ends from which another task receives");
    if (code < 0 && code != -ECANCELED && ws->reader.code == 0)
        edoi_ws_tell_failure(ws, route, code);
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(code == -ECANCELED ? CANCELLED_S : EDOI_WS_CLOSE_S));
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(EDOI_WS_CLOSE_S)); // what was not cancelled ends, too
    if (ws->reader.code == 0)
        ws_say_goodbye(ws, code_after(ws, code));
    else if (ws->reader.code != EDO_WS_CLOSE_ABNORMAL)
        (void)edoi_ws_send_close(ws, ws->reader.code,
                                 EDO_STR("")); // after a receive that was cut short at its end
    if (ws->reader.has_drained && !ws->reader.is_closing) (void)wait_for_close(ws);
    if (ws->reader.code != EDO_WS_CLOSE_ABNORMAL)
        edoi_ws_await_senders(ws); // perhaps they send our close
    if (ws->reader.has_failed) edoi_ws_linger(ws);
    if (ws->writer.masks) end_leave(ws);
    (void)edo_deadline_end(&d, 0);
    edoi_ws_retire(ws);
    (void)edo_shield_end(&shield, 0);
    w->is_owned = false;
    edo_up_down_add(w->opts.open, -1);
    edo_rc_unref(ws);
}

int edo_ws_end(edo_ws *ws, int code) {
    if (EDO_MISUSE(!edoi_ws_is_waiting(ws) || edoi_ws_waiting_of(ws)->is_owned,
                   "a WebSocket of a route ends by itself: return the code instead"))
        return code;
    bool has_closed = ws->reader.code != 0 && ws->reader.code != EDO_WS_CLOSE_ABNORMAL;
    edoi_ws_end(ws, NULL, code);
    return code == -EDO_ECLOSED && has_closed ? 0 : code;
}

uint16_t edo_ws_close_code(const edo_ws *ws) {
    return ws->reader.code;
}

edo_str edo_ws_close_reason(const edo_ws *ws) {
    return (edo_str){ ws->reader.reason, ws->reader.reason_n };
}
