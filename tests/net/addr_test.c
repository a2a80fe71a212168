/* SPDX-License-Identifier: MIT */
/* Goal: addresses are read strictly and printed as they are read.
 * Method: tables. */
#include "net_support.h"

static void good_addresses_survive_the_round_trip(void **state) {
    (void)state;
    static const char *const good[] = { "127.0.0.1:7000",    "0.0.0.0:0", "255.255.255.255:65535",
                                        "[::1]:7000",        "[::]:0",    "[2001:db8::1]:443",
                                        "[::ffff:1.2.3.4]:1" };
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        edo_addr addr;
        char text[EDO_ADDR_TEXT_MAX];
        assert_int_equal(edo_addr_parse(&addr, good[i]), 0);
        assert_int_equal(edo_addr_print(&addr, text, sizeof text), (int)strlen(good[i]));
        assert_string_equal(text, good[i]);
    }
}

static void localhost_is_the_loopback(void **state) {
    (void)state;
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    assert_int_equal(edo_addr_parse(&addr, "localhost:80"), 0);
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_string_equal(text, "127.0.0.1:80");
    assert_int_equal(edo_addr_port(&addr), 80);
}

static void interface_of_a_link_local_address_is_kept(void **state) {
    (void)state;
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    if (edo_addr_parse(&addr, "[fe80::1%lo]:9") < 0) skip(); // an unusual machine
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_string_equal(text, "[fe80::1%lo]:9");
}

static void bad_addresses_are_refused_and_touch_nothing(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "1.2.3:80",
        "1.2.3.4.5:1",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "1.2.3.4: 80",
        "1.2.3.4:80 ",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "::1]:80",
        "[]:80",
        "[1.2.3.4]:1",
        "[::1%nowhere0]:1",
        "example.com:80",
        "Localhost:80",
        "localhost",
        "*:80",
        "1.2.3.4:000080",
        "[:80",
        "]:80",
        "[:",
        "01.2.3.4:80",
        "1.2.3.4:99999999999",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:1]:80",
    };
    edo_addr untouched = { .bytes = 77 };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        if (edo_addr_parse(&untouched, bad[i]) != -EINVAL) fail_msg("accepted: \"%s\"", bad[i]);
        assert_int_equal(untouched.bytes, 77);
    }
}

static void print_into_too_little_room_returns_enospc(void **state) {
    (void)state;
    edo_addr addr, none = { 0 };
    char text[14];
    assert_int_equal(edo_addr_parse(&addr, "127.0.0.1:7000"), 0);
    assert_int_equal(edo_addr_print(&addr, text, sizeof text), -ENOSPC);
    assert_string_equal(text, "127.0.0.1:700");
    assert_int_equal(edo_addr_print(&none, text, sizeof text), -EAFNOSUPPORT);
    assert_string_equal(text, "");
    assert_int_equal(edo_addr_port(&none), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses_survive_the_round_trip),
        cmocka_unit_test(localhost_is_the_loopback),
        cmocka_unit_test(interface_of_a_link_local_address_is_kept),
        cmocka_unit_test(bad_addresses_are_refused_and_touch_nothing),
        cmocka_unit_test(print_into_too_little_room_returns_enospc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
