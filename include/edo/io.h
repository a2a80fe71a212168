/* SPDX-License-Identifier: MIT */
/* edo/io.h: byte streams: reading and writing. Lines and buffers: edo/buf_io.h.
 *
 * A stream is reference-counted: a task that uses a stream that another task may close needs a
 * reference of its own. One task may read while another writes. Two readers at once are allowed:
 * each byte goes to one of them. Two writers at once are allowed too, but their bytes may mix:
 * write whole messages from one task.
 *
 * Operations have up to three forms: edo_read() waits, edo_read_init() makes the future that it
 * awaits, edo_try_read() returns -EAGAIN instead of waiting. What moves all or nothing returns 0
 * (edo/error.h has the rule); a count is returned where a part is a success, as of edo_read() and
 * edo_write(). Counts are int: one operation moves at most INT_MAX bytes.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: for room.   Since: 0.1 */
#ifndef EDO_IO_H
#define EDO_IO_H

#include <edo/bytes.h>
#include <edo/future.h>

#include <stdio.h> /* SEEK_SET */
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
#define EDO_STREAM_OVER     2u /* it lies over another stream, which others may use, too: so */
                               /* edo_close() calls `close` also for the last reference */

#define EDO_IO_READ  1u /* edo_io_ready(): wait for input, or its end */
#define EDO_IO_WRITE 2u /* edo_io_ready(): wait for room */
/* edo_io_ready(): wait until no more input will come after what is there. */
#define EDO_IO_READ_CLOSED 16u

#define EDO_STREAM_TELLS_END 4u /* poll_ready takes EDO_IO_READ_CLOSED, too */
#define EDO_STREAM_MESSAGES  8u /* each write is a message, also one of 0 bytes: so that reaches */
                                /* poll_write, in which no buffer has bytes then */

/* The operations of one kind of stream. Const and static; later versions give reserved entries a
 * meaning, so initialise by name.
 *
 * A poll returns EDO_READY with a count or a negative code in `*result`, or EDO_PENDING after it
 * has linked `wait` with the waker of `cx`. With a NULL `cx` it does not wait: the result is
 * -EAGAIN. It takes nothing from the budget.
 *
 * The caller calls `unwait` once an operation that was pending has ended or was dropped; that
 * unlinks `wait`. An operation that is ready at its first poll gets no such call: that poll leaves
 * `wait` unlinked, also if it has linked it at a stream below before it found that it is over. */
typedef struct edo_stream_ops {
    const char *name;
    uint32_t flags; /* EDO_STREAM_VECTORED and its like */
    /* Reads some bytes into `n` buffers, the first of which has room; 0 at the end of the input.
     * That, and a failure that ends the input, comes again with each read after it. `flags`:
     * EDO_IO_PEEK. */
    edo_polled (*poll_read)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result);
    /* Writes some bytes of `n` buffers, one of which has bytes; never 0. See EDO_STREAM_MESSAGES
     * for the exception. */
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
    /* Returns the descriptor, for a look at it; -1 if there is none. A stream over another one
     * returns what `fd` of that does, not edo_stream_fd(). */
    int (*fd)(edo_stream *self);
    /* Passes on what earlier writes left in the stream's own buffer. May be NULL: this kind keeps
     * nothing back. */
    edo_polled (*poll_flush)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, int *result);
    /* Moves the place of the next read and write to `offset` from `whence` (SEEK_SET, SEEK_CUR or
     * SEEK_END); 0 with the new place, counted from the start, in `*at`, or -EINVAL if that is
     * before the start. May be NULL: this kind has no places. */
    edo_polled (*poll_seek)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                            int whence, uint64_t *at, int *result);
    void (*reserved[3])(void); /* must be NULL */
} edo_stream_ops;

/* First member of every stream. For implementers: set `ops`, and `refs` to 1, all else to 0. */
struct edo_stream {
    const edo_stream_ops *ops;
    edo_atomic_u32 refs; /* atomic */
    edo_atomic_u32 lost; /* atomic; of a byte stream over a socket: the errno with which the
                            connection was lost, which the kernel says once: so a later read does
                            not take it for the end; 0 */
};

/* The head of edo's own streams over another one. Fields are edo's. */
typedef struct edoi_adapter {
    edo_stream base;
    edo_stream *below; /* const; where writes go */
} edoi_adapter;

/** Takes one more reference and returns `s`; edo_stream_unref() or edo_close() gives it back.
 * Owns: shares `s`.   Waits: never. */
EDO_API edo_stream *edo_stream_ref(edo_stream *s);

/** Gives a reference back; the last one closes the stream. NULL is allowed.
 * Owns: takes the reference.   Waits: never. */
EDO_API void edo_stream_unref(edo_stream *s);

/** Closes the stream at once, for all its users, and gives the caller's reference back. NULL is
 * allowed.
 *
 * Waiting operations, and later ones of other owners, return -EDO_ECLOSED; but a job of a file that
 * has begun ends first, and its operation returns the result (edo/file.h). A socket or pipe is
 * closed when this returns, so its name is free, also if others still wait (only a process that is
 * out of descriptors keeps it until they have run); a file is, unless a job has begun. The kernel
 * still sends the bytes written before, and keeps them while the other end does not read:
 * edo_tcp_end() waits for that. For an orderly end call edo_shutdown() first.
 * Owns: takes the reference.   Waits: never. */
EDO_API void edo_close(edo_stream *s);

/** Returns the descriptor of the stream, for inspection or for setting options; -1 if there is
 * none. The program may copy it: so from the first call on each close of a socket in this process
 * takes a system call more.
 * Owns: the stream keeps it.   Waits: never. */
EDO_API int edo_stream_fd(edo_stream *s);

/** Does a write of several buffers take from all of them? If not, gather small pieces yourself.
 * Waits:   never. */
EDO_API bool edo_stream_is_vectored(edo_stream *s);

/* ---- Reading --------------------------------------------------------------------------------- */

/* Future behind edo_read() and edo_peek(). */
typedef struct edo_read_future {
    edo_future base; /* until it is ready its result is the room in `buf` */
    edo_stream *stream;
    void *buf;
    edo_io_wait wait;
} edo_read_future;

/** Reads some bytes, at most `n`, as soon as there are any: returns their number, or 0 at the end
 * of the input. `buf` is written only during a poll, and the fiber that reads goes on before other
 * code runs on its thread. So the state machines of one thread, or its fibers, may share a buffer
 * if each uses up its bytes before it waits again.
 * Errors:  -EDO_ECLOSED     this end was closed, before or during the wait
 *          -ECONNRESET      the other end broke the connection off
 *          -EDO_ENORUNTIME  it had to wait, without a runtime; on a plain thread as edo_sleep()
 *          -ECANCELED
 * Cancel: safe: unread bytes stay in the stream.   Waits: for input. */
EDO_MUST_USE EDO_API int edo_read(edo_stream *s, void *buf, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_read_init(edo_read_future *f, edo_stream *s, void *buf,
                                               size_t n);

/** As edo_read(), but returns -EAGAIN instead of waiting.
 * Errors: -EAGAIN; -EDO_ECLOSED; -ECONNRESET   Waits: never. */
EDO_MUST_USE EDO_API int edo_try_read(edo_stream *s, void *buf, size_t n);

/** As edo_read(), but takes all that is there by now, up to `n` bytes, and waits only for the first
 * ones: for bytes that cost by the piece where they go, as each write to a file is a job for
 * another thread. An end or a failure behind them is what the next read returns. Of a stream of
 * messages it takes one, as edo_read() does.
 * Errors: as edo_read()   Cancel: safe: unread bytes stay in the stream.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_read_available(edo_stream *s, void *buf, size_t n);

/** As edo_read(), but the bytes stay in the stream for the next read.
 * Errors: as edo_read(); -ENOTSUP  this kind of stream cannot peek   Cancel: safe.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_peek(edo_stream *s, void *buf, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_peek_init(edo_read_future *f, edo_stream *s, void *buf,
                                               size_t n);

/* Future behind edo_readv(). */
typedef struct edo_readv_future {
    edo_future base;
    edo_stream *stream;
    const struct iovec *vecs;
    size_t vecs_n;
    edo_io_wait wait;
} edo_readv_future;

/** Reads some bytes into `n` buffers, filled in order: returns their number, or 0 at the end of the
 * input.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers; else as edo_read()
 * Cancel: safe: unread bytes stay in the stream.   Waits: for input. */
EDO_MUST_USE EDO_API int edo_readv(edo_stream *s, const struct iovec *vecs, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_readv_init(edo_readv_future *f, edo_stream *s,
                                                const struct iovec *vecs, size_t n);

/* Future behind edo_read_exact(). */
typedef struct edo_read_exact_future {
    edo_future base;
    edo_stream *stream;
    char *buf;
    size_t n;
    size_t done; /* yours to read: bytes in `buf` so far, also after a drop */
    edo_io_wait wait;
} edo_read_exact_future;

/** Reads exactly `n` bytes; returns 0.
 * Errors:  -EDO_EEOF  the input ended before; -EINVAL  more than INT_MAX; else as edo_read()
 * Cancel:  not safe: bytes were read, `done` of them by a future; they are in `buf`.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_read_exact(edo_stream *s, void *buf, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_read_exact_init(edo_read_exact_future *f, edo_stream *s,
                                                     void *buf, size_t n);

/* ---- Writing --------------------------------------------------------------------------------- */

/* Future behind edo_write(). */
typedef struct edo_write_future {
    edo_future base; /* until it is ready its result is the number of bytes in `buf` */
    edo_stream *stream;
    const void *buf;
    edo_io_wait wait;
} edo_write_future;

/** Writes some of `n` bytes, as soon as there is room: returns the number written. A write of 0
 * bytes sends an empty message on a socket for messages (UDP, Unix datagrams and seqpacket), as
 * each function below does that writes; on a byte stream it does nothing.
 * Errors:  -EPIPE        the other end no longer reads, or this half was shut down
 *          -EDO_ECLOSED  this end was closed, before or during the wait
 *          -ECONNRESET   the other end broke the connection off;  -EDO_ENORUNTIME; -ECANCELED
 * Cancel: safe: nothing was written.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_write(edo_stream *s, const void *buf, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_write_init(edo_write_future *f, edo_stream *s, const void *buf,
                                                size_t n);

/** As edo_write(), but returns -EAGAIN instead of waiting.
 * Errors: -EAGAIN; -EPIPE; -EDO_ECLOSED; -ECONNRESET   Waits: never. */
EDO_MUST_USE EDO_API int edo_try_write(edo_stream *s, const void *buf, size_t n);

/* A write of edo_try_write_many(). */
typedef struct edo_write_to {
    edo_stream *to; /* not that of another one */
    const void *buf;
    size_t n;
    int result; /* as edo_try_write() returns it */
} edo_write_to;

/** Makes many writes as edo_try_write() does, each of which has its own result. Those to TCP, Unix
 * and vsock streams are one call of the kernel, up to 64 of them, where it lets the process use
 * io_uring: a message to 100 and more costs a sixth less so. What there is to be said of a single
 * one, a full socket or an end, is in its result.
 *
 *     edo_write_to all[] = { { .to = ann, .buf = text, .n = n }, { .to = bob, .buf = text, .n = n } };
 *     edo_try_write_many(all, 2);
 * Owns:    borrows the array, the streams and the bytes until return.
 * Threads: as edo_try_write(); outside a runtime there is a call for each.
 * Waits:   never. */
EDO_API void edo_try_write_many(edo_write_to *all, size_t n);

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

/** Writes some bytes from `n` buffers in order: returns their number.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers; else as edo_write()
 * Cancel: safe: nothing was written.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_writev(edo_stream *s, const struct iovec *vecs, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_writev_init(edo_writev_future *f, edo_stream *s,
                                                 const struct iovec *vecs, size_t n);

/** Writes all `n` bytes; returns 0.
 * Errors:  -EINVAL  more than INT_MAX bytes; else as edo_write()
 * Cancel: not safe: a part was written, `done` bytes by a future.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_write_all(edo_stream *s, const void *buf, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_write_all_init(edo_writev_future *f, edo_stream *s,
                                                    const void *buf, size_t n);

/** Writes a text, as printf() forms it, all of it. One of more than 255 bytes is formed in memory
 * of its own.
 * Errors:  -ENOMEM; those of vsnprintf(): -EOVERFLOW, -EILSEQ.  Nothing was written then;  else as
 *          edo_write()
 * Cancel:  not safe: an unknown part was written. */
EDO_MUST_USE EDO_API int edo_printf(edo_stream *s, const char *format, ...) EDO_PRINTF(2, 3);

/** Writes all bytes of `n` buffers in order; returns 0.
 * Errors:  -EINVAL  more than EDO_IO_VECS_MAX buffers or INT_MAX bytes; else as edo_write()
 * Cancel: not safe: a part was written, `done` bytes by a future.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_writev_all(edo_stream *s, const struct iovec *vecs, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_writev_all_init(edo_writev_future *f, edo_stream *s,
                                                     const struct iovec *vecs, size_t n);

/* ---- Counted bytes --------------------------------------------------------------------------- */

/* Future behind edo_read_bytes(). */
typedef struct edo_read_bytes_future {
    edo_future base;
    edo_stream *stream;
    edo_buf *buf;
    size_t n;
    edo_io_wait wait;
} edo_read_bytes_future;

/** Appends some bytes, at most `n`, to `*buf`, as soon as there are any: returns their number, or 0
 * at the end of the input. While it waits with an empty buffer, that has no memory.
 * Owns:    borrows `s`; takes `*buf` until return: do not touch it while a future has it.
 * Errors:  -ENOMEM  nothing was read;  else as edo_read()
 * Cancel: safe: unread bytes stay in the stream.   Threads: any, at once, with a buffer each.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_read_bytes(edo_buf *buf, edo_stream *s, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_read_bytes_init(edo_read_bytes_future *f, edo_buf *buf,
                                                     edo_stream *s, size_t n);

/* Future behind edo_read_all(). */
typedef struct edo_read_all_future {
    edo_future base;
    edo_stream *stream;
    edo_bytes *out;
    size_t max;
    edo_buf buf; /* what was read so far */
    edo_io_wait wait;
} edo_read_all_future;

/** Reads the input up to its end into `*out`; returns 0.
 * Owns:    borrows `s`; returns new in `*out`, on success: edo_bytes_unref().
 * Errors:  -EDO_ETOOLONG  more than `max` bytes;  -ENOMEM;  else as edo_read(). What was read is
 *          lost.
 * Cancel: not safe: what was read is lost.   Waits: for the end of the input. */
EDO_MUST_USE EDO_API int edo_read_all(edo_bytes *out, edo_stream *s, size_t max);
EDO_MUST_USE EDO_API edo_future *edo_read_all_init(edo_read_all_future *f, edo_bytes *out,
                                                   edo_stream *s, size_t max);

/* Future behind edo_write_bytes(). */
typedef struct edo_write_bytes_future {
    edo_future base;
    edo_stream *stream;
    edo_bytes *bytes;
    edo_io_wait wait;
} edo_write_bytes_future;

/** Writes all of `*bytes`, which shrinks to what is not yet written, and gives its share back;
 * returns 0.
 * Owns:    borrows `s`; takes `*bytes`; after a failure or a drop the unwritten rest is yours.
 * Errors:  as edo_write()
 * Cancel:  safe: what is left in `*bytes` was not written; the write can be continued.
 * Waits:   for room. */
EDO_MUST_USE EDO_API int edo_write_bytes(edo_stream *s, edo_bytes *bytes);
EDO_MUST_USE EDO_API edo_future *edo_write_bytes_init(edo_write_bytes_future *f, edo_stream *s,
                                                      edo_bytes *bytes);

/* ---- Places ---------------------------------------------------------------------------------- */

/* Future behind edo_seek(). */
typedef struct edo_seek_future {
    edo_future base;
    edo_stream *stream;
    int64_t offset;
    uint64_t *at;
    edo_io_wait wait;
    int whence;
} edo_seek_future;

/** Moves the place of the next read and write of a stream that has places, such as
 * edo_stream_mem(): to `offset` bytes from the start (`whence` is SEEK_SET), from the present place
 * (SEEK_CUR) or from the end (SEEK_END). Returns 0; `*at` (may be NULL) is the new place, counted
 * from the start. It may lie behind the end: reads there return 0.
 * Errors:  -ESPIPE  this stream has no places: a socket, a pipe
 *          -EINVAL  a place before the start; another `whence`
 *          -EDO_ECLOSED; -ECANCELED
 * Cancel: safe: the place was not moved.   Threads: one at a time, and no read or write meanwhile.
 * Waits:   as the kind of stream needs. */
EDO_MUST_USE EDO_API int edo_seek(edo_stream *s, int64_t offset, int whence, uint64_t *at);
EDO_MUST_USE EDO_API edo_future *edo_seek_init(edo_seek_future *f, edo_stream *s, int64_t offset,
                                               int whence, uint64_t *at);

/** Moves the place of the next read and write to the start.
 * Errors: as edo_seek()   Cancel: safe.   Threads: as edo_seek().
 * Waits:   as the kind of stream needs. */
EDO_MUST_USE EDO_API int edo_rewind(edo_stream *s);

/** Says where the next read or write is, counted from the start.
 * Errors: as edo_seek()   Cancel: safe.   Threads: as edo_seek().
 * Waits:   as the kind of stream needs. */
EDO_MUST_USE EDO_API int edo_position(edo_stream *s, uint64_t *at);

/* ---- Ending ---------------------------------------------------------------------------------- */

/* Future behind edo_shutdown() and edo_flush(). */
typedef struct edo_shutdown_future {
    edo_future base;
    edo_stream *stream;
    edo_io_wait wait;
} edo_shutdown_future;

typedef edo_shutdown_future edo_flush_future;

/** Ends the writing half: the other end reads the bytes written before, then the end of the input.
 * Reading goes on.
 * Errors:  -EDO_ECLOSED; -ENOTCONN  the connection is gone; -ECANCELED
 * Cancel: safe: it can be repeated.   Waits: as the kind of stream needs; TCP never. */
EDO_MUST_USE EDO_API int edo_shutdown(edo_stream *s);
EDO_MUST_USE EDO_API edo_future *edo_shutdown_init(edo_shutdown_future *f, edo_stream *s);

/** Passes on what earlier writes left in the stream's own buffer, for example that of an
 * edo_buf_writer. Returns 0; at once for kinds that keep nothing back, such as TCP.
 * Errors: as edo_write()   Cancel: safe: the rest stays in the buffer, and a later flush goes on.
 * Waits:   for room. */
EDO_MUST_USE EDO_API int edo_flush(edo_stream *s);
EDO_MUST_USE EDO_API edo_future *edo_flush_init(edo_flush_future *f, edo_stream *s);

/* ---- Readiness ------------------------------------------------------------------------------- */

/* Future behind edo_io_ready(). */
typedef struct edo_io_ready_future {
    edo_future base; /* until it is ready its result is the event that it waits for */
    edo_stream *stream;
    edo_io_wait wait;
} edo_io_ready_future;

/** Waits until edo_try_read() (EDO_IO_READ) or edo_try_write() (EDO_IO_WRITE) need not wait, and
 * returns 0. Nothing is read or written, so an idle connection needs no buffer. Readiness is a
 * hint: the try may still return -EAGAIN; wait again then.
 *
 *     while ((n = edo_io_ready(s, EDO_IO_READ)) == 0) {
 *         n = edo_try_read(s, shared, sizeof shared); // used up before the next wait
 *         if (n == -EAGAIN) continue;
 *
 * With EDO_IO_READ_CLOSED it returns when the other end has ended its output or the connection is
 * broken, also while input from before that is still unread: a task that works for a client hears
 * that it has left. Of stream sockets; others return -ENOTSUP.
 * Errors:  -EDO_ECLOSED  this end was closed, before or during the wait
 *          -EINVAL       `what` is not one of the three
 *          -ENOTSUP      this kind of stream cannot tell;  -EDO_ENORUNTIME; -ECANCELED
 * Cancel: safe.   Waits: for input or room. */
EDO_MUST_USE EDO_API int edo_io_ready(edo_stream *s, uint32_t what);
EDO_MUST_USE EDO_API edo_future *edo_io_ready_init(edo_io_ready_future *f, edo_stream *s,
                                                   uint32_t what);

EDO_END_DECLS

#endif
