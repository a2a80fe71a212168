/* SPDX-License-Identifier: MIT */
/* edo/oneshot.h: one value, from one task to another, once.
 *
 *     edo_oneshot_tx *tx;
 *     edo_oneshot_rx *rx;
 *     if (edo_oneshot_new(&tx, &rx, sizeof(answer), NULL) < 0) …
 *     err = edo_oneshot_send(tx, &answer);        // in one task; the sender is used up
 *     err = edo_oneshot_recv(rx, &answer);        // in another
 *     edo_oneshot_rx_free(rx);
 *
 * The usual way to get a reply: the request carries a sender for it.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_ONESHOT_H
#define EDO_ONESHOT_H

#include <edo/future.h>

EDO_BEGIN_DECLS

typedef struct edo_oneshot_tx edo_oneshot_tx; /* the sender */
typedef struct edo_oneshot_rx edo_oneshot_rx; /* the receiver */

/* Options of edo_oneshot_new(); all zero is the default. */
typedef struct edo_oneshot_opts {
    void (*drop)(void *elem); /* called for a value that was sent and not received; NULL: nothing */
    uint64_t reserved[4];     /* must be 0 */
} edo_oneshot_opts;

/** Makes a channel for one value of `elem_size` bytes (0: a bare signal).
 * Owns:    returns new: a sender for edo_oneshot_send() or edo_oneshot_tx_free(); a receiver for
 *          edo_oneshot_rx_free().
 * Errors:  -EINVAL  `elem_size` is above 1 GiB, or `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_oneshot_new(edo_oneshot_tx **tx, edo_oneshot_rx **rx, size_t elem_size,
                                         const edo_oneshot_opts *opts);

/* ---- Sender ---------------------------------------------------------------------------------- */

/** Sends `*value`. The sender is used up in any case.
 * Owns:    takes `tx`. Copies the value on success; on failure it is still the caller's.
 * Errors:  -EDO_ECLOSED  the receiver closed or is gone
 * Threads: any; no future of this sender may be left. */
EDO_MUST_USE EDO_API int edo_oneshot_send(edo_oneshot_tx *tx, const void *value);

/** Frees the sender without sending: the receiver gets -EDO_ECLOSED. NULL is allowed.
 * Owns: takes `tx`.   Threads: any; no future of this sender may be left. */
EDO_API void edo_oneshot_tx_free(edo_oneshot_tx *tx);

/** Returns whether the receiver closed or is gone, so that a send would fail.
 * Threads: any. */
EDO_API bool edo_oneshot_is_closed(edo_oneshot_tx *tx);

/* Future behind edo_oneshot_closed(). */
typedef struct edo_oneshot_closed_future {
    edo_future base;
    edo_oneshot_tx *tx;
} edo_oneshot_closed_future;

/** Waits until the receiver closes or is freed: the value is no longer wanted.
 * Errors: -ECANCELED  this task was cancelled   Cancel: safe.   Waits: for the receiver's end. */
EDO_MUST_USE EDO_API int edo_oneshot_closed(edo_oneshot_tx *tx);
EDO_MUST_USE EDO_API edo_future *edo_oneshot_closed_init(edo_oneshot_closed_future *f,
                                                         edo_oneshot_tx *tx);

/* ---- Receiver -------------------------------------------------------------------------------- */

/* Future behind edo_oneshot_recv(). */
typedef struct edo_oneshot_recv_future {
    edo_future base;
    edo_oneshot_rx *rx;
    void *value; /* written once, on success */
} edo_oneshot_recv_future;

/** Waits for the value and moves it to `*value`.
 * Owns:    borrows `rx`; the value is the caller's.
 * Errors:  -EDO_ECLOSED  the sender was freed without sending, the receiver was closed before the
 *                        send, or the value has been received already
 *          -ECANCELED    this task was cancelled; nothing was received
 * Cancel: safe: nothing is lost; receive again.   Waits: for the value. */
EDO_MUST_USE EDO_API int edo_oneshot_recv(edo_oneshot_rx *rx, void *value);
EDO_MUST_USE EDO_API edo_future *edo_oneshot_recv_init(edo_oneshot_recv_future *f,
                                                       edo_oneshot_rx *rx, void *value);

/** Moves the value to `*value` if it has been sent.
 * Owns:    as edo_oneshot_recv().
 * Errors:  -EAGAIN       it has not been sent yet
 *          -EDO_ECLOSED  as edo_oneshot_recv() */
EDO_MUST_USE EDO_API int edo_oneshot_try_recv(edo_oneshot_rx *rx, void *value);

/** Closes the receiver: a later send fails. A value that was sent before can still be received. */
EDO_API void edo_oneshot_close(edo_oneshot_rx *rx);

/** Frees the receiver, and drops a value that was sent but not received. NULL is allowed.
 * Owns: takes `rx`.   Threads: any; no future of this receiver may be left. */
EDO_API void edo_oneshot_rx_free(edo_oneshot_rx *rx);

EDO_END_DECLS

#endif
