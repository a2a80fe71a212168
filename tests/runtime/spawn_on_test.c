/* SPDX-License-Identifier: MIT */
/* Goal: a thread that is in no runtime starts functions and futures on one, and waits for their
 * end; so does a task of another runtime. Method: plain threads beside every kind of runtime. */
#include <edo/edo.h>

#include "gate.h"
#include "inside.h"

#include <string.h>

typedef struct where {
    edo_runtime *rt; /* in which it ran */
    gate gate;
} where;

/* Waits on a thread of the pool: the task is surely not done when it is joined. */
static int note_where(void *arg) {
    where *w = arg;
    w->rt = edo_runtime_current();
    int got = edo_blocking(gate_pass, &w->gate);
    return got < 0 ? got : 40 + got;
}

static int fail_with_a_story(void *arg) {
    (void)arg;
    return edo_fail(-ENOENT, "looking for it");
}

static int find_story(void *arg, const edo_trail_entry *entry) {
    (void)arg;
    return strcmp(entry->text, "looking for it") == 0;
}

/* All that a caller may do with tasks of `rt`; it is in no runtime, or in another. */
static void spawn_and_wait(edo_runtime *rt) {
    where w = { .gate = GATE };
    edo_task *t = edo_spawn_on(rt, note_where, &w);
    CHECK(t);
    gate_wait_begun(&w.gate, 1);
    CHECK(!edo_task_is_finished(t));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_task_wait(t)), -ETIMEDOUT);
    gate_open(&w.gate);
    CHECK_EQ(edo_task_join(t), 47);
    CHECK(w.rt == rt);

    CHECK_EQ(edo_task_join(edo_spawn_on(rt, fail_with_a_story, NULL)), -ENOENT);
    CHECK_EQ(edo_trail_each(find_story, NULL), 1); // it moved to this thread
    edo_trail_clear();

    edo_sleep_future nap;
    CHECK_EQ(edo_task_join(edo_spawn_future_on(rt, edo_sleep_init(&nap, edo_ms(1)))), 0);
    edo_ready_future now;
    edo_future *box = edo_boxed_new(edo_ready_init(&now, 9));
    CHECK(box);
    CHECK_EQ(edo_task_join(edo_spawn_future_on(rt, box)), 9);

    edo_pending_future never;
    t = edo_spawn_future_on(rt, edo_pending_init(&never));
    CHECK(t);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_wait(t), -ECANCELED);
    CHECK_EQ(edo_task_get_outcome(t), EDO_OUTCOME_CANCELED);
    edo_task_unref(t);
}

typedef struct driver {
    edo_runtime *rt;
    edo_oneshot_rx *stop;
} driver;

static void *drive(void *arg) {
    const driver *d = arg;
    char c;
    edo_oneshot_recv_future f;
    CHECK_EQ(edo_block_on(d->rt, edo_oneshot_recv_init(&f, d->stop, &c)), 0);
    return NULL;
}

/* Calls `fn(arg)` while another thread drives `rt`, if that is needed. */
static void while_driven(edo_runtime *rt, void (*fn)(edo_runtime *rt)) {
    edo_oneshot_tx *tx;
    driver d = { .rt = rt };
    pthread_t thread;
    assert_int_equal(edo_oneshot_new(&tx, &d.stop, 1, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, drive, &d), 0);
    fn(rt);
    assert_int_equal(edo_oneshot_send(tx, "x"), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_oneshot_rx_free(d.stop);
}

static void a_thread_in_no_runtime_spawns_and_waits_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_null(edo_runtime_current());
    while_driven(rt, spawn_and_wait);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_thread_in_no_runtime_spawns_and_waits)

static int spawn_and_wait_there(void *arg) {
    spawn_and_wait(arg);
    return 0;
}

static void run_in_another(edo_runtime *rt) {
    edo_runtime *other;
    assert_int_equal(edo_runtime_new(&other, &one_thread), 0);
    assert_int_equal(edo_run(other, spawn_and_wait_there, rt), 0);
    edo_runtime_free(other);
}

static void a_task_of_another_runtime_spawns_and_waits_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    while_driven(rt, run_in_another);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_task_of_another_runtime_spawns_and_waits)

/* Dropped once, on whichever thread. */
static int drops;

static edo_polled keep_pending(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void count_drop(edo_future *f) {
    if (!edo_future_is_over(f)) drops++;
    edo_future_retire(f);
}

static const edo_future_ops counting = {
    .poll = keep_pending, .drop = count_drop, .name = "counting", .size = sizeof(edo_future)
};

static void a_future_that_cannot_be_started_stays_the_callers_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_future f;
    (void)edo_future_init(&f, &counting);
    drops = 0;
    assert_null(edo_spawn_future_on(rt, &f));
    assert_int_equal(edo_task_join(NULL), -EDO_ECLOSED);
    assert_int_equal(drops, 0);
    edo_drop(&f);
    assert_int_equal(drops, 1);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_future_that_cannot_be_started_stays_the_callers)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_in_no_runtime_spawns_and_waits),
        cmocka_unit_test(a_task_of_another_runtime_spawns_and_waits),
        cmocka_unit_test(a_future_that_cannot_be_started_stays_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
