/* SPDX-License-Identifier: MIT */
/* fuzz/http_chunked.c: chunked bodies. Properties: the pieces in which the input comes make no
 * difference; data is never longer than what was read; the input as the data of chunks comes back.
 *  */
#include "fuzz.h"

#include "http/h1/chunked.h"

#include <edo/base.h>
#include <edo/test.h>

#include <stdio.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("5\r\nhello\r\n0\r\n\r\n"),
    FUZZ_SEED("1\r\nh\r\n0004;a;b=c\r\nello\r\n000;x=\"y\\\"\"\r\n\r\n"),
    FUZZ_SEED("ffffffffffffffff\r\nx"),
    FUZZ_SEED("7fffffffffffffff;\r\nx"),
    FUZZ_SEED("a\r\n0123456789\r\n1\r\n\r\r\n0\r\n"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

typedef struct reading {
    edoi_chunked state;
    edo_buf data;
    size_t used;
    int result;
} reading;

static void feed(reading *r, const char *bytes, size_t n) {
    while (r->result >= 0 && r->result != EDOI_CHUNKED_LAST && n > 0) {
        size_t used;
        edo_str data;
        r->result = edoi_chunked_next(&r->state, (edo_str){ bytes, n }, &used, &data);
        EDO_TEST_TRUE(used <= n);
        if (r->result == EDOI_CHUNKED_DATA) {
            EDO_TEST_TRUE(data.len > 0 && data.ptr + data.len == bytes + used);
            EDO_TEST_OK(edo_buf_append(&r->data, data.ptr, data.len));
        }
        if (r->result == EDOI_CHUNKED_MORE) EDO_TEST_EQ(used, n);
        r->used += used;
        bytes += used;
        n -= used;
    }
}

static void check_pieces(const char *bytes, size_t n) {
    reading whole = { .used = 0 }, pieces = { .used = 0 };
    feed(&whole, bytes, n);
    for (size_t at = 0, piece = 1 + n % 5; at < n; at += piece)
        feed(&pieces, bytes + at, n - at < piece ? n - at : piece);
    EDO_TEST_EQ(whole.result < 0, pieces.result < 0);
    if (whole.result < 0) EDO_TEST_EQ(whole.result, pieces.result);
    EDO_TEST_EQ(whole.used, pieces.used);
    EDO_TEST_TRUE(edo_str_equal((edo_str){ whole.data.ptr, whole.data.len },
                                (edo_str){ pieces.data.ptr, pieces.data.len }));
    edo_buf_deinit(&whole.data);
    edo_buf_deinit(&pieces.data);
}

/* The input in chunks of several sizes. */
static void check_back(const char *bytes, size_t n) {
    edo_buf coded = { 0 };
    char line[32];
    for (size_t at = 0, piece = 1; at < n; at += piece, piece = piece * 3 % 97) {
        size_t m = n - at < piece ? n - at : piece;
        int digits = snprintf(line, sizeof line, "%zx\r\n", m);
        EDO_TEST_OK(edo_buf_append(&coded, line, (size_t)digits));
        EDO_TEST_OK(edo_buf_append(&coded, bytes + at, m));
        EDO_TEST_OK(edo_buf_append(&coded, "\r\n", 2));
    }
    EDO_TEST_OK(edo_buf_append(&coded, "0\r\n\r\n", 5));
    reading r = { .used = 0 };
    feed(&r, coded.ptr, coded.len);
    EDO_TEST_EQ(r.result, EDOI_CHUNKED_LAST);
    EDO_TEST_EQ(r.used, coded.len - 2);
    EDO_TEST_TRUE(r.data.len == n && (n == 0 || memcmp(r.data.ptr, bytes, n) == 0));
    edo_buf_deinit(&r.data);
    edo_buf_deinit(&coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    check_pieces((const char *)data, n);
    check_back((const char *)data, n);
    return 0;
}
