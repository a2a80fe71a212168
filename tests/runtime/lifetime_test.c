/* SPDX-License-Identifier: MIT */
/* Goal: a wake keeps a runtime's memory and never has to end it; edo_runtime_unref() never
 * waits, wherever it is called; and when edo_runtime_free() returns its threads have ended, with
 * the destructors of their thread-specific data.
 * Method: runtimes whose last handle goes while a wake is under way, in a task of another
 * runtime and in a job of their own; threads with slow destructors; many of them while other
 * threads wake. */
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

static int64_t now_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- A waker that is under way --------------------------------------------------------------- */

/* Keeps its task's waker, and waits for one wake. */
typedef struct kept {
    edo_atomic_ptr waker;
    edo_atomic_u32 woken, ended;
} kept;

static edo_polled wait_for_wake(void *arg, edo_cx *cx, int *result) {
    kept *self = arg;
    *result = 0;
    if (load(&self->woken)) return EDO_READY;
    (void)edo_cx_waker(cx);
    if (!EDOI_ATOMIC_LOAD(&self->waker.edoi_value, EDOI_RELAXED))
        EDOI_ATOMIC_STORE(&self->waker.edoi_value, (void *)edo_waker_ref(edo_cx_waker(cx)),
                          EDOI_RELEASE);
    return EDO_PENDING;
}

static edo_waker *kept_waker(kept *self) {
    void *w;
    while (!(w = EDOI_ATOMIC_LOAD(&self->waker.edoi_value, EDOI_ACQUIRE))) nap(1);
    return w;
}

static void spawn_kept(edo_runtime *rt, kept *self) {
    edo_poll_fn_future f;
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_spawn_future_detached(edo_poll_fn_init(&f, wait_for_wake, self)), 0);
    edo_runtime_leave(rt);
    (void)kept_waker(self);
}

static const edo_runtime_opts two_workers = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };

/* The claim of the task is all that keeps the runtime between the two halves of the wake. */
static void a_wake_may_be_delivered_after_the_last_handle_is_gone(void **state) {
    (void)state;
    static kept all[50]; // each outlives its runtime, whose end no thread waits for
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        kept *k = &all[i];
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &two_workers), 0);
        spawn_kept(rt, k);
        edo_waker *w = kept_waker(k);
        add(&k->woken, 1);
        edo_waker *marked = edo_waker_mark(w);
        edo_runtime_unref(rt); // the end begins; it waits for the task, which is claimed
        edo_waker_deliver(marked);
        edo_waker_unref(w);
    }
}

/* ---- unref never waits ----------------------------------------------------------------------- */

static edo_atomic_u32 releases; /* the shielded tasks wait for it */

static int linger(void *arg) {
    (void)arg;
    edo_duration off = EDO_OFF;
    edo_shield sh = edo_shield_begin(off);
    while (!load(&releases)) (void)edo_sleep(edo_ms(1));
    edo_shield_end(&sh);
    add(&releases, 1);
    return 0;
}

static int unref_in_task(void *arg) {
    edo_runtime_unref(arg);
    return 0;
}

static int unref_in_job(void *arg) {
    return edo_blocking(unref_in_task, arg);
}

static edo_runtime *with_lingering_task(void) {
    edo_runtime *rt;
    releases = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&rt, &two_workers), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_spawn_detached(linger, NULL), 0);
    edo_runtime_leave(rt);
    return rt;
}

static void release_the_task(void) {
    assert_int_equal(load(&releases), 0); // no call has waited for it
    add(&releases, 1);
    while (load(&releases) != 2) nap(1); // it ends, in the background
}

static void the_last_unref_does_not_wait_on_a_plain_thread(void **state) {
    (void)state;
    edo_runtime_unref(with_lingering_task());
    release_the_task();
}

static void the_last_unref_does_not_wait_in_a_task_of_another_runtime(void **state) {
    (void)state;
    edo_runtime *other;
    assert_int_equal(edo_runtime_new(&other, NULL), 0);
    assert_int_equal(edo_run(other, unref_in_task, with_lingering_task()), 0);
    release_the_task();
    edo_runtime_free(other);
}

static void the_last_unref_does_not_wait_in_a_job_of_the_runtime(void **state) {
    (void)state;
    edo_runtime *rt = with_lingering_task();
    edo_task *t = edo_spawn_on(rt, unref_in_job, rt);
    assert_int_equal(edo_task_join(t), 0);
    release_the_task();
}

/* A future that records on which thread it ends. */
static pthread_t ended_on;
static edo_atomic_u32 ends_n;

static void note_thread(edo_future *f) {
    if (edo_future_is_over(f)) return;
    ended_on = pthread_self();
    edo_future_retire(f);
    add(&ends_n, 1);
}

static edo_polled wait_on(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void the_last_unref_runs_no_tasks_of_a_current_thread_runtime(void **state) {
    (void)state;
    static const edo_future_ops ops = {
        .poll = wait_on, .drop = note_thread, .name = "waits", .size = sizeof(edo_future)
    };
    edo_runtime *rt;
    edo_future f;
    ends_n = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    edo_task_detach(edo_spawn_future_on(rt, edo_future_init(&f, &ops)));
    assert_int_equal(edo_run(rt, unref_in_task, NULL), 0); // it waits now
    edo_runtime_unref(rt);
    while (load(&ends_n) == 0) nap(1);
    assert_false(pthread_equal(ended_on, pthread_self()));
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

static void threads_have_ended_when_free_returns(void **state) {
    (void)state;
    slow_ms = 30;
    uint32_t before = threads_of_this_process();
    for (int i = 0; i < 3; i++) { // the pool that all share comes back
        edo_runtime *rt;
        destroyed = (edo_atomic_u32){ 0 };
        assert_int_equal(edo_runtime_new(&rt, &two_workers), 0);
        assert_int_equal(edo_run(rt, keep_everywhere, NULL), 0);
        edo_runtime_free(rt);
        assert_int_equal(load(&destroyed), 3);
        assert_int_equal(threads_of_this_process(), before);
    }
}

static edo_atomic_u32 has_computed;

static int compute_and_stay(void *arg) {
    int err = edo_compute(keep_something, arg);
    edo_shield sh = edo_shield_begin((edo_duration)EDO_OFF);
    add(&has_computed, 1);
    (void)edo_sleep(edo_hours(1)); // abandoned here
    edo_shield_end(&sh);
    return err;
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
    while (load(&has_computed) == 0) nap(1);
    edo_runtime_free(rt);
    assert_int_equal(load(&destroyed), 1);
    assert_int_equal(threads_of_this_process(), before);
    threads_have_ended_when_free_returns(NULL); // it counts for nothing later
}

static void idle_jobs_threads_are_joined_too(void **state) {
    (void)state;
    slow_ms = 1;
    edo_runtime *rt;
    edo_runtime_opts opts = two_workers;
    opts.blocking_keep_alive = edo_ns(1); // each ends at once
    destroyed = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(edo_blocking(keep_something, NULL), 0);
        nap(2);
    }
    edo_runtime_leave(rt);
    edo_blocking_stats stats;
    edo_blocking_get_stats(rt, &stats);
    edo_runtime_free(rt);
    assert_true(load(&destroyed) >= 1);
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

/* Frees the runtime while `other` is in the middle of its end. */
static void free_beside(void *(*other)(void *), const edo_runtime_opts *kind) {
    pthread_t thread;
    edo_runtime *rt = with_slow_thread(kind);
    assert_int_equal(pthread_create(&thread, NULL, other, rt), 0);
    while (load(&dying) == 0) nap(1);
    edo_runtime_free(rt);
    assert_int_equal(load(&destroyed), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void threads_have_ended_if_two_free_at_once_on(const edo_runtime_opts *kind) {
    free_beside(free_it, kind);
}
ON_EACH_KIND(threads_have_ended_if_two_free_at_once)

static void threads_have_ended_if_one_frees_and_one_shuts_down_on(const edo_runtime_opts *kind) {
    free_beside(shut_it_down, kind);
}
ON_EACH_KIND(threads_have_ended_if_one_frees_and_one_shuts_down)

/* ---- A thread that hangs --------------------------------------------------------------------- */

static int free_with_a_thread_that_hangs(void *arg) {
    (void)arg;
    slow_ms = 100000;
    edo_runtime *rt;
    edo_runtime_opts opts = two_workers;
    opts.shutdown = edo_ms(100);
    opts.name = "stays";
    if (edo_runtime_new(&rt, &opts) < 0) return 1;
    if (edo_run(rt, keep_something, NULL) < 0) return 2;
    int64_t before = now_ms();
    edo_runtime_free(rt);
    return now_ms() - before < 10000 ? 0 : 3;
}

#define HANG_N 8

static edo_atomic_u32 begun;

/* Keeps a task on each of HANG_N workers, or nearly: a task may be queued behind another. */
static int keep_on_worker(void *arg) {
    int err = keep_something(arg);
    add(&begun, 1);
    for (int i = 0; i < 300 && load(&begun) < HANG_N; i++) nap(1);
    return err;
}

static int free_with_threads_that_hang(void *arg) {
    (void)arg;
    slow_ms = 100000;
    edo_runtime *rt;
    edo_task *tasks[HANG_N];
    edo_runtime_opts opts = { .workers = HANG_N, .shutdown = edo_ms(100), .name = "stays" };
    if (edo_runtime_new(&rt, &opts) < 0) return 1;
    for (int i = 0; i < HANG_N; i++) tasks[i] = edo_spawn_on(rt, keep_on_worker, NULL);
    for (int i = 0; i < HANG_N; i++)
        if (edo_task_join(tasks[i]) != 0) return 2;
    int64_t before = now_ms();
    edo_runtime_free(rt);
    return now_ms() - before < HANG_N * 1000 - 2000 ? 0 : 3;
}

static void many_threads_are_given_one_second_together(void **state) {
    (void)state;
    char said[4000];
    int status = last_words(free_with_threads_that_hang, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_thread_that_does_not_end_is_named_and_left(void **state) {
    (void)state;
    char said[2000];
    int status = last_words(free_with_a_thread_that_hangs, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(said, "a thread of stays does not end"));
}

static pthread_t idle_thread;
static edo_atomic_u32 stands;

static void stand_still(int signo) {
    (void)signo;
    add(&stands, 1);
    for (;;) nap(100);
}

static int tell_thread(void *arg) {
    (void)arg;
    idle_thread = pthread_self();
    return 0;
}

static int tell_job_thread(void *arg) {
    return edo_blocking(tell_thread, arg);
}

static int free_with_an_idle_thread_that_hangs(void *arg) {
    (void)arg;
    edo_runtime *rt;
    edo_runtime_opts opts = two_workers;
    opts.shutdown = edo_ms(100);
    opts.name = "stays";
    if (edo_runtime_new(&rt, &opts) < 0) return 1;
    if (edo_run(rt, tell_job_thread, NULL) < 0) return 2;
    edo_blocking_stats stats = { .idle = 0 };
    for (; stats.idle == 0; nap(1)) edo_blocking_get_stats(rt, &stats); // else its job counts
    struct sigaction action = { .sa_handler = stand_still };
    if (sigaction(SIGUSR1, &action, NULL) < 0) return 4;
    if (pthread_kill(idle_thread, SIGUSR1) != 0) return 5;
    while (load(&stands) == 0) nap(1);
    (void)alarm(20);
    edo_runtime_free(rt);
    return 0;
}

static void idle_thread_that_hangs_is_not_waited_for(void **state) {
    (void)state;
    char said[2000];
    int status = last_words(free_with_an_idle_thread_that_hangs, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(said, "1 thread of stays-blk without a job does not end"));
}

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
    static storm storms[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        storm *s = &storms[round]; // outlives its runtime, whose end no thread waits for
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
        cmocka_unit_test(a_thread_that_does_not_end_is_named_and_left),
        cmocka_unit_test(many_threads_are_given_one_second_together),
        cmocka_unit_test(idle_thread_that_hangs_is_not_waited_for),
        // before those whose runtimes end in the background: it counts threads
        cmocka_unit_test(threads_have_ended_when_free_returns),
        cmocka_unit_test(threads_have_ended_also_if_a_task_was_abandoned),
        cmocka_unit_test(a_wake_may_be_delivered_after_the_last_handle_is_gone),
        cmocka_unit_test(the_last_unref_does_not_wait_on_a_plain_thread),
        cmocka_unit_test(the_last_unref_does_not_wait_in_a_task_of_another_runtime),
        cmocka_unit_test(the_last_unref_does_not_wait_in_a_job_of_the_runtime),
        cmocka_unit_test(the_last_unref_runs_no_tasks_of_a_current_thread_runtime),
        cmocka_unit_test(idle_jobs_threads_are_joined_too),
        cmocka_unit_test(threads_have_ended_if_two_free_at_once),
        cmocka_unit_test(threads_have_ended_if_one_frees_and_one_shuts_down),
        cmocka_unit_test(runtimes_end_while_others_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
