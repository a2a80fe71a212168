/* SPDX-License-Identifier: MIT */
/* runtime/scope/ctx.h: the context of a fiber or a plain thread: its deadline, its open scopes and
 * shields, its trail. A fiber's context lies at the base of its stack, a thread's in a
 * thread-local. State machines have none.
 *
 * inv. 1: only the fiber or thread itself touches its context; a fiber's runner may touch it
 *         between polls.
 * inv. 2: `deadline_ns` is the earliest open deadline inside the innermost shield; the brackets
 *         restore it in reverse order.
 *
 * Everything that each await of a fiber touches lies in one cache line: the end of edoi_ctx and the
 * beginning of edoi_fiber. When a thousand fibers run in turn, the number of cache lines per fiber
 * determines the speed. */
#ifndef EDOI_RUNTIME_SCOPE_CTX_H
#define EDOI_RUNTIME_SCOPE_CTX_H

#include "base/assert.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "runtime/thread/parker.h"
#include "runtime/thread/thread_driver.h"

#include <edo/runtime.h>
#include <edo/scope.h>

typedef struct edoi_opened edoi_opened;

typedef struct edoi_ctx {
    int64_t cut_ns; /* the deadline that cut an await short and is still open; INT64_MAX: none */
    edoi_trail *trail;
    uint32_t deadlines_n;  /* open */
    uint32_t shields_n;    /* open */
    int spawn_error;       /* why the last spawn failed; edo_task_join(NULL) returns it */
    edo_cancel_cause cut;  /* why the last cut-short await was cut short */
    int64_t deadline_ns;   /* INT64_MAX: none. Each await touches this and what follows */
    edoi_bracket *bracket; /* innermost open scope, or block of a token */
    uint32_t no_await_n;   /* open edo_no_await_begin() brackets */
    bool deaf;             /* awaits are not cut short, as at the end of a scope */
    bool polling;          /* inside the poll of the awaited future */
#if EDOI_REMEMBERS
    edoi_opened *opened_brackets; /* the innermost scope or token block; opened.h */
    edoi_opened *opened_others;   /* the innermost deadline, shield or edo_no_await_begin() */
#endif
} edoi_ctx;

/* A fiber's context, at the base of its stack. */
typedef struct edoi_fiber_ctx {
    int64_t armed_ns; /* when `timer` fires; INT64_MAX: it is not armed */
    EDOI_ALIGNED(32) edoi_ctx ctx;
    edoi_fiber fiber;
    edoi_timer timer; /* wakes the task at its deadline; undefined before the first arming */
    struct edoi_fiber_ctx *prev, *next; /* in its home's `placed`, if it was placed: spread.h */
} edoi_fiber_ctx;

_Static_assert(sizeof(edoi_fiber_ctx) <= EDOI_STACK_CTX_BYTES, "the context has its place");
_Static_assert(EDOI_REMEMBERS || sizeof(void *) != 8 ||
                   (offsetof(edoi_fiber_ctx, ctx.deadline_ns) == 64 &&
                    offsetof(edoi_fiber_ctx, fiber.fn) <= 128),
               "one cache line");

#define EDOI_ENTERED_MAX 8 /* runtimes entered at once by one thread */

/* A plain thread's context. */
typedef struct edoi_thread {
    edoi_ctx ctx;                   /* first */
    edoi_parker *parker;            /* NULL until the thread first awaits */
    edoi_thread_driver *own_driver; /* NULL until it first awaits I/O or time outside a runtime */
    const edo_cx *cx;               /* of the poll that may make `own_driver`; NULL: no such poll */
    edo_runtime *entered;           /* innermost, NULL if none */
    struct edoi_worker *in_place_of; /* the worker that blocks in place here; else NULL */
    uint32_t entered_n;              /* length of `outer` */
    uint32_t no_await_left_n; /* edo_no_await_begin() brackets left open by a fork: they forbid no
                                 await, and may be ended or not */
    uint32_t tid;             /* kernel thread id; 0: not read yet */
    edo_runtime *outer[EDOI_ENTERED_MAX];
} edoi_thread;

void edoi_ctx_init(edoi_ctx *c);

/* The context of the running fiber, else of the thread. Never NULL; opaque: not to be kept across
 * an await. */
edoi_ctx *edoi_ctx_here(void);

/* The calling thread's, also while a fiber runs on it. */
edoi_thread *edoi_thread_here(void);

/* The kernel's id of this thread. */
uint32_t edoi_thread_id(void);

/* The waker of the running fiber, else of the thread; a no-op waker if there is no memory for the
 * thread's. */
edo_waker *edoi_ctx_waker(void);

/* The thread's parker; NULL without memory. */
edoi_parker *edoi_thread_parker(edoi_thread *t);

/* Why an await of `c` must not wait now; EDO_CANCEL_NONE if it may wait. `task` is NULL on a
 * thread. */
edo_cancel_cause edoi_ctx_cut(edoi_ctx *c, const edo_task *task, int64_t now_ns);

/* Does edoi_ctx_cut() need the time? */
EDOI_INLINE bool edoi_ctx_has_deadline(const edoi_ctx *c) {
    return c->deadline_ns != INT64_MAX;
}

/* Was the bracket begun in a process that this one was forked from? Then ending it is allowed and
 * has no other effect. Its outer brackets are inherited too. */
EDOI_INLINE bool edoi_bracket_is_inherited(const edoi_bracket *b) {
    return EDOI_UNLIKELY(b->forks != edoi_forks());
}

/* Called after the poll of a state machine: a bracket that the poll left open would become the next
 * task's, or the suspended fiber's. Debug only: it costs a call. */
#ifdef EDO_DEBUG
void edoi_ctx_check_bracket(void);
#else
EDOI_INLINE void edoi_ctx_check_bracket(void) {}
#endif

/* Reports what this context left open; called at a fiber's end. */
void edoi_ctx_check_closed(const edoi_ctx *c);

#endif
