/* SPDX-License-Identifier: MIT */
/* Goal: a driver whose events another thread takes loses no event and no kick; a source may be
 * closed and reused while the other thread still holds an event of it.
 * Method: first step by step, then with a thread that harvests all the time beside the driver's
 * own. */
#include "driver/driver.h"

#include "base/atomic.h"

#include "poll_by_hand.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "patience.h"
#include "source_pair.h"

#define ROUNDS 2000

static edoi_driver *driver;
static edo_atomic_u32 stop;         /* tells the harvesting thread to end */
static edo_atomic_u32 kicks, heard; /* counts */

static void driver_begin(void) {
    assert_int_equal(edoi_driver_new(&driver, 16), 0);
    edoi_store_rlx_u32(&stop, 0);
    edoi_store_rlx_u32(&kicks, 0);
    edoi_store_rlx_u32(&heard, 0);
}

static void wait_to_read(edoi_source *s, edo_wait_link *wait, hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    assert_int_equal(edoi_source_wait(s, EDOI_READ, wait, &cx, driver), 1);
}

/* ---- By hand --------------------------------------------------------------------------------- */

static void harvest_wakes_as_a_turn_does(void **state) {
    (void)state;
    driver_begin();
    int other;
    edoi_source *s = new_source(&other);
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    wait_to_read(s, &wait, &w);
    assert_int_equal(edoi_driver_harvest(driver), 0);
    say(other);
    assert_int_equal(edoi_driver_harvest(driver), 1);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_not_equal(edoi_source_ready(s, EDOI_READ), 0);
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    edoi_source_unwait(s, &wait);
    edoi_source_free(s);
    close(other);
    edoi_driver_free(driver);
}

static void a_kick_outlives_a_harvest(void **state) {
    (void)state;
    driver_begin();
    edoi_driver_kick(driver);
    for (int i = 0; i < 3; i++) assert_int_equal(edoi_driver_harvest(driver), 0);
    assert_int_equal(edoi_driver_turn(driver, -1), 0);
    assert_false(edoi_driver_is_timed_out(driver));
    edoi_driver_kick(driver);
    assert_int_equal(edoi_driver_harvest(driver), 0);
    edoi_driver_kick(driver);
    assert_int_equal(edoi_driver_turn(driver, -1), 0);
    edoi_driver_free(driver);
}

static void turn_reports_that_its_time_is_over(void **state) {
    (void)state;
    driver_begin();
    assert_int_equal(edoi_driver_turn(driver, 1000), 0);
    assert_true(edoi_driver_is_timed_out(driver));
    edoi_driver_kick(driver);
    assert_int_equal(edoi_driver_turn(driver, 1000), 0);
    assert_false(edoi_driver_is_timed_out(driver));
    edoi_driver_free(driver);
}

/* ---- By two threads -------------------------------------------------------------------------- */

static void *harvest_on(void *arg) {
    (void)arg;
    while (!edoi_load_rlx_u32(&stop)) (void)edoi_driver_harvest(driver);
    return NULL;
}

static pthread_t start(void *(*fn)(void *)) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, NULL), 0);
    return thread;
}

static void end(pthread_t thread) {
    edoi_store_rlx_u32(&stop, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Half of the sources are freed while their event is in flight. */
static void a_source_ends_while_others_hold_its_event(void **state) {
    (void)state;
    driver_begin();
    pthread_t harvester = start(harvest_on);
    for (int i = 0; i < ROUNDS; i++) {
        int other;
        edoi_source *s = new_source(&other);
        assert_int_equal(edoi_source_ready(s, EDOI_READ), 0);
        hand_waker w = HAND_WAKER;
        edo_wait_link wait = { 0 };
        wait_to_read(s, &wait, &w);
        say(other);
        while (i % 2 == 0 && !hand_woken(&w)) (void)edoi_driver_turn(driver, 100000);
        if (i % 4 == 1) edoi_source_close(s);
        edoi_source_unwait(s, &wait);
        edoi_source_free(s);
        // the same memory: an event of the freed source must not reach the new one
        int other_too;
        s = new_source(&other_too);
        for (int spins = i % 50; spins >= 0; spins--)
            assert_int_equal(edoi_source_ready(s, EDOI_READ), 0);
        edoi_source_free(s);
        close(other);
        close(other_too);
    }
    end(harvester);
    edoi_driver_free(driver);
}

static void *kick_on(void *arg) {
    (void)arg;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        WAIT_FOR(edoi_load_rlx_u32(&heard) == i - 1);
        edoi_store_rlx_u32(&kicks, i);
        edoi_driver_kick(driver);
    }
    return NULL;
}

/* Each kick is waited for without a bound: a lost kick hangs this test. */
static void kicks_beside_a_harvest_are_not_lost(void **state) {
    (void)state;
    driver_begin();
    pthread_t harvester = start(harvest_on), kicker = start(kick_on);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        while (edoi_load_rlx_u32(&kicks) != i) (void)edoi_driver_turn(driver, -1);
        edoi_store_rlx_u32(&heard, i);
    }
    assert_int_equal(pthread_join(kicker, NULL), 0);
    end(harvester);
    edoi_driver_free(driver);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harvest_wakes_as_a_turn_does),
        cmocka_unit_test(a_kick_outlives_a_harvest),
        cmocka_unit_test(turn_reports_that_its_time_is_over),
        cmocka_unit_test(a_source_ends_while_others_hold_its_event),
        cmocka_unit_test(kicks_beside_a_harvest_are_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
