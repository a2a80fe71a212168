/* SPDX-License-Identifier: MIT */
/* Goal: an operation of a relay whose time ends while it is polled for the first time leaves no
 * wait behind: it has never been pending, so its future ends none.
 * Method: a stream that counts its waits, and lets the relay's time pass within its poll. */
#include "web/layers/relay.h"

#include "deaf_stream.h"
#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

static deaf_stream deaf;
static edoi_relay relay;

static void wait_for_the_end(void) {
    while (edo_instant_since(edo_now(), relay.end).ns < 0)
        ;
}

static void begin(void) {
    static edo_stream *other = &deaf.base;
    deaf = deaf_stream_make();
    deaf.on_poll = wait_for_the_end;
    edoi_relay_init(&relay, &other);
    relay.has_end = true;
    relay.end = edo_instant_add(edo_now(), edo_ms(2));
}

static void check_late(int result) {
    CHECK_EQ(result, -ETIMEDOUT);
    CHECK_EQ(deaf.linked_n, 0);
}

static int all_late(void *arg) {
    char byte;
    (void)arg;
    begin();
    check_late(edo_read(&relay.stream, &byte, 1));
    begin();
    relay.left = 0; // beyond its limit of length
    check_late(edo_read(&relay.stream, &byte, 1));
    begin();
    check_late(edo_write(&relay.stream, "x", 1));
    begin();
    check_late(edo_flush(&relay.stream));
    return 0;
}

static void operation_that_is_late_at_once_leaves_no_wait(void **state) {
    (void)state;
    assert_int_equal(inside_with(all_late, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operation_that_is_late_at_once_leaves_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
