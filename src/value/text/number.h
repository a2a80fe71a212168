/* SPDX-License-Identifier: MIT */
/* value/text/number.h: floating-point numbers as text with a decimal point, whatever the locale. */
#ifndef EDOI_VALUE_TEXT_NUMBER_H
#define EDOI_VALUE_TEXT_NUMBER_H

#include <edo/base.h>

/* Reads all of `text`, which ends with a NUL; false: it is no number, or too large for a double. */
bool edoi_number_parse(double *out, const char *text);

/* Reads a number that was read so as the nearest float, which that to the nearest double need not
 * be. */
float edoi_number_parse_float(const char *text);

#define EDOI_NUMBER_TEXT_MAX 32

/* Writes the shortest of 15, 16 or 17 digits that are read as this number again (a float: of 6 to
 * 9) and a NUL, and returns their length. */
EDO_API size_t edoi_number_print(char text[EDOI_NUMBER_TEXT_MAX], double number, bool is_float);

#endif
