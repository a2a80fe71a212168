/* SPDX-License-Identifier: MIT */
/* Goal: a job ends while its future is polled, polled with another waker, or dropped: the future
 * learns of the end, what the job wrote is seen, no waker of a future that is gone is woken, and
 * the last of job and future frees the job.
 * Method: the real job; the second thread is the pool. */
#include "bell.h"

#include "runtime/blocking/job.h"

static edoi_job *submitted;
static int written;

static int work(void *arg) {
    (void)arg;
    written = 1;
    return 7;
}

static bool is_taken(edoi_job *j) {
    (void)j;
    return false;
}

static void run_submitted(void *arg) {
    (void)arg;
    edoi_job_run(submitted);
}

static void submit(edoi_job *j) {
    j->withdraw = is_taken;
    submitted = j;
    edoi_model_start(run_submitted, NULL);
}

static edo_polled job_poll(edo_future *f, edo_cx *cx) {
    return edoi_job_poll((edo_blocking_future *)(void *)f, cx, NULL, submit);
}

static edo_future *init(edo_blocking_future *f) {
    static const edo_future_ops ops = {
        .poll = job_poll, .drop = edoi_job_drop, .name = "job", .size = sizeof *f
    };
    edoi_job_init(f, work, NULL, NULL);
    return edo_future_init(&f->base, &ops);
}

static void end_against_drop(void) {
    edo_blocking_future f;
    if (bell_poll_and_drop(init(&f), false)) MODEL_CHECK(f.base.result == 7 && written == 1);
    edoi_model_wait();
}

static void end_against_replace(void) {
    edo_blocking_future f;
    if (bell_poll_and_drop(init(&f), true)) MODEL_CHECK(f.base.result == 7 && written == 1);
    edoi_model_wait();
}

/* A waiting future is woken. */
static void end_wakes(void) {
    edo_blocking_future f;
    bell *b = bell_new();
    bool ready = bell_poll(init(&f), b);
    edoi_model_wait();
    MODEL_CHECK(ready || b->rung == 1);
    MODEL_CHECK(ready || bell_poll(&f.base, b));
    MODEL_CHECK(f.base.result == 7 && written == 1);
    free(b);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(end_against_drop),
        MODEL(end_against_replace),
        MODEL(end_wakes),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
