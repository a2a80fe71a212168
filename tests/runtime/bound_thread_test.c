/* SPDX-License-Identifier: MIT */
/* Goal: a thread that drove a runtime and ended does not keep it from others, and reports no fibers
 * that were abandoned; abandoned children do not keep a scope open. Method: real threads, joined in
 * between. */
#include "kinds.h"
#include "last_words.h"
#include "leftovers.h"
#include "patience.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

static edo_mpsc_tx *tx;
static edo_mpsc_rx *rx;

static int wait_for_word(void *arg) {
    (void)arg;
    int word = 0;
    int err = edo_mpsc_recv(rx, &word);
    return err < 0 ? err : word;
}

static int seven(void *arg) {
    (void)arg;
    return 7;
}

typedef struct shared {
    edo_runtime *rt;
    edo_task *waiter;
} shared;

/* Drives the runtime until the fiber has run and waits, then ends. */
static void *drive_and_end(void *arg) {
    shared *s = arg;
    assert_int_equal(edo_runtime_enter(s->rt), 0);
    s->waiter = edo_spawn(wait_for_word, NULL);
    assert_non_null(s->waiter);
    assert_int_equal(edo_task_join(edo_spawn(seven, NULL)), 7);
    edo_runtime_leave(s->rt);
    return NULL;
}

static void runtime_outlives_the_thread_that_drove_it(void **state) {
    (void)state;
    shared s = { 0 };
    pthread_t thread;
    int word = 42;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof word, 1, NULL), 0);
    assert_int_equal(edo_runtime_new(&s.rt, &one_thread), 0);
    assert_int_equal(pthread_create(&thread, NULL, drive_and_end, &s), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(edo_mpsc_try_send(tx, &word), 0);
    assert_int_equal(edo_run(s.rt, seven, NULL), 7);
    edo_task_join_future f;
    assert_int_equal(edo_block_on(s.rt, edo_task_join_init(&f, s.waiter)), 42);
    edo_runtime_free(s.rt);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static edo_atomic_u32 stubborn_n; /* that have begun */

static int stubborn(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    edo_pending_future never;
    (void)__atomic_fetch_add(&stubborn_n.edoi_value, 1, __ATOMIC_ACQ_REL);
    (void)edo_await(edo_pending_init(&never));
    return edo_shield_end(&sh, 0);
}

static void
scope_of_a_thread_does_not_wait_for_abandoned_children_on(const edo_runtime_opts *kind) {
    may_leave(LEFT_DESCRIPTORS, 12, "the runtimes of abandoned tasks stay");
    may_leave(LEFT_FIBERS, 3, "the abandoned tasks");
    may_leave(LEFT_MAPPINGS, 3 * PAGES_OF_RUNTIME, "theirs");
    edo_runtime *rt;
    edo_scope s;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_scope_begin(&s, NULL);
    stubborn_n.edoi_value = 0;
    assert_int_equal(edo_scope_spawn(&s, stubborn, NULL), 0);
    const int64_t since_s = patience_now_s();
    while (__atomic_load_n(&stubborn_n.edoi_value, __ATOMIC_ACQUIRE) == 0) {
        assert_int_equal(edo_task_join(edo_spawn(seven, NULL)), 7); // this thread may drive
        patience_check(since_s, "the child has begun", __FILE__, __LINE__);
    }
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    assert_int_equal(edo_scope_end(&s, 0), -ECANCELED);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}
ON_EACH_KIND(scope_of_a_thread_does_not_wait_for_abandoned_children)

static void *leave_a_fiber(void *arg) {
    edo_runtime *rt;
    edo_runtime_opts opts = one_thread;
    opts.shutdown = edo_ms(1);
    if (edo_runtime_new(&rt, &opts) != 0) return NULL;
    edo_task_detach(edo_spawn_on(rt, stubborn, arg));
    if (edo_run(rt, seven, arg) == 7) edo_runtime_free(rt);
    return NULL;
}

static int leave_a_fiber_on_a_thread(void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, leave_a_fiber, arg) != 0) return 1;
    return pthread_join(thread, NULL);
}

static void abandoned_fibers_are_not_reported_again(void **state) {
    (void)state;
    char said[1000];
    int status = last_words(leave_a_fiber_on_a_thread, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(said, "was abandoned"));
    assert_null(strstr(said, "ended before its fibers"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abandoned_fibers_are_not_reported_again), // first: it forks
        cmocka_unit_test(runtime_outlives_the_thread_that_drove_it),
        cmocka_unit_test(scope_of_a_thread_does_not_wait_for_abandoned_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
