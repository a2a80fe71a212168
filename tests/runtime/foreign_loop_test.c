/* SPDX-License-Identifier: MIT */
/* Goal: a current-thread runtime runs inside a foreign loop: the descriptor is readable when a turn
 * has something to do and only then, no wake between a turn and the loop's wait is lost, timers
 * come by the next deadline, a turn is bounded, and the runtime ends cleanly.
 * Method: a loop over poll(), which asks for the descriptor once; a wait without a deadline that
 * finds nothing within PATIENCE_MS has lost a wake. */
#include "gate.h"
#include "inside.h"
#include "kinds.h"
#include "patience.h"

#include <edo/edo.h>
#include <edo/test.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PATIENCE_MS 20000
#define WAKERS      4
#define WAKES       2000
#define ROUNDS      10

typedef struct loop {
    edo_runtime *rt;
    int fd;
} loop;

static edo_atomic_u32 ended;

static uint32_t ended_n(void) {
    return __atomic_load_n(&ended.edoi_value, __ATOMIC_SEQ_CST);
}

static int end(void *arg) {
    (void)arg;
    (void)__atomic_fetch_add(&ended.edoi_value, 1, __ATOMIC_SEQ_CST);
    return 7;
}

static loop begin_with(const edo_runtime_opts *opts) {
    loop l = { 0 };
    ended = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&l.rt, opts), 0);
    l.fd = edo_runtime_fd(l.rt);
    assert_true(l.fd >= 0);
    return l;
}

static loop begin(void) {
    return begin_with(&one_thread);
}

static bool is_readable(const loop *l, int within_ms) {
    struct pollfd p = { .fd = l->fd, .events = POLLIN };
    return poll(&p, 1, within_ms) == 1;
}

static bool has_deadline(const loop *l) {
    return edo_runtime_next_deadline(l->rt).ns != INT64_MAX;
}

/* One round of a loop: waits for the descriptor or the next deadline, and turns. */
static int round_of(const loop *l) {
    int ms = edo_runtime_timeout_ms(l->rt);
    if (!is_readable(l, ms < 0 ? PATIENCE_MS : ms))
        assert_true(has_deadline(l)); // otherwise a wake was lost
    int more = edo_runtime_turn(l->rt, edo_ns(0));
    assert_true(more >= 0);
    return more;
}

static void loop_until(const loop *l, uint32_t n) {
    while (ended_n() < n) (void)round_of(l);
}

static void spawn(const loop *l, edo_task_fn *fn, void *arg) {
    CHECK_EQ(edo_spawn_detached_on(l->rt, fn, arg), 0);
}

static void in_a_thread(void *(*fn)(void *), void *arg) {
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, fn, arg), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

/* ---- Wakes ----------------------------------------------------------------------------------- */

static void readable_if_and_only_if_there_is_work(void **state) {
    (void)state;
    loop l = begin();
    assert_false(is_readable(&l, 0));
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    assert_false(is_readable(&l, 0));
    for (uint32_t i = 1; i <= 3; i++) {
        spawn(&l, end, NULL);
        assert_true(is_readable(&l, 0));
        assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
        assert_int_equal(ended_n(), i);
        assert_false(is_readable(&l, 0));
        assert_int_equal(edo_runtime_fd(l.rt), l.fd);
    }
    edo_runtime_free(l.rt);
}

static void *spawn_elsewhere(void *arg) {
    spawn(arg, end, NULL);
    return NULL;
}

static void *wake_elsewhere(void *bell) {
    edo_notify_one(bell);
    return NULL;
}

static edo_notify bell;

static int wait_for_bell(void *arg) {
    int err = edo_notify_wait(&bell);
    return err < 0 ? err : end(arg);
}

static void wakes_of_other_threads_make_it_readable(void **state) {
    (void)state;
    loop l = begin();
    in_a_thread(spawn_elsewhere, &l);
    assert_true(is_readable(&l, 0));
    loop_until(&l, 1);
    bell = (edo_notify)EDO_NOTIFY_INIT;
    spawn(&l, wait_for_bell, NULL);
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    assert_false(is_readable(&l, 0));
    in_a_thread(wake_elsewhere, &bell);
    assert_true(is_readable(&l, 0));
    loop_until(&l, 2);
    edo_runtime_free(l.rt);
}

/* The worker is awake, so the other thread kicks nothing, and the run does not look again. */
static int be_overtaken(void *arg) {
    in_a_thread(spawn_elsewhere, arg);
    return 0;
}

static void wake_in_the_last_poll_of_a_turn_is_seen(void **state) {
    (void)state;
    loop l = begin();
    spawn(&l, be_overtaken, &l);
    assert_true(edo_runtime_turn(l.rt, edo_ns(0)) >= 0);
    assert_int_equal(ended_n(), 0);
    assert_true(is_readable(&l, 0));
    loop_until(&l, 1);
    edo_runtime_free(l.rt);
}

static void *spawn_many(void *arg) {
    for (int i = 0; i < WAKES; i++) {
        spawn(arg, end, NULL);
        if (i % 16 == 0) sched_yield(); // so that the loop often waits
    }
    return NULL;
}

static void no_wake_of_many_threads_is_lost(void **state) {
    (void)state;
    loop l = begin();
    pthread_t threads[WAKERS];
    for (int i = 0; i < WAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_many, &l), 0);
    loop_until(&l, WAKERS * WAKES);
    for (int i = 0; i < WAKERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    edo_runtime_free(l.rt);
}

/* One wake at a time, each at a moment of its own: while the loop waits, turns, or between. */
static void *ring_many(void *arg) {
    for (uint32_t i = 0; i < WAKES; i++) {
        WAIT_FOR(ended_n() >= i);
        edo_notify_one(arg);
    }
    return NULL;
}

static int hear_many(void *arg) {
    for (int i = 0; i < WAKES; i++)
        if (wait_for_bell(arg) < 0) return -1;
    return 0;
}

static void no_single_wake_is_lost(void **state) {
    (void)state;
    loop l = begin();
    bell = (edo_notify)EDO_NOTIFY_INIT;
    pthread_t thread;
    spawn(&l, hear_many, NULL);
    assert_int_equal(pthread_create(&thread, NULL, ring_many, &bell), 0);
    loop_until(&l, WAKES);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(l.rt);
}

/* ---- Timers, jobs and sockets ---------------------------------------------------------------- */

static int sleep_twice(void *arg) {
    int err = edo_sleep(edo_ms(3));
    if (err == 0) err = edo_sleep(edo_ms(3));
    return err < 0 ? err : end(arg);
}

static void timers_come_by_the_next_deadline(void **state) {
    (void)state;
    loop l = begin();
    assert_false(has_deadline(&l));
    spawn(&l, sleep_twice, NULL);
    assert_false(has_deadline(&l));
    edo_instant before = edo_now();
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    assert_true(has_deadline(&l));
    int64_t in_ns = edo_instant_since(edo_runtime_next_deadline(l.rt), before).ns;
    assert_true(in_ns > 0 && in_ns <= edo_instant_since(edo_now(), before).ns + edo_ms(5).ns);
    loop_until(&l, 1);
    assert_true(edo_instant_since(edo_now(), before).ns >= edo_ms(6).ns);
    assert_false(has_deadline(&l));
    edo_runtime_free(l.rt);
}

static int sleep_for(void *ns) {
    int err = edo_sleep(edo_ns(*(int64_t *)ns));
    return err < 0 ? err : end(NULL);
}

/* A loop that waits so long, and not shorter, finds the deadline behind it. */
static void timeout_is_rounded_up_to_milliseconds(void **state) {
    (void)state;
    const struct {
        int64_t sleep_ns;
        int most_ms; /* and 0 at least: the clock goes on */
    } rows[] = {
        { 0, 0 },
        { 1, 1 },
        { 1000000, 2 },
        { 1000001, 3 },
        { INT64_C(3600000000000), 3600001 },
        { INT64_C(1) << 62, INT_MAX },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        loop l = begin();
        int64_t ns = rows[i].sleep_ns;
        assert_int_equal(edo_runtime_timeout_ms(l.rt), -1);
        assert_int_equal(edo_spawn_detached_on(l.rt, sleep_for, &ns), 0);
        assert_true(edo_runtime_turn(l.rt, edo_ns(0)) >= 0);
        edo_instant due = edo_runtime_next_deadline(l.rt), before = edo_now();
        int ms = edo_runtime_timeout_ms(l.rt);
        if (due.ns == INT64_MAX) {
            assert_int_equal(ms, -1);
        } else {
            assert_true(ms >= 0 && ms <= rows[i].most_ms);
            bool is_whole = ms == INT_MAX || before.ns + edo_ms(ms).ns >= due.ns;
            assert_true(is_whole);
        }
        edo_runtime_free(l.rt);
    }
}

static int sleep_an_hour(void *arg) {
    int err = edo_sleep(edo_hours(1));
    return err < 0 ? err : end(arg);
}

static void paused_clock_jumps_in_a_turn(void **state) {
    (void)state;
    loop l = begin_with(&(edo_runtime_opts){ .start_paused = true });
    spawn(&l, sleep_an_hour, NULL);
    loop_until(&l, 1);
    assert_false(has_deadline(&l));
    edo_runtime_free(l.rt);
}

static int await_job(void *arg) {
    int got = edo_blocking(end, arg);
    return got < 0 ? got : end(arg);
}

static void end_of_a_blocking_job_wakes_the_loop(void **state) {
    (void)state;
    loop l = begin();
    for (int i = 0; i < ROUNDS; i++) spawn(&l, await_job, NULL);
    loop_until(&l, 2 * ROUNDS);
    edo_runtime_free(l.rt);
}

static int echo(void *arg) {
    edo_stream *s = NULL;
    char c;
    int n = edo_accept(arg, &s);
    if (n < 0) return n;
    while ((n = edo_read(s, &c, 1)) == 1)
        if ((n = edo_write_all(s, &c, 1)) < 0) break;
    edo_close(s);
    return n;
}

static int talk(void *arg) {
    edo_addr addr;
    edo_stream *s = NULL;
    char c = 'x';
    int err = edo_listener_addr(arg, &addr);
    if (err == 0) err = edo_tcp_connect_addr(&s, &addr, NULL);
    if (err < 0) return err;
    for (int i = 0; i < ROUNDS && err >= 0; i++) {
        err = edo_write_all(s, &c, 1);
        if (err >= 0) err = edo_read_exact(s, &c, 1);
    }
    edo_close(s);
    return err < 0 ? err : end(NULL);
}

static int serve(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    edo_task *t = edo_spawn(echo, l);
    err = talk(l);
    if (err >= 0) err = edo_task_join(t);
    edo_listener_close(l);
    return err < 0 ? err : end(arg);
}

static void sockets_make_it_readable(void **state) {
    (void)state;
    loop l = begin();
    spawn(&l, serve, NULL);
    loop_until(&l, 2);
    edo_runtime_free(l.rt);
}

static int settle_and_end(void *arg) {
    int err = edo_test_settle();
    return err < 0 ? err : end(arg);
}

static void waiter_until_no_task_can_run_is_told(void **state) {
    (void)state;
    loop l = begin();
    spawn(&l, settle_and_end, NULL);
    loop_until(&l, 1);
    edo_runtime_free(l.rt);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static uint32_t polls;
static bool is_enough;

static int yield_on(void *arg) {
    (void)arg;
    while (!is_enough) {
        polls++;
        int err = edo_yield();
        if (err < 0) return err;
    }
    return end(NULL);
}

static void turn_is_bounded_and_tells_of_more(void **state) {
    (void)state;
    loop l = begin_with(&(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT, .event_interval = 10 });
    polls = 0;
    is_enough = false;
    spawn(&l, yield_on, NULL);
    spawn(&l, yield_on, NULL);
    for (uint32_t i = 1; i <= 5; i++) {
        assert_int_equal(edo_runtime_turn(l.rt, edo_ns(-1)), 1);
        assert_true(polls > 0 && polls <= i * 10);
        assert_true(is_readable(&l, 0));
    }
    is_enough = true;
    loop_until(&l, 2);
    assert_false(is_readable(&l, 0));
    edo_runtime_free(l.rt);
}

static void *spawn_later(void *arg) {
    (void)poll(NULL, 0, 5); // the turn most likely waits by now; it may also come later
    return spawn_elsewhere(arg);
}

static void turn_waits_until_a_task_can_run(void **state) {
    (void)state;
    loop l = begin();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, spawn_later, &l), 0);
    while (ended_n() == 0) assert_true(edo_runtime_turn(l.rt, edo_ns(-1)) >= 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    // the thread's kick may come when the task that it has spawned has run
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    edo_instant before = edo_now();
    assert_int_equal(edo_runtime_turn(l.rt, edo_ms(5)), 0);
    assert_true(edo_instant_since(edo_now(), before).ns >= edo_ms(5).ns);
    edo_runtime_free(l.rt);
}

static int ring_and_end(void *arg) {
    edo_notify_one(&bell);
    return end(arg);
}

static void block_on_between_turns_drives(void **state) {
    (void)state;
    loop l = begin();
    bell = (edo_notify)EDO_NOTIFY_INIT;
    spawn(&l, wait_for_bell, NULL);
    (void)edo_runtime_turn(l.rt, edo_ns(0));
    assert_int_equal(edo_run(l.rt, ring_and_end, NULL), 7);
    loop_until(&l, 2);
    assert_false(is_readable(&l, 0));
    edo_runtime_free(l.rt);
}

static void *run_elsewhere(void *arg) {
    for (int i = 0; i < WAKES; i++) assert_int_equal(edo_run(((loop *)arg)->rt, end, NULL), 7);
    return NULL;
}

/* They wait, and never take the runtime from the loop, though no fiber lives between turns. */
static void other_threads_wait_for_the_loop(void **state) {
    (void)state;
    loop l = begin();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &l), 0);
    loop_until(&l, WAKES);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(l.rt);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int count_the_end(void *arg) {
    int err = edo_sleep(edo_hours(1));
    (void)end(arg);
    return err;
}

static void free_ends_the_tasks(void **state) {
    (void)state;
    loop l = begin();
    for (int i = 0; i < ROUNDS; i++) spawn(&l, count_the_end, NULL);
    (void)edo_runtime_turn(l.rt, edo_ns(0));
    assert_int_equal(edo_runtime_shutdown(l.rt, edo_s(5)), 0);
    assert_int_equal(ended_n(), ROUNDS);
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    assert_null(edo_spawn_on(l.rt, end, NULL));
    edo_runtime_free(l.rt);
}

static void *shut_down(void *arg) {
    WAIT_FOR(edo_runtime_shutdown(((loop *)arg)->rt, edo_s(5)) != -EBUSY);
    return NULL;
}

/* No fiber has run, so none is bound to the loop's thread. */
static void other_thread_ends_tasks_that_have_not_begun(void **state) {
    (void)state;
    loop l = begin();
    spawn(&l, count_the_end, NULL);
    in_a_thread(shut_down, &l);
    assert_int_equal(ended_n(), 1); // cancelled, not abandoned
    edo_runtime_free(l.rt);
}

/* Keeps the thread that shuts the runtime down inside it. */
static int hold_the_shutdown(void *arg) {
    int err = edo_sleep(edo_hours(1));
    (void)gate_pass(arg);
    return err;
}

static void loop_is_told_that_another_thread_ends_the_runtime(void **state) {
    (void)state;
    loop l = begin();
    pthread_t thread;
    gate g = GATE;
    spawn(&l, hold_the_shutdown, &g);
    assert_int_equal(pthread_create(&thread, NULL, shut_down, &l), 0);
    gate_wait_begun(&g, 1);
    assert_int_equal(edo_runtime_fd(l.rt), -EDO_ECLOSED);
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), -EDO_ECLOSED);
    assert_false(has_deadline(&l));
    gate_open(&g);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(edo_runtime_turn(l.rt, edo_ns(0)), 0);
    assert_false(has_deadline(&l));
    edo_runtime_free(l.rt);
}

static void *shut_down_and_tell(void *arg) {
    (void)shut_down(arg);
    (void)end(NULL);
    return NULL;
}

/* The shutdown begins at any moment of the loop. */
static void loop_goes_on_while_another_thread_ends_the_runtime(void **state) {
    (void)state;
    for (int i = 0; i < 5 * ROUNDS; i++) {
        loop l = begin();
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, shut_down_and_tell, &l), 0);
        while (ended_n() == 0) {
            int more = edo_runtime_turn(l.rt, edo_ns(0));
            assert_true(more >= 0 || more == -EDO_ECLOSED);
            (void)edo_runtime_next_deadline(l.rt);
            (void)is_readable(&l, i % 2); // a shutdown is refused during a turn
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        edo_runtime_free(l.rt);
    }
}

static void *begin_elsewhere(void *arg) {
    *(loop *)arg = begin();
    return NULL;
}

static void end_of_the_loops_thread_frees_the_runtime(void **state) {
    (void)state;
    loop l;
    in_a_thread(begin_elsewhere, &l);
    spawn(&l, end, NULL);
    assert_true(is_readable(&l, 0));
    loop_until(&l, 1);
    edo_runtime_free(l.rt);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void multi_thread_runtime_is_refused(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &kinds[1]), 0);
    assert_int_equal(edo_runtime_fd(rt), -EINVAL);
    assert_int_equal(edo_runtime_turn(rt, edo_ns(0)), -EINVAL);
    assert_true(edo_runtime_next_deadline(rt).ns == INT64_MAX);
    assert_int_equal(edo_runtime_timeout_ms(rt), -1);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readable_if_and_only_if_there_is_work),
        cmocka_unit_test(wakes_of_other_threads_make_it_readable),
        cmocka_unit_test(wake_in_the_last_poll_of_a_turn_is_seen),
        cmocka_unit_test(no_wake_of_many_threads_is_lost),
        cmocka_unit_test(no_single_wake_is_lost),
        cmocka_unit_test(timers_come_by_the_next_deadline),
        cmocka_unit_test(timeout_is_rounded_up_to_milliseconds),
        cmocka_unit_test(paused_clock_jumps_in_a_turn),
        cmocka_unit_test(end_of_a_blocking_job_wakes_the_loop),
        cmocka_unit_test(sockets_make_it_readable),
        cmocka_unit_test(waiter_until_no_task_can_run_is_told),
        cmocka_unit_test(turn_is_bounded_and_tells_of_more),
        cmocka_unit_test(turn_waits_until_a_task_can_run),
        cmocka_unit_test(block_on_between_turns_drives),
        cmocka_unit_test(other_threads_wait_for_the_loop),
        cmocka_unit_test(free_ends_the_tasks),
        cmocka_unit_test(other_thread_ends_tasks_that_have_not_begun),
        cmocka_unit_test(loop_is_told_that_another_thread_ends_the_runtime),
        cmocka_unit_test(loop_goes_on_while_another_thread_ends_the_runtime),
        cmocka_unit_test(end_of_the_loops_thread_frees_the_runtime),
        cmocka_unit_test(multi_thread_runtime_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
