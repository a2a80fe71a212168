/* SPDX-License-Identifier: MIT */
/* pg/copy.c: COPY, from a stream and to one. */
#include "pg/conn/script.h"
#include "pg/count.h"
#include "pg/db.h"
#include "pg/query.h"

#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/time.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* Bytes are buffered up to this size: libpq returns one row at a time, and each read or write of a
 * file is a job of the blocking pool. */
#define PIECE ((size_t)64 << 10)

static uint64_t copied_n(PGresult *r) {
    return strtoull(PQcmdTuples(r), NULL, 10);
}

/* A copy sets no statement_timeout, and must not end by the timeout of an earlier call. */
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
    if (err == 0 && r) *rows = copied_n(r);
    PQclear(r);
    return edoi_pg_script_end(c, sql, err);
}

/* A copy takes no longer for a slow stream: its begin moves by the time that the stream has taken
 * since `from`. */
static void copy_pass_over(edo_instant *since, edo_instant from) {
    *since = edo_instant_add(*since, edo_instant_since(edo_now(), from));
}

/* ---- In -------------------------------------------------------------------------------------- */

static int copy_flush(edoi_pg_conn *c) {
    int err = edoi_pg_flush(c);
    if (err < 0) edoi_pg_lose(c);
    return err;
}

/* Sends the end, after which the server does the copy; `n`: negative: the source has failed. */
static int copy_put_end(edoi_pg_conn *c, int n) {
    if (PQputCopyEnd(c->pg, n < 0 ? "the source has failed" : NULL) != 1)
        return edoi_pg_conn_fail(c);
    return copy_flush(c);
}

/* Sends what was read; `*kept_n` bytes of it, at most, are libpq's still. */
static int copy_put(edoi_pg_conn *c, const char *bytes, int n, size_t *kept_n) {
    if (PQputCopyData(c->pg, bytes, n) != 1) return edoi_pg_conn_fail(c);
    *kept_n += (size_t)n;
    if (*kept_n < PIECE) return 0;
    *kept_n = 0;
    return copy_flush(c);
}

/* Sends all of the stream. A source that fails has the copy undone. */
static int copy_put_all(edoi_pg_conn *c, edo_stream *from, edo_instant *since) {
    char *piece = edoi_alloc(PIECE);
    int n = piece ? 1 : -ENOMEM, err = 0;
    size_t kept_n = 0;
    while (n > 0 && err == 0) {
        edo_instant reads_since = edo_now();
        n = edo_read(from, piece, PIECE);
        copy_pass_over(since, reads_since);
        if (n > 0) err = copy_put(c, piece, n, &kept_n);
    }
    edoi_free(piece);
    if (err < 0) return err;
    if (n == -ECANCELED) {
        edoi_pg_lose(c); // awaits are over: the end of the connection undoes it
        return n;
    }
    err = copy_put_end(c, n);
    return n < 0 ? n : err;
}

int edo_pg_copy_in_at(edo_pg *pg, uint64_t *rows, const char *sql, edo_stream *from,
                      const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    uint64_t n = 0;
    edoi_pg_span_begin(&span, pg, sql);
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return edoi_pg_span_end(&span, err);
    edo_instant since = edo_now();
    err = copy_begin(u.conn, sql, PGRES_COPY_IN);
    if (err == 0) err = copy_put_all(u.conn, from, &since);
    err = copy_end(u.conn, sql, err, &n);
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    if (err == 0 && rows) *rows = n;
    if (err == 0) edoi_pg_span_rows(span.span, EDOI_PG_ROWS, n);
    return edoi_pg_span_end(&span, err);
}

/* ---- Out ------------------------------------------------------------------------------------- */

/* Rows on their way to a stream. */
typedef struct copy_out {
    edoi_pg_conn *c;
    edo_stream *to;
    edo_instant *since;
    char *bytes; /* PIECE */
    size_t n;
} copy_out;

static int copy_write(copy_out *o, const char *bytes, size_t n) {
    edo_instant writes_since = edo_now();
    int err = edo_write_all(o->to, bytes, n);
    copy_pass_over(o->since, writes_since);
    return err;
}

static int copy_write_gathered(copy_out *o) {
    size_t n = o->n;
    o->n = 0;
    return n > 0 ? copy_write(o, o->bytes, n) : 0;
}

/* Takes one row, or a part of it. */
static int copy_gather(copy_out *o, const char *row, size_t n) {
    int err = o->n + n > PIECE ? copy_write_gathered(o) : 0;
    if (err < 0) return err;
    if (n > PIECE) return copy_write(o, row, n);
    memcpy(o->bytes + o->n, row, n);
    o->n += n;
    return 0;
}

/* Has the server sent more already? Else what there is goes on before it is waited for. */
static bool copy_has_more(const edoi_pg_conn *c) {
    struct pollfd socket = { .fd = PQsocket(c->pg), .events = POLLIN };
    return edoi_pg_has_rest(c) || poll(&socket, 1, 0) > 0;
}

/* Waits for bytes of the server. Without it the copy has no end: the connection is lost. */
static int copy_wait(copy_out *o) {
    int err = copy_has_more(o->c) ? 0 : copy_write_gathered(o);
    if (err == 0) err = edoi_pg_ready(o->c);
    if (err < 0) return err;
    return edoi_pg_consume(o->c) ? 0 : edoi_pg_conn_fail(o->c);
}

/* Takes rows to the end of the copy, or its failure, which is the next result. */
static int copy_take_all(copy_out *o) {
    int n = 0, err = 0;
    char *row = NULL;
    while (err == 0 && (n = PQgetCopyData(o->c->pg, &row, 1)) >= 0) {
        err = n > 0 ? copy_gather(o, row, (size_t)n) : copy_wait(o);
        PQfreemem(row); // NULL is allowed
        row = NULL;
    }
    if (err < 0) return err;
    return n == -2 ? edoi_pg_conn_fail(o->c) : copy_write_gathered(o);
}

static int copy_take(edoi_pg_conn *c, edo_stream *to, edo_instant *since) {
    copy_out o = { .c = c, .to = to, .since = since, .bytes = edoi_alloc(PIECE) };
    int err = o.bytes ? copy_take_all(&o) : -ENOMEM;
    edoi_free(o.bytes);
    if (err < 0 && c->pg) edoi_pg_lose(c); // the rest is never read
    return err;
}

int edo_pg_copy_out_at(edo_pg *pg, uint64_t *rows, const char *sql, edo_stream *to,
                       const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    uint64_t n = 0;
    edoi_pg_span_begin(&span, pg, sql);
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_enter(&u, pg, place);
    if (err < 0) return edoi_pg_span_end(&span, err);
    edo_instant since = edo_now();
    err = copy_begin(u.conn, sql, PGRES_COPY_OUT);
    if (err == 0) err = copy_take(u.conn, to, &since);
    err = copy_end(u.conn, sql, err, &n);
    edoi_pg_count(pg->counts, since, sql, place, err);
    edoi_pg_leave(&u);
    if (err == 0 && rows) *rows = n;
    if (err == 0) edoi_pg_span_rows(span.span, EDOI_PG_ROWS, n);
    return edoi_pg_span_end(&span, err);
}
