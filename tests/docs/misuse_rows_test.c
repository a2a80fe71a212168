/* SPDX-License-Identifier: MIT */
/* Goal: a description that rows cannot fill is named, as docs/book/misuse.md says it, with its
 * place, in a debug build.
 * Method: as misuse_locks_test.c; no database is looked at. */
#include <edo/edo.h>
#include <edo/sqlite.h>

#include "breaches.h"

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct pair {
    number *some, *others;
    size_t some_n, others_n;
} pair;
EDO_DESCRIBE(pair, EDO_FIELD_LIST_OF(pair, some, some_n, number_desc),
             EDO_FIELD_LIST_OF(pair, others, others_n, number_desc))

typedef struct plain {
    int64_t *all;
    size_t all_n;
} plain;
EDO_DESCRIBE(plain, EDO_FIELD_LIST(plain, all, all_n))

static int fills(void *out, const edo_desc *desc) {
    return edo_sqlite_query_all(NULL, out, desc, NULL, "select 1 as n", EDO_SQL_NONE);
}

static int fills_one_row(void *arg) {
    number out;
    (void)arg;
    return fills(&out, &number_desc);
}

static int fills_one_of_two(void *arg) {
    pair out;
    (void)arg;
    return fills(&out, &pair_desc);
}

static int fills_numbers(void *arg) {
    plain out;
    (void)arg;
    return fills(&out, &plain_desc);
}

static const breach rows[] = {
    { "rows fill a struct that has one list of structs", fills_one_row },
    { "rows fill a struct that has one list of structs", fills_one_of_two },
    { "rows fill a struct that has one list of structs", fills_numbers },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), ".c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
