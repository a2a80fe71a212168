/* SPDX-License-Identifier: MIT */
/* fuzz/web_decompress.c: compressed bodies of clients. The first byte of the input chooses the
 * coding and how much is read at once; the rest is a body. Promises: decoding ends, gives no more
 * than its limits, and fails for good when it fails; the body comes back from an encoder as it was.
 */
#include "fuzz.h"

#include "coding/expand.h"

#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#define BYTES_MAX 200000u
#define RATIO_MAX 100u
#define FREE      65536u /* bytes to which the ratio does not apply */

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x02\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00"
              "\x00"),
    FUZZ_SEED("\x03\x78\x9c\x4b\x04\x00\x00\x62\x00\x62"),
    FUZZ_SEED("\x01\x0b\x00\x80\x61\x03"),
    FUZZ_SEED("\x00\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00\x61"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Reads to the end of the body, or its failure; returns the last result. */
static int read_all(edoi_coders *coders, edoi_coding coding, edo_str body, size_t piece,
                    edo_buf *out) {
    const edoi_expand_limits limits = { BYTES_MAX, RATIO_MAX };
    edoi_share share = { .of = NULL };
    edoi_expand e;
    edo_stream *from;
    char text[512];
    int n;
    EDO_TEST_OK(edo_stream_mem(&from, body.ptr, body.len));
    edoi_expand_init(&e, from, coders, coding, &limits, &share);
    while ((n = edo_try_read(&e.stream, text, piece)) > 0) {
        EDO_TEST_TRUE((size_t)n <= piece);
        EDO_TEST_OK(edo_buf_append(out, text, (size_t)n));
    }
    EDO_TEST_TRUE(out->len <= BYTES_MAX);
    EDO_TEST_TRUE(out->len <= FREE || out->len / RATIO_MAX <= body.len);
    EDO_TEST_EQ(edo_try_read(&e.stream, text, piece), n);
    EDO_TEST_EQ(coders->bodies_n, 0);
    edo_close(from);
    return n;
}

/* Encodes in pieces, the last one with the end. */
static void encode(edoi_coder *coder, edo_str body, edo_buf *out) {
    edoi_spans s = { body.ptr, body.len, coder->buffer, 0 };
    int got;
    do {
        s.out = coder->buffer;
        s.out_n = EDOI_CODER_BYTES;
        got = coder->ops->code(coder->state, &s, EDOI_CODE_END);
        EDO_TEST_TRUE(got >= 0);
        EDO_TEST_OK(edo_buf_append(out, coder->buffer, EDOI_CODER_BYTES - s.out_n));
    } while (got == 0);
}

static void check(edoi_coding coding, edo_str body, size_t piece) {
    edoi_coders decoders, encoders;
    edoi_coder *encoder;
    edo_buf text = { 0 }, packed = { 0 }, again = { 0 };
    edoi_coders_init(&decoders, true, 0, 1);
    edoi_coders_init(&encoders, false, 1, 1);
    EDO_TEST_OK(edoi_coders_get(&encoders, &encoder, coding));
    int n = read_all(&decoders, coding, body, piece, &text);
    EDO_TEST_TRUE(n == 0 || n == -EBADMSG || n == -EMSGSIZE || n == -ENOMEM);
    encode(encoder, body, &packed);
    edoi_coders_put(&encoders, encoder);
    edo_str whole = { packed.ptr, packed.len };
    EDO_TEST_EQ(read_all(&decoders, coding, whole, piece, &again), 0); // also after a failure
    EDO_TEST_TRUE(edo_str_equal((edo_str){ again.ptr, again.len }, body));
    edoi_coders_deinit(&decoders);
    edoi_coders_deinit(&encoders);
    edo_buf_deinit(&text);
    edo_buf_deinit(&packed);
    edo_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0 || n > FREE) return 0;
    edoi_coding coding = (edoi_coding)(data[0] % EDOI_CODINGS_N);
    size_t piece = data[0] & 0x80 ? 1 : 512;
    if (!edoi_decoder_of(coding)) return 0; // not in this build
    check(coding, (edo_str){ (const char *)data + 1, n - 1 }, piece);
    return 0;
}
