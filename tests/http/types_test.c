/* SPDX-License-Identifier: MIT */
/* Goal: methods, status codes and versions are read and named as RFC 9110 has them.
 * Method: the tables, and words beside them. */
#include <edo/http.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void a_standard_method_is_its_name(void **state) {
    (void)state;
    for (int i = EDO_METHOD_GET; i < EDO_METHODS_END; i++) {
        edo_str name = edo_method_name((edo_method)i);
        edo_method found = EDO_METHOD_OTHER;
        EDO_TEST_OK(edo_method_parse(&found, name));
        EDO_TEST_EQ(found, i);
        EDO_TEST_OK(edo_method_parse(&found, (edo_str){ name.ptr, name.len - 1 }));
        EDO_TEST_EQ(found, EDO_METHOD_OTHER);
    }
    EDO_TEST_EQ(edo_method_name(EDO_METHOD_OTHER).len, 0);
}

static void another_token_is_a_method_and_other_bytes_are_none(void **state) {
    (void)state;
    static const char *const tokens[] = { "get", "M-SEARCH", "PROPFIND", "QUERY", "x", "!#$%&'*+" };
    for (size_t i = 0; i < EDO_COUNT(tokens); i++) {
        edo_method found = EDO_METHOD_GET;
        EDO_TEST_OK(edo_method_parse(&found, edo_str_of(tokens[i])));
        EDO_TEST_EQ(found, EDO_METHOD_OTHER);
    }
    static const char *const others[] = { "", "G T", "GET ", "\"GET\"", "G\xc9T", "GET/", "G\nT" };
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        edo_method found = EDO_METHOD_GET;
        EDO_TEST_EQ(edo_method_parse(&found, edo_str_of(others[i])), -EINVAL);
        EDO_TEST_EQ(found, EDO_METHOD_GET);
    }
}

static void methods_have_the_properties_of_rfc_9110(void **state) {
    (void)state;
    EDO_TEST_TRUE(edo_method_is_safe(EDO_METHOD_GET) && edo_method_is_safe(EDO_METHOD_TRACE));
    EDO_TEST_TRUE(!edo_method_is_safe(EDO_METHOD_PUT) && !edo_method_is_safe(EDO_METHOD_OTHER));
    EDO_TEST_TRUE(edo_method_is_idempotent(EDO_METHOD_PUT));
    EDO_TEST_TRUE(edo_method_is_idempotent(EDO_METHOD_DELETE));
    EDO_TEST_TRUE(!edo_method_is_idempotent(EDO_METHOD_POST));
    EDO_TEST_TRUE(!edo_method_is_idempotent(EDO_METHOD_PATCH));
    EDO_TEST_TRUE(edo_method_is_cacheable(EDO_METHOD_HEAD));
    EDO_TEST_TRUE(!edo_method_is_cacheable(EDO_METHOD_OPTIONS));
}

static void three_digits_from_100_on_are_a_status(void **state) {
    (void)state;
    edo_status status = 0;
    for (int code = 100; code < 1000; code++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", code);
        EDO_TEST_OK(edo_status_parse(&status, edo_str_of(text)));
        EDO_TEST_EQ(status, code);
        EDO_TEST_EQ(edo_status_class(status), code < 600 ? code / 100 : 5);
    }
    static const char *const others[] = { "", "20", "099", "2000", "2 0", "+20", "20x" };
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        EDO_TEST_EQ(edo_status_parse(&status, edo_str_of(others[i])), -EINVAL);
    EDO_TEST_EQ(edo_status_class(99), 0);
    EDO_TEST_EQ(edo_status_class(1000), 0);
}

static void a_registered_status_has_its_reason(void **state) {
    (void)state;
    EDO_TEST_TRUE(edo_str_equal(edo_status_reason(EDO_STATUS_OK), EDO_STR("OK")));
    EDO_TEST_TRUE(
        edo_str_equal(edo_status_reason(431), EDO_STR("Request Header Fields Too Large")));
    EDO_TEST_EQ(edo_status_reason(299).len, 0);
    EDO_TEST_TRUE(edo_status_reason_is_valid(EDO_STR("Ori\xc3\xabntatieprobleem\t!")));
    EDO_TEST_TRUE(edo_status_reason_is_valid(EDO_STR("")));
    EDO_TEST_TRUE(!edo_status_reason_is_valid(EDO_STR("OK\r\nSet-Cookie: a=b")));
    EDO_TEST_TRUE(!edo_status_reason_is_valid(EDO_STR("\x7f")));
}

static void versions_compare_and_have_names(void **state) {
    (void)state;
    EDO_TEST_TRUE(EDO_HTTP_09 < EDO_HTTP_10 && EDO_HTTP_11 < EDO_HTTP_2);
    EDO_TEST_TRUE(edo_str_equal(edo_http_version_name(EDO_HTTP_11), EDO_STR("HTTP/1.1")));
    EDO_TEST_TRUE(edo_str_equal(edo_http_version_name(EDO_HTTP_2), EDO_STR("HTTP/2")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_standard_method_is_its_name),
        cmocka_unit_test(another_token_is_a_method_and_other_bytes_are_none),
        cmocka_unit_test(methods_have_the_properties_of_rfc_9110),
        cmocka_unit_test(three_digits_from_100_on_are_a_status),
        cmocka_unit_test(a_registered_status_has_its_reason),
        cmocka_unit_test(versions_compare_and_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
