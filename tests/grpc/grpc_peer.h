/* SPDX-License-Identifier: MIT */
/* tests/grpc/grpc_peer.h: a client of gRPC for tests, over the one of HTTP/2: messages with one
 * text, as Person and Reply of hello.proto, are made by hand. */
#ifndef EDO_TESTS_GRPC_PEER_H
#define EDO_TESTS_GRPC_PEER_H

#include "../http2/h2_peer.h"

#define GRPC_FIELDS "content-type: application/grpc\nte: trailers\n"

/* Bytes that a test sends, or expects. */
typedef struct bytes {
    char at[8192];
    size_t n;
} bytes;

/* Appends a message of one text. */
void put_message(bytes *b, const char *text);

/* Makes a call with one message, and nothing behind it. `fields` may be NULL. */
h2_answer *grpc_ask(h2_peer *p, const char *path, const char *fields, const char *text);

/* Makes a call with these bytes. `holds`: more follow. */
h2_answer *grpc_ask_with(h2_peer *p, const char *path, const char *fields, const bytes *b,
                         bool holds);

/* Has the answer, which is whole, that status? */
bool has_status(const h2_answer *a, int status);

/* Is the body this one message? */
bool has_message(const h2_answer *a, const char *text);

#endif
