/* SPDX-License-Identifier: MIT */
/* service/pool/pool.h: a pool's objects, and its queue of waiters. line.c changes both under the
 * lock; lend.c makes, tests and ends objects, without the lock; sweeper.c ends what is idle for too
 * long; full.c waits where no more can be made.
 *
 * An object is in one of these states, and its owner alone touches it:
 *
 *     in `idle`             the pool's
 *     in `lent`, a lease    the program's
 *     in `lent`, no lease   a get's, which tests it, a retain's, or one that is being ended
 *     in no list            a get's, which makes it
 *
 * inv. 1: while a task waits in line, nothing is idle, and no object may be made.
 * inv. 2: `size` counts the objects that are idle or lent, and `making_n`.
 * inv. 3: a closed pool has nothing idle, and only tasks that the close is about to wake are in
 *         line.
 *
 * If waits are watched, each object that is not idle, and each right to make one, is noted as a
 * place of its user (locks/permits.h): so a deadlock through the pool can be found. If a place may
 * come from elsewhere than a user, the pool becomes unknown there: when it was full, and when it
 * has grown while tasks waited.
 *
 * The pool ends with its last handle, its last object, its sweeper, and when it is full no more,
 * whichever comes last. */
#ifndef EDOI_SERVICE_POOL_POOL_H
#define EDOI_SERVICE_POOL_POOL_H

#include "base/lock.h"
#include "locks/permits.h"
#include "runtime/watch/open.h"
#include "service/pool/metrics.h"

#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/pool.h>
#include <edo/task.h>

#include <sys/queue.h>

/* The use of an object, for the report of a task that waits in vain. */
typedef struct edoi_pool_user {
    const char *place;       /* of the get; NULL: the pool itself */
    uint64_t task;           /* 0: a plain thread */
    const char *name;        /* of the task; stays until the process ends; NULL: a plain thread */
    edo_instant since;       /* when the get began, or was granted it; as of edo_now_coarse() */
    edoi_permit_taker taker; /* of the get, where waits are watched; else all zero */
} edoi_pool_user;

typedef struct edoi_pool_object edoi_pool_object;
struct edoi_pool_object {
    void *made;                         /* by the program; const */
    edo_pool *pool;                     /* const */
    edo_duration age_max;               /* const; a tenth more or less than the option */
    TAILQ_ENTRY(edoi_pool_object) next; /* in `idle` or `lent`; lock: lock */
    edoi_pool_user user;                /* lock: lock */
    edoi_pool_object *chained;          /* its owner's; edoi_pool_take_idle() */
    edo_pool_info info;                 /* its owner's */
    edo_instant lent_at;                /* its owner's; only where times are counted */
    bool is_given_back;                 /* its owner's; by the task of the get, where waits are
                                           watched */
};
TAILQ_HEAD(edoi_pool_objects, edoi_pool_object);

/* Has the peer room for more objects? */
typedef enum edoi_pool_room {
    EDOI_POOL_ROOM, /* as far as is known */
    EDOI_POOL_FULL, /* no: none may be made; a task that ends this is there, or about to begin */
    EDOI_POOL_FULL_ONCE, /* it had none: one is made at a time, until no task waits in line */
} edoi_pool_room;

struct edo_pool {
    edo_atomic_u16 number; /* first: EDOI_FUTURE_WAITS_PERMITS; atomic, relaxed: locks/permits.h */
    edoi_lock lock;        /* a leaf; guards the fields up to `is_swept` */
    edo_wait_list waiters; /* futures of edoi_pool_line_init() */
    edo_wait_passed passed;
    struct edoi_pool_objects idle; /* the latest given back first */
    struct edoi_pool_objects lent; /* the earliest lent first */
    uint32_t max;
    uint32_t size, idle_n, making_n, waiting_n; /* inv. 2 */
    bool is_closed;
    edo_pool_stats counts; /* only what is counted since the begin */
    uint32_t handles;
    bool is_swept; /* the sweeper's task is there, or about to begin */
    edoi_pool_room room;
    char full_why[EDO_TRAIL_TEXT_MAX]; /* what the last make said if it has failed so; else "" */
    /* const: */
    const edo_pool_ops *ops;
    void *arg;
    edo_pool_opts opts;        /* complete; `name` is a copy */
    bool sweeps;               /* objects may be over while they are idle */
    edo_cancel_token *closing; /* fires when the pool is closed */
    edoi_pool_view *view;      /* NULL: no registry has its numbers */
    edoi_open_thing open;      /* for the list of what is open */
    edoi_pool_times times;
};

/* ---- The line; line.c ------------------------------------------------------------------------ */

/* One that waits in line. */
typedef struct edoi_pool_line_future {
    edo_future base;
    edo_pool *pool;     /* borrowed */
    edo_wait_node node; /* lock: pool->lock while pending */
    edoi_pool_user user;
    edoi_pool_object *object; /* that it was granted; NULL: it may make one. lock: as node */
    bool is_first;            /* it waits before all others */
} edoi_pool_line_future;

/* Takes an object into `lent`, or the right to make one: `*out` is NULL then. Errors: -EAGAIN: the
 * caller has to wait in line; -EDO_ECLOSED. */
EDO_MUST_USE int edoi_pool_take_now(edo_pool *pool, const edoi_pool_user *user,
                                    edoi_pool_object **out);

/* As edoi_pool_take_now(), but waits; `is_first`: before all others. */
EDO_MUST_USE edo_future *edoi_pool_line_init(edoi_pool_line_future *f, edo_pool *pool,
                                             const edoi_pool_user *user, bool is_first);

typedef enum edoi_pool_kept {
    EDOI_POOL_KEPT,
    EDOI_POOL_KEPT_AND_SWEEP, /* the caller is to begin the sweeper, for which the pool stays */
    EDOI_POOL_NOT_KEPT,       /* the pool is closed, or has too many: the object is still lent */
} edoi_pool_kept;

/* Gives an object that is lent to the first in line, or makes it idle. */
EDO_MUST_USE edoi_pool_kept edoi_pool_keep(edoi_pool_object *o);

/* An object that was lent is no more: as edoi_pool_leave(), then edoi_pool_take_now() before all
 * that wait in line. */
EDO_MUST_USE int edoi_pool_exchange(edoi_pool_object *o, const edoi_pool_user *user,
                                    edoi_pool_object **out);

/* An object that was lent is no more: frees its record. May end the pool. */
void edoi_pool_leave(edoi_pool_object *o);

/* The right to make one is used: `o` is lent now, to `user`. */
void edoi_pool_made(edoi_pool_object *o, const edoi_pool_user *user);

/* The right to make one, which `user` had, is given back unused. `is_peers`: the peer is why, and
 * has not said that it is full. May end the pool. */
void edoi_pool_not_made(edo_pool *pool, const edoi_pool_user *user, bool is_peers);

/* The same, as no more can be made for now: `why`. Returns true if that was not known: the caller
 * is to begin the task of full.c, for which the pool stays. */
EDO_MUST_USE bool edoi_pool_not_made_full(edo_pool *pool, const edoi_pool_user *user,
                                          const char *why);

/* One may be made again. May end the pool. */
void edoi_pool_not_full(edo_pool *pool);

/* What it was decided to do with an idle object, under the lock. */
typedef bool edoi_pool_wants_fn(const edoi_pool_object *o, void *arg);

/* Lends the caller all idle objects for which `wants` returns true (NULL: all), the earliest given
 * back first, and returns them, chained. */
EDO_MUST_USE edoi_pool_object *edoi_pool_take_idle(edo_pool *pool, edoi_pool_wants_fn *wants,
                                                   void *arg);

/* Closes the pool: all tasks leave the line. Returns what was idle, as edoi_pool_take_idle(). */
EDO_MUST_USE edoi_pool_object *edoi_pool_shut(edo_pool *pool);

/* Sets `max`. If it has grown, tasks in line get the right to make objects, before all that come
 * meanwhile; if the pool has too many, those that are idle are returned, as
 * edoi_pool_take_idle(). The caller has a handle. */
EDO_MUST_USE edoi_pool_object *edoi_pool_limit(edo_pool *pool, uint32_t max);

/* The last handle is given back. May end the pool. */
void edoi_pool_let_go(edo_pool *pool);

/* The sweeper's task has ended, or could not begin. May end the pool. */
void edoi_pool_unswept(edo_pool *pool);

/* Called with the lock held; releases it. As edoi_pool_unswept(), of a sweeper that finds nothing
 * idle: in one step with that look, so that what is idle next begins another one. */
void edoi_pool_unswept_now(edo_pool *pool);

/* Frees a pool that has no handle, no object and no sweeper any more; pool.c. */
void edoi_pool_free(edo_pool *pool);

/* ---- Where no more can be made; full.c ------------------------------------------------------- */

/* Begins a task that ends this after a while. false: there is no runtime for it, and the pool is
 * full no more. */
EDO_MUST_USE bool edoi_pool_full_begin(edo_pool *pool);

/* ---- Objects; lend.c ------------------------------------------------------------------------- */

/* Ends an object that is lent, without a lease. */
void edoi_pool_end_object(edoi_pool_object *o);

/* Gives back an object that is lent; `stays`: it may be lent again. */
void edoi_pool_give_back(edoi_pool_object *o, bool stays);

/* When an idle object is over, by its age or because it was idle for too long. */
EDO_MUST_USE edo_instant edoi_pool_due(const edoi_pool_object *o);

#endif
