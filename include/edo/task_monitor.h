/* SPDX-License-Identifier: MIT */
/* edo/task_monitor.h: numbers of a group of tasks: how long they wait, and how long they make other
 * tasks wait.
 *
 *     edo_task_monitor *requests;
 *     int err = edo_task_monitor_new(&requests, NULL);
 *     …
 *     err = edo_spawn_detached_with(serve, peer, &(edo_spawn_opts){ .monitor = requests });
 *     …
 *     edo_task_monitor_stats s;
 *     edo_task_monitor_get_stats(requests, &s);    // any thread, at any time
 *
 * The life of a task, from spawn to end, as the numbers count it:
 *
 *     spawn ──first poll delay── poll ──idle── wake ──scheduled── poll ── … ── poll, end
 *                                     └─ it yields: no idle time ─┘
 *
 * The runtime must be made with the option `task_monitors`: it then reads the clock at each poll
 * and each wake of all its tasks. A runtime without the option pays nothing, and refuses to spawn a
 * task with a monitor.
 *
 * Times are those of the machine's clock, to about 64 ns, also if the runtime's clock is paused.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TASK_MONITOR_H
#define EDO_TASK_MONITOR_H

#include <edo/task.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* Options of a monitor; all zero is the default. */
typedef struct edo_task_monitor_opts {
    edo_duration slow_poll;  /* a poll is slow if it takes at least this time; 0: 50 us */
    edo_duration long_delay; /* a delay in a queue is long if at least this time; 0: 50 us */
    uint64_t reserved[4];    /* must be 0 */
} edo_task_monitor_opts;

/* Numbers of a monitor's tasks. It owns nothing. */
typedef struct edo_task_monitor_stats {
    /* in total */
    uint64_t spawned;     /* tasks; `spawned` - `ended` are alive */
    uint64_t ended;       /* tasks that returned, were dropped, or were abandoned by a shutdown */
    uint64_t first_polls; /* tasks that had their first turn; a fiber: with a stack */
    uint64_t first_poll_delay_ns; /* time that they waited for it, in all */
    uint64_t idled;               /* times that a task waited and was woken */
    uint64_t idle_ns;             /* from the end of a poll to that wake */
    uint64_t scheduled;           /* times that a task was woken, or yielded, and polled again */
    uint64_t scheduled_ns;        /* from the wake or yield to the poll, each modulo 274 s */
    uint64_t long_delays;         /* of `scheduled`: those of at least `long_delay` */
    uint64_t long_delay_ns;
    uint64_t polls; /* polls that ended; the turn that drops a cancelled state machine is one */
    uint64_t poll_ns;
    uint64_t slow_polls; /* of `polls`: those of at least `slow_poll` */
    uint64_t slow_poll_ns;
    /* computed from the totals; 0 if nothing was counted */
    edo_duration mean_first_poll_delay;
    edo_duration mean_idle;
    edo_duration mean_scheduled;
    edo_duration mean_poll;
    double slow_poll_ratio;  /* slow polls by all polls, 0 to 1 */
    double long_delay_ratio; /* long delays by all delays, 0 to 1 */
    uint64_t reserved[4];
} edo_task_monitor_stats;

/** Makes a monitor. The field `monitor` of edo_spawn_opts and edo_scope_opts assigns tasks to it;
 * they may be of several runtimes.
 * Owns:    returns new in `*out`: one reference, given back by edo_task_monitor_unref(). Copies
 *          `opts` (NULL: all defaults).
 * Errors: -ENOMEM; -EINVAL  a negative time, or a reserved field that is not 0   Threads: any. */
EDO_MUST_USE EDO_API int edo_task_monitor_new(edo_task_monitor **out,
                                              const edo_task_monitor_opts *opts);

/** Takes one more reference and returns `m`. Each task has a reference from its spawn to its end.
 * Owns:    shares `m`. */
EDO_API edo_task_monitor *edo_task_monitor_ref(edo_task_monitor *m);

/** Gives one reference back; NULL is allowed. Tasks go on, and are still counted.
 * Owns:    takes the reference. */
EDO_API void edo_task_monitor_unref(edo_task_monitor *m);

/** Reads the numbers of `m`. No thread is stopped: each number is read by itself, so two of them
 * may be of slightly different moments. A task is counted in `ended` once a join of it has
 * returned; its last poll is counted when its worker turns to the next task.
 * Owns:    borrows `m`; fills `*s`. */
EDO_API void edo_task_monitor_get_stats(const edo_task_monitor *m, edo_task_monitor_stats *s);

/** Computes what happened between two readings of one monitor: the totals of `to` minus those of
 * `from`, with the means and ratios of the differences.
 * Owns: borrows; fills `*out`, which may be `from` or `to`.   Threads: any. */
EDO_API void edo_task_monitor_stats_delta(edo_task_monitor_stats *out,
                                          const edo_task_monitor_stats *from,
                                          const edo_task_monitor_stats *to);

EDO_END_DECLS

#endif
