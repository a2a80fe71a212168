/* SPDX-License-Identifier: MIT */
/* records/handles.h: debug builds record for each handle that a program holds where it was made
 * and given up. So a use of a handle after that is reported, and so are handles left when a runtime
 * ends.
 *
 * The handles themselves are the same in all builds; their records are in a separate table, by
 * address. The memory of a handle that was given up stays in quarantine for a while, so that no
 * other handle gets its address: for the latest EDOI_GONE_MAX handles, or EDOI_GONE_BYTES_MAX
 * bytes, the oldest leaving first. Otherwise only edoi_handles_end_rest(), for tests, empties it:
 * the end of a runtime forgets nothing. Leak checkers can reach the quarantine, so the end of the
 * process frees nothing either. With the address sanitizer memory from malloc is freed at once
 * instead: the sanitizer has its own quarantine. With the program's own allocator there is no
 * quarantine: the allocator may count its memory, or detect late uses itself.
 *
 * Not every object of a kind has a record: a stream may lie in another object, or be the program's.
 * So a record must not outlive its memory, or it would name the use of the next object there.
 *
 * inv. 1: only addresses are compared; nothing here reads a handle's memory. Open handles are
 *         hidden from leak checkers.
 * inv. 2: a record is open while the program holds at least one share, then gone. It opens again if
 *         a share is taken from another keeper of the object (a weak sender), until the object has
 *         ended.
 * inv. 3: a timer has a record only while it is open: its memory is the program's, and may be
 *         reused at once.
 * inv. 4: memory is in quarantine only if its handle is gone and its object has ended. (A future
 *         that took a reference there would end the object twice: edoi_handle_begins().)
 * inv. 5: a record whose object has ended has its memory in quarantine, here or at the address
 *         sanitizer. (A channel's memory belongs to the record of one kind; those of its other
 *         handles wait there for the next channel, which is made with all of them.)
 * inv. 1 is not asserted: what is not read leaves no trace.
 *
 * Any thread; one leaf lock, which a check takes only if a handle in the same hash bucket is
 * gone. */
#ifndef EDOI_RECORDS_HANDLES_H
#define EDOI_RECORDS_HANDLES_H

#include "base/memory/cache.h"
#include "records/records.h"

/* What a handle stands for. */
typedef enum edoi_kind {
    EDOI_TASK,
    EDOI_STREAM,
    EDOI_LISTENER,
    EDOI_SIGNAL,
    EDOI_FD,
    EDOI_PROCESS,
    EDOI_DIR,
    EDOI_FS_WATCH,
    EDOI_TMP,
    EDOI_ONESHOT_TX,
    EDOI_ONESHOT_RX,
    EDOI_MPSC_TX,
    EDOI_MPSC_RX,
    EDOI_CHAN_TX,
    EDOI_CHAN_RX,
    EDOI_WATCH_TX,
    EDOI_WATCH_RX,
    EDOI_BROADCAST_TX,
    EDOI_BROADCAST_RX,
    EDOI_TOKEN,
    EDOI_MPSC_WEAK,
    EDOI_BROADCAST_WEAK,
    EDOI_RUNTIME,
    EDOI_MONITOR,
    EDOI_SLAB,
    EDOI_COUNTED,
    EDOI_BOXED,
    EDOI_SERVICE,
    EDOI_THREAD,
    EDOI_TIMER, /* of a future that was polled and has neither finished nor been dropped */
    EDOI_KINDS,
} edoi_kind;

#define EDOI_GONE_MAX       1024u
#define EDOI_GONE_BYTES_MAX (UINT64_C(16) << 20) /* in total; larger memory does not rest */

/* The flag of a future whose first member after `base` is a handle of this kind. */
#define EDOI_FUTURE_OF(kind) (((uint32_t)(kind) + 1u) << EDOI_FUTURE_HANDLE_SHIFT)

#if EDOI_REMEMBERS

/* The program gets the handle `at`. `maker`: the name of a task, or a place in words; NULL:
 * unknown. `owner`: the runtime at whose end it should be gone; NULL: none. */
void edoi_handle_made(edoi_kind kind, const void *at, const char *maker, const void *owner);

/* As edoi_handle_made(), made by the running task, owned by its runtime, in the call that returns
 * to `caller` (NULL: unknown); returns `at`. */
void *edoi_handle_made_here(edoi_kind kind, void *at, const void *caller);

/* Sets the call for which `at` was made: it returns to `caller`. For handles made deeper in edo. */
void edoi_handle_made_by(edoi_kind kind, const void *at, const void *caller);

/* The program gets a share of an object that has one address for all holders, and may have no
 * holder yet; returns `at`. */
void *edoi_handle_made_or_shared(edoi_kind kind, void *at, const void *caller);

/* The runtime of the running task; NULL: no task runs. Handles that the program makes outside tasks
 * may outlive any runtime, so they have no owner. */
const void *edoi_handle_owner_here(void);

/* Adds a holder; returns `at`. */
void *edoi_handle_shared(edoi_kind kind, void *at);

/* Records the caller that is about to give it up, for a future that does so later. */
void edoi_handle_note_caller(edoi_kind kind, const void *at, const void *caller);

/* Removes a holder; `caller` is a return address, NULL: as recorded. Aborts if there is none, as
 * EDOI_ENTERS() does. */
void edoi_handle_given_up(edoi_kind kind, const void *at, const void *caller);

/* The running task has begun the timer `at`; the timer is over. It may have been begun
 * elsewhere. */
void edoi_handle_timer_begun(const void *at);
void edoi_handle_timer_over(const void *at);

/* True, and reported whose it is, if a timer lies in the memory from `lo` to `hi`: a stack that
 * ends. */
bool edoi_handle_timer_is_in(const void *lo, const void *hi);

/* Where a handle enters a public function, before any use: aborts if it was given up. NULL is
 * none. */
#    define EDOI_ENTERS(kind, at) edoi_handle_enters((kind), (at), false)

/* The same of a handle that the program may have borrowed from another keeper of the object, as a
 * task borrows its runtime: aborts only if the object has ended, too. */
#    define EDOI_ENTERS_LENT(kind, at) edoi_handle_enters((kind), (at), true)

/* Behind these two. */
void edoi_handle_enters(edoi_kind kind, const void *at, bool lent);

/* Where a future of that name begins to use a handle, which its `_init` borrowed: aborts if it was
 * given up meanwhile. NULL is none. */
void edoi_handle_begins(edoi_kind kind, const void *at, const char *future);

/* The object of `at` has ended, and its memory of `bytes` bytes is not used any more. True: it goes
 * to quarantine, and later to `give_back(memory, bytes)`; false: the caller frees it, and there is
 * no record of it any more. */
bool edoi_handle_keep(edoi_kind kind, const void *at, void *memory, size_t bytes,
                      void (*give_back)(void *memory, size_t bytes));

/* As edoi_handle_keep(), for memory that the caller frees anyway. */
void edoi_handle_mark_ended(edoi_kind kind, const void *at);

/* Ends the quarantine of all that rests. Tests only, which count what is mapped. */
void edoi_handles_end_rest(void);

/* Reports the handles of `owner` that are not given up; they have no owner from now on. Its timers
 * are over; they are reported if `timers`: not if tasks were abandoned, as those never drop their
 * timers. */
void edoi_handles_report(const void *owner, bool timers);

/* Reports the handles and timers of `owner` that were made in `scope`, which ends, and that are not
 * given up; they have no owner from now on. */
void edoi_handles_report_scope(const void *owner, const void *scope);

#else

#    define EDOI_ENTERS(kind, at)      ((void)(at))
#    define EDOI_ENTERS_LENT(kind, at) ((void)(at))

EDOI_INLINE void edoi_handle_begins(edoi_kind kind, const void *at, const char *future) {
    (void)kind, (void)at, (void)future;
}
EDOI_INLINE void edoi_handle_made(edoi_kind kind, const void *at, const char *maker,
                                  const void *owner) {
    (void)kind, (void)at, (void)maker, (void)owner;
}
EDOI_INLINE void *edoi_handle_made_here(edoi_kind kind, void *at, const void *caller) {
    (void)kind, (void)caller;
    return at;
}
EDOI_INLINE void edoi_handle_made_by(edoi_kind kind, const void *at, const void *caller) {
    (void)kind, (void)at, (void)caller;
}
EDOI_INLINE const void *edoi_handle_owner_here(void) {
    return NULL;
}
EDOI_INLINE void *edoi_handle_made_or_shared(edoi_kind kind, void *at, const void *caller) {
    (void)kind, (void)caller;
    return at;
}
EDOI_INLINE void *edoi_handle_shared(edoi_kind kind, void *at) {
    (void)kind;
    return at;
}
EDOI_INLINE void edoi_handle_note_caller(edoi_kind kind, const void *at, const void *caller) {
    (void)kind, (void)at, (void)caller;
}
EDOI_INLINE void edoi_handle_given_up(edoi_kind kind, const void *at, const void *caller) {
    (void)kind, (void)at, (void)caller;
}
EDOI_INLINE void edoi_handle_timer_begun(const void *at) {
    (void)at;
}
EDOI_INLINE void edoi_handle_timer_over(const void *at) {
    (void)at;
}
EDOI_INLINE bool edoi_handle_keep(edoi_kind kind, const void *at, void *memory, size_t bytes,
                                  void (*give_back)(void *memory, size_t bytes)) {
    (void)kind, (void)at, (void)memory, (void)bytes, (void)give_back;
    return false;
}
EDOI_INLINE void edoi_handle_mark_ended(edoi_kind kind, const void *at) {
    (void)kind, (void)at;
}
EDOI_INLINE void edoi_handles_report(const void *owner, bool timers) {
    (void)owner, (void)timers;
}
EDOI_INLINE void edoi_handles_report_scope(const void *owner, const void *scope) {
    (void)owner, (void)scope;
}
EDOI_INLINE bool edoi_handle_timer_is_in(const void *lo, const void *hi) {
    (void)lo, (void)hi;
    return false;
}

#endif

/* Ends the object of a handle: its `memory` goes to `give_back`, now or after quarantine. */
EDOI_INLINE void edoi_handle_end(edoi_kind kind, const void *at, void *memory, size_t bytes,
                                 void (*give_back)(void *memory, size_t bytes)) {
#ifndef EDOI_ASAN
    if (edoi_handle_keep(kind, at, memory, bytes, give_back)) return;
#else
    edoi_handle_mark_ended(kind, at);
#endif
    give_back(memory, bytes);
}

/* As edoi_handle_end(), if the `memory` is from edoi_alloc(). */
EDOI_INLINE void edoi_handle_free_memory(void *memory, size_t bytes) {
    (void)bytes;
    edoi_free(memory);
}
EDOI_INLINE void edoi_handle_free(edoi_kind kind, const void *at, void *memory, size_t bytes) {
    edoi_handle_end(kind, at, memory, bytes, edoi_handle_free_memory);
}

/* As edoi_handle_end(), if the memory is from edoi_cache_get(). */
EDOI_INLINE void edoi_handle_cache_put(edoi_kind kind, void *at, size_t bytes) {
    edoi_handle_end(kind, at, at, bytes, edoi_cache_put);
}

#endif
