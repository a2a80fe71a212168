/* SPDX-License-Identifier: MIT */
/* sqlite_call.h: the store in a file, and what a failure of its database means, for sqlite.c and
 * sqlite_look.c.
 *
 * The store's own descriptor of the file is open as long as its database is: to close a descriptor
 * of a file takes all locks of SQLite off it. */
#ifndef CHAT_SQLITE_CALL_H
#define CHAT_SQLITE_CALL_H

#include "store/damage.h"
#include "store/store.h"

#include <edo/error.h>
#include <edo/mutex.h>
#include <edo/rwlock.h>
#include <edo/sqlite.h>

#include <stdatomic.h>
#include <time.h>

#define FAULT_BYTES  256
#define BUSY_WAIT_MS 500         /* for a chat that just ends */
#define READ_MAX     (256 << 20) /* bytes of a file that is read as a whole */

/* Whether all of the file is to be read for the place of a damage. */
enum { SEARCH_UNWANTED, SEARCH_WANTED, SEARCH_DONE };

typedef struct sqlite_store {
    store base; /* first */
    char *path; /* const once it is open; without links */
    int fd;     /* const; of the file, with a lock that tells other chats that it is in use */
    int log_fd; /* const; of the write-ahead log; -1: it could not be opened */
    edo_mutex writing;              /* who appends holds it, or judges the log; then `lock` */
    atomic_int_fast64_t log_bytes;  /* of the log, after the last append */
    atomic_uint_fast64_t log_salts; /* likewise: see sqlite_log.c */
    atomic_bool is_cut, is_cut_new; /* the log was cut off; and the sync has not told it yet */
    edo_rwlock lock;                /* who opens the file again holds it for writing */
    edo_sqlite *db;                 /* lock: lock; NULL: it could not be opened again */
    damage damage;
    atomic_int search; /* of the enum; once done it is not wanted again */
    bool is_refused;   /* of the task that syncs; the disk has refused something, and does not
                          have all since */
    edo_mutex look;    /* who looks at the file holds it */
    /* lock: look */
    int64_t bytes;              /* of the file when it was looked at last */
    struct timespec changed_at; /* when it had been written, as all of it was read last, and was
                                   whole */
    edo_instant read_again_at;  /* not before that */
    int read_err;               /* of the last time that all of it was read */
} sqlite_store;

/* One call. */
typedef struct sqlite_call {
    sqlite_store *self;
    const saying *batch;
    size_t n;
    const name *room;
    uint64_t after, before; /* the second: of what is still to be read */
    size_t limit;
    edo_str ref;
    gathering found;
    unsigned skips_n; /* damaged messages that were left out */
    store_room *rooms;
    const store_name *kept; /* `n` of them */
    store_name *names;
    bool is_done, is_log_gone;
    char fault[FAULT_BYTES]; /* what is said of the failure */
} sqlite_call;

/* Takes the words for a failure of the database, which may be none, out of the trail. */
void sqlite_take_words(char out[EDO_TRAIL_TEXT_MAX], int err);

/* The store's code for a failure of the database, whose trail it takes: -EILSEQ  what was read is
 * not what was written; -EIO  the disk has failed to read it, and may not the next time. Keeps what
 * is said of it. The place of a damage is searched for by the next look at the file: here others
 * would wait for that. A code of the store's, and 0, are returned as they are. */
int call_fault(sqlite_call *c, int err);

/* Keeps why. Returns `err`. */
int call_refuse(sqlite_call *c, int err, const char *why);

#endif
