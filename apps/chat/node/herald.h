/* SPDX-License-Identifier: MIT */
/* herald.h: who comes to rooms and leaves them at other programs is told in the rooms here.
 *
 * A room is told by a task of its own, one thing after another: so none waits for those in others,
 * and whoever has heard it waits for none. What finds no room in what waits for a room is not told:
 * the lists of its members are right all the same.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_HERALD_H
#define CHAT_HERALD_H

#include "node/hearing.h"
#include "node/notice.h"
#include "room/directory.h"

#define HERALD_WAITING 128 /* things for a room */

/* Something that befell a person in a room. */
typedef struct herald_news {
    notice_kind kind; /* NOTICE_JOINED, NOTICE_LEFT, NOTICE_RENAMED or NOTICE_TYPING */
    name where, nick, old;
    char person[PERSON_BYTES + 1];
    bool is_quiet; /* terminals are not told */
    STAILQ_ENTRY(herald_news) next;
} herald_news;

typedef STAILQ_HEAD(herald_list, herald_news) herald_list;

typedef struct herald {
    directory *in;        /* const; borrowed */
    hearing_tellers *by;  /* const; borrowed; of its tasks */
    pthread_mutex_t lock; /* a leaf */
    void *rooms;          /* lock: lock; a tree by name of those that are being told */
} herald;

void herald_init(herald *self, directory *in, hearing_tellers *by);

/* Its tasks have ended. */
void herald_deinit(herald *self);

/* Tells it all in their rooms. Never waits. Owns: takes what is in the list. */
void herald_tell(herald *self, herald_list *all);

#endif
