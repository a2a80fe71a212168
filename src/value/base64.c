/* SPDX-License-Identifier: MIT */
/* value/base64.c: see base64.h. */
#include "value/base64.h"

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

static int value_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int64_t edoi_base64_parse(char *out, edo_str text) {
    size_t n = 0;
    if (text.len % 4) return -EDO_EVALUE;
    for (size_t at = 0; at < text.len; at += 4) {
        const char *in = text.ptr + at;
        size_t pads =
            at + 4 < text.len ? 0 : (size_t)(in[3] == '=') + (in[3] == '=' && in[2] == '=');
        uint32_t bits = 0;
        for (size_t i = 0; i < 4; i++) {
            int value = i < 4 - pads ? value_of(in[i]) : 0;
            if (value < 0) return -EDO_EVALUE;
            bits = bits << 6 | (uint32_t)value;
        }
        if (bits & ((1u << (8 * pads)) - 1)) return -EDO_EVALUE;
        for (size_t i = 0; i < 3 - pads; i++)
            out[n++] = (char)(unsigned char)(bits >> (16 - 8 * i));
    }
    return (int64_t)n;
}
