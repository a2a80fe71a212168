/* SPDX-License-Identifier: MIT */
/* pg/query.c: see query.h. */
#include "pg/query.h"

#include "base/assert.h"
#include "base/text/ascii.h"
#include "pg/conn/fault.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCRATCH_MAX     65536u /* bytes of a connection that are kept between statements */
#define TEXT_BYTES      (EDOI_PG_NAME_BYTES + 16)
#define DEALLOCATES_MAX 16u /* with one statement */
#define BLANKS          " \t\r\n\f\v"

/* ---- Sending --------------------------------------------------------------------------------- */

int64_t edoi_pg_timeout_for(edo_duration left) {
    if (left.ns < 0) return 0;
    int64_t ms = left.ns / 1000000 + 1, step = 1;
    if (ms > INT32_MAX / 2) ms = INT32_MAX / 2;
    while (step * 16 <= ms) step *= 2;
    return (ms + step - 1) / step * step;
}

static bool send_text(edoi_pg_conn *c, const char *sql) {
    return PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

static void timeout_set_print(edoi_pg_timeout_set *set, int64_t ms) {
    set->ms = ms;
    if (ms == 0) {
        (void)snprintf(set->sql, sizeof set->sql, "set statement_timeout to default");
    } else {
        (void)snprintf(set->sql, sizeof set->sql, "set statement_timeout to %" PRId64, ms);
    }
}

bool edoi_pg_timeout_is_short(const edoi_pg_conn *c, edoi_pg_timeout_set *out) {
    if (!edoi_pg_keeps_session(c) || c->timeout_ms == 0) return false;
    int64_t ms = edoi_pg_timeout_for(edo_deadline_left());
    if (c->timeout_ms != EDOI_PG_TIMEOUT_UNKNOWN && ms != 0 && c->timeout_ms >= ms) return false;
    timeout_set_print(out, ms);
    return true;
}

static bool send_timeout(edoi_pg_conn *c, edoi_pg_query *q) {
    edoi_pg_timeout_set set;
    q->timeout_ms = c->timeout_ms;
    q->sets_timeout = false;
    // what was told before a pooler was noticed is taken back once
    if (!edoi_pg_keeps_session(c) && !c->has_told_timeout) return true;
    q->timeout_ms = edoi_pg_keeps_session(c) ? edoi_pg_timeout_for(edo_deadline_left()) : 0;
    c->has_told_timeout = q->timeout_ms != 0;
    q->sets_timeout = q->timeout_ms != c->timeout_ms;
    if (!q->sets_timeout) return true;
    timeout_set_print(&set, q->timeout_ms);
    return send_text(c, set.sql);
}

/* Deallocates what is doomed. Where that failed it would take a transaction along. */
static bool send_deallocations(edoi_pg_conn *c, edoi_pg_query *q) {
    char sql[TEXT_BYTES];
    const edoi_pg_statement *st;
    q->deallocates_n = 0;
    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE) return true;
    TAILQ_FOREACH(st, &c->statements.doomed, next) {
        if (q->deallocates_n == DEALLOCATES_MAX) break;
        (void)snprintf(sql, sizeof sql, "deallocate %s", st->name);
        if (!send_text(c, sql)) return false;
        q->deallocates_n++;
    }
    return true;
}

static bool query_has_group(const edoi_pg_query *q) {
    return q->sets_timeout || q->deallocates_n;
}

static int query_lost(edoi_pg_conn *c) {
    return c->pg ? edoi_pg_conn_fail(c) : -ECONNRESET;
}

int edoi_pg_query_send_preamble(edoi_pg_conn *c, edoi_pg_query *q) {
    if (!send_timeout(c, q) || !send_deallocations(c, q)) return query_lost(c);
    return query_has_group(q) ? edoi_pg_sync(c) : 0;
}

static bool send_preparation(edoi_pg_conn *c, edoi_pg_query *q) {
    edoi_pg_statement *st = q->statement;
    q->prepares = st && !st->is_prepared && !st->is_sent;
    if (!q->prepares) return true;
    st->is_sent = true;
    STAILQ_INSERT_TAIL(&c->preparing, st, next_sent);
    return PQsendPrepare(c->pg, st->name, q->sql, 0, NULL) == 1;
}

static bool send_statement(edoi_pg_conn *c, edoi_pg_query *q) {
    const edoi_pg_args *a = &q->made;
    const char *const *values = (const char *const *)a->values;
    if (q->statement) {
        return PQsendQueryPrepared(c->pg, q->statement->name, a->n, values, a->lengths, a->formats,
                                   0) == 1;
    }
    return PQsendQueryParams(c->pg, q->sql, a->n, NULL, values, a->lengths, a->formats, 0) == 1;
}

int edoi_pg_query_send_body(edoi_pg_conn *c, edoi_pg_query *q) {
    return send_preparation(c, q) && send_statement(c, q) ? 0 : query_lost(c);
}

void edoi_pg_query_scratch(edoi_pg_conn *c) {
    if (c->scratch.bytes > SCRATCH_MAX) {
        edo_arena_deinit(&c->scratch);
    } else {
        edo_arena_reset(&c->scratch);
    }
}

static int query_send(edoi_pg_conn *c, edoi_pg_query *q) {
    EDO_INV("conn inv. 4", c->syncs_n == 0);
    edoi_pg_clear_forgotten(c);
    edoi_pg_query_scratch(c);
    int err = edoi_pg_args_make(&q->made, q->args, &c->scratch);
    if (err < 0) return err;
    // nothing can be prepared in a transaction that has failed, nor where others prepare, too
    q->statement = q->is_taken || PQtransactionStatus(c->pg) == PQTRANS_INERROR
                       ? NULL
                       : edoi_pg_statements_get(&c->statements, q->sql);
    err = edoi_pg_query_send_preamble(c, q);
    if (err == 0) err = edoi_pg_query_send_body(c, q);
    if (err == 0) err = edoi_pg_sync(c);
    if (err == 0) err = edoi_pg_flush(c);
    c->is_asked = err == 0;
    return err;
}

/* ---- Results --------------------------------------------------------------------------------- */

/* Takes a word, and the blanks before it, off the end of a text that has both. */
static bool query_take_word(edo_str *sql, edo_str word) {
    if (sql->len < word.len) return false;
    size_t n = sql->len - word.len;
    if (!edoi_equal_nocase((edo_str){ sql->ptr + n, word.len }, word)) return false;
    sql->len = n;
    while (sql->len > 0 && strchr(BLANKS, sql->ptr[sql->len - 1])) sql->len--;
    return sql->len < n;
}

/* Is it "… and chain"? The command tag does not show that, and "rollback to" has the same tag. */
static bool query_chains(const char *text) {
    edo_str sql = edo_str_of(text);
    while (sql.len > 0 && strchr(BLANKS ";", sql.ptr[sql.len - 1])) sql.len--;
    return query_take_word(&sql, EDO_STR("chain")) && query_take_word(&sql, EDO_STR("and"));
}

/* A "rollback" of the program's undoes a "set" of its transaction. */
static void query_note(edoi_pg_conn *c, edoi_pg_query *q, PGresult *r) {
    bool rolls_back = strcmp(PQcmdStatus(r), "ROLLBACK") == 0;
    if (rolls_back || edoi_pg_sets(r)) q->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    if (rolls_back && query_chains(q->sql)) c->has_ended_tx = true;
    edoi_pg_note(c, r, q->sql);
}

/* Keeps a failure. Nothing else that is no row and no end can come in a pipeline. */
int edoi_pg_query_look(edoi_pg_conn *c, edoi_pg_query *q, PGresult *r) {
    switch (PQresultStatus(r)) {
    case PGRES_COMMAND_OK: query_note(c, q, r); return 1;
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC: return 1;
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_FATAL_ERROR:
        if (q->failure) break;
        q->failure = r;
        return 0;
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    default:
        PQclear(r);
        edoi_pg_lose(c);
        return edo_fail(-ENOTSUP,
                        "a statement that copies wants edo_pg_copy_in() or edo_pg_copy_out()");
    }
    PQclear(r);
    return 0;
}

/* Reads the result, and the end, of a command in front of the statement; `*ok`: it was done. */
static int query_read_before(edoi_pg_conn *c, edoi_pg_query *q, bool *ok) {
    *ok = true;
    for (;;) {
        PGresult *r = NULL;
        int err = edoi_pg_next(c, &r);
        if (err < 0 || !r) return err;
        // what is edo's own changes nothing that has to be noted
        err = PQresultStatus(r) == PGRES_COMMAND_OK ? 1 : edoi_pg_query_look(c, q, r);
        if (err < 0) return err;
        *ok = *ok && err > 0;
        if (err > 0) PQclear(r);
    }
}

static bool query_has_failed_by(const edoi_pg_query *q, const char *sqlstate) {
    const char *has = PQresultErrorField(q->failure, PG_DIAG_SQLSTATE);
    return has && strcmp(has, sqlstate) == 0;
}

static void query_drop_failure(edoi_pg_query *q) {
    PQclear(q->failure);
    q->failure = NULL;
}

/* Reads the end of the first group. */
static int query_read_sync(edoi_pg_conn *c) {
    PGresult *r = NULL;
    int err = edoi_pg_next(c, &r);
    PQclear(r);
    return err;
}

/* Reads what became of the statements that were deallocated. One that the server did not know is
 * gone, too; those behind it were not looked at. */
static int query_read_deallocations(edoi_pg_conn *c, edoi_pg_query *q, bool *all) {
    bool ok;
    for (unsigned i = 0; i < q->deallocates_n; i++) {
        int err = query_read_before(c, q, &ok);
        if (err < 0) return err;
        if (*all) edoi_pg_statements_forgotten(&c->statements);
        *all = *all && ok;
    }
    return 0;
}

int edoi_pg_query_read_preamble(edoi_pg_conn *c, edoi_pg_query *q) {
    bool ok = true;
    if (!query_has_group(q)) return 0;
    int err = q->sets_timeout ? query_read_before(c, q, &ok) : 0;
    if (err == 0) err = query_read_deallocations(c, q, &ok);
    if (err == 0) err = query_read_sync(c);
    if (!ok) q->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN; // one that fails undoes the group
    query_drop_failure(q);                            // it is none of the statement's
    return err;
}

int edoi_pg_query_read_preparation(edoi_pg_conn *c, edoi_pg_query *q) {
    bool ok;
    if (!q->prepares) return 0;
    int err = query_read_before(c, q, &ok);
    if (err < 0) return err;
    edoi_pg_prepared(c, ok);
    q->is_taken = !ok && q->failure && query_has_failed_by(q, "42P05");
    if (q->is_taken) edoi_pg_pooler_is_shared(&c->config->pooler);
    return 0;
}

int edoi_pg_query_end(edoi_pg_conn *c, edoi_pg_query *q) {
    int err = 0;
    while (err >= 0 && c->syncs_n > 0) {
        PGresult *r = NULL;
        err = edoi_pg_next(c, &r);
        if (err < 0 || !r) continue;
        err = edoi_pg_query_look(c, q, r);
        if (err > 0) PQclear(r);
    }
    if (err < 0) {
        query_drop_failure(q);
        return err;
    }
    c->timeout_ms = q->failure ? EDOI_PG_TIMEOUT_UNKNOWN : q->timeout_ms;
    if (!q->failure) return 0;
    edoi_pg_note_failure(c, q->failure);
    bool has_details = c->config->has_details;
    err = q->is_stale ? edoi_pg_fail_stale(q->failure, q->sql, has_details)
                      : edoi_pg_fail(q->failure, q->sql, has_details);
    query_drop_failure(q);
    return err;
}

/* Waits for the first result of the statement itself; `*first` stays NULL after a failure. */
static int query_first(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first) {
    PGresult *r = NULL;
    int err = edoi_pg_query_read_preamble(c, q);
    if (err == 0) err = edoi_pg_query_read_preparation(c, q);
    if (err < 0) return err;
    if (q->by_row && !q->failure) (void)PQsetSingleRowMode(c->pg);
    err = edoi_pg_next(c, &r);
    if (err < 0 || !r) return err;
    err = edoi_pg_query_look(c, q, r);
    if (err > 0) *first = r;
    return err < 0 ? err : 0;
}

/* Is it a failure of a prepared statement alone, which is not there when it is prepared anew? The
 * server has lost it (26000), or has one of another connection's by its name; its columns have
 * changed (0A000); the type of an argument, which its Parse has fixed, is gone (XX000), or does not
 * fit any more (42804, 42846, 42883). */
static bool query_is_stale(const edoi_pg_query *q) {
    static const char *const stale[] = { "26000", "0A000", "XX000", "42804", "42846", "42883" };
    const char *sqlstate = q->failure ? PQresultErrorField(q->failure, PG_DIAG_SQLSTATE) : NULL;
    if (sqlstate && q->is_taken && q->prepares) return true;
    // one that was prepared just now is not stale: what it executes may have a name of its own
    if (!sqlstate || !q->statement || q->prepares) return false;
    for (size_t i = 0; i < EDO_COUNT(stale); i++)
        if (strcmp(sqlstate, stale[i]) == 0) return true;
    return false;
}

/* Is it the context of a failure to read an argument: one line that ends with "$" and a number? The
 * context of a function does not end so. In Spanish and Korean no context does. */
static bool context_is_argument(const char *context) {
    const char *number = strrchr(context, '$');
    if (!number || number[1] == '\0' || strchr(context, '\n')) return false;
    return number[1 + strspn(number + 1, "0123456789")] == '\0';
}

/* Has the server certainly failed before it executed anything of this statement? One that has begun
 * may have had effects that nothing undoes: commits of a procedure, locks of the session, calls of
 * other servers. What lies in a function has a context; what Bind finds comes from where the
 * statement is looked up, arguments are read, and the text is analyzed anew (as of PostgreSQL 13; a
 * server that does not say where it failed is not asked twice). */
static bool query_was_not_executed(const edoi_pg_query *q) {
    const char *sqlstate = PQresultErrorField(q->failure, PG_DIAG_SQLSTATE);
    const char *context = PQresultErrorField(q->failure, PG_DIAG_CONTEXT);
    const char *file = PQresultErrorField(q->failure, PG_DIAG_SOURCE_FILE);
    const char *function = PQresultErrorField(q->failure, PG_DIAG_SOURCE_FUNCTION);
    if (context) return context_is_argument(context);
    if (q->is_taken || strcmp(sqlstate, "26000") == 0) return true;
    return (file && strncmp(file, "parse_", 6) == 0) ||
           (function && strcmp(function, "RevalidateCachedQuery") == 0);
}

/* Has it looked for an object that is gone? In a transaction, which has seen the object, the server
 * may notice that as late as in the middle of the statement, which is undone with the
 * transaction. */
static bool query_lacks_object(const edoi_pg_query *q) {
    return query_has_failed_by(q, "XX000");
}

int edoi_pg_query_forget(edoi_pg_conn *c, edoi_pg_query *q) {
    if (!query_is_stale(q)) return 0;
    int err = edoi_pg_drain(c);
    if (err < 0) return err;
    const bool is_lost = query_has_failed_by(q, "26000");
    if (is_lost || q->is_taken) {
        edoi_pg_statements_clear(&c->statements); // the server has lost it, and others as well
    } else {
        edoi_pg_statements_doom(&c->statements, q->statement);
    }
    q->statement = NULL;
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    bool in_tx = PQtransactionStatus(c->pg) != PQTRANS_IDLE, is_early = query_was_not_executed(q);
    if (is_lost && !in_tx) err = edoi_pg_process_look(c);
    if (err < 0) return err;
    q->is_stale = (in_tx || (q->is_taken && q->is_behind)) && (is_early || query_lacks_object(q));
    if (is_early || q->is_stale) edoi_pg_tell_stale(c);
    if (in_tx || !is_early || q->is_behind) return 0;
    query_drop_failure(q);
    return 1;
}

static int query_try(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first, bool *again) {
    *first = NULL;
    *again = false;
    int err = query_send(c, q);
    if (err == 0) err = query_first(c, q, first);
    if (err < 0 || *first) return err;
    err = edoi_pg_query_forget(c, q);
    *again = err > 0;
    if (err != 0) return *again ? 0 : err;
    err = edoi_pg_query_end(c, q);
    return err == 0 ? -EIO : err; // a statement has a result
}

int edoi_pg_query_begin(edoi_pg_conn *c, edoi_pg_query *q, PGresult **first) {
    bool again;
    int err = query_try(c, q, first, &again);
    if (again) err = query_try(c, q, first, &again);
    if (err == 0 && !*first) err = -EIO;
    if (err < 0) query_drop_failure(q);
    return err;
}
