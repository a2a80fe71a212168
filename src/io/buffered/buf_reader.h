/* SPDX-License-Identifier: MIT */
/* io/buffered/buf_reader.h: the buffer of a reader: room, and input into it.
 *
 *     buf   handed out │ begin: held, no `delim` in the first `seen` │ end: room │ bytes
 *
 * inv. 1: begin <= begin + seen <= end <= bytes.
 * inv. 2: at most line_max + 2 bytes without a line end are kept, so a buffer of that size
 *         suffices.
 * inv. 3: while it waits without data, a reader that manages its own buffer has none; and while it
 *         waits with some, one of 4 KiB or of line_max + 2 bytes at most. */
#ifndef EDOI_IO_BUFFERED_BUF_READER_H
#define EDOI_IO_BUFFERED_BUF_READER_H

#include "io/over/adapter.h"
#include "io/view.h"

#include <edo/buf_io.h>

EDOI_INLINE uint32_t edoi_buf_held(const edo_buf_reader *r) {
    return r->end - r->begin;
}

/* The reader of which `s` is the stream; NULL: it is another kind. */
edo_buf_reader *edoi_buf_reader_of(edo_stream *s);

/* Debug builds: reports a reader that is NULL or not initialised. */
#ifdef EDO_DEBUG
void edoi_buf_reader_check(const edo_buf_reader *r);
#else
EDOI_INLINE void edoi_buf_reader_check(const edo_buf_reader *r) {
    (void)r;
}
#endif

/* Takes `n` of the held bytes; the buffer goes with the last one. */
void edoi_buf_take(edo_buf_reader *r, uint32_t n);

/* Makes room for at least one byte, unless line_max + 2 bytes are held; 0 or -ENOMEM. */
int edoi_buf_make_room(edo_buf_reader *r);

/* Reads once into the room, of which there must be some: as poll_read of a stream. */
edo_polled edoi_buf_read_more(edo_buf_reader *r, edo_cx *cx, edo_io_wait *wait, int *result);

#endif
