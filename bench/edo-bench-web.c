/* SPDX-License-Identifier: MIT */
/* edo-bench-web get|ws [-n OPERATIONS]
 * Question: how many instructions does a request take through the router, and a message through a
 * WebSocket? bench/insn counts them.
 * Guards: neither allocates for an operation, nor parks more than it has to.
 * One operation after the other, over a pipe in memory: `get` is a small GET, whose response is a
 * line; `ws` is a masked binary message of 64 bytes that comes back. The client's part counts. */
#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/web.h>
#include <edo/ws.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGE 64

#define HELLO "Hello"
#define GET   "GET /users/4711 HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n"
#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"         \
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

typedef struct bench {
    edo_stream *ours, *theirs;
    bool is_ws;
    long n;
} bench;

/* ---- The server ------------------------------------------------------------------------------ */

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, HELLO);
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int echo(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = say_again };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int serve(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/users/{id}", hello);
    edo_router_get(r, "/ws", echo);
    int err = edo_web_serve_stream(r, ((bench *)arg)->theirs, NULL);
    edo_router_free(r);
    return err;
}

/* ---- The client ------------------------------------------------------------------------------ */

/* Asks once, and returns the length of the response, which ends with `end`, or a negative code. */
static int first_length(edo_stream *s, const char *asked, const char *end) {
    char buf[1024];
    size_t n = 0, end_n = strlen(end);
    int err = edo_write_all(s, asked, strlen(asked));
    while (err >= 0 && (n < end_n || memcmp(buf + n - end_n, end, end_n) != 0)) {
        err = edo_read(s, buf + n, sizeof buf - n);
        if (err > 0)
            n += (size_t)err;
        else if (err == 0)
            err = -EPIPE;
    }
    return err < 0 ? err : (int)n;
}

static int ask(bench *b, const void *asked, size_t asked_n, size_t length) {
    char buf[1024];
    int err = 0;
    for (long i = 0; i < b->n && err >= 0; i++) {
        err = edo_write_all(b->ours, asked, asked_n);
        if (err >= 0) err = edo_read_exact(b->ours, buf, length);
    }
    return err < 0 ? err : 0;
}

static int ask_all(bench *b) {
    static const char message[2 + 4 + MESSAGE] = { '\x82', (char)(0x80 | MESSAGE), 1, 2, 3, 4 };
    int length = first_length(b->ours, b->is_ws ? UPGRADE : GET, b->is_ws ? "\r\n\r\n" : HELLO);
    if (length < 0) return length;
    return b->is_ws ? ask(b, message, sizeof message, 2 + MESSAGE)
                    : ask(b, GET, sizeof GET - 1, (size_t)length);
}

/* ---- The program ----------------------------------------------------------------------------- */

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int run(void *arg) {
    bench *b = arg;
    int err = edo_duplex(&b->ours, &b->theirs, 1 << 16);
    if (err < 0) return err;
    edo_task *task = edo_spawn(serve, b);
    int64_t begin = now_ns();
    err = task ? ask_all(b) : -ENOMEM;
    double ns = (double)(now_ns() - begin) / (double)b->n;
    edo_close(b->ours);
    int served = task ? edo_task_join(task) : 0;
    if (err == 0 && printf("%.0f ns an operation\n", ns) < 0) err = -EIO;
    return err < 0 ? err : served;
}

int main(int argc, char **argv) {
    bench b = { .n = argc > 3 && strcmp(argv[2], "-n") == 0 ? strtol(argv[3], NULL, 10) : 100000 };
    b.is_ws = argc > 1 && strcmp(argv[1], "ws") == 0;
    if (argc < 2 || b.n < 1 || (!b.is_ws && strcmp(argv[1], "get") != 0)) return 2;
    return edo_main_with(run, &b, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
