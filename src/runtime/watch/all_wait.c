/* SPDX-License-Identifier: MIT */
/* runtime/watch/all_wait.c: see all_wait.h.
 *
 * A thread that is not edo's may wake a task, unless it waits for another thread without a limit:
 * all others wait as well. */
#include "runtime/watch/all_wait.h"

#include "driver/source.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "stacks/thread_state.h"

#include <edo/stats.h>

#include <dirent.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Runtimes -------------------------------------------------------------------------------- */

static bool workers_sleep(const edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (!edoi_idle_sleeps(&rt->idle, i)) return false;
    return true;
}

/* Adds its tasks; false: something of it may wake one. Called with the lock of all runtimes. */
static bool runtime_is_quiet(edo_runtime *rt, uint64_t *tasks_n) {
    edo_runtime_stats s = { 0 };
    if (!rt->listed.is_watched || !workers_sleep(rt)) return false;
    edo_runtime_get_stats(rt, &s);
    *tasks_n += s.tasks_alive;
    return s.timers == 0 && s.global_depth == 0 && s.blk_queue == 0 && s.blk_threads == s.blk_idle;
}

static bool runtimes_are_quiet(uint64_t *tasks_n) {
    bool are_quiet = true;
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt && are_quiet; rt = edoi_registry_next(rt))
        are_quiet = runtime_is_quiet(rt, tasks_n);
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
    return tid == (uint32_t)syscall(SYS_gettid) || is_worker(tid) || edoi_thread_is_edos(tid) ||
           edoi_thread_waits_for_others(tid);
}

static bool threads_are_quiet(void) {
    DIR *all = opendir("/proc/self/task");
    bool are_quiet = all != NULL;
    edoi_registry_acquire();
    for (struct dirent *one; are_quiet && (one = readdir(all));) {
        uint32_t tid = (uint32_t)strtoul(one->d_name, NULL, 10);
        are_quiet = tid == 0 || thread_is_quiet(tid); // 0: "." and ".."
    }
    edoi_registry_release();
    if (all) (void)closedir(all);
    return are_quiet;
}

uint64_t edoi_all_wait(void) {
    uint64_t tasks_n = 0;
    bool is_quiet = runtimes_are_quiet(&tasks_n) && no_source_is_open() && threads_are_quiet();
    return is_quiet ? tasks_n : 0;
}
