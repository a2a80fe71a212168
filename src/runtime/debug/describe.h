/* SPDX-License-Identifier: MIT */
/* runtime/debug/describe.h: describes what a task waits for. */
#ifndef EDOI_RUNTIME_DEBUG_DESCRIBE_H
#define EDOI_RUNTIME_DEBUG_DESCRIBE_H

#include <edo/future.h>

#include <stdio.h>

typedef struct edoi_text {
    char at[240];
    size_t n; /* bytes written; text that does not fit is dropped */
} edoi_text;

EDO_PRINTF(2, 3) void edoi_text_add(edoi_text *text, const char *format, ...);

/* Adds a duration with a suitable unit. */
void edoi_text_add_time(edoi_text *text, int64_t ns);

/* Describes a pending future and its inner futures, as far as they are edo's own kinds. The task
 * that polls it is pinned, or is the caller. `now_ns` is the time of its runtime, negative if
 * unknown. */
void edoi_describe_future(edoi_text *text, const edo_future *f, int64_t now_ns);

#endif
