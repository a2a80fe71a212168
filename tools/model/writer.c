/* SPDX-License-Identifier: MIT */
/* writer.c: what the core writes by itself, as models write it: they have no log. */
#include "trace/writer.h"

#include <unistd.h>

void edoi_writer_init(edoi_writer *writer, int fd) {
    *writer = (edoi_writer){ .fd = fd, .own = -1 };
}

void edoi_writer_deinit(edoi_writer *writer) {
    (void)writer;
}

bool edoi_writer_line(edoi_writer *writer, const char *bytes, size_t n) {
    return write(writer->fd, bytes, n) == (ssize_t)n;
}
