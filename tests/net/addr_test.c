/* SPDX-License-Identifier: MIT */
/* Goal: addresses are read strictly and printed as they are read.
 * Method: tables. */
#include "net_support.h"

static void good_addresses_survive_the_round_trip(void **state) {
    (void)state;
    static const char *const good[] = { "127.0.0.1:7000",
                                        "0.0.0.0:0",
                                        "255.255.255.255:65535",
                                        "[::1]:7000",
                                        "[::]:0",
                                        "[2001:db8::1]:443",
                                        "[::ffff:1.2.3.4]:1",
                                        "unix:/run/x.sock",
                                        "vsock:2:7000",
                                        "vsock:any:any",
                                        "vsock:4294967294:0",
                                        "unix:@abstract",
                                        "unix:@",
                                        "unix:",
                                        "unix:relative",
                                        "unix:\\x40not_abstract\\x20\\x7f" };
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
    if (edo_addr_parse(&addr, "[fe80::1%lo]:9") < 0) {
        print_message("skipped: no interface has the name lo here\n");
        skip();
    }
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_string_equal(text, "[fe80::1%lo]:9");
}

static void interface_of_a_link_local_address_may_be_a_number(void **state) {
    (void)state;
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    static const char none[] = "[fe80::1%4294967290]:9"; // no interface of this machine
    assert_int_equal(edo_addr_parse(&addr, none), 0);
    assert_int_equal(addr.sock.v6.sin6_scope_id, 4294967290u);
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_string_equal(text, none);
    assert_int_equal(edo_addr_parse(&addr, "[fe80::1%0]:9"), 0); // the usual one
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_string_equal(text, "[fe80::1]:9");
}

static void bad_addresses_are_refused_and_touch_nothing(void **state) {
    (void)state;
    static const char *const bad[] = {
        "unix:/bad\\escape",
        "vsock:",
        "vsock:2",
        "vsock:2:",
        "vsock::7",
        "vsock:2:7x",
        "vsock:2:7:",
        "vsock:any",
        "vsock:anyany:1",
        "vsock:4294967296:1",
        "vsock:99999999999999999999999:1",
        "vsock:-1:1",
        "unix:/cut\\",
        "unix:/cut\\x4",
        "unix:/nul\\x00",
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
        "[::1%]:1",
        "[::1%1x]:1",
        "[::1%-1]:1",
        "[::1%4294967296]:1",
        "[::1%00000000001]:1",
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

/* The kernel's array has 108 bytes, and a path that fills it has no NUL. */
static void unix_address_of_every_length_is_as_the_kernel_wants_it(void **state) {
    (void)state;
    char path[5 + 109 + 1] = "unix:", text[EDO_ADDR_TEXT_MAX];
    for (size_t n = 1; n <= 109; n++) {
        memset(path + 5, 'p', n);
        path[5 + n] = '\0';
        edo_addr addr;
        int err = edo_addr_parse(&addr, path);
        assert_int_equal(err, n <= 108 ? 0 : -EINVAL);
        if (err < 0) continue;
        assert_int_equal(addr.bytes, offsetof(struct sockaddr_un, sun_path) + n + (n < 108));
        assert_int_equal(edo_addr_print(&addr, text, sizeof text), 5 + (int)n);
        assert_string_equal(text, path);
    }
    assert_int_equal(edo_addr_parse(&(edo_addr){ 0 }, "unix:/x"), 0);
}

static void abstract_name_keeps_every_byte(void **state) {
    (void)state;
    edo_addr addr = { .sock.un.sun_family = AF_UNIX, .bytes = sizeof addr.sock.un }, again;
    char text[EDO_ADDR_TEXT_MAX], small[8];
    for (size_t i = 1; i < 108; i++) addr.sock.un.sun_path[i] = (char)(i * 5);
    assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
    assert_int_equal(edo_addr_parse(&again, text), 0);
    assert_int_equal(again.bytes, addr.bytes);
    assert_memory_equal(again.sock.un.sun_path, addr.sock.un.sun_path, 108);
    memset(addr.sock.un.sun_path + 1, 0, 107); // the longest text
    assert_int_equal(edo_addr_print(&addr, text, sizeof text), 6 + 107 * 4);
    assert_int_equal(edo_addr_print(&addr, small, sizeof small), -ENOSPC);
    assert_string_equal(small, "unix:@\\");
    assert_int_equal(edo_addr_port(&addr), 0);
}

static void key_of_an_address_is_that_of_the_client(void **state) {
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "127.0.0.1:1", "127.0.0.1:2", true },
        { "127.0.0.1:1", "127.0.0.2:1", false },
        { "127.0.0.1:1", "[::ffff:127.0.0.1]:1", true },
        { "[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.2]:1", false },
        { "[2001:db8:1:2::3]:1", "[2001:db8:1:2:4::]:1", true },
        { "[2001:db8:1:2::3]:1", "[2001:db8:1:3::3]:1", false },
        { "[102:304::]:1", "1.2.3.4:1", false },
        { "unix:/run/a", "vsock:2:7000", true },
        { "unix:/run/a", "0.0.0.0:1", false },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char a[EDO_ADDR_KEY_BYTES], b[EDO_ADDR_KEY_BYTES];
        edo_addr from;
        assert_int_equal(edo_addr_parse(&from, rows[i].a), 0);
        assert_ptr_equal(edo_addr_key(&from, a).ptr, a);
        assert_int_equal(edo_addr_parse(&from, rows[i].b), 0);
        assert_int_equal(edo_addr_key(&from, b).len, sizeof b);
        assert_int_equal(memcmp(a, b, sizeof a) == 0, rows[i].same);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses_survive_the_round_trip),
        cmocka_unit_test(localhost_is_the_loopback),
        cmocka_unit_test(interface_of_a_link_local_address_is_kept),
        cmocka_unit_test(interface_of_a_link_local_address_may_be_a_number),
        cmocka_unit_test(bad_addresses_are_refused_and_touch_nothing),
        cmocka_unit_test(unix_address_of_every_length_is_as_the_kernel_wants_it),
        cmocka_unit_test(abstract_name_keeps_every_byte),
        cmocka_unit_test(print_into_too_little_room_returns_enospc),
        cmocka_unit_test(key_of_an_address_is_that_of_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
