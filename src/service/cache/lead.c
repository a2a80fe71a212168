/* SPDX-License-Identifier: MIT */
/* service/cache/lead.c: runs the function of a flight's leader, on its caller's task or on one of
 * its own. It holds no lock.
 *
 * All callers of a run count its endpoints as had (time/attempts.h), so that none of them asks
 * those again; and a task of its own knows which are barred for the caller that started it. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "driver/clock.h"
#include "records/unfinished.h"
#include "runtime/scope/ctx.h"
#include "service/cache/flight.h"
#include "service/cache/note.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>

/* ---- On the caller's task -------------------------------------------------------------------- */

bool edoi_flight_was_cut(int result) {
    return result == -ECANCELED ||
           edoi_ctx_cut(edoi_ctx_here(), edoi_fiber_here(), edo_now().ns) != EDO_CANCEL_NONE;
}

/* Does the job of a run that this task leads, and gives the result to the waiters. */
static int lead(edoi_flight_run *run, void **value, const edoi_flight_job *job) {
    void *made = NULL;
    edoi_attempts series;
    edoi_attempts_begin(&series);
    series.load = run;
    int result = job->work(&made, job, run);
    edoi_attempts_read_had(&series, &run->had);
    edoi_attempts_end(&series);
    if (result >= 0) {
        edoi_flight_end(run, result, made);
        *value = made;
    } else if (edoi_flight_was_cut(result)) {
        edoi_flight_pass_on(run);
    } else {
        edoi_flight_end(run, result, NULL);
    }
    return result;
}

/* ---- On a task of its own -------------------------------------------------------------------- */

typedef struct apart {
    edoi_flight_run *run;
    edo_flight *flight;  /* a reference */
    edoi_flight_job job; /* with references to `owner` and `arg` */
    edoi_had barred;
} apart;

static void apart_free(apart *d) {
    const edo_flight_opts *o = &d->flight->opts;
    if (o->arg_unref && d->job.arg) o->arg_unref(d->job.arg);
    edo_rc_unref(d->job.owner);
    edo_flight_unref(d->flight);
    edoi_free(d);
}

/* The limit is inside of what lead() sees, so that a run that takes too long has failed, and one
 * whose runtime ends is passed on: a caller may be in another runtime. */
static int apart_work(void **value, const edoi_flight_job *by, edoi_flight_run *run) {
    const apart *d = by->arg;
    edo_duration limit = d->flight->opts.run_timeout;
    if (limit.ns == EDO_FOREVER_NS) return d->job.work(value, &d->job, run);
    edo_deadline deadline;
    edo_deadline_begin(&deadline, limit);
    return edo_deadline_end(&deadline, d->job.work(value, &d->job, run));
}

static int apart_main(void *arg) {
    apart *d = arg;
    void *value = NULL;
    const edoi_flight_job limited = { .work = apart_work, .arg = d };
    edoi_attempts callers;
    edoi_attempts_begin(&callers);
    edoi_attempts_bar_all(&callers, &d->barred);
    if (lead(d->run, &value, &limited) >= 0) edo_rc_unref(value);
    edoi_attempts_end(&callers);
    apart_free(d);
    return 0;
}

/* What edoi_flight_start_fn gets. */
typedef struct apart_by {
    edo_flight *flight;
    const edoi_flight_job *job;
    edoi_had barred; /* for the caller */
} apart_by;

/* Called before the future is polled, since what polls it may have another context. */
static void apart_by_init(apart_by *by, edo_flight *flight, const edoi_flight_job *job) {
    by->flight = flight;
    by->job = job;
    edoi_attempts_read(edoi_attempts_here(), &by->barred);
}

/* The innermost series here, if it is in a run. */
static const edoi_attempts *series_in_run(void) {
    const edoi_attempts *here = edoi_attempts_here(), *at = here;
    while (at && !at->load) at = at->outer;
    return at ? here : NULL;
}

static int apart_start(void *arg, edoi_flight_run *run) {
    static const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "leads a run of a flight" };
    const apart_by *by = arg;
    const edo_flight_opts *o = &by->flight->opts;
    apart *d = edoi_alloc(sizeof *d);
    if (!d) return -ENOMEM;
    *d = (apart){
        .run = run, .flight = edo_flight_ref(by->flight), .job = *by->job, .barred = by->barred
    };
    d->job.is_apart = true;
    if (d->job.owner) (void)edo_rc_ref(d->job.owner);
    if (o->arg_ref && d->job.arg) d->job.arg = o->arg_ref(d->job.arg);
    int err = edo_spawn_detached_with(apart_main, d, &opts);
    if (err < 0) apart_free(d);
    return err;
}

int edoi_flight_do_apart(edo_flight *self, edo_str key, const edoi_flight_job *job) {
    apart_by by;
    apart_by_init(&by, self, job);
    return edoi_flight_begin(self, key, apart_start, &by);
}

/* ---- A call ---------------------------------------------------------------------------------- */

/* Takes what the run of another caller has come to. */
static int shared_result(const edoi_flight_ask_future *f, void **value) {
    edoi_attempts_note_all(edoi_attempts_here(), &f->had);
    if (f->result >= 0) *value = f->value;
    if (f->result >= 0) return f->result;
    return edo_fail(f->result, "flight %s: in a run that callers share", f->flight->opts.name);
}

int edoi_flight_do(edo_flight *self, void **value, edo_str key, const edoi_flight_job *job) {
    apart_by by;
    edoi_flight_ask_future f;
    apart_by_init(&by, self, job);
    edo_future *ask =
        edoi_flight_ask_init(&f, self, key, self->opts.detached ? apart_start : NULL, &by);
    f.inside = series_in_run();
    int err = edo_await(ask);
    if (err < 0) return edoi_flight_refuse(self, err);
    edoi_cache_note(self->opts.name, err == EDOI_FLIGHT_LEADS ? "miss" : "waited");
    return err == EDOI_FLIGHT_LEADS ? lead(f.run, value, job) : shared_result(&f, value);
}

static int plain_work(void **value, const edoi_flight_job *job, edoi_flight_run *run) {
    (void)run;
    return job->fn(value, job->arg);
}

int edo_flight_run(edo_flight *self, void **value, edo_str key, edo_flight_fn *fn, void *arg) {
    const edoi_flight_job job = { .work = plain_work, .fn = fn, .arg = arg };
    return edoi_flight_do(self, value, key, &job);
}
