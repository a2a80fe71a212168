/* SPDX-License-Identifier: MIT */
/* client_stage.h: a client's connection, and a server that is frames made by hand, over memory with
 * a clock that jumps. */
#ifndef EDO_TESTS_HTTP2_CLIENT_STAGE_H
#define EDO_TESTS_HTTP2_CLIENT_STAGE_H

#include "inside.h"

#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION };
#define END_STREAM  1u
#define ACK         1u
#define END_HEADERS 4u
#define PADDED      8u

#define PREFACE_BYTES 24u
#define OK_HEAD       "\x88" // :status 200

/* A frame of the client. */
typedef struct frame {
    uint8_t type, flags;
    uint32_t id;
    size_t n;
    uint8_t bytes[16384];
} frame;

/* `c` is over `theirs`. */
typedef struct stage {
    edo_http2_opts opts;
    edo_stream *ours;
    edo_http2 *c;
    frame last;
} stage;

static void frame_put(stage *t, uint8_t type, uint8_t flags, uint32_t id, const void *bytes,
                      size_t n) {
    const uint8_t head[9] = {
        (uint8_t)(n >> 16),  (uint8_t)(n >> 8),   (uint8_t)n,         type,       flags,
        (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id
    };
    (void)edo_write_all(t->ours, head, sizeof head); // the client may have left
    if (n > 0) (void)edo_write_all(t->ours, bytes, n);
}

/* Of a text without its NUL. */
#define FRAME(t, type, flags, id, text)                                                            \
    frame_put((t), (type), (flags), (id), (text), sizeof(text) - 1)

static uint32_t number_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Takes the next frame of the client. Returns false at the end. */
static bool frame_get(stage *t) {
    uint8_t head[9];
    frame *f = &t->last;
    if (edo_read_exact(t->ours, head, sizeof head) < 0) return false;
    f->n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    f->type = head[3];
    f->flags = head[4];
    f->id = number_at(head + 5);
    CHECK(f->n <= sizeof f->bytes);
    return f->n == 0 || edo_read_exact(t->ours, f->bytes, f->n) == 0;
}

/* Passes over frames until one of this type comes. */
static void frame_await(stage *t, uint8_t type) {
    do CHECK(frame_get(t));
    while (t->last.type != type);
}

/* Waits for the farewell of the client, and returns its code. */
static inline uint32_t farewell(stage *t) {
    frame_await(t, GOAWAY);
    uint32_t code = number_at(t->last.bytes + 4);
    while (frame_get(t)) continue;
    return code;
}

static inline void stage_begin(stage *t) {
    edo_stream *theirs;
    char preface[PREFACE_BYTES];
    CHECK_EQ(edo_duplex(&t->ours, &theirs, 1 << 20), 0);
    t->opts.host = "x";
    CHECK_EQ(edo_http2_over(&t->c, theirs, &t->opts), 0);
    FRAME(t, SETTINGS, 0, 0, "");
    CHECK_EQ(edo_read_exact(t->ours, preface, sizeof preface), 0);
    CHECK_EQ(memcmp(preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", sizeof preface), 0);
}

static inline void stage_end(stage *t) {
    edo_http2_close(t->c);
    edo_close(t->ours);
}

/* A request under way in a task of its own. */
typedef struct asked {
    stage *t;
    edo_http_request req;
    edo_task *task;
    edo_status status;
    int error; /* of edo_http2_error() */
    char body[64];
    int body_n;    /* or what the read has returned */
    char why[100]; /* what the trail has of a failure */
} asked;

/* Keeps what the trail says of `err`. Returns it. */
static inline int ask_failed(asked *a, int err) {
    const edo_trail_entry *entry = err < 0 ? edo_trail_find(err) : NULL;
    (void)snprintf(a->why, sizeof a->why, "%s", entry ? entry->text : "");
    return err;
}

static inline int ask_main(void *arg) {
    asked *a = arg;
    edo_http_response *res;
    int err = edo_http2_send(a->t->c, &res, &a->req);
    if (err < 0) return ask_failed(a, err);
    a->status = res->status;
    int n = 0;
    while ((a->body_n = edo_read(res->body, a->body + n, sizeof a->body - (size_t)n)) > 0)
        n += a->body_n;
    (void)ask_failed(a, a->body_n);
    if (a->body_n == 0) a->body_n = n;
    a->error = edo_http2_error(res);
    edo_http_response_free(res);
    return 0;
}

/* Waits for its head, and for no other. */
static inline void ask(stage *t, asked *a) {
    bool has_body = a->req.body;
    a->t = t;
    a->task = edo_spawn(ask_main, a);
    CHECK(a->task != NULL);
    do frame_await(t, HEADERS);
    while (!(t->last.flags & END_STREAM) && !has_body);
}

/* Runs `fn` over a fresh stage. */
static inline void staged(int (*fn)(void *), edo_http2_opts opts) {
    stage *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->opts = opts;
    assert_int_equal(inside(fn, t), 0);
    free(t);
}

#endif
