/* SPDX-License-Identifier: MIT */
/* runtime/thread/await.c: awaits for each kind of caller: a fiber, a plain thread, or (misuse) a
 * poll. */
#include "records/brackets.h"
#include "runtime/scheduler/fiber_run.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/thread/drive.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include <edo/future_set.h>

#include <errno.h>
#include <sched.h>

static bool in_state_machine(void) {
    return EDO_MISUSE(edoi_machine_runs_here(),
                      "an await inside a poll function or a state machine: use EDO_AWAIT there");
}

int edo_await(edo_future *f) {
    edoi_worker *w = edoi_worker_here();
    if (EDOI_LIKELY(w && w->fiber)) return edoi_fiber_await(w, f);
    if (in_state_machine()) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    return edoi_thread_await(edoi_runtime_here(), f);
}

edo_polled edo_poll_once(edo_future *f) {
    edo_cx cx = { .waker = edo_waker_noop(), .worker = edoi_worker_here(), .budget = EDO_BUDGET };
    return edo_poll(f, &cx);
}

int edo_select_array(edo_future **futures, size_t n, uint32_t flags) {
    edo_select_future f;
    if (n > EDO_FUTURES_MAX) return -EINVAL; // a cancelled caller keeps its futures too
    return edo_await(edo_select_init(&f, futures, n, flags));
}

int edo_join_array(edo_future **futures, size_t n, uint32_t flags) {
    edo_join_future f;
    if (n > EDO_FUTURES_MAX) return -EINVAL;
    return edo_await(edo_join_init(&f, futures, n, flags));
}

int edo_future_set_done_next(edo_future_set *set, edo_future **done) {
    edo_future_set_done_next_future f;
    return edo_await(edo_future_set_done_next_init(&f, set, done));
}

int edo_yield(void) {
    edoi_worker *w = edoi_worker_here();
    if (EDOI_LIKELY(w && w->fiber)) return edoi_fiber_yield(w);
    bool misused =
        in_state_machine() || EDO_MISUSE(edoi_thread_here()->ctx.no_await_n,
                                         "an await between edo_no_await_begin() and its end");
    if (misused) return -EDO_EMISUSE;
    edo_runtime *rt = edoi_runtime_here();
    bool forked = rt && edoi_runtime_is_forked(rt);
    if (forked && !edoi_runtime_newest()) return -EDO_EFORKED;
    if (rt && !forked &&
        rt->opts.flavor == EDO_RUNTIME_CURRENT) { // tasks that shall run may need this thread
        edo_yield_future f;
        return edoi_thread_await(rt, edo_yield_init(&f));
    }
    sched_yield();
    return 0;
}

int edo_budget_consume(void) {
    edoi_worker *w = edoi_worker_here();
    if (EDOI_LIKELY(w && w->fiber)) return edoi_fiber_consume(w);
    return in_state_machine() ? -EDO_EMISUSE : edoi_thread_consume();
}

uint32_t edo_budget_left(void) {
    edoi_worker *w = edoi_worker_here();
    return w && edoi_worker_running(w) ? w->cx.budget : UINT32_MAX;
}

void edo_no_await_begin(void) {
    edoi_ctx *c = edoi_ctx_here();
    c->no_await_n++;
    edoi_bracket_note(c, EDOI_OPENED_NO_AWAIT, c->no_await_n, EDOI_CALLER());
}

void edo_no_await_end(void) {
    edoi_ctx *c = edoi_ctx_here();
    edoi_thread *t = edoi_thread_here();
    if (c->no_await_n == 0 && c == &t->ctx && t->no_await_left_n > 0) {
        edoi_bracket_forget(c, EDOI_OPENED_NO_AWAIT, t->no_await_left_n--);
        return;
    }
    if (EDO_MISUSE(c->no_await_n == 0, "edo_no_await_end() without its begin")) return;
    edoi_bracket_forget(c, EDOI_OPENED_NO_AWAIT, c->no_await_n);
    c->no_await_n--;
}

uint64_t edo_task_current_id(void) {
    const edo_task *t = edoi_task_here();
    return t ? edo_task_id(t) : 0;
}

const char *edo_task_current_name(void) {
    const edo_task *t = edoi_task_here();
    return t ? t->site : NULL;
}
