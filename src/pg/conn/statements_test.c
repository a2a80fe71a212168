/* SPDX-License-Identifier: MIT */
/* Goal: statements are found by their text, and the one used longest ago makes room.
 * Method: a table of three against what was asked for; then the structure is broken. */
#include "pg/conn/statements.h"

#include "broken.h"

#include <string.h>

static void the_one_used_longest_ago_makes_room(void **state) {
    (void)state;
    edoi_pg_statements s;
    edoi_pg_statement *out_of, *one, *again;
    edoi_pg_statements_init(&s, 3);
    one = edoi_pg_statements_get(&s, "select 1", &out_of);
    assert_non_null(one);
    assert_string_equal(one->name, "edo_1");
    assert_false(one->is_prepared);
    assert_non_null(edoi_pg_statements_get(&s, "select 2", &out_of));
    assert_non_null(edoi_pg_statements_get(&s, "select 3", &out_of));
    again = edoi_pg_statements_get(&s, "select 1", &out_of);
    assert_ptr_equal(again, one);
    assert_null(out_of);
    assert_non_null(edoi_pg_statements_get(&s, "select 4", &out_of));
    assert_non_null(out_of);
    assert_string_equal(out_of->sql, "select 2");
    edoi_pg_statement_free(out_of);
    again = edoi_pg_statements_get(&s, "select 2", &out_of);
    assert_string_equal(again->name, "edo_5");
    assert_string_equal(out_of->sql, "select 3");
    edoi_pg_statement_free(out_of);
    edoi_pg_statements_clear(&s);
}

static void none_are_kept_where_none_may_be(void **state) {
    (void)state;
    edoi_pg_statements s;
    edoi_pg_statement *out_of;
    edoi_pg_statements_init(&s, 0);
    assert_null(edoi_pg_statements_get(&s, "select 1", &out_of));
    assert_null(out_of);
    edoi_pg_statements_clear(&s);
}

static int break_statements(void *arg) {
    edoi_pg_statements s;
    edoi_pg_statement *out_of;
    (void)arg;
    edoi_pg_statements_init(&s, 3);
    edoi_pg_statement *st = edoi_pg_statements_get(&s, "select 1", &out_of);
    TAILQ_REMOVE(&s.all, st, next);
    edoi_pg_statements_check(&s);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    assert_broken("statements inv. 1: ", break_statements, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_used_longest_ago_makes_room),
        cmocka_unit_test(none_are_kept_where_none_may_be),
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
