/* SPDX-License-Identifier: MIT */
/* edo/streams.h: streams without a descriptor: pipes in memory, bytes in memory, empty and
 * endless ones; and streams over other streams: halves, copies, limits.
 *
 *     edo_stream *ours, *theirs;
 *     if (edo_duplex(&ours, &theirs, 4096) == 0) edo_spawn_detached(serve, theirs); // no socket
 *
 * They are edo_streams like any other: see edo/io.h.
 *
 * Unless a function says otherwise:
 * Waits: never.   Since: 0.1 */
#ifndef EDO_STREAMS_H
#define EDO_STREAMS_H

#include <edo/io.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- Pipes in memory ------------------------------------------------------------------------- */

/** Makes two connected streams: what is written to one is read from the other. Each direction holds
 * at most `bytes` bytes; a writer waits while it is full.
 *
 * When an end is closed the other reads what is left, then the end of the input, and its writes
 * fail with -EPIPE at once. edo_shutdown() of an end closes one direction only.
 * Owns:    returns new in `*a` and `*b`: edo_close() each.
 * Errors:  -EINVAL  `bytes` is 0 or more than INT_MAX;  -ENOMEM
 * Threads: any, at once; the two ends too. */
EDO_MUST_USE EDO_API int edo_duplex(edo_stream **a, edo_stream **b, size_t bytes);

/** Breaks off what edo_duplex() or edo_simplex() has made, as a reset does a connection: both
 * halves of `s` end at once, as by edo_close(), and the other end, which reads what is left, then
 * gets -ECONNRESET instead of the end of the input. So a reader can tell what was cut short from
 * what is whole, and a test can play a connection that breaks.
 * Owns:    the caller keeps its reference: edo_close().
 * Errors:  -ENOTSUP  another kind of stream
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_duplex_reset(edo_stream *s);

/** Makes one direction of edo_duplex() only. Writing to `*reader` and reading from `*writer` fail
 * with -ENOTSUP.
 * Owns:    returns new in `*reader` and `*writer`: edo_close() each.
 * Errors:  -EINVAL  `bytes` is 0 or more than INT_MAX;  -ENOMEM
 * Threads: any, at once; the two ends too. */
EDO_MUST_USE EDO_API int edo_simplex(edo_stream **reader, edo_stream **writer, size_t bytes);

/* ---- Bytes in memory ------------------------------------------------------------------------- */

/** Makes a stream whose input is `n` bytes at `bytes`, then the end. Writing fails with -ENOTSUP;
 * edo_seek() moves in it.
 * Owns:    borrows `bytes` until the stream is gone; returns new in `*out`: edo_close().
 * Errors: -ENOMEM   Threads: any; reading: any, at once. */
EDO_MUST_USE EDO_API int edo_stream_mem(edo_stream **out, const void *bytes, size_t n);

/** Makes a stream whose input is the byte `byte`, without end. Writing fails with -ENOTSUP.
 * Owns: returns new in `*out`: edo_close().   Errors: -ENOMEM
 * Threads: any; reading: any, at once. */
EDO_MUST_USE EDO_API int edo_stream_repeat(edo_stream **out, char byte);

/** Makes a stream without input that accepts and forgets all that is written to it.
 * Owns: returns new in `*out`: edo_close().   Errors: -ENOMEM   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_stream_empty(edo_stream **out);

/** Makes a stream that accepts and forgets all that is written to it, until it is shut down.
 * Reading fails with -ENOTSUP.
 * Owns: returns new in `*out`: edo_close().   Errors: -ENOMEM   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_stream_sink(edo_stream **out);

/* ---- Streams over other streams -------------------------------------------------------------- */

/* Each of these takes the stream that it is given: edo_close() of the new one closes both, and its
 * last edo_stream_unref() gives a reference of the lower one back. Keep a reference of that
 * (edo_stream_ref()) to go on using it later. If making fails, the lower one stays the caller's. A
 * stream that changes reading passes writes, shutdown and flush on unchanged. One task at a time
 * reads. */

/** Makes a stream whose input is that of `s`, but ends after `n` bytes.
 * Owns: takes `s` on success; returns new in `*out`: edo_close().   Errors: -ENOMEM
 * Threads: reading: one at a time; writing: as `s`. */
EDO_MUST_USE EDO_API int edo_stream_take(edo_stream **out, edo_stream *s, uint64_t n);

/** Returns after how many bytes the input of an edo_stream_take() ends; 0 for other streams.
 * Threads: the task that reads. */
EDO_API uint64_t edo_stream_take_left(edo_stream *s);

/** Sets after how many bytes, from now on, the input of an edo_stream_take() ends.
 * Errors: -ENOTSUP  `s` was not made by edo_stream_take()   Threads: the task that reads. */
EDO_MUST_USE EDO_API int edo_stream_take_set(edo_stream *s, uint64_t n);

/* Is shown the next `n` bytes that were read (`what` is EDO_IO_READ) or written (EDO_IO_WRITE). It
 * must not wait, and runs in the poll of the task that reads or writes: for the two directions
 * perhaps at once. */
typedef void edo_inspect_fn(void *arg, uint32_t what, const void *bytes, size_t n);

/** Makes a stream that is `s`, and shows each byte to `fn(arg, …)` once, in order for each
 * direction.
 * Owns:    takes `s` on success, and borrows `arg` until the stream is gone; returns new in
 *          `*out`: edo_close().
 * Errors: -ENOMEM   Threads: reading: one at a time; writing: one at a time. */
EDO_MUST_USE EDO_API int edo_stream_inspect(edo_stream **out, edo_stream *s, edo_inspect_fn *fn,
                                            void *arg);

/** Makes a stream whose input is that of `first`, then that of `second`. Writing fails with
 * -ENOTSUP.
 * Owns: takes both on success; returns new in `*out`: edo_close().   Errors: -ENOMEM
 * Threads: reading: one at a time. */
EDO_MUST_USE EDO_API int edo_stream_chain(edo_stream **out, edo_stream *first, edo_stream *second);

/** Makes a stream that is `s`, and writes what is read from it to `copy`, too, before it is handed
 * out: a reader waits while `copy` takes nothing. A failure of `copy` fails the read; the bytes
 * stay for the next one, which tries again. The end of the input is not passed on to `copy`, which
 * is closed with the stream: keep a reference to shut it down yourself. edo_io_ready() for reading
 * returns -ENOTSUP if `copy` cannot tell when it has room.
 * Owns: takes both on success; returns new in `*out`: edo_close().   Errors: -ENOMEM
 * Threads: reading: one at a time; writing: as `s`. */
EDO_MUST_USE EDO_API int edo_stream_tee(edo_stream **out, edo_stream *s, edo_stream *copy);

/** Makes one stream of two: it reads from `reader` and writes to `writer`. It has no descriptor.
 * Owns: takes both on success; returns new in `*out`: edo_close().   Errors: -ENOMEM
 * Threads: reading: as `reader`; writing: as `writer`. */
EDO_MUST_USE EDO_API int edo_stream_join(edo_stream **out, edo_stream *reader, edo_stream *writer);

/** Makes two halves of `s`, one that reads and one that writes, for two tasks. Each half is closed
 * by itself: operations that wait on it return -EDO_ECLOSED, and the other half goes on. When the
 * last reference to the writing half is given back, writing is shut down, as far as that does not
 * wait: over an edo_buf_writer call edo_shutdown() before. `s` is closed with the last half, unless
 * you keep a reference (edo_stream_ref()); what is left then can be read, and written while the
 * writing half lives.
 * Owns:    takes `s` on success; returns new in `*reader` and `*writer`: edo_close() each.
 * Errors: -ENOMEM   Threads: as `s`; the two halves at once. */
EDO_MUST_USE EDO_API int edo_stream_split(edo_stream **reader, edo_stream **writer, edo_stream *s);

/* How long operations may wait; 0: for ever. */
typedef struct edo_stream_timeouts_opts {
    edo_duration read;    /* one read, or wait for input */
    edo_duration write;   /* one write, flush, shutdown, or wait for room */
    edo_duration idle;    /* any of them, while no byte moves in either direction */
    uint64_t reserved[4]; /* must be 0 */
} edo_stream_timeouts_opts;

/** Makes a stream that is `s`, of which an operation that waits too long returns -ETIMEDOUT. It has
 * moved nothing then, and the stream goes on: the next operation has the whole time again.
 * Operations of several steps, such as edo_read_exact(), have that time for each step; for a limit
 * on the whole operation use edo_deadline_begin().
 * Owns:    takes `s` on success; returns new in `*out`: edo_close().
 * Errors: -EINVAL  `reserved` not 0;  -ENOMEM   Threads: as `s`. */
EDO_MUST_USE EDO_API int edo_stream_timeouts(edo_stream **out, edo_stream *s,
                                             const edo_stream_timeouts_opts *opts);

EDO_END_DECLS

#endif
