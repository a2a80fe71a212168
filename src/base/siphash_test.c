/* SPDX-License-Identifier: MIT */
/* Goal: SipHash-1-3 as others compute it. Method: the values of CPython 3.11's hash() of the bytes
 * 0, 1, 2 and so on, with PYTHONHASHSEED=0, which is a secret of zeros. */
#include "base/siphash.h"

#include <edo/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    size_t n;
    uint64_t hash;
} vectors[] = {
    { 1, UINT64_C(0x68a914128e01e473) },  { 7, UINT64_C(0x2f098ab0c751325a) },
    { 8, UINT64_C(0xead411e67ebe2eea) },  { 9, UINT64_C(0x75927f9d95124362) },
    { 15, UINT64_C(0xf30eb725bb91c9ea) }, { 16, UINT64_C(0x8972188433a5c5b7) },
    { 63, UINT64_C(0x385d3e39e5f37359) },
};

static void hashes_are_those_of_cpython(void **state) {
    (void)state;
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)i;
    static const edoi_siphash_secret zeros = { 0, 0 };
    for (size_t i = 0; i < EDO_COUNT(vectors); i++)
        assert_true(edoi_siphash13(&zeros, bytes, vectors[i].n) == vectors[i].hash);
}

static void secret_changes_the_hash(void **state) {
    (void)state;
    edoi_siphash_secret one = { 0, 0 }, other = { 0, 0 };
    edoi_siphash_secret_make(&one);
    edoi_siphash_secret_make(&other);
    assert_true(edoi_siphash13(&one, "key", 3) != edoi_siphash13(&other, "key", 3));
    assert_true(edoi_siphash13(&one, "key", 3) == edoi_siphash13(&one, "key", 3));
}

static void any_case_is_the_hash_of_the_lower_case(void **state) {
    (void)state;
    static const edoi_siphash_secret secret = { 1, 2 };
    unsigned char bytes[256], lower[256];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)i;
        lower[i] = (unsigned char)(i >= 'A' && i <= 'Z' ? i + 'a' - 'A' : i);
    }
    for (size_t from = 0; from < sizeof bytes; from++)
        for (size_t n = 0; n <= sizeof bytes - from && n <= 17; n++)
            assert_true(edoi_siphash13_any_case(&secret, bytes + from, n) ==
                        edoi_siphash13(&secret, lower + from, n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_cpython),
        cmocka_unit_test(secret_changes_the_hash),
        cmocka_unit_test(any_case_is_the_hash_of_the_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
