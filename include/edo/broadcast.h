/* SPDX-License-Identifier: MIT */
/* edo/broadcast.h: every receiver gets every value that is sent after it subscribed.
 *
 * The channel keeps the newest `cap` values. Sending does not wait: the oldest value is
 * overwritten, and a receiver that had not read it is told once how many values it missed, and goes
 * on with the oldest value that is kept.
 *
 *     while ((err = edo_broadcast_recv(rx, &line, &missed)) != -EDO_ECLOSED) {
 *         if (err == -EDO_ELAGGED) tell("you missed %" PRIu64 " lines", missed);
 *         …
 *     }
 *
 * A value is `elem_size` bytes; each receiver gets a copy. If a value owns resources, give `clone`
 * and `drop`: then a receiver owns its copy.
 *
 * In a lossless channel (`.lossless`) a send waits for room while a receiver that keeps up has not
 * read the oldest value. A receiver falls behind, and sends no longer wait for it, after it has
 * held up a send for `.behind_after` without receiving, or by edo_broadcast_fall_behind(). If it
 * then loses values it is told once, as above; with its next receive it keeps up again. A task that
 * both sends and receives can wait for itself: receive in another task, or let that receiver fall
 * behind.
 *
 * All senders of a channel are one counted pointer.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_BROADCAST_H
#define EDO_BROADCAST_H

#include <edo/future.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_broadcast_tx edo_broadcast_tx;     /* sender, reference-counted */
typedef struct edo_broadcast_rx edo_broadcast_rx;     /* one receiver */
typedef struct edo_broadcast_weak edo_broadcast_weak; /* does not keep the channel open */

/* Options of edo_broadcast_new(); all zero is the default: values are plain bytes. The two
 * functions are called with no lock held, and may be called by several threads at once. */
typedef struct edo_broadcast_opts {
    void (*clone)(void *to, const void *from); /* makes a receiver's copy; must not fail */
    void (*drop)(void *elem);  /* called for a value as soon as no receiver can read it any more;
                                  needs `clone` */
    bool lossless;             /* sends wait for receivers that keep up */
    edo_duration behind_after; /* a receiver that holds up a send for this long without receiving is
                                  behind; 0 or negative: no time limit; needs `lossless` */
    const char *name;          /* shows in metrics and dumps how many values the slowest receiver
                                  that keeps up has still to read, and the limit: 1 to 63 bytes of
                                  UTF-8; needs `lossless`. NULL: none */
    uint64_t reserved[1];      /* must be 0 */
} edo_broadcast_opts;

/** Makes a channel of `cap` values (rounded up to a power of two) of `elem_size` bytes, with one
 * receiver, or none if `rx` is NULL. All memory is allocated here, unless values have a `clone`.
 * Owns:    returns new: a sender for edo_broadcast_tx_unref(), a receiver for
 *          edo_broadcast_rx_free().
 * Errors:  -EINVAL  `cap` is 0, `elem_size` above 1 GiB, a `drop` without a `clone`, a
 *                   `behind_after` or a `name` without `lossless`, a `name` that is none, or
 *                   `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_broadcast_new(edo_broadcast_tx **tx, edo_broadcast_rx **rx,
                                           size_t elem_size, size_t cap,
                                           const edo_broadcast_opts *opts);

/* ---- Senders --------------------------------------------------------------------------------- */

/** Takes one more reference to the sender and returns `tx`.
 * Owns:    shares `tx`. */
EDO_API edo_broadcast_tx *edo_broadcast_tx_ref(edo_broadcast_tx *tx);

/** Gives a reference to the sender back. When the last one is gone each receiver gets the values
 * that are kept, then -EDO_ECLOSED. NULL is allowed. No future of this reference may be left.
 * Owns:    takes the reference. */
EDO_API void edo_broadcast_tx_unref(edo_broadcast_tx *tx);

/** Returns a weak sender, which does not keep the channel open.
 * Owns:    returns new: give it to edo_broadcast_weak_unref(). `tx` stays the caller's. */
EDO_API edo_broadcast_weak *edo_broadcast_tx_downgrade(edo_broadcast_tx *tx);

/** Returns a sender from a weak one; NULL once the last sender is gone.
 * Owns:    returns new: a reference for edo_broadcast_tx_unref(). `weak` stays the caller's. */
EDO_MUST_USE EDO_API edo_broadcast_tx *edo_broadcast_tx_upgrade(edo_broadcast_weak *weak);

/** Gives a weak sender back. NULL is allowed.
 * Owns:    takes `weak`. */
EDO_API void edo_broadcast_weak_unref(edo_broadcast_weak *weak);

/* Future behind edo_broadcast_send(). */
typedef struct edo_broadcast_send_future {
    edo_future base;
    edo_broadcast_tx *tx;
    const void *value;
    void *box;              /* holds the value until it is sent, if values have a clone */
    edo_wait_node node;     /* lock: the channel's */
    edo_sleep_future limit; /* with behind_after */
} edo_broadcast_send_future;

/** Sends `*value` to all receivers. In a lossless channel it first waits for room, in order of
 * arrival.
 * Owns:    on success the value is copied and belongs to the channel; on failure it is still the
 *          caller's.
 * Errors:  -EDO_ECLOSED      no receiver now; a later edo_broadcast_subscribe() changes that
 *          -ENOMEM           no memory, only if values have a `clone`
 *          -ECANCELED        only if lossless: this task was cancelled; nothing was sent
 *          -EDO_ENORUNTIME   only with `behind_after`: as edo_sleep(); nothing was sent
 * Cancel:  safe: nothing was sent. The place in line is lost.
 * Waits:   for room, if lossless; else never: then it may be called inside a poll. */
EDO_MUST_USE EDO_API int edo_broadcast_send(edo_broadcast_tx *tx, const void *value);
EDO_MUST_USE EDO_API edo_future *edo_broadcast_send_init(edo_broadcast_send_future *f,
                                                         edo_broadcast_tx *tx, const void *value);

/** Sends `*value` if that needs no wait; only a lossless channel may need one.
 * Owns:    as edo_broadcast_send().
 * Errors:  -EAGAIN  only if lossless: there is no room now, or another send waits
 *          -EDO_ECLOSED, -ENOMEM  as edo_broadcast_send() */
EDO_MUST_USE EDO_API int edo_broadcast_try_send(edo_broadcast_tx *tx, const void *value);

/** Returns how many receivers there are now; the number may change at once if other threads use the
 * channel. */
EDO_API size_t edo_broadcast_receivers(edo_broadcast_tx *tx);

/* Future behind edo_broadcast_closed(). */
typedef struct edo_broadcast_closed_future {
    edo_future base;
    edo_broadcast_tx *tx;
    edo_wait_node node; /* lock: the channel's */
} edo_broadcast_closed_future;

/** Waits until there is no receiver.
 * Errors: -ECANCELED  this task was cancelled   Cancel: safe.
 * Waits:   for the last receiver's end. */
EDO_MUST_USE EDO_API int edo_broadcast_closed(edo_broadcast_tx *tx);
EDO_MUST_USE EDO_API edo_future *edo_broadcast_closed_init(edo_broadcast_closed_future *f,
                                                           edo_broadcast_tx *tx);

/* ---- Receivers ------------------------------------------------------------------------------- */

/** Adds a receiver, which gets the values that are sent from now on.
 * Owns:    returns new in `*rx`: edo_broadcast_rx_free(). `tx` stays the caller's.
 * Errors:  -ENOMEM  no memory */
EDO_MUST_USE EDO_API int edo_broadcast_subscribe(edo_broadcast_rx **rx, edo_broadcast_tx *tx);

/** As edo_broadcast_subscribe(), from another receiver. The new receiver starts at the end, not at
 * the position of `other`.
 * Owns:    returns new in `*rx`: edo_broadcast_rx_free(). `other` stays the caller's.
 * Errors:  -ENOMEM  no memory */
EDO_MUST_USE EDO_API int edo_broadcast_resubscribe(edo_broadcast_rx **rx, edo_broadcast_rx *other);

/** Frees a receiver. Before it returns it drops the values that only this receiver had not read.
 * NULL is allowed. No future of this receiver may be left.
 * Owns: takes `rx`.   Threads: any. */
EDO_API void edo_broadcast_rx_free(edo_broadcast_rx *rx);

/* Future behind edo_broadcast_recv(). */
typedef struct edo_broadcast_recv_future {
    edo_future base;
    edo_broadcast_rx *rx;
    void *value;
    uint64_t *missed;
    edo_wait_node node; /* lock: the channel's */
} edo_broadcast_recv_future;

/** Waits for this receiver's next value and copies it to `*value`.
 * Owns:    borrows `rx`; the copy is the caller's. On failure the bytes of `*value` are undefined.
 * Errors:  -EDO_ELAGGED  too slow: `*missed` (may be NULL) is the number of values lost; the next
 *                        call gets the oldest value that is kept, not counting one that a send is
 *                        about to overwrite
 *          -EDO_ECLOSED  everything was received and no sender is left
 *          -ECANCELED    this task was cancelled; nothing was received
 * Cancel: safe: nothing is lost.   Threads: any, one at a time for one receiver.
 * Waits:   for a value. */
EDO_MUST_USE EDO_API int edo_broadcast_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed);
EDO_MUST_USE EDO_API edo_future *edo_broadcast_recv_init(edo_broadcast_recv_future *f,
                                                         edo_broadcast_rx *rx, void *value,
                                                         uint64_t *missed);

/** Copies this receiver's next value to `*value` if there is one.
 * Owns:    as edo_broadcast_recv().
 * Errors:  -EAGAIN  no value now; -EDO_ELAGGED, -EDO_ECLOSED as edo_broadcast_recv()
 * Threads: any, one at a time for one receiver. */
EDO_MUST_USE EDO_API int edo_broadcast_try_recv(edo_broadcast_rx *rx, void *value,
                                                uint64_t *missed);

/** Lets a receiver of a lossless channel fall behind: no send waits for it until it receives again.
 * For a receiver that will be busy for a long time. In other channels it does nothing.
 *
 * Values that are overwritten meanwhile are lost. The next receive returns -EDO_ELAGGED, or the
 * next value if none was lost, and the receiver keeps up again.
 * Threads: any, at once, also while the receiver waits. */
EDO_API void edo_broadcast_fall_behind(edo_broadcast_rx *rx);

/** Returns the number of values sent that this receiver has not read; more than the capacity if it
 * lags.
 * Threads: any, one at a time for one receiver. */
EDO_API uint64_t edo_broadcast_len(edo_broadcast_rx *rx);

EDO_END_DECLS

#endif
