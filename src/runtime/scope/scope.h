/* SPDX-License-Identifier: MIT */
/* runtime/scope/scope.h: the child's side of a scope, and what spawning into one needs
 * (spawn/child.c). */
#ifndef EDOI_RUNTIME_SCOPE_SCOPE_H
#define EDOI_RUNTIME_SCOPE_SCOPE_H

#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_task.h"

/* A fiber that belongs to a scope. */
typedef struct edoi_child {
    edoi_fiber_task fiber;          /* first */
    int64_t deadline_ns;            /* const; that it has inherited; INT64_MAX: none */
    edo_scope *scope;               /* const; alive until this child has left it */
    const char *site;               /* const; where it was spawned; its name: the task's */
    bool is_guests;                 /* const; another task than the scope's owner has spawned it */
    struct edoi_start *start;       /* who waits until it is ready; NULL: nobody; lock: below */
    struct edoi_child *next, *prev; /* lock: scope->lock */
} edoi_child;

/* A wait for a child to say that it is ready: edo_scope_spawn_started(). lock: the scope's */
typedef struct edoi_start {
    edoi_child *child; /* NULL: not linked yet, or the wait is over */
    edo_waker *waker;  /* of the task that waits; NULL: it has not begun to */
    int value;         /* once it is over: what the child has said, or returned */
    edoi_trail *trail; /* of that failure */
} edoi_start;

/* The child's function has returned: other children are cancelled if its result demands it. The
 * scope may take the trail. The child leaves the scope at once if it has no handle. Otherwise true:
 * edoi_child_leave() has to follow when the task is done, since a child that the scope does not
 * wait for is done for all that look at it. */
EDO_MUST_USE bool edoi_child_ended(edoi_fiber_task *fiber, edoi_trail **trail);

/* The child, whose task is done, leaves the scope; the task may be gone afterwards. */
void edoi_child_leave(edo_task *t);

/* `s` wakes `w` from now on. Called by the scope's owner. */
void edoi_scope_renew(edo_scope *s, edo_waker *w);

/* May the scope of `c`, or one around it, end what `c` waits for: since another child has won, or
 * by a limit or token of its owner? One that is begun later is not known yet. Any thread, while `c`
 * lives. */
bool edoi_child_may_be_cut(const edoi_child *c);

/* ---- For spawn/child.c ----------------------------------------------------------------------- */

/* Is the caller another task or thread than the owner's? */
EDOI_INLINE bool edoi_scope_is_guest(const edo_scope *s) {
    return edoi_ctx_here() != s->owner;
}

/* A place that was kept is not needed: it goes to the task that waits longest, or is free. lock:
 * s->lock, which is released; the scope may be gone then, unless the caller is its owner. */
void edoi_scope_give_back(edo_scope *s);

/* A guest that has waited for a start leaves the scope, which may be gone once its lock is
 * released. Returns the owner's waker, marked, or NULL. lock: s->lock */
EDO_MUST_USE edo_waker *edoi_scope_starter_left(edo_scope *s);

/* Links a fresh child, for which a place is kept; `start` may be NULL. True: the scope has been
 * stopped. */
EDO_MUST_USE bool edoi_scope_link(edo_scope *s, edoi_child *child, edoi_start *start);

/* Counts a failed spawn of the owner's as a failure of the scope. */
void edoi_scope_note_refusal(edo_scope *s, int err, const char *site);

/* Ends the wait for `child`, which is ready or has ended, if there is one; returns the marked waker
 * of the task that waits, or NULL. lock: the scope's */
EDO_MUST_USE edo_waker *edoi_start_over(edoi_child *child, int value, edoi_trail *trail);

/* Why awaits of the owner, whose context is `c`, are cut short from outside of the scope. `task`:
 * NULL on a thread. */
edo_cancel_cause edoi_scope_owner_cut(const edo_scope *s, edoi_ctx *c, const edo_task *task);

/* ---- For those who look ---------------------------------------------------------------------- */

/* How many children lived when the future with EDOI_FUTURE_WAITS_SCOPE was polled last. */
uint32_t edoi_scope_alive_n(const edo_future *end);

/* The shutdown abandons `t`: if it is a child, its scope does not wait for it. */
void edoi_child_abandoned(edo_task *t);

/* The shutdown abandons `t`: if it waits, as a guest, for a place or a start, its scope goes on
 * without it. In spawn/child.c. */
void edoi_guest_abandoned(edo_task *t);

#endif
