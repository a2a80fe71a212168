/* SPDX-License-Identifier: MIT */
/* service/cache/flight.h: which runs there are and who waits for them. flight.c changes that under
 * the lock; lead.c runs the functions, without the lock.
 *
 *                  no run                 led                        over
 *     ask          led, the caller leads  queue; a refusal           (not found)
 *     end          (never)                over, wakes all            (never)
 *     pass on      (never)                the first in line leads;   (never)
 *                                         gone if none waits
 *     forget       -                      is not found any more      -
 *
 * inv. 1: a run that is not over has one leader: a caller, a task of its own, or a waiter that was
 *         granted the lead and has not looked yet.
 * inv. 2: a run in the table is not over, so the entry is there before anything is waited for.
 * inv. 3: `holders_n` counts the leader, and the waiters that have not looked at the result yet;
 *         the last one frees the run.
 * inv. 1 is not asserted: a run does not know who leads it.
 *
 * A leader may ask for another run, of any flight, whose leader asks for the next. What a leader
 * waits for stands in its run, so that one that would wait for itself, by however many others, is
 * refused, be they on one task or several. What tasks wait for that the leader has started and
 * joins is not seen. */
#ifndef EDOI_SERVICE_CACHE_FLIGHT_H
#define EDOI_SERVICE_CACHE_FLIGHT_H

#include "base/lock.h"
#include "base/siphash.h"
#include "base/table.h"
#include "time/attempts.h"

#include <edo/cache.h>
#include <edo/future.h>

struct edo_flight {
    edoi_lock lock; /* a leaf; guards the fields up to `counts`, and all fields of runs */
    edoi_table runs;
    uint32_t runs_n, waiting_n; /* runs that are not over, forgotten ones included */
    edo_flight_stats counts;    /* only what is counted since the begin */
    /* const: */
    edoi_siphash_secret secret;
    edo_flight_opts opts; /* complete; `name` is a copy */
};

typedef struct edoi_flight_run {
    edoi_table_link link;           /* lock: lock */
    edo_flight *flight;             /* const; borrowed */
    edo_wait_list waiters;          /* lock: lock; of edoi_flight_ask_future */
    uint32_t waiters_n;             /* lock: lock; in `waiters` */
    uint32_t holders_n;             /* lock: lock; inv. 3 */
    bool is_over;                   /* lock: lock */
    edo_atomic_u32 is_forgotten;    /* written under the lock: what comes is not to be kept */
    struct edoi_flight_run *awaits; /* lock: circles; the run that its leader waits for, which that
                                       holds; NULL: none */
    int result;                     /* const once it is over */
    void *value;                    /* likewise; counted, NULL: none */
    edoi_had had;                   /* likewise; that the leader has asked */
    uint32_t key_bytes;             /* const, as the key */
    char key[];
} edoi_flight_run;

/* Starts the leader of a fresh run elsewhere. Called without the lock. On failure the run has no
 * leader. */
typedef int edoi_flight_start_fn(void *arg, edoi_flight_run *run);

#define EDOI_FLIGHT_SHARED 0 /* there is a result */
#define EDOI_FLIGHT_LEADS  1 /* the caller leads: edoi_flight_end() or _pass_on() follows */

/* Waits until there is a result, or the caller leads. */
typedef struct edoi_flight_ask_future {
    edo_future base;
    edo_flight *flight;          /* borrowed */
    edo_str key;                 /* borrowed */
    edo_wait_node node;          /* in run->waiters while pending; lock: flight->lock */
    edoi_flight_run *run;        /* from the first poll on; with EDOI_FLIGHT_LEADS after the end */
    edoi_flight_start_fn *start; /* NULL: the caller leads a fresh run */
    void *start_arg;
    /* Yours to set: the innermost series of the caller, if it is in the run of a flight, so that it
     * does not wait for that. NULL: it is in none. */
    const edoi_attempts *inside;
    int result;   /* of EDOI_FLIGHT_SHARED */
    void *value;  /* likewise; the caller's reference */
    edoi_had had; /* likewise; that the run has asked */
} edoi_flight_ask_future;

/* Results: the two above, or -EDO_EOVERLOADED, -EDO_ETOOLONG, -EDEADLK, -ENOMEM. */
EDO_MUST_USE edo_future *edoi_flight_ask_init(edoi_flight_ask_future *f, edo_flight *flight,
                                              edo_str key, edoi_flight_start_fn *start,
                                              void *start_arg);

/* Begins a run without a waiter. Errors: -EALREADY  there is a run already; as the future. */
EDO_MUST_USE int edoi_flight_begin(edo_flight *flight, edo_str key, edoi_flight_start_fn *start,
                                   void *start_arg);

/* The run has a result: for the leader, whose hold ends. Takes a reference to `value`, which may
 * be NULL. */
void edoi_flight_end(edoi_flight_run *run, int result, void *value);

/* The leader leaves without a result. */
void edoi_flight_pass_on(edoi_flight_run *run);

/* As edo_flight_forget(), for all keys. */
void edoi_flight_forget_all(edo_flight *flight);

/* Was the run forgotten before the caller took a lock that whoever forgot it took later? */
EDO_MUST_USE bool edoi_flight_is_forgotten(const edoi_flight_run *run);

/* Adds to the trail whose refusal `err` is, and returns it. */
int edoi_flight_refuse(const edo_flight *flight, int err);

/* ---- lead.c ---------------------------------------------------------------------------------- */

/* What a leader does; a value. */
typedef struct edoi_flight_job {
    int (*work)(void **value, const struct edoi_flight_job *job, edoi_flight_run *run);
    edo_flight_fn *fn;       /* the program's, for edo_flight_run() */
    edo_cache_load_fn *load; /* the program's, for a cache */
    bool is_refresh;         /* for a cache: what is there is to be replaced */
    bool is_apart;           /* it is done on a task of its own, whose one limit is `run_timeout` */
    void *arg;               /* the program's; `arg_ref` of the options counts it */
    void *owner;             /* whose job it is; counted memory; NULL: the flight's */
} edoi_flight_job;

/* As edo_flight_run(). */
EDO_MUST_USE int edoi_flight_do(edo_flight *flight, void **value, edo_str key,
                                const edoi_flight_job *job);

/* Does a failure of a leader say nothing but that its task was cut short? */
EDO_MUST_USE bool edoi_flight_was_cut(int result);

/* Does the job on a task of its own, unless there is a run. Errors: -EALREADY; as the future. */
EDO_MUST_USE int edoi_flight_do_apart(edo_flight *flight, edo_str key, const edoi_flight_job *job);

#endif
