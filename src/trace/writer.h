/* SPDX-License-Identifier: MIT */
/* trace/writer.h: writes complete lines to a descriptor that may be slow, full or broken.
 *
 * One thread at a time; trace.c holds its mutex around every call. */
#ifndef EDOI_TRACE_WRITER_H
#define EDOI_TRACE_WRITER_H

#include <edo/base.h>

#define EDOI_WRITER_WAIT_MS 1000 /* limit for a stalled reader, once until it reads again */

typedef struct edoi_writer {
    int fd;
    int wait_ms;      /* EDOI_WRITER_WAIT_MS, shorter in tests */
    bool may_stall;   /* a pipe, socket or terminal: poll before writing */
    bool has_stalled; /* since the last success: no more waits */
    bool is_torn;     /* a line was begun but not ended */
} edoi_writer;

/* Borrows `fd`. */
void edoi_writer_init(edoi_writer *writer, int fd);

/* Writes a line; false: dropped. Never raises SIGPIPE, and never waits longer than the limit. */
bool edoi_writer_line(edoi_writer *writer, const char *bytes, size_t n);

#endif
