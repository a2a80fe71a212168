/* SPDX-License-Identifier: MIT */
/* sqlite/call.c: statements whose result is a number, one row, or a list. */
#include "sqlite/count.h"
#include "sqlite/db.h"
#include "sqlite/value.h"

#include "base/memory/alloc.h"
#include "value/rows.h"

#include <edo/error.h>
#include <edo/time.h>

#include <errno.h>
#include <limits.h>

typedef struct one_call {
    edoi_sqlite_fn *fn; /* with the call as its argument */
    const char *sql;
    const edo_sql_args *args;
    void *out;             /* one row; NULL: a number is wanted, or a list */
    const edoi_rows *list; /* NULL: no list is wanted */
    const edo_desc *desc;  /* of a row */
    edo_duration took;
    bool has_run;
} one_call;

/* Runs a call, and notes how long it took. A statement that a reading connection has handed on to
 * the writing one has not run: it is counted when that one does it. */
static int call_run_timed(edoi_sqlite_conn *c, void *arg) {
    one_call *call = arg;
    edo_instant since = edo_now();
    int err = call->fn(c, call);
    call->took = edo_instant_since(edo_now(), since);
    call->has_run = err != EDOI_SQLITE_WRITES;
    return err;
}

/* How many rows there were: of a number that many, as it says. */
static EDOI_NOINLINE void call_tell(edo_span *span, const one_call *call, int err) {
    size_t n = call->list ? edoi_rows_n(call->list) : err == -EDO_ENOROW ? 0 : 1;
    if (call->has_run) edo_span_record(span, EDO_KV("ran_us", call->took.ns / 1000));
    if (err < 0 && err != -EDO_ENOROW) return;
    if (call->desc)
        edo_span_record(span, EDO_KV("db.response.returned_rows", n));
    else
        edo_span_record(span, EDO_KV("rows", err));
}

static int call_do(edo_sqlite *db, bool reads, one_call *call) {
    edo_span_block span;
    edoi_sqlite_span_begin(&span, db, call->sql);
    int err = edo_budget_consume();
    if (err == 0) err = edoi_sqlite_do(db, reads, call_run_timed, call);
    if (call->has_run)
        edoi_sqlite_count(db->pools->counts, call->took, call->sql, err < 0 ? err : 0);
    if (EDOI_UNLIKELY(span.span)) call_tell(span.span, call, err);
    return edoi_sqlite_span_end(&span, err);
}

static bool call_is_for_writer(const edoi_sqlite_conn *c, sqlite3_stmt *s) {
    return !sqlite3_stmt_readonly(s) && sqlite3_db_readonly(c->db, "main") == 1 &&
           !c->config->read_only;
}

/* ---- A number -------------------------------------------------------------------------------- */

/* A statement that changes no row, as "create table", leaves the number of the one before it. */
static int call_step_all(edoi_sqlite_conn *c, sqlite3_stmt *s) {
    int64_t before = sqlite3_total_changes64(c->db);
    int result = sqlite3_step(s);
    while (result == SQLITE_ROW) result = sqlite3_step(s); // drops rows of "returning"
    if (result != SQLITE_DONE) return edoi_sqlite_fail(c, result);
    if (sqlite3_total_changes64(c->db) == before) return 0;
    int64_t n = sqlite3_changes64(c->db);
    return n > INT_MAX ? INT_MAX : (int)n;
}

static int exec_run(edoi_sqlite_conn *c, void *arg) {
    const one_call *call = arg;
    sqlite3_stmt *s;
    int err = edoi_sqlite_prepare(c, &s, call->sql);
    if (err == 0) err = edoi_sqlite_bind(s, call->args, false);
    if (err < 0) return err;
    err = call_step_all(c, s);
    (void)sqlite3_reset(s); // it repeats the failure
    (void)sqlite3_clear_bindings(s);
    return err;
}

int edo_sqlite_exec(edo_sqlite *db, const char *sql, edo_sql_args args) {
    one_call call = { .fn = exec_run, .sql = sql, .args = &args };
    return call_do(db, false, &call);
}

/* ---- One row, or all ------------------------------------------------------------------------- */

/* All rows are stepped through, so that a change is made whole. The first step is what finds that
 * tables have changed since the statement was prepared: so columns are looked for behind it. */
static int call_step_one(edoi_sqlite_conn *c, sqlite3_stmt *s, const one_call *call) {
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE) {
        int lacks = edoi_sqlite_check_columns(s, call->desc);
        return lacks < 0 ? lacks : -EDO_ENOROW;
    }
    if (result != SQLITE_ROW) return edoi_sqlite_fail(c, result);
    int err = edoi_sqlite_read_row(call->out, call->desc, s, NULL, NULL);
    if (err < 0) return err;
    result = sqlite3_step(s);
    err = result == SQLITE_ROW ? edo_fail(-EDO_EVALUE, "the query has more than one row")
                               : edoi_sqlite_fail(c, result);
    if (err < 0) edo_value_deinit(call->out, call->desc);
    return err;
}

static int call_add_row(sqlite3_stmt *s, const one_call *call, const int *columns) {
    void *row;
    int err = edoi_rows_next(call->list, &row);
    if (err < 0) return err;
    err = edoi_sqlite_read_row(row, call->desc, s, columns, call->list->arena);
    if (err < 0) return edoi_rows_fail(call->list, err);
    edoi_rows_keep(call->list);
    return 0;
}

/* Reads all rows. The columns are looked up once, at the first row. */
static int call_add_rows(edoi_sqlite_conn *c, sqlite3_stmt *s, const one_call *call, int *columns) {
    int result = SQLITE_ROW, err = 0;
    edoi_sqlite_find_columns(columns, s, call->desc);
    while (err == 0 && result == SQLITE_ROW) {
        err = call_add_row(s, call, columns);
        if (err == 0) result = sqlite3_step(s);
    }
    return err < 0 ? err : edoi_sqlite_fail(c, result);
}

static int call_step_list(edoi_sqlite_conn *c, sqlite3_stmt *s, const one_call *call) {
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE) return edoi_sqlite_check_columns(s, call->desc);
    if (result != SQLITE_ROW) return edoi_sqlite_fail(c, result);
    int *columns = edoi_calloc(call->desc->fields_n + 1, sizeof *columns);
    if (!columns) return -ENOMEM;
    int err = call_add_rows(c, s, call, columns);
    edoi_free(columns);
    return err;
}

/* Nothing is changed for a row that does not fit. */
static int call_check_change(edoi_sqlite_conn *c, edoi_sqlite_statement *s, const one_call *call) {
    if (sqlite3_stmt_readonly(s->made) || edoi_sqlite_has_columns(s->made, call->desc)) return 0;
    int err = edoi_sqlite_renew(c, s);
    return err < 0 ? err : edoi_sqlite_check_columns(s->made, call->desc);
}

static int one_run_taken(edoi_sqlite_conn *c, edoi_sqlite_statement *s, const one_call *call) {
    if (call_is_for_writer(c, s->made)) return EDOI_SQLITE_WRITES;
    int err = call_check_change(c, s, call);
    if (err == 0) err = edoi_sqlite_bind(s->made, call->args, false);
    if (err < 0) return err;
    return call->list ? call_step_list(c, s->made, call) : call_step_one(c, s->made, call);
}

static int one_run(edoi_sqlite_conn *c, void *arg) {
    const one_call *call = arg;
    edoi_sqlite_statement *s;
    int err = edoi_sqlite_take(c, &s, call->sql);
    if (err < 0) return err;
    err = one_run_taken(c, s, call);
    edoi_sqlite_give_back(c, s);
    return err;
}

int edo_sqlite_query_one(edo_sqlite *db, void *out, const edo_desc *desc, const char *sql,
                         edo_sql_args args) {
    one_call call = { .fn = one_run, .sql = sql, .args = &args, .out = out, .desc = desc };
    return call_do(db, true, &call);
}

int edo_sqlite_query_all(edo_sqlite *db, void *out, const edo_desc *desc, edo_arena *arena,
                         const char *sql, edo_sql_args args) {
    edoi_rows list;
    int err = edoi_rows_init(&list, out, desc, arena);
    if (err < 0) return err;
    one_call call = {
        .fn = one_run, .sql = sql, .args = &args, .list = &list, .desc = list.list->desc
    };
    err = call_do(db, true, &call);
    if (err < 0) edoi_rows_drop(&list);
    return err;
}
