/* SPDX-License-Identifier: MIT */
/* json/number/number.c: reads a number. A double is exact: the nearest to the decimal text, ties to
 * even.
 *
 *   1. At most 53 bits and a power up to 10^22: one operation on exact doubles (Clinger, "How to
 *      read floating-point numbers accurately", 1990).
 *   2. At most 19 digits: a product with the first 128 bits of the power (Lemire, "Number parsing at
 *      a gigabyte per second", 2021), which tells when it cannot decide.
 *   3. More digits: those cut off lie between none and one more in the last place; if 2. gives the
 *      same for both it is right.
 *   4. Big integers (number_exact.c). */
#include "json/number/number.h"

#include "base/assert.h"
#include "json/number/powers.h"

#include <float.h>
#include <string.h>

#define DIGITS_MAX   19           /* decimal digits that fit into 64 bits */
#define EXPONENT_MAX 999999999999 /* larger ones are cut: no text has as many digits */
#define MANTISSA     0x000fffffffffffffu

EDOI_INLINE bool is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

EDOI_INLINE double double_of(uint64_t bits) {
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The number that eight digits are, each a byte of 0 to 9, the first in the lowest. */
EDOI_INLINE uint32_t number_of_eight(uint64_t digits) {
    digits = digits * 10 + (digits >> 8); // pairs in bytes 0, 2, 4 and 6
    return (uint32_t)(((digits & 0x000000ff000000ffu) * 0x000f424000000064u +
                       (digits >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >>
                      32);
}
#endif

/* Appends the digits at `p` to `*w`, modulo 2^64; returns their end. Eight bytes are read at once,
 * of which those before the first that is no digit count: so the number of digits is not a branch
 * for each of them. */
EDOI_INLINE const char *read_digits(const char *p, const char *end, uint64_t *w) {
    uint64_t value = *w;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
    for (; EDOI_LIKELY(end - p >= 8); p += 8) {
        uint64_t eight, others;
        memcpy(&eight, p, sizeof eight);
        eight ^= 0x3030303030303030u; // a digit is now 0 to 9
        others = ((eight + 0x7676767676767676u) | eight) & 0x8080808080808080u;
        if (others != 0) {
            unsigned n = (unsigned)EDOI_CTZ64(others) / 8;
            eight = eight << (56 - 8 * n) << 8; // with zeros before them; n may be 0
            *w = value * powers[n] + number_of_eight(eight);
            return p + n;
        }
        value = value * 100000000 + number_of_eight(eight);
    }
#endif
    while (p < end && is_digit(*p)) value = value * 10 + (uint64_t)(*p++ - '0');
    *w = value;
    return p;
}

bool edoi_json_nearest(uint64_t w, int64_t q, uint64_t *bits) {
    if (w == 0 || q < EDOI_JSON_POWER_FIRST) {
        *bits = 0;
        return true;
    }
    if (q > 308) return false;
    const uint64_t *power = edoi_json_powers[q - EDOI_JSON_POWER_FIRST];
    int shift = EDOI_CLZ64(w);
    w <<= shift;
    edoi_u128 p = edoi_mul_64(w, power[0]);
    // The power is cut off, so the true product is larger, by less than w in this place.
    if ((p.hi & 0x1ff) == 0x1ff && p.lo + w < w) {
        edoi_u128 more = edoi_mul_64(w, power[1]);
        uint64_t lo = p.lo + more.hi;
        p.hi += lo < p.lo;
        p.lo = lo;
        if ((p.hi & 0x1ff) == 0x1ff && lo == UINT64_MAX && more.lo + w < w) return false;
    }
    int top = (int)(p.hi >> 63);
    uint64_t m = p.hi >> (top + 9); // 53 bits and the one to round by
    int64_t e = edoi_json_log2_of_power((int)q) + 1087 - shift - (1 - top);
    if (p.lo == 0 && (p.hi & 0x1ff) == 0 && (m & 3) == 1) return false; // perhaps the very middle
    m = (m + (m & 1)) >> 1;
    if (m >> 53) {
        m >>= 1;
        e++;
    }
    EDO_ASSERT(m >> 52 == 1); // a double has its first bit by its exponent
    if (e < 1 || e > 2046) return false;
    *bits = (uint64_t)e << 52 | (m & MANTISSA);
    return true;
}

/* The first digits of a decimal, and the exponent of the last of them; returns whether it has
 * more. */
static bool first_digits(const edoi_json_decimal *d, uint64_t *w, int64_t *q) {
    int n = 0;
    int64_t after_point = 0, dropped = 0;
    bool is_fraction = false, has_more = false;
    *w = 0;
    for (const char *p = d->digits; p < d->end; p++) {
        if (*p == '.') {
            is_fraction = true;
        } else if (n < DIGITS_MAX) {
            *w = *w * 10 + (uint64_t)(*p - '0');
            n += *w != 0;
            after_point += is_fraction;
        } else {
            dropped += !is_fraction;
            has_more = true;
        }
    }
    *q = d->exponent - after_point + dropped;
    return has_more;
}

EDOI_COLD static uint64_t nearest_of_many(const edoi_json_decimal *d) {
    uint64_t w, bits, above;
    int64_t q;
    bool has_more = first_digits(d, &w, &q);
    if (edoi_json_nearest(w, q, &bits) &&
        (!has_more || (edoi_json_nearest(w + 1, q, &above) && bits == above)))
        return bits;
    return edoi_json_nearest_exact(d);
}

EDOI_INLINE uint64_t nearest(uint64_t w, int64_t q, const edoi_json_decimal *d, bool is_long) {
    static const double exact[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    uint64_t bits;
    if (EDOI_UNLIKELY(is_long)) return nearest_of_many(d);
#if FLT_EVAL_METHOD == 0
    if (w >> 53 == 0 && q >= -22 && q <= 22) {
        double value = q < 0 ? (double)w / exact[-q] : (double)w * exact[q];
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
#else
    (void)exact;
#endif
    if (EDOI_LIKELY(edoi_json_nearest(w, q, &bits))) return bits;
    return edoi_json_nearest_exact(d);
}

EDOI_INLINE char char_at(const char *p, const char *end) {
    return EDOI_LIKELY(p < end) ? *p : '\0';
}

EDOI_INLINE bool is_exponent(char c) {
    return (c | 0x20) == 'e';
}

/* Reads ".digits" and "e+digits" behind the whole digits; returns the end. */
EDOI_INLINE const char *read_rest(const char *p, const char *end, uint64_t *w, edoi_json_decimal *d,
                                  int64_t *q, const char **fault) {
    *q = 0;
    if (char_at(p, end) == '.') {
        const char *from = ++p;
        p = read_digits(p, end, w);
        *q = from - p;
        if (p == from) {
            *fault = p;
            return NULL;
        }
    }
    d->end = p;
    d->exponent = 0;
    if (is_exponent(char_at(p, end))) {
        p++;
        bool is_negative = char_at(p, end) == '-';
        if (is_negative || char_at(p, end) == '+') p++;
        const char *from = p;
        int64_t e = 0;
        for (; p < end && is_digit(*p); p++)
            if (e < EXPONENT_MAX) e = e * 10 + (*p - '0');
        if (p == from) {
            *fault = p;
            return NULL;
        }
        d->exponent = is_negative ? -e : e;
    }
    *q += d->exponent;
    return p;
}

/* An integer of `n` digits whose value modulo 2^64 is `w`; false: outside 64 bits, or -0. */
EDOI_INLINE bool take_integer(edoi_json_number *out, uint64_t w, ptrdiff_t n, bool is_negative,
                              char first) {
    if (n > DIGITS_MAX && (n > DIGITS_MAX + 1 || first != '1' || w < 10000000000000000000u))
        return false;
    if (is_negative) {
        if (w > (uint64_t)INT64_MAX + 1 || w == 0) return false;
        out->kind = EDOI_JSON_INT;
        out->i = -(int64_t)(w - 1) - 1;
        return true;
    }
    out->kind = w > (uint64_t)INT64_MAX ? EDOI_JSON_UINT : EDOI_JSON_INT;
    out->u = w;
    return true;
}

const char *edoi_json_number_read(const char *at, const char *end, edoi_json_number *out,
                                  const char **fault) {
    bool is_negative = char_at(at, end) == '-';
    const char *digits = at + is_negative;
    uint64_t w = 0;
    const char *p = read_digits(digits, end, &w);
    ptrdiff_t n = p - digits;
    if (n == 0 || (n > 1 && *digits == '0')) {
        *fault = n == 0 ? p : digits + 1;
        return NULL;
    }
    char c = char_at(p, end);
    bool is_integer = c != '.' && !is_exponent(c);
    if (is_integer && take_integer(out, w, n, is_negative, *digits)) return p;
    edoi_json_decimal d = { .digits = digits };
    int64_t q;
    p = read_rest(p, end, &w, &d, &q, fault);
    if (!p) return NULL;
    uint64_t bits = nearest(w, q, &d, d.end - digits > DIGITS_MAX);
    bool is_big = bits >> 52 == 0x7ff || (is_integer && n > 1);
    out->kind = is_big ? EDOI_JSON_BIG : EDOI_JSON_DOUBLE;
    out->d = double_of(bits | (uint64_t)is_negative << 63);
    return p;
}

/* ---- Floats ---------------------------------------------------------------------------------- */

#define FLOAT_BITS_CUT 29 /* of a double's mantissa, if it becomes a float that is not subnormal */

/* The parts of a number that was read. */
static edoi_json_decimal decimal_of(edo_str text) {
    const char *p = text.ptr, *end = text.ptr + text.len, *fault;
    edoi_json_decimal d;
    uint64_t w = 0;
    int64_t q;
    p += char_at(p, end) == '-';
    d.digits = p;
    (void)read_rest(read_digits(p, end, &w), end, &w, &d, &q, &fault);
    return d;
}

int edoi_json_side(edo_str text, double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    bits &= ~(UINT64_C(1) << 63);
    // Of the bits that are cut, a middle has the highest one alone; subnormal floats cut more.
    if (EDOI_LIKELY(bits << (64 - FLOAT_BITS_CUT + 1) != 0) || bits >> 52 == 0x7ff) return 0;
    const double again = (double)(float)d;
    if (again >= d && again <= d) return 0; // a float itself
    const edoi_json_decimal decimal = decimal_of(text);
    return edoi_json_compare_exact(&decimal, bits);
}

float edoi_json_narrow(double d, int side) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return (float)double_of(bits + (uint64_t)(int64_t)side);
}
