/* SPDX-License-Identifier: MIT */
/* Goal: a pool that got no thread is started again by the next call, with the size wanted then; so
 * is a pool whose thread was left behind in a job, which may then end at any time; and destructors
 * of its threads' thread-specific data may compute.
 * Method: stacks larger than the address space, so that no thread can be made; a job that waits at
 * a gate beyond its runtime's end; threads are counted. */
#include "compute/pool.h"

#include "log/out/output.h"

#include <edo/compute.h>
#include <edo/edo.h>

#include "last_words.h"
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_S 30
#define TOO_LARGE  ((size_t)1 << (sizeof(size_t) * 8 - 4))

static int nothing(void *arg) {
    (void)arg;
    return 7;
}

static void a_pool_without_threads_is_started_anew_by_the_next_call(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 4, "the pool's threads end with the next runtime");
    pthread_attr_t usual, large;
    assert_int_equal(pthread_getattr_default_np(&usual), 0);
    assert_int_equal(pthread_getattr_default_np(&large), 0);
    assert_int_equal(pthread_attr_setstacksize(&large, TOO_LARGE), 0);
    assert_int_equal(pthread_setattr_default_np(&large), 0);
    (void)setenv("EDO_COMPUTE_THREADS", "1", 1);
    int refused = edo_compute(nothing, NULL);
    assert_int_equal(pthread_setattr_default_np(&usual), 0);
    (void)setenv("EDO_COMPUTE_THREADS", "4", 1);
    assert_int_equal(refused, -EAGAIN);
    assert_int_equal(edo_compute(nothing, NULL), 7);
    assert_int_equal(edoi_compute_start(), 4);
    (void)pthread_attr_destroy(&usual);
    (void)pthread_attr_destroy(&large);
}

/* ---- A thread that is left behind ------------------------------------------------------------ */

static edo_atomic_u32 gate, standing; /* the gate, and the jobs that wait at it */

static void nap(void) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int stand_at_gate(void *arg) {
    (void)arg;
    (void)edoi_add_rlx_u32(&standing, 1);
    while (!edoi_load_acq_u32(&gate)) nap();
    return edo_compute_threads() > 0 ? edo_compute(nothing, NULL) : -1; // still a thread of a pool
}

/* Starts a job and does not wait for it. */
static int begin_job(void *arg) {
    edo_compute_future f;
    edo_future *job = edo_compute_init(&f, stand_at_gate, arg, NULL);
    if (edo_poll_once(job) != EDO_PENDING) return 1;
    while (edoi_load_rlx_u32(&standing) == 0) nap();
    edo_drop(job);
    return 0;
}

static int compute_nothing(void *arg) {
    return edo_compute(nothing, arg);
}

static int in_a_runtime(edo_task_fn *fn) {
    edo_runtime *rt;
    edo_runtime_opts opts = { .workers = 1, .shutdown = edo_ms(1) };
    if (edo_runtime_new(&rt, &opts) < 0) return -1;
    int result = edo_run(rt, fn, NULL);
    edo_runtime_free(rt);
    return result;
}

static uint32_t threads_of_this_process(void) {
    DIR *dir = opendir("/proc/self/task");
    uint32_t n = 0;
    if (!dir) return 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) n += e->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

/* The kernel's count of threads may lag behind a thread's end. */
static void wait_for_threads(uint32_t n) {
    while (threads_of_this_process() != n) nap();
}

static int leave_one_and_go_on(void *arg) {
    (void)arg;
    uint32_t before = threads_of_this_process(); // none of them is about to end
    (void)alarm(PATIENCE_S);
    (void)setenv("EDO_COMPUTE_THREADS", "3", 1);
    if (in_a_runtime(compute_nothing) != 7) return 1;
    wait_for_threads(before);
    if (in_a_runtime(begin_job) != 0) return 2;
    if (in_a_runtime(compute_nothing) != 7) return 3; // it does not wait behind the blocked job
    wait_for_threads(before + 1);
    if (edoi_compute_start() != 3) return 4;
    edoi_store_rel_u32(&gate, 1);
    if (in_a_runtime(compute_nothing) != 7) return 5;
    wait_for_threads(before);
    return 0;
}

static void the_next_use_of_a_pool_that_left_a_thread_has_all(void **state) {
    (void)state;
    char said[2000];
    int status = last_words(leave_one_and_go_on, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(said, "edo: 1 thread of edo_compute() did not end at shutdown\n");
}

static void *free_in_thread(void *rt) {
    edo_runtime_free(rt);
    return NULL;
}

/* A runtime whose job waits at the gate, so that the pool has no free thread. */
static edo_runtime *occupy_the_pool(void) {
    edo_runtime *rt;
    edo_runtime_opts opts = { .workers = 1, .shutdown = edo_ms(1) };
    (void)alarm(PATIENCE_S);
    (void)setenv("EDO_COMPUTE_THREADS", "1", 1);
    if (edo_runtime_new(&rt, &opts) < 0) return NULL;
    return edo_run(rt, begin_job, NULL) == 0 ? rt : NULL;
}

static int wait_behind_one_that_is_left(void *arg) {
    (void)arg;
    edo_compute_future f;
    edo_runtime *rt = occupy_the_pool();
    if (!rt) return 1;
    edo_future *job = edo_compute_init(&f, nothing, NULL, NULL);
    if (edo_poll_once(job) != EDO_PENDING) return 2;
    edo_runtime_free(rt);
    return edo_await(job) == 7 ? 0 : 3;
}

static void a_job_behind_one_that_is_left_is_run(void **state) {
    (void)state;
    char said[2000];
    int status = last_words(wait_behind_one_that_is_left, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define ROOM 4096

/* Standard error is a pipe that is full; returns its other end, or an error. */
static int fill_standard_error(void) {
    static const char full[ROOM];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, ROOM) != ROOM) return -1;
    if (write(ends[1], full, ROOM) != ROOM || dup2(ends[1], STDERR_FILENO) < 0) return -1;
    return ends[0];
}

static int compute_beside_the_line(void *arg) {
    (void)arg;
    char got[ROOM];
    pthread_t freeing;
    edo_runtime *rt = occupy_the_pool();
    int reader = fill_standard_error();
    edoi_log_output *out = edoi_log_output_of(STDERR_FILENO);
    if (!rt || reader < 0 || !out) return 1;
    out->writer.wait_ms = PATIENCE_S * 1000;
    if (pthread_create(&freeing, NULL, free_in_thread, rt) != 0) return 2;
    while (!edoi_load_rlx_u32(&out->writer.is_stuck)) nap();
    if (edo_compute(nothing, NULL) != 7) return 3;
    if (read(reader, got, sizeof got) != ROOM) return 4;
    edoi_store_rel_u32(&gate, 1);
    (void)pthread_join(freeing, NULL);
    return edo_compute(nothing, NULL) == 7 ? 0 : 5;
}

static void a_line_that_is_not_read_stops_no_submitter(void **state) {
    (void)state;
    char said[2000];
    int status = last_words(compute_beside_the_line, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- Last steps ------------------------------------------------------------------------------ */

static pthread_key_t key;
static edo_atomic_u32 computed;

static int twice(void *arg) {
    *(int *)arg *= 2;
    return 0;
}

static void compute_at_the_end(void *arg) {
    (void)arg;
    int left = 3, right = 4;
    if (edo_compute_join(twice, &left, twice, &right) == 0 && left == 6 && right == 8)
        edoi_store_rel_u32(&computed, 1);
}

static int keep_something(void *arg) {
    static char it;
    (void)arg;
    return pthread_setspecific(key, &it);
}

static int compute_and_keep(void *arg) {
    return edo_compute(keep_something, arg);
}

static void a_destructor_of_its_threads_may_compute(void **state) {
    (void)state;
    assert_int_equal(pthread_key_create(&key, compute_at_the_end), 0);
    assert_int_equal(in_a_runtime(compute_and_keep), 0);
    assert_int_equal(edoi_load_acq_u32(&computed), 1);
    assert_int_equal(in_a_runtime(compute_nothing), 7); // ends the threads that it started
    assert_int_equal(pthread_key_delete(key), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_use_of_a_pool_that_left_a_thread_has_all),
        cmocka_unit_test(a_job_behind_one_that_is_left_is_run),
        cmocka_unit_test(a_line_that_is_not_read_stops_no_submitter),
        cmocka_unit_test(a_destructor_of_its_threads_may_compute),
        cmocka_unit_test(a_pool_without_threads_is_started_anew_by_the_next_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
