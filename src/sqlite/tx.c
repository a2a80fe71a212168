/* SPDX-License-Identifier: MIT */
/* sqlite/tx.c: transactions and savepoints. */
#include "sqlite/count.h"
#include "sqlite/db.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "runtime/spawn/span.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdio.h>

#define SQL_BYTES 64

/* ---- Commands -------------------------------------------------------------------------------- */

static int command_run(edoi_sqlite_conn *c, void *sql) {
    return edoi_sqlite_run(c, sql);
}

static int tx_command_end(edoi_sqlite_conn *c, void *sql) {
    return edoi_sqlite_end(c, sql);
}

/* The first one of a transaction: then one is open. */
typedef struct tx_job {
    edoi_sqlite_conn *c;
    const char *sql;
} tx_job;

static int tx_job_run(void *arg) {
    const tx_job *job = arg;
    (void)pthread_mutex_lock(&job->c->mutex);
    int err = edoi_sqlite_clean(job->c);
    if (err == 0) err = edoi_sqlite_run(job->c, job->sql);
    (void)pthread_mutex_unlock(&job->c->mutex);
    return err;
}

static void sqlite_savepoint_print(char out[SQL_BYTES], const char *words, uint32_t savepoint) {
    (void)snprintf(out, SQL_BYTES, "%s edo_%u", words, savepoint);
}

/* ---- Begin ----------------------------------------------------------------------------------- */

static int tx_begin_savepoint(edo_sqlite *tx, edo_sqlite *outer) {
    char sql[SQL_BYTES];
    tx->tx = outer->tx;
    tx->is_direct = outer->is_direct;
    tx->savepoint = ++outer->tx->savepoints_n;
    sqlite_savepoint_print(sql, "savepoint", tx->savepoint);
    return edoi_sqlite_do(outer, false, command_run, sql);
}

/* Takes the connection of a whole transaction. */
static int tx_take(edo_sqlite *tx, edo_pool *pool) {
    int err = edo_pool_get(pool, &tx->lease);
    if (err < 0) return err;
    tx->tx = tx->lease.object;
    EDO_INV("conn inv. 2", tx->tx->config->is_in_memory || edoi_sqlite_is_idle(tx->tx));
    tx->tx->is_spoiled = false;
    return 0;
}

static int tx_begin_whole(edo_sqlite *tx) {
    int err = tx_take(tx, tx->pools->writer);
    if (err < 0) return err;
    tx_job job = { tx->tx, "begin immediate" };
    return edo_blocking(tx_job_run, &job);
}

int edo_sqlite_begin(edo_sqlite **out, edo_sqlite *db) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    edo_sqlite *tx = edoi_calloc(1, sizeof *tx);
    if (!tx) return -ENOMEM;
    tx->pools = edo_rc_ref(db->pools);
    tx->span = EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG) ? edoi_sqlite_span_of_tx(db) : NULL;
    edo_span_block span;
    edoi_sqlite_span_begin(&span, tx, db->tx ? "savepoint" : "begin immediate");
    err = db->tx ? tx_begin_savepoint(tx, db) : tx_begin_whole(tx);
    err = edoi_sqlite_span_end(&span, err);
    if (err < 0) {
        edoi_sqlite_span_tx_ended(tx, "not begun", err);
        tx->is_over = true; // it was not begun
        edo_sqlite_close(tx);
        return err;
    }
    *out = tx;
    return 0;
}

/* ---- End ------------------------------------------------------------------------------------- */

static int tx_do_end(edo_sqlite *tx, char *sql) {
    if (tx->is_direct) return edoi_sqlite_do(tx, false, tx_command_end, sql); // not cut short
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(EDO_FOREVER_NS)); // whether it was done is known
    int err = edoi_sqlite_do(tx, false, tx_command_end, sql);
    return edo_shield_end(&shield, err);
}

static int tx_finish(edo_sqlite *tx, const char *of_whole, const char *of_savepoint) {
    char sql[SQL_BYTES];
    if (!tx->tx) return edo_fail(-EINVAL, "edo_sqlite_%s() wants a transaction", of_whole);
    if (tx->is_over) return edo_fail(-EINVAL, "the transaction is over");
    if (tx->savepoint)
        sqlite_savepoint_print(sql, of_savepoint, tx->savepoint);
    else
        (void)snprintf(sql, sizeof sql, "%s", of_whole);
    edo_span_block span;
    edoi_sqlite_span_begin(&span, tx, sql);
    return edoi_sqlite_span_end(&span, tx_do_end(tx, sql));
}

int edo_sqlite_commit(edo_sqlite *tx) {
    if (tx->tx && !tx->is_over && tx->tx->is_spoiled)
        return edo_fail(-EIO, "a savepoint could not be rolled back");
    int err = tx_finish(tx, "commit", "release");
    if (err == 0) tx->is_over = true; // else it can still be rolled back
    if (err == 0) edoi_sqlite_span_tx_ended(tx, "committed", 0);
    return err;
}

int edo_sqlite_rollback(edo_sqlite *tx) {
    int err = tx_finish(tx, "rollback", "rollback to");
    if (err == 0 && tx->savepoint) err = tx_finish(tx, "rollback", "release");
    if (err == 0) tx->is_over = true; // else the close tries once more
    if (err == 0) edoi_sqlite_span_tx_ended(tx, "rolled back", 0);
    return err;
}

/* ---- A close before the end ------------------------------------------------------------------ */

static void lease_leave(edo_pool_lease *lease) {
    edoi_sqlite_conn *c = lease->object;
    (void)pthread_mutex_lock(&c->mutex);
    if (!edoi_sqlite_is_idle(c)) (void)edoi_sqlite_end(c, "rollback");
    (void)pthread_mutex_unlock(&c->mutex);
    edoi_sqlite_lease_end(lease);
}

static int leave_run(void *arg) {
    edo_pool_lease lease = *(edo_pool_lease *)arg;
    edoi_free(arg);
    lease_leave(&lease);
    return 0;
}

/* Rolls back on a thread that may block; on this one, if there is none. */
static void tx_leave_whole(edo_sqlite *tx) {
    edo_pool_lease *lease = edoi_alloc(sizeof *lease);
    if (lease) {
        *lease = tx->lease;
        if (edo_blocking_start(leave_run, lease) == 0) return;
        edoi_free(lease);
    }
    lease_leave(&tx->lease);
}

void edoi_sqlite_tx_leave(edo_sqlite *tx) {
    edoi_sqlite_conn *c = tx->tx;
    EDO_ASSERT(c);
    if (tx->savepoint && !tx->is_over) {
        // the transaction goes on: so this waits; without it nothing of that may be committed
        if (edo_sqlite_rollback(tx) < 0) c->is_spoiled = true;
    } else if (tx->lease.object && tx->is_over) {
        edoi_sqlite_lease_end(&tx->lease);
    } else if (tx->lease.object) {
        tx_leave_whole(tx);
    }
    edoi_sqlite_span_tx_ended(tx, "rolled back", 0);
}

/* ---- A function in a transaction ------------------------------------------------------------- */

static int tx_run(edo_sqlite *db, bool is_direct, edo_sqlite_tx_fn *fn, void *arg) {
    edo_sqlite *tx;
    int err = edo_sqlite_begin(&tx, db);
    if (err < 0) return err;
    if (is_direct) tx->is_direct = true; // else as `db` has it
    edo_context_block in;
    edoi_span_enter(&in, tx->span);
    int result = fn(tx, arg);
    err = result < 0 ? result : edo_sqlite_commit(tx);
    edoi_context_leave(&in);
    edo_sqlite_close(tx);
    return err < 0 ? err : result;
}

int edo_sqlite_run_tx(edo_sqlite *db, edo_sqlite_tx_fn *fn, void *arg) {
    int err = edo_budget_consume();
    return err < 0 ? err : tx_run(db, false, fn, arg);
}

/* ---- A function in one job ------------------------------------------------------------------- */

/* A call of edo_blocking() in a job runs on the job's own thread: so the calls of `fn` need nothing
 * more than a transaction that this thread has for itself. */
typedef struct direct_job {
    edo_sqlite *of; /* a transaction; of a savepoint, that which it is begun on */
    const char *begin;
    edo_sqlite_tx_fn *fn;
    void *arg;
} direct_job;

static int direct_run(void *arg) {
    const direct_job *job = arg;
    edo_sqlite *tx = job->of;
    tx_job begin = { tx->tx, job->begin };
    int err = tx_job_run(&begin);
    int result = err < 0 ? err : job->fn(tx, job->arg);
    if (result >= 0 && (err = edo_sqlite_commit(tx)) < 0) result = err;
    lease_leave(&tx->lease); // rolls back what was not committed
    return result;
}

static int direct_run_savepoint(void *arg) {
    const direct_job *job = arg;
    return tx_run(job->of, true, job->fn, job->arg);
}

int edo_sqlite_call(edo_sqlite *db, bool writes, edo_sqlite_tx_fn *fn, void *arg) {
    edo_sqlite tx = { .pools = db->pools, .is_direct = true };
    direct_job job = { &tx, writes ? "begin immediate" : "begin", fn, arg };
    if (db->tx) {
        job.of = db;
        return edo_blocking(direct_run_savepoint, &job);
    }
    edo_span *around = EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG) ? edoi_sqlite_span_of_tx(db) : NULL;
    EDO_SPAN(span, around);
    int err = tx_take(&tx, writes || !db->pools->readers ? db->pools->writer : db->pools->readers);
    if (err == 0) err = edo_blocking(direct_run, &job);
    if (tx.lease.object) edo_pool_put(&tx.lease); // the job did not run
    return edo_span_end(&span, err);
}
