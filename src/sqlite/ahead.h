/* SPDX-License-Identifier: MIT */
/* sqlite/ahead.h: how long the write-ahead log may get, and which sequences keep it from being
 * begun anew.
 *
 * SQLite copies the log into the file while readers read, up to the oldest reader's position, and
 * begins the log anew when no reader uses it. With overlapping sequences of rows that never
 * happens by itself. */
#ifndef EDOI_SQLITE_AHEAD_H
#define EDOI_SQLITE_AHEAD_H

#include <edo/time.h>

#include <pthread.h>
#include <sqlite3.h>
#include <sys/queue.h>

/* A sequence whose query is open. */
typedef struct edoi_sqlite_reader {
    TAILQ_ENTRY(edoi_sqlite_reader) next; /* lock: `lock` of the log */
    edo_instant since;                    /* likewise */
    bool is_listed;                       /* likewise */
    const char *place, *sql;              /* const while it is in the list */
    uint64_t task;                        /* likewise: that began it; 0: a plain thread */
} edoi_sqlite_reader;

/* What all connections of a database know of its log. */
typedef struct edoi_sqlite_log {
    const char *path;                                            /* const: the file's */
    int64_t bytes_max;                                           /* const; 0: there is none */
    pthread_mutex_t lock;                                        /* a leaf */
    TAILQ_HEAD(edoi_sqlite_readers, edoi_sqlite_reader) readers; /* lock; the oldest first */
} edoi_sqlite_log;

void edoi_sqlite_reader_add(edoi_sqlite_log *log, edoi_sqlite_reader *r);

/* Allowed of one that is in no list. */
void edoi_sqlite_reader_remove(edoi_sqlite_log *log, edoi_sqlite_reader *r);

/* State of the log; belongs to the writing connection. */
typedef struct edoi_sqlite_ahead {
    int64_t try_bytes; /* from which on it is to be begun anew; 0: from the bound on */
    int64_t wait_ns;   /* of a checkpoint under way: how long it may still wait for readers; 0: none
                          is */
    uint32_t patience; /* how long a try waits, in steps: more after one in vain */
    int64_t told_next; /* when another warning may be told, of the runtime's clock */
} edoi_sqlite_ahead;

/* After what may have written, between transactions: begins the log anew if it is too long, and
 * waits for readers if it must, but for none of the task that waits for this. Failures are the next
 * one's. */
void edoi_sqlite_ahead_settle(edoi_sqlite_ahead *self, edoi_sqlite_log *log, sqlite3 *db,
                              uint64_t task);

#endif
