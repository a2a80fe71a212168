/* SPDX-License-Identifier: MIT */
/* runtime/spawn/spawn.c: makes tasks. On the thread of one of the runtime's workers a spawn takes
 * no lock and no read-modify-write; other threads use a separate slab, under a mutex.
 *
 * What was made is queued: queue_fresh(), queue_foreign(). What happens to it then, step by step:
 * docs/design/ways.md. */
#include "runtime/spawn/spawn.h"

#include "base/held.h"
#include "base/opts.h"
#include "driver/clock.h"
#include "locks/tenths.h"
#include "recorder/note.h"
#include "recorder/probe.h"
#include "records/handles.h"
#include "records/lent.h"
#include "runtime/fiber/spread.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/guard.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/values.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/core.h"
#include "runtime/worker/count.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"
#include "stacks/made.h"

#include <errno.h>
#include <string.h>

/* The worker of `rt` that this thread holds, or NULL. */
static edoi_worker *spawn_worker_of(const edo_runtime *rt) {
    edoi_worker *w = edoi_worker_here();
    return w && w->runtime == rt ? w : NULL;
}

/* On the thread of a worker of `rt`. */
static edo_task *prepare_here(edoi_worker *w, size_t future_bytes, uint32_t refs, const char *site,
                              int *err) {
    bool closing = edoi_runtime_is_closing(w->runtime);
    edo_task *t = closing ? NULL : edoi_task_slab_get(&w->slab, sizeof *t + future_bytes);
    if (EDOI_UNLIKELY(!t)) {
        *err = closing ? -EDO_ECLOSED : -ENOMEM;
        return NULL;
    }
    edoi_worker_count(&w->count.spawned);
    edoi_task_init(t, refs, site, OWNER_NONE, w->now_tenths); // not queued yet: no plain wake
    if (w->tally.stamps) edoi_stats_stamp(t);
    EDOI_PROBE2(task_spawn, t, site);
    if (EDOI_RECORDS(EDO_RECORDER_ALL)) edoi_recorder_note_site(EDOI_REC_SPAWN, t, 0, site);
    edoi_made(EDOI_MADE_TASK, site);
    return t;
}

/* On any other thread. On success spawn.mutex stays locked until queue_foreign(). */
static edo_task *prepare_foreign(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                 const char *site, int *err) {
    edoi_mutex_acquire(&rt->spawn.mutex);
    bool closing = edoi_runtime_is_closing(rt);
    *err = closing ? -EDO_ECLOSED : -ENOMEM;
    edo_task *t = closing ? NULL : edoi_task_slab_get(&rt->spawn.slab, sizeof *t + future_bytes);
    if (!t) {
        edoi_mutex_release(&rt->spawn.mutex);
        return NULL;
    }
    edoi_store_rlx_u64(&rt->spawn.n, edoi_load_rlx_u64(&rt->spawn.n) + 1);
    edoi_task_init(t, refs, site, OWNER_NONE, edoi_tenths(edoi_clock_monotonic()));
    EDOI_PROBE2(task_spawn, t, site);
    if (EDOI_RECORDS(EDO_RECORDER_ALL)) edoi_recorder_note_site(EDOI_REC_SPAWN, t, 0, site);
    return t; // mutex held: the shutdown walks the slab under it and must find complete tasks
}

edo_task *edoi_spawn_prepare(edo_runtime *rt, size_t future_bytes, uint32_t refs, const char *site,
                             int *err) {
    edoi_worker *w = spawn_worker_of(rt);
    if (edoi_runtime_is_forked(rt)) {
        *err = -EDO_EFORKED;
        return NULL;
    }
    return w ? prepare_here(w, future_bytes, refs, site, err)
             : prepare_foreign(rt, future_bytes, refs, site, err);
}

/* The quick way notes nothing, so it is closed meanwhile. relaxed: a spawn that does not see it yet
 * is not noted. */
void edoi_spawn_see(edo_runtime *rt, bool are_seen) {
    if (are_seen) {
        (void)edoi_or_rlx_u32(&rt->spawn.flags, EDOI_SPAWN_LOOKED);
    } else {
        (void)edoi_and_rlx_u32(&rt->spawn.flags, ~EDOI_SPAWN_LOOKED);
    }
}

/* A helper has the places of this worker's poll: what the poll spawns goes to the ring. */
static EDOI_NOINLINE void share_fresh(edoi_worker *w, edo_task *t) {
    edoi_run_queue_share(w, t);
    if (edoi_idle_any(&w->runtime->idle)) (void)edoi_scheduler_call_one(w->runtime);
}

static EDOI_NOINLINE void queue_fresh_beside(edoi_worker *w, edo_task *t) {
    uint16_t outer;
    if (EDOI_LIKELY(edoi_places_enter(&w->places, w->id, &outer))) {
        edoi_run_queue_push_back(w, t);
    } else {
        share_fresh(w, t);
    }
    edoi_places_leave(&w->places, outer);
}

/* Queues a fresh task, owned by this worker, at the back. */
EDOI_INLINE void queue_fresh(edoi_worker *w, edo_task *t) {
    if (w->shares) {
        queue_fresh_beside(w, t); // siblings may look at this worker's places
    } else {
        edoi_run_queue_push_back(w, t);
    }
}

/* Completes what prepare_foreign() began: queues `t` and unlocks spawn.mutex. */
static void queue_foreign(edo_runtime *rt, edo_task *t) {
    edoi_stats_remote(rt, t);
    edoi_run_queue_send_home(rt, t);
    edoi_mutex_release(&rt->spawn.mutex);
}

void edoi_spawn_queue(edo_runtime *rt, edo_task *t) {
    edoi_worker *w = spawn_worker_of(rt);
    if (w) {
        edoi_store_rlx_u16(&t->owner, w->id);
        queue_fresh(w, t);
    } else {
        queue_foreign(rt, t);
    }
}

void edoi_spawn_queue_spread(edo_runtime *rt, edo_task *t) {
    edoi_worker *w = spawn_worker_of(rt);
    if (w) edoi_spread_show(w);
    if (edoi_spread_place(rt, t) == w) {
        // It has its home here, or there are no siblings: no other thread takes it from the queue.
        EDO_ASSERT(!w->shares || edoi_load_rlx_u16(&t->home) != OWNER_NONE); // relaxed: we hold it
        edoi_store_rlx_u16(&t->owner, w->id);
        edoi_run_queue_push_back(w, t);
    } else if (w) {
        w->tally.placed++;
        edoi_stats_on_send(w, t);
        edoi_run_queue_send_home(rt, t);
    } else {
        queue_foreign(rt, t);
    }
}

/* May something be bound for what this worker runs? A thread that holds it and is in no task has
 * values of its own, which are looked for elsewhere. */
EDOI_INLINE bool may_have_values(const edoi_worker *w) {
    const edoi_fiber_task *fiber = edoi_fiber_served(w);
    return fiber ? fiber->ctx->ctx.has_values : w->machine.values || !edoi_worker_running(w);
}

/* The fiber that runs here, if `arg` points into its stack; else NULL. */
EDOI_INLINE const edo_task *lender_of(const void *arg) {
    const edoi_worker *w = edoi_worker_here();
    if (!w || !w->fiber) return NULL;
    const edoi_stack *stack = w->fiber->ctx->fiber.stack;
    const char *at = arg;
    return at >= stack->lo && at < stack->hi ? edoi_fiber_task_header(w->fiber) : NULL;
}

void edoi_spawn_note_lent(edo_task *t, const void *arg) {
    if (EDOI_REMEMBERS) edoi_lent_note(t, t->site, lender_of(arg));
}

EDOI_INLINE void make_fiber(edo_task *t, const edo_runtime *rt, edo_task_fn *fn, void *arg,
                            uint32_t stack_bytes) {
    if (EDOI_REMEMBERS) edoi_lent_note(t, t->site, lender_of(arg));
    edoi_fiber_task *f = (edoi_fiber_task *)(void *)edoi_task_future(t);
    edoi_fiber_task_init(f, fn, arg);
    f->stack_bytes = stack_bytes ? stack_bytes : (uint32_t)rt->opts.fiber_stack;
}

static const edo_spawn_opts defaults;

uint8_t edoi_spawn_kind(const edo_spawn_opts *opts, const edoi_values *values) {
    uint32_t kind = 0;
    if (opts->migrate) kind |= EDOI_FIBER_MIGRATES;
    if (opts->monitor) kind |= EDOI_FIBER_MONITORED;
    if (opts->cancel) kind |= EDOI_FIBER_GUARDED;
    if (values) kind |= EDOI_FIBER_BOUND;
    if (opts->span) kind |= EDOI_FIBER_SPAN;
    return (uint8_t)kind;
}

/* May a task with this monitor be made in `rt`, which may be NULL? */
static int spawn_check_for(const edo_runtime *rt, const edo_task_monitor *monitor) {
    return rt ? edoi_monitor_check(monitor, rt) : -EDO_ENORUNTIME;
}

/* The general case, for any thread, runtime and options. */
static EDOI_NOINLINE edo_task *spawn_fiber_slowly(edo_runtime *rt, edo_task_fn *fn, void *arg,
                                                  uint32_t refs, const char *site,
                                                  const edo_spawn_opts *opts, int *err) {
    edoi_values *values = NULL;
    *err = spawn_check_for(rt, opts->monitor);
    if (*err == 0) *err = edoi_values_inherit_with(&values, opts);
    if (*err < 0) return NULL;
    uint8_t kind = edoi_spawn_kind(opts, values);
    edo_task *t = edoi_spawn_prepare(rt, edoi_fiber_bytes(kind), refs, site, err);
    if (!t) {
        edoi_values_unref(values);
        return NULL;
    }
    make_fiber(t, rt, fn, arg, (uint32_t)opts->stack);
    edoi_fiber_task *f = (edoi_fiber_task *)(void *)edoi_task_future(t);
    f->kind = kind;
    if (opts->monitor) edoi_monitor_fiber(f, opts->monitor);
    if (opts->cancel) edoi_guard_fiber(f, opts->cancel);
    if (values) edoi_fiber_bind(f, values);
    if (opts->spread) {
        edoi_spawn_queue_spread(rt, t);
    } else {
        edoi_spawn_queue(rt, t);
    }
    return t;
}

static EDOI_NOINLINE edo_task *spawn_fiber_plainly(edo_task_fn *fn, void *arg, uint32_t refs,
                                                   const char *site, uint32_t stack_bytes,
                                                   int *err) {
    const edo_spawn_opts opts = { .stack = stack_bytes };
    return spawn_fiber_slowly(edoi_runtime_here(), fn, arg, refs, site, &opts, err);
}

EDOI_INLINE edo_task *spawn_fiber(edo_task_fn *fn, void *arg, uint32_t refs, const char *site,
                                  uint32_t stack_bytes, int *err) {
    edoi_worker *w = edoi_worker_here();
    if (EDOI_UNLIKELY(!w || !edoi_runtime_spawns_quickly(w->runtime) || may_have_values(w)))
        return spawn_fiber_plainly(fn, arg, refs, site, stack_bytes, err);
    edo_task *t = edoi_task_slab_get(&w->slab, sizeof *t + sizeof(edoi_fiber_task));
    *err = -ENOMEM;
    if (EDOI_UNLIKELY(!t)) return NULL;
    edoi_worker_count(&w->count.spawned);
    edoi_task_init(t, refs, site, w->id, w->now_tenths);
    make_fiber(t, w->runtime, fn, arg, stack_bytes);
    queue_fresh(w, t);
    return t;
}

/* Hands out `t`; or keeps the error of a failed spawn for edo_task_join(NULL). `err` is a pointer:
 * the spawn that writes it is another argument of the same call. */
static edo_task *handle_of(edo_task *t, const int *err) {
    if (!t) edoi_ctx_here()->spawn_error = *err;
    return edoi_task_hand_out(t);
}

edo_task *edo_spawn_at(edo_task_fn *fn, void *arg, const char *site) {
    int err;
    return handle_of(spawn_fiber(fn, arg, 2, site, 0, &err), &err);
}

edo_task *edo_spawn_on_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    int err;
    return handle_of(spawn_fiber_slowly(rt, fn, arg, 2, site, &defaults, &err), &err);
}

int edo_spawn_detached_on_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    int err;
    return spawn_fiber_slowly(rt, fn, arg, 1, site, &defaults, &err) ? 0 : err;
}

int edo_spawn_detached_at(edo_task_fn *fn, void *arg, const char *site) {
    int err;
    return spawn_fiber(fn, arg, 1, site, 0, &err) ? 0 : err;
}

int edoi_spawn_check(const edo_spawn_opts *opts) {
    bool bad = opts->stack > EDOI_STACK_MAX || (opts->spread && opts->migrate) ||
               !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    return bad ? -EINVAL : 0;
}

static EDOI_NOINLINE edo_task *spawn_fiber_with(edo_task_fn *fn, void *arg, uint32_t refs,
                                                const char *site, const edo_spawn_opts *opts,
                                                int *err) {
    if (!opts) opts = &defaults;
    *err = edoi_spawn_check(opts);
    if (*err < 0) return NULL;
    const char *name = opts->name ? opts->name : site;
    if (opts->spread || opts->migrate || opts->monitor || opts->cancel || opts->no_context ||
        opts->span)
        return spawn_fiber_slowly(edoi_runtime_here(), fn, arg, refs, name, opts, err);
    return spawn_fiber(fn, arg, refs, name, (uint32_t)opts->stack, err);
}

edo_task *edo_spawn_with_at(edo_task_fn *fn, void *arg, const edo_spawn_opts *opts,
                            const char *site) {
    int err;
    return handle_of(spawn_fiber_with(fn, arg, 2, site, opts, &err), &err);
}

int edo_spawn_detached_with_at(edo_task_fn *fn, void *arg, const edo_spawn_opts *opts,
                               const char *site) {
    int err;
    return spawn_fiber_with(fn, arg, 1, site, opts, &err) ? 0 : err;
}

/* The general case: a thread without a worker of `rt`, a boxed future, one that holds what it
 * borrows, a slot never used, options, or failure. `rt` may be NULL: none. */
static edo_task *spawn_future_slowly(edo_runtime *rt, edo_future *f, uint32_t refs,
                                     const char *site, const edo_spawn_opts *opts, int *err) {
    *err = -EDO_ENORUNTIME;
    if (!rt) return NULL;
    *err = -EDO_EMISUSE;
    if (edoi_future_is_unmade(f)) return NULL;
    bool boxed = f->ops->flags & EDO_FUTURE_BOXED;
    if (EDO_MISUSE(!boxed && f->state != 0,
                   "only a future that has not been polled can be spawned"))
        return NULL;
    edoi_wraps with = { .monitor = opts->monitor, .cancel = opts->cancel };
    with.ends_span = opts->span != NULL;
    *err = edoi_monitor_check(opts->monitor, rt);
    if (*err == 0) *err = edoi_values_inherit_with(&with.values, opts);
    if (*err < 0) return NULL;
    bool wraps = edoi_wrapped_is_needed(f, &with);
    size_t bytes = wraps ? edoi_wrapped_bytes(f, &with) : f->ops->size;
    edo_task *t = edoi_spawn_prepare(rt, bytes, refs, site, err);
    if (!t) {
        edoi_values_unref(with.values);
        return NULL;
    }
    if (wraps) {
        edoi_wrapped_init(t, f, &with);
    } else {
        memcpy(edoi_task_future(t), f, bytes);
    }
    edo_future_hold(edoi_task_future(t)); // before another thread may poll it
    edoi_spawn_queue(rt, t);
    return t;
}

/* Copies two words at a time: small enough for a load to be forwarded from the maker's stores. */
EDOI_INLINE void copy_two(char *to, const char *from) {
    uint64_t words[2];
    memcpy(&words[0], from, 8);
    memcpy(&words[1], from + 8, 8);
    EDOI_FORGET(words[0]); // otherwise the compiler makes one wide load of both
    memcpy(to, &words[0], 8);
    memcpy(to + 8, &words[1], 8);
}

/* `bytes` is at least 16. A call would cost more than the copy of a small future. */
EDOI_INLINE void copy_future(edo_future *f, const edo_future *other, size_t bytes) {
    char *to = (char *)f;
    const char *from = (const char *)other;
    for (; EDOI_UNLIKELY(bytes > 64); bytes -= 16, to += 16, from += 16) copy_two(to, from);
    copy_two(to, from);
    if (bytes > 32) { // from both ends; the middle may be copied twice
        copy_two(to + 16, from + 16);
        copy_two(to + bytes - 32, from + bytes - 32);
    }
    copy_two(to + bytes - 16, from + bytes - 16);
}

/* On the thread of a worker, into a slot that was used before; NULL otherwise. Calls
 * nothing: keeping values across a call would cost more than the rest. */
EDOI_INLINE edo_task *spawn_future_quickly(edoi_worker *w, edo_future *f, uint32_t refs,
                                           const char *site) {
#ifdef EDO_DEBUG
    if (edoi_future_is_unmade(f)) return NULL;
#endif
    const edo_future_ops *ops = f->ops;
    bool usual = w && !(ops->flags & EDO_FUTURE_BOXED) && !ops->hold && f->state == 0 &&
                 edoi_runtime_spawns_quickly(w->runtime) && !may_have_values(w);
    if (EDOI_UNLIKELY(!usual)) return NULL;
    edo_task *t = edoi_task_slab_get_used(&w->slab, sizeof *t + ops->size);
    if (EDOI_UNLIKELY(!t)) return NULL;
    edoi_worker_count(&w->count.spawned);
    edoi_task_init(t, refs, site, w->id, w->now_tenths);
    copy_future(edoi_task_future(t), f, ops->size);
    queue_fresh(w, t);
    return t;
}

static EDOI_NOINLINE edo_task *spawn_future_joined_slowly(edo_future *f, const char *site) {
    int err;
    return handle_of(spawn_future_slowly(edoi_runtime_here(), f, 2, site, &defaults, &err), &err);
}

edo_task *edo_spawn_future_on_at(edo_runtime *rt, edo_future *f, const char *site) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    int err;
    return handle_of(spawn_future_slowly(rt, f, 2, site, &defaults, &err), &err);
}

static EDOI_NOINLINE int spawn_future_detached_slowly(edo_future *f, const char *site) {
    int err;
    return spawn_future_slowly(edoi_runtime_here(), f, 1, site, &defaults, &err) ? 0 : err;
}

edo_task *edo_spawn_future_at(edo_future *f, const char *site) {
    edo_task *t = spawn_future_quickly(edoi_worker_here(), f, 2, site);
    return EDOI_LIKELY(t) ? edoi_task_hand_out(t) : spawn_future_joined_slowly(f, site);
}

int edo_spawn_future_detached_at(edo_future *f, const char *site) {
    bool spawned = spawn_future_quickly(edoi_worker_here(), f, 1, site) != NULL;
    return EDOI_LIKELY(spawned) ? 0 : spawn_future_detached_slowly(f, site);
}

static edo_task *spawn_future_with(edo_future *f, uint32_t refs, const char *site,
                                   const edo_spawn_opts *opts, int *err) {
    if (!opts) opts = &defaults;
    *err = -EINVAL;
    bool bad = opts->stack || opts->spread || opts->migrate ||
               !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    if (bad) return NULL;
    const char *name = opts->name ? opts->name : site;
    return spawn_future_slowly(edoi_runtime_here(), f, refs, name, opts, err);
}

edo_task *edo_spawn_future_with_at(edo_future *f, const edo_spawn_opts *opts, const char *site) {
    int err;
    return handle_of(spawn_future_with(f, 2, site, opts, &err), &err);
}

int edo_spawn_future_detached_with_at(edo_future *f, const edo_spawn_opts *opts, const char *site) {
    int err;
    return spawn_future_with(f, 1, site, opts, &err) ? 0 : err;
}
