/* SPDX-License-Identifier: MIT */
/* names.h: the names that are kept for people: those that the store had at the start, and changes
 * that wait for it.
 *
 * Threads: names_put() and names_wait() may be called from any, at once; the others by one task at
 * a time. */
#ifndef CHAT_NAMES_H
#define CHAT_NAMES_H

#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define NAMES_WAITING 4096 /* changes; of more the newest are not stored */

typedef struct name_changes {
    pthread_mutex_t lock;               /* a leaf; guards all down to `n` */
    STAILQ_HEAD(, name_change) waiting; /* the oldest first */
    size_t n;
    store_name *found; /* at the start; NULL: they were taken */
    size_t found_n;
    atomic_uint_fast64_t lost_n; /* changes that the store does not have, for good */
} name_changes;

void names_init(name_changes *self);
void names_deinit(name_changes *self);

/* Finds those that the store has. Returns 0 or a failure of store_names(). */
EDO_MUST_USE int names_read(name_changes *self, store *from);

/* Those that were found, `*n` of them, for free(); NULL: they were taken. */
store_name *names_take(name_changes *self, size_t *n);

/* The store is to have that of the name. Without room for it, or memory, it is lost. */
void names_put(name_changes *self, const store_name *what);

/* Whether the store lacks some. */
bool names_wait(name_changes *self);

/* Gives the store all that wait, in order. Of a batch that it refuses as its file is damaged each
 * is tried alone, and those that it refuses again are lost: the damage stays, and others would wait
 * for ever. What it does not take for another reason waits on. Returns 0 or a failure of
 * store_keep(): -EILSEQ  all others are stored. */
EDO_MUST_USE int names_write(name_changes *self, store *to);

#endif
