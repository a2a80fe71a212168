/* SPDX-License-Identifier: MIT */
/* fuzz/http_uri.c: URIs. Properties: parts put together are the text; a normal form stays what it
 * is, and what is resolved can be read; what was encoded comes back. */
#include "fuzz.h"

#include <edo/test.h>
#include <edo/uri.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("http://u:p@example.com:8042/over/./there/..?name=ferret#nose"),
    FUZZ_SEED("HTTPS://[::ffff:1.2.3.4]:443/%7ea%2fb?%41"),
    FUZZ_SEED("//[fe80::1%25eth0]/x"),
    FUZZ_SEED("a:/..//b"),
    FUZZ_SEED("../../g;x=1/../y?a=b&c"),
    FUZZ_SEED("[v1.a:b]:80"),
    FUZZ_SEED("./a:b"),
    FUZZ_SEED("*"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

static void check_normal(const edo_uri *u) {
    edo_buf once = { 0 }, twice = { 0 };
    edo_uri again;
    EDO_TEST_OK(edo_uri_normalize(u, &once));
    EDO_TEST_OK(edo_uri_parse(&again, str_of(&once)));
    EDO_TEST_OK(edo_uri_normalize(&again, &twice));
    EDO_TEST_TRUE(edo_str_equal(str_of(&once), str_of(&twice)));
    edo_buf_deinit(&once);
    edo_buf_deinit(&twice);
}

static void check_resolved(const edo_uri *u) {
    static const char *const bases[] = { "http://a/b/c/d;p?q", "x:y", "x:/y/z", "http://a" };
    for (size_t i = 0; i < EDO_COUNT(bases); i++) {
        edo_buf text = { 0 };
        edo_uri base, read;
        EDO_TEST_OK(edo_uri_parse(&base, edo_str_of(bases[i])));
        EDO_TEST_OK(edo_uri_resolve(&base, u, &text));
        EDO_TEST_OK(edo_uri_parse(&read, str_of(&text)));
        EDO_TEST_TRUE(edo_str_equal(read.host, u->host.ptr || u->scheme.ptr ? u->host : base.host));
        edo_buf_deinit(&text);
    }
}

static void check_back(edo_str bytes) {
    edo_buf coded = { 0 }, plain = { 0 };
    EDO_TEST_OK(edo_uri_encode(bytes, &coded));
    EDO_TEST_OK(edo_uri_decode(str_of(&coded), &plain));
    EDO_TEST_TRUE(edo_str_equal(str_of(&plain), bytes));
    plain.len = 0;
    int err = edo_uri_decode(bytes, &plain);
    EDO_TEST_TRUE(err == 0 || err == -EINVAL);
    edo_buf_deinit(&coded);
    edo_buf_deinit(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_str text = { (const char *)data, n };
    edo_buf printed = { 0 };
    edo_uri u;
    if (edo_uri_parse(&u, text) == 0) {
        EDO_TEST_OK(edo_uri_print(&u, &printed));
        EDO_TEST_TRUE(edo_str_equal(str_of(&printed), text));
        EDO_TEST_TRUE(edo_uri_port(&u) <= 65535);
        check_normal(&u);
        check_resolved(&u);
    }
    for (int m = EDO_METHOD_OTHER; m < EDO_METHODS_END; m++) {
        if (edo_uri_parse_target(&u, (edo_method)m, text) < 0) continue;
        EDO_TEST_TRUE(u.path.ptr && u.path.len <= n && !u.fragment.ptr);
        printed.len = 0;
        EDO_TEST_OK(edo_uri_normalize(&u, &printed));
    }
    if (edo_uri_parse_authority(&u, text) == 0) EDO_TEST_TRUE(u.host.len > 0 && !u.userinfo.ptr);
    check_back(text);
    edo_buf_deinit(&printed);
    return 0;
}
