/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/fiber_run.c: runs and suspends a fiber. */
#include "runtime/scheduler/fiber_run.h"

#include "driver/clock.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "records/handles.h"
#include "records/lent.h"
#include "records/unfinished.h"
#include "runtime/fiber/spread.h"
#include "runtime/fiber/stack_wait.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/scope.h"
#include "runtime/scope/values.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include <errno.h>

/* Reports a timer on the stack, which ends: the wheel would write to memory that another fiber
 * has. */
static void check_timers(const edoi_fiber_task *self) {
    const edoi_stack *stack = self->ctx->fiber.stack;
    (void)EDO_MISUSE(edoi_handle_timer_is_in(stack->lo, stack->hi),
                     "a timer on this stack was begun, and neither ended nor dropped");
}

/* The first function on a fiber's stack. */
static edoi_fiber *run_function(void *arg) {
    edoi_fiber_task *self = arg;
    int result = self->fn(self->arg);
    edoi_ctx_check_closed(&self->ctx->ctx);
    edoi_values_check_closed(self, edoi_fiber_values(self));
    check_timers(self);
    self->base.result = result;
    const edoi_worker *w = edoi_worker_here();
    if (EDOI_UNLIKELY(!w)) edoi_fork_task_returned();
    return (edoi_fiber *)(uintptr_t)&w->thread;
}

static EDOI_NOINLINE void start_unusual(edoi_fiber_task *self, edoi_worker *w) {
    if (self->kind & EDOI_FIBER_NO_STACK) {
        self->kind &= (uint8_t)~EDOI_FIBER_NO_STACK;
        edoi_stack_wait_began(&w->stack_wait);
    }
    if (self->kind & EDOI_FIBER_MONITORED) edoi_stats_fiber_began(w, self);
    if (self->kind & EDOI_FIBER_CHILD)
        self->ctx->ctx.deadline_ns = ((edoi_child *)(void *)self)->deadline_ns;
    if (self->kind & EDOI_FIBER_BOUND) edoi_values_fiber_began(self, edoi_fiber_values(self));
    if (self->kind & EDOI_FIBER_PLACED) edoi_spread_arrived(w, self->ctx);
    if (self->kind & EDOI_FIBER_MIGRATES) { // has no home here
        edoi_store_rlx_u16(&edoi_fiber_task_header(self)->home, OWNER_NONE);
        w->placement.fibers_n--;
    }
}

/* Called before the stack is released, on which the fiber's context lies. */
static EDOI_NOINLINE void fiber_task_end_unusual(edoi_fiber_task *self, edoi_worker *w,
                                                 edoi_fiber_ctx *ctx) {
    if (self->kind & EDOI_FIBER_MIGRATES)
        w->placement.fibers_n++; // was not counted: start_unusual()
    if (self->kind & EDOI_FIBER_PLACED) edoi_spread_ended(w, ctx);
    if (self->kind & EDOI_FIBER_MONITORED) edoi_monitored_fiber_end(self);
    if (self->kind & EDOI_FIBER_CHILD && edoi_child_ended(self, &self->trail))
        w->now.after |= EDOI_AFTER_LEAVE;
    if (self->kind & EDOI_FIBER_GUARDED) edoi_guard_fiber_end(self);
    if (self->kind & EDOI_FIBER_BOUND)
        edoi_values_end(edoi_fiber_values(self), self->kind & EDOI_FIBER_SPAN, self->base.result);
}

static int fiber_task_start(edoi_fiber_task *self, edoi_worker *w) {
    edoi_stack *stack;
    bool has_waited = self->kind & EDOI_FIBER_NO_STACK;
    int err = EDOI_UNLIKELY(has_waited)
                  ? edoi_stack_get_in_turn(&w->stacks, self->stack_bytes, &stack)
                  : edoi_stack_get(&w->stacks, self->stack_bytes, &stack);
    if (err < 0) return err;
    edoi_fiber_ctx *ctx = edoi_stack_ctx(stack);
    edoi_ctx_init(&ctx->ctx);
    ctx->armed_ns = ctx->cut_ns = INT64_MAX;
    ctx->values = NULL;
    ctx->locks_own = 0;
    ctx->called = NULL;
    stack->name = edoi_fiber_task_header(self)->site;
    edoi_fiber_start(&ctx->fiber, stack, &w->thread, run_function, self);
    edoi_store_rlx_u16(&edoi_fiber_task_header(self)->home, (uint16_t)(w->index + 1));
    w->placement.fibers_n++;
    self->ctx = ctx;
    if (EDOI_UNLIKELY(self->kind)) start_unusual(self, w);
    return 0;
}

void edoi_fiber_task_end(edoi_fiber_task *self, edoi_worker *w) {
    edoi_fiber_ctx *ctx = self->ctx;
    edoi_lent_ended(edoi_fiber_task_header(self), edoi_fiber_task_header(self)->site);
    EDOI_CUT_SHORT(w->runtime, ctx->ctx.cut == EDO_CANCEL_SHUTDOWN,
                   edoi_fiber_task_header(self)->site);
    if (ctx->armed_ns != INT64_MAX) (void)edoi_wheel_cancel(&ctx->timer);
    self->trail = ctx->ctx.trail;
    if (EDOI_UNLIKELY(self->trail)) self->trail = edoi_trail_only(self->trail, self->base.result);
    self->ctx = NULL;
    w->placement.fibers_n--;
    if (EDOI_UNLIKELY(self->kind)) fiber_task_end_unusual(self, w, ctx);
    if (EDOI_UNLIKELY(self->locks)) edoi_blocked_ended(self);
    edoi_stack_put(&w->stacks, ctx->fiber.stack);
    (void)edo_future_finish(&self->base, self->base.result);
}

static EDOI_NOINLINE bool is_cut_slowly(edoi_fiber_task *self, edoi_worker *w) {
    edoi_ctx *c = &self->ctx->ctx;
    if (EDOI_UNLIKELY(c->deaf)) return false;
    int64_t now_ns = edoi_ctx_has_deadline(c) ? edoi_clock_now(&w->clock) : 0;
    return edoi_ctx_cut(c, edoi_fiber_task_header(self), now_ns) != EDO_CANCEL_NONE;
}

/* True: the fiber must be resumed because its await is cut short. */
EDOI_INLINE bool is_cut(edoi_fiber_task *self, edoi_worker *w) {
    const edoi_ctx *c = &self->ctx->ctx;
    bool bounded = edoi_ctx_has_deadline(c) || c->bracket;
    if (EDOI_LIKELY(!bounded && !edoi_task_is_cancelled(edoi_fiber_task_header(self))))
        return false;
    return is_cut_slowly(self, w);
}

/* Arms the timer of the task's deadline. False: the deadline has passed. A deadline that moves
 * later does not move the timer: the timer fires once for nothing and is armed again. */
static EDOI_NOINLINE bool fiber_task_arm(edoi_fiber_task *self, edoi_worker *w) {
    edoi_fiber_ctx *ctx = self->ctx;
    if (ctx->armed_ns == INT64_MAX) ctx->timer = (edoi_timer){ 0 };
    bool hangs = ctx->armed_ns != INT64_MAX &&
                 edoi_wheel_renew(&ctx->timer, &edoi_fiber_task_header(self)->waker);
    if (hangs && ctx->armed_ns <= ctx->ctx.deadline_ns) return true;
    ctx->armed_ns = ctx->ctx.deadline_ns;
    bool armed = edoi_wheel_reset(w->wheel, &ctx->timer, ctx->armed_ns,
                                  &edoi_fiber_task_header(self)->waker);
    if (!armed) ctx->armed_ns = INT64_MAX;
    return armed;
}

/* Arms before a wait; true: the wait is cut short instead. A future that cannot be cancelled is
 * polled again at its deadline. */
EDOI_INLINE bool arm_is_cut(edoi_fiber_task *self, edoi_worker *w) {
    if (EDOI_LIKELY(!edoi_ctx_has_deadline(&self->ctx->ctx)) || fiber_task_arm(self, w))
        return false;
    if (is_cut(self, w)) return true;
    edoi_scheduler_poll_again(edoi_fiber_task_header(self));
    return false;
}

/* Drops the awaited future on the fiber's behalf. */
static void drop_awaited(edoi_fiber_task *self, edoi_worker *w, edo_future *f) {
    w->polled_for = self;
    edo_drop(f);
    w->polled_for = NULL;
}

/* Polls what the fiber awaits; true: the fiber continues, with the await's result. */
static bool poll_awaited(edoi_fiber_task *self, edoi_worker *w) {
    edo_future *f = self->awaiting;
    w->polled_for = self;
    edo_polled polled = edo_poll(f, &w->cx);
    edoi_ctx_check_bracket();
    edoi_values_check_poll();
    w->polled_for = NULL;
    if (EDOI_LIKELY(polled == EDO_READY)) {
        self->base.result = f->result;
        if (EDOI_UNLIKELY(f->ops->flags & EDO_FUTURE_BOXED)) drop_awaited(self, w, f);
    } else {
        const bool is_cut_short = is_cut(self, w) || arm_is_cut(self, w);
        if (!is_cut_short && !edoi_blocked_fails(self)) return false;
        self->base.result = is_cut_short ? -ECANCELED : -EDEADLK;
        if (is_cut_short && self->ctx->ctx.cut == EDO_CANCEL_DEADLINE)
            edoi_fiber_cut_note(self, f, w->now_tenths / 10);
        drop_awaited(self, w, f);
    }
    self->awaiting = NULL;
    edoi_blocked_end(self);
    return true;
}

bool edoi_fiber_task_begin(edoi_fiber_task *self, edoi_worker *w) {
    if (EDOI_LIKELY(self->awaiting)) return poll_awaited(self, w);
    if (self->ctx) { // it yielded
        self->base.result = is_cut(self, w) ? -ECANCELED : 0;
        return true;
    }
    if (EDOI_LIKELY(fiber_task_start(self, w) == 0)) return true;
    w->now.after |= EDOI_AFTER_NO_STACK; // its function has not run, and must: see stack_wait.h
    return false;
}

/* Returns the `base.result` that the runner has set. For speed it should be the caller's last call:
 * see edoi_fiber_switch(). */
EDOI_INLINE int suspend(edoi_worker *w, edoi_fiber_task *self) {
    self->parked_tenths = w->now_tenths;
    return edoi_fiber_switch(&self->ctx->fiber, &w->thread, 0);
}

/* An await ends without having taken from the budget: takes one operation, and yields if none is
 * left. So a loop of awaits that fail at once, or are refused, still lets other tasks run. */
static EDOI_NOINLINE int fiber_run_spend(edoi_worker *w, edoi_fiber_task *self, int result) {
    if (w->cx.budget > 0) {
        w->cx.budget--;
    } else {
        w->now.spent_n++;
        w->now.after |= EDOI_AFTER_SPENT;
        edoi_scheduler_poll_again(edoi_fiber_task_header(self));
        (void)suspend(w, self);
    }
    return result;
}

/* An await that must not wait. */
static int refused(edoi_worker *w, edoi_fiber_task *self, edo_future *f) {
    edo_drop(f);
    return fiber_run_spend(w, self, -ECANCELED);
}

/* Reports a scope or block whose frame is gone. Debug only. */
static void check_bracket_is_alive(const edoi_fiber_task *self) {
    const edoi_stack *stack = self->ctx->fiber.stack;
    edoi_bracket_check(&self->ctx->ctx, stack->lo, stack->hi, EDOI_FRAME());
    edoi_values_check(self, EDOI_FRAME());
}

static bool fiber_run_misused(const edoi_ctx *c) {
    return EDO_MISUSE(c->no_await_n, "an await between edo_no_await_begin() and its end") ||
           EDO_MISUSE(c->polling, "an await inside a poll function");
}

bool edoi_fiber_may_await(edoi_worker *w) {
    edoi_fiber_task *self = w->fiber;
    const edoi_ctx *c = &self->ctx->ctx;
    check_bracket_is_alive(self);
    return EDOI_LIKELY(!(c->no_await_n | c->polling)) && !is_cut(self, w);
}

/* The wait for `f` begins, where waits are noted; true: it must not. A poll that has not asked for
 * the waker is told from others by `asked`, which is 0 from the last noted wait until a poll asks:
 * so one may be missed, and none is named that has asked. */
static EDOI_NOINLINE bool fiber_run_noted(edoi_fiber_task *self, edoi_worker *w,
                                          const edo_future *f) {
    const bool is_lost = !w->cx.asked;
    const bool fails = edoi_blocked_note(self, f);
    w->cx.asked = 0;
    if (is_lost && !fails) self->is_noted |= EDOI_NOTED_LOST;
    return fails;
}

static EDOI_NOINLINE int deadlocked(edo_future *f) {
    edo_drop(f);
    return -EDEADLK;
}

int edoi_fiber_await(edoi_worker *w, edo_future *f) {
    edoi_fiber_task *self = w->fiber;
    edoi_ctx *c = &self->ctx->ctx;
    check_bracket_is_alive(self);
    if (EDOI_UNLIKELY(c->no_await_n | c->polling) && fiber_run_misused(c)) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    if (EDOI_UNLIKELY(is_cut(self, w))) return refused(w, self, f);
    const uint32_t budget = w->cx.budget;
    c->polling = true;
    edo_polled polled = edo_poll(f, &w->cx);
    c->polling = false;
    edoi_ctx_check_bracket();
    edoi_values_check_poll();
    if (polled == EDO_PENDING) {
        if (EDOI_UNLIKELY(arm_is_cut(self, w))) return refused(w, self, f);
        if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)) && fiber_run_noted(self, w, f))
            return deadlocked(f);
        self->awaiting = f;
        return suspend(w, self);
    }
    int result = f->result;
    if (EDOI_UNLIKELY(f->ops->flags & EDO_FUTURE_BOXED)) edo_drop(f);
    if (EDOI_UNLIKELY(w->cx.budget == budget)) return fiber_run_spend(w, self, result);
    return result;
}

int edoi_fiber_consume(edoi_worker *w) {
    edoi_fiber_task *self = w->fiber;
    const edoi_ctx *c = &self->ctx->ctx;
    check_bracket_is_alive(self);
    if (EDOI_UNLIKELY(c->no_await_n | c->polling) && fiber_run_misused(c)) return -EDO_EMISUSE;
    if (EDOI_UNLIKELY(is_cut(self, w))) return refused(w, self, NULL);
    if (EDOI_LIKELY(w->cx.budget > 0)) {
        w->cx.budget--;
        return 0;
    }
    w->now.spent_n++;
    w->now.after |= EDOI_AFTER_SPENT;
    return edoi_fiber_yield(w);
}

int edoi_fiber_yield(edoi_worker *w) {
    edoi_fiber_task *self = w->fiber;
    edoi_ctx *c = &self->ctx->ctx;
    check_bracket_is_alive(self);
    if (EDOI_UNLIKELY(c->no_await_n | c->polling) && fiber_run_misused(c)) return -EDO_EMISUSE;
    w->now.after |= EDOI_AFTER_AGAIN;
    return suspend(w, self);
}
