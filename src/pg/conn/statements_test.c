/* SPDX-License-Identifier: MIT */
/* Goal: statements are found by their text, and the one used longest ago makes room.
 * Method: a table of three against what was asked for; then the structure is broken. */
#include "pg/conn/statements.h"

#include "broken.h"

#include <stdio.h>
#include <string.h>

static void the_one_used_longest_ago_makes_room(void **state) {
    (void)state;
    edoi_pg_statements s;
    edoi_pg_statement *one;
    edoi_pg_statements_init(&s, 3);
    one = edoi_pg_statements_get(&s, "select 1");
    assert_non_null(one);
    assert_string_equal(one->name + 36, "_1");
    assert_false(one->is_prepared);
    assert_non_null(edoi_pg_statements_get(&s, "select 2"));
    assert_non_null(edoi_pg_statements_get_beside(&s, "select 3"));
    assert_null(edoi_pg_statements_get_beside(&s, "select 4"));
    assert_ptr_equal(edoi_pg_statements_get_beside(&s, "select 1"), one);
    assert_non_null(edoi_pg_statements_get(&s, "select 4"));
    assert_true(TAILQ_EMPTY(&s.doomed)); // "select 2" was not prepared
    // by its text, and another one each time
    edoi_pg_statement *two = edoi_pg_statements_get(&s, "select 2");
    assert_string_equal(two->name + 36, "_5");
    assert_memory_equal(two->name, "edo_", 4);
    assert_memory_not_equal(two->name, edoi_pg_statements_get(&s, "select 1")->name, 20);
    assert_memory_not_equal(two->name + 20, edoi_pg_statements_get(&s, "select 1")->name + 20, 16);
    edoi_pg_statements_clear(&s);
}

static void those_that_are_prepared_are_doomed_in_order(void **state) {
    (void)state;
    edoi_pg_statements s;
    char sql[32];
    edoi_pg_statements_init(&s, 2);
    for (int i = 0; i < 5; i++) {
        (void)snprintf(sql, sizeof sql, "select %d", i);
        edoi_pg_statements_get(&s, sql)->is_prepared = true;
    }
    edoi_pg_statements_check(&s);
    assert_string_equal(TAILQ_FIRST(&s.doomed)->sql, "select 0");
    edoi_pg_statements_forgotten(&s);
    assert_string_equal(TAILQ_FIRST(&s.doomed)->sql, "select 1");
    edoi_pg_statements_doom(&s, edoi_pg_statements_get(&s, "select 4"));
    assert_string_equal(TAILQ_LAST(&s.doomed, edoi_pg_statement_list)->sql, "select 4");
    assert_string_equal(edoi_pg_statements_get(&s, "select 4")->name + 36, "_6");
    edoi_pg_statements_clear(&s);
    assert_true(TAILQ_EMPTY(&s.doomed));
}

static void none_are_kept_where_none_may_be(void **state) {
    (void)state;
    edoi_pg_statements s;
    edoi_pg_statements_init(&s, 0);
    assert_null(edoi_pg_statements_get(&s, "select 1"));
    assert_null(edoi_pg_statements_get_beside(&s, "select 1"));
    edoi_pg_statements_clear(&s);
}

static int break_statements(void *arg) {
    edoi_pg_statements s;
    (void)arg;
    edoi_pg_statements_init(&s, 3);
    edoi_pg_statement *st = edoi_pg_statements_get(&s, "select 1");
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
        cmocka_unit_test(those_that_are_prepared_are_doomed_in_order),
        cmocka_unit_test(none_are_kept_where_none_may_be),
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
