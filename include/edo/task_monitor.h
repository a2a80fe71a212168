/* SPDX-License-Identifier: MIT */
/* edo/task_monitor.h: numbers of a group of tasks: how long they wait, and how long they keep
 * others waiting.
 *
 *     edo_task_monitor *requests;
 *     int err = edo_task_monitor_new(&requests, NULL);
 *     …
 *     err = edo_spawn_detached_with(serve, peer, &(edo_spawn_opts){ .monitor = requests });
 *     …
 *     edo_task_monitor_stats s;
 *     edo_task_monitor_get_stats(requests, &s);    // any thread, at any time
 *
 * A life, from spawn to end, as the numbers see it:
 *
 *     spawn ──first poll delay── poll ──idle── wake ──scheduled── poll ── … ── poll, end
 *                                     └─ it yields: no idle time ─┘
 *
 * The runtime has to be made with the option `task_monitors`: then it reads the clock at each poll
 * and each wake, of all its tasks. Runtimes without it pay nothing, and refuse to spawn a task for
 * a monitor.
 *
 * Times are those of the machine's clock, to about 64 ns, also where the runtime's clock is
 * paused. */
#ifndef EDO_TASK_MONITOR_H
#define EDO_TASK_MONITOR_H

#include <edo/task.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* Options of a monitor; all zero is the default. */
typedef struct edo_task_monitor_opts {
    edo_duration slow_poll;  /* a poll is slow if it takes so long; 0: 50 us */
    edo_duration long_delay; /* a task is late if it stands in a queue for so long; 0: 50 us */
    uint64_t reserved[4];    /* must be 0 */
} edo_task_monitor_opts;

/* Numbers of a monitor's tasks. It owns nothing. */
typedef struct edo_task_monitor_stats {
    /* ever */
    uint64_t spawned;     /* tasks; less `ended` they are alive */
    uint64_t ended;       /* returned, were dropped, or given up by a shutdown */
    uint64_t first_polls; /* tasks whose first turn came; of a fiber: and had a stack for it */
    uint64_t first_poll_delay_ns; /* all they waited for it */
    uint64_t idled;               /* times that a task waited and was woken */
    uint64_t idle_ns;             /* from the end of a poll to that wake */
    uint64_t scheduled;           /* times that a task was woken, or yielded, and polled again */
    uint64_t scheduled_ns;        /* from there to the poll; of more than 274 s each the rest */
    uint64_t long_delays;         /* of those: at least `long_delay` */
    uint64_t long_delay_ns;
    uint64_t polls; /* that have ended; the turn that drops a cancelled state machine is one */
    uint64_t poll_ns;
    uint64_t slow_polls; /* of those: at least `slow_poll` */
    uint64_t slow_poll_ns;
    /* what follows from them; 0 if nothing was counted */
    edo_duration mean_first_poll_delay;
    edo_duration mean_idle;
    edo_duration mean_scheduled;
    edo_duration mean_poll;
    double slow_poll_ratio;  /* slow polls of all, 0 to 1 */
    double long_delay_ratio; /* long delays of all, 0 to 1 */
    uint64_t reserved[4];
} edo_task_monitor_stats;

/**
 * Makes a monitor. Tasks come to it by the field `monitor` of edo_spawn_opts and edo_scope_opts;
 * they may be of several runtimes.
 *
 * Owns:    returns new in `*out`: one reference, given up by edo_task_monitor_unref(). Copies
 *          `opts` (NULL: all defaults).
 * Errors:  -ENOMEM; -EINVAL  a negative time, or a reserved field that is not 0
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_task_monitor_new(edo_task_monitor **out,
                                              const edo_task_monitor_opts *opts);

/**
 * Takes one more reference and returns `m`. Each task has its own, from its spawn to its end.
 *
 * Owns:    shares `m`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API edo_task_monitor *edo_task_monitor_ref(edo_task_monitor *m);

/**
 * Gives one reference up; NULL is allowed. Tasks go on, and are counted.
 *
 * Owns:    takes the reference.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_task_monitor_unref(edo_task_monitor *m);

/**
 * Reads the numbers of `m`. Nobody is stopped for it: each number is read by itself, so two of them
 * may be of slightly different moments. After a join of a task it is counted in `ended`; its last
 * poll is counted when its worker turns to the next.
 *
 * Owns:    borrows `m`; fills `*s`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_task_monitor_get_stats(const edo_task_monitor *m, edo_task_monitor_stats *s);

/**
 * What happened between two readings of one monitor: counters of `to` less those of `from`, with
 * the means and ratios of the difference.
 *
 * Owns:    borrows; fills `*out`, which may be one of the two.
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API void edo_task_monitor_stats_delta(edo_task_monitor_stats *out,
                                          const edo_task_monitor_stats *from,
                                          const edo_task_monitor_stats *to);

EDO_END_DECLS

#endif
