/* SPDX-License-Identifier: MIT */
/* Goal: edo_blocking_init() is a good leaf, no job is lost when the system gives no thread, and
 * one that does not end is named.
 * Method: the generic leaf tests, with a job that waits at a gate; thread creations that fail; a
 * child that leaves a job behind. */
#include "leaf.h"

#include "gate.h"
#include "inside.h"
#include "last_words.h"
#include "leftovers.h"
#include "patience.h"
#include "runtime/blocking/blocking.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"

#include <time.h>

/* ---- The leaf -------------------------------------------------------------------------------- */

typedef struct env {
    gate g;
    edo_blocking_future f;
    bool poked;
} env;

/* The test has entered it. */
static edo_runtime *rt_of(void *at) {
    (void)at;
    return edo_runtime_current();
}

static int job_make(void *at, edo_future **f) {
    env *e = at;
    e->g = (gate)GATE;
    *f = edo_blocking_init(&e->f, gate_pass, &e->g, &(edo_blocking_opts){ .drop = gate_drop });
    return 0;
}

/* Lets the job end; if it has begun, waits until it has ended. */
static void job_poke(void *at) {
    env *e = at;
    e->poked = true;
    gate_open(&e->g);
    (void)gate_quiet(edo_runtime_current());
}

/* Once poked a job needs no event, only CPU time, which it gets between two polls. */
static edo_polled job_poll(edo_future *f, edo_cx *cx) {
    edo_blocking_future *self = (edo_blocking_future *)(void *)f;
    env *e = (env *)(void *)((char *)self - offsetof(env, f));
    bool begins = !self->job;
    if (edo_poll(f, cx) == EDO_READY) return EDO_READY;
    if (!e->poked || !begins) return EDO_PENDING;
    (void)gate_quiet(edo_runtime_current());
    return edo_poll(f, cx);
}

static void job_intact(void *at) {
    env *e = at;
    (void)gate_quiet(edo_runtime_current());
    LEAF_CHECK(&(leaf){ .name = "edo_blocking" }, e->g.ended + e->g.dropped == 1);
}

static const leaf blocking_leaf = { .name = "edo_blocking",
                                    .env_bytes = sizeof(env),
                                    .make = job_make,
                                    .poke = job_poke,
                                    .intact = job_intact,
                                    .result = 7,
                                    .poll = job_poll,
                                    .runtime = rt_of };

static void is_a_good_leaf_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    leaf_run(&blocking_leaf);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}
ON_EACH_KIND(is_a_good_leaf)

static int bad_options(void *arg) {
    gate *g = arg;
    edo_blocking_opts later = { .drop = gate_drop, .reserved = { 0, 1 } };
    CHECK_EQ(edo_blocking_with(gate_pass, g, &later), -EINVAL);
    CHECK_EQ(g->dropped, 1);
    return 0;
}

static void options_are_checked_on(const edo_runtime_opts *kind) {
    gate g = GATE;
    assert_int_equal(inside_with(bad_options, &g, kind), 0);
}
ON_EACH_KIND(options_are_checked)

static void poll_without_a_runtime_returns_an_error(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    gate g = GATE;
    edo_blocking_future f;
    (void)edo_blocking_init(&f, gate_pass, &g, &(edo_blocking_opts){ .drop = gate_drop });
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ENORUNTIME);
    assert_int_equal(g.dropped, 1);
}

/* ---- Threads that cannot be made ------------------------------------------------------------- */

static int with_drop(void *arg) {
    return edo_blocking_with(gate_pass, arg, &(edo_blocking_opts){ .drop = gate_drop });
}

static int alone(void *arg) {
    gate *g = arg;
    edoi_blocking_fail_threads(2);
    CHECK_EQ(with_drop(g), -EAGAIN);
    CHECK_EQ(edo_blocking_start(gate_pass, g), -EAGAIN);
    CHECK_EQ(g->dropped, 1);
    gate_open(g);
    return with_drop(g);
}

static void without_any_thread_the_job_fails_on(const edo_runtime_opts *kind) {
    gate g = GATE;
    assert_int_equal(inside_with(alone, &g, kind), 7);
    assert_int_equal(g.begun, 1);
    assert_int_equal(g.dropped, 1);
}
ON_EACH_KIND(without_any_thread_the_job_fails)

static int beside_another(void *arg) {
    gate *g = arg;
    edo_task *first = edo_spawn(with_drop, g);
    CHECK_EQ(edo_yield(), 0);
    gate_wait_begun(g, 1);
    edoi_blocking_fail_threads(3);
    edo_task *second = edo_spawn(with_drop, g);
    edo_task *third = edo_spawn(with_drop, g);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_blocking_start(gate_pass, g), -EAGAIN);
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    CHECK_EQ(s.threads, 1);
    CHECK_EQ(s.queue, 2);
    gate_open(g);
    return edo_task_join(first) + edo_task_join(second) + edo_task_join(third);
}

static void without_a_new_thread_the_job_waits_for_present_ones(void **state) {
    (void)state;
    gate g = GATE;
    assert_int_equal(inside_with(beside_another, &g, &one_thread), 21);
    assert_int_equal(g.dropped, 0);
}

/* ---- The paused clock ------------------------------------------------------------------------ */

typedef struct lent {
    gate g;
    edo_runtime *rt;
    edo_blocking_future f;
} lent;

/* Drops the future, so that its job is not awaited any more, when the worker sleeps already. */
static void *drops_it(void *arg) {
    lent *l = arg;
    WAIT_FOR(edoi_idle_sleeps(&l->rt->idle, 0));
    edo_drop(&l->f.base);
    return NULL;
}

static int leaves_it_to_another_thread(void *arg) {
    lent *l = arg;
    l->rt = edo_runtime_current();
    CHECK_EQ(edo_poll_once(edo_blocking_init(&l->f, gate_pass, &l->g, NULL)), EDO_PENDING);
    CHECK_EQ(gate_yield_begun(&l->g, 1), 0);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, drops_it, l), 0);
    int err = edo_sleep(edo_hours(1));
    pthread_join(thread, NULL);
    gate_open(&l->g);
    return err;
}

static void the_clock_goes_on_when_another_thread_drops_the_future(void **state) {
    (void)state;
    static lent l = { .g = GATE };
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, leaves_it_to_another_thread, &l), 0);
    edo_runtime_free(rt);
}

/* ---- The end --------------------------------------------------------------------------------- */

#define TRIES 30

static edo_atomic_u32 let_go;

/* Ends by itself too, so that a caller which waits for all of it sees another result. */
static int linger(void *arg) {
    (void)arg;
    for (int i = 0; i < 10000 && !edoi_load_rlx_u32(&let_go); i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return 0;
}

/* The thread for the job is about to begin when the shutdown checks. */
static void a_promised_job_is_awaited_within_the_bound(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 2 * TRIES, "runtimes whose job did not end stay");
    may_leave(LEFT_MAPPINGS, TRIES * PAGES_OF_RUNTIME, "theirs");
    static edo_runtime *left[TRIES]; // left behind; the leak checker must find them
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(edo_runtime_new(&left[i], &one_thread), 0);
        assert_int_equal(edo_runtime_enter(left[i]), 0);
        assert_int_equal(edo_blocking_start(linger, NULL), 0);
        edo_runtime_leave(left[i]);
        assert_int_equal(edo_runtime_shutdown(left[i], edo_ms(1)), 1);
    }
    edoi_store_rlx_u32(&let_go, 1);
    for (int i = 0; i < TRIES; i++) {
        (void)gate_quiet(left[i]);
        edo_runtime_free(left[i]);
    }
}

/* ---- A job that does not end ----------------------------------------------------------------- */

/* Without a watchdog, which would have what names a function at hand. */
static int leave_a_job(void *arg) {
    edo_runtime *rt;
    CHECK_EQ(edo_runtime_new(&rt, &(edo_runtime_opts){ .watchdog = EDO_OFF }), 0);
    CHECK_EQ(edo_runtime_enter(rt), 0);
    CHECK_EQ(edo_blocking_start(gate_pass, arg), 0);
    gate_wait_begun(arg, 1);
    edo_runtime_leave(rt);
    return edo_runtime_shutdown(rt, edo_ms(1)) == 1 ? 0 : 1;
}

static void a_job_that_does_not_end_is_named(void **state) {
    (void)state;
    static gate stays_closed = GATE;
    char said[1024];
    assert_int_equal(last_words(leave_a_job, &stays_closed, said, sizeof said), 0);
    assert_string_equal(said,
                        "edo: blocking job gate_pass of runtime edo did not end at shutdown\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_does_not_end_is_named), // a child first: no thread is left
        cmocka_unit_test(is_a_good_leaf),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(poll_without_a_runtime_returns_an_error),
        cmocka_unit_test(without_any_thread_the_job_fails),
        cmocka_unit_test(without_a_new_thread_the_job_waits_for_present_ones),
        cmocka_unit_test(the_clock_goes_on_when_another_thread_drops_the_future),
        cmocka_unit_test(a_promised_job_is_awaited_within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
