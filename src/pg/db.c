/* SPDX-License-Identifier: MIT */
/* pg/db.c: pools and connections as handles. See db.h. */
#include "pg/db.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "records/unfinished.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <string.h>

#define CONNECT_S 5
#define MEND_S    5
#define SLOW_S    1
#define CANCELS   4u /* threads of a pool that may be in PQcancel() at once */

/* ---- What the pool does ---------------------------------------------------------------------- */

static int pg_make(void *arg, void **object) {
    edoi_pg_conn *c;
    int err = edoi_pg_conn_new(&c, arg);
    if (err == 0) *object = c;
    return err;
}

static bool pg_check(void *arg, void *object, const edo_pool_info *info) {
    (void)arg, (void)info;
    return edoi_pg_is_alive(object);
}

static int pg_reset(void *arg, void *object) {
    static const char *const clean[] = {
        "close all",        "set session authorization default", "reset all",
        "unlisten *",       "select pg_advisory_unlock_all()",   "discard temp",
        "discard sequences"
    };
    const edoi_pg_config *config = arg;
    edoi_pg_conn *c = object;
    if (config->recycle_sql) return edoi_pg_command(c, config->recycle_sql);
    if (config->recycle == EDO_PG_VERIFIED) return edoi_pg_command(c, "select 1");
    if (config->recycle != EDO_PG_CLEAN) return 0;
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(clean) && err == 0; i++) err = edoi_pg_command(c, clean[i]);
    return err;
}

static void pg_end(void *arg, void *object) {
    (void)arg;
    edoi_pg_conn_free(object);
}

static void pg_drop(void *arg) {
    edo_rc_unref(arg);
}

static const edo_pool_ops pool_ops = {
    .make = pg_make, .check = pg_check, .reset = pg_reset, .end = pg_end, .drop = pg_drop
};

/* ---- Begin ----------------------------------------------------------------------------------- */

static void config_deinit(void *self) {
    edoi_pg_config *config = self;
    edoi_pg_target_deinit(&config->target);
    edoi_free(config->recycle_sql);
    edoi_free(config->connect_sql);
}

static int config_copy(char **out, const char *text) {
    if (!text) return 0;
    size_t n = strlen(text) + 1;
    *out = edoi_alloc(n);
    if (!*out) return -ENOMEM;
    memcpy(*out, text, n);
    return 0;
}

static int config_make(edoi_pg_config **out, edo_str url, const edo_pg_opts *o) {
    edoi_pg_config *config = edo_rc_new(sizeof *config, config_deinit);
    if (!config) return -ENOMEM;
    *config = (edoi_pg_config){ .recycle = o->recycle,
                                .connect_timeout = o->connect_timeout,
                                .statements_max = o->no_statements ? 0 : EDOI_PG_STATEMENTS_MAX,
                                .has_details = o->has_details };
    edo_sem_init(&config->cancels, CANCELS);
    int err = edoi_pg_target_init(&config->target, url);
    if (err == 0) err = config_copy(&config->recycle_sql, o->recycle_sql);
    if (err == 0) err = config_copy(&config->connect_sql, o->connect_sql);
    if (err < 0) {
        edo_rc_unref(config);
        return err;
    }
    if (!config->connect_timeout.ns) config->connect_timeout = config->target.connect_timeout;
    if (!config->connect_timeout.ns) config->connect_timeout = edo_s(CONNECT_S);
    *out = config;
    return 0;
}

static bool pg_opts_are_valid(const edo_pg_opts *o) {
    return o->connect_timeout.ns >= 0 && o->slow.ns >= 0 && o->recycle <= EDO_PG_CLEAN &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

/* Takes `config` in any case. */
static int db_make(edo_pg **out, edoi_pg_config *config, const edo_pg_opts *o) {
    edo_pool_opts pool_opts = o->pool;
    if (!pool_opts.name) pool_opts.name = "pg";
    edo_pg *pg = edoi_calloc(1, sizeof *pg);
    int err = pg ? edo_pool_new(&pg->pool, &pool_ops, config, &pool_opts) : -ENOMEM;
    if (err < 0) {
        edo_rc_unref(config);
        edoi_free(pg);
        return err;
    }
    pg->form = EDOI_PG_POOL;
    pg->config = edo_rc_ref(config); // the pool has the first
    err = edoi_pg_counts_new(&pg->counts, o->metrics, o->slow.ns ? o->slow : edo_s(SLOW_S));
    if (err < 0) {
        edo_pg_close(pg);
        return err;
    }
    *out = pg;
    return 0;
}

int edo_pg_connect(edo_pg **out, edo_str url, const edo_pg_opts *opts) {
    edo_pg_opts o = opts ? *opts : (edo_pg_opts){ .lazy = false };
    edoi_pg_config *config;
    edo_pool_lease first;
    edo_pg *pg = NULL;
    if (!pg_opts_are_valid(&o)) return -EINVAL;
    int err = config_make(&config, url, &o);
    if (err == 0) err = db_make(&pg, config, &o);
    if (err < 0) return err;
    err = o.lazy ? 0 : edo_pool_get(pg->pool, &first);
    if (err < 0) {
        edo_pg_close(pg);
        return err;
    }
    if (!o.lazy) edo_pool_put(&first);
    *out = pg;
    return 0;
}

/* ---- Use ------------------------------------------------------------------------------------- */

typedef struct mend_job {
    edo_pool_lease lease;
} mend_job;

static int lease_mend(void *arg) {
    mend_job *job = arg;
    edo_pool_lease lease = job->lease;
    edoi_pg_conn *c = lease.object;
    edoi_free(job);
    edo_deadline d = edo_deadline_begin(edo_s(MEND_S));
    int err = edoi_pg_mend(c);
    if (err == 0 && PQtransactionStatus(c->pg) != PQTRANS_IDLE) {
        c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
        err = edoi_pg_command(c, "rollback");
    }
    err = edo_deadline_end(&d, err);
    if (err < 0) {
        edo_pool_drop(&lease);
    } else {
        edo_pool_put(&lease);
    }
    return 0;
}

void edoi_pg_give_back(edo_pool_lease *lease) {
    edoi_pg_conn *c = lease->object;
    if (c->pg && !c->is_cut && PQtransactionStatus(c->pg) == PQTRANS_IDLE) {
        edo_pool_put(lease);
        return;
    }
    mend_job *job = c->pg ? edoi_alloc(sizeof *job) : NULL;
    if (job) {
        *job = (mend_job){ .lease = *lease };
        edo_spawn_opts opts = { .name = EDOI_OWN_TASK "mends a connection to PostgreSQL" };
        if (edo_spawn_detached_with(lease_mend, job, &opts) == 0) return;
        edoi_free(job);
    }
    edo_pool_drop(lease); // the server rolls back when the connection ends
}

int edoi_pg_enter(edoi_pg_use *u, edo_pg *pg, const char *place) {
    *u = (edoi_pg_use){ .conn = NULL };
    if (pg->form == EDOI_PG_POOL) {
        int err = edo_pool_get_at(pg->pool, &u->lease, place);
        u->conn = u->lease.object;
        return err;
    }
    edoi_pg_conn *c = pg->conn;
    if (pg->form == EDOI_PG_TX && pg->is_over) return edo_fail(-EINVAL, "the transaction is over");
    int err = edo_sem_acquire(&c->turn, 1);
    if (err < 0) return err;
    err = edoi_pg_mend(c);
    if (err < 0) edo_sem_release(&c->turn, 1);
    if (err == 0) u->conn = c;
    return err;
}

void edoi_pg_leave(edoi_pg_use *u) {
    if (u->lease.object) {
        edoi_pg_give_back(&u->lease);
    } else if (u->conn) {
        edo_sem_release(&u->conn->turn, 1);
    }
    u->conn = NULL;
}

/* ---- Handles --------------------------------------------------------------------------------- */

int edoi_pg_handle_new(edo_pg **out, edo_pg *db, edoi_pg_form form, edoi_pg_conn *conn,
                       const char *place) {
    edo_pg *pg = edoi_calloc(1, sizeof *pg);
    if (!pg) return -ENOMEM;
    int err = conn ? 0 : edo_pool_get_at(db->pool, &pg->lease, place);
    if (err < 0) {
        edoi_free(pg);
        return err;
    }
    pg->form = form;
    pg->conn = conn ? conn : pg->lease.object;
    pg->pool = edo_pool_ref(db->pool);
    pg->config = edo_rc_ref(db->config);
    pg->counts = edo_rc_ref(db->counts);
    *out = pg;
    return 0;
}

int edo_pg_acquire_at(edo_pg **out, edo_pg *db, const char *place) {
    if (db->form != EDOI_PG_POOL) return edo_fail(-EINVAL, "edo_pg_acquire() wants a pool");
    return edoi_pg_handle_new(out, db, EDOI_PG_CONN, NULL, place);
}

void edo_pg_close(edo_pg *pg) {
    if (!pg) return;
    if (pg->form == EDOI_PG_TX) edoi_pg_tx_leave(pg);
    if (pg->lease.object) edoi_pg_give_back(&pg->lease);
    edo_pool_unref(pg->pool);
    edo_rc_unref(pg->config);
    edo_rc_unref(pg->counts);
    edoi_free(pg);
}

const char *edo_pg_get_parameter(edo_pg *pg, const char *name) {
    return pg->conn && pg->conn->pg ? PQparameterStatus(pg->conn->pg, name) : NULL;
}

edo_pool_stats edo_pg_get_stats(edo_pg *pg) {
    return edo_pool_get_stats(pg->pool);
}
