/* SPDX-License-Identifier: MIT */
/* Goal: no text of a statement's own is shown, whatever quotes it has, and nothing else is hidden.
 * Method: statements of each form; each is shown as the table says. */
#include "log/span/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void texts_are_hidden_and_the_rest_is_shown(void **state) {
    static const char *const rows[][2] = {
        { "select a from t where b = $1 and c = ?2", "select a from t where b = $1 and c = ?2" },
        { "set password = 'a''b' where n = 7", "set password = '?' where n = 7" },
        { "select E'a\\'b', 'c'", "select E'?', '?'" },
        { "select table_e'a\\', 'b'", "select table_e'?', '?'" },
        { "select $$it's$$, $x$a$$b$x$, $1", "select '?', '?', $1" },
        { "select a$b$, 'c' from a$b$", "select a$b$, '?' from a$b$" },
        { "select \"o'clock\", 'x'", "select \"o'clock\", '?'" },
        { "-- don't\nselect 'x'", "-- don't\nselect '?'" },
        { "/* don't */ select 'x'", "/* don't */ select '?'" },
        { "select 'no end", "select '?'" },
        { "select $t$no end", "select '?'" },
        { "'", "'?'" },
        { "", "" },
    };
    char room[EDOI_SQL_SHOWN_MAX];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_str shown = edoi_sql_shown(room, rows[i][0]);
        if (!edo_str_equal(shown, edo_str_of(rows[i][1])))
            fail_msg("%s is shown as %.*s", rows[i][0], (int)shown.len, shown.ptr);
    }
}

static void what_is_long_is_cut(void **state) {
    char sql[3000], room[EDOI_SQL_SHOWN_MAX];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        memset(sql, ' ', sizeof sql);
        sql[sizeof sql - 1] = '\0';
        memcpy(sql + 995 + i, "'secret'", 8);
        edo_str shown = edoi_sql_shown(room, sql);
        assert_int_equal(shown.len, EDOI_SQL_SHOWN_MAX);
        assert_null(memchr(shown.ptr, 's', shown.len));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_hidden_and_the_rest_is_shown),
        cmocka_unit_test(what_is_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
