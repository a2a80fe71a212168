/* SPDX-License-Identifier: MIT */
/* edo/drain.h: a program of several parts that starts in order and stops in order.
 *
 *     static int app(void *arg) {
 *         const edo_drain_part parts[] = {
 *             { .name = "store",  .end = close_store, .arg = arg },   // started first, ended last
 *             { .name = "probes", .run = serve_probes, .arg = arg },
 *             { .name = "api",    .run = serve_api,    .arg = arg },  // stopped first
 *         };
 *         return edo_drain_run(parts, EDO_COUNT(parts), &(edo_drain_opts){
 *             .pre_stop = edo_s(5), .on_phase = edo_health_on_phase, .arg = health });
 *     }
 *
 *     int main(void) { return edo_main(app, &state); }
 *
 * On SIGTERM edo_main() cancels app(). Readiness is then turned off, all parts go on for
 * `pre_stop`, so that whatever sends requests hears of it and sends them elsewhere, and then the
 * parts are stopped one by one, the last one first. All of that has one bound, of which each part
 * gets what is left but for what is kept for those behind it; each step is told: to the log, and to
 * `on_phase`. A second signal ends the program at once. */
#ifndef EDO_DRAIN_H
#define EDO_DRAIN_H

#include <edo/task.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

#define EDO_DRAIN_PARTS_MAX 16

/* One part of a program. All zero but for what it does. */
typedef struct edo_drain_part {
    const char *name; /* for the log; borrowed */
    edo_task_fn *run; /* a task of its own, which is cancelled to stop it: a server, a loop over
                         jobs. NULL: nothing runs */
    edo_task_fn *end; /* called once `run` has returned, and all parts behind this one have ended:
                         closes a pool, flushes a log. It can wait. NULL: nothing */
    void *arg;        /* of both */
    edo_duration max; /* for `run` to return once it was cancelled, and for `end`; 0: 26 s, which
                         is a second more than edo_http_serve() takes; negative: no limit. Less
                         if less is left of edo_drain_opts.max. Kept for the part, whatever hangs
                         before it: `max` if it is set, else a second; a second for `end` behind
                         `run` */
    uint64_t reserved[2]; /* must be 0 */
} edo_drain_part;

/* The phases of a program, in this order. */
typedef enum edo_drain_phase {
    EDO_DRAIN_RUNNING,  /* all parts were started */
    EDO_DRAIN_BEGUN,    /* the program is to end; all parts still run, for `pre_stop` */
    EDO_DRAIN_STOPPING, /* the part of this name is told to stop, or its `end` is called */
    EDO_DRAIN_STOPPED,  /* it has */
    EDO_DRAIN_LEFT,     /* it has not, within its bound, or has returned -ETIMEDOUT, as servers do
                           whose handlers go on: it is left behind, and since it may use them, the
                           parts before it are cancelled, but not ended */
    EDO_DRAIN_OVER      /* edo_drain_run() is about to return */
} edo_drain_phase;

/* Hears of a phase, in the task of edo_drain_run(); `name` is that of the part, or NULL. */
typedef void edo_drain_phase_fn(void *arg, edo_drain_phase phase, const char *name);

/* All zero is the default. */
typedef struct edo_drain_opts {
    edo_duration pre_stop;        /* from the signal until the first part is stopped; 0: none. 5 s
                                     behind a balancer that asks for readiness each second */
    edo_drain_phase_fn *on_phase; /* NULL: only the log says */
    void *arg;                    /* of on_phase */
    edo_duration max; /* for all parts together, behind `pre_stop`, of which no step is kept more
                             than an equal share. 0: the sum of what is kept for the parts, and 25 s
                             if one has no bound of its own: 26 s for one part, 28 s for three of
                             one step each; negative: no limit but those of the parts */
    uint64_t reserved[3]; /* must be 0 */
} edo_drain_opts;

/** Starts the parts in order, and waits until this task is cancelled, or one of them fails, or all
 * have returned. Then stops them in reverse order, as said above; after a failure without
 * `pre_stop`. The bound of the runtime's shutdown becomes `pre_stop`, `max` and a second, unless
 * its `shutdown` option is set: tasks that take no notice of their cancellation do not make the end
 * longer, and what servers ask for by edo_runtime_extend_shutdown() does not count any more.
 *
 * Returns 0 if all parts have ended in order. A part that returns -ECANCELED because it was stopped
 * has.
 * Owns:    borrows the parts and `opts` (NULL: all defaults) until return; what a part that was left
 *          behind uses, for longer.
 * Errors:  the first failure of a part, with its trail; -ETIMEDOUT  a part was left behind
 *          -EINVAL  no part, or more than EDO_DRAIN_PARTS_MAX; a reserved field is not 0
 *          those of a spawn
 * Cancel:  ends in order, as said; it takes a while.
 * Threads: a fiber.   Waits: until it is cancelled, and for the parts.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_drain_run(const edo_drain_part *parts, size_t n,
                                       const edo_drain_opts *opts);

EDO_END_DECLS

#endif
