/* SPDX-License-Identifier: MIT */
/* message.h: messages, and the mailbox where a client's own messages wait to be shown. */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include <edo/base.h>
#include <edo/mpsc.h>
#include <edo/time.h>

#include <pthread.h>

/* One or more lines. Made once and shared by counting: edo_rc_ref() and edo_rc_unref(). The text
 * never changes. */
typedef struct message {
    uint64_t from;        /* the client that caused it and is not shown it as news; 0: none */
    uint64_t number;      /* its place in what was said in its room. Const once it was sent */
    struct message *next; /* in its room's past; lock: the room's */
    size_t bytes;
    char text[]; /* with its line end, without a NUL */
} message;

/* A message from a format; the line end is added. NULL without memory. */
message *message_new(uint64_t from, const char *format, ...) EDO_PRINTF(2, 3);

/* For channels whose values are pointers to messages. */
void message_clone(void *to, const void *from);
void message_drop(void *elem);

/* ---- Mailboxes ------------------------------------------------------------------------------- */

#define MAILBOX_MESSAGES 16

/* What waits to be shown to one client: a message, or a room that it listens to from here on. */
typedef struct pending {
    message *message;
    struct subscriber *room; /* NULL: a message */
} pending;

/* Private messages for a client and replies to its commands, in order. References are counted. */
typedef struct mailbox {
    edo_mpsc_tx *in;
    edo_mpsc_rx *out; /* for the writer of the client */
    pthread_mutex_t lock;
    bool is_stuck;     /* lock: lock; the writer waits for its peer to read */
    uint32_t missed_n; /* lock: lock; messages for which the mailbox had no room */
} mailbox;

/* NULL without memory. */
mailbox *mailbox_new(void);

/* Puts `p` in, and waits up to `patience` for a place. Owns: takes `p` on success. Returns 0,
 * -EAGAIN or -ETIMEDOUT if it is full, -EDO_ECLOSED, -ECANCELED. */
int mailbox_put(mailbox *self, const pending *p, edo_duration patience);

void mailbox_set_stuck(mailbox *self, bool is_stuck);
bool mailbox_is_stuck(mailbox *self);

/* Counts an answer that found no place; returns how many did not since the last call. */
void mailbox_miss(mailbox *self);
uint32_t mailbox_take_missed(mailbox *self);

#endif
