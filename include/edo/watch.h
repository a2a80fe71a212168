/* SPDX-License-Identifier: MIT */
/* edo/watch.h: one value that changes; receivers see the newest value, not each one.
 *
 * For configuration, state, a stop flag. Each receiver marks the newest value that it has seen;
 * edo_watch_changed() waits for a newer one.
 *
 *     do {
 *         edo_watch_read_update(rx, &config);
 *         apply(&config);
 *     } while (edo_watch_changed(rx) == 0);
 *
 * A value is `elem_size` bytes, and reading copies it out: no lock is held while you use it. If a
 * value owns resources, give `clone` and `drop`: then a reader owns its copy. Values are not
 * compared: sending an equal value is a change.
 *
 * All senders of a channel are one counted pointer.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_WATCH_H
#define EDO_WATCH_H

#include <edo/future.h>

EDO_BEGIN_DECLS

typedef struct edo_watch_tx edo_watch_tx; /* sender, reference-counted */
typedef struct edo_watch_rx edo_watch_rx; /* one receiver */

/* Options of edo_watch_new(); all zero is the default: values are plain bytes. The two functions
 * may be called by several threads at once, and must not touch this channel. */
typedef struct edo_watch_opts {
    void (*clone)(void *to, const void *from); /* makes a reader's copy; must not fail */
    void (*drop)(void *elem); /* called for a value that was replaced or is left at the end; needs
                                 `clone` */
    uint64_t reserved[4];     /* must be 0 */
} edo_watch_opts;

/* Changes `*value` in place; returns whether to notify the receivers. Must not await, nor touch the
 * channel that it was called for. */
typedef bool edo_watch_modify_fn(void *arg, void *value);

/* Returns whether `*value` is one that the caller waits for. */
typedef bool edo_watch_test_fn(void *arg, const void *value);

/** Makes a channel that holds `*initial`, with one receiver, which has seen that value; without a
 * receiver if `rx` is NULL.
 * Owns:    returns new: a sender for edo_watch_tx_unref(), a receiver for edo_watch_rx_free(). On
 *          success the value is copied and belongs to the channel.
 * Errors:  -EINVAL  `elem_size` is above 1 GiB, a `drop` without a `clone`, or `reserved` not 0
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_watch_new(edo_watch_tx **tx, edo_watch_rx **rx, size_t elem_size,
                                       const void *initial, const edo_watch_opts *opts);

/* ---- Senders --------------------------------------------------------------------------------- */

/** Takes one more reference to the sender and returns `tx`.
 * Owns:    shares `tx`. */
EDO_API edo_watch_tx *edo_watch_tx_ref(edo_watch_tx *tx);

/** Gives a reference to the sender back. When the last one is gone the receivers can still read the
 * last value. NULL is allowed. No future of this reference may be left.
 * Owns:    takes the reference. */
EDO_API void edo_watch_tx_unref(edo_watch_tx *tx);

/** Makes `*value` the newest value, if there is a receiver.
 * Owns:    on success the value is copied and belongs to the channel; on failure it is still the
 *          caller's.
 * Errors:  -EDO_ECLOSED  no receiver; nothing was stored
 *          -ENOMEM       no memory, only if values have a `clone`
 *          -EDO_EMISUSE  called inside the function of an edo_watch_modify() of this channel */
EDO_MUST_USE EDO_API int edo_watch_send(edo_watch_tx *tx, const void *value);

/** Makes `*value` the newest value, with or without receivers, and moves the previous value to
 * `*old`.
 * Owns:    as edo_watch_send(); the value in `*old` is the caller's. If `old` is NULL it is
 *          dropped.
 * Errors:  -ENOMEM  no memory, only if values have a `clone`; nothing was stored; -EDO_EMISUSE as
 *          edo_watch_send() */
EDO_MUST_USE EDO_API int edo_watch_replace(edo_watch_tx *tx, void *old, const void *value);

/** Changes the value by `fn(arg, &value)`, with or without receivers, and notifies them if `fn`
 * returns true. Returns the result of `fn`: 1 or 0.
 *
 * Other senders spin until `fn` returns: it must be short. Readers get the previous value
 * meanwhile. An await in `fn` is misuse, as after edo_no_await_begin(), and so is another change of
 * this channel: debug builds abort; release builds return -EDO_EMISUSE and do not wait. `fn` may
 * wake tasks and give back references. If `fn` changes another channel it holds the senders' locks
 * of both: all such functions must take the channels in one order, or two of them wait for each
 * other for ever.
 * Errors:  -ENOMEM  no memory, only if values have a `clone`; `fn` was not called; -EDO_EMISUSE as
 *          edo_watch_send() */
EDO_MUST_USE EDO_API int edo_watch_modify(edo_watch_tx *tx, edo_watch_modify_fn *fn, void *arg);

/** Copies the newest value to `*value`.
 * Owns:    the copy is the caller's. */
EDO_API void edo_watch_tx_read(edo_watch_tx *tx, void *value);

/* Future behind edo_watch_closed(). */
typedef struct edo_watch_closed_future {
    edo_future base;
    edo_watch_tx *tx;
    edo_wait_node node; /* lock: the channel's */
} edo_watch_closed_future;

/** Waits until there is no receiver.
 * Errors: -ECANCELED  this task was cancelled   Cancel: safe.
 * Waits:   for the last receiver's end. */
EDO_MUST_USE EDO_API int edo_watch_closed(edo_watch_tx *tx);
EDO_MUST_USE EDO_API edo_future *edo_watch_closed_init(edo_watch_closed_future *f,
                                                       edo_watch_tx *tx);

/* ---- Receivers ------------------------------------------------------------------------------- */

/** Adds a receiver, which has seen the newest value.
 * Owns:    returns new in `*rx`: edo_watch_rx_free(). `tx` stays the caller's.
 * Errors:  -ENOMEM  no memory */
EDO_MUST_USE EDO_API int edo_watch_subscribe(edo_watch_rx **rx, edo_watch_tx *tx);

/** Adds a receiver, which has seen the values that `other` has seen.
 * Owns:    returns new in `*rx`: edo_watch_rx_free(). `other` stays the caller's.
 * Errors: -ENOMEM  no memory   Threads: any, one at a time for `other`. */
EDO_MUST_USE EDO_API int edo_watch_rx_clone(edo_watch_rx **rx, edo_watch_rx *other);

/** Frees a receiver. NULL is allowed. No future of this receiver may be left.
 * Owns: takes `rx`.   Threads: any. */
EDO_API void edo_watch_rx_free(edo_watch_rx *rx);

/** Copies the newest value to `*value`. edo_watch_read() leaves the mark alone;
 * edo_watch_read_update() marks the value as seen. Both also work when no sender is left.
 * Owns: the copy is the caller's.   Threads: any, one at a time for one receiver. */
EDO_API void edo_watch_read(edo_watch_rx *rx, void *value);
EDO_API void edo_watch_read_update(edo_watch_rx *rx, void *value);

/** Returns 1 if there is a value that this receiver has not seen, else 0.
 * Errors:  -EDO_ECLOSED  no sender is left, whether or not the value was seen
 * Threads: any, one at a time for one receiver. */
EDO_MUST_USE EDO_API int edo_watch_has_changed(edo_watch_rx *rx);

/** Mark the newest value as not seen (so that edo_watch_changed() returns at once), or as seen.
 * Threads: any, one at a time for one receiver. */
EDO_API void edo_watch_mark_changed(edo_watch_rx *rx);
EDO_API void edo_watch_mark_unchanged(edo_watch_rx *rx);

/* Future behind edo_watch_changed(). */
typedef struct edo_watch_changed_future {
    edo_future base;
    edo_watch_rx *rx;
    edo_wait_node node; /* lock: the channel's */
} edo_watch_changed_future;

/** Waits until there is a value that this receiver has not seen, and marks it as seen.
 * Errors:  -EDO_ECLOSED  the newest value was seen and no sender is left
 *          -ECANCELED    this task was cancelled; nothing was marked
 * Cancel: safe.   Threads: any, one at a time for one receiver.   Waits: for a change. */
EDO_MUST_USE EDO_API int edo_watch_changed(edo_watch_rx *rx);
EDO_MUST_USE EDO_API edo_future *edo_watch_changed_init(edo_watch_changed_future *f,
                                                        edo_watch_rx *rx);

/* Future behind edo_watch_wait_for(). */
typedef struct edo_watch_wait_for_future {
    edo_future base;
    edo_watch_rx *rx;
    edo_wait_node node; /* lock: the channel's */
    edo_watch_test_fn *test;
    void *arg, *value;
    uint64_t tested; /* version of the last value that `test` refused */
} edo_watch_wait_for_future;

/** Waits for a value for which `test(arg, &value)` is true, copies it to `*value` and marks it as
 * seen. The current value is tested first, seen or not. Of later values some may be skipped, but
 * the newest is always tested.
 * Owns:    borrows `rx`; the copy is the caller's. `*value` is scratch space: on failure its bytes
 *          are undefined.
 * Errors:  -EDO_ECLOSED  the last value does not pass the test and no sender is left
 *          -ECANCELED    this task was cancelled
 * Cancel: safe; tested values are marked as seen.   Threads: any, one at a time for one receiver.
 * Waits:   for such a value. */
EDO_MUST_USE EDO_API int edo_watch_wait_for(edo_watch_rx *rx, void *value, edo_watch_test_fn *test,
                                            void *arg);
EDO_MUST_USE EDO_API edo_future *edo_watch_wait_for_init(edo_watch_wait_for_future *f,
                                                         edo_watch_rx *rx, void *value,
                                                         edo_watch_test_fn *test, void *arg);

EDO_END_DECLS

#endif
