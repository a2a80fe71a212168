/* SPDX-License-Identifier: MIT */
/* base/text/ascii.h: letters and digits of ASCII. What <ctype.h> and <strings.h> say depends on the
 * locale that the program has chosen: with a Turkish one "INFO" is not "info". So names of
 * protocols, options and variables are read by these; tools/tidy refuses the others. Inline, for
 * the libraries that see only the public functions of libedo. */
#ifndef EDOI_BASE_TEXT_ASCII_H
#define EDOI_BASE_TEXT_ASCII_H

#include <edo/bytes.h>

EDOI_INLINE char edoi_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

EDOI_INLINE char edoi_upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

EDOI_INLINE bool edoi_is_alnum(char c) {
    char lower = edoi_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

/* The value of a hexadecimal digit, or -1. */
EDOI_INLINE int edoi_hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = edoi_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Are the texts equal, in any case? */
EDOI_INLINE bool edoi_equal_nocase(edo_str a, edo_str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (edoi_lower(a.ptr[i]) != edoi_lower(b.ptr[i])) return false;
    return true;
}

/* Does the text begin so, in any case? */
EDOI_INLINE bool edoi_begins_nocase(edo_str s, edo_str begin) {
    return s.len >= begin.len && edoi_equal_nocase((edo_str){ s.ptr, begin.len }, begin);
}

/* Takes `begin` off the front of `*text`, if it is there, and returns whether it was. */
EDOI_INLINE bool edoi_skip_nocase(edo_str *text, edo_str begin) {
    if (!edoi_begins_nocase(*text, begin)) return false;
    *text = (edo_str){ text->ptr + begin.len, text->len - begin.len };
    return true;
}

#endif
