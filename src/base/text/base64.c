/* SPDX-License-Identifier: MIT */
/* base/text/base64.c: see base64.h. */
#include "base/text/base64.h"

#include <edo/error.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void edoi_base64_print(char *out, const void *bytes, size_t n) {
    const unsigned char *in = bytes;
    for (size_t at = 0; at < n; at += 3, out += 4) {
        size_t left = n - at;
        uint32_t bits = (uint32_t)in[at] << 16 | (left > 1 ? (uint32_t)in[at + 1] << 8 : 0) |
                        (left > 2 ? in[at + 2] : 0);
        for (int i = 0; i < 4; i++) out[i] = digits[bits >> (18 - 6 * i) & 63];
        if (left < 3) out[3] = '=';
        if (left < 2) out[2] = '=';
    }
}

static int base64_value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int64_t base64_decode(char *out, edo_str text, bool is_lax) {
    size_t pads = 0, n = 0;
    while (pads < 2 && pads < text.len && text.ptr[text.len - 1 - pads] == '=') pads++;
    size_t digits_n = text.len - pads;
    bool lacks_pads = text.len % 4 != 0;
    if (digits_n % 4 == 1 || (lacks_pads && (!is_lax || pads > 0))) return -EDO_EVALUE;
    for (size_t at = 0; at < digits_n; at += 4) {
        size_t left = digits_n - at < 4 ? digits_n - at : 4;
        uint32_t bits = 0;
        for (size_t i = 0; i < 4; i++) {
            int value = i < left ? base64_value_of(text.ptr[at + i]) : 0;
            if (value < 0) return -EDO_EVALUE;
            bits = bits << 6 | (uint32_t)value;
        }
        if (!is_lax && bits & ((1u << (8 * (4 - left))) - 1)) return -EDO_EVALUE;
        for (size_t i = 0; i < left - 1; i++)
            out[n++] = (char)(unsigned char)(bits >> (16 - 8 * i));
    }
    return (int64_t)n;
}

int64_t edoi_base64_parse(char *out, edo_str text) {
    return base64_decode(out, text, false);
}

int edo_base64_encode(edo_str bytes, edo_buf *out) {
    if (bytes.len == 0) return 0;
    int err = edo_buf_reserve(out, EDOI_BASE64_TEXT(bytes.len));
    if (err < 0) return err;
    edoi_base64_print(out->ptr + out->len, bytes.ptr, bytes.len);
    out->len += EDOI_BASE64_TEXT(bytes.len);
    return 0;
}

int edo_base64_decode(edo_str text, edo_base64_form form, edo_buf *out) {
    if (text.len == 0) return 0;
    int err = edo_buf_reserve(out, EDOI_BASE64_BYTES(text.len + 3));
    if (err < 0) return err;
    int64_t n = base64_decode(out->ptr + out->len, text, form == EDO_BASE64_LAX);
    if (n < 0) return -EINVAL;
    out->len += (size_t)n;
    return 0;
}
