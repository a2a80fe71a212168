/* SPDX-License-Identifier: MIT */
/* edo/seq_chunks.h: several items of a sequence at a time.
 *
 *     edo_seq *s = edo_seq_chunks_timeout(edo_seq_from_mpsc(rx), 100, edo_ms(50));
 *     edo_chunk lot;
 *     int rc;
 *     while ((rc = edo_seq_next(s, &lot)) == 1)
 *         store(lot.items, lot.n);                 // 1 to 100 of them
 *     edo_seq_free(s);
 *
 * A chunk has at least one item. An item that failed is in no chunk: it comes as an item that
 * failed, behind a chunk of the items before it. The end of the source ends the last chunk.
 *
 * A chunk lies in the sequence until the next read begins: so what is kept is copied, and no
 * edo_seq_buffered() stands behind. Items that lie in their source until its next one is read
 * (lines, texts of rows) make no chunks. The memory for `n` items is taken when it is made.
 *
 * A read that is cut short loses nothing: what was taken for its chunk is part of the next one. But
 * items that were taken and not read end with the sequence. That matters for items that own
 * something (edo_bytes, pointers): read those to the end, or by edo_seq_ready_chunks(), between
 * whose reads none is held.
 *
 * Unless a function says otherwise:
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. Reading: -EINVAL  `n` is 0; then the sequence
 *          ends
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_SEQ_CHUNKS_H
#define EDO_SEQ_CHUNKS_H

#include <edo/seq.h>

EDO_BEGIN_DECLS

/* The item of the sequences below. */
typedef struct edo_chunk {
    void *items; /* as the source has them, one behind the other, aligned for any type */
    size_t n;    /* of the items, at least 1 */
} edo_chunk;

/** The items of `s` in chunks of `n`; the last one before an item that failed, and before the end,
 * may have less. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_chunks(edo_seq *s, size_t n);

/** The items of `s` in chunks of what is ready: a read waits for one item, and takes those that
 * come without waiting, up to `n`. A read that has spent the budget of its task ends its chunk, so
 * that the rest comes after other tasks. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_ready_chunks(edo_seq *s, size_t n);

/** The items of `s` in chunks of `n`, or of fewer, if the others have not come `limit` after the
 * first of them was taken. The limit runs on while nothing is read; a chunk that is late then gets
 * what is ready. A limit of 0 or less is edo_seq_ready_chunks(), EDO_FOREVER_NS edo_seq_chunks().
 * Errors:  NULL without memory: `s` has been freed. Reading: -EINVAL  `n` is 0; then the sequence
 *          ends. -EDO_ENORUNTIME  outside a runtime; no item is lost */
EDO_MUST_USE EDO_API edo_seq *edo_seq_chunks_timeout(edo_seq *s, size_t n, edo_duration limit);

EDO_END_DECLS

#endif
