/* SPDX-License-Identifier: MIT */
/* Goal: a set of futures of any number serves fibers, state machines and plain threads, is cut
 * short by deadlines and aborts without loss, and is woken and filled from any thread.
 * Method: other tasks and threads send answers at random times, and the test counts those that the
 * set returns; the clock is paused where time matters. */
#include <edo/async.h>
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One question that is out: its answer comes by a oneshot. */
typedef struct question {
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    edo_oneshot_recv_future f;
    uint64_t answer, want;
} question;

static int ask(edo_future_set *set, question *q, uint64_t want) {
    *q = (question){ .want = want };
    int err = edo_oneshot_new(&q->tx, &q->rx, sizeof q->answer, NULL);
    if (err < 0) return err;
    return edo_future_set_push(set, edo_oneshot_recv_init(&q->f, q->rx, &q->answer));
}

/* Checks one answer that has come, and frees it. */
static uint64_t hear(edo_future *done) {
    question *q = EDO_CONTAINER_OF(done, question, f.base);
    CHECK_EQ(done->result, 0);
    CHECK_EQ(q->answer, q->want);
    edo_oneshot_rx_free(q->rx);
    return q->answer;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

#define QUESTIONS 300u

static question questions[QUESTIONS];

static int answer_some(void *arg) {
    for (uint32_t i = (uint32_t)(uintptr_t)arg; i < QUESTIONS; i += 3) {
        CHECK_EQ(edo_oneshot_send(questions[i].tx, &questions[i].want), 0);
        if (i % 5 == 0) CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int hear_all_of_three_tasks(void *arg) {
    edo_future_set set = EDO_FUTURE_SET_INIT;
    (void)arg;
    for (uint32_t i = 0; i < QUESTIONS; i++) CHECK_EQ(ask(&set, &questions[i], i + 1), 0);
    edo_task *tasks[3];
    for (uintptr_t i = 0; i < 3; i++) tasks[i] = edo_spawn(answer_some, (void *)i);
    edo_future *done;
    uint64_t sum = 0;
    int err;
    while ((err = edo_future_set_done_next(&set, &done)) > 0) sum += hear(done);
    CHECK_EQ(err, 0);
    CHECK_EQ(sum, (uint64_t)QUESTIONS * (QUESTIONS + 1) / 2);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    edo_future_set_deinit(&set);
    return 0;
}

static void all_come_back_once(void **state) {
    (void)state;
    assert_int_equal(inside_each(hear_all_of_three_tasks, NULL), 0);
}

#define NAPS 1000

static int naps_by_length(void *arg) {
    static edo_sleep_future naps[NAPS];
    edo_future_set set = EDO_FUTURE_SET_INIT;
    (void)arg;
    for (int i = 0; i < NAPS; i++) {
        int ms = (i * 7919) % NAPS; // each length once
        CHECK_EQ(edo_future_set_push(&set, edo_sleep_init(&naps[i], edo_ms(ms))), 0);
    }
    edo_future *done;
    edo_instant start = edo_now();
    for (int ms = 0; ms < NAPS; ms++) {
        CHECK_EQ(edo_future_set_done_next(&set, &done), 1);
        CHECK_EQ(ms_since(start), ms);
        CHECK(done == &naps[0].base || ms > 0);
    }
    CHECK_EQ(edo_future_set_done_next(&set, &done), 0);
    return 0;
}

static void timers_come_back_when_they_are_due(void **state) {
    (void)state;
    assert_int_equal(inside(naps_by_length, NULL), 0);
}

/* ---- In the order of pushing ----------------------------------------------------------------- */

/* The loop that docs/compat.md has instead of a word: all make progress, and each is used in its
 * turn. */
static int naps_in_turn(void *arg) {
    enum { FEW = 20 };
    edo_sleep_future naps[FEW];
    edo_future *f[FEW], *done;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    int err = 0;
    (void)arg;
    edo_instant began = edo_now();
    for (int i = 0; err == 0 && i < FEW; i++) {
        f[i] = edo_sleep_init(&naps[i], edo_ms(i * 7 % FEW));
        err = edo_future_set_push(&set, f[i]);
    }
    int64_t longest = 0;
    for (int i = 0; err >= 0 && i < FEW; i++) {
        while (err >= 0 && !edo_future_is_over(f[i])) err = edo_future_set_done_next(&set, &done);
        if (i * 7 % FEW > longest) longest = i * 7 % FEW;
        CHECK_EQ(ms_since(began), longest); // it did not wait for those behind it
        CHECK_EQ(f[i]->result, 0);
    }
    CHECK_EQ(ms_since(began), FEW - 1); // all at once
    CHECK_EQ(edo_future_set_len(&set), 0);
    edo_future_set_deinit(&set);
    return err < 0 ? err : 0;
}

static void a_loop_takes_them_in_the_order_of_pushing(void **state) {
    (void)state;
    assert_int_equal(inside(naps_in_turn, NULL), 0);
}

/* A limit cuts the wait short, and an abort; the futures stay. */
static int hears_nothing(void *arg) {
    edo_future *done = NULL;
    int err = edo_future_set_done_next(arg, &done);
    CHECK(done == NULL);
    return err;
}

static int cut_short(void *arg) {
    edo_future_set set = EDO_FUTURE_SET_INIT;
    (void)arg;
    for (uint32_t i = 0; i < 3; i++) CHECK_EQ(ask(&set, &questions[i], i), 0);
    edo_future *done = NULL;
    edo_future_set_done_next_future f;
    CHECK_EQ(edo_timeout(edo_future_set_done_next_init(&f, &set, &done), edo_ms(5)), -ETIMEDOUT);
    edo_task *t = edo_spawn(hears_nothing, &set);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(edo_future_set_len(&set), 3);
    CHECK_EQ(edo_oneshot_send(questions[1].tx, &questions[1].want), 0);
    edo_sleep_future nap;
    int which =
        edo_select(edo_future_set_done_next_init(&f, &set, &done), edo_sleep_init(&nap, edo_s(1)));
    CHECK_EQ(which, 0);
    CHECK(done == &questions[1].f.base);
    (void)hear(done);
    edo_future_set_deinit(&set);
    for (int i = 0; i < 3; i += 2) {
        CHECK_EQ(edo_oneshot_send(questions[i].tx, &questions[i].want), 0);
        edo_oneshot_rx_free(questions[i].rx);
    }
    return 0;
}

static void a_wait_that_is_cut_short_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

/* Children that yield, spawn and join like any future. */
static int doubles(void *arg) {
    CHECK_EQ(edo_yield(), 0);
    return 2 * (int)(uintptr_t)arg;
}

static int joins_in_a_set(void *arg) {
    edo_task_join_future joins[40];
    edo_yield_future yields[40];
    edo_future_set set = EDO_FUTURE_SET_INIT;
    (void)arg;
    for (uintptr_t i = 0; i < 40; i++) {
        edo_task *t = edo_spawn(doubles, (void *)i);
        CHECK_EQ(edo_future_set_push(&set, edo_task_join_init(&joins[i], t)), 0);
        CHECK_EQ(edo_future_set_push(&set, edo_yield_init(&yields[i])), 0);
    }
    edo_future *done;
    int sum = 0;
    while (edo_future_set_done_next(&set, &done) > 0) sum += done->result;
    edo_future_set_deinit(&set);
    return sum;
}

static void tasks_are_joined_in_a_set(void **state) {
    (void)state;
    assert_int_equal(inside_each(joins_in_a_set, NULL), 40 * 39);
}

/* ---- A state machine ------------------------------------------------------------------------- */

EDO_ASYNC(hearer, edo_future_set *set; edo_future * done; int heard;
          edo_future_set_done_next_future next;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_future_set_done_next_init(&self->next, self->set, &self->done));
        if (edo_result(&self->next) == 0) break;
        (void)hear(self->done);
        self->heard++;
    }
    EDO_RETURN(self->heard);
    EDO_END;
}

static int machine_hears(void *arg) {
    edo_future_set set = EDO_FUTURE_SET_INIT;
    (void)arg;
    for (uint32_t i = 0; i < QUESTIONS; i++) CHECK_EQ(ask(&set, &questions[i], i), 0);
    hearer h = { .set = &set };
    edo_task *t = edo_spawn_future(hearer_init(&h));
    for (uintptr_t i = 0; i < 3; i++) CHECK_EQ(answer_some((void *)i), 0);
    CHECK_EQ(edo_task_join(t), QUESTIONS);
    edo_future_set_deinit(&set);
    return 0;
}

static void a_state_machine_awaits_a_set(void **state) {
    (void)state;
    assert_int_equal(inside_each(machine_hears, NULL), 0);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS 3u
#define EACH    400u

static edo_future_set filled;

/* A thread: pushes questions into the common set, and sends their answers at once or later. One
 * receiver takes the answers of all these threads from the set. */
static void *asks_and_answers(void *arg) {
    question *mine = arg;
    for (uint32_t i = 0; i < EACH; i++) {
        CHECK_EQ(ask(&filled, &mine[i], i + 1), 0);
        if (i % 4 != 3) continue;
        for (uint32_t k = i - 3; k <= i; k++)
            CHECK_EQ(edo_oneshot_send(mine[k].tx, &mine[k].want), 0);
    }
    return NULL;
}

static int hear_threads(void *arg) {
    pthread_t thread[THREADS];
    question *all = calloc((size_t)THREADS * EACH, sizeof *all);
    (void)arg;
    CHECK(all != NULL);
    edo_pending_future never; // so that the set is not empty meanwhile
    edo_future_set_init(&filled);
    CHECK_EQ(edo_future_set_push(&filled, edo_pending_init(&never)), 0);
    for (uint32_t i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&thread[i], NULL, asks_and_answers, all + i * EACH), 0);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < THREADS * EACH; i++) {
        edo_future *done;
        CHECK_EQ(edo_future_set_done_next(&filled, &done), 1);
        sum += hear(done);
    }
    CHECK_EQ(sum, (uint64_t)THREADS * EACH * (EACH + 1) / 2);
    CHECK_EQ(edo_future_set_len(&filled), 1);
    for (uint32_t i = 0; i < THREADS; i++) CHECK_EQ(pthread_join(thread[i], NULL), 0);
    edo_future_set_deinit(&filled);
    free(all);
    return 0;
}

static void threads_push_and_wake_while_the_next_is_awaited(void **state) {
    (void)state;
    assert_int_equal(inside_each(hear_threads, NULL), 0);
    assert_int_equal(hear_threads(NULL), 0); // and on a plain thread
}

/* Timers and sockets find the driver of a plain thread through a set, too. */
static void a_timer_in_a_set_ends_on_a_plain_thread(void **state) {
    (void)state;
    edo_future_set set;
    edo_sleep_future nap;
    edo_future *ended = NULL;
    edo_future_set_init(&set);
    assert_int_equal(edo_future_set_push(&set, edo_sleep_init(&nap, edo_ms(1))), 0);
    assert_int_equal(edo_future_set_done_next(&set, &ended), 1);
    assert_ptr_equal(ended, &nap.base);
    assert_int_equal(edo_future_result(ended), 0);
    edo_future_set_deinit(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_in_a_set_ends_on_a_plain_thread),
        cmocka_unit_test(all_come_back_once),
        cmocka_unit_test(timers_come_back_when_they_are_due),
        cmocka_unit_test(a_wait_that_is_cut_short_loses_nothing),
        cmocka_unit_test(tasks_are_joined_in_a_set),
        cmocka_unit_test(a_state_machine_awaits_a_set),
        cmocka_unit_test(threads_push_and_wake_while_the_next_is_awaited),
        cmocka_unit_test(a_loop_takes_them_in_the_order_of_pushing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
