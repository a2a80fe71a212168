/* SPDX-License-Identifier: MIT */
/* json/text/string_neon.c: strings in one pass, 16 bytes at a time, with what every 64-bit ARM has.
 * See string_pass.h. */
#include "json/text/string.h"

#if defined(__aarch64__) && defined(__ARM_NEON)
#    include <arm_neon.h>

#    define BLOCK 16
#    define STEP  4
#    define PASS_TARGET
#    define PASS_COPY edoi_json_copy_neon
#    define PASS_PUT  edoi_json_put_string_neon

typedef uint8x16_t vec;

EDOI_INLINE vec load(const char *at) {
    return vld1q_u8((const uint8_t *)at);
}
EDOI_INLINE void store(char *to, vec x) {
    vst1q_u8((uint8_t *)to, x);
}
EDOI_INLINE vec splat(int byte) {
    return vdupq_n_u8((uint8_t)byte);
}
EDOI_INLINE vec table(const uint8_t *bytes) {
    return vld1q_u8(bytes);
}
EDOI_INLINE vec both(vec x, vec y) {
    return vandq_u8(x, y);
}
EDOI_INLINE vec either(vec x, vec y) {
    return vorrq_u8(x, y);
}
EDOI_INLINE vec differ(vec x, vec y) {
    return veorq_u8(x, y);
}
EDOI_INLINE vec equal(vec x, vec y) {
    return vceqq_u8(x, y);
}
EDOI_INLINE vec larger(vec x, vec y) {
    return vmaxq_u8(x, y);
}
EDOI_INLINE vec less(vec x, vec y) {
    return vqsubq_u8(x, y);
}
EDOI_INLINE vec high_halves(vec x) {
    return vshrq_n_u8(x, 4);
}
EDOI_INLINE vec look_up(vec bytes, vec numbers) {
    return vqtbl1q_u8(bytes, numbers);
}
/* Four bits for each byte, of which the lowest stays. */
EDOI_INLINE uint64_t mask_of_set(vec x) {
    uint8x8_t halves = vshrn_n_u16(vreinterpretq_u16_u8(x), 4);
    return vget_lane_u64(vreinterpret_u64_u8(halves), 0) & UINT64_C(0x1111111111111111);
}
EDOI_INLINE uint64_t mask_of_not_zero(vec x) {
    return mask_of_set(vtstq_u8(x, x));
}
#    define BEHIND(before, x, n) vextq_u8(before, x, 16 - (n))

#    include "json/text/string_pass.h"
#endif
