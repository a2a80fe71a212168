/* SPDX-License-Identifier: MIT */
/* edo/chan.h: a queue of values from many senders to many receivers: n workers, one queue.
 *
 * A value is `elem_size` bytes, moved by copying, and goes to exactly one receiver. Senders wait
 * while a bounded channel is full. Both sides are served in order of arrival: a value goes to the
 * receiver that has waited longest, a free slot to the sender that has waited longest.
 *
 *     edo_chan_tx *tx;
 *     edo_chan_rx *rx;
 *     if (edo_chan_new(&tx, &rx, sizeof(job), 100, NULL) < 0) …
 *     while (edo_chan_recv(rx, &job) == 0) work(&job); // in each worker, with its reference of rx
 *     err = edo_chan_send(tx, &job);                   // in another task
 *     edo_chan_tx_unref(tx);                           // the workers take what is left, and end
 *
 * All senders of a channel are one counted pointer, and so are all receivers. For one receiver
 * edo/mpsc.h is faster.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CHAN_H
#define EDO_CHAN_H

#include <edo/future.h>

EDO_BEGIN_DECLS

typedef struct edo_chan_tx edo_chan_tx; /* sender, reference-counted */
typedef struct edo_chan_rx edo_chan_rx; /* receiver, reference-counted */

#define EDO_CHAN_UNBOUNDED SIZE_MAX /* capacity: sending never waits; memory is the limit */

/* Options of edo_chan_new(); all zero is the default. */
typedef struct edo_chan_opts {
    void (*drop)(void *elem); /* called for each value that is never received; NULL: nothing */
    const char *name;         /* shows the channel's depth and limit in metrics and dumps: 1 to 63
                                 bytes of UTF-8; those of one name are shown together. NULL: none,
                                 which costs nothing */
    uint64_t reserved[3];     /* must be 0 */
} edo_chan_opts;

/** Makes a channel for values of `elem_size` bytes (0: the messages are bare signals).
 *
 * Storage is allocated when values come, and grows up to `cap` values: an idle channel is small. A
 * value keeps its slot until a receive takes it.
 * Owns:    returns new: a sender for edo_chan_tx_unref() and a receiver for edo_chan_rx_unref().
 * Errors:  -EINVAL  `cap` is 0, `elem_size` above 1 GiB, `name` is none, or `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_chan_new(edo_chan_tx **tx, edo_chan_rx **rx, size_t elem_size,
                                      size_t cap, const edo_chan_opts *opts);

/* ---- Ends ------------------------------------------------------------------------------------ */

/** Takes one more reference to the sender and returns `tx`.
 * Owns:    shares `tx`. */
EDO_API edo_chan_tx *edo_chan_tx_ref(edo_chan_tx *tx);

/** Gives a reference to the sender back. When the last one is gone the receivers get the values
 * that were sent, then -EDO_ECLOSED. NULL is allowed. No future of this reference may be left.
 * Owns:    takes the reference. */
EDO_API void edo_chan_tx_unref(edo_chan_tx *tx);

/** Takes one more reference to the receiver and returns `rx`.
 * Owns:    shares `rx`. */
EDO_API edo_chan_rx *edo_chan_rx_ref(edo_chan_rx *rx);

/** Gives a reference to the receiver back. The last one closes the channel and drops the buffered
 * values. NULL is allowed. No future of this reference may be left.
 * Owns:    takes the reference. */
EDO_API void edo_chan_rx_unref(edo_chan_rx *rx);

/** Ends intake: sends fail from now on, and waiting senders are woken. Values in the buffer still
 * arrive. Calling it again is harmless. */
EDO_API void edo_chan_close(edo_chan_rx *rx);

/* ---- Sending --------------------------------------------------------------------------------- */

/* Future behind edo_chan_send(). */
typedef struct edo_chan_send_future {
    edo_future base;
    edo_chan_tx *tx;
    const void *value;  /* borrowed */
    edo_wait_node node; /* among the waiting senders; lock: the channel's */
} edo_chan_send_future;

/** Sends `*value`, waiting for a free slot, in order of arrival.
 * Owns:    borrows `tx`. On success the value is copied and belongs to the channel; on any failure
 *          it is still the caller's.
 * Errors:  -EDO_ECLOSED  the channel was closed, or no receiver is left
 *          -ENOMEM       no memory for the value
 *          -ECANCELED    this task was cancelled; nothing was sent
 * Cancel:  safe: nothing was sent. A slot already set aside goes to the next waiter; the place in
 *          line is lost.
 * Waits:   until there is a slot; never if unbounded. */
EDO_MUST_USE EDO_API int edo_chan_send(edo_chan_tx *tx, const void *value);
EDO_MUST_USE EDO_API edo_future *edo_chan_send_init(edo_chan_send_future *f, edo_chan_tx *tx,
                                                    const void *value);

/** Sends `*value` if there is a slot that no other sender waits for.
 * Owns:    as edo_chan_send().
 * Errors:  -EAGAIN       full
 *          -EDO_ECLOSED  the channel was closed, or no receiver is left
 *          -ENOMEM       no memory for the value */
EDO_MUST_USE EDO_API int edo_chan_try_send(edo_chan_tx *tx, const void *value);

/* Future behind edo_chan_closed(). */
typedef struct edo_chan_closed_future {
    edo_future base;
    edo_chan_tx *tx;
    edo_wait_node node; /* lock: the channel's */
} edo_chan_closed_future;

/** Waits until the channel is closed, or no receiver is left.
 * Errors: -ECANCELED  this task was cancelled   Cancel: safe.   Waits: for the receivers' end. */
EDO_MUST_USE EDO_API int edo_chan_closed(edo_chan_tx *tx);
EDO_MUST_USE EDO_API edo_future *edo_chan_closed_init(edo_chan_closed_future *f, edo_chan_tx *tx);

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Future behind edo_chan_recv(). */
typedef struct edo_chan_recv_future {
    edo_future base;
    edo_chan_rx *rx;
    void *value;        /* written once, on success */
    edo_wait_node node; /* among the waiting receivers; lock: the channel's */
} edo_chan_recv_future;

/** Waits for a value, in order of arrival, and moves it to `*value`.
 * Owns:    borrows `rx`; the value is the caller's.
 * Errors:  -EDO_ECLOSED  the end: everything was received, and either no sender is left or the
 *                        channel was closed
 *          -ECANCELED    this task was cancelled; nothing was received
 * Cancel:  safe: a value already set aside goes to the next waiter; the place in line is lost.
 * Waits:   for a value. */
EDO_MUST_USE EDO_API int edo_chan_recv(edo_chan_rx *rx, void *value);
EDO_MUST_USE EDO_API edo_future *edo_chan_recv_init(edo_chan_recv_future *f, edo_chan_rx *rx,
                                                    void *value);

/* Future behind edo_chan_recv_many(). */
typedef struct edo_chan_recv_many_future {
    edo_future base;
    edo_chan_rx *rx;
    void *values;
    size_t limit;
    edo_wait_node node; /* among the waiting receivers; lock: the channel's */
} edo_chan_recv_many_future;

/** Waits for at least one value, moves up to `limit` available values to `values`, and returns
 * their number. Values set aside for other receivers are left to them.
 * Owns:    borrows `rx`; the values are the caller's.
 * Errors:  -EDO_ECLOSED  the end, see edo_chan_recv()
 *          -ECANCELED    this task was cancelled; nothing was received
 *          0 only if `limit` is 0
 * Cancel: safe: as edo_chan_recv().   Waits: for the first value. */
EDO_MUST_USE EDO_API int edo_chan_recv_many(edo_chan_rx *rx, void *values, size_t limit);

/* As edo_chan_recv_many(), as a future, which borrows until it is ready or dropped. */
EDO_MUST_USE EDO_API edo_future *
edo_chan_recv_many_init(edo_chan_recv_many_future *f, edo_chan_rx *rx, void *values, size_t limit);

/** Moves a value to `*value` if there is one that is not set aside for a waiting receiver.
 * Owns:    borrows `rx`; the value is the caller's.
 * Errors:  -EAGAIN       there is none now
 *          -EDO_ECLOSED  the end, see edo_chan_recv() */
EDO_MUST_USE EDO_API int edo_chan_try_recv(edo_chan_rx *rx, void *value);

/* ---- Queries --------------------------------------------------------------------------------- */

/** Returns the number of slots that are free now; EDO_CHAN_UNBOUNDED for an unbounded channel. */
EDO_API size_t edo_chan_cap(edo_chan_tx *tx);

/** Returns the number of values that can be received now; never more than the capacity. */
EDO_API size_t edo_chan_len(edo_chan_rx *rx);

/** Returns whether the channel was closed, or no receiver is left. */
EDO_API bool edo_chan_is_closed(edo_chan_tx *tx);

EDO_END_DECLS

#endif
