/* SPDX-License-Identifier: MIT */
/* Goal: what servers have said before makes no later request of a client too large: cookies, the
 * places of redirects. Method: a server in memory on the paused clock. */
#define SITE_HEAD_MAX 20000
#include "memory_site.h"

#include <edo/cookie_jar.h>
#include <edo/http_fields.h>

#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
#define HEAD_MAX 16384u

static int status_with(edo_http_client *c, edo_str url, const edo_headers *own) {
    edo_http_response *res;
    const edo_fetch_opts o = { .client = c, .any_status = true, .headers = own };
    int err = edo_fetch(&res, url, &o);
    if (err < 0) return err;
    int status = (int)res->status;
    edo_http_response_free(res);
    return status;
}

static int status_of(edo_http_client *c, const char *url) {
    return status_with(c, edo_str_of(url), NULL);
}

/* Of "/set/7" the response sets cookie 7, of 900 bytes. */
static int set_one(memory_site *s, edo_stream *io) {
    char text[1200];
    const char *set = strstr(s->head, "/set/");
    unsigned n = set ? (unsigned)strtoul(set + 5, NULL, 10) : 0;
    if (!set) return site_say(io, OK "\r\nok");
    (void)snprintf(text, sizeof text, OK "Set-Cookie: c%02u=%0896u; Path=/\r\n\r\nok", n, n);
    return site_say(io, text);
}

static void add_own(edo_headers *own, const char *name, size_t bytes) {
    char *value = malloc(bytes);
    CHECK(value);
    memset(value, 'x', bytes);
    edo_headers_init(own);
    EDO_TEST_OK(edo_headers_append_named(own, edo_str_of(name), (edo_str){ value, bytes }));
    free(value);
}

EDO_TEST(cookies_leave_room_for_the_rest_of_a_request, .paused = true) {
    memory_site s = { .respond = set_one };
    edo_cookie_jar *jar;
    edo_headers own;
    char url[64];
    EDO_TEST_OK(edo_cookie_jar_new(&jar, NULL));
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .jar = jar });
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(url, sizeof url, "http://site/set/%u", i);
        CHECK_EQ(status_of(c, url), 200);
        CHECK(strlen(s.head) <= HEAD_MAX);
    }
    const char *cookie = strcasestr(s.head, "\r\ncookie: ");
    CHECK(cookie && strcspn(cookie + 10, "\r") <= EDO_COOKIE_JAR_FIELD_MAX);
    CHECK(strstr(cookie, "c38=")); // that was set last before it
    // fields of the program come first
    for (size_t bytes = 8000; bytes <= 16000; bytes += 2000) {
        add_own(&own, "x-own", bytes);
        CHECK_EQ(status_with(c, EDO_STR("http://site/"), &own), 200);
        CHECK(strlen(s.head) <= HEAD_MAX);
        CHECK(!strcasestr(s.head, "\r\ncookie: ") == (bytes == 16000));
        edo_headers_deinit(&own);
    }
    site_end(&s, c);
    edo_cookie_jar_unref(jar);
}

/* "/to/x" leads to "/from/x", and that to "/end". */
static int lead_on(memory_site *s, edo_stream *io) {
    static char text[40000];
    const char *path = strstr(s->head, " /") + 1;
    if (strncmp(path, "/end", 4) == 0) return site_say(io, OK "\r\nok");
    bool is_first = strncmp(path, "/to/", 4) == 0;
    int n = is_first ? (int)strtol(path + 4, NULL, 10) : 1;
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 302 Found\r\nLocation: %s%0*d\r\nContent-Length: 0\r\n\r\n",
                   is_first ? "/from/" : "/end?", n, 1);
    return site_say(io, text);
}

EDO_TEST(the_referer_of_a_long_url_is_its_origin, .paused = true) {
    memory_site s = { .respond = lead_on };
    edo_headers own;
    edo_http_client *c = site_client(&s, NULL);
    CHECK_EQ(status_of(c, "http://site/to/4000"), 200);
    CHECK(strcasestr(s.head, "\r\nreferer: http://site/from/0000"));
    CHECK_EQ(status_of(c, "http://site/to/9000"), 200);
    CHECK(strcasestr(s.head, "\r\nreferer: http://site/\r\n"));
    add_own(&own, "x-own", 12000); // which leaves no room for one of 4000
    CHECK_EQ(status_with(c, EDO_STR("http://site/to/4000"), &own), 200);
    CHECK(!strcasestr(s.head, "\r\nreferer: "));
    edo_headers_deinit(&own);
    site_end(&s, c);
}

EDO_TEST(a_place_that_no_request_can_have_ends_that_call_alone, .paused = true) {
    memory_site s = { .respond = lead_on };
    char why[400];
    edo_http_client *c = site_client(&s, NULL);
    CHECK_EQ(status_of(c, "http://site/to/17000"), -EMSGSIZE);
    (void)edo_trail_print_text(why, sizeof why, -EMSGSIZE, EDO_TRAIL_LINE);
    CHECK(strstr(why, "the head of the request has 17"));
    edo_trail_clear();
    CHECK_EQ(status_of(c, "http://site/end"), 200);
    CHECK_EQ(s.conns_n, 1); // nothing was sent over it
    site_end(&s, c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_leave_room_for_the_rest_of_a_request),
        cmocka_unit_test(the_referer_of_a_long_url_is_its_origin),
        cmocka_unit_test(a_place_that_no_request_can_have_ends_that_call_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
