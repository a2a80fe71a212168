/* SPDX-License-Identifier: MIT */
/* tests/http/http_server.h: a server under test, and clients that send bytes as they are. */
#ifndef EDO_TESTS_HTTP_SERVER_H
#define EDO_TESTS_HTTP_SERVER_H

#include "inside.h"

#include <edo/edo.h>
#include <edo/http_server.h>
#include <edo/streams.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A connection of a server over memory. */
typedef struct served_conn {
    struct served_conn *next;
    struct served *server;
    edo_stream *stream; /* the server's end */
    edo_task *task;
} served_conn;

/* A server that runs as a task of this runtime, `task`: cancel that and it drains. Under a clock
 * that jumps its clients come through memory, each to a server of its own: bytes on their way
 * through the kernel are no event that such a clock waits for. Else they come through TCP, to one
 * server. */
typedef struct served {
    edo_http_handler *handler;
    void *arg;
    edo_http_server_opts opts;
    size_t pipe_bytes; /* held in each direction of a connection in memory; 0: PIPE_BYTES */
    edo_task *task;
    edo_task_fn *serve_all; /* of another module; its argument is this */
    int (*serve_one)(struct served *, edo_stream *);
    bool is_in_memory;
    bool is_over;       /* in memory: nobody gets a connection any more */
    served_conn *conns; /* in memory, newest first */
    edo_sem never;      /* in memory */
    edo_tcp_opts tcp;
    edo_listener *listener;
    char address[32];
} served;

#define PIPE_BYTES (256u << 10)
#define HELD_MAX   (4u << 20) /* a connection holds less: through TCP, one with SMALL_BUFFERS */

static inline int served_conn_main(void *arg) {
    served_conn *conn = arg;
    served *s = conn->server;
    if (s->serve_one) return s->serve_one(s, conn->stream);
    return edo_http_serve_stream(s->handler, s->arg, conn->stream, &s->opts);
}

/* Cancels all connections, so that they drain at once, and returns the worst of their results. */
static inline int served_drain(served *s) {
    int worst = 0;
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(EDO_FOREVER_NS));
    s->is_over = true;
    for (served_conn *c = s->conns; c; c = c->next) edo_task_cancel(c->task);
    for (served_conn *c; (c = s->conns);) {
        int result = edo_task_join(c->task);
        if (result < 0) worst = result;
        s->conns = c->next;
        free(c);
    }
    (void)edo_shield_end(&shield, 0);
    return worst;
}

static inline int served_keep(void *arg) {
    served *s = arg;
    CHECK_EQ(edo_sem_acquire(&s->never, 1), -ECANCELED);
    return served_drain(s);
}

static inline void serve_in_memory(served *s) {
    s->is_in_memory = true;
    s->is_over = false;
    edo_sem_init(&s->never, 0);
    s->task = edo_spawn(served_keep, s);
    CHECK(s->task != NULL);
}

static inline int served_main(void *arg) {
    served *s = arg;
    return edo_http_serve(s->handler, s->arg, &s->opts);
}

/* Serves at `s->listener`. */
static inline void serve_at(served *s) {
    CHECK(!clock_jumps());
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->listener));
    s->opts.listeners = &s->listener;
    s->opts.listeners_n = 1;
    s->task = edo_spawn(s->serve_all ? s->serve_all : served_main, s);
    CHECK(s->task != NULL);
}

static inline void serve_begin(served *s) {
    if (clock_jumps()) {
        serve_in_memory(s);
        return;
    }
    EDO_TEST_OK(edo_tcp_listen(&s->listener, "127.0.0.1:0", &s->tcp));
    serve_at(s);
}

/* Stops the server, and returns what it returned. */
static inline int serve_end(served *s) {
    edo_task_cancel(s->task);
    int result = edo_task_join(s->task);
    if (s->listener) edo_listener_close(s->listener);
    return result;
}

/* Is there where the tests run over HTTP/2 (tests/http2/over): puts a gateway in front of the
 * server at the other end of the stream, which it takes. Returns what the client has instead. */
edo_stream *edo_test_over(const served *s, edo_stream *server) __attribute__((weak));

static inline edo_stream *client_over(const served *s, edo_stream *server) {
    return edo_test_over ? edo_test_over(s, server) : server;
}

/* The version of HTTP by which the server is asked. */
#define ASKED_BY (edo_test_over ? "2" : "1.1")

static inline edo_stream *client_of(served *s) {
    edo_stream *c;
    if (!s->is_in_memory) {
        CHECK(!clock_jumps());
        EDO_TEST_OK(edo_tcp_connect(&c, s->address, &s->tcp));
        return client_over(s, c);
    }
    served_conn *conn = malloc(sizeof *conn);
    CHECK(conn != NULL);
    *conn = (served_conn){ .next = s->conns, .server = s };
    EDO_TEST_OK(edo_duplex(&c, &conn->stream, s->pipe_bytes ? s->pipe_bytes : PIPE_BYTES));
    conn->task = edo_spawn(served_conn_main, conn);
    CHECK(conn->task != NULL);
    s->conns = conn;
    return client_over(s, c);
}

/* For clients that connect when they like, also to a server that has ended. */
static inline int connect_if_served(served *s, edo_stream **out) {
    if (s->is_over) return -ECONNREFUSED;
    *out = client_of(s);
    return 0;
}

static inline void say(edo_stream *c, const char *bytes) {
    CHECK_EQ(edo_write_all(c, bytes, strlen(bytes)), 0);
}

/* What the server sent: kept by a test on its stack. */
typedef struct heard {
    char text[16384];
    size_t len;
} heard;

/* Reads until the text has `end` in it, or up to the end of the connection; returns whether it
 * ended with an orderly end. */
static inline bool hear_until(edo_stream *c, heard *h, const char *end) {
    while (!end || !strstr(h->text, end)) {
        int n = edo_read(c, h->text + h->len, sizeof h->text - 1 - h->len);
        if (n <= 0) return n == 0;
        h->len += (size_t)n;
        h->text[h->len] = 0;
    }
    return true;
}

/* Sends `request` on a new connection and reads up to the end of that. */
static inline void ask(served *s, heard *h, const char *request) {
    edo_stream *c = client_of(s);
    *h = (heard){ 0 };
    say(c, request);
    CHECK(hear_until(c, h, NULL));
    edo_close(c);
}

static inline bool has(const heard *h, const char *text) {
    return strstr(h->text, text) != NULL;
}

/* Has the server said that it had no memory for the request: by nothing, by a 500, or, over HTTP/2,
 * by a refused stream, of which the gateway makes a 503? */
static inline bool has_no_memory(const heard *h) {
    return h->len == 0 || has(h, " 500 ") || (edo_test_over && has(h, " 503 "));
}

/* How often `text` is there. */
static inline int times(const heard *h, const char *text) {
    int n = 0;
    for (const char *at = h->text; (at = strstr(at, text)); at += strlen(text)) n++;
    return n;
}

#endif
