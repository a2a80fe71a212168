/* SPDX-License-Identifier: MIT */
/* sqlite/count.h: what is reported of statements: metrics, once they have a connection, a log line
 * for each slow one, and spans.
 *
 * A statement's span, at level INFO, begins with its call, so a wait for a connection lies within
 * it. A transaction's span, at level DEBUG, lasts from its begin to its end, and the statements on
 * its handle lie within. */
#ifndef EDOI_SQLITE_COUNT_H
#define EDOI_SQLITE_COUNT_H

#include "metrics/db_client.h"

#include <edo/span.h>

struct edo_sqlite;

/* A statement has ended with `err`, by the task that wanted it, whose trail has the failure. The
 * line has its text, which a programmer has written, and no arguments. */
void edoi_sqlite_count(const edoi_db_counts *c, edo_duration took, const char *sql, int err);

/* ---- Spans ----------------------------------------------------------------------------------- */

/* Makes the span of a statement on `db`; NULL: there are none, or there is no memory. */
EDO_MUST_USE edo_span *edoi_sqlite_span_make(const struct edo_sqlite *db, const char *sql);

/* Makes and opens it. Behind the next. */
EDOI_NOINLINE void edoi_sqlite_span_open(edo_span_block *b, const struct edo_sqlite *db,
                                         const char *sql);

/* Makes and opens it, until edoi_sqlite_span_end(): where it is off it costs a load and a
 * branch. */
EDOI_INLINE void edoi_sqlite_span_begin(edo_span_block *b, const struct edo_sqlite *db,
                                        const char *sql) {
    b->span = NULL;
    if (EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) edoi_sqlite_span_open(b, db, sql);
}

/* Adds the failure to a span: SQLite's code, or else the name of edo's code. */
void edoi_sqlite_span_fail(edo_span *s, int err);

/* Ends it with what has become of the statement: 0 or more, or a code, and returns that. */
int edoi_sqlite_span_end(edo_span_block *b, int err);

/* Makes the span of a transaction that is begun on `of`; NULL as above. */
EDO_MUST_USE edo_span *edoi_sqlite_span_of_tx(const struct edo_sqlite *of);

/* Ends the span of the transaction `tx`, unless it has ended; `how` is "committed" or the like. */
void edoi_sqlite_span_tx_ended(const struct edo_sqlite *tx, const char *how, int err);

#endif
