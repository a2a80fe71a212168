/* SPDX-License-Identifier: MIT */
/* edo/seq_merge.h: several sequences read as one: the items of all, as they come.
 *
 *     edo_seq *s = edo_seq_merge(edo_seq_from_mpsc(orders), edo_seq_from_broadcast(news));
 *     while ((rc = edo_seq_next(s, &item)) == 1)
 *         use(&item);
 *     edo_seq_free(s);
 *
 * Where it matters who sent an item, and where sequences come and go meanwhile, a keyed set has
 * them:
 *
 *     edo_keyed_seq *rooms = edo_keyed_seq_new(sizeof(message));
 *     int err = edo_keyed_seq_insert(rooms, room->id, edo_seq_from_broadcast(rx));
 *     edo_keyed_came came;
 *     while ((rc = edo_keyed_seq_item_next(rooms, &came, &m)) > 0)
 *         if (came.result == 1) show(came.key, &m); // 0: that room is gone
 *         else if (came.result < 0) break;          // an item that failed; or go on
 *     edo_keyed_seq_free(rooms);                    // rc: 0: no more rooms; or a failure
 *
 * In both each sequence has a waker of its own: a read polls only sequences that were woken, or
 * that have given an item and may have more, in turn, so that each has its share. What a read costs
 * does not depend on how many sequences wait.
 *
 * The sequences make progress only while a reader waits; one that was given a permit or a value
 * keeps it until it is read.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_SEQ_MERGE_H
#define EDO_SEQ_MERGE_H

#include <edo/seq.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     38 __FILE__
#endif

EDO_BEGIN_DECLS

/* ---- Merge ----------------------------------------------------------------------------------- */

/** The items of all `n` sequences, as they come, in turn where several have one; it ends when all
 * have ended. Items that failed pass. Behind the macro edo_seq_merge().
 *
 * Reading loses no item; which sequence an item is of is not told.
 * Owns:    returns new: edo_seq_free(). Takes each sequence, and frees it as soon as it has ended.
 *          Where tasks still work for it then, as behind an edo_seq_take(), they are cancelled, and
 *          edo_seq_shutdown() waits for them, too.
 * Errors:  NULL without memory, or if one of them is NULL: all have been freed.
 *          Reading: -EINVAL  their items are of different sizes; then the sequence ends
 * Threads: any. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_merge_array(edo_seq *const *seqs, size_t n);

#ifdef __cplusplus
EDO_END_DECLS
/* edo_seq_merge(a, b, …): as edo_seq_merge_array(). */
template <typename... Seqs> EDO_MUST_USE EDOI_FRAMED edo_seq *edo_seq_merge(Seqs... seqs) {
    edo_seq *array[] = { seqs... };
    return edo_seq_merge_array(array, sizeof...(seqs));
}
EDO_BEGIN_DECLS
#else
/* edo_seq_merge(a, b, …): as edo_seq_merge_array(). */
#    define edo_seq_merge(...)                                                                     \
        edo_seq_merge_array((edo_seq *[]){ __VA_ARGS__ }, EDO_COUNT(((edo_seq *[]){ __VA_ARGS__ })))
#endif

/* ---- Keyed sets ------------------------------------------------------------------------------ */

/* A set of sequences, each with a key: a number, or a pointer as one.
 *
 * It is its reader's: calls are made one at a time. While an edo_keyed_seq_item_next() waits,
 * sequences may be inserted and removed by whatever runs on the reader's thread meanwhile: another
 * branch of its select, another task of a runtime of one thread. Elsewhere the reader waits for an
 * item or for what is to change, by edo_select(). A function of one of the sequences must not touch
 * the set. */
typedef struct edo_keyed_seq edo_keyed_seq;

/** Makes an empty set of sequences whose items have `item_size` bytes.
 * Owns: returns new: edo_keyed_seq_free().   Errors: NULL without memory.   Threads: any. */
EDO_MUST_USE EDO_API edo_keyed_seq *edo_keyed_seq_new(size_t item_size);

/** Ends a set: frees its sequences, as edo_seq_free(). NULL is allowed.
 * Owns: takes `set`. No edo_keyed_seq_item_next() may be waiting. */
EDO_API void edo_keyed_seq_free(edo_keyed_seq *set);

/* Future behind edo_keyed_seq_shutdown(). */
typedef struct edo_keyed_seq_shutdown_future {
    edo_future base;
    edo_keyed_seq *set;
} edo_keyed_seq_shutdown_future;

/** Ends a set as edo_keyed_seq_free(), but cancels the tasks of its sequences before, and waits
 * until the last one has ended, as edo_seq_shutdown(); also those of sequences that have left the
 * set by their end. NULL is allowed.
 * Owns:    takes `set`, also when it is cut short, or a future is dropped, polled or not. No
 *          edo_keyed_seq_item_next() may be waiting.
 * Errors:  -ECANCELED  this task was cancelled: the set was freed, its tasks cancelled
 * Cancel: safe: as edo_keyed_seq_free().   Threads: any, one at a time.
 * Waits:   for the tasks of the sequences. */
EDO_MUST_USE EDO_API int edo_keyed_seq_shutdown(edo_keyed_seq *set);
EDO_MUST_USE EDO_API edo_future *edo_keyed_seq_shutdown_init(edo_keyed_seq_shutdown_future *f,
                                                             edo_keyed_seq *set);

/** Puts `s` into the set. A reader that waits reads it, too.
 * Owns:    takes `s` in every case; it is freed when it has ended, or on failure.
 * Errors:  -ENOMEM  also if `set` or `s` is NULL;  -EEXIST  the key is there;
 *          -EINVAL  its items have another size */
EDO_MUST_USE EDO_API int edo_keyed_seq_insert(edo_keyed_seq *set, uint64_t key, edo_seq *s);

/** Takes the sequence of `key` out of the set, wherever it is: no item of it is lost. A reader that
 * waits goes on with the others, and returns 0 if there are none.
 * Owns:    returns the sequence, which is the caller's again: edo_seq_free(). NULL: the key is not
 *          there: it was removed, or its sequence has ended, which was told. */
EDO_MUST_USE EDO_API edo_seq *edo_keyed_seq_remove(edo_keyed_seq *set, uint64_t key);

/** Returns how many sequences are in the set; those that have ended are not. NULL: none. */
EDO_API size_t edo_keyed_seq_len(const edo_keyed_seq *set);

/* What came, and of which sequence. */
typedef struct edo_keyed_came {
    uint64_t key;
    int result; /* 1: with an item; 0: its end; negative: with an item that failed */
} edo_keyed_came;

/* Future behind edo_keyed_seq_item_next() and edo_keyed_seq_items_next(). */
typedef struct edo_keyed_seq_item_next_future {
    edo_future base;
    edo_keyed_seq *set;
    edo_keyed_came *came;
    void *items;
    size_t n;
} edo_keyed_seq_item_next_future;

/** Waits for the next item of any sequence in the set: returns 1, and `*came` says of which
 * sequence, with the result 1 and the item in `item`; 0 at the end of one, which has left the set
 * and is freed, as by edo_seq_merge(); or negative with an item that failed, and its trail: the
 * sequence may go on. Returns 0 if the set is empty.
 * Owns:    borrows `set`, which may be NULL.
 * Errors:  -ENOMEM     `set` is NULL: it could not be made
 *          -ECANCELED  this task was cancelled
 * Cancel: safe: no item is lost.   Threads: any, one at a time.   Waits: for an item or an end. */
EDO_MUST_USE EDO_API int edo_keyed_seq_item_next(edo_keyed_seq *set, edo_keyed_came *came,
                                                 void *item);
EDO_MUST_USE EDO_API edo_future *edo_keyed_seq_item_next_init(edo_keyed_seq_item_next_future *f,
                                                              edo_keyed_seq *set,
                                                              edo_keyed_came *came, void *item);

/** Waits until there is one at least, then takes what is there without waiting, `n` at most:
 * returns how many, 0: the set is empty, and writes for each what came to `came`, and its item to
 * the same place in `items`, which only a result of 1 has. An item that failed is the last of a
 * lot, with its trail.
 *
 * A lot may have several items of one sequence. So an item must not lie in its sequence until the
 * next one is read: chunks and lines are read by edo_keyed_seq_item_next().
 * Owns:    borrows `set`, which may be NULL, and two arrays of `n` each.
 * Errors:  as edo_keyed_seq_item_next()
 * Cancel: safe: no item is lost.   Threads: any, one at a time.
 * Waits:   for the first one; with `n` 0 it returns 0 at once. */
EDO_MUST_USE EDO_API int edo_keyed_seq_items_next(edo_keyed_seq *set, edo_keyed_came *came,
                                                  void *items, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_keyed_seq_items_next_init(edo_keyed_seq_item_next_future *f,
                                                               edo_keyed_seq *set,
                                                               edo_keyed_came *came, void *items,
                                                               size_t n);

EDO_END_DECLS

#endif
