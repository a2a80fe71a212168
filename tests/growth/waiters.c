/* SPDX-License-Identifier: MIT */
/* tests/growth/waiters.c: n futures that wait for one thing, or for one thing each. */
#include "crowd.h"

#include <edo/compute.h>
#include <edo/delayq.h>
#include <edo/span.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_mutex mutex;

static void mutex_open(uint32_t n) {
    (void)n;
    mutex = (edo_mutex)EDO_MUTEX_INIT;
    GROWTH_CHECK(edo_mutex_try_lock(&mutex) == 0);
}
static void mutex_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_mutex_lock_init(f, &mutex);
}
static void mutex_wake(uint32_t n) {
    (void)n;
    edo_mutex_unlock(&mutex);
}
static void mutex_took(uint32_t i) {
    if (i + 1 < growth_crowd_n) edo_mutex_unlock(&mutex);
}
static void mutex_shut(uint32_t n) {
    (void)n;
    edo_mutex_unlock(&mutex);
}

static edo_rwlock rwlock;

static void rwlock_open(uint32_t n) {
    (void)n;
    rwlock = (edo_rwlock)EDO_RWLOCK_INIT;
    GROWTH_CHECK(edo_rwlock_try_write(&rwlock) == 0);
}
static void rwlock_make_reads(void *f, uint32_t i) {
    (void)i;
    (void)edo_rwlock_read_init(f, &rwlock);
}
static void rwlock_make_both(void *f, uint32_t i) {
    (void)(i % 3 ? edo_rwlock_read_init(f, &rwlock) : edo_rwlock_write_init(f, &rwlock));
}
static void rwlock_wake(uint32_t n) {
    (void)n;
    edo_rwlock_unlock(&rwlock);
}
static void rwlock_took(uint32_t i) {
    if (i + 1 < growth_crowd_n) edo_rwlock_unlock(&rwlock);
}

static edo_once once;
static edo_once_get_or_load_future first;
static edo_poll_fn_future first_load;
static edo_ready_future *loads;
static void *once_value;
static bool is_loaded;

static edo_polled load_when_told(void *arg, edo_cx *cx, int *result) {
    (void)edo_cx_waker(cx);
    once_value = arg;
    *result = 0;
    return is_loaded ? EDO_READY : EDO_PENDING;
}

/* One loads, and n wait for it, each with a load that fails. */
static void once_open(uint32_t n) {
    once = (edo_once)EDO_ONCE_INIT;
    loads = growth_alloc(n, sizeof *loads);
    is_loaded = false;
    edo_future *load = edo_poll_fn_init(&first_load, load_when_told, &once);
    edo_future *f = edo_once_get_or_load_init(&first, &once, &once_value, load);
    GROWTH_CHECK(edo_poll_once(f) == EDO_PENDING);
}
static void once_make(void *f, uint32_t i) {
    (void)edo_once_get_or_load_init(f, &once, &once_value, edo_ready_init(&loads[i], -EIO));
}
static void once_wake(uint32_t n) {
    (void)n;
    is_loaded = true;
    GROWTH_CHECK(edo_poll_once(&first.base) == EDO_READY);
}
static void once_give_up(uint32_t n) {
    (void)n;
    edo_drop(&first.base);
}
static void once_shut(uint32_t n) {
    (void)n;
    edo_drop(&first.base);
    free(loads);
}

static edo_setonce setonce;

static void setonce_open(uint32_t n) {
    (void)n;
    setonce = (edo_setonce)EDO_SETONCE_INIT;
}
static void setonce_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_setonce_wait_init(f, &setonce, NULL);
}
static void setonce_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_setonce_set(&setonce, &setonce) == 0);
}
static void setonce_shut(uint32_t n) {
    (void)n;
}

static edo_barrier barrier;

static void barrier_open(uint32_t n) {
    barrier = (edo_barrier)EDO_BARRIER_INIT(n + 1);
}
static void barrier_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_barrier_wait_init(f, &barrier);
}
static void barrier_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_barrier_wait(&barrier) == 1);
}
static void barrier_shut(uint32_t n) {
    (void)n;
}

static edo_keyed_mutex *keyed_mutex;
static edo_keyed_lock *keyed_lock, **keyed_locks;

static void keyed_mutex_open(uint32_t n) {
    keyed_locks = calloc(n, sizeof(edo_keyed_lock *));
    GROWTH_CHECK(keyed_locks && edo_keyed_mutex_new(&keyed_mutex) == 0);
    GROWTH_CHECK(edo_keyed_mutex_try_lock(keyed_mutex, &keyed_lock, EDO_STR("a")) == 0);
}
static void keyed_mutex_make(void *f, uint32_t i) {
    (void)edo_keyed_mutex_lock_init(f, keyed_mutex, &keyed_locks[i], EDO_STR("a"));
}
static void keyed_mutex_wake(uint32_t n) {
    (void)n;
    edo_keyed_mutex_unlock(keyed_mutex, keyed_lock);
}
static void keyed_mutex_took(uint32_t i) {
    edo_keyed_mutex_unlock(keyed_mutex, keyed_locks[i]);
}
static void keyed_mutex_shut(uint32_t n) {
    (void)n;
    edo_keyed_mutex_free(keyed_mutex);
    free(keyed_locks);
}

static edo_keyed_sem *keyed_sem;
static edo_keyed_permit *keyed_permit, **keyed_permits;

static void keyed_sem_open(uint32_t n) {
    keyed_permits = calloc(n, sizeof(edo_keyed_permit *));
    GROWTH_CHECK(keyed_permits && edo_keyed_sem_new(&keyed_sem, 1) == 0);
    GROWTH_CHECK(edo_keyed_sem_try_acquire(keyed_sem, &keyed_permit, EDO_STR("a")) == 0);
}
static void keyed_sem_make(void *f, uint32_t i) {
    (void)edo_keyed_sem_acquire_init(f, keyed_sem, &keyed_permits[i], EDO_STR("a"));
}
static void keyed_sem_wake(uint32_t n) {
    (void)n;
    edo_keyed_sem_release(keyed_sem, keyed_permit);
}
static void keyed_sem_took(uint32_t i) {
    edo_keyed_sem_release(keyed_sem, keyed_permits[i]);
}
static void keyed_sem_shut(uint32_t n) {
    (void)n;
    edo_keyed_sem_free(keyed_sem);
    free(keyed_permits);
}

static edo_sem sem;

static void sem_open(uint32_t n) {
    (void)n;
    sem = (edo_sem)EDO_SEM_INIT(0);
}
static void sem_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_sem_acquire_init(f, &sem, 1);
}
static void sem_wake(uint32_t n) {
    edo_sem_release(&sem, n);
}
static void sem_wake_singly(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_sem_release(&sem, 1);
}
static void sem_close(uint32_t n) {
    (void)n;
    edo_sem_close(&sem);
}
static void sem_shut(uint32_t n) {
    (void)n;
}
static void sem_make_wide(void *f, uint32_t i) {
    (void)edo_sem_acquire_init(f, &sem, 1 + i % 3);
}
static void sem_wake_wide(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_sem_release(&sem, 1 + i % 3);
}

static edo_tracker tracker;

static void tracker_open(uint32_t n) {
    (void)n;
    edo_tracker_init(&tracker);
}
static void tracker_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_tracker_wait_init(f, &tracker);
}
static void tracker_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_tracker_close(&tracker));
}
static void tracker_shut(uint32_t n) {
    (void)n;
}

static edo_notify notify;

static void notify_open(uint32_t n) {
    (void)n;
    notify = (edo_notify)EDO_NOTIFY_INIT;
}
static void notify_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_notify_wait_init(f, &notify);
}
static void notify_wake(uint32_t n) {
    (void)n;
    edo_notify_all(&notify);
}
static void notify_wake_one(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (i % 2) {
            edo_notify_one(&notify);
        } else {
            edo_notify_last(&notify);
        }
    }
}
static void notify_shut(uint32_t n) {
    (void)n;
}

static edo_cancel_token *token;

static void token_open(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_cancel_new(&token) == 0);
}
static void token_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_cancel_wait_init(f, token);
}
static void token_wake(uint32_t n) {
    (void)n;
    edo_cancel(token, 0);
}
static void token_shut(uint32_t n) {
    (void)n;
    edo_cancel_unref(token);
}

/* ---- Channels -------------------------------------------------------------------------------- */

static edo_mpsc_tx *mpsc_tx;
static edo_mpsc_rx *mpsc_rx;
static const uint64_t value = 7;
static uint64_t *values;
static edo_mpsc_permit *permits;

static void mpsc_open(uint32_t n) {
    GROWTH_CHECK(edo_mpsc_new(&mpsc_tx, &mpsc_rx, sizeof value, 1, NULL) == 0);
    GROWTH_CHECK(edo_mpsc_try_send(mpsc_tx, &value) == 0);
    values = growth_alloc(n, sizeof *values);
    permits = growth_alloc(n, sizeof *permits);
}
static void send_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_mpsc_send_init(f, mpsc_tx, &value);
}
static void send_wake(uint32_t n) {
    uint64_t got;
    (void)n;
    GROWTH_CHECK(edo_mpsc_try_recv(mpsc_rx, &got) == 0);
}
static void send_took(uint32_t i) {
    uint64_t got;
    (void)i;
    GROWTH_CHECK(edo_mpsc_try_recv(mpsc_rx, &got) == 0); // makes place for the next
}
static void reserve_make(void *f, uint32_t i) {
    (void)edo_mpsc_reserve_init(f, mpsc_tx, &permits[i]);
}
static void reserve_took(uint32_t i) {
    edo_mpsc_permit_release(&permits[i]);
}
static void closed_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_mpsc_closed_init(f, mpsc_tx);
}
static void mpsc_close(uint32_t n) {
    (void)n;
    edo_mpsc_close(mpsc_rx);
}
static void mpsc_shut(uint32_t n) {
    (void)n;
    edo_mpsc_tx_unref(mpsc_tx);
    edo_mpsc_rx_free(mpsc_rx);
    free(values);
    free(permits);
}

static edo_chan_tx *chan_tx;
static edo_chan_rx *chan_rx;

static void chan_open(uint32_t n, size_t cap) {
    values = growth_alloc(n, sizeof *values);
    GROWTH_CHECK(edo_chan_new(&chan_tx, &chan_rx, sizeof value, cap, NULL) == 0);
}
static void chan_open_full(uint32_t n) {
    chan_open(n, 1);
    GROWTH_CHECK(edo_chan_try_send(chan_tx, &value) == 0);
}
static void chan_open_empty(uint32_t n) {
    chan_open(n, EDO_CHAN_UNBOUNDED);
}
static void chan_send_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_chan_send_init(f, chan_tx, &value);
}
static void chan_recv_make(void *f, uint32_t i) {
    (void)edo_chan_recv_init(f, chan_rx, &values[i]);
}
static void chan_close(uint32_t n) {
    (void)n;
    edo_chan_close(chan_rx);
}
static void chan_fill(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_chan_try_send(chan_tx, &value) == 0);
}
static void chan_shut(uint32_t n) {
    (void)n;
    edo_chan_tx_unref(chan_tx);
    edo_chan_rx_unref(chan_rx);
    free(values);
}

static edo_broadcast_tx *broadcast_tx;
static edo_broadcast_rx **broadcast_rx;

static void broadcast_open(uint32_t n) {
    broadcast_rx = growth_alloc(n, sizeof(edo_broadcast_rx *));
    values = growth_alloc(n, sizeof *values);
    GROWTH_CHECK(edo_broadcast_new(&broadcast_tx, NULL, sizeof value, 16, NULL) == 0);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_broadcast_subscribe(&broadcast_rx[i], broadcast_tx) == 0);
}
static void broadcast_make(void *f, uint32_t i) {
    (void)edo_broadcast_recv_init(f, broadcast_rx[i], &values[i], NULL);
}
static void broadcast_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_broadcast_send(broadcast_tx, &value) == 0);
}
static void broadcast_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        edo_broadcast_rx_free(broadcast_rx[growth_at(AT_RANDOM, i, n)]);
    edo_broadcast_tx_unref(broadcast_tx);
    free(broadcast_rx);
    free(values);
}

static edo_broadcast_rx *held_up_rx;

static void held_up_open(edo_duration behind_after) {
    edo_broadcast_opts opts = { .lossless = true, .behind_after = behind_after };
    GROWTH_CHECK(edo_broadcast_new(&broadcast_tx, &held_up_rx, sizeof value, 1, &opts) == 0);
    GROWTH_CHECK(edo_broadcast_try_send(broadcast_tx, &value) == 0);
}
static void broadcast_send_open(uint32_t n) {
    (void)n;
    held_up_open(edo_ms(0));
}
static void broadcast_limit_open(uint32_t n) {
    (void)n;
    held_up_open(edo_s(1));
}
static void broadcast_send_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_broadcast_send_init(f, broadcast_tx, &value);
}
static void broadcast_send_wake(uint32_t n) {
    uint64_t got;
    (void)n;
    GROWTH_CHECK(edo_broadcast_try_recv(held_up_rx, &got, NULL) == 0);
}
static void broadcast_send_took(uint32_t i) {
    broadcast_send_wake(i); // makes room for the next
}
static void broadcast_limit_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_time_advance(edo_s(2)) == 0);
}
static void broadcast_send_close(uint32_t n) {
    (void)n;
    edo_broadcast_rx_free(held_up_rx);
    held_up_rx = NULL;
}
static void broadcast_send_shut(uint32_t n) {
    (void)n;
    edo_broadcast_tx_unref(broadcast_tx);
    edo_broadcast_rx_free(held_up_rx);
}

static edo_watch_tx *watch_tx;
static edo_watch_rx **watch_rx;

static void watch_open(uint32_t n) {
    watch_rx = growth_alloc(n, sizeof(edo_watch_rx *));
    GROWTH_CHECK(edo_watch_new(&watch_tx, NULL, sizeof value, &value, NULL) == 0);
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_watch_subscribe(&watch_rx[i], watch_tx) == 0);
}
static void watch_make(void *f, uint32_t i) {
    (void)edo_watch_changed_init(f, watch_rx[i]);
}
static bool is_eight(void *arg, const void *now) {
    (void)arg;
    return *(const uint64_t *)now == 8;
}
static void watch_for_make(void *f, uint32_t i) {
    static uint64_t scratch;
    (void)edo_watch_wait_for_init(f, watch_rx[i], &scratch, is_eight, NULL);
}
static void watch_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_watch_send(watch_tx, &value) == 0);
}
static void watch_for_wake(uint32_t n) {
    watch_wake(n); // refused by all
    GROWTH_CHECK(edo_watch_send(watch_tx, &(uint64_t){ 8 }) == 0);
}
static void watch_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_watch_rx_free(watch_rx[growth_at(AT_RANDOM, i, n)]);
    edo_watch_tx_unref(watch_tx);
    free(watch_rx);
}

static edo_oneshot_tx **oneshot_tx;
static edo_oneshot_rx **oneshot_rx;

static void oneshot_open(uint32_t n) {
    oneshot_tx = growth_alloc(n, sizeof(edo_oneshot_tx *));
    oneshot_rx = growth_alloc(n, sizeof(edo_oneshot_rx *));
    values = growth_alloc(n, sizeof *values);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_oneshot_new(&oneshot_tx[i], &oneshot_rx[i], sizeof value, NULL) == 0);
}
static void oneshot_make(void *f, uint32_t i) {
    (void)edo_oneshot_recv_init(f, oneshot_rx[i], &values[i]);
}
static void oneshot_wake(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_oneshot_send(oneshot_tx[i], &value) == 0);
        oneshot_tx[i] = NULL;
    }
}
static void oneshot_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_oneshot_tx_free(oneshot_tx[i]);
        edo_oneshot_rx_free(oneshot_rx[i]);
    }
    free(oneshot_tx);
    free(oneshot_rx);
    free(values);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static edo_interval *intervals;

static void time_open(uint32_t n) {
    intervals = growth_alloc(n, sizeof *intervals);
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_interval_init(&intervals[i], edo_ms(10 + i % 997), EDO_TICK_BURST) == 0);
        edo_interval_reset(&intervals[i], edo_instant_add(edo_now(), edo_ms(10 + i % 997)));
    }
}
static edo_delayq delayq;

/* All are inserted in one order and due in another. */
static void delayq_open(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_duration d = edo_ms(10 + (int64_t)((uint64_t)i * 7919 % 1000003));
        GROWTH_CHECK(edo_delayq_insert(&delayq, NULL, NULL, d) == 0);
    }
}
static void delayq_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_delayq_due_next_init(f, &delayq, NULL);
}
static void delayq_shut(uint32_t n) {
    (void)n;
    edo_delayq_deinit(&delayq);
}
static void sleep_make(void *f, uint32_t i) {
    (void)edo_sleep_init(f, edo_ms(10 + (int64_t)((uint64_t)i * 7919 % 1000003)));
}
static void sleep_make_same(void *f, uint32_t i) {
    (void)i;
    (void)edo_sleep_init(f, edo_ms(100));
}
static void sleep_wall_make(void *f, uint32_t i) {
    edo_duration d = edo_ms(10 + (int64_t)((uint64_t)i * 7919 % 1000003));
    (void)edo_sleep_wall_at_init(f, edo_wall_add(edo_wall_now(), d));
}
static void sleep_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_time_advance(edo_ms(1100000)) == 0);
}
static void interval_make(void *f, uint32_t i) {
    (void)edo_interval_tick_init(f, &intervals[i], NULL);
}
static void time_shut(uint32_t n) {
    (void)n;
    free(intervals);
}

/* ---- Jobs and tasks -------------------------------------------------------------------------- */

static pthread_mutex_t job_mutex = PTHREAD_MUTEX_INITIALIZER;
static edo_blocking_future *held;
static uint32_t held_n;

static int wait_for_mutex(void *arg) {
    (void)pthread_mutex_lock(arg);
    (void)pthread_mutex_unlock(arg);
    return 0;
}
static int nothing(void *arg) {
    (void)arg;
    return 0;
}

typedef edo_future *job_init_fn(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                                const edo_blocking_opts *opts);

/* All threads of the pool are busy until the mutex is free. */
static void jobs_open(job_init_fn *init, uint32_t threads_n) {
    (void)pthread_mutex_lock(&job_mutex);
    held_n = threads_n;
    held = growth_alloc(threads_n, sizeof *held);
    for (uint32_t i = 0; i < threads_n; i++)
        GROWTH_CHECK(edo_poll_once(init(&held[i], wait_for_mutex, &job_mutex, NULL)) ==
                     EDO_PENDING);
}
static void blocking_open(uint32_t n) {
    (void)n;
    jobs_open(edo_blocking_init, 1);
}
static void compute_open(uint32_t n) {
    (void)n;
    jobs_open(edo_compute_init, edo_compute_threads());
}
static void blocking_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_blocking_init(f, nothing, NULL, NULL);
}
static void compute_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_compute_init(f, nothing, NULL, NULL);
}
static void resolve_make(void *f, uint32_t i) {
    static edo_addr addr;
    (void)i;
    (void)edo_resolve_init(f, &addr, 1, "name.invalid:1"); // dropped before it is looked up
}
static void connect_name_make(void *f, uint32_t i) {
    static edo_stream *made;
    (void)i;
    (void)edo_tcp_connect_init(f, &made, "name.invalid:1", NULL);
}
static void jobs_shut(uint32_t n) {
    (void)n;
    (void)pthread_mutex_unlock(&job_mutex);
    for (uint32_t i = 0; i < held_n; i++) GROWTH_CHECK(edo_await(&held[i].base) == 0);
    free(held);
}

static edo_task **joined;

static void join_open(uint32_t n) {
    notify = (edo_notify)EDO_NOTIFY_INIT;
    joined = growth_alloc(n, sizeof(edo_task *));
    for (uint32_t i = 0; i < n; i++) {
        edo_notify_wait_future f;
        joined[i] = edo_spawn_future(edo_notify_wait_init(&f, &notify));
        GROWTH_CHECK(joined[i]);
    }
    growth_settle(n);
}
static void join_make(void *f, uint32_t i) {
    (void)edo_task_wait_init(f, joined[i]);
}
static void join_wake(uint32_t n) {
    edo_notify_all(&notify);
    growth_settle(n);
}
static void join_shut(uint32_t n) {
    edo_notify_all(&notify);
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_task_join(joined[i]) == 0);
    free(joined);
}

/* ---- Futures around others ------------------------------------------------------------------- */

static edo_notify_wait_future *inner;

static void inner_open(uint32_t n) {
    notify_open(n);
    inner = growth_alloc(n, sizeof *inner);
}
static void timeout_make(void *f, uint32_t i) {
    (void)edo_timeout_init(f, edo_notify_wait_init(&inner[i], &notify), edo_ms(10 + i % 997));
}
static void in_span_make(void *f, uint32_t i) {
    (void)edo_instrument_init(f, edo_notify_wait_init(&inner[i], &notify), edo_info_span("wait"));
}
static void inner_shut(uint32_t n) {
    (void)n;
    free(inner);
}
static void run_open(uint32_t n) {
    inner_open(n);
    token_open(n);
}
static void run_make(void *f, uint32_t i) {
    (void)edo_cancel_run_init(f, token, edo_notify_wait_init(&inner[i], &notify));
}
static void run_shut(uint32_t n) {
    inner_shut(n);
    token_shut(n);
}

const growth_case growth_waiters[] = {
    { .name = "mutex",
      KIND(edo_mutex_lock_future, mutex_open, mutex_make, mutex_wake, mutex_took, mutex_shut) },
    { .name = "rwlock_read",
      KIND(edo_rwlock_read_future, rwlock_open, rwlock_make_reads, rwlock_wake, rwlock_took,
           rwlock_wake) },
    { .name = "rwlock_write",
      KIND(edo_rwlock_write_future, rwlock_open, rwlock_make_both, rwlock_wake, rwlock_took,
           rwlock_wake) },
    { .name = "once",
      KIND(edo_once_get_or_load_future, once_open, once_make, once_wake, NULL, once_shut) },
    { .name = "once_given_up",
      KIND(edo_once_get_or_load_future, once_open, once_make, once_give_up, NULL, once_shut) },
    { .name = "setonce",
      KIND(edo_setonce_wait_future, setonce_open, setonce_make, setonce_wake, NULL, setonce_shut) },
    { .name = "barrier",
      KIND(edo_barrier_wait_future, barrier_open, barrier_make, barrier_wake, NULL, barrier_shut) },
    { .name = "keyed_mutex",
      KIND(edo_keyed_mutex_lock_future, keyed_mutex_open, keyed_mutex_make, keyed_mutex_wake,
           keyed_mutex_took, keyed_mutex_shut) },
    { .name = "keyed_sem",
      KIND(edo_keyed_sem_acquire_future, keyed_sem_open, keyed_sem_make, keyed_sem_wake,
           keyed_sem_took, keyed_sem_shut) },
    { .name = "sem", KIND(edo_sem_acquire_future, sem_open, sem_make, sem_wake, NULL, sem_shut) },
    { .name = "sem_singly",
      KIND(edo_sem_acquire_future, sem_open, sem_make, sem_wake_singly, NULL, sem_shut) },
    { .name = "sem_wide",
      KIND(edo_sem_acquire_future, sem_open, sem_make_wide, sem_wake_wide, NULL, sem_shut) },
    { .name = "sem_closed",
      KIND(edo_sem_acquire_future, sem_open, sem_make, sem_close, NULL, sem_shut) },
    { .name = "notify",
      MANY(edo_notify_wait_future, notify_open, notify_make, notify_wake, NULL, notify_shut) },
    { .name = "notify_one",
      KIND(edo_notify_wait_future, notify_open, notify_make, notify_wake_one, NULL, notify_shut) },
    { .name = "tracker_wait",
      KIND(edo_tracker_wait_future, tracker_open, tracker_make, tracker_wake, NULL, tracker_shut) },
    { .name = "cancel_wait",
      KIND(edo_cancel_wait_future, token_open, token_make, token_wake, NULL, token_shut) },
    { .name = "mpsc_send",
      KIND(edo_mpsc_send_future, mpsc_open, send_make, send_wake, send_took, mpsc_shut) },
    { .name = "mpsc_send_closed",
      KIND(edo_mpsc_send_future, mpsc_open, send_make, mpsc_close, NULL, mpsc_shut) },
    { .name = "mpsc_reserve",
      KIND(edo_mpsc_reserve_future, mpsc_open, reserve_make, send_wake, reserve_took, mpsc_shut) },
    { .name = "mpsc_closed",
      KIND(edo_mpsc_closed_future, mpsc_open, closed_make, mpsc_close, NULL, mpsc_shut) },
    { .name = "chan_send",
      KIND(edo_chan_send_future, chan_open_full, chan_send_make, chan_close, NULL, chan_shut) },
    { .name = "chan_recv",
      KIND(edo_chan_recv_future, chan_open_empty, chan_recv_make, chan_fill, NULL, chan_shut) },
    { .name = "broadcast_recv",
      KIND(edo_broadcast_recv_future, broadcast_open, broadcast_make, broadcast_wake, NULL,
           broadcast_shut) },
    { .name = "broadcast_send",
      KIND(edo_broadcast_send_future, broadcast_send_open, broadcast_send_make, broadcast_send_wake,
           broadcast_send_took, broadcast_send_shut) },
    { .name = "broadcast_send_limit",
      KIND(edo_broadcast_send_future, broadcast_limit_open, broadcast_send_make,
           broadcast_limit_wake, NULL, broadcast_send_shut) },
    { .name = "broadcast_send_closed",
      KIND(edo_broadcast_send_future, broadcast_send_open, broadcast_send_make,
           broadcast_send_close, NULL, broadcast_send_shut) },
    { .name = "watch_changed",
      KIND(edo_watch_changed_future, watch_open, watch_make, watch_wake, NULL, watch_shut) },
    { .name = "watch_wait_for",
      KIND(edo_watch_wait_for_future, watch_open, watch_for_make, watch_for_wake, NULL,
           watch_shut) },
    { .name = "oneshot_recv",
      KIND(edo_oneshot_recv_future, oneshot_open, oneshot_make, oneshot_wake, NULL, oneshot_shut) },
    { .name = "sleep", MANY(edo_sleep_future, time_open, sleep_make, sleep_wake, NULL, time_shut) },
    { .name = "sleep_together",
      KIND(edo_sleep_future, time_open, sleep_make_same, sleep_wake, NULL, time_shut) },
    { .name = "sleep_wall",
      KIND(edo_sleep_wall_future, time_open, sleep_wall_make, sleep_wake, NULL, time_shut) },
    { .name = "interval",
      KIND(edo_interval_tick_future, time_open, interval_make, sleep_wake, NULL, time_shut) },
    { .name = "delayq",
      KIND(edo_delayq_due_next_future, delayq_open, delayq_make, sleep_wake, NULL, delayq_shut) },
    { .name = "timeout",
      KIND(edo_timeout_future, inner_open, timeout_make, notify_wake, NULL, inner_shut) },
    { .name = "timeout_late",
      KIND(edo_timeout_future, inner_open, timeout_make, sleep_wake, NULL, inner_shut) },
    { .name = "in_span",
      KIND(edo_instrument_future, inner_open, in_span_make, notify_wake, NULL, inner_shut) },
    { .name = "cancel_run",
      KIND(edo_cancel_run_future, run_open, run_make, token_wake, NULL, run_shut) },
    { .name = "blocking",
      KIND(edo_blocking_future, blocking_open, blocking_make, NULL, NULL, jobs_shut) },
    { .name = "compute",
      KIND(edo_compute_future, compute_open, compute_make, NULL, NULL, jobs_shut) },
    { .name = "resolve",
      KIND(edo_resolve_future, blocking_open, resolve_make, NULL, NULL, jobs_shut) },
    { .name = "tcp_connect_name",
      KIND(edo_tcp_connect_future, blocking_open, connect_name_make, NULL, NULL, jobs_shut) },
    { .name = "task_wait",
      KIND(edo_task_join_future, join_open, join_make, join_wake, NULL, join_shut) },
    { .name = NULL },
};
