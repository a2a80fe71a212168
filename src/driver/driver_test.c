/* SPDX-License-Identifier: MIT */
/* Goal: no event is lost, none reaches the wrong owner, and every waiter is woken. Method: sockets,
 * and drivers turned by the test. */
#include "driver/driver.h"

#include "base/memory/alloc.h"

#include "poll_by_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "source_pair.h"

static int wait_on(edoi_driver *d, edoi_source *s, edoi_dir dir, edo_wait_link *wait,
                   hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    return edoi_source_wait(s, dir, wait, &cx, d);
}

static edoi_driver *new_driver(void) {
    edoi_driver *d = NULL;
    assert_int_equal(edoi_driver_new(&d, 16), 0);
    return d;
}

/* ---- A source and two drivers ---------------------------------------------------------------- */

static edoi_driver *driver, *elsewhere;
static edoi_source *source; /* not readable */
static int peer;            /* the source's other end */

static int set_up(void **state) {
    (void)state;
    driver = new_driver();
    elsewhere = new_driver();
    source = new_source(&peer);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edoi_source_free(source);
    (void)close(peer);
    edoi_driver_free(driver);
    edoi_driver_free(elsewhere);
    return 0;
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void fresh_source_is_ready_both_ways(void **state) {
    (void)state;
    int other;
    edoi_source *s = new_source(&other);
    assert_int_equal(edoi_source_ready(s, EDOI_READ), 0);
    assert_int_not_equal(edoi_source_ready(s, EDOI_WRITE), 0);
    edoi_source_free(s);
    close(other);
}

static void event_wakes_waiters_and_sets_ready(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    assert_true(edoi_driver_has_sources(driver));
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    assert_int_equal(hand_woken(&w), 0);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_not_equal(edoi_source_ready(source, EDOI_READ), 0);
    edoi_source_unwait(source, &wait);
}

static void input_before_the_registration_is_seen(void **state) {
    (void)state;
    say(peer);
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&w), 1);
    edoi_source_unwait(source, &wait);
}

static void clear_with_an_old_tick_keeps_ready(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    uint32_t tick = edoi_source_ready(source, EDOI_READ);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    edoi_source_clear(source, EDOI_READ, tick);
    assert_int_not_equal(edoi_source_ready(source, EDOI_READ), 0);
    edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    assert_int_equal(edoi_source_ready(source, EDOI_READ), 0);
    edoi_source_unwait(source, &wait);
}

static void direction_is_quiet_only_for_the_driver_that_would_tell(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(edoi_source_ready(source, EDOI_READ), 0);
    assert_false(edoi_source_is_quiet(source, EDOI_READ, driver)); // not registered
    assert_false(edoi_source_is_quiet(source, EDOI_READ, NULL));
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    assert_true(edoi_source_is_quiet(source, EDOI_READ, driver));
    assert_false(edoi_source_is_quiet(source, EDOI_READ, elsewhere));
    assert_false(edoi_source_is_quiet(source, EDOI_READ, NULL));
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_false(edoi_source_is_quiet(source, EDOI_READ, driver));
    edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    assert_true(edoi_source_is_quiet(source, EDOI_READ, driver));
    edoi_source_close(source);
    assert_false(edoi_source_is_quiet(source, EDOI_READ, driver));
    edoi_source_unwait(source, &wait);
}

/* The next tick of the machine's timer ends what a turn has seen. */
static void turn_is_fresh_until_the_next_tick(void **state) {
    struct timespec begun, now;
    bool was_fresh = false;
    (void)state;
    for (int i = 0; i < 1000 && !was_fresh; i++) { // a tick may come between
        assert_int_equal(edoi_driver_turn(driver, 0), 0);
        was_fresh = edoi_driver_is_fresh(driver);
    }
    assert_true(was_fresh);
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &begun);
    do (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    while (now.tv_nsec == begun.tv_nsec);
    assert_false(edoi_driver_is_fresh(driver));
}

static void hang_up_wakes_both_and_outlives_a_short_read(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    int other;
    edoi_source *s = new_source(&other);
    edoi_source_clear(s, EDOI_WRITE, edoi_source_ready(s, EDOI_WRITE));
    hand_waker r = HAND_WAKER, w = HAND_WAKER;
    edo_wait_link reader = { 0 }, writer = { 0 };
    assert_int_equal(wait_on(d, s, EDOI_READ, &reader, &r), 1);
    assert_int_equal(wait_on(d, s, EDOI_WRITE, &writer, &w), 1);
    (void)edoi_driver_turn(d, 0); // takes the event that there is room
    edoi_source_clear(s, EDOI_WRITE, edoi_source_ready(s, EDOI_WRITE));
    edoi_source_unwait(s, &writer);
    assert_int_equal(wait_on(d, s, EDOI_WRITE, &writer, &w), 1);
    hand_reset(&w);
    close(other);
    assert_int_equal(edoi_driver_turn(d, -1), 1);
    assert_int_equal(hand_woken(&r), 1);
    assert_int_equal(hand_woken(&w), 1);
    edoi_source_drained(s, EDOI_READ, edoi_source_ready(s, EDOI_READ));
    assert_int_not_equal(edoi_source_ready(s, EDOI_READ), 0);
    edoi_source_clear(s, EDOI_READ, edoi_source_ready(s, EDOI_READ)); // as after EAGAIN
    assert_int_equal(edoi_source_ready(s, EDOI_READ), 0);
    edoi_source_unwait(s, &reader);
    edoi_source_unwait(s, &writer);
    edoi_source_free(s);
    edoi_driver_free(d);
}

static void close_wakes_all_waiters_and_refuses_later_ones(void **state) {
    (void)state;
    hand_waker w[40];
    edo_wait_link wait[40] = { 0 };
    for (size_t i = 0; i < EDO_COUNT(w); i++) {
        w[i] = (hand_waker)HAND_WAKER;
        assert_int_equal(wait_on(driver, source, EDOI_READ, &wait[i], &w[i]), 1);
    }
    edoi_source_close(source);
    assert_true(edoi_source_is_closed(source));
    for (size_t i = 0; i < EDO_COUNT(w); i++) {
        assert_int_equal(hand_woken(&w[i]), 1);
        edoi_source_unwait(source, &wait[i]);
    }
    uint32_t tick = edoi_source_ready(source, EDOI_READ);
    assert_int_not_equal(tick, 0);
    edoi_source_clear(source, EDOI_READ, tick);
    assert_int_not_equal(edoi_source_ready(source, EDOI_READ), 0);
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait[0], &w[0]), -EDO_ECLOSED);
}

static void reused_number_and_memory_get_no_old_event(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    int other;
    edoi_source *s = new_source(&other);
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(d, s, EDOI_READ, &wait, &w), 1);
    int fd = edoi_source_fd(s);
    int copy = dup(fd); // keeps the old registration open
    edoi_source_unwait(s, &wait);
    edoi_source_free(s);

    int other2;
    edoi_source *s2 = new_source(&other2);
    assert_ptr_equal(s2, s);
    assert_int_equal(edoi_source_fd(s2), fd);
    assert_int_equal(wait_on(d, s2, EDOI_READ, &wait, &w), 1);
    say(other); // for the closed source
    assert_int_equal(edoi_driver_turn(d, -1), 1);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(edoi_source_ready(s2, EDOI_READ), 0);
    say(other2);
    assert_int_equal(edoi_driver_turn(d, -1), 1);
    assert_int_equal(hand_woken(&w), 1);
    edoi_source_unwait(s2, &wait);
    edoi_source_free(s2);
    close(copy);
    close(other);
    close(other2);
    edoi_driver_free(d);
}

static void newest_waker_is_woken(void **state) {
    (void)state;
    hand_waker old = HAND_WAKER, new = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &old), 1);
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &new), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&old), 0);
    assert_int_equal(hand_woken(&new), 1);
    edoi_source_unwait(source, &wait);
}

static void refusal_is_returned_and_leaves_nothing_behind(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    edoi_source *s = NULL;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(edoi_source_new(&s, fd), 0);
    edoi_source_clear(s, EDOI_READ, edoi_source_ready(s, EDOI_READ));
    assert_int_equal(wait_on(NULL, s, EDOI_READ, &wait, &w), -EDO_ENORUNTIME);
    assert_int_equal(wait_on(d, s, EDOI_READ, &wait, &w), -EPERM); // a regular file
    assert_true(wait.who == 0);
    assert_int_not_equal(edoi_source_ready(s, EDOI_READ), 0);
    edoi_source_free(s);
    edoi_driver_free(d);
}

static void end_of_a_driver_wakes_its_waiters_which_go_elsewhere(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    edoi_driver_free(driver);
    driver = NULL;
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &wait, &w), 0); // caller must try itself
    edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &wait, &w), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(elsewhere, -1), 1);
    assert_int_equal(hand_woken(&w), 2);
    edoi_source_unwait(source, &wait);
}

static void directions_may_live_with_two_drivers(void **state) {
    (void)state;
    edoi_source_clear(source, EDOI_WRITE, edoi_source_ready(source, EDOI_WRITE));
    hand_waker r = HAND_WAKER, w = HAND_WAKER;
    edo_wait_link reader = { 0 }, writer = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &reader, &r), 1);
    assert_int_equal(wait_on(elsewhere, source, EDOI_WRITE, &writer, &w), 1);
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    assert_int_equal(edoi_driver_turn(elsewhere, -1), 1);
    assert_int_equal(hand_woken(&w), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&r), 1);
    edoi_source_unwait(source, &reader);
    edoi_source_unwait(source, &writer);
}

static void direction_without_waiters_moves_to_the_next_waiter(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 }, later = { 0 };
    for (int round = 0; round < 4; round++) {
        edoi_driver *here = round % 2 ? elsewhere : driver, *there = round % 2 ? driver : elsewhere;
        hand_reset(&w);
        assert_int_equal(wait_on(here, source, EDOI_READ, &wait, &w), 1);
        assert_int_equal(wait_on(there, source, EDOI_READ, &later, &w), 1); // stays with the first
        say(peer);
        assert_int_equal(edoi_driver_turn(there, 0), 0);
        assert_int_equal(edoi_driver_turn(here, -1), 1);
        assert_int_equal(hand_woken(&w), 2);
        edoi_source_unwait(source, &wait);
        edoi_source_unwait(source, &later);
        char c;
        assert_int_equal(read(edoi_source_fd(source), &c, 1), 1);
        edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    }
}

static void guests_are_woken_when_a_driver_is_left_and_go_elsewhere(void **state) {
    (void)state;
    int far;
    edoi_source *apart = new_source(&far);
    hand_waker host = HAND_WAKER, guest = HAND_WAKER, alone = HAND_WAKER;
    edo_wait_link reads = { 0 }, reads2 = { 0 }, wait = { 0 };
    assert_int_equal(wait_on(driver, apart, EDOI_READ, &wait, &alone), 1);
    assert_int_equal(wait_on(driver, source, EDOI_READ, &reads, &host), 1);
    edoi_driver_leave(driver); // no other future waits there
    assert_int_equal(hand_woken(&host), 0);
    edoi_driver_enter(driver);
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &reads2, &guest), 1);
    edoi_source_unwait(source, &reads);
    edoi_driver_leave(driver);
    assert_int_equal(hand_woken(&guest), 1);
    assert_int_equal(hand_woken(&alone), 0); // has no guests
    edoi_source_clear(source, EDOI_READ, edoi_source_ready(source, EDOI_READ));
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &reads2, &guest), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, 0), 0); // the source was deregistered
    assert_int_equal(edoi_driver_turn(elsewhere, -1), 1);
    assert_int_equal(hand_woken(&guest), 2);
    edoi_source_unwait(apart, &wait);
    edoi_source_free(apart);
    close(far);
}

static void no_future_begins_to_wait_at_a_driver_without_a_thread(void **state) {
    (void)state;
    hand_waker host = HAND_WAKER, guest = HAND_WAKER;
    edo_wait_link wait = { 0 }, wait2 = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &host), 1);
    edoi_driver_leave(driver); // though it stays linked
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &wait2, &guest), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, 0), 0);
    assert_int_equal(edoi_driver_turn(elsewhere, -1), 1);
    assert_int_equal(hand_woken(&guest), 1);
    assert_int_equal(hand_woken(&host), 1);
}

/* A waiter that was linked when its source moved is a guest from then on. */
static void linked_waiter_is_woken_after_its_source_moved(void **state) {
    (void)state;
    hand_waker host = HAND_WAKER, guest = HAND_WAKER;
    edo_wait_link wait = { 0 }, wait2 = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &host), 1);
    edoi_driver_leave(driver);
    assert_int_equal(wait_on(elsewhere, source, EDOI_READ, &wait2, &guest), 1); // moves it
    edoi_source_unwait(source, &wait2);
    edoi_driver_leave(elsewhere);
    assert_int_equal(hand_woken(&host), 1);
}

static void waiter_may_turn_to_the_other_direction(void **state) {
    (void)state;
    edoi_source_clear(source, EDOI_WRITE, edoi_source_ready(source, EDOI_WRITE));
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(driver, source, EDOI_READ, &wait, &w), 1);
    assert_int_equal(wait_on(driver, source, EDOI_WRITE, &wait, &w), 1);
    assert_int_equal(edoi_driver_turn(driver, -1), 1); // there is room to write
    assert_int_equal(hand_woken(&w), 1);
    say(peer);
    assert_int_equal(edoi_driver_turn(driver, -1), 1);
    assert_int_equal(hand_woken(&w), 1); // no reader is left
    assert_int_not_equal(edoi_source_ready(source, EDOI_READ), 0);
    edoi_source_unwait(source, &wait);
}

static void user_owns_the_head_and_sources_share_no_cache_line(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    edoi_source *s = NULL, *unopened = NULL;
    assert_int_equal(edoi_source_reserve(&s), 0);
    assert_int_equal(edoi_source_reserve(&unopened), 0);
    assert_ptr_equal(edoi_source_behind(edoi_source_head(s)), s);
#ifndef EDOI_ASAN
    assert_int_equal((uintptr_t)edoi_source_head(s) % 64, 0);
    assert_int_equal((uintptr_t)edoi_source_head(unopened) % 64, 0);
#endif
    memset(edoi_source_head(s), 0x5a, EDOI_SOURCE_HEAD);
    memset(edoi_source_head(unopened), 0xff, EDOI_SOURCE_HEAD);
    edoi_source_free(unopened);
    edoi_source_open(s, fds[0]);
    edoi_source_clear(s, EDOI_READ, edoi_source_ready(s, EDOI_READ));
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    assert_int_equal(wait_on(d, s, EDOI_READ, &wait, &w), 1);
    say(fds[1]);
    assert_int_equal(edoi_driver_turn(d, -1), 1);
    assert_int_equal(hand_woken(&w), 1);
    edoi_source_unwait(s, &wait);
    edoi_source_close(s);
    for (size_t i = 0; i < EDOI_SOURCE_HEAD; i++)
        assert_int_equal(((unsigned char *)edoi_source_head(s))[i], 0x5a);
    edoi_source_free(s);
    close(fds[1]);
    edoi_driver_free(d);
}

static void reopened_source_is_not_closed_and_keeps_no_tick(void **state) {
    (void)state;
    int other, other2;
    edoi_source *s = new_source(&other);
    edoi_source_close(s);
    uint32_t tick = edoi_source_ready(s, EDOI_READ);
    edoi_source_free(s);
    edoi_source *s2 = new_source(&other2);
    assert_ptr_equal(s2, s);
    assert_false(edoi_source_is_closed(s2));
    assert_int_not_equal(edoi_source_ready(s2, EDOI_WRITE), 0);
    edoi_source_nudge(s2, EDOI_READ);
    edoi_source_clear(s2, EDOI_READ, tick);
    assert_int_not_equal(edoi_source_ready(s2, EDOI_READ), 0);
    edoi_source_free(s2);
    close(other);
    close(other2);
}

static void freed_source_has_no_descriptor_and_is_closed(void **state) {
    (void)state;
    int other, other2, other3;
    edoi_source *s[] = { new_source(&other), new_source(&other2), new_source(&other3) };
    for (size_t i = 0; i < EDO_COUNT(s); i++) edoi_source_free(s[i]);
    for (size_t i = 0; i < EDO_COUNT(s); i++) { // the pool keeps their memory mapped
        assert_true(edoi_source_fd(s[i]) < 0);
        assert_true(edoi_source_is_closed(s[i]));
        for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
            assert_true(edoi_source_tick_is_closed(edoi_source_ready(s[i], dir)));
    }
    close(other);
    close(other2);
    close(other3);
}

static void turn_ends_at_its_time(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    assert_int_equal(edoi_driver_turn(d, 1), 0);
    assert_int_equal(edoi_driver_turn(d, 2000000), 0);
    edoi_driver_free(d);
}

static void *kick(void *arg) {
    edoi_driver_kick((edoi_driver *)arg);
    return NULL;
}

static void kick_ends_the_present_or_next_turn(void **state) {
    (void)state;
    edoi_driver *d = new_driver();
    for (int i = 0; i < 200; i++) {
        pthread_t t;
        assert_int_equal(pthread_create(&t, NULL, kick, d), 0);
        assert_int_equal(edoi_driver_turn(d, -1), 0);
        pthread_join(t, NULL);
    }
    edoi_driver_kick(d);
    edoi_driver_kick(d);
    assert_int_equal(edoi_driver_turn(d, -1), 0);
    assert_int_equal(edoi_driver_turn(d, 0), 0);
    edoi_driver_free(d);
}

static void pool_grows_and_reuses(void **state) {
    (void)state;
    enum { MANY = 300 };
    edoi_source *s[MANY];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            int fd = dup(2);
            assert_true(fd >= 0);
            assert_int_equal(edoi_source_new(&s[i], fd), 0);
        }
        for (int i = 0; i < MANY; i++) edoi_source_free(s[i]);
    }
    edoi_source_free(NULL);
}

static void without_memory_nothing_is_made(void **state) {
    (void)state;
    edoi_driver *d = NULL;
    edoi_alloc_fail_at(1);
    assert_int_equal(edoi_driver_new(&d, 16), -ENOMEM);
    assert_null(d);
    edoi_driver_free(d);
}

/* ---- Two threads ----------------------------------------------------------------------------- */

enum { BYTES = 20000 };

static void *write_bytes(void *arg) {
    int fd = *(int *)arg;
    for (int i = 0; i < BYTES;) {
        if (write(fd, "x", 1) == 1) i++;
    }
    return NULL;
}

/* The reader sleeps only after EAGAIN with no event since: a lost event hangs the test. */
static void no_event_is_lost_against_a_writing_thread(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_wait_link wait = { 0 };
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, write_bytes, &peer), 0);
    for (int got = 0; got < BYTES;) {
        uint32_t tick = edoi_source_ready(source, EDOI_READ);
        char c[3];
        ssize_t n = tick ? read(edoi_source_fd(source), c, sizeof c) : 0;
        if (n > 0) {
            got += (int)n;
            if (n < (ssize_t)sizeof c) edoi_source_drained(source, EDOI_READ, tick);
        } else {
            edoi_source_clear(source, EDOI_READ, tick);
            if (wait_on(driver, source, EDOI_READ, &wait, &w) == 0) continue;
            (void)edoi_driver_turn(driver, -1);
        }
    }
    pthread_join(t, NULL);
    edoi_source_unwait(source, &wait);
}

typedef struct waiters {
    edoi_source *s;
    edoi_driver *d;
} waiters;

static void *wait_and_leave(void *arg) {
    waiters *x = (waiters *)arg;
    hand_waker w = HAND_WAKER;
    for (int i = 0; i < BYTES / 4; i++) {
        edo_wait_link wait = { 0 };
        int waits = wait_on(x->d, x->s, EDOI_READ, &wait, &w);
        if (waits == 0) edoi_source_clear(x->s, EDOI_READ, edoi_source_ready(x->s, EDOI_READ));
        edoi_source_unwait(x->s, &wait);
    }
    return NULL;
}

static void waiters_come_and_go_against_events(void **state) {
    (void)state;
    int other;
    waiters x = { new_source(&other), new_driver() };
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, wait_and_leave, &x), 0);
    for (int i = 0; i < BYTES / 4; i++) {
        char c[64];
        (void)!write(other, "x", 1);
        (void)edoi_driver_turn(x.d, 0);
        (void)!read(edoi_source_fd(x.s), c, sizeof c);
    }
    pthread_join(t, NULL);
    edoi_source_free(x.s);
    close(other);
    edoi_driver_free(x.d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_source_is_ready_both_ways),
        WITH_SCENE(event_wakes_waiters_and_sets_ready),
        WITH_SCENE(input_before_the_registration_is_seen),
        WITH_SCENE(clear_with_an_old_tick_keeps_ready),
        WITH_SCENE(direction_is_quiet_only_for_the_driver_that_would_tell),
        WITH_SCENE(turn_is_fresh_until_the_next_tick),
        cmocka_unit_test(hang_up_wakes_both_and_outlives_a_short_read),
        WITH_SCENE(close_wakes_all_waiters_and_refuses_later_ones),
        cmocka_unit_test(reused_number_and_memory_get_no_old_event),
        WITH_SCENE(newest_waker_is_woken),
        cmocka_unit_test(refusal_is_returned_and_leaves_nothing_behind),
        WITH_SCENE(end_of_a_driver_wakes_its_waiters_which_go_elsewhere),
        WITH_SCENE(directions_may_live_with_two_drivers),
        WITH_SCENE(direction_without_waiters_moves_to_the_next_waiter),
        WITH_SCENE(guests_are_woken_when_a_driver_is_left_and_go_elsewhere),
        WITH_SCENE(no_future_begins_to_wait_at_a_driver_without_a_thread),
        WITH_SCENE(linked_waiter_is_woken_after_its_source_moved),
        WITH_SCENE(waiter_may_turn_to_the_other_direction),
        cmocka_unit_test(user_owns_the_head_and_sources_share_no_cache_line),
        cmocka_unit_test(reopened_source_is_not_closed_and_keeps_no_tick),
        cmocka_unit_test(freed_source_has_no_descriptor_and_is_closed),
        cmocka_unit_test(turn_ends_at_its_time),
        cmocka_unit_test(kick_ends_the_present_or_next_turn),
        cmocka_unit_test(pool_grows_and_reuses),
        cmocka_unit_test(without_memory_nothing_is_made),
        WITH_SCENE(no_event_is_lost_against_a_writing_thread),
        cmocka_unit_test(waiters_come_and_go_against_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
