/* SPDX-License-Identifier: MIT */
/* tests/http2/h2_peer.h: a client of HTTP/2 for tests, over any stream, by nghttp2; and frames that
 * are made by hand, for clients that break the rules. */
#ifndef EDO_TESTS_H2_PEER_H
#define EDO_TESTS_H2_PEER_H

#include "../http/http_server.h"

#include <nghttp2/nghttp2.h>

#define H2_ANSWERS_MAX 300
#define H2_HEAD_MAX    2048
#define H2_BODY_MAX    512 /* bytes of a body that are kept; all are counted */

/* What the client has got on one stream. */
typedef struct h2_answer {
    int32_t id;
    int status;             /* of the last head; 0: none yet */
    int first;              /* of the first head */
    char head[H2_HEAD_MAX]; /* "name: value\n" of all heads, with pseudo fields and trailers;
                               "never " in front of those that are never indexed */
    size_t head_n;
    char body[H2_BODY_MAX];
    size_t body_n; /* in all */
    uint64_t sum;  /* of the bytes and their places */
    int frames;    /* HEADERS and DATA */
    bool ended;    /* END_STREAM has come */
    bool closed;
    uint32_t error; /* closed: why */
    const char *up; /* what is sent: the body that is left */
    size_t up_n, up_total;
    bool up_holds; /* the body goes on later */
} h2_answer;

typedef struct h2_peer {
    edo_stream *stream;
    nghttp2_session *session;
    h2_answer answers[H2_ANSWERS_MAX];
    int n;
    int goaways;
    int32_t goaway_first, goaway_last; /* the streams that they name */
    uint32_t goaway_error;
    char goaway_text[32]; /* of the first one */
    int pings;            /* of the server, that are no acknowledgement */
    int settings;         /* of the server */
    bool is_deaf;         /* the server takes nothing any more */
    bool is_over;         /* the connection has ended */
    bool is_raw; /* frames were made by hand, of which nghttp2 knows nothing: what comes is only
                       looked through for GOAWAY */
    bool acks;   /* is_raw: acknowledges each PING */
    /* is_raw: what has come */
    int heads, resets, pongs;
    int32_t reset_id;     /* of the last reset */
    uint32_t reset_error; /* likewise */
    uint8_t frame[17];
    size_t frame_n, skip;
} h2_peer;

/* Begins with the client's preface and SETTINGS, which may be none. */
void h2_begin(h2_peer *p, edo_stream *stream, const nghttp2_settings_entry *settings, size_t n);
void h2_begin_holding(h2_peer *p, edo_stream *stream, const nghttp2_settings_entry *settings,
                      size_t n);
void h2_end(h2_peer *p);

/* Makes a request: `fields` is "name: value\n…" behind the pseudo fields, or NULL. The answer stays
 * valid until h2_end(). */
h2_answer *h2_ask(h2_peer *p, const char *method, const char *path, const char *fields);
/* With a body. `holds`: more follows by h2_say(). */
h2_answer *h2_post(h2_peer *p, const char *path, const char *fields, const char *body, size_t n,
                   bool holds);
/* With nothing that was not given: "name: value\n…". */
h2_answer *h2_ask_raw(h2_peer *p, const char *fields, bool ends);
void h2_say(h2_peer *p, h2_answer *a, const char *body, size_t n, bool holds);

/* Sends what is to be sent. */
void h2_send(h2_peer *p);
/* Sends, waits for bytes of the server, and takes them. Returns false once the connection has
 * ended. */
bool h2_turn(h2_peer *p);
/* Takes what has come already. */
void h2_take(h2_peer *p);

/* Waits until the answer is whole, or its stream is closed. */
void h2_await(h2_peer *p, h2_answer *a);

#define H2_UNTIL(p, cond)                                                                          \
    do {                                                                                           \
        while (!(cond)) CHECK(h2_turn(p));                                                         \
    } while (0)

bool h2_has(const h2_answer *a, const char *line);

/* From here on frames are made by hand. Sends what is to be sent before. */
void h2_begin_raw(h2_peer *p);
/* Sends a PING, and waits until it is acknowledged, or the connection has ended: what was sent
 * before has had its effect then. */
void h2_settle(h2_peer *p);
/* Sends a frame as it is. */
void h2_raw(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const void *bytes, size_t n);

#endif
