/* SPDX-License-Identifier: MIT */
/* Goal: the numbers of edo/stats.h are exact, can be read at any time by any thread, and never run
 * backwards.
 * Method: workloads whose counts are known; where a thread has to sleep or a job to run, the
 * numbers themselves show when it does. */
#include <edo/edo.h>
#include <edo/stats.h>

#include "gate.h"
#include "inside.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* All tests that count wakes use one worker: it is then known which thread runs each task. */
static edo_runtime *make(const edo_runtime_opts *opts) {
    edo_runtime_opts o = opts ? *opts : (edo_runtime_opts){ 0 };
    if (o.flavor == 0) o.flavor = EDO_RUNTIME_CURRENT;
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, &o), 0);
    return rt;
}

static edo_runtime_stats read_all(edo_runtime *rt) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(rt, &s);
    return s;
}

/* The difference that one call of `fn` as a task, from this plain thread, makes in the numbers of
 * `rt`. */
static edo_runtime_stats added_by(edo_runtime *rt, edo_task_fn *fn, void *arg) {
    edo_runtime_stats before = read_all(rt), after;
    assert_int_equal(edo_run(rt, fn, arg), 0);
    after = read_all(rt);
    edo_runtime_stats_delta(&after, &before, &after);
    return after;
}

/* ---- Tasks and polls ------------------------------------------------------------------------- */

static int yield_times(void *arg) {
    int err = 0;
    for (int i = *(const int *)arg; i > 0 && err == 0; i--) err = edo_yield();
    return err;
}

static void each_poll_and_each_requeue_is_counted(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    for (int n = 0; n < 300; n = n * 2 + 1) {
        edo_runtime_stats s = added_by(rt, yield_times, &n);
        assert_int_equal(s.all.polls, n + 1);
        assert_int_equal(s.all.local_sched, n);
        assert_int_equal(s.remote_sched, 1); // the spawn
        assert_int_equal(s.tasks_spawned, 1);
        assert_int_equal(s.tasks_alive, 0);
        assert_int_equal(s.forced_yields, 0);
        assert_int_equal(s.all.depth, 0);
        assert_int_equal(s.workers, 1);
    }
    edo_runtime_free(rt);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int spawn_ten(void *arg) {
    edo_task *t[10];
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = edo_spawn(nothing, NULL);
    edo_runtime_stats s = read_all(edo_runtime_current());
    *(uint64_t *)arg = s.tasks_alive;
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void spawns_wakes_and_ends_are_counted(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    uint64_t alive = 0;
    edo_runtime_stats s = added_by(rt, spawn_ten, &alive);
    assert_int_equal(alive, 11);
    assert_int_equal(s.tasks_spawned, 11);
    assert_int_equal(s.tasks_alive, 0);
    // Each child is polled once. The parent waits for the first, whose end wakes it; then all have
    // ended.
    assert_int_equal(s.all.polls, 10 + 2);
    assert_int_equal(s.all.local_sched, 10 + 1);
    assert_int_equal(s.remote_sched, 1);
    edo_runtime_free(rt);
}

static int consume_times(void *arg) {
    int err = 0;
    for (int i = *(const int *)arg; i > 0 && err == 0; i--) err = edo_budget_consume();
    return err;
}

static void yields_for_want_of_budget_are_counted(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    // The 129th finds the budget spent, yields, and takes nothing from the new one.
    for (int n = 128; n <= 129 * 4; n++) {
        edo_runtime_stats s = added_by(rt, consume_times, &n);
        assert_int_equal(s.forced_yields, n / 129);
        assert_int_equal(s.all.polls, n / 129 + 1);
    }
    edo_runtime_free(rt);
}

static int await_out_of_time(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(0));
    for (int i = *(const int *)arg; i > 0; i--)
        if (edo_sleep(edo_ms(1)) != -ECANCELED) return -1;
    return edo_deadline_end(&d, 0);
}

static void awaits_that_are_refused_spend_budget_too(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    for (int n = 128; n <= 129 * 2; n++) {
        edo_runtime_stats s = added_by(rt, await_out_of_time, &n);
        assert_int_equal(s.forced_yields, n / 129);
    }
    edo_runtime_free(rt);
}

/* A future that does `left` operations. */
typedef struct operations {
    edo_future base;
    int left;
} operations;

static edo_polled operations_poll(edo_future *f, edo_cx *cx) {
    operations *self = (operations *)(void *)f;
    for (; self->left > 0; self->left--) {
        if (edo_budget_take(cx)) continue;
        CHECK(!edo_budget_take(cx)); // asked twice, it is one poll
        return EDO_PENDING;
    }
    return edo_future_finish(f, 0);
}

static const edo_future_ops operations_ops = { .poll = operations_poll,
                                               .name = "operations",
                                               .size = sizeof(operations) };

static int await_operations(void *arg) {
    operations f = { .left = *(const int *)arg };
    edo_task *t = edo_spawn_future(edo_future_init(&f.base, &operations_ops));
    if (edo_task_join(t) < 0) return -1;
    operations mine = { .left = *(const int *)arg };
    return edo_await(edo_future_init(&mine.base, &operations_ops));
}

static void a_future_without_budget_is_a_forced_yield(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    int n = 128 * 3 + 1;
    edo_runtime_stats s = added_by(rt, await_operations, &n);
    // The fiber goes on in the poll in which its child's end was found, on one operation less.
    assert_int_equal(s.forced_yields, 3 + 3);
    edo_runtime_free(rt);
}

/* ---- Sleep ----------------------------------------------------------------------------------- */

typedef struct driven {
    edo_runtime *rt;
    pthread_t thread;
    edo_oneshot_rx *rx;
    edo_oneshot_tx *tx;
} driven;

static int wait_for_value(void *arg) {
    driven *d = arg;
    int value = 0, err = edo_oneshot_recv(d->rx, &value);
    return err < 0 ? err : value;
}

static void *drive(void *arg) {
    driven *d = arg;
    CHECK_EQ(edo_run(d->rt, wait_for_value, d), 7);
    return NULL;
}

static void drive_begin(driven *d) {
    assert_int_equal(edo_oneshot_new(&d->tx, &d->rx, sizeof(int), NULL), 0);
    assert_int_equal(pthread_create(&d->thread, NULL, drive, d), 0);
}

static void drive_end(driven *d) {
    int value = 7;
    assert_int_equal(edo_oneshot_send(d->tx, &value), 0);
    assert_int_equal(pthread_join(d->thread, NULL), 0);
    edo_oneshot_rx_free(d->rx);
}

/* Waits until the one worker sleeps. */
static edo_runtime_stats asleep(edo_runtime *rt) {
    edo_runtime_stats s;
    WAIT_FOR((s = read_all(rt), s.all.park_unparks % 2 == 1));
    return s;
}

static void parks_are_odd_while_it_sleeps(void **state) {
    (void)state;
    driven d = { .rt = make(NULL) };
    drive_begin(&d);
    edo_worker_stats w;
    edo_runtime_stats s = { .w = &w, .w_max = 1 };
    (void)asleep(d.rt);
    edo_runtime_get_stats(d.rt, &s);
    assert_int_equal(w.parks, s.all.parks);
    assert_int_equal(w.park_unparks, 2 * w.parks - 1);
    assert_int_not_equal(w.tid, 0);
    assert_int_equal(s.all.tid, 0);
    assert_int_equal(w.fibers, 1);
    assert_int_equal(s.tasks_alive, 1);
    drive_end(&d);
    edo_runtime_get_stats(d.rt, &s);
    assert_int_equal(w.park_unparks, 2 * w.parks);
    assert_int_equal(w.tid, 0); // no thread drives it
    assert_int_equal(w.fibers, 0);
    assert_int_equal(w.noops, 0);
    edo_runtime_free(d.rt);
}

static void wakes_and_spawns_from_outside_are_remote(void **state) {
    (void)state;
    driven d = { .rt = make(NULL) };
    drive_begin(&d);
    edo_runtime_stats before = asleep(d.rt);
    assert_int_equal(before.remote_sched, 1);
    for (int i = 0; i < 10; i++) edo_task_detach(edo_spawn_on(d.rt, nothing, NULL));
    WAIT_FOR(read_all(d.rt).tasks_alive <= 1);
    edo_runtime_stats now = asleep(d.rt);
    assert_int_equal(now.remote_sched, 1 + 10);
    assert_int_equal(now.all.local_sched, 0);
    drive_end(&d); // wakes an idle task
    now = read_all(d.rt);
    assert_int_equal(now.remote_sched, 1 + 10 + 1);
    assert_int_equal(now.all.local_sched, 0);
    assert_int_equal(now.global_depth, 0);
    edo_runtime_free(d.rt);
}

static int advance(void *arg) {
    (void)arg;
    return edo_time_advance(edo_ms(5));
}

static int sleep_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(100));
}

static void busy_time_is_all_but_sleep(void **state) {
    (void)state;
    edo_runtime *rt = make(&(edo_runtime_opts){ .start_paused = true });
    assert_int_equal(added_by(rt, sleep_long, NULL).all.busy_ns, 0);
    assert_int_equal(added_by(rt, advance, NULL).all.busy_ns, 5000000);
    edo_runtime_free(rt);
}

static int five_sleepers(void *arg) {
    edo_task *t[5];
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = edo_spawn(sleep_long, NULL);
    if (edo_yield() < 0) return -1;
    *(edo_runtime_stats *)arg = read_all(edo_runtime_current());
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void armed_timers_are_counted(void **state) {
    (void)state;
    edo_runtime *rt = make(&(edo_runtime_opts){ .start_paused = true });
    edo_runtime_stats inside_it, s = added_by(rt, five_sleepers, &inside_it);
    assert_int_equal(inside_it.timers, 5);
    assert_int_equal(inside_it.all.timers, 5);
    assert_int_equal(s.timers, 0);
    edo_runtime_free(rt);
}

/* ---- Others ---------------------------------------------------------------------------------- */

static int pass_gate(void *arg) {
    return edo_blocking(gate_pass, arg) == 7 ? 0 : -1;
}

static int three_jobs(void *arg) {
    gate *g = arg;
    edo_task *t[3];
    edo_runtime_stats s;
    int64_t since_s = patience_now_s();
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = edo_spawn(pass_gate, g);
    do {
        patience_check(since_s, "a job waits for one of two threads", __FILE__, __LINE__);
        if (edo_yield() < 0) return -1;
        s = read_all(edo_runtime_current());
    } while (s.blk_queue != 1 || s.blk_threads != 2);
    CHECK_EQ(s.blk_idle, 0);
    gate_open(g);
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void blocking_pool_is_shown(void **state) {
    (void)state;
    gate g = GATE;
    edo_runtime *rt = make(&(edo_runtime_opts){ .blocking_max = 2 });
    edo_runtime_stats s = added_by(rt, three_jobs, &g);
    assert_int_equal(s.blk_threads, 2);
    assert_int_equal(s.blk_queue, 0);
    edo_runtime_free(rt);
}

static int serve_one(void *arg) {
    edo_listener *l;
    edo_stream *here, *there;
    char byte = 'x', got = 0;
    (void)arg;
    if (edo_tcp_listen(&l, "127.0.0.1:0", NULL) < 0) return -1;
    char addr[32];
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    CHECK_EQ(edo_tcp_connect(&here, addr, NULL), 0);
    CHECK_EQ(edo_accept(l, &there), 0);
    edo_read_future waits; // so that at least one descriptor is registered
    CHECK_EQ(edo_poll_once(edo_read_init(&waits, there, &got, 1)), EDO_PENDING);
    CHECK_EQ(edo_write_all(here, &byte, 1), 0);
    CHECK_EQ(edo_await(&waits.base), 1);
    edo_close(here);
    edo_close(there);
    edo_listener_close(l);
    return 0;
}

static void sources_registered_with_the_driver_are_deregistered(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    edo_runtime_stats s = added_by(rt, serve_one, NULL);
    assert_in_range(s.fd_reg, 1, 3);
    assert_int_equal(s.fd_dereg, s.fd_reg);
    edo_runtime_free(rt);
}

static int use_stack(void *arg) {
    volatile char much[40000];
    (void)arg;
    for (size_t i = 0; i < sizeof much; i += 1000) much[i] = 1;
    return much[0] - 1;
}

static void stacks_are_counted_while_they_are_used(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    edo_runtime_stats s = added_by(rt, use_stack, NULL);
    assert_true(s.stack_bytes >= (uint64_t)256 * 1024);
    assert_int_equal(s.all.fibers, 0);
    edo_runtime_free(rt);
}

/* ---- Histograms ------------------------------------------------------------------------------ */

#define BUCKETS_MAX 256

static uint64_t sum_of(edo_runtime *rt, edo_runtime_hist which, uint32_t worker) {
    uint64_t counts[BUCKETS_MAX], sum = 0;
    uint32_t n = edo_runtime_get_hist(rt, counts, BUCKETS_MAX, which, worker);
    for (uint32_t i = 0; i < n; i++) sum += counts[i];
    return sum;
}

static void histograms_are_off_unless_asked_for(void **state) {
    (void)state;
    edo_runtime *rt = make(NULL);
    uint64_t count;
    assert_int_equal(edo_runtime_hist_len(rt, EDO_RUNTIME_HIST_POLL), 0);
    assert_int_equal(edo_runtime_hist_len(rt, EDO_RUNTIME_HIST_SCHED), 0);
    assert_int_equal(edo_runtime_get_hist(rt, &count, 1, EDO_RUNTIME_HIST_POLL, 0), 0);
    assert_null(added_by(rt, nothing, NULL).longest_site);
    edo_runtime_free(rt);
}

static void ranges_follow_each_other_from_zero_to_no_end(void **state) {
    (void)state;
    static const struct {
        edo_runtime_hist_opts opts;
        uint32_t len;
        int64_t first_ns, last_ns; /* end of the first, begin of the last */
    } rows[] = {
        { { .kind = EDO_HIST_LINEAR }, 10, 100000, 900000 },
        { { .kind = EDO_HIST_LINEAR, .buckets = 4, .width = EDO_MS(1) }, 4, 1000000, 3000000 },
        { { .kind = EDO_HIST_LOG }, 121, 64, INT64_C(7) << 33 },
        { { .kind = EDO_HIST_LOG, .precision = 3, .min = EDO_US(1), .max = EDO_MS(1) },
          1 + 11 * 8,
          512,
          15 << 16 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_runtime *rt = make(&(edo_runtime_opts){ .poll_hist = rows[i].opts });
        uint32_t n = edo_runtime_hist_len(rt, EDO_RUNTIME_HIST_POLL);
        int64_t at_ns = 0;
        assert_int_equal(n, rows[i].len);
        for (uint32_t at = 0; at < n; at++) {
            edo_hist_range r = edo_runtime_hist_range(rt, EDO_RUNTIME_HIST_POLL, at);
            assert_int_equal(r.from.ns, at_ns);
            assert_true(r.to.ns > r.from.ns);
            if (at == 0) assert_int_equal(r.to.ns, rows[i].first_ns);
            if (at == n - 1) assert_int_equal(r.from.ns, rows[i].last_ns);
            at_ns = r.to.ns;
        }
        assert_int_equal(at_ns, INT64_MAX);
        edo_runtime_free(rt);
    }
}

static void bad_layouts_are_refused(void **state) {
    (void)state;
    static const edo_runtime_hist_opts rows[] = {
        { .kind = EDO_HIST_LINEAR, .buckets = 5000 },
        { .kind = EDO_HIST_LINEAR, .width = { -1 } },
        { .kind = EDO_HIST_LOG, .precision = 7 },
        { .kind = EDO_HIST_LOG, .min = { -5 } },
        { .kind = EDO_HIST_LOG, .min = EDO_S(100) },
        { .kind = (edo_hist_kind)3 },
        { .max = EDO_S(1) },
        { .buckets = 4 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_runtime *rt = NULL;
        assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .poll_hist = rows[i] }),
                         -EINVAL);
        assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .sched_hist = rows[i] }),
                         -EINVAL);
        assert_null(rt);
    }
}

static void burn_for(int64_t ns) {
    edo_instant start = edo_now();
    while (edo_instant_since(edo_now(), start).ns < ns) {
    }
}

static int burn(void *arg) {
    burn_for(*(const int64_t *)arg);
    return 0;
}

/* The second child waits while its elder sibling burns. */
static int burn_twice(void *arg) {
    edo_task *a = edo_spawn_with(burn, arg, &(edo_spawn_opts){ .name = "the burner" });
    edo_task *b = edo_spawn_with(burn, arg, &(edo_spawn_opts){ .name = "the burner" });
    return edo_task_join(a) + edo_task_join(b);
}

/* One spends its budget again and again, the other yields. */
static int spend_beside_yields(void *arg) {
    edo_task *t = edo_spawn(yield_times, arg);
    for (uint32_t i = 0; i < 20 * EDO_BUDGET; i++) CHECK_EQ(edo_budget_consume(), 0);
    return edo_task_join(t);
}

/* How many of a histogram's times are at least `ns` long. */
static uint64_t at_least(edo_runtime *rt, edo_runtime_hist which, int64_t ns) {
    uint64_t counts[BUCKETS_MAX], sum = 0;
    uint32_t n = edo_runtime_get_hist(rt, counts, BUCKETS_MAX, which, EDO_WORKER_ALL);
    for (uint32_t i = 0; i < n; i++)
        if (edo_runtime_hist_range(rt, which, i).from.ns >= ns) sum += counts[i];
    return sum;
}

static void each_poll_is_in_each_histogram_once(void **state) {
    (void)state;
    const edo_runtime_opts opts = {
        .poll_hist = { .kind = EDO_HIST_LINEAR, .width = EDO_MS(1) },
        .sched_hist = { .kind = EDO_HIST_LINEAR, .width = EDO_MS(1) },
    };
    edo_runtime *rt = make(&opts);
    int n = 1000;
    assert_int_equal(added_by(rt, yield_times, &n).all.polls, n + 1);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_POLL, 0), n + 1);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_SCHED, EDO_WORKER_ALL), n + 1);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_POLL, 1), 0); // no such worker
    uint64_t polls = at_least(rt, EDO_RUNTIME_HIST_POLL, 3000000);
    uint64_t waits = at_least(rt, EDO_RUNTIME_HIST_SCHED, 3000000);
    int64_t burn_ns = 3000000;
    edo_runtime_stats s = added_by(rt, burn_twice, &burn_ns);
    assert_true(at_least(rt, EDO_RUNTIME_HIST_POLL, 3000000) >= polls + 2);
    assert_true(at_least(rt, EDO_RUNTIME_HIST_SCHED, 3000000) >= waits + 1);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_POLL, 0), (uint64_t)n + 1 + s.all.polls);
    uint64_t before = (uint64_t)n + 1 + s.all.polls;
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_SCHED, 0), before);
    assert_true(s.longest_poll.ns >= 3000000);
    s = added_by(rt, spend_beside_yields, &n);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_POLL, 0), before + s.all.polls);
    assert_int_equal(sum_of(rt, EDO_RUNTIME_HIST_SCHED, 0), before + s.all.polls);
    // The machine may have taken the thread away in another poll, for longer.
    for (; strcmp(s.longest_site, "the burner") != 0 && burn_ns < 1000000000; burn_ns *= 2)
        s = added_by(rt, burn_twice, &burn_ns);
    assert_string_equal(s.longest_site, "the burner");
    edo_runtime_free(rt);
}

#define BURNS 8

/* Burns 3 ms and yields, at each poll but the last. */
typedef struct burner {
    edo_yield_future yield;
    int polls_n;
    int64_t waits_n, long_n; /* of tasks since its first poll: all, and those of 2 ms and more */
} burner;

static void count_waits(burner *b, int sign) {
    edo_runtime *rt = edo_runtime_current();
    b->waits_n += sign * (int64_t)sum_of(rt, EDO_RUNTIME_HIST_SCHED, EDO_WORKER_ALL);
    b->long_n += sign * (int64_t)at_least(rt, EDO_RUNTIME_HIST_SCHED, 2000000);
}

static edo_polled burns_and_yields(void *arg, edo_cx *cx, int *result) {
    burner *b = arg;
    *result = 0;
    if (b->polls_n == 0) count_waits(b, -1);
    if (b->polls_n++ == BURNS) {
        count_waits(b, 1);
        return EDO_READY;
    }
    burn_for(3000000);
    return edo_poll(edo_yield_init(&b->yield), cx);
}

static int burn_as_fiber(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, burns_and_yields, arg));
}

static int burn_as_state_machine(void *arg) {
    edo_poll_fn_future f;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, burns_and_yields, arg)));
}

static edo_runtime *make_with_waits(edo_runtime_opts opts) {
    opts.sched_hist = (edo_runtime_hist_opts){ .kind = EDO_HIST_LINEAR, .width = EDO_MS(1) };
    return make(&opts);
}

static void burn_alone(edo_task_fn *fn, const edo_runtime_opts *opts) {
    edo_runtime *rt = make_with_waits(*opts);
    burner b = { .polls_n = 0 };
    assert_int_equal(edo_run(rt, fn, &b), 0);
    assert_int_equal(b.waits_n, BURNS);
    assert_true(b.long_n <= BURNS / 2); // the machine may take the thread away now and then
    edo_runtime_free(rt);
}

static void wait_after_a_yield_begins_no_earlier_on(const edo_runtime_opts *kind) {
    edo_runtime_opts opts = *kind;
    for (opts.event_interval = 0; opts.event_interval <= 1; opts.event_interval++) {
        burn_alone(burn_as_fiber, &opts);
        burn_alone(burn_as_state_machine, &opts); // at an interval of 1 polls are known to be long
    }
}
ON_EACH_KIND(wait_after_a_yield_begins_no_earlier)

/* They take turns: so it waits while the other burns. */
static int yield_beside_burner(void *arg) {
    burner *b = arg;
    edo_poll_fn_future f;
    edo_task *t = edo_spawn_future(edo_poll_fn_init(&f, burns_and_yields, b));
    YIELD_FOR(b->polls_n > BURNS);
    return edo_task_join(t);
}

static void wait_after_a_yield_begins_no_later(void **state) {
    (void)state;
    edo_runtime *rt = make_with_waits(one_thread);
    burner b = { .polls_n = 0 };
    assert_int_equal(edo_run(rt, yield_beside_burner, &b), 0);
    assert_int_equal(b.waits_n, 2 * BURNS);
    assert_true(b.long_n >= BURNS);
    edo_runtime_free(rt);
}

/* ---- Intervals ------------------------------------------------------------------------------- */

static void delta_may_be_taken_in_place_and_by_worker(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    edo_runtime *rt = make(&opts);
    edo_worker_stats w[3][2];
    edo_runtime_stats s[3];
    memset(w, 0, sizeof w);
    for (int i = 0; i < 3; i++) s[i] = (edo_runtime_stats){ .w = w[i], .w_max = 2 };
    edo_runtime_get_stats(rt, &s[0]);
    int n = 100;
    assert_int_equal(edo_run(rt, yield_times, &n), 0);
    WAIT_FOR(read_all(rt).all.polls >= 101);
    edo_runtime_get_stats(rt, &s[1]);
    assert_int_equal(s[1].workers, 2);
    edo_runtime_stats_delta(&s[2], &s[0], &s[1]);
    assert_ptr_equal(s[2].w, w[2]);
    assert_int_equal(s[2].all.polls, 101);
    assert_int_equal(w[2][0].polls + w[2][1].polls, 101);
    assert_int_equal(s[2].tasks_spawned, 1);
    edo_runtime_stats_delta(&s[1], &s[0], &s[1]);
    assert_int_equal(s[1].all.polls, 101);
    assert_int_equal(w[1][0].polls + w[1][1].polls, 101);
    edo_runtime_free(rt);
}

/* ---- Readers --------------------------------------------------------------------------------- */

typedef struct hammer {
    edo_runtime *rt;
    edo_atomic_u32 stop;
} hammer;

static void check_grows(const edo_worker_stats *before, const edo_worker_stats *now) {
    CHECK(now->polls >= before->polls && now->busy_ns >= before->busy_ns);
    CHECK(now->parks >= before->parks && now->park_unparks >= before->park_unparks);
    CHECK(now->local_sched >= before->local_sched && now->noops >= before->noops);
    CHECK(now->steals >= before->steals && now->stolen >= before->stolen);
}

static void *read_on(void *arg) {
    hammer *h = arg;
    edo_worker_stats w[2] = { { 0 } }, w_before[2];
    edo_runtime_stats s = { .w = w, .w_max = 2 };
    while (__atomic_load_n(&h->stop.edoi_value, __ATOMIC_RELAXED) == 0) {
        edo_runtime_stats before = s;
        memcpy(w_before, w, sizeof w);
        edo_runtime_get_stats(h->rt, &s);
        for (int i = 0; i < 2; i++) check_grows(&w_before[i], &w[i]);
        CHECK(s.tasks_spawned >= before.tasks_spawned);
        CHECK(s.longest_poll.ns >= before.longest_poll.ns);
        CHECK((s.longest_poll.ns > 0) == (s.longest_site != NULL));
        (void)sum_of(h->rt, EDO_RUNTIME_HIST_POLL, EDO_WORKER_ALL);
        (void)sum_of(h->rt, EDO_RUNTIME_HIST_SCHED, 0);
    }
    return NULL;
}

static int many_yielders(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 50; i++)
        if (edo_scope_spawn(&s, yield_times, arg) < 0) break;
    return edo_scope_end(&s, 0);
}

static void readers_stop_no_worker_and_see_numbers_grow(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 2,
                                    .poll_hist = { .kind = EDO_HIST_LOG },
                                    .sched_hist = { .kind = EDO_HIST_LOG } };
    hammer h = { .rt = make(&opts) };
    pthread_t readers[2];
    int n = 20, rounds = 20;
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&readers[i], NULL, read_on, &h), 0);
    for (int i = 0; i < rounds; i++) assert_int_equal(edo_run(h.rt, many_yielders, &n), 0);
    assert_int_equal(edo_runtime_shutdown(h.rt, edo_s(20)), 0);
    __atomic_store_n(&h.stop.edoi_value, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(readers[i], NULL), 0);
    edo_runtime_stats s = read_all(h.rt);
    assert_int_equal(s.tasks_spawned, rounds * 51);
    assert_int_equal(s.tasks_alive, 0);
    assert_int_equal(s.all.depth, 0);
    assert_true(s.all.polls >= (uint64_t)(rounds * 50 * (n + 1)));
    assert_int_equal(sum_of(h.rt, EDO_RUNTIME_HIST_POLL, EDO_WORKER_ALL), s.all.polls);
    assert_int_equal(sum_of(h.rt, EDO_RUNTIME_HIST_SCHED, EDO_WORKER_ALL), s.all.polls);
    edo_runtime_free(h.rt);
}

/* ---- Which worker ---------------------------------------------------------------------------- */

static int index_is_below(void *arg) {
    const edo_runtime_opts *kind = arg;
    uint32_t workers = kind->flavor == EDO_RUNTIME_MULTI ? kind->workers : 1;
    for (int i = 0; i < 10; i++) {
        CHECK(edo_worker_index() < workers);
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static void a_task_knows_its_worker_and_a_thread_has_none_on(const edo_runtime_opts *kind) {
    edo_runtime_opts opts = *kind;
    assert_int_equal(inside_with(index_is_below, &opts, kind), 0);
    assert_true(edo_worker_index() == EDO_WORKER_NONE);
}
ON_EACH_KIND(a_task_knows_its_worker_and_a_thread_has_none)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_poll_and_each_requeue_is_counted),
        cmocka_unit_test(spawns_wakes_and_ends_are_counted),
        cmocka_unit_test(yields_for_want_of_budget_are_counted),
        cmocka_unit_test(awaits_that_are_refused_spend_budget_too),
        cmocka_unit_test(a_future_without_budget_is_a_forced_yield),
        cmocka_unit_test(parks_are_odd_while_it_sleeps),
        cmocka_unit_test(wakes_and_spawns_from_outside_are_remote),
        cmocka_unit_test(busy_time_is_all_but_sleep),
        cmocka_unit_test(armed_timers_are_counted),
        cmocka_unit_test(blocking_pool_is_shown),
        cmocka_unit_test(sources_registered_with_the_driver_are_deregistered),
        cmocka_unit_test(stacks_are_counted_while_they_are_used),
        cmocka_unit_test(histograms_are_off_unless_asked_for),
        cmocka_unit_test(ranges_follow_each_other_from_zero_to_no_end),
        cmocka_unit_test(bad_layouts_are_refused),
        cmocka_unit_test(each_poll_is_in_each_histogram_once),
        cmocka_unit_test(wait_after_a_yield_begins_no_earlier),
        cmocka_unit_test(wait_after_a_yield_begins_no_later),
        cmocka_unit_test(delta_may_be_taken_in_place_and_by_worker),
        cmocka_unit_test(readers_stop_no_worker_and_see_numbers_grow),
        cmocka_unit_test(a_task_knows_its_worker_and_a_thread_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
