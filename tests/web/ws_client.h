/* SPDX-License-Identifier: MIT */
/* tests/web/ws_client.h: the client's end of a WebSocket, frame by frame. */
#ifndef EDO_TESTS_WS_CLIENT_H
#define EDO_TESTS_WS_CLIENT_H

#include "web_server.h"

#include <edo/ws.h>

#define HELLO                                                                                      \
    "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n"   \
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static inline edo_stream *upgraded(web_served *s) {
    heard h = { 0 };
    edo_stream *c = client_of(&s->http);
    say(c, HELLO "\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 101 ") &&
          has(&h, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    CHECK(has(&h, "upgrade: websocket\r\n") && has(&h, "connection: upgrade\r\n"));
    return c;
}

/* Prints a frame with a mask; `first` is its first byte. */
static inline size_t print_frame(char *to, unsigned first, const char *payload, size_t n) {
    size_t at = 0;
    to[at++] = (char)first;
    to[at++] = (char)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
    if (n >= 126)
        for (int i = n < 65536 ? 8 : 56; i >= 0; i -= 8)
            if (n >= 65536 || i < 16) to[at++] = (char)(n >> i);
    memcpy(to + at, "\x11\x22\x33\x44", 4);
    at += 4;
    for (size_t i = 0; i < n; i++) to[at++] = (char)(payload[i] ^ "\x11\x22\x33\x44"[i % 4]);
    return at;
}

static char wire[(1 << 20) + 100];

static inline void send_frame(edo_stream *c, unsigned first, const char *payload, size_t n) {
    size_t bytes = print_frame(wire, first, payload, n);
    CHECK_EQ(edo_write_all(c, wire, bytes), 0);
}

/* Reads a frame, which has no mask, and returns its first byte; 0 at the end. */
static inline unsigned hear_frame(edo_stream *c, char *payload, size_t *n) {
    unsigned char head[10];
    if (edo_read_exact(c, head, 2) < 0) return 0;
    size_t more = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
    *n = more ? 0 : head[1];
    if (more) CHECK_EQ(edo_read_exact(c, head + 2, more), 0);
    for (size_t i = 0; i < more; i++) *n = *n << 8 | head[2 + i];
    if (*n > 0) CHECK_EQ(edo_read_exact(c, payload, *n), 0);
    return head[0];
}

/* The next frame is this one. */
static inline void expect(edo_stream *c, unsigned first, const char *payload, size_t n) {
    static char got[1 << 20];
    size_t got_n = 0;
    unsigned got_first = hear_frame(c, got, &got_n);
    CHECK_EQ(got_first, first);
    CHECK_EQ(got_n, n);
    CHECK_EQ(memcmp(got, payload, n), 0);
}

/* The next frame is a close with this code. */
static inline void expect_close(edo_stream *c, unsigned code) {
    char got[126] = { 0 };
    size_t n = 0;
    CHECK_EQ(hear_frame(c, got, &n), 0x88);
    CHECK_EQ(n >= 2 ? (unsigned)(unsigned char)got[0] << 8 | (unsigned char)got[1] : 0, code);
}

static inline void expect_end(edo_stream *c) {
    char byte;
    CHECK_EQ(edo_read(c, &byte, 1), 0);
    edo_close(c);
}

#define TEXT   0x81
#define BINARY 0x82
#define CLOSE_ 0x88
#define PING   0x89
#define PONG   0x8a

#endif
