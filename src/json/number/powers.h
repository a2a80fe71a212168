/* SPDX-License-Identifier: MIT */
/* json/number/powers.h: the first 128 bits of the powers of ten that a double can need, and the
 * products taken with them. */
#ifndef EDOI_JSON_NUMBER_POWERS_H
#define EDOI_JSON_NUMBER_POWERS_H

#include <edo/base.h>

#define EDOI_JSON_POWER_FIRST (-342) /* 10^-343 times any 64-bit integer rounds to zero */
#define EDOI_JSON_POWER_LAST  324

/* [q - FIRST]: the upper and the lower 64 bits of 10^q, cut off, its highest bit set. Exact for q
 * from 0 to 55. */
extern const uint64_t edoi_json_powers[EDOI_JSON_POWER_LAST - EDOI_JSON_POWER_FIRST + 1][2];

typedef struct edoi_u128 {
    uint64_t hi, lo;
} edoi_u128;

EDOI_INLINE edoi_u128 edoi_mul_64(uint64_t a, uint64_t b) {
#if EDOI_WIDE_SHIFT == 64
    edoi_wide all = (edoi_wide)a * b;
    return (edoi_u128){ (uint64_t)(all >> 64), (uint64_t)all };
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (uint32_t)mid;
    return (edoi_u128){ a1 * b1 + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (uint32_t)low };
#endif
}

/* floor(log2(10^q)), for q of the table. */
EDOI_INLINE int edoi_json_log2_of_power(int q) {
    return (int)((int64_t)q * 1741647 >> 19);
}

#endif
