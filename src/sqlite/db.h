/* SPDX-License-Identifier: MIT */
/* sqlite/db.h: what an edo_sqlite is, and how a call gets its connection.
 *
 *     database      each call takes a connection for its time: a reading one, or the writing one
 *     transaction   has a reading connection, or the writing one: by a lease of its own, or, for a
 *                   savepoint, by the lease of the handle that it was begun on */
#ifndef EDOI_SQLITE_DB_H
#define EDOI_SQLITE_DB_H

#include "metrics/db_client.h"
#include "sqlite/conn.h"

#include <edo/span.h>

/* The pools of a database, which handles and sequences share. Memory of edo_rc_new(). */
typedef struct edoi_sqlite_pools {
    edo_pool *writer, *readers; /* readers: may be NULL */
    edoi_sqlite_config *config; /* a reference */
    edoi_db_counts *counts;     /* a reference */
} edoi_sqlite_pools;

struct edo_sqlite {
    edoi_sqlite_pools *pools; /* a reference */
    edo_pool_lease lease;     /* of a whole transaction */
    edoi_sqlite_conn *tx;     /* the connection of a transaction; NULL: it is a database */
    edo_span *span;           /* of a transaction: a reference, const; NULL: none */
    uint32_t savepoint;       /* of a transaction; 0: it is a whole one */
    bool is_over;             /* of a transaction */
    bool is_direct;           /* of a transaction: it is used in one job only, whose thread its
                                 calls, and reads of its sequences, are made on */
};

/* Makes the options of all connections to a file. Returns 0 or -ENOMEM. */
EDO_MUST_USE int edoi_sqlite_config_new(edoi_sqlite_config **out, const char *path,
                                        const edo_sqlite_opts *o);

/* What a job does with a connection. Returns 0 or more, or a code; EDOI_SQLITE_WRITES: it wants the
 * connection that writes. */
typedef int edoi_sqlite_fn(edoi_sqlite_conn *c, void *arg);

#define EDOI_SQLITE_WRITES 0x7ffffffe

/* Does `fn` with the connection of a transaction, or with one of a database; `reads`: first with
 * one that reads. A transaction that `fn` leaves open on a database's connection is rolled back:
 * then -EINVAL. */
EDO_MUST_USE int edoi_sqlite_do(edo_sqlite *db, bool reads, edoi_sqlite_fn *fn, void *arg);

/* Gives a connection back to its pool, or closes it, on a thread that may block, where it still has
 * an open transaction or is spent; but of a database in memory there is no other. Any thread; never
 * waits, unless there is no such thread. */
void edoi_sqlite_lease_end(edo_pool_lease *lease);

/* Rolls back what a transaction has left open, and gives its connection back. Never waits; tx.c. */
void edoi_sqlite_tx_leave(edo_sqlite *tx);

#endif
