/* SPDX-License-Identifier: MIT */
/* sqlite/conn.c: see conn.h. */
#include "sqlite/conn.h"

#include "base/assert.h"
#include "base/error/away.h"
#include "base/memory/alloc.h"

#include <edo/blocking.h>
#include <edo/error.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STEPS_BETWEEN_LOOKS 1000             /* of SQLite's machine: some 10 us */
#define BUSY_MAX_NS         20000000         /* one pause */
#define LOG_LEFT            INT64_C(8388608) /* twice what SQLite writes into the file at once */

/* ---- Interruptions --------------------------------------------------------------------------- */

/* The rows of a sequence are wanted though the task that began to read them has given up: they are
 * kept for the next one. The end of a transaction is wanted by its caller, who must know of it. */
static bool conn_is_unwanted(const edoi_sqlite_conn *c) {
    return c->is_stopped ? edoi_load_rlx_u32(c->is_stopped) != 0 : edo_blocking_cancelled();
}

/* ---- Failures -------------------------------------------------------------------------------- */

static edo_sqlite_kind conn_kind_of(int code) {
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return EDO_SQLITE_UNIQUE;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return EDO_SQLITE_FOREIGN_KEY;
    case SQLITE_CONSTRAINT_NOTNULL: return EDO_SQLITE_NOT_NULL;
    case SQLITE_CONSTRAINT_CHECK: return EDO_SQLITE_CHECK;
    default: return EDO_SQLITE_OTHER;
    }
}

static int conn_refuse(edoi_sqlite_conn *c, const char *words) {
    edo_sqlite_error e = { .code = sqlite3_extended_errcode(c->db) };
    e.kind = conn_kind_of(e.code);
    (void)snprintf(e.message, sizeof e.message, "%s", words);
    return edo_fail_with(-EDO_ESQL, &e, "%s", e.message);
}

static int conn_system_code(const edoi_sqlite_conn *c, int usual) {
    int system = sqlite3_system_errno(c->db);
    return system > 0 ? -system : usual;
}

/* What the system has said last of the file, or of its log, that was no success; 0: nothing. SQLite
 * keeps it until the connection is closed. */
static int conn_last_errno(edoi_sqlite_conn *c) {
    sqlite3_file *log = NULL;
    int of_file = 0, of_log = 0;
    (void)sqlite3_file_control(c->db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
    (void)sqlite3_file_control(c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods && log->pMethods->xFileControl) // NULL for a log in memory
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    return of_file != 0 ? of_file : of_log;
}

bool edoi_sqlite_has_failed(edoi_sqlite_conn *c) {
    return conn_last_errno(c) != 0;
}

/* SQLite reports damage, too, where the disk has failed to read with one of these. */
static int conn_fail_damaged(edoi_sqlite_conn *c) {
    int system = conn_last_errno(c);
    if (system == EIO || system == ENXIO || system == ERANGE)
        return edo_fail(-EIO, "disk I/O error");
    return edo_fail(-EILSEQ, "%s", sqlite3_errmsg(c->db));
}

/* A read has one code, since what the system says of it, as ESTALE, is other news elsewhere. */
static int conn_fail_io(edoi_sqlite_conn *c, int result) {
    if (result == SQLITE_IOERR_SHORT_READ) return edo_fail(-EILSEQ, "a file ends too early");
    int err = result == SQLITE_IOERR_READ ? -EIO : conn_system_code(c, -EIO);
    return edo_fail(err, "disk I/O error");
}

int edoi_sqlite_fail(edoi_sqlite_conn *c, int result) {
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_INTERRUPT: return -ECANCELED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return conn_is_unwanted(c) ? -ECANCELED
                                   : edoi_fail_away(-EBUSY, "another process has the database");
    case SQLITE_NOTADB: return edo_fail(-EILSEQ, "%s", sqlite3_errmsg(c->db));
    case SQLITE_CORRUPT: return conn_fail_damaged(c);
    case SQLITE_FULL: return edo_fail(-ENOSPC, "the disk, or max_page_count, is full");
    case SQLITE_READONLY: return edo_fail(-EROFS, "%s", sqlite3_errmsg(c->db));
    case SQLITE_PERM:
    case SQLITE_AUTH: return edo_fail(-EACCES, "%s", sqlite3_errmsg(c->db));
    case SQLITE_IOERR: return conn_fail_io(c, result);
    case SQLITE_CANTOPEN:
        return edo_fail(conn_system_code(c, -ENOENT), "the file cannot be opened");
    case SQLITE_ERROR: return conn_refuse(c, "the statement has failed");
    default: return conn_refuse(c, sqlite3_errmsg(c->db));
    }
}

int edoi_sqlite_fail_text(edoi_sqlite_conn *c, int result) {
    bool is_of_text = (result & 0xff) == SQLITE_ERROR;
    return is_of_text ? conn_refuse(c, sqlite3_errmsg(c->db)) : edoi_sqlite_fail(c, result);
}

/* ---- What SQLite asks ------------------------------------------------------------------------ */

/* SQLite asks now and then; 1 interrupts it. */
static int conn_look(void *arg) {
    return conn_is_unwanted(arg);
}

/* May it wait for so long? */
static bool conn_may_wait(edoi_sqlite_conn *c, int tries, int64_t ns) {
    if (c->ahead.wait_ns > 0) return (c->ahead.wait_ns -= ns) > 0; // for readers
    if (tries == 0) c->busy_until = edo_instant_add(edo_now(), c->config->busy);
    return edo_instant_since(c->busy_until, edo_now()).ns > 0;
}

/* Another process has the file, or readers the log: waits a while. 0: no more. */
static int conn_busy(void *arg, int tries) {
    edoi_sqlite_conn *c = arg;
    int64_t ns = INT64_C(1000000) << (tries < 5 ? tries : 5);
    if (ns > BUSY_MAX_NS) ns = BUSY_MAX_NS;
    if (conn_is_unwanted(c) || !conn_may_wait(c, tries, ns)) return 0;
    const struct timespec pause = { .tv_nsec = ns };
    (void)nanosleep(&pause, NULL);
    return 1;
}

/* ---- Statements of edo's own ----------------------------------------------------------------- */

int edoi_sqlite_run(edoi_sqlite_conn *c, const char *sql) {
    sqlite3_stmt *s;
    int err = edoi_sqlite_prepare(c, &s, sql);
    if (err < 0) return err;
    int result = sqlite3_step(s);
    err = edoi_sqlite_fail(c, result);
    (void)sqlite3_reset(s); // it repeats the result
    return err;
}

/* A task that was cancelled meanwhile would else hear that nothing was done, when it was. */
int edoi_sqlite_end(edoi_sqlite_conn *c, const char *sql) {
    static edo_atomic_u32 never;
    c->is_stopped = &never;
    int err = edoi_sqlite_run(c, sql);
    c->is_stopped = NULL;
    return err;
}

int edoi_sqlite_clean(edoi_sqlite_conn *c) {
    return edoi_sqlite_is_idle(c) ? 0 : edoi_sqlite_end(c, "rollback");
}

/* ---- Begin and end --------------------------------------------------------------------------- */

/* Several statements, as the program has given them. */
static int conn_do_all(edoi_sqlite_conn *c, const char *sql) {
    return sql ? edoi_sqlite_fail_text(c, sqlite3_exec(c->db, sql, NULL, NULL, NULL)) : 0;
}

/* Behind each beginning of the log its file is cut to what it usually has. */
static int conn_begin_log(edoi_sqlite_conn *c) {
    char sql[64];
    const int64_t most = c->config->log.bytes_max, bytes = most < LOG_LEFT ? most : LOG_LEFT;
    (void)snprintf(sql, sizeof sql, "pragma journal_size_limit = %" PRId64, bytes);
    int err = conn_do_all(c, "pragma journal_mode = wal; pragma synchronous = normal");
    return err < 0 ? err : conn_do_all(c, sql);
}

/* The log is a property of the file, which whoever writes sets; of one in memory nothing is. */
static int conn_set_up(edoi_sqlite_conn *c, bool writes) {
    const edoi_sqlite_config *o = c->config;
    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_busy_handler(c->db, conn_busy, c);
    sqlite3_progress_handler(c->db, STEPS_BETWEEN_LOOKS, conn_look, c);
    int err = conn_do_all(c, o->no_foreign_keys ? NULL : "pragma foreign_keys = on");
    if (err == 0 && writes && !o->no_wal && !o->read_only) err = conn_begin_log(c);
    if (err == 0) err = conn_do_all(c, "select count(*) from sqlite_schema"); // reads the file
    return err < 0 ? err : conn_do_all(c, o->open_sql);
}

static void sqlite_conn_deinit(void *self) {
    edoi_sqlite_conn *c = self;
    edoi_sqlite_statements_free(c);
    if (c->db && edoi_load_rlx_u32(&c->config->keeps_log)) // relaxed: see there
        (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_close(c->db); // NULL is allowed
    (void)pthread_mutex_destroy(&c->mutex);
    edo_rc_unref(c->config);
}

static int conn_flags(const edoi_sqlite_config *config, bool writes) {
    const int common = SQLITE_OPEN_NOMUTEX; // it has one of its own
    if (!writes || config->read_only) return common | SQLITE_OPEN_READONLY;
    return common | SQLITE_OPEN_READWRITE | (config->no_create ? 0 : SQLITE_OPEN_CREATE);
}

/* SQLite waits for the other end of a FIFO that it reads. */
static int conn_look_at(const char *path) {
    struct stat st;
    bool is_other = stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
    return is_other ? edo_fail(-EINVAL, "%s is no regular file", path) : 0;
}

int edoi_sqlite_conn_new(edoi_sqlite_conn **out, edoi_sqlite_config *config, bool writes) {
    int err = conn_look_at(config->path);
    if (err < 0) return err;
    edoi_sqlite_conn *c = edo_rc_new(sizeof *c, sqlite_conn_deinit);
    if (!c) return -ENOMEM;
    *c = (edoi_sqlite_conn){ .config = edo_rc_ref(config) };
    (void)pthread_mutex_init(&c->mutex, NULL);
    TAILQ_INIT(&c->statements);
    int result = sqlite3_open_v2(config->path, &c->db, conn_flags(config, writes), NULL);
    err = c->db ? edoi_sqlite_fail(c, result) : -ENOMEM;
    if (err == 0) err = conn_set_up(c, writes);
    if (err < 0) {
        edo_rc_unref(c);
        return edo_fail(err, "opening %s", config->path);
    }
    *out = c;
    return 0;
}
