/* SPDX-License-Identifier: MIT */
/* sqlite/migrate.c: migrations. What was done stands in a table of the database. A pass reads the
 * table, and does what is new; since others may do the same meanwhile, each migration looks again
 * in its own transaction. */
#include "sqlite/count.h"
#include "sqlite/db.h"

#include "base/error/trail.h"
#include "base/opts.h"
#include "base/text/sha1.h"
#include "value/migration.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NAME_BYTES_MAX 63 /* of the table */
#define SQL_BYTES      512
#define PAUSE_MS       20

typedef struct sqlite_migrator {
    edo_sqlite *db;
    const edo_migration *all;
    size_t n;
    const edo_migrate_opts *opts;
    const char *table;
    size_t at;       /* those below were done, by this call or before */
    int done_n;      /* by this call */
    bool is_partial; /* the pass has found one that was begun, and is not done */
} sqlite_migrator;

/* One migration: an argument for what is done with a connection or a transaction. */
typedef struct migration_step {
    sqlite_migrator *m;
    const edo_migration *x;
} migration_step;

typedef struct sqlite_done_row {
    int64_t version;
    bool success;
    edo_bytes checksum;
} sqlite_done_row;
EDO_DESCRIBE(sqlite_done_row, EDO_FIELD(sqlite_done_row, version),
             EDO_FIELD(sqlite_done_row, success), EDO_FIELD(sqlite_done_row, checksum))

/* Writes a statement; %w of the format is the table's name. */
static void sql_print(char out[SQL_BYTES], const sqlite_migrator *m, const char *format) {
    (void)sqlite3_snprintf(SQL_BYTES, out, format, m->table);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static void migration_sum(unsigned char out[EDOI_SHA1_BYTES], const edo_migration *x) {
    edoi_sha1(out, edo_str_of(x->sql));
}

static bool migration_is_same(const edo_migration *x, edo_str checksum) {
    unsigned char sum[EDOI_SHA1_BYTES];
    migration_sum(sum, x);
    return checksum.len == sizeof sum && memcmp(checksum.ptr, sum, sizeof sum) == 0;
}

/* Looks at one that was done; `x`: NULL: the list has it no more. */
static int migration_look(sqlite_migrator *m, const edo_migration *x, const sqlite_done_row *done) {
    if (!done->success) {
        m->is_partial = true;
        return edo_fail(-EDO_ESQL,
                        "migration %" PRId64 " was done in part: the database has to be mended by"
                        " hand",
                        done->version);
    }
    if (x && migration_is_same(x, done->checksum.str)) return 0;
    if (x)
        return edo_fail(-EDO_ESQL, "migration %" PRId64 " was changed after it was done",
                        x->version);
    if (m->opts->ignore_missing) return 0;
    return edo_fail(-EDO_ESQL, "migration %" PRId64 " was done, and is not there any more",
                    done->version);
}

static int migration_fail_late(const edo_migration *x, int64_t last) {
    return edo_fail(-EDO_ESQL, "migration %" PRId64 " is new, but %" PRId64 " was done", x->version,
                    last);
}

/* Both the list and the rows are in order: skips migrations in the list with smaller versions. */
static int migration_meet(sqlite_migrator *m, const sqlite_done_row *row,
                          const edo_migration **late) {
    while (m->at < m->n && m->all[m->at].version < row->version) {
        if (!*late) *late = &m->all[m->at];
        m->at++;
    }
    bool is_known = m->at < m->n && m->all[m->at].version == row->version;
    return migration_look(m, is_known ? &m->all[m->at++] : NULL, row);
}

/* Reads what was done, and looks at all of it. */
static int sqlite_migrate_read(sqlite_migrator *m) {
    char sql[SQL_BYTES];
    const edo_migration *late = NULL;
    int64_t last = 0;
    sqlite_done_row row;
    int rc;
    sql_print(sql, m, "select version, success, checksum from \"%w\" order by version");
    edo_seq *seq = edo_sqlite_rows(m->db, &sqlite_done_row_desc, sql, EDO_SQL_NONE);
    while ((rc = edo_seq_next(seq, &row)) == 1) {
        rc = migration_meet(m, &row, &late);
        if (rc < 0) break;
        last = row.version;
    }
    edo_seq_free(seq);
    return rc == 0 && late ? migration_fail_late(late, last) : rc;
}

typedef struct sqlite_table_row {
    bool is_there;
} sqlite_table_row;
EDO_DESCRIBE(sqlite_table_row, EDO_FIELD(sqlite_table_row, is_there))

/* Is there a table? 1: it is. */
static int sqlite_migrate_find_table(const sqlite_migrator *m) {
    sqlite_table_row row;
    int err = edo_sqlite_query_one(m->db, &row, &sqlite_table_row_desc,
                                   "select count(*) > 0 as is_there from sqlite_schema where type ="
                                   " 'table' and name = ?1 collate nocase",
                                   EDO_SQL(m->table));
    return err < 0 ? err : row.is_there;
}

/* ---- In a transaction ------------------------------------------------------------------------ */

static int sqlite_migrate_make_table(const sqlite_migrator *m, edo_sqlite *tx) {
    char sql[SQL_BYTES];
    sql_print(sql, m,
              "create table if not exists \"%w\" (version integer primary key, description text not"
              " null, installed_on text not null default current_timestamp, success int not null,"
              " checksum blob not null, execution_time int not null)");
    int n = edo_sqlite_exec(tx, sql, EDO_SQL_NONE);
    return n < 0 ? n : 0;
}

/* Is it still to be done? 1; 0: another program has done it since the table was read. */
static int migration_is_due(const migration_step *s, edo_sqlite *tx) {
    char sql[SQL_BYTES];
    sqlite_done_row row;
    int err = sqlite_migrate_make_table(s->m, tx);
    if (err < 0) return err;
    sql_print(sql, s->m,
              "select version, success, checksum from \"%w\" where version >= ?1 order by version"
              " limit 1");
    err = edo_sqlite_query_one(tx, &row, &sqlite_done_row_desc, sql, EDO_SQL(s->x->version));
    if (err < 0) return err == -EDO_ENOROW ? 1 : err;
    err = row.version == s->x->version ? migration_look(s->m, s->x, &row)
                                       : migration_fail_late(s->x, row.version);
    edo_value_deinit(&row, &sqlite_done_row_desc);
    return err;
}

static int migration_note(const migration_step *s, edo_sqlite *db, bool success,
                          edo_duration took) {
    char sql[SQL_BYTES];
    unsigned char sum[EDOI_SHA1_BYTES];
    migration_sum(sum, s->x);
    sql_print(sql, s->m,
              "insert into \"%w\" (version, description, success, checksum, execution_time) values"
              " (?1, ?2, ?3, ?4, ?5) on conflict (version) do update set success ="
              " excluded.success, execution_time = excluded.execution_time");
    edo_bytes checksum = edo_bytes_from_static((edo_str){ (const char *)sum, sizeof sum });
    int n =
        edo_sqlite_exec(db, sql, EDO_SQL(s->x->version, s->x->name, success, checksum, took.ns));
    return n < 0 ? n : 0;
}

static int commit_refuse(void *arg) {
    (void)arg;
    return 1;
}

static void rollback_note(void *arg) {
    *(bool *)arg = true;
}

/* Does the text. A commit in it, also one of a statement behind a rollback, would keep a part of
 * the migration: each becomes a rollback. A rollback may have another "begin" behind it. What the
 * text attaches, sets, or makes in temp ends with the connection. */
static int script_run(edoi_sqlite_conn *c, void *arg) {
    const migration_step *s = arg;
    bool has_rolled_back = false;
    c->is_spent = true;
    (void)sqlite3_commit_hook(c->db, commit_refuse, NULL);
    (void)sqlite3_rollback_hook(c->db, rollback_note, &has_rolled_back);
    int result = sqlite3_exec(c->db, s->x->sql, NULL, NULL, NULL);
    (void)sqlite3_rollback_hook(c->db, NULL, NULL);
    (void)sqlite3_commit_hook(c->db, NULL, NULL);
    bool is_over = result == SQLITE_OK && (has_rolled_back || edoi_sqlite_is_idle(c));
    return is_over || result == SQLITE_CONSTRAINT_COMMITHOOK
               ? edo_fail(-EINVAL, "the text ends the transaction that it is done in")
               : edoi_sqlite_fail_text(c, result);
}

static int migration_do_in_tx(edo_sqlite *tx, void *arg) {
    migration_step *s = arg;
    int due = migration_is_due(s, tx);
    if (due <= 0) return due;
    edo_instant start = edo_now();
    edo_span_block span;
    edoi_sqlite_span_begin(&span, tx, s->x->sql);
    int err = edoi_sqlite_span_end(&span, edoi_sqlite_do(tx, false, script_run, s));
    if (err == 0) err = migration_note(s, tx, true, edo_instant_since(edo_now(), start));
    return err < 0 ? err : 1;
}

/* ---- In none --------------------------------------------------------------------------------- */

/* Is the first statement one? Else nothing has begun yet, and nothing is noted. */
static int bare_check(edoi_sqlite_conn *c, void *arg) {
    const migration_step *s = arg;
    sqlite3_stmt *first = NULL;
    int err = edoi_sqlite_fail_text(c, sqlite3_prepare_v2(c->db, s->x->sql, -1, &first, NULL));
    (void)sqlite3_finalize(first);
    return err;
}

static int bare_begin(edo_sqlite *tx, void *arg) {
    migration_step *s = arg;
    int due = migration_is_due(s, tx);
    if (due <= 0) return due;
    int err = edoi_sqlite_do(tx, false, bare_check, s);
    if (err == 0) err = migration_note(s, tx, false, edo_ns(0));
    return err < 0 ? err : 1;
}

/* Restores the setting for foreign keys afterwards, since other tasks use the connection of a
 * database in memory. */
static int bare_run(edoi_sqlite_conn *c, void *arg) {
    const migration_step *s = arg;
    int keys = 0;
    c->is_spent = true;
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &keys);
    int err = edoi_sqlite_fail_text(c, sqlite3_exec(c->db, s->x->sql, NULL, NULL, NULL));
    if (!edoi_sqlite_is_idle(c)) {
        (void)edoi_sqlite_run(c, "rollback");
        if (err == 0) err = edo_fail(-EINVAL, "the text leaves a transaction open");
    }
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, (int *)NULL);
    return err;
}

/* That one was begun is noted before it is done; that it was done also if the task is cancelled. */
static int migration_do_bare(migration_step *s) {
    int due = edo_sqlite_run_tx(s->m->db, bare_begin, s);
    if (due <= 0) return due;
    edo_instant start = edo_now();
    edo_span_block span;
    edoi_sqlite_span_begin(&span, s->m->db, s->x->sql);
    int err = edoi_sqlite_span_end(&span, edoi_sqlite_do(s->m->db, false, bare_run, s));
    if (err < 0) return err;
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(EDO_FOREVER_NS));
    err = migration_note(s, s->m->db, true, edo_instant_since(edo_now(), start));
    (void)edo_shield_end(&shield, 0);
    return err < 0 ? err : 1;
}

/* ---- The call -------------------------------------------------------------------------------- */

static int migration_do(sqlite_migrator *m, const edo_migration *x) {
    migration_step s = { m, x };
    int n = edoi_migration_is_bare(x) ? migration_do_bare(&s)
                                      : edo_sqlite_run_tx(m->db, migration_do_in_tx, &s);
    if (n < 0) return edo_fail(n, "migration %" PRId64 " (%s)", x->version, x->name);
    m->done_n += n;
    return 0;
}

static int migrate_pass(sqlite_migrator *m) {
    m->at = 0;
    m->is_partial = false;
    int err = sqlite_migrate_find_table(m);
    if (err > 0) err = sqlite_migrate_read(m);
    if (m->opts->dry_run && err == 0) m->done_n = (int)(m->n - m->at);
    for (; m->at < m->n && err == 0 && !m->opts->dry_run; m->at++)
        err = migration_do(m, &m->all[m->at]);
    return err;
}

/* A migration without a transaction that another program is applying looks like a half-applied one:
 * waits to find out which it is. */
static int migrate_patiently(sqlite_migrator *m) {
    int err = migrate_pass(m);
    edo_instant until = edo_instant_add(edo_now(), m->db->pools->config->busy);
    while (err < 0 && m->is_partial && edo_instant_since(until, edo_now()).ns > 0) {
        edoi_trail_drop(err);
        err = edo_sleep(edo_ms(PAUSE_MS));
        if (err < 0) return err;
        err = migrate_pass(m);
    }
    return err;
}

static int migrate_check(const sqlite_migrator *m) {
    size_t n = strlen(m->table);
    if (!edoi_all_zero(m->opts->reserved, EDO_COUNT(m->opts->reserved))) return -EINVAL;
    if (n == 0 || n > NAME_BYTES_MAX)
        return edo_fail(-EINVAL, "a name has 1 to %d bytes", NAME_BYTES_MAX);
    if (m->db->tx) return edo_fail(-EINVAL, "migrations begin transactions of their own");
    return edoi_migrations_check(m->all, m->n);
}

int edo_sqlite_migrate(edo_sqlite *db, const edo_migration *all, size_t n,
                       const edo_migrate_opts *opts) {
    static const edo_migrate_opts defaults = { .table = NULL };
    sqlite_migrator m = { .db = db, .all = all, .n = n, .opts = opts ? opts : &defaults };
    m.table = m.opts->table ? m.opts->table : EDOI_MIGRATIONS_TABLE;
    int err = edo_budget_consume();
    if (err == 0) err = migrate_check(&m);
    if (err == 0) err = migrate_patiently(&m);
    return err < 0 ? err : m.done_n;
}
