/* SPDX-License-Identifier: MIT */
/* Goal: what the path of a request may name, which variant of a file is sent, and which ranges
 * become one.
 * Method: tables; ranges against a bit for each byte. */
#include "inside.h"
#include "seed.h"
#include "web/static/path.h"
#include "web/static/range.h"
#include "web/static/variant.h"

#include <string.h>

static void path_that_is_not_plain_is_refused(void **state) {
    static const char *const plain[] = { "",      "a",       "a/b/c.txt",   "dir/",    "a b",
                                         "a..b",  "..a/b",   "ab:c",        "console", "com0",
                                         "com10", "xcon",    "caf\xc3\xa9", "a.b.c",   "~x",
                                         "%2e",   "nulls/x", "lpt",         "a:b.txt", "x:y" };
    static const char *const bad[] = { "/",     "/etc/passwd", "..",        "../a",     "a/../b",
                                       "a/..",  "./a",         "a/./b",     "a//b",     "a//",
                                       ".git",  "a/.hidden/b", "a\\b",      "..\\a",    "a\nb",
                                       "a\x7f", "C:",          "c:/x",      "con",      "CON.txt",
                                       "a/nul", "a/Nul.x/",    "com1",      "LPT9.log", "aux .txt",
                                       "prn",   "conin$",      "a/CONOUT$", "con:x" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(plain); i++)
        assert_true(edoi_static_path_is_plain(edo_str_of(plain[i]), plain[i][0] == '.'));
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_false(edoi_static_path_is_plain(edo_str_of(bad[i]), false));
    assert_false(edoi_static_path_is_plain((edo_str){ "a\0b", 3 }, false));
    assert_true(edoi_static_path_is_plain(EDO_STR("a/.hidden"), true));
    assert_true(edoi_static_path_is_plain(EDO_STR(".well-known/security.txt"), false));
    assert_true(edoi_static_path_is_plain(EDO_STR(".well-known/"), false));
    assert_false(edoi_static_path_is_plain(EDO_STR(".well-known/.git"), false));
    assert_false(edoi_static_path_is_plain(EDO_STR(".well-knownx"), false));
    assert_false(edoi_static_path_is_plain(EDO_STR("a/.well-known/x"), false));
    assert_false(edoi_static_path_is_plain(EDO_STR("a/../b"), true));
    assert_true(edoi_static_path_hides_slash(EDO_STR("/a%2fb")));
    assert_true(edoi_static_path_hides_slash(EDO_STR("/a%2F")));
    assert_false(edoi_static_path_hides_slash(EDO_STR("/a%252f%2")));
}

static void name_with_a_hash_is_known(void **state) {
    static const char *const hashed[] = { "app-3f9a1c20.js", "app.3F9A1C20AB.css", "0123456789ab" };
    static const char *const others[] = {
        "app.js", "app-3f9a1c2.js",   "app-3f9a1c2g0.js",     "deadbeefs.js",  "xdeadbeef.js",
        "",       "log-20240131.txt", "19991231.235959.html", "a-fabaceae.jpg"
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(hashed); i++)
        assert_true(edoi_static_name_is_hashed(edo_str_of(hashed[i])));
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        assert_false(edoi_static_name_is_hashed(edo_str_of(others[i])));
}

static void type_is_that_of_the_extension(void **state) {
    static const char *const cases[][2] = {
        { "index.html", "text/html; charset=utf-8" },
        { "A/B.JS", "text/javascript; charset=utf-8" },
        { "x.tar.gz", "application/gzip" },
        { "a.svg", "image/svg+xml" },
        { "none", "application/octet-stream" },
        { "dir.css/none", "application/octet-stream" },
        { "none.", "application/octet-stream" },
        { "x.htmlx", "application/octet-stream" },
        { "x.htm", "text/html; charset=utf-8" },
        { "", "application/octet-stream" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++)
        assert_true(
            edo_str_equal(edo_content_type_of(edo_str_of(cases[i][0])), edo_str_of(cases[i][1])));
}

/* ---- Variants -------------------------------------------------------------------------------- */

static void check_variants(const char *accept, const char *wanted) {
    const edoi_variant *got[EDOI_VARIANTS_MAX];
    char text[64] = "";
    edo_headers h;
    edo_headers_init(&h);
    if (accept)
        assert_int_equal(edo_headers_append(&h, EDO_HEADER_ACCEPT_ENCODING, edo_str_of(accept)), 0);
    size_t n = edoi_variants_of(got, &h, true);
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(text);
        (void)snprintf(text + at, sizeof text - at, "%s ", edoi_coding_name(got[i]->coding).ptr);
    }
    assert_string_equal(text, wanted);
    edo_headers_deinit(&h);
}

static void variants_are_those_that_the_client_likes_best_first(void **state) {
    (void)state;
    check_variants(NULL, "");
    check_variants("", "");
    check_variants("gzip, deflate, br, zstd", "br zstd gzip deflate ");
    check_variants("GZIP", "gzip ");
    check_variants("br;q=0.5, gzip;q=0.8", "gzip br ");
    check_variants("br;q=0, gzip", "gzip ");
    check_variants("*", "br zstd gzip deflate ");
    check_variants("*;q=0, zstd", "zstd ");
    check_variants("gzip;q=0.2, identity;q=0.5", "");
    check_variants("gzip;q=0.5, identity;q=0.5", "gzip ");
    check_variants("gzip;q=x, br", "br ");
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

static uint64_t bits_of(const edo_byte_range *r) {
    uint64_t bits = 0;
    for (uint64_t i = r->first; i <= r->last; i++) bits |= UINT64_C(1) << i;
    return bits;
}

static void check_merged(const edo_byte_range *in, size_t n) {
    edo_byte_range out[EDOI_RANGES_MAX];
    uint64_t before = 0, after = 0;
    memcpy(out, in, n * sizeof *in);
    for (size_t i = 0; i < n; i++) before |= bits_of(&in[i]);
    size_t left = edoi_ranges_merge(out, n);
    for (size_t i = 0; i < left; i++) {
        uint64_t bits = bits_of(&out[i]);
        assert_true((after & (bits | bits << 1 | bits >> 1)) == 0); // neither overlaps nor touches
        after |= bits;
    }
    assert_true(before == after);
}

/* xorshift64 */
static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void ranges_that_touch_become_one_and_the_others_keep_their_order(void **state) {
    (void)state;
    edo_byte_range r[] = { { 8, 9 }, { 0, 1 }, { 4, 5 }, { 2, 2 } };
    assert_int_equal(edoi_ranges_merge(r, 4), 3);
    assert_true(r[0].first == 8 && r[1].first == 0 && r[1].last == 2 && r[2].first == 4);
    edo_byte_range chain[] = { { 0, 0 }, { 2, 2 }, { 4, 4 }, { 1, 1 }, { 3, 3 } };
    assert_int_equal(edoi_ranges_merge(chain, 5), 1);
    assert_true(chain[0].first == 0 && chain[0].last == 4);
    uint64_t seed = test_seed(0x7a3c);
    for (int round = 0; round < 5000; round++) {
        edo_byte_range any[EDOI_RANGES_MAX];
        size_t n = 1 + next_random(&seed) % EDOI_RANGES_MAX;
        for (size_t i = 0; i < n; i++) {
            any[i].first = next_random(&seed) % 60;
            any[i].last = any[i].first + next_random(&seed) % (61 - any[i].first) / 4;
        }
        check_merged(any, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_that_is_not_plain_is_refused),
        cmocka_unit_test(name_with_a_hash_is_known),
        cmocka_unit_test(type_is_that_of_the_extension),
        cmocka_unit_test(variants_are_those_that_the_client_likes_best_first),
        cmocka_unit_test(ranges_that_touch_become_one_and_the_others_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
