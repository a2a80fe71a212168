/* SPDX-License-Identifier: MIT */
/* Goal: what the state machine has said before its burst has begun counts: on several workers a
 * connection may be polled twice before its burst runs, and then the burst gathers no output.
 * Method: the two sides in that order, over a stream in memory. */
#include "http/server/h1/h1.h"

#include "inside.h"

#include <edo/streams.h>

static int lend_late(void *arg) {
    static edoi_http_server server;
    static edoi_http_conn conn;
    static edoi_h1_exchange e = { .x.h1 = &e.h1 };
    edoi_http_exchange *x = &e.x;
    char text[8] = { 0 };
    edo_stream *client, *stream;
    (void)arg;
    EDO_TEST_OK(edo_duplex(&client, &stream, 64));
    server.opts.write_timeout = edo_s(30);
    conn.server = &server;
    conn.stream = stream;
    edoi_http_lease_begin(&conn.lease);
    edoi_output_flush_lent(&conn.lease);
    edoi_h1_exchange_init(x, &conn);
    edoi_output_append(&x->h1->out, "first", 5);
    CHECK_EQ(edoi_output_lend(&x->h1->out), 0);
    CHECK_EQ(edo_try_read(client, text, sizeof text), 5);
    edoi_h1_exchange_deinit(x);
    edo_close(stream);
    edo_close(client);
    return 0;
}

static void state_machine_that_was_first_is_heard(void **state) {
    (void)state;
    assert_int_equal(inside(lend_late, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_machine_that_was_first_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
