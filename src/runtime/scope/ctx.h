/* SPDX-License-Identifier: MIT */
/* runtime/scope/ctx.h: what the contexts of fibers and plain threads are used for: which one is
 * current, and whether its awaits are cut short. The structure: fiber_ctx.h. */
#ifndef EDOI_RUNTIME_SCOPE_CTX_H
#define EDOI_RUNTIME_SCOPE_CTX_H

#include "base/assert.h"
#include "base/fork.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "records/brackets.h"
#include "runtime/scope/parker.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/worker/here.h"

#include <edo/runtime.h>

struct edoi_thread_driver;
typedef struct edoi_hook_call edoi_hook_call;

#define EDOI_ENTERED_MAX 8 /* runtimes entered at once by one thread */

/* A plain thread's context. */
typedef struct edoi_thread {
    edoi_ctx ctx;        /* first */
    edoi_parker *parker; /* NULL until the thread first awaits */
    /* NULL until it first awaits I/O or time outside a runtime */
    struct edoi_thread_driver *own_driver;
    const edo_cx *cx;             /* of the poll that may make `own_driver`; NULL: no such poll */
    edo_runtime *entered;         /* innermost, NULL if none */
    struct edo_thread *dedicated; /* that edo_thread_start() has started; NULL: it has not */
    struct edoi_worker *in_place_of; /* the worker that blocks in place here; else NULL */
    uint32_t entered_n;              /* length of `outer` */
    uint32_t no_await_left_n; /* edo_no_await_begin() brackets left open by a fork: they forbid no
                                 await, and may be ended or not */
    uint32_t tid;             /* kernel thread id; 0: not read yet */
    struct edo_context_block *values; /* what is bound, but in tasks that it runs; NULL: nothing */
    edoi_hook_call *hook_calls; /* hooks of tokens whose functions run here, innermost first */
    edo_runtime *outer[EDOI_ENTERED_MAX];
    /* Called at the thread's end, before its parker goes; NULL: nothing is to be done. A hook,
     * since what drives runtimes lies above contexts: drive.c */
    void (*on_end)(struct edoi_thread *t);
} edoi_thread;

void edoi_ctx_init(edoi_ctx *c);

/* The context of the running fiber, else of the thread. Never NULL; opaque: not to be kept across
 * an await. */
edoi_ctx *edoi_ctx_here(void);

/* The runtime that this thread is in, NULL if none. */
edo_runtime *edoi_runtime_here(void);

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

/* How many deadlines are open. The fiber or thread itself. */
EDOI_INLINE uint32_t edoi_ctx_deadlines_n(const edoi_ctx *c) {
    return edoi_load_rlx_u32(&c->deadlines_n);
}

/* Adds `n`, and returns how many are open then. */
EDOI_INLINE uint32_t edoi_ctx_count_deadlines(edoi_ctx *c, uint32_t n) {
    n += edoi_ctx_deadlines_n(c);
    edoi_store_rlx_u32(&c->deadlines_n, n);
    return n;
}

/* Does edoi_ctx_cut() need the time? */
EDOI_INLINE bool edoi_ctx_has_deadline(const edoi_ctx *c) {
    return c->deadline_ns != INT64_MAX;
}

/* Was the bracket begun in a process that this one was forked from? Then ending it is allowed and
 * has no other effect. Its outer brackets are inherited too. */
EDOI_INLINE bool edoi_bracket_is_inherited(const edoi_bracket *b) {
    return edoi_is_inherited(b->forks);
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
