/* SPDX-License-Identifier: MIT */
/* base/error/escape.c: escapes one character at a time: plain, short escape, code point, or bad
 * byte. */
#include "base/error/escape.h"
#include "base/text/hex.h"
#include "base/text/utf8.h"

#include <string.h>

/* The letter of a short escape; 0: there is none. */
static char letter_of(uint32_t c, edoi_escape form) {
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '"': return form == EDOI_ESCAPE_TEXT ? 0 : '"';
    case '\\': return form == EDOI_ESCAPE_TEXT ? 0 : '\\';
    default: return 0;
    }
}

static size_t escape_put_hex(char *out, const char *start, uint32_t value, int digits_n) {
    size_t n = strlen(start);
    memcpy(out, start, n);
    for (int i = digits_n - 1; i >= 0; i--) out[n++] = edoi_hex_of((int)(value >> (4 * i) & 0xf));
    return n;
}

size_t edoi_escape_one(char out[EDOI_ESCAPE_ONE_MAX], const char *s, size_t n, edoi_escape form,
                       size_t *took) {
    uint32_t c = 0;
    size_t length = edoi_utf8_decode((const unsigned char *)s, n, &c);
    *took = length ? length : 1;
    if (length == 0) {
        return form == EDOI_ESCAPE_JSON ? escape_put_hex(out, "\\u", 0xfffd, 4)
                                        : escape_put_hex(out, "\\x", (unsigned char)s[0], 2);
    }
    char letter = letter_of(c, form);
    if (letter) {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) { // C0, DEL and C1: all that control a terminal
        return form == EDOI_ESCAPE_JSON || c >= 0x80 ? escape_put_hex(out, "\\u", c, 4)
                                                     : escape_put_hex(out, "\\x", c, 2);
    }
    memcpy(out, s, length);
    return length;
}

size_t edoi_escape_cut(char *out, size_t room, const char *s, size_t n, edoi_escape form) {
    char one[EDOI_ESCAPE_ONE_MAX];
    size_t written = 0;
    for (size_t at = 0, took = 0; at < n; at += took) {
        size_t bytes = edoi_escape_one(one, s + at, n - at, form, &took);
        if (bytes > room - written) break;
        memcpy(out + written, one, bytes);
        written += bytes;
    }
    return written;
}

#define EACH_BYTE(value) ((value)*UINT64_C(0x0101010101010101))

/* Are these eight bytes all plain? The highest bit of a byte tells: it is set in a byte below 0x20
 * once that is subtracted, in DEL once 1 is added, and in a byte equal to c once 1 is subtracted
 * from its difference by bit to c. A carry or borrow comes from a byte that is not plain itself. */
static bool are_plain(uint64_t bytes) {
    uint64_t quotes = bytes ^ EACH_BYTE('"'), slashes = bytes ^ EACH_BYTE('\\');
    uint64_t odd = bytes | (bytes - EACH_BYTE(0x20)) | (bytes + EACH_BYTE(1)) |
                   (quotes - EACH_BYTE(1)) | (slashes - EACH_BYTE(1));
    return (odd & EACH_BYTE(0x80)) == 0;
}

static uint64_t eight_at(const char *s) {
    uint64_t bytes;
    memcpy(&bytes, s, sizeof bytes);
    return bytes;
}

static uint32_t four_at(const char *s) {
    uint32_t bytes;
    memcpy(&bytes, s, sizeof bytes);
    return bytes;
}

/* The last eight bytes, or the first and the last four of a short text: some of them twice. */
static uint64_t eight_at_end(const char *s, size_t n) {
    return n >= 8 ? eight_at(s + n - 8) : (uint64_t)four_at(s) << 32 | four_at(s + n - 4);
}

size_t edoi_escape_plain(const char *s, size_t n) {
    size_t i = 0;
    while (n - i >= 8 && are_plain(eight_at(s + i))) i += 8;
    if (n - i < 8 && n >= 4 && are_plain(eight_at_end(s, n))) return n;
    while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '"' && s[i] != '\\') i++;
    return i;
}
