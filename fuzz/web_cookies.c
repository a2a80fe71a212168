/* SPDX-License-Identifier: MIT */
/* fuzz/web_cookies.c: cookies of clients. The input is the value of a Cookie field. Properties: a
 * pair that can be printed is read again; no text but one that was made with the key is signed or
 * sealed; what is made is read, under its own name alone. */
#include "fuzz.h"

#include "web/cookies/cookies.h"

#include <edo/http_fields.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("a=1; b=2;c=\"3\";; =x; d; e=f=g"),
    FUZZ_SEED("user=hAsm7/vo6T+7isrTqWjcY/LZYOhl2hi4O/RLaWP9Pwg=17"),
    FUZZ_SEED("__Host-session=0123456789abcdef0123456789abcdef"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

static void check_plain(edo_str name, edo_str value) {
    edo_buf text = { 0 };
    if (edo_cookie_print(name, value, &text) == 0) {
        edo_str again_name, again, rest = str_of(&text);
        EDO_TEST_TRUE(edo_cookie_next(&again_name, &again, &rest));
        EDO_TEST_TRUE(edo_str_equal(again_name, name) && edo_str_equal(again, value));
    }
    edo_buf_deinit(&text);
}

static void check_signed(const edo_cookie_keys *keys, edo_str name, edo_str value) {
    edo_buf text = { 0 };
    edo_str found;
    EDO_TEST_OK(edoi_cookie_sign(&text, keys, name, value));
    EDO_TEST_OK(edoi_cookie_verify(&found, keys, name, str_of(&text)));
    EDO_TEST_TRUE(edo_str_equal(found, value));
    EDO_TEST_EQ(edoi_cookie_verify(&found, keys, EDO_STR("another"), str_of(&text)), -EBADMSG);
    text.ptr[text.len - 1] ^= 1;
    EDO_TEST_EQ(edoi_cookie_verify(&found, keys, name, str_of(&text)), -EBADMSG);
    edo_buf_deinit(&text);
}

static void check_sealed(const edo_cookie_keys *keys, edo_str name, edo_str value) {
    edo_buf text = { 0 }, found = { 0 };
    EDO_TEST_EQ(edoi_cookie_unseal(&found, keys, name, value), -EBADMSG); // 128 bits of luck
    EDO_TEST_OK(edoi_cookie_seal(&text, keys, name, value));
    EDO_TEST_OK(edoi_cookie_unseal(&found, keys, name, str_of(&text)));
    EDO_TEST_TRUE(edo_str_equal(str_of(&found), value));
    edo_buf_deinit(&text);
    edo_buf_deinit(&found);
}

/* The keys are those of each input, since a target begins and ends without memory. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static char secret[EDO_COOKIE_KEY_BYTES];
    for (size_t i = 0; i < sizeof secret; i++) secret[i] = (char)i;
    edo_cookie_keys *keys = NULL; // without libcrypto there are none
    (void)edo_cookie_keys_new(&keys, &(edo_cookie_key){ .secret = { secret, sizeof secret } }, 1);
    edo_str name, value, rest = { (const char *)data, n };
    while (edo_cookie_next(&name, &value, &rest)) {
        check_plain(name, value);
        if (!keys || edo_str_equal(name, EDO_STR("another"))) continue;
        check_signed(keys, name, value);
        check_sealed(keys, name, value);
    }
    edo_cookie_keys_unref(keys);
    return 0;
}
