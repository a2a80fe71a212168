/* SPDX-License-Identifier: MIT */
/* Goal: on several workers a waiter that this worker can run passes waiters of other workers, which
 * keep their order; the first in line is passed no longer than the limit; requests for several
 * permits keep strict order.
 * Method: the test polls futures with the wakers of two fibers on different workers; the worker's
 * clock stands still during the test, so nothing depends on real time. */
#include "sync/handoff.h"

#include "driver/clock.h"
#include "inside.h"
#include "poll_by_hand.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

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
static edo_waker *here_waker, *far_waker;
static edoi_worker *worker; /* the worker under test */

/* ---- Two fibers on different workers --------------------------------------------------------- */

static int stay(void *arg) {
    return edo_notify_wait(arg);
}

static int apart(void *arg) {
    edo_task_fn *body = *(edo_task_fn **)arg;
    static const edo_spawn_opts spread = { .spread = true };
    static edo_notify end = EDO_NOTIFY_INIT;
    edo_task *stayers[8];
    size_t n = 0;
    here_waker = far_waker = NULL;
    worker = edoi_worker_here();
    while (!here_waker || !far_waker) {
        CHECK(n < EDO_COUNT(stayers));
        edo_task *t = stayers[n++] = edo_spawn_with(stay, &end, &spread);
        CHECK(t);
        bool here = edoi_load_rlx_u16(&t->home) == worker->index + 1;
        *(here ? &here_waker : &far_waker) = &t->waker;
    }
    edoi_clock_pause(&worker->clock, edoi_clock_now(&worker->clock));
    int result = body(NULL);
    edoi_clock_resume(&worker->clock);
    for (size_t i = 0; i < n; i++) edo_task_cancel(stayers[i]);
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
    worker->clock.paused_ns += us * 1000;
}

/* ---- A line before a mutex ------------------------------------------------------------------- */

typedef struct line {
    edo_mutex mutex;
    edo_mutex_lock_future f[LINE_MAX_N];
    const char *who; /* h: this worker, f: the other, p: no task */
    bool waits[LINE_MAX_N];
    int n;
} line;

static edo_cx cx_of(char who) {
    edo_waker *w = who == 'h' ? here_waker : who == 'f' ? far_waker : &plain.base;
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

/* The holder of the mutex, which is one of the former waiters. */
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
    CHECK(!l->mutex.passed.last && !l->mutex.waiters.first);
    edo_mutex_unlock(&l->mutex);
    CHECK_EQ(edo_mutex_try_lock(&l->mutex), 0);
}

/* The order in which waiters are served, up to the end of `want`. */
static void expect(const char *who, const int *want, size_t n) {
    static line l;
    begin(&l, who);
    for (size_t i = 0; i < n; i++) CHECK_EQ(next(&l), want[i]);
    end(&l);
}

#define EXPECT(who, ...)                                                                           \
    expect(who, (const int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static int waiters_of_this_worker_pass_others_here(void *arg) {
    (void)arg;
    EXPECT("hfhf", 0, 2, 1, 3);
    EXPECT("fhfh", 1, 3, 0, 2);
    EXPECT("pfh", 2, 0, 1);
    EXPECT("ffpf", 0, 1, 2, 3);
    EXPECT("hhh", 0, 1, 2);
    return 0;
}
ON_TWO_WORKERS(waiters_of_this_worker_pass_others)

/* Waiters of this worker come again and again; each holds the mutex for `us`. Returns how often the
 * first in line is passed. */
static int passed_times(int64_t us, int most) {
    static line l;
    begin(&l, "fh");
    int times = 0;
    while (times <= most && next(&l) == 1) {
        pass_us(us);
        join_line(&l, 1);
        times++;
    }
    end(&l);
    return times;
}

static int first_in_line_is_passed_for_1_ms_here(void *arg) {
    (void)arg;
    CHECK_EQ(passed_times(5000, 1000), 1);
    CHECK_EQ(passed_times(400, 1000), 3);
    CHECK_EQ(passed_times(250, 1000), 4);
    CHECK_EQ(passed_times(249, 1000), 8);
    CHECK_EQ(passed_times(10, 1000), 100);
    CHECK_EQ(passed_times(1, 2000), 1000);
    CHECK(passed_times(0, 1000) > 1000);
    return 0;
}
ON_TWO_WORKERS(first_in_line_is_passed_for_1_ms)

/* `short_n` holds that take no time, then long ones. Returns how many long holds the first in line
 * waits for. */
static int long_holds_after(int short_n) {
    static line l;
    begin(&l, "fh");
    int times = 0;
    while (times < short_n + 100 && next(&l) == 1) {
        if (++times > short_n) pass_us(5000);
        join_line(&l, 1);
    }
    end(&l);
    return times - short_n;
}

static int first_in_line_is_passed_by_four_long_holds_here(void *arg) {
    (void)arg;
    for (int short_n = 0; short_n < 70; short_n++) {
        int long_n = long_holds_after(short_n);
        CHECK(long_n >= 1 && long_n <= 4);
    }
    return 0;
}
ON_TWO_WORKERS(first_in_line_is_passed_by_four_long_holds)

static int passing_begins_anew_after_the_first_was_served_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffhhhh");
    CHECK_EQ(next(&l), 2);
    pass_us(EDOI_PASSED_MAX_US - 1);
    CHECK_EQ(next(&l), 3);
    pass_us(1);
    CHECK_EQ(next(&l), 0); // the time is over
    CHECK(!l.mutex.passed.last);
    CHECK_EQ(next(&l), 4);
    CHECK(l.mutex.passed.last == &l.f[1].node);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(passing_begins_anew_after_the_first_was_served)

static int waiter_that_leaves_is_not_looked_for_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffhhf");
    CHECK_EQ(next(&l), 2);
    CHECK(l.mutex.passed.last == &l.f[1].node);
    leave(&l, 1); // the last one that was passed
    CHECK(l.mutex.passed.last == &l.f[0].node);
    leave(&l, 3); // the one after it
    leave(&l, 0);
    CHECK(!l.mutex.passed.last); // no passed waiter is left
    CHECK_EQ(next(&l), 4);
    end(&l);

    begin(&l, "ffffh");
    CHECK_EQ(next(&l), 4);
    leave(&l, 1); // in the middle, and the first
    leave(&l, 0);
    CHECK(l.mutex.passed.last == &l.f[3].node);
    CHECK_EQ(next(&l), 2);
    CHECK(l.mutex.passed.last == &l.f[3].node);
    CHECK_EQ(next(&l), 3);
    CHECK(!l.mutex.passed.last);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(waiter_that_leaves_is_not_looked_for)

static int search_for_a_waiter_is_bounded_here(void *arg) {
    (void)arg;
    static char who[LINE_MAX_N];
    static line l;
    (void)memset(who, 'f', LINE_MAX_N - 1);
    who[LOOKS_MAX] = who[LOOKS_MAX + 41] = 'h';
    begin(&l, who);
    CHECK_EQ(next(&l), 0); // this worker's first waiter is one beyond the limit
    CHECK(l.mutex.passed.last == &l.f[LOOKS_MAX - 1].node);
    CHECK_EQ(next(&l), LOOKS_MAX); // continues where the last search ended
    CHECK_EQ(next(&l), LOOKS_MAX + 41);
    join_line(&l, LOOKS_MAX);
    CHECK_EQ(next(&l), LOOKS_MAX);
    CHECK_EQ(next(&l), 1); // no waiter of this worker is left
    CHECK(l.mutex.passed.last == &l.f[l.n - 1].node);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(search_for_a_waiter_is_bounded)

/* ---- Threads that are no worker with siblings ------------------------------------------------ */

static void *unlock(void *arg) {
    edo_mutex_unlock(arg);
    return NULL;
}

static int plain_thread_keeps_the_order_here(void *arg) {
    (void)arg;
    static line l;
    begin(&l, "ffhhf");
    CHECK_EQ(next(&l), 2);
    for (int i = 0; i < 2; i++) { // also those that were passed
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, unlock, &l.mutex), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(holder(&l), i);
    }
    CHECK(!l.mutex.passed.last);
    CHECK_EQ(next(&l), 3);
    end(&l);
    return 0;
}
ON_TWO_WORKERS(plain_thread_keeps_the_order)

static int serve_in_order(void *arg) {
    (void)arg;
    here_waker = far_waker = edo_waker_noop();
    EXPECT("fhpfhp", 0, 1, 2, 3, 4, 5);
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

/* The guarantees of handoff.h for the list, as far as visible. */
static void check_passed(const line *l) {
    const edo_wait_node *last = l->mutex.passed.last;
    bool seen = !last;
    for (const edo_wait_node *n = l->mutex.waiters.first; n && !seen; n = n->next) {
        CHECK(n->waker != here_waker);
        seen = n == last;
    }
    CHECK(seen);
}

static int first_of(const line *l, const char *who) {
    for (const edo_wait_node *n = l->mutex.waiters.first; n; n = n->next)
        for (int i = 0; i < l->n; i++)
            if (&l->f[i].node == n && strchr(who, l->who[i])) return i;
    return NOBODY;
}

static int random_runs_serve_the_first_or_one_of_this_worker_here(void *arg) {
    (void)arg;
    static line l;
    uint64_t random = 88172645463325252u;
    int64_t passed_since = worker->clock.paused_ns;
    begin(&l, "hfphfhfhfphf");
    CHECK_EQ(l.n, RANDOM_N);
    for (int step = 0; step < STEPS; step++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int at = (int)(random >> 8 & 15), op = (int)(random & 3);
        pass_us((int64_t)(random >> 16 & 15));
        if (op < 2) {
            int first = first_of(&l, "hfp"), of_this_worker = first_of(&l, "h");
            int served = first == NOBODY ? NOBODY : next(&l);
            CHECK(served == first || served == of_this_worker);
            if (served == first) passed_since = worker->clock.paused_ns;
            // at most four more pass before the clock is read, after 15 us per step and a few steps
            // each
            CHECK(worker->clock.paused_ns - passed_since < (EDOI_PASSED_MAX_US + 1000) * 1000);
        } else if (at < l.n && !l.waits[at]) {
            join_line(&l, at);
        } else if (at < l.n && op == 3 && random >> 62 == 0) {
            if (first_of(&l, "hfp") == at) passed_since = worker->clock.paused_ns;
            leave(&l, at);
        }
        check_passed(&l);
    }
    end(&l);
    return 0;
}
ON_TWO_WORKERS(random_runs_serve_the_first_or_one_of_this_worker)

/* ---- Permits --------------------------------------------------------------------------------- */

static void want(edo_sem_acquire_future *f, edo_sem *s, uint32_t n, char who) {
    edo_cx cx = cx_of(who);
    CHECK_EQ(edo_poll(edo_sem_acquire_init(f, s, n), &cx), EDO_PENDING);
}

static bool has(edo_sem_acquire_future *f, char who) {
    edo_cx cx = cx_of(who);
    return edo_poll(&f->base, &cx) == EDO_READY;
}

static int request_for_one_passes_others_for_one_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, one;
    want(&far, &s, 1, 'f');
    want(&one, &s, 1, 'h');
    edo_sem_release(&s, 1);
    CHECK(!has(&far, 'f') && has(&one, 'h'));
    edo_sem_release(&s, 1);
    CHECK(has(&far, 'f'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(request_for_one_passes_others_for_one)

static int request_for_several_passes_no_waiter_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, two, one;
    want(&far, &s, 1, 'f');
    want(&two, &s, 2, 'h');
    want(&one, &s, 1, 'h');
    edo_sem_release(&s, 1);
    CHECK(has(&far, 'f') && two.have == 0 && !has(&one, 'h'));
    edo_sem_release(&s, 1);
    CHECK(two.have == 1 && !has(&one, 'h'));
    edo_sem_release(&s, 1);
    CHECK(has(&two, 'h') && !has(&one, 'h'));
    edo_sem_release(&s, 1);
    CHECK(has(&one, 'h'));
    want(&far, &s, 1, 'f');
    want(&two, &s, 2, 'h');
    edo_sem_release(&s, 2);
    CHECK(has(&far, 'f') && two.have == 1);
    edo_drop(&two.base);
    CHECK_EQ(edo_sem_available(&s), 1);
    return 0;
}
ON_TWO_WORKERS(request_for_several_passes_no_waiter)

static int request_for_several_is_not_passed_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far[2], two, one;
    for (int first = 0; first < 2; first++) { // in the second round as the first in line
        if (first == 0) want(&far[0], &s, 1, 'f');
        want(&two, &s, 2, 'f');
        want(&far[1], &s, 1, 'f');
        want(&one, &s, 1, 'h');
        if (first == 0) {
            edo_sem_release(&s, 1);
            CHECK(has(&far[0], 'f'));
        }
        edo_sem_release(&s, 1);
        CHECK(two.have == 1 && !has(&one, 'h'));
        edo_sem_release(&s, 1);
        CHECK(has(&two, 'f') && !has(&one, 'h'));
        edo_sem_release(&s, 1);
        CHECK(!has(&far[1], 'f') && has(&one, 'h')); // now only requests for one permit are left
        edo_sem_release(&s, 1);
        CHECK(has(&far[1], 'f'));
    }
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(request_for_several_is_not_passed)

static int request_that_was_passed_is_dropped_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future f[4];
    want(&f[0], &s, 1, 'f');
    want(&f[1], &s, 1, 'f');
    want(&f[2], &s, 1, 'h');
    want(&f[3], &s, 1, 'h');
    edo_sem_release(&s, 1);
    CHECK(has(&f[2], 'h'));
    CHECK(s.passed.last == &f[1].node);
    edo_drop(&f[1].base);
    CHECK(s.passed.last == &f[0].node);
    edo_sem_release(&s, 2); // several permits: in strict order
    CHECK(!s.passed.last && has(&f[0], 'f') && has(&f[3], 'h'));
    CHECK_EQ(edo_sem_available(&s), 0);
    return 0;
}
ON_TWO_WORKERS(request_that_was_passed_is_dropped)

static int close_forgets_the_passed_waiters_here(void *arg) {
    (void)arg;
    edo_sem s = EDO_SEM_INIT(0);
    edo_sem_acquire_future far, gone, one;
    want(&far, &s, 1, 'f');
    want(&gone, &s, 1, 'f');
    want(&one, &s, 1, 'h');
    edo_sem_release(&s, 1);
    CHECK(has(&one, 'h') && s.passed.last == &gone.node);
    edo_sem_close(&s);
    CHECK(!s.passed.last);
    edo_drop(&gone.base);
    CHECK(has(&far, 'f'));
    CHECK_EQ(edo_result(&far), -EDO_ECLOSED);
    edo_sem_release(&s, 1);
    CHECK_EQ(edo_sem_available(&s), 1);
    return 0;
}
ON_TWO_WORKERS(close_forgets_the_passed_waiters)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiters_of_this_worker_pass_others),
        cmocka_unit_test(first_in_line_is_passed_for_1_ms),
        cmocka_unit_test(first_in_line_is_passed_by_four_long_holds),
        cmocka_unit_test(passing_begins_anew_after_the_first_was_served),
        cmocka_unit_test(waiter_that_leaves_is_not_looked_for),
        cmocka_unit_test(search_for_a_waiter_is_bounded),
        cmocka_unit_test(plain_thread_keeps_the_order),
        cmocka_unit_test(one_worker_keeps_the_order),
        cmocka_unit_test(random_runs_serve_the_first_or_one_of_this_worker),
        cmocka_unit_test(request_for_one_passes_others_for_one),
        cmocka_unit_test(request_for_several_passes_no_waiter),
        cmocka_unit_test(request_for_several_is_not_passed),
        cmocka_unit_test(request_that_was_passed_is_dropped),
        cmocka_unit_test(close_forgets_the_passed_waiters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
