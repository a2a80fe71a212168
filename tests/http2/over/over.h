/* SPDX-License-Identifier: MIT */
/* tests/http2/over/over.h: the tests of the modules http and web, run over HTTP/2. Their clients
 * speak the text of HTTP/1.1, so a gateway stands between them and the server: it makes a stream of
 * HTTP/2 of each request, and text of what comes back. Requests of one connection go one after
 * another, as their text does.
 *
 *     test ──text──> gateway.c ──frames──> the server under test
 *
 * Both ways are memory under a clock that jumps, and TCP elsewhere.
 *
 * What is no text of HTTP/1.1 the gateway refuses itself, by 400. What cannot be said over HTTP/2,
 * or is about the bytes of HTTP/1.1, is left out: left_out.c has each such test, and why. */
#ifndef EDO_TESTS_OVER_H
#define EDO_TESTS_OVER_H

#include "../../http/http_server.h"

#include <nghttp2/nghttp2.h>

/* What the gateway takes from the client next. */
typedef enum over_takes {
    OVER_HEAD,
    OVER_LENGTH,   /* `body_left` bytes of a body */
    OVER_SIZE,     /* the size of a chunk */
    OVER_CHUNK,    /* `body_left` bytes of it, and the end of its line */
    OVER_TRAILERS, /* a line of them, or the empty one */
    OVER_NOTHING,  /* before the response has ended */
    OVER_TUNNEL,   /* bytes as they are */
} over_takes;

/* Bytes that are gathered, in memory that no test lets fail. */
typedef struct over_text {
    char *ptr; /* never NULL once there was a byte */
    size_t len, cap;
} over_text;

void over_add(over_text *t, const void *bytes, size_t n);
void over_print(over_text *t, const char *format, ...) EDO_PRINTF(2, 3);
void over_drop(over_text *t, size_t n); /* the first */

/* A gateway: the two connections, and the request and the response that are on their way. */
typedef struct over {
    edo_stream *client, *server;
    nghttp2_session *session;
    over_takes takes;
    over_text in;       /* of the client, and not yet taken */
    bool has_begun;     /* to speak HTTP/2: the client has sent a byte */
    bool in_ended;      /* the client has ended its output */
    bool in_broken;     /* likewise, by a reset */
    bool is_shut;       /* and so has this to the server */
    bool is_lost;       /* the server's connection has ended */
    bool has_said_bye;  /* GOAWAY came */
    bool has_said_last; /* and it says which request was the last */
    bool is_over;
    bool is_ended;  /* the client gets nothing more, but may go on */
    bool is_broken; /* is_over: and the client is to see a reset */

    /* The request. */
    int32_t id; /* 0: there is none */
    uint64_t body_left;
    over_text up;   /* of its body, to be sent */
    bool up_ended;  /* nothing follows */
    over_text tail; /* trailers: "name: value\r\n" each */
    bool is_head, is_old, keeps_old, closes;
    over_text protocol; /* of an upgrade that it asks for; empty: none */
    char accept[32];    /* what a WebSocket's client wants to see; empty: nothing */

    /* The response. */
    over_text out; /* text, for the client */
    int status;    /* of the head that comes; 0: none */
    over_text fields;
    bool has_length, has_head; /* has_head: of the final response, not yet written */
    bool is_chunked, head_written, is_answered;
    over_text body;
    over_text end_fields;
    uint32_t error; /* is_answered: why the stream was closed before its end */
    bool is_whole;  /* END_STREAM has come */
} over;

/* request.c: takes what the client has sent, as far as it can. Returns whether it took some. */
bool over_take(over *o);
/* Passes on the header of a proxy, if the client begins with it. Returns false if the server takes
 * nothing. */
bool over_begin_with(over *o);

/* response.c */
void over_set_callbacks(nghttp2_session_callbacks *c);
/* Makes text of what has come. Returns whether the client's connection ends behind it. */
bool over_answer(over *o);
/* Refuses what the client has said, without the server. 0: without a word */
void over_refuse(over *o, int status);

#endif
