/* SPDX-License-Identifier: MIT */
/* Goal: between two pieces of work all other tasks run, little work is counted together, and of an
 * address that has many tasks a piece is ahead of what another one asks for.
 * Method: tasks of one thread count what they do, and no time is measured. */
#include "inside.h"
#include "room/turns.h"

#include <edo/net.h>

enum { LOUD = 100, PIECES = 5 };

static const char loud[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 2 };
static const char quiet[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 1 };

static turns all;
static unsigned pieces_n, left_n; /* that were done; tasks that do more */

static void work(const char address[EDO_ADDR_KEY_BYTES], unsigned n) {
    turn t = turn_take(&all, TURN_TELL, (edo_str){ address, EDO_ADDR_KEY_BYTES });
    pieces_n++;
    turn_end(&t, n);
}

static int work_much(void *arg) {
    for (int i = 0; i < PIECES; i++) work(loud, TURN_WORK);
    left_n--;
    (void)arg;
    return 0;
}

static void begin(edo_scope *loud_ones) {
    CHECK_EQ(turns_init(&all), 0);
    pieces_n = 0;
    left_n = LOUD;
    edo_scope_begin(loud_ones, NULL);
    for (int i = 0; i < LOUD; i++) CHECK_EQ(edo_scope_spawn(loud_ones, work_much, NULL), 0);
}

static void end(edo_scope *loud_ones) {
    CHECK_EQ(edo_scope_end(loud_ones, 0), 0);
    CHECK_EQ(pieces_n >= LOUD * PIECES, true);
    CHECK_EQ((int)edo_keyed_sem_len(all.waiting[TURN_TELL]), 0); // no line is left
    turns_deinit(&all);
}

static int count_between_turns(void *arg) {
    edo_scope loud_ones;
    unsigned most = 0;
    (void)arg;
    begin(&loud_ones);
    while (left_n > 0) {
        unsigned before = pieces_n;
        CHECK_EQ(edo_yield(), 0);
        if (pieces_n - before > most) most = pieces_n - before;
    }
    CHECK(most <= 2); // one that ends, and the next one
    end(&loud_ones);
    return 0;
}

static int work_beside(void *arg) {
    edo_scope loud_ones;
    (void)arg;
    begin(&loud_ones);
    YIELD_FOR(pieces_n > 0);
    for (int i = 0; i < PIECES; i++) {
        unsigned before = pieces_n;
        work(quiet, 1);
        CHECK(pieces_n - before <= 3); // its own, the one before it, and one of no other address
    }
    end(&loud_ones);
    return 0;
}

static int count_turns(void *arg) {
    unsigned *n = arg;
    for (;; ++*n)
        if (edo_yield() < 0) return 0;
}

static int do_little(void *arg) {
    unsigned turns_n = 0;
    edo_scope one;
    (void)arg;
    CHECK_EQ(turns_init(&all), 0);
    edo_scope_begin(&one, NULL);
    CHECK_EQ(edo_scope_spawn(&one, count_turns, &turns_n), 0);
    CHECK_EQ(edo_yield(), 0);
    unsigned before = turns_n;
    for (int i = 0; i < TURN_WORK - 1; i++) work(quiet, 1);
    CHECK_EQ(turns_n, before);
    work(quiet, 1);
    CHECK(turns_n > before);
    edo_scope_cancel(&one);
    (void)edo_scope_end(&one, 0);
    turns_deinit(&all);
    return 0;
}

static int count_little(void *arg) {
    unsigned turns_n = 0, counted = 0;
    edo_scope one;
    edo_str address = { quiet, sizeof quiet };
    (void)arg;
    CHECK_EQ(turns_init(&all), 0);
    edo_scope_begin(&one, NULL);
    CHECK_EQ(edo_scope_spawn(&one, count_turns, &turns_n), 0);
    CHECK_EQ(edo_yield(), 0);
    unsigned before = turns_n;
    for (int i = 0; i < TURN_WORK - 1; i++) turn_count(&all, TURN_ASK, address, 1, &counted);
    CHECK_EQ(turns_n, before);
    CHECK_EQ(atomic_load(&all.done), 0);
    turn_count(&all, TURN_ASK, address, 1, &counted);
    CHECK(turns_n > before);
    CHECK_EQ(atomic_load(&all.done), TURN_WORK);
    CHECK_EQ(counted, 0);
    edo_scope_cancel(&one);
    (void)edo_scope_end(&one, 0);
    turns_deinit(&all);
    return 0;
}

static int take_nobodys(void *arg) {
    turn t = turn_take(&all, TURN_TELL, (edo_str){ 0 });
    turn_end(&t, 1);
    (void)arg;
    return 0;
}

/* An address that is none, and one that is kept as none. */
static int wait_as_nobody(void *arg) {
    static const char kept[EDO_ADDR_KEY_BYTES];
    edo_scope one;
    (void)arg;
    CHECK_EQ(turns_init(&all), 0);
    turn held = turn_take(&all, TURN_TELL, (edo_str){ kept, sizeof kept });
    edo_scope_begin(&one, NULL);
    CHECK_EQ(edo_scope_spawn(&one, take_nobodys, NULL), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ((int)edo_keyed_sem_len(all.waiting[TURN_TELL]), 1);
    turn_end(&held, 1);
    CHECK_EQ(edo_scope_end(&one, 0), 0);
    turns_deinit(&all);
    return 0;
}

static int work_when_cancelled(void *arg) {
    turn t = turn_take(&all, TURN_TELL, (edo_str){ loud, sizeof loud }); // it is held
    *(bool *)arg = true;
    turn_end(&t, TURN_WORK);
    return 0;
}

static int cancel_one_that_waits(void *arg) {
    bool has_worked = false;
    edo_scope one;
    (void)arg;
    CHECK_EQ(turns_init(&all), 0);
    turn held = turn_take(&all, TURN_TELL, (edo_str){ loud, sizeof loud });
    edo_scope_begin(&one, NULL);
    CHECK_EQ(edo_scope_spawn(&one, work_when_cancelled, &has_worked), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(!has_worked);
    edo_scope_cancel(&one);
    (void)edo_scope_end(&one, 0);
    CHECK(has_worked);
    CHECK_EQ(edo_sem_available(&all.free), 0); // it gives back no more than it has got
    turn_end(&held, 1);
    CHECK_EQ(edo_sem_available(&all.free), 1);
    turns_deinit(&all);
    return 0;
}

/* ---- Two kinds ------------------------------------------------------------------------------- */

static unsigned asked_n;

static int ask(void *arg) {
    (void)arg;
    turn t = turn_take(&all, TURN_ASK, (edo_str){ loud, sizeof loud });
    asked_n++;
    turn_end(&t, TURN_WORK);
    return 0;
}

/* Of many questions of an address at most two are ahead of what it tells. */
static int tell_behind_questions(void *arg) {
    edo_scope many;
    (void)arg;
    asked_n = 0;
    CHECK_EQ(turns_init(&all), 0);
    edo_scope_begin(&many, NULL);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_scope_spawn(&many, ask, NULL), 0);
    CHECK_EQ(edo_yield(), 0);
    turn t = turn_take(&all, TURN_TELL, (edo_str){ loud, sizeof loud });
    unsigned ahead_n = asked_n;
    turn_end(&t, TURN_WORK);
    CHECK_EQ(edo_scope_end(&many, 0), 0);
    CHECK_EQ(asked_n, 100);
    CHECK(ahead_n <= 2);
    turns_deinit(&all);
    return 0;
}

static void who_tells_does_not_wait_behind_what_its_address_asks(void **state) {
    (void)state;
    CHECK_EQ(inside_with(tell_behind_questions, NULL, &one_thread), 0);
}

static void all_who_have_no_address_wait_in_one_line(void **state) {
    (void)state;
    CHECK_EQ(inside_with(wait_as_nobody, NULL, &one_thread), 0);
}

static void others_run_between_two_pieces_of_whomever(void **state) {
    (void)state;
    CHECK_EQ(inside_with(count_between_turns, NULL, &one_thread), 0);
}

static void address_with_many_tasks_has_one_piece_before_another_address(void **state) {
    (void)state;
    CHECK_EQ(inside_with(work_beside, NULL, &one_thread), 0);
}

static void little_work_is_counted_together(void **state) {
    (void)state;
    CHECK_EQ(inside_with(do_little, NULL, &one_thread), 0);
}

static void work_that_is_counted_takes_a_turn_for_a_piece(void **state) {
    (void)state;
    CHECK_EQ(inside_with(count_little, NULL, &one_thread), 0);
}

static void cancelled_task_does_not_wait_for_its_turn(void **state) {
    (void)state;
    CHECK_EQ(inside_with(cancel_one_that_waits, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_tells_does_not_wait_behind_what_its_address_asks),
        cmocka_unit_test(all_who_have_no_address_wait_in_one_line),
        cmocka_unit_test(others_run_between_two_pieces_of_whomever),
        cmocka_unit_test(address_with_many_tasks_has_one_piece_before_another_address),
        cmocka_unit_test(little_work_is_counted_together),
        cmocka_unit_test(work_that_is_counted_takes_a_turn_for_a_piece),
        cmocka_unit_test(cancelled_task_does_not_wait_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
