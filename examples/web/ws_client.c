/* SPDX-License-Identifier: MIT */
/* ws_client.c: says something to a WebSocket, and prints what comes back.
 *
 *     ws_client [-2] URL TEXT...
 *
 * For each TEXT one message; then the socket is closed with 1000. With -2 it goes over HTTP/2 if
 * the server of a wss URL takes it there. */
#include <edo/edo.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int say_all(edo_ws *ws, char **texts) {
    edo_ws_message m;
    int err = 0;
    for (; *texts && err == 0; texts++) {
        err = edo_ws_send_text(ws, edo_str_of(*texts));
        if (err == 0) err = edo_ws_recv(ws, &m);
        if (err == 0) printf("%.*s\n", (int)m.data.len, m.data.ptr);
    }
    return err;
}

static int app(void *arg) {
    char **args = arg;
    edo_ws *ws;
    edo_ws_refusal refusal = { 0 };
    edo_ws_client_opts opts = { .socket = { .deflate = true }, .refusal = &refusal };
    if (strcmp(args[0], "-2") == 0) {
        opts.http2 = EDO_WS_HTTP2_FIRST;
        args++;
    }
    int err = edo_ws_connect(&ws, edo_str_of(args[0]), &opts);
    if (err == -EACCES) printf("refused: %d\n", (int)refusal.status);
    edo_ws_refusal_deinit(&refusal);
    if (err < 0) return edo_fail(err, "connecting to %s", args[0]);
    return edo_ws_end(ws, say_all(ws, args + 1));
}

int main(int argc, char **argv) {
    if (argc < 2 || (strcmp(argv[1], "-2") == 0 && argc < 3)) {
        (void)fputs("usage: ws_client [-2] URL TEXT...\n", stderr);
        return 2;
    }
    return edo_main(app, argv + 1);
}
