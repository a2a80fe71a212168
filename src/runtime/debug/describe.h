/* SPDX-License-Identifier: MIT */
/* runtime/debug/describe.h: what a task waits for, in words. */
#ifndef EDOI_RUNTIME_DEBUG_DESCRIBE_H
#define EDOI_RUNTIME_DEBUG_DESCRIBE_H

#include <edo/future.h>

#include <stdio.h>

typedef struct edoi_text {
    char at[240];
    size_t n; /* bytes written; what does not fit is left out */
} edoi_text;

EDO_PRINTF(2, 3) void edoi_text_add(edoi_text *text, const char *format, ...);

/* A length of time with the unit that suits it. */
void edoi_text_add_time(edoi_text *text, int64_t ns);

/* Names a pending future and what is inside, as far as edo's own kinds tell. The task that polls it
 * is held, or is the caller. `now_ns` is the time of its runtime, negative if that is not known. */
void edoi_describe_future(edoi_text *text, const edo_future *f, int64_t now_ns);

#endif
