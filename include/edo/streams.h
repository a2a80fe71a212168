/* SPDX-License-Identifier: MIT */
/* edo/streams.h: streams without a descriptor: pipes in memory, bytes in memory, ends of the line.
 *
 *     edo_stream *ours, *theirs;
 *     if (edo_duplex(&ours, &theirs, 4096) == 0) edo_spawn_detached(serve, theirs); // no socket
 *
 * They are edo_streams like any other: see edo/io.h. */
#ifndef EDO_STREAMS_H
#define EDO_STREAMS_H

#include <edo/io.h>

EDO_BEGIN_DECLS

/* ---- Pipes in memory ------------------------------------------------------------------------- */

/**
 * Makes two connected streams: what is written to one is read from the other. Each direction holds
 * at most `bytes` bytes; a writer waits while it is full.
 *
 * When an end is closed the other reads what is left, then the end of the input, and its writes
 * fail with -EPIPE at once. edo_shutdown() of an end closes one direction only.
 *
 * Owns:    returns new in `*a` and `*b`: edo_close() each.
 * Errors:  -EINVAL  `bytes` is 0 or more than INT_MAX;  -ENOMEM
 * Threads: any, at once; the two ends too.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_duplex(edo_stream **a, edo_stream **b, size_t bytes);

/**
 * Makes one direction of edo_duplex() only. Writing to `*reader` and reading from `*writer` fail
 * with -ENOTSUP.
 *
 * Owns:    returns new in `*reader` and `*writer`: edo_close() each.
 * Errors:  -EINVAL  `bytes` is 0 or more than INT_MAX;  -ENOMEM
 * Threads: any, at once; the two ends too.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_simplex(edo_stream **reader, edo_stream **writer, size_t bytes);

/* ---- Bytes in memory ------------------------------------------------------------------------- */

/**
 * Makes a stream whose input is `n` bytes at `bytes`, then the end. Writing fails with -ENOTSUP.
 *
 * Owns:    borrows `bytes` until the stream is gone; returns new in `*out`: edo_close().
 * Errors:  -ENOMEM
 * Threads: any; reading: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_stream_mem(edo_stream **out, const void *bytes, size_t n);

/**
 * Makes a stream whose input is the byte `byte`, without end. Writing fails with -ENOTSUP.
 *
 * Owns:    returns new in `*out`: edo_close().
 * Errors:  -ENOMEM
 * Threads: any; reading: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_stream_repeat(edo_stream **out, char byte);

/**
 * Makes a stream without input that accepts and forgets all that is written to it.
 *
 * Owns:    returns new in `*out`: edo_close().
 * Errors:  -ENOMEM
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_stream_empty(edo_stream **out);

EDO_END_DECLS

#endif
