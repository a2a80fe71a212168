/* SPDX-License-Identifier: MIT */
/* edo/io.h: byte streams: reading, writing, lines.
 *
 * A stream is reference-counted: a task that uses a stream that another task may close needs a
 * reference of its own. One task may read while another writes. Two readers at once are allowed:
 * each byte goes to one of them. Two writers at once are allowed too, but their bytes may mix:
 * write whole messages from one task.
 *
 * Operations have up to three forms: edo_read() waits, edo_read_init() makes the future that it
 * awaits, edo_try_read() returns -EAGAIN instead of waiting. Counts are int: one operation moves at
 * most INT_MAX bytes. */
#ifndef EDO_IO_H
#define EDO_IO_H

#include <edo/future.h>
#include <edo/time.h>

#include <sys/uio.h>

EDO_BEGIN_DECLS

/* ---- Streams --------------------------------------------------------------------------------- */

typedef struct edo_stream edo_stream;

/* Links a waiting operation to its stream; part of the operation's future. All zero: it does not
 * wait. The fields belong to the stream. */
typedef edo_wait_link edo_io_wait;

#define EDO_IO_PEEK     1u /* poll_read: leave the bytes in the stream */
#define EDO_IO_VECS_MAX 64 /* buffers of one vectored operation */

/* Flags of a kind of stream. */
#define EDO_STREAM_VECTORED 1u /* poll_write takes from all buffers, not only from the first */
#define EDO_STREAM_PLAIN_FD 2u /* the bytes are those of `fd`: the kernel may move them itself */

#define EDO_IO_READ  1u /* edo_io_ready(): wait for input, or its end */
#define EDO_IO_WRITE 2u /* edo_io_ready(): wait for room */

/* The operations of one kind of stream. Const and static; later versions give reserved entries a
 * meaning, so initialise by name.
 *
 * A poll returns EDO_READY with a count or a negative code in `*result`, or EDO_PENDING after it
 * has linked `wait` with the waker of `cx`. With a NULL `cx` it does not wait: the result is
 * -EAGAIN. It takes nothing from the budget. The caller calls `unwait` once its operation has ended
 * or was dropped; that unlinks `wait`. */
typedef struct edo_stream_ops {
    const char *name;
    uint32_t flags; /* EDO_STREAM_VECTORED, EDO_STREAM_PLAIN_FD */
    /* Reads some bytes into `n` buffers; 0 at the end of the input. `flags`: EDO_IO_PEEK. */
    edo_polled (*poll_read)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result);
    /* Writes some bytes of `n` buffers; 0 only if they are empty. */
    edo_polled (*poll_write)(edo_stream *self, edo_cx *cx, edo_io_wait *wait,
                             const struct iovec *from, size_t n, int *result);
    /* Ends the writing half; bytes written before still arrive. */
    edo_polled (*poll_shutdown)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, int *result);
    /* Ready, with `what` in `*result`, if `what` (EDO_IO_READ or EDO_IO_WRITE) can be done without
     * waiting. May be NULL: this kind cannot tell. */
    edo_polled (*poll_ready)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                             int *result);
    void (*unwait)(edo_stream *self, edo_io_wait *wait);
    /* Ends both halves at once: waiting and later operations return -EDO_ECLOSED. */
    void (*close)(edo_stream *self);
    /* Releases everything; called when the last reference is gone, perhaps without a close. */
    void (*free)(edo_stream *self);
    /* Returns the descriptor; -1 if there is none. */
    int (*fd)(edo_stream *self);
    /* Passes on what earlier writes left in the stream's own buffer. May be NULL: this kind keeps
     * nothing back. */
    edo_polled (*poll_flush)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, int *result);
    void (*reserved[4])(void); /* must be NULL */
} edo_stream_ops;

/* First member of every stream. For implementers: set `ops`, and `refs` to 1, all else to 0. */
struct edo_stream {
    const edo_stream_ops *ops;
    edo_atomic_u32 refs;     /* atomic */
    edo_atomic_u32 is_reset; /* atomic; of a TCP stream: a write was told that the other end broke
                                the connection off, so a read does not take that for the end */
};

/**
 * Takes one more reference and returns `s`; edo_stream_unref() or edo_close() gives it back.
 *
 * Owns:    shares `s`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_stream *edo_stream_ref(edo_stream *s);

/**
 * Gives a reference back; the last one closes the stream. NULL is allowed.
 *
 * Owns:    takes the reference.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_stream_unref(edo_stream *s);

/**
 * Closes the stream at once, for all its users, and gives the caller's reference back. NULL is
 * allowed.
 *
 * Waiting operations, and later ones of other owners, return -EDO_ECLOSED. The kernel still sends
 * the bytes written before; for an orderly end call edo_shutdown() first.
 *
 * Owns:    takes the reference.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_close(edo_stream *s);

/**
 * Returns the descriptor of the stream, for inspection or for setting options; -1 if there is none.
 *
 * Owns:    the stream keeps it.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API int edo_stream_fd(edo_stream *s);

/* ---- Reading --------------------------------------------------------------------------------- */

/* Future behind edo_read() and edo_peek(). */
typedef struct edo_read_future {
    edo_future base; /* until it is ready its result is the room in `buf` */
    edo_stream *stream;
    void *buf;
    edo_io_wait wait;
} edo_read_future;

/**
 * A future that reads some bytes, at most `n`, as soon as there are any. Ready with their number,
 * or 0 at the end of the input. `buf` is written only during a poll, and the fiber that reads goes
 * on before other code runs on its thread. So the state machines of one thread, or its fibers, may
 * share a buffer if each uses up its bytes before it waits again.
 *
 * Owns:    borrows `s` until its first poll (it holds a reference while it waits) and `buf` until
 *          ready or dropped.
 * Errors:  -EDO_ECLOSED     this end was closed, before or during the wait
 *          -ECONNRESET      the other end broke the connection off
 *          -EDO_ENORUNTIME  it had to wait, without a runtime; on a plain thread as edo_sleep()
 * Cancel:  safe: unread bytes stay in the stream.
 * Threads: one at a time.   Waits: for input.   Since: 0.1
 */
EDO_API edo_future *edo_read_init(edo_read_future *f, edo_stream *s, void *buf, size_t n);

/**
 * Reads some bytes, at most `n`: returns their number, or 0 at the end of the input.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  as edo_read_init(); -ECANCELED
 * Cancel:  safe: unread bytes stay in the stream.
 * Threads: any, at once.   Waits: for input.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_read(edo_stream *s, void *buf, size_t n);

/**
 * As edo_read(), but returns -EAGAIN instead of waiting.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  -EAGAIN; -EDO_ECLOSED; -ECONNRESET
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_try_read(edo_stream *s, void *buf, size_t n);

/**
 * As edo_read(), but the bytes stay in the stream for the next read.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  as edo_read(); -ENOTSUP  this kind of stream cannot peek
 * Cancel:  safe.   Threads: any, at once.   Waits: for input.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_peek(edo_stream *s, void *buf, size_t n);

/**
 * The future of edo_peek().
 *
 * Owns:    as edo_read_init().
 * Errors:  as edo_read_init(); -ENOTSUP
 * Cancel:  safe.   Threads: one at a time.   Waits: for input.   Since: 0.1
 */
EDO_API edo_future *edo_peek_init(edo_read_future *f, edo_stream *s, void *buf, size_t n);

/* Future behind edo_read_exact(). */
typedef struct edo_read_exact_future {
    edo_future base;
    edo_stream *stream;
    char *buf;
    size_t n;
    size_t done; /* yours to read: bytes in `buf` so far, also after a drop */
    edo_io_wait wait;
} edo_read_exact_future;

/**
 * A future that reads exactly `n` bytes. Ready with `n`.
 *
 * Owns:    as edo_read_init().
 * Errors:  -EDO_EEOF  the input ended before; -EINVAL  more than INT_MAX; else as edo_read_init()
 * Cancel:  not safe: `done` bytes are in `buf` and no longer in the stream.
 * Threads: one at a time.   Waits: for input.   Since: 0.1
 */
EDO_API edo_future *edo_read_exact_init(edo_read_exact_future *f, edo_stream *s, void *buf,
                                        size_t n);

/**
 * Reads exactly `n` bytes: returns `n`.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  -EDO_EEOF  the input ended before; -EINVAL  more than INT_MAX; else as edo_read()
 * Cancel:  not safe: an unknown number of bytes was read.
 * Threads: any, at once.   Waits: for input.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_read_exact(edo_stream *s, void *buf, size_t n);

/* ---- Writing --------------------------------------------------------------------------------- */

/* Future behind edo_write(). */
typedef struct edo_write_future {
    edo_future base; /* until it is ready its result is the number of bytes in `buf` */
    edo_stream *stream;
    const void *buf;
    edo_io_wait wait;
} edo_write_future;

/**
 * A future that writes some of `n` bytes, as soon as there is room. Ready with the number written.
 *
 * Owns:    borrows `s` until its first poll (it holds a reference while it waits) and `buf` until
 *          ready or dropped.
 * Errors:  -EPIPE           the other end no longer reads, or this half was shut down
 *          -EDO_ECLOSED     this end was closed, before or during the wait
 *          -ECONNRESET      the other end broke the connection off
 *          -EDO_ENORUNTIME  it had to wait, without a runtime
 * Cancel:  safe: nothing was written.
 * Threads: one at a time.   Waits: for room.   Since: 0.1
 */
EDO_API edo_future *edo_write_init(edo_write_future *f, edo_stream *s, const void *buf, size_t n);

/**
 * Writes some of `n` bytes: returns the number written.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  as edo_write_init(); -ECANCELED
 * Cancel:  safe: nothing was written.
 * Threads: any, at once.   Waits: for room.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_write(edo_stream *s, const void *buf, size_t n);

/**
 * As edo_write(), but returns -EAGAIN instead of waiting.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  -EAGAIN; -EPIPE; -EDO_ECLOSED; -ECONNRESET
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_try_write(edo_stream *s, const void *buf, size_t n);

/* Future behind edo_writev(), edo_write_all() and edo_writev_all(). */
typedef struct edo_writev_future {
    edo_future base;
    edo_stream *stream;
    const struct iovec *vecs; /* NULL: `one` is the only buffer */
    struct iovec one;
    size_t vecs_n;
    size_t total;
    size_t done; /* yours to read: bytes written so far, also after a drop */
    edo_io_wait wait;
} edo_writev_future;

/**
 * A future that writes some bytes from `n` buffers in order. Ready with their number.
 *
 * Owns:    as edo_write_init(); the array `vecs` too.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers; else as edo_write_init()
 * Cancel:  safe: nothing was written.
 * Threads: one at a time.   Waits: for room.   Since: 0.1
 */
EDO_API edo_future *edo_writev_init(edo_writev_future *f, edo_stream *s, const struct iovec *vecs,
                                    size_t n);

/**
 * Writes some bytes from `n` buffers in order: returns their number.
 *
 * Owns:    borrows `s`, the array and its buffers until return.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers; else as edo_write()
 * Cancel:  safe: nothing was written.
 * Threads: any, at once.   Waits: for room.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_writev(edo_stream *s, const struct iovec *vecs, size_t n);

/**
 * A future that writes all `n` bytes. Ready with `n`.
 *
 * Owns:    as edo_write_init().
 * Errors:  -EINVAL  more than INT_MAX bytes; else as edo_write_init()
 * Cancel:  not safe: a part was written; `done` says how much.
 * Threads: one at a time.   Waits: for room.   Since: 0.1
 */
EDO_API edo_future *edo_write_all_init(edo_writev_future *f, edo_stream *s, const void *buf,
                                       size_t n);

/**
 * Writes all `n` bytes: returns `n`.
 *
 * Owns:    borrows `s` and `buf` until return.
 * Errors:  -EINVAL  more than INT_MAX bytes; else as edo_write()
 * Cancel:  not safe: an unknown part was written.
 * Threads: any, at once.   Waits: for room.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_write_all(edo_stream *s, const void *buf, size_t n);

/**
 * A future that writes all bytes of `n` buffers in order. Ready with their number.
 *
 * Owns:    as edo_writev_init().
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers or INT_MAX bytes; else as edo_write_init()
 * Cancel:  not safe: a part was written; `done` says how much.
 * Threads: one at a time.   Waits: for room.   Since: 0.1
 */
EDO_API edo_future *edo_writev_all_init(edo_writev_future *f, edo_stream *s,
                                        const struct iovec *vecs, size_t n);

/**
 * Writes all bytes of `n` buffers in order: returns their number.
 *
 * Owns:    borrows `s`, the array and its buffers until return.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers or INT_MAX bytes; else as edo_write()
 * Cancel:  not safe: an unknown part was written.
 * Threads: any, at once.   Waits: for room.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_writev_all(edo_stream *s, const struct iovec *vecs, size_t n);

/* Future behind edo_shutdown(). */
typedef struct edo_shutdown_future {
    edo_future base;
    edo_stream *stream;
    edo_io_wait wait;
} edo_shutdown_future;

/**
 * A future that ends the writing half: the other end reads the bytes written before, then the end
 * of the input. Reading goes on.
 *
 * Owns:    borrows `s` until its first poll; it holds a reference while it waits.
 * Errors:  -EDO_ECLOSED; -ENOTCONN  the connection is gone
 * Cancel:  safe: it can be repeated.
 * Threads: one at a time.   Waits: as the kind of stream needs; TCP never.   Since: 0.1
 */
EDO_API edo_future *edo_shutdown_init(edo_shutdown_future *f, edo_stream *s);

/**
 * Ends the writing half: the other end reads the bytes written before, then the end of the input.
 * Reading goes on.
 *
 * Owns:    borrows `s` until return.
 * Errors:  -EDO_ECLOSED; -ENOTCONN  the connection is gone; -ECANCELED
 * Cancel:  safe: it can be repeated.
 * Threads: any, at once.   Waits: as the kind of stream needs; TCP never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_shutdown(edo_stream *s);

/* ---- Readiness ------------------------------------------------------------------------------- */

/* Future behind edo_io_ready(). */
typedef struct edo_io_ready_future {
    edo_future base; /* until it is ready its result is the event that it waits for */
    edo_stream *stream;
    edo_io_wait wait;
} edo_io_ready_future;

/**
 * A future that is ready, with `what`, when edo_try_read() (EDO_IO_READ) or edo_try_write()
 * (EDO_IO_WRITE) need not wait. Nothing is read or written, so an idle connection needs no buffer.
 * Readiness is a hint: the try may still return -EAGAIN; wait again then.
 *
 * Owns:    borrows `s` until its first poll; it holds a reference while it waits.
 * Errors:  -EDO_ECLOSED     this end was closed, before or during the wait
 *          -EINVAL          `what` is not one of the two
 *          -ENOTSUP         this kind of stream cannot tell
 *          -EDO_ENORUNTIME  it had to wait, without a runtime
 * Cancel:  safe.   Threads: one at a time.   Waits: for input or room.   Since: 0.1
 */
EDO_API edo_future *edo_io_ready_init(edo_io_ready_future *f, edo_stream *s, uint32_t what);

/**
 * Waits until `what` can be done without waiting, and returns `what`. See edo_io_ready_init().
 *
 *     while ((n = edo_io_ready(s, EDO_IO_READ)) > 0) {
 *         n = edo_try_read(s, shared, sizeof shared); // used up before the next wait
 *         if (n == -EAGAIN) continue;
 *
 * Owns:    borrows `s` until return.
 * Errors:  as edo_io_ready_init(); -ECANCELED
 * Cancel:  safe.   Threads: any, at once.   Waits: for input or room.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_io_ready(edo_stream *s, uint32_t what);

/* ---- Lines ----------------------------------------------------------------------------------- */

#define EDO_LINE_MAX 8192u /* the default limit */

/* Options of a line reader; all zero is the default. */
typedef struct edo_line_opts {
    uint32_t line_max; /* bytes of a line without its end; 0: buf_bytes - 2, else EDO_LINE_MAX */
    void *buf; /* yours, borrowed, of line_max + 2 bytes at least; NULL: allocated as needed */
    size_t buf_bytes;
    uint64_t reserved[4]; /* must be 0 */
} edo_line_opts;

/* Cuts a stream's input into lines. You place it. It keeps bytes that were read but not yet handed
 * out, so a cancelled read loses nothing. Without a buffer of yours it holds memory only while it
 * holds bytes: a connection that is idle between two lines costs only this struct. */
typedef struct edo_line_reader {
    edo_stream *stream; /* borrowed */
    char *buf;
    uint32_t bytes;        /* of `buf` */
    uint32_t line_max;     /* longest line, without its end */
    uint32_t begin, end;   /* the bytes in `buf` that are not yet handed out */
    uint32_t seen;         /* how many of these were searched and hold no line end */
    int64_t input_at_ns;   /* when input came last; at first, when the reader was made */
    uint32_t borrowed : 1; /* `buf` is the user's */
    uint32_t dropping : 1; /* drops the rest of a line that was too long */
    uint32_t at_end : 1;   /* the stream has ended */
    uint32_t roomy : 1;    /* a read filled the buffer: take a larger one next time */
} edo_line_reader;

/**
 * Starts reading lines from `s`. From the first read on the reader may hold bytes beyond the last
 * line handed out: read from the stream by other means only before.
 *
 * Owns:    borrows `s` until edo_line_reader_deinit().
 * Errors:  -EINVAL  the given buffer is smaller than line_max + 2, or `reserved` not 0
 * Threads: one at a time.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_line_reader_init(edo_line_reader *self, edo_stream *s,
                                              const edo_line_opts *opts);

/**
 * Frees the reader's memory; bytes in it are lost. The stream stays open. An all-zero reader is
 * allowed.
 *
 * Threads: one at a time.   Waits: never.   Since: 0.1
 */
EDO_API void edo_line_reader_deinit(edo_line_reader *self);

/**
 * Returns when the reader last got bytes from its stream, also bytes of a line that is not yet
 * whole; before that, when the reader was made. With it a server finds silent peers, and keeps
 * peers that type slowly:
 *
 *     edo_instant silent_at = edo_instant_add(edo_line_reader_input_at(&lines), edo_minutes(5));
 *
 * Threads: one at a time.   Waits: never.   Since: 0.1
 */
EDO_API edo_instant edo_line_reader_input_at(const edo_line_reader *self);

/* Future behind edo_read_line(). */
typedef struct edo_read_line_future {
    edo_future base;
    edo_line_reader *reader;
    char **line;
    edo_io_wait wait;
} edo_read_line_future;

/**
 * A future that is ready with the length of the next line, which `*line` points to.
 *
 * Owns:    borrows `self` until ready or dropped; the line as edo_read_line().
 * Errors:  as edo_read_line().
 * Cancel:  safe: bytes that were read stay in the reader.
 * Threads: one at a time.   Waits: for a whole line.   Since: 0.1
 */
EDO_API edo_future *edo_read_line_init(edo_read_line_future *f, edo_line_reader *self, char **line);

/**
 * Reads the next line: returns its length, 0 for an empty line.
 *
 * The line end, \n or \r\n, is replaced by a NUL; bytes in the line may be NUL too. A last line
 * without an end is a line. A \r without a \n, also at the end of the input, is a byte of the line,
 * and counts.
 *
 * Owns:    `*line` lies in the reader and is yours to change, until the next read or deinit.
 * Errors:  -EDO_EEOF      the input has ended
 *          -EDO_ETOOLONG  the line is longer than line_max: returned once; the rest of that line is
 *                         dropped, and the next read returns the next line
 *          -ENOMEM        nothing is lost; the call can be repeated
 *          else as edo_read()
 * Cancel:  safe: bytes that were read stay in the reader.
 * Threads: one at a time.   Waits: for a whole line.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_read_line(edo_line_reader *self, char **line);

EDO_END_DECLS

#endif
