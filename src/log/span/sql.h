/* SPDX-License-Identifier: MIT */
/* log/span/sql.h: statements of databases as spans and lines have them: without the values that a
 * program has written into their text. */
#ifndef EDOI_LOG_SPAN_SQL_H
#define EDOI_LOG_SPAN_SQL_H

#include <edo/bytes.h>

#define EDOI_SQL_SHOWN_MAX 1000u /* bytes of a value in a line */

/* Returns `sql` with '?' in the place of each text in quotes, cut to what fits into `room`. Without
 * such a text `sql` itself is returned. */
EDO_API edo_str edoi_sql_shown(char room[EDOI_SQL_SHOWN_MAX], const char *sql);

#endif
