/* SPDX-License-Identifier: MIT */
/* Goal: tasks take their turns in the order of the numbers, on every kind of runtime; a turn that
 * never comes is an error and no hang; a check tells whether a call suspended its fiber.
 * Method: tasks spawned in the worst order, which write their numbers; each error alone; calls that
 * must, must not and need not suspend, and the words of checks that fail. */
#include <edo/mpsc.h>

#include "inside.h"
#include "last_words.h"

#include <string.h>

/* ---- Turns ----------------------------------------------------------------------------------- */

#define TASKS  8u
#define ROUNDS 25u

typedef struct line {
    edo_test_sequencer seq;
    uint32_t said[TASKS * ROUNDS];
    uint32_t n;
} line;

typedef struct speaker {
    line *line;
    uint32_t first;
} speaker;

/* What a turn writes needs no lock of its own. */
static int speak(void *arg) {
    speaker *s = arg;
    for (uint32_t at = s->first; at < TASKS * ROUNDS; at += TASKS) {
        EDO_TEST_OK(edo_test_sequencer_wait(&s->line->seq, at));
        EDO_TEST_OK(edo_yield());
        s->line->said[s->line->n++] = at;
        edo_test_sequencer_next(&s->line->seq);
    }
    return 0;
}

static int speak_all(void *arg) {
    line l = { .seq = EDO_TEST_SEQUENCER_INIT };
    speaker speakers[TASKS];
    (void)arg;
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (uint32_t i = 0; i < TASKS; i++) {
        speakers[i] = (speaker){ &l, TASKS - 1 - i };
        edo_scope_spawn(&scope, speak, &speakers[i]);
    }
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    EDO_TEST_EQ(l.n, TASKS * ROUNDS);
    for (uint32_t i = 0; i < l.n; i++) EDO_TEST_EQ(l.said[i], i);
    return 0;
}

static void turns_come_in_the_order_of_their_numbers(void **state) {
    (void)state;
    assert_int_equal(inside_each(speak_all, NULL), 0);
}

static int wait_for_turn_5(void *arg) {
    return edo_test_sequencer_wait(arg, 5);
}

static int wait_for_turn_1(void *arg) {
    int err = edo_test_sequencer_wait(arg, 1);
    if (err == 0) edo_test_sequencer_next(arg);
    return err;
}

static int turns_that_never_come(void *arg) {
    edo_test_sequencer seq = { 0 };
    (void)arg;
    EDO_TEST_EQ(edo_test_sequencer_wait(&seq, 0), 0);
    EDO_TEST_EQ(edo_test_sequencer_wait(&seq, 0), -EALREADY); // it has it
    edo_task *a = edo_spawn(wait_for_turn_1, &seq), *b = edo_spawn(wait_for_turn_1, &seq);
    edo_task *late = edo_spawn(wait_for_turn_5, &seq), *later = edo_spawn(wait_for_turn_5, &seq);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);
    edo_test_sequencer_next(&seq);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);
    EDO_TEST_EQ(edo_test_sequencer_wait(&seq, 1), -EALREADY); // it is over
    int first = edo_task_join(a), second = edo_task_join(b);
    EDO_TEST_EQ(first + second, -EALREADY); // one of the two had it
    EDO_TEST_EQ(first * second, 0);

    edo_task_cancel(late);
    EDO_TEST_EQ(edo_task_join(late), -ECANCELED);
    EDO_TEST_EQ(edo_task_join(later), -EDO_ECLOSED);
    EDO_TEST_EQ(edo_test_sequencer_wait(&seq, 2), -EDO_ECLOSED);
    return 0;
}

static void a_turn_that_never_comes_is_an_error(void **state) {
    (void)state;
    assert_int_equal(inside(turns_that_never_come, NULL), 0);
}

/* ---- Suspension ------------------------------------------------------------------------------ */

static int suspensions(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int item = 1, err = 0;
    (void)arg;
    EDO_TEST_OK(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL));
    for (int i = 0; i < 200; i++) { // across the ends of runs and budgets
        EDO_TEST_SUSPENDS(err = edo_yield());
        EDO_TEST_OK(err);
        EDO_TEST_DOES_NOT_SUSPEND(err = edo_mpsc_send(tx, &item));
        EDO_TEST_OK(err);
        EDO_TEST_DOES_NOT_SUSPEND(err = edo_mpsc_recv(rx, &item));
        EDO_TEST_OK(err);
    }
    EDO_TEST_SUSPENDS(err = edo_sleep(edo_ms(1)));
    EDO_TEST_OK(err);
    edo_mpsc_tx_unref(tx);
    EDO_TEST_DOES_NOT_SUSPEND(err = edo_mpsc_recv(rx, &item));
    EDO_TEST_EQ(err, -EDO_ECLOSED);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void a_suspension_is_seen(void **state) {
    (void)state;
    assert_int_equal(inside_each(suspensions, NULL), 0);
}

static int is_said_to_suspend(void *arg) {
    (void)arg;
    EDO_TEST_SUSPENDS((void)edo_budget_left());
    return 0;
}

static int is_said_not_to_suspend(void *arg) {
    (void)arg;
    EDO_TEST_DOES_NOT_SUSPEND((void)edo_yield());
    return 0;
}

static int next_without_turn(void *arg) {
    edo_test_sequencer seq = { 0 };
    (void)arg;
    edo_test_sequencer_next(&seq);
    return 0;
}

typedef struct failure {
    edo_task_fn *fn;
    const char *said;
    bool outside; /* of a runtime */
} failure;

static int fail_so(void *row) {
    const failure *f = row;
    return f->outside ? f->fn(NULL) : edo_main_with(f->fn, NULL, &one_thread);
}

static void what_fails_says_so(void **state) {
    static const failure rows[] = {
        { is_said_to_suspend, "this did not suspend its task: (void)edo_budget_left() [task",
          false },
        { is_said_not_to_suspend, "this suspended its task: (void)edo_yield() [task", false },
        { is_said_to_suspend, "sequencer_test.c:", true },
        { is_said_to_suspend, ": only a fiber can be suspended\n", true },
        { next_without_turn, "edo/test.h: edo_test_sequencer_next() outside a turn\n", true },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096];
        failure row = rows[i];
        int status = last_words(fail_so, &row, said, sizeof said);
        if (!is_abort(status) || !strstr(said, row.said))
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_says_so), // forks, so first
        cmocka_unit_test(turns_come_in_the_order_of_their_numbers),
        cmocka_unit_test(a_turn_that_never_comes_is_an_error),
        cmocka_unit_test(a_suspension_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
