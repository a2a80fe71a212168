/* SPDX-License-Identifier: MIT */
/* fuzz/web_proxy.c: proxies of a client. The first byte chooses what the rest is: the URL of a
 * proxy, a list of NO_PROXY, or what a SOCKS5 proxy sends. Properties: the key of a proxy makes a
 * proxy with this key; a list that is taken has what it names; the pieces in which a reply comes
 * make no difference, and bytes behind it stay in the stream. */
#include "fuzz.h"

#include "client/proxy/proxy.h"

#include <edo/error.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0http://user:p%40ss@proxy.example:3128/"),
    FUZZ_SEED("\0socks5h://u@[::1]:9050"),
    FUZZ_SEED("\0proxy:80"),
    FUZZ_SEED("\1example.com, .a.b:80 10.0.0.0/8,[::1]:1,fd00::/8,*.x,*"),
    FUZZ_SEED("\2\5\0\5\0\0\1\1\2\3\4\0\x50rest"),
    FUZZ_SEED("\2\5\2\1\0\5\0\0\3\4host\0\x50rest"),
    FUZZ_SEED("\2\5\0\5\0\0\4aaaaaaaaaaaaaaaa\0\x50"),
    FUZZ_SEED("\2\5\0\5\4\0\1"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_url(edo_str text) {
    edoi_proxy *p, *again;
    if (edoi_proxy_new(&p, text) < 0) return;
    EDO_TEST_OK(edoi_proxy_new(&again, p->key));
    EDO_TEST_TRUE(edo_str_equal(p->key, again->key));
    EDO_TEST_TRUE(edo_str_equal(p->user, again->user));
    EDO_TEST_TRUE(edo_str_equal(p->password, again->password));
    EDO_TEST_EQ(p->port, again->port);
    edo_rc_unref(p);
    edo_rc_unref(again);
}

static void check_list(edo_str text) {
    edoi_no_proxy e;
    int there;
    while ((there = edoi_no_proxy_next(&e, &text)) > 0) {
        if (!e.is_any && !e.is_range) EDO_TEST_TRUE(edoi_no_proxy_has(&e, e.name, e.port));
        if (e.is_any) EDO_TEST_TRUE(edoi_no_proxy_has(&e, EDO_STR("x"), e.port));
        (void)edoi_no_proxy_has(&e, EDO_STR("10.1.2.3"), 80);
    }
    EDO_TEST_TRUE(there == 0 || there == -EINVAL);
}

/* Runs the handshake over a proxy that says `text`, and returns how many bytes it left. */
static size_t shake(int *result, edo_str text, size_t piece) {
    edo_stream *reader, *sink, *both, *s;
    edoi_proxy *p;
    char rest[4096];
    size_t left = 0;
    int n;
    EDO_TEST_OK(edoi_proxy_new(&p, EDO_STR("socks5h://user:pw@p")));
    EDO_TEST_OK(edo_stream_mem(&reader, text.ptr, text.len));
    EDO_TEST_OK(edo_stream_sink(&sink));
    EDO_TEST_OK(edo_stream_join(&both, reader, sink));
    EDO_TEST_OK(edo_test_limit_new(&s, both, piece));
    *result = edoi_socks5(s, p, EDO_STR("example.com"), 443);
    edo_trail_clear();
    while ((n = edo_read(s, rest, sizeof rest)) > 0) left += (size_t)n;
    EDO_TEST_OK(n);
    edo_close(s);
    edo_rc_unref(p);
    return left;
}

static void check_socks(edo_str text) {
    int whole, pieces;
    size_t left = shake(&whole, text, SIZE_MAX);
    EDO_TEST_EQ(shake(&pieces, text, 1 + text.len % 3), left);
    EDO_TEST_EQ(pieces, whole);
    if (whole == 0 && left > 0) { // the bytes in front of the rest are all that it needs
        text.len -= left;
        EDO_TEST_EQ(shake(&whole, text, SIZE_MAX), 0);
        EDO_TEST_OK(whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) return 0;
    edo_str text = { (const char *)data + 1, n - 1 };
    switch (data[0] % 3) {
    case 0: check_url(text); break;
    case 1: check_list(text); break;
    default: check_socks(text);
    }
    return 0;
}
