/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/assist.h: idle workers look after siblings that are in a long poll.
 *
 * A worker whose poll takes long looks neither at its wheel nor at its driver, and wakes nobody for
 * what lies in its ring. So a worker that sleeps while a sibling is awake, or was a moment ago,
 * *watches*: it bounds its sleep and looks, every 4 ms, whether a sibling has not ended a turn for
 * a millisecond. If so it fires that one's timers, takes its events, steals, and looks again every
 * millisecond; and where it then sees the poll that it has seen before it takes what that worker
 * keeps to itself (takeover.h). Several that watch take turns, so that all of them together look as
 * often as one alone.
 *
 * A worker that finds all siblings asleep, and quiet lately, sleeps without a bound: when nothing
 * runs nobody wakes. So a worker that gets work after a sleep, and finds none that watches, wakes
 * one. One of the two must see the other, or nobody looks after a long poll that begins then:
 *
 *     a worker with work                      a sleeper
 *     sleepers &= ~me     when it woke        watchers &= ~me     LP1: seq_cst
 *     sleepers ?          LP3: seq_cst         sleepers, all ?     LP3: seq_cst
 *     watchers ?          LP2: seq_cst
 *
 * It looks once for each time that it was among the sleepers, asleep or not; but again with its
 * next work if it woke nobody because somebody searches, who has the same to do.
 *
 * Acquire and release would let both look past each other (store buffering). That the first reads
 * `sleepers` too puts its own write, which is relaxed, into the total order. Else a mistake here
 * costs time, never a task: the long poll ends some day, and its worker looks for itself.
 *
 * inv. 1: a bit in `watchers` says: when that worker sleeps, its sleep has a bound. It stands while
 *         the worker is awake, so that workers that often sleep do not write it. */
#ifndef EDOI_RUNTIME_SCHEDULER_ASSIST_H
#define EDOI_RUNTIME_SCHEDULER_ASSIST_H

#include "runtime/scheduler/idle.h"

struct edoi_worker;

/* Of a runtime. */
typedef struct edoi_assist {
    edo_atomic_u64 watchers[EDOI_IDLE_WORDS]; /* atomic: LP1, LP2; a bit for each worker */
} edoi_assist;

/* Of a worker. */
typedef struct edoi_lookout {
    edo_atomic_u64
        turned_ns; /* atomic, relaxed: when the last turn ended that left work; written by the
                                 worker, read by anybody */
    edo_atomic_u64
        seen_polls_n; /* atomic, relaxed, and the next: the poll that siblings saw last, and */
    edo_atomic_u64 seen_ns; /* when they first saw it; written by any sibling that looks */
    int64_t look_at_ns;     /* not before that it looks after others */
    bool watches;           /* its bit in `watchers` */
    bool sees_long;         /* the last look found a sibling to be helped */
    bool helps;             /* it woke up to help, or did not go to sleep */
    bool expects;           /* it did not sleep, or was woken, for what was injected */
    bool rested;            /* it was among the sleepers, and nobody watches for its sake since */
} edoi_lookout;

/* A multi-thread runtime's worker without work, which has done ID1 of idle.h: waits in its driver,
 * for at most `timeout_ns` (negative: for ever), or until a sibling needs help: then lookout.helps
 * is set. */
void edoi_assist_wait(struct edoi_worker *w, int64_t now_ns, int64_t timeout_ns);

/* Its part that decides: whether the sleep has a bound. */
EDO_MUST_USE bool edoi_assist_watch(struct edoi_worker *w, int64_t now_ns);

/* Fires and takes what is due at siblings that are in a long poll. */
void edoi_assist_siblings(struct edoi_worker *w, int64_t now_ns);

/* A worker with siblings is about to run tasks, perhaps after a rest: somebody has to watch it from
 * now on. */
void edoi_assist_works(struct edoi_worker *w);

/* At the end of a turn of a multi-thread runtime's worker. */
void edoi_assist_turned(struct edoi_worker *w, int64_t now_ns);

#endif
