/* SPDX-License-Identifier: MIT */
/* sqlite/count.c: see count.h. */
#include "sqlite/count.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/sqlite.h>

#include <stdio.h>

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
    edo_warn_kv("a statement of SQLite was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV("sql", sql), EDO_KV("result", edo_error_name(err)));
}
