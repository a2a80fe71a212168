/* SPDX-License-Identifier: MIT */
/* web/ws/end.c: how a conversation ends. */
#include "web/ws/ws.h"

#include <edo/scope.h>
#include <edo/time.h>

#define EDO_TARGET "web"
#include <edo/trace.h>

#include <errno.h>

#define CANCELLED_S  3 /* after a handler that was cancelled, which servers give 5 s in all */
#define LINGER_S     2
#define LINGER_BYTES ((size_t)1 << 20)

void edoi_ws_note_end(edo_ws *ws, uint16_t code, edo_str reason) {
    if (ws->code != 0) return;
    ws->code = code;
    ws->reason = reason.ptr;
    ws->reason_n = (uint8_t)reason.len;
}

/* Waits for the peer's close, and drops what comes before it. */
static int wait_for_close(edo_ws *ws) {
    ws->is_closing = true;
    return edoi_ws_drop_messages(ws);
}

int edoi_ws_await_close(edo_ws *ws) {
    edo_deadline d = edo_deadline_begin(edo_s(EDOI_WS_CLOSE_S));
    return edo_deadline_end(&d, wait_for_close(ws));
}

bool edoi_ws_is_end(uint16_t code, edo_str reason) {
    return edoi_ws_code_is_valid(code) && reason.len <= EDOI_WS_CONTROL_MAX - 2 &&
           edo_str_is_utf8(reason);
}

int edoi_ws_begin_close(edo_ws *ws, uint16_t code, edo_str reason) {
    int err = edoi_ws_send_close(ws, code, reason);
    if (err < 0) return err;
    ws->is_closing = true;
    ws->silent_ns = edo_now().ns;
    return 0;
}

int edo_ws_shutdown(edo_ws *ws, uint16_t code, const char *reason) {
    edo_str text = reason ? edo_str_of(reason) : EDO_STR("");
    if (!edoi_ws_is_end(code, text)) return -EINVAL;
    if (edoi_ws_is_detached(ws)) return edoi_ws_begin_close(ws, code, text);
    if (EDO_MISUSE(edoi_load_rlx_u16(&ws->is_receiving),
                   "a shutdown of a WebSocket from which another task receives"))
        return -EDO_EMISUSE;
    edo_deadline d = edo_deadline_begin(edo_s(EDOI_WS_CLOSE_S));
    int err = edoi_ws_send_close(ws, code, text);
    if (err == 0) err = wait_for_close(ws);
    return edo_deadline_end(&d, err);
}

/* A peer that broke the protocol has been told. The bytes that it still sends are read for a while,
 * since a close with unread input would reset the connection, and lose what it was told. */
void edoi_ws_linger(edo_ws *ws) {
    char dropped[1024];
    if (edo_shutdown(ws->stream) < 0) return;
    edo_deadline d = edo_deadline_begin(edo_s(LINGER_S));
    size_t total = 0;
    int n;
    while (total < LINGER_BYTES && (n = edo_read(ws->stream, dropped, sizeof dropped)) > 0)
        total += (size_t)n;
    (void)edo_deadline_end(&d, 0);
}

/* A client lets the server close the connection first (RFC 6455 section 7.1.1), and closes it in
 * any case. */
static void leave(edo_ws *ws) {
    char dropped[512];
    if (ws->code != 0 && ws->code != EDO_WS_CLOSE_ABNORMAL && !ws->has_failed)
        while (edo_read(ws->stream, dropped, sizeof dropped) > 0) continue;
    edo_close(edo_stream_ref(ws->stream));
}

static uint16_t code_after(const edo_ws *ws, int code) {
    bool is_fine = code >= 0 || code == -ECANCELED;
    if (is_fine && ws->drain && edo_cancel_is_set(ws->drain)) return EDO_WS_CLOSE_AWAY;
    return code < 0 ? EDO_WS_CLOSE_ERROR : EDO_WS_CLOSE_NORMAL;
}

/* Closes. A close of edo_ws_close() is sent by others, and its end is waited for all the same. */
static void say_goodbye(edo_ws *ws, uint16_t code) {
    if (edo_ws_shutdown(ws, code, NULL) == -EDO_ECLOSED && !ws->is_closing)
        (void)wait_for_close(ws);
}

void edoi_ws_tell_failure(edo_ws *ws, int code) {
    if (code == -ECONNRESET || code == -EPIPE || edoi_ws_broken(ws) < 0) {
        edo_debug("the peer of a WebSocket has gone: %s", edo_strerror(code));
    } else {
        edo_warn("the handler of a WebSocket failed: %s", edo_strerror(code));
    }
}

void edoi_ws_end(edo_ws *ws, int code) {
    (void)EDO_MISUSE(edoi_load_rlx_u16(&ws->is_receiving),
                     "a WebSocket ends from which another task receives");
    if (code < 0 && code != -ECANCELED && ws->code == 0) edoi_ws_tell_failure(ws, code);
    edo_shield shield = edo_shield_begin(edo_s(code == -ECANCELED ? CANCELLED_S : EDOI_WS_CLOSE_S));
    edo_deadline d = edo_deadline_begin(edo_s(EDOI_WS_CLOSE_S)); // what was not cancelled ends, too
    if (ws->code == 0)
        say_goodbye(ws, code_after(ws, code));
    else if (ws->code != EDO_WS_CLOSE_ABNORMAL)
        (void)edoi_ws_send_close(ws, ws->code, EDO_STR("")); // if a receive was cut short at it
    if (ws->has_drained && !ws->is_closing) (void)wait_for_close(ws);
    if (ws->has_failed) edoi_ws_linger(ws);
    if (ws->masks) leave(ws);
    (void)edo_deadline_end(&d, 0);
    edoi_ws_retire(ws);
    edo_shield_end(&shield);
    ws->is_owned = false;
    edo_rc_unref(ws);
}

int edo_ws_end(edo_ws *ws, int code) {
    if (EDO_MISUSE(ws->is_owned, "a WebSocket of a route ends by itself: return the code instead"))
        return code;
    bool has_closed = ws->code != 0 && ws->code != EDO_WS_CLOSE_ABNORMAL;
    edoi_ws_end(ws, code);
    return code == -EDO_ECLOSED && has_closed ? 0 : code;
}

uint16_t edo_ws_close_code(const edo_ws *ws) {
    return ws->code;
}

edo_str edo_ws_close_reason(const edo_ws *ws) {
    return (edo_str){ ws->reason, ws->reason_n };
}
