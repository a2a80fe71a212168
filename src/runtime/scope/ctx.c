/* SPDX-License-Identifier: MIT */
/* runtime/scope/ctx.c: contexts of fibers and threads, and whether their awaits are cut short. */
#include "runtime/scope/ctx.h"

#include "records/brackets.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/parker.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"

#include <pthread.h>
#include <unistd.h>

static EDOI_THREAD_LOCAL edoi_thread thread_here;
static EDOI_THREAD_LOCAL bool thread_known;

static pthread_key_t end_key;
static bool end_key_is_made;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

static void thread_end(void *arg) {
    edoi_thread *t = arg;
    if (t->on_end) t->on_end(t);
    if (t->parker) edoi_parker_put(t->parker);
    t->parker = NULL;
}

static void end_key_make(void) {
    end_key_is_made = pthread_key_create(&end_key, thread_end) == 0;
}

/* Makes thread_end() run at the end of this thread; false: it will not. */
static bool thread_end_is_heard(edoi_thread *t) {
    (void)pthread_once(&end_once, end_key_make);
    return end_key_is_made && pthread_setspecific(end_key, t) == 0;
}

void edoi_ctx_init(edoi_ctx *c) {
    // No spawn has failed yet: a join of NULL must nevertheless not return success.
    *c = (edoi_ctx){ .deadline_ns = INT64_MAX, .cut_ns = INT64_MAX, .spawn_error = -EDO_EMISUSE };
}

EDOI_OPAQUE edoi_thread *edoi_thread_here(void) {
    EDOI_COMPILER_BARRIER();
    if (!thread_known) {
        thread_known = true;
        edoi_ctx_init(&thread_here.ctx);
        thread_here.ctx.spawn_error = -EDO_ENORUNTIME;
    }
    return &thread_here;
}

uint32_t edoi_thread_id(void) {
    edoi_thread *t = edoi_thread_here();
    if (t->tid == 0) t->tid = (uint32_t)gettid();
    return t->tid;
}

edoi_ctx *edoi_ctx_here(void) {
    edoi_fiber_task *fiber = edoi_fiber_served_here();
    return fiber ? &fiber->ctx->ctx : &edoi_thread_here()->ctx;
}

edoi_parker *edoi_thread_parker(edoi_thread *t) {
    if (t->parker) return t->parker;
    // Without a thread_end() that gives the parker back, none is taken: as without memory, the
    // thread then spins.
    if (thread_end_is_heard(t)) t->parker = edoi_parker_get();
    return t->parker;
}

edo_waker *edoi_ctx_waker(void) {
    edo_task *fiber = edoi_fiber_here();
    if (fiber) return &fiber->waker;
    edoi_parker *p = edoi_thread_parker(edoi_thread_here());
    return p ? &p->waker : edo_waker_noop();
}

edo_runtime *edoi_runtime_here(void) {
    edo_runtime *rt = edoi_worker_runtime_here();
    return rt ? rt : edoi_thread_here()->entered;
}

/* The reason of an open scope or block that cuts awaits short; 0: none does. */
static uint32_t bracket_cut(const edoi_ctx *c) {
    uint32_t why = 0;
    for (const edoi_bracket *b = c->bracket; b && b->shields_n >= c->shields_n; b = b->outer) {
        if (edoi_bracket_is_inherited(b))
            break; // cancellations in the parent do not affect the child
        // CT1: pairs with CT2 in runtime/scope/cancel.c: writes before a token fired are seen
        why = edoi_load_acq_u32(b->cut);
        if (why) break;
    }
    return why;
}

edo_cancel_cause edoi_ctx_cut(edoi_ctx *c, const edo_task *task, int64_t now_ns) {
    edo_cancel_cause cut = EDO_CANCEL_NONE;
    uint32_t why;
    if (task && c->shields_n == 0 && EDOI_UNLIKELY(edoi_task_is_cancelled(task))) {
        cut = (edo_cancel_cause)edoi_load_rlx_u16(&task->cause); // relaxed: a hint for messages
    } else if (EDOI_UNLIKELY(c->bracket) && (why = bracket_cut(c)) != 0) {
        cut = (edo_cancel_cause)why;
    } else if (EDOI_UNLIKELY(c->deadline_ns <= now_ns)) {
        cut = EDO_CANCEL_DEADLINE;
        c->cut_ns = c->deadline_ns;
    }
    if (cut != EDO_CANCEL_NONE) c->cut = cut;
    return cut;
}

#ifdef EDO_DEBUG
void edoi_ctx_check_bracket(void) {
    const edoi_ctx *c = edoi_ctx_here();
    (void)EDO_MISUSE(c->no_await_n && edoi_bracket_tell(c, EDOI_OPENED_NO_AWAIT),
                     "a poll ended between edo_no_await_begin() and its end");
}
#endif

void edoi_ctx_check_closed(const edoi_ctx *c) {
    const edoi_bracket *b = c->bracket;
    (void)EDO_MISUSE(b && !b->of_token && edoi_bracket_tell(c, EDOI_OPENED_SCOPE),
                     "a scope on this stack was left without edo_scope_end()");
    (void)EDO_MISUSE(b && b->of_token && edoi_bracket_tell(c, EDOI_OPENED_BLOCK),
                     "a token's block on this stack was left without edo_cancel_end()");
    (void)EDO_MISUSE(edoi_ctx_deadlines_n(c) && edoi_bracket_tell(c, EDOI_OPENED_DEADLINE),
                     "a deadline was begun and not ended");
    (void)EDO_MISUSE(c->shields_n && edoi_bracket_tell(c, EDOI_OPENED_SHIELD),
                     "a shield was begun and not ended");
    (void)EDO_MISUSE(c->no_await_n && edoi_bracket_tell(c, EDOI_OPENED_NO_AWAIT),
                     "edo_no_await_begin() without its end");
}
