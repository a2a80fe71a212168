/* SPDX-License-Identifier: MIT */
/* runtime/thread/foreign_loop.c: a current-thread runtime that a foreign loop turns.
 *
 * A turn drives the runtime, as edo_block_on() does, but for one round. Between turns the worker
 * rests: it counts as asleep, so a thread that adds work kicks its driver, whose descriptor then
 * becomes readable for the loop. edoi_scheduler_rest() and the waking thread see each other as in
 * any sleep (idle.h): so no wake is lost between the end of a turn and the loop's wait.
 *
 * inv. 1: from the first turn on `drive.is_hosted` stays set, and while no thread drives, the
 *         worker rests and, until the runtime closes, it is bound to the loop's thread.
 * inv. 2: a thread other than the loop's drives only to shut the runtime down, which is closing
 *         from that moment on: so the loop's thread is not taken for a stranger. */
#include "driver/clock.h"
#include "driver/driver.h"
#include "records/handles.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"

#include <errno.h>
#include <limits.h>

/* Begins to drive; at the first time the runtime becomes hosted. Ended by edoi_drive_end(). */
static int foreign_loop_begin(edo_runtime *rt) {
    int err = edoi_runtime_enters(rt);
    if (err < 0) return err;
    if (rt->opts.flavor != EDO_RUNTIME_CURRENT) return -EINVAL;
    edoi_thread *t = edoi_thread_here();
    if (EDO_MISUSE(edoi_worker_here() || t->in_place_of || t->ctx.polling,
                   "a foreign loop's turn of a runtime inside a task or a poll"))
        return -EDO_EMISUSE;
    if (!edoi_drive_begin(rt, edoi_thread_parker(t), NULL)) {
        if (edoi_runtime_is_closing(rt)) return -EDO_ECLOSED;
        (void)EDO_MISUSE(true,
                         "a foreign loop's turn of a runtime on a thread that is not its loop's");
        return -EDO_EMISUSE;
    }
    EDO_INV("foreign_loop inv. 2", edoi_worker_here() == rt->worker);
    (void)edoi_driver_lend_fd(rt->worker->driver);
    edoi_drive_host(rt);
    return 0;
}

int edo_runtime_fd(edo_runtime *rt) {
    int err = foreign_loop_begin(rt);
    if (err < 0) return err;
    int fd = edoi_driver_lend_fd(rt->worker->driver);
    edoi_drive_end(rt);
    return fd;
}

int edo_runtime_turn(edo_runtime *rt, edo_duration timeout) {
    int err = foreign_loop_begin(rt);
    if (err < 0) return err;
    edoi_worker *w = rt->worker;
    EDO_INV("foreign_loop inv. 1", rt->drive.is_hosted);
    (void)edoi_parker_take(w->parker); // it was for an earlier await of this thread
    w->pause.waits_most_ns = timeout.ns;
    edoi_scheduler_turn(w);
    w->pause.waits_most_ns = -1;
    edoi_run_queue_take(w); // it may have come during the wait
    edoi_scheduler_run(w);
    edoi_run_queue_settle(w);
    int more = edoi_run_queue_has_work(w);
    edoi_drive_end(rt);
    return more;
}

edo_instant edo_runtime_next_deadline(edo_runtime *rt) {
    edo_instant never = { INT64_MAX };
    if (edoi_runtime_enters(rt) < 0 || rt->opts.flavor != EDO_RUNTIME_CURRENT) return never;
    int64_t left_ns = -1;
    bool mine = edoi_drive_wait_ns(rt, &left_ns);
    if (!mine && edoi_runtime_is_closing(rt)) return never;
    if (EDO_MISUSE(!mine, "a runtime's next deadline on a thread that is not its loop's"))
        return (edo_instant){ 0 };
    if (left_ns < 0) return never;
    return edo_instant_add((edo_instant){ edoi_clock_monotonic() }, edo_ns(left_ns));
}

int edo_runtime_timeout_ms(edo_runtime *rt) {
    edo_instant due = edo_runtime_next_deadline(rt);
    if (due.ns == INT64_MAX) return -1;
    int64_t left_ns = due.ns - edoi_clock_monotonic();
    if (left_ns <= 0) return 0;
    int64_t ms = left_ns / 1000000 + (left_ns % 1000000 > 0); // a loop that wakes too early spins
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
