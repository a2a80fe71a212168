/* SPDX-License-Identifier: MIT */
/* sqlite/statement.c: the statements that a connection keeps prepared. */
#include "sqlite/conn.h"

#include "base/assert.h"
#include "base/memory/alloc.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

/* ---- Making ---------------------------------------------------------------------------------- */

/* Is there nothing but blanks and comments? SQLite makes no statement of those. */
static bool sql_is_empty(edoi_sqlite_conn *c, const char *sql) {
    sqlite3_stmt *rest = NULL;
    bool is_empty = sqlite3_prepare_v2(c->db, sql, -1, &rest, NULL) == SQLITE_OK && !rest;
    (void)sqlite3_finalize(rest);
    return is_empty;
}

static int sqlite_statement_make(edoi_sqlite_conn *c, edoi_sqlite_statement *s) {
    const char *rest;
    s->made = NULL;
    int result = sqlite3_prepare_v3(c->db, s->sql, -1, SQLITE_PREPARE_PERSISTENT, &s->made, &rest);
    if (result != SQLITE_OK) return edoi_sqlite_fail_text(c, result);
    if (!s->made) return edo_fail(-EINVAL, "there is no statement in the text");
    if (!*rest || sql_is_empty(c, rest)) return 0;
    return edo_fail(-EINVAL, "there is more than one statement in the text");
}

static void sqlite_statement_free(edoi_sqlite_statement *s) {
    (void)sqlite3_finalize(s->made); // NULL is allowed
    edoi_free(s);
}

static int sqlite_statement_new(edoi_sqlite_conn *c, edoi_sqlite_statement **out, const char *sql,
                                uint64_t hash) {
    size_t n = strlen(sql) + 1;
    edoi_sqlite_statement *s = edoi_calloc(1, sizeof *s + n);
    if (!s) return -ENOMEM;
    s->hash = hash;
    memcpy(s->sql, sql, n);
    int err = sqlite_statement_make(c, s);
    if (err < 0) {
        sqlite_statement_free(s);
        return err;
    }
    *out = s;
    return 0;
}

/* ---- Keeping --------------------------------------------------------------------------------- */

/* FNV-1a. A text that has the same number is still compared. */
static uint64_t sqlite_text_hash(const char *sql) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *sql; sql++) h = (h ^ (unsigned char)*sql) * UINT64_C(0x100000001b3);
    return h;
}

static edoi_sqlite_statement *sqlite_statements_find(edoi_sqlite_conn *c, const char *sql,
                                                     uint64_t hash) {
    edoi_sqlite_statement *s;
    TAILQ_FOREACH(s, &c->statements, next)
    if (s->hash == hash && strcmp(s->sql, sql) == 0) return s;
    return NULL;
}

static void sqlite_statements_remove(edoi_sqlite_conn *c, edoi_sqlite_statement *s) {
    TAILQ_REMOVE(&c->statements, s, next);
    c->statements_n--;
}

static void sqlite_statements_drop_last(edoi_sqlite_conn *c) {
    edoi_sqlite_statement *s = TAILQ_LAST(&c->statements, edoi_sqlite_statements);
    sqlite_statements_remove(c, s);
    sqlite_statement_free(s);
}

void edoi_sqlite_statements_free(edoi_sqlite_conn *c) {
    while (c->statements_n > 0) sqlite_statements_drop_last(c);
}

static void sqlite_statements_keep(edoi_sqlite_conn *c, edoi_sqlite_statement *s) {
    EDO_INV("conn inv. 1", !sqlite3_stmt_busy(s->made));
    TAILQ_INSERT_HEAD(&c->statements, s, next);
    if (++c->statements_n > EDOI_SQLITE_STATEMENTS_MAX) sqlite_statements_drop_last(c);
}

/* ---- Use ------------------------------------------------------------------------------------- */

int edoi_sqlite_take(edoi_sqlite_conn *c, edoi_sqlite_statement **out, const char *sql) {
    edoi_sqlite_statement *s = TAILQ_FIRST(&c->statements);
    if (!s || strcmp(s->sql, sql) != 0) { // else it is one of many that are the same
        uint64_t hash = sqlite_text_hash(sql);
        s = sqlite_statements_find(c, sql, hash);
        if (!s) return sqlite_statement_new(c, out, sql, hash);
    }
    sqlite_statements_remove(c, s);
    *out = s;
    return 0;
}

int edoi_sqlite_prepare(edoi_sqlite_conn *c, sqlite3_stmt **out, const char *sql) {
    edoi_sqlite_statement *s;
    int err = edoi_sqlite_take(c, &s, sql);
    if (err < 0) return err;
    sqlite_statements_keep(c, s);
    *out = s->made;
    return 0;
}

int edoi_sqlite_renew(edoi_sqlite_conn *c, edoi_sqlite_statement *s) {
    sqlite3_stmt *old = s->made;
    int err = edoi_sqlite_run(c, "select 1 from sqlite_schema");
    if (err == 0) err = sqlite_statement_make(c, s);
    if (err < 0)
        s->made = old;
    else
        (void)sqlite3_finalize(old);
    return err;
}

void edoi_sqlite_give_back(edoi_sqlite_conn *c, edoi_sqlite_statement *s) {
    (void)sqlite3_reset(s->made); // its caller knows what has failed
    (void)sqlite3_clear_bindings(s->made);
    sqlite_statements_keep(c, s);
}
