/* SPDX-License-Identifier: MIT */
/* fuzz/web_cookie_jar.c: Set-Cookie fields of servers, or with a first byte that is odd a
 * cookies.txt. Each line is a field, from one of some URLs. Properties: the jar is in order; what
 * is sent can stand in a field; cookies are within their bounds; what was saved is the same when it
 * was loaded and saved again. */
#include "fuzz.h"

#include "client/cookies/jar.h"

#include <edo/headers.h>
#include <edo/test.h>

#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0a=b; Domain=a.com; Path=/x; Secure\nb=c; Max-Age=9\na=; Max-Age=0"),
    FUZZ_SEED("\0__Host-a=b; Secure; Path=/\n__Secure-x=y; Secure; HttpOnly; SameSite=Lax"),
    FUZZ_SEED("\0a=\"b\"; Expires=Wed, 15 Nov 2033 00:00:00 GMT; Domain=.A.com"),
    FUZZ_SEED("\1# Netscape\n.a.com\tTRUE\t/\tFALSE\t0\ta\tb\n#HttpOnly_w.a.com\tFALSE\t/x\tTRUE\t"
              "1700000100\tc\td\n"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static const char *const urls[] = { "https://w.a.com/x/y", "http://w.a.com/x", "http://a.com/",
                                    "https://[::1]/", "http://co.uk/" };

static int64_t fuzz_now(void *arg) {
    (void)arg;
    return 1700000000;
}

static edo_cookie_jar *new_jar(void) {
    edo_cookie_jar *jar;
    EDO_TEST_OK(edo_cookie_jar_new(&jar, &(edo_cookie_jar_opts){ .now = fuzz_now }));
    return jar;
}

static void store_lines(edo_cookie_jar *jar, edo_str text) {
    for (size_t i = 0; text.len > 0; i++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t n = end ? (size_t)(end - text.ptr) : text.len, gone = end ? n + 1 : n;
        (void)edo_cookie_jar_store(jar, edo_str_of(urls[i % EDO_COUNT(urls)]),
                                   (edo_str){ text.ptr, n });
        text = (edo_str){ text.ptr + gone, text.len - gone };
    }
}

static void check_sent(edo_cookie_jar *jar) {
    for (size_t i = 0; i < EDO_COUNT(urls); i++) {
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_cookie_jar_print(jar, edo_str_of(urls[i]), &out));
        if (out.len > 0) EDO_TEST_TRUE(edo_header_value_is_valid((edo_str){ out.ptr, out.len }));
        edo_buf_deinit(&out);
    }
}

static int check_cookie(void *arg, const edo_cookie *c) {
    (void)arg;
    EDO_TEST_TRUE(c->name.len > 0 && c->path.len > 0 && c->path.ptr[0] == '/');
    EDO_TEST_TRUE(c->name.len + c->value.len <= EDO_COOKIE_JAR_BYTES_MAX);
    EDO_TEST_TRUE(c->expires == 0 || c->expires > fuzz_now(NULL));
    EDO_TEST_TRUE(c->expires <= fuzz_now(NULL) + EDO_COOKIE_JAR_LIFETIME_MAX_S);
    EDO_TEST_TRUE(edoi_jar_prefix_holds(c));
    return 0;
}

static void check_saved(edo_cookie_jar *jar) {
    edo_cookie_jar *other = new_jar();
    edo_buf first = { 0 }, second = { 0 };
    size_t passed_over;
    EDO_TEST_OK(edo_cookie_jar_save(jar, &first));
    EDO_TEST_OK(edo_cookie_jar_load(other, (edo_str){ first.ptr, first.len }, &passed_over));
    EDO_TEST_EQ(passed_over, 0);
    EDO_TEST_OK(edo_cookie_jar_save(other, &second));
    EDO_TEST_EQ(first.len, second.len);
    EDO_TEST_TRUE(memcmp(first.ptr, second.ptr, first.len) == 0);
    edo_buf_deinit(&first);
    edo_buf_deinit(&second);
    edo_cookie_jar_unref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) return 0;
    edo_cookie_jar *jar = new_jar();
    edo_str text = { (const char *)data + 1, n - 1 };
    if (data[0] & 1) {
        EDO_TEST_OK(edo_cookie_jar_load(jar, text, NULL));
    } else {
        store_lines(jar, text);
    }
    edoi_jar_check(jar);
    check_sent(jar);
    EDO_TEST_OK(edo_cookie_jar_each(jar, check_cookie, NULL));
    check_saved(jar);
    edo_cookie_jar_unref(jar);
    return 0;
}
