/* SPDX-License-Identifier: MIT */
/* message.h: one or more lines that several clients are shown. Made once, shared by counting; its
 * text never changes: edo_rc_ref() and edo_rc_unref(). */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <edo/base.h>

typedef struct message {
    uint64_t from;        /* the client that wrote it and is not shown it; 0: the server */
    uint64_t number;      /* of those that its room remembers; 0: none. Const once it was sent */
    struct message *next; /* in its room's past; lock: the room's */
    size_t bytes;
    char text[]; /* with its line end, without a NUL */
} message;

/* A message from a format; the line end is added. NULL without memory. */
message *message_new(uint64_t from, const char *format, ...) EDO_PRINTF(2, 3);

/* For channels whose values are pointers to messages. */
void message_clone(void *to, const void *from);
void message_drop(void *elem);

#endif
