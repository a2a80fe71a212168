/* SPDX-License-Identifier: MIT */
/* Goal: wakes, spawns, joins and channels from threads that drive nothing; wakers that outlive the
 * runtime; several threads in edo_block_on(). Method: threads that hammer one runtime,
 * every message and every task accounted for. Meant for the thread sanitizer too. */
#include <edo/async.h>
#include <edo/edo.h>

#include "inside.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define THREADS 4
#define ROUNDS  500

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void add(edo_atomic_u32 *a, uint32_t n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, n, EDOI_ACQ_REL);
}

/* ---- Channel --------------------------------------------------------------------------------- */

static void *send_many(void *arg) {
    edo_mpsc_tx *tx = arg;
    for (int i = 1; i <= ROUNDS; i++) CHECK_EQ(edo_mpsc_send(tx, &i), 0); // parks when full
    edo_mpsc_tx_unref(tx);
    return NULL;
}

static int receive_all(void *arg) {
    edo_mpsc_rx *rx = arg;
    int64_t sum = 0;
    int value, err;
    while ((err = edo_mpsc_recv(rx, &value)) == 0) sum += value;
    CHECK_EQ(err, -EDO_ECLOSED);
    edo_mpsc_rx_free(rx);
    return (int)sum;
}

static void
threads_send_to_a_task_and_park_when_the_channel_is_full_on(const edo_runtime_opts *kind) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    pthread_t threads[THREADS];
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 3, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, edo_mpsc_tx_ref(tx)), 0);
    edo_mpsc_tx_unref(tx);
    assert_int_equal(inside_with(receive_all, rx, kind), THREADS * ROUNDS * (ROUNDS + 1) / 2);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}
ON_EACH_KIND(threads_send_to_a_task_and_park_when_the_channel_is_full)

static int send_from_task(void *arg) {
    edo_mpsc_tx *tx = arg;
    for (int i = 1; i <= ROUNDS; i++) CHECK_EQ(edo_mpsc_send(tx, &i), 0);
    edo_mpsc_tx_unref(tx);
    return 0;
}

static void *receive_on_thread(void *arg) {
    return (void *)(intptr_t)receive_all(arg);
}

static void a_thread_receives_from_tasks_on(const edo_runtime_opts *kind) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    pthread_t thread;
    void *sum;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 2, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, receive_on_thread, rx), 0);
    assert_int_equal(inside_with(send_from_task, tx, kind), 0);
    assert_int_equal(pthread_join(thread, &sum), 0);
    assert_int_equal((intptr_t)sum, ROUNDS * (ROUNDS + 1) / 2);
}
ON_EACH_KIND(a_thread_receives_from_tasks)

/* ---- Spawn, join, abort ---------------------------------------------------------------------- */

static edo_atomic_u32 runs;

static int run_once(void *arg) {
    add(&runs, 1);
    int err = edo_yield();
    return err < 0 ? err : (int)(intptr_t)arg;
}

static void *spawn_and_join(void *arg) {
    edo_runtime *rt = arg;
    for (int i = 0; i < ROUNDS; i++) {
        edo_task *t = edo_spawn_on(rt, run_once, (void *)(intptr_t)i);
        CHECK(t);
        if (i % 3 == 1) edo_task_cancel(t);
        if (i % 3 == 2) {
            edo_task_detach(t);
            continue;
        }
        int result = edo_task_join(t);
        if (i % 3 == 0) CHECK_EQ(result, i);
        if (i % 3 == 1) CHECK(result == i || result == -ECANCELED);
    }
    return NULL;
}

static int until_all_ran(void *arg) {
    (void)arg;
    WAIT_FOR(load(&runs) >= THREADS * ROUNDS);
    return 0;
}

static void threads_spawn_join_abort_and_detach_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    pthread_t threads[THREADS];
    EDOI_ATOMIC_STORE(&runs.edoi_value, 0u, EDOI_RELAXED);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spawn_and_join, rt), 0);
    assert_int_equal(edo_run(rt, until_all_ran, NULL), 0);
    // The last tasks still have to get their results: a thread must drive for them.
    edo_yield_future turn;
    for (int i = 0; i < 100; i++) (void)edo_block_on(rt, edo_yield_init(&turn));
    for (int i = 0; i < THREADS; i++) {
        while (pthread_tryjoin_np(threads[i], NULL) == EBUSY) {
            (void)edo_block_on(rt, edo_yield_init(&turn));
        }
    }
    assert_int_equal(load(&runs), THREADS * ROUNDS);
    edo_runtime_free(rt);
}
ON_EACH_KIND(threads_spawn_join_abort_and_detach)

/* Aborts from another thread meet tasks in every state. */
static void *abort_it(void *arg) {
    edo_task *t = arg;
    for (volatile int i = 0; i < (int)((uintptr_t)t >> 6 & 1023); i++) {
    }
    edo_task_cancel(t);
    edo_task_unref(t);
    return NULL;
}

static int nap_and_yield(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < 10 && err == 0; i++) err = i % 2 ? edo_yield() : edo_sleep(edo_us(200));
    return err;
}

static int aborts_race_root(void *arg) {
    (void)arg;
    for (int i = 0; i < 100; i++) {
        edo_task *t = edo_spawn(nap_and_yield, NULL);
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, abort_it, edo_task_ref(t)), 0);
        int result = edo_task_join(t);
        CHECK(result == 0 || result == -ECANCELED);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return 0;
}

static void an_abort_from_a_thread_meets_a_task_in_any_state_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(aborts_race_root, NULL, kind), 0);
}
ON_EACH_KIND(an_abort_from_a_thread_meets_a_task_in_any_state)

/* ---- Wakers ---------------------------------------------------------------------------------- */

typedef struct kept {
    edo_waker *waker;
    edo_atomic_u32 there, stop;
} kept;

/* Keeps the waker, is ready when its flag is set. */
static edo_polled keep_waker(void *arg, edo_cx *cx, int *result) {
    kept *k = arg;
    *result = 4;
    if (!k->waker) {
        k->waker = edo_waker_ref(edo_cx_waker(cx));
        add(&k->there, 1);
    }
    (void)edo_cx_waker(cx);
    return load(&k->stop) ? EDO_READY : EDO_PENDING;
}

static int wait_kept(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, keep_waker, arg));
}

static void *hammer(void *arg) {
    kept *k = arg;
    WAIT_FOR(load(&k->there));
    for (int i = 0; i < ROUNDS * 10; i++) edo_waker_wake(k->waker);
    add(&k->stop, 1);
    for (int i = 0; i < ROUNDS * 10; i++) edo_waker_wake(k->waker); // also when it has ended
    return NULL;
}

static void wakes_from_threads_hammer_a_task_and_none_is_lost_on(const edo_runtime_opts *kind) {
    for (int round = 0; round < 5; round++) {
        kept k = { 0 };
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, hammer, &k), 0);
        assert_int_equal(inside_with(wait_kept, &k, kind), 4);
        for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
        edo_waker_wake(k.waker); // the runtime is gone
        edo_waker_unref(k.waker);
    }
}
ON_EACH_KIND(wakes_from_threads_hammer_a_task_and_none_is_lost)

static int return_at_once(void *arg) {
    return *(int *)arg;
}

/* ---- edo_block_on from several threads ------------------------------------------------------- */

EDO_ASYNC(machine, int naps; int result; edo_sleep_future nap;) {
    EDO_BEGIN;
    while (self->naps-- > 0) EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(1)));
    EDO_RETURN(self->result);
    EDO_END;
}

typedef struct joiner {
    edo_runtime *rt;
    edo_task *t;
} joiner;

static void *block_on_it(void *arg) {
    joiner *j = arg;
    edo_task_join_future f;
    return (void *)(intptr_t)edo_block_on(j->rt, edo_task_join_init(&f, j->t));
}

static void waiting_thread_takes_over_when_the_driver_leaves_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    pthread_t threads[THREADS];
    joiner j[THREADS];
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int i = 0; i < THREADS; i++) {
        machine m = { .naps = 3 * (i + 1), .result = i };
        j[i] = (joiner){ rt, edo_spawn_future(machine_init(&m)) };
    }
    edo_runtime_leave(rt);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, block_on_it, &j[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_int_equal((intptr_t)result, i);
    }
    edo_runtime_free(rt);
}
ON_EACH_KIND(waiting_thread_takes_over_when_the_driver_leaves)

/* ---- Awaiting on plain threads --------------------------------------------------------------- */

typedef struct meeting {
    edo_mutex mutex;
    edo_task *t;
    edo_runtime *rt;
    edo_atomic_u32 step;
} meeting;

static int hold_and_release(void *arg) {
    meeting *m = arg;
    CHECK_EQ(edo_mutex_lock(&m->mutex), 0);
    add(&m->step, 1);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    edo_mutex_unlock(&m->mutex);
    WAIT_FOR(load(&m->step) >= 2);
    return 8;
}

static void *meet(void *arg) {
    meeting *m = arg;
    WAIT_FOR(load(&m->step) >= 1);
    CHECK_EQ(edo_mutex_lock(&m->mutex), 0); // of a task, without being in a runtime
    edo_mutex_unlock(&m->mutex);
    CHECK_EQ(edo_runtime_enter(m->rt), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // another thread drives: by itself
    edo_sleep_future nap;
    CHECK_EQ(edo_block_on(m->rt, edo_sleep_init(&nap, edo_ms(1))), 0);
    edo_runtime_leave(m->rt);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // and without any runtime
    CHECK_EQ(edo_yield(), 0);
    add(&m->step, 1);
    return (void *)(intptr_t)edo_task_join(m->t);
}

static int meet_root(void *arg) {
    meeting *m = arg;
    m->t = edo_spawn(hold_and_release, m);
    edo_task *mine = edo_task_ref(m->t);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, meet, m), 0);
    WAIT_FOR(edo_task_is_finished(mine));
    edo_task_unref(mine);
    void *result;
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_EQ((intptr_t)result, 8);
    return 0;
}

static void
plain_threads_await_locks_joins_and_time_also_without_a_runtime_on(const edo_runtime_opts *kind) {
    meeting m = { .mutex = EDO_MUTEX_INIT };
    assert_int_equal(edo_runtime_new(&m.rt, kind), 0);
    assert_int_equal(edo_run(m.rt, meet_root, &m), 0);
    edo_runtime_free(m.rt);
}
ON_EACH_KIND(plain_threads_await_locks_joins_and_time_also_without_a_runtime)

static void *sleep_in(void *arg) {
    CHECK_EQ(edo_runtime_enter(arg), 0);
    CHECK_EQ(edo_sleep(edo_ms(40)), 0); // by itself at first; then it drives
    edo_runtime_leave(arg);
    return NULL;
}

static int start_sleeper(void *arg) {
    CHECK_EQ(pthread_create(arg, NULL, sleep_in, edo_runtime_current()), 0);
    return edo_sleep(edo_ms(20));
}

static void thread_that_takes_over_while_it_sleeps_wakes_in_time_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    pthread_t thread;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, start_sleeper, &thread), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(rt);
}
ON_EACH_KIND(thread_that_takes_over_while_it_sleeps_wakes_in_time)

static int add_one(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return ++*(int *)arg;
}

static void thread_that_entered_drives_a_runtime_without_a_driver_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    int n = 0;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_null(edo_runtime_current());
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_runtime_enter(rt), 0); // nests
    assert_ptr_equal(edo_runtime_current(), rt);
    assert_int_equal(edo_task_join(edo_spawn(add_one, &n)), 1);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_task_join(edo_spawn(add_one, &n)), 2);
    edo_runtime_leave(rt);
    assert_null(edo_runtime_current());
    edo_runtime_free(rt);
}
ON_EACH_KIND(thread_that_entered_drives_a_runtime_without_a_driver)

/* ---- Two runtimes ---------------------------------------------------------------------------- */

static edo_runtime *second;
static edo_sem is_spawned = EDO_SEM_INIT(0);

static int spawn_on_second(void *arg) {
    edo_task *t = edo_spawn_on(second, return_at_once, arg);
    edo_sem_release(&is_spawned, 1);
    return edo_task_join(t);
}

static void *drive_second(void *arg) {
    (void)arg;
    static int five = 5;
    edo_task_join_future f;
    edo_task *t = edo_spawn_on(second, return_at_once, &five);
    return (void *)(intptr_t)edo_block_on(second, edo_task_join_init(&f, t));
}

static void join_over_the_border(const edo_runtime_opts *from, const edo_runtime_opts *to) {
    assert_int_equal(edo_runtime_new(&second, to), 0);
    static int six = 6;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, from), 0);
    edo_task *t = edo_spawn_on(rt, spawn_on_second, &six); // waits for a task of the second
    edo_sem_acquire_future turn;
    assert_int_equal(edo_block_on(rt, edo_sem_acquire_init(&turn, &is_spawned, 1)), 0);
    pthread_t thread; // the thread that drives the second drives that task too
    assert_int_equal(pthread_create(&thread, NULL, drive_second, NULL), 0);
    edo_task_join_future f;
    assert_int_equal(edo_block_on(rt, edo_task_join_init(&f, t)), 6);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(second);
    edo_runtime_free(rt);
}

static void tasks_join_over_the_borders_of_runtimes(void **state) {
    (void)state;
    for (size_t from = 0; from < KINDS_N; from++)
        for (size_t to = 0; to < KINDS_N; to++) join_over_the_border(&kinds[from], &kinds[to]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_send_to_a_task_and_park_when_the_channel_is_full),
        cmocka_unit_test(a_thread_receives_from_tasks),
        cmocka_unit_test(threads_spawn_join_abort_and_detach),
        cmocka_unit_test(an_abort_from_a_thread_meets_a_task_in_any_state),
        cmocka_unit_test(wakes_from_threads_hammer_a_task_and_none_is_lost),
        cmocka_unit_test(waiting_thread_takes_over_when_the_driver_leaves),
        cmocka_unit_test(plain_threads_await_locks_joins_and_time_also_without_a_runtime),
        cmocka_unit_test(thread_that_takes_over_while_it_sleeps_wakes_in_time),
        cmocka_unit_test(thread_that_entered_drives_a_runtime_without_a_driver),
        cmocka_unit_test(tasks_join_over_the_borders_of_runtimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
