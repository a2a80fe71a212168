/* SPDX-License-Identifier: MIT */
/* stream.h: the methods of chat.proto, whose argument is the server. */
#ifndef CHAT_STREAM_H
#define CHAT_STREAM_H

#include "chat.edo.h" // first: its parameters have names of our types

#include "server.h"

#include <edo/limiter.h>

/* What the calls share: the server's `streams`. */
typedef struct streams {
    edo_tracker users;       /* the routes, until no connection is left that could use them */
    edo_keyed_limiter *asks; /* of each address: calls with one reply; NULL: no limit */
} streams;

/* ---- stream.c: a conversation ---------------------------------------------------------------- */

int stream_talk(edo_grpc_call *call);

/* The key of the address that a call comes from, which is in `key`; none, if it is not known. */
edo_str stream_address(edo_grpc_call *call, char key[EDO_ADDR_KEY_BYTES]);

/* ---- ask.c: calls with one reply ------------------------------------------------------------- */

int ask_rooms(edo_grpc_call *call, chat_v1_room_list *out, const chat_v1_list_rooms_request *in);
int ask_history(edo_grpc_call *call, chat_v1_history *out, const chat_v1_read_history_request *in);

#endif
