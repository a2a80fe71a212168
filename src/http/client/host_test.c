/* SPDX-License-Identifier: MIT */
/* Goal: the Host of a connection is its address, without the port that http has anyway.
 * Method: rows. */
#include "http/client/host.h"

#include <edo/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_is_the_address_without_the_usual_port),
        cmocka_unit_test(an_address_that_is_too_long_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
