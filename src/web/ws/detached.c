/* SPDX-License-Identifier: MIT */
/* web/ws/detached.c: a socket that is functions instead of a fiber. It runs as a detached
 * connection of the HTTP server does: when there is input, when a time is reached, when the server
 * drains. A wait of a fiber is -EAGAIN here, and the next run goes on. */
#include "web/ws/ws.h"

#include <edo/http_upgrade.h>

#include <errno.h>

/* Closes, unless that was done before. */
static int close_with(edo_ws *ws, uint16_t code, edo_str reason) {
    int err = edoi_ws_begin_close(ws, code, reason);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* A function of the handler has returned `code`. */
static int after(edo_ws *ws, int code) {
    if (code >= 0 || ws->is_closing || code == -EDO_ECLOSED) return 0;
    if (code != -ECANCELED) edoi_ws_tell_failure(ws, code);
    return close_with(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
}

static int open(edo_ws *ws, edo_instant now) {
    ws->silent_ns = now.ns;
    return ws->handler->on_open ? after(ws, ws->handler->on_open(ws)) : 0;
}

/* Handles all messages that are there. Returns 0: more have to come. */
static int serve(edo_ws *ws) {
    edo_ws_message m;
    int err;
    while ((err = edoi_ws_receive(ws, &m)) == 0) {
        if (ws->is_closing || edoi_ws_is_after_close(ws)) continue;
        err = after(ws, ws->handler->on_message(ws, &m));
        if (err < 0) return err;
    }
    if (err == -ENOMEM && !ws->is_closing) return close_with(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    return err == -EAGAIN ? 0 : err;
}

/* A close of edo_ws_close() is out: the peer has as long as after one of ours. */
static void look_for_close(edo_ws *ws) {
    if (ws->is_closing) return;
    ws->is_closing =
        edoi_load_rlx_u32(&ws->close_sent) == EDOI_WS_CLOSE_WRITTEN; // relaxed: in time
    if (ws->is_closing) ws->silent_ns = edo_now().ns;
}

static int run_for(edo_ws *ws, uint32_t why, edo_instant now) {
    int err = 0;
    if (why & EDO_DETACHED_BEGIN) err = open(ws, now);
    look_for_close(ws);
    if (why & EDO_DETACHED_END) return -ECONNABORTED;
    if (err == 0 && (why & EDO_DETACHED_DRAIN) && !ws->is_closing)
        err = close_with(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
    if (err == 0 && (why & EDO_DETACHED_TIME)) err = edoi_ws_check_silence(ws);
    if (err == 0) err = serve(ws);
    look_for_close(ws); // the peer's time begins now, whatever it sends
    return err;
}

static void end(edo_ws *ws) {
    edoi_ws_note_end(ws, EDO_WS_CLOSE_ABNORMAL, EDO_STR(""));
    if (ws->has_failed) edoi_ws_linger(ws);
    edoi_ws_retire(ws);
    if (ws->handler->on_close) ws->handler->on_close(ws);
}

/* The part of a message that had come is lost. */
static void end_without_memory(edo_ws *ws) {
    ws->has_failed = true;
    edoi_ws_note_end(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    end(ws);
}

static int run(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    edo_ws *ws = arg;
    edoi_ws_stage stage;
    edoi_ws_begin_run(ws, &stage, why & EDO_DETACHED_INPUT, now);
    int err = run_for(ws, why, now);
    if (err < 0) end(ws);
    int left = edoi_ws_leave_stage(ws);
    if (err == 0 && left < 0) end_without_memory(ws);
    *at = edoi_ws_next_check(ws);
    return err < 0 ? err : left;
}

static void drop(void *arg) {
    edo_ws *ws = arg;
    ws->is_owned = false;
    edo_rc_unref(ws);
}

int edoi_ws_detach(edo_ws *ws, edo_request *req, const edo_ws_handler *h, void *arg) {
    static const edo_detached_ops ops = { .run = run, .drop = drop };
    ws->handler = h;
    ws->arg = arg;
    ws->is_owned = true;
    int err = edo_upgrade_detach(req, &ops, ws);
    if (err < 0) ws->is_owned = false;
    return err;
}

void *edo_ws_arg(const edo_ws *ws) {
    return edoi_ws_is_detached(ws) ? ws->arg : NULL;
}

void edo_ws_set_arg(edo_ws *ws, void *arg) {
    if (edoi_ws_is_detached(ws)) ws->arg = arg; // a socket in a fiber has something else there
}
