/* SPDX-License-Identifier: MIT */
/* base/text/utf8.h: characters of UTF-8. */
#ifndef EDOI_BASE_TEXT_UTF8_H
#define EDOI_BASE_TEXT_UTF8_H

#include <edo/base.h>

/* Returns the length of the UTF-8 character at `s` (RFC 3629: shortest form, no surrogates, at most
 * U+10FFFF), its code point in `*point`; 0 for a bad byte. */
EDOI_INLINE size_t edoi_utf8_decode(const unsigned char *s, size_t n, uint32_t *point) {
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (length == 0 || length > n || s[0] > 0xf4) return 0;
    uint32_t c = length == 1 ? s[0] : s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0u) != 0x80u) return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
    *point = c;
    return length;
}

/* Returns how many of the `n` bytes are to stay of a text that is cut there: all, but for the
 * begin of a character whose end is not among them. Bytes that are no UTF-8 stay. */
EDOI_INLINE size_t edoi_utf8_cut(const char *s, size_t n) {
    size_t at = n;
    while (at > 0 && n - at < 3 && ((unsigned char)s[at - 1] & 0xc0u) == 0x80u) at--;
    unsigned char first = at > 0 ? (unsigned char)s[at - 1] : 0;
    size_t length = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return length > n - at + 1 ? at - 1 : n;
}

#endif
