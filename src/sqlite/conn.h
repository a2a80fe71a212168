/* SPDX-License-Identifier: MIT */
/* sqlite/conn.h: one connection, for threads that may block. Unless a function says otherwise, it
 * is called by such a thread, which holds `mutex`: a job whose task has given up runs on for a
 * while, beside the next one.
 *
 * inv. 1: between two jobs no statement is in the middle of its rows, except the statements of
 *         sequences, which are not in `statements` meanwhile.
 * inv. 2: a connection that its pool lends has no open transaction: if a rollback has failed, the
 *         connection is closed. A database in memory would be lost then: its connection is lent,
 *         and each user begins with edoi_sqlite_clean(). */
#ifndef EDOI_SQLITE_CONN_H
#define EDOI_SQLITE_CONN_H

#include <edo/sqlite.h>

#include "base/atomic.h"
#include "sqlite/ahead.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/queue.h>

#define EDOI_SQLITE_STATEMENTS_MAX 100u

/* What all connections of a database share; const but for the last two. Memory of edo_rc_new(). */
typedef struct edoi_sqlite_config {
    char *path, *open_sql; /* open_sql: NULL: none */
    edo_duration busy;
    bool read_only, no_create, no_wal, no_foreign_keys, is_in_memory;
    edoi_sqlite_log log;
    edo_atomic_u32 keeps_log; /* atomic, relaxed: the pools' references order it */
} edoi_sqlite_config;

typedef struct edoi_sqlite_statement {
    TAILQ_ENTRY(edoi_sqlite_statement) next;
    sqlite3_stmt *made;
    uint64_t hash;
    char sql[]; /* const, with a NUL */
} edoi_sqlite_statement;
TAILQ_HEAD(edoi_sqlite_statements, edoi_sqlite_statement);

/* Memory of edo_rc_new(): the pool has a reference, and each sequence of rows. */
typedef struct edoi_sqlite_conn {
    pthread_mutex_t mutex;      /* whoever uses what follows */
    edoi_sqlite_config *config; /* a reference; const */
    sqlite3 *db;
    struct edoi_sqlite_statements statements; /* the latest used first */
    uint32_t statements_n;
    uint32_t savepoints_n;      /* that were begun on it */
    bool is_spoiled;            /* a savepoint of its transaction could not be rolled back; of the
                                   task that has the transaction */
    bool is_spent;              /* a migration's text has run on it, which may have set something:
                                   its lease is the last; of the task that has the lease */
    edoi_sqlite_ahead ahead;    /* of the writing connection */
    edo_instant busy_until;     /* of the call that waits for another process; 0: none does */
    edo_atomic_u32 *is_stopped; /* interrupts SQLite in place of the job's cancellation; or NULL */
} edoi_sqlite_conn;

/* Opens a connection, which no other thread knows yet. `writes`: it is the writing one. Errors: as
 * edo_sqlite_open(). */
EDO_MUST_USE int edoi_sqlite_conn_new(edoi_sqlite_conn **out, edoi_sqlite_config *config,
                                      bool writes);

/* The statement of a text, made or kept. Errors: as calls of edo/sqlite.h. */
EDO_MUST_USE int edoi_sqlite_prepare(edoi_sqlite_conn *c, sqlite3_stmt **out, const char *sql);

/* As edoi_sqlite_prepare(), for one user alone until edoi_sqlite_give_back(). */
EDO_MUST_USE int edoi_sqlite_take(edoi_sqlite_conn *c, edoi_sqlite_statement **out,
                                  const char *sql);

/* Makes one that was taken anew, of the tables as they are: SQLite only finds that they have
 * changed when it runs some statement. Errors: as edoi_sqlite_prepare(); it is then as it was. */
EDO_MUST_USE int edoi_sqlite_renew(edoi_sqlite_conn *c, edoi_sqlite_statement *s);

/* Its rows and arguments are not wanted any more. */
void edoi_sqlite_give_back(edoi_sqlite_conn *c, edoi_sqlite_statement *s);

void edoi_sqlite_statements_free(edoi_sqlite_conn *c);

/* Does a statement of edo's own, without arguments and rows. Errors: as calls of edo/sqlite.h. */
EDO_MUST_USE int edoi_sqlite_run(edoi_sqlite_conn *c, const char *sql);

/* As edoi_sqlite_run(), of what ends a transaction or a savepoint: nothing interrupts it. */
EDO_MUST_USE int edoi_sqlite_end(edoi_sqlite_conn *c, const char *sql);

/* Rolls back a transaction that another user could not roll back: inv. 2. Errors: as
 * edoi_sqlite_run(). */
EDO_MUST_USE int edoi_sqlite_clean(edoi_sqlite_conn *c);

/* Has the system refused to read or write the file, or its log, since the connection was opened? */
bool edoi_sqlite_has_failed(edoi_sqlite_conn *c);

/* The code for SQLite's result, with a trail; 0: it is no failure. The message of a statement that
 * failed while it ran may quote an argument, and is left out, unless it is about a constraint. */
int edoi_sqlite_fail(edoi_sqlite_conn *c, int result);

/* As edoi_sqlite_fail(), of what was made of a text alone: with SQLite's words. */
int edoi_sqlite_fail_text(edoi_sqlite_conn *c, int result);

/* Is no transaction open? */
EDOI_INLINE bool edoi_sqlite_is_idle(const edoi_sqlite_conn *c) {
    return sqlite3_get_autocommit(c->db) != 0;
}

#endif
