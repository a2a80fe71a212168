/* SPDX-License-Identifier: MIT */
/* pg/db.h: what an edo_pg is, and how a call gets the connection that it is for.
 *
 *     pool          each call takes a connection for its time
 *     connection    has a lease; calls of several tasks take turns
 *     transaction   has a lease if it was begun on a pool, else the connection of the handle that
 *                   it was begun on */
#ifndef EDOI_PG_DB_H
#define EDOI_PG_DB_H

#include "pg/conn/conn.h"
#include "pg/count.h"

typedef enum edoi_pg_form {
    EDOI_PG_POOL,
    EDOI_PG_CONN,
    EDOI_PG_TX,
} edoi_pg_form;

struct edo_pg {
    edoi_pg_form form;
    edo_pool *pool;         /* a reference */
    edoi_pg_config *config; /* shared */
    edoi_pg_counts *counts; /* shared */
    edo_pool_lease lease;   /* zero: none */
    edoi_pg_conn *conn;     /* POOL: NULL */
    uint32_t savepoint;     /* TX: its number; 0: it is a whole transaction */
    bool is_over;           /* TX: committed, or rolled back */
};

/* A connection in use by one call. */
typedef struct edoi_pg_use {
    edoi_pg_conn *conn;
    edo_pool_lease lease; /* zero: the connection is a handle's, and this has its turn */
} edoi_pg_use;

/* Gets the connection for a call on `pg`, and mends it if needed. Errors: as edo_pool_get(), and
 * edoi_pg_mend(). */
EDO_MUST_USE int edoi_pg_enter(edoi_pg_use *u, edo_pg *pg, const char *place);

/* Gives it back, also when it is cut or lost. Never waits. */
void edoi_pg_leave(edoi_pg_use *u);

/* Gives a connection back to its pool: at once, or once a task has mended it. Never waits. */
void edoi_pg_give_back(edo_pool_lease *lease);

/* Makes a handle for a connection of the pool of `db`; `conn` NULL: one that it takes. Errors: as
 * edo_pool_get(). */
EDO_MUST_USE int edoi_pg_handle_new(edo_pg **out, edo_pg *db, edoi_pg_form form, edoi_pg_conn *conn,
                                    const char *place);

/* Rolls a transaction back that is closed before its end. Never waits; tx.c. */
void edoi_pg_tx_leave(edo_pg *tx);

#endif
