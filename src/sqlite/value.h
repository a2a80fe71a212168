/* SPDX-License-Identifier: MIT */
/* sqlite/value.h: arguments of a statement, and its rows as described structs. */
#ifndef EDOI_SQLITE_VALUE_H
#define EDOI_SQLITE_VALUE_H

#include <edo/sql.h>

#include <sqlite3.h>

/* Binds the arguments, whose texts and bytes are borrowed until they are bound anew; `copies`: are
 * copied. Errors: -EINVAL: there are more or fewer than placeholders, a text has a NUL, a number is
 * beyond 2^63-1, a field is a list; -EDO_EJSON; -ENOMEM. */
EDO_MUST_USE int edoi_sqlite_bind(sqlite3_stmt *s, const edo_sql_args *args, bool copies);

/* Has each field that needs one a column? Of a statement that was not stepped these are the columns
 * of when it was prepared. */
bool edoi_sqlite_has_columns(sqlite3_stmt *s, const edo_desc *desc);

/* As edoi_sqlite_has_columns(). Errors: -EDO_EVALUE. */
EDO_MUST_USE int edoi_sqlite_check_columns(sqlite3_stmt *s, const edo_desc *desc);

/* Finds the column of each field, for this and all later rows; -1: there is none. */
void edoi_sqlite_find_columns(int *columns, sqlite3_stmt *s, const edo_desc *desc);

/* Fills the struct at `value` with the row that the statement has. `columns`: as found; NULL: are
 * looked for. Errors: -EDO_EVALUE, -EDO_EJSON: it does not fit, or lacks a column; -ENOMEM. The
 * struct is all zero then. */
EDO_MUST_USE int edoi_sqlite_read_row(void *value, const edo_desc *desc, sqlite3_stmt *s,
                                      const int *columns, edo_arena *arena);

#endif
