/* SPDX-License-Identifier: MIT */
/* json/number/number.h: numbers of JSON: from text to the nearest integer or double, and back. */
#ifndef EDOI_JSON_NUMBER_NUMBER_H
#define EDOI_JSON_NUMBER_NUMBER_H

#include <edo/bytes.h>

typedef enum edoi_json_number_kind {
    EDOI_JSON_INT,    /* no fraction, no exponent, in the range of int64_t */
    EDOI_JSON_UINT,   /* the same, above it, in the range of uint64_t */
    EDOI_JSON_DOUBLE, /* with a fraction or exponent; and -0 */
    EDOI_JSON_BIG     /* an integer outside 64 bits, or a number outside the range of doubles */
} edoi_json_number_kind;

typedef struct edoi_json_number {
    edoi_json_number_kind kind;
    union {
        int64_t i;
        uint64_t u;
        double d; /* of BIG too: the nearest double, or an infinity */
    };
} edoi_json_number;

/* Reads the number at `at`, which ends before the first byte that cannot belong to it, and returns
 * its end; NULL: it is not of the grammar (RFC 8259, section 6), at the byte `*fault`. */
const char *edoi_json_number_read(const char *at, const char *end, edoi_json_number *out,
                                  const char **fault);

/* The double nearest to a number of any kind. */
EDOI_INLINE double edoi_json_double_of(const edoi_json_number *n) {
    return n->kind == EDOI_JSON_INT    ? (double)n->i
           : n->kind == EDOI_JSON_UINT ? (double)n->u
                                       : n->d;
}

/* The nearest double may be the very middle of two floats where the number is not; so it is not yet
 * known which of the floats is the nearest to the number. Of `text`, a number that was read, with
 * `d` as the double: returns 1 if the number is further from zero, -1 if it is nearer, and 0 if
 * that is of no matter. */
int edoi_json_side(edo_str text, double d);

/* The nearest float; an infinity: the number is outside of its range. */
float edoi_json_narrow(double d, int side);

/* The bytes that the longest number needs, and those behind a shorter one that may be written. */
#define EDOI_JSON_NUMBER_MAX 48

/* Write a number to `to`, which has EDOI_JSON_NUMBER_MAX bytes, and return its end. That of a
 * double or float is the shortest text that reads back as the same one, and has a fraction or an
 * exponent; it is finite. */
char *edoi_json_print_uint(char *to, uint64_t u);
char *edoi_json_print_int(char *to, int64_t i);
char *edoi_json_print_double(char *to, double d);
char *edoi_json_print_float(char *to, float f);

/* ---- Parts, for number.c and tests ----------------------------------------------------------- */

/* Digits with a decimal exponent, as they stand in a text. */
typedef struct edoi_json_decimal {
    const char *digits, *end; /* of the mantissa, with its point, without a sign */
    int64_t exponent;         /* of the exponent part; 0 without one */
} edoi_json_decimal;

/* The bits of the double nearest to w * 10^q; false: it lies too close to the middle of two for 128
 * bits to tell, or is subnormal or out of range. */
bool edoi_json_nearest(uint64_t w, int64_t q, uint64_t *bits);

/* The bits of the double nearest to a decimal of any length: exact, and slow. */
uint64_t edoi_json_nearest_exact(const edoi_json_decimal *d);

/* Compares a decimal with the finite double of these bits, which is positive: exact, and slow. */
int edoi_json_compare_exact(const edoi_json_decimal *d, uint64_t bits);

#endif
