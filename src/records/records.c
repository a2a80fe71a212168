/* SPDX-License-Identifier: MIT */
/* records/records.c: see records.h. */
#include "records/records.h"

#ifdef EDO_DEBUG

#    include "base/atomic.h"

#    include <stdarg.h>
#    include <stdio.h>

#    define LINE_MAX 1024 // bytes; a longer one is cut

static const edoi_records_hooks *set_hooks; /* atomic, relaxed: it points to constant data */

void edoi_records_hooks_set(const edoi_records_hooks *hooks) {
    EDOI_ATOMIC_STORE(&set_hooks, hooks, EDOI_RELAXED);
}

const edoi_records_hooks *edoi_records_hooks_get(void) {
    return EDOI_ATOMIC_LOAD(&set_hooks, EDOI_RELAXED);
}

void edoi_records_tell(const char *format, ...) {
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    char text[LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n >= sizeof text) text[(n = sizeof text - 1) - 1] = '\n';
    if (hooks)
        (void)hooks->tell((edo_str){ text, (size_t)n });
    else
        (void)fputs(text, stderr);
}

#endif
