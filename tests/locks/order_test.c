/* SPDX-License-Identifier: MIT */
/* Goal: two locks that different tasks take in both orders are reported once, with the places in
 * the program and the names of the tasks, though nobody ever waits; what only looks so is not.
 * Method: tasks that run one after the other, on one thread in virtual time; standard error is
 * read. */
#include <edo/edo.h>
#include <edo/locks.h>
#include <edo/test_log.h>

#include "inside.h"
#include "own_words.h"

#include <string.h>

static edo_mutex a, b, gate;
static edo_rwlock shelf, rack;
static char said[65536];

/* Runs `fn` with the order of locks watched; `said` gets standard error. Returns how many orders
 * were found turned around. */
static uint64_t turned_by(edo_task_fn *fn, const edo_locks_opts *opts) {
    edo_locks_stats before, after;
    a = b = gate = (edo_mutex)EDO_MUTEX_INIT;
    shelf = rack = (edo_rwlock)EDO_RWLOCK_INIT;
    assert_int_equal(edo_locks_watch(opts), 0);
    edo_locks_get_stats(&before);
    own_words words = own_words_begin();
    int result = inside(fn, NULL);
    own_words_end(words, said, sizeof said);
    if (result != 0) fail_msg("line %d; said: %s", result, said);
    edo_locks_get_stats(&after);
    return after.turned - before.turned;
}

static const edo_locks_opts watched = { .order = true };

static void expect_said(const char *what) {
    if (!strstr(said, what)) fail_msg("not said: %s; but:\n%s", what, said);
}

static void expect_silence(edo_task_fn *fn) {
    assert_int_equal(turned_by(fn, &watched), 0);
    if (*said) fail_msg("said: %s", said);
}

/* To its end, before anything else. */
static int one_task(edo_task_fn *fn, void *arg, const char *name) {
    return edo_task_join(edo_spawn_with(fn, arg, &(edo_spawn_opts){ .name = name }));
}

/* ---- Turned around --------------------------------------------------------------------------- */

static int a_then_b(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_mutex_unlock(&b);
    edo_mutex_unlock(&a);
    return 0;
}

static int b_then_a(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&b); // in whichever order
    edo_mutex_unlock(&a);
    return 0;
}

static int both_orders(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(one_task(a_then_b, NULL, "withdraw"), 0);
        CHECK_EQ(one_task(b_then_a, NULL, "deposit"), 0);
    }
    return 0;
}

static void both_orders_are_told_once_with_four_places(void **state) {
    (void)state;
    assert_int_equal(turned_by(both_orders, &watched), 1);
    expect_said("edo: lock order: two locks are taken in both orders; ");
    expect_said("\n  deposit took ");
    expect_said(", and then ");
    expect_said("\n  withdraw took ");
    expect_said("order_test.c:");
    assert_int_equal(turned_by(both_orders, &watched), 0); // the same places
}

/* Objects of one kind: their places in the program are the same. */
typedef struct transfer {
    edo_mutex *from, *to;
} transfer;

/* Each such function has places of its own. */
#define TRANSFER(name)                                                                             \
    static int name(void *arg) {                                                                   \
        const transfer *t = arg;                                                                   \
        CHECK_EQ(edo_mutex_lock(t->from), 0);                                                      \
        CHECK_EQ(edo_mutex_lock(t->to), 0);                                                        \
        edo_mutex_unlock(t->from);                                                                 \
        edo_mutex_unlock(t->to);                                                                   \
        return 0;                                                                                  \
    }

TRANSFER(moves)
TRANSFER(swaps)
TRANSFER(trades)

static int two_transfers(void *arg) {
    transfer there = { &a, &b }, back = { &b, &a };
    (void)arg;
    CHECK_EQ(one_task(moves, &there, "there"), 0);
    CHECK_EQ(one_task(moves, &back, "back"), 0);
    return 0;
}

static void two_objects_of_a_kind_are_told(void **state) {
    (void)state;
    assert_int_equal(turned_by(two_transfers, &watched), 1);
    expect_said("\n  back took ");
}

static int reads_then_a(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_mutex_try_lock(&gate), 0); // another one, which nobody else has
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&gate);
    edo_mutex_unlock(&a);
    edo_rwlock_unlock(&shelf);
    return 0;
}

static int a_then_writes(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_try_lock(&a), 0); // it has it then, as by any other call
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    edo_mutex_unlock(&a);
    return 0;
}

static int a_reader_and_a_writer(void *arg) {
    (void)arg;
    CHECK_EQ(one_task(reads_then_a, NULL, "reader"), 0);
    CHECK_EQ(one_task(a_then_writes, NULL, "writer"), 0);
    return 0;
}

static void reader_and_writer_are_told(void **state) {
    (void)state;
    assert_int_equal(turned_by(a_reader_and_a_writer, &watched), 1);
    expect_said("\n  reader read ");
}

/* ---- Not turned around ----------------------------------------------------------------------- */

static int one_task_both_ways(void *arg) {
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(a_then_b(arg), 0);
        CHECK_EQ(b_then_a(arg), 0);
    }
    return 0;
}

static int alone(void *arg) {
    (void)arg;
    return one_task(one_task_both_ways, NULL, "alone");
}

static int gated(void *fn) {
    edo_task_fn *const *f = fn;
    CHECK_EQ(edo_mutex_lock(&gate), 0);
    CHECK_EQ((*f)(NULL), 0);
    edo_mutex_unlock(&gate);
    return 0;
}

static int behind_a_gate(void *arg) {
    edo_task_fn *one = a_then_b, *other = b_then_a;
    (void)arg;
    CHECK_EQ(one_task(gated, &one, "one"), 0);
    CHECK_EQ(one_task(gated, &other, "other"), 0);
    return 0;
}

static int behind_a_gate_by_a_future(void *arg) {
    edo_mutex_lock_future f;
    (void)arg;
    CHECK_EQ(edo_await(edo_mutex_lock_init(&f, &gate)), 0);
    CHECK_EQ(b_then_a(NULL), 0);
    edo_mutex_unlock(&gate);
    return 0;
}

static int two_ways_behind_a_gate(void *arg) {
    edo_task_fn *one = a_then_b;
    (void)arg;
    CHECK_EQ(one_task(gated, &one, "one"), 0);
    CHECK_EQ(one_task(behind_a_gate_by_a_future, NULL, "other"), 0);
    return 0;
}

static int tries_a(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_mutex_try_lock(&a), 0);
    edo_mutex_unlock(&a);
    edo_mutex_unlock(&b);
    return 0;
}

static int one_tries(void *arg) {
    (void)arg;
    CHECK_EQ(one_task(a_then_b, NULL, "one"), 0);
    CHECK_EQ(one_task(tries_a, NULL, "other"), 0);
    return 0;
}

static int for_a_while(void *arg) {
    edo_deadline d;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_mutex_unlock(&a);
    edo_mutex_unlock(&b);
    return 0;
}

static int one_has_a_limit(void *arg) {
    (void)arg;
    CHECK_EQ(one_task(a_then_b, NULL, "one"), 0);
    CHECK_EQ(one_task(for_a_while, NULL, "other"), 0);
    return 0;
}

static int both_read(edo_rwlock *first, edo_rwlock *second) {
    CHECK_EQ(edo_rwlock_read(first), 0);
    CHECK_EQ(edo_rwlock_write(second), 0);
    edo_rwlock_downgrade(second);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&a);
    edo_rwlock_unlock(second);
    edo_rwlock_unlock(first);
    return 0;
}

static int reads_one_way(void *arg) {
    (void)arg;
    return both_read(&shelf, &rack);
}

/* Holds `a`, and reads what others only read when they want it. */
static int reads_the_other_way(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_rwlock_read(&rack), 0);
    edo_rwlock_unlock(&rack);
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    edo_mutex_unlock(&a);
    return 0;
}

static int readers_only(void *arg) {
    (void)arg;
    CHECK_EQ(one_task(reads_one_way, NULL, "one"), 0);
    CHECK_EQ(one_task(reads_the_other_way, NULL, "other"), 0);
    return 0;
}

/* A tree whose nodes are freed, and made in the same memory. */
static int memory_is_used_again(void *arg) {
    transfer there = { &a, &b }, back = { &b, &a };
    (void)arg;
    CHECK_EQ(one_task(moves, &there, "there"), 0);
    b = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(one_task(moves, &back, "back"), 0);
    return 0;
}

static int unlocks_a(void *arg) {
    (void)arg;
    edo_mutex_unlock(&a);
    return 0;
}

/* Another task gives `a` back: the first one does not hold it when it takes `b`. */
static int passes_on(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(one_task(unlocks_a, NULL, "other"), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_mutex_unlock(&b);
    return 0;
}

static int passed_on(void *arg) {
    (void)arg;
    CHECK_EQ(one_task(b_then_a, NULL, "one"), 0);
    CHECK_EQ(one_task(passes_on, NULL, "two"), 0);
    return 0;
}

/* More than edo looks at: what keeps the two apart may be among them. */
static int holds_many(void *fn) {
    static edo_mutex many[8];
    edo_task_fn *const *f = fn;
    for (size_t i = 0; i < EDO_COUNT(many); i++) CHECK_EQ(edo_mutex_lock(&many[i]), 0);
    CHECK_EQ((*f)(NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(many); i++) edo_mutex_unlock(&many[i]);
    return 0;
}

static int beside_many(void *arg) {
    edo_task_fn *one = a_then_b, *other = b_then_a;
    (void)arg;
    CHECK_EQ(one_task(holds_many, &one, "one"), 0);
    CHECK_EQ(one_task(holds_many, &other, "other"), 0);
    return 0;
}

static void what_cannot_meet_is_passed_over(void **state) {
    (void)state;
    expect_silence(alone);
    expect_silence(behind_a_gate);
    expect_silence(two_ways_behind_a_gate);
    expect_silence(one_tries);
    expect_silence(one_has_a_limit);
    expect_silence(memory_is_used_again);
    expect_silence(passed_on);
    expect_silence(beside_many);
}

static void readers_are_passed_over(void **state) {
    (void)state;
    expect_silence(readers_only);
}

static int limits_do_not_hide(void *arg) {
    edo_deadline d;
    (void)arg;
    edo_deadline_begin(&d, edo_s(10)); // around both locks: the request fails
    int err = a_then_b(NULL);
    return edo_deadline_end(&d, err);
}

static int transfers_within_limits(void *arg) {
    transfer back = { &b, &a };
    (void)arg;
    CHECK_EQ(one_task(limits_do_not_hide, NULL, "limited"), 0);
    CHECK_EQ(one_task(moves, &back, "back"), 0);
    return 0;
}

static void limit_around_both_does_not_hide_it(void **state) {
    (void)state;
    assert_int_equal(turned_by(transfers_within_limits, &watched), 1);
}

static int leaves_with_it(void *arg) {
    return edo_mutex_lock(arg);
}

static int swaps_behind_the_gate(void *arg) {
    CHECK_EQ(edo_mutex_lock(&gate), 0);
    CHECK_EQ(swaps(arg), 0);
    edo_mutex_unlock(&gate);
    return 0;
}

static int one_comes_around_the_gate(void *arg) {
    transfer there = { &a, &b }, back = { &b, &a };
    edo_locks_stats s, now;
    (void)arg;
    edo_locks_get_stats(&s);
    CHECK_EQ(one_task(swaps_behind_the_gate, &there, "there"), 0);
    CHECK_EQ(one_task(swaps_behind_the_gate, &back, "back"), 0);
    edo_locks_get_stats(&now);
    CHECK_EQ(now.turned, s.turned);
    return one_task(swaps, &there, "around");
}

static void gate_that_one_does_not_pass_keeps_nothing_apart(void **state) {
    (void)state;
    assert_int_equal(turned_by(one_comes_around_the_gate, &watched), 1);
    expect_said("\n  around took ");
    expect_said("\n  back took ");
}

/* ---- Events ---------------------------------------------------------------------------------- */

static int logs(void *arg) {
    edo_test_log *log;
    transfer there = { &a, &gate }, back = { &gate, &a };
    CHECK_EQ(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "edo.locks=warn" }), 0);
    CHECK_EQ(one_task(trades, &there, "there"), 0);
    CHECK_EQ(one_task(trades, &back, "back"), 0);
    const edo_test_event *e = EDO_TEST_LOGGED(log, "two locks are taken in both orders");
    CHECK_EQ(strcmp(edo_test_log_field(e, "by")->value.text, "back"), 0);
    CHECK_EQ(one_task(leaves_with_it, &b, "leaver"), 0);
    (void)EDO_TEST_LOGGED(log, "a task has ended and holds a lock");
    edo_mutex_unlock(&b);
    edo_test_log_free(log);
    (void)arg;
    return 0;
}

static void found_faults_are_events_of_the_log(void **state) {
    (void)state;
    assert_int_equal(turned_by(logs, &watched), 1);
}

/* ---- The switch ------------------------------------------------------------------------------ */

static int other_places(void *arg) {
    transfer there = { &a, &gate }, back = { &gate, &a };
    (void)arg;
    CHECK_EQ(one_task(moves, &there, "there"), 0);
    CHECK_EQ(one_task(moves, &back, "back"), 0);
    return 0;
}

static void switch_is_obeyed(void **state) {
    (void)state;
    // told above already; counted only where it is told
    assert_int_equal(turned_by(other_places, &(edo_locks_opts){ .any_order = true }), 0);
    assert_int_equal(turned_by(other_places, &(edo_locks_opts){ .off = true }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_meet_is_passed_over),
        cmocka_unit_test(readers_are_passed_over),
        cmocka_unit_test(switch_is_obeyed),
        cmocka_unit_test(found_faults_are_events_of_the_log),
        cmocka_unit_test(both_orders_are_told_once_with_four_places),
        cmocka_unit_test(limit_around_both_does_not_hide_it),
        cmocka_unit_test(two_objects_of_a_kind_are_told),
        cmocka_unit_test(gate_that_one_does_not_pass_keeps_nothing_apart),
        cmocka_unit_test(reader_and_writer_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
