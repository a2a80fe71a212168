/* SPDX-License-Identifier: MIT */
/* pg/rows.c: the rows of a query as a sequence, read from the socket one after the other: what is
 * not read stays in the socket, and so in the server.
 *
 * The query has been sent, and has its first result, when the sequence is made; the sequence has
 * the connection until its end. */
#include "pg/count.h"
#include "pg/db.h"
#include "pg/query.h"
#include "pg/value/row.h"

#include "base/memory/alloc.h"
#include "pg/conn/fault.h"
#include "runtime/spawn/span.h"

#include <edo/error.h>
#include <edo/seq.h>

typedef struct row_seq {
    edo_seq base;
    edo_pg *pg;      /* a reference, so that it may be closed before; NULL: it is a pool */
    uint64_t by;     /* the task that has read last; 0: none has */
    edoi_pg_use use; /* zero: the query is over */
    edo_span *span;  /* of the query, until it is over; NULL: none */
    uint64_t read_n;
    edoi_pg_query query;
    edoi_pg_map map;
    edo_arena arena;           /* of the row that was read last */
    PGresult *row;             /* the texts of the last item point into it */
    PGresult *next;            /* the next result, if it has come already */
    int failure;               /* is returned once, then the sequence is over */
    edo_fd_ready_future ready; /* pending while the sequence waits */
} row_seq;

static EDOI_NOINLINE void rows_end_span(row_seq *s, int err) {
    edo_span *span = s->span;
    s->span = NULL;
    edoi_pg_span_rows(span, EDOI_PG_RETURNED, s->read_n);
    if (err < 0) edoi_pg_span_fail(span, err);
    edoi_span_end_taken(span, err);
}

/* Gives the connection back; what is left of the results is read by others. `err`: what the query
 * has come to. */
static void rows_finish(row_seq *s, int err) {
    if (EDOI_UNLIKELY(s->span)) rows_end_span(s, err);
    if (!s->use.conn) return;
    if (s->use.conn->syncs_n > 0) edoi_pg_cut(s->use.conn);
    edoi_pg_leave(&s->use);
    edo_rc_unref(s->pg);
    s->pg = NULL;
}

static bool rows_is_end(const PGresult *r) {
    return PQresultStatus(r) == PGRES_PIPELINE_SYNC;
}

/* Takes the next result from libpq; NULL: none has come yet, or there was a failure. */
static PGresult *rows_take(row_seq *s) {
    PGresult *r = s->next;
    edoi_pg_conn *c = s->use.conn;
    s->next = NULL;
    while (!r && c->syncs_n > 0 && !PQisBusy(c->pg)) {
        r = PQgetResult(c->pg);
        if (r && rows_is_end(r)) {
            c->syncs_n--;
            edoi_pg_heard(c);
        }
        if (!r && PQstatus(c->pg) == CONNECTION_BAD) {
            s->failure = edoi_pg_conn_fail(c);
            return NULL;
        }
    }
    return r;
}

/* What a result means: 1: a row; 0: go on; negative: a failure. */
static int rows_look(row_seq *s, PGresult *r, void *item) {
    edoi_pg_conn *c = s->use.conn;
    if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
        PQclear(s->row);
        s->row = r;
        edo_arena_reset(&s->arena);
        int read = edoi_pg_row_read(item, &s->map, r, 0, &(edoi_pg_memory){ &s->arena, true });
        return read < 0 ? read : 1;
    }
    int err = 0;
    if (PQresultStatus(r) == PGRES_FATAL_ERROR) {
        edoi_pg_note_failure(c, r);
        err = edoi_pg_fail(r, s->query.sql, c->config->has_details);
    }
    if (err < 0) {
        c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
        edoi_pg_leave_rest(c); // there is nothing to cancel
    }
    PQclear(r);
    return err;
}

/* A failure is the last item: without a connection there is nothing behind it. */
static int rows_fail(row_seq *s, int err) {
    rows_finish(s, err);
    return err;
}

/* Goes on with what has come. EDO_PENDING: more has to come. */
static edo_polled rows_step(row_seq *s, void *item, int *result) {
    for (;;) {
        PGresult *r = s->failure < 0 || !s->use.conn ? NULL : rows_take(s);
        if (s->failure < 0) {
            *result = rows_fail(s, s->failure);
            s->failure = 0;
            return EDO_READY;
        }
        if (!s->use.conn || (!r && s->use.conn->syncs_n == 0)) {
            rows_finish(s, 0);
            *result = 0;
            return EDO_READY;
        }
        if (!r) return EDO_PENDING;
        int n = rows_look(s, r, item);
        if (n == 0) continue;
        s->read_n += n > 0;
        *result = n > 0 ? 1 : rows_fail(s, n);
        return EDO_READY;
    }
}

static void rows_consume(row_seq *s) {
    if (!edoi_pg_consume(s->use.conn)) s->failure = edoi_pg_conn_fail(s->use.conn);
}

/* The turn is of the task that reads: it would wait for itself if it called the connection. */
static void rows_move(row_seq *s) {
    uint64_t by = edoi_pg_hold_caller();
    if (!s->pg || s->by == by) return;
    s->by = by;
    edoi_pg_hold_move(&s->use.conn->hold);
}

static edo_polled rows_poll(edo_seq *seq, edo_cx *cx, void *item, int *result) {
    row_seq *s = (row_seq *)(void *)seq;
    bool waits = seq->waits;
    rows_move(s);
    for (;;) {
        if (!waits && rows_step(s, item, result) == EDO_READY) return EDO_READY;
        if (!waits && edoi_pg_has_rest(s->use.conn)) {
            rows_consume(s);
            continue;
        }
        if (!waits) (void)edo_fd_ready_init(&s->ready, s->use.conn->fd, EDO_IO_READ);
        if (edo_poll(&s->ready.base, cx) == EDO_PENDING) return EDO_PENDING;
        waits = false;
        int ready = edo_result(&s->ready);
        if (ready < 0) {
            *result = rows_fail(s, ready);
            return EDO_READY;
        }
        rows_consume(s);
    }
}

static void rows_leave(edo_seq *seq) {
    edo_drop(&((row_seq *)(void *)seq)->ready.base);
}

static void rows_drop(edo_seq *seq) {
    row_seq *s = (row_seq *)(void *)seq;
    rows_finish(s, -ECANCELED);
    PQclear(s->row);
    PQclear(s->next);
    PQclear(s->query.failure);
    edoi_pg_map_deinit(&s->map);
    edo_arena_deinit(&s->arena);
    edoi_free(s);
}

/* Sends the query, and looks at the columns. */
static int rows_begin(row_seq *s, edo_pg *pg, const edo_desc *desc, const char *place) {
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&s->use, pg, place);
    if (err < 0) return err;
    if (pg->form != EDOI_PG_POOL) s->pg = edo_rc_ref(pg);
    edo_instant since = edo_now();
    err = edoi_pg_query_begin(s->use.conn, &s->query, &s->next);
    edoi_pg_count(pg->counts, since, s->query.sql, place, err); // up to the first row
    if (err < 0) return err;
    s->use.conn->timeout_ms = s->query.timeout_ms;
    return edoi_pg_map_init(&s->map, desc, s->next);
}

edo_seq *edo_pg_rows_at(edo_pg *pg, const edo_desc *desc, const char *sql, edo_sql_args args,
                        const char *place) {
    static const edo_seq_ops ops = {
        .poll_next = rows_poll, .leave = rows_leave, .drop = rows_drop, .name = "edo_pg_rows"
    };
    row_seq *s = edoi_calloc(1, sizeof *s);
    if (!s) return NULL;
    (void)edo_seq_init(&s->base, &ops, desc->size);
    s->query = (edoi_pg_query){ .sql = sql, .args = &args, .by_row = true };
    edo_context_block in;
    s->span = EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO) ? edoi_pg_span_make(pg, sql) : NULL;
    edoi_span_enter(&in, s->span);
    s->failure = rows_begin(s, pg, desc, place);
    edoi_context_leave(&in);
    s->query.args = NULL; // they end with this call
    if (s->failure < 0) rows_finish(s, s->failure);
    return &s->base;
}
