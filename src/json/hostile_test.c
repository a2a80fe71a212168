/* SPDX-License-Identifier: MIT */
/* Goal: texts that are made to cost time or memory cost no more than in proportion to their length.
 * Method: texts so long that a square of it would not end; requests for memory are refused where
 * none may be needed. */
#include "base/memory/alloc.h"

#include <edo/json.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct inner {
    edo_str name;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, name, .optional = true))

typedef struct target {
    double number;
    int64_t whole;
    edo_str text;
    inner *list;
    size_t list_n;
} target;
EDO_DESCRIBE(target, EDO_FIELD(target, number, .optional = true),
             EDO_FIELD(target, whole, .optional = true), EDO_FIELD(target, text, .optional = true),
             EDO_FIELD_LIST_OF(target, list, list_n, inner_desc, .optional = true))

/* `before`, `part` as often as told, `behind`. */
static edo_buf text_of(const char *before, const char *part, size_t times, const char *behind) {
    edo_buf b = { 0 };
    size_t n = strlen(part);
    EDO_TEST_OK(edo_buf_reserve(&b, strlen(before) + n * times + strlen(behind)));
    EDO_TEST_OK(edo_buf_append(&b, before, strlen(before)));
    for (size_t i = 0; i < times; i++) EDO_TEST_OK(edo_buf_append(&b, part, n));
    EDO_TEST_OK(edo_buf_append(&b, behind, strlen(behind)));
    return b;
}

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr, b->len };
}

/* Reads the text piece by piece up to its end, or the error. */
static int read_all(edo_json_reader *r) {
    edo_json_token token;
    int got;
    while ((got = edo_json_reader_next(r, &token)) > 0) continue;
    return got;
}

static int read_memory(edo_str text, const edo_json_opts *opts) {
    edo_json_reader r;
    int err = edo_json_reader_init(&r, text, opts);
    if (err == 0) err = read_all(&r);
    edo_json_reader_deinit(&r);
    return err;
}

/* From a stream in pieces of `piece` bytes; `*most`: what the reader has held of it. */
static int read_stream(edo_str text, size_t piece, const edo_json_opts *opts, size_t *most) {
    edo_json_reader r;
    edo_stream *all, *pieces;
    EDO_TEST_OK(edo_stream_mem(&all, text.ptr, text.len));
    EDO_TEST_OK(edo_test_limit_new(&pieces, all, piece));
    EDO_TEST_OK(edo_json_reader_init_stream(&r, pieces, opts));
    int err = read_all(&r);
    *most = r.buf_bytes;
    edo_json_reader_deinit(&r);
    edo_close(pieces);
    return err;
}

static void what_is_too_deep_is_refused_where_it_is(void **state) {
    (void)state;
    static const struct {
        const char *before, *part;
        uint64_t offset;
    } rows[] = {
        { "", "[", 512 },
        { "", "{\"a\":", UINT64_C(5) * 512 },
        { "{\"unknown\":", "[", 11 + 511 },
        { "{\"list\":[{\"x\":", "{\"\":", 14 + UINT64_C(4) * 509 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf b = text_of(rows[i].before, rows[i].part, 200000, "");
        edo_json_error error;
        edo_json_value *v;
        target t;
        size_t most;
        const edo_json_opts opts = { .error = &error };
        assert_int_equal(edo_json_value_parse(&v, str_of(&b), &opts), -EDO_EJSON);
        assert_true(error.offset == rows[i].offset);
        assert_int_equal(read_memory(str_of(&b), &opts), -EDO_EJSON);
        assert_true(error.offset == rows[i].offset);
        assert_int_equal(read_stream(str_of(&b), 4000, &opts, &most), -EDO_EJSON);
        assert_true(error.offset == rows[i].offset && most <= 8192);
        assert_int_equal(edo_json_decode_with(&t, &target_desc, str_of(&b), &opts), -EDO_EJSON);
        assert_true(i < 2 || error.offset == rows[i].offset); // else it is not as described
        edo_buf_deinit(&b);
        edo_trail_clear();
    }
}

static void unknown_members_cost_no_memory(void **state) {
    (void)state;
    edo_buf b =
        text_of("{", "\"u\":1,\"texts\":[\"a\\u00e9\",{\"\":-1.5e3}],", 100000, "\"whole\":7}");
    target t;
    edoi_alloc_fail_at(1);
    EDO_TEST_OK(edo_json_decode(&t, &target_desc, str_of(&b)));
    assert_false(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    assert_int_equal(t.whole, 7);
    edo_buf_deinit(&b);
    edo_trail_clear();
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static size_t taken, taken_most; /* bytes that the library has now, and has had */

static void *count_in(size_t *memory, size_t n) {
    if (!memory) return NULL;
    *memory = n;
    taken += n;
    if (taken > taken_most) taken_most = taken;
    return memory + 2;
}

static void *counted_alloc(void *arg, size_t n) {
    (void)arg;
    return count_in(malloc(n + 2 * sizeof(size_t)), n);
}

static void *counted_realloc(void *arg, void *ptr, size_t n) {
    size_t *old = ptr ? (size_t *)ptr - 2 : NULL, was = old ? *old : 0;
    (void)arg;
    size_t *memory = realloc(old, n + 2 * sizeof(size_t));
    if (memory) taken -= was;
    return count_in(memory, n);
}

static void counted_free(void *arg, void *ptr) {
    (void)arg;
    taken -= ((size_t *)ptr)[-2];
    free((size_t *)ptr - 2);
}

static void a_tree_takes_memory_in_proportion_to_its_text(void **state) {
    (void)state;
    static const struct {
        const char *before, *part, *behind;
    } rows[] = {
        { "[0", ",0", "]" },
        { "[[]", ",[]", "]" },
        { "[{}", ",{}", "]" },
        { "[{\"\":0}", ",{\"\":0}", "]" },
        { "{\"\":0", ",\"a\":0", "}" },
        { "[[[[0]]]", ",[[[[0]]]]", "]" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf b = text_of(rows[i].before, rows[i].part, (1u << 20) / strlen(rows[i].part),
                            rows[i].behind);
        edo_json_value *v;
        size_t before = taken;
        taken_most = taken;
        EDO_TEST_OK(edo_json_value_parse(&v, str_of(&b), NULL));
        assert_true(taken - before <= 17 * b.len + 1024);
        assert_true(taken_most - before <= 33 * b.len + 1024);
        edo_json_value_free(v);
        assert_int_equal(taken, before);
        edo_buf_deinit(&b);
    }
}

typedef struct large {
    char name[64];
    double numbers[72];
    struct large *parts;
    size_t parts_n;
} large;
EDO_DESCRIBE(large, EDO_FIELD(large, name, .optional = true),
             EDO_FIELD_FIXED(large, numbers, .optional = true),
             EDO_FIELD_LIST_OF(large, parts, parts_n, large_desc, .optional = true))

/* The room of a list is at most twice what is needed, and what it was before does not stay. */
static void a_list_in_an_arena_takes_what_it_takes_on_the_heap(void **state) {
    (void)state;
    enum { N = (1 << 17) + 1 };
    edo_buf b = text_of("{\"parts\":[{}", ",{}", N - 1, "]}");
    edo_arena arena = { 0 };
    large l;
    EDO_TEST_OK(edo_json_decode_with(&l, &large_desc, str_of(&b),
                                     &(edo_json_opts){ .arena = &arena, .borrows = true }));
    assert_int_equal(l.parts_n, N);
    assert_true(arena.bytes <= 2 * N * sizeof(large) + 131072);
    edo_arena_deinit(&arena);
    arena.bytes_max = 16 << 20;
    assert_int_equal(edo_json_decode_with(&l, &large_desc, str_of(&b),
                                          &(edo_json_opts){ .arena = &arena, .borrows = true }),
                     -ENOMEM);
    assert_true(arena.is_full && arena.bytes <= arena.bytes_max);
    edo_arena_deinit(&arena);
    edo_buf_deinit(&b);
    edo_trail_clear();
}

static void of_many_members_with_one_name_the_last_stands(void **state) {
    (void)state;
    edo_buf b = text_of("{", "\"list\":[{\"name\":\"x\"}],\"text\":\"some text\",\"whole\":1,",
                        100000, "\"list\":[{\"name\":\"y\"},{}],\"text\":\"end\"}");
    edo_json_value *v;
    target t;
    EDO_TEST_OK(edo_json_decode(&t, &target_desc, str_of(&b)));
    assert_true(t.list_n == 2 && edo_str_equal(t.list[0].name, EDO_STR("y")) && t.whole == 1);
    assert_true(edo_str_equal(t.text, EDO_STR("end")));
    edo_value_deinit(&t, &target_desc);
    EDO_TEST_OK(edo_json_value_parse(&v, str_of(&b), NULL));
    assert_int_equal(edo_json_value_count(v), 3);
    assert_int_equal(edo_json_value_count(edo_json_value_get(v, EDO_STR("list"))), 2);
    edo_json_value_free(v);
    edo_buf_deinit(&b);
}

static void a_number_of_a_million_digits_is_exact(void **state) {
    (void)state;
    static const struct {
        const char *before, *part, *behind;
        double is; /* 0: too large */
    } rows[] = {
        { "", "1", "", 0 },
        { "9007199254740993.", "0", "1", 9007199254740994.0 }, // just above the middle of two
        { "9007199254740993.", "0", "", 9007199254740992.0 },  // the middle: to even
        { "0.", "0", "1", 0.0 },
        { "0.", "0", "25e1000002", 25.0 },
        { "1e-", "9", "", 0.0 },
        { "1e", "9", "", 0 },
        { "0e", "9", "", 0.0 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf number = text_of(rows[i].before, rows[i].part, 1000000, rows[i].behind);
        edo_buf b = text_of("{\"number\":", "", 0, "");
        bool is_large = i == 0 || i == 6;
        EDO_TEST_OK(edo_buf_append(&b, number.ptr, number.len));
        EDO_TEST_OK(edo_buf_append(&b, "}", 1));
        target t;
        edo_json_value *v;
        EDO_TEST_EQ(edo_json_decode(&t, &target_desc, str_of(&b)), is_large ? -EDO_EJSON : 0);
        assert_true(is_large || t.number == rows[i].is);
        EDO_TEST_OK(edo_json_value_parse(&v, str_of(&b), NULL));
        const edo_json_value *member = edo_json_value_get(v, EDO_STR("number"));
        assert_int_equal(edo_json_value_kind(member), is_large ? EDO_JSON_NUMBER : EDO_JSON_DOUBLE);
        assert_true(!is_large || edo_str_equal(edo_json_value_text(member), str_of(&number)));
        edo_json_value_free(v);
        edo_buf_deinit(&number);
        edo_buf_deinit(&b);
        edo_trail_clear();
    }
}

static void a_long_piece_of_a_stream_is_looked_at_once(void **state) {
    (void)state;
    static const struct {
        const char *before, *part, *behind;
    } rows[] = {
        { "[\"", "\\u00e9\\\\", "\"]" }, { "[\"", "\xe2\x82\xac", "\"]" }, { "[1", "0", "]" },
        { "{\"", "\\\"", "\":1}" },      { "[", "     \n", "1]" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf b = text_of(rows[i].before, rows[i].part, 100000, rows[i].behind);
        size_t most;
        // by single bytes: were each look from the beginning, this would not end
        EDO_TEST_OK(read_stream(str_of(&b), 1, &(edo_json_opts){ .bytes_max = 1 << 20 }, &most));
        assert_true(most <= 1 << 20);
        bool is_blank = i == 4;
        EDO_TEST_EQ(read_stream(str_of(&b), 1000, &(edo_json_opts){ .bytes_max = 5000 }, &most),
                    is_blank ? 0 : -EDO_ETOOLONG);
        assert_true(most <= 5000);
        edo_buf_deinit(&b);
        edo_trail_clear();
    }
}

static void an_error_behind_a_long_line_has_its_column(void **state) {
    (void)state;
    enum { N = 2000000 };
    edo_buf b = text_of("{\"text\":\"", "\xc3\xa9", N, "\",\"whole\":x}");
    edo_json_error error;
    target t;
    size_t most;
    const edo_json_opts opts = { .error = &error },
                        stream = { .error = &error, .bytes_max = 3 * (size_t)N };
    assert_int_equal(edo_json_decode_with(&t, &target_desc, str_of(&b), &opts), -EDO_EJSON);
    assert_true(error.line == 1 && error.column == 9 + N + 11 && error.offset == 9 + 2 * N + 10);
    assert_int_equal(read_stream(str_of(&b), 65536, &stream, &most), -EDO_EJSON);
    assert_true(error.line == 1 && error.column == 9 + N + 11 && error.offset == 9 + 2 * N + 10);
    edo_buf_deinit(&b);
    edo_trail_clear();
}

static void what_is_no_unicode_is_refused_wherever_it_is(void **state) {
    (void)state;
    static const char *const parts[] = { "\\ud800",        "\\udc00",         "\\ud800\\u0041",
                                         "\\ud800\\ud800", "\xed\xa0\x80",    "\xff",
                                         "\xc0\x80",       "\xf4\x90\x80\x80" };
    static const char *const places[] = { "{\"text\":\"%s%s\"}", "{\"%s%s\":1}",
                                          "{\"unknown\":[\"%s%s\"]}",
                                          "{\"list\":[{\"name\":\"%s%s\"}]}" };
    static const char long_text[] =
        "a text of more than two blocks, so that it is read in one pass, "
        "and not in steps; and then some more";
    for (size_t i = 0; i < EDO_COUNT(parts) * EDO_COUNT(places) * 2; i++) {
        char text[256];
        target t;
        const char *place = places[i / 2 % EDO_COUNT(places)], *at = strchr(place, '%');
        (void)snprintf(text, sizeof text, "%.*s%s%s%s", (int)(at - place), place,
                       i % 2 ? long_text : "", parts[i / 2 / EDO_COUNT(places)], at + 4);
        assert_int_equal(edo_json_decode(&t, &target_desc, edo_str_of(text)), -EDO_EJSON);
        assert_int_equal(read_memory(edo_str_of(text), NULL), -EDO_EJSON);
        edo_trail_clear();
    }
    target t;
    assert_int_equal(edo_json_decode(&t, &target_desc, EDO_STR("\xef\xbb\xbf{}")), -EDO_EJSON);
    edo_trail_clear();
}

int main(void) {
    static const edo_allocator counted = { .alloc = counted_alloc,
                                           .realloc = counted_realloc,
                                           .free = counted_free };
    EDO_TEST_OK(edo_set_allocator(&counted));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_deep_is_refused_where_it_is),
        cmocka_unit_test(unknown_members_cost_no_memory),
        cmocka_unit_test(a_tree_takes_memory_in_proportion_to_its_text),
        cmocka_unit_test(a_list_in_an_arena_takes_what_it_takes_on_the_heap),
        cmocka_unit_test(of_many_members_with_one_name_the_last_stands),
        cmocka_unit_test(a_number_of_a_million_digits_is_exact),
        cmocka_unit_test(a_long_piece_of_a_stream_is_looked_at_once),
        cmocka_unit_test(an_error_behind_a_long_line_has_its_column),
        cmocka_unit_test(what_is_no_unicode_is_refused_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
