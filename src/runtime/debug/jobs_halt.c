/* SPDX-License-Identifier: MIT */
/* runtime/debug/jobs_halt.c: see jobs_halt.h.
 *
 * A job that awaits a task which awaits another job needs a second thread. If all threads run such
 * jobs nothing goes on; the same is seen from outside as from calls that take for ever. So the
 * report says what is certain, and names both. */
#include "runtime/debug/jobs_halt.h"

#include "log/tell.h"
#include "runtime/blocking/blocking.h"
#include "runtime/debug/report.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "stacks/frames.h"

#include <edo/log.h>

#include <stdio.h>

#define HALT_NS INT64_C(10000000000)

/* How many of the jobs from `i` on have the function of that one; 0: one before it has. */
static uint32_t same_n(const edoi_blocking_halt *h, uint32_t i) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < h->named_n; k++) {
        if (h->fns[k] != h->fns[i]) continue;
        if (k < i) return 0;
        n++;
    }
    return n;
}

/* Each function once, with how often it runs. */
static void functions_name(char *out, size_t max, const edoi_blocking_halt *h) {
    edoi_frame f;
    size_t at = 0;
    edoi_frames_begin();
    for (uint32_t i = 0; i < h->named_n && at < max; i++) {
        const uint32_t n = same_n(h, i);
        if (n == 0) continue;
        void *pc = (void *)(uintptr_t)h->fns[i];
        edoi_frames_find(&f, &pc, 1, true);
        int put = snprintf(out + at, max - at, "%s%s (%u)", at > 0 ? ", " : "",
                           f.function[0] ? f.function : "an unknown function", (unsigned)n);
        at += put > 0 ? (size_t)put : 0;
    }
    edoi_frames_end();
}

static void halt_tell(const edoi_blocking_halt *h) {
    char names[512] = "";
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_ERROR, "edo.blocking", (EDO_KV("queued", h->queued_n)),
                  "blocking calls wait for a thread, and none begins");
#endif
    if (!edoi_report_may(EDOI_REPORT_JOBS)) return;
    functions_name(names, sizeof names, h);
    edoi_tell(
        "edo: blocking calls of runtime %s wait for a thread: %u, and none has begun for %u s. "
        "Its threads (%u, at most %u) run: %s\n"
        "  A call that awaits a task which makes such a call itself keeps the thread that this "
        "needs: wait in a task, and not in a call\n",
        h->runtime, (unsigned)h->queued_n, (unsigned)(h->for_ns / 1000000000),
        (unsigned)h->running_n, (unsigned)h->threads_max, names);
    edoi_report_record("blocking calls wait for a thread, and none begins");
}

/* Looks for a pool to be told. Sets `*any_waits` if calls of one wait. */
static bool find_halt(int64_t now_ns, edoi_blocking_halt *out, bool *any_waits) {
    bool is_found = false;
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt && !is_found; rt = edoi_registry_next(rt)) {
        *any_waits = edoi_blocking_has_queue(rt->blocking) || *any_waits;
        is_found = edoi_blocking_halts(rt->blocking, now_ns, HALT_NS, out);
    }
    edoi_registry_release();
    return is_found;
}

bool edoi_jobs_halt_look(int64_t now_ns, uint32_t *told_n) {
    edoi_blocking_halt halt;
    bool any_waits = false;
    for (; find_halt(now_ns, &halt, &any_waits); ++*told_n) halt_tell(&halt);
    return any_waits;
}
