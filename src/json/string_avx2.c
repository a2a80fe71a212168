/* SPDX-License-Identifier: MIT */
/* json/string_avx2.c: strings in one pass, 32 bytes at a time: while a block is copied, it is
 * searched for its first byte that is not plain, and its UTF-8 is checked. See docs/design/json.md.
 *
 * UTF-8 is checked as described by J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
 * Instruction Per Byte", Software: Practice and Experience 51 (2021): what is wrong about two
 * adjacent bytes follows from three half bytes, and so from three tables of 16.
 *
 * inv. 1: a block begins behind a whole character, or `before` is the block in front of it. A
 *         character that is cut short is noticed at the byte that should have been its next; so
 *         faults count up to the closing quote, and at the quote, too. */
#include "json/escape.h"
#include "json/string.h"

#include <edo/error.h>

#ifdef __x86_64__
#    include <immintrin.h>

#    define BLOCK      32
#    define ESCAPE_MAX 12          /* bytes of an escape that is read: a pair of surrogates */
#    define TAIL_MAX   (2 * BLOCK) /* less is read by the byte behind a block, too */
#    define SLACK      (BLOCK + EDOI_JSON_ESCAPE_MAX + 2)
#    define LONGER_MAX 5 /* bytes that an escape is longer than what it is of */

/* What is wrong about two bytes. */
enum {
    TOO_SHORT = 1,   /* a head, then no tail */
    TOO_LONG = 2,    /* ASCII, then a tail */
    LONG_2 = 4,      /* two bytes for ASCII */
    LONG_3 = 8,      /* three bytes for what needs two */
    LONG_4 = 16,     /* four bytes for what needs three; and LARGE_LOW */
    LARGE_LOW = 16,  /* a head above f4, then 80 to 8f */
    LARGE = 32,      /* above U+10FFFF otherwise */
    SURROGATE = 64,  /* U+D800 to U+DFFF */
    TWO_TAILS = 128, /* wrong unless the head is one or two further before */
    WHATEVER = TOO_SHORT | TOO_LONG | TWO_TAILS /* hangs not on the low half of the first byte */
};

#    define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* Not zero: a byte of `x` is wrong, given the three bytes before it. */
EDOI_TARGET("avx2")
EDOI_INLINE uint32_t utf8_faults(__m256i x, __m256i before) {
    const char whatever = (char)WHATEVER, large = (char)(WHATEVER | LARGE | LARGE_LOW);
    const char tail = (char)(TOO_LONG | LONG_2 | TWO_TAILS);
    const __m256i first_high = TWICE(
        TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
        (char)TWO_TAILS, (char)TWO_TAILS, (char)TWO_TAILS, (char)TWO_TAILS, TOO_SHORT | LONG_2,
        TOO_SHORT, TOO_SHORT | LONG_3 | SURROGATE, TOO_SHORT | LARGE | LARGE_LOW | LONG_4);
    const __m256i first_low =
        TWICE((char)(whatever | LONG_2 | LONG_3 | LONG_4), (char)(whatever | LONG_2), whatever,
              whatever, (char)(whatever | LARGE), large, large, large, large, large, large, large,
              large, (char)(large | SURROGATE), large, large);
    const __m256i second_high =
        TWICE(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
              TOO_SHORT, (char)(tail | LONG_3 | LONG_4), (char)(tail | LONG_3 | LARGE),
              (char)(tail | SURROGATE | LARGE), (char)(tail | SURROGATE | LARGE), TOO_SHORT,
              TOO_SHORT, TOO_SHORT, TOO_SHORT);
    const __m256i low = _mm256_set1_epi8(0x0f);
    // the upper half of `before`, then the lower of `x`: what lies before each half of `x`
    __m256i middle = _mm256_permute2x128_si256(before, x, 0x21);
    __m256i one = _mm256_alignr_epi8(x, middle, 15), two = _mm256_alignr_epi8(x, middle, 14);
    __m256i three = _mm256_alignr_epi8(x, middle, 13);
    __m256i faults = _mm256_and_si256(
        _mm256_and_si256(
            _mm256_shuffle_epi8(first_high, _mm256_and_si256(_mm256_srli_epi16(one, 4), low)),
            _mm256_shuffle_epi8(first_low, _mm256_and_si256(one, low))),
        _mm256_shuffle_epi8(second_high, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
    // the highest bit: a head of three bytes is two before, or one of four is three before
    __m256i tails = _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(0xe0 - 0x80)),
                                    _mm256_subs_epu8(three, _mm256_set1_epi8(0xf0 - 0x80)));
    tails = _mm256_and_si256(tails, _mm256_set1_epi8((char)0x80));
    faults = _mm256_xor_si256(faults, tails);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(faults, _mm256_setzero_si256()));
}

/* A bit for each byte that is not plain. */
EDOI_TARGET("avx2")
EDOI_INLINE uint32_t odd_bytes(__m256i x) {
    const __m256i control = _mm256_set1_epi8(0x1f);
    __m256i odd = _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('"')),
                                  _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\')));
    odd = _mm256_or_si256(odd, _mm256_cmpeq_epi8(_mm256_max_epu8(x, control), control));
    return (uint32_t)_mm256_movemask_epi8(odd);
}

/* What is known of 32 bytes of a string. */
typedef struct block {
    __m256i bytes;
    uint32_t odd;    /* a bit for each byte that is not plain */
    uint32_t faults; /* not zero: it is not UTF-8; the lowest bit says where */
} block;

EDOI_TARGET("avx2") EDOI_INLINE __m256i load(const char *at) {
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

EDOI_TARGET("avx2") EDOI_INLINE void store(char *to, __m256i x) {
    _mm256_storeu_si256((__m256i *)(void *)to, x);
}

/* The block at `at`, behind `before`. UTF-8 is checked even if all is ASCII: in text that has both,
 * a branch on each block is mispredicted so often that it costs more than the check. */
EDOI_TARGET("avx2")
EDOI_INLINE block block_at(const char *at, __m256i before) {
    block b;
    b.bytes = load(at);
    b.odd = odd_bytes(b.bytes);
    b.faults = utf8_faults(b.bytes, before);
    return b;
}

/* Writes what the escape \u at `*at` stands for; NULL: it is wrong. `*at` is then behind it. */
EDOI_INLINE char *put_unit(char *to, const char **at) {
    int unit = edoi_json_unit(*at + 2);
    *at += 6;
    if (EDOI_LIKELY(unit >= 0 && (unit < 0xd800 || unit > 0xdfff)))
        return edoi_json_put_utf8(to, (uint32_t)unit);
    if (unit < 0 || unit > 0xdbff || (*at)[0] != '\\' || (*at)[1] != 'u') return NULL;
    int second = edoi_json_unit(*at + 2);
    if (second < 0xdc00 || second > 0xdfff) return NULL;
    *at += 6;
    return edoi_json_put_utf8(
        to, 0x10000u + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(second - 0xdc00)));
}

/* Writes what the escape at `*at` stands for; NULL: it is wrong. `*at` is then behind it. */
EDOI_INLINE char *put_meaning(char *to, const char **at) {
    char c = (*at)[1];
    if (c == 'u') return put_unit(to, at);
    *to = edoi_json_meaning_of(c);
    *at += 2;
    return EDOI_LIKELY(*to != '\0') ? to + 1 : NULL;
}

EDOI_TARGET("avx2")
const char *edoi_json_copy_avx2(char **to_end, char *to, size_t room, const char *from,
                                const char *end) {
    const char *at = from;
    __m256i before = _mm256_setzero_si256();
    if ((size_t)(end - at) > room) end = at + room; // the copy is never longer than what it is of
    while (end - at >= 2 * BLOCK + ESCAPE_MAX) {
        block b = block_at(at, before);
        size_t done = 0; // bytes of the block
        store(to, b.bytes);
        while (b.odd != 0) {
            size_t n = (size_t)EDOI_CTZ64(b.odd);
            const char *next = at + n;
            to += n - done;
            if (*next == '"') {
                // up to the quote faults count, and there: a character may be cut short
                if (EDOI_UNLIKELY((b.faults & (b.odd ^ (b.odd - 1))) != 0)) return NULL;
                *to_end = to;
                return next;
            }
            if (EDOI_UNLIKELY(*next != '\\')) return NULL;
            to = put_meaning(to, &next);
            if (EDOI_UNLIKELY(!to)) return NULL;
            done = (size_t)(next - at);
            if (done >= BLOCK) break;
            store(to, load(next));
            b.odd &= ~UINT32_C(0) << done;
        }
        if (EDOI_UNLIKELY(b.faults != 0)) return NULL;
        before = b.bytes;
        to += done < BLOCK ? BLOCK - done : 0;
        at += done < BLOCK ? BLOCK : done;
    }
    return NULL;
}

/* Copies the last `n` bytes of `s`, less than TAIL_MAX, to tail[TAIL_MAX], and behind them plain
 * ones. */
EDOI_TARGET("avx2")
EDOI_INLINE void fill_tail(char *tail, edo_str s, size_t n) {
    const __m256i plain = _mm256_set1_epi8('a');
    if (EDOI_LIKELY(s.len >= TAIL_MAX)) { // all sizes alike: more of `s` goes before them
        const char *from = s.ptr + s.len - TAIL_MAX;
        store(tail + n, load(from));
        store(tail + n + BLOCK, load(from + BLOCK));
    } else {
        memcpy(tail + TAIL_MAX, s.ptr + s.len - n, n);
    }
    store(tail + TAIL_MAX + n, plain);
    store(tail + TAIL_MAX + n + BLOCK, plain);
}

/* inv. 2: at each block the buffer has room for all that is left, if it is plain, and SLACK. */
EDOI_TARGET("avx2")
int edoi_json_put_string_avx2(edo_buf *out, edo_str s) {
    const char *at = s.ptr, *end = s.ptr + s.len;
    const size_t before_len = out->len;
    char tail[3 * TAIL_MAX];
    __m256i before = _mm256_setzero_si256();
    bool is_tail = false;
    int err = edo_buf_reserve(out, s.len + SLACK);
    if (err < 0) return err;
    char *to = out->ptr + before_len, *full = out->ptr + out->cap;
    *to++ = '"';
    for (;;) {
        if (end - at < TAIL_MAX && !is_tail) {
            size_t n = (size_t)(end - at);
            fill_tail(tail, s, n);
            at = tail + TAIL_MAX;
            end = at + n;
            is_tail = true;
        }
        block b = block_at(at, before);
        size_t done = 0, most = at + BLOCK <= end ? BLOCK : (size_t)(end - at);
        if (EDOI_UNLIKELY(b.faults != 0)) goto undo;
        // inv. 2, of which each escape takes as much more as it is longer than its byte
        size_t needed = (size_t)(end - at) + SLACK + (size_t)_mm_popcnt_u32(b.odd) * LONGER_MAX;
        if (EDOI_UNLIKELY((size_t)(full - to) < needed)) {
            out->len = (size_t)(to - out->ptr);
            err = edo_buf_reserve(out, needed + needed / 8);
            if (err < 0) goto undo;
            to = out->ptr + out->len;
            full = out->ptr + out->cap;
        }
        store(to, b.bytes);
        for (; b.odd != 0; b.odd &= b.odd - 1) {
            size_t n = (size_t)EDOI_CTZ64(b.odd);
            to = edoi_json_put_escape(to + (n - done), (unsigned char)at[n]);
            done = n + 1;
            store(to, load(at + done));
        }
        to += most - done;
        at += BLOCK;
        before = b.bytes;
        if (most < BLOCK) break;
    }
    *to++ = '"';
    out->len = (size_t)(to - out->ptr);
    return 0;
undo:
    out->len = before_len;
    return err < 0 ? err : -EDO_EJSON;
}

#else /* never called: EDOI_JSON_HAS_AVX2 */

const char *edoi_json_copy_avx2(char **to_end, char *to, size_t room, const char *from,
                                const char *end) {
    (void)to_end, (void)to, (void)room, (void)from, (void)end;
    return NULL;
}

int edoi_json_put_string_avx2(edo_buf *out, edo_str s) {
    return edoi_json_put_string_word(out, s);
}

#endif
