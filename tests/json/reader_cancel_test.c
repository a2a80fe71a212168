/* SPDX-License-Identifier: MIT */
/* Goal: a reader that is cancelled while it waits for its stream has lost nothing.
 * Method: before each byte of a text (or each few), a deadline cuts the call that waits for it; the
 * pieces must be those of the whole text in memory, and so must be the error of a text that is cut
 * off. */
#include "../support/inside.h"
#include "json_support.h"

static const char text[] =
    " { \"name\" : \"a\\u00e9\\ud83d\\ude00\\n\xf0\x9f\x98\x80 and a longer text of it\" ,"
    "\n\"list\":[1 , -2.5e-3,18446744073709551615,true,false ,null,[], {} ,"
    "123456789012345678901234567890]}  ";

typedef struct way {
    size_t bytes; /* of the text */
    size_t step;  /* bytes between two cuts */
} way;

/* Reads the text, of which `step` bytes come whenever the reader has been cut. */
static int read_cut(void *arg) {
    const way *w = arg;
    edo_stream *in, *peer;
    edo_json_reader r;
    edo_json_writer writer;
    edo_json_token token;
    outcome whole, cut = { 0 };
    size_t at = 0, cuts = 0;
    read_memory(&whole, (edo_str){ text, w->bytes });
    CHECK_EQ(edo_duplex(&in, &peer, 64), 0);
    CHECK_EQ(edo_json_reader_init_stream(&r, in, &(edo_json_opts){ .error = &cut.error }), 0);
    CHECK_EQ(edo_json_writer_init(&writer, &cut.out, NULL), 0);
    for (;;) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        cut.err = edo_deadline_end(&d, edo_json_reader_next(&r, &token));
        if (cut.err == -ETIMEDOUT) {
            size_t rest = w->bytes - at, n = rest < w->step ? rest : w->step;
            cuts++;
            if (n == 0) {
                CHECK(peer); // the end of the stream is seen at once
                edo_close(peer);
                peer = NULL;
            } else {
                CHECK_EQ(edo_try_write(peer, text + at, n), (int)n);
            }
            at += n;
        } else if (cut.err <= 0) {
            break;
        } else {
            CHECK_EQ(write_token(&writer, &token), 0);
        }
    }
    CHECK_EQ(cuts, (w->bytes + w->step - 1) / w->step + 1);
    CHECK(same_bytes(&whole.out, &cut.out) && same_error(&whole, &cut));
    edo_json_reader_deinit(&r);
    edo_close(in);
    edo_close(peer);
    outcome_deinit(&whole);
    outcome_deinit(&cut);
    return 0;
}

static void a_reader_that_is_cut_at_every_byte_loses_nothing(void **state) {
    (void)state;
    for (size_t step = 1; step < 20; step += 3) {
        way w = { .bytes = sizeof text - 1, .step = step };
        assert_int_equal(inside(read_cut, &w), 0);
    }
}

static void a_reader_that_is_cut_finds_the_same_error(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof text - 3; n++) {
        way w = { .bytes = n, .step = 1 };
        assert_int_equal(inside(read_cut, &w), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_is_cut_at_every_byte_loses_nothing),
        cmocka_unit_test(a_reader_that_is_cut_finds_the_same_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
