/* SPDX-License-Identifier: MIT */
/* Goal: the last reference is given back in a task or a job without waiting, and the runtime is
 * then named; when edo_runtime_free() returns its threads have ended, with the destructors of their
 * thread-specific data; and a wake keeps a runtime's memory.
 * Method: children whose standard error is read; threads with slow destructors; runtimes that end
 * while other threads wake and give references back. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "inside.h"
#include "last_words.h"
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void add(edo_atomic_u32 *a, uint32_t n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, n, EDOI_ACQ_REL);
}

static void nap(int ms) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

static const edo_runtime_opts two_workers = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };

/* ---- unref does not wait in a task ----------------------------------------------------------- */

static int wait_for_ever(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(1));
}

static int unref_in_task(void *arg) {
    edo_runtime_unref(arg);
    return 0;
}

static int unref_in_job(void *arg) {
    return edo_blocking(unref_in_task, arg);
}

static edo_runtime *with_waiting_task(void) {
    edo_runtime *rt;
    edo_runtime_opts opts = two_workers;
    opts.name = "stays";
    CHECK_EQ(edo_runtime_new(&rt, &opts), 0);
    edo_task_detach(edo_spawn_on(rt, wait_for_ever, NULL));
    return rt;
}

static int unref_in_task_of_another(void *arg) {
    edo_runtime *other;
    (void)arg;
    CHECK_EQ(edo_runtime_new(&other, NULL), 0);
    CHECK_EQ(edo_run(other, unref_in_task, with_waiting_task()), 0);
    edo_runtime_free(other);
    return 0;
}

static int unref_in_job_of_its_own(void *arg) {
    (void)arg;
    edo_runtime *rt = with_waiting_task();
    return edo_task_join(edo_spawn_on(rt, unref_in_job, rt));
}

static void the_last_unref_in_a_task_or_job_leaves_the_runtime_by_name(void **state) {
    (void)state;
    int (*const rows[])(void *arg) = { unref_in_task_of_another, unref_in_job_of_its_own };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[2000];
        assert_int_equal(last_words(rows[i], NULL, said, sizeof said), 0);
        assert_non_null(strstr(said, "edo: the last reference of runtime stays is given back in a "
                                     "task, job or thread"));
    }
}

/* ---- Threads have ended ---------------------------------------------------------------------- */

static pthread_key_t slow_key;
static edo_atomic_u32 dying, destroyed;
static int slow_ms;

static void slow_destructor(void *arg) {
    (void)arg;
    add(&dying, 1);
    for (int i = 0; i < slow_ms; i++) nap(1);
    add(&destroyed, 1);
}

static int keep_something(void *arg) {
    static char it;
    (void)arg;
    return pthread_setspecific(slow_key, &it) == 0 ? 0 : -ENOMEM;
}

static int keep_everywhere(void *arg) {
    int err = keep_something(arg);
    if (err == 0) err = edo_blocking(keep_something, NULL);
    return err == 0 ? edo_compute(keep_something, NULL) : err;
}

static uint32_t threads_of_this_process(void) {
    DIR *dir = opendir("/proc/self/task");
    uint32_t n = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) n += e->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

/* The kernel lists a thread for a moment after it has been joined. */
static void await_threads(uint32_t most) {
    WAIT_FOR(threads_of_this_process() <= most);
}

/* Also those of jobs that have left before, since they had no work. */
static void threads_have_ended_when_free_returns(void **state) {
    (void)state;
    slow_ms = 30;
    uint32_t before = threads_of_this_process();
    const edo_duration keep_alive[] = { edo_s(10), edo_s(10), edo_ns(1) };
    for (size_t i = 0; i < EDO_COUNT(keep_alive); i++) { // the pool that all share comes back
        edo_runtime *rt;
        edo_runtime_opts opts = two_workers;
        opts.blocking_keep_alive = keep_alive[i];
        destroyed = (edo_atomic_u32){ 0 };
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, keep_everywhere, NULL), 0);
        edo_runtime_free(rt);
        assert_int_equal(load(&destroyed), 3);
        await_threads(before);
    }
}

static edo_atomic_u32 has_computed;

static int compute_and_stay(void *arg) {
    int err = edo_compute(keep_something, arg);
    edo_shield sh;
    edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    add(&has_computed, 1);
    (void)edo_sleep(edo_hours(1)); // abandoned here
    return edo_shield_end(&sh, err);
}

static void threads_have_ended_also_if_a_task_was_abandoned(void **state) {
    (void)state;
    may_leave(LEFT_FIBERS, 1, "the abandoned task");
    may_leave(LEFT_DESCRIPTORS, 4, "the runtime of an abandoned task stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    static edo_runtime *rt; // stays behind; the leak checker is to find it
    slow_ms = 30;
    destroyed = (edo_atomic_u32){ 0 };
    uint32_t before = threads_of_this_process();
    edo_runtime_opts opts = { .workers = 2, .shutdown = edo_ms(1) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    edo_task_detach(edo_spawn_on(rt, compute_and_stay, NULL));
    WAIT_FOR(load(&has_computed));
    edo_runtime_free(rt);
    assert_int_equal(load(&destroyed), 1);
    await_threads(before);
    threads_have_ended_when_free_returns(NULL); // it counts for nothing later
}

/* ---- Whoever ends them ----------------------------------------------------------------------- */

static int keep_in_job(void *arg) {
    return edo_blocking(keep_something, arg);
}

/* A runtime with two handles, and one slow thread. */
static edo_runtime *with_slow_thread(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    slow_ms = 30;
    dying = destroyed = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, keep_in_job, NULL), 0);
    return edo_runtime_ref(rt);
}

static void *free_it(void *arg) {
    edo_runtime_free(arg);
    return NULL;
}

static void *shut_it_down(void *arg) {
    CHECK_EQ(edo_runtime_shutdown(arg, edo_s(5)), 0);
    edo_runtime_unref(arg);
    return NULL;
}

/* It is freed while another thread is in the middle of its end. */
static void threads_have_ended_if_another_ends_it_too_on(const edo_runtime_opts *kind) {
    void *(*const others[])(void *arg) = { free_it, shut_it_down };
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        pthread_t thread;
        edo_runtime *rt = with_slow_thread(kind);
        assert_int_equal(pthread_create(&thread, NULL, others[i], rt), 0);
        WAIT_FOR(load(&dying));
        edo_runtime_free(rt);
        assert_int_equal(load(&destroyed), 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}
ON_EACH_KIND(threads_have_ended_if_another_ends_it_too)

/* ---- All at once ----------------------------------------------------------------------------- */

#define WAKERS 3
#define ROUNDS 100

typedef struct storm {
    edo_notify notify;
    edo_runtime *rt;
} storm;

static int wait_for_notify(void *arg) {
    storm *s = arg;
    return edo_notify_wait(&s->notify);
}

static void *notify_and_unref(void *arg) {
    storm *s = arg;
    for (int i = 0; i < 4; i++) edo_notify_one(&s->notify);
    edo_runtime_unref(s->rt);
    for (int i = 0; i < 4; i++) edo_notify_all(&s->notify);
    return NULL;
}

static void runtimes_end_while_others_wake(void **state) {
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        storm here = { .rt = NULL }, *s = &here;
        pthread_t threads[WAKERS];
        assert_int_equal(edo_runtime_new(&s->rt, &two_workers), 0);
        assert_int_equal(edo_runtime_enter(s->rt), 0);
        for (int i = 0; i < 8; i++) assert_int_equal(edo_spawn_detached(wait_for_notify, s), 0);
        edo_runtime_leave(s->rt);
        for (int i = 0; i < WAKERS; i++) {
            (void)edo_runtime_ref(s->rt);
            assert_int_equal(pthread_create(&threads[i], NULL, notify_and_unref, s), 0);
        }
        if (round % 2) {
            edo_runtime_free(s->rt);
        } else {
            edo_runtime_unref(s->rt);
        }
        for (int i = 0; i < WAKERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

int main(void) {
    if (pthread_key_create(&slow_key, slow_destructor) != 0) return 1;
    pthread_t first; // the thread sanitizer's own comes with it, and would be counted
    if (pthread_create(&first, NULL, free_it, NULL) != 0) return 1;
    (void)pthread_join(first, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_unref_in_a_task_or_job_leaves_the_runtime_by_name), // it forks
        cmocka_unit_test(threads_have_ended_when_free_returns),
        cmocka_unit_test(threads_have_ended_also_if_a_task_was_abandoned),
        cmocka_unit_test(threads_have_ended_if_another_ends_it_too),
        cmocka_unit_test(runtimes_end_while_others_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
