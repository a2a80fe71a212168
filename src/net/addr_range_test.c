/* SPDX-License-Identifier: MIT */
/* Goal: an address is in a range exactly if it begins with the range's bits; other texts are no
 * ranges. */
#include <edo/net.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *range, *in, *out;
} cases[] = {
    { "10.0.0.0/8", "10.255.0.1:1", "11.0.0.1:1" },
    { "10.1.2.3", "10.1.2.3:9", "10.1.2.2:9" },
    { "10.1.2.3", "[::ffff:10.1.2.3]:9", "[::10.1.2.3]:9" },
    { "192.168.4.0/22", "192.168.7.255:1", "192.168.8.0:1" },
    { "192.168.4.0/31", "192.168.4.1:1", "192.168.4.2:1" },
    { "0.0.0.0/0", "255.1.2.3:1", "[::1]:1" },
    { "::1", "[::1]:80", "[::2]:80" },
    { "::1/128", "[::1]:80", "127.0.0.1:80" },
    { "fd00::/8", "[fdff::1]:80", "[fe00::1]:80" },
    { "2001:db8:8000::/33", "[2001:db8:8001::]:1", "[2001:db8:7fff::]:1" },
    { "::/0", "[1::2]:1", "1.2.3.4:1" },
    { "::/0", "[::1]:1", "[::ffff:1.2.3.4]:1" },
    { "0.0.0.0/0", "[::ffff:1.2.3.4]:1", "unix:/x" },
};

static void range_has_the_addresses_that_begin_with_its_bits(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_addr_range range;
        edo_addr in, out;
        assert_int_equal(edo_addr_range_parse(&range, cases[i].range), 0);
        assert_int_equal(edo_addr_parse(&in, cases[i].in), 0);
        assert_int_equal(edo_addr_parse(&out, cases[i].out), 0);
        assert_true(edo_addr_range_has(&range, &in));
        assert_false(edo_addr_range_has(&range, &out));
    }
}

static void other_texts_are_no_ranges(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0/8",
        "10.0.0.0/ 8",
        "10.0.0.0/8x",
        "::1/129",
        "::1/0128",
        "localhost",
        "1.2.3.4:80",
        "10.0.0.0/08/8",
        "[::1]",
        "unix:/x",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8",
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_addr_range range;
        assert_int_equal(edo_addr_range_parse(&range, bad[i]), -EINVAL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_has_the_addresses_that_begin_with_its_bits),
        cmocka_unit_test(other_texts_are_no_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
