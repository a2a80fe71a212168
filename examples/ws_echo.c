/* SPDX-License-Identifier: MIT */
/* ws_echo.c: a WebSocket that says everything again.
 *
 *     ws_echo [HOST:PORT]
 *
 * In a browser:  s = new WebSocket("ws://127.0.0.1:8080/echo"); s.onmessage = e => console.log(e.data)
 * (from a page of that address: pages of others are refused). */
#include <edo/edo.h>
#include <edo/ws.h>

#include <stdio.h>

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL); // on failure a response has been made
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err; // the peer said goodbye
}

static int app(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return edo_fail(err, "listening on %s", (const char *)arg);
    printf("ws://127.0.0.1:%u/echo\n", (unsigned)edo_listener_port(l));
    (void)fflush(stdout);
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", echo);
    const edo_http_server_opts http = { .listeners = &l, .listeners_n = 1 };
    err = edo_web_serve(r, &(edo_web_opts){ .http = &http });
    edo_listener_close(l);
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
