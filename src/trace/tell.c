/* SPDX-License-Identifier: MIT */
/* trace/tell.c: see tell.h. */
#include "trace/tell.h"

#include "trace/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void edoi_tell_text(edo_str text) {
    int errno_before = errno;
    edoi_log_output *out = edoi_log_output_of(STDERR_FILENO);
    if (out) {
        (void)edoi_log_output_write(out, STDERR_FILENO, text);
        edoi_log_output_unref(out);
    } else { // some reports are about a lack of memory
        edoi_writer writer;
        edoi_writer_init(&writer, STDERR_FILENO);
        writer.wait_ms = 0;
        (void)edoi_writer_line(&writer, text.ptr, text.len);
        edoi_writer_deinit(&writer);
    }
    errno = errno_before;
}

static edoi_log_output *held; // it is found by each report

void edoi_tell_hold(void) {
    if (!held) held = edoi_log_output_of(STDERR_FILENO);
}

void edoi_tell_let_go(void) {
    edoi_log_output_unref(held);
    held = NULL;
}

void edoi_tell(const char *format, ...) {
    char text[EDOI_TELL_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n >= sizeof text) text[(n = sizeof text - 1) - 1] = '\n'; // it is cut
    edoi_tell_text((edo_str){ text, (size_t)n });
}
