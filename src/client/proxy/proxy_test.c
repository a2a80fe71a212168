/* SPDX-License-Identifier: MIT */
/* Goal: a proxy is what its URL says, texts that are none are refused, and no message has a
 * password. */
#include "client/proxy/proxy.h"

#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *url;
    edoi_proxy_kind kind;
    const char *host;
    uint16_t port;
    const char *user, *password; /* NULL: none */
    const char *address, *key, *authorization;
} good[] = {
    { "proxy", EDOI_PROXY_HTTP, "proxy", 80, NULL, NULL, "proxy:80", "http://proxy:80", "" },
    { "Proxy.Example:3128", EDOI_PROXY_HTTP, "proxy.example", 3128, NULL, NULL,
      "proxy.example:3128", "http://proxy.example:3128", "" },
    { "HTTPS://proxy/", EDOI_PROXY_HTTPS, "proxy", 443, NULL, NULL, "proxy:443",
      "https://proxy:443", "" },
    { "socks5://10.0.0.1", EDOI_PROXY_SOCKS5, "10.0.0.1", 1080, NULL, NULL, "10.0.0.1:1080",
      "socks5://10.0.0.1:1080", "" },
    { "socks5h://u:p@[::1]:9050", EDOI_PROXY_SOCKS5H, "::1", 9050, "u", "p", "[::1]:9050",
      "socks5h://u:p@[::1]:9050", "" },
    { "http://user:p%40ss%3Aword@proxy", EDOI_PROXY_HTTP, "proxy", 80, "user", "p@ss:word",
      "proxy:80", "http://user:p%40ss%3Aword@proxy:80", "Basic dXNlcjpwQHNzOndvcmQ=" },
    { "user@proxy:1", EDOI_PROXY_HTTP, "proxy", 1, "user", "", "proxy:1", "http://user:@proxy:1",
      "Basic dXNlcjo=" },
    { "http://a:b:c@proxy", EDOI_PROXY_HTTP, "proxy", 80, "a", "b:c", "proxy:80",
      "http://a:b%3Ac@proxy:80", "Basic YTpiOmM=" },
    { "http://@proxy", EDOI_PROXY_HTTP, "proxy", 80, NULL, NULL, "proxy:80", "http://proxy:80",
      "" },
};

static void assert_str(edo_str is, const char *wanted) {
    assert_int_equal(is.len, strlen(wanted));
    assert_memory_equal(is.ptr, wanted, is.len);
}

static void a_url_is_taken_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        edoi_proxy *p;
        assert_int_equal(edoi_proxy_new(&p, edo_str_of(good[i].url)), 0);
        assert_int_equal(p->kind, good[i].kind);
        assert_int_equal(p->port, good[i].port);
        assert_str(p->host, good[i].host);
        assert_int_equal(p->has_login, good[i].user != NULL);
        assert_str(p->user, good[i].user ? good[i].user : "");
        assert_str(p->password, good[i].password ? good[i].password : "");
        assert_string_equal(p->address, good[i].address);
        assert_str(p->key, good[i].key);
        if (p->authorization.len > 0 || good[i].authorization[0])
            assert_str(p->authorization, good[i].authorization);
        edo_rc_unref(p);
    }
}

static void other_texts_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "http://",
        "socks4://h",
        "ftp://h",
        "h:0",
        "h:65536",
        "h:x",
        "http://h/path",
        "http://h?q",
        "http://h#f",
        "http://[::",
        "http://[::g]",
        "http://[v1.x]",
        "http://a%00b/",
        "http://%zz@h",
        "h h",
        "http://u:%0a@h",
        "http://u%3Ax:p@h",
        "http://:80",
        "socks5://%00@h",
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edoi_proxy *p = NULL;
        if (edoi_proxy_new(&p, edo_str_of(bad[i])) != -EINVAL) fail_msg("taken: '%s'", bad[i]);
        assert_null(p);
    }
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static void clear_environment(void) {
    static const char *const names[] = { "http_proxy",  "HTTP_PROXY", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                         "no_proxy",    "NO_PROXY",   "REQUEST_METHOD" };
    for (size_t i = 0; i < EDO_COUNT(names); i++) (void)unsetenv(names[i]);
}

/* The address of the proxy for a scheme; "-": none. */
static const char *proxy_for(const edoi_proxy_list *p, const char *scheme) {
    const edoi_proxy *found =
        edoi_proxy_list_find(p, edo_str_of(scheme), EDO_STR("example.com"), 80);
    return found ? found->address : "-";
}

static void assert_environment(const char *http, const char *https, const char *other) {
    edoi_proxy_list *p;
    assert_int_equal(edoi_proxy_list_from_environment(&p, NULL), 0);
    assert_string_equal(proxy_for(p, "http"), http);
    assert_string_equal(proxy_for(p, "HTTPS"), https);
    assert_string_equal(proxy_for(p, "ftp"), other);
    edo_rc_unref(p);
}

static void variables_are_read_in_lower_case_first(void **state) {
    (void)state;
    clear_environment();
    assert_environment("-", "-", "-");
    setenv("HTTP_PROXY", "upper:1", 1);
    setenv("HTTPS_PROXY", "upper:2", 1);
    assert_environment("upper:1", "upper:2", "-");
    setenv("ALL_PROXY", "upper:3", 1);
    assert_environment("upper:1", "upper:2", "upper:3");
    setenv("http_proxy", "lower:1", 1);
    setenv("https_proxy", "", 1); // empty: not there
    setenv("all_proxy", "lower:3", 1);
    assert_environment("lower:1", "upper:2", "lower:3");
    clear_environment();
}

static void http_proxy_of_a_cgi_program_is_a_field_of_its_client(void **state) {
    (void)state;
    clear_environment();
    setenv("HTTP_PROXY", "evil:1", 1);
    setenv("REQUEST_METHOD", "GET", 1);
    assert_environment("-", "-", "-");
    setenv("http_proxy", "good:1", 1);
    assert_environment("good:1", "-", "-");
    clear_environment();
}

static void a_bad_variable_is_named_without_its_value(void **state) {
    (void)state;
    char said[512];
    edoi_proxy_list *p;
    clear_environment();
    setenv("HTTPS_PROXY", "http://me:secret@h/path", 1);
    assert_int_equal(edoi_proxy_list_from_environment(&p, NULL), -EINVAL);
    (void)edo_trail_print_text(said, sizeof said, -EINVAL, EDO_TRAIL_LINE);
    assert_non_null(strstr(said, "HTTPS_PROXY"));
    assert_null(strstr(said, "secret"));
    clear_environment();
    assert_int_equal(edoi_proxy_list_from_environment(&p, "a.example, 10.0.0.0/33"), -EINVAL);
    (void)edo_trail_print_text(said, sizeof said, -EINVAL, EDO_TRAIL_LINE);
    assert_non_null(strstr(said, "no_proxy"));
    assert_int_equal(edoi_proxy_list_new(&p, &(edoi_proxy_list_opts){ .all = "x://" }), -EINVAL);
    edo_trail_clear();
}

/* One that was written for other programs does not keep this one from all requests. */
static void entries_of_the_variable_that_are_none_are_passed_over(void **state) {
    (void)state;
    clear_environment();
    setenv("http_proxy", "proxy", 1);
    setenv("no_proxy", "127.*, 10.0.0.0/33,example.com, <local> /run/x.sock", 1);
    assert_environment("-", "-", "-");
    setenv("no_proxy", "127.*,/run/x.sock", 1);
    assert_environment("proxy:80", "-", "-");
    clear_environment();
}

static void the_option_takes_the_place_of_the_variable(void **state) {
    (void)state;
    edoi_proxy_list *p;
    clear_environment();
    setenv("http_proxy", "proxy", 1);
    setenv("no_proxy", "other.example", 1);
    assert_int_equal(edoi_proxy_list_from_environment(&p, "example.com"), 0);
    assert_string_equal(proxy_for(p, "http"), "-");
    edo_rc_unref(p);
    setenv("no_proxy", "*", 1);
    assert_int_equal(edoi_proxy_list_from_environment(&p, ""), 0);
    assert_string_equal(proxy_for(p, "http"), "proxy:80");
    edo_rc_unref(p);
    clear_environment();
}

/* ---- NO_PROXY -------------------------------------------------------------------------------- */

static const struct {
    const char *list, *host;
    uint16_t port;
    bool is_direct;
} hosts[] = {
    { "*", "anything", 1, true },
    { "example.com", "example.com", 1, true },
    { "example.com", "EXAMPLE.com.", 1, true },
    { "Example.Com.", "www.example.com", 1, true },
    { ".example.com", "example.com", 1, true },
    { ".example.com", "a.b.example.com", 1, true },
    { "*.example.com", "a.example.com", 1, true },
    { "example.com", "notexample.com", 1, false },
    { "example.com", "example.com.org", 1, false },
    { "example.com", "com", 1, false },
    { "example.com:8080", "example.com", 8080, true },
    { "example.com:8080", "example.com", 80, false },
    { "*:443", "a", 443, true },
    { "*:443", "a", 80, false },
    { "a,b c,\td", "c", 1, true },
    { " ,a, ,d,", "d", 1, true },
    { "a,b", "ab", 1, false },
    { "10.0.0.0/8", "10.9.8.7", 1, true },
    { "10.0.0.0/8", "11.0.0.1", 1, false },
    { "10.0.0.0/8", "[::ffff:10.0.0.1]", 1, true },
    { "10.0.0.1", "10.0.0.1", 1, true },
    { "10.0.0.1:81", "10.0.0.1", 81, true },
    { "10.0.0.1:81", "10.0.0.1", 80, false },
    { "0.0.1", "10.0.0.1", 1, false }, // no suffix of an address
    { "::1", "[::1]", 1, true },
    { "[::1]", "::1", 1, true },
    { "[::1]:82", "[::1]", 82, true },
    { "[::1]:82", "[::1]", 1, false },
    { "fd00::/8", "[fd12::1]", 1, true },
    { "fe80::/10", "[fe80::1%25eth0]", 1, true },
    { "127.0.0.0/8", "localhost", 1, false }, // a name, whatever it leads to
    { "example.com", "localhost", 1, false },
    { "localhost", "localhost", 1, true },
    { "", "localhost", 1, false },
};

static void hosts_that_are_listed_are_reached_directly(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(hosts); i++) {
        edoi_proxy_list *p;
        const edoi_proxy_list_opts opts = { .all = "proxy", .no_proxy = hosts[i].list };
        assert_int_equal(edoi_proxy_list_new(&p, &opts), 0);
        bool is_direct =
            !edoi_proxy_list_find(p, EDO_STR("http"), edo_str_of(hosts[i].host), hosts[i].port);
        if (is_direct != hosts[i].is_direct)
            fail_msg("'%s', %s:%d: %d", hosts[i].list, hosts[i].host, hosts[i].port, is_direct);
        edo_rc_unref(p);
    }
}

static void entries_that_are_no_hosts_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = { "10.0.0.0/33", "a/8", ":80",     "a:0", "a:65536",
                                       "a:b",         ".",   "[::1",    "[a]", "a*b",
                                       "[::1]x",      "*.",  "a:80:80", "u@h" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_str text = edo_str_of(bad[i]);
        edoi_no_proxy e;
        if (edoi_no_proxy_next(&e, &text) != -EINVAL) fail_msg("taken: '%s'", bad[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(variables_are_read_in_lower_case_first),
        cmocka_unit_test(http_proxy_of_a_cgi_program_is_a_field_of_its_client),
        cmocka_unit_test(a_bad_variable_is_named_without_its_value),
        cmocka_unit_test(entries_of_the_variable_that_are_none_are_passed_over),
        cmocka_unit_test(the_option_takes_the_place_of_the_variable),
        cmocka_unit_test(hosts_that_are_listed_are_reached_directly),
        cmocka_unit_test(entries_that_are_no_hosts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
