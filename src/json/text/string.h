/* SPDX-License-Identifier: MIT */
/* json/text/string.h: the insides of JSON strings: finding their end, checking and undoing escapes,
 * and writing them.
 *
 * A byte is plain if it stands for itself wherever it is: not a quote, a backslash or a control.
 * Blocks of plain bytes are found by SIMD: SSE2 or NEON inline, AVX2 for long runs where the
 * machine has it, else eight bytes in a word. */
#ifndef EDOI_JSON_TEXT_STRING_H
#define EDOI_JSON_TEXT_STRING_H

#include <edo/bytes.h>

#if defined(__SSE2__)
#    include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#    include <arm_neon.h>
#endif

/* Finds the first byte in [at, end) that is not plain; `end`: none. Sets bit 7 of `*high` if a byte
 * of 0x80 or more was seen, perhaps one behind the result. */
typedef const char *edoi_json_plain_fn(const char *at, const char *end, unsigned *high);
edoi_json_plain_fn edoi_json_plain_word, edoi_json_plain_simd;

/* The same, by the fastest that the machine has. */
const char *edoi_json_plain_long(const char *at, const char *end, unsigned *high);

EDOI_INLINE bool edoi_json_is_plain(char c) {
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Are all bytes of the word plain, and ASCII? */
EDOI_INLINE bool edoi_json_word_is_plain(uint64_t w) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    uint64_t odd = (w - ones * 0x20) | (quote - ones) | (slash - ones);
    return ((odd | w) & (ones * 0x80)) == 0;
}

#if defined(__SSE2__)
#    define EDOI_JSON_BLOCK 16
/* Bit n: byte n of the 16 at `at` is not plain. */
EDOI_INLINE uint64_t edoi_json_block(const char *at, unsigned *high) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(x, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
    *high |= (unsigned)(_mm_movemask_epi8(x) != 0) << 7;
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
}
EDOI_INLINE size_t edoi_json_block_first(uint64_t bits) {
    return (size_t)EDOI_CTZ64(bits);
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
#    define EDOI_JSON_BLOCK 16
/* Bits 4n to 4n + 3: byte n of the 16 at `at` is not plain. */
EDOI_INLINE uint64_t edoi_json_block(const char *at, unsigned *high) {
    uint8x16_t x = vld1q_u8((const uint8_t *)at);
    uint8x16_t odd = vorrq_u8(vceqq_u8(x, vdupq_n_u8('"')), vceqq_u8(x, vdupq_n_u8('\\')));
    odd = vorrq_u8(odd, vcltq_u8(x, vdupq_n_u8(0x20)));
    *high |= vmaxvq_u8(x) & 0x80u;
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(odd), 4)), 0);
}
EDOI_INLINE size_t edoi_json_block_first(uint64_t bits) {
    return (size_t)EDOI_CTZ64(bits) / 4;
}
#endif

EDOI_INLINE const char *edoi_json_plain(const char *at, const char *end, unsigned *high) {
#ifdef EDOI_JSON_BLOCK
    if (EDOI_LIKELY(end - at >= EDOI_JSON_BLOCK)) { // most strings are short
        uint64_t odd = edoi_json_block(at, high);
        if (EDOI_LIKELY(odd != 0)) return at + edoi_json_block_first(odd);
        at += EDOI_JSON_BLOCK;
    }
#endif
    return edoi_json_plain_long(at, end, high);
}

/* The first byte of [at, end) that is not UTF-8 (RFC 3629); `end`: all is. */
const char *edoi_json_not_utf8(const char *at, const char *end);

/* The end of the escape at `at`, a backslash, with the second half of a surrogate pair. NULL: it is
 * none, `*reason` says why; NULL with a NULL reason: [at, end) may be the beginning of one. */
const char *edoi_json_escape_end(const char *at, const char *end, const char **reason);

/* Writes the characters of `raw`, the checked inside of a string, to `to`, which has raw.len bytes;
 * returns their end. */
char *edoi_json_unescape(char *to, edo_str raw);

/* Reads the string whose inside begins at `from` in one pass: writes its characters to `to`, which
 * has `room` bytes, and returns its closing quote; `*to_end` is the end of the copy, which is
 * shorter than the string only if that has escapes. All of the room may be overwritten.
 * NULL: the string is wrong, or so near to the end of the text or of the room that only the steps
 * above tell. */
typedef const char *edoi_json_copy_fn(char **to_end, char *to, size_t room, const char *from,
                                      const char *end);

/* Appends `s` in quotes, with what is not plain escaped; -EDO_EJSON if it is not UTF-8, else
 * -ENOMEM. After a failure `out` is as it was. */
typedef int edoi_json_put_fn(edo_buf *out, edo_str s);
EDO_MUST_USE edoi_json_put_fn edoi_json_put_string, edoi_json_put_string_word;

/* One for each set of instructions: string_pass.h. */
#if defined(__x86_64__)
edoi_json_copy_fn edoi_json_copy_avx2, edoi_json_copy_ssse3;
edoi_json_put_fn edoi_json_put_string_avx2, edoi_json_put_string_ssse3;
#elif defined(__aarch64__) && defined(__ARM_NEON)
edoi_json_copy_fn edoi_json_copy_neon;
edoi_json_put_fn edoi_json_put_string_neon;
#endif

/* By the best that the machine has; without any, always NULL. */
EDOI_INLINE const char *edoi_json_copy(char **to_end, char *to, size_t room, const char *from,
                                       const char *end) {
#if defined(__x86_64__)
    if (EDOI_CPU_HAS("avx2")) return edoi_json_copy_avx2(to_end, to, room, from, end);
    if (EDOI_CPU_HAS("ssse3")) return edoi_json_copy_ssse3(to_end, to, room, from, end);
#elif defined(__aarch64__) && defined(__ARM_NEON)
    return edoi_json_copy_neon(to_end, to, room, from, end);
#endif
    (void)to_end, (void)to, (void)room, (void)from, (void)end;
    return NULL;
}

#endif
