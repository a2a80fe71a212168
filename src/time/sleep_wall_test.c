/* SPDX-License-Identifier: MIT */
/* Goal: a sleep until a time of the wall clock follows the system's clock when that is set, at
 * whatever moment and by whichever thread it is told; without the kernel's news it looks each
 * minute; it holds one descriptor a runtime, and in a child of fork() nothing of the parent's. It
 * passes the generic leaf tests.
 * Method: clock_gettime() and timerfd_create() are replaced: a step moves the one, and writes to an
 * eventfd that stands for the other. */
#include "base/memory/alloc.h"
#include "child.h"
#include "driver/clock_steps.h"
#include "inside.h"
#include "leaf.h"
#include "runtime/thread/by_hand_test.h"

#include <edo/edo.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#define HOUR_S INT64_C(3600)

/* ---- The system's clock ---------------------------------------------------------------------- */

static _Atomic int64_t ahead_s; /* of the wall clock */
static _Atomic int reads_n;     /* of it */
static _Atomic int timer = -1;  /* the last descriptor that was opened */
static _Atomic int opened_n;
static _Atomic int tried_n;
static int fails_with; /* of timerfd_create(); 0: it works */
static int set_fails;  /* the same of timerfd_settime() */
static int step_at;    /* the read after which the clock is set an hour forward; 0: none */

static void step(int64_t by_s) {
    uint64_t one = 1;
    ahead_s += by_s;
    // not by write(): whom it wakes may close the descriptor at once, and the thread sanitizer does
    // not know that this is later
    if (timer >= 0) CHECK_EQ(syscall(SYS_write, timer, &one, sizeof one), (long)sizeof one);
}

/* In the place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    int err = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock != CLOCK_REALTIME) return err;
    now->tv_sec += (time_t)ahead_s;
    int n = ++reads_n;
    if (n == step_at) step(HOUR_S);
    if (n > 2 && n < step_at) step(0); // so that there is a further read
    return err;
}

int timerfd_create(clockid_t clock, int flags) {
    CHECK_EQ(clock, CLOCK_REALTIME);
    CHECK_EQ(flags, TFD_CLOEXEC | TFD_NONBLOCK);
    tried_n++;
    errno = fails_with;
    if (fails_with) return -1;
    opened_n++;
    timer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return timer;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
    CHECK_EQ(fd, timer);
    CHECK_EQ(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    CHECK(value->it_value.tv_sec > 0 && !old);
    errno = set_fails;
    return set_fails ? -1 : 0;
}

static int clock_anew(void **state) {
    (void)state;
    ahead_s = 0;
    reads_n = opened_n = tried_n = 0;
    timer = -1;
    fails_with = set_fails = step_at = 0;
    return 0;
}

static edo_wall in_hours(int hours) {
    return edo_wall_add(edo_wall_now(), edo_hours(hours));
}

static int until(void *arg) {
    const edo_wall *at = arg;
    int err = edo_sleep_wall_at(*at);
    CHECK(err < 0 || edo_wall_compare(edo_wall_now(), *at) >= 0);
    return err;
}

/* A sleeper has read the clock twice: to see that it is to wait, and for how long. */
#define AWAIT_LOOKS(before) YIELD_FOR(reads_n >= (before) + 2)

/* ---- Steps ----------------------------------------------------------------------------------- */

static int steps_both_ways(void *arg) {
    (void)arg;
    edo_wall at = in_hours(3);
    int before = reads_n;
    edo_task *sleeper = edo_spawn(until, &at);
    AWAIT_LOOKS(before);
    before = reads_n;
    step(-5 * HOUR_S);
    AWAIT_LOOKS(before); // it was told: no timer is due
    CHECK(!edo_task_is_finished(sleeper));
    before = reads_n;
    step(7 * HOUR_S); // an hour is left
    AWAIT_LOOKS(before);
    CHECK(!edo_task_is_finished(sleeper));
    step(HOUR_S);
    CHECK_EQ(edo_task_join(sleeper), 0);
    return 0;
}

static void a_sleep_follows_steps_both_ways(void **state) {
    for (size_t i = 0; i < KINDS_N; i++) {
        (void)clock_anew(state);
        assert_int_equal(inside_with(steps_both_ways, NULL, &kinds[i]), 0);
        assert_int_equal(opened_n, 1);
    }
}

/* The step comes right after the n-th look at the clock, which still shows the time of before. */
static void no_step_is_missed_at_whatever_moment_it_comes(void **state) {
    for (int n = 2; n <= 7; n++) {
        for (size_t i = 0; i < KINDS_N; i++) {
            (void)clock_anew(state);
            edo_wall at = in_hours(1); // the first read
            step_at = n;
            assert_int_equal(inside_with(until, &at, &kinds[i]), 0);
            assert_true(reads_n >= n);
        }
    }
}

/* A plain thread's own driver is told, too. */
static void *step_soon(void *arg) {
    WAIT_FOR(reads_n > *(int *)arg && timer >= 0);
    step(HOUR_S);
    return NULL;
}

static void a_plain_thread_is_told(void **state) {
    (void)state;
    pthread_t thread;
    edo_wall at = in_hours(1);
    int before = reads_n;
    assert_int_equal(pthread_create(&thread, NULL, step_soon, &before), 0);
    assert_int_equal(edo_sleep_wall_at(at), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- Many ------------------------------------------------------------------------------------ */

enum { SLEEPERS = 2000 };

static int many(void *arg) {
    (void)arg;
    static edo_wall at[SLEEPERS];
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < SLEEPERS; i++) {
        int before = reads_n + 1; // that of in_hours()
        at[i] = in_hours(1 + i % 2);
        (void)edo_scope_spawn(&scope, until, &at[i]);
        AWAIT_LOOKS(before);
    }
    CHECK_EQ(opened_n, 1);
    step(HOUR_S); // half of them end
    step(HOUR_S);
    return edo_scope_end(&scope, 0);
}

static void many_share_one_descriptor(void **state) {
    for (size_t i = 0; i < KINDS_N; i++) {
        (void)clock_anew(state);
        assert_int_equal(inside_with(many, NULL, &kinds[i]), 0);
        assert_int_equal(opened_n, 1);
    }
}

/* ---- Without the kernel's news --------------------------------------------------------------- */

static int looks_each_minute(void *arg) {
    (void)arg;
    edo_wall at = in_hours(1);
    edo_instant start = edo_now();
    edo_task *sleeper = edo_spawn(until, &at);
    CHECK_EQ(edo_sleep(edo_s(90)), 0);
    CHECK_EQ(edo_time_set_wall(at), 0);
    CHECK_EQ(edo_task_join(sleeper), 0);
    CHECK_EQ(ms_since(start), 120000); // the second look

    at = in_hours(1);
    start = edo_now();
    sleeper = edo_spawn(until, &at);
    CHECK_EQ(edo_sleep(edo_s(90)), 0);
    CHECK_EQ(edo_time_set_wall(edo_wall_add(at, edo_hours(-2))), 0);
    CHECK_EQ(edo_task_join(sleeper), 0);
    CHECK_EQ(ms_since(start), 90000 + 7200000);
    return 0;
}

static void without_a_descriptor_it_looks_each_minute(void **state) {
    (void)state;
    fails_with = EMFILE;
    assert_int_equal(inside(looks_each_minute, NULL), 0);
    assert_true(tried_n > 100); // at each look
    fails_with = 0;
    set_fails = EINVAL;
    assert_int_equal(inside(looks_each_minute, NULL), 0);
}

static int is_told(void *arg) {
    (void)arg;
    edo_wall at = in_hours(1);
    edo_instant start = edo_now();
    edo_task *sleeper = edo_spawn(until, &at);
    CHECK_EQ(edo_sleep(edo_s(90)), 0);
    fails_with = 0; // it has the descriptor from the look of the second minute on
    CHECK_EQ(edo_sleep(edo_s(40)), 0);
    CHECK_EQ(opened_n, 1);
    CHECK_EQ(edo_time_set_wall(at), 0);
    CHECK_EQ(edo_task_join(sleeper), 0);
    CHECK_EQ(ms_since(start), 130000);
    return 0;
}

static void it_asks_again_and_a_timer_that_was_cancelled_meanwhile_will_do(void **state) {
    (void)state;
    fails_with = EMFILE;
    set_fails = ECANCELED;
    assert_int_equal(inside(is_told, NULL), 0);
}

/* Each look asks again for what it could not get: an object, its source, the source's own. */
static int looks_again(void *arg) {
    int lacked_n = 0;
    bool lacked = true;
    (void)arg;
    for (uint64_t k = 1; lacked; k++) {
        edo_sleep_wall_future f;
        int before = opened_n;
        edo_future *sleep = edo_sleep_wall_at_init(&f, in_hours(1));
        edoi_alloc_fail_at(k);
        CHECK_EQ(edo_timeout(sleep, edo_s(90)), -ETIMEDOUT); // one look, and after a minute another
        lacked = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(opened_n > before);
        lacked_n += lacked;
    }
    return lacked_n;
}

static void without_memory_for_the_descriptor_it_asks_again(void **state) {
    (void)state;
    assert_true(inside(looks_again, NULL) > 0);
}

/* ---- Forks ----------------------------------------------------------------------------------- */

static int in_child(void *arg) {
    edo_sleep_wall_future *f = arg;
    edo_wall at = in_hours(1);
    int shared = opened_n;
    edo_drop(&f->base);
    timer = -1; // the parent's, closed here
    step_at = reads_n + 2;
    EXPECT(edo_sleep_wall_at(at) == 0, 1);
    EXPECT(opened_n == shared + 1, 2); // its own
    return 9;
}

static void a_child_drops_the_parents_sleep_and_has_its_own(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_sleep_wall_future f;
    hand_waker waker = HAND_WAKER;
    edo_cx cx = hand_cx(&waker, EDO_BUDGET);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    cx.worker = edoi_by_hand_worker(rt);
    edo_future *sleep = edo_sleep_wall_at_init(&f, in_hours(1));
    assert_int_equal(edo_poll(sleep, &cx), EDO_PENDING);
    assert_int_equal(child_status(in_child, &f), 9);
    step(HOUR_S); // the parent's goes on
    (void)edoi_driver_turn(edoi_by_hand_driver(rt), 0);
    assert_int_equal(hand_woken(&waker), 1);
    assert_int_equal(edo_poll(sleep, &cx), EDO_READY);
    assert_int_equal(f.base.result, 0);
    edo_runtime_free(rt);
}

/* ---- What is left of a step ------------------------------------------------------------------ */

static bool timer_is_readable(void) {
    struct pollfd p = { .fd = timer, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

/* Otherwise each move of the source to another driver would wake all sleepers. */
static void a_step_that_was_seen_is_not_told_again(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_sleep_wall_future f[2];
    hand_waker waker[2] = { HAND_WAKER, HAND_WAKER };
    edo_cx cx[2];
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    for (int i = 0; i < 2; i++) {
        cx[i] = hand_cx(&waker[i], EDO_BUDGET);
        cx[i].worker = edoi_by_hand_worker(rt);
        edo_future *sleep = edo_sleep_wall_at_init(&f[i], in_hours(5));
        assert_int_equal(edo_poll(sleep, &cx[i]), EDO_PENDING);
    }
    for (int n = 1; n <= 3; n++) {
        step(HOUR_S);
        (void)edoi_driver_turn(edoi_by_hand_driver(rt), 0);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(hand_woken(&waker[i]), n);
            assert_int_equal(edo_poll(&f[i].base, &cx[i]), EDO_PENDING);
            assert_false(timer_is_readable());
        }
    }
    for (int i = 0; i < 2; i++) edo_drop(&f[i].base);
    edo_runtime_free(rt);
}

/* ---- Another runtime ------------------------------------------------------------------------- */

static void a_sleep_is_told_by_the_runtime_that_polls_it_last(void **state) {
    (void)state;
    edo_runtime *rt[2];
    edo_sleep_wall_future f;
    hand_waker waker = HAND_WAKER;
    edo_cx cx = hand_cx(&waker, EDO_BUDGET);
    edo_future *sleep = edo_sleep_wall_at_init(&f, in_hours(1));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_runtime_new(&rt[i], &one_thread), 0);
        cx.worker = edoi_by_hand_worker(rt[i]);
        assert_int_equal(edo_poll(sleep, &cx), EDO_PENDING);
        assert_int_equal(opened_n, i + 1);
    }
    edoi_clock_steps_tell(rt[0]); // as edo_time_set_wall() there
    assert_int_equal(hand_woken(&waker), 0);
    edoi_clock_steps_tell(rt[1]);
    assert_int_equal(hand_woken(&waker), 1);
    edo_drop(sleep);
    for (int i = 0; i < 2; i++) edo_runtime_free(rt[i]);
}

/* ---- The generic tests ----------------------------------------------------------------------- */

typedef struct env {
    edo_runtime *rt;
    edo_sleep_wall_future sleep;
} env;

static edo_runtime *current;

static edo_polled poll_inside(edo_future *f, edo_cx *cx) {
    cx->worker = edoi_by_hand_worker(current);
    return edo_poll(f, cx);
}

static edo_runtime *runtime_of(void *arg) {
    return ((env *)arg)->rt;
}

static int sleep_make(void *arg, edo_future **f) {
    env *e = arg;
    int err = edo_runtime_new(&e->rt, &(edo_runtime_opts){ .start_paused = true });
    current = e->rt;
    if (err < 0) return err;
    edo_wall now = edoi_clock_wall(&edoi_by_hand_worker(e->rt)->clock);
    *f = edo_sleep_wall_at_init(&e->sleep, edo_wall_add(now, edo_ms(10)));
    return 0;
}

static void sleep_advance(void *arg) {
    edoi_by_hand_advance(((env *)arg)->rt, 20);
}

static void no_timer_is_armed(void *arg) {
    assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(((env *)arg)->rt)), 0);
}

static void sleep_cleanup(void *arg) {
    edo_runtime_free(((env *)arg)->rt);
}

static void it_passes_the_generic_tests(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_sleep_wall_at",
                      .env_bytes = sizeof(env),
                      .make = sleep_make,
                      .poke = sleep_advance,
                      .intact = no_timer_is_armed,
                      .cleanup = sleep_cleanup,
                      .poll = poll_inside,
                      .runtime = runtime_of });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sleep_follows_steps_both_ways, clock_anew),
        cmocka_unit_test_setup(no_step_is_missed_at_whatever_moment_it_comes, clock_anew),
        cmocka_unit_test_setup(a_plain_thread_is_told, clock_anew),
        cmocka_unit_test_setup(many_share_one_descriptor, clock_anew),
        cmocka_unit_test_setup(without_a_descriptor_it_looks_each_minute, clock_anew),
        cmocka_unit_test_setup(it_asks_again_and_a_timer_that_was_cancelled_meanwhile_will_do,
                               clock_anew),
        cmocka_unit_test_setup(without_memory_for_the_descriptor_it_asks_again, clock_anew),
        cmocka_unit_test_setup(a_child_drops_the_parents_sleep_and_has_its_own, clock_anew),
        cmocka_unit_test_setup(a_step_that_was_seen_is_not_told_again, clock_anew),
        cmocka_unit_test_setup(a_sleep_is_told_by_the_runtime_that_polls_it_last, clock_anew),
        cmocka_unit_test_setup(it_passes_the_generic_tests, clock_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
