/* SPDX-License-Identifier: MIT */
/* Goal: types that hold themselves are decoded, checked, printed and encoded up to the same depth,
 * whatever they hold themselves by; a text or value that is deeper is refused.
 * Method: a union behind a pointer and in a list, a struct in a list, and a map. */
#include "json_support.h"

#include <edo/value.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef enum knot_kind { KNOT_END, KNOT_ONE, KNOT_MANY } knot_kind;
typedef struct knot knot;
struct knot {
    knot_kind kind;
    knot *one;
    knot *many;
    size_t many_n;
};
EDO_DESCRIBE_UNION(knot, kind, EDO_UNIT(KNOT_END, "end"),
                   EDO_FIELD_PTR_OF(knot, one, knot_desc, .tag = KNOT_ONE),
                   EDO_FIELD_LIST_OF(knot, many, many_n, knot_desc, .tag = KNOT_MANY))

typedef struct twig twig;
struct twig {
    edo_str name;
    twig *twigs;
    size_t twigs_n;
};
EDO_DESCRIBE(twig, EDO_FIELD(twig, name),
             EDO_FIELD_LIST_OF(twig, twigs, twigs_n, twig_desc, .map = true))
typedef struct stem {
    twig *twigs;
    size_t twigs_n;
} stem;
EDO_DESCRIBE(stem, EDO_FIELD_LIST_OF(stem, twigs, twigs_n, twig_desc, .map = true))

typedef struct leaf leaf;
struct leaf {
    leaf *leaves;
    size_t leaves_n;
};
EDO_DESCRIBE(leaf, EDO_FIELD_LIST_OF(leaf, leaves, leaves_n, leaf_desc))

static void append_times(edo_buf *b, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) EDO_TEST_OK(edo_buf_append(b, text, strlen(text)));
}

static void what_can_be_decoded_can_be_walked_and_written(void **state) {
    (void)state;
    enum { MOST = EDO_VALUE_DEPTH_MAX };
    static const struct {
        const edo_desc *desc;
        const char *first, *before, *middle, *behind, *last;
        size_t n; /* times `before`, if it is as deep as it may be */
    } ways[] = {
        { &knot_desc, "", "{\"one\":", "\"end\"", "}", "", MOST - 1 },
        { &knot_desc, "", "{\"many\":[", "\"end\"", "]}", "", MOST - 1 },
        { &leaf_desc, "", "{\"leaves\":[", "{\"leaves\":[]}", "]}", "", MOST - 1 },
        { &stem_desc, "{\"twigs\":", "{\"\":", "{}", "}", "}", MOST - 2 },
    };
    for (size_t i = 0; i < 2 * EDO_COUNT(ways); i++) {
        const size_t way = i / 2, n = ways[way].n + i % 2;
        const edo_desc *desc = ways[way].desc;
        edo_buf text = { 0 }, out = { 0 };
        knot room; // for the others, too
        append_times(&text, ways[way].first, 1);
        append_times(&text, ways[way].before, n);
        append_times(&text, ways[way].middle, 1);
        append_times(&text, ways[way].behind, n);
        append_times(&text, ways[way].last, 1);
        int err = edo_json_decode(&room, desc, (edo_str){ text.ptr, text.len });
        assert_int_equal(err, i % 2 ? -EDO_EJSON : 0);
        if (err == 0) {
            EDO_TEST_OK(edo_value_check(&room, desc, NULL, NULL));
            EDO_TEST_OK(edo_value_print(&out, &room, desc));
            out.len = 0;
            EDO_TEST_OK(edo_json_encode(&out, &room, desc));
            assert_true(out.len == text.len && memcmp(out.ptr, text.ptr, out.len) == 0);
            edo_value_deinit(&room, desc);
        }
        edo_buf_deinit(&text);
        edo_buf_deinit(&out);
        edo_trail_clear();
    }
}

static void values_without_an_end_are_refused(void **state) {
    (void)state;
    knot one = { .kind = KNOT_ONE, .one = &one };
    knot many = { .kind = KNOT_MANY, .many = &many, .many_n = 1 };
    leaf l = { .leaves = &l, .leaves_n = 1 };
    twig t = { .name = EDO_STR("t"), .twigs = &t, .twigs_n = 1 };
    stem s = { .twigs = &t, .twigs_n = 1 };
    const struct {
        const void *value;
        const edo_desc *desc;
    } rows[] = {
        { &one, &knot_desc }, { &many, &knot_desc }, { &l, &leaf_desc }, { &s, &stem_desc }
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf out = { 0 };
        assert_int_equal(edo_json_encode(&out, rows[i].value, rows[i].desc), -EDO_EJSON);
        assert_int_equal(edo_value_print(&out, rows[i].value, rows[i].desc), -EDO_EVALUE);
        assert_int_equal(edo_value_check(rows[i].value, rows[i].desc, NULL, NULL), -EDO_EVALUE);
        edo_buf_deinit(&out);
        edo_trail_clear();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_decoded_can_be_walked_and_written),
        cmocka_unit_test(values_without_an_end_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
