/* SPDX-License-Identifier: MIT */
/* Goal: what two ends agree on about compression, and messages through zlib, are what RFC 7692
 * says.
 * Method: its examples; offers with their responses; random messages through both directions, cut
 * and changed. */
#include "seed.h"
#include "web/ws/codec/deflate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All pieces of a message. */
static int expand_all(edoi_ws_deflate *d, edo_str message, size_t most, edo_buf *out) {
    edoi_ws_expansion e = { .machine = NULL };
    int err;
    do err = edoi_ws_expand(d, &e, message, most, out);
    while (err == 1);
    return err;
}

static bool cannot(void) {
    if (edoi_ws_can_deflate()) return false;
    print_message("skipped: this build has no zlib\n");
    return true;
}

static void offer_is_agreed_to_as_far_as_both_can(void **state) {
    static const struct {
        const char *offer;
        bool keeps;
        uint8_t bits;
        const char *wanted; /* NULL: nothing is agreed on */
    } cases[] = {
#define BOTH "; server_no_context_takeover; client_no_context_takeover"
        { "permessage-deflate", false, 0, "permessage-deflate" BOTH },
        { "permessage-deflate", true, 0, "permessage-deflate" },
        { "permessage-deflate; client_max_window_bits", false, 0, "permessage-deflate" BOTH },
        { "permessage-deflate; client_max_window_bits", true, 10,
          "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10" },
        { "permessage-deflate", true, 10, "permessage-deflate; server_max_window_bits=10" },
        { "permessage-deflate; client_max_window_bits=12", true, 0,
          "permessage-deflate; client_max_window_bits=12" },
        { "permessage-deflate;server_max_window_bits=\"9\"", true, 0,
          "permessage-deflate; server_max_window_bits=9" },
        { "permessage-deflate; server_max_window_bits=15", true, 0,
          "permessage-deflate; server_max_window_bits=15" },
        { "permessage-deflate; server_no_context_takeover", true, 0,
          "permessage-deflate; server_no_context_takeover" },
        { "Permessage-Deflate; client_no_context_takeover", true, 0,
          "permessage-deflate; client_no_context_takeover" },
        { "foo, permessage-deflate; server_max_window_bits=8, permessage-deflate", true, 0,
          "permessage-deflate" },
        { "permessage-deflate; client_max_window_bits=8", true, 0,
          "permessage-deflate; client_max_window_bits=8" },
        { "permessage-deflate; server_max_window_bits=8", true, 0, NULL },
        { "permessage-deflate; server_max_window_bits", true, 0, NULL },
        { "permessage-deflate; server_max_window_bits=16", true, 0, NULL },
        { "permessage-deflate; server_max_window_bits=09", true, 0, NULL },
        { "permessage-deflate; server_no_context_takeover=1", true, 0, NULL },
        { "permessage-deflate; client_max_window_bits; client_max_window_bits=9", true, 0, NULL },
        { "permessage-deflate; server_no_context_takeover; server_no_context_takeover", true, 0,
          NULL },
        { "permessage-deflate; unknown", true, 0, NULL },
        { "permessage-deflate;", true, 0, "permessage-deflate" },
        { "permessage-deflates", true, 0, NULL },
        { "", true, 0, NULL },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_ws_opts o = { .deflate_keeps_context = cases[i].keeps, .deflate_bits = cases[i].bits };
        edoi_ws_agreed a;
        char text[EDOI_WS_EXTENSION_MAX];
        bool agreed = edoi_ws_agree(&a, edo_str_of(cases[i].offer), &o);
        assert_int_equal(agreed, cases[i].wanted != NULL);
        if (!agreed) continue;
        size_t n = edoi_ws_print_agreed(text, &a);
        assert_int_equal(n, strlen(text));
        assert_string_equal(text, cases[i].wanted);
    }
}

static void response_beyond_the_offer_is_refused(void **state) {
    static const struct {
        const char *response;
        bool keeps;
        int err;
        uint8_t our_bits, their_bits;
        bool our_context, their_context;
    } cases[] = {
        { "", false, 0, 0, 0, false, false },
        { "permessage-deflate" BOTH, false, 0, 15, 15, false, false },
        { "permessage-deflate; server_no_context_takeover", false, 0, 15, 15, false, false },
        { "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9", true, 0, 9, 10,
          true, true },
        { "permessage-deflate; client_no_context_takeover", true, 0, 15, 15, false, true },
        { "permessage-deflate", false, -EPROTO, 0, 0, false, false },
        { "permessage-deflate; client_max_window_bits", true, -EPROTO, 0, 0, false, false },
        { "permessage-deflate; client_max_window_bits=8", true, 0, 8, 15, true, true },
        { "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8", true, 0, 8, 8,
          true, true },
        { "permessage-deflate; client_max_window_bits=7", true, -EPROTO, 0, 0, false, false },
        { "permessage-deflate, permessage-deflate", true, -EPROTO, 0, 0, false, false },
        { "permessage-bzip2", true, -EPROTO, 0, 0, false, false },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_ws_opts o = { .deflate = true, .deflate_keeps_context = cases[i].keeps };
        edoi_ws_agreed a;
        assert_int_equal(edoi_ws_take_response(&a, edo_str_of(cases[i].response), &o),
                         cases[i].err);
        if (cases[i].err < 0) continue;
        assert_int_equal(a.our_bits, cases[i].our_bits);
        assert_int_equal(a.their_bits, cases[i].their_bits);
        assert_int_equal(a.our_context, cases[i].our_context);
        assert_int_equal(a.their_context, cases[i].their_context);
    }
    edoi_ws_agreed a; // nothing was offered
    assert_int_equal(edoi_ws_take_response(&a, EDO_STR("permessage-deflate"), &(edo_ws_opts){ 0 }),
                     -EPROTO);
}

static const edoi_ws_agreed alone = { .our_bits = 15, .their_bits = 15 };
static const edoi_ws_agreed together = {
    .our_bits = 15, .their_bits = 15, .our_context = true, .their_context = true
};

static void expect(edoi_ws_deflate *d, const char *bytes, size_t n, const char *wanted) {
    edo_buf out = { 0 };
    assert_int_equal(expand_all(d, (edo_str){ bytes, n }, 1000, &out), 0);
    assert_int_equal(out.len, strlen(wanted));
    if (out.len > 0) assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
}

#define EXPECT(d, bytes, wanted) expect(d, bytes, sizeof(bytes) - 1, wanted)

static void examples_of_the_rfc_are_understood(void **state) {
    (void)state;
    if (cannot()) skip();
    edoi_ws_deflate d = { .agreed = alone };
    EXPECT(&d, "\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello");
    EXPECT(&d, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"); // not compressed
    EXPECT(&d, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello");             // BFINAL
    EXPECT(&d, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello");
    EXPECT(&d, "\x00", "");
    edoi_ws_deflate_deinit(&d);
    d.agreed = together;
    EXPECT(&d, "\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello");
    EXPECT(&d, "\xf2\x00\x11\x00\x00", "Hello"); // from the window
    edoi_ws_deflate_deinit(&d);
}

static void bad_or_large_data_is_refused(void **state) {
    edoi_ws_deflate d = { .agreed = alone, .ratio_max = UINT16_MAX };
    edo_buf out = { 0 };
    static char zeros[1 << 20];
    (void)state;
    if (cannot()) skip();
    assert_int_equal(expand_all(&d, EDO_STR("\xff\xff\xff"), 1000, &out), -EILSEQ);
    assert_int_equal(expand_all(&d, EDO_STR("\xf2\x00\x11\x00\x00"), 1000, &out), -EILSEQ);
    out.len = 0;
    edo_buf small = { 0 };
    assert_int_equal(edoi_ws_compress(&d, (edo_str){ zeros, sizeof zeros }, &small), 0);
    assert_true(small.len < 8000);
    edo_str bomb = { small.ptr, small.len };
    assert_int_equal(expand_all(&d, bomb, sizeof zeros - 1, &out), -EMSGSIZE);
    assert_true(out.cap <= sizeof zeros);
    edo_buf_deinit(&out);
    assert_int_equal(expand_all(&d, bomb, sizeof zeros / 2, &out), -EMSGSIZE);
    assert_true(out.cap <= sizeof zeros / 2 + 1); // a power of two, and the byte that is too much
    edo_buf_deinit(&out);
    assert_int_equal(expand_all(&d, bomb, 1000, &out), -EMSGSIZE);
    assert_true(out.cap <= 4096);
    out.len = 0;
    assert_int_equal(expand_all(&d, bomb, sizeof zeros, &out), 0);
    assert_int_equal(out.len, sizeof zeros);
    edo_buf_deinit(&out);
    edo_buf_deinit(&small);
    edoi_ws_deflate_deinit(&d);
}

/* Expands a message of that many bytes, of which each row is as `row`; gives what came of it. */
static int expand_rows(size_t n, const char *row, size_t *made) {
    edoi_ws_deflate d = { .agreed = alone };
    edo_buf text = { 0 }, small = { 0 }, out = { 0 };
    for (int i = 0; text.len < n; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", i);
        assert_int_equal(edo_buf_append(&text, row, strlen(row) + 1), 0);
        if (*row) assert_int_equal(edo_buf_append(&text, number, strlen(number)), 0);
    }
    assert_int_equal(edoi_ws_compress(&d, (edo_str){ text.ptr, text.len }, &small), 0);
    int err = expand_all(&d, (edo_str){ small.ptr, small.len }, SIZE_MAX, &out);
    *made = out.len;
    if (err == 0) assert_int_equal(out.len, text.len);
    edo_buf_deinit(&text);
    edo_buf_deinit(&small);
    edo_buf_deinit(&out);
    edoi_ws_deflate_deinit(&d);
    return err;
}

static void bomb_is_refused_behind_1_mib_and_text_that_repeats_passes(void **state) {
    static const char row[] = "{\"name\":\"\",\"tags\":[],\"is_active\":true,\"id\":";
    size_t made;
    (void)state;
    if (cannot()) skip();
    assert_int_equal(expand_rows(4 << 20, "", &made), -EMSGSIZE);
    assert_true(made <= 1056u << 10);
    assert_int_equal(expand_rows(128 << 10, "", &made), 0); // whatever the ratio
    assert_int_equal(expand_rows(1 << 20, "", &made), 0);
    assert_int_equal(expand_rows(4 << 20, row, &made), 0);
}

static void message_comes_back_with_any_window_and_context(void **state) {
    static char text[200000];
    unsigned random = (unsigned)test_seed(11);
    (void)state;
    if (cannot()) skip();
    for (unsigned kind = 0; kind < 16; kind++) {
        edoi_ws_deflate d = { .agreed = kind % 2 ? together : alone, .level = (int)(kind % 4) };
        d.agreed.our_bits = (uint8_t)(8 + kind / 2);
        for (int run = 0; run < 30; run++) {
            size_t n = (size_t)rand_r(&random) % (run == 0 ? sizeof text : 3000);
            for (size_t i = 0; i < n; i++) text[i] = (char)(rand_r(&random) % (run % 3 ? 4 : 256));
            edo_buf small = { 0 }, out = { 0 };
            assert_int_equal(edoi_ws_compress(&d, (edo_str){ text, n }, &small), 0);
            edo_str bytes = { small.ptr, small.len };
            assert_int_equal(expand_all(&d, bytes, sizeof text, &out), 0);
            assert_int_equal(out.len, n);
            if (n > 0) assert_memory_equal(out.ptr, text, n);
            edo_buf_deinit(&small);
            edo_buf_deinit(&out);
        }
        edoi_ws_deflate_deinit(&d);
    }
}

/* Compresses with a window of `bits`. Returns the length. */
static size_t compressed_n(uint8_t bits, const char *text, size_t n) {
    edoi_ws_deflate d = { .agreed = { .our_bits = bits, .their_bits = 15 } };
    edo_buf small = { 0 };
    assert_int_equal(edoi_ws_compress(&d, (edo_str){ text, n }, &small), 0);
    size_t made = small.len;
    edo_buf_deinit(&small);
    edoi_ws_deflate_deinit(&d);
    return made;
}

#define APART 257u /* bytes between a text and its copy: one more than a window of 8 bits has */

static void least_window_is_not_looked_beyond(void **state) {
    char text[8 * APART];
    unsigned random = (unsigned)test_seed(12);
    (void)state;
    if (cannot()) skip();
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i < APART ? rand_r(&random) % 256 : text[i - APART]);
    assert_true(compressed_n(12, text, sizeof text) < 2 * APART);
    assert_true(compressed_n(8, text, sizeof text) > sizeof text / 10 * 9);
    memset(text, 'a', sizeof text);
    assert_true(compressed_n(8, text, sizeof text) < 100); // it is compressed all the same
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offer_is_agreed_to_as_far_as_both_can),
        cmocka_unit_test(response_beyond_the_offer_is_refused),
        cmocka_unit_test(examples_of_the_rfc_are_understood),
        cmocka_unit_test(bad_or_large_data_is_refused),
        cmocka_unit_test(bomb_is_refused_behind_1_mib_and_text_that_repeats_passes),
        cmocka_unit_test(message_comes_back_with_any_window_and_context),
        cmocka_unit_test(least_window_is_not_looked_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
