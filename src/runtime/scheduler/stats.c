/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/stats.c: counts on a worker's thread; any thread reads. See stats.h. */
#include "runtime/scheduler/stats.h"

#include "base/backoff.h"
#include "base/memory/alloc.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "recorder/probe.h"
#include "records/handles.h"
#include "runtime/scheduler/recorded.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/ring.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/count.h"
#include "runtime/worker/here.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

#include <edo/blocking.h>

#include <errno.h>
#include <string.h>

#define SHOW_EVERY_NS INT64_C(1000000)
#define STAMPS_AHEAD  (UINT32_MAX - (1u << 24)) /* above it a difference is negative: 1 s at most */
#define BUCKETS_MAX   4096u
#define PRECISION_MAX 6u

/* ---- Layout of histograms -------------------------------------------------------------------- */

static uint32_t floor_log2(uint64_t n) {
    return 63u - (uint32_t)EDOI_CLZ64(n);
}

static int init_linear(edoi_buckets *b, const edo_runtime_hist_opts *o) {
    b->n = o->buckets ? o->buckets : 10;
    b->width_ns = o->width.ns ? o->width.ns : 100000;
    return b->n > BUCKETS_MAX || b->width_ns < 0 || b->width_ns > INT64_MAX / BUCKETS_MAX ? -EINVAL
                                                                                          : 0;
}

static int init_log(edoi_buckets *b, const edo_runtime_hist_opts *o) {
    int64_t min_ns = o->min.ns ? o->min.ns : 100;
    int64_t max_ns = o->max.ns ? o->max.ns : INT64_C(60000000000);
    b->precision = o->precision ? o->precision : 2;
    if (b->precision > PRECISION_MAX || min_ns < 1 || max_ns <= min_ns) return -EINVAL;
    b->octave = floor_log2((uint64_t)min_ns);
    if (b->octave < b->precision) b->octave = b->precision; // a bucket is at least 1 ns wide
    uint32_t end = floor_log2((uint64_t)max_ns - 1) + 1;
    if (end <= b->octave) end = b->octave + 1;
    b->n = 1 + ((end - b->octave) << b->precision);
    return 0;
}

/* Says somebody what a histogram should be like, who has not said which kind it is? */
static int init_none(const edo_runtime_hist_opts *o) {
    bool is_said = o->buckets || o->width.ns || o->precision || o->min.ns || o->max.ns;
    return is_said ? -EINVAL : 0;
}

int edoi_buckets_init(edoi_buckets *b, const edo_runtime_hist_opts *opts) {
    b->kind = opts->kind;
    switch (opts->kind) {
    case EDO_HIST_OFF: return init_none(opts);
    case EDO_HIST_LINEAR: return init_linear(b, opts);
    case EDO_HIST_LOG: return init_log(b, opts);
    }
    return -EINVAL;
}

uint32_t edoi_bucket_of(const edoi_buckets *b, uint64_t ns) {
    uint64_t at;
    if (b->kind == EDO_HIST_LINEAR) {
        at = ns / (uint64_t)b->width_ns;
    } else if (ns >> b->octave == 0) {
        at = 0;
    } else {
        uint32_t octave = floor_log2(ns), p = b->precision;
        at = 1 + ((uint64_t)(octave - b->octave) << p) + (ns >> (octave - p)) - (1u << p);
    }
    return at < b->n ? (uint32_t)at : b->n - 1;
}

int64_t edoi_bucket_from(const edoi_buckets *b, uint32_t at) {
    if (b->kind == EDO_HIST_LINEAR) return at * b->width_ns;
    if (at == 0) return 0;
    uint32_t p = b->precision, octave = b->octave + ((at - 1) >> p);
    uint64_t part = (1u << p) + ((at - 1) & ((1u << p) - 1));
    return octave - p > 56 ? INT64_MAX : (int64_t)(part << (octave - p));
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int make_hist(edo_atomic_u64 **out, const edoi_buckets *b) {
    if (b->n == 0) return 0;
    *out = edoi_calloc(b->n, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

int edoi_stats_init(edoi_worker *w) {
    edoi_tally *t = &w->tally;
    int err = make_hist(&w->shown.poll_hist, &w->runtime->hist.polls);
    if (err == 0) err = make_hist(&w->shown.sched_hist, &w->runtime->hist.waits);
    if (err < 0) {
        edoi_stats_deinit(w);
        return err;
    }
    t->parked_at = UINT64_MAX;
    t->stamps = w->runtime->stamps;
    t->monitors = w->runtime->opts.task_monitors;
    t->timed = t->clocked = t->stamps || w->shown.poll_hist;
    return 0;
}

void edoi_stats_enter(edoi_worker *w) {
    edoi_stats_run_from(w, edoi_clock_now(&w->clock));
    if (edoi_recorded_is_due(&w->tally.recorded))
        edoi_stats_recorded_turn(w, w->cost.ran_from_ns); // a run may come before the first turn
}

/* ---- The worker's thread --------------------------------------------------------------------- */

static void worker_show(edoi_worker *w) {
#ifndef EDOI_MODEL
    edoi_shown *s = &w->shown;
    edoi_show(&s->local_sched, edoi_stats_local_sched(w));
    edoi_show(&s->waiting, edoi_stats_waiting(w));
    edoi_show(&s->fibers, w->placement.fibers_n);
    edoi_show(&s->forced, w->now.spent_n);
#else
    (void)w;
#endif
}

void edoi_stats_leave(edoi_worker *w) {
    worker_show(w);
}

void edoi_stats_run_from(edoi_worker *w, int64_t now_ns) {
    w->cost.ran_from_ns = now_ns;
    edoi_show(&w->shown.ran_from_ns, (uint64_t)now_ns);
}

void edoi_stats_measure(edoi_worker *w, int64_t now_ns) {
    uint64_t steps_n = edoi_worker_steps(w);
    int64_t busy_ns = now_ns - w->cost.ran_from_ns,
            measured_n = (int64_t)(steps_n - w->cost.measured_at);
    edoi_stats_run_from(w, now_ns);
    if (busy_ns > 0) edoi_show_more(&w->shown.busy_ns, (uint64_t)busy_ns);
    if (measured_n == 0) return;
    w->cost.measured_at = steps_n;
    edoi_cost_learn(w, busy_ns / measured_n);
    edoi_show(&w->shown.mean_poll_ns, (uint64_t)w->cost.mean_poll_ns);
}

void edoi_stats_turn(edoi_worker *w, int64_t now_ns) {
    edoi_stats_measure(w, now_ns);
    w->tally.is_stale = now_ns < w->tally.show_at_ns && edoi_run_queue_has_work(w);
    if (w->tally.is_stale) return;
    w->tally.show_at_ns = edoi_time_after(now_ns, SHOW_EVERY_NS);
    worker_show(w);
}

void edoi_stats_park(edoi_worker *w) {
    edoi_shown *s = &w->shown;
    EDOI_PROBE1(park, w);
    EDO_INV("tally inv. 1", edoi_stats_waiting(w) == 0 || w->stack_wait.listed_n > 0);
    if (edoi_worker_polls(w) == w->tally.parked_at) edoi_show_more(&s->noops, 1);
    w->tally.parked_at = edoi_worker_polls(w);
    if (w->tally.is_stale) worker_show(w); // a sibling took the shown tasks
    w->tally.is_stale = false;
    edoi_show_more(&s->parks, 1);
    edoi_show_more(&s->park_unparks, 1);
    if (edoi_recorded_is_on(&w->tally.recorded))
        edoi_recorded_event(&w->tally.recorded, EDOI_REC_PARK, NULL, 0, 0);
}

void edoi_stats_unpark(edoi_worker *w) {
    EDOI_PROBE1(unpark, w);
    edoi_show_more(&w->shown.park_unparks, 1);
    if (edoi_recorded_is_on(&w->tally.recorded))
        edoi_recorded_event(&w->tally.recorded, EDOI_REC_UNPARK, NULL, 0, 0);
    // A wake of what the thread itself awaits is a reason to wake up, though no task.
    if (w->parker && edoi_parker_is_notified(w->parker)) w->tally.parked_at = UINT64_MAX;
}

/* ---- The flight recorder --------------------------------------------------------------------- */

/* Wakes and spawns go the slow way, where they are recorded, or go the quick one again. */
static void take_slow_ways(edoi_worker *w, bool is_slow) {
    edoi_wake_place *usual = &w->run.wakes_usual;
    if (*usual != EDOI_WAKE_BACK)
        *usual = is_slow || w->tally.stamps ? EDOI_WAKE_STAMPED : EDOI_WAKE_NEXT;
    w->run.wakes_to = *usual;
    // relaxed: a spawn that is not recorded does no harm
    edo_atomic_u32 *flags = &w->runtime->spawn.flags;
    if (is_slow) {
        (void)edoi_or_rlx_u32(flags, EDOI_SPAWN_RECORDS);
    } else {
        (void)edoi_and_rlx_u32(flags, ~EDOI_SPAWN_RECORDS);
    }
}

static void change_depth(edoi_worker *w) {
    edoi_recorded *r = &w->tally.recorded;
    w->tally.timed = w->tally.clocked || r->depth != EDO_RECORDER_OFF;
    take_slow_ways(w, r->depth == EDO_RECORDER_ALL);
    edoi_recorded_begin(r, edoi_worker_polls(w), w->index, w->runtime);
}

void edoi_stats_recorded_turn(edoi_worker *w, int64_t now_ns) {
    edoi_recorded *r = &w->tally.recorded;
    if (!edoi_recorded_is_due(r)) return;
    if (edoi_recorded_look(r)) change_depth(w);
    if (r->depth != EDO_RECORDER_OFF) edoi_recorded_turn(r, edoi_worker_polls(w), now_ns);
}

/* ---- Times of polls -------------------------------------------------------------------------- */

static void note_longest(edoi_worker *w, uint64_t ns) {
    edoi_shown *s = &w->shown;
    uint32_t seq = edoi_load_rlx_u32(&s->longest_seq); // relaxed: written by this thread
    edoi_store_rlx_u32(&s->longest_seq, seq + 1);
    // ST1: pairs with ST1 in read_longest(): a reader that sees one of these sees the odd number
    edoi_store_rel_u64(&s->longest_ns, ns);
    edoi_store_rel_ptr(&s->longest_site, (void *)(uintptr_t)w->tally.site); // ST1
    edoi_store_rel_u32(&s->longest_seq, seq + 2); // ST2: pairs with ST2 in read_longest()
}

/* Was `t`, which may be gone, queued last, and is it ours? */
static bool is_last_in_queue(const edoi_worker *w, const edo_task *t) {
    bool last_of_queue = (w->run.queue.first && w->run.queue.last == t) ||
                         (w->run.spent.first && w->run.spent.last == t);
    bool last_of_batch = w->run.batch_at != w->run.batch_end &&
                         w->run.batch[(w->run.batch_end - 1) % EDOI_RING_BATCH] == t;
    return last_of_queue || last_of_batch;
}

/* Was `t`, which may be gone, deferred last, and is it ours? */
static bool is_last_deferred(const edoi_worker *w, const edo_task *t) {
    return w->run.deferred[(w->run.deferred_n - 1) % EDOI_DEFERRED_MAX] == t;
}

/* The end of a poll of duration `ns`, of a task with a monitor. */
static void end_monitored_poll(edoi_worker *w, uint64_t ns, int64_t now_ns) {
    edoi_tally *t = &w->tally;
    if (is_last_deferred(w, t->polled)) edoi_monitored_idle(edoi_monitored_of(t->polled), now_ns);
    edoi_monitor_polled(t->monitor, ns);
    t->monitor = NULL;
}

/* The latest poll ends at `now_ns`. */
static void worker_end_poll(edoi_worker *w, int64_t now_ns) {
    edoi_tally *t = &w->tally;
    uint64_t ns = (uint64_t)(now_ns - t->poll_ns);
    if (t->stamps && is_last_in_queue(w, t->polled)) t->polled->queued_at = edoi_stamp_of(now_ns);
    if (t->monitor) end_monitored_poll(w, ns, now_ns);
    if (!w->shown.poll_hist) return;
    edoi_show_more(&w->shown.poll_hist[edoi_bucket_of(&w->runtime->hist.polls, ns)], 1);
    // relaxed: our own
    if (ns > edoi_load_rlx_u64(&w->shown.longest_ns)) note_longest(w, ns);
}

/* The time from the task's wake to now. */
static uint64_t waited_ns(const edo_task *t, int64_t now_ns) {
    uint32_t waited = edoi_stamp_of(now_ns) - t->queued_at;
    if (waited > STAMPS_AHEAD)
        waited = 0; // woken since the last clock read, or by a slightly different clock
    return (uint64_t)waited << EDOI_STAMP_SHIFT;
}

/* A fiber without a stack, which may get none: edoi_stats_fiber_began() counts it then. */
static bool is_fresh_fiber(const edo_task *t) {
    const edo_future *f = edoi_task_future(t);
    return edoi_is_fiber_task(f) && !((const edoi_fiber_task *)(const void *)f)->ctx;
}

/* Records how long `t` has waited, for histograms and monitors. */
static void note_wait(edoi_worker *w, edo_task *t, int64_t now_ns) {
    uint64_t ns = waited_ns(t, now_ns);
    if (w->shown.sched_hist)
        edoi_show_more(&w->shown.sched_hist[edoi_bucket_of(&w->runtime->hist.waits, ns)], 1);
    edoi_monitored *monitored = w->tally.monitors ? edoi_monitored_of(t) : NULL;
    if (!monitored || is_fresh_fiber(t)) return;
    w->tally.monitor = edoi_monitored_begin(monitored, ns, now_ns);
}

/* What a task that this worker holds waits for. */
static const char *awaited_by(const edo_task *t) {
    const edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f)) return edoi_wrapped_inner(f)->ops->name;
    const edoi_fiber_task *fiber = (const edoi_fiber_task *)(const void *)f;
    return fiber->awaiting ? fiber->awaiting->ops->name : NULL;
}

static void end_recorded_poll(edoi_worker *w) {
    edoi_recorded *r = &w->tally.recorded;
    const edo_task *t = edoi_recorded_poll_over(r);
    if (!t) return;
    bool has_ended = edoi_load_rlx_u64(&w->count.ended) != r->ended_n; // relaxed: our own
    bool waits = !has_ended && is_last_deferred(w, t);
    edoi_recorder_end how = has_ended ? EDOI_REC_ENDED : waits ? EDOI_REC_WAITS : EDOI_REC_AGAIN;
    edoi_recorded_poll_end(r, t, how, waits ? awaited_by(t) : NULL);
}

void edoi_stats_poll_begin(edoi_worker *w, edo_task *t) {
    if (edoi_recorded_is_on(&w->tally.recorded)) // relaxed: our own
        edoi_recorded_poll_begin(&w->tally.recorded, t, t->site,
                                 edoi_load_rlx_u64(&w->count.ended));
    if (!w->tally.clocked) return;
    int64_t now_ns = w->tally.looked_ns;
    if (w->tally.stamps) note_wait(w, t, now_ns);
    w->tally.polled = t;
    w->tally.site = t->site;
    w->tally.poll_ns = now_ns;
}

void edoi_stats_fiber_began(edoi_worker *w, edoi_fiber_task *fiber) {
    w->tally.monitor = edoi_monitored_fiber_began(fiber, w->tally.poll_ns);
}

void edoi_stats_poll_end(edoi_worker *w) {
    if (edoi_recorded_is_on(&w->tally.recorded)) end_recorded_poll(w);
    if (!w->tally.clocked) return;
    w->tally.looked_ns = edoi_clock_monotonic();
    if (w->tally.polled) worker_end_poll(w, w->tally.looked_ns);
    w->tally.polled = NULL;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* All loads here are relaxed: each number is independent. */
static void read_worker(edo_runtime *rt, uint32_t i, edo_worker_stats *out) {
    edoi_worker *w = rt->workers[i];
    const edoi_shown *s = &w->shown;
    *out = (edo_worker_stats){
        .tid = edoi_load_rlx_u32(&w->shown_thread.tid),
        .timers = edoi_wheel_armed_n(w->wheel),
        .depth = edoi_load_rlx_u64(&s->waiting) + edoi_ring_len(&w->ring),
        .fibers = edoi_load_rlx_u64(&s->fibers),
        .mean_poll = { (int64_t)edoi_load_rlx_u64(&s->mean_poll_ns) },
        .polls = edoi_load_rlx_u64(&w->count.polls),
        .busy_ns = edoi_load_rlx_u64(&s->busy_ns),
        .parks = edoi_load_rlx_u64(&s->parks),
        .park_unparks = edoi_load_rlx_u64(&s->park_unparks),
        .noops = edoi_load_rlx_u64(&s->noops),
        .local_sched = edoi_load_rlx_u64(&s->local_sched),
        .sent = edoi_load_rlx_u64(&s->sent),
        .overflows = edoi_load_rlx_u64(&s->overflows),
        .steals = edoi_load_rlx_u64(&s->steals),
        .stolen = edoi_load_rlx_u64(&s->stolen),
    };
}

/* A worker's counters. */
#define COUNTERS(X)                                                                                \
    X(polls)                                                                                       \
    X(busy_ns)                                                                                     \
    X(parks) X(park_unparks) X(noops) X(local_sched) X(sent) X(overflows) X(steals) X(stolen)

static void add_worker(edo_worker_stats *all, const edo_worker_stats *one) {
    all->timers += one->timers;
    all->depth += one->depth;
    all->fibers += one->fibers;
    // the sum; read_workers() divides
    all->mean_poll.ns += one->mean_poll.ns;
#define ADD(field) all->field += one->field;
    COUNTERS(ADD)
#undef ADD
}

static void read_workers(edo_runtime *rt, edo_runtime_stats *s) {
    uint32_t polled_n = 0;
    s->workers = rt->workers_n;
    s->all = (edo_worker_stats){ 0 };
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edo_worker_stats one;
        read_worker(rt, i, &one);
        add_worker(&s->all, &one);
        if (one.mean_poll.ns > 0) polled_n++;
        if (s->w && i < s->w_max) s->w[i] = one;
    }
    if (polled_n > 0) s->all.mean_poll.ns /= polled_n;
    s->timers = s->all.timers;
}

static void read_tasks(edo_runtime *rt, edo_runtime_stats *s) {
    uint64_t gone = edoi_load_rlx_u64(&rt->end.abandoned_n);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        gone += edoi_load_rlx_u64(&rt->workers[i]->count.ended);
    s->tasks_spawned = edoi_load_rlx_u64(&rt->spawn.n);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        s->tasks_spawned += edoi_load_rlx_u64(&rt->workers[i]->count.spawned);
    // A task's end may be seen although its spawn was not.
    s->tasks_alive = s->tasks_spawned > gone ? s->tasks_spawned - gone : 0;
    int32_t injected = (int32_t)edoi_load_rlx_u32(&rt->inject.n);
    s->global_depth = injected > 0 ? (uint64_t)injected : 0; // incremented after the push
    s->remote_sched = edoi_load_rlx_u64(&rt->inject.remote_n);
    s->forced_yields = 0;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        s->forced_yields += edoi_load_rlx_u64(&rt->workers[i]->shown.forced);
}

static void read_drivers(edo_runtime *rt, edo_runtime_stats *s) {
    s->fd_reg = s->fd_dereg = s->io_ready = s->ring_ops = 0;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        const edoi_driver_counts *c = edoi_driver_get_counts(rt->workers[i]->driver);
        s->fd_dereg += edoi_load_rlx_u64(&c->deregistered);
        s->fd_reg += edoi_load_rlx_u64(&c->registered);
        s->io_ready += edoi_load_rlx_u64(&c->ready);
        s->ring_ops += edoi_load_rlx_u64(&c->ring_ops);
    }
}

/* The longest poll of one worker: reads both words of one poll. */
static int64_t read_longest(const edoi_shown *s, const char **site) {
    for (edoi_backoff b = { 0 };; edoi_backoff_wait(&b)) {
        uint32_t seq = edoi_load_acq_u32(&s->longest_seq); // ST2: pairs with ST2
        uint64_t ns = edoi_load_acq_u64(&s->longest_ns);   // ST1: pairs with ST1 in note_longest()
        const char *of = edoi_load_acq_ptr(&s->longest_site); // ST1
        // relaxed: a reader that has seen a later word sees at least the number before it
        if (seq % 2 == 0 && edoi_load_rlx_u32(&s->longest_seq) == seq) {
            *site = of;
            return (int64_t)ns;
        }
    }
}

static void read_longest_of_all(edo_runtime *rt, edo_runtime_stats *s) {
    s->longest_poll.ns = 0;
    s->longest_site = NULL;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        const char *site;
        int64_t ns = read_longest(&rt->workers[i]->shown, &site);
        if (ns <= s->longest_poll.ns) continue;
        s->longest_poll.ns = ns;
        s->longest_site = site;
    }
}

uint32_t edo_worker_index(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? w->index : EDO_WORKER_NONE;
}

void edo_runtime_get_stats(edo_runtime *rt, edo_runtime_stats *s) {
    edo_blocking_stats blocking;
    edo_blocking_get_stats(rt, &blocking);
    s->blk_threads = blocking.threads;
    s->blk_idle = blocking.idle;
    s->blk_queue = blocking.queue;
    read_workers(rt, s);
    read_tasks(rt, s);
    read_drivers(rt, s);
    read_longest_of_all(rt, s);
    s->stack_bytes = edoi_stack_bytes();
    s->stack_high = edoi_stack_high();
    s->stack_pages_back = edoi_stack_pages_back();
}

static void worker_delta(edo_worker_stats *out, const edo_worker_stats *from,
                         const edo_worker_stats *to) {
    edo_worker_stats d = *to;
#define SUB(field) d.field -= from->field;
    COUNTERS(SUB)
#undef SUB
    *out = d;
}

void edo_runtime_stats_delta(edo_runtime_stats *out, const edo_runtime_stats *from,
                             const edo_runtime_stats *to) {
    edo_runtime_stats d = *to;
    d.w = out->w;
    d.w_max = out->w_max;
    worker_delta(&d.all, &from->all, &to->all);
    d.tasks_spawned -= from->tasks_spawned;
    d.remote_sched -= from->remote_sched;
    d.forced_yields -= from->forced_yields;
    d.fd_reg -= from->fd_reg;
    d.fd_dereg -= from->fd_dereg;
    d.io_ready -= from->io_ready;
    d.stack_pages_back -= from->stack_pages_back;
    d.ring_ops -= from->ring_ops;
    for (uint32_t i = 0; d.w && from->w && to->w && i < to->workers; i++)
        if (i < d.w_max && i < from->w_max && i < to->w_max)
            worker_delta(&d.w[i], &from->w[i], &to->w[i]);
    *out = d;
}

static const edoi_buckets *buckets_of(const edo_runtime *rt, edo_runtime_hist which) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    return which == EDO_RUNTIME_HIST_POLL ? &rt->hist.polls : &rt->hist.waits;
}

uint32_t edo_runtime_hist_len(const edo_runtime *rt, edo_runtime_hist which) {
    return buckets_of(rt, which)->n;
}

edo_hist_range edo_runtime_hist_range(const edo_runtime *rt, edo_runtime_hist which, uint32_t at) {
    const edoi_buckets *b = buckets_of(rt, which);
    if (at >= b->n) return (edo_hist_range){ { INT64_MAX }, { INT64_MAX } };
    int64_t to_ns = at + 1 < b->n ? edoi_bucket_from(b, at + 1) : INT64_MAX;
    return (edo_hist_range){ { edoi_bucket_from(b, at) }, { to_ns } };
}

static void worker_add_hist(const edoi_worker *w, edo_runtime_hist which, uint64_t *counts,
                            uint32_t n) {
    const edo_atomic_u64 *hist =
        which == EDO_RUNTIME_HIST_POLL ? w->shown.poll_hist : w->shown.sched_hist;
    for (uint32_t i = 0; i < n; i++) counts[i] += edoi_load_rlx_u64(&hist[i]);
}

uint32_t edo_runtime_get_hist(edo_runtime *rt, uint64_t *counts, uint32_t max,
                              edo_runtime_hist which, uint32_t worker) {
    uint32_t n = edo_runtime_hist_len(rt, which);
    if (n > max) n = max;
    bool all = worker == EDO_WORKER_ALL;
    if (n == 0 || (!all && worker >= rt->workers_n)) return 0;
    memset(counts, 0, n * sizeof *counts);
    for (uint32_t i = all ? 0 : worker; i < rt->workers_n && (all || i == worker); i++)
        worker_add_hist(rt->workers[i], which, counts, n);
    return n;
}
