/* SPDX-License-Identifier: MIT */
/* pg/conn/statements.h: the prepared statements of a connection, by their text.
 *
 * inv. 1: a statement is in `table` and in `all` or in neither; the one that was used last is the
 *         first in `all`.
 * inv. 2: no two statements of a connection had the same number, so a name that the server has
 *         lost, or has still, is never taken for another. */
#ifndef EDOI_PG_CONN_STATEMENTS_H
#define EDOI_PG_CONN_STATEMENTS_H

#include "base/table.h"
#include "pg/value/row.h"

#include <edo/bytes.h>

#include <sys/queue.h>

#define EDOI_PG_STATEMENTS_MAX    100u
#define EDOI_PG_STATEMENTS_CHAINS 128u
#define EDOI_PG_NAME_BYTES        24 /* "edo_1" and so on */

typedef struct edoi_pg_statement {
    edoi_table_link link;
    TAILQ_ENTRY(edoi_pg_statement) next;
    char name[EDOI_PG_NAME_BYTES]; /* const */
    bool is_prepared;              /* the server has it */
    edoi_pg_map map;               /* of its rows, for the struct they filled last */
    size_t sql_n;
    char sql[]; /* const, with a NUL */
} edoi_pg_statement;
TAILQ_HEAD(edoi_pg_statement_list, edoi_pg_statement);

typedef struct edoi_pg_statements {
    edoi_table table;
    edoi_table_link *chains[EDOI_PG_STATEMENTS_CHAINS];
    struct edoi_pg_statement_list all;
    uint32_t max; /* 0: statements are not kept */
    uint64_t made_n;
} edoi_pg_statements;

void edoi_pg_statements_init(edoi_pg_statements *s, uint32_t max);

/* Forgets all; the server may have them still. */
void edoi_pg_statements_clear(edoi_pg_statements *s);

/* The statement of a text, which becomes the one used last; a new one is not prepared. If there are
 * too many then, the one used longest ago is taken out, and given to the caller in `*out_of`, else
 * NULL: edoi_pg_statement_free(). NULL: no memory, or none are kept. */
edoi_pg_statement *edoi_pg_statements_get(edoi_pg_statements *s, const char *sql,
                                          edoi_pg_statement **out_of);

/* Takes a statement out, and frees it. */
void edoi_pg_statements_forget(edoi_pg_statements *s, edoi_pg_statement *st);

void edoi_pg_statement_free(edoi_pg_statement *st);

/* Walks the structure and asserts its invariants; for tests. */
void edoi_pg_statements_check(const edoi_pg_statements *s);

#endif
