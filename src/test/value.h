/* SPDX-License-Identifier: MIT */
/* test/value.h: values in the messages of failed checks. */
#ifndef EDOI_TEST_VALUE_H
#define EDOI_TEST_VALUE_H

#include <edo/base.h>

typedef struct edoi_test_text {
    char bytes[64];
} edoi_test_text;

/* Writes a result into `text`, a negative code with its name, and returns it. */
const char *edoi_test_value(edoi_test_text *text, int64_t value);

#endif
