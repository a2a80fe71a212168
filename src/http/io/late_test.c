/* SPDX-License-Identifier: MIT */
/* Goal: a read or write whose time is over at its first poll leaves no wait behind: the operation
 * has never been pending, so its future ends none.
 * Method: a stream that counts its waits, and a client that has no time left. */
#include "http/io/input.h"
#include "http/io/output.h"

#include "deaf_stream.h"
#include "inside.h"

#include <edo/task.h>

/* A poll by hand, in a task. */
typedef struct polled_future {
    edo_future base;
    edo_polled (*poll)(edo_cx *cx, edo_io_wait *wait, int *result);
} polled_future;

static edoi_http_input in;
static edoi_http_output out;
static deaf_stream deaf;

static edo_polled late_poll(edo_future *base, edo_cx *cx) {
    polled_future *f = (polled_future *)(void *)base;
    edo_io_wait wait = { 0 };
    int result = 0;
    CHECK_EQ(f->poll(cx, &wait, &result), EDO_READY);
    CHECK_EQ(result, -ETIMEDOUT);
    CHECK(edoi_load_rlx_ptr(&wait.next) == NULL);
    CHECK_EQ(deaf.linked_n, 0);
    return edo_future_finish(base, 0);
}

static edo_polled late_read(edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_input_poll(&in, cx, wait, result);
}

static edo_polled late_write(edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_output_poll_write(&out, cx, wait, "x", 1, result);
}

static edo_polled late_flush(edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_output_poll_flush(&out, cx, wait, result);
}

static int await_poll(edo_polled (*poll)(edo_cx *cx, edo_io_wait *wait, int *result)) {
    static const edo_future_ops ops = { .poll = late_poll,
                                        .name = "late",
                                        .size = sizeof(polled_future) };
    polled_future f = { .poll = poll };
    return edo_await(edo_future_init(&f.base, &ops));
}

static int read_late(void *arg) {
    (void)arg;
    deaf = deaf_stream_make();
    edoi_input_init(&in, &deaf.base);
    edoi_stall_begin(&in.stall, edo_s(30), 1000, (edo_duration){ 0 });
    CHECK_EQ(await_poll(late_read), 0);
    edoi_input_deinit(&in);
    return 0;
}

static void read_without_time_leaves_no_wait(void **state) {
    (void)state;
    assert_int_equal(inside(read_late, NULL), 0);
}

static int write_late(void *arg) {
    static edoi_http_lease lease;
    (void)arg;
    deaf = deaf_stream_make();
    out.lease = &lease;
    out.to = &deaf.base;
    edoi_stall_begin(&out.stall, edo_s(30), 1000, (edo_duration){ 0 });
    CHECK_EQ(await_poll(late_write), 0);
    edoi_output_append(&out, "y", 1);
    CHECK_EQ(await_poll(late_flush), 0);
    return 0;
}

static void write_without_time_leaves_no_wait(void **state) {
    (void)state;
    assert_int_equal(inside(write_late, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_without_time_leaves_no_wait),
        cmocka_unit_test(write_without_time_leaves_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
