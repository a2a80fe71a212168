/* SPDX-License-Identifier: MIT */
/* unseen.h: the numbers of a room's messages, and what a reader that comes back has not seen of
 * them. */
#ifndef CHAT_UNSEEN_H
#define CHAT_UNSEEN_H

#include "room/known.h"
#include "storage/storage.h"

#include <edo/sem.h>

/* Of the texts that are read from the store for one that comes back; and at most one text more. */
#define UNSEEN_BYTES (256u << 10)

/* Numbers of a room, while it is not there or when it begins. */
typedef struct room_numbers {
    uint64_t last;              /* that was given; the next one is larger */
    uint64_t gap_after, gap_to; /* between them, the second included, are numbers of no message */
} room_numbers;

/* The number of the newest message; 0: there is none. */
uint64_t room_newest(const room_numbers *now);

/* How many messages there were between two numbers, without these, at most. */
uint64_t room_between(const room_numbers *now, uint64_t after, uint64_t before);

/* How many messages between two numbers, without these, are missing if nobody has any there. Before
 * the last start numbers may have been passed over more than once, so they count no messages. */
uint64_t room_missing(const room_numbers *now, uint64_t after, uint64_t before);

/* What a reader that comes back has seen of a room: all up to the number. It was told the life when
 * it came to the room, so with a life it knows the number, also if that is 0. Both 0: it is new. */
typedef struct bookmark {
    uint64_t number, life;
} bookmark;

bool bookmark_is_new(const bookmark *self);

/* A place that is kept for a reader, who cannot be shown now what is behind it, until the store
 * responds. */
typedef struct kept_place {
    bool is_kept;
    bookmark at;
    unsigned tries_n; /* in vain */
    unsigned waits_n; /* tries that did not come to the store, since it has moved */
} kept_place;

/* A message that the store has: it does not know whose the name was. NULL without memory. */
message *unseen_message(const namer *by, const saying *found);

/* What was said after a number, as one sequence: between one message and the next, and between the
 * last one and `until`, messages may be missing that nobody has any more. */
typedef struct unseen {
    message **messages; /* the oldest first, each a share; for unseen_drop() */
    size_t n;
    uint64_t until;           /* the number of the room's last message; later ones are not in it */
    room_numbers numbers;     /* of the room, then */
    bool is_cut;              /* before the first one are others, or some between them lack; nobody
                                 knows how many */
    const namer *namer;       /* borrowed */
    edo_keyed_sem *permits;   /* borrowed */
    edo_keyed_permit *permit; /* of `permits`, for what the store had of it; or NULL */
} unseen;

/* A listener that looks for what a room has forgotten. What is found is memory of its own until it
 * has been shown, so few of an address have some at once, with a permit each. */
typedef struct seeker {
    bool may_read;          /* the store may be read for it */
    edo_keyed_sem *permits; /* NULL: nobody counts */
    edo_str address;        /* the key */
} seeker;

/* Whether the room may have forgotten messages after `after` that stand before these. */
bool unseen_is_short(const unseen *self, uint64_t after);

/* Puts before them what the room has forgotten and the store has, the newest 1,000 of these, and
 * no more than 256 KiB of text. Waits for the store for a bounded time. What it cannot get, or has
 * no permit for, is missing. Returns 0; -EAGAIN: it may not read; -EBUSY: it has no permit; or a
 * failure of storage_page(). */
int unseen_find(unseen *self, storage *in, const name *of, uint64_t after, const seeker *who);

/* Puts `before`, which ends where these begin, before them. Owns: takes what it has on success.
 * Returns 0 or -ENOMEM. */
EDO_MUST_USE int unseen_prepend(unseen *self, unseen *before);

/* A step of the walk through what was not seen: a gap of missing messages between two numbers, and
 * the message behind the gap. */
typedef struct unseen_step {
    uint64_t after, before;
    uint64_t missing; /* 0: none, or nobody knows how many */
    bool is_gap;      /* something is missing */
    message *message; /* borrowed; NULL: this is the last step */
} unseen_step;

/* Step `i` of the n + 1 of a reader that has seen all up to the number `seen`. */
unseen_step unseen_step_of(const unseen *self, size_t i, uint64_t seen);

/* Gives the permit back, too. */
void unseen_drop(unseen *self);

#endif
