/* SPDX-License-Identifier: MIT */
/* Goal: each standard name is found in every case, and nothing else is.
 * Method: all names in three cases; each with one byte changed to each other byte. */
#include "http/headers/map.h"

#include "http/headers/index.h"

#include <edo/test.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NAME_MAX_BYTES 64

static edo_str in_case(char *text, edo_str name, int kind) {
    for (size_t i = 0; i < name.len; i++) {
        bool is_upper = kind == 2 || (kind == 1 && (i == 0 || name.ptr[i - 1] == '-'));
        text[i] = is_upper ? (char)toupper(name.ptr[i]) : name.ptr[i];
    }
    return (edo_str){ text, name.len };
}

static void a_standard_name_is_found_in_any_case(void **state) {
    (void)state;
    char text[NAME_MAX_BYTES];
    for (int i = 1; i < EDO_HEADERS_END; i++)
        for (int kind = 0; kind < 3; kind++) {
            edo_str name = in_case(text, edoi_header_names[i], kind);
            EDO_TEST_EQ(edo_header_id_of(name), i);
            EDO_TEST_EQ(edoi_header_id_of_token(name), i);
            EDO_TEST_TRUE(edoi_header_names_equal(name, edoi_header_names[i]));
        }
}

static void a_name_with_another_byte_is_not_standard(void **state) {
    (void)state;
    char text[NAME_MAX_BYTES];
    for (int i = 1; i < EDO_HEADERS_END; i++) {
        edo_str name = edoi_header_names[i];
        for (size_t at = 0; at < name.len; at++)
            for (int c = 0; c < 256; c++) {
                memcpy(text, name.ptr, name.len);
                text[at] = (char)c;
                edo_header_id id = edo_header_id_of((edo_str){ text, name.len });
                if (tolower(c) == name.ptr[at]) EDO_TEST_EQ(id, i);
                if (tolower(c) != name.ptr[at]) EDO_TEST_TRUE(id != (edo_header_id)i);
            }
        EDO_TEST_TRUE(edo_header_id_of((edo_str){ name.ptr, name.len - 1 }) != (edo_header_id)i);
    }
}

static void bytes_that_differ_by_the_case_bit_only_are_not_letters(void **state) {
    (void)state;
    EDO_TEST_EQ(edo_header_id_of(EDO_STR("content\rlength")), EDO_HEADER_OTHER);
    EDO_TEST_EQ(edo_header_id_of(EDO_STR("")), EDO_HEADER_OTHER);
    EDO_TEST_TRUE(!edoi_header_names_equal(EDO_STR("a^b"), EDO_STR("a~b")));
    EDO_TEST_TRUE(!edoi_header_names_equal(EDO_STR("x_"), EDO_STR("x\x7f")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_standard_name_is_found_in_any_case),
        cmocka_unit_test(a_name_with_another_byte_is_not_standard),
        cmocka_unit_test(bytes_that_differ_by_the_case_bit_only_are_not_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
