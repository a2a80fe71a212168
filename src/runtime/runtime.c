/* SPDX-License-Identifier: MIT */
/* runtime/runtime.c: makes, enters and ends a runtime. */
#include "runtime/runtime.h"

#include "base/cond.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/memory/blame.h"
#include "base/memory/handles.h"
#include "base/opts.h"
#include "runtime/blocking/blocking.h"
#include "runtime/cpu_count.h"
#include "runtime/debug/registry.h"
#include "runtime/debug/watchdog.h"
#include "runtime/fiber/fiber_task.h"
#include "runtime/lifetime.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/opened.h"
#include "runtime/scope/scope.h"
#include "runtime/threads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define WORKERS_MAX 65535u

_Static_assert((TASK_BUSY | TASK_CANCEL << 8 | TASK_DONE << 16 | TASK_ABANDONED << 24) ==
                   0x20080401,
               "tools/edo-gdb.py knows them");
_Static_assert((TASK_FREED | OWN_RUN << 8 | OWN_DEFERRED << 16) == 0x080240,
               "tools/edo-gdb.py knows them");

edo_runtime *edoi_runtimes;

static pthread_mutex_t ids_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next three */
static uint64_t worker_ids[(WORKERS_MAX + 63) / 64];
static uint64_t runtimes_n;

static edo_runtime *forked; /* runtimes of parent processes: for the leak checker */

void edoi_fork_task_returned(void) {
    (void)fprintf(stderr,
                  "edo: a task that forked returned in the child: end that by _exit() or exec\n");
    _exit(1);
}

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

/* The parent's runtimes are not used any more. The thread that forked continues as a plain thread
 * in its runtime, so that its calls report the fork. */
static void begin_child(void) {
    edo_runtime **last = &edoi_runtimes;
    while (*last) last = &(*last)->next;
    *last = forked;
    forked = edoi_runtimes;
    edoi_runtimes = NULL;
    edoi_thread *t = edoi_thread_here();
    edoi_worker *w = edoi_worker_here();
    begin_ctx(t, w);
    if (w) {
        t->entered = w->runtime;
        w->cx.worker = NULL;            // futures polled with it find no wheel and no driver
        EDOI_OWN_STORE(&w->look_in, 1); // a scheduler loop to which this thread returns stops there
        edoi_worker_set_here(NULL);
    }
    t->in_place_of = NULL;
    t->tid = 0;
    t->parker = NULL; // another thread may have held its mutex
    t->own_driver = NULL;
}

EDOI_ON_FORK(.mutex = &ids_mutex, .child = begin_child);

_Static_assert(EDO_COUNT(worker_ids) * 64 - 1 == EDOI_PLACES_OUTSIDE, "the last bit is OUTSIDE");

/* An id that no other living worker has; 0 if none is left. */
static uint16_t worker_id_get(void) {
    uint16_t id = OWNER_NONE;
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[0] |= 1;                                         // OWNER_NONE
    worker_ids[EDO_COUNT(worker_ids) - 1] |= UINT64_C(1) << 63; // EDOI_PLACES_OUTSIDE
    for (uint32_t i = 0; i < EDO_COUNT(worker_ids) && id == OWNER_NONE; i++) {
        if (worker_ids[i] == UINT64_MAX) continue;
        uint32_t bit = (uint32_t)EDOI_CTZ64(~worker_ids[i]);
        worker_ids[i] |= UINT64_C(1) << bit;
        id = (uint16_t)(i * 64 + bit);
    }
    edoi_mutex_release(&ids_mutex);
    return id;
}

void edoi_worker_id_put(uint16_t id) {
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[id / 64] &= ~(UINT64_C(1) << (id % 64));
    edoi_mutex_release(&ids_mutex);
}

static void runtime_enlist(edo_runtime *rt) {
    edoi_mutex_acquire(&ids_mutex);
    rt->id = ++runtimes_n;
    rt->forks = edoi_forks();
    rt->next = edoi_runtimes;
    if (rt->next) rt->next->prev = rt;
    edoi_runtimes = rt;
    edoi_mutex_release(&ids_mutex);
}

void edoi_runtime_strike(edo_runtime *rt) {
    edoi_registry_acquire();
    edoi_mutex_acquire(&ids_mutex);
    *(rt->prev ? &rt->prev->next : &edoi_runtimes) = rt->next;
    if (rt->next) rt->next->prev = rt->prev;
    edoi_mutex_release(&ids_mutex);
    edoi_registry_release();
}

edo_runtime *edoi_runtime_newest(void) {
    edoi_mutex_acquire(&ids_mutex);
    edo_runtime *rt = edoi_runtimes;
    edoi_mutex_release(&ids_mutex);
    return rt;
}

bool edoi_runtime_none_lives(void) {
    edoi_mutex_acquire(&ids_mutex);
    const edo_runtime *rt = edoi_runtimes;
    // relaxed: flags, no data; if two threads set one and check, the second sees both
    while (rt && (edoi_load_rlx_u32(&rt->is_left) || edoi_load_rlx_u32(&rt->is_over)))
        rt = rt->next;
    edoi_mutex_release(&ids_mutex);
    return !rt;
}

edo_atomic_u32 edoi_siblings_flag;

static uint64_t seed_of(const edo_runtime_opts *opts) {
    if (opts->seed) return opts->seed;
    const char *text = getenv("EDO_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : 0;
    if (seed == 0 && getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)edoi_clock_monotonic();
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
    w->now_s = (uint32_t)(now_ns / 1000000000);
    w->cost.ran_from_ns = now_ns;
    edoi_store_rlx_u64(&w->lookout.turned_ns, (uint64_t)now_ns);
    w->waits_most_ns = -1;
    w->stands_until_ns = INT64_MAX;
    if (rt->opts.start_paused) edoi_clock_pause(&w->clock, now_ns);
}

static edoi_trail **trail_slot(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return NULL;
    edoi_fiber_task *fiber = edoi_fiber_served(w);
    if (fiber) return &fiber->ctx->ctx.trail;
    if (!edoi_worker_running(w)) return NULL;
    w->now.after |= EDOI_AFTER_TRAIL;
    return &w->machine_trail;
}

#if EDOI_REMEMBERS
static const void *owner_here(void) {
    return edoi_runtime_here();
}

/* A scope of the running task's own, else the one that it is a child of. */
static const void *clean_scope_here(void) {
    const edoi_worker *w = edoi_worker_here();
    const edoi_fiber_task *fiber = w ? edoi_fiber_served(w) : NULL;
    const edo_scope *s;
    bool is_own = edoi_opened_clean_scope(edoi_ctx_here(), &s);
    if (is_own || !fiber || !(fiber->kind & EDOI_FIBER_CHILD)) return s;
    s = ((const edoi_child *)(const void *)fiber)->scope;
    return s->opts.leaves_nothing ? s : NULL;
}
#endif

/* The stack of the fiber for which this thread's worker polls. */
static size_t awaiter_stack(void **pcs, size_t max) {
    edoi_worker *w = edoi_worker_here();
    edoi_fiber_task *fiber = w && !w->fiber ? edoi_fiber_served(w) : NULL;
    return fiber && fiber->ctx ? edoi_fiber_backtrace(&fiber->ctx->fiber, pcs, max) : 0;
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
    w->id = w->wheel ? worker_id_get() : OWNER_NONE;
    if (w->id == OWNER_NONE) {
        err = w->wheel ? -EAGAIN : -ENOMEM;
        if (w->wheel) edoi_wheel_put(w->wheel);
        edoi_driver_free(w->driver);
        return err;
    }
    worker_init(w, rt, seed, now_ns);
    rt->workers[rt->workers_n++] = w;
    return edoi_stats_init(w);
}

static int make_workers(edo_runtime *rt) {
    uint32_t n = rt->opts.workers;
    uint64_t seed = seed_of(&rt->opts);
    rt->workers = edoi_calloc(n, sizeof(edoi_worker *));
    int err = rt->workers ? make_worker(rt, &rt->worker, seed) : -ENOMEM;
    for (uint32_t i = 1; i < n && err == 0; i++) {
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
    edo_runtime *rt = edoi_calloc(1, sizeof *rt);
    if (!rt) return -ENOMEM;
    rt->poll_buckets = poll_buckets;
    rt->sched_buckets = sched_buckets;
    rt->stamps = sched_buckets.n > 0 || opts->task_monitors;
    if (rt->stamps) edoi_store_rlx_u32(&rt->spawn_flags, EDOI_SPAWN_STAMPS);
    rt->opts = *opts;
    fill_defaults(&rt->opts);
    rt->shutdown_is_default = opts->shutdown.ns == 0;
    rt->foreign_slab.runtime = rt;
    edoi_store_rlx_u32(&rt->handles, 1);
    edoi_store_rlx_u32(&rt->pins, 1);
    (void)pthread_mutex_init(&rt->spawn_mutex, NULL);
    threads_init(&rt->threads);
    runtime_enlist(rt);
    rt->spare = edoi_parker_get();
    rt->blocking = edoi_blocking_new(rt);
    err = rt->spare && rt->blocking ? make_workers(rt) : -ENOMEM;
    edoi_task_hooks_set(trail_slot, edo_task_current_name);
    edoi_blame_hook_set(awaiter_stack);
#if EDOI_REMEMBERS
    edoi_handles_hook_set(owner_here, clean_scope_here);
#endif
    if (err == 0 && rt->opts.flavor == EDO_RUNTIME_MULTI) err = edoi_threads_start(rt);
    if (err < 0) {
        edoi_runtime_destroy(rt);
        return err;
    }
    edoi_registry_acquire();
    rt->whole = true;
    edoi_registry_release();
    edoi_watchdog_join(rt);
    *out = edoi_handle_made_here(EDOI_RUNTIME, rt, EDOI_CALLER());
    return 0;
}

void edoi_runtime_each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_each(&rt->workers[i]->slab, fn, arg);
    edoi_mutex_acquire(&rt->spawn_mutex);
    edoi_task_slab_each(&rt->foreign_slab, fn, arg);
    edoi_mutex_release(&rt->spawn_mutex);
}

uint64_t edo_runtime_id(const edo_runtime *rt) {
    (void)edoi_handle_misused_lent(EDOI_RUNTIME, rt);
    return rt->id;
}

edo_runtime_flavor edo_runtime_get_flavor(const edo_runtime *rt) {
    (void)edoi_handle_misused_lent(EDOI_RUNTIME, rt);
    return rt->opts.flavor;
}

edo_runtime *edoi_runtime_here(void) {
    edoi_worker *w = edoi_worker_here();
    return w ? w->runtime : edoi_thread_here()->entered;
}

edo_runtime *edo_runtime_current(void) {
    return edoi_runtime_here();
}

int edo_runtime_enter(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    if (EDO_MISUSE(edoi_worker_here() || t->entered_n == EDOI_ENTERED_MAX,
                   "a runtime is entered outside tasks, and not too often"))
        return -EDO_EMISUSE;
    if (edoi_handle_misused_lent(EDOI_RUNTIME, rt)) return -EDO_EMISUSE;
    if (edoi_runtime_is_forked(rt)) return -EDO_EFORKED;
    t->outer[t->entered_n++] = t->entered; // NULL, entered, or edo_block_on()'s
    edoi_runtime_ref(rt);
    t->entered = edoi_handle_shared(EDOI_RUNTIME, rt);
    return 0;
}

void edo_runtime_leave(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    bool wrong = edoi_worker_here() || t->entered != rt || t->entered_n == 0;
    if (EDO_MISUSE(wrong, "runtimes are left in reverse order")) return;
    if (edoi_handle_misused(EDOI_RUNTIME, rt)) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    t->entered = t->outer[--t->entered_n];
    edoi_runtime_unref(rt);
}

int edo_block_on(edo_runtime *rt, edo_future *f) {
    if (EDO_MISUSE(edoi_worker_here(), "edo_block_on() inside a task: await instead")) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    (void)edoi_handle_misused_lent(EDOI_RUNTIME, rt);
    if (edoi_runtime_is_forked(rt)) {
        edo_drop(f);
        return -EDO_EFORKED;
    }
    edoi_thread *t = edoi_thread_here();
    edo_runtime *outer = t->entered;
    edoi_runtime_ref(rt);
    t->entered = rt; // tasks that `f` spawns in its poll belong here
    int result = edoi_thread_await(rt, f);
    t->entered = outer;
    edoi_runtime_unref_after_await(rt);
    return result;
}

int edo_run_at(edo_runtime *rt, edo_task_fn *fn, void *arg, const char *site) {
    edo_task *t = edo_spawn_on_at(rt, fn, arg, site);
    edo_task_join_future f;
    return edo_block_on(rt, edo_task_join_init(&f, t));
}

uint32_t edoi_runtime_tasks_alive(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn_mutex);
    uint64_t n = edoi_load_rlx_u64(&rt->foreign_n) - edoi_load_rlx_u64(&rt->abandoned_n);
    // relaxed: exact on the driving thread, and once the threads have stopped
    for (uint32_t i = 0; i < rt->workers_n; i++) n -= edoi_load_rlx_u64(&rt->workers[i]->ended_n);
    for (uint32_t i = 0; i < rt->workers_n; i++) n += edoi_load_rlx_u64(&rt->workers[i]->spawned_n);
    edoi_mutex_release(&rt->spawn_mutex);
    return (uint32_t)n;
}

/* Wakes the thread that waits for the root. SR3: pairs with SR3 in main.c: one of the two exchanges
 * comes second and sees what the first wrote. A parker's waker is never unmapped. */
static void wake_root_waiter(edo_runtime *rt) {
    edo_waker *waiter = edoi_swap_acqrel_ptr(&rt->on_signal, NULL);
    if (waiter) edo_waker_wake(waiter);
}

static EDOI_NOINLINE void hear_signal(edo_runtime *rt) {
    if (edoi_load_rlx_u32(&rt->signalled) == EDOI_SIGNAL_TAKEN) { // relaxed: a flag, no data
        // A paused clock stands still while a task can run: so the waiter checks the real clock at
        // each turn.
        if (rt->worker.clock.paused) wake_root_waiter(rt);
        return;
    }
    edo_task *root = edoi_load_acq_ptr(&rt->root); // SR1: pairs with SR2
    if (!root) return;
    edoi_store_rlx_u64(&rt->signal_clock_ns, (uint64_t)edo_now().ns); // relaxed: SR4 orders
    // SR4: pairs with SR4 in main.c: both instants are written
    edoi_store_rel_u64(&rt->signal_ns, (uint64_t)edoi_clock_monotonic());
    edoi_store_rlx_u32(&rt->signalled, EDOI_SIGNAL_TAKEN);
    edo_waker_deliver(edoi_task_mark_cancel(root, EDO_CANCEL_SIGNAL));
    wake_root_waiter(rt);
}

void edoi_runtime_look_at_signal(edo_runtime *rt) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&rt->signalled) != 0)) hear_signal(rt); // relaxed: as above
}

/* ---- What leaves ask of the worker ----------------------------------------------------------- */

int64_t edoi_cx_now(const edo_cx *cx) {
    return cx->worker ? edoi_clock_now(&cx->worker->clock) : edoi_clock_monotonic();
}
