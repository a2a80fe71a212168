/* SPDX-License-Identifier: MIT */
/* Goal: edo_tcp_end() returns when the kernel holds nothing of the connection any more: the other
 * end has taken all, has gone, or has been reset.
 * Method: an other end whose buffer is too small, and which reads, leaves, or does neither. */
#include "net_support.h"

#include <edo/streams.h>

static char large[256 << 10];

/* A connection into which `large` was written by `b`, and does not fit at `a`. */
static pair open_full(void) {
    place p = open_place(&(edo_tcp_opts){ .send_buffer = 2 * sizeof large });
    pair both = { 0 };
    CHECK_INT(edo_tcp_connect(&both.a, p.addr, &(edo_tcp_opts){ .recv_buffer = 4096 }), 0);
    CHECK_INT(edo_accept(p.listener, &both.b), 0);
    edo_listener_close(p.listener);
    CHECK_INT(edo_write_all(both.b, large, sizeof large), 0);
    return both;
}

/* Reads to the end; returns how many bytes came, or a failure. */
static int reads_all(void *arg) {
    static char bytes[65536];
    int n, all = 0;
    CHECK_INT(edo_tcp_set_recv_buffer(arg, sizeof large), 0); // it opens its window
    while ((n = edo_read(arg, bytes, sizeof bytes)) > 0) all += n;
    return n < 0 ? n : all;
}

static int ends_taken(void *arg) {
    pair p = open_full();
    (void)arg;
    edo_task *reader = edo_spawn(reads_all, p.a);
    CHECK_INT(edo_tcp_end(p.b, edo_s(60)), 0);
    CHECK_INT(edo_task_join(reader), sizeof large);
    edo_close(p.a);
    return 0;
}

static void end_returns_when_all_is_taken(void **state) {
    (void)state;
    in_fiber(ends_taken, NULL);
}

static int ends_untaken(void *arg) {
    pair p = open_full();
    (void)arg;
    CHECK_INT(edo_tcp_end(p.b, edo_ms(20)), -ETIMEDOUT);
    CHECK_INT(reads_all(p.a), -ECONNRESET);
    edo_close(p.a);
    return 0;
}

static void what_is_not_taken_in_time_is_discarded(void **state) {
    (void)state;
    in_fiber(ends_untaken, NULL);
}

static int ends(void *arg) {
    return edo_tcp_end(arg, edo_s(60));
}

static int ends_gone(void *arg) {
    pair p = open_full();
    (void)arg;
    edo_task *ending = edo_spawn(ends, p.b);
    CHECK_INT(edo_yield(), 0);
    CHECK_INT(edo_tcp_set_reset_on_close(p.a, true), 0);
    edo_close(p.a);
    CHECK_INT(edo_task_join(ending), 0);
    return 0;
}

static void end_returns_when_the_connection_is_over(void **state) {
    (void)state;
    in_fiber(ends_gone, NULL);
}

static int ends_cancelled(void *arg) {
    pair p = open_full();
    (void)arg;
    edo_task *ending = edo_spawn(ends, p.b);
    CHECK_INT(edo_yield(), 0);
    edo_task_cancel(ending);
    CHECK_INT(edo_task_join(ending), -ECANCELED);
    CHECK_INT(reads_all(p.a), sizeof large);
    edo_close(p.a);
    return 0;
}

static void end_that_is_cancelled_leaves_it_to_the_kernel(void **state) {
    (void)state;
    in_fiber(ends_cancelled, NULL);
}

static int ends_another(void *arg) {
    edo_stream *a, *b;
    char byte;
    (void)arg;
    CHECK_INT(edo_duplex(&a, &b, 16), 0);
    CHECK_INT(edo_write_all(b, "x", 1), 0);
    CHECK_INT(edo_tcp_end(b, edo_s(60)), 0);
    CHECK_INT(edo_read(a, &byte, 1), 1);
    CHECK_INT(edo_read(a, &byte, 1), 0);
    edo_close(a);
    return 0;
}

static void another_kind_of_stream_is_shut_down_and_closed(void **state) {
    (void)state;
    in_fiber(ends_another, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_returns_when_all_is_taken),
        cmocka_unit_test(what_is_not_taken_in_time_is_discarded),
        cmocka_unit_test(end_returns_when_the_connection_is_over),
        cmocka_unit_test(end_that_is_cancelled_leaves_it_to_the_kernel),
        cmocka_unit_test(another_kind_of_stream_is_shut_down_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
