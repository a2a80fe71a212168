/* SPDX-License-Identifier: MIT */
/* Goal: a client cannot say which address it has, unless a proxy does: addresses are read from
 * right to left, up to the first one that is no proxy, and never behind what is no address. */
#include "web/layers/guard/forwarded.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void node_is_an_address_with_or_without_a_port(void **state) {
    static const struct {
        const char *node, *wanted; /* NULL: it is none */
    } cases[] = {
        { "1.2.3.4", "1.2.3.4:0" },
        { "1.2.3.4:80", "1.2.3.4:80" },
        { "::1", "[::1]:0" },
        { "[::1]", "[::1]:0" },
        { "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
        { "", NULL },
        { "[", NULL },
        { "[]", NULL },
        { "[::1", NULL },
        { "[::1]80", NULL },
        { "[1.2.3.4]", NULL },
        { "1.2.3.4:", NULL },
        { "1.2.3.4:65536", NULL },
        { "1.2.3.4:8a", NULL },
        { ":80", NULL },
        { "unknown", NULL },
        { "_hidden", NULL },
        { "1.2.3", NULL },
        { "01.2.3.4", NULL },
        { "1.2.3.4 ", NULL },
        { "fe80::1%eth0", NULL },
        { "1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8", NULL },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_addr addr;
        char text[EDO_ADDR_TEXT_MAX];
        int err = edoi_node_parse(&addr, edo_str_of(cases[i].node));
        if ((err == 0) != (cases[i].wanted != NULL)) print_message("%s\n", cases[i].node);
        assert_int_equal(err, cases[i].wanted ? 0 : -EINVAL);
        if (err < 0) continue;
        assert_true(edo_addr_print(&addr, text, sizeof text) > 0);
        assert_string_equal(text, cases[i].wanted);
    }
}

typedef struct way {
    edo_real_ip_from from;
    const char *first, *second; /* fields; NULL: none */
    const char *wanted;
} way;

static void client_is_the_first_that_is_no_proxy(void **state) {
    static const way ways[] = {
        { EDO_FROM_X_FORWARDED_FOR, NULL, NULL, "10.0.0.1:9" },
        { EDO_FROM_X_FORWARDED_FOR, "1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "6.6.6.6, 1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "6.6.6.6, 1.2.3.4, 10.7.7.7", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "6.6.6.6", "1.2.3.4,10.7.7.7", "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "10.1.1.1, 10.2.2.2", NULL, "10.1.1.1:0" },
        { EDO_FROM_X_FORWARDED_FOR, "1.2.3.4, unknown, 10.7.7.7", NULL, "10.7.7.7:0" },
        { EDO_FROM_X_FORWARDED_FOR, "1.2.3.4, garbage", NULL, "10.0.0.1:9" },
        { EDO_FROM_X_FORWARDED_FOR, "[2001:db8::7]:443", NULL, "[2001:db8::7]:443" },
        { EDO_FROM_X_FORWARDED_FOR, "::ffff:10.1.1.1", "9.9.9.9", "9.9.9.9:0" },
        { EDO_FROM_FORWARDED, "for=6.6.6.6, for=1.2.3.4;proto=http, for=10.7.7.7", NULL,
          "1.2.3.4:0" },
        { EDO_FROM_FORWARDED, "for=1.2.3.4", "for=\"[fd00::1]:80\"", "1.2.3.4:0" },
        { EDO_FROM_FORWARDED, "for=1.2.3.4, for=_x", NULL, "10.0.0.1:9" },
        { EDO_FROM_FORWARDED, "for=1.2.3.4, proto=http", NULL, "10.0.0.1:9" },
        { EDO_FROM_FORWARDED, "for=1.2.3.4, for=\"", NULL, "10.0.0.1:9" },
        // what a client has written does not swallow what a proxy appends to it
        { EDO_FROM_X_FORWARDED_FOR, "\", 1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "\"6.6.6.6, 1.2.3.4, 10.7.7.7", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_FORWARDED_FOR, "\"\\", "1.2.3.4,, ,10.7.7.7,", "1.2.3.4:0" },
        { EDO_FROM_X_REAL_IP, "\", 1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_FORWARDED, "for=\", for=1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_FORWARDED, "for=6.6.6.6;by=\", for=\"[2001:db8::7]:80\"", NULL,
          "[2001:db8::7]:80" },
        { EDO_FROM_FORWARDED, "for=\"\\, for=\"1.2.3.4\";by=\"a,\\\"b\"", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_REAL_IP, "1.2.3.4", NULL, "1.2.3.4:0" },
        { EDO_FROM_X_REAL_IP, "6.6.6.6", "10.1.1.1", "10.1.1.1:0" },
    };
    static const edo_header_id ids[] = { EDO_HEADER_X_FORWARDED_FOR, EDO_HEADER_FORWARDED,
                                         EDO_HEADER_X_REAL_IP };
    edo_addr_range ranges[2];
    (void)state;
    assert_int_equal(edo_addr_range_parse(&ranges[0], "10.0.0.0/8"), 0);
    assert_int_equal(edo_addr_range_parse(&ranges[1], "fd00::/8"), 0);
    const edoi_proxies proxies = { ranges, 2 };
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        edo_headers h;
        edo_addr client;
        char text[EDO_ADDR_TEXT_MAX];
        edo_headers_init(&h);
        edo_header_id id = ids[ways[i].from];
        if (ways[i].first)
            assert_int_equal(edo_headers_append(&h, id, edo_str_of(ways[i].first)), 0);
        if (ways[i].second)
            assert_int_equal(edo_headers_append(&h, id, edo_str_of(ways[i].second)), 0);
        assert_int_equal(edo_addr_parse(&client, "10.0.0.1:9"), 0);
        (void)edoi_forwarded_follow(&client, &h, ways[i].from, &proxies, &(edo_str){ 0 });
        assert_true(edo_addr_print(&client, text, sizeof text) > 0);
        assert_string_equal(text, ways[i].wanted);
        edo_headers_deinit(&h);
    }
}

/* A client that sends a long list of proxies does not make the search long. */
static void long_way_ends(void **state) {
    edo_addr_range range;
    edo_headers h;
    edo_addr client;
    char list[40 * 12] = "1.2.3.4", text[EDO_ADDR_TEXT_MAX];
    (void)state;
    for (int i = 0; i < 40; i++) {
        size_t n = strlen(list);
        (void)snprintf(list + n, sizeof list - n, ",10.0.0.%d", i);
    }
    assert_int_equal(edo_addr_range_parse(&range, "10.0.0.0/8"), 0);
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_X_FORWARDED_FOR, edo_str_of(list)), 0);
    assert_int_equal(edo_addr_parse(&client, "10.0.0.99:9"), 0);
    size_t hops = edoi_forwarded_follow(&client, &h, EDO_FROM_X_FORWARDED_FOR,
                                        &(edoi_proxies){ &range, 1 }, &(edo_str){ 0 });
    assert_int_equal(hops, 32);
    assert_true(edo_addr_print(&client, text, sizeof text) > 0);
    assert_string_equal(text, "10.0.0.8:0"); // 32 from the right
    edo_headers_deinit(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_is_an_address_with_or_without_a_port),
        cmocka_unit_test(client_is_the_first_that_is_no_proxy),
        cmocka_unit_test(long_way_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
