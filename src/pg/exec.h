/* SPDX-License-Identifier: MIT */
/* pg/exec.h: statements whose result is a number, one row, or a list. */
#ifndef EDOI_PG_EXEC_H
#define EDOI_PG_EXEC_H

#include "pg/conn/statements.h"

/* How many rows a statement has changed, or has; INT_MAX if there are more. */
int edoi_pg_rows_of(PGresult *r);

/* Fills the struct at `out` with the one row of a result. `st` (may be NULL) keeps the map. Errors:
 * as edo_pg_query_one(); the struct is all zero, or as it was. */
EDO_MUST_USE int edoi_pg_one_read(void *out, const edo_desc *desc, edoi_pg_statement *st,
                                  const PGresult *r);

#endif
