/* SPDX-License-Identifier: MIT */
/* fuzz/proxy_header.c: headers of the PROXY protocol. Properties: the pieces in which the input
 * arrives make no difference; what follows the header is kept, and after an error all is; a header
 * that was read is the same after it was written; no more is asked for than the header has. */
#include "fuzz.h"

#include <edo/edo.h>
#include <edo/proxy_header.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SIG "\r\n\r\n\0\r\nQUIT\n"

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("PROXY TCP4 192.0.2.1 198.51.100.7 51234 443\r\nGET /"),
    FUZZ_SEED("PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 0 65535\r\n"),
    FUZZ_SEED("PROXY UNKNOWN\r\n"),
    FUZZ_SEED("PROXY UNKNOWN a b c\r\nrest"),
    FUZZ_SEED(SIG "\x20\0\0\0rest"),
    FUZZ_SEED(SIG "\x21\0\0\5\4\0\2xxrest"),
    FUZZ_SEED(SIG "\x21\x11\0\x0c"
                  "aaaabbbbccddrest"),
    FUZZ_SEED(SIG
              "\x21\x12\0\x18\xc0\0\2\1\xc6\x33\x64\7\xc8\x22\1\xbb\1\0\2h2\3\0\4\x78\xf8\x29\x8c"
              "rest"),
    FUZZ_SEED(SIG "\x21\x21\0\x28" A32 "ccdd\4\0\1x"),
    FUZZ_SEED(SIG "\x21\x31\0\xd8" A32 A32 A32 "aaaaaaaaaaa\0" A32 A32 A32 "\0aaaaaaaaaaa"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

typedef struct reading {
    edo_buf_reader in;
    edo_stream *stream;
    edo_proxy_header header;
    int result;
} reading;

static void begin(reading *r, const void *data, size_t n, size_t piece) {
    edo_stream *all;
    EDO_TEST_OK(edo_stream_mem(&all, data, n));
    EDO_TEST_OK(edo_test_limit_new(&r->stream, all, piece));
    EDO_TEST_OK(edo_buf_reader_init(&r->in, r->stream, NULL));
    r->header = (edo_proxy_header){ 0 };
    r->result = edo_read_proxy_header(&r->in, &r->header);
}

static void end(reading *r) {
    edo_buf_reader_deinit(&r->in);
    edo_close(r->stream);
}

static bool are_equal(const edo_addr *a, const edo_addr *b) {
    return a->bytes == b->bytes && memcmp(&a->sock, &b->sock, a->bytes) == 0;
}

static void check_same(const edo_proxy_header *a, const edo_proxy_header *b) {
    EDO_TEST_EQ(a->version, b->version);
    EDO_TEST_EQ(a->is_local, b->is_local);
    EDO_TEST_EQ(a->is_dgram, b->is_dgram);
    EDO_TEST_EQ(a->has_checksum, b->has_checksum);
    EDO_TEST_TRUE(are_equal(&a->source, &b->source));
    EDO_TEST_TRUE(are_equal(&a->dest, &b->dest));
    EDO_TEST_EQ(a->tlvs_n, b->tlvs_n);
    EDO_TEST_TRUE(a->tlvs_n == 0 || memcmp(a->tlvs, b->tlvs, a->tlvs_n) == 0);
}

/* Writes the header and reads it again. A checksum is written as a TLV, so those that came with
 * one are written without their TLVs. */
static void write_again(const edo_proxy_header *h) {
    unsigned char bytes[EDO_PROXY_HEADER_MAX + 4096];
    edo_proxy_header out = *h, back;
    if (h->has_checksum) out.tlvs_n = 0;
    int n = edo_proxy_header_print(&out, bytes, sizeof bytes);
    EDO_TEST_TRUE(n > 0);
    EDO_TEST_EQ(edo_proxy_header_parse(&back, bytes, (size_t)n), n);
    if (h->has_checksum) back.tlvs_n = 0;
    check_same(&out, &back);
    EDO_TEST_EQ(edo_proxy_header_print(&out, bytes, (size_t)n - 1), -ENOSPC);
}

/* What follows the header is there; after a failure, all. */
static void check_rest(reading *r, const uint8_t *data, size_t n) {
    char *rest = malloc(n + 1);
    EDO_TEST_TRUE(rest);
    size_t have = 0;
    int got;
    while ((got = edo_read(edo_buf_reader_stream(&r->in), rest + have, n + 1 - have)) > 0)
        have += (size_t)got;
    EDO_TEST_OK(got);
    EDO_TEST_TRUE(have <= n && memcmp(rest, data + n - have, have) == 0);
    if (r->result < 0) {
        EDO_TEST_EQ(have, n);
    } else {
        EDO_TEST_EQ(edo_proxy_header_parse(&r->header, data, n), n - have);
    }
    free(rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    reading whole, pieces;
    begin(&whole, data, n, SIZE_MAX);
    begin(&pieces, data, n, 1 + n % 5);
    EDO_TEST_EQ(whole.result, pieces.result);
    if (whole.result == 0) {
        check_same(&whole.header, &pieces.header);
        write_again(&whole.header);
    }
    check_rest(&whole, data, n);
    check_rest(&pieces, data, n);
    end(&whole);
    end(&pieces);
    return 0;
}
