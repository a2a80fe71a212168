/* SPDX-License-Identifier: MIT */
/* Goal: the Host of a connection is its address, without the port that http has anyway, and without
 * the zone, which means nothing to the other side.
 * Method: rows. */
#include "http/client/host.h"

#include <edo/base.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *addr, *host;
} rows[] = {
    { "a.example:80", "a.example" },      { "a.example:8080", "a.example:8080" },
    { "a.example:180", "a.example:180" }, { "[::1]:80", "[::1]" },
    { "[::1]:443", "[::1]:443" },         { ":80", ":80" },
};

static void the_host_is_the_address_without_the_usual_port(void **state) {
    char host[EDOI_CLIENT_HOST_BYTES];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_string_equal(edoi_client_host_of(host, rows[i].addr), rows[i].host);
}

static void an_address_that_is_too_long_has_none(void **state) {
    char host[EDOI_CLIENT_HOST_BYTES], addr[EDOI_CLIENT_HOST_BYTES + 1];
    (void)state;
    memset(addr, 'a', sizeof addr - 1);
    addr[sizeof addr - 1] = 0;
    assert_null(edoi_client_host_of(host, addr));
    assert_string_equal(edoi_client_host_of(host, addr + 1), addr + 1);
}

static void a_zone_is_not_sent(void **state) {
    static const struct {
        const char *given, *sent; // NULL: -EINVAL
    } hosts[] = {
        { NULL, "" },
        { "", "" },
        { "a.example:8080", "a.example:8080" },
        { "[::1]:80", "[::1]:80" },
        { "[::1%lo]:8080", "[::1]:8080" },
        { "[fe80::1%25eth0]", "[fe80::1]" },
        { "[fe80::1%7]:1", "[fe80::1]:1" },
        { "[fe80::1%eth0", NULL },
        { "a%25b", "a%25b" },
        { "a%eth0", NULL },
        { "a b", NULL },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(hosts); i++) {
        edo_buf out = { 0 };
        int err = edoi_client_host_set(&out, hosts[i].given);
        assert_int_equal(err, hosts[i].sent ? 0 : -EINVAL);
        if (hosts[i].sent)
            assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(hosts[i].sent)));
        edo_buf_deinit(&out);
    }
}

static void the_zone_of_a_uri_is_decoded_for_the_address(void **state) {
    static const char *const texts[][2] = {
        { "[fe80::1%25eth0]:80", "[fe80::1%eth0]:80" },
        { "[fe80::1%252]:80", "[fe80::1%2]:80" },
        { "[fe80::1]:80", "[fe80::1]:80" },
        { "a%25b:80", "a%25b:80" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s", texts[i][0]);
        edoi_zone_decode(text);
        assert_string_equal(text, texts[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_is_the_address_without_the_usual_port),
        cmocka_unit_test(an_address_that_is_too_long_has_none),
        cmocka_unit_test(a_zone_is_not_sent),
        cmocka_unit_test(the_zone_of_a_uri_is_decoded_for_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
