/* SPDX-License-Identifier: MIT */
/* Goal: a driver's ring loses no end, whoever takes the edge that tells of it: the driver's thread,
 * or one that harvests; and a driver works without a ring.
 * Method: epoll.c is included; the kernel's part of the ring is a fake one, and an operation ends
 * between the two steps of a harvest. */
#include "driver/driver.h"
#include "driver/ring/held_kernel_test.h"
#include "driver/ring/ring.h"

#include "poll_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <sys/epoll.h>

#include <cmocka.h>

static bool ends_before_the_wait; /* all that is held ends as a thread goes to wait for events */
static bool add_fails;            /* the ring's descriptor cannot be watched */

static void end_all_held(void) {
    while (held_n() > 0) held_end(0, 7);
}

static int wait_late(int epoll, struct epoll_event *events, int n, int timeout_ms) {
    if (ends_before_the_wait) end_all_held();
    return epoll_wait(epoll, events, n, timeout_ms);
}

static int may_add(int epoll, int op, int fd, struct epoll_event *event) {
    if (add_fails && fd == held_rings.fd) {
        errno = ENOSPC;
        return -1;
    }
    return epoll_ctl(epoll, op, fd, event);
}

#define epoll_wait wait_late
#define epoll_ctl  may_add
#include "driver/epoll.c"
#undef epoll_wait
#undef epoll_ctl

static edoi_driver *driver;
static edoi_kring_op op;
static hand_waker waker;

static int set_up_driver(void **state) {
    (void)state;
    held_open_fails = held_refuses = 0;
    ends_before_the_wait = add_fails = false;
    op = (edoi_kring_op){ .code = IORING_OP_READ };
    waker = (hand_waker)HAND_WAKER;
    assert_int_equal(edoi_driver_new(&driver, 16), 0);
    return 0;
}

static int tear_down_driver(void **state) {
    (void)state;
    end_all_held();
    (void)edoi_driver_turn(driver, 0); // else the end would wait for its cancellation
    edoi_driver_free(driver);
    return 0;
}

#define WITH_DRIVER(test) cmocka_unit_test_setup_teardown(test, set_up_driver, tear_down_driver)

static edoi_kring *the_ring(void) {
    edoi_kring *ring = NULL;
    assert_int_equal(edoi_driver_ring(driver, &ring), 0);
    assert_non_null(ring);
    return ring;
}

static void has_no_ring(int why) {
    edoi_kring *ring;
    assert_int_equal(edoi_driver_ring(driver, &ring), why);
}

static edoi_kring *put_one(void) {
    edoi_kring *ring = the_ring();
    assert_true(edoi_kring_put(ring, &op, &waker.base));
    return ring;
}

static void ring_is_made_once(void **state) {
    (void)state;
    assert_false(edoi_driver_has_sources(driver));
    edoi_kring *ring = the_ring();
    assert_ptr_equal(the_ring(), ring);
    assert_true(edoi_driver_has_sources(driver)); // others are to harvest
}

static void ring_that_is_refused_is_asked_for_once(void **state) {
    (void)state;
    held_open_fails = -EPERM;
    has_no_ring(-EPERM);
    held_open_fails = 0;
    has_no_ring(-EPERM);
    assert_false(edoi_driver_has_sources(driver));
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    assert_int_equal(edoi_driver_harvest(driver), 0);
}

static void ring_that_cannot_be_watched_is_none(void **state) {
    (void)state;
    add_fails = true;
    has_no_ring(-ENOSPC);
    add_fails = false;
    assert_non_null(the_ring()); // there was no room for the moment
}

static void turn_begins_what_was_put_and_sees_its_end(void **state) {
    (void)state;
    edoi_kring *ring = put_one();
    assert_int_equal(held_n(), 0);
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    assert_int_equal(held_n(), 1);
    assert_true(edoi_driver_is_timed_out(driver));
    held_end(0, 3);
    assert_int_equal(edoi_driver_turn(driver, -1), 1); // does not wait
    assert_false(edoi_driver_is_timed_out(driver));
    assert_int_equal(hand_woken(&waker), 1);
    assert_true(edoi_kring_look(ring, &op, NULL));
    assert_int_equal(op.result, 3);
}

static void end_while_a_turn_waits_ends_the_wait(void **state) {
    (void)state;
    (void)put_one();
    ends_before_the_wait = true;
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&waker), 1);
    assert_false(edoi_driver_is_timed_out(driver));
}

static void harvest_does_as_a_turn(void **state) {
    (void)state;
    (void)put_one();
    assert_int_equal(edoi_driver_harvest(driver), 0);
    assert_int_equal(held_n(), 1);
    held_end(0, 3);
    assert_int_equal(edoi_driver_harvest(driver), 1);
    assert_int_equal(hand_woken(&waker), 1);
}

/* It has looked at the ring before; nobody else gets the edge. */
static void harvest_that_takes_the_edge_sees_the_end(void **state) {
    (void)state;
    (void)put_one();
    ends_before_the_wait = true;
    assert_int_equal(edoi_driver_harvest(driver), 1);
    assert_int_equal(hand_woken(&waker), 1);
}

static void refusal_is_told_by_the_next_turn(void **state) {
    (void)state;
    edoi_kring *ring = put_one();
    held_refuses = -EPERM;
    (void)edoi_driver_turn(driver, 0);
    assert_int_equal(hand_woken(&waker), 1);
    assert_true(edoi_kring_look(ring, &op, NULL));
    assert_int_equal(op.result, EDOI_KRING_REFUSES);
}

/* Else the task that it wakes would sleep as long as the turn waits for events. */
static void turn_does_not_wait_after_a_refusal(void **state) {
    (void)state;
    (void)put_one();
    held_refuses = -EPERM;
    (void)edoi_driver_turn(driver, 1000);
    assert_false(edoi_driver_is_timed_out(driver));
    assert_int_equal(hand_woken(&waker), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DRIVER(ring_is_made_once),
        WITH_DRIVER(ring_that_is_refused_is_asked_for_once),
        WITH_DRIVER(ring_that_cannot_be_watched_is_none),
        WITH_DRIVER(turn_begins_what_was_put_and_sees_its_end),
        WITH_DRIVER(end_while_a_turn_waits_ends_the_wait),
        WITH_DRIVER(harvest_does_as_a_turn),
        WITH_DRIVER(harvest_that_takes_the_edge_sees_the_end),
        WITH_DRIVER(refusal_is_told_by_the_next_turn),
        WITH_DRIVER(turn_does_not_wait_after_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
