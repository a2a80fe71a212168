/* SPDX-License-Identifier: MIT */
/* json/text/escape.h: single escapes of JSON strings (RFC 8259, section 7), read and written. */
#ifndef EDOI_JSON_TEXT_ESCAPE_H
#define EDOI_JSON_TEXT_ESCAPE_H

#include <edo/base.h>

#include <string.h>

#define EDOI_JSON_ESCAPE_MAX 8u /* bytes that edoi_json_put_escape() may overwrite */

/* What a letter behind a backslash means; 0: nothing, or more than one byte. */
extern const char edoi_json_escape_means[128];

/* Of a hexadecimal digit: its value plus 1; else 0. */
extern const uint8_t edoi_json_hex[256];

/* Of a byte that is not plain: how it is written, and in the last byte the length of that. */
extern const char edoi_json_escapes[128][EDOI_JSON_ESCAPE_MAX];

EDOI_INLINE char edoi_json_meaning_of(char c) {
    return (unsigned char)c < 128 ? edoi_json_escape_means[(unsigned char)c] : '\0';
}

/* The code unit of the four hexadecimal digits at `at`; negative: not all are digits. */
EDOI_INLINE int edoi_json_unit(const char *at) {
    int a = edoi_json_hex[(unsigned char)at[0]] - 1, b = edoi_json_hex[(unsigned char)at[1]] - 1;
    int c = edoi_json_hex[(unsigned char)at[2]] - 1, d = edoi_json_hex[(unsigned char)at[3]] - 1;
    return a * 4096 | b * 256 | c * 16 | d; // -1 times a power of two, or anything, is negative
}

/* Writes a code point as UTF-8, at most 4 bytes; returns their end. */
EDOI_INLINE char *edoi_json_put_utf8(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return to + 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return to + 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return to + 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return to + 4;
}

/* Writes the escape of a byte that is not plain; returns its end. */
EDOI_INLINE char *edoi_json_put_escape(char *to, unsigned char c) {
    const char *escape = edoi_json_escapes[c];
    memcpy(to, escape, EDOI_JSON_ESCAPE_MAX);
    return to + escape[EDOI_JSON_ESCAPE_MAX - 1];
}

#endif
