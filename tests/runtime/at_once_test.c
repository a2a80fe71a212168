/* SPDX-License-Identifier: MIT */
/* Goal: awaits that are ready at once, whether they succeed or fail, take from the task's budget
 * and see a limit: in fibers each edo_await(), in state machines each EDO_AWAIT.
 * Method: support/at_once.h; a state machine beside a fiber in one thread. */
#include <edo/actor.h>
#include <edo/async.h>
#include <edo/edo.h>
#include <edo/mpsc.h>
#include <edo/oneshot.h>
#include <edo/streams.h>

#include "at_once.h"

/* ---- Futures --------------------------------------------------------------------------------- */

static int await_ready(void) {
    edo_ready_future f;
    return edo_await(edo_ready_init(&f, 7));
}

static int await_failed(void) {
    edo_ready_future f;
    return edo_await(edo_ready_init(&f, -EIO));
}

static edo_polled poll_at_once(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    *result = 0;
    return EDO_READY;
}

static int await_function(void) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, poll_at_once, NULL));
}

static int consume(void) {
    return edo_budget_consume();
}

/* ---- Channels that have ended ---------------------------------------------------------------- */

typedef struct question {
    edo_oneshot_tx *reply;
} question;

static edo_mpsc_tx *tx;
static edo_mpsc_rx *rx;

static void channel_begin(void) {
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(question), 1, NULL), 0);
}

static void channel_begin_without_receiver(void) {
    channel_begin();
    edo_mpsc_rx_free(rx);
    rx = NULL;
}

static void channel_begin_without_sender(void) {
    channel_begin();
    edo_mpsc_tx_unref(tx);
    tx = NULL;
}

static void channel_end(void) {
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static int channel_send(void) {
    const question q = { .reply = NULL };
    return edo_mpsc_send(tx, &q);
}

static int channel_recv(void) {
    question q;
    return edo_mpsc_recv(rx, &q);
}

static int actor_call(void) {
    int answer;
    question q = { .reply = NULL };
    return edo_actor_call(tx, &answer, sizeof answer, &q, &q.reply);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static edo_task *task;

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int start(void *arg) {
    (void)arg;
    edo_task_started(0);
    return 0;
}

static void task_begin(void) {
    task = edo_spawn(nothing, NULL);
    CHECK_EQ(edo_task_wait(task), 0);
}

static void task_end(void) {
    edo_task_unref(task);
}

static int task_wait(void) {
    return edo_task_wait(task);
}

static int task_join(void) {
    return edo_task_join(edo_task_ref(task));
}

static int spawn_started(void) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    return edo_scope_end(&s, edo_scope_spawn_started(&s, start, NULL));
}

static void each_await_takes_from_the_budget_and_sees_a_limit(void **state) {
    (void)state;
    static const at_once_row rows[] = {
        { "edo_await", "it is ready", NULL, await_ready, NULL },
        { "edo_await", "it has failed", NULL, await_failed, NULL },
        { "edo_await", "a function that takes nothing", NULL, await_function, NULL },
        { "edo_budget_consume", "it has nothing to wait for", NULL, consume, NULL },
        { "edo_mpsc_send", "nobody receives", channel_begin_without_receiver, channel_send,
          channel_end },
        { "edo_mpsc_recv", "nobody sends", channel_begin_without_sender, channel_recv,
          channel_end },
        { "edo_actor_call", "nobody receives", channel_begin_without_receiver, actor_call,
          channel_end },
        { "edo_task_wait", "it has ended", task_begin, task_wait, task_end },
        { "edo_task_join", "it has ended", task_begin, task_join, task_end },
        { "edo_scope_spawn_started_at", "the child begins at once", NULL, spawn_started, NULL },
    };
    at_once_check(rows, EDO_COUNT(rows));
}

/* ---- State machines -------------------------------------------------------------------------- */

#define AWAITS_MAX 100000

static edo_stream *ends[2];

static uint64_t machine_awaits;
static bool others_ran;

EDO_ASYNC(await_failures, edo_ready_future failed;) {
    EDO_BEGIN;
    while (!others_ran && machine_awaits < AWAITS_MAX) {
        machine_awaits++;
        EDO_AWAIT(edo_ready_init(&self->failed, -EIO));
    }
    EDO_RETURN(0);
    EDO_END;
}

static int note_that_others_ran(void *arg) {
    (void)arg;
    others_ran = true;
    return 0;
}

static int machine_main(void *arg) {
    (void)arg;
    machine_awaits = 0;
    others_ran = false;
    await_failures machine;
    edo_task *one = edo_spawn_future(await_failures_init(&machine));
    edo_task *other = edo_spawn(note_that_others_ran, NULL);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    CHECK(machine_awaits <= EDO_BUDGET + 1);
    return 0;
}

static void machine_whose_awaits_fail_at_once_lets_others_run(void **state) {
    (void)state;
    assert_int_equal(inside(machine_main, NULL), 0);
}

/* Takes all of its budget, and awaits a read of a stream. */
EDO_ASYNC(spend_and_read, uint32_t i; char byte;
          EDO_ONE_OF(edo_budget_consume_future one; edo_read_future read;);) {
    EDO_BEGIN;
    for (self->i = 0; self->i < EDO_BUDGET; self->i++)
        EDO_AWAIT(edo_budget_consume_init(&self->one));
    EDO_TRY_AWAIT(edo_read_init(&self->read, ends[0], &self->byte, 1));
    EDO_END;
}

static int close_under_machine(void *arg) {
    (void)arg;
    CHECK_EQ(edo_duplex(&ends[0], &ends[1], 16), 0);
    spend_and_read machine;
    edo_task *t = edo_spawn_future(spend_and_read_init(&machine));
    CHECK_EQ(edo_yield(), 0); // it has spent its budget, and stands at the read
    edo_close(ends[0]);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_close(ends[1]);
    return 0;
}

static void what_a_machine_without_budget_awaits_may_be_closed(void **state) {
    (void)state;
    assert_int_equal(inside(close_under_machine, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_await_takes_from_the_budget_and_sees_a_limit),
        cmocka_unit_test(what_a_machine_without_budget_awaits_may_be_closed),
        cmocka_unit_test(machine_whose_awaits_fail_at_once_lets_others_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
