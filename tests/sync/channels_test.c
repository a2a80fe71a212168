/* SPDX-License-Identifier: MIT */
/* Goal: the awaiting forms of the channels keep the promises of the headers in fibers, on plain
 * threads, and under cancellation. Method: small programs on every kind of runtime. */
#include "inside.h"
#include "kinds.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MESSAGES 2000

static void run(edo_task_fn *fn) {
    for (size_t i = 0; i < KINDS_N; i++) {
        edo_runtime *rt = NULL;
        assert_int_equal(edo_runtime_new(&rt, &kinds[i]), 0);
        assert_int_equal(edo_run(rt, fn, NULL), 0);
        edo_runtime_free(rt);
    }
}

/* Sends 1 to MESSAGES; returns 0 when all were taken. */
static int count_up(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = 0;
    for (int i = 1; i <= MESSAGES && err == 0; i++) err = edo_mpsc_send(tx, &i);
    edo_mpsc_tx_unref(tx);
    return err;
}

static void *count_up_on_thread(void *arg) {
    return count_up(arg) == 0 ? arg : NULL;
}

static int sum_up(edo_mpsc_rx *rx, int64_t *sum) {
    int value, err;
    *sum = 0;
    while ((err = edo_mpsc_recv(rx, &value)) == 0) *sum += value;
    edo_mpsc_rx_free(rx);
    return err;
}

static int fibers_and_threads_send(void *arg) {
    static const size_t caps[] = { 1, 100, EDO_MPSC_UNBOUNDED };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        int64_t sum;
        pthread_t thread;
        void *ok = NULL;
        CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), caps[i], NULL), 0);
        edo_task *a = edo_spawn(count_up, edo_mpsc_tx_ref(tx));
        edo_task *b = edo_spawn(count_up, edo_mpsc_tx_ref(tx));
        CHECK_EQ(pthread_create(&thread, NULL, count_up_on_thread, tx), 0);
        CHECK_EQ(sum_up(rx, &sum), -EDO_ECLOSED);
        CHECK(sum == 3 * (int64_t)MESSAGES * (MESSAGES + 1) / 2);
        CHECK_EQ(edo_task_join(a), 0);
        CHECK_EQ(edo_task_join(b), 0);
        (void)pthread_join(thread, &ok);
        CHECK(ok);
    }
    return 0;
}

static void messages_from_fibers_and_threads_all_arrive(void **state) {
    (void)state;
    run(fibers_and_threads_send);
}

/* A request that carries its own answer. */
typedef struct request {
    int number;
    edo_oneshot_tx *reply;
} request;

static int doubler(void *arg) {
    edo_mpsc_rx *rx = arg;
    request r;
    while (edo_mpsc_recv(rx, &r) == 0) {
        if (r.number < 0) {
            edo_oneshot_tx_free(r.reply); // no answer
            continue;
        }
        int twice = 2 * r.number;
        CHECK_EQ(edo_oneshot_send(r.reply, &twice), 0);
    }
    edo_mpsc_rx_free(rx);
    return 0;
}

static int ask(edo_mpsc_tx *tx, int number, int *answer) {
    request r = { .number = number };
    edo_oneshot_rx *rx;
    CHECK_EQ(edo_oneshot_new(&r.reply, &rx, sizeof(int), NULL), 0);
    CHECK_EQ(edo_mpsc_send(tx, &r), 0);
    int err = edo_oneshot_recv(rx, answer);
    edo_oneshot_rx_free(rx);
    return err;
}

static int ask_an_actor(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int answer = 0;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(request), 8, NULL), 0);
    edo_task *actor = edo_spawn(doubler, rx);
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(ask(tx, i, &answer), 0);
        CHECK_EQ(answer, 2 * i);
    }
    CHECK_EQ(ask(tx, -1, &answer), -EDO_ECLOSED);
    edo_mpsc_tx_unref(tx);
    return edo_task_join(actor);
}

static void requests_are_answered_by_oneshot(void **state) {
    (void)state;
    run(ask_an_actor);
}

static int send_seven(void *arg) {
    int seven = 7;
    return edo_mpsc_send(arg, &seven);
}

static int send_eight(void *arg) {
    int eight = 8;
    return edo_mpsc_send(arg, &eight);
}

static int abort_a_sender(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int value = 1;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), 1, NULL), 0);
    CHECK_EQ(edo_mpsc_send(tx, &value), 0);
    edo_task *first = edo_spawn(send_seven, tx), *second = edo_spawn(send_eight, tx);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(first);
    CHECK_EQ(edo_task_join(first), -ECANCELED);
    CHECK_EQ(edo_mpsc_recv(rx, &value), 0);
    CHECK_EQ(edo_mpsc_recv(rx, &value), 0);
    CHECK_EQ(value, 8);
    CHECK_EQ(edo_mpsc_try_recv(rx, &value), -EAGAIN);
    CHECK_EQ(edo_task_join(second), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    int err = edo_deadline_end(&d, edo_mpsc_recv(rx, &value));
    CHECK_EQ(err, -ETIMEDOUT);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void cancelled_send_sends_nothing_and_the_next_goes_on(void **state) {
    (void)state;
    run(abort_a_sender);
}

static int listen_to_all(void *arg) {
    edo_broadcast_rx *rx = arg;
    int value, err, last = 0;
    uint64_t missed_n = 0;
    int got_n = 0;
    for (;;) {
        uint64_t missed = 0;
        err = edo_broadcast_recv(rx, &value, &missed);
        if (err == -EDO_ECLOSED) break;
        missed_n += missed;
        if (err == -EDO_ELAGGED) continue;
        CHECK(value > last);
        last = value;
        got_n++;
    }
    edo_broadcast_rx_free(rx);
    CHECK_EQ(last, MESSAGES);
    return got_n + (int)missed_n;
}

static int speak_to_many(void *arg) {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    edo_task *tasks[20];
    (void)arg;
    CHECK_EQ(edo_broadcast_new(&tx, &rx, sizeof(int), 16, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        edo_broadcast_rx *own;
        CHECK_EQ(edo_broadcast_subscribe(&own, tx), 0);
        tasks[i] = edo_spawn(listen_to_all, own);
    }
    edo_broadcast_rx_free(rx);
    for (int i = 1; i <= MESSAGES; i++) {
        CHECK_EQ(edo_broadcast_send(tx, &i), 0);
        if (i % 7 == 0 || i % 100 > 80) CHECK_EQ(edo_yield(), 0);
    }
    edo_broadcast_tx_unref(tx);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), MESSAGES);
    return 0;
}

static void each_receiver_gets_all_or_the_number_it_missed(void **state) {
    (void)state;
    run(speak_to_many);
}

typedef struct worker {
    edo_mpsc_rx *jobs;
    edo_watch_rx *stop;
} worker;

static int work_until_stopped(void *arg) {
    worker *w = arg;
    int done = 0;
    for (;;) {
        edo_mpsc_recv_future job;
        edo_watch_changed_future stop;
        int value;
        int which = edo_select(edo_mpsc_recv_init(&job, w->jobs, &value),
                               edo_watch_changed_init(&stop, w->stop));
        if (which != 0) return which == 1 ? done : which;
        done++;
    }
}

static bool is_true(void *arg, const void *value) {
    (void)arg;
    return *(const bool *)value;
}

static int stop_a_worker(void *arg) {
    edo_mpsc_tx *jobs;
    edo_watch_tx *stop;
    worker w;
    bool stopped = false, seen = false;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&jobs, &w.jobs, sizeof(int), 4, NULL), 0);
    CHECK_EQ(edo_watch_new(&stop, &w.stop, sizeof stopped, &stopped, NULL), 0);
    edo_watch_rx *own;
    CHECK_EQ(edo_watch_subscribe(&own, stop), 0);
    edo_task *task = edo_spawn(work_until_stopped, &w);
    for (int i = 0; i < 50; i++) CHECK_EQ(edo_mpsc_send(jobs, &i), 0);
    YIELD_FOR(edo_mpsc_len(w.jobs) == 0);
    stopped = true;
    CHECK_EQ(edo_watch_send(stop, &stopped), 0);
    CHECK_EQ(edo_task_join(task), 50);
    CHECK_EQ(edo_watch_wait_for(own, &seen, is_true, NULL), 0);
    CHECK(seen);
    edo_mpsc_tx_unref(jobs);
    edo_mpsc_rx_free(w.jobs);
    edo_watch_rx_free(own);
    edo_watch_rx_free(w.stop);
    CHECK_EQ(edo_watch_closed(stop), 0);
    edo_watch_tx_unref(stop);
    return 0;
}

static void worker_selects_between_jobs_and_the_stop_flag(void **state) {
    (void)state;
    run(stop_a_worker);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int every_end(void *arg) {
    (void)arg;
    int value = 1, values[2];
    edo_mpsc_tx *mtx;
    edo_mpsc_rx *mrx;
    CHECK_EQ(edo_mpsc_new(&mtx, &mrx, sizeof value, 1, NULL), 0);
    edo_mpsc_tx_unref(mtx);
    CHECK_EQ(edo_mpsc_recv(mrx, &value), -EDO_ECLOSED);
    CHECK_EQ(edo_mpsc_recv_many(mrx, values, 2), -EDO_ECLOSED);
    CHECK_EQ(edo_mpsc_try_recv(mrx, &value), -EDO_ECLOSED);
    edo_mpsc_rx_free(mrx);
    edo_chan_tx *ctx;
    edo_chan_rx *crx;
    CHECK_EQ(edo_chan_new(&ctx, &crx, sizeof value, 1, NULL), 0);
    edo_chan_tx_unref(ctx);
    CHECK_EQ(edo_chan_recv(crx, &value), -EDO_ECLOSED);
    CHECK_EQ(edo_chan_recv_many(crx, values, 2), -EDO_ECLOSED);
    CHECK_EQ(edo_chan_try_recv(crx, &value), -EDO_ECLOSED);
    edo_chan_rx_unref(crx);
    edo_oneshot_tx *otx;
    edo_oneshot_rx *orx;
    CHECK_EQ(edo_oneshot_new(&otx, &orx, sizeof value, NULL), 0);
    edo_oneshot_tx_free(otx);
    CHECK_EQ(edo_oneshot_recv(orx, &value), -EDO_ECLOSED);
    CHECK_EQ(edo_oneshot_try_recv(orx, &value), -EDO_ECLOSED);
    edo_oneshot_rx_free(orx);
    edo_broadcast_tx *btx;
    edo_broadcast_rx *brx;
    CHECK_EQ(edo_broadcast_new(&btx, &brx, sizeof value, 1, NULL), 0);
    edo_broadcast_tx_unref(btx);
    CHECK_EQ(edo_broadcast_recv(brx, &value, NULL), -EDO_ECLOSED);
    CHECK_EQ(edo_broadcast_try_recv(brx, &value, NULL), -EDO_ECLOSED);
    edo_broadcast_rx_free(brx);
    edo_watch_tx *wtx;
    edo_watch_rx *wrx;
    CHECK_EQ(edo_watch_new(&wtx, &wrx, sizeof value, &value, NULL), 0);
    edo_watch_tx_unref(wtx);
    CHECK_EQ(edo_watch_changed(wrx), -EDO_ECLOSED);
    CHECK_EQ(edo_watch_has_changed(wrx), -EDO_ECLOSED);
    edo_watch_rx_free(wrx);
    return 0;
}

static void every_channel_ends_with_the_same_code(void **state) {
    (void)state;
    run(every_end);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_from_fibers_and_threads_all_arrive),
        cmocka_unit_test(requests_are_answered_by_oneshot),
        cmocka_unit_test(cancelled_send_sends_nothing_and_the_next_goes_on),
        cmocka_unit_test(each_receiver_gets_all_or_the_number_it_missed),
        cmocka_unit_test(worker_selects_between_jobs_and_the_stop_flag),
        cmocka_unit_test(every_channel_ends_with_the_same_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
