/* SPDX-License-Identifier: MIT */
/* pg/count.c: see count.h. */
#include "pg/count.h"

#include "log/span/span.h"
#include "log/span/sql.h"
#include "pg/db.h"
#include "runtime/spawn/span.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/pg.h>

#include <string.h>

/* A failure's SQLSTATE, or the name of its code. */
static edo_str pg_count_failure(int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return edo_str_of(e ? e->sqlstate : edo_error_name(err));
}

void edoi_pg_count(const edoi_db_counts *c, edo_instant since, const char *sql, const char *place,
                   int err) {
    edo_duration took = edo_instant_since(edo_now(), since);
    if (!edoi_db_counts_add(c, took, err < 0 ? pg_count_failure(err) : EDO_STR(""))) return;
    char room[EDOI_SQL_SHOWN_MAX];
    const edo_str shown = edoi_sql_shown(room, sql);
    edo_warn_kv("a statement was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV_STR("sql", shown.ptr, shown.len), EDO_KV("place", place),
                EDO_KV("result", edo_error_name(err)));
}

/* ---- Spans ----------------------------------------------------------------------------------- */

/* The span that what is done on a handle lies in. */
static edo_span *span_around(const edo_pg *pg) {
    while (pg->outer && !pg->span) pg = pg->outer;
    return edoi_span_or_here(pg->span);
}

/* The first word of a statement: what it does. */
static edo_str statement_word(const char *sql) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    sql += strspn(sql, " \t\r\n");
    size_t n = strspn(sql, letters);
    return n ? (edo_str){ sql, n } : (edo_str){ NULL, 0 };
}

edo_span *edoi_pg_span_make(const edo_pg *pg, const char *sql) {
    const edoi_pg_target *t = &pg->config->target;
    char room[EDOI_SQL_SHOWN_MAX];
    edo_str word = statement_word(sql), shown = edoi_sql_shown(room, sql);
    return edo_span_new(EDO_LEVEL_INFO, "pg", span_around(pg),
                        (EDO_KV("otel.kind", "client"), EDO_KV("db.system.name", "postgresql"),
                         EDO_KV("db.namespace", t->database),
                         EDO_KV_STR("db.operation.name", word.ptr, word.len),
                         EDO_KV_STR("db.query.text", shown.ptr, shown.len),
                         EDO_KV("server.address", t->server), EDO_KV("server.port", t->port)),
                        "query");
}

void edoi_pg_span_open(edo_span_block *b, const edo_pg *pg, const char *sql) {
    edo_span_begin(b, edoi_pg_span_make(pg, sql));
}

void edoi_pg_span_fail(edo_span *s, int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    if (e) edo_span_record(s, EDO_KV("db.response.status_code", &e->sqlstate[0]));
    edo_span_record(s, EDO_KV("error.type", pg_count_failure(err).ptr));
}

void edoi_pg_span_close(edo_span_block *b, int err) {
    if (err == -EDO_ENOROW) { // a lookup that has found nothing
        edo_span_record(b->span, EDO_KV(EDOI_PG_RETURNED, 0));
        err = 0;
    }
    if (err < 0) edoi_pg_span_fail(b->span, err);
    (void)edo_span_end(b, err);
}

edo_span *edoi_pg_span_of_tx(const edo_pg *of) {
    return edo_span_new(EDO_LEVEL_DEBUG, "pg", span_around(of),
                        (EDO_KV("db.system.name", "postgresql"),
                         EDO_KV("db.namespace", of->config->target.database)),
                        "transaction");
}

void edoi_pg_span_tx_ended(const edo_pg *tx, const char *how, int err) {
    if (EDOI_LIKELY(!tx->span) || edoi_span_has_ended(tx->span)) return;
    edo_span_record(tx->span, EDO_KV("outcome", how));
    edoi_span_end_taken(edo_span_ref(tx->span), err);
}
