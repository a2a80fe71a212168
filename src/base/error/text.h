/* SPDX-License-Identifier: MIT */
/* base/error/text.h: a short text that grows by parts and needs no memory. */
#ifndef EDOI_BASE_ERROR_TEXT_H
#define EDOI_BASE_ERROR_TEXT_H

#include <edo/base.h>

#include <stdarg.h>

typedef struct edoi_text {
    char at[240];
    size_t n; /* bytes written; text that does not fit is dropped */
} edoi_text;

EDO_PRINTF(2, 3) void edoi_text_add(edoi_text *text, const char *format, ...);
EDO_PRINTF(2, 0) void edoi_text_add_v(edoi_text *text, const char *format, va_list args);

/* Adds a duration with a suitable unit. */
void edoi_text_add_time(edoi_text *text, int64_t ns);

#endif
