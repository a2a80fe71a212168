/* SPDX-License-Identifier: MIT */
/* Goal: a poll that does not return cannot hold up the end of a multi-thread runtime: it is
 * bounded, every task that is left is named, and the bound is waited for once. A join of such a
 * task ends: at once if no thread has the task, else when the thread that was left has ended.
 * Method: a task that blocks its thread until it is let go, in a child process, since the tasks
 * left behind stay mapped. */
#include "aborts.h"
#include "inside.h"

#include <edo/notify.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static edo_notify never = EDO_NOTIFY_INIT;
static int gate[2]; /* a pipe; reading it holds the thread */

static int hold_the_thread(void *arg) {
    char c;
    *(bool *)arg = read(gate[0], &c, 1) == 1;
    return 0;
}

/* A neighbour that would end if it saw its cancellation. */
static int wait_beside(void *arg) {
    (void)arg;
    return edo_notify_wait(&never);
}

static int spawn_both(void *arg) {
    edo_task *t = edo_spawn(wait_beside, NULL); // lies in the slab of the stuck worker
    edo_task_detach(t);
    return hold_the_thread(arg);
}

static int64_t real_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static uint32_t workers;

static void leave_behind(void) {
    edo_runtime *rt;
    int said[2];
    static bool let_go;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = workers,
                                    .shutdown = edo_s(60) };
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(gate) != 0 || pipe(said) != 0) _exit(1);
    if (dup2(said[1], STDERR_FILENO) < 0) _exit(2);
    edo_task *t = edo_spawn_on(rt, spawn_both, &let_go);
    (void)edo_sleep(edo_ms(50)); // most likely it holds its thread now
    int64_t before = real_ms();
    int left_n = edo_runtime_shutdown(rt, edo_ms(10));
    if (left_n < 1 || left_n > 2) _exit(3);
    int64_t between = real_ms();
    if (between - before > 30000) _exit(4);
    if (edo_runtime_shutdown(rt, edo_s(60)) < 1) _exit(5);
    edo_runtime_free(rt); // its bound is a minute
    if (real_ms() - between > 20000) _exit(6);
    if (edo_task_is_finished(t)) _exit(7);
    if (write(gate[1], "x", 1) != 1) _exit(8);
    if (edo_task_wait(t) != 0 || !let_go) _exit(9); // it ends by itself after all
    edo_task_unref(t);
    char text[4000];
    ssize_t n = read(said[0], text, sizeof text - 1);
    if (n < 0) _exit(10);
    text[n] = 0;
    if (!strstr(text, "task spawn_both at ")) _exit(11);
    if (left_n == 2 && !strstr(text, "task wait_beside at ")) _exit(12);
    if (strstr(strstr(text, "did not return") + 1, "did not return")) _exit(13); // only once
    _exit(0);
}

static void a_poll_that_does_not_return_is_left_behind_by_name(void **state) {
    (void)state;
    for (workers = 1; workers <= 3; workers++) assert_false(aborts(leave_behind));
}

/* ---- Joining them ---------------------------------------------------------------------------- */

typedef struct holding {
    edo_task *queued;
    edo_atomic_u32 begun;
} holding;

static int spawn_and_hold(void *arg) {
    holding *h = arg;
    bool let_go = false;
    h->queued = edo_spawn(wait_beside, NULL); // on the only worker
    EDOI_ATOMIC_STORE(&h->begun.edoi_value, 1, EDOI_RELEASE);
    (void)hold_the_thread(&let_go);
    return let_go ? 7 : 8;
}

static int nap(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

#define WAITERS    20
#define DEFERRED_N 8 /* that the thread may have polled just before, and still has */

/* With siblings: whether a task is abandoned, or is cancelled, depends on where it is. */
static void join_them_on_several(void) {
    edo_runtime *rt;
    static holding h;
    edo_task *waits[WAITERS];
    const edo_runtime_opts opts = { .workers = 3, .shutdown = edo_ms(10) };
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(gate) != 0) _exit(1);
    for (int i = 0; i < WAITERS; i++) waits[i] = edo_spawn_on(rt, wait_beside, NULL);
    if (edo_run(rt, nap, NULL) != 0) _exit(2);
    edo_task *holds = edo_spawn_on(rt, spawn_and_hold, &h);
    while (!EDOI_ATOMIC_LOAD(&h.begun.edoi_value, EDOI_ACQUIRE)) (void)edo_sleep(edo_ms(1));
    edo_runtime_free(rt);
    (void)alarm(60);
    int finished_n = 0;
    for (int i = 0; i < WAITERS; i++) finished_n += edo_task_is_finished(waits[i]);
    if (finished_n < WAITERS - DEFERRED_N || edo_task_is_finished(holds)) _exit(3);
    if (write(gate[1], "x", 1) != 1) _exit(4);
    for (int i = 0; i < WAITERS; i++)
        if (edo_task_join(waits[i]) != -ECANCELED) _exit(5);
    if (edo_task_join(holds) != 7) _exit(6);
    if (edo_task_join(h.queued) != -ECANCELED) _exit(7);
    _exit(0);
}

static void join_them(void) {
    edo_runtime *rt;
    static holding h;
    const edo_runtime_opts opts = { .workers = 1, .shutdown = edo_ms(10) };
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(gate) != 0) _exit(1);
    edo_task *waits = edo_spawn_on(rt, wait_beside, NULL);
    if (edo_run(rt, nap, NULL) != 0) _exit(2); // the worker has slept: the task waits
    edo_task *holds = edo_spawn_on(rt, spawn_and_hold, &h);
    while (!EDOI_ATOMIC_LOAD(&h.begun.edoi_value, EDOI_ACQUIRE)) (void)edo_sleep(edo_ms(1));
    if (edo_runtime_shutdown(rt, edo_ms(10)) != 3) _exit(3);
    (void)alarm(60);
    if (edo_task_wait(waits) != -ECANCELED) _exit(4);
    if (edo_task_get_outcome(waits) != EDO_OUTCOME_ABANDONED) _exit(5);
    if (edo_task_join(waits) != -ECANCELED) _exit(6);
    if (edo_runtime_shutdown(rt, edo_ms(10)) != 2) _exit(7); // it is counted once
    edo_runtime_free(rt);
    if (edo_task_is_finished(holds)) _exit(8);
    if (write(gate[1], "x", 1) != 1) _exit(9);
    if (edo_task_join(holds) != 7) _exit(10);
    if (edo_task_join(h.queued) != -ECANCELED) _exit(11);
    _exit(0);
}

static void joins_of_tasks_left_behind_return_canceled(void **state) {
    (void)state;
    assert_false(aborts(join_them));
    assert_false(aborts(join_them_on_several));
}

/* ---- Beside workers that have ended ---------------------------------------------------------- */

typedef struct elsewhere {
    pthread_t not_here;
    edo_atomic_u32 yields, begun;
} elsewhere;

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void set(edo_atomic_u32 *a) {
    EDOI_ATOMIC_STORE(&a->edoi_value, 1, EDOI_RELEASE);
}

static int yield_for_ever(void *arg) {
    elsewhere *e = arg;
    edo_shield sh = edo_shield_begin((edo_duration)EDO_OFF);
    e->not_here = pthread_self();
    for (;; (void)edo_yield()) set(&e->yields);
    edo_shield_end(&sh);
    return 0;
}

static int hold_another_thread(void *arg) {
    elsewhere *e = arg;
    bool let_go;
    if (pthread_equal(pthread_self(), e->not_here)) return 1;
    set(&e->begun);
    return hold_the_thread(&let_go);
}

static void join_one_that_can_run(void) {
    edo_runtime *rt;
    static elsewhere e;
    const edo_runtime_opts opts = { .workers = 2, .shutdown = edo_ms(10) };
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(gate) != 0) _exit(1);
    (void)alarm(60);
    edo_task *runs = edo_spawn_on(rt, yield_for_ever, &e);
    while (!load(&e.yields)) sched_yield();
    for (edo_task *holds = NULL; !load(&e.begun); edo_task_unref(holds)) {
        holds = edo_spawn_on(rt, hold_another_thread, &e);
        while (!load(&e.begun) && !edo_task_is_finished(holds)) sched_yield();
    }
    edo_runtime_free(rt);
    if (edo_task_join(runs) != -ECANCELED) _exit(2);
    _exit(0);
}

static int hold_for_ever(void *arg) {
    set(arg);
    for (;;) (void)pause();
    return 0;
}

/* Two threads are held; one comes back. */
static void join_beside_one_that_is_still_held(void) {
    edo_runtime *rt;
    static edo_atomic_u32 begun;
    static holding h;
    const edo_runtime_opts opts = { .workers = 2, .shutdown = edo_ms(10) };
    if (edo_runtime_new(&rt, &opts) != 0 || pipe(gate) != 0) _exit(1);
    (void)alarm(60);
    edo_task_detach(edo_spawn_on(rt, hold_for_ever, &begun));
    while (!load(&begun)) sched_yield();
    edo_task *holds = edo_spawn_on(rt, spawn_and_hold, &h);
    while (!load(&h.begun)) sched_yield();
    edo_runtime_free(rt);
    if (edo_task_is_finished(h.queued)) _exit(2);
    if (write(gate[1], "x", 1) != 1) _exit(3);
    if (edo_task_join(holds) != 7) _exit(4);
    if (edo_task_join(h.queued) != -ECANCELED) _exit(5);
    _exit(0);
}

static void tasks_of_workers_that_have_ended_are_abandoned(void **state) {
    (void)state;
    assert_false(aborts(join_one_that_can_run));
    assert_false(aborts(join_beside_one_that_is_still_held));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_that_does_not_return_is_left_behind_by_name),
        cmocka_unit_test(joins_of_tasks_left_behind_return_canceled),
        cmocka_unit_test(tasks_of_workers_that_have_ended_are_abandoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
