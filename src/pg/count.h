/* SPDX-License-Identifier: MIT */
/* pg/count.h: what is reported of statements: metrics, a log line for each slow one, and spans.
 *
 * A statement's span, at level INFO, begins with its call, so a wait for a connection lies within
 * it. A transaction's span, at level DEBUG, lasts from its begin to its end, and the statements on
 * its handle lie within. */
#ifndef EDOI_PG_COUNT_H
#define EDOI_PG_COUNT_H

#include "metrics/db_client.h"

#include <edo/span.h>

struct edo_pg;

/* A statement has ended that began at `since`, with `err`. The line has its text, which a
 * programmer has written, and no arguments. `place` may be NULL. */
void edoi_pg_count(const edoi_db_counts *c, edo_instant since, const char *sql, const char *place,
                   int err);

/* ---- Spans ----------------------------------------------------------------------------------- */

#define EDOI_PG_ROWS     "rows" /* that a statement has changed, or returned */
#define EDOI_PG_RETURNED "db.response.returned_rows"

/* Makes the span of a statement on `pg`; NULL: there are none, or there is no memory. */
EDO_MUST_USE edo_span *edoi_pg_span_make(const struct edo_pg *pg, const char *sql);

/* Makes and opens it. Behind the next. */
EDOI_NOINLINE void edoi_pg_span_open(edo_span_block *b, const struct edo_pg *pg, const char *sql);

/* Makes and opens it, until edoi_pg_span_end(): where it is off it costs a load and a branch. */
EDOI_INLINE void edoi_pg_span_begin(edo_span_block *b, const struct edo_pg *pg, const char *sql) {
    b->span = NULL;
    if (EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) edoi_pg_span_open(b, pg, sql);
}

/* Adds the failure to a span: its SQLSTATE, or else the name of the code. */
void edoi_pg_span_fail(edo_span *s, int err);

/* Ends it. Behind the next. */
EDOI_NOINLINE void edoi_pg_span_close(edo_span_block *b, int err);

/* Ends it with what has become of the statement, which is returned. */
EDOI_INLINE int edoi_pg_span_end(edo_span_block *b, int err) {
    if (EDOI_UNLIKELY(b->span)) edoi_pg_span_close(b, err);
    return err;
}

/* Adds how many rows there were: one of the names above. */
EDOI_INLINE void edoi_pg_span_rows(edo_span *s, const char *name, uint64_t n) {
    if (EDOI_UNLIKELY(s)) edo_span_record(s, edoi_kv_uint(name, n));
}

/* Makes the span of a transaction that is begun on `of`; NULL as above. */
EDO_MUST_USE edo_span *edoi_pg_span_of_tx(const struct edo_pg *of);

/* Ends the span of the transaction `tx`, unless it has ended; `how` is "committed" or the like. The
 * caller has the turn, or the last reference. */
void edoi_pg_span_tx_ended(const struct edo_pg *tx, const char *how, int err);

#endif
