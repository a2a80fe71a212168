/* SPDX-License-Identifier: MIT */
/* Goal: an interleaved future is polled every other time and owns its inner future as a time limit
 * does; a limited stream moves few bytes at a time and is its inner stream in all else.
 * Method: polls by hand; scripts, and connections, below the limit; each allocation failing. */
#include "base/memory/alloc.h"

#include <edo/net.h>
#include <edo/notify.h>
#include <edo/test.h>

#include "inside.h"

#include <string.h>

/* ---- Interleave ------------------------------------------------------------------------------ */

static void every_other_poll_is_pending(void **state) {
    (void)state;
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_notify_wait_future wait;
    edo_test_interleave_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_test_interleave_init(&f, edo_notify_wait_init(&wait, &notify)));
    for (int i = 0; i < 3; i++) {
        EDO_TEST_PENDING(&t);
        EDO_TEST_EQ(edo_test_task_woken(&t), 1); // by itself
        EDO_TEST_PENDING(&t);
        EDO_TEST_EQ(edo_test_task_woken(&t), 0);
    }
    edo_notify_one(&notify);
    EDO_TEST_EQ(edo_test_task_woken(&t), 1);
    EDO_TEST_PENDING(&t);
    EDO_TEST_READY(&t, 0);
    edo_drop(&f.base);
}

static void a_drop_drops_the_inner_future(void **state) {
    (void)state;
    edo_notify notify = EDO_NOTIFY_INIT;
    for (int polls = 0; polls < 4; polls++) {
        edo_notify_wait_future wait;
        edo_test_interleave_future f;
        edo_test_task t;
        edo_test_task_init(&t, edo_test_interleave_init(&f, edo_notify_wait_init(&wait, &notify)));
        for (int i = 0; i < polls; i++) EDO_TEST_PENDING(&t);
        edo_drop(&f.base);
        edo_drop(&f.base);
        assert_true(edo_future_is_over(&wait.base));
        assert_null(notify.waiters.first);
    }
}

static int await_interleaved(void *arg) {
    edo_ready_future ready;
    edo_test_interleave_future f;
    int n = 0;
    (void)arg;
    EDO_TEST_SUSPENDS(n = edo_await(edo_test_interleave_init(&f, edo_ready_init(&ready, 5))));
    EDO_TEST_EQ(n, 5);
    edo_future *box = edo_boxed_new(edo_ready_init(&ready, 6));
    return edo_await(edo_test_interleave_init(&f, box)); // which frees the box
}

static void an_await_goes_on_by_itself(void **state) {
    (void)state;
    assert_int_equal(inside_each(await_interleaved, NULL), 6);
}

/* ---- Limit ----------------------------------------------------------------------------------- */

static int few_bytes_at_a_time(void *arg) {
    edo_test_script *peer;
    edo_stream *inner, *s;
    char buf[8] = { 0 }, c;
    (void)arg;
    EDO_TEST_OK(edo_test_script_new(&peer, &inner, NULL));
    EDO_TEST_EQ(edo_test_limit_new(&s, inner, 0), -EINVAL);
    EDO_TEST_OK(edo_test_limit_new(&s, inner, 2));
    edo_test_script_write(peer, EDO_TEST_TEXT("hello"));
    edo_test_script_write(peer, EDO_TEST_TEXT("abc"));
    edo_test_script_read(peer, EDO_TEST_TEXT("world"));
    edo_test_script_close(peer);
    EDO_TEST_EQ(edo_write(s, "hello", 5), 2);
    EDO_TEST_EQ(edo_write_all(s, "llo", 3), 0);
    char text[] = "abc";
    struct iovec vecs[] = { { text, 0 }, { text, 1 }, { text + 1, 2 } };
    EDO_TEST_EQ(edo_writev(s, vecs, 3), 1);
    EDO_TEST_EQ(edo_writev_all(s, &vecs[2], 1), 0);
    EDO_TEST_EQ(edo_io_ready(s, EDO_IO_READ), 0);
    EDO_TEST_EQ(edo_peek(s, buf, 8), 2);
    EDO_TEST_EQ(edo_read(s, buf, 8), 2);
    EDO_TEST_EQ(edo_read_exact(s, buf + 2, 3), 0);
    EDO_TEST_TRUE(memcmp(buf, "world", 5) == 0);
    EDO_TEST_EQ(edo_stream_fd(s), -1);
    EDO_TEST_EQ(edo_shutdown(s), 0);
    EDO_TEST_EQ(edo_write(s, "x", 1), -EPIPE);
    EDO_TEST_EQ(edo_read(s, &c, 1), 0);
    edo_close(s);
    return 0;
}

static void an_operation_moves_at_most_the_limit(void **state) {
    (void)state;
    assert_int_equal(inside_each(few_bytes_at_a_time, NULL), 0);
}

static int read_one(void *arg) {
    char c;
    return edo_read(arg, &c, 1);
}

/* A close of the limited stream ends the operations of its other users. */
static int close_a_connection(void *arg) {
    edo_listener *l;
    edo_stream *inner, *s, *peer;
    char address[64];
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", edo_listener_port(l));
    EDO_TEST_OK(edo_tcp_connect(&inner, address, NULL));
    EDO_TEST_OK(edo_accept(l, &peer));
    EDO_TEST_OK(edo_test_limit_new(&s, inner, 1));
    EDO_TEST_EQ(edo_write_all(peer, "ab", 2), 0);
    EDO_TEST_EQ(read_one(s), 1);
    EDO_TEST_EQ(read_one(s), 1);
    edo_task *t = edo_spawn(read_one, edo_stream_ref(s));
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_TRUE(!edo_task_is_finished(t));
    edo_stream *other = s;
    edo_close(s);
    EDO_TEST_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_stream_unref(other); // the task's
    EDO_TEST_EQ(read_one(peer), 0);
    edo_close(peer);
    edo_listener_close(l);
    return 0;
}

static void a_close_ends_the_inner_stream(void **state) {
    (void)state;
    assert_int_equal(inside_with(close_a_connection, NULL, &one_thread), 0);
}

static void without_memory_the_inner_stream_stays_the_callers(void **state) {
    (void)state;
    edo_test_script *peer;
    edo_stream *inner, *s;
    EDO_TEST_OK(edo_test_script_new(&peer, &inner, NULL));
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_test_limit_new(&s, inner, 1), -ENOMEM);
    edoi_alloc_fail_at(0);
    edo_close(inner);
    edo_test_script_close(peer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_other_poll_is_pending),
        cmocka_unit_test(a_drop_drops_the_inner_future),
        cmocka_unit_test(an_await_goes_on_by_itself),
        cmocka_unit_test(an_operation_moves_at_most_the_limit),
        cmocka_unit_test(a_close_ends_the_inner_stream),
        cmocka_unit_test(without_memory_the_inner_stream_stays_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
