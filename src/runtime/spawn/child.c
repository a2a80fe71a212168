/* SPDX-License-Identifier: MIT */
/* runtime/spawn/child.c: children of scopes are spawned, and say when they are ready (contract:
 * edo/scope.h).
 *
 * Each way of spawning waits for a place first, which is then kept for the child: two tasks that
 * spawn at once do not both take the last one, and the scope does not end between the two.
 *
 * The child of a guest (scope.c) takes nothing of the task that spawns it: the deadline and the
 * values are the scope's, and the cancellation has always been. And the guest does nothing to the
 * scope but that: a spawn that fails, as the guest was cut short, is its own affair. */
#include "base/lock.h"
#include "future/fate.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/scope.h"
#include "runtime/scope/values.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

#include <errno.h>

/* ---- Places ---------------------------------------------------------------------------------- */

/* Waits for a place, which is then kept for the child to come. */
typedef struct place_wait {
    edo_future base;
    edo_scope *scope;
    edo_wait_node node; /* in scope->places while pending; lock: the scope's */
    bool is_guest;
} place_wait;

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

/* The owner's awaits end with the scope's first failure: for that it has to be found. */
static void place_renew_owner(const place_wait *f, edo_waker *w) {
    if (!f->is_guest)
        f->scope->waker = w; // at first the thread may have had no memory for a parker
}

/* Has `f` a place? If not, it is in line afterwards. lock: the scope's */
static bool scope_place_look(place_wait *f, edo_waker *w) {
    edo_scope *s = f->scope;
    if (edo_future_step(&f->base) == WAITING) {
        if (!edoi_still_linked(&f->node)) return true;
        edoi_wait_renew(&f->node, w);
        return false;
    }
    if (s->opts.at_once == 0 || s->alive_n < s->opts.at_once) {
        EDO_INV("scope inv. 4", !s->places.first);
        s->alive_n++;
        return true;
    }
    edoi_wait_push(&s->places, &f->node, w);
    return false;
}

static edo_polled scope_place_poll(edo_future *base, edo_cx *cx) {
    place_wait *f = (place_wait *)(void *)base;
    edo_scope *s = f->scope;
    if (!edo_budget_take(cx)) return EDO_PENDING; // a loop that spawns lets other tasks run
    edoi_lock_acquire(&s->lock);
    place_renew_owner(f, edo_cx_waker(cx));
    bool has_place = scope_place_look(f, edo_cx_waker(cx));
    bool is_refused = has_place && s->stopped; // decided: it takes no children any more
    if (is_refused) {
        edoi_scope_give_back(s);
    } else {
        edoi_lock_release(&s->lock);
    }
    if (has_place) return edo_future_finish(base, is_refused ? -ECANCELED : 0);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void scope_place_drop(edo_future *base) {
    place_wait *f = (place_wait *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edoi_lock_acquire(&f->scope->lock);
        if (edoi_still_linked(&f->node)) {
            edoi_wait_remove(&f->scope->places, &f->node);
            edoi_lock_release(&f->scope->lock);
        } else {
            edoi_scope_give_back(f->scope);
        }
    }
    edo_future_retire(base);
}

static const edo_future_ops place_ops = { .poll = scope_place_poll,
                                          .drop = scope_place_drop,
                                          .name = "edo_scope_spawn",
                                          .size = sizeof(place_wait) };

/* Waits for a place if the number of children is bounded. Always an await: it fails for a task that
 * is cut short, or that must not await and so could not wait for the end of a child. */
static int wait_for_place(edo_scope *s, bool is_guest) {
    place_wait f = { .scope = s, .is_guest = is_guest };
    return edo_await(edo_future_init(&f.base, &place_ops));
}

/* ---- Spawning -------------------------------------------------------------------------------- */

/* The children's options if the caller gave none. */
static const edo_spawn_opts defaults;

/* What a child is spawned with. */
typedef struct child_order {
    edo_task_fn *fn;
    void *arg;
    const edo_spawn_opts *opts;
    const char *site;
    edoi_start *start; /* of the caller, which waits for the child to be ready; or NULL */
    uint32_t refs;     /* 2 for a child whose handle is wanted, otherwise 1 */
    bool is_guests;    /* the caller is not the scope's owner */
} child_order;

/* The values of a child: of here, or of the scope. As edoi_values_inherit_with(). */
static int child_values(edoi_values **out, const edo_scope *s, const child_order *o) {
    if (EDOI_LIKELY(!o->is_guests)) return edoi_values_inherit_with(out, o->opts);
    *out = NULL;
    if (s->lacks_values && !o->opts->no_context) return -ENOMEM;
    edo_context_block *before = edoi_values_enter(s->values);
    int err = edoi_values_inherit_with(out, o->opts);
    edoi_values_leave(before);
    return err;
}

/* NULL: no task was made, and `*err` is set. */
static edo_task *spawn_child(edo_scope *s, const child_order *o, int *err) {
    const edo_spawn_opts *opts = o->opts;
    edo_task_monitor *monitor = opts->monitor ? opts->monitor : s->opts.monitor;
    edo_runtime *rt = edoi_runtime_here();
    *err = edoi_spawn_check(opts);
    if (*err == 0) *err = rt ? edoi_monitor_check(monitor, rt) : -EDO_ENORUNTIME;
    edoi_values *values = NULL;
    if (*err == 0) *err = child_values(&values, s, o);
    if (*err < 0) return NULL;
    uint8_t kind = edoi_spawn_kind(opts, values) | EDOI_FIBER_CHILD;
    if (monitor) kind |= EDOI_FIBER_MONITORED;
    const char *name = opts->name ? opts->name : o->site;
    edo_task *t = edoi_spawn_prepare(rt, edoi_fiber_bytes(kind), o->refs, name, err);
    if (!t) {
        edoi_values_unref(values);
        return NULL;
    }
    edoi_child *child = (edoi_child *)(void *)edoi_task_future(t);
    edoi_fiber_task_init(&child->fiber, o->fn, o->arg);
    child->fiber.kind = kind;
    if (monitor) edoi_monitor_fiber(&child->fiber, monitor);
    if (opts->cancel) edoi_guard_fiber(&child->fiber, opts->cancel);
    if (values) edoi_fiber_bind(&child->fiber, values);
    child->fiber.stack_bytes = (uint32_t)(opts->stack ? opts->stack : rt->opts.fiber_stack);
    if (o->is_guests) edoi_spawn_note_lent(t, o->arg); // the scope waits for it, and not the guest
    child->site = o->site;
    child->is_guests = o->is_guests;
    child->deadline_ns = o->is_guests ? s->deadline_ns : s->owner->deadline_ns;
    bool stopped = edoi_scope_link(s, child, o->start);
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

/* Returns 0 if the scope takes children. Without its lock: another thread of the process that has
 * forked may have held that. */
static int scope_check_open(const edo_scope *s) {
    if (EDO_MISUSE(s->ended, "a child is spawned into a scope that has ended")) return -EDO_EMISUSE;
    return edoi_bracket_is_inherited(&s->bracket) ? -EDO_EFORKED : 0;
}

/* As spawn_child(), once there is a place. A refusal is the scope's failure if the owner has asked:
 * a guest has the code, and what has become of it, as a limit of its own, is not the scope's
 * business. */
static edo_task *scope_spawn(edo_scope *s, child_order *o, int *err) {
    edo_task *t = NULL;
    *err = scope_check_open(s);
    if (*err < 0) return NULL;
    o->is_guests = edoi_scope_is_guest(s);
    *err = wait_for_place(s, o->is_guests);
    if (*err == 0) {
        t = spawn_child(s, o, err);
        if (!t) {
            edoi_lock_acquire(&s->lock);
            edoi_scope_give_back(s);
        }
    }
    if (!t && !o->is_guests) edoi_scope_note_refusal(s, *err, o->site);
    return t;
}

int edo_scope_spawn_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    child_order o = { .fn = fn, .arg = arg, .opts = &defaults, .site = site, .refs = 1 };
    int err;
    return scope_spawn(s, &o, &err) ? 0 : err;
}

int edo_scope_spawn_with_at(edo_scope *s, edo_task_fn *fn, void *arg, const edo_spawn_opts *opts,
                            const char *site) {
    child_order o = {
        .fn = fn, .arg = arg, .opts = opts ? opts : &defaults, .site = site, .refs = 1
    };
    int err;
    return scope_spawn(s, &o, &err) ? 0 : err;
}

edo_task *edo_scope_spawn_handle_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    child_order o = { .fn = fn, .arg = arg, .opts = &defaults, .site = site, .refs = 2 };
    int err;
    edo_task *t = scope_spawn(s, &o, &err);
    if (!t) edoi_ctx_here()->spawn_error = err;
    return edoi_task_hand_out(t);
}

/* ---- Children that say when they are ready --------------------------------------------------- */

void edo_task_started(int value) {
    edoi_fiber_task *fiber = edoi_fiber_served_here();
    if (EDO_MISUSE(value < 0, "a task is ready with a negative value: a failure is returned"))
        return;
    if (!fiber || !(fiber->kind & EDOI_FIBER_CHILD)) return;
    edoi_child *self = (edoi_child *)(void *)fiber;
    edo_scope *s = self->scope;
    if (edoi_bracket_is_inherited(&s->bracket)) return;
    edoi_lock_acquire(&s->lock);
    edo_waker *starter = edoi_start_over(self, value, NULL);
    edoi_lock_release(&s->lock);
    edo_waker_deliver(starter);
}

/* A wait for a start. */
typedef struct start_wait {
    edo_scope *scope;
    edoi_start *start;
    bool is_guest;
} start_wait;

static edo_polled poll_start(void *arg, edo_cx *cx, int *result) {
    const start_wait *w = arg;
    *result = 0;
    edoi_lock_acquire(&w->scope->lock);
    bool is_over = !w->start->child;
    w->start->waker = edo_cx_waker(cx);
    if (!w->is_guest) w->scope->waker = edo_cx_waker(cx);
    edoi_lock_release(&w->scope->lock);
    return is_over ? EDO_READY : EDO_PENDING;
}

/* Waits until the child of `start` is ready, or has ended; false: the wait was cut short, and the
 * child is cancelled. */
static bool await_start(start_wait *w) {
    edo_poll_fn_future f;
    edo_waker *child = NULL, *owner = NULL;
    edoi_start *start = w->start;
    (void)edo_await(edo_poll_fn_init(&f, poll_start, w));
    edoi_lock_acquire(&w->scope->lock);
    const bool is_over = !start->child; // perhaps although the await was refused
    if (!is_over) {                     // alive: inv. 1
        start->child->start = NULL;
        child =
            edoi_task_mark_cancel(edoi_fiber_task_header(&start->child->fiber), EDO_CANCEL_ASKED);
    }
    if (w->is_guest) owner = edoi_scope_starter_left(w->scope);
    edoi_lock_release(&w->scope->lock); // of a guest: the scope may be gone now
    edo_waker_deliver(child);
    edo_waker_deliver(owner);
    return is_over;
}

int edo_scope_spawn_started_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site) {
    edoi_start start = { .child = NULL };
    child_order o = {
        .fn = fn, .arg = arg, .opts = &defaults, .site = site, .start = &start, .refs = 1
    };
    int err;
    if (!scope_spawn(s, &o, &err)) return err;
    if (!await_start(&(start_wait){ .scope = s, .start = &start, .is_guest = o.is_guests })) {
        if (!o.is_guests) edoi_scope_note_refusal(s, -ECANCELED, site);
        return -ECANCELED;
    }
    // What has ended the child, as a limit that it has inherited, has cut the owner short, too.
    if (start.value == -ECANCELED && !o.is_guests)
        (void)edoi_scope_owner_cut(s, edoi_ctx_here(), edoi_fiber_here());
    // a failure without a trail does not continue an old one
    if (start.value < 0 && !start.trail) edoi_trail_drop(start.value);
    edoi_trail_give(start.trail);
    return start.value;
}

/* ---- Abandoned ------------------------------------------------------------------------------- */

void edoi_guest_abandoned(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    edo_future *awaited = edoi_is_fiber_task(f) ? ((edoi_fiber_task *)(void *)f)->awaiting : NULL;
    if (!awaited) return;
    if (awaited->ops == &place_ops && ((place_wait *)(void *)awaited)->is_guest) edo_drop(awaited);
    const edo_poll_fn_future *poll = (const edo_poll_fn_future *)(const void *)awaited;
    edo_poll_fn_future like;
    if (awaited->ops != edo_poll_fn_init(&like, poll_start, NULL)->ops || poll->fn != poll_start)
        return;
    const start_wait *w = poll->arg;
    if (!w->is_guest) return;
    edoi_lock_acquire(&w->scope->lock);
    if (w->start->child) w->start->child->start = NULL; // it tells nobody
    edo_waker *owner = edoi_scope_starter_left(w->scope);
    edoi_lock_release(&w->scope->lock);
    edo_waker_deliver(owner);
}
