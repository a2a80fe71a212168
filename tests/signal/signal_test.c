/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/signal.h: every listener receives each signal, bursts count once,
 * nothing is lost.
 * Method: signals that the process sends itself, received by fibers. */
#include "kinds.h"
#include "leftovers.h"
#include "patience.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK_INT(have, want)                                                                      \
    do {                                                                                           \
        int have_ = (have), want_ = (want);                                                        \
        if (have_ != want_) {                                                                      \
            print_error("%s:%d: %s is %d, not %d\n", __FILE__, __LINE__, #have, have_, want_);     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void in_fiber_of(const edo_runtime_opts *kind, edo_task_fn *body, void *arg) {
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, body, arg), 0);
    edo_runtime_free(rt);
}

static void in_fiber(edo_task_fn *body, void *arg) {
    for (size_t i = 0; i < KINDS_N; i++) in_fiber_of(&kinds[i], body, arg);
}

static int recv_one(void *arg) {
    return edo_signal_recv((edo_signal *)arg);
}

/* Whether nothing is there to be received now. */
static void check_quiet(edo_signal *s) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(2));
    CHECK_INT(edo_deadline_end(&d, edo_signal_recv(s)), -ETIMEDOUT);
}

static int all_hear_body(void *arg) {
    (void)arg;
    edo_signal *s[3];
    edo_task *t[3];
    for (size_t i = 0; i < EDO_COUNT(s); i++) CHECK_INT(edo_signal_listen(&s[i], SIGUSR1), 0);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < EDO_COUNT(s); i++) t[i] = edo_spawn(recv_one, s[i]);
        CHECK_INT(edo_yield(), 0);
        CHECK_INT(kill(getpid(), SIGUSR1), 0);
        for (size_t i = 0; i < EDO_COUNT(s); i++) CHECK_INT(edo_task_join(t[i]), 0);
    }
    for (size_t i = 0; i < EDO_COUNT(s); i++) edo_signal_close(s[i]);
    return 0;
}

static void every_listener_receives_each_signal(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    in_fiber(all_hear_body, NULL);
}

static int info_body(void *arg) {
    (void)arg;
    edo_signal *s;
    edo_signal_info info;
    static char values[3];
    int number = SIGRTMIN + 1;
    CHECK_INT(edo_signal_listen(&s, number), 0);
    CHECK_INT(kill(getpid(), number), 0);
    CHECK_INT(edo_signal_recv_info(s, &info), 0);
    CHECK_INT(info.signo == number && info.code == SI_USER && info.pid == getpid(), 1);
    CHECK_INT(info.uid == getuid(), 1);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(sigqueue(getpid(), number, (union sigval){ .sival_ptr = &values[i] }), 0);
        CHECK_INT(edo_signal_recv_info(s, &info), 0);
        CHECK_INT(info.code == SI_QUEUE && info.value == (intptr_t)&values[i], 1);
    }
    edo_signal_recv_info_future recv;
    edo_sleep_future nap;
    CHECK_INT(
        edo_select(edo_signal_recv_info_init(&recv, s, &info), edo_sleep_init(&nap, edo_ms(1))), 1);
    CHECK_INT(sigqueue(getpid(), number, (union sigval){ .sival_ptr = &values[1] }), 0);
    CHECK_INT(
        edo_select(edo_signal_recv_info_init(&recv, s, &info), edo_sleep_init(&nap, edo_s(60))), 0);
    CHECK_INT(edo_result(&recv), 0);
    CHECK_INT(info.signo, number);
    CHECK_INT(info.value == (intptr_t)&values[1], 1);
    check_quiet(s);
    edo_signal_close(s);
    return 0;
}

static void sender_and_value_are_told(void **state) {
    (void)state;
    in_fiber(info_body, NULL);
}

static int burst_body(void *arg) {
    (void)arg;
    edo_signal *one, *other;
    CHECK_INT(edo_signal_listen(&one, SIGUSR1), 0);
    CHECK_INT(edo_signal_listen(&other, SIGUSR2), 0);
    check_quiet(one);
    for (int i = 0; i < 10; i++) CHECK_INT(raise(SIGUSR1), 0);
    CHECK_INT(edo_signal_recv(one), 0);
    check_quiet(one);
    check_quiet(other); // it receives only its own signal
    CHECK_INT(raise(SIGUSR2), 0);
    CHECK_INT(raise(SIGUSR1), 0);
    edo_signal *late; // receives signals from now on
    CHECK_INT(edo_signal_listen(&late, SIGUSR2), 0);
    CHECK_INT(edo_signal_recv(other), 0);
    CHECK_INT(edo_signal_recv(one), 0);
    check_quiet(late);
    edo_signal_close(one);
    edo_signal_close(other);
    edo_signal_close(late);
    edo_signal_close(NULL);
    return 0;
}

static void burst_counts_once_and_only_for_its_listeners(void **state) {
    (void)state;
    in_fiber(burst_body, NULL);
}

static int close_it(void *arg) {
    edo_signal_close((edo_signal *)arg);
    return 0;
}

static int close_body(void *arg) {
    (void)arg;
    edo_signal *s;
    CHECK_INT(edo_signal_listen(&s, SIGUSR1), 0);
    edo_task *t = edo_spawn(recv_one, s);
    CHECK_INT(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_INT(edo_task_join(t), -ECANCELED);
    edo_signal_recv_future recv; // it waits: from then on another task may close
    CHECK_INT((int)edo_poll_once(edo_signal_recv_init(&recv, s)), (int)EDO_PENDING);
    t = edo_spawn(close_it, s);
    CHECK_INT(edo_await(&recv.base), -EDO_ECLOSED);
    CHECK_INT(edo_task_join(t), 0);
    CHECK_INT(raise(SIGUSR1), 0); // the handler stays: this does not end the process
    return 0;
}

static void closing_under_a_waiter_ends_its_wait(void **state) {
    (void)state;
    in_fiber(close_body, NULL);
}

typedef struct raiser {
    int signo;
    bool heard; /* atomic */
} raiser;

/* Again and again: it is not known when the other begins to listen. */
static int raise_until_heard(void *arg) {
    raiser *self = (raiser *)arg;
    int err = 0;
    while (err == 0 && !__atomic_load_n(&self->heard, __ATOMIC_RELAXED)) {
        CHECK_INT(raise(self->signo), 0);
        err = edo_sleep(edo_ms(1));
    }
    return err;
}

static int nap_then_raise(void *arg) {
    int err = edo_sleep(edo_ms(1));
    CHECK_INT(raise(*(int *)arg), 0);
    return err;
}

static int ctrl_c_body(void *arg) {
    (void)arg;
    edo_signal *first; // a signal without a listener would end the process
    CHECK_INT(edo_signal_listen(&first, SIGINT), 0);
    edo_scope s;
    raiser r = { .signo = SIGINT };
    edo_scope_begin(&s, NULL);
    CHECK_INT(edo_scope_spawn(&s, raise_until_heard, &r), 0);
    CHECK_INT(edo_ctrl_c(), 0);
    __atomic_store_n(&r.heard, true, __ATOMIC_RELAXED);
    CHECK_INT(edo_scope_end(&s, 0), 0);
    edo_signal_close(first);
    return 0;
}

static void ctrl_c_is_awaited(void **state) {
    (void)state;
    in_fiber(ctrl_c_body, NULL);
    in_fiber(ctrl_c_body, NULL); // in another runtime too
}

static void signal_that_cannot_be_awaited_is_refused(void **state) {
    (void)state;
    static const int bad[] = { SIGKILL, SIGSTOP, SIGILL, SIGFPE, SIGSEGV, SIGBUS, 0, -1, 65, 1000 };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_signal *s = NULL;
        assert_int_equal(edo_signal_listen(&s, bad[i]), -EINVAL);
        assert_null(s);
    }
}

/* Two runtimes on two threads: both receive it, also when the first one to receive is gone. */
typedef struct side {
    pthread_t thread;
    const edo_runtime_opts *kind;
    edo_atomic_u32 *listening;
} side;

static int side_body(void *arg) {
    side *self = (side *)arg;
    edo_signal *s;
    CHECK_INT(edo_signal_listen(&s, SIGUSR1), 0);
    edo_task *t = edo_spawn(recv_one, s);
    CHECK_INT(edo_yield(), 0);
    (void)EDOI_ATOMIC_FETCH_ADD(&self->listening->edoi_value, 1u, EDOI_ACQ_REL);
    CHECK_INT(edo_task_join(t), 0);
    edo_signal_close(s);
    return 0;
}

static void *run_side(void *arg) {
    side *self = (side *)arg;
    in_fiber_of(self->kind, side_body, self);
    return NULL;
}

static void two_runtimes_receive_the_same_signal(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        edo_atomic_u32 listening = { 0 };
        side sides[2];
        for (size_t i = 0; i < 2; i++) {
            sides[i].listening = &listening;
            sides[i].kind = &kinds[(size_t)round / (i + 1) % KINDS_N];
            assert_int_equal(pthread_create(&sides[i].thread, NULL, run_side, &sides[i]), 0);
        }
        WAIT_FOR(EDOI_ATOMIC_LOAD(&listening.edoi_value, EDOI_ACQUIRE) == 2);
        assert_int_equal(kill(getpid(), SIGUSR1), 0);
        for (size_t i = 0; i < 2; i++) pthread_join(sides[i].thread, NULL);
    }
}

static int nap(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(5));
}

static int hear_late_body(void *arg) {
    edo_signal *s;
    CHECK_INT(edo_signal_listen(&s, SIGUSR1), 0);
    edo_task *t = edo_spawn(nap_then_raise, arg);
    int64_t late_ns = edo_now().ns + edo_s(PATIENCE_S).ns;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(PATIENCE_S)); // its end would find the signal, too
    CHECK_INT(edo_deadline_end(&d, edo_signal_recv(s)), 0);
    CHECK_INT(edo_now().ns < late_ns, true);
    CHECK_INT(edo_task_join(t), 0);
    edo_signal_close(s);
    return 0;
}

/* A runtime whose task waits for the signal, and that no thread drives meanwhile. */
static void runtime_that_stands_still_keeps_no_signal_from_others(void **state) {
    (void)state;
    edo_runtime *still = NULL;
    edo_signal *s = NULL;
    int signo = SIGUSR1;
    assert_int_equal(edo_runtime_new(&still, &one_thread), 0);
    assert_int_equal(edo_signal_listen(&s, SIGUSR1), 0);
    edo_task *t = edo_spawn_on(still, recv_one, s);
    assert_int_equal(edo_run(still, nap, NULL), 0); // now it waits
    in_fiber(hear_late_body, &signo);
    edo_task_join_future join;
    assert_int_equal(edo_block_on(still, edo_task_join_init(&join, t)), 0);
    edo_signal_close(s);
    edo_runtime_free(still);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_listener_receives_each_signal),
        cmocka_unit_test(sender_and_value_are_told),
        cmocka_unit_test(burst_counts_once_and_only_for_its_listeners),
        cmocka_unit_test(closing_under_a_waiter_ends_its_wait),
        cmocka_unit_test(ctrl_c_is_awaited),
        cmocka_unit_test(signal_that_cannot_be_awaited_is_refused),
        cmocka_unit_test(two_runtimes_receive_the_same_signal),
        cmocka_unit_test(runtime_that_stands_still_keeps_no_signal_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
