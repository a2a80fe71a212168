/* SPDX-License-Identifier: MIT */
/* apps/console/table.h: rows with columns, sorted, searched, and with one that is chosen. */
#ifndef CONSOLE_TABLE_H
#define CONSOLE_TABLE_H

#include "screen.h"

#include <edo/arena.h>

#define COLUMNS_MAX 12u

typedef struct column {
    const char *title;
    uint32_t width; /* 0: what is left over, shared by such columns */
    bool is_number; /* sorted by number, the largest first, and set to the right */
} column;

typedef struct field {
    edo_str text;
    int64_t number; /* of a column of numbers */
} field;

typedef struct table_row {
    edo_str id; /* by which a row is the same in the next look */
    screen_look look;
    field fields[COLUMNS_MAX];
} table_row;

typedef struct table {
    const column *columns;
    uint32_t columns_n;
    uint32_t sort; /* the column by which it is sorted at first */
    table_row *rows;
    size_t rows_n, rows_max;
} table;

/* How it is looked at; belongs to one view. */
typedef struct table_state {
    uint32_t sort; /* the column + 1; 0: as the table says */
    bool is_inverted;
    size_t chosen, top; /* rows, after sort and search */
    char id[192];       /* of the chosen row; "": the first */
} table_state;

/* A table without rows, for at most `rows_max`. False: there is no memory. */
bool table_begin(table *t, edo_arena *arena, const column *columns, uint32_t columns_n,
                 uint32_t sort, size_t rows_max);

/* Adds a row of empty fields; NULL: it is full. */
table_row *table_add(table *t);

/* Leaves the rows that have `search` in a field, whatever the case of its letters, sorts them, and
 * finds the chosen one again. */
void table_arrange(table *t, table_state *state, const char *search);

/* Chooses another row, `by` away. */
void table_move(const table *t, table_state *state, int64_t by);

/* Draws titles and rows from row `top` to `bottom`, which is not drawn. */
void table_draw(const table *t, table_state *state, screen *s, uint32_t top, uint32_t bottom);

/* ---- Fields ---------------------------------------------------------------------------------- */

field field_text(edo_str text);
field field_number(edo_arena *arena, uint64_t n);

/* A time: "3.1s", "5m10s"; "" for -1. */
field field_tenths(edo_arena *arena, int32_t tenths);

#endif
