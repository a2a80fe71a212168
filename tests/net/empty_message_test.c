/* SPDX-License-Identifier: MIT */
/* Goal: a write of 0 bytes is a message where each write is one, and nothing where bytes flow.
 * Method: both ends of each kind of socket, every function that writes, directly and through
 * streams over the socket. What a socket of this host has sent is there when the send returns, so
 * the receiver does not wait. */
#include "net_support.h"

#include <edo/buf_io.h>
#include <edo/streams.h>
#include <edo/udp.h>
#include <edo/unix.h>

static int udp_pair(edo_stream **a, edo_stream **b) {
    edo_addr at;
    CHECK_INT(edo_udp_bind(b, "127.0.0.1:0", NULL), 0);
    CHECK_INT(edo_stream_local_addr(*b, &at), 0);
    return edo_udp_connect_addr(a, &at, NULL);
}

typedef int pair_maker(edo_stream **a, edo_stream **b);
static pair_maker *const messages[] = { edo_unix_dgram_pair, edo_unix_seqpacket_pair, udp_pair };

static int write_bytes_of_none(edo_stream *s) {
    edo_bytes none = { 0 };
    return edo_write_bytes(s, &none);
}

/* Writes nothing in the way `how`; false: there is no such way. */
static bool write_nothing(edo_stream *s, int how) {
    const struct iovec none[2] = { { .iov_base = NULL }, { .iov_base = NULL } };
    int result = -1;
    if (how == 0) result = edo_write(s, NULL, 0);
    if (how == 1) result = edo_try_write(s, NULL, 0);
    if (how == 2) result = edo_writev(s, NULL, 0);
    if (how == 3) result = edo_writev(s, none, 2);
    if (how == 4) result = edo_write_all(s, NULL, 0);
    if (how == 5) result = edo_writev_all(s, none, 2);
    if (how == 6) result = write_bytes_of_none(s);
    if (how > 6) return false;
    CHECK_INT(result, 0);
    return true;
}

static void expect_message(edo_stream *from, int n) {
    char buf[8];
    CHECK_INT(edo_try_read(from, buf, sizeof buf), n);
}

static int sends_nothing_directly(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(messages); i++) {
        edo_stream *a, *b;
        CHECK_INT(messages[i](&a, &b), 0);
        for (int how = 0; write_nothing(a, how); how++) {
            CHECK_INT(edo_write(a, "x", 1), 1);
            expect_message(b, 0);
            expect_message(b, 1);
            expect_message(b, -EAGAIN);
        }
        edo_close(a);
        edo_close(b);
    }
    return 0;
}

static void write_of_nothing_is_a_message(void **state) {
    (void)state;
    in_fiber(sends_nothing_directly, NULL);
}

/* A stream over `s`, of the kind `i`; false: there is no such kind. */
static bool lie_over(edo_stream **out, edo_stream *s, int i) {
    edo_stream *other, *half;
    if (i > 4) return false;
    (void)edo_stream_ref(s); // the one over it takes that
    int err = 0;
    if (i == 0) err = edo_stream_timeouts(out, s, &(edo_stream_timeouts_opts){ 0 });
    if (i == 1) err = edo_stream_take(out, s, 10);
    if (i == 4) { // last: its end shuts the socket down
        err = edo_stream_split(&half, out, s);
        if (err == 0) edo_stream_unref(half);
    }
    if (i == 2 || i == 3) {
        CHECK_INT(edo_stream_empty(&other), 0);
        err = i == 2 ? edo_stream_join(out, other, s) : edo_stream_tee(out, s, other);
    }
    CHECK_INT(err, 0);
    return true;
}

static int sends_nothing_through_others(void *arg) {
    (void)arg;
    edo_stream *a, *b, *over;
    CHECK_INT(edo_unix_dgram_pair(&a, &b), 0);
    edo_buf_reader r;
    CHECK_INT(edo_buf_reader_init(&r, a, NULL), 0);
    CHECK_INT(edo_write(edo_buf_reader_stream(&r), NULL, 0), 0);
    expect_message(b, 0);
    edo_buf_reader_deinit(&r);
    for (int i = 0; lie_over(&over, a, i); i++) {
        for (int how = 0; write_nothing(over, how); how++) expect_message(b, 0);
        expect_message(b, -EAGAIN);
        edo_stream_unref(over);
    }
    edo_close(a);
    edo_close(b);
    return 0;
}

static void streams_over_a_message_socket_pass_it_on(void **state) {
    (void)state;
    in_fiber(sends_nothing_through_others, NULL);
}

/* Without room a write would wait. */
static int writes_nothing_to_a_full_stream(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    static const char bulk[4096];
    CHECK_INT(edo_unix_pair(&a, &b), 0);
    while (edo_try_write(a, bulk, sizeof bulk) > 0) continue;
    for (int how = 0; write_nothing(a, how); how++) continue;
    edo_close(a);
    edo_close(b);
    return 0;
}

static void write_of_nothing_to_a_byte_stream_needs_no_room(void **state) {
    (void)state;
    in_fiber(writes_nothing_to_a_full_stream, NULL);
}

/* A message without bytes needs room, too. */
static int sends_nothing(void *arg) {
    return edo_write(arg, NULL, 0);
}

static int waits_for_room(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    char buf[8];
    CHECK_INT(edo_unix_dgram_pair(&a, &b), 0);
    int n = 0;
    while (edo_try_write(a, NULL, 0) == 0) n++;
    CHECK(n > 0);
    CHECK_INT(edo_try_write(a, NULL, 0), -EAGAIN);
    edo_task *task = edo_spawn(sends_nothing, a);
    for (int i = 0; i <= n; i++) CHECK_INT(edo_read(b, buf, sizeof buf), 0);
    CHECK_INT(edo_task_join(task), 0);
    CHECK_INT(edo_try_read(b, buf, sizeof buf), -EAGAIN);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void empty_message_waits_for_room(void **state) {
    (void)state;
    in_fiber(waits_for_room, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_of_nothing_is_a_message),
        cmocka_unit_test(streams_over_a_message_socket_pass_it_on),
        cmocka_unit_test(write_of_nothing_to_a_byte_stream_needs_no_room),
        cmocka_unit_test(empty_message_waits_for_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
