/* SPDX-License-Identifier: MIT */
/* compute/pool.c: see pool.h. Threads, stealing, and sleep.
 *
 * A thread that finds no work searches for a while and then sleeps. The protocol against missed
 * work, and against a missed end of the fork that it waits for:
 *
 *     thread that forks, or ends a stolen fork sleeper
 *     push, or ended = 1    DQ1, FK1: seq_cst   asleep = 1, sleepers_n += 1      CS1: seq_cst
 *     sleepers_n, asleep ?  CS3: seq_cst        all deques, ended ?              CS2: seq_cst
 *     wake it                                  wait
 *
 * One of the two sees the other. A waking thread unlinks the sleeper it wakes, so each fork wakes
 * another sleeper while there is one. Jobs are queued under the mutex, under which a sleeper checks
 * too.
 *
 * Not every sleeper takes jobs, so a woken thread that does checks for a job first: otherwise it
 * might take the fork for which another thread was woken, and the job would wait for the fork's
 * end. */
#include "compute/pool.h"

#include "base/assert.h"
#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "compute/deque.h"
#include "driver/clock.h"
#include "log/tell.h"
#include "runtime/blocking/blocking.h"
#include "runtime/blocking/job.h"
#include "runtime/control/cpu_count.h"
#include "runtime/end/lifetime.h"
#include "runtime/end/shutdown.h"
#include "runtime/scope/values.h"
#include "runtime/watch/registry.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 1024u
#ifdef EDOI_MODEL
#    define SPINS 1u
#else
#    define SPINS 64u /* searches before a sleep; the second half yields the core */
#endif

struct edoi_squad;

typedef struct edoi_computer {
    edoi_deque deque;
    struct edoi_squad *squad; /* const */
    edoi_job *root;           /* the job that this thread runs a part of; thread's own */
    uint32_t index;           /* const */
    uint32_t victim;          /* the first thread to steal from; thread's own */
    edo_atomic_u32 asleep;    /* atomic: CS1, CS3; written under the mutex */
    bool takes_jobs;          /* lock: mutex; it waits for no fork */
    pthread_t thread;         /* lock: mutex; for pool_stop(), once it has taken the squad */
    pthread_cond_t woken;
    struct edoi_computer *next; /* next sleeper; lock: mutex */
} edoi_computer;

/* Threads that were made together: a thread steals forks only from its squad, and the squad's
 * memory stays until the last of them has left. */
typedef struct edoi_squad {
    /* atomic, relaxed: const once all are made; before, it includes empty deques */
    edo_atomic_u32 threads_n;
    edo_atomic_u32 sleepers_n; /* atomic: CS1, CS3 */
    edo_atomic_u32 retired;  /* atomic, relaxed: threads without work leave; set under the mutex */
    edoi_computer *sleepers; /* lock: mutex */
    uint32_t alive_n;        /* threads that have not left; lock: mutex */
    bool is_left;            /* not joined: the last thread to leave frees it; lock: mutex */
    edoi_computer threads[];
} edoi_squad;

/* The pool makes its squad at its first use, and retires it with the last runtime: the next use
 * makes a new squad, whatever the state of the old one. A job queued while the pool has no squad is
 * run by threads that have not left yet: a thread leaves, under the mutex, only if there is no job,
 * or a new squad for it.
 *
 * inv. 1: while the mutex is not held, a queued job has a thread: the pool has a squad, or a thread
 *         of a retired squad has not left.
 * inv. 1 is not asserted: the threads that look are those that have not left. */
static struct {
    pthread_mutex_t mutex; /* guards the members marked so; locks taken under it: docs/locks.md */
    /* atomic, relaxed: of the squad; a count only. Written under the mutex */
    edo_atomic_u32 threads_n;
    edoi_squad *squad;    /* lock: mutex; NULL: not started, retired, or threads refused */
    pthread_cond_t ended; /* a squad's alive_n is 0, or a squad was ended */
    uint32_t ending_n;    /* retired squads whose end a thread waits for; lock: mutex */
    bool left_some;       /* the squad ended last did not end in time; lock: mutex */
    edoi_job_queue jobs;  /* lock: mutex */
} pool = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static EDOI_THREAD_LOCAL edoi_computer *here;
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

/* In the child there are no pool threads, and neither running nor queued jobs. */
static void pool_begin_child(void) {
    pool.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    edoi_store_rlx_u32(&pool.threads_n, 0); // relaxed: the only thread
    pool.squad = NULL;
    pool.ending_n = 0;
    pool.jobs = (edoi_job_queue){ 0 };
    here = NULL; // a thread that forked in a job is not in the pool any more
    pool_once = (pthread_once_t)PTHREAD_ONCE_INIT; // for the condition
}

EDOI_ON_FORK(.child = pool_begin_child);

EDOI_OPAQUE edoi_computer *edoi_computer_here(void) {
    EDOI_COMPILER_BARRIER();
    return here;
}

/* ---- Sleep ----------------------------------------------------------------------------------- */

/* Called with the mutex held. */
static void take_off(edoi_computer *c) {
    edoi_squad *s = c->squad;
    edoi_computer **at = &s->sleepers;
    while (*at != c) at = &(*at)->next;
    *at = c->next;
    edoi_store_rlx_u32(&c->asleep, 0);         // relaxed: read under the mutex by the sleeper
    (void)edoi_sub_rlx_u32(&s->sleepers_n, 1); // relaxed: a count too low costs only a wake
}

static void computer_wake(edoi_computer *c) {
    edoi_mutex_acquire(&pool.mutex);
    if (edoi_load_rlx_u32(&c->asleep)) { // relaxed: written under the mutex
        take_off(c);
        (void)pthread_cond_signal(&c->woken);
    }
    edoi_mutex_release(&pool.mutex);
}

/* Wakes a thread for a fork that was pushed. */
static void wake_one(edoi_squad *s) {
    if (edoi_load_seq_u32(&s->sleepers_n) == 0) return; // CS3: pairs with CS1
    edoi_mutex_acquire(&pool.mutex);
    edoi_computer *c = s->sleepers;
    if (c) {
        take_off(c);
        (void)pthread_cond_signal(&c->woken);
    }
    edoi_mutex_release(&pool.mutex);
}

static bool any_fork(const edoi_squad *s) {
    uint32_t n = edoi_load_rlx_u32(&s->threads_n); // relaxed: see its declaration
    for (uint32_t i = 0; i < n; i++)
        if (!edoi_deque_is_empty(&s->threads[i].deque)) return true;
    return false;
}

static bool pool_has_ended(const edoi_fork *f) {
    return edoi_load_acq_u32(&f->ended) != 0; // FK2: pairs with FK1: the thief's writes are seen
}

/* Sleeps until there may be work, or `until` (may be NULL) has ended. */
static void computer_sleep_until(edoi_computer *me, const edoi_fork *until) {
    edoi_squad *s = me->squad;
    edoi_mutex_acquire(&pool.mutex);
    me->takes_jobs = !until;
    edoi_store_seq_u32(&me->asleep, 1);        // CS1: pairs with CS3
    (void)edoi_add_seq_u32(&s->sleepers_n, 1); // CS1: pairs with CS3
    me->next = s->sleepers;
    s->sleepers = me;
    // CS2: pairs with FK1 and DQ1. The loads are seq_cst.
    bool stay_up = any_fork(s) || (until && edoi_load_seq_u32(&until->ended)) ||
                   (me->takes_jobs && (pool.jobs.first || edoi_load_rlx_u32(&s->retired)));
    if (stay_up) take_off(me);
    while (edoi_load_rlx_u32(&me->asleep)) // relaxed: written under the mutex
        (void)pthread_cond_wait(&me->woken, &pool.mutex);
    edoi_mutex_release(&pool.mutex);
}

/* ---- Forks ----------------------------------------------------------------------------------- */

static edoi_fork *computer_steal(edoi_computer *me) {
    edoi_squad *s = me->squad;
    // relaxed: zero is a valid, empty deque, and a push into it orders the rest
    uint32_t n = edoi_load_rlx_u32(&s->threads_n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (me->victim + i) % n;
        if (at == me->index) continue;
        edoi_fork *f = edoi_deque_steal(&s->threads[at].deque);
        if (!f) continue;
        me->victim = at;
        return f;
    }
    return NULL;
}

/* Steals a fork and runs it; false: there is none. */
static bool help(edoi_computer *me) {
    edoi_fork *f = computer_steal(me);
    if (!f) return false;
    edoi_computer *owner = f->owner;
    edoi_job *root = me->root;
    me->root = f->root;
    edoi_job_set_here(f->root);
    edo_context_block *before = edoi_values_enter(f->root->values);
    EDOI_CALL_OUT(f->run(f, true));
    edoi_values_leave(before);
    me->root = root;
    edoi_job_set_here(root);
    edoi_store_seq_u32(&f->ended, 1); // FK1: pairs with FK2 and CS2; after this `f` may be gone
    if (edoi_load_seq_u32(&owner->asleep)) computer_wake(owner); // CS3: pairs with CS1
    return true;
}

static void pause_a_while(uint32_t spins) {
    if (2 * spins + 1 < SPINS) {
        EDOI_CPU_RELAX();
    } else {
        sched_yield();
    }
}

static void computer_wait_for(edoi_computer *me, const edoi_fork *f) {
    uint32_t spins = 0;
    bool was_woken = false; // possibly for a fork it has not found yet
    while (!pool_has_ended(f)) {
        if (help(me)) {
            spins = 0;
            was_woken = false;
        } else if (spins < SPINS) {
            pause_a_while(spins++);
        } else {
            computer_sleep_until(me, f);
            spins = 0;
            was_woken = true;
        }
    }
    if (was_woken && any_fork(me->squad)) wake_one(me->squad); // in its place
}

void edoi_fork_begin(edoi_computer *me, edoi_fork *f) {
    f->pushed = false;
    if (!me) return; // in a world, which has no threads
    f->owner = me;
    f->root = me->root;
    edoi_store_rlx_u32(&f->ended, 0); // relaxed: DQ1 publishes it
    f->pushed = edoi_deque_push(&me->deque, f);
    if (f->pushed) wake_one(me->squad);
}

void edoi_fork_end(edoi_computer *me, edoi_fork *f) {
    void *mine = f->pushed ? edoi_deque_take(&me->deque) : f;
    EDO_ASSERT(!mine || mine == f); // forks are ended in reverse order
    if (mine) {
        f->run(f, false);
    } else {
        computer_wait_for(me, f);
    }
}

/* Does the caller run in a job of a world? */
static bool compute_is_in_world(void) {
    const edoi_job *j = edoi_job_here();
    return !here && j && j->home && edoi_blocking_is_of_world(j->home);
}

/* ---- Threads --------------------------------------------------------------------------------- */

/* May this thread take jobs? Called with the mutex held. */
static bool is_served_by(const edoi_computer *me) {
    return !pool.squad || pool.squad == me->squad;
}

static bool computer_run_job(edoi_computer *me) {
    edoi_mutex_acquire(&pool.mutex);
    edoi_job *j = is_served_by(me) ? edoi_job_pop(&pool.jobs) : NULL;
    edoi_mutex_release(&pool.mutex);
    if (!j) return false;
    me->root = j;
    edoi_job_run(j);
    me->root = NULL;
    return true;
}

/* Called when all its threads have left. */
static void free_squad(edoi_squad *s) {
    uint32_t n = edoi_load_rlx_u32(&s->threads_n); // relaxed: const
    for (uint32_t i = 0; i < n; i++) (void)pthread_cond_destroy(&s->threads[i].woken);
    edoi_free(s);
}

/* Does the thread, which has found no work, leave the pool? Then it does not use its squad any
 * more. */
static bool leaves(edoi_computer *me) {
    edoi_squad *s = me->squad;
    if (EDOI_LIKELY(!edoi_load_rlx_u32(&s->retired))) return false; // relaxed: checked again
    bool is_last = false;
    edoi_mutex_acquire(&pool.mutex);
    bool over = !pool.jobs.first || !is_served_by(me);
    if (over && --s->alive_n == 0) {
        is_last = s->is_left;
        (void)pthread_cond_broadcast(&pool.ended);
    }
    edoi_mutex_release(&pool.mutex);
    if (is_last) free_squad(s);
    return over;
}

static void *pool_thread_main(void *arg) {
    edoi_computer *me = arg;
    char name[16];
    (void)snprintf(name, sizeof name, "edo-cpu-%u", (unsigned)me->index);
    (void)pthread_setname_np(pthread_self(), name);
    here = me;
    for (uint32_t spins = 0;;) {
        if (help(me) || computer_run_job(me)) {
            spins = 0;
        } else if (spins < SPINS) {
            pause_a_while(spins++);
        } else if (leaves(me)) {
            break;
        } else {
            computer_sleep_until(me, NULL);
            spins = 0;
            // The submitter of a job woke one of these threads. For a fork another thread was
            // woken, which may take no jobs.
            (void)computer_run_job(me);
        }
    }
    here = NULL; // a later destructor of thread-specific data runs as code outside the pool
    return NULL;
}

static uint32_t wanted(void) {
    static edo_atomic_u32 told; /* atomic, relaxed: in the called function */
    return edoi_cpu_count_wanted("EDO_COMPUTE_THREADS", THREADS_MAX, &told);
}

/* Makes a squad of `n`. NULL: no memory, or threads refused. Called with the mutex held. */
static edoi_squad *make_squad(uint32_t n) {
    uint32_t made = 0;
    edoi_squad *s = edoi_calloc(1, sizeof *s + n * sizeof(edoi_computer));
    if (!s) return NULL;
    edoi_store_rlx_u32(&s->threads_n, n); // relaxed, both: see the declaration
    for (; made < n; made++) {
        edoi_computer *c = &s->threads[made];
        c->squad = s;
        c->index = made;
        c->victim = made + 1;
        (void)pthread_cond_init(&c->woken, NULL);
        if (pthread_create(&c->thread, NULL, pool_thread_main, c) == 0) continue;
        (void)pthread_cond_destroy(&c->woken);
        break;
    }
    edoi_store_rlx_u32(&s->threads_n, made);
    s->alive_n = made;
    if (made > 0) return s;
    edoi_free(s);
    return NULL;
}

/* Acquires the mutex. Returns the number of threads; 0: threads are refused. */
static uint32_t acquire_with_threads(void) {
    edoi_mutex_acquire(&pool.mutex);
    if (!pool.squad) {
        edoi_mutex_release(&pool.mutex);
        uint32_t want = wanted(); // reads files, and may write a line
        edoi_mutex_acquire(&pool.mutex);
        if (!pool.squad) pool.squad = make_squad(want);
    }
    uint32_t n = pool.squad ? edoi_load_rlx_u32(&pool.squad->threads_n) : 0; // relaxed: const
    edoi_store_rlx_u32(&pool.threads_n, n);                                  // relaxed: a count
    return n;
}

/* Retires the pool's squad, if any, and returns it. Called with the mutex held. */
static edoi_squad *pool_retire(void) {
    edoi_squad *s = pool.squad;
    if (!s) return NULL;
    pool.squad = NULL;
    edoi_store_rlx_u32(&pool.threads_n, 0); // relaxed, both: under the mutex
    edoi_store_rlx_u32(&s->retired, 1);
    for (edoi_computer *c; (c = s->sleepers);) {
        take_off(c);
        (void)pthread_cond_signal(&c->woken);
    }
    return s;
}

/* Waits until `*n`, guarded by the mutex, is 0, or the time is up. Called with the mutex held. */
static void wait_until_0(const uint32_t *n, int64_t until_ns) {
    while (*n > 0 && edoi_cond_wait(&pool.ended, &pool.mutex, until_ns)) {
    }
}

/* All threads have left: joins them. */
static void join_threads(edoi_squad *s) {
    uint32_t n = edoi_load_rlx_u32(&s->threads_n); // relaxed: const
    for (uint32_t i = 0; i < n; i++) (void)pthread_join(s->threads[i].thread, NULL);
    free_squad(s);
}

/* A job does not return: these threads, `n` of them alive, are not waited for any more. */
static void leave_behind(edoi_squad *s, uint32_t n) {
    edoi_tell("edo: %u thread%s of edo_compute() did not end at shutdown\n", (unsigned)n,
              n == 1 ? "" : "s");
    uint32_t threads_n = edoi_load_rlx_u32(&s->threads_n); // relaxed: const
    for (uint32_t i = 0; i < threads_n; i++) (void)pthread_detach(s->threads[i].thread);
    edoi_mutex_acquire(&pool.mutex);
    s->is_left = true;
    bool is_over = s->alive_n == 0;
    edoi_mutex_release(&pool.mutex);
    if (is_over) free_squad(s); // otherwise the last to leave frees it
}

/* Makes threads for jobs queued behind jobs that do not return. */
static void serve_queued(void) {
    edoi_mutex_acquire(&pool.mutex);
    bool any = pool.jobs.first != NULL;
    edoi_mutex_release(&pool.mutex);
    if (!any) return;
    (void)acquire_with_threads(); // fresh threads check for a job first
    edoi_mutex_release(&pool.mutex);
}

/* Ends a retired squad; false: some threads did not end, and were reported. */
static bool end_squad(edoi_squad *s, int64_t until_ns) {
    edoi_mutex_acquire(&pool.mutex);
    wait_until_0(&s->alive_n, until_ns);
    uint32_t left_n = s->alive_n;
    edoi_mutex_release(&pool.mutex);
    if (left_n == 0) {
        join_threads(s);
        return true;
    }
    serve_queued();
    leave_behind(s, left_n);
    return false;
}

/* Waits for squads that other threads end; `*late`: they have not. Called with the mutex held. */
static bool wait_for_others(int64_t until_ns, bool *late) {
    if (pool.ending_n == 0) return true;
    wait_until_0(&pool.ending_n, until_ns);
    *late = pool.ending_n > 0;
    return !*late && !pool.left_some;
}

/* Ends the pool's threads, unless a runtime is alive; false: some did not end, and were reported.
 * An edoi_runtime_on_last_end() function. */
static bool pool_stop(int64_t until_ns) {
    until_ns = edoi_shutdown_grace_ns(until_ns); // threads without work get a moment
    edoi_mutex_acquire(&pool.mutex);
    // Checked under the mutex: a runtime made since the caller's check may have queued jobs. A
    // thread of the pool cannot wait for itself.
    bool is_last = !here && edoi_runtime_none_lives();
    edoi_squad *s = is_last ? pool_retire() : NULL;
    bool late = false, all = s || !is_last || wait_for_others(until_ns, &late);
    if (s) pool.ending_n++;
    edoi_mutex_release(&pool.mutex);
    if (late) {
        edoi_tell("edo: the threads of edo_compute() are being ended by another thread, which is "
                  "not waited for any longer\n");
    }
    if (!s) return all;
    all = end_squad(s, until_ns);
    edoi_mutex_acquire(&pool.mutex);
    pool.left_some = !all;
    pool.ending_n--;
    (void)pthread_cond_broadcast(&pool.ended);
    edoi_mutex_release(&pool.mutex);
    return all;
}

static void pool_prepare(void) {
    edoi_cond_init(&pool.ended);
    edoi_runtime_on_last_end(pool_stop);
}

uint32_t edoi_compute_start(void) {
    if (EDOI_UNLIKELY(compute_is_in_world())) return 1;
    if (here)
        return edoi_load_rlx_u32(&here->squad->threads_n); // relaxed: const; it may be retired
    uint32_t n = edoi_load_rlx_u32(&pool.threads_n);       // relaxed: a count
    if (EDOI_LIKELY(n > 0)) return n;
    (void)pthread_once(&pool_once, pool_prepare);
    n = acquire_with_threads();
    edoi_mutex_release(&pool.mutex);
    return n;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static bool pool_withdraw(edoi_job *j) {
    edoi_mutex_acquire(&pool.mutex);
    bool queued = j->in != NULL;
    if (queued) edoi_job_remove(j);
    edoi_mutex_release(&pool.mutex);
    return queued;
}

void edoi_compute_submit(edoi_job *j) {
    if (EDOI_UNLIKELY(j->home && edoi_blocking_is_of_world(j->home))) {
        edoi_blocking_queue(j);
        return;
    }
    j->withdraw = pool_withdraw;
    (void)pthread_once(&pool_once, pool_prepare);
    if (acquire_with_threads() == 0) {
        edoi_mutex_release(&pool.mutex);
        edoi_job_refuse(j, -EAGAIN);
        return;
    }
    edoi_job_push(&pool.jobs, j);
    edoi_computer *c = pool.squad->sleepers;
    while (c && !c->takes_jobs) c = c->next;
    if (c) {
        take_off(c);
        (void)pthread_cond_signal(&c->woken);
    }
    edoi_mutex_release(&pool.mutex);
}
