/* SPDX-License-Identifier: MIT */
/* Goal: a UUID has the form of version 4, and no two are the same. */
#include <edo/uuid.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void uuid_has_the_form_of_version_4(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        char text[EDO_UUID_BYTES];
        assert_ptr_equal(edo_uuid(text), text);
        assert_int_equal(strlen(text), 36);
        assert_int_equal(strspn(text, "0123456789abcdef-"), 36);
        assert_true(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
        assert_true(text[14] == '4' && strchr("89ab", text[19]));
    }
}

static void no_two_are_the_same(void **state) {
    static char all[200][EDO_UUID_BYTES];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        for (size_t k = (edo_uuid(all[i]), 0); k < i; k++) assert_string_not_equal(all[k], all[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuid_has_the_form_of_version_4),
        cmocka_unit_test(no_two_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
