/* SPDX-License-Identifier: MIT */
/* pg/count.h: counts statements, and tells of those that are slow. */
#ifndef EDOI_PG_COUNT_H
#define EDOI_PG_COUNT_H

#include "metrics/db_client.h"

/* A statement has ended that began at `since`, with `err`. The line has its text, which a
 * programmer has written, and no arguments. `place` may be NULL. */
void edoi_pg_count(const edoi_db_counts *c, edo_instant since, const char *sql, const char *place,
                   int err);

#endif
