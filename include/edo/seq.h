/* SPDX-License-Identifier: MIT */
/* edo/seq.h: sequences: items over time, from a channel, a clock, an array, a function, and what
 * adapters make of them.
 *
 *     edo_seq *s = edo_seq_take(edo_seq_filter(edo_seq_from_mpsc(rx), is_even, NULL), 3);
 *     int item, rc;
 *     while ((rc = edo_seq_next(s, &item)) == 1)
 *         use(item);
 *     edo_seq_free(s);                             // rc: 0 the end, or a negative code
 *
 * Items are bytes of one size, copied to the place that the reader gives. A sequence is lazy: only
 * a read moves it, and an adapter reads its source only when it is read itself. A negative code is
 * an item that failed; a further read goes on behind it, unless the code's own meaning says that
 * there is nothing more.
 *
 * A chain is checked once. An adapter takes its source in every case. It returns NULL without
 * memory, and for a source that is NULL; reading NULL returns -ENOMEM, and to free NULL does
 * nothing.
 *
 * After its end a sequence is not polled again: further reads return 0.
 *
 * A sequence has one reader at a time, on any thread. Its functions (of a map, a filter and so on)
 * are called inside a poll, and must not await; edo_seq_buffered() is for those that do, and
 * edo/seq_generate.h for a source that does.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_SEQ_H
#define EDO_SEQ_H

#include <edo/broadcast.h>
#include <edo/buf_io.h>
#include <edo/chan.h>
#include <edo/mpsc.h>
#include <edo/task.h>
#include <edo/time.h>
#include <edo/watch.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     43 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_seq edo_seq;

/* How many items may still come. */
typedef struct edo_seq_size {
    uint64_t least, most; /* `most` is UINT64_MAX if it is not known */
} edo_seq_size;

/* The operations of one kind of sequence. Const and static. `poll_next`, `drop` and `name` are
 * always there. In C initialise it by the names of its members. */
typedef struct edo_seq_ops {
    /* Moves the sequence by one item. Returns EDO_READY with `*result` 1 and the item written; 0:
     * the end; negative: an item that failed. Or EDO_PENDING, when the waker of `cx` is kept where
     * the event will find it. A call that is pending and not repeated must lose no item. */
    edo_polled (*poll_next)(edo_seq *self, edo_cx *cx, void *item, int *result);
    /* The reader is gone whose poll was pending: its waker must not be used any more. So what is
     * awaited inside is dropped, and begun anew by the next poll. NULL: nothing is awaited, or the
     * waker is kept by edo_waker_ref(). An adapter calls edo_seq_leave() for its source. */
    void (*leave)(edo_seq *self);
    /* Frees the sequence and what it owns; the source by edo_seq_free(). */
    void (*drop)(edo_seq *self);
    /* Cancels the tasks that work for the sequence; EDO_READY when the last one has ended. It is
     * not read any more: before the first call `leave` has ended a poll that was pending. NULL: it
     * has none; an adapter must have it, and call edo_seq_poll_stop() for its source. */
    edo_polled (*stop)(edo_seq *self, edo_cx *cx);
    const char *name;                          /* for dumps */
    edo_seq_size (*size)(const edo_seq *self); /* NULL: nothing is known */
    void (*reserved[2])(void);                 /* must be NULL */
} edo_seq_ops;

/* First member of every sequence. Fields are edo's; adapters may read `item_size`. */
struct edo_seq {
    const edo_seq_ops *ops;
    size_t item_size; /* bytes of an item. const */
    bool over;        /* the end was read */
    bool waits;       /* its last poll was pending */
};

/* ---- Reading --------------------------------------------------------------------------------- */

/* Future behind edo_seq_next(). */
typedef struct edo_seq_next_future {
    edo_future base;
    edo_seq *seq;
    void *item;
} edo_seq_next_future;

/** Waits for the next item: returns 1 and writes it to `item`, or 0 at the end, or a negative code.
 * Owns:    borrows `s`; `s` may be NULL, and `item`, where items have no bytes.
 * Errors:  -ENOMEM     `s` is NULL: it could not be made
 *          -ECANCELED  this task was cancelled
 *          any other   an item that failed; the sequence may go on
 * Cancel: safe: no item is lost.   Threads: any, one at a time.   Waits: for an item. */
EDO_MUST_USE EDO_API int edo_seq_next(edo_seq *s, void *item);
EDO_MUST_USE EDO_API edo_future *edo_seq_next_init(edo_seq_next_future *f, edo_seq *s, void *item);

/** Returns how many items may still come.
 * Owns: borrows `s`, which may be NULL: none.   Threads: one at a time. */
EDO_API edo_seq_size edo_seq_size_hint(const edo_seq *s);

/** Ends a sequence in any state: frees it, its sources, and what they own. NULL is allowed. Tasks
 * of edo_seq_buffered() and edo_seq_generate() are cancelled, and go on until their next await:
 * edo_seq_shutdown() waits for them.
 * Owns:    takes `s`. No edo_seq_next() may be waiting. */
EDO_API void edo_seq_free(edo_seq *s);

/* Future behind edo_seq_shutdown(). */
typedef struct edo_seq_shutdown_future {
    edo_future base;
    edo_seq *seq;
} edo_seq_shutdown_future;

/** Ends a sequence as edo_seq_free(), but cancels its tasks before, and waits until the last one
 * has ended: then none of them uses any more what it borrowed. What they return is lost; the
 * caller's own trail stays. NULL is allowed.
 *
 * A cancelled caller that must have seen the end of the tasks calls it inside edo_shield_begin().
 * Owns:    takes `s`, also when it is cut short, or a future is dropped, polled or not.
 * Errors:  -ECANCELED  this task was cancelled: the sequence was freed, its tasks cancelled
 * Cancel: safe: as edo_seq_free().   Threads: any, one at a time.
 * Waits:   for the tasks of the sequence. */
EDO_MUST_USE EDO_API int edo_seq_shutdown(edo_seq *s);
EDO_MUST_USE EDO_API edo_future *edo_seq_shutdown_init(edo_seq_shutdown_future *f, edo_seq *s);

/* ---- Sources --------------------------------------------------------------------------------- */

/** The `n` items of `item_size` bytes at `items`, in order.
 * Owns: returns new: edo_seq_free(). Borrows `items` until then.   Errors: NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_array(const void *items, size_t n, size_t item_size);

/** Sequences of copies of `*item`: none, one, or without end. `item` may be NULL for `item_size` 0.
 * Owns: return new: edo_seq_free(). Copy `*item`.   Errors: NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_empty(size_t item_size);
EDO_MUST_USE EDO_API edo_seq *edo_seq_once(const void *item, size_t item_size);
EDO_MUST_USE EDO_API edo_seq *edo_seq_repeat(const void *item, size_t item_size);

/* Makes the next item of `state`. Returns 1; or 0: the end, or a negative code: an item that
 * failed, and then `*item` must not be written. */
typedef int edo_seq_step_fn(void *state, void *item);

/** The items that `fn(state, …)` makes one after the other. It never waits; see edo_seq_from_fn().
 * Owns: returns new: edo_seq_free(). Borrows `state` until then.   Errors: NULL without memory.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_unfold(size_t item_size, edo_seq_step_fn *fn, void *state);

/* As edo_seq_ops.poll_next, of a program's own source. The item must not be written unless
 * `*result` becomes 1. The waker of `cx` may be kept by edo_waker_ref() only; a source that awaits
 * a future wants a struct of its own, with edo_seq_ops and `leave`. */
typedef edo_polled edo_seq_poll_fn(void *arg, edo_cx *cx, void *item, int *result);

/** The items that `fn(arg, …)` returns; it is polled once for each, and no more after it has
 * returned the end.
 * Owns: returns new: edo_seq_free(). Borrows `arg` until then.   Errors: NULL without memory.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_fn(size_t item_size, edo_seq_poll_fn *fn, void *arg);

/** The values that arrive at `rx`; it ends when the channel is closed and empty.
 * Owns:    returns new: edo_seq_free(). Takes `rx` in every case, and frees it with the sequence,
 *          as edo_mpsc_rx_free() does: values that were not read are dropped. NULL is allowed, and
 *          returns NULL.
 * Errors:  NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_mpsc(edo_mpsc_rx *rx);

/** The values that arrive at `rx`, not counting those that other receivers of the channel take; it
 * ends when the channel is closed and empty.
 * Owns:    returns new: edo_seq_free(). Takes one reference to `rx` in every case, and gives it
 *          back with the sequence, as edo_chan_rx_unref() does. NULL is allowed, and returns NULL.
 * Errors:  NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_chan(edo_chan_rx *rx);

/** The values that arrive at `rx`; it ends when the channel is closed and everything was read. When
 * values were lost because the reader was too slow, an item failed with -EDO_ELAGGED: the next one
 * is the oldest value that is kept.
 * Owns:    returns new: edo_seq_free(). Takes `rx` in every case, and frees it with the sequence,
 *          as edo_broadcast_rx_free() does. NULL is allowed, and returns NULL.
 * Errors:  NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_broadcast(edo_broadcast_rx *rx);

/** edo_seq_from_watch(): the newest value, then the newest value each time that it has changed.
 * Values between two reads are skipped. It ends when the newest value was read and no sender is
 * left.
 *
 * edo_seq_from_watch_changes(): begins with the first value that `rx` has not seen.
 * Owns:    return new: edo_seq_free(). Take `rx` in every case, and free it with the sequence, as
 *          edo_watch_rx_free() does. NULL is allowed, and returns NULL.
 * Errors:  NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_watch(edo_watch_rx *rx);
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_watch_changes(edo_watch_rx *rx);

/** The lines of a reader, or its pieces up to `delim`; see edo_read_line() and edo_read_delim(),
 * also for the limit of one. The item is an edo_str that lies in the reader until the next one is
 * read: so copy what is kept, and buffer none.
 * Owns:    borrows `reader` until it is freed; returns new: edo_seq_free().
 * Errors:  NULL without memory. Reading: as edo_read_line(); after -EDO_ETOOLONG the sequence goes
 *          on with the next line */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_lines(edo_buf_reader *reader);
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_delim(edo_buf_reader *reader, char delim);

/** The bytes of a stream, as they come: each item is an edo_bytes of at most `n` bytes (0: 4,096),
 * to be given back by edo_bytes_unref(). It keeps a block of `n` bytes alive: copy short items that
 * are kept for long. For messages see edo_seq_from_framed().
 * Owns:    borrows `s` until it is freed; returns new: edo_seq_free(). A step that drops items, or
 *          copies them without taking them, must see to it that each is given back once.
 * Errors:  NULL without memory. Reading: as edo_read_bytes() */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_stream(edo_stream *s, size_t n);

/** The other way round: makes a stream that is read, of a sequence whose items are edo_bytes, such
 * as the chunks of a body that is made up while it is sent (edo_copy()). Each item is released when
 * its bytes were read; one without bytes is passed over. A negative code of the sequence is the
 * error of one read.
 *
 * Writing returns -ENOTSUP. edo_try_read() reads what is left of an item that has come, and never
 * asks the sequence: edo_io_ready() does. edo_close() frees the sequence once no reader waits.
 * Owns:    takes `seq` on success; returns new in `*out`: edo_close().
 * Errors:  -EINVAL  the items are no edo_bytes;  -ENOMEM  also if `seq` is NULL
 * Threads: reading: one at a time. */
EDO_MUST_USE EDO_API int edo_stream_from_seq(edo_stream **out, edo_seq *seq);

/** A tick each `period`, the first one at once, without end. The item is an edo_instant: the
 * planned time of the tick. See edo_interval_init().
 * Owns:    returns new: edo_seq_free().
 * Errors:  NULL without memory. Reading: -EINVAL  the period is not positive; then the sequence
 *          ends. -EDO_ENORUNTIME  outside a runtime */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_interval(edo_duration period, edo_tick_missed missed);

/* ---- Adapters -------------------------------------------------------------------------------- */

/* Makes `out` of `in`. Returns 0; or a negative code, which becomes an item that failed. */
typedef int edo_seq_map_fn(void *arg, const void *in, void *out);

/* Tests an item. Returns whether it is so (1 or 0); or a negative code, which becomes an item that
 * failed. */
typedef int edo_seq_test_fn(void *arg, const void *item);

/** Each item of `s`, as `fn` makes it, of `out_size` bytes. Items that failed pass.
 * Owns:    returns new: edo_seq_free(). Takes `s`; borrows `arg` until the sequence is freed.
 * Errors:  NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_map(edo_seq *s, edo_seq_map_fn *fn, void *arg,
                                          size_t out_size);

/** The items of `s` for which `fn` returns 1. Items that failed pass.
 * Owns: as edo_seq_map().   Errors: NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_filter(edo_seq *s, edo_seq_test_fn *fn, void *arg);

/* Makes `out` of `in`, or nothing. Returns 1 if it has; 0: nothing comes of this item; or a
 * negative code, which becomes an item that failed. Unless it returns 1, `*out` must not be
 * written. */
typedef int edo_seq_filter_map_fn(void *arg, const void *in, void *out);

/** What `fn` makes of the items of `s`, of `out_size` bytes, without those of which nothing comes.
 * Items that failed pass.
 * Owns: as edo_seq_map().   Errors: NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_filter_map(edo_seq *s, edo_seq_filter_map_fn *fn, void *arg,
                                                 size_t out_size);

/** The first `n` items of `s`; the end comes without another poll of `s`. Items that failed pass,
 * and are not counted.
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_take(edo_seq *s, uint64_t n);

/** The items of `s` behind the first `n`. Items that failed pass, and are not counted.
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_skip(edo_seq *s, uint64_t n);

/** The items of `s` up to the first one for which `fn` returns 0; this item is taken from `s` and
 * lost. Items that failed pass.
 * Owns: as edo_seq_map().   Errors: NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_take_while(edo_seq *s, edo_seq_test_fn *fn, void *arg);

/** The items of `s` from the first one for which `fn` returns 0, with this one; `fn` is not called
 * after that. An item for which it fails is an item that failed, and is lost. Items that failed
 * pass.
 * Owns: as edo_seq_map().   Errors: NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_skip_while(edo_seq *s, edo_seq_test_fn *fn, void *arg);

/** The items of `s` until `until` is ready, with whatever result: then the sequence ends, without
 * another poll of `s`. Each read polls `until` first. Items that failed pass.
 * Owns:    returns new: edo_seq_free(). Takes `s` and `until`, which is dropped with the sequence. A
 *          future that you placed must stay there until then, and keeps its result if it was ready;
 *          a box is freed.
 * Errors:  NULL without memory, or if one of them is NULL: both have been freed or dropped.
 * Cancel:  a read that is cut short loses nothing, also of `until`; but a future that is not
 *          cancel-safe loses its progress if it is dropped with the sequence. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_take_until(edo_seq *s, edo_future *until);

/** The items of `s`, numbered from 0. An item is `struct { uint64_t index; T item; }`, where T is
 * the type of the items of `s`, and has an alignment of at most 8. Items that failed pass, and are
 * not counted.
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_enumerate(edo_seq *s);

/* Is told of what a read returns. `result` is 1, and `item` is this item; or a negative code: an
 * item that failed, or 0: the end; then `item` is NULL. */
typedef void edo_seq_inspect_fn(void *arg, int result, const void *item);

/** The items of `s`, which `fn` is shown before the reader has them: to count or log what passes
 * within a chain. It is told of items that failed, too, and once of the end. A sequence that is not
 * read to its end tells of none.
 * Owns: as edo_seq_map().   Errors: NULL without memory: `s` has been freed.
 * Threads: any; `fn` is called on the thread of the reader. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_inspect(edo_seq *s, edo_seq_inspect_fn *fn, void *arg);

/** The items of `s`, of which each comes at the earliest `period` after the read of the one before
 * it: the others wait in `s`, and none is dropped. The first one comes at once, and so does one
 * that is read later than that; `s` is not polled before. An item that failed counts as an item.
 * With a `period` of 0 or less nothing waits.
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. Reading: -EDO_ENORUNTIME  outside a runtime; no
 *          item is lost
 * Cancel:  a read that is cut short loses nothing; the pause runs on. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_throttle(edo_seq *s, edo_duration period);

/** The items of `s`; before one that is late there is an item that failed with -ETIMEDOUT. An item
 * is late if it has not come `limit` after the first read that had to wait for it; that time runs
 * on while nothing is read, but an item that is there then is not late. Reads after that wait for
 * the late item without a limit, and it comes as any other; the next one has a limit again. The end
 * may be late, too. With a `limit` of 0 or less each read that would wait is late. A source that
 * lets other tasks run amid its work makes the reader wait, too. The trail of -ETIMEDOUT says how
 * long the limit was.
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. Reading: -EDO_ENORUNTIME  outside a runtime; no
 *          item is lost
 * Cancel:  a read that is cut short loses nothing; the limit runs on. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_timeout(edo_seq *s, edo_duration limit);

/** The items of `s`, for a reader that looks ahead with edo_seq_peek().
 * Owns:    returns new: edo_seq_free(). Takes `s`.
 * Errors:  NULL without memory: `s` has been freed. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_peekable(edo_seq *s);

/** Waits for the next item of an edo_seq_peekable(), copies it to `item`, and leaves it in the
 * sequence: the next edo_seq_next() or edo_seq_peek() returns the same. That holds for an item
 * that failed, too.
 * Owns:    borrows `s`; `s` may be NULL.
 * Errors:  -EINVAL  `s` is not an edo_seq_peekable();  otherwise as edo_seq_next()
 * Cancel: safe: no item is lost.   Threads: any, one at a time.   Waits: for an item. */
EDO_MUST_USE EDO_API int edo_seq_peek(edo_seq *s, void *item);
EDO_MUST_USE EDO_API edo_future *edo_seq_peek_init(edo_seq_next_future *f, edo_seq *s, void *item);

/** The items of `first`, then those of `second`.
 * Owns:    returns new: edo_seq_free(). Takes both.
 * Errors:  NULL without memory, or if one of them is NULL: both have been freed.
 *          Reading: -EINVAL  their items are of different sizes; then the sequence ends */
EDO_MUST_USE EDO_API edo_seq *edo_seq_chain(edo_seq *first, edo_seq *second);

/** The items of the sequences that are the items of `s`, in their order: a sequence is taken from
 * `s` when the one before it has ended, and its tasks have. The items of `s` are of the type
 * `edo_seq *`, those of its sequences have `item_size` bytes. Items that failed pass, of `s` and of
 * its sequences.
 * Owns:    returns new: edo_seq_shutdown(), or edo_seq_free(). Takes `s`, and each sequence that it
 *          has read from it. Those that `s` has still when it is freed are not freed.
 * Errors:  NULL without memory: `s` has been freed. Reading:
 *          -EINVAL  the items of `s` are no pointers by their size; then the sequence ends. Those
 *                   of one of its sequences have another size: it has been freed, and the next one
 *                   follows
 *          -ENOMEM  one of the sequences is NULL; the next one follows
 * Cancel:  a read that is cut short loses nothing. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_flatten(edo_seq *s, size_t item_size);

/* ---- Several items at once ------------------------------------------------------------------- */

/* edo_seq_buffered(s, n, fn, arg, out_size): what `fn` makes of the items of `s`, in the order of
 * the items, for at most `n` of them at a time. `fn` runs in a task of its own for each item: it
 * may await, and goes on while the reader does something else. A failing `fn` makes an item that
 * failed, with its trail. A macro over edo_seq_buffered_at().
 *
 * edo_seq_buffer_unordered(s, n, fn, arg, out_size): the same, but each item comes as soon as it is
 * made. A macro over edo_seq_buffer_unordered_at(). */
#define edo_seq_buffered(s, n, fn, arg, out_size)                                                  \
    edo_seq_buffered_at((s), (n), (fn), (arg), (out_size), EDOI_SITE(fn))
#define edo_seq_buffer_unordered(s, n, fn, arg, out_size)                                          \
    edo_seq_buffer_unordered_at((s), (n), (fn), (arg), (out_size), EDOI_SITE(fn))

/** The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 *
 * A read takes items from `s` while fewer than `n` tasks run, and starts a task for each; a task
 * that has ended counts until its item is read. So nothing is taken while nothing is read. An item
 * of `s` that failed comes, in order, when the items before it have come; nothing is taken before
 * that.
 * Owns:    returns new: edo_seq_shutdown(); or edo_seq_free(), which cancels the tasks that run and
 *          does not wait for them. Takes `s`. A task owns its item and the place of its output; but
 *          `arg` is borrowed until the last task has ended.
 * Errors:  NULL without memory: `s` has been freed. Reading:
 *          -EINVAL       n is 0; then the sequence ends
 *          -ENOMEM, -EDO_ECLOSED, -EDO_ENORUNTIME  a task could not be started; no item is lost,
 *          and
 *                        a further read tries again
 *          -ECANCELED    also of a task that the end of the runtime cancelled
 * Threads: any; `fn` is called in tasks of the reader's runtime. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_buffered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn,
                                                  void *arg, size_t out_size, const char *site);
EDO_MUST_USE EDO_API edo_seq *edo_seq_buffer_unordered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn,
                                                          void *arg, size_t out_size,
                                                          const char *site);

/* edo_seq_try_buffered(), edo_seq_try_buffer_unordered(): as the two above, but the first failure,
 * of `s` or of `fn`, is the last item: the tasks that run are cancelled, nothing more is taken from
 * `s`, and what other tasks have made is lost. Macros over the functions of their names. */
#define edo_seq_try_buffered(s, n, fn, arg, out_size)                                              \
    edo_seq_try_buffered_at((s), (n), (fn), (arg), (out_size), EDOI_SITE(fn))
#define edo_seq_try_buffer_unordered(s, n, fn, arg, out_size)                                      \
    edo_seq_try_buffer_unordered_at((s), (n), (fn), (arg), (out_size), EDOI_SITE(fn))

/** The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 * Owns:    as edo_seq_buffered_at(). The cancelled tasks go on until they end: edo_seq_shutdown()
 *          waits for them.
 * Errors:  as edo_seq_buffered_at(); then the sequence ends, also where a task could not be
 *          started: its item is lost
 * Threads: any; `fn` is called in tasks of the reader's runtime. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_try_buffered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn,
                                                      void *arg, size_t out_size, const char *site);
EDO_MUST_USE EDO_API edo_seq *edo_seq_try_buffer_unordered_at(edo_seq *s, size_t n,
                                                              edo_seq_map_fn *fn, void *arg,
                                                              size_t out_size, const char *site);

/* Does something with an item. Returns 0 or a count; or a negative code: it has failed. */
typedef int edo_seq_each_fn(void *arg, const void *item);

/* edo_seq_for_each_concurrent(s, n, fn, arg): calls `fn` for each item of `s`, each time in a task
 * of its own, for at most `n` items at a time. A macro over edo_seq_for_each_concurrent_at(). */
#define edo_seq_for_each_concurrent(s, n, fn, ...)                                                 \
    edo_seq_for_each_concurrent_at((s), (n), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** The function behind edo_seq_for_each_concurrent(); `site` is a string literal "fn at file:line".
 *
 * Waits until `s` has ended and all tasks have, and returns 0. The first failure, of `s` or of
 * `fn`, cancels the other tasks; it is returned with its trail when the last of them has ended. So
 * nothing uses `arg`, or what the items borrow, any more. In a state machine read an
 * edo_seq_try_buffer_unordered() instead.
 * Owns:    takes `s` in every case, which may be NULL.
 * Errors:  the first failure; -EINVAL  n is 0
 *          -ENOMEM, -EDO_ECLOSED, -EDO_ENORUNTIME  a task could not be started, so its item is
 *                      lost; or `s` is NULL
 *          -ECANCELED  this task was cancelled
 * Cancel:  the tasks are cancelled, and awaited nevertheless; items that were taken are lost.
 * Threads: fibers and plain threads; `fn` is called in tasks of the caller's runtime.
 * Waits:   for the items and all tasks. */
EDO_MUST_USE EDO_API int edo_seq_for_each_concurrent_at(edo_seq *s, size_t n, edo_seq_each_fn *fn,
                                                        void *arg, const char *site);

/* ---- For writers of sequences ---------------------------------------------------------------- */

/** Fills in the first member of a sequence of your own, and returns it.
 * Owns:    borrows `ops` for the life of the program. */
EDO_API edo_seq *edo_seq_init(edo_seq *self, const edo_seq_ops *ops, size_t item_size);

/** Polls a sequence for its next item, as edo_seq_ops.poll_next, for adapters. Takes one operation
 * from the budget for each item or code, unless the sequence has taken one itself.
 * Threads: inside poll only. */
EDO_API edo_polled edo_seq_poll_next(edo_seq *s, edo_cx *cx, void *item, int *result);

/** Stops the tasks of a sequence, as edo_seq_ops.stop, for adapters: EDO_READY when the last one
 * has ended.
 * Owns: borrows `s`, of which nothing is read any more.   Threads: inside poll only. */
EDO_API edo_polled edo_seq_poll_stop(edo_seq *s, edo_cx *cx);

/** Makes a sequence forget the waker of a pending edo_seq_poll_next() or edo_seq_poll_stop(), for
 * adapters.
 * Threads: one at a time. */
EDO_API void edo_seq_leave(edo_seq *s);

EDO_END_DECLS

#endif
