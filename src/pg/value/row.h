/* SPDX-License-Identifier: MIT */
/* pg/value/row.h: rows into described structs, by the names of their columns. */
#ifndef EDOI_PG_VALUE_ROW_H
#define EDOI_PG_VALUE_ROW_H

#include "pg/value/text.h"

#include <libpq-fe.h>

/* Which field each column of a result goes to. All zero: none. */
typedef struct edoi_pg_map {
    const edo_desc *desc; /* borrowed; it may be gone: edoi_pg_map_fits() */
    const edo_field **fields;
    int n;
    bool has_presets; /* of fields that have no column */
} edoi_pg_map;

/* Makes the map of a result. A column without a field is passed over. Errors: -EDO_EVALUE: a field
 * that is not optional, and has no preset, has no column; -ENOMEM. */
EDO_MUST_USE int edoi_pg_map_init(edoi_pg_map *m, const edo_desc *desc, const PGresult *r);
void edoi_pg_map_deinit(edoi_pg_map *m);

/* Is the map one of this description, and of a result with these columns? */
bool edoi_pg_map_fits(const edoi_pg_map *m, const edo_desc *desc, const PGresult *r);

/* Fills the struct at `value` with a row of the result. Errors: those of edoi_pg_text_read(), with
 * the name of the column; -EDO_EVALUE: a null for a field that is not optional. The struct is all
 * zero then. */
EDO_MUST_USE int edoi_pg_row_read(void *value, const edoi_pg_map *m, const PGresult *r, int row,
                                  const edoi_pg_memory *memory);

#endif
