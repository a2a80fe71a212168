/* SPDX-License-Identifier: MIT */
/* runtime/watch/watchdog.c: see watchdog.h.
 *
 * A poll is identified by what the worker records anyway: the task, and the number of the poll.
 * Elapsed time is not enough to blame a task: on a busy machine the thread may not have been
 * scheduled. So the thread must have used the limit in CPU time, or wait in the kernel: for half of
 * the limit without a break, or still after four times the limit, as with repeated short lock
 * waits. A poll in edo_block_in_place() blocks no other task; after the call its time starts again.
 * But if all workers are in such calls and one of them awaits, perhaps no thread is left to wake
 * it. */
#include "runtime/watch/watchdog.h"

#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "driver/clock.h"
#include "fiber/sanitize.h"
#include "log/recorder_report.h"
#include "log/tell.h"
#include "recorder/note.h"
#include "records/blame.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/watch/all_wait.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/worker.h"
#include "stacks/frames.h"
#include "stacks/own_threads.h"
#include "stacks/thread_state.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#define DEFAULT_NS      INT64_C(10000000)
#define INTERVAL_MIN_NS INT64_C(1000000)
#define INTERVAL_MAX_NS INT64_C(1000000000)
#define SAME_SITE_NS    INT64_C(1000000000) /* between two reports of one name for one worker */
#define QUIET_LOOKS     2u
#define QUIET_NS        INT64_C(10000000000) /* after which nobody may ever wake */
#define OFTEN           4                    /* times the limit: when repeated waits are reported */
#define FRAMES_MAX      32u
#define REASON_MAX      128u /* bytes */
#define REPORT_MAX      16384u

/* Why a task is blamed. */
typedef enum reason { NONE, COMPUTES, WAITS, WAITS_OFTEN } reason;

edo_atomic_u32 edoi_watchdog_sleeps;

static pthread_mutex_t life = PTHREAD_MUTEX_INITIALIZER; /* guards the next four */
static uint32_t runtimes_n;                              /* of all that are complete */
static bool runs;
static pthread_t thread;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the sleep, and the next two */
static pthread_cond_t changed;
static bool stops;
static bool has_company; /* a runtime has come since the last check */

/* Of the thread. What a report needs is there before: a thread may hang in malloc(). */
static edoi_frame frames[FRAMES_MAX]; /* of the worker that is reported */
static char report[REPORT_MAX];
static FILE *report_file;       /* writes to `report` */
static const char *recorded;    /* why the recorder's file is to be written; NULL: it is not */
static char report_buffer[512]; /* of that file, which would allocate its own with the first byte */

/* In the child neither the thread nor the workers it watched exist. */
static void watchdog_begin_child(void) {
    life = mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    runtimes_n = 0;
    runs = stops = has_company = false;
    report_file = NULL;                           // the parent's thread may have been in it
    edoi_store_rlx_u32(&edoi_watchdog_sleeps, 0); // relaxed: the only thread
}

EDOI_ON_FORK(.child = watchdog_begin_child);

int64_t edoi_watchdog_default_ns(void) {
#if defined(EDO_DEBUG) && !defined(EDOI_SANITIZED) && !defined(EDOI_MODEL)
#    ifdef RUNNING_ON_VALGRIND
    if (RUNNING_ON_VALGRIND) return -1; // everything is slow there
#    endif
    return DEFAULT_NS;
#else
    return -1;
#endif
}

/* ---- One worker ------------------------------------------------------------------------------ */

static const char *worker_name_of(const edoi_worker *w) {
    return edoi_capture_site(w->runtime, w->watched.poll.task);
}

static bool is_in_place(const edoi_watched *seen) {
    return seen->poll.in_place % 2 == 1;
}

static void worker_begin(edoi_worker *w, uint32_t tid, int64_t now_ns) {
    edoi_watched *seen = &w->watched;
    seen->poll = edoi_worker_seen_poll(w);
    seen->since_ns = now_ns;
    seen->cpu_ns = seen->poll.task ? edoi_thread_cpu_ns(tid) : 0;
    seen->waits = 0;
    seen->waits_n = 0;
    seen->is_told = is_in_place(seen);
    seen->is_stranded = false;
}

/* Why the thread stays in the poll; NONE: it may just not be scheduled. */
static reason watched_reason_of(edoi_watched *seen, uint32_t tid, int64_t limit_ns,
                                int64_t now_ns) {
    uint64_t waits = edoi_thread_waits(tid);
    if (waits != seen->waits) {
        seen->waits = waits;
        seen->waits_ns = now_ns;
        seen->waits_n += waits != 0;
    }
    if (now_ns - seen->since_ns < limit_ns) return NONE;
    if (waits != 0 && now_ns - seen->waits_ns >= limit_ns / 2) return WAITS;
    bool is_often = seen->waits_n > 1 && now_ns - seen->since_ns >= OFTEN * limit_ns;
    if (waits != 0 && is_often) return WAITS_OFTEN;
    return edoi_thread_cpu_ns(tid) - seen->cpu_ns >= limit_ns ? COMPUTES : NONE;
}

/* Writes the reason, with the call in which the thread waits, if it still does. */
static void tell_reason(char *out, size_t bytes, reason why, const edoi_watched *seen,
                        const edoi_thread_call *call, int64_t now_ns) {
    const char *name = call->waits == seen->waits ? call->name : "";
    int64_t waits_ms = (now_ns - seen->waits_ns) / 1000000;
    if (why == COMPUTES) {
        (void)snprintf(out, bytes, "computes");
    } else if (why == WAITS_OFTEN) {
        (void)snprintf(out, bytes, "waits in the kernel again and again%s%s%s", *name ? " (" : "",
                       name, *name ? ")" : "");
    } else {
        (void)snprintf(out, bytes, "waits in the kernel (%s%sfor %" PRId64 " ms)", name,
                       *name ? " " : "", waits_ms);
    }
}

/* Finds the stack of the worker's thread, and the name of the call in which it waits, if any. */
static size_t find_frames(const edoi_worker *w, edoi_thread_call *call) {
    void *pcs[FRAMES_MAX];
    edoi_frames_begin();
    size_t n = edoi_capture(w, &w->watched.poll, pcs, FRAMES_MAX, call);
    edoi_frames_find(frames, pcs, n, true);
    edoi_frames_end();
    edoi_thread_name_call(call, frames, n);
    return n;
}

/* Says what `report_file` has got. */
static void report_say(void) {
    (void)fflush(report_file);
    long n = ftell(report_file);
    if (n > 0) (void)edoi_tell_text((edo_str){ report, (size_t)n });
    rewind(report_file);
}

/* For the flight recorder, whose file is written once the lock of all runtimes is free. */
static void watchdog_record(const edo_task *t, reason why) {
    static const char *const texts[] = { [NONE] = "stranded",
                                         [COMPUTES] = "keeps its worker: computes",
                                         [WAITS] = "keeps its worker: waits in the kernel",
                                         [WAITS_OFTEN] = "keeps its worker: waits often" };
    if (!EDOI_RECORDS(EDO_RECORDER_TURNS)) return;
    edoi_recorder_note_site(EDOI_REC_REPORT, t, 0, texts[why]);
    recorded = texts[why];
}

static void write_recorded(void) {
    if (recorded) edoi_recorder_report(recorded);
    recorded = NULL;
}

static void worker_report(const edoi_worker *w, edoi_watched *seen, reason why, int64_t now_ns) {
    const edo_runtime *rt = w->runtime;
    char words[REASON_MAX];
    edoi_thread_call call;
    const char *site = worker_name_of(w);
    bool is_new = site != seen->site || now_ns - seen->told_ns >= SAME_SITE_NS;
    if (!edoi_worker_is_in(w, &seen->poll) || !site || !is_new || edoi_blame_is_written()) return;
    size_t n = find_frames(w, &call);
    tell_reason(words, sizeof words, why, seen, &call, now_ns);
    (void)fprintf(report_file,
                  "edo: %s keeps worker %u of runtime %s for %" PRId64
                  " ms, and %s: nobody else can run there\n",
                  site, (unsigned)w->index, rt->opts.name, (now_ns - seen->since_ns) / 1000000,
                  words);
    edoi_frames_print(report_file, frames, n);
    report_say();
    seen->site = site;
    seen->told_ns = now_ns;
    seen->was_named = true;
    watchdog_record(seen->poll.task, why);
}

static void report_end(const edoi_worker *w, edoi_watched *seen, int64_t now_ns) {
    if (!seen->was_named) return;
    seen->was_named = false;
    (void)fprintf(report_file, "edo: %s kept worker %u of runtime %s for about %" PRId64 " ms\n",
                  seen->site, (unsigned)w->index, w->runtime->opts.name,
                  (now_ns - seen->since_ns) / 1000000);
    report_say();
}

/* Checks a worker; returns whether it is awake. */
static bool worker_look_at(edoi_worker *w, int64_t limit_ns, int64_t now_ns) {
    edoi_watched *seen = &w->watched;
    uint32_t tid = edoi_load_rlx_u32(&w->shown_thread.tid); // relaxed: only a number to look up
    if (!edoi_worker_is_in(w, &seen->poll)) {
        report_end(w, seen, now_ns);
        worker_begin(w, tid, now_ns);
    } else if (!seen->is_told) {
        reason why = watched_reason_of(seen, tid, limit_ns, now_ns);
        if (why != NONE) worker_report(w, seen, why, now_ns);
        seen->is_told = why != NONE;
    }
    return tid != 0 && (seen->poll.task || !edoi_idle_sleeps(&w->runtime->idle, w->index));
}

/* ---- All of a runtime ------------------------------------------------------------------------ */

/* A worker whose call in place awaits while all others are in such calls too, for the limit or
 * longer: no worker is left to run what it may await. NULL: there is none. */
static edoi_worker *stranded(const edo_runtime *rt, int64_t limit_ns, int64_t now_ns) {
    edoi_worker *one = NULL;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        const edoi_watched *seen = &w->watched;
        bool stays = is_in_place(seen) && edoi_worker_is_in(w, &seen->poll);
        if (!stays || now_ns - seen->since_ns < limit_ns) return NULL;
        if (edoi_load_rlx_u32(&w->shown_thread.awaits)) one = w;
    }
    return one;
}

static void report_stranded(edoi_worker *w) {
    const edo_runtime *rt = w->runtime;
    edoi_watched *seen = &w->watched;
    edoi_thread_call call;
    const char *site = worker_name_of(w);
    if (!site || seen->is_stranded) return;
    size_t n = find_frames(w, &call);
    (void)fprintf(report_file,
                  "edo: nobody runs the tasks of runtime %s: all of its workers (%u) are in "
                  "edo_block_in_place(), and one awaits there: %s\n",
                  rt->opts.name, (unsigned)rt->workers_n, site);
    edoi_frames_print(report_file, frames, n);
    report_say();
    seen->is_stranded = true;
    watchdog_record(seen->poll.task, NONE);
}

/* Checks a runtime; returns whether any worker is awake. */
static bool look_at_workers(const edo_runtime *rt, int64_t now_ns) {
    bool is_awake = false;
    int64_t limit_ns = rt->opts.watchdog.ns;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (worker_look_at(rt->workers[i], limit_ns, now_ns)) is_awake = true;
    edoi_worker *one = stranded(rt, limit_ns, now_ns);
    if (one) report_stranded(one);
    return is_awake;
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* Checks all runtimes; returns whether any worker is awake, and when to check again. */
static bool look_at_all(int64_t *interval_ns) {
    bool is_awake = false;
    *interval_ns = INTERVAL_MAX_NS;
    edoi_registry_acquire();
    int64_t now_ns = edoi_clock_monotonic();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        int64_t limit_ns = rt->opts.watchdog.ns;
        if (limit_ns < 0) continue;
        if (limit_ns / 2 < *interval_ns) *interval_ns = limit_ns / 2;
        if (look_at_workers(rt, now_ns)) is_awake = true;
    }
    edoi_registry_release();
    write_recorded();
    if (*interval_ns < INTERVAL_MIN_NS) *interval_ns = INTERVAL_MIN_NS;
    return is_awake;
}

/* Looks once a second at waits for locks, and at jobs that wait for a thread; returns whether there
 * are any. */
static bool look_at_waits(int64_t *last_ns, bool *jobs_wait) {
    int64_t now_ns = edoi_clock_monotonic();
    if (!EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)) return false;
    if (now_ns - *last_ns >= INTERVAL_MAX_NS) {
        *last_ns = now_ns;
        edoi_blocked_look(now_ns);
        *jobs_wait = edoi_blocked_jobs_look(now_ns);
    }
    return edoi_blocked_any() || *jobs_wait;
}

/* All workers have slept since `*since_ns`: is that for ever? Looks once; returns when, at the
 * latest, to look. Called with the mutex held, and releases it in between. */
static int64_t look_at_quiet(int64_t *since_ns) {
    if (!EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS) || *since_ns == INT64_MAX) return INT64_MAX;
    int64_t now_ns = edoi_clock_monotonic();
    if (*since_ns == 0) *since_ns = now_ns;
    int64_t due_ns = edoi_time_after(*since_ns, QUIET_NS);
    if (now_ns < due_ns) return due_ns;
    *since_ns = INT64_MAX;
    edoi_mutex_release(&mutex);
    uint64_t tasks_n = edoi_all_wait();
    if (tasks_n > 0) edoi_blocked_all_wait(tasks_n);
    edoi_mutex_acquire(&mutex);
    return INT64_MAX;
}

static void *watch(void *arg) {
    int64_t waits_ns = 0; // when waits were looked at
    bool jobs_wait = false;
    int64_t quiet_ns = 0; // since when all sleep; 0: they do not; INT64_MAX: it was looked at
    uint32_t quiet = 0;   // consecutive checks that found all asleep
    bool is_due = false;  // the last value stored in sleeps
    int64_t interval_ns;
    (void)arg;
    edoi_own_thread_begin();
    edoi_mutex_acquire(&mutex);
    while (!stops) {
        has_company = false;
        edoi_mutex_release(&mutex);
        quiet = look_at_all(&interval_ns) ? 0 : quiet + 1;
        bool is_awaited = look_at_waits(&waits_ns, &jobs_wait);
        edoi_mutex_acquire(&mutex);
        if (stops) break;
        if (has_company) continue;
        // Some worker was awake, perhaps briefly: an interval has to pass again after the next
        // store.
        if (is_due && !edoi_load_rlx_u32(&edoi_watchdog_sleeps)) quiet = 0;
        is_due = quiet >= QUIET_LOOKS;
        edoi_store_rlx_u32(&edoi_watchdog_sleeps, is_due);
        if (quiet <= QUIET_LOOKS) quiet_ns = 0;
        int64_t due_ns = quiet > QUIET_LOOKS ? look_at_quiet(&quiet_ns) : INT64_MAX;
        if (quiet > QUIET_LOOKS && is_awaited) interval_ns = INTERVAL_MAX_NS;
        if (quiet <= QUIET_LOOKS || is_awaited)
            due_ns = edoi_time_after(edoi_clock_monotonic(), interval_ns);
        if (!stops && (quiet <= QUIET_LOOKS || edoi_load_rlx_u32(&edoi_watchdog_sleeps)))
            (void)edoi_cond_wait(&changed, &mutex, due_ns);
    }
    edoi_store_rlx_u32(&edoi_watchdog_sleeps, 0);
    edoi_mutex_release(&mutex);
    (void)look_at_all(&interval_ns); // for polls that ended just now
    edoi_own_thread_end();
    return NULL;
}

void edoi_watchdog_wake(void) {
    edoi_mutex_acquire(&mutex);
    if (edoi_load_rlx_u32(&edoi_watchdog_sleeps)) {
        edoi_store_rlx_u32(&edoi_watchdog_sleeps, 0);
        (void)pthread_cond_signal(&changed);
    }
    edoi_mutex_release(&mutex);
}

/* Called with `life` held. Without a thread nothing is watched; there is no other effect. */
static void watchdog_start(void) {
    sigset_t all, old;
    edoi_cond_init(&changed);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    stops = false;
    if (!report_file && (report_file = fmemopen(report, sizeof report, "w"))) // it stays
        (void)setvbuf(report_file, report_buffer, _IOFBF, sizeof report_buffer);
    runs = report_file && pthread_create(&thread, NULL, watch, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!runs) return;
    (void)pthread_setname_np(thread, "edo-watchdog");
    edoi_frames_keep_begin(); // a report may be needed when no thread can be made
    edoi_tell_prepare();
}

/* Called with `life` held. */
static void watchdog_stop(void) {
    edoi_mutex_acquire(&mutex);
    stops = true;
    (void)pthread_cond_signal(&changed);
    edoi_mutex_release(&mutex);
    (void)pthread_join(thread, NULL);
    edoi_frames_keep_end();
    runs = false;
}

/* Called with `life` held: starts the thread, or has it look soon. */
static void watchdog_begin(void) {
    if (!runs) watchdog_start();
    edoi_mutex_acquire(&mutex);
    has_company = true;
    edoi_store_rlx_u32(&edoi_watchdog_sleeps, 0);
    if (runs) (void)pthread_cond_signal(&changed);
    edoi_mutex_release(&mutex);
}

static bool is_wanted_by(const edo_runtime *rt) {
    return rt->opts.watchdog.ns >= 0 || EDOI_LOCKS_NOTES(EDOI_LOCKS_ASKED);
}

void edoi_watchdog_join(edo_runtime *rt) {
    if (is_wanted_by(rt)) edoi_frames_load();
    edoi_mutex_acquire(&life);
    rt->listed.is_watched = true;
    runtimes_n++;
    // looked at under the lock: a thread that asks from now on finds the runtime
    if (is_wanted_by(rt)) watchdog_begin();
    edoi_mutex_release(&life);
}

void edoi_watchdog_want(void) {
    edoi_mutex_acquire(&life);
    if (runtimes_n > 0) watchdog_begin();
    edoi_mutex_release(&life);
}

void edoi_watchdog_leave(edo_runtime *rt) {
    edoi_mutex_acquire(&life);
    if (rt->listed.is_watched && --runtimes_n == 0 && runs) watchdog_stop();
    rt->listed.is_watched = false;
    edoi_mutex_release(&life);
}
