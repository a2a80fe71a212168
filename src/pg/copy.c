/* SPDX-License-Identifier: MIT */
/* pg/copy.c: COPY, from a stream and to one. */
#include "pg/conn/script.h"
#include "pg/db.h"
#include "pg/query.h"

#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/time.h>

#include <stdlib.h>

#define PIECE 16384

static uint64_t copied_n(PGresult *r) {
    return strtoull(PQcmdTuples(r), NULL, 10);
}

/* A copy has no statement_timeout of its own, and must not end by that of an earlier call. */
static int copy_take_time(edoi_pg_conn *c) {
    edoi_pg_timeout_set set;
    if (!edoi_pg_timeout_is_short(c, &set)) return 0;
    int err = edoi_pg_command(c, set.sql);
    if (err == 0) c->timeout_ms = set.ms;
    return err;
}

/* Waits until the server copies, in the direction that is wanted. */
static int copy_begin(edoi_pg_conn *c, const char *sql, ExecStatusType wanted) {
    PGresult *r;
    int err = copy_take_time(c);
    if (err == 0) err = edoi_pg_script_begin(c, sql);
    if (err < 0) return err;
    err = edoi_pg_script_next(c, sql, &r);
    if (err < 0) return err;
    bool is_wanted = r && PQresultStatus(r) == wanted;
    PQclear(r);
    if (is_wanted) return 0;
    edoi_pg_lose(c); // of all else there is no orderly end
    return edo_fail(-EINVAL, "the statement does not copy in this direction");
}

/* Reads the result of the copy, which has its count. */
static int copy_end(edoi_pg_conn *c, const char *sql, int err, uint64_t *rows) {
    PGresult *r = NULL;
    if (c->pg && err == 0) err = edoi_pg_script_next(c, sql, &r);
    if (err == 0 && r && rows) *rows = copied_n(r);
    PQclear(r);
    return edoi_pg_script_end(c, sql, err);
}

/* A copy takes no longer for a slow stream: its begin moves by the time that the stream has taken
 * since `from`. */
static void copy_pass_over(edo_instant *since, edo_instant from) {
    *since = edo_instant_add(*since, edo_instant_since(edo_now(), from));
}

/* ---- In -------------------------------------------------------------------------------------- */

static int copy_put(edoi_pg_conn *c, const char *bytes, int n) {
    int put = n < 0 ? PQputCopyEnd(c->pg, "the source has failed")
              : n   ? PQputCopyData(c->pg, bytes, n)
                    : PQputCopyEnd(c->pg, NULL);
    if (put != 1) return edoi_pg_conn_fail(c);
    int err = edoi_pg_flush(c);
    if (err < 0) edoi_pg_lose(c);
    return err;
}

/* Sends all of the stream. A source that fails has the copy undone. */
static int copy_put_all(edoi_pg_conn *c, edo_stream *from, edo_instant *since) {
    char *piece = edoi_alloc(PIECE);
    int n = piece ? 1 : -ENOMEM, err = 0;
    while (n > 0 && err == 0) {
        edo_instant reads_since = edo_now();
        n = edo_read(from, piece, PIECE);
        copy_pass_over(since, reads_since);
        if (n > 0) err = copy_put(c, piece, n);
    }
    edoi_free(piece);
    if (err < 0) return err;
    if (n == -ECANCELED) {
        edoi_pg_lose(c); // awaits are over: the end of the connection undoes it
        return n;
    }
    err = copy_put(c, NULL, n);
    return n < 0 ? n : err;
}

int edo_pg_copy_in_at(edo_pg *pg, uint64_t *rows, const char *sql, edo_stream *from,
                      const char *place) {
    edoi_pg_use u;
    int err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return err;
    edo_instant since = edo_now();
    err = copy_begin(u.conn, sql, PGRES_COPY_IN);
    if (err == 0) err = copy_put_all(u.conn, from, &since);
    err = copy_end(u.conn, sql, err, rows);
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    return err;
}

/* ---- Out ------------------------------------------------------------------------------------- */

/* Takes the next piece: its length, 0 at the end. */
static int copy_take(edoi_pg_conn *c, char **piece) {
    int n;
    while ((n = PQgetCopyData(c->pg, piece, 1)) == 0) {
        int ready = edoi_pg_ready(c);
        if (ready < 0) {
            edoi_pg_lose(c);
            return ready;
        }
        if (!edoi_pg_consume(c)) return edoi_pg_conn_fail(c);
    }
    return n == -2 ? edoi_pg_conn_fail(c) : n < 0 ? 0 : n;
}

static int copy_take_all(edoi_pg_conn *c, edo_stream *to, edo_instant *since) {
    char *piece = NULL;
    int n = 0, err = 0;
    while (err == 0 && (n = copy_take(c, &piece)) > 0) {
        edo_instant writes_since = edo_now();
        err = edo_write_all(to, piece, (size_t)n);
        copy_pass_over(since, writes_since);
        PQfreemem(piece);
        piece = NULL;
        if (err < 0) edoi_pg_lose(c); // nobody reads the rest
    }
    return err < 0 ? err : n;
}

int edo_pg_copy_out_at(edo_pg *pg, uint64_t *rows, const char *sql, edo_stream *to,
                       const char *place) {
    edoi_pg_use u;
    int err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return err;
    edo_instant since = edo_now();
    err = copy_begin(u.conn, sql, PGRES_COPY_OUT);
    if (err == 0) err = copy_take_all(u.conn, to, &since);
    err = copy_end(u.conn, sql, err, rows);
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    return err;
}
