/* SPDX-License-Identifier: MIT */
/* edo/copy.h: moves bytes from stream to stream until the input ends.
 *
 *     uint64_t sent;
 *     int err = edo_copy(peer, file, &sent);          // one way
 *     err = edo_copy_both(client, server, NULL);      // a proxy
 *
 * Unless a function says otherwise:
 * Waits: for input and room.   Since: 0.1 */
#ifndef EDO_COPY_H
#define EDO_COPY_H

#include <edo/io.h>

EDO_BEGIN_DECLS

struct edo_buf_reader;

/* One direction of a copy; a part of the futures below. Fields are edo's. */
typedef struct edoi_pump {
    edo_stream *from, *to;
    struct edo_buf_reader *reader; /* of which `from` is the stream; NULL: it is another kind */
    edo_io_wait in, out;
    char *buf;
    uint32_t bytes, begin, end; /* of `buf`; the bytes in it that are not yet written */
    uint64_t copied;
    int failure;           /* of the input, returned once what came before is written */
    int pipe[2];           /* reading and writing end, while the kernel moves the bytes */
    uint32_t in_pipe;      /* bytes */
    uint64_t splice_began; /* the value of `copied` then */
    uint8_t stage;
    bool roomy;        /* the input comes in bulk */
    bool unflushed;    /* something was written since the last flush */
    bool never_splice; /* it failed, or the input has ended there */
    bool spent;        /* the last poll spent the budget, which woke the task */
} edoi_pump;

/* Future behind edo_copy(). */
typedef struct edo_copy_future {
    edo_future base;
    uint64_t *bytes;
    edoi_pump pump;
} edo_copy_future;

/** A future that writes the input of `from`, up to its end, to `to`. Ready with 0; `*bytes` (may be
 * NULL) is the number of bytes written, also after a failure or a drop.
 *
 * Reading goes on while a write waits, until the buffer is full: nothing is read for which there is
 * no room, which for a pipe that may have packets, or a socket for messages, is that of a whole one
 * (4,096 bytes and 64 KiB). When the input pauses, what was written is flushed (edo_flush()), and
 * no buffer is held. `to` is flushed at the end, and neither shut down nor closed. What came before
 * a failure of the input is written first. What an edo_buf_reader holds is written from there; the
 * bulk that comes after it goes past the reader.
 * Owns:    borrows the streams until its first poll (it holds references while it waits) and
 *          `bytes` until ready or dropped.
 * Errors:  as edo_read() of `from` and edo_write() of `to`; -ENOMEM
 * Cancel: not safe: bytes that were read and not yet written are lost.   Threads: one at a time. */
EDO_MUST_USE EDO_API edo_future *edo_copy_init(edo_copy_future *f, edo_stream *to, edo_stream *from,
                                               uint64_t *bytes);

/** Writes the input of `from`, up to its end, to `to`, and returns 0. See edo_copy_init().
 *
 * A file from its place on to a TCP or Unix stream or a pipe goes by sendfile(2), and to another
 * file, unless that appends, by copy_file_range(2), in jobs of the blocking pool: so a file system
 * may share the blocks. A cancelled copy waits for the end of the job, and nothing is lost: both
 * places are behind the last byte that was written. Other reads and writes of these files wait
 * meanwhile. The future of edo_copy_init() moves the same bytes through a buffer.
 * Owns:    borrows the streams until return.
 * Errors:  as edo_copy_init(); -ECANCELED; for files those of edo_blocking(), as -EAGAIN: the pool
 *          is full
 * Cancel: not safe: bytes that were read and not yet written are lost.   Threads: any, at once.
 * Waits:   for input and room. */
EDO_MUST_USE EDO_API int edo_copy(edo_stream *to, edo_stream *from, uint64_t *bytes);

/* How many bytes edo_copy_both() has written. */
typedef struct edo_copied {
    uint64_t to_a, to_b;
} edo_copied;

/* Future behind edo_copy_both(). */
typedef struct edo_copy_both_future {
    edo_future base;
    edo_copied *copied;
    edoi_pump pumps[2]; /* to a, to b */
    uint8_t first;      /* which of them the next poll serves first */
} edo_copy_both_future;

/** Writes the input of `a` to `b` and that of `b` to `a`. When one of them has no more input the
 * other is shut down (edo_shutdown()), and the other direction goes on. Returns 0 when both have
 * ended, or the first failure; `*copied` (may be NULL) has the numbers of bytes written, also after
 * a failure or a drop. It closes neither.
 * Errors:  as edo_copy(); those of edo_shutdown()
 * Cancel: not safe: bytes that were read and not yet written are lost.   Threads: any, at once.
 * Waits:   for input and room. */
EDO_MUST_USE EDO_API int edo_copy_both(edo_stream *a, edo_stream *b, edo_copied *copied);
EDO_MUST_USE EDO_API edo_future *edo_copy_both_init(edo_copy_both_future *f, edo_stream *a,
                                                    edo_stream *b, edo_copied *copied);

EDO_END_DECLS

#endif
