/* SPDX-License-Identifier: MIT */
/* pg/migrate.c: migrations. What was done stands in a table of the database; an advisory lock keeps
 * other programs away meanwhile. The server computes the checksums. */
#include "pg/conn/script.h"
#include "pg/count.h"
#include "pg/db.h"
#include "pg/query.h"
#include "pg/value/quote.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "value/migration.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>
#include <edo/time.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SQL_BYTES    1024
#define UNLOCK_S     5
#define PAUSE_MS     20
#define PAUSE_MS_MAX 500
#define SUM_OF_TEXT  "sha384(convert_to($1, 'UTF8'))"

typedef struct session_state {
    char *sql;
} session_state;
EDO_DESCRIBE(session_state, EDO_FIELD(session_state, sql))

typedef struct migrator {
    edo_pg *conn;
    const edo_migration *all;
    size_t n;
    const edo_migrate_opts *opts;
    char table[2 * EDOI_PG_QUOTED_BYTES]; /* with its schema, as texts may change the path */
    session_state session;
    bool has_begun; /* a text, which may have set something */
} migrator;

typedef struct done_row {
    int64_t version;
    bool success;
    bool is_same; /* the checksum in the table matches the present text */
} done_row;
EDO_DESCRIBE(done_row, EDO_FIELD(done_row, version), EDO_FIELD(done_row, success),
             EDO_FIELD(done_row, is_same, .optional = true))

/* ---- Looking --------------------------------------------------------------------------------- */

static const edo_migration *migrate_find(const migrator *m, int64_t version) {
    for (size_t i = 0; i < m->n; i++)
        if (m->all[i].version == version) return &m->all[i];
    return NULL;
}

/* Makes the table if it is not there. */
static int migrate_make_table(const migrator *m) {
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "create table if not exists %s (version bigint primary key, description text not"
                   " null, installed_on timestamptz not null default now(), success boolean not"
                   " null, checksum bytea not null, execution_time bigint not null)",
                   m->table);
    int n = edo_pg_exec(m->conn, sql, EDO_SQL_NONE);
    return n < 0 ? n : 0;
}

/* Is the text that was applied the same as the present one? */
static int migrate_compare(const migrator *m, const edo_migration *x) {
    char sql[SQL_BYTES];
    done_row same;
    (void)snprintf(sql, sizeof sql,
                   "select version, success, checksum = " SUM_OF_TEXT
                   " as is_same from %s where version = $2",
                   m->table);
    int err = edo_pg_query_one(m->conn, &same, &done_row_desc, sql, EDO_SQL(x->sql, x->version));
    if (err < 0) return err;
    return same.is_same ? 0
                        : edo_fail(-EDO_ESQL, "migration %" PRId64 " was changed after it was done",
                                   x->version);
}

/* Looks at one that was done. */
static int migrate_look(const migrator *m, const done_row *done) {
    if (!done->success) {
        return edo_fail(-EDO_ESQL,
                        "migration %" PRId64 " was done in part: the database has to be"
                        " mended by hand",
                        done->version);
    }
    const edo_migration *x = migrate_find(m, done->version);
    if (x) return migrate_compare(m, x);
    if (m->opts->ignore_missing) return 0;
    return edo_fail(-EDO_ESQL, "migration %" PRId64 " was done, and is not there any more",
                    done->version);
}

/* Reads what was done; `*last` is the highest version. Each is looked at when all have been read,
 * since there is one connection. */
static int migrate_read(const migrator *m, int64_t *last, done_row **rows, size_t *rows_n) {
    char sql[SQL_BYTES];
    done_row row;
    int rc;
    (void)snprintf(sql, sizeof sql, "select version, success from %s order by version", m->table);
    edo_seq *seq = edo_pg_rows(m->conn, &done_row_desc, sql, EDO_SQL_NONE);
    while ((rc = edo_seq_next(seq, &row)) == 1) {
        done_row *more = edoi_realloc(*rows, (*rows_n + 1) * sizeof **rows);
        if (!more) {
            rc = -ENOMEM;
            break;
        }
        *rows = more;
        more[(*rows_n)++] = row;
        *last = row.version;
    }
    edo_seq_free(seq);
    return rc;
}

/* ---- Doing ----------------------------------------------------------------------------------- */

/* A text of one or several statements. */
static int migrate_script(edo_pg *pg, const char *sql) {
    edoi_pg_use u;
    edo_span_block span;
    edoi_pg_span_begin(&span, pg, sql);
    int err = edoi_pg_enter(&u, pg, NULL);
    if (err < 0) return edoi_pg_span_end(&span, err);
    err = edoi_pg_script(u.conn, sql);
    edoi_pg_leave(&u);
    return edoi_pg_span_end(&span, err);
}

/* Notes what the session has set, as a statement that sets it again: the role last, which may set
 * less than the user that has logged in. */
static int migrate_read_session(migrator *m) {
    return edo_pg_query_one(
        m->conn, &m->session, &session_state_desc,
        "select 'select ' || coalesce(pg_catalog.string_agg(pg_catalog.format("
        "'pg_catalog.set_config(%L, %L, false), ', name, setting), ''), '') || pg_catalog.format("
        "'pg_catalog.set_config(%L, %L, false), pg_catalog.set_config(%L, %L, false)',"
        " 'session_authorization', pg_catalog.current_setting('session_authorization'),"
        " 'role', pg_catalog.current_setting('role'))"
        " as sql from pg_catalog.pg_settings where source = 'session'"
        " and name <> 'statement_timeout'",
        EDO_SQL_NONE);
}

/* Restores the session's settings. A text may have set the role, the search_path or read-only
 * transactions, as the output of pg_dump does. */
static int migrate_put_right(const migrator *m, edo_pg *pg) {
    const char *const sql[] = { "set session authorization default", "reset all", m->session.sql };
    edoi_pg_use u;
    int err = edoi_pg_enter(&u, pg, NULL);
    if (err < 0) return err;
    u.conn->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    err = edoi_pg_commands(u.conn, sql, EDO_COUNT(sql));
    edoi_pg_leave(&u);
    return err;
}

static int migrate_note(const migrator *m, edo_pg *pg, const edo_migration *x, bool success,
                        edo_duration took) {
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql,
                   "insert into %s (version, description, success, checksum, execution_time)"
                   " values ($2, $3, $4, " SUM_OF_TEXT ", $5) on conflict (version) do update"
                   " set success = excluded.success, execution_time = excluded.execution_time",
                   m->table);
    int n = edo_pg_exec(pg, sql, EDO_SQL(x->sql, x->version, x->name, success, took.ns));
    return n < 0 ? n : 0;
}

/* Marks the transaction by a table lock, which it holds until it ends, whatever the text sets or
 * resets. The later insert into the table takes the same lock. A lock needs no snapshot, so the
 * text may still set the isolation level. */
static int migrate_mark(const migrator *m, edo_pg *tx) {
    char sql[SQL_BYTES];
    (void)snprintf(sql, sizeof sql, "lock table %s in row exclusive mode", m->table);
    int n = edo_pg_exec(tx, sql, EDO_SQL_NONE);
    return n < 0 ? n : 0;
}

typedef struct migrate_mark_row {
    bool is_there;
} migrate_mark_row;
EDO_DESCRIBE(migrate_mark_row, EDO_FIELD(migrate_mark_row, is_there))

/* Does the transaction still have its mark? 1: it does. */
static int migrate_find_mark(const migrator *m, edo_pg *tx) {
    migrate_mark_row row;
    int err = edo_pg_query_one(tx, &row, &migrate_mark_row_desc,
                               "select exists (select from pg_catalog.pg_locks where pid ="
                               " pg_catalog.pg_backend_pid() and locktype = 'relation' and mode ="
                               " 'RowExclusiveLock' and relation = $1::text::regclass) as is_there",
                               EDO_SQL(&m->table[0]));
    return err < 0 ? err : row.is_there;
}

/* Has the text ended its transaction? Then it may have begun another, which has failed since, or
 * goes on. Of one that has failed without a commit before nothing is left. Returns 1 or 0, or a
 * code. */
static int migrate_is_ended(const migrator *m, edo_pg *tx) {
    const edoi_pg_conn *c = m->conn->conn;
    if (!c->pg) return 0;
    PGTransactionStatusType status = PQtransactionStatus(c->pg);
    if (status == PQTRANS_IDLE || c->has_ended_tx) return 1;
    if (status == PQTRANS_INERROR) return 0;
    int found = migrate_find_mark(m, tx);
    return found < 0 ? found : !found;
}

/* The text has a "commit" or a "rollback" in it: what follows that was done outside of the
 * transaction, so it is unknown how much of the text is applied. Returns the failure. */
static int migrate_note_ended(const migrator *m, const edo_migration *x, int err) {
    (void)migrate_put_right(m, m->conn);
    (void)migrate_note(m, m->conn, x, false, edo_ns(0)); // else it would be done again
    return edo_fail(err < 0 ? err : -EINVAL, "the text ends the transaction that it is done in");
}

static int migrate_in_tx(const migrator *m, const edo_migration *x) {
    edo_pg *tx;
    edo_instant start = edo_now();
    int err = edo_pg_begin(&tx, m->conn, NULL);
    if (err < 0) return err;
    err = migrate_mark(m, tx);
    if (err == 0) err = migrate_script(tx, x->sql);
    // before the mark is looked for: the text may have left a role without the right to do that
    int right = err == 0 ? migrate_put_right(m, tx) : 0;
    int ended = migrate_is_ended(m, tx);
    if (err == 0 && ended == 0) err = right; // of one that the text has ended it says only that
    if (err == 0 && ended < 0) err = ended;
    if (err == 0 && ended == 0)
        err = migrate_note(m, tx, x, true, edo_instant_since(edo_now(), start));
    if (err == 0 && ended == 0) err = edo_pg_commit(tx);
    edo_pg_close(tx); // rolls back what the text may have begun, before anything is noted
    return ended > 0 ? migrate_note_ended(m, x, err) : err;
}

/* Takes the note of one back that was not even begun, as its text is no statement, or several. */
static int migrate_take_back(const migrator *m, const edo_migration *x, int err) {
    char sql[SQL_BYTES];
    const edo_pg_error *e = edo_pg_get_error();
    if (!e || strcmp(e->sqlstate, "42601") != 0) return err;
    (void)snprintf(sql, sizeof sql, "delete from %s where version = $1", m->table);
    (void)edo_pg_exec(m->conn, sql, EDO_SQL(x->version)); // else it counts as done in part
    return edo_fail(err, "without a transaction a migration is one statement");
}

/* One that cannot be undone: that it was begun is noted before. It is one statement, as several in
 * one text are a transaction of the server's. */
static int migrate_bare(const migrator *m, const edo_migration *x) {
    edo_instant start = edo_now();
    int err = migrate_note(m, m->conn, x, false, edo_ns(0));
    if (err < 0) return err;
    err = edo_pg_exec(m->conn, x->sql, EDO_SQL_NONE);
    if (err < 0) return migrate_take_back(m, x, err);
    err = migrate_put_right(m, m->conn);
    if (err < 0) return err;
    return migrate_note(m, m->conn, x, true, edo_instant_since(edo_now(), start));
}

static int migrate_do(migrator *m, const edo_migration *x) {
    if (m->opts->dry_run) return 0;
    m->has_begun = true;
    int err = edoi_migration_is_bare(x) ? migrate_bare(m, x) : migrate_in_tx(m, x);
    return edo_fail(err, "migration %" PRId64 " (%s)", x->version, x->name);
}

/* Does what is above `last`; below it nothing may be new. */
static int migrate_do_all(migrator *m, int64_t last, const done_row *rows, size_t rows_n) {
    int done_n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const edo_migration *x = &m->all[i];
        bool is_done = false;
        for (size_t r = 0; r < rows_n && !is_done; r++) is_done = rows[r].version == x->version;
        if (is_done) continue;
        if (x->version < last) {
            return edo_fail(-EDO_ESQL, "migration %" PRId64 " is new, but %" PRId64 " was done",
                            x->version, last);
        }
        int err = migrate_do(m, x);
        if (err < 0) return err;
        done_n++;
    }
    return done_n;
}

typedef struct table_row {
    bool is_there;
} table_row;
EDO_DESCRIBE(table_row, EDO_FIELD(table_row, is_there))

/* Makes the table, or looks for it where nothing may be done: 1; 0: it is not there. */
static int migrate_find_table(const migrator *m) {
    table_row row;
    if (!m->opts->dry_run) {
        int err = migrate_make_table(m);
        return err < 0 ? err : 1;
    }
    int err =
        edo_pg_query_one(m->conn, &row, &table_row_desc,
                         "select to_regclass($1) is not null as is_there", EDO_SQL(&m->table[0]));
    return err < 0 ? err : row.is_there;
}

static int migrate_locked(migrator *m) {
    done_row *rows = NULL;
    size_t rows_n = 0;
    int64_t last = 0;
    int err = migrate_find_table(m);
    if (err > 0) err = migrate_read(m, &last, &rows, &rows_n);
    for (size_t i = 0; i < rows_n && err == 0; i++) err = migrate_look(m, &rows[i]);
    if (err == 0) err = migrate_do_all(m, last, rows, rows_n);
    edoi_free(rows);
    return err;
}

#define LOCK_ARGS "(hashtext('edo_migrate'), hashtext(current_database()))"

typedef struct lock_row {
    bool is_ours;
} lock_row;
EDO_DESCRIBE(lock_row, EDO_FIELD(lock_row, is_ours))

/* Polls for the lock. A statement that waited for it would hold a snapshot, and "create index
 * concurrently" of the program that has the lock waits for all snapshots: a deadlock. */
static int migrate_lock(const migrator *m) {
    lock_row row = { false };
    for (int pause = PAUSE_MS;; pause = pause * 2 < PAUSE_MS_MAX ? pause * 2 : PAUSE_MS_MAX) {
        int err =
            edo_pg_query_one(m->conn, &row, &lock_row_desc,
                             "select pg_try_advisory_lock" LOCK_ARGS " as is_ours", EDO_SQL_NONE);
        if (err < 0 || row.is_ours) return err;
        err = edo_sleep(edo_ms(pause));
        if (err < 0) return err;
    }
}

/* Gives the lock back, also when the task is cancelled: others that wait for it get it sooner than
 * by the end of the connection. */
static int migrate_unlock(const migrator *m) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(UNLOCK_S));
    int end = edo_pg_exec(m->conn, "select pg_advisory_unlock" LOCK_ARGS, EDO_SQL_NONE);
    return edo_shield_end(&sh, end);
}

/* A connection is lent again only if it is as it was. A call that was cut short, or has failed, may
 * have taken the lock all the same; and what a text sets, or listens to, stays with the session. */
static int migrate_on(migrator *m) {
    edoi_pg_conn *c = m->conn->conn;
    int err = migrate_lock(m), end = err;
    if (err == 0) {
        err = migrate_locked(m);
        end = migrate_unlock(m);
    }
    bool is_spoiled = end < 0 || m->has_begun;
    if (is_spoiled && c->pg && !c->is_inner) edoi_pg_lose(c); // else it is undone
    return err;
}

/* One connection does not tell how a pooler lends its sessions: a second one does. */
static int migrate_meet_pooler(const migrator *m) {
    edoi_pg_config *config = m->conn->config;
    edoi_pg_conn *second = NULL;
    if (!edoi_pg_pooler_leaves_sessions(&config->pooler)) {
        if (edoi_pg_conn_new(&second, config) < 0) edo_trail_clear();
        edoi_pg_conn_free(second);
    }
    return edoi_pg_pooler_refuse(&config->pooler, "edo_pg_migrate()");
}

typedef struct schema_row {
    edo_str name;
} schema_row;
EDO_DESCRIBE(schema_row, EDO_FIELD(schema_row, name, .optional = true))

/* Qualifies the table's name with the current schema. Without a schema the server refuses. */
static int migrate_name_table(migrator *m, const char *table) {
    char schema[EDOI_PG_QUOTED_BYTES];
    schema_row row;
    int err = edo_pg_query_one(m->conn, &row, &schema_row_desc,
                               "select pg_catalog.current_schema()::text as name", EDO_SQL_NONE);
    if (err < 0) return err;
    bool has_one = row.name.ptr != NULL;
    err = has_one ? edoi_pg_quote_name(schema, row.name) : 0;
    edo_value_deinit(&row, &schema_row_desc);
    if (err == 0)
        (void)snprintf(m->table, sizeof m->table, "%s%s%s", has_one ? schema : "",
                       has_one ? "." : "", table);
    return err;
}

int edo_pg_migrate(edo_pg *pg, const edo_migration *all, size_t n, const edo_migrate_opts *opts) {
    static const edo_migrate_opts defaults = { .table = NULL };
    char table[EDOI_PG_QUOTED_BYTES];
    migrator m = { .all = all, .n = n, .opts = opts ? opts : &defaults };
    if (!edoi_all_zero(m.opts->reserved, EDO_COUNT(m.opts->reserved))) return -EINVAL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = edoi_pg_quote_name(table,
                             edo_str_of(m.opts->table ? m.opts->table : EDOI_MIGRATIONS_TABLE));
    if (err == 0) err = edoi_migrations_check(all, n);
    if (err < 0) return err;
    err = edo_pg_acquire(&m.conn, pg);
    if (err < 0) return err;
    err = migrate_meet_pooler(&m);
    if (err == 0) err = migrate_name_table(&m, table);
    if (err == 0) err = migrate_read_session(&m);
    if (err == 0) err = migrate_on(&m);
    edo_value_deinit(&m.session, &session_state_desc);
    edo_pg_close(m.conn);
    return err;
}
