/* SPDX-License-Identifier: MIT */
/* pg/query.h: one statement on a connection: sent as two groups of commands, in one round trip.
 *
 *     set statement_timeout    if the caller's deadline is another one than the session has; never
 *                              behind a pooler that gives each group to another session, which
 *                              others have next
 *     deallocate               if a statement was taken out, or is stale
 *     Sync                     if there is one of these
 *     Parse                    if the statement is not prepared
 *     Bind, Describe, Execute
 *     Sync
 *
 * Two groups, since what is in one is one transaction, and some statements, as "vacuum", want to be
 * alone in theirs. */
#ifndef EDOI_PG_QUERY_H
#define EDOI_PG_QUERY_H

#include "pg/conn/conn.h"
#include "pg/value/args.h"

typedef struct edoi_pg_query {
    const char *sql;
    const edo_sql_args *args;
    bool by_row;    /* results come row by row */
    bool is_behind; /* others of its group are executed before it */
    /* edo's: */
    edoi_pg_args made;
    edoi_pg_statement *statement; /* NULL: it is not kept */
    bool sets_timeout, prepares;
    bool is_taken; /* the server has another statement by its name */
    bool is_stale; /* it has failed as such in a transaction, which may be tried again */
    unsigned deallocates_n;
    int64_t timeout_ms;
    PGresult *failure;
} edoi_pg_query;

/* Sends a statement, and waits for its first result in `*first`: of a statement by row the first
 * row, or the end. A statement that the server does not know any more, or whose columns or types
 * have changed, is prepared anew and sent again, once, outside of a transaction, if the server has
 * not begun to execute it. The caller calls edoi_pg_query_end() on success. Errors: -EDO_ESQL and
 * others of the server: the connection can be used; -EINVAL and others of arguments: nothing was
 * sent; as edoi_pg_next(): the connection is cut or lost. */
EDO_MUST_USE int edoi_pg_query_begin(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first);

/* Reads up to the sync. Errors: as edoi_pg_query_begin(). */
EDO_MUST_USE int edoi_pg_query_end(edoi_pg_conn *c, edoi_pg_query *q);

/* ---- Steps of it, for several in one group; pipeline.c --------------------------------------- */

/* Makes room for what is sent. */
void edoi_pg_query_scratch(edoi_pg_conn *c);

/* Sends the first group; of several statements, for all of them. 0, or a code: the connection is
 * lost. */
EDO_MUST_USE int edoi_pg_query_send_preamble(edoi_pg_conn *c, edoi_pg_query *q);

/* Sends Parse, if the statement is not prepared, Bind and Execute, with the arguments `made`; no
 * sync. 0, or a code: the connection is lost. */
EDO_MUST_USE int edoi_pg_query_send_body(edoi_pg_conn *c, edoi_pg_query *q);

/* Reads the results of the first group; the result of a Parse. Errors: as edoi_pg_query_begin(). */
EDO_MUST_USE int edoi_pg_query_read_preamble(edoi_pg_conn *c, edoi_pg_query *q);
EDO_MUST_USE int edoi_pg_query_read_preparation(edoi_pg_conn *c, edoi_pg_query *q);

/* What a result of the statement is: 1: rows, a count, or a sync; 0: the failure, which `q` keeps,
 * or it was not done: the result is taken. -ENOTSUP: it copies: the connection is lost. */
EDO_MUST_USE int edoi_pg_query_look(edoi_pg_conn *c, edoi_pg_query *q, PGresult *r);

/* After a failure: reads up to the sync, and forgets what is stale. 1: it was a prepared statement
 * that is stale, and was not executed: it can be sent again; `q` has no failure then. 0, or a code:
 * the connection is cut or lost. */
EDO_MUST_USE int edoi_pg_query_forget(edoi_pg_conn *c, edoi_pg_query *q);

/* ---- The caller's deadline ------------------------------------------------------------------- */

/* The statement_timeout, in ms, for a caller that has `left`; negative: it has no deadline: 0. It
 * is rounded up, to an eighth more at most, so that callers with about as much time find it set. */
int64_t edoi_pg_timeout_for(edo_duration left);

/* A "set" of it. */
typedef struct edoi_pg_timeout_set {
    char sql[48];
    int64_t ms; /* what the session has then; 0: its own */
} edoi_pg_timeout_set;

/* For a command that is no statement with arguments: does the session have a statement_timeout of
 * an earlier call, which would end this one too soon? Then it fills `*out`, which goes in front. */
bool edoi_pg_timeout_is_short(const edoi_pg_conn *c, edoi_pg_timeout_set *out);

#endif
