/* SPDX-License-Identifier: MIT */
/* Goal: no task starves: budget, yield, the front slot, timers and other threads beside busy tasks.
 * Method: counters of how often each task ran, mostly on one thread. */
#include <edo/async.h>
#include <edo/edo.h>
#include <edo/fd.h>

#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Goes to the back of the queue, by its waker. */
static edo_polled wakes_itself_once(void *arg, edo_cx *cx, int *result) {
    bool *is_over = arg;
    *result = 0;
    if (*is_over) return EDO_READY;
    *is_over = true;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static int queue_again(void) {
    bool is_over = false;
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, wakes_itself_once, &is_over));
}

/* ---- Budget ---------------------------------------------------------------------------------- */

/* A leaf that is always ready, as long as the budget lasts. */
static edo_polled always_ready(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    *result = 0;
    return edo_budget_take(cx) ? EDO_READY : EDO_PENDING;
}

/* A leaf that uses up an operation and waits on. */
static edo_polled never_but_debits(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    *result = 0;
    (void)edo_budget_take(cx);
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static int sets(void *arg) {
    *(bool *)arg = true;
    return 0;
}

static int greedy(void *arg) {
    const bool *stop = arg; // atomic
    edo_instant start = edo_now();
    while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
        edo_poll_fn_future f;
        CHECK(ms_since(start) < 30000); // the others get no turn
        CHECK_EQ(edo_await(edo_poll_fn_init(&f, always_ready, NULL)), 0);
    }
    return 0;
}

static int beside_greedy(void *arg) {
    (void)arg;
    bool stop = false;
    edo_task *t = edo_spawn(greedy, &stop);
    for (int i = 0; i < 1000; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0); // timers too
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    CHECK_EQ(edo_task_join(t), 0);
    return 0;
}

static void a_task_that_is_always_ready_lets_others_and_timers_run(void **state) {
    (void)state;
    assert_int_equal(inside_each(beside_greedy, NULL), 0);
}

/* One branch debits, the other is always ready and debits nothing. */
static int selects_in_a_loop(uint32_t flags) {
    bool ran = false;
    edo_task *t = edo_spawn(sets, &ran);
    int loops = 0;
    for (; !ran && loops < 100000; loops++) {
        edo_poll_fn_future debits;
        edo_ready_future always;
        edo_future *futures[] = { edo_poll_fn_init(&debits, never_but_debits, NULL),
                                  edo_ready_init(&always, 0) };
        CHECK_EQ(edo_select_array(futures, 2, flags), 1);
    }
    CHECK(loops <= (int)EDO_BUDGET + 1); // the last one is polled again after the other ran
    return edo_task_join(t);
}

static int selects_beside_another(void *arg) {
    (void)arg;
    int err = selects_in_a_loop(EDO_SELECT_BIASED);
    return err < 0 ? err : selects_in_a_loop(EDO_SELECT_BIASED | EDO_SELECT_KEEP);
}

static void a_loop_of_selects_yields_though_a_branch_debits_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(selects_beside_another, NULL), 0);
}

static int operations;

static int count_until_switched(void *arg) {
    (void)arg;
    for (operations = 0; operations < 1000; operations++) {
        edo_poll_fn_future f;
        CHECK_EQ(edo_await(edo_poll_fn_init(&f, always_ready, NULL)), 0);
    }
    return 0;
}

/* Goes behind the tasks that have spent their budget. */
static int consume_a_turn(void) {
    int err = 0;
    for (uint32_t left = edo_budget_left() + 1; left > 0 && err == 0; left--)
        err = edo_budget_consume();
    return err;
}

static int budget_is_128(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(count_until_switched, NULL);
    CHECK_EQ(queue_again(), 0);
    CHECK_EQ(operations, EDO_BUDGET);
    CHECK_EQ(consume_a_turn(), 0);
    CHECK_EQ(operations, 2 * EDO_BUDGET);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(edo_budget_left() <= EDO_BUDGET);
    return 0;
}

static void a_poll_may_do_128_operations(void **state) {
    (void)state;
    assert_int_equal(edo_budget_left(), UINT32_MAX);
    assert_int_equal(edo_budget_consume(), 0);
    assert_int_equal(inside(budget_is_128, NULL), 0);
}

static int consumed;

static int consume(void *arg) {
    (void)arg;
    for (consumed = 0; consumed < 1000; consumed++) CHECK_EQ(edo_budget_consume(), 0);
    return 0;
}

static int consume_root(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(consume, NULL);
    CHECK_EQ(queue_again(), 0);
    CHECK_EQ(consumed, EDO_BUDGET);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(consumed, 1000);
    return 0;
}

static int consume_cancelled(void *arg) {
    (void)arg;
    int i = 0, err = 0;
    while (err == 0 && i < 1000) {
        err = edo_budget_consume();
        i++;
    }
    CHECK_EQ(i, 1);
    return err;
}

static int consume_cancelled_root(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(consume_cancelled, NULL);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    return 0;
}

static void a_loop_that_computes_may_take_from_the_budget(void **state) {
    (void)state;
    assert_int_equal(inside(consume_root, NULL), 0);
    assert_int_equal(inside(consume_cancelled_root, NULL), 0);
}

static int many_pending_awaits(void *arg) {
    (void)arg;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_task *t = edo_spawn(count_until_switched, NULL);
    for (int i = 0; i < 300; i++) {
        edo_notify_wait_future wait;
        edo_task_join_future join;
        edo_sleep_future nap;
        edo_future *f[] = { edo_notify_wait_init(&wait, &n), edo_task_wait_init(&join, t),
                            edo_sleep_init(&nap, edo_s(1)) };
        uint32_t before = edo_budget_left();
        CHECK_EQ(edo_select_array(f, 3, EDO_SELECT_NOWAIT), -EAGAIN);
        if (before > 0) CHECK_EQ(edo_budget_left(), before - 1);
    }
    return edo_task_join(t);
}

static void look_that_finds_nothing_takes_one_operation(void **state) {
    (void)state;
    assert_int_equal(inside(many_pending_awaits, NULL), 0);
}

static int drain_without_waiting(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int value = 0;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof value, EDO_MPSC_UNBOUNDED, NULL), 0);
    for (int i = 0; i < 1000; i++) CHECK_EQ(edo_mpsc_try_send(tx, &i), 0);
    for (int i = 0; i < 1000; i++) {
        edo_mpsc_recv_future recv;
        edo_future *f[] = { edo_mpsc_recv_init(&recv, rx, &value) };
        CHECK_EQ(edo_select_array(f, 1, EDO_SELECT_NOWAIT), 0);
        CHECK_EQ(value, i);
    }
    edo_mpsc_recv_future recv;
    edo_pending_future never;
    edo_future *f[] = { edo_mpsc_recv_init(&recv, rx, &value), edo_pending_init(&never) };
    for (int i = 0; i < 300; i++) { // with any budget
        f[0] = edo_mpsc_recv_init(&recv, rx, &value);
        f[1] = edo_pending_init(&never);
        CHECK_EQ(edo_select_array(f, 2, EDO_SELECT_NOWAIT), -EAGAIN);
        CHECK_EQ(edo_budget_consume(), 0);
    }
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void a_spent_budget_is_not_taken_for_nothing_ready(void **state) {
    (void)state;
    assert_int_equal(inside(drain_without_waiting, NULL), 0);
}

typedef struct winners {
    int at[100];
} winners;

static int note_winners(void *arg) {
    winners *self = arg;
    for (size_t i = 0; i < EDO_COUNT(self->at); i++) {
        edo_ready_future a, b, c;
        self->at[i] =
            edo_select(edo_ready_init(&a, 0), edo_ready_init(&b, 0), edo_ready_init(&c, 0));
    }
    return 0;
}

static void the_same_seed_gives_the_same_winners(void **state) {
    (void)state;
    winners a, b, c;
    edo_runtime_opts seven = { .flavor = EDO_RUNTIME_CURRENT, .seed = 7 };
    edo_runtime_opts eight = { .flavor = EDO_RUNTIME_CURRENT, .seed = 8 };
    assert_int_equal(inside_with(note_winners, &a, &seven), 0);
    assert_int_equal(inside_with(note_winners, &b, &seven), 0);
    assert_int_equal(inside_with(note_winners, &c, &eight), 0);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
}

/* ---- Yield and the front slot ---------------------------------------------------------------- */

#define YIELDERS 10

static int turns[YIELDERS], turns_max_apart;

static int yield_often(void *arg) {
    int *mine = arg;
    for (int i = 0; i < 500; i++) {
        ++*mine;
        int least = turns[0], most = turns[0];
        for (int j = 1; j < YIELDERS; j++) {
            if (turns[j] < least) least = turns[j];
            if (turns[j] > most) most = turns[j];
        }
        if (most - least > turns_max_apart) turns_max_apart = most - least;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int yielders(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < YIELDERS; i++) (void)edo_scope_spawn(&s, yield_often, &turns[i]);
    return edo_scope_end(&s, 0);
}

static void yielding_tasks_take_turns(void **state) {
    (void)state;
    memset(turns, 0, sizeof turns);
    turns_max_apart = 0;
    assert_int_equal(inside(yielders, NULL), 0);
    assert_true(turns_max_apart <= 1);
}

static int long_polls; /* -1: over */

/* Always ready for one more poll, each of a millisecond. */
static edo_polled polls_long(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    *result = 0;
    if (long_polls < 0) return EDO_READY;
    edo_instant start = edo_now();
    while (edo_now().ns - start.ns < 1000000) EDOI_CPU_RELAX();
    long_polls++;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static int beside_long_polls(void *arg) {
    (void)arg;
    edo_task *tasks[4];
    long_polls = 0;
    for (int i = 0; i < 3000; i++) CHECK_EQ(edo_yield(), 0); // whichever tasks ran before
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        edo_poll_fn_future f;
        tasks[i] = edo_spawn_future(edo_poll_fn_init(&f, polls_long, NULL));
        CHECK(tasks[i]);
    }
    for (int i = 0; i < 20; i++) CHECK_EQ(edo_yield(), 0);
    int passed = long_polls;
    long_polls = -1;
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return passed;
}

static void each_queued_task_passes_one_that_yields_once(void **state) {
    (void)state;
    for (uint32_t interval = 0; interval <= 100000; interval += 100000) {
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .event_interval = interval };
        assert_in_range(inside_with(beside_long_polls, NULL, &opts), 20 * 4 - 4, 20 * 4 + 4);
    }
}

typedef struct ball {
    edo_notify there, back;
    int n, stop;
} ball;

static int pong(void *arg) {
    ball *b = arg;
    while (!b->stop) {
        CHECK_EQ(edo_notify_wait(&b->there), 0);
        edo_notify_one(&b->back);
    }
    return 0;
}

static int ping(void *arg) {
    ball *b = arg;
    while (!b->stop) {
        b->n++;
        edo_notify_one(&b->there);
        CHECK_EQ(edo_notify_wait(&b->back), 0);
    }
    edo_notify_one(&b->there);
    return 0;
}

/* Runs of the scheduler have 61 polls, and a round has two. */
#define ROUNDS_IN_A_RUN 31

/* The most rounds that they play while a third task asks for its next turn by `wait`. */
static int rounds_beside(int (*wait)(void)) {
    static ball b = { .there = EDO_NOTIFY_INIT, .back = EDO_NOTIFY_INIT };
    b.n = b.stop = 0;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, ping, &b);
    (void)edo_scope_spawn(&s, pong, &b);
    int before = 0, most = 0;
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(wait(), 0);
        if (b.n - before > most) most = b.n - before;
        before = b.n;
    }
    CHECK(b.n > 500);
    b.stop = 1;
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return most;
}

static int beside_pingpong(void *arg) {
    (void)arg;
    CHECK(rounds_beside(consume_a_turn) <= ROUNDS_IN_A_RUN);
    CHECK(rounds_beside(queue_again) <= 4); // a few in a row from the front, then the others
    CHECK(rounds_beside(edo_yield) <= 4);
    return 0;
}

static void two_tasks_that_wake_each_other_do_not_starve_a_third(void **state) {
    (void)state;
    assert_int_equal(inside(beside_pingpong, NULL), 0);
    edo_runtime_opts no_lifo = { .flavor = EDO_RUNTIME_CURRENT, .no_lifo = true };
    assert_int_equal(inside_with(beside_pingpong, NULL, &no_lifo), 0);
}

#define HOGS 10

static int hogs_turns, hogs_turns_before, hog_stops;
static int hog_says; /* a descriptor */

/* Each turn takes 128 operations of 1 us at least. When all have had theirs a byte is written. */
static int hog(void *arg) {
    (void)arg;
    while (!hog_stops) {
        edo_instant start = edo_now();
        while (edo_now().ns - start.ns < 1000) EDOI_CPU_RELAX();
        if (edo_budget_left() > 0) {
            CHECK_EQ(edo_budget_consume(), 0);
            continue;
        }
        if (++hogs_turns == HOGS + 1) CHECK_EQ(write(hog_says, "x", 1), 1);
        CHECK_EQ(edo_budget_consume(), 0);
    }
    return 0;
}

static int yield_until_stopped(void *arg) {
    (void)arg;
    while (!hog_stops) {
        operations++;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

/* With `*arg` tasks that can always run. */
static int beside_hogs(void *arg) {
    int fds[2], yielders_n = *(int *)arg;
    char byte;
    edo_stream *from;
    edo_task *hogs[HOGS], *yields[2];
    hogs_turns = hog_stops = 0;
    CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    hog_says = fds[1];
    CHECK_EQ(edo_stream_from_fd(&from, fds[0]), 0);
    for (int i = 0; i < HOGS; i++) hogs[i] = edo_spawn(hog, NULL);
    for (int i = 0; i < yielders_n; i++) yields[i] = edo_spawn(yield_until_stopped, NULL);
    CHECK_EQ(edo_read(from, &byte, 1), 1);
    hogs_turns_before = hogs_turns - (HOGS + 1);
    hog_stops = 1;
    for (int i = 0; i < HOGS; i++) CHECK_EQ(edo_task_join(hogs[i]), 0);
    for (int i = 0; i < yielders_n; i++) CHECK_EQ(edo_task_join(yields[i]), 0);
    edo_close(from);
    (void)close(fds[1]);
    return 0;
}

static void what_an_event_wakes_does_not_wait_for_all_that_spend_their_budget(void **state) {
    (void)state;
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    for (int yielders_n = 0; yielders_n <= 2; yielders_n++) {
        assert_int_equal(inside_with(beside_hogs, &yielders_n, &opts), 0);
        assert_in_range(hogs_turns_before, 0, 2);
    }
}

/* Is woken by a task that then spends its budget, which is not its own. */
static int is_woken_by_a_hog(void *arg) {
    edo_notify *bell = arg;
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(edo_notify_wait(bell), 0);
        hogs_turns_before = hogs_turns;
    }
    return 0;
}

static int wake_and_spend(void *arg) {
    (void)arg;
    edo_notify bell = EDO_NOTIFY_INIT;
    hog_stops = operations = 0;
    edo_task *yields[] = { edo_spawn(yield_until_stopped, NULL),
                           edo_spawn(yield_until_stopped, NULL) };
    edo_task *woken = edo_spawn(is_woken_by_a_hog, &bell);
    CHECK_EQ(edo_yield(), 0);
    for (hogs_turns = 1; hogs_turns <= 100; hogs_turns++) {
        edo_notify_one(&bell);
        CHECK_EQ(consume_a_turn(), 0);
        CHECK_EQ(hogs_turns_before, hogs_turns); // it has not waited for this one's next turn
    }
    hog_stops = 1;
    for (size_t i = 0; i < EDO_COUNT(yields); i++) CHECK_EQ(edo_task_join(yields[i]), 0);
    return edo_task_join(woken);
}

static void what_a_task_wakes_does_not_pay_for_its_spent_budget(void **state) {
    (void)state;
    assert_int_equal(inside(wake_and_spend, NULL), 0);
}

/* Two tasks can always run; each run of 61 polls has a turn of one that has spent its budget. */
static int spends_beside_yields(void *arg) {
    (void)arg;
    hog_stops = operations = 0;
    edo_task *a = edo_spawn(yield_until_stopped, NULL), *b = edo_spawn(yield_until_stopped, NULL);
    for (int i = 0; i < 100; i++) CHECK_EQ(consume_a_turn(), 0);
    CHECK(operations >= 100 * 60 && operations <= 100 * 61);
    hog_stops = 1;
    CHECK_EQ(edo_task_join(a), 0);
    return edo_task_join(b);
}

static void each_run_has_a_turn_of_a_task_that_has_spent_its_budget(void **state) {
    (void)state;
    assert_int_equal(inside(spends_beside_yields, NULL), 0);
}

/* Is notified in its first poll, and yields in that poll; then waits until it is over. */
typedef struct notified {
    edo_notify bell, over;
    edo_notify_wait_future rung, wait;
    edo_yield_future yield;
    int polls_n;
} notified;

static edo_polled is_notified_and_yields(void *arg, edo_cx *cx, int *result) {
    notified *n = arg;
    *result = 0;
    if (n->polls_n++ == 0) {
        CHECK_EQ(edo_poll(edo_notify_wait_init(&n->rung, &n->bell), cx), EDO_PENDING);
        edo_notify_one(&n->bell);
        return edo_poll(edo_yield_init(&n->yield), cx);
    }
    if (n->polls_n == 2) {
        CHECK_EQ(edo_poll(&n->rung.base, cx), EDO_READY);
        CHECK_EQ(edo_poll(&n->yield.base, cx), EDO_READY);
        (void)edo_notify_wait_init(&n->wait, &n->over);
    }
    return edo_poll(&n->wait.base, cx);
}

static int await_as_fiber(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, is_notified_and_yields, arg));
}

static edo_task *spawn_notified(notified *n, bool as_fiber) {
    edo_poll_fn_future f;
    if (as_fiber) return edo_spawn(await_as_fiber, n);
    return edo_spawn_future(edo_poll_fn_init(&f, is_notified_and_yields, n));
}

/* How often the other task was polled before a task that yields went on. */
static int note_polls(void *arg) {
    const notified *n = arg;
    CHECK_EQ(edo_yield(), 0);
    return n->polls_n;
}

static int beside_notified(void *arg) {
    notified n = { .bell = EDO_NOTIFY_INIT, .over = EDO_NOTIFY_INIT };
    edo_task *yields = edo_spawn(note_polls, &n);
    edo_task *notified_too = spawn_notified(&n, *(bool *)arg);
    CHECK_EQ(edo_task_join(yields), 1); // each in the order in which it went to the back
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(n.polls_n, 2); // it was queued once
    edo_notify_one(&n.over);
    CHECK_EQ(edo_task_join(notified_too), 0);
    CHECK_EQ(n.polls_n, 3);
    return 0;
}

static void notified_task_that_yields_is_queued_once_like_a_woken_one(void **state) {
    (void)state;
    for (int as_fiber = 0; as_fiber <= 1; as_fiber++)
        assert_int_equal(inside(beside_notified, &(bool){ as_fiber }), 0);
}

/* ---- Timers and the queue -------------------------------------------------------------------- */

#define NAPPERS 20
#define QUEUED  100 /* a budget of 128 is not spent by their spawns */

static int naps_over, queued_ran, queued_at_first, queued_at_last;

static int nap(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep(edo_ms(30)), 0);
    if (naps_over++ == 0) queued_at_first = queued_ran;
    queued_at_last = queued_ran;
    return 0;
}

static int run_once(void *arg) {
    (void)arg;
    queued_ran++;
    return 0;
}

/* `is_late`: some may have been due before all others were queued. */
static int nappers_beside_queued(void *is_late) {
    edo_scope s;
    edo_instant begun = edo_now();
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < NAPPERS; i++) (void)edo_scope_spawn(&s, nap, NULL);
    CHECK_EQ(edo_yield(), 0); // all of them sleep
    for (int i = 0; i < QUEUED; i++) (void)edo_scope_spawn(&s, run_once, NULL);
    edo_instant start = edo_now();
    *(bool *)is_late = ms_since(begun) >= 30;
    while (ms_since(start) < 31) EDOI_CPU_RELAX(); // all of them are due
    return edo_scope_end(&s, 0);
}

static void task_woken_by_a_timer_takes_turns_with_queued_tasks(void **state) {
    (void)state;
    bool is_late;
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .event_interval = 1 };
    const int64_t since_s = patience_now_s();
    do { // again where the machine has stopped for as long as a nap
        naps_over = queued_ran = 0;
        assert_int_equal(inside_with(nappers_beside_queued, &is_late, &opts), 0);
        patience_check(since_s, "the naps outlast the spawns", __FILE__, __LINE__);
    } while (is_late);
    assert_int_equal(queued_ran, QUEUED);
    assert_int_equal(naps_over, NAPPERS);
    assert_true(queued_at_first <= 2);                        // not behind all
    assert_in_range(queued_at_last, NAPPERS - 2, QUEUED / 2); // nor before all
}

static int yields_n, yields_at_last;

/* The first to be woken yields until all others have gone on. */
static int nap_or_yield(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep(edo_ms(30)), 0);
    if (naps_over++ > 0) {
        yields_at_last = yields_n;
        return 0;
    }
    for (; naps_over < NAPPERS && yields_n < 1000; yields_n++) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static int nappers_beside_one_who_yields(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < NAPPERS; i++) (void)edo_scope_spawn(&s, nap_or_yield, NULL);
    return edo_scope_end(&s, 0);
}

static void task_woken_by_a_timer_takes_turns_with_yielding_tasks(void **state) {
    (void)state;
    naps_over = yields_n = 0;
    assert_int_equal(inside(nappers_beside_one_who_yields, NULL), 0);
    assert_int_equal(naps_over, NAPPERS);
    assert_in_range(yields_at_last, NAPPERS - 2, NAPPERS);
}

/* ---- Other threads beside busy tasks --------------------------------------------------------- */

static void *notify_from_thread(void *arg) {
    edo_notify_one(arg);
    return NULL;
}

static int spin(void *arg) {
    edo_atomic_u32 *stop = arg;
    while (!EDOI_ATOMIC_LOAD(&stop->edoi_value, EDOI_RELAXED)) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static int foreign_wake_beside_busy(void *arg) {
    (void)arg;
    edo_atomic_u32 stop = EDOI_ATOMIC_INIT(0);
    edo_notify n = EDO_NOTIFY_INIT;
    edo_task *busy[2] = { edo_spawn(spin, &stop), edo_spawn(spin, &stop) };
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, notify_from_thread, &n), 0);
        CHECK_EQ(edo_timeout(edo_notify_wait_init(&(edo_notify_wait_future){ 0 }, &n), edo_s(20)),
                 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    EDOI_ATOMIC_STORE(&stop.edoi_value, 1u, EDOI_RELAXED);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_task_join(busy[i]), 0);
    return 0;
}

static void a_wake_from_another_thread_gets_through_to_a_busy_runtime(void **state) {
    (void)state;
    assert_int_equal(inside_each(foreign_wake_beside_busy, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_is_always_ready_lets_others_and_timers_run),
        cmocka_unit_test(a_loop_of_selects_yields_though_a_branch_debits_nothing),
        cmocka_unit_test(a_poll_may_do_128_operations),
        cmocka_unit_test(a_loop_that_computes_may_take_from_the_budget),
        cmocka_unit_test(look_that_finds_nothing_takes_one_operation),
        cmocka_unit_test(a_spent_budget_is_not_taken_for_nothing_ready),
        cmocka_unit_test(the_same_seed_gives_the_same_winners),
        cmocka_unit_test(yielding_tasks_take_turns),
        cmocka_unit_test(each_queued_task_passes_one_that_yields_once),
        cmocka_unit_test(two_tasks_that_wake_each_other_do_not_starve_a_third),
        cmocka_unit_test(what_an_event_wakes_does_not_wait_for_all_that_spend_their_budget),
        cmocka_unit_test(what_a_task_wakes_does_not_pay_for_its_spent_budget),
        cmocka_unit_test(each_run_has_a_turn_of_a_task_that_has_spent_its_budget),
        cmocka_unit_test(notified_task_that_yields_is_queued_once_like_a_woken_one),
        cmocka_unit_test(task_woken_by_a_timer_takes_turns_with_queued_tasks),
        cmocka_unit_test(task_woken_by_a_timer_takes_turns_with_yielding_tasks),
        cmocka_unit_test(a_wake_from_another_thread_gets_through_to_a_busy_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
