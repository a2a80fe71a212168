/* SPDX-License-Identifier: MIT */
/* pg/conn/script.c: see script.h. A connection that is cut short here is not mended: a script has
 * no sync that a later user could read up to. */
#include "pg/conn/script.h"

#include "pg/conn/fault.h"

#include <edo/error.h>

static int script_lost(edoi_pg_conn *c, int err) {
    if (err < 0) edoi_pg_lose(c);
    return err;
}

int edoi_pg_script_begin(edoi_pg_conn *c, const char *sql) {
    if (!PQexitPipelineMode(c->pg) || !PQsendQuery(c->pg, sql)) return edoi_pg_conn_fail(c);
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN; // it may hold a "set"
    return script_lost(c, edoi_pg_flush(c));
}

int edoi_pg_script_next(edoi_pg_conn *c, const char *sql, PGresult **out) {
    *out = NULL;
    int err = script_lost(c, edoi_pg_next(c, out));
    if (err < 0 || !*out || PQresultStatus(*out) != PGRES_FATAL_ERROR) return err;
    err = edoi_pg_fail(*out, sql, c->config->has_details);
    PQclear(*out);
    *out = NULL;
    return err;
}

int edoi_pg_script_end(edoi_pg_conn *c, const char *sql, int err) {
    PGresult *r;
    while (c->pg) {
        int e = edoi_pg_script_next(c, sql, &r);
        if (err == 0) err = e;
        if (e == 0 && !r) break;
        if (r) edoi_pg_note(c, r, NULL);
        bool copies = edoi_pg_is_copy(r);
        PQclear(r);
        if (!copies) continue;
        edoi_pg_lose(c); // libpq would make such results for ever
        if (err == 0) err = edo_fail(-ENOTSUP, "a script cannot copy");
    }
    if (c->pg && !PQenterPipelineMode(c->pg)) {
        int lost = edoi_pg_conn_fail(c);
        if (err == 0) err = lost;
    }
    return err;
}

int edoi_pg_script(edoi_pg_conn *c, const char *sql) {
    int err = edoi_pg_script_begin(c, sql);
    return err < 0 ? err : edoi_pg_script_end(c, NULL, 0);
}
