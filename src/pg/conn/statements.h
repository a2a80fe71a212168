/* SPDX-License-Identifier: MIT */
/* pg/conn/statements.h: the prepared statements of a connection, by their text. Which of them is
 * stale is found by query_is_stale() of pg/query.c.
 *
 * inv. 1: a statement is in `table` and in `all` or in neither; the one that was used last is the
 *         first in `all`.
 * inv. 2: what is in `doomed` is in neither; it is prepared, unless the server has lost it.
 * inv. 3: no two statements of a connection had the same name, so one that the server has lost, or
 *         has still, is never taken for another. A name is made of 128 bits of the text, and a
 *         number: two connections that have one by turns, behind a pooler, have the same text. */
#ifndef EDOI_PG_CONN_STATEMENTS_H
#define EDOI_PG_CONN_STATEMENTS_H

#include "base/table.h"
#include "pg/value/row.h"

#include <edo/bytes.h>

#include <sys/queue.h>

#define EDOI_PG_STATEMENTS_MAX    100u
#define EDOI_PG_STATEMENTS_CHAINS 128u
#define EDOI_PG_NAME_BYTES        64 /* as the server has */

typedef struct edoi_pg_statement {
    edoi_table_link link;
    TAILQ_ENTRY(edoi_pg_statement) next;       /* of `all`, or of `doomed` */
    STAILQ_ENTRY(edoi_pg_statement) next_sent; /* of those whose Parse was sent; conn.h */
    char name[EDOI_PG_NAME_BYTES];             /* const */
    bool is_sent;                              /* its Parse was sent, and the result not read */
    bool is_prepared;                          /* the server has it */
    edoi_pg_map map;                           /* of its rows, for the struct they filled last */
    size_t sql_n;
    char sql[]; /* const, with a NUL */
} edoi_pg_statement;
TAILQ_HEAD(edoi_pg_statement_list, edoi_pg_statement);

typedef struct edoi_pg_statements {
    edoi_table table;
    edoi_table_link *chains[EDOI_PG_STATEMENTS_CHAINS];
    struct edoi_pg_statement_list all;
    struct edoi_pg_statement_list doomed; /* that the server has still, and shall forget */
    uint32_t max;                         /* 0: statements are not kept */
    uint64_t made_n;
} edoi_pg_statements;

void edoi_pg_statements_init(edoi_pg_statements *s, uint32_t max);

/* Forgets all, also the doomed ones; the server may have them still. */
void edoi_pg_statements_clear(edoi_pg_statements *s);

/* The statement of a text, which becomes the one used last; a new one is not prepared. If there are
 * too many then, the one used longest ago is doomed. NULL: no memory, or none are kept. */
edoi_pg_statement *edoi_pg_statements_get(edoi_pg_statements *s, const char *sql);

/* As edoi_pg_statements_get(), but NULL where another one had to make room. */
edoi_pg_statement *edoi_pg_statements_get_beside(edoi_pg_statements *s, const char *sql);

/* Takes a statement out, to be deallocated if it is prepared; else it is freed. */
void edoi_pg_statements_doom(edoi_pg_statements *s, edoi_pg_statement *st);
void edoi_pg_statements_doom_all(edoi_pg_statements *s);

/* The server has forgotten the doomed one that was taken out first. */
void edoi_pg_statements_forgotten(edoi_pg_statements *s);

/* Walks the structure and asserts its invariants; for tests. */
void edoi_pg_statements_check(const edoi_pg_statements *s);

#endif
