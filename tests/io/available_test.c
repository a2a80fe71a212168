/* SPDX-License-Identifier: MIT */
/* Goal: edo_read_available() takes all that is there, waits for the first bytes only, and loses
 * neither an end nor a failure behind them; a read that was told of a reset is told again.
 * Method: streams in memory that move few bytes at a time, on the paused clock; a connection that
 * is reset; datagrams. */
#include <edo/streams.h>
#include <edo/test.h>
#include <edo/udp.h>

#include "tcp_pair.h"

#define PIECES 5u

/* A reader in steps of 2 bytes, of which there are PIECES, and then a pause. */
static int pieces_are_gathered(void *arg) {
    edo_test_script *peer;
    edo_stream *s;
    char buf[16];
    (void)arg;
    CHECK_EQ(edo_test_script_new(&peer, &s, NULL), 0);
    edo_test_script_wait(peer, edo_s(1)); // for the first bytes it waits
    for (uint32_t i = 0; i < PIECES; i++) edo_test_script_read(peer, "ab", 2);
    edo_test_script_wait(peer, edo_s(1)); // and for no others
    edo_test_script_read(peer, "cd", 2);
    CHECK_EQ(edo_read_available(s, buf, 5), 5);
    CHECK_EQ(memcmp(buf, "ababa", 5), 0);
    CHECK_EQ(edo_read_available(s, buf, sizeof buf), 5);
    CHECK_EQ(memcmp(buf, "babab", 5), 0);
    CHECK_EQ(edo_read_available(s, buf, sizeof buf), 2);
    edo_test_script_close(peer);
    CHECK_EQ(edo_read_available(s, buf, sizeof buf), 0);
    edo_close(s);
    return 0;
}

static int end_and_cancel(void *arg) {
    edo_stream *a, *b;
    char buf[8];
    (void)arg;
    CHECK_EQ(edo_duplex(&a, &b, 64), 0);
    CHECK_EQ(edo_read_available(b, buf, 0), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_read_available(b, buf, sizeof buf)), -ETIMEDOUT);
    CHECK_EQ(edo_write_all(a, "abc", 3), 0);
    CHECK_EQ(edo_shutdown(a), 0);
    CHECK_EQ(edo_read_available(b, buf, sizeof buf), 3); // the end has been seen by now
    CHECK_EQ(edo_read_available(b, buf, sizeof buf), 0);
    edo_close(a);
    edo_close(b);
    CHECK_EQ(edo_duplex(&a, &b, 64), 0);
    CHECK_EQ(edo_write_all(b, "x", 1), 0);
    CHECK_EQ(edo_write_all(a, "abc", 3), 0);
    edo_close(a); // with a byte unread: the other end is told
    int n = edo_read_available(b, buf, sizeof buf), next = edo_read(b, buf, 1);
    CHECK_EQ(n, 3);
    CHECK_EQ(edo_read(b, buf, 1), next);
    edo_close(b);
    return 0;
}

/* A read that is told of the reset after some bytes does not take the next one for the end. */
static int reset_behind_bytes(void *arg) {
    edo_stream *a, *b;
    char buf[8];
    int n;
    (void)arg;
    CHECK_EQ(connected(&a, &b), 0);
    CHECK_EQ(edo_write_all(b, "abc", 3), 0);
    CHECK_EQ(edo_tcp_set_reset_on_close(b, true), 0);
    edo_close(b);
    while ((n = edo_read_available(a, buf, sizeof buf)) > 0) {
    }
    for (int i = 0; i < 2; i++, n = edo_read_available(a, buf, sizeof buf)) {
        CHECK_EQ(n, -ECONNRESET);
        CHECK_EQ(edo_read(a, buf, 1), -ECONNRESET);
    }
    edo_close(a);
    return 0;
}

static int messages_stay_apart(void *arg) {
    edo_stream *to, *from;
    edo_addr addr;
    char buf[16];
    (void)arg;
    CHECK_EQ(edo_udp_bind(&to, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_stream_local_addr(to, &addr), 0);
    CHECK_EQ(edo_udp_connect_addr(&from, &addr, NULL), 0);
    CHECK_EQ(edo_write(from, "two", 3), 3);
    CHECK_EQ(edo_write(from, "", 0), 0);
    CHECK_EQ(edo_write(from, "three", 5), 5);
    CHECK_EQ(edo_read_available(to, buf, sizeof buf), 3);
    CHECK_EQ(edo_read_available(to, buf, sizeof buf), 0);
    CHECK_EQ(edo_read_available(to, buf, sizeof buf), 5);
    edo_close(to);
    edo_close(from);
    return 0;
}

static void of_messages_one_is_taken(void **state) {
    (void)state;
    assert_int_equal(inside_real(messages_stay_apart, NULL), 0);
}

static void all_that_is_there_is_taken(void **state) {
    (void)state;
    assert_int_equal(inside(pieces_are_gathered, NULL), 0);
}

static void an_end_comes_again_and_a_wait_may_be_cut(void **state) {
    (void)state;
    assert_int_equal(inside(end_and_cancel, NULL), 0);
}

static void a_reset_is_told_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(reset_behind_bytes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_there_is_taken),
        cmocka_unit_test(an_end_comes_again_and_a_wait_may_be_cut),
        cmocka_unit_test(a_reset_is_told_again),
        cmocka_unit_test(of_messages_one_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
