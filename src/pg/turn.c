/* SPDX-License-Identifier: MIT */
/* pg/turn.c: which call has a connection: by the lease of a pool, or by the connection's turn; and
 * how a connection goes back to its pool, mended if a call or a transaction was cut short. See
 * db.h.
 *
 * The close of a transaction does not wait for its turn:
 *
 *     edo_pg_close()                              the task that has the turn
 *       adds the handle to `closed`                 gives the turn back
 *       takes the turn if it is free                takes it again if `closed` has a handle
 *
 * The attempt of the one fails only before the other has given the turn back, which then finds the
 * handle. A task that waits for the turn gets it in between, and ends what is in `closed` before
 * its own call; one that was given the turn as it gave up has let it go, and looks likewise. */
#include "pg/db.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "records/unfinished.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/task.h>

#define MEND_S  1 /* the pool makes another one meanwhile, if there is room */
#define CLEAN_S 5 /* with `connect_sql`, which may take its time */

/* ---- A walk ---------------------------------------------------------------------------------- */

static void handle_check_one(const edo_pg *pg) {
    const edoi_pg_conn *c = pg->conn;
    EDO_INV("db inv. 1", (pg->form == EDOI_PG_POOL) == !c);
    EDO_INV("db inv. 1", !pg->lease.object || pg->lease.object == c);
    EDO_INV("db inv. 1", !c || !pg->lease.object == (pg->outer != NULL));
    EDO_INV("db inv. 1", !pg->outer || pg->outer->conn == c);
    EDO_INV("db inv. 2", pg->form == EDOI_PG_TX || (pg->number == 0 && pg->savepoint == 0));
    EDO_INV("db inv. 2", pg->number == 0 || pg->savepoint == 0);
    EDO_INV("db inv. 2", !c || (pg->number <= c->txs_n && pg->savepoint <= c->savepoints_n));
}

void edoi_pg_handle_check(const edo_pg *pg) {
    for (; pg; pg = pg->outer) handle_check_one(pg);
}

/* ---- Back to the pool ------------------------------------------------------------------------ */

/* Is it done as soon as a caller leaves? Others may wait for a lock that it has left. Where
 * sessions are lent for a transaction it would be done to another program's. */
static bool session_is_to_be_cleaned(const edoi_pg_conn *c) {
    return c->config->recycle == EDO_PG_CLEAN && !c->config->recycle_sql &&
           !edoi_pg_pooler_lends_txs(&c->config->pooler);
}

/* Ends what a caller may have left in the session. */
static int session_clean(edoi_pg_conn *c) {
    static const char *const clean[] = {
        "close all",        "set session authorization default", "reset all",
        "unlisten *",       "select pg_advisory_unlock_all()",   "discard temp",
        "discard sequences"
    };
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    int err = edoi_pg_commands(c, clean, EDO_COUNT(clean));
    return err == 0 ? edoi_pg_conn_prepare(c) : err;
}

typedef struct mend_job {
    edo_pool_lease lease;
} mend_job;

static int lease_mend(void *arg) {
    mend_job *job = arg;
    edo_pool_lease lease = job->lease;
    edoi_pg_conn *c = lease.object;
    edoi_free(job);
    edo_deadline d;
    bool cleans = session_is_to_be_cleaned(c);
    edo_deadline_begin(&d, cleans ? edo_s(CLEAN_S) : edo_s(MEND_S));
    int err = edoi_pg_mend(c);
    if (err == 0 && PQtransactionStatus(c->pg) != PQTRANS_IDLE) {
        c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
        err = edoi_pg_command(c, "rollback");
    }
    if (err == 0 && cleans) err = session_clean(c);
    err = edo_deadline_end(&d, err);
    if (err < 0) {
        if (cleans)
            edo_warn("a connection to PostgreSQL could not be cleaned, and ends: %s",
                     edo_strerror(err));
        edo_pool_drop(&lease);
    } else {
        edo_pool_put(&lease);
    }
    return 0;
}

void edoi_pg_give_back(edo_pool_lease *lease) {
    edoi_pg_conn *c = lease->object;
    EDO_CHECK(edoi_pg_conn_check(c));
    bool is_idle = c->pg && !c->is_cut && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    // the next call mends what is lent within a transaction
    if (c->is_inner || (is_idle && !session_is_to_be_cleaned(c))) {
        edo_pool_put(lease);
        return;
    }
    mend_job *job = c->pg ? edoi_alloc(sizeof *job) : NULL;
    if (job) {
        *job = (mend_job){ .lease = *lease };
        edo_spawn_opts opts = { .name = EDOI_OWN_TASK "mends a connection to PostgreSQL",
                                .no_context = true };
        if (edo_spawn_detached_with(lease_mend, job, &opts) == 0) return;
        edoi_free(job);
    }
    edo_pool_drop(lease); // the server rolls back when the connection ends
}

/* ---- Transactions that were closed ----------------------------------------------------------- */

static edo_pg *closed_take(edoi_pg_conn *c) {
    (void)pthread_mutex_lock(&c->lock);
    edo_pg *tx = STAILQ_FIRST(&c->closed);
    if (tx) STAILQ_REMOVE_HEAD(&c->closed, next_closed);
    (void)pthread_mutex_unlock(&c->lock);
    return tx;
}

static bool closed_has_some(edoi_pg_conn *c) {
    (void)pthread_mutex_lock(&c->lock);
    bool has_some = !STAILQ_EMPTY(&c->closed);
    (void)pthread_mutex_unlock(&c->lock);
    return has_some;
}

/* Ends the transactions that were closed while another task had the turn. The caller has the turn,
 * and a handle, so that the connection is not given back. */
static void closed_end(edoi_pg_conn *c) {
    edo_pg *tx;
    while ((tx = closed_take(c))) {
        EDO_INV("db inv. 3", tx->form == EDOI_PG_TX && tx->conn == c);
        edoi_pg_tx_leave(tx);
        edo_rc_unref(tx);
    }
}

static void closed_try_end(edoi_pg_conn *c) {
    while (closed_has_some(c) && edoi_pg_hold_try_take(&c->hold)) {
        closed_end(c);
        edoi_pg_hold_give(&c->hold);
    }
}

void edoi_pg_close_tx(edo_pg *tx) {
    edoi_pg_conn *c = tx->conn;
    (void)edo_rc_ref(tx); // the list's; ours keeps the connection
    (void)pthread_mutex_lock(&c->lock);
    STAILQ_INSERT_TAIL(&c->closed, tx, next_closed);
    (void)pthread_mutex_unlock(&c->lock);
    closed_try_end(c);
    edo_rc_unref(tx);
}

/* ---- The turn -------------------------------------------------------------------------------- */

bool edoi_pg_is_open(const edo_pg *pg) {
    for (; pg; pg = pg->outer)
        if (pg->form == EDOI_PG_TX &&
            (pg->is_over || (pg->number && pg->number != pg->conn->txs_n)))
            return false;
    return true;
}

/* Has a "commit" or a "rollback" that the program has sent as a statement ended the transaction
 * that the handle is, or is in? What is done on it now would be in none. The caller has the turn of
 * a connection that is not cut. */
static bool turn_finds_no_tx(const edoi_pg_conn *c, const edo_pg *pg) {
    for (; pg; pg = pg->outer)
        if (pg->number) return c->has_ended_tx || PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    return false;
}

static void turn_give(edoi_pg_conn *c) {
    EDO_CHECK(edoi_pg_conn_check(c));
    edoi_pg_hold_give(&c->hold);
    closed_try_end(c);
}

/* Takes the turn of a connection for a call on `pg`. */
static int turn_take(edoi_pg_conn *c, const edo_pg *pg, const char *place) {
    int err = edoi_pg_hold_take(&c->hold, place, c->config->turn_max);
    if (err < 0) {
        closed_try_end(c);
        return err;
    }
    closed_end(c);
    err = edoi_pg_is_open(pg) ? edoi_pg_mend(c) : edo_fail(-EINVAL, "the transaction is over");
    if (err == 0 && turn_finds_no_tx(c, pg))
        err = edo_fail(-EINVAL, "a statement has ended the transaction");
    if (err < 0) turn_give(c);
    return err;
}

void edoi_pg_leave(edoi_pg_use *u) {
    if (u->lease.object) {
        edoi_pg_give_back(&u->lease);
    } else if (u->conn) {
        turn_give(u->conn);
    }
    u->conn = NULL;
}

static int turn_get(edoi_pg_use *u, edo_pg *pg, const char *place) {
    int err;
    if (pg->form == EDOI_PG_POOL) {
        err = edo_pool_get_at(pg->pool, &u->lease, place);
        u->conn = u->lease.object;
        return err;
    }
    err = turn_take(pg->conn, pg, place);
    if (err == 0) u->conn = pg->conn;
    return err;
}

static bool handle_is_in_tx(const edo_pg *pg) {
    while (pg && pg->form != EDOI_PG_TX) pg = pg->outer;
    return pg != NULL;
}

/* Settings on which texts depend may have been changed. */
static int turn_set_forms(edoi_pg_conn *c) {
    if (EDOI_LIKELY(edoi_pg_conn_has_forms(c))) return 0;
    if (PQtransactionStatus(c->pg) == PQTRANS_INERROR) return 0; // it refuses all
    return edoi_pg_conn_set_forms(c);
}

int edoi_pg_enter(edoi_pg_use *u, edo_pg *pg, const char *place) {
    *u = (edoi_pg_use){ .conn = NULL };
    int err = turn_get(u, pg, place);
    if (err < 0) return err;
    if (u->conn->is_inner) err = edoi_pg_inner_enter(u->conn, handle_is_in_tx(pg));
    if (err < 0) {
        edoi_pg_leave(u);
        return err;
    }
    EDO_CHECK(edoi_pg_handle_check(pg));
    EDO_CHECK(edoi_pg_conn_check(u->conn));
    err = turn_set_forms(u->conn);
    if (err < 0) edoi_pg_leave(u);
    return err;
}
