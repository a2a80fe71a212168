/* SPDX-License-Identifier: MIT */
/* pg/value/args.h: arguments as libpq sends them. All are text, whose type the server finds out
 * from the statement, but bytes, which go as they are. */
#ifndef EDOI_PG_VALUE_ARGS_H
#define EDOI_PG_VALUE_ARGS_H

#include <edo/sql.h>

#define EDOI_PG_ARGS_MAX 65535u /* that the protocol can count */

typedef struct edoi_pg_args {
    const char **values; /* NULL: null */
    int *lengths;        /* of those in binary */
    int *formats;        /* 1: binary */
    int n;
} edoi_pg_args;

/* Makes the arguments; all is the arena's, or borrowed from them. Errors: -EINVAL: a text that has
 * a NUL, more than the protocol can count; -EDO_EJSON, -EDO_EVALUE: a described value that is no
 * text;
 * -ENOMEM. */
EDO_MUST_USE int edoi_pg_args_make(edoi_pg_args *out, const edo_sql_args *args, edo_arena *arena);

#define EDOI_PG_TIME_BYTES 64

/* Writes microseconds since 1970 as PostgreSQL reads them. */
void edoi_pg_time_print(char out[EDOI_PG_TIME_BYTES], int64_t us);

#endif
