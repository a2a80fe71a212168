/* SPDX-License-Identifier: MIT */
/* value/text/number.c: see number.h. libc's functions have the decimal point of the thread's
 * locale. */
#include "value/text/number.h"

#include "base/text/c_locale.h"

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

size_t edoi_number_print(char text[EDOI_NUMBER_TEXT_MAX], double number, bool is_float) {
    int n = 0, most = is_float ? 9 : 17;
    locale_t before = edoi_c_locale_begin();
    for (int precision = is_float ? 6 : 15; precision <= most; precision++) {
        n = snprintf(text, EDOI_NUMBER_TEXT_MAX, "%.*g", precision, number);
        if (is_float ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) break;
    }
    edoi_c_locale_end(before);
    return (size_t)n;
}
