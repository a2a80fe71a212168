/* SPDX-License-Identifier: MIT */
/* Goal: a program of which all tasks wait, and which nothing can wake, is known as one; and none in
 * which a timer, a descriptor, a job or a thread is left.
 * Method: a task that waits for a notification, beside each of these; asked by a plain thread, as
 * the watchdog asks. */
#include "runtime/watch/all_wait.h"

#include "base/atomic.h"

#include <edo/edo.h>
#include <edo/pipe.h>
#include <edo/stats.h>

#include "inside.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#ifdef EDOI_TSAN
#    define HAS_THREAD_OF_SANITIZER true
#else
#    define HAS_THREAD_OF_SANITIZER false
#endif

static edo_notify go;
static edo_runtime *rt;
static edo_atomic_u32 is_open, ends;
static int thread_reads;

static int waits(void *arg) {
    (void)arg;
    return edo_notify_wait(&go);
}

static void end_task(edo_task *t) {
    edo_task_cancel(t);
    assert_int_equal(edo_task_join(t), -ECANCELED);
}

/* ---- What can wake a task -------------------------------------------------------------------- */

static int sleeps(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(1));
}

static uint64_t tasks_alive(void) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(rt, &s);
    return s.tasks_alive;
}

static uint32_t timers(void) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(rt, &s);
    return s.timers;
}

static void beside_a_timer(void) {
    edo_task *t = edo_spawn_on(rt, sleeps, NULL);
    assert_non_null(t);
    WAIT_FOR(timers() == 1);
    assert_int_equal(edoi_all_wait(), 0);
    end_task(t);
}

static int reads(void *arg) {
    edo_stream *reader, *writer;
    char byte;
    (void)arg;
    CHECK_EQ(edo_pipe(&reader, &writer, NULL), 0);
    edoi_store_rlx_u32(&is_open, 1);
    int err = (int)edo_read(reader, &byte, 1);
    edo_close(reader);
    edo_close(writer);
    edoi_store_rlx_u32(&is_open, 0);
    return err;
}

static void beside_a_descriptor(void) {
    edo_task *t = edo_spawn_on(rt, reads, NULL);
    assert_non_null(t);
    WAIT_FOR(edoi_load_rlx_u32(&is_open) == 1);
    assert_int_equal(edoi_all_wait(), 0);
    end_task(t);
}

static int blocks(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&is_open, 1);
    while (edoi_load_rlx_u32(&ends) == 0) (void)usleep(1000);
    return 0;
}

static int has_a_job(void *arg) {
    return edo_blocking(blocks, arg);
}

static void beside_a_job(void) {
    edo_task *t = edo_spawn_on(rt, has_a_job, NULL);
    assert_non_null(t);
    WAIT_FOR(edoi_load_rlx_u32(&is_open) == 1);
    assert_int_equal(edoi_all_wait(), 0);
    edoi_store_rlx_u32(&ends, 1);
    assert_int_equal(edo_task_join(t), 0);
}

static void *reads_in_a_thread(void *arg) {
    char byte;
    (void)read(*(int *)arg, &byte, 1);
    return NULL;
}

static void beside_a_thread(void) {
    int pipe_ends[2];
    pthread_t thread;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, reads_in_a_thread, &pipe_ends[0]), 0);
    assert_int_equal(edoi_all_wait(), 0);
    (void)close(pipe_ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(pipe_ends[0]);
}

/* As a library may make one, on a worker: it has that one's name. */
static int makes_a_thread(void *arg) {
    pthread_t *thread = arg;
    return -pthread_create(thread, NULL, reads_in_a_thread, &thread_reads);
}

static void beside_a_thread_of_a_worker(void) {
    int pipe_ends[2];
    pthread_t thread;
    assert_int_equal(pipe(pipe_ends), 0);
    thread_reads = pipe_ends[0];
    assert_int_equal(edo_task_join(edo_spawn_on(rt, makes_a_thread, &thread)), 0);
    WAIT_FOR(tasks_alive() == 1);
    assert_int_equal(edoi_all_wait(), 0);
    (void)close(pipe_ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(pipe_ends[0]);
}

static void on_signal(int signo) {
    (void)signo;
}

static void beside_a_handler(void) {
    const struct sigaction mine = { .sa_handler = on_signal };
    struct sigaction before;
    assert_int_equal(sigaction(SIGUSR2, &mine, &before), 0);
    assert_int_equal(edoi_all_wait(), 0);
    assert_int_equal(sigaction(SIGUSR2, &before, NULL), 0);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void what_nothing_can_wake_is_known(void **state) {
    static void (*const all[])(
        void) = { beside_a_timer,  beside_a_descriptor,         beside_a_job,
                  beside_a_thread, beside_a_thread_of_a_worker, beside_a_handler };
    (void)state;
    if (HAS_THREAD_OF_SANITIZER) {
        print_message(
            "skipped: the thread sanitizer has a thread of its own, which is not edo's\n");
        skip();
    }
    go = (edo_notify)EDO_NOTIFY_INIT;
    assert_int_equal(
        edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 2, .watchdog = edo_s(1) }), 0);
    edo_task *t = edo_spawn_on(rt, waits, NULL);
    assert_non_null(t);
    WAIT_FOR(edoi_all_wait() == 1);
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edoi_store_rlx_u32(&is_open, 0);
        edoi_store_rlx_u32(&ends, 0);
        all[i]();
        WAIT_FOR(edoi_all_wait() == 1);
    }
    edo_notify_one(&go);
    assert_int_equal(edo_task_join(t), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nothing_can_wake_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
