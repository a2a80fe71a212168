/* SPDX-License-Identifier: MIT */
/* Goal: a long cycle is one, and all of its tasks are known; those that stand are found behind any
 * number that do not; and where nothing changes nobody asks for another look.
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_ring_is_told_once),
        cmocka_unit_test(those_that_stand_are_found_beside_a_long_chain),
        cmocka_unit_test(one_that_is_idle_is_not_looked_at_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
