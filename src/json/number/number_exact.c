/* SPDX-License-Identifier: MIT */
/* json/number/number_exact.c: the double nearest to a decimal, by big integers: for the few texts
 * for which 128 bits of a power do not suffice. A guess that is near is compared with the middle
 * between it and its neighbours until it lies between two of them. */
#include "json/number/number.h"

#include "base/assert.h"
#include "json/number/powers.h"

#include <string.h>

/* A decimal that is exactly the middle of two doubles has at most 767 digits; of a longer one only
 * whether the rest is zero matters. */
#define DIGITS_MAX 768
#define WORDS_MAX  128 /* 4,096 bits: 769 digits take 2,555, and 5^1,111 with 54 bits 2,634 */
#define INFINITE   0x7ff0000000000000u

typedef struct big {
    uint32_t n; /* words in use; the highest is not 0 */
    uint32_t words[WORDS_MAX];
} big;

static void big_mul_add(big *b, uint32_t factor, uint32_t more) {
    uint64_t carry = more;
    for (uint32_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->words[i] * factor;
        b->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && !EDO_NEVER(b->n == WORDS_MAX)) b->words[b->n++] = (uint32_t)carry;
    EDO_ASSERT(b->n == 0 || b->words[b->n - 1] != 0);
}

static void big_mul_pow5(big *b, int64_t q) {
    for (; q >= 13; q -= 13) big_mul_add(b, 1220703125, 0);
    for (; q > 0; q--) big_mul_add(b, 5, 0);
}

static void big_shift(big *b, int64_t bits) {
    uint32_t whole = (uint32_t)(bits / 32), rest = (uint32_t)(bits % 32);
    if (b->n == 0 || EDO_NEVER(b->n + whole > WORDS_MAX)) return;
    memmove(b->words + whole, b->words, b->n * sizeof b->words[0]);
    memset(b->words, 0, whole * sizeof b->words[0]);
    b->n += whole;
    big_mul_add(b, 1u << rest, 0);
}

static int big_compare(const big *a, const big *b) {
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (uint32_t i = a->n; i-- > 0;)
        if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

/* The digits of a decimal as an integer, of which the value is that times 10^(*q). */
static void json_decimal_take_digits(const edoi_json_decimal *d, big *out, int64_t *q) {
    int n = 0;
    int64_t after_point = 0, dropped = 0;
    bool is_fraction = false, has_rest = false;
    out->n = 0;
    for (const char *p = d->digits; p < d->end; p++) {
        if (*p == '.') {
            is_fraction = true;
        } else if (n < DIGITS_MAX) {
            big_mul_add(out, 10, (uint32_t)(*p - '0'));
            n += out->n != 0;
            after_point += is_fraction;
        } else {
            dropped += !is_fraction;
            has_rest |= *p != '0';
        }
    }
    *q = d->exponent - after_point + dropped;
    if (has_rest) { // as one more digit it stands for all others
        big_mul_add(out, 10, 1);
        *q -= 1;
    }
}

/* The upper 64 bits of a number that is not zero, its highest bit set, and how many bits follow. */
static uint64_t upper_bits(const big *b, int64_t *below) {
    uint64_t top = 0;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t word = b->n > i ? b->words[b->n - 1 - i] : 0;
        if (i < 2) {
            top = top << 32 | word;
            continue;
        }
        int shift = EDOI_CLZ64(top);
        if (shift > 0) top = top << shift | word >> (32 - shift);
        *below = ((int64_t)b->n - 2) * 32 - shift;
    }
    return top;
}

/* Bits of a double at most a few below the value of digits * 10^q, or above it. */
static uint64_t guess(const big *digits, int64_t q) {
    int64_t e;
    uint64_t top = upper_bits(digits, &e);
    while (q < EDOI_JSON_POWER_FIRST) { // only with many digits
        top = edoi_mul_64(top, edoi_json_powers[-100 - EDOI_JSON_POWER_FIRST][0]).hi;
        e += edoi_json_log2_of_power(-100) + 1;
        int shift = EDOI_CLZ64(top);
        top <<= shift;
        e -= shift;
        q += 100;
    }
    EDO_ASSERT(q <= EDOI_JSON_POWER_LAST);
    top = edoi_mul_64(top, edoi_json_powers[q - EDOI_JSON_POWER_FIRST][0]).hi;
    e += edoi_json_log2_of_power((int)q) + 1;
    int shift = EDOI_CLZ64(top);
    top <<= shift;
    e += 1023 + 63 - shift; // the exponent as a double has it, of the highest bit of `top`
    if (e > 2046) return INFINITE - 1;
    if (e >= 1) return (uint64_t)e << 52 | (top << 1 >> 12);
    return e > -52 ? top >> (12 - e) : 0;
}

/* Compares digits * 10^q with the double of `bits`, or, if `is_middle`, with the middle between it
 * and the one above. */
static int compare_binary(const big *digits, int64_t q, uint64_t bits, bool is_middle) {
    uint64_t e = bits >> 52, m = bits & 0x000fffffffffffffu;
    if (e > 0) m |= 1ull << 52;
    m = 2 * m + is_middle;
    int64_t twos = (e > 0 ? (int64_t)e : 1) - 1076 - q; // of the right side, with those of 10^q
    big left = *digits, right = { 2, { (uint32_t)m, (uint32_t)(m >> 32) } };
    if (right.words[1] == 0) right.n = 1;
    if (q > 0) big_mul_pow5(&left, q);
    if (q < 0) big_mul_pow5(&right, -q);
    if (twos > 0) big_shift(&right, twos);
    if (twos < 0) big_shift(&left, -twos);
    return big_compare(&left, &right);
}

int edoi_json_compare_exact(const edoi_json_decimal *d, uint64_t bits) {
    big digits;
    int64_t q;
    json_decimal_take_digits(d, &digits, &q);
    return compare_binary(&digits, q, bits, false);
}

uint64_t edoi_json_nearest_exact(const edoi_json_decimal *d) {
    big digits;
    int64_t q;
    json_decimal_take_digits(d, &digits, &q);
    if (digits.n == 0 || q + DIGITS_MAX + 1 < EDOI_JSON_POWER_FIRST) return 0;
    if (q > 308) return INFINITE;
    // The number of decimal digits is not known here, but that of bits is: 10^310 and 10^-330 round
    // to infinity and to zero.
    int64_t log2 = (int64_t)digits.n * 32 + (q < 0 ? -(-q * 3322 / 1000) : q * 3321 / 1000);
    if (log2 > 1100) return INFINITE;
    if (log2 < -1100) return 0;
    uint64_t bits = guess(&digits, q);
    for (;;) {
        EDO_ASSERT(bits < INFINITE);
        int with_upper = compare_binary(&digits, q, bits, true);
        if (with_upper == 0) return bits + (bits & 1);
        if (with_upper > 0) {
            if (++bits == INFINITE) return bits;
            continue;
        }
        if (bits == 0) return 0;
        int with_lower = compare_binary(&digits, q, bits - 1, true);
        if (with_lower > 0) return bits;
        bits--;
        if (with_lower == 0) return bits + (bits & 1);
    }
}
