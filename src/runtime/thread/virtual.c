/* SPDX-License-Identifier: MIT */
/* runtime/thread/virtual.c: stops the clock of a current-thread runtime, in tests. */
#include "driver/clock.h"
#include "driver/clock_steps.h"
#include "driver/wheel.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

/* The wheel's next tick: when the clock is stopped there, a sleep of whole milliseconds is due
 * after exactly these milliseconds, without the usual rounding up to a tick. */
static int64_t next_tick(const edoi_worker *w) {
    int64_t now_ns = edoi_clock_now(&w->clock);
    int64_t into_ns = (now_ns - w->wheel->start_ns) % EDOI_WHEEL_TICK_NS;
    return into_ns > 0 ? edoi_time_after(now_ns, EDOI_WHEEL_TICK_NS - into_ns) : now_ns;
}

static void clock_paused(void *arg, edo_task *t) {
    (void)arg;
    edoi_fiber_clock_paused(t);
}

/* The worker whose clock this thread may change until release_clock(). Returns 0, or 1 if this
 * thread now drives the runtime for it. Errors: -EDO_ENORUNTIME, -EDO_EFORKED, -ENOTSUP; -EBUSY:
 * another thread drives the runtime, which was only entered here, or the runtime is bound to it. */
static int take_clock(edoi_worker **out) {
    edoi_worker *w = edoi_worker_here();
    edo_runtime *rt = w ? w->runtime : edoi_thread_here()->entered;
    // with several workers each has a clock, and siblings fire its timers by their own
    int err = edoi_drive_check_single(rt);
    if (err < 0) return err;
    bool ours = w || edoi_drive_is_aside(rt);
    if (!ours && !edoi_drive_begin(rt, edoi_thread_parker(edoi_thread_here()), NULL)) return -EBUSY;
    *out = rt->worker;
    return ours ? 0 : 1;
}

/* `taken` is the result of take_clock(). */
static void release_clock(edoi_worker *w, int taken) {
    if (taken > 0) edoi_drive_end(w->runtime);
}

int edo_time_pause(void) {
    edoi_worker *w;
    int taken = take_clock(&w);
    if (taken < 0) return taken;
    bool was_paused = w->clock.paused;
    if (!was_paused) {
        edoi_clock_pause(&w->clock, next_tick(w));
        edoi_runtime_each_task(w->runtime, clock_paused, NULL);
    }
    release_clock(w, taken);
    return was_paused ? -EALREADY : 0;
}

int edo_time_resume(void) {
    edoi_worker *w;
    int taken = take_clock(&w);
    if (taken < 0) return taken;
    bool was_paused = w->clock.paused;
    if (was_paused) edoi_clock_resume(&w->clock);
    release_clock(w, taken);
    if (was_paused) edoi_clock_steps_tell(w->runtime); // the wall clock may have been set
    return was_paused ? 0 : -EALREADY;
}

int edo_time_advance(edo_duration d) {
    edoi_worker *w;
    int taken = take_clock(&w);
    if (taken < 0) return taken;
    bool may = w->clock.paused && d.ns >= 0;
    if (may) {
        w->clock.paused_ns = edoi_time_after(w->clock.paused_ns, d.ns);
        (void)edoi_wheel_advance(w->wheel, w->clock.paused_ns);
    }
    release_clock(w, taken);
    return may ? edo_yield() : -EINVAL;
}

int edo_time_set_wall(edo_wall at) {
    edoi_worker *w;
    int taken = take_clock(&w);
    if (taken < 0) return taken;
    bool may = w->clock.paused && at.ns >= 0 && at.ns < 1000000000;
    if (may) edoi_clock_set_wall(&w->clock, at);
    release_clock(w, taken);
    if (!may) return -EINVAL;
    edoi_clock_steps_tell(w->runtime);
    return edo_yield();
}
