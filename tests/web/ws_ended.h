/* SPDX-License-Identifier: MIT */
/* tests/web/ws_ended.h: a server of WebSockets, and what its handler returned in the end. */
#ifndef EDO_TESTS_WS_ENDED_H
#define EDO_TESTS_WS_ENDED_H

#include "ws_client.h"

#include <edo/web_log.h>

/* What the handler returned, at which time. */
static struct {
    bool is_over;
    int code;
    edo_instant at;
} ended;

static inline int over(int code) {
    ended.is_over = true;
    ended.code = code;
    ended.at = edo_now();
    return code;
}

static inline int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return over(err == -EDO_ECLOSED ? 0 : err);
}

/* Serves /echo by this handler. */
static inline void serve_one(web_served *s, edo_web_fn *fn) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", fn);
    edo_router_wrap_all(r, edo_catch_layer(NULL)); // a socket that ends is no failure to it
    ended.is_over = false;
    web_begin(s, r);
}

/* Waits for the end of the handler, on a paused clock. */
static inline void wait_for_end(edo_instant start, int64_t ms_max) {
    while (!ended.is_over && ms_since(start) < ms_max) CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK(ended.is_over);
}

#endif
