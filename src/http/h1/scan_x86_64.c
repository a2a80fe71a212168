/* SPDX-License-Identifier: MIT */
/* http/h1/scan_x86_64.c: 16 bytes at a time with SSE4.2, 32 with AVX2. */
#include "http/h1/scan.h"

#include <immintrin.h>

/* ---- SSE4.2 -----------------------------------------------------------------------------------
 *  */

/* Returns a bit for each of the 16 bytes, set where the byte is not of the kind. */
EDOI_TARGET("sse4.2") static inline uint32_t sse_no_line(__m128i v) {
    __m128i is_high = _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(0x20)), v);
    __m128i is_tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
    __m128i is_del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
    __m128i is_good = _mm_andnot_si128(is_del, _mm_or_si128(is_high, is_tab));
    return (uint32_t)_mm_movemask_epi8(is_good) ^ 0xffffu;
}

EDOI_TARGET("sse4.2") static inline uint32_t sse_no_token(__m128i v) {
    // By the low half of a byte: in which rows of 16 it is a token. By its high half: its row.
    __m128i rows =
        _mm_setr_epi8(-24, -4, -8, -4, -4, -4, -4, -4, -8, -8, -12, 84, -48, 84, -12, 112);
    __m128i row = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(0x0f));
    __m128i is_token = _mm_and_si128(_mm_shuffle_epi8(rows, v), _mm_shuffle_epi8(row, high));
    __m128i is_none = _mm_cmpeq_epi8(is_token, _mm_setzero_si128());
    return (uint32_t)_mm_movemask_epi8(is_none);
}

EDOI_TARGET("sse4.2") static inline uint32_t sse_no_target(__m128i v) {
    // Signed: bytes from 0x80 on are negative.
    __m128i is_above = _mm_cmpgt_epi8(v, _mm_set1_epi8(0x20));
    __m128i is_below = _mm_cmpgt_epi8(_mm_set1_epi8(0x7f), v);
    return (uint32_t)_mm_movemask_epi8(_mm_and_si128(is_above, is_below)) ^ 0xffffu;
}

EDOI_TARGET("sse4.2") static inline __m128i sse_load(const char *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

EDOI_TARGET("sse4.2") static const char *sse_line_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint32_t others = sse_no_line(sse_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return edoi_line_end_scalar(p, end);
}

EDOI_TARGET("sse4.2") static const char *sse_token_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint32_t others = sse_no_token(sse_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return edoi_token_end_scalar(p, end);
}

EDOI_TARGET("sse4.2") static const char *sse_target_end(const char *p, const char *end) {
    for (; end - p >= 16; p += 16) {
        uint32_t others = sse_no_target(sse_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return edoi_target_end_scalar(p, end);
}

/* ---- AVX2 -------------------------------------------------------------------------------------
 *  */

/* Returns a bit for each of the 32 bytes, set where the byte is not of the kind. */
EDOI_TARGET("avx2") static inline uint32_t avx_no_line(__m256i v) {
    __m256i is_high = _mm256_cmpeq_epi8(_mm256_max_epu8(v, _mm256_set1_epi8(0x20)), v);
    __m256i is_tab = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'));
    __m256i is_del = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f));
    __m256i is_good = _mm256_andnot_si256(is_del, _mm256_or_si256(is_high, is_tab));
    return (uint32_t)_mm256_movemask_epi8(is_good) ^ 0xffffffffu;
}

EDOI_TARGET("avx2") static inline uint32_t avx_no_token(__m256i v) {
    // By the low half of a byte: in which rows of 16 it is a token. By its high half: its row.
    __m256i rows = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(-24, -4, -8, -4, -4, -4, -4, -4, -8, -8, -12, 84, -48, 84, -12, 112));
    __m256i row = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
    __m256i is_token =
        _mm256_and_si256(_mm256_shuffle_epi8(rows, v), _mm256_shuffle_epi8(row, high));
    __m256i is_none = _mm256_cmpeq_epi8(is_token, _mm256_setzero_si256());
    return (uint32_t)_mm256_movemask_epi8(is_none);
}

EDOI_TARGET("avx2") static inline uint32_t avx_no_target(__m256i v) {
    // Signed: bytes from 0x80 on are negative.
    __m256i is_above = _mm256_cmpgt_epi8(v, _mm256_set1_epi8(0x20));
    __m256i is_below = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x7f), v);
    return (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(is_above, is_below)) ^ 0xffffffffu;
}

EDOI_TARGET("avx2") static inline __m256i avx_load(const char *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

EDOI_TARGET("avx2") static const char *avx_line_end(const char *p, const char *end) {
    for (; end - p >= 32; p += 32) {
        uint32_t others = avx_no_line(avx_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return sse_line_end(p, end);
}

EDOI_TARGET("avx2") static const char *avx_token_end(const char *p, const char *end) {
    for (; end - p >= 32; p += 32) {
        uint32_t others = avx_no_token(avx_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return sse_token_end(p, end);
}

EDOI_TARGET("avx2") static const char *avx_target_end(const char *p, const char *end) {
    for (; end - p >= 32; p += 32) {
        uint32_t others = avx_no_target(avx_load(p));
        if (others) return p + EDOI_CTZ64(others);
    }
    return sse_target_end(p, end);
}

/* ---- The choice ------------------------------------------------------------------------------ */

static const edoi_scan sse = {
    .name = "SSE4.2",
    .line_end = sse_line_end,
    .token_end = sse_token_end,
    .target_end = sse_target_end,
};

static const edoi_scan avx = {
    .name = "AVX2",
    .line_end = avx_line_end,
    .token_end = avx_token_end,
    .target_end = avx_target_end,
};

size_t edoi_scans_of_machine(const edoi_scan *out[]) {
    size_t n = 0;
    if (EDOI_CPU_HAS("sse4.2")) out[n++] = &sse;
    if (n > 0 && EDOI_CPU_HAS("avx2")) out[n++] = &avx;
    return n;
}
