/* SPDX-License-Identifier: MIT */
/* Goal: the searches in a query find what a search byte by byte finds, and read no byte more.
 * Method: texts of up to 24 bytes, each in memory of its own length, of each byte, with each mark
 * at each place; the sanitizers see what is read beyond. */
#include "config/query_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LONGEST 24u

/* A text of `n` bytes `fill`. */
static char *text_of(size_t n, int fill) {
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, fill, n);
    return text;
}

static void percent_and_plus_are_found_at_each_place(void **state) {
    (void)state;
    for (size_t n = 1; n <= LONGEST; n++) {
        for (int fill = 0; fill < 256; fill++) {
            char *text = text_of(n, fill);
            edo_str query = { text, n };
            bool is_mark = fill == '%' || fill == '+';
            if (fill < 0x80) assert_int_equal(edoi_query_may_escape(query), is_mark);
            for (size_t i = 0; i < n; i++) {
                text[i] = i % 2 ? '%' : '+';
                assert_true(edoi_query_may_escape(query));
                text[i] = (char)fill;
            }
            free(text);
        }
    }
}

static void first_equals_sign_is_found_at_each_place(void **state) {
    (void)state;
    for (size_t n = 1; n <= LONGEST; n++) {
        for (int fill = 0; fill < 256; fill++) {
            char *text = text_of(n, fill);
            assert_ptr_equal(edoi_query_equals(text, text + n), fill == '=' ? text : NULL);
            for (size_t i = n; i-- > 0 && fill != '=';) {
                text[i] = '='; // those behind it are equals signs, too
                assert_ptr_equal(edoi_query_equals(text, text + n), text + i);
            }
            free(text);
        }
    }
}

static void empty_text_has_nothing(void **state) {
    static const char marks[] = "=%";
    const edo_str empty = { marks, 0 };
    (void)state;
    assert_null(edoi_query_equals(marks, marks));
    assert_false(edoi_query_may_escape(empty));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_and_plus_are_found_at_each_place),
        cmocka_unit_test(first_equals_sign_is_found_at_each_place),
        cmocka_unit_test(empty_text_has_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
