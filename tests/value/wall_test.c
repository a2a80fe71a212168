/* SPDX-License-Identifier: MIT */
/* Goal: instants of the wall clock, and durations, are read exactly or refused with what is
 * demanded, in whatever form a description has them: text, JSON, a query, a command line.
 * Method: tables of texts; days of the whole calendar there and back; one struct with each shape;
 * each allocation failing in turn. fuzz/wall.c has a naive reader beside the parser. */
#include "../support/fail_alloc.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define FIRST INT64_C(-62135596800)
#define LAST  INT64_C(253402300799)

static bool same(edo_wall a, edo_wall b) {
    return edo_wall_compare(a, b) == 0;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void an_instant_is_read_exactly_and_printed_in_utc(void **state) {
    static const struct {
        const char *text;
        edo_wall t;
        const char *again; // NULL: the same
    } rows[] = {
        { "1970-01-01T00:00:00Z", { 0, 0 }, NULL },
        { "1969-12-31T23:59:59.999999999Z", { -1, 999999999 }, NULL },
        { "2026-11-27T15:04:05Z", { 1795791845, 0 }, NULL },
        { "2026-11-27T16:04:05.25+01:00", { 1795791845, 250000000 }, "2026-11-27T15:04:05.250Z" },
        { "2026-11-26T15:05:05.000001-23:59", { 1795791845, 1000 }, "2026-11-27T15:04:05.000001Z" },
        { "2026-11-27t15:04:05.1z", { 1795791845, 100000000 }, "2026-11-27T15:04:05.100Z" },
        { "2026-11-27T15:04:05.000000000Z", { 1795791845, 0 }, "2026-11-27T15:04:05Z" },
        { "2026-11-27T15:04:05-00:00", { 1795791845, 0 }, "2026-11-27T15:04:05Z" },
        { "2024-02-29T12:00:00Z", { 1709208000, 0 }, NULL },
        { "2000-02-29T00:00:00Z", { 951782400, 0 }, NULL },
        { "0001-01-01T00:00:00Z", { FIRST, 0 }, NULL },
        { "0000-12-31T23:00:00-01:00", { FIRST, 0 }, "0001-01-01T00:00:00Z" },
        { "9999-12-31T23:59:59.999999999Z", { LAST, 999999999 }, NULL },
        // a leap second, which POSIX does not count
        { "2016-12-31T23:59:60Z", { 1483228800, 0 }, "2017-01-01T00:00:00Z" },
        { "2017-01-01T00:59:60.5+01:00", { 1483228800, 500000000 }, "2017-01-01T00:00:00.500Z" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[EDO_WALL_TEXT_MAX];
        edo_wall t = { 7, 7 };
        EDO_TEST_OK(edo_wall_parse(&t, edo_str_of(rows[i].text)));
        if (!same(t, rows[i].t)) fail_msg("%s is %lld", rows[i].text, (long long)t.s);
        const char *again = rows[i].again ? rows[i].again : rows[i].text;
        assert_int_equal(edo_wall_print(text, t), strlen(again));
        assert_string_equal(text, again);
    }
}

static const char form[] = "must be a time such as 2026-11-27T15:04:05Z";
static const char day[] = "must be a day and a time that exist";
static const char years[] = "must be a time of the years 1 to 9999";

static void a_text_that_is_no_instant_is_refused_with_what_is_demanded(void **state) {
    static const struct {
        const char *text, *wants;
    } rows[] = {
        { "", form },
        { "now", form },
        { "1795791845", form },
        { "2026-11-27", form },
        { "2026-11-27T15:04Z", form },
        { "2026-11-27T15:04:05", form },
        { "2026-11-27 15:04:05Z", form },
        { "2026-11-27T15:04:05+01", form },
        { "2026-11-27T15:04:05+0100", form },
        { "2026-11-27T15:04:05 01:00", form }, // a + that a form has decoded
        { "2026-11-27T15:04:05+24:00", form },
        { "2026-11-27T15:04:05+01:60", form },
        { "2026-11-27T15:04:05.Z", form },
        { "2026-11-27T15:04:05,5Z", form },
        { "2026-11-27T15:04:05.1234567890Z", form }, // finer than what there is
        { " 2026-11-27T15:04:05Z", form },
        { "2026-11-27T15:04:05Z ", form },
        { "2026-11-27T15:04:05ZZ", form },
        { "2026-11-27T15:04:0\xd9\xa5Z", form },
        { "26-11-27T15:04:05Z", form },
        { "12026-11-27T15:04:05Z", form },
        { "+2026-11-27T15:04:05Z", form },
        { "2026-1-27T15:04:05Z", form },
        { "2026-00-27T15:04:05Z", day },
        { "2026-13-27T15:04:05Z", day },
        { "2026-11-00T15:04:05Z", day },
        { "2026-11-31T15:04:05Z", day },
        { "2023-02-29T15:04:05Z", day },
        { "1900-02-29T15:04:05Z", day },
        { "2026-11-27T24:00:00Z", day },
        { "2026-11-27T15:60:05Z", day },
        { "2026-11-27T15:04:61Z", day },
        { "2026-11-27T15:04:60Z", day },
        { "2016-12-31T23:59:60+01:00", day }, // 22:59:60 in UTC
        { "0000-01-01T00:00:00Z", years },
        { "0001-01-01T00:59:59+01:00", years },
        { "9999-12-31T23:59:59-00:01", years },
        { "9999-12-31T23:59:60Z", years },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_wall t = { 7, 7 };
        int err = edo_wall_parse(&t, edo_str_of(rows[i].text));
        if (err != -EDO_EVALUE) fail_msg("%s: %d", rows[i].text, err);
        if (strcmp(edo_trail_find(err)->text, rows[i].wants) != 0)
            fail_msg("%s %s", rows[i].text, edo_trail_find(err)->text);
        assert_true(same(t, (edo_wall){ 7, 7 }));
        edo_trail_clear();
    }
}

/* 97 has no factor in common with weeks, months or leap years. */
static void days_of_the_whole_calendar_go_there_and_back(void **state) {
    char before[EDO_WALL_TEXT_MAX] = "";
    (void)state;
    for (int64_t s = FIRST; s <= LAST; s += 97 * 86399) {
        char text[EDO_WALL_TEXT_MAX];
        edo_wall t = { 0 };
        const size_t n = edo_wall_print(text, (edo_wall){ s, 0 });
        EDO_TEST_OK(edo_wall_parse(&t, (edo_str){ text, n }));
        assert_true(t.s == s && t.ns == 0);
        assert_true(strcmp(before, text) < 0);
        memcpy(before, text, sizeof before);
    }
}

static void one_beyond_the_calendar_is_printed_as_its_seconds(void **state) {
    static const struct {
        edo_wall t;
        const char *text;
    } rows[] = {
        { { FIRST - 1, 999999999 }, "@-62135596801" },
        { { LAST + 1, 0 }, "@253402300800" },
        { { 5, -1 }, "@5" },
        { { 5, 1000000000 }, "@5" },
        { { INT64_MIN, 0 }, "@-9223372036854775808" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[EDO_WALL_TEXT_MAX];
        assert_int_equal(edo_wall_print(text, rows[i].t), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
        edo_wall t;
        assert_int_equal(edo_wall_parse(&t, edo_str_of(text)), -EDO_EVALUE);
        edo_trail_clear();
    }
}

/* ---- Arithmetic ------------------------------------------------------------------------------ */

static void instants_are_moved_and_compared(void **state) {
    static const struct {
        edo_wall from;
        int64_t ns;
        edo_wall to;
    } rows[] = {
        { { 10, 0 }, 0, { 10, 0 } },
        { { 10, 999999999 }, 1, { 11, 0 } },
        { { 10, 0 }, -1, { 9, 999999999 } },
        { { 0, 500000000 }, -1500000000, { -1, 0 } },
        { { -1, 999999999 }, 2, { 0, 1 } },
        { { FIRST, 0 }, INT64_MAX, { FIRST + 9223372036, 854775807 } },
        { { 0, 854775807 }, INT64_MIN + 1, { -9223372036, 0 } },
        { { -1, 0 }, INT64_C(9223372036000000000), { 9223372035, 0 } },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_wall to = edo_wall_add(rows[i].from, edo_ns(rows[i].ns));
        assert_true(same(to, rows[i].to));
        assert_int_equal(edo_wall_since(to, rows[i].from).ns, rows[i].ns);
        assert_int_equal(edo_wall_since(rows[i].from, to).ns, -rows[i].ns);
        assert_int_equal(edo_wall_compare(to, rows[i].from) > 0, rows[i].ns > 0);
        assert_int_equal(edo_wall_compare(to, rows[i].from) < 0, rows[i].ns < 0);
    }
    const edo_wall least = { INT64_MIN, 0 }, most = { INT64_MAX, 999999999 };
    assert_int_equal(edo_wall_since(most, least).ns, INT64_MAX);
    assert_int_equal(edo_wall_since(least, most).ns, INT64_MIN);
    assert_int_equal(edo_wall_since((edo_wall){ 9223372036, 854775808 }, (edo_wall){ 0, 0 }).ns,
                     INT64_MAX);
    assert_int_equal(edo_wall_since((edo_wall){ LAST, 0 }, (edo_wall){ FIRST, 0 }).ns, INT64_MAX);
}

/* No sum goes back where the duration goes on: what is beyond the ends is the end itself. */
static void sums_beyond_the_ends_are_the_ends(void **state) {
    static const edo_wall least = { INT64_MIN, 0 }, most = { INT64_MAX, 999999999 };
    static const int64_t seconds[] = { INT64_MIN, INT64_MIN + 1, -9223372037,   -1,       0,
                                       1,         9223372036,    INT64_MAX - 1, INT64_MAX };
    static const int32_t parts[] = { 0, 1, 145224193, 500000000, 854775807, 999999999 };
    static const int64_t lengths[] = {
        INT64_MIN, INT64_MIN + 1, -1999999999, -1000000000, -999999999,    -1,       0,
        1,         999999999,     1000000000,  1999999999,  INT64_MAX - 1, INT64_MAX
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(seconds) * EDO_COUNT(parts); i++) {
        const edo_wall t = { seconds[i / EDO_COUNT(parts)], parts[i % EDO_COUNT(parts)] };
        edo_wall before = least;
        for (size_t k = 0; k < EDO_COUNT(lengths); k++) {
            const edo_wall sum = edo_wall_add(t, edo_ns(lengths[k]));
            assert_in_range(sum.ns, 0, 999999999);
            assert_true(edo_wall_compare(before, sum) <= 0);
            if (edo_wall_since(sum, t).ns != lengths[k])
                assert_true(same(sum, lengths[k] < 0 ? least : most));
            before = sum;
        }
    }
    assert_true(same(edo_wall_add(most, edo_ns(1)), most));
    assert_true(same(edo_wall_add((edo_wall){ INT64_MAX, 5 }, edo_s(1)), most));
    assert_true(same(edo_wall_add(least, edo_ns(-1)), least));
    assert_true(same(edo_wall_add((edo_wall){ INT64_MIN, 5 }, edo_s(-1)), least));
    assert_true(same(edo_wall_add((edo_wall){ INT64_MIN, 5 }, edo_ns(-5)), least));
}

/* As of the wall clock, in one number. */
static void monotonic_sums_and_differences_saturate(void **state) {
    static const int64_t at[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(at); i++) {
        int64_t sum_before = INT64_MIN, since_before = INT64_MAX;
        for (size_t k = 0; k < EDO_COUNT(at); k++) {
            const edo_instant t = { at[i] };
            const int64_t sum = edo_instant_add(t, edo_ns(at[k])).ns;
            const int64_t since = edo_instant_since(t, (edo_instant){ at[k] }).ns;
            assert_true(sum_before <= sum && since <= since_before);
            assert_true(sum - at[k] == at[i] || sum == (at[k] < 0 ? INT64_MIN : INT64_MAX));
            assert_true(since + at[k] == at[i] || since == (at[k] < 0 ? INT64_MAX : INT64_MIN));
            sum_before = sum;
            since_before = since;
        }
    }
    assert_int_equal(edo_us(INT64_MIN / 1000).ns, INT64_MIN / 1000 * 1000);
    assert_int_equal(edo_us(INT64_MIN / 1000 - 1).ns, INT64_MIN);
    assert_int_equal(edo_ms(INT64_MAX / 1000000).ns, INT64_MAX / 1000000 * 1000000);
    assert_int_equal(edo_hours(INT64_MAX).ns, INT64_MAX);
    assert_int_equal(edo_ns(INT64_MIN).ns, INT64_MIN);
}

static void now_is_the_time_of_the_system(void **state) {
    (void)state;
    struct timespec before, after;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &before), 0);
    const edo_wall now = edo_wall_now();
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &after), 0);
    assert_true(edo_wall_compare((edo_wall){ before.tv_sec, (int32_t)before.tv_nsec }, now) <= 0);
    assert_true(edo_wall_compare(now, (edo_wall){ after.tv_sec, (int32_t)after.tv_nsec }) <= 0);
}

/* ---- Described ------------------------------------------------------------------------------- */

typedef struct entry {
    edo_str name;
    edo_wall at;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, name), EDO_FIELD(entry, at))

typedef struct event {
    edo_wall at;
    edo_wall ends;
    bool has_ends;
    edo_wall *seen;
    edo_wall *list;
    size_t list_n;
    edo_wall pair[2];
    edo_wall few[3];
    size_t few_n;
    entry *named;
    size_t named_n;
    edo_duration every;
} event;
EDO_DESCRIBE(event, EDO_FIELD(event, at, .min = 946684800, .max = 4102444800),
             EDO_FIELD(event, ends, EDO_HAS(event, has_ends)),
             EDO_FIELD_PTR(event, seen, .optional = true),
             EDO_FIELD_LIST(event, list, list_n, .optional = true), EDO_FIELD_FIXED(event, pair),
             EDO_FIELD_UPTO(event, few, few_n, .optional = true),
             EDO_FIELD_LIST_OF(event, named, named_n, entry_desc, .map = true, .optional = true),
             EDO_FIELD(event, every, .optional = true))

static const edo_field *field(const char *name) {
    const edo_field *f = edo_desc_find(&event_desc, edo_str_of(name));
    assert_non_null(f);
    return f;
}

static void says(edo_buf *got, const char *wanted) {
    EDO_TEST_OK(edo_buf_append(got, "", 1));
    assert_string_equal(got->ptr, wanted);
    edo_buf_deinit(got);
}

static void an_element_has_its_text_and_its_limits(void **state) {
    static const struct {
        const char *text, *wants;
    } rows[] = {
        { "2000-01-01T00:00:00Z", NULL },
        { "1999-12-31T23:59:59.999Z", "must be at least 2000-01-01T00:00:00Z" },
        { "2100-01-01T00:00:00Z", NULL },
        { "2100-01-01T00:00:00.000000001Z", "must be at most 2100-01-01T00:00:00Z" },
        { "soon", form },
    };
    const edo_field *f = field("at");
    (void)state;
    assert_int_equal(f->kind, EDO_VALUE_WALL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_wall t = { 0 };
        edo_buf text = { 0 };
        int err = edo_value_parse(&t, f, edo_str_of(rows[i].text), NULL);
        assert_int_equal(err, rows[i].wants ? -EDO_EVALUE : 0);
        if (err < 0) {
            assert_string_equal(edo_trail_find(err)->text, rows[i].wants);
            assert_true(same(t, (edo_wall){ 0 }));
            edo_trail_clear();
            continue;
        }
        EDO_TEST_OK(edo_value_text(&text, f, &t));
        says(&text, rows[i].text);
    }
    const edo_wall far = { LAST + 1, 0 };
    edo_buf text = { 0 };
    EDO_TEST_EQ(edo_value_text(&text, f, &far), -EDO_EVALUE);
    assert_string_equal(edo_trail_find(-EDO_EVALUE)->text, years);
    assert_int_equal(text.len, 0);
    edo_trail_clear();
}

static void note(void *arg, const char *path, const char *wants) {
    edo_buf *out = arg;
    EDO_TEST_OK(edo_buf_append(out, path, strlen(path)));
    EDO_TEST_OK(edo_buf_append(out, " ", 1));
    EDO_TEST_OK(edo_buf_append(out, wants, strlen(wants)));
    EDO_TEST_OK(edo_buf_append(out, "; ", 2));
}

static void a_check_names_what_is_beyond_the_calendar(void **state) {
    edo_wall list[] = { { 0, 0 }, { 0, -1 } };
    const event v = {
        .at = { 1, 0 }, .list = list, .list_n = 2, .pair = { { 0, 0 }, { LAST + 1, 0 } }
    };
    edo_buf got = { 0 };
    (void)state;
    EDO_TEST_EQ(edo_value_check(&v, &event_desc, note, &got), -EDO_EVALUE);
    says(&got, "at must be at least 2000-01-01T00:00:00Z; "
               "list[1] must be a time of the years 1 to 9999; "
               "pair[1] must be a time of the years 1 to 9999; ");
    edo_trail_clear();
    EDO_TEST_OK(edo_value_print(&got, &v, &event_desc)); // a log has it, whatever it is
    says(&got, "{ at: 1970-01-01T00:00:01Z, list: [1970-01-01T00:00:00Z, @0], "
               "pair: [1970-01-01T00:00:00Z, @253402300800], every: 0s }");
    EDO_TEST_EQ(edo_json_encode(&got, &v, &event_desc), -EDO_EJSON);
    assert_string_equal(edo_trail_find(-EDO_EJSON)->text,
                        "\"list[1]\" must be a time of the years 1 to 9999");
    assert_int_equal(got.len, 0);
    edo_buf_deinit(&got);
    edo_trail_clear();
}

static const char full[] = "{\"at\":\"2026-11-27T15:04:05Z\",\"ends\":\"1970-01-01T00:00:00Z\","
                           "\"seen\":\"2026-11-27T15:04:05.000000001Z\","
                           "\"list\":[\"0001-01-01T00:00:00Z\",\"9999-12-31T23:59:59.999Z\"],"
                           "\"pair\":[\"2026-01-01T00:00:00Z\",\"2026-01-02T00:00:00Z\"],"
                           "\"few\":[\"2026-11-27T15:04:05.500Z\"],"
                           "\"named\":{\"born\":\"1815-12-10T00:00:00Z\"},\"every\":\"PT1M30S\"}";

/* 0; or -ENOMEM, and nothing is left. */
static int there_and_back(edo_arena *arena) {
    event v;
    edo_buf out = { 0 };
    const edo_json_opts opts = { .arena = arena };
    int err = edo_json_decode_with(&v, &event_desc, edo_str_of(full), &opts);
    if (err == 0) {
        assert_true(v.has_ends && same(v.ends, (edo_wall){ 0 }) && v.seen->ns == 1);
        assert_true(v.list_n == 2 && v.few_n == 1 && v.named_n == 1 && v.every.ns == edo_s(90).ns);
        err = edo_json_encode(&out, &v, &event_desc);
        if (!arena) edo_value_deinit(&v, &event_desc);
    }
    fail_alloc_in = 0;
    if (err == 0) says(&out, full);
    edo_buf_deinit(&out);
    if (arena) edo_arena_deinit(arena);
    return err;
}

static void json_has_each_shape_and_survives_without_memory(void **state) {
    (void)state;
    for (int on_heap = 0; on_heap < 2; on_heap++) {
        int err;
        int k = 0;
        do {
            edo_arena arena = { 0 };
            fail_alloc_in = ++k;
            err = there_and_back(on_heap ? NULL : &arena);
            assert_true(err == 0 || err == -ENOMEM);
        } while (err < 0);
        assert_true(k > 2);
    }
}

typedef struct person {
    edo_wall born, died;
    bool has_died;
} person;
EDO_DESCRIBE(person, EDO_FIELD(person, born, .optional = true),
             EDO_FIELD(person, died, EDO_HAS(person, has_died)))

/* The begin of 1970 can be told from none only by a bool. */
static void an_optional_instant_that_is_not_there_is_not_printed(void **state) {
    static const struct {
        person in;
        const char *text;
    } rows[] = {
        { { .born = { 0, 0 } }, "{}" },
        { { .born = { 0, 1 } }, "{\"born\":\"1970-01-01T00:00:00.000000001Z\"}" },
        { { .born = { -1, 0 } }, "{\"born\":\"1969-12-31T23:59:59Z\"}" },
        { { .has_died = true }, "{\"died\":\"1970-01-01T00:00:00Z\"}" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_json_encode(&out, &rows[i].in, &person_desc));
        says(&out, rows[i].text);
    }
}

static void json_refuses_an_instant_by_its_path(void **state) {
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\"at\":5}", "line 1, column 7: \"at\" must be a time as \"2026-11-27T15:04:05Z\"" },
        { "{\"at\":\"2026-11-31T15:04:05Z\"}",
          "line 1, column 7: \"at\" must be a day and a time that exist" },
        { "{\"at\":\"1999-11-30T15:04:05Z\"}",
          "line 1, column 7: \"at\" must be at least 2000-01-01T00:00:00Z" },
        { "{\"list\":[\"2026-11-27T15:04:05Z\",\"\"]}",
          "line 1, column 33: \"list[1]\" must be a time such as 2026-11-27T15:04:05Z" },
        { "{\"every\":\"P1M\"}",
          "line 1, column 10: \"every\" must be a duration such as 250ms, 5s or 1m30s" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        event v;
        EDO_TEST_EQ(edo_json_decode(&v, &event_desc, edo_str_of(rows[i].text)), -EDO_EJSON);
        assert_string_equal(edo_trail_find(-EDO_EJSON)->text, rows[i].says);
        edo_trail_clear();
    }
}

typedef struct asked {
    edo_wall since;
    edo_duration within;
} asked;
EDO_DESCRIBE(asked, EDO_FIELD(asked, since, .preset = "2026-01-01T00:00:00Z", .doc = "from when"),
             EDO_FIELD(asked, within, .preset = "P1D", .max = INT64_C(604800000000000)))

static void queries_and_options_have_instants(void **state) {
    static char program[] = "prog", option[] = "--since", value[] = "2026-11-27T15:04:05Z",
                help[] = "--help";
    char *const argv[] = { program, option, value }, *const ask_help[] = { program, help };
    asked a;
    (void)state;
    EDO_TEST_OK(edo_query_decode(
        &a, &asked_desc, EDO_STR("since=2026-11-27T16%3A04:05.5%2B01:00&within=PT0.5S"), NULL));
    assert_true(same(a.since, (edo_wall){ 1795791845, 500000000 }) &&
                a.within.ns == edo_ms(500).ns);
    EDO_TEST_OK(edo_query_decode(&a, &asked_desc, EDO_STR(""), NULL));
    assert_true(same(a.since, (edo_wall){ 1767225600, 0 }) && a.within.ns == edo_hours(24).ns);
    EDO_TEST_EQ(edo_query_decode(&a, &asked_desc, EDO_STR("since=2026"), NULL), -EDO_EVALUE);
    assert_string_equal(edo_trail_find(-EDO_EVALUE)->text,
                        "\"since\" must be a time such as 2026-11-27T15:04:05Z");
    EDO_TEST_EQ(edo_query_decode(&a, &asked_desc, EDO_STR("within=P8D"), NULL), -EDO_EVALUE);
    assert_string_equal(edo_trail_find(-EDO_EVALUE)->text, "\"within\" must be at most 7d");
    edo_trail_clear();

    EDO_TEST_OK(edo_args_decode(&a, &asked_desc, 3, argv, NULL));
    assert_true(same(a.since, (edo_wall){ 1795791845, 0 }));
    char *printed = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&printed, &n);
    EDO_TEST_EQ(edo_args_decode(&a, &asked_desc, 2, ask_help, &(edo_config_opts){ .out = out }),
                EDO_CONFIG_DONE);
    (void)fclose(out);
    assert_non_null(strstr(printed, "--since TIME       from when (2026-01-01T00:00:00Z)"));
    free(printed);
}

static void a_description_made_at_run_time_has_instants(void **state) {
    const edo_field like = { .kind = EDO_VALUE_WALL, .optional = true };
    edo_desc *d;
    (void)state;
    EDO_TEST_OK(edo_desc_new(&d, "row"));
    EDO_TEST_OK(edo_desc_add(d, "at", &like));
    const edo_field *f = edo_desc_find(d, EDO_STR("at"));
    assert_true(f->size == sizeof(edo_wall) && f->has_at > 0 && d->size >= sizeof(edo_wall));
    edo_buf out = { 0 };
    _Alignas(16) char value[64];
    assert_true(d->size <= sizeof value);
    EDO_TEST_OK(edo_json_decode(value, d, EDO_STR("{\"at\":\"2026-11-27T15:04:05.500Z\"}")));
    EDO_TEST_OK(edo_json_encode(&out, value, d));
    says(&out, "{\"at\":\"2026-11-27T15:04:05.500Z\"}");
    EDO_TEST_OK(edo_json_decode(value, d, EDO_STR("{}")));
    EDO_TEST_OK(edo_json_encode(&out, value, d));
    says(&out, "{}");
    edo_desc_free(d);
}

/* ---- Durations ------------------------------------------------------------------------------- */

typedef struct pause {
    edo_duration of;
} pause;
EDO_DESCRIBE(pause, EDO_FIELD(pause, of))

static void json_has_durations_of_iso_8601(void **state) {
    static const struct {
        const char *in, *out; // NULL: the same
        int64_t ns;
    } rows[] = {
        { "PT0S", NULL, 0 },
        { "PT5S", NULL, INT64_C(5000000000) },
        { "PT0.250S", NULL, 250000000 },
        { "PT0.000000001S", NULL, 1 },
        { "PT1M", NULL, INT64_C(60000000000) },
        { "PT1H", NULL, INT64_C(3600000000000) },
        { "PT1H0M1S", NULL, INT64_C(3601000000000) },
        { "PT1H1S", "PT1H0M1S", INT64_C(3601000000000) },
        { "P1DT12H", "PT36H", INT64_C(129600000000000) },
        { "P2W", "PT336H", INT64_C(1209600000000000) },
        { "PT90M", "PT1H30M", INT64_C(5400000000000) },
        { "-PT1.5S", "-PT1.500S", INT64_C(-1500000000) },
        { "1m30s", "PT1M30S", INT64_C(90000000000) }, // as people write it
        { "250ms", "PT0.250S", 250000000 },
        { "off", NULL, -1 },
        { "-PT0.000000001S", "off", -1 },
        { "PT2562047H47M16.854775807S", NULL, INT64_MAX },
        { "-PT2562047H47M16.854775808S", NULL, INT64_MIN },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[96], wanted[96];
        edo_buf out = { 0 };
        pause p = { { 7 } };
        const char *again = rows[i].out ? rows[i].out : rows[i].in;
        (void)snprintf(text, sizeof text, "{\"of\":\"%s\"}", rows[i].in);
        (void)snprintf(wanted, sizeof wanted, "{\"of\":\"%s\"}", again);
        EDO_TEST_OK(edo_json_decode(&p, &pause_desc, edo_str_of(text)));
        assert_int_equal(p.of.ns, rows[i].ns);
        EDO_TEST_OK(edo_json_encode(&out, &p, &pause_desc));
        says(&out, wanted);
    }
}

static void a_text_that_is_no_duration_is_refused(void **state) {
    static const char *const wrong[] = {
        "P",
        "PT",
        "-P",
        "-",
        "--PT1S",
        "P1",
        "PT1",
        "P1S",
        "PT1D",
        "P1Y",
        "P1M",
        "P1DT",
        "PT1S1M",
        "PT1M1M",
        "P1W1D",
        "P1D1W",
        "P1.5D",
        "PT1.5M",
        "PT.5S",
        "PT1.S",
        "PT1,5S",
        "PT-1S",
        "pt1s",
        "PT1S ",
        " PT1S",
        "PTT1S",
        "PT1ST1S",
        "PT1.0000000001S",
        "PT9223372037S",
        "P106752D",
        "PT99999999999999999999S",
        "+PT1S",
        "-5s",
        "-off",
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        edo_duration d;
        if (edo_duration_parse(&d, edo_str_of(wrong[i])) != -EDO_EVALUE) fail_msg("%s", wrong[i]);
        edo_trail_clear();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_is_read_exactly_and_printed_in_utc),
        cmocka_unit_test(a_text_that_is_no_instant_is_refused_with_what_is_demanded),
        cmocka_unit_test(days_of_the_whole_calendar_go_there_and_back),
        cmocka_unit_test(one_beyond_the_calendar_is_printed_as_its_seconds),
        cmocka_unit_test(instants_are_moved_and_compared),
        cmocka_unit_test(sums_beyond_the_ends_are_the_ends),
        cmocka_unit_test(monotonic_sums_and_differences_saturate),
        cmocka_unit_test(now_is_the_time_of_the_system),
        cmocka_unit_test(an_element_has_its_text_and_its_limits),
        cmocka_unit_test(a_check_names_what_is_beyond_the_calendar),
        cmocka_unit_test(json_has_each_shape_and_survives_without_memory),
        cmocka_unit_test(an_optional_instant_that_is_not_there_is_not_printed),
        cmocka_unit_test(json_refuses_an_instant_by_its_path),
        cmocka_unit_test(queries_and_options_have_instants),
        cmocka_unit_test(a_description_made_at_run_time_has_instants),
        cmocka_unit_test(json_has_durations_of_iso_8601),
        cmocka_unit_test(a_text_that_is_no_duration_is_refused),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
