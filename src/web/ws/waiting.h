/* SPDX-License-Identifier: MIT */
/* web/ws/waiting.h: a socket whose task waits for messages: in a fiber, or by a future (recv.c); of
 * a server or a client. */
#ifndef EDOI_WEB_WS_WAITING_H
#define EDOI_WEB_WS_WAITING_H

#include "web/ws/ws.h"

/* What a receive that has returned -EAGAIN waits for. */
typedef enum edoi_ws_need {
    EDOI_WS_NEEDS_TURN, /* only in a poll: the task was woken */
    EDOI_WS_NEEDS_INPUT,
    EDOI_WS_NEEDS_LOCK, /* `sending` */
} edoi_ws_need;

/* Counted by edo_rc. All members but the first four are used by the receiver alone. */
typedef struct edoi_ws_waiting {
    edo_ws ws;                   /* first: a pointer to it is one to the socket */
    edo_cancel_token *drain;     /* const; NULL: there is no drain */
    const char *protocol;        /* const; NULL: none was agreed on */
    edo_atomic_u16 is_receiving; /* atomic, relaxed: a task is in a receive; tells misuse */
    bool is_owned;               /* the request has a reference, which it gives back; tells
                                    misuse */
    bool was_pinged;             /* and the peer has not sent a byte since */
    bool has_input;              /* a wait for input has just ended */
    bool has_lock;               /* a wait for `sending` has just ended, which is held */
    edoi_ws_need needs;          /* set with -EAGAIN */
    uint32_t ping_mark;          /* was_pinged: of edoi_tcp_mark() */
    int64_t silent_ns;           /* waited since the peer's last byte, or since the ping */
    edo_ws_opts opts;
} edoi_ws_waiting;

/* Makes a socket without a connection; freed by edo_rc_unref(). Copies `opts`; borrows `drain`.
 * NULL without memory. */
edo_ws *edoi_ws_waiting_new(const edo_ws_opts *opts, edo_cancel_token *drain);

/* Is it a socket whose task waits? Otherwise it is detached. */
bool edoi_ws_is_waiting(const edo_ws *ws);

EDOI_INLINE edoi_ws_waiting *edoi_ws_waiting_of(edo_ws *ws) {
    return (edoi_ws_waiting *)(void *)ws;
}

/* Receives until the peer's close, and drops all messages. Called in a fiber. Returns 0 or a
 * code. */
int edoi_ws_drop_messages(edo_ws *ws);

/* Does edo_ws_shutdown(). */
int edoi_ws_shut(edo_ws *ws, uint16_t code, edo_str reason);

/* Gives the socket to its request, which ends it. */
void edoi_ws_give_to_request(edo_ws *ws);

/* Ends the socket of a handler that has returned `code`, and releases it. `route` as for
 * edoi_ws_tell_failure(). */
void edoi_ws_end(edo_ws *ws, const edo_str *route, int code);

#endif
