/* SPDX-License-Identifier: MIT */
/* Goal: targets, authorities, ports, the builder and percent sequences; the vectors of RFC 3986 are
 * in src/http/uri/vectors_test.c.
 * Method: rows. */
#include "fail_alloc.h"

#include <edo/test.h>
#include <edo/uri.h>

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is(edo_str s, const char *text) {
    return text ? s.ptr && edo_str_equal(s, edo_str_of(text)) : !s.ptr;
}

static void a_target_has_one_of_four_forms(void **state) {
    (void)state;
    static const struct {
        edo_method method;
        const char *text, *host, *path, *query; /* path NULL: refused */
    } rows[] = {
        { EDO_METHOD_GET, "/a%2Fb/?c=d?e", NULL, "/a%2Fb/", "c=d?e" },
        { EDO_METHOD_GET, "//a/b", NULL, "//a/b", NULL },
        { EDO_METHOD_GET, "/a?b#c", NULL, "/a", "b" },
        { EDO_METHOD_GET, "/a#c?b", NULL, "/a", NULL },
        { EDO_METHOD_GET, "/|{}^`\"<>?[]\\", NULL, "/|{}^`\"<>", "[]\\" },
        { EDO_METHOD_GET, "http://u:p@h:81/a?b#c", "h", "/a", "b" },
        { EDO_METHOD_GET, "http://h?b", "h", "", "b" },
        { EDO_METHOD_OPTIONS, "*", NULL, "*", NULL },
        { EDO_METHOD_OTHER, "*", NULL, "*", NULL },
        { EDO_METHOD_CONNECT, "h:443", "h", "", NULL },
        { EDO_METHOD_CONNECT, "[::1]:443", "[::1]", "", NULL },
        { EDO_METHOD_GET, "*", NULL, NULL, NULL },
        { EDO_METHOD_GET, "a", NULL, NULL, NULL },
        { EDO_METHOD_GET, "?a", NULL, NULL, NULL },
        { EDO_METHOD_GET, "", NULL, NULL, NULL },
        { EDO_METHOD_GET, "h:443", NULL, NULL, NULL },
        { EDO_METHOD_GET, "http:///a", NULL, NULL, NULL },
        { EDO_METHOD_GET, "/a b", NULL, NULL, NULL },
        { EDO_METHOD_GET, "/\x7f", NULL, NULL, NULL },
        { EDO_METHOD_GET, "/\xc3\xa4", NULL, NULL, NULL },
        { EDO_METHOD_CONNECT, "/", NULL, NULL, NULL },
        { EDO_METHOD_CONNECT, "h", NULL, NULL, NULL },
        { EDO_METHOD_CONNECT, "h:", NULL, NULL, NULL },
        { EDO_METHOD_CONNECT, "u@h:1", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_uri u = { 0 };
        int err = edo_uri_parse_target(&u, rows[i].method, edo_str_of(rows[i].text));
        EDO_TEST_EQ(err, rows[i].path ? 0 : -EINVAL);
        if (err < 0) continue;
        EDO_TEST_TRUE(is(u.host, rows[i].host) && is(u.path, rows[i].path));
        EDO_TEST_TRUE(is(u.query, rows[i].query) && !u.fragment.ptr);
    }
}

static void an_authority_is_a_host_with_or_without_a_port(void **state) {
    (void)state;
    edo_uri u;
    EDO_TEST_OK(edo_uri_parse_authority(&u, EDO_STR("[fe80::1%25eth0]:80")));
    EDO_TEST_TRUE(is(u.host, "[fe80::1%25eth0]") && is(u.port, "80") && is(u.path, ""));
    EDO_TEST_OK(edo_uri_parse_authority(&u, EDO_STR("0.0.0.0=5000")));
    EDO_TEST_TRUE(is(u.host, "0.0.0.0=5000") && !u.port.ptr);
    static const char *const bad[] = { "",      "a/b", "x:80a",   "x:-1", "[::1]x",       "<x>",
                                       "a:1:2", "u@h", "[1:2:3]", "[::1", "[fe80::1%25]", "[v.a]",
                                       "[v1.]", ":80" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        EDO_TEST_EQ(edo_uri_parse_authority(&u, edo_str_of(bad[i])), -EINVAL);
    EDO_TEST_EQ(edo_uri_parse_authority(&u, (edo_str){ "a\0b", 3 }), -EINVAL);
}

static void a_port_that_is_absent_is_that_of_the_scheme(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int port;
    } rows[] = { { "http://h", 80 },
                 { "HTTPS://h", 443 },
                 { "wss://h:", 443 },
                 { "ftp://h", 0 },
                 { "http://h:0", 0 },
                 { "http://h:65535", 65535 },
                 { "http://h:65536", -ERANGE },
                 { "http://h:99999999999999999999", -ERANGE } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_uri u;
        EDO_TEST_OK(edo_uri_parse(&u, edo_str_of(rows[i].text)));
        EDO_TEST_EQ(edo_uri_port(&u), rows[i].port);
    }
}

static void a_uri_that_is_too_long_is_refused(void **state) {
    (void)state;
    static char text[EDO_URI_MAX + 1];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    edo_uri u;
    EDO_TEST_OK(edo_uri_parse(&u, (edo_str){ text, EDO_URI_MAX }));
    EDO_TEST_EQ(edo_uri_parse(&u, (edo_str){ text, EDO_URI_MAX + 1 }), -EDO_ETOOLONG);
    EDO_TEST_EQ(edo_uri_parse_target(&u, EDO_METHOD_GET, (edo_str){ text, EDO_URI_MAX + 1 }),
                -EDO_ETOOLONG);
    text[0] = 'a';
    text[EDO_URI_SCHEME_MAX] = ':';
    EDO_TEST_OK(edo_uri_parse(&u, (edo_str){ text, 100 }));
    text[EDO_URI_SCHEME_MAX] = 'a';
    text[EDO_URI_SCHEME_MAX + 1] = ':';
    EDO_TEST_EQ(edo_uri_parse(&u, (edo_str){ text, 100 }), -EDO_ETOOLONG);
}

static void parts_that_would_be_read_otherwise_are_not_put_together(void **state) {
    (void)state;
    edo_buf text = { 0 };
    static const edo_uri bad[] = {
        { .path = { "//a", 3 } },
        { .path = { "a:b", 3 } },
        { .path = { "a?b", 3 } },
        { .port = { "80", 2 } },
        { .scheme = { "http", 4 }, .host = { "h", 1 }, .path = { "a", 1 } },
        { .scheme = { "http", 4 }, .host = { "h/", 2 }, .path = { "/", 1 } },
        { .path = { "/\r\n", 3 } },
        { .userinfo = { "u", 1 }, .path = { "/", 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        EDO_TEST_EQ(edo_uri_print(&bad[i], &text), -EINVAL);
        EDO_TEST_EQ(text.len, 0);
    }
    edo_uri u;
    EDO_TEST_OK(edo_uri_parse(&u, EDO_STR("http://me:secret@h:1/?q#f")));
    EDO_TEST_OK(edo_uri_print_public(&u, &text));
    EDO_TEST_TRUE(is((edo_str){ text.ptr, text.len }, "http://h:1/?q#f"));
    edo_buf_deinit(&text);
}

static void link_leads_to_the_one_form_of_its_equals(void **state) {
    (void)state;
    static const struct {
        const char *base, *link, *to; /* NULL: -EINVAL */
    } rows[] = {
        { "http://A.example/b/c?d#e", "f", "http://a.example/b/f" },
        { "http://a.example/b/c", "../../x/./y", "http://a.example/x/y" },
        { "http://a.example:80", "", "http://a.example/" },
        { "http://a.example/b?c", "#part", "http://a.example/b?c" },
        { "http://me:secret@a.example/", "/b", "http://a.example/b" },
        { "http://a.example/", "//me@b.example/%7e", "http://b.example/~" },
        { "http://a.example/", "mailto:a@b.example", "mailto:a@b.example" },
        { "http://a.example/", "http://[1", NULL },
        { "/no/scheme", "x", NULL },
        { "http://[1", "x", NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf to = { 0 };
        int err = edo_uri_follow(&to, edo_str_of(rows[i].base), edo_str_of(rows[i].link));
        EDO_TEST_EQ(err, rows[i].to ? 0 : -EINVAL);
        EDO_TEST_TRUE(edo_str_equal(edo_buf_str(&to), edo_str_of(rows[i].to ? rows[i].to : "")));
        edo_buf_deinit(&to);
    }
}

static void link_without_memory_adds_nothing(void **state) {
    (void)state;
    int err = -ENOMEM;
    for (int k = 1; err < 0; k++) {
        edo_buf to = { 0 };
        fail_alloc_in = k;
        err = edo_uri_follow(&to, EDO_STR("http://a.example/"), EDO_STR("b"));
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        EDO_TEST_EQ(err, has_failed ? -ENOMEM : 0);
        EDO_TEST_EQ(to.len, has_failed ? 0 : 18);
        edo_buf_deinit(&to);
    }
}

static void what_was_encoded_is_decoded_once(void **state) {
    (void)state;
    edo_buf coded = { 0 }, plain = { 0 };
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    EDO_TEST_OK(edo_uri_encode((edo_str){ all, sizeof all }, &coded));
    EDO_TEST_OK(edo_uri_decode((edo_str){ coded.ptr, coded.len }, &plain));
    EDO_TEST_TRUE(plain.len == sizeof all && memcmp(plain.ptr, all, sizeof all) == 0);
    coded.len = plain.len = 0;
    EDO_TEST_OK(edo_uri_encode(EDO_STR("a/b c~%"), &coded));
    EDO_TEST_TRUE(is((edo_str){ coded.ptr, coded.len }, "a%2Fb%20c~%25"));
    EDO_TEST_OK(edo_uri_decode(EDO_STR("%252f%2f+"), &plain));
    EDO_TEST_TRUE(is((edo_str){ plain.ptr, plain.len }, "%2f/+"));
    static const char *const bad[] = { "%", "a%4", "%zz", "%4", "%%41" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        EDO_TEST_EQ(edo_uri_decode(edo_str_of(bad[i]), &plain), -EINVAL);
    edo_buf_deinit(&coded);
    edo_buf_deinit(&plain);
}

static void a_path_does_not_turn_into_a_host(void **state) {
    (void)state;
    edo_uri base, ref;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_uri_parse(&base, EDO_STR("a:/b")));
    EDO_TEST_OK(edo_uri_parse(&ref, EDO_STR("/..//evil/c")));
    EDO_TEST_OK(edo_uri_resolve(&base, &ref, &text));
    EDO_TEST_TRUE(is((edo_str){ text.ptr, text.len }, "a:/.//evil/c"));
    EDO_TEST_EQ(edo_uri_resolve(&ref, &base, &text), -EINVAL);
    edo_buf_deinit(&text);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_has_one_of_four_forms),
        cmocka_unit_test(an_authority_is_a_host_with_or_without_a_port),
        cmocka_unit_test(a_port_that_is_absent_is_that_of_the_scheme),
        cmocka_unit_test(a_uri_that_is_too_long_is_refused),
        cmocka_unit_test(parts_that_would_be_read_otherwise_are_not_put_together),
        cmocka_unit_test(link_leads_to_the_one_form_of_its_equals),
        cmocka_unit_test(link_without_memory_adds_nothing),
        cmocka_unit_test(what_was_encoded_is_decoded_once),
        cmocka_unit_test(a_path_does_not_turn_into_a_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
