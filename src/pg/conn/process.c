/* SPDX-License-Identifier: MIT */
/* pg/conn/process.c: which process of the server serves a connection: see pooler.h. */
#include "pg/conn/conn.h"

#include <stdlib.h>

static int which_read(edoi_pg_conn *c, edoi_pg_process *out) {
    while (c->syncs_n > 0) {
        PGresult *r = NULL;
        int err = edoi_pg_next(c, &r);
        if (err < 0) return err;
        if (r && PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
            *out = (edoi_pg_process){ .pid = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10),
                                      .server_us = strtoll(PQgetvalue(r, 0, 1), NULL, 10) };
        PQclear(r);
    }
    return 0;
}

/* A server that does not know the functions is none of PostgreSQL's: `*out` stays zero. */
static int which_ask(edoi_pg_conn *c, edoi_pg_process *out) {
    static const char sql[] = "select pg_catalog.pg_backend_pid(), (extract(epoch from"
                              " pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint";
    *out = (edoi_pg_process){ .pid = 0 };
    if (!PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0)) return edoi_pg_conn_fail(c);
    int err = edoi_pg_sync(c);
    if (err == 0) err = edoi_pg_flush(c);
    return err == 0 ? which_read(c, out) : err;
}

int edoi_pg_process_meet(edoi_pg_conn *c) {
    edoi_pg_pooler *p = &c->config->pooler;
    edoi_pg_process now;
    if (p->is_said) return 0;
    int err = which_ask(c, &now);
    if (err == 0 && now.pid != 0)
        edoi_pg_pooler_add(p, &c->pooled, now, PQbackendPID(c->pg), PQsocket(c->pg));
    return err;
}

int edoi_pg_process_look(edoi_pg_conn *c) {
    edoi_pg_pooler *p = &c->config->pooler;
    edoi_pg_process now;
    if (p->is_said || c->pooled.first.pid == 0) return 0;
    int err = which_ask(c, &now);
    if (err == 0 && now.pid != 0 && now.pid != c->pooled.first.pid) edoi_pg_pooler_is_shared(p);
    return err;
}
