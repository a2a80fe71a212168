/* SPDX-License-Identifier: MIT */
/* driver/wheel.h: the timers of one worker, ordered by due time.
 *
 * Six levels of 64 slots. A slot of level 0 is one tick (1 ms), a slot of level L is 64 slots of
 * the level below; together they cover 2^36 ms, a little over two years. A timer is in the level of
 * the highest digit (base 64) in which its tick differs from `elapsed`, so it moves down at most
 * five times, and most timers are cancelled before they move. A timer farther away is in the
 * farthest slot and is inserted again when that slot is due.
 *
 *   level 0   [ 1 ms ] x 64          next 64 ms
 *   level 1   [ 64 ms ] x 64         next 4 s
 *   level 2   [ 4 s ] x 64           next 4 min
 *   ...
 *   level 5   [ 12 days ] x 64       next 2 years
 *
 * inv. 1: a timer with tick t fires when the time is at least t ms after the start: never early.
 * inv. 2: every armed timer here has a tick above `elapsed`, except in a slot that is being
 *         emptied: that slot begins at `elapsed`, and is emptied before `elapsed` moves on.
 * inv. 3: a bit of `occupied` is set if and only if its slot holds a timer.
 * inv. 4: timer->waker is NULL if and only if the timer is not armed. The waker, the links and the
 *         tick are accessed under `mu`, but for a look of the owner whether the waker is still the
 *         one that it would set; timer->wheel by the timer's owner only.
 * inv. 5: the memory of a wheel is never unmapped. A timer may outlive its wheel's use: its owner
 *         then finds, even if the wheel was reused, that the timer is not armed.
 * inv. 5 is not asserted: no function here could break it, as none frees a wheel.
 *
 * Threads: only the worker inserts (its driver's timeout depends on the armed timers); any thread
 * may cancel and advance. `mu` decides whether a cancel or the firing came first; after a firing
 * thread has released `mu` it touches the waker it marked, never the timer. */
#ifndef EDOI_DRIVER_WHEEL_H
#define EDOI_DRIVER_WHEEL_H

#include "base/lock.h"

#include <edo/time.h>

#define EDOI_WHEEL_LEVELS   6u
#define EDOI_WHEEL_SLOTS    64u
#define EDOI_WHEEL_TICK_NS  INT64_C(1000000)
#define EDOI_WHEEL_NEVER_NS INT64_MAX /* no timer is armed in the wheel */

typedef struct edoi_wheel {
    edoi_lock mu;           /* leaf */
    edo_atomic_u32 armed_n; /* timers armed here. written under mu, read by any thread */
    uint32_t forks;         /* const outside the pool: edoi_forks() when it was taken from there */
    int64_t start_ns;       /* as forks */
    uint64_t elapsed;       /* lock: mu. ticks that have passed */
    uint64_t occupied[EDOI_WHEEL_LEVELS];                    /* lock: mu */
    edoi_timer *slots[EDOI_WHEEL_LEVELS * EDOI_WHEEL_SLOTS]; /* lock: mu */
    struct edoi_wheel *next_free;                            /* lock: the pool's */
} edoi_wheel;

/* Starts an empty wheel at the time `now_ns`, not negative. Needs no deinit. */
void edoi_wheel_init(edoi_wheel *wheel, int64_t now_ns);

/* A wheel from the common pool, started at `now_ns`; NULL without memory. */
EDO_MUST_USE edoi_wheel *edoi_wheel_get(int64_t now_ns);

/* Puts `wheel` back into the pool. No thread inserts or advances any more. Timers still armed are
 * lost: they wake nothing. */
void edoi_wheel_put(edoi_wheel *wheel);

/* True if `timer`, which is not armed, has not fired either because its wheel was put back. For the
 * timer's owner, after a cancel or renew that returned false. */
EDO_MUST_USE bool edoi_wheel_has_lost(const edoi_timer *timer);

/* Arms `timer`, which is not armed, to wake `waker` (borrowed) at `at_ns` or up to a tick later.
 * False: `at_ns` has passed; the timer is not armed. The wheel's worker only. */
EDO_MUST_USE bool edoi_wheel_insert(edoi_wheel *wheel, edoi_timer *timer, int64_t at_ns,
                                    edo_waker *waker);

/* Removes `timer` from its wheel; from then on nothing points to it. True: it was armed; false: it
 * has fired, was lost, or was never armed. Any thread, as the timer's owner. The wheel of a process
 * that this one was forked from is not touched: no thread advances it here. */
bool edoi_wheel_cancel(edoi_timer *timer);

/* Arms `timer` again, whether it is armed (in any wheel), has fired or is fresh. Otherwise as
 * insert. */
EDO_MUST_USE bool edoi_wheel_reset(edoi_wheel *wheel, edoi_timer *timer, int64_t at_ns,
                                   edo_waker *waker);

/* For a poll while the timer is armed: makes it wake `waker`. False: it has fired, or was lost. Any
 * thread, as the timer's owner. Takes no lock if it wakes `waker` anyway. */
EDO_MUST_USE bool edoi_wheel_renew(edoi_timer *timer, edo_waker *waker);

/* Fires all timers due at `now_ns`; returns how many. Wakers are marked under the lock in batches,
 * and delivered without it. Any thread; several at once share the work. */
uint64_t edoi_wheel_advance(edoi_wheel *wheel, int64_t now_ns);

/* As advance(), for another worker's wheel: returns 0 if another thread holds its lock. */
uint64_t edoi_wheel_try_advance(edoi_wheel *wheel, int64_t now_ns);

/* When to advance next: exact while few timers share a slot, otherwise earlier, never later than
 * the first timer is due; EDOI_WHEEL_NEVER_NS if no timer is armed. Any thread. */
int64_t edoi_wheel_next_expiry(edoi_wheel *wheel);

/* The number of armed timers. Any thread; stale at once if other threads use the wheel. */
EDOI_INLINE uint32_t edoi_wheel_armed_n(const edoi_wheel *wheel) {
    return edoi_load_rlx_u32(&wheel->armed_n);
}

/* Walks the wheel and asserts its invariants; takes `mu`. No thread fires meanwhile. */
void edoi_wheel_check(edoi_wheel *wheel);

#endif
