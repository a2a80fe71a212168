/* SPDX-License-Identifier: MIT */
/* pg/tx.c: transactions and savepoints. */
#include "pg/db.h"

#include "base/opts.h"

#include <edo/error.h>
#include <edo/time.h>

#include <stdio.h>

#define TRIES       5u
#define BACKOFF_MS  10
#define BACKOFF_MAX 1000 /* ms */
#define SQL_BYTES   128

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

/* One command on the connection of a handle. */
static int tx_command(edo_pg *tx, const char *sql) {
    edoi_pg_use u;
    int err = edoi_pg_enter(&u, tx, NULL);
    if (err < 0) return err;
    err = edoi_pg_command(u.conn, sql);
    edoi_pg_leave(&u);
    return err;
}

/* ---- Begin ----------------------------------------------------------------------------------- */

static bool tx_opts_are_valid(const edo_pg_tx_opts *o) {
    return o->isolation <= EDO_PG_SERIALIZABLE && o->backoff.ns >= 0 &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

/* A transaction that was not begun is over; the close of one whose begin was cut short is not. */
static int tx_started(edo_pg **out, edo_pg *tx, int err) {
    if (err < 0) {
        tx->is_over = tx->conn->pg && !tx->conn->is_cut;
        edo_pg_close(tx);
        return err;
    }
    *out = tx;
    return 0;
}

int edo_pg_begin_at(edo_pg **out, edo_pg *pg, const edo_pg_tx_opts *opts, const char *place) {
    edo_pg_tx_opts o = opts ? *opts : (edo_pg_tx_opts){ .tries = 0 };
    char sql[SQL_BYTES];
    edo_pg *tx;
    if (!tx_opts_are_valid(&o)) return -EINVAL;
    if (pg->form == EDOI_PG_TX) return edo_pg_savepoint(out, pg);
    int err = edoi_pg_handle_new(&tx, pg, EDOI_PG_TX, pg->conn, place);
    if (err < 0) return err;
    begin_print(sql, &o);
    return tx_started(out, tx, tx_command(tx, sql));
}

int edo_pg_savepoint(edo_pg **out, edo_pg *outer) {
    char sql[SQL_BYTES];
    edo_pg *tx;
    if (outer->form != EDOI_PG_TX || outer->is_over)
        return edo_fail(-EINVAL, "edo_pg_savepoint() wants a transaction");
    int err = edoi_pg_handle_new(&tx, outer, EDOI_PG_TX, outer->conn, NULL);
    if (err < 0) return err;
    tx->savepoint = ++tx->conn->savepoints_n;
    savepoint_print(sql, "savepoint", tx->savepoint);
    return tx_started(out, tx, tx_command(tx, sql));
}

/* ---- End ------------------------------------------------------------------------------------- */

static int tx_check(const edo_pg *tx, const char *call) {
    if (tx->form == EDOI_PG_TX && !tx->is_over) return 0;
    return edo_fail(-EINVAL, "%s wants a transaction that is not over", call);
}

static int tx_commit_whole(edo_pg *tx) {
    edoi_pg_use u;
    int err = edoi_pg_enter(&u, tx, NULL);
    if (err < 0) return err;
    bool has_failed = PQtransactionStatus(u.conn->pg) == PQTRANS_INERROR;
    // to commit what has failed is no error to the server, which rolls back
    err = edoi_pg_command(u.conn, has_failed ? "rollback" : "commit");
    if (has_failed || err < 0) u.conn->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    edoi_pg_leave(&u);
    if (err == 0 && has_failed)
        err = edo_fail(-EDO_ESQL, "a statement had failed: the transaction was rolled back");
    return err;
}

int edo_pg_commit(edo_pg *tx) {
    char sql[SQL_BYTES];
    int err = tx_check(tx, "edo_pg_commit()");
    if (err < 0) return err;
    if (tx->savepoint) {
        savepoint_print(sql, "release savepoint", tx->savepoint);
        err = tx_command(tx, sql);
        tx->is_over = err == 0;
        return err;
    }
    err = tx_commit_whole(tx);
    // else it is not known, and the close rolls back: of what was committed that is no more than a
    // warning of the server
    tx->is_over = err >= 0 || err == -EDO_ESQL;
    return err;
}

int edo_pg_rollback(edo_pg *tx) {
    char sql[SQL_BYTES] = "rollback";
    int err = tx_check(tx, "edo_pg_rollback()");
    if (err < 0) return err;
    if (tx->savepoint) savepoint_print(sql, "rollback to savepoint", tx->savepoint);
    err = tx_command(tx, sql);
    tx->conn->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    tx->is_over = err == 0;
    return err;
}

void edoi_pg_tx_leave(edo_pg *tx) {
    char sql[SQL_BYTES] = "rollback";
    if (tx->is_over) return;
    if (tx->savepoint) savepoint_print(sql, "rollback to savepoint", tx->savepoint);
    edoi_pg_post(tx->conn, sql);
    tx->is_over = true;
}

/* ---- A function in a transaction ------------------------------------------------------------- */

/* A pause that grows, less up to a half, so that those that disturbed each other do not meet again.
 * */
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
    int result = fn(tx, arg);
    if (result >= 0) err = edo_pg_commit(tx);
    edo_pg_close(tx);
    return err < 0 ? err : result;
}

static bool tx_wants_another_try(int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return e && e->kind == EDO_PG_RETRY;
}

int edo_pg_run_tx_at(edo_pg *pg, edo_pg_tx_fn *fn, void *arg, const edo_pg_tx_opts *opts,
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

int edo_pg_test(edo_pg *pg, edo_pg_tx_fn *fn, void *arg) {
    edo_pg *tx;
    int err = edo_pg_begin_at(&tx, pg, NULL, NULL);
    if (err < 0) return err;
    err = fn(tx, arg);
    edo_pg_close(tx);
    return err;
}
