/* SPDX-License-Identifier: MIT */
/* value/text/number.c: see number.h. libc's functions have the decimal point of the thread's
 * locale, so the thread has the C locale meanwhile; that one needs no memory. */
#include "value/text/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t plain(void) {
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

bool edoi_number_parse(double *out, const char *text) {
    char *end;
    locale_t before = plain();
    *out = strtod(text, &end);
    (void)uselocale(before);
    return end != text && !*end && *out - *out == 0;
}

float edoi_number_parse_float(const char *text) {
    locale_t before = plain();
    float number = strtof(text, NULL);
    (void)uselocale(before);
    return number;
}

size_t edoi_number_print(char text[EDOI_NUMBER_TEXT_MAX], double number, bool is_float) {
    int n = 0, most = is_float ? 9 : 17;
    locale_t before = plain();
    for (int precision = is_float ? 6 : 15; precision <= most; precision++) {
        n = snprintf(text, EDOI_NUMBER_TEXT_MAX, "%.*g", precision, number);
        if (is_float ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) break;
    }
    (void)uselocale(before);
    return (size_t)n;
}
