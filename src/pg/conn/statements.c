/* SPDX-License-Identifier: MIT */
/* pg/conn/statements.c: see statements.h. */
#include "pg/conn/statements.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/siphash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct statement_key {
    const char *sql;
    size_t n;
} statement_key;

/* FNV-1a: texts of statements are the program's own, and at most 100. */
static uint64_t statement_hash(const char *sql, size_t n) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++) hash = (hash ^ (unsigned char)sql[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool statement_has_key(edoi_table_link *l, const void *key) {
    const edoi_pg_statement *st = EDO_CONTAINER_OF(l, edoi_pg_statement, link);
    const statement_key *k = key;
    return st->sql_n == k->n && memcmp(st->sql, k->sql, k->n) == 0;
}

void edoi_pg_statements_init(edoi_pg_statements *s, uint32_t max) {
    *s = (edoi_pg_statements){ .max = max };
    edoi_table_init(&s->table, s->chains, EDOI_PG_STATEMENTS_CHAINS);
    TAILQ_INIT(&s->all);
    TAILQ_INIT(&s->doomed);
}

static void pg_statement_free(edoi_pg_statement *st) {
    edoi_pg_map_deinit(&st->map);
    edoi_free(st);
}

void edoi_pg_statements_doom(edoi_pg_statements *s, edoi_pg_statement *st) {
    edoi_table_remove(&s->table, &st->link);
    TAILQ_REMOVE(&s->all, st, next);
    if (st->is_prepared) {
        TAILQ_INSERT_TAIL(&s->doomed, st, next);
    } else {
        pg_statement_free(st);
    }
}

void edoi_pg_statements_forgotten(edoi_pg_statements *s) {
    edoi_pg_statement *st = TAILQ_FIRST(&s->doomed);
    TAILQ_REMOVE(&s->doomed, st, next);
    pg_statement_free(st);
}

void edoi_pg_statements_doom_all(edoi_pg_statements *s) {
    edoi_pg_statement *st;
    while ((st = TAILQ_FIRST(&s->all))) edoi_pg_statements_doom(s, st);
}

void edoi_pg_statements_clear(edoi_pg_statements *s) {
    edoi_pg_statements_doom_all(s);
    while (!TAILQ_EMPTY(&s->doomed)) edoi_pg_statements_forgotten(s);
}

/* Behind a pooler a session may have statements of several programs. The name has a hash of the
 * text, so that it never stands for another text. */
static void statement_name(edoi_pg_statement *st, uint64_t number) {
    static const edoi_siphash_secret one = { 1, 0 }, other = { 2, 0 };
    (void)snprintf(st->name, sizeof st->name, "edo_%016" PRIx64 "%016" PRIx64 "_%" PRIu64,
                   edoi_siphash13(&one, st->sql, st->sql_n),
                   edoi_siphash13(&other, st->sql, st->sql_n), number);
}

static edoi_pg_statement *statement_make(edoi_pg_statements *s, const char *sql, size_t n) {
    edoi_pg_statement *st = edoi_calloc(1, sizeof *st + n + 1);
    if (!st) return NULL;
    memcpy(st->sql, sql, n + 1);
    st->sql_n = n;
    statement_name(st, ++s->made_n);
    return st;
}

static edoi_pg_statement *statements_find(edoi_pg_statements *s, const statement_key *key,
                                          uint64_t hash) {
    edoi_table_link *l = edoi_table_find(&s->table, hash, statement_has_key, key);
    if (!l) return NULL;
    edoi_pg_statement *st = EDO_CONTAINER_OF(l, edoi_pg_statement, link);
    TAILQ_REMOVE(&s->all, st, next);
    TAILQ_INSERT_HEAD(&s->all, st, next);
    return st;
}

static edoi_pg_statement *statements_add(edoi_pg_statements *s, const statement_key *key,
                                         uint64_t hash) {
    edoi_pg_statement *st = statement_make(s, key->sql, key->n);
    if (!st) return NULL;
    if (s->table.links_n >= s->max)
        edoi_pg_statements_doom(s, TAILQ_LAST(&s->all, edoi_pg_statement_list));
    edoi_table_add(&s->table, &st->link, hash);
    TAILQ_INSERT_HEAD(&s->all, st, next);
    EDO_CHECK(edoi_pg_statements_check(s));
    return st;
}

/* `most`: with more a new one is not made. */
static edoi_pg_statement *statements_get(edoi_pg_statements *s, const char *sql, uint32_t most) {
    statement_key key = { sql, strlen(sql) };
    uint64_t hash = statement_hash(sql, key.n);
    edoi_pg_statement *st = statements_find(s, &key, hash);
    return st || s->table.links_n > most ? st : statements_add(s, &key, hash);
}

edoi_pg_statement *edoi_pg_statements_get(edoi_pg_statements *s, const char *sql) {
    return s->max ? statements_get(s, sql, s->max) : NULL;
}

edoi_pg_statement *edoi_pg_statements_get_beside(edoi_pg_statements *s, const char *sql) {
    return s->max ? statements_get(s, sql, s->max - 1) : NULL;
}

void edoi_pg_statements_check(const edoi_pg_statements *s) {
    size_t n = 0;
    const edoi_pg_statement *st, *other;
    TAILQ_FOREACH(st, &s->all, next) {
        edoi_table_link *l = edoi_table_find(&s->table, st->link.hash, statement_has_key,
                                             &(statement_key){ st->sql, st->sql_n });
        EDO_INV("statements inv. 1", l == &st->link);
        for (other = TAILQ_NEXT(st, next); other; other = TAILQ_NEXT(other, next))
            EDO_INV("statements inv. 3", strcmp(st->name, other->name) != 0);
        n++;
    }
    TAILQ_FOREACH(st, &s->doomed, next) EDO_INV("statements inv. 2", st->is_prepared);
    EDO_INV("statements inv. 1", n == s->table.links_n && n <= s->max);
}
