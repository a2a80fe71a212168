/* SPDX-License-Identifier: MIT */
/* base/error/text.c: see text.h. */
#include "base/error/text.h"

#include <inttypes.h>
#include <stdio.h>

void edoi_text_add_v(edoi_text *text, const char *format, va_list args) {
    int n = vsnprintf(text->at + text->n, sizeof text->at - text->n, format, args);
    if (n > 0) text->n += (size_t)n;
    if (text->n >= sizeof text->at) text->n = sizeof text->at - 1;
}

void edoi_text_add(edoi_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edoi_text_add_v(text, format, args);
    va_end(args);
}

void edoi_text_add_time(edoi_text *text, int64_t ns) {
    if (ns < INT64_C(10000000000)) {
        edoi_text_add(text, "%" PRId64 " ms", ns / 1000000);
    } else {
        edoi_text_add(text, "%" PRId64 " s", ns / 1000000000);
    }
}
