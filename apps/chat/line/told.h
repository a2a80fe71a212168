/* SPDX-License-Identifier: MIT */
/* told.h: what a client is told alone, until it has come.
 *
 * A write into the kernel is no delivery. Of a private message it is remembered where it ends in
 * what was written; what the peer's machine has not acknowledged when the connection is gone, or
 * was never written, may not have come, and its author is told. */
#ifndef CHAT_TOLD_H
#define CHAT_TOLD_H

#include "message.h"

#include <edo/io.h>

#include <stdbool.h>

typedef struct told_messages {
    messages list; /* n private ones that the peer's machine may not have; by `ends_at` */
    size_t n;
    uint64_t written_n; /* bytes that the connection has taken */
    uint64_t got; /* of what is told to a person with a session: the number of the last that has
                           arrived */
} told_messages;

void told_init(told_messages *self);

#define TOLD_MAX 64 /* that are written before some of them have arrived */

/* Whether `n` private messages more may be written: none is forgotten before it has arrived. */
bool told_has_room(told_messages *self, edo_stream *peer, size_t n);

/* Whether it is seen whether the message arrives. */
bool told_follows(const message *m);

/* Forgets those that have arrived. TLS makes more bytes of them: then it is seen later. */
void told_forget_arrived(told_messages *self, edo_stream *peer);

/* A message has been written behind all others, or cannot be. Of a private one it is seen
 * whether it arrives. Owns: shares `m`. */
void told_add(told_messages *self, edo_stream *peer, message *m, bool is_written);

/* Waits until all but `left_max` of them have arrived, or the connection is gone: a machine may
 * acknowledge bytes a moment after its program has read them. */
void told_await(told_messages *self, edo_stream *peer, size_t left_max);

/* The connection is about to be given up: the authors of what is left are told. */
void told_end(told_messages *self, edo_stream *peer);

#endif
