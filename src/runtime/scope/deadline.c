/* SPDX-License-Identifier: MIT */
/* runtime/scope/deadline.c: time limits and shields on the program's stack; the context keeps only
 * the earliest instant and the numbers of open ones. */
#include "runtime/scope/deadline.h"

#include "base/world/worlds.h"
#include "driver/per_second.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "records/brackets.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "stacks/spots.h"

#include <errno.h>
#include <stdio.h>

/* The caller's context; a state machine has none. */
static edoi_ctx *bracket_ctx(void) {
    (void)EDO_MISUSE(
        edoi_machine_runs_here(),
        "deadlines and shields belong to fibers: use edo_timeout() in a state machine");
    return edoi_ctx_here();
}

/* Are not as many of this kind open as there should be? The innermost one is then named. */
static bool differs(const edoi_ctx *c, edoi_opened_kind kind, uint32_t n, uint32_t want) {
    return n != want && edoi_bracket_tell(c, kind);
}

/* The instant `d` from now: 0 has passed already, negative is never. */
static int64_t instant_after(edo_duration d) {
    if (d.ns < 0) return INT64_MAX;
    if (d.ns == 0) return INT64_MIN;
    return edo_instant_add(edo_now(), d).ns;
}

EDOI_INLINE void begin_at(edo_deadline *d, int64_t at_ns, int64_t length_ns, const void *caller) {
    edoi_ctx *c = bracket_ctx();
    *d = (edo_deadline){ .at_ns = at_ns,
                         .outer_ns = c->deadline_ns,
                         .length_ns = length_ns,
                         .depth = edoi_ctx_count_deadlines(c, 1),
                         .shields_n = c->shields_n };
    if (at_ns < c->deadline_ns) c->deadline_ns = at_ns;
    edoi_bracket_note(c, EDOI_OPENED_DEADLINE, d->depth, caller);
}

void edo_deadline_begin(edo_deadline *d, edo_duration length) {
    begin_at(d, instant_after(length), length.ns, EDOI_CALLER());
}

void edoi_deadline_begin_at(edo_deadline *d, int64_t at_ns, int64_t length_ns) {
    begin_at(d, at_ns, length_ns, EDOI_CALLER());
}

/* Has `d` cut an await short? */
static bool deadline_has_fired(const edoi_ctx *c, const edo_deadline *d) {
    return c->cut == EDO_CANCEL_DEADLINE && c->cut_ns == d->at_ns && d->at_ns != INT64_MAX;
}

int edo_deadline_move(edo_deadline *d, edo_duration length) {
    edoi_ctx *c = bracket_ctx();
    if (EDO_MISUSE(d->depth == 0 ||
                       differs(c, EDOI_OPENED_DEADLINE, edoi_ctx_deadlines_n(c), d->depth) ||
                       differs(c, EDOI_OPENED_SHIELD, c->shields_n, d->shields_n),
                   "a deadline is moved that is not the innermost, or in a shield begun in it"))
        return -EDO_EMISUSE;
    if (deadline_has_fired(c, d)) return -ETIMEDOUT;
    d->at_ns = instant_after(length);
    d->length_ns = length.ns;
    c->deadline_ns = d->at_ns < d->outer_ns ? d->at_ns : d->outer_ns;
    edoi_fiber_deadline_moved(c); // sooner: the next wait files the timer again
    return 0;
}

/* ---- What was cut short ---------------------------------------------------------------------- */

/* Programs may have limits that pass all the time, and a stack takes some microseconds: of more
 * waits the name alone is told. */
#define STACKS_A_SECOND 100u

static edoi_per_second stacks;

static void stacks_forget(void) {
    edoi_per_second_forget(&stacks);
}

EDOI_ON_WORLD(stacks_forget);

EDOI_NOINLINE void edoi_fiber_cut_note(edoi_fiber_task *self, const edo_future *f, uint32_t now_s) {
    edoi_fiber_ctx *ctx = self->ctx;
    void *pcs[EDOI_SPOT_FRAMES];
    if (ctx->cut_ns == ctx->ctx.cut_ns) return; // the first await that it cuts counts
    ctx->cut_ns = ctx->ctx.cut_ns;
    ctx->cut_what = f->ops->name;
    ctx->cut_at = NULL;
    if (!edoi_per_second_takes(&stacks, now_s, STACKS_A_SECOND)) return;
    ctx->cut_at = edoi_spot_of(pcs, edoi_fiber_backtrace(&ctx->fiber, pcs, EDOI_SPOT_FRAMES));
}

/* The context of the fiber whose part `c` is; NULL: it is a thread's. */
static edoi_fiber_ctx *fiber_ctx_of(const edoi_ctx *c) {
    edoi_fiber_task *self = edoi_fiber_served_here();
    return self && &self->ctx->ctx == c ? self->ctx : NULL;
}

/* Keeps what the deadlines around the shield have cut short: the cleanup may wait for others. */
static void cut_keep(edo_shield *sh, const edoi_ctx *c) {
    const edoi_fiber_ctx *ctx = fiber_ctx_of(c);
    if (!ctx || ctx->cut_ns == INT64_MAX) return;
    sh->noted_ns = ctx->cut_ns;
    sh->noted = ctx->cut_what;
    sh->noted_at = ctx->cut_at;
}

static void cut_give_back(const edo_shield *sh, const edoi_ctx *c) {
    edoi_fiber_ctx *ctx = fiber_ctx_of(c);
    if (!ctx) return;
    ctx->cut_ns = sh->noted_ns;
    ctx->cut_what = sh->noted;
    ctx->cut_at = sh->noted_at;
}

/* Tells what the deadline `at_ns` of `c` has cut short: " in edo_sleep at feed.c:12"; "" if that is
 * not known. */
static void cut_tell(char *to, size_t bytes, const edoi_ctx *c, int64_t at_ns) {
    char place[96] = "";
    edoi_fiber_ctx *ctx = fiber_ctx_of(c);
    to[0] = '\0';
    if (!ctx || ctx->cut_ns != at_ns) return;
    ctx->cut_ns = INT64_MAX; // another limit may end at the same instant
    if (ctx->cut_at) edoi_spot_tell(place, sizeof place, ctx->cut_at);
    (void)snprintf(to, bytes, " in %s%s%s", ctx->cut_what, place[0] ? " at " : "", place);
}

int edo_deadline_end(edo_deadline *d, int result) {
    edoi_ctx *c = bracket_ctx();
    if (EDO_MISUSE(d->depth == 0 ||
                       differs(c, EDOI_OPENED_DEADLINE, edoi_ctx_deadlines_n(c), d->depth),
                   "deadlines are ended in reverse order, each once"))
        return -EDO_EMISUSE;
    bool has_bracket = c->bracket && c->bracket->deadlines_n >= d->depth;
    if (EDO_MISUSE((has_bracket && edoi_bracket_tell_innermost(c)) ||
                       differs(c, EDOI_OPENED_SHIELD, c->shields_n, d->shields_n),
                   "a deadline is ended while a scope, token or shield begun in it is open"))
        return -EDO_EMISUSE;
    edoi_bracket_forget(c, EDOI_OPENED_DEADLINE, d->depth);
    d->depth = 0;
    EDO_INV("fiber_ctx inv. 2", c->deadline_ns <= d->outer_ns);
    (void)edoi_ctx_count_deadlines(c, UINT32_MAX);
    c->deadline_ns = d->outer_ns;
    edoi_fiber_deadline_moved(c);
    if (result != -ECANCELED || !deadline_has_fired(c, d)) return result;
    c->cut_ns = INT64_MAX; // so that no other limit claims it too; the reason stays
    char where[EDO_TRAIL_TEXT_MAX];
    cut_tell(where, sizeof where, c, d->at_ns);
    return edoi_trail_limit_passed(d->length_ns, result, where);
}

void edoi_deadline_leave(edo_deadline *d) {
    if (d->depth != 0) (void)edo_deadline_end(d, 0);
}

edo_duration edo_deadline_left(void) {
    const edoi_ctx *c = edoi_ctx_here();
    if (!edoi_ctx_has_deadline(c)) return edo_ns(-1);
    int64_t now_ns = edo_now().ns;
    return edo_ns(c->deadline_ns > now_ns ? c->deadline_ns - now_ns : 0);
}

/* The last reason, if an await would still be cut short now; else none. */
static edo_cancel_cause standing_cut(const edoi_ctx *c) {
    if (c->cut == EDO_CANCEL_NONE) return EDO_CANCEL_NONE;
    edoi_ctx probe = *c; // a copy, so that the recorded reason stays
    int64_t now_ns = edoi_ctx_has_deadline(c) ? edo_now().ns : 0;
    return edoi_ctx_cut(&probe, edoi_fiber_here(), now_ns) == EDO_CANCEL_NONE ? EDO_CANCEL_NONE
                                                                              : c->cut;
}

void edo_shield_begin(edo_shield *sh, edo_duration length) {
    edoi_ctx *c = bracket_ctx();
    edo_cancel_cause cut = standing_cut(c); // that in force outside the shield
    *sh = (edo_shield){ .outer_ns = c->deadline_ns,
                        .cut_ns = c->cut_ns,
                        .cut = cut,
                        .depth = ++c->shields_n,
                        .deadlines_n = edoi_ctx_deadlines_n(c),
                        .trail = edoi_trail_keep().trail,
                        .noted_ns = INT64_MAX };
    cut_keep(sh, c);
    edoi_bracket_note(c, EDOI_OPENED_SHIELD, sh->depth, EDOI_CALLER());
    c->deadline_ns = instant_after(length.ns == 0 ? edo_s(5) : length);
    edoi_fiber_deadline_moved(c);
}

int edo_shield_end(edo_shield *sh, int result) {
    edoi_ctx *c = bracket_ctx();
    if (EDO_MISUSE(sh->depth == 0 || differs(c, EDOI_OPENED_SHIELD, c->shields_n, sh->depth),
                   "shields are ended in reverse order, each once"))
        return -EDO_EMISUSE;
    bool has_bracket = c->bracket && c->bracket->shields_n >= sh->depth;
    if (EDO_MISUSE((has_bracket && edoi_bracket_tell_innermost(c)) ||
                       differs(c, EDOI_OPENED_DEADLINE, edoi_ctx_deadlines_n(c), sh->deadlines_n),
                   "a shield is ended while a scope, token or deadline begun in it is open"))
        return -EDO_EMISUSE;
    edoi_bracket_forget(c, EDOI_OPENED_SHIELD, sh->depth);
    sh->depth = 0;
    c->shields_n--;
    edoi_trail_kept_end_cleanup((edoi_trail_kept){ sh->trail });
    c->deadline_ns = sh->outer_ns;
    if (sh->cut != EDO_CANCEL_NONE) { // also if an await was cut short in the shield
        c->cut = sh->cut;
        c->cut_ns = sh->cut_ns;
    }
    cut_give_back(sh, c);
    edoi_fiber_deadline_moved(c);
    return result;
}

void edoi_shield_leave(edo_shield *sh) {
    if (sh->depth != 0) (void)edo_shield_end(sh, 0);
}

edo_cancel_cause edo_cancel_reason(void) {
    return edoi_ctx_here()->cut;
}

/* ---- The timer of a fiber -------------------------------------------------------------------- */

/* Removes a timer that would fire too early. */
static void drop_stale_timer(edoi_fiber_ctx *ctx) {
    if (ctx->armed_ns >= ctx->ctx.deadline_ns) return; // also if it is not armed
    (void)edoi_wheel_cancel(&ctx->timer);
    ctx->armed_ns = INT64_MAX;
}

void edoi_fiber_deadline_moved(const edoi_ctx *c) {
    const edoi_clock *clock = edoi_worker_clock_here();
    if (EDOI_LIKELY(!clock || !clock->paused)) return;
    edoi_fiber_ctx *ctx = fiber_ctx_of(c);
    if (ctx) drop_stale_timer(ctx);
}

void edoi_fiber_clock_paused(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    if (edoi_task_is_done(t) || !edoi_is_fiber_task(f)) return;
    edoi_fiber_task *self = (edoi_fiber_task *)(void *)f;
    if (self->ctx) drop_stale_timer(self->ctx);
}
