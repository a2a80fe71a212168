/* SPDX-License-Identifier: MIT */
/* Goal: on several workers a lock goes to the longest waiting on this one, the others keep their
 * order, and the first in line is passed over for no longer than promised, whoever leaves
 * meanwhile.
 * Method: futures polled by hand, with the wakers of two fibers that live on different workers; the
 * clock of the worker stands while its fiber tests, so nothing hangs on real time. */
#include "sync/near.h"

#include "inside.h"
#include "poll_by_hand.h"
#include "runtime/scheduler/core.h"

#include <edo/mutex.h>
#include <edo/notify.h>
#include <edo/sem.h>
#include <edo/task.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define LINE_MAX_N (LOOKS_MAX + 64)
#define LOOKS_MAX  ((int)EDOI_LOOKS_MAX)
#define NOBODY     (-1)

static hand_waker plain = HAND_WAKER;
static edo_waker *near_waker, *far_waker;
static edoi_worker *worker; /* the one that tests */

/* ---- Two fibers that live apart -------------------------------------------------------------- */

static int stay(void *arg) {
    return edo_notify_wait(arg);
}

static int apart(void *arg) {
    edo_task_fn *body = *(edo_task_fn **)arg;
    static const edo_spawn_opts spread = { .spread = true };
    static edo_notify end = EDO_NOTIFY_INIT;
    edo_task *stayers[8];
    size_t n = 0;
    near_waker = far_waker = NULL;
    worker = edoi_worker_here();
    while (!near_waker || !far_waker) {
        CHECK(n < EDO_COUNT(stayers));
        edo_task *t = stayers[n++] = edo_spawn_with(stay, &end, &spread);
        CHECK(t);
        bool here = edoi_load_rlx_u16(&t->home) == worker->index + 1;
        *(here ? &near_waker : &far_waker) = &t->waker;
    }
    edoi_clock_pause(&worker->clock, edoi_clock_now(&worker->clock));
    int result = body(NULL);
    edoi_clock_resume(&worker->clock);
    for (size_t i = 0; i < n; i++) edo_task_abort(stayers[i]);
    for (size_t i = 0; i < n; i++) CHECK_EQ(edo_task_join(stayers[i]), -ECANCELED);
    return result;
}

/* Runs `body` in a fiber of one of two workers, with the wakers set. */
static void on_two_workers(edo_task_fn *body) {
    static const edo_runtime_opts two = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(inside_with(apart, &body, &two), 0);
}

#define ON_TWO_WORKERS(promise)                                                                    \
    static void promise(void **state) {                                                            \
        (void)state;                                                                               \
        on_two_workers(promise##_here);                                                            \
    }

static void pass_us(int64_t us) {
    worker->clock.paused_ns += us * 1024;
}

/* ---- A line before a mutex ------------------------------------------------------------------- */

typedef struct line {
    edo_mutex mutex;
    edo_mutex_lock_future f[LINE_MAX_N];
    const char *who; /* n: near, f: far, p: no task */
    bool waits[LINE_MAX_N];
    int n;
} line;

static edo_cx cx_of(char who) {
    edo_waker *w = who == 'n' ? near_waker : who == 'f' ? far_waker : &plain.base;
    return (edo_cx){ .waker = w, .budget = EDO_BUDGET };
}

static void join_line(line *l, int at) {
    edo_cx cx = cx_of(l->who[at]);
    CHECK_EQ(edo_poll(edo_mutex_lock_init(&l->f[at], &l->mutex), &cx), EDO_PENDING);
    l->waits[at] = true;
}

static void begin(line *l, const char *who) {
    *l = (line){ .mutex = EDO_MUTEX_INIT, .who = who, .n = (int)strlen(who) };
    CHECK_EQ(edo_mutex_try_lock(&l->mutex), 0);
    for (int i = 0; i < l->n; i++) join_line(l, i);
}

/* The holder of the mutex: one of those that waited, and waits no more. */
static int holder(line *l) {
    int found = NOBODY;
    for (int i = 0; i < l->n; i++) {
        edo_cx cx = cx_of(l->who[i]);
        if (!l->waits[i] || edo_poll(&l->f[i].base, &cx) != EDO_READY) continue;
        CHECK_EQ(found, NOBODY);
        found = i;
        l->waits[i] = false;
    }
    return found;
}

static int next(line *l) {
    edo_mutex_unlock(&l->mutex);
    return holder(l);
}

static void leave(line *l, int at) {
    edo_drop(&l->f[at].base);
    l->waits[at] = false;
}

static void end(line *l) {
    for (int i = 0; i < l->n; i++)
        if (l->waits[i]) leave(l, i);
    CHECK(!l->mutex.phase.passed && !l->mutex.waiters.first);
    edo_mutex_unlock(&l->mutex);
    CHECK_EQ(edo_mutex_try_lock(&l->mutex), 0);
}

/* The places in which they are served, up to the end of `want`. */
static void expect(const char *who, const int *want, size_t n) {
    static line l;
    begin(&l, who);
    for (size_t i = 0; i < n; i++) CHECK_EQ(next(&l), want[i]);
    end(&l);
}

#define EXPECT(who, ...)                                                                           \
    expect(who, (const int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static int near_ones_first_here(void *arg) {
    (void)arg;
    EXPECT("nfnf", 0, 2, 1, 3);
    EXPECT("fnfn", 1, 3, 0, 2);
    EXPECT("pfn", 2, 0, 1);
    EXPECT("ffpf", 0, 1, 2, 3);
    EXPECT("nnn", 0, 1, 2);
    return 0;
}
ON_TWO_WORKERS(near_ones_first)

static int first_in_line_after_a_time_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffnnnnnnnn");
    CHECK_EQ(next(&l), 2);
    pass_us(EDOI_PASSED_US - 1);
    CHECK_EQ(next(&l), 3);
    pass_us(1);
    CHECK_EQ(next(&l), 0); // the time is over
    CHECK(!l.mutex.phase.passed);
    CHECK_EQ(next(&l), 4); // a new phase
    CHECK_EQ(next(&l), 5);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(first_in_line_after_a_time)

/* Near ones come again and again; each holds it for `us`. How often somebody is passed over. */
static int passed_times(int64_t us, int most) {
    static line l;
    begin(&l, "fn");
    int times = 0;
    while (times <= most && next(&l) == 1) {
        pass_us(us);
        join_line(&l, 1);
        times++;
    }
    end(&l);
    return times;
}

/* Short holds, as many as may be, then long ones: how many of those the first in line has to wait
 * for. */
static int long_holds_after(int short_n) {
    static line l;
    begin(&l, "fn");
    int times = 0;
    while (times < short_n + 100 && next(&l) == 1) {
        if (++times > short_n) pass_us(5000);
        join_line(&l, 1);
    }
    end(&l);
    return times - short_n;
}

static int long_holds_are_noticed_soon_here(void *arg) {
    (void)arg;
    for (int short_n = 0; short_n < 70; short_n++) {
        int long_n = long_holds_after(short_n);
        CHECK(long_n >= 1 && long_n <= 4);
    }
    return 0;
}
ON_TWO_WORKERS(long_holds_are_noticed_soon)

static int bounded_by_time_not_by_number_here(void *arg) {
    (void)arg;
    CHECK_EQ(passed_times(5000, 1000), 1);
    CHECK(passed_times(100, 1000) <= 8);
    CHECK(passed_times(10, 1000) <= 54);
    CHECK(passed_times(1, 1000) <= 504);
    CHECK(passed_times(0, 1000) > 1000);
    return 0;
}
ON_TWO_WORKERS(bounded_by_time_not_by_number)

static int who_leaves_is_not_looked_for_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffnnf");
    CHECK_EQ(next(&l), 2);
    CHECK(l.mutex.phase.passed == &l.f[1].node);
    leave(&l, 1); // the last that was passed over
    CHECK(l.mutex.phase.passed == &l.f[0].node);
    leave(&l, 3); // the one after it
    leave(&l, 0);
    CHECK(!l.mutex.phase.passed); // nobody is left who was passed over
    CHECK_EQ(next(&l), 4);
    end(&l);

    begin(&l, "ffffn");
    CHECK_EQ(next(&l), 4);
    leave(&l, 1); // in the middle, and the first
    leave(&l, 0);
    CHECK(l.mutex.phase.passed == &l.f[3].node);
    CHECK_EQ(next(&l), 2);
    CHECK(!l.mutex.phase.passed); // it found nobody
    end(&l);
    return 0;
}
ON_TWO_WORKERS(who_leaves_is_not_looked_for)

static int looks_are_bounded_here(void *arg) {
    (void)arg;
    static char who[LINE_MAX_N];
    static line l;
    (void)memset(who, 'f', LOOKS_MAX);
    who[LOOKS_MAX] = 'n';
    (void)memset(&who[LOOKS_MAX + 1], 'f', 40);
    who[LOOKS_MAX + 41] = 'n';
    begin(&l, who);
    CHECK_EQ(next(&l), 0);
    CHECK_EQ(next(&l), 1); // where it found nobody it looks at few
    l.mutex.phase.by++;    // another found nobody
    CHECK_EQ(next(&l), LOOKS_MAX);
    // It does not look again at one that it has looked at: there are as many looks for those
    // behind.
    for (int i = LOOKS_MAX + 1; i < l.n; i++) CHECK(l.waits[i]);
    join_line(&l, LOOKS_MAX);
    CHECK_EQ(next(&l), l.n - 1);
    CHECK_EQ(next(&l), LOOKS_MAX);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(looks_are_bounded)

static int the_phase_of_another_worker_counts_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffnfn");
    CHECK_EQ(next(&l), 2);
    l.mutex.phase.by++; // another has passed them over
    CHECK_EQ(next(&l), 4);
    CHECK(l.mutex.phase.passed == &l.f[1].node);
    join_line(&l, 2);
    pass_us(EDOI_PASSED_US);
    CHECK_EQ(next(&l), 0);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(the_phase_of_another_worker_counts)

static int in_the_phase_of_another_looks_are_few_here(void *arg) {
    (void)arg;
    static char who[LINE_MAX_N];
    static line l;
    (void)memset(who, 'f', 2 * EDOI_LOOKS_OTHER);
    who[0] = who[EDOI_LOOKS_OTHER] = who[EDOI_LOOKS_OTHER + 2] = 'n';
    begin(&l, &who[0]);
    CHECK_EQ(next(&l), 0);
    CHECK_EQ(next(&l), EDOI_LOOKS_OTHER);
    l.mutex.phase.by++;
    CHECK_EQ(next(&l), 1);       // the other stands one too far back
    CHECK(l.mutex.phase.passed); // the phase goes on
    CHECK_EQ(next(&l), EDOI_LOOKS_OTHER + 2);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(in_the_phase_of_another_looks_are_few)

/* ---- Threads that are no worker with siblings ------------------------------------------------ */

static void *unlock(void *arg) {
    edo_mutex_unlock(arg);
    return NULL;
}

static int a_plain_thread_keeps_the_order_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffnnf");
    CHECK_EQ(next(&l), 2);
    for (int i = 0; i < 2; i++) { // also of those who were passed over
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, unlock, &l.mutex), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(holder(&l), i);
    }
    CHECK(!l.mutex.phase.passed);
    CHECK_EQ(next(&l), 3);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(a_plain_thread_keeps_the_order)

static int serve_in_order(void *arg) {
    (void)arg;
    near_waker = far_waker = edo_waker_noop();
    EXPECT("fnpfnp", 0, 1, 2, 3, 4, 5);
    return 0;
}

static void one_worker_keeps_the_order(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++)
        if (kinds[i].workers <= 1)
            assert_int_equal(inside_with(serve_in_order, NULL, &kinds[i]), 0);
}

/* ---- Any order ------------------------------------------------------------------------------- */

#define RANDOM_N 12
#define STEPS    100000

/* What near.h promises of the list, as far as it can be seen. */
static void check_phase(const line *l) {
    const edo_wait_node *passed = l->mutex.phase.passed;
    bool seen = !passed;
    for (const edo_wait_node *n = l->mutex.waiters.first; n && !seen; n = n->next) {
        CHECK(n->waker != near_waker);
        seen = n == passed;
    }
    CHECK(seen);
}

static int first_of(const line *l, const char *who) {
    for (const edo_wait_node *n = l->mutex.waiters.first; n; n = n->next)
        for (int i = 0; i < l->n; i++)
            if (&l->f[i].node == n && strchr(who, l->who[i])) return i;
    return NOBODY;
}

static int long_random_runs_keep_the_order_here(void *arg) {
    (void)arg;
    static line l;
    uint64_t random = 88172645463325252u;
    int64_t passed_since = worker->clock.paused_ns;
    begin(&l, "nfpnfnfnfpnf");
    CHECK_EQ(l.n, RANDOM_N);
    for (int step = 0; step < STEPS; step++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int at = (int)(random >> 8 & 15), op = (int)(random & 3);
        pass_us((int64_t)(random >> 16 & 15));
        if (op < 2) {
            int first = first_of(&l, "nfp"), near_one = first_of(&l, "n");
            int served = first == NOBODY ? NOBODY : next(&l);
            CHECK(served == first || served == near_one);
            if (served == first) passed_since = worker->clock.paused_ns;
            // 16 more may pass until the clock is read, 15 us each at most, and 4 steps for each
            CHECK(worker->clock.paused_ns - passed_since < (EDOI_PASSED_US + 1000) * 1024);
        } else if (at < l.n && !l.waits[at]) {
            join_line(&l, at);
        } else if (at < l.n && op == 3 && random >> 62 == 0) {
            if (first_of(&l, "nfp") == at) passed_since = worker->clock.paused_ns;
            leave(&l, at);
        }
        check_phase(&l);
    }
    end(&l);
    return 0;
}
ON_TWO_WORKERS(long_random_runs_keep_the_order)

/* ---- Permits --------------------------------------------------------------------------------- */

static void want(edo_sem_acquire_future *f, edo_sem *s, uint32_t n, char who) {
    edo_cx cx = cx_of(who);
    CHECK_EQ(edo_poll(edo_sem_acquire_init(f, s, n), &cx), EDO_PENDING);
}

static bool has(edo_sem_acquire_future *f, char who) {
    edo_cx cx = cx_of(who);
    return edo_poll(&f->base, &cx) == EDO_READY;
}

static int nobody_goes_before_a_near_one_that_wants_more_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, two, one;
    want(&far, &s, 1, 'f');
    want(&two, &s, 2, 'n');
    want(&one, &s, 1, 'n');
    edo_sem_release(&s,
                    1); // too little for the first near one, so it is the turn of the first in line
    CHECK(has(&far, 'f') && !has(&two, 'n') && !has(&one, 'n'));
    edo_sem_release(&s, 1);
    CHECK(two.have == 1 && !has(&one, 'n'));
    edo_sem_release(&s, 1);
    CHECK(has(&two, 'n') && !has(&one, 'n'));
    edo_sem_release(&s, 1);
    CHECK(has(&one, 'n'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(nobody_goes_before_a_near_one_that_wants_more)

static int permits_go_to_a_near_one_that_wants_as_many_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, two;
    want(&far, &s, 1, 'f');
    want(&two, &s, 2, 'n');
    edo_sem_release(&s, 2);
    CHECK(!has(&far, 'f') && has(&two, 'n'));
    edo_sem_release(&s, 1);
    CHECK(has(&far, 'f'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(permits_go_to_a_near_one_that_wants_as_many)

/* A large request at the head, and small ones again and again. */
static int large_request_gets_its_turn_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future large, small;
    want(&large, &s, 3, 'f');
    want(&small, &s, 1, 'n');
    edo_sem_release(&s, 1);
    CHECK(has(&small, 'n') && large.have == 0);
    want(&small, &s, 1, 'n');
    pass_us(EDOI_PASSED_US);
    edo_sem_release(&s, 1); // the time is over
    CHECK(large.have == 1 && !has(&small, 'n'));
    edo_sem_release(&s, 1); // and nobody is passed over while some are set aside
    CHECK(large.have == 2 && !has(&small, 'n'));
    edo_sem_release(&s, 2);
    CHECK(has(&large, 'f') && has(&small, 'n'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(large_request_gets_its_turn)

static int drop_of_the_last_passed_over_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future f[4];
    want(&f[0], &s, 1, 'f');
    want(&f[1], &s, 1, 'f');
    want(&f[2], &s, 1, 'n');
    want(&f[3], &s, 1, 'n');
    edo_sem_release(&s, 1);
    CHECK(has(&f[2], 'n'));
    CHECK(s.phase.passed == &f[1].node);
    edo_drop(&f[1].base);
    CHECK(s.phase.passed == &f[0].node);
    edo_sem_release(&s, 2); // goes by the order: to two at once
    CHECK(!s.phase.passed && has(&f[0], 'f') && has(&f[3], 'n'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(drop_of_the_last_passed_over)

static int close_ends_a_phase_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, gone, one;
    want(&far, &s, 1, 'f');
    want(&gone, &s, 1, 'f');
    want(&one, &s, 1, 'n');
    edo_sem_release(&s, 1);
    CHECK(has(&one, 'n') && s.phase.passed == &gone.node);
    edo_sem_close(&s);
    CHECK(!s.phase.passed);
    edo_drop(&gone.base);
    CHECK(has(&far, 'f'));
    CHECK_EQ(edo_result(&far), -EDO_ECLOSED);
    edo_sem_release(&s, 1);
    CHECK_EQ(edo_sem_available(&s), 1);
    return 0;
}
ON_TWO_WORKERS(close_ends_a_phase)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_ones_first),
        cmocka_unit_test(first_in_line_after_a_time),
        cmocka_unit_test(bounded_by_time_not_by_number),
        cmocka_unit_test(long_holds_are_noticed_soon),
        cmocka_unit_test(who_leaves_is_not_looked_for),
        cmocka_unit_test(looks_are_bounded),
        cmocka_unit_test(the_phase_of_another_worker_counts),
        cmocka_unit_test(in_the_phase_of_another_looks_are_few),
        cmocka_unit_test(a_plain_thread_keeps_the_order),
        cmocka_unit_test(one_worker_keeps_the_order),
        cmocka_unit_test(long_random_runs_keep_the_order),
        cmocka_unit_test(nobody_goes_before_a_near_one_that_wants_more),
        cmocka_unit_test(permits_go_to_a_near_one_that_wants_as_many),
        cmocka_unit_test(large_request_gets_its_turn),
        cmocka_unit_test(drop_of_the_last_passed_over),
        cmocka_unit_test(close_ends_a_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
