/* SPDX-License-Identifier: MIT */
/* edo/supervise.h: tasks that are started again when they end.
 *
 *     static int app(void *arg) {
 *         const edo_supervised children[] = {
 *             { .name = "feed",  .run = read_feed, .arg = arg },   // started first, stopped last
 *             { .name = "index", .run = keep_index, .arg = arg },
 *         };
 *         return edo_supervise(children, EDO_COUNT(children), NULL);
 *     }
 *
 * A child is a function like that of any task: it returns 0 or more when it has nothing left to
 * do, a negative code when it has failed, and -ECANCELED soon after it was cancelled. Which ends
 * are followed by another start is the child's `.restart`; which other children are then stopped
 * and started, too, is `.group` of the options. Each restart comes after a pause of a back-off.
 * When there are too many of them within a time the supervisor stops all and fails, with what the
 * last children have failed with: so whoever supervises it, or the program's end, hears of it.
 *
 * For children that come and go, spawn a task for each that supervises that one. */
#ifndef EDO_SUPERVISE_H
#define EDO_SUPERVISE_H

#include <edo/metrics.h>
#include <edo/retry.h>

EDO_BEGIN_DECLS

#define EDO_SUPERVISED_MAX 32

/* Which ends of a child are followed by another start. */
typedef enum edo_restart {
    EDO_RESTART_FAILED, /* a negative code; a child that returns 0 or more has ended for good, also
                           when it does so while its group is stopped */
    EDO_RESTART_ALWAYS, /* each */
    EDO_RESTART_NEVER,  /* none, also when its group is started again: it ends for good then */
} edo_restart;

/* Which children are started again when one is. The others are stopped first, in reverse order. One
 * that has ended for good stays so. */
typedef enum edo_restart_group {
    EDO_RESTART_ONE,  /* that one: the children do not depend on each other */
    EDO_RESTART_ALL,  /* all: each may use each other one */
    EDO_RESTART_REST, /* that one and those behind it: each may use those before it */
} edo_restart_group;

/* One child. All zero but for what it does. */
typedef struct edo_supervised {
    const char *name; /* a string literal, for log, metrics, trails and dumps; NULL: "unnamed" */
    edo_task_fn *run; /* a task of its own, anew with each start */
    void *arg;
    edo_restart restart;
    edo_duration stop_max; /* for `run` to return once it was cancelled; 0: 5 s; negative: no
                              limit */
    uint64_t reserved[2];  /* must be 0 */
} edo_supervised;

/* All zero is the default. */
typedef struct edo_supervise_opts {
    const char *name; /* a string literal, as that of a child; NULL: "unnamed" */
    edo_restart_group group;
    int restarts_max;         /* most restarts within `within`, of all children together, those of a
                                 group once; 0: 5; negative: no limit; at most 1,000 */
    edo_duration within;      /* 0: 30 s */
    edo_backoff_opts backoff; /* of the pauses before restarts. Each child has its own, which begins
                                 anew once the child has run for `within` */
    edo_metrics *metrics;     /* borrowed; NULL: none. Counts, with the labels supervisor="`name`"
                                 and child="its name":
                                   edo.supervised.starts     all, the first ones included
                                   edo.supervised.failures   ends with a negative code, but those
                                                             that the supervisor brought about */
    uint64_t reserved[4];     /* must be 0 */
} edo_supervise_opts;

/** Starts the children in order, and starts them again as said above, until all have ended for
 * good, this task is cancelled, or there are too many restarts. Then it stops those that run, one
 * by one, the last one first: a child is cancelled and has `stop_max` to return before the next one
 * is told. That happens in a shield, so no cancellation or deadline cuts it short; it can take as
 * long as all the bounds together. A start that fails, for lack of memory, is a failure of its
 * child. No child runs twice at once.
 *
 * It logs each failure, restart, and child that did not stop (target "supervise").
 *
 * Returns 0 if all children have ended for good: also if one that is never started again has
 * failed.
 * Owns:    borrows the children and `opts` (NULL: all defaults) until return; what a child that was
 *          left behind uses, for longer.
 * Errors:  too many restarts: the last failure of a child, or -EDO_ECLOSED if that has returned 0
 *          or more; its trail has the failures before it, five at most, each in a line
 *          -ECANCELED  this task was cancelled; what children fail with while they are stopped is
 *                      in the log
 *          -ETIMEDOUT  a child did not stop within `stop_max`: it is left behind, and so is not
 *                      started again; the others were stopped
 *          -EINVAL     no child, or more than EDO_SUPERVISED_MAX; options, also of the back-off;
 *                      a reserved field is not 0
 *          -ENOMEM; those of edo_metrics_counter()
 * Cancel:  stops all in order, as said; it takes a while.
 * Threads: a fiber.   Waits: until it is cancelled, and for the children.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_supervise(const edo_supervised *children, size_t n,
                                       const edo_supervise_opts *opts);

/** Returns how many times the supervised child that calls this has been started, this start
 * included: 1 the first time. In tasks and jobs that a child starts, and what those start, it
 * returns the child's number; of several supervisors the innermost counts. 0: there is none.
 * Owns: nothing.   Threads: any.   Waits: never.   Since: 0.1 */
EDO_API uint32_t edo_supervised_starts(void);

EDO_END_DECLS

#endif
