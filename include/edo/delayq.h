/* SPDX-License-Identifier: MIT */
/* edo/delayq.h: many delays behind one wait.
 *
 *     edo_delayq sessions;
 *     edo_delayq_init(&sessions);
 *     err = edo_delayq_insert(&sessions, &s->key, s, edo_minutes(30));
 *
 *     err = edo_delayq_reset(&sessions, s->key, edo_minutes(30)); // it was used
 *     err = edo_delayq_remove(&sessions, s->key, NULL);           // it has ended
 *
 *     void *value;
 *     while ((err = edo_delayq_due_next(&sessions, &value)) > 0) expire(value); // then 0: empty
 *
 * A delay costs 36 to 72 bytes, and no timer: only the first task that waits in
 * edo_delayq_due_next() has one, for the earliest delay. Insert, reset and removal cost in
 * proportion to the logarithm of the number of delays. The memory grows with the largest number;
 * edo_delayq_shrink() frees what is not needed, and edo_delayq_deinit() all. Use it for timeouts of
 * things that are not tasks: sessions, cache entries, retries. A task that waits for its own time
 * needs only edo_sleep().
 *
 * Times are those of the calling thread's runtime, and virtual if its clock is paused, so all calls
 * on one queue must see one clock.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_DELAYQ_H
#define EDO_DELAYQ_H

#include <edo/time.h>

EDO_BEGIN_DECLS

struct edoi_delay;

/* A queue of delays. You place it; edo_delayq_deinit() releases what it has allocated. It must not
 * move or end while anything waits for it. All zero is an empty queue. Fields are edo's. */
typedef struct edo_delayq {
    edoi_lock lock;          /* a leaf */
    uint32_t len, cap;       /* lock: lock; delays in it, and room for how many */
    uint32_t slots_n;        /* lock: lock; slots that were ever used */
    uint32_t free_slot;      /* lock: lock; 1 more than the first free one; 0: none */
    uint64_t last_seq;       /* lock: lock; of the last insert */
    struct edoi_delay *heap; /* lock: lock */
    uint32_t *places;        /* lock: lock; of a slot: where its delay is in the heap */
    edo_wait_list waiters;   /* lock: lock */
} edo_delayq;

/* Names one delay from its insert until it is removed or given out. A copy is as good. All zero
 * names none. Fields are edo's. */
typedef struct edo_delayq_key {
    uint64_t seq;
    uint32_t slot;
} edo_delayq_key;

/** Makes an empty queue.
 * Owns:    borrows nothing; edo_delayq_deinit() releases what later inserts allocate.
 * Threads: one, before other threads use it. */
EDO_API void edo_delayq_init(edo_delayq *q);

/** Ends the queue: forgets its delays and frees its memory. All keys are void. The queue is empty
 * afterwards, and may be used again.
 *
 * A call while a task waits in edo_delayq_due_next() is misuse: debug builds report it, release
 * builds do nothing.
 * Owns:    the values that are left are the program's.
 * Threads: one at a time, while no other thread uses the queue. */
EDO_API void edo_delayq_deinit(edo_delayq *q);

/** Inserts `value`, due `d` from now; at once if `d` is 0 or less. Stores its key in `*key`, which
 * may be NULL. `*key` may lie in what `value` points to: it is written before another thread can
 * get the value, and on success only.
 *
 * Wakes the waiting task if this delay is now the earliest.
 * Owns:    `value`, which may be NULL, stays the program's: the queue keeps the pointer only.
 * Errors:  -ENOMEM  no memory; the queue is as it was */
EDO_MUST_USE EDO_API int edo_delayq_insert(edo_delayq *q, edo_delayq_key *key, void *value,
                                           edo_duration d);

/** As edo_delayq_insert(), due at `at`; at once if that has passed.
 * Owns: as edo_delayq_insert().   Errors: -ENOMEM  no memory; the queue is as it was */
EDO_MUST_USE EDO_API int edo_delayq_insert_at(edo_delayq *q, edo_delayq_key *key, void *value,
                                              edo_instant at);

/** Removes a delay, and stores its value in `*value`, which may be NULL.
 * Errors:  -ENOENT  it was removed or given out before; nothing was done */
EDO_API int edo_delayq_remove(edo_delayq *q, edo_delayq_key key, void **value);

/** Makes a delay due `d` from now, whenever it was due before. Its key stays valid.
 * Errors:  -ENOENT  it was removed or given out before; nothing was done */
EDO_MUST_USE EDO_API int edo_delayq_reset(edo_delayq *q, edo_delayq_key key, edo_duration d);

/** As edo_delayq_reset(), due at `at`.
 * Errors:  -ENOENT  it was removed or given out before; nothing was done */
EDO_MUST_USE EDO_API int edo_delayq_reset_at(edo_delayq *q, edo_delayq_key key, edo_instant at);

/** Tells which delay is due first, and when, and leaves it in the queue. `key` and `at` may be
 * NULL.
 * Errors:  -EDO_ENOBRANCH  the queue is empty
 * Threads: any, at once; stale at once if other threads use the queue. */
EDO_MUST_USE EDO_API int edo_delayq_peek(edo_delayq *q, edo_delayq_key *key, edo_instant *at);

/** Stores in `*at` when a delay is due.
 * Errors:  -ENOENT  it was removed or given out before; `*at` was not written
 * Threads: any, at once; stale at once if other threads use the queue. */
EDO_MUST_USE EDO_API int edo_delayq_deadline(edo_delayq *q, edo_delayq_key key, edo_instant *at);

/** Forgets all delays. Their keys are void; the memory is kept. Tasks that wait are woken, as the
 * queue is empty.
 * Owns:    the values that were left are the program's. */
EDO_API void edo_delayq_clear(edo_delayq *q);

/** Allocates memory for `n` delays in all, so that no insert fails while there are fewer.
 * Errors:  -ENOMEM  no memory, or `n` is above 2^31; the delays are as they were */
EDO_MUST_USE EDO_API int edo_delayq_reserve(edo_delayq *q, size_t n);

/** Frees memory that the queue does not need. Keys stay valid, so the queue keeps room up to
 * the highest slot that a key names; all memory is freed if the queue is empty. Without memory for
 * the smaller copy nothing is done.
 * Waits:   never; takes time in proportion to the number of delays. */
EDO_API void edo_delayq_shrink(edo_delayq *q);

/** Returns how many delays are in the queue, also those that are due.
 * Threads: any, at once; stale at once if other threads use the queue. */
EDO_API size_t edo_delayq_len(edo_delayq *q);

/* Future behind edo_delayq_due_next(). */
typedef struct edo_delayq_due_next_future {
    edo_future base;
    edo_delayq *q;          /* borrowed */
    void **value;           /* may be NULL */
    edo_wait_node node;     /* on q->waiters while pending; lock: q->lock */
    edo_sleep_future until; /* until the earliest delay, if this is the first in line */
} edo_delayq_due_next_future;

/** Waits until the earliest delay is due, takes it out, and stores its value in `*value`; `value`
 * may be NULL. Returns 1, or 0: the queue is empty, or became so.
 *
 * Delays come in the order in which they are due, and those of one instant in the order of their
 * inserts. Like every timer they come up to 1 ms late. A delay that is inserted meanwhile, reset or
 * removed is heeded. Several tasks may wait: each delay goes to the one that waits longest.
 *
 * A pending future that is first in line and kept, but no longer polled, keeps the others from
 * their delays: poll it or drop it.
 * Owns:    borrows `q` until return; the value is the program's.
 * Errors:  -ECANCELED       this task was cancelled or a deadline around it passed
 *          -EDO_ENORUNTIME  polled by hand; on a plain thread: as edo_sleep()
 * Cancel: safe: no delay is lost. The place in line is lost.   Waits: for the earliest delay. */
EDO_MUST_USE EDO_API int edo_delayq_due_next(edo_delayq *q, void **value);
EDO_MUST_USE EDO_API edo_future *edo_delayq_due_next_init(edo_delayq_due_next_future *f,
                                                          edo_delayq *q, void **value);

EDO_END_DECLS

#endif
