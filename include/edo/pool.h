/* SPDX-License-Identifier: MIT */
/* edo/pool.h: objects that are costly to make and used by one task at a time, such as connections
 * to a database. The pool lends them, makes what is missing up to a limit, and lets tasks wait.
 *
 *     static const edo_pool_ops ops = { .make = connects, .check = is_open, .reset = cleans,
 *                                       .end = closes };
 *     edo_pool *pool;
 *     int err = edo_pool_new(&pool, &ops, &address, &(edo_pool_opts){ .name = "db", .max = 20 });
 *     …
 *     edo_pool_lease lease;
 *     err = edo_pool_get(pool, &lease);
 *     if (err < 0) return err;
 *     err = ask(lease.object, question);
 *     edo_pool_put(&lease);                      // or edo_pool_drop(): it is broken
 *
 * A get takes an object that is idle and fit; one that is not is ended, and the next is tried. If
 * none is left it makes one, on its own task, while there are fewer than `max`. Else it waits: the
 * tasks in line get what comes first, an object that is given back or the right to make one. Where
 * the peer has no room for another, as `is_full` says, the pool has as many as it has got. On a
 * runtime with several workers a task on the giving worker may pass others, as in edo/sem.h.
 *
 * Nothing that a program does to an object's peer in vain is noticed here: a task that finds an
 * object broken gives it back by edo_pool_drop(), or marks it for `check`. An object is in nobody's
 * hands but those of the task that has its lease.
 *
 * With `metrics` a pool counts by the names of OpenTelemetry's semantic conventions, with the label
 * db_client_connection_pool_name, its name, which no other pool of the registry may have:
 *
 *     db.client.connection.count             objects, by db_client_connection_state: "idle", "used"
 *     db.client.connection.max               `max`
 *     db.client.connection.pending_requests  tasks in line
 *     db.client.connection.timeouts          tasks that have waited in vain
 *     db.client.connection.create_time       histogram, s: of each make that succeeded
 *     db.client.connection.wait_time         histogram, s: of each get that succeeded, with its make
 *     db.client.connection.use_time          histogram, s: from a get until the lease is given back
 *
 * A get that waits in line is a span "wait" of the target "pool", of the level DEBUG (edo/span.h),
 * with the pool's name.
 *
 * Where waits are watched (edo/locks.h), tasks that have all of its objects and wait in line for
 * another, without any limit of time, are told after ten seconds.
 *
 * For objects that cost no more than memory: edo/slab.h. For one connection that many tasks share:
 * edo/balance.h.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_POOL_H
#define EDO_POOL_H

#include <edo/time.h>

struct edo_metrics;

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     59 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_pool edo_pool;

/* What is known of an object. */
typedef struct edo_pool_info {
    edo_instant made_at;
    edo_instant kept_at; /* when it was last given back; 0: not yet. As of edo_now_coarse() */
    uint64_t gets_n;     /* how often it was lent before */
} edo_pool_info;

/* What the program does. Const and static. In C initialise it by the names of its members. The
 * functions are called for several objects at once, each on the thread of a call that needs it. */
typedef struct edo_pool_ops {
    /* Makes an object, on the task of the get. May await; is cancelled with the get, or after
     * `make_timeout`. Returns 0 and `*object`, not NULL, or a negative code, which the get
     * returns. */
    int (*make)(void *arg, void **object);
    /* May the object, which was idle, be lent? Must not await: looks at a mark, at its age. NULL:
     * it may. */
    bool (*check)(void *arg, void *object, const edo_pool_info *info);
    /* Makes an object that was lent before as if new, or tests it by a question to its peer, before
     * it is lent again: on the task of the get. May await; is cancelled with the get, or after
     * `reset_timeout`. A negative code: it is ended, and the get tries the next. NULL: nothing. */
    int (*reset)(void *arg, void *object);
    /* Ends an object. Must not await. */
    void (*end)(void *arg, void *object);
    /* The pool and its last object have ended. NULL: nothing. */
    void (*drop)(void *arg);
    /* `make` has failed with `err`: is it so because there can be no more objects for now, and more
     * later? Then the get waits in line for one that is given back, or until `make` succeeds, which
     * is tried again four times a second; its trail has the line that `make` has added last. Must
     * not await. NULL: never, and the get returns `err`. */
    bool (*is_full)(void *arg, int err);
    void (*reserved[2])(void); /* must be NULL */
} edo_pool_ops;

/* Which of the idle objects is lent next. */
typedef enum edo_pool_order {
    EDO_POOL_LIFO, /* the last that was given back: under little load the others grow old and end */
    EDO_POOL_FIFO, /* the first: all are used in turn */
} edo_pool_order;

/* Options of a pool; all zero is the default. For a duration EDO_FOREVER_NS is no limit. */
typedef struct edo_pool_opts {
    const char *name;   /* for reports; copied; NULL: "unnamed" */
    uint32_t max;       /* objects at most; 0: two for each processor */
    uint32_t makes_max; /* makes at once; 0: 4 */
    edo_pool_order order;
    edo_duration wait_timeout;  /* how long a get waits in line; 0: 5 s; 1 ns: hardly at all */
    edo_duration make_timeout;  /* 0: 5 s */
    edo_duration reset_timeout; /* 0: 1 s */
    edo_duration idle_max;      /* an object that is idle for longer is ended; 0: 10 min */
    /* one older than this, a tenth more or less, is not lent again; 0: 30 min */
    edo_duration age_max;
    edo_duration slow; /* a get that waits longer in line is a warning in the log; 0: 2 s */
    struct edo_metrics *metrics; /* the registry (edo/metrics.h) that has this pool's numbers, see
                                    below; shared; NULL: none */
    uint64_t reserved[3];        /* must be 0 */
} edo_pool_opts;

struct edoi_pool_object;

/* The use of an object. A value: `object` is yours until the lease is given back, from any task. */
typedef struct edo_pool_lease {
    void *object;                /* as `make` made it; NULL: the lease was given back */
    struct edoi_pool_object *of; /* edo's */
} edo_pool_lease;

/** Makes a pool, without an object in it.
 * Owns:    returns new: edo_pool_unref(). Borrows `ops` for good, and `arg` until `ops->drop(arg)`,
 *          which is not called on failure. Copies `opts` (may be NULL).
 * Errors:  -EINVAL  options, or `ops` without `make` or `end`;  -ENOMEM;  with `metrics` those of
 *          edo_metrics_hist(), and -EILSEQ, -EDO_ETOOLONG  of `name` */
EDO_MUST_USE EDO_API int edo_pool_new(edo_pool **out, const edo_pool_ops *ops, void *arg,
                                      const edo_pool_opts *opts);

/** Takes one more reference and returns `pool`.
 * Owns:    shares `pool`. */
EDO_API edo_pool *edo_pool_ref(edo_pool *pool);

/** Gives one reference back. The last one closes the pool, see edo_pool_close(); what is lent then
 * is still given back as ever. NULL is allowed. No get may be under way.
 * Owns:    takes the reference. */
EDO_API void edo_pool_unref(edo_pool *pool);

/* ---- Lending --------------------------------------------------------------------------------- */

/** Lends an object. A macro over edo_pool_get_at(), which adds the place of the call: it names who
 * has the objects when a get waits in vain.
 * Owns:    borrows `pool` until return; fills `*lease`: edo_pool_put() or edo_pool_drop(). On
 *          failure `*lease` is zero.
 * Errors:  -ETIMEDOUT   `wait_timeout` passed, or `make_timeout`: the trail says which, and why no
 *                       more can be made if that is so
 *          -EDO_ECLOSED  the pool is closed, or was while this task waited
 *          -ECANCELED   this task was cancelled or a deadline around it passed
 *          -ENOMEM;  any code of `make`
 * Cancel:  safe: an object that this task has got already goes to the next one in line, and one
 *          whose `reset` was cut short is ended. The place in line is lost.
 * Threads: fibers and plain threads.
 * Waits:   for its turn, and for `make` and `reset`. */
#define edo_pool_get(pool, lease) edo_pool_get_at((pool), (lease), EDOI_PLACE)

/** The function behind edo_pool_get().
 * Owns: as edo_pool_get(); `place` is a string literal.   Errors: as edo_pool_get()
 * Cancel: as edo_pool_get().   Waits: as edo_pool_get(). */
EDO_MUST_USE EDO_API int edo_pool_get_at(edo_pool *pool, edo_pool_lease *lease, const char *place);

/** Gives an object back: to the task that waits longest, or it is idle. It is ended if the pool is
 * closed or has more than `max`, or the object is too old.
 * Owns:    takes the lease, which is zero then. */
EDO_API void edo_pool_put(edo_pool_lease *lease);

/** Ends an object that is not to be lent again; its place is free for a new one.
 * Owns:    takes the lease, which is zero then. */
EDO_API void edo_pool_drop(edo_pool_lease *lease);

/** Takes an object out of the pool, which may make another one in its place.
 * Owns:    takes the lease, which is zero then; the object returned is the caller's. */
EDO_MUST_USE EDO_API void *edo_pool_take(edo_pool_lease *lease);

/** Lends an object for one call of `fn`, and gives it back whatever `fn` returns, unless it has
 * given the lease back itself. Returns what `fn` returns.
 * Errors:  as edo_pool_get(), and any code of `fn`   Cancel: as edo_pool_get() and `fn`.
 * Threads: fibers and plain threads.   Waits: as edo_pool_get() and `fn`. */
#define edo_pool_run(pool, fn, arg) edo_pool_run_at((pool), (fn), (arg), EDOI_PLACE)

typedef int edo_pool_run_fn(edo_pool_lease *lease, void *arg);

/** The function behind edo_pool_run().
 * Owns: as edo_pool_get(); `place` is a string literal.   Errors: as edo_pool_run()
 * Cancel: as edo_pool_run().   Waits: as edo_pool_run(). */
EDO_MUST_USE EDO_API int edo_pool_run_at(edo_pool *pool, edo_pool_run_fn *fn, void *arg,
                                         const char *place);

/** Returns what is known of the object of a lease. */
EDO_API edo_pool_info edo_pool_get_info(const edo_pool_lease *lease);

/* ---- Managing -------------------------------------------------------------------------------- */

/* Is the object to be kept? Must not await. */
typedef bool edo_pool_retain_fn(void *arg, void *object, const edo_pool_info *info);

/** Ends the idle objects for which `fn(arg, …)` returns false, and returns how many. Those that it
 * looks at count as lent meanwhile. */
EDO_API size_t edo_pool_retain(edo_pool *pool, edo_pool_retain_fn *fn, void *arg);

/** Sets `max`, at least 1. Of too many objects the idle ones end at once, those that are lent when
 * they are given back. */
EDO_API void edo_pool_resize(edo_pool *pool, uint32_t max);

/** Closes the pool: tasks that wait and later gets fail with -EDO_ECLOSED, idle objects end now,
 * and those that are lent when they are given back. Closing again does nothing. */
EDO_API void edo_pool_close(edo_pool *pool);

/* Numbers of a pool; the first six now, the others since it was made. */
typedef struct edo_pool_stats {
    uint32_t max;
    uint32_t size; /* objects that are lent, idle, being made or ended */
    uint32_t idle, lent, making;
    uint32_t waiting;         /* tasks in line */
    uint64_t gets_n;          /* times that an object was lent */
    uint64_t waits_n;         /* gets that had to wait in line */
    uint64_t timeouts_n;      /* of these, that waited in vain */
    uint64_t made_n;          /* objects */
    uint64_t make_failures_n; /* the ones cancelled or cut short included */
    uint64_t unfit_n;         /* idle objects that a get ended: by `check`, `reset` or age */
} edo_pool_stats;

/** Returns the numbers of a pool. */
EDO_API edo_pool_stats edo_pool_get_stats(edo_pool *pool);

EDO_END_DECLS

#endif
