/* SPDX-License-Identifier: MIT */
/* json/text/string.c: strings of JSON (RFC 8259, section 7): plain bytes, UTF-8, escapes. */
#include "json/text/string.h"

#include "base/text/utf8.h"
#include "json/text/escape.h"

#include <edo/error.h>

#include <string.h>

#if defined(__x86_64__) && defined(__SSE2__)
#    include <immintrin.h>
#    define HAS_AVX2 1
#endif

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* ---- Plain runs ------------------------------------------------------------------------------ */

/* Not zero if a byte of `w`, of which none has its highest bit, is below n. */
static uint64_t has_below(uint64_t w, uint64_t n) {
    return (w - ONES * n) & ~w & HIGHS;
}

const char *edoi_json_plain_word(const char *at, const char *end, unsigned *high) {
    for (; end - at >= 8; at += 8) {
        uint64_t w, low;
        memcpy(&w, at, sizeof w);
        low = w & ~HIGHS;
        // a byte with the highest bit may look like one that is not plain: then bytes decide
        if (has_below(low, 0x20) | has_below(low ^ (ONES * '"'), 1) |
            has_below(low ^ (ONES * '\\'), 1))
            break;
        *high |= (unsigned)((w & HIGHS) != 0) << 7;
    }
    while (at < end && edoi_json_is_plain(*at)) *high |= (unsigned char)*at++ & 0x80u;
    return at;
}

const char *edoi_json_plain_simd(const char *at, const char *end, unsigned *high) {
#ifdef EDOI_JSON_BLOCK
    for (; end - at >= EDOI_JSON_BLOCK; at += EDOI_JSON_BLOCK) {
        uint64_t odd = edoi_json_block(at, high);
        if (odd != 0) return at + edoi_json_block_first(odd);
    }
#endif
    return edoi_json_plain_word(at, end, high);
}

#ifdef HAS_AVX2
EDOI_TARGET("avx2")
static const char *plain_avx2(const char *at, const char *end, unsigned *high) {
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1f);
    for (; end - at >= 32; at += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)at);
        __m256i odd = _mm256_or_si256(_mm256_cmpeq_epi8(x, quote), _mm256_cmpeq_epi8(x, slash));
        odd = _mm256_or_si256(odd, _mm256_cmpeq_epi8(_mm256_max_epu8(x, control), control));
        *high |= (unsigned)(_mm256_movemask_epi8(x) != 0) << 7;
        uint32_t bits = (uint32_t)_mm256_movemask_epi8(odd);
        if (bits != 0) return at + EDOI_CTZ64(bits);
    }
    return edoi_json_plain_simd(at, end, high);
}
#endif

const char *edoi_json_plain_long(const char *at, const char *end, unsigned *high) {
#ifdef HAS_AVX2
    if (end - at >= 32 && EDOI_CPU_HAS("avx2")) return plain_avx2(at, end, high);
#endif
    return edoi_json_plain_simd(at, end, high);
}

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

EDOI_INLINE bool is_tail(unsigned char c) {
    return (c & 0xc0u) == 0x80u;
}

const char *edoi_json_not_utf8(const char *at, const char *end) {
    while (at < end) {
        uint64_t w;
        while (end - at >= 8 && (memcpy(&w, at, sizeof w), (w & HIGHS) == 0)) at += 8;
        while (at < end && (unsigned char)*at < 0x80) at++;
        // runs of characters that are not ASCII, those of two and three bytes first
        while (at < end && (unsigned char)*at >= 0x80) {
            const unsigned char *s = (const unsigned char *)at;
            uint32_t point;
            size_t length;
            if (end - at >= 3 && s[0] >= 0xc2 && s[0] < 0xe0 && is_tail(s[1])) {
                at += 2;
            } else if (end - at >= 3 && s[0] > 0xe0 && s[0] < 0xf0 && s[0] != 0xed &&
                       is_tail(s[1]) && is_tail(s[2])) {
                at += 3;
            } else {
                length = edoi_utf8_decode(s, (size_t)(end - at), &point);
                if (length == 0) return at;
                at += length;
            }
        }
    }
    return end;
}

/* ---- Escapes --------------------------------------------------------------------------------- */

const char edoi_json_escape_means[128] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'
};

const uint8_t edoi_json_hex[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* The code unit of the four digits at `at`; -1: they are not there, -2: perhaps cut off. */
static int unit_at(const char *at, const char *end) {
    if (end - at >= 4) return edoi_json_unit(at) < 0 ? -1 : edoi_json_unit(at);
    for (; at < end; at++)
        if (edoi_json_hex[(unsigned char)*at] == 0) return -1;
    return -2;
}

const char *edoi_json_escape_end(const char *at, const char *end, const char **reason) {
    static const char no_escape[] = "this escape does not exist";
    static const char no_digits[] = "\\u needs four hexadecimal digits";
    static const char lone[] = "half of a surrogate pair stands alone";
    *reason = NULL;
    if (end - at < 2) return NULL;
    if (at[1] != 'u') {
        if (edoi_json_meaning_of(at[1])) return at + 2;
        *reason = no_escape;
        return NULL;
    }
    int unit = unit_at(at + 2, end);
    if (unit < 0) {
        if (unit == -1) *reason = no_digits;
        return NULL;
    }
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    *reason = lone;
    if (unit > 0xdbff) return NULL;
    const char *second = at + 6;
    if ((second < end && *second != '\\') || (second + 1 < end && second[1] != 'u')) return NULL;
    unit = second + 1 < end ? unit_at(second + 2, end) : -2;
    if (unit == -2) *reason = NULL;
    return unit >= 0xdc00 && unit <= 0xdfff ? at + 12 : NULL;
}

/* Copies the plain bytes at `at`; returns how many. */
EDOI_INLINE size_t copy_plain(char *to, const char *at, const char *end) {
    const char *from = at;
    unsigned high = 0;
#ifdef EDOI_JSON_BLOCK
    while (end - at >= EDOI_JSON_BLOCK) { // there is as much room as there are bytes left
        uint64_t odd = edoi_json_block(at, &high);
        memcpy(to, at, EDOI_JSON_BLOCK);
        if (odd != 0) return (size_t)(at - from) + edoi_json_block_first(odd);
        at += EDOI_JSON_BLOCK;
        to += EDOI_JSON_BLOCK;
    }
#endif
    const char *stop = edoi_json_plain_word(at, end, &high);
    memcpy(to, at, (size_t)(stop - at));
    return (size_t)(stop - from);
}

char *edoi_json_unescape(char *to, edo_str raw) {
    const char *at = raw.ptr, *end = raw.ptr + raw.len;
    for (;;) {
        size_t n = copy_plain(to, at, end);
        to += n;
        at += n;
        if (at == end) return to;
        if (at[1] != 'u') {
            *to++ = edoi_json_meaning_of(at[1]);
            at += 2;
            continue;
        }
        uint32_t c = (uint32_t)unit_at(at + 2, end);
        at += 6;
        if (c >= 0xd800 && c <= 0xdbff) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)unit_at(at + 2, end) - 0xdc00);
            at += 6;
        }
        to = edoi_json_put_utf8(to, c);
    }
}

/* ---- Writing --------------------------------------------------------------------------------- */

#define UNIT(digits)  "\\u00" digits "\0\6"
#define SHORT(letter) "\\" letter "\0\0\0\0\0\2"

// clang-format off
const char edoi_json_escapes[128][EDOI_JSON_ESCAPE_MAX] = {
    UNIT("00"), UNIT("01"), UNIT("02"), UNIT("03"),
    UNIT("04"), UNIT("05"), UNIT("06"), UNIT("07"),
    SHORT("b"), SHORT("t"), SHORT("n"), UNIT("0b"),
    SHORT("f"), SHORT("r"), UNIT("0e"), UNIT("0f"),
    UNIT("10"), UNIT("11"), UNIT("12"), UNIT("13"),
    UNIT("14"), UNIT("15"), UNIT("16"), UNIT("17"),
    UNIT("18"), UNIT("19"), UNIT("1a"), UNIT("1b"),
    UNIT("1c"), UNIT("1d"), UNIT("1e"), UNIT("1f"),
    ['"'] = SHORT("\""), ['\\'] = SHORT("\\"),
};
// clang-format on

int edoi_json_put_string_word(edo_buf *out, edo_str s) {
    const char *at = s.ptr, *end = s.ptr + s.len;
    const size_t before = out->len;
    unsigned high = 0;
    // room for what is plain and one escape, so that only further escapes need more
    int err = edo_buf_reserve(out, s.len + 2 + EDOI_JSON_ESCAPE_MAX);
    if (err < 0) return err;
    char *to = out->ptr + out->len;
    *to++ = '"';
    for (;;) {
        const char *stop = edoi_json_plain(at, end, &high);
        memcpy(to, at, (size_t)(stop - at));
        to += stop - at;
        at = stop;
        if (at == end) break;
        to = edoi_json_put_escape(to, (unsigned char)*at++);
        size_t needed = (size_t)(end - at) + 2 + EDOI_JSON_ESCAPE_MAX;
        out->len = (size_t)(to - out->ptr);
        if (out->cap - out->len >= needed) continue;
        err = edo_buf_reserve(out, needed + needed / 8);
        if (err < 0) goto undo;
        to = out->ptr + out->len;
    }
    *to++ = '"';
    err = (high & 0x80) && edoi_json_not_utf8(s.ptr, end) != end ? -EDO_EJSON : 0;
    out->len = (size_t)(to - out->ptr);
    if (err == 0) return 0;
undo:
    out->len = before;
    return err;
}

int edoi_json_put_string(edo_buf *out, edo_str s) {
    if (s.len == 0) s.ptr = "";
#if defined(__x86_64__)
    if (EDOI_CPU_HAS("avx2")) return edoi_json_put_string_avx2(out, s);
    if (EDOI_CPU_HAS("ssse3")) return edoi_json_put_string_ssse3(out, s);
#elif defined(__aarch64__) && defined(__ARM_NEON)
    return edoi_json_put_string_neon(out, s);
#endif
    return edoi_json_put_string_word(out, s);
}
