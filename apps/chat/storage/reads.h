/* SPDX-License-Identifier: MIT */
/* reads.h: how the store is read, with all that was put before, and no longer than anybody has
 * patience: a read is a task of its own, which its caller may leave behind.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_READS_H
#define CHAT_READS_H

#include "storage/health.h"
#include "storage/writes.h"

#include <edo/sem.h>
#include <edo/tracker.h>

#define READS_MAX   edo_s(2) /* that one waits */
#define READS_FINDS 3        /* messages and people that are looked up at once */
#define READS_ROOMS 1        /* rooms of which each reads by itself what is new */

typedef struct reads {
    store *kept;    /* const */
    health *health; /* const */
    writes *writes; /* const; what was put is written before something is read */
    void *whole;    /* const; the storage, of which each task that reads has a share */

    edo_tracker under_way; /* any; also the task that looks at the file */
    edo_sem past;          /* any; a permit for the one that reads the past */
    edo_sem finds;         /* any; permits for those that look up */
    edo_sem rooms;         /* any; permits for rooms */
} reads;

/* Owns: borrows the others, which are parts of `whole`. */
void reads_init(reads *self, void *whole, store *kept, health *h, writes *w);

/* As storage_page() and storage_find(). */
EDO_MUST_USE int reads_page(reads *self, const name *of, uint64_t after, uint64_t before,
                            size_t limit, store_found **out);
EDO_MUST_USE int reads_find(reads *self, edo_str ref, store_found **out);

/* As storage_news(), storage_news_of() and storage_made_after(). */
EDO_MUST_USE int reads_news(reads *self, const store_asked *of, size_t n, store_new *out,
                            size_t *done_n, store_found **found);
EDO_MUST_USE int reads_news_of(reads *self, const store_asked *of, store_new *out,
                               store_found **found);
EDO_MUST_USE int reads_made(reads *self, int64_t after_ms, store_made **out, size_t *n);

/* As storage_find_person(). */
EDO_MUST_USE int reads_find_person(reads *self, store_person *of);

#endif
