/* SPDX-License-Identifier: MIT */
/* value/text/print.h: a value as JSON that is looked at, as by who reads a log. */
#ifndef EDOI_VALUE_TEXT_PRINT_H
#define EDOI_VALUE_TEXT_PRINT_H

#include <edo/value.h>

/* As edo_value_print(), as JSON: what is secret is "***". It is not read back: durations, dates and
 * bytes are texts, and a number that JSON has not is null. */
EDO_MUST_USE int edoi_value_print_json(edo_buf *out, const void *value, const edo_desc *desc);

#endif
