/* SPDX-License-Identifier: MIT */
/* Goal: a layer keeps a few coders for the next bodies, but not the memory that a sender has had
 * it take. */
#include "coding/coders.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A frame of one letter, whose window has 1 KiB << `exponent`. */
static void decode_letter(edoi_coders *c, unsigned exponent) {
    const unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, (unsigned char)(exponent << 3),
                                    9,    0,    0,    'a' };
    edoi_coder *coder;
    assert_int_equal(edoi_coders_get(c, &coder, EDOI_CODING_ZSTD), 0);
    edoi_spans s = { (const char *)frame, sizeof frame, coder->buffer, EDOI_CODER_BYTES };
    assert_int_equal(coder->ops->code(coder->state, &s, EDOI_CODE_RUN), EDOI_CODE_DONE);
    assert_int_equal(s.out_n, EDOI_CODER_BYTES - 1);
    assert_int_equal(coder->buffer[0], 'a');
    edoi_coders_put(c, coder);
}

static void large_window_of_a_sender_is_not_kept(void **state) {
    edoi_coders c;
    (void)state;
    if (!edoi_decoder_of(EDOI_CODING_ZSTD)) {
        print_message("skipped: this build has no zstd\n");
        skip();
    }
    edoi_coders_init(&c, true, 0, 2);
    decode_letter(&c, 8); // 256 KiB, as our own encoder has
    assert_non_null(c.kept[EDOI_CODING_ZSTD]->state);
    decode_letter(&c, 13); // 8 MiB
    assert_null(c.kept[EDOI_CODING_ZSTD]->state);
    decode_letter(&c, 8); // it is made anew
    assert_non_null(c.kept[EDOI_CODING_ZSTD]->state);
    edoi_coders_deinit(&c);
}

/* Decodes the begin of a body. Returns what the coder did. */
static int begin_with(edoi_coding coding, const unsigned char *bytes, size_t n) {
    edoi_coders c;
    edoi_coder *coder;
    edoi_coders_init(&c, true, 0, 1);
    assert_int_equal(edoi_coders_get(&c, &coder, coding), 0);
    edoi_spans s = { (const char *)bytes, n, coder->buffer, EDOI_CODER_BYTES };
    int got = coder->ops->code(coder->state, &s, EDOI_CODE_RUN);
    if (got == 0) assert_memory_equal(coder->buffer, "ab", 2);
    edoi_coders_put(&c, coder);
    edoi_coders_deinit(&c);
    return got;
}

static void window_of_more_than_8_mib_is_refused(void **state) {
    // br: a window of 2^24 or 2^23 bytes; then as many are announced as they are, and two follow
    unsigned char br[] = { 0xcf, 0xff, 0xff, 0xff, 'a', 'b' };
    unsigned char zstd[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 14 << 3, 16, 0, 0, 'a', 'b' };
    (void)state;
    if (edoi_decoder_of(EDOI_CODING_BR)) {
        assert_int_equal(begin_with(EDOI_CODING_BR, br, sizeof br), -EMSGSIZE);
        br[0] = 0xcd;
        assert_int_equal(begin_with(EDOI_CODING_BR, br, sizeof br), 0);
    } else {
        print_message("skipped in part: this build has no brotli\n");
    }
    if (edoi_decoder_of(EDOI_CODING_ZSTD)) {
        assert_int_equal(begin_with(EDOI_CODING_ZSTD, zstd, sizeof zstd), -EMSGSIZE);
        zstd[5] = 13 << 3;
        assert_int_equal(begin_with(EDOI_CODING_ZSTD, zstd, sizeof zstd), 0);
    } else {
        print_message("skipped in part: this build has no zstd\n");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_window_of_a_sender_is_not_kept),
        cmocka_unit_test(window_of_more_than_8_mib_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
