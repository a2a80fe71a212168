/* SPDX-License-Identifier: MIT */
/* Goal: a member of EDO_HAS() says whether its field is there, which makes that optional.
 * Method: texts with and without the fields, which come back as they were. */
#include <edo/json.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct noted {
    int32_t level;
    bool has_level;
    int32_t pair[2];
    bool has_pair;
} noted;
EDO_DESCRIBE(noted, EDO_FIELD(noted, level, EDO_HAS(noted, has_level)),
             EDO_FIELD_FIXED(noted, pair, EDO_HAS(noted, has_pair)))

static void a_field_that_has_a_member_for_it_is_optional(void **state) {
    (void)state;
    static const char *const texts[] = { "{}", "{\"level\":0}", "{\"pair\":[0,0]}" };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        noted v;
        edo_buf out = { 0 };
        size_t n;
        EDO_TEST_OK(edo_json_decode(&v, &noted_desc, edo_str_of(texts[i])));
        assert_int_equal(v.has_level, i == 1);
        assert_int_equal(v.has_pair, i == 2);
        (void)edo_field_elements(&noted_desc.fields[0], &v, &n);
        assert_int_equal(n, i == 1);
        EDO_TEST_OK(edo_json_encode(&out, &v, &noted_desc));
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(texts[i])));
        edo_buf_deinit(&out);
        edo_value_deinit(&v, &noted_desc);
    }
    noted none;
    EDO_TEST_OK(edo_json_decode(&none, &noted_desc, EDO_STR("{\"level\":null}")));
    assert_false(none.has_level);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_that_has_a_member_for_it_is_optional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
