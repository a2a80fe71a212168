/* SPDX-License-Identifier: MIT */
/* runtime/runtime.c: making a runtime, entering it, and its end. */
#include "runtime/runtime.h"

#include "base/alloc.h"
#include "base/held.h"
#include "base/opts.h"
#include "runtime/blocking.h"
#include "runtime/cores.h"
#include "runtime/crew.h"
#include "runtime/fiber_task.h"
#include "runtime/guard.h"
#include "runtime/left.h"
#include "runtime/monitor.h"
#include "runtime/near.h"
#include "runtime/outside.h"
#include "runtime/scheduler.h"
#include "runtime/scope.h"
#include "runtime/steal.h"
#include "runtime/watchdog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define WORKERS_MAX 65535u

_Static_assert((TASK_BUSY | TASK_CANCEL << 8 | TASK_DONE << 16 | TASK_ABANDONED << 24) ==
                   0x20080401,
               "tools/edo-gdb.py knows them");
_Static_assert((TASK_FREED | OWN_RUN << 8 | OWN_DEFERRED << 16) == 0x080240,
               "tools/edo-gdb.py knows them");

edo_runtime *edoi_runtimes;

static pthread_mutex_t ids_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards these three */
static uint64_t worker_ids[(WORKERS_MAX + 63) / 64];
static uint64_t runtimes_n;

/* An id that no other living worker has; 0 if there is none left. */
static uint16_t worker_id_get(void) {
    uint16_t id = OWNER_NONE;
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[0] |= 1; // OWNER_NONE
    for (uint32_t i = 0; i < EDO_COUNT(worker_ids) && id == OWNER_NONE; i++) {
        if (worker_ids[i] == UINT64_MAX) continue;
        uint32_t bit = (uint32_t)EDOI_CTZ64(~worker_ids[i]);
        worker_ids[i] |= UINT64_C(1) << bit;
        id = (uint16_t)(i * 64 + bit);
    }
    edoi_mutex_release(&ids_mutex);
    return id;
}

static void worker_id_put(uint16_t id) {
    edoi_mutex_acquire(&ids_mutex);
    worker_ids[id / 64] &= ~(UINT64_C(1) << (id % 64));
    edoi_mutex_release(&ids_mutex);
}

static void runtime_enlist(edo_runtime *rt) {
    edoi_mutex_acquire(&ids_mutex);
    rt->id = ++runtimes_n;
    rt->next = edoi_runtimes;
    edoi_runtimes = rt;
    edoi_mutex_release(&ids_mutex);
}

static void runtime_strike(edo_runtime *rt) {
    edoi_outside_enter();
    edoi_mutex_acquire(&ids_mutex);
    edo_runtime **at = &edoi_runtimes;
    while (*at != rt) at = &(*at)->next;
    *at = rt->next;
    edoi_mutex_release(&ids_mutex);
    edoi_outside_leave();
}

edo_runtime *edoi_runtime_newest(void) {
    edoi_mutex_acquire(&ids_mutex);
    edo_runtime *rt = edoi_runtimes;
    edoi_mutex_release(&ids_mutex);
    return rt;
}

static uint64_t seed_of(const edo_runtime_opts *opts) {
    if (opts->seed) return opts->seed;
    const char *text = getenv("EDO_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : 0;
    if (seed == 0 && getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)edoi_clock_monotonic();
    return seed;
}

static uint32_t default_workers(void) {
    static edo_atomic_u32 told; /* atomic, relaxed: in the function that is called */
    return edoi_cores_wanted("EDO_WORKERS", EDOI_WORKERS_MAX, &told);
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
    o->poll_before_sleep.ns = edoi_spin_most_ns(o->poll_before_sleep.ns);
    if (!o->name) o->name = "edo";
}

static void worker_init(edoi_worker *w, edo_runtime *rt, uint64_t seed) {
    w->has_thread = rt->opts.flavor == EDO_RUNTIME_MULTI;
    w->shares = rt->opts.workers > 1;
    if (w->shares) edoi_near_enable();
    w->cx.worker = w;
    w->cx.random = seed + w->index;
    w->cx.now = &w->now;
    w->no_lifo = rt->opts.no_lifo;
    if (rt->stamps) w->wakes_usual = &w->front;
    if (w->no_lifo) w->wakes_usual = &w->queue;
    w->wakes_to = w->wakes_usual;
    w->event_interval = rt->opts.event_interval;
    edoi_steal_init(w);
    w->slab.runtime = rt;
    w->runtime = rt;
    int64_t now_ns = edoi_clock_monotonic();
    w->now_s = (uint32_t)(now_ns / 1000000000);
    w->ran_from_ns = now_ns;
    edoi_store_rlx_u64(&w->lookout.turned_ns, (uint64_t)now_ns);
    w->mean_wait_ns = 2 * rt->spin.most_ns; // proves first that its sleeps are short
    w->stands_until_ns = INT64_MAX;
    edoi_wheel_init(&w->wheel, now_ns);
    if (rt->opts.start_paused) edoi_clock_pause(&w->clock, now_ns);
}

static edoi_trail **trail_slot(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return NULL;
    edoi_fiber_task *fiber = edoi_fiber_served(w);
    if (fiber) return &fiber->ctx->ctx.trail;
    if (!edoi_worker_running(w)) return NULL;
    w->now.after |= EDOI_AFTER_STORY;
    return &w->machine_trail;
}

static void crew_init(edoi_crew *crew) {
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&crew->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&crew->mutex, NULL);
}

/* Makes `w`, all zero, a worker. */
static int make_worker(edo_runtime *rt, edoi_worker *w, uint64_t seed) {
    w->index = rt->workers_n;
    int err = edoi_driver_new(&w->driver, rt->opts.events_max);
    if (err < 0) return err;
    w->id = worker_id_get();
    if (w->id == OWNER_NONE) {
        edoi_driver_free(w->driver);
        return -EAGAIN;
    }
    worker_init(w, rt, seed);
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

static void worker_destroy(edoi_worker *w) {
    edoi_stats_deinit(w);
    edoi_slab_deinit(&w->slab);
    edoi_stack_pool_deinit(&w->stacks);
    edoi_driver_free(w->driver);
    worker_id_put(w->id);
}

static void runtime_destroy(edo_runtime *rt) {
    if (rt->whole) edoi_watchdog_leave(rt); // no lock: it changes only where it was made
    runtime_strike(rt);
    edoi_drive_forget(rt);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (rt->workers[i]->frees.n > 0) edoi_slab_flush(&rt->workers[i]->frees);
    edoi_slab_deinit(&rt->foreign_slab);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        worker_destroy(rt->workers[i]);
        if (i > 0) edoi_free(rt->workers[i]);
    }
    edoi_free(rt->workers);
    edoi_blocking_unref(rt->blocking);
    if (rt->spare) edoi_parker_put(rt->spare);
    (void)pthread_cond_destroy(&rt->crew.changed);
    (void)pthread_mutex_destroy(&rt->crew.mutex);
    (void)pthread_mutex_destroy(&rt->spawn_mutex);
    edoi_free(rt);
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
    rt->spin.most_ns = rt->opts.poll_before_sleep.ns;
    rt->foreign_slab.runtime = rt;
    edoi_store_rlx_u32(&rt->refs, 1);
    (void)pthread_mutex_init(&rt->spawn_mutex, NULL);
    crew_init(&rt->crew);
    runtime_enlist(rt);
    rt->spare = edoi_parker_get();
    rt->blocking = edoi_blocking_new(rt);
    err = rt->spare && rt->blocking ? make_workers(rt) : -ENOMEM;
    if (err == 0) edoi_task_hooks_set(trail_slot, edo_task_current_name);
    if (err == 0 && rt->opts.flavor == EDO_RUNTIME_MULTI) err = edoi_crew_start(rt);
    if (err < 0) {
        runtime_destroy(rt);
        return err;
    }
    edoi_outside_enter();
    rt->whole = true;
    edoi_outside_leave();
    edoi_watchdog_join(rt);
    *out = rt;
    return 0;
}

edo_runtime *edo_runtime_ref(edo_runtime *rt) {
    (void)edoi_add_rlx_u32(&rt->refs, 1); // relaxed: the caller has one, or pins through a task
    return rt;
}

void edo_runtime_unref(edo_runtime *rt) {
    if (!rt) return;
    uint32_t old = edoi_sub_acqrel_u32(&rt->refs, 1); // R1: pairs with R1: the last one sees all
    if (old != 1) return;
    if (!edoi_runtime_is_closing(rt)) {
        (void)edo_runtime_ref(rt);
        // Refused in a task: then its tasks are as they were, and refer to it.
        if (edo_runtime_shutdown(rt, rt->opts.shutdown) >= 0) edo_runtime_unref(rt);
        return; // the shutdown keeps it if it has abandoned somebody
    }
    runtime_destroy(rt);
}

uint64_t edo_runtime_get_id(const edo_runtime *rt) {
    return rt->id;
}

edo_runtime_flavor edo_runtime_get_flavor(const edo_runtime *rt) {
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
    t->outer[t->entered_n++] = t->entered; // NULL, entered, or of edo_block_on()
    t->entered = edo_runtime_ref(rt);
    return 0;
}

void edo_runtime_leave(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    bool wrong = edoi_worker_here() || t->entered != rt || t->entered_n == 0;
    if (EDO_MISUSE(wrong, "runtimes are left in reverse order")) return;
    t->entered = t->outer[--t->entered_n];
    edo_runtime_unref(rt);
}

int edo_block_on(edo_runtime *rt, edo_future *f) {
    if (EDO_MISUSE(edoi_worker_here(), "edo_block_on() inside a task: await instead")) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    edoi_thread *t = edoi_thread_here();
    edo_runtime *outer = t->entered;
    t->entered = edo_runtime_ref(rt); // what `f` spawns in its poll belongs here
    int result = edoi_thread_await(rt, f);
    t->entered = outer;
    edo_runtime_unref(rt);
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
    // relaxed: exact on the driving thread, and once the crew is told
    for (uint32_t i = 0; i < rt->workers_n; i++) n -= edoi_load_rlx_u64(&rt->workers[i]->ended_n);
    for (uint32_t i = 0; i < rt->workers_n; i++) n += edoi_load_rlx_u64(&rt->workers[i]->spawned_n);
    edoi_mutex_release(&rt->spawn_mutex);
    return (uint32_t)n;
}

void edoi_runtime_look_at_signal(edo_runtime *rt) {
    if (EDOI_LIKELY(edoi_load_rlx_u32(&rt->signalled) != 1)) return; // relaxed: a flag, no data
    edo_task *root = edoi_load_acq_ptr(&rt->root);                   // M3: pairs with M4
    if (!root) return;
    edoi_store_rlx_u32(&rt->signalled, 2);
    edo_waker_deliver(edoi_task_mark_cancel(root, EDO_CANCEL_SIGNAL));
}

/* ---- Shutdown -------------------------------------------------------------------------------- */

static void cancel_one(void *arg, edo_task *t) {
    (void)arg;
    edo_waker_deliver(edoi_task_mark_cancel(t, EDO_CANCEL_SHUTDOWN));
}

static void abandon_one(void *arg, edo_task *t) {
    int *abandoned_n = arg;
    if (edoi_task_is_done(t)) return;
    (void)fprintf(stderr, "edo: task %s did not end at shutdown and was abandoned\n", t->site);
    edoi_child_abandoned(t);
    edoi_guard_abandoned(t);
    edoi_monitored_abandoned(t);
    edoi_task_abandon(t);
    (*abandoned_n)++;
}

void edoi_runtime_each_task(edo_runtime *rt, edoi_slab_each_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_slab_each(&rt->workers[i]->slab, fn, arg);
    edoi_mutex_acquire(&rt->spawn_mutex);
    edoi_slab_each(&rt->foreign_slab, fn, arg);
    edoi_mutex_release(&rt->spawn_mutex);
}

/* `within` from now; negative: never. */
static int64_t bound_ns(int64_t now_ns, edo_duration within) {
    edo_instant now = { now_ns };
    return within.ns < 0 ? INT64_MAX : edo_instant_add(now, within).ns;
}

/* Runs what is left until it has ended or the time is over: the runtime's, or the real one, since a
 * paused clock stands while somebody can run, or waits for a job. */
static void run_out(edo_runtime *rt, edo_duration within) {
    edoi_worker *w = &rt->worker;
    edoi_timer limit = { 0 };
    int64_t until_ns = bound_ns(edoi_clock_now(&w->clock), within);
    int64_t real_until_ns = bound_ns(edoi_clock_monotonic(), within);
    w->stands_until_ns = real_until_ns;
    edo_waker_wake(&w->parker->waker);
    edoi_scheduler_turn(w); // does not wait; takes what other threads have spawned
    bool in_time = edoi_wheel_insert(&w->wheel, &limit, until_ns, &w->parker->waker);
    do { // once in any case: who hears of his cancellation may end at once
        (void)edoi_parker_take(w->parker);
        edoi_scheduler_run(w);
        if (edoi_runtime_tasks_alive(rt) == 0) break;
        if (in_time) edoi_scheduler_turn(w);
        in_time = in_time && edoi_clock_now(&w->clock) < until_ns &&
                  edoi_clock_monotonic() < real_until_ns;
    } while (in_time);
    (void)edoi_wheel_cancel(&limit);
}

/* Marks all that has not ended; answers how many. No thread runs tasks any more. */
static int abandon_all(edo_runtime *rt) {
    int abandoned_n = 0;
    edoi_outside_enter(); // else somebody might hold one of them to look at it
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_scheduler_settle(rt->workers[i]);
    edoi_runtime_each_task(rt, abandon_one, &abandoned_n);
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_scheduler_forget(rt->workers[i]);
    // none is alive: nobody waits for them again
    uint64_t before = edoi_load_rlx_u64(&rt->abandoned_n);
    edoi_store_rlx_u64(&rt->abandoned_n, before + edoi_runtime_tasks_alive(rt));
    edoi_outside_leave();
    return abandoned_n;
}

/* Spawns fail from now on. */
static void begin_closing(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn_mutex);
    (void)edoi_or_rlx_u32(&rt->spawn_flags, EDOI_SPAWN_CLOSING); // relaxed: under the mutex
    edoi_blocking_tell(rt->blocking);
    edoi_mutex_release(&rt->spawn_mutex);
}

/* A thread is stuck in a poll, and may come back from it at any moment. */
static int leave_behind(edo_runtime *rt) {
    int alive_n = (int)edoi_runtime_tasks_alive(rt);
    if (edoi_runtime_gave_up(rt)) return alive_n; // said before
    (void)fprintf(stderr,
                  "edo: a poll did not return at shutdown: its thread and %d tasks of runtime "
                  "%s are left behind\n",
                  alive_n, rt->opts.name);
    edoi_left_name(rt);
    (void)edo_runtime_ref(rt); // left mapped
    return alive_n;
}

static int shutdown_crew(edo_runtime *rt, edo_duration within) {
    if (!edoi_crew_begin_stop(rt)) return -EBUSY;
    begin_closing(rt);
    bool all = edoi_crew_stop(rt, bound_ns(edoi_clock_monotonic(), within));
    int abandoned_n = 0;
    if (!all) {
        abandoned_n = leave_behind(rt);
    } else if (edoi_runtime_tasks_alive(rt) > 0) {
        abandoned_n = abandon_all(rt);
        if (abandoned_n > 0) (void)edo_runtime_ref(rt); // left mapped: their stacks refer to it
    }
    if (!all) edoi_store_rlx_u32(&rt->gave_up, 1);
    edoi_crew_end_stop(rt);
    return abandoned_n;
}

static int shutdown_tasks(edo_runtime *rt, edo_duration within) {
    if (rt->opts.flavor == EDO_RUNTIME_MULTI) return shutdown_crew(rt, within);
    edoi_parker *p = edoi_thread_parker(edoi_thread_here()); // may be NULL
    bool bury = !edoi_drive_begin(rt, p, false);
    if (bury && !edoi_drive_begin(rt, p, true)) return -EBUSY;
    begin_closing(rt);
    if (!bury) { // else its fibers belong to a thread that no longer drives
        edoi_runtime_each_task(rt, cancel_one, NULL);
        run_out(rt, within);
    }
    int abandoned_n = 0;
    if (edoi_runtime_tasks_alive(rt) > 0) abandoned_n = abandon_all(rt);
    edoi_drive_end(rt);
    if (abandoned_n > 0) (void)edo_runtime_ref(rt); // left mapped: their stacks refer to it
    return abandoned_n;
}

/* Blocking jobs; answers how many did not end. */
static int shutdown_jobs(edo_runtime *rt, int64_t until_ns) {
    uint32_t left_n = edoi_blocking_stop(rt->blocking, until_ns);
    if (left_n == 0) return 0;
    (void)fprintf(stderr, "edo: %u blocking jobs of runtime %s did not end at shutdown\n",
                  (unsigned)left_n, rt->opts.name);
    (void)edo_runtime_ref(rt); // left mapped: they may use it
    edoi_store_rlx_u32(&rt->gave_up, 1);
    return (int)left_n;
}

static bool blocks_in_place(const edo_runtime *rt) {
    const edoi_worker *w = edoi_thread_here()->in_place_of;
    return w && w->runtime == rt;
}

int edo_runtime_shutdown(edo_runtime *rt, edo_duration within) {
    if (EDO_MISUSE(edoi_worker_here() || blocks_in_place(rt),
                   "a runtime cannot be shut down by one of its tasks") ||
        EDO_MISUSE(edoi_blocking_here() == rt->blocking,
                   "a runtime cannot be shut down by one of its blocking jobs"))
        return -EDO_EMISUSE;
    if (edoi_runtime_gave_up(rt)) within = edo_ns(0); // was waited for once
    int64_t until_ns = bound_ns(edoi_clock_monotonic(), within);
    int abandoned_n = shutdown_tasks(rt, within);
    return abandoned_n < 0 ? abandoned_n : abandoned_n + shutdown_jobs(rt, until_ns);
}

void edo_runtime_free(edo_runtime *rt) {
    if (!rt) return;
    (void)edo_runtime_shutdown(rt, rt->opts.shutdown); // who did not end was named
    edo_runtime_unref(rt);
}

/* ---- What leaves ask of the worker ----------------------------------------------------------- */

int64_t edoi_cx_now(const edo_cx *cx) {
    return cx->worker ? edoi_clock_now(&cx->worker->clock) : edoi_clock_monotonic();
}
