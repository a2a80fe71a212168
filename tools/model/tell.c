/* SPDX-License-Identifier: MIT */
/* tell.c: what the core reports, as models print it: they have no log. */
#include "log/tell.h"
#include "log/recorder_report.h"
#include "runtime/control/recorder.h"

#include <stdarg.h>
#include <stdio.h>

void edoi_tell(const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}

bool edoi_tell_text(edo_str text) {
    return fwrite(text.ptr, 1, text.len, stderr) == text.len;
}

void edoi_tell_prepare(void) {}

/* Nothing is recorded. */
void edoi_recorder_begin(void) {}

void edoi_recorder_report(const char *why) {
    (void)why;
}
