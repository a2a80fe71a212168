/* SPDX-License-Identifier: MIT */
/* A number or NULL is a pointer, and would be null always: it must not compile.
 * expect-error: edoi_sql_null_is_EDO_SQL_IF
 * with: gcc -std=c17 -w; gcc -std=c17; clang -std=c17 -w; clang -std=c17
 */
#include <edo/sql.h>

size_t wrong(bool has_age, int64_t age);

size_t wrong(bool has_age, int64_t age) {
#ifdef ACCEPTED
    const edo_sql_args args = EDO_SQL(EDO_SQL_IF(has_age, age), has_age ? "x" : NULL);
#else
    const edo_sql_args args = EDO_SQL(has_age ? age : NULL);
#endif
    return args.n;
}
