/* SPDX-License-Identifier: MIT */
/* runtime/task/fiber_ctx.h: the context of a fiber or a plain thread: its deadline, its open scopes
 * and shields, its trail. A fiber's context lies at the base of its stack, a thread's in a
 * thread-local. State machines have none.
 *
 * inv. 1: only the fiber or thread itself touches its context; a fiber's runner may touch it
 *         between polls.
 * inv. 2: `deadline_ns` is the earliest open deadline inside the innermost shield; the brackets
 *         restore it in reverse order.
 * inv. 1 is not asserted: each access would have to ask. The thread sanitizer finds others.
 *
 * Everything that each await of a fiber touches lies in one cache line: the end of edoi_ctx and the
 * beginning of edoi_fiber. When a thousand fibers run in turn, the number of cache lines per fiber
 * determines the speed. */
#ifndef EDOI_RUNTIME_TASK_FIBER_CTX_H
#define EDOI_RUNTIME_TASK_FIBER_CTX_H

#include "base/assert.h"
#include "base/error/trail.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "records/brackets.h"

#include <edo/scope.h>

typedef struct edoi_ctx {
    int64_t cut_ns; /* the deadline that cut an await short and is still open; INT64_MAX: none */
    edoi_trail *trail;
    edo_atomic_u32 deadlines_n;     /* open; atomic, relaxed: read by children of its scopes */
    uint32_t shields_n;             /* open */
    int spawn_error;                /* why the last spawn failed; edo_task_join(NULL) returns it */
    edo_cancel_cause cut;           /* why the last cut-short await was cut short */
    int64_t deadline_ns;            /* INT64_MAX: none. Each await touches this and what follows */
    edoi_bracket *bracket;          /* innermost open scope, or block of a token */
    uint32_t no_await_n;            /* open edo_no_await_begin() brackets */
    bool deaf;                      /* awaits are not cut short, as at the end of a scope */
    bool polling;                   /* inside the poll of the awaited future */
    bool was_own_wait;              /* what was cut short last: service/own_wait.h */
    bool has_values;                /* a fiber's: `values` of its context is not NULL */
    struct edoi_attempts *attempts; /* the innermost series: time/attempts.h; NULL: none */
#if EDOI_REMEMBERS
    edoi_opened *opened_brackets; /* the innermost scope or token block */
    edoi_opened *opened_others;   /* the innermost deadline, shield or edo_no_await_begin() */
#endif
} edoi_ctx;

/* A fiber's context, at the base of its stack. */
typedef struct edoi_fiber_ctx {
    int64_t armed_ns; /* when `timer` fires; INT64_MAX: it is not armed */
    /* Of the first await that a deadline has cut short, by the runner: deadline.h */
    int64_t cut_ns;       /* that deadline; INT64_MAX: none, and the rest is undefined */
    const char *cut_what; /* the name of its future */
    const void *cut_at;   /* where it was: stacks/spots.h; NULL: not known */
    EDOI_ALIGNED(32) edoi_ctx ctx;
    edoi_fiber fiber;
    edoi_timer timer; /* wakes the task at its deadline; undefined before the first arming */
    struct edoi_fiber_ctx *prev, *next; /* in its home's `placed`, if it was placed: spread.h */
    struct edo_context_block *values;   /* what is bound: values.h; NULL: nothing */
    uint32_t locks_own; /* its number among those that take locks: locks/order.h; 0: none yet */
    struct edoi_called *called; /* the innermost: called.h; NULL: none */
} edoi_fiber_ctx;

_Static_assert(sizeof(edoi_fiber_ctx) <= EDOI_STACK_CTX_BYTES, "the context has its place");
_Static_assert(EDOI_REMEMBERS || sizeof(void *) != 8 ||
                   (offsetof(edoi_fiber_ctx, ctx.deadline_ns) == 64 &&
                    offsetof(edoi_fiber_ctx, fiber.fn) <= 128),
               "one cache line");

#endif
