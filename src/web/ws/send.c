/* SPDX-License-Identifier: MIT */
/* web/ws/send.c: frames that go out, one after the other. */
#include "web/ws/ws.h"

#include <edo/scope.h>

#include <errno.h>

#define FINISH_S 1 /* that the rest of a control frame may take after a cancellation */

/* Writes some bytes. A control frame that has begun goes on although its receive was cut short. */
static int write_some(edo_ws *ws, const struct iovec *vecs, size_t n, bool goes_on) {
    edo_deadline d = edo_deadline_begin(ws->opts.write_timeout);
    int done = edo_deadline_end(&d, edo_writev(ws->stream, vecs, n));
    if (done != -ECANCELED || !goes_on) return done;
    edo_shield shield = edo_shield_begin(edo_s(FINISH_S));
    done = edo_writev(ws->stream, vecs, n);
    edo_shield_end(&shield);
    return done;
}

/* Called with `sending` held. */
static int write_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload) {
    char head[EDOI_WS_HEAD_MAX];
    size_t head_n = edoi_ws_head_print(head, opcode, true, payload.len, NULL);
    for (size_t done = 0; done < head_n + payload.len;) {
        size_t of_head = done < head_n ? done : head_n, of_payload = done - of_head;
        struct iovec vecs[2] = { { head + of_head, head_n - of_head },
                                 { (char *)(uintptr_t)payload.ptr + of_payload,
                                   payload.len - of_payload } };
        size_t skip = of_head == head_n, n = 2 - skip - (payload.len == 0);
        int some = write_some(ws, vecs + skip, n, done > 0 && opcode >= EDOI_WS_CLOSE);
        if (some < 0) {
            ws->is_broken = done > 0 || some == -ETIMEDOUT;
            return some;
        }
        done += (size_t)some;
    }
    return 0;
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
        err = write_frame(ws, opcode, payload);
        if (opcode == EDOI_WS_CLOSE && err == 0) edoi_store_rlx_u32(&ws->close_sent, 1);
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
