/* SPDX-License-Identifier: MIT */
/* otlp/encode/wire.c: see wire.h. */
#include "otlp/encode/wire.h"

#include "base/text/utf8.h"

void edoi_otlp_put_raw(edoi_otlp_out *out, const void *bytes, size_t n) {
    if (out->to && n > 0) memcpy(out->to + out->n, bytes, n);
    out->n += n;
}

static void put_varint(edoi_otlp_out *out, uint64_t n) {
    size_t bytes = edoi_varint_bytes(n);
    if (out->to) (void)edoi_varint_write(out->to + out->n + bytes, n);
    out->n += bytes;
}

static void put_tag(edoi_otlp_out *out, uint32_t field, edoi_wire_type type) {
    put_varint(out, (uint64_t)field << 3 | type);
}

void edoi_otlp_put_number(edoi_otlp_out *out, uint32_t field, uint64_t n) {
    put_tag(out, field, EDOI_WIRE_VARINT);
    put_varint(out, n);
}

void edoi_otlp_put_32(edoi_otlp_out *out, uint32_t field, uint32_t n) {
    uint32_t little = edoi_little_32(n);
    put_tag(out, field, EDOI_WIRE_32);
    edoi_otlp_put_raw(out, &little, sizeof little);
}

void edoi_otlp_put_64(edoi_otlp_out *out, uint32_t field, uint64_t n) {
    uint64_t little = edoi_little_64(n);
    put_tag(out, field, EDOI_WIRE_64);
    edoi_otlp_put_raw(out, &little, sizeof little);
}

void edoi_otlp_put_double(edoi_otlp_out *out, uint32_t field, double n) {
    uint64_t bits;
    memcpy(&bits, &n, sizeof bits);
    edoi_otlp_put_64(out, field, bits);
}

void edoi_otlp_put_head(edoi_otlp_out *out, uint32_t field, size_t n) {
    put_tag(out, field, EDOI_WIRE_BYTES);
    put_varint(out, n);
}

void edoi_otlp_put_bytes(edoi_otlp_out *out, uint32_t field, const void *bytes, size_t n) {
    edoi_otlp_put_head(out, field, n);
    edoi_otlp_put_raw(out, bytes, n);
}

static void mend_utf8(char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t point;
        size_t length = edoi_utf8_decode((unsigned char *)text + i, n - i, &point);
        if (length == 0) text[i] = '?';
        i += length > 0 ? length : 1;
    }
}

void edoi_otlp_put_text(edoi_otlp_out *out, uint32_t field, edo_str text) {
    edoi_otlp_put_bytes(out, field, text.ptr, text.len);
    if (!out->to || edoi_is_ascii(text.ptr, text.len)) return;
    mend_utf8(out->to + out->n - text.len, text.len);
}

size_t edoi_otlp_count(edoi_otlp_part_fn *fn, const void *arg) {
    edoi_otlp_out counted = { .to = NULL };
    fn(&counted, arg);
    return counted.n;
}

void edoi_otlp_put_part(edoi_otlp_out *out, uint32_t field, edoi_otlp_part_fn *fn,
                        const void *arg) {
    edoi_otlp_put_head(out, field, edoi_otlp_count(fn, arg));
    fn(out, arg);
}
