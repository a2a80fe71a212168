/* SPDX-License-Identifier: MIT */
/* tell.c: what the core reports, as models print it: they have no log. */
#include "trace/tell.h"

#include <stdarg.h>
#include <stdio.h>

void edoi_tell(const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}

void edoi_tell_text(edo_str text) {
    (void)fwrite(text.ptr, 1, text.len, stderr);
}

void edoi_tell_prepare(void) {}
