/* SPDX-License-Identifier: MIT */
/* json/text/string_avx2.c: strings in one pass, 32 bytes at a time. See string_pass.h. */
#include "json/text/string.h"

#ifdef __x86_64__
#    include <immintrin.h>

#    define BLOCK       32
#    define STEP        1
#    define PASS_TARGET EDOI_TARGET("avx2")
#    define PASS_COPY   edoi_json_copy_avx2
#    define PASS_PUT    edoi_json_put_string_avx2

typedef __m256i vec;

PASS_TARGET EDOI_INLINE vec load(const char *at) {
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}
PASS_TARGET EDOI_INLINE void store(char *to, vec x) {
    _mm256_storeu_si256((__m256i *)(void *)to, x);
}
PASS_TARGET EDOI_INLINE vec splat(int byte) {
    return _mm256_set1_epi8((char)byte);
}
PASS_TARGET EDOI_INLINE vec table(const uint8_t *bytes) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}
PASS_TARGET EDOI_INLINE vec both(vec x, vec y) {
    return _mm256_and_si256(x, y);
}
PASS_TARGET EDOI_INLINE vec either(vec x, vec y) {
    return _mm256_or_si256(x, y);
}
PASS_TARGET EDOI_INLINE vec differ(vec x, vec y) {
    return _mm256_xor_si256(x, y);
}
PASS_TARGET EDOI_INLINE vec equal(vec x, vec y) {
    return _mm256_cmpeq_epi8(x, y);
}
PASS_TARGET EDOI_INLINE vec larger(vec x, vec y) {
    return _mm256_max_epu8(x, y);
}
PASS_TARGET EDOI_INLINE vec less(vec x, vec y) {
    return _mm256_subs_epu8(x, y);
}
PASS_TARGET EDOI_INLINE vec high_halves(vec x) {
    return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(0x0f));
}
PASS_TARGET EDOI_INLINE vec look_up(vec bytes, vec numbers) {
    return _mm256_shuffle_epi8(bytes, numbers);
}
PASS_TARGET EDOI_INLINE uint64_t mask_of_set(vec x) {
    return (uint32_t)_mm256_movemask_epi8(x);
}
PASS_TARGET EDOI_INLINE uint64_t mask_of_not_zero(vec x) {
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_setzero_si256()));
}
/* By halves: behind `x` lies its lower half, and behind that the upper one of `before`. */
#    define BEHIND(before, x, n)                                                                   \
        _mm256_alignr_epi8(x, _mm256_permute2x128_si256(before, x, 0x21), 16 - (n))

#    include "json/text/string_pass.h"
#endif
