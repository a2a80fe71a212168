/* SPDX-License-Identifier: MIT */
/* sqlite/count.h: counts statements, once they have a connection, and tells of those that are
 * slow. */
#ifndef EDOI_SQLITE_COUNT_H
#define EDOI_SQLITE_COUNT_H

#include "metrics/db_client.h"

/* A statement has ended with `err`, by the task that wanted it, whose trail has the failure. The
 * line has its text, which a programmer has written, and no arguments. */
void edoi_sqlite_count(const edoi_db_counts *c, edo_duration took, const char *sql, int err);

#endif
