/* SPDX-License-Identifier: MIT */
/* Goal: a long cycle is one, and all of its tasks are known; those that stand are found behind any
 * number that do not; and where nothing changes nobody asks for another look. A wait that lasts is
 * told also where a plain thread has the lock, and one of all that wait for a lock.
 * Method: waits of made-up tasks, all of which are parked. */
#include "locks/waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RING  40u
#define CHAIN 300u

static bool are_parked(uint64_t who) {
    (void)who;
    return true;
}

/* An odd number, as those of tasks. */
static uint64_t task(uint32_t i) {
    return 100001 + 2 * (uint64_t)i;
}

static bool waits_for_task(uint32_t i, uint32_t next, edoi_cycle *found) {
    const edoi_wait w = { .who = task(i),
                          .name = "one",
                          .what = "edo_task_join",
                          .kind = EDOI_WAITS_TASK,
                          .object = task(next),
                          .own = i + 1,
                          .since = 1 };
    return edoi_wait_begin(&w, found, are_parked);
}

static void end_all(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edoi_wait_end(task(i));
    assert_false(edoi_waits_any());
}

static void long_ring_is_told_once(void **state) {
    edoi_cycle found;
    uint64_t who[RING + 1];
    uint32_t from = 0, times = 0;
    (void)state;
    for (uint32_t i = 0; i + 1 < RING; i++) assert_false(waits_for_task(i, i + 1, &found));
    assert_true(waits_for_task(RING - 1, 0, &found));
    assert_int_equal(found.n, RING);
    while (edoi_waits_standing(&from, &found, are_parked)) times++;
    assert_int_equal(times, 1);
    assert_int_equal(edoi_waits_in_cycles(who, RING + 1), RING);
    end_all(RING);
    assert_int_equal(edoi_waits_in_cycles(who, RING + 1), 0);
}

static void waits_for_peer(uint32_t i, const edoi_peer *peer) {
    edoi_cycle found;
    const edoi_wait w = { .who = task(i),
                          .name = "one",
                          .what = "edo_mpsc_recv",
                          .kind = EDOI_WAITS_PEER,
                          .peer = peer,
                          .own = i + 1,
                          .since = 1 };
    assert_false(edoi_wait_begin(&w, &found, are_parked));
}

static edoi_peer peer_of(uint32_t i) {
    return (edoi_peer){ .who = EDOI_ATOMIC_INIT(task(i)),
                        .own = EDOI_ATOMIC_INIT(i + 1),
                        .turns = EDOI_ATOMIC_INIT(EDOI_PEER_TURNS) };
}

/* Each of the chain waits for the next one, and the last one for somebody who does not wait. */
static void those_that_stand_are_found_beside_a_long_chain(void **state) {
    const edoi_peer one = peer_of(CHAIN), other = peer_of(CHAIN + 1);
    edoi_standing standing;
    edoi_cycle found;
    (void)state;
    for (uint32_t i = 0; i < CHAIN; i++)
        assert_false(waits_for_task(i, i + 1 < CHAIN ? i + 1 : CHAIN + 9, &found));
    waits_for_peer(CHAIN, &other);
    waits_for_peer(CHAIN + 1, &one);
    assert_false(edoi_waits_stand(90, are_parked, &standing));
    assert_true(edoi_waits_stand(110, are_parked, &standing));
    assert_int_equal(standing.cycle.n, 2);
    assert_int_equal(standing.all_n, 2);
    assert_true(edoi_waits_any());
    assert_false(edoi_waits_stand(120, are_parked, &standing));
    assert_true(edoi_waits_any());
    assert_false(edoi_waits_stand(220, are_parked, &standing)); // nothing has changed for long
    assert_false(edoi_waits_any());
    end_all(CHAIN + 2);
}

/* One that waits for a task that is not known to be alone at its end, and looked at for long. */
static void one_that_is_idle_is_not_looked_at_for_ever(void **state) {
    const edoi_peer other = peer_of(7);
    edoi_standing standing;
    (void)state;
    waits_for_peer(0, &other);
    assert_true(edoi_waits_any());
    for (uint32_t now = 10; now <= 130; now += 10)
        assert_false(edoi_waits_stand(now, are_parked, &standing));
    assert_false(edoi_waits_any());
    waits_for_peer(1, &other);
    assert_true(edoi_waits_any());
    end_all(2);
}

/* ---- Waits that last ------------------------------------------------------------------------- */

#define CROWD 300u
#define LOCKS 12u
#define HELD  100u

static int things[LOCKS]; /* their addresses are locks */

static void waits_for_lock(uint32_t i, const int *lock, uint32_t since) {
    edoi_cycle found;
    const edoi_wait w = { .who = task(i),
                          .name = "one",
                          .what = "edo_mutex_lock",
                          .kind = EDOI_WAITS_LOCK,
                          .object = (uintptr_t)lock,
                          .since = since };
    assert_false(edoi_wait_begin(&w, &found, are_parked));
}

/* Until there are `max`, or the end of the table comes. */
static size_t look_on(uint32_t *from, uint32_t now, edoi_lasting *l, size_t max) {
    size_t n = 0;
    do n += edoi_waits_look(from, now, HELD, &l[n], max - n);
    while (*from != 0 && n < max);
    return n;
}

/* This thread has the lock, and it is not known since when. */
static void lock_that_a_plain_thread_keeps_is_told(void **state) {
    edoi_lasting l;
    uint32_t from = 0;
    (void)state;
    edoi_holder_note(&things[0], NULL);
    waits_for_lock(0, &things[0], 1);
    assert_int_equal(look_on(&from, 90, &l, 1), 0);
    assert_int_equal(look_on(&from, 110, &l, 1), 1);
    assert_int_equal(l.why, EDOI_LASTS_HELD);
    assert_string_equal(l.holder.name, "a plain thread");
    edoi_holder_forget(&things[0]);
    end_all(1);
}

static void one_wait_of_those_for_a_lock_is_told(void **state) {
    edoi_lasting l[4];
    uint32_t from = 0;
    (void)state;
    edoi_holder_note(&things[0], NULL);
    edoi_holder_note(&things[1], NULL);
    for (uint32_t i = 0; i < CROWD; i++) waits_for_lock(i, &things[0], 1 + i % 3);
    waits_for_lock(CROWD, &things[1], 1);
    assert_int_equal(look_on(&from, 200, l, 4), 2);
    const bool is_alone_first = l[0].wait.who == task(CROWD);
    const edoi_lasting *crowd = &l[is_alone_first], *alone = &l[!is_alone_first];
    assert_int_equal(crowd->wait.who, task(0)); // the one that has waited for longest
    assert_int_equal(crowd->more_n, CROWD - 1);
    assert_int_equal(alone->wait.who, task(CROWD));
    assert_int_equal(alone->more_n, 0);
    assert_int_equal(look_on(&from, 210, l, 4), 0);
    edoi_holder_forget(&things[0]);
    edoi_holder_forget(&things[1]);
    end_all(CROWD + 1);
}

static void waits_that_are_not_told_yet_come_later(void **state) {
    edoi_lasting l[5];
    uint32_t from = 0;
    (void)state;
    for (uint32_t i = 0; i < LOCKS; i++) edoi_holder_note(&things[i], NULL);
    for (uint32_t i = 0; i < LOCKS; i++) waits_for_lock(i, &things[i], 1);
    assert_int_equal(look_on(&from, 200, l, 5), 5);
    assert_int_equal(look_on(&from, 210, l, 5), 5);
    assert_int_not_equal(from, 0);
    assert_int_equal(look_on(&from, 220, l, 5), 2);
    assert_int_equal(from, 0);
    assert_int_equal(look_on(&from, 230, l, 5), 0);
    for (uint32_t i = 0; i < LOCKS; i++) edoi_holder_forget(&things[i]);
    end_all(LOCKS);
}

/* ---- Room ------------------------------------------------------------------------------------ */

#define JOINS 1024u /* as many as find room */

static void many_joins_leave_room_for_locks(void **state) {
    edoi_cycle found;
    const uint64_t before = edoi_waits_unnoted_n();
    (void)state;
    for (uint32_t i = 0; i < JOINS; i++) assert_false(waits_for_task(i, 5000, &found));
    assert_int_equal(edoi_waits_unnoted_n(), before);
    for (uint32_t i = JOINS; i < 4096; i++) assert_false(waits_for_task(i, 5000, &found));
    assert_int_equal(edoi_waits_unnoted_n(), before + 4096 - JOINS);
    edoi_holder_note(&things[0], NULL); // by this thread, whose number is that of `closes`
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    const edoi_wait closes = { .who = c.who,
                               .name = "one",
                               .what = "edo_mutex_lock",
                               .kind = EDOI_WAITS_LOCK,
                               .object = (uintptr_t)&things[0] };
    assert_true(edoi_wait_begin(&closes, &found, are_parked));
    assert_int_equal(found.n, 1);
    edoi_wait_end(c.who);
    edoi_holder_forget(&things[0]);
    end_all(JOINS);
}

/* A wait that ends by itself is in no deadlock, so it is not told that there is no room. */
static void waits_with_a_limit_leave_room_for_others(void **state) {
    edoi_cycle found;
    edoi_wait w = { .name = "one",
                    .what = "edo_mutex_lock",
                    .kind = EDOI_WAITS_LOCK,
                    .may_end = true,
                    .object = (uintptr_t)&things[0],
                    .since = 1 };
    const uint64_t before = edoi_waits_unnoted_n();
    (void)state;
    for (uint32_t i = 0; i < 4096; i++) {
        w.who = task(i);
        assert_false(edoi_wait_begin(&w, &found, are_parked));
    }
    assert_int_equal(edoi_waits_of(&things[0], &w, 1), 512);
    assert_int_equal(edoi_waits_unnoted_n(), before);
    end_all(4096);
}

/* ---- Three that do not park at once ---------------------------------------------------------- */

static bool none_is_parked(uint64_t who) {
    (void)who;
    return false;
}

static void cycle_that_is_confirmed_is_told_once(void **state) {
    edoi_cycle found;
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        const edoi_wait w = { .who = task(i),
                              .name = "one",
                              .what = "edo_task_join",
                              .kind = EDOI_WAITS_TASK,
                              .object = task((i + 2) % 3) };
        assert_false(edoi_wait_begin(&w, &found, none_is_parked));
    }
    assert_true(edoi_waits_confirm(&found, are_parked));
    assert_int_equal(found.n, 3);
    assert_false(edoi_waits_confirm(&found, are_parked));
    end_all(3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_ring_is_told_once),
        cmocka_unit_test(those_that_stand_are_found_beside_a_long_chain),
        cmocka_unit_test(one_that_is_idle_is_not_looked_at_for_ever),
        cmocka_unit_test(lock_that_a_plain_thread_keeps_is_told),
        cmocka_unit_test(one_wait_of_those_for_a_lock_is_told),
        cmocka_unit_test(waits_that_are_not_told_yet_come_later),
        cmocka_unit_test(many_joins_leave_room_for_locks),
        cmocka_unit_test(waits_with_a_limit_leave_room_for_others),
        cmocka_unit_test(cycle_that_is_confirmed_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
