/* SPDX-License-Identifier: MIT */
/* pg/db.c: pools and connections as handles. See db.h. */
#include "pg/db.h"
#include "pg/conn/fault.h"
#include "pg/conn/script.h"

#include "base/memory/alloc.h"
#include "base/opts.h"

#include <edo/error.h>

#include <string.h>

#define CONNECT_S  5
#define SILENCE_S  1
#define RESET_S    2 /* more than that, so that silence is noticed */
#define SLOW_S     1
#define TURN_S     60
#define SUB_PING_S 10
#define CANCELS    4u /* threads of a pool that may be in PQcancel() at once */

/* ---- What the pool does ---------------------------------------------------------------------- */

static int pg_make(void *arg, void **object) {
    edoi_pg_conn *c;
    int err = edoi_pg_conn_new(&c, arg);
    if (err == 0) *object = c;
    return err;
}

/* The server has no connection left: other programs use them, or dead ones are not noticed yet. */
static bool pg_is_full(void *arg, int err) {
    (void)arg;
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return e && strcmp(e->sqlstate, EDOI_PG_FULL) == 0;
}

static bool pg_check(void *arg, void *object, const edo_pool_info *info) {
    (void)arg, (void)info;
    return !edoi_pg_is_suspect(object) && edoi_pg_is_alive(object) && edoi_pg_is_wanted(object);
}

static int pg_reset(void *arg, void *object) {
    const edoi_pg_config *config = arg;
    edoi_pg_conn *c = object;
    int err = 0;
    if (config->recycle == EDO_PG_VERIFIED && !config->recycle_sql)
        return edoi_pg_ask_alive(c, "select 1");
    if (edoi_pg_was_idle_for_long(c)) err = edoi_pg_ask_alive(c, NULL);
    if (err < 0) return err;
    if (config->recycle_sql && !edoi_pg_pooler_lends_txs(&config->pooler)) {
        err = edoi_pg_script(c, config->recycle_sql);
        return err == 0 ? edoi_pg_conn_set_forms(c) : err;
    }
    return 0;
}

static void pg_end(void *arg, void *object) {
    (void)arg;
    edoi_pg_conn_end(object);
}

static void pg_drop(void *arg) {
    edo_rc_unref(arg);
}

static const edo_pool_ops pool_ops = { .make = pg_make,
                                       .check = pg_check,
                                       .reset = pg_reset,
                                       .end = pg_end,
                                       .drop = pg_drop,
                                       .is_full = pg_is_full };

/* ---- Begin ----------------------------------------------------------------------------------- */

static void config_deinit(void *self) {
    edoi_pg_config *config = self;
    edoi_pg_target_deinit(&config->target);
    edoi_free(config->recycle_sql);
    edoi_free(config->connect_sql);
    edoi_pg_pooler_deinit(&config->pooler);
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
                                .turn_max = o->turn_timeout.ns ? o->turn_timeout : edo_s(TURN_S),
                                .sub_ping = o->sub_ping.ns ? o->sub_ping : edo_s(SUB_PING_S),
                                .silence = edo_s(SILENCE_S),
                                .has_details = o->has_details,
                                .no_cancel = o->no_cancel,
                                .utf8 = pg_char_to_encoding("UTF8") };
    edo_sem_init(&config->cancels, CANCELS);
    edoi_pg_pooler_init(&config->pooler, o->pooler);
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

/* What is said of a session would be said of another program's. */
static int pg_opts_refuse_pooler(const edo_pg_opts *o) {
    const char *what = o->connect_sql               ? "connect_sql"
                       : o->recycle_sql             ? "recycle_sql"
                       : o->recycle == EDO_PG_CLEAN ? "EDO_PG_CLEAN"
                                                    : NULL;
    if (o->pooler != EDO_PG_TRANSACTION || !what) return 0;
    return edo_fail(-ENOTSUP, "%s needs a session: `.pooler` says that there is none", what);
}

static bool pg_opts_are_valid(const edo_pg_opts *o) {
    return o->pooler <= EDO_PG_TRANSACTION && o->connect_timeout.ns >= 0 &&
           o->turn_timeout.ns >= 0 && o->slow.ns >= 0 && o->sub_ping.ns >= 0 &&
           o->recycle <= EDO_PG_CLEAN && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static void pg_handle_deinit(void *self) {
    edo_pg *pg = self;
    edo_span_unref(pg->span);
    if (pg->lease.object) edoi_pg_give_back(&pg->lease);
    edo_rc_unref(pg->outer);
    edo_pool_unref(pg->pool);
    edo_rc_unref(pg->config);
    edo_rc_unref(pg->counts);
}

static edo_pg *pg_handle_make(edoi_pg_form form) {
    edo_pg *pg = edo_rc_new(sizeof *pg, pg_handle_deinit);
    if (pg) *pg = (edo_pg){ .form = form };
    return pg;
}

/* Takes `config` in any case. */
static int db_make(edo_pg **out, edoi_pg_config *config, const edo_pg_opts *o) {
    edo_pool_opts pool_opts = o->pool;
    if (!pool_opts.name) pool_opts.name = "pg";
    if (!pool_opts.reset_timeout.ns) pool_opts.reset_timeout = edo_s(RESET_S);
    edo_pg *pg = pg_handle_make(EDOI_PG_POOL);
    int err = pg ? edo_pool_new(&pg->pool, &pool_ops, config, &pool_opts) : -ENOMEM;
    if (err < 0) {
        edo_rc_unref(config);
        edo_rc_unref(pg);
        return err;
    }
    pg->config = edo_rc_ref(config); // the pool has the first
    err = edoi_db_counts_new(&pg->counts, EDO_STR("postgresql"), o->metrics,
                             o->slow.ns ? o->slow : edo_s(SLOW_S));
    if (err < 0) {
        edo_pg_close(pg);
        return err;
    }
    *out = pg;
    return 0;
}

int edo_pg_connect(edo_pg **out, edo_str url, const edo_pg_opts *opts) {
    edo_pg_opts o = opts ? *opts : (edo_pg_opts){ .lazy = false };
    edoi_pg_config *config = NULL;
    edo_pool_lease first;
    edo_pg *pg = NULL;
    if (!pg_opts_are_valid(&o)) return -EINVAL;
    int err = edo_budget_consume();
    if (err == 0) err = pg_opts_refuse_pooler(&o);
    if (err == 0) err = config_make(&config, url, &o);
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

/* ---- Handles --------------------------------------------------------------------------------- */

int edoi_pg_handle_new(edo_pg **out, edo_pg *of, edoi_pg_form form, const char *place) {
    edo_pg *pg = pg_handle_make(form);
    if (!pg) return -ENOMEM;
    int err = of->conn ? 0 : edo_pool_get_at(of->pool, &pg->lease, place);
    if (err < 0) {
        edo_rc_unref(pg);
        return err;
    }
    pg->conn = of->conn ? of->conn : pg->lease.object;
    pg->outer = of->conn ? edo_rc_ref(of) : NULL;
    pg->pool = edo_pool_ref(of->pool);
    pg->config = edo_rc_ref(of->config);
    pg->counts = edo_rc_ref(of->counts);
    *out = pg;
    return 0;
}

int edoi_pg_pool_new(edo_pg **out, const edo_pg *of, const edo_pool_ops *ops, void *arg) {
    edo_pool_opts opts = { .name = "pg in a transaction",
                           .max = 1,
                           .idle_max = { EDO_FOREVER_NS },
                           .age_max = { EDO_FOREVER_NS } };
    edo_pg *pg = pg_handle_make(EDOI_PG_POOL);
    int err = pg ? edo_pool_new(&pg->pool, ops, arg, &opts) : -ENOMEM;
    if (err < 0) {
        edo_rc_unref(pg);
        return err;
    }
    pg->config = edo_rc_ref(of->config);
    pg->counts = edo_rc_ref(of->counts);
    *out = pg;
    return 0;
}

int edo_pg_acquire_at(edo_pg **out, edo_pg *db, const char *place) {
    if (db->form != EDOI_PG_POOL) return edo_fail(-EINVAL, "edo_pg_acquire() wants a pool");
    int err = edo_budget_consume();
    return err < 0 ? err : edoi_pg_handle_new(out, db, EDOI_PG_CONN, place);
}

void edo_pg_close(edo_pg *pg) {
    if (pg && pg->form == EDOI_PG_TX && !pg->is_over) {
        edoi_pg_close_tx(pg);
    } else {
        edo_rc_unref(pg);
    }
}

const char *edo_pg_get_parameter(edo_pg *pg, const char *name) {
    return pg->conn && pg->conn->pg ? PQparameterStatus(pg->conn->pg, name) : NULL;
}

edo_pool_stats edo_pg_get_stats(edo_pg *pg) {
    return edo_pool_get_stats(pg->pool);
}
