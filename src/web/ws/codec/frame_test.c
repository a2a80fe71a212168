/* SPDX-License-Identifier: MIT */
/* Goal: frames, masks, hashes and pieces of text are what RFC 6455 and the others say.
 * Method: their vectors; and random bytes against plain loops. */
#include "base/text/sha1.h"
#include "seed.h"
#include "web/ws/codec/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hash_is_that_of_rfc_3174(void **state) {
    static const struct {
        const char *text, *hash;
    } vectors[] = {
        { "abc",
          "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "\x84\x98\x3e\x44\x1c\x3b\xd2\x6e\xba\xae\x4a\xa1\xf9\x51\x29\xe5\xe5\x46\x70\xf1" },
        { "", "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09" },
    };
    unsigned char hash[EDOI_SHA1_BYTES];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(vectors); i++) {
        edoi_sha1(hash, edo_str_of(vectors[i].text));
        assert_memory_equal(hash, vectors[i].hash, sizeof hash);
    }
    char many[1000];
    memset(many, 'a', sizeof many);
    edoi_sha1(hash, (edo_str){ many, sizeof many });
    assert_memory_equal(
        hash, "\x29\x1e\x9a\x6c\x66\x99\x49\x49\xb5\x7b\xa5\xe6\x50\x36\x1e\x98\xfc\x36\xb1\xba",
        sizeof hash);
}

static void mask_is_that_of_each_place(void **state) {
    const unsigned char mask[4] = { 0x12, 0x00, 0xff, 0x80 };
    (void)state;
    for (size_t n = 0; n < 300; n++) {
        for (size_t at = 0; at < 9; at++) {
            char bytes[300], wanted[300];
            for (size_t i = 0; i < n; i++) bytes[i] = (char)(i * 7);
            for (size_t i = 0; i < n; i++) wanted[i] = (char)(bytes[i] ^ mask[(at + i) % 4]);
            edoi_ws_mask(bytes, n, mask, at);
            assert_memory_equal(bytes, wanted, n);
        }
    }
}

static void head_that_was_printed_is_parsed(void **state) {
    static const uint64_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, INT64_MAX };
    const unsigned char mask[4] = { 1, 2, 3, 4 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) {
        for (int masked = 0; masked < 2; masked++) {
            char bytes[EDOI_WS_HEAD_MAX];
            edoi_ws_head head;
            const char *why;
            size_t n = edoi_ws_head_print(bytes, EDOI_WS_BINARY, masked == 0, lengths[i],
                                          masked ? mask : NULL);
            for (size_t k = 0; k < n; k++) {
                assert_int_equal(edoi_ws_head_parse(&head, bytes, k, &why), 0);
                assert_false(edoi_ws_frame_is_whole(bytes, k));
            }
            size_t whole = n + (size_t)lengths[i]; // of which only the head is looked at
            assert_true(edoi_ws_frame_is_whole(bytes, whole));
            assert_false(edoi_ws_frame_is_whole(bytes, whole - 1));
            assert_int_equal(edoi_ws_head_parse(&head, bytes, n, &why), n);
            assert_true(head.length == lengths[i] && head.opcode == EDOI_WS_BINARY);
            assert_true(head.is_final == (masked == 0) && head.is_masked == (masked == 1));
            if (masked) assert_memory_equal(head.mask, mask, 4);
        }
    }
}

static void head_that_breaks_a_rule_is_refused(void **state) {
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        { "\xa2\x00", 2 },                                  // a reserved bit
        { "\x83\x00", 2 },                                  // an unknown opcode
        { "\x8b\x00", 2 },                                  // an unknown control opcode
        { "\x09\x00", 2 },                                  // a ping in fragments
        { "\x89\x7e", 2 },                                  // a long ping
        { "\x82\x7e\x00\x7d", 4 },                          // 125 in two bytes
        { "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10 }, // 65,535 in eight
        { "\x82\x7f\x80\x00\x00\x00\x00\x01\x00\x00", 10 }, // the highest bit
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edoi_ws_head head;
        const char *why = NULL;
        assert_int_equal(edoi_ws_head_parse(&head, bad[i].bytes, bad[i].n, &why), -EPROTO);
        assert_non_null(why);
    }
}

static void codes_are_those_that_may_be_sent(void **state) {
    static const unsigned good[] = { 1000, 1003, 1007, 1014, 3000, 4999 };
    static const unsigned bad[] = { 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(good); i++) assert_true(edoi_ws_code_is_valid(good[i]));
    for (size_t i = 0; i < EDO_COUNT(bad); i++) assert_false(edoi_ws_code_is_valid(bad[i]));
}

/* Text that is UTF-8 as a whole is so in any pieces, and other text never is. */
static void text_in_pieces_is_checked_as_a_whole(void **state) {
    static const char parts[][8] = { "a",        "\xc3\xa9",     "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                     "\xc0",     "\xed\xa0\x80", "\xf5",         "\x80",
                                     "\xe0\x80", "\xf4\x90",     "bcdefgh",      "\xef\xbf\xbf" };
    unsigned random = (unsigned)test_seed(7);
    (void)state;
    for (int run = 0; run < 20000; run++) {
        char text[64];
        size_t n = 0;
        for (int i = rand_r(&random) % 8; i >= 0; i--) {
            int most = rand_r(&random) % 4 ? 4 : (int)EDO_COUNT(parts);
            const char *part = parts[rand_r(&random) % most];
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
        }
        edoi_utf8_state s = { 0 };
        bool is_good = true;
        for (size_t at = 0; at < n && is_good;) {
            size_t piece = 1 + (size_t)rand_r(&random) % (n - at);
            is_good = edoi_utf8_continue(&s, text + at, piece);
            at += piece;
        }
        assert_int_equal(is_good && s.left == 0, edo_str_is_utf8((edo_str){ text, n }));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_that_of_rfc_3174),
        cmocka_unit_test(mask_is_that_of_each_place),
        cmocka_unit_test(head_that_was_printed_is_parsed),
        cmocka_unit_test(head_that_breaks_a_rule_is_refused),
        cmocka_unit_test(codes_are_those_that_may_be_sent),
        cmocka_unit_test(text_in_pieces_is_checked_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
