/* SPDX-License-Identifier: MIT */
/* pg/conn/fault.h: what fails, as codes and lines of the trail. The words of the server stand there
 * only where they cannot quote an argument or a row, unless the program wants them all. */
#ifndef EDOI_PG_CONN_FAULT_H
#define EDOI_PG_CONN_FAULT_H

#include <edo/pg.h>

#include <libpq-fe.h>

#define EDOI_PG_FULL "53300" /* the server, the database or the role has no connection left */

/* What an SQLSTATE, of five characters, means to programs. */
edo_pg_kind edoi_pg_kind_of(const char *sqlstate);

/* Adds what a result that is a failure says to the trail, and returns the code: -EDO_ESQL, or
 * -ETIMEDOUT of a statement that a statement_timeout has ended. `sql` is the statement; NULL: one
 * without arguments and rows. */
int edoi_pg_fail(const PGresult *r, const char *sql, bool has_details);

/* The same of a prepared statement that is stale, in a transaction, which may succeed when it is
 * tried again: EDO_PG_RETRY. */
int edoi_pg_fail_stale(const PGresult *r, const char *sql, bool has_details);

/* The same of a connection that could not be made, with libpq's words for it, which are English and
 * have the SQLSTATE of what a server has said: -EDO_ESQL, with that; -EDO_ECERT; -EDO_ETLS;
 * -ECONNREFUSED: no server was reached; -ENOMEM; -EMFILE; -EPROTO: they are not understood. */
int edoi_pg_fail_words(const char *message);
int edoi_pg_fail_connect(const PGconn *pg);

/* The same for a lost connection: -ECONNRESET. Of libpq's message only the line with the reason is
 * used, and not what it has kept of earlier statements. */
int edoi_pg_fail_lost(const PGconn *pg);

#endif
