/* SPDX-License-Identifier: MIT */
/* Goal: all rows of a query become the list of a struct, which a reply takes as it is; one that
 * fails, or is cut short, is empty, and its connection is used again.
 * Method: as sqlite_test.c; memory_test.c has allocations that fail. */
#include <edo/error.h>
#include <edo/json.h>
#include <edo/protobuf.h>
#include <edo/task.h>

#include "database.h"

typedef struct line {
    int64_t id;
    edo_str t;
} line;
EDO_DESCRIBE(line, EDO_FIELD(line, id, .number = 1, .optional = true),
             EDO_FIELD(line, t, .number = 2))

/* A reply of JSON. */
typedef struct lines {
    line *all;
    size_t all_n;
    int64_t total;
} lines;
EDO_DESCRIBE(lines, EDO_FIELD_LIST_OF(lines, all, all_n, line_desc), EDO_FIELD(lines, total))

/* One of gRPC, as protoc-gen-edo would describe it: a map is no list of rows. */
typedef struct label {
    edo_str name, value;
} label;
EDO_DESCRIBE(label, EDO_FIELD(label, name, .number = 1), EDO_FIELD(label, value, .number = 2))

typedef struct message {
    label *labels;
    size_t labels_n;
    line *lines;
    size_t lines_n;
    edo_str unknown;
} message;
EDO_DESCRIBE(message,
             EDO_FIELD_LIST_OF(message, labels, labels_n, label_desc, .number = 1, .map = true,
                               .optional = true),
             EDO_FIELD_LIST_OF(message, lines, lines_n, line_desc, .number = 2, .optional = true),
             EDO_FIELD(message, unknown, .wire = EDO_WIRE_REST, .skip = true))

typedef struct some_lines {
    line *all;
    size_t all_n;
} some_lines;
EDO_DESCRIBE(some_lines, EDO_FIELD_LIST_OF(some_lines, all, all_n, line_desc, .max_len = 3))

typedef struct few_numbers {
    number all[3];
    size_t all_n;
} few_numbers;
EDO_DESCRIBE(few_numbers, EDO_FIELD_UPTO_OF(few_numbers, all, all_n, number_desc))

typedef struct maybe {
    number *all;
    size_t all_n;
    bool has;
} maybe;
EDO_DESCRIBE(maybe, EDO_FIELD_LIST_OF(maybe, all, all_n, number_desc, EDO_HAS(maybe, has)))

#define LINES                                                                                      \
    "with recursive c (id) as (select 1 union all select id + 1 from c where id < ?1) "            \
    "select id, printf('%.*c', id * ?2, 'x') as t from c"

EDO_TEST(a_list_has_all_rows_with_texts_of_any_length, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    edo_arena arena = { 0 };
    lines found = { .total = 7 };
    CHECK_EQ(asks(db, "select 5 as n"), 5); // on the connection that reads
    uint64_t before = jobs_n();
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(1000, 50)));
    CHECK_EQ(jobs_n() - before, 1);
    CHECK(found.all_n == 1000 && found.total == 7);
    for (size_t i = 0; i < found.all_n; i++)
        CHECK(found.all[i].id == (int64_t)i + 1 && found.all[i].t.len == 50 * (i + 1));
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, &arena,
                                     "select 1 as id, '' as t where ?1", EDO_SQL(0)));
    CHECK_EQ(found.all_n, 0);
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, NULL, LINES, EDO_SQL(5, 100)));
    CHECK(found.all_n == 5 && found.all[4].t.len == 500);
    edo_value_deinit(&found, &lines_desc);
    edo_arena_deinit(&arena);
    closed(db);
}

EDO_TEST(a_list_is_a_reply_of_json_and_a_message, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    lines found = { .total = 7 };
    message m = { .unknown = EDO_STR("") }, read;
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(2, 1)));
    EDO_TEST_OK(edo_json_encode(&out, &found, &lines_desc));
    CHECK(edo_str_equal((edo_str){ out.ptr, out.len },
                        EDO_STR("{\"all\":[{\"id\":1,\"t\":\"x\"},{\"id\":2,\"t\":\"xx\"}],"
                                "\"total\":7}")));
    out.len = 0;
    EDO_TEST_OK(edo_sqlite_query_all(db, &m, &message_desc, &arena, LINES, EDO_SQL(2, 1)));
    EDO_TEST_OK(edo_protobuf_encode(&out, &m, &message_desc));
    EDO_TEST_OK(edo_protobuf_decode(&read, &message_desc, (edo_str){ out.ptr, out.len }, &arena));
    CHECK(read.lines_n == 2 && read.lines[1].id == 2 && read.lines[1].t.len == 2);
    CHECK(read.labels_n == 0 && m.labels_n == 0);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
    closed(db);
}

EDO_TEST(a_list_has_at_most_as_many_rows_as_it_says, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    edo_arena arena = { 0 }, small = { .bytes_max = 20000 };
    lines found = { .total = 7 };
    some_lines some;
    few_numbers few;
    const int most = (int)EDO_SQL_ROWS_MAX;
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(most, 0)));
    CHECK_EQ(found.all_n, EDO_SQL_ROWS_MAX);
    CHECK_EQ(edo_sqlite_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(most + 1, 0)),
             -EDO_EVALUE);
    CHECK(found.all_n == 0 && !found.all && found.total == 7);
    EDO_TEST_OK(edo_sqlite_query_all(db, &some, &some_lines_desc, &arena, LINES, EDO_SQL(3, 1)));
    CHECK_EQ(some.all_n, 3);
    CHECK_EQ(edo_sqlite_query_all(db, &some, &some_lines_desc, NULL, LINES, EDO_SQL(4, 1)),
             -EDO_EVALUE);
    CHECK_EQ(some.all_n, 0);
    EDO_TEST_OK(
        edo_sqlite_query_all(db, &few, &few_numbers_desc, NULL, COUNT_TO("3"), EDO_SQL_NONE));
    CHECK(few.all_n == 3 && few.all[2].n == 3);
    CHECK_EQ(edo_sqlite_query_all(db, &few, &few_numbers_desc, NULL, COUNT_TO("4"), EDO_SQL_NONE),
             -EDO_EVALUE);
    CHECK_EQ(few.all_n, 0);
    CHECK_EQ(edo_sqlite_query_all(db, &found, &lines_desc, &small, LINES, EDO_SQL(1000, 50)),
             -ENOMEM);
    CHECK(found.all_n == 0 && small.is_full);
    edo_trail_clear();
    CHECK_EQ(asks(db, "select 5 as n"), 5); // the one connection that reads
    edo_arena_deinit(&small);
    edo_arena_deinit(&arena);
    closed(db);
}

EDO_TEST(an_optional_list_is_there_unless_it_fails, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    maybe m = { .has = false };
    EDO_TEST_OK(
        edo_sqlite_query_all(db, &m, &maybe_desc, NULL, "select 1 as n where 0", EDO_SQL_NONE));
    CHECK(m.has && m.all_n == 0);
    CHECK_EQ(edo_sqlite_query_all(db, &m, &maybe_desc, NULL, "select 1 as n union all select 'x'",
                                  EDO_SQL_NONE),
             -EDO_EVALUE);
    CHECK(!m.has && m.all_n == 0 && !m.all);
    edo_trail_clear();
    closed(db);
}

EDO_TEST(a_list_that_fails_is_empty_and_a_change_stays_made, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    static const struct {
        const char *sql;
        int err;
    } rows[] = {
        { "insert into t select 1, 'x' union all select 2, null union all select 3, 'x'"
          " returning id, t",
          -EDO_EVALUE },
        { "select id from t", -EDO_EVALUE },
        { "select id from t where 0", -EDO_EVALUE },
        { "delete from t returning id", -EDO_EVALUE }, // is not begun: "t" is missing
        { "delete from t", -EDO_EVALUE },
        { "select id, t from t union all select abs(-9223372036854775807 - 1), 'x'", -EDO_EVALUE },
        { "select id, 'x' as t from t union all select abs(-9223372036854775807 - 1), 'x'",
          -EDO_ESQL },
        { "selekt", -EDO_ESQL },
        { "begin", -EDO_EVALUE },
    };
    lines found = { .total = 7 };
    edo_arena arena = { 0 };
    does(db, "create table t (id int, t text)");
    for (size_t i = 0; i < 2 * EDO_COUNT(rows); i++) {
        CHECK_EQ(edo_sqlite_query_all(db, &found, &lines_desc, i % 2 ? &arena : NULL,
                                      rows[i / 2].sql, EDO_SQL_NONE),
                 rows[i / 2].err);
        CHECK(found.all_n == 0 && !found.all && found.total == 7);
        if (i < 2) CHECK(strcmp(edo_trail_find(-EDO_EVALUE)->text, "row 2") == 0);
        edo_trail_clear();
        CHECK_EQ(asks(db, ROWS_N), i == 0 ? 3 : 6);
    }
    EDO_TEST_OK(edo_sqlite_query_all(db, &found, &lines_desc, &arena,
                                     "delete from t where t = 'x' returning id, t", EDO_SQL_NONE));
    CHECK_EQ(found.all_n, 4);
    CHECK_EQ(asks(db, ROWS_N), 2);
    edo_arena_deinit(&arena);
    closed(db);
}

static lines cut_short;

static int lists_for_long(void *db) {
    return edo_sqlite_query_all(db, &cut_short, &lines_desc, NULL,
                                "select 1 as id, 'x' as t union all select sum(n) + begun(), 'x'"
                                " from (" COUNT("begun()", "1000000000") ")",
                                EDO_SQL_NONE);
}

EDO_TEST(a_list_that_is_cut_short_is_empty, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    atomic_store(&has_begun, false);
    edo_task *t = edo_spawn(lists_for_long, db);
    WAIT_FOR(atomic_load(&has_begun));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(cut_short.all_n == 0 && !cut_short.all);
    CHECK_EQ(asks(db, "select 5 as n"), 5);
    closed(db);
}

/* Both ways to be in a transaction. */
static int lists_in_tx(edo_sqlite *tx, void *arena) {
    lines found;
    does(tx, "insert into t values (1, 'x')");
    int err = edo_sqlite_query_all(tx, &found, &lines_desc, arena, "select * from t", EDO_SQL_NONE);
    return err < 0 ? err : (int)found.all_n;
}

EDO_TEST(a_list_of_a_transaction_has_what_that_has_done, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    edo_arena arena = { 0 };
    does(db, "create table t (id int, t text)");
    CHECK_EQ(edo_sqlite_run_tx(db, lists_in_tx, &arena), 1);
    CHECK_EQ(edo_sqlite_call(db, true, lists_in_tx, &arena), 2);
    edo_arena_deinit(&arena);
    closed(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_all_rows_with_texts_of_any_length),
        cmocka_unit_test(a_list_is_a_reply_of_json_and_a_message),
        cmocka_unit_test(a_list_has_at_most_as_many_rows_as_it_says),
        cmocka_unit_test(an_optional_list_is_there_unless_it_fails),
        cmocka_unit_test(a_list_that_fails_is_empty_and_a_change_stays_made),
        cmocka_unit_test(a_list_that_is_cut_short_is_empty),
        cmocka_unit_test(a_list_of_a_transaction_has_what_that_has_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
