/* SPDX-License-Identifier: MIT */
/* Goal: a supervisor that is stopped, in any order with the end of a child, its pause and its next
 * start: no child runs once the supervisor has returned, none begins thereafter, none is forgotten
 * while the supervisor goes on, and each failure counts once.
 * Method: the supervisor is one task without words of its own that other threads see, so what is
 * explored is its seam: its wait for children and a pause, which a cancellation from another thread
 * cuts short. Workers by hand; the clock is moved past the pause by hand. */
#define STACKS      3
#define STACK_BYTES ((size_t)32 * 1024)

#include "base/error/trail.h"
#include "service/series.h"
#include "stacks.h"

#include <edo/notify.h>
#include <edo/supervise.h>

#include <errno.h>
#include <string.h>

#define PAUSE_NS 1000000

static edo_notify fail[2] = { EDO_NOTIFY_INIT, EDO_NOTIFY_INIT };
static edo_atomic_u32 begun_n, ended_n, failed_n, returned;
static edo_task *owner;
static int children_n, restarts_max, result;
static char trail[EDO_TRAIL_TEXT_MAX];

/* Nothing is counted. */
void edo_counter_add(edo_counter *c, uint64_t n) {
    (void)c;
    (void)n;
}

int edoi_series_counter(edo_counter **out, edo_metrics *m, const edoi_series_of *of) {
    (void)out;
    (void)m;
    (void)of;
    return -ENOSYS;
}

static int child(void *arg) {
    MODEL_CHECK(!edoi_load_rlx_u32(&returned));
    (void)edoi_add_rlx_u32(&begun_n, 1);
    int err = edo_notify_wait(arg);
    if (err == 0) (void)edoi_add_rlx_u32(&failed_n, 1);
    (void)edoi_add_rlx_u32(&ended_n, 1);
    MODEL_CHECK(!edoi_load_rlx_u32(&returned));
    return err == 0 ? -EIO : err;
}

static int own(void *arg) {
    (void)arg;
    const edo_supervised children[] = { { .name = "a", .run = child, .arg = &fail[0] },
                                        { .name = "b", .run = child, .arg = &fail[1] } };
    const edo_supervise_opts opts = {
        .name = "s",
        .restarts_max = restarts_max,
        .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = { PAUSE_NS } },
    };
    result = edo_supervise(children, (size_t)children_n, &opts);
    edoi_store_rlx_u32(&returned, 1);
    (void)edoi_trail_print_open(trail, sizeof trail, result);
    return result;
}

/* The children wait for their notice, and the supervisor for them. */
static void begin(int children, int max) {
    children_n = children;
    restarts_max = max;
    edoi_model_set_clock(0);
    hands_begin_with_stacks(1);
    (void)hands_become(0);
    owner = edo_spawn_at(own, NULL, "owner");
    MODEL_CHECK(owner);
    edoi_worker_set_here(NULL);
    hands_run(0);
    MODEL_CHECK(edoi_load_rlx_u32(&begun_n) == (uint32_t)children);
}

/* Runs what is due at the first worker, too. */
static void run_at(long ns) {
    edoi_model_set_clock(ns);
    if (edo_task_is_finished(owner)) return; // the turn would sleep for ever
    edoi_worker *w = hands_become(0);
    (void)edoi_scheduler_turn(w);
    edoi_worker_set_here(NULL);
    hands_run(0);
}

/* All threads are through. Nothing comes after the return, though the pause is over as well. */
static void end(int wanted) {
    edoi_model_wait();
    for (uint32_t i = 0; i < 3; i++) hands_run(0);
    MODEL_CHECK(edo_task_is_finished(owner) && result == wanted);
    MODEL_CHECK(edoi_load_rlx_u32(&begun_n) == edoi_load_rlx_u32(&ended_n));
    edoi_model_set_clock(0);
}

static void stop(void *arg) {
    (void)arg;
    edo_task_cancel(owner);
}

static void let_fail(void *notify) {
    edo_notify_one(notify);
}

/* The supervisor waits, stops the child, or begins its pause. */
static void stopped_as_the_child_fails(void) {
    begin(1, 0);
    edoi_model_start(let_fail, &fail[0]);
    edoi_model_start(stop, NULL);
    hands_run(0);
    end(-ECANCELED);
    MODEL_CHECK(edoi_load_rlx_u32(&begun_n) == 1);
    edoi_model_outcome(edoi_load_rlx_u32(&failed_n));
}

/* It pauses, and is stopped from elsewhere as the pause ends: the child begins again, or not. */
static void stopped_as_the_pause_ends(void) {
    begin(1, 0);
    let_fail(&fail[0]);
    hands_run(0);
    edoi_model_start(stop, NULL);
    hands_run(0); // before the end of the pause
    run_at(2 * PAUSE_NS);
    end(-ECANCELED);
    edoi_model_outcome(edoi_load_rlx_u32(&begun_n) - 1);
}

/* Each is started again, in any order of their ends and the supervisor's wait. */
static void two_fail(void) {
    begin(2, 0);
    edoi_model_start(let_fail, &fail[0]);
    edoi_model_start(let_fail, &fail[1]);
    hands_run(0);
    edoi_model_wait();
    hands_run(0);
    run_at(2 * PAUSE_NS);
    MODEL_CHECK(edoi_load_rlx_u32(&begun_n) == 4 && edoi_load_rlx_u32(&failed_n) == 2);
    stop(NULL);
    end(-ECANCELED);
}

/* The second failure is one too many, whosever it is: it ends all and tells of the first. */
static void two_fail_and_one_may(void) {
    begin(2, 1);
    edoi_model_start(let_fail, &fail[0]);
    edoi_model_start(let_fail, &fail[1]);
    hands_run(0);
    end(-EIO);
    MODEL_CHECK(edoi_load_rlx_u32(&begun_n) == 2 && edoi_load_rlx_u32(&failed_n) == 2);
    MODEL_CHECK(strstr(trail, "more than 1 restarts") && strstr(trail, "a, start 1"));
    MODEL_CHECK(strstr(trail, "b, start 1"));
}

#define OUTCOMES(f, bits)                                                                          \
    { .name = #f, .fn = f, .outcomes = (bits) }

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        OUTCOMES(stopped_as_the_child_fails, 3),
        OUTCOMES(stopped_as_the_pause_ends, 3),
        MODEL(two_fail),
        MODEL(two_fail_and_one_may),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
