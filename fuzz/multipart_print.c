/* SPDX-License-Identifier: MIT */
/* fuzz/multipart_print.c: forms that are printed, and read again by our own reader. The input is
 * fields: a byte that says which parts are there, the lengths of name, file name, type and data, a
 * byte each, and their bytes. Properties: what was printed is a whole form with these fields, and
 * no byte of one gets into another; of names "%" is left out: "%22" is a quote for readers. */
#include "fuzz.h"
#include "slow_stream.h"

#include <edo/multipart.h>
#include <edo/test.h>

#include <string.h>

#define BOUNDARY   "0123456789abcdef0123456789abcdef"
#define FIELDS_MAX 8u

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0\1\0\0\1a1\3\1\5\12\2fx.txttext/plain\r\n"),
    FUZZ_SEED("\1\1\0\0\0a\2\4\6\1\5n\"m\\a/\r\nb\"x--0\r\n"),
    FUZZ_SEED("\0\4\0\0\4a\r\nb\r\n--"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

typedef struct form_field {
    edo_str name, filename, type, data;
} form_field;

/* Takes at most `most` bytes off the input. */
static edo_str take(edo_str *rest, size_t most) {
    edo_str s = { rest->ptr, most < rest->len ? most : rest->len };
    *rest = (edo_str){ rest->ptr + s.len, rest->len - s.len };
    return s;
}

static form_field take_field(edo_str *rest) {
    const edo_str head = take(rest, 5);
    const unsigned char *n = (const unsigned char *)head.ptr;
    form_field f = { .name = take(rest, n[1]) };
    if (n[0] & 1) f.filename = take(rest, n[2]);
    if (n[0] & 2) f.type = take(rest, n[3]);
    f.data = take(rest, n[4]);
    return f;
}

static bool has_byte(edo_str s, const char *bytes) {
    for (size_t i = 0; i < s.len; i++)
        if (strchr(bytes, s.ptr[i])) return true;
    return false;
}

/* Is it one that a reader gives back as it was? */
static bool is_plain(const form_field *f) {
    edo_str t = f->type;
    bool is_trimmed =
        !t.ptr || (t.len > 0 && !strchr(" \t", t.ptr[0]) && !strchr(" \t", t.ptr[t.len - 1]));
    return !has_byte(f->name, "%") && !has_byte(f->filename, "%\r\n") && is_trimmed;
}

static void check_same(edo_str a, edo_str b) {
    EDO_TEST_EQ(a.ptr != NULL, b.ptr != NULL);
    EDO_TEST_TRUE(edo_str_equal(a, b));
}

static void check_form(const edo_buf *body, const form_field *fields, size_t n, size_t piece) {
    slow_stream in = slow_stream_of((edo_str){ body->ptr, body->len }, piece);
    edo_multipart *m;
    edo_multipart_field got;
    EDO_TEST_OK(
        edo_multipart_new(&m, &in.base, EDO_STR("multipart/form-data; boundary=" BOUNDARY), NULL));
    for (size_t i = 0; i < n; i++) {
        edo_str data;
        EDO_TEST_EQ(edo_multipart_next(m, &got), 1);
        check_same(got.name, fields[i].name);
        check_same(got.filename, fields[i].filename);
        check_same(got.type, fields[i].type);
        EDO_TEST_OK(edo_multipart_bytes(m, &data, SIZE_MAX));
        EDO_TEST_TRUE(edo_str_equal(data, fields[i].data));
    }
    EDO_TEST_EQ(edo_multipart_next(m, &got), 0);
    edo_multipart_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_str rest = { (const char *)data, n };
    form_field fields[FIELDS_MAX];
    size_t fields_n = 0;
    edo_buf body = { 0 };
    while (rest.len >= 5 && fields_n < FIELDS_MAX) {
        form_field f = take_field(&rest);
        if (!is_plain(&f)) continue;
        if (edo_multipart_print_head(&body, BOUNDARY, f.name, f.filename, f.type) < 0) continue;
        EDO_TEST_OK(edo_buf_append(&body, f.data.ptr, f.data.len));
        fields[fields_n++] = f;
    }
    if (fields_n > 0) {
        EDO_TEST_OK(edo_multipart_print_end(&body, BOUNDARY));
        check_form(&body, fields, fields_n, SIZE_MAX);
        check_form(&body, fields, fields_n, 1 + n % 7);
    }
    edo_buf_deinit(&body);
    return 0;
}
