/* SPDX-License-Identifier: MIT */
/* backlog.h: what was said and is perhaps not on the disk yet, in two lines, the oldest first: what
 * the store has not taken, and what it has taken and the disk perhaps not. What finds no room in
 * the first is lost; what finds none in the second is trusted to the disk.
 *
 * Threads: the numbers may be read, and backlog_lose() be called, from any, at once. All else is
 * of the task that writes, and when that has ended of the one that finishes. */
#ifndef CHAT_BACKLOG_H
#define CHAT_BACKLOG_H

#include "message.h"

#include <stdatomic.h>

/* Of each line: messages, and their bytes. */
#define BACKLOG_MESSAGES 4096
#define BACKLOG_BYTES    (16u << 20)

typedef struct backlog {
    /* The task that writes, or the one that finishes, alone. */
    messages waiting;  /* that the store has not taken yet, by arrival */
    messages aside;    /* likewise, of rooms that it does not take while it takes others */
    messages unsynced; /* that the store has, and perhaps not the disk */
    size_t waiting_bytes, unsynced_bytes; /* the first of both lines that wait */

    /* Written by that task, read by any. */
    atomic_size_t waiting_n, aside_n, unsynced_n;
    atomic_size_t trusted_n;         /* that the store has, and perhaps not the disk, and for which
                                        `unsynced` has no room */
    atomic_uint_fast64_t appended_n; /* that the store has taken; one that it was given again is
                                        counted again */
    atomic_uint_fast64_t stored_n;   /* likewise, but each is counted once */
    atomic_uint_fast64_t relapses_n; /* how often the disk has refused what was stored */

    /* Written and read by any. */
    atomic_uint_fast64_t said_n, lost_n;
} backlog;

void backlog_init(backlog *self);

/* Forgets what is in the lines, as if it had never been said. */
void backlog_deinit(backlog *self);

/* The store has not taken the message, and will not be given it again. */
void backlog_lose(backlog *self, message *m);

/* Puts a message at the end of the first line, or loses it. Owns: takes the message. */
void backlog_put(backlog *self, message *m);

/* Writes to `rows` what the first `n` say that wait, which are there. Owns: borrows their texts. */
void backlog_first(const backlog *self, saying *rows, size_t n);

/* The first of those that wait, which are some, is in the store. It is kept until it is on the
 * disk, too; if there are too many of these the oldest one is trusted to the disk, and counted
 * until that has it. */
void backlog_keep_first(backlog *self);

/* Loses the first of those that wait, which are some. */
void backlog_lose_first(backlog *self);

/* The first of those that wait has that place in the store, which gives numbers. Without a number
 * it is refused, and counts as if it had never been said. */
void backlog_place_first(backlog *self, const place *at);

/* Puts the first `most` that wait of a room before all others that wait; returns how many there
 * are. Messages of one room stay in their order. */
size_t backlog_bring(backlog *self, const name *room, size_t most);

/* Sets all that wait of a room aside, behind those that are. */
void backlog_set_aside(backlog *self, const name *room);

/* Puts what was set aside of a room, or of all (NULL), before all that wait; returns how many there
 * are. */
size_t backlog_take_back(backlog *self, const name *room);

/* Forgets what the disk has: the first `n` of those that were appended. */
void backlog_forget_synced(backlog *self, uint64_t n);

/* The disk has refused some of what the store had: all that may be is given to it again, before
 * what waits already. What was trusted to the disk may be lost: nobody has it to look whether it
 * is. */
void backlog_relapse(backlog *self);

/* How many the store has, and perhaps not the disk. */
uint64_t backlog_unsynced_n(const backlog *self);

/* How many were said that are neither stored nor lost, as far as is known. */
uint64_t backlog_open_n(const backlog *self);

#endif
