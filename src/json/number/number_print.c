/* SPDX-License-Identifier: MIT */
/* json/number/number_print.c: integers, and the shortest text of a double or float that reads back
 * as the same: Schubfach (Giulietti, "The Schubfach way to render doubles", 2020). What is said of
 * doubles holds for floats, which have fewer bits and the same powers. */
#include "json/number/number.h"

#include "base/assert.h"
#include "base/text/decimal.h"
#include "json/number/powers.h"

#include <string.h>

char *edoi_json_print_uint(char *to, uint64_t u) {
    return edoi_decimal_print(to, u);
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
    EDO_ASSERT(-*k >= EDOI_JSON_POWER_FIRST && -*k <= EDOI_JSON_POWER_LAST);
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
    // All is computed, since which of them it is could be no branch that is foreseen.
    uint64_t s = value / 4, tens = s / 10, middle = 4 * s + 2;
    bool tens_below = lower <= 40 * tens, tens_above = 40 * tens + 40 <= upper;
    bool is_tens = (s >= 10) & (tens_below != tens_above);
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    bool is_nearer = (value > middle) | ((value == middle) & (bool)(s & 1));
    *k += is_tens;
    return is_tens ? tens + tens_above : s + (below != above ? above : is_nearer);
}

#define DIGITS_MAX 17 /* of a double */

/* Writes digits * 10^k: plainly from 1e-5 to below 1e17, else with an exponent. */
static char *print_decimal(char *to, uint64_t digits, int k) {
    while (digits % 100 == 0) digits /= 100, k += 2;
    if (digits % 10 == 0) digits /= 10, k++;
    int n = edoi_decimal_digits(digits), point = n + k; // digits before the point
    EDO_ASSERT(n <= DIGITS_MAX);
    if (point <= 0 && point > -5) {
        memcpy(to, "0.0000", 6);
        return edoi_decimal_print_digits(to + 2 - point, digits, n);
    }
    bool is_plain = point > 0 && point <= DIGITS_MAX;
    char *end = edoi_decimal_print_digits(to, digits, n), behind[DIGITS_MAX - 1];
    if (is_plain && k >= 0) {
        memset(end, '0', (size_t)k);
        memcpy(to + point, ".0", 2);
        return to + point + 2;
    }
    if (!is_plain && n == 1) {
        *end++ = 'e';
        return edoi_json_print_int(end, point - 1);
    }
    int before = is_plain ? point : 1;
    memcpy(behind, to + before, sizeof behind); // more than there are costs less than a call
    to[before] = '.';
    memcpy(to + before + 1, behind, sizeof behind);
    if (is_plain) return end + 1;
    end[1] = 'e';
    return edoi_json_print_int(end + 2, point - 1);
}

/* Writes c * 2^q; `is_narrow` as shortest() has it. */
EDOI_INLINE char *print_binary(char *to, uint64_t c, int q, bool is_narrow) {
    int k = 0;
    if (c == 0) {
        memcpy(to, "0.0", 3);
        return to + 3;
    }
    if (q <= 0 && q > -53 && (c & ((1ull << -q) - 1)) == 0) {
        to = edoi_json_print_uint(to, c >> -q);
        memcpy(to, ".0", 2);
        return to + 2;
    }
    uint64_t digits = shortest(c, q, is_narrow, &k);
    return print_decimal(to, digits, k);
}

/* Prints what IEEE 754 puts together as the fraction `c` and the exponent `e`; `implied` is the bit
 * above the fraction, and the value's unit is 2 to the power of `e - bias`. */
static char *print_parts(char *to, uint64_t c, int e, uint64_t implied, int bias) {
    bool is_narrow = c == 0 && e > 1;
    if (e > 0) c |= implied;
    return print_binary(to, c, (e > 0 ? e : 1) - bias, is_narrow);
}

char *edoi_json_print_double(char *to, double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (bits >> 63) *to++ = '-';
    return print_parts(to, bits & 0x000fffffffffffffu, (int)(bits >> 52 & 0x7ff), 1ull << 52, 1075);
}

char *edoi_json_print_float(char *to, float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (bits >> 31) *to++ = '-';
    return print_parts(to, bits & 0x007fffffu, (int)(bits >> 23 & 0xff), 1u << 23, 150);
}
