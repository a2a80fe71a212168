/* SPDX-License-Identifier: MIT */
/* runtime/scope/scope.h: the child's side of a scope. */
#ifndef EDOI_RUNTIME_SCOPE_SCOPE_H
#define EDOI_RUNTIME_SCOPE_SCOPE_H

#include "runtime/task/fiber_task.h"

/* A fiber that belongs to a scope. */
typedef struct edoi_child {
    edoi_fiber_task fiber;           /* first */
    int64_t deadline_ns;             /* const; the scope's owner's; INT64_MAX: none */
    edo_scope *scope;                /* const; alive until this child has left it */
    const edoi_ctx *owner;           /* const; of the scope's owner: alive as long */
    const edoi_fiber_task *owned_by; /* const; the owner; NULL: a thread */
    struct edoi_child *next, *prev;  /* lock: scope->lock */
} edoi_child;

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

/* How many children lived when the future with EDOI_FUTURE_WAITS_SCOPE was polled last. */
uint32_t edoi_scope_alive_n(const edo_future *end);

/* The shutdown abandons `t`: if it is a child, its scope does not wait for it. */
void edoi_child_abandoned(edo_task *t);

#endif
