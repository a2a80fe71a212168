/* SPDX-License-Identifier: MIT */
/* edo/buf_io.h: buffered reading and writing: lines, pieces, looking ahead; few large writes.
 *
 *     edo_buf_reader in;
 *     int n = edo_buf_reader_init(&in, s, NULL);
 *     for (char *line; n >= 0 && (n = edo_read_line(&in, &line)) >= 0;) use(line, (size_t)n);
 *     edo_buf_reader_deinit(&in);          // n: -EDO_EEOF after the last line
 *
 * A reader and a writer are streams themselves (edo_buf_reader_stream(), edo_buf_writer_stream()),
 * so that all of edo/io.h works on them.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_BUF_IO_H
#define EDO_BUF_IO_H

#include <edo/io.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- Reading --------------------------------------------------------------------------------- */

#define EDO_LINE_MAX 8192u /* the default limit */

/* Options of a reader; all zero is the default. */
typedef struct edo_buf_reader_opts {
    uint32_t line_max; /* bytes of a line or piece without its end, and bytes that edo_fill() looks
                          ahead; 0: buf_bytes - 2, else EDO_LINE_MAX */
    void *buf; /* yours, borrowed, of line_max + 2 bytes at least; NULL: allocated as needed */
    size_t buf_bytes;
    uint64_t reserved[4]; /* must be 0 */
} edo_buf_reader_opts;

/* Reads ahead from a stream, and cuts its input into lines or other pieces. You place it. It keeps
 * bytes that were read but not yet handed out, so a cancelled read loses nothing. Without a buffer
 * of yours it holds memory only while it holds bytes: a connection that is idle between two lines
 * costs only this struct. A buffer of yours has to have room for a whole packet behind a piece of a
 * line, where the stream is a pipe of packets or a socket for messages. Fields are edo's. */
typedef struct edo_buf_reader {
    edoi_adapter view; /* first: edo_buf_reader_stream(); the stream below is borrowed */
    char *buf;
    uint32_t bytes;       /* of `buf` */
    uint32_t line_max;    /* longest line, without its end */
    uint32_t begin, end;  /* the bytes in `buf` that are not yet handed out */
    uint32_t seen;        /* how many of these were searched and hold no `delim` */
    int64_t input_at_ns;  /* when input came last; at first, when the reader was made */
    char delim;           /* what was searched for last */
    uint8_t borrowed : 1; /* `buf` is the user's */
    uint8_t dropping : 1; /* drops the rest of a piece that was too long, up to `delim` */
    uint8_t at_end : 1;   /* the stream has ended */
    uint8_t roomy : 1;    /* a read filled the buffer: take a larger one next time */
} edo_buf_reader;

/** Starts reading from `s`. From the first read on the reader may hold bytes beyond those that it
 * has handed out: read from `s` itself only before.
 * Owns:    borrows `s` until edo_buf_reader_deinit().
 * Errors:  -EINVAL  the given buffer is smaller than line_max + 2, or `reserved` not 0 */
EDO_MUST_USE EDO_API int edo_buf_reader_init(edo_buf_reader *self, edo_stream *s,
                                             const edo_buf_reader_opts *opts);

/** Frees the reader's memory; bytes in it are lost. The stream stays open. An all-zero reader is
 * allowed.
 * Owns:    no operation on the reader, or on its edo_buf_reader_stream(), may be waiting. */
EDO_API void edo_buf_reader_deinit(edo_buf_reader *self);

/** Returns the reader as a stream: a read takes the bytes that the reader holds, then those of its
 * stream; a large read goes past the buffer. edo_seek() drops what the reader holds. Writing,
 * shutdown and closing are those of the reader's stream.
 * Owns:    lends a stream that lives as long as the reader: it is not to be unreferenced.
 * Threads: reading: one at a time, together with the reader's other operations; writing: any. */
EDO_API edo_stream *edo_buf_reader_stream(edo_buf_reader *self);

/** Returns when the reader last got bytes from its stream, also bytes of a line that is not yet
 * whole; before that, when the reader was made. With it a server finds silent peers, and keeps
 * peers that type slowly:
 *
 *     edo_instant silent_at = edo_instant_add(edo_buf_reader_input_at(&lines), edo_minutes(5)); */
EDO_API edo_instant edo_buf_reader_input_at(const edo_buf_reader *self);

/** Returns how many bytes the reader holds that were read and not yet handed out. A server that
 * gathers its replies sends them when this is 0: the peer has sent nothing more so far. */
EDO_API size_t edo_buf_reader_held(const edo_buf_reader *self);

/* Future behind edo_fill(). */
typedef struct edo_fill_future {
    edo_future base; /* until it is ready its result is the number of bytes wanted */
    edo_buf_reader *reader;
    const char **bytes;
    edo_io_wait wait;
} edo_fill_future;

/** Looks ahead: waits until the reader holds at least `wanted` bytes, and returns how many it
 * holds, which `*bytes` points to; fewer than `wanted` only if the input ends before, 0 at its end.
 * The bytes stay in the reader until edo_consume().
 * Owns:    `*bytes` lies in the reader, until its next operation.
 * Errors:  -EINVAL  `wanted` is 0, or more than line_max + 2
 *          -ENOMEM  nothing is lost; the call can be repeated
 *          else as edo_read()
 * Cancel: safe: bytes that were read stay in the reader.   Waits: for input. */
EDO_MUST_USE EDO_API int edo_fill(edo_buf_reader *self, const char **bytes, size_t wanted);
EDO_MUST_USE EDO_API edo_future *edo_fill_init(edo_fill_future *f, edo_buf_reader *self,
                                               const char **bytes, size_t wanted);

/** Takes `n` bytes, at most those that edo_fill() returned, out of the reader. More is misuse: a
 * release build then takes all. */
EDO_API void edo_consume(edo_buf_reader *self, size_t n);

/* Future behind edo_read_line() and edo_read_delim(). */
typedef struct edo_read_line_future {
    edo_future base;
    edo_buf_reader *reader;
    char **line;
    edo_io_wait wait;
    char delim; /* '\n' with `strips_cr` for a line */
    bool strips_cr;
} edo_read_line_future;

/** Reads the next line: returns its length, 0 for an empty line.
 *
 * The line end, \n or \r\n, is replaced by a NUL; bytes in the line may be NUL too. A last line
 * without an end is a line; once the input has ended, the reader does not look for more lines. A \r
 * without a \n, also at the end of the input, is a byte of the line, and counts.
 * Owns:    `*line` lies in the reader and is yours to change, until the next read or deinit.
 * Errors:  -EDO_EEOF      the input has ended
 *          -EDO_ETOOLONG  the line is longer than line_max: returned once, with its first line_max
 *                         bytes and a NUL in `*line`; the next edo_read_line() drops the rest of
 *                         that line, and returns the line after it
 *          -ENOMEM        nothing is lost; the call can be repeated
 *          else as edo_read()
 * Cancel: safe: bytes that were read stay in the reader.   Waits: for a whole line. */
EDO_MUST_USE EDO_API int edo_read_line(edo_buf_reader *self, char **line);
EDO_MUST_USE EDO_API edo_future *edo_read_line_init(edo_read_line_future *f, edo_buf_reader *self,
                                                    char **line);

/** Reads up to the next byte `delim`, which is replaced by a NUL; otherwise as edo_read_line(): the
 * length is returned, a last piece without an end is a piece, and one that is too long is refused
 * and dropped.
 * Owns:    `*piece` lies in the reader and is yours to change, until the next read or deinit.
 * Errors: as edo_read_line().   Cancel: safe: bytes that were read stay in the reader.
 * Waits:   for a whole piece. */
EDO_MUST_USE EDO_API int edo_read_delim(edo_buf_reader *self, char **piece, char delim);
EDO_MUST_USE EDO_API edo_future *edo_read_delim_init(edo_read_line_future *f, edo_buf_reader *self,
                                                     char **piece, char delim);

/* ---- Writing --------------------------------------------------------------------------------- */

#define EDO_BUF_WRITER_BYTES 8192u /* of the buffer, by default */

/* Options of a writer; all zero is the default. */
typedef struct edo_buf_writer_opts {
    void *buf;            /* yours, borrowed, of buf_bytes; NULL: allocated as needed */
    size_t buf_bytes;     /* 0: EDO_BUF_WRITER_BYTES */
    uint64_t reserved[4]; /* must be 0 */
} edo_buf_writer_opts;

/* Gathers small writes to a stream into large ones. You place it. Without a buffer of yours it
 * holds memory only while it holds bytes. Fields are edo's. */
typedef struct edo_buf_writer {
    edoi_adapter view; /* first: edo_buf_writer_stream(); the stream below is borrowed */
    char *buf;
    uint32_t bytes;      /* of `buf`, also when it is not there */
    uint32_t begin, end; /* the bytes in `buf` that are not yet passed on */
    bool borrowed;       /* `buf` is the user's */
} edo_buf_writer;

/** Starts gathering writes to `s`: write to edo_buf_writer_stream(), and call edo_flush() with it
 * when the bytes shall go out.
 * Owns:    borrows `s` until edo_buf_writer_deinit().
 * Errors:  -EINVAL  a buffer of 0 or more than INT_MAX bytes, or `reserved` not 0 */
EDO_MUST_USE EDO_API int edo_buf_writer_init(edo_buf_writer *self, edo_stream *s,
                                             const edo_buf_writer_opts *opts);

/** Frees the writer's memory; bytes that were not flushed are lost. The stream stays open. An
 * all-zero writer is allowed.
 * Owns:    no operation on its edo_buf_writer_stream() may be waiting. */
EDO_API void edo_buf_writer_deinit(edo_buf_writer *self);

/** Returns the writer as a stream. A write fills the buffer, which goes out when the next write
 * does not fit, at edo_flush() and at edo_shutdown(); a write as large as the buffer goes past it
 * while it is empty. While the stream takes nothing, a write fills what room there is, and may be
 * short. A failure to pass bytes on is returned by the operation that met it, and the bytes stay.
 * edo_seek() first passes them on. Reading and closing are those of the writer's stream.
 * Owns:    lends a stream that lives as long as the writer: it is not to be unreferenced.
 * Threads: writing: one at a time; reading: any. */
EDO_API edo_stream *edo_buf_writer_stream(edo_buf_writer *self);

/* Future behind edo_put(). */
typedef struct edo_put_future {
    edo_future base; /* until it is ready its result is the number of bytes */
    edo_buf_writer *writer;
    const void *bytes;
    edo_io_wait wait;
} edo_put_future;

/** Puts `n` bytes into the buffer of the writer, all or none; what is there goes out first if they
 * do not fit. Returns 0.
 * Errors:  -EINVAL  more bytes than the buffer has room for;  -ENOMEM;  else as edo_write()
 * Cancel: safe: nothing of `bytes` was written.   Waits: for room in the buffer. */
EDO_MUST_USE EDO_API int edo_put(edo_buf_writer *self, const void *bytes, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_put_init(edo_put_future *f, edo_buf_writer *self,
                                              const void *bytes, size_t n);

EDO_END_DECLS

#endif
