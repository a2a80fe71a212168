/* SPDX-License-Identifier: MIT */
/* Goal: edo_test_settle() takes the events of descriptors that are there.
 * Method: a pair of Unix sockets, where a byte that was written is there at once; TCP, where it may
 * be on its way, is only registered. */
#include "inside.h"

#include <edo/net.h>
#include <edo/unix.h>

static int echo_once(void *arg) {
    char c;
    int err = edo_read(arg, &c, 1);
    return err == 1 ? edo_write(arg, &c, 1) : err;
}

static int settle_beside_pair(void *arg) {
    edo_stream *here, *there;
    char c = 'x';
    (void)arg;
    EDO_TEST_OK(edo_unix_pair(&here, &there));
    edo_task *t = edo_spawn(echo_once, there);
    EDO_TEST_EQ(edo_test_settle(), 0); // a descriptor is registered
    EDO_TEST_TRUE(!edo_task_is_finished(t));
    EDO_TEST_EQ(edo_try_write(here, &c, 1), 1);
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_TRUE(edo_task_is_finished(t));
    EDO_TEST_EQ(edo_try_read(here, &c, 1), 1);
    edo_close(here);
    edo_close(there);
    return edo_task_join(t);
}

static void events_that_are_there_are_taken(void **state) {
    (void)state;
    assert_int_equal(inside_real(settle_beside_pair, NULL), 1);
}

static int accept_one(void *arg) {
    edo_stream *peer;
    int err = edo_accept(arg, &peer);
    if (err == 0) edo_close(peer);
    return err;
}

static int settle_beside_listener(void *arg) {
    edo_listener *l;
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    edo_task *t = edo_spawn(accept_one, l);
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_TRUE(!edo_task_is_finished(t));
    edo_listener_close(l);
    return edo_task_join(t);
}

static void a_listener_that_is_awaited_may_go_on(void **state) {
    (void)state;
    assert_int_equal(inside_real(settle_beside_listener, NULL), -EDO_ECLOSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_that_are_there_are_taken),
        cmocka_unit_test(a_listener_that_is_awaited_may_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
