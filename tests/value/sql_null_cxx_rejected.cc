// SPDX-License-Identifier: MIT
/* In C++ NULL is a number, so that a number or NULL would be 0 and not null: it must not compile.
 * expect-error: EDO_SQL_IF() is null
 * with: g++ -std=c++17 -w; g++ -std=c++17; clang++ -std=c++17 -w; clang++ -std=c++17
 */
#include <edo/sql.h>

size_t wrong(bool has_age, int64_t age, const char *name);

size_t wrong(bool has_age, int64_t age, const char *name) {
#ifdef ACCEPTED
    const edo_sql_args args =
        EDO_SQL(EDO_SQL_IF(has_age, age), has_age ? "x" : nullptr, name == NULL, nullptr,
                has_age ? name : NULL, EDO_SQL_IF(has_age, name ? name : NULL),
                R"(a "b, NULL, c" d)", age);
#else
    (void)name;
    const edo_sql_args args = EDO_SQL(has_age ? age : NULL);
#endif
    return args.n;
}
