/* SPDX-License-Identifier: MIT */
/* edo/cache.h: equal work is done once. A flight lets callers that ask for one key at the same time
 * share one run.
 *
 *     static int load_page(void **value, void *arg);   // may await; *value = edo_rc_new(…)
 *
 *     edo_flight *pages;
 *     int err = edo_flight_new(&pages, &(edo_flight_opts){ .name = "pages" });
 *     …
 *     void *page;
 *     err = edo_flight_run(pages, &page, EDO_STR("index"), load_page, &db);
 *     if (err < 0) return err;
 *     …                                                // read it; it never changes
 *     edo_rc_unref(page);
 *
 * The first caller leads: it runs its function, on its own task. Callers with the same key wait
 * meanwhile, and all get the result. A value is memory of edo_rc_new(), of which each caller gets a
 * reference; nobody may change it. An error is shared with those that wait, and kept for nobody.
 *
 * A leader that is cancelled, or whose deadline passes, takes nobody with it: the caller that waits
 * longest runs its own function. With `detached` each run has a task of its own instead, and goes
 * on when its callers have given up. A caller's own deadline ends only its own wait.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CACHE_H
#define EDO_CACHE_H

#include <edo/bytes.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- One run for equal keys ------------------------------------------------------------------ */

typedef struct edo_flight edo_flight;

/* Options of a flight; all zero is the default. */
typedef struct edo_flight_opts {
    const char *name;         /* for reports; copied; NULL: "unnamed" */
    uint32_t waiters_max;     /* callers that wait for one run; 0: 1,024 */
    uint32_t runs_max;        /* runs at once; 0: 65,536 */
    size_t key_bytes_max;     /* 0: 4,096 */
    bool detached;            /* each run is a task of its own, see above */
    edo_duration run_timeout; /* of a detached run; 0: 30 s; EDO_FOREVER_NS: none */
    /* Take and give back a reference to the `arg` of a detached run, which may outlive its caller;
     * edo_rc_ref and edo_rc_unref will do. Both or none; NULL: each `arg` outlives the flight. */
    void *(*arg_ref)(void *arg);
    void (*arg_unref)(void *arg);
    uint64_t reserved[4]; /* must be 0 */
} edo_flight_opts;

/* Does the work: stores a value in `*value`, which is NULL before, and returns 0 or more, or
 * returns a negative code. The value is memory of edo_rc_new(), whose reference the flight takes,
 * or NULL: only the result is shared. May await. */
typedef int edo_flight_fn(void **value, void *arg);

/** Makes a flight. `opts` may be NULL.
 * Owns:    returns new: edo_flight_unref(). Copies `opts`.
 * Errors:  -EINVAL  options;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_flight_new(edo_flight **out, const edo_flight_opts *opts);

/** Takes one more reference and returns `flight`.
 * Owns:    shares `flight`. */
EDO_API edo_flight *edo_flight_ref(edo_flight *flight);

/** Gives one reference back; detached runs have their own. NULL is allowed. No caller may be in
 * edo_flight_run().
 * Owns:    takes the reference. */
EDO_API void edo_flight_unref(edo_flight *flight);

/** Returns what `fn(value, arg)` returns, and its value: of this call, or of one for the same key
 * that is under way.
 *
 * `fn` must make the same of the same key, whoever calls. The `arg` is that of the caller whose
 * function runs.
 * Owns:    copies `key`; returns new in `*value`, on success only: edo_rc_unref(), or NULL.
 * Errors:  -EDO_EOVERLOADED  `waiters_max` callers wait for this run, or `runs_max` runs are under
 *                            way: the trail says which
 *          -EDO_ETOOLONG     the key has more than `key_bytes_max` bytes
 *          -EDEADLK          `fn` asks for the key that it is to make
 *          -ETIMEDOUT        a detached run has taken longer than `run_timeout`
 *          -ECANCELED        this task was cancelled or a deadline around it passed
 *          -ENOMEM;  with `detached` those of edo_spawn();  any code of `fn`, which ran for this
 *          caller or for another one
 * Cancel:  safe for the others: if this task leads and `fn` fails, the task that waits longest runs
 *          its own. A negative result of a leader that was cancelled is shared with nobody.
 * Threads: fibers and plain threads.
 * Waits:   for `fn`, and for the run of another caller. */
EDO_MUST_USE EDO_API int edo_flight_run(edo_flight *flight, void **value, edo_str key,
                                        edo_flight_fn *fn, void *arg);

/** The next caller for `key` begins a run of its own, as what the present one reads may be old.
 * Those that wait for the present one still get its result. Returns whether there was one. */
EDO_API bool edo_flight_forget(edo_flight *flight, edo_str key);

/* Numbers of a flight; the first two now, the others since it was made. */
typedef struct edo_flight_stats {
    uint32_t running;    /* runs under way */
    uint32_t waiting;    /* callers that wait for one */
    uint64_t runs_n;     /* runs that were begun */
    uint64_t shared_n;   /* callers that waited and got the result of another's run */
    uint64_t promoted_n; /* callers that waited and then led, as the leader was cancelled */
    uint64_t refused_n;  /* by `waiters_max` and `runs_max` */
} edo_flight_stats;

/** Returns the numbers of a flight. */
EDO_API edo_flight_stats edo_flight_get_stats(edo_flight *flight);

EDO_END_DECLS

#endif
