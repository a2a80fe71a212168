/* SPDX-License-Identifier: MIT */
/* service/balance/set.h: the endpoints of a balance, their states (set.c), the choice among the
 * ready ones (pick.c), and which are ejected (eject.c). The tasks that connect are in member.c, the
 * source is read in balance.c. */
#ifndef EDOI_SERVICE_BALANCE_SET_H
#define EDOI_SERVICE_BALANCE_SET_H

#include "service/balance/count.h"
#include "service/balance/load.h"
#include "service/balance/record.h"
#include "service/pause.h"
#include "time/attempts.h"

#include <edo/balance.h>
#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/notify.h>

typedef struct edoi_balance_set edoi_balance_set;
typedef struct edoi_member edoi_member;

/* A connection. It ends when its task has left it and its last lease is back. */
typedef struct edoi_balance_conn {
    void *made;             /* by the program; const */
    edoi_member *of;        /* a reference; const */
    edo_cancel_token *lost; /* fires when a call found it lost; const */
    /* lock: set->lock */
    uint64_t leases;
    size_t ready_at; /* index in set->ready; EDOI_NOT_READY: it was taken out */
    edoi_ewma took;  /* with EDO_LOAD_PEAK_EWMA */
    bool is_kept;    /* its task has not left it */
    /* its task, and the task of checks in its scope: */
    int ill; /* result of the failed check that ends it; 0: no check has */
} edoi_balance_conn;

#define EDOI_NOT_READY SIZE_MAX

/* An endpoint. References: of the set, of its task, of its connections. */
struct edoi_member {
    edoi_balance_set *set;    /* a reference; const */
    edo_endpoint endpoint;    /* as it came; const */
    edo_cancel_token *ending; /* fires when it was removed; cancels its task; const */
    edo_notify go;            /* it is wanted */
    uint64_t hash;            /* of its key; const */
    bool replaces;            /* const: members before it with its key go when it is ready */
    /* lock: set->lock */
    edo_balance_state state;
    int err;         /* of the last connect, while it has not been ready since; else 0 */
    uint32_t weight; /* at least 1 */
    uint16_t place;  /* of HASH: in set->places; EDOI_MAGLEV_NOBODY: none */
    edoi_record record;
    bool is_in;      /* in set->all */
    bool is_wanted;  /* shall connect */
    bool has_served; /* a call has succeeded since its task left a connection last */
    edoi_balance_conn *conn;
    /* its task only */
    edoi_pause pause;
    bool was_useless; /* its last connection was of no use, and was made anew at once */
};

/* The set. References: of the handle, of the task that reads the source, of members. */
struct edoi_balance_set {
    edoi_lock lock;            /* a leaf; guards the fields up to `seen` */
    edoi_member **all;         /* references, in the order of the source */
    edoi_balance_conn **ready; /* in no order, but for inv. 5 */
    edoi_member **places;      /* of HASH: the members by the table's numbers; NULL: free */
    size_t all_n, ready_n, room;
    size_t open_n;    /* of `ready`: inv. 5 */
    size_t picks_n;   /* how many of `ready` may be picked; inv. 6 */
    size_t ejected_n; /* of `all` */
    size_t shown[4];  /* members by the state that they count as */
    uint64_t leases;  /* of connections that are ready */
    uint64_t weights; /* of HASH: sum over the members that may be picked */
    uint16_t *table;  /* of HASH: edoi_maglev_fill(); NULL: not made yet */
    uint64_t shape;   /* of HASH: another number for each change of what the table should have */
    uint64_t shape_told;
    uint64_t random, turn;
    edoi_ewma_clock ewma; /* of all `took` */
    edo_balance_state state;
    bool is_seeking;      /* PICK_FIRST: one of the members shall connect */
    edoi_member *standby; /* likewise: inv. 4; connects, too, if it is `standby_at` before one is
                             ready; NULL: none */
    edo_instant standby_at;
    bool is_slow;   /* that time has come */
    int empty_err;  /* why there are no members; 0: the source has told nothing */
    int over;       /* not 0: picks fail with it, the tasks are at their end */
    int failed_err; /* of the connect that failed last, to `failed_at` */
    char failed_at[EDO_ENDPOINT_ADDRESS_MAX];
    char failed_why[EDO_TRAIL_TEXT_MAX]; /* by its trail; "": it had none */
    edoi_balance_counts counts;
    edo_notify changed;  /* the state has changed, or one more is ready */
    edo_notify reshaped; /* of HASH: the table is out of date */
    edo_notify ejected;  /* by a call: its task has a time to wait for */
    /* const: */
    edo_cancel_token *ending; /* fires when the handle has ended */
    bool is_made;             /* the program has the handle: `arg` is dropped at the end */
    const edo_balance_ops *ops;
    void *arg;
    edo_balance_opts opts; /* complete, but for `name` */
    bool is_timed;         /* calls are: with EDO_LOAD_PEAK_EWMA */
    bool ejects;           /* opts.outlier has a rule */
    char *name;            /* owned */
};

/* The handle. */
struct edo_balance {
    edoi_balance_set *set; /* a reference */
};

/* Makes a set. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_balance_set_new(edoi_balance_set **out, const edo_balance_ops *ops, void *arg,
                                      const edo_balance_opts *opts);
edoi_balance_set *edoi_balance_set_ref(edoi_balance_set *set);
void edoi_balance_set_unref(edoi_balance_set *set);

/* ---- Members; for the task that reads the source --------------------------------------------- */

/* Adds an endpoint, or gives the member that has its key and address its weight: `*out` is NULL
 * then. Else `*out` has a reference for the task of the member. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_balance_set_add(edoi_balance_set *set, const edo_endpoint *e,
                                      edoi_member **out);

/* Removes the members with this key, up to `before` (NULL: all). */
void edoi_balance_set_remove(edoi_balance_set *set, const char *key, const edoi_member *before);

/* The source has failed with `err`, or is over. */
void edoi_balance_set_unsourced(edoi_balance_set *set, int err);

/* Removes all members; from now on picks return `err`. */
void edoi_balance_set_end(edoi_balance_set *set, int err);

/* ---- Members; each for its own task ---------------------------------------------------------- */

void edoi_member_unref(edoi_member *m);

/* How long a member that is not to connect waits until it looks again; it may be woken earlier. */
edo_duration edoi_member_patience(edoi_member *m);

/* That time has come. */
void edoi_member_stand_in(edoi_member *m);

/* A round begins: true: it shall connect. */
EDO_MUST_USE bool edoi_member_begin(edoi_member *m);

/* Its connect has failed, or connections were of no use: it pauses. */
void edoi_member_failed(edoi_member *m, int err);

/* It has connected; false: the connection is not wanted any more. */
EDO_MUST_USE bool edoi_member_connected(edoi_member *m, edoi_balance_conn *c);

/* The program has asked the endpoint whether it is well: it is, or `result` is negative. Returns
 * whether its connection shall be left for that, as another endpoint may be well. */
EDO_MUST_USE bool edoi_member_checked(edoi_member *m, int result);

/* Makes a connection that is not ready yet. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_balance_conn_new(edoi_balance_conn **out, edoi_member *of);

/* The task leaves the connection, which is picked no more; `said_goodbye`: the server has ended it
 * in order. Returns whether it was of use: a call has succeeded, or is under way still at a
 * goodbye. */
EDO_MUST_USE bool edoi_balance_conn_leave(edoi_balance_conn *c, bool said_goodbye);

/* Ends a connection that was never ready; closes it if `made` is not NULL. */
void edoi_balance_conn_drop(edoi_balance_conn *c);

/* ---- Calls ----------------------------------------------------------------------------------- */

/* What is picked. */
typedef struct edoi_pick {
    bool fail_fast; /* as EDO_PICK_FAIL_FAST */
    bool has_hash;  /* of HASH: the connection of `hash`, an edoi_maglev_hash() */
    uint64_t hash;
    int64_t at_ns;           /* out: when it was picked, if calls are timed */
    edoi_attempts *attempts; /* out: the series that it is part of; NULL: none */
} edoi_pick;

/* Picks, without waiting: 0; 1: none is ready; or why none will be. Begins to connect if none is
 * ready. */
EDO_MUST_USE int edoi_balance_set_pick(edoi_balance_set *set, edoi_balance_conn **out,
                                       edoi_pick *pick);

/* As edoi_balance_set_pick(), but waits. */
EDO_MUST_USE int edoi_balance_set_await(edoi_balance_set *set, edoi_balance_conn **out,
                                        edoi_pick *pick);

/* How a call ended. */
typedef struct edoi_call_end {
    int64_t began_ns; /* with set->is_timed; EDOI_NO_CALL: there was none */
    bool has_failed;  /* which was its endpoint's fault */
    int result;
    bool is_lost; /* the connection is picked no more */
} edoi_call_end;

#define EDOI_NO_CALL INT64_MIN

/* Gives a lease back. */
void edoi_balance_conn_done(edoi_balance_conn *c, const edoi_call_end *end);

/* Does the result of a call, or of a check, say that the connection can take no further one? */
bool edoi_balance_conn_is_lost(const edoi_balance_conn *c, int result);

/* Does the result of a call say that its endpoint has failed? */
bool edoi_result_has_failed(int result);

/* Now, if calls are timed. */
int64_t edoi_balance_set_time(const edoi_balance_set *set);

/* ---- Events; for the files of the set -------------------------------------------------------- */

/* What an event owes once the lock was released. */
typedef struct edoi_duties {
    bool changed;       /* wake the tasks that wait for the set */
    bool ejected;       /* wake the task that readmits */
    bool reshaped;      /* wake the task that makes the table */
    edoi_member *go[2]; /* wake their tasks; references; may be NULL */
} edoi_duties;

/* Ends each event, with the lock held: computes the set's state from its members' states. */
void edoi_set_settle(edoi_balance_set *set, edoi_duties *owed);

/* Releases the lock, and does what is owed. */
void edoi_set_unlock(edoi_balance_set *set, const edoi_duties *owed);

/* Prepares the estimates of all connections for one at `now_ns`. With the lock held. */
void edoi_set_advance(edoi_balance_set *set, int64_t now_ns);

/* A member is ejected because of `err`, and readmitted. With the lock held. */
void edoi_member_close(edoi_member *m, int err);
void edoi_member_open(edoi_member *m);

/* A call or a check found its connection lost. The caller's lease, or its task, keeps it. */
void edoi_conn_lost(edoi_balance_conn *c);

/* ---- Looking on ------------------------------------------------------------------------------ */

/* The state; negative: picks fail with it. */
int edoi_balance_set_state(edoi_balance_set *set);

/* PICK_FIRST: one of the members shall connect. */
void edoi_balance_set_seek(edoi_balance_set *set);

/* Fills in the member at `i`, if there is one; returns how many there are. */
size_t edoi_balance_set_at(edoi_balance_set *set, size_t i, edo_balance_endpoint *out);

/* Walks the set, with its lock held. */
void edoi_balance_set_check(const edoi_balance_set *set);

#endif
