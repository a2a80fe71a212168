/* SPDX-License-Identifier: MIT */
/* pg/conn/script.h: the simple protocol: what a pipeline cannot have, which is several statements
 * in one text, and COPY. */
#ifndef EDOI_PG_CONN_SCRIPT_H
#define EDOI_PG_CONN_SCRIPT_H

#include "pg/conn/conn.h"

/* Leaves pipeline mode and sends `sql`. Then results come until NULL, and edoi_pg_script_end() is
 * called. Errors: as edoi_pg_flush(), but a connection that is cut is lost. */
EDO_MUST_USE int edoi_pg_script_begin(edoi_pg_conn *c, const char *sql);

/* Waits for the next result, as edoi_pg_next(); a failure is in the trail, and the code is
 * returned: the caller goes on to the end. A connection that is cut is lost. `sql`: as of
 * edoi_pg_fail(). */
EDO_MUST_USE int edoi_pg_script_next(edoi_pg_conn *c, const char *sql, PGresult **out);

/* Reads what is left, and goes back to pipeline mode. Returns `err`, or the first failure if that
 * is 0. */
EDO_MUST_USE int edoi_pg_script_end(edoi_pg_conn *c, const char *sql, int err);

/* Does a script of the program's own; no rows are wanted. */
EDO_MUST_USE int edoi_pg_script(edoi_pg_conn *c, const char *sql);

#endif
