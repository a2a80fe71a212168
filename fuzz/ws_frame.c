/* SPDX-License-Identifier: MIT */
/* fuzz/ws_frame.c: frames of WebSockets, of which each is a head, a payload and a text. Properties:
 * a head is read as soon as it is whole, is not longer than it may be, and is the same after it was
 * written; the pieces in which a payload comes make no difference to what is unmasked, and none to
 * whether it is UTF-8, which is what edo_str_is_utf8() says. */
#include "fuzz.h"

#include "web/ws/codec/frame.h"

#include <edo/base.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#define PAYLOAD_MAX 4096u

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x81\x85\1\2\3\4\x49\x67\x6f\x68\x6e"),
    FUZZ_SEED("\x01\3h\xc3\xa9\x80\2\xe2\x82"),
    FUZZ_SEED("\x82\x7e\1\0"),
    FUZZ_SEED("\x82\xff\0\0\0\0\0\1\0\0\1\2\3\4"),
    FUZZ_SEED("\x88\2\3\xe8\x89\0\x8a\0"),
    FUZZ_SEED("\x81\4\xf0\x9f\x98\x80\x81\3\xed\xa0\x80\x81\4\xf4\x90\x80\x80"),
    FUZZ_SEED("\x82\x7f\x80\0\0\0\0\0\0\0"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Reads the head of a frame; returns as edoi_ws_head_parse(). */
static int read_head(edoi_ws_head *head, const char *bytes, size_t n) {
    const char *why = NULL;
    int whole = edoi_ws_head_parse(head, bytes, n, &why);
    EDO_TEST_TRUE((whole == -EPROTO) == (why != NULL && *why));
    if (whole < 0) return whole;
    EDO_TEST_TRUE((size_t)whole <= n && whole <= (int)EDOI_WS_HEAD_MAX);
    if (whole == 0) EDO_TEST_TRUE(n < EDOI_WS_HEAD_MAX);
    edoi_ws_head early;
    for (size_t k = 0; k < (size_t)whole; k++)
        EDO_TEST_EQ(edoi_ws_head_parse(&early, bytes, k, &why), 0);
    return whole;
}

static void write_again(const edoi_ws_head *head, const char *bytes, size_t n) {
    char again[EDOI_WS_HEAD_MAX];
    size_t written =
        edoi_ws_head_print(again, head->opcode | (head->is_deflated ? 0x40u : 0), head->is_final,
                           head->length, head->is_masked ? head->mask : NULL);
    EDO_TEST_EQ(written, n);
    EDO_TEST_TRUE(memcmp(again, bytes, n) == 0); // there is one form of each head
}

static void check_mask(const edoi_ws_head *head, const char *payload, size_t n, size_t piece) {
    char whole[PAYLOAD_MAX], pieces[PAYLOAD_MAX];
    memcpy(whole, payload, n);
    memcpy(pieces, payload, n);
    edoi_ws_mask(whole, n, head->mask, 0);
    for (size_t at = 0; at < n; at += piece)
        edoi_ws_mask(pieces + at, n - at < piece ? n - at : piece, head->mask, at);
    EDO_TEST_TRUE(memcmp(whole, pieces, n) == 0);
    for (size_t i = 0; i < n; i++) EDO_TEST_EQ(whole[i], (char)(payload[i] ^ head->mask[i % 4]));
}

static bool is_utf8_in_pieces(const char *text, size_t n, size_t piece) {
    edoi_utf8_state state = { 0 };
    for (size_t at = 0; at < n; at += piece)
        if (!edoi_utf8_continue(&state, text + at, n - at < piece ? n - at : piece)) return false;
    return state.left == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const char *bytes = (const char *)data;
    size_t piece = 1 + n % 11;
    while (n > 0) {
        edoi_ws_head head;
        int head_n = read_head(&head, bytes, n);
        if (head_n <= 0) return 0;
        write_again(&head, bytes, (size_t)head_n);
        bytes += head_n;
        n -= (size_t)head_n;
        size_t here = head.length < n ? (size_t)head.length : n;
        if (here > PAYLOAD_MAX) here = PAYLOAD_MAX;
        bool is_utf8 = edo_str_is_utf8((edo_str){ bytes, here });
        EDO_TEST_EQ(is_utf8_in_pieces(bytes, here, piece), is_utf8);
        EDO_TEST_EQ(is_utf8_in_pieces(bytes, here, PAYLOAD_MAX), is_utf8);
        if (head.is_masked) check_mask(&head, bytes, here, piece);
        bytes += here;
        n -= here;
    }
    return 0;
}
