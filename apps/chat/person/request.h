/* SPDX-License-Identifier: MIT */
/* request.h: what a page asks for, and what it is told: the protocol of
 * docs/book/27-the-chat-on-the-web.md. */
#ifndef CHAT_REQUEST_H
#define CHAT_REQUEST_H

#include "person/user.h"

/* A room that a page wants to be in. */
typedef struct wanted_room {
    edo_str room;
    uint64_t after, life;
} wanted_room;

/* A first message. Empty: not there. */
typedef struct hello {
    edo_str type, session, nick;
    wanted_room *rooms;
    size_t rooms_n;
    uint64_t told; /* if has_told: the number of what it was told alone that it has seen last */
    bool has_told;
} hello;

/* All that a later message may have; each type uses some of it. */
typedef struct user_request {
    edo_str type;
    edo_str room, to, to_id, nick, text, ref;
    uint64_t after, life, before, number;
    uint32_t limit;
    bool action;
    user_seat *at; /* request_do()'s: in that room; NULL: the type needs none */
} user_request;

/* Reads the first message of a connection, a text of JSON. Owns: it borrows from the text and the
 * arena. Returns 0, -EDO_EJSON or -EPROTO if it is no such message, with the reason in the trail;
 * -ENOMEM. */
EDO_MUST_USE int request_hello(hello *out, edo_str text, edo_arena *arena);

/* Whether a first message that did not come as JSON is one. Returns 0, or -EDO_EVALUE with the
 * reason in the trail. */
EDO_MUST_USE int hello_check(const hello *self);

/* The session that it names, or a new one. Returns 0, -EPROTO if the session is none: see the
 * trail. */
EDO_MUST_USE int hello_session(const hello *self, char out[SESSION_BYTES_MAX + 1]);

/* Takes the user to the rooms that it wants, and out of others; it is sent a welcome, and what it
 * has missed. Returns 0 or why the connection is to end. */
EDO_MUST_USE int request_welcome(user *self, const hello *first);

/* Does what a later message says, which did not come as JSON; NULL: it is no such message. Returns
 * 0 or why the connection is to end. */
EDO_MUST_USE int request_do(user *self, user_request *r);

/* As request_do(), of a text of JSON. */
EDO_MUST_USE int request_do_json(user *self, edo_str text, edo_arena *arena);

#endif
