/* SPDX-License-Identifier: MIT */
/* Goal: a destructor of thread-specific data that hangs holds up its own thread of the blocking
 * pool and no other: the process has no more threads than it may, the pool serves on, and its
 * numbers and standard error show the thread. Method: idle threads end after a moment; the threads
 * of the process are counted between jobs, in a child whose standard error is read. */
#include <edo/edo.h>

#include "inside.h"

#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "last_words.h"

#define MOST     4
#define JOBS     60
#define AT_LEAST 1300 /* ms that the second part takes: longer than a thread has for its end */

static pthread_key_t key;
static sem_t gate; /* a destructor waits for it */
static edo_atomic_u32 is_set;

static void wait_at_gate(void *arg) {
    (void)arg;
    while (sem_wait(&gate) != 0) {
    }
}

/* The first job leaves a destructor to its thread. */
static int job(void *arg) {
    if (EDOI_ATOMIC_EXCHANGE(&is_set.edoi_value, 1, EDOI_ACQ_REL) == 0)
        CHECK_EQ(pthread_setspecific(key, &key), 0);
    return arg ? 1 : 0;
}

static int threads_of_process(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    CHECK(d);
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static edo_blocking_stats now(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s;
}

/* At most one thread that has not quite ended is beyond the bound; but the kernel shows one that
 * was joined for a moment more. */
static void one_job(int before, int most) {
    CHECK_EQ(edo_blocking(job, NULL), 0);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // most threads become idle for too long meanwhile
    for (int i = 0; threads_of_process() > before + most + 1; i++) {
        CHECK(i < 5000);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK(now().threads >= 1); // the one that hangs
}

/* `most`: of the pool. */
static int jobs_beside_a_hang(void *most) {
    int before = threads_of_process();
    for (int i = 0; i < JOBS; i++) one_job(before, *(int *)most);
    edo_instant start = edo_now();
    while (ms_since(start) < AT_LEAST) one_job(before, *(int *)most);
    CHECK_EQ(sem_post(&gate), 0);
    while (now().threads > 0) CHECK_EQ(edo_sleep(edo_ms(1)), 0); // its place is free again
    return 0;
}

static void *end_at_once(void *arg) {
    return arg;
}

static int hang_in(void *most) {
    pthread_t first; // with it a sanitizer makes a thread of its own, which is counted then
    CHECK_EQ(pthread_create(&first, NULL, end_at_once, NULL), 0);
    CHECK_EQ(pthread_join(first, NULL), 0);
    CHECK_EQ(sem_init(&gate, 0, 0), 0);
    CHECK_EQ(pthread_key_create(&key, wait_at_gate), 0);
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                    .blocking_keep_alive = EDO_MS(1),
                                    .blocking_max = (uint32_t) * (int *)most,
                                    .watchdog = EDO_OFF };
    edo_runtime *rt;
    CHECK_EQ(edo_runtime_new(&rt, &opts), 0);
    CHECK_EQ(edo_run(rt, jobs_beside_a_hang, most), 0);
    CHECK_EQ(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
    return 0;
}

static void holds_up_no_other_in_a_pool_of(int most) {
    char said[4096];
    int status = last_words(hang_in, &most, said, sizeof said);
    if (status != 0) fail_msg("status %x, said: %s", (unsigned)status, said);
    const char *named = strstr(said, "edo: a thread of edo-blk does not end: ");
    assert_non_null(named);
    assert_null(strstr(named + 1, "edo: ")); // once
}

static void a_hang_holds_up_no_other_thread(void **state) {
    (void)state;
    holds_up_no_other_in_a_pool_of(MOST);
}

static void a_pool_of_one_thread_serves_on_beside_a_hang(void **state) {
    (void)state;
    holds_up_no_other_in_a_pool_of(1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hang_holds_up_no_other_thread),
        cmocka_unit_test(a_pool_of_one_thread_serves_on_beside_a_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
