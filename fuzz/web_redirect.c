/* SPDX-License-Identifier: MIT */
/* fuzz/web_redirect.c: where redirects lead. The input is the URL of a request, a line end, and the
 * Location of the response. Properties: what is told as the next URL is one, and has no byte that
 * ends a line or divides words of a request; scheme, host and fragment are the Location's, which is
 * encoded if it is no URL, or else those of the request; without both the origin is the same; no
 * dots are left in the path; from there to itself leads nowhere else. The seeds are the examples of
 * RFC 3986 section 5.4. */
#include "fuzz.h"

#include "client/send/redirect.h"

#include <edo/error.h>
#include <edo/test.h>

#include <string.h>

#define FROM           "http://a/b/c/d;p?q\n"
#define SEED(location) FUZZ_SEED(FROM location)

const fuzz_seed fuzz_seeds[] = {
    SEED("g:h"),
    SEED("g"),
    SEED("./g"),
    SEED("g/"),
    SEED("/g"),
    SEED("//g"),
    SEED("?y"),
    SEED("g?y"),
    SEED("#s"),
    SEED("g#s"),
    SEED("g?y#s"),
    SEED(";x"),
    SEED("g;x"),
    SEED("g;x?y#s"),
    SEED(""),
    SEED("."),
    SEED("./"),
    SEED(".."),
    SEED("../"),
    SEED("../g"),
    SEED("../.."),
    SEED("../../"),
    SEED("../../g"),
    // Section 5.4.2.
    SEED("../../../g"),
    SEED("../../../../g"),
    SEED("/./g"),
    SEED("/../g"),
    SEED("g."),
    SEED(".g"),
    SEED("g.."),
    SEED("..g"),
    SEED("./../g"),
    SEED("./g/."),
    SEED("g/./h"),
    SEED("g/../h"),
    SEED("g;x=1/./y"),
    SEED("g;x=1/../y"),
    SEED("g?y/./x"),
    SEED("g?y/../x"),
    SEED("g#s/./x"),
    SEED("g#s/../x"),
    SEED("http:g"),
    // What servers send besides.
    SEED("http://user:password@a:80/"),
    SEED("HTTP://A:080/b"),
    SEED("https://a/"),
    SEED("//[::1]:8/"),
    SEED("///x"),
    SEED("/ a\r\nX: y"),
    SEED("/\xc3\xa4 b?c|d#e#f"),
    SEED("//\xc3\xa4/[x]%"),
    SEED("\\\\evil\\x"),
    FUZZ_SEED("http://a?q#f\ng"),
    FUZZ_SEED("https://u@[::ffff:1.2.3.4]:1/x/..\n..//h"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

static void check_bytes(edo_str url) {
    for (size_t i = 0; i < url.len; i++) EDO_TEST_TRUE(url.ptr[i] > ' ' && url.ptr[i] < 0x7f);
}

/* Has the path a "." or ".." between slashes? */
static bool has_dots(edo_str path) {
    const char *end = path.ptr + path.len;
    for (const char *at = path.ptr; path.len > 0 && at < end; at++) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        size_t n = (size_t)((slash ? slash : end) - at);
        if ((n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.')) return true;
        at += n;
    }
    return false;
}

static void check_parts(const edo_uri *to, const edo_uri *from, const edo_uri *ref) {
    bool has_scheme = ref->scheme.ptr != NULL, has_host = ref->host.ptr || has_scheme;
    EDO_TEST_TRUE(edo_str_equal(to->scheme, has_scheme ? ref->scheme : from->scheme));
    EDO_TEST_TRUE(edo_str_equal(to->host, has_host ? ref->host : from->host));
    EDO_TEST_TRUE(edo_str_equal(to->fragment, ref->fragment.ptr ? ref->fragment : from->fragment));
    if (!has_scheme && !ref->host.ptr) EDO_TEST_TRUE(edoi_redirect_is_same_origin(from, to));
    EDO_TEST_EQ(edoi_redirect_is_same_origin(from, to), edoi_redirect_is_same_origin(to, from));
}

static void check_from(const edo_uri *from, edo_str location) {
    edo_buf url = { 0 }, same = { 0 }, cleaned = { 0 };
    edo_uri to, ref, again;
    if (edoi_redirect_resolve(&url, &to, from, location) == 0) {
        bool is_clean = edo_uri_parse(&ref, location) == 0;
        if (!is_clean) EDO_TEST_OK(edoi_redirect_clean(&cleaned, location));
        if (!is_clean) EDO_TEST_OK(edo_uri_parse(&ref, str_of(&cleaned)));
        check_bytes(str_of(&url));
        EDO_TEST_TRUE(!to.host.ptr || !has_dots(to.path)); // else "/." tells a path from a host
        check_parts(&to, from, &ref);
        EDO_TEST_OK(edoi_redirect_resolve(&same, &again, &to, str_of(&url)));
        EDO_TEST_TRUE(edo_str_equal(str_of(&url), str_of(&same)));
    }
    edo_trail_clear();
    edo_buf_deinit(&url);
    edo_buf_deinit(&same);
    edo_buf_deinit(&cleaned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const char *text = (const char *)data, *end = n > 0 ? memchr(text, '\n', n) : NULL;
    edo_uri from;
    if (!end || edo_uri_parse(&from, (edo_str){ text, (size_t)(end - text) }) < 0) return 0;
    if (!from.scheme.ptr || !from.host.ptr) return 0; // no request has such a URL
    if (has_dots(from.path)) return 0;                // which "?y" keeps as it is
    check_from(&from, (edo_str){ end + 1, n - (size_t)(end - text) - 1 });
    return 0;
}
