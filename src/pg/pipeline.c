/* SPDX-License-Identifier: MIT */
/* pg/pipeline.c: several statements in one group, with one sync: so they are one transaction, and
 * what stands behind a failure is not done. */
#include "pg/count.h"
#include "pg/db.h"
#include "pg/exec.h"
#include "pg/query.h"

#include <edo/error.h>

typedef struct pipeline {
    edo_pg_step *steps;
    edoi_pg_query *queries; /* of the connection's scratch */
    size_t n;
    size_t failed; /* which one the server has refused; n: none */
    bool is_taken; /* another one has a name of theirs: none is prepared */
} pipeline;

/* ---- Sending --------------------------------------------------------------------------------- */

static int pipeline_room(edoi_pg_conn *c, pipeline *p) {
    edoi_pg_query_scratch(c);
    p->failed = p->n;
    p->queries = edo_arena_alloc(&c->scratch, p->n * sizeof *p->queries);
    if (!p->queries) return -ENOMEM;
    for (size_t i = 0; i < p->n; i++)
        p->queries[i] = (edoi_pg_query){ .sql = p->steps[i].sql,
                                         .args = &p->steps[i].args,
                                         .is_behind = i > 0 };
    return 0;
}

static int pipeline_make(edoi_pg_conn *c, pipeline *p) {
    bool keeps = !p->is_taken && PQtransactionStatus(c->pg) != PQTRANS_INERROR;
    for (size_t i = 0; i < p->n; i++) {
        edoi_pg_query *q = &p->queries[i];
        int err = edoi_pg_args_make(&q->made, &p->steps[i].args, &c->scratch);
        if (err < 0) return edo_fail(err, "statement %zu of a pipeline", i + 1);
        // one that is under way here must not make room for another
        if (keeps) q->statement = edoi_pg_statements_get_beside(&c->statements, q->sql);
    }
    return 0;
}

static int pipeline_send(edoi_pg_conn *c, pipeline *p) {
    edoi_pg_clear_forgotten(c);
    int err = pipeline_room(c, p);
    if (err == 0) err = pipeline_make(c, p);
    if (err == 0) err = edoi_pg_query_send_preamble(c, p->queries);
    for (size_t i = 0; i < p->n && err == 0; i++) err = edoi_pg_query_send_body(c, &p->queries[i]);
    if (err == 0) err = edoi_pg_sync(c);
    return err == 0 ? edoi_pg_flush(c) : err;
}

/* ---- Results --------------------------------------------------------------------------------- */

static int step_take(edo_pg_step *step, edoi_pg_statement *st, PGresult *r) {
    return step->out ? edoi_pg_one_read(step->out, step->desc, st, r) : edoi_pg_rows_of(r);
}

/* Reads the result of one statement. 0, or a code: the connection is cut or lost. */
static int step_read(edoi_pg_conn *c, edoi_pg_query *q, edo_pg_step *step) {
    int err = edoi_pg_query_read_preparation(c, q);
    step->result = -ECANCELED;
    while (err == 0) {
        PGresult *r = NULL;
        err = edoi_pg_next(c, &r);
        if (err < 0 || !r) break;
        err = edoi_pg_query_look(c, q, r);
        if (err <= 0) continue;
        step->result = step_take(step, q->statement, r);
        PQclear(r);
        err = 0;
    }
    return err;
}

/* The group has failed, and the server has undone it: frees the results of its steps. The step that
 * the server refused gets `err`, all others -ECANCELED. */
static void pipeline_undo(pipeline *p, int err) {
    for (size_t i = 0; i < p->n; i++) {
        edo_pg_step *step = &p->steps[i];
        if (step->out && step->result == 0) edo_value_deinit(step->out, step->desc);
        step->result = i == p->failed ? err : -ECANCELED;
    }
}

static int pipeline_read(edoi_pg_conn *c, pipeline *p) {
    int err = edoi_pg_query_read_preamble(c, p->queries);
    for (size_t i = 0; i < p->n && err == 0; i++) {
        err = step_read(c, &p->queries[i], &p->steps[i]);
        if (err == 0 && p->queries[i].failure && p->failed == p->n) p->failed = i;
        if (p->queries[i].timeout_ms == EDOI_PG_TIMEOUT_UNKNOWN)
            p->queries->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN; // it was a rollback
    }
    return err;
}

/* Reads up to the sync; a commit of the server's may fail there. The first query has the timeout
 * that is set. */
static int pipeline_end(edoi_pg_conn *c, pipeline *p) {
    edoi_pg_query *q = &p->queries[p->failed < p->n ? p->failed : 0];
    q->timeout_ms = p->queries->timeout_ms;
    return edoi_pg_query_end(c, q);
}

static int pipeline_try(edoi_pg_conn *c, pipeline *p, bool *again) {
    int err = pipeline_send(c, p);
    *again = false;
    if (err == 0) err = pipeline_read(c, p);
    if (err == 0 && p->failed < p->n) {
        p->is_taken = p->queries[p->failed].is_taken;
        err = edoi_pg_query_forget(c, &p->queries[p->failed]);
    }
    *again = err > 0;
    if (err == 0) err = pipeline_end(c, p);
    // what was cut short, or is lost, may have had a failure before
    for (size_t i = 0; i < p->n && err < 0 && p->queries; i++) PQclear(p->queries[i].failure);
    return *again ? 0 : err;
}

/* ---- The call -------------------------------------------------------------------------------- */

static int pipeline_do(edoi_pg_conn *c, pipeline *p) {
    bool again;
    int err = pipeline_try(c, p, &again);
    if (again) {
        pipeline_undo(p, -ECANCELED);
        err = pipeline_try(c, p, &again);
    }
    if (err < 0) pipeline_undo(p, err);
    for (size_t i = 0; i < p->n && err == 0; i++)
        if (p->steps[i].result < 0) err = p->steps[i].result;
    return err;
}

int edo_pg_pipeline_at(edo_pg *pg, edo_pg_step *steps, size_t n, const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    pipeline p = { .steps = steps, .n = n };
    for (size_t i = 0; i < n; i++) steps[i].result = -ECANCELED;
    int err = edo_budget_consume();
    if (n == 0) return err;
    edoi_pg_span_begin(&span, pg, steps->sql);
    if (n > 1 && EDOI_UNLIKELY(span.span))
        edo_span_record(span.span, EDO_KV("db.operation.batch.size", n));
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return edoi_pg_span_end(&span, err);
    edo_instant since = edo_now();
    err = pipeline_do(u.conn, &p);
    edoi_pg_count(pg->counts, since, steps->sql, place, err);
    edoi_pg_leave(&u);
    return edoi_pg_span_end(&span, err);
}
