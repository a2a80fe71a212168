/* SPDX-License-Identifier: MIT */
/* Goal: a code is that of the standard, for keys and texts of any length, none too.
 * Method: the results of RFC 4231; that of Python's hmac for no key and no text. */
#include "inside.h"

#include <edo/hmac.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define KEY_MAX 131

typedef struct row {
    const char *name;
    const char *key; /* NULL: `key_n` bytes 0xaa */
    size_t key_n;
    const char *text, *mac;
} row;

static const row rows[] = {
    { "case 2", "Jefe", 4, "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "case 6, a key longer than a block", NULL, KEY_MAX,
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "no key, no text", "", 0, "",
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static void print_hex(char out[2 * EDO_HMAC_SHA256_BYTES + 1], const uint8_t *mac) {
    for (size_t i = 0; i < EDO_HMAC_SHA256_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

static bool skips(void) {
    uint8_t mac[EDO_HMAC_SHA256_BYTES];
    if (edo_hmac_sha256(mac, EDO_STR("key"), EDO_STR("text")) != -ENOTSUP) return false;
    print_message("built without libcrypto: not tested\n");
    skip();
    return true;
}

static void codes_are_those_of_the_standard(void **state) {
    char long_key[KEY_MAX], hex[2 * EDO_HMAC_SHA256_BYTES + 1];
    uint8_t mac[EDO_HMAC_SHA256_BYTES];
    (void)state;
    if (skips()) return;
    memset(long_key, 0xaa, sizeof long_key);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_str key = { rows[i].key ? rows[i].key : long_key, rows[i].key_n };
        print_message("%s\n", rows[i].name);
        assert_int_equal(edo_hmac_sha256(mac, key, edo_str_of(rows[i].text)), 0);
        print_hex(hex, mac);
        assert_string_equal(hex, rows[i].mac);
    }
    assert_int_equal(edo_hmac_sha256(mac, (edo_str){ 0 }, (edo_str){ 0 }), 0);
    print_hex(hex, mac);
    assert_string_equal(hex, rows[2].mac);
}

static void a_key_that_is_too_long_leaves_the_code_as_it_was(void **state) {
    uint8_t mac[EDO_HMAC_SHA256_BYTES] = { 7 };
    (void)state;
    if (skips()) return;
    edo_str key = { "key", (size_t)INT_MAX + 1 };
    assert_int_equal(edo_hmac_sha256(mac, key, EDO_STR("text")), -EINVAL);
    assert_int_equal(mac[0], 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_standard),
        cmocka_unit_test(a_key_that_is_too_long_leaves_the_code_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
