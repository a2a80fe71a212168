/* SPDX-License-Identifier: MIT */
/* edo/tracker.h: counts tasks that are not joined, so that a program can wait until all have ended.
 *
 *     edo_tracker_init(&clients);
 *     while (edo_accept(listener, &peer) == 0)
 *         if (edo_tracker_spawn(&clients, serve, peer) < 0) edo_close(peer);
 *     edo_tracker_close(&clients);
 *     err = edo_tracker_wait(&clients); // until the last client has ended
 *
 * A tracker keeps no results, and no memory of a task that has ended: a server may spawn with it
 * for years. A scope (edo/scope.h) is for tasks that end before a block does, and whose failure
 * counts.
 *
 * A tracker can also count things other than tasks: edo_tracker_add() and edo_tracker_done().
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TRACKER_H
#define EDO_TRACKER_H

#include <edo/task.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     26 __FILE__
#endif

EDO_BEGIN_DECLS

/* A tracker. You place it; it needs no cleanup, and must not move or end while it counts anything
 * or anything waits for it. All zero is an open tracker that counts nothing. Fields are edo's. */
typedef struct edo_tracker {
    uint64_t len;          /* lock: lock */
    edo_wait_list waiters; /* lock: lock */
    edoi_lock lock;        /* a leaf */
    uint32_t closed;       /* lock: lock */
} edo_tracker;

/** Makes an open tracker that counts nothing.
 * Owns:    borrows nothing; there is nothing to release.
 * Threads: one, before other threads use it. */
EDO_API void edo_tracker_init(edo_tracker *self);

/** Starts `fn(arg)` as a task without a handle and counts it until `fn` has returned. Returns 0 or
 * a negative code. A closed tracker spawns and counts too.
 *
 * If the spawn succeeds `fn` runs exactly once, as with edo_spawn(). Its result is not kept. A
 * macro over edo_tracker_spawn_at().
 * Owns:    borrows the tracker until `fn` has returned. `fn` takes `arg` on success; on failure it
 *          stays the caller's.
 * Errors: as edo_spawn_detached(); nothing is counted then.   Threads: any that is in a runtime. */
#define edo_tracker_spawn(self, fn, ...)                                                           \
    edo_tracker_spawn_at((self), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/* As edo_tracker_spawn(), with options of the task: `.spread` for a connection, say. */
#define edo_tracker_spawn_with(self, fn, ...)                                                      \
    edo_tracker_spawn_with_at((self), (fn), __VA_ARGS__, EDOI_SITE(fn))

/** The functions behind the macros; `site` is a string literal "fn at file:line".
 * Owns: as edo_tracker_spawn().   Errors: as edo_tracker_spawn().
 * Threads: any that is in a runtime. */
EDO_MUST_USE EDO_API int edo_tracker_spawn_at(edo_tracker *self, edo_task_fn *fn, void *arg,
                                              const char *site);
EDO_MUST_USE EDO_API int edo_tracker_spawn_with_at(edo_tracker *self, edo_task_fn *fn, void *arg,
                                                   const edo_spawn_opts *opts, const char *site);

/** Counts one more, until edo_tracker_done().
 * Owns:    borrows the tracker until edo_tracker_done(). */
EDO_API void edo_tracker_add(edo_tracker *self);

/** Counts one less. Calling it more often than edo_tracker_add() is misuse: debug builds report it;
 * in release builds surplus calls do nothing.
 *
 * The call that brings a closed tracker to zero wakes the waiters, and does not touch the tracker
 * after that: its memory may be gone as soon as edo_tracker_wait() has returned.
 * Owns:    borrows the tracker. */
EDO_API void edo_tracker_done(edo_tracker *self);

/** Closes the tracker: edo_tracker_wait() returns once nothing is counted. Returns whether the
 * tracker was open.
 * Owns:    borrows the tracker. */
EDO_API bool edo_tracker_close(edo_tracker *self);

/** Opens the tracker again. Returns whether the tracker was closed.
 * Owns:    borrows the tracker. */
EDO_API bool edo_tracker_reopen(edo_tracker *self);

/** Returns the count; it may change at once if other threads use the tracker. */
EDO_API uint64_t edo_tracker_len(edo_tracker *self);

/* Future behind edo_tracker_wait(). */
typedef struct edo_tracker_wait_future {
    edo_future base;
    edo_tracker *tracker; /* borrowed */
    edo_wait_node node;   /* lock: the tracker's */
} edo_tracker_wait_future;

/** Waits until the tracker is closed and counts nothing, or has been so for a moment since the
 * first poll.
 * Errors: -ECANCELED  this task was cancelled or a deadline around it passed   Cancel: safe.
 * Waits:   until the tracker is closed and empty. */
EDO_MUST_USE EDO_API int edo_tracker_wait(edo_tracker *self);
EDO_MUST_USE EDO_API edo_future *edo_tracker_wait_init(edo_tracker_wait_future *f,
                                                       edo_tracker *self);

EDO_END_DECLS

#endif
