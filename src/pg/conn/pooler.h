/* SPDX-License-Identifier: MIT */
/* pg/conn/pooler.h: what is known of a pooler between a pool and its server. If it lends a session
 * of the server for one transaction at a time, all that belongs to a session may go to another
 * program: prepared statements, settings, locks, "listen".
 *
 * A pooler is noticed when pg_backend_pid() of the server differs from the process number that the
 * connection got at its start. That it lends sessions for a transaction is noticed when two living
 * connections have the same process of one server, when the name of a prepared statement is already
 * taken, or when one is lost while the process has changed. What is noticed is logged once, and
 * stays. */
#ifndef EDOI_PG_CONN_POOLER_H
#define EDOI_PG_CONN_POOLER_H

#include <edo/pg.h>

#include <pthread.h>
#include <sys/queue.h>

typedef enum edoi_pg_between {
    EDOI_PG_DIRECT,    /* no pooler is known; or the program says that it lends whole sessions */
    EDOI_PG_POOLED,    /* a pooler, and it is not known how it lends */
    EDOI_PG_POOLED_TX, /* one that lends a session for a transaction */
} edoi_pg_between;

/* A process of a server. */
typedef struct edoi_pg_process {
    int pid;           /* 0: none */
    int64_t server_us; /* when the server was started, by its clock: others have other times */
} edoi_pg_process;

/* What a connection is to its pooler. */
typedef struct edoi_pg_pooled {
    edoi_pg_process first;            /* that served it; zero: not known; const */
    int socket;                       /* while it is listed: a duplicate; const */
    bool is_listed;                   /* its owner's */
    TAILQ_ENTRY(edoi_pg_pooled) next; /* lock: the pooler's */
} edoi_pg_pooled;

typedef struct edoi_pg_pooler {
    edo_atomic_u32 between; /* edoi_pg_between; relaxed: a change is seen soon; only grows */
    bool is_said;           /* by the program: nothing is looked for; const */
    pthread_mutex_t lock;   /* a leaf; guards `conns`, and writes of `between` */
    TAILQ_HEAD(edoi_pg_pooleds, edoi_pg_pooled) conns; /* that live behind a pooler */
} edoi_pg_pooler;

void edoi_pg_pooler_init(edoi_pg_pooler *p, edo_pg_pooling said);
void edoi_pg_pooler_deinit(edoi_pg_pooler *p);

/* Is a session of the server a connection's own, as far as is known, so that it may keep statements
 * and settings there? */
bool edoi_pg_pooler_leaves_sessions(const edoi_pg_pooler *p);

/* -ENOTSUP, and a line that says that `what` needs a session, if there is known to be none. */
EDO_MUST_USE int edoi_pg_pooler_refuse(const edoi_pg_pooler *p, const char *what);

/* Is nothing of a session kept, as is known? */
bool edoi_pg_pooler_lends_txs(const edoi_pg_pooler *p);

/* Adds a connection that `first` serves, and that was told the number `told`. */
void edoi_pg_pooler_add(edoi_pg_pooler *p, edoi_pg_pooled *c, edoi_pg_process first, int told,
                        int socket);

/* The connection ends; before its socket is closed. */
void edoi_pg_pooler_remove(edoi_pg_pooler *p, edoi_pg_pooled *c);

/* Others have a session that this program uses: a pooler lends it for a transaction. */
void edoi_pg_pooler_is_shared(edoi_pg_pooler *p);

#endif
