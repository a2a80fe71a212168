/* SPDX-License-Identifier: MIT */
/* runtime/scope/scope.c: tasks that end before the block (contract: edo/scope.h).
 *
 * inv. 1: a child in `children` is not done, or the scope has a reference: its task is alive under
 *         the lock.
 * inv. 2: after a child has left the list under the lock it never touches the scope again.
 * inv. 3: a claimed task is held by the claiming thread, which links such tasks by `next` until it
 *         delivers them. */
#include "runtime/scope/scope.h"

#include "base/error/beside.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/opts.h"
#include "records/brackets.h"
#include "records/handles.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/values.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

#include <errno.h>

void edo_scope_begin(edo_scope *s, const edo_scope_opts *opts) {
    (void)EDO_MISUSE(edoi_machine_runs_here(),
                     "a scope in a state machine: spawn a fiber that holds it");
    edoi_ctx *c = edoi_ctx_here();
    *s = (edo_scope){ .bracket = { .cut = &s->cut,
                                   .shields_n = c->shields_n,
                                   .deadlines_n = edoi_ctx_deadlines_n(c),
                                   .forks = edoi_forks(),
                                   .outer = c->bracket },
                      .owner = edoi_ctx_waker() };
    if (opts) s->opts = *opts;
    if (EDO_MISUSE(!edoi_all_zero(s->opts.reserved, EDO_COUNT(s->opts.reserved)),
                   "the reserved fields of a scope's options must be 0"))
        s->failure = -EDO_EMISUSE;
    (void)edoi_bracket_begin(c, &s->bracket, EDOI_CALLER());
}

/* The word of the child's task. */
static inline uint32_t scope_word_of(edoi_child *c) {
    return edoi_load_rlx_u32(&edoi_fiber_task_header(&c->fiber)->word);
}

/* Cancels all children but `ended` (may be NULL); returns those to be delivered. lock: s->lock */
static edo_task *mark_children(edo_scope *s, const edoi_child *ended, edo_cancel_cause cause) {
    edo_task *claimed = NULL;
    s->stopped = true;
    for (edoi_child *c = s->children; c; c = c->next) {
        if (c == ended) continue;
        EDO_INV("scope inv. 1", TASK_REFS(scope_word_of(c)) > 0);
        edo_waker *w = edoi_task_mark_cancel(edoi_fiber_task_header(&c->fiber), cause);
        if (!w) continue;
        edoi_task_of(w)->next = claimed; // inv. 3
        claimed = edoi_task_of(w);
    }
    return claimed;
}

static void task_deliver_all(edo_task *claimed) {
    while (claimed) {
        edo_task *next = claimed->next;
        EDO_INV("scope inv. 3", edoi_load_rlx_u32(&claimed->word) & TASK_BUSY);
        edo_waker_deliver(&claimed->waker);
        claimed = next;
    }
}

static void scope_stop(edo_scope *s, edo_cancel_cause cause) {
    edoi_lock_acquire(&s->lock);
    edo_task *claimed = s->stopped ? NULL : mark_children(s, NULL, cause);
    edoi_lock_release(&s->lock);
    task_deliver_all(claimed);
}

void edo_scope_cancel(edo_scope *s) {
    if (!edoi_bracket_is_inherited(&s->bracket)) scope_stop(s, EDO_CANCEL_ASKED);
}

/* ---- What the scope has come to -------------------------------------------------------------- */

/* A result that counts for the scope, with what is needed to keep it. */
typedef struct scope_result {
    int code;
    bool alone;         /* only this child was cancelled, by its handle or token */
    bool is_awaited;    /* whoever joins the child, or waits for its start, gets the lines */
    edoi_trail **trail; /* where its lines are */
    const char *site;   /* of the child; NULL: the owner */
    edoi_trail *bare, *bare_first; /* made without the lock: places of failures without lines */
    edoi_trail *dropped;           /* failures of long ago, to be freed without the lock */
} scope_result;

/* Is it a failure, and not what a cancellation has made of the child? lock: s->lock */
static bool scope_has_failed(const edo_scope *s, const scope_result *r) {
    bool told = s->stopped || (r->alone && s->opts.policy != EDO_SCOPE_ANY);
    return r->code < 0 && !(told && r->code == -ECANCELED);
}

/* Makes what note_beside() needs. lock: s->lock, which is released for that, and taken again */
static void prepare_beside(edo_scope *s, scope_result *r) {
    if (s->failure == 0 || !scope_has_failed(s, r)) return;
    const int first = s->failure; // stays
    const bool has_first = s->trail, has_own = *r->trail && !r->is_awaited;
    if (has_first && has_own) return;
    edoi_lock_release(&s->lock);
    if (!has_first) r->bare_first = edoi_trail_bare(first);
    if (!has_own) r->bare = edoi_trail_bare(r->code);
    edoi_lock_acquire(&s->lock);
}

/* Keeps a failure that is not the first. Without memory it is counted, if that. lock: s->lock */
static void note_beside(edo_scope *s, scope_result *r) {
    edoi_trail **from = *r->trail && !r->is_awaited ? r->trail : &r->bare;
    if (!s->trail) {
        s->trail = r->bare_first;
        r->bare_first = NULL;
    }
    if (s->trail && !*from) s->trail->beside_left_out++;
    if (!s->trail || !*from) return;
    (*from)->child = r->site;
    r->dropped = edoi_beside_add(s->trail, *from);
    *from = NULL;
}

static void release_result(const scope_result *r) {
    edoi_trail_free(r->bare);
    edoi_trail_free(r->bare_first);
    edoi_trail_free(r->dropped);
}

/* Records a result; true: it decides the scope, and the other children must be cancelled.
 * lock: s->lock */
static bool note_result(edo_scope *s, scope_result *r) {
    if (r->code >= 0) {
        if (s->won) return false;
        s->won = true;
        s->success = r->code;
        return s->opts.policy == EDO_SCOPE_ANY && !s->stopped;
    }
    if (!scope_has_failed(s, r)) return false;
    if (s->failure != 0) {
        note_beside(s, r);
        return false;
    }
    s->failure = r->code;
    s->trail = *r->trail;
    *r->trail = NULL;
    if (s->trail) s->trail->child = r->site;
    if (s->opts.policy != EDO_SCOPE_FAIL_FAST) return false;
    edoi_store_rlx_u32(
        &s->cut, EDO_CANCEL_SIBLING); // relaxed: the owner is woken by a read-modify-write below
    return !s->stopped;
}

/* Was the child cancelled by its handle or token? A cancellation by the scope or by the shutdown
 * has another cause, or stops the scope. */
static bool was_cancelled_alone(edoi_fiber_task *fiber) {
    const edo_task *t = edoi_fiber_task_header(fiber);
    if (!edoi_task_is_cancelled(t)) return false;
    // Relaxed: written before CANCEL; the child's runner has seen CANCEL, or the child was not
    // told.
    return edoi_load_rlx_u16(&t->cause) == EDO_CANCEL_ASKED || edoi_guard_has_fired(fiber);
}

/* Unlinks a child. lock: s->lock */
static void scope_unlink_child(edo_scope *s, edoi_child *child) {
    EDO_INV("scope inv. 2", (child->prev ? child->prev->next : s->children) == child);
    if (child->prev) {
        child->prev->next = child->next;
    } else {
        s->children = child->next;
    }
    if (child->next) child->next->prev = child->prev;
    s->alive_n--;
}

/* The owner's waker, marked, if it waits for what has happened. lock: s->lock */
static edo_waker *mark_owner(edo_scope *s, bool at_once) {
    bool due = at_once || s->waits_for_place || (s->waits_for_end && s->alive_n == 0);
    return due ? edo_waker_mark(s->owner) : NULL;
}

/* The owner's wait for a child to say that it is ready: edo_scope_spawn_started(). */
typedef struct edoi_start {
    edoi_child *child; /* lock: the scope's; NULL: not linked yet, or the wait is over */
    int value;         /* then: what the child has said, or returned */
    edoi_trail *trail; /* of that failure */
} edoi_start;

/* Does the owner wait for `child` to be ready? lock: s->lock */
static bool scope_starts(const edo_scope *s, const edoi_child *child) {
    return s->start && s->start->child == child;
}

/* Ends the owner's wait for a child, which is ready or has ended. lock: s->lock */
static void start_over(const edo_scope *s, int value, edoi_trail *trail) {
    *s->start = (edoi_start){ .value = value, .trail = trail };
}

static void end_child(edoi_child *self, edoi_trail **trail, bool leaves) {
    edo_scope *s = self->scope;
    edo_task *claimed = NULL;
    scope_result r = { .code = self->fiber.base.result,
                       .alone = was_cancelled_alone(&self->fiber),
                       .is_awaited = !leaves,
                       .trail = trail,
                       .site = edoi_fiber_task_header(&self->fiber)->site };
    edoi_lock_acquire(&s->lock);
    r.is_awaited |= scope_starts(s, self);
    prepare_beside(s, &r);
    if (leaves) scope_unlink_child(s, self);
    const bool starts = scope_starts(s, self); // anew: the owner may have given up meanwhile
    r.is_awaited = !leaves || starts;
    if (starts) {
        start_over(s, r.code, *trail);
        *trail = NULL;
    }
    bool was_cut = edoi_load_rlx_u32(&s->cut) != 0;
    if (note_result(s, &r)) claimed = mark_children(s, self, EDO_CANCEL_SIBLING);
    bool newly_cut = !was_cut && edoi_load_rlx_u32(&s->cut) != 0;
    const bool at_once = newly_cut || starts;
    edo_waker *owner = leaves || at_once ? mark_owner(s, at_once) : NULL;
    edoi_lock_release(&s->lock);
    task_deliver_all(claimed);
    edo_waker_deliver(owner); // still there, as claimed tasks cannot end
    release_result(&r);
}

bool edoi_child_ended(edoi_fiber_task *fiber, edoi_trail **trail) {
    edo_task *t = edoi_fiber_task_header(fiber);
    // relaxed: 1 is the runner's own reference; then no thread can look, or make another
    bool has_handle = TASK_REFS(edoi_load_rlx_u32(&t->word)) > 1;
    if (has_handle) edoi_task_ref(t); // the scope's: inv. 1
    end_child((edoi_child *)(void *)fiber, trail, !has_handle);
    return has_handle;
}

void edoi_child_leave(edo_task *t) {
    edoi_child *self = (edoi_child *)(void *)edoi_task_future(t);
    edo_scope *s = self->scope;
    edoi_lock_acquire(&s->lock);
    scope_unlink_child(s, self);
    edo_waker *owner = mark_owner(s, false);
    edoi_lock_release(&s->lock);
    edo_waker_deliver(owner);
    edoi_task_unref(t);
}

void edoi_child_abandoned(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f) || !(((edoi_fiber_task *)(void *)f)->kind & EDOI_FIBER_CHILD))
        return;
    f->result = -ECANCELED;
    edoi_trail *none = NULL; // the child's trail is on its stack, which is left alone
    end_child((edoi_child *)(void *)f, &none, true);
}

void edoi_scope_renew(edo_scope *s, edo_waker *w) {
    edoi_lock_acquire(&s->lock);
    s->owner = w;
    edoi_lock_release(&s->lock);
}

/* ---- The owner waits ------------------------------------------------------------------------- */

static edo_polled poll_place(void *arg, edo_cx *cx, int *result) {
    edo_scope *s = arg;
    *result = 0;
    if (!edo_budget_take(cx)) return EDO_PENDING; // a loop that spawns lets other tasks run
    edoi_lock_acquire(&s->lock);
    bool free_place = s->opts.at_once == 0 || s->alive_n < s->opts.at_once;
    s->waits_for_place = !free_place;
    s->owner = edo_cx_waker(cx); // at first the thread may have had no memory for a parker
    edoi_lock_release(&s->lock);
    if (free_place) return EDO_READY;
    edo_budget_refund(cx);
    return EDO_PENDING;
}

/* Waits for a place if the number of children is bounded. Always an await: it fails for an owner
 * that is cut short, or that must not await and so could not wait for the end of a child. */
static int wait_for_place(edo_scope *s) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, poll_place, s));
}

/* Is the scope decided, its children cancelled? */
static bool is_stopped(edo_scope *s) {
    edoi_lock_acquire(&s->lock);
    bool stopped = s->stopped;
    edoi_lock_release(&s->lock);
    return stopped;
}

/* The owner's wait for the children. */
typedef struct ending {
    edo_future base;
    edo_scope *scope;     /* after `base`: EDOI_FUTURE_WAITS_SCOPE */
    uint32_t alive_n;     /* children that lived at the last poll */
    edoi_ctx *ctx;        /* the owner's */
    const edo_task *task; /* the owner's; NULL: a thread */
} ending;

/* Why awaits of the owner are cut short from outside of the scope. `task`: NULL on a thread. */
static edo_cancel_cause scope_owner_cut(const edo_scope *s, edoi_ctx *c, const edo_task *task) {
    int64_t now_ns = edoi_ctx_has_deadline(c) ? edo_now().ns : 0;
    edoi_bracket *inner = c->bracket;
    c->bracket = s->bracket.outer;
    edo_cancel_cause cause = edoi_ctx_cut(c, task, now_ns);
    c->bracket = inner;
    return cause;
}

/* Passes a cancellation of the owner on to the children, once; not a failure of a child, which has
 * been passed on already. */
static void ending_pass_on(const ending *e) {
    if (e->scope->over) return;
    edo_cancel_cause cause = scope_owner_cut(e->scope, e->ctx, e->task);
    if (cause == EDO_CANCEL_NONE) return;
    e->scope->over = true;
    e->ctx->deadline_ns = INT64_MAX; // passed on; edo_scope_end() restores it
    edoi_fiber_deadline_moved(e->ctx);
    scope_stop(e->scope, cause);
}

static edo_polled ending_poll(edo_future *f, edo_cx *cx) {
    ending *e = (ending *)(void *)f;
    edoi_lock_acquire(&e->scope->lock);
    e->alive_n = (uint32_t)e->scope->alive_n;
    bool ended = e->alive_n == 0;
    e->scope->waits_for_end = !ended;
    e->scope->owner = edo_cx_waker(cx);
    edoi_lock_release(&e->scope->lock);
    // After the look: what has ended the children, as a limit that they inherited, has cut the
    // owner short, too.
    ending_pass_on(e);
    if (ended) return edo_future_finish(f, 0);
    edo_future_next_step(f, EDOI_STEP_WAITING);
    return EDO_PENDING;
}

uint32_t edoi_scope_alive_n(const edo_future *end) {
    return ((const ending *)(const void *)end)->alive_n;
}

/* The brackets around a scope stay as long as it is open. */
static bool scope_is_in_block(const edo_scope *s) {
    const edoi_bracket *b = s->bracket.outer;
    while (b && !b->of_token) b = b->outer;
    return b != NULL;
}

/* Is it usual that a child is cancelled since another one has succeeded? */
static bool scope_is_race(const edo_scope *s) {
    return s->opts.policy == EDO_SCOPE_ANY || s->is_race;
}

bool edoi_child_may_be_cut(const edoi_child *c) {
    for (;;) {
        if (edoi_load_rlx_u32(&c->owner->deadlines_n) > 0 || scope_is_in_block(c->scope) ||
            scope_is_race(c->scope))
            return true;
        if (!c->owned_by || c->owned_by->kind & EDOI_FIBER_GUARDED) return c->owned_by != NULL;
        if (!(c->owned_by->kind & EDOI_FIBER_CHILD)) return false;
        c = (const edoi_child *)(const void *)c->owned_by;
    }
}

static const edo_future_ops ending_ops = { .poll = ending_poll,
                                           .drop = edo_future_retire,
                                           .name = "edo_scope_end",
                                           .size = sizeof(ending),
                                           .flags = EDOI_FUTURE_WAITS_SCOPE };

/* Counts a failure of the owner as one of the scope, unless the owner has it from a child. */
static void note_owner(edo_scope *s, int err) {
    edoi_lock_acquire(&s->lock);
    const int first = s->failure;
    if (first == 0) s->failure = err; // its trail is the owner's already
    edoi_lock_release(&s->lock);
    if (first == 0 || err == first || err == -ECANCELED) return;
    edoi_trail *own = edoi_trail_take(err);
    scope_result r = { .code = err, .trail = &own };
    edoi_lock_acquire(&s->lock);
    prepare_beside(s, &r);
    // A child's that the owner has joined, or started: counted already, its lines are the owner's.
    edoi_trail *counted = s->trail ? edoi_beside_take_bare(s->trail, err) : NULL;
    if (counted) r.site = counted->child;
    note_beside(s, &r);
    edoi_lock_release(&s->lock);
    edoi_trail_free(counted);
    edoi_trail_free(own);
    release_result(&r);
}

static int result_of(const edo_scope *s, int result) {
    if (s->opts.policy == EDO_SCOPE_ANY && s->won) return s->success;
    if (s->failure != 0) return s->failure;
    return s->over ? -ECANCELED : result;
}

/* Waits for the children, and closes the scope; `stops`: cancels them first. `result` is the
 * owner's. Negative: the scope is not the caller's to end. */
static int close_scope(edo_scope *s, int result, bool stops) {
    ending e = { .scope = s, .ctx = edoi_ctx_here(), .task = edoi_fiber_here() };
    if (EDO_MISUSE(e.ctx->bracket != edoi_bracket_of(e.ctx, &s->bracket) &&
                       edoi_bracket_tell_innermost(e.ctx),
                   "scopes are ended in reverse order, by who began them"))
        return -EDO_EMISUSE;
    if (edoi_bracket_is_inherited(&s->bracket)) { // so are the children, which may hold its lock
        edoi_bracket_end(e.ctx, &s->bracket);
        s->ended = true;
        return -EDO_EFORKED;
    }
    // After misuse it still waits for the children, which may use this stack. A deadline begun in
    // the scope may be open: it limits this wait.
    (void)EDO_MISUSE(e.ctx->shields_n != s->bracket.shields_n &&
                         edoi_bracket_tell(e.ctx, EDOI_OPENED_SHIELD),
                     "a scope is ended while a shield begun in it is open");
    uint32_t no_await_n = e.ctx->no_await_n;
    (void)EDO_MISUSE(no_await_n > 0, "an await between edo_no_await_begin() and its end");
    bool deaf = e.ctx->deaf;
    int64_t deadline_ns = e.ctx->deadline_ns;
    e.ctx->no_await_n = 0;
    e.ctx->deaf = true; // ending_poll passes a cancellation on instead
    if (result < 0) note_owner(s, result);
    if (stops) ending_pass_on(&e); // first, as it tells the children why the owner was cut short
    if (stops) scope_stop(s, EDO_CANCEL_SIBLING);
    (void)edo_await(edo_future_init(&e.base, &ending_ops)); // cannot fail: not cut short, no result
    e.ctx->no_await_n = no_await_n;
    e.ctx->deaf = deaf;
    e.ctx->deadline_ns = deadline_ns;
    edoi_bracket_end(e.ctx, &s->bracket);
    s->ended = true;
    if (s->opts.leaves_nothing) edoi_handles_report_scope(edoi_runtime_here(), s);
    return 0;
}

int edo_scope_end(edo_scope *s, int result) {
    int err = close_scope(s, result, result < 0 && s->opts.policy != EDO_SCOPE_ALL);
    if (err < 0) return err;
    result = result_of(s, result);
    if (result == s->failure) {
        edoi_beside_give(s->trail);
    } else {
        edoi_trail_free(s->trail);
    }
    return result;
}

/* In C++ an exception of the guard's own options leaves it unbegun: all zero. */
void edoi_scope_leave(edo_scope *s) {
    if (!s->ended && s->bracket.cut && close_scope(s, 0, true) == 0) edoi_trail_free(s->trail);
}

/* ---- Spawning -------------------------------------------------------------------------------- */

/* The children's options if the caller gave none. */
static const edo_spawn_opts defaults;

/* Links a fresh child at the head of the list; true: the scope has been stopped. */
static bool link_child(edo_scope *s, edoi_child *child) {
    child->scope = s;
    child->prev = NULL;
    edoi_lock_acquire(&s->lock);
    child->next = s->children;
    if (s->children) s->children->prev = child;
    s->children = child;
    s->alive_n++;
    if (s->start) s->start->child = child;
    bool stopped = s->stopped;
    edoi_lock_release(&s->lock);
    return stopped;
}

/* NULL: no task was made, and `*err` is set. `refs` is 2 for a child whose handle is wanted,
 * otherwise 1. */
static edo_task *spawn_child(edo_scope *s, edo_task_fn *fn, void *arg, uint32_t refs,
                             const edo_spawn_opts *opts, const char *site, int *err) {
    edo_task_monitor *monitor = opts->monitor ? opts->monitor : s->opts.monitor;
    edo_runtime *rt = edoi_runtime_here();
    *err = edoi_spawn_check(opts);
    if (*err == 0) *err = rt ? edoi_monitor_check(monitor, rt) : -EDO_ENORUNTIME;
    edoi_values *values = NULL;
    if (*err == 0) *err = edoi_values_inherit_with(&values, opts);
    if (*err < 0) return NULL;
    uint8_t kind = edoi_spawn_kind(opts, values) | EDOI_FIBER_CHILD;
    if (monitor) kind |= EDOI_FIBER_MONITORED;
    const char *name = opts->name ? opts->name : site;
    edo_task *t = edoi_spawn_prepare(rt, edoi_fiber_bytes(kind), refs, name, err);
    if (!t) {
        edoi_values_unref(values);
        return NULL;
    }
    edoi_child *child = (edoi_child *)(void *)edoi_task_future(t);
    edoi_fiber_task_init(&child->fiber, fn, arg);
    child->fiber.kind = kind;
    if (monitor) edoi_monitor_fiber(&child->fiber, monitor);
    if (opts->cancel) edoi_guard_fiber(&child->fiber, opts->cancel);
    if (values) edoi_fiber_bind(&child->fiber, values);
    child->fiber.stack_bytes = (uint32_t)(opts->stack ? opts->stack : rt->opts.fiber_stack);
    child->owner = edoi_ctx_here();
    child->owned_by = edoi_fiber_served_here();
    child->deadline_ns = child->owner->deadline_ns;
    bool stopped = link_child(s, child);
    edo_waker *w = stopped ? edoi_task_mark_cancel(t, EDO_CANCEL_SIBLING) : NULL;
    EDO_ASSERT(!w); // busy and without an owner: no other thread can claim or queue it before us
    (void)w;
    if (opts->spread || (s->opts.spread && !opts->migrate)) {
        edoi_spawn_queue_spread(rt, t);
    } else {
        edoi_spawn_queue(rt, t);
    }
    return t;
}

/* Counts a failed spawn as a failure of the scope. */
static void note_refusal(edo_scope *s, int err, const char *site) {
    edoi_trail *none = NULL;
    scope_result r = { .code = err, .trail = &none, .site = site };
    // An owner that is cut short itself passes its reason on.
    edo_cancel_cause cause = err == -ECANCELED ? edo_cancel_reason() : EDO_CANCEL_SIBLING;
    edoi_lock_acquire(&s->lock);
    prepare_beside(s, &r);
    edo_task *claimed = note_result(s, &r) ? mark_children(s, NULL, cause) : NULL;
    edoi_lock_release(&s->lock);
    task_deliver_all(claimed);
    release_result(&r);
}

/* Returns 0 if the scope takes children. Without its lock: another thread of the process that has
 * forked may have held that. */
static int scope_check_open(const edo_scope *s) {
    if (EDO_MISUSE(s->ended, "a child is spawned into a scope that has ended")) return -EDO_EMISUSE;
    return edoi_bracket_is_inherited(&s->bracket) ? -EDO_EFORKED : 0;
}

/* As spawn_child(), once there is a place. */
static edo_task *scope_spawn(edo_scope *s, edo_task_fn *fn, void *arg, uint32_t refs,
                             const edo_spawn_opts *opts, const char *site, int *err) {
    edo_task *t = NULL;
    *err = scope_check_open(s);
    if (*err < 0) return NULL;
    *err = wait_for_place(s);
    if (*err == 0 && is_stopped(s)) *err = -ECANCELED;
    if (*err == 0) t = spawn_child(s, fn, arg, refs, opts, site, err);
    if (!t) note_refusal(s, *err, site);
    return t;
}

int edo_scope_spawn_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    int err;
    return scope_spawn(s, fn, arg, 1, &defaults, site, &err) ? 0 : err;
}

int edo_scope_spawn_with_at(edo_scope *s, edo_task_fn *fn, void *arg, const edo_spawn_opts *opts,
                            const char *site) {
    int err;
    return scope_spawn(s, fn, arg, 1, opts ? opts : &defaults, site, &err) ? 0 : err;
}

edo_task *edo_scope_spawn_handle_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    int err;
    edo_task *t = scope_spawn(s, fn, arg, 2, &defaults, site, &err);
    if (!t) edoi_ctx_here()->spawn_error = err;
    return edoi_task_hand_out(t);
}

/* ---- Children that say when they are ready --------------------------------------------------- */

void edo_task_started(int value) {
    edoi_fiber_task *fiber = edoi_fiber_served_here();
    if (EDO_MISUSE(value < 0, "a task is ready with a negative value: a failure is returned"))
        return;
    if (!fiber || !(fiber->kind & EDOI_FIBER_CHILD)) return;
    const edoi_child *self = (edoi_child *)(void *)fiber;
    edo_scope *s = self->scope;
    if (edoi_bracket_is_inherited(&s->bracket)) return;
    edo_waker *owner = NULL;
    edoi_lock_acquire(&s->lock);
    if (scope_starts(s, self)) {
        start_over(s, value, NULL);
        owner = mark_owner(s, true);
    }
    edoi_lock_release(&s->lock);
    edo_waker_deliver(owner);
}

static edo_polled poll_start(void *arg, edo_cx *cx, int *result) {
    edo_scope *s = arg;
    *result = 0;
    edoi_lock_acquire(&s->lock);
    bool is_over = !s->start->child;
    s->owner = edo_cx_waker(cx);
    edoi_lock_release(&s->lock);
    return is_over ? EDO_READY : EDO_PENDING;
}

static void scope_set_start(edo_scope *s, edoi_start *start) {
    edoi_lock_acquire(&s->lock);
    s->start = start;
    edoi_lock_release(&s->lock);
}

/* Waits until the child of `start` is ready, or has ended; false: the wait was cut short, and the
 * child is cancelled. */
static bool await_start(edo_scope *s, const edoi_start *start) {
    edo_poll_fn_future f;
    edo_waker *child = NULL;
    (void)edo_await(edo_poll_fn_init(&f, poll_start, s));
    edoi_lock_acquire(&s->lock);
    const bool is_over = !start->child; // perhaps although the await was refused
    if (!is_over)                       // alive: inv. 1
        child =
            edoi_task_mark_cancel(edoi_fiber_task_header(&start->child->fiber), EDO_CANCEL_ASKED);
    s->start = NULL;
    edoi_lock_release(&s->lock);
    edo_waker_deliver(child);
    return is_over;
}

int edo_scope_spawn_started_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    edoi_start start = { .child = NULL };
    int err = scope_check_open(s);
    if (err < 0) return err;
    scope_set_start(s, &start);
    if (!scope_spawn(s, fn, arg, 1, &defaults, site, &err)) {
        scope_set_start(s, NULL);
        return err;
    }
    if (!await_start(s, &start)) {
        note_refusal(s, -ECANCELED, site);
        return -ECANCELED;
    }
    // What has ended the child, as a limit that it has inherited, has cut the owner short, too.
    if (start.value == -ECANCELED) (void)scope_owner_cut(s, edoi_ctx_here(), edoi_fiber_here());
    // a failure without a trail does not continue an old one
    if (start.value < 0 && !start.trail) edoi_trail_drop(start.value);
    edoi_trail_give(start.trail);
    return start.value;
}
