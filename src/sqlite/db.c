/* SPDX-License-Identifier: MIT */
/* sqlite/db.c: databases as pools of connections, and one call. See db.h. */
#include "sqlite/db.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/opts.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUSY_S  5
#define SLOW_S  1
#define READERS 4u

#define LOG_BYTES_MAX (INT64_C(64) << 20)

/* ---- What the pools do ----------------------------------------------------------------------- */

typedef struct make_job {
    edoi_sqlite_conn *made;
    edoi_sqlite_config *config;
    bool writes;
} make_job;

static int make_run(void *arg) {
    make_job *job = arg;
    return edoi_sqlite_conn_new(&job->made, job->config, job->writes);
}

static int sqlite_make(edoi_sqlite_config *config, void **object, bool writes) {
    make_job job = { .config = config, .writes = writes };
    int err = edo_blocking(make_run, &job);
    if (err == 0) *object = job.made;
    return err;
}

static int sqlite_make_writer(void *arg, void **object) {
    return sqlite_make(arg, object, true);
}

static int sqlite_make_reader(void *arg, void **object) {
    return sqlite_make(arg, object, false);
}

static void sqlite_end(void *arg, void *object) {
    (void)arg;
    edo_rc_unref(object);
}

static void sqlite_drop(void *arg) {
    edo_rc_unref(arg);
}

static const edo_pool_ops writer_ops = { .make = sqlite_make_writer,
                                         .end = sqlite_end,
                                         .drop = sqlite_drop };
static const edo_pool_ops reader_ops = { .make = sqlite_make_reader,
                                         .end = sqlite_end,
                                         .drop = sqlite_drop };

/* ---- Begin and end --------------------------------------------------------------------------- */

static void sqlite_config_deinit(void *self) {
    edoi_sqlite_config *config = self;
    (void)pthread_mutex_destroy(&config->log.lock);
    edoi_free(config->path);
    edoi_free(config->open_sql);
}

static int sqlite_copy(char **out, const char *text) {
    if (!text) return 0;
    size_t n = strlen(text) + 1;
    *out = edoi_alloc(n);
    if (!*out) return -ENOMEM;
    memcpy(*out, text, n);
    return 0;
}

/* What begins with "file:" would be a URI to SQLite, with options in it. */
static int sqlite_copy_path(char **out, const char *path) {
    static const char here[] = "./";
    if (strncmp(path, "file:", 5) != 0) return sqlite_copy(out, path);
    size_t n = strlen(path) + 1;
    *out = edoi_alloc(sizeof here - 1 + n);
    if (!*out) return -ENOMEM;
    memcpy(*out, here, sizeof here - 1);
    memcpy(*out + sizeof here - 1, path, n);
    return 0;
}

int edoi_sqlite_config_new(edoi_sqlite_config **out, const char *path, const edo_sqlite_opts *o) {
    edoi_sqlite_config *config = edo_rc_new(sizeof *config, sqlite_config_deinit);
    if (!config) return -ENOMEM;
    *config = (edoi_sqlite_config){ .busy = o->busy.ns ? o->busy : edo_s(BUSY_S),
                                    .read_only = o->read_only,
                                    .no_create = o->no_create,
                                    .no_wal = o->no_wal,
                                    .no_foreign_keys = o->no_foreign_keys,
                                    .is_in_memory = strcmp(path, ":memory:") == 0 };
    (void)pthread_mutex_init(&config->log.lock, NULL); // this never fails without attributes
    TAILQ_INIT(&config->log.readers);
    if (!o->no_wal && !o->read_only && !config->is_in_memory)
        config->log.bytes_max = o->log_bytes_max ? (int64_t)o->log_bytes_max : LOG_BYTES_MAX;
    int err = sqlite_copy_path(&config->path, path);
    config->log.path = config->path;
    if (err == 0) err = sqlite_copy(&config->open_sql, o->open_sql);
    if (err < 0) edo_rc_unref(config);
    if (err == 0) *out = config;
    return err;
}

static void sqlite_pools_deinit(void *self) {
    edoi_sqlite_pools *pools = self;
    edo_pool_unref(pools->readers); // the writer is the last, since it may write into the file
    edo_pool_unref(pools->writer);
    edo_rc_unref(pools->config);
    edo_rc_unref(pools->counts);
}

static int pools_add(edo_pool **out, const edo_pool_ops *ops, edoi_sqlite_config *config,
                     const edo_sqlite_opts *o, uint32_t max, const char *suffix) {
    char name[128];
    (void)snprintf(name, sizeof name, "%s%s", o->name ? o->name : "sqlite", suffix);
    const edo_pool_opts opts = { .name = name,
                                 .max = max,
                                 .wait_timeout = o->wait_timeout,
                                 .make_timeout = edo_ns(EDO_FOREVER_NS), // `busy` bounds it
                                 .idle_max = edo_ns(EDO_FOREVER_NS),
                                 .age_max = edo_ns(EDO_FOREVER_NS),
                                 .metrics = o->metrics };
    int err = edo_pool_new(out, ops, edo_rc_ref(config), &opts);
    if (err < 0) edo_rc_unref(config);
    return err;
}

static int pools_new(edoi_sqlite_pools **out, edoi_sqlite_config *config,
                     const edo_sqlite_opts *o) {
    bool is_in_memory = config->is_in_memory;
    edoi_sqlite_pools *pools = edo_rc_new(sizeof *pools, sqlite_pools_deinit);
    if (!pools) return -ENOMEM;
    *pools = (edoi_sqlite_pools){ .config = edo_rc_ref(config) };
    int err = edoi_db_counts_new(&pools->counts, EDO_STR("sqlite"), o->metrics,
                                 o->slow.ns ? o->slow : edo_s(SLOW_S));
    if (err == 0)
        err = pools_add(&pools->writer, &writer_ops, config, o, 1, is_in_memory ? "" : "-writer");
    if (err == 0 && !is_in_memory)
        err = pools_add(&pools->readers, &reader_ops, config, o,
                        o->readers_max ? o->readers_max : READERS, "");
    if (err < 0) edo_rc_unref(pools);
    if (err == 0) *out = pools;
    return err;
}

static int sqlite_let_go(void *pools) {
    edo_rc_unref(pools);
    return 0;
}

/* A job, since the last connection writes the log into the file: also for a task that was
 * cancelled. */
static void handle_free(edo_sqlite *db) {
    const edo_blocking_opts opts = { .drop = edo_rc_unref };
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(EDO_FOREVER_NS));
    (void)edo_blocking_with(sqlite_let_go, db->pools, &opts);
    (void)edo_shield_end(&shield, 0);
    edo_span_unref(db->span);
    edoi_free(db);
}

static bool sqlite_opts_are_valid(const char *path, const edo_sqlite_opts *o) {
    return *path && o->busy.ns >= 0 && o->wait_timeout.ns >= 0 && o->slow.ns >= 0 &&
           o->log_bytes_max <= INT64_MAX / 4 && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

int edo_sqlite_open(edo_sqlite **out, const char *path, const edo_sqlite_opts *opts) {
    const edo_sqlite_opts o = opts ? *opts : (edo_sqlite_opts){ .name = NULL };
    edoi_sqlite_config *config = NULL;
    edo_pool_lease first;
    if (!sqlite_opts_are_valid(path, &o)) return -EINVAL;
    edo_sqlite *db = edoi_calloc(1, sizeof *db);
    if (!db) return -ENOMEM;
    int err = edo_budget_consume();
    if (err == 0) err = edoi_sqlite_config_new(&config, path, &o);
    if (err == 0) err = pools_new(&db->pools, config, &o);
    edo_rc_unref(config);
    if (err < 0) {
        edoi_free(db);
        return err;
    }
    err = edo_pool_get(db->pools->writer, &first); // makes the file, and its log
    if (err < 0) {
        handle_free(db);
        return err;
    }
    edo_pool_put(&first);
    *out = db;
    return 0;
}

void edo_sqlite_close(edo_sqlite *db) {
    if (!db) return;
    if (db->tx) edoi_sqlite_tx_leave(db);
    handle_free(db);
}

void edo_sqlite_keep_log(edo_sqlite *db) {
    edoi_store_rlx_u32(&db->pools->config->keeps_log, 1); // relaxed: see there
}

edo_sqlite_stats edo_sqlite_get_stats(edo_sqlite *db) {
    edo_sqlite_stats s = { .writer = edo_pool_get_stats(db->pools->writer) };
    if (db->pools->readers) s.readers = edo_pool_get_stats(db->pools->readers);
    return s;
}

const edo_sqlite_error *edo_sqlite_get_error(void) {
    const edo_trail_entry *e = edo_trail_find(-EDO_ESQL);
    return e && e->payload_bytes == sizeof(edo_sqlite_error) ? e->payload : NULL;
}

/* ---- One call -------------------------------------------------------------------------------- */

typedef struct sqlite_job {
    edoi_sqlite_conn *c;
    edoi_sqlite_fn *fn;
    void *arg;
    bool ends_tx;  /* no transaction may be left open */
    uint64_t task; /* that waits for it; 0: a plain thread */
} sqlite_job;

static int sqlite_job_finish(const sqlite_job *job, int err) {
    if (!job->ends_tx || edoi_sqlite_is_idle(job->c)) return err;
    (void)edoi_sqlite_end(job->c, "rollback"); // else do_in_pool() closes the connection
    return err < 0 ? err : edo_fail(-EINVAL, "transactions are begun by edo_sqlite_begin()");
}

static int sqlite_job_run(void *arg) {
    const sqlite_job *job = arg;
    bool is_over = !job->ends_tx && edoi_sqlite_is_idle(job->c);
    if (is_over) return edo_fail(-EINVAL, "the transaction is over");
    int err = job->ends_tx ? edoi_sqlite_clean(job->c) : 0;
    return err < 0 ? err : sqlite_job_finish(job, job->fn(job->c, job->arg));
}

static int sqlite_job_run_locked(void *arg) {
    const sqlite_job *job = arg;
    (void)pthread_mutex_lock(&job->c->mutex);
    int err = sqlite_job_run(arg);
    if (!edoi_load_rlx_u32(&job->c->config->keeps_log)) // relaxed: see there
        edoi_sqlite_ahead_settle(&job->c->ahead, &job->c->config->log, job->c->db, job->task);
    (void)pthread_mutex_unlock(&job->c->mutex);
    return err;
}

static int lease_drop(void *arg) {
    edo_pool_lease lease = *(edo_pool_lease *)arg;
    edoi_free(arg);
    edo_pool_drop(&lease); // SQLite rolls back what a closed connection has begun
    return 0;
}

void edoi_sqlite_lease_end(edo_pool_lease *lease) {
    const edoi_sqlite_conn *c = lease->object;
    if (c->config->is_in_memory || (edoi_sqlite_is_idle(c) && !c->is_spent)) {
        edo_pool_put(lease);
        return;
    }
    edo_pool_lease *copy = edoi_alloc(sizeof *copy);
    if (copy) {
        *copy = *lease;
        if (edo_blocking_start(lease_drop, copy) == 0) return;
        edoi_free(copy);
    }
    edo_pool_drop(lease);
}

static int do_in_tx(edo_sqlite *tx, edoi_sqlite_fn *fn, void *arg) {
    sqlite_job job = { .c = tx->tx, .fn = fn, .arg = arg, .task = edo_task_current_id() };
    if (tx->is_over) return edo_fail(-EINVAL, "the transaction is over");
    return edo_blocking(sqlite_job_run_locked, &job);
}

static int do_in_pool(edo_pool *pool, edoi_sqlite_fn *fn, void *arg) {
    edo_pool_lease lease;
    int err = edo_pool_get(pool, &lease);
    if (err < 0) return err;
    sqlite_job job = {
        .c = lease.object, .fn = fn, .arg = arg, .ends_tx = true, .task = edo_task_current_id()
    };
    EDO_INV("conn inv. 2", job.c->config->is_in_memory || edoi_sqlite_is_idle(job.c));
    err = edo_blocking(sqlite_job_run_locked, &job);
    edoi_sqlite_lease_end(&lease);
    return err;
}

static int do_in_database(edo_sqlite *db, bool reads, edoi_sqlite_fn *fn, void *arg) {
    if (reads && db->pools->readers) {
        int read = do_in_pool(db->pools->readers, fn, arg);
        if (read != EDOI_SQLITE_WRITES) return read;
    }
    return do_in_pool(db->pools->writer, fn, arg);
}

int edoi_sqlite_do(edo_sqlite *db, bool reads, edoi_sqlite_fn *fn, void *arg) {
    int err = db->tx ? do_in_tx(db, fn, arg) : do_in_database(db, reads, fn, arg);
    return err == EDOI_SQLITE_WRITES ? edo_fail(-EROFS, "the file cannot be written") : err;
}
