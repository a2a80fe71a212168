/* SPDX-License-Identifier: MIT */
/* pg_store.c: see pg_store.h. */
#include "store_pg/pg_store.h"

#include "text.h"

#include <edo/error.h>
#include <edo/random.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that writes, one that reads the past, one that looks at the database, two that ask for what
 * is new, one that tells who comes and goes, one that renews the lease: three are left for those
 * that look up references (READS_FINDS), so the writer never waits. */
#define CONNECTIONS_MAX 10

/* ---- Failures -------------------------------------------------------------------------------- */

/* Whether the server would refuse what it was given at any time: it is no fit value, breaks a rule
 * of the table, or a limit that the table has. Others of its kind are not refused with it, so it is
 * not to be waited for. A limit that is of no table is the server's, as before a wraparound: it
 * refuses all, and may end. */
static bool pg_is_of_data(const edo_pg_error *why) {
    bool is_limit = memcmp(why->sqlstate, "54", 2) == 0;
    bool is_value = memcmp(why->sqlstate, "22", 2) == 0 || memcmp(why->sqlstate, "23", 2) == 0;
    return is_value || (is_limit && *why->table);
}

/* What the server refuses: -EINVAL  what it was given, ever; else it may take it later, as what
 * another has given it at the same time (unique). */
static int pg_code_of_refusal(const edo_pg_error *why) {
    if (!why) return -EIO;
    if (strcmp(why->sqlstate, "53100") == 0) return -ENOSPC;
    if (why->kind == EDO_PG_UNIQUE || why->kind == EDO_PG_RETRY) return -EAGAIN;
    if (why->kind == EDO_PG_CANCELED) return -ETIMEDOUT;
    return pg_is_of_data(why) ? -EINVAL : -EIO;
}

static int pg_code_of(int err) {
    switch (err) {
    case -EDO_ESQL: return pg_code_of_refusal(edo_pg_get_error());
    case -ECANCELED:
    case -EINVAL:
    case -ENOMEM:
    case -ETIMEDOUT: return err;
    default: return -EIO;
    }
}

int pg_result(int err, const char *what) {
    char why[EDO_TRAIL_TEXT_MAX];
    if (err >= 0) return 0;
    int code = pg_code_of(err);
    const edo_trail_entry *last = edo_trail_find(err);
    (void)snprintf(why, sizeof why, "%s", last ? last->text : edo_strerror(err));
    edo_trail_clear();
    return edo_fail(code, "%s: %s", what, why);
}

int pg_take_rows(void **out, const edo_buf *from, size_t bytes, size_t *n) {
    void *rows = malloc(from->len + 1);
    if (!rows) return -ENOMEM;
    if (from->len > 0) memcpy(rows, from->ptr, from->len);
    *out = rows;
    *n = from->len / bytes;
    return 0;
}

/* ---- The rest of its functions --------------------------------------------------------------- */

/* The server says that something is kept when it is on its disk. */
static int pg_store_sync(store *base) {
    (void)base;
    return 0;
}

static int pg_store_check(store *base) {
    EDO_DEADLINE(d, PG_READ_MAX);
    int n = edo_pg_exec(((pg_store *)base)->db, "select 1", EDO_SQL_NONE);
    return pg_result(edo_deadline_end(&d, n), "asking the database");
}

static const char *pg_store_identity(const store *base) {
    return ((const pg_store *)base)->identity;
}

/* Of its files PostgreSQL tells its own operator. */
static void pg_store_damage(store *base, char *out, size_t bytes) {
    (void)base;
    if (bytes > 0) *out = '\0';
}

static void pg_store_free(store *base) {
    pg_store *self = (pg_store *)base;
    edo_pg_close(self->db);
    free(self);
}

/* ---- Opening --------------------------------------------------------------------------------- */

typedef struct pg_identity {
    char text[STORE_IDENTITY_BYTES + 1];
} pg_identity;
EDO_DESCRIBE(pg_identity, EDO_FIELD(pg_identity, text))

/* A copy of the database is another one, and so are two schemas of one. */
static int pg_store_identify(pg_store *self) {
    pg_identity is;
    int err = edo_pg_query_one(self->db, &is, &pg_identity_desc,
                               "select md5(concat_ws(' ', system_identifier, current_database(),"
                               " current_schema())) as text from pg_control_system()",
                               EDO_SQL_NONE);
    if (err == 0) memcpy(self->identity, is.text, sizeof is.text);
    return err < 0 ? err : 0;
}

/* Without chance the time will do: no two programs share a serial for one message. */
static void pg_store_begin_run(pg_store *self) {
    uint64_t run;
    if (edo_random(&run, sizeof run) < 0) run = (uint64_t)edo_now().ns;
    (void)snprintf(self->run, sizeof self->run, "%016" PRIx64, run);
}

/* What is told as kept is to survive a crash of the server, whatever its default is; one that waits
 * for standbys too stays so. A node has a name in pg_stat_activity, unless the URL has one. */
#define PG_DURABLE                                                                                 \
    "select set_config('synchronous_commit', 'on', false)"                                         \
    " where current_setting('synchronous_commit') in ('off', 'local');"
#define PG_NAMED                                                                                   \
    "select set_config('application_name', 'edo-chat %s', false)"                                  \
    " where current_setting('application_name') = 'edo';"

/* Each room has one row that its messages wait for, one after the other: with another isolation as
 * the default of the role, or of the database, what has waited would fail, as the row has changed.
 * The first line is for this transaction, in which the others are. */
#define PG_ISOLATION                                                                               \
    "set transaction isolation level read committed;"                                              \
    "set session characteristics as transaction isolation level read committed;"

static int pg_store_connect(pg_store *self, const char *url, const char *node) {
    char *sql;
    int n = node ? asprintf(&sql, PG_ISOLATION PG_DURABLE PG_NAMED "%s", node, pg_gap_sql)
                 : asprintf(&sql, PG_ISOLATION PG_DURABLE "%s", pg_gap_sql);
    if (n < 0) return -ENOMEM;
    const edo_pg_opts opts = { .pool = { .max = CONNECTIONS_MAX, .name = "chat" },
                               .no_cancel = true, // a commit may wait for a standby
                               .connect_sql = sql };
    int err = edo_pg_connect(&self->db, edo_str_of(url), &opts);
    free(sql);
    return err;
}

typedef struct pg_session {
    int64_t pid;
} pg_session;
EDO_DESCRIBE(pg_session, EDO_FIELD(pg_session, pid))

static int pg_store_begin_session(edo_pg **out, edo_pg *db, pg_session *is) {
    int err = edo_pg_acquire(out, db);
    if (err < 0) return err;
    return edo_pg_query_one(*out, is, &pg_session_desc, "select pg_backend_pid()::int8 as pid",
                            EDO_SQL_NONE);
}

/* Whether the server has not, or has already, what this connection has prepared, or not: its
 * session is another one's. */
static bool pg_is_pooled(int err) {
    const edo_pg_error *why = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    return why && (strcmp(why->sqlstate, "42P05") == 0 || strcmp(why->sqlstate, "26000") == 0);
}

/* One session of the server has to serve a connection for as long as that is there, as settings and
 * what is prepared are the session's. A pooler that lends sessions for a transaction gives two
 * connections the same one, which is seen while nobody else comes. Without a second connection
 * nothing is known. */
static int pg_store_check_sessions(edo_pg *db) {
    pg_session first = { 0 }, second = { 0 };
    edo_pg *one = NULL, *other = NULL;
    EDO_DEADLINE(d, edo_s(2));
    int err = pg_store_begin_session(&one, db, &first);
    if (err == 0) err = pg_store_begin_session(&other, db, &second);
    err = edo_deadline_end(&d, err);
    bool is_pooled = err == 0 ? first.pid == second.pid : pg_is_pooled(err);
    edo_pg_close(other);
    edo_pg_close(one);
    if (is_pooled) return -ENOTSUP;
    if (err < 0 && err != -ECANCELED) edo_trail_clear();
    return err == -ECANCELED ? err : 0;
}

/* Ends the start: its trail says what the server has said. */
static int pg_store_fail(int err) {
    if (err == -ENOTSUP || pg_is_pooled(err)) {
        edo_trail_clear();
        err = edo_fail(-ENOTSUP, "a pooler lends its sessions for a transaction each: the chat "
                                 "needs pool_mode = session of PgBouncer");
    }
    return edo_fail(err, "opening the database");
}

int store_pg_open(store **out, const char *url, const char *node) {
    static const store_ops ops = {
        .order = pg_store_order,
        .page = pg_store_page,
        .find = pg_store_find,
        .news = pg_store_news,
        .made = pg_store_made,
        .identity = pg_store_identity,
        .rooms = pg_store_rooms,
        .keep = pg_store_keep,
        .names = pg_store_names,
        .renew = pg_store_renew,
        .move = pg_store_move,
        .where = pg_store_where,
        .find_person = pg_store_find_person,
        .limit = pg_store_limit,
        .sync = pg_store_sync,
        .check = pg_store_check,
        .damage = pg_store_damage,
        .free = pg_store_free,
    };
    pg_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = &ops;
    self->clock.ahead_ms = PG_CLOCK_UNKNOWN;
    pg_store_begin_run(self);
    int err = pg_store_connect(self, url, node);
    if (err == 0) err = pg_store_check_sessions(self->db);
    if (err == 0) err = pg_tables_make(self->db);
    if (err == 0) err = pg_store_identify(self);
    if (err < 0) {
        pg_store_free(&self->base);
        return pg_store_fail(err);
    }
    *out = &self->base;
    return 0;
}
