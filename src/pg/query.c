/* SPDX-License-Identifier: MIT */
/* pg/query.c: see query.h. */
#include "pg/query.h"

#include "pg/conn/fault.h"
#include "pg/value/args.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCRATCH_MAX 65536u /* bytes of a connection that are kept between statements */
#define TEXT_BYTES  64

/* ---- Sending --------------------------------------------------------------------------------- */

int64_t edoi_pg_timeout_for(edo_duration left) {
    if (left.ns < 0) return 0;
    int64_t ms = left.ns / 1000000 + 1, step = 1;
    if (ms > INT32_MAX / 2) ms = INT32_MAX / 2;
    while (step * 16 <= ms) step *= 2;
    return (ms + step - 1) / step * step;
}

static bool send_text(edoi_pg_conn *c, const char *sql) {
    return PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

/* What goes before the statement, and is a group of its own. */
static bool query_has_group(const edoi_pg_query *q) {
    return q->sets_timeout || q->deallocates;
}

static bool send_timeout(edoi_pg_conn *c, edoi_pg_query *q) {
    char sql[TEXT_BYTES];
    q->timeout_ms = edoi_pg_timeout_for(edo_deadline_left());
    q->sets_timeout = q->timeout_ms != c->timeout_ms;
    if (!q->sets_timeout) return true;
    if (q->timeout_ms == 0) return send_text(c, "set statement_timeout to default");
    (void)snprintf(sql, sizeof sql, "set statement_timeout to %" PRId64, q->timeout_ms);
    return send_text(c, sql);
}

/* Finds the statement, or makes room for it; what was taken out is deallocated. */
static bool send_room(edoi_pg_conn *c, edoi_pg_query *q) {
    char sql[TEXT_BYTES];
    edoi_pg_statement *out_of = NULL;
    q->statement = NULL;
    // nothing can be prepared in a transaction that has failed
    if (PQtransactionStatus(c->pg) != PQTRANS_INERROR)
        q->statement = edoi_pg_statements_get(&c->statements, q->sql, &out_of);
    if (out_of) {
        if (out_of->is_prepared) memcpy(c->doomed, out_of->name, sizeof c->doomed);
        edoi_pg_statement_free(out_of);
    }
    // where it failed it would take a transaction along
    q->deallocates = c->doomed[0] && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    if (q->deallocates) {
        (void)snprintf(sql, sizeof sql, "deallocate %s", c->doomed);
        if (!send_text(c, sql)) return false;
    }
    return !query_has_group(q) || edoi_pg_sync(c) == 0;
}

static bool send_preparation(edoi_pg_conn *c, edoi_pg_query *q) {
    q->prepares = q->statement && !q->statement->is_prepared;
    c->preparing = q->prepares ? q->statement : NULL;
    return !q->prepares || PQsendPrepare(c->pg, q->statement->name, q->sql, 0, NULL) == 1;
}

static bool send_statement(edoi_pg_conn *c, edoi_pg_query *q, const edoi_pg_args *a) {
    const char *const *values = (const char *const *)a->values;
    if (q->statement) {
        return PQsendQueryPrepared(c->pg, q->statement->name, a->n, values, a->lengths, a->formats,
                                   0) == 1;
    }
    return PQsendQueryParams(c->pg, q->sql, a->n, NULL, values, a->lengths, a->formats, 0) == 1;
}

static int query_send(edoi_pg_conn *c, edoi_pg_query *q) {
    edoi_pg_args args;
    if (c->scratch.bytes > SCRATCH_MAX) {
        edo_arena_deinit(&c->scratch);
    } else {
        edo_arena_reset(&c->scratch);
    }
    int err = edoi_pg_args_make(&args, q->args, &c->scratch);
    if (err < 0) return err;
    if (!send_timeout(c, q) || !send_room(c, q) || !send_preparation(c, q) ||
        !send_statement(c, q, &args))
        return c->pg ? edoi_pg_conn_fail(c) : -ECONNRESET;
    err = edoi_pg_sync(c);
    return err == 0 ? edoi_pg_flush(c) : err;
}

/* ---- Results --------------------------------------------------------------------------------- */

/* Keeps a failure. Nothing else that is no row and no end can come in a pipeline. */
static int query_look(edoi_pg_conn *c, edoi_pg_query *q, PGresult *r) {
    switch (PQresultStatus(r)) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC: return 1;
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_FATAL_ERROR:
        if (q->failure) break;
        q->failure = r;
        return 0;
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    default:
        PQclear(r);
        edoi_pg_lose(c);
        return edo_fail(-ENOTSUP,
                        "a statement that copies wants edo_pg_copy_in() or edo_pg_copy_out()");
    }
    PQclear(r);
    return 0;
}

/* Reads the result, and the end, of a command in front of the statement; `*ok`: it was done. */
static int query_read_before(edoi_pg_conn *c, edoi_pg_query *q, bool *ok) {
    *ok = true;
    for (;;) {
        PGresult *r = NULL;
        int err = edoi_pg_next(c, &r);
        if (err < 0 || !r) return err;
        err = query_look(c, q, r);
        if (err < 0) return err;
        *ok = *ok && err > 0;
        if (err > 0) PQclear(r);
    }
}

static void query_drop_failure(edoi_pg_query *q) {
    PQclear(q->failure);
    q->failure = NULL;
}

/* Reads the end of the first group. */
static int query_read_sync(edoi_pg_conn *c) {
    PGresult *r = NULL;
    int err = edoi_pg_next(c, &r);
    PQclear(r);
    return err;
}

static int query_read_all_before(edoi_pg_conn *c, edoi_pg_query *q) {
    bool ok;
    int err = 0;
    if (q->sets_timeout) {
        err = query_read_before(c, q, &ok);
        if (err == 0 && !ok) q->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    }
    if (err == 0 && q->deallocates) {
        err = query_read_before(c, q, &ok);
        if (err == 0) c->doomed[0] = '\0'; // it is gone in any case
    }
    if (err == 0 && query_has_group(q)) {
        err = query_read_sync(c);
        query_drop_failure(q); // it is none of the statement's
    }
    if (err == 0 && q->prepares) {
        err = query_read_before(c, q, &ok);
        if (err == 0 && ok) q->statement->is_prepared = true;
        if (err == 0) c->preparing = NULL;
    }
    return err;
}

int edoi_pg_query_end(edoi_pg_conn *c, edoi_pg_query *q) {
    int err = 0;
    while (err >= 0 && c->syncs_n > 0) {
        PGresult *r = NULL;
        err = edoi_pg_next(c, &r);
        if (err < 0 || !r) continue;
        err = query_look(c, q, r);
        if (err > 0) PQclear(r);
    }
    if (err < 0) {
        query_drop_failure(q);
        return err;
    }
    c->timeout_ms = q->failure ? EDOI_PG_TIMEOUT_UNKNOWN : q->timeout_ms;
    if (!q->failure) return 0;
    err = edoi_pg_fail(q->failure, q->timeout_ms > 0, c->config->has_details);
    query_drop_failure(q);
    return err;
}

/* Waits for the first result of the statement itself; `*first` stays NULL after a failure. */
static int query_first(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first) {
    PGresult *r = NULL;
    int err = query_read_all_before(c, q);
    if (err < 0) return err;
    if (q->by_row && !q->failure) (void)PQsetSingleRowMode(c->pg);
    err = edoi_pg_next(c, &r);
    if (err < 0 || !r) return err;
    err = query_look(c, q, r);
    if (err > 0) *first = r;
    return err < 0 ? err : 0;
}

/* Is it a failure of a prepared statement alone, which is not there when it is prepared anew? */
static bool query_is_stale(const edoi_pg_conn *c, const edoi_pg_query *q) {
    const char *sqlstate = q->failure ? PQresultErrorField(q->failure, PG_DIAG_SQLSTATE) : NULL;
    // one that was prepared just now is not stale: what it executes may have a name of its own
    if (!sqlstate || !q->statement || q->prepares) return false;
    if (strcmp(sqlstate, "26000") == 0) return true;
    return strcmp(sqlstate, "0A000") == 0 && c->statements.max > 0;
}

/* Forgets what is stale. The server has a statement still whose columns have changed. */
static void query_forget(edoi_pg_conn *c, edoi_pg_query *q, bool is_unknown) {
    if (is_unknown) {
        c->doomed[0] = '\0';
        edoi_pg_statements_clear(&c->statements);
    } else {
        memcpy(c->doomed, q->statement->name, sizeof c->doomed);
        edoi_pg_statements_forget(&c->statements, q->statement);
    }
    q->statement = NULL;
}

static int query_try(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first, bool *again) {
    *first = NULL;
    *again = false;
    int err = query_send(c, q);
    if (err == 0) err = query_first(c, q, first);
    if (err < 0 || *first) return err;
    if (!query_is_stale(c, q)) {
        err = edoi_pg_query_end(c, q);
        return err == 0 ? -EIO : err; // a statement has a result
    }
    bool is_unknown = strcmp(PQresultErrorField(q->failure, PG_DIAG_SQLSTATE), "26000") == 0;
    query_forget(c, q, is_unknown);
    err = edoi_pg_drain(c);
    if (err < 0) return err;
    *again = PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    if (!*again) return edoi_pg_query_end(c, q);
    query_drop_failure(q);
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    return 0;
}

int edoi_pg_query_begin(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first) {
    bool again;
    int err = query_try(c, q, first, &again);
    if (again) err = query_try(c, q, first, &again);
    if (err == 0 && !*first) err = -EIO;
    if (err < 0) query_drop_failure(q);
    return err;
}
