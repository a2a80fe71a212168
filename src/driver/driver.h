/* SPDX-License-Identifier: MIT */
/* driver/driver.h: the narrow interface between workers, descriptors and the kernel.
 *
 * A driver belongs to one worker; only that worker's thread calls turn(). Any thread may call
 * kick(), and harvest() while the driver's own thread is busy. A source is a descriptor known to
 * drivers: the readiness of each direction, and the futures that wait for it.
 *
 * inv. 1: readiness is a hint that the operation may succeed; an operation that gets EAGAIN clears
 *         it, but only if no event came meanwhile (the tick tells). A fresh source counts as ready.
 * inv. 2: an event of a descriptor that was closed never reaches the next owner of its number, nor
 *         the next user of the source's memory (the generation tells). The memory is never
 *         unmapped.
 * inv. 3: closing a source wakes all waiters; from then on it is ready and closed. The number of
 *         its descriptor is given back only in free(), which may not be called while the source is
 *         still in use; until then close() and end_file() put a dead socket in its place.
 * inv. 4: a waiter waits at a driver that a thread turns, or is woken when that thread stops
 *         turning it. The exception is a waiter that has no driver, for lack of memory or
 *         descriptors: it waits at the driver that the source has.
 * inv. 1, 2 and 4 are not asserted: they are about events and threads that do not come. The tests
 * of driver and sources show each. */
#ifndef EDOI_DRIVER_DRIVER_H
#define EDOI_DRIVER_DRIVER_H

#include "base/assert.h"
#include "base/atomic.h"

#include <edo/future.h>

typedef struct edoi_driver edoi_driver;
typedef struct edoi_source edoi_source;
struct edoi_batch;
struct edoi_kring;

/* ---- Drivers --------------------------------------------------------------------------------- */

#define EDOI_EVENTS_MAX 65536u

/* Errors: -ENOMEM, -EMFILE, -ENFILE. `events_max` limits the events taken in one turn; at most
 * EDOI_EVENTS_MAX. */
EDO_MUST_USE int edoi_driver_new(edoi_driver **out, uint32_t events_max);

/* Forgets the sources registered here; a task that waits on one is woken, polls again, and so
 * registers it with its own driver. No thread turns `d` any more. */
void edoi_driver_forget_sources(edoi_driver *d);

/* Closes its descriptors and frees it, after edoi_driver_forget_sources(). Takes no lock. */
void edoi_driver_release(edoi_driver *d);

/* Calls both functions above. NULL is allowed. */
void edoi_driver_free(edoi_driver *d);

/* A thread begins or stops turning the driver; a fresh driver counts as turned. While no thread
 * turns it, no other thread's future begins to wait here. A guest, which waits here for a source of
 * another thread's driver, is woken when the thread leaves, polls again, and so registers the
 * source with its own driver. */
void edoi_driver_enter(edoi_driver *d);
void edoi_driver_leave(edoi_driver *d);

/* Takes events and wakes their waiters. Waits for at most `timeout_ns` (0: only checks; negative:
 * until an event or a kick). Returns the number of events, 0 after a kick or at the end of the
 * time. */
int edoi_driver_turn(edoi_driver *d, int64_t timeout_ns);

/* Did the last turn wait until its timeout, with no event, kick or signal? */
bool edoi_driver_is_timed_out(const edoi_driver *d);

/* Did the last turn of the caller's driver ask the kernel since the last tick of the machine's
 * timer, so within some 4 ms? */
bool edoi_driver_is_fresh(const edoi_driver *d);

/* Any thread: takes the events that are present and wakes their waiters, as a turn with timeout 0
 * would. A kick stays for the turn it was meant for. Returns the number of events. */
int edoi_driver_harvest(edoi_driver *d);

/* Totals of a driver. Any thread may read them, each number by itself. */
typedef struct edoi_driver_counts {
    edo_atomic_u64 registered;   /* atomic, relaxed: sources registered with it */
    edo_atomic_u64 deregistered; /* atomic, relaxed: sources deregistered from it */
    edo_atomic_u64 ready;        /* atomic, relaxed: events taken */
    edo_atomic_u64 ring_ops;     /* atomic, relaxed: operations that ended in its ring */
} edoi_driver_counts;

edoi_driver_counts *edoi_driver_get_counts(edoi_driver *d);

/* The descriptor that is readable while a turn would take an event or a kick. The driver owns it.
 * From now on each turn asks the kernel: a turn that did not would leave it readable. The thread
 * that turns the driver. */
int edoi_driver_lend_fd(edoi_driver *d);

/* The ring of the driver, which turns and harvests serve; made with the first call. The thread that
 * turns the driver. Errors: those of edoi_kring_new(), -ENOSPC. One that says that there is no ring
 * here is returned by each later call, too. */
EDO_MUST_USE int edoi_driver_ring(edoi_driver *d, struct edoi_kring **out);

/* What was put into its ring begins, though no turn follows soon. The thread that turns the
 * driver, or one of a task that has put something into the ring. */
void edoi_driver_begin_ops(edoi_driver *d);

/* Are operations of its ring under way, which are of fibers that were abandoned? The thread that
 * turns the driver has ended. */
EDO_MUST_USE bool edoi_driver_has_ops(edoi_driver *d);

/* Calls that the thread which turns the driver makes in one; made with the first call. NULL: there
 * are none to be had, for the moment or here. */
struct edoi_batch *edoi_driver_batch(edoi_driver *d);

/* The driver's spare pipes, for the thread that turns it. */
struct edoi_spare_pipes *edoi_driver_spare_pipes(edoi_driver *d);

/* Was any descriptor ever registered? Before that only a waiting turn is worth its system call. Any
 * thread. */
bool edoi_driver_has_sources(const edoi_driver *d);

/* Any thread: makes the present or next waiting turn return at once. Several kicks may count as
 * one. That turn sees what the caller wrote before. */
void edoi_driver_kick(edoi_driver *d);

/* ---- Sources --------------------------------------------------------------------------------- */

/* Directions. Error and hang-up wake both. */
typedef enum edoi_dir { EDOI_READ = 0, EDOI_WRITE = 1 } edoi_dir;

/* Makes a source without a descriptor: only open() and free() may follow. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_source_reserve(edoi_source **out);

/* Gives the source a non-blocking, close-on-exec descriptor, which free() closes. Each direction is
 * registered separately, with the driver of the worker that first waits for it. */
void edoi_source_open(edoi_source *s, int fd);

/* Calls `fn` for each source of this process that has a descriptor, with the name of the task that
 * has opened it. Any thread; takes no lock while it does. Descriptors come and go meanwhile: the
 * number may be another's. */
typedef void edoi_sources_look_fn(void *arg, int fd, const char *maker);
void edoi_sources_look_over(edoi_sources_look_fn *fn, void *arg);

/* Reserves and opens. Errors: -ENOMEM (the descriptor stays the caller's). */
EDO_MUST_USE int edoi_source_new(edoi_source **out, int fd);

/* A source is preceded by some bytes that belong to its maker and live as long as the source: so a
 * layer over a source needs no object of its own. */
#define EDOI_SOURCE_HEAD 16u

EDOI_INLINE void *edoi_source_head(edoi_source *s) {
    return (char *)s - EDOI_SOURCE_HEAD;
}
EDOI_INLINE edoi_source *edoi_source_behind(void *head) {
    return (edoi_source *)(void *)((char *)head + EDOI_SOURCE_HEAD);
}

/* Any thread. Ends the descriptor's use for both sides and all users (inv. 3): the file is closed
 * when this returns, also while futures wait that were not polled since, so that its name is free
 * and its other end is told. */
void edoi_source_close(edoi_source *s);

/* As edoi_source_close(), but without a shutdown() of the socket, which other processes that have a
 * copy would see. */
void edoi_source_end_file(edoi_source *s);

/* As edoi_source_end_file(), for a descriptor that is a copy of the program's: its file goes on, so
 * the registration is ended, too. */
void edoi_source_end_copy(edoi_source *s);

/* Releases descriptor and memory, with or without a close before. No future waits on the source any
 * more. NULL is allowed. */
void edoi_source_free(edoi_source *s);

int edoi_source_fd(const edoi_source *s);

/* The program gets the number of a descriptor, which it may copy: from now on every close
 * deregisters, by a system call. */
void edoi_source_lend(void);

/* Removes the descriptor from the drivers; needed before free() if a copy of it stays open, which
 * would keep it registered. The source is not used any more. */
void edoi_source_deregister(edoi_source *s);

/* Hands the descriptor to the caller, after deregister(): free() releases the rest. */
EDO_MUST_USE int edoi_source_take_fd(edoi_source *s);

/* Was the source made before the fork that made this process? Then it counts as closed here, and
 * freeing it closes this process's copy of the descriptor and touches nothing else. */
bool edoi_source_is_inherited(const edoi_source *s);

/* What an operation on a closed source returns: -EDO_ECLOSED, or -EDO_EFORKED if it is
 * inherited. */
EDOI_INLINE int edoi_source_closed_error(const edoi_source *s) {
    return edoi_source_is_inherited(s) ? -EDO_EFORKED : -EDO_ECLOSED;
}

bool edoi_source_is_closed(const edoi_source *s);

/* The tick of a direction if it may be ready (or the source is closed), otherwise 0. Any thread. */
uint32_t edoi_source_ready(const edoi_source *s, edoi_dir dir);

/* Was there nothing for the direction when `d`, the caller's driver, was last turned? False unless
 * the direction is registered with `d`, which would have told; NULL: there is none. */
bool edoi_source_is_quiet(edoi_source *s, edoi_dir dir, const edoi_driver *d);

/* Was the source closed when the tick was read? The source itself may tell sooner. */
bool edoi_source_tick_is_closed(uint32_t tick);

/* Had a hang-up or urgent input been seen when the tick was read? */
bool edoi_source_tick_is_hung(uint32_t tick);

/* After EAGAIN: clears readiness, unless an event came since `tick` was read. */
void edoi_source_clear(edoi_source *s, edoi_dir dir, uint32_t tick);

/* As clear(), after a short read or write, which shows that the kernel's buffer is empty or full.
 * If a hang-up or urgent input was seen, the direction stays ready: no further event announces the
 * last bytes, and a read stops at the urgent mark although there is more. */
void edoi_source_drained(edoi_source *s, edoi_dir dir, uint32_t tick);

/* Makes a direction ready without an event and wakes its waiters. */
void edoi_source_nudge(edoi_source *s, edoi_dir dir);

/* Links `wait`, all zero at first, with the waker of `cx`, and registers the descriptor if needed
 * with `d`, the driver of cx's worker (NULL: it has none). If `wait` is linked already, this only
 * renews its waker; it may have waited for the other direction, but not for another source.
 *
 * Returns 1 if `wait` is linked now, 0 if the direction became ready meanwhile, or an error:
 * -EDO_ENORUNTIME, -EDO_ECLOSED, or the kernel's (-EPERM for a regular file, -ENOMEM, -ENOSPC). */
EDO_MUST_USE int edoi_source_wait(edoi_source *s, edoi_dir dir, edo_wait_link *wait, edo_cx *cx,
                                  edoi_driver *d);

/* As edoi_source_wait(), and waits also while the direction is ready, for the event after that of
 * the tick `seen`: for those that want news, and leave the input to others. */
EDO_MUST_USE int edoi_source_wait_past(edoi_source *s, edoi_dir dir, uint32_t seen,
                                       edo_wait_link *wait, edo_cx *cx, edoi_driver *d);

/* Unlinks `wait` if it is still linked (a wake unlinks it), and clears it. */
void edoi_source_unwait(edoi_source *s, edo_wait_link *wait);

#endif
