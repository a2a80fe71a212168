/* SPDX-License-Identifier: MIT */
/* pg/tx.c: transactions, savepoints, and pools within a transaction. */
#include "pg/count.h"
#include "pg/db.h"
#include "pg/query.h"

#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "runtime/spawn/span.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <stdio.h>

#define TRIES       5u
#define BACKOFF_MS  10
#define BACKOFF_MAX 1000 /* ms */
#define SQL_BYTES   128
#define INNER_S     10

/* ---- The server's words ---------------------------------------------------------------------- */

static void begin_print(char out[SQL_BYTES], const edo_pg_tx_opts *o) {
    static const char *const isolation[] = { "", " isolation level read committed",
                                             " isolation level repeatable read",
                                             " isolation level serializable" };
    (void)snprintf(out, SQL_BYTES, "begin%s%s%s", isolation[o->isolation],
                   o->read_only ? " read only" : "", o->deferrable ? " deferrable" : "");
}

/* `words` with the name of the savepoint behind them. */
static void savepoint_print(char out[SQL_BYTES], const char *words, uint32_t savepoint) {
    (void)snprintf(out, SQL_BYTES, "%s edo_%u", words, savepoint);
}

/* What undoes a transaction, or a savepoint, which the server keeps unless it is released, too. */
typedef struct undo_words {
    char to[SQL_BYTES], release[SQL_BYTES];
    const char *sql[2];
    size_t n;
} undo_words;

static void undo_print(undo_words *w, uint32_t savepoint) {
    *w = (undo_words){ .to = "rollback", .sql = { w->to, w->release }, .n = savepoint ? 2 : 1 };
    if (!savepoint) return;
    savepoint_print(w->to, "rollback to savepoint", savepoint);
    savepoint_print(w->release, "release savepoint", savepoint);
}

/* Settings that were made in what is undone are as they were before. */
static void tx_note_undone(edoi_pg_conn *c) {
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    edoi_pg_note_rollback(c);
}

/* ---- Begin ----------------------------------------------------------------------------------- */

/* What the server, or a savepoint, would pass over in silence is refused. */
static int tx_opts_check(const edo_pg_tx_opts *o, bool is_savepoint) {
    bool is_default = o->isolation == EDO_PG_ISOLATION_DEFAULT;
    if (o->isolation > EDO_PG_SERIALIZABLE || o->backoff.ns < 0 ||
        !edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return -EINVAL;
    if (is_savepoint && (!is_default || o->read_only || o->deferrable))
        return edo_fail(-EINVAL, "a savepoint is as its transaction, and has no options");
    if (o->deferrable && (o->isolation != EDO_PG_SERIALIZABLE || !o->read_only))
        return edo_fail(-EINVAL, "only a serializable transaction that reads is deferrable");
    return 0;
}

/* One transaction of the server's cannot have two handles: the end of one would be the other's. */
static int tx_begin_on(edoi_pg_conn *c, edo_pg *tx, const char *sql) {
    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        return edo_fail(-EINVAL, "the connection has a transaction already");
    tx->number = ++c->txs_n;
    c->has_ended_tx = false;
    edoi_pg_forget_stale(c);
    return edoi_pg_command(c, sql);
}

static int tx_savepoint_on(edoi_pg_conn *c, edo_pg *tx) {
    char sql[SQL_BYTES];
    tx->savepoint = ++c->savepoints_n;
    savepoint_print(sql, "savepoint", tx->savepoint);
    return edoi_pg_command(c, sql);
}

/* Within a transaction that is rolled back a savepoint stands for a whole one. */
static int tx_inner_on(edoi_pg_conn *c, edo_pg *tx) {
    if (c->inner_tx) return edo_fail(-EINVAL, "the connection has a transaction already");
    int err = tx_savepoint_on(c, tx);
    c->inner_tx = tx->savepoint;
    return err;
}

/* Begins the transaction `tx` with `sql`; NULL: it is a savepoint. */
static int tx_start(edo_pg *tx, const char *sql, const char *place) {
    edoi_pg_use u;
    edo_span_block span;
    edoi_pg_span_begin(&span, tx, sql ? sql : "savepoint");
    int err = edoi_pg_enter(&u, tx, place);
    if (err < 0) {
        tx->is_over = true;
        return edoi_pg_span_end(&span, err);
    }
    if (sql && u.conn->is_inner) {
        err = tx_inner_on(u.conn, tx);
    } else {
        err = sql ? tx_begin_on(u.conn, tx, sql) : tx_savepoint_on(u.conn, tx);
    }
    // one whose begin was cut short may have begun, and is rolled back by its close
    tx->is_over = err < 0 && !u.conn->is_cut;
    edoi_pg_leave(&u);
    return edoi_pg_span_end(&span, err);
}

/* Takes `span`, which is the current span. */
static int tx_new_in(edo_pg **out, edo_pg *of, const char *sql, const char *place, edo_span *span) {
    edo_pg *tx;
    int err = edoi_pg_handle_new(&tx, of, EDOI_PG_TX, place);
    if (err < 0) {
        edoi_span_end_taken(span, err);
        return err;
    }
    tx->span = span;
    err = tx_start(tx, sql, place);
    if (err < 0) {
        edoi_pg_span_tx_ended(tx, "not begun", err);
        edo_pg_close(tx);
        return err;
    }
    *out = tx;
    return 0;
}

static int tx_new(edo_pg **out, edo_pg *of, const char *sql, const char *place) {
    edo_context_block in;
    edo_span *span = EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG) ? edoi_pg_span_of_tx(of) : NULL;
    edoi_span_enter(&in, span);
    int err = tx_new_in(out, of, sql, place, span);
    edoi_context_leave(&in);
    return err;
}

int edo_pg_begin_at(edo_pg **out, edo_pg *pg, const edo_pg_tx_opts *opts, const char *place) {
    edo_pg_tx_opts o = opts ? *opts : (edo_pg_tx_opts){ .tries = 0 };
    char sql[SQL_BYTES];
    const bool is_savepoint = pg->form == EDOI_PG_TX;
    int err = edo_budget_consume();
    if (err == 0) err = tx_opts_check(&o, is_savepoint);
    if (err < 0) return err;
    if (is_savepoint) return edo_pg_savepoint(out, pg);
    begin_print(sql, &o);
    return tx_new(out, pg, sql, place);
}

int edo_pg_savepoint(edo_pg **out, edo_pg *outer) {
    if (outer->form != EDOI_PG_TX)
        return edo_fail(-EINVAL, "edo_pg_savepoint() wants a transaction");
    int err = edo_budget_consume();
    return err < 0 ? err : tx_new(out, outer, NULL, NULL);
}

/* ---- End ------------------------------------------------------------------------------------- */

#define TURN_S 1 /* that an end waits for, though its task was cut short */

/* Gets the turn to end a transaction. A cancelled task gets it, too: the end of a transaction must
 * be noted for later users of the connection, and the end of a savepoint for the transaction around
 * it. Only its statements to the server are cut short then. */
static int tx_enter(edoi_pg_use *u, edo_pg *tx, const char *call) {
    if (tx->form != EDOI_PG_TX) return edo_fail(-EINVAL, "%s wants a transaction", call);
    int err = edoi_pg_enter(u, tx, NULL);
    if (err != -ECANCELED) return err;
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(TURN_S));
    return edo_shield_end(&shield, edoi_pg_enter(u, tx, NULL));
}

static int tx_commit_whole(edoi_pg_conn *c) {
    edoi_pg_timeout_set set;
    const char *sql[2];
    size_t n = 0;
    bool has_failed = PQtransactionStatus(c->pg) == PQTRANS_INERROR;
    // a commit may take long: it checks constraints, and waits for replicas
    bool sets = !has_failed && edoi_pg_timeout_is_short(c, &set);
    if (sets) sql[n++] = set.sql;
    // to commit what has failed is no error to the server, which rolls back
    sql[n++] = has_failed ? "rollback" : "commit";
    int err = edoi_pg_commands(c, sql, n);
    if (sets) c->timeout_ms = set.ms;
    if (has_failed || err < 0) tx_note_undone(c);
    if (err == 0 && has_failed)
        err = edo_fail(-EDO_ESQL, "a statement had failed: the transaction was rolled back");
    return err;
}

static int tx_release(edoi_pg_conn *c, uint32_t savepoint) {
    char sql[SQL_BYTES];
    savepoint_print(sql, "release savepoint", savepoint);
    return edoi_pg_command(c, sql);
}

/* Called by the turn's owner. After a failure it is not known what was done: so a rollback is sent
 * to the server before another task gets the turn. */
static void tx_end(edo_pg *tx, const char *how, int err) {
    if (err == 0) tx->is_over = true;
    edoi_pg_span_tx_ended(tx, err < 0 ? "failed" : how, err);
    edoi_pg_tx_leave(tx);
}

int edo_pg_commit(edo_pg *tx) {
    edoi_pg_use u;
    edo_span_block span;
    edoi_pg_span_begin(&span, tx, tx->savepoint ? "release savepoint" : "commit");
    int err = tx_enter(&u, tx, "edo_pg_commit()");
    if (err < 0) return edoi_pg_span_end(&span, err);
    err = tx->savepoint ? tx_release(u.conn, tx->savepoint) : tx_commit_whole(u.conn);
    err = edoi_pg_span_end(&span, err);
    tx_end(tx, "committed", err);
    edoi_pg_leave(&u);
    return err;
}

int edo_pg_rollback(edo_pg *tx) {
    edoi_pg_use u;
    undo_words w;
    edo_span_block span;
    edoi_pg_span_begin(&span, tx, tx->savepoint ? "rollback to savepoint" : "rollback");
    int err = tx_enter(&u, tx, "edo_pg_rollback()");
    if (err < 0) return edoi_pg_span_end(&span, err);
    undo_print(&w, tx->savepoint);
    err = edoi_pg_commands(u.conn, w.sql, w.n);
    tx_note_undone(u.conn);
    err = edoi_pg_span_end(&span, err);
    tx_end(tx, "rolled back", err);
    edoi_pg_leave(&u);
    return err;
}

void edoi_pg_tx_leave(edo_pg *tx) {
    edoi_pg_conn *c = tx->conn;
    undo_words w;
    // what is over has undone what was begun on it
    bool is_open = edoi_pg_is_open(tx) && c->pg;
    tx->is_over = true;
    edoi_pg_span_tx_ended(tx, "rolled back", 0);
    if (tx->savepoint && c->inner_tx == tx->savepoint) c->inner_tx = 0;
    if (!is_open || (!c->is_cut && PQtransactionStatus(c->pg) == PQTRANS_IDLE)) return;
    if (tx->savepoint && c->inner_point > tx->savepoint) c->inner_point = 0; // it goes, too
    undo_print(&w, tx->savepoint);
    tx_note_undone(c);
    edoi_pg_post(c, w.sql, w.n);
    if (!tx->savepoint) c->ends_tx = true;
}

/* ---- A function in a transaction ------------------------------------------------------------- */

/* An exponential backoff, reduced by a random part up to a half, so that transactions that collided
 * do not collide again. */
static edo_duration tx_pause(const edo_pg_tx_opts *o, uint32_t tried_n, const void *salt) {
    int64_t most = o->backoff.ns ? o->backoff.ns : edo_ms(BACKOFF_MS).ns;
    for (uint32_t i = 1; i < tried_n && most < edo_ms(BACKOFF_MAX).ns; i++) most *= 2;
    uint64_t x = (uint64_t)edo_now().ns ^ (uint64_t)(uintptr_t)salt;
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    return edo_ns(most - (int64_t)((x >> 32) % (uint64_t)(most / 2 + 1)));
}

static int tx_run_once(edo_pg *pg, edo_pg_tx_fn *fn, void *arg, const edo_pg_tx_opts *o,
                       const char *place) {
    edo_pg *tx;
    int err = edo_pg_begin_at(&tx, pg, o, place);
    if (err < 0) return err;
    edo_context_block in;
    edoi_span_enter(&in, tx->span);
    int result = fn(tx, arg);
    if (result >= 0) err = edo_pg_commit(tx);
    edoi_context_leave(&in);
    edo_pg_close(tx);
    return err < 0 ? err : result;
}

static bool tx_wants_another_try(int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return e && e->kind == EDO_PG_RETRY;
}

static int pg_tx_run(edo_pg *pg, edo_pg_tx_fn *fn, void *arg, const edo_pg_tx_opts *opts,
                     const char *place) {
    edo_pg_tx_opts o = opts ? *opts : (edo_pg_tx_opts){ .tries = 0 };
    uint32_t tries = pg->form == EDOI_PG_TX ? 1 : o.tries ? o.tries : TRIES;
    for (uint32_t n = 1;; n++) {
        int err = tx_run_once(pg, fn, arg, &o, place);
        if (n >= tries || !tx_wants_another_try(err)) return err;
        edo_trail_clear();
        err = edo_sleep(tx_pause(&o, n, &o));
        if (err < 0) return err;
    }
}

int edo_pg_run_tx_at(edo_pg *pg, edo_pg_tx_fn *fn, void *arg, const edo_pg_tx_opts *opts,
                     const char *place) {
    edoi_trail_kept kept = edoi_trail_keep();
    return edoi_trail_kept_end(kept, pg_tx_run(pg, fn, arg, opts, place));
}

/* ---- A pool in a transaction that is rolled back --------------------------------------------- */

/* Each call outside of a transaction is one of its own to the server, so that a failure takes
 * nothing along. Here it is a savepoint, which the next call ends, as only that knows what became
 * of it. */
static int inner_point_end(edoi_pg_conn *c) {
    undo_words w;
    if (!c->inner_point) return 0;
    bool has_failed = PQtransactionStatus(c->pg) == PQTRANS_INERROR;
    undo_print(&w, c->inner_point);
    c->inner_point = 0;
    if (!has_failed) return edoi_pg_command(c, w.release);
    tx_note_undone(c);
    return edoi_pg_commands(c, w.sql, w.n);
}

static int inner_point_begin(edoi_pg_conn *c) {
    char sql[SQL_BYTES];
    c->inner_point = ++c->savepoints_n;
    savepoint_print(sql, "savepoint", c->inner_point);
    return edoi_pg_command(c, sql);
}

int edoi_pg_inner_enter(edoi_pg_conn *c, bool in_tx) {
    int err = edoi_pg_mend(c);
    if (err < 0) return err;
    if (c->has_ended_tx || PQtransactionStatus(c->pg) == PQTRANS_IDLE)
        return edo_fail(-EINVAL, "a statement has ended the transaction around the pool");
    // of one that was cut short it would not be known whether there is a savepoint
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(INNER_S));
    err = inner_point_end(c);
    if (err == 0 && !in_tx) err = inner_point_begin(c);
    return edo_shield_end(&sh, err);
}

/* What the pool has of the transaction, and what the connection was before. */
typedef struct inner {
    edo_pg *tx;
    bool was_inner;
    uint32_t inner_tx;
} inner;

static int inner_make(void *arg, void **object) {
    edoi_pg_conn *c = ((inner *)arg)->tx->conn;
    *object = c;
    return c->pg ? 0 : edo_fail(-ECONNRESET, "the connection is lost");
}

static void inner_end(void *arg, void *object) {
    (void)arg, (void)object; // it is the transaction's
}

static void inner_drop(void *arg) {
    inner *i = arg;
    edoi_pg_conn *c = i->tx->conn;
    c->is_inner = i->was_inner;
    c->inner_tx = i->inner_tx;
    c->inner_point = 0;
    edo_pg_close(i->tx);
    edoi_free(i);
}

static int tx_inner_new(edo_pg **out, edo_pg *tx) {
    static const edo_pool_ops ops = { .make = inner_make, .end = inner_end, .drop = inner_drop };
    edoi_pg_conn *c = tx->conn;
    inner *i = edoi_alloc(sizeof *i);
    if (!i) return -ENOMEM;
    *i = (inner){ tx, c->is_inner, c->inner_tx };
    int err = edoi_pg_pool_new(out, tx, &ops, i);
    if (err < 0) {
        edoi_free(i);
        return err;
    }
    c->is_inner = true;
    c->inner_tx = 0;
    return 0;
}

/* Waits until tasks that `fn` has left behind have given the connection back. */
static int inner_settle(edo_pg *db) {
    edo_pool_lease lease;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(INNER_S));
    int err = edo_pool_get(db->pool, &lease);
    if (err == 0) edo_pool_put(&lease);
    (void)edo_shield_end(&sh, 0);
    return err == -ETIMEDOUT ? edo_fail(err, "what edo_pg_run_tx_back() has run keeps a handle")
                             : 0;
}

int edo_pg_run_tx_back(edo_pg *pg, edo_pg_tx_fn *fn, void *arg) {
    edo_pg *tx, *db;
    int err = edo_pg_begin_at(&tx, pg, NULL, NULL);
    if (err < 0) return err;
    err = tx_inner_new(&db, tx);
    if (err < 0) {
        edo_pg_close(tx);
        return err;
    }
    edo_context_block in;
    edoi_span_enter(&in, tx->span);
    err = fn(db, arg);
    edoi_context_leave(&in);
    int left = inner_settle(db);
    edo_pg_close(db); // and the transaction, with the last that has the connection
    return err >= 0 && left < 0 ? left : err;
}
