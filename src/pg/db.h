/* SPDX-License-Identifier: MIT */
/* pg/db.h: what an edo_pg is, and how a call gets the connection that it is for.
 *
 *     pool          each call takes a connection for its time
 *     connection    has a lease; calls of several tasks take turns
 *     transaction   has a lease if it was begun on a pool, else the connection of the handle that
 *                   it was begun on
 *
 * A handle is counted: by its user, by what was begun on it, by a sequence of its rows, by `closed`
 * of its connection. With the last reference the connection goes back to its pool.
 *
 * inv. 1: a handle has a connection unless it is a pool: by its own lease, or by `outer`, which has
 *         it, too.
 * inv. 2: a handle has the number of a whole transaction, or of a savepoint, or none; its
 *         connection has counted to that number at least.
 * inv. 3: what is in `closed` of a connection is a transaction of that connection. */
#ifndef EDOI_PG_DB_H
#define EDOI_PG_DB_H

#include "metrics/db_client.h"
#include "pg/conn/conn.h"

#include <edo/span.h>

typedef enum edoi_pg_form {
    EDOI_PG_POOL,
    EDOI_PG_CONN,
    EDOI_PG_TX,
} edoi_pg_form;

/* Memory of edo_rc_new(). */
struct edo_pg {
    edoi_pg_form form;
    edo_pool *pool;         /* a reference */
    edoi_pg_config *config; /* shared */
    edoi_db_counts *counts; /* shared */
    edo_pool_lease lease;   /* zero: none */
    edoi_pg_conn *conn;     /* POOL: NULL */
    edo_pg *outer;      /* a reference to the handle with the connection; NULL: it has a lease */
    edo_span *span;     /* TX: a reference, const; NULL: none. It is ended by a task that has the
                               turn */
    uint32_t savepoint; /* TX: its number; 0: it is a whole transaction */
    uint32_t number;    /* TX, a whole one: of `txs_n` of its connection; 0: not begun yet */
    bool is_over;       /* TX: committed, or rolled back; of the task that has the turn, and of
                               the close */
    STAILQ_ENTRY(edo_pg) next_closed; /* lock: conn->lock */
};

/* A connection in use by one call. */
typedef struct edoi_pg_use {
    edoi_pg_conn *conn;
    edo_pool_lease lease; /* zero: the connection is a handle's, and this has its turn */
} edoi_pg_use;

/* ---- The turn, and leases; turn.c ------------------------------------------------------------ */

/* Asserts the invariants of a handle and of the handles that it was begun on. The caller has the
 * turn, if `pg` has a connection. Debug builds call it when a call gets the connection. */
void edoi_pg_handle_check(const edo_pg *pg);

/* Gets the connection for a call on `pg`, and mends it if needed. Errors: as edo_pool_get(), and
 * edoi_pg_mend(); -EINVAL: the transaction is over, also by a statement of the program's. */
EDO_MUST_USE int edoi_pg_enter(edoi_pg_use *u, edo_pg *pg, const char *place);

/* Gives it back, also when it is cut or lost. Never waits. */
void edoi_pg_leave(edoi_pg_use *u);

/* Gives a connection back to its pool: at once, or once a task has mended it. Never waits. */
void edoi_pg_give_back(edo_pool_lease *lease);

/* Closes a transaction that is not over: rolls it back as soon as its connection is free. Takes
 * `tx`. Never waits. */
void edoi_pg_close_tx(edo_pg *tx);

/* Is neither the handle, nor one that it was begun on, a transaction that is over, or in whose
 * place another one was begun? The caller has the turn. */
bool edoi_pg_is_open(const edo_pg *pg);

/* ---- Handles --------------------------------------------------------------------------------- */

/* Makes a handle for the connection of `of`; if that is a pool, for one that it takes. Errors: as
 * edo_pool_get(). */
EDO_MUST_USE int edoi_pg_handle_new(edo_pg **out, edo_pg *of, edoi_pg_form form, const char *place);

/* Makes a handle of a pool of one connection, which is the object of `ops`, with the options and
 * the counts of `of`. Errors: as edo_pool_new(). */
EDO_MUST_USE int edoi_pg_pool_new(edo_pg **out, const edo_pg *of, const edo_pool_ops *ops,
                                  void *arg);

/* Rolls a transaction back that is not over. The caller has the turn. Never waits; tx.c. */
void edoi_pg_tx_leave(edo_pg *tx);

/* Begins a call on a connection that is `is_inner`; `in_tx`: it is in a transaction. Errors: as
 * edoi_pg_mend(); -EINVAL: a statement has ended the transaction around; tx.c. */
EDO_MUST_USE int edoi_pg_inner_enter(edoi_pg_conn *c, bool in_tx);

#endif
