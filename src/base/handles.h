/* SPDX-License-Identifier: MIT */
/* base/handles.h: what debug builds remember of each handle that a program holds: who made it, and
 * where it was given up. So a use of a handle that was given up is named, and so is what is left
 * when a runtime ends.
 *
 * The handles themselves are the same in all builds; what is known of them is in a table aside, by
 * their address. The memory of one that was given up goes to quarantine for a while, so that no
 * other gets its address: that of the latest EDOI_GONE_MAX handles, or of EDOI_GONE_BYTES_MAX
 * bytes, the oldest leaving first. No other event empties it: the end of a runtime forgets nothing.
 * Leak checkers see what rests, so the end of the process frees nothing either. Under the address
 * sanitizer, what comes from malloc is freed at once instead: the sanitizer has a quarantine of its
 * own. With an allocator of the program's own nothing rests at all: it may count what it gave, or
 * look for late uses itself.
 *
 * inv. 1: only addresses are compared; nothing here looks into a handle. Open ones are hidden from
 *         leak checkers.
 * inv. 2: a record is open while the program holds at least one share, then gone. It opens again if
 *         a share is taken from what keeps the object by itself (a weak sender), until the object
 *         has ended.
 * inv. 3: a timer has a record only while it is open: its place is the program's, and may be
 *         another's at once.
 * inv. 4: memory rests only of a handle that is gone and whose object has ended.
 *
 * Any thread; one leaf lock, which a check takes only if a handle with a like address is gone. */
#ifndef EDOI_BASE_HANDLES_H
#define EDOI_BASE_HANDLES_H

#include "base/assert.h"
#include "base/cache.h"

/* What a handle stands for. */
typedef enum edoi_kind {
    EDOI_TASK,
    EDOI_STREAM,
    EDOI_LISTENER,
    EDOI_SIGNAL,
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
    EDOI_TIMER, /* of a future that was polled and has neither finished nor been dropped */
    EDOI_KINDS,
} edoi_kind;

#define EDOI_GONE_MAX       1024u
#define EDOI_GONE_BYTES_MAX (UINT64_C(16) << 20) /* together; what is larger does not rest */

#if EDOI_REMEMBERS

/* The program is given the handle `at`. `maker`: the name of a task, or a place in words; NULL: not
 * known. `owner`: the runtime at whose end it should be gone; NULL: none. */
void edoi_handle_made(edoi_kind kind, const void *at, const char *maker, const void *owner);

/* The same, made by the task that runs here, of its runtime, in the call that returns to `caller`
 * (NULL: not known); returns `at`. */
void *edoi_handle_made_here(edoi_kind kind, void *at, const void *caller);

/* The call for which `at` was made returns to `caller`: for what was made deeper in edo. */
void edoi_handle_made_by(edoi_kind kind, const void *at, const void *caller);

/* The program is given a share of what has one address for all its holders, and may have none yet;
 * returns `at`. */
void *edoi_handle_made_or_shared(edoi_kind kind, void *at, const void *caller);

/* The runtime of the task that runs here; NULL: none does. What the program makes outside of tasks
 * may outlive any runtime, so it has no owner. */
const void *edoi_handle_owner_here(void);

/* The runtime's part: which one is the current one. */
typedef const void *edoi_owner_fn(void);
void edoi_handles_hook_set(edoi_owner_fn *owner);

/* One holder more; returns `at`. */
void *edoi_handle_shared(edoi_kind kind, void *at);

/* Notes who is about to give it up, for a future that does it later. */
void edoi_handle_noted(edoi_kind kind, const void *at, const void *caller);

/* A holder less; `caller` is a return address, NULL: as noted. */
void edoi_handle_given_up(edoi_kind kind, const void *at, const void *caller);

/* A task that runs here has begun the timer `at`, and it is over. It may have been begun
 * elsewhere. */
void edoi_handle_timer_begun(const void *at);
void edoi_handle_timer_over(const void *at);

/* Before any use of `at`: true, or rather an abort, if it was given up. */
bool edoi_handle_misused(edoi_kind kind, const void *at);

/* Before a use of `at` that the program may have borrowed from what keeps the object by itself, as
 * a task does with its runtime: true, or rather an abort, only if the object has ended too. */
bool edoi_handle_misused_lent(edoi_kind kind, const void *at);

/* The object of `at`, which the program gave up, has ended, and nobody uses its memory of `bytes`
 * bytes any more: true if it rests for a while, and then is given back by `give_back(memory,
 * bytes)`; false: it is the caller's to give back. */
bool edoi_handle_keep(edoi_kind kind, const void *at, void *memory, size_t bytes,
                      void (*give_back)(void *memory, size_t bytes));

/* The same without memory that could rest. */
void edoi_handle_ended(edoi_kind kind, const void *at);

/* Names the handles of `owner` that are not given up; they have no owner from now on. Its timers
 * are over; they are named if `timers`: not if tasks were abandoned, which never drop theirs. */
void edoi_handles_report(const void *owner, bool timers);

#else

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
EDOI_INLINE void edoi_handle_noted(edoi_kind kind, const void *at, const void *caller) {
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
EDOI_INLINE bool edoi_handle_misused(edoi_kind kind, const void *at) {
    (void)kind, (void)at;
    return false;
}
EDOI_INLINE bool edoi_handle_misused_lent(edoi_kind kind, const void *at) {
    (void)kind, (void)at;
    return false;
}
EDOI_INLINE bool edoi_handle_keep(edoi_kind kind, const void *at, void *memory, size_t bytes,
                                  void (*give_back)(void *memory, size_t bytes)) {
    (void)kind, (void)at, (void)memory, (void)bytes, (void)give_back;
    return false;
}
EDOI_INLINE void edoi_handle_ended(edoi_kind kind, const void *at) {
    (void)kind, (void)at;
}
EDOI_INLINE void edoi_handles_report(const void *owner, bool timers) {
    (void)owner, (void)timers;
}

#endif

/* The end of the object of a handle whose `memory` edoi_alloc() made. */
EDOI_INLINE void edoi_handle_free_memory(void *memory, size_t bytes) {
    (void)bytes;
    edoi_free(memory);
}
EDOI_INLINE void edoi_handle_free(edoi_kind kind, const void *at, void *memory, size_t bytes) {
#ifndef EDOI_ASAN
    if (edoi_handle_keep(kind, at, memory, bytes, edoi_handle_free_memory)) return;
#else
    (void)bytes;
    edoi_handle_ended(kind, at);
#endif
    edoi_free(memory);
}

/* The same of one that edoi_cache_get() made. */
EDOI_INLINE void edoi_handle_cache_put(edoi_kind kind, void *at, size_t bytes) {
#ifndef EDOI_ASAN
    if (edoi_handle_keep(kind, at, at, bytes, edoi_cache_put)) return;
#else
    edoi_handle_ended(kind, at);
#endif
    edoi_cache_put(at, bytes);
}

#endif
