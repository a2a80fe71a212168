/* SPDX-License-Identifier: MIT */
/* base/text/str.c: see edo/str.h. */
#include <edo/str.h>

#include "base/text/ascii.h"

#include <errno.h>

static bool str_is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The part of `s` behind its first `n` bytes. */
static edo_str behind(edo_str s, size_t n) {
    return (edo_str){ n > 0 ? s.ptr + n : s.ptr, s.len - n }; // NULL + 0 is undefined in C
}

/* ---- Ends ------------------------------------------------------------------------------------ */

edo_str edo_str_trim(edo_str s) {
    while (s.len > 0 && str_is_blank(s.ptr[0])) s.ptr++, s.len--;
    while (s.len > 0 && str_is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

bool edo_str_begins(edo_str s, edo_str prefix) {
    return s.len >= prefix.len && edo_str_equal((edo_str){ s.ptr, prefix.len }, prefix);
}

bool edo_str_ends(edo_str s, edo_str suffix) {
    return s.len >= suffix.len && edo_str_equal(behind(s, s.len - suffix.len), suffix);
}

bool edo_str_skip(edo_str *s, edo_str prefix) {
    if (!edo_str_begins(*s, prefix)) return false;
    *s = behind(*s, prefix.len);
    return true;
}

/* ---- Parts ----------------------------------------------------------------------------------- */

/* Cuts `*rest` at `at`, where `mark_len` bytes of a mark are; NULL: there is none. */
static edo_str cut(edo_str *rest, const char *at, size_t mark_len) {
    edo_str first = *rest;
    if (at) first.len = (size_t)(at - first.ptr);
    *rest = at ? behind(*rest, first.len + mark_len) : (edo_str){ NULL, 0 };
    return first;
}

edo_str edo_str_cut(edo_str *rest, char mark) {
    return cut(rest, rest->len > 0 ? memchr(rest->ptr, mark, rest->len) : NULL, 1);
}

edo_str edo_str_cut_at(edo_str *rest, edo_str mark) {
    bool may_have = mark.len > 0 && mark.len <= rest->len;
    return cut(rest, may_have ? memmem(rest->ptr, rest->len, mark.ptr, mark.len) : NULL, mark.len);
}

bool edo_str_split(edo_str *piece, edo_str *rest, char mark) {
    if (!rest->ptr) return false;
    *piece = edo_str_cut(rest, mark);
    return true;
}

edo_str edo_str_word(edo_str *rest) {
    edo_str word = *rest;
    while (word.len > 0 && str_is_blank(word.ptr[0])) word.ptr++, word.len--;
    size_t n = 0, to_next;
    while (n < word.len && !str_is_blank(word.ptr[n])) n++;
    for (to_next = n; to_next < word.len && str_is_blank(word.ptr[to_next]);) to_next++;
    *rest = behind(word, to_next);
    word.len = n;
    return word;
}

/* ---- Letters --------------------------------------------------------------------------------- */

bool edo_str_equal_nocase(edo_str a, edo_str b) {
    return edoi_equal_nocase(a, b);
}

int edo_str_compare(edo_str a, edo_str b) {
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both > 0 ? memcmp(a.ptr, b.ptr, both) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

edo_str edo_str_lower(char *to, edo_str s) {
    for (size_t i = 0; i < s.len; i++) to[i] = edoi_lower(s.ptr[i]);
    return (edo_str){ to, s.len };
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Reads the digits of a number that is at most `most`. */
static int read_digits(uint64_t *out, edo_str digits, uint64_t most) {
    uint64_t n = 0;
    bool fits = true;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned char)digits.ptr[i] - (unsigned)'0';
        if (digit > 9) return -EINVAL; // also behind a number that does not fit
        fits = fits && n <= (most - digit) / 10;
        if (fits) n = n * 10 + digit;
    }
    if (digits.len == 0) return -EINVAL;
    if (!fits) return -ERANGE;
    *out = n;
    return 0;
}

int edo_str_uint(uint64_t *out, edo_str s) {
    return read_digits(out, s, UINT64_MAX);
}

int edo_str_int(int64_t *out, edo_str s) {
    uint64_t n;
    bool is_negative = edo_str_skip(&s, EDO_STR("-"));
    int err = read_digits(&n, s, (uint64_t)INT64_MAX + is_negative);
    if (err < 0) return err;
    *out = (int64_t)(is_negative ? 0 - n : n);
    return 0;
}
