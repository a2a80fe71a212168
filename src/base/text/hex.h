/* SPDX-License-Identifier: MIT */
/* base/text/hex.h: hexadecimal digits one byte at a time; edo/bytes.h has whole texts. Inline, for
 * the libraries that see only the public functions of libedo. */
#ifndef EDOI_BASE_TEXT_HEX_H
#define EDOI_BASE_TEXT_HEX_H

#include "base/text/ascii.h"

/* The digit of a value below 16. Without a table: so a loop over it becomes operations of whole
 * vectors. */
EDOI_INLINE char edoi_hex_of(int value) {
    return (char)(value + '0' + (value > 9) * ('a' - '0' - 10));
}

/* Writes `n` bytes as 2n digits, without a NUL. */
EDOI_INLINE void edoi_hex_print(char *restrict to, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = edoi_hex_of(bytes[i] >> 4);
        to[2 * i + 1] = edoi_hex_of(bytes[i] & 15);
    }
}

/* The byte of two digits; -1: they are none. */
EDOI_INLINE int edoi_hex_byte(const char *digits) {
    const int high = edoi_hex_digit(digits[0]), low = high < 0 ? -1 : edoi_hex_digit(digits[1]);
    return low < 0 ? -1 : high << 4 | low;
}

/* The same of digits whose letters are small ones. */
EDOI_INLINE int edoi_hex_byte_lower(const char *digits) {
    const bool has_upper = edoi_lower(digits[0]) != digits[0] || edoi_lower(digits[1]) != digits[1];
    return has_upper ? -1 : edoi_hex_byte(digits);
}

/* Writes the bytes of a UUID as its text (RFC 9562 section 4), with a NUL. */
EDOI_INLINE void edoi_uuid_print(char *to, const unsigned char bytes[16]) {
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        edoi_hex_print(to, bytes + i, 1);
        to += 2;
    }
    *to = '\0';
}

/* ---- Percent sequences ----------------------------------------------------------------------- */

/* Writes a byte as "%3F", with the letters that RFC 3986 (section 2.1) wants, and returns what is
 * behind it. */
EDOI_INLINE char *edoi_percent_put(char *to, unsigned char byte) {
    to[0] = '%';
    to[1] = edoi_upper(edoi_hex_of(byte >> 4));
    to[2] = edoi_upper(edoi_hex_of(byte & 15));
    return to + 3;
}

/* The byte of the percent sequence that `s` begins with; -1: it begins with none. */
EDOI_INLINE int edoi_percent_byte(edo_str s) {
    return s.len > 2 && s.ptr[0] == '%' ? edoi_hex_byte(s.ptr + 1) : -1;
}

#endif
