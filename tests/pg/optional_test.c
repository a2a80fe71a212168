/* SPDX-License-Identifier: MIT */
/* Goal: an argument that may be missing is its value or null, of each type, and a column that is
 * not there is as what is not there in JSON.
 * Method: a real server; the one table of support/absence.h. */
#include "absence.h"
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    return db;
}

static int sends_optional(void *arg) {
    edo_pg *db = connected();
    (void)arg;
    for (int has = 0; has < 2; has++) {
        number n = { 0 };
        const char *sql =
            has ? "select ($1::bigint = 7 and $2::float8 = 2.5 and $3::bool and $4::interval = "
                  "'5us' and $5::text = 'x' and $6::timestamptz < '1971-1-1' and $7::timestamptz < "
                  "'1971-1-1')::int as n"
                : "select ($1::bigint is null and $2::float8 is null and $3::bool is null and "
                  "$4::interval is null and $5::text is null and $6::timestamptz is null and "
                  "$7::timestamptz is null)::int as n";
        CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, sql,
                                  EDO_SQL(EDO_SQL_IF(has, INT64_C(7)), EDO_SQL_IF(has, 2.5),
                                          EDO_SQL_IF(has, true), EDO_SQL_IF(has, edo_us(5)),
                                          EDO_SQL_IF(has, "x"), EDO_SQL_IF(has, edo_sql_time(5)),
                                          EDO_SQL_IF(has, ((edo_wall){ 1, 0 })))),
                 0);
        CHECK_EQ(n.n, 1);
    }
    edo_pg_close(db);
    return 0;
}

static void optional_argument_is_its_value_or_null(void **state) {
    (void)state;
    assert_int_equal(inside_real(sends_optional, NULL), 0);
}

static int reads_no_column(void *arg) {
    edo_pg *db = connected();
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(absences); i++) {
        const absence *row = &absences[i];
        absent_any value = { .has.n = 1 };
        if (!row->is_column) continue;
        int err = edo_pg_query_one(db, &value, row->desc, "select 1 as m", EDO_SQL_NONE);
        CHECK_EQ(err, row->when == ABSENCE_ANY ? 0 : -EDO_EVALUE);
        if (err == 0) CHECK_EQ(value.has.n, row->desc == &absent_preset_desc ? 7 : 0);
        edo_trail_clear();
    }
    edo_pg_close(db);
    return 0;
}

static void absent_column_is_what_is_absent_in_json(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_no_column, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optional_argument_is_its_value_or_null),
        cmocka_unit_test(absent_column_is_what_is_absent_in_json),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
