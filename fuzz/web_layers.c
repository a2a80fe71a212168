/* SPDX-License-Identifier: MIT */
/* fuzz/web_layers.c: what clients write into the fields that layers read. The first line of the
 * input is the value of Accept-Encoding, the rest that of X-Forwarded-For and Forwarded. Promises:
 * a coding that is chosen was offered and is not refused; a client that is no proxy is found only
 * behind proxies, and is what the last proxy has appended, whatever stands before it; an address
 * that was read is printed and read again. */
#include "fuzz.h"

#include "coding/coding.h"
#include "web/layers/guard/forwarded.h"

#include <edo/http_fields.h>
#include <edo/test.h>

#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("gzip;q=0.5, br, *;q=0\n1.2.3.4, 10.0.0.1"),
    FUZZ_SEED("identity;q=0\nfor=\"[fd00::1]:80\";proto=http, for=unknown"),
    FUZZ_SEED("br\nfor=\"\\, for=6.6.6.6;by=\""),
    FUZZ_SEED("zstd, x-gzip;q=1.0\n::ffff:10.1.1.1,[::1]:443,10.9.9.9:80"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_coding(const edo_headers *h) {
    for (uint32_t offered = 0; offered < 1u << EDOI_CODINGS_N; offered++) {
        edoi_coding_choice c = edoi_coding_choose(h, offered);
        if (c.best == EDOI_CODING_NONE) continue;
        EDO_TEST_TRUE(offered & 1u << c.best);
        EDO_TEST_TRUE(!c.is_refused);
    }
}

static void check_address(edo_str text) {
    edo_addr addr, again;
    char printed[EDO_ADDR_TEXT_MAX];
    if (edoi_node_parse(&addr, text) < 0) return;
    EDO_TEST_TRUE(edo_addr_print(&addr, printed, sizeof printed) > 0);
    EDO_TEST_OK(edo_addr_parse(&again, printed));
    EDO_TEST_EQ(edo_addr_port(&again), edo_addr_port(&addr));
}

static void check_way(const edo_headers *h, edo_real_ip_from from) {
    edo_addr_range range;
    edo_addr start, client;
    EDO_TEST_OK(edo_addr_range_parse(&range, "10.0.0.0/8"));
    const edoi_proxies proxies = { &range, 1 };
    EDO_TEST_OK(edo_addr_parse(&start, "192.0.2.1:1"));
    client = start;
    edo_str proto = { 0 };
    // no proxy: nothing is believed
    EDO_TEST_EQ(edoi_forwarded_follow(&client, h, from, &proxies, &proto), 0);
    EDO_TEST_TRUE(!proto.ptr);
    EDO_TEST_EQ(memcmp(&client.sock.v4, &start.sock.v4, sizeof start.sock.v4), 0);
    EDO_TEST_OK(edo_addr_parse(&client, "10.0.0.1:1"));
    (void)edoi_forwarded_proto(h, edoi_forwarded_follow(&client, h, from, &proxies, &proto));
}

/* A proxy appends the address of its peer to what that has sent. */
static void check_appended(edo_str came, edo_real_ip_from from) {
    static const char *const appended[] = { ", 2001:db8::7", ", for=\"[2001:db8::7]\"" };
    static const edo_header_id ids[] = { EDO_HEADER_X_FORWARDED_FOR, EDO_HEADER_FORWARDED };
    edo_buf value = { 0 };
    edo_headers h;
    edo_addr_range range;
    edo_addr client, wanted;
    EDO_TEST_OK(edo_addr_range_parse(&range, "10.0.0.0/8"));
    EDO_TEST_OK(edo_addr_parse(&client, "10.0.0.1:1"));
    EDO_TEST_OK(edo_addr_parse(&wanted, "[2001:db8::7]:0"));
    EDO_TEST_OK(edo_buf_append(&value, came.ptr, came.len));
    EDO_TEST_OK(edo_buf_append(&value, appended[from], strlen(appended[from])));
    edo_headers_init(&h);
    if (edo_headers_append(&h, ids[from], (edo_str){ value.ptr, value.len }) == 0) {
        (void)edoi_forwarded_follow(&client, &h, from, &(edoi_proxies){ &range, 1 },
                                    &(edo_str){ 0 });
        EDO_TEST_EQ(client.sock.any.sa_family, AF_INET6);
        EDO_TEST_EQ(memcmp(&client.sock.v6.sin6_addr, &wanted.sock.v6.sin6_addr, 16), 0);
    }
    edo_headers_deinit(&h);
    edo_buf_deinit(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const char *text = (const char *)data;
    const char *end = n > 0 ? memchr(text, '\n', n) : NULL;
    size_t first = end ? (size_t)(end - text) : n;
    edo_str rest = { end ? end + 1 : text + n, end ? n - first - 1 : 0 };
    edo_headers h;
    edo_headers_init(&h);
    // values that no field can have do not come this far
    (void)!edo_headers_append(&h, EDO_HEADER_ACCEPT_ENCODING, (edo_str){ text, first });
    (void)!edo_headers_append(&h, EDO_HEADER_X_FORWARDED_FOR, rest);
    (void)!edo_headers_append(&h, EDO_HEADER_FORWARDED, rest);
    check_coding(&h);
    check_address(rest);
    check_way(&h, EDO_FROM_X_FORWARDED_FOR);
    check_way(&h, EDO_FROM_FORWARDED);
    check_appended(rest, EDO_FROM_X_FORWARDED_FOR);
    check_appended(rest, EDO_FROM_FORWARDED);
    edo_headers_deinit(&h);
    return 0;
}
