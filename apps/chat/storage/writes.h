/* SPDX-License-Identifier: MIT */
/* writes.h: the way of a message into the store: a queue, and what the one task does that writes it
 * in batches.
 *
 * Threads: writes_run() is the task that writes; writes_finish() is called when that has ended. All
 * other functions may be called from any, at once. */
#ifndef CHAT_WRITES_H
#define CHAT_WRITES_H

#include "storage/backlog.h"
#include "storage/health.h"
#include "storage/names.h"
#include "storage/syncs.h"

#include <edo/mpsc.h>
#include <edo/oneshot.h>

#define WRITES_QUEUE 4096 /* messages */
#define WRITES_BATCH 256  /* messages of one write at most */

#define WRITES_RETRY_AFTER edo_s(1)    /* a failure */
#define WRITES_WAIT_MAX    edo_ms(500) /* that a message is not shown for */

#define WRITES_SICK_MAX   64       /* rooms that the store does not take while it takes others */
#define WRITES_SICK_PAUSE edo_s(8) /* between two tries of such a room, at most */

/* A room of which the store takes nothing while it takes what is said in others: as its row is
 * locked, or broken. It is tried by itself, less and less often. */
typedef struct sick_room {
    name room;
    edo_instant retry_at;
    edo_duration pause;
} sick_room;

typedef struct writes {
    store *kept;    /* const */
    health *health; /* const */
    syncs *syncs;   /* const; the task that writes heeds them */

    edo_mpsc_tx *queue;     /* const; any sends */
    edo_mpsc_rx *work;      /* const; of the task that writes, but for its end */
    atomic_bool is_late;    /* set by any that has waited in vain for a write, cleared by the task
                              that writes: the store has written nothing since */
    atomic_bool has_failed; /* the last write; set by any that finds the queue full, too, cleared by
                               the task that writes */

    /* If the store gives the numbers. Any puts, the task that writes takes away. */
    atomic_size_t open_n, open_bytes; /* that are not stored yet, in the queue, too */
    atomic_uint_fast64_t serial;      /* the last one that was given */
    name_changes names;               /* see there */

    /* Of the task that writes; when it has ended, of the one that finishes. */
    backlog backlog; /* see there */
    saying *rows;    /* WRITES_BATCH of them */
    place *places;   /* likewise, of the same; unused unless the store gives numbers */
    sick_room sick[WRITES_SICK_MAX];
    size_t sick_n;
    name *rooms;                /* WRITES_BATCH of them; unused unless the store gives numbers */
    edo_instant retry_at;       /* before that the store is let alone */
    edo_instant names_retry_at; /* before that it is not told of names: messages do not wait */
    uint64_t told_lost_n;       /* how many of the lost ones the log knows of */
    atomic_uint_fast64_t refused_n; /* messages that the store refused for what they are */
    edo_instant refused_told;       /* when the log was told of one last */
    bool is_name_logged;            /* that names are not stored */
    bool is_name_loss_logged;       /* that some are not for good */
    atomic_int_fast64_t since_ns;   /* read by any; 0: it does not write */
} writes;

/* Owns: borrows the others until writes_deinit(), which is to be called in any case. Returns 0 or
 * -ENOMEM. */
EDO_MUST_USE int writes_init(writes *self, store *kept, health *h, syncs *s);
void writes_deinit(writes *self);

/* Writes until the queue is closed and empty. Returns 0, or a failure of its start. */
int writes_run(writes *self);

/* Nothing is put any more: the task that writes ends when it has written what is in the queue. */
void writes_close(writes *self);

/* Asks the disk whether it has all, and gives the store what it has refused, and what waits, a last
 * time. Returns 0; -EIO: some is lost; -ETIMEDOUT: the disk could not be asked. */
int writes_finish(writes *self);

/* As storage_put(), storage_wait() and storage_keep_name(). */
edo_oneshot_rx *writes_put(writes *self, message *m);
void writes_wait(writes *self, edo_oneshot_rx *written);
void writes_keep_name(writes *self, const store_name *what);

/* The task that writes is to look what there is to do. */
void writes_wake(writes *self);

/* Waits until all that was put is written. Returns 0 or -ENOMEM, -ECANCELED, -EDO_ECLOSED. */
EDO_MUST_USE int writes_settle(writes *self);

/* Whether the last write has failed, or the disk has refused what was stored. */
bool writes_are_failing(const writes *self);

#endif
