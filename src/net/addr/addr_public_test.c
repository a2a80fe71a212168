/* SPDX-License-Identifier: MIT */
/* Goal: an address is public exactly if IANA says that it is unicast and reachable from everywhere.
 * Each row has the first and the last address of a special range, and its neighbours. */
#include <edo/net.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The addresses without their port. NULL: the range begins or ends with another special one. */
static const struct {
    const char *name, *before, *first, *last, *behind;
} special[] = {
    { "this network", NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
    { "private", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
    { "of a provider", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
    { "loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0" },
    { "link-local", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
    { "private", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
    { "of protocols", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
    { "documentation", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0" },
    { "relays of 6to4", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0" },
    { "private", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
    { "benchmarks", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
    { "documentation", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0" },
    { "documentation", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0" },
    { "multicast", "223.255.255.255", "224.0.0.0", "239.255.255.255", NULL },
    { "reserved", NULL, "240.0.0.0", "255.255.255.255", NULL },

    { "unspecified, loopback, compatible", NULL, "[::]", "[::8.8.8.8]", NULL },
    { "mapped loopback", "[::ffff:126.255.255.255]", "[::ffff:127.0.0.0]",
      "[::ffff:127.255.255.255]", "[::ffff:128.0.0.0]" },
    { "NAT64 to private", "[64:ff9b::9.255.255.255]", "[64:ff9b::10.0.0.0]",
      "[64:ff9b::10.255.255.255]", "[64:ff9b::11.0.0.0]" },
    { "beside NAT64", NULL, "[64:ff9b::1:8.8.8.8]", "[64:ff9b:1:ffff::8.8.8.8]", NULL },
    { "discard, not assigned", NULL, "[100::]", "[1fff:ffff::]", "[2000::]" },
    { "of protocols, Teredo", "[2000:ffff::1]", "[2001::]", "[2001:1ff:ffff::]", "[2001:200::]" },
    { "documentation", "[2001:db7:ffff::]", "[2001:db8::]", "[2001:db8:ffff::]", "[2001:db9::]" },
    { "6to4 of loopback", "[2002:7eff:ffff::]", "[2002:7f00::]", "[2002:7fff:ffff::1]",
      "[2002:8000::]" },
    { "documentation", "[3ffe:ffff::]", "[3fff::]", "[3fff:fff:ffff::]", "[3fff:1000::]" },
    { "not assigned, segments", "[3fff:ffff::]", "[4000::]", "[5f00::1]", NULL },
    { "unique-local", NULL, "[fc00::]", "[fdff:ffff::]", NULL },
    { "link-local, site-local", NULL, "[fe80::1]", "[fec0::1]", NULL },
    { "multicast", NULL, "[ff00::]", "[ffff:ffff::1]", NULL },
};

static void assert_public(const char *text, bool wanted) {
    char with_port[EDO_ADDR_TEXT_MAX];
    edo_addr addr;
    if (!text) return;
    (void)snprintf(with_port, sizeof with_port, "%s:443", text);
    assert_int_equal(edo_addr_parse(&addr, with_port), 0);
    if (edo_addr_is_public(&addr) != wanted)
        fail_msg("%s is told to be %s", text, wanted ? "special" : "public");
}

static void special_ranges_are_not_public_and_their_neighbours_are(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(special); i++) {
        assert_public(special[i].before, true);
        assert_public(special[i].first, false);
        assert_public(special[i].last, false);
        assert_public(special[i].behind, true);
    }
}

static void addresses_of_servers_are_public(void **state) {
    (void)state;
    static const char *const known[] = { "8.8.8.8",
                                         "1.1.1.1",
                                         "192.0.32.8",
                                         "[2606:4700:4700::1111]",
                                         "[2a00:1450:4001::200e]",
                                         "[::ffff:8.8.8.8]",
                                         "[64:ff9b::8.8.8.8]" };
    for (size_t i = 0; i < EDO_COUNT(known); i++) assert_public(known[i], true);
}

static void other_families_are_not_public(void **state) {
    (void)state;
    static const char *const others[] = { "unix:/run/x", "unix:@x", "unix:", "vsock:2:80" };
    edo_addr addr = { 0 };
    assert_false(edo_addr_is_public(&addr));
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        assert_int_equal(edo_addr_parse(&addr, others[i]), 0);
        assert_false(edo_addr_is_public(&addr));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_ranges_are_not_public_and_their_neighbours_are),
        cmocka_unit_test(addresses_of_servers_are_public),
        cmocka_unit_test(other_families_are_not_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
