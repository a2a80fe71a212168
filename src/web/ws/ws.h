/* SPDX-License-Identifier: MIT */
/* web/ws/ws.h: a WebSocket in its handler.
 *
 * inv. 1: what is written goes through `sending`, so that frames do not mix; `is_broken` says that
 *         a frame was cut short, or that the peer has not read for too long.
 * inv. 2: all else belongs to the task that receives. */
#ifndef EDOI_WEB_WS_WS_H
#define EDOI_WEB_WS_WS_H

#include "base/atomic.h"
#include "web/ws/frame.h"

#include <edo/mutex.h>
#include <edo/ws.h>

#define EDOI_WS_INPUT_BYTES 4096u

struct edo_ws {
    edo_stream *stream; /* borrowed from the request */
    edo_cancel_token *drain;
    edo_ws_opts opts; /* with defaults filled in */
    const char *protocol;
    edo_mutex sending;
    edo_atomic_u32 close_sent; /* written with `sending` held; read by all senders */
    bool is_broken;            /* with `sending` held */

    char *input; /* counted memory; NULL while nothing has arrived */
    uint32_t begin, end;
    edoi_ws_head frame; /* that is being read, if `in_frame` */
    uint64_t taken;     /* of its payload */
    bool in_frame;
    bool in_message;      /* fragments of one have arrived */
    uint8_t kind;         /* of it */
    edoi_utf8_state utf8; /* of it, if it is text */
    edo_buf message;      /* its bytes so far */
    bool is_lent;         /* `message` was the result of the last receive */
    int64_t silent_ns;    /* waited since the peer's last byte, or since it was pinged */
    bool was_pinged;      /* and has not sent a byte since */
    bool has_failed;      /* the peer broke the protocol */
    bool has_drained;     /* our close was sent because the server drains */
    bool is_closing;      /* our close was sent, the peer's is waited for */
    uint16_t code;        /* 0: it has not ended */
    uint8_t reason_n;
    char reason[EDOI_WS_CONTROL_MAX];
};

/* Sends a frame; control frames go between others. */
int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload);

/* Sends a close, once. `code` EDO_WS_CLOSE_NO_CODE: an empty one. */
int edoi_ws_send_close(edo_ws *ws, uint16_t code, edo_str reason);

/* Ends the socket when its handler has returned `code`. */
void edoi_ws_end(edo_ws *ws, int code);

#endif
