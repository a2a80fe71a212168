/* SPDX-License-Identifier: MIT */
/* base/text/decimal.h: the printer of whole numbers, eight digits at a time. Inline, for
 * libedo-http, libedo-client and libedo-web, which see only the public functions of libedo. */
#ifndef EDOI_BASE_TEXT_DECIMAL_H
#define EDOI_BASE_TEXT_DECIMAL_H

#include <edo/base.h>

#include <string.h>

#define EDOI_DECIMAL_ROOM 28 /* the 20 digits of the largest number, and 8 bytes behind them */

/* How many digits a number has. */
EDOI_INLINE int edoi_decimal_digits(uint64_t u) {
    static const uint64_t powers[] = { 0,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000,
                                       10000000000,
                                       100000000000,
                                       1000000000000,
                                       10000000000000,
                                       100000000000000,
                                       1000000000000000,
                                       10000000000000000,
                                       100000000000000000,
                                       1000000000000000000,
                                       10000000000000000000u };
    int guess = (64 - EDOI_CLZ64(u | 1)) * 1233 >> 12; // log10(2) is 1233 / 4096
    return guess + (u >= powers[guess]);
}

#define EDOI_DECIMAL_E8  100000000u
#define EDOI_DECIMAL_E16 10000000000000000u

/* Eight digits, the first in the lowest byte, of a number below EDOI_DECIMAL_E8: halves of four
 * digits, then of two, then of one, each quotient by a multiplication. */
EDOI_INLINE uint64_t edoi_decimal_eight(uint32_t u) {
    uint64_t fours = u / 10000 | (uint64_t)(u % 10000) << 32;
    uint64_t high = (fours * 10486 >> 20) & 0x0000007f0000007fu; // a hundredth
    uint64_t twos = high | (fours - 100 * high) << 16;
    high = (twos * 103 >> 10) & 0x000f000f000f000fu; // a tenth
    return (high | (twos - 10 * high) << 8) + 0x3030303030303030u;
}

/* Stores eight bytes, the lowest first. */
EDOI_INLINE void edoi_decimal_put_eight(char *to, uint64_t bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, &bytes, sizeof bytes);
#else
    for (int i = 0; i < 8; i++) to[i] = (char)(bytes >> 8 * i);
#endif
}

/* Writes the last `n` of eight digits, and perhaps other bytes behind them. */
EDOI_INLINE char *edoi_decimal_put_last(char *to, uint32_t u, int n) {
    edoi_decimal_put_eight(to, edoi_decimal_eight(u) >> (64 - 8 * n));
    return to + n;
}

/* Writes the `n` digits of `u`, and perhaps up to eight bytes behind them; returns their end. */
EDOI_INLINE char *edoi_decimal_print_digits(char *to, uint64_t u, int n) {
    if (n <= 8) return edoi_decimal_put_last(to, (uint32_t)u, n);
    uint64_t top = u / EDOI_DECIMAL_E16;
    if (EDOI_UNLIKELY(n > 17)) {
        to = edoi_decimal_put_last(to, (uint32_t)top, n - 16);
        n = 16;
    } else { // doubles have 16 or 17 in turn, which no branch could foresee
        *to = (char)('0' + top);
        to += n == 17;
        n -= n == 17;
    }
    u -= top * EDOI_DECIMAL_E16;
    to = edoi_decimal_put_last(to, (uint32_t)(u / EDOI_DECIMAL_E8), n - 8);
    edoi_decimal_put_eight(to, edoi_decimal_eight((uint32_t)(u % EDOI_DECIMAL_E8)));
    return to + 8;
}

/* Writes a number, and perhaps up to eight bytes behind it; returns its end. */
EDOI_INLINE char *edoi_decimal_print(char *to, uint64_t u) {
    return edoi_decimal_print_digits(to, u, edoi_decimal_digits(u));
}

/* Writes the last `n` digits of a number, zeros in front, and nothing behind; returns their end. */
EDOI_INLINE char *edoi_decimal_print_fixed(char *to, uint64_t u, int n) {
    for (int i = n; i-- > 0; u /= 10) to[i] = (char)('0' + u % 10);
    return to + n;
}

#endif
