/* SPDX-License-Identifier: MIT */
/* pg/conn/conn.h: one connection: a PGconn in non-blocking pipeline mode, whose socket is awaited.
 *
 * What is sent is a group of commands that ends with a sync; until the result of that sync has been
 * read the connection is busy with it. One task at a time uses a connection: it has its turn, or
 * the lease of the pool.
 *
 * inv. 1: `syncs_n` is how many syncs were sent whose result has not been read.
 * inv. 2: a connection that is `cut` has a PGconn, and results of a task that has left it; the next
 *         user reads them first: edoi_pg_mend().
 * inv. 3: a connection without a PGconn is lost, and is not used again. It has no descriptor.
 * inv. 4: a connection that is `asked` was sent something after all results were read: what comes
 *         makes an event, or has made one that is still there. A flush may have read some of it:
 *         edo_fd_ready() consumes an event only if the kernel has no input, and libpq, which reads,
 *         too, consumes none.
 * inv. 5: a task that leaves a connection has read all results, unless it is cut or lost: no sync,
 *         no Parse and no cancellation is under way.
 * inv. 6: `preparing` has the statements that are sent, and no others; none of them is prepared. */
#ifndef EDOI_PG_CONN_CONN_H
#define EDOI_PG_CONN_CONN_H

#include "pg/conn/hold.h"
#include "pg/conn/pooler.h"
#include "pg/conn/statements.h"
#include "pg/conn/target.h"

#include <edo/arena.h>
#include <edo/fd.h>
#include <edo/notify.h>
#include <edo/pg.h>

#include <pthread.h>

/* What all connections of a pool have in common; counted (edo_rc_new()). const, but `cancels`,
 * `pooler` and what is atomic. */
typedef struct edoi_pg_config {
    edoi_pg_target target;
    edo_duration connect_timeout; /* of one address */
    edo_duration turn_max;        /* how long a task waits for its turn */
    edo_duration sub_ping;        /* silence after which a subscription asks */
    edo_duration silence;         /* after which a connection may be dead: silence.c */
    edo_pg_recycle recycle;
    char *recycle_sql, *connect_sql; /* NULL: none */
    bool has_details;
    bool no_cancel;
    int utf8; /* libpq's number of that encoding */
    edoi_pg_pooler pooler;
    edo_sem cancels;                /* how many threads may be in PQcancel() at once */
    edo_atomic_u64 silent_since_ns; /* when the last that is dead was asked, at the earliest; 0:
                                       none is: silence.c */
    edo_atomic_u64 stale_n;         /* statements that were found stale: edoi_pg_tell_stale() */
} edoi_pg_config;

/* A cancellation that is under way; counted. The connection it is for may be gone. */
typedef struct edoi_pg_cancel {
    PGcancel *of;           /* const */
    edoi_pg_config *config; /* shared */
    edo_notify ended;       /* notified once */
} edoi_pg_cancel;

#define EDOI_PG_TIMEOUT_UNKNOWN (-1)

STAILQ_HEAD(edoi_pg_closed, edo_pg);
STAILQ_HEAD(edoi_pg_sent, edoi_pg_statement);

/* Access to the number of bytes that OpenSSL has decrypted and libpq has not read yet, for
 * edoi_pg_has_rest(). */
typedef struct edoi_pg_rest {
    int (*of)(const void *ssl); /* const; SSL_pending(); NULL: no TLS, or not by OpenSSL */
    const void *ssl;            /* libpq's, as long as the PGconn */
} edoi_pg_rest;

typedef struct edoi_pg_conn {
    PGconn *pg;                   /* NULL: lost */
    edo_fd *fd;                   /* a duplicate of libpq's socket */
    edoi_pg_config *config;       /* shared */
    edoi_pg_hold hold;            /* the turn; for handles that several tasks use */
    pthread_mutex_t lock;         /* a leaf; guards `closed` */
    struct edoi_pg_closed closed; /* transactions that wait for the turn, to be rolled back */
    uint32_t syncs_n;             /* inv. 1 */
    uint32_t savepoints_n;        /* that were made, for their names */
    bool is_inner;                /* it is lent within a transaction that is rolled back: tx.c */
    uint32_t inner_tx;            /* there: the savepoint that stands for a transaction; 0: none */
    uint32_t inner_point;         /* there: the savepoint of a call outside of one; 0: none */
    uint32_t txs_n;       /* whole ones that were begun; the server can have the last only */
    bool is_cut;          /* inv. 2 */
    bool ends_tx;         /* a "rollback" was posted, and its result not read */
    bool is_asked;        /* inv. 4 */
    bool must_reply;      /* nothing is executed: silence means that the connection is dead */
    bool wants_forms;     /* a statement of the program's may have set those */
    bool has_forms_of_tx; /* they were set in a transaction, whose rollback would undo that */
    bool has_forgotten;   /* one has taken along what is prepared; edoi_pg_clear_forgotten() */
    bool has_altered;     /* one has altered what may be prepared; likewise */
    bool has_ended_tx;    /* one has ended the transaction that was begun last by a handle; another
                           may be open in its place */
    bool is_read_only;    /* a statement was refused as the server does not write */
    bool reads_by_itself; /* `connect_sql` has set that it does not write */
    bool keeps_notes;     /* it is a subscription's, which reads notifications */
    bool is_tls;          /* a cancellation would go in clear: const */
    edo_instant heard_at; /* when the last sync had its result, or it was made; as of
                             edo_now_coarse() */
    edoi_pg_rest rest;
    edoi_pg_pooled pooled;
    edoi_pg_cancel *cancel; /* shared; NULL: none is under way, or it is over */
    bool has_told_timeout;  /* of a caller's deadline */
    int64_t timeout_ms;     /* statement_timeout that the session has; 0: the server's own */
    edo_arena scratch;      /* for what is sent */
    edoi_pg_statements statements;
    uint64_t stale_n;              /* of the config, when those were forgotten last */
    struct edoi_pg_sent preparing; /* whose Parse was sent, and the result not read, in order */
} edoi_pg_conn;

/* ---- Making; connect.c ----------------------------------------------------------------------- */

/* Connects to the first server that wants us. Errors: as edo_pg_connect(). */
EDO_MUST_USE int edoi_pg_conn_new(edoi_pg_conn **out, edoi_pg_config *config);

/* Have the settings that the text of values depends on the wanted values, as far as is known? The
 * server reports three of them, also after a function or a rollback has changed one:
 * client_encoding, DateStyle and IntervalStyle. */
bool edoi_pg_conn_has_forms(const edoi_pg_conn *c);

/* Makes those settings, so that columns are read. 0, or a code. */
EDO_MUST_USE int edoi_pg_conn_set_forms(edoi_pg_conn *c);

/* Makes the settings that a connection begins with, also the program's. 0, or a code. */
EDO_MUST_USE int edoi_pg_conn_prepare(edoi_pg_conn *c);

/* Ends a connection; NULL is allowed. Never waits: a server that has not heard it yet notices that
 * the socket is closed. */
void edoi_pg_conn_free(edoi_pg_conn *c);

/* ---- Use; conn.c ----------------------------------------------------------------------------- */

/* Ends the PGconn; the connection is lost. */
void edoi_pg_lose(edoi_pg_conn *c);

/* Sends a sync, and counts it. libpq has kept what was sent before. 0, or -ECONNRESET. */
EDO_MUST_USE int edoi_pg_sync(edoi_pg_conn *c);

/* Sends all that libpq has kept, and reads meanwhile if the server needs that. 0, or a code; the
 * connection is cut, or lost, then. */
EDO_MUST_USE int edoi_pg_flush(edoi_pg_conn *c);

/* PQconsumeInput(); drops notifications on a connection where they are not read. false: the caller
 * must lose the connection. */
EDO_MUST_USE bool edoi_pg_consume(edoi_pg_conn *c);

/* Has edoi_pg_consume() bytes to read that have left the socket already, in OpenSSL's buffer? */
bool edoi_pg_has_rest(const edoi_pg_conn *c);

/* Waits for the next result, or NULL: the end of a command's results. Counts syncs. 0, or a code;
 * the connection is cut, or lost, then. */
EDO_MUST_USE int edoi_pg_next(edoi_pg_conn *c, PGresult **out);

/* Has a statement set or reset settings, maybe the statement_timeout? A block or a procedure may
 * have. */
bool edoi_pg_sets(PGresult *r);

/* Notes what a statement of the program's has done to the session, by the tag of its result. `sql`
 * is its text; NULL: it is not known. */
void edoi_pg_note(edoi_pg_conn *c, PGresult *r, const char *sql);

/* A transaction, or a part of it, is rolled back. */
EDOI_INLINE void edoi_pg_note_rollback(edoi_pg_conn *c) {
    if (c->has_forms_of_tx) c->wants_forms = true;
}

/* May the connection keep statements and settings in its session? */
EDOI_INLINE bool edoi_pg_keeps_session(const edoi_pg_conn *c) {
    return edoi_pg_pooler_leaves_sessions(&c->config->pooler);
}

/* Forgets the statements that the server has forgotten, or that one of the program's has made
 * stale, or all if there is no session to keep them in. Nothing is under way. */
void edoi_pg_clear_forgotten(edoi_pg_conn *c);

/* A prepared statement was stale, since a table or a type has changed: the statements of the pool's
 * other connections may be, too. */
void edoi_pg_tell_stale(edoi_pg_conn *c);

/* Forgets what is prepared, if a statement of the pool was stale since that was done last: a
 * transaction does not meet a second one. Nothing is under way. */
void edoi_pg_forget_stale(edoi_pg_conn *c);

/* Does the result begin a copy? NULL does not. */
bool edoi_pg_is_copy(const PGresult *r);

/* Reads, and drops, all up to the last sync, but notes what became of statements. 0, or a code as
 * edoi_pg_next(). */
EDO_MUST_USE int edoi_pg_drain(edoi_pg_conn *c);

/* The Parse of the first of `preparing` has a result. */
void edoi_pg_prepared(edoi_pg_conn *c, bool ok);

/* Looks whether the socket has bytes: 1; 0: its end; -EAGAIN: none, or a code of recv(). */
ssize_t edoi_pg_peek(const edoi_pg_conn *c);

/* Has the server still the role that the connection was made for? What it has told since is known
 * once edoi_pg_is_alive() has looked. */
bool edoi_pg_is_wanted(const edoi_pg_conn *c);

/* Notes what a failure says of the server. */
void edoi_pg_note_failure(edoi_pg_conn *c, const PGresult *r);

/* Is the socket of an idle connection quiet, as it should be? Else libpq looks what has come;
 * false: the connection is lost, or more has come than a connection without an owner is sent. Never
 * waits. */
bool edoi_pg_is_alive(edoi_pg_conn *c);

/* A code of libpq's, with its words in the trail. The connection is lost. */
int edoi_pg_conn_fail(edoi_pg_conn *c);

/* Executes statements without arguments, in one round trip, and drops their rows. After a failure
 * the rest is not executed. 0, or a code. */
EDO_MUST_USE int edoi_pg_commands(edoi_pg_conn *c, const char *const sql[], size_t n);

/* The same of one. */
EDO_MUST_USE int edoi_pg_command(edoi_pg_conn *c, const char *sql);

/* As edoi_pg_commands(), but leaves the results to the next user: the connection is cut, or lost,
 * afterwards. Never waits. */
void edoi_pg_post(edoi_pg_conn *c, const char *const sql[], size_t n);

/* Sends a sync alone: a server that lives replies. false: the caller must lose the connection.
 * Never waits: what the socket does not take now is sent during later reads. */
EDO_MUST_USE bool edoi_pg_ask(edoi_pg_conn *c);

/* Reads and drops the results that have come, up to the last sync. false: the caller must lose the
 * connection. Never waits. */
EDO_MUST_USE bool edoi_pg_read_replies(edoi_pg_conn *c);

/* The statement is over on the server, but results are left, to the next user: the connection is
 * cut. Never waits. */
void edoi_pg_leave_rest(edoi_pg_conn *c);

/* Walks a connection that no task uses, or one that has the turn, and asserts the invariants. Debug
 * builds do it when a task gets a connection and when it leaves one. */
void edoi_pg_conn_check(const edoi_pg_conn *c);

/* ---- Connections that died without a word; silence.c ----------------------------------------- */

/* Waits until edoi_pg_consume() has something to read. Returns what edo_fd_ready() does. */
EDO_MUST_USE int edoi_pg_ready(edoi_pg_conn *c);

/* Waits likewise for `what`, after something was sent. -ECONNRESET: the connection was found dead,
 * and is lost. */
EDO_MUST_USE int edoi_pg_await(edoi_pg_conn *c, uint32_t what);

/* The result of a sync has come. */
void edoi_pg_heard(edoi_pg_conn *c);

/* Was another connection of the pool found dead that was asked since this one was heard? */
bool edoi_pg_is_suspect(const edoi_pg_conn *c);

/* Is it long ago that the connection was heard, so that it may have died? */
bool edoi_pg_was_idle_for_long(const edoi_pg_conn *c);

/* Asks an idle connection whether the server is there, by `sql`, or a sync alone if that is NULL.
 * 0, or a code: a server that does not reply in time is -ECONNRESET; -ECANCELED: the connection is
 * cut, for edoi_pg_conn_end(). */
EDO_MUST_USE int edoi_pg_ask_alive(edoi_pg_conn *c, const char *sql);

/* As edoi_pg_conn_free(); but a task waits for the reply to a question that was cut short, since
 * other connections are as dead as this one. */
void edoi_pg_conn_end(edoi_pg_conn *c);

/* ---- Which process serves it; process.c ------------------------------------------------------ */

/* A new connection asks which process of the server serves it, if a pooler is looked for. 0, or a
 * code: the connection is cut or lost. */
EDO_MUST_USE int edoi_pg_process_meet(edoi_pg_conn *c);

/* The server has not what this connection has prepared: is it another process now? As
 * edoi_pg_process_meet(). */
EDO_MUST_USE int edoi_pg_process_look(edoi_pg_conn *c);

/* ---- After a call that was cut short; mend.c ------------------------------------------------- */

/* The task that has begun a statement leaves before it has all results: sends the server a cancel
 * request. The connection is cut, or lost. Never waits. */
void edoi_pg_cut(edoi_pg_conn *c);

/* Waits until a connection that is cut can be used again. 0; -ECONNRESET: it is lost; -ECANCELED:
 * it is still cut. */
EDO_MUST_USE int edoi_pg_mend(edoi_pg_conn *c);

#endif
