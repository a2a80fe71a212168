/* SPDX-License-Identifier: MIT */
/* Goal: values of fields are read as their RFCs have them, and printed so that they can be read.
 * Method: rows of texts, most of them the RFCs' own examples, and what is printed of each; the same
 * with every allocation failing in turn; then questions about single fields. */
#include "fail_alloc.h"
#include "typed_through.h"

#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is(edo_str s, const char *text) {
    return text ? edo_str_equal(s, edo_str_of(text)) : !s.ptr;
}

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

typedef struct row {
    through_fn *through;
    const char *text;
    const char *printed; /* NULL: it is refused; "=": what was read */
} row;

static const row rows[] = {
    /* RFC 9110 section 8.3.1 */
    { through_media_type, "text/html;charset=utf-8", "=" },
    { through_media_type, "Text/HTML;Charset=\"utf-8\"", "Text/HTML;Charset=utf-8" },
    { through_media_type, "text/html; charset=\"utf-8\"", "text/html;charset=utf-8" },
    { through_media_type, "multipart/form-data; boundary=\"a b\\\"c\" ;; x=y",
      "multipart/form-data;boundary=\"a b\\\"c\";x=y" },
    { through_media_type, "*/*", "=" },
    { through_media_type, "a/b;c=\"\"", "=" },
    { through_media_type, "text", NULL },
    { through_media_type, "text/", NULL },
    { through_media_type, "/html", NULL },
    { through_media_type, "text /html", NULL },
    { through_media_type, "text/html;charset", NULL },
    { through_media_type, "text/html;charset=", NULL },
    { through_media_type, "text/html;charset = a", NULL },
    { through_media_type, "text/html;charset=\"a", NULL },
    { through_media_type, "text/html;charset=\"a\"b", NULL },
    { through_media_type, "text/html;a=\"\\\"", NULL },
    { through_media_type, "text/html, a/b", NULL },
    { through_media_type, "", NULL },
    /* RFC 6266 section 5, RFC 7578 section 4.2 */
    { through_disposition, "attachment; filename=example.html", "=" },
    { through_disposition, "INLINE; FILENAME= \"an example.html\"",
      "INLINE; filename=\"an example.html\"" },
    { through_disposition, "attachment; filename*= UTF-8''%e2%82%ac%20rates",
      "attachment; filename*=UTF-8''%e2%82%ac%20rates" },
    { through_disposition, "form-data; name=\"field 1\"; other=1", "form-data; name=\"field 1\"" },
    { through_disposition, "attachment", "=" },
    { through_disposition, "attachment; filename=a; filename=b", NULL },
    { through_disposition, "attachment; filename", NULL },
    { through_disposition, "; filename=a", NULL },
    { through_disposition, "\"attachment\"", NULL },
    /* RFC 6266, RFC 8187 section 3.2.2 */
    { through_filename, "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
      "attachment; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates" },
    { through_filename, "attachment; filename*=iso-8859-1'en'%A3%20rates",
      "attachment; filename=\"_ rates\"; filename*=UTF-8''%C2%A3%20rates" },
    { through_filename, "attachment; filename=a; filename*=UTF-8''%zz",
      "attachment; filename=\"a\"" },
    { through_filename, "attachment; filename=a; filename*=UTF-8''%ff",
      "attachment; filename=\"a\"" },
    { through_filename, "attachment; filename=a; filename*=UTF-8''b.php%00.png",
      "attachment; filename=\"a\"" },
    { through_filename, "attachment; filename=a; filename*=iso-8859-1''b%7f",
      "attachment; filename=\"a\"" },
    { through_filename, "attachment; filename=a; filename*=koi8-r''b",
      "attachment; filename=\"a\"" },
    { through_filename, "attachment; filename=\"a\\\"\\\\b\"",
      "attachment; filename=\"a__b\"; filename*=UTF-8''a%22%5Cb" },
    { through_filename, "attachment; filename=\"a%20b%2\"",
      "attachment; filename=\"a_20b%2\"; filename*=UTF-8''a%2520b%252" },
    { through_filename, "attachment; filename=\"50% of it.txt\"",
      "attachment; filename=\"50% of it.txt\"" },
    { through_filename, "attachment; filename*=UTF-8''%0a", NULL },
    { through_filename, "attachment", NULL },
    /* RFC 9110 section 14.4 */
    { through_content_range, "bytes 42-1233/1234", "=" },
    { through_content_range, "bytes 42-1233/*", "=" },
    { through_content_range, "bytes */1234", "=" },
    { through_content_range, "BYTES 0-0/1", "bytes 0-0/1" },
    { through_content_range, "bytes 734-733/1234", NULL },
    { through_content_range, "bytes 0-1234/1234", NULL },
    { through_content_range, "bytes */*", NULL },
    { through_content_range, "bytes=0-1/2", NULL },
    { through_content_range, "bytes 0-1/9223372036854775808", NULL },
    { through_content_range, "bytes 0-1", NULL },
    { through_content_range, "lines 0-1/2", NULL },
    /* RFC 9110 section 14.1.2 */
    { through_range, "bytes=0-499", "=" },
    { through_range, "bytes=9500-", "bytes=9500-9223372036854775807" },
    { through_range, "bytes=0-0, ,500-600,601-999", "bytes=0-0, 500-600, 601-999" },
    { through_range, "bytes=", NULL },
    { through_range, "bytes=-", NULL },
    { through_range, "bytes=5-4", NULL },
    { through_range, "bytes=a-b", NULL },
    { through_range, "bytes=0-1-2", NULL },
    { through_range, "bytes 0-1", NULL },
    { through_range, "bytes=0-,1-,2-,3-,4-,5-,6-,7-,8-", NULL },
    /* RFC 9111 section 5.2, RFC 5861, RFC 8246 */
    { through_cache_control, "max-age=604800, immutable", "immutable, max-age=604800" },
    { through_cache_control, "no-cache=\"set-cookie, x\", Private",
      "no-cache=\"set-cookie, x\", private" },
    { through_cache_control, "max-age=\"60\", max-age=5,,community=\"UCI\"", "max-age=60" },
    { through_cache_control, "max-stale", "=" },
    { through_cache_control, "max-stale=7, min-fresh=8, only-if-cached",
      "only-if-cached, max-stale=7, min-fresh=8" },
    { through_cache_control, "max-age=99999999999999999999999", "max-age=2147483648" },
    { through_cache_control, "public, s-maxage=1, must-revalidate, proxy-revalidate, no-transform",
      "no-transform, public, must-revalidate, proxy-revalidate, s-maxage=1" },
    { through_cache_control,
      "stale-while-revalidate=30, stale-if-error=1200, must-understand, no-store",
      "no-store, must-understand, stale-while-revalidate=30, stale-if-error=1200" },
    { through_cache_control, "", "=" },
    { through_cache_control, "max-age", NULL },
    { through_cache_control, "max-age=-1", NULL },
    { through_cache_control, "max-age=1.5", NULL },
    { through_cache_control, "no-store=1", NULL },
    { through_cache_control, "no cache", NULL },
    /* RFC 6797 section 6.2 */
    { through_sts, "max-age=31536000", "=" },
    { through_sts, "max-age=15768000 ; includeSubDomains", "max-age=15768000; includeSubDomains" },
    { through_sts, "max-age=\"31536000\"", "max-age=31536000" },
    { through_sts, "INCLUDESUBDOMAINS;max-age=0;preload;x=y",
      "max-age=0; includeSubDomains; preload" },
    { through_sts, "includeSubDomains", NULL },
    { through_sts, "max-age=1; max-age=1", NULL },
    { through_sts, "max-age=a", NULL },
    /* RFC 7617, RFC 6750, RFC 7616 section 3.9 */
    { through_auth, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "=" },
    { through_auth, "Bearer mF_9.B5f-4.1JqM", "=" },
    { through_auth, "Digest username=\"Mufasa\",  uri=\"/dir\", nc=00000001 , response=\"8c\"",
      "Digest username=Mufasa, uri=\"/dir\", nc=00000001, response=8c" },
    { through_auth, "Negotiate", "=" },
    { through_auth, "Basic a b", NULL },
    { through_auth, "Basic a=b=c", NULL },
    { through_auth, "Basic QWx, Digest a=b", NULL },
    { through_auth, "Digest a=\"b", NULL },
    { through_auth, "=a", NULL },
    { through_auth, "", NULL },
    { through_challenges, "Basic realm=\"simple\"", "Basic realm=simple" },
    { through_challenges,
      "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
      "Newauth realm=apps, type=1, title=\"Login to \\\"apps\\\"\", Basic realm=simple" },
    { through_challenges, ", Negotiate,, NTLM , Basic abc=, Digest a = b,",
      "Negotiate, NTLM, Basic abc=, Digest a=b" },
    { through_challenges, "Basic realm=\"a", NULL },
    { through_challenges, "Basic realm=a b", NULL },
    { through_basic, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "=" },
    { through_basic, "bAsIc dGVzdDoxMjPCow==", "Basic dGVzdDoxMjPCow==" },
    { through_basic, "Basic Og==", "=" },
    { through_basic, "Basic QQ==", NULL },       /* no colon */
    { through_basic, "Basic dGVzdDoxMg", NULL }, /* no padding */
    { through_basic, "Basic OgA=", NULL },       /* a NUL */
    { through_basic, "Bearer Og==", NULL },
    { through_basic, "Basic realm=a", NULL },
    /* RFC 9110 sections 8.8.3 and 10.1.5, 7.8 */
    { through_etag, "\"xyzzy\"", "=" },
    { through_etag, "W/\"xyzzy\"", "=" },
    { through_etag, "\"\"", "=" },
    { through_etag, "xyzzy", NULL },
    { through_product, "CERN-LineMode/2.15 libwww/2.17b3", "=" },
    { through_product, "Mozilla/5.0 (X11; (nested \\) one); é)  Firefox",
      "Mozilla/5.0 (X11; (nested \\) one); é) Firefox" },
    { through_product, "websocket", "=" },
    { through_product, "a/", NULL },
    { through_product, "a/b/c", NULL },
    { through_product, "a (b", NULL },
    { through_product, "a(b)", NULL },
    { through_product, "(b)a", NULL },
    /* RFC 7239 section 4 */
    { through_forwarded, "for=\"_gazonk\"", "for=_gazonk" },
    { through_forwarded, "For=\"[2001:db8:cafe::17]:4711\"", "for=\"[2001:db8:cafe::17]:4711\"" },
    { through_forwarded, "for=192.0.2.60;proto=http;by=203.0.113.43",
      "for=192.0.2.60; by=203.0.113.43; proto=http" },
    { through_forwarded, "for=192.0.2.43, for=198.51.100.17;host=a;secret=b",
      "for=192.0.2.43, for=198.51.100.17; host=a" },
    { through_forwarded, "for=a;for=b", NULL },
    { through_forwarded, "for", NULL },
    { through_forwarded, "for=[::1]", NULL },
    { through_forwarded, "secret=a", NULL }, /* nothing to print */
    /* RFC 9110 section 7.6.3 */
    { through_via, "1.0 fred, 1.1 p.example.net", "=" },
    { through_via, "1.0 ricky, 1.1 ethel,HTTP/1.1 fred:8080 (Apache (x)/1.1)",
      "1.0 ricky, 1.1 ethel, HTTP/1.1 fred:8080 (Apache (x)/1.1)" },
    { through_via, "1.1 [::1]:80", "=" },
    { through_via, "1.1", NULL },
    { through_via, "1.1 a b", NULL },
    { through_via, "/1.1 a", NULL },
    { through_via, "1.1 a(b)", NULL },
    { through_via, "1.1 a (b", NULL },
    /* RFC 8288 section 3.5 */
    { through_link,
      "<http://example.com/TheBook/chapter2>; rel=\"previous\"; title=\"previous chapter\"",
      "<http://example.com/TheBook/chapter2>; rel=previous; title=\"previous chapter\"" },
    { through_link, "</>; rel=\"http://example.net/foo\"", "=" },
    { through_link, "</terms>; rel=\"copyright\"; anchor=\"#foo\"",
      "</terms>; rel=copyright; anchor=#foo" },
    { through_link, "</a,b;c>; rel = next; title*=UTF-8'de'n%c3%a4chstes , <?x>;rel=a;rel=b",
      "</a,b;c>; rel=next; title*=UTF-8'de'n%c3%a4chstes, <?x>; rel=a" },
    { through_link, "</s.css>; rel=preload; as=style; crossorigin",
      "</s.css>; rel=preload; as=style" },
    { through_link, "</a>", "=" },
    { through_link, "</a> b", NULL },
    { through_link, "</a", NULL },
    { through_link, "/a", NULL },
    { through_link, "<a b>", NULL },
    { through_link, "</a>; rel=\"b", NULL },
    /* RFC 9110 section 12.5 */
    { through_preference, "text/*;q=0.3, text/plain;q=0.70, text/plain;format=flowed, */*;q=0.5",
      "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5" },
    { through_preference, "gzip;q=1.0, identity; q=0.5, *;q=0", "gzip, identity;q=0.5, *;q=0" },
    { through_preference, "da, en-gb;q=0.875", "=" },
    { through_preference, "a b", NULL },
    { through_preference, "a;q=1.001", NULL },
    { through_header_param, "; a=b;c ;d=\"\"", ";a=b;c;d=\"\"" },
    { through_header_param, "a b", NULL },
    /* RFC 6265 section 3.1 */
    { through_set_cookie, "SID=31d4d96e407aad42; Path=/; Domain=example.com",
      "SID=31d4d96e407aad42; Path=/; Domain=example.com" },
    { through_set_cookie,
      "SID=x;HttpOnly ; secure;path=/a;max-age=-1; SameSite=Lax; Partitioned; x=y",
      "SID=x; Path=/a; Max-Age=-1; SameSite=Lax; Secure; HttpOnly; Partitioned" },
    { through_set_cookie, "lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
      "lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT" },
    { through_set_cookie, "a=b; expires=Wed, 09-Jun-2021 10:18:14 GMT",
      "a=b; Expires=Wed, 09 Jun 2021 10:18:14 GMT" },
    { through_set_cookie, "a=b; Expires=Sunday, 06-Nov-94 08:49:37 GMT",
      "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT" },
    { through_set_cookie, "a=b; expires=2021 10:18:4 june 9 +0200",
      "a=b; Expires=Wed, 09 Jun 2021 10:18:04 GMT" },
    { through_set_cookie, "a=b; expires=1 2 feb 3:4:5x", "a=b" }, /* one digit is no year */
    { through_set_cookie, "a=b; expires=1 69 feb 3:4:5x",
      "a=b; Expires=Fri, 01 Feb 2069 03:04:05 GMT" },
    { through_set_cookie, "a=b; expires=1 70 feb 3:4:5",
      "a=b; Expires=Sun, 01 Feb 1970 03:04:05 GMT" },
    { through_set_cookie, "a=b; expires=30 feb 2000 3:4:5", "a=b" },
    { through_set_cookie, "a=b; expires=1 feb 1600 3:4:5", "a=b" },
    { through_set_cookie, "a=b; expires=1 feb 2000 3:4:60", "a=b" },
    { through_set_cookie, "a=b; expires=1 feb 2000 24:4:6", "a=b" },
    { through_set_cookie, "a=b; expires=1 feb 2000 3:4", "a=b" },
    { through_set_cookie, "a=b; expires=111 feb 20000 3:4:5", "a=b" },
    { through_set_cookie, "a=b; expires=soon; max-age=x; domain=.example.com; path=a; path",
      "a=b; Domain=example.com" },
    { through_set_cookie, "a=b; path=/1; path=/2; secure=no; domain=", "a=b; Path=/2; Secure" },
    { through_set_cookie, "__Host-a=b; path=/; secure", "__Host-a=b; Path=/; Secure" },
    { through_set_cookie, "__Host-a=b; path=/; secure; domain=c", NULL },
    { through_set_cookie, "__Host-a=b; path=/x; secure", NULL },
    { through_set_cookie, "__Secure-a=b", NULL },
    { through_set_cookie, "a=b; samesite=none", NULL },
    { through_set_cookie, "a=b; samesite=other", NULL },
    { through_set_cookie, "a", NULL },
    { through_set_cookie, "=a", NULL },
    { through_set_cookie, "", NULL },
    { through_cookie, "SID=31d4d96e407aad42; lang=\"en-US\"", "=" },
    { through_cookie, "a=b c", NULL },
    { through_date, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT" },
    { through_date, "today", NULL },
};

static void a_value_is_printed_as_it_was_understood(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        const char *want = r->printed && strcmp(r->printed, "=") == 0 ? r->text : r->printed;
        edo_buf out = { 0 }, again = { 0 };
        int err = r->through(edo_str_of(r->text), &out);
        bool is_right = want ? err == 0 && is(str_of(&out), want) : err < 0;
        if (is_right && want) {
            int second = r->through(str_of(&out), &again);
            is_right = second == 0 && is(str_of(&again), want);
        }
        if (!is_right)
            print_error("%s: %d, \"%.*s\"\n", r->text, err, (int)out.len, str_of(&out).ptr);
        wrong += !is_right;
        edo_buf_deinit(&out);
        edo_buf_deinit(&again);
    }
    EDO_TEST_EQ(wrong, 0);
}

static void a_text_without_a_pointer_is_an_empty_one(void **state) {
    (void)state;
#define THROUGH(type) through_##type,
    static through_fn *const types[] = { THROUGH_ALL(THROUGH) };
#undef THROUGH
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        edo_buf of_null = { 0 }, of_empty = { 0 };
        int err = types[i]((edo_str){ NULL, 0 }, &of_null);
        EDO_TEST_EQ(types[i](EDO_STR(""), &of_empty), err);
        EDO_TEST_EQ(of_null.len, 0);
        EDO_TEST_EQ(of_empty.len, 0);
        edo_buf_deinit(&of_null);
        edo_buf_deinit(&of_empty);
    }
    edo_origin origin;
    int64_t n;
    EDO_TEST_EQ(edo_origin_parse(&origin, (edo_str){ NULL, 0 }), -EINVAL);
    EDO_TEST_EQ(edo_header_number_parse(&n, (edo_str){ NULL, 0 }), -EINVAL);
    EDO_TEST_EQ(edo_retry_after_parse(&n, (edo_str){ NULL, 0 }, THROUGH_NOW), -EINVAL);
}

/* ---- Memory that runs out -------------------------------------------------------------------- */

static void a_printer_without_memory_leaves_nothing_behind(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        if (!rows[i].printed || rows[i].printed[0] == 0 || rows[i].text[0] == 0) continue;
        int failures = 0, err = -ENOMEM;
        for (int k = 1; err == -ENOMEM; k++) {
            edo_buf out = { 0 };
            fail_alloc_in = k;
            err = rows[i].through(edo_str_of(rows[i].text), &out);
            failures += err == -ENOMEM;
            fail_alloc_in = 0;
            edo_buf_deinit(&out);
        }
        EDO_TEST_OK(err);
        EDO_TEST_TRUE(failures > 0);
    }
}

/* ---- Lists and parameters -------------------------------------------------------------------- */

static void a_list_has_elements_between_commas(void **state) {
    (void)state;
    edo_str rest = EDO_STR("gzip , ,\"a,b\",Chunked"), element;
    static const char *const want[] = { "gzip", "\"a,b\"", "Chunked" };
    EDO_TEST_TRUE(edo_header_has(rest, EDO_STR("chunked")) &&
                  edo_header_has(rest, EDO_STR("GZIP")));
    EDO_TEST_TRUE(!edo_header_has(rest, EDO_STR("a")) && !edo_header_has(rest, EDO_STR("")));
    EDO_TEST_TRUE(!edo_header_has((edo_str){ NULL, 0 }, EDO_STR("a")));
    for (size_t i = 0; i < EDO_COUNT(want); i++)
        EDO_TEST_TRUE(edo_header_next(&element, &rest) && is(element, want[i]));
    EDO_TEST_TRUE(!edo_header_next(&element, &rest));
}

static void a_parameter_is_found_by_its_name(void **state) {
    (void)state;
    edo_str params = EDO_STR("; a=1;B=\"2\\\"\";c");
    EDO_TEST_TRUE(is(edo_header_param_get(params, EDO_STR("A")), "1"));
    EDO_TEST_TRUE(is(edo_header_param_get(params, EDO_STR("b")), "2\\\""));
    EDO_TEST_TRUE(is(edo_header_param_get(params, EDO_STR("c")), ""));
    EDO_TEST_TRUE(is(edo_header_param_get(params, EDO_STR("d")), NULL));
    EDO_TEST_TRUE(is(edo_header_param_get(EDO_STR("a b;c=d"), EDO_STR("c")), NULL));
    edo_buf plain = { 0 }, quoted = { 0 };
    EDO_TEST_OK(edo_header_unquote(EDO_STR("2\\\"\\\\\\a"), &plain));
    EDO_TEST_TRUE(is(str_of(&plain), "2\"\\a"));
    EDO_TEST_OK(edo_header_quote(str_of(&plain), &quoted));
    EDO_TEST_TRUE(is(str_of(&quoted), "2\\\"\\\\a"));
    EDO_TEST_EQ(edo_header_quote(EDO_STR("a\nb"), &quoted), -EINVAL);
    EDO_TEST_TRUE(is(str_of(&quoted), "2\\\"\\\\a"));
    edo_header_param bad = { EDO_STR("a"), EDO_STR("b\"c") };
    EDO_TEST_EQ(edo_header_param_print(&bad, &quoted), -EINVAL);
    bad = (edo_header_param){ EDO_STR("a b"), EDO_STR("c") };
    EDO_TEST_EQ(edo_header_param_print(&bad, &quoted), -EINVAL);
    EDO_TEST_EQ(quoted.len, 6);
    edo_buf_deinit(&plain);
    edo_buf_deinit(&quoted);
}

static void a_number_has_digits_only(void **state) {
    (void)state;
    int64_t n = 77;
    EDO_TEST_OK(edo_header_number_parse(&n, EDO_STR("9223372036854775807")));
    EDO_TEST_EQ(n, INT64_MAX);
    EDO_TEST_EQ(edo_header_number_parse(&n, EDO_STR("9223372036854775808")), -ERANGE);
    static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "1a", "0x1", "1,1" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        EDO_TEST_EQ(edo_header_number_parse(&n, edo_str_of(bad[i])), -EINVAL);
    EDO_TEST_EQ(n, INT64_MAX);
}

static void retry_after_is_seconds_or_a_date(void **state) {
    (void)state;
    int64_t n = 77;
    EDO_TEST_OK(edo_retry_after_parse(&n, EDO_STR("120"), THROUGH_NOW));
    EDO_TEST_EQ(n, 120);
    EDO_TEST_OK(edo_retry_after_parse(&n, EDO_STR("Fri, 31 Dec 1999 23:59:59 GMT"), 946684700));
    EDO_TEST_EQ(n, 99);
    EDO_TEST_OK(edo_retry_after_parse(&n, EDO_STR("Fri, 31 Dec 1999 23:59:59 GMT"), THROUGH_NOW));
    EDO_TEST_EQ(n, 0);
    EDO_TEST_OK(edo_retry_after_parse(&n, EDO_STR("99999999999999999999"), THROUGH_NOW));
    EDO_TEST_EQ(n, INT64_MAX);
    EDO_TEST_EQ(edo_retry_after_parse(&n, EDO_STR("-5"), THROUGH_NOW), -EINVAL);
}

/* ---- Choosing -------------------------------------------------------------------------------- */

static void the_nearest_element_gives_the_weight(void **state) {
    (void)state;
    edo_str accept =
        EDO_STR("text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5, a/b;q=0");
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("TEXT/html")), 700);
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("text/plain")), 300);
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("image/jpeg")), 500);
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("a/b")), 0);
    EDO_TEST_EQ(edo_accept_media_weight((edo_str){ NULL, 0 }, EDO_STR("a/b")), 1000);
    EDO_TEST_EQ(edo_accept_media_weight(EDO_STR("a/*"), EDO_STR("b/a")), 0);
    // java.net.HttpURLConnection
    accept = EDO_STR("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2");
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("application/json")), 200);
    EDO_TEST_EQ(edo_accept_media_weight(EDO_STR("*"), EDO_STR("a/b")), 1000);
    accept = EDO_STR("a/b; charset=UTF-8;q=0.5, c/d;charset=\"utf-8\", e/*;charset=latin1");
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("a/b")), 500);
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("c/d")), 1000);
    EDO_TEST_EQ(edo_accept_media_weight(accept, EDO_STR("e/f")), 0);
    edo_str codings = EDO_STR("*;q=0.2, gzip;q=2, br;q=0.4, zstd;q=0");
    EDO_TEST_EQ(edo_accept_weight(codings, EDO_STR("BR")), 400);
    EDO_TEST_EQ(edo_accept_weight(codings, EDO_STR("zstd")), 0);
    EDO_TEST_EQ(edo_accept_weight(codings, EDO_STR("gzip")), 200);
    EDO_TEST_EQ(edo_accept_weight(EDO_STR("br"), EDO_STR("gzip")), 0);
    EDO_TEST_EQ(edo_accept_weight((edo_str){ NULL, 0 }, EDO_STR("gzip")), 1000);
}

static void if_match_and_if_range_compare_strongly(void **state) {
    (void)state;
    edo_etag strong = { EDO_STR("a"), false }, weak = { EDO_STR("a"), true };
    EDO_TEST_TRUE(edo_etag_in_list_strong(&strong, EDO_STR("W/\"a\", \"b\", \"a\"")));
    EDO_TEST_TRUE(!edo_etag_in_list_strong(&strong, EDO_STR("W/\"a\"")));
    EDO_TEST_TRUE(!edo_etag_in_list_strong(&weak, EDO_STR("\"a\"")));
    EDO_TEST_TRUE(edo_etag_in_list_strong(&weak, EDO_STR("*")));
    edo_if_range r;
    EDO_TEST_OK(edo_if_range_parse(&r, EDO_STR("\"a\""), THROUGH_NOW));
    EDO_TEST_TRUE(edo_if_range_holds(&r, &strong, -1) && !edo_if_range_holds(&r, &weak, -1));
    EDO_TEST_TRUE(!edo_if_range_holds(&r, NULL, 5));
    EDO_TEST_OK(edo_if_range_parse(&r, EDO_STR("Sun, 06 Nov 1994 08:49:37 GMT"), THROUGH_NOW));
    EDO_TEST_TRUE(edo_if_range_holds(&r, NULL, 784111777));
    EDO_TEST_TRUE(!edo_if_range_holds(&r, &strong, 784111778) && !edo_if_range_holds(&r, NULL, -1));
    EDO_TEST_EQ(edo_if_range_parse(&r, EDO_STR("a"), THROUGH_NOW), -EINVAL);
}

static void ranges_end_where_the_body_ends(void **state) {
    (void)state;
    edo_byte_range r[3];
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=0-499,9500-,-500"), 10000), 3);
    EDO_TEST_TRUE(r[0].first == 0 && r[0].last == 499 && r[1].first == 9500 && r[1].last == 9999);
    EDO_TEST_TRUE(r[2].first == 9500 && r[2].last == 9999);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=10000-,0-0"), 10000), 1);
    EDO_TEST_TRUE(r[0].first == 0 && r[0].last == 0);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=-20000"), 10000), 1);
    EDO_TEST_TRUE(r[0].first == 0 && r[0].last == 9999);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=10000-10001"), 10000), -ERANGE);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=-0"), 10000), -ERANGE);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=0-"), 0), -ERANGE);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=0-,1-,2-,3-"), 10), -E2BIG);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=99999999999999999999-"), 10), -ERANGE);
    EDO_TEST_EQ(edo_ranges_parse(r, 3, EDO_STR("bytes=1-99999999999999999999"), 10), 1);
    EDO_TEST_TRUE(r[0].first == 1 && r[0].last == 9);
}

static void an_origin_has_a_scheme_and_a_host(void **state) {
    (void)state;
    edo_origin o;
    EDO_TEST_OK(edo_origin_parse(&o, EDO_STR("https://example.com:8443")));
    EDO_TEST_TRUE(!o.is_null && is(o.uri.host, "example.com") && is(o.uri.port, "8443"));
    EDO_TEST_OK(edo_origin_parse(&o, EDO_STR("null")));
    EDO_TEST_TRUE(o.is_null);
    static const char *const bad[] = {
        "",           "example.com", "http://",           "http://a/",
        "http://a?b", "http://u@a",  "http://a http://b", "NULL"
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        EDO_TEST_EQ(edo_origin_parse(&o, edo_str_of(bad[i])), -EINVAL);
}

static void fields_that_were_read_are_in_the_struct(void **state) {
    (void)state;
    edo_cache_control cc;
    EDO_TEST_OK(edo_cache_control_parse(&cc, EDO_STR("max-stale, private=\"a\", no-cache")));
    EDO_TEST_TRUE(cc.max_stale.is_there && cc.max_stale.n == INT64_MAX && !cc.max_age.is_there);
    EDO_TEST_TRUE(cc.is_private && is(cc.private_of, "a") && cc.no_cache && !cc.no_cache_of.ptr);
    edo_media_type m;
    EDO_TEST_OK(edo_media_type_parse(&m, EDO_STR("Application/JSON; charset=UTF-8")));
    EDO_TEST_TRUE(edo_media_type_is(&m, EDO_STR("application"), EDO_STR("json")));
    EDO_TEST_TRUE(!edo_media_type_is(&m, EDO_STR("application"), EDO_STR("xml")));
    EDO_TEST_TRUE(is(edo_header_param_get(m.params, EDO_STR("charset")), "UTF-8"));
    edo_auth a;
    edo_basic b;
    edo_buf memory = { 0 };
    EDO_TEST_OK(edo_auth_parse(&a, EDO_STR("Basic dTpwOnE=")));
    EDO_TEST_OK(edo_basic_parse(&b, &a, &memory));
    EDO_TEST_TRUE(is(b.user, "u") && is(b.password, "p:q"));
    EDO_TEST_EQ(edo_basic_print(&(edo_basic){ EDO_STR("a:b"), EDO_STR("c") }, &memory), -EINVAL);
    EDO_TEST_EQ(edo_basic_print(&(edo_basic){ EDO_STR("a"), EDO_STR("c\n") }, &memory), -EINVAL);
    EDO_TEST_EQ(memory.len, 5);
    edo_buf_deinit(&memory);
}

static void a_cookie_that_would_break_out_is_not_printed(void **state) {
    (void)state;
    const edo_set_cookie bad[] = {
        { .name = EDO_STR("a b"), .value = EDO_STR("c") },
        { .name = EDO_STR("a"), .value = EDO_STR("c;d") },
        { .name = EDO_STR("a"), .value = EDO_STR("c\xff") },
        { .name = EDO_STR("a"), .value = EDO_STR("c"), .path = EDO_STR("/;domain=x") },
        { .name = EDO_STR("a"), .value = EDO_STR("c"), .path = EDO_STR("/\r\nSet-Cookie: x=y") },
        { .name = EDO_STR("a"), .value = EDO_STR("c"), .domain = EDO_STR(" ") },
        { .name = EDO_STR("a"), .value = EDO_STR("c"), .expires = { true, INT64_MAX } },
        { .name = EDO_STR("a"), .value = EDO_STR("c"), .is_partitioned = true },
    };
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_buf_append(&out, "x", 1));
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        EDO_TEST_TRUE(edo_set_cookie_print(&bad[i], &out) < 0);
        EDO_TEST_EQ(out.len, 1);
    }
    edo_buf_deinit(&out);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_printed_as_it_was_understood),
        cmocka_unit_test(a_text_without_a_pointer_is_an_empty_one),
        cmocka_unit_test(a_printer_without_memory_leaves_nothing_behind),
        cmocka_unit_test(a_list_has_elements_between_commas),
        cmocka_unit_test(a_parameter_is_found_by_its_name),
        cmocka_unit_test(a_number_has_digits_only),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(the_nearest_element_gives_the_weight),
        cmocka_unit_test(if_match_and_if_range_compare_strongly),
        cmocka_unit_test(ranges_end_where_the_body_ends),
        cmocka_unit_test(an_origin_has_a_scheme_and_a_host),
        cmocka_unit_test(fields_that_were_read_are_in_the_struct),
        cmocka_unit_test(a_cookie_that_would_break_out_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
