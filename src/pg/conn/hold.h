/* SPDX-License-Identifier: MIT */
/* pg/conn/hold.h: the turn of a connection that several tasks use: which task has it, where it took
 * it, and how long others wait.
 *
 * A task that reads rows keeps the turn between its reads. If it calls the connection again, it
 * would wait for itself: this is refused. Rows belong to the task that read them last. Rows that
 * were not read yet may have been handed to a task that has not run since: only after HANDED_MS do
 * they belong to the task that asked for them.
 *
 * inv. 1: `by` is not 0 only while the turn is taken. */
#ifndef EDOI_PG_CONN_HOLD_H
#define EDOI_PG_CONN_HOLD_H

#include <edo/sem.h>
#include <edo/time.h>

#include <pthread.h>

typedef struct edoi_pg_hold {
    edo_sem turn;         /* 1 */
    pthread_mutex_t lock; /* a leaf; guards what follows */
    uint64_t by;          /* the task or thread with the turn; 0: free, or just being taken */
    const char *place;    /* source line of the call that took it; NULL: a call without rows */
    bool is_read;         /* `by` has read rows since */
    edo_instant since;
} edoi_pg_hold;

void edoi_pg_hold_init(edoi_pg_hold *h);
void edoi_pg_hold_deinit(edoi_pg_hold *h);

/* A number of the calling task or thread that no other living one has. */
EDO_MUST_USE uint64_t edoi_pg_hold_caller(void);

/* Takes the turn for a call at `place`, and waits for `most` at most. Errors: -EDEADLK: the calling
 * task has it; -ETIMEDOUT; the trail has both source lines; as edo_sem_acquire(). */
EDO_MUST_USE int edoi_pg_hold_take(edoi_pg_hold *h, const char *place, edo_duration most);

/* Takes the turn if it is free; `by` stays 0. */
EDO_MUST_USE bool edoi_pg_hold_try_take(edoi_pg_hold *h);

/* The turn is the calling task's from now on: it has read rows. Never waits. */
void edoi_pg_hold_move(edoi_pg_hold *h);

/* Gives it back. Never waits. */
void edoi_pg_hold_give(edoi_pg_hold *h);

#endif
