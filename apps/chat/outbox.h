/* SPDX-License-Identifier: MIT */
/* outbox.h: what a page is still to be sent: a bounded queue of shared messages.
 *
 * Rooms and people push; nobody waits for room. What finds no place is counted as lost, room by
 * room, and so is all that follows, until the queue is empty: then the page is told what it has
 * lost, and pushes go on. So what it is told stands where the messages would have stood.
 *
 * Threads: pushes from any, at once; one task takes. */
#ifndef CHAT_OUTBOX_H
#define CHAT_OUTBOX_H

#include "message.h"

#define OUTBOX_MESSAGES 256 /* of pushes; what is added does not count */

typedef struct outbox outbox;

/* An outbox that is closed; shared by counting: edo_rc_ref(), edo_rc_unref(). NULL without
 * memory. */
outbox *outbox_new(void);

/* From here on pushes are kept; what was lost before does not count. */
void outbox_open(outbox *self);

/* Drops all that is in it, and what will be pushed. */
void outbox_close(outbox *self);

/* Pushes a message. Owns: shares `m`. Returns 0, -EAGAIN if it was lost, -EDO_ECLOSED. */
int outbox_push(outbox *self, message *m);

/* Adds a message for which there is always room: a reply, or what was said before. The caller
 * bounds how many there are. Owns: takes `m`; NULL: there was no memory for it. Returns 0, -ENOMEM,
 * -EDO_ECLOSED. */
int outbox_add(outbox *self, message *m);

/* As outbox_add(), a notice that messages of that room are missing. */
int outbox_add_lag(outbox *self, const name *of, uint64_t missed);

/* Waits until there is something, and takes up to `most` messages, the oldest first. Returns how
 * many, or -ECANCELED. Owns: the caller unreferences them. */
int outbox_take(outbox *self, message **out, size_t most);

/* Messages that all outboxes have lost since the program began. */
uint64_t outbox_lost_n(void);

#endif
