/* SPDX-License-Identifier: MIT */
/* ws_echo.c: a WebSocket that says everything again.
 *
 *     ws_echo [HOST:PORT]
 *
 * In a browser:  s = new WebSocket("ws://127.0.0.1:8080/echo"); s.onmessage = e => console.log(e.data)
 * (from a page of that address: pages of others are refused). */
#include <edo/edo.h>
#include <edo/ws.h>

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL); // on failure a response has been made
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err; // the peer said goodbye
}

static int app(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", echo);
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg, .announce = true });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
