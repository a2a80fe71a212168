/* SPDX-License-Identifier: MIT */
/* driver/driver.h: the narrow interface between workers, descriptors and the kernel.
 *
 * A driver belongs to one worker, whose thread alone calls turn(); kick() is for anybody, and so is
 * harvest(), while the driver's own thread is busy. A source is a descriptor that drivers know:
 * readiness for each direction, and the futures that wait for it.
 *
 * inv. 1: readiness is a hint that the operation may succeed; who finds EAGAIN clears it, and only
 *         if no event came meanwhile (the tick tells). A fresh source is ready: nobody knows
 *         better.
 * inv. 2: an event of a descriptor that was closed never reaches the next owner of its number, nor
 *         the next user of the source's memory (the generation tells). The memory is never
 *         unmapped.
 * inv. 3: closing a source wakes all who wait on it; from then on it is ready and closed. The
 *         number of the descriptor is not given back before free(), which nobody who may still use
 *         the source outlives.
 * inv. 4: who waits for a source waits where somebody turns, or is woken when that one ceases to.
 *         Not so who has no driver to go to, without memory or descriptors: that one takes what
 *         there is. */
#ifndef EDOI_DRIVER_DRIVER_H
#define EDOI_DRIVER_DRIVER_H

#include "base/assert.h"
#include "base/atomic.h"

#include <edo/future.h>

typedef struct edoi_driver edoi_driver;
typedef struct edoi_source edoi_source;

/* ---- Drivers --------------------------------------------------------------------------------- */

#define EDOI_EVENTS_MAX 65536u

/* Errors: -ENOMEM, -EMFILE, -ENFILE. `events_max` is how many are taken in one turn, at most
 * EDOI_EVENTS_MAX. */
EDO_MUST_USE int edoi_driver_new(edoi_driver **out, uint32_t events_max);

/* Sources that are registered here are forgotten; a task that waits on one is woken, polls again,
 * and so registers it where it lives. Nobody turns `d` any more. */
void edoi_driver_forget_sources(edoi_driver *d);

/* Closes its descriptors and frees it, after edoi_driver_forget_sources(). Takes no lock. */
void edoi_driver_release(edoi_driver *d);

/* Both. NULL is allowed. */
void edoi_driver_free(edoi_driver *d);

/* The thread that turns a driver comes, and goes; a fresh one is turned. While nobody does, nobody
 * else begins to wait there; and who waits there for somebody else's source is woken when the
 * thread goes, polls again, and so registers it where it lives. */
void edoi_driver_enter(edoi_driver *d);
void edoi_driver_leave(edoi_driver *d);

/* Takes events and wakes who waits for them. Waits for at most `timeout_ns` (0: only looks;
 * negative: until an event or a kick). Returns the number of events, 0 on a kick or the end of the
 * time. */
int edoi_driver_turn(edoi_driver *d, int64_t timeout_ns);

/* Whether the last turn waited until the end of its time, with no event, kick or signal. */
bool edoi_driver_is_timed_out(const edoi_driver *d);

/* Any thread: takes events that are there now, and wakes who waits for them, as a turn with time 0
 * would. A kick stays for the turn it was meant for. Returns the number of events. */
int edoi_driver_harvest(edoi_driver *d);

/* What a driver has done, ever. Read by anybody, each number by itself. */
typedef struct edoi_driver_counts {
    edo_atomic_u64 registered;   /* atomic, relaxed: sources made known to it */
    edo_atomic_u64 deregistered; /* atomic, relaxed: those no longer known to it */
    edo_atomic_u64 ready;        /* atomic, relaxed: events taken */
} edoi_driver_counts;

edoi_driver_counts *edoi_driver_get_counts(edoi_driver *d);

/* Whether any descriptor was ever registered; before that only a waiting turn is worth its call.
 * Any thread. */
bool edoi_driver_has_sources(const edoi_driver *d);

/* Any thread: the present or next waiting turn returns at once. Many kicks may count as one. What
 * the caller wrote before is seen after that turn. */
void edoi_driver_kick(edoi_driver *d);

/* ---- Sources --------------------------------------------------------------------------------- */

/* Directions. Error and hang-up wake both. */
typedef enum edoi_dir { EDOI_READ = 0, EDOI_WRITE = 1 } edoi_dir;

/* A source without a descriptor yet: only open() and free() may follow. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_source_reserve(edoi_source **out);

/* Gives it a non-blocking, close-on-exec descriptor, which free() closes. It is registered, each
 * direction apart, with the driver of the worker that first waits for it. */
void edoi_source_open(edoi_source *s, int fd);

/* Both at once. Errors: -ENOMEM (the descriptor stays the caller's). */
EDO_MUST_USE int edoi_source_new(edoi_source **out, int fd);

/* In front of a source lie some bytes that belong to whoever made it and live as long: so that what
 * is over a source is no object of its own. */
#define EDOI_SOURCE_HEAD 16u

EDOI_INLINE void *edoi_source_head(edoi_source *s) {
    return (char *)s - EDOI_SOURCE_HEAD;
}
EDOI_INLINE edoi_source *edoi_source_behind(void *head) {
    return (edoi_source *)(void *)((char *)head + EDOI_SOURCE_HEAD);
}

/* Any thread. Ends the descriptor for both sides and for all users (inv. 3). */
void edoi_source_close(edoi_source *s);

/* Gives descriptor and memory back, with or without a close before. Nobody waits on it any more.
 * NULL is allowed. */
void edoi_source_free(edoi_source *s);

int edoi_source_fd(const edoi_source *s);

/* The same for the program, which may copy it. */
int edoi_source_lend_fd(const edoi_source *s);

/* Takes the descriptor out of the drivers; before free() if a copy of it stays open, which would
 * keep it there. Nobody uses the source any more. */
void edoi_source_deregister(edoi_source *s);

/* Whether it was made before the fork that made this process: then it is closed here, and freeing
 * it closes this process's copy of the descriptor and touches nothing else. */
bool edoi_source_is_inherited(const edoi_source *s);

/* What an operation on a closed source returns: -EDO_ECLOSED, or -EDO_EFORKED if it is
 * inherited. */
EDOI_INLINE int edoi_source_closed_error(const edoi_source *s) {
    return edoi_source_is_inherited(s) ? -EDO_EFORKED : -EDO_ECLOSED;
}

bool edoi_source_is_closed(const edoi_source *s);

/* The tick of a direction if it may be ready (or the source is closed), else 0. Any thread. */
uint32_t edoi_source_ready(const edoi_source *s, edoi_dir dir);

/* Whether the source was closed when the tick was read; a look at the source itself may say so
 * sooner. */
bool edoi_source_tick_is_closed(uint32_t tick);

/* After EAGAIN: not ready any more, unless an event came since `tick` was read. */
void edoi_source_clear(edoi_source *s, edoi_dir dir, uint32_t tick);

/* As clear(), after a short read or write, which shows that the kernel's buffer is empty or full.
 * If a hang-up or urgent input was seen the direction stays ready: there is no further event for
 * what comes last, and a read is short at the urgent mark although there is more. */
void edoi_source_drained(edoi_source *s, edoi_dir dir, uint32_t tick);

/* Makes a direction ready by hand and wakes who waits for it. */
void edoi_source_nudge(edoi_source *s, edoi_dir dir);

/* Links `wait`, all zero at first, with the waker of `cx`, and registers the descriptor if need be,
 * with `d`, the driver of cx's worker (NULL: it has none). If it is linked already that only renews
 * its waker; it may wait for the other direction before, but not for another source.
 *
 * Returns 1 if it waits now, 0 if the direction became ready meanwhile, or a code: -EDO_ENORUNTIME,
 * -EDO_ECLOSED, or the kernel's (-EPERM for a regular file, -ENOMEM, -ENOSPC). */
EDO_MUST_USE int edoi_source_wait(edoi_source *s, edoi_dir dir, edo_wait_link *wait, edo_cx *cx,
                                  edoi_driver *d);

/* Takes `wait` out if it is still linked (a wake unlinks it), and clears it. */
void edoi_source_unwait(edoi_source *s, edo_wait_link *wait);

#endif
