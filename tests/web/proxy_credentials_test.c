/* SPDX-License-Identifier: MIT */
/* Goal: with `no_credentials` the proxy of edo/web_proxy.h tells the service nothing of who asks,
 * so that a cache around it has one response for all, and the client keeps the cookies that it has.
 * Method: a proxy with a cache, and a server in memory that notes what it is asked. */
#include "through.h"

#include <edo/http_coalesce.h>
#include <edo/web_layers.h>

static bool site_got(const char *text) {
    return strcasestr(site.head, text) != NULL;
}

static void through_begin_shared(through *t, edo_http_client **client) {
    edo_cache *cache;
    edo_service *service;
    EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .bytes_of = edo_http_coalesce_bytes }));
    edo_layer layer =
        edo_http_coalesce_layer(&(edo_http_coalesce_opts){ .cache = cache, .proxied = true });
    *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&service, *client, "http://shop.test"));
    EDO_TEST_OK(edo_layer_wrap(&service, &layer, service));
    edo_cache_unref(cache);
    through_begin_around(t, "/", &(edo_proxy_opts){ .no_credentials = true }, service);
}

/* Two clients with credentials of their own ask for one page. */
static void ask_as(through *t, char who) {
    heard h;
    char request[300];
    (void)snprintf(request, sizeof request,
                   "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: who=%c\r\n"
                   "authorization: Basic %c\r\nx-api-key: %c\r\naccept: x/y\r\n\r\n",
                   who, who, who);
    through_ask(t, &h, request);
    CHECK(has(&h, "HTTP/1.1 200 "));
}

static int shares(void *arg) {
    static const char *const marked[] = { "x-api-key" };
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    front_layer =
        edo_sensitive_headers_layer(&(edo_sensitive_headers_opts){ .names = marked, .names_n = 1 });
    through_begin_shared(&t, &client);
    ask_as(&t, '1');
    ask_as(&t, '2');
    CHECK_EQ(site.requests_n, 1);
    CHECK(site_got("\r\naccept: x/y\r\n") && !site_got("cookie"));
    CHECK(!site_got("authorization") && !site_got("x-api-key"));
    answer = OK_HEAD "set-cookie: who=0\r\nx-of-shop: 1\r\n\r\nok";
    for (int i = 2; i <= 3; i++) {
        through_ask(&t, &h, "GET /2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        CHECK(has(&h, "x-of-shop: 1\r\n") && !has(&h, "set-cookie"));
        CHECK_EQ(site.requests_n, i); // it was made for one
    }
    front_layer = (edo_layer){ .wrap = NULL };
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void without_credentials_a_response_is_for_everybody(void **state) {
    (void)state;
    assert_int_equal(inside(shares, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_credentials_a_response_is_for_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
