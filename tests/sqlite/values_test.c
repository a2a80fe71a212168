/* SPDX-License-Identifier: MIT */
/* Goal: values go into a database of SQLite and come out as they are; what does not fit is an error
 * that names the column.
 * Method: as sqlite_test.c. */
#include <edo/error.h>

#include "absence.h"
#include "database.h"

#include <math.h>

typedef enum color { RED, BLUE } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(RED, "red"), EDO_UNIT(BLUE, "blue"))

typedef struct spot {
    int32_t x, y;
} spot;
EDO_DESCRIBE(spot, EDO_FIELD(spot, x), EDO_FIELD(spot, y))

typedef struct thing {
    int64_t id;
    edo_str name;
    double weight;
    bool is_new;
    uint8_t small;
    edo_bytes data;
    edo_duration age;
    color color;
    spot spot;
    edo_str note;
} thing;
EDO_DESCRIBE(thing, EDO_FIELD(thing, id), EDO_FIELD(thing, name, .max_len = 20),
             EDO_FIELD(thing, weight), EDO_FIELD(thing, is_new), EDO_FIELD(thing, small),
             EDO_FIELD(thing, data), EDO_FIELD(thing, age), EDO_FIELD_OF(thing, color, color_desc),
             EDO_FIELD_OF(thing, spot, spot_desc), EDO_FIELD(thing, note, .optional = true))

/* ---- Values ---------------------------------------------------------------------------------- */

#define THINGS                                                                                     \
    "create table thing (id integer primary key, name text, weight real, is_new int, small int, "  \
    "data blob, age int, color text, spot text, note text)"

EDO_TEST(values_come_out_as_they_went_in, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    does(db, THINGS);
    thing in = { .id = INT64_MIN,
                 .name = EDO_STR("caf\xc3\xa9"),
                 .weight = 0.1 + 0.2,
                 .is_new = true,
                 .small = 255,
                 .data = edo_bytes_from_static(EDO_STR("a\0b")),
                 .age = edo_ms(1500),
                 .color = BLUE,
                 .spot = { -1, 2 } };
    CHECK_EQ(edo_sqlite_exec(db, "insert into thing values (?,?,?,?,?,?,?,?,?,?)",
                             EDO_SQL_OF(&in, &thing_desc)),
             1);
    thing out = { 0 };
    EDO_TEST_OK(edo_sqlite_query_one(db, &out, &thing_desc, "select * from thing", EDO_SQL_NONE));
    CHECK(out.id == INT64_MIN && edo_str_equal(out.name, in.name) && out.weight == 0.1 + 0.2);
    CHECK(out.is_new && out.small == 255 && out.age.ns == edo_ms(1500).ns && out.color == BLUE);
    CHECK(edo_str_equal(out.data.str, EDO_STR("a\0b")) && out.spot.x == -1 && out.spot.y == 2);
    CHECK(out.note.ptr == NULL);
    edo_value_deinit(&out, &thing_desc);
    number n = { 0 };
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc,
                                     "select ?1 is null and ?2 = 'x' and ?3 = 2.5 and ?4 = 7 as n",
                                     EDO_SQL((const char *)NULL, "x", 2.5, 7u)));
    CHECK_EQ(n.n, 1);
    closed(db);
}

typedef struct birth {
    edo_wall at;
} birth;
EDO_DESCRIBE(birth, EDO_FIELD(birth, at, .optional = true))

typedef struct visit {
    edo_wall at;
    bool has_gone;
    edo_wall gone;
    edo_duration stay;
} visit;
EDO_DESCRIBE(visit, EDO_FIELD(visit, at, .min = 0, .max = 4102444800),
             EDO_FIELD(visit, gone, EDO_HAS(visit, has_gone)),
             EDO_FIELD(visit, stay, .preset = "0s", .max = 1000))

static bool is_wall(edo_wall t, int64_t s, int32_t ns) {
    return edo_wall_compare(t, (edo_wall){ s, ns }) == 0;
}

/* As texts that SQLite's own functions make and read, in the order of time. */
EDO_TEST(instants_are_the_texts_of_sqlite, .workers = 1) {
    static const struct {
        const char *sql;
        int64_t s;
        int32_t ns;
    } rows[] = {
        { "select '2026-11-27 15:04:05' as at", 1795791845, 0 },
        { "select '2026-11-27T16:04:05.25+01:00' as at", 1795791845, 250000000 },
        { "select '2026-11-27 15:04' as at", 1795791840, 0 },
        { "select '2026-11-27' as at", 1795737600, 0 },
        { "select 1795791845 as at", 1795791845, 0 },
        { "select datetime(1795791845, 'unixepoch') as at", 1795791845, 0 },
        { "select strftime('%Y-%m-%d %H:%M:%f', 1795791845.5, 'unixepoch') as at", 1795791845,
          500000000 },
    };
    edo_sqlite *db = opened(NULL);
    const visit in = { .at = { 1795791845, 120000000 },
                       .has_gone = true,
                       .gone = { INT64_C(-62135596800), 1 },
                       .stay = edo_ns(7) };
    const edo_wall next = { 1795791846, 0 };
    visit v;
    number n;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        EDO_TEST_OK(edo_sqlite_query_one(db, &v, &visit_desc, rows[i].sql, EDO_SQL_NONE));
        CHECK(is_wall(v.at, rows[i].s, rows[i].ns) && !v.has_gone);
    }
    does(db, "create table visit (at text, gone text, stay int)");
    CHECK_EQ(
        edo_sqlite_exec(db, "insert into visit values (?, ?, ?)", EDO_SQL_OF(&in, &visit_desc)), 1);
    CHECK_EQ(edo_sqlite_exec(db, "insert into visit values (?, ?, 0)",
                             EDO_SQL(next, (const char *)NULL)),
             1);
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, "select ? is null as n",
                                     EDO_SQL_OF(&(birth){ .at = { 0 } }, &birth_desc)));
    CHECK_EQ(n.n, 1); // none, and not the begin of 1970
    EDO_TEST_OK(edo_sqlite_query_one(db, &v, &visit_desc, "select * from visit order by at limit 1",
                                     EDO_SQL_NONE));
    CHECK(is_wall(v.at, in.at.s, in.at.ns) && is_wall(v.gone, in.gone.s, 1) && v.stay.ns == 7);
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc,
                                     "select count(*) as n from visit where at >= ? and"
                                     " at < '2026-11-27 15:04:06' and"
                                     " unixepoch(at) = 1795791845 and gone like '0001-%'",
                                     EDO_SQL(in.at)));
    CHECK_EQ(n.n, 1);
    closed(db);
}

EDO_TEST(what_no_instant_is_is_refused_by_its_column, .workers = 1) {
    static const char *const rows[][2] = {
        { "select 'secret' as at", "must be a time such as 2026-11-27T15:04:05Z" },
        { "select 2461371.5 as at", "must be a time such as 2026-11-27T15:04:05Z" },
        { "select '2026-02-30' as at", "must be a day and a time that exist" },
        { "select 1795791845000000 as at", "must be a time of the years 1 to 9999" },
        { "select -1 as at", "must be at least 1970-01-01T00:00:00Z" },
        { "select '2200-01-01' as at", "must be at most 2100-01-01T00:00:00Z" },
        { "select 0 as at, 1001 as stay", "must be at most 1us" },
    };
    edo_sqlite *db = opened(NULL);
    const edo_wall far = { INT64_C(253402300800), 0 };
    visit v;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[500];
        CHECK_EQ(edo_sqlite_query_one(db, &v, &visit_desc, rows[i][0], EDO_SQL_NONE), -EDO_EVALUE);
        (void)edo_trail_print_text(text, sizeof text, -EDO_EVALUE, EDO_TRAIL_LINE);
        CHECK(strstr(text, "the column \"") && strstr(text, rows[i][1]) && !strstr(text, "secret"));
        edo_trail_clear();
    }
    CHECK_EQ(edo_sqlite_exec(db, "select ?", EDO_SQL(far)), -EINVAL);
    CHECK(
        strstr(edo_trail_find(-EINVAL)->text, "argument 1 must be a time of the years 1 to 9999"));
    edo_trail_clear();
    closed(db);
}

typedef struct reals {
    double f64;
    float f32;
} reals;
EDO_DESCRIBE(reals, EDO_FIELD(reals, f64), EDO_FIELD(reals, f32))

typedef struct part {
    double f64;
} part;
EDO_DESCRIBE(part, EDO_FIELD(part, f64, .max = 1))

EDO_TEST(infinities_are_read_and_what_is_no_number_is_refused, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    const double f64[] = { (double)INFINITY, -(double)INFINITY, 1.5, 0 };
    const float f32[] = { -INFINITY, INFINITY, 0.1f, 0 };
    reals out = { 0 };
    part small;
    for (size_t i = 0; i < EDO_COUNT(f64); i++) {
        EDO_TEST_OK(edo_sqlite_query_one(db, &out, &reals_desc, "select ? as f64, ? as f32",
                                         EDO_SQL(f64[i], f32[i])));
        CHECK(out.f64 == f64[i] && out.f32 == f32[i]);
    }
    CHECK_EQ(edo_sqlite_query_one(db, &small, &part_desc, "select ? as f64", EDO_SQL(f64[0])),
             -EDO_EVALUE);
    CHECK_EQ(edo_sqlite_exec(db, "select ?", EDO_SQL((double)NAN)), -EINVAL);
    const reals none[] = { { .f64 = (double)NAN }, { .f32 = -NAN } };
    for (size_t i = 0; i < EDO_COUNT(none); i++)
        CHECK_EQ(edo_sqlite_exec(db, "select ?, ?", EDO_SQL_OF(&none[i], &reals_desc)), -EINVAL);
    edo_trail_clear();
    closed(db);
}

typedef struct bounds {
    double least, most;
    float none;
} bounds;
EDO_DESCRIBE(bounds, EDO_FIELD(bounds, least, .preset = "-inf"),
             EDO_FIELD(bounds, most, .preset = "inf"), EDO_FIELD(bounds, none, .preset = "nan"))

/* As of messages of proto2, whose defaults these may be. */
EDO_TEST(infinities_may_be_presets_of_fields_without_a_column, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    bounds out;
    EDO_TEST_OK(edo_sqlite_query_one(db, &out, &bounds_desc, "select 5 as most", EDO_SQL_NONE));
    CHECK(out.least == -(double)INFINITY && out.most == 5 && isnan(out.none));
    closed(db);
}

EDO_TEST(what_does_not_fit_is_an_error_that_names_the_column, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    static const struct {
        const char *sql;
        int err;
    } rows[] = {
        { "select 1 as n where 0", -EDO_ENOROW },
        { "select 1 as n union select 2", -EDO_EVALUE },
        { "select 1 as m", -EDO_EVALUE },
        { "select null as n", -EDO_EVALUE },
        { "select 'secret' as n", -EDO_EVALUE },
        { "select 1.5 as n", -EDO_EVALUE },
        { "select nothing as n", -EDO_ESQL },
        { "select 1 as n; select 2", -EINVAL },
        { "-- nothing", -EINVAL },
        { "select ?1 as n", -EINVAL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        number n = { 7 };
        char text[500];
        CHECK_EQ(edo_sqlite_query_one(db, &n, &number_desc, rows[i].sql, EDO_SQL_NONE),
                 rows[i].err);
        (void)edo_trail_print_text(text, sizeof text, rows[i].err, EDO_TRAIL_LINE);
        CHECK(!strstr(text, "secret"));
        edo_trail_clear();
    }
    CHECK_EQ(edo_sqlite_exec(db, "select ?1", EDO_SQL(((edo_str){ "a\0b", 3 }))), -EINVAL);
    CHECK_EQ(edo_sqlite_exec(db, "select ?1", EDO_SQL(UINT64_MAX)), -EINVAL);
    CHECK_EQ(edo_sqlite_exec(db, "begin", EDO_SQL_NONE), -EINVAL);
    CHECK_EQ(asks(db, "select 3 as n; -- and a comment"), 3);
    closed(db);
}

EDO_TEST(optional_argument_is_its_value_or_null, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    for (int has = 0; has < 2; has++) {
        number n = { 0 };
        const char *sql = has ? "select ?1 = 7 and ?2 = 2.5 and ?3 = 1 and ?4 = 5 and ?5 = 'x' and"
                                " ?6 like '1970-%' and ?7 = 9 as n"
                              : "select coalesce(?1, ?2, ?3, ?4, ?5, ?6) is null and ?7 = 9 as n";
        EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, sql,
                                         EDO_SQL(EDO_SQL_IF(has, INT64_C(7)), EDO_SQL_IF(has, 2.5),
                                                 EDO_SQL_IF(has, true), EDO_SQL_IF(has, edo_ns(5)),
                                                 EDO_SQL_IF(has, "x"),
                                                 EDO_SQL_IF(has, ((edo_wall){ 1, 0 })), 9)));
        CHECK_EQ(n.n, 1);
    }
    closed(db);
}

EDO_TEST(an_argument_of_nobody_is_null, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    const number seven = { 7 };
    const number *const rows[] = { &seven, NULL };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        number n = { 0 };
        EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, "select coalesce(?1, 9) as n",
                                         EDO_SQL(EDO_SQL_IF(rows[i], rows[i]->n))));
        CHECK_EQ(n.n, rows[i] ? 7 : 9);
    }
    closed(db);
}

EDO_TEST(absent_column_is_what_is_absent_in_json, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    for (size_t i = 0; i < EDO_COUNT(absences); i++) {
        const absence *row = &absences[i];
        absent_any value = { .has.n = 1 };
        if (!row->is_column) continue;
        int err = edo_sqlite_query_one(db, &value, row->desc, "select 1 as m", EDO_SQL_NONE);
        CHECK_EQ(err, row->when == ABSENCE_ANY ? 0 : -EDO_EVALUE);
        if (err == 0) CHECK_EQ(value.has.n, row->desc == &absent_preset_desc ? 7 : 0);
        edo_trail_clear();
    }
    closed(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_out_as_they_went_in),
        cmocka_unit_test(instants_are_the_texts_of_sqlite),
        cmocka_unit_test(what_no_instant_is_is_refused_by_its_column),
        cmocka_unit_test(infinities_are_read_and_what_is_no_number_is_refused),
        cmocka_unit_test(infinities_may_be_presets_of_fields_without_a_column),
        cmocka_unit_test(optional_argument_is_its_value_or_null),
        cmocka_unit_test(an_argument_of_nobody_is_null),
        cmocka_unit_test(absent_column_is_what_is_absent_in_json),
        cmocka_unit_test(what_does_not_fit_is_an_error_that_names_the_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
