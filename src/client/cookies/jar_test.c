/* SPDX-License-Identifier: MIT */
/* Goal: a cookie goes where RFC 6265bis lets it go, and nowhere else; the jar stays within its
 * bounds; a cookies.txt brings back what was saved. Method: rows of what is stored and what is sent
 * then, with a clock of the test. */
#include "client/cookies/jar.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "broken.h"
#include "inside.h"

static int64_t clock_s;

static int64_t test_now(void *arg) {
    (void)arg;
    return clock_s;
}

static edo_cookie_jar *new_jar(void) {
    edo_cookie_jar *jar;
    clock_s = 1700000000; // 14 November 2023
    assert_int_equal(edo_cookie_jar_new(&jar, &(edo_cookie_jar_opts){ .now = test_now }), 0);
    return jar;
}

static int store(edo_cookie_jar *jar, const char *url, const char *field) {
    int err = edo_cookie_jar_store(jar, edo_str_of(url), edo_str_of(field));
    edoi_jar_check(jar);
    return err;
}

/* The Cookie field for a request; static. */
static const char *sent(edo_cookie_jar *jar, const char *url) {
    static char text[EDO_COOKIE_JAR_FIELD_MAX + 1];
    edo_buf out = { 0 };
    assert_int_equal(edo_cookie_jar_print(jar, edo_str_of(url), &out), 0);
    assert_true(out.len < sizeof text);
    if (out.len > 0) memcpy(text, out.ptr, out.len);
    text[out.len] = 0;
    edo_buf_deinit(&out);
    return text;
}

static bool has_suffixes(void) {
    return edoi_jar_may_span("example.com");
}

/* ---- One cookie ------------------------------------------------------------------------------ */

static const struct {
    const char *from, *field;
    int result;
    const char *to, *cookie;
    bool needs_suffixes;
} rows[] = {
    { "http://a.com/", "a=b", 0, "http://a.com/", "a=b", false },
    { "http://A.com/", " a = b c ; x", 0, "http://a.COM.:81/x", "a=b c", false },
    { "http://a.com/", "a=", 0, "http://a.com/", "a=", false },
    { "http://a.com/", "a=b=c", 0, "http://a.com/", "a=b=c", false },
    { "http://a.com/", "a=\"b\"", 0, "http://a.com/", "a=\"b\"", false },
    { "http://a.com/", "=b", -EBADMSG, "http://a.com/", "", false },
    { "http://a.com/", "b", -EBADMSG, "http://a.com/", "", false },
    { "http://a.com/", "a=b\1", -EBADMSG, "http://a.com/", "", false },
    { "ftp://a.com/", "a=b", -EINVAL, "http://a.com/", "", false },
    { "/x", "a=b", -EINVAL, "http://a.com/", "", false },

    // Hosts.
    { "http://a.com/", "a=b", 0, "http://www.a.com/", "", false },
    { "http://a.com/", "a=b; Domain=a.com", 0, "http://www.a.com/", "a=b", true },
    { "http://www.a.com/", "a=b; Domain=.A.com", 0, "http://x.a.com/", "a=b", true },
    { "http://www.a.com/", "a=b; Domain=a.com", 0, "http://a.com/", "a=b", true },
    { "http://www.a.com/", "a=b; Domain=a.com", 0, "http://xa.com/", "", true },
    { "http://www.a.com/", "a=b; Domain=x.a.com", -EACCES, "http://x.a.com/", "", false },
    { "http://a.com/", "a=b; Domain=www.a.com", -EACCES, "http://www.a.com/", "", false },
    { "http://a.com/", "a=b; Domain=b.com", -EACCES, "http://b.com/", "", false },
    { "http://a.com/", "a=b; Domain=com", -EACCES, "http://b.com/", "", false },
    { "http://a.co.uk/", "a=b; Domain=co.uk", -EACCES, "http://b.co.uk/", "", false },
    { "http://a.com/", "a=b; Domain=a.com.", -EACCES, "http://a.com/", "", false },
    { "http://a.com/", "a=b; Domain=", 0, "http://a.com/", "a=b", false },
    { "http://co.uk/", "a=b; Domain=co.uk", 0, "http://co.uk/", "a=b", false },
    { "http://co.uk/", "a=b; Domain=co.uk", 0, "http://a.co.uk/", "", false },
    { "http://1.2.3.4/", "a=b; Domain=1.2.3.4", 0, "http://1.2.3.4/", "a=b", false },
    { "http://1.2.3.4/", "a=b; Domain=3.4", -EACCES, "http://9.9.3.4/", "", false },
    { "http://[::1]/", "a=b", 0, "http://[::1]:80/", "a=b", false },
    { "http://[FE80::1%25Eth0]/", "a=b", 0, "http://[fe80::1%25Eth0]:81/", "a=b", false },
    { "http://[fe80::1%25eth0]/", "a=b", 0, "http://[fe80::1%25wlan0]/", "", false },
    { "http://[fe80::1%25eth0]/", "a=b", 0, "http://[fe80::1]/", "", false },
    { "http://[fe80::1%25eth0]/", "a=b", 0, "http://[fe80::2%25eth0]/", "", false },
    { "http://a%25b/", "a=b", -EINVAL, "http://a.com/", "", false },
    { "http://localhost/", "a=b", 0, "http://localhost/", "a=b", false },

    // Paths.
    { "http://a.com/x/y", "a=b", 0, "http://a.com/x/z", "a=b", false },
    { "http://a.com/x/y", "a=b", 0, "http://a.com/x", "a=b", false },
    { "http://a.com/x/y", "a=b", 0, "http://a.com/xy", "", false },
    { "http://a.com/x/y", "a=b", 0, "http://a.com/", "", false },
    { "http://a.com", "a=b", 0, "http://a.com", "a=b", false },
    { "http://a.com/x/y", "a=b; Path=/", 0, "http://a.com?q", "a=b", false },
    { "http://a.com/", "a=b; Path=/x", 0, "http://a.com/x/y?z", "a=b", false },
    { "http://a.com/", "a=b; Path=/x/", 0, "http://a.com/x", "", false },
    { "http://a.com/", "a=b; Path=x", 0, "http://a.com/", "a=b", false },

    // Secure, and prefixes.
    { "https://a.com/", "a=b; Secure", 0, "https://a.com/", "a=b", false },
    { "https://a.com/", "a=b; Secure", 0, "wss://a.com/", "a=b", false },
    { "https://a.com/", "a=b; Secure", 0, "http://a.com/", "", false },
    { "http://a.com/", "a=b; Secure", -EACCES, "https://a.com/", "", false },
    { "http://localhost/", "a=b; Secure", -EACCES, "http://localhost/", "", false },
    { "https://a.com/", "__Secure-a=b; Secure", 0, "https://a.com/", "__Secure-a=b", false },
    { "https://a.com/", "__secure-a=b", -EACCES, "https://a.com/", "", false },
    { "https://a.com/", "__Host-a=b; Secure; Path=/", 0, "https://a.com/", "__Host-a=b", false },
    { "https://a.com/", "__host-a=b; Path=/", -EACCES, "https://a.com/", "", false },
    { "https://a.com/", "__Host-a=b; Secure; Path=/x", -EACCES, "https://a.com/x", "", false },
    { "https://a.com/", "__Host-a=b; Secure; Path=/; Domain=a.com", -EACCES, "https://a.com/", "",
      true },

    // Times. The clock says 14 November 2023.
    { "http://a.com/", "a=b; Max-Age=1", 0, "http://a.com/", "a=b", false },
    { "http://a.com/", "a=b; Max-Age=0", 0, "http://a.com/", "", false },
    { "http://a.com/", "a=b; Max-Age=-1", 0, "http://a.com/", "", false },
    { "http://a.com/", "a=b; Max-Age=x", 0, "http://a.com/", "a=b", false },
    { "http://a.com/", "a=b; Max-Age=99999999999999999999999", 0, "http://a.com/", "a=b", false },
    { "http://a.com/", "a=b; Expires=Wed, 15 Nov 2023 00:00:00 GMT", 0, "http://a.com/", "a=b",
      false },
    { "http://a.com/", "a=b; Expires=Mon, 13 Nov 2023 00:00:00 GMT", 0, "http://a.com/", "",
      false },
    { "http://a.com/", "a=b; Expires=13-nov-23 0:0:0", 0, "http://a.com/", "", false },
    { "http://a.com/", "a=b; expires=Thu, 01 Jan 1970 00:00:00 GMT", 0, "http://a.com/", "",
      false },
    { "http://a.com/", "a=b; Expires=nonsense", 0, "http://a.com/", "a=b", false },
    { "http://a.com/", "a=b; Expires=Mon, 13 Nov 2023 00:00:00 GMT; Max-Age=9", 0, "http://a.com/",
      "a=b", false },
    { "http://a.com/", "a=b; Max-Age=0; Expires=Wed, 15 Nov 2033 00:00:00 GMT", 0, "http://a.com/",
      "", false },
};

static void a_cookie_goes_where_the_rules_say(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        if (rows[i].needs_suffixes && !has_suffixes()) continue;
        edo_cookie_jar *jar = new_jar();
        int err = store(jar, rows[i].from, rows[i].field);
        const char *is = sent(jar, rows[i].to);
        if (err != rows[i].result || strcmp(is, rows[i].cookie) != 0)
            fail_msg("%s from %s: %d; to %s: '%s'", rows[i].field, rows[i].from, err, rows[i].to,
                     is);
        edo_cookie_jar_unref(jar);
    }
}

/* ---- Several --------------------------------------------------------------------------------- */

static void longer_paths_go_first_then_older_cookies(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    assert_int_equal(store(jar, "http://a.com/", "a=1; Path=/"), 0);
    assert_int_equal(store(jar, "http://a.com/", "b=2; Path=/x/y"), 0);
    assert_int_equal(store(jar, "http://a.com/", "c=3; Path=/x"), 0);
    assert_int_equal(store(jar, "http://a.com/", "d=4; Path=/x"), 0);
    assert_int_equal(store(jar, "http://a.com/", "c=5; Path=/x"), 0); // keeps its place
    assert_string_equal(sent(jar, "http://a.com/x/y"), "b=2; c=5; d=4; a=1");
    assert_int_equal(store(jar, "http://a.com/", "c=; Path=/x; Max-Age=0"), 0);
    assert_string_equal(sent(jar, "http://a.com/x"), "d=4; a=1");
    edo_cookie_jar_clear(jar);
    edoi_jar_check(jar);
    assert_string_equal(sent(jar, "http://a.com/x"), "");
    edo_cookie_jar_unref(jar);
}

static void a_secure_cookie_is_not_hidden_from_plain_http(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    assert_int_equal(store(jar, "https://a.com/", "a=good; Secure; Path=/x"), 0);
    assert_int_equal(store(jar, "http://a.com/", "a=evil; Path=/x"), -EACCES);
    assert_int_equal(store(jar, "http://a.com/", "a=evil; Path=/x/y"), -EACCES);
    assert_int_equal(store(jar, "http://a.com/", "a=; Max-Age=0; Path=/x"), -EACCES);
    if (has_suffixes()) {
        assert_int_equal(store(jar, "http://a.com/", "a=evil; Domain=a.com; Path=/x"), -EACCES);
        assert_int_equal(store(jar, "http://www.a.com/", "a=evil; Domain=a.com; Path=/x"), -EACCES);
    }
    assert_int_equal(store(jar, "http://a.com/", "a=other; Path=/"), 0); // hides nothing
    assert_int_equal(store(jar, "http://a.com/", "b=1"), 0);
    assert_string_equal(sent(jar, "https://a.com/x/y"), "a=good; a=other; b=1");
    assert_int_equal(store(jar, "https://a.com/", "a=new; Path=/x"), 0);
    assert_string_equal(sent(jar, "http://a.com/x"), "a=new; a=other; b=1");
    edo_cookie_jar_unref(jar);
}

static void what_is_too_long_is_refused(void **state) {
    (void)state;
    static char field[6000], url[3000];
    edo_cookie_jar *jar = new_jar();
    memset(field, 'x', EDO_COOKIE_JAR_BYTES_MAX + 1); // name, "=", value
    field[1] = '=';
    assert_int_equal(store(jar, "http://a.com/", field), 0);
    field[EDO_COOKIE_JAR_BYTES_MAX + 1] = 'x';
    assert_int_equal(store(jar, "http://a.com/", field), -EMSGSIZE);
    (void)snprintf(field, sizeof field, "a=b; Path=/%1024d", 1); // passed over
    for (char *c = field + 6; *c; c++) *c = *c == ' ' ? '0' : *c;
    assert_int_equal(store(jar, "http://b.com/x/y", field), 0);
    assert_string_equal(sent(jar, "http://b.com/x/"), "a=b");
    (void)snprintf(url, sizeof url, "http://a.com/%02000d/x", 1);
    assert_int_equal(store(jar, url, "a=b"), -EMSGSIZE);
    (void)snprintf(url, sizeof url, "http://%0300d.com/", 1);
    assert_int_equal(store(jar, url, "a=b"), -EINVAL);
    edo_cookie_jar_unref(jar);
}

/* ---- Time and bounds ------------------------------------------------------------------------- */

static int count_one(void *arg, const edo_cookie *c) {
    (void)c;
    ++*(size_t *)arg;
    return 0;
}

static size_t count(edo_cookie_jar *jar) {
    size_t n = 0;
    assert_int_equal(edo_cookie_jar_each(jar, count_one, &n), 0);
    return n;
}

static int keep_expires(void *arg, const edo_cookie *c) {
    *(int64_t *)arg = c->expires;
    return 1;
}

static void no_cookie_lives_longer_than_400_days(void **state) {
    (void)state;
    static const char *const fields[] = { "a=b; Max-Age=34560001", "a=b; Max-Age=999999999999999",
                                          "a=b; Expires=Wed, 15 Nov 2033 00:00:00 GMT" };
    for (size_t i = 0; i < EDO_COUNT(fields); i++) {
        edo_cookie_jar *jar = new_jar();
        int64_t expires = 0;
        assert_int_equal(store(jar, "http://a.com/", fields[i]), 0);
        assert_int_equal(edo_cookie_jar_each(jar, keep_expires, &expires), 1);
        assert_int_equal(expires, clock_s + EDO_COOKIE_JAR_LIFETIME_MAX_S);
        clock_s = expires - 1;
        assert_string_equal(sent(jar, "http://a.com/"), "a=b");
        clock_s++;
        assert_string_equal(sent(jar, "http://a.com/"), "");
        assert_int_equal(count(jar), 0);
        assert_int_equal(edo_cookie_jar_remove_expired(jar), 1);
        assert_int_equal(edo_cookie_jar_remove_expired(jar), 0);
        edo_cookie_jar_unref(jar);
    }
}

static void a_full_site_loses_what_is_over_then_what_was_not_used(void **state) {
    (void)state;
    char field[64];
    edo_cookie_jar *jar = new_jar();
    for (unsigned i = 0; i < EDO_COOKIE_JAR_SITE_MAX; i++) {
        (void)snprintf(field, sizeof field, "c%u=x; Path=/%u%s", i, i, i == 7 ? "; Max-Age=1" : "");
        assert_int_equal(store(jar, "http://a.com/", field), 0);
    }
    assert_int_equal(store(jar, "http://b.com/", "other=x"), 0);
    clock_s++;
    assert_string_equal(sent(jar, "http://a.com/0"), "c0=x"); // used again
    assert_int_equal(store(jar, "http://a.com/", "new=1; Path=/n"), 0);
    assert_string_equal(sent(jar, "http://a.com/1"), "c1=x"); // number 7 has gone
    assert_string_equal(sent(jar, "http://a.com/2"), "c2=x");
    assert_int_equal(store(jar, "http://a.com/", "new=1; Path=/m"), 0);
    assert_string_equal(sent(jar, "http://a.com/3"), "");
    assert_string_equal(sent(jar, "http://a.com/0"), "c0=x");
    assert_string_equal(sent(jar, "http://b.com/"), "other=x");
    assert_int_equal(count(jar), EDO_COOKIE_JAR_SITE_MAX + 1);
    edo_cookie_jar_unref(jar);
}

static void a_full_jar_loses_what_was_not_used(void **state) {
    (void)state;
    char url[64];
    edo_cookie_jar *jar = new_jar();
    for (unsigned i = 0; i < EDO_COOKIE_JAR_MAX; i++) {
        (void)snprintf(url, sizeof url, "http://h%u.com/", i);
        assert_int_equal(edo_cookie_jar_store(jar, edo_str_of(url), EDO_STR("a=b")), 0);
    }
    edoi_jar_check(jar);
    assert_string_equal(sent(jar, "http://h0.com/"), "a=b");
    assert_int_equal(store(jar, "http://new.com/", "a=b"), 0);
    assert_int_equal(count(jar), EDO_COOKIE_JAR_MAX);
    assert_string_equal(sent(jar, "http://h0.com/"), "a=b");
    assert_string_equal(sent(jar, "http://h1.com/"), "");
    edo_cookie_jar_clear(jar);
    assert_int_equal(count(jar), 0);
    edo_cookie_jar_unref(jar);
}

/* Sets cookies of 900 bytes by `attributes`. */
static void fill(edo_cookie_jar *jar, const char *url, unsigned n, const char *attributes) {
    char field[1000];
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(field, sizeof field, "fill%02u=%0893u%s", i, i, attributes);
        assert_int_equal(store(jar, url, field), 0);
    }
}

/* Whatever a site sets, what is sent back is no longer than servers take. */
static void a_field_has_what_fits_without_the_stalest(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    assert_int_equal(store(jar, "http://a.com/", "first=1"), 0);
    fill(jar, "http://a.com/", 19, "");
    for (int round = 0; round < 3; round++) { // what is left out stays out
        const char *text = sent(jar, "http://a.com/");
        assert_true(strlen(text) <= EDO_COOKIE_JAR_FIELD_MAX);
        assert_memory_equal(text, "first=1; fill10=", 16); // small as it is, the first one fits
        assert_non_null(strstr(text, "fill18="));
        assert_null(strstr(text, "fill09="));
    }
    assert_int_equal(count(jar), 20);  // all are there
    fill(jar, "http://a.com/", 1, ""); // number 0 again
    assert_non_null(strstr(sent(jar, "http://a.com/"), "fill00="));
    assert_null(strstr(sent(jar, "http://a.com/"), "fill10="));
    edo_cookie_jar_unref(jar);
}

/* A sibling sets them for both. */
static void cookies_of_a_domain_push_out_none_of_the_host(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    if (!has_suffixes()) {
        edo_cookie_jar_unref(jar);
        return;
    }
    fill(jar, "http://shop.a.com/", 5, "; Path=/x");
    fill(jar, "http://evil.a.com/", 170, "; Domain=a.com");
    const char *text = sent(jar, "http://shop.a.com/x");
    assert_true(strlen(text) <= EDO_COOKIE_JAR_FIELD_MAX);
    assert_non_null(strstr(text, "fill00=000"));
    assert_non_null(strstr(text, "fill04="));
    assert_non_null(strstr(text, "fill169="));
    edo_cookie_jar_unref(jar);
}

/* ---- Cookies of the program, files ----------------------------------------------------------- */

static void a_cookie_of_the_program_is_looked_at(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    const edo_cookie good = { .name = EDO_STR("a"),
                              .value = EDO_STR("b"),
                              .domain = EDO_STR("A.com"),
                              .same_site = EDO_STR("lax"),
                              .is_host_only = true };
    assert_int_equal(edo_cookie_jar_add(jar, &good), 0);
    assert_string_equal(sent(jar, "http://a.com/x"), "a=b");
    edo_cookie bad = good;
    bad.name = EDO_STR("");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad.name = EDO_STR("a;b");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad = good;
    bad.value = EDO_STR("a\r\nx: y");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad = good;
    bad.path = EDO_STR("x");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad = good;
    bad.domain = EDO_STR("");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad = good;
    bad.reserved[3] = 1;
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EINVAL);
    bad = good;
    bad.domain = EDO_STR("co.uk");
    bad.is_host_only = false;
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EACCES);
    bad = good;
    bad.name = EDO_STR("__Host-a");
    assert_int_equal(edo_cookie_jar_add(jar, &bad), -EACCES);
    edo_cookie_jar_unref(jar);
}

static void a_file_brings_back_what_was_saved(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar(), *other = new_jar();
    edo_buf first = { 0 }, second = { 0 };
    size_t passed_over;
    assert_int_equal(store(jar, "https://a.com/", "a=b c; Secure; HttpOnly; Max-Age=100"), 0);
    assert_int_equal(store(jar, "http://a.com/", "empty=; Path=/x"), 0);
    assert_int_equal(store(jar, "http://a.com/", "tab=a\tb"), 0);
    if (has_suffixes()) assert_int_equal(store(jar, "http://w.b.com/", "d=1; Domain=b.com"), 0);
    assert_int_equal(edo_cookie_jar_save(jar, &first), 0);
    assert_int_equal(edo_buf_append(&first, "", 1), 0);
    assert_non_null(strstr(first.ptr, "\n#HttpOnly_a.com\tFALSE\t/\tTRUE\t1700000100\ta\tb c\n"));
    assert_non_null(strstr(first.ptr, "\na.com\tFALSE\t/x\tFALSE\t0\tempty\t\n"));
    if (has_suffixes()) assert_non_null(strstr(first.ptr, "\n.b.com\tTRUE\t/\tFALSE\t0\td\t1\n"));
    assert_null(strstr(first.ptr, "tab"));
    first.len--;
    assert_int_equal(edo_cookie_jar_load(other, (edo_str){ first.ptr, first.len }, &passed_over),
                     0);
    assert_int_equal(passed_over, 0);
    edoi_jar_check(other);
    assert_int_equal(edo_cookie_jar_save(other, &second), 0);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.ptr, second.ptr, first.len);
    assert_string_equal(sent(other, "https://a.com/x"), "empty=; a=b c");
    edo_buf_deinit(&first);
    edo_buf_deinit(&second);
    edo_cookie_jar_unref(jar);
    edo_cookie_jar_unref(other);
}

static void other_lines_of_a_file_are_passed_over(void **state) {
    (void)state;
    static const char file[] = "# a comment\r\n\r\n"
                               "a.com\tFALSE\t/\tFALSE\t0\ta\tb\r\n"
                               "a.com\tFALSE\t/\tFALSE\t0\tnovalue\n"
                               "a.com\tFALSE\t/\tFALSE\t1\told\tb\n"
                               "a.com\tMAYBE\t/\tFALSE\t0\tx\tb\n"
                               "a.com\tFALSE\t/\tFALSE\t-1\tx\tb\n"
                               "a.com\tFALSE\t/\tFALSE\t9999999999999999999\tx\tb\n"
                               "a.com\tFALSE\tx\tFALSE\t0\tx\tb\n"
                               "a.com\tFALSE\t/\tFALSE\t0\tx\tb\tc\n"
                               ".co.uk\tTRUE\t/\tFALSE\t0\tx\tb\n"
                               "no tabs";
    edo_cookie_jar *jar = new_jar();
    size_t passed_over;
    assert_int_equal(edo_cookie_jar_load(jar, edo_str_of(file), &passed_over), 0);
    assert_int_equal(passed_over, 7);
    assert_string_equal(sent(jar, "http://a.com/"), "a=b; novalue=");
    assert_int_equal(edo_cookie_jar_load(jar, EDO_STR(""), NULL), 0);
    edo_cookie_jar_unref(jar);
}

/* ---- Threads, memory, invariants ------------------------------------------------------------- */

static void *use_jar(void *arg) {
    edo_cookie_jar *jar = arg;
    char url[64];
    for (unsigned i = 0; i < 300; i++) {
        edo_buf out = { 0 };
        (void)snprintf(url, sizeof url, "http://h%u.com/", i % 20);
        CHECK_EQ(edo_cookie_jar_store(jar, edo_str_of(url), EDO_STR("a=b")), 0);
        CHECK_EQ(edo_cookie_jar_print(jar, edo_str_of(url), &out), 0);
        edo_buf_deinit(&out);
        if (i % 50 == 0) CHECK_EQ(edo_cookie_jar_save(jar, &out), 0);
        edo_buf_deinit(&out);
        if (i % 100 == 99) edo_cookie_jar_clear(jar);
    }
    edo_cookie_jar_unref(jar);
    return NULL;
}

static void threads_share_a_jar(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    pthread_t threads[4];
    for (size_t i = 0; i < EDO_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_jar, edo_cookie_jar_ref(jar)), 0);
    for (size_t i = 0; i < EDO_COUNT(threads); i++) pthread_join(threads[i], NULL);
    edoi_jar_check(jar);
    edo_cookie_jar_unref(jar);
}

static void options_of_a_later_version_are_refused(void **state) {
    (void)state;
    edo_cookie_jar *jar;
    assert_int_equal(edo_cookie_jar_new(&jar, &(edo_cookie_jar_opts){ .reserved = { 1 } }),
                     -EINVAL);
    assert_int_equal(edo_cookie_jar_new(&jar, NULL), 0); // the system's clock
    assert_int_equal(edo_cookie_jar_store(jar, EDO_STR("http://a.com"), EDO_STR("a=b; Max-Age=9")),
                     0);
    assert_string_equal(sent(jar, "http://a.com/"), "a=b");
    edo_cookie_jar_unref(jar);
}

static int check_jar(void *arg) {
    edoi_jar_check(arg);
    return 0;
}

static void a_broken_jar_is_seen(void **state) {
    (void)state;
    edo_cookie_jar *jar = new_jar();
    assert_int_equal(store(jar, "http://a.com/", "a=b"), 0);
    jar->n++;
    assert_broken("jar inv. 2", check_jar, jar);
    jar->n--;
    assert_int_equal(store(jar, "http://a.com/", "b=b"), 0);
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++) {
        if (!jar->chains[i]) continue;
        edoi_jar_cookie *c = EDO_CONTAINER_OF(jar->chains[i], edoi_jar_site, link)->first;
        edo_str name = c->cookie.name;
        c->cookie.name = c->next->cookie.name;
        assert_broken("jar inv. 1", check_jar, jar);
        c->cookie.name = name;
    }
    edo_cookie_jar_unref(jar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_goes_where_the_rules_say),
        cmocka_unit_test(longer_paths_go_first_then_older_cookies),
        cmocka_unit_test(a_secure_cookie_is_not_hidden_from_plain_http),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(no_cookie_lives_longer_than_400_days),
        cmocka_unit_test(a_full_site_loses_what_is_over_then_what_was_not_used),
        cmocka_unit_test(a_full_jar_loses_what_was_not_used),
        cmocka_unit_test(a_field_has_what_fits_without_the_stalest),
        cmocka_unit_test(cookies_of_a_domain_push_out_none_of_the_host),
        cmocka_unit_test(a_cookie_of_the_program_is_looked_at),
        cmocka_unit_test(a_file_brings_back_what_was_saved),
        cmocka_unit_test(other_lines_of_a_file_are_passed_over),
        cmocka_unit_test(threads_share_a_jar),
        cmocka_unit_test(options_of_a_later_version_are_refused),
        cmocka_unit_test(a_broken_jar_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
