/* SPDX-License-Identifier: MIT */
/* runtime/control/log_jobs.c: see log_jobs.h. The log's writer is no thread of the runtime, so a
 * task takes the job to the blocking pool. */
#include "runtime/control/log_jobs.h"

#include "base/memory/alloc.h"
#include "log/out/file.h"
#include "runtime/control/program.h"

#include <edo/blocking.h>
#include <edo/error.h>

typedef struct log_job {
    void (*fn)(void *arg);
    void *arg;
} log_job;

static int run_job(void *arg) {
    const log_job *job = arg;
    job->fn(job->arg);
    return 0;
}

static int take_job(void *arg) {
    int err = edo_blocking(run_job, arg);
    if (err < 0) (void)run_job(arg); // the pool ends, or has no thread: it is done all the same
    edo_trail_clear();
    edoi_free(arg);
    return 0;
}

static bool start_job(void (*fn)(void *arg), void *arg) {
    log_job *job = edoi_alloc(sizeof *job);
    if (!job) return false;
    *job = (log_job){ .fn = fn, .arg = arg };
    edo_runtime *rt = edoi_program_enter();
    bool is_taken =
        rt && edo_spawn_detached_on_at(rt, take_job, job, "finished file of a log") == 0;
    edoi_program_leave();
    if (!is_taken) edoi_free(job);
    return is_taken;
}

void edoi_log_jobs_begin(void) {
    edoi_log_jobs_by(start_job);
}

void edoi_log_jobs_end(void) {
    edoi_log_jobs_by(NULL);
}
