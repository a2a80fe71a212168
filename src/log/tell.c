/* SPDX-License-Identifier: MIT */
/* log/tell.c: see tell.h. */
#include "log/tell.h"

#include "log/out/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static bool tell_at_once(edo_str text) {
    bool is_written;
    edoi_log_output *out = edoi_log_output_of(STDERR_FILENO);
    if (out) {
        is_written = edoi_log_output_write(out, STDERR_FILENO, text);
        edoi_log_output_unref(out);
    } else { // some reports are about a lack of memory
        edoi_writer writer;
        edoi_writer_init(&writer, STDERR_FILENO);
        writer.wait_ms = 0;
        is_written = edoi_writer_line(&writer, text.ptr, text.len);
        edoi_writer_deinit(&writer);
    }
    return is_written;
}

bool edoi_tell_text(edo_str text) {
    int errno_before = errno;
    bool is_written = edoi_log_queues_tell(STDERR_FILENO, text) || tell_at_once(text);
    errno = errno_before;
    return is_written;
}

static void keep_output(void) {
    static edoi_log_output memory;
    edoi_log_output_keep(&memory, STDERR_FILENO);
}

void edoi_tell_prepare(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, keep_output); // this cannot fail
}

void edoi_tell(const char *format, ...) {
    char text[EDOI_TELL_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n >= sizeof text) text[(n = sizeof text - 1) - 1] = '\n'; // it is cut
    (void)edoi_tell_text((edo_str){ text, (size_t)n });
}
