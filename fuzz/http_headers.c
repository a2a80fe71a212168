/* SPDX-License-Identifier: MIT */
/* fuzz/http_headers.c: names and values of fields, from lines "name: value". Properties: what a map
 * took is what a parser reads from it when it is written down; no field adds a line. */
#include "fuzz.h"

#include "http/h1/head.h"

#include <edo/headers.h>
#include <edo/test.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("Host: a\nX-Own:  b\t\nvia: 1\nVIA: 2\n"),
    FUZZ_SEED("Set-Cookie: a=b\nset-cookie: c=d\nContent-Length: 1\r"),
    FUZZ_SEED(": a\nb c: d\ne:\n"),
    FUZZ_SEED("x: \0\ny: \xc3\xbc\nz: \x7f\n"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void take(edo_headers *h, edo_str line) {
    const char *colon = line.len > 0 ? memchr(line.ptr, ':', line.len) : NULL;
    size_t n = colon ? (size_t)(colon - line.ptr) : line.len;
    edo_str name = { line.ptr, n };
    edo_str value = { line.ptr + (colon ? n + 1 : n), line.len - (colon ? n + 1 : n) };
    bool is_good = edo_header_name_is_valid(name) && edo_header_value_is_valid(value);
    size_t before = edo_headers_count(h);
    int err = n % 3 == 0 ? edo_headers_set_named(h, name, value)
                         : edo_headers_append_named(h, name, value);
    EDO_TEST_EQ(err, is_good ? 0 : -EINVAL);
    if (err < 0) EDO_TEST_EQ(edo_headers_count(h), before);
    if (err == 0) EDO_TEST_TRUE(edo_headers_get_named(h, name).ptr != NULL);
}

/* Writes the map down as trailers, and reads them. */
static void check_back(const edo_headers *h) {
    edo_buf text = { 0 };
    for (size_t i = 0; i < edo_headers_count(h); i++) {
        const edo_header *f = edo_headers_at(h, i);
        EDO_TEST_OK(edo_buf_append(&text, f->name.ptr, f->name.len));
        EDO_TEST_OK(edo_buf_append(&text, ": ", 2));
        EDO_TEST_OK(edo_buf_append(&text, f->value.ptr, f->value.len));
        EDO_TEST_OK(edo_buf_append(&text, "\r\n", 2));
    }
    EDO_TEST_OK(edo_buf_append(&text, "\r\n", 2));
    edo_headers read;
    edoi_h1_head head;
    edo_headers_init(&read);
    edoi_h1_head_init(&head, EDOI_H1_TRAILERS, &read, &(edoi_h1_opts){ .headers_max = UINT32_MAX });
    EDO_TEST_EQ(edoi_h1_head_parse(&head, text.ptr, text.len), text.len);
    EDO_TEST_EQ(edo_headers_count(&read), edo_headers_count(h));
    for (size_t i = 0; i < edo_headers_count(h); i++) {
        const edo_header *a = edo_headers_at(h, i), *b = edo_headers_at(&read, i);
        EDO_TEST_EQ(a->id, b->id);
        EDO_TEST_TRUE(edo_str_equal(a->name, b->name) && edo_str_equal(a->value, b->value));
    }
    edo_headers_deinit(&read);
    edo_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_headers h;
    edo_headers_init(&h);
    edo_str rest = { (const char *)data, n };
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t line = end ? (size_t)(end - rest.ptr) : rest.len;
        take(&h, (edo_str){ rest.ptr, line });
        size_t gone = end ? line + 1 : line;
        rest = (edo_str){ rest.ptr + gone, rest.len - gone };
    }
    check_back(&h);
    edo_headers_deinit(&h);
    return 0;
}
