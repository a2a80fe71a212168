/* SPDX-License-Identifier: MIT */
/* message.h: messages. */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <edo/base.h>

#include <sys/queue.h>

/* One or more lines. Made once and shared by counting: edo_rc_ref() and edo_rc_unref(). The text
 * never changes. */
typedef struct message {
    uint64_t from;              /* the client that caused it and is not shown it as news; 0: none */
    uint64_t number;            /* its place in what was said in its room. Const once it was sent */
    STAILQ_ENTRY(message) next; /* in its room's past; lock: the room's */
    size_t bytes;
    char text[]; /* with its line end, without a NUL */
} message;

/* A message from a format; the line end is added. NULL without memory. */
message *message_new(uint64_t from, const char *format, ...) EDO_PRINTF(2, 3);

/* For channels whose values are pointers to messages. */
void message_clone(void *to, const void *from);
void message_drop(void *elem);

#endif
