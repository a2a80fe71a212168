/* SPDX-License-Identifier: MIT */
/* io/buffered/printf.c: a formatted text to a stream. */
#include <edo/io.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define SHORT_BYTES 256u /* of the stack, which may be a small one */

int edo_printf(edo_stream *s, const char *format, ...) {
    char text[SHORT_BYTES];
    edo_buf longer = { 0 };
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) return -errno;
    if ((size_t)n < sizeof text) return edo_write_all(s, text, (size_t)n);
    int err = edo_buf_reserve(&longer, (size_t)n + 1);
    if (err < 0) return err;
    va_start(args, format);
    (void)vsnprintf(longer.ptr, (size_t)n + 1, format, args);
    va_end(args);
    err = edo_write_all(s, longer.ptr, (size_t)n);
    edo_buf_deinit(&longer);
    return err;
}
