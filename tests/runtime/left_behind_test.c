/* SPDX-License-Identifier: MIT */
/* Goal: a poll or a blocking job that does not return cannot hold up the end of a runtime: it is
 * bounded, what is left is named, once, and the bound is waited for once. A join of a task that was
 * left ends when the thread that was left has ended.
 * Method: tasks that block their thread until they are let go, and jobs that wait for ever, in a
 * child process, since what is left behind stays mapped. */
#include "aborts.h"
#include "inside.h"
#include "leftovers.h"

#include <edo/blocking.h>
#include <edo/notify.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static int times(const char *text, const char *part) {
    int n = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) n++;
    return n;
}

static int64_t real_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- Polls ----------------------------------------------------------------------------------- */

#define WAITERS 20

static edo_notify never = EDO_NOTIFY_INIT;

/* On one worker at least, whose queue has `queued` when it is held. */
typedef struct holding {
    int gate[2]; /* a pipe; reading it holds the thread */
    edo_task *queued;
    edo_atomic_u32 begun;
} holding;

/* A neighbour that would end if it saw its cancellation. */
static int wait_beside(void *arg) {
    (void)arg;
    return edo_notify_wait(&never);
}

static int hold_the_thread(void *arg) {
    holding *h = arg;
    char c;
    h->queued = edo_spawn(wait_beside, NULL);
    EDOI_ATOMIC_STORE(&h->begun.edoi_value, 1, EDOI_RELEASE);
    return read(h->gate[0], &c, 1) == 1 ? 7 : 8;
}

static int nap(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

static uint32_t workers;

/* Leaves a held thread and the tasks beside it; returns how many. */
static int leave_behind(edo_runtime *rt, edo_task *holds, const holding *h) {
    while (!EDOI_ATOMIC_LOAD(&h->begun.edoi_value, EDOI_ACQUIRE)) (void)edo_sleep(edo_ms(1));
    int64_t before = real_ms();
    int left_n = edo_runtime_shutdown(rt, edo_ms(10));
    int64_t between = real_ms();
    if (between - before > 30000) _exit(1);
    if (edo_runtime_shutdown(rt, edo_s(60)) < 1) _exit(2);
    edo_runtime_free(rt); // its bound is a minute
    if (real_ms() - between > 20000) _exit(3);
    if (edo_task_is_finished(holds)) _exit(4);
    return left_n;
}

/* The tasks that wait and are queued meanwhile end when the thread comes back. */
static void leave_and_join(void) {
    edo_runtime *rt;
    int said[2];
    static holding h;
    edo_task *waits[WAITERS];
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = workers,
                                    .shutdown = edo_s(60) };
    (void)alarm(120);
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(h.gate) != 0 || pipe(said) != 0) _exit(5);
    if (dup2(said[1], STDERR_FILENO) < 0) _exit(6);
    for (int i = 0; i < WAITERS; i++) waits[i] = edo_spawn_on(rt, wait_beside, NULL);
    if (edo_run(rt, nap, NULL) != 0) _exit(7);
    edo_task *holds = edo_spawn_on(rt, hold_the_thread, &h);
    int left_n = leave_behind(rt, holds, &h);
    // whether a task ends by its cancellation depends on where it is; on one worker none does
    if (left_n < 1 || left_n > WAITERS + 2 || (workers == 1 && left_n < WAITERS + 2)) _exit(8);
    if (write(h.gate[1], "x", 1) != 1) _exit(9);
    for (int i = 0; i < WAITERS; i++)
        if (edo_task_join(waits[i]) != -ECANCELED) _exit(10);
    if (edo_task_join(h.queued) != -ECANCELED) _exit(11);
    if (edo_task_join(holds) != 7) _exit(12); // it ends by itself after all
    char text[8000];
    ssize_t n = read(said[0], text, sizeof text - 1);
    if (n < 0) _exit(13);
    text[n] = 0;
    if (!strstr(text, "task hold_the_thread at ")) _exit(14);
    if (times(text, "task wait_beside at ") < left_n - 1) _exit(15);
    if (times(text, "did not return") != 1) _exit(16);
    _exit(0);
}

static void a_poll_that_does_not_return_is_left_by_name_and_joined_when_it_has(void **state) {
    (void)state;
    for (workers = 1; workers <= 3; workers++) assert_false(aborts(leave_and_join));
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

#define MANY 20

static pthread_barrier_t begun;
static edo_blocking_future jobs[MANY];

static int hang_for_ever(void *arg) {
    (void)arg;
    (void)pthread_barrier_wait(&begun);
    for (;;) (void)pause();
    return 0;
}

/* Returns when `*arg` jobs hang: no runtime owns them any more. */
static int leave_jobs(void *arg) {
    int n = *(int *)arg;
    CHECK_EQ(pthread_barrier_init(&begun, NULL, (unsigned)n + 1), 0);
    for (int i = 0; i < n; i++)
        (void)edo_poll_once(edo_blocking_init(&jobs[i], hang_for_ever, NULL, NULL));
    (void)pthread_barrier_wait(&begun);
    for (int i = 0; i < n; i++) edo_drop(&jobs[i].base);
    return 0;
}

/* The shutdown of edo_main() is followed by that of edo_runtime_free(). */
static int run_with_jobs(void *n) {
    return edo_main_with(leave_jobs, n, &(edo_runtime_opts){ .shutdown = edo_ms(1) });
}

static void jobs_that_do_not_end_are_named_once_or_counted(void **state) {
    (void)state;
    static const struct {
        int jobs, named;
        const char *more;
    } rows[] = { { 1, 1, "" }, { MANY, 16, "did not end at shutdown: 4 more blocking jobs\n" } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[8192];
        int n = rows[i].jobs, status = last_words(run_with_jobs, &n, said, sizeof said);
        int named = times(said, "edo: blocking job hang_for_ever of runtime edo did not end at "
                                "shutdown\n");
        bool all = times(said, "did not end") == rows[i].named + (rows[i].more[0] != '\0');
        if (status != 0 || named != rows[i].named || !all || !strstr(said, rows[i].more))
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

static edo_atomic_u32 may_end;

/* Ends by itself too, so that a caller that waits for the whole of it gets another result. */
static int linger(void *arg) {
    (void)arg;
    for (int i = 0; i < 10000 && !EDOI_ATOMIC_LOAD(&may_end.edoi_value, EDOI_ACQUIRE); i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return 0;
}

static void job_that_was_given_up_is_not_waited_for_again(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 4, "the runtime whose job did not end stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    static edo_runtime *rt; // stays behind; the leak checker is to find it
    edo_runtime_opts opts = { .shutdown = edo_s(30) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_blocking_start(linger, NULL), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 1); // it runs still
    EDOI_ATOMIC_STORE(&may_end.edoi_value, 1, EDOI_RELEASE);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_that_does_not_return_is_left_by_name_and_joined_when_it_has),
        cmocka_unit_test(jobs_that_do_not_end_are_named_once_or_counted),
        cmocka_unit_test(job_that_was_given_up_is_not_waited_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
