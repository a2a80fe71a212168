/* SPDX-License-Identifier: MIT */
/* runtime/watch/all_wait.c: see all_wait.h.
 *
 * A thread that is not edo's may wake a task, unless it waits for another thread without a limit:
 * all others wait as well. So may a signal handler of the program, which may post a semaphore. One
 * look is not of one moment: there are two, and no worker has run a task from the first to the
 * second. */
#include "runtime/watch/all_wait.h"

#include "driver/source.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "stacks/numbers.h"
#include "stacks/own_threads.h"
#include "stacks/thread_state.h"

#include <edo/stats.h>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a look has found. */
typedef struct quiet_look {
    uint64_t tasks_n; /* of all runtimes */
    uint64_t polls_n; /* of all workers, ever */
} quiet_look;

/* ---- Runtimes -------------------------------------------------------------------------------- */

static bool workers_sleep(const edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (!edoi_idle_sleeps(&rt->idle, i)) return false;
    return true;
}

/* Adds what it has; false: something of it may wake a task. Called with the lock of registry.h. */
static bool runtime_is_quiet(edo_runtime *rt, quiet_look *look) {
    edo_runtime_stats s = { 0 };
    if (!rt->listed.is_watched || !workers_sleep(rt)) return false;
    edo_runtime_get_stats(rt, &s);
    look->tasks_n += s.tasks_alive;
    look->polls_n += s.all.polls;
    return s.timers == 0 && s.global_depth == 0 && s.blk_queue == 0 && s.blk_threads == s.blk_idle;
}

static bool runtimes_are_quiet(quiet_look *look) {
    bool are_quiet = true;
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt && are_quiet; rt = edoi_registry_next(rt))
        are_quiet = runtime_is_quiet(rt, look);
    edoi_registry_release();
    return are_quiet;
}

static void source_count(void *arg, int fd, const char *maker) {
    (void)fd;
    (void)maker;
    ++*(uint64_t *)arg;
}

static bool no_source_is_open(void) {
    uint64_t n = 0;
    edoi_sources_look_over(source_count, &n);
    return n == 0;
}

/* ---- Threads --------------------------------------------------------------------------------- */

static bool is_worker(uint32_t tid) {
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        if (edoi_runtime_has_thread(rt, tid)) return true;
    return false;
}

static bool thread_is_quiet(uint32_t tid) {
    return tid == (uint32_t)syscall(SYS_gettid) || is_worker(tid) || edoi_own_threads_has(tid) ||
           edoi_thread_waits_for_others(tid);
}

static bool thread_look(void *arg, uint32_t tid) {
    bool *are_quiet = arg;
    return *are_quiet = thread_is_quiet(tid);
}

static bool threads_are_quiet(void) {
    bool are_quiet = false;
    edoi_registry_acquire();
    int err = edoi_numbers_in("/proc/self/task", thread_look, &are_quiet);
    edoi_registry_release();
    return err == 0 && are_quiet;
}

/* ---- Signals --------------------------------------------------------------------------------- */

/* Does a thread raise it itself, by what it does wrong? */
static bool is_of_a_fault(int signo) {
    return signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE || signo == SIGILL ||
           signo == SIGABRT || signo == SIGTRAP || signo == SIGSYS;
}

static bool has_no_handler(const struct sigaction *a) {
    return !(a->sa_flags & SA_SIGINFO) && (a->sa_handler == SIG_DFL || a->sa_handler == SIG_IGN);
}

static edo_atomic_u64 own_handler_fn; /* atomic, relaxed: of edoi_all_wait_knows(), which is code */

void edoi_all_wait_knows(edoi_own_handler_fn *fn) {
    edoi_store_rlx_u64(&own_handler_fn, (uintptr_t)fn);
}

static bool is_own_handler(const struct sigaction *a) {
    edoi_own_handler_fn *fn = (edoi_own_handler_fn *)(uintptr_t)edoi_load_rlx_u64(&own_handler_fn);
    return fn && fn(a);
}

/* Has the program no handler of its own? */
static bool signals_are_quiet(void) {
    for (int signo = 1; signo < NSIG; signo++) {
        struct sigaction now;
        if (is_of_a_fault(signo) || sigaction(signo, NULL, &now) < 0) continue;
        bool is_quiet = has_no_handler(&now) || edoi_capture_handles(&now) || is_own_handler(&now);
        if (!is_quiet) return false;
    }
    return true;
}

/* ---- All ------------------------------------------------------------------------------------- */

static bool look_around(quiet_look *look) {
    *look = (quiet_look){ 0 };
    return runtimes_are_quiet(look) && no_source_is_open() && signals_are_quiet() &&
           threads_are_quiet();
}

uint64_t edoi_all_wait(void) {
    quiet_look first, second;
    if (!look_around(&first) || !look_around(&second)) return 0;
    bool has_run = first.polls_n != second.polls_n || first.tasks_n != second.tasks_n;
    return has_run ? 0 : second.tasks_n;
}
