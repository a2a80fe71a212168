/* SPDX-License-Identifier: MIT */
/* sqlite_call.h: the connections of the store in a file, and one call of it, for sqlite.c. Where no
 * function says otherwise it is called by a thread that may block, with the connection locked.
 *
 * inv. 1: only the holder of `lock` uses a connection and its statements.
 * inv. 2: no statement is in the middle of its rows, and no transaction is open, between calls.
 * inv. 3: `fd` is open as long as any connection: to close a descriptor of a file takes all locks
 *         of SQLite off it. */
#ifndef CHAT_SQLITE_CALL_H
#define CHAT_SQLITE_CALL_H

#include "store/damage.h"
#include "store/store.h"

#include <edo/mutex.h>
#include <edo/time.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

#define FAULT_BYTES  256
#define BUSY_WAIT_MS 500         /* for a chat that just ends */
#define READ_MAX     (256 << 20) /* bytes of a file that is read as a whole */

enum { BEGIN, COMMIT, ROLLBACK, INSERT, PAGE, BEFORE, FIND, ROOMS, STATEMENTS_N };

typedef struct sqlite_connection {
    edo_mutex lock;
    sqlite3 *db;                      /* lock: lock */
    sqlite3_stmt *made[STATEMENTS_N]; /* lock: lock; NULL: not made */
} sqlite_connection;

/* That of CHECKS is open while all of the file is read: so nothing of it is remembered. */
enum { WRITES, PAGES, FINDS, CHECKS, CONNECTIONS_N };

/* Whether all of the file is to be read for the place of a damage. */
enum { SEARCH_UNWANTED, SEARCH_WANTED, SEARCH_DONE };

typedef struct sqlite_store {
    store base; /* first */
    char *path; /* const; as it was opened */
    int fd;     /* const; of the file, with a lock that tells other chats that it is in use */
    int log_fd; /* const; of the write-ahead log; -1: it could not be opened */
    damage damage;
    atomic_int search; /* of the enum; once done it is not wanted again */
    bool is_refused;   /* of the task that syncs; the disk has refused something, and does not
                          have all since */
    /* lock: on[CHECKS]'s */
    int64_t bytes;              /* of the file when it was looked at last */
    struct timespec changed_at; /* when it had been written, as all of it was read last, and was
                                   whole */
    edo_instant read_again_at;  /* not before that */
    int read_err;               /* of the last time that all of it was read */
    sqlite_connection on[CONNECTIONS_N];
} sqlite_store;

/* One call, as the thread of the pool sees it. */
typedef struct sqlite_job {
    sqlite_store *self;
    sqlite_connection *on;
    const saying *batch;
    size_t n;
    const name *room;
    uint64_t after, before; /* the second: of what is still to be read */
    size_t limit;
    edo_str ref;
    gathering found;
    unsigned skips_n; /* damaged messages that were left out */
    store_room *rooms;
    bool is_done;
    char fault[FAULT_BYTES]; /* what SQLite says of the failure */
} sqlite_job;

/* The negative code for what the last call on the connection returned: -EILSEQ  what was read is
 * not what was written; -EIO  the disk has failed to read it, and may not the next time. */
int sqlite_code_of(sqlite3 *db, int result);

/* As sqlite_code_of(), and keeps what SQLite says. The place of a damage is searched for by the
 * next look at the file: here others would wait for that. */
int job_fault(sqlite_job *j, int result);

/* Adds where the damage is to what job_fault() has kept, where nobody waits for a search. Returns
 * `err`. */
int job_locate(sqlite_job *j, int err);

/* Keeps why. Returns `err`. */
int job_refuse(sqlite_job *j, int err, const char *why);

/* Reads all of the file. Returns 0 or as sqlite_code_of(); notes what is damaged. */
int sqlite_read_all(sqlite_store *self, sqlite3 *db);

/* As store_damage(). Any thread, without a lock. */
void sqlite_tell_damage(sqlite_store *self, char *out, size_t bytes);

/* Makes the statement when it is first used. NULL: see the connection's error. */
sqlite3_stmt *connection_statement(sqlite_connection *self, unsigned which);

/* Runs a statement that has no rows. Returns SQLite's result. */
int connection_run(sqlite_connection *self, unsigned which);

/* Opens that of the store, which is the job's from here on. */
int job_connect(sqlite_job *j, unsigned which, int flags);

/* Closes it, and frees its statements. `leaves_log`: the last one does not write what the log has
 * into the file. */
void connection_close(sqlite_connection *self, bool leaves_log);

#endif
