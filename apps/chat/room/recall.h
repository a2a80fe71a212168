/* SPDX-License-Identifier: MIT */
/* recall.h: what a room remembers of what was said, and what its store has of it.
 *
 * Threads: callers hold the room's lock, but for functions that wait. */
#ifndef CHAT_RECALL_H
#define CHAT_RECALL_H

#include "room/room.h"

/* Takes the oldest message off the past, which is not empty. Owns: returns the past's share. */
message *recall_forget(room *self);

/* Puts the newest one into the past. Returns the message for which that has no room any more, or
 * NULL. Owns: takes `m`. */
message *recall_put(room *self, message *m);

/* Puts a message that the store has into the past, unless it is there, or is too old. Owns: takes
 * `m`; NULL: there was no memory for it. */
void recall_remember(room *self, message *m);

/* As room_unseen(). */
int recall_unseen(const room *self, uint64_t after, unseen *out);

/* ---- What the store has given its number ----------------------------------------------------- */

/* Messages of this program and of others. They come in any order, some twice, some not at all: what
 * is ahead of the next number waits for that. In room.h is what others call. */

/* Of a room, ahead of what it has shown. What has no room is read from the store later. */
#define LEARN_AHEAD_MAX   1024
#define LEARN_AHEAD_BYTES ((size_t)16 << 20) /* of their texts */

/* Lock held. Puts a message, which has its number, where it stands by that; unless it is shown, or
 * there already. Owns: takes `m`. */
void learn_put(room *self, message *m);

/* Lock held. The store has messages up to that number. */
void learn_last(room *self, uint64_t last);

/* Lock held. Takes the one that is to be shown next; NULL: it is not there. */
message *learn_next(room *self);

/* Shows what is stored, with all that others have said before it; tells everybody what is due, and
 * reads and tells, part by part, what lacks before that. Waits for the store, and for those who are
 * told. Without lack they are as room_fan_out(). Return 0; -EAGAIN: the store does not have what
 * lacks; -ENOMEM; or a failure of the store. */
int learn_show_all(room *self);
int learn_tell_all(room *self);

/* As room_recall(), and with `is_now` as room_recall_now(), of a store that gives the numbers. */
void learn_recall(room *self, bool is_now);

/* ---- How it has everybody told: room.c ------------------------------------------------------- */

/* Lock held. Everybody is to be told what has no number: a frame for pages, a line for terminals.
 * Owns: takes it; NULL: there was no memory for it. */
void room_put_notice(room *self, message *m);

/* Lock held. As end_storing(), of a store that gives the numbers: of those that are first in line,
 * and of which it is known what became of them. */
void room_show_stored(room *self);

/* Lock held. Shows what is ahead, as far as all before it is shown. */
void room_show_ahead(room *self);

#endif
