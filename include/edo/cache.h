/* SPDX-License-Identifier: MIT */
/* edo/cache.h: equal work is done once. A flight lets callers that ask for one key at the same time
 * share one run; a cache keeps what was made for later callers, too.
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
 * A cache loads through a flight of its own:
 *
 *     static int load_user(void **value, edo_str key, void *db);
 *
 *     edo_cache *users;
 *     err = edo_cache_new(&users, &(edo_cache_opts){ .name = "users", .ttl = edo_minutes(1) });
 *     …
 *     void *user;
 *     err = edo_cache_get_or_load(users, &user, EDO_STR("17"), load_user, db);
 *     …
 *     edo_rc_unref(user);
 *
 * It is bounded by entries and by bytes. What goes when it is full is decided by W-TinyLFU: what is
 * asked for often stays, and keys that are asked for once, as in a scan or by somebody who makes
 * them up, push out each other.
 *
 * edo_coalesce_layer() does the same for the calls of a service.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CACHE_H
#define EDO_CACHE_H

#include <edo/bytes.h>
#include <edo/metrics.h>
#include <edo/service.h>
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
 *          -EDEADLK          `fn` asks for the key that it is to make, or for one whose function,
 *                            on whichever task, waits for that, also by way of other flights and
 *                            caches; not seen is what a task asks for that `fn` has started,
 *                            even if it joins that. Of the two attempts of a hedge in `fn` the wait that
 *                            began last counts: one that the other attempt would have ended
 *                            may be refused, and a circle through the other is not seen
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

/** Adds the numbers of a flight as metrics edo_flight_…, with its name as the label flight, which
 * no other flight of the registry may have.
 * Owns:    shares `flight` until the registry ends.
 * Errors:  as edo_metrics_counter();  -EILSEQ, -EDO_ETOOLONG  of the name */
EDO_MUST_USE EDO_API int edo_metrics_add_flight(edo_metrics *m, edo_flight *flight);

/* ---- What was made is kept ------------------------------------------------------------------- */

typedef struct edo_cache edo_cache;

/* Makes the value of `key`: stores it in `*value`, which is NULL before, and returns 0 or more, or
 * returns a negative code. The value is memory of edo_rc_new(), whose reference the cache takes;
 * nobody may change it. NULL is not kept, and is what the callers get that wait for this load. May
 * await. */
typedef int edo_cache_load_fn(void **value, edo_str key, void *arg);

/* Options of a cache; all zero is the default. A duration of EDO_FOREVER_NS is no limit. */
typedef struct edo_cache_opts {
    const char *name;     /* for reports; copied; NULL: "unnamed" */
    size_t entries_max;   /* 0: 16,384; at most 2^28 */
    size_t bytes_max;     /* keys, what `bytes_of` says, and some 100 for each entry; 0: 64 MiB */
    size_t key_bytes_max; /* 0: 4,096 */
    size_t (*bytes_of)(const void *value); /* must not await; NULL: values count 0 bytes */
    edo_duration ttl;                      /* how long a value is fresh; 0: 60 s */
    /* Up to this share of a ttl is taken off at random, so that what was loaded together does not
     * expire together; 0: 0.1; at most 1. */
    double jitter;
    bool no_jitter;
    edo_duration negative_ttl;    /* how long an error is kept; 0: it is not */
    bool (*is_negative)(int err); /* which errors are kept; needs `negative_ttl`; NULL: -ENOENT */
    edo_duration stale_while;     /* after its ttl, how long a value is still returned at once,
                                      while a task of its own loads the next one; 0: not */
    edo_duration stale_if_error; /* after its ttl, how long it is what a load that fails returns; 0:
                                      not */
    double early;                /* beta of XFetch: a value is loaded anew, in a task of its own,
                                      the more likely the nearer its end is and the longer its load
                                      took; 1 is good; 0: not */
    edo_duration error_pause;    /* after a load that failed, how long an old value is returned
                                      before the next load; 0: 1 s */
    edo_duration load_timeout;   /* of loads in tasks of their own; 0: 30 s */
    uint32_t waiters_max, loads_max; /* as waiters_max and runs_max of edo_flight_opts */
    bool detached;                   /* all loads are tasks of their own */
    /* As of edo_flight_opts: for loads that are tasks of their own. */
    void *(*arg_ref)(void *arg);
    void (*arg_unref)(void *arg);
    uint64_t reserved[4]; /* must be 0 */
} edo_cache_opts;

/** Makes an empty cache. `opts` may be NULL.
 * Owns:    returns new: edo_cache_unref(). Copies `opts`.
 * Errors:  -EINVAL  options;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_cache_new(edo_cache **out, const edo_cache_opts *opts);

/** Takes one more reference and returns `cache`.
 * Owns:    shares `cache`. */
EDO_API edo_cache *edo_cache_ref(edo_cache *cache);

/** Gives one reference back; loads in tasks of their own have theirs. The last one frees the cache;
 * values that callers have stay. NULL is allowed. No caller may be in edo_cache_get_or_load().
 * Owns:    takes the reference. */
EDO_API void edo_cache_unref(edo_cache *cache);

/** Returns the value of `key`, if it is there and fresh: 0 or what its load returned.
 * Owns:    returns new in `*value`, on success only: edo_rc_unref().
 * Errors:  -ENOENT  it is not there, or not fresh;  a kept error */
EDO_MUST_USE EDO_API int edo_cache_get(edo_cache *cache, void **value, edo_str key);

/** Returns the value of `key`, which `load(value, key, arg)` makes if it is not there: on the task
 * of one caller, while others with that key wait (edo_flight_run()). What it returns is returned
 * for a value that is there, too.
 *
 * An old value is returned as `stale_while` and `stale_if_error` say; a refresh in a task of its
 * own needs a runtime. A value that the cache has no memory or no room for is returned, and not
 * kept.
 * Owns:    copies `key`; returns new in `*value`, on success only: edo_rc_unref().
 * Errors:  those of edo_flight_run(), with `loads_max` for `runs_max`;  a kept error;  any code of
 *          `load`
 * Cancel:  as edo_flight_run().
 * Threads: fibers and plain threads.   Waits: for `load`, and for the load of another caller. */
EDO_MUST_USE EDO_API int edo_cache_get_or_load(edo_cache *cache, void **value, edo_str key,
                                               edo_cache_load_fn *load, void *arg);

/** Sets the value of `key`, for `ttl`. What loads that are under way make of it is not kept.
 * Owns:    copies `key`; shares `value`, memory of edo_rc_new() that is not NULL.
 * Errors:  -EFBIG  it has more bytes than a part of the cache may have, a sixteenth of `bytes_max`
 *                  or more;  -EDO_ETOOLONG  the key;  -ENOMEM. The former value is gone then.
 *          -EDO_EMISUSE  `value` is NULL; debug builds report it */
EDO_MUST_USE EDO_API int edo_cache_set(edo_cache *cache, edo_str key, void *value);

/** Removes what is kept for `key`, and returns whether there was something. What loads that are
 * under way make of it is not kept, so no call that begins later gets what they have read. */
EDO_API bool edo_cache_remove(edo_cache *cache, edo_str key);

/** Removes everything, as edo_cache_remove() does. */
EDO_API void edo_cache_clear(edo_cache *cache);

/* Numbers of a cache; the first two now, the others since it was made. */
typedef struct edo_cache_stats {
    size_t entries, bytes;
    uint64_t hits_n;          /* calls that got a fresh value from the cache */
    uint64_t misses_n;        /* calls that found nothing to return at once */
    uint64_t stale_n;         /* calls that got an old value */
    uint64_t negative_n;      /* calls that got a kept error */
    uint64_t loads_n;         /* calls of `load` */
    uint64_t load_failures_n; /* of these, that failed; not those cut short */
    uint64_t refreshes_n;     /* loads in tasks of their own, for an old or aging value */
    uint64_t evicted_n;       /* entries that went for others */
    uint64_t expired_n;       /* entries that were found too old */
    uint64_t not_kept_n;      /* values without memory or room */
} edo_cache_stats;

/** Returns the numbers of a cache. */
EDO_API edo_cache_stats edo_cache_get_stats(edo_cache *cache);

/** Adds the numbers of a cache as metrics edo_cache_…, with its name as the label cache, which no
 * other cache of the registry may have; and those of the flight through which it loads.
 * Owns:    shares `cache` until the registry ends.
 * Errors:  as edo_metrics_add_flight() */
EDO_MUST_USE EDO_API int edo_metrics_add_cache(edo_metrics *m, edo_cache *cache);

/* ---- Calls of a service ---------------------------------------------------------------------- */

/* The key of a request: requests with equal keys have equal responses, whoever sends them. NULL in
 * `ptr`: this call is not shared. Borrowed from the request until the call returns. Must not
 * await. */
typedef edo_str edo_coalesce_key_fn(void *arg, const void *request);

/* Options of edo_coalesce_layer(): `key` and `response_bytes` must be set. */
typedef struct edo_coalesce_opts {
    edo_coalesce_key_fn *key;
    size_t response_bytes; /* of a response, if that refers to nothing: others get a copy of it */
    /* Instead of `response_bytes`. Of a call that succeeded: makes what others get out of the
     * response, which stays as it is: memory of edo_rc_new(), which nobody changes. If `*shared`
     * stays NULL the response is for its caller only, and each of the others makes a call of its
     * own. A negative code is what the call returns, with the response given back. May await. */
    int (*share)(void *arg, void **shared, const void *request, void *response);
    /* Fills the response of another caller. Returns 0, or a code that its call returns. */
    int (*fill)(void *arg, void *response, const void *shared);
    void *arg;            /* borrowed until the service has ended */
    edo_flight *flight;   /* shared by several services, not detached; NULL: one of its own */
    edo_cache *cache;     /* instead: keeps responses, too; loads must not be tasks of their own:
                             without `stale_while`, `early` and `detached` */
    uint64_t reserved[2]; /* must be 0 */
} edo_coalesce_opts;

/** Lets calls with one key share one call of the inner service while it is under way, or, with a
 * `cache`, also later. The rules are those of edo_flight_run() and edo_cache_get_or_load(): a call
 * that is cancelled is followed by one that waits, and failures are shared with those that wait.
 *
 * Ready reserves nothing: the call that reaches the inner service makes it ready. So calls that
 * wait for another one take no place in a limit inside.
 * Owns:    copies `opts`; takes references to the flight and the cache when it is built: keep yours
 *          until then.
 * Errors:  of the build: -EINVAL  no key, none or both of `response_bytes` and `share` with `fill`,
 *                         both of flight and cache, one that makes tasks, or `reserved`; -ENOMEM
 *          of a call: those of edo_flight_run();  those of the inner service, its ready included,
 *          also of a call that was shared;  those of `fill` */
EDO_MUST_USE EDO_API edo_layer edo_coalesce_layer(const edo_coalesce_opts *opts);

EDO_END_DECLS

#endif
