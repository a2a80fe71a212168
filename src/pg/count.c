/* SPDX-License-Identifier: MIT */
/* pg/count.c: see count.h. */
#include "pg/count.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/pg.h>

/* A failure's SQLSTATE, or the name of its code. */
static edo_str pg_count_failure(int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return edo_str_of(e ? e->sqlstate : edo_error_name(err));
}

void edoi_pg_count(const edoi_db_counts *c, edo_instant since, const char *sql, const char *place,
                   int err) {
    edo_duration took = edo_instant_since(edo_now(), since);
    if (!edoi_db_counts_add(c, took, err < 0 ? pg_count_failure(err) : EDO_STR(""))) return;
    edo_warn_kv("a statement was slow", EDO_KV("ms", took.ns / 1000000), EDO_KV("sql", sql),
                EDO_KV("place", place), EDO_KV("result", edo_error_name(err)));
}
