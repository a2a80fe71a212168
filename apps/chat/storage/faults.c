/* SPDX-License-Identifier: MIT */
/* faults.c: see faults.h. */
#include "storage/faults.h"

#include <stdarg.h>
#include <stdio.h>

void faults_add(faults *self, int err, const char *format, ...) {
    size_t left = sizeof self->text - self->bytes;
    va_list args;
    va_start(args, format);
    int n = snprintf(self->text + self->bytes, left, "%s", self->bytes > 0 ? "; " : "");
    if ((size_t)n < left)
        n += vsnprintf(self->text + self->bytes + n, left - (size_t)n, format, args);
    va_end(args);
    self->bytes += (size_t)n < left ? (size_t)n : left - 1;
    if (self->err == 0) self->err = err;
}
