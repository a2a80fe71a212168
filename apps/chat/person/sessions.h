/* SPDX-License-Identifier: MIT */
/* sessions.h: the people on pages and streams, by the tokens of their sessions, and which of them
 * have lost their connection.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_SESSIONS_H
#define CHAT_SESSIONS_H

#include "person/user.h"

#include <stdatomic.h>

#define SESSIONS_LEVELS                                                                            \
    256 /* addresses with as many people who are held, or more, count as equal */

typedef struct sessions {
    pthread_mutex_t lock;    /* guards all but `users_n` */
    void *by_token;          /* a tree of users, each with a share of the table's */
    TAILQ_HEAD(, user) held; /* the one that was lost first is the first */
    size_t held_n, held_max;
    void *shares; /* a tree: those who are held of each address */
    size_t most;  /* of an address, or SESSIONS_LEVELS if that is less */
    /* Addresses by how many they have, up to that; the first that came to it is the first. */
    TAILQ_HEAD(, held_share) of_size[SESSIONS_LEVELS + 1];
    atomic_size_t users_n; /* written with the lock held; those without a connection count, too */
} sessions;

void sessions_init(sessions *self);

/* All users that are left have no connection: they depart, and nobody is told. */
void sessions_deinit(sessions *self);

/* The user of that session, with `using` locked: a new one, which has still to arrive, or one that
 * is here; a connection that it has is told to close. `came`: when the connection came that claims
 * it, before any wait. The last one to come gets the session, so a client that has given a
 * connection up is not thrown out by what that one had asked for. Owns: returns a share. Waits
 * until nobody else uses it. Returns 0 for a new one, 1 for one that is here, -ENOMEM, -ECANCELED,
 * or -EDO_ECLOSED: a connection that came later claims it. */
int sessions_claim(sessions *self, struct server *at, const char *token, edo_instant came,
                   user **out);

/* Keeps a user that has lost its connection for 60 s: with `using` locked. */
void sessions_hold(sessions *self, user *u);

/* Forgets a user that could not arrive. */
void sessions_forget(sessions *self, user *u);

/* Lets those go that were held for so long; and of more than are held at most those of an address
 * that has most of them, so that nobody goes for the sake of a few addresses. Waits for those who
 * use one of them. */
void sessions_reap(sessions *self);

/* All users, `*n` of them, by their persons. Owns: returns new, for free(), with a share of each.
 * NULL without memory. */
user **sessions_by_person(sessions *self, size_t *n);

/* Lets a user go whose session is at another program now: with `using` locked. Its rooms are
 * told. */
void sessions_let_go(sessions *self, user *u);

/* Posts a message to all of them, in turns. Owns: shares `m`. Waits for the turns. Returns 0;
 * -ENOMEM: nobody is told. */
EDO_MUST_USE int sessions_tell_all(sessions *self, turns *in, message *m);

#endif
