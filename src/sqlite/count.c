/* SPDX-License-Identifier: MIT */
/* sqlite/count.c: see count.h. */
#include "sqlite/count.h"

#include "log/span/span.h"
#include "log/span/sql.h"
#include "runtime/spawn/span.h"
#include "sqlite/db.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/sqlite.h>

#include <stdio.h>
#include <string.h>

#define CODE_BYTES 16

/* A failure's extended result code of SQLite, or the name of edo's code. `code`: room for it. */
static edo_str sqlite_count_failure(char code[CODE_BYTES], int err) {
    const edo_sqlite_error *e = err == -EDO_ESQL ? edo_sqlite_get_error() : NULL;
    if (!e) return edo_str_of(edo_error_name(err));
    (void)snprintf(code, CODE_BYTES, "%d", e->code);
    return edo_str_of(code);
}

void edoi_sqlite_count(const edoi_db_counts *c, edo_duration took, const char *sql, int err) {
    char code[CODE_BYTES];
    if (!edoi_db_counts_add(c, took, err < 0 ? sqlite_count_failure(code, err) : EDO_STR("")))
        return;
    char room[EDOI_SQL_SHOWN_MAX];
    const edo_str shown = edoi_sql_shown(room, sql);
    edo_warn_kv("a statement of SQLite was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV_STR("sql", shown.ptr, shown.len), EDO_KV("result", edo_error_name(err)));
}

/* ---- Spans ----------------------------------------------------------------------------------- */

/* The first word of a statement: what it does. */
static edo_str sqlite_word(const char *sql) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    sql += strspn(sql, " \t\r\n");
    size_t n = strspn(sql, letters);
    return n ? (edo_str){ sql, n } : (edo_str){ NULL, 0 };
}

edo_span *edoi_sqlite_span_make(const edo_sqlite *db, const char *sql) {
    char room[EDOI_SQL_SHOWN_MAX];
    edo_str word = sqlite_word(sql), shown = edoi_sql_shown(room, sql);
    return edo_span_new(EDO_LEVEL_INFO, "sqlite", edoi_span_or_here(db->span),
                        (EDO_KV("otel.kind", "client"), EDO_KV("db.system.name", "sqlite"),
                         EDO_KV("db.namespace", (const char *)db->pools->config->path),
                         EDO_KV_STR("db.operation.name", word.ptr, word.len),
                         EDO_KV_STR("db.query.text", shown.ptr, shown.len)),
                        "query");
}

void edoi_sqlite_span_open(edo_span_block *b, const edo_sqlite *db, const char *sql) {
    edo_span_begin(b, edoi_sqlite_span_make(db, sql));
}

void edoi_sqlite_span_fail(edo_span *s, int err) {
    char code[CODE_BYTES];
    edo_str failure = sqlite_count_failure(code, err);
    if (failure.ptr == code)
        edo_span_record(s, EDO_KV_STR("db.response.status_code", failure.ptr, failure.len));
    edo_span_record(s, EDO_KV_STR("error.type", failure.ptr, failure.len));
}

int edoi_sqlite_span_end(edo_span_block *b, int err) {
    if (EDOI_LIKELY(!b->span)) return err;
    bool has_failed = err < 0 && err != -EDO_ENOROW;
    if (has_failed) edoi_sqlite_span_fail(b->span, err);
    (void)edo_span_end(b, has_failed ? err : 0);
    return err;
}

edo_span *edoi_sqlite_span_of_tx(const edo_sqlite *of) {
    return edo_span_new(EDO_LEVEL_DEBUG, "sqlite", edoi_span_or_here(of->span),
                        (EDO_KV("db.system.name", "sqlite"),
                         EDO_KV("db.namespace", (const char *)of->pools->config->path)),
                        "transaction");
}

void edoi_sqlite_span_tx_ended(const edo_sqlite *tx, const char *how, int err) {
    if (EDOI_LIKELY(!tx->span) || edoi_span_has_ended(tx->span)) return;
    edo_span_record(tx->span, EDO_KV("outcome", how));
    edoi_span_end_taken(edo_span_ref(tx->span), err);
}
