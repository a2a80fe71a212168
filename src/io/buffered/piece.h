/* SPDX-License-Identifier: MIT */
/* io/buffered/piece.h: bytes that are one piece for their reader, as a line or an event, while
 * others may follow in the same stream. */
#ifndef EDOI_IO_BUFFERED_PIECE_H
#define EDOI_IO_BUFFERED_PIECE_H

#include <edo/io.h>

/* Writes bytes as edo_write_all(), as one piece: a cut that comes when a part is written lets the
 * rest go out, too, within a second. `*is_torn` says that in spite of that only a part was written;
 * else a failure writes nothing. Returns 0 or a code. Waits for room. */
EDO_MUST_USE EDO_API int edoi_write_piece(edo_stream *s, edo_str piece, bool *is_torn);

/* Writes what a write that was cut short has left, within a second. Returns 0 or a code. */
EDO_MUST_USE EDO_API int edoi_write_rest(edo_stream *s, edo_str rest);

#endif
