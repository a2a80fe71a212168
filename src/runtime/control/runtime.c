/* SPDX-License-Identifier: MIT */
/* runtime/control/runtime.c: makes, enters and ends a runtime. */
#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "base/world/random.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "locks/tenths.h"
#include "log/tell.h"
#include "records/brackets.h"
#include "records/handles.h"
#include "runtime/blocking/blocking.h"
#include "runtime/control/cpu_count.h"
#include "runtime/control/recorder.h"
#include "runtime/debug/record_hooks.h"
#include "runtime/end/lifetime.h"
#include "runtime/end/threads.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "runtime/watch/registry.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/core.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/places.h"
#include "runtime/worker/polled.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The thread that forked may end the brackets that it was in. It is in no poll any more, and may
 * await: a poll that returns ends the process. */
static void begin_ctx(edoi_thread *t, const edoi_worker *w) {
    const edoi_ctx *c = edoi_ctx_here(); // the fiber's, if there is one
    uint32_t no_await_n = c->no_await_n;
    if (c != &t->ctx) {
        t->ctx = *c;
    } else if (w && edoi_worker_running(w)) { // a state machine has no brackets, its root has
        edoi_ctx_init(&t->ctx);
    }
    t->no_await_left_n += no_await_n;
    t->ctx.no_await_n = 0;
    t->ctx.polling = t->ctx.deaf = false;
    t->cx = NULL;
}

/* The thread that forked continues as a plain thread in its runtime, so that its calls report the
 * fork. */
static void runtime_begin_child(void) {
    edoi_thread *t = edoi_thread_here();
    edoi_worker *w = edoi_worker_here();
    begin_ctx(t, w);
    if (w) {
        t->entered = w->runtime;
        w->cx.worker = NULL; // futures polled with it find no wheel and no driver
        EDOI_OWN_STORE(&w->count.look_in,
                       1); // a scheduler loop to which this thread returns stops there
        edoi_worker_set_here(NULL);
    }
    t->in_place_of = NULL;
    t->dedicated = NULL;
    t->tid = 0;
    t->parker = NULL; // another thread may have held its mutex
    t->own_driver = NULL;
}

EDOI_ON_FORK(.child = runtime_begin_child);

/* The number in EDO_SEED; 0: there is none. One that is passed over is told: that run is not the
 * one that somebody wants to see again. */
static uint64_t seed_of_environment(void) {
    static edo_atomic_u32 told; /* atomic, relaxed: a flag, no data */
    const char *text = getenv("EDO_SEED");
    char *end;
    if (!text || !*text) return 0;
    errno = 0;
    uint64_t seed = strtoull(text, &end, 0);
    if (*text >= '0' && *text <= '9' && !*end && errno == 0) return seed;
    if (edoi_swap_rlx_u32(&told, 1) == 0)
        edoi_tell("edo: EDO_SEED=%.32s is no number, so the seed is any\n", text);
    return 0;
}

static uint64_t seed_of(const edo_runtime_opts *opts) {
    if (opts->seed) return opts->seed;
    uint64_t seed = seed_of_environment();
    if (seed == 0) edoi_random_seed(&seed, sizeof seed);
    return seed;
}

static uint32_t default_workers(void) {
    static edo_atomic_u32 told; /* atomic, relaxed: in the called function */
    return edoi_cpu_count_wanted("EDO_WORKERS", EDOI_WORKERS_MAX, &told);
}

static void fill_defaults(edo_runtime_opts *o) {
    if (o->flavor == 0) o->flavor = o->start_paused ? EDO_RUNTIME_CURRENT : EDO_RUNTIME_MULTI;
    if (o->flavor == EDO_RUNTIME_CURRENT) o->workers = 1;
    if (o->workers == 0) o->workers = default_workers();
    if (o->event_interval == 0) o->event_interval = 61;
    if (o->events_max == 0) o->events_max = 1024;
    if (o->shutdown.ns == 0) o->shutdown = edo_s(5);
    if (o->watchdog.ns == 0) o->watchdog.ns = edoi_watchdog_default_ns();
    if (o->blocking_max == 0) o->blocking_max = 512;
    if (o->blocking_keep_alive.ns == 0) o->blocking_keep_alive = edo_s(10);
    if (!o->name) o->name = "edo";
}

static void worker_init(edoi_worker *w, edo_runtime *rt, uint64_t seed, int64_t now_ns) {
    w->has_thread = rt->opts.flavor == EDO_RUNTIME_MULTI;
    w->shares = rt->opts.workers > 1;
    if (w->shares) edoi_store_rlx_u32(&edoi_siblings_flag, 1); // relaxed: thread creation orders
    w->cx.worker = w;
    w->cx.random = seed + w->index;
    w->cx.now = &w->now;
    if (rt->stamps) w->run.wakes_usual = EDOI_WAKE_STAMPED;
    if (rt->opts.no_lifo) w->run.wakes_usual = EDOI_WAKE_BACK;
    w->run.wakes_to = w->run.wakes_usual;
    w->event_interval = rt->opts.event_interval;
    edoi_cost_init(w);
    edoi_places_init(&w->places, w->id, w->shares);
    w->slab.runtime = rt;
    w->runtime = rt;
    w->now_tenths = edoi_tenths(now_ns);
    w->cost.ran_from_ns = now_ns;
    edoi_store_rlx_u64(&w->lookout.turned_ns, (uint64_t)now_ns);
    w->pause.waits_most_ns = -1;
    w->pause.stands_until_ns = INT64_MAX;
    if (rt->opts.start_paused) edoi_clock_pause(&w->clock, now_ns);
}

static edoi_trail **trail_slot(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return NULL;
    edoi_fiber_task *fiber = edoi_fiber_served(w);
    if (fiber) return &fiber->ctx->ctx.trail;
    if (!edoi_worker_running(w)) return NULL;
    w->now.after |= EDOI_AFTER_TRAIL;
    return &w->machine.trail;
}

static void threads_init(edoi_threads *threads) {
    edoi_cond_init(&threads->changed);
    (void)pthread_mutex_init(&threads->mutex, NULL);
}

/* Initialises `w`, all zero, as a worker. */
static int make_worker(edo_runtime *rt, edoi_worker *w, uint64_t seed) {
    w->index = rt->workers_n;
    int64_t now_ns = edoi_clock_monotonic();
    int err = edoi_driver_new(&w->driver, rt->opts.events_max);
    if (err < 0) return err;
    w->wheel = edoi_wheel_get(now_ns);
    w->id = w->wheel ? edoi_worker_id_get() : OWNER_NONE;
    if (w->id == OWNER_NONE) {
        err = w->wheel ? -EAGAIN : -ENOMEM;
        if (w->wheel) edoi_wheel_put(w->wheel);
        edoi_driver_free(w->driver);
        return err;
    }
    worker_init(w, rt, seed, now_ns);
    rt->workers[rt->workers_n++] = w;
    rt->worker = rt->workers[0];
    return edoi_stats_init(w);
}

static int make_workers(edo_runtime *rt) {
    uint32_t n = rt->opts.workers;
    uint64_t seed = seed_of(&rt->opts);
    rt->workers = edoi_calloc(n, sizeof(edoi_worker *));
    int err = rt->workers ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < n && err == 0; i++) {
        edoi_worker *w = edoi_calloc(1, sizeof *w);
        err = w ? make_worker(rt, w, seed) : -ENOMEM;
        if (err < 0 && rt->workers_n == i) edoi_free(w);
    }
    rt->idle.workers_n = rt->workers_n;
    return err;
}

int edo_runtime_new(edo_runtime **out, const edo_runtime_opts *opts) {
    static const edo_runtime_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts->flavor > EDO_RUNTIME_MULTI || opts->fiber_stack > EDOI_STACK_MAX) return -EINVAL;
    if (opts->workers > EDOI_WORKERS_MAX || opts->events_max > EDOI_EVENTS_MAX) return -EINVAL;
    if (opts->flavor == EDO_RUNTIME_MULTI && opts->start_paused) return -EINVAL;
    edoi_buckets poll_buckets = { 0 }, sched_buckets = { 0 };
    int err = edoi_buckets_init(&poll_buckets, &opts->poll_hist);
    if (err == 0) err = edoi_buckets_init(&sched_buckets, &opts->sched_hist);
    if (err < 0) return err;
    edoi_recorder_begin();
    edo_runtime *rt = edoi_calloc(1, sizeof *rt);
    if (!rt) return -ENOMEM;
    rt->hist.polls = poll_buckets;
    rt->hist.waits = sched_buckets;
    rt->stamps = sched_buckets.n > 0 || opts->task_monitors;
    if (rt->stamps) edoi_store_rlx_u32(&rt->spawn.flags, EDOI_SPAWN_STAMPS);
    rt->opts = *opts;
    fill_defaults(&rt->opts);
    rt->end.is_default = opts->shutdown.ns == 0;
    rt->spawn.slab.runtime = rt;
    edoi_store_rlx_u32(&rt->handles, 1);
    edoi_store_rlx_u32(&rt->pins, 1);
    (void)pthread_mutex_init(&rt->spawn.mutex, NULL);
    threads_init(&rt->threads);
    edoi_runtime_enlist(rt);
    rt->drive.spare = edoi_parker_get();
    rt->blocking = edoi_blocking_new(rt);
    err = rt->drive.spare && rt->blocking ? make_workers(rt) : -ENOMEM;
    edoi_task_hooks_set(trail_slot, edo_task_current_name);
    edoi_record_hooks_install();
    if (err == 0 && rt->opts.flavor == EDO_RUNTIME_MULTI) err = edoi_threads_start(rt);
    if (err < 0) {
        edoi_runtime_destroy(rt);
        return err;
    }
    edoi_registry_acquire();
    rt->listed.is_whole = true;
    edoi_registry_release();
    edoi_watchdog_join(rt);
    *out = edoi_handle_made_here(EDOI_RUNTIME, rt, EDOI_CALLER());
    return 0;
}

uint64_t edo_runtime_id(const edo_runtime *rt) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    return rt->id;
}

edo_runtime_flavor edo_runtime_get_flavor(const edo_runtime *rt) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    return rt->opts.flavor;
}

edo_runtime *edo_runtime_current(void) {
    return edoi_runtime_here();
}

int edo_runtime_enter(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    if (EDO_MISUSE(edoi_worker_here() || t->entered_n == EDOI_ENTERED_MAX,
                   "a runtime is entered outside tasks, and not too often"))
        return -EDO_EMISUSE;
    int err = edoi_runtime_enters(rt);
    if (err < 0) return err;
    t->outer[t->entered_n++] = t->entered; // NULL, entered, or edo_block_on()'s
    edoi_runtime_ref(rt);
    t->entered = edoi_handle_shared(EDOI_RUNTIME, rt);
    return 0;
}

void edo_runtime_leave(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    bool wrong = edoi_worker_here() || t->entered != rt || t->entered_n == 0;
    if (EDO_MISUSE(wrong, "runtimes are left in reverse order")) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    t->entered = t->outer[--t->entered_n];
    edoi_runtime_unref(rt);
}

int edo_block_on(edo_runtime *rt, edo_future *f) {
    if (EDO_MISUSE(edoi_worker_here(), "edo_block_on() inside a task: await instead")) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    int err = edoi_runtime_enters(rt);
    if (err < 0) {
        edo_drop(f);
        return err;
    }
    edoi_thread *t = edoi_thread_here();
    edo_runtime *outer = t->entered;
    edoi_runtime_ref(rt);
    t->entered = rt; // tasks that `f` spawns in its poll belong here
    int result = edoi_thread_await(rt, f);
    t->entered = outer;
    edoi_runtime_unref(rt);
    return result;
}

int edo_run_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site) {
    edo_task *t = edo_spawn_on_at(rt, fn, arg, site);
    edo_task_join_future f;
    return edo_block_on(rt, edo_task_join_init(&f, t));
}
