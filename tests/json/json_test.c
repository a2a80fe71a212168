/* SPDX-License-Identifier: MIT */
/* Goal: the reader, the tree and the writer keep what edo/json.h says of places, limits, order,
 * duplicates, types and misuse, and lose nothing when memory fails. */
#include "json_support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static edo_str text_of(const edo_buf *b) {
    return (edo_str){ b->ptr, b->len };
}

static void errors_name_line_column_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t line, column, offset;
        const char *reason;
    } rows[] = {
        { "", 1, 1, 0, "the text ends too early" },
        { "{\n  \"a\": tru }", 2, 11, 12, "a value is expected here" },
        { "[1,\n2,\n\n  3 4]", 4, 5, 12, "a comma or ] is expected here" },
        { "{\"a\" 1}", 1, 6, 5, "a colon is expected here" },
        { "{\"\xc3\xa9\xe2\x82\xac\" 1}", 1, 7, 9, "a colon is expected here" },
        { "{1:2}", 1, 2, 1, "a name is expected here" },
        { "{\"a\":1,}", 1, 8, 7, "a name is expected here" },
        { "[1,]", 1, 4, 3, "a value is expected here" },
        { "[1]x", 1, 4, 3, "more follows after the value" },
        { "[\"a\tb\"]", 1, 4, 3, "control characters in strings must be escaped" },
        { "[\"a\\x\"]", 1, 4, 3, "this escape does not exist" },
        { "[\"\\u12g4\"]", 1, 3, 2, "\\u needs four hexadecimal digits" },
        { "[\"\\ude00\"]", 1, 3, 2, "half of a surrogate pair stands alone" },
        { "[\"ab\xff\"]", 1, 5, 4, "the text is not UTF-8" },
        { "[01]", 1, 3, 2, "this is not a number" },
        { "[1.]", 1, 4, 3, "this is not a number" },
        { "\xef\xbb\xbf{}", 1, 1, 0, "a byte order mark must not begin the text" },
        { "[1", 1, 3, 2, "the text ends too early" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        outcome o[3];
        read_tree(&o[0], edo_str_of(rows[i].text), 0);
        read_memory(&o[1], edo_str_of(rows[i].text));
        read_pieces(&o[2], edo_str_of(rows[i].text), 1);
        for (size_t k = 0; k < EDO_COUNT(o); k++) {
            assert_int_equal(o[k].err, -EDO_EJSON);
            assert_string_equal(o[k].error.text, rows[i].reason);
            assert_int_equal(o[k].error.line, rows[i].line);
            assert_int_equal(o[k].error.column, rows[i].column);
            assert_int_equal(o[k].error.offset, rows[i].offset);
            outcome_deinit(&o[k]);
        }
    }
}

static void the_trail_has_the_place(void **state) {
    (void)state;
    char text[256];
    outcome o;
    read_tree(&o, EDO_STR("[1,\n  x]"), 0);
    (void)edo_trail_print_text(text, sizeof text, o.err, EDO_TRAIL_LINE);
    assert_string_equal(text, "line 2, column 3: a value is expected here: "
                              "the JSON is not valid (-EDO_EJSON)");
    outcome_deinit(&o);
}

static void every_split_reads_the_same(void **state) {
    (void)state;
    static const char text[] =
        "{ \"name\" : \"a\\u00e9\\ud83d\\ude00\\n\xf0\x9f\x98\x80 and a longer text of it\" ,"
        "\n\t\"list\":[ 1 , -2.5e-3,18446744073709551615,true,false , null,[],{} ,"
        "123456789012345678901234567890] }  \n";
    outcome whole;
    const edo_str all = { text, sizeof text - 1 };
    read_memory(&whole, all);
    assert_int_equal(whole.err, 0);
    for (size_t piece = 1; piece < sizeof text; piece++) {
        outcome pieces;
        read_pieces(&pieces, all, piece);
        assert_true(same_error(&whole, &pieces) && same_bytes(&whole.out, &pieces.out));
        outcome_deinit(&pieces);
    }
    for (size_t n = 0; n + 4 < sizeof text; n++) { // and so does every beginning of it
        outcome beginning, pieces;
        read_memory(&beginning, (edo_str){ text, n });
        read_pieces(&pieces, (edo_str){ text, n }, 1 + n % 7);
        assert_int_equal(beginning.err, -EDO_EJSON);
        assert_true(same_error(&beginning, &pieces));
        assert_true(same_bytes(&beginning.out, &pieces.out));
        outcome_deinit(&beginning);
        outcome_deinit(&pieces);
    }
    outcome_deinit(&whole);
}

static void a_stream_larger_than_the_limit_is_read_in_little_memory(void **state) {
    (void)state;
    enum { N = 20000 };
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_buf_append(&text, "[", 1));
    for (int i = 0; i < N; i++) {
        char item[128];
        int n =
            snprintf(item, sizeof item, "%s{\"id\": %d, \"s\": \"%040d\"}\n", i ? "," : "", i, i);
        EDO_TEST_OK(edo_buf_append(&text, item, (size_t)n));
    }
    EDO_TEST_OK(edo_buf_append(&text, "]", 1));
    edo_stream *s;
    edo_json_reader r;
    edo_json_token t;
    EDO_TEST_OK(edo_stream_mem(&s, text.ptr, text.len));
    EDO_TEST_OK(edo_json_reader_init_stream(&r, s, &(edo_json_opts){ .bytes_max = 64 }));
    int64_t sum = 0;
    int got;
    while ((got = edo_json_reader_next(&r, &t)) > 0)
        if (t.kind == EDO_JSON_INT) sum += t.i;
    assert_int_equal(got, 0);
    assert_int_equal(sum, (int64_t)N * (N - 1) / 2);
    assert_true(r.buf_bytes <= 64);
    edo_json_reader_deinit(&r);
    edo_close(s);
    edo_buf_deinit(&text);
}

static void a_piece_above_the_limit_is_refused(void **state) {
    (void)state;
    edo_stream *s;
    edo_json_reader r;
    edo_json_token t;
    EDO_TEST_OK(edo_stream_mem(&s, "[\"0123456789\"]", 14));
    EDO_TEST_OK(edo_json_reader_init_stream(&r, s, &(edo_json_opts){ .bytes_max = 11 }));
    assert_int_equal(edo_json_reader_next(&r, &t), 1);
    assert_int_equal(edo_json_reader_next(&r, &t), -EDO_ETOOLONG);
    assert_int_equal(edo_json_reader_next(&r, &t), -EDO_ETOOLONG);
    edo_json_reader_deinit(&r);
    edo_close(s);
    const edo_json_opts opts = { .bytes_max = 3 };
    edo_json_value *v = NULL;
    assert_int_equal(edo_json_reader_init(&r, EDO_STR("[12]"), &opts), -EDO_ETOOLONG);
    assert_int_equal(edo_json_value_parse(&v, EDO_STR("[12]"), &opts), -EDO_ETOOLONG);
    EDO_TEST_OK(edo_json_value_parse(&v, EDO_STR("[1]"), &opts));
    edo_json_value_free(v);
    edo_trail_clear();
}

static void depth_is_limited(void **state) {
    (void)state;
    char text[2 * EDO_JSON_DEPTH_MAX + 4];
    static const uint32_t limits[] = { 0, 1, 3, EDO_JSON_DEPTH_MAX };
    for (size_t i = 0; i < EDO_COUNT(limits); i++) {
        uint32_t most = limits[i] ? limits[i] : 512;
        const edo_json_opts opts = { .depth_max = limits[i] };
        for (uint32_t n = most; n <= most + 1; n++) {
            memset(text, '[', n);
            memset(text + n, ']', n);
            edo_json_value *v = NULL;
            edo_json_reader r;
            outcome o = { 0 };
            int want = n > most ? -EDO_EJSON : 0;
            assert_int_equal(edo_json_value_parse(&v, (edo_str){ text, (size_t)2 * n }, &opts),
                             want);
            EDO_TEST_OK(edo_json_reader_init(&r, (edo_str){ text, (size_t)2 * n }, &opts));
            copy_all(&r, &o);
            assert_int_equal(o.err, want);
            edo_json_value_free(v);
            outcome_deinit(&o);
        }
    }
}

static void skip_passes_over_what_was_begun(void **state) {
    (void)state;
    edo_json_reader r;
    edo_json_token t;
    EDO_TEST_OK(
        edo_json_reader_init(&r, EDO_STR("{\"a\":[1,{\"b\":[]},2],\"c\":3,\"d\":{}}"), NULL));
    assert_int_equal(edo_json_reader_next(&r, &t), 1); // {
    assert_int_equal(edo_json_reader_next(&r, &t), 1); // a
    EDO_TEST_OK(edo_json_reader_skip(&r, &t));
    assert_int_equal(edo_json_reader_next(&r, &t), 1); // c
    assert_true(t.kind == EDO_JSON_NAME && edo_str_equal(t.text, EDO_STR("c")));
    EDO_TEST_OK(edo_json_reader_skip(&r, &t));
    assert_int_equal(edo_json_reader_next(&r, &t), 1); // d
    assert_true(edo_str_equal(t.text, EDO_STR("d")));
    assert_int_equal(edo_json_reader_next(&r, &t), 1); // {
    EDO_TEST_OK(edo_json_reader_skip(&r, &t));
    EDO_TEST_OK(edo_json_reader_skip(&r, &(edo_json_token){ .kind = EDO_JSON_INT }));
    assert_int_equal(edo_json_reader_next(&r, &t), 1);
    assert_int_equal(t.kind, EDO_JSON_OBJECT_END);
    assert_int_equal(edo_json_reader_next(&r, &t), 0);
    edo_json_reader_deinit(&r);
}

/* ---- Trees ----------------------------------------------------------------------------------- */

static void of_duplicates_the_last_stands_in_the_first_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *becomes;
    } rows[] = {
        { "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
        { "{\"a\":1,\"a\":[2,{\"x\":[3]}],\"b\":4}", "{\"a\":[2,{\"x\":[3]}],\"b\":4}" },
        { "{\"a\":[[]],\"a\":{\"b\":{},\"b\":{\"c\":[7,[8]]}}}",
          "{\"a\":{\"b\":{\"c\":[7,[8]]}}}" },
        { "{\"a\":1,\"\\u0061\":2,\"\":3,\"\":4}", "{\"a\":2,\"\":4}" },
        { "[{\"a\":1,\"a\":2,\"a\":{\"z\":[[1]]}},9]", "[{\"a\":{\"z\":[[1]]}},9]" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        outcome o;
        read_tree(&o, edo_str_of(rows[i].text), 0);
        assert_int_equal(o.err, 0);
        assert_true(edo_str_equal(text_of(&o.out), edo_str_of(rows[i].becomes)));
        outcome_deinit(&o);
    }
}

static void many_members_are_told_apart_as_few_are(void **state) {
    (void)state;
    for (int names = 1; names < 40; names++) {
        char text[2048], want[2048];
        int n = 0, m = 0;
        for (int i = 0; i < 80; i++)
            n += snprintf(text + n, sizeof text - (size_t)n, "%c\"k%d\":[%d]", i ? ',' : '{',
                          i * 7 % names, i);
        for (int k = 0; k < names; k++) {
            int last = 0, name = k * 7 % names; // the order of first places, names prime to 7
            for (int i = 0; i < 80; i++)
                if (i * 7 % names == name) last = i;
            m += snprintf(want + m, sizeof want - (size_t)m, "%c\"k%d\":[%d]", k ? ',' : '{', name,
                          last);
        }
        text[n] = want[m] = '}';
        if (names % 7 == 0) continue;
        outcome o;
        read_tree(&o, (edo_str){ text, (size_t)n + 1 }, 0);
        assert_int_equal(o.err, 0);
        assert_true(edo_str_equal(text_of(&o.out), (edo_str){ want, (size_t)m + 1 }));
        outcome_deinit(&o);
    }
}

static void a_tree_is_read_by_name_and_type(void **state) {
    (void)state;
    static const char text[] =
        "{\"i\":-5,\"u\":18446744073709551615,\"d\":2.5,\"b\":true,\"n\":null,"
        "\"s\":\"x\\n\",\"a\":[1,2],\"big\":1e999,\"wide\":36893488147419103232,"
        "\"zero\":-0,\"no\":-0.0}";
    edo_json_value *root = NULL;
    EDO_TEST_OK(edo_json_value_parse(&root, edo_str_of(text), NULL));
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    bool b = false;
    EDO_TEST_OK(edo_json_value_int(edo_json_value_get(root, EDO_STR("i")), &i));
    EDO_TEST_OK(edo_json_value_uint(edo_json_value_get(root, EDO_STR("u")), &u));
    EDO_TEST_OK(edo_json_value_bool(edo_json_value_get(root, EDO_STR("b")), &b));
    EDO_TEST_OK(edo_json_value_double(edo_json_value_get(root, EDO_STR("i")), &d));
    assert_true(i == -5 && u == UINT64_MAX && b && d == -5);
    EDO_TEST_OK(edo_json_value_double(edo_json_value_get(root, EDO_STR("wide")), &d));
    assert_true(d == 36893488147419103232.0);
    assert_int_equal(edo_json_value_double(edo_json_value_get(root, EDO_STR("big")), &d), -ERANGE);
    assert_int_equal(edo_json_value_int(edo_json_value_get(root, EDO_STR("u")), &i), -ERANGE);
    assert_int_equal(edo_json_value_uint(edo_json_value_get(root, EDO_STR("i")), &u), -ERANGE);
    assert_int_equal(edo_json_value_int(edo_json_value_get(root, EDO_STR("d")), &i), -EINVAL);
    EDO_TEST_OK(edo_json_value_int(edo_json_value_get(root, EDO_STR("zero")), &i));
    EDO_TEST_OK(edo_json_value_uint(edo_json_value_get(root, EDO_STR("zero")), &u));
    assert_true(i == 0 && u == 0);
    EDO_TEST_OK(edo_json_value_double(edo_json_value_get(root, EDO_STR("zero")), &d));
    assert_true(d == 0 && signbit(d));
    assert_int_equal(edo_json_value_int(edo_json_value_get(root, EDO_STR("no")), &i), -EINVAL);
    assert_int_equal(edo_json_value_uint(edo_json_value_get(root, EDO_STR("no")), &u), -EINVAL);
    assert_int_equal(edo_json_value_bool(edo_json_value_get(root, EDO_STR("none")), &b), -EINVAL);
    assert_true(
        edo_str_equal(edo_json_value_text(edo_json_value_get(root, EDO_STR("s"))), EDO_STR("x\n")));
    assert_int_equal(edo_json_value_kind(edo_json_value_get(root, EDO_STR("n"))), EDO_JSON_NULL);
    const edo_json_value *a = edo_json_value_get(root, EDO_STR("a"));
    assert_int_equal(edo_json_value_count(a), 2);
    assert_null(edo_json_value_get(a, EDO_STR("i")));
    const edo_json_value *second = edo_json_value_next(edo_json_value_first(a));
    EDO_TEST_OK(edo_json_value_int(second, &i));
    assert_true(i == 2 && !edo_json_value_next(second));
    assert_true(edo_str_equal(edo_json_value_name(a), EDO_STR("a")));
    assert_int_equal(edo_json_value_count(root), 11);
    edo_json_value_free(root);
    edo_json_value_free(NULL);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void what_is_written_looks_like_this(void **state) {
    (void)state;
    outcome o;
    read_tree(&o, EDO_STR("{\"a\":[1,{}, []],\"b\":{\"c\":\"\\u001f\\\"\\/\"}}"), 2);
    assert_true(
        edo_str_equal(text_of(&o.out), EDO_STR("{\n  \"a\": [\n    1,\n    {},\n    []\n  ],\n"
                                               "  \"b\": {\n    \"c\": \"\\u001f\\\"/\"\n"
                                               "  }\n}")));
    outcome_deinit(&o);
}

static void what_is_no_json_is_not_written(void **state) {
    (void)state;
    edo_buf out = { 0 };
    edo_json_writer w;
    EDO_TEST_OK(edo_json_writer_init(&w, &out, NULL));
    assert_int_equal(edo_json_writer_init(&w, &out, &(edo_json_writer_opts){ .indent = 99 }),
                     -EINVAL);
    EDO_TEST_OK(edo_json_writer_init(&w, &out, NULL));
    EDO_TEST_OK(edo_json_writer_begin_array(&w));
    EDO_TEST_OK(edo_json_writer_int(&w, 1));
    const double zero = 0;
    assert_int_equal(edo_json_writer_string(&w, EDO_STR("a\xff")), -EDO_EJSON);
    assert_int_equal(edo_json_writer_double(&w, 1 / zero), -EDO_EJSON);
    assert_int_equal(edo_json_writer_double(&w, zero / zero), -EDO_EJSON);
    EDO_TEST_OK(edo_json_writer_end_array(&w));
    assert_true(edo_str_equal(text_of(&out), EDO_STR("[1]")));
    edo_buf_deinit(&out);
    edo_trail_clear();
}

static void a_missing_option_value_is_refused(void **state) {
    (void)state;
    edo_json_value *v = NULL;
    edo_json_reader r;
    const edo_json_opts deep = { .depth_max = EDO_JSON_DEPTH_MAX + 1 };
    const edo_json_opts later = { .reserved = { 1 } };
    assert_int_equal(edo_json_value_parse(&v, EDO_STR("1"), &deep), -EINVAL);
    assert_int_equal(edo_json_value_parse(&v, EDO_STR("1"), &later), -EINVAL);
    assert_int_equal(edo_json_reader_init(&r, EDO_STR("1"), &deep), -EINVAL);
    edo_json_reader_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_line_column_and_reason),
        cmocka_unit_test(the_trail_has_the_place),
        cmocka_unit_test(every_split_reads_the_same),
        cmocka_unit_test(a_stream_larger_than_the_limit_is_read_in_little_memory),
        cmocka_unit_test(a_piece_above_the_limit_is_refused),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(skip_passes_over_what_was_begun),
        cmocka_unit_test(of_duplicates_the_last_stands_in_the_first_place),
        cmocka_unit_test(many_members_are_told_apart_as_few_are),
        cmocka_unit_test(a_tree_is_read_by_name_and_type),
        cmocka_unit_test(what_is_written_looks_like_this),
        cmocka_unit_test(what_is_no_json_is_not_written),
        cmocka_unit_test(a_missing_option_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
