/* SPDX-License-Identifier: MIT */
/* moves.h: what people do, on its way to a store that several programs use: a queue, and one task
 * that tells it in batches. What has to be known waits for its reply, for a bounded time; what is
 * only told waits for the store, in order, however long that does not respond.
 *
 * Threads: moves_run() is the task; all other functions may be called from any, at once. */
#ifndef CHAT_MOVES_H
#define CHAT_MOVES_H

#include "storage/health.h"

#include <edo/notify.h>
#include <edo/time.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define MOVES_WAITING 16384 /* of more than that the newest are not told */
#define MOVES_BATCH   256

#define MOVES_WAIT_MAX    edo_s(2) /* that somebody waits for a reply */
#define MOVES_RETRY_AFTER edo_s(1) /* a failure */

#define MOVES_LEASE edo_s(15)           /* a program that has ended without a word is gone then */
#define MOVES_KEEP  edo_s(24 * 60 * 60) /* a name that was spoken under */

typedef struct moves {
    store *kept;          /* const */
    health *health;       /* const */
    uint64_t program;     /* const once it has begun; its number in the store */
    pthread_mutex_t lock; /* a leaf; guards all down to `is_closed` */
    STAILQ_HEAD(, due_move) due;
    size_t due_n;
    uint64_t put_n; /* that were ever put */
    bool is_closed;
    edo_notify changed;          /* something was put, or it was closed */
    atomic_uint_fast64_t done_n; /* that are done, or given up: the first ones that were put */
    atomic_uint_fast64_t lost_n; /* that the store will not be told */
    atomic_bool has_failed;      /* the last batch: nobody waits for the next one */
} moves;

void moves_init(moves *self, store *kept, health *h);
void moves_deinit(moves *self);

/* Gets a number for the program. Returns as store_renew(). */
EDO_MUST_USE int moves_begin(moves *self);

/* Tells the store until the queue is closed, and then what is left, while it responds. */
int moves_run(moves *self);
void moves_close(moves *self);

/* Tells the store, without a wait. Returns the number of the move, of all that were put; 0: it is
 * lost. */
uint64_t moves_tell(moves *self, const store_move *what);

/* Tells the store, and waits for what comes of it. Returns 0; -EAGAIN: the store does not respond,
 * and perhaps does it later; -ENOMEM or -ECANCELED. */
EDO_MUST_USE int moves_ask(moves *self, store_move *what);

/* How many the store was not told of, for which nothing has made up yet. */
uint64_t moves_lost_n(const moves *self);

/* Whether none waits; and how many were ever put. */
bool moves_none_waits(moves *self, uint64_t *put_n);

/* Those of the batch, and perhaps others who have come since, are all who are here: what `lost_n`
 * lost moves would have told is made up for. Returns as store_limit_people(). */
EDO_MUST_USE int moves_make_up(moves *self, const store_move *who, size_t n, uint64_t lost_n);

/* The program is there for MOVES_LEASE from now on. Returns as store_renew(). */
EDO_MUST_USE int moves_renew(moves *self);

#endif
