/* SPDX-License-Identifier: MIT */
/* Goal: Max-Forwards of OPTIONS and TRACE says how many proxies a request may pass: it is counted
 * down, and at 0 this one responds, without what is a secret.
 * Method: a router in memory, behind it a server in memory that notes each request. */
#include "through.h"

static bool site_got(const char *text) {
    return strstr(site.head, text) != NULL;
}

static int counts_down(void *arg) {
    static const struct {
        const char *method, *field, *got; /* at the server behind; NULL: nothing */
    } rows[] = {
        { "TRACE", "max-forwards: 2\r\n", "\r\nmax-forwards: 1\r\n" },
        { "OPTIONS", "max-forwards: 1\r\n", "\r\nmax-forwards: 0\r\n" },
        { "OPTIONS", "max-forwards: 010\r\n", "\r\nmax-forwards: 9\r\n" },
        { "OPTIONS", "max-forwards: 99999999999999999999\r\n",
          "\r\nmax-forwards: 92233720368547758" },
        { "OPTIONS", "", "\r\nhost: x\r\n" },
        { "GET", "max-forwards: 0\r\n", "\r\nmax-forwards: 0\r\n" }, // is none of its business
        { "OPTIONS", "max-forwards: -1\r\n", NULL },
        { "OPTIONS", "max-forwards: 1\r\nmax-forwards: 2\r\n", NULL },
        { "TRACE", "max-forwards:\r\n", NULL },
    };
    through t;
    heard h;
    char text[200];
    (void)arg;
    through_begin(&t, "/", NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        site.requests_n = 0;
        (void)snprintf(text, sizeof text, "%s / HTTP/1.1\r\nhost: x\r\n%sconnection: close\r\n\r\n",
                       rows[i].method, rows[i].field);
        ask(&t.front.http, &h, text);
        bool is_good = rows[i].got ? has(&h, "HTTP/1.1 200 ") && site_got(rows[i].got)
                                   : has(&h, "HTTP/1.1 400 ");
        if (!is_good || site.requests_n != (rows[i].got != NULL)) EDO_TEST_EQ((int)i, -1);
    }
    through_end(&t);
    return 0;
}

static void forwards_are_counted_down(void **state) {
    (void)state;
    assert_int_equal(inside(counts_down, NULL), 0);
}

static int is_last(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .name = "edge" });
    ask(&t.front.http, &h,
        "TRACE /a?b HTTP/1.1\r\nhost: x\r\nmax-forwards: 0\r\nx-mine: yes\r\n"
        "cookie: a=1\r\nauthorization: Basic eDp5\r\nvia: 1.1 other\r\n"
        "proxy-authorization: Basic eDp5\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 200 ") && has(&h, "content-type: message/http\r\n"));
    const char *came = web_body(&h);
    CHECK(strncmp(came, "TRACE /a?b HTTP/", 16) == 0);
    CHECK(strstr(came, "\r\nx-mine: yes\r\n") && strstr(came, "\r\nvia: 1.1 other\r\n"));
    CHECK(!strstr(came, "a=1") && !strstr(came, "eDp5"));
    ask(&t.front.http, &h,
        "OPTIONS /a HTTP/1.1\r\nhost: x\r\nmax-forwards: 0\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 204 ") && has(&h, "allow: ") && has(&h, "GET"));
    CHECK_EQ(site.requests_n, 0);
    through_end(&t);
    return 0;
}

static void a_request_that_may_go_no_further_is_responded_to_here(void **state) {
    (void)state;
    assert_int_equal(inside(is_last, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwards_are_counted_down),
        cmocka_unit_test(a_request_that_may_go_no_further_is_responded_to_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
