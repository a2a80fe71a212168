/* SPDX-License-Identifier: MIT */
/* talk.h: what people do in terminals and on pages alike. */
#ifndef CHAT_TALK_H
#define CHAT_TALK_H

#include "directory.h"

/* Tells one person. Waits up to a second for a place in a terminal's mailbox. Owns: takes `m`;
 * NULL: there was no memory for it. Returns 0, -EDO_ECLOSED if there is nobody of that name,
 * -EAGAIN if the person has not read earlier messages, -ENOMEM or -ECANCELED. */
int talk_tell(directory *self, const name *to, message *m);

/* Lets a room that was just opened remember what its store has of it, once. Waits for the store for
 * a bounded time: without a reply the past is what is said from now on. NULL is allowed. */
void talk_recall(room *r);

#endif
