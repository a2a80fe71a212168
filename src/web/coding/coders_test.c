/* SPDX-License-Identifier: MIT */
/* Goal: a layer keeps a few coders for the next bodies, but not the memory that a sender has had
 * it take. */
#include "web/coding/coders.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_window_of_a_sender_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
