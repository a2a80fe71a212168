/* SPDX-License-Identifier: MIT */
/* runtime/blocking/blocking.c: the blocking pool.
 *
 * One mutex, one queue. A submitter that finds an idle thread moves one from `stats.idle` to
 * `picked_n` and signals; otherwise it makes a thread. So the number of threads looking for work
 * equals the number of jobs for them, whichever sleeping thread wakes.
 *
 * Jobs that take turns lie in a lane: a queue of its own for each key. A thread is found for the
 * first of them only, and it takes the others; but it goes back to the queue when that has jobs for
 * which no thread is coming.
 *
 * If the system refuses a thread, the job stays queued for the existing threads. If there are none,
 * no thread would ever take it: then all queued jobs are refused.
 *
 * A thread that leaves the pool joins the one that left before it; the last one is joined at the
 * pool's end.
 *
 * inv. 1: while the mutex is not held, a queued job has a thread: threads_n > 0, or the pool is
 *         closed and the queue empty. A lane with jobs is served, or a thread is coming that looks
 *         at all lanes, or all threads are busy and will look.
 * inv. 2: stats.idle + picked_n of the `stats.threads` threads sleep, or are about to wake. */
#include "runtime/blocking/blocking.h"

#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "log/tell.h"
#include "records/handles.h"
#include "runtime/blocking/job.h"
#include "runtime/blocking/world.h"
#include "runtime/scope/ctx.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/polled.h"
#include "stacks/frames.h"
#include "stacks/own_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define LANES_N 4u /* keys at once; jobs of more keys have a thread each */

/* A running job, on the stack of its thread: the job itself may be gone when its function
 * returns. */
typedef struct underway {
    edo_task_fn *fn;
    struct underway *next, **link;
} underway;

/* Jobs that take turns. It is free while it has none and is not served. */
typedef struct lane {
    edoi_job_queue queue;
    uint64_t key;
    bool is_served; /* a thread runs one of its jobs, and takes the next */
} lane;

struct edoi_blocking {
    edo_atomic_u32 refs;      /* atomic: BP1; the runtime's, each thread's, each job's */
    edo_atomic_u32 awaited_n; /* atomic, relaxed: futures of its runtime waiting for a job */
    edo_atomic_u32 told;      /* atomic, relaxed: the runtime shuts down */
    edo_runtime *runtime;     /* const; alive until the pool is closed, and while a job runs */
    char name[16];            /* const; name of its threads */
    uint32_t forks;           /* const: edoi_forks() when it was made */
    uint32_t threads_max;     /* const */
    uint32_t queue_max;       /* const; 0: no bound */
    edo_duration keep_alive;  /* const */
    pthread_mutex_t mutex;    /* guards the rest */
    pthread_cond_t picked;    /* picked_n, or closed */
    pthread_cond_t ended;     /* threads_n, running */
    edoi_job_queue queue;
    lane lanes[LANES_N];
    underway *first;     /* of the running jobs */
    uint32_t picked_n;   /* idle threads that were given work and have not woken yet */
    uint32_t starting_n; /* fresh threads that have not reached the queue yet */
    int64_t begun_ns;    /* when the last job began */
    uint64_t halted_at;  /* of the jobs that had begun when a halt was told, and one more */
    bool closed;
    bool is_left;        /* its threads are not joined any more */
    bool has_last;       /* `last_gone` is not joined yet */
    pthread_t last_gone; /* the thread that left last */
    edo_blocking_stats stats;
};

static EDOI_THREAD_LOCAL edoi_blocking *pool_here;

/* The thread that forked in a job belongs to no pool. */
static void blocking_begin_child(void) {
    pool_here = NULL;
}

EDOI_ON_FORK(.child = blocking_begin_child);

static edo_atomic_u32 fail_n; /* atomic, relaxed: thread creations that a test makes fail */

void edoi_blocking_fail_threads(uint32_t n) {
    edoi_store_rlx_u32(&fail_n, n);
}

edoi_blocking *edoi_blocking_new(edo_runtime *rt) {
    edoi_blocking *b = edoi_calloc(1, sizeof *b);
    if (!b) return NULL;
    edoi_store_rlx_u32(&b->refs, 1); // relaxed: no other thread knows it
    b->forks = edoi_forks();
    b->runtime = rt;
    b->threads_max = rt->opts.blocking_max;
    b->queue_max = rt->opts.blocking_queue_max;
    b->keep_alive = rt->opts.blocking_keep_alive;
    if (b->keep_alive.ns < 0) b->keep_alive.ns = INT64_MAX;
    (void)snprintf(b->name, sizeof b->name, "%.9s-blk", rt->opts.name);
    edoi_cond_init(&b->picked);
    edoi_cond_init(&b->ended);
    (void)pthread_mutex_init(&b->mutex, NULL);
    return b;
}

void edoi_blocking_ref(edoi_blocking *b) {
    (void)edoi_add_rlx_u32(&b->refs, 1); // relaxed: the caller or the runtime holds one
}

void edoi_blocking_unref(edoi_blocking *b) {
    if (!b) return;
    edoi_held_check("a blocking pool's reference is given back");
    // BP1: pairs with BP1: other threads' accesses happen before the end
    if (edoi_sub_acqrel_u32(&b->refs, 1) != 1) return;
    (void)pthread_cond_destroy(&b->picked);
    (void)pthread_cond_destroy(&b->ended);
    (void)pthread_mutex_destroy(&b->mutex);
    edoi_free(b);
}

void edoi_blocking_await_begin(edoi_blocking *b) {
    (void)edoi_add_rlx_u32(&b->awaited_n, 1); // relaxed: read on the same thread, or late
}

void edoi_blocking_await_end(edoi_blocking *b) {
    if (edoi_sub_rlx_u32(&b->awaited_n, 1) != 1) return;  // relaxed: as above, or the kick orders
    if (edoi_worker_runtime_here() == b->runtime) return; // it checks again before it sleeps
    if (edoi_is_inherited(b->forks)) return;
    // The future has left the worker, which may sleep because of it.
    edoi_mutex_acquire(&b->mutex);
    if (!b->closed) edoi_runtime_kick(b->runtime);
    edoi_mutex_release(&b->mutex);
}

bool edoi_blocking_is_awaited(const edoi_blocking *b) {
    return edoi_load_rlx_u32(&b->awaited_n) > 0; // relaxed: as above
}

/* Called with the mutex held. */
static uint32_t queued_n(const edoi_blocking *b) {
    uint32_t n = b->queue.n;
    for (size_t i = 0; i < LANES_N; i++) n += b->lanes[i].queue.n;
    return n;
}

/* Called with the mutex held, before it is released. */
static void blocking_check(const edoi_blocking *b) {
    EDO_INV("blocking inv. 1", queued_n(b) == 0 || b->stats.threads > 0 || b->runtime->drive.world);
    EDO_INV("blocking inv. 2", b->stats.idle + b->picked_n <= b->stats.threads);
}

bool edoi_blocking_is_busy(edoi_blocking *b) {
    if (edoi_blocking_is_awaited(b)) return true;
    edoi_mutex_acquire(&b->mutex);
    bool is_busy = b->stats.running > 0 || queued_n(b) > 0;
    edoi_mutex_release(&b->mutex);
    return is_busy;
}

EDOI_OPAQUE edoi_blocking *edoi_blocking_here(void) {
    EDOI_COMPILER_BARRIER();
    return pool_here;
}

bool edo_blocking_cancelled(void) {
    const edoi_job *j = edoi_job_here();
    if (!j || edoi_worker_here()) return false; // a task that a job drives is no job
    // relaxed: flags, no data
    return edoi_load_rlx_u32(&j->cancelled) != 0 ||
           (j->home && edoi_load_rlx_u32(&j->home->told) != 0);
}

/* ---- Threads --------------------------------------------------------------------------------- */

/* The thread was idle for too long, or its pool is closed. Called with the mutex held; releases
 * it. */
static void blocking_leave(edoi_blocking *b) {
    pthread_t before = b->last_gone;
    bool joins = b->has_last && !b->is_left;
    b->stats.threads--;
    (void)pthread_cond_broadcast(&b->ended);
    if (b->is_left) {
        (void)pthread_detach(pthread_self());
    } else {
        b->last_gone = pthread_self();
        b->has_last = true;
    }
    edoi_mutex_release(&b->mutex);
    if (joins) (void)pthread_join(before, NULL);
}

/* Sleeps until picked, or until idle for too long. False: the thread leaves. Called with the mutex
 * held. */
static bool wait_for_work(edoi_blocking *b) {
    int64_t until_ns = edoi_time_after(edoi_clock_monotonic(), b->keep_alive.ns);
    b->stats.idle++;
    while (b->picked_n == 0 && !b->closed && edoi_cond_wait(&b->picked, &b->mutex, until_ns)) {
    }
    if (b->picked_n > 0) { // the picking thread has decremented idle
        b->picked_n--;
        return true;
    }
    b->stats.idle--;
    return false;
}

/* Called with the mutex held. */
static void link_underway(edoi_blocking *b, underway *u) {
    u->next = b->first;
    u->link = &b->first;
    if (u->next) u->next->link = &u->next;
    b->first = u;
}

static void unlink_underway(underway *u) {
    *u->link = u->next;
    if (u->next) u->next->link = u->link;
}

/* Runs one job. Called with the mutex held; releases it meanwhile. */
static void run_one(edoi_blocking *b, edoi_job *j) {
    underway self = { .fn = j->fn };
    b->begun_ns = edoi_clock_monotonic();
    int64_t waited_ns = b->begun_ns - j->queued_ns;
    edo_blocking_stats *s = &b->stats;
    s->started++;
    s->running++;
    if (b->closed)
        (void)pthread_cond_broadcast(&b->ended); // a thread in stop() now waits with a bound
    s->queue_time.ns += waited_ns;
    if (waited_ns > s->queue_time_max.ns) s->queue_time_max.ns = waited_ns;
    link_underway(b, &self);
    edoi_mutex_release(&b->mutex);
    edoi_thread *t = edoi_thread_here();
    edo_runtime *before = t->entered; // of a thread of the pool none
    t->entered = b->runtime;
    edoi_job_run(j);
    t->entered = before; // the runtime may be gone once no job runs
    edoi_mutex_acquire(&b->mutex);
    unlink_underway(&self);
    s->running--;
    if (b->closed) (void)pthread_cond_broadcast(&b->ended);
}

/* A lane with jobs that no thread takes; NULL: there is none. Called with the mutex held. */
static lane *unserved_lane(edoi_blocking *b) {
    for (size_t i = 0; i < LANES_N; i++)
        if (b->lanes[i].queue.n > 0 && !b->lanes[i].is_served) return &b->lanes[i];
    return NULL;
}

/* Runs the jobs of a lane; at least one, so that the queue does not keep it waiting. Called with
 * the mutex held. */
static void blocking_serve(edoi_blocking *b, lane *l) {
    l->is_served = true;
    do run_one(b, edoi_job_pop(&l->queue));
    while (l->queue.n > 0 && b->queue.n <= b->picked_n + b->starting_n);
    l->is_served = false;
}

/* Runs all jobs. Called with the mutex held. */
static void run_queued(edoi_blocking *b) {
    for (;;) {
        edoi_job *j = edoi_job_pop(&b->queue);
        if (j) run_one(b, j);
        lane *l = unserved_lane(b);
        if (l) blocking_serve(b, l);
        if (!j && !l) return;
    }
}

static void *blocking_thread_main(void *arg) {
    edoi_blocking *b = arg;
    pool_here = b;
    (void)pthread_setname_np(pthread_self(), b->name);
    edoi_mutex_acquire(&b->mutex);
    b->starting_n--;
    edoi_own_thread_begin();
    do run_queued(b);
    while (wait_for_work(b));
    edoi_own_thread_end();
    blocking_leave(b);
    edoi_blocking_unref(b);
    return NULL;
}

/* Makes a thread that is already counted in `threads` and has a reference. */
static int make_thread(edoi_blocking *b) {
    uint32_t left = edoi_load_rlx_u32(&fail_n); // relaxed: set by tests
    if (EDOI_UNLIKELY(left > 0)) {
        edoi_store_rlx_u32(&fail_n, left - 1);
        return -EAGAIN;
    }
    pthread_t thread;
    return pthread_create(&thread, NULL, blocking_thread_main, b) == 0 ? 0 : -EAGAIN;
}

/* ---- Submitting ------------------------------------------------------------------------------ */

/* Moves the jobs that were not promised to run from the queue to a list. */
static void refuse_queue(edoi_job_queue *q, edoi_job **refused) {
    for (edoi_job *j = q->first, *next; j; j = next) {
        next = j->next;
        if (j->promised) continue;
        edoi_job_remove(j);
        j->next = *refused;
        *refused = j;
    }
}

/* All jobs that were not promised to run; a thread is coming for the others. */
static edoi_job *take_refused(edoi_blocking *b) {
    edoi_job *refused = NULL;
    refuse_queue(&b->queue, &refused);
    for (size_t i = 0; i < LANES_N; i++) refuse_queue(&b->lanes[i].queue, &refused);
    return refused;
}

static void refuse_all(edoi_job *list, int err) {
    while (list) {
        edoi_job *next = list->next;
        edoi_job_refuse(list, err);
        list = next;
    }
}

/* The outcome of placing a job. */
typedef enum placed { GIVEN, PICKED, NEEDS_THREAD, LEFT_QUEUED, REFUSED, CLOSED } placed;

/* Is the queue full, not counting jobs for which a thread is coming? */
static bool blocking_is_full(const edoi_blocking *b) {
    return b->queue_max > 0 && b->queue.n >= (uint64_t)b->queue_max + b->picked_n + b->starting_n;
}

/* The lane of a key, or a free one; NULL: all are taken by others. */
static lane *lane_of(edoi_blocking *b, uint64_t key) {
    lane *free = NULL;
    for (size_t i = 0; i < LANES_N; i++) {
        lane *l = &b->lanes[i];
        bool is_free = l->queue.n == 0 && !l->is_served;
        if (!is_free && l->key == key) return l;
        if (is_free) free = l;
    }
    if (free) free->key = key;
    return free;
}

/* Queues the job and finds a thread for it. `now`: only if a thread can begin with it at once. */
static placed blocking_place(edoi_blocking *b, edoi_job *j, bool now) {
    edo_blocking_stats *s = &b->stats;
    if (b->closed) return CLOSED;
    bool can_make = s->threads < b->threads_max;
    bool queues = s->idle == 0 && !can_make;
    if (queues && (now || blocking_is_full(b))) {
        s->refused++;
        return REFUSED;
    }
    j->queued_ns = edoi_clock_monotonic();
    lane *l = j->key ? lane_of(b, j->key) : NULL;
    if (l && b->queue_max > 0 && l->queue.n >= b->queue_max) l = NULL;
    bool has_thread = l && (l->queue.n > 0 || l->is_served);
    edoi_job_push(l ? &l->queue : &b->queue, j);
    if (has_thread) return GIVEN;
    if (s->idle > 0) {
        s->idle--;
        b->picked_n++;
        return PICKED;
    }
    if (!can_make) return LEFT_QUEUED;
    s->threads++;
    b->starting_n++;
    edoi_blocking_ref(b);
    return NEEDS_THREAD;
}

/* The thread could not be made. Refuses the jobs that no thread would run; with `now`, the job
 * `own`. Returns whether `own` was refused. */
static bool unplace(edoi_blocking *b, edoi_job *own, bool now) {
    edoi_job *refused = NULL;
    bool mine = false;
    edoi_mutex_acquire(&b->mutex);
    b->stats.threads--;
    b->starting_n--;
    if (now && own->in) {
        edoi_job_remove(own);
        b->stats.refused++;
        mine = true;
    }
    if (b->stats.threads == 0) { // inv. 1
        b->stats.refused += queued_n(b);
        refused = take_refused(b);
        (void)pthread_cond_broadcast(&b->ended);
    }
    edoi_mutex_release(&b->mutex);
    edoi_blocking_unref(b);
    refuse_all(refused, -EAGAIN);
    return mine;
}

static bool blocking_withdraw(edoi_job *j) {
    edoi_blocking *b = j->home;
    edoi_mutex_acquire(&b->mutex);
    bool queued = j->in != NULL;
    if (queued) edoi_job_remove(j);
    blocking_check(b);
    edoi_mutex_release(&b->mutex);
    return queued;
}

/* A world has no threads: the job waits until it is run. */
static placed give_to_world(edoi_job *j) {
    edoi_blocking *b = j->home;
    j->withdraw = blocking_withdraw;
    edoi_mutex_acquire(&b->mutex);
    placed where = b->closed ? CLOSED : GIVEN;
    j->queued_ns = edoi_clock_monotonic();
    if (where == GIVEN) edoi_job_push(&b->queue, j);
    edoi_mutex_release(&b->mutex);
    if (where == GIVEN) b->runtime->drive.world->on_job(b->runtime->drive.world);
    return where;
}

static placed job_give(edoi_job *j, bool now) {
    edoi_blocking *b = j->home;
    j->promised = now;
    if (EDOI_UNLIKELY(edoi_blocking_is_of_world(b))) return give_to_world(j);
    j->withdraw = blocking_withdraw;
    edoi_mutex_acquire(&b->mutex);
    placed where = blocking_place(b, j, now);
    blocking_check(b);
    edoi_mutex_release(&b->mutex);
    // without the mutex, for which the thread would wait first; the caller's reference of the job
    // keeps the pool
    if (where == PICKED) (void)pthread_cond_signal(&b->picked);
    if (where != NEEDS_THREAD || make_thread(b) == 0) return where;
    return unplace(b, j, now) ? REFUSED : LEFT_QUEUED;
}

static void submit(edoi_job *j) {
    placed where = job_give(j, false);
    if (where == REFUSED) edoi_job_refuse(j, -EAGAIN);
    if (where == CLOSED) edoi_job_refuse(j, -EDO_ECLOSED);
}

/* ---- In a world ------------------------------------------------------------------------------ */

bool edoi_blocking_is_of_world(const edoi_blocking *b) {
    return b->runtime->drive.world;
}

void edoi_blocking_queue(edoi_job *j) {
    if (give_to_world(j) == CLOSED) edoi_job_refuse(j, -EDO_ECLOSED);
}

bool edoi_blocking_run_next(edoi_blocking *b) {
    edoi_mutex_acquire(&b->mutex);
    edoi_job *j = edoi_job_pop(&b->queue);
    pool_here = b;
    if (j) run_one(b, j);
    pool_here = NULL;
    edoi_mutex_release(&b->mutex);
    return j;
}

/* ---- Jobs that wait while none begins -------------------------------------------------------- */

/* Fills in the functions of running jobs, and returns how many. Called with the mutex held. */
static uint32_t note_running(const edoi_blocking *b, edo_task_fn **fns) {
    uint32_t n = 0;
    for (const underway *u = b->first; u && n < EDOI_BLOCKING_NAMED_MAX; u = u->next)
        fns[n++] = u->fn;
    return n;
}

/* Called with the mutex held. */
static int64_t queue_since_ns(const edoi_blocking *b) {
    int64_t since_ns = b->queue.first ? b->queue.first->queued_ns : INT64_MAX;
    for (size_t i = 0; i < LANES_N; i++) {
        const edoi_job *first = b->lanes[i].queue.first;
        if (first && first->queued_ns < since_ns) since_ns = first->queued_ns;
    }
    return since_ns > b->begun_ns ? since_ns : b->begun_ns;
}

/* Called with the mutex held. */
static bool blocking_halts(edoi_blocking *b, int64_t now_ns, int64_t ns, edoi_blocking_halt *out) {
    *out = (edoi_blocking_halt){ .runtime = b->runtime->opts.name,
                                 .queued_n = queued_n(b),
                                 .running_n = b->stats.running,
                                 .threads_max = b->threads_max };
    if (out->queued_n == 0 || b->halted_at == b->stats.started + 1) return false;
    out->for_ns = now_ns - queue_since_ns(b);
    if (out->for_ns < ns) return false;
    b->halted_at = b->stats.started + 1;
    out->named_n = note_running(b, out->fns);
    return true;
}

bool edoi_blocking_has_queue(edoi_blocking *b) {
    if (edoi_is_inherited(b->forks)) return false; // another thread may have held the mutex
    edoi_mutex_acquire(&b->mutex);
    uint32_t n = queued_n(b);
    edoi_mutex_release(&b->mutex);
    return n > 0;
}

bool edoi_blocking_halts(edoi_blocking *b, int64_t now_ns, int64_t ns, edoi_blocking_halt *out) {
    if (edoi_is_inherited(b->forks)) return false; // as above
    edoi_mutex_acquire(&b->mutex);
    bool halts = blocking_halts(b, now_ns, ns, out);
    edoi_mutex_release(&b->mutex);
    return halts;
}

/* ---- The end --------------------------------------------------------------------------------- */

void edoi_blocking_tell(edoi_blocking *b) {
    edoi_store_rlx_u32(&b->told, 1);
}

/* Waits for the jobs until `until_ns`; a thread without a job leaves at once. Called with the mutex
 * held. */
static void wait_for_threads(edoi_blocking *b, int64_t until_ns) {
    bool in_time = true;
    while (b->stats.threads > 0 && (in_time || b->stats.running == 0))
        in_time = edoi_cond_wait(&b->ended, &b->mutex, b->stats.running > 0 ? until_ns : INT64_MAX);
}

/* Jobs that did not end, to be reported without the mutex. */
typedef struct left {
    edo_task_fn *fns[EDOI_BLOCKING_NAMED_MAX]; /* of running jobs */
    uint32_t named_n, n;
} left;

/* Called with the mutex held. */
static void note_left(const edoi_blocking *b, left *out) {
    *out = (left){ .n = b->stats.running + queued_n(b) }; // queued: promised to a thread that hangs
    out->named_n = note_running(b, out->fns);
}

static void name_left(const left *l, const char *runtime) {
    edoi_frame f;
    if (l->named_n > 0) edoi_frames_begin();
    for (uint32_t i = 0; i < l->named_n; i++) {
        void *pc = (void *)(uintptr_t)l->fns[i];
        edoi_frames_find(&f, &pc, 1, true);
        edoi_tell("edo: blocking job %s of runtime %s did not end at shutdown\n",
                  f.function[0] ? f.function : "of an unknown name", runtime);
    }
    if (l->named_n > 0) edoi_frames_end();
    if (l->n > l->named_n)
        edoi_tell("edo: of runtime %s did not end at shutdown: %u more blocking job%s\n", runtime,
                  l->n - l->named_n, l->n - l->named_n == 1 ? "" : "s");
}

uint32_t edoi_blocking_stop(edoi_blocking *b, int64_t until_ns) {
    edoi_mutex_acquire(&b->mutex);
    b->closed = true;
    edoi_job *refused = take_refused(b);
    (void)pthread_cond_broadcast(&b->picked);
    edoi_mutex_release(&b->mutex);
    refuse_all(refused, -EDO_ECLOSED);
    while (edoi_blocking_is_of_world(b) && edoi_blocking_run_next(b)) { // those that were promised
    }
    edoi_mutex_acquire(&b->mutex);
    wait_for_threads(b, until_ns);
    left l;
    note_left(b, &l);
    bool is_said = b->is_left;
    bool joins = b->has_last;
    b->has_last = false;
    if (b->stats.threads > 0) b->is_left = true;
    edoi_mutex_release(&b->mutex);
    if (!is_said) name_left(&l, b->runtime->opts.name);
    if (joins) (void)pthread_join(b->last_gone, NULL); // it has joined the others
    return l.n;
}

/* ---- Awaiting -------------------------------------------------------------------------------- */

edoi_blocking *edoi_blocking_of(const edo_cx *cx) {
    edo_runtime *rt = edoi_cx_runtime(cx);
    if (!rt) rt = edoi_runtime_here();
    return rt ? rt->blocking : NULL;
}

static edo_polled blocking_poll(edo_future *base, edo_cx *cx) {
    edo_blocking_future *f = (edo_blocking_future *)(void *)base;
    edoi_blocking *home = edoi_blocking_of(cx);
    bool forked = home && edoi_is_inherited(home->forks);
    if ((!home || forked) && !f->job) {
        int err = forked ? -EDO_EFORKED : -EDO_ENORUNTIME;
        edoi_job_discard(f, err);
        return edo_future_finish(base, err);
    }
    return edoi_job_poll(f, cx, home, submit);
}

edo_future *edo_blocking_init(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                              const edo_blocking_opts *opts) {
    static const edo_future_ops ops = { .poll = blocking_poll,
                                        .drop = edoi_job_drop,
                                        .name = "edo_blocking",
                                        .size = sizeof(edo_blocking_future) };
    edoi_job_init(f, fn, arg, opts);
    return edo_future_init(&f->base, &ops);
}

bool edoi_blocking_may_here(void) {
    const edo_runtime *rt = edoi_runtime_here();
    if (edoi_worker_here()) return false;
    if (edoi_blocking_here() || !rt) return true;
    return edoi_runtime_is_forked(rt) && edoi_runtime_newest();
}

int edo_blocking_with(edo_task_fn *fn, void *arg, const edo_blocking_opts *opts) {
    static const edo_blocking_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    edo_blocking_future f;
    (void)edo_blocking_init(&f, fn, arg, opts);
    if (f.fn && edoi_blocking_may_here()) return fn(arg);
    return opts->abandon ? edo_await(&f.base) : edoi_job_await(&f);
}

int edoi_blocking_in_turn(edo_task_fn *fn, void *arg, uint64_t key) {
    if (edoi_blocking_may_here()) return fn(arg);
    edo_blocking_future f;
    (void)edo_blocking_init(&f, fn, arg, NULL);
    edoi_blocking_take_turns(&f, key);
    return edoi_job_await(&f);
}

int edo_blocking(edo_task_fn *fn, void *arg) {
    return edo_blocking_with(fn, arg, NULL);
}

int edo_blocking_start(edo_task_fn *fn, void *arg) {
    edo_runtime *rt = edoi_runtime_here();
    if (!rt) return -EDO_ENORUNTIME;
    if (edoi_runtime_is_forked(rt)) return -EDO_EFORKED;
    edoi_job *j = edoi_job_new(fn, arg, NULL, rt->blocking);
    if (!j) return -ENOMEM;
    edoi_store_rlx_u32(&j->refs,
                       2); // relaxed: no other thread knows it. One is ours, to read the end
    placed where = job_give(j, true);
    edoi_job_unref(j);
    if (where != REFUSED && where != CLOSED) return 0;
    edoi_job_unref(j); // the queue's
    return where == REFUSED ? -EAGAIN : -EDO_ECLOSED;
}

void edo_blocking_get_stats(edo_runtime *rt, edo_blocking_stats *out) {
    if (edoi_runtime_enters(rt) < 0) { // another thread may have held the mutex
        *out = (edo_blocking_stats){ 0 };
        return;
    }
    edoi_blocking *b = rt->blocking;
    edoi_mutex_acquire(&b->mutex);
    *out = b->stats;
    out->queue = queued_n(b);
    edoi_mutex_release(&b->mutex);
}
