/* SPDX-License-Identifier: MIT */
/* fuzz/multipart.c: multipart bodies with the boundary "b"; the first byte says how many bytes each
 * read of the input, and of a field, gets. Properties: the fields and their bytes, or the failure,
 * are the same in whatever pieces the body comes and is read; without a failure they are what a
 * naive reader finds between the delimiters. */
#include "fuzz.h"
#include "slow_stream.h"

#include <edo/multipart.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\1--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n"
              "content-disposition: form-data; name=\"f\"; filename=\"x%22.txt\"\r\n"
              "content-type: text/plain\r\n\r\n2\r\n\r\n--c\r\n--b--\r\nend"),
    FUZZ_SEED("\3before\r\n--b \t\r\n\r\n\r\n--b\r\n\r\n\r\n--b--"),
    FUZZ_SEED("\7--b\r\nx: y\r\n z\r\n\r\n--b--"),
    FUZZ_SEED("\2--bb\r\n\r\n--b--"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* The result of a run: fields and their bytes, or a failure. */
typedef struct found {
    edo_buf text;
    int result;
} found;

static void add(found *f, const void *bytes, size_t n) {
    EDO_TEST_OK(edo_buf_append(&f->text, bytes, n));
}

static void add_str(found *f, edo_str s) {
    add(f, s.ptr ? "\1" : "\2", 1);
    if (s.len > 0) add(f, s.ptr, s.len);
}

static int read_field(edo_multipart *m, found *f, size_t piece) {
    char buf[256];
    int n;
    while ((n = edo_multipart_read(m, buf, piece)) > 0) add(f, buf, (size_t)n);
    return n;
}

static void read_all(found *f, edo_str body, size_t in_piece, size_t out_piece) {
    slow_stream in = slow_stream_of(body, in_piece);
    edo_multipart *m;
    edo_multipart_field field;
    const edo_multipart_opts opts = { .fields_max = 8, .head_bytes_max = 200 };
    EDO_TEST_OK(edo_multipart_new(&m, &in.base, EDO_STR("multipart/form-data; boundary=b"), &opts));
    while ((f->result = edo_multipart_next(m, &field)) > 0) {
        add(f, "\3", 1);
        add_str(f, field.name);
        add_str(f, field.filename);
        add_str(f, field.type);
        add(f, "\4", 1);
        f->result = read_field(m, f, out_piece);
        if (f->result < 0) break;
    }
    EDO_TEST_EQ(edo_multipart_next(m, &field), f->result); // a failure is kept, and so is the end
    edo_multipart_free(m);
}

/* ---- The naive reader ------------------------------------------------------------------------ */

static edo_str behind(edo_str s, const char *at, size_t n) {
    size_t gone = (size_t)(at - s.ptr) + n;
    return (edo_str){ s.ptr + gone, s.len - gone };
}

/* Appends the bytes of each field of a body that is well formed. */
static void read_naively(edo_buf *out, edo_str body) {
    edo_str rest = body;
    const char *at = memcmp(body.ptr, "--b", 3) == 0 ? body.ptr - 2 // where a line's end is thought
                                                     : memmem(rest.ptr, rest.len, "\r\n--b", 5);
    for (;;) {
        EDO_TEST_TRUE(at != NULL);
        rest = behind(rest, at, 5);
        if (rest.len >= 2 && memcmp(rest.ptr, "--", 2) == 0) return;
        rest = behind(rest, memmem(rest.ptr, rest.len, "\r\n", 2), 2);
        if (memcmp(rest.ptr, "\r\n", 2) == 0)
            rest = behind(rest, rest.ptr, 2);
        else
            rest = behind(rest, memmem(rest.ptr, rest.len, "\r\n\r\n", 4), 4);
        at = memmem(rest.ptr, rest.len, "\r\n--b", 5);
        EDO_TEST_TRUE(at != NULL);
        EDO_TEST_OK(edo_buf_append(out, "\4", 1));
        EDO_TEST_OK(edo_buf_append(out, rest.ptr, (size_t)(at - rest.ptr)));
    }
}

/* The bytes of fields alone. */
static void read_fields(edo_buf *out, edo_str body) {
    slow_stream in = slow_stream_of(body, SIZE_MAX);
    edo_multipart *m;
    edo_multipart_field field;
    edo_str bytes;
    const edo_multipart_opts opts = { .fields_max = 8, .head_bytes_max = 200 };
    EDO_TEST_OK(edo_multipart_new(&m, &in.base, EDO_STR("multipart/mixed;boundary=\"b\""), &opts));
    while (edo_multipart_next(m, &field) > 0) {
        EDO_TEST_OK(edo_multipart_bytes(m, &bytes, SIZE_MAX));
        EDO_TEST_OK(edo_buf_append(out, "\4", 1));
        EDO_TEST_OK(edo_buf_append(out, bytes.ptr, bytes.len));
    }
    edo_multipart_free(m);
}

static bool is_equal(const edo_buf *a, const edo_buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 1) return 0;
    found whole = { .result = 0 }, cut = { .result = 0 };
    edo_buf naive = { 0 }, fields = { 0 };
    edo_str body = { (const char *)data + 1, n - 1 };
    read_all(&whole, body, SIZE_MAX, 256);
    read_all(&cut, body, 1 + data[0] % 16, 1 + data[0] / 16);
    EDO_TEST_EQ(whole.result, cut.result);
    EDO_TEST_TRUE(is_equal(&whole.text, &cut.text));
    if (whole.result == 0 && body.len >= 3) {
        read_naively(&naive, body);
        read_fields(&fields, body);
        EDO_TEST_TRUE(is_equal(&naive, &fields));
    }
    edo_buf_deinit(&whole.text);
    edo_buf_deinit(&cut.text);
    edo_buf_deinit(&naive);
    edo_buf_deinit(&fields);
    return 0;
}
