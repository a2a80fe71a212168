/* SPDX-License-Identifier: MIT */
/* web/ws/send.c: frames that go out, one after the other. */
#include "web/ws/ws.h"

#include <errno.h>

/* Called with `sending` held. */
static int write_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    char head[EDOI_WS_HEAD_MAX];
    size_t n = edoi_ws_head_print(head, opcode, true, payload.len, NULL);
    struct iovec vecs[2] = { { head, n }, { (void *)(uintptr_t)payload.ptr, payload.len } };
    int done = edo_writev_all(ws->stream, vecs, payload.len > 0 ? 2 : 1);
    if (done >= 0) return 0;
    ws->is_broken = true; // nobody knows how much of it went out
    return done;
}

static bool is_after_close(edo_ws *ws) {
    return edoi_load_rlx_u32(&ws->close_sent); // relaxed: `sending` orders the frames
}

int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    if (is_after_close(ws)) return -EDO_ECLOSED;
    int err = edo_mutex_lock(&ws->sending);
    if (err < 0) return err;
    if (is_after_close(ws)) {
        err = -EDO_ECLOSED;
    } else if (ws->is_broken) {
        err = -EPIPE;
    } else {
        if (opcode == EDOI_WS_CLOSE) edoi_store_rlx_u32(&ws->close_sent, 1);
        err = write_frame(ws, opcode, payload);
    }
    edo_mutex_unlock(&ws->sending);
    return err;
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
