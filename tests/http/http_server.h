/* SPDX-License-Identifier: MIT */
/* tests/http/http_server.h: a server under test, and clients that send bytes as they are. */
#ifndef EDO_TESTS_HTTP_SERVER_H
#define EDO_TESTS_HTTP_SERVER_H

#include "inside.h"

#include <edo/edo.h>
#include <edo/http_server.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A server that runs as a task of this runtime. */
typedef struct served {
    edo_http_handler *handler;
    void *arg;
    edo_http_server_opts opts;
    edo_tcp_opts tcp;
    edo_listener *listener;
    char address[32];
    edo_task *task;
} served;

static inline int served_main(void *arg) {
    served *s = arg;
    return edo_http_serve(s->handler, s->arg, &s->opts);
}

static inline void serve_begin(served *s) {
    EDO_TEST_OK(edo_tcp_listen(&s->listener, "127.0.0.1:0", &s->tcp));
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->listener));
    s->opts.listeners = &s->listener;
    s->opts.listeners_n = 1;
    s->task = edo_spawn(served_main, s);
    CHECK(s->task != NULL);
}

/* Stops the server, and returns what it returned. */
static inline int serve_end(served *s) {
    edo_task_cancel(s->task);
    int result = edo_task_join(s->task);
    edo_listener_close(s->listener);
    return result;
}

static inline edo_stream *client_of(served *s) {
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, s->address, &s->tcp));
    return c;
}

/* As `served.tcp`: the kernel's buffers do not grow, and hold less than HELD_MAX together. */
#define BUFFER_BYTES (256u << 10)
#define SMALL_BUFFERS                                                                              \
    { .recv_buffer = BUFFER_BYTES, .send_buffer = BUFFER_BYTES }
#define HELD_MAX (4u << 20)

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

/* A client that comes when there is one descriptor, which it takes itself. Returns it; the limit of
 * before is in `*before`, for setrlimit(). */
static inline edo_stream *client_without_place(served *s, struct rlimit *before) {
    int last = dup(0);
    CHECK(last >= 0);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, before), 0);
    const struct rlimit few = { (rlim_t)last + 1, before->rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_EQ(close(last), 0);
    return client_of(s);
}

/* How often `text` is there. */
static inline int times(const heard *h, const char *text) {
    int n = 0;
    for (const char *at = h->text; (at = strstr(at, text)); at += strlen(text)) n++;
    return n;
}

#endif
