/* SPDX-License-Identifier: MIT */
/* json/text/string_ssse3.c: strings in one pass, 16 bytes at a time, for x86-64 without AVX2: SSSE3
 * is the oldest that looks bytes up in a table. See string_pass.h. */
#include "json/text/string.h"

#ifdef __x86_64__
#    include <immintrin.h>

#    define BLOCK       16
#    define STEP        1
#    define PASS_TARGET EDOI_TARGET("ssse3")
#    define PASS_COPY   edoi_json_copy_ssse3
#    define PASS_PUT    edoi_json_put_string_ssse3

typedef __m128i vec;

PASS_TARGET EDOI_INLINE vec load(const char *at) {
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}
PASS_TARGET EDOI_INLINE void store(char *to, vec x) {
    _mm_storeu_si128((__m128i *)(void *)to, x);
}
PASS_TARGET EDOI_INLINE vec splat(int byte) {
    return _mm_set1_epi8((char)byte);
}
PASS_TARGET EDOI_INLINE vec table(const uint8_t *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}
PASS_TARGET EDOI_INLINE vec both(vec x, vec y) {
    return _mm_and_si128(x, y);
}
PASS_TARGET EDOI_INLINE vec either(vec x, vec y) {
    return _mm_or_si128(x, y);
}
PASS_TARGET EDOI_INLINE vec differ(vec x, vec y) {
    return _mm_xor_si128(x, y);
}
PASS_TARGET EDOI_INLINE vec equal(vec x, vec y) {
    return _mm_cmpeq_epi8(x, y);
}
PASS_TARGET EDOI_INLINE vec larger(vec x, vec y) {
    return _mm_max_epu8(x, y);
}
PASS_TARGET EDOI_INLINE vec less(vec x, vec y) {
    return _mm_subs_epu8(x, y);
}
PASS_TARGET EDOI_INLINE vec high_halves(vec x) {
    return _mm_and_si128(_mm_srli_epi16(x, 4), _mm_set1_epi8(0x0f));
}
PASS_TARGET EDOI_INLINE vec look_up(vec bytes, vec numbers) {
    return _mm_shuffle_epi8(bytes, numbers);
}
PASS_TARGET EDOI_INLINE uint64_t mask_of_set(vec x) {
    return (uint32_t)_mm_movemask_epi8(x);
}
PASS_TARGET EDOI_INLINE uint64_t mask_of_not_zero(vec x) {
    return 0xffffu & ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()));
}
#    define BEHIND(before, x, n) _mm_alignr_epi8(x, before, 16 - (n))

#    include "json/text/string_pass.h"
#endif
