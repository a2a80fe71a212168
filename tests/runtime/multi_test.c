/* SPDX-License-Identifier: MIT */
/* Goal: a multi-thread runtime keeps the promises of edo/runtime.h and edo/task.h. Method: public
 * API only, several workers whatever the machine has. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "multi.h"

#define WORKERS 4

static int answer(void *arg) {
    return (int)(intptr_t)arg;
}

static void run_returns_the_result_of_its_task(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS; workers++) {
        edo_runtime *rt = multi(workers);
        assert_int_equal(edo_run(rt, answer, (void *)(intptr_t)42), 42);
        edo_runtime_free(rt);
    }
}

#define CHILDREN 1000

static int sum_of_children(void *arg) {
    (void)arg;
    edo_task *tasks[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) tasks[i] = edo_spawn(answer, (void *)(intptr_t)i);
    int sum = 0;
    for (int i = 0; i < CHILDREN; i++) sum += edo_task_join(tasks[i]);
    return sum;
}

static void joins_a_thousand_children(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    for (int round = 0; round < 20; round++)
        assert_int_equal(edo_run(rt, sum_of_children, NULL), CHILDREN * (CHILDREN - 1) / 2);
    edo_runtime_free(rt);
}

static int yield_many(void *arg) {
    edo_atomic_u32 *n = arg;
    for (int i = 0; i < 200; i++) {
        (void)__atomic_fetch_add(&n->edoi_value, 1, __ATOMIC_RELAXED);
        int err = edo_yield();
        if (err < 0) return err;
    }
    return 0;
}

static int yielders(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 300; i++)
        if (edo_scope_spawn(&s, yield_many, arg) < 0) break;
    return edo_scope_end(&s, 0);
}

static void yields_never_lose_a_task(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    edo_atomic_u32 n = { 0 };
    assert_int_equal(edo_run(rt, yielders, &n), 0);
    assert_int_equal(n.edoi_value, 300 * 200);
    edo_runtime_free(rt);
}

typedef struct pair {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int n;
} pair;

static int produce(void *arg) {
    pair *p = arg;
    int err = 0;
    for (int i = 0; i < p->n && err >= 0; i++) err = edo_mpsc_send(p->tx, &i);
    edo_mpsc_tx_unref(p->tx);
    return err;
}

static int consume(void *arg) {
    pair *p = arg;
    int got, want = 0;
    while (edo_mpsc_recv(p->rx, &got) >= 0) {
        if (got != want) return -EPROTO;
        want++;
    }
    edo_mpsc_rx_free(p->rx);
    return want;
}

static int pairs(void *arg) {
    (void)arg;
    enum { N = 16, MESSAGES = 2000 };
    pair all[N];
    edo_task *consumers[N], *producers[N];
    for (int i = 0; i < N; i++) {
        all[i].n = MESSAGES;
        if (edo_mpsc_new(&all[i].tx, &all[i].rx, sizeof(int), (size_t)i + 1, NULL) < 0) return -1;
        producers[i] = edo_spawn(produce, &all[i]);
        consumers[i] = edo_spawn(consume, &all[i]);
    }
    int sum = 0;
    for (int i = 0; i < N; i++) {
        sum += edo_task_join(consumers[i]);
        if (edo_task_join(producers[i]) < 0) return -1;
    }
    return sum == N * MESSAGES ? 0 : -1;
}

static void channels_keep_order_between_workers(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    for (int round = 0; round < 5; round++) assert_int_equal(edo_run(rt, pairs, NULL), 0);
    edo_runtime_free(rt);
}

/* A sleeper, and the thread on which its timer woke it. */
typedef struct nap {
    int64_t ms;
    pthread_t thread;
} nap;

static int take_nap(void *arg) {
    nap *n = arg;
    const pthread_t before = pthread_self();
    for (int i = 0; i < 3; i++) {
        int err = edo_sleep(edo_ms(n->ms));
        if (err < 0) return err;
    }
    n->thread = pthread_self();
    return pthread_equal(before, n->thread) ? 0 : -EPROTO; // a fiber stays, and so does its timer
}

static int nappers(void *arg) {
    (void)arg;
    enum { N = 12 * WORKERS };
    const edo_spawn_opts spread = { .spread = true };
    static nap naps[N];
    edo_task *tasks[N];
    for (int i = 0; i < N; i++) {
        naps[i] = (nap){ .ms = i % 7 };
        tasks[i] = edo_spawn_with(take_nap, &naps[i], &spread);
    }
    int threads_n = 0, err = 0;
    for (int i = 0; i < N; i++) {
        int result = edo_task_join(tasks[i]);
        if (result < 0) err = result;
    }
    for (int i = 0; i < N; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++) seen = seen || pthread_equal(naps[j].thread, naps[i].thread);
        if (!seen) threads_n++;
    }
    return err < 0 ? err : threads_n;
}

static void timers_fire_on_every_worker(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    assert_int_equal(edo_run(rt, nappers, NULL), WORKERS);
    edo_runtime_free(rt);
}

static int forever(void *arg) {
    edo_notify *n = arg;
    return edo_notify_wait(n);
}

static void shutdown_cancels_waiting_tasks(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    edo_notify n = EDO_NOTIFY_INIT;
    edo_task *tasks[100];
    for (int i = 0; i < 100; i++) tasks[i] = edo_spawn_on(rt, forever, &n);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(edo_task_is_finished(tasks[i]));
        assert_int_equal(edo_task_get_outcome(tasks[i]), EDO_OUTCOME_CANCELED);
        edo_task_unref(tasks[i]);
    }
    edo_runtime_free(rt);
}

static void *spawner(void *arg) {
    edo_runtime *rt = arg;
    for (int i = 0; i < 2000; i++) {
        edo_task *t = edo_spawn_on(rt, answer, (void *)(intptr_t)i);
        if (edo_task_join(t) != i) return rt;
    }
    return NULL;
}

static void threads_outside_spawn_and_join(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, spawner, rt), 0);
    for (int i = 0; i < 3; i++) {
        void *complaint;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_returns_the_result_of_its_task),
        cmocka_unit_test(joins_a_thousand_children),
        cmocka_unit_test(yields_never_lose_a_task),
        cmocka_unit_test(channels_keep_order_between_workers),
        cmocka_unit_test(timers_fire_on_every_worker),
        cmocka_unit_test(shutdown_cancels_waiting_tasks),
        cmocka_unit_test(threads_outside_spawn_and_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
