/* SPDX-License-Identifier: MIT */
/* Goal: what was signed or sealed is what the standards say, is read by its keys for its name, and
 * by nothing else.
 * Method: known results (RFC 4231, RFC 5869, the GCM specification's test case 16; cookies by
 * Python's hmac); each bit of a cookie changed; each allocation failing. */
#include "fail_alloc.h"
#include "inside.h"
#include "web/cookies/cookies.h"
#include "web/cookies/crypto.h"

#include <errno.h>
#include <string.h>

static bool skips(void) {
    if (edoi_crypto_is_there()) return false;
    print_message("built without libcrypto: not tested\n");
    skip();
    return true;
}

static void check_hex(const unsigned char *bytes, size_t n, const char *hex) {
    char text[256];
    for (size_t i = 0; i < n; i++) (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, hex);
}

static size_t from_hex(unsigned char *out, const char *hex) {
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], 0 };
        out[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return n;
}

static void digests_are_those_of_the_standards(void **state) {
    char key[32];
    unsigned char out[64];
    (void)state;
    if (skips()) return;
    memset(key, 0x0b, sizeof key);
    assert_int_equal(edo_hmac_sha256(out, (edo_str){ key, 20 }, EDO_STR("Hi There")), 0);
    check_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(edoi_hkdf_sha256(out, (edo_str){ key, 22 }, EDO_STR("")), 0);
    check_hex(
        out, 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void encryption_is_that_of_the_standard(void **state) {
    unsigned char key[32], iv[12], ad[20], text[60], out[76], back[60];
    (void)state;
    if (skips()) return;
    from_hex(key, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    from_hex(iv, "cafebabefacedbaddecaf888");
    from_hex(ad, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    size_t n = from_hex(text, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    edo_str data = { (char *)text, n }, about = { (char *)ad, sizeof ad };
    assert_int_equal(edoi_gcm_seal(out, key, iv, about, data), 0);
    check_hex(out, n + 16,
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b");
    edo_str sealed = { (char *)out, n + 16 };
    assert_int_equal(edoi_gcm_open(back, key, iv, about, sealed), 0);
    assert_memory_equal(back, text, n);
    ad[0] ^= 1;
    assert_int_equal(edoi_gcm_open(back, key, iv, about, sealed), -EBADMSG);
    assert_int_equal(edoi_gcm_open(back, key, iv, about, (edo_str){ (char *)out, 15 }), -EBADMSG);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static edo_str counting(void) {
    static char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)i;
    return (edo_str){ bytes, sizeof bytes };
}

static edo_str eleven(void) {
    static char bytes[64];
    memset(bytes, 0x0b, sizeof bytes);
    return (edo_str){ bytes, sizeof bytes };
}

static edo_cookie_keys *keys_of(edo_str secret, bool is_master) {
    edo_cookie_keys *k = NULL;
    assert_int_equal(
        edo_cookie_keys_new(&k, &(edo_cookie_key){ .secret = secret, .is_master = is_master }, 1),
        0);
    return k;
}

static edo_str first(edo_str s, size_t n) {
    return (edo_str){ s.ptr, n };
}

static void check_signed(edo_cookie_keys *k, const char *wanted) {
    edo_buf out = { 0 };
    assert_int_equal(edoi_cookie_sign(&out, k, EDO_STR("user"), EDO_STR("17")), 0);
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(wanted)));
    edo_buf_deinit(&out);
    edo_cookie_keys_unref(k);
}

static void signed_cookie_is_a_digest_over_name_and_value_before_the_value(void **state) {
    (void)state;
    if (skips()) return;
    check_signed(keys_of(counting(), false), "hAsm7/vo6T+7isrTqWjcY/LZYOhl2hi4O/RLaWP9Pwg=17");
    check_signed(keys_of(first(eleven(), 32), true),
                 "EYQSU+YwE16ICcC3UMEFckt5YM29XwNkQH16hk93+aM=17");
}

static void key_that_is_too_short_is_refused(void **state) {
    const edo_cookie_key bad[] = { { .secret = first(counting(), 63) },
                                   { .secret = first(counting(), 31), .is_master = true } };
    edo_cookie_key many[EDO_COOKIE_KEYS_MAX + 1];
    edo_cookie_keys *k = NULL;
    (void)state;
    if (!edoi_crypto_is_there()) {
        many[0] = (edo_cookie_key){ .secret = counting() };
        assert_int_equal(edo_cookie_keys_new(&k, many, 1), -ENOTSUP);
        return;
    }
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_cookie_keys_new(&k, &bad[i], 1), -EINVAL);
    for (size_t i = 0; i < EDO_COUNT(many); i++) many[i] = (edo_cookie_key){ .secret = counting() };
    assert_int_equal(edo_cookie_keys_new(&k, many, EDO_COUNT(many)), -EINVAL);
    assert_int_equal(edo_cookie_keys_new(&k, many, 0), -EINVAL);
    assert_null(k);
    edo_cookie_keys_unref(NULL);
}

/* ---- Reading --------------------------------------------------------------------------------- */

typedef int make_fn(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);

static int read_signed(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str text) {
    edo_str value;
    int err = edoi_cookie_verify(&value, keys, name, text);
    return err < 0 ? err : edo_buf_append(out, value.ptr, value.len);
}

static const struct {
    make_fn *make, *read;
} forms[] = { { edoi_cookie_sign, read_signed }, { edoi_cookie_seal, edoi_cookie_unseal } };

static edo_buf made(size_t form, const edo_cookie_keys *k, edo_str value) {
    edo_buf out = { 0 };
    assert_int_equal(forms[form].make(&out, k, EDO_STR("user"), value), 0);
    return out;
}

static int reads(size_t form, const edo_cookie_keys *k, const char *name, edo_str text,
                 edo_str wanted) {
    edo_buf out = { 0 };
    int err = forms[form].read(&out, k, edo_str_of(name), text);
    if (err == 0) assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, wanted));
    if (err < 0) assert_true(out.len == 0);
    edo_buf_deinit(&out);
    return err;
}

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr, b->len };
}

static void cookie_that_was_changed_or_moved_is_refused(void **state) {
    (void)state;
    if (skips()) return;
    edo_cookie_keys *k = keys_of(counting(), false);
    for (size_t form = 0; form < EDO_COUNT(forms); form++) {
        edo_str value = EDO_STR("seventeen");
        edo_buf text = made(form, k, value);
        assert_int_equal(reads(form, k, "user", str_of(&text), value), 0);
        assert_int_equal(reads(form, k, "role", str_of(&text), value), -EBADMSG);
        for (size_t i = 0; i < text.len * 8; i++) {
            text.ptr[i / 8] ^= (char)(1 << i % 8);
            assert_int_equal(reads(form, k, "user", str_of(&text), value), -EBADMSG);
            text.ptr[i / 8] ^= (char)(1 << i % 8);
        }
        for (size_t n = 0; n < text.len; n++)
            assert_int_equal(reads(form, k, "user", first(str_of(&text), n), value), -EBADMSG);
        edo_buf_deinit(&text);
    }
    // what was signed as one pair is no other pair with the bytes of both
    edo_buf text = { 0 };
    edo_str value;
    assert_int_equal(edoi_cookie_sign(&text, k, EDO_STR("ab"), EDO_STR("c")), 0);
    assert_int_equal(edoi_cookie_verify(&value, k, EDO_STR("a"), str_of(&text)), -EBADMSG);
    edo_buf_deinit(&text);
    edo_cookie_keys_unref(k);
}

static void old_key_reads_until_it_is_taken_away(void **state) {
    (void)state;
    if (skips()) return;
    const edo_cookie_key both[] = { { .secret = eleven() }, { .secret = counting() } };
    edo_cookie_keys *old = keys_of(counting(), false), *new = keys_of(eleven(), false), *rotated;
    assert_int_equal(edo_cookie_keys_new(&rotated, both, 2), 0);
    for (size_t form = 0; form < EDO_COUNT(forms); form++) {
        edo_buf by_old = made(form, old, EDO_STR("x")), by_both = made(form, rotated, EDO_STR(""));
        assert_int_equal(reads(form, rotated, "user", str_of(&by_old), EDO_STR("x")), 0);
        assert_int_equal(reads(form, new, "user", str_of(&by_old), EDO_STR("x")), -EBADMSG);
        assert_int_equal(reads(form, new, "user", str_of(&by_both), EDO_STR("")), 0);
        assert_int_equal(reads(form, old, "user", str_of(&by_both), EDO_STR("")), -EBADMSG);
        edo_buf_deinit(&by_old);
        edo_buf_deinit(&by_both);
    }
    edo_cookie_keys_unref(edo_cookie_keys_ref(old));
    edo_cookie_keys_unref(old);
    edo_cookie_keys_unref(new);
    edo_cookie_keys_unref(rotated);
}

static void private_cookies_of_one_value_differ(void **state) {
    (void)state;
    if (skips()) return;
    edo_cookie_keys *k = keys_of(first(eleven(), 32), true);
    edo_buf a = made(1, k, EDO_STR("17")), b = made(1, k, EDO_STR("17"));
    assert_false(edo_str_equal(str_of(&a), str_of(&b)));
    edo_buf_deinit(&a);
    edo_buf_deinit(&b);
    edo_cookie_keys_unref(k);
}

static int make_and_read(size_t form) {
    edo_cookie_keys *k;
    edo_buf text = { 0 };
    int err = edo_cookie_keys_new(&k, &(edo_cookie_key){ .secret = counting() }, 1);
    if (err < 0) return err;
    err = forms[form].make(&text, k, EDO_STR("user"), EDO_STR("seventeen"));
    if (err == 0) err = reads(form, k, "user", str_of(&text), EDO_STR("seventeen"));
    edo_buf_deinit(&text);
    edo_cookie_keys_unref(k);
    return err;
}

static void end_of_memory_is_no_bad_cookie(void **state) {
    (void)state;
    if (skips()) return;
    for (size_t form = 0; form < EDO_COUNT(forms); form++) {
        int err = -ENOMEM, k = 1;
        for (; err < 0; k++) {
            fail_alloc_in = k;
            err = make_and_read(form);
            bool has_failed = fail_alloc_in == 0;
            fail_alloc_in = 0;
            assert_int_equal(err, has_failed ? -ENOMEM : 0);
        }
        assert_true(k > 4);
    }
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(encryption_is_that_of_the_standard),
        cmocka_unit_test(signed_cookie_is_a_digest_over_name_and_value_before_the_value),
        cmocka_unit_test(key_that_is_too_short_is_refused),
        cmocka_unit_test(cookie_that_was_changed_or_moved_is_refused),
        cmocka_unit_test(old_key_reads_until_it_is_taken_away),
        cmocka_unit_test(private_cookies_of_one_value_differ),
        cmocka_unit_test(end_of_memory_is_no_bad_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
