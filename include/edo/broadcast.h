/* SPDX-License-Identifier: MIT */
/* edo/broadcast.h: every receiver gets every value that is sent after it subscribed.
 *
 * The channel keeps the newest `cap` values. Sending does not wait: the oldest is overwritten, and
 * a receiver that had not read it is told once how many it missed, and goes on with the oldest
 * kept.
 *
 *     while ((err = edo_broadcast_recv(rx, &line, &missed)) != -EDO_ECLOSED) {
 *         if (err == -EDO_ELAGGED) tell("you missed %" PRIu64 " lines", missed);
 *         …
 *     }
 *
 * A value is `elem_size` bytes; each receiver gets a copy. If a value owns something, give `clone`
 * and `drop`: then a receiver owns what it got.
 *
 * In a lossless channel (`.lossless`) a send waits for room while the oldest value is one that a
 * receiver that keeps up has not read. A receiver falls behind, so that no send waits for it any
 * more, after it has held one up for `.behind_after` without receiving, or by
 * edo_broadcast_fall_behind(). If it loses values then, it is told once, as above; with its next
 * receive it keeps up again. A task that sends and is also the one that receives can wait for
 * itself: receive in another task, or let that receiver fall behind.
 *
 * All senders of a channel are the same pointer, counted. */
#ifndef EDO_BROADCAST_H
#define EDO_BROADCAST_H

#include <edo/future.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_broadcast_tx edo_broadcast_tx;     /* sender, shared by counting */
typedef struct edo_broadcast_rx edo_broadcast_rx;     /* one receiver */
typedef struct edo_broadcast_weak edo_broadcast_weak; /* does not keep the channel open */

/* Options of edo_broadcast_new(); all zero is the default: values are plain bytes. The two
 * functions are called without any lock, also at once from several threads. */
typedef struct edo_broadcast_opts {
    void (*clone)(void *to, const void *from); /* makes a receiver's copy; must not fail */
    void (*drop)(void *elem);  /* called for a value as soon as no receiver can read it any more;
                                  needs `clone` */
    bool lossless;             /* sends wait for receivers that keep up */
    edo_duration behind_after; /* 0 or negative: no time limit. A receiver that holds a send up for
                                  this long without receiving is behind; needs `lossless` */
    uint64_t reserved[2];      /* must be 0 */
} edo_broadcast_opts;

/**
 * Makes a channel of `cap` values (rounded up to a power of two) of `elem_size` bytes, with one
 * receiver; none if `rx` is NULL. All its memory is taken here, unless values have a `clone`.
 *
 * Owns:    returns new: a sender for edo_broadcast_tx_unref(), a receiver for
 *          edo_broadcast_rx_free().
 * Errors:  -EINVAL  `cap` is 0, `elem_size` above 1 GiB, a `drop` without a `clone`, a
 *                   `behind_after` without `lossless`, or `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_new(edo_broadcast_tx **tx, edo_broadcast_rx **rx,
                                           size_t elem_size, size_t cap,
                                           const edo_broadcast_opts *opts);

/* ---- Senders --------------------------------------------------------------------------------- */

/**
 * One reference to the sender more; returns `tx`.
 *
 * Owns:    shares `tx`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_broadcast_tx *edo_broadcast_tx_ref(edo_broadcast_tx *tx);

/**
 * Gives a reference to the sender back. After the last one each receiver gets what is kept, then
 * -EDO_ECLOSED. NULL is allowed. No future of this reference may be left.
 *
 * Owns:    takes the reference.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_broadcast_tx_unref(edo_broadcast_tx *tx);

/**
 * A weak sender: it does not keep the channel open.
 *
 * Owns:    returns new: freed with edo_broadcast_weak_unref(). `tx` stays the caller's.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_broadcast_weak *edo_broadcast_tx_downgrade(edo_broadcast_tx *tx);

/**
 * A sender from a weak one; NULL once the last sender is gone.
 *
 * Owns:    returns new: a reference for edo_broadcast_tx_unref(). `weak` stays the caller's.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE edo_broadcast_tx *edo_broadcast_tx_upgrade(edo_broadcast_weak *weak);

/**
 * Gives a weak sender back. NULL is allowed.
 *
 * Owns:    takes `weak`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_broadcast_weak_unref(edo_broadcast_weak *weak);

/* Future behind edo_broadcast_send(). You place it; it must not move once polled. Fields are
 * edo's. */
typedef struct edo_broadcast_send_future {
    edo_future base;
    edo_broadcast_tx *tx;
    const void *value;
    void *box;              /* holds the value until it is sent, if values have a clone */
    edo_wait_node node;     /* lock: the channel's */
    edo_sleep_future limit; /* with behind_after */
} edo_broadcast_send_future;

/**
 * Sends `*value` to all receivers; returns how many there are. In a lossless channel it first waits
 * for room, in order of arrival.
 *
 * Owns:    copies the value on success, which is the channel's then; on failure it is still the
 *          caller's.
 * Errors:  -EDO_ECLOSED      nobody receives now; a later edo_broadcast_subscribe() changes that
 *          -ENOMEM           no memory, only if values have a `clone`
 *          -ECANCELED        only if lossless: this task was cancelled; nothing was sent
 *          -EDO_ENORUNTIME   only with `behind_after`: as edo_sleep(); nothing was sent
 * Cancel:  safe: nothing was sent. The place in line is lost.
 * Threads: any, at once.
 * Waits:   for room, if lossless; else never, so that it may be called inside a poll.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_send(edo_broadcast_tx *tx, const void *value);

/**
 * The future of edo_broadcast_send(), ready with what that returns.
 *
 * Owns:    borrows `tx` and `*value` until ready or dropped.
 * Cancel:  safe: nothing was sent. The place in line is lost.
 * Threads: one at a time.   Waits: for room, if lossless.   Since: 0.1
 */
EDO_API edo_future *edo_broadcast_send_init(edo_broadcast_send_future *f, edo_broadcast_tx *tx,
                                            const void *value);

/**
 * Sends `*value` if that does not need to wait, which it never does unless the channel is lossless;
 * returns how many receivers there are.
 *
 * Owns:    as edo_broadcast_send().
 * Errors:  -EAGAIN  only if lossless: there is no room now, or a send waits
 *          -EDO_ECLOSED, -ENOMEM  as edo_broadcast_send()
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_try_send(edo_broadcast_tx *tx, const void *value);

/* Future behind edo_broadcast_closed(). You place it; it must not move once polled. Fields are
 * edo's. */
typedef struct edo_broadcast_closed_future {
    edo_future base;
    edo_broadcast_tx *tx;
    edo_wait_node node; /* lock: the channel's */
} edo_broadcast_closed_future;

/**
 * Waits until there is no receiver.
 *
 * Owns:    borrows `tx`.
 * Errors:  -ECANCELED  this task was cancelled
 * Cancel:  safe.   Threads: any, at once.   Waits: for the last receiver's end.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_closed(edo_broadcast_tx *tx);

/**
 * The future of edo_broadcast_closed().
 *
 * Owns:    borrows `tx` until ready or dropped.
 * Cancel:  safe.   Threads: one at a time.   Waits: for the last receiver's end.   Since: 0.1
 */
EDO_API edo_future *edo_broadcast_closed_init(edo_broadcast_closed_future *f, edo_broadcast_tx *tx);

/* ---- Receivers ------------------------------------------------------------------------------- */

/**
 * A receiver more: it gets what is sent from now on.
 *
 * Owns:    returns new: for edo_broadcast_rx_free(). `tx` stays the caller's.
 * Errors:  -ENOMEM  no memory
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_subscribe(edo_broadcast_rx **rx, edo_broadcast_tx *tx);

/**
 * As edo_broadcast_subscribe(), from another receiver: the new one starts at the end, not where
 * `other` is.
 *
 * Owns:    returns new: for edo_broadcast_rx_free(). `other` stays the caller's.
 * Errors:  -ENOMEM  no memory
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_resubscribe(edo_broadcast_rx **rx, edo_broadcast_rx *other);

/**
 * Frees a receiver, and drops before it returns what only this receiver had not read. NULL is
 * allowed. No future of this receiver may be left.
 *
 * Owns:    takes `rx`.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API void edo_broadcast_rx_free(edo_broadcast_rx *rx);

/* Future behind edo_broadcast_recv(). You place it; it must not move once polled. Fields are
 * edo's. */
typedef struct edo_broadcast_recv_future {
    edo_future base;
    edo_broadcast_rx *rx;
    void *value;
    uint64_t *missed;
    edo_wait_node node; /* lock: the channel's */
} edo_broadcast_recv_future;

/**
 * Waits for this receiver's next value and copies it to `*value`.
 *
 * Owns:    borrows `rx`; the copy is the caller's. Without success the bytes of `*value` are
 *          undefined.
 * Errors:  -EDO_ELAGGED  too slow: `*missed` (may be NULL) says how many values are lost; the next
 *                        call gets the oldest that is kept, but for one that a send is about to
 *                        overwrite
 *          -EDO_ECLOSED  everything was received and no sender is left
 *          -ECANCELED    this task was cancelled; nothing was received
 * Cancel:  safe: nothing is lost.
 * Threads: any, one at a time for one receiver.   Waits: for a value.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed);

/**
 * The future of edo_broadcast_recv().
 *
 * Owns:    borrows `rx`, `value` and `missed` until ready or dropped.
 * Cancel:  safe.   Threads: one at a time.   Waits: for a value.   Since: 0.1
 */
EDO_API edo_future *edo_broadcast_recv_init(edo_broadcast_recv_future *f, edo_broadcast_rx *rx,
                                            void *value, uint64_t *missed);

/**
 * Copies this receiver's next value to `*value` if it is there.
 *
 * Owns:    as edo_broadcast_recv().
 * Errors:  -EAGAIN  none now; -EDO_ELAGGED, -EDO_ECLOSED as edo_broadcast_recv()
 * Threads: any, one at a time for one receiver.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_broadcast_try_recv(edo_broadcast_rx *rx, void *value,
                                                uint64_t *missed);

/**
 * Lets a receiver of a lossless channel fall behind: no send waits for it until it receives again.
 * For a receiver that knows that it will be busy for long. In other channels it does nothing.
 *
 * What is overwritten meanwhile is lost: the next receive returns -EDO_ELAGGED, or the next value
 * if nothing was lost, and the receiver keeps up again.
 *
 * Owns:    borrows `rx`.
 * Threads: any, at once, also while the receiver waits.   Waits: never.   Since: 0.1
 */
EDO_API void edo_broadcast_fall_behind(edo_broadcast_rx *rx);

/**
 * Values sent that this receiver has not read; more than the capacity if it lags.
 *
 * Threads: any, one at a time for one receiver.   Waits: never.   Since: 0.1
 */
EDO_API uint64_t edo_broadcast_len(edo_broadcast_rx *rx);

EDO_END_DECLS

#endif
