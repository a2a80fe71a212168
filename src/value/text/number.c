/* SPDX-License-Identifier: MIT */
/* value/text/number.c: see number.h. libc's functions have the decimal point of the thread's
 * locale. */
#include "value/text/number.h"

#include "base/text/c_locale.h"
#include "base/text/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool edoi_number_parse(double *out, const char *text) {
    char *end;
    locale_t before = edoi_c_locale_begin();
    *out = strtod(text, &end);
    edoi_c_locale_end(before);
    return end != text && !*end && *out - *out == 0;
}

float edoi_number_parse_float(const char *text) {
    locale_t before = edoi_c_locale_begin();
    float number = strtof(text, NULL);
    edoi_c_locale_end(before);
    return number;
}

/* Most numbers that people and programs write have few digits: `whole` of 15 digits at most, over a
 * power of ten that a double has exactly, is the number. Then those digits are the text: a division
 * rounds to the nearest double, and no double is the nearest to two texts of 15 digits. Returns 0
 * if that is not so, or the text would have an exponent. */
static size_t number_print_short(char *text, double number) {
    static const double powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
    double size = fabs(number);
    if (!(size >= 1e-4 && size < 1e15)) return 0;
    for (int n = 0; n < (int)EDO_COUNT(powers) && size * powers[n] < 1e15; n++) {
        uint64_t whole = (uint64_t)(size * powers[n] + 0.5), unit = (uint64_t)powers[n];
        if ((double)whole / powers[n] != size) continue;
        char *at = text;
        if (number < 0) *at++ = '-';
        at = edoi_decimal_print(at, whole / unit);
        if (n > 0) *at++ = '.';
        at = edoi_decimal_print_fixed(at, whole % unit, n);
        *at = '\0';
        return (size_t)(at - text);
    }
    return 0;
}

size_t edoi_number_print(char text[EDOI_NUMBER_TEXT_MAX], double number, bool is_float) {
    size_t length = is_float ? 0 : number_print_short(text, number);
    if (length > 0) return length;
    int n = 0, most = is_float ? 9 : 17;
    locale_t before = edoi_c_locale_begin();
    for (int precision = is_float ? 6 : 15; precision <= most; precision++) {
        n = snprintf(text, EDOI_NUMBER_TEXT_MAX, "%.*g", precision, number);
        if (is_float ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) break;
    }
    edoi_c_locale_end(before);
    return (size_t)n;
}
