/* SPDX-License-Identifier: MIT */
/* web/ws/codec/mask_x86_64.c: 32 bytes at a time with AVX2. */
#include "web/ws/codec/mask.h"

#include <edo/compiler.h>

#include <immintrin.h>

EDOI_TARGET("avx2") static void mask_32(char *at, __m256i mask) {
    __m256i v = _mm256_loadu_si256((const __m256i_u *)(const void *)at);
    _mm256_storeu_si256((__m256i_u *)(void *)at, _mm256_xor_si256(v, mask));
}

EDOI_TARGET("avx2") static size_t mask_avx(char *bytes, size_t n, uint64_t eight) {
    __m256i mask = _mm256_set1_epi64x((int64_t)eight);
    size_t i = 0;
    for (; n - i >= 64; i += 64) {
        mask_32(bytes + i, mask);
        mask_32(bytes + i + 32, mask);
    }
    return i;
}

size_t edoi_ws_mask_wide(char *bytes, size_t n, uint64_t eight) {
    return EDOI_CPU_HAS("avx2") ? mask_avx(bytes, n, eight) : 0;
}
