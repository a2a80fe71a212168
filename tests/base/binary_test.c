/* SPDX-License-Identifier: MIT */
/* Goal: numbers lie in memory in the order of bytes that their function names, at any address, and
 * nothing beside them is touched.
 * Method: each width and order, at each offset in a word, against bytes that are written out. */
#include <edo/binary.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define EDGE 0xee /* around the number */

static const unsigned char up[8] = { 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8 };
static const unsigned char down[8] = { 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3, 0xf2, 0xf1 };

static void check_edges(const unsigned char *bytes, size_t at, size_t n, size_t all) {
    for (size_t i = 0; i < all; i++)
        if (i < at || i >= at + n) assert_int_equal(bytes[i], EDGE);
}

/* `order` is that of the bytes, `number` what they are. */
#define CHECK_NUMBER(name, type, number, order)                                                    \
    for (size_t at = 0; at < 8; at++) {                                                            \
        unsigned char bytes[24];                                                                   \
        memset(bytes, EDGE, sizeof bytes);                                                         \
        edo_store_##name(bytes + at, (number));                                                    \
        assert_memory_equal(bytes + at, (order), sizeof(type));                                    \
        check_edges(bytes, at, sizeof(type), sizeof bytes);                                        \
        type back = edo_load_##name(bytes + at);                                                   \
        assert_true(back == (number));                                                             \
    }

static void numbers_lie_in_the_order_that_is_named(void **state) {
    (void)state;
    CHECK_NUMBER(u16be, uint16_t, 0xf1f2, up)
    CHECK_NUMBER(u32be, uint32_t, 0xf1f2f3f4, up)
    CHECK_NUMBER(u64be, uint64_t, UINT64_C(0xf1f2f3f4f5f6f7f8), up)
    CHECK_NUMBER(u16le, uint16_t, 0xf7f8, down)
    CHECK_NUMBER(u32le, uint32_t, 0xf5f6f7f8, down)
    CHECK_NUMBER(u64le, uint64_t, UINT64_C(0xf1f2f3f4f5f6f7f8), down)
}

static void a_sign_is_that_of_the_highest_bit(void **state) {
    unsigned char bytes[8];
    (void)state;
    edo_store_u32be(bytes, (uint32_t)INT32_C(-2));
    assert_int_equal((int32_t)edo_load_u32be(bytes), -2);
    edo_store_u64le(bytes, (uint64_t)INT64_MIN);
    assert_true((int64_t)edo_load_u64le(bytes) == INT64_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_lie_in_the_order_that_is_named),
        cmocka_unit_test(a_sign_is_that_of_the_highest_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
