/* SPDX-License-Identifier: MIT */
/* http/types/bytes_of.h: which bytes may stand where in HTTP (RFC 9110 section 5). */
#ifndef EDOI_HTTP_TYPES_BYTES_OF_H
#define EDOI_HTTP_TYPES_BYTES_OF_H

#include "base/text/ascii.h"

#define EDOI_BYTE_TOKEN 1u /* of methods and names */
#define EDOI_BYTE_VALUE 2u /* of field values and reasons: tab, 0x20 to 0x7e, 0x80 on */
#define EDOI_BYTE_DIGIT 4u
#define EDOI_BYTE_HEX   8u
#define EDOI_BYTE_URI   16u  /* unreserved, sub-delims, ':' and '@': pchar without '%' */
#define EDOI_BYTE_NAME  32u  /* unreserved and sub-delims: reg-name without '%' */
#define EDOI_BYTE_PLAIN 64u  /* unreserved: the same with and without a percent sequence */
#define EDOI_BYTE_DELIM 128u /* gen-delims: where a URI is cut */

extern const uint8_t edoi_byte_kinds[256];

EDOI_INLINE bool edoi_byte_is(char c, unsigned kinds) {
    return (edoi_byte_kinds[(unsigned char)c] & kinds) != 0;
}

/* Are all bytes of `s` of one of the kinds? */
EDOI_INLINE bool edoi_bytes_are(edo_str s, unsigned kinds) {
    for (size_t i = 0; i < s.len; i++)
        if (!edoi_byte_is(s.ptr[i], kinds)) return false;
    return true;
}

EDOI_INLINE bool edoi_is_token(edo_str s) {
    return s.len > 0 && edoi_bytes_are(s, EDOI_BYTE_TOKEN);
}

/* Is `s` equal to `lower`, a lower-case literal, in any case? */
EDOI_INLINE bool edoi_is_word(edo_str s, edo_str lower) {
    if (s.len != lower.len) return false;
    for (size_t i = 0; i < s.len; i++)
        if (edoi_lower(s.ptr[i]) != lower.ptr[i]) return false;
    return true;
}

/* Returns `s` without spaces and tabs at its ends. */
EDOI_INLINE edo_str edoi_trim(edo_str s) {
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    return s;
}

/* Returns `s` without its first `n` bytes. */
EDOI_INLINE edo_str edoi_after(edo_str s, size_t n) {
    return (edo_str){ n > 0 ? s.ptr + n : s.ptr, s.len - n };
}

EDOI_INLINE bool edoi_is_one_of(char c, const char *set) {
    return c != 0 && strchr(set, c);
}

/* Removes bytes of the set from the front. */
EDOI_INLINE void edoi_skip(edo_str *rest, const char *set) {
    while (rest->len > 0 && edoi_is_one_of(rest->ptr[0], set)) *rest = edoi_after(*rest, 1);
}

#endif
