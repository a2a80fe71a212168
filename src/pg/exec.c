/* SPDX-License-Identifier: MIT */
/* pg/exec.c: see exec.h. */
#include "pg/exec.h"

#include "pg/count.h"
#include "pg/db.h"
#include "pg/query.h"
#include "value/rows.h"

#include <edo/error.h>

#include <limits.h>
#include <stdlib.h>

/* ---- A number -------------------------------------------------------------------------------- */

int edoi_pg_rows_of(PGresult *r) {
    char *end;
    const char *text = PQcmdTuples(r);
    unsigned long long n = strtoull(text, &end, 10);
    return n > INT_MAX ? INT_MAX : (int)n;
}

int edo_pg_exec_at(edo_pg *pg, const char *sql, edo_sql_args args, const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    edoi_pg_query q = { .sql = sql, .args = &args };
    PGresult *r;
    edoi_pg_span_begin(&span, pg, sql);
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return edoi_pg_span_end(&span, err);
    edo_instant since = edo_now();
    err = edoi_pg_query_begin(u.conn, &q, &r);
    int n = 0;
    if (err == 0) {
        n = edoi_pg_rows_of(r);
        PQclear(r);
        err = edoi_pg_query_end(u.conn, &q);
    }
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    if (err == 0) edoi_pg_span_rows(span.span, EDOI_PG_ROWS, (uint64_t)n);
    err = edoi_pg_span_end(&span, err);
    return err < 0 ? err : n;
}

/* ---- One row --------------------------------------------------------------------------------- */

/* The map of a result: the statement's, if it fits; else a new one. */
static int one_map(edoi_pg_map **out, edoi_pg_map *own, edoi_pg_statement *st, const edo_desc *desc,
                   const PGresult *r) {
    edoi_pg_map *m = st ? &st->map : own;
    *out = m;
    if (st && edoi_pg_map_fits(m, desc, r)) return 0;
    edoi_pg_map_deinit(m);
    return edoi_pg_map_init(m, desc, r);
}

int edoi_pg_one_read(void *out, const edo_desc *desc, edoi_pg_statement *st, const PGresult *r) {
    edoi_pg_map own = { .desc = NULL }, *m;
    if (PQntuples(r) == 0) return -EDO_ENOROW;
    if (PQntuples(r) > 1) return edo_fail(-EDO_EVALUE, "the query has more than one row");
    int err = one_map(&m, &own, st, desc, r);
    if (err == 0) {
        err = edoi_pg_row_read(out, m, r, 0, &(edoi_pg_memory){ NULL, false });
    }
    edoi_pg_map_deinit(&own);
    return err;
}

int edo_pg_query_one_at(edo_pg *pg, void *out, const edo_desc *desc, const char *sql,
                        edo_sql_args args, const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    edoi_pg_query q = { .sql = sql, .args = &args };
    PGresult *r;
    edoi_pg_span_begin(&span, pg, sql);
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return edoi_pg_span_end(&span, err);
    edo_instant since = edo_now();
    err = edoi_pg_query_begin(u.conn, &q, &r);
    if (err == 0) {
        err = edoi_pg_one_read(out, desc, q.statement, r);
        PQclear(r);
        int end = edoi_pg_query_end(u.conn, &q);
        if (end < 0 && err == 0) edo_value_deinit(out, desc);
        if (end < 0) err = end;
    }
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    if (err == 0) edoi_pg_span_rows(span.span, EDOI_PG_RETURNED, 1);
    return edoi_pg_span_end(&span, err);
}

/* ---- All rows -------------------------------------------------------------------------------- */

static int all_add(const edoi_rows *list, const edoi_pg_map *map, const PGresult *r) {
    void *row;
    int err = edoi_rows_next(list, &row);
    if (err < 0) return err;
    err = edoi_pg_row_read(row, map, r, 0, &(edoi_pg_memory){ list->arena, false });
    if (err < 0) return edoi_rows_fail(list, err);
    edoi_rows_keep(list);
    return 0;
}

/* Reads the rows up to the end of the statement; `*r` is the first, and at last what is no row, or
 * NULL. Rows behind one that does not fit are passed over, so that the statement is done whole, but
 * no more than the list may have. Returns 1: there are more. */
static int all_read_rows(const edoi_rows *list, edoi_pg_conn *c, PGresult **r, int *failure) {
    edoi_pg_map map;
    uint32_t n = 0;
    int err = 0;
    *failure = edoi_pg_map_init(&map, list->list->desc, *r);
    while (err == 0 && *r && PQresultStatus(*r) == PGRES_SINGLE_TUPLE) {
        if (*failure == 0) *failure = all_add(list, &map, *r);
        PQclear(*r);
        *r = NULL;
        err = n++ == list->max ? 1 : edoi_pg_next(c, r);
    }
    edoi_pg_map_deinit(&map);
    return err;
}

/* Takes `r`, the first result. */
static int all_read(const edoi_rows *list, edoi_pg_conn *c, edoi_pg_query *q, PGresult *r) {
    int failure;
    int err = all_read_rows(list, c, &r, &failure);
    if (err > 0) {
        edoi_pg_cut(c);
        return failure;
    }
    if (err == 0 && r) err = edoi_pg_query_look(c, q, r);
    if (err > 0) PQclear(r);
    if (err >= 0) err = edoi_pg_query_end(c, q);
    return err < 0 ? err : failure;
}

int edo_pg_query_all_at(edo_pg *pg, void *out, const edo_desc *desc, edo_arena *arena,
                        const char *sql, edo_sql_args args, const char *place) {
    edoi_pg_use u;
    edoi_pg_query q = { .sql = sql, .args = &args, .by_row = true };
    edo_span_block span;
    edoi_rows list;
    PGresult *r;
    int err = edoi_rows_init(&list, out, desc, arena);
    if (err < 0) return err;
    edoi_pg_span_begin(&span, pg, sql);
    err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err == 0) {
        edo_instant since = edo_now();
        err = edoi_pg_query_begin(u.conn, &q, &r);
        if (err == 0) err = all_read(&list, u.conn, &q, r);
        edoi_pg_count(pg->counts, since, sql, place, err);
        edoi_pg_leave(&u);
    }
    if (err == 0) edoi_pg_span_rows(span.span, EDOI_PG_RETURNED, edoi_rows_n(&list));
    if (err < 0) edoi_rows_drop(&list);
    return edoi_pg_span_end(&span, err);
}
