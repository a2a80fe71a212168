/* SPDX-License-Identifier: MIT */
/* turns.h: much work is done in pieces: a task takes a turn for each, and all other tasks run
 * before it has the next one. As many have a turn at once as there are threads, and it goes from
 * address to address: so of much that one address asks for no more than a piece is ahead of what
 * another one asks for, however many tasks it has.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_TURNS_H
#define CHAT_TURNS_H

#include <edo/mutex.h>
#include <edo/sem.h>

#include <stdatomic.h>

/* A piece of work: posts to pages, or writes to terminals, each of which is a call of the
 * system. */
#define TURN_WORK 32

/* That are sent by themselves are as much work as a post. */
#define TURN_BYTES 1024

/* Each kind has its own line of an address: who tells a room, which others want to tell too, does
 * not wait behind all that the author's address asks for; nor do either behind what the terminals
 * and pages of the address are shown. */
typedef enum turn_kind { TURN_TELL, TURN_ASK, TURN_SHOW, TURN_KINDS } turn_kind;

/* Pages of the past that an address has in memory at once: see past_place. */
#define TURN_PAGES 16

typedef struct turns {
    edo_keyed_sem *waiting[TURN_KINDS]; /* for a turn; as all of these by address */
    edo_keyed_sem *pages;               /* TURN_PAGES of each address */
    edo_keyed_mutex *readers;           /* of the store: see person/past.c */
    edo_sem free;                       /* a permit for each thread */
    atomic_uint done;                   /* work, since others have run last */
} turns;

/* For the runtime of the task; without one for one thread. Returns 0 or -ENOMEM. */
EDO_MUST_USE int turns_init(turns *self);

/* Nobody has a turn. All zero, or what turns_init() has left behind, is allowed. */
void turns_deinit(turns *self);

/* All zero: none. */
typedef struct turn {
    turns *of;
    edo_keyed_sem *in;
    edo_keyed_permit *at;
    bool is_counted;
} turn;

/* Waits until it is the turn of the address, which has EDO_ADDR_KEY_BYTES bytes, or none if it is
 * nobody's. A task that was cancelled does not wait, nor does one without memory. `of` NULL: nobody
 * else takes turns. */
turn turn_take(turns *of, turn_kind kind, edo_str address);

/* Waits for a turn, and ends it: for work that comes next, which is not done in the turn as it may
 * wait for a peer. As turn_take(), and turn_end() with what comes. */
void turn_pass(turns *of, turn_kind kind, edo_str address, unsigned work);

/* As turn_pass(), for work that is too little for a turn each time: adds it to `*counted`, of the
 * calling task, and passes a turn once that is a piece. */
void turn_count(turns *of, turn_kind kind, edo_str address, unsigned work, unsigned *counted);

/* The turn ends, in which so much was done. If a piece of work was done since others have run they
 * run first: waits for that. */
void turn_end(turn *self, unsigned work);

#endif
