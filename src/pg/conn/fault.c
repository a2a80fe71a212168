/* SPDX-License-Identifier: MIT */
/* pg/conn/fault.c: see fault.h. */
#include "pg/conn/fault.h"

#include <edo/error.h>

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX EDO_TRAIL_TEXT_MAX

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

bool edoi_pg_quotes_values(const char *sqlstate) {
    // data exceptions quote what cannot be read; a function of the program's may say anything
    return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "P0", 2) == 0;
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

int edoi_pg_fail(const PGresult *r, bool has_timeout, bool has_details) {
    edo_pg_error e = fault_of(r);
    int code = e.kind == EDO_PG_CANCELED && has_timeout ? -ETIMEDOUT : -EDO_ESQL;
    if (has_details) {
        const char *detail = fault_text(r, PG_DIAG_MESSAGE_DETAIL);
        const char *hint = fault_text(r, PG_DIAG_MESSAGE_HINT);
        if (*hint) (void)edo_fail(code, "hint: %s", hint);
        if (*detail) (void)edo_fail(code, "detail: %s", detail);
    }
    // a syntax error of the statement has a place in it; one without is of a value: to_tsquery()
    bool is_of_value = strcmp(e.sqlstate, "42601") == 0 && e.position == 0;
    if (has_details || (!is_of_value && !edoi_pg_quotes_values(e.sqlstate))) {
        return edo_fail_with(code, &e, "SQLSTATE %s: %s", e.sqlstate,
                             fault_text(r, PG_DIAG_MESSAGE_PRIMARY));
    }
    return edo_fail_with(code, &e, "SQLSTATE %s", e.sqlstate);
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

int edoi_pg_fail_conn(const PGconn *pg, int lost) {
    static const struct {
        const char *words;
        int code;
    } rows[] = {
        { "certificate verify failed", -EDO_ECERT },
        { "does not match host name", -EDO_ECERT },
        { "root certificate file", -EDO_ECERT },
        { "does not support SSL", -EDO_ETLS },
        { "SSL", -EDO_ETLS },
        { "FATAL:", -EDO_ESQL },
        { "password", -EDO_ESQL },
        { "session is", -EDO_ESQL },
        { "server is ", -EDO_ESQL },
        { "out of memory", -ENOMEM },
    };
    const char *message = PQerrorMessage(pg);
    char text[TEXT_MAX];
    size_t n = 0;
    for (const char *c = message; *c && n + 1 < sizeof text; c++)
        text[n++] = *c == '\n' || *c == '\t' ? ' ' : *c;
    while (n > 0 && text[n - 1] == ' ') n--;
    text[n] = '\0';
    int code = lost;
    for (size_t i = 0; i < EDO_COUNT(rows) && lost == -ECONNREFUSED; i++) {
        if (!strstr(message, rows[i].words)) continue;
        code = rows[i].code;
        break;
    }
    return edo_fail(code, "%s", n ? text : "the connection is lost");
}
