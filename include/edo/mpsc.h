/* SPDX-License-Identifier: MIT */
/* edo/mpsc.h: a queue of values from many senders to one receiver.
 *
 * A value is `elem_size` bytes, moved by copying. Senders wait while a bounded channel is full; a
 * free slot goes to the sender that has waited longest. The receiver gets everything that was sent
 * before the channel ended, in order.
 *
 *     edo_mpsc_tx *tx;
 *     edo_mpsc_rx *rx;
 *     if (edo_mpsc_new(&tx, &rx, sizeof(job), 100, NULL) < 0) …
 *     err = edo_mpsc_send(tx, &job);                     // in one task
 *     while (edo_mpsc_recv(rx, &job) == 0) work(&job);   // in another, until all senders are gone
 *
 * All senders of a channel are one counted pointer: compare pointers to compare channels.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_MPSC_H
#define EDO_MPSC_H

#include <edo/future.h>

EDO_BEGIN_DECLS

typedef struct edo_mpsc_tx edo_mpsc_tx;     /* sender, reference-counted */
typedef struct edo_mpsc_rx edo_mpsc_rx;     /* the receiver */
typedef struct edo_mpsc_weak edo_mpsc_weak; /* a sender that does not keep the channel open */

#define EDO_MPSC_UNBOUNDED SIZE_MAX /* capacity: sending never waits; memory is the limit */

/* Options of edo_mpsc_new(); all zero is the default. */
typedef struct edo_mpsc_opts {
    void (*drop)(void *elem); /* called for each value that is never received; NULL: nothing */
    const char *name;         /* shows the channel's depth and limit in metrics and dumps: 1 to 63
                                 bytes of UTF-8; those of one name are shown together. NULL: none,
                                 which costs nothing */
    uint64_t reserved[3];     /* must be 0 */
} edo_mpsc_opts;

/** Makes a channel for values of `elem_size` bytes (0: the messages are bare signals).
 *
 * Storage is allocated when values come, and grows up to `cap` values: an idle channel is small. An
 * unbounded channel frees storage that it does not need. A value keeps its slot until a receive
 * takes it, also a value that is sent while a receive waits.
 * Owns:    returns new: a sender for edo_mpsc_tx_unref() and a receiver for edo_mpsc_rx_free().
 * Errors:  -EINVAL  `cap` is 0, `elem_size` above 1 GiB, `name` is none, or `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_mpsc_new(edo_mpsc_tx **tx, edo_mpsc_rx **rx, size_t elem_size,
                                      size_t cap, const edo_mpsc_opts *opts);

/* ---- Ends ------------------------------------------------------------------------------------ */

/** Takes one more reference to the sender and returns `tx`.
 * Owns:    shares `tx`. */
EDO_API edo_mpsc_tx *edo_mpsc_tx_ref(edo_mpsc_tx *tx);

/** Gives a reference to the sender back. When the last one is gone the receiver gets the values
 * that were sent, then -EDO_ECLOSED. NULL is allowed. No future and no permit of this reference may
 * be left.
 * Owns:    takes the reference. */
EDO_API void edo_mpsc_tx_unref(edo_mpsc_tx *tx);

/** Returns a weak sender, which does not keep the channel open.
 * Owns:    returns new: give it to edo_mpsc_weak_unref(). `tx` stays the caller's. */
EDO_API edo_mpsc_weak *edo_mpsc_tx_downgrade(edo_mpsc_tx *tx);

/** Returns a sender from a weak one; NULL once the last sender is gone.
 * Owns:    returns new: a reference for edo_mpsc_tx_unref(). `weak` stays the caller's. */
EDO_MUST_USE EDO_API edo_mpsc_tx *edo_mpsc_tx_upgrade(edo_mpsc_weak *weak);

/** Gives a weak sender back. NULL is allowed.
 * Owns:    takes `weak`. */
EDO_API void edo_mpsc_weak_unref(edo_mpsc_weak *weak);

/** Ends intake: sends fail from now on, and waiting senders are woken. Values in the buffer, and
 * values sent by permit, still arrive. Calling it again is harmless. */
EDO_API void edo_mpsc_close(edo_mpsc_rx *rx);

/** Frees the receiver: closes the channel and drops the buffered values before it returns, also
 * while permits are out. NULL is allowed. No future of this receiver may be left.
 * Owns: takes `rx`.   Threads: any. */
EDO_API void edo_mpsc_rx_free(edo_mpsc_rx *rx);

/* ---- Sending --------------------------------------------------------------------------------- */

/* Future behind edo_mpsc_send(). */
typedef struct edo_mpsc_send_future {
    edo_future base;
    edo_mpsc_tx *tx;
    const void *value;  /* borrowed */
    edo_wait_node node; /* among the waiting senders; lock: the channel's */
} edo_mpsc_send_future;

/** Sends `*value`, waiting for a free slot, in order of arrival.
 * Owns:    borrows `tx`. On success the value is copied and belongs to the channel; on any failure
 *          it is still the caller's.
 * Errors:  -EDO_ECLOSED  the receiver closed or is gone
 *          -ENOMEM       no memory for the value
 *          -ECANCELED    this task was cancelled; nothing was sent
 * Cancel:  safe: nothing was sent. A slot already set aside goes to the next waiter; the place in
 *          line is lost.
 * Waits:   until there is a slot; never if unbounded. */
EDO_MUST_USE EDO_API int edo_mpsc_send(edo_mpsc_tx *tx, const void *value);
EDO_MUST_USE EDO_API edo_future *edo_mpsc_send_init(edo_mpsc_send_future *f, edo_mpsc_tx *tx,
                                                    const void *value);

/** Sends `*value` if there is a slot that no other sender waits for.
 * Owns:    as edo_mpsc_send().
 * Errors:  -EAGAIN       full
 *          -EDO_ECLOSED  the receiver closed or is gone
 *          -ENOMEM       no memory for the value */
EDO_MUST_USE EDO_API int edo_mpsc_try_send(edo_mpsc_tx *tx, const void *value);

/* A reserved slot. You place it; fields are edo's. It borrows the sender it came from: keep that
 * reference until the permit is used or released. */
typedef struct edo_mpsc_permit {
    edo_mpsc_tx *tx; /* NULL: used, or never given */
} edo_mpsc_permit;

/* Future behind edo_mpsc_reserve(). */
typedef struct edo_mpsc_reserve_future {
    edo_future base;
    edo_mpsc_tx *tx;
    edo_mpsc_permit *permit; /* written once, on success */
    edo_wait_node node;      /* among the waiting senders; lock: the channel's */
} edo_mpsc_reserve_future;

/** Reserves a slot, waiting for one in order of arrival: for callers that must not make the value
 * before it is certain that it can be sent.
 * Owns:    borrows `tx` as long as the permit lives. On success use the permit exactly once.
 * Errors:  -EDO_ECLOSED  the receiver closed or is gone
 *          -ENOMEM       no memory for the slot
 *          -ECANCELED    this task was cancelled; no slot was taken
 * Cancel:  safe: a slot already set aside goes to the next waiter; the place in line is lost.
 * Waits:   until there is a slot. */
EDO_MUST_USE EDO_API int edo_mpsc_reserve(edo_mpsc_tx *tx, edo_mpsc_permit *permit);
EDO_MUST_USE EDO_API edo_future *edo_mpsc_reserve_init(edo_mpsc_reserve_future *f, edo_mpsc_tx *tx,
                                                       edo_mpsc_permit *permit);

/** Reserves a slot if there is one that no other sender waits for.
 * Owns: as edo_mpsc_reserve().   Errors: -EAGAIN; -EDO_ECLOSED; -ENOMEM, as edo_mpsc_try_send() */
EDO_MUST_USE EDO_API int edo_mpsc_try_reserve(edo_mpsc_tx *tx, edo_mpsc_permit *permit);

/** Sends `*value` in the slot of `permit`, and uses the permit up. It cannot fail: a closed channel
 * still takes the value, and a channel without a receiver drops it at once.
 * Owns:    copies the value, which then belongs to the channel.
 * Threads: any, one at a time for one permit. */
EDO_API void edo_mpsc_permit_send(edo_mpsc_permit *permit, const void *value);

/** Gives the slot of `permit` back: to the sender that has waited longest, if there is one.
 * Harmless for a permit that was used or never given (all zero).
 * Threads: any, one at a time for one permit. */
EDO_API void edo_mpsc_permit_release(edo_mpsc_permit *permit);

/* Future behind edo_mpsc_closed(). */
typedef struct edo_mpsc_closed_future {
    edo_future base;
    edo_mpsc_tx *tx;
    edo_wait_node node; /* lock: the channel's */
} edo_mpsc_closed_future;

/** Waits until the receiver closes or is freed.
 * Errors: -ECANCELED  this task was cancelled   Cancel: safe.   Waits: for the receiver's end. */
EDO_MUST_USE EDO_API int edo_mpsc_closed(edo_mpsc_tx *tx);
EDO_MUST_USE EDO_API edo_future *edo_mpsc_closed_init(edo_mpsc_closed_future *f, edo_mpsc_tx *tx);

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Future behind edo_mpsc_recv(). */
typedef struct edo_mpsc_recv_future {
    edo_future base;
    edo_mpsc_rx *rx;
    void *value; /* written once, on success */
} edo_mpsc_recv_future;

/** Waits for a value and moves it to `*value`.
 * Owns:    borrows `rx`; the value is the caller's.
 * Errors:  -EDO_ECLOSED  the end: everything was received, and either no sender is left, or the
 *                        receiver closed and no permit is out
 *          -ECANCELED    this task was cancelled; nothing was received
 *          -EDO_EMISUSE  another receive waits on this receiver
 * Cancel: safe: nothing is lost.   Threads: any, one at a time.   Waits: for a value. */
EDO_MUST_USE EDO_API int edo_mpsc_recv(edo_mpsc_rx *rx, void *value);
EDO_MUST_USE EDO_API edo_future *edo_mpsc_recv_init(edo_mpsc_recv_future *f, edo_mpsc_rx *rx,
                                                    void *value);

/* Future behind edo_mpsc_recv_many(). */
typedef struct edo_mpsc_recv_many_future {
    edo_future base;
    edo_mpsc_rx *rx;
    void *values;
    size_t limit;
} edo_mpsc_recv_many_future;

/** Waits for at least one value, moves up to `limit` available values to `values`, and returns
 * their number.
 * Owns:    borrows `rx`; the values are the caller's.
 * Errors:  -EDO_ECLOSED  the end, see edo_mpsc_recv(); 0 only if `limit` is 0
 *          -ECANCELED    this task was cancelled; nothing was received
 *          -EDO_EMISUSE  another receive waits on this receiver
 * Cancel: safe: nothing is lost.   Threads: any, one at a time.   Waits: for the first value. */
EDO_MUST_USE EDO_API int edo_mpsc_recv_many(edo_mpsc_rx *rx, void *values, size_t limit);

/* As edo_mpsc_recv_many(), as a future, which borrows until it is ready or dropped. */
EDO_MUST_USE EDO_API edo_future *
edo_mpsc_recv_many_init(edo_mpsc_recv_many_future *f, edo_mpsc_rx *rx, void *values, size_t limit);

/** Moves a value to `*value` if one is available.
 * Owns:    as edo_mpsc_recv().
 * Errors:  -EAGAIN       none is available now
 *          -EDO_ECLOSED  the end, see edo_mpsc_recv()
 * Threads: any, one at a time. */
EDO_MUST_USE EDO_API int edo_mpsc_try_recv(edo_mpsc_rx *rx, void *value);

/* ---- Queries --------------------------------------------------------------------------------- */

/** edo_mpsc_cap() returns the number of slots that are free now, edo_mpsc_cap_max() that of all
 * slots. Both return EDO_MPSC_UNBOUNDED for an unbounded channel. */
EDO_API size_t edo_mpsc_cap(edo_mpsc_tx *tx);
EDO_API size_t edo_mpsc_cap_max(edo_mpsc_tx *tx);

/** Returns the number of values that can be received now; never more than the capacity. */
EDO_API size_t edo_mpsc_len(edo_mpsc_rx *rx);

/** Returns whether the receiver closed or is gone. */
EDO_API bool edo_mpsc_is_closed(edo_mpsc_tx *tx);

EDO_END_DECLS

#endif
