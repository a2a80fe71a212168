/* SPDX-License-Identifier: MIT */
/* Goal: a worker's counts of its queues, its driver and its stacks are exact. Method: the other
 * worker is kept in a poll, or the test itself uses sources and drivers. */
#include "driver/driver.h"
#include "runtime/scheduler/stats.h"
#include "runtime/task/ring.h"
#include "runtime/worker/core.h"
#include "runtime/worker/count.h"
#include "runtime/worker/here.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include "gate.h"
#include "inside.h"
#include "patience.h"
#include "poll_by_hand.h"
#include "source_pair.h"

#include <pthread.h>
#include <unistd.h>

/* ---- Two workers ----------------------------------------------------------------------------- */

#define CHILDREN 200

typedef struct pair {
    edo_runtime *rt;
    gate holder;
    gate children; /* open */
    uint32_t spawn_n;
    uint32_t holder_at; /* workers' indices */
    uint32_t spawner_at;
    uint64_t overflows; /* seen by the spawner */
} pair;

/* Keeps its worker busy. */
static int hold(void *arg) {
    pair *p = arg;
    p->holder_at = edoi_worker_here()->index;
    return gate_pass(&p->holder);
}

static void spawn_children(pair *p) {
    for (uint32_t i = 0; i < p->spawn_n; i++)
        CHECK_EQ(edo_spawn_detached(gate_pass, &p->children), 0);
}

/* Spawns enough to overflow the ring once. */
static int spawn_too_many(void *arg) {
    pair *p = arg;
    spawn_children(p);
    p->overflows = edoi_load_rlx_u64(&edoi_worker_here()->shown.overflows);
    gate_open(&p->holder);
    return 0;
}

/* Spawns, and keeps its worker busy until the other has taken some. */
static int spawn_and_hold(void *arg) {
    pair *p = arg;
    p->spawner_at = edoi_worker_here()->index;
    spawn_children(p);
    gate_open(&p->holder);
    gate_wait_ended(&p->children, 1);
    return 0;
}

static bool rests(const pair *p, edo_runtime_stats *s) {
    edo_runtime_get_stats(p->rt, s);
    return s->tasks_alive == 0 && s->w[0].park_unparks % 2 && s->w[1].park_unparks % 2;
}

/* The numbers of both workers, once they sleep. */
static void at_rest(pair *p, edo_worker_stats w[2]) {
    edo_runtime_stats s = { .w = w, .w_max = 2 };
    WAIT_FOR(rests(p, &s));
    edo_runtime_get_stats(p->rt, &s); // some may have been read before the last one slept
    gate_wait_ended(&p->children, p->spawn_n);
    assert_int_equal(s.all.depth, 0);
    assert_int_equal(s.tasks_spawned, p->spawn_n + 2);
    assert_int_equal(s.all.local_sched, p->spawn_n);
    assert_int_equal(s.remote_sched, 2);
    assert_int_equal(s.all.polls, p->spawn_n + 2);
}

static void run_pair(pair *p, edo_task_fn *spawner, edo_worker_stats w[2]) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&p->rt, &opts), 0);
    gate_open(&p->children);
    edo_task *holder = edo_spawn_on(p->rt, hold, p);
    gate_wait_begun(&p->holder, 1);
    assert_int_equal(edo_run(p->rt, spawner, p), 0);
    edo_task_detach(holder);
    at_rest(p, w);
    edo_runtime_free(p->rt);
}

static void a_full_ring_overflows_once(void **state) {
    (void)state;
    pair p = { .holder = GATE, .children = GATE, .spawn_n = EDOI_RING_SIZE + EDOI_RING_BATCH + 1 };
    edo_worker_stats w[2];
    run_pair(&p, spawn_too_many, w);
    assert_int_equal(p.overflows, 1);
    assert_int_equal(w[p.holder_at].overflows, 0);
    assert_int_equal(w[1 - p.holder_at].overflows, 1);
}

static void stolen_task_is_polled_by_the_thief(void **state) {
    (void)state;
    pair p = { .holder = GATE, .children = GATE, .spawn_n = CHILDREN };
    edo_worker_stats w[2];
    run_pair(&p, spawn_and_hold, w);
    const edo_worker_stats *thief = &w[p.holder_at], *robbed = &w[p.spawner_at];
    assert_int_not_equal(p.holder_at, p.spawner_at);
    assert_true(thief->steals >= 1);
    assert_true(thief->stolen >= thief->steals);
    assert_int_equal(thief->polls, 1 + thief->stolen - robbed->stolen);
    assert_int_equal(robbed->local_sched, CHILDREN);
    assert_int_equal(thief->local_sched, 0);
}

/* ---- When it was queued ---------------------------------------------------------------------- */

static edo_notify bell = EDO_NOTIFY_INIT;

static int wait_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

/* A task that is sent to another worker is queued now, and not since it was queued before. */
static int send_one(void *arg) {
    const bool keeps_stamps = *(const bool *)arg;
    edo_task *t = edo_spawn(wait_for_bell, NULL);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0); // it waits
    const uint32_t now = edoi_stamp_of(edoi_clock_monotonic()), before = now - 1000000;
    t->queued_at = before;
    edoi_stats_on_send(edoi_worker_here(), t);
    CHECK(keeps_stamps ? (int32_t)(t->queued_at - now) >= 0 : t->queued_at == before);
    edo_notify_one(&bell);
    return edo_task_join(t);
}

static void a_task_that_is_sent_is_stamped_where_stamps_are_kept(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        bool keeps_stamps = i == 1;
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                        .task_monitors = keeps_stamps };
        assert_int_equal(inside_with(send_one, &keeps_stamps, &opts), 0);
    }
}

/* ---- One worker ------------------------------------------------------------------------------ */

typedef struct sleeper {
    edo_runtime *rt;
    edo_oneshot_rx *rx;
} sleeper;

static int wait_for_signal(void *arg) {
    return edo_oneshot_recv(((sleeper *)arg)->rx, NULL);
}

static void *drive(void *arg) {
    CHECK_EQ(edo_run(((sleeper *)arg)->rt, wait_for_signal, arg), 0);
    return NULL;
}

/* The number of noops once the worker sleeps for the n-th time. */
static uint64_t noops_at(edo_runtime *rt, uint64_t parks) {
    edo_runtime_stats s = { 0 };
    WAIT_FOR((edo_runtime_get_stats(rt, &s), s.all.park_unparks == 2 * parks - 1));
    edo_runtime_get_stats(rt, &s); // its noops may have been read before it went to sleep
    return s.all.noops;
}

static void waking_for_nothing_is_a_noop(void **state) {
    (void)state;
    sleeper sl = { 0 };
    edo_oneshot_tx *tx;
    pthread_t thread;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&sl.rt, &opts), 0);
    assert_int_equal(edo_oneshot_new(&tx, &sl.rx, 0, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, drive, &sl), 0);
    for (uint64_t parks = 1; parks <= 5; parks++) {
        assert_int_equal(noops_at(sl.rt, parks), parks - 1);
        edoi_driver_kick(sl.rt->worker->driver);
    }
    (void)noops_at(sl.rt, 6);
    assert_int_equal(edo_oneshot_send(tx, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_oneshot_rx_free(sl.rx);
    edo_runtime_free(sl.rt);
}

#define DEEP ((size_t)100 * 1024)

static int go_deep(void *arg) {
    volatile char much[DEEP];
    (void)arg;
    if (edo_yield() < 0) return -1; // so that each has its own stack
    for (size_t i = 0; i < sizeof much; i += 1024) much[i] = 1;
    return much[1024] - 1;
}

static int deep_then_rest(void *arg) {
    (void)arg;
    edo_task *t[4];
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = edo_spawn(go_deep, NULL);
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    for (int i = 0; i < 4; i++)
        if (edo_sleep(edo_s(1)) < 0) return -1;
    return 0;
}

static void deep_stacks_are_seen_when_they_rest(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_runtime_stats before = { 0 }, now = { 0 };
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .start_paused = true };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    edo_runtime_get_stats(rt, &before);
    assert_int_equal(edo_run(rt, deep_then_rest, NULL), 0);
    edo_runtime_get_stats(rt, &now);
    assert_true(now.stack_high >= DEEP);
    assert_true(now.stack_high <= EDOI_STACK_DEFAULT);
    uint64_t pages = DEEP / (uint64_t)sysconf(_SC_PAGESIZE);
    assert_true(now.stack_pages_back - before.stack_pages_back >= 2 * pages);
    assert_true(now.stack_bytes >= 5 * EDOI_STACK_DEFAULT);
    edo_runtime_free(rt);
}

/* ---- Drivers --------------------------------------------------------------------------------- */

static void begin_to_wait(edoi_driver *d, edoi_source *s, edoi_dir dir, edo_wait_link *wait) {
    static hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    edoi_source_clear(s, dir, edoi_source_ready(s, dir));
    assert_int_equal(edoi_source_wait(s, dir, wait, &cx, d), 1);
}

static void wait_on(edoi_driver *d, edoi_source *s, edoi_dir dir, edo_wait_link *wait) {
    begin_to_wait(d, s, dir, wait);
    edoi_source_unwait(s, wait);
}

static void counts_are(edoi_driver *d, uint64_t registered, uint64_t deregistered, uint64_t ready) {
    const edoi_driver_counts *c = edoi_driver_get_counts(d);
    assert_int_equal(edoi_load_rlx_u64(&c->registered), registered);
    assert_int_equal(edoi_load_rlx_u64(&c->deregistered), deregistered);
    assert_int_equal(edoi_load_rlx_u64(&c->ready), ready);
}

static void a_source_counts_once_for_each_driver(void **state) {
    (void)state;
    edoi_driver *d[2];
    edo_wait_link wait = { 0 };
    int other;
    for (int i = 0; i < 2; i++) assert_int_equal(edoi_driver_new(&d[i], 16), 0);
    edoi_source *s = new_source(&other);
    counts_are(d[0], 0, 0, 0);
    wait_on(d[0], s, EDOI_READ, &wait);
    counts_are(d[0], 1, 0, 0);
    assert_int_equal(write(other, "x", 1), 1);
    assert_int_equal(edoi_driver_turn(d[0], -1), 1);
    counts_are(d[0], 1, 0, 1);
    wait_on(d[0], s, EDOI_WRITE, &wait); // the second direction
    counts_are(d[0], 1, 0, 1);
    wait_on(d[1], s, EDOI_WRITE, &wait); // moves one direction
    counts_are(d[0], 1, 0, 1);
    counts_are(d[1], 1, 0, 0);
    wait_on(d[1], s, EDOI_READ, &wait); // and the other
    counts_are(d[0], 1, 1, 1);
    counts_are(d[1], 1, 0, 0);
    begin_to_wait(d[1], s, EDOI_READ, &wait);
    edo_wait_link guest = { 0 };
    wait_on(d[0], s, EDOI_READ, &guest);
    edoi_driver_leave(d[1]); // keeps the other direction
    counts_are(d[1], 1, 0, 0);
    edoi_driver_enter(d[1]);
    begin_to_wait(d[1], s, EDOI_WRITE, &wait);
    wait_on(d[0], s, EDOI_WRITE, &guest);
    edoi_driver_leave(d[1]);
    counts_are(d[1], 1, 1, 0);
    wait_on(d[0], s, EDOI_READ, &guest);
    edoi_source_free(s);
    counts_are(d[0], 2, 2, 1);
    counts_are(d[1], 1, 1, 0);
    (void)close(other);
    for (int i = 0; i < 2; i++) edoi_driver_free(d[i]);
}

/* ---- Buckets --------------------------------------------------------------------------------- */

static void each_time_is_in_the_bucket_that_covers_it(void **state) {
    (void)state;
    static const edo_runtime_hist_opts rows[] = {
        { .kind = EDO_HIST_LINEAR },
        { .kind = EDO_HIST_LINEAR, .buckets = 7, .width = { 3 } },
        { .kind = EDO_HIST_LOG },
        { .kind = EDO_HIST_LOG, .precision = 1, .min = { 1 }, .max = { 2 } },
        { .kind = EDO_HIST_LOG, .precision = 6, .min = { 1 }, .max = { INT64_MAX } },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_buckets b = { 0 };
        assert_int_equal(edoi_buckets_init(&b, &rows[i]), 0);
        uint64_t step = 1;
        for (uint64_t ns = 0; ns < INT64_MAX; ns += step, step += 1 + step / 7) {
            uint32_t at = edoi_bucket_of(&b, ns);
            assert_true(at < b.n);
            assert_true(edoi_bucket_from(&b, at) <= (int64_t)ns);
            if (at + 1 < b.n) assert_true(edoi_bucket_from(&b, at + 1) > (int64_t)ns);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_ring_overflows_once),
        cmocka_unit_test(stolen_task_is_polled_by_the_thief),
        cmocka_unit_test(a_task_that_is_sent_is_stamped_where_stamps_are_kept),
        cmocka_unit_test(waking_for_nothing_is_a_noop),
        cmocka_unit_test(deep_stacks_are_seen_when_they_rest),
        cmocka_unit_test(a_source_counts_once_for_each_driver),
        cmocka_unit_test(each_time_is_in_the_bucket_that_covers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
