/* SPDX-License-Identifier: MIT */
/* fuzz/http_values.c: values of fields; the first byte chooses the type. Properties: what is
 * printed of a value is read, and then printed the same; it is one that a field may have. */
#include "fuzz.h"

#include "typed_through.h"

#include <edo/headers.h>
#include <edo/test.h>

#define THROUGH(type) through_##type,
static through_fn *const types[] = { THROUGH_ALL(THROUGH) };

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("atext/html; charset=\"utf-8\";;x=\"a\\\"b\""),
    FUZZ_SEED("battachment; filename=\"a b\"; filename*=UTF-8''%e2%82%ac"),
    FUZZ_SEED("cbytes 42-1233/1234"),
    FUZZ_SEED("dmax-age=60, no-cache=\"a, b\", max-stale, private"),
    FUZZ_SEED("emax-age=15768000 ; includeSubDomains"),
    FUZZ_SEED("fDigest username=\"Mufasa\",  uri=\"/dir\", nc=1"),
    FUZZ_SEED("gW/\"xyzzy\""),
    FUZZ_SEED("hMozilla/5.0 (X11; (nested \\) one)) Firefox"),
    FUZZ_SEED("ifor=192.0.2.60;proto=http;by=\"[::1]:5\", for=a"),
    FUZZ_SEED("j1.0 fred, HTTP/1.1 p.example.net:80 (a (b))"),
    FUZZ_SEED("k</a,b;c>; rel = next; title*=UTF-8'de'n%c3%a4chstes , <?x>;rel=\"a b\""),
    FUZZ_SEED("ltext/*;q=0.3, text/plain;format=flowed, */*;q=0.55"),
    FUZZ_SEED("m;a=b;c;d=\"\""),
    FUZZ_SEED("nSID=x;HttpOnly;secure;path=/a;max-age=-1; SameSite=Lax; "
              "expires=Wed, 09-Jun-2021 10:18:14 GMT"),
    FUZZ_SEED("oSID=31d4d96e407aad42; lang=\"en-US\""),
    FUZZ_SEED("pbytes=0-0,5-,-9"),
    FUZZ_SEED("qBasic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    FUZZ_SEED("rNegotiate, Basic realm=\"a\", Bearer abc=, Digest a = b, c=d"),
    FUZZ_SEED("sSunday, 06-Nov-94 08:49:37 GMT"),
    FUZZ_SEED("tattachment; filename=a; filename*=iso-8859-1''%A3"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) return 0;
    edo_str text = { (const char *)data + 1, n - 1 };
    through_fn *through =
        types[(data[0] + EDO_COUNT(types) - 'a' % EDO_COUNT(types)) % EDO_COUNT(types)];
    edo_buf once = { 0 }, twice = { 0 };
    int err = through(text, &once);
    if (err == 0) {
        // A value that is no value of a field may be read, but is not printed.
        EDO_TEST_TRUE(edo_header_value_is_valid(str_of(&once)));
        EDO_TEST_OK(through(str_of(&once), &twice));
        EDO_TEST_TRUE(edo_str_equal(str_of(&once), str_of(&twice)));
    }
    edo_buf_deinit(&once);
    edo_buf_deinit(&twice);
    return 0;
}
