/* SPDX-License-Identifier: MIT */
/* pg/conn/fault.c: see fault.h. */
#include "pg/conn/fault.h"
#include "base/text/ascii.h"

#include <edo/error.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  EDO_TRAIL_TEXT_MAX
#define RAISED_BY "exec_stmt_raise" /* the server's function for "raise" of PL/pgSQL */

/* ---- SQLSTATE -------------------------------------------------------------------------------- */

edo_pg_kind edoi_pg_kind_of(const char *sqlstate) {
    static const struct {
        char sqlstate[6];
        uint8_t kind;
    } rows[] = {
        { "40001", EDO_PG_RETRY },       { "40P01", EDO_PG_RETRY },    { "23505", EDO_PG_UNIQUE },
        { "23503", EDO_PG_FOREIGN_KEY }, { "23502", EDO_PG_NOT_NULL }, { "23514", EDO_PG_CHECK },
        { "23P01", EDO_PG_EXCLUSION },   { "57014", EDO_PG_CANCELED },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (strcmp(rows[i].sqlstate, sqlstate) == 0) return (edo_pg_kind)rows[i].kind;
    return EDO_PG_OTHER;
}

static void fault_copy_name(char to[EDO_PG_NAME_MAX], const char *from) {
    size_t n = from ? strlen(from) : 0;
    if (n >= EDO_PG_NAME_MAX) n = 0;
    if (n) memcpy(to, from, n);
    to[n] = '\0';
}

static edo_pg_error fault_of(const PGresult *r) {
    edo_pg_error e = { .kind = EDO_PG_OTHER };
    const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
    if (sqlstate && strlen(sqlstate) == 5) memcpy(e.sqlstate, sqlstate, 6);
    if (position) e.position = (uint32_t)strtoul(position, NULL, 10);
    e.kind = (uint8_t)edoi_pg_kind_of(e.sqlstate);
    fault_copy_name(e.constraint, PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME));
    fault_copy_name(e.column, PQresultErrorField(r, PG_DIAG_COLUMN_NAME));
    fault_copy_name(e.table, PQresultErrorField(r, PG_DIAG_TABLE_NAME));
    return e;
}

static const char *fault_text(const PGresult *r, int field) {
    const char *text = PQresultErrorField(r, field);
    return text ? text : "";
}

/* Is it a statement that has neither arguments nor rows, so that what an error names stands in it?
 */
static bool fault_is_of_words(const char *sql) {
    static const char *const words[] = { "alter ", "comment ", "drop ",    "grant ",
                                         "lock ",  "revoke ",  "truncate " };
    while (*sql == ' ' || *sql == '\n' || *sql == '\t') sql++;
    for (size_t i = 0; i < EDO_COUNT(words); i++)
        if (edoi_begins_nocase(edo_str_of(sql), edo_str_of(words[i]))) return true;
    return false;
}

/* Is it a SQLSTATE whose failures name objects (tables, connections, transactions) only? Such a
 * failure quotes no value, though it has no place in the statement. */
static bool fault_is_of_objects(const char *sqlstate) {
    static const char *const classes[] = { "08", "23", "25",    "26", "28", "2D",
                                           "34", "40", "42501", "53", "55", "57" };
    for (size_t i = 0; i < EDO_COUNT(classes); i++)
        if (strncmp(sqlstate, classes[i], strlen(classes[i])) == 0) return true;
    return false;
}

/* May the server's message quote an argument or a row? An error in the statement has a position in
 * its text. One without a position may be about a value: the argument of a to_tsquery(), or the
 * name of a table in "$1::regclass". */
static bool fault_may_quote(const PGresult *r, const edo_pg_error *e, const char *sql) {
    // what cannot be read is quoted; a function of the program's may say anything
    if (strncmp(e->sqlstate, "22", 2) == 0 || strncmp(e->sqlstate, "P0", 2) == 0) return true;
    if (strcmp(fault_text(r, PG_DIAG_SOURCE_FUNCTION), RAISED_BY) == 0) return true;
    // with a context the position is in a text that a function has parsed, as a type's name
    if (e->position && !*fault_text(r, PG_DIAG_CONTEXT)) return false;
    if (strcmp(e->sqlstate, "42601") == 0) return true;
    return sql && !fault_is_of_words(sql) && !fault_is_of_objects(e->sqlstate);
}

/* Was it a statement_timeout, be it ours, the role's or the string's? A pg_cancel_backend() of
 * somebody else's has the same SQLSTATE; the words tell, if the server's are English. Where they
 * are not it counts as late, which is far more often so. */
static bool fault_is_late(const PGresult *r, const edo_pg_error *e) {
    return e->kind == EDO_PG_CANCELED &&
           strcmp(fault_text(r, PG_DIAG_SOURCE_FUNCTION), RAISED_BY) != 0 &&
           !strstr(fault_text(r, PG_DIAG_MESSAGE_PRIMARY), "user request");
}

static int fault_fail(const PGresult *r, const edo_pg_error *e, const char *sql, bool has_details) {
    int code = fault_is_late(r, e) ? -ETIMEDOUT : -EDO_ESQL;
    if (has_details) {
        const char *detail = fault_text(r, PG_DIAG_MESSAGE_DETAIL);
        const char *hint = fault_text(r, PG_DIAG_MESSAGE_HINT);
        if (*hint) (void)edo_fail(code, "hint: %s", hint);
        if (*detail) (void)edo_fail(code, "detail: %s", detail);
    }
    if (has_details || !fault_may_quote(r, e, sql)) {
        return edo_fail_with(code, e, "SQLSTATE %s: %s", e->sqlstate,
                             fault_text(r, PG_DIAG_MESSAGE_PRIMARY));
    }
    return edo_fail_with(code, e, "SQLSTATE %s", e->sqlstate);
}

int edoi_pg_fail(const PGresult *r, const char *sql, bool has_details) {
    edo_pg_error e = fault_of(r);
    return fault_fail(r, &e, sql, has_details);
}

int edoi_pg_fail_stale(const PGresult *r, const char *sql, bool has_details) {
    edo_pg_error e = fault_of(r);
    e.kind = EDO_PG_RETRY;
    return fault_fail(r, &e, sql, has_details);
}

static bool fault_has_sqlstate(const edo_trail_entry *entry) {
    return entry && entry->payload && entry->payload_bytes == sizeof(edo_pg_error);
}

const edo_pg_error *edo_pg_get_error(void) {
    const edo_trail_entry *entry = edo_trail_find(-EDO_ESQL);
    if (!fault_has_sqlstate(entry)) entry = edo_trail_find(-ETIMEDOUT);
    return fault_has_sqlstate(entry) ? entry->payload : NULL;
}

/* ---- Connections ----------------------------------------------------------------------------- */

#define STATE_BYTES 5

/* The SQLSTATE of "FATAL:  28P01: …", at the end of the first word, which may be in any language:
 * so libpq writes what a server says. NULL: it is no such line. */
static const char *line_sqlstate(const char *line) {
    size_t n = strcspn(line, "\n");
    for (const char *at = line; (size_t)(at - line) + STATE_BYTES + 4 <= n; at++) {
        if (strncmp(at, ":  ", 3) != 0 || strncmp(at + 3 + STATE_BYTES, ": ", 2) != 0) continue;
        if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= STATE_BYTES) return at + 3;
    }
    return NULL;
}

static const char *line_next(const char *line) {
    line += strcspn(line, "\n");
    return *line ? line + 1 : NULL;
}

/* Is it the line with the location in the server's sources, which is left out? */
static bool line_is_location(const char *line) {
    return strncmp(line, "LOCATION:", 9) == 0;
}

/* Text on one line, without blanks at its end, and without the SQLSTATEs: it may be long. */
static size_t fault_flatten(char text[TEXT_MAX], const char *message) {
    size_t n = 0;
    for (const char *line = message; line; line = line_next(line)) {
        const char *sqlstate = line_sqlstate(line);
        size_t bytes = line_is_location(line) ? 0 : strcspn(line, "\n");
        for (const char *at = line; at < line + bytes && n + 1 < TEXT_MAX; at++) {
            if (at == sqlstate) at += STATE_BYTES + 2;
            text[n++] = *at == '\t' ? ' ' : *at;
        }
        if (n > 0 && text[n - 1] != ' ' && n + 1 < TEXT_MAX) text[n++] = ' ';
    }
    while (n > 0 && text[n - 1] == ' ') n--;
    text[n] = '\0';
    return n;
}

/* What libpq's words mean. What a server has said counts more than the way on which it came. */
static int connect_code_of(const char *message, bool is_told) {
    static const struct {
        const char *words;
        int code;
    } certs[] = {
        { "certificate verify failed", -EDO_ECERT },
        { "does not match host name", -EDO_ECERT },
        { "root certificate file", -EDO_ECERT },
    }, others[] = {
        { "FATAL:", -EDO_ESQL }, // without an SQLSTATE
        { "does not support SSL", -EDO_ETLS },
        { "SSL", -EDO_ETLS },
        { "Is the server running", -ECONNREFUSED }, // a name of a host may have the words below
        { "password", -EDO_ESQL },
        { "session is", -EDO_ESQL },
        { "server is ", -EDO_ESQL },
        { "out of memory", -ENOMEM },
        { "Too many open files", -EMFILE },
        { "server closed the connection", -ECONNREFUSED },
        { "could not receive data", -ECONNREFUSED },
        { "could not send", -ECONNREFUSED },
        { "could not translate host name", -ECONNREFUSED },
    };
    for (size_t i = 0; i < EDO_COUNT(certs); i++)
        if (strstr(message, certs[i].words)) return certs[i].code;
    if (is_told) return -EDO_ESQL;
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        if (strstr(message, others[i].words)) return others[i].code;
    return *message ? -EPROTO : -ECONNREFUSED;
}

int edoi_pg_fail_words(const char *message) {
    edo_pg_error e = { .kind = EDO_PG_OTHER };
    char text[TEXT_MAX];
    for (const char *line = message; line; line = line_next(line)) {
        const char *sqlstate = line_sqlstate(line);
        if (sqlstate) memcpy(e.sqlstate, sqlstate, STATE_BYTES);
    }
    size_t n = fault_flatten(text, message);
    int code = connect_code_of(message, *e.sqlstate != '\0');
    const char *shown = n ? text : "no connection could be made";
    if (code != -EDO_ESQL || !*e.sqlstate) return edo_fail(code, "%s", shown);
    return edo_fail_with(code, &e, "%s", shown);
}

int edoi_pg_fail_connect(const PGconn *pg) {
    return edoi_pg_fail_words(PQerrorMessage(pg));
}

/* Does a line say why a connection is lost: a message of libpq, or of a server that shuts down,
 * which has an SQLSTATE 57P… in each language? */
static bool line_is_of_loss(const char *line) {
    static const char *const begins[] = { "server closed the connection",
                                          "could not receive data",
                                          "could not send data",
                                          "SSL ",
                                          "FATAL:",
                                          "PANIC:",
                                          "lost synchronization" };
    const char *sqlstate = line_sqlstate(line);
    for (size_t i = 0; i < EDO_COUNT(begins); i++)
        if (strncmp(line, begins[i], strlen(begins[i])) == 0) return true;
    return sqlstate && strncmp(sqlstate, "57P", 3) == 0;
}

/* The last line that says why a connection is lost. Lines before it may be of a statement that had
 * failed earlier, and may quote an argument. */
static const char *fault_last_words(const char *message) {
    const char *found = NULL;
    for (const char *line = message; line; line = line_next(line))
        if (line_is_of_loss(line)) found = line;
    return found;
}

int edoi_pg_fail_lost(const PGconn *pg) {
    const char *words = fault_last_words(PQerrorMessage(pg));
    if (!words) return edo_fail(-ECONNRESET, "the connection is lost");
    return edo_fail(-ECONNRESET, "%.*s", (int)strcspn(words, "\n"), words);
}
