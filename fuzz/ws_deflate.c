/* SPDX-License-Identifier: MIT */
/* fuzz/ws_deflate.c: permessage-deflate. The input is an extension field up to the first line feed,
 * then a compressed message. Properties: what is agreed on is printed as a response that names only
 * what was offered, and is read again as the same; a message expands to no more than it may, and
 * what has come of it comes back when it is compressed and expanded. */
#include "fuzz.h"

#include "web/ws/codec/deflate.h"

#include <edo/base.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#define MOST 65536u

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("permessage-deflate; client_max_window_bits\n\xf2\x48\xcd\xc9\xc9\x07\x00"),
    FUZZ_SEED("permessage-deflate; server_max_window_bits=10, permessage-deflate\n\x00"),
    FUZZ_SEED("x, permessage-deflate;client_max_window_bits=\"9\"\n\xf3\x48\xcd\xc9\xc9\x07\x00"),
    FUZZ_SEED("permessage-deflate; client_max_window_bits=8\n\xf2\x48\xcd\xc9\xc9\x07\x00"),
    FUZZ_SEED("permessage-deflate; server_no_context_takeover; client_no_context_takeover\n"
              "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_field(edo_str field, bool keeps) {
    edo_ws_opts o = { .deflate = true, .deflate_keeps_context = keeps };
    edoi_ws_agreed a, again;
    char text[EDOI_WS_EXTENSION_MAX];
    (void)edoi_ws_take_response(&a, field, &o);
    if (!edoi_ws_agree(&a, field, &o)) return;
    EDO_TEST_TRUE(a.our_bits >= 9 && a.our_bits <= 15);
    EDO_TEST_TRUE(a.their_bits >= 8 && a.their_bits <= 15);
    size_t n = edoi_ws_print_agreed(text, &a);
    EDO_TEST_EQ(n, strlen(text));
    EDO_TEST_EQ(edoi_ws_take_response(&again, (edo_str){ text, n }, &o), 0);
    EDO_TEST_EQ(again.our_bits, a.has_their_bits ? a.their_bits : 15);
    EDO_TEST_EQ(again.their_bits, a.our_bits);
    EDO_TEST_EQ(again.our_context, a.their_context);
    EDO_TEST_EQ(again.their_context, a.our_context);
}

/* All pieces of a message. */
static int expand_all(edoi_ws_deflate *d, edo_str message, size_t most, edo_buf *out) {
    edoi_ws_expansion e = { .machine = NULL };
    int err;
    do err = edoi_ws_expand(d, &e, message, most, out);
    while (err == 1);
    return err;
}

static void check_message(edo_str message, bool keeps) {
    edoi_ws_deflate d = {
        .agreed = { .our_bits = 15, .their_bits = 15, .our_context = keeps, .their_context = keeps }
    };
    edoi_ws_deflate other = d;
    edo_buf out = { 0 }, small = { 0 }, again = { 0 };
    int err = expand_all(&d, message, MOST, &out);
    EDO_TEST_TRUE(err == 0 || err == -EMSGSIZE || err == -EILSEQ);
    EDO_TEST_TRUE(out.len <= (err == -EMSGSIZE ? MOST + 1 : MOST));
    if (err == 0) {
        EDO_TEST_EQ(edoi_ws_compress(&other, (edo_str){ out.ptr, out.len }, &small), 0);
        EDO_TEST_EQ(expand_all(&other, (edo_str){ small.ptr, small.len }, MOST, &again), 0);
        EDO_TEST_EQ(again.len, out.len);
        if (out.len > 0) EDO_TEST_TRUE(memcmp(again.ptr, out.ptr, out.len) == 0);
    }
    edoi_ws_deflate_deinit(&d);
    edoi_ws_deflate_deinit(&other);
    edo_buf_deinit(&out);
    edo_buf_deinit(&small);
    edo_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const char *bytes = (const char *)data, *end = n > 0 ? memchr(bytes, '\n', n) : NULL;
    size_t field_n = end ? (size_t)(end - bytes) : n;
    for (int keeps = 0; keeps < 2; keeps++) {
        check_field((edo_str){ bytes, field_n }, keeps);
        if (end && edoi_ws_can_deflate())
            check_message((edo_str){ end + 1, n - field_n - 1 }, keeps);
    }
    return 0;
}
