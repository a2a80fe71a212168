/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/assist.h: idle workers help siblings that are in a long poll. Called by the
 * turns of a multi-thread runtime's workers (scheduler.c).
 *
 * A worker in a long poll looks neither at its wheel nor at its driver, and wakes no sleeper for
 * the tasks in its ring. So a worker that sleeps while a sibling is awake, or had work in the last
 * 8 ms, *watches*: it bounds its sleep, and looks every 4 ms whether a sibling with work has not
 * ended a turn for 1 ms. If so it fires the sibling's timers, takes its events, steals from rings,
 * and looks again every 1 ms. When a second look sees the sibling in an unchanged poll, it takes
 * over the sibling's private tasks (takeover.h). Several watchers take turns, so that together they
 * look as often as one alone.
 *
 * A worker that finds all siblings asleep, and without work for 8 ms, sleeps without a bound: an
 * idle runtime has no wake-ups. So a worker that gets work after a sleep, and finds no watcher,
 * wakes a sleeper. One of the two must see the other, or no worker watches a long poll that begins
 * then:
 *
 *     a worker with work                     a sleeper
 *     sleepers &= ~me    when it woke        watchers &= ~me    LP1: seq_cst
 *     sleepers ?         LP3: seq_cst        sleepers, all ?    LP3: seq_cst
 *     watchers ?         LP2: seq_cst
 *
 * The worker with work looks once after each time that its bit was in `sleepers`, whether it slept
 * or not. It looks again with its next work if it woke no sleeper because a sibling searches: the
 * sibling may find work that takes long, too.
 *
 * With acquire and release each could miss the other (store buffering). The worker with work reads
 * `sleepers` too: that puts its own write, which is relaxed, into the total order. Otherwise a
 * mistake here costs time, never a task: the long poll ends, and its worker looks itself.
 *
 * inv. 1: a set bit in `watchers` means: when that worker sleeps, its sleep has a bound. The bit
 *         stays while the worker is awake, so that a worker that often sleeps need not write it. */
#ifndef EDOI_RUNTIME_SCHEDULER_ASSIST_H
#define EDOI_RUNTIME_SCHEDULER_ASSIST_H

#include "base/atomic.h"

struct edoi_worker;

/* For a worker of a multi-thread runtime without work, which has done ID1 of idle.h: waits in its
 * driver for at most `timeout_ns` (negative: for ever), or until a sibling needs help; then it sets
 * lookout.helps. */
void edoi_assist_wait(struct edoi_worker *w, int64_t now_ns, int64_t timeout_ns);

/* A part of edoi_assist_wait(): does the worker watch, so that its sleep has a bound? */
EDO_MUST_USE bool edoi_assist_watch(struct edoi_worker *w, int64_t now_ns);

/* For each sibling in a long poll: fires its due timers, takes its events, and may take over its
 * tasks. */
void edoi_assist_siblings(struct edoi_worker *w, int64_t now_ns);

/* A worker with siblings is about to run tasks, perhaps after a sleep: makes sure that a sleeper
 * watches it, if there is one. */
void edoi_assist_works(struct edoi_worker *w);

/* At the end of each turn of a worker with siblings. */
void edoi_assist_turned(struct edoi_worker *w, int64_t now_ns);

#endif
