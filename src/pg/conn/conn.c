/* SPDX-License-Identifier: MIT */
/* pg/conn/conn.c: see conn.h. */
#include "pg/conn/conn.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/text/ascii.h"
#include "base/text/c_locale.h"
#include "fd/fd.h"
#include "pg/conn/fault.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PEEKS_MAX 4       /* each may read 16 KiB */
#define READ_ONLY "25006" /* the transaction may not write */

void edoi_pg_lose(edoi_pg_conn *c) {
    edoi_pg_pooler_remove(&c->config->pooler, &c->pooled); // before the socket: others look at it
    edo_fd_close(c->fd); // first: a duplicate would keep the connection open
    c->fd = NULL;
    if (c->pg) PQfinish(c->pg);
    c->pg = NULL;
    c->rest = (edoi_pg_rest){ .ssl = NULL };
    c->is_cut = c->must_reply = false;
    c->syncs_n = 0;
}

int edoi_pg_conn_fail(edoi_pg_conn *c) {
    int err = edoi_pg_fail_lost(c->pg);
    edoi_pg_lose(c);
    return err;
}

/* An await was cut short: what was begun is not over; or the connection is lost. */
static int conn_cut_by(edoi_pg_conn *c, int err) {
    if (c->must_reply && c->pg)
        c->is_cut = true; // there is nothing to cancel
    else
        edoi_pg_cut(c);
    return err;
}

int edoi_pg_sync(edoi_pg_conn *c) {
    EDO_INV("conn inv. 3", c->pg && c->fd);
    if (!PQpipelineSync(c->pg)) return edoi_pg_conn_fail(c);
    c->syncs_n++;
    return 0;
}

/* libpq keeps each notification until it is read, and a server that was not listened to sends all
 * that it has in front of the next result. */
static void conn_drop_notes(PGconn *pg) {
    PGnotify *note;
    while ((note = PQnotifies(pg))) PQfreemem(note);
}

bool edoi_pg_consume(edoi_pg_conn *c) {
    locale_t before = edoi_c_locale_begin(); // its words are read: fault.c
    bool ok = PQconsumeInput(c->pg) != 0;
    edoi_c_locale_end(before);
    if (ok && !c->keeps_notes) conn_drop_notes(c->pg);
    return ok;
}

/* As PQflush(). */
static int conn_push(edoi_pg_conn *c) {
    locale_t before = edoi_c_locale_begin();
    int left = PQflush(c->pg);
    edoi_c_locale_end(before);
    return left;
}

int edoi_pg_flush(edoi_pg_conn *c) {
    int left;
    c->is_asked = false;
    while ((left = conn_push(c)) == 1) {
        // the server may wait until we read, before it reads on
        int ready = edoi_pg_await(c, EDO_IO_READ | EDO_IO_WRITE);
        if (ready < 0) return conn_cut_by(c, ready);
        if (((uint32_t)ready & EDO_IO_READ) && !edoi_pg_consume(c)) return edoi_pg_conn_fail(c);
    }
    return left < 0 ? edoi_pg_conn_fail(c) : 0;
}

/* A record of TLS has up to 16 KiB, and libpq reads as much of it as its buffer has room for, which
 * may be 8 KiB: of the rest the socket says nothing. libpq looks for it, too, but only in its calls
 * that block. */
bool edoi_pg_has_rest(const edoi_pg_conn *c) {
    return c->rest.of && c->rest.of(c->rest.ssl) > 0;
}

/* Waits until libpq has a result, or the end of a command's. */
static int conn_wait(edoi_pg_conn *c) {
    while (PQisBusy(c->pg)) {
        int ready = edoi_pg_await(c, EDO_IO_READ);
        if (ready < 0) return conn_cut_by(c, ready);
        if (!edoi_pg_consume(c)) return edoi_pg_conn_fail(c);
    }
    return 0;
}

int edoi_pg_next(edoi_pg_conn *c, PGresult **out) {
    int err = conn_wait(c);
    if (err < 0) return err;
    PGresult *r = PQgetResult(c->pg);
    if (r && PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
        EDO_INV("conn inv. 1", c->syncs_n > 0);
        c->syncs_n--;
        edoi_pg_heard(c);
    }
    if (!r && PQstatus(c->pg) == CONNECTION_BAD) return edoi_pg_conn_fail(c);
    *out = r;
    return 0;
}

static bool tag_is_one_of(const char *tag, const char *const tags[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(tag, tags[i]) == 0) return true;
    return false;
}

bool edoi_pg_sets(PGresult *r) {
    static const char *const tags[] = { "SET", "RESET", "DISCARD ALL", "DO", "CALL" };
    return tag_is_one_of(PQcmdStatus(r), tags, EDO_COUNT(tags));
}

/* May this "set" change a setting that the text of values depends on? The command tag alone does
 * not show it: "set transaction" and "set local", common in transactions, have it, too. */
static bool set_is_of_forms(const char *sql) {
    static const char *const parts[] = { "style", "float_digits", "bytea", "names", "encoding" };
    edo_str left = edo_str_of(sql ? sql : parts[0]);
    for (; left.len > 0; left.ptr++, left.len--)
        for (size_t i = 0; i < EDO_COUNT(parts); i++)
            if (edoi_begins_nocase(left, edo_str_of(parts[i]))) return true;
    return false;
}

/* Statements are forgotten later: some may be under way behind this one. */
void edoi_pg_note(edoi_pg_conn *c, PGresult *r, const char *sql) {
    static const char *const any[] = { "RESET", "DISCARD ALL", "DO", "CALL" };
    const char *tag = PQcmdStatus(r);
    if (tag_is_one_of(tag, any, EDO_COUNT(any))) c->wants_forms = true;
    if (strcmp(tag, "SET") == 0 && set_is_of_forms(sql)) c->wants_forms = true;
    if (strcmp(tag, "ROLLBACK") == 0) edoi_pg_note_rollback(c);
    if (strcmp(tag, "DISCARD ALL") == 0 || strcmp(tag, "DEALLOCATE ALL") == 0)
        c->has_forgotten = true;
    if (strncmp(tag, "ALTER ", 6) == 0) c->has_altered = true;
    if (strcmp(tag, "COMMIT") == 0 || strcmp(tag, "PREPARE TRANSACTION") == 0)
        c->has_ended_tx = true;
}

void edoi_pg_clear_forgotten(edoi_pg_conn *c) {
    if (!edoi_pg_keeps_session(c)) {
        edoi_pg_statements_clear(&c->statements);
        c->statements.max = 0;
    }
    if (c->has_forgotten) edoi_pg_statements_clear(&c->statements);
    // in the transaction that has altered a table each new try would meet the same
    if (c->has_altered) edoi_pg_statements_doom_all(&c->statements);
    c->has_forgotten = c->has_altered = false;
}

void edoi_pg_tell_stale(edoi_pg_conn *c) {
    (void)edoi_add_rlx_u64(&c->config->stale_n, 1);
}

void edoi_pg_forget_stale(edoi_pg_conn *c) {
    uint64_t n = edoi_load_rlx_u64(&c->config->stale_n);
    if (c->stale_n == n) return;
    c->stale_n = n;
    edoi_pg_statements_doom_all(&c->statements);
}

bool edoi_pg_is_copy(const PGresult *r) {
    ExecStatusType status = r ? PQresultStatus(r) : PGRES_COMMAND_OK;
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/* Clears a result that begins a copy where none can be done. libpq would return such results for
 * ever, so the connection is lost. Returns -ENOTSUP. */
static int conn_refuse_copy(edoi_pg_conn *c, PGresult *r) {
    PQclear(r);
    edoi_pg_lose(c);
    return edo_fail(-ENOTSUP, "a statement copies where no copy can be");
}

void edoi_pg_prepared(edoi_pg_conn *c, bool ok) {
    edoi_pg_statement *st = STAILQ_FIRST(&c->preparing);
    STAILQ_REMOVE_HEAD(&c->preparing, next_sent);
    st->is_sent = false;
    st->is_prepared = ok;
}

/* The result of a Parse has no tag. */
static void drain_note(edoi_pg_conn *c, PGresult *r) {
    if (!r || PQresultStatus(r) != PGRES_COMMAND_OK) return;
    const char *tag = PQcmdStatus(r);
    edoi_pg_note(c, r, NULL);
    if (*tag == '\0' && !STAILQ_EMPTY(&c->preparing)) edoi_pg_prepared(c, true);
    if (strcmp(tag, "DEALLOCATE") == 0 && !TAILQ_EMPTY(&c->statements.doomed))
        edoi_pg_statements_forgotten(&c->statements);
}

int edoi_pg_drain(edoi_pg_conn *c) {
    while (c->syncs_n > 0) {
        PGresult *r = NULL;
        int err = edoi_pg_next(c, &r);
        if (err < 0) return err;
        if (edoi_pg_is_copy(r)) return conn_refuse_copy(c, r);
        drain_note(c, r);
        PQclear(r);
    }
    while (!STAILQ_EMPTY(&c->preparing)) edoi_pg_prepared(c, false);
    return 0;
}

ssize_t edoi_pg_peek(const edoi_pg_conn *c) {
    char byte;
    ssize_t n = recv(PQsocket(c->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 ? -errno : n;
}

bool edoi_pg_is_alive(edoi_pg_conn *c) {
    if (!c->pg || PQstatus(c->pg) != CONNECTION_OK) return false;
    if (edoi_fd_is_quiet(c->fd)) return true;
    // a farewell, and the end behind it, come one after the other; notifications may come for ever
    for (int i = 0; i < PEEKS_MAX; i++) {
        ssize_t n = edoi_pg_peek(c);
        if (n <= 0) return n == -EAGAIN;
        if (!edoi_pg_consume(c) || PQisBusy(c->pg)) return false;
    }
    return false;
}

/* Has a setting that the server reports the wanted value? One that it does not report counts as
 * wanted. */
static bool conn_tells(const edoi_pg_conn *c, const char *name, bool wanted) {
    const char *value = PQparameterStatus(c->pg, name);
    return !value || (strcmp(value, "on") == 0) == wanted;
}

bool edoi_pg_is_wanted(const edoi_pg_conn *c) {
    static const char standby[] = "in_hot_standby", reads[] = "default_transaction_read_only";
    const edoi_pg_target *t = &c->config->target;
    if (t->wants_writes)
        return !c->is_read_only && conn_tells(c, standby, false) &&
               (c->reads_by_itself || conn_tells(c, reads, false));
    if (t->wants_primary) return !c->is_read_only && conn_tells(c, standby, false);
    if (t->wants_standby) return conn_tells(c, standby, true);
    return !t->wants_reads || conn_tells(c, standby, true) || conn_tells(c, reads, true);
}

/* Before version 14 a server does not tell otherwise. */
void edoi_pg_note_failure(edoi_pg_conn *c, const PGresult *r) {
    const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (PQparameterStatus(c->pg, "in_hot_standby")) return;
    if (sqlstate && strcmp(sqlstate, READ_ONLY) == 0) c->is_read_only = true;
}

void edoi_pg_leave_rest(edoi_pg_conn *c) {
    if (c->pg && c->syncs_n > 0) c->is_cut = true;
}

/* ---- Statements without arguments ------------------------------------------------------------ */

/* Reads the results of commands and their sync. */
static int command_end(edoi_pg_conn *c) {
    int failure = 0;
    while (c->syncs_n > 0) {
        PGresult *r = NULL;
        int err = edoi_pg_next(c, &r);
        if (err < 0) return err;
        if (edoi_pg_is_copy(r)) return conn_refuse_copy(c, r);
        if (r && PQresultStatus(r) == PGRES_FATAL_ERROR) {
            edoi_pg_note_failure(c, r);
            failure = edoi_pg_fail(r, NULL, c->config->has_details);
        }
        PQclear(r);
    }
    return failure;
}

/* Sends them, and their sync. */
static int commands_send(edoi_pg_conn *c, const char *const sql[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!PQsendQueryParams(c->pg, sql[i], 0, NULL, NULL, NULL, NULL, 0))
            return edoi_pg_conn_fail(c);
    return edoi_pg_sync(c);
}

int edoi_pg_commands(edoi_pg_conn *c, const char *const sql[], size_t n) {
    int err = commands_send(c, sql, n);
    if (err == 0) err = edoi_pg_flush(c);
    return err == 0 ? command_end(c) : err;
}

int edoi_pg_command(edoi_pg_conn *c, const char *sql) {
    return edoi_pg_commands(c, &sql, 1);
}

bool edoi_pg_ask(edoi_pg_conn *c) {
    return edoi_pg_sync(c) == 0 && conn_push(c) >= 0;
}

bool edoi_pg_read_replies(edoi_pg_conn *c) {
    while (c->syncs_n > 0 && !PQisBusy(c->pg)) {
        PGresult *r = PQgetResult(c->pg);
        if (!r && PQstatus(c->pg) == CONNECTION_BAD) return false;
        if (r && PQresultStatus(r) == PGRES_PIPELINE_SYNC) c->syncs_n--;
        PQclear(r);
    }
    return true;
}

void edoi_pg_post(edoi_pg_conn *c, const char *const sql[], size_t n) {
    if (!c->pg) return;
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    c->is_cut = true;
    // what the socket does not take now is sent by the next user
    if (commands_send(c, sql, n) == 0 && conn_push(c) < 0) edoi_pg_lose(c);
}

/* ---- A walk ---------------------------------------------------------------------------------- */

/* At most EDOI_PG_STATEMENTS_MAX statements. */
static void conn_check_statements(const edoi_pg_conn *c) {
    const edoi_pg_statement *st;
    size_t sent_n = 0, preparing_n = 0;
    TAILQ_FOREACH(st, &c->statements.all, next) sent_n += st->is_sent;
    STAILQ_FOREACH(st, &c->preparing, next_sent) {
        EDO_INV("conn inv. 6", st->is_sent && !st->is_prepared);
        preparing_n++;
    }
    EDO_INV("conn inv. 6", sent_n == preparing_n);
}

void edoi_pg_conn_check(const edoi_pg_conn *c) {
    bool is_whole = c->pg && !c->is_cut;
    EDO_INV("conn inv. 2", !c->is_cut || c->pg);
    EDO_INV("conn inv. 3", !c->pg == !c->fd);
    EDO_INV("conn inv. 1", c->pg || c->syncs_n == 0);
    EDO_INV("conn inv. 5", !is_whole || c->syncs_n == 0);
    EDO_INV("conn inv. 5", !is_whole || STAILQ_EMPTY(&c->preparing));
    EDO_INV("conn inv. 5", !is_whole || !c->cancel);
    conn_check_statements(c);
}
