/* SPDX-License-Identifier: MIT */
/* json/number_print.c: integers, two digits at a time, and the shortest text of a double that reads
 * back as the same: Schubfach (Giulietti, "The Schubfach way to render doubles", 2020). */
#include "json/number.h"

#include "json/powers.h"

#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

EDOI_INLINE int digits_of(uint64_t u) {
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

/* Writes `n` digits before `end`. */
EDOI_INLINE void print_digits(char *end, uint64_t u, int n) {
    while (n >= 2) {
        uint64_t rest = u / 100;
        end -= 2;
        memcpy(end, pairs + 2 * (u - rest * 100), 2);
        u = rest;
        n -= 2;
    }
    if (n > 0) end[-1] = (char)('0' + u % 10);
}

char *edoi_json_print_uint(char *to, uint64_t u) {
    int n = digits_of(u);
    print_digits(to + n, u, n);
    return to + n;
}

char *edoi_json_print_int(char *to, int64_t i) {
    if (i < 0) *to++ = '-';
    return edoi_json_print_uint(to, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

/* The upper 64 bits of g * c / 2^64 with the last one set if what is cut off is not zero. */
EDOI_INLINE uint64_t product_to_odd(edoi_u128 g, uint64_t c) {
    edoi_u128 low = edoi_mul_64(g.lo, c), high = edoi_mul_64(g.hi, c);
    high.lo += low.hi;
    high.hi += high.lo < low.hi;
    return high.hi | (high.lo > 1);
}

/* The shortest decimal that rounds to the double c * 2^q, and of those the nearest; its power of
 * ten in `*k`. `is_narrow`: c is a power of two, below which doubles lie twice as dense. */
static uint64_t shortest(uint64_t c, int q, bool is_narrow, int *k) {
    // floor(log10(2^q)), or of 3/4 of it
    *k = (int)(((int64_t)q * 1262611 - (is_narrow ? 524031 : 0)) >> 22);
    int h = q + edoi_json_log2_of_power(-*k) + 1;
    const uint64_t *power = edoi_json_powers[-*k - EDOI_JSON_POWER_FIRST];
    edoi_u128 g = { power[0], power[1] };
    bool is_cut = *k > 0 || *k < -55; // rounded up, as the proof has it
    g.lo += is_cut;
    g.hi += is_cut && g.lo == 0;

    // four times the value, and the ends of the interval that rounds to it, which belong to it if c
    // is even
    uint64_t is_odd = c & 1;
    uint64_t lower = product_to_odd(g, (4 * c - 2 + is_narrow) << h) + is_odd;
    uint64_t value = product_to_odd(g, (4 * c) << h);
    uint64_t upper = product_to_odd(g, (4 * c + 2) << h) - is_odd;
    uint64_t s = value / 4, tens = s / 10;
    if (s >= 10) {
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above) {
            *k += 1;
            return tens + above;
        }
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above) return s + above;
    uint64_t middle = 4 * s + 2;
    return s + (value > middle || (value == middle && (s & 1)));
}

/* Writes digits * 10^k: plainly from 1e-5 to below 1e17, else with an exponent. */
static char *print_decimal(char *to, uint64_t digits, int k) {
    while (digits % 100 == 0) digits /= 100, k += 2;
    if (digits % 10 == 0) digits /= 10, k++;
    int n = digits_of(digits), point = n + k; // digits before the point
    if (point > 0 && point <= 17) {
        if (k >= 0) {
            print_digits(to + n, digits, n);
            memset(to + n, '0', (size_t)k);
            memcpy(to + point, ".0", 2);
            return to + point + 2;
        }
        print_digits(to + n + 1, digits, n);
        memmove(to, to + 1, (size_t)point);
        to[point] = '.';
        return to + n + 1;
    }
    if (point <= 0 && point > -5) {
        memcpy(to, "0.0000", 6);
        to += 2 - point;
        print_digits(to + n, digits, n);
        return to + n;
    }
    print_digits(to + n + 1, digits, n);
    to[0] = to[1];
    to[1] = '.';
    to += n == 1 ? 1 : n + 1;
    *to++ = 'e';
    return edoi_json_print_int(to, point - 1);
}

char *edoi_json_print_double(char *to, double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (bits >> 63) *to++ = '-';
    uint64_t c = bits & 0x000fffffffffffffu;
    int e = (int)(bits >> 52 & 0x7ff);
    if (e == 0 && c == 0) {
        memcpy(to, "0.0", 3);
        return to + 3;
    }
    bool is_narrow = c == 0 && e > 1;
    if (e > 0) c |= 1ull << 52;
    int q = (e > 0 ? e : 1) - 1075, k = 0;
    if (q <= 0 && q > -53 && (c & ((1ull << -q) - 1)) == 0) return print_decimal(to, c >> -q, 0);
    uint64_t digits = shortest(c, q, is_narrow, &k);
    return print_decimal(to, digits, k);
}
