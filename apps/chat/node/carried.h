/* SPDX-License-Identifier: MIT */
/* carried.h: a message as Redis carries it from one program to others: a JSON text with what the
 * store has of it. */
#ifndef CHAT_CARRIED_H
#define CHAT_CARRIED_H

#include "message.h"

#include <edo/arena.h>

/* Appends the message, which has its number, as said at that program. Returns 0 or -ENOMEM. */
int carried_print(edo_buf *out, const message *m, const char *by);

/* Reads a message. Returns 0, with what was said in `*out` and which program has told it in `*by`;
 * -EINVAL: it is none that the chat would show; -ENOMEM. Owns: both borrow the text and the
 * arena. */
int carried_read(edo_str text, edo_arena *of, saying *out, edo_str *by);

#endif
