/* SPDX-License-Identifier: MIT */
/* Goal: programs write their own keys only, bytes come through base64 in each of its spellings, and
 * values keep their order.
 * Method: tables of keys and values, and maps as they would come from a peer. */
#include "grpc/wire/metadata.h"

#include <edo/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void keys_are_of_the_program(void **state) {
    static const char *const good[] = {
        "x", "x-y_z.9", "authorization", "user-agent", "-bin", "0"
    };
    static const char *const bad[] = { "",    "X-Y",        "grpc-",   "grpc-status",
                                       "a b", "a:",         ":path",   "content-type",
                                       "te",  "connection", "\xc3\xa9" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(good); i++)
        assert_true(edoi_grpc_key_is_valid(edo_str_of(good[i])));
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_false(edoi_grpc_key_is_valid(edo_str_of(bad[i])));
    assert_true(edoi_grpc_key_is_binary(EDO_STR("x-bin")));
    assert_false(edoi_grpc_key_is_binary(EDO_STR("-bin")));
    assert_false(edoi_grpc_key_is_binary(EDO_STR("x-bins")));
}

static void texts_are_visible_ascii(void **state) {
    static const char *const bad[] = { "a\n", "\t", "\x7f", "\xc3\xa9" };
    edo_headers h;
    edo_arena arena = { 0 };
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("k"), EDO_STR("a, b ~")), 0);
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("k"), edo_str_of(bad[i])), -EINVAL);
    assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("grpc-x"), EDO_STR("a")), -EINVAL);
    assert_int_equal(edo_headers_count(&h), 1);
    edo_str got = edoi_grpc_metadata_get(&h, EDO_STR("k"), 0, &arena);
    assert_true(edo_str_equal(got, EDO_STR("a, b ~"))); // one value: commas are of the text
    edo_headers_deinit(&h);
    edo_arena_deinit(&arena);
}

static void bytes_come_back(void **state) {
    edo_headers h;
    edo_arena arena = { 0 };
    (void)state;
    edo_headers_init(&h);
    for (size_t n = 0; n < 4; n++) {
        edo_str bytes = { "\0\xff\n", n < 3 ? n : 3 };
        assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("k-bin"), bytes), 0);
        edo_str got = edoi_grpc_metadata_get(&h, EDO_STR("k-bin"), n, &arena);
        assert_non_null(got.ptr);
        assert_true(edo_str_equal(got, bytes));
        const edo_str text = edo_headers_at(&h, n)->value;
        assert_true(text.len == 0 || text.ptr[text.len - 1] != '='); // without padding
    }
    assert_null(edoi_grpc_metadata_get(&h, EDO_STR("k-bin"), 4, &arena).ptr);
    edo_headers_deinit(&h);
    edo_arena_deinit(&arena);
}

static void lists_of_bytes_are_split_before_they_are_decoded(void **state) {
    static const char *const wanted[] = { "hello", "hi", "", "a", "last" };
    edo_headers h;
    edo_arena arena = { 0 };
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("k-bin"), EDO_STR("aGVsbG8=,aGk")), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("other"), EDO_STR("x")), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("k-bin"), EDO_STR(" ,!!, YQ== ")), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("k-bin"), EDO_STR("bGFzdA")), 0);
    for (size_t i = 0; i < EDO_COUNT(wanted); i++) {
        edo_str got = edoi_grpc_metadata_get(&h, EDO_STR("k-bin"), i, &arena);
        assert_non_null(got.ptr);
        assert_true(edo_str_equal(got, edo_str_of(wanted[i])));
    }
    assert_null(edoi_grpc_metadata_get(&h, EDO_STR("k-bin"), 5, &arena).ptr);
    edo_headers_deinit(&h);
    edo_arena_deinit(&arena);
}

static void values_of_a_key_keep_their_order(void **state) {
    edo_headers h;
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("k"), EDO_STR("1")), 0);
    assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("j"), EDO_STR("x")), 0);
    assert_int_equal(edoi_grpc_metadata_add(&h, EDO_STR("k"), EDO_STR("2")), 0);
    assert_true(edo_str_equal(edoi_grpc_metadata_get(&h, EDO_STR("k"), 0, NULL), EDO_STR("1")));
    assert_true(edo_str_equal(edoi_grpc_metadata_get(&h, EDO_STR("k"), 1, NULL), EDO_STR("2")));
    assert_null(edoi_grpc_metadata_get(&h, EDO_STR("k"), 2, NULL).ptr);
    assert_null(edoi_grpc_metadata_get(&h, EDO_STR("l"), 0, NULL).ptr);
    edo_headers_deinit(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_of_the_program),
        cmocka_unit_test(texts_are_visible_ascii),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(lists_of_bytes_are_split_before_they_are_decoded),
        cmocka_unit_test(values_of_a_key_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
