/* SPDX-License-Identifier: MIT */
/* Goal: a Location leads where curl and browsers go, also if it has bytes that no URL has.
 * Method: rows. The examples of RFC 3986 are in the tests of edo_uri_resolve(). */
#include "client/send/redirect.h"

#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *location, *leads_to; /* NULL: nowhere */
} rows[] = {
    { "/x", "http://a.example:8/x#old" },
    { "/x#new", "http://a.example:8/x#new" },
    { "?q=1", "http://a.example:8/b/c?q=1#old" },
    { "//other.example/x", "http://other.example/x#old" },
    // What is no URL.
    { "/a b", "http://a.example:8/a%20b#old" },
    { "/\xc3\xa4?q=\xc3\xbc#\xc3\xb6", "http://a.example:8/%C3%A4?q=%C3%BC#%C3%B6" },
    { "/a|b{c}\"d", "http://a.example:8/a%7Cb%7Bc%7D%22d#old" },
    { "/50%", "http://a.example:8/50%25#old" },
    { "/50%2", "http://a.example:8/50%252#old" },
    { "/50%zz%41", "http://a.example:8/50%25zz%41#old" },
    { "/[x]", "http://a.example:8/%5Bx%5D#old" },
    { "/#a#b", "http://a.example:8/#a%23b" },
    { "\\\\evil.example\\x", "http://a.example:8/b/%5C%5Cevil.example%5Cx#old" },
    { "http://[::1]:9/a b", "http://[::1]:9/a%20b#old" },
    { "//[::1]/[a]", "http://[::1]/%5Ba%5D#old" },
    { "http://a.example/x y?z", "http://a.example/x%20y?z#old" },
    // The host is as it is.
    { "http://\xc3\xa4.example/", NULL },
    { "http://a b.example/", NULL },
    { "http://a.example\\@b.example/", NULL },
    { "//a b/", NULL },
    { "http://[::1/", NULL },
};

static void a_location_leads_where_browsers_go(void **state) {
    edo_uri from;
    (void)state;
    assert_int_equal(edo_uri_parse(&from, EDO_STR("http://a.example:8/b/c#old")), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf url = { 0 };
        edo_uri to;
        const char *wanted = rows[i].leads_to ? rows[i].leads_to : "";
        int err = edoi_redirect_resolve(&url, &to, &from, edo_str_of(rows[i].location));
        if (err != (rows[i].leads_to ? 0 : -EINVAL)) fail_msg("%s: %d", rows[i].location, err);
        if (err == 0 && !edo_str_equal((edo_str){ url.ptr, url.len }, edo_str_of(wanted)))
            fail_msg("%s: %.*s", rows[i].location, (int)url.len, url.ptr);
        edo_trail_clear();
        edo_buf_deinit(&url);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_location_leads_where_browsers_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
